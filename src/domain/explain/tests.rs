use std::sync::Arc;

use rstest::rstest;

use super::super::id::{HostId, ObjectId};
use super::super::observed::{
    Attachment, Health, Labels, Mount, Need, PROJECT_LABEL, Port, SERVICE_LABEL,
};
use super::super::snapshot::{HostFacts, Link, Measured};
use super::super::stats::Usage;
use super::*;

fn host(containers: Vec<Container>) -> HostShard {
    let facts = HostFacts {
        id: HostId::new("h"),
        endpoint: Arc::from("unix:///x"),
        origin: Arc::from("test"),
        labels: Arc::default(),
        read_only: false,
    };
    HostShard {
        link: Link::Live {
            rtt: std::time::Duration::ZERO,
        },
        listed: true,
        containers: Arc::new(containers.into_iter().map(Arc::new).collect()),
        ..HostShard::new(Arc::new(facts))
    }
}

fn plain(id: &str) -> Container {
    Container {
        image_id: Arc::from(""),
        ..Container::sample(id, id)
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

/// Weight and sentence of everything found.
fn found(host: &HostShard, c: &Container) -> Vec<String> {
    explain(host, c, at(1000))
        .into_iter()
        .map(|e| format!("{}: {}", e.weight.word(), e.what))
        .collect()
}

fn ended(code: i64) -> Container {
    Container {
        state: State::Exited,
        exit_code: Some(code),
        ..plain("a")
    }
}

#[test]
fn nothing_is_wrong_with_what_runs() {
    assert!(found(&host(vec![]), &plain("a")).is_empty());
}

#[rstest]
#[case(0, "fact: exit code 0: it ended by itself and reported success")]
#[case(3, "cause: exit code 3: the program's own, see the end of its logs")]
#[case(125, "cause: exit code 125: the engine could not start it")]
#[case(
    126,
    "cause: exit code 126: its command was found but could not be executed"
)]
#[case(127, "cause: exit code 127: its command was not found")]
#[case(130, "fact: exit code 130: ended by SIGINT")]
#[case(137, "cause: exit code 137: ended by SIGKILL")]
#[case(
    139,
    "cause: exit code 139: ended by SIGSEGV: it touched memory that is not its own"
)]
#[case(143, "fact: exit code 143: ended by SIGTERM, as a stop does")]
fn exit_codes_have_meanings(#[case] code: i64, #[case] said: &str) {
    assert_eq!(found(&host(vec![]), &ended(code)), [said]);
}

#[rstest]
#[case(
    "exec: \"nginz\": executable file not found in $PATH: unknown",
    "its command does not exist in the image"
)]
#[case(
    "exec /app: exec format error",
    "its image is made for another processor"
)]
#[case(
    "exec: \"/run.sh\": permission denied: unknown",
    "something it needs is forbidden"
)]
#[case(
    "unable to find user app: no matching entries in passwd file",
    "the user it shall run as does not exist in the image"
)]
#[case("No such image: web:2", "its image could not be had")]
#[case(
    "manifest for web:9 not found: manifest unknown: manifest unknown",
    "its image could not be had"
)]
#[case(
    "pull access denied for web, repository does not exist or may require 'docker login'",
    "its image could not be had"
)]
#[case(
    "toomanyrequests: You have reached your pull rate limit",
    "the registry refused its image"
)]
#[case(
    "error while creating mount source path '/srv/x': mkdir /srv/x: read-only file system",
    "something it mounts is missing or refused"
)]
#[case(
    "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists",
    "a file is mounted where the image has a directory, or the other way round"
)]
#[case("network front not found", "a network it needs is missing or refused")]
#[case(
    "cannot join network of a non running container: 0123",
    "the container whose network it shares does not run"
)]
#[case("write /x: no space left on device", "the host's disk is full")]
#[case(
    "could not select device driver \"nvidia\" with capabilities: [[gpu]]",
    "a device it needs is not there"
)]
#[case("something new", "the engine could not start it")]
fn what_the_engine_said_is_understood(#[case] error: &str, #[case] what: &str) {
    let mut c = plain("a");
    c.state = State::Created;
    c.error = Some(Arc::from(error));
    let all = explain(&host(vec![]), &c, at(0));
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((all[0].weight, &*all[0].what), (Weight::Cause, what));
    assert_eq!(all[0].seen.as_deref(), Some(error));
}

fn publishes(id: &str, public: u16) -> Container {
    let port = Port {
        private: 80,
        public: Some(public),
        ip: None,
        protocol: Arc::from("tcp"),
    };
    Container {
        ports: vec![port],
        ..plain(id)
    }
}

