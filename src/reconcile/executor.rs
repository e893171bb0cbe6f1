//! Carries out one plan: every step when those before it are done, everything written down. It
//! decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::hub::HubMessage;
use super::step::{Bench, Ended, News, Runner};
use crate::domain::error::{Error, Result};
use crate::domain::guardrail::Confirmed;
use crate::domain::id::{HostId, OpId};
use crate::domain::operation::{Failure, Operation, Outcome, StepState};
use crate::domain::port::{Clock, Journal};

/// What a task of an operation tells.
#[derive(Debug)]
enum Told {
    /// The step may begin; not when the operation was cancelled meanwhile.
    Turn(usize, Option<OwnedSemaphorePermit>),
    Ended(usize, Box<Ended>),
}

/// The tasks of an operation.
#[derive(Debug, Default)]
struct Work {
    tasks: JoinSet<Told>,
    /// The steps that wait for their turn, or had it.
    in_line: FxHashSet<usize>,
    of: FxHashMap<tokio::task::Id, usize>,
}

/// An operation on its way.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) confirmed: Confirmed,
    /// Shared with the picture and the journal; copied when it changes.
    pub(super) operation: Arc<Operation>,
    pub(super) benches: Arc<BTreeMap<HostId, Bench>>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hub: mpsc::Sender<HubMessage>,
    /// Ends when somebody cancels it.
    pub(super) cancel: CancellationToken,
    /// For each step, the ends of the operations whose turn on the same objects is before.
    pub(super) turns: Vec<Vec<CancellationToken>>,
    /// Ends this operation's own turns.
    pub(super) over: DropGuard,
}

impl Execution {
    /// To the end; `accepted` hears when it is in the journal.
    pub(super) async fn run(mut self, accepted: oneshot::Sender<Result<OpId>>) {
        let (operation, plan) = (Arc::clone(&self.operation), self.confirmed.plan().clone());
        if let Err(e) = self.write(move |j| j.begin(&operation, &plan)).await {
            // Nothing is done that is not written down first.
            let title = &self.operation.title;
            let _ = accepted.send(Err(
                e.context(format!("{title}: not begun, it could not be journalled"))
            ));
            return;
        }
        self.show().await;
        let _ = accepted.send(Ok(self.operation.id));
        self.steps().await;
        let verdict = self.operation.verdict();
        let operation = Arc::make_mut(&mut self.operation);
        operation.finished = Some(self.clock.now());
        operation.outcome = verdict;
        let record = Arc::clone(&self.operation);
        if let Err(e) = self.write(move |j| j.finish(&record)).await {
            tracing::error!(error = %e.chain(), "the end of an operation is not in the journal");
        }
        self.show().await;
        drop(self.over);
    }

    async fn steps(&mut self) {
        let mut work = Work::default();
        let (news, mut heard) = mpsc::channel(64);
        loop {
            self.settle().await;
            if !self.line_up(&mut work).await {
                continue;
            }
            if work.tasks.is_empty() {
                return;
            }
            tokio::select! {
                joined = work.tasks.join_next_with_id() => {
                    // What was said before the end is heard before the end.
                    while let Ok((step, news)) = heard.try_recv() {
                        self.listen(step, news).await;
                    }
                    match joined {
                        Some(Ok((_, Told::Turn(step, Some(permit))))) => {
                            self.begin(step, permit, &mut work, &news).await;
                        }
                        Some(Ok((_, Told::Ended(step, ended)))) => self.ended(step, *ended).await,
                        Some(Err(e)) => self.broke(&e, &work).await,
                        Some(Ok((_, Told::Turn(_, None)))) | None => {}
                    }
                }
                Some((step, news)) = heard.recv() => {
                    self.listen(step, news).await;
                    // More may be waiting: one picture for all.
                    while let Ok((step, news)) = heard.try_recv() {
                        self.listen(step, news).await;
                    }
                    self.show().await;
                }
                () = self.cancel.cancelled(), if !self.operation.cancelling => {
                    Arc::make_mut(&mut self.operation).cancelling = true;
                    self.show().await;
                }
            }
        }
    }

    /// Give up what cannot begin any more.
    async fn settle(&mut self) {
        if self.cancel.is_cancelled() && !self.operation.cancelling {
            Arc::make_mut(&mut self.operation).cancelling = true;
        }
        let mut given_up = false;
        loop {
            let steps = &self.operation.steps;
            let plan = self.confirmed.plan();
            let doomed = steps.iter().find_map(|s| {
                if s.outcome != Outcome::Pending {
                    return None;
                }
                let rescues = &plan.steps[s.id].rescues;
                if !rescues.is_empty() {
                    return match needed(steps, rescues) {
                        // All is well without it, or nothing was begun.
                        Some(false) if rescues.iter().all(|r| steps[*r].outcome.is_good()) => {
                            Some((s.id, Outcome::Unchanged))
                        }
                        Some(false) => Some((s.id, Outcome::Skipped)),
                        Some(true) | None => None,
                    };
                }
                if self.operation.cancelling {
                    return Some((s.id, Outcome::Cancelled));
                }
                let bad = |a: &usize| steps[*a].outcome.is_final() && !steps[*a].outcome.is_good();
                plan.steps[s.id]
                    .after
                    .iter()
                    .any(bad)
                    .then_some((s.id, Outcome::Skipped))
            });
            let Some((id, outcome)) = doomed else { break };
            self.state(id).outcome = outcome;
            self.record(id).await;
            given_up = true;
        }
        if given_up {
            self.show().await;
        }
    }

