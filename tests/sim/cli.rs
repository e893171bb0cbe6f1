//! The real docker CLI against a simulated engine.

use std::path::Path;
use std::process::{Output, Stdio};

use pilothouse::sim::Flavour;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::{Sim, real_clock, sim, sim_on, within};

/// The CLI on this engine, or nothing where there is no CLI.
struct Docker<'a> {
    socket: &'a Path,
    config: tempfile::TempDir,
}

impl<'a> Docker<'a> {
    async fn on(sim: &'a Sim) -> Option<Self> {
        let there = Command::new("docker")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .await;
        if !there.is_ok_and(|s| s.success()) {
            eprintln!("SKIPPED: no docker CLI on PATH");
            return None;
        }
        Some(Self {
            socket: sim.engine.socket(),
            config: tempfile::tempdir().unwrap(),
        })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.config.path())
            .env("DOCKER_CONFIG", self.config.path())
            .arg("-H")
            .arg(format!("unix://{}", self.socket.display()))
            .args(args)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn output(&self, args: &[&str]) -> Output {
        within(&args.join(" "), self.command(args).output())
            .await
            .unwrap()
    }

    /// Its standard output, trimmed; it must succeed.
    async fn ok(&self, args: &[&str]) -> String {
        let output = self.output(args).await;
        let text = String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {args:?}: {errors}");
        text
    }

    /// Its standard error and exit code; it must fail.
    async fn fails(&self, args: &[&str]) -> (String, i32) {
        let output = self.output(args).await;
        assert!(!output.status.success(), "docker {args:?} should fail");
        (
            String::from_utf8_lossy(&output.stderr).into_owned(),
            output.status.code().unwrap(),
        )
    }
}

#[tokio::test]
async fn the_cli_lives_a_containers_life() {
    for flavour in [Flavour::v20_10(), Flavour::v28()] {
        let sim = sim_on(real_clock(), flavour);
        let Some(docker) = Docker::on(&sim).await else {
            return;
        };
        assert_eq!(
            docker.ok(&["version", "-f", "{{.Server.Version}}"]).await,
            flavour.version
        );
        assert_eq!(
            docker
                .ok(&["info", "-f", "{{.Name}} {{.ContainersRunning}}"])
                .await,
            "sim 0"
        );
        docker.ok(&["pull", "busybox"]).await;
        let script = "echo begun; while true; do sleep 0.1; done";
        let id = docker
            .ok(&[
                "run", "-d", "--name", "s1", "--init", "-l", "a=b", "busybox", "sh", "-c", script,
            ])
            .await;
        assert_eq!(id.len(), 64);
        let format = "{{.Names}} {{.State}} {{.Image}}";
        assert_eq!(
            docker.ok(&["ps", "--format", format]).await,
            "s1 running busybox"
        );
        assert_eq!(
            docker
                .ok(&["ps", "-q", "--no-trunc", "-f", "label=a=b"])
                .await,
            id
        );
        assert_eq!(docker.ok(&["logs", "s1"]).await, "begun");
        assert!(docker.ok(&["top", "s1"]).await.contains("sleep 0.1"));
        docker.ok(&["pause", "s1"]).await;
        assert_eq!(sim.engine.container("s1").unwrap().state, "paused");
        docker.ok(&["unpause", "s1"]).await;
        docker.ok(&["rename", "s1", "s2"]).await;
        docker.ok(&["restart", "-t", "1", "s2"]).await;
        docker.ok(&["kill", "-s", "USR1", "s2"]).await;
        docker.ok(&["stop", "s2"]).await;
        let format = "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}";
        let shown = docker.ok(&["inspect", "-f", format, "s2"]).await;
        assert!(shown.starts_with("exited "), "{shown}");
        docker.ok(&["start", "s2"]).await;
        let (why, _) = docker.fails(&["rm", "s2"]).await;
        assert!(why.contains("running"), "{why}");
        docker.ok(&["rm", "-f", "s2"]).await;
        assert_eq!(docker.ok(&["ps", "-aq"]).await, "");
        let (why, _) = docker.fails(&["inspect", "s2"]).await;
        assert!(why.to_lowercase().contains("no such object: s2"), "{why}");
    }
}

