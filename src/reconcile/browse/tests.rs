use tar::{Builder, EntryType, Header};

use super::*;

/// A tar archive of names with contents; names that end in a slash are directories, contents that
/// begin with an arrow are links.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_mode(0o640);
        header.set_mtime(1_700_000_000);
        header.set_size(0);
        if name.ends_with('/') {
            header.set_entry_type(EntryType::Directory);
            builder
                .append_data(&mut header, name, std::io::empty())
                .unwrap();
        } else if let Some(target) = content.strip_prefix("->") {
            header.set_entry_type(EntryType::Symlink);
            builder.append_link(&mut header, name, target).unwrap();
        } else {
            header.set_size(content.len() as u64);
            builder
                .append_data(&mut header, name, content.as_bytes())
                .unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn arriving(bytes: &[u8]) -> Receiver<Result<Bytes>> {
    let (send, receive) = mpsc::channel(1024);
    for piece in bytes.chunks(700) {
        send.try_send(Ok(Bytes::copy_from_slice(piece))).unwrap();
    }
    receive
}

fn tree() -> Vec<u8> {
    archive(&[
        ("etc/", ""),
        ("etc/hosts", "127.0.0.1 localhost\n"),
        ("etc/ssl/", ""),
        ("etc/ssl/certs/", ""),
        ("etc/ssl/openssl.cnf", "x"),
        ("etc/mtab", "->/proc/mounts"),
        ("elsewhere/evil", "x"),
    ])
}

#[test]
fn only_what_is_right_below_is_listed() {
    let mut bytes = tree();
    let (found, whole) = entries(arriving(&bytes), "etc");
    let names: Vec<&str> = found.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["hosts", "ssl", "mtab"]);
    assert!(whole);
    assert_eq!(found[0].size, 20);
    assert_eq!(found[0].mode, 0o640);
    assert_eq!(found[1].kind, EntryKind::Directory);
    assert_eq!(found[2].kind, EntryKind::Link("/proc/mounts".into()));
    // Broken off: what was seen is kept, and it is said.
    bytes.truncate(1800);
    let (found, whole) = entries(arriving(&bytes), "etc");
    assert_eq!(found.len(), 1);
    assert!(!whole);
}

#[test]
fn roots_are_called_differently() {
    for root in ["/", "./"] {
        let mut builder = Builder::new(Vec::new());
        for name in [
            root.to_owned(),
            format!("{root}bin/"),
            format!("{root}bin/sh"),
        ] {
            let mut header = Header::new_gnu();
            header.set_size(0);
            header.set_mode(0o755);
            let raw = &mut header.as_gnu_mut().unwrap().name;
            raw[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(EntryType::Directory);
            header.set_cksum();
            builder.append(&header, std::io::empty()).unwrap();
        }
        let (found, _) = entries(arriving(&builder.into_inner().unwrap()), "");
        assert_eq!(found.len(), 1, "{root}");
        assert_eq!(found[0].name, "bin");
    }
}

#[test]
fn names_are_known_from_paths_below() {
    let also = ["/var/lib/mysql", "/var/run", "/srv", "/variable"].map(str::to_owned);
    assert_eq!(known("/var", &also), ["lib", "run"]);
    assert_eq!(known("/var/lib/mysql", &also), [""; 0]);
    let root = known("/", &also);
    assert!(root.contains(&"variable".to_owned()) && root.contains(&"etc".to_owned()));
}

#[test]
fn a_file_is_read_up_to_a_limit() {
    let long = "x".repeat(300 << 10);
    let bytes = archive(&[("big", &long)]);
    assert_eq!(first_file(arriving_all(&bytes)).len() as u64, HEAD);
    assert_eq!(first_file(arriving(&archive(&[("a", "hello")]))), b"hello");
    assert!(first_file(arriving(&[])).is_empty());
}

fn arriving_all(bytes: &[u8]) -> Receiver<Result<Bytes>> {
    let (send, receive) = mpsc::channel(1);
    send.try_send(Ok(Bytes::copy_from_slice(bytes))).unwrap();
    receive
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (to, made) = landing(dir.path(), "hosts").unwrap();
    assert_eq!((to.clone(), made), (dir.path().join("hosts"), false));
    std::fs::write(&to, "mine").unwrap();
    let refused = landing(dir.path(), "hosts").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(landing(&to, "hosts").is_err());
    let (root, made) = landing(&dir.path().join("all"), "").unwrap();
    assert!(made && root.is_dir());
}
