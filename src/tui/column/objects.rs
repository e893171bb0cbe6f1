//! Columns of containers, images, volumes and networks.

use std::cmp::Ordering;

use super::{
    Cell, Column, Cut, Look, age_cell, by_created, by_host, by_name, by_text, cut, host_cell,
    id_cell, left, name_cell, number, wide,
};
use crate::domain::observed::{Container, ContainerState, HealthStatus, Volume};
use crate::domain::snapshot::HostShard;
use crate::domain::stats::Usage;
use crate::tui::format;
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// Containers.
pub const CONTAINERS: &[Column] = &[
    left("NAME", (12, 40), 0, name_cell, by_name),
    left("STATE", (12, 14), 0, state_cell, by_state),
    left("HOST", (6, 18), 2, host_cell, by_host),
    number("CPU", 6, 1, cpu_cell, by_cpu),
    number("MEM", 6, 1, memory_cell, by_memory),
    left("UP", (4, 4), 3, up_cell, by_started),
    cut(Cut::Start, left("IMAGE", (12, 38), 5, image_cell, by_image)),
    left("PROJECT", (7, 16), 6, project_cell, by_project),
    left("PORTS", (8, 30), 7, ports_cell, by_ports),
    wide(number("RESTARTS", 8, 8, restarts_cell, by_restarts)),
    wide(left("IP", (10, 32), 9, ip_cell, by_ip)),
    wide(number("NET RX", 8, 10, rx_cell, by_rx)),
    wide(number("NET TX", 8, 10, tx_cell, by_tx)),
    wide(number("READ", 8, 11, read_cell, by_read)),
    wide(number("WRITE", 8, 11, write_cell, by_write)),
    wide(number("PIDS", 5, 11, pids_cell, by_pids)),
    wide(left("AGE", (4, 4), 8, age_cell, by_created)),
    wide(left("ID", (12, 12), 12, id_cell, by_name)),
    wide(left("COMMAND", (10, 40), 13, command_cell, by_command)),
];

/// Images.
pub const IMAGES: &[Column] = &[
    cut(
        Cut::Start,
        left("IMAGE", (14, 60), 0, image_name_cell, by_image_name),
    ),
    number("SIZE", 6, 1, image_size_cell, by_image_size),
    left("HOST", (6, 18), 2, host_cell, by_host),
    number("USED", 4, 3, image_users_cell, by_image_users),
    left("AGE", (4, 4), 4, age_cell, by_created),
    left("ID", (12, 12), 5, id_cell, by_name),
    wide(left("TAGS", (10, 60), 6, tags_cell, by_name)),
];

/// Volumes.
pub const VOLUMES: &[Column] = &[
    cut(
        Cut::Middle,
        left("VOLUME", (12, 50), 0, volume_name_cell, by_name),
    ),
    number("USED", 4, 1, volume_users_cell, by_volume_users),
    left("HOST", (6, 18), 2, host_cell, by_host),
    number("SIZE", 6, 3, volume_size_cell, by_volume_size),
    left("AGE", (4, 4), 4, age_cell, by_created),
    left("DRIVER", (6, 12), 5, driver_cell, by_driver),
    left("PROJECT", (7, 16), 6, project_cell, by_project),
    left("MOUNTPOINT", (12, 60), 7, mountpoint_cell, by_name),
];

/// Networks.
pub const NETWORKS: &[Column] = &[
    left("NETWORK", (12, 40), 0, name_cell, by_network),
    left("DRIVER", (6, 10), 1, driver_cell, by_driver),
    left("HOST", (6, 18), 2, host_cell, by_host),
    number("USED", 4, 3, members_cell, by_members),
    left("SUBNET", (13, 40), 4, subnet_cell, by_subnet),
    left("SCOPE", (5, 6), 5, scope_cell, by_name),
    left("AGE", (4, 4), 6, age_cell, by_created),
    left("FLAGS", (8, 28), 7, flags_cell, by_name),
    left("PROJECT", (7, 16), 8, project_cell, by_project),
    wide(left("ID", (12, 12), 9, id_cell, by_name)),
];

