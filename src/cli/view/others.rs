//! Everything that is no container.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Columns, Shown, age, dash, labels, list, names, time};
use crate::cli::human;
use crate::cli::table::{Cell, Tone};
use crate::domain::id::ObjectRef;
use crate::domain::observed::{Container, ContainerState, HealthStatus};
use crate::domain::snapshot::{HostShard, Link};

pub(super) const MACHINES: Columns = Columns {
    table: &[
        "NAME",
        "LINK",
        "ENGINE",
        ">RUNNING",
        ">CONTAINERS",
        ">IMAGES",
        "ENDPOINT",
    ],
    wide: &["API", "OS", ">CPUS", ">MEMORY", ">RTT", "FROM", "LABELS"],
};

pub(super) const SERVICES: Columns = Columns {
    table: &["HOST", "PROJECT", "NAME", ">RUNNING", "HEALTH", "IMAGE"],
    wide: &["MODE", "CONTAINERS"],
};

pub(super) const PROJECTS: Columns = Columns {
    table: &["HOST", "NAME", ">RUNNING", "SERVICES"],
    wide: &["CONTAINERS"],
};

pub(super) const VOLUMES: Columns = Columns {
    table: &["HOST", "NAME", "DRIVER", "USED BY", ">SIZE", ">AGE"],
    wide: &["MOUNTPOINT"],
};

pub(super) const NETWORKS: Columns = Columns {
    table: &["HOST", "NAME", "DRIVER", "SUBNETS", "CONTAINERS"],
    wide: &["ID", "SCOPE", "FLAGS", ">AGE"],
};

pub(super) const IMAGES: Columns = Columns {
    table: &["HOST", "NAME", "ID", ">SIZE", ">AGE", "USED BY"],
    wide: &["DIGESTS"],
};

pub(super) const NODES: Columns = Columns {
    table: &["HOST", "NAME", "ROLE", "STATUS", "AVAILABILITY", "ENGINE"],
    wide: &["ID", "ADDRESS"],
};

fn running<'a>(all: impl IntoIterator<Item = &'a std::sync::Arc<Container>>) -> usize {
    all.into_iter()
        .filter(|c| c.state == ContainerState::Running)
        .count()
}

pub(super) fn machine(host: &HostShard, now: DateTime<Utc>) -> Shown {
    let info = host.info.as_deref();
    let rtt = match &host.link {
        Link::Live { rtt } => Some(rtt.as_secs_f64() * 1_000.0),
        _ => None,
    };
    let up = running(host.containers.iter());
    let item = json!({
        "id": host.id(),
        "name": host.id(),
        "host": host.id(),
        "kind": "Machine",
        "endpoint": host.facts.endpoint,
        "origin": host.facts.origin,
        "labels": labels(&host.facts.labels),
        "readOnly": host.facts.read_only,
        "state": host.link.word(),
        "error": host.link.error().map(crate::domain::error::Error::chain),
        "rttMilliseconds": rtt.map(|ms| (ms * 1_000.0).round() / 1_000.0),
        "seenAt": time(host.seen),
        "containers": host.containers.len(),
        "running": up,
        "images": host.images.len(),
        "volumes": host.volumes.len(),
        "networks": host.networks.len(),
        "engine": info,
        "disk": host.disk.as_deref(),
    });
    let link_tone = match &host.link {
        Link::Live { .. } => Tone::Good,
        Link::Connecting => Tone::Warn,
        Link::Stale { .. } | Link::Denied { .. } => Tone::Bad,
    };
    let count = |n: usize| {
        if host.listed {
            Cell::from(n.to_string())
        } else {
            dash()
        }
    };
    let engine = info.map_or_else(dash, |i| format!("{} {}", i.product, i.version).into());
    let of = |text: Option<String>| text.map_or_else(dash, Cell::from);
    let label_words: Vec<String> = host
        .facts
        .labels
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let link = match (&host.link, host.facts.read_only) {
        (Link::Stale { since, .. }, _) => format!("stale {}", human::age(*since, now)),
        (link, true) => format!("{} (read-only)", link.word()),
        (link, false) => link.word().to_owned(),
    };
    let cells = vec![
        Cell::new(host.id().as_str(), Tone::Strong),
        Cell::new(link, link_tone),
        engine,
        count(up),
        count(host.containers.len()),
        count(host.images.len()),
        (&*host.facts.endpoint).into(),
        of(info.map(|i| i.api.to_string())),
        of(info.map(|i| format!("{} ({})", i.os, i.architecture))),
        of(info.map(|i| i.cpus.to_string())),
        of(info.map(|i| human::bytes(i.memory))),
        of(rtt.map(|ms| format!("{ms:.0}ms"))),
        (&*host.facts.origin).into(),
        label_words.join(",").into(),
    ];
    Shown { item, cells }
}

