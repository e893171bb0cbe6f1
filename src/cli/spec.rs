//! Docker's options as specifications.

mod files;

use std::collections::BTreeMap;

use super::Env;
use super::args::create::{self, Container, CreateNetwork, CreateVolume, Life, Storage};
use crate::command::docker;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::intent::PullPolicy;
use crate::domain::spec::{
    ContainerSpec, DeviceSpec, EndpointSpec, HealthSpec, MountKind, MountSpec, NetworkSpec,
    Resources, SubnetSpec, Ulimit, VolumeSpec,
};

pub(crate) use files::environment;

/// When the image is pulled.
pub(crate) fn pull(args: &Container) -> PullPolicy {
    match args.process.pull {
        create::Pull::Always => PullPolicy::Always,
        create::Pull::Missing => PullPolicy::Missing,
        create::Pull::Never => PullPolicy::Never,
    }
}

/// The container these options describe. Reads the files they name.
pub(crate) fn container(args: &Container, env: &Env) -> Result<ContainerSpec> {
    if let Some((name, why)) = args.refused.first() {
        return Err(Error::invalid(format!("{name} is refused: {why}")));
    }
    if args.rm && args.life.restart.as_deref().is_some_and(|r| r != "no") {
        return Err(Error::invalid("--rm and --restart contradict each other"));
    }
    let (process, life, rights) = (&args.process, &args.life, &args.rights);
    let (storage, net) = (&args.storage, &args.network);
    Ok(ContainerSpec {
        image: args.image().to_owned(),
        platform: process.platform.clone(),
        entrypoint: process.entrypoint.as_ref().map(|e| match e.as_str() {
            "" => Vec::new(),
            e => vec![e.to_owned()],
        }),
        command: (!args.command().is_empty()).then(|| args.command().to_vec()),
        env: environment(&process.env, &process.env_file, env)?,
        labels: files::labels(&process.labels, &process.label_file)?,
        working_dir: process.workdir.clone(),
        user: process.user.clone(),
        hostname: net.hostname.clone(),
        domainname: net.domainname.clone(),
        tty: args.tty,
        stdin: args.interactive,
        stdin_once: args.interactive,
        stop_signal: life.stop_signal.clone(),
        stop_timeout: life.stop_timeout,
        ports: docker::published(&net.publish)?,
        publish_all: net.publish_all,
        expose: docker::exposed(&net.expose)?,
        mounts: mounts(storage)?,
        networks: networks(args)?,
        restart: life.restart.as_deref().map(policy).transpose()?,
        auto_remove: args.rm,
        health: health(life)?,
        resources: resources(args),
        privileged: rights.privileged,
        read_only: storage.read_only_root,
        init: process.init.then_some(true),
        cap_add: rights.cap_add.clone(),
        cap_drop: rights.cap_drop.clone(),
        security_opt: rights.security_opt.clone(),
        group_add: process.group_add.clone(),
        devices: rights
            .devices
            .iter()
            .map(|d| device(d))
            .collect::<Result<_>>()?,
        dns: net.dns.clone(),
        dns_search: net.dns_search.clone(),
        dns_options: net.dns_options.clone(),
        extra_hosts: net
            .add_host
            .iter()
            .map(|h| extra_host(h))
            .collect::<Result<_>>()?,
        pid_mode: rights.pid.clone(),
        ipc_mode: rights.ipc.clone(),
        uts_mode: rights.uts.clone(),
        userns_mode: rights.userns.clone(),
        cgroupns_mode: rights.cgroupns.clone(),
        cgroup_parent: rights.cgroup_parent.clone(),
        runtime: process.runtime.clone(),
        log_driver: life.log_driver.clone(),
        log_options: map(&life.log_options),
        sysctls: map(&rights.sysctls),
        ulimits: args
            .limits
            .ulimits
            .iter()
            .map(|u| ulimit(u))
            .collect::<Result<_>>()?,
        tmpfs: storage
            .tmpfs
            .iter()
            .map(|t| {
                let (path, options) = t.split_once(':').unwrap_or((t, ""));
                (path.to_owned(), options.to_owned())
            })
            .collect(),
        shm_size: storage.shm_size,
        oom_kill_disable: args.limits.oom_kill_disable.then_some(true),
        oom_score_adj: args.limits.oom_score_adj,
        volumes_from: storage.volumes_from.clone(),
        annotations: map(&process.annotations),
    })
}

