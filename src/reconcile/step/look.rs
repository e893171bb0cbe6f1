//! Looking: what the target of a step is now, and whether the step is done.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::super::backoff::Backoff;
use super::Runner;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::Kind;
use crate::domain::observed::{Container, ContainerState as State};
use crate::domain::plan::{Action, Goal};
use crate::domain::port::BoxFuture;
use crate::domain::spec::{Change, ContainerSpec, Resources};

/// The pauses between looks while a step's end is awaited.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));
/// So long a new container must run before the old one is given up.
const STEADY: Duration = Duration::from_secs(3);
/// How long the engine may take to show what it said it did.
const SHOW: Duration = Duration::from_secs(15);

/// An object, looked at now.
#[derive(Debug)]
pub(super) enum Seen {
    Absent,
    Container(Box<Container>),
    /// Something else, created then.
    Other(Option<DateTime<Utc>>),
}

impl Seen {
    pub(super) fn words(&self) -> String {
        match self {
            Self::Absent => "absent".to_owned(),
            Self::Container(c) => match (c.state, c.exit_code) {
                (State::Exited, Some(code)) => format!("exited ({code})"),
                (state, _) => state.to_string(),
            },
            Self::Other(_) => "present".to_owned(),
        }
    }

    pub(super) fn state(&self) -> Option<State> {
        match self {
            Self::Container(c) => Some(c.state),
            Self::Absent | Self::Other(_) => None,
        }
    }
}

