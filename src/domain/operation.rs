//! A plan being carried out: its progress, its outcome, its record.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::{Error, ErrorKind};
use super::id::{HostId, ObjectId, ObjectRef, OpId};
use super::intent::{Actor, Intent, Origin};
use super::plan::{Danger, Plan};
use super::spec::ContainerSpec;

/// How an operation or a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Waits for its turn or for other steps.
    Pending,
    Running,
    /// Done, and seen to be done.
    Succeeded,
    /// It was so already.
    Unchanged,
    Failed,
    /// Of an operation: some targets are done, some are not.
    Partial,
    /// Not begun, because a step before it failed.
    Skipped,
    Cancelled,
    /// The process that ran it ended before it did.
    Interrupted,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Running,
        Self::Succeeded,
        Self::Unchanged,
        Self::Failed,
        Self::Partial,
        Self::Skipped,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// One lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The outcome of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.word() == word)
    }

    /// Will it not change any more?
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Is it as it was asked to be?
    pub fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::Unchanged)
    }
}

/// An error as it is kept: what travelled is gone, the words stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
}

impl From<&Error> for Failure {
    fn from(e: &Error) -> Self {
        Self {
            kind: e.kind(),
            message: e.chain(),
            hint: e.hint().map(str::to_owned),
        }
    }
}

impl From<Failure> for Error {
    fn from(f: Failure) -> Self {
        let e = Error::new(f.kind, f.message);
        match f.hint {
            Some(hint) => e.with_hint(hint),
            None => e,
        }
    }
}

/// How far a step is, for bars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// What it does: `waiting for the engine`, `downloading 3 of 7 layers`.
    pub text: Arc<str>,
    /// Bytes or seconds done.
    pub current: u64,
    /// Of so many; 0 when unknown.
    pub total: u64,
}

/// One step of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepState {
    /// Its number in the plan.
    pub id: usize,
    /// `stop`, `remove`...
    pub verb: Arc<str>,
    /// With its id once it is made.
    pub target: ObjectRef,
    pub cause: Arc<str>,
    pub danger: Danger,
    pub outcome: Outcome,
    pub progress: Option<Progress>,
    /// Calls made for it.
    pub attempts: u32,
    pub failure: Option<Failure>,
    /// What was seen before the call and after: `running`, `exited (0)`, `absent`.
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
    /// What a container that was removed had been made of, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specified: Option<Box<ContainerSpec>>,
    pub started: Option<DateTime<Utc>>,
    pub finished: Option<DateTime<Utc>>,
}

impl StepState {
    /// Is it being done now?
    pub fn is_active(&self) -> bool {
        self.outcome == Outcome::Running
    }
}

/// A plan being carried out, or carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub id: OpId,
    pub title: Arc<str>,
    /// The verb asked for.
    pub verb: Arc<str>,
    /// What was asked, to ask it again. It may hold secrets: it is never written down.
    #[serde(skip)]
    pub intent: Option<Arc<Intent>>,
    pub actor: Actor,
    pub origin: Origin,
    pub submitted: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
    pub outcome: Outcome,
    pub steps: Vec<StepState>,
    /// Did somebody ask to cancel it?
    pub cancelling: bool,
}

impl Operation {
    /// A plan that has not begun.
    pub fn new(
        id: OpId,
        plan: &Plan,
        actor: Actor,
        origin: Origin,
        submitted: DateTime<Utc>,
    ) -> Self {
        let steps = plan.steps.iter().map(|s| StepState {
            id: s.id,
            verb: Arc::from(s.action.verb()),
            target: s.target.clone(),
            cause: Arc::from(&*s.cause),
            danger: s.danger,
            outcome: Outcome::Pending,
            progress: None,
            attempts: 0,
            failure: None,
            before: None,
            after: None,
            specified: None,
            started: None,
            finished: None,
        });
        Self {
            id,
            title: Arc::from(&*plan.title),
            verb: Arc::from(&*plan.verb),
            intent: None,
            actor,
            origin,
            submitted,
            finished: None,
            outcome: Outcome::Running,
            steps: steps.collect(),
            cancelling: false,
        }
    }

    /// Is it not over?
    pub fn is_running(&self) -> bool {
        !self.outcome.is_final()
    }

    /// What its steps make of it when all are over.
    pub fn verdict(&self) -> Outcome {
        let has = |o: Outcome| self.steps.iter().any(|s| s.outcome == o);
        let good = self.steps.iter().any(|s| s.outcome.is_good());
        if has(Outcome::Failed) || has(Outcome::Interrupted) {
            if good {
                Outcome::Partial
            } else {
                Outcome::Failed
            }
        } else if has(Outcome::Cancelled) {
            Outcome::Cancelled
        } else if has(Outcome::Succeeded) {
            Outcome::Succeeded
        } else {
            Outcome::Unchanged
        }
    }

    /// Steps that are over, and all.
    pub fn count(&self) -> (usize, usize) {
        let done = self.steps.iter().filter(|s| s.outcome.is_final()).count();
        (done, self.steps.len())
    }

    /// The id a step made, once it has.
    pub fn made(&self, step: usize) -> Option<&ObjectId> {
        let s = self.steps.get(step)?;
        (s.outcome.is_good() && !s.target.id.as_str().is_empty()).then_some(&s.target.id)
    }

    /// The hosts it touches.
    pub fn hosts(&self) -> Vec<&HostId> {
        let mut hosts: Vec<&HostId> = self.steps.iter().map(|s| &s.target.host).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}
