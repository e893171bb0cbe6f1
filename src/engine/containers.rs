//! Containers: rows of the list, and what inspect says.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::wire::{RawLabels, Words, clean, id, lax, number, some, time, unix_time};
use crate::domain::observed::{
    Attachment, Container, ContainerState, Health, HealthStatus, Mount, Need, Port, Probe,
};
use crate::domain::text::sanitise_lines;

/// What Podman's default network is called in its list of networks, and what a container in it
/// says.
const PODMAN_NETWORK: (&str, &str) = ("bridge", "podman");
/// Podman's default network always has this id.
const PODMAN_NETWORK_ID: &str = "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9";

/// A row of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    names: Vec<String>,
    #[serde(deserialize_with = "lax")]
    image: String,
    #[serde(rename = "ImageID", deserialize_with = "lax")]
    image_id: String,
    #[serde(deserialize_with = "lax")]
    command: String,
    #[serde(deserialize_with = "number")]
    created: i64,
    #[serde(deserialize_with = "lax")]
    ports: Vec<RowPort>,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
    #[serde(deserialize_with = "lax")]
    state: String,
    #[serde(deserialize_with = "lax")]
    status: String,
    /// Since API 1.52.
    #[serde(deserialize_with = "lax")]
    health: RawHealth,
    #[serde(deserialize_with = "lax")]
    network_settings: Networks,
    #[serde(deserialize_with = "lax")]
    mounts: Vec<MountPoint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RowPort {
    #[serde(rename = "IP", deserialize_with = "lax")]
    ip: String,
    #[serde(deserialize_with = "number")]
    private_port: i64,
    #[serde(deserialize_with = "number")]
    public_port: i64,
    #[serde(rename = "Type", deserialize_with = "lax")]
    protocol: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Networks {
    #[serde(deserialize_with = "lax")]
    networks: BTreeMap<String, Option<Endpoint>>,
    /// Only in an inspect.
    #[serde(deserialize_with = "lax")]
    ports: BTreeMap<String, Option<Vec<Binding>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Endpoint {
    #[serde(rename = "NetworkID", deserialize_with = "lax")]
    network_id: String,
    #[serde(rename = "IPAddress", deserialize_with = "lax")]
    ip: String,
    #[serde(rename = "GlobalIPv6Address", deserialize_with = "lax")]
    ip6: String,
    #[serde(deserialize_with = "lax")]
    mac_address: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Binding {
    #[serde(deserialize_with = "lax")]
    host_ip: String,
    #[serde(deserialize_with = "number")]
    host_port: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MountPoint {
    #[serde(rename = "Type", deserialize_with = "lax")]
    kind: String,
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    source: String,
    #[serde(deserialize_with = "lax")]
    destination: String,
    #[serde(rename = "RW")]
    writable: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawHealth {
    #[serde(deserialize_with = "lax")]
    status: String,
    #[serde(deserialize_with = "number")]
    failing_streak: i64,
    #[serde(deserialize_with = "lax")]
    log: Vec<RawProbe>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawProbe {
    #[serde(deserialize_with = "lax")]
    start: String,
    #[serde(deserialize_with = "lax")]
    end: String,
    #[serde(deserialize_with = "number")]
    exit_code: i64,
    #[serde(deserialize_with = "lax")]
    output: String,
}

/// `GET /containers/ID/json`, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Details {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    created: String,
    #[serde(deserialize_with = "lax")]
    path: String,
    #[serde(deserialize_with = "lax")]
    args: Vec<String>,
    #[serde(deserialize_with = "lax")]
    state: RawState,
    #[serde(deserialize_with = "lax")]
    image: String,
    #[serde(deserialize_with = "number")]
    restart_count: i64,
    #[serde(deserialize_with = "lax")]
    host_config: HostConfig,
    #[serde(deserialize_with = "lax")]
    mounts: Vec<MountPoint>,
    #[serde(deserialize_with = "lax")]
    pub(super) config: Config,
    #[serde(deserialize_with = "lax")]
    network_settings: Networks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawState {
    #[serde(deserialize_with = "lax")]
    status: String,
    #[serde(deserialize_with = "number")]
    exit_code: i64,
    #[serde(deserialize_with = "lax")]
    error: String,
    #[serde(rename = "OOMKilled", deserialize_with = "lax")]
    oom_killed: bool,
    #[serde(deserialize_with = "lax")]
    started_at: String,
    #[serde(deserialize_with = "lax")]
    finished_at: String,
    /// Podman before 4 called it `Healthcheck`.
    #[serde(alias = "Healthcheck", deserialize_with = "lax")]
    health: RawHealth,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    #[serde(deserialize_with = "lax")]
    restart_policy: RestartPolicy,
    #[serde(deserialize_with = "lax")]
    port_bindings: BTreeMap<String, Option<Vec<Binding>>>,
    #[serde(deserialize_with = "lax")]
    network_mode: String,
    #[serde(deserialize_with = "lax")]
    ipc_mode: String,
    #[serde(deserialize_with = "lax")]
    pid_mode: String,
    /// `/other:/this/alias`.
    #[serde(deserialize_with = "lax")]
    links: Vec<String>,
    /// `other`, `other:ro`.
    #[serde(deserialize_with = "lax")]
    volumes_from: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RestartPolicy {
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "number")]
    maximum_retry_count: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    #[serde(deserialize_with = "lax")]
    image: String,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
    #[serde(deserialize_with = "lax")]
    pub(super) tty: bool,
    /// Seconds; negative for ever.
    pub(super) stop_timeout: Option<i64>,
}

impl Details {
    /// Is an exit still to come, of its run now or of its first?
    pub(super) fn will_exit(&self) -> bool {
        let state = ContainerState::from_word(&self.state.status);
        state.is_up() || state == ContainerState::Created
    }
}

/// A container of the list. Its times are estimates, no finer than the words of its status: an
/// inspect tells them exactly.
pub(super) fn from_row(row: &Row, now: DateTime<Utc>, words: &mut Words) -> Container {
    let facts = Facts::of(&row.status);
    let since = facts.age.and_then(|age| now.checked_sub_signed(age));
    let state = ContainerState::from_word(&row.state);
    let health = health(&row.health).or_else(|| {
        facts.health.map(|status| Health {
            status,
            failing_streak: 0,
            probes: Vec::new(),
        })
    });
    let mut ports: Vec<Port> = row.ports.iter().filter_map(|p| port(p, words)).collect();
    ports.sort_unstable();
    ports.dedup();
    Container {
        id: id(&row.id),
        name: name(&row.names),
        image: words.clean(&row.image),
        image_id: words.clean(&row.image_id),
        command: words.clean(&row.command),
        created: unix_time(row.created),
        state,
        health,
        started: since.filter(|_| state.is_up() && !has_ended(state)),
        finished: since.filter(|_| has_ended(state)),
        exit_code: facts.exit_code.filter(|_| has_ended(state)),
        oom_killed: false,
        error: None,
        restart_count: 0,
        restart_policy: words.clean(""),
        labels: words.labels(&row.labels),
        ports,
        wanted_ports: Vec::new(),
        needs: Vec::new(),
        mounts: mounts(&row.mounts, words),
        networks: attachments(&row.network_settings, words),
        inspected: false,
    }
}

/// An inspected container.
pub(super) fn from_details(d: &Details) -> Container {
    let words = &mut Words::default();
    let state = ContainerState::from_word(&d.state.status);
    let policy = &d.host_config.restart_policy;
    let restart_policy = match (policy.name.as_str(), policy.maximum_retry_count) {
        ("", _) => "no".to_owned(),
        ("on-failure", n) if n > 0 => format!("on-failure:{n}"),
        (name, _) => name.to_owned(),
    };
    Container {
        id: id(&d.id),
        name: clean(d.name.trim_start_matches('/')),
        image: clean(&d.config.image),
        image_id: clean(&d.image),
        command: command(&d.path, &d.args),
        created: time(&d.created),
        state,
        health: health(&d.state.health),
        started: time(&d.state.started_at),
        finished: time(&d.state.finished_at),
        exit_code: has_ended(state).then_some(d.state.exit_code),
        oom_killed: d.state.oom_killed,
        // Podman keeps the complaint about a second start of what runs, for ever.
        error: some(&d.state.error)
            .filter(|e| !state.is_up() && !e.ends_with(": container is running")),
        restart_count: u32::try_from(d.restart_count).unwrap_or(0),
        restart_policy: clean(&restart_policy),
        labels: words.labels(&d.config.labels),
        ports: bound_ports(&d.network_settings.ports, words),
        wanted_ports: bound_ports(&d.host_config.port_bindings, words),
        needs: needs(&d.host_config),
        mounts: mounts(&d.mounts, words),
        networks: attachments(&d.network_settings, words),
        inspected: true,
    }
}

/// Has a last run that ended?
fn has_ended(state: ContainerState) -> bool {
    matches!(
        state,
        ContainerState::Exited
            | ContainerState::Restarting
            | ContainerState::Removing
            | ContainerState::Dead
    )
}

/// What the status text tells beyond the state.
struct Facts {
    exit_code: Option<i64>,
    health: Option<HealthStatus>,
    /// How long it has been up, or how long ago it ended.
    age: Option<TimeDelta>,
}

impl Facts {
    /// `Exited (137) 3 minutes ago`, `Up 2 hours (unhealthy)`, `Up 1 second (health: starting)`.
    fn of(status: &str) -> Self {
        let exit_code = ["Exited (", "Restarting ("]
            .iter()
            .find_map(|prefix| status.strip_prefix(prefix))
            .and_then(|rest| rest.split(')').next()?.parse().ok());
        let health = status
            .strip_prefix("Up ")
            .and_then(|rest| rest.rsplit_once('(')?.1.strip_suffix(')'))
            .and_then(|word| {
                HealthStatus::from_word(word.strip_prefix("health: ").unwrap_or(word))
            });
        let age = match status.strip_prefix("Up ") {
            Some(up) => age(up.split_once(" (").map_or(up, |(age, _)| age)),
            None => status
                .strip_suffix(" ago")
                .and_then(|text| age(text.split_once(") ")?.1)),
        };
        Self {
            exit_code,
            health,
            age,
        }
    }
}

/// Engines' words for a length of time: `Less than a second`, `About an hour`, `3 weeks`.
fn age(words: &str) -> Option<TimeDelta> {
    let words = match words.split_once(' ')? {
        ("About", rest) => rest,
        ("Less", _) => return Some(TimeDelta::zero()),
        _ => words,
    };
    let (count, unit) = words.split_once(' ')?;
    let count: i64 = match count {
        "a" | "an" => 1,
        number => number.parse().ok().filter(|n| *n >= 0)?,
    };
    let one = match unit.trim_end_matches('s') {
        "second" => TimeDelta::seconds(1),
        "minute" => TimeDelta::minutes(1),
        "hour" => TimeDelta::hours(1),
        "day" => TimeDelta::days(1),
        "week" => TimeDelta::weeks(1),
        "month" => TimeDelta::days(30),
        "year" => TimeDelta::days(365),
        _ => return None,
    };
    one.checked_mul(i32::try_from(count).ok()?)
}

/// The container's own name, not one that a link gave it (`/other/alias`).
fn name(names: &[String]) -> Arc<str> {
    let mut plain = names.iter().map(|n| n.trim_start_matches('/'));
    let own = plain.clone().find(|n| !n.contains('/'));
    clean(own.or_else(|| plain.next()).unwrap_or_default())
}

/// As engines print it in lists: arguments with spaces in quotes.
fn command(path: &str, args: &[String]) -> Arc<str> {
    let mut text = path.to_owned();
    for arg in args {
        text.push(' ');
        if arg.contains(' ') {
            text.extend(["'", arg, "'"]);
        } else {
            text.push_str(arg);
        }
    }
    clean(&text)
}

fn health(raw: &RawHealth) -> Option<Health> {
    Some(Health {
        status: HealthStatus::from_word(&raw.status)?,
        failing_streak: u32::try_from(raw.failing_streak).unwrap_or(0),
        probes: raw
            .log
            .iter()
            .map(|p| Probe {
                start: time(&p.start),
                end: time(&p.end),
                exit_code: p.exit_code,
                output: sanitise_lines(&p.output),
            })
            .collect(),
    })
}

fn port(raw: &RowPort, words: &mut Words) -> Option<Port> {
    Some(Port {
        private: u16::try_from(raw.private_port).ok().filter(|p| *p > 0)?,
        public: u16::try_from(raw.public_port).ok().filter(|p| *p > 0),
        ip: address(&raw.ip, words).filter(|_| raw.public_port > 0),
        protocol: words.clean(protocol(&raw.protocol)),
    })
}

/// `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": null}`.
fn bound_ports(raw: &BTreeMap<String, Option<Vec<Binding>>>, words: &mut Words) -> Vec<Port> {
    let mut ports = Vec::new();
    for (key, bindings) in raw {
        let (number, kind) = key.split_once('/').unwrap_or((key, ""));
        let Ok(private) = number.parse() else {
            continue;
        };
        let exposed = Port {
            private,
            public: None,
            ip: None,
            protocol: words.clean(protocol(kind)),
        };
        let before = ports.len();
        for binding in bindings.iter().flatten() {
            let public = u16::try_from(binding.host_port).ok().filter(|p| *p > 0);
            ports.push(Port {
                ip: address(&binding.host_ip, words).filter(|_| public.is_some()),
                public,
                ..exposed.clone()
            });
        }
        if ports.len() == before {
            ports.push(exposed);
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The containers it shares something with or links to.
fn needs(config: &HostConfig) -> Vec<Need> {
    let shares = [
        (&config.network_mode, "whose network it shares"),
        (&config.ipc_mode, "whose memory segments it shares"),
        (&config.pid_mode, "whose processes it sees"),
    ];
    let shared = shares
        .into_iter()
        .filter_map(|(mode, how)| Some((mode.strip_prefix("container:")?, how)));
    let linked = config.links.iter().filter_map(|l| {
        let name = l.split(':').next()?.trim_start_matches('/');
        Some((name, "to which it links"))
    });
    let volumes = config
        .volumes_from
        .iter()
        .filter_map(|v| Some((v.split(':').next()?, "whose volumes it mounts")));
    shared
        .chain(linked)
        .chain(volumes)
        .filter(|(container, _)| !container.is_empty())
        .map(|(container, how)| Need {
            container: clean(container),
            how: Arc::from(how),
        })
        .collect()
}

fn protocol(text: &str) -> &str {
    if text.is_empty() { "tcp" } else { text }
}

fn address(text: &str, words: &mut Words) -> Option<Arc<str>> {
    (!text.is_empty()).then(|| words.clean(text))
}

fn mounts(raw: &[MountPoint], words: &mut Words) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = raw
        .iter()
        .map(|m| Mount {
            kind: words.clean(if m.kind.is_empty() { "bind" } else { &m.kind }),
            name: (!m.name.is_empty()).then(|| words.clean(&m.name)),
            source: words.clean(&m.source),
            target: words.clean(&m.destination),
            read_only: m.writable == Some(false),
        })
        .collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    mounts
}

fn attachments(raw: &Networks, words: &mut Words) -> Vec<Attachment> {
    let mut all: Vec<Attachment> = raw
        .networks
        .iter()
        .filter_map(|(name, endpoint)| {
            let e = endpoint.as_ref()?;
            let ip = if e.ip.is_empty() { &e.ip6 } else { &e.ip };
            let is_default =
                name == PODMAN_NETWORK.1 && matches!(&*e.network_id, PODMAN_NETWORK_ID | "podman");
            let (name, network_id) = if is_default {
                (PODMAN_NETWORK.0, PODMAN_NETWORK_ID)
            } else {
                (&**name, &*e.network_id)
            };
            Some(Attachment {
                network: words.clean(name),
                network_id: words.clean(network_id),
                ip: address(ip, words),
                mac: address(&e.mac_address, words),
            })
        })
        .collect();
    all.sort_by(|a, b| a.network.cmp(&b.network));
    all
}

/// Does an attachment name its network instead of giving its id (Podman 4)?
pub(super) fn lacks_ids(c: &Container) -> bool {
    c.networks.iter().any(|a| a.network_id == a.network)
}

/// Fill in the ids of networks that are known by name only.
pub(super) fn fill_ids(c: &mut Container, ids: &BTreeMap<Arc<str>, Arc<str>>) {
    for a in &mut c.networks {
        if a.network_id == a.network
            && let Some(id) = ids.get(&a.network)
        {
            a.network_id = Arc::clone(id);
        }
    }
}

#[cfg(test)]
mod tests;
