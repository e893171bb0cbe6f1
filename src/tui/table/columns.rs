//! Which columns are shown, how wide, and in which order the rows are.

use super::{Grouping, Table};
use crate::tui::column::{Field, Fitted, Look, Wish, fit};
use crate::tui::row::Row;
use crate::tui::text;

/// So many rows are measured for the widths of columns.
const MEASURED: usize = 300;

impl Table {
    /// Order by the next column that is shown.
    pub fn sort_next(&mut self, look: &Look<'_>, width: u16) {
        let shown = self.fitted(look, width);
        let now = shown
            .iter()
            .position(|f| self.fields[f.column] == self.sort);
        let next = now.map_or(0, |at| (at + 1) % shown.len());
        if let Some(f) = shown.get(next) {
            self.sort = self.fields[f.column].clone();
            self.reversed = false;
        }
    }

    /// Turn the order around.
    pub fn reverse(&mut self) {
        self.reversed = !self.reversed;
    }

    /// Measure what the columns need; cheap while the rows stay the same.
    pub fn measure(&mut self, look: &Look<'_>) {
        if !self.need.is_empty() {
            return;
        }
        // Rows from everywhere, and those on the screen. Painting decides when ages change:
        // measuring must not.
        let every = (self.len() / MEASURED).max(1);
        let sample = (0..self.len()).step_by(every).take(MEASURED);
        let seen = self.offset..(self.offset + self.height).min(self.len());
        let rows: Vec<&Row> = sample.chain(seen).filter_map(|n| self.row(n)).collect();
        // Blanks and a sign before a name, as deep as it goes.
        let indent = match self.grouping {
            Grouping::None => 0,
            Grouping::Host | Grouping::Project => 4,
            Grouping::Tree => 8,
        };
        let need = self.fields.iter().enumerate().map(|(n, f)| {
            let c = &f.column;
            let title = text::width(&f.title) as u16;
            if c.min == c.max {
                return c.min;
            }
            if c.wide && !self.wide {
                return title;
            }
            let widest = rows
                .iter()
                .map(|r| text::width(&f.cell(r, look).text) as u16);
            let widest = widest.max().unwrap_or(0);
            let widest = if n == 0 { widest + indent } else { widest };
            widest.max(title)
        });
        self.need = need.collect();
    }

    /// Show more columns, or fewer again.
    pub fn toggle_wide(&mut self) {
        self.wide = !self.wide;
        self.skip = 0;
        self.need.clear();
    }

    /// The columns that fit into `width`.
    pub fn fitted(&self, look: &Look<'_>, width: u16) -> Vec<Fitted> {
        let one_host = look.snapshot.hosts.len() < 2 || self.scope.is_some();
        let wanted = self.chosen_columns.iter().any(|c| c == "host");
        let is_host = |f: &Field| *f.name == *"host";
        let wish = Wish {
            wide: self.wide,
            hidden: self
                .fields
                .iter()
                .position(is_host)
                .filter(|_| one_host && !wanted),
            skip: self.skip,
        };
        if self.need.len() == self.fields.len() {
            fit(&self.fields, &self.need, wish, width)
        } else {
            let need: Vec<u16> = self.fields.iter().map(|f| f.column.min).collect();
            fit(&self.fields, &need, wish, width)
        }
    }

    /// Scroll columns; those that always stay do.
    pub fn scroll_columns(&mut self, by: isize) {
        let can_go = self
            .fields
            .iter()
            .filter(|f| f.column.priority > 0 && (self.wide || !f.column.wide))
            .count();
        self.skip = self
            .skip
            .saturating_add_signed(by)
            .min(can_go.saturating_sub(1));
    }
}
