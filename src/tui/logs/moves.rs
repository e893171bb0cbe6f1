//! Where a log view stands, and how it moves.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{ANCHOR, CURSOR, LogView, Since, TOP};

/// What came of going to a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Yes,
    /// It went on at the other end.
    Round,
    No,
}

impl LogView {
    /// Columns and lines it has on the screen.
    pub fn set_size(&mut self, width: usize, height: usize) {
        let (width, height) = (width, height.max(1));
        if (width, height) != (self.width, self.height) {
            (self.width, self.height) = (width, height);
            if !self.follow {
                self.reveal();
            }
        }
    }

    /// Rows of the screen that a shown line takes.
    fn rows_at(&self, place: usize) -> usize {
        if !self.prefs.wrap {
            return 1;
        }
        let number = self.ring.shown()[place];
        self.ring.get(number).map_or(1, |e| self.rows(e))
    }

    /// The place of the first line of the last screenful.
    fn last_top(&self) -> usize {
        let len = self.ring.shown().len();
        if !self.prefs.wrap {
            return len.saturating_sub(self.height);
        }
        let (mut at, mut room) = (len, self.height);
        while at > 0 {
            let rows = self.rows_at(at - 1);
            if rows > room {
                // A line longer than the screen is shown from its beginning.
                return if room == self.height { at - 1 } else { at };
            }
            room -= rows;
            at -= 1;
        }
        at
    }

    /// The place of the first line on the screen.
    pub(super) fn top_at(&self) -> usize {
        let last = self.last_top();
        if self.follow {
            last
        } else {
            self.ring.place(self.places[TOP]).min(last)
        }
    }

    /// The places on the screen: the first one and how many.
    pub fn window(&self) -> (usize, usize) {
        let (top, len) = (self.top_at(), self.ring.shown().len());
        if !self.prefs.wrap {
            return (top, self.height.min(len - top));
        }
        let (mut at, mut used) = (top, 0);
        while at < len && used < self.height {
            used += self.rows_at(at);
            at += 1;
        }
        (top, at - top)
    }

    /// The place of the line one stands on.
    pub(super) fn cursor_at(&self) -> Option<usize> {
        let last = self.ring.shown().len().checked_sub(1)?;
        if self.follow {
            return Some(last);
        }
        Some(self.ring.place(self.places[CURSOR]).min(last))
    }

    /// The number of the line one stands on, when it is not simply the last one.
    pub(super) fn cursor(&self) -> Option<u64> {
        let at = self.cursor_at().filter(|_| !self.follow)?;
        self.ring.shown().get(at).copied()
    }

    /// Numbers from where a range of marks began to the line one stands on.
    pub(super) fn range(&self) -> Range<u64> {
        match self.cursor() {
            Some(here) if self.ranging => {
                let there = self.places[ANCHOR];
                here.min(there)..here.max(there) + 1
            }
            _ => 0..0,
        }
    }

    fn stand(&mut self, top: usize, cursor: usize) {
        let number = |at: usize| self.ring.shown().get(at).copied();
        let (top, cursor) = (number(top).unwrap_or(0), number(cursor).unwrap_or(0));
        self.follow = false;
        self.places[TOP] = top;
        self.places[CURSOR] = cursor;
    }

    /// Move the screen so far that the line one stands on is on it.
    pub(super) fn reveal(&mut self) {
        let Some(cursor) = self.cursor_at() else {
            return;
        };
        let mut top = self.top_at().min(cursor);
        let mut used: usize = (top..=cursor).map(|at| self.rows_at(at)).sum();
        if !self.prefs.wrap {
            top = top.max((cursor + 1).saturating_sub(self.height));
        }
        while self.prefs.wrap && used > self.height && top < cursor {
            used -= self.rows_at(top);
            top += 1;
        }
        let number = self.ring.shown()[top];
        self.places[TOP] = number;
    }

    /// Move the cursor by so many lines; at the end it follows again.
    pub fn step(&mut self, by: isize) {
        let (Some(cursor), last) = (self.cursor_at(), self.shown().saturating_sub(1)) else {
            return;
        };
        let next = cursor.saturating_add_signed(by).min(last);
        if by > 0 && next == last && !self.ranging {
            self.follow_end();
            return;
        }
        let top = self.top_at();
        self.stand(top, next);
        self.reveal();
    }

    /// Move screen and cursor by so many lines.
    pub fn page(&mut self, by: isize) {
        let (Some(cursor), top, last) = (self.cursor_at(), self.top_at(), self.last_top()) else {
            return;
        };
        let end = self.shown() - 1;
        let next = cursor.saturating_add_signed(by).min(end);
        let moved = top.saturating_add_signed(by).min(last);
        if by > 0 && (moved == last && top == last || next == end) && !self.ranging {
            self.follow_end();
            return;
        }
        self.stand(moved, next);
        self.reveal();
    }

    /// Move the screen by so many lines; the cursor only as far as it must.
    pub fn scroll(&mut self, by: isize) {
        let (Some(cursor), top, last) = (self.cursor_at(), self.top_at(), self.last_top()) else {
            return;
        };
        let moved = top.saturating_add_signed(by).min(last);
        if by > 0 && moved == last {
            self.follow_end();
            return;
        }
        self.stand(moved, cursor);
        let (first, count) = self.window();
        let cursor = cursor.clamp(first, (first + count).saturating_sub(1).max(first));
        self.stand(moved, cursor);
    }

    /// Go to the beginning.
    pub fn go_first(&mut self) {
        self.stand(0, 0);
    }

    /// Go to the end and follow. False when the newest lines were not kept: they have to be read.
    pub fn follow_end(&mut self) -> bool {
        if self.refused > 0 {
            self.go_last();
            return false;
        }
        self.holds = false;
        self.follow = true;
        self.ranging = false;
        self.behind = 0;
        true
    }

