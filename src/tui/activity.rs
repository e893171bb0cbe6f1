//! What goes on beside what is looked at: measurements, events, operations of our own.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::status::Severity;
use crate::domain::id::{ObjectRef, OpId};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::snapshot::{Measured, Snapshot};
use crate::reconcile::FleetEvent;

/// Measurements kept of each container that is looked at.
const SAMPLES: usize = 240;
/// Containers whose measurements are kept.
const MEASURED: usize = 500;
/// Events kept.
const EVENTS: usize = 1000;

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
    usage: FxHashMap<ObjectRef, VecDeque<Measured>>,
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
            let samples = self.usage.entry(object.clone()).or_default();
            if samples.back().is_none_or(|last| last.at < now.at) {
                if samples.len() == SAMPLES {
                    samples.pop_front();
                }
                samples.push_back(*now);
            }
        }
    }

    /// The measurements of a container, oldest first.
    pub fn usage(&self, object: &ObjectRef) -> Option<&VecDeque<Measured>> {
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
