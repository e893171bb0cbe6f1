//! What is, as the engines tell it. Text in here is clean (see [`super::text`]).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::ObjectId;

/// Labels of an object.
pub type Labels = BTreeMap<Arc<str>, Arc<str>>;

/// Who made a Compose object.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";
/// Which service of the project a container belongs to.
pub const SERVICE_LABEL: &str = "com.docker.compose.service";
/// Which of the service's containers it is.
pub const NUMBER_LABEL: &str = "com.docker.compose.container-number";
/// `True` on containers of `docker compose run`, which are no part of the service.
pub const ONEOFF_LABEL: &str = "com.docker.compose.oneoff";
/// The services a container's service waits for: `db:service_healthy:true,...`.
pub const DEPENDS_LABEL: &str = "com.docker.compose.depends_on";
/// The Swarm service a container is a task of.
pub const SWARM_SERVICE_LABEL: &str = "com.docker.swarm.service.name";

/// Where a container is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerState {
    Running,
    /// Frozen by `pause`.
    Paused,
    /// Between an exit and the start its restart policy ordered.
    Restarting,
    /// Never started.
    Created,
    /// Podman's word for on the way to exited.
    Stopping,
    Removing,
    Exited,
    /// The engine could not remove it.
    Dead,
    /// A word this program does not know.
    Unknown,
}

impl ContainerState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Running,
        Self::Paused,
        Self::Restarting,
        Self::Created,
        Self::Stopping,
        Self::Removing,
        Self::Exited,
        Self::Dead,
        Self::Unknown,
    ];

    /// The engine's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Created => "created",
            Self::Stopping => "stopping",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    /// The state an engine's word means.
    pub fn from_word(word: &str) -> Self {
        match word {
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            // Podman says configured and initialized before the first start.
            "created" | "configured" | "initialized" => Self::Created,
            "stopping" => Self::Stopping,
            "removing" => Self::Removing,
            "exited" | "stopped" => Self::Exited,
            "dead" => Self::Dead,
            _ => Self::Unknown,
        }
    }

    /// Has it a process now, running or frozen?
    pub fn is_up(self) -> bool {
        matches!(
            self,
            Self::Running | Self::Paused | Self::Restarting | Self::Stopping
        )
    }

    /// Can it not be said that it has no process? Of a word that is not known nobody can.
    pub fn may_be_up(self) -> bool {
        self.is_up() || self == Self::Unknown
    }
}

impl fmt::Display for ContainerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Within its start period, or before the first verdict.
    Starting,
    Healthy,
    Unhealthy,
}

impl HealthStatus {
    /// The engine's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// The status an engine's word means; none without a health check.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "starting" => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            _ => None,
        }
    }
}

/// One run of a health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    pub exit_code: i64,
    /// What the probe printed; line ends kept.
    pub output: String,
}

/// A container's health: the verdict, and what inspect adds to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub status: HealthStatus,
    /// Failures in a row.
    pub failing_streak: u32,
    /// The last probes, oldest first; empty until the container was inspected.
    pub probes: Vec<Probe>,
}

