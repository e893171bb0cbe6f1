//! Rows of tables: one thing of the fleet with the host it is on. Cheap to clone.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::format::gerund;
use crate::domain::id::{HostId, Kind, ObjectRef, OpId};
use crate::domain::observed::{Container, HealthStatus, Image, Labels, Network, Volume};
use crate::domain::operation::Operation;
use crate::domain::snapshot::{HostShard, Link, Project, Service, Snapshot};
use crate::domain::stats::Usage;

/// What a row is the row of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    Object(ObjectRef),
    Operation(OpId),
}

impl RowKey {
    /// The object, when it is one.
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::Object(object) => Some(object),
            Self::Operation(_) => None,
        }
    }
}

/// One row.
#[derive(Debug, Clone)]
pub enum Row {
    Machine(Arc<HostShard>),
    Container(Arc<HostShard>, Arc<Container>),
    Project(Arc<HostShard>, Arc<Project>),
    Service(Arc<HostShard>, Arc<Service>),
    Volume(Arc<HostShard>, Arc<Volume>),
    Network(Arc<HostShard>, Arc<Network>),
    Image(Arc<HostShard>, Arc<Image>),
    Operation(Arc<Operation>),
}

impl Row {
    /// What it is the row of.
    pub fn key(&self) -> RowKey {
        RowKey::Object(match self {
            Self::Machine(h) => h.machine_ref(),
            Self::Container(h, c) => h.container_ref(c),
            Self::Project(h, p) => p.object(h.id()),
            Self::Service(h, s) => s.object(h.id()),
            Self::Volume(h, v) => h.volume_ref(v),
            Self::Network(h, n) => h.network_ref(n),
            Self::Image(h, i) => h.image_ref(i),
            Self::Operation(o) => return RowKey::Operation(o.id),
        })
    }

    /// The object it shows.
    pub fn object(&self) -> Option<ObjectRef> {
        match self.key() {
            RowKey::Object(object) => Some(object),
            RowKey::Operation(_) => None,
        }
    }

    /// Is it the row of `key`? Without making a key of its own.
    pub fn is(&self, key: &RowKey) -> bool {
        let object = match (self, key) {
            (Self::Operation(o), RowKey::Operation(id)) => return o.id == *id,
            (_, RowKey::Operation(_)) | (Self::Operation(_), _) => return false,
            (_, RowKey::Object(object)) => object,
        };
        if self.kind() != Some(object.kind) || self.host().is_none_or(|h| *h.id() != object.host) {
            return false;
        }
        match self {
            Self::Machine(_) => true,
            Self::Container(_, c) => c.id == object.id,
            Self::Project(_, p) => *p.name == *object.id.as_str(),
            Self::Service(_, s) => s.id == object.id,
            Self::Volume(_, v) => *v.name == *object.id.as_str(),
            Self::Network(_, n) => n.id == object.id,
            Self::Image(_, i) => i.id == object.id,
            Self::Operation(_) => false,
        }
    }

