//! One line being typed.

use unicode_segmentation::UnicodeSegmentation;

use super::input::{Chord, Key};
use super::text;

/// The text and where the cursor is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineEdit {
    text: String,
    /// A byte position between two clusters.
    cursor: usize,
}

impl LineEdit {
    /// A line with text, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let cursor = text.len();
        Self { text, cursor }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn head(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// The text after the cursor.
    pub fn tail(&self) -> &str {
        &self.text[self.cursor..]
    }

    /// The column of the cursor.
    pub fn column(&self) -> usize {
        text::width(self.head())
    }

    /// Another text, the cursor at its end.
    pub fn set(&mut self, text: impl Into<String>) {
        *self = Self::new(text);
    }

    /// Put text in at the cursor; line ends become blanks.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .filter(|c| !c.is_control())
            .collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Take a key that no binding took; false when it means nothing here.
    pub fn key(&mut self, chord: Chord) -> bool {
        if let Some(c) = chord.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        match (chord.key(), chord.ctrl(), chord.alt()) {
            (Key::Backspace, false, false) => self.remove(self.before(), self.cursor),
            (Key::Backspace, _, true) | (Key::Char('w'), true, false) => {
                self.remove(self.word_before(), self.cursor);
            }
            (Key::Delete, ..) | (Key::Char('d'), true, false) => {
                self.remove(self.cursor, self.after());
            }
            (Key::Left, false, false) | (Key::Char('b'), true, false) => {
                self.cursor = self.before();
            }
            (Key::Right, false, false) | (Key::Char('f'), true, false) => {
                self.cursor = self.after();
            }
            (Key::Left, ..) | (Key::Char('b'), false, true) => self.cursor = self.word_before(),
            (Key::Right, ..) | (Key::Char('f'), false, true) => self.cursor = self.word_after(),
            (Key::Home, ..) | (Key::Char('a'), true, false) => self.cursor = 0,
            (Key::End, ..) | (Key::Char('e'), true, false) => self.cursor = self.text.len(),
            (Key::Char('u'), true, false) => self.remove(0, self.cursor),
            (Key::Char('k'), true, false) => self.remove(self.cursor, self.text.len()),
            _ => return false,
        }
        true
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn before(&self) -> usize {
        let last = self.head().grapheme_indices(true).next_back();
        last.map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        let next = self.tail().graphemes(true).next();
        self.cursor + next.map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let head = self.head().trim_end();
        let mut back = head.char_indices().rev();
        back.find(|(_, c)| c.is_whitespace() || *c == '/')
            .map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn word_after(&self) -> usize {
        let skipped = self.tail().len() - self.tail().trim_start().len();
        let rest = &self.tail()[skipped..];
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.cursor + skipped + word
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::input::parse_sequence;

    fn typed(line: &mut LineEdit, keys: &str) {
        for chord in parse_sequence(keys).unwrap() {
            assert!(line.key(chord), "{chord}");
        }
    }

    #[test]
    fn it_edits_as_shells_do() {
        let mut line = LineEdit::new("stop prod-1/web");
        typed(&mut line, "<C-w>api<Left><Left>x");
        assert_eq!(line.text(), "stop prod-1/axpi");
        typed(&mut line, "<C-a>re<C-k>");
        assert_eq!((line.text(), line.column()), ("re", 2));
        typed(&mut line, "<C-u>数<BS>");
        assert_eq!(line.text(), "");
        line.insert("a\nb");
        assert_eq!(line.text(), "a b");
    }

    proptest! {
        #[test]
        fn no_key_breaks_it(start in "\\PC{0,12}", keys in proptest::collection::vec(0usize..14, 0..30)) {
            let all = parse_sequence("<BS><Del><Left><Right><Home><End><C-w><C-u><C-k><A-b><A-f>é数x").unwrap();
            let mut line = LineEdit::new(start);
            for key in keys {
                line.key(all[key]);
                prop_assert!(line.text().is_char_boundary(line.cursor));
            }
        }
    }
}
