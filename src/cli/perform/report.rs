//! What came of it: a row a target, and the exit code.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{containers, failures};
use crate::cli::exit::Exit;
use crate::cli::out::{Listing, Out, Problem};
use crate::cli::progress::forms;
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::domain::plan::Unchanged;
use crate::reconcile::Preview;

/// What was done.
#[derive(Debug)]
pub(crate) struct Done {
    /// One for each intent; none where nothing had to be done.
    pub(crate) operations: Vec<Option<Arc<Operation>>>,
    pub(crate) unchanged: Vec<Unchanged>,
    pub(crate) problems: Vec<Problem>,
    /// What waiting for the end found wrong.
    pub(crate) waited: Vec<Error>,
    /// The signal that cancelled it.
    pub(crate) interrupted: Option<Exit>,
    whole: bool,
}

impl Done {
    pub(super) fn new(previews: &[Preview], problems: Vec<Problem>, whole: bool) -> Self {
        Self {
            operations: vec![None; previews.len()],
            unchanged: previews
                .iter()
                .flat_map(|p| p.plan.unchanged.iter().cloned())
                .collect(),
            problems,
            waited: Vec::new(),
            interrupted: None,
            whole,
        }
    }

    fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.iter().flatten()
    }

    /// The containers it was about and that are as they shall be.
    pub(crate) fn containers(&self) -> Vec<ObjectRef> {
        let mut all: Vec<ObjectRef> = self.operations().flat_map(|o| containers(o)).collect();
        let unchanged = self.unchanged.iter().map(|u| &u.target);
        for target in unchanged.filter(|t| t.kind == Kind::Container) {
            if !all.contains(target) {
                all.push(target.clone());
            }
        }
        all
    }

    /// What was made, in order.
    pub(crate) fn made(&self) -> Vec<&ObjectRef> {
        self.operations()
            .filter_map(|o| {
                let step = o.steps.iter().find(|s| &*s.verb == "create")?;
                o.made(step.id).map(|_| &step.target)
            })
            .collect()
    }

    /// The failures, first to last.
    pub(crate) fn failures(&self) -> Vec<(ObjectRef, Error)> {
        self.operations()
            .flat_map(|o| failures(o))
            .map(|(t, e)| (t.clone(), e))
            .collect()
    }

    /// What went wrong, on stderr.
    pub(crate) fn complain(&self, out: &mut Out) {
        for problem in &self.problems {
            out.error(&problem.error);
        }
        for (target, error) in self.failures() {
            out.error(&named(&target, error));
        }
        self.explain_waiting(out);
    }

    pub(crate) fn explain_waiting(&self, out: &mut Out) {
        for error in &self.waited {
            out.error(error);
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        if let Some(exit) = self.interrupted
            && self.operations().any(|o| !o.outcome.is_good())
        {
            return exit;
        }
        let done = if self.whole {
            self.operations().any(|o| o.outcome.is_good())
        } else {
            let step = |s: &StepState| s.outcome.is_good();
            self.operations().any(|o| o.steps.iter().any(step))
        };
        let done = done || !self.unchanged.is_empty();
        let failed = self.operations().any(|o| !o.outcome.is_good());
        match (failed, done) {
            (true, true) => Exit::Partial,
            (true, false) if self.problems.is_empty() => {
                Exit::of_all(self.failures().into_iter().map(|(_, e)| e.kind()))
            }
            (true, false) => Exit::Failed,
            (false, _) if !self.problems.is_empty() => Exit::Partial,
            (false, _) => self.exit_of_waiting(),
        }
    }

    fn exit_of_waiting(&self) -> Exit {
        if self.waited.is_empty() {
            return Exit::Done;
        }
        if self.waited.iter().any(|e| e.kind() == ErrorKind::TimedOut) {
            return Exit::TimedOut;
        }
        if self.waited.len() < self.containers().len() {
            Exit::Partial
        } else {
            Exit::Failed
        }
    }

    /// A row for each step and each target that needed none.
    pub(crate) fn listing(&self, _now: DateTime<Utc>) -> Listing {
        const TITLES: &[&str] = &["HOST", "KIND", "NAME", "ACTION", "RESULT", "DETAIL"];
        let mut found = Listing {
            kind: "Result",
            items: Vec::new(),
            errors: self.problems.clone(),
            table: Table::new(TITLES),
            wide: Table::new(&[TITLES, &["ID", "OPERATION"]].concat()),
            more: Vec::new(),
        };
        for op in self.operations() {
            for step in &op.steps {
                found.items.push(step_item(op, step));
                let mut cells = step_cells(step);
                found.table.row(cells.clone());
                cells.push(step.target.id.short().into());
                cells.push(op.id.to_string().into());
                found.wide.row(cells);
            }
        }
        for u in &self.unchanged {
            found.items.push(unchanged_item(u));
            let mut cells = start_cells(&u.target);
            cells.push("".into());
            cells.push(Cell::new("unchanged", Tone::Dim));
            cells.push(u.reason.as_str().into());
            found.table.row(cells.clone());
            cells.push(u.target.id.short().into());
            found.wide.row(cells);
        }
        let operations: Vec<Value> = self
            .operations()
            .map(|o| json!({ "id": o.id, "title": o.title, "outcome": o.outcome }))
            .collect();
        found.more.push(("operations", Value::from(operations)));
        if !self.waited.is_empty() {
            let waited: Vec<String> = self.waited.iter().map(Error::chain).collect();
            found.more.push(("waited", json!(waited)));
        }
        found
    }
}