/// A container's state in one word, and its role.
pub fn container_state(c: &Container) -> (String, Role) {
    let health = c.health_status();
    match c.state {
        ContainerState::Running => match health {
            Some(HealthStatus::Healthy) => ("healthy".to_owned(), Role::StateHealthy),
            Some(HealthStatus::Starting) => ("starting".to_owned(), Role::StateStarting),
            Some(HealthStatus::Unhealthy) => ("unhealthy".to_owned(), Role::StateUnhealthy),
            None => ("running".to_owned(), Role::StateRunning),
        },
        ContainerState::Exited => {
            let role = if c.is_problem() {
                Role::StateFailed
            } else {
                Role::StateExited
            };
            match c.exit_code {
                _ if c.oom_killed => ("out of mem".to_owned(), Role::StateFailed),
                Some(code) => (format!("exited {code}"), role),
                None => ("exited".to_owned(), role),
            }
        }
        ContainerState::Paused => ("paused".to_owned(), Role::StatePaused),
        ContainerState::Created => ("created".to_owned(), Role::StateExited),
        ContainerState::Restarting => ("restarting".to_owned(), Role::StateFailed),
        ContainerState::Stopping => ("stopping".to_owned(), Role::StateChanging),
        ContainerState::Removing => ("removing".to_owned(), Role::StateChanging),
        ContainerState::Dead => ("dead".to_owned(), Role::StateFailed),
        ContainerState::Unknown => ("unknown".to_owned(), Role::StateUnknown),
    }
}

fn sign<'a>(role: Role, look: &Look<'a>) -> &'a str {
    let g = look.paint.glyphs;
    match role {
        Role::StateRunning | Role::StateHealthy => g.running,
        Role::StateStarting | Role::StateChanging => g.changing,
        Role::StateUnhealthy | Role::StateFailed => g.failed,
        Role::StatePaused => g.paused,
        Role::StateUnknown => g.unknown,
        _ => g.stopped,
    }
}

fn state_cell(row: &Row, look: &Look<'_>) -> Cell {
    let Row::Container(_, c) = row else {
        return Cell::none();
    };
    if let Some(doing) = row.doing(look.snapshot) {
        let text = format!(
            "{} {doing}{}",
            look.paint.glyphs.changing, look.paint.glyphs.ellipsis
        );
        return Cell::new(text, Role::StateChanging);
    }
    let (word, role) = container_state(c);
    Cell::new(format!("{} {word}", sign(role, look)), role)
}

/// What needs an eye goes first.
fn by_state(a: &Row, b: &Row) -> Ordering {
    let rank = |r: &Row| match r {
        Row::Container(_, c) => (
            !c.is_problem(),
            c.health_status() != Some(HealthStatus::Starting),
            c.state,
            c.exit_code,
        ),
        _ => (true, true, ContainerState::Unknown, None),
    };
    rank(a).cmp(&rank(b)).then_with(|| by_name(a, b))
}

fn usage_number(row: &Row, get: fn(&Usage) -> Option<f64>) -> Option<f64> {
    row.usage().and_then(get)
}

fn by_usage(a: &Row, b: &Row, get: fn(&Usage) -> Option<f64>) -> Ordering {
    let value = |r: &Row| usage_number(r, get).unwrap_or(-1.0);
    value(a).total_cmp(&value(b))
}

fn gauge(percent: f64) -> Role {
    match percent {
        p if p >= 90.0 => Role::GaugeHigh,
        p if p >= 60.0 => Role::GaugeMedium,
        _ => Role::Text,
    }
}

fn cpu_cell(row: &Row, _: &Look<'_>) -> Cell {
    match usage_number(row, |u| u.cpu) {
        Some(cpu) => Cell::new(format::percent(cpu), gauge(cpu)),
        None => Cell::none(),
    }
}

fn by_cpu(a: &Row, b: &Row) -> Ordering {
    by_usage(a, b, |u| u.cpu)
}

fn memory_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row.usage() {
        Some(u) => Cell::new(
            format::bytes(u.memory),
            gauge(u.memory_percent().unwrap_or_default()),
        ),
        None => Cell::none(),
    }
}

fn by_memory(a: &Row, b: &Row) -> Ordering {
    by_usage(a, b, |u| Some(u.memory as f64))
}

/// A data table of rate columns: cell, order, figure.
macro_rules! rates {
    ($($cell:ident $order:ident $figure:ident;)*) => {$(
        fn $cell(row: &Row, _: &Look<'_>) -> Cell {
            match usage_number(row, |u| u.$figure) {
                Some(rate) => Cell::new(format::rate(rate), Role::TextMuted),
                None => Cell::none(),
            }
        }

        fn $order(a: &Row, b: &Row) -> Ordering {
            by_usage(a, b, |u| u.$figure)
        }
    )*};
}

rates! {
    rx_cell by_rx net_rx_rate;
    tx_cell by_tx net_tx_rate;
    read_cell by_read block_read_rate;
    write_cell by_write block_write_rate;
}

fn pids_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row.usage() {
        Some(u) => Cell::new(u.pids.to_string(), Role::TextMuted),
        None => Cell::none(),
    }
}

