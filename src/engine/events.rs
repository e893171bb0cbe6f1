//! Events: one decoder for what Docker sends and what Podman does.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

use super::DockerEngine;
use super::ndjson::Documents;
use super::wire::{RawLabels, Words, clean, id, lax, number, stamp, unix_time};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::port::BoxStream;
use crate::transport::{BodyStream, Call};

/// The longest event that is read.
const MAX_EVENT: usize = 1 << 20;

/// What Docker's `event` filter shall let pass: all there is but the three events of every exec,
/// which each run of a health check makes. Docker compares by prefix as soon as one of them is
/// `health_status`.
const WANTED: &[&str] = &[
    "attach",
    "commit",
    "connect",
    "copy",
    "create",
    "delete",
    "destroy",
    "detach",
    "die",
    "disable",
    "disconnect",
    "enable",
    "export",
    "health_status",
    "import",
    "install",
    "kill",
    "load",
    "mount",
    "oom",
    "pause",
    "prune",
    "pull",
    "push",
    "reload",
    "remove",
    "rename",
    "resize",
    "restart",
    "save",
    "start",
    "stop",
    "tag",
    "top",
    "unmount",
    "unpause",
    "untag",
    "update",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(rename = "Type", deserialize_with = "lax")]
    kind: String,
    #[serde(rename = "Action", deserialize_with = "lax")]
    action: String,
    /// The action, as it was called before API 1.22.
    #[serde(deserialize_with = "lax")]
    status: String,
    #[serde(rename = "Actor", deserialize_with = "lax")]
    actor: Actor,
    /// The actor's id, before API 1.22.
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "number")]
    time: i64,
    #[serde(rename = "timeNano", deserialize_with = "number")]
    nanos: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "ID", deserialize_with = "lax")]
    id: String,
    #[serde(rename = "Attributes", deserialize_with = "lax")]
    attributes: RawLabels,
}

impl DockerEngine {
    pub(super) async fn open_events(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<BoxStream<Result<EngineEvent>>> {
        let dialect = self.dialect().await?;
        let mut call = Call::get("/events")
            .maybe("since", since.map(stamp))
            .endless();
        if dialect.podman {
            // Its `until` stops the reading by the clock, so one in the past (or `now`) stops it
            // before the first event; without following it reads to the end of its file.
            call = match until {
                Some(until) if until <= self.clock.now() => call.query("stream", false),
                _ => call.maybe("until", until.map(stamp)),
            };
        } else {
            let filters = serde_json::json!({ "event": WANTED });
            call = call
                .maybe("until", until.map(stamp))
                .query("filters", filters);
        }
        let reading = Reading {
            body: self.http.stream(call).await?,
            documents: Documents::new(MAX_EVENT),
            podman: dialect.podman,
            window: (since, until),
            words: Words::default(),
            ready: VecDeque::new(),
            ended: false,
        };
        Ok(Box::pin(stream::unfold(reading, |mut r| async move {
            let item = r.next().await?;
            Some((item, r))
        })))
    }
}

struct Reading {
    body: BodyStream,
    documents: Documents,
    podman: bool,
    window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    words: Words,
    ready: VecDeque<Result<EngineEvent>>,
    ended: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<EngineEvent>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            let next = self.body.next().await;
            let Self {
                documents,
                podman,
                window,
                words,
                ready,
                ended,
                ..
            } = self;
            let mut broken = false;
            let mut take = |line: &[u8]| {
                if broken {
                    return;
                }
                match decode(line, *podman, words) {
                    Ok(Some(event)) if is_within(&event, *window) => ready.push_back(Ok(event)),
                    Ok(_) => {}
                    Err(e) => {
                        broken = true;
                        ready.push_back(Err(e));
                    }
                }
            };
            match next {
                Some(Ok(data)) => documents.feed(&data, &mut take),
                Some(Err(e)) => {
                    *ended = true;
                    ready.push_back(Err(e));
                    continue;
                }
                None => {
                    *ended = true;
                    documents.finish(&mut take);
                }
            }
            *ended |= broken;
            if documents.dropped > 0 {
                tracing::warn!(dropped = documents.dropped, "events longer than 1 MiB");
                documents.dropped = 0;
            }
        }
    }
}