#[test]
fn the_holder_of_a_port_is_named() {
    let fleet = host(vec![publishes("other", 81), publishes("holder", 8080)]);
    let mut c = plain("a");
    c.state = State::Created;
    c.error = Some(Arc::from(
        "Bind for 0.0.0.0:8080 failed: port is already allocated",
    ));
    let all = explain(&fleet, &c, at(0));
    assert_eq!(all[0].what, "port 8080, which it publishes, is taken");
    let hint = all[0].hint.as_deref();
    assert_eq!(hint, Some("holder on this host publishes 8080"));
    assert_eq!(all[0].about.as_ref().unwrap().id, ObjectId::new("holder"));
    // Nobody here: then it is somebody outside of the engine.
    let all = explain(&host(vec![]), &c, at(0));
    assert!(
        all[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("ss -ltnp 'sport = :8080'")
    );
}

#[test]
fn a_port_that_is_taken_is_seen_before_the_next_start() {
    let fleet = host(vec![publishes("holder", 8080)]);
    let mut c = ended(0);
    c.wanted_ports = publishes("x", 8080).ports;
    assert_eq!(
        found(&fleet, &c)[0],
        "suspect: it could not start now: holder publishes 8080, which it wants too"
    );
    c.state = State::Running;
    assert!(found(&fleet, &c).is_empty());
}

#[test]
fn memory_that_ran_out_comes_first() {
    let mut c = ended(137);
    c.oom_killed = true;
    let all = found(&host(vec![]), &c);
    assert_eq!(
        all,
        [
            "cause: the kernel killed it for using too much memory",
            "cause: exit code 137: ended by SIGKILL"
        ]
    );
    let mut near = host(vec![]);
    let usage = Usage {
        memory: 95,
        memory_limit: 100,
        ..Usage::default()
    };
    let measured = Measured { usage, at: at(0) };
    near.usage = Arc::new([(ObjectId::new("a"), measured)].into_iter().collect());
    assert_eq!(
        found(&near, &plain("a")),
        ["suspect: it uses 95 % of its memory limit"]
    );
}

#[test]
fn short_runs_and_restarts_are_said() {
    let mut c = ended(1);
    (c.started, c.finished) = (Some(at(0)), Some(at(1)));
    c.restart_count = 3;
    c.restart_policy = Arc::from("on-failure:3");
    assert_eq!(
        found(&host(vec![]), &c),
        [
            "cause: exit code 1: the program's own, see the end of its logs",
            "cause: the engine gave up: that is as often as its policy allows",
            "suspect: it ran for 1.0 s only",
            "suspect: the engine restarted it 3 times (policy on-failure:3)",
        ]
    );
    c.state = State::Restarting;
    c.restart_policy = Arc::from("always");
    let all = found(&host(vec![]), &c);
    assert!(all.contains(&"cause: the engine restarted it 3 times (policy always)".into()));
    let mut stopped = ended(0);
    stopped.restart_policy = Arc::from("unless-stopped");
    let all = found(&host(vec![]), &stopped);
    assert!(all[1].starts_with("fact: its restart policy is unless-stopped, so somebody"));
}

fn ill(status: HealthStatus, streak: u32, code: i64, output: &str) -> Container {
    let probe = Probe {
        start: Some(at(0)),
        end: Some(at(5)),
        exit_code: code,
        output: output.into(),
    };
    Container {
        health: Some(Health {
            status,
            failing_streak: streak,
            probes: vec![probe],
        }),
        ..plain("a")
    }
}

#[rstest]
#[case(1, "refused\n", &["cause: its health check failed 4 times in a row"])]
#[case(-1, "Health check exceeded timeout (5s)", &[
    "cause: its health check failed 4 times in a row",
    "cause: the health check does not end in time",
])]
#[case(127, "sh: curl: not found", &[
    "cause: its health check failed 4 times in a row",
    "cause: the command of the health check does not exist in the image",
])]
#[case(7, "curl: (7) Failed to connect to localhost port 80: Connection refused", &[
    "cause: its health check failed 4 times in a row",
    "suspect: nothing listens where the health check asks",
])]
#[case(1, "curl: (22) The requested URL returned error: 503", &[
    "cause: its health check failed 4 times in a row",
    "suspect: it answers the health check with an error of its own",
])]
fn a_failing_probe_is_quoted_and_read(
    #[case] code: i64,
    #[case] output: &str,
    #[case] said: &[&str],
) {
    let c = ill(HealthStatus::Unhealthy, 4, code, output);
    assert_eq!(found(&host(vec![]), &c), said);
    let all = explain(&host(vec![]), &c, at(0));
    let seen = format!("exit code {code}: {}", output.trim());
    assert_eq!(all[0].seen.as_deref(), Some(&*seen));
    // What does not run any more is not ill.
    let over = Container {
        state: State::Exited,
        ..c
    };
    assert!(found(&host(vec![]), &over).is_empty());
}

