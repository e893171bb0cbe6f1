//! `create` and `run`: docker's own options, by docker's own names.

use clap::{ArgAction, Args, Subcommand, ValueEnum};

use super::change::Change;
use super::values::{self, first_and_rest, pair};

/// What can be created.
#[derive(Debug, Clone, Subcommand)]
pub enum Create {
    /// Create a container without starting it
    Container(Box<CreateContainer>),
    /// Create a volume
    Volume(CreateVolume),
    /// Create a network
    Network(CreateNetwork),
}

/// `create container`.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "pilothouse create container [OPTIONS] IMAGE [COMMAND] [ARG...]"
)]
pub struct CreateContainer {
    #[command(flatten)]
    pub container: Container,
    #[command(flatten)]
    pub change: Change,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

/// `run`.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "pilothouse run [OPTIONS] IMAGE [COMMAND] [ARG...]"
)]
pub struct Run {
    /// Do not stay with it; print its id
    #[arg(short = 'd', long)]
    pub detach: bool,
    #[command(flatten)]
    pub container: Container,
    #[command(flatten)]
    pub change: Change,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

/// When to fetch the image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Pull {
    /// Before every container
    Always,
    /// When it is not there
    #[default]
    Missing,
    /// Not at all
    Never,
}

/// A container, as `docker run` describes it.
#[derive(Debug, Clone, Default, Args)]
pub struct Container {
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// Keep stdin open
    #[arg(short = 'i', long)]
    pub interactive: bool,
    /// With a terminal
    #[arg(short = 't', long)]
    pub tty: bool,
    /// Remove it when it ends
    #[arg(long)]
    pub rm: bool,
    /// On every host that --host names, or on every host
    #[arg(long)]
    pub all: bool,
    /// Write its id to this file
    #[arg(long, value_name = "FILE")]
    pub cidfile: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub process: Process,
    #[command(flatten)]
    pub network: Network,
    #[command(flatten)]
    pub storage: Storage,
    #[command(flatten)]
    pub life: Life,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub rights: Rights,
    #[command(flatten)]
    pub refused: Refused,
    /// The image, and the command with its arguments: options end at the image
    // One argument: with two, clap would still take `-x` right behind the image for ours.
    #[arg(
        value_name = "IMAGE [COMMAND]",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
}

impl Container {
    pub(crate) fn image(&self) -> &str {
        first_and_rest(&self.words).0
    }

    pub(crate) fn command(&self) -> &[String] {
        first_and_rest(&self.words).1
    }
}

/// What runs, and what it sees.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Process")]
pub struct Process {
    /// A variable: KEY=VALUE, or KEY for its value here (repeatable)
    #[arg(short = 'e', long = "env", value_name = "KEY[=VALUE]")]
    pub env: Vec<String>,
    /// Variables from a file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<std::path::PathBuf>,
    /// Instead of the image's entrypoint; empty for none
    #[arg(long, value_name = "COMMAND")]
    pub entrypoint: Option<String>,
    /// The working directory
    #[arg(short = 'w', long, value_name = "DIR")]
    pub workdir: Option<String>,
    /// NAME|UID[:GROUP|GID]
    #[arg(short = 'u', long, value_name = "USER")]
    pub user: Option<String>,
    /// More groups (repeatable)
    #[arg(long, value_name = "GROUP")]
    pub group_add: Vec<String>,
    /// A label: KEY=VALUE (repeatable)
    #[arg(short = 'l', long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    pub labels: Vec<(String, String)>,
    /// Labels from a file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub label_file: Vec<std::path::PathBuf>,
    /// An annotation: KEY=VALUE (repeatable)
    #[arg(long = "annotation", value_name = "KEY=VALUE", value_parser = pair)]
    pub annotations: Vec<(String, String)>,
    /// Run an init process that reaps and forwards signals
    #[arg(long)]
    pub init: bool,
    /// linux/arm64
    #[arg(long)]
    pub platform: Option<String>,
    /// When to fetch the image: always, missing or never
    #[arg(
        long,
        value_enum,
        default_value = "missing",
        hide_possible_values = true
    )]
    pub pull: Pull,
    /// The OCI runtime
    #[arg(long)]
    pub runtime: Option<String>,
}

