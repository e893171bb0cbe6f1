//! A console on a fleet of any size, driven in process.
#![allow(
    clippy::panic,
    reason = "a helper of tests and benchmarks fails like a test"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use pilothouse::domain::id::{HostId, ObjectId};
use pilothouse::domain::observed::{
    Container, ContainerState, EngineInfo, Image, Labels, Network, Volume,
};
use pilothouse::domain::snapshot::{HostFacts, HostShard, Link, Measured, Snapshot};
use pilothouse::domain::stats::Usage;
use pilothouse::tui::ConsoleOptions;
use pilothouse::tui::input::{Input, parse_sequence};
use pilothouse::tui::model::Model;
use pilothouse::tui::msg::Msg;
use pilothouse::tui::options::Setup;
use pilothouse::tui::screen::{Capabilities, ColorDepth, Screen};
use pilothouse::tui::update::{settle, update};
use pilothouse::tui::view;

/// The moment of all pictures.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_500_966, 0).unwrap_or_default()
}

/// `hosts` hosts with `each` containers.
pub(crate) fn fleet(hosts: usize, each: usize) -> Arc<Snapshot> {
    let hosts = (0..hosts).map(|h| Arc::new(host(h, each)));
    Arc::new(Snapshot {
        rev: 1,
        hosts: Arc::new(hosts.collect()),
        operations: Arc::default(),
        read_only: false,
    })
}

fn labels(project: &str, service: &str) -> Arc<Labels> {
    let pairs = [
        ("com.docker.compose.project", project),
        ("com.docker.compose.service", service),
        ("com.docker.compose.oneoff", "False"),
        ("com.docker.compose.container-number", "1"),
        ("org.opencontainers.image.version", "1.27.3"),
        ("com.example.team", "platform"),
    ];
    let pairs = pairs.map(|(k, v)| (Arc::from(k), Arc::from(v)));
    Arc::new(pairs.into_iter().collect())
}

fn container(host: usize, n: usize) -> Arc<Container> {
    let (project, service) = (
        format!("project-{}", n % 9),
        format!("service-{:02}", n % 40),
    );
    let id = format!("{host:08x}{n:08x}").repeat(4);
    let mut c = Container::sample(&id, &format!("{project}-{service}-{n}"));
    c.labels = labels(&project, &service);
    c.image = format!("registry.example.com/team/{service}:1.27.3").into();
    c.image_id = format!("sha256:{:064x}", n % 40).into();
    c.state = match n % 17 {
        0 => ContainerState::Exited,
        1 => ContainerState::Paused,
        _ => ContainerState::Running,
    };
    c.exit_code = n
        .is_multiple_of(17)
        .then_some(i64::from(n.is_multiple_of(34)));
    c.started = Some(now() - chrono::Duration::seconds(n as i64 * 997));
    c.created = c.started;
    Arc::new(c)
}

fn host(n: usize, each: usize) -> HostShard {
    let name = format!("node-{n:03}");
    let mut h = HostShard::new(Arc::new(HostFacts {
        id: HostId::new(&*name),
        endpoint: format!("ssh://ops@{name}").into(),
        origin: "config.toml".into(),
        labels: Arc::default(),
        read_only: false,
    }));
    h.link = Link::Live {
        rtt: Duration::from_millis(3),
    };
    h.listed = true;
    h.seen = Some(now());
    h.info = Some(Arc::new(EngineInfo {
        product: "Docker".into(),
        version: "28.5.2".into(),
        cpus: 16,
        memory: 64 << 30,
        ..EngineInfo::default()
    }));
    let mut containers: Vec<Arc<Container>> = (0..each).map(|c| container(n, c)).collect();
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    h.containers = containers.into();
    let some = each.div_ceil(10);
    h.volumes = (0..some).map(volume).collect::<Vec<_>>().into();
    h.networks = (0..some.min(30)).map(network).collect::<Vec<_>>().into();
    h.images = (0..some).map(image).collect::<Vec<_>>().into();
    h
}

fn volume(n: usize) -> Arc<Volume> {
    Arc::new(Volume {
        name: format!("project-{}_data-{n}", n % 9).into(),
        driver: "local".into(),
        mountpoint: format!("/var/lib/docker/volumes/data-{n}/_data").into(),
        created: Some(now()),
        labels: Arc::default(),
        options: Labels::default(),
        size: None,
    })
}

