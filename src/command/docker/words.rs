//! Specifications as the words of a command line.

use super::{cpus_word, duration_word, mount_word, port_word, size_word};
use crate::domain::spec::{
    Change, ContainerSpec, EndpointSpec, HealthSpec, NetworkSpec, Resources, VolumeSpec,
};

/// Collects options.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.0.push(format!("--{name}"));
        }
    }

    fn option(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            let value = value.to_string();
            // A value that looks like an option would be taken for one.
            if value.starts_with('-') {
                self.0.push(format!("--{name}={value}"));
            } else {
                self.0.extend([format!("--{name}"), value]);
            }
        }
    }

    fn each(&mut self, name: &str, values: impl IntoIterator<Item = impl ToString>) {
        for value in values {
            self.option(name, Some(value));
        }
    }

    fn pairs<'a>(&mut self, name: &str, map: impl IntoIterator<Item = (&'a String, &'a String)>) {
        self.each(name, map.into_iter().map(|(k, v)| format!("{k}={v}")));
    }
}

/// The options of `create container` and `run`, then the image and its command.
pub fn container(name: Option<&str>, spec: &ContainerSpec) -> Vec<String> {
    let mut words = Words::default();
    words.option("name", name);
    options(&mut words, spec);
    let (_, command) = entry(spec);
    words.0.push(spec.image.clone());
    words.0.extend(command);
    words.0
}

/// The entrypoint is one word there; the others go before the command.
fn entry(spec: &ContainerSpec) -> (Option<String>, Vec<String>) {
    let mut rest = Vec::new();
    let first = spec.entrypoint.as_ref().map(|e| match e.split_first() {
        Some((first, more)) => {
            rest.extend_from_slice(more);
            first.clone()
        }
        None => String::new(),
    });
    rest.extend(spec.command.iter().flatten().cloned());
    (first, rest)
}

fn options(w: &mut Words, spec: &ContainerSpec) {
    w.flag("interactive", spec.stdin);
    w.flag("tty", spec.tty);
    w.flag("rm", spec.auto_remove);
    w.option("restart", spec.restart.as_deref());
    w.option("platform", spec.platform.as_deref());
    w.option("entrypoint", entry(spec).0);
    w.each("env", &spec.env);
    w.pairs("label", &spec.labels);
    w.option("workdir", spec.working_dir.as_deref());
    w.option("user", spec.user.as_deref());
    w.each("group-add", &spec.group_add);
    w.each("publish", spec.ports.iter().map(port_word));
    w.flag("publish-all", spec.publish_all);
    w.each("expose", &spec.expose);
    for mount in &spec.mounts {
        let (short, value) = mount_word(mount);
        w.option(if short { "volume" } else { "mount" }, Some(value));
    }
    for (path, options) in &spec.tmpfs {
        let colon = if options.is_empty() { "" } else { ":" };
        w.option("tmpfs", Some(format!("{path}{colon}{options}")));
    }
    w.each("volumes-from", &spec.volumes_from);
    w.each("network", spec.networks.iter().map(endpoint));
    w.option("hostname", spec.hostname.as_deref());
    w.option("domainname", spec.domainname.as_deref());
    w.each("add-host", &spec.extra_hosts);
    w.each("dns", &spec.dns);
    w.each("dns-option", &spec.dns_options);
    w.each("dns-search", &spec.dns_search);
    limits(w, &spec.resources);
    w.each(
        "ulimit",
        spec.ulimits
            .iter()
            .map(|u| format!("{}={}:{}", u.name, u.soft, u.hard)),
    );
    w.option("shm-size", spec.shm_size.map(size_word));
    w.flag("oom-kill-disable", spec.oom_kill_disable == Some(true));
    w.option("oom-score-adj", spec.oom_score_adj);
    if let Some(h) = &spec.health {
        health(w, h);
    }
    w.option("stop-signal", spec.stop_signal.as_deref());
    w.option("stop-timeout", spec.stop_timeout);
    w.option("log-driver", spec.log_driver.as_deref());
    w.pairs("log-opt", &spec.log_options);
    w.flag("init", spec.init == Some(true));
    w.option("runtime", spec.runtime.as_deref());
    w.flag("privileged", spec.privileged);
    w.flag("read-only", spec.read_only);
    w.each("cap-add", &spec.cap_add);
    w.each("cap-drop", &spec.cap_drop);
    w.each("security-opt", &spec.security_opt);
    w.each(
        "device",
        spec.devices.iter().map(|d| match &*d.permissions {
            "" => format!("{}:{}", d.host, d.container),
            p => format!("{}:{}:{p}", d.host, d.container),
        }),
    );
    w.pairs("sysctl", &spec.sysctls);
    w.pairs("annotation", &spec.annotations);
    w.option("pid", spec.pid_mode.as_deref());
    w.option("ipc", spec.ipc_mode.as_deref());
    w.option("uts", spec.uts_mode.as_deref());
    w.option("userns", spec.userns_mode.as_deref());
    w.option("cgroupns", spec.cgroupns_mode.as_deref());
    w.option("cgroup-parent", spec.cgroup_parent.as_deref());
}

