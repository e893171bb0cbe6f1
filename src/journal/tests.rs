use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use chrono::TimeDelta;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::error::ErrorKind;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::{Actor, Origin};
use crate::domain::operation::{Failure, Progress};
use crate::domain::plan::{Action, Danger, Goal, Precondition, Step, Unchanged};
use crate::domain::spec::{ContainerSpec, VolumeSpec};

/// Processes that live and die as a test says.
#[derive(Debug)]
struct Fake {
    me: Mutex<u32>,
    dead: Mutex<BTreeSet<u32>>,
}

impl Fake {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            me: Mutex::new(100),
            dead: Mutex::default(),
        })
    }

    fn be(&self, pid: u32) {
        *self.me.lock().unwrap() = pid;
    }

    fn die(&self, pid: u32) {
        self.dead.lock().unwrap().insert(pid);
    }
}

impl Processes for Fake {
    fn is_alive(&self, pid: u32, started: u64) -> bool {
        assert_eq!(started, u64::MAX - u64::from(pid));
        !self.dead.lock().unwrap().contains(&pid)
    }

    fn me(&self) -> (u32, u64) {
        let pid = *self.me.lock().unwrap();
        (pid, u64::MAX - u64::from(pid))
    }
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

fn journal(dir: &TempDir) -> SqliteJournal {
    SqliteJournal::open(dir.path().join("state/journal.db"), Fake::new())
}

fn plan(verb: &str, targets: &[&str]) -> Plan {
    let steps = targets.iter().enumerate().map(|(id, target)| {
        let (host, name) = target.split_once('/').unwrap();
        Step {
            id,
            action: Action::StopContainer { timeout: None },
            target: ObjectRef::new(host, Kind::Container, format!("{id:x}fab{name}"), name),
            made_by: None,
            cause: "it runs".into(),
            danger: Danger::Disruptive,
            after: Vec::new(),
            rescues: Vec::new(),
            precondition: Precondition::default(),
            goal: Goal::Stopped,
        }
    });
    Plan {
        title: format!("{verb} {}", targets.join(", ")),
        verb: verb.into(),
        steps: steps.collect(),
        unchanged: Vec::new(),
        notes: vec!["a note".into()],
    }
}

fn operation(id: u64, plan: &Plan) -> Operation {
    let actor = Actor {
        user: Arc::from("ann"),
        ssh_client: Some(Arc::from("10.0.0.9")),
        pid: 7,
    };
    Operation::new(OpId(id), plan, actor, Origin::Cli, time(id as i64))
}

/// Begin, do every step, finish.
fn run(journal: &SqliteJournal, id: u64, plan: &Plan) -> Operation {
    let mut op = operation(id, plan);
    journal.begin(&op, plan).unwrap();
    for n in 0..op.steps.len() {
        op.steps[n].outcome = Outcome::Running;
        op.steps[n].started = Some(time(n as i64));
        journal.step(&op, n).unwrap();
        op.steps[n].outcome = Outcome::Succeeded;
        op.steps[n].after = Some(Arc::from("exited (0)"));
        journal.step(&op, n).unwrap();
    }
    op.outcome = op.verdict();
    op.finished = Some(time(9));
    journal.finish(&op).unwrap();
    op
}

fn ids(records: &[Record]) -> Vec<u64> {
    records.iter().map(|r| r.operation.id.0).collect()
}

#[test]
fn reading_creates_nothing() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    assert!(j.history(&HistoryQuery::default()).unwrap().is_empty());
    assert!(j.recover(time(0)).unwrap().is_empty());
    assert_eq!(j.verify().unwrap().entries, 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn only_the_owner_may_read() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    run(&j, 1, &plan("stop", &["h/web"]));
    let mode = |name: &str| {
        let meta = dir.path().join("state").join(name).metadata().unwrap();
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    assert_eq!(mode("journal.db"), 0o600);
    assert_eq!(mode("journal.db-wal"), 0o600);
    let files = std::fs::read_dir(dir.path().join("state")).unwrap();
    assert_eq!(files.count(), 3, "nothing is left over");
}

#[test]
fn what_was_done_is_told_as_it_was() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    let p = plan("stop", &["h/web", "h/db"]);
    let mut op = operation(1, &p);
    j.begin(&op, &p).unwrap();
    op.steps[1].outcome = Outcome::Running;
    op.steps[1].attempts = 2;
    op.steps[1].before = Some(Arc::from("running"));
    op.steps[1].progress = Some(Progress::default());
    op.cancelling = true;
    j.step(&op, 1).unwrap();
    op.steps[1].progress = None;
    let told = |op: &Operation| {
        let all = SqliteJournal::open(j.path(), Fake::new()).history(&HistoryQuery::default());
        assert_eq!(
            all.unwrap(),
            [Record {
                operation: op.clone(),
                plan: Some(p.clone())
            }]
        );
    };
    told(&op);
    op.steps[1].outcome = Outcome::Failed;
    op.steps[1].failure = Some(Failure {
        kind: ErrorKind::TimedOut,
        message: "stop h/db: 30 s passed".into(),
        hint: Some("say --timeout".into()),
    });
    op.steps[0].outcome = Outcome::Skipped;
    op.outcome = Outcome::Failed;
    op.finished = Some(time(5) + TimeDelta::nanoseconds(123_456_789));
    j.finish(&op).unwrap();
    told(&op);
    let report = j.verify().unwrap();
    assert_eq!((report.entries, report.broken), (3, None));
    assert_eq!(report.head.len(), 64);
}

#[test]
fn an_operation_begins_once_and_before_its_steps() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    let p = plan("stop", &["h/web"]);
    let op = operation(1, &p);
    let e = j.step(&op, 0).unwrap_err();
    assert!(e.message().contains("is not in the journal"), "{e:?}");
    assert!(j.finish(&op).is_err());
    j.begin(&op, &p).unwrap();
    let e = j.begin(&op, &p).unwrap_err();
    assert!(e.message().contains("is in the journal already"), "{e:?}");
    assert!(j.step(&op, 1).is_err(), "there is no step 1");
    assert_eq!(j.verify().unwrap().entries, 1);
}

