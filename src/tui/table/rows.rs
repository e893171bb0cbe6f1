//! From a snapshot to all rows of a pane, in order. What did not change is not made again, nor
//! sorted again.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::domain::id::{HostId, Kind};
use crate::domain::operation::Operation;
use crate::domain::snapshot::{HostShard, Snapshot};
use crate::tui::column::{Field, Key, by_identity, by_text};
use crate::tui::filter::Haystack;
use crate::tui::pane::{Pane, Scope};
use crate::tui::row::{Row, RowKey};
use crate::tui::summary::{HostSummary, Summary};

/// Where a row is kept: the host's number and the row's number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At {
    pub(super) host: u32,
    pub(super) row: u32,
}

/// What changed since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Nothing,
    /// Measurements and links: the same rows of the same things.
    Light,
    /// Rows came, went or are of other things.
    Rows,
}

/// The rows of a host.
#[derive(Debug, Default)]
struct Group {
    shard: Option<Arc<HostShard>>,
    rows: Vec<Row>,
    hay: Vec<Haystack>,
    /// What the rows are ordered by; empty while they are ordered by name alone.
    keys: Vec<Key>,
    /// Does the filter keep it, and is it in the scope?
    kept: Vec<bool>,
    change: Option<Change>,
}

/// All rows of a pane.
#[derive(Debug, Default)]
pub(super) struct Source {
    groups: Vec<Group>,
    hosts: Arc<Vec<Arc<HostShard>>>,
    operations: Arc<Vec<Arc<Operation>>>,
    /// By name and host.
    names: Vec<At>,
    /// As the column says; empty while that is by name.
    sorted: Vec<At>,
}

impl Source {
    /// Follow `snapshot`.
    pub(super) fn update(
        &mut self,
        pane: Pane,
        snapshot: &Snapshot,
        summary: &Summary,
        sort: &Field,
    ) -> Change {
        let change = if pane == Pane::Operations {
            self.update_operations(snapshot)
        } else {
            self.update_hosts(pane, snapshot, summary)
        };
        if change == Change::Nothing {
            return change;
        }
        let sorts = |g: &Group| match g.change {
            Some(Change::Rows) => true,
            Some(Change::Light) => sort.column.live,
            _ => false,
        };
        if change == Change::Rows {
            let groups = &self.groups;
            let fresh = |at: u32| groups[at as usize].change == Some(Change::Rows);
            let names = std::mem::take(&mut self.names);
            self.names = merged(names, groups, fresh, by_identity);
        }
        let stale: Vec<bool> = self.groups.iter().map(sorts).collect();
        let mut by_name = self.sorted.is_empty();
        for (group, _) in self.groups.iter_mut().zip(&stale).filter(|(_, s)| **s) {
            group.order(sort, summary);
            by_name &= group.keys.iter().all(|k| *k == Key::Nothing);
        }
        if by_name || !stale.contains(&true) {
            return change;
        }
        if self.sorted.is_empty() {
            // Until now the names were all there was to order by.
            self.sort(sort, summary);
        } else {
            self.resort(sort, &stale);
        }
        change
    }

    fn update_operations(&mut self, snapshot: &Snapshot) -> Change {
        if Arc::ptr_eq(&self.operations, &snapshot.operations) && !self.groups.is_empty() {
            return Change::Nothing;
        }
        self.operations = Arc::clone(&snapshot.operations);
        let rows = self.operations.iter().cloned().map(Row::Operation);
        let host = HostSummary::default();
        let group = Group::new(None, rows.collect(), &host, None);
        self.groups = vec![group];
        Change::Rows
    }

