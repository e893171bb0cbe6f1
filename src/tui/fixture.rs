//! A fleet built by hand, for tests and pictures: six hosts, things that work and things that do
//! not, at one moment that never passes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::effect::Effect;
use super::input::{Input, parse_sequence};
use super::model::Model;
use super::msg::Msg;
use super::options::{ConsoleOptions, Setup};
use super::update::{settle, update};
use super::view;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::id::{HostId, Kind, ObjectId, ObjectRef, OpId};
use crate::domain::intent::{Actor, Origin};
use crate::domain::logs::{LogLine, LogStream};
use crate::domain::observed::{
    Attachment, Container, ContainerState, DiskUse, EngineInfo, Health, HealthStatus, Image,
    Labels, Mount, NUMBER_LABEL, Network, PROJECT_LABEL, Port, Probe, SERVICE_LABEL, Volume,
};
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::domain::plan::Danger;
use crate::domain::snapshot::{HostFacts, HostShard, Link, Measured, Snapshot};
use crate::domain::stats::Usage;
use crate::reconcile::FleetEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

fn map(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(k, v)| (Arc::from(*k), Arc::from(*v)))
        .collect()
}

/// A container by what is special about it.
pub(crate) struct Ct {
    c: Container,
}

pub(crate) fn ct(host: &str, name: &str, image: &str) -> Ct {
    let full = id(&format!("{host}/{name}"));
    let mut c = Container::sample(&full, name);
    c.image = Arc::from(image);
    c.image_id = Arc::from(format!("sha256:{}", id(image)));
    c.created = Some(ago(9 * DAY));
    c.started = Some(ago(3 * DAY));
    c.command = Arc::from("/docker-entrypoint.sh");
    c.networks = vec![Attachment {
        network: Arc::from("bridge"),
        network_id: Arc::from(id(&format!("{host}/bridge"))),
        ip: Some(Arc::from("172.17.0.9")),
        mac: None,
    }];
    Ct { c }
}

impl Ct {
    fn compose(mut self, project: &str, service: &str) -> Self {
        let mut labels = (*self.c.labels).clone();
        labels.extend(map(&[
            (PROJECT_LABEL, project),
            (SERVICE_LABEL, service),
            (NUMBER_LABEL, "1"),
        ]));
        self.c.labels = Arc::new(labels);
        self
    }

    fn up(mut self, seconds: i64) -> Self {
        self.c.started = Some(ago(seconds));
        self
    }

    fn health(mut self, status: HealthStatus, streak: u32) -> Self {
        let probe = |n: i64, code, output: &str| Probe {
            start: Some(ago(30 * n + 1)),
            end: Some(ago(30 * n)),
            exit_code: code,
            output: output.to_owned(),
        };
        let probes = match status {
            HealthStatus::Unhealthy => vec![
                probe(3, 0, "200 OK\n"),
                probe(
                    2,
                    1,
                    "curl: (7) Failed to connect to localhost port 8080 after 2001 ms\n",
                ),
                probe(
                    1,
                    1,
                    "curl: (28) Operation timed out after 2001 milliseconds\n",
                ),
            ],
            _ => vec![probe(1, 0, "200 OK\n")],
        };
        self.c.health = Some(Health {
            status,
            failing_streak: streak,
            probes,
        });
        self
    }

    fn ended(mut self, code: i64, seconds: i64) -> Self {
        self.c.state = ContainerState::Exited;
        self.c.exit_code = Some(code);
        self.c.finished = Some(ago(seconds));
        self
    }

    pub(crate) fn state(mut self, state: ContainerState) -> Self {
        self.c.state = state;
        self
    }

    fn port(mut self, public: u16, private: u16) -> Self {
        self.c.ports.push(Port {
            private,
            public: Some(public),
            ip: Some(Arc::from("0.0.0.0")),
            protocol: Arc::from("tcp"),
        });
        self
    }

    fn volume(mut self, name: &str, target: &str) -> Self {
        self.c.mounts.push(Mount {
            kind: Arc::from("volume"),
            name: Some(Arc::from(name)),
            source: Arc::from(format!("/var/lib/docker/volumes/{name}/_data")),
            target: Arc::from(target),
            read_only: false,
        });
        self
    }

    fn restarts(mut self, count: u32) -> Self {
        self.c.restart_count = count;
        self.c.restart_policy = Arc::from("always");
        self
    }

