//! The verbs that change what is there.

use crate::Fleet;
use crate::fleet::{end, signal, within};
use pilothouse::sim::{Fault, Rule};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn a_containers_life() {
    let fleet = Fleet::new(1);
    let id = fleet.sleeper(1, "web").await;
    assert_eq!(id.len(), 64);
    assert_eq!(fleet.state(1, "web"), "running");
    let said = fleet.run("start web").await.code(0);
    assert!(said.stdout.contains("unchanged"), "{}", said.stdout);
    fleet.ok("pause web").await;
    assert_eq!(fleet.state(1, "web"), "paused");
    fleet.ok("unpause web").await;
    fleet.ok("rename web api").await;
    fleet.ok("restart api -t 1").await;
    assert_eq!(fleet.state(1, "api"), "running");
    let done = fleet.run("stop api -t 1 -o json").await.code(0);
    let json = done.json();
    assert_eq!(json["kind"], "ResultList");
    assert_eq!(json["items"][0]["action"], "stop");
    assert_eq!(json["items"][0]["outcome"], "succeeded");
    assert_eq!(json["items"][0]["id"], id.as_str());
    assert_eq!(fleet.state(1, "api"), "exited");
    // Once more is done already.
    let again = fleet.run("stop api -o json").await.code(0).json();
    assert_eq!(again["items"][0]["outcome"], "unchanged");
    fleet.ok("start prod-1/api").await;
    fleet.ok("kill -s KILL api --wait=exited").await;
    assert_eq!(fleet.state(1, "api"), "exited");
    fleet.ok("rm api --yes --wait").await;
    assert_eq!(fleet.state(1, "api"), "absent");
}

#[tokio::test]
async fn what_destroys_asks_and_without_a_terminal_wants_a_yes() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let done = fleet.run("rm -f web").await.code(6);
    assert!(done.stderr.contains("say --yes"), "{}", done.stderr);
    // The victim is named with its id.
    assert!(done.stderr.contains("prod-1/web"), "{}", done.stderr);
    assert_eq!(fleet.state(1, "web"), "running");
    let plan = fleet.run("rm -f web --dry-run").await.code(0);
    assert!(plan.stdout.contains("- remove container prod-1/web"));
    let plan = fleet.run("rm -f web --dry-run -o json").await.code(0);
    assert_eq!(plan.json()["kind"], "PlanList");
    assert_eq!(plan.json()["items"][0]["steps"][0]["danger"], "destructive");
    assert_eq!(fleet.state(1, "web"), "running");
    fleet.ok("rm -f web -y").await;
    assert_eq!(fleet.state(1, "web"), "absent");
}

#[tokio::test]
async fn names_on_several_hosts_are_ambiguous() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    fleet.sleeper(2, "web").await;
    fleet.sleeper(2, "db").await;
    let done = fleet.run("stop web").await.code(64);
    assert!(done.stderr.contains("prod-1/web") && done.stderr.contains("prod-2/web"));
    assert!(done.stderr.contains("--all"), "{}", done.stderr);
    fleet.ok("stop prod-2/web -t 0").await;
    assert_eq!(fleet.state(1, "web"), "running");
    assert_eq!(fleet.state(2, "web"), "exited");
    fleet.ok("start --all web").await;
    fleet.ok("stop 'prod-*/w*' -t 0").await;
    assert_eq!(fleet.state(1, "web"), "exited");
    assert_eq!(fleet.state(2, "web"), "exited");
    assert_eq!(fleet.state(2, "db"), "running");
    fleet.ok("start -l name=web --host prod-1").await;
    assert_eq!(fleet.state(1, "web"), "running");
    assert_eq!(fleet.state(2, "web"), "exited");
    let done = fleet.run("stop").await.code(64);
    assert!(done.stderr.contains("nothing is named"), "{}", done.stderr);
    let done = fleet.run("stop wbe").await.code(1);
    assert!(
        done.stderr.contains("did you mean \"web\""),
        "{}",
        done.stderr
    );
}

#[tokio::test]
async fn partly_failed_is_3_and_the_table_says_which() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    let broken = fleet.sleeper(2, "web").await;
    let fault = Fault::Status(409, "the daemon is in a bad mood".into());
    let path = format!("/containers/{broken}/stop");
    fleet.engine(2).faults().add(Rule::on(path, fault));
    let done = fleet.run("stop --all web -t 0").await.code(3);
    let line = |host: &str| {
        let found = done.stdout.lines().find(|l| l.starts_with(host));
        found.unwrap_or_default().to_owned()
    };
    assert!(line("prod-1").contains("stopped"), "{}", done.stdout);
    assert!(line("prod-2").contains("bad mood"), "{}", done.stdout);
    assert_eq!(fleet.state(1, "web"), "exited");
    let done = fleet.run("stop prod-2/web -t 0").await.code(1);
    assert!(done.stdout.contains("failed"), "{}", done.stdout);
}

