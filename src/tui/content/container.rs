//! A container in words.

use serde_json::Value;

use super::describe::{created, labels};
use super::links::{self, document, image_of, network_of, service_of, volume_of};
use super::page::{Item, Target};
use super::{fact, heading, health, named};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::observed::{Container, Network};
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

/// One line: name, state, how long; Enter goes there.
pub(super) fn summary(host: &HostShard, c: &Container, paint: &Paint<'_>) -> Item {
    let (word, role) = container_state(c);
    let mut line = Line::of(Role::TextAccent, format!("{:<26}  ", c.name)).add(role, word);
    let since = if c.state.is_up() {
        c.started
    } else {
        c.finished
    };
    if let Some(at) = since {
        line.push(Role::TextMuted, format!(" {}", paint.age(at)));
    }
    Item::from(line)
        .to(Target::Object(host.container_ref(c)))
        .value(&*c.name)
}

/// A member of a network: its address first, then as everywhere.
pub(super) fn member(
    host: &HostShard,
    c: &Container,
    network: &Network,
    paint: &Paint<'_>,
) -> Item {
    let mut places = c.networks.iter();
    let here = places.find(|a| a.is_in(network.id.as_str(), &network.name));
    let ip = here.and_then(|a| a.ip.as_deref()).unwrap_or_default();
    let mut item = summary(host, c, paint);
    let address = Line::of(Role::TextStrong, format!("{ip:<16}"));
    item.line.0.splice(0..0, address.0);
    if let Some(mac) = here.and_then(|a| a.mac.as_ref()).filter(|m| !m.is_empty()) {
        item.line.push(Role::TextDim, format!("  {mac}"));
    }
    if ip.is_empty() { item } else { item.value(ip) }
}

/// The line with the state.
pub(super) fn state(c: &Container, paint: &Paint<'_>) -> Item {
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
    state.into()
}

/// Everything worth knowing, the state and its reasons first.
pub(super) fn describe(
    out: &mut Vec<Item>,
    host: &HostShard,
    listed: &Container,
    detail: &Detail,
    paint: &Paint<'_>,
) {
    let c = best(listed, detail);
    out.push(fact("container", Role::TextStrong, &*c.name));
    out.push(state(c, paint));
    let why = health::why(host, c, detail.width, paint);
    if !why.is_empty() {
        heading(out, "Why");
        out.extend(why);
        out.push(Item::default());
    }
    if let Some(Err(e)) = detail.inspected.value() {
        out.extend(super::error(e).into_iter().map(Item::from));
    }
    identity(out, host, c, paint);
    if let Some(document) = document(detail) {
        configuration(out, document);
    }
    if let Some(measured) = host.usage.get(&c.id)
        && c.state.is_up()
    {
        usage(out, &measured.usage);
    }
    if c.health.is_some() {
        out.extend(health::verdict(c));
    }
    places(out, host, c);
    labels(out, &c.labels);
}

fn identity(out: &mut Vec<Item>, host: &HostShard, c: &Container, paint: &Paint<'_>) {
    let machine = Target::Object(host.machine_ref());
    out.push(fact("host", Role::TextAccent, host.id().as_str()).to(machine));
    let image = image_of(host, c);
    let role = if image.is_some() {
        Role::TextAccent
    } else {
        Role::Text
    };
    out.push(fact("image", role, &*c.image).maybe_to(image));
    let id = Item::from(named("id").add(Role::Text, c.id.short()));
    out.push(id.value(c.id.as_str()));
    if let Some(project) = c.project() {
        let text = match c.service() {
            Some(service) => format!("{project}/{service}"),
            None => project.to_owned(),
        };
        let target = service_of(host, c)
            .unwrap_or_else(|| ObjectRef::new(host.id().clone(), Kind::Project, project, project));
        out.push(fact("compose", Role::TextAccent, text).to(Target::Object(target)));
    }
    created(out, c.created, paint);
    if !c.command.is_empty() {
        out.push(fact("command", Role::Text, &*c.command));
    }
    if !c.restart_policy.is_empty() {
        let text = match c.restart_count {
            0 => c.restart_policy.to_string(),
            n => format!(
                "{}, {}",
                c.restart_policy,
                format::counted(n as usize, "restart so far", "restarts so far")
            ),
        };
        out.push(fact("restart", Role::Text, text));
    }
}