#[test]
fn secrets_are_not_written_down() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    let mut p = plan("run", &["h/web", "h/data"]);
    let env = ["MODE=fast", "DB_PASSWORD=hunter2"].map(str::to_owned);
    p.steps[0].action = Action::CreateContainer {
        name: None,
        spec: Box::new(ContainerSpec {
            env: env.into(),
            ..ContainerSpec::default()
        }),
    };
    let options = [("o", "addr=nas,password=hunter2"), ("type", "cifs")];
    p.steps[1].action = Action::CreateVolume {
        spec: VolumeSpec {
            options: options.map(|(k, v)| (k.into(), v.into())).into(),
            ..VolumeSpec::default()
        },
    };
    j.begin(&operation(1, &p), &p).unwrap();
    let all = j.history(&HistoryQuery::default()).unwrap();
    let text = serde_json::to_string(&all[0]).unwrap();
    assert!(text.contains("MODE=fast") && text.contains("cifs"));
    assert!(text.contains("DB_PASSWORD=****"));
    for file in std::fs::read_dir(dir.path().join("state")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|w| w == b"hunter2"));
    }
}

#[test]
fn history_filters() {
    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    run(&j, 1, &plan("stop", &["prod-1/web"]));
    run(&j, 2, &plan("start", &["prod-2/web", "dev/db"]));
    let mut quiet = plan("stop", &[]);
    quiet.unchanged.push(Unchanged {
        target: ObjectRef::new("dev", Kind::Container, "00", "cache"),
        reason: "it does not run".into(),
    });
    run(&j, 3, &quiet);
    let mut failed = operation(4, &plan("kill", &["dev/web"]));
    failed.actor.user = Arc::from("bob");
    j.begin(&failed, &plan("kill", &["dev/web"])).unwrap();
    failed.outcome = Outcome::Failed;
    j.finish(&failed).unwrap();

    let ask = |query: HistoryQuery| ids(&j.history(&query).unwrap());
    let text = |t: &str| Some(t.to_owned());
    let all = HistoryQuery::default;
    assert_eq!(ask(all()), [4, 3, 2, 1]);
    for (host, expected) in [
        ("prod-*", vec![2, 1]),
        ("dev", vec![4, 3, 2]),
        ("x", vec![]),
    ] {
        let host = text(host);
        assert_eq!(ask(HistoryQuery { host, ..all() }), expected);
    }
    for (object, expected) in [
        ("web", vec![4, 2, 1]),
        ("w*", vec![4, 2, 1]),
        ("cache", vec![3]),
        ("1fab", vec![2]),
        ("dev/*", vec![4, 3, 2]),
        ("prod-1/web", vec![1]),
        ("we", vec![]),
    ] {
        let object = text(object);
        let found = ask(HistoryQuery {
            object: object.clone(),
            ..all()
        });
        assert_eq!(found, expected, "{object:?}");
    }
    // One target must be both: dev has no web in 2.
    let both = HistoryQuery {
        host: text("dev"),
        object: text("web"),
        ..all()
    };
    assert_eq!(ask(both), [4]);
    let (since, until) = (Some(time(2)), Some(time(3)));
    let period = HistoryQuery {
        since,
        until,
        ..all()
    };
    assert_eq!(ask(period), [3, 2]);
    let verb = text("stop");
    assert_eq!(ask(HistoryQuery { verb, ..all() }), [3, 1]);
    let user = text("bob");
    assert_eq!(ask(HistoryQuery { user, ..all() }), [4]);
    let outcome = Some(Outcome::Failed);
    assert_eq!(ask(HistoryQuery { outcome, ..all() }), [4]);
    let id = Some(OpId(2));
    assert_eq!(ask(HistoryQuery { id, ..all() }), [2]);
    for (limit, expected) in [(0, vec![]), (2, vec![4, 3]), (9, vec![4, 3, 2, 1])] {
        let limit = Some(limit);
        assert_eq!(ask(HistoryQuery { limit, ..all() }), expected);
    }
    let newest_stop = HistoryQuery {
        verb: text("stop"),
        limit: Some(1),
        ..all()
    };
    assert_eq!(ask(newest_stop), [3]);
}