fn by_pids(a: &Row, b: &Row) -> Ordering {
    by_usage(a, b, |u| Some(u.pids as f64))
}

/// When its present state began.
fn since(row: &Row) -> Option<chrono::DateTime<chrono::Utc>> {
    let Row::Container(_, c) = row else {
        return None;
    };
    if c.state.is_up() {
        c.started
    } else {
        c.finished.or(c.created)
    }
}

fn up_cell(row: &Row, look: &Look<'_>) -> Cell {
    let Row::Container(_, c) = row else {
        return Cell::none();
    };
    let role = if c.state.is_up() {
        Role::TextMuted
    } else {
        Role::TextDim
    };
    match since(row) {
        Some(at) => Cell::new(look.paint.age(at), role),
        None => Cell::none(),
    }
}

fn by_started(a: &Row, b: &Row) -> Ordering {
    since(a).cmp(&since(b)).reverse()
}

fn image_cell(row: &Row, _: &Look<'_>) -> Cell {
    let image = row.image().unwrap_or_default();
    let short = if image.starts_with("sha256:") {
        image.get(7..19).unwrap_or(image)
    } else {
        image
    };
    Cell::new(short, Role::TextMuted)
}

fn by_image(a: &Row, b: &Row) -> Ordering {
    by_text(a.image().unwrap_or_default(), b.image().unwrap_or_default())
}

fn project_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.project().unwrap_or_default(), Role::TextAccent)
}

fn by_project(a: &Row, b: &Row) -> Ordering {
    // What belongs to none comes last.
    let key = |r: &Row| r.project().map(str::to_owned);
    match (key(a), key(b)) {
        (Some(x), Some(y)) => by_text(&x, &y),
        (x, y) => y.is_some().cmp(&x.is_some()),
    }
}

/// Published ports, each once though bound to several addresses; then the exposed ones.
pub(super) fn ports(c: &Container) -> String {
    let mut list: Vec<String> = Vec::new();
    for port in &c.ports {
        let suffix = if &*port.protocol == "tcp" {
            String::new()
        } else {
            format!("/{}", port.protocol)
        };
        let text = match port.public {
            Some(public) if public == port.private => format!("{public}{suffix}"),
            Some(public) => format!("{public}:{}{suffix}", port.private),
            None => continue,
        };
        if !list.contains(&text) {
            list.push(text);
        }
    }
    list.join(" ")
}

fn ports_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Container(_, c) => Cell::new(ports(c), Role::TextMuted),
        _ => Cell::none(),
    }
}

fn by_ports(a: &Row, b: &Row) -> Ordering {
    let first = |r: &Row| match r {
        Row::Container(_, c) => c.ports.iter().filter_map(|p| p.public).min(),
        _ => None,
    };
    match (first(a), first(b)) {
        (Some(x), Some(y)) => x.cmp(&y),
        (x, y) => y.is_some().cmp(&x.is_some()),
    }
}

fn restarts_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Container(_, c) if c.restart_count > 0 => {
            Cell::new(c.restart_count.to_string(), Role::SeverityWarning)
        }
        _ => Cell::none(),
    }
}

fn by_restarts(a: &Row, b: &Row) -> Ordering {
    let count = |r: &Row| match r {
        Row::Container(_, c) => c.restart_count,
        _ => 0,
    };
    count(a).cmp(&count(b))
}

fn ip(row: &Row) -> String {
    match row {
        Row::Container(_, c) => {
            let all: Vec<&str> = c.networks.iter().filter_map(|n| n.ip.as_deref()).collect();
            all.join(" ")
        }
        _ => String::new(),
    }
}

fn ip_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(ip(row), Role::TextMuted)
}

fn by_ip(a: &Row, b: &Row) -> Ordering {
    by_text(&ip(a), &ip(b))
}

fn command_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Container(_, c) => Cell::new(&*c.command, Role::TextDim),
        _ => Cell::none(),
    }
}

fn by_command(a: &Row, b: &Row) -> Ordering {
    let command = |r: &Row| match r {
        Row::Container(_, c) => c.command.to_string(),
        _ => String::new(),
    };
    by_text(&command(a), &command(b))
}

fn image_name_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Image(_, i) if i.tags.is_empty() => Cell::new(i.id.short(), Role::TextDim),
        _ => Cell::new(row.name(), Role::Text),
    }
}

/// What has no name comes last.
fn by_image_name(a: &Row, b: &Row) -> Ordering {
    let nameless = |r: &Row| matches!(r, Row::Image(_, i) if i.tags.is_empty());
    nameless(a).cmp(&nameless(b)).then_with(|| by_name(a, b))
}

