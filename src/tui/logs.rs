//! Log lines of one or several containers, merged by time, in a ring that cannot grow.

mod level;

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::effect::Effect;
use super::format;
use super::paint::{Line, Paint};
use super::scroll::Pattern;
use super::text;
use super::theme::Role;
use crate::domain::error::Result;
use crate::domain::id::ObjectRef;
use crate::domain::logs::{LogLine, LogOptions, LogStream};
use crate::domain::text::sanitise;

pub use level::Level;

/// Lines kept.
const MAX_LINES: usize = 10_000;
/// Bytes kept.
const MAX_BYTES: usize = 8 << 20;
/// Bytes of one line that are kept.
const MAX_LINE: usize = 16 << 10;
/// A source's name takes this many columns at most.
const NAME: usize = 18;

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
}

/// Where lines come from.
#[derive(Debug, Clone)]
pub struct LogSource {
    pub object: ObjectRef,
    /// How it ended, when it has.
    pub ended: Option<Result<()>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    time: Option<DateTime<Utc>>,
    source: usize,
    level: Level,
    stderr: bool,
    text: String,
}

/// A log view.
#[derive(Debug)]
pub struct LogView {
    pub stream: u64,
    pub sources: Vec<LogSource>,
    entries: VecDeque<Entry>,
    bytes: usize,
    /// The number of the first line kept; every line has one, counted from 0.
    first: u64,
    pub follow: bool,
    pub wrap: bool,
    pub stamps: Stamps,
    pub least: Level,
    pub keep: Option<Pattern>,
    pub search: Option<Pattern>,
    /// The line of the match one stands on.
    at: Option<u64>,
    /// The first line on the screen, when it does not follow.
    top: u64,
    /// Columns scrolled out at the left.
    pub skip: usize,
    pub since: Option<DateTime<Utc>>,
    tail: u64,
    /// Lines that came while it stood still.
    pub behind: usize,
    width: usize,
    height: usize,
}

impl LogView {
    /// A view that follows `sources`.
    pub fn new(stream: u64, sources: Vec<ObjectRef>, tail: u64) -> Self {
        let sources = sources
            .into_iter()
            .map(|object| LogSource {
                object,
                ended: None,
            })
            .collect();
        Self {
            stream,
            sources,
            entries: VecDeque::new(),
            bytes: 0,
            first: 0,
            follow: true,
            wrap: false,
            stamps: Stamps::default(),
            least: Level::Trace,
            keep: None,
            search: None,
            at: None,
            top: 0,
            skip: 0,
            since: None,
            tail,
            behind: 0,
            width: 80,
            height: 1,
        }
    }

    /// The effect that opens its streams.
    pub fn open(&self) -> Effect {
        // Of many sources each begins with less, or the first screen would take long.
        let share = self.tail / (self.sources.len().max(1) as u64).min(10);
        Effect::OpenLogs {
            stream: self.stream,
            sources: (0..)
                .zip(self.sources.iter().map(|s| s.object.clone()))
                .collect(),
            options: LogOptions {
                follow: true,
                since: self.since,
                tail: self.since.is_none().then_some(share.max(20)),
                ..LogOptions::default()
            },
        }
    }

    /// Begin anew under another number, with lines since then.
    pub fn restart(&mut self, stream: u64, since: Option<DateTime<Utc>>) {
        self.stream = stream;
        self.since = since;
        self.entries.clear();
        self.bytes = 0;
        self.first = 0;
        self.top = 0;
        self.at = None;
        self.behind = 0;
        self.follow = true;
        for source in &mut self.sources {
            source.ended = None;
        }
    }

