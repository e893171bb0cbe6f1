//! Hosts that are dead, or are no engines at all, and input that makes no sense.

use std::path::{Path, PathBuf};

use crate::Fleet;
use crate::fleet::Done;
use pilothouse::sim::{Fault, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::task::JoinSet;

/// Sockets of what is no engine.
struct Bad {
    dir: tempfile::TempDir,
    servers: JoinSet<()>,
}

impl Bad {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            servers: JoinSet::new(),
        }
    }

    /// Numbers: a host is not to be recognised by the name of its socket.
    fn path(&self) -> PathBuf {
        self.dir.path().join(self.servers.len().to_string())
    }

    /// A host of this name. Every connection gets these bytes when it has asked something, and is
    /// closed; without any nothing ever comes.
    fn answers(&mut self, name: &str, answer: Option<&'static [u8]>) -> String {
        let path = self.path();
        let listener = UnixListener::bind(&path).unwrap();
        self.servers.spawn(async move {
            let mut kept = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                match answer {
                    None => kept.push(stream),
                    Some(answer) => {
                        tokio::spawn(async move {
                            let _ = stream.read(&mut [0; 4096]).await;
                            let _ = stream.write_all(answer).await;
                        });
                    }
                }
            }
        });
        host(name, &path)
    }

    /// A host whose socket is there, and nobody listens.
    fn refuses(&mut self, name: &str) -> String {
        let path = self.path();
        drop(UnixListener::bind(&path).unwrap());
        self.servers.spawn(async {});
        host(name, &path)
    }
}

fn host(name: &str, path: &Path) -> String {
    format!("[hosts.{name}]\nendpoint = \"unix://{}\"\n", path.display())
}

/// Why this does not end so, with an error that says all of this and a hint behind it.
fn complaint(done: &Done, code: i32, words: &[&str]) -> Option<String> {
    let said = done.stderr.to_lowercase();
    let fits = |e: &str| {
        let helps = [
            "hint: ",
            "write ",
            "one of ",
            "values: ",
            "tip: ",
            "did you mean",
            "^",
        ];
        words.iter().all(|w| e.contains(&w.to_lowercase())) && helps.iter().any(|h| e.contains(h))
    };
    let explained = said.split("error: ").skip(1).any(fits);
    let all = format!("{} with {words:?} and a hint: {done:#?}", done.code);
    (done.code != code || !explained).then_some(all)
}