#[tokio::test]
async fn run_and_exec_pass_output_and_exit_codes_on() {
    let sim = sim();
    let Some(docker) = Docker::on(&sim).await else {
        return;
    };
    let output = docker
        .output(&[
            "run",
            "--rm",
            "busybox",
            "sh",
            "-c",
            "echo hi; echo err >&2; exit 3",
        ])
        .await;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hi\n");
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("err\n"));
    assert_eq!(output.status.code(), Some(3));
    assert!(sim.engine.view().containers.is_empty(), "--rm");
    docker
        .ok(&["run", "-d", "--name", "s1", "busybox", "sleep", "600"])
        .await;
    let output = docker
        .output(&["exec", "s1", "sh", "-c", "echo hi; exit 3"])
        .await;
    assert_eq!(
        (output.stdout.as_slice(), output.status.code()),
        (&b"hi\n"[..], Some(3))
    );
    assert_eq!(
        docker
            .ok(&["exec", "-e", "X=y", "s1", "sh", "-c", "echo $X"])
            .await,
        "y"
    );
    assert_eq!(
        docker.ok(&["exec", "-w", "/tmp", "s1", "pwd"]).await,
        "/tmp"
    );
    assert!(docker.ok(&["exec", "s1", "ls", "/"]).await.contains("etc"));
    assert!(docker.ok(&["exec", "s1", "env"]).await.contains("PATH="));
    let (_, code) = docker.fails(&["exec", "s1", "nosuch"]).await;
    assert_eq!(code, 127);
    let (why, code) = docker.fails(&["run", "--rm", "busybox", "nosuch"]).await;
    assert!(why.contains("executable file not found in $PATH"), "{why}");
    assert_eq!(code, 127);
}

#[tokio::test]
async fn input_goes_in_and_comes_out() {
    let sim = sim();
    let Some(docker) = Docker::on(&sim).await else {
        return;
    };
    for args in [
        &["run", "-i", "--rm", "busybox", "sh"][..],
        &["run", "-i", "--rm", "--name", "other", "alpine", "sh"][..],
    ] {
        let mut child = docker
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin
            .write_all(b"echo from stdin\nread x\nvalue\necho got $x\nexit 4\n")
            .await
            .unwrap();
        drop(stdin);
        let output = within("run -i", child.wait_with_output()).await.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "from stdin\ngot value\n"
        );
        assert_eq!(output.status.code(), Some(4));
    }
}

