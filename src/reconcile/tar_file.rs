//! Tar archives made from and unpacked to the file system here. Both block.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use tar::{Archive, Builder, EntryType, Header};
use tokio::sync::mpsc::{Receiver, Sender};

use crate::domain::error::{Error, Result};

/// What to pack, and under which name: empty for the directory's content alone.
#[derive(Debug)]
pub struct Pack {
    pub root: PathBuf,
    pub name: String,
    /// Follow a link at the root.
    pub follow: bool,
}

/// Pack it, piece by piece. A failure is the last piece.
pub fn pack(pack: &Pack, send: &Sender<Result<Bytes>>) {
    let mut builder = Builder::new(Pieces(send));
    builder.follow_symlinks(false);
    let packed = add_root(pack, &mut builder).and_then(|()| builder.finish());
    if let Err(e) = packed {
        let e = Error::internal(format!("pack {}", pack.root.display())).with_source(e);
        let _ = send.blocking_send(Err(e));
    }
}

/// Writes to the other side of a channel.
struct Pieces<'a>(&'a Sender<Result<Bytes>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn add_root(pack: &Pack, builder: &mut Builder<Pieces<'_>>) -> io::Result<()> {
    let root = if pack.follow {
        fs::canonicalize(&pack.root)?
    } else {
        pack.root.clone()
    };
    if pack.name.is_empty() {
        return add_content(&root, Path::new(""), builder);
    }
    add(&root, Path::new(&pack.name), builder)
}

fn add(path: &Path, name: &Path, builder: &mut Builder<Pieces<'_>>) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let mut header = Header::new_gnu();
    header.set_metadata(&meta);
    // What is copied into a container belongs to root there, as docker documents.
    header.set_uid(0);
    header.set_gid(0);
    let kind = meta.file_type();
    if kind.is_dir() {
        header.set_size(0);
        builder.append_data(&mut header, name, io::empty())?;
        return add_content(path, name, builder);
    }
    if kind.is_symlink() {
        header.set_size(0);
        return builder.append_link(&mut header, name, fs::read_link(path)?);
    }
    if kind.is_file() {
        // A file that grows meanwhile must not spill into the next entry.
        let file = File::open(path)?.take(meta.len());
        return builder.append_data(&mut header, name, file);
    }
    // Sockets, pipes and devices mean nothing elsewhere.
    Ok(())
}

fn add_content(path: &Path, name: &Path, builder: &mut Builder<Pieces<'_>>) -> io::Result<()> {
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        add(&entry.path(), &name.join(entry.file_name()), builder)?;
    }
    Ok(())
}

/// Reads from the other side of a channel.
pub(super) struct Arriving {
    receive: Receiver<Result<Bytes>>,
    piece: Bytes,
}

impl Arriving {
    pub(super) fn new(receive: Receiver<Result<Bytes>>) -> Self {
        Self {
            receive,
            piece: Bytes::new(),
        }
    }
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receive.blocking_recv() {
                None => return Ok(0),
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(e)) => return Err(io::Error::other(e)),
            }
        }
        let n = self.piece.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.piece.split_to(n));
        Ok(n)
    }
}

/// Pass an archive on whose entries are `base` or below it, as `name` or below it; an empty name
/// stands for the directory that will be unpacked in. A failure is the last piece.
pub fn rename(
    receive: Receiver<Result<Bytes>>,
    base: &str,
    name: &str,
    send: &Sender<Result<Bytes>>,
) {
    let arriving = Arriving {
        receive,
        piece: Bytes::new(),
    };
    let mut builder = Builder::new(Pieces(send));
    let mut archive = Archive::new(arriving);
    let renamed = rename_all(&mut archive, base, name, &mut builder);
    if let Err(e) = renamed.and_then(|()| builder.finish()) {
        let e = Error::internal("pass the archive on").with_source(e);
        let _ = send.blocking_send(Err(e));
    }
}

fn rename_all(
    archive: &mut Archive<Arriving>,
    base: &str,
    name: &str,
    builder: &mut Builder<Pieces<'_>>,
) -> io::Result<()> {
    for entry in archive.entries()? {
        let entry = entry?;
        let mut header = entry.header().clone();
        let Some(below) = below(&entry.path()?, base) else {
            continue;
        };
        let path = Path::new(name).join(&below);
        if path.as_os_str().is_empty() {
            // The directory itself, which is there.
            continue;
        }
        match entry.header().entry_type() {
            // The target of a hard link is a name in the archive.
            EntryType::Link => {
                let to = entry.link_name()?;
                let Some(to) = to.as_deref().and_then(|to| self::below(to, base)) else {
                    continue;
                };
                builder.append_link(&mut header, path, Path::new(name).join(to))?;
            }
            EntryType::Symlink => {
                let to = entry.link_name()?.unwrap_or_default().into_owned();
                builder.append_link(&mut header, path, to)?;
            }
            _ => builder.append_data(&mut header, path, entry)?,
        }
    }
    Ok(())
}

