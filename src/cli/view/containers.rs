//! Containers.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Columns, Shown, dash, labels, list, time};
use crate::cli::human;
use crate::cli::table::{Cell, Tone};
use crate::domain::id::ObjectRef;
use crate::domain::observed::{Container, ContainerState, HealthStatus};
use crate::domain::snapshot::HostShard;

pub(super) const COLUMNS: Columns = Columns {
    table: &["HOST", "NAME", "IMAGE", "STATUS", "PORTS", ">AGE"],
    wide: &["ID", "PROJECT", "SERVICE", "NETWORKS", "COMMAND"],
};

/// The stable fields of a container. Null is what nobody knows: lists of engines say less than an
/// inspection does.
fn container_item(host: &HostShard, c: &Container, now: DateTime<Utc>) -> Value {
    let inspected = |value: Value| if c.inspected { value } else { Value::Null };
    json!({
        "id": c.id,
        "name": c.name,
        "host": host.id(),
        "kind": "Container",
        "image": c.image,
        "imageId": c.image_id,
        "command": c.command,
        "state": c.state,
        "status": status(c, now),
        "health": c.health_status(),
        "exitCode": c.exit_code,
        "oomKilled": inspected(json!(c.oom_killed)),
        "error": c.error,
        "restartCount": inspected(json!(c.restart_count)),
        "restartPolicy": inspected(json!(c.restart_policy)),
        "createdAt": time(c.created),
        "startedAt": inspected(time(c.started)),
        "finishedAt": inspected(time(c.finished)),
        "labels": labels(&c.labels),
        "ports": c.ports,
        "mounts": c.mounts,
        "networks": c.networks,
        "project": c.project(),
        "service": c.service(),
        "stale": !host.link.is_live(),
    })
}

/// As docker says it, shorter: `Up 3h (unhealthy)`, `Exited (1) 2d ago`.
pub(super) fn status(c: &Container, now: DateTime<Utc>) -> String {
    let since = |word: &str, t: Option<DateTime<Utc>>| match t {
        Some(t) => format!("{word} {}", human::age(t, now)),
        None => word.to_owned(),
    };
    match c.state {
        ContainerState::Running => match c.health_status() {
            Some(h) => format!("{} ({})", since("Up", c.started), h.word()),
            None => since("Up", c.started),
        },
        ContainerState::Paused => format!("{} (paused)", since("Up", c.started)),
        ContainerState::Exited => {
            let word = match c.exit_code {
                Some(code) => format!("Exited ({code})"),
                None => "Exited".to_owned(),
            };
            match c.finished {
                Some(t) => format!("{word} {} ago", human::age(t, now)),
                None => word,
            }
        }
        ContainerState::Restarting => match c.exit_code {
            Some(code) => format!("Restarting ({code})"),
            None => "Restarting".to_owned(),
        },
        ContainerState::Created => "Created".to_owned(),
        ContainerState::Stopping => "Stopping".to_owned(),
        ContainerState::Removing => "Removing".to_owned(),
        ContainerState::Dead => "Dead".to_owned(),
        ContainerState::Unknown => "Unknown".to_owned(),
    }
}

fn tone(c: &Container) -> Tone {
    if c.is_problem() {
        return Tone::Bad;
    }
    match (c.state, c.health_status()) {
        (ContainerState::Running, Some(HealthStatus::Starting)) => Tone::Warn,
        (ContainerState::Running, _) => Tone::Good,
        (ContainerState::Exited | ContainerState::Created, _) => Tone::Dim,
        _ => Tone::Warn,
    }
}

/// Each port once, though engines list it for IPv4 and IPv6.
fn ports(c: &Container) -> Cell {
    let mut shown: Vec<String> = Vec::new();
    for port in &c.ports {
        let everywhere = matches!(port.ip.as_deref(), None | Some("0.0.0.0" | "::"));
        let text = match port.public {
            Some(public) if everywhere => format!("{public}->{}/{}", port.private, port.protocol),
            _ => port.to_string(),
        };
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    if shown.is_empty() {
        dash()
    } else {
        shown.join(", ").into()
    }
}

pub(super) fn container(host: &HostShard, object: &ObjectRef, now: DateTime<Utc>) -> Option<Shown> {
    let c = host.container(&object.id)?;
    let networks: Vec<&str> = c.networks.iter().map(|n| &*n.network).collect();
    let cells = vec![
        host.id().as_str().into(),
        Cell::new(&c.name, Tone::Strong),
        (&*c.image).into(),
        Cell::new(status(c, now), tone(c)),
        ports(c),
        super::age(c.created, now),
        c.id.short().into(),
        c.project().map_or_else(dash, Cell::from),
        c.service().map_or_else(dash, Cell::from),
        list(&networks),
        (&*c.command).into(),
    ];
    Some(Shown {
        item: container_item(host, c, now),
        cells,
    })
}
