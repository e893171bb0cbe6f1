//! What would be done: a DAG of steps, each exactly one call with its reason, its danger, what must
//! still be true before it, and what shows that it is done.

mod build;
mod containers;
mod images;
mod networks;
mod prune;
mod update;
mod volumes;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::id::{HostId, Kind, ObjectRef};
use super::intent::Intent;
use super::observed::ContainerState;
use super::snapshot::Snapshot;
use super::spec::{ContainerSpec, EndpointSpec, NetworkSpec, Resources, VolumeSpec};

/// What a step can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Danger {
    /// Nothing: something is added or started.
    Safe,
    /// Something that works stops working, and can be made to work again.
    Disruptive,
    /// Something is gone afterwards.
    Destructive,
}

/// One call that changes an engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "call")]
pub enum Action {
    CreateContainer {
        name: Option<String>,
        spec: Box<ContainerSpec>,
    },
    StartContainer,
    /// `None`: the container's own stop timeout.
    StopContainer {
        timeout: Option<Duration>,
    },
    RestartContainer {
        timeout: Option<Duration>,
    },
    KillContainer {
        signal: String,
    },
    PauseContainer,
    UnpauseContainer,
    RemoveContainer {
        force: bool,
        volumes: bool,
    },
    RenameContainer {
        to: String,
    },
    /// What is `None` stays.
    UpdateContainer {
        restart: Option<String>,
        resources: Resources,
    },
    CreateVolume {
        spec: VolumeSpec,
    },
    RemoveVolume {
        force: bool,
    },
    CreateNetwork {
        spec: NetworkSpec,
    },
    RemoveNetwork,
    /// The step's target is the network.
    ConnectNetwork {
        container: ObjectRef,
        endpoint: EndpointSpec,
    },
    DisconnectNetwork {
        container: ObjectRef,
        force: bool,
    },
    PullImage {
        reference: String,
        platform: Option<String>,
    },
    TagImage {
        reference: String,
    },
    /// `untag`: remove this name; the image goes with its last one.
    RemoveImage {
        untag: Option<String>,
        force: bool,
    },
}

impl Action {
    /// The verb, for plans and progress.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::CreateContainer { .. }
            | Self::CreateVolume { .. }
            | Self::CreateNetwork { .. } => "create",
            Self::StartContainer => "start",
            Self::StopContainer { .. } => "stop",
            Self::RestartContainer { .. } => "restart",
            Self::KillContainer { .. } => "kill",
            Self::PauseContainer => "pause",
            Self::UnpauseContainer => "unpause",
            Self::RemoveImage { untag, .. } if untag.is_some() => "untag",
            Self::RemoveContainer { .. }
            | Self::RemoveVolume { .. }
            | Self::RemoveNetwork
            | Self::RemoveImage { .. } => "remove",
            Self::RenameContainer { .. } => "rename",
            Self::UpdateContainer { .. } => "update",
            Self::ConnectNetwork { .. } => "connect",
            Self::DisconnectNetwork { .. } => "disconnect",
            Self::PullImage { .. } => "pull",
            Self::TagImage { .. } => "tag",
        }
    }

    /// What it is called while it happens: `stopping`.
    pub fn gerund(&self) -> &'static str {
        match self.verb() {
            "create" => "creating",
            "start" => "starting",
            "stop" => "stopping",
            "restart" => "restarting",
            "kill" => "killing",
            "pause" => "pausing",
            "unpause" => "unpausing",
            "remove" => "removing",
            "untag" => "untagging",
            "rename" => "renaming",
            "update" => "updating",
            "connect" => "connecting",
            "disconnect" => "disconnecting",
            "pull" => "pulling",
            _ => "tagging",
        }
    }

    /// May the call be sent again when its answer was lost? The end it states is then looked for
    /// first; a restart and a signal would happen twice.
    pub fn is_repeatable(&self) -> bool {
        !matches!(
            self,
            Self::RestartContainer { .. } | Self::KillContainer { .. }
        )
    }
}

/// What must still be true right before a step, read anew from the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Precondition {
    /// The object was created at this time (compared by second).
    pub created: Option<DateTime<Utc>>,
    /// The container is in one of these states.
    pub states: Vec<ContainerState>,
    /// Nothing uses the object (volumes, networks, images in a prune).
    pub unused: bool,
    /// A container is specified as it was when somebody decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specified: Option<Box<Specified>>,
}

/// How a container was specified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Specified {
    pub container: ObjectRef,
    pub spec: ContainerSpec,
}

