//! What the picture knows of an object.

use serde_json::Value;

use super::links::{self, document, text};
use super::page::{Item, Target};
use super::{error, fact, heading, machine, named, nothing};
use crate::domain::observed::{Image, Labels, Network, SwarmService, Volume};
use crate::domain::snapshot::{HostShard, Service};
use crate::tui::column::volume_size;
use crate::tui::detail::{Detail, Subject};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// The description of the detail's subject.
pub(super) fn items(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
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
        Row::Machine(host) => machine::describe(&mut out, model, host, paint),
        Row::Container(host, c) => {
            super::container::describe(&mut out, host, c, detail, paint);
        }
        Row::Project(host, p) => {
            out.push(fact("project", Role::TextStrong, &*p.name));
            out.push(machine::line(host));
            compose_file(&mut out, &row);
            members(&mut out, host, &row, detail.width, paint);
        }
        Row::Service(host, s) => service(&mut out, host, s, &row, detail, paint),
        Row::Volume(host, v) => volume(&mut out, host, v, paint),
        Row::Network(host, n) => network(&mut out, host, n, detail, paint),
        Row::Image(host, i) => image(&mut out, host, i, detail, paint),
        Row::Operation(_) => {}
    }
    out
}

/// The object is not there any more.
pub(super) fn gone(subject: &Subject, model: &Model) -> Vec<Item> {
    let label = subject.label(&model.snapshot);
    let object = subject.object();
    let host = object.and_then(|o| model.snapshot.host(&o.host));
    let first = match (object, host) {
        (Some(_), Some(host)) if !host.listed => {
            format!("{label} is not known yet: {} was not read", host.id())
        }
        (Some(object), _) => format!("{} {label} is not there any more", object.kind),
        _ => format!("{label} is not there any more"),
    };
    vec![
        Line::of(Role::StateUnknown, first).into(),
        Line::of(
            Role::TextMuted,
            "Esc goes back; its timeline is still in the journal",
        )
        .into(),
    ]
}

/// A host that does not answer: how old is what is said here?
fn stale(out: &mut Vec<Item>, host: &HostShard, paint: &Paint<'_>) {
    if let Some((since, e)) = crate::tui::row::trouble(&host.link) {
        let text = format!(
            "{} does not answer: what is said here is {} old",
            host.id(),
            paint.age(host.seen.unwrap_or(since))
        );
        let machine = Target::Object(host.machine_ref());
        let line = Line::of(Role::LinkStale, text);
        out.push(Item::from(line).to(machine));
        out.extend(error(e).into_iter().map(Item::from));
        out.push(Item::default());
    }
}

/// Labels, the engine's and Compose's own after those of people.
pub(super) fn labels(out: &mut Vec<Item>, labels: &Labels) {
    if labels.is_empty() {
        return;
    }
    heading(out, "Labels");
    let own = |key: &str| key.starts_with("com.docker.") || key.starts_with("org.opencontainers.");
    let all = labels.iter();
    let (theirs, people): (Vec<_>, Vec<_>) = all.partition(|(k, _)| own(k));
    for (key, value) in people.into_iter().chain(theirs) {
        let role = if own(key) { Role::TextDim } else { Role::Text };
        let line = Line::of(Role::TextMuted, format!("{key}=")).add(role, &**value);
        out.push(Item {
            path: Some(key.to_string()),
            ..Item::from(line).value(&**value)
        });
    }
}

fn members(out: &mut Vec<Item>, host: &HostShard, row: &Row, width: usize, paint: &Paint<'_>) {
    let ill: Vec<_> = row
        .containers()
        .iter()
        .filter(|c| c.is_problem())
        .cloned()
        .collect();
    if !ill.is_empty() {
        heading(out, "Why");
        for c in &ill {
            out.push(super::container::summary(host, c, paint));
            out.extend(super::health::why(host, c, width, paint));
        }
    }
    heading(out, "Containers");
    out.extend(links::containers(host, row.containers(), paint));
}

