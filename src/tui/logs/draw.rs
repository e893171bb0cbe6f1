//! From entries to cells: times, names, text in its colours, what is searched standing out.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, FixedOffset, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::entry::{Entry, SHOWN, What};
use super::fields::{Part, compact};
use super::{LogView, Stamps};
use crate::tui::format;
use crate::tui::paint::Paint;
use crate::tui::text;
use crate::tui::theme::Role;

/// A name of a source takes so many columns at least, where it needs them.
const NAME: usize = 12;
/// Matches that stand out in one line at most.
const MATCHES: usize = 500;

/// A piece of a line: its text, its role, and what its own colours say beside.
#[derive(Debug, Clone, PartialEq)]
struct Piece<'a> {
    text: Cow<'a, str>,
    role: Role,
    own: Style,
}

impl<'a> Piece<'a> {
    fn new(role: Role, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            role,
            own: Style::default(),
        }
    }

    fn slice(&self, range: Range<usize>) -> Piece<'static> {
        Piece {
            text: Cow::Owned(self.text[range].to_owned()),
            ..Piece::new(self.role, "")
        }
        .styled(self.own)
    }

    fn styled(mut self, own: Style) -> Self {
        self.own = own;
        self
    }
}

impl LogView {
    /// The zone times are written in.
    pub fn zone(&self, paint: &Paint<'_>) -> FixedOffset {
        if self.prefs.utc {
            crate::tui::options::utc()
        } else {
            paint.zone
        }
    }

    fn name_width(&self) -> usize {
        self.names.1.min((self.width / 5).max(NAME))
    }

    fn prefix_width(&self) -> usize {
        let name = if self.merges() {
            self.name_width() + 1
        } else {
            0
        };
        self.prefs.stamps.width() + name
    }

    /// Columns that lines go on at, below their first.
    fn indent(&self) -> usize {
        let prefix = self.prefix_width();
        if prefix * 2 > self.width { 0 } else { prefix }
    }

