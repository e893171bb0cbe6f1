//! What may be done: read-only mode, rules that deny or demand, and how many at once. Judged in the
//! core, so that no caller can forget it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::{Error, ErrorKind, Result};
use super::id::{HostId, ObjectRef};
use super::observed::Labels;
use super::plan::{Danger, Plan, Step};
use super::snapshot::Snapshot;
use super::text::glob;

/// What a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Never.
    Deny,
    /// Ask first, whatever the danger.
    Confirm,
    /// Only after the name of the host was typed.
    TypeHostName,
    /// Only after the name of the object was typed (of several: their number).
    TypeObjectName,
    /// Nothing but the rule's `max_bulk`.
    Allow,
}

/// What a rule is about; all conditions hold, an empty one always does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Globs of host names; one is enough.
    pub hosts: Vec<String>,
    /// Labels of the host, values may be globs.
    pub labels: BTreeMap<String, String>,
    /// Verbs: of the step or of what was asked (`remove`, `prune`...); `*` is all.
    pub actions: Vec<String>,
    /// Globs of object names; one is enough.
    pub names: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// What it is about.
    #[serde(rename = "match", default)]
    pub matches: Match,
    pub effect: Effect,
    /// More objects than this in one operation are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bulk: Option<usize>,
    /// Shown when it applies.
    #[serde(default)]
    pub reason: String,
}

/// Everything that limits what may be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Nothing may change anything anywhere.
    pub read_only: bool,
    pub rules: Vec<Guardrail>,
    /// More objects than this in one operation are refused; none: no limit.
    pub max_bulk: Option<usize>,
}

/// What must be answered before a plan may run; the worst of all its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// A yes.
    Yes { reasons: Vec<String> },
    /// This text, typed.
    Type {
        text: String,
        what: &'static str,
        reasons: Vec<String>,
    },
}

/// The answer to a [`Demand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nobody was asked.
    None,
    Yes,
    Typed(String),
}

/// A plan that may run: the only thing the executor takes.
#[must_use]
#[derive(Debug, Clone)]
pub struct Confirmed {
    plan: Plan,
}

impl Confirmed {
    /// What may run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl Match {
    fn fits(&self, step: &Step, verb: &str, host: Option<&Labels>) -> bool {
        let target = &step.target;
        let one =
            |globs: &[String], text: &str| globs.is_empty() || globs.iter().any(|g| glob(g, text));
        let label = |(key, value): (&String, &String)| {
            host.and_then(|l| l.get(key.as_str()))
                .is_some_and(|v| glob(value, v))
        };
        one(&self.hosts, target.host.as_str())
            && one(&self.names, target.label())
            && (one(&self.actions, verb)
                || !CONVERSATIONS.contains(&verb) && one(&self.actions, step.action.verb()))
            && self.labels.iter().all(label)
    }
}

/// Verbs of conversations, whose one step only stands in: only what was asked counts.
const CONVERSATIONS: [&str; 3] = ["exec", "attach", "cp"];

/// May `plan` run on the fleet that `snapshot` shows, and after which answer?
pub fn judge(plan: &Plan, policy: &Policy, snapshot: &Snapshot) -> Result<Demand> {
    if plan.is_empty() {
        return Ok(Demand::Nothing);
    }
    read_only(plan, policy, snapshot)?;
    bulk(plan.steps.iter(), policy.max_bulk, plan, "")?;
    let mut demand = Rank::default();
    if plan.danger() == Danger::Destructive {
        demand.yes(None);
    }
    for rule in &policy.rules {
        let labels = |s: &Step| snapshot.host(&s.target.host).map(|h| &*h.facts.labels);
        let hit: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|s| rule.matches.fits(s, &plan.verb, labels(s)))
            .collect();
        let Some(first) = hit.first() else { continue };
        bulk(hit.iter().copied(), rule.max_bulk, plan, &rule.reason)?;
        match rule.effect {
            Effect::Allow => {}
            Effect::Deny => {
                let what = format!(
                    "{} {} is denied by a guardrail",
                    first.action.verb(),
                    first.target
                );
                return Err(refused(what, &rule.reason));
            }
            Effect::Confirm => demand.yes(Some(&rule.reason)),
            Effect::TypeHostName => {
                let hosts = hit.iter().map(|s| s.target.host.as_str());
                demand.hosts.extend(hosts);
                demand.because(&rule.reason);
            }
            Effect::TypeObjectName => {
                demand.objects.extend(objects(hit.iter().copied()));
                demand.because(&rule.reason);
            }
        }
    }
    Ok(demand.into())
}

