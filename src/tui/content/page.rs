//! The lines of a tab, and what can be done with each: followed, folded, copied.

use crate::domain::id::ObjectRef;
use crate::tui::files::Spot;
use crate::tui::paint::Line;
use crate::tui::theme::Role;

/// What Enter does on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// See that object.
    Object(ObjectRef),
    /// Open or close a part of a document, by its path.
    Fold(String),
    /// Show the value of a variable, or hide it again.
    Reveal(String),
    /// Look at a file or directory.
    Path(Spot),
    /// One directory up.
    Up,
}

/// A line and what it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    pub line: Line,
    pub target: Option<Target>,
    /// What copying takes; the text of the line where there is nothing better.
    pub value: Option<String>,
    /// Where the value stands in its document.
    pub path: Option<String>,
    /// Titles of columns: nothing to stand on at first.
    pub title: bool,
}

impl From<Line> for Item {
    fn from(line: Line) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }
}

impl Item {
    /// The same, with something that Enter does.
    pub fn to(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    /// The same, leading to an object where there is one.
    pub fn maybe_to(self, object: Option<ObjectRef>) -> Self {
        Self {
            target: object.map(Target::Object),
            ..self
        }
    }

    /// The same, with what copying takes.
    pub fn value(self, value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..self
        }
    }

    /// One more piece.
    pub fn add(mut self, role: Role, text: impl Into<String>) -> Self {
        self.line.push(role, text);
        self
    }

    /// What copying takes.
    pub fn copied(&self) -> String {
        let text = || self.line.text().trim().to_owned();
        self.value.clone().unwrap_or_else(text)
    }
}

/// A tab.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub items: Vec<Item>,
    /// A picture: nothing in it can be chosen.
    pub still: bool,
}

impl Page {
    /// The row to stand on of those there are, given where the cursor was left: not on the titles
    /// at the top.
    pub fn stand(&self, cursor: usize, rows: usize) -> usize {
        let least = usize::from(self.items.first().is_some_and(|i| i.title));
        cursor.max(least).min(rows.saturating_sub(1))
    }

    /// The lines as they stand on the screen, each with the number of its item.
    pub fn rows(&self, wrap: Option<usize>) -> Vec<(Line, usize)> {
        let numbered = self.items.iter().enumerate();
        match wrap {
            Some(columns) => numbered
                .flat_map(|(n, i)| i.line.wrapped(columns).into_iter().map(move |l| (l, n)))
                .collect(),
            None => numbered.map(|(n, i)| (i.line.clone(), n)).collect(),
        }
    }
}

impl From<Vec<Line>> for Page {
    fn from(lines: Vec<Line>) -> Self {
        lines.into_iter().map(Item::from).collect::<Vec<_>>().into()
    }
}

impl From<Vec<Item>> for Page {
    fn from(items: Vec<Item>) -> Self {
        Self {
            items,
            still: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_rows_know_their_item() {
        let page = Page::from(vec![
            Line::of(Role::Text, "abcdef"),
            Line::default(),
            Line::of(Role::Text, "xy"),
        ]);
        let numbers: Vec<usize> = page.rows(Some(4)).iter().map(|(_, n)| *n).collect();
        assert_eq!(numbers, [0, 0, 1, 2]);
        assert_eq!(page.rows(None).len(), 3);
    }

    #[test]
    fn nobody_stands_on_titles_or_beyond_the_end() {
        let mut page = Page::from(vec![Line::default(), Line::default()]);
        assert_eq!((page.stand(0, 2), page.stand(9, 2)), (0, 1));
        page.items[0].title = true;
        assert_eq!((page.stand(0, 2), page.stand(0, 1)), (1, 0));
        assert_eq!(Page::default().stand(3, 0), 0);
    }

    #[test]
    fn a_line_without_a_value_is_copied_as_it_stands() {
        let item = Item::from(Line::of(Role::Text, "  a b "));
        assert_eq!(item.copied(), "a b");
        assert_eq!(item.value("v").copied(), "v");
    }
}
