//! What differs between two specifications of a container, and what the journal must not keep.

use serde_json::{Map, Value};

use super::{ContainerSpec, Resources};
use crate::domain::secret;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `image`, `memory`, `env.PATH`, `labels.team`.
    pub field: String,
    /// As people read it, secrets masked; none: it was not set.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Can the engine change it while the container runs?
    pub live: bool,
}

impl std::fmt::Display for Change {
    /// `memory: 64 -> 128`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |v: &Option<String>| v.clone().unwrap_or_else(|| "not set".to_owned());
        write!(
            f,
            "{}: {} -> {}",
            self.field,
            word(&self.from),
            word(&self.to)
        )
    }
}

fn object(value: impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Does it say anything?
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A value in one line.
fn words(value: &Value) -> Option<String> {
    if is_empty(value) {
        return None;
    }
    Some(match value {
        Value::String(s) => s.clone(),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            let all: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            all.join(" ")
        }
        Value::Array(list) => {
            let all: Vec<String> = list.iter().filter_map(words).collect();
            all.join(", ")
        }
        Value::Object(map) => {
            let one = |(k, v): (&String, &Value)| Some(format!("{k}={}", words(v)?));
            let all: Vec<String> = map.iter().filter_map(one).collect();
            all.join(" ")
        }
        other => other.to_string(),
    })
}

fn masked(name: &str, value: Option<String>) -> Option<String> {
    value.map(|v| {
        if secret::is_secret(name) || secret::holds_secret(&v) {
            secret::MASK.to_owned()
        } else {
            v
        }
    })
}

/// `KEY=value` lines as a map.
fn variables(env: &[String]) -> Map<String, Value> {
    env.iter()
        .map(|line| match line.split_once('=') {
            Some((name, value)) => (name.to_owned(), Value::from(value)),
            None => (line.clone(), Value::from("(from the image)")),
        })
        .collect()
}

/// Limits that an update call takes; of the others the engine only learns at the creation.
const LIVE: [&str; 11] = [
    "nanoCpus",
    "cpuShares",
    "cpuQuota",
    "cpuPeriod",
    "cpusetCpus",
    "cpusetMems",
    "memory",
    "memoryReservation",
    "memorySwap",
    "pidsLimit",
    "blkioWeight",
];

fn each(
    prefix: &str,
    from: &Map<String, Value>,
    to: &Map<String, Value>,
    mut found: impl FnMut(String, &str, &Value, &Value),
) {
    let mut keys: Vec<&String> = from.keys().chain(to.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (a, b) = (
            from.get(key).unwrap_or(&Value::Null),
            to.get(key).unwrap_or(&Value::Null),
        );
        if a != b && !(is_empty(a) && is_empty(b)) {
            found(format!("{prefix}{key}"), key, a, b);
        }
    }
}

impl ContainerSpec {
    /// What differs in `to`, in the order of names.
    pub fn changes(&self, to: &Self) -> Vec<Change> {
        let mut all = Vec::new();
        let (mut a, mut b) = (object(self.plain()), object(to.plain()));
        for (name, mask) in [("labels", false), ("env", true)] {
            let pair = if mask {
                a.remove(name);
                b.remove(name);
                (variables(&self.env), variables(&to.env))
            } else {
                let take = |m: &mut Map<String, Value>| match m.remove(name) {
                    Some(Value::Object(o)) => o,
                    _ => Map::new(),
                };
                (take(&mut a), take(&mut b))
            };
            each(&format!("{name}."), &pair.0, &pair.1, |field, key, x, y| {
                // An empty value is a value here.
                let word = |v: &Value| v.as_str().map(str::to_owned);
                all.push(Change {
                    field,
                    from: masked(key, word(x)),
                    to: masked(key, word(y)),
                    live: false,
                });
            });
        }
        for (prefix, x, y) in [
            ("", a.remove("resources"), b.remove("resources")),
            ("", Some(Value::Object(a)), Some(Value::Object(b))),
        ] {
            let (Some(Value::Object(x)), Some(Value::Object(y))) = (x, y) else {
                continue;
            };
            each(prefix, &x, &y, |field, key, x, y| {
                // A limit is changed while it runs, but not taken away.
                let live = !is_empty(y) && (LIVE.contains(&key) || key == "restart");
                all.push(Change {
                    field,
                    from: masked(key, words(x)),
                    to: masked(key, words(y)),
                    live,
                });
            });
        }
        all.sort_by(|a, b| a.field.cmp(&b.field));
        all
    }

