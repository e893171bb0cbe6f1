//! One line opened: all its fields, to be read and copied.

use chrono::FixedOffset;

use super::entry::{Entry, What};
use super::fields::fields;
use super::{LogView, SHOWN};
use crate::domain::logs::LogStream;
use crate::tui::format;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    value: String,
    /// It comes from the line itself, not from the engine.
    own: bool,
}

/// One line opened.
#[derive(Debug, Clone)]
pub struct LogLineView {
    fields: Vec<Field>,
    /// The line as it was written, without sequences.
    pub text: String,
    level: Role,
    cursor: usize,
}

impl LogLineView {
    /// The line that a view stands on, its time in `zone`.
    pub fn of(view: &LogView, zone: FixedOffset) -> Option<Self> {
        let entry = view.current()?;
        let mut all = meta(view, entry, zone);
        let own = if entry.is_line() && !entry.is_cut() {
            fields(&entry.text)
        } else {
            Vec::new()
        };
        let first = all.len();
        all.extend(own.into_iter().map(|(name, value)| Field {
            name,
            value,
            own: true,
        }));
        let whole = if entry.is_cut() {
            let head = entry.head();
            let size = format::bytes(entry.text.len() as u64);
            format!("{head}\n[{size}; y copies and s saves all of it]")
        } else {
            entry.text.to_string()
        };
        all.push(Field {
            name: "text".to_owned(),
            value: whole,
            own: true,
        });
        Some(Self {
            fields: all,
            text: entry.text.to_string(),
            level: entry.level.role(),
            cursor: first,
        })
    }

    /// Go to the next field, or the one before.
    pub fn step(&mut self, by: isize) {
        let last = self.fields.len() - 1;
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// What one stands on: its name and value.
    pub fn chosen(&self) -> (&str, &str) {
        let field = &self.fields[self.cursor];
        if field.name == "text" && self.cursor + 1 == self.fields.len() {
            // All of it, also where only its beginning is shown.
            return ("line", &self.text);
        }
        (&field.name, &field.value)
    }

    /// The lines to be drawn in so many columns, and which of them are the field one stands on.
    pub fn lines(&self, paint: &Paint<'_>, columns: usize) -> (Vec<Line>, std::ops::Range<usize>) {
        let names = self.fields.iter().map(|f| text::width(&f.name));
        let wide = names.max().unwrap_or(0).min(columns / 3).max(4);
        let room = columns.saturating_sub(wide + 2).max(8);
        let (mut lines, mut here) = (Vec::new(), 0..0);
        for (n, field) in self.fields.iter().enumerate() {
            if n > 0 && field.own && !self.fields[n - 1].own {
                lines.push(Line::default());
            }
            let first = lines.len();
            let role = match (field.own, field.name.as_str()) {
                (false, "level") => self.level,
                (false, _) => Role::TextMuted,
                (true, _) => Role::Text,
            };
            let mut rows = Vec::new();
            for part in field.value.split('\n') {
                let mut part = Line::of(role, part).wrapped(room);
                rows.append(&mut part);
            }
            for (row, part) in rows.into_iter().enumerate() {
                let name = if row == 0 { field.name.as_str() } else { "" };
                let name = text::truncate_middle(name, wide, paint.glyphs.ellipsis);
                let mut line = Line::of(Role::TextAccent, text::pad(&name, wide + 2, ""));
                line.0.extend(part.0);
                lines.push(line);
            }
            if n == self.cursor {
                here = first..lines.len();
            }
        }
        (lines, here)
    }
}

fn meta(view: &LogView, entry: &Entry, zone: FixedOffset) -> Vec<Field> {
    let mut all = Vec::new();
    let mut add = |name: &str, value: String| {
        all.push(Field {
            name: name.to_owned(),
            value,
            own: false,
        });
    };
    let time = match entry.what {
        What::Gap(at) => Some(at),
        _ => entry.time,
    };
    if let Some(time) = time {
        let local = time.with_timezone(&zone);
        add("at", local.format("%Y-%m-%d %H:%M:%S%.6f %:z").to_string());
    }
    if !matches!(entry.what, What::Dropped(_)) {
        add("from", view.full_name(entry.source));
    }
    if let What::Line(stream) = entry.what {
        let stream = match stream {
            LogStream::Stdout => "stdout",
            LogStream::Stderr => "stderr",
        };
        add("stream", stream.to_owned());
        add("level", entry.level.word().to_owned());
    }
    if entry.text.len() > SHOWN / 4 {
        add("size", format::bytes(entry.text.len() as u64));
    }
    all
}
