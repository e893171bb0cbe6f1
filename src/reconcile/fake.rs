//! Engines, a journal and a clock for tests: in memory, on tokio's paused time, with faults.

mod world;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

pub(super) use self::world::{AUTO_REMOVE, KEPT_UP, ONE_SHOT, World};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::EngineEvent;
use crate::domain::fake::epoch;
use crate::domain::files::Layer;
use crate::domain::id::{Kind, ObjectId, ObjectRef, OpId};
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::observed::{Container, DiskUse, EngineInfo, Image, Network, Swarm, Volume};
use crate::domain::operation::{Operation, Outcome, Progress};
use crate::domain::plan::{Action, Plan};
use crate::domain::port::{
    AttachSpec, BoxFuture, BoxStream, ByteStream, ChainReport, Clock, Done, Engine, ExecSpec,
    HistoryQuery, Journal, PathStat, ProgressSink, Record, Session, SessionControl, Top,
};
use crate::domain::snapshot::HostShard;
use crate::domain::spec::ContainerSpec;
use crate::domain::stats::StatsSample;

/// How long a call to an engine that does not answer takes.
pub(super) const CALL: Duration = Duration::from_secs(10);

/// What happened, in order, on all engines and in the journal.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The lines that begin so.
    pub(super) fn of(&self, prefix: &str) -> Vec<String> {
        let mut all = self.all();
        all.retain(|l| l.starts_with(prefix));
        all
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

/// Tokio's clock, so that it is paused with it.
#[derive(Debug)]
pub(super) struct TestClock(Instant);

impl TestClock {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        epoch() + self.0.elapsed()
    }
}

/// How an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Up,
    /// Nobody listens.
    Down,
    /// It refuses us.
    Denied,
    /// It takes calls and does not answer; events stay open.
    Frozen,
}

/// What happens to one call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It fails and does nothing.
    Fail(ErrorKind),
    /// It is carried out, and the answer does not come back.
    Lost(ErrorKind),
    /// It takes so long.
    Slow(Duration),
    /// A bug.
    Panic,
}

/// The pieces of an archive; an error ends it in the middle.
pub(super) type Archive = Vec<Result<Bytes>>;

struct State {
    world: World,
    reach: Reach,
    /// Every call takes so long; changes take `takes` more.
    latency: Duration,
    takes: Duration,
    /// For the next calls whose line begins so.
    faults: VecDeque<(String, Fault)>,
    /// For every call whose line begins so.
    always: Vec<(String, Fault)>,
    listeners: Vec<mpsc::Sender<Result<EngineEvent>>>,
    /// Events are kept back instead of sent.
    held: Option<Vec<EngineEvent>>,
    /// The list of containers that is given instead of the true one.
    old_list: Option<Vec<Container>>,
    /// What is at paths of containers, and the archives of it.
    paths: BTreeMap<String, (PathStat, Archive)>,
    /// Headers of the event stream come with the first event only.
    late_headers: bool,
    active: BTreeMap<String, usize>,
    most_at_once: usize,
    resets: usize,
}

/// An engine in memory.
pub(super) struct FakeEngine {
    host: String,
    log: Log,
    clock: Arc<TestClock>,
    state: Mutex<State>,
    happened: Notify,
}

impl fmt::Debug for FakeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FakeEngine({})", self.host)
    }
}

