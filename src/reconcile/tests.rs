//! The core on paused time, over engines in memory.

mod changing;
mod failing;
mod properties;
mod publishing;
mod replacing;
mod talking;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use super::fake::{FakeEngine, Log, MemoryJournal, TestClock, cid};
use super::*;
use crate::domain::error::{ErrorKind, Result};
use crate::domain::fake::*;
use crate::domain::guardrail::Answer;
use crate::domain::id::{HostId, Kind, OpId};
use crate::domain::intent::{Actor, Intent, Origin, Target};
use crate::domain::observed::ContainerState as State;
use crate::domain::operation::{Operation, Outcome};
use crate::domain::port::Journal;
use crate::domain::snapshot::{HostShard, Link, Snapshot};

/// Nothing here takes so long, even on a host that is waited for.
const PATIENCE: Duration = Duration::from_secs(3600);

struct Rig {
    core: Core,
    log: Log,
    engines: Vec<Arc<FakeEngine>>,
    journal: Arc<MemoryJournal>,
}

/// A core over engines that have what the fixtures show.
fn rig(shards: impl IntoIterator<Item = HostShard>) -> Rig {
    rig_with(shards, |_| {})
}

fn rig_with(shards: impl IntoIterator<Item = HostShard>, set: impl FnOnce(&mut Settings)) -> Rig {
    prepared(shards, set, |_| {})
}

/// `prepare` is shown every engine before the core is started.
fn prepared(
    shards: impl IntoIterator<Item = HostShard>,
    set: impl FnOnce(&mut Settings),
    prepare: impl Fn(&FakeEngine),
) -> Rig {
    let (log, clock) = (Log::default(), Arc::new(TestClock::new()));
    let mut settings = Settings {
        disk: Duration::ZERO,
        ..Settings::default()
    };
    set(&mut settings);
    let shards: Vec<HostShard> = shards.into_iter().collect();
    let engines: Vec<_> = shards
        .iter()
        .map(|s| FakeEngine::new(s, &log, &clock))
        .collect();
    let hosts = shards.iter().zip(&engines).map(|(s, e)| {
        prepare(e);
        HostSpec {
            facts: Arc::clone(&s.facts),
            engine: Arc::clone(e) as Arc<dyn Engine>,
            calls: 4,
        }
    });
    let journal = MemoryJournal::new(&log);
    let core = Core::start(
        hosts.collect(),
        settings,
        Arc::clone(&journal) as Arc<dyn Journal>,
        clock,
    );
    Rig {
        core,
        log,
        engines,
        journal,
    }
}

impl Rig {
    fn handle(&self) -> CoreHandle {
        self.core.handle()
    }

    fn engine(&self) -> &FakeEngine {
        &self.engines[0]
    }

    /// The picture, once it is as described.
    async fn until(&self, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        until(&self.handle(), what, is).await
    }

    async fn ready(self) -> Self {
        self.until("every host is live", |s| {
            s.hosts.iter().all(|h| h.link.is_live())
        })
        .await;
        self
    }

    /// Submit; a yes is given to what demands one.
    async fn submit(&self, intent: Intent) -> Result<OpId> {
        let core = self.handle();
        let preview = core.preview(intent)?;
        core.submit(preview, &Answer::Yes, actor(), Origin::Cli)
            .await
    }

    /// Submit and wait for the end.
    async fn run(&self, intent: Intent) -> Arc<Operation> {
        let id = self.submit(intent).await.unwrap();
        self.ended(id).await
    }

    async fn ended(&self, id: OpId) -> Arc<Operation> {
        let core = self.handle();
        let end = core.follow(id, |_| {});
        tokio::time::timeout(PATIENCE, end).await.unwrap().unwrap()
    }

    fn state(&self, name: &str) -> Option<State> {
        state(&self.handle().snapshot(), name)
    }

    /// The changes that engines were asked for, in order.
    fn changes(&self) -> Vec<String> {
        let mut all = self.log.all();
        all.retain(|l| !l.starts_with("journal") && l.contains(" run "));
        all
    }
}

fn actor() -> Actor {
    Actor {
        user: Arc::from("tester"),
        ssh_client: None,
        pid: 7,
    }
}

async fn until(core: &CoreHandle, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let mut snapshots = core.snapshots();
    let wait = async {
        let found = snapshots.wait_for(|s| is(s)).await.unwrap();
        Arc::clone(&found)
    };
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("never: {what}; the last picture: {:#?}", core.snapshot()))
}

fn state(snapshot: &Snapshot, name: &str) -> Option<State> {
    let all = snapshot.hosts.iter().flat_map(|h| h.containers.iter());
    all.filter(|c| *c.name == *name).map(|c| c.state).next()
}

fn word(snapshot: &Snapshot, host: &str) -> &'static str {
    snapshot.host(&HostId::new(host)).unwrap().link.word()
}

fn web() -> HostShard {
    live("h").with_containers([container("web", State::Running)])
}

fn on(names: &[&str]) -> Vec<Target> {
    names
        .iter()
        .map(|n| target("h", Kind::Container, n))
        .collect()
}

fn start(names: &[&str]) -> Intent {
    Intent::Start { targets: on(names) }
}

fn stop(names: &[&str]) -> Intent {
    Intent::Stop {
        targets: on(names),
        timeout: None,
    }
}

fn restart(names: &[&str]) -> Intent {
    Intent::Restart {
        targets: on(names),
        timeout: None,
    }
}

fn remove(names: &[&str]) -> Intent {
    Intent::Remove {
        targets: on(names),
        force: false,
        volumes: false,
    }
}