/// Where its file is, as Compose wrote it on the containers.
fn compose_file(out: &mut Vec<Item>, row: &Row) {
    let Some(c) = row.containers().first() else {
        return;
    };
    for (name, key) in [
        ("files", "com.docker.compose.project.config_files"),
        ("directory", "com.docker.compose.project.working_dir"),
        ("compose", "com.docker.compose.version"),
    ] {
        if let Some(value) = c.label(key) {
            out.push(fact(name, Role::Text, value));
        }
    }
}

fn service(
    out: &mut Vec<Item>,
    host: &HostShard,
    s: &Service,
    row: &Row,
    detail: &Detail,
    paint: &Paint<'_>,
) {
    out.push(fact("service", Role::TextStrong, &*s.name));
    if !s.project.is_empty() {
        let mut all = host.projects().into_iter();
        let project = all.find(|p| p.name == s.project);
        let project = project.map(|p| p.object(host.id()));
        out.push(fact("project", Role::TextAccent, &*s.project).maybe_to(project));
    }
    out.push(machine::line(host));
    if let Some(swarm) = &s.swarm {
        swarm_service(out, host, swarm, detail, paint);
        labels(out, &swarm.labels);
        return;
    }
    if let Some(c) = s.containers.first() {
        let image = links::image_of(host, c);
        out.push(fact("image", Role::TextAccent, &*c.image).maybe_to(image));
        if let Some(depends) = c.label(crate::domain::observed::DEPENDS_LABEL) {
            for wait in depends.split(',').filter(|w| !w.is_empty()) {
                out.push(waits_for(host, &s.project, wait));
            }
        }
    }
    let up = s.containers.iter().filter(|c| c.state.is_up()).count();
    let text = format!("{up} of {}", s.containers.len());
    out.push(fact("running", Role::Text, text));
    compose_file(out, row);
    members(out, host, row, detail.width, paint);
}

/// A service that another depends on: `db:service_healthy:true`.
fn waits_for(host: &HostShard, project: &str, wait: &str) -> Item {
    let mut parts = wait.split(':');
    let name = parts.next().unwrap_or_default();
    let until = match parts.next() {
        Some("service_healthy") => " until it is healthy",
        Some("service_completed_successfully") => " until it has ended well",
        _ => " until it is started",
    };
    let mut all = host.services().into_iter();
    let found = all.find(|s| *s.project == *project && *s.name == *name);
    let item = fact("waits for", Role::TextAccent, name);
    item.add(Role::TextMuted, until)
        .maybe_to(found.map(|s| s.object(host.id())))
}

fn swarm_service(
    out: &mut Vec<Item>,
    host: &HostShard,
    s: &SwarmService,
    detail: &Detail,
    paint: &Paint<'_>,
) {
    out.push(fact("image", Role::Text, &*s.image));
    out.push(fact("mode", Role::Text, &*s.mode));
    let wanted = s.replicas.map_or_else(String::new, |r| format!(" of {r}"));
    let short = s.replicas.is_some_and(|r| s.running < r);
    let role = if short {
        Role::SeverityWarning
    } else {
        Role::Text
    };
    out.push(fact("running", role, format!("{}{wanted}", s.running)));
    let ports: Vec<String> = s.ports.iter().map(ToString::to_string).collect();
    if !ports.is_empty() {
        out.push(fact("ports", Role::Text, ports.join(", ")));
    }
    super::describe::created(out, s.created, paint);
    if let Some(at) = s.updated.filter(|at| Some(*at) != s.created) {
        let text = format!("{} ago, {}", paint.age(at), paint.moment(at));
        out.push(fact("updated", Role::Text, text));
    }
    if let Some(document) = document(detail) {
        placement(out, document);
    }
    failures(out, s, paint);
    heading(out, "Tasks");
    out.extend(links::swarm_tasks(host, s, paint));
}