    /// The kind of object.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Machine(_) => Kind::Machine,
            Self::Container(..) => Kind::Container,
            Self::Project(..) => Kind::Project,
            Self::Service(..) => Kind::Service,
            Self::Volume(..) => Kind::Volume,
            Self::Network(..) => Kind::Network,
            Self::Image(..) => Kind::Image,
            Self::Operation(_) => return None,
        })
    }

    /// The host it is on.
    pub fn host(&self) -> Option<&Arc<HostShard>> {
        match self {
            Self::Machine(h)
            | Self::Container(h, _)
            | Self::Project(h, _)
            | Self::Service(h, _)
            | Self::Volume(h, _)
            | Self::Network(h, _)
            | Self::Image(h, _) => Some(h),
            Self::Operation(_) => None,
        }
    }

    /// Its host's name.
    pub fn host_id(&self) -> Option<&HostId> {
        self.host().map(|h| h.id())
    }

    /// Does the host not answer, so that the row is old?
    pub fn is_stale(&self) -> bool {
        self.host()
            .is_some_and(|h| h.link.error().is_some() && !matches!(self, Self::Machine(_)))
    }

    /// The same row in a newer picture of its host.
    pub fn set_host(&mut self, host: &Arc<HostShard>) {
        match self {
            Self::Machine(h)
            | Self::Container(h, _)
            | Self::Project(h, _)
            | Self::Service(h, _)
            | Self::Volume(h, _)
            | Self::Network(h, _)
            | Self::Image(h, _) => *h = Arc::clone(host),
            Self::Operation(_) => {}
        }
    }

    /// The name people know it by.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Machine(h) => Cow::Borrowed(h.id().as_str()),
            Self::Container(_, c) => Cow::Borrowed(&c.name),
            Self::Project(_, p) => Cow::Borrowed(&p.name),
            Self::Service(_, s) if s.project.is_empty() => Cow::Borrowed(&s.name),
            Self::Service(_, s) => Cow::Owned(format!("{}/{}", s.project, s.name)),
            Self::Volume(_, v) => Cow::Borrowed(&v.name),
            Self::Network(_, n) => Cow::Borrowed(&n.name),
            Self::Image(_, i) if i.tags.is_empty() => Cow::Borrowed(i.id.short()),
            Self::Image(_, i) => Cow::Borrowed(i.name()),
            Self::Operation(o) => Cow::Borrowed(&o.title),
        }
    }

    /// The engine's full id, or what stands for it.
    pub fn id(&self) -> Cow<'_, str> {
        match self {
            Self::Machine(h) => Cow::Borrowed(h.id().as_str()),
            Self::Container(_, c) => Cow::Borrowed(c.id.as_str()),
            Self::Project(_, p) => Cow::Borrowed(&p.name),
            Self::Service(_, s) => Cow::Borrowed(s.id.as_str()),
            Self::Volume(_, v) => Cow::Borrowed(&v.name),
            Self::Network(_, n) => Cow::Borrowed(n.id.as_str()),
            Self::Image(_, i) => Cow::Borrowed(i.id.as_str()),
            Self::Operation(o) => Cow::Owned(o.id.to_string()),
        }
    }

    /// Its labels.
    pub fn labels(&self) -> Option<&Labels> {
        match self {
            Self::Machine(h) => Some(&h.facts.labels),
            Self::Container(_, c) => Some(&c.labels),
            Self::Service(_, s) => s.swarm.as_ref().map(|s| &*s.labels),
            Self::Volume(_, v) => Some(&v.labels),
            Self::Network(_, n) => Some(&n.labels),
            Self::Image(_, i) => Some(&i.labels),
            Self::Project(..) | Self::Operation(_) => None,
        }
    }

    /// The Compose project it belongs to.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Container(_, c) => c.project(),
            Self::Project(_, p) => Some(&p.name),
            Self::Service(_, s) => Some(&*s.project).filter(|p| !p.is_empty()),
            Self::Volume(_, v) => label(&v.labels, crate::domain::observed::PROJECT_LABEL),
            Self::Network(_, n) => label(&n.labels, crate::domain::observed::PROJECT_LABEL),
            Self::Machine(_) | Self::Image(..) | Self::Operation(_) => None,
        }
    }

    /// The image it is made from.
    pub fn image(&self) -> Option<&str> {
        match self {
            Self::Container(_, c) => Some(&c.image),
            Self::Image(_, i) => Some(i.name()),
            Self::Service(_, s) => s
                .swarm
                .as_ref()
                .map(|s| &*s.image)
                .or_else(|| s.containers.first().map(|c| &*c.image)),
            _ => None,
        }
    }

    /// When it was made.
    pub fn created(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Container(_, c) => c.created,
            Self::Volume(_, v) => v.created,
            Self::Network(_, n) => n.created,
            Self::Image(_, i) => i.created,
            Self::Service(_, s) => s
                .swarm
                .as_ref()
                .and_then(|s| s.created)
                .or_else(|| s.containers.iter().filter_map(|c| c.created).min()),
            Self::Project(_, p) => p.containers.iter().filter_map(|c| c.created).min(),
            Self::Operation(o) => Some(o.submitted),
            Self::Machine(_) => None,
        }
    }

    /// The last measurement of a container.
    pub fn usage(&self) -> Option<&Usage> {
        match self {
            Self::Container(h, c) if c.state.is_up() => h.usage.get(&c.id).map(|m| &m.usage),
            _ => None,
        }
    }

    /// Its containers, when it is a group of some.
    pub fn containers(&self) -> &[Arc<Container>] {
        match self {
            Self::Project(_, p) => &p.containers,
            Self::Service(_, s) => &s.containers,
            Self::Machine(h) => &h.containers,
            _ => &[],
        }
    }

    /// One word for its state: what `state=` compares.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Machine(h) => h.link.word(),
            Self::Container(_, c) => c.state.word(),
            Self::Project(..) | Self::Service(..) => Tally::of(self).word(),
            Self::Operation(o) => o.outcome.word(),
            Self::Volume(h, v) => used(h.volume_users(&v.name).next().is_some()),
            Self::Network(h, n) => used(h.network_members(n).next().is_some()),
            Self::Image(h, i) => used(h.image_users(i).next().is_some()),
        }
    }

    /// What an operation is doing with it right now: `stopping`.
    pub fn doing(&self, snapshot: &Snapshot) -> Option<&'static str> {
        if !snapshot.operations.iter().any(|o| o.is_running()) {
            return None;
        }
        let on = |object: &ObjectRef| {
            let operation = snapshot.operation_on(object)?;
            let step = operation
                .steps
                .iter()
                .find(|s| s.is_active() && s.target == *object)?;
            Some(gerund(&step.verb))
        };
        match self {
            Self::Project(h, _) | Self::Service(h, _) => self
                .containers()
                .iter()
                .find_map(|c| on(&h.container_ref(c))),
            Self::Operation(_) => None,
            _ => on(&self.object()?),
        }
    }
}