    /// Steps that are ready wait for their turn: on their objects, then on their host. False if one
    /// of them cannot.
    async fn line_up(&mut self, work: &mut Work) -> bool {
        for id in 0..self.operation.steps.len() {
            let step = &self.confirmed.plan().steps[id];
            let steps = &self.operation.steps;
            let is_rescue = !step.rescues.is_empty();
            let ready = steps[id].outcome == Outcome::Pending
                && if is_rescue {
                    needed(steps, &step.rescues) == Some(true)
                        && step.after.iter().all(|a| steps[*a].outcome.is_final())
                } else {
                    step.after.iter().all(|a| steps[*a].outcome.is_good())
                };
            if !ready || work.in_line.contains(&id) {
                continue;
            }
            let Some(bench) = self.benches.get(&step.target.host) else {
                let host = &step.target.host;
                let e = Error::internal(format!("{} {}: no such host", step.action.verb(), host));
                self.fail(id, &e).await;
                return false;
            };
            work.in_line.insert(id);
            let turns = std::mem::take(&mut self.turns[id]);
            let calls = Arc::clone(&bench.calls);
            let cancel = self.cancel_of(id);
            let task = work.tasks.spawn(async move {
                let permit = async {
                    for turn in turns {
                        turn.cancelled().await;
                    }
                    calls.acquire_owned().await.ok()
                };
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => Told::Turn(id, None),
                    permit = permit => Told::Turn(id, permit),
                }
            });
            work.of.insert(task.id(), id);
        }
        true
    }

    /// A step's turn has come.
    async fn begin(
        &mut self,
        id: usize,
        permit: OwnedSemaphorePermit,
        work: &mut Work,
        news: &mpsc::Sender<(usize, News)>,
    ) {
        let step = self.confirmed.plan().steps[id].clone();
        let Some(bench) = self.benches.get(&step.target.host).cloned() else {
            return;
        };
        let cancel = self.cancel_of(id);
        if self.operation.steps[id].outcome != Outcome::Pending || cancel.is_cancelled() {
            return;
        }
        let mut target = step.target.clone();
        if let Some(made) = step.made_by.and_then(|m| self.operation.made(m)) {
            target.id = made.clone();
        }
        let now = self.clock.now();
        let state = self.state(id);
        state.target = target.clone();
        state.outcome = Outcome::Running;
        state.started = Some(now);
        self.record(id).await;
        self.show().await;
        let news = news.clone();
        let task = work.tasks.spawn(async move {
            let runner = Runner::new(&bench, &step, target, news, cancel);
            Told::Ended(id, Box::new(runner.run(permit).await))
        });
        work.of.insert(task.id(), id);
    }

    /// What ends a step early. Nothing does where others have to be made up for.
    fn cancel_of(&self, step: usize) -> CancellationToken {
        if self.confirmed.plan().steps[step].rescues.is_empty() {
            self.cancel.clone()
        } else {
            CancellationToken::new()
        }
    }

    fn state(&mut self, step: usize) -> &mut StepState {
        &mut Arc::make_mut(&mut self.operation).steps[step]
    }

    fn hear(&mut self, step: usize, news: News) {
        let state = self.state(step);
        match news {
            News::Attempt(n) => state.attempts = n,
            News::Before(words) => state.before = Some(words.into()),
            News::Progress(p) => state.progress = Some(p),
            News::Specified(spec) => state.specified = Some(spec),
        }
    }

    /// What is told on the way; what must not be forgotten is written down at once.
    async fn listen(&mut self, step: usize, news: News) {
        let durable = matches!(news, News::Specified(_));
        self.hear(step, news);
        if durable {
            self.record(step).await;
        }
    }

    async fn ended(&mut self, step: usize, ended: Ended) {
        let now = self.clock.now();
        let state = self.state(step);
        state.outcome = ended.outcome;
        state.target = ended.target;
        state.attempts = ended.attempts;
        state.before = ended.before.map(Into::into);
        state.after = ended.after.map(Into::into);
        state.specified = ended.specified;
        state.failure = ended.failure.as_ref().map(Into::into);
        state.progress = None;
        state.finished = Some(now);
        self.record(step).await;
        self.show().await;
    }

    /// A step's task panicked: a bug, but not the end of the others.
    async fn broke(&mut self, e: &tokio::task::JoinError, work: &Work) {
        tracing::error!(error = %e, "a step broke");
        if let Some(step) = work.of.get(&e.id()) {
            self.fail(*step, &Error::internal("a bug ended this step"))
                .await;
        }
    }

    async fn fail(&mut self, step: usize, e: &Error) {
        let now = self.clock.now();
        let state = self.state(step);
        state.outcome = Outcome::Failed;
        state.failure = Some(Failure::from(e));
        state.progress = None;
        state.finished = Some(now);
        self.record(step).await;
        self.show().await;
    }

    async fn record(&self, step: usize) {
        let record = Arc::clone(&self.operation);
        if let Err(e) = self.write(move |j| j.step(&record, step)).await {
            tracing::error!(error = %e.chain(), "a step is not in the journal");
        }
    }

    async fn write(
        &self,
        work: impl FnOnce(&dyn Journal) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let journal = Arc::clone(&self.journal);
        tokio::task::spawn_blocking(move || work(&*journal))
            .await
            .map_err(|e| Error::internal("write to the journal").with_source(e))?
    }

    async fn show(&self) {
        let operation = Arc::clone(&self.operation);
        // The hub lives as long as the core.
        let _ = self.hub.send(HubMessage::Operation(operation)).await;
    }
}

/// Must something be made up for: did one of `rescued` go wrong after one was begun? Nothing while
/// that is not decided.
fn needed(steps: &[StepState], rescued: &[usize]) -> Option<bool> {
    let all = || rescued.iter().filter_map(|n| steps.get(*n));
    if !all().all(|s| s.outcome.is_final()) {
        return None;
    }
    Some(all().any(|s| s.started.is_some()) && !all().all(|s| s.outcome.is_good()))
}
