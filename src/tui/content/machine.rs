//! A machine in words: how it is reached, its engine, what is on it, what takes its disk.

use super::describe::labels;
use super::page::{Item, Target};
use super::{error, fact, heading, named};
use crate::domain::id::ObjectRef;
use crate::domain::observed::{DiskUse, EngineInfo};
use crate::domain::snapshot::{HostShard, Link};
use crate::tui::activity::LinkChange;
use crate::tui::column::container_state;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Tally;
use crate::tui::theme::Role;

/// Everything the picture knows of a machine.
pub(super) fn describe(out: &mut Vec<Item>, model: &Model, host: &HostShard, paint: &Paint<'_>) {
    out.push(fact("machine", Role::TextStrong, host.id().as_str()));
    out.push(fact("endpoint", Role::Text, &*host.facts.endpoint));
    out.push(fact("from", Role::Text, &*host.facts.origin));
    link(out, host, paint);
    if host.facts.read_only {
        out.push(fact("mode", Role::SeverityWarning, "read-only"));
    }
    if let Some(info) = &host.info {
        warnings(out, info, host);
    }
    problems(out, host);
    if let Some(info) = &host.info {
        engine(out, info);
    }
    tally(out, host);
    disk(out, host.disk.as_deref(), paint);
    links(out, model.activity.links(host.id()), paint);
    labels(out, &host.facts.labels);
}

fn link(out: &mut Vec<Item>, host: &HostShard, paint: &Paint<'_>) {
    match &host.link {
        Link::Live { rtt } => {
            let text = if rtt.as_millis() < 10 {
                "live".to_owned()
            } else {
                format!("live, {} ms", rtt.as_millis() / 10 * 10)
            };
            out.push(fact("link", Role::LinkLive, text));
        }
        Link::Connecting => out.push(fact("link", Role::LinkConnecting, "connecting")),
        Link::Stale {
            since,
            error: e,
            retry,
        } => {
            let text = format!("stale: no answer for {}", paint.age(*since));
            out.push(fact("link", Role::LinkStale, text));
            if let Some(retry) = retry.filter(|r| *r > paint.now) {
                out.push(fact("next try", Role::TextMuted, paint.moment(retry)));
            }
            out.extend(error(e).into_iter().map(Item::from));
        }
        Link::Denied { since, error: e } => {
            let text = format!("denied for {}", paint.age(*since));
            out.push(fact("link", Role::LinkDenied, text));
            out.extend(error(e).into_iter().map(Item::from));
        }
    }
}

/// What the engine warns of, and what we see that it does not.
fn warnings(out: &mut Vec<Item>, info: &EngineInfo, host: &HostShard) {
    let mut all: Vec<String> = Vec::new();
    if let Some(time) = info.system_time
        && let Some(seen) = host.seen
        && (time - seen).num_seconds().abs() > 30
    {
        let apart = format::duration((time - seen).abs());
        all.push(format!("its clock is {apart} away from ours"));
    }
    for warning in &info.warnings {
        let plain = warning.strip_prefix("WARNING: ").unwrap_or(warning);
        all.push(plain.to_owned());
    }
    for (kind, e) in host.gaps.iter() {
        all.push(format!("{} cannot be read: {}", kind.plural(), e.chain()));
    }
    if all.is_empty() {
        return;
    }
    heading(out, "Warnings");
    for text in all {
        let sign = Line::of(Role::SeverityWarning, "! ").add(Role::Text, &*text);
        out.push(Item::from(sign).value(text));
    }
}

/// Containers that need an eye.
fn problems(out: &mut Vec<Item>, host: &HostShard) {
    let all: Vec<_> = host.containers.iter().filter(|c| c.is_problem()).collect();
    if all.is_empty() {
        return;
    }
    heading(out, "Problems");
    for c in all {
        let (word, role) = container_state(c);
        let line = Line::of(Role::TextAccent, format!("{:<26}  ", c.name)).add(role, word);
        let target = Target::Object(host.container_ref(c));
        out.push(Item::from(line).to(target).value(&*c.name));
    }
}

fn engine(out: &mut Vec<Item>, info: &EngineInfo) {
    heading(out, "Engine");
    let version = format!("{} {} (API {})", info.product, info.version, info.api);
    out.push(fact("engine", Role::Text, version));
    out.push(fact("name", Role::Text, &*info.name));
    out.push(fact("system", Role::Text, &*info.os));
    let kernel = format!("{} {}", info.kernel, info.architecture);
    out.push(fact("kernel", Role::Text, kernel));
    let size = format!("{} CPUs, {} memory", info.cpus, format::bytes(info.memory));
    out.push(fact("size", Role::Text, size));
    let storage = format!("{} in {}", info.storage_driver, info.root_dir);
    out.push(fact("storage", Role::Text, storage));
    let version = format!("v{}", info.cgroup_version);
    out.push(fact("cgroups", Role::Text, version));
}

