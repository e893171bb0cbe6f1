//! Why a container is unhealthy, restarting or not running: a list of evidence, the same for the same
//! picture. Nothing is guessed: each item says what was seen.

mod start;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::id::{Kind, ObjectRef};
use super::observed::{Container, ContainerState as State, DEPENDS_LABEL, HealthStatus, Probe};
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

impl Weight {
    /// One lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Suspect => "suspect",
            Self::Fact => "fact",
        }
    }
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

    fn about(mut self, object: ObjectRef) -> Self {
        self.about = Some(object);
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
        133 => "ended by SIGTRAP",
        134 => "ended by SIGABRT: it gave up on itself",
        135 => "ended by SIGBUS",
        136 => "ended by SIGFPE",
        137 => "ended by SIGKILL",
        139 => "ended by SIGSEGV: it touched memory that is not its own",
        141 => "ended by SIGPIPE",
        143 => "ended by SIGTERM, as a stop does",
        159 => "ended by SIGSYS: a system call it may not make",
        255 => "it reported a general failure",
        _ => return None,
    })
}

/// Everything the picture holds about why `c` is as it is; the heaviest first.
pub fn explain(host: &HostShard, c: &Container, now: DateTime<Utc>) -> Vec<Evidence> {
    let mut found = Vec::new();
    start::error(host, c, &mut found);
    start::ports(host, c, &mut found);
    memory(host, c, &mut found);
    ended(c, &mut found);
    restarts(c, now, &mut found);
    health(c, &mut found);
    mounts(host, c, &mut found);
    networks(host, c, &mut found);
    image(host, c, &mut found);
    dependencies(host, c, &mut found);
    shared(host, c, &mut found);
    state(c, &mut found);
    if !host.link.is_live() {
        let what = format!(
            "{} is {}: this is an old picture",
            host.id(),
            host.link.word()
        );
        found.push(Evidence::new(Weight::Fact, what).about(host.machine_ref()));
    }
    found.sort_by_key(|e| e.weight);
    found
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
    let Some(m) = host.usage.get(&c.id).filter(|_| c.state.is_up()) else {
        return;
    };
    if let Some(percent) = m.usage.memory_percent().filter(|p| *p >= 90.0) {
        let what = format!("it uses {percent:.0} % of its memory limit");
        found.push(
            Evidence::new(Weight::Suspect, what)
                .hint("the kernel kills what goes beyond the limit: exit code 137"),
        );
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
    let good = matches!(code, 0 | 130 | 143) && c.state == State::Exited;
    let e = Evidence::new(if good { Weight::Fact } else { Weight::Cause }, what);
    found.push(match code {
        0 if c.state == State::Restarting => {
            e.hint("its policy starts again what ends by itself: is it meant to go on?")
        }
        126 => e.hint("is it executable, and is it for this processor?"),
        127 => e.hint("look at the command and the entrypoint, and at PATH"),
        137 if !c.oom_killed => e.hint(
            "a stop that timed out, a kill, or the host's own lack of memory: see the kernel's log",
        ),
        139 => e.hint("a fault of the program or of a library it was built against"),
        _ => e,
    });
    if let (Some(start), Some(end)) = (c.started, c.finished)
        && code != 0
        && end >= start
        && end - start < Duration::seconds(3)
    {
        let ms = (end - start).num_milliseconds();
        let what = format!("it ran for {:.1} s only", ms as f64 / 1000.0);
        found.push(
            Evidence::new(Weight::Suspect, what)
                .hint("that is the time to read its settings: see the first lines of its logs"),
        );
    }
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
        let most = c.restart_policy.strip_prefix("on-failure:");
        if c.state == State::Exited && most.and_then(|m| m.parse().ok()) == Some(c.restart_count) {
            let what = "the engine gave up: that is as often as its policy allows";
            found.push(Evidence::new(Weight::Cause, what));
        }
    }
    let young = c.started.is_some_and(|s| now - s < Duration::seconds(60));
    if young && c.restart_count > 2 && c.state == State::Running {
        found.push(Evidence::new(
            Weight::Suspect,
            "it has run for less than a minute since then",
        ));
    }
    if c.state != State::Exited {
        return;
    }
    match (&*c.restart_policy, c.exit_code) {
        ("no", Some(code)) if code != 0 => found.push(Evidence::new(
            Weight::Fact,
            "its restart policy is no: nobody starts it again",
        )),
        ("always" | "unless-stopped", Some(_)) => found.push(Evidence::new(
            Weight::Fact,
            format!(
                "its restart policy is {}, so somebody stopped it: what ends by itself is started again",
                c.restart_policy
            ),
        )),
        _ => {}
    }
}

fn health(c: &Container, found: &mut Vec<Evidence>) {
    let Some(health) = &c.health else { return };
    let last = health.probes.iter().rev().find(|p| p.exit_code != 0);
    match health.status {
        // The verdict of a run that is over says nothing any more.
        HealthStatus::Unhealthy if c.state.is_up() => {
            let what = match health.failing_streak {
                0 => "its health check fails".to_owned(),
                1 => "its health check failed once".to_owned(),
                n => format!("its health check failed {n} times in a row"),
            };
            let e = Evidence::new(Weight::Cause, what);
            found.push(match last {
                Some(p) => e.seen(output(p)),
                None => e,
            });
            found.extend(last.and_then(probe));
        }
        HealthStatus::Starting if c.state.is_up() => {
            let e = Evidence::new(Weight::Fact, "its health check has not passed yet");
            found.push(match last {
                Some(p) => e.seen(output(p)),
                None => e,
            });
            found.extend(last.and_then(probe));
        }
        HealthStatus::Healthy if health.failing_streak > 0 && c.state.is_up() => {
            let what = "it counts as healthy, but the last probe failed";
            let e = Evidence::new(Weight::Suspect, what);
            found.push(match last {
                Some(p) => e.seen(output(p)),
                None => e,
            });
        }
        _ => {}
    }
}

