//! Columns of tables: what they show, how they sort, what goes first when there is little room.

mod field;
mod groups;
mod objects;
mod operations;

use std::cmp::Ordering;

use super::paint::Paint;
use super::row::Row;
use super::summary::{HostSummary, Summary};
use super::theme::Role;
use crate::domain::snapshot::Snapshot;

pub use field::{Field, Fitted, Wish, choose, fit, names};
pub use groups::{MACHINES, SERVICES};
pub use objects::{CONTAINERS, IMAGES, NETWORKS, VOLUMES, container_state, volume_size};
pub use operations::{OPERATIONS, outcome_look};

/// Which end of a long text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    End,
    /// Images and paths: the end tells them apart.
    Start,
    Middle,
}

/// What a row shows in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub role: Role,
}

impl Cell {
    /// Text in a role.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }

    /// Nothing.
    pub fn none() -> Self {
        Self::new("", Role::TextDim)
    }
}

/// What a cell may look at beside its row.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub paint: &'a Paint<'a>,
    pub snapshot: &'a Snapshot,
    pub summary: &'a Summary,
}

impl<'a> Look<'a> {
    /// What the host of a row comes to.
    pub fn host(&self, row: &Row) -> &'a HostSummary {
        self.summary.of_row(row)
    }
}

/// What a row is ordered by in a column; rows that are alike are ordered by name and host.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// It has none, and comes first.
    Nothing,
    Number(f64),
    /// Text without regard to case.
    Text(Box<str>),
    /// It has none, and comes last.
    Last,
}

impl Key {
    /// By text.
    pub fn text(text: &str) -> Self {
        let folded = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            text.to_lowercase()
        };
        Self::Text(folded.into_boxed_str())
    }

    /// By a moment, the earliest first.
    pub fn time(at: Option<chrono::DateTime<chrono::Utc>>) -> Self {
        at.map_or(Self::Nothing, |at| Self::Number(at.timestamp() as f64))
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Last => 3,
        }
    }

    /// Which comes first?
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: &'static str,
    /// Least width; below it the column is left out.
    pub min: u16,
    /// Width it never goes beyond; equal to `min`: always that wide.
    pub max: u16,
    /// 0 is always there; of the others the highest go first.
    pub priority: u8,
    pub right: bool,
    /// Only in the wide form.
    pub wide: bool,
    pub cut: Cut,
    /// The natural order is the greatest first.
    pub descending: bool,
    /// It changes with measurements, not only with the things themselves.
    pub live: bool,
    pub cell: fn(&Row, &Look<'_>) -> Cell,
    pub key: fn(&Row, &HostSummary) -> Key,
}

/// Text at the left, between two widths.
pub(super) const fn left(
    title: &'static str,
    (min, max): (u16, u16),
    priority: u8,
    cell: fn(&Row, &Look<'_>) -> Cell,
    key: fn(&Row, &HostSummary) -> Key,
) -> Column {
    Column {
        title,
        min,
        max,
        priority,
        right: false,
        wide: false,
        cut: Cut::End,
        descending: false,
        live: false,
        cell,
        key,
    }
}

/// A number at the right, the greatest first.
pub(super) const fn number(
    title: &'static str,
    width: u16,
    priority: u8,
    cell: fn(&Row, &Look<'_>) -> Cell,
    key: fn(&Row, &HostSummary) -> Key,
) -> Column {
    Column {
        right: true,
        descending: true,
        ..left(title, (width, width), priority, cell, key)
    }
}

pub(super) const fn wide(column: Column) -> Column {
    Column {
        wide: true,
        ..column
    }
}

pub(super) const fn live(column: Column) -> Column {
    Column {
        live: true,
        ..column
    }
}

pub(super) const fn cut(cut: Cut, column: Column) -> Column {
    Column { cut, ..column }
}

/// Text without regard to case, then with.
pub fn by_text(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        let lower = a
            .bytes()
            .map(|c| c.to_ascii_lowercase())
            .cmp(b.bytes().map(|c| c.to_ascii_lowercase()));
        return lower.then_with(|| a.cmp(b));
    }
    a.to_lowercase()
        .cmp(&b.to_lowercase())
        .then_with(|| a.cmp(b))
}

/// The order of rows that are alike in the column that orders them: by name, then by host.
pub fn by_identity(a: &Row, b: &Row) -> Ordering {
    let host = |r: &Row| r.host_id().map(|h| h.as_str().to_owned());
    by_text(&a.name(), &b.name()).then_with(|| match (a.host_id(), b.host_id()) {
        (Some(x), Some(y)) => by_text(x.as_str(), y.as_str()),
        _ => host(a).cmp(&host(b)),
    })
}

pub(super) fn by_name(_: &Row, _: &HostSummary) -> Key {
    Key::Nothing
}

pub(super) fn by_host(row: &Row, _: &HostSummary) -> Key {
    Key::text(row.host_id().map_or("", |h| h.as_str()))
}

pub(super) fn by_created(row: &Row, _: &HostSummary) -> Key {
    Key::time(row.created())
}

pub(super) fn name_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.name(), Role::Text)
}

pub(super) fn host_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.host_id().map_or("", |h| h.as_str()), Role::TextMuted)
}

pub(super) fn age_cell(row: &Row, look: &Look<'_>) -> Cell {
    match row.created() {
        Some(at) => Cell::new(look.paint.age(at), Role::TextMuted),
        None => Cell::none(),
    }
}

pub(super) fn id_cell(row: &Row, _: &Look<'_>) -> Cell {
    let id = row.id();
    let short = crate::domain::id::ObjectId::new(&*id).short().to_owned();
    Cell::new(short, Role::TextMuted)
}
