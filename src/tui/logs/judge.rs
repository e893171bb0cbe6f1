//! Which lines are shown, and which match what is searched.

use super::entry::Entry;
use super::level::Level;
use crate::tui::scroll::Pattern;

/// Lines with the pattern, or those without it.
#[derive(Debug, Clone, PartialEq)]
pub struct LineFilter {
    pub pattern: Pattern,
    /// Matching lines are left out.
    pub drops: bool,
}

impl LineFilter {
    /// What was typed: `!` before it leaves matching lines out. Nothing for nothing.
    pub fn parse(text: &str, drops: bool, plain: bool) -> Option<Self> {
        let (text, drops) = match text.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (text, drops),
        };
        let pattern = if plain {
            Pattern::plain(text)
        } else {
            Pattern::new(text)
        };
        Some(Self {
            pattern: pattern?,
            drops,
        })
    }

    /// As it is shown: `&text`, `!text`.
    pub fn label(&self) -> String {
        let sign = if self.drops { '!' } else { '&' };
        format!("{sign}{}", self.pattern.text())
    }

    fn passes(&self, text: &str) -> bool {
        self.pattern.is_in(text) != self.drops
    }
}

/// What decides.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) filters: Vec<LineFilter>,
    /// The one being typed.
    pub(super) draft: Option<LineFilter>,
    pub(super) least: Level,
    pub(super) search: Option<Pattern>,
    /// The only source that is shown.
    pub(super) only: Option<u32>,
}

impl Judge {
    pub(super) fn shows(&self, entry: &Entry) -> bool {
        if !entry.is_line() {
            return true;
        }
        entry.level >= self.least
            && self.only.is_none_or(|only| only == entry.source)
            && self
                .filters
                .iter()
                .chain(&self.draft)
                .all(|f| f.passes(entry.head()))
    }

    pub(super) fn hits(&self, entry: &Entry) -> bool {
        let search = self.search.as_ref();
        entry.is_line() && search.is_some_and(|p| p.is_in(entry.head()))
    }

    /// Write down what comes of it.
    pub(super) fn rate(&self, entry: &mut Entry) {
        entry.shown = self.shows(entry);
        entry.hit = entry.shown && self.hits(entry);
    }
}
