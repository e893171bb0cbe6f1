//! The picture of the fleet: immutable once published, copied on write host by host.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::error::Error;
use super::id::{HostId, Kind, ObjectId, ObjectRef};
use super::observed::{
    Container, DiskUse, EngineInfo, Image, Labels, Network, Swarm, SwarmNode, SwarmService, Volume,
};
use super::operation::Operation;
use super::stats::Usage;

/// How a host is reached at the moment.
#[derive(Debug, Clone)]
pub enum Link {
    /// Not reached yet.
    Connecting,
    /// It answers; the time of the last ping there and back.
    Live { rtt: Duration },
    /// It does not answer: what is shown is as old as `since`.
    Stale {
        since: DateTime<Utc>,
        error: Error,
        /// When the next attempt is due.
        retry: Option<DateTime<Utc>>,
    },
    /// It refuses us: TLS, permission. Tried again, but rarely.
    Denied { since: DateTime<Utc>, error: Error },
}

impl Link {
    /// Is what is shown true now?
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// One lower-case word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live { .. } => "live",
            Self::Stale { .. } => "stale",
            Self::Denied { .. } => "denied",
        }
    }

    /// Why it is not live, when we know.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Connecting | Self::Live { .. } => None,
            Self::Stale { error, .. } | Self::Denied { error, .. } => Some(error),
        }
    }
}

/// What is configured of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFacts {
    pub id: HostId,
    /// As configured: `unix:///var/run/docker.sock`; without secrets.
    pub endpoint: Arc<str>,
    /// Where the host comes from: `config.toml`, `DOCKER_HOST`, `context prod`...
    pub origin: Arc<str>,
    pub labels: Arc<Labels>,
    pub read_only: bool,
}

/// Use of one container and when it was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub usage: Usage,
    pub at: DateTime<Utc>,
}

/// The picture of one host.
#[derive(Debug, Clone)]
pub struct HostShard {
    pub facts: Arc<HostFacts>,
    pub link: Link,
    /// Counts every change of this host.
    pub rev: u64,
    /// Have the lists been read at least once? Until then an empty list means nothing.
    pub listed: bool,
    /// When the lists and events were last known to be true.
    pub seen: Option<DateTime<Utc>>,
    pub info: Option<Arc<EngineInfo>>,
    pub disk: Option<Arc<DiskUse>>,
    /// By name, then id.
    pub containers: Arc<Vec<Arc<Container>>>,
    pub images: Arc<Vec<Arc<Image>>>,
    pub volumes: Arc<Vec<Arc<Volume>>>,
    pub networks: Arc<Vec<Arc<Network>>>,
    pub swarm: Option<Arc<Swarm>>,
    /// The last measurement of each container that somebody looks at.
    pub usage: Arc<FxHashMap<ObjectId, Measured>>,
    /// A kind that could not be read from an otherwise live host, and why.
    pub gaps: Arc<BTreeMap<Kind, Error>>,
}

impl HostShard {
    /// A host that has not been reached yet.
    pub fn new(facts: Arc<HostFacts>) -> Self {
        Self {
            facts,
            link: Link::Connecting,
            rev: 0,
            listed: false,
            seen: None,
            info: None,
            disk: None,
            containers: Arc::default(),
            images: Arc::default(),
            volumes: Arc::default(),
            networks: Arc::default(),
            swarm: None,
            usage: Arc::default(),
            gaps: Arc::default(),
        }
    }

    /// Its name.
    pub fn id(&self) -> &HostId {
        &self.facts.id
    }

    /// Does Podman answer there?
    pub fn is_podman(&self) -> bool {
        self.info.as_ref().is_some_and(|i| *i.product == *"Podman")
    }

    /// The container of that full id.
    pub fn container(&self, id: &ObjectId) -> Option<&Arc<Container>> {
        self.containers.iter().find(|c| c.id == *id)
    }

    /// The image of that full id.
    pub fn image(&self, id: &ObjectId) -> Option<&Arc<Image>> {
        self.images.iter().find(|i| i.id == *id)
    }