#[tokio::test]
async fn a_dead_host_is_named_and_delays_nobody() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    fleet.sleeper(2, "web").await;
    fleet.engine(2).faults().set(Fault::Refuse);
    let done = fleet.run("stop --all web -t 0").await.code(3);
    assert!(done.stderr.contains("prod-2"), "{}", done.stderr);
    assert_eq!(fleet.state(1, "web"), "exited");
    let done = fleet.run("stop prod-2/web").await.code(5);
    assert!(done.stderr.contains("prod-2"), "{}", done.stderr);
    // Who is not meant is not waited for.
    fleet.engine(2).faults().set(Fault::Frozen);
    fleet.ok("start prod-1/web --timeout 60s").await;
}

#[tokio::test]
async fn guardrails_hold() {
    let rules = r#"
[[guardrails]]
match = { labels = { env = "prod" }, actions = ["remove"] }
effect = "type-host-name"
reason = "production"

[[guardrails]]
match = { actions = ["stop"] }
effect = "allow"
max_bulk = 1
reason = "one at a time"

[[guardrails]]
match = { names = ["holy"], actions = ["restart"] }
effect = "deny"
"#;
    let fleet = Fleet::with(1, rules);
    for name in ["aa", "bb", "holy"] {
        fleet.sleeper(1, name).await;
    }
    let done = fleet.run("rm -f aa --yes").await.code(6);
    assert!(
        done.stderr.contains("--confirm \"prod-1\""),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("production"), "{}", done.stderr);
    fleet.run("rm -f aa --confirm prod-2").await.code(6);
    assert_eq!(fleet.state(1, "aa"), "running");
    fleet.ok("rm -f aa --confirm prod-1").await;
    assert_eq!(fleet.state(1, "aa"), "absent");
    let done = fleet.run("stop --all").await.code(6);
    assert!(done.stderr.contains("one at a time"), "{}", done.stderr);
    let done = fleet.run("restart holy").await.code(6);
    assert!(done.stderr.contains("denied"), "{}", done.stderr);
    let done = fleet.run("--read-only stop bb").await.code(6);
    assert!(done.stderr.contains("read-only"), "{}", done.stderr);
    assert_eq!(fleet.state(1, "bb"), "running");
}

#[tokio::test]
async fn a_wait_ends_with_its_condition_or_with_4() {
    let fleet = Fleet::new(1);
    let check = "--health-cmd 'test -f /tmp/ok' --health-interval 100ms --health-retries 1000";
    let line = format!("run -d --name web {check} busybox sleep 1000");
    fleet.ok(&line).await;
    let done = fleet.run("start web --wait --timeout 300ms").await.code(4);
    assert!(done.stderr.contains("not healthy"), "{}", done.stderr);
    fleet.run("wait web --timeout 300ms").await.code(4);
    fleet.ok("exec web touch /tmp/ok").await;
    fleet.ok("wait web --for healthy").await;
    // A one-shot that did its work satisfies a wait, one that did not is a failure.
    fleet
        .ok("run -d --name good busybox true --wait=running")
        .await;
    let line = "create container --name bad busybox sh -c 'exit 3'";
    fleet.ok(line).await;
    let done = fleet.run("start bad --wait=running").await.code(1);
    assert!(done.stderr.contains("exited with 3"), "{}", done.stderr);
    let waited = fleet.run("wait bad -o json").await.code(0).json();
    assert_eq!(waited["items"][0]["exitCode"], 3);
}

#[tokio::test]
async fn prune_removes_what_it_has_shown() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    fleet.ok("create container --name old busybox true").await;
    fleet.ok("create volume data").await;
    fleet.ok("pull alpine:3.20").await;
    let done = fleet.run("prune -a").await.code(6);
    assert!(done.stderr.contains("prod-1/old"), "{}", done.stderr);
    assert!(done.stderr.contains("alpine"), "{}", done.stderr);
    assert_eq!(fleet.state(1, "old"), "created");
    fleet.ok("prune -a --yes").await;
    assert_eq!(fleet.state(1, "old"), "absent");
    assert_eq!(fleet.state(1, "web"), "running");
    let view = fleet.engine(1).view();
    assert_eq!(view.volumes, ["data"]);
    assert!(!view.images.iter().any(|i| i.contains("alpine")));
    fleet.ok("prune volumes -a --yes").await;
    assert!(fleet.engine(1).view().volumes.is_empty());
    let nothing = fleet.run("prune --yes").await.code(0);
    assert!(!nothing.stdout.contains("removed"), "{}", nothing.stdout);
    fleet.run("prune machines").await.code(64);
}

