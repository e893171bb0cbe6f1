//! What a container was asked to be: the create body over its image's defaults.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Image;
use crate::sim::util::{MILLI, SECOND};

/// A health check with its defaults filled in; times in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Healthcheck {
    pub(crate) test: Vec<String>,
    pub(crate) interval: i64,
    pub(crate) start_period: i64,
    pub(crate) start_interval: i64,
    pub(crate) retries: u32,
}

/// What happens when the process ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    No,
    Always,
    UnlessStopped,
    OnFailure(u32),
}

/// Only what differs from the defaults is kept as JSON; what the model acts on is typed.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) config: Map<String, Value>,
    pub(crate) host: Map<String, Value>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) env: Vec<String>,
    /// Entry point and command together: what runs.
    pub(crate) argv: Vec<String>,
    pub(crate) restart: Restart,
    pub(crate) healthcheck: Option<Healthcheck>,
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect(),
        Some(Value::String(one)) if !one.is_empty() => vec![one.clone()],
        _ => Vec::new(),
    }
}

/// What says something: `null` is the same as nothing.
fn keep(map: Map<String, Value>) -> Map<String, Value> {
    map.into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// A binding without an address is for all of them.
fn complete_bindings(host: &mut Map<String, Value>) {
    let Some(Value::Object(ports)) = host.get_mut("PortBindings") else {
        return;
    };
    for list in ports.values_mut() {
        for binding in list.as_array_mut().into_iter().flatten() {
            if let Some(binding) = binding.as_object_mut() {
                binding.entry("HostIp").or_insert_with(|| json!(""));
            }
        }
    }
}

fn restart_policy(host: &Map<String, Value>) -> Restart {
    let policy = host.get("RestartPolicy");
    let count = policy
        .and_then(|p| p["MaximumRetryCount"].as_u64())
        .unwrap_or(0) as u32;
    match policy.and_then(|p| p["Name"].as_str()) {
        Some("always") => Restart::Always,
        Some("unless-stopped") => Restart::UnlessStopped,
        Some("on-failure") => Restart::OnFailure(count),
        _ => Restart::No,
    }
}

fn healthcheck(value: Option<&Value>) -> Option<Healthcheck> {
    let value = value?;
    let test = strings(value.get("Test"));
    if test.is_empty() || test[0] == "NONE" {
        return None;
    }
    let time = |name: &str, default: i64| match value[name].as_i64() {
        Some(given) if given > 0 => given.max(MILLI),
        _ => default,
    };
    Some(Healthcheck {
        test,
        interval: time("Interval", 30 * SECOND),
        start_period: time("StartPeriod", 0),
        start_interval: time("StartInterval", 5 * SECOND),
        retries: match value["Retries"].as_u64() {
            Some(n) if n > 0 => n as u32,
            _ => 3,
        },
    })
}

impl Spec {
    /// The body of a create call laid over the image's configuration.
    pub(crate) fn new(body: &Value, image: Option<&Image>) -> Self {
        let mut config = body.as_object().cloned().unwrap_or_default();
        let mut host = match config.remove("HostConfig") {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        config.remove("NetworkingConfig");
        complete_bindings(&mut host);
        let asked = |name: &str| strings(body.get(name));
        let image_config = image.map(|i| i.config.clone()).unwrap_or_default();
        let default = |name: &str| strings(image_config.get(name));
        let (entrypoint, cmd) = match (asked("Entrypoint"), asked("Cmd")) {
            (e, c) if e.is_empty() && c.is_empty() => (default("Entrypoint"), default("Cmd")),
            (e, c) if e.is_empty() => (default("Entrypoint"), c),
            (e, c) if e == [""] => (Vec::new(), c),
            (e, c) => (e, c),
        };
        let mut env = asked("Env");
        for entry in default("Env") {
            let name = entry.split('=').next().unwrap_or_default();
            if !env.iter().any(|e| e.split('=').next() == Some(name)) {
                env.push(entry);
            }
        }
        let mut labels: BTreeMap<String, String> = BTreeMap::new();
        for source in [image_config.get("Labels"), body.get("Labels")]
            .into_iter()
            .flatten()
        {
            for (name, value) in source.as_object().into_iter().flatten() {
                labels.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
            }
        }
        for name in [
            "WorkingDir",
            "User",
            "StopSignal",
            "Healthcheck",
            "ExposedPorts",
            "Volumes",
        ] {
            let empty = match config.get(name) {
                None | Some(Value::Null) => true,
                Some(Value::String(s)) => s.is_empty(),
                Some(Value::Object(o)) => o.is_empty(),
                Some(_) => false,
            };
            match image_config.get(name) {
                Some(value) if empty => {
                    config.insert(name.to_owned(), value.clone());
                }
                Some(Value::Object(more)) if name != "Healthcheck" => {
                    if let Some(Value::Object(have)) = config.get_mut(name) {
                        for (key, value) in more {
                            have.entry(key.clone()).or_insert_with(|| value.clone());
                        }
                    }
                }
                _ => {}
            }
        }
        let argv = entrypoint.iter().chain(&cmd).cloned().collect();
        for (name, list) in [("Cmd", cmd), ("Entrypoint", entrypoint)] {
            let value = if list.is_empty() {
                Value::Null
            } else {
                json!(list)
            };
            config.insert(name.to_owned(), value);
        }
        for name in ["Env", "Labels"] {
            config.remove(name);
        }
        Self {
            healthcheck: healthcheck(config.get("Healthcheck")),
            restart: restart_policy(&host),
            config: keep(config),
            host: keep(host),
            labels,
            env,
            argv,
        }
    }

    /// A text of the Config part, or "".
    pub(crate) fn text(&self, name: &str) -> &str {
        self.config
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(crate) fn on(&self, name: &str) -> bool {
        self.config
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn tty(&self) -> bool {
        self.on("Tty")
    }

    pub(crate) fn host_text(&self, name: &str) -> &str {
        self.host
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub(crate) fn host_on(&self, name: &str) -> bool {
        self.host
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    pub(crate) fn host_int(&self, name: &str) -> i64 {
        self.host.get(name).and_then(Value::as_i64).unwrap_or(0)
    }

    pub(crate) fn host_strings(&self, name: &str) -> Vec<String> {
        strings(self.host.get(name))
    }

    /// The network mode with its default spelled out.
    pub(crate) fn network_mode(&self) -> &str {
        match self.host_text("NetworkMode") {
            "" | "default" => "bridge",
            mode => mode,
        }
    }

    pub(crate) fn stop_signal(&self) -> &str {
        match self.text("StopSignal") {
            "" => "SIGTERM",
            signal => signal,
        }
    }

    /// Seconds a stop waits before it kills.
    pub(crate) fn stop_timeout(&self) -> i64 {
        self.config
            .get("StopTimeout")
            .and_then(Value::as_i64)
            .unwrap_or(10)
    }

    /// Put new values over the host part (the update call).
    pub(crate) fn update_host(&mut self, changes: &Map<String, Value>) {
        let said = |value: &Value| match value {
            Value::Null => false,
            Value::Number(n) => n.as_i64() != Some(0),
            Value::String(s) => !s.is_empty(),
            Value::Object(o) => o.get("Name").and_then(Value::as_str) != Some(""),
            _ => true,
        };
        for (name, value) in changes.clone().into_iter().filter(|(_, v)| said(v)) {
            self.host.insert(name, value);
        }
        self.restart = restart_policy(&self.host);
    }
}