    /// Without differences that mean nothing.
    fn plain(&self) -> Self {
        let mut spec = self.clone();
        if spec.restart.is_none() {
            spec.restart = Some("no".to_owned());
        }
        if spec.networks.is_empty() {
            spec.networks.push(super::EndpointSpec {
                network: "bridge".to_owned(),
                ..super::EndpointSpec::default()
            });
        }
        if spec.networks[0].network == "default" {
            "bridge".clone_into(&mut spec.networks[0].network);
        }
        spec
    }

    /// The limits of `to` that are others here, for a call that changes them in place.
    pub fn limits(&self, to: &Self) -> (Option<String>, Resources) {
        let restart = (self.plain().restart != to.plain().restart)
            .then(|| to.restart.clone().unwrap_or_else(|| "no".to_owned()));
        let (a, mut b) = (object(&self.resources), object(&to.resources));
        b.retain(|key, value| a.get(key) != Some(value));
        let mut resources: Resources = serde_json::from_value(Value::Object(b)).unwrap_or_default();
        // The engine refuses more memory than memory and swap together; unsaid, that is twice.
        if let (Some(memory), None) = (resources.memory, to.resources.memory_swap) {
            resources.memory_swap = Some(memory.saturating_mul(2));
        }
        (restart, resources)
    }

    /// Without the values that are called like secrets: for the journal.
    pub fn discreet(&self) -> Self {
        let mut kept = self.clone();
        for variable in &mut kept.env {
            *variable = secret::masked(variable).into_owned();
        }
        kept
    }

    /// Variables whose values were masked, and so are not known any more.
    pub fn forgotten(&self) -> Vec<&str> {
        self.env
            .iter()
            .filter_map(|v| v.split_once('='))
            .filter(|(_, value)| *value == secret::MASK)
            .map(|(name, _)| name)
            .collect()
    }

    /// As a pattern for another container: with anonymous volumes of its own, and without what can
    /// be had only once on a host: addresses.
    pub fn own_volumes(&mut self) {
        for mount in &mut self.mounts {
            let anonymous =
                mount.source.len() == 64 && mount.source.bytes().all(|b| b.is_ascii_hexdigit());
            if mount.kind == super::MountKind::Volume && anonymous {
                mount.source.clear();
            }
        }
        for endpoint in &mut self.networks {
            endpoint.ipv4 = None;
            endpoint.ipv6 = None;
            endpoint.mac = None;
        }
    }

    /// Put what `over` says over this: variables and labels one by one, all else as a whole.
    pub fn overlay(&mut self, over: &Self) {
        for line in &over.env {
            let name = line.split('=').next().unwrap_or_default();
            self.unset(&format!("env.{name}"));
            self.env.push(line.clone());
        }
        self.labels.extend(over.labels.clone());
        let bare = Self {
            env: Vec::new(),
            labels: std::collections::BTreeMap::new(),
            resources: Resources::default(),
            ..over.clone()
        };
        let (own, resources) = (object(&*self), object(&self.resources));
        let laid = |mut own: Map<String, Value>, over: Map<String, Value>| {
            own.extend(over.into_iter().filter(|(_, v)| !is_empty(v)));
            Value::Object(own)
        };
        let mut all = laid(own, object(&bare));
        all["resources"] = laid(resources, object(&over.resources));
        if let Ok(spec) = serde_json::from_value(all) {
            *self = spec;
        }
    }

