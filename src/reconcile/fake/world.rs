//! The state behind a fake engine: what calls do to it, and the events that tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::fake::{epoch, id};
use crate::domain::id::{ObjectId, ObjectRef};
use crate::domain::observed::{
    Attachment, Container, ContainerState as State, EngineInfo, Image, Mount, Network, Swarm,
    Volume,
};
use crate::domain::plan::Action;
use crate::domain::port::Done;
use crate::domain::selector::{normal_image_name, same_image_name};
use crate::domain::snapshot::HostShard;
use crate::domain::spec::ContainerSpec;

/// A container with this label goes when it ends.
pub(in super::super) const AUTO_REMOVE: &str = "test.rm";
/// A container with this label ends as soon as it was started, with this code.
pub(in super::super) const ONE_SHOT: &str = "test.oneshot";

/// A container with this label is started again whenever it ends.
pub(in super::super) const KEPT_UP: &str = "test.up";

/// What an engine has.
#[derive(Debug)]
pub(in super::super) struct World {
    pub(in super::super) containers: BTreeMap<ObjectId, Container>,
    pub(in super::super) images: BTreeMap<ObjectId, Image>,
    pub(in super::super) volumes: BTreeMap<String, Volume>,
    pub(in super::super) networks: BTreeMap<ObjectId, Network>,
    /// What containers were made of; without an entry: of their image.
    pub(in super::super) specs: BTreeMap<ObjectId, ContainerSpec>,
    pub(in super::super) info: EngineInfo,
    pub(in super::super) swarm: Option<Swarm>,
    pub(in super::super) now: DateTime<Utc>,
    events: Vec<EngineEvent>,
    count: u32,
}

fn conflict(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Conflict, message)
}

impl World {
    pub(in super::super) fn new(shard: &HostShard) -> Self {
        let started = |c: &Container| {
            let mut c = c.clone();
            if c.state.is_up() {
                c.started = c.started.or(Some(epoch()));
            }
            (c.id.clone(), c)
        };
        Self {
            containers: shard.containers.iter().map(|c| started(c)).collect(),
            images: shard
                .images
                .iter()
                .map(|i| (i.id.clone(), Image::clone(i)))
                .collect(),
            volumes: shard
                .volumes
                .iter()
                .map(|v| (v.name.to_string(), Volume::clone(v)))
                .collect(),
            networks: shard
                .networks
                .iter()
                .map(|n| (n.id.clone(), Network::clone(n)))
                .collect(),
            specs: BTreeMap::new(),
            info: shard.info.as_deref().cloned().unwrap_or_default(),
            swarm: shard.swarm.as_deref().cloned(),
            now: epoch(),
            events: Vec::new(),
            count: 0,
        }
    }

    /// The events since they were last taken.
    pub(super) fn events(&mut self) -> Vec<EngineEvent> {
        std::mem::take(&mut self.events)
    }

    /// What `GET /containers/json` would give: less than an inspect.
    pub(super) fn list(&self) -> Vec<Container> {
        let row = |c: &Container| Container {
            started: None,
            finished: None,
            error: None,
            restart_policy: Arc::from(""),
            inspected: false,
            ..c.clone()
        };
        self.containers.values().map(row).collect()
    }

    pub(in super::super) fn container(&self, id: &str) -> Option<&Container> {
        let by_name = || self.containers.values().find(|c| *c.name == *id);
        self.containers.get(id).or_else(by_name)
    }

    pub(super) fn name_of(&self, id: &str) -> String {
        let found = self.container(id);
        found.map_or_else(|| id.to_owned(), |c| c.name.to_string())
    }

    pub(super) fn image(&self, name: &str) -> Option<&Image> {
        self.images.get(name).or_else(|| {
            let named = |i: &&Image| i.tags.iter().any(|t| same_image_name(t, name));
            self.images.values().find(named)
        })
    }

    pub(super) fn network(&self, name: &str) -> Option<&Network> {
        let by_name = || self.networks.values().find(|n| *n.name == *name);
        self.networks.get(name).or_else(by_name)
    }

    fn tell(&mut self, kind: EventKind, action: &str, id: &str, attributes: &[(&str, &str)]) {
        self.events.push(EngineEvent {
            kind,
            action: Arc::from(action),
            id: ObjectId::new(id),
            name: Arc::from(""),
            time: Some(self.now),
            attributes: crate::domain::fake::labels(attributes),
        });
    }