/// Unpack an archive whose entries are `base` or below it, as `target` or below it. Returns what
/// was left out. Nothing is written outside of `target`, whatever the archive says.
pub fn unpack(receive: Receiver<Result<Bytes>>, base: &str, target: &Path) -> Result<Vec<String>> {
    let arriving = Arriving::new(receive);
    let failed =
        |e: io::Error| Error::internal(format!("unpack to {}", target.display())).with_source(e);
    let mut left_out = Vec::new();
    let mut archive = Archive::new(arriving);
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.into_owned();
        let Some(below) = below(&name, base) else {
            left_out.push(format!("{} is not part of {base}", name.display()));
            continue;
        };
        let path = if below.as_os_str().is_empty() {
            target.to_owned()
        } else {
            target.join(&below)
        };
        if !is_inside(&path, target) {
            left_out.push(format!(
                "{} leads outside of {}",
                name.display(),
                target.display()
            ));
            continue;
        }
        match entry.header().entry_type() {
            EntryType::Link => {
                let to = entry.link_name().map_err(failed)?;
                let from = to.as_deref().and_then(|to| self::below(to, base));
                let Some(from) = from
                    .map(|b| target.join(b))
                    .filter(|p| is_inside(p, target))
                else {
                    left_out.push(format!("{} is a link to elsewhere", name.display()));
                    continue;
                };
                let _ = fs::remove_file(&path);
                fs::hard_link(from, &path).map_err(failed)?;
            }
            EntryType::Directory if path.is_dir() => {}
            EntryType::Block | EntryType::Char | EntryType::Fifo => {
                left_out.push(format!("{} is a device or pipe", name.display()));
            }
            _ => {
                entry.unpack(&path).map_err(failed)?;
            }
        }
    }
    Ok(left_out)
}

/// The name without `base` before it; nothing when it has other roots or goes up.
pub(super) fn below(name: &Path, base: &str) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for part in name.components() {
        match part {
            Component::Normal(part) => parts.push(part),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    let parts = if base.is_empty() {
        &parts[..]
    } else {
        match parts.split_first() {
            Some((first, rest)) if *first == base => rest,
            _ => return None,
        }
    };
    Some(parts.iter().collect())
}

/// Is the directory that will hold `path` inside of `target`, links followed? The target itself is.
fn is_inside(path: &Path, target: &Path) -> bool {
    if path == target {
        return true;
    }
    let (Some(parent), Ok(root)) = (path.parent(), fs::canonicalize(target)) else {
        return false;
    };
    fs::canonicalize(parent).is_ok_and(|p| p.starts_with(root))
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    /// Everything `pack` sends, with `unpack` reading it on the other side.
    fn through(from: Pack, base: &str, target: &Path) -> Result<Vec<String>> {
        let (send, receive) = mpsc::channel(4);
        let packing = std::thread::spawn(move || pack(&from, &send));
        let unpacked = unpack(receive, base, target);
        packing.join().unwrap();
        unpacked
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let src = dir.path().join("src");
        fs::create_dir_all(src.join("sub")).unwrap();
        fs::write(src.join("a"), "alpha").unwrap();
        fs::write(src.join("sub/b"), vec![7; 100_000]).unwrap();
        std::os::unix::fs::symlink("a", src.join("link")).unwrap();
        dir
    }

    #[test]
    fn a_tree_survives_the_way() {
        let dir = tree();
        let target = dir.path().join("copy");
        let from = Pack {
            root: dir.path().join("src"),
            name: "renamed".to_owned(),
            follow: false,
        };
        let left = through(from, "renamed", &target).unwrap();
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(fs::read(target.join("a")).unwrap(), b"alpha");
        assert_eq!(fs::read(target.join("sub/b")).unwrap().len(), 100_000);
        assert_eq!(fs::read_link(target.join("link")).unwrap(), Path::new("a"));
    }

    #[test]
    fn content_alone_has_no_root() {
        let dir = tree();
        let target = dir.path().join("there");
        fs::create_dir(&target).unwrap();
        let from = Pack {
            root: dir.path().join("src"),
            name: String::new(),
            follow: false,
        };
        through(from, "", &target).unwrap();
        assert_eq!(fs::read(target.join("a")).unwrap(), b"alpha");
    }

    #[test]
    fn nothing_is_written_outside() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = Builder::new(Vec::new());
        let mut add = |name: &str, kind: EntryType, link: &str| {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            header.set_mode(0o755);
            // `set_path` refuses what an attacker would write.
            let raw = &mut header.as_gnu_mut().unwrap().name;
            raw[..name.len()].copy_from_slice(name.as_bytes());
            if !link.is_empty() {
                header.set_link_name(link).unwrap();
            }
            header.set_cksum();
            builder.append(&header, io::empty()).unwrap();
        };
        add("d", EntryType::Directory, "");
        add("d/../../evil", EntryType::Regular, "");
        add("d/out", EntryType::Symlink, "/tmp");
        add("d/out/evil", EntryType::Regular, "");
        add("d/hard", EntryType::Link, "/etc/passwd");
        add("other", EntryType::Regular, "");
        add("d/good", EntryType::Regular, "");
        let bytes = builder.into_inner().unwrap();
        let (send, receive) = mpsc::channel(1);
        let sending = std::thread::spawn(move || {
            let _ = send.blocking_send(Ok(Bytes::from(bytes)));
        });
        let target = dir.path().join("target");
        let left = unpack(receive, "d", &target).unwrap();
        sending.join().unwrap();
        assert_eq!(left.len(), 4, "{left:?}");
        assert!(target.join("good").exists());
        assert!(!Path::new("/tmp/evil").exists());
        let all = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(all, 1);
    }
}
