//! A fleet built by hand, for tests and pictures: six hosts, things that work and things that do
//! not, at one moment that never passes.

mod answers;
mod hosts;
mod player;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::error::ErrorKind;
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::id::{HostId, Kind, ObjectId, ObjectRef, OpId};
use crate::domain::intent::{Actor, Origin};
use crate::domain::logs::{LogLine, LogStream};
use crate::domain::observed::Labels;
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::domain::plan::Danger;
use crate::domain::snapshot::{HostShard, Snapshot};
use crate::reconcile::FleetEvent;

use hosts::{hosts, info, live};

pub(crate) use answers::{Answers, measure, serve};
pub(crate) use hosts::{ct, facts};
pub(crate) use player::{Player, styles, text};

/// The moment of all pictures.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_500_966, 0).unwrap()
}

pub(crate) fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// An id that depends on the name only.
fn id(name: &str) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(name.as_bytes());
    digest.iter().fold(String::new(), |mut text, b| {
        use std::fmt::Write;
        let _ = write!(text, "{b:02x}");
        text
    })
}

fn map(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(k, v)| (Arc::from(*k), Arc::from(*v)))
        .collect()
}

fn object(host: &str, name: &str) -> ObjectRef {
    ObjectRef::new(host, Kind::Container, id(&format!("{host}/{name}")), name)
}

/// A reference to a container of the fleet.
pub(crate) fn container(host: &str, name: &str) -> ObjectRef {
    object(host, name)
}

fn step(n: usize, verb: &str, target: ObjectRef, outcome: Outcome) -> StepState {
    StepState {
        id: n,
        verb: Arc::from(verb),
        target,
        cause: Arc::from("asked for"),
        danger: Danger::Disruptive,
        outcome,
        progress: None,
        attempts: 1,
        failure: None,
        before: None,
        after: None,
        specified: None,
        started: outcome.is_final().then(|| ago(95)),
        finished: outcome.is_final().then(|| ago(92)),
    }
}

/// An operation of the fleet.
pub(crate) fn operation(
    n: u64,
    title: &str,
    outcome: Outcome,
    steps: Vec<StepState>,
) -> Arc<Operation> {
    Arc::new(Operation {
        id: OpId(n),
        title: Arc::from(title),
        verb: Arc::from(title.split(' ').next().unwrap_or_default()),
        intent: None,
        actor: Actor {
            user: Arc::from("kim"),
            ssh_client: Some(Arc::from("192.0.2.7")),
            pid: 4242,
        },
        origin: Origin::Console,
        submitted: ago(100 * n as i64),
        finished: outcome.is_final().then(|| ago(100 * n as i64 - 8)),
        outcome,
        steps,
        cancelling: false,
    })
}

fn operations() -> Vec<Arc<Operation>> {
    let mut failed = step(
        1,
        "stop",
        object("prod-3", "legacy-billing"),
        Outcome::Failed,
    );
    failed.failure = Some(crate::domain::operation::Failure {
        kind: ErrorKind::Unreachable,
        message: "stop prod-3/legacy-billing: connect to prod-3:22: timed out".into(),
        hint: None,
    });
    failed.attempts = 5;
    vec![
        operation(
            3,
            "stop prod-1/redis, prod-3/legacy-billing",
            Outcome::Partial,
            vec![
                step(0, "stop", object("prod-1", "redis"), Outcome::Succeeded),
                failed,
            ],
        ),
        operation(
            2,
            "start prod-1/redis",
            Outcome::Succeeded,
            vec![step(
                0,
                "start",
                object("prod-1", "redis"),
                Outcome::Succeeded,
            )],
        ),
        operation(
            1,
            "restart prod-1/shop-worker-1, prod-2/shop-worker-1",
            Outcome::Running,
            vec![
                step(
                    0,
                    "restart",
                    object("prod-1", "shop-worker-1"),
                    Outcome::Succeeded,
                ),
                step(
                    1,
                    "restart",
                    object("prod-2", "shop-worker-1"),
                    Outcome::Running,
                ),
            ],
        ),
    ]
}

/// The fleet.
pub(crate) fn snapshot() -> Arc<Snapshot> {
    Arc::new(Snapshot {
        rev: 1,
        hosts: Arc::new(hosts().into_iter().map(Arc::new).collect()),
        operations: Arc::new(operations()),
        read_only: false,
    })
}

/// The fleet with one host changed.
pub(crate) fn changed(
    snapshot: &Snapshot,
    host: &str,
    change: impl FnOnce(&mut HostShard),
) -> Arc<Snapshot> {
    let mut next = snapshot.clone();
    let mut hosts = (*next.hosts).clone();
    for h in &mut hosts {
        if h.id().as_str() == host {
            let mut shard = (**h).clone();
            shard.rev += 1;
            change(&mut shard);
            *h = Arc::new(shard);
            break;
        }
    }
    next.hosts = Arc::new(hosts);
    next.rev += 1;
    Arc::new(next)
}

/// `count` hosts with `each` containers.
pub(crate) fn large(count: usize, each: usize) -> Arc<Snapshot> {
    let hosts = (0..count).map(|h| {
        let name = format!("node-{h:03}");
        let containers = (0..each)
            .map(|c| {
                ct(
                    &name,
                    &format!("service-{:02}-{c}", c % 40),
                    "registry.example.com/a/b:1",
                )
                .compose(
                    &format!("project-{}", c % 9),
                    &format!("service-{}", c % 40),
                )
                .done()
            })
            .collect();
        Arc::new(live(
            facts(&name, &format!("ssh://{name}"), &[("env", "prod")]),
            info("Docker", "28.5.2", 8, 32),
            containers,
        ))
    });
    Arc::new(Snapshot {
        rev: 1,
        hosts: Arc::new(hosts.collect()),
        operations: Arc::default(),
        read_only: false,
    })
}

/// Lines of a log.
pub(crate) fn log_lines() -> Vec<LogLine> {
    let lines = [
        "2026-03-14T15:08:01Z INFO  listening on :8080",
        "2026-03-14T15:08:14Z INFO  GET /health 200 1ms",
        "2026-03-14T15:08:21Z DEBUG pool: 4 of 20 connections in use",
        "2026-03-14T15:08:44Z INFO  GET /api/orders?limit=50 200 38ms",
        "2026-03-14T15:08:50Z WARN  slow query: select * from orders where customer = $1 (1840 ms)",
        "2026-03-14T15:09:02Z ERROR upstream payment-gateway: connection refused",
        "2026-03-14T15:09:03Z INFO  retry 1 of 3 in 500ms",
        "2026-03-14T15:09:14Z INFO  GET /health 200 1ms",
        "\x1b[32mgreen\x1b[0m and \x1b]0;evil title\x07harmless",
    ];
    (0..)
        .zip(lines)
        .map(|(n, text)| LogLine {
            time: Some(ago(90 - n * 9)),
            stream: LogStream::Stdout,
            text: Arc::from(text),
            partial: false,
        })
        .collect()
}

/// An event of a host.
pub(crate) fn event(host: &str, name: &str, action: &str) -> FleetEvent {
    FleetEvent {
        host: HostId::new(host),
        event: Arc::new(EngineEvent {
            kind: EventKind::Container,
            action: Arc::from(action),
            id: ObjectId::new(id(&format!("{host}/{name}"))),
            name: Arc::from(name),
            time: Some(ago(30)),
            attributes: Arc::new(map(&[("exitCode", "1")])),
        }),
    }
}
