//! Exit codes and the two outputs of the verbs that look.

use crate::Fleet;
use pilothouse::sim::Fault;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn looking_at_a_fleet_says_who_did_not_answer() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    fleet.run("ps").await.code(0);
    fleet.engine(2).faults().set(Fault::Refuse);
    let done = fleet.run("ps -o json").await.code(3);
    let json = done.json();
    assert_eq!(json["items"].as_array().unwrap().len(), 1);
    assert_eq!(json["errors"][0]["host"], "prod-2");
    assert!(done.stderr.contains("Error: "), "{}", done.stderr);
    fleet.run("ps --host prod-2").await.code(5);
    fleet.run("ps prod-1/web").await.code(0);
    // A list of machines is not wrong because one of them is down.
    let machines = fleet
        .run("ls machines -o '{{.name}} {{.state}}'")
        .await
        .code(0);
    assert!(
        machines.stdout.contains("prod-1 live"),
        "{}",
        machines.stdout
    );
    let doctor = fleet.run("doctor").await.code(3);
    assert!(
        doctor.stdout.contains("systemctl start docker"),
        "{}",
        doctor.stdout
    );
    fleet.engine(1).faults().set(Fault::Refuse);
    fleet.run("ps").await.code(5);
}

#[tokio::test]
async fn a_frozen_host_is_not_waited_for_longer_than_said() {
    let fleet = Fleet::new(2);
    fleet.engine(2).faults().set(Fault::Frozen);
    let done = fleet.run("ps --timeout 300ms").await.code(3);
    assert!(
        done.stderr.contains("prod-2 did not answer"),
        "{}",
        done.stderr
    );
}

#[tokio::test]
async fn usage_is_64() {
    let fleet = Fleet::new(1);
    fleet.run("nosuchverb").await.code(64);
    fleet.run("ps --nosuchoption").await.code(64);
    fleet.run("ps --host nosuchhost").await.code(64);
    fleet.run("ps -o '{{.nosuchfield}}'").await.code(0);
    fleet.sleeper(1, "web").await;
    let done = fleet.run("ps -o '{{.nmae}}'").await.code(64);
    assert!(
        done.stderr.contains("did you mean .name?"),
        "{}",
        done.stderr
    );
    let done = fleet.run("--help").await.code(0);
    assert!(done.stdout.contains("Exit codes"), "{}", done.stdout);
    assert_eq!(done.stderr, "");
    fleet.run("--version").await.code(0);
    fleet.run("inspect nosuch").await.code(1);
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_failure() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let mut child = fleet.spawn("logs -f web --tail 0");
    drop(child.stdout.take());
    fleet.ok("exec web true").await;
    // Nothing is written yet, so nothing has gone wrong.
    assert!(child.try_wait().unwrap().is_none());
    let chatty = "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.01; done";
    fleet
        .ok(&format!("run -d --name chatty busybox sh -c '{chatty}'"))
        .await;
    let mut child = fleet.spawn("logs -f chatty");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().is_some());
    drop(lines);
    let done = crate::fleet::end(child, "logs -f").await.code(0);
    assert_eq!(done.stderr, "");
}

#[tokio::test]
async fn with_no_host_at_all_the_demo_is_offered() {
    let fleet = Fleet::with(0, "[docker]\nenv = false\nlocal = false\n");
    let done = fleet.run("ps").await.code(64);
    assert!(done.stderr.contains("pilothouse demo"), "{}", done.stderr);
    fleet.run("history").await.code(0);
}

#[tokio::test]
async fn the_demo_answers() {
    let fleet = Fleet::new(0);
    let done = fleet.run("demo ls machines -o name").await.code(0);
    assert_eq!(done.stdout.lines().count(), 6, "{}", done.stdout);
    fleet.run("demo stop web-1/shop-web-1 -t 0").await.code(0);
}
