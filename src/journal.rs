//! The durable record of operations: an SQLite file whose entries are only ever appended, each
//! carrying the hash of the one before.
//!
//! * An operation is an entry `begin` (with its plan and the process that runs it), entries `step`,
//!   and one `finish` or `interrupt`. What [`history`](crate::domain::port::Journal::history) tells
//!   is replayed from them: there is no second copy that could say something else.
//! * The chain shows that an entry was changed, removed or reordered. It is not signed: who may
//!   write the file can write a whole new chain. Keep [`ChainReport::head`] elsewhere to notice.
//! * Several processes write at once: every write is one IMMEDIATE transaction, and a lock is waited
//!   for.
//! * Nothing is opened before it is needed, and nothing is created by reading.

mod chain;
mod entry;
mod open;
mod process;
mod query;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::domain::error::{Error, Result};
use crate::domain::id::OpId;
use crate::domain::operation::{Operation, Outcome};
use crate::domain::plan::Plan;
use crate::domain::port::{ChainReport, HistoryQuery, Journal, Record};

pub use process::{Processes, SystemProcesses};

use entry::{Body, Kind};

/// How long another process may hold the lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts where SQLite does not wait by itself.
const PAUSE: Duration = Duration::from_millis(5);

/// A journal in an SQLite file. Calls block for a moment.
pub struct SqliteJournal {
    path: PathBuf,
    processes: Arc<dyn Processes>,
    // Held for one transaction; readers have connections of their own.
    writer: Mutex<Option<Connection>>,
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteJournal({})", self.path.display())
    }
}

/// Must a write have reached the disk before the call returns?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// It survives a power cut.
    Yes,
    /// It survives the end of the process, and a power cut as soon as a durable one follows.
    Soon,
}

/// Why a write did not happen.
enum Fault {
    Sql(rusqlite::Error),
    Said(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        Self::Said(e)
    }
}

impl SqliteJournal {
    /// The journal in the file `path`. Nothing is read or created before the first call.
    pub fn open(path: impl Into<PathBuf>, processes: Arc<dyn Processes>) -> Self {
        Self {
            path: path.into(),
            processes,
            writer: Mutex::new(None),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Do `work` in one transaction; again when another process was in the way.
    fn write<T>(
        &self,
        doing: &str,
        durable: Durable,
        work: impl Fn(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match self.attempt(&mut slot, durable, &work) {
                Ok(done) => return Ok(done),
                Err(Fault::Said(e)) => return Err(e),
                Err(Fault::Sql(e)) if open::is_busy(&e) && Instant::now() < deadline => {
                    open::pause(PAUSE);
                }
                Err(Fault::Sql(e)) => {
                    // Whatever is wrong with it, the next call looks anew.
                    *slot = None;
                    return Err(open::explain(&self.path, doing, e));
                }
            }
        }
    }

    fn attempt<T>(
        &self,
        slot: &mut Option<Connection>,
        durable: Durable,
        work: &impl Fn(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let conn = match slot {
            Some(conn) => conn,
            None => slot.insert(open::writer(&self.path)?),
        };
        conn.execute_batch(match durable {
            Durable::Yes => "PRAGMA synchronous = FULL",
            Durable::Soon => "PRAGMA synchronous = NORMAL",
        })?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }

    /// Read with a connection of one's own; `None` where there is no journal yet.
    fn read<T>(
        &self,
        doing: &str,
        work: impl Fn(&Connection) -> Result<T, Fault>,
    ) -> Result<Option<T>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let attempt = || -> Result<Option<T>, Fault> {
                let Some(mut conn) = open::reader(&self.path)? else {
                    return Ok(None);
                };
                // One transaction: what is read belongs together.
                let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
                work(&tx).map(Some)
            };
            match attempt() {
                Ok(found) => return Ok(found),
                Err(Fault::Said(e)) => return Err(e),
                Err(Fault::Sql(e)) if open::is_busy(&e) && Instant::now() < deadline => {
                    open::pause(PAUSE);
                }
                Err(Fault::Sql(e)) => return Err(open::explain(&self.path, doing, e)),
            }
        }
    }

    fn must_be_known(&self, tx: &Transaction<'_>, operation: OpId) -> Result<(), Fault> {
        let known = tx
            .prepare_cached("SELECT 1 FROM entries WHERE op = ?1 LIMIT 1")?
            .query_row([entry::number(operation)], |_| Ok(()))
            .optional()?;
        known.ok_or_else(|| {
            Fault::Said(Error::internal(format!(
                "the operation {operation} is not in the journal {}",
                self.path.display()
            )))
        })
    }

    /// What unfinished operations are left of processes that are gone.
    fn orphans(&self, conn: &Connection) -> Result<Vec<OpId>, Fault> {
        let mut statement =
            conn.prepare_cached("SELECT op, pid, started FROM running ORDER BY op")?;
        let mut rows = statement.query([])?;
        let mut gone = Vec::new();
        while let Some(row) = rows.next()? {
            let (pid, started): (u32, i64) = (row.get(1)?, row.get(2)?);
            if !self.processes.is_alive(pid, started as u64) {
                gone.push(entry::op_id(row.get(0)?));
            }
        }
        Ok(gone)
    }
}

impl Journal for SqliteJournal {
    fn begin(&self, operation: &Operation, plan: &Plan) -> Result<()> {
        let (pid, started) = self.processes.me();
        let body = Body::begin(operation, plan, (pid, started));
        let id = operation.id;
        self.write("write down what is begun", Durable::Yes, |tx| {
            let taken = tx
                .prepare_cached("SELECT 1 FROM entries WHERE op = ?1 LIMIT 1")?
                .exists([entry::number(id)])?;
            if taken {
                let said = format!("the operation {id} is in the journal already");
                return Err(Error::internal(said).into());
            }
            chain::append(tx, id, &body)?;
            tx.prepare_cached("INSERT INTO running (op, pid, started) VALUES (?1, ?2, ?3)")?
                .execute((entry::number(id), pid, started as i64))?;
            Ok(())
        })
    }

