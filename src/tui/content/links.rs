//! What a container hangs on: mounts, networks, tasks, each leading to the object itself.

use serde_json::Value;

use super::container::best;
use super::grid::{Cell, Grid};
use super::page::{Item, Target};
use super::{fact, heading, nothing};
use crate::domain::id::{Kind, ObjectId, ObjectRef};
use crate::domain::observed::{Attachment, Container, Mount, SwarmService};
use crate::domain::snapshot::HostShard;
use crate::domain::text::sanitise;
use crate::tui::column::volume_size;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::Paint;
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// The engine's document, when it came.
pub(super) fn document(detail: &Detail) -> Option<&Value> {
    match detail.inspected.value() {
        Some(Ok(inspected)) => Some(&inspected.document),
        _ => None,
    }
}

/// A text of a document, made harmless; nothing for nothing.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(s) => sanitise(s).into_owned(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The volume of a mount, when it is one that the host has.
pub(super) fn volume_of(host: &HostShard, mount: &Mount) -> Option<ObjectRef> {
    let name = mount.name.as_deref().filter(|_| &*mount.kind == "volume")?;
    host.volume(name).map(|v| host.volume_ref(v))
}

/// The network of an attachment, when the host has it.
pub(super) fn network_of(host: &HostShard, place: &Attachment) -> Option<ObjectRef> {
    let mut all = host.networks.iter();
    all.find(|n| place.is_in(n.id.as_str(), &n.name))
        .map(|n| host.network_ref(n))
}

/// What is mounted where.
pub(super) fn mounts(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let Some(Row::Container(host, listed)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    let c = best(&listed, detail);
    let mut grid = Grid::new(&["TARGET", "KIND", "FROM", "", "SIZE", "ALSO MOUNTED BY"]);
    for m in &c.mounts {
        let volume = volume_of(&host, m);
        let missing = m.name.is_some() && &*m.kind == "volume" && volume.is_none() && host.listed;
        let source = m.name.as_ref().unwrap_or(&m.source);
        let role = match (&volume, missing) {
            (Some(_), _) => Role::TextAccent,
            (None, true) => Role::SeverityError,
            (None, false) => Role::Text,
        };
        let size = volume
            .as_ref()
            .and_then(|v| host.volume(v.id.as_str()))
            .and_then(|v| volume_size(&host, v))
            .map_or_else(String::new, format::bytes);
        let others = match &m.name {
            Some(name) => sharers(&host, c, name),
            None => String::new(),
        };
        let mut from = source.to_string();
        if missing {
            from.push_str(" (does not exist)");
        }
        let cells = vec![
            (Role::TextStrong, m.target.to_string()),
            (Role::TextMuted, m.kind.to_string()),
            (role, from),
            (
                Role::TextDim,
                if m.read_only { "read-only" } else { "" }.to_owned(),
            ),
            (Role::Text, size),
            (Role::TextMuted, others),
        ];
        let item = Item::default().maybe_to(volume).value(&**source);
        grid.row(cells, item);
    }
    for (target, options) in tmpfs(detail) {
        let cells = [
            (Role::TextStrong, target),
            (Role::TextMuted, "tmpfs".to_owned()),
            (Role::TextDim, options),
        ];
        grid.row(cells.to_vec(), Item::default());
    }
    if grid.is_empty() {
        return vec![nothing(&format!("{} mounts nothing", c.name))];
    }
    grid.items(paint)
}

/// The other containers that mount a volume.
fn sharers(host: &HostShard, c: &Container, volume: &str) -> String {
    let others = host.volume_users(volume).filter(|o| o.id != c.id);
    let names: Vec<&str> = others.map(|o| &*o.name).collect();
    names.join(", ")
}

/// Mounts in memory that engines list elsewhere.
fn tmpfs(detail: &Detail) -> Vec<(String, String)> {
    let all = document(detail).and_then(|d| d.pointer("/HostConfig/Tmpfs")?.as_object());
    let pair = |(target, options): (&String, &Value)| {
        let options = text(Some(options)).unwrap_or_default();
        (sanitise(target).into_owned(), options)
    };
    all.into_iter().flatten().map(pair).collect()
}

/// Where it is reachable, and who else is there.
pub(super) fn networks(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let Some(Row::Container(host, listed)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    let c = best(&listed, detail);
    let mut out = Vec::new();
    mode(&mut out, &host, detail);
    let mut grid = Grid::new(&["NETWORK", "DRIVER", "ADDRESS", "GATEWAY", "MAC", "KNOWN AS"]);
    for place in &c.networks {
        let network = network_of(&host, place);
        let known = network.as_ref().and_then(|n| host.network(&n.id));
        let more = endpoint(detail, &place.network);
        let role = if known.is_some() {
            Role::TextAccent
        } else {
            Role::SeverityError
        };
        let prefix = text(more.and_then(|m| m.get("IPPrefixLen"))).filter(|p| p != "0");
        let address = match (place.ip.as_deref().filter(|ip| !ip.is_empty()), prefix) {
            (Some(ip), Some(prefix)) => format!("{ip}/{prefix}"),
            (Some(ip), None) => ip.to_owned(),
            (None, _) => String::new(),
        };
        let cells = vec![
            (role, place.network.to_string()),
            (
                Role::TextMuted,
                known.map_or_else(|| "does not exist".to_owned(), |n| n.driver.to_string()),
            ),
            (Role::TextStrong, address.clone()),
            (
                Role::Text,
                text(more.and_then(|m| m.get("Gateway"))).unwrap_or_default(),
            ),
            (
                Role::TextDim,
                place.mac.as_deref().unwrap_or_default().to_owned(),
            ),
            (Role::TextMuted, aliases(more)),
        ];
        let value = if address.is_empty() {
            place.network.to_string()
        } else {
            address
        };
        grid.row(cells, Item::default().maybe_to(network).value(value));
    }
    if grid.is_empty() {
        out.push(nothing(&format!("{} is in no network", c.name)));
    } else {
        out.extend(grid.items(paint));
    }
    ports(&mut out, c);
    for place in &c.networks {
        neighbours(&mut out, &host, c, place, paint);
    }
    out
}

/// It lives in the network of another, or of the host.
fn mode(out: &mut Vec<Item>, host: &HostShard, detail: &Detail) {
    let Some(mode) = text(document(detail).and_then(|d| d.pointer("/HostConfig/NetworkMode")))
    else {
        return;
    };
    if let Some(id) = mode.strip_prefix("container:") {
        let other = host
            .container(&ObjectId::new(id))
            .map(|c| host.container_ref(c));
        let name = other
            .as_ref()
            .map_or_else(|| id.to_owned(), |o| o.label().to_owned());
        let item = fact("shares", Role::TextAccent, format!("the network of {name}"));
        out.push(item.maybe_to(other));
        out.push(Item::default());
    } else if mode == "host" {
        out.push(fact("shares", Role::SeverityWarning, "the host's network"));
        out.push(Item::default());
    }
}

/// What inspect says of a container's place in a network.
fn endpoint<'a>(detail: &'a Detail, network: &str) -> Option<&'a Value> {
    let all = document(detail)?.pointer("/NetworkSettings/Networks")?;
    all.as_object()?.get(network)
}