/// The worst verdict of some health checks.
fn health<'a>(
    all: impl IntoIterator<Item = &'a std::sync::Arc<Container>>,
) -> Option<HealthStatus> {
    let rank = |h: &HealthStatus| match h {
        HealthStatus::Healthy => 0,
        HealthStatus::Starting => 1,
        HealthStatus::Unhealthy => 2,
    };
    all.into_iter()
        .filter(|c| c.state == ContainerState::Running)
        .filter_map(|c| c.health_status())
        .max_by_key(rank)
}

fn health_cell(health: Option<HealthStatus>) -> Cell {
    match health {
        Some(h @ HealthStatus::Healthy) => Cell::new(h.word(), Tone::Good),
        Some(h @ HealthStatus::Starting) => Cell::new(h.word(), Tone::Warn),
        Some(h @ HealthStatus::Unhealthy) => Cell::new(h.word(), Tone::Bad),
        None => dash(),
    }
}

/// `2/3`, red when some are missing.
fn count_cell(up: u64, all: u64) -> Cell {
    let tone = if up < all { Tone::Warn } else { Tone::Good };
    Cell::new(format!("{up}/{all}"), tone)
}

pub(super) fn service(host: &HostShard, object: &ObjectRef) -> Option<Shown> {
    let s = host.services().into_iter().find(|s| s.id == object.id)?;
    let members = names(s.containers.iter().map(|c| &c.name));
    let swarm = s.swarm.as_deref();
    let up = swarm.map_or_else(|| running(&s.containers) as u64, |w| w.running);
    let all = match swarm {
        Some(w) => w.replicas.unwrap_or(w.running),
        None => s.containers.len() as u64,
    };
    let mut images = match swarm {
        Some(w) => vec![&*w.image],
        None => names(s.containers.iter().map(|c| &c.image)),
    };
    images.sort_unstable();
    images.dedup();
    let mode = swarm.map_or("compose", |w| &*w.mode);
    let verdict = health(&s.containers);
    let item = json!({
        "id": s.id,
        "name": s.name,
        "host": host.id(),
        "kind": "Service",
        "project": s.project,
        "mode": mode,
        "running": up,
        "desired": all,
        "health": verdict,
        "images": images,
        "containers": members,
        "swarm": swarm,
    });
    let cells = vec![
        host.id().as_str().into(),
        (&*s.project).into(),
        Cell::new(&s.name, Tone::Strong),
        count_cell(up, all),
        health_cell(verdict),
        list(&images),
        mode.into(),
        list(&members),
    ];
    Some(Shown { item, cells })
}

pub(super) fn project(host: &HostShard, object: &ObjectRef) -> Option<Shown> {
    let p = host
        .projects()
        .into_iter()
        .find(|p| *p.name == *object.id.as_str())?;
    let members = names(p.containers.iter().map(|c| &c.name));
    let mut services: Vec<&str> = p.containers.iter().filter_map(|c| c.service()).collect();
    services.sort_unstable();
    services.dedup();
    let up = running(&p.containers);
    let item = json!({
        "id": p.name,
        "name": p.name,
        "host": host.id(),
        "kind": "Project",
        "running": up,
        "containers": members,
        "services": services,
        "health": health(&p.containers),
    });
    let cells = vec![
        host.id().as_str().into(),
        Cell::new(&p.name, Tone::Strong),
        count_cell(up as u64, p.containers.len() as u64),
        list(&services),
        list(&members),
    ];
    Some(Shown { item, cells })
}

