//! What the picture knows of an object.

use super::{error, fact, heading, named};
use crate::domain::observed::{Image, Labels, Network, SwarmService, Volume};
use crate::domain::snapshot::{HostShard, Link, Service};
use crate::tui::column::volume_size;
use crate::tui::detail::{Detail, Subject};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::{Row, Tally};
use crate::tui::theme::Role;

/// The description of the detail's subject.
pub(super) fn lines(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Line> {
    let Some(row) = detail.subject.row(&model.snapshot) else {
        return gone(&detail.subject, model);
    };
    let mut out = Vec::new();
    if !matches!(row, Row::Machine(_))
        && let Some(host) = row.host()
    {
        stale(&mut out, host, paint);
    }
    match &row {
        Row::Machine(host) => machine(&mut out, host, paint),
        Row::Container(host, c) => {
            super::container::describe(&mut out, host, c, detail, paint);
        }
        Row::Project(host, p) => {
            out.push(fact("project", Role::TextStrong, &*p.name));
            out.push(fact("host", Role::Text, host.id().as_str()));
            members(&mut out, &row, paint);
        }
        Row::Service(host, s) => service(&mut out, host, s, &row, paint),
        Row::Volume(host, v) => volume(&mut out, host, v, paint),
        Row::Network(host, n) => network(&mut out, host, n, paint),
        Row::Image(host, i) => image(&mut out, host, i, paint),
        Row::Operation(_) => {}
    }
    out
}

/// The object is not there any more.
pub(super) fn gone(subject: &Subject, model: &Model) -> Vec<Line> {
    let label = subject.label(&model.snapshot);
    vec![
        Line::of(Role::StateUnknown, format!("{label} is not there any more")),
        Line::of(Role::TextMuted, "Esc goes back"),
    ]
}

/// A host that does not answer: how old is what is said here?
fn stale(out: &mut Vec<Line>, host: &HostShard, paint: &Paint<'_>) {
    if let Some((since, e)) = crate::tui::row::trouble(&host.link) {
        let text = format!(
            "{} does not answer: what is said here is {} old",
            host.id(),
            paint.age(host.seen.unwrap_or(since))
        );
        out.push(Line::of(Role::LinkStale, text));
        out.extend(error(e));
        out.push(Line::default());
    }
}

fn machine(out: &mut Vec<Line>, host: &HostShard, paint: &Paint<'_>) {
    out.push(fact("machine", Role::TextStrong, host.id().as_str()));
    out.push(fact("endpoint", Role::Text, &*host.facts.endpoint));
    out.push(fact("from", Role::Text, &*host.facts.origin));
    match &host.link {
        Link::Live { rtt } => {
            let text = format!("live, {} ms", rtt.as_millis().max(1) / 10 * 10);
            let text = if rtt.as_millis() < 10 {
                "live".to_owned()
            } else {
                text
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
            out.extend(error(e));
        }
        Link::Denied { since, error: e } => {
            let text = format!("denied for {}", paint.age(*since));
            out.push(fact("link", Role::LinkDenied, text));
            out.extend(error(e));
        }
    }
    if host.facts.read_only {
        out.push(fact("mode", Role::SeverityWarning, "read-only"));
    }
    labels(out, &host.facts.labels);
    if let Some(info) = &host.info {
        heading(out, "Engine");
        let version = format!("{} {} (API {})", info.product, info.version, info.api);
        out.push(fact("engine", Role::Text, version));
        out.push(fact("system", Role::Text, &*info.os));
        let kernel = format!("{} {}", info.kernel, info.architecture);
        out.push(fact("kernel", Role::Text, kernel));
        let size = format!("{} CPUs, {} memory", info.cpus, format::bytes(info.memory));
        out.push(fact("size", Role::Text, size));
        let storage = format!("{} in {}", info.storage_driver, info.root_dir);
        out.push(fact("storage", Role::Text, storage));
        out.push(fact(
            "cgroups",
            Role::Text,
            format!("v{}", info.cgroup_version),
        ));
        if let Some(time) = info.system_time
            && let Some(seen) = host.seen
            && (time - seen).num_seconds().abs() > 30
        {
            let apart = format::duration((time - seen).abs());
            let text = format!("its clock is {apart} away from ours");
            out.push(fact("clock", Role::SeverityWarning, text));
        }
        for warning in &info.warnings {
            out.push(fact("warning", Role::SeverityWarning, &**warning));
        }
    }
    tally(out, host);
    if let Some(disk) = &host.disk {
        heading(out, "Disk");
        for (name, bytes) in [
            ("images", disk.images),
            ("containers", disk.containers),
            ("volumes", disk.volumes),
            ("build cache", disk.build_cache),
            ("all", disk.total()),
        ] {
            out.push(fact(name, Role::Text, format::bytes(bytes)));
        }
    }
    if !host.gaps.is_empty() {
        heading(out, "Not readable");
        for (kind, e) in host.gaps.iter() {
            out.push(fact(kind.plural(), Role::SeverityWarning, e.chain()));
        }
    }
}

fn tally(out: &mut Vec<Line>, host: &HostShard) {
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
    out.push(line);
    out.push(fact("images", Role::Text, host.images.len().to_string()));
    out.push(fact("volumes", Role::Text, host.volumes.len().to_string()));
    out.push(fact(
        "networks",
        Role::Text,
        host.networks.len().to_string(),
    ));
    if let Some(swarm) = &host.swarm {
        let text = format!(
            "{} services, {} nodes",
            swarm.services.len(),
            swarm.nodes.len()
        );
        out.push(fact("swarm", Role::Text, text));
        for node in &swarm.nodes {
            let text = format!(
                "{} {} {} {}{}",
                node.name,
                node.role,
                node.status,
                node.availability,
                if node.leader { " leader" } else { "" }
            );
            out.push(fact("node", Role::Text, text));
        }
    }
}

/// Labels, the engine's and Compose's own after those of people.
pub(super) fn labels(out: &mut Vec<Line>, labels: &Labels) {
    if labels.is_empty() {
        return;
    }
    heading(out, "Labels");
    let own = |key: &str| key.starts_with("com.docker.") || key.starts_with("org.opencontainers.");
    let all = labels.iter();
    let (theirs, people): (Vec<_>, Vec<_>) = all.partition(|(k, _)| own(k));
    for (key, value) in people.into_iter().chain(theirs) {
        let role = if own(key) { Role::TextDim } else { Role::Text };
        out.push(Line::of(Role::TextMuted, format!("{key}=")).add(role, &**value));
    }
}

fn members(out: &mut Vec<Line>, row: &Row, paint: &Paint<'_>) {
    heading(out, "Containers");
    for c in row.containers() {
        out.push(super::container::summary(c, paint));
    }
}

fn service(out: &mut Vec<Line>, host: &HostShard, s: &Service, row: &Row, paint: &Paint<'_>) {
    out.push(fact("service", Role::TextStrong, &*s.name));
    if !s.project.is_empty() {
        out.push(fact("project", Role::TextAccent, &*s.project));
    }
    out.push(fact("host", Role::Text, host.id().as_str()));
    if let Some(swarm) = &s.swarm {
        swarm_service(out, swarm, paint);
    } else {
        if let Some(c) = s.containers.first() {
            out.push(fact("image", Role::Text, &*c.image));
            if let Some(depends) = c.label(crate::domain::observed::DEPENDS_LABEL) {
                out.push(fact("waits for", Role::Text, depends.replace(',', ", ")));
            }
        }
        members(out, row, paint);
    }
}

fn swarm_service(out: &mut Vec<Line>, s: &SwarmService, paint: &Paint<'_>) {
    out.push(fact("image", Role::Text, &*s.image));
    out.push(fact("mode", Role::Text, &*s.mode));
    let wanted = s.replicas.map_or_else(String::new, |r| format!(" of {r}"));
    out.push(fact(
        "running",
        Role::Text,
        format!("{}{wanted}", s.running),
    ));
    let ports: Vec<String> = s.ports.iter().map(ToString::to_string).collect();
    if !ports.is_empty() {
        out.push(fact("ports", Role::Text, ports.join(", ")));
    }
    heading(out, "Tasks");
    for task in &s.tasks {
        let slot = task.slot.map_or_else(String::new, |s| format!(".{s}"));
        let mut line = Line::of(Role::Text, format!("{}{slot} ", s.name));
        let good = task.state == task.desired;
        let role = if good {
            Role::StateRunning
        } else {
            Role::StateChanging
        };
        line.push(role, format!("{} ", task.state));
        line.push(Role::TextMuted, format!("on {}", task.node));
        if let Some(at) = task.at {
            line.push(Role::TextMuted, format!(" {}", paint.age(at)));
        }
        if let Some(e) = &task.error {
            line.push(Role::SeverityError, format!(" {e}"));
        }
        out.push(line);
    }
}

/// When something was made.
pub(super) fn created(
    out: &mut Vec<Line>,
    at: Option<chrono::DateTime<chrono::Utc>>,
    paint: &Paint<'_>,
) {
    if let Some(at) = at {
        let text = format!("{} ago, {}", paint.age(at), paint.moment(at));
        out.push(fact("created", Role::Text, text));
    }
}

fn users<'a>(
    out: &mut Vec<Line>,
    users: impl Iterator<Item = &'a std::sync::Arc<crate::domain::observed::Container>>,
    paint: &Paint<'_>,
) {
    heading(out, "Used by");
    let before = out.len();
    out.extend(users.map(|c| super::container::summary(c, paint)));
    if out.len() == before {
        out.push(Line::of(Role::TextDim, "no container"));
    }
}

fn volume(out: &mut Vec<Line>, host: &HostShard, v: &Volume, paint: &Paint<'_>) {
    out.push(fact("volume", Role::TextStrong, &*v.name));
    out.push(fact("host", Role::Text, host.id().as_str()));
    out.push(fact("driver", Role::Text, &*v.driver));
    out.push(fact("mountpoint", Role::Text, &*v.mountpoint));
    if v.is_anonymous() {
        out.push(fact("kind", Role::TextMuted, "anonymous"));
    }
    let size = match volume_size(host, v) {
        Some(size) => format::bytes(size),
        None => "not measured; ctrl-r measures".to_owned(),
    };
    out.push(fact("size", Role::Text, size));
    created(out, v.created, paint);
    for (key, value) in &v.options {
        out.push(fact("option", Role::Text, format!("{key}={value}")));
    }
    users(out, host.volume_users(&v.name), paint);
    labels(out, &v.labels);
}

fn network(out: &mut Vec<Line>, host: &HostShard, n: &Network, paint: &Paint<'_>) {
    out.push(fact("network", Role::TextStrong, &*n.name));
    out.push(fact("host", Role::Text, host.id().as_str()));
    out.push(fact("id", Role::Text, n.id.short()));
    let driver = format!("{} ({})", n.driver, n.scope);
    out.push(fact("driver", Role::Text, driver));
    for subnet in &n.subnets {
        out.push(fact("subnet", Role::Text, &**subnet));
    }
    let flags = [
        (n.is_builtin(), "made by the engine itself"),
        (n.internal, "internal: no way out"),
        (n.attachable, "attachable"),
        (n.ingress, "ingress"),
        (n.ipv6, "IPv6"),
    ];
    for (_, word) in flags.iter().filter(|f| f.0) {
        out.push(fact("flag", Role::Text, *word));
    }
    created(out, n.created, paint);
    heading(out, "Members");
    let before = out.len();
    for c in host.network_members(n) {
        let mut line = super::container::summary(c, paint);
        let here = c.networks.iter().find(|a| a.network == n.name);
        if let Some(ip) = here.and_then(|a| a.ip.as_ref()) {
            line.push(Role::TextAccent, format!("  {ip}"));
        }
        out.push(line);
    }
    if out.len() == before {
        out.push(Line::of(Role::TextDim, "no container"));
    }
    labels(out, &n.labels);
}

fn image(out: &mut Vec<Line>, host: &HostShard, i: &Image, paint: &Paint<'_>) {
    let name = if i.tags.is_empty() {
        "<none>"
    } else {
        i.name()
    };
    out.push(fact("image", Role::TextStrong, name));
    for tag in i.tags.iter().skip(1) {
        out.push(fact("also", Role::Text, &**tag));
    }
    out.push(fact("host", Role::Text, host.id().as_str()));
    out.push(fact("id", Role::Text, i.id.short()));
    for digest in &i.digests {
        out.push(fact("digest", Role::TextMuted, &**digest));
    }
    out.push(fact("size", Role::Text, format::bytes(i.size)));
    created(out, i.created, paint);
    users(out, host.image_users(i), paint);
    labels(out, &i.labels);
}