#[tokio::test]
async fn logs_and_events_are_followed() {
    let sim = sim();
    let Some(docker) = Docker::on(&sim).await else {
        return;
    };
    docker.ok(&["pull", "busybox"]).await;
    let mut events = docker
        .command(&[
            "events",
            "--format",
            "{{.Type}} {{.Action}}",
            "-f",
            "type=container",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    // `events` may not have subscribed yet: make noise until it is heard.
    let mut heard = None;
    for _ in 0..600 {
        docker.ok(&["create", "--name", "noise", "busybox"]).await;
        docker.ok(&["rm", "noise"]).await;
        let next = tokio::time::timeout(std::time::Duration::from_millis(50), lines.next_line());
        if let Ok(line) = next.await {
            heard = line.unwrap();
            break;
        }
    }
    assert!(heard.is_some_and(|l| l.starts_with("container ")));
    let script = "i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo line $i; sleep 0.05; done";
    docker
        .ok(&["run", "-d", "--name", "s1", "busybox", "sh", "-c", script])
        .await;
    let followed = docker.ok(&["logs", "-f", "s1"]).await;
    assert_eq!(followed, "line 1\nline 2\nline 3\nline 4\nline 5");
    assert_eq!(
        docker.ok(&["logs", "-n", "2", "s1"]).await,
        "line 4\nline 5"
    );
    assert!(
        docker
            .ok(&["logs", "-t", "-n", "1", "s1"])
            .await
            .contains("Z line 5")
    );
    within("die", async {
        while lines.next_line().await.unwrap().as_deref() != Some("container die") {}
    })
    .await;
}

#[tokio::test]
async fn volumes_networks_and_images_are_managed() {
    let sim = sim();
    let Some(docker) = Docker::on(&sim).await else {
        return;
    };
    docker
        .ok(&["volume", "create", "--label", "a=b", "data"])
        .await;
    docker
        .ok(&["network", "create", "--subnet", "10.9.0.0/24", "shop"])
        .await;
    let run = [
        "run",
        "-d",
        "--name",
        "s1",
        "-v",
        "data:/data",
        "--network",
        "shop",
        "-p",
        "8080:80",
        "nginx:1.27",
    ];
    docker.ok(&run).await;
    let (why, _) = docker.fails(&["volume", "rm", "data"]).await;
    assert!(why.contains("volume is in use"), "{why}");
    let (why, _) = docker.fails(&["network", "rm", "shop"]).await;
    assert!(why.contains("has active endpoints"), "{why}");
    let (why, _) = docker.fails(&["rmi", "nginx:1.27"]).await;
    assert!(why.contains("container"), "{why}");
    assert_eq!(
        docker.ok(&["port", "s1"]).await,
        "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080"
    );
    docker.ok(&["network", "create", "other"]).await;
    docker.ok(&["network", "connect", "other", "s1"]).await;
    let format = "{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}";
    assert_eq!(
        docker.ok(&["inspect", "-f", format, "s1"]).await,
        "other shop"
    );
    docker.ok(&["network", "disconnect", "other", "s1"]).await;
    assert_eq!(
        docker
            .ok(&["volume", "ls", "-q", "-f", "dangling=true"])
            .await,
        ""
    );
    docker.ok(&["tag", "nginx:1.27", "mine/web:1"]).await;
    let names = docker
        .ok(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        .await;
    assert!(
        names.contains("mine/web:1") && names.contains("nginx:1.27"),
        "{names}"
    );
    assert!(
        docker
            .ok(&["history", "nginx:1.27"])
            .await
            .contains("buildkit")
    );
    assert!(
        docker
            .ok(&["system", "df"])
            .await
            .contains("Local Volumes   1         1")
    );
    docker.ok(&["rm", "-fv", "s1"]).await;
    docker.ok(&["volume", "rm", "data"]).await;
    docker.ok(&["network", "rm", "shop", "other"]).await;
    docker.ok(&["rmi", "mine/web:1", "nginx:1.27"]).await;
    let view = sim.engine.view();
    assert_eq!(
        (view.images.len(), view.volumes.len(), view.networks.len()),
        (0, 0, 3)
    );
    let (why, _) = docker.fails(&["pull", "nosuch/thing"]).await;
    assert!(why.contains("pull access denied for nosuch/thing"), "{why}");
    let (why, _) = docker.fails(&["node", "ls"]).await;
    assert!(why.contains("This node is not a swarm manager"), "{why}");
}

#[tokio::test]
async fn stats_health_and_copies_work() {
    let sim = sim();
    let Some(docker) = Docker::on(&sim).await else {
        return;
    };
    let run = [
        "run",
        "-d",
        "--name",
        "s1",
        "--health-cmd",
        "test -f /tmp/ok",
        "--health-interval",
        "100ms",
        "--health-retries",
        "2",
        "busybox",
        "sleep",
        "600",
    ];
    docker.ok(&run).await;
    let healthy = |wanted: &'static str| {
        sim.engine
            .wait_for(move |v| v.named("s1").unwrap().health.as_deref() == Some(wanted))
    };
    within("unhealthy", healthy("unhealthy")).await;
    docker.ok(&["exec", "s1", "touch", "/tmp/ok"]).await;
    within("healthy", healthy("healthy")).await;
    assert!(docker.ok(&["ps"]).await.contains("(healthy)"));
    let stats = docker
        .ok(&[
            "stats",
            "--no-stream",
            "--format",
            "{{.Name}} {{.PIDs}}",
            "s1",
        ])
        .await;
    assert_eq!(stats, "s1 1");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("note.txt");
    std::fs::write(&file, "copied\n").unwrap();
    docker
        .ok(&["cp", file.to_str().unwrap(), "s1:/data/"])
        .await;
    assert_eq!(
        docker.ok(&["exec", "s1", "cat", "/data/note.txt"]).await,
        "copied"
    );
    let back = dir.path().join("back.txt");
    docker
        .ok(&["cp", "s1:/data/note.txt", back.to_str().unwrap()])
        .await;
    assert_eq!(std::fs::read_to_string(&back).unwrap(), "copied\n");
    assert!(
        docker
            .ok(&["diff", "s1"])
            .await
            .contains("A /data/note.txt")
    );
    docker
        .ok(&["update", "--memory", "64m", "--memory-swap", "-1", "s1"])
        .await;
    assert_eq!(
        docker
            .ok(&["inspect", "-f", "{{.HostConfig.Memory}}", "s1"])
            .await,
        "67108864"
    );
    let (tx, rx) = tokio::sync::oneshot::channel();
    let waiting = docker
        .command(&["wait", "s1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    tokio::spawn(async move { tx.send(waiting.wait_with_output().await) });
    docker.ok(&["kill", "s1"]).await;
    let output = within("wait", rx).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "137\n");
}
