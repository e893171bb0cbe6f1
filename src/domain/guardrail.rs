//! What may be done: read-only mode, rules that deny or demand, and how many at once. Judged in the
//! core, so that no caller can forget it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{Error, ErrorKind, Result};
use super::id::HostId;
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
    /// More steps than this in one operation are refused.
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
            && (one(&self.actions, step.action.verb()) || one(&self.actions, verb))
            && self.labels.iter().all(label)
    }
}

/// May `plan` run on the fleet that `snapshot` shows, and after which answer?
pub fn judge(plan: &Plan, policy: &Policy, snapshot: &Snapshot) -> Result<Demand> {
    if plan.is_empty() {
        return Ok(Demand::Nothing);
    }
    read_only(plan, policy, snapshot)?;
    bulk(plan.steps.len(), policy.max_bulk, plan, "")?;
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
        bulk(hit.len(), rule.max_bulk, plan, &rule.reason)?;
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
            Effect::TypeHostName => demand.typed(hosts(&hit), "the host's name", &rule.reason),
            Effect::TypeObjectName => {
                let text = match hit.as_slice() {
                    [one] => one.target.label().to_owned(),
                    many => many.len().to_string(),
                };
                let what = if hit.len() == 1 {
                    "the object's name"
                } else {
                    "the number of objects"
                };
                demand.typed(text, what, &rule.reason);
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

fn bulk(count: usize, limit: Option<usize>, plan: &Plan, reason: &str) -> Result<()> {
    match limit {
        Some(limit) if count > limit => Err(refused(
            format!(
                "{}: {count} steps, and max_bulk allows {limit} at once",
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

/// The host's name; of several hosts all of them.
fn hosts(steps: &[&Step]) -> String {
    let mut names: Vec<&str> = steps.iter().map(|s| s.target.host.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(" ")
}

#[derive(Default)]
struct Rank {
    yes: bool,
    typed: Option<(String, &'static str)>,
    reasons: Vec<String>,
}

impl Rank {
    fn yes(&mut self, reason: Option<&str>) {
        self.yes = true;
        self.because(reason.unwrap_or_default());
    }

    fn typed(&mut self, text: String, what: &'static str, reason: &str) {
        // A host's name says more than an object's; the first rule of a sort wins.
        if self
            .typed
            .as_ref()
            .is_none_or(|(_, w)| *w != "the host's name" && what == "the host's name")
        {
            self.typed = Some((text, what));
        }
        self.because(reason);
    }

    fn because(&mut self, reason: &str) {
        if !reason.is_empty() && !self.reasons.iter().any(|r| r == reason) {
            self.reasons.push(reason.to_owned());
        }
    }
}

impl From<Rank> for Demand {
    fn from(rank: Rank) -> Self {
        match rank.typed {
            Some((text, what)) => Self::Type {
                text,
                what,
                reasons: rank.reasons,
            },
            None if rank.yes => Self::Yes {
                reasons: rank.reasons,
            },
            None => Self::Nothing,
        }
    }
}

/// Let `plan` run if `answer` is what `demand` asks for.
pub fn confirm(plan: Plan, demand: &Demand, answer: &Answer) -> Result<Confirmed> {
    let fits = match (demand, answer) {
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
