//! What the console and the verbs hold of the core.

use std::sync::Arc;

use indexmap::IndexMap;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::Settings;
use super::host::HostCommand;
use super::reader::Reader;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::EngineEvent;
use crate::domain::guardrail::{self, Answer, Demand};
use crate::domain::id::{HostId, ObjectId, ObjectRef, OpId};
use crate::domain::intent::{Actor, Intent, Origin};
use crate::domain::operation::Operation;
use crate::domain::plan::{self, Plan};
use crate::domain::port::{AttachSpec, ExecSpec};
use crate::domain::port::{
    ByteStream, ChainReport, Clock, Engine, HistoryQuery, Journal, Record, Session,
};
use crate::domain::restore::{self, Removed};
use crate::domain::snapshot::Snapshot;
use crate::domain::text::{did_you_mean, glob};

/// An engine's event and where it happened.
#[derive(Debug, Clone)]
pub struct FleetEvent {
    pub host: HostId,
    pub event: Arc<EngineEvent>,
}

/// A plan, and what must be answered before it may run.
#[must_use]
#[derive(Debug, Clone)]
pub struct Preview {
    pub intent: Intent,
    pub plan: Plan,
    pub demand: Demand,
}

#[derive(Debug)]
pub(super) struct HostEntry {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) commands: mpsc::Sender<HostCommand>,
    pub(super) looks: watch::Sender<Vec<ObjectId>>,
}

/// Work for the task that gives operations their turns.
#[derive(Debug)]
pub(super) enum Command {
    Submit(Box<Submission>),
    Cancel(OpId),
    /// Answered when nothing runs any more.
    Drain(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(super) struct Submission {
    pub(super) confirmed: guardrail::Confirmed,
    pub(super) intent: Arc<Intent>,
    pub(super) actor: Actor,
    pub(super) origin: Origin,
    pub(super) accepted: oneshot::Sender<Result<OpId>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) hosts: IndexMap<HostId, HostEntry>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) events: broadcast::Sender<FleetEvent>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) settings: Settings,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The core, seen from outside. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CoreHandle {
    pub(super) shared: Arc<Shared>,
}