#[test]
fn what_a_dead_process_left_is_marked_once() {
    let dir = TempDir::new().unwrap();
    let fake = Fake::new();
    let j = SqliteJournal::open(dir.path().join("j.db"), fake.clone());
    let p = plan("stop", &["h/a", "h/b", "h/c"]);
    fake.be(1);
    let mut left = operation(1, &p);
    j.begin(&left, &p).unwrap();
    left.steps[0].outcome = Outcome::Succeeded;
    j.step(&left, 0).unwrap();
    left.steps[1].outcome = Outcome::Running;
    j.step(&left, 1).unwrap();
    fake.be(2);
    j.begin(&operation(2, &p), &p).unwrap();
    assert!(j.recover(time(50)).unwrap().is_empty(), "both are alive");

    fake.die(1);
    let other = SqliteJournal::open(j.path(), fake.clone());
    let found = other.recover(time(50)).unwrap();
    let [op] = found.as_slice() else {
        panic!("{found:?}")
    };
    let outcomes: Vec<Outcome> = op.steps.iter().map(|s| s.outcome).collect();
    let expected = [Outcome::Succeeded, Outcome::Interrupted, Outcome::Skipped];
    assert_eq!(outcomes, expected);
    let over = (Outcome::Interrupted, Some(time(50)));
    assert_eq!((op.outcome, op.finished), over);
    assert!(j.recover(time(60)).unwrap().is_empty());
    let told = j.history(&HistoryQuery {
        outcome: Some(Outcome::Interrupted),
        ..HistoryQuery::default()
    });
    assert_eq!(told.unwrap()[0].operation, *op);
    assert_eq!(j.verify().unwrap().broken, None);
}

/// A journal of `count` operations with one step each: four entries an operation.
fn filled(dir: &TempDir, count: u64) -> SqliteJournal {
    let j = journal(dir);
    for id in 1..=count {
        run(&j, id, &plan("stop", &["h/web"]));
    }
    j
}

fn tamper(j: &SqliteJournal, sql: &str) -> String {
    let conn = Connection::open(j.path()).unwrap();
    conn.execute_batch(sql).unwrap();
    let report = j.verify().unwrap();
    report
        .broken
        .unwrap_or_else(|| panic!("not noticed: {sql}"))
}

