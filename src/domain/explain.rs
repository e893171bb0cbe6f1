//! Why a container is unhealthy, restarting or not running: a list of evidence, the same for the same
//! picture. Nothing is guessed: each item says what was seen.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::id::ObjectRef;
use super::observed::{Container, ContainerState as State, DEPENDS_LABEL, HealthStatus};
use super::snapshot::HostShard;

/// How much an item weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It is the reason, or stands right beside it.
    Cause,
    /// It may have to do with it.
    Suspect,
    /// Good to know.
    Fact,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub weight: Weight,
    /// One short sentence.
    pub what: String,
    /// What was seen, word for word; may have several lines.
    pub seen: Option<String>,
    /// What to try.
    pub hint: Option<String>,
    /// Another object it is about.
    pub about: Option<ObjectRef>,
}

impl Evidence {
    fn new(weight: Weight, what: impl Into<String>) -> Self {
        Self {
            weight,
            what: what.into(),
            seen: None,
            hint: None,
            about: None,
        }
    }

    fn seen(mut self, text: impl Into<String>) -> Self {
        self.seen = Some(text.into());
        self
    }

    fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }
}

/// What an exit code says by the habits of shells and engines; nothing for codes of the program's own.
pub fn exit_code(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "it ended by itself and reported success",
        125 => "the engine could not start it",
        126 => "its command was found but could not be executed",
        127 => "its command was not found",
        129 => "ended by SIGHUP",
        130 => "ended by SIGINT",
        131 => "ended by SIGQUIT",
        132 => "ended by SIGILL: an instruction this CPU does not have",
        134 => "ended by SIGABRT: it gave up on itself",
        135 => "ended by SIGBUS",
        136 => "ended by SIGFPE",
        137 => "ended by SIGKILL",
        139 => "ended by SIGSEGV: it touched memory that is not its own",
        141 => "ended by SIGPIPE",
        143 => "ended by SIGTERM, as a stop does",
        255 => "it reported a general failure",
        _ => return None,
    })
}

/// Everything the picture holds about why `c` is as it is; the heaviest first.
pub fn explain(host: &HostShard, c: &Container, now: DateTime<Utc>) -> Vec<Evidence> {
    let mut found = Vec::new();
    start_error(host, c, &mut found);
    memory(host, c, &mut found);
    ended(c, &mut found);
    restarts(c, now, &mut found);
    health(c, &mut found);
    mounts(host, c, &mut found);
    networks(host, c, &mut found);
    image(host, c, &mut found);
    dependencies(host, c, &mut found);
    state(c, &mut found);
    if !host.link.is_live() {
        let what = format!(
            "{} is {}: this is an old picture",
            host.id(),
            host.link.word()
        );
        found.push(Evidence::new(Weight::Fact, what));
    }
    found.sort_by_key(|e| e.weight);
    found
}

/// What the engine said at the last start, and what it means.
fn start_error(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let Some(error) = c.error.as_deref().filter(|e| !e.is_empty()) else {
        return;
    };
    let lower = error.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let e = if has(&[
        "port is already allocated",
        "address already in use",
        "ports are not available",
    ]) {
        let e = Evidence::new(Weight::Cause, "a port it publishes is taken");
        match port_holder(host, c, &lower) {
            Some(other) => e.hint(format!("{other} on this host publishes the same port")),
            None => e.hint("another program on the host listens there: ss -ltnp"),
        }
    } else if has(&[
        "executable file not found",
        "no such file or directory: unknown",
    ]) {
        Evidence::new(Weight::Cause, "its command does not exist in the image")
            .hint("look at the command and the entrypoint, and whether the image is the right one")
    } else if has(&["permission denied"]) {
        Evidence::new(Weight::Cause, "something it needs is forbidden")
            .hint("is its command executable, and may its user read its mounts?")
    } else if has(&["no such image", "manifest unknown", "pull access denied"]) {
        Evidence::new(Weight::Cause, "its image could not be had")
    } else if has(&["exec format error"]) {
        Evidence::new(Weight::Cause, "its image is made for another processor")
    } else if has(&["bind source path does not exist", "mount", "volume"]) {
        Evidence::new(Weight::Cause, "something it mounts is missing or refused")
    } else if has(&["network"]) {
        Evidence::new(Weight::Cause, "a network it needs is missing or refused")
    } else if has(&["no space left"]) {
        Evidence::new(Weight::Cause, "the host's disk is full").hint("pilothouse prune")
    } else {
        Evidence::new(Weight::Cause, "the engine could not start it")
    };
    found.push(e.seen(error));
}

