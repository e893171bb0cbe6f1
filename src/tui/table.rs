//! A table's state: its rows, the cursor, marks, filter and order. Only the rows that can be seen
//! ever become cells, and what did not change is not looked at again.

mod columns;
mod marks;
mod outline;
mod rows;

use chrono::{DateTime, Utc};

use super::column::{Field, choose};
use super::filter::Filter;
use super::pane::{Pane, Scope};
use super::row::{Row, RowKey};
use super::summary::Summary;
use crate::domain::snapshot::Snapshot;

use outline::Outline;
use rows::{At, Change, Source};

pub use marks::Marks;
pub use outline::{Fold, Grouping};

/// How long a filter for ages may be behind.
const AGES: i64 = 5;

/// A table of one pane.
#[derive(Debug)]
pub struct Table {
    pub pane: Pane,
    /// Filtered and in order.
    shown: Vec<At>,
    /// The lines, when rows are grouped.
    outline: Option<Outline>,
    pub grouping: Grouping,
    /// Rows before the filter.
    pub total: usize,
    pub cursor: usize,
    /// The first line shown.
    pub offset: usize,
    /// Lines that fit, as of the last layout.
    pub height: usize,
    /// Things beside each other on one line.
    pub stride: usize,
    pub marks: Marks,
    pub filter: Filter,
    pub scope: Option<Scope>,
    /// The columns it can have, those shown first.
    pub fields: Vec<Field>,
    /// The names of the columns the user chose; none: as the pane has them.
    pub chosen_columns: Vec<String>,
    /// The column that orders the rows.
    pub sort: Field,
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
    /// What the rows were chosen by.
    applied: Applied,
}

/// What the rows were last chosen and ordered by.
#[derive(Debug, Default)]
struct Applied {
    filter: Filter,
    scope: Option<Scope>,
    sort: Option<Field>,
    reversed: bool,
    grouping: Grouping,
    /// Folds changed, or everything is new.
    stale: bool,
    at: DateTime<Utc>,
}

impl Table {
    /// An empty table.
    pub fn new(pane: Pane) -> Self {
        let fields = choose(pane.columns(), &[]);
        let sort = fields[pane.first_sort()].clone();
        Self {
            pane,
            shown: Vec::new(),
            outline: None,
            grouping: Grouping::None,
            total: 0,
            cursor: 0,
            offset: 0,
            height: 0,
            stride: 1,
            marks: Marks::default(),
            filter: Filter::default(),
            scope: None,
            fields,
            chosen_columns: Vec::new(),
            sort,
            reversed: false,
            wide: false,
            skip: 0,
            key: None,
            moved: false,
            need: Vec::new(),
            source: Source::default(),
            applied: Applied {
                stale: true,
                ..Applied::default()
            },
        }
    }

    /// Show these columns in this order; none: as the pane has them.
    pub fn set_columns(&mut self, chosen: &[String]) {
        self.fields = choose(self.pane.columns(), chosen);
        self.chosen_columns = chosen.to_vec();
        self.need.clear();
        self.skip = 0;
    }

    /// Order by the column of that name, if there is one.
    pub fn sort_by(&mut self, name: &str, reversed: bool) {
        if let Some(field) = Field::find(self.pane.columns(), name) {
            self.sort = field;
            self.reversed = reversed;
        }
    }

    /// The rows have to be chosen anew whatever is known of them.
    pub fn touch(&mut self) {
        self.applied.stale = true;
    }

