//! The columns of one table: chosen and ordered by the user, labels among them, and fitted into
//! the width there is.

use std::sync::Arc;

use super::{Cell, Column, Key, Look, left};
use crate::tui::row::Row;
use crate::tui::summary::HostSummary;
use crate::tui::text;
use crate::tui::theme::Role;

/// Before the key of a label that is a column.
const LABEL: &str = "label:";

/// Columns between two columns.
const GAP: usize = 2;

/// What every column of a label has.
const LABELS: Column = left(
    "LABEL",
    (6, 32),
    5,
    |_, _| Cell::none(),
    |_, _| Key::Nothing,
);

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Field {
    /// As the configuration calls it: `cpu`, `net-rx`, `label:env`.
    pub name: Arc<str>,
    pub title: Arc<str>,
    pub column: Column,
    /// It shows the value of this label.
    label: Option<Arc<str>>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Field {
    /// One of a pane's own columns.
    pub fn of(column: &Column) -> Self {
        Self {
            name: name_of(column).into(),
            title: column.title.into(),
            column: *column,
            label: None,
        }
    }

    /// The column of that name; `None` if a pane has none.
    pub fn find(columns: &[Column], name: &str) -> Option<Self> {
        if let Some(key) = name.strip_prefix(LABEL) {
            if key.is_empty() {
                return None;
            }
            // What stands before the last dot is whose label it is, and takes room.
            let short = key.rsplit_once('.').map_or(key, |(_, last)| last);
            let short = if short.is_empty() { key } else { short };
            return Some(Self {
                name: name.into(),
                title: short.to_uppercase().into(),
                column: LABELS,
                label: Some(key.into()),
            });
        }
        let found = columns.iter().find(|c| name_of(c) == name)?;
        Some(Self::of(found))
    }

    /// What a row shows in it.
    pub fn cell(&self, row: &Row, look: &Look<'_>) -> Cell {
        match &self.label {
            None => (self.column.cell)(row, look),
            Some(key) => Cell::new(label(row, key), Role::TextAccent),
        }
    }

    /// What a row is ordered by in it.
    pub fn key(&self, row: &Row, host: &HostSummary) -> Key {
        match &self.label {
            None => (self.column.key)(row, host),
            Some(key) => match label(row, key) {
                "" => Key::Last,
                value => Key::text(value),
            },
        }
    }
}

fn label<'a>(row: &'a Row, key: &str) -> &'a str {
    row.labels()
        .and_then(|labels| labels.get(key))
        .map_or("", |v| v)
}

fn name_of(column: &Column) -> String {
    column.title.to_lowercase().replace(' ', "-")
}

/// The names of all columns, in their usual order.
pub fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(name_of).collect()
}

/// The columns of a table: those chosen first, in that order, then what the wide form adds. With
/// none chosen, as the pane has them.
pub fn choose(columns: &[Column], chosen: &[String]) -> Vec<Field> {
    if chosen.is_empty() {
        return columns.iter().map(Field::of).collect();
    }
    let mut fields: Vec<Field> = Vec::with_capacity(columns.len());
    for name in chosen {
        if let Some(field) = Field::find(columns, name)
            && !fields.contains(&field)
        {
            fields.push(field);
        }
    }
    // Rows without a name could not be told apart.
    let first = Field::of(&columns[0]);
    if !fields.contains(&first) {
        fields.insert(0, first);
    }
    for (n, field) in fields.iter_mut().enumerate() {
        field.column.wide = false;
        let name = *field.name == *name_of(&columns[0]);
        field.column.priority = if name { 0 } else { (n + 1).min(200) as u8 };
    }
    for column in columns {
        let mut field = Field::of(column);
        if !fields.contains(&field) {
            field.column.wide = true;
            field.column.priority = field.column.priority.saturating_add(100);
            fields.push(field);
        }
    }
    fields
}

/// A column with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitted {
    /// Its number in the table's columns.
    pub column: usize,
    pub x: u16,
    pub width: u16,
}

/// What decides which columns are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    pub wide: bool,
    /// Leave this one out: every row says the same.
    pub hidden: Option<usize>,
    /// Leave out so many of those that may go, from the left.
    pub skip: usize,
}