/// Say whose error it is, unless it says so itself.
fn named(target: &ObjectRef, error: Error) -> Error {
    if error.chain().contains(&target.to_string()) {
        error
    } else {
        error.context(target.to_string())
    }
}

fn start_cells(target: &ObjectRef) -> Vec<Cell> {
    vec![
        target.host.as_str().into(),
        target.kind.word().into(),
        Cell::new(target.label(), Tone::Strong),
    ]
}

fn step_cells(step: &StepState) -> Vec<Cell> {
    let (result, tone) = match step.outcome {
        Outcome::Succeeded => (forms(&step.verb).1, Tone::Good),
        Outcome::Unchanged => ("unchanged", Tone::Dim),
        Outcome::Failed => ("failed", Tone::Bad),
        other => (other.word(), Tone::Warn),
    };
    let detail = match (&step.failure, &step.before, &step.after) {
        (Some(f), ..) => f.message.clone(),
        (None, Some(before), Some(after)) if before != after => format!("{before} -> {after}"),
        (None, _, Some(after)) => after.to_string(),
        _ => String::new(),
    };
    let mut cells = start_cells(&step.target);
    cells.push((&*step.verb).into());
    cells.push(Cell::new(result, tone));
    cells.push(detail.into());
    cells
}

fn step_item(op: &Operation, step: &StepState) -> Value {
    json!({
        "operation": op.id,
        "host": step.target.host,
        "kind": step.target.kind.title(),
        "id": step.target.id,
        "name": step.target.name,
        "action": step.verb,
        "outcome": step.outcome,
        "cause": step.cause,
        "before": step.before,
        "after": step.after,
        "error": step.failure,
        "attempts": step.attempts,
        "startedAt": step.started,
        "finishedAt": step.finished,
    })
}

fn unchanged_item(u: &Unchanged) -> Value {
    json!({
        "operation": null,
        "host": u.target.host,
        "kind": u.target.kind.title(),
        "id": u.target.id,
        "name": u.target.name,
        "action": null,
        "outcome": Outcome::Unchanged,
        "cause": u.reason,
        "before": null,
        "after": null,
        "error": null,
        "attempts": 0,
        "startedAt": null,
        "finishedAt": null,
    })
}
