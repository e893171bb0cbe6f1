//! The few files a container or a volume has: what was copied in or written, over a made-up root.

use std::collections::BTreeMap;

use super::{Mount, Volume};
use crate::sim::shell::Files;

/// A file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) dir: bool,
    pub(crate) data: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) mtime: i64,
}

/// By absolute path; `None` marks what was removed from the image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fs(BTreeMap<String, Option<Node>>);

impl Fs {
    /// Put a file there, and the directories above it.
    pub(crate) fn seed(&mut self, path: &str, data: &str, mtime: i64) {
        let mut above = parent(path);
        while above != "/" {
            let dir = Node {
                dir: true,
                data: Vec::new(),
                mode: 0o755,
                mtime,
            };
            self.0.entry(above.to_owned()).or_insert(Some(dir));
            above = parent(above);
        }
        let file = Node {
            dir: false,
            data: data.as_bytes().to_vec(),
            mode: 0o640,
            mtime,
        };
        self.0.insert(path.to_owned(), Some(file));
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.values().flatten().map(|n| n.data.len() as u64).sum()
    }

    /// What was written: path and whether it was added (else removed).
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0
            .iter()
            .map(|(path, node)| (path.as_str(), node.is_some()))
    }
}

const DIRECTORIES: [&str; 22] = [
    "/",
    "/app",
    "/bin",
    "/data",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/log",
];

fn base(path: &str, hostname: &str) -> Option<Node> {
    let dir = DIRECTORIES.contains(&path);
    let data = match path {
        _ if dir => String::new(),
        "/etc/hostname" => format!("{hostname}\n"),
        "/etc/hosts" => "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n".to_owned(),
        "/etc/os-release" => {
            "NAME=\"Pilothouse simulated Linux\"\nID=simulated\nPRETTY_NAME=\"Simulated Linux\"\n"
                .to_owned()
        }
        "/etc/passwd" => "root:x:0:0:root:/root:/bin/sh\n".to_owned(),
        "/etc/resolv.conf" => "nameserver 127.0.0.11\noptions ndots:0\n".to_owned(),
        "/dev/null" => String::new(),
        _ => return None,
    };
    Some(Node {
        dir,
        data: data.into_bytes(),
        mode: if dir { 0o755 } else { 0o644 },
        mtime: 0,
    })
}

const BASE_FILES: [&str; 5] = [
    "/etc/hostname",
    "/etc/hosts",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/resolv.conf",
];

fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

/// One container's view of its files, mounts included.
pub(crate) struct View<'a> {
    pub(crate) fs: &'a mut Fs,
    pub(crate) mounts: &'a [Mount],
    pub(crate) volumes: &'a mut BTreeMap<String, Volume>,
    pub(crate) hostname: &'a str,
    pub(crate) now: i64,
}

impl View<'_> {
    /// The volume that holds a path, and the path inside it.
    fn mounted(&self, path: &str) -> Option<(&Mount, String)> {
        let mount = self
            .mounts
            .iter()
            .filter(|m| {
                path == m.destination
                    || path
                        .strip_prefix(m.destination.as_str())
                        .is_some_and(|r| r.starts_with('/'))
            })
            .max_by_key(|m| m.destination.len())?;
        let inner = &path[mount.destination.len()..];
        Some((
            mount,
            if inner.is_empty() {
                "/".to_owned()
            } else {
                inner.to_owned()
            },
        ))
    }

    pub(crate) fn node(&self, path: &str) -> Option<Node> {
        if let Some((mount, inner)) = self.mounted(path) {
            let root = Node {
                dir: true,
                data: Vec::new(),
                mode: 0o755,
                mtime: 0,
            };
            if inner == "/" {
                return Some(root);
            }
            return self
                .volumes
                .get(&mount.volume)?
                .fs
                .0
                .get(&inner)
                .cloned()
                .flatten();
        }
        match self.fs.0.get(path) {
            Some(node) => node.clone(),
            None => base(path, self.hostname),
        }
    }

    pub(crate) fn put(&mut self, path: &str, node: Option<Node>) {
        let target = self
            .mounted(path)
            .map(|(m, inner)| (m.volume.clone(), inner));
        match target {
            Some((volume, inner)) => {
                if let Some(volume) = self.volumes.get_mut(&volume) {
                    volume.fs.0.insert(inner, node);
                }
            }
            None => {
                self.fs.0.insert(path.to_owned(), node);
            }
        }
    }

    /// Paths of everything below a directory, itself first.
    pub(crate) fn tree(&self, path: &str) -> Vec<String> {
        let mut found = vec![path.to_owned()];
        if let Some(entries) = self.list(path) {
            for (name, _) in entries {
                found.extend(self.tree(&format!("{}/{name}", path.trim_end_matches('/'))));
            }
        }
        found
    }
}

impl Files for View<'_> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.node(path).filter(|n| !n.dir).map(|n| n.data)
    }

    fn is_dir(&self, path: &str) -> bool {
        self.node(path).is_some_and(|n| n.dir)
    }

    fn list(&self, path: &str) -> Option<Vec<(String, bool)>> {
        if !self.is_dir(path) {
            return None;
        }
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        let prefix = path.trim_end_matches('/');
        let child = |full: &str| -> Option<String> {
            let rest = full.strip_prefix(prefix)?.strip_prefix('/')?;
            (!rest.is_empty() && !rest.contains('/')).then(|| rest.to_owned())
        };
        let own = self.fs.0.keys().map(String::as_str);
        let mounted = self.mounts.iter().map(|m| m.destination.as_str());
        for full in DIRECTORIES
            .into_iter()
            .chain(BASE_FILES)
            .chain(own)
            .chain(mounted)
        {
            if let Some(name) = child(full)
                && let Some(node) = self.node(full)
            {
                names.insert(name, node.dir);
            }
        }
        if let Some((mount, inner)) = self.mounted(path) {
            names.clear();
            let inner = inner.trim_end_matches('/').to_owned();
            if let Some(volume) = self.volumes.get(&mount.volume) {
                for (full, node) in &volume.fs.0 {
                    let rest = full.strip_prefix(&inner).and_then(|r| r.strip_prefix('/'));
                    if let (Some(rest), Some(node)) = (rest, node)
                        && !rest.is_empty()
                        && !rest.contains('/')
                    {
                        names.insert(rest.to_owned(), node.dir);
                    }
                }
            }
        }
        Some(names.into_iter().collect())
    }

    fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        if !self.is_dir(parent(path)) || self.is_dir(path) {
            return false;
        }
        let mut data = if append {
            self.read(path).unwrap_or_default()
        } else {
            Vec::new()
        };
        data.extend_from_slice(bytes);
        let mtime = self.now;
        self.put(
            path,
            Some(Node {
                dir: false,
                data,
                mode: 0o644,
                mtime,
            }),
        );
        true
    }

    fn make_dir(&mut self, path: &str) {
        if path != "/" && !self.is_dir(path) {
            self.make_dir(parent(path));
            let mtime = self.now;
            self.put(
                path,
                Some(Node {
                    dir: true,
                    data: Vec::new(),
                    mode: 0o755,
                    mtime,
                }),
            );
        }
    }

    fn remove(&mut self, path: &str) -> bool {
        if self.node(path).is_none() {
            return false;
        }
        for gone in self.tree(path) {
            self.put(&gone, None);
        }
        true
    }
}
