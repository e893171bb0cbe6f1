//! The bodies of calls that make things, in bollard's types of the Docker API.
//!
//! Only what we send is typed so: answers are read leniently (`wire`). Nothing is said that was
//! not asked for; engines then take their defaults.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerCreateBody, DeviceMapping, EndpointIpamConfig, EndpointSettings, HealthConfig,
    HostConfig, HostConfigLogConfig, Ipam, IpamConfig, Mount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountTmpfsOptions, MountType, MountVolumeOptions,
    MountVolumeOptionsDriverConfig, NetworkConnectRequest, NetworkCreateRequest, NetworkingConfig,
    PortBinding, PortMap, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
    VolumeCreateRequest,
};
use serde::Serialize;
use serde_json::Value;

use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::spec::{
    ContainerSpec, EndpointSpec, HealthSpec, MountKind, MountSpec, NetworkSpec, PortSpec,
    Resources, VolumeSpec,
};
use crate::transport::ApiVersion;

/// Since then a container can be made in several networks, and a MAC address belongs to one.
const MANY_NETWORKS: ApiVersion = ApiVersion::new(1, 44);

/// A container's body, and the networks to connect it to afterwards.
#[derive(Debug)]
pub(super) struct ContainerBody<'a> {
    pub(super) body: Value,
    pub(super) later: &'a [EndpointSpec],
}

/// A spec no engine could read is refused here, with its place.
pub(super) fn container(spec: &ContainerSpec, api: ApiVersion) -> Result<ContainerBody<'_>> {
    let many = api >= MANY_NETWORKS;
    let (first, rest) = match spec.networks.split_first() {
        Some((first, rest)) => (Some(first), rest),
        None => (None, rest_of_none()),
    };
    let now = if many { rest } else { rest_of_none() };
    let endpoints: HashMap<String, EndpointSettings> = first
        .into_iter()
        .filter(|e| is_network(&e.network))
        .chain(now)
        .filter(|e| !is_plain_builtin(e))
        .map(|e| (e.network.clone(), endpoint(e, api)))
        .collect();
    let networking = NetworkingConfig {
        endpoints_config: filled(endpoints),
    };
    let typed = ContainerCreateBody {
        image: filled(spec.image.clone()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.command.clone(),
        env: filled(spec.env.clone()),
        labels: map(&spec.labels),
        working_dir: text(spec.working_dir.as_ref()),
        user: text(spec.user.as_ref()),
        hostname: text(spec.hostname.as_ref()),
        domainname: text(spec.domainname.as_ref()),
        tty: filled(spec.tty),
        open_stdin: filled(spec.stdin),
        attach_stdin: filled(spec.stdin && spec.stdin_once),
        stdin_once: filled(spec.stdin_once),
        stop_signal: text(spec.stop_signal.as_ref()),
        stop_timeout: spec.stop_timeout,
        exposed_ports: filled(exposed(spec)),
        healthcheck: spec.health.as_ref().map(health).and_then(filled),
        networking_config: filled(networking),
        host_config: filled(host_config(spec)?),
        ..ContainerCreateBody::default()
    };
    let mut body = json(&typed)?;
    // What newer descriptions of the API know no more, and what Podman knows besides.
    if let Some(mac) = first.filter(|_| !many).and_then(|e| text(e.mac.as_ref())) {
        body["MacAddress"] = Value::String(mac);
    }
    if let Some(mode) = text(spec.cgroupns_mode.as_ref()) {
        body["HostConfig"]["CgroupnsMode"] = Value::String(mode);
    }
    Ok(ContainerBody {
        body,
        later: if many { rest_of_none() } else { rest },
    })
}

fn rest_of_none<'a>() -> &'a [EndpointSpec] {
    &[]
}

fn json(body: &impl Serialize) -> Result<Value> {
    serde_json::to_value(body)
        .map_err(|e| Error::new(ErrorKind::Invalid, format!("write the request: {e}")))
}

/// Nothing instead of what is empty, false or untouched.
fn filled<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

fn text(value: Option<&String>) -> Option<String> {
    value.filter(|t| !t.is_empty()).cloned()
}

