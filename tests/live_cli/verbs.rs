//! Every verb on every engine.

use crate::home::Home;
use crate::live;

struct On<'a> {
    home: &'a Home,
    host: &'a str,
    endpoint: &'a str,
}

const LOOP: &str = "trap exit TERM; echo ready; while :; do sleep 1; done";

impl On<'_> {
    /// `verb` with this host only.
    fn verb(&self, args: &[&str]) -> crate::home::Ran {
        println!("{}: {args:?}", self.host);
        self.home.run(&[&["--host", self.host], args].concat())
    }

    fn docker(&self, args: &[&str]) -> String {
        live::docker(self.endpoint, args)
    }

    fn clean(&self) {
        for c in ["verb-a", "verb-b", "verb-c", "verb-run"] {
            let _ = live::docker_output(self.endpoint, &["rm", "-f", c]);
        }
        let _ = live::docker_output(self.endpoint, &["volume", "rm", "verb-vol"]);
        let _ = live::docker_output(self.endpoint, &["network", "rm", "verb-net"]);
        let _ = live::docker_output(self.endpoint, &["rmi", "verb/tagged:1"]);
    }
}

fn create_and_look(on: &On<'_>, image: &str) {
    on.verb(&["create", "volume", "verb-vol", "-l", "test=verbs"])
        .ok();
    on.verb(&["create", "network", "verb-net"]).ok();
    on.verb(&[
        "run",
        "-d",
        "--name",
        "verb-a",
        "-l",
        "test=verbs",
        "-e",
        "A=b",
        "-v",
        "verb-vol:/data",
        "--memory",
        "64m",
        "--restart",
        "unless-stopped",
        image,
        "sh",
        "-c",
        LOOP,
    ])
    .ok();
    assert_eq!(
        on.docker(&["inspect", "-f", "{{.State.Status}}", "verb-a"]),
        "running"
    );
    assert_eq!(
        on.docker(&["inspect", "-f", "{{.HostConfig.Memory}}", "verb-a"]),
        "67108864"
    );
    assert_eq!(on.docker(&["exec", "verb-a", "sh", "-c", "echo $A"]), "b");

    let names = on
        .verb(&["ps", "-l", "test=verbs", "-o", "{{.name}} {{.state}}"])
        .ok();
    assert_eq!(names, "verb-a running");
    let json = on.verb(&["ps", "-l", "test=verbs", "-o", "json"]).ok();
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["items"][0]["name"], "verb-a", "{document:#}");
    assert_eq!(document["items"][0]["host"], on.host);
    for kind in [
        "machines",
        "containers",
        "volumes",
        "networks",
        "images",
        "services",
        "projects",
    ] {
        on.verb(&["ls", kind]).ok();
    }
    assert!(
        on.verb(&["ls", "volumes", "-o", "name"])
            .ok()
            .contains("verb-vol")
    );
    assert!(on.verb(&["inspect", "verb-a"]).ok().contains("verb-a"));
    let document = on.verb(&["inspect", "-k", "volume", "verb-vol"]).ok();
    assert!(document.contains("verb-vol"), "{document}");
}

fn streams(on: &On<'_>) {
    live::until("the container has written a line", || {
        on.verb(&["logs", "verb-a"]).stdout.contains("ready")
    });
    assert!(
        on.verb(&["logs", "--tail", "1", "-t", "verb-a"])
            .ok()
            .contains("ready")
    );
    assert!(
        !on.verb(&["logs", "--grep", "nothing-like-that", "verb-a"])
            .ok()
            .contains("ready")
    );
    assert!(
        on.verb(&["stats", "--no-stream", "verb-a"])
            .ok()
            .contains("verb-a")
    );
    assert!(on.verb(&["top", "verb-a"]).ok().contains("sh"));
    let answer = on
        .verb(&[
            "exec",
            "verb-a",
            "sh",
            "-c",
            "echo out; echo err >&2; exit 7",
        ])
        .code(7);
    assert_eq!(
        (answer.stdout.as_str(), answer.stderr.as_str()),
        ("out\n", "err\n")
    );
    let echoed = on.home.feed(
        &["--host", on.host, "exec", "-i", "verb-a", "cat"],
        b"through\n",
    );
    assert_eq!(echoed.ok(), "through");
    let file = on.home.path().join(format!("to-copy-{}", on.host));
    std::fs::write(&file, "copied").unwrap();
    let there = format!("{}/verb-a:/data/copied", on.host);
    on.home.run(&["cp", file.to_str().unwrap(), &there]).ok();
    assert_eq!(
        on.docker(&["exec", "verb-a", "cat", "/data/copied"]),
        "copied"
    );
    let back = on.home.path().join(format!("back-{}", on.host));
    let _ = std::fs::remove_file(&back);
    on.home.run(&["cp", &there, back.to_str().unwrap()]).ok();
    assert_eq!(std::fs::read_to_string(&back).unwrap(), "copied");
}