/// Where its tasks may run, how it is updated, and how the last update went.
fn placement(out: &mut Vec<Item>, document: &Value) {
    let list = |pointer: &str| -> Vec<String> {
        let all = document.pointer(pointer).and_then(Value::as_array);
        all.into_iter()
            .flatten()
            .filter_map(|v| text(Some(v)))
            .collect()
    };
    for constraint in list("/Spec/TaskTemplate/Placement/Constraints") {
        out.push(fact("placement", Role::Text, constraint));
    }
    let most = document.pointer("/Spec/TaskTemplate/Placement/MaxReplicas");
    if let Some(most) = text(most).filter(|m| m != "0") {
        let value = format!("at most {most} on a node");
        out.push(fact("placement", Role::Text, value));
    }
    let spread = document
        .pointer("/Spec/TaskTemplate/Placement/Preferences")
        .and_then(Value::as_array);
    for preference in spread.into_iter().flatten() {
        if let Some(by) = text(preference.pointer("/Spread/SpreadDescriptor")) {
            out.push(fact("spread over", Role::Text, by));
        }
    }
    if let Some(state) = text(document.pointer("/UpdateStatus/State")) {
        let role = if state.contains("paused") || state.contains("rollback") {
            Role::SeverityWarning
        } else {
            Role::Text
        };
        let message = text(document.pointer("/UpdateStatus/Message")).unwrap_or_default();
        out.push(fact("update", role, format!("{state}: {message}")));
    }
}

/// Why tasks failed, each reason once, with how often.
fn failures(out: &mut Vec<Item>, s: &SwarmService, paint: &Paint<'_>) {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for e in s.tasks.iter().filter_map(|t| t.error.as_deref()) {
        match reasons.iter_mut().find(|(text, _)| *text == e) {
            Some((_, times)) => *times += 1,
            None => reasons.push((e, 1)),
        }
    }
    if reasons.is_empty() {
        return;
    }
    heading(out, "Why");
    for (text, times) in reasons {
        let sign = format!("{} ", paint.glyphs.failed);
        let mut line = Line::of(Role::StateFailed, sign).add(Role::TextStrong, text);
        if times > 1 {
            line.push(Role::TextMuted, format!("  {times} times"));
        }
        out.push(Item::from(line).value(text));
    }
}

/// When something was made.
pub(super) fn created(
    out: &mut Vec<Item>,
    at: Option<chrono::DateTime<chrono::Utc>>,
    paint: &Paint<'_>,
) {
    if let Some(at) = at {
        let text = format!("{} ago, {}", paint.age(at), paint.moment(at));
        out.push(fact("created", Role::Text, text));
    }
}

fn volume(out: &mut Vec<Item>, host: &HostShard, v: &Volume, paint: &Paint<'_>) {
    out.push(fact("volume", Role::TextStrong, &*v.name));
    out.push(machine::line(host));
    let (kind, role) = if v.is_anonymous() {
        (
            "anonymous: made without a name for one container",
            Role::TextMuted,
        )
    } else {
        ("named", Role::Text)
    };
    out.push(fact("kind", role, kind));
    out.push(fact("driver", Role::Text, &*v.driver));
    out.push(fact("mountpoint", Role::Text, &*v.mountpoint));
    out.push(match volume_size(host, v) {
        Some(size) => fact("size", Role::TextStrong, format::bytes(size)),
        None => fact("size", Role::TextDim, "not measured; ctrl-r measures"),
    });
    created(out, v.created, paint);
    for (key, value) in &v.options {
        let pair = crate::domain::secret::masked(&format!("{key}={value}")).into_owned();
        out.push(fact("option", Role::Text, pair));
    }
    heading(out, "Used by");
    let before = out.len();
    for c in host.volume_users(&v.name) {
        let mut item = super::container::summary(host, c, paint);
        let mounts = c.mounts.iter();
        for m in mounts.filter(|m| m.name.as_deref() == Some(&*v.name)) {
            item.line
                .push(Role::TextMuted, format!("  at {}", m.target));
            if m.read_only {
                item.line.push(Role::TextDim, " read-only");
            }
        }
        out.push(item);
    }
    if out.len() == before {
        out.push(nothing(
            "no container: nothing would miss it, prune volumes takes it",
        ));
    }
    labels(out, &v.labels);
}

