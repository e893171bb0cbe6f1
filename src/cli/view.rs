//! Objects as items (the stable JSON fields) and as rows for people.

mod containers;
mod others;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::human::rfc3339;
use super::out::{Listing, Problem};
use super::table::{Cell, Table, Tone};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::observed::Labels;
use crate::domain::snapshot::{HostShard, Snapshot};

/// The columns of a kind: those of the table, then those only `wide` has.
struct Columns {
    table: &'static [&'static str],
    wide: &'static [&'static str],
}

fn columns(kind: Kind) -> Columns {
    match kind {
        Kind::Container => containers::COLUMNS,
        Kind::Machine => others::MACHINES,
        Kind::Service => others::SERVICES,
        Kind::Project => others::PROJECTS,
        Kind::Volume => others::VOLUMES,
        Kind::Network => others::NETWORKS,
        Kind::Image => others::IMAGES,
        Kind::Node => others::NODES,
    }
}

/// An object as an item and as the cells of its wide row.
struct Shown {
    item: Value,
    cells: Vec<Cell>,
}

fn show(host: &HostShard, object: &ObjectRef, now: DateTime<Utc>) -> Option<Shown> {
    match object.kind {
        Kind::Container => containers::container(host, object, now),
        Kind::Machine => Some(others::machine(host, now)),
        Kind::Service => others::service(host, object),
        Kind::Project => others::project(host, object),
        Kind::Volume => others::volume(host, object, now),
        Kind::Network => others::network(host, object, now),
        Kind::Image => others::image(host, object, now),
        Kind::Node => others::node(host, object),
    }
}

/// The listing of some objects of one kind.
pub(crate) fn listing<'a>(
    kind: Kind,
    snapshot: &Snapshot,
    objects: impl IntoIterator<Item = &'a ObjectRef>,
    errors: Vec<Problem>,
    now: DateTime<Utc>,
) -> Listing {
    let Columns { table, wide } = columns(kind);
    let mut found = Listing {
        kind: kind.title(),
        items: Vec::new(),
        errors,
        table: Table::new(table),
        wide: Table::new(&[table, wide].concat()),
        more: Vec::new(),
    };
    for object in objects {
        let Some(host) = snapshot.host(&object.host) else {
            continue;
        };
        let Some(shown) = show(host, object, now) else {
            continue;
        };
        found.items.push(shown.item);
        found.table.row(shown.cells[..table.len()].to_vec());
        found.wide.row(shown.cells);
    }
    found
}

/// The item of one object, when it is there.
pub(crate) fn item(snapshot: &Snapshot, object: &ObjectRef, now: DateTime<Utc>) -> Option<Value> {
    let host = snapshot.host(&object.host)?;
    Some(show(host, object, now)?.item)
}

fn time(t: Option<DateTime<Utc>>) -> Value {
    t.map_or(Value::Null, |t| Value::from(rfc3339(t)))
}

fn labels(labels: &Labels) -> Value {
    json!(labels)
}

fn names<'a>(all: impl Iterator<Item = &'a Arc<str>>) -> Vec<&'a str> {
    all.map(|n| &**n).collect()
}

fn age(t: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Cell {
    match t {
        Some(t) => super::human::age(t, now).into(),
        None => dash(),
    }
}

fn dash() -> Cell {
    Cell::new("-", Tone::Dim)
}

fn list(words: &[&str]) -> Cell {
    if words.is_empty() {
        dash()
    } else {
        words.join(", ").into()
    }
}

#[cfg(test)]
pub(crate) mod tests;