    fn update_hosts(&mut self, pane: Pane, snapshot: &Snapshot, summary: &Summary) -> Change {
        if Arc::ptr_eq(&self.hosts, &snapshot.hosts) {
            return Change::Nothing;
        }
        self.hosts = Arc::clone(&snapshot.hosts);
        let same_hosts = self.groups.len() == snapshot.hosts.len()
            && self.groups.iter().zip(snapshot.hosts.iter()).all(|(g, h)| {
                let id = g.shard.as_ref().map(|s| s.id());
                id == Some(h.id())
            });
        if !same_hosts {
            let mut old = std::mem::take(&mut self.groups);
            for host in snapshot.hosts.iter() {
                let is = |g: &Group| g.shard.as_ref().is_some_and(|s| s.id() == host.id());
                let known = old.iter().position(is).map(|at| old.swap_remove(at));
                self.groups.push(known.unwrap_or_default());
            }
            // Hosts have other numbers now.
            self.names.clear();
        }
        let mut change = if same_hosts {
            Change::Nothing
        } else {
            Change::Rows
        };
        for (group, host) in self.groups.iter_mut().zip(snapshot.hosts.iter()) {
            let own = group.follow(pane, host, summary.host(host.id()));
            // With other numbers every place is another one.
            let own = if same_hosts { own } else { Change::Rows };
            group.change = Some(own);
            change = change.max(own);
        }
        change
    }

    /// Order all rows by a column.
    pub(super) fn sort(&mut self, sort: &Field, summary: &Summary) {
        let mut by_name = true;
        for group in &mut self.groups {
            group.order(sort, summary);
            by_name &= group.keys.iter().all(|k| *k == Key::Nothing);
        }
        if by_name {
            self.sorted = Vec::new();
            return;
        }
        let all = vec![true; self.groups.len()];
        self.resort(sort, &all);
    }

    fn resort(&mut self, sort: &Field, stale: &[bool]) {
        let groups = &self.groups;
        let key = |at: At| {
            let group = &groups[at.host as usize];
            group.keys.get(at.row as usize).unwrap_or(&Key::Nothing)
        };
        let descending = sort.column.descending;
        let compare = |a: At, b: At| {
            let order = key(a).compare(key(b));
            if descending { order.reverse() } else { order }
        };
        if stale.iter().all(|s| *s) {
            let mut sorted = self.names.clone();
            sorted.sort_by(|a, b| compare(*a, *b));
            self.sorted = sorted;
            return;
        }
        // Those that are alike stand by name: both parts are, and so is what they are merged to.
        let row = |at: At| &groups[at.host as usize].rows[at.row as usize];
        let fresh = self.names.iter().filter(|at| stale[at.host as usize]);
        let mut fresh: Vec<At> = fresh.copied().collect();
        fresh.sort_by(|a, b| compare(*a, *b));
        let mut kept = std::mem::take(&mut self.sorted);
        kept.retain(|at| !stale.get(at.host as usize).is_none_or(|s| *s));
        self.sorted = merge(&kept, &fresh, |a, b| {
            compare(a, b).then_with(|| by_identity(row(a), row(b)))
        });
    }

    /// Choose the rows. `narrower`: those that were left out stay so. `only`: where something
    /// changed.
    pub(super) fn choose(
        &mut self,
        summary: &Summary,
        narrower: bool,
        only: Option<Change>,
        keeps: impl Fn(&Row, &Haystack, &HostSummary) -> bool,
    ) {
        for group in &mut self.groups {
            if only.is_some_and(|least| group.change.is_none_or(|c| c < least)) {
                continue;
            }
            let id = group.shard.as_ref().map(|s| s.id());
            let none = HostSummary::default();
            let host = id.map_or(&none, |id| summary.host(id));
            group.kept.resize(group.rows.len(), true);
            let rows = group.rows.iter().zip(&group.hay);
            for ((row, hay), kept) in rows.zip(&mut group.kept) {
                *kept = (*kept || !narrower) && keeps(row, hay, host);
            }
        }
    }

    /// Nothing is new any more.
    pub(super) fn settled(&mut self) {
        for group in &mut self.groups {
            group.change = None;
        }
    }

    /// The chosen rows in order.
    pub(super) fn chosen(&self, reversed: bool) -> Vec<At> {
        let order = if self.sorted.is_empty() {
            &self.names
        } else {
            &self.sorted
        };
        let kept = |at: &&At| {
            let group = &self.groups[at.host as usize];
            group.kept.get(at.row as usize).copied().unwrap_or(true)
        };
        if reversed {
            order.iter().rev().filter(kept).copied().collect()
        } else {
            order.iter().filter(kept).copied().collect()
        }
    }

    /// The row at a place.
    pub(super) fn row(&self, at: At) -> Option<&Row> {
        self.groups.get(at.host as usize)?.rows.get(at.row as usize)
    }