/// Two services of a project: `web` needs `db`, so it is stopped before it, and it takes its time.
async fn project(fleet: &Fleet) {
    let labels = |service: &str| {
        format!("-l com.docker.compose.project=shop -l com.docker.compose.service={service}")
    };
    let stubborn = "trap true TERM; while true; do sleep 0.1; done";
    let db = format!("run -d --name db {} busybox sleep 1000", labels("db"));
    fleet.ok(&db).await;
    let needs = "-l com.docker.compose.depends_on=db:service_started:true";
    let web = format!(
        "run -d --name web --stop-timeout 2 {} {needs} busybox sh -c \"{stubborn}\"",
        labels("web")
    );
    fleet.ok(&web).await;
}

#[tokio::test]
async fn the_first_signal_cancels_between_steps_and_the_report_is_true() {
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let fleet = Fleet::new(1);
        project(&fleet).await;
        let line = "stop shop --progress plain";
        let mut child = fleet.spawn(line);
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let began = within("stopping", stderr.next_line()).await.unwrap();
        assert_eq!(began.as_deref(), Some("prod-1/web: stopping"));
        signal(&child, sent);
        let said = within("cancelling", stderr.next_line()).await.unwrap();
        assert!(said.unwrap().contains("cancelling"));
        let rest = tokio::spawn(async move { while let Ok(Some(_)) = stderr.next_line().await {} });
        // What was begun is finished, what was not is left alone, and the table says which.
        let done = end(child, line).await.code(code);
        rest.await.unwrap();
        let row = |name: &str| {
            let found = done
                .stdout
                .lines()
                .find(|l| l.contains(&format!(" {name} ")));
            found.unwrap_or_default().to_owned()
        };
        // The signal may come before the first call is made: then that is left alone too.
        let (told, state) = if row("web").contains("cancelled") {
            ("cancelled", "running")
        } else {
            ("stopped", "exited")
        };
        assert!(row("web").contains(told), "{}", done.stdout);
        assert!(row("db").contains("cancelled"), "{}", done.stdout);
        assert_eq!(fleet.state(1, "web"), state);
        assert_eq!(fleet.state(1, "db"), "running");
        let history = fleet.ok("history --verb stop -o '{{.outcome}}'").await;
        assert!(["cancelled", "partial"].contains(&&*history), "{history}");
    }
}

#[tokio::test]
async fn a_second_signal_leaves_at_once() {
    let fleet = Fleet::new(1);
    project(&fleet).await;
    let line = "stop shop -t 60 --progress plain";
    let mut child = fleet.spawn(line);
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    within("stopping", stderr.next_line()).await.unwrap();
    signal(&child, Signal::INT);
    within("cancelling", stderr.next_line()).await.unwrap();
    signal(&child, Signal::INT);
    within("left", async {
        // Before it: what was cancelled.
        while let Some(line) = stderr.next_line().await.unwrap() {
            if line.contains("left while operations were running") {
                return;
            }
        }
        panic!("it ended without saying what it left");
    })
    .await;
    end(child, line).await.code(130);
    let history = fleet.ok("history --verb stop -o '{{.outcome}}'").await;
    assert_eq!(history, "interrupted");
}

#[tokio::test]
async fn progress_is_for_people_or_for_programs() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let plain = fleet.run("stop web -t 0").await.code(0);
    assert_eq!(plain.stderr, "prod-1/web: stopping\nprod-1/web: stopped\n");
    let json = fleet.run("start web --progress json").await.code(0);
    let lines: Vec<serde_json::Value> = json
        .stderr
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines[0]["outcome"], "running");
    assert_eq!(lines.last().unwrap()["outcome"], "succeeded");
    assert_eq!(lines[0]["name"], "web");
    let none = fleet.run("stop web -t 0 --progress none").await.code(0);
    assert_eq!(none.stderr, "");
}

#[tokio::test]
async fn what_was_done_is_on_record() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    fleet.ok("stop web -t 0").await;
    let table = fleet.ok("history").await;
    assert!(table.contains("stop prod-1/web"), "{table}");
    assert!(table.contains("tester"), "{table}");
    let json = fleet
        .run("history --verb stop -o json")
        .await
        .code(0)
        .json();
    assert_eq!(json["kind"], "OperationList");
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    let id = items[0]["id"].as_str().unwrap();
    let shown = fleet.ok(&format!("history show {id}")).await;
    assert!(shown.contains("succeeded"), "{shown}");
    assert!(fleet.ok("history --verify").await.contains("all in order"));
    assert_eq!(fleet.ok("history --user nobody -o name").await, "");
    fleet.run("history show 00000000000001").await.code(1);
}
