//! Lines in a ring that cannot grow, with two indexes: which are shown, and which match the search.
//!
//! Every entry has a number, counted from 0; it stays the same unless a line of another source comes
//! in before it.

use std::collections::VecDeque;

use super::entry::Entry;
#[cfg(test)]
use super::entry::What;
use super::judge::Judge;

/// What is kept at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub lines: usize,
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lines: 10_000,
            bytes: 8 << 20,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    pub(super) bytes: usize,
    /// Lines that containers wrote.
    pub(super) lines: usize,
    /// Lines that had to go.
    pub(super) dropped: u64,
    pub(super) marked: usize,
    shown: VecDeque<u64>,
    hits: VecDeque<u64>,
}

impl Ring {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        let at = number.checked_sub(self.first)?;
        self.entries.get(usize::try_from(at).ok()?)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let at = number.checked_sub(self.first)?;
        self.entries.get_mut(usize::try_from(at).ok()?)
    }

    /// The number that the next entry gets.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Numbers of what is shown, in order.
    pub(super) fn shown(&self) -> &VecDeque<u64> {
        &self.shown
    }

    /// Numbers of shown lines that match the search, in order.
    pub(super) fn hits(&self) -> &VecDeque<u64> {
        &self.hits
    }

    /// The place among what is shown of the first entry that is not before `number`.
    pub(super) fn place(&self, number: u64) -> usize {
        self.shown.partition_point(|n| *n < number)
    }

    /// Put entries in, by their time where `ordered`. Numbers in `track` follow their entries.
    pub(super) fn append(
        &mut self,
        mut batch: Vec<Entry>,
        ordered: bool,
        judge: &Judge,
        track: &mut [u64],
    ) {
        for entry in &mut batch {
            judge.rate(entry);
            self.bytes += entry.cost();
            self.lines += usize::from(entry.is_line());
        }
        let mut at = self.entries.len();
        if ordered {
            if batch.iter().all(|e| e.time.is_some()) {
                batch.sort_by_key(|e| e.time);
            }
            let first = batch.first().and_then(|e| e.time);
            while at > 0 && first.is_some() && self.entries[at - 1].time > first {
                at -= 1;
            }
        }
        if at == self.entries.len() {
            for entry in batch {
                self.push(entry);
            }
            return;
        }
        let from = self.first + at as u64;
        self.forget_from(from);
        let tail = self.entries.split_off(at);
        let followed = track.to_vec();
        let mut batch = batch.into_iter().peekable();
        for (number, old) in (from..).zip(tail) {
            while let Some(new) = batch.next_if(|new| new.time < old.time) {
                self.push(new);
            }
            let now = self.end();
            for (place, _) in followed.iter().enumerate().filter(|(_, n)| **n == number) {
                track[place] = now;
            }
            self.push(old);
        }
        for entry in batch {
            self.push(entry);
        }
    }

    fn push(&mut self, entry: Entry) {
        let number = self.end();
        if entry.shown {
            self.shown.push_back(number);
            if entry.hit {
                self.hits.push_back(number);
            }
        }
        self.entries.push_back(entry);
    }

    fn forget_from(&mut self, number: u64) {
        for index in [&mut self.shown, &mut self.hits] {
            let keep = index.partition_point(|n| *n < number);
            index.truncate(keep);
        }
    }

    /// Let the oldest go until the rest fits. What went is said in its place.
    pub(super) fn trim(&mut self, limits: Limits) {
        let fits = |r: &Self| r.lines <= limits.lines && r.bytes <= limits.bytes;
        if fits(self) {
            return;
        }
        while !fits(self) && self.lines > 1 {
            let Some(gone) = self.entries.pop_front() else {
                break;
            };
            self.first += 1;
            self.bytes -= gone.cost();
            self.marked -= usize::from(gone.marked);
            if gone.is_line() {
                self.lines -= 1;
                self.dropped += 1;
            }
        }
        for index in [&mut self.shown, &mut self.hits] {
            while index.front().is_some_and(|n| *n < self.first) {
                index.pop_front();
            }
        }
        if let Some(number) = self.first.checked_sub(1) {
            let said = Entry::dropped(self.dropped);
            self.bytes += said.cost();
            self.first = number;
            self.entries.push_front(said);
            self.shown.push_front(number);
        }
    }

    /// Judge every entry anew; with `search` alone only those that are shown.
    pub(super) fn rejudge(&mut self, judge: &Judge, search_only: bool) {
        if search_only {
            self.hits.clear();
            for number in &self.shown {
                let at = (number - self.first) as usize;
                let entry = &mut self.entries[at];
                entry.hit = judge.hits(entry);
                if entry.hit {
                    self.hits.push_back(*number);
                }
            }
            return;
        }
        self.shown.clear();
        self.hits.clear();
        for (number, entry) in (self.first..).zip(&mut self.entries) {
            judge.rate(entry);
            if entry.shown {
                self.shown.push_back(number);
                if entry.hit {
                    self.hits.push_back(number);
                }
            }
        }
    }

    /// Mark a line, or take its mark away.
    pub(super) fn mark(&mut self, number: u64, on: bool) {
        if let Some(entry) = self.get_mut(number)
            && entry.is_line()
            && entry.marked != on
        {
            entry.marked = on;
            self.marked = if on { self.marked + 1 } else { self.marked - 1 };
        }
    }

    /// Take all marks away.
    pub(super) fn unmark(&mut self) {
        for entry in &mut self.entries {
            entry.marked = false;
        }
        self.marked = 0;
    }

    /// How many lines were dropped, as said at the top.
    #[cfg(test)]
    pub(super) fn said_dropped(&self) -> Option<u64> {
        match self.entries.front()?.what {
            What::Dropped(n) => Some(n),
            _ => None,
        }
    }
}
