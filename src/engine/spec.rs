//! What a container was made of, from its inspect and its image's: the opposite of `create`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::spec::{
    ContainerSpec, DeviceSpec, EndpointSpec, HealthSpec, MountKind, MountSpec, PortSpec, Resources,
    Ulimit,
};

/// Bytes of /dev/shm unless somebody asks for others.
const SHM: i64 = 64 << 20;
/// Podman's limit of processes unless somebody asks for another.
const PODMAN_PIDS: i64 = 2048;

fn text(v: &Value) -> Option<String> {
    v.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

fn number(v: &Value) -> Option<i64> {
    v.as_i64().filter(|n| *n != 0)
}

fn list(v: &Value) -> Vec<String> {
    match v {
        Value::Array(a) => a
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        // Podman 3 gives an entrypoint as one text.
        Value::String(s) if !s.is_empty() => vec![s.clone()],
        _ => Vec::new(),
    }
}

fn map(v: &Value) -> BTreeMap<String, String> {
    let entries = v.as_object().into_iter().flatten();
    entries
        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn keys(v: &Value) -> Vec<String> {
    v.as_object()
        .map_or_else(Vec::new, |o| o.keys().cloned().collect())
}

/// Read both documents; `image` is null when the image is gone.
pub(super) fn spec(container: &Value, image: &Value, podman: bool) -> ContainerSpec {
    Reader {
        container,
        config: &container["Config"],
        host: &container["HostConfig"],
        image: &image["Config"],
        podman,
    }
    .spec()
}

struct Reader<'a> {
    container: &'a Value,
    config: &'a Value,
    host: &'a Value,
    /// The image's own configuration.
    image: &'a Value,
    podman: bool,
}

impl Reader<'_> {
    fn spec(&self) -> ContainerSpec {
        let (config, host) = (self.config, self.host);
        let (entrypoint, command) = self.command();
        let ports = self.ports();
        let log = &host["LogConfig"];
        let log_options = map(&log["Config"]);
        let volumes_from = list(&host["VolumesFrom"]);
        let stop_timeout = config["StopTimeout"].as_i64();
        let mode = |key: &str| {
            text(&host[key]).filter(|m| {
                *m != "private" && !(self.podman && matches!(&**m, "shareable" | "default"))
            })
        };
        ContainerSpec {
            image: text(&config["Image"]).unwrap_or_default(),
            platform: None,
            entrypoint,
            command,
            env: self.env(),
            labels: self.labels(),
            working_dir: self
                .own("WorkingDir")
                .filter(|d| !(self.podman && d == "/")),
            user: self.own("User"),
            hostname: self.hostname(),
            domainname: text(&config["Domainname"]),
            tty: config["Tty"] == true,
            stdin: config["OpenStdin"] == true,
            stdin_once: config["StdinOnce"] == true,
            stop_signal: self
                .own("StopSignal")
                .filter(|s| s != "SIGTERM" && s != "15"),
            stop_timeout: stop_timeout.filter(|t| !(self.podman && *t == 10)),
            expose: self.exposed(&ports),
            ports,
            publish_all: host["PublishAllPorts"] == true,
            mounts: self.mounts(&volumes_from),
            networks: self.networks(),
            restart: self.restart(),
            auto_remove: host["AutoRemove"] == true,
            health: self.health(),
            resources: self.resources(),
            privileged: host["Privileged"] == true,
            read_only: host["ReadonlyRootfs"] == true,
            init: (host["Init"] == true).then_some(true),
            cap_add: list(&host["CapAdd"]),
            cap_drop: list(&host["CapDrop"]),
            security_opt: list(&host["SecurityOpt"]),
            group_add: list(&host["GroupAdd"]),
            devices: self.devices(),
            dns: list(&host["Dns"]),
            dns_search: list(&host["DnsSearch"]),
            dns_options: list(&host["DnsOptions"]),
            extra_hosts: list(&host["ExtraHosts"]),
            pid_mode: mode("PidMode"),
            ipc_mode: mode("IpcMode"),
            uts_mode: mode("UTSMode"),
            userns_mode: mode("UsernsMode"),
            cgroupns_mode: mode("CgroupnsMode"),
            cgroup_parent: text(&host["CgroupParent"]).filter(|_| !self.podman),
            runtime: text(&host["Runtime"])
                .filter(|r| !matches!(&**r, "runc" | "crun" | "oci" | "io.containerd.runc.v2")),
            log_driver: text(&log["Type"])
                .filter(|t| !(self.podman || t == "json-file" && log_options.is_empty())),
            log_options: if self.podman {
                BTreeMap::new()
            } else {
                log_options
            },
            sysctls: map(&host["Sysctls"]),
            ulimits: self.ulimits(),
            tmpfs: map(&host["Tmpfs"]),
            shm_size: number(&host["ShmSize"]).filter(|s| *s != SHM),
            oom_kill_disable: (host["OomKillDisable"] == true).then_some(true),
            oom_score_adj: number(&host["OomScoreAdj"]),
            volumes_from,
            annotations: map(&host["Annotations"])
                .into_iter()
                .filter(|(k, _)| !k.starts_with("io."))
                .collect(),
        }
    }

    /// A text of the configuration, unless the image says the same.
    fn own(&self, key: &str) -> Option<String> {
        text(&self.config[key]).filter(|v| self.image[key].as_str() != Some(v))
    }

    fn command(&self) -> (Option<Vec<String>>, Option<Vec<String>>) {
        let (entrypoint, command) = (list(&self.config["Entrypoint"]), list(&self.config["Cmd"]));
        let (theirs, their_command) = (list(&self.image["Entrypoint"]), list(&self.image["Cmd"]));
        let same = entrypoint == theirs;
        // With an entrypoint of its own, a container does not take the image's command.
        let command =
            (!(command.is_empty() || same && command == their_command)).then_some(command);
        ((!same).then_some(entrypoint), command)
    }

    fn env(&self) -> Vec<String> {
        let theirs = list(&self.image["Env"]);
        let hostname = format!(
            "HOSTNAME={}",
            self.config["Hostname"].as_str().unwrap_or_default()
        );
        let podmans = |v: &str| {
            self.podman
                && (v.starts_with("container=")
                    || v == hostname
                    || matches!(v, "TERM=xterm" | "HOME=/root" | "HOME=/"))
        };
        // Podman sets a search path where the image has none.
        let path = |v: &str| {
            v == "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                && (self.podman || !self.image.is_null())
        };
        list(&self.config["Env"])
            .into_iter()
            .filter(|v| !theirs.contains(v) && !podmans(v) && !path(v))
            .collect()
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let theirs = map(&self.image["Labels"]);
        map(&self.config["Labels"])
            .into_iter()
            .filter(|(k, v)| theirs.get(k) != Some(v))
            .collect()
    }

    fn mode(&self) -> &str {
        match self.host["NetworkMode"].as_str() {
            None | Some("" | "default") => "bridge",
            Some(mode) => mode,
        }
    }

    fn hostname(&self) -> Option<String> {
        let id = self.container["Id"].as_str().unwrap_or_default();
        // Without a name of its own it has the beginning of its id, or its host's name.
        text(&self.config["Hostname"]).filter(|h| {
            !id.starts_with(h.as_str())
                && self.mode() != "host"
                && self.host["UTSMode"] != "host"
                && !self.mode().starts_with("container:")
        })
    }

    fn ports(&self) -> Vec<PortSpec> {
        let mut all = Vec::new();
        for (key, bindings) in self.host["PortBindings"].as_object().into_iter().flatten() {
            let (port, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
            let Ok(container) = port.parse() else {
                continue;
            };
            for binding in bindings.as_array().into_iter().flatten() {
                let host = binding["HostPort"].as_str().and_then(|p| p.parse().ok());
                all.push(PortSpec {
                    container,
                    host: host.filter(|p| *p != 0),
                    ip: text(&binding["HostIp"]).filter(|ip| !(self.podman && ip == "0.0.0.0")),
                    protocol: protocol.to_owned(),
                });
            }
        }
        all
    }

    fn exposed(&self, published: &[PortSpec]) -> Vec<String> {
        let theirs = keys(&self.image["ExposedPorts"]);
        let is_published = |key: &String| {
            let same = |p: &PortSpec| format!("{}/{}", p.container, p.protocol) == *key;
            published.iter().any(same)
        };
        keys(&self.config["ExposedPorts"])
            .into_iter()
            .filter(|key| !theirs.contains(key) && !is_published(key))
            .collect()
    }

    fn mounts(&self, volumes_from: &[String]) -> Vec<MountSpec> {
        let mut all: Vec<MountSpec> = list(&self.host["Binds"])
            .iter()
            .filter_map(|b| bind(b))
            .collect();
        let mounts = self.host["Mounts"].as_array();
        all.extend(mounts.into_iter().flatten().map(mount));
        let tmpfs = map(&self.host["Tmpfs"]);
        // What the image declares, and what was mounted without a name, has a volume by now. What
        // is in it shall not be lost.
        let points = self.container["Mounts"].as_array().into_iter().flatten();
        for point in points.filter(|_| volumes_from.is_empty()) {
            let target = text(&point["Destination"]).unwrap_or_default();
            if point["Type"] != "volume" || tmpfs.contains_key(&target) {
                continue;
            }
            let name = text(&point["Name"]).unwrap_or_default();
            match all.iter_mut().find(|m| m.target == target) {
                Some(m) if m.kind == MountKind::Volume && m.source.is_empty() => m.source = name,
                Some(_) => {}
                None => all.push(MountSpec {
                    source: name,
                    target,
                    read_only: point["RW"] == false,
                    ..MountSpec::default()
                }),
            }
        }
        all
    }

    fn networks(&self) -> Vec<EndpointSpec> {
        let mode = self.mode();
        let none = Map::new();
        let known = self.container["NetworkSettings"]["Networks"]
            .as_object()
            .unwrap_or(&none);
        let is_first = |name: &str, v: &Value| {
            name == mode
                || !mode.is_empty() && v["NetworkID"].as_str() == Some(mode)
                || self.podman && mode == "bridge" && name == "podman"
        };
        let mut first = EndpointSpec {
            network: mode.to_owned(),
            ..EndpointSpec::default()
        };
        let mut rest = Vec::new();
        for (name, v) in known {
            if is_first(name, v) {
                let shown = if self.podman && name == "podman" {
                    mode
                } else {
                    name
                };
                first = self.endpoint(shown, v);
            } else if !matches!(mode, "host" | "none") && !mode.starts_with("container:") {
                rest.push(self.endpoint(name, v));
            }
        }
        first.mac = text(&self.config["MacAddress"]);
        for link in list(&self.host["Links"]) {
            // `/db:/web/db`
            if let Some((from, alias)) = link.split_once(':') {
                let alias = alias.rsplit('/').next().unwrap_or(alias);
                first
                    .links
                    .push(format!("{}:{alias}", from.trim_start_matches('/')));
            }
        }
        if first
            == (EndpointSpec {
                network: "bridge".to_owned(),
                ..EndpointSpec::default()
            })
            && rest.is_empty()
        {
            return Vec::new();
        }
        std::iter::once(first).chain(rest).collect()
    }

    fn endpoint(&self, name: &str, v: &Value) -> EndpointSpec {
        let id = self.container["Id"].as_str().unwrap_or_default();
        let own = self.container["Name"].as_str().unwrap_or_default();
        let own = own.trim_start_matches('/');
        // Engines add the short id, and Podman the name, by themselves.
        let given = |a: &String| !(a.len() >= 12 && id.starts_with(a.as_str())) && a != own;
        let aliases = list(&v["Aliases"]).into_iter().filter(given).collect();
        let builtin = matches!(name, "bridge" | "host" | "none" | "podman");
        EndpointSpec {
            network: name.to_owned(),
            aliases: if builtin { Vec::new() } else { aliases },
            ipv4: text(&v["IPAMConfig"]["IPv4Address"]),
            ipv6: text(&v["IPAMConfig"]["IPv6Address"]),
            mac: None,
            links: list(&v["Links"]),
            driver_options: map(&v["DriverOpts"]),
        }
    }

    fn restart(&self) -> Option<String> {
        let policy = &self.host["RestartPolicy"];
        let name = text(&policy["Name"]).filter(|n| n != "no")?;
        Some(match number(&policy["MaximumRetryCount"]) {
            Some(n) if name == "on-failure" => format!("{name}:{n}"),
            _ => name,
        })
    }

    fn health(&self) -> Option<HealthSpec> {
        let own = &self.config["Healthcheck"];
        if own.is_null() || *own == self.image["Healthcheck"] {
            return None;
        }
        let n = |key: &str| own[key].as_i64().unwrap_or_default();
        let spec = HealthSpec {
            test: list(&own["Test"]),
            interval: n("Interval"),
            timeout: n("Timeout"),
            start_period: n("StartPeriod"),
            start_interval: n("StartInterval"),
            retries: n("Retries"),
        };
        let theirs = list(&self.image["Healthcheck"]["Test"]);
        // Podman fills the image's check up with defaults.
        let podmans = self.podman && !theirs.is_empty() && spec.test == theirs;
        (spec != HealthSpec::default() && !podmans).then_some(spec)
    }

    fn resources(&self) -> Resources {
        let host = self.host;
        let n = |key: &str| number(&host[key]);
        let memory = n("Memory");
        let nano_cpus = n("NanoCpus");
        // The engine doubles the memory where nothing is said.
        let doubled = memory.map(|m| m.saturating_mul(2));
        Resources {
            nano_cpus,
            cpu_shares: n("CpuShares"),
            cpu_quota: n("CpuQuota").filter(|_| nano_cpus.is_none()),
            cpu_period: n("CpuPeriod").filter(|_| nano_cpus.is_none()),
            cpuset_cpus: text(&host["CpusetCpus"]),
            cpuset_mems: text(&host["CpusetMems"]),
            memory,
            memory_reservation: n("MemoryReservation"),
            memory_swap: n("MemorySwap").filter(|s| memory.is_some() && Some(*s) != doubled),
            memory_swappiness: host["MemorySwappiness"]
                .as_i64()
                .filter(|s| *s >= 0 && !self.podman),
            pids_limit: n("PidsLimit").filter(|p| !(self.podman && *p == PODMAN_PIDS)),
            blkio_weight: n("BlkioWeight").and_then(|w| u16::try_from(w).ok()),
        }
    }

    fn devices(&self) -> Vec<DeviceSpec> {
        let devices = self.host["Devices"].as_array().into_iter().flatten();
        devices
            .filter_map(|d| {
                Some(DeviceSpec {
                    host: text(&d["PathOnHost"])?,
                    container: text(&d["PathInContainer"]).unwrap_or_default(),
                    permissions: text(&d["CgroupPermissions"]).unwrap_or_default(),
                })
            })
            .collect()
    }

    fn ulimits(&self) -> Vec<Ulimit> {
        let limits = self.host["Ulimits"].as_array().into_iter().flatten();
        limits
            .filter_map(|u| {
                let name = text(&u["Name"])?;
                let name = name.strip_prefix("RLIMIT_").unwrap_or(&name);
                Some(Ulimit {
                    name: name.to_ascii_lowercase(),
                    soft: u["Soft"].as_i64()?,
                    hard: u["Hard"].as_i64()?,
                })
            })
            .collect()
    }
}

/// `SOURCE:TARGET[:OPTIONS]`.
fn bind(text: &str) -> Option<MountSpec> {
    let mut parts = text.splitn(3, ':');
    let (source, target) = (parts.next()?, parts.next()?);
    let is_path = source.starts_with('/');
    let mut mount = MountSpec {
        kind: if is_path {
            MountKind::Bind
        } else {
            MountKind::Volume
        },
        source: source.to_owned(),
        target: target.to_owned(),
        create_source: is_path,
        ..MountSpec::default()
    };
    for option in parts.next().unwrap_or_default().split(',') {
        match option {
            "ro" => mount.read_only = true,
            "nocopy" => mount.no_copy = true,
            // `rprivate` is the default.
            "private" | "rshared" | "shared" | "rslave" | "slave" if is_path => {
                mount.propagation = Some(option.to_owned());
            }
            _ => {}
        }
    }
    Some(mount)
}

fn mount(m: &Value) -> MountSpec {
    let kind = match m["Type"].as_str() {
        Some("bind") => MountKind::Bind,
        Some("tmpfs") => MountKind::Tmpfs,
        _ => MountKind::Volume,
    };
    let driver = &m["VolumeOptions"]["DriverConfig"];
    MountSpec {
        kind,
        source: text(&m["Source"]).unwrap_or_default(),
        target: text(&m["Target"]).unwrap_or_default(),
        read_only: m["ReadOnly"] == true,
        propagation: text(&m["BindOptions"]["Propagation"]),
        create_source: m["BindOptions"]["CreateMountpoint"] == true,
        no_copy: m["VolumeOptions"]["NoCopy"] == true,
        driver: text(&driver["Name"]),
        driver_options: map(&driver["Options"]),
        size: number(&m["TmpfsOptions"]["SizeBytes"]),
        mode: m["TmpfsOptions"]["Mode"]
            .as_u64()
            .and_then(|m| u32::try_from(m).ok()),
    }
}

#[cfg(test)]
mod tests;
