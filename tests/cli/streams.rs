//! Logs, statistics, events: what goes on.

use crate::Fleet;
use crate::fleet::{end, signal, within};
use pilothouse::sim::{Fault, Rule};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;

#[tokio::test]
async fn logs_of_many_are_merged_by_time() {
    let fleet = Fleet::new(2);
    let script = |word: &str| {
        format!("i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo {word} $i; sleep 0.05; done")
    };
    for (n, word) in [(1, "one"), (2, "two")] {
        let line = format!(
            "run -d --host prod-{n} --name s{n} busybox sh -c '{}'",
            script(word)
        );
        fleet.ok(&line).await;
    }
    fleet.ok("wait s1 s2").await;
    let json = fleet.run("logs s1 s2 -o json").await.code(0).json();
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 10);
    let times: Vec<&str> = items.iter().map(|i| i["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let text = fleet.ok("logs s1 s2").await;
    assert!(text.contains("prod-1/s1 | one 1\n"), "{text}");
    assert_eq!(fleet.ok("logs s1 -n 2").await, "one 4\none 5");
    assert_eq!(fleet.ok("logs s1 -g 'E [23]' -i").await, "one 2\none 3");
    let others = fleet.ok("logs s1 -g '[1-4]' --invert").await;
    assert_eq!(others, "one 5");
    assert_eq!(fleet.ok("logs s1 --since 1h -n 1").await, "one 5");
    let stamped = fleet.ok("logs s1 -t -n 1").await;
    assert!(stamped.ends_with("Z one 5"), "{stamped}");
    fleet.run("logs s1 -g '('").await.code(64);
    fleet.run("logs -f s1 -o json").await.code(64);
}

#[tokio::test]
async fn logs_are_harmless_unless_they_are_wanted_raw() {
    let fleet = Fleet::new(1);
    let line = r"run -d --name s1 busybox printf 'a\033[2Jb\033[31mc\n'";
    fleet.ok(line).await;
    fleet.ok("wait s1").await;
    assert_eq!(fleet.ok("logs s1").await, "abc");
    let coloured = fleet.run("logs s1 --color").await.code(0).stdout;
    assert_eq!(coloured, "ab\x1b[31mc\x1b[0m\n");
    let raw = fleet.run("logs s1 --raw").await.code(0).stdout;
    assert_eq!(raw, "a\x1b[2Jb\x1b[31mc\n");
}

#[tokio::test]
async fn logs_are_followed_until_the_end_or_ctrl_c() {
    let fleet = Fleet::new(1);
    let script = "i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo line $i; sleep 0.05; done";
    let line = format!("run -d --name s1 busybox sh -c '{script}'");
    fleet.ok(&line).await;
    let followed = fleet.ok("logs -f s1 -o '{{.text}}'").await;
    assert_eq!(followed, "line 1\nline 2\nline 3\nline 4\nline 5");
    let endless = "while true; do echo tick; sleep 0.05; done";
    fleet
        .ok(&format!("run -d --name s2 busybox sh -c '{endless}'"))
        .await;
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = fleet.spawn("logs -f s2");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        within("a line", lines.next_line()).await.unwrap();
        signal(&child, sent);
        while within("the rest", lines.next_line())
            .await
            .unwrap()
            .is_some()
        {}
        end(child, "logs -f").await.code(code);
    }
}

#[tokio::test]
async fn what_happens_is_told() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    let mut child = fleet.spawn("events -f type=container --since 1h -o jsonl");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = within("version", lines.next_line()).await.unwrap().unwrap();
    assert!(first.contains("\"kind\":\"EventList\""), "{first}");
    fleet.ok("stop web -t 0").await;
    let mut seen = Vec::new();
    while !seen.iter().any(|a| a == "die") {
        let line = within("die", lines.next_line()).await.unwrap().unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(event["host"], "prod-1");
        assert_eq!(event["name"], "web");
        seen.push(event["action"].as_str().unwrap().to_owned());
    }
    assert!(seen.contains(&"start".to_owned()), "{seen:?}");
    signal(&child, Signal::INT);
    end(child, "events").await.code(130);
    let past = fleet.ok("events --since 1h --until 0s -f event=die").await;
    assert!(past.contains("prod-1 container die web"), "{past}");
    fleet.run("events -f nosuch=x").await.code(64);
}

#[tokio::test]
async fn use_is_measured() {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    fleet.sleeper(2, "db").await;
    let json = fleet.run("stats --no-stream -o json").await.code(0).json();
    assert_eq!(json["kind"], "StatsList");
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["pids"], 1);
    assert!(items[0]["cpuPercent"].is_number(), "{json}");
    let table = fleet.ok("stats --no-stream web").await;
    assert!(table.contains("CPU") && table.contains("web") && !table.contains("db"));
    let mut child = fleet.spawn("stats -o jsonl");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        within("a line", lines.next_line()).await.unwrap().unwrap();
    }
    signal(&child, Signal::INT);
    end(child, "stats").await.code(130);
    assert!(fleet.ok("top web").await.contains("sleep 1000"));
}

/// Lines of a child as they come.
struct Heard(mpsc::Receiver<String>, Vec<String>);