/// What shows that a step is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// The object is there.
    Present,
    /// The object is gone.
    Absent,
    /// The container runs, or ran and ended by itself.
    Running,
    /// It runs and goes on running for a while, or did its work and ended well.
    Steady,
    /// The container does not run.
    Stopped,
    Paused,
    /// Running and not paused.
    Unpaused,
    /// It was started after the step began.
    Restarted,
    /// It has this name.
    Named(String),
    /// It is under these limits; what is `None` may be anything.
    Limited {
        restart: Option<String>,
        resources: Resources,
    },
    /// The network has the container (or not).
    Member {
        container: ObjectRef,
        present: bool,
    },
    /// An image of that name is there (or not).
    Tagged {
        reference: String,
        present: bool,
    },
    /// The call's answer is all there is to see (a signal that does not end anything).
    Answered,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Steps of a plan are numbered from 0 in the order they are shown.
    pub id: usize,
    pub action: Action,
    /// On what. Of an object to be made: its name, which may be empty; the id is then unknown.
    pub target: ObjectRef,
    /// The step that makes the target, when it does not exist yet.
    pub made_by: Option<usize>,
    /// Why.
    pub cause: String,
    pub danger: Danger,
    /// Steps that must have succeeded before.
    pub after: Vec<usize>,
    /// Steps it makes up for: it is done only when one of them went wrong after another was begun,
    /// then whatever else happens. Empty for an ordinary step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rescues: Vec<usize>,
    pub precondition: Precondition,
    pub goal: Goal,
}

/// What would be done.
#[must_use]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// What was asked, in one line.
    pub title: String,
    /// The verb asked for.
    pub verb: String,
    pub steps: Vec<Step>,
    /// Targets that already are as they shall be, and why nothing is done.
    pub unchanged: Vec<Unchanged>,
    /// Things worth knowing before saying yes.
    pub notes: Vec<String>,
}

/// A target that needs nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unchanged {
    pub target: ObjectRef,
    pub reason: String,
}

impl Plan {
    /// The worst that can happen.
    pub fn danger(&self) -> Danger {
        self.steps
            .iter()
            .map(|s| s.danger)
            .max()
            .unwrap_or(Danger::Safe)
    }

    /// The steps that destroy.
    pub fn victims(&self) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .filter(|s| s.danger == Danger::Destructive)
    }

    /// The hosts it touches, each once, in order.
    pub fn hosts(&self) -> Vec<HostId> {
        let mut hosts: Vec<HostId> = self.steps.iter().map(|s| s.target.host.clone()).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Is nothing to be done?
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Every `after` and `made_by` names an earlier step: so there is no cycle.
    pub fn check(&self) -> Result<()> {
        for (n, step) in self.steps.iter().enumerate() {
            let named = step.after.iter().chain(&step.made_by).chain(&step.rescues);
            let earlier = named.copied().all(|a| a < n);
            if step.id != n || !earlier {
                return Err(Error::internal(format!(
                    "step {n} of {:?} is out of order",
                    self.title
                )));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Plan {
    /// One line a step: what, on what, why, after what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for step in &self.steps {
            let mark = match step.danger {
                Danger::Safe => '+',
                Danger::Disruptive => '~',
                Danger::Destructive => '-',
            };
            write!(
                f,
                "  {mark} {} {} {}",
                step.action.verb(),
                step.target.kind,
                step.target
            )?;
            match &step.action {
                Action::StopContainer { timeout: Some(t) }
                | Action::RestartContainer { timeout: Some(t) } => {
                    write!(f, " within {}s", t.as_secs())?;
                }
                Action::KillContainer { signal } => write!(f, " with {signal}")?,
                Action::RenameContainer { to } => write!(f, " to {to}")?,
                Action::ConnectNetwork { container, .. }
                | Action::DisconnectNetwork { container, .. } => {
                    write!(f, " and {}", container.label())?;
                }
                Action::TagImage { reference } => write!(f, " as {reference}")?,
                _ => {}
            }
            write!(f, ": {}", step.cause)?;
            if !step.rescues.is_empty() {
                let of: Vec<String> = step.rescues.iter().map(|a| (a + 1).to_string()).collect();
                write!(f, " (only if {} goes wrong)", of.join(", "))?;
            } else if !step.after.is_empty() {
                let after: Vec<String> = step.after.iter().map(|a| (a + 1).to_string()).collect();
                write!(f, " (after {})", after.join(", "))?;
            }
            writeln!(f)?;
        }
        for u in &self.unchanged {
            writeln!(f, "  = {} {}: {}", u.target.kind, u.target, u.reason)?;
        }
        for note in &self.notes {
            writeln!(f, "  ! {note}")?;
        }
        Ok(())
    }
}

/// What would have to be done so that `intent` holds, given what `snapshot` shows. Pure: the same
/// input gives the same plan, whatever order the targets come in.
pub fn plan(intent: &Intent, snapshot: &Snapshot) -> Result<Plan> {
    let plan = build::Builder::new(intent, snapshot).build()?;
    plan.check()?;
    Ok(plan)
}

/// Can this kind of thing be removed at all?
pub(crate) fn is_removable(kind: Kind) -> bool {
    !matches!(kind, Kind::Machine | Kind::Node)
}

#[cfg(test)]
mod tests;