    /// Take the rows from `snapshot` if anything that decides about them changed.
    pub fn refresh(&mut self, snapshot: &Snapshot, summary: &Summary, now: DateTime<Utc>) {
        let resorted = self.applied.sort.as_ref() != Some(&self.sort);
        let change = self.source.update(self.pane, snapshot, summary, &self.sort);
        if resorted {
            self.source.sort(&self.sort, summary);
            self.applied.sort = Some(self.sort.clone());
        }
        let refiltered = self.choose(change, summary, now);
        let turned = self.applied.reversed != self.reversed;
        let regrouped = self.applied.grouping != self.grouping || self.applied.stale;
        let moved = change == Change::Rows || self.sort.column.live && change == Change::Light;
        self.source.settled();
        if !(resorted || refiltered || turned || regrouped || moved) {
            if change == Change::Light
                && let Some(outline) = &mut self.outline
            {
                outline.follow(&self.source);
            }
            return;
        }
        self.applied.reversed = self.reversed;
        self.applied.grouping = self.grouping;
        self.applied.stale = false;
        if change == Change::Rows || refiltered || self.need.is_empty() {
            self.need.clear();
        }
        self.shown = self.source.chosen(self.reversed);
        let folds = self.outline.take().map(Outline::into_folds);
        self.outline = Outline::build(
            self.grouping,
            &self.source,
            &self.shown,
            folds.unwrap_or_default(),
        );
        self.find_cursor();
    }

    /// Filter; true when other rows may be left than before.
    fn choose(&mut self, change: Change, summary: &Summary, now: DateTime<Utc>) -> bool {
        let (applied, filter) = (&mut self.applied, &self.filter);
        let rescoped = applied.scope != self.scope;
        let other = applied.filter != *filter || rescoped || applied.stale;
        let aged = filter.depends_on_time()
            && (change != Change::Nothing || (now - applied.at).num_seconds().abs() >= AGES);
        let only = match change {
            _ if other || aged => None,
            Change::Nothing => return false,
            _ if filter.depends_on_use() => Some(Change::Light),
            Change::Rows => Some(Change::Rows),
            Change::Light => return false,
        };
        let narrower = only.is_none()
            && !(rescoped || applied.stale || aged)
            && filter.narrows(&applied.filter)
            && !filter.depends_on_use();
        let scope = self.scope.as_ref();
        let plain = scope.is_none() && filter.is_empty();
        self.source
            .choose(summary, narrower, only, |row, hay, host| {
                plain || rows::in_scope(row, scope) && filter.keeps(row, hay, host, now)
            });
        if change == Change::Rows || rescoped || self.total == 0 {
            self.total = if scope.is_none() {
                self.source.len()
            } else {
                let all = self.source.rows();
                all.filter(|r| rows::in_scope(r, scope)).count()
            };
            self.marks.keep(&self.source);
        }
        applied.filter.clone_from(filter);
        applied.scope.clone_from(&self.scope);
        applied.at = now;
        true
    }

    /// The row the cursor was on may be elsewhere now.
    fn find_cursor(&mut self) {
        if let Some(key) = &self.key
            && self.moved
        {
            let near = self.row(self.cursor).is_some_and(|r| r.is(key));
            if !near && let Some(at) = self.position(key) {
                // The row keeps its place on the screen where it can.
                let place = self.cursor.saturating_sub(self.offset);
                self.cursor = at;
                self.offset = at.saturating_sub(place);
            }
        }
        self.clamp();
    }

    /// The line of what `key` is of.
    fn position(&self, key: &RowKey) -> Option<usize> {
        if let Some(outline) = &self.outline {
            return (0..outline.len()).find(|n| {
                let row = outline.row(*n, &self.source);
                row.is_some_and(|r| r.is(key))
            });
        }
        let at = self.source.find(key)?;
        self.shown.iter().position(|s| *s == at)
    }

    /// How many lines there are, whether they can be seen or not.
    pub fn len(&self) -> usize {
        match &self.outline {
            Some(outline) => outline.len(),
            None => self.shown.len(),
        }
    }

    /// Is there no line?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many things the filter keeps; lines that only group them are not counted.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// The row on a line.
    pub fn row(&self, line: usize) -> Option<&Row> {
        match &self.outline {
            Some(outline) => outline.row(line, &self.source),
            None => self.source.row(*self.shown.get(line)?),
        }
    }

    /// What a line is in the outline: how deep, how many things are under it.
    pub fn fold(&self, line: usize) -> Option<Fold> {
        self.outline.as_ref()?.fold(line)
    }

