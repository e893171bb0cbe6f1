//! Log lines of one or several containers, merged by time, in a ring that cannot grow.

mod draw;
mod entry;
mod fields;
mod judge;
mod level;
mod line;
mod moves;
mod ring;
mod source;
mod take;
mod time;

use chrono::{DateTime, Utc};

use super::effect::Effect;
use super::paint::Line;
use super::scroll::Pattern;
use super::theme::Role;
use crate::domain::error::Result;
use crate::domain::id::ObjectRef;
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::snapshot::Snapshot;

pub use entry::{Entry, SHOWN, What};
pub use fields::fields;
pub use judge::LineFilter;
pub use level::Level;
pub use line::LogLineView;
pub use moves::Found;
pub use ring::Limits;
pub use source::{Flow, LogSource};
pub use time::{OFFERED, Since, moment};

use judge::Judge;
use ring::Ring;

/// Containers that one view reads at most.
pub const MAX_SOURCES: usize = 100;

/// What is said of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stamps {
    #[default]
    None,
    /// Of the day.
    Time,
    Full,
}

impl Stamps {
    /// The one after it.
    pub fn next(self) -> Self {
        match self {
            Self::None => Self::Time,
            Self::Time => Self::Full,
            Self::Full => Self::None,
        }
    }

    /// Columns it takes, with the blank after it.
    fn width(self) -> usize {
        match self {
            Self::None => 0,
            Self::Time => 13,
            Self::Full => 24,
        }
    }
}

/// How lines look; stays when another log is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefs {
    pub wrap: bool,
    pub stamps: Stamps,
    /// Times in UTC instead of the operator's zone.
    pub utc: bool,
    /// JSON lines are written as level, message and fields.
    pub fields: bool,
    /// Colours that the lines ask for.
    pub colours: bool,
}

impl Default for Prefs {
    fn default() -> Self {
        Self {
            wrap: false,
            stamps: Stamps::default(),
            utc: false,
            fields: true,
            colours: true,
        }
    }
}

/// What a log view begins with.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogSetup {
    /// Lines of the past.
    pub tail: u64,
    pub limits: Limits,
    pub prefs: Prefs,
}

/// Numbers that follow their lines when others come in before them.
const TOP: usize = 0;
const CURSOR: usize = 1;
const ANCHOR: usize = 2;

/// A log view.
#[derive(Debug)]
pub struct LogView {
    pub stream: u64,
    pub sources: Vec<LogSource>,
    /// What the sources are called here, and the widest of that.
    names: (Vec<String>, usize),
    ring: Ring,
    judge: Judge,
    limits: Limits,
    pub prefs: Prefs,
    pub follow: bool,
    /// The first line on the screen, the line one stands on, where a range of marks began. The
    /// first two mean something when it does not follow.
    places: [u64; 3],
    ranging: bool,
    /// Columns scrolled out at the left.
    pub skip: usize,
    pub since: Since,
    tail: u64,
    /// Lines are kept from the beginning on, not from the end: it was gone to a time, or to the
    /// first lines.
    holds: bool,
    /// Later lines that were not kept for that.
    pub refused: u64,
    /// Lines that came while it stood still.
    pub behind: usize,
    /// Containers that are too many.
    pub left_out: usize,
    /// The picture that sources were last tended with, and when to do so again.
    tended: Option<u64>,
    due: Option<DateTime<Utc>>,
    width: usize,
    height: usize,
}

impl LogView {
    /// A view that follows `sources`.
    pub fn new(stream: u64, mut sources: Vec<ObjectRef>, setup: LogSetup) -> Self {
        let left_out = sources.len().saturating_sub(MAX_SOURCES);
        sources.truncate(MAX_SOURCES);
        let mut sources: Vec<LogSource> = sources.into_iter().map(LogSource::new).collect();
        source::paint(&mut sources);
        Self {
            stream,
            names: source::names(&sources),
            sources,
            ring: Ring::default(),
            judge: Judge::default(),
            limits: setup.limits,
            prefs: setup.prefs,
            follow: true,
            places: [0; 3],
            ranging: false,
            skip: 0,
            since: Since::Tail,
            tail: setup.tail,
            holds: false,
            refused: 0,
            behind: 0,
            left_out,
            tended: None,
            due: None,
            width: 80,
            height: 1,
        }
    }

    /// The effect that opens its streams.
    pub fn open(&self, now: DateTime<Utc>) -> Effect {
        // Of many sources each begins with less, or the first screen would take long.
        let count = (self.sources.len().max(1) as u64).min(10);
        let tail = match self.since {
            Since::Tail => Some((self.tail / count).max(20)),
            Since::All => Some((self.limits.lines as u64 / count).max(20)),
            // What is older than the ring would only pass through it.
            Since::Ago(_) | Since::At(_) if !self.holds => Some(self.limits.lines as u64),
            Since::Ago(_) | Since::At(_) | Since::Head => None,
        };
        Effect::OpenLogs {
            stream: self.stream,
            sources: (0..)
                .zip(self.sources.iter().map(|s| s.object.clone()))
                .collect(),
            options: LogOptions {
                follow: true,
                since: self.since.start(now),
                tail,
                ..LogOptions::default()
            },
        }
    }