/// Where it is reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// A network, bridge, host, none or container:NAME (repeatable; name=N,alias=A,ip=I)
    #[arg(long = "network", alias = "net", value_name = "NETWORK")]
    pub networks: Vec<String>,
    /// Another name in the network (repeatable)
    #[arg(long = "network-alias", alias = "net-alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// Its IPv4 address
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Option<String>,
    /// Its IPv6 address
    #[arg(long, value_name = "ADDRESS")]
    pub ip6: Option<String>,
    /// Its MAC address
    #[arg(long, value_name = "ADDRESS")]
    pub mac_address: Option<String>,
    /// A link to another container (repeatable)
    #[arg(long = "link", value_name = "CONTAINER[:ALIAS]")]
    pub links: Vec<String>,
    /// Publish a port: [[IP:]HOST:]CONTAINER[/PROTOCOL], ranges too (repeatable)
    #[arg(short = 'p', long = "publish", value_name = "PORT")]
    pub publish: Vec<String>,
    /// Publish every exposed port on a port the engine chooses
    #[arg(short = 'P', long)]
    pub publish_all: bool,
    /// Expose a port without publishing it (repeatable)
    #[arg(long, value_name = "PORT")]
    pub expose: Vec<String>,
    /// NAME:ADDRESS in its hosts file (repeatable)
    #[arg(long = "add-host", value_name = "NAME:ADDRESS")]
    pub add_host: Vec<String>,
    /// A DNS server (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub dns: Vec<String>,
    /// A DNS option (repeatable)
    #[arg(long = "dns-option", alias = "dns-opt", value_name = "OPTION")]
    pub dns_options: Vec<String>,
    /// A DNS search domain (repeatable)
    #[arg(long, value_name = "DOMAIN")]
    pub dns_search: Vec<String>,
    /// Its host name
    #[arg(short = 'h', long, value_name = "NAME")]
    pub hostname: Option<String>,
    /// Its domain name
    #[arg(long, value_name = "NAME")]
    pub domainname: Option<String>,
}

/// What it keeps its files in.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Storage")]
pub struct Storage {
    /// A volume or a directory: [SOURCE:]TARGET[:OPTIONS] (repeatable)
    #[arg(short = 'v', long = "volume", value_name = "VOLUME")]
    pub volumes: Vec<String>,
    /// type=bind|volume|tmpfs,source=S,target=T,readonly... (repeatable)
    #[arg(long = "mount", value_name = "MOUNT")]
    pub mounts: Vec<String>,
    /// A tmpfs: PATH[:OPTIONS] (repeatable)
    #[arg(long, value_name = "PATH")]
    pub tmpfs: Vec<String>,
    /// The volumes of another container (repeatable)
    #[arg(long, value_name = "CONTAINER[:ro]")]
    pub volumes_from: Vec<String>,
    /// The driver of new volumes
    #[arg(long, value_name = "DRIVER")]
    pub volume_driver: Option<String>,
    /// Its root file system cannot be written
    #[arg(long = "read-only")]
    pub read_only_root: bool,
    /// Bytes of /dev/shm
    #[arg(long, value_name = "BYTES", value_parser = crate::cli::human::parse_bytes)]
    pub shm_size: Option<i64>,
}

/// When it starts, ends and is well.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Life")]
pub struct Life {
    /// no, always, unless-stopped, on-failure[:N]
    #[arg(long, value_name = "POLICY")]
    pub restart: Option<String>,
    /// The signal that stops it
    #[arg(long, value_name = "SIGNAL")]
    pub stop_signal: Option<String>,
    /// Seconds until it is killed
    #[arg(long, value_name = "SECONDS")]
    pub stop_timeout: Option<i64>,
    /// The command that tells whether it works
    #[arg(long, value_name = "COMMAND")]
    pub health_cmd: Option<String>,
    /// Time between two checks
    #[arg(long, value_name = "DURATION", value_parser = crate::cli::human::parse_duration)]
    pub health_interval: Option<std::time::Duration>,
    /// Failures until it is unhealthy
    #[arg(long, value_name = "N")]
    pub health_retries: Option<i64>,
    /// How long failures do not count after a start
    #[arg(long, value_name = "DURATION", value_parser = crate::cli::human::parse_duration)]
    pub health_start_period: Option<std::time::Duration>,
    /// Time between two checks during the start period
    #[arg(long, value_name = "DURATION", value_parser = crate::cli::human::parse_duration)]
    pub health_start_interval: Option<std::time::Duration>,
    /// How long one check may take
    #[arg(long, value_name = "DURATION", value_parser = crate::cli::human::parse_duration)]
    pub health_timeout: Option<std::time::Duration>,
    /// Without the image's health check
    #[arg(long)]
    pub no_healthcheck: bool,
    /// Where its output goes
    #[arg(long, value_name = "DRIVER")]
    pub log_driver: Option<String>,
    /// An option of the log driver (repeatable)
    #[arg(long = "log-opt", value_name = "KEY=VALUE", value_parser = pair)]
    pub log_options: Vec<(String, String)>,
}