fn mounts(storage: &Storage) -> Result<Vec<MountSpec>> {
    let mut all = Vec::new();
    for text in &storage.volumes {
        let mut mount = docker::volume_option(text)?;
        if mount.kind == MountKind::Volume {
            mount.driver.clone_from(&storage.volume_driver);
        }
        all.push(mount);
    }
    for text in &storage.mounts {
        all.push(docker::mount(text)?);
    }
    Ok(all)
}

fn map(pairs: &[(String, String)]) -> BTreeMap<String, String> {
    pairs.iter().cloned().collect()
}

fn resources(args: &Container) -> Resources {
    let limits = &args.limits;
    Resources {
        nano_cpus: limits.cpus,
        cpu_shares: limits.cpu_shares,
        cpu_quota: limits.cpu_quota,
        cpu_period: limits.cpu_period,
        cpuset_cpus: limits.cpuset_cpus.clone(),
        cpuset_mems: limits.cpuset_mems.clone(),
        memory: limits.memory,
        memory_reservation: limits.memory_reservation,
        memory_swap: limits.memory_swap,
        memory_swappiness: limits.memory_swappiness,
        pids_limit: limits.pids_limit,
        blkio_weight: limits.blkio_weight,
    }
}

fn health(life: &Life) -> Result<Option<HealthSpec>> {
    let nanos = |d: Option<std::time::Duration>| d.map_or(0, |d| d.as_nanos() as i64);
    let spec = HealthSpec {
        test: match &life.health_cmd {
            Some(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
            None => Vec::new(),
        },
        interval: nanos(life.health_interval),
        timeout: nanos(life.health_timeout),
        start_period: nanos(life.health_start_period),
        start_interval: nanos(life.health_start_interval),
        retries: life.health_retries.unwrap_or_default(),
    };
    if life.no_healthcheck {
        if spec != HealthSpec::default() {
            return Err(Error::invalid(
                "--no-healthcheck contradicts the other --health options",
            ));
        }
        return Ok(Some(HealthSpec {
            test: vec!["NONE".to_owned()],
            ..HealthSpec::default()
        }));
    }
    Ok((spec != HealthSpec::default()).then_some(spec))
}

/// Each `--network`; the short options belong to the first.
fn networks(args: &Container) -> Result<Vec<EndpointSpec>> {
    let net = &args.network;
    let mut all: Vec<EndpointSpec> = net
        .networks
        .iter()
        .map(|n| endpoint(n))
        .collect::<Result<_>>()?;
    let own = EndpointSpec {
        network: String::new(),
        aliases: net.aliases.clone(),
        ipv4: net.ip.clone(),
        ipv6: net.ip6.clone(),
        mac: net.mac_address.clone(),
        links: net.links.clone(),
        driver_options: BTreeMap::new(),
    };
    if own == EndpointSpec::default() {
        return Ok(all);
    }
    if all.is_empty() {
        all.push(EndpointSpec {
            network: "bridge".to_owned(),
            ..EndpointSpec::default()
        });
    }
    let first = &mut all[0];
    first.aliases.extend(own.aliases);
    first.links.extend(own.links);
    first.ipv4 = first.ipv4.take().or(own.ipv4);
    first.ipv6 = first.ipv6.take().or(own.ipv6);
    first.mac = first.mac.take().or(own.mac);
    Ok(all)
}

/// `NAME`, or `name=NAME,alias=A,ip=I,ip6=I,mac-address=M,link=L,driver-opt=K=V`.
fn endpoint(text: &str) -> Result<EndpointSpec> {
    if !text.contains('=') {
        return Ok(EndpointSpec {
            network: text.to_owned(),
            ..EndpointSpec::default()
        });
    }
    let mut spec = EndpointSpec::default();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.to_owned();
        match key {
            "name" => spec.network = value,
            "alias" => spec.aliases.push(value),
            "ip" => spec.ipv4 = Some(value),
            "ip6" => spec.ipv6 = Some(value),
            "mac-address" => spec.mac = Some(value),
            "link" => spec.links.push(value),
            "driver-opt" => {
                let (k, v) = value.split_once('=').unwrap_or((&value, ""));
                spec.driver_options.insert(k.to_owned(), v.to_owned());
            }
            other => {
                return Err(Error::invalid(format!(
                    "--network {text}: {other:?} is not known"
                )));
            }
        }
    }
    if spec.network.is_empty() {
        return Err(Error::invalid(format!(
            "--network {text}: name= is missing"
        )));
    }
    Ok(spec)
}

