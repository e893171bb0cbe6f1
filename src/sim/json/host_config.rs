//! The HostConfig of `inspect`: what was asked over the defaults.

use serde_json::{Map, Value, json};

use crate::sim::flavour::Flavour;
use crate::sim::model::Container;

fn masked(flavour: Flavour) -> Value {
    let mut paths = vec![
        "/proc/asound",
        "/proc/acpi",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/sys/firmware",
    ];
    if flavour.at_least(45) {
        paths.push("/sys/devices/virtual/powercap");
    }
    if flavour.at_least(48) {
        paths.insert(2, "/proc/interrupts");
    }
    json!(paths)
}

fn defaults(flavour: Flavour) -> Map<String, Value> {
    let body = json!({
        "Binds": null,
        "ContainerIDFile": "",
        "LogConfig": { "Type": "json-file", "Config": {} },
        "NetworkMode": if flavour.at_least(46) { "bridge" } else { "default" },
        "PortBindings": null,
        "RestartPolicy": { "Name": "no", "MaximumRetryCount": 0 },
        "AutoRemove": false,
        "VolumeDriver": "",
        "VolumesFrom": null,
        "ConsoleSize": [0, 0],
        "CapAdd": null,
        "CapDrop": null,
        "CgroupnsMode": if flavour.cgroup == 1 { "host" } else { "private" },
        "Dns": null,
        "DnsOptions": null,
        "DnsSearch": null,
        "ExtraHosts": null,
        "GroupAdd": null,
        "IpcMode": "private",
        "Cgroup": "",
        "Links": null,
        "OomScoreAdj": 0,
        "PidMode": "",
        "Privileged": false,
        "PublishAllPorts": false,
        "ReadonlyRootfs": false,
        "SecurityOpt": null,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 67_108_864,
        "Runtime": "runc",
        "Isolation": "",
        "MaskedPaths": masked(flavour),
        "ReadonlyPaths": [
            "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
        ],
    });
    match body {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn limits(flavour: Flavour) -> Map<String, Value> {
    let mut body = json!({
        "CpuShares": 0,
        "Memory": 0,
        "NanoCpus": 0,
        "CgroupParent": "",
        "BlkioWeight": 0,
        "BlkioWeightDevice": null,
        "BlkioDeviceReadBps": null,
        "BlkioDeviceWriteBps": null,
        "BlkioDeviceReadIOps": null,
        "BlkioDeviceWriteIOps": null,
        "CpuPeriod": 0,
        "CpuQuota": 0,
        "CpuRealtimePeriod": 0,
        "CpuRealtimeRuntime": 0,
        "CpusetCpus": "",
        "CpusetMems": "",
        "Devices": null,
        "DeviceCgroupRules": null,
        "DeviceRequests": null,
        "MemoryReservation": 0,
        "MemorySwap": 0,
        "MemorySwappiness": null,
        "OomKillDisable": if flavour.cgroup == 1 { json!(false) } else { Value::Null },
        "PidsLimit": null,
        "Ulimits": null,
        "CpuCount": 0,
        "CpuPercent": 0,
        "IOMaximumIOps": 0,
        "IOMaximumBandwidth": 0,
    });
    if !flavour.at_least(42) {
        body["KernelMemory"] = json!(0);
        body["KernelMemoryTCP"] = json!(0);
    }
    match body {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The whole HostConfig of a container.
pub(super) fn host_config(flavour: Flavour, container: &Container) -> Value {
    let mut config = defaults(flavour);
    config.extend(limits(flavour));
    for (name, value) in &container.spec.host {
        let unsaid = value.as_str() == Some("") && config.get(name).is_some_and(Value::is_string);
        let unset = name == "ShmSize" && value.as_i64() == Some(0);
        if !unsaid && !unset {
            config.insert(name.clone(), value.clone());
        }
    }
    if let Some(policy) = config
        .get_mut("RestartPolicy")
        .and_then(Value::as_object_mut)
    {
        policy.entry("MaximumRetryCount").or_insert(json!(0));
        if policy.get("Name").and_then(Value::as_str) == Some("") {
            policy.insert("Name".to_owned(), json!("no"));
        }
    }
    if let Some(log) = config.get_mut("LogConfig").and_then(Value::as_object_mut) {
        let kind = log.get("Type").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() {
            log.insert("Type".to_owned(), json!("json-file"));
        }
        let empty = log.get("Config").is_none_or(Value::is_null);
        if empty {
            log.insert("Config".to_owned(), json!({}));
        }
    }
    let memory = config.get("Memory").and_then(Value::as_i64).unwrap_or(0);
    let swap = config
        .get("MemorySwap")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    if memory > 0 && swap == 0 {
        config.insert("MemorySwap".to_owned(), json!(memory * 2));
    }
    if flavour.at_least(46) && config.get("NetworkMode").and_then(Value::as_str) == Some("default")
    {
        config.insert("NetworkMode".to_owned(), json!("bridge"));
    }
    config.into()
}