    fn prefix(&self, entry: &Entry, zone: FixedOffset, ellipsis: &str) -> Vec<Piece<'static>> {
        let mut pieces = Vec::with_capacity(3);
        if self.prefs.stamps != Stamps::None {
            let stamp = entry.time.map(|t| self.stamp(t, zone)).unwrap_or_default();
            let width = self.prefs.stamps.width();
            pieces.push(Piece::new(Role::LogTime, text::pad(&stamp, width, "")));
        }
        if self.merges()
            && let Some(source) = self.sources.get(entry.source as usize)
        {
            let width = self.name_width();
            let name = text::truncate_middle(self.name(entry.source as usize), width, ellipsis);
            pieces.push(Piece::new(source.role, text::pad(&name, width + 1, "")));
        }
        pieces
    }

    fn stamp(&self, time: DateTime<Utc>, zone: FixedOffset) -> String {
        let local = time.with_timezone(&zone);
        let form = match self.prefs.stamps {
            Stamps::Full => "%Y-%m-%d %H:%M:%S%.3f",
            _ => "%H:%M:%S%.3f",
        };
        local.format(form).to_string()
    }

    /// What a container wrote, as it is shown.
    fn body<'a>(&self, entry: &'a Entry) -> Vec<Piece<'a>> {
        let role = entry.level.role();
        let mut pieces = Vec::new();
        if entry.is_cut() {
            let size = format::bytes(entry.text.len() as u64);
            let shown = format::bytes(SHOWN as u64);
            let said = format!("[{size} line, {shown} shown] ");
            pieces.push(Piece::new(Role::LogGap, said));
        }
        let head = entry.head();
        let opened = if self.prefs.fields && !entry.is_cut() {
            compact(head)
        } else {
            None
        };
        if let Some(parts) = opened {
            pieces.extend(parts.into_iter().map(|(part, text)| {
                let role = match part {
                    Part::Level | Part::Message => role,
                    Part::Key => Role::TextDim,
                    Part::Value => Role::TextMuted,
                };
                Piece::new(role, text)
            }));
            return pieces;
        }
        let runs = entry.runs.as_deref().filter(|_| self.prefs.colours);
        let (mut at, mut own) = (0, Style::default());
        for (next, style) in runs.unwrap_or_default() {
            let next = (*next as usize).min(head.len());
            if next > at {
                pieces.push(Piece::new(role, &head[at..next]).styled(own));
            }
            (at, own) = (next, *style);
        }
        if at < head.len() {
            pieces.push(Piece::new(role, &head[at..]).styled(own));
        }
        pieces
    }

    /// Pieces with what is searched in pieces of their own.
    fn found<'a>(&self, pieces: Vec<Piece<'a>>, current: bool) -> Vec<Piece<'a>> {
        let Some(pattern) = self.search() else {
            return pieces;
        };
        let whole: String = pieces.iter().map(|p| &*p.text).collect();
        let mut places = pattern.places(&whole);
        places.truncate(MATCHES);
        if places.is_empty() {
            return pieces;
        }
        let role = if current {
            Role::TextMatchCurrent
        } else {
            Role::TextMatch
        };
        let (mut out, mut start) = (Vec::with_capacity(pieces.len() + 2), 0);
        for piece in pieces {
            let end = start + piece.text.len();
            let mut done = start;
            for place in &places {
                let (from, to) = (place.start.max(done), place.end.min(end));
                if from >= to {
                    continue;
                }
                if from > done {
                    out.push(piece.slice(done - start..from - start));
                }
                let hit = piece.slice(from - start..to - start);
                out.push(Piece { role, ..hit }.styled(Style::default()));
                done = to;
            }
            if done == start {
                out.push(piece);
            } else if done < end {
                out.push(piece.slice(done - start..end - start));
            }
            start = end;
        }
        out
    }

    /// The columns between which the first match of a line is.
    pub(super) fn columns_of_match(&self, entry: &Entry) -> Option<(usize, usize)> {
        let whole: String = self.body(entry).iter().map(|p| &*p.text).collect();
        let place = self.search()?.places(&whole).into_iter().next()?;
        let start = self.prefix_width() + text::width(&whole[..place.start]);
        Some((start, start + text::width(&whole[place])))
    }

    /// Rows of the screen that an entry takes when lines are wrapped.
    pub(super) fn rows(&self, entry: &Entry) -> usize {
        if !entry.is_line() {
            return 1;
        }
        let body = self.body(entry);
        let indent = self.indent();
        let room = self.width.saturating_sub(indent).max(1);
        let before = if indent == 0 { self.prefix_width() } else { 0 };
        if before == 0
            && body
                .iter()
                .all(|p| p.text.bytes().all(|b| (0x20..0x7f).contains(&b)))
        {
            let all: usize = body.iter().map(|p| p.text.len()).sum();
            return all.div_ceil(room).max(1);
        }
        let mut pieces = vec![Piece::new(Role::Text, " ".repeat(before))];
        pieces.extend(body);
        broken(&pieces, room).len()
    }

    /// Paint the lines of the screen; the column before `area` takes marks and the cursor.
    pub fn draw(&self, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
        let zone = self.zone(paint);
        let (top, count) = self.window();
        let cursor = self.cursor();
        let range = self.range();
        let mut y = area.y;
        for number in self.ring.shown().iter().skip(top).take(count) {
            let Some(entry) = self.ring.get(*number) else {
                continue;
            };
            let here = cursor == Some(*number);
            let from = y;
            if here {
                // Under the text: what stands out in it shall still stand out.
                let rows = if self.prefs.wrap { self.rows(entry) } else { 1 };
                let rows = (rows as u16).min(area.bottom() - y);
                let row = Rect::new(area.x.saturating_sub(1), y, area.width + 1, rows);
                paint.overlay(buffer, row, Role::SelectionRow);
            }
            if entry.is_line() {
                y = self.line(entry, here, zone, paint, buffer, Rect { y, ..area });
            } else {
                gap(entry, zone, paint, buffer, Rect { y, ..area });
                y += 1;
            }
            let to = y.min(area.bottom());
            let rows = Rect::new(area.x.saturating_sub(1), from, area.width + 1, to - from);
            if entry.marked || range.contains(number) {
                for y in from..to {
                    let sign = paint.glyphs.mark;
                    paint.put(buffer, (rows.x, y), sign, 1, Role::SelectionMark);
                }
            }
            if here && !entry.marked {
                paint.put(
                    buffer,
                    (rows.x, from),
                    paint.glyphs.cursor,
                    1,
                    Role::TextAccent,
                );
            }
            if y >= area.bottom() {
                break;
            }
        }
    }

    /// Paint a line; the row after it.
    fn line(
        &self,
        entry: &Entry,
        current: bool,
        zone: FixedOffset,
        paint: &Paint<'_>,
        buffer: &mut Buffer,
        area: Rect,
    ) -> u16 {
        let prefix = self.prefix(entry, zone, paint.glyphs.ellipsis);
        let body = self.found(self.body(entry), current);
        if !self.prefs.wrap {
            let pieces: Vec<Piece<'_>> = prefix.into_iter().chain(body).collect();
            put(&pieces, self.skip, paint, buffer, area);
            return area.y + 1;
        }
        let indent = self.indent();
        let room = self.width.saturating_sub(indent).max(1);
        let pieces = if indent == 0 {
            prefix.into_iter().chain(body).collect()
        } else {
            put(&prefix, 0, paint, buffer, area);
            body
        };
        let rows = broken(&pieces, room);
        let mut y = area.y;
        let step = (indent as u16).min(area.width);
        for row in &rows {
            if y >= area.bottom() {
                break;
            }
            let place = Rect::new(area.x + step, y, area.width - step, area.bottom() - y);
            put(row, 0, paint, buffer, place);
            y += 1;
        }
        y
    }
}