    fn step(&self, operation: &Operation, step: usize) -> Result<()> {
        let body = Body::step(operation, step)?;
        self.write("write down a step", Durable::Soon, |tx| {
            self.must_be_known(tx, operation.id)?;
            chain::append(tx, operation.id, &body)
        })
    }

    fn finish(&self, operation: &Operation) -> Result<()> {
        let body = Body::end(Kind::Finish, operation);
        self.write("write down what is finished", Durable::Soon, |tx| {
            self.must_be_known(tx, operation.id)?;
            end(tx, operation.id, &body)
        })
    }

    fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>> {
        let found = self.read("read the history", |conn| {
            query::history(conn, query, &self.path)
        })?;
        Ok(found.unwrap_or_default())
    }

    fn verify(&self) -> Result<ChainReport> {
        let found = self.read("check the chain", chain::verify)?;
        Ok(found.unwrap_or_else(|| ChainReport {
            entries: 0,
            broken: None,
            head: chain::GENESIS.to_owned(),
        }))
    }

    fn recover(&self, now: DateTime<Utc>) -> Result<Vec<Operation>> {
        // Looking costs no lock; there is seldom anything to do.
        let doing = "look for what was interrupted";
        let gone = self.read(doing, |conn| self.orphans(conn))?;
        if gone.unwrap_or_default().is_empty() {
            return Ok(Vec::new());
        }
        self.write(doing, Durable::Yes, |tx| {
            let mut interrupted = Vec::new();
            // Asked again under the lock: another process may be doing the same.
            for id in self.orphans(tx)? {
                let Some(record) = query::replay(tx, id, &self.path)? else {
                    continue;
                };
                let operation = interrupt(record.operation, now);
                end(tx, id, &Body::end(Kind::Interrupt, &operation))?;
                interrupted.push(operation);
            }
            Ok(interrupted)
        })
    }
}

fn end(tx: &Transaction<'_>, id: OpId, body: &Body) -> Result<(), Fault> {
    chain::append(tx, id, body)?;
    tx.prepare_cached("DELETE FROM running WHERE op = ?1")?
        .execute([entry::number(id)])?;
    Ok(())
}

/// What became of an operation whose process is gone: nobody knows how far its running steps came.
fn interrupt(mut operation: Operation, now: DateTime<Utc>) -> Operation {
    for step in &mut operation.steps {
        match step.outcome {
            Outcome::Running => {
                step.outcome = Outcome::Interrupted;
                step.finished = Some(now);
            }
            Outcome::Pending => step.outcome = Outcome::Skipped,
            Outcome::Succeeded
            | Outcome::Unchanged
            | Outcome::Failed
            | Outcome::Partial
            | Outcome::Skipped
            | Outcome::Cancelled
            | Outcome::Interrupted => {}
        }
    }
    operation.outcome = Outcome::Interrupted;
    operation.finished = Some(now);
    operation
}

#[cfg(test)]
mod tests;