/// The container that publishes a port this one wants.
fn port_holder(host: &HostShard, c: &Container, error: &str) -> Option<String> {
    let wanted: Vec<u16> = c.ports.iter().filter_map(|p| p.public).collect();
    let holds = |other: &Container| {
        other.ports.iter().filter_map(|p| p.public).any(|p| {
            wanted.contains(&p)
                || error.contains(&format!(":{p} "))
                || error.contains(&format!(":{p}:"))
        })
    };
    let mut others = host
        .containers
        .iter()
        .filter(|o| o.id != c.id && o.state.is_up());
    others.find(|o| holds(o)).map(|o| o.name.to_string())
}

fn memory(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    if c.oom_killed {
        found.push(
            Evidence::new(
                Weight::Cause,
                "the kernel killed it for using too much memory",
            )
            .hint("raise its memory limit, or find out what it keeps"),
        );
        return;
    }
    let Some(m) = host.usage.get(&c.id) else {
        return;
    };
    if let Some(percent) = m.usage.memory_percent().filter(|p| *p >= 90.0) {
        let what = format!("it uses {percent:.0} % of its memory limit");
        found.push(Evidence::new(Weight::Suspect, what));
    }
}

fn ended(c: &Container, found: &mut Vec<Evidence>) {
    if !matches!(c.state, State::Exited | State::Dead | State::Restarting) {
        return;
    }
    let Some(code) = c.exit_code else { return };
    let what = match exit_code(code) {
        Some(meaning) => format!("exit code {code}: {meaning}"),
        None => format!("exit code {code}: the program's own, see the end of its logs"),
    };
    let weight = match code {
        0 | 143 if c.state == State::Exited => Weight::Fact,
        _ => Weight::Cause,
    };
    let e = Evidence::new(weight, what);
    found.push(match code {
        137 if !c.oom_killed => e.hint(
            "a stop that timed out, a kill, or the host's own lack of memory: see the kernel's log",
        ),
        126 | 127 => e.hint("look at the command and the entrypoint"),
        _ => e,
    });
}

fn restarts(c: &Container, now: DateTime<Utc>, found: &mut Vec<Evidence>) {
    if c.restart_count > 0 {
        let often = if c.restart_count == 1 {
            "once".to_owned()
        } else {
            format!("{} times", c.restart_count)
        };
        let policy = match &*c.restart_policy {
            "" => String::new(),
            policy => format!(" (policy {policy})"),
        };
        let weight = if c.state == State::Restarting {
            Weight::Cause
        } else {
            Weight::Suspect
        };
        found.push(Evidence::new(
            weight,
            format!("the engine restarted it {often}{policy}"),
        ));
    }
    let young = c
        .started
        .is_some_and(|s| now - s < chrono::Duration::seconds(60));
    if young && c.restart_count > 2 && c.state == State::Running {
        found.push(Evidence::new(
            Weight::Suspect,
            "it has run for less than a minute since then",
        ));
    }
    if c.state == State::Exited && &*c.restart_policy == "no" && c.exit_code.is_some_and(|e| e != 0)
    {
        found.push(Evidence::new(
            Weight::Fact,
            "its restart policy is no: nobody starts it again",
        ));
    }
}