    /// The place of what `key` is of.
    pub(super) fn find(&self, key: &RowKey) -> Option<At> {
        let on = |g: &Group| match (key, &g.shard) {
            (RowKey::Object(object), Some(shard)) => *shard.id() == object.host,
            (RowKey::Operation(_), None) => true,
            _ => false,
        };
        let host = self.groups.iter().position(on)?;
        let row = self.groups[host].rows.iter().position(|r| r.is(key))?;
        Some(At {
            host: host as u32,
            row: row as u32,
        })
    }

    /// All rows, host by host.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|g| &g.rows)
    }

    /// The hosts there are rows of.
    pub(super) fn shards(&self) -> impl Iterator<Item = &Arc<HostShard>> {
        self.groups.iter().filter_map(|g| g.shard.as_ref())
    }

    /// The place of each host when they are ordered by name.
    pub(super) fn host_ranks(&self) -> Vec<u32> {
        let name = |n: &usize| {
            self.groups[*n]
                .shard
                .as_ref()
                .map_or("", |s| s.id().as_str())
        };
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by(|a, b| by_text(name(a), name(b)));
        let mut ranks = vec![0; order.len()];
        for (rank, host) in (0..).zip(order) {
            ranks[host] = rank;
        }
        ranks
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

impl Group {
    fn new(
        shard: Option<Arc<HostShard>>,
        rows: Vec<Row>,
        host: &HostSummary,
        old: Option<&Self>,
    ) -> Self {
        let hay = haystacks(&rows, host, old);
        Self {
            shard,
            rows,
            hay,
            keys: Vec::new(),
            kept: Vec::new(),
            change: Some(Change::Rows),
        }
    }

    /// Follow a host.
    fn follow(&mut self, pane: Pane, host: &Arc<HostShard>, summary: &HostSummary) -> Change {
        if let Some(old) = &self.shard {
            if Arc::ptr_eq(old, host) {
                return Change::Nothing;
            }
            if same_rows(pane, old, host) {
                for row in &mut self.rows {
                    row.set_host(host);
                }
                self.shard = Some(Arc::clone(host));
                return Change::Light;
            }
        }
        let rows = rows(pane, host);
        *self = Self::new(Some(Arc::clone(host)), rows, summary, Some(self));
        Change::Rows
    }

    fn order(&mut self, sort: &Field, summary: &Summary) {
        let none = HostSummary::default();
        let id = self.shard.as_ref().map(|s| s.id());
        let host = id.map_or(&none, |id| summary.host(id));
        self.keys.clear();
        self.keys
            .extend(self.rows.iter().map(|r| sort.key(r, host)));
    }
}

/// Has a host the same rows in a pane as before?
fn same_rows(pane: Pane, old: &HostShard, new: &HostShard) -> bool {
    let containers = Arc::ptr_eq(&old.containers, &new.containers);
    let swarm = match (&old.swarm, &new.swarm) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    match pane {
        // One row, and everything about it may be shown.
        Pane::Machines | Pane::Fleet | Pane::Operations => false,
        Pane::Containers => containers,
        Pane::Services => containers && swarm,
        Pane::Volumes => containers && Arc::ptr_eq(&old.volumes, &new.volumes),
        Pane::Networks => containers && Arc::ptr_eq(&old.networks, &new.networks),
        Pane::Images => containers && Arc::ptr_eq(&old.images, &new.images),
    }
}

/// What can be found in rows; that of a container that is the same as before is taken over.
fn haystacks(rows: &[Row], host: &HostSummary, old: Option<&Group>) -> Vec<Haystack> {
    let address = |row: &Row| match row {
        Row::Container(_, c) => Some(Arc::as_ptr(c) as usize),
        _ => None,
    };
    let known: FxHashMap<usize, &Haystack> = old
        .into_iter()
        .flat_map(|g| g.rows.iter().zip(&g.hay))
        .filter_map(|(row, hay)| Some((address(row)?, hay)))
        .collect();
    rows.iter()
        .map(|row| {
            let same = address(row).and_then(|a| known.get(&a));
            same.map_or_else(|| Haystack::of(row, host), |hay| (*hay).clone())
        })
        .collect()
}

/// Both in one order; `fresh` may be much shorter.
fn merge(kept: &[At], fresh: &[At], compare: impl Fn(At, At) -> Ordering) -> Vec<At> {
    let mut all = Vec::with_capacity(kept.len() + fresh.len());
    let mut rest = kept;
    for new in fresh {
        let before = rest.partition_point(|old| compare(*old, *new) != Ordering::Greater);
        all.extend_from_slice(&rest[..before]);
        rest = &rest[before..];
        all.push(*new);
    }
    all.extend_from_slice(rest);
    all
}

/// All rows in order, when those of the `fresh` hosts are new and `kept` has all others.
fn merged(
    mut kept: Vec<At>,
    groups: &[Group],
    fresh: impl Fn(u32) -> bool,
    compare: impl Fn(&Row, &Row) -> Ordering,
) -> Vec<At> {
    let row = |at: At| &groups[at.host as usize].rows[at.row as usize];
    kept.retain(|at| (at.host as usize) < groups.len() && !fresh(at.host));
    let numbered = groups.iter().enumerate();
    let mut new: Vec<At> = numbered
        .filter(|(n, _)| fresh(*n as u32))
        .flat_map(|(n, g)| {
            (0..g.rows.len() as u32).map(move |row| At {
                host: n as u32,
                row,
            })
        })
        .collect();
    new.sort_by(|a, b| compare(row(*a), row(*b)));
    if kept.is_empty() {
        return new;
    }
    merge(&kept, &new, |a, b| compare(row(a), row(b)))
}

fn rows(pane: Pane, host: &Arc<HostShard>) -> Vec<Row> {
    let h = || Arc::clone(host);
    match pane {
        Pane::Machines | Pane::Fleet => vec![Row::Machine(h())],
        Pane::Containers => host
            .containers
            .iter()
            .map(|c| Row::Container(h(), Arc::clone(c)))
            .collect(),
        Pane::Services => {
            let projects = host.projects().into_iter();
            let services = host.services().into_iter();
            projects
                .map(|p| Row::Project(h(), Arc::new(p)))
                .chain(services.map(|s| Row::Service(h(), Arc::new(s))))
                .collect()
        }
        Pane::Volumes => host
            .volumes
            .iter()
            .map(|v| Row::Volume(h(), Arc::clone(v)))
            .collect(),
        Pane::Networks => host
            .networks
            .iter()
            .map(|n| Row::Network(h(), Arc::clone(n)))
            .collect(),
        Pane::Images => host
            .images
            .iter()
            .map(|i| Row::Image(h(), Arc::clone(i)))
            .collect(),
        Pane::Operations => Vec::new(),
    }
}

/// Does a row belong to what was drilled into?
pub(super) fn in_scope(row: &Row, scope: Option<&Scope>) -> bool {
    let on = |host: &HostId| row.host_id() == Some(host);
    match scope {
        None => true,
        Some(Scope::Host(host)) => on(host),
        Some(Scope::Of(object)) => {
            let Row::Container(host, c) = row else {
                return on(&object.host);
            };
            if *host.id() != object.host {
                return false;
            }
            let id = object.id.as_str();
            match object.kind {
                Kind::Project => c.project() == Some(id),
                Kind::Service => match id.split_once('/') {
                    Some((project, service)) => {
                        c.project() == Some(project) && c.service() == Some(service)
                    }
                    None => swarm_task(host, id, c.id.as_str()),
                },
                Kind::Volume => c.mounts.iter().any(|m| m.name.as_deref() == Some(id)),
                Kind::Network => c.networks.iter().any(|a| {
                    *a.network_id == *id || a.network_id.is_empty() && a.network == object.name
                }),
                Kind::Image => *c.image_id == *id,
                Kind::Container => c.id == object.id,
                Kind::Machine | Kind::Node => true,
            }
        }
    }
}

fn swarm_task(host: &HostShard, service: &str, container: &str) -> bool {
    host.swarm
        .iter()
        .flat_map(|s| &s.services)
        .filter(|s| s.id.as_str() == service)
        .flat_map(|s| &s.tasks)
        .any(|t| {
            t.container
                .as_ref()
                .is_some_and(|c| c.as_str() == container)
        })
}