fn changes(on: &On<'_>) {
    on.verb(&["pause", "verb-a"]).ok();
    assert_eq!(
        on.docker(&["inspect", "-f", "{{.State.Status}}", "verb-a"]),
        "paused"
    );
    on.verb(&["unpause", "verb-a"]).ok();
    on.verb(&["restart", "-t", "5s", "verb-a"]).ok();
    on.verb(&["connect", "verb-net", "verb-a", "--alias", "other"])
        .ok();
    let networks = on.docker(&[
        "inspect",
        "-f",
        "{{json .NetworkSettings.Networks}}",
        "verb-a",
    ]);
    assert!(networks.contains("verb-net"), "{networks}");
    on.verb(&["disconnect", "verb-net", "verb-a"]).ok();
    on.verb(&["kill", "-s", "HUP", "verb-a"]).ok();
    on.verb(&["rename", "verb-a", "verb-b"]).ok();
    on.verb(&["stop", "-t", "5s", "verb-b"]).ok();
    on.verb(&["stop", "verb-b"]).ok();
    on.verb(&["start", "verb-b"]).ok();
    on.verb(&["wait", "--for", "running", "verb-b"]).ok();
    on.verb(&["kill", "verb-b"]).ok();
    on.verb(&["rm", "verb-b"]).code(6);
    assert_eq!(
        on.docker(&["inspect", "-f", "{{.Name}}", "verb-b"])
            .trim_start_matches('/'),
        "verb-b"
    );
    let plan = on.verb(&["rm", "verb-b", "--dry-run"]);
    assert_eq!(plan.code, 0, "{plan:#?}");
    on.verb(&["rm", "verb-b", "--yes"]).ok();
    assert!(
        !live::docker_output(on.endpoint, &["inspect", "verb-b"])
            .status
            .success()
    );
}

fn images_and_prune(on: &On<'_>, image: &str) {
    on.verb(&["tag", image, "verb/tagged:1"]).ok();
    on.docker(&["image", "inspect", "verb/tagged:1"]);
    on.verb(&["rm", "-k", "image", "verb/tagged:1", "--yes"])
        .ok();
    let pulled = format!("{}/{image}", live::variable("REGISTRY"));
    on.verb(&["pull", &pulled]).ok();
    on.docker(&["image", "inspect", &pulled]);
    on.verb(&["rm", "-k", "image", &pulled, "--yes"]).ok();
    let run = [
        "run",
        "--rm",
        "--name",
        "verb-run",
        image,
        "sh",
        "-c",
        "echo hello; exit 3",
    ];
    let ran = on.verb(&run).code(3);
    assert_eq!(ran.stdout.trim_end(), "hello", "{ran:#?}");
    on.verb(&[
        "create",
        "container",
        "--name",
        "verb-c",
        "-l",
        "prune=me",
        image,
        "true",
    ])
    .ok();
    on.verb(&["prune", "containers", "-l", "prune=me"]).code(6);
    on.verb(&["prune", "containers", "-l", "prune=me", "--yes"])
        .ok();
    assert!(
        !live::docker_output(on.endpoint, &["inspect", "verb-c"])
            .status
            .success()
    );
    let both = ["rm", "-k", "volume", "verb-vol", "--yes"];
    on.verb(&both).ok();
    on.verb(&["rm", "-k", "network", "verb-net", "--yes"]).ok();
    let history = on.verb(&["history", "-o", "json"]).ok();
    let document: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert!(
        document["items"].as_array().unwrap().len() > 10,
        "{document:#}"
    );
}

#[test]
fn every_verb_on_every_engine() {
    if live::absent() {
        return;
    }
    let engines = live::engines();
    let home = Home::new(&engines);
    let image = live::variable("IMAGE");
    // All engines at the same time: one journal, many processes.
    std::thread::scope(|scope| {
        for (host, endpoint) in &engines {
            let (home, image) = (&home, &image);
            scope.spawn(move || {
                let on = On {
                    home,
                    host,
                    endpoint,
                };
                on.clean();
                create_and_look(&on, image);
                streams(&on);
                changes(&on);
                images_and_prune(&on, image);
                on.clean();
            });
        }
    });
    home.run(&["history", "--verify"]).ok();
    home.run(&["doctor"]).ok();
}

#[test]
fn verbs_span_the_engines() {
    if live::absent() {
        return;
    }
    let engines = live::engines();
    let home = Home::new(&engines);
    let image = live::variable("IMAGE");
    let name = "span";
    for (_, endpoint) in &engines {
        let _ = live::docker_output(endpoint, &["rm", "-f", name]);
        live::docker(
            endpoint,
            &["create", "--name", name, &image, "sh", "-c", LOOP],
        );
    }
    home.run(&["start", name]).code(64);
    home.run(&["start", "--all", name]).ok();
    let names = home.run(&["ps", "-o", "{{.host}}/{{.name}}"]).ok();
    for (host, _) in &engines {
        assert!(names.contains(&format!("{host}/{name}")), "{names}");
    }
    home.run(&["stop", "-t", "5s", &format!("*/{name}")]).ok();
    home.run(&["rm", "--all", name, "--yes"]).ok();
    for (_, endpoint) in &engines {
        assert!(
            !live::docker_output(endpoint, &["inspect", name])
                .status
                .success()
        );
    }
}
