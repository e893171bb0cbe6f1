//! Looking through the files of a container by the engine's archives.
//!
//! There is no call that lists a directory: an archive of it holds everything below, and the engine
//! keeps the container locked while it is sent. So it is read for a moment only, and what was seen
//! until then is what is shown.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use futures_util::StreamExt;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, timeout_at};

use super::tar_file::{self, Arriving, below};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::files::{Entry, EntryKind, FileHead, Found, Listing, base, join, resolve};
use crate::domain::port::{ByteStream, Engine, PathStat};

/// Pieces of an archive under way.
const AHEAD: usize = 16;
/// A directory is read for so long.
const PATIENCE: Duration = Duration::from_secs(3);
/// And so many bytes of it.
const MOST: u64 = 64 << 20;
/// The root holds everything: it is broken off nearly always.
const PATIENCE_ROOT: Duration = Duration::from_millis(1200);
/// Entries that are kept.
const ENTRIES: usize = 20_000;
/// Bytes of a file that are read.
const HEAD: u64 = 256 << 10;
/// A file's beginning may take so long.
const PATIENCE_FILE: Duration = Duration::from_secs(20);
/// Links that are followed one after the other.
const LINKS: usize = 8;
/// Go's bits for the kinds of files.
const LINK: u32 = 1 << 27;
const ODD: u32 = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;

/// What the root of nearly every image has.
const USUAL: [&str; 18] = [
    "/app", "/bin", "/boot", "/data", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt",
    "/root", "/run", "/sbin", "/srv", "/tmp", "/usr", "/var",
];

/// What a copy was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub to: PathBuf,
    /// Bytes of the archive.
    pub bytes: u64,
    pub left_out: Vec<String>,
}

/// What is at a path.
pub(super) async fn browse(
    engine: &dyn Engine,
    id: &str,
    path: &str,
    also: &[String],
) -> Result<Found> {
    let (path, stat) = follow(engine, id, path).await?;
    if stat.is_dir() {
        list(engine, id, path, also).await.map(Found::Directory)
    } else {
        head(engine, id, path, &stat).await.map(Found::File)
    }
}

/// The path behind links, and what is there.
async fn follow(engine: &dyn Engine, id: &str, path: &str) -> Result<(String, PathStat)> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let stat = engine.stat(id, &path).await?;
        let is_link = stat.mode & LINK != 0 || !stat.link_target.is_empty() && !stat.is_dir();
        if !is_link || stat.link_target.is_empty() {
            return Ok((path, stat));
        }
        let next = resolve(&path, &stat.link_target);
        if next == path {
            return Ok((path, stat));
        }
        path = next;
    }
    Err(Error::invalid(format!(
        "{path}: links lead in a circle, or very far"
    )))
}

async fn list(engine: &dyn Engine, id: &str, path: String, also: &[String]) -> Result<Listing> {
    let archive = engine.download(id, &path).await?;
    let patience = if path == "/" { PATIENCE_ROOT } else { PATIENCE };
    let root = base(&path).to_owned();
    let (fed, entries) = read(archive, patience, move |receive| entries(receive, &root)).await?;
    let (mut entries, whole) = entries;
    let complete = fed.complete && whole;
    if !complete {
        let mut known = known(&path, also);
        known.retain(|name| entries.iter().all(|e| e.name != *name));
        let stats = futures_util::stream::iter(known)
            .map(|name| {
                let path = join(&path, &name);
                async move { (name, engine.stat(id, &path).await) }
            })
            .buffered(8)
            .collect::<Vec<_>>()
            .await;
        let there = stats.into_iter().filter_map(|(n, s)| Some((n, s.ok()?)));
        entries.extend(there.map(|(name, stat)| entry(name, &stat)));
    }
    entries.sort_by(|a, b| {
        let files = |e: &Entry| e.kind != EntryKind::Directory;
        (files(a), &a.name).cmp(&(files(b), &b.name))
    });
    Ok(Listing {
        path,
        entries,
        complete,
        read: fed.bytes,
    })
}

