//! Columns of machines, projects and services.

use super::{
    Cell, Column, Cut, Key, Look, age_cell, by_created, by_host, by_name, cut, host_cell, left,
    name_cell, number, wide,
};
use crate::domain::id::Kind;
use crate::domain::snapshot::{HostShard, Link};
use crate::tui::format;
use crate::tui::row::{Row, trouble};
use crate::tui::summary::HostSummary;
use crate::tui::theme::Role;

/// Machines: every configured host.
pub const MACHINES: &[Column] = &[
    left("MACHINE", (10, 30), 0, name_cell, by_name),
    left("LINK", (10, 20), 0, link_cell, by_link),
    left("RUNNING", (7, 9), 1, running_cell, by_running),
    number("BAD", 3, 2, bad_cell, by_bad),
    left("ENGINE", (8, 18), 3, engine_cell, by_engine),
    number("CPUS", 4, 4, cpus_cell, by_cpus),
    number("MEMORY", 6, 4, memory_cell, by_memory),
    number("DISK", 6, 5, disk_cell, by_disk),
    number("IMAGES", 6, 6, images_cell, by_images),
    left("LABELS", (10, 40), 7, labels_cell, by_labels),
    cut(
        Cut::Middle,
        left("ENDPOINT", (14, 44), 8, endpoint_cell, by_endpoint),
    ),
    wide(left("SYSTEM", (10, 36), 9, system_cell, by_system)),
    wide(left("FROM", (8, 20), 10, origin_cell, by_name)),
];

/// Projects and their services.
pub const SERVICES: &[Column] = &[
    left("SERVICE", (14, 40), 0, service_name_cell, by_service),
    left("STATE", (11, 14), 0, group_state_cell, by_group_state),
    left("RUNNING", (7, 9), 1, running_cell, by_running),
    left("HOST", (6, 18), 2, host_cell, by_host),
    left("AGE", (4, 4), 4, age_cell, by_created),
    cut(Cut::Start, left("IMAGE", (12, 40), 5, image_cell, by_image)),
    left("KIND", (7, 10), 6, kind_cell, by_name),
];

fn machine(row: &Row) -> Option<&HostShard> {
    match row {
        Row::Machine(h) => Some(h),
        _ => None,
    }
}

fn link_cell(row: &Row, look: &Look<'_>) -> Cell {
    let Some(host) = machine(row) else {
        return Cell::none();
    };
    let g = look.paint.glyphs;
    match &host.link {
        Link::Connecting => Cell::new(format!("{} connecting", g.changing), Role::LinkConnecting),
        // The round trip changes with every ping: shown in steps, so that the screen is quiet.
        Link::Live { rtt } => {
            let text = match rtt.as_millis() {
                0..50 => format!("{} live", g.running),
                ms => format!("{} live {}ms", g.running, step(ms)),
            };
            Cell::new(text, Role::LinkLive)
        }
        Link::Stale { .. } | Link::Denied { .. } => {
            let age = trouble(&host.link).map(|(at, _)| look.paint.age(at));
            let role = if matches!(host.link, Link::Denied { .. }) {
                Role::LinkDenied
            } else {
                Role::LinkStale
            };
            let age = age.unwrap_or_default();
            Cell::new(format!("{} {} {age}", g.failed, host.link.word()), role)
        }
    }
}

/// Round to 1, 2 or 5 times a power of ten.
fn step(ms: u128) -> u128 {
    let mut unit = 10;
    while ms >= unit * 10 {
        unit *= 10;
    }
    match ms / unit {
        0..2 => unit,
        2..5 => unit * 2,
        _ => unit * 5,
    }
}

fn by_link(row: &Row, _: &HostSummary) -> Key {
    Key::Number(match machine(row).map(|h| &h.link) {
        Some(Link::Denied { .. }) => 0.0,
        Some(Link::Stale { .. }) => 1.0,
        Some(Link::Connecting) => 2.0,
        Some(Link::Live { .. }) | None => 3.0,
    })
}

fn running_cell(row: &Row, look: &Look<'_>) -> Cell {
    if let Row::Machine(h) = row
        && !h.listed
    {
        return Cell::none();
    }
    let tally = look.host(row).tally_of(row);
    if tally.total == 0 {
        return Cell::new("-", Role::TextDim);
    }
    let role = if tally.running == tally.total {
        Role::Text
    } else {
        Role::TextMuted
    };
    Cell::new(format!("{}/{}", tally.running, tally.total), role)
}

fn by_running(row: &Row, host: &HostSummary) -> Key {
    Key::Number(-(host.tally_of(row).running as f64))
}

fn bad(row: &Row, host: &HostSummary) -> usize {
    match row {
        Row::Machine(_) => host.problems,
        _ => row.containers().iter().filter(|c| c.is_problem()).count(),
    }
}

fn bad_cell(row: &Row, look: &Look<'_>) -> Cell {
    match bad(row, look.host(row)) {
        0 => Cell::none(),
        n => Cell::new(n.to_string(), Role::StateUnhealthy),
    }
}

fn by_bad(row: &Row, host: &HostSummary) -> Key {
    Key::Number(bad(row, host) as f64)
}

fn engine(row: &Row) -> String {
    match machine(row).and_then(|h| h.info.as_ref()) {
        Some(info) if &*info.product == "Docker" => info.version.to_string(),
        Some(info) => format!("{} {}", info.product, info.version),
        None => String::new(),
    }
}

fn engine_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(engine(row), Role::TextMuted)
}

fn by_engine(row: &Row, _: &HostSummary) -> Key {
    Key::text(&engine(row))
}

