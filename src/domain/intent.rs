//! What is asked. A key, a palette command and a verb all become an [`Intent`].

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{HostId, Kind, ObjectRef};
use super::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The login name.
    pub user: Arc<str>,
    /// The address of the SSH client, when this runs in an SSH session.
    pub ssh_client: Option<Arc<str>>,
    pub pid: u32,
}

/// From where it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A key, menu or palette command of the console.
    Console,
    /// A verb on the command line.
    Cli,
}

impl Origin {
    /// One lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Cli => "cli",
        }
    }
}

/// An object as it was when somebody decided about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    pub object: ObjectRef,
    /// When the object that was seen had been created: another one under the same name is not it.
    pub created: Option<DateTime<Utc>>,
}

impl From<ObjectRef> for Target {
    fn from(object: ObjectRef) -> Self {
        Self {
            object,
            created: None,
        }
    }
}

/// When to pull an image before a container is made from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPolicy {
    Always,
    #[default]
    Missing,
    Never,
}

/// What is asked of the fleet. Each states an end, not a call: starting what runs is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "verb")]
pub enum Intent {
    /// Containers, Compose services or projects shall run.
    Start {
        targets: Vec<Target>,
    },
    /// They shall not; killed after `timeout`, or the container's own stop timeout.
    Stop {
        targets: Vec<Target>,
        timeout: Option<Duration>,
    },
    /// They shall have been started anew.
    Restart {
        targets: Vec<Target>,
        timeout: Option<Duration>,
    },
    /// They get a signal; one that ends them is confirmed by their end.
    Kill {
        targets: Vec<Target>,
        signal: String,
    },
    Pause {
        targets: Vec<Target>,
    },
    Unpause {
        targets: Vec<Target>,
    },
    /// Containers, services, projects, volumes, networks or images shall be gone.
    Remove {
        targets: Vec<Target>,
        /// Running containers too; images by force.
        force: bool,
        /// With the anonymous volumes of the containers; of a project also its named volumes.
        volumes: bool,
    },
    Rename {
        target: Target,
        to: String,
    },
    /// A new container; started when `start`.
    CreateContainer {
        host: HostId,
        name: Option<String>,
        spec: Box<ContainerSpec>,
        start: bool,
        pull: PullPolicy,
    },
    /// A container shall be as `spec` says: changed in place where the engine can, else replaced by
    /// a new one under its name.
    Update {
        target: Target,
        /// As it was when somebody decided: another by now is refused.
        was: Box<ContainerSpec>,
        spec: Box<ContainerSpec>,
        /// Replace it even where it could be changed in place.
        replace: bool,
        pull: PullPolicy,
    },
    CreateVolume {
        host: HostId,
        spec: VolumeSpec,
    },
    CreateNetwork {
        host: HostId,
        spec: NetworkSpec,
    },
    Connect {
        network: Target,
        container: Target,
        endpoint: EndpointSpec,
    },
    Disconnect {
        network: Target,
        container: Target,
        force: bool,
    },
    /// The image shall be there in its newest version.
    Pull {
        host: HostId,
        reference: String,
        platform: Option<String>,
    },
    /// The image shall have another name too.
    Tag {
        image: Target,
        reference: String,
    },
    /// What nothing uses shall be gone: the victims are chosen when the plan is made.
    Prune {
        hosts: Vec<HostId>,
        prune: Prune,
    },
}

/// What to prune.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Prune {
    /// Containers, images, volumes, networks; in this order they are removed.
    pub kinds: Vec<Kind>,
    /// Images: every image without a container, not only those without a tag. Volumes: named ones
    /// too, not only anonymous ones.
    pub all: bool,
    /// Only what was created before.
    pub until: Option<DateTime<Utc>>,
    /// Only what has these labels: `key` or `key=value`.
    pub labels: Vec<String>,
}

