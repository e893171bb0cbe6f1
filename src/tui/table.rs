//! A table's state: its rows, the cursor, marks, filter and order. Only the rows that can be seen
//! ever become cells.

mod rows;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::column::{Column, Fitted, Look, Wish, fit};
use super::filter::{Filter, Fuzzy};
use super::pane::{Pane, Scope};
use super::row::{Row, RowKey};
use super::text;
use crate::domain::snapshot::Snapshot;

use rows::Source;

/// So many rows are measured for the widths of columns.
const MEASURED: usize = 500;

/// A table of one pane.
#[derive(Debug)]
pub struct Table {
    pub pane: Pane,
    /// Filtered and in order.
    pub rows: Vec<Row>,
    /// Rows before the filter.
    pub total: usize,
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// Rows that fit, as of the last layout.
    pub height: usize,
    pub marks: BTreeSet<RowKey>,
    /// Where a range of marks began, and the marks there were before.
    anchor: Option<(RowKey, BTreeSet<RowKey>)>,
    pub filter: Filter,
    pub scope: Option<Scope>,
    /// The column that orders the rows.
    pub sort: usize,
    /// Against the column's natural order.
    pub reversed: bool,
    pub wide: bool,
    /// Columns scrolled out at the left.
    pub skip: usize,
    /// The row under the cursor; rows move, the cursor stays on its thing.
    key: Option<RowKey>,
    /// The user moved the cursor: until then it stays at the top while hosts answer.
    moved: bool,
    /// Widths that the columns' texts need.
    need: Vec<u16>,
    source: Source,
    fuzzy: Fuzzy,
    stale: bool,
}

impl Table {
    /// An empty table.
    pub fn new(pane: Pane) -> Self {
        Self {
            pane,
            rows: Vec::new(),
            total: 0,
            cursor: 0,
            offset: 0,
            height: 0,
            marks: BTreeSet::new(),
            anchor: None,
            filter: Filter::default(),
            scope: None,
            sort: pane.first_sort(),
            reversed: false,
            wide: false,
            skip: 0,
            key: None,
            moved: false,
            need: Vec::new(),
            source: Source::default(),
            fuzzy: Fuzzy::default(),
            stale: true,
        }
    }

