//! The picture of one host while it is being painted: takes lists and single objects, gives
//! immutable shards.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::error::Error;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::observed::{
    Container, DiskUse, EngineInfo, Image, Network, Port, Swarm, Volume,
};
use crate::domain::snapshot::{HostFacts, HostShard, Link, Measured};

/// Owns the shard of one host.
#[derive(Debug)]
pub(super) struct ShardWriter {
    shard: HostShard,
    changed: bool,
}

impl ShardWriter {
    pub(super) fn new(facts: Arc<HostFacts>) -> Self {
        Self {
            shard: HostShard::new(facts),
            changed: true,
        }
    }

    pub(super) fn shard(&self) -> &HostShard {
        &self.shard
    }

    /// A new revision, if anything changed since the last.
    pub(super) fn publish(&mut self) -> Option<Arc<HostShard>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        self.shard.rev += 1;
        Some(Arc::new(self.shard.clone()))
    }

    pub(super) fn link(&mut self, link: Link) {
        self.shard.link = link;
        self.changed = true;
    }

    /// The lists were true at `at`; told with the next change, not by itself.
    pub(super) fn seen(&mut self, at: DateTime<Utc>) {
        self.shard.seen = Some(at);
    }

    pub(super) fn listed(&mut self) {
        self.changed |= !self.shard.listed;
        self.shard.listed = true;
    }

    pub(super) fn info(&mut self, mut info: EngineInfo) {
        // The clock ticks; it is of use when asked for only.
        info.system_time = None;
        if self.shard.info.as_deref() != Some(&info) {
            self.shard.info = Some(Arc::new(info));
            self.changed = true;
        }
    }

    pub(super) fn disk(&mut self, disk: DiskUse) {
        let volumes = Arc::make_mut(&mut self.shard.volumes);
        for v in volumes.iter_mut() {
            let size = disk.volume_sizes.get(&v.name).copied();
            if size.is_some() && v.size != size {
                Arc::make_mut(v).size = size;
            }
        }
        self.shard.disk = Some(Arc::new(disk));
        self.changed = true;
    }

    pub(super) fn swarm(&mut self, swarm: Option<Swarm>) {
        if self.shard.swarm.as_deref() != swarm.as_ref() {
            self.shard.swarm = swarm.map(Arc::new);
            self.changed = true;
        }
    }

    pub(super) fn gap(&mut self, kind: Kind, error: Option<Error>) {
        let there = self.shard.gaps.contains_key(&kind);
        match error {
            Some(e) => {
                Arc::make_mut(&mut self.shard.gaps).insert(kind, e);
                self.changed |= !there;
            }
            None if there => {
                Arc::make_mut(&mut self.shard.gaps).remove(&kind);
                self.changed = true;
            }
            None => {}
        }
    }

    /// All containers; what is not in the list is gone.
    pub(super) fn containers(&mut self, list: Vec<Container>) {
        let known: FxHashMap<&ObjectId, &Arc<Container>> =
            self.shard.containers.iter().map(|c| (&c.id, c)).collect();
        let mut new: Vec<Arc<Container>> = list
            .into_iter()
            .map(|c| match known.get(&c.id) {
                Some(old) => {
                    let merged = merge(old, c);
                    if ***old == merged {
                        Arc::clone(old)
                    } else {
                        Arc::new(merged)
                    }
                }
                None => Arc::new(c),
            })
            .collect();
        sort(&mut new);
        let same = new.len() == self.shard.containers.len()
            && new
                .iter()
                .zip(self.shard.containers.iter())
                .all(|(a, b)| Arc::ptr_eq(a, b));
        if !same {
            self.shard.containers = Arc::new(new);
            self.changed = true;
            self.forget_usage();
        }
    }

    /// One container, new or changed.
    pub(super) fn container(&mut self, c: Container) {
        let old = self.shard.containers.iter().position(|o| o.id == c.id);
        let up = c.state.is_up();
        if let Some(place) = old {
            let old = &self.shard.containers[place];
            let c = merge(old, c);
            if **old == c {
                return;
            }
            let renamed = old.name != c.name;
            let list = Arc::make_mut(&mut self.shard.containers);
            list[place] = Arc::new(c);
            if renamed {
                sort(list);
            }
        } else {
            let list = Arc::make_mut(&mut self.shard.containers);
            list.push(Arc::new(c));
            sort(list);
        }
        self.changed = true;
        if !up {
            self.forget_usage();
        }
    }

    /// What an inspect adds to a container of the list. It may be older than what is known by now:
    /// then it is not taken.
    pub(super) fn details(&mut self, c: Container) {
        let fits = self.shard.container(&c.id).is_some_and(|old| {
            !old.inspected && old.state == c.state && old.health_status() == c.health_status()
        });
        if fits {
            self.container(c);
        }
    }

    pub(super) fn remove_container(&mut self, id: &ObjectId) {
        if self.shard.container(id).is_some() {
            Arc::make_mut(&mut self.shard.containers).retain(|c| c.id != *id);
            self.changed = true;
            self.forget_usage();
        }
    }

    /// What does not run uses nothing.
    fn forget_usage(&mut self) {
        if self.shard.usage.is_empty() {
            return;
        }
        let up: FxHashSet<&ObjectId> = self
            .shard
            .containers
            .iter()
            .filter(|c| c.state.is_up())
            .map(|c| &c.id)
            .collect();
        if self.shard.usage.keys().any(|id| !up.contains(id)) {
            Arc::make_mut(&mut self.shard.usage).retain(|id, _| up.contains(id));
        }
    }

    /// What a container uses; of one that ended meanwhile it is not taken.
    pub(super) fn usage(&mut self, id: &ObjectId, measured: Measured) {
        if self.shard.container(id).is_some_and(|c| c.state.is_up()) {
            Arc::make_mut(&mut self.shard.usage).insert(id.clone(), measured);
            self.changed = true;
        }
    }

    pub(super) fn images(&mut self, list: Vec<Image>) {
        let mut list: Vec<Arc<Image>> = list.into_iter().map(Arc::new).collect();
        list.sort_by(|a, b| {
            (a.name().is_empty(), a.name(), &a.id).cmp(&(b.name().is_empty(), b.name(), &b.id))
        });
        self.changed |= replace(&mut self.shard.images, list);
    }

    pub(super) fn volumes(&mut self, list: Vec<Volume>) {
        let mut list: Vec<Arc<Volume>> = list
            .into_iter()
            .map(|mut v| {
                // Lists do not tell sizes.
                v.size = v
                    .size
                    .or_else(|| self.shard.volume(&v.name).and_then(|o| o.size));
                Arc::new(v)
            })
            .collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        self.changed |= replace(&mut self.shard.volumes, list);
    }

    pub(super) fn networks(&mut self, list: Vec<Network>) {
        let mut list: Vec<Arc<Network>> = list.into_iter().map(Arc::new).collect();
        list.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        self.changed |= replace(&mut self.shard.networks, list);
    }
}

