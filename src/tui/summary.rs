//! What the fleet comes to, host by host: counted once for each change, not once for each frame.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::row::{Row, Tally};
use crate::domain::id::HostId;
use crate::domain::observed::Container;
use crate::domain::snapshot::{HostShard, Link, Snapshot};

/// How often things are used, by id or name.
type Users = FxHashMap<Arc<str>, u32>;

/// What the containers of a host come to.
#[derive(Debug, Default)]
pub struct HostSummary {
    of: Arc<Vec<Arc<Container>>>,
    pub tally: Tally,
    /// Containers that need an eye.
    pub problems: usize,
    volumes: Users,
    networks: Users,
    /// Networks that an attachment names without their id.
    named_networks: Users,
    images: Users,
}

impl HostSummary {
    fn count(host: &HostShard) -> Self {
        let containers = &host.containers;
        let mut s = Self {
            of: Arc::clone(containers),
            tally: Tally::count(containers.iter()),
            problems: containers.iter().filter(|c| c.is_problem()).count(),
            ..Self::default()
        };
        let add = |users: &mut Users, key: &Arc<str>| {
            // Most have many users: the key is made once.
            match users.get_mut(key) {
                Some(n) => *n += 1,
                None => drop(users.insert(Arc::clone(key), 1)),
            }
        };
        for c in containers.iter() {
            add(&mut s.images, &c.image_id);
            for (n, mount) in c.mounts.iter().enumerate() {
                let Some(name) = &mount.name else { continue };
                // Mounted at two places, it has one user all the same.
                let again = c.mounts[..n].iter().any(|m| m.name.as_ref() == Some(name));
                if !again {
                    add(&mut s.volumes, name);
                }
            }
            for a in &c.networks {
                if a.network_id.is_empty() {
                    add(&mut s.named_networks, &a.network);
                } else {
                    add(&mut s.networks, &a.network_id);
                }
            }
        }
        s
    }

    /// How many containers use a volume, network or image.
    pub fn users_of(&self, row: &Row) -> u32 {
        let get = |users: &Users, key: &str| users.get(key).copied().unwrap_or(0);
        match row {
            Row::Volume(_, v) => get(&self.volumes, &v.name),
            Row::Image(_, i) => get(&self.images, i.id.as_str()),
            Row::Network(_, n) => {
                get(&self.networks, n.id.as_str()) + get(&self.named_networks, &n.name)
            }
            _ => 0,
        }
    }

    /// How the containers of a machine, project or service stand.
    pub fn tally_of(&self, row: &Row) -> Tally {
        match row {
            Row::Machine(_) => self.tally,
            _ => Tally::of(row),
        }
    }

    /// One word for the state of a row of this host.
    pub fn state_of(&self, row: &Row) -> &'static str {
        match row {
            Row::Volume(..) | Row::Network(..) | Row::Image(..) => {
                if self.users_of(row) > 0 {
                    "used"
                } else {
                    "unused"
                }
            }
            _ => row.state(),
        }
    }
}

/// How the hosts are reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Links {
    pub live: usize,
    pub connecting: usize,
    pub stale: usize,
    pub denied: usize,
    /// The oldest picture of a host that does not answer.
    pub oldest: Option<DateTime<Utc>>,
}

/// What the fleet comes to.
#[derive(Debug, Default)]
pub struct Summary {
    hosts: FxHashMap<HostId, HostSummary>,
    /// Of all containers.
    pub tally: Tally,
    /// Containers that need an eye.
    pub problems: usize,
    pub links: Links,
    none: HostSummary,
}

impl Summary {
    /// Count a fleet.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut summary = Self::default();
        summary.update(snapshot);
        summary
    }

    /// Follow `snapshot`: only hosts whose containers changed are counted again.
    pub fn update(&mut self, snapshot: &Snapshot) {
        let mut old = std::mem::take(&mut self.hosts);
        self.tally = Tally::default();
        self.problems = 0;
        self.links = Links::default();
        for host in snapshot.hosts.iter() {
            let same = old
                .remove(host.id())
                .filter(|s| Arc::ptr_eq(&s.of, &host.containers));
            let summary = same.unwrap_or_else(|| HostSummary::count(host));
            self.tally += summary.tally;
            self.problems += summary.problems;
            self.link(host);
            self.hosts.insert(host.id().clone(), summary);
        }
    }

    fn link(&mut self, host: &HostShard) {
        let links = &mut self.links;
        match &host.link {
            Link::Live { .. } => links.live += 1,
            Link::Connecting => links.connecting += 1,
            Link::Denied { .. } => links.denied += 1,
            Link::Stale { since, .. } => {
                links.stale += 1;
                let seen = host.seen.unwrap_or(*since);
                links.oldest = Some(links.oldest.map_or(seen, |o| o.min(seen)));
            }
        }
    }

    /// Of one host; nothing of an unknown one.
    pub fn host(&self, id: &HostId) -> &HostSummary {
        self.hosts.get(id).unwrap_or(&self.none)
    }

    /// Of the host a row is on.
    pub fn of_row(&self, row: &Row) -> &HostSummary {
        row.host_id().map_or(&self.none, |id| self.host(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture::{self, changed};

    #[test]
    fn it_counts_what_the_picture_counts() {
        let snapshot = fixture::snapshot();
        let summary = Summary::of(&snapshot);
        for h in snapshot.hosts.iter() {
            let s = summary.host(h.id());
            assert_eq!(s.tally, Tally::count(h.containers.iter()));
            for v in h.volumes.iter() {
                let row = Row::Volume(Arc::clone(h), Arc::clone(v));
                let count = h.volume_users(&v.name).count();
                assert_eq!(s.users_of(&row) as usize, count, "{}", v.name);
                assert_eq!(s.state_of(&row), row.state());
            }
            for n in h.networks.iter() {
                let row = Row::Network(Arc::clone(h), Arc::clone(n));
                let count = h.network_members(n).count();
                assert_eq!(s.users_of(&row) as usize, count, "{}", n.name);
            }
            for i in h.images.iter() {
                let row = Row::Image(Arc::clone(h), Arc::clone(i));
                assert_eq!(s.users_of(&row) as usize, h.image_users(i).count());
            }
        }
        let links = summary.links;
        assert_eq!(
            links.live + links.connecting + links.stale + links.denied,
            snapshot.hosts.len()
        );
    }

    #[test]
    fn it_follows_changes_and_departures() {
        let mut summary = Summary::of(&fixture::snapshot());
        let next = changed(&fixture::snapshot(), "prod-1", |h| {
            h.containers = Arc::default();
        });
        summary.update(&next);
        assert_eq!(summary.host(&"prod-1".into()).tally.total, 0);
        let fresh = Summary::of(&next);
        assert_eq!(summary.tally, fresh.tally);
        summary.update(&Snapshot::default());
        assert_eq!(summary.tally, Tally::default());
        assert_eq!(summary.host(&"prod-2".into()).tally.total, 0);
    }
}
