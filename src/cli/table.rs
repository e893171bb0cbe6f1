//! Tables for people: aligned columns, no lines drawn.

use unicode_width::UnicodeWidthStr;

use crate::domain::text::sanitise;

/// What a cell's colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Bad,
    Dim,
    Strong,
}

impl Tone {
    /// `text` in this tone, for a terminal of 16 colours.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "31",
            Self::Dim => "2",
            Self::Strong => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// One cell; its text is made harmless.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self {
            text: sanitise(text.as_ref()).into_owned(),
            tone,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// A table being filled.
#[derive(Debug, Default)]
pub(crate) struct Table {
    titles: Vec<String>,
    right: Vec<bool>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// With these columns; a title that begins with `>` aligns its column to the right.
    pub(crate) fn new(titles: &[&str]) -> Self {
        Self {
            right: titles.iter().map(|t| t.starts_with('>')).collect(),
            titles: titles
                .iter()
                .map(|t| sanitise(t.trim_start_matches('>')).into_owned())
                .collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The lines, the titles first.
    pub(crate) fn lines(&self, colour: bool) -> Vec<String> {
        let mut widths: Vec<usize> = self.titles.iter().map(|t| t.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let titles: Vec<Cell> = self.titles.iter().map(|t| Cell::from(t.as_str())).collect();
        std::iter::once(&titles)
            .chain(&self.rows)
            .map(|row| self.line(row, &widths, colour))
            .collect()
    }

    fn line(&self, row: &[Cell], widths: &[usize], colour: bool) -> String {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            if n > 0 {
                line.push_str("   ");
            }
            let width = widths.get(n).copied().unwrap_or_default();
            let pad = " ".repeat(width.saturating_sub(cell.text.width()));
            let right = self.right.get(n).copied().unwrap_or_default();
            if right {
                line.push_str(&pad);
            }
            if colour && !cell.text.is_empty() {
                line.push_str(&cell.tone.paint(&cell.text));
            } else {
                line.push_str(&cell.text);
            }
            if !right && n + 1 < row.len() {
                line.push_str(&pad);
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_their_width() {
        let mut table = Table::new(&["NAME", ">SIZE", "STATE"]);
        table.row(vec![
            "漢字".into(),
            "1".into(),
            Cell::new("run\x1b[2Jning", Tone::Good),
        ]);
        table.row(vec!["web".into(), "1000".into(), "".into()]);
        insta::assert_snapshot!(table.lines(false).join("\n"), @r"
        NAME   SIZE   STATE
        漢字      1   running
        web    1000
        ");
        assert_eq!(
            table.lines(true)[1],
            "漢字      1   \u{1b}[32mrunning\u{1b}[0m"
        );
    }
}