fn replace<T: PartialEq>(old: &mut Arc<Vec<Arc<T>>>, mut new: Vec<Arc<T>>) -> bool {
    let same = old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| a == b);
    if !same {
        // What did not change keeps its place in memory: comparing is by pointer then.
        for item in &mut new {
            if let Some(kept) = old.iter().find(|o| *o == item) {
                *item = Arc::clone(kept);
            }
        }
        *old = Arc::new(new);
    }
    !same
}

fn sort(list: &mut [Arc<Container>]) {
    list.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
}

/// A list tells less than an inspect: while the state is the same, what was known stays.
fn merge(old: &Container, mut new: Container) -> Container {
    if new.inspected || old.state != new.state || !old.inspected {
        return new;
    }
    // Estimates in lists, exact when inspected.
    new.started = old.started.or(new.started);
    new.finished = old.finished.or(new.finished);
    new.exit_code = new.exit_code.or(old.exit_code);
    new.oom_killed |= old.oom_killed;
    new.error = new.error.or_else(|| old.error.clone());
    new.restart_count = new.restart_count.max(old.restart_count);
    if new.restart_policy.is_empty() {
        new.restart_policy = Arc::clone(&old.restart_policy);
    }
    // Seconds in lists, finer when inspected.
    if new.created.map(|t| t.timestamp()) == old.created.map(|t| t.timestamp()) {
        new.created = old.created;
    }
    if new.health_status() == old.health_status() {
        new.health.clone_from(&old.health);
    }
    if new.mounts.len() == old.mounts.len() {
        new.mounts.clone_from(&old.mounts);
    }
    // What never changes: the words of a list and of an inspect differ a little.
    new.command = Arc::clone(&old.command);
    new.image = Arc::clone(&old.image);
    new.labels = Arc::clone(&old.labels);
    // What may have changed while nobody heard: only the order and the addresses may be older.
    let places = |c: &Container| {
        let mut ids: Vec<Arc<str>> = c.networks.iter().map(|a| Arc::clone(&a.network)).collect();
        ids.sort_unstable();
        ids
    };
    if places(&new) == places(old) {
        new.networks.clone_from(&old.networks);
    }
    let published = |c: &Container| {
        let mut ports: Vec<Port> = c
            .ports
            .iter()
            .filter(|p| p.public.is_some())
            .cloned()
            .collect();
        ports.sort_unstable();
        ports
    };
    if published(&new) == published(old) {
        new.ports.clone_from(&old.ports);
    }
    new.inspected = true;
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(started: i64, inspected: bool) -> Container {
        Container {
            state: crate::domain::observed::ContainerState::Running,
            started: DateTime::<Utc>::from_timestamp(started, 0),
            inspected,
            ..Container::sample("c", "web")
        }
    }

    #[test]
    fn the_estimate_of_a_list_never_replaces_what_is_known_exactly() {
        let exact = up(1_000, true);
        assert_eq!(merge(&exact, up(1_050, false)).started, exact.started);
        let newer = up(1_090, true);
        assert_eq!(merge(&exact, newer.clone()).started, newer.started);
        let guess = up(1_060, false);
        assert_eq!(merge(&up(1_050, false), guess.clone()), guess);
        assert_eq!(merge(&guess, exact.clone()), exact);
    }
}
