//! What the tabs of a detail say, as lines.

mod container;
mod describe;
mod document;
mod happened;
mod health;
mod plot;
mod stats;

use super::detail::{Detail, Request, Tab};
use super::model::Model;
use super::paint::{Line, Paint};
use super::theme::Role;
use crate::domain::error::Error;

/// Columns of the names in lists of facts.
const LABEL: usize = 13;

/// The lines of the tab in front; log views have their own.
pub fn lines(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Line> {
    match detail.tab {
        Tab::Logs => Vec::new(),
        Tab::Describe => describe::lines(model, detail, paint),
        Tab::Stats => stats::lines(model, detail, paint),
        Tab::Health => health::lines(model, detail, paint),
        Tab::Inspect => waited(&detail.inspected, paint, |i| document::lines(&i.document)),
        Tab::Env => waited(&detail.inspected, paint, |i| {
            document::environment(&i.document, detail.revealed)
        }),
        Tab::Top => waited(&detail.top, paint, document::processes),
        Tab::Events => happened::events(model, detail, paint),
        Tab::Timeline => waited(&detail.history, paint, |records| {
            happened::timeline(records, paint)
        }),
        Tab::Steps => happened::steps(model, detail, paint),
    }
}

/// What was asked for, or that it is on its way, or why it did not come.
fn waited<T>(
    request: &Request<T>,
    paint: &Paint<'_>,
    show: impl FnOnce(&T) -> Vec<Line>,
) -> Vec<Line> {
    match request.value() {
        Some(Ok(value)) => show(value),
        Some(Err(e)) => error(e),
        None => vec![Line::of(
            Role::TextDim,
            format!("reading{}", paint.glyphs.ellipsis),
        )],
    }
}

/// An error with its causes and what helps.
pub(super) fn error(e: &Error) -> Vec<Line> {
    let mut lines = vec![Line::of(Role::SeverityError, e.chain())];
    if let Some(hint) = e.hint() {
        lines.push(Line::of(Role::SeverityInfo, hint));
    }
    lines
}

/// A heading with a blank line before it.
fn heading(lines: &mut Vec<Line>, text: &str) {
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines.push(Line::of(Role::Column, text));
}

/// A name and what it has.
fn fact(name: &str, role: Role, value: impl Into<String>) -> Line {
    named(name).add(role, value)
}

/// A name, its value to follow.
fn named(name: &str) -> Line {
    let pad = LABEL.saturating_sub(super::text::width(name)).max(1);
    Line::of(Role::TextMuted, format!("{name}{}", " ".repeat(pad)))
}