#[test]
fn tampering_is_noticed_and_named() {
    for (sql, said) in [
        (
            "UPDATE entries SET content = replace(content, 'ann', 'eve') WHERE seq = 5",
            "entry 5 (begin of 00000000000002) was changed: it does not fit its hash",
        ),
        ("DELETE FROM entries WHERE seq = 3", "entry 3 is missing"),
        (
            "DELETE FROM entries WHERE seq IN (3, 4)",
            "entries 3 to 4 are missing",
        ),
        ("DELETE FROM entries WHERE seq = 1", "entry 1 is missing"),
        (
            "DELETE FROM entries WHERE seq = 8",
            "entry 8, the last one, is missing",
        ),
        (
            "DELETE FROM entries WHERE seq > 5",
            "entries 6 to 8, the last ones, are missing",
        ),
        (
            "DELETE FROM entries",
            "entries 1 to 8, the last ones, are missing",
        ),
        (
            "UPDATE entries SET seq = -1 WHERE seq = 2; UPDATE entries SET seq = 2 WHERE seq = 3;
             UPDATE entries SET seq = 3 WHERE seq = -1",
            "entry 2 (step of 00000000000001) was changed: it does not fit its hash",
        ),
        (
            "UPDATE entries SET hash = prev, prev = hash WHERE seq = 6",
            "entry 6 (step of 00000000000002) was changed: it does not fit its hash",
        ),
        (
            "INSERT INTO entries SELECT 9, op, kind, content, prev, hash FROM entries WHERE seq = 8",
            "entry 9 (finish of 00000000000002) was changed: it does not fit its hash",
        ),
        (
            "UPDATE head SET hash = 'x'",
            "entry 8 is not the last one that was written",
        ),
        ("DELETE FROM head", "the note of the last entry is missing"),
        (
            "INSERT INTO running VALUES (2, 1, 1)",
            "the operation 00000000000002 is noted as running, or not, against its entries",
        ),
    ] {
        let dir = TempDir::new().unwrap();
        let j = filled(&dir, 2);
        assert_eq!(j.verify().unwrap().broken, None);
        assert_eq!(tamper(&j, sql), said, "{sql}");
    }
}

#[test]
fn an_entry_with_a_hash_of_its_own_does_not_fit_the_next() {
    let dir = TempDir::new().unwrap();
    let j = filled(&dir, 1);
    let other = TempDir::new().unwrap();
    let forged = journal(&other);
    run(&forged, 1, &plan("start", &["h/web"]));
    let sql = format!(
        "ATTACH '{}' AS f; DELETE FROM entries WHERE seq = 1;
         INSERT INTO entries SELECT * FROM f.entries WHERE seq = 1",
        forged.path().display()
    );
    assert_eq!(
        tamper(&j, &sql),
        "entry 2 (step of 00000000000001) does not follow entry 1: one of them was replaced"
    );
}

#[test]
fn a_damaged_entry_is_an_error_with_its_number() {
    let dir = TempDir::new().unwrap();
    let j = filled(&dir, 1);
    tamper(&j, "UPDATE entries SET content = '{' WHERE seq = 1");
    let e = j.history(&HistoryQuery::default()).unwrap_err();
    assert!(e.message().starts_with("read entry 1 of "), "{e:?}");
    assert_eq!(e.kind(), ErrorKind::Internal);
}

#[test]
fn other_files_are_left_alone() {
    let dir = TempDir::new().unwrap();
    let j = SqliteJournal::open(dir.path().join("j.db"), Fake::new());
    let p = plan("stop", &["h/web"]);
    let refused = || {
        let e = j.begin(&operation(1, &p), &p).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Internal);
        assert!(e.hint().is_some());
        assert!(j.history(&HistoryQuery::default()).is_err());
        e.chain()
    };
    std::fs::write(
        j.path(),
        "this is a text, and long enough to be no database",
    )
    .unwrap();
    assert!(
        refused().contains("file is not a database"),
        "{}",
        refused()
    );
    std::fs::remove_file(j.path()).unwrap();

    let conn = Connection::open(j.path()).unwrap();
    conn.execute_batch("CREATE TABLE mine (x)").unwrap();
    assert!(refused().ends_with("j.db is an SQLite database, but not a journal"));
    let sql = "DROP TABLE mine; PRAGMA user_version = 99";
    conn.execute_batch(sql).unwrap();
    assert!(
        refused()
            .contains("written by a newer version of this program (schema 99, this one knows 1)"),
        "{}",
        refused()
    );
}