/// Paint what happened between lines, as a rule across the screen.
fn gap(entry: &Entry, zone: FixedOffset, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let rule = paint.glyphs.border.horizontal_top;
    let said = match entry.what {
        What::Dropped(count) => format!(
            "{} older lines were dropped",
            format::count(usize::try_from(count).unwrap_or(usize::MAX))
        ),
        What::Gap(at) => format!(
            "{} {} {}",
            at.with_timezone(&zone).format("%H:%M:%S"),
            paint.glyphs.separator,
            entry.text
        ),
        What::Line(_) => return,
    };
    let width = usize::from(area.width);
    let said = text::truncate(&said, width.saturating_sub(8), paint.glyphs.ellipsis);
    let rest = width.saturating_sub(text::width(&said) + 5);
    let line = format!("{} {said} {}", rule.repeat(3), rule.repeat(rest));
    let piece = Piece::new(Role::LogGap, line);
    put(&[piece], 0, paint, buffer, area);
}

/// Paint pieces in one row, leaving out the first `skip` columns.
fn put(pieces: &[Piece<'_>], skip: usize, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    if area.y >= area.bottom() {
        return;
    }
    let (mut x, end, mut skip) = (area.x, area.right(), skip);
    for piece in pieces {
        if x >= end {
            break;
        }
        let mut rest = &*piece.text;
        if skip > 0 {
            let (head, taken) = text::prefix(rest, skip);
            rest = &rest[head.len()..];
            if !rest.is_empty() && taken < skip {
                // A wide character across the edge leaves a blank.
                let half = rest.graphemes(true).next().unwrap_or_default();
                rest = &rest[half.len()..];
                let over = (taken + text::width(half)).saturating_sub(skip) as u16;
                x = x.saturating_add(over).min(end);
                skip = 0;
            } else {
                skip -= taken;
            }
        }
        let style = paint.style(piece.role).patch(piece.own);
        x = text::put(buffer, (x, area.y), rest, usize::from(end - x), style);
    }
}

/// Pieces in rows of at most `columns`, broken anywhere.
fn broken<'a>(pieces: &'a [Piece<'a>], columns: usize) -> Vec<Vec<Piece<'a>>> {
    let (mut rows, mut row, mut used) = (Vec::new(), Vec::new(), 0);
    let part = |piece: &'a Piece<'a>, range: Range<usize>| Piece {
        text: Cow::Borrowed(&piece.text[range]),
        role: piece.role,
        own: piece.own,
    };
    for piece in pieces {
        let mut start = 0;
        while start < piece.text.len() {
            let (head, wide) = text::prefix(&piece.text[start..], columns - used);
            if !head.is_empty() {
                row.push(part(piece, start..start + head.len()));
                start += head.len();
                used += wide;
            }
            if start == piece.text.len() {
                break;
            }
            if used == 0 {
                // Wider than a row: there is no place for it.
                let next = piece.text[start..].graphemes(true).next();
                start += next.map_or(piece.text.len(), str::len);
                continue;
            }
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row);
    }
    rows
}
