//! The bodies of calls that make things.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::spec::{
    ContainerSpec, EndpointSpec, HealthSpec, MountKind, MountSpec, NetworkSpec, PortSpec,
    Resources, VolumeSpec,
};
use crate::transport::ApiVersion;

/// Since then a container can be made in several networks, and a MAC address belongs to one.
const MANY_NETWORKS: ApiVersion = ApiVersion::new(1, 44);

/// An object without what is empty: engines then take their defaults.
#[derive(Default)]
struct Body(Map<String, Value>);

impl Body {
    fn set(&mut self, key: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap_or_default();
        let is_empty = match &value {
            Value::Null => true,
            Value::Bool(b) => !b,
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
            Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// Also when it is empty or false: that means something.
    fn force(&mut self, key: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            let value = serde_json::to_value(value).unwrap_or_default();
            self.0.insert(key.to_owned(), value);
        }
    }
}

/// A container's body, and the networks to connect it to afterwards.
pub(super) struct ContainerBody<'a> {
    pub(super) body: Value,
    pub(super) later: &'a [EndpointSpec],
}

pub(super) fn container(spec: &ContainerSpec, api: ApiVersion) -> ContainerBody<'_> {
    let mut body = Body::default();
    body.set("Image", &spec.image);
    body.force("Entrypoint", spec.entrypoint.as_ref());
    body.force("Cmd", spec.command.as_ref());
    body.set("Env", &spec.env);
    body.set("Labels", &spec.labels);
    body.set("WorkingDir", &spec.working_dir);
    body.set("User", &spec.user);
    body.set("Hostname", &spec.hostname);
    body.set("Domainname", &spec.domainname);
    body.set("Tty", spec.tty);
    body.set("OpenStdin", spec.stdin);
    body.set("AttachStdin", spec.stdin && spec.stdin_once);
    body.set("StdinOnce", spec.stdin_once);
    body.set("StopSignal", &spec.stop_signal);
    body.set("StopTimeout", spec.stop_timeout);
    body.set("ExposedPorts", exposed(spec));
    body.set("Healthcheck", spec.health.as_ref().map(health));
    let many = api >= MANY_NETWORKS;
    let (first, rest) = match spec.networks.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, rest_of_none()),
    };
    if let Some(first) = first
        && !many
    {
        body.set("MacAddress", &first.mac);
    }
    let now = if many { rest } else { rest_of_none() };
    let endpoints: Map<String, Value> = first
        .into_iter()
        .filter(|e| is_network(&e.network))
        .chain(now)
        .filter(|e| !is_plain_builtin(e))
        .map(|e| (e.network.clone(), endpoint(e, api)))
        .collect();
    if !endpoints.is_empty() {
        body.set("NetworkingConfig", json!({ "EndpointsConfig": endpoints }));
    }
    body.set("HostConfig", host_config(spec));
    ContainerBody {
        body: Value::Object(body.0),
        later: if many { rest_of_none() } else { rest },
    }
}

fn rest_of_none<'a>() -> &'a [EndpointSpec] {
    &[]
}

/// Is this network mode the name of a network, with an endpoint in it?
fn is_network(mode: &str) -> bool {
    !matches!(
        mode,
        "" | "default" | "host" | "none" | "private" | "slirp4netns" | "pasta"
    ) && !mode.starts_with("container:")
        && !mode.starts_with("ns:")
}

/// The default network takes no settings, not even empty ones on old engines.
fn is_plain_builtin(e: &EndpointSpec) -> bool {
    let bare = EndpointSpec {
        network: e.network.clone(),
        ..EndpointSpec::default()
    };
    *e == bare && matches!(e.network.as_str(), "bridge" | "podman")
}