    /// The volume of that name.
    pub fn volume(&self, name: &str) -> Option<&Arc<Volume>> {
        self.volumes.iter().find(|v| &*v.name == name)
    }

    /// The network of that full id.
    pub fn network(&self, id: &ObjectId) -> Option<&Arc<Network>> {
        self.networks.iter().find(|n| n.id == *id)
    }

    /// A reference to a container of this host.
    pub fn container_ref(&self, c: &Container) -> ObjectRef {
        ObjectRef {
            host: self.id().clone(),
            kind: Kind::Container,
            id: c.id.clone(),
            name: Arc::clone(&c.name),
        }
    }

    /// A reference to an image of this host; its name is the first tag.
    pub fn image_ref(&self, i: &Image) -> ObjectRef {
        ObjectRef::new(self.id().clone(), Kind::Image, i.id.clone(), i.name())
    }

    /// A reference to a volume of this host.
    pub fn volume_ref(&self, v: &Volume) -> ObjectRef {
        ObjectRef {
            host: self.id().clone(),
            kind: Kind::Volume,
            id: ObjectId::new(&v.name),
            name: Arc::clone(&v.name),
        }
    }

    /// A reference to a network of this host.
    pub fn network_ref(&self, n: &Network) -> ObjectRef {
        ObjectRef {
            host: self.id().clone(),
            kind: Kind::Network,
            id: n.id.clone(),
            name: Arc::clone(&n.name),
        }
    }

    /// A reference to the host itself.
    pub fn machine_ref(&self) -> ObjectRef {
        ObjectRef::new(
            self.id().clone(),
            Kind::Machine,
            self.id().as_str(),
            self.id().as_str(),
        )
    }

    /// Everything of a kind, in list order.
    pub fn refs(&self, kind: Kind) -> Vec<ObjectRef> {
        match kind {
            Kind::Machine => vec![self.machine_ref()],
            Kind::Container => self
                .containers
                .iter()
                .map(|c| self.container_ref(c))
                .collect(),
            Kind::Image => self.images.iter().map(|i| self.image_ref(i)).collect(),
            Kind::Volume => self.volumes.iter().map(|v| self.volume_ref(v)).collect(),
            Kind::Network => self.networks.iter().map(|n| self.network_ref(n)).collect(),
            Kind::Service => self
                .services()
                .iter()
                .map(|s| s.object(self.id()))
                .collect(),
            Kind::Project => self
                .projects()
                .iter()
                .map(|p| p.object(self.id()))
                .collect(),
            Kind::Node => self.swarm.as_ref().map_or_else(Vec::new, |s| {
                let node = |n: &Arc<SwarmNode>| {
                    ObjectRef::new(self.id().clone(), Kind::Node, n.id.clone(), &n.name)
                };
                s.nodes.iter().map(node).collect()
            }),
        }
    }

    /// When the object was made, when it is there and the engine says.
    pub fn created(&self, object: &ObjectRef) -> Option<DateTime<Utc>> {
        match object.kind {
            Kind::Container => self.container(&object.id)?.created,
            Kind::Image => self.image(&object.id)?.created,
            Kind::Volume => self.volume(object.id.as_str())?.created,
            Kind::Network => self.network(&object.id)?.created,
            Kind::Machine | Kind::Service | Kind::Project | Kind::Node => None,
        }
    }

    /// The Compose and Swarm services, by project and name.
    pub fn services(&self) -> Vec<Service> {
        type Key = (Arc<str>, Arc<str>);
        let mut found: BTreeMap<Key, Vec<Arc<Container>>> = BTreeMap::new();
        for c in self.containers.iter() {
            if let (Some(project), Some(service)) = (c.project(), c.service()) {
                let key = (Arc::from(project), Arc::from(service));
                found.entry(key).or_default().push(Arc::clone(c));
            }
        }
        let mut all: Vec<Service> = found
            .into_iter()
            .map(|((project, name), containers)| Service {
                id: ObjectId::from(format!("{project}/{name}")),
                project,
                name,
                containers,
                swarm: None,
            })
            .collect();
        for s in self.swarm.iter().flat_map(|s| &s.services) {
            let stack = s.labels.get("com.docker.stack.namespace").cloned();
            all.push(Service {
                id: s.id.clone(),
                project: stack.unwrap_or_default(),
                name: Arc::clone(&s.name),
                containers: Vec::new(),
                swarm: Some(Arc::clone(s)),
            });
        }
        all
    }