    /// Begin anew under another number. With `stand` it does not follow, and the first lines stay.
    pub fn restart(&mut self, stream: u64, since: Since, stand: bool) {
        self.stream = stream;
        self.since = since;
        self.holds = stand || since == Since::Head;
        self.follow = !self.holds;
        self.ring.clear();
        self.places = [0; 3];
        self.ranging = false;
        self.behind = 0;
        self.refused = 0;
        self.tended = None;
        for source in &mut self.sources {
            source.begin();
        }
    }

    /// Forget all lines, and go on reading.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.places = [0; 3];
        self.ranging = false;
        self.follow = true;
        self.behind = 0;
    }

    /// Lines kept.
    pub fn len(&self) -> usize {
        self.ring.lines
    }

    /// Has nothing come yet?
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Lines shown, what happened between them included.
    pub fn shown(&self) -> usize {
        self.ring.shown().len()
    }

    /// Bytes kept.
    pub fn bytes(&self) -> usize {
        self.ring.bytes
    }

    /// What is kept at most.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Lines that had to go.
    pub fn dropped(&self) -> u64 {
        self.ring.dropped
    }

    /// Lines marked.
    pub fn marked(&self) -> usize {
        self.ring.marked
    }

    /// Lines that copying would take, when some are marked.
    pub fn chosen_count(&self) -> usize {
        if self.ranging {
            self.chosen().len()
        } else {
            self.ring.marked
        }
    }

    /// Is a range being marked?
    pub fn is_ranging(&self) -> bool {
        self.ranging
    }

    fn merges(&self) -> bool {
        self.sources.len() > 1
    }

    /// Take lines of a source; they go where their time says. False when no more are wanted.
    pub fn add(&mut self, source: usize, lines: Vec<LogLine>) -> bool {
        let Some(from) = self.sources.get_mut(source) else {
            return true;
        };
        // What was missed goes before the word that it goes on.
        let resumes = from.is_resuming();
        let mut batch: Vec<Entry> = lines
            .iter()
            .filter(|l| from.is_new(l))
            .map(|l| Entry::line(source, l))
            .collect();
        if self.holds {
            let room = self.limits.lines.saturating_sub(self.ring.lines);
            let room = if self.ring.bytes >= self.limits.bytes {
                0
            } else {
                room
            };
            if batch.len() > room {
                self.refused += (batch.len() - room) as u64;
                batch.truncate(room);
            }
        }
        self.append(batch, self.merges() || resumes);
        if !self.holds {
            self.ring.trim(self.limits);
        }
        if self.refused > 0 {
            for source in &mut self.sources {
                source.flow = Flow::Closed;
            }
        }
        self.refused == 0
    }

    fn append(&mut self, batch: Vec<Entry>, ordered: bool) {
        if batch.is_empty() {
            return;
        }
        let before = self.ring.shown().len();
        self.ring
            .append(batch, ordered, &self.judge, &mut self.places);
        if !self.follow {
            self.behind += self.ring.shown().len() - before;
            self.reveal();
        }
    }

    /// Something happened to a source; it is said at its time, else after the last line.
    fn say(&mut self, source: usize, text: &str, at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let newest = self.ring.entries().rev().find_map(|e| e.time);
        let gap = Entry::gap(source, at.or(newest), at.unwrap_or(now), text);
        self.append(vec![gap], at.is_some());
    }

    /// A source ended.
    pub fn end(&mut self, source: usize, how: Result<()>, now: DateTime<Utc>) {
        if let Some(source) = self.sources.get_mut(source) {
            source.end(how, now);
            self.tended = None;
        }
    }

    /// Read these containers too; those that are gone are not forgotten, their lines are there.
    pub fn adopt(&mut self, wanted: Vec<ObjectRef>) {
        for object in wanted {
            let known = |s: &LogSource| s.object.id == object.id && s.object.host == object.host;
            if self.sources.iter().any(known) {
                continue;
            }
            if self.sources.len() >= MAX_SOURCES {
                self.left_out += 1;
                continue;
            }
            let mut source = LogSource::new(object);
            // Opened when it is tended.
            source.flow = Flow::Gone;
            self.sources.push(source);
            source::paint(&mut self.sources);
            self.names = source::names(&self.sources);
        }
    }

    /// Has the picture changed since sources were tended?
    pub fn is_behind(&self, snapshot: &Snapshot) -> bool {
        self.tended != Some(snapshot.rev)
    }

    /// Open again what broke off, say what happened. Returns when to look again.
    pub fn tend(
        &mut self,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
        effects: &mut Vec<Effect>,
    ) -> Option<DateTime<Utc>> {
        if !self.is_behind(snapshot) && self.due.is_none_or(|due| now < due) {
            return self.due;
        }
        self.tended = Some(snapshot.rev);
        let mut due = None;
        for n in 0..self.sources.len() {
            let tending = self.sources[n].tend(snapshot, now);
            if let Some(text) = &tending.say {
                self.say(n, text, tending.at, now);
            }
            if tending.open {
                effects.push(self.reopen(n, now));
            }
            due = match (due, tending.wake) {
                (Some(a), Some(b)) => Some(std::cmp::min::<DateTime<Utc>>(a, b)),
                (a, b) => a.or(b),
            };
        }
        self.due = due;
        due
    }

    fn reopen(&self, source: usize, now: DateTime<Utc>) -> Effect {
        let from = &self.sources[source];
        // What the first reading began with, where it brought no line.
        let since = from.last().or_else(|| self.since.start(now));
        Effect::OpenLogs {
            stream: self.stream,
            sources: vec![(source, from.object.clone())],
            options: LogOptions {
                follow: true,
                since,
                tail: since.is_none().then_some(self.tail),
                ..LogOptions::default()
            },
        }
    }

    /// What is searched.
    pub fn search(&self) -> Option<&Pattern> {
        self.judge.search.as_ref()
    }

    /// Search for something else, or for nothing.
    pub fn set_search(&mut self, pattern: Option<Pattern>) {
        self.judge.search = pattern;
        self.ring.rejudge(&self.judge, true);
    }

    /// The filters, oldest first.
    pub fn filters(&self) -> &[LineFilter] {
        &self.judge.filters
    }

    /// The filter being typed.
    pub fn set_draft(&mut self, draft: Option<LineFilter>) {
        self.judge.draft = draft;
        self.rejudge();
    }

    /// What was typed holds.
    pub fn add_filter(&mut self, filter: LineFilter) {
        self.judge.draft = None;
        self.judge.filters.retain(|f| *f != filter);
        self.judge.filters.push(filter);
        self.rejudge();
    }

    /// Take the last filter away; false when there is none.
    pub fn pop_filter(&mut self) -> bool {
        let gone = self.judge.filters.pop().is_some();
        self.rejudge();
        gone
    }

    /// Take all filters away.
    pub fn clear_filters(&mut self) {
        self.judge.filters.clear();
        self.judge.draft = None;
        self.rejudge();
    }

    /// Let lines look otherwise.
    pub fn set_prefs(&mut self, prefs: Prefs) {
        self.prefs = prefs;
        if !self.follow {
            self.reveal();
        }
    }

    /// The least severity shown.
    pub fn least(&self) -> Level {
        self.judge.least
    }

    /// Show what is at least so severe.
    pub fn set_least(&mut self, least: Level) {
        self.judge.least = least;
        self.rejudge();
    }

    fn rejudge(&mut self) {
        self.ring.rejudge(&self.judge, false);
        if !self.follow {
            self.reveal();
        }
    }

    /// How many of the shown lines match what is searched, and the place of the one one stands on.
    pub fn matches(&self) -> (Option<usize>, usize) {
        let hits = self.ring.hits();
        let here = self.places[CURSOR];
        let at = (!self.follow).then(|| hits.binary_search(&here).ok());
        (at.flatten(), hits.len())
    }

    /// A source's name; with its host where there are several.
    pub fn name(&self, source: usize) -> &str {
        self.names.0.get(source).map_or("", String::as_str)
    }

    /// Show only the lines of the source whose line one stands on, or again those of all.
    pub fn toggle_only(&mut self) {
        self.judge.only = match (self.judge.only, self.current()) {
            (None, Some(entry)) if self.merges() => Some(entry.source),
            _ => None,
        };
        self.rejudge();
    }

    /// The only source that is shown.
    pub fn only(&self) -> Option<usize> {
        self.judge.only.map(|n| n as usize)
    }
}

/// Text in a role, with what is searched standing out.
pub fn highlight(
    line: &mut Line,
    text: &str,
    role: Role,
    pattern: Option<&Pattern>,
    current: bool,
) {
    let mut done = 0;
    for place in pattern.map(|p| p.places(text)).unwrap_or_default() {
        line.push(role, &text[done..place.start]);
        let hit = if current {
            Role::TextMatchCurrent
        } else {
            Role::TextMatch
        };
        line.push(hit, &text[place.clone()]);
        done = place.end;
    }
    line.push(role, &text[done..]);
}

#[cfg(test)]
mod tests;
