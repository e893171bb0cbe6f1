//! Columns of tables: what they show, how they sort, what goes first when there is little room.

mod groups;
mod objects;
mod operations;

use std::cmp::Ordering;

use super::paint::Paint;
use super::row::Row;
use super::text;
use super::theme::Role;
use crate::domain::snapshot::Snapshot;

pub use groups::{MACHINES, SERVICES};
pub use objects::{CONTAINERS, IMAGES, NETWORKS, VOLUMES, container_state, volume_size};
pub use operations::{OPERATIONS, outcome_look};

/// Which end of a long text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    End,
    /// Images and paths: the end tells them apart.
    Start,
    Middle,
}

/// What a row shows in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub role: Role,
}

impl Cell {
    /// Text in a role.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role,
        }
    }

    /// Nothing.
    pub fn none() -> Self {
        Self::new("", Role::TextDim)
    }
}

/// What a cell may look at beside its row.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub paint: &'a Paint<'a>,
    pub snapshot: &'a Snapshot,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: &'static str,
    /// Least width; below it the column is left out.
    pub min: u16,
    /// Width it never goes beyond; equal to `min`: always that wide.
    pub max: u16,
    /// 0 is always there; of the others the highest go first.
    pub priority: u8,
    pub right: bool,
    /// Only in the wide form.
    pub wide: bool,
    pub cut: Cut,
    /// The natural order is the greatest first.
    pub descending: bool,
    pub cell: fn(&Row, &Look<'_>) -> Cell,
    pub order: fn(&Row, &Row) -> Ordering,
}

/// Text at the left, between two widths.
pub(super) const fn left(
    title: &'static str,
    (min, max): (u16, u16),
    priority: u8,
    cell: fn(&Row, &Look<'_>) -> Cell,
    order: fn(&Row, &Row) -> Ordering,
) -> Column {
    Column {
        title,
        min,
        max,
        priority,
        right: false,
        wide: false,
        cut: Cut::End,
        descending: false,
        cell,
        order,
    }
}

/// A number at the right, the greatest first.
pub(super) const fn number(
    title: &'static str,
    width: u16,
    priority: u8,
    cell: fn(&Row, &Look<'_>) -> Cell,
    order: fn(&Row, &Row) -> Ordering,
) -> Column {
    Column {
        right: true,
        descending: true,
        ..left(title, (width, width), priority, cell, order)
    }
}

pub(super) const fn wide(column: Column) -> Column {
    Column {
        wide: true,
        ..column
    }
}

pub(super) const fn cut(cut: Cut, column: Column) -> Column {
    Column { cut, ..column }
}

/// Columns between two columns.
const GAP: usize = 2;

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
pub fn fit(columns: &[Column], need: &[u16], wish: Wish, width: u16) -> Vec<Fitted> {
    let mut order: Vec<usize> = (0..columns.len())
        .filter(|i| wish.hidden != Some(*i) && (wish.wide || !columns[*i].wide))
        .collect();
    let mut skip = wish.skip;
    order.retain(|i| {
        let goes = skip > 0 && columns[*i].priority > 0;
        skip -= usize::from(goes);
        !goes
    });
    order.sort_by_key(|i| columns[*i].priority);
    let mut room = usize::from(width);
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for i in order {
        let gap = if chosen.is_empty() { 0 } else { GAP };
        let least =
            usize::from(columns[i].min).min(usize::from(need[i]).max(title_width(&columns[i])));
        if columns[i].priority == 0 && chosen.len() < 2 {
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

/// Room goes to all columns alike until their texts fit: short ones are satisfied first, long ones
/// share what is left.
fn share(columns: &[Column], need: &[u16], mut room: usize, chosen: &mut [(usize, usize)]) {
    loop {
        let mut gave = false;
        for (i, given) in chosen.iter_mut() {
            if room > 0 && *given < usize::from(need[*i].min(columns[*i].max)) {
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
fn title_width(column: &Column) -> usize {
    text::width(column.title)
}

/// Text without regard to case, then with.
pub(super) fn by_text(a: &str, b: &str) -> Ordering {
    let fold = |s: &str| s.chars().flat_map(char::to_lowercase).collect::<String>();
    if a.is_ascii() && b.is_ascii() {
        let lower = a
            .bytes()
            .map(|c| c.to_ascii_lowercase())
            .cmp(b.bytes().map(|c| c.to_ascii_lowercase()));
        return lower.then_with(|| a.cmp(b));
    }
    fold(a).cmp(&fold(b)).then_with(|| a.cmp(b))
}

pub(super) fn by_name(a: &Row, b: &Row) -> Ordering {
    by_text(&a.name(), &b.name())
}

pub(super) fn by_host(a: &Row, b: &Row) -> Ordering {
    let id = |r: &Row| {
        r.host_id()
            .map(|h| h.as_str().to_owned())
            .unwrap_or_default()
    };
    match (a.host_id(), b.host_id()) {
        (Some(x), Some(y)) => by_text(x.as_str(), y.as_str()),
        _ => id(a).cmp(&id(b)),
    }
}

pub(super) fn by_created(a: &Row, b: &Row) -> Ordering {
    a.created().cmp(&b.created())
}

pub(super) fn name_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.name(), Role::Text)
}

pub(super) fn host_cell(row: &Row, _: &Look<'_>) -> Cell {
    Cell::new(row.host_id().map_or("", |h| h.as_str()), Role::TextMuted)
}

pub(super) fn age_cell(row: &Row, look: &Look<'_>) -> Cell {
    match row.created() {
        Some(at) => Cell::new(look.paint.age(at), Role::TextMuted),
        None => Cell::none(),
    }
}

pub(super) fn id_cell(row: &Row, _: &Look<'_>) -> Cell {
    let id = row.id();
    let short = crate::domain::id::ObjectId::new(&*id).short().to_owned();
    Cell::new(short, Role::TextMuted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn columns_never_overlap_and_fit(
            width in 1u16..200,
            need in proptest::collection::vec(0u16..80, CONTAINERS.len()),
            wide: bool,
            skip in 0usize..6,
        ) {
            let wish = Wish { wide, skip, hidden: None };
            let fitted = fit(CONTAINERS, &need, wish, width);
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
            assert_eq!(fit(columns, &need, Wish::default(), 12)[0].column, 0);
        }
    }
}
