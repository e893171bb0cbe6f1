//! One step: check that it is still right, call, look whether it is done.

mod look;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::look::Seen;
use super::Settings;
use super::backoff::Backoff;
use super::host::HostCommand;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::ObjectRef;
use crate::domain::observed::{Container, ContainerState as State};
use crate::domain::operation::{Outcome, Progress};
use crate::domain::plan::{Action, Danger, Goal, Step};
use crate::domain::port::{Clock, Done, Engine, ProgressSink};
use crate::domain::selector::same_image_name;
use crate::domain::spec::ContainerSpec;

/// How long the picture may take to show it; then the operation ends without.
const PICTURE: Duration = Duration::from_secs(5);

/// The longest stop timeout of a container's own that is waited for.
const OWN_TIMEOUT: Duration = Duration::from_secs(3600);

/// What a step needs to run.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    pub(super) engine: Arc<dyn Engine>,
    /// Calls of the host at once.
    pub(super) calls: Arc<Semaphore>,
    pub(super) host: mpsc::Sender<HostCommand>,
    pub(super) settings: Arc<Settings>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What is told while a step runs.
#[derive(Debug)]
pub(super) enum News {
    Attempt(u32),
    Before(String),
    /// What the container that goes was made of.
    Specified(Box<ContainerSpec>),
    Progress(Progress),
}

/// How a step ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) target: ObjectRef,
    pub(super) attempts: u32,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) specified: Option<Box<ContainerSpec>>,
    pub(super) failure: Option<Error>,
}

