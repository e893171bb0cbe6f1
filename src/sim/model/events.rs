//! The engine's events: what happened, kept for those who ask later, and the filter language.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ApiError, ApiResult, Model};

/// How many past events `since` can reach, as in a real engine.
const REPLAYED: usize = 256;
/// How many are kept for streams that are behind; a slower stream misses the older ones.
const KEPT: usize = 8192;

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) time: i64,
    pub(crate) kind: &'static str,
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Event {
    /// The message as it goes over the wire.
    pub(crate) fn json(&self, legacy: bool) -> Value {
        let mut body = json!({
            "Type": self.kind,
            "Action": self.action,
            "Actor": { "ID": self.actor, "Attributes": self.attributes },
            "scope": "local",
            "time": self.time / crate::sim::util::SECOND,
            "timeNano": self.time,
        });
        if legacy && matches!(self.kind, "container" | "image") {
            body["status"] = json!(self.action);
            body["id"] = json!(self.actor);
            if let Some(image) = self
                .attributes
                .get("image")
                .filter(|_| self.kind == "container")
            {
                body["from"] = json!(image);
            }
        }
        body
    }
}

/// The `filters` parameter: a key with the values of which one must match.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filters(BTreeMap<String, Vec<String>>);

/// What is wrong with a `filters` parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadFilter {
    Malformed,
    Unknown(String),
}

impl Filters {
    /// Both forms are read: `{"label":{"a=b":true}}` and `{"label":["a=b"]}`.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, BadFilter> {
        let Some(text) = text.filter(|t| !t.is_empty()) else {
            return Ok(Self::default());
        };
        let parsed: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| BadFilter::Malformed)?;
        let mut filters = BTreeMap::new();
        for (key, value) in parsed {
            if !known.contains(&key.as_str()) {
                return Err(BadFilter::Unknown(key));
            }
            let values: Vec<String> = match value {
                Value::Array(list) => list
                    .iter()
                    .filter_map(|v| v.as_str().map(str::to_owned))
                    .collect(),
                Value::Object(map) => map
                    .into_iter()
                    .filter(|(_, on)| on.as_bool() != Some(false))
                    .map(|(name, _)| name)
                    .collect(),
                _ => return Err(BadFilter::Malformed),
            };
            filters.insert(key, values);
        }
        Ok(Self(filters))
    }

    pub(crate) fn values(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        !self.values(key).is_empty()
    }

    /// No value for `key`, or one for which `test` holds.
    pub(crate) fn any(&self, key: &str, test: impl Fn(&str) -> bool) -> bool {
        let values = self.values(key);
        values.is_empty() || values.iter().any(|value| test(value))
    }

    /// Every `label` (or `key`) value `name` or `name=value` must be found in `labels`.
    pub(crate) fn labels(&self, key: &str, labels: &BTreeMap<String, String>) -> bool {
        self.values(key)
            .iter()
            .all(|wanted| match wanted.split_once('=') {
                Some((name, value)) => labels.get(name).is_some_and(|v| v == value),
                None => labels.contains_key(wanted),
            })
    }

    /// A `true`/`1` switch; absent is `None`.
    pub(crate) fn flag(&self, key: &str) -> ApiResult<Option<bool>> {
        match self.values(key) {
            [] => Ok(None),
            [one] if matches!(one.as_str(), "1" | "true") => Ok(Some(true)),
            [one] if matches!(one.as_str(), "0" | "false") => Ok(Some(false)),
            _ => Err(ApiError::invalid(format!("invalid filter '{key}'"))),
        }
    }

    /// Does an event pass?
    pub(crate) fn event(&self, event: &Event) -> bool {
        let attribute = |name: &str| event.attributes.get(name).map_or("", String::as_str);
        let object = |kind: &str, wanted: &str| {
            event.kind == kind
                && (event.actor == wanted
                    || event.actor.starts_with(wanted)
                    || attribute("name") == wanted)
        };
        self.any("type", |kind| event.kind == kind)
            && self.any("event", |action| {
                event.action == action
                    || event
                        .action
                        .split(':')
                        .next()
                        .is_some_and(|head| head == action)
            })
            && self.any("container", |c| object("container", c))
            && self.any("volume", |v| object("volume", v))
            && self.any("network", |n| object("network", n))
            && self.any("image", |i| object("image", i) || attribute("image") == i)
            && self.any("daemon", |d| object("daemon", d))
            && self.any("scope", |s| s == "local")
            && self.labels("label", &event.attributes)
    }
}

impl Model {
    pub(crate) fn emit(
        &mut self,
        kind: &'static str,
        action: impl Into<String>,
        actor: &str,
        attributes: BTreeMap<String, String>,
    ) {
        self.touch();
        if self.quiet {
            return;
        }
        self.event_seq += 1;
        self.last_event = self.now.max(self.last_event + 1);
        self.events.push_back(Event {
            seq: self.event_seq,
            time: self.last_event,
            kind,
            action: action.into(),
            actor: actor.to_owned(),
            attributes,
        });
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
    }

    /// An event of a container, with its labels and what else is given.
    pub(crate) fn emit_container(&mut self, id: &str, action: &str, extra: &[(&str, &str)]) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let mut attributes = container.spec.labels.clone();
        attributes.insert("image".to_owned(), container.image.clone());
        attributes.insert("name".to_owned(), container.name.clone());
        for (name, value) in extra {
            attributes.insert((*name).to_owned(), (*value).to_owned());
        }
        self.emit("container", action, id, attributes);
    }

    /// The number of the newest event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.event_seq
    }

    /// Those after a cursor.
    pub(crate) fn events_after(&self, seq: u64) -> impl Iterator<Item = &Event> {
        let skip = self.events.partition_point(|event| event.seq <= seq);
        self.events.iter().skip(skip)
    }

    /// The past within reach, from `since` on.
    pub(crate) fn events_since(&self, since: i64) -> impl Iterator<Item = &Event> {
        let skip = self.events.len().saturating_sub(REPLAYED);
        self.events
            .iter()
            .skip(skip)
            .filter(move |event| event.time >= since)
    }
}
