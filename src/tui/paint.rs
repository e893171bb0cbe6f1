//! What painting needs to know, and what it finds out: when the picture changes by itself.

use std::cell::Cell;

use chrono::{DateTime, FixedOffset, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::format;
use super::text;
use super::theme::{Glyphs, Role, Theme};

/// The look of things and the time, handed to everything that paints.
#[derive(Debug)]
pub struct Paint<'a> {
    pub theme: &'a Theme,
    pub glyphs: &'a Glyphs,
    pub now: DateTime<Utc>,
    /// The operator's offset from UTC.
    pub zone: FixedOffset,
    /// Position of spinners.
    pub spin: usize,
    wake: Cell<Option<DateTime<Utc>>>,
    spinning: Cell<bool>,
}

impl<'a> Paint<'a> {
    /// A painter at a moment.
    pub fn new(
        theme: &'a Theme,
        glyphs: &'a Glyphs,
        now: DateTime<Utc>,
        zone: FixedOffset,
    ) -> Self {
        Self {
            theme,
            glyphs,
            now,
            zone,
            spin: 0,
            wake: Cell::new(None),
            spinning: Cell::new(false),
        }
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// How old something is; the picture changes when the text does.
    pub fn age(&self, then: DateTime<Utc>) -> String {
        let (text, next) = format::age(self.now, then);
        if let Some(next) = next {
            self.wake_at(next);
        }
        text
    }

    /// A moment by the operator's clock.
    pub fn moment(&self, at: DateTime<Utc>) -> String {
        format::moment(at, self.zone)
    }

    /// The picture changes at that time.
    pub fn wake_at(&self, at: DateTime<Utc>) {
        let sooner = self.wake.get().is_none_or(|w| at < w);
        if sooner && at > self.now {
            self.wake.set(Some(at));
        }
    }

    /// When what was painted changes next without anything happening.
    pub fn wake(&self) -> Option<DateTime<Utc>> {
        self.wake.get()
    }

    /// A sign that something is going on.
    pub fn spinner(&self) -> &'static str {
        self.spinning.set(true);
        self.glyphs.spinner[self.spin % self.glyphs.spinner.len()]
    }

    /// Was a spinner painted?
    pub fn spinning(&self) -> bool {
        self.spinning.get()
    }

    /// Paint text in at most so many columns; the column after it.
    pub fn put(
        &self,
        buffer: &mut Buffer,
        at: impl Into<Position>,
        text: &str,
        columns: usize,
        role: Role,
    ) -> u16 {
        text::put(buffer, at, text, columns, self.style(role))
    }

    /// Paint text whose end is replaced where it is too long.
    pub fn put_cut(
        &self,
        buffer: &mut Buffer,
        at: impl Into<Position>,
        text: &str,
        columns: usize,
        role: Role,
    ) -> u16 {
        let text = text::truncate(text, columns, self.glyphs.ellipsis);
        self.put(buffer, at, &text, columns, role)
    }

    /// Give an area a ground.
    pub fn fill(&self, buffer: &mut Buffer, area: Rect, role: Role) {
        let area = area.intersection(buffer.area);
        let style = self.style(role);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                let cell = &mut buffer[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Lay a style over an area, text and all.
    pub fn overlay(&self, buffer: &mut Buffer, area: Rect, role: Role) {
        buffer.set_style(area.intersection(buffer.area), self.style(role));
    }
}

/// A piece of text with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub role: Role,
}

/// A line of text in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// A line in one role.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self::default().add(role, text)
    }

    /// One more piece.
    pub fn add(mut self, role: Role, text: impl Into<String>) -> Self {
        self.push(role, text);
        self
    }

    /// One more piece.
    pub fn push(&mut self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Span { text, role });
        }
    }

    /// All its text.
    pub fn text(&self) -> String {
        self.0.iter().map(|s| s.text.as_str()).collect()
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|s| text::width(&s.text)).sum()
    }

    /// Paint it, leaving out the first `skip` columns; the column after it.
    pub fn paint(
        &self,
        paint: &Paint<'_>,
        buffer: &mut Buffer,
        at: Position,
        columns: usize,
        skip: usize,
    ) -> u16 {
        let end = at.x.saturating_add(columns as u16);
        let (mut x, mut skip) = (at.x, skip);
        for span in &self.0 {
            if x >= end {
                break;
            }
            let wide = text::width(&span.text);
            if skip >= wide {
                skip -= wide;
                continue;
            }
            let rest = if skip > 0 {
                let (head, _) = text::prefix(&span.text, skip);
                &span.text[head.len()..]
            } else {
                &span.text
            };
            skip = 0;
            x = paint.put(buffer, (x, at.y), rest, usize::from(end - x), span.role);
        }
        x
    }

    /// In lines of at most `columns`, broken anywhere: for logs and documents.
    pub fn wrapped(&self, columns: usize) -> Vec<Self> {
        use unicode_segmentation::UnicodeSegmentation;
        if columns == 0 || self.width() <= columns {
            return vec![self.clone()];
        }
        let (mut lines, mut line, mut used) = (Vec::new(), Self::default(), 0);
        for span in &self.0 {
            let mut piece = String::new();
            for cluster in span.text.graphemes(true) {
                let wide = text::grapheme_width(cluster);
                if used + wide > columns && used > 0 {
                    line.push(span.role, std::mem::take(&mut piece));
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                piece.push_str(cluster);
                used += wide;
            }
            line.push(span.role, piece);
        }
        lines.push(line);
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_fits(a in "[a-z数👩 ]{0,30}", b in "[a-z]{0,30}", columns in 2usize..20) {
            let line = Line::of(Role::Text, a).add(Role::TextMuted, b);
            let wrapped = line.wrapped(columns);
            prop_assert!(wrapped.iter().all(|l| l.width() <= columns));
            prop_assert_eq!(wrapped.iter().map(Line::text).collect::<String>(), line.text());
        }

        #[test]
        fn a_skipped_line_is_painted_from_there(text in "[a-z]{1,30}", skip in 0usize..40) {
            let theme = Theme::shipped("mono");
            let paint = Paint::new(&theme, &Glyphs::ASCII, DateTime::UNIX_EPOCH, FixedOffset::east_opt(0).unwrap());
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            let (head, tail) = text.split_at(text.len() / 2);
            Line::of(Role::Text, head).add(Role::Text, tail)
                .paint(&paint, &mut buffer, Position::new(0, 0), 40, skip);
            let shown: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            prop_assert_eq!(shown.trim_end(), text.get(skip..).unwrap_or_default());
        }
    }
}