fn tally(out: &mut Vec<Item>, host: &HostShard) {
    if !host.listed {
        return;
    }
    heading(out, "Objects");
    let t = Tally::count(host.containers.iter());
    let mut line =
        named("containers").add(Role::Text, format!("{} running of {}", t.running, t.total));
    for (n, word, role) in [
        (t.unhealthy, "unhealthy", Role::StateUnhealthy),
        (t.failed, "failed", Role::StateFailed),
        (t.paused, "paused", Role::StatePaused),
    ] {
        if n > 0 {
            line.push(Role::TextDim, ", ");
            line.push(role, format!("{n} {word}"));
        }
    }
    out.push(line.into());
    let (mut cpu, mut memory, mut measured) = (0.0, 0, 0);
    for m in host.usage.values() {
        cpu += m.usage.cpu.unwrap_or(0.0);
        memory += m.usage.memory;
        measured += 1;
    }
    if measured > 0 {
        let text = format!(
            "CPU {}, memory {}, of {measured} containers that are measured",
            format::percent(cpu),
            format::bytes(memory)
        );
        out.push(fact("use", Role::Text, text));
    }
    for (name, count) in [
        ("images", host.images.len()),
        ("volumes", host.volumes.len()),
        ("networks", host.networks.len()),
    ] {
        out.push(fact(name, Role::Text, count.to_string()));
    }
    if let Some(swarm) = &host.swarm {
        let services = format::counted(swarm.services.len(), "service", "services");
        let nodes = format::counted(swarm.nodes.len(), "node", "nodes");
        let text = format!("{services}, {nodes}");
        out.push(fact("swarm", Role::Text, text));
        for node in &swarm.nodes {
            let good = &*node.status == "ready" && &*node.availability == "active";
            let role = if good {
                Role::Text
            } else {
                Role::SeverityWarning
            };
            let text = format!(
                "{} {} {} {} {}{}",
                node.name,
                node.role,
                node.status,
                node.availability,
                node.address,
                if node.leader { " leader" } else { "" }
            );
            out.push(fact("node", role, text));
        }
    }
}

/// What takes the disk, each with its part of the whole.
fn disk(out: &mut Vec<Item>, disk: Option<&DiskUse>, paint: &Paint<'_>) {
    heading(out, "Disk");
    let Some(disk) = disk else {
        out.push(super::nothing("not measured yet; ctrl-r measures"));
        return;
    };
    let total = disk.total().max(1);
    for (name, bytes) in [
        ("images", disk.images),
        ("containers", disk.containers),
        ("volumes", disk.volumes),
        ("build cache", disk.build_cache),
    ] {
        let share = bytes as f64 / total as f64;
        let line = named(name)
            .add(Role::Text, format!("{:>5}  ", format::bytes(bytes)))
            .add(Role::GaugeLow, super::happened::bar(share, 24, paint, true))
            .add(
                Role::GaugeEmpty,
                super::happened::bar(share, 24, paint, false),
            )
            .add(Role::TextMuted, format!("  {:.0}%", share * 100.0));
        out.push(Item::from(line).value(bytes.to_string()));
    }
    let all = format!("{:>5}", format::bytes(disk.total()));
    out.push(fact("all", Role::TextStrong, all));
}

/// How the link was since the console was opened, the newest first.
fn links(out: &mut Vec<Item>, changes: &[LinkChange], paint: &Paint<'_>) {
    if changes.is_empty() {
        return;
    }
    heading(out, "Link since the console was opened");
    for change in changes.iter().rev() {
        let role = match change.word {
            "live" => Role::LinkLive,
            "connecting" => Role::LinkConnecting,
            "denied" => Role::LinkDenied,
            _ => Role::LinkStale,
        };
        let mut line = Line::of(Role::LogTime, format!("{}  ", paint.moment(change.at)))
            .add(role, format!("{:<11}", change.word));
        if let Some(e) = &change.why {
            line.push(Role::TextMuted, e.as_str());
        }
        out.push(line.into());
    }
}

/// The machine of a host, to be followed.
pub(super) fn line(host: &HostShard) -> Item {
    let machine: ObjectRef = host.machine_ref();
    fact("host", Role::TextAccent, host.id().as_str()).to(Target::Object(machine))
}