impl Heard {
    fn of(stream: impl tokio::io::AsyncRead + Unpin + Send + 'static) -> Self {
        let (send, receive) = mpsc::channel(10_000);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = send.send(line).await;
            }
        });
        Self(receive, Vec::new())
    }

    /// Read on until a line has this in it.
    async fn until(&mut self, words: &str) {
        loop {
            let Some(line) = within(words, self.0.recv()).await else {
                panic!("{words}: not in {:#?}", self.1);
            };
            let found = line.contains(words);
            self.1.push(line);
            if found {
                return;
            }
        }
    }

    /// So many lines more.
    async fn more(&mut self, count: usize) {
        for _ in 0..count {
            let Some(line) = within("another line", self.0.recv()).await else {
                panic!("no more after {:#?}", self.1);
            };
            self.1.push(line);
        }
    }

    /// What comes until the end.
    async fn rest(mut self) -> Vec<String> {
        while let Some(line) = within("the end", self.0.recv()).await {
            self.1.push(line);
        }
        self.1
    }
}

#[tokio::test]
async fn a_log_is_followed_beyond_lost_connections() {
    let fleet = Fleet::new(2);
    let count = "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.02; done";
    for name in ["s1", "s2"] {
        let line = format!("run -d --host prod-1 --name {name} busybox sh -c '{count}'");
        fleet.ok(&line).await;
    }
    fleet
        .ok(&format!(
            "run -d --host prod-2 --name s3 busybox sh -c '{count}'"
        ))
        .await;
    let mut child = fleet.spawn("logs -f s1 s2 s3 -o '{{.name}} {{.text}}'");
    let mut out = Heard::of(child.stdout.take().unwrap());
    let mut said = Heard::of(child.stderr.take().unwrap());
    out.more(30).await;
    let faults = fleet.engine(1).faults();
    // The stream alone; every connection; the host for a while.
    faults.cut_streams();
    said.until("Warning: prod-1: the log broke off, trying again")
        .await;
    said.until("prod-1: the log is back").await;
    out.more(30).await;
    faults.drop_connections();
    said.until("broke off").await;
    said.until("is back").await;
    out.more(30).await;
    faults.set(Fault::Refuse);
    said.until("broke off").await;
    // The others do not notice.
    out.until("s3 line").await;
    fleet.ok("logs prod-2/s3 -n 1").await;
    faults.clear();
    said.until("is back").await;
    out.more(30).await;
    // Those that are gone end it, and so nothing has failed.
    fleet.ok("rm -f s1 s2 s3 --yes").await;
    let lines = out.rest().await;
    end(child, "logs -f").await.code(0);
    for name in ["s1", "s2", "s3"] {
        let begin = format!("{name} line ");
        let numbers = lines.iter().filter_map(|l| l.strip_prefix(&begin));
        let numbers: Vec<usize> = numbers.map(|n| n.parse().unwrap()).collect();
        let all: Vec<usize> = (1..=numbers.len()).collect();
        assert_eq!(numbers, all, "{name}");
        assert!(all.len() > 20, "{name}");
    }
    let told = said.rest().await;
    assert!(!told.iter().any(|l| l.contains("prod-2")), "{told:#?}");
}

#[tokio::test]
async fn a_log_of_what_is_gone_after_an_outage_ends() {
    let fleet = Fleet::new(1);
    fleet
        .ok("run -d --name s1 busybox sh -c 'echo first; sleep 1000'")
        .await;
    let mut child = fleet.spawn("logs -f s1 --tail 5");
    let mut out = Heard::of(child.stdout.take().unwrap());
    let mut said = Heard::of(child.stderr.take().unwrap());
    out.until("first").await;
    let faults = fleet.engine(1).faults();
    // Who follows cannot ask, others can.
    faults.add(Rule::on("/logs", Fault::CloseAtOnce));
    faults.cut_streams();
    said.until("prod-1/s1: the log broke off").await;
    fleet.ok("rm -f s1 --yes").await;
    said.until("prod-1/s1 is gone").await;
    end(child, "logs -f").await.code(0);
}

#[tokio::test]
async fn events_are_followed_beyond_lost_connections() {
    let fleet = Fleet::new(2);
    for n in [1, 2] {
        fleet.sleeper(n, &format!("web{n}")).await;
    }
    let mut child = fleet.spawn("events -f type=container -o '{{.host}} {{.action}} {{.name}}'");
    let mut out = Heard::of(child.stdout.take().unwrap());
    let mut said = Heard::of(child.stderr.take().unwrap());
    // It listens as soon as it tells of something.
    let mut renames = 0;
    while out.1.is_empty() {
        fleet.ok(&format!("rename web1 'listen{renames}'")).await;
        fleet.ok(&format!("rename listen{renames} web1")).await;
        renames += 1;
        while let Ok(line) = out.0.try_recv() {
            out.1.push(line);
        }
    }
    let faults = fleet.engine(1).faults();
    faults.cut_streams();
    said.until("prod-1: the stream of events broke off").await;
    said.until("prod-1: the stream of events is back").await;
    fleet.ok("pause web1").await;
    out.until("prod-1 pause web1").await;
    // What happens while nobody can listen is told afterwards.
    faults.add(Rule::on("/events", Fault::CloseAtOnce));
    faults.cut_streams();
    said.until("broke off").await;
    fleet.ok("pause prod-2/web2").await;
    out.until("prod-2 pause web2").await;
    faults.clear();
    fleet.ok("unpause web1").await;
    said.until("is back").await;
    out.until("prod-1 unpause web1").await;
    fleet.ok("kill web1").await;
    out.until("prod-1 die web1").await;
    signal(&child, Signal::INT);
    let lines = out.rest().await;
    end(child, "events").await.code(130);
    for once in [
        "prod-1 pause web1",
        "prod-1 unpause web1",
        "prod-1 die web1",
    ] {
        let count = lines.iter().filter(|l| *l == once).count();
        assert_eq!(count, 1, "{once} in {lines:#?}");
    }
}