impl FakeEngine {
    /// With what a fixture shows.
    pub(super) fn new(shard: &HostShard, log: &Log, clock: &Arc<TestClock>) -> Arc<Self> {
        let state = State {
            world: World::new(shard),
            reach: Reach::Up,
            latency: Duration::from_millis(1),
            takes: Duration::from_millis(10),
            faults: VecDeque::new(),
            always: Vec::new(),
            listeners: Vec::new(),
            held: None,
            old_list: None,
            paths: BTreeMap::new(),
            late_headers: false,
            active: BTreeMap::new(),
            most_at_once: 0,
            resets: 0,
        };
        Arc::new(Self {
            host: shard.id().to_string(),
            log: log.clone(),
            clock: Arc::clone(clock),
            state: Mutex::new(state),
            happened: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked inside says so itself.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Put a file or directory there.
    pub(super) fn put_path(&self, path: &str, stat: PathStat, archive: Archive) {
        self.state().paths.insert(path.to_owned(), (stat, archive));
    }

    pub(super) fn reach(&self, reach: Reach) {
        let mut state = self.state();
        state.reach = reach;
        if matches!(reach, Reach::Down | Reach::Denied) {
            state.listeners.clear();
        }
    }

    pub(super) fn latency(&self, each: Duration) {
        self.state().latency = each;
    }

    pub(super) fn takes(&self, each: Duration) {
        self.state().takes = each;
    }

    /// The next call whose line (`run stop web`, `inspect web`, `images`) begins so goes wrong.
    pub(super) fn fault(&self, call: &str, fault: Fault) {
        self.state().faults.push_back((call.to_owned(), fault));
    }

    /// Every call whose line begins so goes wrong from now on.
    pub(super) fn always(&self, call: &str, fault: Fault) {
        self.state().always.push((call.to_owned(), fault));
    }

    pub(super) fn well_again(&self) {
        let mut state = self.state();
        state.always.clear();
        state.faults.clear();
        state.reach = Reach::Up;
    }

    pub(super) fn late_headers(&self) {
        self.state().late_headers = true;
    }

    /// End the event streams.
    pub(super) fn cut(&self) {
        self.state().listeners.clear();
    }

    /// End the event streams with an error.
    pub(super) fn break_events(&self, kind: ErrorKind) {
        for l in std::mem::take(&mut self.state().listeners) {
            let _ = l.try_send(Err(Error::new(kind, "the stream broke")));
        }
    }

    pub(super) fn listeners(&self) -> usize {
        let mut state = self.state();
        state.listeners.retain(|l| !l.is_closed());
        state.listeners.len()
    }

    /// Keep events back from now on.
    pub(super) fn hold(&self) {
        self.state().held.get_or_insert_default();
    }

    /// The events kept back so far.
    pub(super) fn held(&self) -> Vec<EngineEvent> {
        std::mem::take(self.state().held.get_or_insert_default())
    }

    pub(super) fn deliver(&self, event: EngineEvent) {
        let mut state = self.state();
        state
            .listeners
            .retain(|l| l.try_send(Ok(event.clone())).is_ok());
        drop(state);
        self.happened.notify_waiters();
    }

    /// Lists of containers show this moment until told otherwise.
    pub(super) fn lists_lag(&self, lag: bool) {
        let mut state = self.state();
        state.old_list = lag.then(|| state.world.list());
    }

    /// Somebody else changes something; listeners hear of it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let (result, events) = {
            let mut state = self.state();
            state.world.now = self.clock.now();
            let result = change(&mut state.world);
            let events = state.world.events();
            match &mut state.held {
                Some(held) => {
                    held.extend(events);
                    (result, Vec::new())
                }
                None => (result, events),
            }
        };
        for event in events {
            self.deliver(event);
        }
        result
    }

    pub(super) fn see<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.state().world)
    }

    /// The most changes that were under way at once.
    pub(super) fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    pub(super) fn resets(&self) -> usize {
        self.state().resets
    }

    /// One call: written down, delayed, and failed if it shall. `effect` is carried out at its end.
    async fn call<T>(&self, line: String, effect: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.log.push(format!("{} {line}", self.host));
        let (reach, latency, fault) = {
            let mut state = self.state();
            let fits = |(prefix, _): &(String, Fault)| line.starts_with(prefix.as_str());
            let once = state.faults.iter().position(fits);
            let fault = once.and_then(|n| state.faults.remove(n)).map(|(_, f)| f);
            let always = state.always.iter().find(|f| fits(f)).map(|(_, f)| *f);
            (state.reach, state.latency, fault.or(always))
        };
        let error = |kind| Error::new(kind, format!("{line}: {}", kind.word()));
        match reach {
            Reach::Up => {}
            Reach::Down => return Err(error(ErrorKind::Unreachable)),
            Reach::Denied => return Err(error(ErrorKind::Denied)),
            Reach::Frozen => {
                tokio::time::sleep(CALL).await;
                return Err(error(ErrorKind::TimedOut));
            }
        }
        tokio::time::sleep(latency).await;
        match fault {
            Some(Fault::Fail(ErrorKind::TimedOut)) => {
                tokio::time::sleep(CALL).await;
                Err(error(ErrorKind::TimedOut))
            }
            Some(Fault::Fail(kind)) => Err(error(kind)),
            Some(Fault::Lost(kind)) => {
                effect(self)?;
                Err(error(kind))
            }
            Some(Fault::Slow(wait)) => {
                tokio::time::sleep(wait).await;
                effect(self)
            }
            Some(Fault::Panic) => panic!("{line}: a bug on purpose"),
            None => effect(self),
        }
    }

    fn not_found<T>(found: Option<T>, id: &str) -> Result<T> {
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no such object: {id}")))
    }
}