#[test]
fn what_cannot_be_written_is_explained() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("state"), "a file").unwrap();
    let p = plan("stop", &["h/web"]);
    let e = journal(&dir).begin(&operation(1, &p), &p).unwrap_err();
    let text = e.chain();
    assert!(text.starts_with("create the journal /"), "{text}");
    assert!(text.contains("state/journal.db: "), "{text}");
    assert_eq!(e.hint(), Some(open::NOT_WRITABLE));

    let dir = TempDir::new().unwrap();
    let j = journal(&dir);
    run(&j, 1, &p);
    let full = |tx: &Transaction<'_>| Ok(tx.execute_batch("PRAGMA max_page_count = 1")?);
    j.write("fill the disk", Durable::Soon, full).unwrap();
    let mut big = plan("stop", &["h/web"]);
    big.notes = vec!["x".repeat(100_000)];
    let e = j.begin(&operation(2, &big), &big).unwrap_err();
    assert!(e.chain().contains("state/journal.db: "), "{e:?}");
    assert_eq!(e.hint(), Some(open::FULL));
    // The next call opens the file anew, and nothing is half written.
    run(&j, 2, &p);
    assert_eq!(ids(&j.history(&HistoryQuery::default()).unwrap()), [2, 1]);
    assert_eq!(j.verify().unwrap().broken, None);
}

const PATH: &str = "TEST_JOURNAL_PATH";
const FIRST: &str = "TEST_JOURNAL_FIRST";
const MANY: u64 = 12;

/// Write `MANY` operations, with ids from `first`.
fn write_many(path: &Path, first: u64) {
    let j = SqliteJournal::open(path, Arc::new(SystemProcesses));
    for id in first..first + MANY {
        run(&j, id, &plan("stop", &["h/web", "h/db"]));
    }
}

/// This test, in a process of its own.
fn process(name: &str, path: &Path, first: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg(format!("journal::tests::{name}"))
        .env(PATH, path)
        .env(FIRST, first.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn task() -> Option<(PathBuf, u64)> {
    let first = std::env::var(FIRST).ok()?.parse().ok()?;
    Some((std::env::var_os(PATH)?.into(), first))
}

#[test]
#[ignore = "the other process of many_write_at_once"]
fn a_writer() {
    if let Some((path, first)) = task() {
        write_many(&path, first);
    }
}

#[test]
#[ignore = "the process that a_killed_process_is_found kills"]
fn a_victim() {
    let Some((path, id)) = task() else { return };
    let j = SqliteJournal::open(path, Arc::new(SystemProcesses));
    let p = plan("stop", &["h/web"]);
    let mut op = operation(id, &p);
    j.begin(&op, &p).unwrap();
    op.steps[0].outcome = Outcome::Running;
    j.step(&op, 0).unwrap();
    println!("\nbegun");
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[test]
fn many_write_at_once() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("state/journal.db");
    let mut children: Vec<Child> = (0..2)
        .map(|n| process("a_writer", &path, 1000 * (n + 1)))
        .collect();
    std::thread::scope(|scope| {
        for n in 3..5 {
            let path = &path;
            scope.spawn(move || write_many(path, 1000 * n));
        }
        let reader = SqliteJournal::open(&path, Arc::new(SystemProcesses));
        let total = 4 * MANY as usize;
        loop {
            // Reading meets a state between transactions, never in one.
            assert_eq!(reader.verify().unwrap().broken, None);
            assert!(reader.recover(time(0)).unwrap().is_empty());
            let all = reader.history(&HistoryQuery::default()).unwrap();
            if all.iter().filter(|r| !r.operation.is_running()).count() == total {
                break;
            }
            for child in &mut children {
                let ended = child.try_wait().unwrap();
                assert!(ended.is_none_or(|status| status.success()), "{ended:?}");
            }
        }
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let j = SqliteJournal::open(&path, Arc::new(SystemProcesses));
    let report = j.verify().unwrap();
    assert_eq!((report.entries, report.broken), (4 * MANY * 6, None));
}

#[test]
fn a_killed_process_is_found() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let mut child = process("a_victim", &path, 5);
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == "begun"));
    let j = SqliteJournal::open(&path, Arc::new(SystemProcesses));
    assert!(j.recover(time(9)).unwrap().is_empty(), "it is alive");
    child.kill().unwrap();
    child.wait().unwrap();
    let found = j.recover(time(9)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].steps[0].outcome, Outcome::Interrupted);
    assert_eq!(j.verify().unwrap().broken, None);
}

