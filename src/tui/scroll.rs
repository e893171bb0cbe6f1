//! A text that scrolls: where it stands and what is searched in it.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::paint::Line;

/// What is searched: a regular expression, or plain text where it is none. Small letters find
/// capitals too.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    plain: bool,
    regex: Option<Regex>,
    problem: Option<String>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.plain == other.plain
    }
}

impl Pattern {
    /// What was typed; nothing for nothing.
    pub fn new(text: &str) -> Option<Self> {
        Self::build(text, false)
    }

    /// What was typed, with no character meaning anything but itself; nothing for nothing.
    pub fn plain(text: &str) -> Option<Self> {
        Self::build(text, true)
    }

    fn build(text: &str, plain: bool) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let build = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(!says_capitals(text, plain))
                .size_limit(1 << 20)
                .build()
        };
        let escaped = || build(&regex::escape(text)).ok();
        let (regex, problem) = if plain {
            (escaped(), None)
        } else {
            match build(text) {
                Ok(regex) => (Some(regex), None),
                Err(e) => (escaped(), Some(reason(&e))),
            }
        };
        Some(Self {
            text: text.to_owned(),
            plain,
            regex,
            problem,
        })
    }

    /// Why it is no regular expression, and taken as it is written.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Is it in `text`?
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|r| r.is_match(text))
    }

    /// Where it is in `text`, in bytes.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let all = self.regex.iter().flat_map(|r| r.find_iter(text));
        all.map(|m| m.range()).filter(|r| !r.is_empty()).collect()
    }
}

/// Is there a capital letter that means itself? `\S` does not.
fn says_capitals(text: &str, plain: bool) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let means_itself = plain || !escaped;
        escaped = c == '\\' && !escaped;
        means_itself && c.is_uppercase()
    })
}

/// What the parser complains about, in its own last words.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// Where a text stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scroll {
    /// The first line shown.
    pub top: usize,
    /// Columns scrolled out at the left.
    pub skip: usize,
    /// Long lines go on below instead of being cut.
    pub wrap: bool,
    pub search: Option<Pattern>,
    /// The line of the match one stands on.
    pub at: Option<usize>,
    /// The line that is followed, opened, copied.
    pub cursor: usize,
}

impl Scroll {
    /// Move the cursor by so many lines in a text of `lines`, of which `height` fit.
    pub fn go(&mut self, by: isize, lines: usize, height: usize) {
        let last = lines.saturating_sub(1);
        self.cursor = self.cursor.min(last).saturating_add_signed(by).min(last);
        self.at = None;
        self.show(lines, height);
    }

    /// Bring the cursor on the screen.
    pub fn show(&mut self, lines: usize, height: usize) {
        let height = height.max(1);
        let least = (self.cursor + 1).saturating_sub(height);
        let most = lines.saturating_sub(height);
        self.top = self.top.clamp(least, self.cursor.max(least)).min(most);
    }

    /// Move by so many lines in a text of `lines`, of which `height` fit.
    pub fn step(&mut self, by: isize, lines: usize, height: usize) {
        let most = lines.saturating_sub(height.max(1));
        self.top = self.top.min(most).saturating_add_signed(by).min(most);
    }

    /// Search from where one stands; `forward` includes this line the first time.
    pub fn find(&mut self, lines: &[Line], forward: bool, height: usize) -> bool {
        let Some(pattern) = &self.search else {
            return false;
        };
        let hits: Vec<usize> = (0..lines.len())
            .filter(|i| pattern.is_in(&lines[*i].text()))
            .collect();
        let next = match (self.at, forward) {
            (None, true) => hits.iter().find(|i| **i >= self.cursor).or(hits.first()),
            (Some(at), true) => hits.iter().find(|i| **i > at).or(hits.first()),
            (at, false) => {
                let at = at.unwrap_or(self.cursor);
                hits.iter().rev().find(|i| **i < at).or(hits.last())
            }
        };
        self.at = next.copied();
        self.cursor = self.at.unwrap_or(self.cursor);
        if let Some(at) = self.at
            && !(self.top..self.top + height.max(1)).contains(&at)
        {
            let most = lines.len().saturating_sub(height.max(1));
            self.top = at.saturating_sub(height / 3).min(most);
        }
        self.at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Role;

    #[test]
    fn a_search_goes_round_and_brings_its_line_on_the_screen() {
        let lines: Vec<Line> = (0..50)
            .map(|i| {
                Line::of(
                    Role::Text,
                    format!("line {i} {}", if i % 20 == 5 { "hit" } else { "" }),
                )
            })
            .collect();
        let mut scroll = Scroll {
            search: Pattern::new("HIT").or(Pattern::new("hit")),
            ..Scroll::default()
        };
        assert!(!scroll.find(&lines, true, 10), "capitals are meant");
        scroll.search = Pattern::new("hit");
        let mut seen = Vec::new();
        for _ in 0..4 {
            assert!(scroll.find(&lines, true, 10));
            let at = scroll.at.unwrap();
            assert!((scroll.top..scroll.top + 10).contains(&at));
            seen.push(at);
        }
        assert_eq!(seen, [5, 25, 45, 5]);
        scroll.find(&lines, false, 10);
        assert_eq!(scroll.at, Some(45));
    }

    #[test]
    fn the_cursor_takes_the_text_with_it() {
        let mut scroll = Scroll::default();
        for (by, cursor, top) in [
            (1, 1, 0),
            (8, 9, 0),
            (1, 10, 1),
            (isize::MAX / 2, 49, 40),
            (-5, 44, 40),
            (-6, 38, 38),
            (isize::MIN / 2, 0, 0),
        ] {
            scroll.go(by, 50, 10);
            assert_eq!((scroll.cursor, scroll.top), (cursor, top), "by {by}");
        }
        // The text became short.
        scroll.go(40, 50, 10);
        scroll.go(0, 3, 10);
        assert_eq!((scroll.cursor, scroll.top), (2, 0));
        scroll.go(1, 0, 10);
        assert_eq!((scroll.cursor, scroll.top), (0, 0));
    }

    #[test]
    fn capitals_are_meant_unless_they_are_part_of_an_escape() {
        assert!(Pattern::new(r"\S+ error").unwrap().is_in("an ERROR"));
        assert!(!Pattern::new(r"\S+ Error").unwrap().is_in("an ERROR"));
    }

    #[test]
    fn what_is_no_expression_is_plain_text() {
        let p = Pattern::new("a[b").unwrap();
        assert!(p.is_in("xa[bx") && !p.is_in("ab"));
        assert_eq!(p.problem(), Some("unclosed character class"));
        let p = Pattern::plain("a.c").unwrap();
        assert!(p.is_in("xA.Cx") && !p.is_in("abc") && p.problem().is_none());
        assert_eq!(Pattern::new("o+").unwrap().places("foo o"), [1..3, 4..5]);
        assert!(Pattern::new("").is_none());
    }
}
