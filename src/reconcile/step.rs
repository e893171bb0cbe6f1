//! One step: check that it is still right, call, look whether it is done.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::Instant;

use super::Settings;
use super::backoff::Backoff;
use super::host::HostCommand;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::observed::{Container, ContainerState as State};
use crate::domain::operation::{Outcome, Progress};
use crate::domain::plan::{Action, Danger, Goal, Step};
use crate::domain::port::{Clock, Done, Engine, ProgressSink};

/// The pauses between looks while a step's end is awaited.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));
/// How long the engine may take to show what it said it did.
const SHOW: Duration = Duration::from_secs(15);
/// How long the picture may take to show it; then the operation ends without.
const PICTURE: Duration = Duration::from_secs(5);

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
    Progress(Progress),
}

/// How a step ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) target: ObjectRef,
    pub(super) after: Option<String>,
    pub(super) failure: Option<Error>,
}

/// An object, looked at now.
#[derive(Debug)]
enum Seen {
    Absent,
    Container(Box<Container>),
    /// Something else, created then.
    Other(Option<DateTime<Utc>>),
}

impl Seen {
    fn words(&self) -> String {
        match self {
            Self::Absent => "absent".to_owned(),
            Self::Container(c) => match (c.state, c.exit_code) {
                (State::Exited, Some(code)) => format!("exited ({code})"),
                (state, _) => state.to_string(),
            },
            Self::Other(_) => "present".to_owned(),
        }
    }
}

/// Runs one step.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) bench: &'a Bench,
    pub(super) step: &'a Step,
    /// The step's, with the id of what an earlier step made.
    pub(super) target: ObjectRef,
    pub(super) news: mpsc::Sender<(usize, News)>,
}