/// Podman is not exact about the window.
fn is_within(event: &EngineEvent, window: (Option<DateTime<Utc>>, Option<DateTime<Utc>>)) -> bool {
    let Some(time) = event.time else { return true };
    window.0.is_none_or(|since| time >= since) && window.1.is_none_or(|until| time <= until)
}

/// One line; none for what is left out.
fn decode(line: &[u8], podman: bool, words: &mut Words) -> Result<Option<EngineEvent>> {
    let raw: Raw = match serde_json::from_slice(line) {
        Ok(raw) => raw,
        Err(e) if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() => {
            tracing::warn!(error = %e, "an event of another shape");
            return Ok(None);
        }
        Err(e) => {
            return Err(
                Error::new(ErrorKind::Protocol, "read events: a line is not JSON").with_source(e),
            );
        }
    };
    Ok(event(&raw, podman, words))
}

fn event(raw: &Raw, podman: bool, words: &mut Words) -> Option<EngineEvent> {
    let attributes = &raw.actor.attributes;
    let attribute = |key: &str| {
        let value = attributes.get(key)?.as_deref()?;
        Some(value).filter(|v| !v.is_empty())
    };
    let kind = match raw.kind.as_str() {
        // Engines before 1.10 had events of containers only.
        "container" | "" => EventKind::Container,
        "image" => EventKind::Image,
        "volume" => EventKind::Volume,
        "network" => EventKind::Network,
        "service" => EventKind::Service,
        "node" => EventKind::Node,
        _ => EventKind::Other,
    };
    let action = if raw.action.is_empty() {
        &raw.status
    } else {
        &raw.action
    };
    if action.starts_with("exec_") {
        return None;
    }
    let action = if podman {
        let health = attribute("health_status");
        translated(kind, action, health)?
    } else {
        words.clean(action)
    };
    let mut actor = if raw.actor.id.is_empty() {
        &raw.id
    } else {
        &raw.actor.id
    };
    let mut name = attribute("name").unwrap_or_default();
    let mut all = raw.actor.attributes.clone();
    let container;
    if kind == EventKind::Volume {
        // Podman gives its name only.
        if actor.is_empty() {
            container = name.to_owned();
            actor = &container;
        } else if name.is_empty() {
            name = actor;
        }
    } else if podman && kind == EventKind::Network {
        // Its subject is the container there, and the network an attribute.
        let network = attribute("network").unwrap_or_default();
        if matches!(&*action, "connect" | "disconnect") {
            all.insert("container".into(), Some(actor.clone()));
            container = network.to_owned();
            actor = &container;
        }
        name = network;
    }
    Some(EngineEvent {
        kind,
        action,
        id: id(actor),
        name: clean(name.trim_start_matches('/')),
        time: if raw.nanos > 0 {
            Some(DateTime::from_timestamp_nanos(raw.nanos))
        } else {
            unix_time(raw.time)
        },
        attributes: words.labels(&all),
    })
}

/// Docker's word for what Podman says; none for what Docker would not tell.
fn translated(kind: EventKind, action: &str, health: Option<&str>) -> Option<Arc<str>> {
    let word = match (kind, action) {
        (_, "died") => "die",
        (EventKind::Image, "remove") => "delete",
        (EventKind::Container | EventKind::Volume | EventKind::Network, "remove") => "destroy",
        (
            EventKind::Container,
            "init" | "cleanup" | "sync" | "exec" | "exec_died" | "mount" | "unmount" | "prune",
        ) => return None,
        (_, "health_status") => {
            return Some(match health {
                Some(status) => clean(&format!("health_status: {status}")),
                None => Arc::from("health_status"),
            });
        }
        (_, other) => other,
    };
    Some(clean(word))
}

#[cfg(test)]
mod tests;