/// Something that happens to a journal.
#[derive(Debug, Clone)]
enum Event {
    Begin {
        process: u32,
        targets: usize,
    },
    Step {
        operation: usize,
        step: usize,
        outcome: usize,
    },
    Finish {
        operation: usize,
    },
    Die {
        process: u32,
    },
    Recover,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..3_u32, 0..4_usize).prop_map(|(process, targets)| Event::Begin { process, targets }),
        6 => (0..8_usize, 0..4_usize, 0..9_usize)
            .prop_map(|(operation, step, outcome)| Event::Step { operation, step, outcome }),
        2 => (0..8_usize).prop_map(|operation| Event::Finish { operation }),
        1 => (0..3_u32).prop_map(|process| Event::Die { process }),
        1 => Just(Event::Recover),
    ]
}

/// What the journal should say.
#[derive(Default)]
struct Model {
    operations: Vec<(Operation, u32)>,
    dead: BTreeSet<u32>,
}

impl Model {
    fn happen(&mut self, event: &Event, j: &SqliteJournal, fake: &Fake) {
        match *event {
            Event::Begin { process, targets } => {
                if self.dead.contains(&process) {
                    return;
                }
                fake.be(process);
                let all = ["a/x", "a/y", "b/x", "b/z"];
                let p = plan("stop", &all[..targets]);
                let op = operation(self.operations.len() as u64, &p);
                j.begin(&op, &p).unwrap();
                self.operations.push((op, process));
            }
            Event::Step {
                operation,
                step,
                outcome,
            } => {
                let Some((op, process)) = self.operations.get_mut(operation) else {
                    return;
                };
                if self.dead.contains(process) || step >= op.steps.len() || !op.is_running() {
                    return;
                }
                op.steps[step].outcome = Outcome::ALL[outcome];
                op.steps[step].attempts += 1;
                j.step(op, step).unwrap();
            }
            Event::Finish { operation } => {
                let Some((op, process)) = self.operations.get_mut(operation) else {
                    return;
                };
                if self.dead.contains(process) || !op.is_running() {
                    return;
                }
                op.outcome = Outcome::Partial;
                op.finished = Some(time(77));
                j.finish(op).unwrap();
            }
            Event::Die { process } => {
                fake.die(process);
                self.dead.insert(process);
            }
            Event::Recover => {
                let mut expected = Vec::new();
                for (op, process) in &mut self.operations {
                    if self.dead.contains(process) && op.is_running() {
                        *op = interrupt(op.clone(), time(99));
                        expected.push(op.clone());
                    }
                }
                assert_eq!(j.recover(time(99)).unwrap(), expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_journal_tells_what_happened(events in prop::collection::vec(event(), 0..40)) {
        let dir = TempDir::new().unwrap();
        let fake = Fake::new();
        let j = SqliteJournal::open(dir.path().join("j.db"), fake.clone());
        let mut model = Model::default();
        for event in &events {
            model.happen(event, &j, &fake);
        }
        let told: Vec<Operation> = j
            .history(&HistoryQuery::default())
            .unwrap()
            .into_iter()
            .map(|r| r.operation)
            .collect();
        let expected: Vec<Operation> =
            model.operations.iter().rev().map(|(op, _)| op.clone()).collect();
        prop_assert_eq!(told, expected);
        prop_assert_eq!(j.verify().unwrap().broken, None);
    }

    #[test]
    fn no_change_of_an_entry_goes_unnoticed(
        seq in 1..=8_i64,
        column in prop::sample::select(vec!["op", "kind", "content", "prev", "hash"]),
        at in 0..4000_usize,
    ) {
        let dir = TempDir::new().unwrap();
        let j = filled(&dir, 2);
        let sql = if column == "op" {
            format!("UPDATE entries SET op = op + 1 WHERE seq = {seq}")
        } else {
            // One character becomes another one.
            format!(
                "UPDATE entries SET {column} = substr({column}, 1, {at} % length({column}))
                 || CASE substr({column}, {at} % length({column}) + 1, 1) WHEN 'x' THEN 'y' ELSE 'x' END
                 || substr({column}, {at} % length({column}) + 2) WHERE seq = {seq}"
            )
        };
        let said = tamper(&j, &sql);
        prop_assert!(said.starts_with(&format!("entry {seq} ")), "{}", said);
    }
}