fn aliases(endpoint: Option<&Value>) -> String {
    let list = |key: &str| {
        let all = endpoint.and_then(|e| e.get(key)?.as_array());
        all.map(Vec::as_slice).unwrap_or_default()
    };
    let mut names: Vec<String> = Vec::new();
    for value in list("DNSNames").iter().chain(list("Aliases")) {
        if let Some(name) = text(Some(value)).filter(|n| !names.contains(n)) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// The ports, those on the host first.
pub(super) fn ports(out: &mut Vec<Item>, c: &Container) {
    if c.ports.is_empty() {
        return;
    }
    heading(out, "Ports");
    for port in &c.ports {
        let role = if port.public.is_some() {
            Role::Text
        } else {
            Role::TextDim
        };
        let text = port.to_string();
        let copied = match (port.public, port.ip.as_deref()) {
            (Some(public), Some(ip)) if ip != "0.0.0.0" && ip != "::" => format!("{ip}:{public}"),
            (Some(public), _) => public.to_string(),
            (None, _) => text.clone(),
        };
        let item = Item::default().add(role, text).value(copied);
        let note = if port.public.is_none() {
            "  exposed, not published"
        } else {
            ""
        };
        out.push(item.add(Role::TextDim, note));
    }
}

fn neighbours(
    out: &mut Vec<Item>,
    host: &HostShard,
    c: &Container,
    place: &Attachment,
    paint: &Paint<'_>,
) {
    let Some(network) = network_of(host, place).and_then(|n| host.network(&n.id)) else {
        return;
    };
    let others: Vec<_> = host
        .network_members(network)
        .filter(|o| o.id != c.id)
        .collect();
    if others.is_empty() {
        return;
    }
    heading(out, &format!("Also in {}", network.name));
    for other in others {
        out.push(super::container::member(host, other, network, paint));
    }
}

/// The tasks of a service: containers of Compose, tasks of a Swarm.
pub(super) fn tasks(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    match detail.subject.row(&model.snapshot) {
        Some(Row::Service(host, s)) => match &s.swarm {
            Some(swarm) => swarm_tasks(&host, swarm, paint),
            None => containers(&host, &s.containers, paint),
        },
        Some(Row::Project(host, p)) => containers(&host, &p.containers, paint),
        _ => super::describe::gone(&detail.subject, model),
    }
}

/// Containers as a table.
pub(super) fn containers(
    host: &HostShard,
    all: &[std::sync::Arc<Container>],
    paint: &Paint<'_>,
) -> Vec<Item> {
    let mut grid = Grid::new(&["CONTAINER", "STATE", "FOR", "CPU", "MEM", "IMAGE", "PORTS"]);
    for c in all {
        let (word, role) = crate::tui::column::container_state(c);
        let since = if c.state.is_up() {
            c.started
        } else {
            c.finished
        };
        let usage = host.usage.get(&c.id).filter(|_| c.state.is_up());
        let ports: Vec<String> = c
            .ports
            .iter()
            .filter(|p| p.public.is_some())
            .map(ToString::to_string)
            .collect();
        let cells: Vec<Cell> = vec![
            (Role::TextAccent, c.name.to_string()),
            (role, word),
            (
                Role::TextMuted,
                since.map_or_else(String::new, |at| paint.age(at)),
            ),
            (
                Role::Text,
                usage
                    .and_then(|m| m.usage.cpu)
                    .map_or_else(String::new, format::percent),
            ),
            (
                Role::Text,
                usage.map_or_else(String::new, |m| format::bytes(m.usage.memory)),
            ),
            (Role::TextMuted, c.image.to_string()),
            (Role::TextDim, ports.join(", ")),
        ];
        let target = Target::Object(host.container_ref(c));
        grid.row(cells, Item::default().to(target));
    }
    if grid.is_empty() {
        return vec![nothing("no container")];
    }
    grid.items(paint)
}

/// Tasks, those that shall run first, the newest first, with why the others failed.
pub(super) fn swarm_tasks(host: &HostShard, s: &SwarmService, paint: &Paint<'_>) -> Vec<Item> {
    let mut all: Vec<_> = s.tasks.iter().collect();
    all.sort_by_key(|t| (&*t.desired != "running", t.slot, std::cmp::Reverse(t.at)));
    let mut grid = Grid::new(&["TASK", "STATE", "WANTED", "FOR", "NODE", "WHY"]);
    for task in all {
        let name = match task.slot {
            Some(slot) => format!("{}.{slot}", s.name),
            None => s.name.to_string(),
        };
        let error = task.error.as_deref().unwrap_or_default();
        let role = match &*task.state {
            "running" | "complete" => Role::StateRunning,
            "failed" | "rejected" | "orphaned" => Role::StateFailed,
            "shutdown" | "remove" => Role::StateExited,
            _ => Role::StateChanging,
        };
        let container = task.container.as_ref().and_then(|id| host.container(id));
        let cells: Vec<Cell> = vec![
            (
                if container.is_some() {
                    Role::TextAccent
                } else {
                    Role::Text
                },
                name,
            ),
            (role, task.state.to_string()),
            (Role::TextMuted, task.desired.to_string()),
            (
                Role::TextMuted,
                task.at.map_or_else(String::new, |at| paint.age(at)),
            ),
            (Role::Text, node_name(host, &task.node)),
            (Role::SeverityError, error.to_owned()),
        ];
        let item = Item::default().maybe_to(container.map(|c| host.container_ref(c)));
        let item = if error.is_empty() {
            item
        } else {
            item.value(error)
        };
        grid.row(cells, item);
    }
    if grid.is_empty() {
        return vec![nothing(
            "no task: nothing was scheduled, or no node fits its placement",
        )];
    }
    grid.items(paint)
}

/// A node by its name, where the Swarm tells it.
fn node_name(host: &HostShard, id: &str) -> String {
    let nodes = host.swarm.iter().flat_map(|s| &s.nodes);
    let mut named = nodes.filter(|n| n.id.as_str() == id);
    named
        .next()
        .map_or_else(|| id.to_owned(), |n| n.name.to_string())
}

/// The reference of a container's image, when the host has it.
pub(super) fn image_of(host: &HostShard, c: &Container) -> Option<ObjectRef> {
    let mut all = host.images.iter();
    all.find(|i| *i.id.as_str() == *c.image_id)
        .map(|i| host.image_ref(i))
}

/// The service a container is part of.
pub(super) fn service_of(host: &HostShard, c: &Container) -> Option<ObjectRef> {
    let (project, service) = (c.project()?, c.service()?);
    let name = format!("{project}/{service}");
    Some(ObjectRef::new(
        host.id().clone(),
        Kind::Service,
        name.as_str(),
        &name,
    ))
}