fn map(pairs: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    filled(pairs.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
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

fn host_config(spec: &ContainerSpec) -> Result<HostConfig> {
    let (binds, mounts): (Vec<_>, Vec<_>) = spec.mounts.iter().partition(|m| is_bind(m));
    let mode = spec.networks.first().map(|e| &e.network);
    let devices = spec.devices.iter().map(|d| DeviceMapping {
        path_on_host: Some(d.host.clone()),
        path_in_container: Some(or(&d.container, &d.host)),
        cgroup_permissions: Some(or(&d.permissions, "rwm")),
    });
    let ulimits = spec.ulimits.iter().map(|u| ResourcesUlimits {
        name: Some(u.name.clone()),
        soft: Some(u.soft),
        hard: Some(u.hard),
    });
    let log =
        (spec.log_driver.is_some() || !spec.log_options.is_empty()).then(|| HostConfigLogConfig {
            typ: Some(spec.log_driver.clone().unwrap_or_default()),
            config: Some(map(&spec.log_options).unwrap_or_default()),
        });
    Ok(HostConfig {
        network_mode: text(mode),
        port_bindings: filled(bindings(&spec.ports)),
        publish_all_ports: filled(spec.publish_all),
        binds: filled(binds.into_iter().map(bind).collect()),
        mounts: filled(mounts.into_iter().map(mount).collect::<Result<_>>()?),
        restart_policy: spec.restart.as_deref().map(restart).transpose()?,
        auto_remove: filled(spec.auto_remove),
        privileged: filled(spec.privileged),
        readonly_rootfs: filled(spec.read_only),
        init: spec.init,
        cap_add: filled(spec.cap_add.clone()),
        cap_drop: filled(spec.cap_drop.clone()),
        security_opt: filled(spec.security_opt.clone()),
        group_add: filled(spec.group_add.clone()),
        devices: filled(devices.collect()),
        dns: filled(spec.dns.clone()),
        dns_search: filled(spec.dns_search.clone()),
        dns_options: filled(spec.dns_options.clone()),
        extra_hosts: filled(spec.extra_hosts.clone()),
        pid_mode: text(spec.pid_mode.as_ref()),
        ipc_mode: text(spec.ipc_mode.as_ref()),
        uts_mode: text(spec.uts_mode.as_ref()),
        userns_mode: text(spec.userns_mode.as_ref()),
        cgroup_parent: text(spec.cgroup_parent.as_ref()),
        runtime: text(spec.runtime.as_ref()),
        log_config: log,
        sysctls: map(&spec.sysctls),
        ulimits: filled(ulimits.collect()),
        tmpfs: map(&spec.tmpfs),
        shm_size: spec.shm_size,
        oom_kill_disable: spec.oom_kill_disable,
        oom_score_adj: spec.oom_score_adj,
        volumes_from: filled(spec.volumes_from.clone()),
        annotations: map(&spec.annotations),
        ..limits(spec)
    })
}

fn limits(spec: &ContainerSpec) -> HostConfig {
    let r = &spec.resources;
    HostConfig {
        nano_cpus: r.nano_cpus,
        cpu_shares: r.cpu_shares,
        cpu_quota: r.cpu_quota,
        cpu_period: r.cpu_period,
        cpuset_cpus: text(r.cpuset_cpus.as_ref()),
        cpuset_mems: text(r.cpuset_mems.as_ref()),
        memory: r.memory,
        memory_reservation: r.memory_reservation,
        memory_swap: r.memory_swap,
        memory_swappiness: r.memory_swappiness,
        pids_limit: r.pids_limit,
        blkio_weight: r.blkio_weight,
        ..HostConfig::default()
    }
}

/// What is left out stays as it is.
pub(super) fn update(policy: Option<&str>, resources: &Resources) -> Result<Value> {
    let spec = ContainerSpec {
        resources: resources.clone(),
        ..ContainerSpec::default()
    };
    json(&HostConfig {
        restart_policy: policy.map(restart).transpose()?,
        ..limits(&spec)
    })
}

fn or(value: &str, default: &str) -> String {
    if value.is_empty() { default } else { value }.to_owned()
}

/// `80/tcp`.
fn port(p: &PortSpec) -> String {
    format!("{}/{}", p.container, or(&p.protocol, "tcp"))
}

fn exposed(spec: &ContainerSpec) -> Vec<String> {
    let only_exposed = spec.expose.iter().map(|port| {
        if port.contains('/') {
            port.clone()
        } else {
            format!("{port}/tcp")
        }
    });
    spec.ports.iter().map(port).chain(only_exposed).collect()
}

fn bindings(ports: &[PortSpec]) -> PortMap {
    let mut all = PortMap::new();
    for p in ports {
        let binding = PortBinding {
            host_ip: Some(p.ip.clone().unwrap_or_default()),
            host_port: Some(p.host.map(|h| h.to_string()).unwrap_or_default()),
        };
        let of_port = all.entry(port(p)).or_default();
        of_port.get_or_insert_default().push(binding);
    }
    all
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

fn mount(m: &MountSpec) -> Result<Mount> {
    let mut body = Mount {
        typ: Some(match m.kind {
            MountKind::Bind => MountType::BIND,
            MountKind::Volume => MountType::VOLUME,
            MountKind::Tmpfs => MountType::TMPFS,
        }),
        source: filled(m.source.clone()),
        target: filled(m.target.clone()),
        read_only: filled(m.read_only),
        ..Mount::default()
    };
    match m.kind {
        MountKind::Bind => {
            let propagation = text(m.propagation.as_ref()).map(|word| {
                let known = word.parse::<MountBindOptionsPropagationEnum>();
                known.map_err(|_| {
                    let message = format!("mount at {}: no propagation `{word}`", m.target);
                    Error::new(ErrorKind::Invalid, message)
                        .with_hint("it is one of private, rprivate, shared, rshared, slave, rslave")
                })
            });
            body.bind_options = filled(MountBindOptions {
                propagation: propagation.transpose()?,
                create_mountpoint: filled(m.create_source),
                ..MountBindOptions::default()
            });
        }
        MountKind::Volume => {
            let driver = MountVolumeOptionsDriverConfig {
                name: text(m.driver.as_ref()),
                options: map(&m.driver_options),
            };
            body.volume_options = filled(MountVolumeOptions {
                no_copy: filled(m.no_copy),
                driver_config: filled(driver),
                ..MountVolumeOptions::default()
            });
        }
        MountKind::Tmpfs => {
            body.tmpfs_options = filled(MountTmpfsOptions {
                size_bytes: m.size,
                mode: m.mode.map(i64::from),
                ..MountTmpfsOptions::default()
            });
        }
    }
    Ok(body)
}

/// `on-failure:3` in two fields.
fn restart(policy: &str) -> Result<RestartPolicy> {
    let invalid = || {
        Error::new(ErrorKind::Invalid, format!("no restart policy `{policy}`"))
            .with_hint("it is one of no, always, unless-stopped, on-failure, on-failure:TIMES")
    };
    let (name, retries) = policy.split_once(':').unwrap_or((policy, "0"));
    Ok(RestartPolicy {
        name: Some(
            name.parse::<RestartPolicyNameEnum>()
                .map_err(|_| invalid())?,
        ),
        maximum_retry_count: Some(retries.parse().map_err(|_| invalid())?),
    })
}

fn health(h: &HealthSpec) -> HealthConfig {
    HealthConfig {
        test: filled(h.test.clone()),
        interval: filled(h.interval),
        timeout: filled(h.timeout),
        start_period: filled(h.start_period),
        start_interval: filled(h.start_interval),
        retries: filled(h.retries),
    }
}

/// A container's place in a network.
fn endpoint(e: &EndpointSpec, api: ApiVersion) -> EndpointSettings {
    EndpointSettings {
        aliases: filled(e.aliases.clone()),
        links: filled(e.links.clone()),
        driver_opts: map(&e.driver_options),
        ipam_config: filled(EndpointIpamConfig {
            ipv4_address: text(e.ipv4.as_ref()),
            ipv6_address: text(e.ipv6.as_ref()),
            ..EndpointIpamConfig::default()
        }),
        mac_address: text(e.mac.as_ref()).filter(|_| api >= MANY_NETWORKS),
        ..EndpointSettings::default()
    }
}

/// To connect a container that is there.
pub(super) fn connection(
    container: &str,
    e: &EndpointSpec,
    api: ApiVersion,
) -> NetworkConnectRequest {
    NetworkConnectRequest {
        container: container.to_owned(),
        endpoint_config: Some(endpoint(e, api)),
    }
}

pub(super) fn volume(spec: &VolumeSpec) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: filled(spec.name.clone()),
        driver: filled(spec.driver.clone()),
        driver_opts: map(&spec.options),
        labels: map(&spec.labels),
        ..VolumeCreateRequest::default()
    }
}

pub(super) fn network(spec: &NetworkSpec, api: ApiVersion) -> Result<Value> {
    let subnets = spec.subnets.iter().map(|s| IpamConfig {
        subnet: filled(s.subnet.clone()),
        gateway: text(s.gateway.as_ref()),
        ip_range: text(s.ip_range.as_ref()),
        auxiliary_addresses: map(&s.aux_addresses),
    });
    let ipam = Ipam {
        driver: filled(spec.ipam_driver.clone()),
        options: map(&spec.ipam_options),
        config: filled(subnets.collect()),
    };
    let mut body = json(&NetworkCreateRequest {
        name: spec.name.clone(),
        driver: filled(spec.driver.clone()),
        options: map(&spec.options),
        labels: map(&spec.labels),
        internal: filled(spec.internal),
        attachable: filled(spec.attachable),
        enable_ipv6: filled(spec.ipv6),
        ipam: filled(ipam),
        ..NetworkCreateRequest::default()
    })?;
    if api < MANY_NETWORKS {
        // Old engines let several networks have one name.
        body["CheckDuplicate"] = Value::Bool(true);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