    pub(crate) fn done(self) -> Arc<Container> {
        Arc::new(self.c)
    }
}

pub(crate) fn facts(name: &str, endpoint: &str, labels: &[(&str, &str)]) -> Arc<HostFacts> {
    Arc::new(HostFacts {
        id: HostId::new(name),
        endpoint: Arc::from(endpoint),
        origin: Arc::from("config.toml"),
        labels: Arc::new(map(labels)),
        read_only: false,
    })
}

fn info(product: &str, version: &str, cpus: u32, gib: u64) -> Arc<EngineInfo> {
    Arc::new(EngineInfo {
        product: Arc::from(product),
        version: Arc::from(version),
        api: Arc::from("1.51"),
        name: Arc::from("host"),
        os: Arc::from("Debian GNU/Linux 13 (trixie)"),
        kernel: Arc::from("6.12.41"),
        architecture: Arc::from("x86_64"),
        cpus,
        memory: gib << 30,
        storage_driver: Arc::from("overlay2"),
        root_dir: Arc::from("/var/lib/docker"),
        cgroup_version: Arc::from("2"),
        ..EngineInfo::default()
    })
}

fn usage(containers: &[Arc<Container>]) -> rustc_hash::FxHashMap<ObjectId, Measured> {
    let up = containers.iter().filter(|c| c.state.is_up());
    up.enumerate()
        .map(|(n, c)| {
            let seed = c.id.as_str().bytes().map(u64::from).sum::<u64>() + n as u64;
            let usage = Usage {
                cpu: Some([0.1, 0.4, 2.3, 12.0, 0.0, 64.0, 1.1][(seed % 7) as usize]),
                memory: (seed % 900 + 4) << 20,
                memory_limit: 1 << 30,
                net_rx: seed << 12,
                net_tx: seed << 11,
                block_read: seed << 10,
                block_write: seed << 14,
                pids: seed % 40 + 1,
                net_rx_rate: Some((seed % 90_000) as f64),
                net_tx_rate: Some((seed % 4_000) as f64),
                block_read_rate: Some(0.0),
                block_write_rate: Some((seed % 700) as f64),
            };
            (c.id.clone(), Measured { usage, at: ago(1) })
        })
        .collect()
}

fn images(containers: &[Arc<Container>]) -> Vec<Arc<Image>> {
    let mut found: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for c in containers {
        found.insert(Arc::clone(&c.image), Arc::clone(&c.image_id));
    }
    let mut all: Vec<Arc<Image>> = found
        .into_iter()
        .enumerate()
        .map(|(n, (tag, image))| {
            Arc::new(Image {
                id: ObjectId::new(&image),
                tags: vec![tag],
                digests: Vec::new(),
                created: Some(ago((20 + n as i64 * 3) * DAY)),
                size: (37 + 61 * n as u64) << 20,
                labels: Arc::default(),
            })
        })
        .collect();
    all.push(Arc::new(Image {
        id: ObjectId::new(format!("sha256:{}", id("dangling"))),
        tags: Vec::new(),
        digests: Vec::new(),
        created: Some(ago(80 * DAY)),
        size: 412 << 20,
        labels: Arc::default(),
    }));
    all
}

fn volumes(containers: &[Arc<Container>], extra: &[&str]) -> Vec<Arc<Volume>> {
    let mut names: Vec<Arc<str>> = containers
        .iter()
        .flat_map(|c| c.mounts.iter().filter_map(|m| m.name.clone()))
        .collect();
    names.extend(extra.iter().map(|e| Arc::from(*e)));
    names.sort();
    names.dedup();
    let volume = |name: Arc<str>| {
        Arc::new(Volume {
            mountpoint: Arc::from(format!("/var/lib/docker/volumes/{name}/_data")),
            driver: Arc::from("local"),
            created: Some(ago(40 * DAY)),
            labels: Arc::default(),
            options: Labels::default(),
            size: Some(name.len() as u64 * (311 << 20)),
            name,
        })
    };
    names.into_iter().map(volume).collect()
}

fn networks(host: &str, names: &[&str]) -> Vec<Arc<Network>> {
    let all = ["bridge", "host", "none"].iter().chain(names);
    all.enumerate()
        .map(|(n, name)| {
            Arc::new(Network {
                id: ObjectId::new(id(&format!("{host}/{name}"))),
                name: Arc::from(*name),
                driver: Arc::from(if n == 1 || n == 2 {
                    names_driver(name)
                } else {
                    "bridge"
                }),
                scope: Arc::from("local"),
                created: Some(ago(90 * DAY)),
                internal: false,
                attachable: false,
                ingress: false,
                ipv6: false,
                subnets: if n == 1 || n == 2 {
                    Vec::new()
                } else {
                    vec![Arc::from(format!("172.{}.0.0/16", 17 + n))]
                },
                labels: Arc::default(),
            })
        })
        .collect()
}

