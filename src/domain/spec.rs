//! What shall be made: containers, volumes, networks.

mod changes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use changes::Change;

/// A container to be. Empty and `None` mean the image's or the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContainerSpec {
    pub image: String,
    /// `linux/arm64`.
    pub platform: Option<String>,
    pub entrypoint: Option<Vec<String>>,
    pub command: Option<Vec<String>>,
    /// `KEY=value`.
    pub env: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub working_dir: Option<String>,
    pub user: Option<String>,
    pub hostname: Option<String>,
    pub domainname: Option<String>,
    pub tty: bool,
    /// Keep stdin open.
    pub stdin: bool,
    /// Close stdin when the first client that attached goes away.
    pub stdin_once: bool,
    pub stop_signal: Option<String>,
    /// Seconds.
    pub stop_timeout: Option<i64>,
    pub ports: Vec<PortSpec>,
    /// Publish every exposed port on a port the engine chooses.
    pub publish_all: bool,
    pub expose: Vec<String>,
    pub mounts: Vec<MountSpec>,
    /// The first is the network mode (`bridge`, `host`, `none`, `container:ID`, a name).
    pub networks: Vec<EndpointSpec>,
    /// `no`, `always`, `unless-stopped`, `on-failure[:N]`.
    pub restart: Option<String>,
    pub auto_remove: bool,
    pub health: Option<HealthSpec>,
    pub resources: Resources,
    pub privileged: bool,
    pub read_only: bool,
    pub init: Option<bool>,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub security_opt: Vec<String>,
    pub group_add: Vec<String>,
    pub devices: Vec<DeviceSpec>,
    pub dns: Vec<String>,
    pub dns_search: Vec<String>,
    pub dns_options: Vec<String>,
    /// `name:address`.
    pub extra_hosts: Vec<String>,
    pub pid_mode: Option<String>,
    pub ipc_mode: Option<String>,
    pub uts_mode: Option<String>,
    pub userns_mode: Option<String>,
    pub cgroupns_mode: Option<String>,
    pub cgroup_parent: Option<String>,
    pub runtime: Option<String>,
    pub log_driver: Option<String>,
    pub log_options: BTreeMap<String, String>,
    pub sysctls: BTreeMap<String, String>,
    pub ulimits: Vec<Ulimit>,
    /// Path to options.
    pub tmpfs: BTreeMap<String, String>,
    /// Bytes.
    pub shm_size: Option<i64>,
    pub oom_kill_disable: Option<bool>,
    pub oom_score_adj: Option<i64>,
    pub volumes_from: Vec<String>,
    pub annotations: BTreeMap<String, String>,
}

/// A port to publish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PortSpec {
    pub container: u16,
    /// None: the engine chooses.
    pub host: Option<u16>,
    pub ip: Option<String>,
    /// `tcp`, `udp`, `sctp`.
    pub protocol: String,
}

/// What kind of thing is mounted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    Bind,
    #[default]
    Volume,
    Tmpfs,
}

/// Something to mount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MountSpec {
    pub kind: MountKind,
    /// Path on the host, or a volume's name; empty for an anonymous volume or tmpfs.
    pub source: String,
    pub target: String,
    pub read_only: bool,
    /// Bind: `rprivate`, `rshared`...
    pub propagation: Option<String>,
    /// Bind: make a missing source, as `docker run -v` does.
    pub create_source: bool,
    /// Volume: do not copy the image's files into a new volume.
    pub no_copy: bool,
    pub driver: Option<String>,
    pub driver_options: BTreeMap<String, String>,
    /// Tmpfs: bytes.
    pub size: Option<i64>,
    /// Tmpfs: permissions.
    pub mode: Option<u32>,
}

/// A container's place in a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EndpointSpec {
    pub network: String,
    pub aliases: Vec<String>,
    pub ipv4: Option<String>,
    pub ipv6: Option<String>,
    pub mac: Option<String>,
    pub links: Vec<String>,
    pub driver_options: BTreeMap<String, String>,
}

/// How to find out whether a container works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct HealthSpec {
    /// `["CMD", ...]`, `["CMD-SHELL", line]`, or `["NONE"]` to turn the image's off.
    pub test: Vec<String>,
    /// Nanoseconds, as all times here; 0 is the default.
    pub interval: i64,
    pub timeout: i64,
    pub start_period: i64,
    pub start_interval: i64,
    pub retries: i64,
}

/// Limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Resources {
    /// Billionths of a CPU.
    pub nano_cpus: Option<i64>,
    pub cpu_shares: Option<i64>,
    pub cpu_quota: Option<i64>,
    pub cpu_period: Option<i64>,
    pub cpuset_cpus: Option<String>,
    pub cpuset_mems: Option<String>,
    /// Bytes.
    pub memory: Option<i64>,
    /// Bytes.
    pub memory_reservation: Option<i64>,
    /// Bytes, memory included; -1 for no limit.
    pub memory_swap: Option<i64>,
    pub memory_swappiness: Option<i64>,
    pub pids_limit: Option<i64>,
    pub blkio_weight: Option<u16>,
}

/// A limit of the kernel for processes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ulimit {
    pub name: String,
    pub soft: i64,
    pub hard: i64,
}

/// A device of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceSpec {
    pub host: String,
    pub container: String,
    /// Some of `rwm`.
    pub permissions: String,
}

/// A volume to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VolumeSpec {
    /// Empty: the engine chooses.
    pub name: String,
    /// Empty: `local`.
    pub driver: String,
    pub options: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
}

/// A network to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NetworkSpec {
    pub name: String,
    /// Empty: `bridge`.
    pub driver: String,
    pub options: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
    pub internal: bool,
    pub attachable: bool,
    pub ipv6: bool,
    pub subnets: Vec<SubnetSpec>,
    /// Empty: `default`.
    pub ipam_driver: String,
    pub ipam_options: BTreeMap<String, String>,
}

/// A subnet of a network to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SubnetSpec {
    /// CIDR notation.
    pub subnet: String,
    pub gateway: Option<String>,
    pub ip_range: Option<String>,
    /// Name to address.
    pub aux_addresses: BTreeMap<String, String>,
}