#[test]
fn a_check_that_has_not_passed_yet_is_no_cause() {
    let c = ill(HealthStatus::Starting, 1, 1, "");
    let all = explain(&host(vec![]), &c, at(0));
    assert_eq!(all[0].weight, Weight::Fact);
    assert_eq!(all[0].seen.as_deref(), Some("exit code 1: (no output)"));
    let c = ill(HealthStatus::Healthy, 1, 1, "");
    assert_eq!(
        found(&host(vec![]), &c),
        ["suspect: it counts as healthy, but the last probe failed"]
    );
}

#[test]
fn what_is_missing_is_named() {
    let mut c = plain("a");
    c.mounts = vec![Mount {
        kind: Arc::from("volume"),
        name: Some(Arc::from("data")),
        source: Arc::from(""),
        target: Arc::from("/data"),
        read_only: false,
    }];
    c.networks = vec![Attachment {
        network: Arc::from("front"),
        network_id: Arc::from("n1"),
        ip: None,
        mac: None,
    }];
    c.image_id = Arc::from("sha256:gone");
    let fleet = host(vec![]);
    assert_eq!(
        found(&fleet, &c),
        [
            "cause: volume data (at /data) does not exist",
            "cause: network front does not exist",
            "fact: its image busybox:latest was removed",
        ]
    );
    // Of lists that could not be read nothing is said.
    let unread = HostShard {
        listed: false,
        ..fleet
    };
    assert!(found(&unread, &c).is_empty());
}

fn service(name: &str, depends: &str) -> Container {
    let all = [
        (PROJECT_LABEL, "p"),
        (SERVICE_LABEL, name),
        (DEPENDS_LABEL, depends),
    ];
    let labels: Labels = all
        .iter()
        .map(|(k, v)| (Arc::from(*k), Arc::from(*v)))
        .collect();
    Container {
        labels: Arc::new(labels),
        ..plain(name)
    }
}

#[test]
fn dependencies_that_are_down_are_suspects() {
    let mut db = service("db", "");
    db.state = State::Exited;
    db.exit_code = Some(1);
    let mut setup = service("setup", "");
    setup.state = State::Exited;
    setup.exit_code = Some(2);
    let queue = Container {
        health: ill(HealthStatus::Unhealthy, 1, 1, "").health,
        ..service("queue", "")
    };
    let depends = "db:service_healthy:true,cache:service_started:false,queue:service_healthy:true,setup:service_completed_successfully:false,:::";
    let mut web = service("web", depends);
    let fleet = host(vec![db, setup, queue]);
    assert_eq!(
        found(&fleet, &web),
        [
            "suspect: db, which it depends on, is exited (1)",
            "suspect: cache, which it depends on, does not exist",
            "suspect: queue, which it depends on, is unhealthy",
            "suspect: setup, which it depends on, ended with 2",
        ]
    );
    let about = explain(&fleet, &web, at(0))[0].about.clone().unwrap();
    assert_eq!(about.id, ObjectId::new("db"));
    // What never started waits for them.
    web.state = State::Created;
    assert!(found(&fleet, &web)[0].starts_with("cause: db"));
}

#[test]
fn what_it_shares_with_others_must_run() {
    let mut c = ended(0);
    c.needs = [
        ("vpn", "whose network it shares"),
        ("gone0123456789", "to which it links"),
    ]
    .map(|(container, how)| Need {
        container: Arc::from(container),
        how: Arc::from(how),
    })
    .to_vec();
    let mut vpn = plain("vpn");
    vpn.state = State::Exited;
    assert_eq!(
        found(&host(vec![vpn]), &c),
        [
            "cause: vpn, whose network it shares, is exited",
            "cause: gone01234567, to which it links, does not exist",
            "fact: exit code 0: it ended by itself and reported success",
        ]
    );
}

#[test]
fn old_pictures_and_odd_states_are_said() {
    let mut fleet = host(vec![]);
    fleet.link = Link::Connecting;
    let mut c = plain("a");
    c.state = State::Created;
    assert_eq!(
        found(&fleet, &c),
        [
            "fact: it was never started",
            "fact: h is connecting: this is an old picture"
        ]
    );
    c.state = State::Dead;
    let all = found(&host(vec![]), &c);
    assert_eq!(
        all,
        ["fact: the engine could not remove it: it can only be removed by force"]
    );
}
