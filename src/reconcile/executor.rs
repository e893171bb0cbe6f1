//! Carries out one plan: every step when those before it are done, everything written down. It
//! decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::hub::HubMessage;
use super::step::{Bench, Ended, News, Runner};
use crate::domain::error::{Error, Result};
use crate::domain::guardrail::Confirmed;
use crate::domain::id::{HostId, OpId};
use crate::domain::operation::{Failure, Operation, Outcome};
use crate::domain::port::{Clock, Journal};

/// An operation on its way.
#[derive(Debug)]
pub(super) struct Execution {
    pub(super) confirmed: Confirmed,
    pub(super) operation: Operation,
    pub(super) benches: Arc<BTreeMap<HostId, Bench>>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hub: mpsc::Sender<HubMessage>,
    /// Ends when somebody cancels it.
    pub(super) cancel: CancellationToken,
    /// For each step, the end of the operation whose turn on the same object is before.
    pub(super) turns: Vec<Option<CancellationToken>>,
    /// Ends this operation's own turns.
    pub(super) over: DropGuard,
}

impl Execution {
    /// To the end; `accepted` hears when it is in the journal.
    pub(super) async fn run(mut self, accepted: oneshot::Sender<Result<OpId>>) {
        let (operation, plan) = (self.operation.clone(), self.confirmed.plan().clone());
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
        self.operation.finished = Some(self.clock.now());
        self.operation.outcome = self.operation.verdict();
        let record = self.operation.clone();
        if let Err(e) = self.write(move |j| j.finish(&record)).await {
            tracing::error!(error = %e.chain(), "the end of an operation is not in the journal");
        }
        self.show().await;
        drop(self.over);
    }

    async fn steps(&mut self) {
        let mut running: JoinSet<(usize, Ended)> = JoinSet::new();
        let (news, mut heard) = mpsc::channel(64);
        loop {
            self.settle().await;
            self.launch(&mut running, &news).await;
            if running.is_empty() {
                return;
            }
            tokio::select! {
                joined = running.join_next() => match joined {
                    Some(Ok((step, ended))) => self.ended(step, ended).await,
                    Some(Err(e)) => self.broke(&e).await,
                    None => {}
                },
                Some((step, news)) = heard.recv() => {
                    self.hear(step, news);
                    // More may be waiting: one picture for all.
                    while let Ok((step, news)) = heard.try_recv() {
                        self.hear(step, news);
                    }
                    self.show().await;
                }
                () = self.cancel.cancelled(), if !self.operation.cancelling => {
                    self.operation.cancelling = true;
                    self.show().await;
                }
            }
        }
    }

    /// Give up what cannot begin any more.
    async fn settle(&mut self) {
        loop {
            let steps = &self.operation.steps;
            let plan = self.confirmed.plan();
            let doomed = steps.iter().find_map(|s| {
                if s.outcome != Outcome::Pending {
                    return None;
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
            let Some((id, outcome)) = doomed else { return };
            self.operation.steps[id].outcome = outcome;
            self.record(id).await;
        }
    }

    async fn launch(
        &mut self,
        running: &mut JoinSet<(usize, Ended)>,
        news: &mpsc::Sender<(usize, News)>,
    ) {
        for id in 0..self.operation.steps.len() {
            let step = &self.confirmed.plan().steps[id];
            let steps = &self.operation.steps;
            let ready = steps[id].outcome == Outcome::Pending
                && step.after.iter().all(|a| steps[*a].outcome.is_good());
            if !ready {
                continue;
            }
            let mut target = step.target.clone();
            if let Some(made) = step.made_by.and_then(|m| self.operation.made(m)) {
                target.id = made.clone();
            }
            let Some(bench) = self.benches.get(&target.host).cloned() else {
                continue;
            };
            let (step, news) = (step.clone(), news.clone());
            let (turn, cancel) = (self.turns[id].clone(), self.cancel.clone());
            let state = &mut self.operation.steps[id];
            state.target = target.clone();
            state.outcome = Outcome::Running;
            state.started = Some(self.clock.now());
            self.record(id).await;
            running.spawn(async move {
                if let Some(turn) = turn {
                    tokio::select! {
                        () = turn.cancelled() => {}
                        () = cancel.cancelled() => {
                            let e = super::handle::closing().context("cancelled while it waited for its turn");
                            let ended = Ended { outcome: Outcome::Cancelled, target, after: None, failure: Some(e) };
                            return (id, ended);
                        }
                    }
                }
                let runner = Runner { bench: &bench, step: &step, target, news };
                (id, runner.run().await)
            });
        }
        self.show().await;
    }

    fn hear(&mut self, step: usize, news: News) {
        let state = &mut self.operation.steps[step];
        match news {
            News::Attempt(n) => state.attempts = n,
            News::Before(words) => state.before = Some(words.into()),
            News::Progress(p) => state.progress = Some(p),
        }
    }

    async fn ended(&mut self, step: usize, ended: Ended) {
        let state = &mut self.operation.steps[step];
        state.outcome = ended.outcome;
        state.target = ended.target;
        state.after = ended.after.map(Into::into);
        state.failure = ended.failure.as_ref().map(Into::into);
        state.progress = None;
        state.finished = Some(self.clock.now());
        self.record(step).await;
        self.show().await;
    }

    /// A step's task panicked: a bug, but not the end of the others.
    async fn broke(&mut self, e: &tokio::task::JoinError) {
        tracing::error!(error = %e, "a step broke");
        let failure = Failure::from(&Error::internal("a bug ended this step"));
        for id in 0..self.operation.steps.len() {
            let state = &mut self.operation.steps[id];
            if state.outcome == Outcome::Running {
                state.outcome = Outcome::Failed;
                state.failure = Some(failure.clone());
                self.record(id).await;
            }
        }
    }

    async fn record(&self, step: usize) {
        let record = self.operation.clone();
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
        let operation = Arc::new(self.operation.clone());
        // The hub lives as long as the core.
        let _ = self.hub.send(HubMessage::Operation(operation)).await;
    }
}
