//! The chain: each entry carries the hash of the one before and of its own content.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rusqlite::{Connection, Row, Transaction};
use sha2::{Digest as _, Sha256};

use super::Fault;
use super::entry::{Body, number, op_id};
use crate::domain::id::OpId;
use crate::domain::port::ChainReport;

/// What the first entry follows.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Write `body` behind the last entry.
pub(super) fn append(tx: &Transaction<'_>, op: OpId, body: &Body) -> Result<(), Fault> {
    let (last, prev): (i64, String) = tx
        .prepare_cached("SELECT seq, hash FROM head WHERE id = 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let seq = last + 1;
    let op = number(op);
    let kind = body.kind.word();
    let hash = digest(&prev, seq, op, kind, body.content.as_bytes());
    tx.prepare_cached(
        "INSERT INTO entries (seq, op, kind, content, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((seq, op, kind, &body.content, &prev, &hash))?;
    tx.prepare_cached("UPDATE head SET seq = ?1, hash = ?2 WHERE id = 1")?
        .execute((seq, &hash))?;
    Ok(())
}

/// The parts stand on lines of their own, the content last: nothing can be moved between them.
fn digest(prev: &str, seq: i64, op: i64, kind: &str, content: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{prev}\n{seq}\n{op}\n{kind}\n"));
    hasher.update(content);
    hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// What a walk along the chain knows.
struct Walk {
    entries: u64,
    last: i64,
    hash: String,
    unfinished: BTreeSet<i64>,
}

impl Walk {
    /// The next entry; why it does not fit.
    fn visit(&mut self, row: &Row<'_>) -> rusqlite::Result<Option<String>> {
        let (seq, op): (i64, i64) = (row.get(0)?, row.get(1)?);
        let text = |column| -> rusqlite::Result<String> {
            Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes()?).into_owned())
        };
        let (kind, prev, hash) = (text(2)?, text(4)?, text(5)?);
        self.entries += 1;
        let what = format!("entry {seq} ({kind} of {})", op_id(op));
        let gap = self.last + 1;
        if seq != gap {
            return Ok(Some(match seq - gap {
                1 => format!("entry {gap} is missing"),
                2.. => format!("entries {gap} to {} are missing", seq - 1),
                ..=0 => format!("{what} stands before the first"),
            }));
        }
        if digest(&prev, seq, op, &kind, row.get_ref(3)?.as_bytes()?) != hash {
            return Ok(Some(format!(
                "{what} was changed: it does not fit its hash"
            )));
        }
        if prev != self.hash {
            return Ok(Some(format!(
                "{what} does not follow entry {}: one of them was replaced",
                self.last
            )));
        }
        match &*kind {
            "begin" => drop(self.unfinished.insert(op)),
            "finish" | "interrupt" => drop(self.unfinished.remove(&op)),
            _ => {}
        }
        self.last = seq;
        self.hash = hash;
        Ok(None)
    }
}

/// Walk along all entries until one does not fit.
pub(super) fn verify(conn: &Connection) -> Result<ChainReport, Fault> {
    let mut walk = Walk {
        entries: 0,
        last: 0,
        hash: GENESIS.to_owned(),
        unfinished: BTreeSet::new(),
    };
    let mut broken = None;
    let mut statement =
        conn.prepare("SELECT seq, op, kind, content, prev, hash FROM entries ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while broken.is_none()
        && let Some(row) = rows.next()?
    {
        broken = walk.visit(row)?;
    }
    if broken.is_none() {
        broken = end(conn, &walk)?;
    }
    Ok(ChainReport {
        entries: walk.entries,
        broken,
        head: walk.hash,
    })
}

/// Does what stands beside the chain agree with it?
fn end(conn: &Connection, walk: &Walk) -> Result<Option<String>, Fault> {
    let heads = conn
        .prepare("SELECT seq, hash FROM head ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
    let [(seq, hash)] = heads.as_slice() else {
        return Ok(Some("the note of the last entry is missing".into()));
    };
    if *seq > walk.last {
        let first = walk.last + 1;
        return Ok(Some(if first == *seq {
            format!("entry {seq}, the last one, is missing")
        } else {
            format!("entries {first} to {seq}, the last ones, are missing")
        }));
    }
    if *seq < walk.last || *hash != walk.hash {
        return Ok(Some(format!(
            "entry {} is not the last one that was written",
            walk.last
        )));
    }
    let running = conn
        .prepare("SELECT op FROM running")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<i64>>>()?;
    let odd = running.symmetric_difference(&walk.unfinished).next();
    Ok(odd.map(|op| {
        format!(
            "the operation {} is noted as running, or not, against its entries",
            op_id(*op)
        )
    }))
}