/// How much it may use.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Bytes of memory
    #[arg(short = 'm', long, value_name = "BYTES", value_parser = crate::cli::human::parse_bytes)]
    pub memory: Option<i64>,
    /// Bytes it should stay under
    #[arg(long, value_name = "BYTES", value_parser = crate::cli::human::parse_bytes)]
    pub memory_reservation: Option<i64>,
    /// Bytes of memory and swap; -1 for no limit
    #[arg(long, value_name = "BYTES", value_parser = swap, allow_negative_numbers = true)]
    pub memory_swap: Option<i64>,
    /// 0 to 100
    #[arg(long, value_name = "N")]
    pub memory_swappiness: Option<i64>,
    /// CPUs: 1.5
    #[arg(long, value_name = "N", value_parser = crate::command::docker::parse_cpus)]
    pub cpus: Option<i64>,
    /// Its share of the CPUs
    #[arg(short = 'c', long, value_name = "N")]
    pub cpu_shares: Option<i64>,
    /// Microseconds of CPU in a period
    #[arg(long, value_name = "N")]
    pub cpu_quota: Option<i64>,
    /// Microseconds of a period
    #[arg(long, value_name = "N")]
    pub cpu_period: Option<i64>,
    /// Which CPUs: 0-3, 0,1
    #[arg(long, value_name = "SET")]
    pub cpuset_cpus: Option<String>,
    /// Which memory nodes
    #[arg(long, value_name = "SET")]
    pub cpuset_mems: Option<String>,
    /// How many processes; -1 for no limit
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub pids_limit: Option<i64>,
    /// Its share of block I/O: 10 to 1000
    #[arg(long, value_name = "N")]
    pub blkio_weight: Option<u16>,
    /// NAME=SOFT[:HARD] (repeatable)
    #[arg(long = "ulimit", value_name = "LIMIT")]
    pub ulimits: Vec<String>,
    /// Do not kill it when memory runs out
    #[arg(long)]
    pub oom_kill_disable: bool,
    /// How gladly it is killed: -1000 to 1000
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub oom_score_adj: Option<i64>,
}

/// What it may do.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rights")]
pub struct Rights {
    /// With every privilege
    #[arg(long)]
    pub privileged: bool,
    /// A capability more (repeatable)
    #[arg(long, value_name = "CAPABILITY")]
    pub cap_add: Vec<String>,
    /// A capability less (repeatable)
    #[arg(long, value_name = "CAPABILITY")]
    pub cap_drop: Vec<String>,
    /// A security option (repeatable)
    #[arg(long, value_name = "OPTION")]
    pub security_opt: Vec<String>,
    /// A device of the host: HOST[:CONTAINER[:rwm]] (repeatable)
    #[arg(long = "device", value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// A kernel parameter: KEY=VALUE (repeatable)
    #[arg(long = "sysctl", value_name = "KEY=VALUE", value_parser = pair)]
    pub sysctls: Vec<(String, String)>,
    /// host, or container:NAME
    #[arg(long, value_name = "MODE")]
    pub pid: Option<String>,
    /// none, private, shareable, host or container:NAME
    #[arg(long, value_name = "MODE")]
    pub ipc: Option<String>,
    /// host
    #[arg(long, value_name = "MODE")]
    pub uts: Option<String>,
    /// host
    #[arg(long, value_name = "MODE")]
    pub userns: Option<String>,
    /// private or host
    #[arg(long, value_name = "MODE")]
    pub cgroupns: Option<String>,
    /// Under this cgroup
    #[arg(long, value_name = "CGROUP")]
    pub cgroup_parent: Option<String>,
}

/// Options of docker that are understood and refused, so that nobody believes they took effect.
#[derive(Debug, Clone, Default, Args)]
pub struct Refused {
    #[arg(long, hide = true)]
    pub gpus: Option<String>,
    #[arg(short = 'a', long, hide = true)]
    pub attach: Option<String>,
    #[arg(long, hide = true)]
    pub blkio_weight_device: Option<String>,
    #[arg(long, hide = true)]
    pub cpu_rt_period: Option<String>,
    #[arg(long, hide = true)]
    pub cpu_rt_runtime: Option<String>,
    #[arg(long, hide = true)]
    pub detach_keys: Option<String>,
    #[arg(long, hide = true)]
    pub device_cgroup_rule: Option<String>,
    #[arg(long, hide = true)]
    pub device_read_bps: Option<String>,
    #[arg(long, hide = true)]
    pub device_read_iops: Option<String>,
    #[arg(long, hide = true)]
    pub device_write_bps: Option<String>,
    #[arg(long, hide = true)]
    pub device_write_iops: Option<String>,
    #[arg(long, hide = true)]
    pub isolation: Option<String>,
    #[arg(long, hide = true)]
    pub kernel_memory: Option<String>,
    #[arg(long, hide = true)]
    pub link_local_ip: Option<String>,
    #[arg(long, hide = true)]
    pub storage_opt: Option<String>,
}