    fn go_last(&mut self) {
        let (top, last) = (self.last_top(), self.shown().saturating_sub(1));
        self.stand(top, last);
    }

    /// Stand still, or follow again; false as for [`Self::follow_end`].
    pub fn toggle_follow(&mut self) -> bool {
        if self.follow {
            self.go_last();
            true
        } else {
            self.follow_end()
        }
    }

    /// Go to the first line of that time or after it. False when it is older than what is kept.
    pub fn go_to_time(&mut self, at: DateTime<Utc>) -> bool {
        let whole = self.ring.dropped == 0 && matches!(self.since, Since::All | Since::Head);
        let oldest = self.ring.entries().find_map(|e| e.time);
        if oldest.is_none_or(|oldest| at < oldest) && !whole {
            return false;
        }
        let shown = self.ring.shown();
        let place = shown
            .iter()
            .position(|n| {
                let time = self.ring.get(*n).and_then(|e| e.time);
                time.is_some_and(|t| t >= at)
            })
            .unwrap_or(shown.len().saturating_sub(1));
        self.stand(place, place);
        self.places[TOP] = self.ring.shown().get(self.top_at()).copied().unwrap_or(0);
        self.reveal();
        true
    }

    /// Go to the next match, or the one before.
    pub fn find(&mut self, forward: bool) -> Found {
        let here = match self.cursor() {
            Some(number) => number,
            None => self.ring.end(),
        };
        let hits = self.ring.hits();
        let (next, other) = if forward {
            let at = hits.partition_point(|n| *n <= here);
            (hits.get(at), hits.front())
        } else {
            let at = hits.partition_point(|n| *n < here);
            (at.checked_sub(1).and_then(|i| hits.get(i)), hits.back())
        };
        match (next.copied(), other.copied()) {
            (Some(number), _) => {
                self.go_to_match(number);
                Found::Yes
            }
            (None, Some(number)) => {
                self.go_to_match(number);
                Found::Round
            }
            (None, None) => Found::No,
        }
    }

    /// Go to the match one most likely means: the newest when it follows, else this line's or the
    /// next.
    pub fn find_first(&mut self) -> Found {
        if self.follow {
            return self.find(false);
        }
        let here = self.cursor().unwrap_or(0);
        if self.ring.hits().binary_search(&here).is_ok() {
            self.go_to_match(here);
            return Found::Yes;
        }
        // Rather the one before than the oldest of all.
        let later = self.ring.hits().back().is_some_and(|n| *n > here);
        self.find(later)
    }

    fn go_to_match(&mut self, number: u64) {
        let place = self.ring.place(number);
        let (top, count) = self.window();
        if (top..top + count).contains(&place) {
            self.stand(top, place);
        } else {
            // Some of what came before it is worth seeing.
            self.stand(place.saturating_sub(self.height / 3), place);
        }
        let top = self.top_at();
        self.places[TOP] = self.ring.shown().get(top).copied().unwrap_or(0);
        self.reveal();
        self.reveal_match(number);
    }

    /// Scroll sideways so far that the match can be seen.
    fn reveal_match(&mut self, number: u64) {
        if self.prefs.wrap {
            return;
        }
        let Some(entry) = self.ring.get(number) else {
            return;
        };
        let Some((start, end)) = self.columns_of_match(entry) else {
            return;
        };
        if end <= self.width {
            self.skip = 0;
        } else if start < self.skip || end > self.skip + self.width {
            self.skip = start.saturating_sub(self.width / 3);
        }
    }

    /// Where it stands, to come back to.
    pub fn standing(&self) -> (bool, [u64; 3], usize) {
        (self.follow, self.places, self.skip)
    }

    /// Go back to where it stood.
    pub fn stand_again(&mut self, (follow, places, skip): (bool, [u64; 3], usize)) {
        (self.follow, self.places, self.skip) = (follow, places, skip);
    }

    /// Mark the line, or take its mark away, and go on to the next.
    pub fn toggle_mark(&mut self) {
        let Some(at) = self.cursor_at() else {
            return;
        };
        let number = self.ring.shown()[at];
        let on = self.ring.get(number).is_some_and(|e| !e.marked);
        self.ring.mark(number, on);
        let next = (at + 1).min(self.shown() - 1);
        let top = self.top_at();
        self.stand(top, next);
        self.reveal();
    }

    /// Begin a range of marks, or end it: its lines are marked then.
    pub fn toggle_range(&mut self) {
        if !self.ranging {
            let (Some(at), top) = (self.cursor_at(), self.top_at()) else {
                return;
            };
            self.stand(top, at);
            self.places[ANCHOR] = self.places[CURSOR];
            self.ranging = true;
            return;
        }
        let range = self.range();
        let numbers: Vec<u64> = self.ring.shown().iter().copied().collect();
        for number in numbers.into_iter().filter(|n| range.contains(n)) {
            self.ring.mark(number, true);
        }
        self.ranging = false;
    }

    /// Mark every line that is shown; when all are, none.
    pub fn mark_all(&mut self) {
        let numbers: Vec<u64> = self.ring.shown().iter().copied().collect();
        let lines = numbers
            .iter()
            .filter(|n| self.ring.get(**n).is_some_and(super::Entry::is_line));
        if lines.count() == self.ring.marked {
            self.ring.unmark();
            return;
        }
        for number in numbers {
            self.ring.mark(number, true);
        }
    }

    /// Forget all marks; false when there are none.
    pub fn unmark(&mut self) -> bool {
        let any = self.ranging || self.ring.marked > 0;
        self.ranging = false;
        self.ring.unmark();
        any
    }
}