/// Counts changes under way, also when they are cut.
struct Active<'a>(&'a FakeEngine, String);

impl<'a> Active<'a> {
    fn new(engine: &'a FakeEngine, object: &ObjectRef) -> Self {
        let key = format!("{}/{}{}", object.kind, object.id, object.name);
        let mut state = engine.state();
        let on_it = state.active.entry(key.clone()).or_default();
        *on_it += 1;
        let is_known = !object.id.as_str().is_empty() || !object.name.is_empty();
        assert!(*on_it == 1 || !is_known, "two changes of {key} at once");
        let sum = state.active.values().sum();
        state.most_at_once = state.most_at_once.max(sum);
        drop(state);
        Self(engine, key)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        if let Some(n) = self.0.state().active.get_mut(&self.1) {
            *n -= 1;
        }
    }
}

type Called<'a, T> = BoxFuture<'a, Result<T>>;

impl Engine for FakeEngine {
    fn connect(&self) -> Called<'_, Duration> {
        Box::pin(self.call("connect".into(), |_| Ok(Duration::from_millis(1))))
    }

    fn ping(&self) -> Called<'_, Duration> {
        Box::pin(self.call("ping".into(), |_| Ok(Duration::from_millis(1))))
    }

    fn reset(&self) {
        self.state().resets += 1;
    }

    fn info(&self) -> Called<'_, EngineInfo> {
        Box::pin(self.call("info".into(), |e| Ok(e.state().world.info.clone())))
    }

    fn disk_use(&self) -> Called<'_, DiskUse> {
        Box::pin(self.call("disk".into(), |_| Ok(DiskUse::default())))
    }

    fn containers(&self) -> Called<'_, Vec<Container>> {
        Box::pin(self.call("containers".into(), |e| {
            let state = e.state();
            Ok(state.old_list.clone().unwrap_or_else(|| state.world.list()))
        }))
    }

    fn images(&self) -> Called<'_, Vec<Image>> {
        Box::pin(self.call("images".into(), |e| {
            Ok(e.state().world.images.values().cloned().collect())
        }))
    }

    fn volumes(&self) -> Called<'_, Vec<Volume>> {
        Box::pin(self.call("volumes".into(), |e| {
            Ok(e.state().world.volumes.values().cloned().collect())
        }))
    }

    fn networks(&self) -> Called<'_, Vec<Network>> {
        Box::pin(self.call("networks".into(), |e| {
            Ok(e.state().world.networks.values().cloned().collect())
        }))
    }

    fn swarm(&self) -> Called<'_, Option<Swarm>> {
        Box::pin(self.call("swarm".into(), |e| Ok(e.state().world.swarm.clone())))
    }

    fn container<'a>(&'a self, id: &'a str) -> Called<'a, Container> {
        let name = self.see(|w| w.name_of(id));
        Box::pin(self.call(format!("inspect {name}"), move |e| {
            let found = e.state().world.container(id).cloned();
            let inspected = found.map(|c| Container {
                inspected: true,
                ..c
            });
            Self::not_found(inspected, id)
        }))
    }

    fn image<'a>(&'a self, id: &'a str) -> Called<'a, Image> {
        Box::pin(self.call(format!("image {id}"), move |e| {
            Self::not_found(e.state().world.image(id).cloned(), id)
        }))
    }

    fn volume<'a>(&'a self, name: &'a str) -> Called<'a, Volume> {
        Box::pin(self.call(format!("volume {name}"), move |e| {
            Self::not_found(e.state().world.volumes.get(name).cloned(), name)
        }))
    }

    fn network<'a>(&'a self, id: &'a str) -> Called<'a, Network> {
        Box::pin(self.call(format!("network {id}"), move |e| {
            Self::not_found(e.state().world.network(id).cloned(), id)
        }))
    }

    fn spec<'a>(&'a self, id: &'a str) -> Called<'a, ContainerSpec> {
        Box::pin(async move {
            let state = self.state();
            let found = state.world.container(id).map(|c| {
                let made = state.world.specs.get(&c.id).cloned();
                made.unwrap_or_else(|| ContainerSpec {
                    image: c.image.to_string(),
                    ..ContainerSpec::default()
                })
            });
            Self::not_found(found, id)
        })
    }

    fn layers<'a>(&'a self, image: &'a str) -> Called<'a, Vec<Layer>> {
        Box::pin(self.call(format!("layers {image}"), |_| Ok(Vec::new())))
    }

    fn inspect<'a>(&'a self, _: Kind, id: &'a str) -> Called<'a, serde_json::Value> {
        Box::pin(self.call(format!("document {id}"), |_| Ok(serde_json::Value::Null)))
    }

    fn events(
        &self,
        _: Option<DateTime<Utc>>,
        _: Option<DateTime<Utc>>,
    ) -> Called<'_, BoxStream<Result<EngineEvent>>> {
        Box::pin(async {
            let late = self.state().late_headers;
            if late {
                let first = self.happened.notified();
                if tokio::time::timeout(CALL, first).await.is_err() {
                    return Err(Error::new(ErrorKind::TimedOut, "no headers"));
                }
            }
            self.call("events".into(), |e| {
                let (tell, hear) = mpsc::channel(4096);
                e.state().listeners.push(tell);
                let events = stream::unfold(hear, |mut hear| async {
                    let event = hear.recv().await?;
                    Some((event, hear))
                });
                Ok(Box::pin(events) as BoxStream<_>)
            })
            .await
        })
    }

    fn stats<'a>(&'a self, id: &'a str) -> Called<'a, StatsSample> {
        let name = self.see(|w| w.name_of(id));
        Box::pin(self.call(format!("stats {name}"), |e| {
            Ok(StatsSample {
                read: Some(e.clock.now()),
                memory: 7,
                ..StatsSample::default()
            })
        }))
    }

    fn logs<'a>(&'a self, id: &'a str, _: LogOptions) -> Called<'a, BoxStream<Result<LogLine>>> {
        Box::pin(self.call(format!("logs {id}"), |_| {
            Ok(Box::pin(stream::empty()) as BoxStream<_>)
        }))
    }

    fn top<'a>(&'a self, id: &'a str, _: &'a str) -> Called<'a, Top> {
        Box::pin(self.call(format!("top {id}"), |_| {
            Ok(Top {
                titles: Vec::new(),
                processes: Vec::new(),
            })
        }))
    }

    fn run<'a>(
        &'a self,
        action: &'a Action,
        target: &'a ObjectRef,
        progress: ProgressSink,
    ) -> Called<'a, Done> {
        Box::pin(async move {
            let _active = Active::new(self, target);
            progress(Progress {
                text: Arc::from("at work"),
                current: 1,
                total: 2,
            });
            let takes = self.state().takes;
            let line = format!("run {} {}", action.verb(), target.label());
            let reached = self.state().reach == Reach::Up;
            if reached {
                tokio::time::sleep(takes).await;
            }
            self.call(line, |e| e.change(|w| w.run(action, target)))
                .await
        })
    }

    fn exec<'a>(&'a self, id: &'a str, spec: &'a ExecSpec) -> Called<'a, Session> {
        let line = format!(
            "exec {} {}",
            self.see(|w| w.name_of(id)),
            spec.command.join(" ")
        );
        Box::pin(self.call(line, |_| Ok(session())))
    }

    fn attach<'a>(&'a self, id: &'a str, _: &'a AttachSpec) -> Called<'a, Session> {
        let line = format!("attach {}", self.see(|w| w.name_of(id)));
        Box::pin(self.call(line, |_| Ok(session())))
    }

    fn wait<'a>(&'a self, id: &'a str) -> Called<'a, i64> {
        Box::pin(self.call(format!("wait {id}"), |_| Ok(0)))
    }

    fn stat<'a>(&'a self, id: &'a str, path: &'a str) -> Called<'a, PathStat> {
        Box::pin(self.call(format!("stat {id}"), move |e| {
            let stat = e.state().paths.get(path).map(|(stat, _)| stat.clone());
            Self::not_found(stat, path)
        }))
    }

    fn download<'a>(&'a self, id: &'a str, path: &'a str) -> Called<'a, ByteStream> {
        Box::pin(self.call(format!("download {id}"), move |e| {
            let pieces = e.state().paths.get(path).map(|(_, p)| p.clone());
            let pieces = Self::not_found(pieces, path)?;
            Ok(Box::pin(stream::iter(pieces)) as ByteStream)
        }))
    }

    fn upload<'a>(&'a self, id: &'a str, directory: &'a str, _: ByteStream) -> Called<'a, ()> {
        let line = format!("upload {} {directory}", self.see(|w| w.name_of(id)));
        Box::pin(self.call(line, |_| Ok(())))
    }
}

