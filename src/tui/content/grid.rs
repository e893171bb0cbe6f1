//! Small tables inside a text: columns as wide as what is in them.

use super::page::Item;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// A column is cut beyond this, but for the last.
const WIDEST: usize = 44;

/// One cell.
pub(super) type Cell = (Role, String);

/// Rows under titles.
#[derive(Debug)]
pub(super) struct Grid {
    titles: Vec<&'static str>,
    rows: Vec<(Vec<Cell>, Item)>,
}

impl Grid {
    pub(super) fn new(titles: &[&'static str]) -> Self {
        Self {
            titles: titles.to_vec(),
            rows: Vec::new(),
        }
    }

    /// A row; `item` has what it leads to and what is copied, its line is made of the cells.
    pub(super) fn row(&mut self, cells: Vec<Cell>, item: Item) {
        self.rows.push((cells, item));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines. Columns without anything in them are left out.
    pub(super) fn items(self, paint: &Paint<'_>) -> Vec<Item> {
        let widths: Vec<usize> = (0..self.titles.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(at));
                let widest = cells.map(|(_, t)| text::width(t)).max().unwrap_or(0);
                if widest == 0 {
                    0
                } else {
                    widest.max(text::width(self.titles[at])).min(WIDEST)
                }
            })
            .collect();
        let shown: Vec<usize> = (0..widths.len()).filter(|at| widths[*at] > 0).collect();
        let line = |cells: &[Cell]| {
            let mut line = Line::default();
            for (n, at) in shown.iter().enumerate() {
                let Some((role, cell)) = cells.get(*at) else {
                    continue;
                };
                if n + 1 == shown.len() {
                    line.push(*role, cell.as_str());
                } else {
                    let padded = text::pad(cell, widths[*at], paint.glyphs.ellipsis);
                    line.push(*role, padded);
                    line.push(Role::Text, "  ");
                }
            }
            line
        };
        let titles: Vec<Cell> = self
            .titles
            .iter()
            .map(|t| (Role::Column, (*t).to_owned()))
            .collect();
        let mut out = vec![Item {
            title: true,
            ..Item::from(line(&titles))
        }];
        for (cells, item) in self.rows {
            let value = item.value.or_else(|| cells.first().map(|(_, t)| t.clone()));
            out.push(Item {
                line: line(&cells),
                value,
                ..item
            });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::*;
    use crate::tui::theme::{Glyphs, Theme};

    #[test]
    fn columns_fit_what_is_in_them_and_empty_ones_go() {
        let theme = Theme::shipped("mono");
        let zone = FixedOffset::east_opt(0).unwrap();
        let paint = Paint::new(&theme, &Glyphs::ASCII, DateTime::UNIX_EPOCH, zone);
        let mut grid = Grid::new(&["A", "NONE", "LONG"]);
        for (a, c) in [("x".repeat(60), "1"), ("数据".to_owned(), "2")] {
            let cells = vec![
                (Role::Text, a),
                (Role::Text, String::new()),
                (Role::Text, c.to_owned()),
            ];
            grid.row(cells, Item::default());
        }
        let items = grid.items(&paint);
        let lines: Vec<String> = items.iter().map(|i| i.line.text()).collect();
        assert_eq!(lines[0].trim_end().len(), WIDEST + 2 + "LONG".len());
        assert_eq!(lines[1], format!("{}~  1", "x".repeat(WIDEST - 1)));
        assert!(lines[2].starts_with("数据 "));
        assert_eq!(items[1].copied(), "x".repeat(60));
    }
}