impl CoreHandle {
    /// The picture, now and from now on.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.snapshots.clone()
    }

    /// The picture now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.snapshots.borrow())
    }

    /// The engines' events from now on; a slow listener misses some and is told so.
    pub fn events(&self) -> broadcast::Receiver<FleetEvent> {
        self.shared.events.subscribe()
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The clock everything here goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    pub(super) fn entry(&self, host: &HostId) -> Result<&HostEntry> {
        self.shared.hosts.get(host).ok_or_else(|| {
            let e = Error::invalid(format!("no host is called {:?}", host.as_str()));
            match did_you_mean(host.as_str(), self.shared.hosts.keys().map(HostId::as_str)) {
                Some(near) => e.with_hint(format!("did you mean {near:?}?")),
                None => e,
            }
        })
    }

    /// Reads of one host.
    pub fn reader(&self, host: &HostId) -> Result<Reader> {
        Ok(Reader::new(
            host.clone(),
            Arc::clone(&self.entry(host)?.engine),
        ))
    }

    /// What would be done for `intent` now, and what has to be answered first. Refused here
    /// already: what read-only mode and guardrails forbid.
    pub fn preview(&self, intent: Intent) -> Result<Preview> {
        for host in intent.hosts() {
            self.entry(host)?;
        }
        let snapshot = self.snapshot();
        let plan = plan::plan(&intent, &snapshot)?;
        let demand = guardrail::judge(&plan, &self.shared.settings.policy, &snapshot)?;
        Ok(Preview {
            intent,
            plan,
            demand,
        })
    }

    /// Carry a plan out, if `answer` is what it demands. Returns as soon as it is in the journal.
    pub async fn submit(
        &self,
        preview: Preview,
        answer: &Answer,
        actor: Actor,
        origin: Origin,
    ) -> Result<OpId> {
        // Judged anew: the fleet and its labels may have changed, and a caller may forget.
        let policy = &self.shared.settings.policy;
        let demand = guardrail::judge(&preview.plan, policy, &self.snapshot())?;
        let (accepted, answered) = oneshot::channel();
        let submission = Submission {
            confirmed: guardrail::confirm(preview.plan, &demand, answer)?,
            intent: Arc::new(preview.intent),
            actor,
            origin,
            accepted,
        };
        self.command(Command::Submit(Box::new(submission))).await?;
        answered.await.map_err(|_| closing())?
    }

    /// Stop an operation before its next step; what is being done is finished.
    pub async fn cancel(&self, operation: OpId) -> Result<()> {
        self.command(Command::Cancel(operation)).await
    }

    async fn command(&self, command: Command) -> Result<()> {
        self.shared
            .commands
            .send(command)
            .await
            .map_err(|_| closing())
    }

    /// The operation when it is over; every change on the way is told to `seen`.
    pub async fn follow(
        &self,
        operation: OpId,
        mut seen: impl FnMut(&Operation) + Send,
    ) -> Result<Arc<Operation>> {
        let mut snapshots = self.snapshots();
        let mut last: Option<Arc<Operation>> = None;
        loop {
            let found = {
                let snapshot = snapshots.borrow_and_update();
                snapshot
                    .operations
                    .iter()
                    .rev()
                    .find(|o| o.id == operation)
                    .cloned()
            };
            if let Some(op) = found {
                if last.as_ref().is_none_or(|l| !Arc::ptr_eq(l, &op)) {
                    seen(&op);
                    if !op.is_running() {
                        return Ok(op);
                    }
                    last = Some(op);
                }
            } else if let Some(op) = self.long_over(operation, last.is_some()).await? {
                seen(&op);
                return Ok(op);
            }
            snapshots.changed().await.map_err(|_| closing())?;
        }
    }

    /// An operation that is not in the picture any more, from the journal.
    async fn long_over(&self, id: OpId, was_seen: bool) -> Result<Option<Arc<Operation>>> {
        let query = HistoryQuery {
            id: Some(id),
            ..HistoryQuery::default()
        };
        let found = self.history(query).await?.into_iter().next();
        match found.map(|r| r.operation) {
            Some(op) if !op.is_running() => Ok(Some(Arc::new(op))),
            None if was_seen => Err(Error::internal(format!(
                "operation {id} is neither shown nor in the journal"
            ))),
            // Not shown yet.
            Some(_) | None => Ok(None),
        }
    }

    /// Measure these containers, and no others, until told otherwise.
    pub fn look_at(&self, containers: &[ObjectRef]) {
        for (host, entry) in &self.shared.hosts {
            let ids: Vec<ObjectId> = containers
                .iter()
                .filter(|c| c.host == *host)
                .map(|c| c.id.clone())
                .collect();
            entry.looks.send_if_modified(|old| {
                let news = *old != ids;
                *old = ids;
                news
            });
        }
    }

    /// Read the lists of a host anew, and try a host that is waiting to be tried again now.
    pub fn refresh(&self, host: &HostId) -> Result<()> {
        let entry = self.entry(host)?;
        let _ = entry.commands.try_send(HostCommand::Resync);
        Ok(())
    }

    /// Ask a host for its disk use now.
    pub fn measure_disk(&self, host: &HostId) -> Result<()> {
        let entry = self.entry(host)?;
        let _ = entry.commands.try_send(HostCommand::Disk);
        Ok(())
    }

    /// Wait until every one of `hosts` was listed or is known not to answer.
    pub async fn settled(&self, hosts: &[HostId]) -> Result<Arc<Snapshot>> {
        for host in hosts {
            self.entry(host)?;
        }
        let mut snapshots = self.snapshots();
        loop {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            let done = hosts.iter().all(|id| {
                snapshot
                    .host(id)
                    .is_some_and(|h| h.listed || h.link.error().is_some())
            });
            if done {
                return Ok(snapshot);
            }
            snapshots.changed().await.map_err(|_| closing())?;
        }
    }

    /// What has to be answered before a command may be started in a container, or its first
    /// process be talked to (without a command).
    pub fn judge_session(
        &self,
        container: &ObjectRef,
        command: Option<&[String]>,
    ) -> Result<(Plan, Demand)> {
        super::session::judge(self, container, command)
    }

    /// Start a command in a container and talk to it.
    pub async fn exec(
        &self,
        container: &ObjectRef,
        spec: &ExecSpec,
        answer: &Answer,
        actor: Actor,
        origin: Origin,
    ) -> Result<Session> {
        super::session::exec(self, container, spec, answer, actor, origin).await
    }

    /// Talk to the first process of a container.
    pub async fn attach(
        &self,
        container: &ObjectRef,
        spec: &AttachSpec,
        answer: &Answer,
        actor: Actor,
        origin: Origin,
    ) -> Result<Session> {
        super::session::attach(self, container, spec, answer, actor, origin).await
    }

    /// Unpack a tar archive in a directory of a container.
    pub async fn upload(
        &self,
        container: &ObjectRef,
        directory: &str,
        archive: ByteStream,
        answer: &Answer,
        actor: Actor,
        origin: Origin,
    ) -> Result<()> {
        super::session::upload(self, container, directory, archive, answer, actor, origin).await
    }

    /// The containers that were removed and can be made again, the newest first: on hosts and of
    /// names that fit these globs.
    pub async fn removed(
        &self,
        host: Option<String>,
        object: Option<String>,
    ) -> Result<Vec<Removed>> {
        let query = HistoryQuery {
            host,
            object: object.clone(),
            ..HistoryQuery::default()
        };
        let mut all = restore::removed(&self.history(query).await?);
        // An operation is found by any of its objects.
        if let Some(object) = &object {
            all.retain(|r| {
                glob(object, &r.object.name) || r.object.id.as_str().starts_with(object)
            });
        }
        Ok(all)
    }

    /// What the journal has, newest first.
    pub async fn history(&self, query: HistoryQuery) -> Result<Vec<Record>> {
        self.journal(move |j| j.history(&query)).await
    }

    /// Check the journal's chain.
    pub async fn verify(&self) -> Result<ChainReport> {
        self.journal(|j| j.verify()).await
    }

    pub(super) async fn journal<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Journal) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let journal = Arc::clone(&self.shared.journal);
        tokio::task::spawn_blocking(move || work(&*journal))
            .await
            .map_err(|e| Error::internal("work on the journal").with_source(e))?
    }

    /// Wait until no operation runs any more.
    pub async fn drain(&self) {
        let (done, wait) = oneshot::channel();
        if self.command(Command::Drain(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

pub(super) fn closing() -> Error {
    Error::new(ErrorKind::Cancelled, "the program is closing")
}