fn network(n: usize) -> Arc<Network> {
    Arc::new(Network {
        id: ObjectId::from(format!("{n:064x}")),
        name: format!("project-{n}_default").into(),
        driver: "bridge".into(),
        scope: "local".into(),
        created: Some(now()),
        internal: false,
        attachable: false,
        ingress: false,
        ipv6: false,
        subnets: Vec::new(),
        labels: Arc::default(),
    })
}

fn image(n: usize) -> Arc<Image> {
    Arc::new(Image {
        id: ObjectId::from(format!("sha256:{n:064x}")),
        tags: vec![format!("registry.example.com/team/service-{n:02}:1.27.3").into()],
        digests: Vec::new(),
        created: Some(now()),
        size: 90_000_000,
        labels: Arc::default(),
    })
}

/// The fleet with one host changed.
pub(crate) fn changed(
    snapshot: &Snapshot,
    host: usize,
    change: impl FnOnce(&mut HostShard),
) -> Arc<Snapshot> {
    let mut next = snapshot.clone();
    let mut hosts = (*next.hosts).clone();
    let mut shard = (*hosts[host]).clone();
    shard.rev += 1;
    change(&mut shard);
    hosts[host] = Arc::new(shard);
    next.hosts = Arc::new(hosts);
    next.rev += 1;
    Arc::new(next)
}

/// The fleet with the use of every container of a host measured.
pub(crate) fn measured(snapshot: &Snapshot, host: usize, cpu: f64) -> Arc<Snapshot> {
    changed(snapshot, host, |h| {
        let all = h.containers.iter().enumerate().map(|(n, c)| {
            let usage = Usage {
                cpu: Some((n as f64 * 7.3) % 90.0 + cpu),
                memory: 30_000_000 + n as u64 * 1_000_000,
                memory_limit: 1 << 30,
                ..Usage::default()
            };
            (c.id.clone(), Measured { usage, at: now() })
        });
        h.usage = Arc::new(all.collect());
    })
}

/// A console that counts bytes and takes times.
#[derive(Debug)]
pub(crate) struct Console {
    pub(crate) model: Model,
    screen: Screen,
    out: Vec<u8>,
}

impl Console {
    /// On a fleet, at a size.
    ///
    /// # Panics
    /// When the default keys are wrong.
    pub(crate) fn new(snapshot: Arc<Snapshot>, width: u16, height: u16) -> Self {
        let mut options = ConsoleOptions::new(Arc::new(|name| match name {
            "LANG" => Some("C.UTF-8".to_owned()),
            "TERM" => Some("xterm-256color".to_owned()),
            _ => None,
        }));
        options.color = Some(ColorDepth::True);
        let Ok((setup, _)) = Setup::new(&options) else {
            panic!("the default keys are wrong");
        };
        let caps = Capabilities {
            depth: ColorDepth::True,
            ..Capabilities::default()
        };
        Self {
            model: Model::new(setup, now(), (width, height), snapshot),
            screen: Screen::new(width, height, caps),
            out: Vec::new(),
        }
    }

    /// Take a message and draw: the time it took, and the bytes.
    pub(crate) fn msg(&mut self, msg: Msg) -> (Duration, usize) {
        let before = Instant::now();
        let _ = update(&mut self.model, msg);
        let bytes = self.draw();
        (before.elapsed(), bytes)
    }

    /// Settle and draw; the bytes.
    pub(crate) fn draw(&mut self) -> usize {
        let _ = settle(&mut self.model);
        let model = &self.model;
        self.screen
            .draw(&mut self.out, |buffer| view::draw(model, buffer).cursor);
        self.out.len()
    }

    /// Press keys, each drawn by itself; the times and bytes of each.
    pub(crate) fn keys(&mut self, keys: &str) -> Vec<(Duration, usize)> {
        let chords = parse_sequence(keys).unwrap_or_default();
        chords
            .into_iter()
            .map(|chord| self.msg(Msg::Input(Input::Chord(chord))))
            .collect()
    }
}