/// The names right below `path` that paths known to be there begin with.
fn known(path: &str, also: &[String]) -> Vec<String> {
    let usual = USUAL
        .iter()
        .filter(|_| path == "/")
        .map(|p| (*p).to_owned());
    let mut names: Vec<String> = also
        .iter()
        .cloned()
        .chain(usual)
        .filter_map(|p| {
            let rest = p.strip_prefix(path.trim_end_matches('/'))?;
            let name = rest.strip_prefix('/')?.split('/').next()?;
            (!name.is_empty()).then(|| name.to_owned())
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn entry(name: String, stat: &PathStat) -> Entry {
    let kind = if stat.is_dir() {
        EntryKind::Directory
    } else if stat.mode & LINK != 0 {
        EntryKind::Link(stat.link_target.clone())
    } else if stat.mode & ODD != 0 {
        EntryKind::Other
    } else {
        EntryKind::File
    };
    Entry {
        name,
        kind,
        size: stat.size,
        mode: stat.mode & 0o7777,
        modified: stat.modified,
    }
}

/// How far an archive was read.
struct Fed {
    bytes: u64,
    complete: bool,
}

/// Feed an archive to a reader on a thread of its own, for a while.
async fn read<T: Send + 'static>(
    mut archive: ByteStream,
    patience: Duration,
    work: impl FnOnce(Receiver<Result<Bytes>>) -> T + Send + 'static,
) -> Result<(Fed, T)> {
    let (send, receive) = mpsc::channel(AHEAD);
    let working = tokio::task::spawn_blocking(move || work(receive));
    let until = Instant::now() + patience;
    let mut fed = Fed {
        bytes: 0,
        complete: false,
    };
    let mut failed = None;
    loop {
        match timeout_at(until, archive.next()).await {
            Err(_) => break,
            Ok(None) => {
                fed.complete = true;
                break;
            }
            Ok(Some(Err(e))) => {
                failed = Some(e);
                break;
            }
            Ok(Some(Ok(piece))) => {
                fed.bytes += piece.len() as u64;
                // A reader that has enough reads no more.
                if send.send(Ok(piece)).await.is_err() || fed.bytes > MOST {
                    break;
                }
            }
        }
    }
    // The engine shall not go on sending while the rest is looked at.
    drop(archive);
    drop(send);
    let done = working
        .await
        .map_err(|e| Error::internal("read an archive").with_source(e))?;
    match failed {
        Some(e) if fed.bytes == 0 => Err(e),
        _ => Ok((fed, done)),
    }
}

/// The entries right below the root of an archive, and whether that is all.
fn entries(receive: Receiver<Result<Bytes>>, root: &str) -> (Vec<Entry>, bool) {
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(Arriving::new(receive));
    let Ok(all) = archive.entries() else {
        return (found, false);
    };
    for entry in all {
        // An archive that was broken off ends in the middle of an entry.
        let Ok(entry) = entry else {
            return (found, false);
        };
        if found.len() >= ENTRIES {
            return (found, false);
        }
        let Ok(name) = entry.path().map(std::borrow::Cow::into_owned) else {
            continue;
        };
        let Some(below) = below(&name, root) else {
            continue;
        };
        let mut parts = below.components();
        let (Some(first), None) = (parts.next(), parts.next()) else {
            continue;
        };
        let name = first.as_os_str().to_string_lossy().into_owned();
        found.push(tar_entry(name, &entry));
    }
    (found, true)
}

fn tar_entry<R: Read>(name: String, entry: &tar::Entry<'_, R>) -> Entry {
    let header = entry.header();
    let kind = match header.entry_type() {
        tar::EntryType::Directory => EntryKind::Directory,
        tar::EntryType::Symlink => {
            let target = entry.link_name().ok().flatten();
            let target = target.map(|t| t.to_string_lossy().into_owned());
            EntryKind::Link(target.unwrap_or_default())
        }
        tar::EntryType::Block | tar::EntryType::Char | tar::EntryType::Fifo => EntryKind::Other,
        _ => EntryKind::File,
    };
    let modified = header.mtime().ok().and_then(|t| i64::try_from(t).ok());
    Entry {
        name,
        kind,
        size: entry.size(),
        mode: header.mode().unwrap_or(0) & 0o7777,
        modified: modified.and_then(|t| DateTime::from_timestamp(t, 0)),
    }
}

async fn head(engine: &dyn Engine, id: &str, path: String, stat: &PathStat) -> Result<FileHead> {
    let mut head = FileHead {
        size: stat.size,
        mode: stat.mode & 0o7777,
        modified: stat.modified,
        path,
        bytes: Vec::new(),
    };
    if stat.mode & ODD != 0 {
        let message = format!("{} is a device, pipe or socket", head.path);
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let archive = engine.download(id, &head.path).await?;
    let (_, bytes) = read(archive, PATIENCE_FILE, first_file).await?;
    head.bytes = bytes;
    Ok(head)
}

/// The beginning of the first file of an archive.
fn first_file(receive: Receiver<Result<Bytes>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = tar::Archive::new(Arriving::new(receive));
    if let Ok(mut all) = archive.entries()
        && let Some(Ok(file)) = all.next()
    {
        // What came before it broke off is shown.
        let _ = file.take(HEAD).read_to_end(&mut bytes);
    }
    bytes
}

/// Copy a path out of a container.
pub(super) async fn fetch(
    engine: &dyn Engine,
    id: &str,
    path: &str,
    target: &Path,
) -> Result<Copied> {
    let (path, _) = follow(engine, id, path).await?;
    let root = base(&path).to_owned();
    let (to, made) = landing(target, &root)?;
    let mut archive = engine.download(id, &path).await?;
    let (send, receive) = mpsc::channel(AHEAD);
    let (unpacked_to, name) = (to.clone(), root.clone());
    let unpack =
        tokio::task::spawn_blocking(move || tar_file::unpack(receive, &name, &unpacked_to));
    let mut bytes = 0;
    while let Some(piece) = archive.next().await {
        bytes += piece.as_ref().map_or(0, |p| p.len() as u64);
        if send.send(piece).await.is_err() {
            break;
        }
    }
    drop(send);
    let left_out = unpack
        .await
        .map_err(|e| Error::internal("unpack the archive").with_source(e))?;
    if left_out.is_err() && made {
        // An empty directory made for it is of no use.
        let _ = std::fs::remove_dir(&to);
    }
    Ok(Copied {
        to: std::path::absolute(&to).unwrap_or(to),
        bytes,
        left_out: left_out?,
    })
}

/// Where it goes, and whether a directory was made for it. Nothing that is there is overwritten.
fn landing(target: &Path, name: &str) -> Result<(PathBuf, bool)> {
    let to = if target.is_dir() && !name.is_empty() {
        target.join(name)
    } else {
        target.to_owned()
    };
    if std::fs::symlink_metadata(&to).is_ok() {
        let message = format!("{} is there already", to.display());
        return Err(Error::new(ErrorKind::Conflict, message).with_hint("choose another name"));
    }
    let made = name.is_empty();
    if made {
        std::fs::create_dir(&to).map_err(|e| {
            Error::internal(format!("make the directory {}", to.display())).with_source(e)
        })?;
    }
    Ok((to, made))
}

#[cfg(test)]
mod tests;
