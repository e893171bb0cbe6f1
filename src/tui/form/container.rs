//! The form of a container: a specification in fields, and back.

use std::collections::BTreeMap;

use super::{Control, Field, Form, Pick, Purpose, Wrong, hosts, joined, line, lines};
use crate::command::docker;
use crate::domain::error::Error;
use crate::domain::id::HostId;
use crate::domain::intent::{Intent, PullPolicy};
use crate::domain::snapshot::Snapshot;
use crate::domain::spec::{ContainerSpec, EndpointSpec, HealthSpec, Resources};

const POLICIES: [&str; 4] = ["no", "on-failure", "unless-stopped", "always"];

fn quoted(words: Option<&Vec<String>>) -> String {
    let words: Vec<_> = words.into_iter().flatten().collect();
    let words: Vec<_> = words.iter().map(|w| crate::command::quote(w)).collect();
    words.join(" ")
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// The name of a network, with what else is said of the place in it.
fn endpoint(e: &EndpointSpec) -> String {
    let mut words = vec![e.network.clone()];
    words.extend(e.aliases.iter().map(|a| format!("alias={a}")));
    words.extend(e.ipv4.iter().map(|a| format!("ip={a}")));
    words.extend(e.ipv6.iter().map(|a| format!("ip6={a}")));
    words.join(" ")
}

fn read_endpoint(text: &str, base: &[EndpointSpec]) -> Result<EndpointSpec, String> {
    let mut words = text.split_whitespace();
    let network = words.next().unwrap_or_default().to_owned();
    // What the form does not show stays.
    let known = base.iter().find(|e| e.network == network).cloned();
    let mut spec = EndpointSpec {
        network,
        aliases: Vec::new(),
        ipv4: None,
        ipv6: None,
        ..known.unwrap_or_default()
    };
    for word in words {
        match word.split_once('=') {
            Some(("alias", a)) => spec.aliases.push(a.to_owned()),
            Some(("ip", a)) => spec.ipv4 = Some(a.to_owned()),
            Some(("ip6", a)) => spec.ipv6 = Some(a.to_owned()),
            _ => {
                return Err(format!(
                    "{word:?}: write alias=NAME, ip=ADDRESS or ip6=ADDRESS"
                ));
            }
        }
    }
    Ok(spec)
}

/// The command of a health check, and whether the form can show it.
fn health_line(h: Option<&HealthSpec>) -> String {
    match h.map(|h| h.test.as_slice()) {
        Some([none]) if none == "NONE" => "none".to_owned(),
        Some([shell, line]) if shell == "CMD-SHELL" => line.clone(),
        Some([_, words @ ..]) => quoted(Some(&words.to_vec())),
        _ => String::new(),
    }
}

pub(super) fn fields(
    purpose: &Purpose,
    host: Option<&HostId>,
    name: &str,
    spec: &ContainerSpec,
    snapshot: &Snapshot,
) -> Vec<Field> {
    let edits = matches!(purpose, Purpose::Edit { .. });
    let mut all = Vec::new();
    if !edits {
        all.push(hosts(host, snapshot));
        all.push(Field::line("name", "Name", name).doc("empty: the engine chooses"));
    }
    all.extend([
        Field::line("image", "Image", &*spec.image)
            .pick(Pick::Images)
            .doc("name:tag; pulled when it is not there")
            .required(),
        Field::line("command", "Command", quoted(spec.command.as_ref()))
            .doc("empty: the image's own"),
        Field::line("entrypoint", "Entrypoint", quoted(spec.entrypoint.as_ref()))
            .doc("empty: the image's own"),
    ]);
    if !edits {
        let restarts = matches!(purpose, Purpose::Create | Purpose::Duplicate(_));
        all.push(Field::flag("start", "Start it", restarts).doc("as soon as it is made"));
    }
    all.extend(inside(spec));
    all.extend(outside(spec));
    all.extend(life(spec));
    all.extend(limits(spec));
    all.push(
        Field::area("more", "More", &more(spec))
            .section("Everything else")
            .doc("as TOML: capAdd = [\"NET_ADMIN\"], shmSize = 134217728, stopSignal = \"INT\""),
    );
    all
}

fn inside(spec: &ContainerSpec) -> Vec<Field> {
    vec![
        Field::area("env", "Variables", &spec.env.join("\n"))
            .section("Process")
            .doc("KEY=value, one a line"),
        Field::area("labels", "Labels", &joined(&spec.labels)).doc("KEY=value, one a line"),
        Field::line("user", "User", text(spec.user.as_ref())).doc("name or uid[:gid]"),
        Field::line("workdir", "Directory", text(spec.working_dir.as_ref())),
        Field::flag("tty", "Terminal", spec.tty),
        Field::flag("stdin", "Keep stdin", spec.stdin),
        Field::flag("init", "Init", spec.init == Some(true)).doc("reaps and forwards signals"),
        Field::flag("privileged", "Privileged", spec.privileged)
            .doc("with every right on the host"),
    ]
}

fn outside(spec: &ContainerSpec) -> Vec<Field> {
    let ports: Vec<String> = spec.ports.iter().map(docker::port_word).collect();
    let mounts: Vec<String> = spec
        .mounts
        .iter()
        .map(|m| docker::mount_word(m).1)
        .collect();
    let networks: Vec<String> = spec.networks.iter().map(endpoint).collect();
    vec![
        Field::area("ports", "Ports", &ports.join("\n"))
            .section("Network")
            .doc("8080:80, 127.0.0.1:53:53/udp, one a line"),
        Field::area("networks", "Networks", &networks.join("\n"))
            .pick(Pick::Networks)
            .doc("NAME [alias=NAME] [ip=ADDRESS], one a line; the first comes first"),
        Field::line("hostname", "Host name", text(spec.hostname.as_ref())),
        Field::area("mounts", "Mounts", &mounts.join("\n"))
            .section("Storage")
            .pick(Pick::Volumes)
            .doc("VOLUME:/path, /host/path:/path:ro, or type=tmpfs,target=/path"),
        Field::flag("readonly", "Read only", spec.read_only).doc("its root file system"),
    ]
}

fn life(spec: &ContainerSpec) -> Vec<Field> {
    let policy = spec.restart.as_deref().unwrap_or("no");
    let (policy, retries) = policy.split_once(':').unwrap_or((policy, ""));
    let at = POLICIES.iter().position(|p| *p == policy).unwrap_or(0);
    let options = POLICIES.map(str::to_owned).into();
    let seconds = |nanos: Option<i64>| match nanos {
        Some(n) if n != 0 => docker::duration_word(n),
        _ => String::new(),
    };
    let health = spec.health.as_ref();
    vec![
        Field::new("restart", "Restart", Control::Choice { options, at })
            .section("Life")
            .doc("when it ends by itself"),
        Field::new("retries", "Tries", line(retries)).doc("at most, with on-failure"),
        Field::flag("rm", "Auto-remove", spec.auto_remove).doc("when it ends"),
        Field::line("stop", "Stop within", shown(spec.stop_timeout)).doc("seconds"),
        Field::line("health", "Health check", health_line(health))
            .doc("a command; none: without the image's"),
        Field::line("interval", "every", seconds(health.map(|h| h.interval))).doc("30s"),
    ]
}

fn limits(spec: &ContainerSpec) -> Vec<Field> {
    let r = &spec.resources;
    vec![
        Field::line("memory", "Memory", shown(r.memory.map(docker::size_word)))
            .section("Limits")
            .doc("512m, 2g"),
        Field::line("cpus", "CPUs", shown(r.nano_cpus.map(docker::cpus_word))).doc("1.5"),
        Field::line("pids", "Processes", shown(r.pids_limit)),
    ]
}

/// What has no field of its own.
pub(super) fn rest(spec: &ContainerSpec) -> ContainerSpec {
    ContainerSpec {
        image: String::new(),
        entrypoint: None,
        command: None,
        env: Vec::new(),
        labels: BTreeMap::new(),
        user: None,
        working_dir: None,
        tty: false,
        stdin: false,
        init: None,
        privileged: false,
        ports: Vec::new(),
        networks: spec.networks.clone(),
        hostname: None,
        mounts: spec.mounts.clone(),
        read_only: false,
        restart: None,
        auto_remove: false,
        stop_timeout: None,
        health: spec.health.clone(),
        resources: Resources {
            memory: None,
            nano_cpus: None,
            pids_limit: None,
            ..spec.resources.clone()
        },
        ..spec.clone()
    }
}

/// Names that are not shown as TOML because they have fields.
const OWN: [&str; 22] = [
    "labels",
    "image",
    "entrypoint",
    "command",
    "env",
    "user",
    "workingDir",
    "tty",
    "stdin",
    "init",
    "privileged",
    "ports",
    "networks",
    "hostname",
    "mounts",
    "readOnly",
    "restart",
    "autoRemove",
    "stopTimeout",
    "health",
    "memory",
    "pidsLimit",
];

/// The rest as TOML.
fn more(spec: &ContainerSpec) -> String {
    let bare = ContainerSpec {
        networks: Vec::new(),
        mounts: Vec::new(),
        health: None,
        ..rest(spec)
    };
    let Ok(serde_json::Value::Object(map)) = serde_json::to_value(&bare) else {
        return String::new();
    };
    toml::to_string(&said(map)).unwrap_or_default()
}

/// Without what says nothing.
fn said(
    map: serde_json::Map<String, serde_json::Value>,
) -> serde_json::Map<String, serde_json::Value> {
    use serde_json::Value;
    map.into_iter()
        .map(|(k, v)| match v {
            Value::Object(o) => (k, Value::Object(said(o))),
            v => (k, v),
        })
        .filter(|(_, v)| match v {
            Value::Null | Value::Bool(false) => false,
            Value::String(s) => !s.is_empty(),
            Value::Array(a) => !a.is_empty(),
            Value::Object(o) => !o.is_empty(),
            Value::Bool(true) | Value::Number(_) => true,
        })
        .collect()
}

/// What is wrong, without the option's name: the field says it.
fn short(e: &Error) -> String {
    let said = e.to_string();
    let why = match said.split_once(": ") {
        Some((option, why)) if option.starts_with("--") => why,
        _ => &said,
    };
    match e.hint() {
        Some(hint) => format!("{why}; {hint}"),
        None => why.to_owned(),
    }
}

impl Form {
    fn some(&self, id: &str) -> Option<String> {
        let value = self.value(id).trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    fn split(&self, id: &'static str, wrong: &mut Wrong) -> Option<Vec<String>> {
        let text = self.some(id)?;
        match crate::command::words(&text) {
            Ok(words) => Some(words),
            Err(e) => {
                wrong.push((id, e.to_string()));
                None
            }
        }
    }

    fn number<T>(
        &self,
        id: &'static str,
        wrong: &mut Wrong,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(&self.some(id)?) {
            Ok(n) => Some(n),
            Err(why) => {
                wrong.push((id, why));
                None
            }
        }
    }

    /// Everything else, from the TOML.
    fn more_spec(&self, wrong: &mut Wrong) -> ContainerSpec {
        let text = self.value("more");
        let read = toml::from_str::<ContainerSpec>(&text);
        match read {
            Ok(spec) => {
                let own = OWN.iter().find(|key| {
                    lines(&text).any(|l| l.split('=').next().is_some_and(|k| k.trim() == **key))
                });
                if let Some(key) = own {
                    wrong.push(("more", format!("{key} has a field of its own above")));
                }
                spec
            }
            Err(e) => {
                let line = e.span().map_or(1, |s| {
                    text[..s.start.min(text.len())].lines().count().max(1)
                });
                wrong.push((
                    "more",
                    format!("line {line}: {}", e.message().replace('\n', " ")),
                ));
                ContainerSpec::default()
            }
        }
    }

    fn health_spec(&self, wrong: &mut Wrong) -> Option<HealthSpec> {
        let nanos = |t: &str| docker::parse_duration(t).map(|d| d.as_nanos() as i64);
        let interval = self.number("interval", wrong, nanos);
        let line = self.some("health");
        let before = self.base.health.clone();
        if line.is_none() && interval.is_none() {
            return None;
        }
        let same = line.clone().unwrap_or_default() == health_line(before.as_ref());
        let test = match line.as_deref() {
            _ if same => before.as_ref().map(|h| h.test.clone()).unwrap_or_default(),
            Some("none") => vec!["NONE".to_owned()],
            Some(line) => vec!["CMD-SHELL".to_owned(), line.to_owned()],
            None => Vec::new(),
        };
        Some(HealthSpec {
            test,
            interval: interval.unwrap_or(0),
            ..before.unwrap_or_default()
        })
    }

    fn restart(&self, wrong: &mut Wrong) -> Option<String> {
        let policy = self.value("restart");
        let tries = self.number("retries", wrong, |t| {
            t.parse::<u32>().map_err(|_| "a whole number".to_owned())
        });
        if tries.is_some() && policy != "on-failure" {
            wrong.push(("retries", "only on-failure counts its tries".to_owned()));
        }
        if policy != "no" && self.is_on("rm") {
            let why = "what removes itself cannot be restarted";
            wrong.push(("rm", why.to_owned()));
        }
        match (policy.as_str(), tries) {
            ("no", _) => None,
            ("on-failure", Some(n)) => Some(format!("on-failure:{n}")),
            _ => Some(policy),
        }
    }

    fn container_spec(&self, wrong: &mut Wrong) -> ContainerSpec {
        let mut spec = self.more_spec(wrong);
        let whole = |t: &str| t.parse::<i64>().map_err(|_| "a whole number".to_owned());
        spec.image = self.some("image").unwrap_or_default();
        spec.command = self.split("command", wrong);
        spec.entrypoint = self.split("entrypoint", wrong);
        spec.env = lines(&self.value("env")).map(str::to_owned).collect();
        if let Some(odd) = spec.env.iter().find(|v| v.starts_with('=')) {
            wrong.push(("env", format!("{odd:?}: write KEY=value")));
        }
        if let [first, ..] = spec.forgotten().as_slice() {
            let why =
                format!("the value of {first} is a secret that was not written down: type it");
            wrong.push(("env", why));
        }
        spec.labels = self.map_of("labels", wrong);
        spec.user = self.some("user");
        spec.working_dir = self.some("workdir");
        if spec
            .working_dir
            .as_ref()
            .is_some_and(|d| !d.starts_with('/'))
        {
            wrong.push(("workdir", "an absolute path".to_owned()));
        }
        spec.tty = self.is_on("tty");
        spec.stdin = self.is_on("stdin");
        spec.stdin_once &= spec.stdin;
        spec.init = self.is_on("init").then_some(true);
        spec.privileged = self.is_on("privileged");
        spec.ports = self.each("ports", wrong, |l| {
            docker::published(&[l.to_owned()]).map_err(|e| format!("{l}: {}", short(&e)))
        });
        spec.networks = self.each("networks", wrong, |l| {
            read_endpoint(l, &self.base.networks).map(|e| vec![e])
        });
        spec.hostname = self.some("hostname");
        spec.mounts = self.each("mounts", wrong, |l| {
            // A mount that was not touched keeps what its line cannot say.
            let same = self
                .base
                .mounts
                .iter()
                .find(|m| docker::mount_word(m).1 == l);
            if let Some(mount) = same {
                return Ok(vec![mount.clone()]);
            }
            let read = if l.starts_with("type=") || l.contains(",target=") {
                docker::mount(l)
            } else {
                docker::volume_option(l)
            };
            read.map(|m| vec![m]).map_err(|e| short(&e))
        });
        spec.read_only = self.is_on("readonly");
        spec.restart = self.restart(wrong);
        spec.auto_remove = self.is_on("rm");
        spec.stop_timeout = self.number("stop", wrong, whole);
        spec.health = self.health_spec(wrong);
        spec.resources.memory = self.number("memory", wrong, docker::parse_bytes);
        spec.resources.nano_cpus = self.number("cpus", wrong, docker::parse_cpus);
        spec.resources.pids_limit = self.number("pids", wrong, whole);
        spec
    }

    pub(super) fn container_intent(&self, snapshot: &Snapshot) -> Result<Intent, Wrong> {
        let mut wrong = Wrong::new();
        let spec = self.container_spec(&mut wrong);
        let host = self.host();
        let name = self.some("name");
        if !matches!(self.purpose, Purpose::Edit { .. }) {
            self.check_name(&mut wrong);
            let shard = snapshot.host(&host);
            let taken = shard.is_some_and(|h| {
                let mut all = h.containers.iter();
                all.any(|c| Some(&*c.name) == name.as_deref())
            });
            if taken {
                wrong.push(("name", format!("{host} has a container of this name")));
            }
        }
        let known = |n: &EndpointSpec| {
            let shard = snapshot.host(&host);
            shard.is_none_or(|h| {
                !h.link.is_live() || h.networks.iter().any(|k| *k.name == *n.network)
            }) || n.network.contains(':')
                || matches!(
                    &*n.network,
                    "bridge" | "host" | "none" | "default" | "pasta" | "slirp4netns"
                )
        };
        if let Some(odd) = spec.networks.iter().find(|n| !known(n)) {
            let why = format!("{host} has no network {:?}", odd.network);
            wrong.push(("networks", why));
        }
        if spec.image.is_empty() || !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(match &self.purpose {
            Purpose::Edit { target, was } => Intent::Update {
                target: target.clone(),
                was: was.clone(),
                spec: Box::new(spec),
                replace: false,
                pull: PullPolicy::Missing,
            },
            _ => Intent::CreateContainer {
                host,
                name,
                spec: Box::new(spec),
                start: self.is_on("start"),
                pull: PullPolicy::Missing,
            },
        })
    }
}