    fn told(&mut self, action: &str, id: &ObjectId) {
        self.tell(EventKind::Container, action, id.as_str(), &[]);
    }

    /// A moment that nothing else happened at.
    fn moment(&mut self) -> DateTime<Utc> {
        self.count += 1;
        self.now + chrono::Duration::microseconds(i64::from(self.count))
    }

    fn known(&mut self, id: &ObjectId) -> Result<&mut Container> {
        self.containers
            .get_mut(id)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no such container: {id}")))
    }

    /// An id that nothing had before.
    pub(in super::super) fn fresh(&mut self, name: &str) -> ObjectId {
        self.count += 1;
        id(&format!("{name}#{}", self.count))
    }

    /// Put a container there, as somebody else would.
    pub(in super::super) fn put(&mut self, mut c: Container) {
        if c.state.is_up() {
            c.started = Some(self.moment());
        } else if c.state == State::Exited {
            c.exit_code = c.exit_code.or(Some(0));
        }
        let id = c.id.clone();
        let action = if self.containers.contains_key(&id) {
            "update"
        } else {
            "create"
        };
        self.containers.insert(id.clone(), c);
        self.told(action, &id);
    }

    pub(in super::super) fn start(&mut self, id: &ObjectId) -> Result<Done> {
        let now = self.moment();
        let c = self.known(id)?;
        match c.state {
            State::Running | State::Restarting => {
                return Ok(Done {
                    unchanged: true,
                    ..Done::default()
                });
            }
            State::Paused | State::Removing | State::Dead | State::Stopping => {
                return Err(conflict(format!("{} is {}", c.name, c.state)));
            }
            State::Created | State::Exited | State::Unknown => {}
        }
        c.state = State::Running;
        c.started = Some(now);
        c.exit_code = None;
        let code = c.label(ONE_SHOT).map(|code| code.parse().unwrap_or(0));
        self.told("start", id);
        if let Some(code) = code {
            self.end(id, code);
        }
        Ok(Done::default())
    }

    /// It ends by itself or by a signal.
    pub(in super::super) fn end(&mut self, id: &ObjectId, code: i64) {
        let now = self.moment();
        let Ok(c) = self.known(id) else { return };
        c.state = State::Exited;
        c.finished = Some(now);
        c.exit_code = Some(code);
        let goes = c.label(AUTO_REMOVE).is_some();
        let comes_back = c.label(KEPT_UP).is_some();
        self.told("die", id);
        if goes {
            self.gone(id, true);
        }
        if comes_back {
            let _ = self.start(id);
        }
    }

    pub(in super::super) fn stop(&mut self, id: &ObjectId) -> Result<Done> {
        let c = self.known(id)?;
        if c.state == State::Paused {
            return Err(conflict(format!("{} is paused", c.name)));
        }
        if !c.state.is_up() {
            return Ok(Done {
                unchanged: true,
                ..Done::default()
            });
        }
        self.end(id, 143);
        Ok(Done::default())
    }

    fn restart(&mut self, id: &ObjectId) -> Result<Done> {
        let now = self.moment();
        let c = self.known(id)?;
        if matches!(c.state, State::Paused | State::Removing | State::Dead) {
            return Err(conflict(format!("{} is {}", c.name, c.state)));
        }
        c.state = State::Running;
        c.started = Some(now);
        self.told("restart", id);
        Ok(Done::default())
    }

    fn kill(&mut self, id: &ObjectId, signal: &str) -> Result<Done> {
        let c = self.known(id)?;
        if !c.state.is_up() {
            return Err(conflict(format!("{} does not run", c.name)));
        }
        self.told("kill", id);
        if matches!(signal, "SIGKILL" | "9") {
            self.end(id, 137);
        }
        Ok(Done::default())
    }

    fn freeze(&mut self, id: &ObjectId, from: State, to: State) -> Result<Done> {
        let c = self.known(id)?;
        if c.state != from {
            return Err(conflict(format!("{} is {}", c.name, c.state)));
        }
        c.state = to;
        self.told(
            if to == State::Paused {
                "pause"
            } else {
                "unpause"
            },
            id,
        );
        Ok(Done::default())
    }

    /// It is removed.
    pub(in super::super) fn gone(&mut self, id: &ObjectId, volumes: bool) {
        let Some(c) = self.containers.remove(id) else {
            return;
        };
        self.told("destroy", id);
        let names = c.mounts.iter().filter_map(|m| m.name.clone());
        for name in names.filter(|_| volumes) {
            let used = self.uses_volume(&name);
            let anonymous = self.volumes.get(&*name).is_some_and(Volume::is_anonymous);
            if anonymous && !used {
                // Some engines tell nobody.
                self.volumes.remove(&*name);
            }
        }
    }

