//! Choosing the columns of a table.

use std::collections::BTreeMap;

use crate::tui::column::{self, Field};
use crate::tui::input::{Chord, Key};
use crate::tui::model::Model;
use crate::tui::overlay::{ColumnItem, Columns, Overlay};
use crate::tui::status::Severity;

/// Labels that are offered, and rows that are asked for theirs.
const LABELS: usize = 24;
const ASKED: usize = 500;

/// Open the list of columns of the focused table.
pub(super) fn open(model: &mut Model) {
    let table = model.focused();
    let mut items: Vec<ColumnItem> = table
        .fields
        .iter()
        .map(|field| ColumnItem {
            field: field.clone(),
            on: !field.column.wide,
        })
        .collect();
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    for row in table.iter().take(ASKED) {
        for key in row.labels().into_iter().flat_map(|l| l.keys()) {
            *labels.entry(key).or_default() += 1;
        }
    }
    let mut labels: Vec<(&str, usize)> = labels.into_iter().collect();
    labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (key, _) in labels.into_iter().take(LABELS) {
        let found = Field::find(table.pane.columns(), &format!("label:{key}"));
        if let Some(field) = found
            && !items.iter().any(|i| i.field == field)
        {
            items.push(ColumnItem { field, on: false });
        }
    }
    let columns = Columns {
        pane: table.pane,
        before: table.chosen_columns.clone(),
        items,
        cursor: 0,
    };
    model.pending.clear();
    model.overlays.push(Overlay::Columns(columns));
}

/// A key of the list.
pub(super) fn command(model: &mut Model, name: &str) {
    let Some(Overlay::Columns(columns)) = model.overlays.last_mut() else {
        return;
    };
    let last = columns.items.len().saturating_sub(1);
    match name {
        "down" => columns.cursor = (columns.cursor + 1).min(last),
        "up" => columns.cursor = columns.cursor.saturating_sub(1),
        "first" => columns.cursor = 0,
        "last" => columns.cursor = last,
        "toggle" => {
            columns.items[columns.cursor].on ^= true;
            show(model);
        }
        "next-choice" => shift(model, 1),
        "previous-choice" => shift(model, -1),
        "activate" => {
            model.overlays.pop();
        }
        "cancel" | "back" => {
            let (pane, before) = (columns.pane, std::mem::take(&mut columns.before));
            model.overlays.pop();
            model.table_mut(pane).set_columns(&before);
        }
        _ => {}
    }
}

/// A key that no command has.
pub(super) fn key(model: &mut Model, chord: Chord) {
    match chord.key() {
        Key::Char('J') => shift(model, 1),
        Key::Char('K') => shift(model, -1),
        Key::Char('g') => command(model, "first"),
        Key::Char('G') => command(model, "last"),
        Key::Char('d') => {
            let Some(Overlay::Columns(columns)) = model.overlays.last() else {
                return;
            };
            let (pane, before) = (columns.pane, columns.before.clone());
            let usual = model.setup.columns_of(pane).to_vec();
            model.overlays.pop();
            model.table_mut(pane).set_columns(&usual);
            open(model);
            if let Some(Overlay::Columns(columns)) = model.overlays.last_mut() {
                columns.before = before;
            }
        }
        _ => {}
    }
}

/// Move the column under the cursor.
fn shift(model: &mut Model, by: isize) {
    let Some(Overlay::Columns(columns)) = model.overlays.last_mut() else {
        return;
    };
    let from = columns.cursor;
    let to = from.saturating_add_signed(by);
    if to < columns.items.len() && to != from {
        columns.items.swap(from, to);
        columns.cursor = to;
        show(model);
    }
}

/// The table shows at once what is chosen.
fn show(model: &mut Model) {
    let Some(Overlay::Columns(columns)) = model.overlays.last() else {
        return;
    };
    let on = columns.items.iter().filter(|i| i.on);
    let names: Vec<String> = on.map(|i| i.field.name.to_string()).collect();
    let pane = columns.pane;
    model.table_mut(pane).set_columns(&names);
}

/// Choose by name: `columns name state label:env`.
pub(super) fn choose(
    model: &mut Model,
    names: &[String],
) -> Result<(), crate::domain::error::Error> {
    let pane = model.nav.pane;
    for name in names {
        if let Some(e) = unknown(pane.columns(), name) {
            return Err(e);
        }
    }
    model.table_mut(pane).set_columns(names);
    let text = format!("{} columns", names.len());
    model.status.say(Severity::Info, text, model.now);
    Ok(())
}

/// What is wrong with the name of a column.
fn unknown(columns: &[column::Column], name: &str) -> Option<crate::domain::error::Error> {
    if Field::find(columns, name).is_some() {
        return None;
    }
    Some(crate::tui::options::unknown_column(columns, name))
}
