//! One container: what it was made from, what state it is in, what it has said.

use std::collections::VecDeque;

use indexmap::IndexMap;

use super::super::program::Program;
use super::super::shell::Vm;
use super::logs::Chunk;
use super::{Endpoint, Fs, Spec};
use crate::sim::util::human;

/// Where in its life a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Created,
    Running,
    Paused,
    /// Its process ended and the restart policy waits to start it again.
    Restarting,
    Exited,
}

impl Phase {
    /// Docker's word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
        }
    }
}

/// Who is taking the process down, if somebody is; decides what follows its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopping {
    Stop,
    Restart,
}

/// One result of a health probe.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) code: i64,
    pub(crate) output: String,
}

/// The health of a container that has a probe.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    pub(crate) status: &'static str,
    pub(crate) streak: u32,
    pub(crate) log: VecDeque<Probe>,
}

/// A mount as `inspect` shows it.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    pub(crate) kind: &'static str,
    /// The volume's name; empty for other kinds.
    pub(crate) volume: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) mode: String,
    pub(crate) writable: bool,
    /// Made for this container alone, without a name.
    pub(crate) anonymous: bool,
}

/// A published port of a running container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) container: u16,
    pub(crate) protocol: String,
    pub(crate) address: String,
    pub(crate) host: u16,
}

/// One life of the main process; generated logs and counters are computed from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) start: i64,
    /// 0 while it lasts.
    pub(crate) end: i64,
    pub(crate) number: u64,
}

#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: i64,
    /// As it was asked for.
    pub(crate) image: String,
    pub(crate) image_id: String,
    pub(crate) spec: Spec,
    pub(crate) program: Program,
    pub(crate) phase: Phase,
    pub(crate) pid: i64,
    pub(crate) exit_code: i64,
    pub(crate) error: String,
    pub(crate) oom_killed: bool,
    pub(crate) started: i64,
    pub(crate) finished: i64,
    pub(crate) restarts: u32,
    pub(crate) backoff: i64,
    /// A person stopped it, so the restart policy leaves it alone.
    pub(crate) manual_stop: bool,
    /// Counts its lives; a `Due` of an earlier one is void.
    pub(crate) run: u64,
    /// How often its process has ended.
    pub(crate) exits: u64,
    pub(crate) stopping: Option<Stopping>,
    /// By network name.
    pub(crate) endpoints: IndexMap<String, Endpoint>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) ports: Vec<Published>,
    pub(crate) health: Option<Health>,
    pub(crate) runs: VecDeque<Run>,
    pub(crate) recorded: VecDeque<Chunk>,
    pub(crate) recorded_seq: u64,
    pub(crate) paused_at: i64,
    pub(crate) paused_total: i64,
    pub(crate) fs: Fs,
    pub(crate) vm: Option<Box<Vm>>,
    pub(crate) tty_size: (u16, u16),
    /// Input of a client that attached before the start; `true` when it was all.
    pub(crate) early_input: (Vec<u8>, bool),
}

impl Container {
    /// Does its process exist (also paused)?
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Paused)
    }

    /// Running as `inspect` means it, which includes waiting for a restart.
    pub(crate) fn counts_as_running(&self) -> bool {
        self.is_up() || self.phase == Phase::Restarting
    }

    pub(crate) fn short_id(&self) -> &str {
        &self.id[..12]
    }

    /// Its network-visible host name.
    pub(crate) fn hostname(&self) -> String {
        match self.spec.text("Hostname") {
            "" => self.short_id().to_owned(),
            name => name.to_owned(),
        }
    }

    /// The words in the STATUS column of `docker ps`.
    pub(crate) fn status(&self, now: i64) -> String {
        let up = human(now - self.started);
        match self.phase {
            Phase::Created => "Created".to_owned(),
            Phase::Paused => format!("Up {up} (Paused)"),
            Phase::Restarting => {
                format!(
                    "Restarting ({}) {} ago",
                    self.exit_code,
                    human(now - self.finished)
                )
            }
            Phase::Exited => {
                format!(
                    "Exited ({}) {} ago",
                    self.exit_code,
                    human(now - self.finished)
                )
            }
            Phase::Running => match self.health.as_ref().map(|h| h.status) {
                Some("starting") => format!("Up {up} (health: starting)"),
                Some(status) => format!("Up {up} ({status})"),
                None => format!("Up {up}"),
            },
        }
    }

    /// How long the present life has worked, without the time it was paused.
    pub(crate) fn active(&self, now: i64) -> i64 {
        if !self.is_up() {
            return 0;
        }
        let until = if self.phase == Phase::Paused {
            self.paused_at
        } else {
            now
        };
        (until - self.started - self.paused_total).max(0)
    }
}
