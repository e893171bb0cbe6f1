//! The file: made with the right permissions, brought to the right schema, explained when it
//! cannot be used.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::Fault;
use super::PATIENCE;
use super::chain::GENESIS;
use crate::domain::error::{Error, Result};

/// "PHJL": this SQLite file is a journal.
const APPLICATION: i64 = 0x5048_4a4c;

/// Each brings the schema from its index to the next; the version is their number.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        op INTEGER NOT NULL,
        kind TEXT NOT NULL,
        content TEXT NOT NULL CHECK (content <> ''),
        prev TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entries_by_operation ON entries (op, seq);
    CREATE INDEX begun ON entries (seq) WHERE kind = 'begin';
    CREATE TABLE head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TABLE running (
        op INTEGER PRIMARY KEY,
        pid INTEGER NOT NULL,
        started INTEGER NOT NULL
    ) STRICT;
"];

fn current() -> i64 {
    MIGRATIONS.len() as i64
}

/// A connection that may write; makes what is missing.
pub(super) fn writer(path: &Path) -> Result<Connection, Fault> {
    if !path.exists() {
        create(path)?;
    }
    let mut conn = connect(path)?;
    let version = version(&conn)?;
    check(path, &conn, version)?;
    if version < current() {
        migrate(path, &mut conn)?;
    }
    Ok(conn)
}

/// A connection to read with; `None` if nothing was ever written.
pub(super) fn reader(path: &Path) -> Result<Option<Connection>, Fault> {
    match path.metadata() {
        Ok(meta) if meta.len() == 0 => return Ok(None),
        Ok(_) => {}
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(e) => return Err(unusable(path, "open the journal", e).into()),
    }
    let mut conn = connect(path)?;
    let found = match version(&conn) {
        Err(e) if is_barred(&e) && !has_log(path) => {
            conn = still(path)?;
            version(&conn)
        }
        found => found,
    };
    let version = found?;
    check(path, &conn, version)?;
    if version < current() {
        // Another process may be making it right now; the first to come finishes it.
        migrate(path, &mut conn)?;
    }
    Ok(Some(conn))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    Ok(conn)
}

/// Reading wants to write beside the file, and may not.
fn is_barred(e: &rusqlite::Error) -> bool {
    matches!(
        e.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

/// Is there anything beside the file that belongs to it?
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|m| m.len() > 0)
}

/// A connection to a file in a place where nothing can be written, taken as it is.
fn still(path: &Path) -> rusqlite::Result<Connection> {
    let mut name = path.display().to_string().replace('%', "%25");
    name = name.replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)
}

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Is the file ours, and not from the future?
fn check(path: &Path, conn: &Connection, version: i64) -> Result<(), Fault> {
    if version > current() {
        return Err(Error::internal(format!(
            "the journal {} was written by a newer version of this program (schema {version}, \
             this one knows {})",
            path.display(),
            current()
        ))
        .with_hint("use the newer version, or another file: [journal] path in the configuration")
        .into());
    }
    let application: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application == APPLICATION {
        return Ok(());
    }
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && version == 0 {
        return Ok(());
    }
    Err(Error::internal(format!(
        "{} is an SQLite database, but not a journal",
        path.display()
    ))
    .with_hint("name another file: [journal] path in the configuration")
    .into())
}

/// Bring the schema up to date. Others may be doing the same.
fn migrate(path: &Path, conn: &mut Connection) -> Result<(), Fault> {
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        // Some network file systems cannot; slower, but as safe.
        tracing::debug!(path = %path.display(), mode, "the journal has no write-ahead log");
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&tx)?;
    check(path, &tx, version)?;
    let first = usize::try_from(version).unwrap_or(0);
    for step in &MIGRATIONS[first..] {
        tx.execute_batch(step)?;
    }
    if first == 0 {
        tx.execute(
            "INSERT INTO head (id, seq, hash) VALUES (1, 0, ?1)",
            [GENESIS],
        )?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", current())?;
    tx.commit()?;
    Ok(())
}

/// Make an empty file that only its owner may read; SQLite gives its companions the same mode.
fn create(path: &Path) -> Result<()> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let doing = "create the journal";
    let dir = path.parent().filter(|d| !d.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| unusable(path, doing, e))?;
    // Closing a file drops this process's locks on it, SQLite's too. So the file that gets the
    // name has been closed before it has it.
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let blank = dir.join(format!(".journal-{}-{count}", std::process::id()));
    let make = |at: &Path| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(at)
    };
    let made = match make(&blank) {
        Ok(file) => {
            drop(file);
            let linked = std::fs::hard_link(&blank, path);
            let _ = std::fs::remove_file(&blank);
            linked
        }
        Err(e) => Err(e),
    };
    match made {
        Ok(()) => {
            // Once: a power cut must not take the name away from what is durable.
            let _ = std::fs::File::open(dir).and_then(|d| d.sync_all());
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.exists() => Ok(()),
        // No hard links here, or a leftover of a process of the same number.
        Err(_) => match make(path) {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(unusable(path, doing, e)),
        },
    }
}

/// Another process holds a lock.
pub(super) fn is_busy(e: &rusqlite::Error) -> bool {
    matches!(
        e.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Wait a little for another process.
#[expect(
    clippy::disallowed_methods,
    reason = "the journal is used on blocking threads, and a file lock of another process can \
              only be asked for again"
)]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn unusable(path: &Path, doing: &str, e: io::Error) -> Error {
    let hint = match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FULL,
        _ => NOT_WRITABLE,
    };
    Error::internal(format!("{doing} {}", path.display()))
        .with_source(e)
        .with_hint(hint)
}

pub(super) const FULL: &str =
    "the disk is full: make room, or name another file: [journal] path in the configuration";
pub(super) const NOT_WRITABLE: &str = "check that you may write there, or name another file: [journal] path \
                            in the configuration";

/// What SQLite's refusal means and what to do about it.
pub(super) fn explain(path: &Path, doing: &str, e: rusqlite::Error) -> Error {
    let hint = match e.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => FULL,
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::SystemIoFailure,
        ) => NOT_WRITABLE,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process holds the file locked; end it, or try again"
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "the file is damaged: move it away, a new one is begun"
        }
        _ => "look at the file: pilothouse doctor",
    };
    // Its own source only repeats it with a number.
    Error::internal(format!("{doing} in the journal {}: {e}", path.display())).with_hint(hint)
}