    /// The rows on all lines.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        (0..self.len()).filter_map(|n| self.row(n))
    }

    /// Close what is under a line, or open it; false when there is nothing under it.
    pub fn toggle_fold(&mut self, line: usize) -> bool {
        let source = &self.source;
        let outline = self.outline.as_mut();
        let toggled = outline.is_some_and(|o| o.toggle(line, source));
        self.applied.stale |= toggled;
        toggled
    }

    /// Close everything, or open everything again.
    pub fn toggle_folds(&mut self) {
        if let Some(outline) = &mut self.outline {
            outline.toggle_all();
            self.touch();
        }
    }

    /// Keep the cursor on a row and the row on the screen.
    pub fn clamp(&mut self) {
        self.cursor = self.cursor.min(self.len().saturating_sub(1));
        let (height, stride) = (self.height.max(1), self.stride.max(1));
        // In lines of several things all of a line is there, or nothing.
        let up = |n: usize| n.div_ceil(stride) * stride;
        let most = up(self.len()).saturating_sub(height);
        self.offset = self
            .offset
            .min(most)
            .min(self.cursor / stride * stride)
            .max(up(self.cursor + 1).saturating_sub(height));
        self.key = self.row(self.cursor).map(Row::key);
    }

    /// How many rows fit.
    pub fn set_height(&mut self, height: usize) {
        if self.height != height {
            self.height = height;
            self.clamp();
        }
    }

    /// The rows on the screen.
    pub fn visible(&self) -> impl Iterator<Item = &Row> {
        let end = (self.offset + self.height).min(self.len());
        (self.offset..end).filter_map(|n| self.row(n))
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&Row> {
        self.row(self.cursor)
    }

    /// What the row under the cursor is the row of.
    pub fn key(&self) -> Option<&RowKey> {
        self.key.as_ref()
    }

    /// Put the cursor on the row of `key` as soon as it is there.
    pub fn seek(&mut self, key: Option<RowKey>) {
        if let Some(key) = key {
            let at = self.position(&key);
            self.key = Some(key);
            self.moved = true;
            if let Some(at) = at {
                self.go_to(at);
            }
        }
    }

    /// Put the cursor on a line; a range being marked follows.
    pub fn go_to(&mut self, at: usize) {
        self.cursor = at;
        self.moved = true;
        self.clamp();
        self.marks.stretch(self.cursor);
    }

    /// Move by so many lines.
    pub fn step(&mut self, by: isize) {
        let stride = self.stride.max(1);
        let by = by.saturating_mul(stride as isize);
        let to = self.cursor.saturating_add_signed(by);
        // The last line may be short.
        let last = self.len().saturating_sub(1);
        if stride > 1
            && (to > last && self.cursor / stride == last / stride
                || by < 0 && self.cursor < stride)
        {
            return;
        }
        self.go_to(to);
    }

    /// Move by so many things on lines of several.
    pub fn step_across(&mut self, by: isize) {
        self.go_to(self.cursor.saturating_add_signed(by));
    }

    /// Scroll without the cursor as long as it stays on the screen.
    pub fn scroll(&mut self, by: isize) {
        let by = by.saturating_mul(self.stride.max(1) as isize);
        let most = self.len().saturating_sub(self.height.max(1));
        self.offset = self.offset.saturating_add_signed(by).min(most);
        let last = (self.offset + self.height.max(1)).saturating_sub(1);
        self.cursor = self.cursor.clamp(self.offset, last.max(self.offset));
        self.clamp();
    }

    /// Mark the row under the cursor, or unmark it, and go on. On a line that groups rows: all of
    /// them.
    pub fn toggle_mark(&mut self) {
        self.settle_range();
        let under = self.under(self.cursor);
        if under.iter().all(|k| self.marks.contains(k)) {
            for key in &under {
                self.marks.remove(key);
            }
        } else {
            self.marks.extend(under);
        }
        self.step_across(1);
    }

    /// The rows that a line stands for: itself, or those it groups.
    fn under(&self, line: usize) -> Vec<RowKey> {
        match &self.outline {
            Some(outline) => {
                let rows = outline.under(line, &self.source);
                rows.into_iter().map(Row::key).collect()
            }
            None => self.row(line).map(Row::key).into_iter().collect(),
        }
    }

    /// Begin a range of marks at the cursor, or end it.
    pub fn toggle_range(&mut self) {
        if !self.settle_range() && !self.is_empty() {
            self.marks.begin(self.cursor);
        }
    }

    /// Is a range being marked?
    pub fn in_range(&self) -> bool {
        self.marks.range().is_some()
    }

    /// End the range; its marks stay.
    pub fn end_range(&mut self) -> bool {
        self.settle_range()
    }

    /// What is in the range becomes marked for good; false when there is none.
    fn settle_range(&mut self) -> bool {
        let Some(range) = self.marks.end() else {
            return false;
        };
        let keys: Vec<RowKey> = range.flat_map(|line| self.under(line)).collect();
        self.marks.extend(keys);
        true
    }

    /// Is a line marked, or what it stands for?
    pub fn is_marked(&self, line: usize) -> bool {
        if self.marks.range().is_some_and(|r| r.contains(&line)) {
            return true;
        }
        if self.marks.is_empty() {
            return false;
        }
        match self.fold(line) {
            // Only those on the screen are asked, and not about thousands.
            Some(fold) if fold.open.is_some() => {
                fold.count <= 1000 && fold.count > 0 && {
                    let under = self.under(line);
                    under.iter().all(|k| self.marks.contains(k))
                }
            }
            _ => self
                .row(line)
                .is_some_and(|r| self.marks.contains(&r.key())),
        }
    }

    /// How many are marked.
    pub fn marked(&self) -> usize {
        let range = self.marks.range().into_iter().flatten();
        let new = |line: &usize| {
            self.row(*line)
                .is_some_and(|r| !self.marks.contains(&r.key()))
        };
        match self.marks.range() {
            // Of large ranges nobody counts what was marked before.
            Some(r) if self.marks.is_empty() || r.clone().count() > 1000 => {
                self.marks.len() + r.count()
            }
            _ => self.marks.len() + range.filter(new).count(),
        }
    }

    /// Mark every row that the filter shows; when all are marked already, none.
    pub fn mark_all(&mut self) {
        self.settle_range();
        let rows = self.shown.iter().filter_map(|at| self.source.row(*at));
        let all: Vec<RowKey> = rows.map(Row::key).collect();
        if all.iter().all(|k| self.marks.contains(k)) {
            self.marks.clear();
        } else {
            self.marks.extend(all);
        }
    }

    /// Forget all marks.
    pub fn unmark(&mut self) {
        self.marks.clear();
    }

    /// What an action works on: the marked rows, else what the line under the cursor stands for.
    pub fn chosen(&self) -> Vec<Row> {
        let range = self.marks.range();
        if self.marks.is_empty() && range.is_none() {
            return match &self.outline {
                Some(outline) => {
                    let rows = outline.under(self.cursor, &self.source);
                    rows.into_iter().cloned().collect()
                }
                None => self.selected().cloned().into_iter().collect(),
            };
        }
        let mut marks = self.marks.clone();
        if let Some(range) = marks.end() {
            let keys: Vec<RowKey> = range.flat_map(|line| self.under(line)).collect();
            marks.extend(keys);
        }
        // Also those that the filter hides: they were marked on purpose.
        let mut rows: Vec<Row> = self
            .source
            .rows()
            .filter(|r| marks.contains(&r.key()))
            .cloned()
            .collect();
        if let Some(outline) = &self.outline {
            // What only the outline shows: volumes and networks of containers.
            for row in outline.own().filter(|r| marks.contains(&r.key())) {
                if !rows.iter().any(|r| r.is(&row.key())) {
                    rows.push(row.clone());
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests;