impl Intent {
    /// The verb in the imperative, for titles and the journal.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Stop { .. } => "stop",
            Self::Restart { .. } => "restart",
            Self::Kill { .. } => "kill",
            Self::Pause { .. } => "pause",
            Self::Unpause { .. } => "unpause",
            Self::Remove { .. } => "remove",
            Self::Rename { .. } => "rename",
            Self::Update { .. } => "update",
            Self::CreateContainer { start: true, .. } => "run",
            Self::CreateContainer { .. }
            | Self::CreateVolume { .. }
            | Self::CreateNetwork { .. } => "create",
            Self::Connect { .. } => "connect",
            Self::Disconnect { .. } => "disconnect",
            Self::Pull { .. } => "pull",
            Self::Tag { .. } => "tag",
            Self::Prune { .. } => "prune",
        }
    }

    /// One line: `stop prod-1/web, prod-2/web and 3 more`.
    pub fn summary(&self) -> String {
        let verb = self.verb();
        match self {
            Self::Start { targets }
            | Self::Stop { targets, .. }
            | Self::Restart { targets, .. }
            | Self::Pause { targets }
            | Self::Unpause { targets }
            | Self::Remove { targets, .. } => format!("{verb} {}", list(targets)),
            Self::Kill { targets, signal } => format!("{verb} -s {signal} {}", list(targets)),
            Self::Rename { target, to } => format!("{verb} {} to {to}", target.object),
            Self::Update { target, .. } => format!("{verb} {}", target.object),
            Self::CreateContainer {
                host, name, spec, ..
            } => match name {
                Some(name) => format!("{verb} {host}/{name} from {}", spec.image),
                None => format!("{verb} a container from {} on {host}", spec.image),
            },
            Self::CreateVolume { host, spec } if spec.name.is_empty() => {
                format!("{verb} a volume on {host}")
            }
            Self::CreateVolume { host, spec } => format!("{verb} volume {host}/{}", spec.name),
            Self::CreateNetwork { host, spec } => format!("{verb} network {host}/{}", spec.name),
            Self::Connect {
                network, container, ..
            } => {
                format!("{verb} {} to {}", container.object, network.object.label())
            }
            Self::Disconnect {
                network, container, ..
            } => {
                format!(
                    "{verb} {} from {}",
                    container.object,
                    network.object.label()
                )
            }
            Self::Pull {
                host, reference, ..
            } => format!("{verb} {reference} on {host}"),
            Self::Tag { image, reference } => format!("{verb} {} as {reference}", image.object),
            Self::Prune { hosts, prune } => {
                let mut kinds = prune.kinds.clone();
                kinds.sort_unstable();
                kinds.dedup();
                let kinds: Vec<&str> = kinds.iter().map(|k| k.plural()).collect();
                let mut hosts: Vec<&str> = hosts.iter().map(HostId::as_str).collect();
                hosts.sort_unstable();
                hosts.dedup();
                format!("{verb} {} on {}", kinds.join(", "), hosts.join(", "))
            }
        }
    }

    /// What it names, so that an unknown host can be told before anything else.
    pub fn hosts(&self) -> Vec<&HostId> {
        match self {
            Self::Start { targets }
            | Self::Stop { targets, .. }
            | Self::Restart { targets, .. }
            | Self::Kill { targets, .. }
            | Self::Pause { targets }
            | Self::Unpause { targets }
            | Self::Remove { targets, .. } => targets.iter().map(|t| &t.object.host).collect(),
            Self::Rename { target, .. } | Self::Update { target, .. } => {
                vec![&target.object.host]
            }
            Self::CreateContainer { host, .. }
            | Self::CreateVolume { host, .. }
            | Self::CreateNetwork { host, .. }
            | Self::Pull { host, .. } => vec![host],
            Self::Connect {
                network, container, ..
            }
            | Self::Disconnect {
                network, container, ..
            } => {
                vec![&network.object.host, &container.object.host]
            }
            Self::Tag { image, .. } => vec![&image.object.host],
            Self::Prune { hosts, .. } => hosts.iter().collect(),
        }
    }
}

/// Sorted, so that it does not matter in which order they were marked.
fn list(targets: &[Target]) -> String {
    let mut names: Vec<(String, &ObjectRef)> = targets
        .iter()
        .map(|t| (t.object.to_string(), &t.object))
        .collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<&str> = names.iter().take(3).map(|(n, _)| &**n).collect();
    let shown = shown.join(", ");
    match names.len() {
        0..=3 => shown,
        n => format!("{shown} and {} more", n - 3),
    }
}