fn health(c: &Container, found: &mut Vec<Evidence>) {
    let Some(health) = &c.health else { return };
    let last = health.probes.iter().rev().find(|p| p.exit_code != 0);
    match health.status {
        HealthStatus::Unhealthy => {
            let what = match health.failing_streak {
                0 => "its health check fails".to_owned(),
                n => format!("its health check failed {n} times in a row"),
            };
            let e = Evidence::new(Weight::Cause, what);
            found.push(match last {
                Some(p) => {
                    let output = p.output.trim();
                    let output = if output.is_empty() {
                        "(no output)"
                    } else {
                        output
                    };
                    e.seen(format!("exit code {}: {output}", p.exit_code))
                }
                None => e,
            });
            if let Some(p) =
                last.filter(|p| p.exit_code == -1 || p.output.contains("exceeded timeout"))
            {
                let took = p.end.zip(p.start).map(|(e, s)| (e - s).num_milliseconds());
                let e = Evidence::new(Weight::Cause, "the health check does not end in time");
                found.push(match took {
                    Some(ms) => e.seen(format!("cut off after {:.1} s", ms as f64 / 1000.0)),
                    None => e,
                });
            }
        }
        HealthStatus::Starting if c.state.is_up() => {
            let e = Evidence::new(Weight::Fact, "its health check has not passed yet");
            found.push(match last {
                Some(p) => e.seen(format!("exit code {}: {}", p.exit_code, p.output.trim())),
                None => e,
            });
        }
        HealthStatus::Starting | HealthStatus::Healthy => {}
    }
}

fn mounts(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    if !host.listed || host.gaps.contains_key(&super::id::Kind::Volume) {
        return;
    }
    for m in &c.mounts {
        if let Some(name) = m
            .name
            .as_deref()
            .filter(|n| &*m.kind == "volume" && host.volume(n).is_none())
        {
            found.push(Evidence::new(
                Weight::Cause,
                format!("volume {name} (at {}) does not exist", m.target),
            ));
        }
    }
}

fn networks(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    if !host.listed || host.gaps.contains_key(&super::id::Kind::Network) {
        return;
    }
    for a in &c.networks {
        let there = host.networks.iter().any(|n| {
            if a.network_id.is_empty() {
                n.name == a.network
            } else {
                *n.id.as_str() == *a.network_id
            }
        });
        if !there && !matches!(&*a.network, "host" | "none" | "bridge" | "podman") {
            found.push(Evidence::new(
                Weight::Cause,
                format!("network {} does not exist", a.network),
            ));
        }
    }
}

fn image(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let known = host.listed && !host.gaps.contains_key(&super::id::Kind::Image);
    if known && !c.image_id.is_empty() && !host.images.iter().any(|i| *i.id.as_str() == *c.image_id)
    {
        found.push(Evidence::new(
            Weight::Fact,
            format!("its image {} was removed", c.image),
        ));
    }
}

/// What it waits for, as Compose's labels say, and how that is.
fn dependencies(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let (Some(project), Some(list)) = (c.project(), c.label(DEPENDS_LABEL)) else {
        return;
    };
    for entry in list.split(',') {
        let mut parts = entry.split(':');
        let Some(service) = parts.next().filter(|s| !s.is_empty()) else {
            continue;
        };
        let condition = parts.next().unwrap_or("service_started");
        let all: Vec<_> = host
            .containers
            .iter()
            .filter(|o| o.project() == Some(project) && o.service() == Some(service))
            .collect();
        let wrong = if all.is_empty() {
            Some("does not exist".to_owned())
        } else if condition == "service_completed_successfully" {
            let bad = all.iter().find(|o| o.exit_code.is_some_and(|e| e != 0));
            bad.map(|o| format!("ended with {}", o.exit_code.unwrap_or_default()))
        } else if let Some(down) = all.iter().find(|o| !o.state.is_up()) {
            Some(format!("is {}", down.state))
        } else {
            let ill = all
                .iter()
                .any(|o| o.health_status() == Some(HealthStatus::Unhealthy));
            ill.then(|| "is unhealthy".to_owned())
        };
        if let Some(wrong) = wrong {
            found.push(Evidence::new(
                Weight::Suspect,
                format!("{service}, which it depends on, {wrong}"),
            ));
        }
    }
}

