//! Conversations with containers, and copies.

use crate::Fleet;
use crate::fleet::{end, files, signal, within};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn exec_passes_everything_on() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let done = fleet
        .run("exec web sh -c 'echo out; echo err >&2; exit 3'")
        .await
        .code(3);
    assert_eq!(
        (done.stdout.as_str(), done.stderr.as_str()),
        ("out\n", "err\n")
    );
    let done = fleet.run_with("exec -i web cat", b"a\nb\n").await.code(0);
    assert_eq!(done.stdout, "a\nb\n");
    assert_eq!(
        fleet
            .ok("exec -e A=1 -w /tmp web sh -c 'echo $A; pwd'")
            .await,
        "1\n/tmp"
    );
    let done = fleet.run("exec web nosuchcommand").await;
    assert_eq!(done.code, 127, "{done:?}");
    fleet.ok("exec -d web touch /tmp/made").await;
    fleet.run("exec nosuch true").await.code(1);
    fleet.ok("stop web -t 0").await;
    let done = fleet.run("exec web true").await.code(125);
    assert!(done.stderr.contains("not running"), "{}", done.stderr);
    fleet.run("--read-only exec web true").await.code(6);
}

#[tokio::test]
async fn run_stays_and_passes_the_code_on() {
    let fleet = Fleet::new(1);
    let done = fleet
        .run("run --rm busybox sh -c 'echo out; echo err >&2; exit 7'")
        .await
        .code(7);
    assert_eq!(done.stdout, "out\n");
    assert!(done.stderr.contains("err"), "{}", done.stderr);
    let input = b"echo from stdin\nread x\nvalue\necho got $x\nexit 4\n";
    let done = fleet
        .run_with("run -i --name s1 busybox sh", input)
        .await
        .code(4);
    assert_eq!(done.stdout, "from stdin\ngot value\n");
    assert_eq!(fleet.state(1, "s1"), "exited");
    let names: Vec<String> = fleet
        .engine(1)
        .view()
        .containers
        .into_iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(names, ["s1"]);
}

#[tokio::test]
async fn signals_of_run_go_to_the_container() {
    let fleet = Fleet::new(1);
    let script = "trap 'echo bye; exit 9' INT; echo ready; while true; do sleep 0.1; done";
    let line = format!("run --name s1 busybox sh -c \"{script}\"");
    let mut child = fleet.spawn(&line);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = within("ready", lines.next_line()).await.unwrap();
    assert_eq!(ready.as_deref(), Some("ready"));
    signal(&child, Signal::INT);
    let bye = within("bye", lines.next_line()).await.unwrap();
    assert_eq!(bye.as_deref(), Some("bye"));
    end(child, &line).await.code(9);
    // Whoever pressed the key has done it.
    let users = fleet
        .run("history -o '{{.actor.user}} {{.origin}}'")
        .await
        .code(0);
    let mut users: Vec<&str> = users.stdout.lines().collect();
    assert!(users.len() >= 3, "{users:?}");
    users.dedup();
    assert_eq!(users, ["tester cli"]);
}

#[tokio::test]
async fn attach_listens_until_the_end() {
    let fleet = Fleet::new(1);
    let script = "while ! test -f /tmp/go; do sleep 0.05; done; echo end; exit 5";
    fleet
        .ok(&format!("run -d --name s1 busybox sh -c '{script}'"))
        .await;
    let child = fleet.spawn("attach --no-stdin s1");
    let since = fleet
        .run("events --since 1h --until 0s -f event=attach")
        .await;
    let mut heard = since.stdout.contains("attach");
    while !heard {
        let said = fleet
            .run("events --since 1h --until 0s -f event=attach")
            .await;
        heard = said.stdout.contains("attach");
    }
    fleet.ok("exec s1 touch /tmp/go").await;
    let done = end(child, "attach").await.code(5);
    assert_eq!(done.stdout, "end\n");
    let done = fleet.run("attach s1").await.code(1);
    assert!(done.stderr.contains("does not run"), "{}", done.stderr);
}