    /// Lines kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Has nothing come yet?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Take lines of a source; they go where their time says.
    pub fn add(&mut self, source: usize, lines: Vec<LogLine>) {
        for line in lines {
            let text = clean(&line.text);
            let entry = Entry {
                time: line.time,
                source,
                level: Level::of(&text),
                stderr: line.stream == LogStream::Stderr,
                text,
            };
            self.bytes += entry.text.len();
            let mut at = self.entries.len();
            if entry.time.is_some() && self.sources.len() > 1 {
                while at > 0 && self.entries[at - 1].time > entry.time {
                    at -= 1;
                }
            }
            if !self.follow && self.shows(&entry) {
                self.behind += 1;
            }
            self.entries.insert(at, entry);
        }
        while self.entries.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(gone) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= gone.text.len();
            self.first += 1;
        }
        self.top = self.top.max(self.first);
    }

    /// A source ended.
    pub fn end(&mut self, source: usize, how: Result<()>) {
        if let Some(source) = self.sources.get_mut(source) {
            source.ended = Some(how);
        }
    }

    fn shows(&self, entry: &Entry) -> bool {
        entry.level >= self.least && self.keep.as_ref().is_none_or(|p| p.is_in(&entry.text))
    }

    fn get(&self, line: u64) -> Option<&Entry> {
        self.entries.get(line.checked_sub(self.first)? as usize)
    }

    fn end_line(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The next line that is shown from `line` on, itself included.
    fn shown_from(&self, line: u64) -> Option<u64> {
        (line.max(self.first)..self.end_line())
            .find(|l| self.get(*l).is_some_and(|e| self.shows(e)))
    }

    fn shown_before(&self, line: u64) -> Option<u64> {
        (self.first..line.min(self.end_line()))
            .rev()
            .find(|l| self.get(*l).is_some_and(|e| self.shows(e)))
    }

    /// Columns and lines it has on the screen.
    pub fn set_size(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height.max(1));
    }

    /// Rows of the screen a line takes.
    fn rows(&self, line: u64) -> usize {
        match self.get(line) {
            Some(entry) if self.wrap => {
                let wide = text::width(&entry.text) + self.prefix_width();
                wide.div_ceil(self.width.max(1)).max(1)
            }
            _ => 1,
        }
    }

    /// The first line of the last screenful.
    fn last_top(&self) -> u64 {
        let (mut line, mut room) = (self.end_line(), self.height);
        while let Some(before) = self.shown_before(line) {
            let rows = self.rows(before);
            if rows > room {
                // A line longer than the screen is shown from its beginning.
                return if room == self.height { before } else { line };
            }
            room -= rows;
            line = before;
        }
        line
    }

    fn first_on_screen(&self) -> u64 {
        if self.follow {
            self.last_top()
        } else {
            self.top
        }
    }

    /// Move by so many lines; at the end it follows again.
    pub fn step(&mut self, by: isize) {
        let mut top = self.first_on_screen();
        for _ in 0..by.unsigned_abs() {
            let next = if by < 0 {
                self.shown_before(top)
            } else {
                self.shown_from(top + 1)
            };
            match next {
                Some(next) => top = next,
                None => break,
            }
        }
        self.stand(top);
        if by > 0 && top >= self.last_top() {
            self.follow_end();
        }
    }

    fn stand(&mut self, top: u64) {
        self.follow = false;
        self.top = top;
    }

    /// Go to the beginning.
    pub fn go_first(&mut self) {
        self.stand(self.shown_from(self.first).unwrap_or(self.first));
    }

    /// Go to the end and follow.
    pub fn follow_end(&mut self) {
        self.follow = true;
        self.behind = 0;
    }

    /// Stand still, or follow again.
    pub fn toggle_follow(&mut self) {
        if self.follow {
            self.stand(self.last_top());
        } else {
            self.follow_end();
        }
    }

    /// Go to the next match, or the one before; false when there is none.
    pub fn find(&mut self, forward: bool) -> bool {
        let Some(pattern) = self.search.clone() else {
            return false;
        };
        let hit = |l: &u64| {
            self.get(*l)
                .is_some_and(|e| self.shows(e) && pattern.is_in(&e.text))
        };
        let all = self.first..self.end_line();
        let found = if forward {
            let from = self.at.map_or_else(|| self.first_on_screen(), |at| at + 1);
            (from..all.end).find(hit).or_else(|| all.clone().find(hit))
        } else {
            // The first search goes back from the end: the newest is what one looks for.
            let from = self.at.unwrap_or(all.end);
            (all.start..from)
                .rev()
                .find(hit)
                .or_else(|| all.clone().rev().find(hit))
        };
        let Some(at) = found else {
            return false;
        };
        self.at = Some(at);
        let mut top = at;
        for _ in 0..self.height / 3 {
            top = self.shown_before(top).unwrap_or(top);
        }
        self.stand(top);
        true
    }

    /// Search for something else, or for nothing.
    pub fn set_search(&mut self, pattern: Option<Pattern>) {
        self.search = pattern;
        self.at = None;
    }

    /// The line one stands on: the match, or the first on the screen.
    pub fn current_text(&self) -> Option<String> {
        let line = match self.at {
            Some(at) => at,
            None if self.follow => self.shown_before(self.end_line())?,
            None => self.shown_from(self.top)?,
        };
        self.get(line).map(|e| e.text.clone())
    }

    /// All lines that are shown, as they are saved.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        for entry in self.entries.iter().filter(|e| self.shows(e)) {
            if let Some(time) = entry.time {
                out.push_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
                out.push(' ');
            }
            if self.sources.len() > 1 {
                out.push_str(&self.sources[entry.source].object.to_string());
                out.push(' ');
            }
            out.push_str(&entry.text);
            out.push('\n');
        }
        out
    }

    fn name_width(&self) -> usize {
        let labels = self.sources.iter().map(|s| text::width(&self.label(s)));
        labels.max().unwrap_or(0).min(NAME)
    }

    /// A source's name; with its host where there are several.
    fn label(&self, source: &LogSource) -> String {
        let first = self.sources.first().map(|s| &s.object.host);
        if self.sources.iter().all(|s| Some(&s.object.host) == first) {
            source.object.label().to_owned()
        } else {
            source.object.to_string()
        }
    }

    fn prefix_width(&self) -> usize {
        let stamp = match self.stamps {
            Stamps::None => 0,
            Stamps::Time => 13,
            Stamps::Full => 24,
        };
        let name = if self.sources.len() > 1 {
            self.name_width() + 1
        } else {
            0
        };
        stamp + name
    }

    fn line(&self, number: u64, entry: &Entry, paint: &Paint<'_>) -> Line {
        let mut line = Line::default();
        if let (Some(time), false) = (entry.time, self.stamps == Stamps::None) {
            let local = time.with_timezone(&paint.zone);
            let text = match self.stamps {
                Stamps::Full => format!(
                    "{}.{:03} ",
                    format::moment(time, paint.zone),
                    time.timestamp_subsec_millis()
                ),
                _ => format!("{} ", local.format("%H:%M:%S%.3f")),
            };
            line.push(Role::LogTime, text);
        }
        if self.sources.len() > 1
            && let Some(source) = self.sources.get(entry.source)
        {
            let name = text::pad(
                &self.label(source),
                self.name_width(),
                paint.glyphs.ellipsis,
            );
            line.push(Role::series(entry.source), name);
            line.push(Role::TextDim, " ");
        }
        let role = entry.level.role(entry.stderr);
        highlight(
            &mut line,
            &entry.text,
            role,
            self.search.as_ref(),
            self.at == Some(number),
        );
        line
    }

    /// The lines of the screen.
    pub fn screen(&self, paint: &Paint<'_>, width: usize, height: usize) -> Vec<Line> {
        let mut lines = Vec::with_capacity(height);
        let mut at = self.first_on_screen();
        while let Some(number) = self.shown_from(at) {
            if lines.len() >= height {
                break;
            }
            if let Some(entry) = self.get(number) {
                let line = self.line(number, entry, paint);
                if self.wrap {
                    lines.extend(line.wrapped(width));
                } else {
                    lines.push(line);
                }
            }
            at = number + 1;
        }
        lines.truncate(height);
        lines
    }
}

/// One line, clean and not too long.
fn clean(line: &str) -> String {
    let mut end = line.len().min(MAX_LINE);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    // What a carriage return would have written over is not shown, as on a terminal.
    let shown = line[..end].trim_end_matches('\r');
    let shown = shown.rsplit('\r').next().unwrap_or(shown);
    sanitise(&shown.replace('\t', "    ")).into_owned()
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