fn output(p: &Probe) -> String {
    let output = match p.output.trim() {
        "" => "(no output)",
        output => output,
    };
    format!("exit code {}: {output}", p.exit_code)
}

/// What a failed probe says about the probe rather than the container.
fn probe(p: &Probe) -> Option<Evidence> {
    let lower = p.output.to_lowercase();
    if p.exit_code == -1 || lower.contains("exceeded timeout") {
        let took = p.end.zip(p.start).map(|(e, s)| (e - s).num_milliseconds());
        let e = Evidence::new(Weight::Cause, "the health check does not end in time");
        return Some(match took {
            Some(ms) => e.seen(format!("cut off after {:.1} s", ms as f64 / 1000.0)),
            None => e,
        });
    }
    if matches!(p.exit_code, 126 | 127) || lower.contains("executable file not found") {
        return Some(
            Evidence::new(
                Weight::Cause,
                "the command of the health check does not exist in the image",
            )
            .hint("it may well work: mend the check"),
        );
    }
    for (sign, what) in [
        (
            "connection refused",
            "nothing listens where the health check asks",
        ),
        (
            "failed to connect",
            "nothing listens where the health check asks",
        ),
        (
            "returned error: 5",
            "it answers the health check with an error of its own",
        ),
        (
            "returned error: 4",
            "it answers the health check with a refusal: is its path right?",
        ),
        ("could not resolve", "a name could not be resolved"),
        ("bad address", "a name could not be resolved"),
        ("permission denied", "something it needs is forbidden"),
        ("no space left", "a disk is full"),
        ("timed out", "what it asked did not answer in time"),
    ] {
        if lower.contains(sign) {
            return Some(Evidence::new(Weight::Suspect, what));
        }
    }
    None
}

fn mounts(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    if !host.listed || host.gaps.contains_key(&Kind::Volume) {
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
    if !host.listed || host.gaps.contains_key(&Kind::Network) {
        return;
    }
    for a in &c.networks {
        let there = host.networks.iter().any(|n| {
            if a.network_id.is_empty() {
                n.name == a.network
            } else {
                *n.id.as_str() == *a.network_id || *n.name == *a.network_id
            }
        });
        if !there && !matches!(&*a.network, "host" | "none" | "bridge" | "podman") {
            let again = host.networks.iter().any(|n| n.name == a.network);
            let e = Evidence::new(
                Weight::Cause,
                format!("network {} does not exist", a.network),
            );
            found.push(if again {
                e.hint("there is a newer one of that name: create the container anew")
            } else {
                e
            });
        }
    }
}

fn image(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let known = host.listed && !host.gaps.contains_key(&Kind::Image);
    if known && !c.image_id.is_empty() && !host.images.iter().any(|i| *i.id.as_str() == *c.image_id)
    {
        found.push(Evidence::new(
            Weight::Fact,
            format!("its image {} was removed", c.image),
        ));
    }
}

/// How another container is, when it is not as one that is needed should be.
fn trouble(other: &Container) -> Option<String> {
    if !other.state.is_up() {
        return Some(match other.exit_code {
            Some(code) => format!("is {} ({code})", other.state),
            None => format!("is {}", other.state),
        });
    }
    match (other.state, other.health_status()) {
        (State::Restarting, _) => Some("restarts again and again".to_owned()),
        (State::Paused, _) => Some("is paused".to_owned()),
        (_, Some(HealthStatus::Unhealthy)) => Some("is unhealthy".to_owned()),
        _ => None,
    }
}

/// What it waits for, as Compose's labels say, and how that is.
fn dependencies(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let (Some(project), Some(list)) = (c.project(), c.label(DEPENDS_LABEL)) else {
        return;
    };
    // What never started waits for them; what runs may just miss them.
    let weight = if c.state == State::Created {
        Weight::Cause
    } else {
        Weight::Suspect
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
        let name = |what: String| format!("{service}, which it depends on, {what}");
        if all.is_empty() {
            found.push(Evidence::new(weight, name("does not exist".to_owned())));
            continue;
        }
        let wrong = if condition == "service_completed_successfully" {
            let bad = all.iter().find(|o| o.exit_code.is_some_and(|e| e != 0));
            bad.map(|o| {
                (
                    *o,
                    format!("ended with {}", o.exit_code.unwrap_or_default()),
                )
            })
        } else {
            all.iter().find_map(|o| Some((*o, trouble(o)?)))
        };
        if let Some((other, wrong)) = wrong {
            let e = Evidence::new(weight, name(wrong));
            found.push(e.about(host.container_ref(other)));
        }
    }
}

/// Containers whose network, processes or volumes it shares, or that it links to.
fn shared(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    for need in &c.needs {
        let other = host
            .containers
            .iter()
            .find(|o| *o.id.as_str() == *need.container || o.name == need.container);
        let name = other.map_or_else(
            || {
                let id: String = need.container.chars().take(12).collect();
                id
            },
            |o| o.name.to_string(),
        );
        let weight = if c.state.is_up() {
            Weight::Suspect
        } else {
            Weight::Cause
        };
        match other {
            None if host.listed => {
                let what = format!("{name}, {}, does not exist", need.how);
                found.push(
                    Evidence::new(Weight::Cause, what).hint(
                        "a container that shares with another has to be created anew with it",
                    ),
                );
            }
            Some(other) => {
                if let Some(wrong) = trouble(other) {
                    let what = format!("{name}, {}, {wrong}", need.how);
                    found.push(Evidence::new(weight, what).about(host.container_ref(other)));
                }
            }
            None => {}
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
mod tests;
