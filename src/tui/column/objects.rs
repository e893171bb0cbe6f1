//! Columns of containers, images, volumes and networks.

use super::{
    Cell, Column, Cut, Key, Look, age_cell, by_created, by_host, by_name, cut, host_cell, id_cell,
    left, live, name_cell, number, wide,
};
use crate::domain::observed::{Container, ContainerState, HealthStatus, Volume};
use crate::domain::snapshot::HostShard;
use crate::domain::stats::Usage;
use crate::tui::format;
use crate::tui::row::Row;
use crate::tui::summary::HostSummary;
use crate::tui::theme::Role;

/// Containers.
pub const CONTAINERS: &[Column] = &[
    left("NAME", (12, 40), 0, name_cell, by_name),
    left("STATE", (12, 14), 0, state_cell, by_state),
    left("HOST", (6, 18), 2, host_cell, by_host),
    live(number("CPU", 6, 1, cpu_cell, by_cpu)),
    live(number("MEM", 6, 1, memory_cell, by_memory)),
    left("UP", (4, 4), 3, up_cell, by_started),
    cut(Cut::Start, left("IMAGE", (12, 38), 5, image_cell, by_image)),
    left("PROJECT", (7, 16), 6, project_cell, by_project),
    left("PORTS", (8, 30), 7, ports_cell, by_ports),
    wide(number("RESTARTS", 8, 8, restarts_cell, by_restarts)),
    wide(left("IP", (10, 32), 9, ip_cell, by_ip)),
    wide(live(number("NET RX", 8, 10, rx_cell, by_rx))),
    wide(live(number("NET TX", 8, 10, tx_cell, by_tx))),
    wide(live(number("READ", 8, 11, read_cell, by_read))),
    wide(live(number("WRITE", 8, 11, write_cell, by_write))),
    wide(live(number("PIDS", 5, 11, pids_cell, by_pids))),
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
    number("USED", 4, 3, users_cell, by_users),
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
    number("USED", 4, 1, users_cell, by_users),
    left("HOST", (6, 18), 2, host_cell, by_host),
    live(number("SIZE", 6, 3, volume_size_cell, by_volume_size)),
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
    number("USED", 4, 3, users_cell, by_users),
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
fn by_state(row: &Row, _: &HostSummary) -> Key {
    let Row::Container(_, c) = row else {
        return Key::Last;
    };
    let starting = c.health_status() == Some(HealthStatus::Starting);
    let rank = u32::from(!c.is_problem()) * 2 + u32::from(!starting);
    let code = c.exit_code.map_or(0, |code| code.clamp(-1, 255) + 2);
    Key::Number(f64::from(rank) * 1e6 + f64::from(c.state as u8) * 1e3 + code as f64)
}

fn usage_number(row: &Row, get: fn(&Usage) -> Option<f64>) -> Option<f64> {
    row.usage().and_then(get)
}

fn by_usage(row: &Row, get: fn(&Usage) -> Option<f64>) -> Key {
    usage_number(row, get).map_or(Key::Nothing, Key::Number)
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

fn by_cpu(row: &Row, _: &HostSummary) -> Key {
    by_usage(row, |u| u.cpu)
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

fn by_memory(row: &Row, _: &HostSummary) -> Key {
    by_usage(row, |u| Some(u.memory as f64))
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

        fn $order(row: &Row, _: &HostSummary) -> Key {
            by_usage(row, |u| u.$figure)
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

fn by_pids(row: &Row, _: &HostSummary) -> Key {
    by_usage(row, |u| Some(u.pids as f64))
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

fn by_started(row: &Row, _: &HostSummary) -> Key {
    // The youngest first.
    since(row).map_or(Key::Last, |at| Key::Number(-(at.timestamp() as f64)))
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

fn by_image(row: &Row, _: &HostSummary) -> Key {
    Key::text(row.image().unwrap_or_default())
}

fn project_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.project().unwrap_or_default(), Role::TextAccent)
}

fn by_project(row: &Row, _: &HostSummary) -> Key {
    // What belongs to none comes last.
    row.project().map_or(Key::Last, Key::text)
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

fn by_ports(row: &Row, _: &HostSummary) -> Key {
    let first = match row {
        Row::Container(_, c) => c.ports.iter().filter_map(|p| p.public).min(),
        _ => None,
    };
    first.map_or(Key::Last, |port| Key::Number(port.into()))
}

fn restarts_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Container(_, c) if c.restart_count > 0 => {
            Cell::new(c.restart_count.to_string(), Role::SeverityWarning)
        }
        _ => Cell::none(),
    }
}

fn by_restarts(row: &Row, _: &HostSummary) -> Key {
    match row {
        Row::Container(_, c) => Key::Number(c.restart_count.into()),
        _ => Key::Nothing,
    }
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

fn by_ip(row: &Row, _: &HostSummary) -> Key {
    Key::text(&ip(row))
}

fn command_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Container(_, c) => Cell::new(&*c.command, Role::TextDim),
        _ => Cell::none(),
    }
}

fn by_command(row: &Row, _: &HostSummary) -> Key {
    match row {
        Row::Container(_, c) => Key::text(&c.command),
        _ => Key::Nothing,
    }
}

fn image_name_cell(row: &Row, _: &Look<'_>) -> Cell {
    match row {
        Row::Image(_, i) if i.tags.is_empty() => Cell::new(i.id.short(), Role::TextDim),
        _ => Cell::new(row.name(), Role::Text),
    }
}

/// What has no name comes last.
fn by_image_name(row: &Row, _: &HostSummary) -> Key {
    match row {
        Row::Image(_, i) if i.tags.is_empty() => Key::Last,
        _ => Key::Nothing,
    }
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

fn by_image_size(row: &Row, _: &HostSummary) -> Key {
    Key::Number(image_size(row) as f64)
}

fn users_cell(row: &Row, look: &Look<'_>) -> Cell {
    match look.host(row).users_of(row) {
        0 => Cell::new("-", Role::TextDim),
        n => Cell::new(n.to_string(), Role::Text),
    }
}

fn by_users(row: &Row, host: &HostSummary) -> Key {
    Key::Number(host.users_of(row).into())
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

fn by_volume_size(row: &Row, _: &HostSummary) -> Key {
    match row {
        Row::Volume(h, v) => volume_size(h, v).map_or(Key::Nothing, |s| Key::Number(s as f64)),
        _ => Key::Nothing,
    }
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

fn by_driver(row: &Row, _: &HostSummary) -> Key {
    Key::text(driver(row))
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

fn by_subnet(row: &Row, _: &HostSummary) -> Key {
    Key::text(&subnet(row))
}

/// The engine's own come last: there is nothing to do with them.
fn by_network(row: &Row, _: &HostSummary) -> Key {
    match row {
        Row::Network(_, n) if n.is_builtin() => Key::Last,
        _ => Key::Nothing,
    }
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