    /// The columns it can have.
    pub fn columns(&self) -> &'static [Column] {
        self.pane.columns()
    }

    /// Filter, order or scope changed: the rows have to be chosen anew.
    pub fn touch(&mut self) {
        self.stale = true;
    }

    /// Take the rows from `snapshot` if anything that decides about them changed.
    pub fn refresh(&mut self, snapshot: &Snapshot, now: DateTime<Utc>) {
        let changed = self.source.update(self.pane, snapshot);
        if !(changed || self.stale || self.filter.depends_on_time()) {
            return;
        }
        self.stale = false;
        self.need.clear();
        let scope = self.scope.as_ref();
        let all = self.source.rows().filter(|r| rows::in_scope(r, scope));
        let mut total = 0;
        let mut kept: Vec<Row> = Vec::with_capacity(self.rows.len());
        let mut still_marked = BTreeSet::new();
        for row in all {
            total += 1;
            if !self.marks.is_empty() {
                let key = row.key();
                if self.marks.contains(&key) {
                    still_marked.insert(key);
                }
            }
            if self.filter.keeps(row, now, &mut self.fuzzy) {
                kept.push(row.clone());
            }
        }
        self.total = total;
        self.marks = still_marked;
        self.rows = kept;
        self.order();
        self.find_cursor();
    }

    fn order(&mut self) {
        let column = &self.pane.columns()[self.sort];
        let backwards = column.descending != self.reversed;
        self.rows.sort_by(|a, b| {
            let order = (column.order)(a, b);
            let order = if backwards { order.reverse() } else { order };
            order
                .then_with(|| super::column::by_name(a, b))
                .then_with(|| super::column::by_host(a, b))
        });
    }

    /// The row the cursor was on may be elsewhere now.
    fn find_cursor(&mut self) {
        if let Some(key) = &self.key
            && self.moved
        {
            let near = self.rows.get(self.cursor).is_some_and(|r| r.is(key));
            if !near && let Some(at) = self.rows.iter().position(|r| r.is(key)) {
                // The row keeps its place on the screen where it can.
                let place = self.cursor.saturating_sub(self.offset);
                self.cursor = at;
                self.offset = at.saturating_sub(place);
            }
        }
        self.clamp();
    }

    /// Keep the cursor on a row and the row on the screen.
    pub fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        let height = self.height.max(1);
        let most = self.rows.len().saturating_sub(height);
        self.offset = self
            .offset
            .min(most)
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height));
        self.key = self.rows.get(self.cursor).map(Row::key);
    }

    /// How many rows fit.
    pub fn set_height(&mut self, height: usize) {
        if self.height != height {
            self.height = height;
            self.clamp();
        }
    }

    /// The rows on the screen.
    pub fn visible(&self) -> &[Row] {
        let end = (self.offset + self.height).min(self.rows.len());
        self.rows.get(self.offset..end).unwrap_or_default()
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&Row> {
        self.rows.get(self.cursor)
    }

    /// What the row under the cursor is the row of.
    pub fn key(&self) -> Option<&RowKey> {
        self.key.as_ref()
    }

    /// Put the cursor on the row of `key` as soon as it is there.
    pub fn seek(&mut self, key: Option<RowKey>) {
        if let Some(key) = key {
            let at = self.rows.iter().position(|r| r.is(&key));
            self.key = Some(key);
            self.moved = true;
            if let Some(at) = at {
                self.go_to(at);
            }
        }
    }

    /// Put the cursor on a row; a range being marked follows.
    pub fn go_to(&mut self, at: usize) {
        self.cursor = at;
        self.moved = true;
        self.clamp();
        if let Some((anchor, before)) = &self.anchor {
            let from = self.rows.iter().position(|r| r.is(anchor));
            let from = from.unwrap_or(self.cursor);
            let range = from.min(self.cursor)..=from.max(self.cursor);
            let mut marks = before.clone();
            marks.extend(
                self.rows
                    .get(range)
                    .unwrap_or_default()
                    .iter()
                    .map(Row::key),
            );
            self.marks = marks;
        }
    }

    /// Move by so many rows.
    pub fn step(&mut self, by: isize) {
        self.go_to(self.cursor.saturating_add_signed(by));
    }

    /// Scroll without the cursor as long as it stays on the screen.
    pub fn scroll(&mut self, by: isize) {
        let most = self.rows.len().saturating_sub(self.height.max(1));
        self.offset = self.offset.saturating_add_signed(by).min(most);
        let last = (self.offset + self.height.max(1)).saturating_sub(1);
        self.cursor = self.cursor.clamp(self.offset, last.max(self.offset));
        self.clamp();
    }

    /// Mark the row under the cursor, or unmark it, and go on.
    pub fn toggle_mark(&mut self) {
        if let Some(key) = self.key.clone() {
            if !self.marks.remove(&key) {
                self.marks.insert(key);
            }
            self.step(1);
        }
    }

    /// Begin a range of marks at the cursor, or end it.
    pub fn toggle_range(&mut self) {
        self.anchor = match (self.anchor.take(), &self.key) {
            (None, Some(key)) => {
                let before = self.marks.clone();
                self.marks.insert(key.clone());
                Some((key.clone(), before))
            }
            _ => None,
        };
    }

    /// Is a range being marked?
    pub fn in_range(&self) -> bool {
        self.anchor.is_some()
    }

    /// End the range; its marks stay.
    pub fn end_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// Mark every row that the filter shows; when all are marked already, none.
    pub fn mark_all(&mut self) {
        let all: BTreeSet<RowKey> = self.rows.iter().map(Row::key).collect();
        self.marks = if all.is_subset(&self.marks) {
            BTreeSet::new()
        } else {
            self.marks.union(&all).cloned().collect()
        };
    }

    /// Forget all marks.
    pub fn unmark(&mut self) {
        self.marks.clear();
        self.anchor = None;
    }

    /// What an action works on: the marked rows, else the one under the cursor.
    pub fn chosen(&self) -> Vec<Row> {
        if self.marks.is_empty() {
            return self.selected().cloned().into_iter().collect();
        }
        // Also those that the filter hides: they were marked on purpose.
        self.source
            .rows()
            .filter(|r| self.marks.contains(&r.key()))
            .cloned()
            .collect()
    }

    /// Order by the next column that is shown.
    pub fn sort_next(&mut self, look: &Look<'_>, width: u16) {
        let shown = self.fitted(look, width);
        let next = shown
            .iter()
            .map(|f| f.column)
            .find(|c| *c > self.sort)
            .or_else(|| shown.first().map(|f| f.column));
        if let Some(next) = next {
            self.sort = next;
            self.reversed = false;
            self.touch();
        }
    }

    /// Turn the order around.
    pub fn reverse(&mut self) {
        self.reversed = !self.reversed;
        self.touch();
    }

    /// Measure what the columns need; cheap while the rows stay the same.
    pub fn measure(&mut self, look: &Look<'_>) {
        if !self.need.is_empty() {
            return;
        }
        // Painting decides when ages change: measuring must not.
        let columns = self.pane.columns();
        self.need = columns
            .iter()
            .map(|c| {
                if c.min == c.max {
                    return c.min;
                }
                let widest = self.rows.iter().take(MEASURED).map(|r| {
                    let cell = (c.cell)(r, look);
                    text::width(&cell.text) as u16
                });
                widest.max().unwrap_or(0).max(text::width(c.title) as u16)
            })
            .collect();
    }

    /// The columns that fit into `width`.
    pub fn fitted(&self, look: &Look<'_>, width: u16) -> Vec<Fitted> {
        let one_host = look.snapshot.hosts.len() < 2 || self.scope.is_some();
        let wish = Wish {
            wide: self.wide,
            hidden: self.pane.host_column().filter(|_| one_host),
            skip: self.skip,
        };
        let columns = self.pane.columns();
        if self.need.len() == columns.len() {
            fit(columns, &self.need, wish, width)
        } else {
            let need: Vec<u16> = columns.iter().map(|c| c.min).collect();
            fit(columns, &need, wish, width)
        }
    }

    /// Scroll columns; those that always stay do.
    pub fn scroll_columns(&mut self, by: isize) {
        let can_go = self
            .columns()
            .iter()
            .filter(|c| c.priority > 0 && (self.wide || !c.wide))
            .count();
        self.skip = self
            .skip
            .saturating_add_signed(by)
            .min(can_go.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
