//! A container in words.

use super::describe::{created, labels};
use super::{fact, heading, health, named};
use crate::domain::observed::Container;
use crate::domain::snapshot::HostShard;
use crate::tui::column::container_state;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// The form with most in it: inspected, when that came.
pub(super) fn best<'a>(c: &'a Container, detail: &'a Detail) -> &'a Container {
    match detail.inspected.value() {
        Some(Ok(inspected)) => inspected
            .container
            .as_deref()
            .filter(|i| i.id == c.id && i.state == c.state)
            .unwrap_or(c),
        _ => c,
    }
}

/// One line: name, state, how long.
pub(super) fn summary(c: &Container, paint: &Paint<'_>) -> Line {
    let (word, role) = container_state(c);
    let mut line = Line::of(Role::Text, format!("{}  ", c.name)).add(role, word);
    let since = if c.state.is_up() {
        c.started
    } else {
        c.finished
    };
    if let Some(at) = since {
        line.push(Role::TextMuted, format!(" {}", paint.age(at)));
    }
    line
}

/// Everything worth knowing, the state and its reasons first.
pub(super) fn describe(
    out: &mut Vec<Line>,
    host: &HostShard,
    listed: &Container,
    detail: &Detail,
    paint: &Paint<'_>,
) {
    let c = best(listed, detail);
    out.push(fact("container", Role::TextStrong, &*c.name));
    let (word, role) = container_state(c);
    let mut state = named("state").add(role, word);
    let since = if c.state.is_up() {
        c.started
    } else {
        c.finished
    };
    if let Some(at) = since {
        state.push(
            Role::TextMuted,
            format!(" for {}, since {}", paint.age(at), paint.moment(at)),
        );
    }
    out.push(state);
    out.extend(health::why(host, c, paint));
    out.push(fact("host", Role::Text, host.id().as_str()));
    out.push(fact("image", Role::Text, &*c.image));
    out.push(fact("id", Role::Text, c.id.short()));
    created(out, c.created, paint);
    if !c.command.is_empty() {
        out.push(fact("command", Role::Text, &*c.command));
    }
    if !c.restart_policy.is_empty() {
        out.push(fact("restart", Role::Text, &*c.restart_policy));
    }
    if let Some(project) = c.project() {
        let text = match c.service() {
            Some(service) => format!("{project}/{service}"),
            None => project.to_owned(),
        };
        out.push(fact("compose", Role::TextAccent, text));
    }
    if let Some(measured) = host.usage.get(&c.id)
        && c.state.is_up()
    {
        usage(out, &measured.usage);
    }
    places(out, c);
    if c.health.is_some() {
        heading(out, "Health");
        out.extend(health::verdict(c));
    }
    labels(out, &c.labels);
}

fn usage(out: &mut Vec<Line>, usage: &crate::domain::stats::Usage) {
    let cpu = usage.cpu.map_or_else(|| "-".to_owned(), format::percent);
    let mut memory = format::bytes(usage.memory);
    if let Some(percent) = usage.memory_percent() {
        memory = format!(
            "{memory} of {} ({})",
            format::bytes(usage.memory_limit),
            format::percent(percent)
        );
    }
    let text = format!("CPU {cpu}, memory {memory}, {} processes", usage.pids);
    out.push(fact("uses", Role::Text, text));
}

fn places(out: &mut Vec<Line>, c: &Container) {
    if !c.ports.is_empty() {
        heading(out, "Ports");
        for port in &c.ports {
            let role = if port.public.is_some() {
                Role::Text
            } else {
                Role::TextDim
            };
            out.push(Line::of(role, port.to_string()));
        }
    }
    if !c.networks.is_empty() {
        heading(out, "Networks");
        for n in &c.networks {
            let mut line = Line::of(Role::Text, &*n.network);
            if let Some(ip) = n.ip.as_ref().filter(|ip| !ip.is_empty()) {
                line.push(Role::TextAccent, format!("  {ip}"));
            }
            if let Some(mac) = n.mac.as_ref().filter(|m| !m.is_empty()) {
                line.push(Role::TextDim, format!("  {mac}"));
            }
            out.push(line);
        }
    }
    if !c.mounts.is_empty() {
        heading(out, "Mounts");
        for m in &c.mounts {
            let source = m.name.as_ref().unwrap_or(&m.source);
            let mut line = Line::of(Role::Text, &*m.target)
                .add(Role::TextDim, " from ")
                .add(Role::TextMuted, format!("{} {source}", m.kind));
            if m.read_only {
                line.push(Role::TextDim, " (read-only)");
            }
            out.push(line);
        }
    }
}
