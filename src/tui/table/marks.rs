//! Which rows are marked: some for good, and those of a range that is still being drawn.

use std::ops::RangeInclusive;

use rustc_hash::FxHashSet;

use super::rows::Source;
use crate::tui::row::{Row, RowKey};

/// The marks of a table.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    keys: FxHashSet<RowKey>,
    /// Lines: where the range began, and where it is now.
    range: Option<(usize, usize)>,
}

impl Marks {
    /// Is nothing marked for good?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many are marked for good.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Is it marked for good?
    pub fn contains(&self, key: &RowKey) -> bool {
        self.keys.contains(key)
    }

    /// Mark these.
    pub fn extend(&mut self, keys: impl IntoIterator<Item = RowKey>) {
        self.keys.extend(keys);
    }

    /// Unmark it.
    pub fn remove(&mut self, key: &RowKey) {
        self.keys.remove(key);
    }

    /// Forget them all.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.range = None;
    }

    /// Begin a range at a line.
    pub(super) fn begin(&mut self, line: usize) {
        self.range = Some((line, line));
    }

    /// The range goes to this line now.
    pub(super) fn stretch(&mut self, line: usize) {
        if let Some((_, to)) = &mut self.range {
            *to = line;
        }
    }

    /// The lines of the range.
    pub fn range(&self) -> Option<RangeInclusive<usize>> {
        self.range.map(|(a, b)| a.min(b)..=a.max(b))
    }

    /// The range is over: its lines.
    pub(super) fn end(&mut self) -> Option<RangeInclusive<usize>> {
        let range = self.range();
        self.range = None;
        range
    }

    /// Forget marks of what is no more.
    pub(super) fn keep(&mut self, source: &Source) {
        if self.keys.is_empty() {
            return;
        }
        // Of a few each is looked up, of many all that there is.
        if self.keys.len() < 16 {
            self.keys.retain(|key| source.find(key).is_some());
        } else {
            let there: FxHashSet<RowKey> = source.rows().map(Row::key).collect();
            self.keys.retain(|key| there.contains(key));
        }
    }
}