/// All of these command lines must end so.
async fn explained(fleet: &Fleet, code: i32, cases: &[(&str, &[&str])]) {
    let mut complaints = Vec::new();
    for (line, words) in cases {
        let done = fleet.run(line).await;
        assert!(!done.stderr.contains('\x1b'), "{line}: {}", done.stderr);
        let wrong = complaint(&done, code, words);
        complaints.extend(wrong.map(|c| format!("{line}: {c}")));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_hosts_of_which_three_are_dead() {
    let mut bad = Bad::new();
    let mut config = bad.refuses("one");
    config += &bad.answers("two", None);
    config += "call_timeout = \"1s\"\n";
    config += &bad.answers("three", Some(b""));
    let fleet = Fleet::crowd(97, 3, &config);
    // Without the dead ones' own timeout this would last five minutes.
    let line = "ps -a --timeout 5m";
    let done = fleet.run(&format!("{line} -o json")).await.code(3);
    let json = done.json();
    assert_eq!(json["items"].as_array().unwrap().len(), 97 * 3);
    let errors = json["errors"].as_array().unwrap();
    for name in ["one", "two", "three"] {
        let found = errors.iter().find(|e| e["host"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} in {errors:?}"));
        assert!(found["hint"].is_string(), "{found}");
        let told = format!("Error: {name}: ");
        assert!(done.stderr.contains(&told), "{told} in {}", done.stderr);
    }
    assert_eq!(errors.len(), 3);
    let table = fleet.run(line).await.code(3);
    assert_eq!(table.stdout.lines().count(), 1 + 97 * 3);
    for name in ["one", "two", "three"] {
        let done = fleet.run(&format!("ps --host {name}")).await.code(5);
        assert!(done.stderr.contains(&format!("Error: {name}: ")));
        assert_eq!(done.stdout, "", "nobody has said that there is nothing");
    }
    // What can be found is found; what is named must be somewhere.
    fleet.run("ps host-007/app0-svc0-1").await.code(0);
    let done = fleet.run("stop nosuch --timeout 5m").await.code(5);
    assert!(done.stderr.contains("three: "), "{}", done.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_engine_is_told_from_one() {
    let page: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\
        Content-Length: 26\r\n\r\n<html><h1>Login</h1></html";
    let cut: &[u8] = b"HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nOstype: linux\r\n\
        Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n[{\"Id\":\"abc";
    let gateway: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\
        Content-Length: 26\r\n\r\n<html><h1>Sorry</h1></html";
    let moved: &[u8] = b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n";
    let cases: [(&str, &[u8], &str); 8] = [
        ("quits", b"", "closed the connection without an answer"),
        ("ssh", b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP: SSH-2.0"),
        ("tls", b"\x15\x03\x01\x00\x02\x02\x50", "speaks TLS"),
        ("text", b"hello\x1b[2J\r\n\r\n", "not HTTP"),
        ("page", page, "does not answer like a Docker engine"),
        ("cut", cut, "cut off its answer"),
        ("gateway", gateway, "proxy"),
        ("moved", moved, "redirects"),
    ];
    let mut bad = Bad::new();
    let config = cases
        .iter()
        .map(|(name, answer, _)| bad.answers(name, Some(answer)));
    let config: String = config.collect();
    let fleet = Fleet::with(1, &config);
    fleet.sleeper(1, "web").await;
    for (name, _, words) in cases {
        let told = format!("{name}: ");
        for verb in [
            "ps",
            "ls images",
            "logs web",
            "stop web",
            "stats --no-stream",
            "events",
            "pull x",
            "prune",
        ] {
            let line = format!("{verb} --host {name}");
            explained(&fleet, 5, &[(&line, &[&told, words])]).await;
        }
        let doctor = fleet
            .run(&format!("doctor -o json --host {name}"))
            .await
            .code(5)
            .json();
        assert_eq!(doctor["items"][0]["verdict"], "bad", "{doctor}");
        assert!(doctor["items"][0]["advice"].is_string(), "{doctor}");
    }
    assert_eq!(fleet.state(1, "web"), "running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_misbehaves_in_one_call_is_explained() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let faults = fleet.engine(1).faults();
    for (fault, words) in [
        (Fault::Garbage, "the answer is not JSON"),
        (Fault::Html, "<html>"),
        (Fault::CloseAtOnce, "closed the connection"),
        (Fault::Truncate(40), "cut off"),
        (Fault::Status(500, "disk on fire".into()), "disk on fire"),
        (Fault::Status(403, "not for you".into()), "not for you"),
    ] {
        faults.add(Rule::on("/containers/json", fault));
        let words = ["prod-1", words];
        explained(&fleet, 5, &[("ps", &words), ("stop web -t 0", &words)]).await;
        faults.clear();
        assert_eq!(fleet.state(1, "web"), "running");
    }
}

#[tokio::test]
async fn bad_configuration_is_told_with_its_place_and_nothing_is_done() {
    let good = Fleet::new(1);
    good.sleeper(1, "web").await;
    let hosts = std::fs::read_to_string(good.path("home/.config/pilothouse/config.toml")).unwrap();
    let twice = "[hosts.prod-1]\nendpoint = \"unix:///x\"\n";
    for (more, words) in [
        ("[ui]\nfps = \"fast\"\n", &["fps", "config.toml:6"][..]),
        ("[ui]\nfsp = 5\n", &["fsp", "config.toml:6", "fps"]),
        ("[ui]\nfps = 5\nfps = 6\n", &["duplicate", "config.toml:7"]),
        (twice, &["prod-1", "config.toml:"]),
        ("[hosts.x]\n", &["endpoint", "config.toml:"]),
        (
            "[hosts.x]\nendpoint = \"gopher://x\"\n",
            &["gopher", "config.toml:"],
        ),
        ("[hosts.x]\nendpoint = 7\n", &["endpoint", "config.toml:"]),
        (
            "[hosts.x]\nendpoint = \"tcp://x:99999\"\n",
            &["99999", "config.toml:"],
        ),
        (
            "[hosts.\"a/b\"]\nendpoint = \"unix:///x\"\n",
            &["a/b", "config.toml:"],
        ),
        (
            "[[guardrails]]\neffect = \"alow\"\n",
            &["alow", "config.toml:", "allow"],
        ),
        (
            "[core]\nping = \"soon\"\n",
            &["ping", "soon", "config.toml:6"],
        ),
        ("[ui\n", &["config.toml:5"]),
        ("\u{1}\n", &["config.toml:5"]),
    ] {
        let file = good.path("bad/config.toml");
        std::fs::create_dir_all(good.path("bad")).unwrap();
        std::fs::write(&file, format!("{hosts}\n{more}")).unwrap();
        for verb in ["stop web -t 0", "ps", "config check"] {
            let line = format!("--config bad/config.toml {verb}");
            let line = match verb {
                "config check" => "config check bad/config.toml".to_owned(),
                _ => line,
            };
            let done = good.run(&line).await.code(64);
            for word in words {
                assert!(
                    done.stderr.contains(word),
                    "{more}: {word} in {}",
                    done.stderr
                );
            }
        }
        assert_eq!(good.state(1, "web"), "running", "{more}");
    }
}

#[tokio::test]
async fn input_that_makes_no_sense_is_explained_and_nothing_is_done() {
    let fleet = Fleet::new(1);
    let id = fleet.sleeper(1, "web").await;
    let cases: &[(&str, &[&str])] = &[
        ("stop /", &["\"/\" is not a reference"]),
        ("stop prod-1/", &["\"prod-1/\" is not a reference"]),
        ("stop ''", &["is not a reference"]),
        ("stop web --host 'no*'", &["no*"]),
        ("stop web -l ''", &["names no label"]),
        ("stop web -l =x", &["names no label"]),
        ("stop web --state bogus", &["bogus", "--state"]),
        ("stop web --health bogus", &["bogus", "--health"]),
        ("stop web -t soon", &["soon", "--time"]),
        ("stop web -t -5", &["-5", "--time"]),
        ("stop", &["nothing is named"]),
        ("stop web -o '{{.name'", &["not closed", "--output"]),
        ("stop web -o '{{nosuch .name}}'", &["nosuch"]),
        ("stop web -o bogus", &["bogus", "table"]),
        ("ps -o '{{range}}'", &["a value is missing"]),
        ("ps -o '{{.nmae}}'", &["nmae", ".name"]),
        ("ps -f bogus=1", &["--filter bogus", "status"]),
        ("ps -f status=bogus", &["status=bogus", "running"]),
        ("ps -f health=bogus", &["health=bogus", "healthy"]),
        ("ps -f exited=soon", &["exited=soon"]),
        ("logs web --since yesterday", &["--since", "yesterday"]),
        ("logs web --until whenever", &["--until", "whenever"]),
        ("logs web --tail -1", &["-1", "--tail"]),
        ("logs web -g '('", &["--grep"]),
        (
            "events --since nonsense --until 0s",
            &["--since", "nonsense"],
        ),
        ("history --since nonsense", &["--since", "nonsense"]),
        ("kill -s BOGUS web", &["BOGUS", "signal"]),
        ("prune bogus", &["bogus", "volumes"]),
        ("prune machines", &["machines", "volumes"]),
        ("rm -k bogus web -y", &["bogus", "containers"]),
        ("rename web 'a b'", &["a b"]),
        ("tag busybox 'UPPER:x:y'", &["UPPER:x:y"]),
        ("create volume 'a/b'", &["a/b"]),
        ("create network x --subnet 10.0.0.0/99", &["10.0.0.0/99"]),
        ("run -p 99999:1 busybox", &["99999:1"]),
        ("run -v relative:x busybox", &["relative:x"]),
        ("run -v '' busybox", &["--volume"]),
        ("run -e =x busybox", &["=x"]),
        ("run -m 12q busybox", &["12q"]),
        ("run --restart sometimes busybox", &["sometimes"]),
        ("run --mount type=bogus,target=/x busybox", &["bogus"]),
        ("cp a b", &["CONTAINER:PATH"]),
    ];
    explained(&fleet, 64, cases).await;
    for line in [
        "stop nosuch",
        "stop 'no*such'",
        "stop prod-1/nosuch",
        "stop nohost/web",
        "history show 123",
    ] {
        explained(&fleet, 1, &[(line, &[])]).await;
    }
    assert_eq!(fleet.state(1, "web"), "running");
    let view = fleet.engine(1).view();
    let names: Vec<&str> = view.containers.iter().map(|c| &*c.name).collect();
    assert_eq!(names, ["web"], "{id}");
    assert!(view.volumes.is_empty());
}

#[tokio::test]
async fn nonsense_in_the_labels_of_compose_is_shown_as_it_is() {
    let fleet = Fleet::new(1);
    let label = |key: &str, value: &str| format!("-l 'com.docker.compose.{key}={value}' ");
    let of = |project: &str, service: &str| label("project", project) + &label("service", service);
    let cases = [
        (
            "huge",
            of("shop", "web") + &label("container-number", "99999999999999999999999999"),
        ),
        (
            "minus",
            of("shop", "web") + &label("container-number", "-1"),
        ),
        ("control", of("a\x1b[2Jb\r\nc", "s\x07x")),
        ("empty", of("", "")),
        ("lone", label("service", "alone")),
        ("slash", of("a/b*", "x/y")),
        ("oneoff", of("shop", "job") + &label("oneoff", "perhaps")),
        (
            "needs",
            of("shop", "api")
                + &label(
                    "depends_on",
                    ":::,,api:service_started:true,nosuch:x:y,\x1b[1m",
                ),
        ),
        (
            "circle",
            of("shop", "db") + &label("depends_on", "api:service_healthy:true"),
        ),
    ];
    for (name, labels) in &cases {
        fleet
            .ok(&format!(
                "run -d --name {name} --stop-timeout 1 {labels} busybox sleep 1000"
            ))
            .await;
    }
    let harmless = |text: &str| assert!(!text.contains(['\x1b', '\x07', '\r']), "{text:?}");
    let rows = fleet.ok("ps -o name").await;
    assert_eq!(rows.lines().count(), cases.len(), "{rows}");
    for line in [
        "ps -o wide",
        "ls projects",
        "ls services",
        "ls projects -o name",
        "ls services -o json",
        "ps -o yaml",
    ] {
        let done = fleet.run(line).await.code(0);
        harmless(&done.stdout);
        harmless(&done.stderr);
    }
    let projects = fleet.run("ls projects -o json").await.code(0).json();
    let names: Vec<&str> = projects["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"shop") && !names.contains(&""), "{names:?}");
    // A circle of needs is no reason not to stop them.
    fleet.ok("stop shop -t 0").await;
    for (name, labels) in &cases {
        let expected = if labels.contains("project=shop") {
            "exited"
        } else {
            "running"
        };
        assert_eq!(fleet.state(1, name), expected, "{name}");
    }
    fleet.run("stop alone -t 0").await.code(1);
}
