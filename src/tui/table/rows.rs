//! From a snapshot to all rows of a pane. What did not change is not made again.

use std::sync::Arc;

use crate::domain::id::{HostId, Kind};
use crate::domain::operation::Operation;
use crate::domain::snapshot::{HostShard, Snapshot};
use crate::tui::pane::{Pane, Scope};
use crate::tui::row::Row;

/// The rows of every host, kept as long as the host's picture is the same.
#[derive(Debug, Default)]
pub(super) struct Source {
    hosts: Vec<(Arc<HostShard>, Vec<Row>)>,
    operations: Arc<Vec<Arc<Operation>>>,
    operation_rows: Vec<Row>,
}

impl Source {
    /// Follow `snapshot`; did any row change?
    pub(super) fn update(&mut self, pane: Pane, snapshot: &Snapshot) -> bool {
        if pane == Pane::Operations {
            if Arc::ptr_eq(&self.operations, &snapshot.operations) {
                return false;
            }
            self.operations = Arc::clone(&snapshot.operations);
            let rows = self.operations.iter().cloned().map(Row::Operation);
            self.operation_rows = rows.collect();
            return true;
        }
        let same = self.hosts.len() == snapshot.hosts.len()
            && self
                .hosts
                .iter()
                .zip(snapshot.hosts.iter())
                .all(|((old, _), new)| Arc::ptr_eq(old, new));
        if same {
            return false;
        }
        let mut old = std::mem::take(&mut self.hosts);
        for host in snapshot.hosts.iter() {
            let known = old.iter().position(|(h, _)| Arc::ptr_eq(h, host));
            let entry = match known {
                Some(at) => old.swap_remove(at),
                None => (Arc::clone(host), rows(pane, host)),
            };
            self.hosts.push(entry);
        }
        true
    }

    /// All rows, host by host.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.hosts
            .iter()
            .flat_map(|(_, rows)| rows)
            .chain(&self.operation_rows)
    }
}

fn rows(pane: Pane, host: &Arc<HostShard>) -> Vec<Row> {
    let h = || Arc::clone(host);
    match pane {
        Pane::Machines => vec![Row::Machine(h())],
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