fn host_config(spec: &ContainerSpec) -> Value {
    let mut body = Body::default();
    body.set("NetworkMode", spec.networks.first().map(|e| &e.network));
    body.set("PortBindings", bindings(&spec.ports));
    body.set("PublishAllPorts", spec.publish_all);
    let (binds, mounts): (Vec<_>, Vec<_>) = spec.mounts.iter().partition(|m| is_bind(m));
    body.set("Binds", binds.into_iter().map(bind).collect::<Vec<_>>());
    body.set("Mounts", mounts.into_iter().map(mount).collect::<Vec<_>>());
    body.set("RestartPolicy", spec.restart.as_deref().map(restart));
    body.set("AutoRemove", spec.auto_remove);
    body.set("Privileged", spec.privileged);
    body.set("ReadonlyRootfs", spec.read_only);
    body.force("Init", spec.init);
    body.set("CapAdd", &spec.cap_add);
    body.set("CapDrop", &spec.cap_drop);
    body.set("SecurityOpt", &spec.security_opt);
    body.set("GroupAdd", &spec.group_add);
    let devices = spec.devices.iter().map(|d| {
        json!({
            "PathOnHost": d.host,
            "PathInContainer": if d.container.is_empty() { &d.host } else { &d.container },
            "CgroupPermissions": if d.permissions.is_empty() { "rwm" } else { &d.permissions },
        })
    });
    body.set("Devices", devices.collect::<Vec<_>>());
    body.set("Dns", &spec.dns);
    body.set("DnsSearch", &spec.dns_search);
    body.set("DnsOptions", &spec.dns_options);
    body.set("ExtraHosts", &spec.extra_hosts);
    body.set("PidMode", &spec.pid_mode);
    body.set("IpcMode", &spec.ipc_mode);
    body.set("UTSMode", &spec.uts_mode);
    body.set("UsernsMode", &spec.userns_mode);
    body.set("CgroupnsMode", &spec.cgroupns_mode);
    body.set("CgroupParent", &spec.cgroup_parent);
    body.set("Runtime", &spec.runtime);
    if spec.log_driver.is_some() || !spec.log_options.is_empty() {
        let driver = spec.log_driver.as_deref().unwrap_or_default();
        body.set(
            "LogConfig",
            json!({ "Type": driver, "Config": spec.log_options }),
        );
    }
    body.set("Sysctls", &spec.sysctls);
    let ulimits = spec
        .ulimits
        .iter()
        .map(|u| json!({ "Name": u.name, "Soft": u.soft, "Hard": u.hard }));
    body.set("Ulimits", ulimits.collect::<Vec<_>>());
    body.set("Tmpfs", &spec.tmpfs);
    body.set("ShmSize", spec.shm_size);
    body.force("OomKillDisable", spec.oom_kill_disable);
    body.set("OomScoreAdj", spec.oom_score_adj);
    body.set("VolumesFrom", &spec.volumes_from);
    body.set("Annotations", &spec.annotations);
    resources(&mut body, &spec.resources);
    Value::Object(body.0)
}

fn resources(body: &mut Body, r: &Resources) {
    body.set("NanoCpus", r.nano_cpus);
    body.set("CpuShares", r.cpu_shares);
    body.set("CpuQuota", r.cpu_quota);
    body.set("CpuPeriod", r.cpu_period);
    body.set("CpusetCpus", &r.cpuset_cpus);
    body.set("CpusetMems", &r.cpuset_mems);
    body.set("Memory", r.memory);
    body.set("MemoryReservation", r.memory_reservation);
    body.set("MemorySwap", r.memory_swap);
    body.set("MemorySwappiness", r.memory_swappiness);
    body.set("PidsLimit", r.pids_limit);
    body.set("BlkioWeight", r.blkio_weight);
}

fn protocol(p: &PortSpec) -> &str {
    if p.protocol.is_empty() {
        "tcp"
    } else {
        &p.protocol
    }
}

fn exposed(spec: &ContainerSpec) -> Map<String, Value> {
    let published = spec
        .ports
        .iter()
        .map(|p| format!("{}/{}", p.container, protocol(p)));
    let only_exposed = spec.expose.iter().map(|port| {
        if port.contains('/') {
            port.clone()
        } else {
            format!("{port}/tcp")
        }
    });
    published
        .chain(only_exposed)
        .map(|key| (key, json!({})))
        .collect()
}

fn bindings(ports: &[PortSpec]) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for p in ports {
        let binding = json!({
            "HostIp": p.ip.as_deref().unwrap_or_default(),
            "HostPort": p.host.map(|h| h.to_string()).unwrap_or_default(),
        });
        let key = format!("{}/{}", p.container, protocol(p));
        let of_port = all.entry(key).or_insert_with(|| json!([]));
        if let Value::Array(list) = of_port {
            list.push(binding);
        }
    }
    Value::Object(all)
}

/// `-v` form makes a missing source; it has no place for paths with colons.
fn is_bind(m: &MountSpec) -> bool {
    m.kind == MountKind::Bind
        && m.create_source
        && !m.source.contains(':')
        && !m.target.contains(':')
}

