//! Files in containers, as they are looked through.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What an entry of a directory is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    Directory,
    File,
    /// Where it leads, as it is written.
    Link(String),
    /// Devices, pipes, sockets.
    Other,
}

/// An entry of a directory. Names are as the engine has them: clean them before they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
    /// Bytes.
    pub size: u64,
    /// The permission bits.
    pub mode: u32,
    pub modified: Option<DateTime<Utc>>,
}

/// A directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// Links followed.
    pub path: String,
    /// Directories first, then by name.
    pub entries: Vec<Entry>,
    /// Was everything read? Engines send whole trees, so large ones are broken off.
    pub complete: bool,
    /// Bytes that were read for it.
    pub read: u64,
}

/// The beginning of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileHead {
    /// Links followed.
    pub path: String,
    /// Bytes of the whole file.
    pub size: u64,
    /// The permission bits.
    pub mode: u32,
    pub modified: Option<DateTime<Utc>>,
    /// What was read of it.
    pub bytes: Vec<u8>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Directory(Listing),
    File(FileHead),
}

/// One step in the making of an image, the newest first in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// Empty where the engine does not tell.
    pub id: String,
    pub created: Option<DateTime<Utc>>,
    /// The command that made it.
    pub created_by: String,
    /// Bytes it added.
    pub size: u64,
    pub tags: Vec<String>,
    pub comment: String,
}

/// `rwxr-xr-x`.
pub fn permissions(mode: u32) -> String {
    let mut text = String::with_capacity(9);
    for (n, sign) in "rwxrwxrwx".chars().enumerate() {
        text.push(if mode & (0o400 >> n) == 0 { '-' } else { sign });
    }
    text
}

/// The path of an entry of a directory.
pub fn join(directory: &str, name: &str) -> String {
    format!("{}/{name}", directory.trim_end_matches('/'))
}

/// The directory that holds a path; none for the root.
pub fn parent(path: &str) -> Option<&str> {
    let bare = path.trim_end_matches('/');
    let (parent, _) = bare.rsplit_once('/')?;
    Some(if parent.is_empty() { "/" } else { parent })
}

/// The last part of a path; empty for the root.
pub fn base(path: &str) -> &str {
    let bare = path.trim_end_matches('/');
    bare.rsplit('/').next().unwrap_or_default()
}

/// Where a link at `path` leads.
pub fn resolve(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    join(parent(path).unwrap_or("/"), target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_and_put_together() {
        for (path, up, last) in [
            ("/", None, ""),
            ("/a", Some("/"), "a"),
            ("/a/b/", Some("/a"), "b"),
        ] {
            assert_eq!((parent(path), base(path)), (up, last), "{path}");
        }
        assert_eq!(join("/", "a"), "/a");
        assert_eq!(join("/a/", "b"), "/a/b");
        assert_eq!(resolve("/bin/sh", "busybox"), "/bin/busybox");
        assert_eq!(resolve("/bin/sh", "/usr/bin/dash"), "/usr/bin/dash");
        assert_eq!(permissions(0o755), "rwxr-xr-x");
        assert_eq!(permissions(0o1640), "rw-r-----");
    }
}