fn network(out: &mut Vec<Item>, host: &HostShard, n: &Network, detail: &Detail, paint: &Paint<'_>) {
    out.push(fact("network", Role::TextStrong, &*n.name));
    out.push(machine::line(host));
    let id = Item::from(named("id").add(Role::Text, n.id.short()));
    out.push(id.value(n.id.as_str()));
    let driver = format!("{} ({})", n.driver, n.scope);
    out.push(fact("driver", Role::Text, driver));
    addresses(out, n, detail);
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
    let options = document(detail).and_then(|d| d.get("Options")?.as_object());
    for (key, value) in options.into_iter().flatten() {
        let value = text(Some(value)).unwrap_or_default();
        let key = crate::domain::text::sanitise(key);
        out.push(fact("option", Role::Text, format!("{key}={value}")));
    }
    heading(out, "Members");
    let before = out.len();
    let members = host.network_members(n);
    out.extend(members.map(|c| super::container::member(host, c, n, paint)));
    if out.len() == before {
        out.push(nothing("no container"));
    }
    labels(out, &n.labels);
}

/// Subnets with their gateways; those of the picture until inspect tells more.
fn addresses(out: &mut Vec<Item>, n: &Network, detail: &Detail) {
    let config = document(detail)
        .and_then(|d| d.pointer("/IPAM/Config")?.as_array())
        .filter(|c| !c.is_empty());
    let Some(config) = config else {
        for subnet in &n.subnets {
            out.push(fact("subnet", Role::Text, &**subnet));
        }
        return;
    };
    for pool in config {
        for (name, key) in [
            ("subnet", "Subnet"),
            ("gateway", "Gateway"),
            ("range", "IPRange"),
        ] {
            if let Some(value) = text(pool.get(key)) {
                out.push(fact(name, Role::Text, value));
            }
        }
    }
}

fn image(out: &mut Vec<Item>, host: &HostShard, i: &Image, detail: &Detail, paint: &Paint<'_>) {
    if i.tags.is_empty() {
        let item = fact("image", Role::TextStrong, "<none>");
        out.push(item.add(
            Role::SeverityWarning,
            "  dangling: no tag names it any more",
        ));
    } else {
        out.push(fact("image", Role::TextStrong, i.name()));
    }
    for tag in i.tags.iter().skip(1) {
        out.push(fact("also", Role::Text, &**tag));
    }
    out.push(machine::line(host));
    let id = Item::from(named("id").add(Role::Text, i.id.short()));
    out.push(id.value(i.id.as_str()));
    for digest in &i.digests {
        out.push(fact("digest", Role::TextMuted, &**digest));
    }
    out.push(fact("size", Role::TextStrong, format::bytes(i.size)));
    created(out, i.created, paint);
    if let Some(document) = document(detail) {
        image_config(out, document);
    }
    heading(out, "Used by");
    let before = out.len();
    let users = host.image_users(i);
    out.extend(users.map(|c| super::container::summary(host, c, paint)));
    if out.len() == before {
        out.push(nothing("no container"));
    }
    labels(out, &i.labels);
}

/// What containers of it get when nothing else is said.
fn image_config(out: &mut Vec<Item>, document: &Value) {
    let words = |key: &str| -> String {
        let all = document
            .pointer(&format!("/Config/{key}"))
            .and_then(Value::as_array);
        let all: Vec<String> = all
            .into_iter()
            .flatten()
            .filter_map(|w| text(Some(w)))
            .collect();
        all.join(" ")
    };
    let keys = |key: &str| -> String {
        let all = document
            .pointer(&format!("/Config/{key}"))
            .and_then(Value::as_object);
        let all: Vec<String> = all
            .into_iter()
            .flatten()
            .map(|(k, _)| crate::domain::text::sanitise(k).into_owned())
            .collect();
        all.join(", ")
    };
    let platform = [text(document.get("Os")), text(document.get("Architecture"))];
    let platform: Vec<String> = platform.into_iter().flatten().collect();
    let layers = document.pointer("/RootFS/Layers").and_then(Value::as_array);
    let layers = layers.map_or_else(String::new, |l| {
        format::counted(l.len(), "layer with files", "layers with files")
    });
    for (name, value) in [
        ("platform", platform.join("/")),
        ("entrypoint", words("Entrypoint")),
        ("command", words("Cmd")),
        (
            "user",
            text(document.pointer("/Config/User")).unwrap_or_default(),
        ),
        ("exposes", keys("ExposedPorts")),
        ("volumes", keys("Volumes")),
        ("layers", layers),
    ] {
        if !value.is_empty() {
            out.push(fact(name, Role::Text, value));
        }
    }
}