pub(super) fn volume(host: &HostShard, object: &ObjectRef, now: DateTime<Utc>) -> Option<Shown> {
    let v = host.volume(object.id.as_str())?;
    let users = names(host.volume_users(&v.name).map(|c| &c.name));
    let measured = host.disk.as_ref().and_then(|d| d.volume_sizes.get(&v.name));
    let size = v.size.or(measured.copied());
    let item = json!({
        "id": v.name,
        "name": v.name,
        "host": host.id(),
        "kind": "Volume",
        "driver": v.driver,
        "mountpoint": v.mountpoint,
        "createdAt": time(v.created),
        "labels": labels(&v.labels),
        "options": v.options,
        "size": size,
        "anonymous": v.is_anonymous(),
        "usedBy": users,
    });
    let cells = vec![
        host.id().as_str().into(),
        Cell::new(&v.name, Tone::Strong),
        (&*v.driver).into(),
        list(&users),
        size.map_or_else(dash, |n| human::bytes(n).into()),
        age(v.created, now),
        (&*v.mountpoint).into(),
    ];
    Some(Shown { item, cells })
}

pub(super) fn network(host: &HostShard, object: &ObjectRef, now: DateTime<Utc>) -> Option<Shown> {
    let n = host.network(&object.id)?;
    let members = names(host.network_members(n).map(|c| &c.name));
    let item = json!({
        "id": n.id,
        "name": n.name,
        "host": host.id(),
        "kind": "Network",
        "driver": n.driver,
        "scope": n.scope,
        "createdAt": time(n.created),
        "internal": n.internal,
        "attachable": n.attachable,
        "ingress": n.ingress,
        "ipv6": n.ipv6,
        "subnets": n.subnets,
        "labels": labels(&n.labels),
        "builtin": n.is_builtin(),
        "containers": members,
    });
    let flags: Vec<&str> = [
        (n.internal, "internal"),
        (n.attachable, "attachable"),
        (n.ingress, "ingress"),
        (n.ipv6, "ipv6"),
        (n.is_builtin(), "builtin"),
    ]
    .into_iter()
    .filter_map(|(is, word)| is.then_some(word))
    .collect();
    let cells = vec![
        host.id().as_str().into(),
        Cell::new(&n.name, Tone::Strong),
        (&*n.driver).into(),
        list(&names(n.subnets.iter())),
        list(&members),
        n.id.short().into(),
        (&*n.scope).into(),
        list(&flags),
        age(n.created, now),
    ];
    Some(Shown { item, cells })
}

pub(super) fn image(host: &HostShard, object: &ObjectRef, now: DateTime<Utc>) -> Option<Shown> {
    let i = host.image(&object.id)?;
    let users = names(host.image_users(i).map(|c| &c.name));
    let item = json!({
        "id": i.id,
        "name": i.name(),
        "host": host.id(),
        "kind": "Image",
        "tags": i.tags,
        "digests": i.digests,
        "createdAt": time(i.created),
        "size": i.size,
        "labels": labels(&i.labels),
        "dangling": i.tags.is_empty(),
        "usedBy": users,
    });
    let tags = names(i.tags.iter());
    let name = if tags.is_empty() {
        Cell::new("<none>", Tone::Dim)
    } else {
        Cell::new(tags.join(", "), Tone::Strong)
    };
    let cells = vec![
        host.id().as_str().into(),
        name,
        i.id.short().into(),
        human::bytes(i.size).into(),
        age(i.created, now),
        list(&users),
        list(&names(i.digests.iter())),
    ];
    Some(Shown { item, cells })
}

pub(super) fn node(host: &HostShard, object: &ObjectRef) -> Option<Shown> {
    let swarm = host.swarm.as_ref()?;
    let n = swarm.nodes.iter().find(|n| n.id == object.id)?;
    let mut item: Value = json!(n);
    item["host"] = json!(host.id());
    item["kind"] = Value::from("Node");
    let tone = if &*n.status == "ready" {
        Tone::Good
    } else {
        Tone::Bad
    };
    let role = if n.leader {
        format!("{} (leader)", n.role)
    } else {
        n.role.to_string()
    };
    let cells = vec![
        host.id().as_str().into(),
        Cell::new(&n.name, Tone::Strong),
        role.into(),
        Cell::new(&n.status, tone),
        (&*n.availability).into(),
        (&*n.engine).into(),
        n.id.short().into(),
        (&*n.address).into(),
    ];
    Some(Shown { item, cells })
}