fn bind(m: &MountSpec) -> String {
    let mut options = Vec::new();
    if m.read_only {
        options.push("ro");
    }
    options.extend(m.propagation.as_deref());
    let mut text = format!("{}:{}", m.source, m.target);
    if !options.is_empty() {
        text.push(':');
        text.push_str(&options.join(","));
    }
    text
}

fn mount(m: &MountSpec) -> Value {
    let mut body = Body::default();
    let kind = match m.kind {
        MountKind::Bind => "bind",
        MountKind::Volume => "volume",
        MountKind::Tmpfs => "tmpfs",
    };
    body.set("Type", kind);
    body.set("Source", &m.source);
    body.set("Target", &m.target);
    body.set("ReadOnly", m.read_only);
    let mut options = Body::default();
    match m.kind {
        MountKind::Bind => {
            options.set("Propagation", &m.propagation);
            options.set("CreateMountpoint", m.create_source);
            body.set("BindOptions", options.0);
        }
        MountKind::Volume => {
            options.set("NoCopy", m.no_copy);
            let mut driver = Body::default();
            driver.set("Name", &m.driver);
            driver.set("Options", &m.driver_options);
            options.set("DriverConfig", driver.0);
            body.set("VolumeOptions", options.0);
        }
        MountKind::Tmpfs => {
            options.set("SizeBytes", m.size);
            options.set("Mode", m.mode);
            body.set("TmpfsOptions", options.0);
        }
    }
    Value::Object(body.0)
}

/// `on-failure:3` in two fields.
fn restart(policy: &str) -> Value {
    let (name, retries) = policy.split_once(':').unwrap_or((policy, "0"));
    json!({ "Name": name, "MaximumRetryCount": retries.parse::<i64>().unwrap_or(0) })
}

fn health(h: &HealthSpec) -> Value {
    let mut body = Body::default();
    body.set("Test", &h.test);
    for (key, value) in [
        ("Interval", h.interval),
        ("Timeout", h.timeout),
        ("StartPeriod", h.start_period),
        ("StartInterval", h.start_interval),
        ("Retries", h.retries),
    ] {
        body.set(key, (value != 0).then_some(value));
    }
    Value::Object(body.0)
}

/// A container's place in a network.
pub(super) fn endpoint(e: &EndpointSpec, api: ApiVersion) -> Value {
    let mut body = Body::default();
    body.set("Aliases", &e.aliases);
    body.set("Links", &e.links);
    body.set("DriverOpts", &e.driver_options);
    let mut ipam = Body::default();
    ipam.set("IPv4Address", &e.ipv4);
    ipam.set("IPv6Address", &e.ipv6);
    body.set("IPAMConfig", ipam.0);
    if api >= MANY_NETWORKS {
        body.set("MacAddress", &e.mac);
    }
    Value::Object(body.0)
}

pub(super) fn volume(spec: &VolumeSpec) -> Value {
    let mut body = Body::default();
    body.set("Name", &spec.name);
    body.set("Driver", &spec.driver);
    body.set("DriverOpts", &spec.options);
    body.set("Labels", &spec.labels);
    Value::Object(body.0)
}

pub(super) fn network(spec: &NetworkSpec, api: ApiVersion) -> Value {
    let mut body = Body::default();
    body.set("Name", &spec.name);
    body.set("Driver", &spec.driver);
    body.set("Options", &spec.options);
    body.set("Labels", &spec.labels);
    body.set("Internal", spec.internal);
    body.set("Attachable", spec.attachable);
    body.set("EnableIPv6", spec.ipv6);
    // Old engines let several networks have one name.
    body.set("CheckDuplicate", api < MANY_NETWORKS);
    let subnets = spec.subnets.iter().map(|s| {
        let mut subnet = Body::default();
        subnet.set("Subnet", &s.subnet);
        subnet.set("Gateway", &s.gateway);
        subnet.set("IPRange", &s.ip_range);
        subnet.set("AuxiliaryAddresses", &s.aux_addresses);
        Value::Object(subnet.0)
    });
    let mut ipam = Body::default();
    ipam.set("Driver", &spec.ipam_driver);
    ipam.set("Options", &spec.ipam_options);
    ipam.set("Config", subnets.collect::<Vec<_>>());
    body.set("IPAM", ipam.0);
    Value::Object(body.0)
}

#[cfg(test)]
mod tests;
