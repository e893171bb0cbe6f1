//! The state machine of one simulated engine: pure, and deterministic given a seed and a clock.
//!
//! Nothing here waits. What happens later (a process exits, a probe is due) is a `Due` entry that
//! [`Model::advance`] carries out, in order, when the clock has passed it.

mod container;
mod create;
mod events;
mod exec;
mod fs;
mod health;
mod image;
mod launch;
mod lifecycle;
mod logs;
mod network;
mod remove;
mod seeding;
mod spec;
mod stats;
mod swarm;
mod volume;

use std::collections::{BTreeMap, HashMap, VecDeque};

use indexmap::IndexMap;

pub(crate) use container::{Container, Health, Mount, Phase, Probe, Run, Stopping};
pub(crate) use create::CreateRequest;
pub(crate) use events::{BadFilter, Event, Filters};
pub(crate) use exec::{Exec, ExecRequest};
pub(crate) use fs::{Fs, Node};
pub(crate) use image::{Image, Reference};
pub(crate) use lifecycle::signal_number;
pub(crate) use logs::{Chunk, LogCursor, LogQuery, Stream};
pub(crate) use network::{Endpoint, Network};
pub(crate) use seeding::{Seed, SeedEnd};
pub(crate) use spec::Spec;
pub(crate) use stats::Sample;
pub(crate) use swarm::{NOT_MANAGER, Swarm};
pub(crate) use volume::Volume;

use super::flavour::Flavour;
use super::util::{hex64, mix_all};

/// A refusal in the engine's own words, with its HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, message)
    }
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// What did an idempotent call find?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    NotModified,
}

/// Something that happens when its time has come; `run` tells a stale entry from a live one.
#[derive(Debug, Clone)]
pub(crate) enum Due {
    /// The main process ends by itself or after a signal.
    Exit { id: String, run: u64, code: i64 },
    /// The grace period of a stop is over.
    GraceOver { id: String, run: u64 },
    /// The restart policy starts it again.
    Restart { id: String, run: u64 },
    /// A health probe begins.
    Probe { id: String, run: u64 },
    /// A scripted main process goes on.
    Step { id: String, run: u64 },
    /// A scripted exec goes on.
    ExecStep { exec: String },
}

/// The machine an engine claims to run on.
#[derive(Debug, Clone)]
pub(crate) struct Hardware {
    pub(crate) cpus: u32,
    pub(crate) memory: u64,
}

/// One simulated engine.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) flavour: Flavour,
    pub(crate) seed: u64,
    pub(crate) hardware: Hardware,
    pub(crate) containers: IndexMap<String, Container>,
    names: HashMap<String, String>,
    pub(crate) images: IndexMap<String, Image>,
    pub(crate) volumes: BTreeMap<String, Volume>,
    pub(crate) networks: IndexMap<String, Network>,
    pub(crate) execs: IndexMap<String, Exec>,
    gone: VecDeque<remove::Gone>,
    pub(crate) swarm: Option<Swarm>,
    pub(crate) boot: i64,
    /// Health probes tell of their execs, as a real engine does.
    pub(crate) probe_events: bool,
    events: VecDeque<Event>,
    event_seq: u64,
    last_event: i64,
    quiet: bool,
    now: i64,
    due: BTreeMap<(i64, u64), Due>,
    counter: u64,
    next_pid: i64,
    revision: u64,
}

impl Model {
    pub(crate) fn new(name: &str, flavour: Flavour, seed: u64, now: i64) -> Self {
        let mut model = Self {
            name: name.to_owned(),
            flavour,
            seed,
            hardware: Hardware {
                cpus: 4,
                memory: 8 << 30,
            },
            containers: IndexMap::new(),
            names: HashMap::new(),
            images: IndexMap::new(),
            volumes: BTreeMap::new(),
            networks: IndexMap::new(),
            execs: IndexMap::new(),
            gone: VecDeque::new(),
            swarm: None,
            boot: now - 86_400 * super::util::SECOND,
            probe_events: true,
            events: VecDeque::new(),
            event_seq: 0,
            last_event: 0,
            quiet: true,
            now,
            due: BTreeMap::new(),
            counter: 0,
            next_pid: 2_000 + (seed % 1_000) as i64,
            revision: 0,
        };
        model.predefined_networks();
        model.quiet = false;
        model
    }

    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// Grows with every change a stream may want to see.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn touch(&mut self) {
        self.revision += 1;
    }

    /// Carry out everything that is due by `now`; the clock never goes back.
    pub(crate) fn advance(&mut self, now: i64) {
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((at, _), due) = entry.remove_entry();
            self.now = self.now.max(at);
            self.carry_out(due);
        }
        self.now = self.now.max(now);
    }

    /// When the next thing happens.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn after(&mut self, delay: i64, due: Due) {
        self.counter += 1;
        self.due
            .insert((self.now + delay.max(0), self.counter), due);
    }

    fn carry_out(&mut self, due: Due) {
        match due {
            Due::Exit { id, run, code } => {
                if self.is_run(&id, run) {
                    self.process_exited(&id, code, false);
                }
            }
            Due::GraceOver { id, run } => {
                if self.is_run(&id, run) {
                    self.grace_over(&id);
                }
            }
            Due::Restart { id, run } => self.policy_restart(&id, run),
            Due::Probe { id, run } => {
                if self.is_run(&id, run) {
                    self.probe(&id);
                }
            }
            Due::Step { id, run } => {
                if self.is_run(&id, run) {
                    self.step_container(&id);
                }
            }
            Due::ExecStep { exec } => self.step_exec(&exec),
        }
    }

    fn is_run(&self, id: &str, run: u64) -> bool {
        self.containers
            .get(id)
            .is_some_and(|c| c.run == run && c.is_up())
    }

    /// A fresh 64-digit id.
    pub(crate) fn new_id(&mut self) -> String {
        self.counter += 1;
        hex64(mix_all(&[self.seed, 0x1d, self.counter]))
    }

    pub(crate) fn new_pid(&mut self) -> i64 {
        self.next_pid += 7;
        self.next_pid
    }

    /// Do `work` without telling anybody: how a fleet gets its past.
    pub(crate) fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.quiet, true);
        let result = work(self);
        self.quiet = before;
        result
    }

    /// The full id of a container named by id, id prefix or name.
    pub(crate) fn resolve(&self, reference: &str) -> ApiResult<String> {
        let wanted = reference.strip_prefix('/').unwrap_or(reference);
        if self.containers.contains_key(wanted) {
            return Ok(wanted.to_owned());
        }
        if let Some(id) = self.names.get(wanted) {
            return Ok(id.clone());
        }
        let mut found = self.containers.keys().filter(|id| id.starts_with(wanted));
        match (wanted.is_empty(), found.next(), found.next()) {
            (false, Some(id), None) => Ok(id.clone()),
            (false, Some(_), Some(_)) => Err(ApiError::invalid(format!(
                "multiple IDs found with provided prefix: {wanted}"
            ))),
            _ => Err(ApiError::not_found(format!(
                "No such container: {reference}"
            ))),
        }
    }

    pub(crate) fn container(&self, reference: &str) -> ApiResult<&Container> {
        let id = self.resolve(reference)?;
        self.containers
            .get(&id)
            .ok_or_else(|| ApiError::not_found(format!("No such container: {reference}")))
    }

    pub(crate) fn container_mut(&mut self, reference: &str) -> ApiResult<&mut Container> {
        let id = self.resolve(reference)?;
        self.containers
            .get_mut(&id)
            .ok_or_else(|| ApiError::not_found(format!("No such container: {reference}")))
    }
}

#[cfg(test)]
mod tests;
