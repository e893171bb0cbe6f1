use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::*;

/// A clock that a test sets.
#[derive(Debug)]
struct Hand(Mutex<DateTime<Utc>>);

impl Hand {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(
            DateTime::UNIX_EPOCH + TimeDelta::days(20_000),
        )))
    }

    fn next_day(&self) {
        *self.0.lock().unwrap() += TimeDelta::days(1);
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

fn files(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What is in the log after `work` ran with it.
fn logged(filter: &str, json: bool, work: impl FnOnce()) -> String {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("a/log");
    let (subscriber, telemetry) = Telemetry::build(&log, filter, json, Hand::new()).unwrap();
    tracing::subscriber::with_default(subscriber, work);
    assert_eq!(telemetry.trouble(), None);
    drop(telemetry);
    let mut text = String::new();
    for name in files(&log) {
        text += &std::fs::read_to_string(log.join(name)).unwrap();
    }
    text
}

#[test]
fn nothing_is_created_before_the_first_line() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("log");
    let (subscriber, telemetry) = Telemetry::build(&log, "info", false, Hand::new()).unwrap();
    tracing::subscriber::with_default(subscriber, || tracing::debug!("too quiet"));
    drop(telemetry);
    assert!(files(dir.path()).is_empty());

    let (subscriber, telemetry) = Telemetry::build(&log, "info", false, Hand::new()).unwrap();
    tracing::subscriber::with_default(subscriber, || tracing::info!(host = "prod-1", "live"));
    drop(telemetry);
    assert_eq!(files(&log), ["pilothouse-2024-10-04.log"]);
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(log.clone()), 0o700);
    assert_eq!(mode(log.join("pilothouse-2024-10-04.log")), 0o600);
}

#[test]
fn levels_are_kept_by_target() {
    let work = || {
        tracing::info!("one");
        tracing::info!(target: "other", "two");
        tracing::warn!(target: "other", "three");
    };
    let here = "warn,pilothouse=debug";
    for (filter, expected) in [
        ("info", vec!["one", "two", "three"]),
        ("warn", vec!["three"]),
        (here, vec!["one", "three"]),
        ("off", vec![]),
    ] {
        let text = logged(filter, false, work);
        let found: Vec<&str> = text
            .lines()
            .map(|l| l.rsplit(' ').next().unwrap())
            .collect();
        assert_eq!(found, expected, "{filter}");
        assert!(!text.contains('\u{1b}'), "no colours in a file");
    }
    assert!(Telemetry::build(Path::new("/x"), "inof=loud", false, Hand::new()).is_err());
}

#[test]
fn json_is_an_object_a_line() {
    let text = logged("info", true, || {
        tracing::info!(host = "prod-1", "live");
        tracing::warn!("two\nlines");
    });
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["fields"]["host"], "prod-1");
    assert_eq!(lines[1]["level"], "WARN");
}

#[test]
fn each_day_has_a_file_and_old_ones_go() {
    use std::io::Write as _;
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("pilothouse-notes.log"), "mine").unwrap();
    let clock = Hand::new();
    let trouble = Trouble::default();
    let mut file = DailyFile::new(dir.path().to_owned(), clock.clone(), trouble);
    for _ in 0..20 {
        file.write_all(b"a\n").unwrap();
        file.write_all(b"b\n").unwrap();
        clock.next_day();
    }
    let names = files(dir.path());
    assert_eq!(names.len(), 15);
    assert_eq!(names[0], "pilothouse-2024-10-10.log");
    assert_eq!(names[14], "pilothouse-notes.log");
    let text = std::fs::read_to_string(dir.path().join(&names[0])).unwrap();
    assert_eq!(text, "a\nb\n");
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_harms_nobody() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("file");
    std::fs::write(&log, "").unwrap();
    let (subscriber, telemetry) = Telemetry::build(&log, "info", false, Hand::new()).unwrap();
    tracing::subscriber::with_default(subscriber, || tracing::info!("x"));
    let trouble = telemetry.trouble.clone();
    drop(telemetry);
    let told = trouble.get().unwrap();
    assert!(told.starts_with("write the log /"), "{told}");
}

const DIR: &str = "TEST_PANIC_DIR";

/// Runs in a process of its own: the hook is for the whole process.
#[test]
#[ignore = "the process that a_panic_is_reported starts"]
fn a_process_that_breaks() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let console = std::env::var_os("TEST_CONSOLE").is_some();
    install_panic_hook(Some(dir.into()), Hand::new(), move || {
        eprintln!("restored");
        !console
    });
    let worker = std::thread::Builder::new().name("worker-7".into());
    let broken = worker.spawn(|| panic!("the {} broke", "pump")).unwrap();
    assert!(broken.join().is_err());
}

fn broken(dir: &Path, console: bool) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("telemetry::tests::a_process_that_breaks")
        .env(DIR, dir);
    if console {
        command.env("TEST_CONSOLE", "1");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_panic_is_reported() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("log");
    let said = broken(&log, false);
    let [name] = &files(&log)[..] else {
        panic!("{:?}", files(&log))
    };
    assert!(name.starts_with("panic-20241004T000000Z-"), "{name}");
    let path = log.join(name);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "restored");
    let broke = "pilothouse broke: the pump broke (src/telemetry/tests.rs:";
    assert!(lines[1].starts_with(broke), "{said}");
    assert_eq!(lines[2], format!("A report is in {}", path.display()));
    let report = std::fs::read_to_string(path).unwrap();
    assert!(report.contains("\nthread: worker-7\n"), "{report}");
    assert!(report.contains("\nthe pump broke\n"), "{report}");
    assert!(
        report.contains("a_process_that_breaks"),
        "a backtrace: {report}"
    );
}

#[test]
fn nothing_is_printed_over_a_console() {
    let dir = TempDir::new().unwrap();
    assert_eq!(broken(dir.path(), true), "restored\n");
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn without_a_report_the_panic_is_printed() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = broken(&file, false);
    assert!(said.contains("thread 'worker-7'"), "{said}");
    assert!(said.contains("the pump broke"), "{said}");
}