fn used(yes: bool) -> &'static str {
    if yes { "used" } else { "unused" }
}

fn label<'a>(labels: &'a Labels, key: &str) -> Option<&'a str> {
    labels.get(key).map(|v| &**v).filter(|v| !v.is_empty())
}

/// How the containers of a group stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub running: usize,
    pub unhealthy: usize,
    pub starting: usize,
    pub paused: usize,
    /// Ended and content: jobs that did their work.
    pub done: usize,
    /// Restarting, dead, or ended with an error.
    pub failed: usize,
    pub total: usize,
}

impl Tally {
    /// Of the containers of a machine, project or service; a Swarm service counts its tasks.
    pub fn of(row: &Row) -> Self {
        if let Row::Service(_, s) = row
            && let Some(swarm) = &s.swarm
        {
            return Self {
                running: swarm.running as usize,
                total: swarm.replicas.unwrap_or(swarm.running) as usize,
                ..Self::default()
            };
        }
        Self::count(row.containers())
    }

    /// Of these containers.
    pub fn count<'a>(containers: impl IntoIterator<Item = &'a Arc<Container>>) -> Self {
        use crate::domain::observed::ContainerState as S;
        let mut t = Self::default();
        for c in containers {
            t.total += 1;
            match c.state {
                S::Running | S::Stopping => t.running += 1,
                S::Paused => t.paused += 1,
                S::Restarting | S::Dead => t.failed += 1,
                S::Exited if c.is_problem() => t.failed += 1,
                S::Exited if c.exit_code == Some(0) => t.done += 1,
                S::Exited | S::Created | S::Removing | S::Unknown => {}
            }
            if c.state.is_up() {
                match c.health_status() {
                    Some(HealthStatus::Unhealthy) => t.unhealthy += 1,
                    Some(HealthStatus::Starting) => t.starting += 1,
                    Some(HealthStatus::Healthy) | None => {}
                }
            }
        }
        t
    }

    /// Stopped without being a failure or done: stopped by hand, never started.
    pub fn stopped(self) -> usize {
        self.total
            .saturating_sub(self.running + self.paused + self.done + self.failed)
    }

    /// One word for all of them.
    pub fn word(self) -> &'static str {
        match self {
            t if t.failed > 0 => "failed",
            t if t.unhealthy > 0 => "unhealthy",
            t if t.total == 0 => "empty",
            t if t.done == t.total => "exited",
            t if t.running + t.done == t.total => "running",
            t if t.running > 0 => "partial",
            t if t.paused > 0 => "paused",
            _ => "stopped",
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.running += other.running;
        self.unhealthy += other.unhealthy;
        self.starting += other.starting;
        self.paused += other.paused;
        self.done += other.done;
        self.failed += other.failed;
        self.total += other.total;
    }
}

/// The link's error and since when, of a host that does not answer.
pub fn trouble(link: &Link) -> Option<(DateTime<Utc>, &crate::domain::error::Error)> {
    match link {
        Link::Stale { since, error, .. } | Link::Denied { since, error } => Some((*since, error)),
        Link::Connecting | Link::Live { .. } => None,
    }
}