impl Runner<'_> {
    /// What `ask` gives; a host that does not answer is asked again, until somebody cancels.
    pub(super) async fn patiently<'r, T>(
        &'r self,
        deadline: Instant,
        ask: impl Fn(&'r Self) -> BoxFuture<'r, Result<T>> + Send,
    ) -> Result<T> {
        let settings = &self.bench.settings;
        let mut backoff = Backoff::new(settings.backoff, self.step.id);
        let mut attempt = 1;
        loop {
            let e = match ask(self).await {
                Err(e) if e.kind().is_retryable() && attempt < settings.attempts => e,
                answer => return answer,
            };
            attempt += 1;
            let wait = backoff.wait();
            if Instant::now() + wait >= deadline {
                return Err(e);
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.cancel.cancelled() => return Err(Self::cancelled()),
            }
        }
    }

    /// What the target is before anything is done. What is on its way to another state is waited
    /// for: Podman's containers that stop, containers that remove themselves.
    pub(super) async fn look_before(&self, deadline: Instant) -> Result<Seen> {
        let mut pause = LOOK.0;
        loop {
            let seen = self.patiently(deadline, |r| Box::pin(r.look())).await?;
            let passes = match (seen.state(), &self.step.goal) {
                (Some(State::Removing), goal) => *goal == Goal::Absent,
                (Some(State::Stopping), Goal::Stopped | Goal::Answered) => false,
                (Some(State::Stopping), Goal::Absent) => !self.step.precondition.states.is_empty(),
                (state, _) => state == Some(State::Stopping),
            };
            if !passes || Instant::now() + pause >= deadline {
                return Ok(seen);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => return Err(Self::cancelled()),
            }
            pause = (pause * 2).min(LOOK.1);
        }
    }

    pub(super) async fn look(&self) -> Result<Seen> {
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
    pub(super) fn check(&self, seen: &Seen) -> Result<()> {
        if self.makes() {
            return Ok(());
        }
        let created = match seen {
            Seen::Absent => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    "it does not exist any more",
                ));
            }
            Seen::Container(c) => c.created,
            Seen::Other(created) => *created,
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
        match seen.state() {
            Some(state) if !wanted.states.is_empty() && !wanted.states.contains(&state) => Err(
                Error::new(ErrorKind::Conflict, format!("it is {state} now"))
                    .with_hint("look again, and decide again"),
            ),
            _ => Ok(()),
        }
    }

    /// Is the container still specified as it was when somebody decided?
    pub(super) async fn check_specified(&self) -> Result<()> {
        let Some(specified) = &self.step.precondition.specified else {
            return Ok(());
        };
        let now = self
            .bench
            .engine
            .spec(specified.container.id.as_str())
            .await?;
        let changed = specified.spec.changes(&now);
        if changed.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = changed.iter().map(Change::to_string).collect();
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "{} was changed meanwhile: {}",
                specified.container,
                lines.join("; ")
            ),
        )
        .with_hint("look again, and decide again"))
    }

    /// What is about to be removed, for the record; without it where the engine does not tell.
    pub(super) async fn specify(&self) -> Option<Box<ContainerSpec>> {
        let Action::RemoveContainer { .. } = &self.step.action else {
            return None;
        };
        let ask = self.bench.engine.spec(self.target.id.as_str());
        match tokio::time::timeout(SHOW, ask).await {
            Ok(Ok(spec)) => Some(Box::new(spec.discreet())),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// Is the target something that does not exist yet?
    pub(super) fn makes(&self) -> bool {
        matches!(
            self.step.action,
            Action::CreateContainer { .. }
                | Action::CreateNetwork { .. }
                | Action::CreateVolume { .. }
                | Action::PullImage { .. }
        )
    }

    /// Nothing may have begun to use the object.
    pub(super) async fn check_unused(&self) -> Result<()> {
        if !self.step.precondition.unused {
            return Ok(());
        }
        let (id, name) = (self.target.id.as_str(), &*self.target.name);
        let users: Vec<String> = self
            .bench
            .engine
            .containers()
            .await?
            .iter()
            .filter(|c| match self.target.kind {
                Kind::Image => *c.image_id == *id,
                Kind::Volume => c.mounts.iter().any(|m| m.name.as_deref() == Some(id)),
                Kind::Network => c.networks.iter().any(|n| n.is_in(id, name)),
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

    /// Does the goal hold in what is `seen`? `first`: before the call.
    pub(super) async fn holds(&self, before: &Seen, seen: &Seen, first: bool) -> Result<bool> {
        let state = seen.state();
        let absent = matches!(seen, Seen::Absent);
        Ok(match &self.step.goal {
            Goal::Present => !absent,
            Goal::Absent => absent,
            Goal::Running | Goal::Steady => match seen {
                Seen::Container(c) if c.state.is_up() => {
                    !matches!(c.state, State::Paused | State::Stopping)
                }
                // It ran and ended by itself, perhaps so quickly that it is gone.
                Seen::Container(c) => !first && has_run_since(before, c),
                _ => !first,
            },
            Goal::Stopped => match seen {
                // Of a word that is not known only the call itself can tell.
                Seen::Container(c) if first => !c.state.may_be_up(),
                // A restart policy may have been quicker than this look at a killed one.
                Seen::Container(c) => {
                    let is_kill = matches!(self.step.action, Action::KillContainer { .. });
                    !c.state.is_up() || is_kill && has_run_since(before, c)
                }
                _ => absent,
            },
            Goal::Paused => state == Some(State::Paused),
            Goal::Unpaused => state.is_some_and(|s| s != State::Paused),
            Goal::Restarted => match seen {
                Seen::Container(c) => !first && has_run_since(before, c),
                _ => false,
            },
            Goal::Limited { restart, resources } => {
                let Seen::Container(c) = seen else {
                    return Ok(false);
                };
                let now = self.bench.engine.spec(c.id.as_str()).await?;
                is_limited(&now, restart.as_deref(), resources, first)
            }
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
                let (id, name) = (self.target.id.as_str(), &*self.target.name);
                c.networks.iter().any(|n| n.is_in(id, name)) == *present
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

    /// Look for a while: does it go on running?
    async fn await_steady(&self) -> Result<String> {
        let deadline = Instant::now() + SHOW + STEADY;
        // When it was first seen to run, and since when it did.
        let mut first: Option<(Instant, Option<DateTime<Utc>>)> = None;
        loop {
            match self.look().await {
                Ok(Seen::Container(c)) => match c.state {
                    State::Exited if c.exit_code == Some(0) => return Ok("exited (0)".to_owned()),
                    State::Exited | State::Dead | State::Restarting => {
                        return Err(gave_up(&c));
                    }
                    State::Running => match first {
                        Some((_, started)) if started != c.started => return Err(gave_up(&c)),
                        Some((since, _)) if since.elapsed() >= STEADY => {
                            return Ok(State::Running.to_string());
                        }
                        Some(_) => {}
                        None => first = Some((Instant::now(), c.started)),
                    },
                    _ => {}
                },
                Ok(_) => return Err(Error::new(ErrorKind::NotFound, "it ended and is gone")),
                Err(e) if !e.kind().is_retryable() || Instant::now() >= deadline => {
                    return Err(e.context("started, but it could not be seen"));
                }
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                return Err(Error::new(ErrorKind::TimedOut, "it does not come up"));
            }
            tokio::time::sleep(LOOK.1).await;
        }
    }

    /// Look until the goal holds; what is seen then.
    pub(super) async fn await_goal(&self, before: &Seen) -> Result<String> {
        if self.step.goal == Goal::Steady {
            return self.await_steady().await;
        }
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

fn gave_up(c: &Container) -> Error {
    let how = match c.exit_code {
        Some(code) => format!("it did not stay up: its process ended with {code}"),
        None => format!("it did not stay up: it is {}", c.state),
    };
    let e = Error::new(ErrorKind::Conflict, how);
    match &c.error {
        Some(said) => e.with_hint(said.to_string()),
        None => e.with_hint("its logs may say why"),
    }
}

/// Are these limits in force?
fn is_limited(now: &ContainerSpec, restart: Option<&str>, wanted: &Resources, first: bool) -> bool {
    let policy = restart.is_none_or(|r| now.restart.as_deref().unwrap_or("no") == r);
    let mut shown = now.resources.clone();
    // Twice the memory is not shown as a limit of its own.
    if shown.memory_swap.is_none() {
        shown.memory_swap = shown.memory.map(|m| m.saturating_mul(2));
    }
    // What some kernels cannot limit is not shown: after the call the engine's word has to do.
    let same = |w: Option<i64>, s: Option<i64>| w.is_none() || !first && s.is_none() || w == s;
    policy
        && same(wanted.memory, shown.memory)
        && same(wanted.memory_swap, shown.memory_swap)
        && same(wanted.nano_cpus, shown.nano_cpus)
        && same(wanted.cpu_shares, shown.cpu_shares)
        && same(wanted.pids_limit, shown.pids_limit)
        && !(first && has_more(wanted))
}

/// Limits that are not compared: what is asked is done, whether it is so already or not.
fn has_more(wanted: &Resources) -> bool {
    let compared = Resources {
        memory: wanted.memory,
        memory_swap: wanted.memory_swap,
        nano_cpus: wanted.nano_cpus,
        cpu_shares: wanted.cpu_shares,
        pids_limit: wanted.pids_limit,
        ..Resources::default()
    };
    *wanted != compared
}

/// Was it started after it was looked at first?
fn has_run_since(before: &Seen, now: &Container) -> bool {
    let then = match before {
        Seen::Container(c) => c.started,
        _ => None,
    };
    now.started.is_some() && now.started != then
}