fn names_driver(name: &str) -> &'static str {
    if name == "host" { "host" } else { "null" }
}

fn live(
    facts: Arc<HostFacts>,
    info: Arc<EngineInfo>,
    containers: Vec<Arc<Container>>,
) -> HostShard {
    let host = facts.id.to_string();
    HostShard {
        link: Link::Live {
            rtt: Duration::from_millis(3),
        },
        rev: 1,
        listed: true,
        seen: Some(ago(2)),
        info: Some(info),
        images: Arc::new(images(&containers)),
        volumes: Arc::new(volumes(&containers, &["backup-2025"])),
        networks: Arc::new(networks(&host, &["shop_default", "monitoring"])),
        usage: Arc::new(usage(&containers)),
        containers: Arc::new(containers),
        ..HostShard::new(facts)
    }
}

fn shop(host: &str) -> Vec<Arc<Container>> {
    use HealthStatus::{Healthy, Starting, Unhealthy};
    let api = if host == "prod-2" {
        ct(host, "shop-api-1", "registry.example.com/shop/api:2.14.1")
            .compose("shop", "api")
            .health(Unhealthy, 7)
            .restarts(2)
            .up(2 * HOUR)
    } else {
        ct(host, "shop-api-1", "registry.example.com/shop/api:2.14.1")
            .compose("shop", "api")
            .health(Healthy, 0)
            .up(2 * HOUR)
    };
    let mut all = vec![
        api,
        ct(host, "shop-db-1", "postgres:17.4")
            .compose("shop", "db")
            .health(Healthy, 0)
            .volume("shop_pgdata", "/var/lib/postgresql/data")
            .up(26 * DAY),
        ct(host, "shop-web-1", "nginx:1.27-alpine")
            .compose("shop", "web")
            .health(if host == "prod-2" { Starting } else { Healthy }, 0)
            .port(443, 8443)
            .port(80, 8080)
            .up(if host == "prod-2" { 40 } else { 2 * HOUR }),
        ct(
            host,
            "shop-worker-1",
            "registry.example.com/shop/worker:2.14.1",
        )
        .compose("shop", "worker")
        .up(2 * HOUR),
        ct(
            host,
            "shop-migrate-1",
            "registry.example.com/shop/api:2.14.1",
        )
        .compose("shop", "migrate")
        .ended(0, 2 * HOUR),
    ];
    if host == "prod-1" {
        all.push(
            ct(host, "redis", "redis:8.0-alpine")
                .up(61 * DAY)
                .port(6379, 6379),
        );
    }
    all.into_iter().map(Ct::done).collect()
}