fn state(c: &Container, found: &mut Vec<Evidence>) {
    let what = match c.state {
        State::Created if c.error.as_deref().is_none_or(str::is_empty) => "it was never started",
        State::Paused => "it is paused: its processes are frozen",
        State::Removing => "it is being removed",
        State::Dead => "the engine could not remove it: it can only be removed by force",
        _ => return,
    };
    found.push(Evidence::new(Weight::Fact, what));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::id::HostId;
    use super::super::observed::{Health, Labels, PROJECT_LABEL, Port, Probe, SERVICE_LABEL};
    use super::super::snapshot::{HostFacts, Link};
    use super::*;

    fn host(containers: Vec<Container>) -> HostShard {
        let facts = HostFacts {
            id: HostId::new("h"),
            endpoint: Arc::from("unix:///x"),
            origin: Arc::from("test"),
            labels: Arc::default(),
            read_only: false,
        };
        HostShard {
            link: Link::Live {
                rtt: std::time::Duration::ZERO,
            },
            listed: true,
            containers: Arc::new(containers.into_iter().map(Arc::new).collect()),
            ..HostShard::new(Arc::new(facts))
        }
    }

    fn plain(id: &str) -> Container {
        Container {
            image_id: Arc::from(""),
            ..Container::sample(id, id)
        }
    }

    fn whats(host: &HostShard, c: &Container) -> Vec<String> {
        explain(host, c, DateTime::UNIX_EPOCH)
            .into_iter()
            .map(|e| e.what)
            .collect()
    }

    #[test]
    fn nothing_is_wrong_with_what_runs() {
        assert!(whats(&host(vec![]), &plain("a")).is_empty());
    }

    #[test]
    fn exit_codes_have_meanings() {
        let mut c = plain("a");
        c.state = State::Exited;
        c.exit_code = Some(137);
        assert_eq!(
            whats(&host(vec![]), &c),
            ["exit code 137: ended by SIGKILL"]
        );
        c.oom_killed = true;
        assert_eq!(
            whats(&host(vec![]), &c)[0],
            "the kernel killed it for using too much memory"
        );
        c.oom_killed = false;
        c.exit_code = Some(3);
        assert!(whats(&host(vec![]), &c)[0].contains("the program's own"));
    }

    #[test]
    fn a_failing_probe_is_quoted() {
        let mut c = plain("a");
        let probe = Probe {
            start: None,
            end: None,
            exit_code: 1,
            output: "refused\n".into(),
        };
        let status = HealthStatus::Unhealthy;
        c.health = Some(Health {
            status,
            failing_streak: 4,
            probes: vec![probe],
        });
        let found = explain(&host(vec![]), &c, DateTime::UNIX_EPOCH);
        assert_eq!(found[0].what, "its health check failed 4 times in a row");
        assert_eq!(found[0].seen.as_deref(), Some("exit code 1: refused"));
    }

    #[test]
    fn the_holder_of_a_port_is_named() {
        let port = Port {
            private: 80,
            public: Some(8080),
            ip: None,
            protocol: Arc::from("tcp"),
        };
        let mut holder = plain("holder");
        holder.ports = vec![port];
        let mut c = plain("a");
        c.state = State::Created;
        c.error = Some(Arc::from(
            "Bind for 0.0.0.0:8080 failed: port is already allocated",
        ));
        let found = explain(&host(vec![holder]), &c, DateTime::UNIX_EPOCH);
        assert_eq!(found[0].what, "a port it publishes is taken");
        assert_eq!(
            found[0].hint.as_deref(),
            Some("holder on this host publishes the same port")
        );
    }

    #[test]
    fn dependencies_that_are_down_are_suspects() {
        let labels = |service: &str, depends: &str| -> Arc<Labels> {
            let all = [
                (PROJECT_LABEL, "p"),
                (SERVICE_LABEL, service),
                (DEPENDS_LABEL, depends),
            ];
            Arc::new(
                all.iter()
                    .map(|(k, v)| (Arc::from(*k), Arc::from(*v)))
                    .collect(),
            )
        };
        let mut db = plain("db");
        db.labels = labels("db", "");
        db.state = State::Exited;
        let mut web = plain("web");
        web.labels = labels(
            "web",
            "db:service_healthy:true,cache:service_started:false,:::",
        );
        let found = whats(&host(vec![db]), &web);
        assert_eq!(
            found,
            [
                "db, which it depends on, is exited",
                "cache, which it depends on, does not exist"
            ]
        );
    }
}