struct NoControl;

impl SessionControl for NoControl {
    fn resize(&self, _: u16, _: u16) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn exit_code(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(std::future::ready(Ok(0)))
    }
}

fn session() -> Session {
    Session {
        input: Box::pin(tokio::io::sink()),
        output: Box::pin(stream::empty()),
        tty: false,
        control: Arc::new(NoControl),
    }
}

/// A journal in memory.
#[derive(Debug)]
pub(super) struct MemoryJournal {
    log: Log,
    records: Mutex<BTreeMap<OpId, Record>>,
    /// What fails: `begin`, `step`, `finish`.
    broken: Mutex<Vec<&'static str>>,
}

impl MemoryJournal {
    pub(super) fn new(log: &Log) -> Arc<Self> {
        Arc::new(Self {
            log: log.clone(),
            records: Mutex::default(),
            broken: Mutex::default(),
        })
    }

    pub(super) fn break_down(&self, what: &'static str) {
        self.broken.lock().unwrap().push(what);
    }

    pub(super) fn record(&self, id: OpId) -> Option<Record> {
        self.records.lock().unwrap().get(&id).cloned()
    }

    fn write(&self, what: &'static str, operation: &Operation, detail: &str) -> Result<()> {
        if self.broken.lock().unwrap().contains(&what) {
            return Err(Error::internal("the disk is full"));
        }
        self.log
            .push(format!("journal {what} {}{detail}", operation.title));
        let mut records = self.records.lock().unwrap();
        let record = records.entry(operation.id).or_insert_with(|| Record {
            operation: operation.clone(),
            plan: None,
        });
        record.operation = operation.clone();
        Ok(())
    }
}