fn cpus(row: &Row) -> u32 {
    machine(row)
        .and_then(|h| h.info.as_ref())
        .map_or(0, |i| i.cpus)
}

fn cpus_cell(row: &Row, _: &Look<'_>) -> Cell {
    match cpus(row) {
        0 => Cell::none(),
        n => Cell::new(n.to_string(), Role::TextMuted),
    }
}

fn by_cpus(row: &Row, _: &HostSummary) -> Key {
    Key::Number(cpus(row).into())
}

fn memory(row: &Row) -> u64 {
    machine(row)
        .and_then(|h| h.info.as_ref())
        .map_or(0, |i| i.memory)
}

fn memory_cell(row: &Row, _: &Look<'_>) -> Cell {
    match memory(row) {
        0 => Cell::none(),
        n => Cell::new(format::bytes(n), Role::TextMuted),
    }
}

fn by_memory(row: &Row, _: &HostSummary) -> Key {
    Key::Number(memory(row) as f64)
}

fn disk(row: &Row) -> Option<u64> {
    Some(machine(row)?.disk.as_ref()?.total())
}

fn disk_cell(row: &Row, _: &Look<'_>) -> Cell {
    match disk(row) {
        Some(n) => Cell::new(format::bytes(n), Role::TextMuted),
        None => Cell::none(),
    }
}

fn by_disk(row: &Row, _: &HostSummary) -> Key {
    disk(row).map_or(Key::Nothing, |n| Key::Number(n as f64))
}

fn images_cell(row: &Row, _: &Look<'_>) -> Cell {
    match machine(row) {
        Some(h) if h.listed => Cell::new(h.images.len().to_string(), Role::TextMuted),
        _ => Cell::none(),
    }
}

fn by_images(row: &Row, _: &HostSummary) -> Key {
    Key::Number(machine(row).map_or(0, |h| h.images.len()) as f64)
}

fn labels(row: &Row) -> String {
    row.labels().map_or_else(String::new, |labels| {
        let all: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        all.join(" ")
    })
}

fn labels_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(labels(row), Role::TextMuted)
}

fn by_labels(row: &Row, _: &HostSummary) -> Key {
    Key::text(&labels(row))
}

fn endpoint(row: &Row) -> &str {
    machine(row).map_or("", |h| &h.facts.endpoint)
}

fn endpoint_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(endpoint(row), Role::TextDim)
}

fn by_endpoint(row: &Row, _: &HostSummary) -> Key {
    Key::text(endpoint(row))
}

fn system(row: &Row) -> String {
    machine(row)
        .and_then(|h| h.info.as_ref())
        .map_or_else(String::new, |i| format!("{} {}", i.os, i.architecture))
}

fn system_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(system(row), Role::TextMuted)
}

fn by_system(row: &Row, _: &HostSummary) -> Key {
    Key::text(&system(row))
}

fn origin_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(machine(row).map_or("", |h| &h.facts.origin), Role::TextDim)
}

/// A service stands under its project.
fn service_name_cell(row: &Row, look: &Look<'_>) -> Cell {
    match row {
        Row::Project(_, p) => Cell::new(
            format!("{} {}", look.paint.glyphs.open, p.name),
            Role::TextAccent,
        ),
        Row::Service(_, s) if s.project.is_empty() => Cell::new(&*s.name, Role::Text),
        Row::Service(_, s) => Cell::new(format!("  {}", s.name), Role::Text),
        _ => Cell::none(),
    }
}

/// By project, its row before its services, the same project of several hosts one after the other.
fn by_service(row: &Row, _: &HostSummary) -> Key {
    // The separators sort before everything that is in a name.
    let service = match row {
        Row::Service(_, s) => &*s.name,
        _ => "",
    };
    let on = row.host_id().map_or("", |h| h.as_str());
    let project = row.project().unwrap_or_default();
    Key::text(&format!("{project}\u{1}{on}\u{1}{service}"))
}

fn group_state_cell(row: &Row, look: &Look<'_>) -> Cell {
    let g = look.paint.glyphs;
    if let Some(doing) = row.doing(look.snapshot) {
        let text = format!("{} {doing}{}", g.changing, g.ellipsis);
        return Cell::new(text, Role::StateChanging);
    }
    let word = look.host(row).tally_of(row).word();
    let (sign, role) = match word {
        "running" => (g.running, Role::StateRunning),
        "failed" => (g.failed, Role::StateFailed),
        "unhealthy" => (g.failed, Role::StateUnhealthy),
        "partial" => (g.paused, Role::StateStarting),
        "paused" => (g.paused, Role::StatePaused),
        _ => (g.stopped, Role::StateExited),
    };
    Cell::new(format!("{sign} {word}"), role)
}

fn by_group_state(row: &Row, host: &HostSummary) -> Key {
    let rank = match host.tally_of(row).word() {
        "failed" => 0,
        "unhealthy" => 1,
        "partial" => 2,
        "paused" => 3,
        "stopped" => 4,
        "running" => 5,
        _ => 6,
    };
    Key::Number(f64::from(rank))
}

fn image_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.image().unwrap_or_default(), Role::TextMuted)
}

fn by_image(row: &Row, _: &HostSummary) -> Key {
    Key::text(row.image().unwrap_or_default())
}

fn kind_cell(row: &Row, _: &Look<'_>) -> Cell {
    let text = match row {
        Row::Project(..) => Kind::Project.word(),
        Row::Service(_, s) if s.swarm.is_some() => "swarm",
        _ => "compose",
    };
    Cell::new(text, Role::TextDim)
}