impl Refused {
    /// The first that was given, with the reason.
    pub(crate) fn first(&self) -> Option<(&'static str, &'static str)> {
        const ENGINE: &str = "the plan has no place for it, so it would be lost without a word";
        let all = [
            (
                &self.gpus,
                "--gpus",
                "device requests are not supported; --runtime and --device are",
            ),
            (
                &self.attach,
                "--attach",
                "run is attached to all its streams, or with -d to none",
            ),
            (&self.detach_keys, "--detach-keys", "Ctrl-P Ctrl-Q detaches"),
            (
                &self.isolation,
                "--isolation",
                "Windows containers are not supported",
            ),
            (
                &self.kernel_memory,
                "--kernel-memory",
                "the kernel has given it up",
            ),
            (&self.blkio_weight_device, "--blkio-weight-device", ENGINE),
            (&self.cpu_rt_period, "--cpu-rt-period", ENGINE),
            (&self.cpu_rt_runtime, "--cpu-rt-runtime", ENGINE),
            (&self.device_cgroup_rule, "--device-cgroup-rule", ENGINE),
            (&self.device_read_bps, "--device-read-bps", ENGINE),
            (&self.device_read_iops, "--device-read-iops", ENGINE),
            (&self.device_write_bps, "--device-write-bps", ENGINE),
            (&self.device_write_iops, "--device-write-iops", ENGINE),
            (&self.link_local_ip, "--link-local-ip", ENGINE),
            (&self.storage_opt, "--storage-opt", ENGINE),
        ];
        all.into_iter()
            .find_map(|(value, name, why)| value.is_some().then_some((name, why)))
    }
}

fn swap(text: &str) -> Result<i64, String> {
    if text == "-1" {
        return Ok(-1);
    }
    crate::cli::human::parse_bytes(text)
}

/// `create volume`.
#[derive(Debug, Clone, Args)]
pub struct CreateVolume {
    /// Its name; without one the engine chooses
    pub name: Option<String>,
    /// Its driver
    #[arg(short = 'd', long, default_value = "local")]
    pub driver: String,
    /// An option of the driver (repeatable)
    #[arg(long = "opt", value_name = "KEY=VALUE", value_parser = pair)]
    pub options: Vec<(String, String)>,
    /// A label (repeatable)
    #[arg(short = 'l', long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    pub labels: Vec<(String, String)>,
    /// On every host that --host names, or on every host
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub change: Change,
}

/// `create network`.
#[derive(Debug, Clone, Args)]
pub struct CreateNetwork {
    /// Its name
    pub name: String,
    /// Its driver
    #[arg(short = 'd', long, default_value = "bridge")]
    pub driver: String,
    /// An option of the driver (repeatable)
    #[arg(long = "opt", value_name = "KEY=VALUE", value_parser = pair)]
    pub options: Vec<(String, String)>,
    /// A label (repeatable)
    #[arg(short = 'l', long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    pub labels: Vec<(String, String)>,
    /// Without a way out
    #[arg(long)]
    pub internal: bool,
    /// Containers may be attached by hand (swarm)
    #[arg(long)]
    pub attachable: bool,
    /// With IPv6
    #[arg(long)]
    pub ipv6: bool,
    /// A subnet in CIDR notation (repeatable)
    #[arg(long = "subnet", value_name = "CIDR", value_parser = values::cidr)]
    pub subnets: Vec<String>,
    /// The gateway of a subnet (repeatable, in the order of the subnets)
    #[arg(long = "gateway", value_name = "ADDRESS", value_parser = values::address)]
    pub gateways: Vec<String>,
    /// Where addresses of a subnet are taken from (repeatable, in the order of the subnets)
    #[arg(long = "ip-range", value_name = "CIDR", value_parser = values::cidr)]
    pub ip_ranges: Vec<String>,
    /// An address that is taken: NAME=ADDRESS (repeatable)
    #[arg(long = "aux-address", value_name = "NAME=ADDRESS", value_parser = pair)]
    pub aux_addresses: Vec<(String, String)>,
    /// The address manager
    #[arg(long, default_value = "default")]
    pub ipam_driver: String,
    /// An option of the address manager (repeatable)
    #[arg(long = "ipam-opt", value_name = "KEY=VALUE", value_parser = pair)]
    pub ipam_options: Vec<(String, String)>,
    /// On every host that --host names, or on every host
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub change: Change,
}
