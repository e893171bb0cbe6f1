//! What goes on beside what is looked at: measurements, events, operations of our own.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::samples::Samples;
use super::status::Severity;
use crate::domain::error::Error;
use crate::domain::id::{HostId, ObjectRef, OpId};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::snapshot::Snapshot;
use crate::reconcile::FleetEvent;

/// Containers whose measurements are kept.
const MEASURED: usize = 500;
/// Events kept.
const EVENTS: usize = 1000;
/// Changes of a host's link kept.
const LINKS: usize = 50;

/// How a host was reached from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkChange {
    pub at: DateTime<Utc>,
    pub word: &'static str,
    /// What went wrong.
    pub why: Option<String>,
}

/// Seconds between two figures of a host, and how many are kept: ten minutes.
const PULSE: i64 = 5;
const PULSES: usize = 120;

/// What a host used.
#[derive(Debug, Default)]
struct Pulse {
    at: Option<DateTime<Utc>>,
    shares: VecDeque<f64>,
}

/// Lines that were typed, the newest last.
#[derive(Debug, Default)]
pub struct Typed {
    pub commands: Vec<String>,
    pub filters: Vec<String>,
    pub searches: Vec<String>,
    pub others: Vec<String>,
}

/// What goes on beside.
#[derive(Debug, Default)]
pub struct Activity {
    /// Position of spinners.
    pub spin: usize,
    /// The newest events last.
    pub events: VecDeque<FleetEvent>,
    /// The containers that are measured.
    pub looked_at: Vec<ObjectRef>,
    /// For the arrow keys of prompts.
    pub typed: Typed,
    /// When and where the mouse was pressed last.
    pub click: Option<(chrono::DateTime<chrono::Utc>, u16, u16)>,
    /// Containers that were removed, as last asked for.
    pub removed: Vec<crate::domain::restore::Removed>,
    usage: FxHashMap<ObjectRef, Samples>,
    pulses: FxHashMap<HostId, Pulse>,
    /// Oldest first.
    links: FxHashMap<HostId, Vec<LinkChange>>,
    /// Operations that were running when last seen.
    running: Vec<OpId>,
    /// The number of the last request.
    pub sequence: u64,
}

impl Activity {
    /// What runs already is no news.
    pub fn begin(&mut self, snapshot: &Snapshot) {
        self.running = running(snapshot);
    }

    /// Keep an event.
    pub fn event(&mut self, event: FleetEvent) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Keep the measurements that `snapshot` adds.
    pub fn measure(&mut self, snapshot: &Snapshot) {
        for object in &self.looked_at {
            let Some(host) = snapshot.host(&object.host) else {
                continue;
            };
            let Some(now) = host.usage.get(&object.id) else {
                continue;
            };
            if !self.usage.contains_key(object) && self.usage.len() >= MEASURED {
                self.usage
                    .retain(|o, _| self.looked_at.contains(o) || snapshot.container(o).is_some());
                if self.usage.len() >= MEASURED {
                    self.usage.clear();
                }
            }
            self.usage.entry(object.clone()).or_default().add(now);
        }
    }

    /// Keep what the measured containers of each host use of its CPUs together, from 0 to 1.
    pub fn pulse(&mut self, snapshot: &Snapshot) {
        for host in snapshot.hosts.iter() {
            let cpus = host.info.as_ref().map_or(0, |i| i.cpus);
            let Some(newest) = host.usage.values().map(|m| m.at).max() else {
                continue;
            };
            let pulse = self.pulses.entry(host.id().clone()).or_default();
            let due = pulse
                .at
                .is_none_or(|at| (newest - at).num_seconds() >= PULSE);
            let known = host.usage.values().filter_map(|m| m.usage.cpu);
            let (count, cpu) = known.fold((0, 0.0), |(n, all), cpu| (n + 1, all + cpu));
            if !due || count == 0 {
                continue;
            }
            pulse.at = Some(newest);
            if pulse.shares.len() == PULSES {
                pulse.shares.pop_front();
            }
            pulse
                .shares
                .push_back(cpu / (f64::from(cpus.max(1)) * 100.0));
        }
    }

    /// The shares of its CPUs that a host used, oldest first.
    pub fn pulse_of(&self, host: &HostId) -> impl DoubleEndedIterator<Item = f64> {
        let found = self.pulses.get(host);
        found.into_iter().flat_map(|p| p.shares.iter().copied())
    }

    /// Keep the changes of links that `snapshot` adds.
    pub fn watch_links(&mut self, snapshot: &Snapshot, now: DateTime<Utc>) {
        for host in snapshot.hosts.iter() {
            let kept = self.links.entry(host.id().clone()).or_default();
            let word = host.link.word();
            if kept.last().is_some_and(|last| last.word == word) {
                continue;
            }
            if kept.len() == LINKS {
                kept.remove(0);
            }
            kept.push(LinkChange {
                at: now,
                word,
                why: host.link.error().map(Error::chain),
            });
        }
    }

    /// How a host's link was, oldest first.
    pub fn links(&self, host: &HostId) -> &[LinkChange] {
        self.links.get(host).map(Vec::as_slice).unwrap_or_default()
    }

    /// The measurements of a container, oldest first.
    pub fn usage(&self, object: &ObjectRef) -> Option<&Samples> {
        self.usage.get(object)
    }

    /// What ended since the last snapshot.
    pub fn finished(&mut self, snapshot: &Snapshot) -> Vec<Arc<Operation>> {
        let ended = snapshot
            .operations
            .iter()
            .filter(|o| !o.is_running() && self.running.contains(&o.id))
            .cloned()
            .collect();
        // What was accepted a moment ago may not be in the picture yet.
        let known = |id: &OpId| snapshot.operations.iter().any(|o| o.id == *id);
        self.running.retain(|id| !known(id));
        self.running.extend(running(snapshot));
        ended
    }

    /// An operation of ours was accepted; it may end before we see it run.
    pub fn watch(&mut self, operation: OpId) {
        self.running.push(operation);
    }
}

fn running(snapshot: &Snapshot) -> Vec<OpId> {
    let running = snapshot.operations.iter().filter(|o| o.is_running());
    running.map(|o| o.id).collect()
}

/// How the end of an operation is told.
pub fn verdict(operation: &Operation) -> (Severity, String) {
    let failure = operation
        .steps
        .iter()
        .find_map(|s| s.failure.as_ref().map(|f| (s, f)));
    let (done, all) = (
        operation
            .steps
            .iter()
            .filter(|s| s.outcome.is_good())
            .count(),
        operation.steps.len(),
    );
    let severity = match operation.outcome {
        Outcome::Succeeded | Outcome::Unchanged => Severity::Success,
        Outcome::Failed | Outcome::Interrupted => Severity::Error,
        _ => Severity::Warning,
    };
    let text = match (operation.outcome, failure) {
        (Outcome::Succeeded | Outcome::Unchanged, _) => format!("{}: done", operation.title),
        (Outcome::Partial, Some((step, f))) => format!(
            "{}: {done} of {all} done; {}: {}",
            operation.title, step.target, f.message
        ),
        (_, Some((_, f))) => format!("{}: {}", operation.title, f.message),
        (outcome, None) => format!("{}: {}", operation.title, outcome.word()),
    };
    (severity, text)
}
