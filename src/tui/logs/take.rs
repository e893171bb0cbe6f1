//! What is copied and saved of a log.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::LogView;
use super::entry::{Entry, What};
use crate::domain::text::sanitise;

impl LogView {
    /// The line one stands on.
    pub fn current(&self) -> Option<&Entry> {
        let shown = self.ring.shown();
        self.ring.get(*shown.get(self.cursor_at()?)?)
    }

    /// What copying takes: the marked lines, the range, or the line one stands on.
    pub fn chosen(&self) -> Vec<&Entry> {
        if self.ring.marked > 0 || self.ranging {
            let range = self.range();
            return self
                .numbered()
                .filter(|(n, e)| e.is_line() && (e.marked || range.contains(n)))
                .map(|(_, e)| e)
                .collect();
        }
        self.current().into_iter().collect()
    }

    /// The lines on the screen.
    pub fn on_screen(&self) -> Vec<&Entry> {
        let shown = self.ring.shown();
        let (top, count) = self.window();
        shown
            .iter()
            .skip(top)
            .take(count)
            .filter_map(|n| self.ring.get(*n))
            .filter(|e| e.is_line())
            .collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (u64, &Entry)> {
        let shown = self.ring.shown().iter();
        shown.filter_map(|n| Some((*n, self.ring.get(*n)?)))
    }

    /// Lines as they are saved: those that are shown, or all.
    pub fn dump(&self, all: bool) -> String {
        let mut out = String::new();
        if all {
            for entry in self.ring.entries() {
                self.write(entry, &mut out);
            }
        } else if self.ring.marked > 0 || self.ranging {
            for entry in self.chosen() {
                self.write(entry, &mut out);
            }
        } else {
            for (_, entry) in self.numbered() {
                self.write(entry, &mut out);
            }
        }
        out
    }

    fn write(&self, entry: &Entry, out: &mut String) {
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        match entry.what {
            What::Line(_) => {
                if let Some(time) = entry.time {
                    let _ = write!(out, "{} ", stamp(time));
                }
                if self.merges() {
                    let _ = write!(out, "{} ", self.full_name(entry.source));
                }
                out.push_str(&entry.text);
            }
            What::Gap(at) => {
                let _ = write!(out, "--- {} {}", stamp(at), entry.text);
            }
            What::Dropped(count) => {
                let _ = write!(out, "--- {count} older lines were not kept");
            }
        }
        out.push('\n');
    }

    /// Host and name of a source.
    pub fn full_name(&self, source: u32) -> String {
        self.sources
            .get(source as usize)
            .map_or_else(String::new, |s| {
                sanitise(&s.object.to_string()).into_owned()
            })
    }
}