/// Runs one step.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    bench: &'a Bench,
    step: &'a Step,
    /// The step's, with the id of what an earlier step made.
    target: ObjectRef,
    news: mpsc::Sender<(usize, News)>,
    /// Heeded until the call is made: what is being done is finished.
    cancel: CancellationToken,
    attempts: u32,
    before: Option<String>,
    specified: Option<Box<ContainerSpec>>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        bench: &'a Bench,
        step: &'a Step,
        target: ObjectRef,
        news: mpsc::Sender<(usize, News)>,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            bench,
            step,
            target,
            news,
            cancel,
            attempts: 0,
            before: None,
            specified: None,
        }
    }

    /// `permit` is one of the host's calls.
    pub(super) async fn run(mut self, permit: OwnedSemaphorePermit) -> Ended {
        let result = self.carried_out().await;
        drop(permit);
        // The picture first: when the operation is over, it shows what it did.
        self.refresh().await;
        let (outcome, after, failure) = match result {
            Ok((outcome, after)) => (outcome, Some(after), None),
            Err(e) if e.kind() == ErrorKind::Cancelled => (Outcome::Cancelled, None, Some(e)),
            Err(e) => {
                let what = format!("{} {}", self.step.action.verb(), self.target);
                (Outcome::Failed, None, Some(e.context(what)))
            }
        };
        Ended {
            outcome,
            target: self.target,
            attempts: self.attempts,
            before: self.before,
            after,
            specified: self.specified,
            failure,
        }
    }

    async fn refresh(&self) {
        for object in std::iter::once(&self.target).chain(self.other()) {
            let (done, answer) = oneshot::channel();
            let ask = HostCommand::Reread(object.clone(), done);
            let told = async {
                if self.bench.host.send(ask).await.is_ok() {
                    let _ = answer.await;
                }
            };
            let _ = tokio::time::timeout(PICTURE, told).await;
        }
    }

    /// The container a network step is about.
    fn other(&self) -> Option<&ObjectRef> {
        match &self.step.action {
            Action::ConnectNetwork { container, .. }
            | Action::DisconnectNetwork { container, .. } => Some(container),
            _ => None,
        }
    }

    fn tell(&self, news: News) {
        // Progress that nobody reads in time is not worth waiting for.
        let _ = self.news.try_send((self.step.id, news));
    }

    fn cancelled() -> Error {
        Error::new(ErrorKind::Cancelled, "cancelled before it was begun")
    }

    async fn carried_out(&mut self) -> Result<(Outcome, String)> {
        let deadline = Instant::now() + self.limit();
        let before = self.look_before(deadline).await?;
        self.before = Some(before.words());
        self.tell(News::Before(before.words()));
        if self.skips_if_done() {
            let done = self.patiently(deadline, |r| Box::pin(r.holds(&before, &before, true)));
            if done.await? {
                return Ok((Outcome::Unchanged, before.words()));
            }
        }
        self.check(&before)?;
        if self.step.danger == Danger::Destructive {
            self.patiently(deadline, |r| Box::pin(r.check_unused()))
                .await?;
        }
        self.patiently(deadline, |r| Box::pin(r.check_specified()))
            .await?;
        if let Some(spec) = self.specify().await {
            self.specified = Some(spec.clone());
            self.tell(News::Specified(spec));
        }
        if self.cancel.is_cancelled() {
            return Err(Self::cancelled());
        }
        let outcome = self.call(&before, deadline).await?;
        if outcome == Outcome::Unchanged && matches!(self.step.goal, Goal::Answered) {
            return Ok((outcome, before.words()));
        }
        let after = self.await_goal(&before).await?;
        Ok((outcome, after))
    }

    fn limit(&self) -> Duration {
        let base = self.bench.settings.step;
        match &self.step.action {
            Action::StopContainer { timeout: Some(t) }
            | Action::RestartContainer { timeout: Some(t) } => base + *t,
            // The engine knows the container's own timeout, and waits no longer than that.
            Action::StopContainer { timeout: None }
            | Action::RestartContainer { timeout: None } => base + OWN_TIMEOUT,
            // A pull ends by silence, not by length.
            Action::PullImage { .. } => Duration::from_secs(86_400),
            _ => base,
        }
    }

    /// Is the step done when its goal holds before it begins?
    fn skips_if_done(&self) -> bool {
        !self.makes()
            && !matches!(self.step.action, Action::RestartContainer { .. })
            && self.step.goal != Goal::Answered
    }

    /// Call, again if that may help. What the lost answer of a call did is looked for.
    async fn call(&mut self, before: &Seen, deadline: Instant) -> Result<Outcome> {
        let begun = self.bench.clock.now();
        let mut backoff = Backoff::new(self.bench.settings.backoff, self.step.id);
        // Was an answer lost? Then the call may have been carried out.
        let mut lost = false;
        loop {
            self.attempts += 1;
            self.tell(News::Attempt(self.attempts));
            let e = match self.engine_call(deadline).await {
                Ok(done) => return Ok(self.answered(done)),
                Err(e) => e,
            };
            let again = e.kind().is_retryable();
            lost |= again;
            let gone = e.kind() == ErrorKind::NotFound && self.step.goal == Goal::Absent;
            // The engine says this while another call works on the object; that passes. That a name
            // is taken does not, unless it was taken by a call of this step.
            let busy = e.kind() == ErrorKind::Conflict
                && if self.makes() {
                    lost
                } else {
                    self.attempts == 1
                };
            if !(again || busy || gone) {
                return Err(e);
            }
            let wait = backoff.wait();
            let more = self.attempts < self.bench.settings.attempts
                && Instant::now() + wait < deadline
                && !(busy && self.makes());
            if more && !gone {
                tokio::time::sleep(wait).await;
            }
            if let Some(outcome) = self.done_anyway(before, begun, lost).await {
                return Ok(outcome);
            }
            if again && !self.is_repeatable() {
                return Err(e.with_hint("it may have happened: look before you do it again"));
            }
            if !more || gone {
                return Err(e);
            }
        }
    }

    fn answered(&mut self, done: Done) -> Outcome {
        if let Some(id) = done.id {
            self.target.id = id;
        }
        if done.unchanged {
            Outcome::Unchanged
        } else {
            Outcome::Succeeded
        }
    }

    fn is_repeatable(&self) -> bool {
        // A second container without a name would be a second container.
        let unnamed = matches!(
            &self.step.action,
            Action::CreateContainer { name: None, .. }
        ) || matches!(&self.step.action, Action::CreateVolume { spec } if spec.name.is_empty());
        self.step.action.is_repeatable() && !unnamed
    }

    /// Did a call whose answer was not "done" do it nevertheless, or somebody else?
    async fn done_anyway(
        &mut self,
        before: &Seen,
        begun: DateTime<Utc>,
        lost: bool,
    ) -> Option<Outcome> {
        match &self.step.action {
            // Nothing shows that a signal came, or whether a pull was the newest.
            _ if self.step.goal == Goal::Answered => return None,
            Action::PullImage { .. } => return None,
            Action::CreateContainer { .. } | Action::CreateNetwork { .. } => {
                let seen = self.look().await.ok()?;
                return self.is_ours(before, &seen, begun);
            }
            // It takes its time, and must not be repeated.
            Action::RestartContainer { .. } | Action::KillContainer { .. } => {
                let done = lost && self.await_goal(before).await.is_ok();
                return done.then_some(Outcome::Succeeded);
            }
            _ => {}
        }
        let seen = self.look().await.ok()?;
        let on_its_way = seen.state() == Some(State::Removing) && self.step.goal == Goal::Absent;
        let done = if on_its_way {
            self.await_goal(before).await.is_ok()
        } else {
            self.holds(before, &seen, false).await.unwrap_or(false)
        };
        done.then_some(Outcome::Succeeded)
    }

    /// Ours only if it did not exist before, is what was asked for and no older than the call;
    /// clocks of two machines may differ a little.
    fn is_ours(&mut self, before: &Seen, seen: &Seen, begun: DateTime<Utc>) -> Option<Outcome> {
        let slack = chrono::Duration::seconds(60);
        let young = |created: Option<DateTime<Utc>>| created.is_some_and(|c| c + slack > begun);
        let asked_for = |c: &Container| match &self.step.action {
            Action::CreateContainer { spec, .. } => {
                *c.image == *spec.image || same_image_name(&c.image, &spec.image)
            }
            _ => false,
        };
        let ours = matches!(before, Seen::Absent)
            && match seen {
                Seen::Container(c) => young(c.created) && asked_for(c),
                Seen::Other(created) => young(*created),
                Seen::Absent => false,
            };
        if let (true, Seen::Container(c)) = (ours, seen) {
            self.target.id = c.id.clone();
        }
        ours.then_some(Outcome::Succeeded)
    }

    async fn engine_call(&self, deadline: Instant) -> Result<Done> {
        let news = self.news.clone();
        let id = self.step.id;
        let sink: ProgressSink = Arc::new(move |p| {
            let _ = news.try_send((id, News::Progress(p)));
        });
        let call = self.bench.engine.run(&self.step.action, &self.target, sink);
        match tokio::time::timeout_at(deadline, call).await {
            Ok(result) => result,
            Err(_) => Err(Error::new(
                ErrorKind::TimedOut,
                format!("no answer within {} s", self.limit().as_secs()),
            )),
        }
    }
}
