//! Puts the parts together and gives operations their turns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::executor::Execution;
use super::handle::{Command, CoreHandle, HostEntry, Shared, Submission};
use super::host::{HostActor, Told};
use super::hub::{Hub, HubMessage};
use super::step::Bench;
use super::{HostSpec, Settings};
use crate::domain::id::{HostId, Kind, ObjectRef, OpId};
use crate::domain::operation::Operation;
use crate::domain::plan::{Action, Step};
use crate::domain::port::{Clock, Journal};
use crate::domain::snapshot::{HostShard, Snapshot};

/// The running core. Dropping it stops watching; operations in flight are cut, and the journal
/// says so. [`Core::close`] lets them finish.
#[derive(Debug)]
pub struct Core {
    handle: CoreHandle,
    closing: CancellationToken,
}

impl Core {
    /// Watch `hosts` from now on; call it inside a tokio runtime.
    pub fn start(
        hosts: Vec<HostSpec>,
        settings: Settings,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let closing = CancellationToken::new();
        let first = Snapshot {
            rev: 0,
            hosts: Arc::new(
                hosts
                    .iter()
                    .map(|h| Arc::new(HostShard::new(Arc::clone(&h.facts))))
                    .collect(),
            ),
            operations: Arc::default(),
            read_only: settings.policy.read_only,
        };
        let (snapshots_in, snapshots) = watch::channel(Arc::new(first));
        let (hub, inbox) = mpsc::channel(256);
        let (events, _) = broadcast::channel(1024);
        let (commands, requests) = mpsc::channel(64);
        let mut entries = IndexMap::new();
        let mut benches = BTreeMap::new();
        let shared_settings = Arc::new(settings.clone());
        for spec in hosts {
            let id = spec.facts.id.clone();
            let (tell, commands) = mpsc::channel(32);
            let (show, looks) = watch::channel(Vec::new());
            let engine = Arc::clone(&spec.engine);
            let bench = Bench {
                engine: Arc::clone(&engine),
                calls: Arc::new(Semaphore::new(spec.calls.max(1))),
                host: tell.clone(),
                settings: Arc::clone(&shared_settings),
                clock: Arc::clone(&clock),
            };
            benches.insert(id.clone(), bench);
            entries.insert(
                id,
                HostEntry {
                    engine,
                    commands: tell,
                    looks: show,
                },
            );
            let actor = HostActor::new(
                spec,
                settings.clone(),
                Arc::clone(&clock),
                hub.clone(),
                events.clone(),
                Told { commands, looks },
                closing.clone(),
            );
            tokio::spawn(actor.run());
        }
        let turns = Turns {
            benches: Arc::new(benches),
            journal: Arc::clone(&journal),
            clock: Arc::clone(&clock),
            hub,
            tails: FxHashMap::default(),
            running: JoinSet::new(),
            cancels: FxHashMap::default(),
        };
        tokio::spawn(turns.run(requests, closing.clone()));
        let hub = Hub {
            inbox,
            out: snapshots_in,
            pause: settings.publish,
            keep: settings.operations,
        };
        tokio::spawn(hub.run());
        let shared = Shared {
            hosts: entries,
            snapshots,
            events,
            commands,
            settings,
            journal,
            clock,
        };
        let handle = CoreHandle {
            shared: Arc::new(shared),
        };
        Self { handle, closing }
    }

    /// What everybody else holds.
    pub fn handle(&self) -> CoreHandle {
        self.handle.clone()
    }

    /// Let operations in flight finish, then stop.
    pub async fn close(self) {
        self.handle.drain().await;
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// A new id: sorted by time, unique over processes.
pub(super) fn new_id(now: DateTime<Utc>, pid: u32) -> OpId {
    static COUNTER: AtomicU16 = AtomicU16::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // Processes of the same millisecond start at different places.
    let low = (pid as u16).wrapping_mul(0x9e37).wrapping_add(count);
    OpId((now.timestamp_millis().max(0) as u64) << 16 | u64::from(low))
}

/// Starts operations. On one object they go one after the other, in the order they came.
struct Turns {
    benches: Arc<BTreeMap<HostId, Bench>>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    hub: mpsc::Sender<HubMessage>,
    /// The ends of all operations on each object that are not over. Not of the last alone: when it
    /// is cancelled, the one before it may still be at work.
    tails: FxHashMap<ObjectRef, Vec<CancellationToken>>,
    running: JoinSet<OpId>,
    cancels: FxHashMap<OpId, CancellationToken>,
}

impl Turns {
    async fn run(mut self, mut requests: mpsc::Receiver<Command>, closing: CancellationToken) {
        let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            if self.running.is_empty() {
                for done in waiting.drain(..) {
                    let _ = done.send(());
                }
            }
            tokio::select! {
                () = closing.cancelled() => return,
                Some(ended) = self.running.join_next(), if !self.running.is_empty() => {
                    match ended {
                        Ok(id) => { self.cancels.remove(&id); }
                        Err(e) => tracing::error!(error = %e, "an operation broke"),
                    }
                    self.tails.retain(|_, ends| {
                        ends.retain(|end| !end.is_cancelled());
                        !ends.is_empty()
                    });
                }
                request = requests.recv() => match request {
                    None => return,
                    Some(Command::Submit(submission)) => self.start(*submission),
                    Some(Command::Cancel(id)) => {
                        if let Some(cancel) = self.cancels.get(&id) {
                            cancel.cancel();
                        }
                    }
                    Some(Command::Drain(done)) => waiting.push(done),
                },
            }
        }
    }

    fn start(&mut self, submission: Submission) {
        let now = self.clock.now();
        let id = new_id(now, submission.actor.pid);
        let plan = submission.confirmed.plan();
        let mut operation = Operation::new(id, plan, submission.actor, submission.origin, now);
        operation.intent = Some(submission.intent);
        let over = CancellationToken::new();
        // First all turns that are waited for, then the own ones: an operation with several steps
        // on one object does not wait for itself.
        let turn = |step| -> Vec<CancellationToken> {
            let ends = keys(step).into_iter().filter_map(|k| self.tails.get(&k));
            ends.flatten().cloned().collect()
        };
        let turns = plan.steps.iter().map(turn).collect();
        for key in plan.steps.iter().flat_map(keys) {
            let ends = self.tails.entry(key).or_default();
            if ends.last() != Some(&over) {
                ends.push(over.clone());
            }
        }
        let cancel = CancellationToken::new();
        self.cancels.insert(id, cancel.clone());
        let execution = Execution {
            operation: Arc::new(operation),
            confirmed: submission.confirmed,
            benches: Arc::clone(&self.benches),
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            hub: self.hub.clone(),
            cancel,
            turns,
            over: over.drop_guard(),
        };
        self.running.spawn(async move {
            execution.run(submission.accepted).await;
            id
        });
    }
}

/// What a step has to wait its turn for: the objects it changes, and the name that shall be taken.
fn keys(step: &Step) -> Vec<ObjectRef> {
    let target = &step.target;
    let name = |name: &str| {
        let id = format!("name:{name}");
        ObjectRef::new(target.host.clone(), target.kind, id, name)
    };
    let mut keys = Vec::new();
    if !target.id.as_str().is_empty() {
        keys.push(target.clone());
    } else if !target.name.is_empty() && target.kind != Kind::Image {
        keys.push(name(&target.name));
    }
    match &step.action {
        Action::ConnectNetwork { container, .. } | Action::DisconnectNetwork { container, .. } => {
            keys.push(container.clone());
        }
        Action::RenameContainer { to } => keys.push(name(to)),
        _ => {}
    }
    keys
}