#[tokio::test]
async fn copies_land_where_docker_lands_them() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    std::fs::create_dir_all(fleet.path("tree/sub")).unwrap();
    std::fs::write(fleet.path("tree/a"), "alpha").unwrap();
    std::fs::write(fleet.path("tree/sub/b"), "beta").unwrap();
    fleet.ok("exec web mkdir -p /data").await;
    fleet.ok("cp tree/a web:/data/").await;
    fleet.ok("cp tree/a web:/data/renamed").await;
    fleet.ok("cp tree web:/data").await;
    fleet.ok("cp tree/. web:/data").await;
    for (path, text) in [
        ("/data/a", "alpha"),
        ("/data/renamed", "alpha"),
        ("/data/tree/sub/b", "beta"),
        ("/data/sub/b", "beta"),
    ] {
        assert_eq!(
            fleet.ok(&format!("exec web cat {path}")).await,
            text,
            "{path}"
        );
    }
    fleet.ok("cp web:/data/a back").await;
    assert_eq!(
        std::fs::read_to_string(fleet.path("back")).unwrap(),
        "alpha"
    );
    fleet.ok("cp web:/data/tree out").await;
    assert_eq!(files(&fleet.path("out")), ["a", "sub/b"]);
    fleet.ok("cp web:/data/tree out").await;
    assert!(fleet.path("out/tree/a").exists());
    std::fs::create_dir(fleet.path("content")).unwrap();
    fleet.ok("cp web:/data/tree/. content").await;
    assert_eq!(files(&fleet.path("content")), ["a", "sub/b"]);
    let tar = fleet.command("cp web:/data/tree -").output().await.unwrap();
    assert!(tar.status.success());
    fleet.ok("exec web mkdir /other").await;
    fleet.run_with("cp - web:/other", &tar.stdout).await.code(0);
    assert_eq!(fleet.ok("exec web cat /other/tree/a").await, "alpha");
    fleet.run("cp a b").await.code(64);
    fleet.run("cp nosuch web:/data").await.code(64);
    fleet.run("cp web:/nosuch here").await.code(1);
    fleet.run("--read-only cp tree/a web:/data").await.code(6);
    let said = fleet.run("cp tree/a web:/data/quiet").await.code(0);
    assert!(said.stderr.contains("copied"), "{}", said.stderr);
}

#[tokio::test]
async fn copies_go_from_container_to_container() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "aa").await;
    fleet.sleeper(1, "bb").await;
    fleet.sleeper(2, "cc").await;
    let make = "mkdir -p /tree/sub && echo alpha > /tree/x && echo beta > /tree/sub/y";
    fleet.ok(&format!("exec aa sh -c '{make}'")).await;
    for to in ["bb", "prod-2/cc"] {
        fleet
            .ok(&format!("exec {to} mkdir -p /data /content"))
            .await;
        fleet.ok(&format!("cp aa:/tree/x {to}:/data/")).await;
        fleet.ok(&format!("cp aa:/tree/x {to}:/data/renamed")).await;
        fleet.ok(&format!("cp aa:/tree {to}:/data")).await;
        fleet.ok(&format!("cp aa:/tree {to}:/data/other")).await;
        fleet.ok(&format!("cp aa:/tree/. {to}:/content")).await;
        for (path, text) in [
            ("/data/x", "alpha"),
            ("/data/renamed", "alpha"),
            ("/data/tree/sub/y", "beta"),
            ("/data/other/sub/y", "beta"),
            ("/content/x", "alpha"),
            ("/content/sub/y", "beta"),
        ] {
            let found = fleet.ok(&format!("exec {to} cat {path}")).await;
            assert_eq!(found, text, "{to}:{path}");
        }
        fleet
            .run(&format!("cp aa:/nosuch {to}:/data"))
            .await
            .code(1);
        fleet
            .run(&format!("cp aa:/tree {to}:/data/x"))
            .await
            .code(64);
        fleet
            .run(&format!("cp aa:/tree {to}:/no/such/place"))
            .await
            .code(1);
    }
    fleet
        .run("--read-only cp aa:/tree/x bb:/data/")
        .await
        .code(6);
    let said = fleet.run("history --verb cp -o '{{.title}}'").await.code(0);
    assert!(said.stdout.contains("prod-2/cc"), "{}", said.stdout);
}
