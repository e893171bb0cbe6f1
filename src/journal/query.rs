//! From entries to records.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;

use super::Fault;
use super::entry::{self, Begin, End, Step, number, op_id};
use crate::domain::error::Result;
use crate::domain::id::{ObjectRef, OpId};
use crate::domain::port::{HistoryQuery, Record};
use crate::domain::text::glob;

/// What of an operation never changes, read without the rest.
#[derive(Deserialize)]
struct Head {
    operation: HeadOperation,
}

#[derive(Deserialize)]
struct HeadOperation {
    submitted: DateTime<Utc>,
    verb: Arc<str>,
    actor: HeadActor,
}

#[derive(Deserialize)]
struct HeadActor {
    user: Arc<str>,
}

/// What `query` asks for, the last begun first.
pub(super) fn history(
    conn: &Connection,
    query: &HistoryQuery,
    path: &Path,
) -> Result<Vec<Record>, Fault> {
    let limit = query
        .limit
        .map_or(usize::MAX, |l| usize::try_from(l).unwrap_or(usize::MAX));
    let mut sql = "SELECT seq, op, content FROM entries WHERE kind = 'begin'".to_owned();
    if query.id.is_some() {
        sql.push_str(" AND op = ?1");
    }
    sql.push_str(" ORDER BY seq DESC");
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(query.id.map(number)))?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let content = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        let head: Head = entry::parse(content, row.get(0)?, path)?;
        if !head_fits(&head.operation, query) {
            continue;
        }
        if let Some(record) = replay(conn, op_id(row.get(1)?), path)?
            && fits(&record, query)
        {
            found.push(record);
        }
    }
    Ok(found)
}

/// An operation as its entries make it; `None` if it was never begun.
pub(super) fn replay(conn: &Connection, id: OpId, path: &Path) -> Result<Option<Record>, Fault> {
    let mut statement =
        conn.prepare_cached("SELECT seq, kind, content FROM entries WHERE op = ?1 ORDER BY seq")?;
    let mut rows = statement.query([number(id)])?;
    let mut record: Option<Record> = None;
    while let Some(row) = rows.next()? {
        let seq = row.get(0)?;
        let kind: String = row.get(1)?;
        let content = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        match (&*kind, &mut record) {
            ("begin", slot) => {
                let begin: Begin = entry::parse(content, seq, path)?;
                *slot = Some(Record {
                    operation: begin.operation,
                    plan: Some(begin.plan),
                });
            }
            ("step", Some(record)) => {
                let step: Step = entry::parse(content, seq, path)?;
                entry::apply(&mut record.operation, step);
            }
            ("finish" | "interrupt", Some(record)) => {
                let end: End = entry::parse(content, seq, path)?;
                record.operation = end.operation;
            }
            _ => {}
        }
    }
    Ok(record)
}

fn head_fits(head: &HeadOperation, query: &HistoryQuery) -> bool {
    query.since.is_none_or(|t| head.submitted >= t)
        && query.until.is_none_or(|t| head.submitted <= t)
        && query.verb.as_ref().is_none_or(|v| **v == *head.verb)
        && query.user.as_ref().is_none_or(|u| **u == *head.actor.user)
}

fn fits(record: &Record, query: &HistoryQuery) -> bool {
    if query.outcome.is_some_and(|o| o != record.operation.outcome) {
        return false;
    }
    if query.host.is_none() && query.object.is_none() {
        return true;
    }
    // What needed nothing was asked about too.
    let plan = record.plan.iter();
    let unchanged = plan.flat_map(|p| p.unchanged.iter().map(|u| &u.target));
    let steps = record.operation.steps.iter().map(|s| &s.target);
    steps.chain(unchanged).any(|target| {
        query
            .host
            .as_ref()
            .is_none_or(|h| glob(h, target.host.as_str()))
            && query.object.as_ref().is_none_or(|o| is_meant(o, target))
    })
}

/// A name, glob, id or the beginning of one, with or without its host before it.
fn is_meant(object: &str, target: &ObjectRef) -> bool {
    let id = target.id.as_str();
    let bare = id.strip_prefix("sha256:").unwrap_or(id);
    let wanted = object.strip_prefix("sha256:").unwrap_or(object);
    let is_hex = wanted.len() >= 2 && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    glob(object, &target.name)
        || glob(object, &target.to_string())
        || id == object
        || is_hex && bare.starts_with(wanted)
}