impl Runner<'_> {
    pub(super) async fn run(mut self) -> Ended {
        let result = match self.bench.calls.clone().acquire_owned().await {
            Ok(_permit) => self.carried_out().await,
            Err(_) => Err(super::handle::closing()),
        };
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
            after,
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

    async fn carried_out(&mut self) -> Result<(Outcome, String)> {
        let deadline = Instant::now() + self.limit();
        let before = self.look_patiently(deadline).await?;
        self.tell(News::Before(before.words()));
        if self.skips_if_done() && self.holds(&before, &before, true).await? {
            return Ok((Outcome::Unchanged, before.words()));
        }
        self.check(&before)?;
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
            // A pull ends by silence, not by length.
            Action::PullImage { .. } => Duration::from_secs(86_400),
            _ => base,
        }
    }

    /// Is the step done when its goal holds before it begins?
    fn skips_if_done(&self) -> bool {
        !matches!(
            self.step.action,
            Action::RestartContainer { .. }
                | Action::CreateContainer { .. }
                | Action::CreateNetwork { .. }
                | Action::CreateVolume { .. }
                | Action::PullImage { .. }
        ) && self.step.goal != Goal::Answered
    }

    /// What the target is now; a host that does not answer is asked again.
    async fn look_patiently(&self, deadline: Instant) -> Result<Seen> {
        let mut backoff = Backoff::new(self.bench.settings.backoff, self.step.id);
        for attempt in 1.. {
            match self.look().await {
                Err(e) if e.kind().is_retryable() && attempt < self.bench.settings.attempts => {
                    let wait = backoff.wait();
                    if Instant::now() + wait >= deadline {
                        return Err(e);
                    }
                    tokio::time::sleep(wait).await;
                }
                seen => return seen,
            }
        }
        self.look().await
    }

    async fn look(&self) -> Result<Seen> {
        let engine = &self.bench.engine;
        let id = self.target.id.as_str();
        let name = if id.is_empty() {
            &*self.target.name
        } else {
            id
        };
        if name.is_empty() {
            return Ok(Seen::Absent);
        }
        let found = match self.target.kind {
            Kind::Container => engine
                .container(name)
                .await
                .map(|c| Seen::Container(Box::new(c))),
            Kind::Image => engine.image(name).await.map(|i| Seen::Other(i.created)),
            Kind::Volume => engine.volume(name).await.map(|v| Seen::Other(v.created)),
            Kind::Network => engine.network(name).await.map(|n| Seen::Other(n.created)),
            kind @ (Kind::Machine | Kind::Service | Kind::Project | Kind::Node) => {
                Err(Error::internal(format!("a step on a {kind}")))
            }
        };
        match found {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Seen::Absent),
            found => found,
        }
    }

    /// Is the object still the one that was decided about, in a state that was decided about?
    fn check(&self, seen: &Seen) -> Result<()> {
        let makes = matches!(
            self.step.action,
            Action::CreateContainer { .. }
                | Action::CreateNetwork { .. }
                | Action::CreateVolume { .. }
                | Action::PullImage { .. }
        );
        if makes {
            return Ok(());
        }
        let (created, state) = match seen {
            Seen::Absent => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    "it does not exist any more",
                ));
            }
            Seen::Container(c) => (c.created, Some(c.state)),
            Seen::Other(created) => (*created, None),
        };
        let wanted = &self.step.precondition;
        if let (Some(then), Some(now)) = (wanted.created, created)
            && then.timestamp() != now.timestamp()
        {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("it was made anew at {now}: not what was decided about"),
            )
            .with_hint("look again, and decide again"));
        }
        match state {
            Some(state) if !wanted.states.is_empty() && !wanted.states.contains(&state) => Err(
                Error::new(ErrorKind::Conflict, format!("it is {state} now"))
                    .with_hint("look again, and decide again"),
            ),
            _ => Ok(()),
        }
    }

    /// Nothing may have begun to use the object.
    async fn check_unused(&self) -> Result<()> {
        if !self.step.precondition.unused {
            return Ok(());
        }
        let id = self.target.id.as_str();
        let users: Vec<String> = self
            .bench
            .engine
            .containers()
            .await?
            .iter()
            .filter(|c| match self.target.kind {
                Kind::Image => *c.image_id == *id,
                Kind::Volume => c.mounts.iter().any(|m| m.name.as_deref() == Some(id)),
                Kind::Network => c.networks.iter().any(|n| *n.network_id == *id),
                _ => false,
            })
            .map(|c| c.name.to_string())
            .collect();
        if users.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("it is used by {} now", users.join(", ")),
        ))
    }

    /// Call, again if that may help. What the lost answer of a call did is looked for.
    async fn call(&mut self, before: &Seen, deadline: Instant) -> Result<Outcome> {
        if self.step.danger == Danger::Destructive {
            self.check_unused().await?;
        }
        let begun = self.bench.clock.now();
        let mut backoff = Backoff::new(self.bench.settings.backoff, self.step.id);
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.tell(News::Attempt(attempt));
            let e = match self.engine_call(deadline).await {
                Ok(done) => {
                    if let Some(id) = done.id {
                        self.target.id = id;
                    }
                    let same = done.unchanged;
                    return Ok(if same {
                        Outcome::Unchanged
                    } else {
                        Outcome::Succeeded
                    });
                }
                Err(e) => e,
            };
            let again = e.kind().is_retryable();
            // The engine gives this while another call works on the object.
            let busy = e.kind() == ErrorKind::Conflict && attempt == 1;
            // A removal by another hand is as good as ours.
            let gone = e.kind() == ErrorKind::NotFound && self.step.goal == Goal::Absent;
            if !(again || busy || gone) || attempt >= self.bench.settings.attempts {
                return Err(e);
            }
            let wait = backoff.wait();
            if !gone {
                if Instant::now() + wait >= deadline {
                    return Err(e);
                }
                tokio::time::sleep(wait).await;
            }
            if let Some(outcome) = self.after_lost_answer(before, begun).await? {
                return Ok(outcome);
            }
            if gone || again && !self.is_repeatable() {
                return Err(e);
            }
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

    /// Did the call whose answer was lost do it?
    async fn after_lost_answer(
        &mut self,
        before: &Seen,
        begun: DateTime<Utc>,
    ) -> Result<Option<Outcome>> {
        let seen = match self.look().await {
            Ok(seen) => seen,
            Err(e) if e.kind().is_retryable() => return Ok(None),
            Err(e) => return Err(e),
        };
        let makes = matches!(
            self.step.action,
            Action::CreateContainer { .. } | Action::CreateNetwork { .. }
        );
        if makes {
            // Ours only if it did not exist before and is no older than the call; clocks of two
            // machines may differ a little.
            let slack = chrono::Duration::seconds(60);
            let ours = |created: Option<DateTime<Utc>>| created.is_some_and(|c| c + slack > begun);
            let was_absent = matches!(before, Seen::Absent);
            return Ok(match seen {
                Seen::Container(c) if was_absent && ours(c.created) => {
                    self.target.id = c.id;
                    Some(Outcome::Succeeded)
                }
                Seen::Other(created) if was_absent && ours(created) => Some(Outcome::Succeeded),
                _ => None,
            });
        }
        if matches!(self.step.action, Action::PullImage { .. }) {
            return Ok(None);
        }
        let done = self.holds(before, &seen, false).await.unwrap_or(false);
        Ok(done.then_some(Outcome::Succeeded))
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

    /// Does the goal hold in what is `seen`? `first`: before the call.
    async fn holds(&self, before: &Seen, seen: &Seen, first: bool) -> Result<bool> {
        let state = match seen {
            Seen::Container(c) => Some(c.state),
            _ => None,
        };
        let absent = matches!(seen, Seen::Absent);
        Ok(match &self.step.goal {
            Goal::Present => !absent,
            Goal::Absent => absent,
            Goal::Running => match seen {
                Seen::Container(c) if c.state.is_up() => c.state != State::Paused,
                // It ran and ended by itself, perhaps so quickly that it is gone.
                Seen::Container(c) => !first && has_run_since(before, c),
                _ => !first,
            },
            Goal::Stopped => absent || state.is_some_and(|s| !s.is_up()),
            Goal::Paused => state == Some(State::Paused),
            Goal::Unpaused => state.is_some_and(|s| s != State::Paused),
            Goal::Restarted => match seen {
                Seen::Container(c) => !first && has_run_since(before, c),
                _ => false,
            },
            Goal::Named(name) => match seen {
                Seen::Container(c) => *c.name == **name,
                _ => false,
            },
            Goal::Member { container, present } => {
                let c = match self.bench.engine.container(container.id.as_str()).await {
                    Ok(c) => c,
                    Err(e) if e.kind() == ErrorKind::NotFound => return Ok(!present),
                    Err(e) => return Err(e),
                };
                let there = c.networks.iter().any(|n| {
                    *n.network_id == *self.target.id.as_str() || n.network == self.target.name
                });
                there == *present
            }
            Goal::Tagged { reference, present } => match self.bench.engine.image(reference).await {
                Ok(image) => {
                    let id = self.target.id.as_str();
                    let same = id.is_empty() || image.id.as_str() == id;
                    same == *present
                }
                Err(e) if e.kind() == ErrorKind::NotFound => !present,
                Err(e) => return Err(e),
            },
            Goal::Answered => !first,
        })
    }

    /// Look until the goal holds; what is seen then.
    async fn await_goal(&mut self, before: &Seen) -> Result<String> {
        let deadline = Instant::now() + SHOW;
        let mut pause = LOOK.0;
        loop {
            let result = self.look().await;
            let (held, words) = match &result {
                Ok(seen) => (self.holds(before, seen, false).await, seen.words()),
                Err(e) => (Err(e.clone()), String::new()),
            };
            match held {
                Ok(true) => return Ok(words),
                Ok(false) if Instant::now() >= deadline => {
                    return Err(Error::new(
                        ErrorKind::TimedOut,
                        format!("the engine said it was done, but it is still {words}"),
                    ));
                }
                Err(e) if !e.kind().is_retryable() || Instant::now() >= deadline => {
                    return Err(e.context("done, but it could not be seen"));
                }
                Ok(false) | Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK.1);
        }
    }
}

/// Was it started after it was looked at first?
fn has_run_since(before: &Seen, now: &Container) -> bool {
    let then = match before {
        Seen::Container(c) => c.started,
        _ => None,
    };
    now.started.is_some() && now.started != then
}