fn device(text: &str) -> Result<DeviceSpec> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_mode = |m: &str| !m.is_empty() && m.chars().all(|c| "rwm".contains(c));
    let (host, container, permissions) = match parts.as_slice() {
        [host] => (*host, *host, "rwm"),
        [host, mode] if is_mode(mode) => (*host, *host, *mode),
        [host, container] => (*host, *container, "rwm"),
        [host, container, mode] if is_mode(mode) => (*host, *container, *mode),
        _ => {
            return Err(Error::invalid(format!(
                "--device {text}: write HOST[:CONTAINER[:rwm]]"
            )));
        }
    };
    Ok(DeviceSpec {
        host: host.to_owned(),
        container: container.to_owned(),
        permissions: permissions.to_owned(),
    })
}

/// `name:address`, or `name=address` as newer docker writes it.
fn extra_host(text: &str) -> Result<String> {
    let (name, address) = text
        .split_once('=')
        .or_else(|| text.split_once(':'))
        .ok_or_else(|| Error::invalid(format!("--add-host {text}: write NAME:ADDRESS")))?;
    let address = address.trim_start_matches('[').trim_end_matches(']');
    Ok(format!("{name}:{address}"))
}

fn ulimit(text: &str) -> Result<Ulimit> {
    let bad = || Error::invalid(format!("--ulimit {text}: write NAME=SOFT[:HARD]"));
    let (name, values) = text.split_once('=').ok_or_else(bad)?;
    let (soft, hard) = values.split_once(':').unwrap_or((values, values));
    Ok(Ulimit {
        name: name.to_owned(),
        soft: soft.parse().map_err(|_| bad())?,
        hard: hard.parse().map_err(|_| bad())?,
    })
}

/// The volume these options describe.
pub(crate) fn volume(args: &CreateVolume) -> VolumeSpec {
    VolumeSpec {
        name: args.name.clone().unwrap_or_default(),
        driver: args.driver.clone(),
        options: map(&args.options),
        labels: map(&args.labels),
    }
}

/// The network these options describe.
pub(crate) fn network(args: &CreateNetwork) -> Result<NetworkSpec> {
    let more = args.gateways.len().max(args.ip_ranges.len());
    if more > args.subnets.len() {
        return Err(Error::new(
            ErrorKind::Invalid,
            "each --gateway and --ip-range needs a --subnet",
        ));
    }
    let mut subnets: Vec<SubnetSpec> = args
        .subnets
        .iter()
        .enumerate()
        .map(|(n, subnet)| SubnetSpec {
            subnet: subnet.clone(),
            gateway: args.gateways.get(n).cloned(),
            ip_range: args.ip_ranges.get(n).cloned(),
            aux_addresses: BTreeMap::new(),
        })
        .collect();
    if !args.aux_addresses.is_empty() {
        let Some(first) = subnets.first_mut() else {
            return Err(Error::invalid("--aux-address needs a --subnet"));
        };
        first.aux_addresses = map(&args.aux_addresses);
    }
    Ok(NetworkSpec {
        name: args.name.clone(),
        driver: args.driver.clone(),
        options: map(&args.options),
        labels: map(&args.labels),
        internal: args.internal,
        attachable: args.attachable,
        ipv6: args.ipv6,
        subnets,
        ipam_driver: args.ipam_driver.clone(),
        ipam_options: map(&args.ipam_options),
    })
}

/// A restart policy, as the engine knows it.
fn policy(text: &str) -> Result<String> {
    let known = match text.split_once(':') {
        None => matches!(text, "no" | "always" | "unless-stopped" | "on-failure"),
        Some((name, tries)) => name == "on-failure" && tries.parse::<u32>().is_ok(),
    };
    if known {
        return Ok(text.to_owned());
    }
    Err(
        Error::invalid(format!("--restart {text:?}: there is no such policy"))
            .with_hint("write no, always, unless-stopped, on-failure or on-failure:TRIES"),
    )
}

#[cfg(test)]
mod tests;