/// Is changing things on `host` forbidden altogether?
pub fn check_read_only(host: &HostId, policy: &Policy, snapshot: &Snapshot) -> Result<()> {
    if policy.read_only {
        return Err(refused("read-only mode: nothing is changed".into(), "")
            .with_hint("leave out --read-only, or set read_only = false"));
    }
    if snapshot.host(host).is_some_and(|h| h.facts.read_only) {
        return Err(
            refused(format!("{host} is read-only"), "").with_hint(format!(
                "read_only of [hosts.{host}] in the configuration says so"
            )),
        );
    }
    Ok(())
}

fn read_only(plan: &Plan, policy: &Policy, snapshot: &Snapshot) -> Result<()> {
    plan.hosts()
        .iter()
        .try_for_each(|h| check_read_only(h, policy, snapshot))
}

/// What steps are about, each once: a container that is stopped and removed is one.
fn objects<'a>(steps: impl Iterator<Item = &'a Step>) -> BTreeSet<(&'a ObjectRef, &'a str)> {
    steps.map(|s| (&s.target, &*s.target.name)).collect()
}

fn bulk<'a>(
    steps: impl Iterator<Item = &'a Step>,
    limit: Option<usize>,
    plan: &Plan,
    reason: &str,
) -> Result<()> {
    let count = objects(steps).len();
    match limit {
        Some(limit) if count > limit => Err(refused(
            format!(
                "{}: {count} objects, and max_bulk allows {limit} at once",
                plan.title
            ),
            reason,
        )),
        _ => Ok(()),
    }
}

fn refused(message: String, reason: &str) -> Error {
    let message = if reason.is_empty() {
        message
    } else {
        format!("{message} ({reason})")
    };
    Error::new(ErrorKind::Refused, message)
}

/// The worst of all rules that apply.
#[derive(Default)]
struct Rank<'a> {
    yes: bool,
    /// Hosts whose names must be typed.
    hosts: BTreeSet<&'a str>,
    /// Objects whose name, or number, must be typed.
    objects: BTreeSet<(&'a ObjectRef, &'a str)>,
    reasons: Vec<String>,
}

impl Rank<'_> {
    fn yes(&mut self, reason: Option<&str>) {
        self.yes = true;
        self.because(reason.unwrap_or_default());
    }

    fn because(&mut self, reason: &str) {
        if !reason.is_empty() && !self.reasons.iter().any(|r| r == reason) {
            self.reasons.push(reason.to_owned());
        }
    }
}

impl From<Rank<'_>> for Demand {
    fn from(rank: Rank<'_>) -> Self {
        let reasons = rank.reasons;
        // A host's name says more than an object's.
        let (text, what) = if !rank.hosts.is_empty() {
            let names: Vec<&str> = rank.hosts.into_iter().collect();
            match names.as_slice() {
                [one] => ((*one).to_owned(), "the host's name"),
                many => (many.join(" "), "the hosts' names"),
            }
        } else if let Some((object, _)) = rank.objects.first() {
            match rank.objects.len() {
                1 => (object.label().to_owned(), "the object's name"),
                n => (n.to_string(), "the number of objects"),
            }
        } else if rank.yes {
            return Self::Yes { reasons };
        } else {
            return Self::Nothing;
        };
        Self::Type {
            text,
            what,
            reasons,
        }
    }
}

/// Let `plan` run if `answer` is what `demand` asks for.
pub fn confirm(plan: Plan, demand: &Demand, answer: &Answer) -> Result<Confirmed> {
    let fits = match (demand, answer) {
        // Whatever the demand says: nothing is destroyed that nobody said yes to.
        (Demand::Nothing, Answer::None) => plan.danger() < Danger::Destructive,
        (Demand::Nothing, _) | (Demand::Yes { .. }, Answer::Yes | Answer::Typed(_)) => true,
        (Demand::Type { text, .. }, Answer::Typed(typed)) => text == typed.trim(),
        (Demand::Yes { .. } | Demand::Type { .. }, _) => false,
    };
    if fits {
        return Ok(Confirmed { plan });
    }
    let e = Error::new(ErrorKind::Refused, format!("{}: not confirmed", plan.title));
    Err(match demand {
        Demand::Type { text, what, .. } => e.with_hint(format!(
            "a guardrail wants {what} typed: --confirm {text:?}"
        )),
        _ => e.with_hint("say --yes"),
    })
}

#[cfg(test)]
mod tests;