/// Choose columns and widths: as many as fit at their least width, by priority; what is left goes
/// to those whose text (`need`, per column) is longer.
pub fn fit(columns: &[Field], need: &[u16], wish: Wish, width: u16) -> Vec<Fitted> {
    let mut order: Vec<usize> = (0..columns.len())
        .filter(|i| wish.hidden != Some(*i) && (wish.wide || !columns[*i].column.wide))
        .collect();
    let mut skip = wish.skip;
    order.retain(|i| {
        let goes = skip > 0 && columns[*i].column.priority > 0;
        skip -= usize::from(goes);
        !goes
    });
    order.sort_by_key(|i| columns[*i].column.priority);
    let mut room = usize::from(width);
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for i in order {
        let gap = if chosen.is_empty() { 0 } else { GAP };
        let text = usize::from(need[i]).max(title_width(&columns[i]));
        let min = usize::from(columns[i].column.min);
        // A column that would be cut makes room for the others; names get a good part anyway.
        let wanted = match (i, columns[i].column.priority) {
            (0, 0) if width < 60 => min.max(usize::from(width) / 3),
            (0, 0) => min.max(usize::from(width) * 2 / 5),
            _ => min + usize::from(columns[i].column.max - columns[i].column.min).min(4),
        };
        let least = wanted.min(text).min(usize::from(columns[i].column.max));
        if columns[i].column.priority == 0 && chosen.len() < 2 {
            let least = least.min(room.saturating_sub(gap));
            if least > 0 || chosen.is_empty() {
                chosen.push((i, least));
                room = room.saturating_sub(least + gap);
            }
        } else if least + gap <= room {
            chosen.push((i, least));
            room -= least + gap;
        }
    }
    share(columns, need, room, &mut chosen);
    chosen.sort_unstable_by_key(|(i, _)| *i);
    let mut x = 0;
    let mut fitted = Vec::with_capacity(chosen.len());
    for (column, given) in chosen {
        fitted.push(Fitted {
            column,
            x,
            width: given as u16,
        });
        x += (given + GAP) as u16;
    }
    fitted
}

/// What a thing is called comes first: it gets what it needs, up to a share. Else room goes to all
/// columns alike until their texts fit: short ones are satisfied first, long ones share what is
/// left.
fn share(columns: &[Field], need: &[u16], mut room: usize, chosen: &mut [(usize, usize)]) {
    if let Some((i, given)) = chosen.iter_mut().min_by_key(|(i, _)| *i)
        && columns[*i].column.priority == 0
    {
        let wanted = usize::from(need[*i].min(columns[*i].column.max));
        let more = wanted.saturating_sub(*given).min(room * 2 / 3);
        *given += more;
        room -= more;
    }
    loop {
        let mut gave = false;
        for (i, given) in chosen.iter_mut() {
            if room > 0 && *given < usize::from(need[*i].min(columns[*i].column.max)) {
                *given += 1;
                room -= 1;
                gave = true;
            }
        }
        if !gave {
            return;
        }
    }
}

/// The title, and room for the sign of the order.
fn title_width(field: &Field) -> usize {
    text::width(&field.title)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tui::column::{
        CONTAINERS, IMAGES, MACHINES, NETWORKS, OPERATIONS, SERVICES, VOLUMES,
    };

    proptest! {
        #[test]
        fn columns_never_overlap_and_fit(
            width in 1u16..200,
            need in proptest::collection::vec(0u16..80, CONTAINERS.len()),
            wide: bool,
            skip in 0usize..6,
        ) {
            let fields = choose(CONTAINERS, &[]);
            let wish = Wish { wide, skip, hidden: None };
            let fitted = fit(&fields, &need, wish, width);
            prop_assert!(!fitted.is_empty());
            for pair in fitted.windows(2) {
                prop_assert!(pair[0].column < pair[1].column);
                prop_assert!(pair[0].x + pair[0].width < pair[1].x);
            }
            let last = fitted.last().unwrap();
            prop_assert!(last.x + last.width <= width.max(3));
        }
    }

    #[test]
    fn the_first_column_of_every_table_always_stays() {
        for columns in [
            CONTAINERS, MACHINES, SERVICES, VOLUMES, NETWORKS, IMAGES, OPERATIONS,
        ] {
            assert_eq!(columns[0].priority, 0);
            let need = vec![30; columns.len()];
            assert_eq!(
                fit(&choose(columns, &[]), &need, Wish::default(), 12)[0].column,
                0
            );
        }
    }

    #[test]
    fn chosen_columns_come_in_their_order_and_the_others_when_wide() {
        let chosen =
            ["cpu", "name", "label:com.example.team", "nonsense", "cpu"].map(str::to_owned);
        let fields = choose(CONTAINERS, &chosen);
        let shown: Vec<&str> = fields
            .iter()
            .filter(|f| !f.column.wide)
            .map(|f| &*f.title)
            .collect();
        assert_eq!(shown, ["CPU", "NAME", "TEAM"]);
        assert_eq!(fields.len(), CONTAINERS.len() + 1);
        let nameless = choose(CONTAINERS, &["cpu".to_owned()]);
        assert_eq!(&*nameless[0].name, "name", "rows have a name always");
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for columns in [
            CONTAINERS, MACHINES, SERVICES, VOLUMES, NETWORKS, IMAGES, OPERATIONS,
        ] {
            let mut all = names(columns);
            for name in &all {
                assert_eq!(*Field::find(columns, name).unwrap().name, **name);
            }
            all.sort();
            all.dedup();
            assert_eq!(all.len(), columns.len());
        }
    }
}