    fn uses_volume(&self, name: &str) -> bool {
        let on = |m: &Mount| m.name.as_deref() == Some(name);
        self.containers.values().any(|c| c.mounts.iter().any(on))
    }

    fn remove(&mut self, id: &ObjectId, force: bool, volumes: bool) -> Result<Done> {
        let c = self.known(id)?;
        if c.state.is_up() && !force {
            return Err(conflict(format!("{} is {}", c.name, c.state)));
        }
        self.gone(id, volumes);
        Ok(Done::default())
    }

    pub(in super::super) fn rename(&mut self, id: &ObjectId, to: &str) -> Result<Done> {
        if self.containers.values().any(|c| *c.name == *to) {
            return Err(conflict(format!("{to} is taken")));
        }
        self.known(id)?.name = Arc::from(to);
        self.told("rename", id);
        Ok(Done::default())
    }

    fn create(&mut self, name: Option<&str>, spec: &ContainerSpec) -> Result<Done> {
        self.count += 1;
        let name = name.map_or_else(|| format!("unnamed-{}", self.count), str::to_owned);
        if self.containers.values().any(|c| *c.name == *name) {
            return Err(conflict(format!("{name} is taken")));
        }
        let Some(image) = self.image(&spec.image) else {
            let message = format!("no such image: {}", spec.image);
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let key = id(&format!("{name}-{}", self.count));
        let mut c = Container::sample(key.as_str(), &name);
        c.image = Arc::from(spec.image.as_str());
        c.image_id = Arc::from(image.id.as_str());
        c.state = State::Created;
        c.created = Some(self.now);
        self.containers.insert(key.clone(), c);
        self.specs.insert(key.clone(), spec.clone());
        self.told("create", &key);
        Ok(Done {
            id: Some(key),
            ..Done::default()
        })
    }

    fn connect(&mut self, network: &ObjectId, container: &ObjectId, on: bool) -> Result<Done> {
        let Some(name) = self.networks.get(network).map(|n| Arc::clone(&n.name)) else {
            return Err(Error::new(ErrorKind::NotFound, "no such network"));
        };
        let c = self.known(container)?;
        let is_in = |a: &Attachment| a.is_in(network.as_str(), &name);
        if c.networks.iter().any(is_in) == on {
            return Err(conflict(format!("{} and {name}", c.name)));
        }
        if on {
            c.networks.push(Attachment {
                network: Arc::clone(&name),
                network_id: Arc::from(network.as_str()),
                ip: None,
                mac: None,
            });
        } else {
            c.networks.retain(|a| !is_in(a));
        }
        let action = if on { "connect" } else { "disconnect" };
        let with = [("container", container.as_str())];
        self.tell(EventKind::Network, action, network.as_str(), &with);
        Ok(Done::default())
    }

    fn remove_image(&mut self, id: &ObjectId, untag: Option<&str>, force: bool) -> Result<Done> {
        let used = self
            .containers
            .values()
            .any(|c| *c.image_id == *id.as_str() && (!force || c.state.is_up()));
        let Some(image) = self.images.get_mut(id) else {
            return Err(Error::new(ErrorKind::NotFound, "no such image"));
        };
        let left = match untag {
            Some(name) => image
                .tags
                .iter()
                .filter(|t| !same_image_name(t, name))
                .count(),
            None => 0,
        };
        if left == 0 && used {
            return Err(conflict("the image is in use"));
        }
        if untag.is_none() && image.tags.len() > 1 && !force {
            return Err(conflict("the image has several names"));
        }
        if let Some(name) = untag {
            image.tags.retain(|t| !same_image_name(t, name));
        }
        if left == 0 {
            self.images.remove(id);
        }
        self.tell(EventKind::Image, "delete", id.as_str(), &[]);
        Ok(Done::default())
    }

    /// The name moves away from any other image.
    fn tag(&mut self, id: &ObjectId, reference: &str) -> Result<Done> {
        if !self.images.contains_key(id) {
            return Err(Error::new(ErrorKind::NotFound, "no such image"));
        }
        for (key, image) in &mut self.images {
            image.tags.retain(|t| !same_image_name(t, reference));
            if key == id {
                image.tags.push(Arc::from(reference));
                image.tags.sort_unstable();
            }
        }
        self.tell(EventKind::Image, "tag", id.as_str(), &[]);
        Ok(Done::default())
    }

    fn pull(&mut self, reference: &str) -> Done {
        if self.image(reference).is_some() {
            return Done {
                unchanged: true,
                ..Done::default()
            };
        }
        let name = normal_image_name(reference);
        let mut image = crate::domain::fake::image(&name, &[reference]);
        image.created = Some(self.now);
        self.tell(EventKind::Image, "pull", image.id.as_str(), &[]);
        self.images.insert(image.id.clone(), image);
        Done::default()
    }

    fn remove_volume(&mut self, name: &str) -> Result<Done> {
        if self.uses_volume(name) {
            return Err(conflict("the volume is in use"));
        }
        if self.volumes.remove(name).is_none() {
            return Err(Error::new(ErrorKind::NotFound, "no such volume"));
        }
        self.tell(EventKind::Volume, "destroy", name, &[]);
        Ok(Done::default())
    }

    fn remove_network(&mut self, id: &ObjectId) -> Result<Done> {
        let used = self
            .containers
            .values()
            .any(|c| c.state.is_up() && c.networks.iter().any(|a| *a.network_id == *id.as_str()));
        if used {
            return Err(conflict("the network is in use"));
        }
        if self.networks.remove(id).is_none() {
            return Err(Error::new(ErrorKind::NotFound, "no such network"));
        }
        self.tell(EventKind::Network, "destroy", id.as_str(), &[]);
        Ok(Done::default())
    }

    /// What an engine does for an action.
    pub(super) fn run(&mut self, action: &Action, target: &ObjectRef) -> Result<Done> {
        let on = &target.id;
        match action {
            Action::CreateContainer { name, spec } => self.create(name.as_deref(), spec),
            Action::StartContainer => self.start(on),
            Action::StopContainer { .. } => self.stop(on),
            Action::RestartContainer { .. } => self.restart(on),
            Action::KillContainer { signal } => self.kill(on, signal),
            Action::PauseContainer => self.freeze(on, State::Running, State::Paused),
            Action::UnpauseContainer => self.freeze(on, State::Paused, State::Running),
            Action::RemoveContainer { force, volumes } => self.remove(on, *force, *volumes),
            Action::RenameContainer { to } => self.rename(on, to),
            Action::UpdateContainer { restart, resources } => {
                let image = self.known(on)?.image.to_string();
                let spec = self.specs.entry(on.clone()).or_default();
                spec.image = image;
                spec.overlay(&ContainerSpec {
                    restart: restart.clone(),
                    resources: resources.clone(),
                    ..ContainerSpec::default()
                });
                Ok(Done::default())
            }
            Action::CreateVolume { spec } => {
                let unchanged = self.volumes.contains_key(&spec.name);
                let mut volume = crate::domain::fake::volume(&spec.name);
                volume.created = Some(self.now);
                self.volumes.entry(spec.name.clone()).or_insert(volume);
                self.tell(EventKind::Volume, "create", &spec.name, &[]);
                Ok(Done {
                    id: Some(ObjectId::new(&spec.name)),
                    unchanged,
                    warnings: Vec::new(),
                })
            }
            Action::RemoveVolume { .. } => self.remove_volume(on.as_str()),
            Action::CreateNetwork { spec } => {
                if self.network(&spec.name).is_some() {
                    return Err(conflict(format!("{} is taken", spec.name)));
                }
                self.count += 1;
                let mut network = crate::domain::fake::network(&spec.name);
                network.id = id(&format!("{}-{}", spec.name, self.count));
                network.created = Some(self.now);
                let key = network.id.clone();
                self.networks.insert(key.clone(), network);
                self.tell(EventKind::Network, "create", key.as_str(), &[]);
                Ok(Done {
                    id: Some(key),
                    ..Done::default()
                })
            }
            Action::RemoveNetwork => self.remove_network(on),
            Action::ConnectNetwork { container, .. } => self.connect(on, &container.id, true),
            Action::DisconnectNetwork { container, .. } => self.connect(on, &container.id, false),
            Action::PullImage { reference, .. } => Ok(self.pull(reference)),
            Action::TagImage { reference } => self.tag(on, reference),
            Action::RemoveImage { untag, force } => self.remove_image(on, untag.as_deref(), *force),
        }
    }
}