    /// The Compose projects, by name, with all their containers.
    pub fn projects(&self) -> Vec<Project> {
        let mut found: BTreeMap<Arc<str>, Vec<Arc<Container>>> = BTreeMap::new();
        for c in self.containers.iter() {
            if let Some(project) = c.project() {
                found
                    .entry(Arc::from(project))
                    .or_default()
                    .push(Arc::clone(c));
            }
        }
        found
            .into_iter()
            .map(|(name, containers)| Project { name, containers })
            .collect()
    }

    /// The containers that use a volume.
    pub fn volume_users(&self, name: &str) -> impl Iterator<Item = &Arc<Container>> {
        self.containers
            .iter()
            .filter(move |c| c.mounts.iter().any(|m| m.name.as_deref() == Some(name)))
    }

    /// The containers in a network.
    pub fn network_members(&self, network: &Network) -> impl Iterator<Item = &Arc<Container>> {
        let (id, name) = (network.id.clone(), Arc::clone(&network.name));
        self.containers
            .iter()
            .filter(move |c| c.networks.iter().any(|a| a.is_in(id.as_str(), &name)))
    }

    /// The containers made from an image.
    pub fn image_users(&self, image: &Image) -> impl Iterator<Item = &Arc<Container>> {
        let id = image.id.clone();
        self.containers
            .iter()
            .filter(move |c| *c.image_id == *id.as_str())
    }
}

/// A Compose service (its containers) or a Swarm service.
#[derive(Debug, Clone)]
pub struct Service {
    /// `project/service`, or the Swarm's id.
    pub id: ObjectId,
    /// The Compose project or Swarm stack; empty for a lone Swarm service.
    pub project: Arc<str>,
    pub name: Arc<str>,
    pub containers: Vec<Arc<Container>>,
    pub swarm: Option<Arc<SwarmService>>,
}

impl Service {
    /// A reference to it.
    pub fn object(&self, host: &HostId) -> ObjectRef {
        let name = if self.swarm.is_some() {
            self.name.to_string()
        } else {
            format!("{}/{}", self.project, self.name)
        };
        ObjectRef::new(host.clone(), Kind::Service, self.id.clone(), name)
    }
}

/// A Compose project.
#[derive(Debug, Clone)]
pub struct Project {
    pub name: Arc<str>,
    pub containers: Vec<Arc<Container>>,
}

impl Project {
    /// A reference to it.
    pub fn object(&self, host: &HostId) -> ObjectRef {
        ObjectRef::new(host.clone(), Kind::Project, &*self.name, &self.name)
    }
}

/// The picture of the fleet.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Counts every publication.
    pub rev: u64,
    /// In the order they are configured.
    pub hosts: Arc<Vec<Arc<HostShard>>>,
    /// Running operations and the last finished ones, oldest first.
    pub operations: Arc<Vec<Arc<Operation>>>,
    /// Is every host read-only?
    pub read_only: bool,
}

impl Snapshot {
    /// The host of that name.
    pub fn host(&self, id: &HostId) -> Option<&Arc<HostShard>> {
        self.hosts.iter().find(|h| h.id() == id)
    }

    /// The host and container a reference means.
    pub fn container(&self, object: &ObjectRef) -> Option<(&Arc<HostShard>, &Arc<Container>)> {
        let host = self.host(&object.host)?;
        Some((host, host.container(&object.id)?))
    }

    /// The running operation that works on an object.
    pub fn operation_on(&self, object: &ObjectRef) -> Option<&Arc<Operation>> {
        self.operations.iter().rev().find(|o| {
            o.is_running() && o.steps.iter().any(|s| s.is_active() && s.target == *object)
        })
    }
}

#[cfg(test)]
mod tests;
