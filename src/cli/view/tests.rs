use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeZone;

use super::containers::status;
use super::*;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::{HostId, ObjectId};
use crate::domain::observed::{
    Attachment, Container, ContainerState, Health, HealthStatus, Image, Network, Port, Volume,
};
use crate::domain::snapshot::{HostFacts, Link};

pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

fn facts(name: &str) -> Arc<HostFacts> {
    Arc::new(HostFacts {
        id: HostId::new(name),
        endpoint: Arc::from(format!("unix:///run/{name}.sock")),
        origin: Arc::from("config.toml"),
        labels: Arc::new(BTreeMap::from([("env".into(), "prod".into())])),
        read_only: false,
    })
}

/// Two hosts: one with a project, one that does not answer.
pub(crate) fn fleet() -> Snapshot {
    let ago = |hours: i64| Some(now() - chrono::TimeDelta::hours(hours));
    let mut web = Container::sample(&"a1".repeat(32), "shop-web-1");
    web.image = "nginx:1.27".into();
    web.created = ago(50);
    web.started = ago(3);
    web.health = Some(Health {
        status: HealthStatus::Unhealthy,
        failing_streak: 3,
        probes: Vec::new(),
    });
    web.labels = Arc::new(BTreeMap::from([
        ("com.docker.compose.project".into(), "shop".into()),
        ("com.docker.compose.service".into(), "web".into()),
    ]));
    let port = |ip: &str| Port {
        private: 80,
        public: Some(8080),
        ip: Some(ip.into()),
        protocol: "tcp".into(),
    };
    web.ports = vec![port("0.0.0.0"), port("::")];
    web.networks = vec![Attachment {
        network: "shop_default".into(),
        network_id: "b2".repeat(32).into(),
        ip: Some("172.18.0.2".into()),
        mac: None,
    }];
    let mut job = Container::sample(&"c3".repeat(32), "job");
    job.state = ContainerState::Exited;
    job.exit_code = Some(1);
    job.created = ago(30);
    job.started = ago(29);
    job.finished = ago(28);
    job.inspected = true;
    let mut live = HostShard::new(facts("prod-1"));
    live.link = Link::Live {
        rtt: Duration::from_millis(2),
    };
    live.listed = true;
    live.containers = Arc::new(vec![Arc::new(job), Arc::new(web)]);
    live.images = Arc::new(vec![Arc::new(Image {
        id: ObjectId::new(format!("sha256:{}", "d4".repeat(32))),
        tags: vec!["nginx:1.27".into()],
        digests: Vec::new(),
        created: ago(900),
        size: 200_000_000,
        labels: Arc::default(),
    })]);
    live.volumes = Arc::new(vec![Arc::new(Volume {
        name: "data".into(),
        driver: "local".into(),
        mountpoint: "/var/lib/docker/volumes/data/_data".into(),
        created: ago(900),
        labels: Arc::default(),
        options: BTreeMap::new(),
        size: Some(1_500_000),
    })]);
    live.networks = Arc::new(vec![Arc::new(Network {
        id: ObjectId::new("b2".repeat(32)),
        name: "shop_default".into(),
        driver: "bridge".into(),
        scope: "local".into(),
        created: ago(900),
        internal: false,
        attachable: false,
        ingress: false,
        ipv6: false,
        subnets: vec!["172.18.0.0/16".into()],
        labels: Arc::default(),
    })]);
    let mut dead = HostShard::new(facts("prod-2"));
    dead.link = Link::Stale {
        since: now() - chrono::TimeDelta::minutes(4),
        error: Error::new(ErrorKind::Unreachable, "connect to prod-2"),
        retry: None,
    };
    Snapshot {
        rev: 1,
        hosts: Arc::new(vec![Arc::new(live), Arc::new(dead)]),
        ..Snapshot::default()
    }
}

fn all(kind: Kind) -> Listing {
    let fleet = fleet();
    let objects: Vec<ObjectRef> = fleet.hosts.iter().flat_map(|h| h.refs(kind)).collect();
    listing(kind, &fleet, &objects, Vec::new(), now())
}

#[test]
fn every_kind_has_a_table() {
    let mut text = String::new();
    for kind in Kind::ALL {
        text.push_str(&all(kind).table.lines(false).join("\n"));
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

#[test]
fn wide_tables_have_more() {
    for kind in Kind::ALL {
        let found = all(kind);
        let (table, wide) = (found.table.lines(false), found.wide.lines(false));
        assert!(wide[0].starts_with(table[0].split("   ").next().unwrap()));
        assert!(wide[0].len() > table[0].len(), "{kind}");
    }
}

#[test]
fn items_have_stable_fields() {
    let items: Vec<Value> = Kind::ALL.into_iter().flat_map(|k| all(k).items).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&items).unwrap());
}

#[test]
fn statuses_are_short() {
    let mut c = Container::sample("a", "a");
    c.started = Some(now() - chrono::TimeDelta::hours(3));
    let mut said = Vec::new();
    for state in ContainerState::ALL {
        c.state = state;
        said.push(status(&c, now()));
    }
    c.state = ContainerState::Exited;
    c.exit_code = Some(137);
    c.finished = Some(now() - chrono::TimeDelta::days(2));
    said.push(status(&c, now()));
    assert_eq!(
        said.join("; "),
        "Up 3h; Up 3h (paused); Restarting; Created; Stopping; Removing; Exited; Dead; Unknown; \
         Exited (137) 2d ago"
    );
}
