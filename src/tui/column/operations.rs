//! Columns of operations.

use super::{Cell, Column, Key, Look, age_cell, by_created, by_name, left, name_cell, number};
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::tui::format;
use crate::tui::paint::Paint;
use crate::tui::row::Row;
use crate::tui::summary::HostSummary;
use crate::tui::theme::Role;

/// Operations, the newest first.
pub const OPERATIONS: &[Column] = &[
    left("OPERATION", (20, 60), 0, name_cell, by_name),
    left("OUTCOME", (13, 13), 0, outcome_cell, by_outcome),
    left("STEPS", (7, 16), 1, steps_cell, by_steps),
    Column {
        descending: true,
        ..left("AGE", (4, 4), 2, age_cell, by_created)
    },
    number("TOOK", 8, 3, took_cell, by_took),
    left("BY", (6, 16), 4, by_cell, by_actor),
    left("FROM", (7, 7), 5, from_cell, by_name),
    left("HOSTS", (8, 40), 6, hosts_cell, by_hosts),
    left("ERROR", (10, 70), 7, error_cell, by_name),
];

fn operation(row: &Row) -> Option<&Operation> {
    match row {
        Row::Operation(o) => Some(o),
        _ => None,
    }
}

/// The sign and the role of an outcome.
pub fn outcome_look(outcome: Outcome, paint: &Paint<'_>) -> (&'static str, Role) {
    let g = paint.glyphs;
    match outcome {
        Outcome::Pending => (g.stopped, Role::TextDim),
        Outcome::Running => (paint.spinner(), Role::StateChanging),
        Outcome::Succeeded => (g.ok, Role::SeveritySuccess),
        Outcome::Unchanged => (g.ok, Role::TextMuted),
        Outcome::Failed | Outcome::Interrupted => (g.failed, Role::SeverityError),
        Outcome::Partial => (g.warning, Role::SeverityWarning),
        Outcome::Skipped | Outcome::Cancelled => (g.stopped, Role::TextMuted),
    }
}

fn outcome_cell(row: &Row, look: &Look<'_>) -> Cell {
    let Some(o) = operation(row) else {
        return Cell::none();
    };
    let (sign, role) = outcome_look(o.outcome, look.paint);
    let word = if o.cancelling && o.is_running() {
        "cancelling"
    } else {
        o.outcome.word()
    };
    Cell::new(format!("{sign} {word}"), role)
}

fn by_outcome(row: &Row, _: &HostSummary) -> Key {
    Key::Number(match operation(row).map(|o| o.outcome) {
        Some(Outcome::Running | Outcome::Pending) => 0.0,
        Some(Outcome::Failed | Outcome::Interrupted) => 1.0,
        Some(Outcome::Partial) => 2.0,
        Some(Outcome::Cancelled | Outcome::Skipped) => 3.0,
        Some(Outcome::Succeeded | Outcome::Unchanged) | None => 4.0,
    })
}

fn steps_cell(row: &Row, look: &Look<'_>) -> Cell {
    let Some(o) = operation(row) else {
        return Cell::none();
    };
    let (done, all) = o.count();
    if !o.is_running() {
        return Cell::new(format!("{done}/{all}"), Role::TextMuted);
    }
    let full = progress(o, BAR);
    let g = look.paint.glyphs;
    let bar = g.bar_full.repeat(full) + &g.bar_empty.repeat(BAR - full);
    Cell::new(format!("{done}/{all} {bar}"), Role::StateChanging)
}

/// Cells of a bar.
const BAR: usize = 8;

/// How many of so many cells are done; what is on its way counts by how far it is.
fn progress(o: &Operation, cells: usize) -> usize {
    let part = |s: &StepState| match &s.progress {
        _ if s.outcome.is_final() => 1.0,
        Some(p) if p.total > 0 => (p.current as f64 / p.total as f64).min(1.0),
        _ => 0.0,
    };
    let done: f64 = o.steps.iter().map(part).sum();
    (done / o.steps.len().max(1) as f64 * cells as f64) as usize
}

fn by_steps(row: &Row, _: &HostSummary) -> Key {
    Key::Number(-(operation(row).map_or(0, |o| o.steps.len()) as f64))
}

fn took(row: &Row) -> Option<chrono::Duration> {
    let o = operation(row)?;
    Some(o.finished? - o.submitted)
}

fn took_cell(row: &Row, _: &Look<'_>) -> Cell {
    match took(row) {
        Some(length) => Cell::new(format::duration(length), Role::TextMuted),
        None => Cell::none(),
    }
}

fn by_took(row: &Row, _: &HostSummary) -> Key {
    took(row).map_or(Key::Nothing, |t| Key::Number(t.num_milliseconds() as f64))
}

fn by_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(
        operation(row).map_or("", |o| &o.actor.user),
        Role::TextMuted,
    )
}

fn by_actor(row: &Row, _: &HostSummary) -> Key {
    Key::text(operation(row).map_or("", |o| &o.actor.user))
}

fn from_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(
        operation(row).map_or("", |o| o.origin.word()),
        Role::TextDim,
    )
}

fn hosts(row: &Row) -> String {
    operation(row).map_or_else(String::new, |o| {
        let all: Vec<&str> = o.hosts().iter().map(|h| h.as_str()).collect();
        all.join(" ")
    })
}

fn hosts_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(hosts(row), Role::TextMuted)
}

fn by_hosts(row: &Row, _: &HostSummary) -> Key {
    Key::text(&hosts(row))
}

fn error_cell(row: &Row, _: &Look<'_>) -> Cell {
    let failure = operation(row).and_then(|o| o.steps.iter().find_map(|s| s.failure.as_ref()));
    match failure {
        Some(f) => Cell::new(f.message.as_str(), Role::SeverityError),
        None => Cell::none(),
    }
}
