//! What an entry holds. The text that is hashed is the text that is stored.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::error::{Error, Result};
use crate::domain::id::OpId;
use crate::domain::operation::{Operation, StepState};
use crate::domain::plan::{Action, Plan};
use crate::domain::secret;

/// The kinds of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Begin,
    Step,
    Finish,
    Interrupt,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Step => "step",
            Self::Finish => "finish",
            Self::Interrupt => "interrupt",
        }
    }
}

/// An entry to be.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) kind: Kind,
    /// JSON; the same value always gives the same text.
    pub(super) content: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Begin {
    pub(super) operation: Operation,
    pub(super) plan: Plan,
    pub(super) process: Process,
}

/// Who runs an operation: the number alone is given to others later.
#[derive(Serialize, Deserialize)]
pub(super) struct Process {
    pid: u32,
    started: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) step: StepState,
    pub(super) cancelling: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct End {
    pub(super) operation: Operation,
}

impl Body {
    pub(super) fn begin(operation: &Operation, plan: &Plan, (pid, started): (u32, u64)) -> Self {
        let content = Begin {
            operation: settled(operation),
            plan: discreet(plan),
            process: Process { pid, started },
        };
        Self::new(Kind::Begin, &content)
    }

    pub(super) fn step(operation: &Operation, step: usize) -> Result<Self> {
        let state = operation.steps.get(step).ok_or_else(|| {
            Error::internal(format!("the operation {} has no step {step}", operation.id))
        })?;
        let content = Step {
            step: StepState {
                progress: None,
                ..state.clone()
            },
            cancelling: operation.cancelling,
        };
        Ok(Self::new(Kind::Step, &content))
    }

    pub(super) fn end(kind: Kind, operation: &Operation) -> Self {
        let operation = settled(operation);
        Self::new(kind, &End { operation })
    }

    fn new(kind: Kind, content: &impl Serialize) -> Self {
        // Only a map with keys that are no text cannot be written, and there is none. An empty
        // content would be refused by the file's schema.
        let content = serde_json::to_string(content).unwrap_or_default();
        Self { kind, content }
    }
}

/// Without what passes: how far a download was is no news afterwards.
fn settled(operation: &Operation) -> Operation {
    let mut kept = operation.clone();
    for step in &mut kept.steps {
        step.progress = None;
    }
    kept
}

/// Without the values of variables that are called like secrets.
fn discreet(plan: &Plan) -> Plan {
    let mut kept = plan.clone();
    for step in &mut kept.steps {
        if let Some(specified) = &mut step.precondition.specified {
            specified.spec = specified.spec.discreet();
        }
        match &mut step.action {
            Action::CreateContainer { spec, .. } => **spec = spec.discreet(),
            Action::CreateVolume { spec } => {
                for (name, value) in &mut spec.options {
                    if secret::is_secret(name) || secret::holds_secret(value) {
                        secret::MASK.clone_into(value);
                    }
                }
            }
            _ => {}
        }
    }
    kept
}

/// What an entry says; `seq` and `path` for the message if it cannot be understood.
pub(super) fn parse<T: DeserializeOwned>(
    content: &str,
    seq: i64,
    path: &std::path::Path,
) -> Result<T> {
    serde_json::from_str(content).map_err(|e| {
        Error::internal(format!("read entry {seq} of {}", path.display()))
            .with_source(e)
            .with_hint("look for damage: pilothouse history --verify")
    })
}

/// Operations are numbers there; SQLite's have a sign.
pub(super) fn number(id: OpId) -> i64 {
    id.0 as i64
}

pub(super) fn op_id(number: i64) -> OpId {
    OpId(number as u64)
}

/// Put a step's news into its operation.
pub(super) fn apply(operation: &mut Operation, news: Step) {
    operation.cancelling = news.cancelling;
    if let Some(step) = operation.steps.get_mut(news.step.id) {
        *step = news.step;
    }
}
