use tar::{Builder, EntryType, Header};

use super::super::fake::{Archive, FakeEngine, Log, TestClock};
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

/// An engine with files: a path, its mode, where it leads, its archive.
fn engine(paths: &[(&str, u32, &str, Archive)]) -> std::sync::Arc<FakeEngine> {
    let facts = crate::domain::snapshot::HostFacts {
        id: "h".into(),
        endpoint: "unix:///x".into(),
        origin: "test".into(),
        labels: std::sync::Arc::default(),
        read_only: false,
    };
    let shard = crate::domain::snapshot::HostShard::new(std::sync::Arc::new(facts));
    let clock = std::sync::Arc::new(TestClock::new());
    let engine = FakeEngine::new(&shard, &Log::default(), &clock);
    for (path, mode, link_target, archive) in paths {
        let stat = PathStat {
            name: base(path).to_owned(),
            size: 20,
            mode: *mode,
            modified: None,
            link_target: (*link_target).to_owned(),
        };
        engine.put_path(path, stat, archive.clone());
    }
    engine
}

const DIR: u32 = 1 << 31 | 0o755;

fn pieces(bytes: &[u8]) -> Archive {
    bytes
        .chunks(900)
        .map(|p| Ok(Bytes::copy_from_slice(p)))
        .collect()
}

#[tokio::test]
async fn links_are_followed_to_directories_and_files() {
    let engine = engine(&[
        ("/conf", LINK | 0o777, "etc", vec![]),
        ("/etc", DIR, "", pieces(&tree())),
        ("/round", LINK | 0o777, "/about", vec![]),
        ("/about", LINK | 0o777, "/round", vec![]),
        (
            "/etc/hosts",
            0o644,
            "",
            pieces(&archive(&[("hosts", "127.0.0.1 localhost\n")])),
        ),
        ("/tty", 0o600 | 1 << 26, "", vec![]),
    ]);
    let found = browse(&*engine, "web", "/conf", &[]).await.unwrap();
    let Found::Directory(listing) = found else {
        panic!("{found:?}");
    };
    assert_eq!((&*listing.path, listing.complete), ("/etc", true));
    let names: Vec<&str> = listing.entries.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["ssl", "hosts", "mtab"], "directories first");
    let found = browse(&*engine, "web", "/etc/hosts", &[]).await.unwrap();
    let Found::File(head) = found else {
        panic!("{found:?}");
    };
    assert_eq!(
        (head.size, &*head.bytes),
        (20, &b"127.0.0.1 localhost\n"[..])
    );
    let circle = browse(&*engine, "web", "/round", &[]).await.unwrap_err();
    assert!(circle.to_string().contains("circle"), "{circle}");
    let device = browse(&*engine, "web", "/tty", &[]).await.unwrap_err();
    assert_eq!(device.kind(), ErrorKind::Unsupported);
    let gone = browse(&*engine, "web", "/nosuch", &[]).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_was_seen_of_a_directory_is_kept_and_known_paths_are_added() {
    let mut broken = pieces(&tree()[..1400]);
    broken.push(Err(Error::new(ErrorKind::Unreachable, "cut")));
    let engine = engine(&[("/etc", DIR, "", broken), ("/etc/late", DIR, "", vec![])]);
    let also = ["/etc/late/data".to_owned(), "/etc/gone".to_owned()];
    let Found::Directory(listing) = browse(&*engine, "web", "/etc", &also).await.unwrap() else {
        panic!("no directory");
    };
    assert!(!listing.complete);
    let names: Vec<&str> = listing.entries.iter().map(|e| &*e.name).collect();
    assert_eq!(names, ["late", "hosts"]);
}

#[tokio::test]
async fn a_path_is_copied_out_once() {
    let engine = engine(&[("/etc", DIR, "", pieces(&tree()))]);
    let dir = tempfile::tempdir().unwrap();
    let copied = fetch(&*engine, "web", "/etc", dir.path()).await.unwrap();
    assert_eq!(copied.to, dir.path().join("etc"));
    let hosts = std::fs::read_to_string(copied.to.join("hosts")).unwrap();
    assert_eq!(hosts, "127.0.0.1 localhost\n");
    assert_eq!(copied.left_out, ["elsewhere/evil is not part of etc"]);
    let again = fetch(&*engine, "web", "/etc", dir.path())
        .await
        .unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
}