/// A published or exposed port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// Inside the container.
    pub private: u16,
    /// On the host; none when only exposed.
    pub public: Option<u16>,
    /// The host address it is bound to.
    pub ip: Option<Arc<str>>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: Arc<str>,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(public) = self.public {
            match self.ip.as_deref() {
                Some(ip) if ip.contains(':') => write!(f, "[{ip}]:{public}->")?,
                Some(ip) => write!(f, "{ip}:{public}->")?,
                None => write!(f, "{public}->")?,
            }
        }
        write!(f, "{}/{}", self.private, self.protocol)
    }
}

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`...
    pub kind: Arc<str>,
    /// The volume's name, for volumes.
    pub name: Option<Arc<str>>,
    /// Path on the host.
    pub source: Arc<str>,
    /// Path in the container.
    pub target: Arc<str>,
    pub read_only: bool,
}

/// A container's place in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The network's name.
    pub network: Arc<str>,
    pub network_id: Arc<str>,
    pub ip: Option<Arc<str>>,
    pub mac: Option<Arc<str>>,
}

impl Attachment {
    /// Is it a place in the network of that id and name? Before its first start a container knows
    /// only the name of its network, and two networks may share a name.
    pub fn is_in(&self, id: &str, name: &str) -> bool {
        let unknown = self.network_id.is_empty() || self.network_id == self.network;
        *self.network_id == *id || unknown && *self.network == *name
    }
}

/// Another container that one cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// Its id or name.
    pub container: Arc<str>,
    /// What for: `whose network it shares`.
    pub how: Arc<str>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub id: ObjectId,
    /// Without the leading slash.
    pub name: Arc<str>,
    /// As it was asked for: a reference, or an id.
    pub image: Arc<str>,
    pub image_id: Arc<str>,
    pub command: Arc<str>,
    /// To the second in lists, finer after an inspect: compare by second.
    pub created: Option<DateTime<Utc>>,
    pub state: ContainerState,
    pub health: Option<Health>,
    pub started: Option<DateTime<Utc>>,
    pub finished: Option<DateTime<Utc>>,
    /// Of the last run; none while it has not ended.
    pub exit_code: Option<i64>,
    pub oom_killed: bool,
    /// What the engine says went wrong at the last start.
    pub error: Option<Arc<str>>,
    pub restart_count: u32,
    /// `no`, `always`, `on-failure:3`, `unless-stopped`; empty until inspected.
    pub restart_policy: Arc<str>,
    pub labels: Arc<Labels>,
    pub ports: Vec<Port>,
    /// Those it asks for, which it has only while it runs; empty until inspected.
    #[serde(default)]
    pub wanted_ports: Vec<Port>,
    /// Empty until inspected.
    #[serde(default)]
    pub needs: Vec<Need>,
    pub mounts: Vec<Mount>,
    pub networks: Vec<Attachment>,
    /// Was it inspected, or does it come from a list?
    pub inspected: bool,
}

impl Container {
    /// A running container with nothing special; for tests and the model behind them.
    pub fn sample(id: &str, name: &str) -> Self {
        Self {
            id: ObjectId::new(id),
            name: Arc::from(name),
            image: Arc::from("busybox:latest"),
            image_id: Arc::from("sha256:0"),
            command: Arc::from("sh"),
            created: DateTime::from_timestamp(1_700_000_000, 0),
            state: ContainerState::Running,
            health: None,
            started: None,
            finished: None,
            exit_code: None,
            oom_killed: false,
            error: None,
            restart_count: 0,
            restart_policy: Arc::from(""),
            labels: Arc::default(),
            ports: Vec::new(),
            wanted_ports: Vec::new(),
            needs: Vec::new(),
            mounts: Vec::new(),
            networks: Vec::new(),
            inspected: false,
        }
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(|v| &**v).filter(|v| !v.is_empty())
    }

    /// The Compose project it belongs to.
    pub fn project(&self) -> Option<&str> {
        self.label(PROJECT_LABEL)
    }

    /// The Compose service it is part of; `compose run` containers are not.
    pub fn service(&self) -> Option<&str> {
        let oneoff = self
            .label(ONEOFF_LABEL)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"));
        self.label(SERVICE_LABEL)
            .filter(|_| !oneoff && self.project().is_some())
    }

    /// The verdict of its health check.
    pub fn health_status(&self) -> Option<HealthStatus> {
        self.health.as_ref().map(|h| h.status)
    }

    /// Does it need an eye: unhealthy, restarting, dead, ended with an error?
    pub fn is_problem(&self) -> bool {
        self.health_status() == Some(HealthStatus::Unhealthy) && self.state.is_up()
            || matches!(
                self.state,
                ContainerState::Restarting | ContainerState::Dead
            )
            || self.state == ContainerState::Exited
                && self
                    .exit_code
                    .is_some_and(|c| !matches!(c, 0 | 130 | 137 | 143))
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    pub id: ObjectId,
    /// `name:tag`, sorted; empty for a dangling image.
    pub tags: Vec<Arc<str>>,
    pub digests: Vec<Arc<str>>,
    pub created: Option<DateTime<Utc>>,
    /// Bytes.
    pub size: u64,
    pub labels: Arc<Labels>,
}

impl Image {
    /// The first tag; empty for a dangling image.
    pub fn name(&self) -> &str {
        self.tags.first().map_or("", |t| t)
    }
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    pub name: Arc<str>,
    pub driver: Arc<str>,
    pub mountpoint: Arc<str>,
    pub created: Option<DateTime<Utc>>,
    pub labels: Arc<Labels>,
    pub options: Labels,
    /// Bytes; known after a look at the disk use.
    pub size: Option<u64>,
}

impl Volume {
    /// Was it made without a name? Docker labels such volumes since 23, before that only the 64
    /// hex digits tell; Podman has both.
    pub fn is_anonymous(&self) -> bool {
        self.labels.contains_key("com.docker.volume.anonymous")
            || self.name.len() == 64 && self.name.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

/// A network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    pub id: ObjectId,
    pub name: Arc<str>,
    pub driver: Arc<str>,
    /// `local`, `swarm`, `global`.
    pub scope: Arc<str>,
    pub created: Option<DateTime<Utc>>,
    pub internal: bool,
    pub attachable: bool,
    pub ingress: bool,
    pub ipv6: bool,
    /// Subnets in CIDR notation.
    pub subnets: Vec<Arc<str>>,
    pub labels: Arc<Labels>,
}

impl Network {
    /// Made by the engine itself, never to be removed: `bridge`, `host`, `none`, ingress, Podman's
    /// `podman`.
    pub fn is_builtin(&self) -> bool {
        matches!(
            &*self.name,
            "bridge" | "host" | "none" | "docker_gwbridge" | "podman"
        ) || self.ingress
    }
}

/// A service of a Swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmService {
    pub id: ObjectId,
    pub name: Arc<str>,
    pub image: Arc<str>,
    /// `replicated`, `global`, `replicated-job`, `global-job`.
    pub mode: Arc<str>,
    /// How many tasks shall run; none for global services.
    pub replicas: Option<u64>,
    /// How many do.
    pub running: u64,
    pub created: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
    pub labels: Arc<Labels>,
    pub ports: Vec<Port>,
    pub tasks: Vec<SwarmTask>,
}

/// A task of a Swarm service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmTask {
    pub id: ObjectId,
    pub slot: Option<u64>,
    pub node: Arc<str>,
    pub state: Arc<str>,
    pub desired: Arc<str>,
    pub error: Option<Arc<str>>,
    pub container: Option<ObjectId>,
    pub at: Option<DateTime<Utc>>,
}

/// A node of a Swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmNode {
    pub id: ObjectId,
    pub name: Arc<str>,
    /// `manager` or `worker`.
    pub role: Arc<str>,
    /// `active`, `pause`, `drain`.
    pub availability: Arc<str>,
    /// `ready`, `down`, `disconnected`, `unknown`.
    pub status: Arc<str>,
    pub address: Arc<str>,
    pub engine: Arc<str>,
    pub leader: bool,
}

/// What a Swarm manager knows of its Swarm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Swarm {
    pub services: Vec<Arc<SwarmService>>,
    pub nodes: Vec<Arc<SwarmNode>>,
}

/// What the engine says of itself and of its machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// `Docker` or `Podman`.
    pub product: Arc<str>,
    /// The engine's release: `28.5.2`.
    pub version: Arc<str>,
    /// The dialect in use: `1.51`.
    pub api: Arc<str>,
    /// The machine's host name.
    pub name: Arc<str>,
    pub os: Arc<str>,
    pub kernel: Arc<str>,
    pub architecture: Arc<str>,
    pub cpus: u32,
    /// Bytes.
    pub memory: u64,
    pub storage_driver: Arc<str>,
    pub root_dir: Arc<str>,
    /// `1` or `2`.
    pub cgroup_version: Arc<str>,
    /// Is this engine a manager of a Swarm?
    pub swarm_manager: bool,
    /// The engine's clock when it answered.
    pub system_time: Option<DateTime<Utc>>,
    /// What the engine warns of.
    pub warnings: Vec<Arc<str>>,
}

/// What takes the engine's disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiskUse {
    /// Bytes of image layers.
    pub images: u64,
    /// Bytes written by containers.
    pub containers: u64,
    /// Bytes in volumes.
    pub volumes: u64,
    /// Bytes of build cache.
    pub build_cache: u64,
    /// Per volume.
    pub volume_sizes: BTreeMap<Arc<str>, u64>,
}

impl DiskUse {
    /// All bytes.
    pub fn total(&self) -> u64 {
        self.images + self.containers + self.volumes + self.build_cache
    }
}