fn endpoint(e: &EndpointSpec) -> String {
    let mut parts = vec![format!("name={}", e.network)];
    parts.extend(e.aliases.iter().map(|a| format!("alias={a}")));
    parts.extend(e.ipv4.iter().map(|a| format!("ip={a}")));
    parts.extend(e.ipv6.iter().map(|a| format!("ip6={a}")));
    parts.extend(e.mac.iter().map(|a| format!("mac-address={a}")));
    parts.extend(e.links.iter().map(|a| format!("link={a}")));
    let options = e.driver_options.iter();
    parts.extend(options.map(|(k, v)| format!("driver-opt={k}={v}")));
    match parts.as_slice() {
        [_] => e.network.clone(),
        all => all.join(","),
    }
}

fn limits(w: &mut Words, r: &Resources) {
    w.option("memory", r.memory.map(size_word));
    w.option("memory-reservation", r.memory_reservation.map(size_word));
    w.option("memory-swap", r.memory_swap.map(size_word));
    w.option("memory-swappiness", r.memory_swappiness);
    w.option("cpus", r.nano_cpus.map(cpus_word));
    w.option("cpu-shares", r.cpu_shares);
    w.option("cpu-quota", r.cpu_quota);
    w.option("cpu-period", r.cpu_period);
    w.option("cpuset-cpus", r.cpuset_cpus.as_deref());
    w.option("cpuset-mems", r.cpuset_mems.as_deref());
    w.option("pids-limit", r.pids_limit);
    w.option("blkio-weight", r.blkio_weight);
}

fn health(w: &mut Words, h: &HealthSpec) {
    match h.test.as_slice() {
        [none] if none == "NONE" => return w.flag("no-healthcheck", true),
        [shell, line] if shell == "CMD-SHELL" => w.option("health-cmd", Some(line)),
        [_, words @ ..] if !words.is_empty() => {
            let words: Vec<_> = words
                .iter()
                .map(|word| crate::command::quote(word))
                .collect();
            w.option("health-cmd", Some(words.join(" ")));
        }
        _ => {}
    }
    for (name, nanos) in [
        ("health-interval", h.interval),
        ("health-timeout", h.timeout),
        ("health-start-period", h.start_period),
        ("health-start-interval", h.start_interval),
    ] {
        w.option(name, (nanos != 0).then(|| duration_word(nanos)));
    }
    w.option("health-retries", (h.retries != 0).then_some(h.retries));
}

/// The options of `update` that make `to` of `from`; what follows `--` is the command.
pub fn update(from: &ContainerSpec, to: &ContainerSpec) -> Vec<String> {
    let changes = from.changes(to);
    let has = |field: &str| changes.iter().any(|c| c.field == field);
    // Only what is different, taken from `to`.
    let mut only = to.clone();
    only.env.retain(|v| {
        let name = v.split('=').next().unwrap_or_default();
        has(&format!("env.{name}"))
    });
    only.labels.retain(|key, _| has(&format!("labels.{key}")));
    let mut gone: Vec<&Change> = Vec::new();
    let bare = ContainerSpec::default();
    for change in bare.changes(to) {
        if !change.field.contains('.') && !has(&change.field) {
            only.unset(&change.field);
        }
    }
    if !has("command") {
        only.command = None;
    }
    for change in &changes {
        if change.to.is_none() {
            gone.push(change);
        }
    }
    let mut w = Words::default();
    w.option("image", has("image").then_some(&to.image));
    options(&mut w, &only);
    w.each("unset", gone.iter().map(|c| &c.field));
    let (_, command) = entry(&only);
    if !command.is_empty() {
        w.0.push("--".to_owned());
        w.0.extend(command);
    }
    w.0
}

/// The options of `create volume`, then its name.
pub fn volume(spec: &VolumeSpec) -> Vec<String> {
    let mut w = Words::default();
    let driver = Some(&spec.driver).filter(|d| !matches!(d.as_str(), "" | "local"));
    w.option("driver", driver);
    w.pairs("opt", &spec.options);
    w.pairs("label", &spec.labels);
    if !spec.name.is_empty() {
        w.0.push(spec.name.clone());
    }
    w.0
}

/// The options of `create network`, then its name.
pub fn network(spec: &NetworkSpec) -> Vec<String> {
    let mut w = Words::default();
    let driver = Some(&spec.driver).filter(|d| !matches!(d.as_str(), "" | "bridge"));
    w.option("driver", driver);
    for subnet in &spec.subnets {
        w.option("subnet", Some(&subnet.subnet));
        w.option("gateway", subnet.gateway.as_deref());
        w.option("ip-range", subnet.ip_range.as_deref());
        w.pairs("aux-address", &subnet.aux_addresses);
    }
    w.flag("internal", spec.internal);
    w.flag("attachable", spec.attachable);
    w.flag("ipv6", spec.ipv6);
    let ipam = Some(&spec.ipam_driver).filter(|d| !matches!(d.as_str(), "" | "default"));
    w.option("ipam-driver", ipam);
    w.pairs("ipam-opt", &spec.ipam_options);
    w.pairs("opt", &spec.options);
    w.pairs("label", &spec.labels);
    w.0.push(spec.name.clone());
    w.0
}