impl Journal for MemoryJournal {
    fn begin(&self, operation: &Operation, plan: &Plan) -> Result<()> {
        self.write("begin", operation, "")?;
        let mut records = self.records.lock().unwrap();
        if let Some(record) = records.get_mut(&operation.id) {
            record.plan = Some(plan.clone());
        }
        Ok(())
    }

    fn step(&self, operation: &Operation, step: usize) -> Result<()> {
        let state = &operation.steps[step];
        let detail = format!(": {step} {}", state.outcome.word());
        self.write("step", operation, &detail)
    }

    fn finish(&self, operation: &Operation) -> Result<()> {
        assert_ne!(operation.outcome, Outcome::Running);
        self.write("finish", operation, "")
    }

    fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>> {
        let records = self.records.lock().unwrap();
        let fits = |r: &&Record| query.id.is_none_or(|id| r.operation.id == id);
        Ok(records.values().rev().filter(fits).cloned().collect())
    }

    fn verify(&self) -> Result<ChainReport> {
        Ok(ChainReport {
            entries: 0,
            broken: None,
            head: String::new(),
        })
    }

    fn recover(&self, _: DateTime<Utc>) -> Result<Vec<Operation>> {
        Ok(Vec::new())
    }
}

/// The id of what a fixture calls so.
pub(super) fn cid(name: &str) -> ObjectId {
    crate::domain::fake::id(name)
}