/// What it was made with, as far as it is not the usual.
fn configuration(out: &mut Vec<Item>, document: &Value) {
    let get = |pointer: &str| links::text(document.pointer(pointer));
    for (name, pointer) in [
        ("user", "/Config/User"),
        ("workdir", "/Config/WorkingDir"),
        ("hostname", "/Config/Hostname"),
        ("platform", "/Platform"),
    ] {
        if let Some(value) = get(pointer) {
            out.push(fact(name, Role::Text, value));
        }
    }
    if let Some(limits) = limits(document) {
        out.push(fact("limits", Role::Text, limits));
    }
    if get("/HostConfig/Privileged").as_deref() == Some("true") {
        let text = "privileged: it may do on the host what root may";
        out.push(fact("rights", Role::SeverityWarning, text));
    }
    let added = document
        .pointer("/HostConfig/CapAdd")
        .and_then(Value::as_array);
    let added: Vec<String> = added
        .into_iter()
        .flatten()
        .filter_map(|c| links::text(Some(c)))
        .collect();
    if !added.is_empty() {
        out.push(fact("capabilities", Role::Text, added.join(", ")));
    }
}

/// CPUs a container may use; none without a limit.
pub(super) fn cpu_limit(document: &Value) -> Option<f64> {
    let number = |pointer: &str| {
        let n = document.pointer(pointer).and_then(Value::as_f64)?;
        (n > 0.0).then_some(n)
    };
    let quota = || {
        let period = number("/HostConfig/CpuPeriod").unwrap_or(100_000.0);
        Some(number("/HostConfig/CpuQuota")? / period)
    };
    let nano = number("/HostConfig/NanoCpus").map(|n| n / 1e9);
    nano.or_else(quota)
}

fn limits(document: &Value) -> Option<String> {
    let number = |pointer: &str| {
        let n = document.pointer(pointer).and_then(Value::as_i64)?;
        (n > 0).then_some(n)
    };
    let mut all = Vec::new();
    if let Some(cpus) = cpu_limit(document) {
        let text = format!("{cpus:.2}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        all.push(format!("{text} CPUs"));
    }
    if let Some(memory) = number("/HostConfig/Memory") {
        all.push(format!("{} memory", format::bytes(memory.unsigned_abs())));
    }
    if let Some(pids) = number("/HostConfig/PidsLimit") {
        all.push(format!("{pids} processes"));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

fn usage(out: &mut Vec<Item>, usage: &crate::domain::stats::Usage) {
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

fn places(out: &mut Vec<Item>, host: &HostShard, c: &Container) {
    links::ports(out, c);
    if !c.networks.is_empty() {
        heading(out, "Networks");
        for n in &c.networks {
            let mut line = Line::of(Role::TextAccent, &*n.network);
            if let Some(ip) = n.ip.as_ref().filter(|ip| !ip.is_empty()) {
                line.push(Role::Text, format!("  {ip}"));
            }
            if let Some(mac) = n.mac.as_ref().filter(|m| !m.is_empty()) {
                line.push(Role::TextDim, format!("  {mac}"));
            }
            let value = n.ip.as_ref().unwrap_or(&n.network);
            let item = Item::from(line).maybe_to(network_of(host, n));
            out.push(item.value(&**value));
        }
    }
    if !c.mounts.is_empty() {
        heading(out, "Mounts");
        for m in &c.mounts {
            let source = m.name.as_ref().unwrap_or(&m.source);
            let volume = volume_of(host, m);
            let role = if volume.is_some() {
                Role::TextAccent
            } else {
                Role::TextMuted
            };
            let mut line = Line::of(Role::Text, &*m.target)
                .add(Role::TextDim, " from ")
                .add(Role::TextMuted, format!("{} ", m.kind))
                .add(role, &**source);
            if m.read_only {
                line.push(Role::TextDim, " (read-only)");
            }
            out.push(Item::from(line).maybe_to(volume).value(&*m.target));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_read_from_both_ways_to_set_them() {
        let nano = json!({"HostConfig": {"NanoCpus": 1_500_000_000, "Memory": 536_870_912}});
        assert_eq!(limits(&nano).unwrap(), "1.5 CPUs, 512M memory");
        let quota = json!({"HostConfig": {"CpuQuota": 50_000, "CpuPeriod": 0, "PidsLimit": 100}});
        assert_eq!(limits(&quota).unwrap(), "0.5 CPUs, 100 processes");
        assert_eq!(limits(&json!({"HostConfig": {"CpuQuota": -1}})), None);
    }
}