/// The hosts of the fleet.
fn hosts() -> Vec<HostShard> {
    let prod = |n: u8| {
        facts(
            &format!("prod-{n}"),
            &format!("ssh://deploy@prod-{n}"),
            &[("env", "prod")],
        )
    };
    let mut one = live(prod(1), info("Docker", "28.5.2", 16, 64), shop("prod-1"));
    one.disk = Some(Arc::new(DiskUse {
        images: 9 << 30,
        containers: 600 << 20,
        volumes: 31 << 30,
        build_cache: 2 << 30,
        volume_sizes: BTreeMap::new(),
    }));
    let mut two = live(prod(2), info("Docker", "28.5.2", 16, 64), shop("prod-2"));
    two.link = Link::Live {
        rtt: Duration::from_millis(48),
    };
    let mut three = live(
        prod(3),
        info("Docker", "20.10.24", 8, 32),
        vec![
            ct("prod-3", "legacy-billing", "billing:3.1")
                .up(200 * DAY)
                .done(),
            ct("prod-3", "logrotate", "busybox:1.37")
                .ended(1, 4 * HOUR)
                .done(),
        ],
    );
    let gone = Error::new(ErrorKind::TimedOut, "connect to prod-3:22")
        .with_hint("is the machine up? ssh deploy@prod-3");
    three.link = Link::Stale {
        since: ago(7 * MINUTE),
        error: gone,
        retry: None,
    };
    three.seen = Some(ago(7 * MINUTE));
    let mut edge = HostShard::new(facts(
        "edge",
        "tcp://edge.example.com:2376",
        &[("env", "edge")],
    ));
    edge.link = Link::Denied {
        since: ago(3 * HOUR),
        error: Error::new(
            ErrorKind::Denied,
            "the server's certificate expired 3 hours ago",
        )
        .with_hint("renew the certificate of edge.example.com"),
    };
    let monitoring = |name: &str, image: &str, port| {
        ct("staging", name, image)
            .compose("monitoring", name)
            .port(port, port)
            .volume(&format!("{name}_data"), "/data")
            .up(12 * DAY)
    };
    let staging = live(
        facts("staging", "ssh://deploy@staging", &[("env", "staging")]),
        info("Docker", "26.1.5", 4, 16),
        vec![
            monitoring("grafana", "grafana/grafana:12.1.0", 3000).done(),
            monitoring("prometheus", "prom/prometheus:v3.5.0", 9090).done(),
            monitoring("loki", "grafana/loki:3.5.2", 3100).done(),
            ct(
                "staging",
                "crash-loop",
                "registry.example.com/lab/experiment:latest",
            )
            .state(ContainerState::Restarting)
            .restarts(41)
            .done(),
            ct("staging", "frozen", "busybox:1.37")
                .state(ContainerState::Paused)
                .done(),
            ct("staging", "übung-数据", "alpine:3.22")
                .up(5 * MINUTE)
                .done(),
            oom(),
        ],
    );
    let mut laptop = live(
        facts("laptop", "unix:///run/user/1000/podman/podman.sock", &[]),
        info("Podman", "5.4.2", 8, 32),
        vec![
            ct("laptop", "scratch", "docker.io/library/debian:13")
                .state(ContainerState::Created)
                .done(),
        ],
    );
    laptop.volumes = Arc::default();
    vec![one, two, three, edge, staging, laptop]
}

fn oom() -> Arc<Container> {
    let mut c =
        ct("staging", "importer", "registry.example.com/lab/import:7").ended(137, 18 * MINUTE);
    c.c.oom_killed = true;
    c.done()
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

/// A console to play with.
pub(crate) struct Player {
    pub(crate) model: Model,
    pub(crate) effects: Vec<Effect>,
}

impl Player {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, |_| {})
    }

    pub(crate) fn with(width: u16, height: u16, change: impl FnOnce(&mut ConsoleOptions)) -> Self {
        let mut options = ConsoleOptions::new(Arc::new(|name| match name {
            "LANG" => Some("C.UTF-8".to_owned()),
            "TERM" => Some("xterm-256color".to_owned()),
            "COLORTERM" => Some("truecolor".to_owned()),
            _ => None,
        }));
        change(&mut options);
        let (setup, _) = Setup::new(&options).unwrap();
        let mut player = Self {
            model: Model::new(setup, now(), (width, height), snapshot()),
            effects: Vec::new(),
        };
        player.settle();
        player
    }

    pub(crate) fn settle(&mut self) {
        let (effects, _) = settle(&mut self.model);
        self.effects.extend(effects);
    }

    /// Take a message and what follows from it.
    pub(crate) fn msg(&mut self, msg: Msg) -> &mut Self {
        let effects = update(&mut self.model, msg);
        self.effects.extend(effects);
        self.settle();
        self
    }

    /// Type keys; `<Enter>`, `<C-d>`, `<space>`...
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for chord in parse_sequence(keys).unwrap() {
            self.msg(Msg::Input(Input::Chord(chord)));
        }
        self
    }

    /// Type text, blanks and all.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.msg(Msg::Input(Input::Paste(text.to_owned())))
    }

    /// Let time pass.
    pub(crate) fn wait(&mut self, millis: i64) -> &mut Self {
        self.model.now += TimeDelta::milliseconds(millis);
        self.msg(Msg::Tick)
    }

    /// The fleet is another one.
    pub(crate) fn fleet(&mut self, snapshot: Arc<Snapshot>) -> &mut Self {
        self.msg(Msg::Snapshot(snapshot))
    }

    /// What was asked for since the last look.
    pub(crate) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(crate) fn buffer(&self) -> Buffer {
        let (width, height) = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view::draw(&self.model, &mut buffer);
        buffer
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        text(&self.buffer())
    }
}

/// A buffer as lines of text.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = super::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
