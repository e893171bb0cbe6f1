//! A fleet of simulated engines, and the program pointed at it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chrono::Utc;
use pilothouse::sim::{Flavour, SimClock, SimConfig, SimEngine, scale};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// Longer than anything here takes, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// Engines and a home directory whose configuration names them.
pub(crate) struct Fleet {
    pub(crate) engines: Vec<SimEngine>,
    dir: TempDir,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Done {
    /// It must have ended so.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}:\n{}\n{}", self.stdout, self.stderr))
    }

    /// stdout without the line end.
    pub(crate) fn text(&self) -> &str {
        self.stdout.trim_end()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test lives in the real time"
)]
fn real_clock() -> SimClock {
    SimClock::from_fn(Utc::now)
}

impl Fleet {
    /// `prod-1`, `prod-2`... and nothing on them.
    pub(crate) fn new(hosts: usize) -> Self {
        Self::with(hosts, "")
    }

    /// The same, with more lines in the configuration.
    pub(crate) fn with(hosts: usize, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engines: Vec<SimEngine> = (1..=hosts)
            .map(|n| {
                SimEngine::start(SimConfig {
                    name: format!("prod-{n}"),
                    flavour: Flavour::v28(),
                    seed: n as u64,
                    socket_path: dir.path().join(format!("{n}.sock")),
                    clock: real_clock(),
                })
                .unwrap()
            })
            .collect();
        Self::of(dir, engines, more)
    }

    /// Hosts that are crowded and cheap: `host-000`, `host-001`...
    pub(crate) fn crowd(hosts: usize, containers: usize, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engines = scale::fleet(dir.path(), hosts, containers, &real_clock()).unwrap();
        Self::of(dir, engines, more)
    }

    fn of(dir: TempDir, engines: Vec<SimEngine>, more: &str) -> Self {
        let mut config = String::new();
        for engine in &engines {
            let (name, endpoint) = (engine.name(), engine.endpoint());
            writeln!(config, "[hosts.{name}]\nendpoint = \"{endpoint}\"").unwrap();
            writeln!(config, "labels = {{ env = \"prod\" }}").unwrap();
        }
        config += more;
        let fleet = Self { engines, dir };
        std::fs::create_dir_all(fleet.path("home/.config/pilothouse")).unwrap();
        std::fs::write(fleet.path("home/.config/pilothouse/config.toml"), config).unwrap();
        fleet
    }

    /// A path in the fleet's own directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn engine(&self, n: usize) -> &SimEngine {
        &self.engines[n - 1]
    }

    /// The program with these arguments; words are split as a shell does.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pilothouse"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("USER", "tester")
            .args(shell_words::split(line).unwrap())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) fn spawn(&self, line: &str) -> Child {
        self.command(line).spawn().unwrap()
    }

    /// Run it to its end.
    pub(crate) async fn run(&self, line: &str) -> Done {
        end(self.spawn(line), line).await
    }

    /// Run it with this on stdin.
    pub(crate) async fn run_with(&self, line: &str, input: &[u8]) -> Done {
        let mut child = self.command(line).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writing = tokio::spawn(async move {
            // Who does not read is no failure of the test.
            let _ = stdin.write_all(&input).await;
        });
        let done = end(child, line).await;
        writing.await.unwrap();
        done
    }

    /// Run it; it must succeed. Its stdout.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            let done = self.run(line).await;
            assert_eq!(
                done.code, 0,
                "{caller}: {line}\nstdout:\n{}\nstderr:\n{}",
                done.stdout, done.stderr
            );
            done.text().to_owned()
        }
    }

    /// A container that sleeps, on host `n`.
    pub(crate) async fn sleeper(&self, n: usize, name: &str) -> String {
        let line = format!(
            "run -d --host prod-{n} --name {name} -l name={name} --stop-timeout 1 busybox sleep 1000"
        );
        self.ok(&line).await
    }

    /// The state of a container, as its engine has it.
    pub(crate) fn state(&self, n: usize, name: &str) -> String {
        self.engine(n)
            .container(name)
            .map_or_else(|| "absent".to_owned(), |c| c.state)
    }
}

/// What a child said until it ended.
pub(crate) async fn end(child: Child, line: &str) -> Done {
    let Ok(output) = tokio::time::timeout(DEADLINE, child.wait_with_output()).await else {
        panic!("{line}: not within {DEADLINE:?}");
    };
    let output = output.unwrap();
    Done {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: code(output.status),
    }
}

/// The exit code; a signal is 1000 and its number, which no test expects.
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 1_000 + status.signal().unwrap_or_default())
}

/// Send a signal to a child.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Fail instead of hanging.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(DEADLINE, work).await else {
        panic!("{what}: not within {DEADLINE:?}");
    };
    value
}

/// The files below a directory, for comparisons.
pub(crate) fn files(dir: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                all.push(name);
            }
        }
    }
    all.sort();
    all
}