fn tags_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Image(_, i) if i.tags.len() > 1 => Cell::new(i.tags[1..].join(" "), Role::TextMuted),
        _ => Cell::none(),
    }
}

fn image_size(row: &Row) -> u64 {
    match row {
        Row::Image(_, i) => i.size,
        _ => 0,
    }
}

fn image_size_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(format::bytes(image_size(row)), Role::TextMuted)
}

fn by_image_size(a: &Row, b: &Row) -> Ordering {
    image_size(a).cmp(&image_size(b))
}

fn users(row: &Row) -> usize {
    match row {
        Row::Image(h, i) => h.image_users(i).count(),
        Row::Volume(h, v) => h.volume_users(&v.name).count(),
        Row::Network(h, n) => h.network_members(n).count(),
        _ => 0,
    }
}

fn users_cell(row: &Row) -> Cell {
    match users(row) {
        0 => Cell::new("-", Role::TextDim),
        n => Cell::new(n.to_string(), Role::Text),
    }
}

fn by_users(a: &Row, b: &Row) -> Ordering {
    users(a).cmp(&users(b))
}

fn image_users_cell(row: &Row, _: &Look<'_>) -> Cell {
    users_cell(row)
}

fn by_image_users(a: &Row, b: &Row) -> Ordering {
    by_users(a, b)
}

fn volume_users_cell(row: &Row, _: &Look<'_>) -> Cell {
    users_cell(row)
}

fn by_volume_users(a: &Row, b: &Row) -> Ordering {
    by_users(a, b)
}

fn members_cell(row: &Row, _: &Look<'_>) -> Cell {
    users_cell(row)
}

fn by_members(a: &Row, b: &Row) -> Ordering {
    by_users(a, b)
}

fn volume_name_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Volume(_, v) if v.is_anonymous() => Cell::new(&*v.name, Role::TextMuted),
        _ => Cell::new(row.name(), Role::Text),
    }
}

/// Bytes in a volume, once the disk use was measured.
pub fn volume_size(host: &HostShard, volume: &Volume) -> Option<u64> {
    volume.size.or_else(|| {
        host.disk
            .as_ref()
            .and_then(|d| d.volume_sizes.get(&volume.name).copied())
    })
}

fn volume_size_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Volume(h, v) => volume_size(h, v).map_or_else(Cell::none, |size| {
            Cell::new(format::bytes(size), Role::TextMuted)
        }),
        _ => Cell::none(),
    }
}

fn by_volume_size(a: &Row, b: &Row) -> Ordering {
    let size = |r: &Row| match r {
        Row::Volume(h, v) => volume_size(h, v),
        _ => None,
    };
    size(a).cmp(&size(b))
}

fn driver(row: &Row) -> &str {
    match row {
        Row::Volume(_, v) => &v.driver,
        Row::Network(_, n) => &n.driver,
        _ => "",
    }
}

fn driver_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(driver(row), Role::TextMuted)
}

fn by_driver(a: &Row, b: &Row) -> Ordering {
    by_text(driver(a), driver(b))
}

fn mountpoint_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Volume(_, v) => Cell::new(&*v.mountpoint, Role::TextDim),
        _ => Cell::none(),
    }
}

fn subnet(row: &Row) -> String {
    match row {
        Row::Network(_, n) => n.subnets.join(" "),
        _ => String::new(),
    }
}

fn subnet_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(subnet(row), Role::TextMuted)
}

fn by_subnet(a: &Row, b: &Row) -> Ordering {
    by_text(&subnet(a), &subnet(b))
}

/// The engine's own come last: there is nothing to do with them.
fn by_network(a: &Row, b: &Row) -> Ordering {
    let own = |r: &Row| matches!(r, Row::Network(_, n) if n.is_builtin());
    own(a).cmp(&own(b)).then_with(|| by_name(a, b))
}

fn scope_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Network(_, n) => Cell::new(&*n.scope, Role::TextMuted),
        _ => Cell::none(),
    }
}

fn flags_cell(row: &Row, _: &Look<'_>) -> Cell {
    let Row::Network(_, n) = row else {
        return Cell::none();
    };
    let words = [
        (n.is_builtin(), "built-in"),
        (n.internal, "internal"),
        (n.attachable, "attachable"),
        (n.ipv6, "ipv6"),
    ];
    let set: Vec<&str> = words.iter().filter(|w| w.0).map(|w| w.1).collect();
    Cell::new(set.join(" "), Role::TextDim)
}
