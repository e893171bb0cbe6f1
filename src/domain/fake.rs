//! Fleets for tests: built by hand, or drawn at random.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::error::{Error, ErrorKind};
use super::id::{HostId, Kind, ObjectId, ObjectRef};
use super::intent::{Intent, Prune, PullPolicy, Target};
use super::observed::{
    Attachment, Container, ContainerState as State, DEPENDS_LABEL, EngineInfo, Image, Labels,
    Mount, NUMBER_LABEL, Network, ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL, Volume,
};
use super::snapshot::{HostFacts, HostShard, Link, Snapshot};
use super::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};

/// The time of everything here that is not given another.
pub(crate) fn epoch() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

/// 64 hex digits that anybody can tell from those of another name.
pub(crate) fn id(name: &str) -> ObjectId {
    let digits = name.bytes().fold(String::new(), |mut digits, b| {
        let _ = write!(digits, "{b:02x}");
        digits
    });
    ObjectId::from(format!("{digits:0<64}"))
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Arc<Labels> {
    let pair = |(k, v): &(&str, &str)| (Arc::from(*k), Arc::from(*v));
    Arc::new(pairs.iter().map(pair).collect())
}

pub(crate) fn facts(host: &str) -> Arc<HostFacts> {
    Arc::new(HostFacts {
        id: HostId::new(host),
        endpoint: Arc::from("unix:///x"),
        origin: Arc::from("test"),
        labels: Arc::default(),
        read_only: false,
    })
}

/// A host that was listed and answers.
pub(crate) fn live(host: &str) -> HostShard {
    HostShard {
        link: Link::Live {
            rtt: Duration::from_millis(1),
        },
        listed: true,
        seen: Some(epoch()),
        ..HostShard::new(facts(host))
    }
}

/// A host that was listed and does not answer any more.
pub(crate) fn stale(host: &str) -> HostShard {
    HostShard {
        link: Link::Stale {
            since: epoch(),
            error: Error::new(ErrorKind::Unreachable, "nobody answers"),
            retry: None,
        },
        ..live(host)
    }
}

pub(crate) fn podman(host: &str) -> HostShard {
    let info = EngineInfo {
        product: Arc::from("Podman"),
        ..EngineInfo::default()
    };
    HostShard {
        info: Some(Arc::new(info)),
        ..live(host)
    }
}

pub(crate) fn fleet(hosts: Vec<HostShard>) -> Snapshot {
    Snapshot {
        hosts: Arc::new(hosts.into_iter().map(Arc::new).collect()),
        ..Snapshot::default()
    }
}

pub(crate) fn container(name: &str, state: State) -> Container {
    let mut c = Container::sample(id(name).as_str(), name);
    c.state = state;
    c.image_id = Arc::from(image_id("busybox").as_str());
    c
}

/// A container of a Compose service; `depends` as the label has it.
pub(crate) fn part(project: &str, service: &str, n: u32, state: State, depends: &str) -> Container {
    let mut c = container(&format!("{project}-{service}-{n}"), state);
    c.labels = labels(&[
        (PROJECT_LABEL, project),
        (SERVICE_LABEL, service),
        (NUMBER_LABEL, &n.to_string()),
        (DEPENDS_LABEL, depends),
    ]);
    c
}

pub(crate) fn image_id(name: &str) -> ObjectId {
    ObjectId::from(format!("sha256:{}", id(name)))
}

pub(crate) fn image(name: &str, tags: &[&str]) -> Image {
    let mut tags: Vec<Arc<str>> = tags.iter().map(|t| Arc::from(*t)).collect();
    tags.sort_unstable();
    Image {
        id: image_id(name),
        tags,
        digests: Vec::new(),
        created: Some(epoch()),
        size: 1,
        labels: Arc::default(),
    }
}

pub(crate) fn volume(name: &str) -> Volume {
    Volume {
        name: Arc::from(name),
        driver: Arc::from("local"),
        mountpoint: Arc::from("/x"),
        created: Some(epoch()),
        labels: Arc::default(),
        options: BTreeMap::new(),
        size: None,
    }
}

pub(crate) fn network(name: &str) -> Network {
    Network {
        id: id(name),
        name: Arc::from(name),
        driver: Arc::from("bridge"),
        scope: Arc::from("local"),
        created: Some(epoch()),
        internal: false,
        attachable: false,
        ingress: false,
        ipv6: false,
        subnets: Vec::new(),
        labels: Arc::default(),
    }
}

pub(crate) fn mount(volume: &str) -> Mount {
    Mount {
        kind: Arc::from("volume"),
        name: Some(Arc::from(volume)),
        source: Arc::from("/x"),
        target: Arc::from("/data"),
        read_only: false,
    }
}

pub(crate) fn attached(network: &str) -> Attachment {
    Attachment {
        network: Arc::from(network),
        network_id: Arc::from(id(network).as_str()),
        ip: None,
        mac: None,
    }
}

impl HostShard {
    /// With these, in the order of a list.
    pub(crate) fn with_containers(mut self, list: impl IntoIterator<Item = Container>) -> Self {
        let mut list: Vec<_> = list.into_iter().map(Arc::new).collect();
        list.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        self.containers = Arc::new(list);
        self
    }

    pub(crate) fn with_images(mut self, list: impl IntoIterator<Item = Image>) -> Self {
        self.images = Arc::new(list.into_iter().map(Arc::new).collect());
        self
    }

    pub(crate) fn with_volumes(mut self, list: impl IntoIterator<Item = Volume>) -> Self {
        self.volumes = Arc::new(list.into_iter().map(Arc::new).collect());
        self
    }

    pub(crate) fn with_networks(mut self, list: impl IntoIterator<Item = Network>) -> Self {
        self.networks = Arc::new(list.into_iter().map(Arc::new).collect());
        self
    }
}

/// A target by the name everybody uses, as it is in these fixtures.
pub(crate) fn target(host: &str, kind: Kind, name: &str) -> Target {
    let object = match kind {
        Kind::Container | Kind::Network => ObjectRef::new(host, kind, id(name), name),
        Kind::Image => ObjectRef::new(host, kind, image_id(name), name),
        Kind::Machine | Kind::Service | Kind::Project | Kind::Volume | Kind::Node => {
            ObjectRef::new(host, kind, name, name)
        }
    };
    object.into()
}

const STATES: [State; 9] = State::ALL;
const SERVICES: [&str; 4] = ["api", "cache", "db", "web"];
const PROJECTS: [&str; 2] = ["blog", "shop"];
const NETWORKS: [&str; 3] = ["back", "front", "shop_default"];
const ANONYMOUS: &str = "ee4f5c0d1b2a39485766778899aabbccddeeff00112233445566778899aabbcc";
const VOLUMES: [&str; 3] = ["data", ANONYMOUS, "shop_data"];
const IMAGES: [&str; 3] = ["busybox", "nginx", "old"];

prop_compose! {
    fn any_container(name: usize)(
        state in select(&STATES[..]),
        project in option::of(select(&PROJECTS[..])),
        service in select(&SERVICES[..]),
        depends in vec(select(&["api", "db", "web", "", "db:service_healthy:true", "::", "nope"][..]), 0..3),
        oneoff in prop::bool::weighted(0.1),
        image in select(&IMAGES[..]),
        volume in option::of(select(&VOLUMES[..])),
        network in option::of(select(&NETWORKS[..])),
        age in 0..3i64,
    ) -> Container {
        let mut c = container(&format!("c{name}"), state);
        let depends = depends.join(",");
        let mut list = Vec::new();
        if let Some(project) = project {
            list.extend([(PROJECT_LABEL, project), (SERVICE_LABEL, service)]);
            list.push((DEPENDS_LABEL, depends.as_str()));
        }
        if oneoff {
            list.push((ONEOFF_LABEL, "True"));
        }
        c.labels = labels(&list);
        c.image = Arc::from(image);
        c.image_id = Arc::from(image_id(image).as_str());
        c.mounts = volume.into_iter().map(mount).collect();
        c.networks = network.into_iter().map(attached).collect();
        c.created = Some(epoch() - chrono::Duration::hours(age));
        c
    }
}

prop_compose! {
    /// A host with a few of everything; what is used may or may not be there.
    pub(crate) fn any_host(host: &'static str)(
        is_stale in prop::bool::weighted(0.15),
        is_podman in any::<bool>(),
        containers in (0..7usize).prop_flat_map(|n| (0..n).map(any_container).collect::<Vec<_>>()),
        images in vec((0..4usize, any::<bool>()), IMAGES.len()),
        volumes in vec((any::<bool>(), option::of(select(&PROJECTS[..]))), VOLUMES.len()),
        networks in vec((any::<bool>(), option::of(select(&PROJECTS[..]))), NETWORKS.len()),
    ) -> HostShard {
        let project = |p: Option<&str>| p.map_or_else(Arc::default, |p| labels(&[(PROJECT_LABEL, p)]));
        let base = if is_stale { stale(host) } else if is_podman { podman(host) } else { live(host) };
        let images = IMAGES.iter().zip(images).filter(|(_, (_, there))| *there).map(|(name, (n, _))| {
            let tags: Vec<String> = (0..n).map(|t| format!("{name}:{t}")).collect();
            image(name, &tags.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let volumes = VOLUMES.iter().zip(volumes).filter(|(_, (there, _))| *there).map(|(name, (_, p))| {
            Volume { labels: project(p), ..volume(name) }
        });
        let networks = NETWORKS.iter().zip(networks).filter(|(_, (there, _))| *there).map(|(name, (_, p))| {
            Network { labels: project(p), ..network(name) }
        });
        base.with_containers(containers)
            .with_images(images.collect::<Vec<_>>())
            .with_volumes(volumes.collect::<Vec<_>>())
            .with_networks(networks.chain([network("bridge")]).collect::<Vec<_>>())
    }
}

/// Two hosts.
pub(crate) fn any_fleet() -> impl Strategy<Value = Snapshot> {
    (any_host("a"), any_host("b")).prop_map(|(a, b)| fleet(vec![a, b]))
}

/// What an intent is made of, before it is known what is there.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    verb: usize,
    picks: Vec<Index>,
    yes: bool,
    also: bool,
}

pub(crate) fn any_wish() -> impl Strategy<Value = Wish> {
    (
        0..16usize,
        vec(any::<Index>(), 1..5),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(verb, picks, yes, also)| Wish {
            verb,
            picks,
            yes,
            also,
        })
}

impl Wish {
    fn pick(&self, snapshot: &Snapshot, kinds: &[Kind]) -> Vec<Target> {
        let all: Vec<Target> = snapshot
            .hosts
            .iter()
            .flat_map(|h| {
                let refs = kinds.iter().flat_map(|k| h.refs(*k));
                refs.map(|object| Target {
                    created: h.created(&object),
                    object,
                })
            })
            .collect();
        if all.is_empty() {
            return Vec::new();
        }
        self.picks.iter().map(|i| i.get(&all).clone()).collect()
    }

    /// The intent that this means in a fleet; none when the fleet has nothing it could be about.
    pub(crate) fn intent(&self, snapshot: &Snapshot) -> Option<Intent> {
        const RUN: [Kind; 3] = [Kind::Container, Kind::Service, Kind::Project];
        const ALL: [Kind; 6] = [
            Kind::Container,
            Kind::Service,
            Kind::Project,
            Kind::Volume,
            Kind::Network,
            Kind::Image,
        ];
        let targets = self.pick(snapshot, &RUN);
        let one = |kind| self.pick(snapshot, &[kind]).first().cloned();
        let host = self.picks[0].get(&snapshot.hosts).id().clone();
        if targets.is_empty() && self.verb < 6 {
            return None;
        }
        Some(match self.verb {
            0 => Intent::Start { targets },
            1 => Intent::Stop {
                targets,
                timeout: self.yes.then_some(Duration::from_secs(3)),
            },
            2 => Intent::Restart {
                targets,
                timeout: None,
            },
            3 => Intent::Kill {
                targets,
                signal: if self.yes { "KILL" } else { "HUP" }.into(),
            },
            4 => Intent::Pause { targets },
            5 => Intent::Unpause { targets },
            6 | 7 => Intent::Remove {
                targets: self.pick(snapshot, &ALL),
                force: self.yes,
                volumes: self.also,
            },
            8 => Intent::Rename {
                target: one(Kind::Container)?,
                to: if self.yes { "c0" } else { "fresh" }.into(),
            },
            9 => Intent::CreateContainer {
                host,
                name: self.yes.then(|| "made".to_owned()),
                spec: Box::new(ContainerSpec {
                    image: "busybox:0".into(),
                    ..ContainerSpec::default()
                }),
                start: self.also,
                pull: PullPolicy::Missing,
            },
            10 => Intent::CreateVolume {
                host,
                spec: VolumeSpec {
                    name: if self.yes { "data" } else { "fresh" }.into(),
                    ..VolumeSpec::default()
                },
            },
            11 => Intent::CreateNetwork {
                host,
                spec: NetworkSpec {
                    name: if self.yes { "back" } else { "fresh" }.into(),
                    ..NetworkSpec::default()
                },
            },
            12 | 13 => {
                let container = one(Kind::Container)?;
                let there = snapshot.host(&container.object.host)?;
                let network = there.refs(Kind::Network).first()?.clone().into();
                if self.yes {
                    Intent::Connect {
                        network,
                        container,
                        endpoint: EndpointSpec::default(),
                    }
                } else {
                    Intent::Disconnect {
                        network,
                        container,
                        force: self.also,
                    }
                }
            }
            14 => Intent::Tag {
                image: one(Kind::Image)?,
                reference: if self.yes { "busybox:0" } else { "mine:1" }.into(),
            },
            _ => Intent::Prune {
                hosts: snapshot.hosts.iter().map(|h| h.id().clone()).collect(),
                prune: Prune {
                    kinds: vec![Kind::Image, Kind::Container, Kind::Network, Kind::Volume],
                    all: self.yes,
                    until: self.also.then(|| epoch() - chrono::Duration::minutes(30)),
                    labels: Vec::new(),
                },
            },
        })
    }
}