    /// Take a field away: `memory`, `env.PATH`, `labels.team`; false when there is no such field.
    pub fn unset(&mut self, field: &str) -> bool {
        if let Some(name) = field.strip_prefix("env.") {
            self.env.retain(|v| v.split('=').next() != Some(name));
            return true;
        }
        if let Some(name) = field.strip_prefix("labels.") {
            self.labels.remove(name);
            return true;
        }
        if field == "image" {
            return false;
        }
        let (mut own, bare) = (object(&*self), object(Self::default()));
        let (mut resources, none) = (object(&self.resources), object(Resources::default()));
        if let Some(value) = none.get(field) {
            resources.insert(field.to_owned(), value.clone());
            own.insert("resources".to_owned(), Value::Object(resources));
        } else if let Some(value) = bare.get(field) {
            own.insert(field.to_owned(), value.clone());
        } else {
            return false;
        }
        match serde_json::from_value(Value::Object(own)) {
            Ok(spec) => *self = spec,
            Err(_) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::EndpointSpec;

    fn web() -> ContainerSpec {
        ContainerSpec {
            image: "nginx:1.27".to_owned(),
            env: vec!["A=1".to_owned(), "DB_PASSWORD=x".to_owned()],
            resources: Resources {
                memory: Some(64),
                ..Resources::default()
            },
            ..ContainerSpec::default()
        }
    }

    #[test]
    fn differences_are_named_and_secrets_are_not_told() {
        let mut to = web();
        to.image = "nginx:1.28".to_owned();
        to.env = vec!["A=2".to_owned(), "DB_PASSWORD=y".to_owned()];
        to.resources.memory = Some(128);
        to.restart = Some("always".to_owned());
        let lines: Vec<String> = web().changes(&to).iter().map(Change::to_string).collect();
        assert_eq!(
            lines,
            [
                "env.A: 1 -> 2",
                "env.DB_PASSWORD: ******** -> ********",
                "image: nginx:1.27 -> nginx:1.28",
                "memory: 64 -> 128",
                "restart: no -> always",
            ]
        );
        let live: Vec<bool> = web().changes(&to).iter().map(|c| c.live).collect();
        assert_eq!(live, [false, false, false, true, true]);
    }

    #[test]
    fn what_means_the_same_is_no_difference() {
        let mut to = web();
        to.restart = Some("no".to_owned());
        to.networks.push(EndpointSpec {
            network: "bridge".to_owned(),
            ..EndpointSpec::default()
        });
        assert_eq!(web().changes(&to), []);
    }

    #[test]
    fn a_limit_can_be_changed_in_place_but_not_taken_away() {
        let mut to = web();
        to.resources.memory = Some(128);
        let (restart, resources) = web().limits(&to);
        assert_eq!((restart, resources.memory), (None, Some(128)));
        assert_eq!(resources.memory_swap, Some(256), "the engine wants both");
        to.resources.memory = None;
        assert!(!web().changes(&to)[0].live);
    }

    #[test]
    fn options_are_laid_over_a_spec() {
        let mut spec = web();
        spec.overlay(&ContainerSpec {
            env: vec!["A=3".to_owned(), "B=4".to_owned()],
            resources: Resources {
                pids_limit: Some(9),
                ..Resources::default()
            },
            ..ContainerSpec::default()
        });
        assert_eq!(spec.env, ["DB_PASSWORD=x", "A=3", "B=4"]);
        assert_eq!(spec.image, "nginx:1.27");
        assert_eq!(spec.resources.memory, Some(64));
        assert_eq!(spec.resources.pids_limit, Some(9));
        assert!(spec.unset("memory") && spec.unset("env.B"));
        assert_eq!((spec.resources.memory, spec.env.len()), (None, 2));
        assert!(!spec.unset("image") && !spec.unset("nonsense"));
    }

    #[test]
    fn the_journal_forgets_secrets_and_says_which() {
        let kept = web().discreet();
        assert_eq!(kept.forgotten(), ["DB_PASSWORD"]);
        assert!(web().forgotten().is_empty());
    }
}
