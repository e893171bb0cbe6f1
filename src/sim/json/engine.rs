//! The engine itself: version, info, disk use.

use serde_json::{Map, Value, json};

use super::{image_summary, summary, volume_json};
use crate::sim::flavour::Flavour;
use crate::sim::model::{Model, Phase};
use crate::sim::util::{hex64, mix, rfc3339_nine};

/// `GET /version`.
pub(crate) fn version(model: &Model) -> Value {
    let flavour = model.flavour;
    let minimum = format!("{}.{}", flavour.api_min.0, flavour.api_min.1);
    json!({
        "Platform": { "Name": "Docker Engine - Community" },
        "Components": [
            {
                "Name": "Engine",
                "Version": flavour.version,
                "Details": {
                    "ApiVersion": flavour.api(),
                    "Arch": "amd64",
                    "BuildTime": flavour.built,
                    "Experimental": "false",
                    "GitCommit": flavour.git,
                    "GoVersion": flavour.go,
                    "KernelVersion": flavour.kernel,
                    "MinAPIVersion": minimum,
                    "Os": "linux",
                },
            },
            {
                "Name": "containerd",
                "Version": flavour.containerd,
                "Details": { "GitCommit": &hex64(7)[..40] },
            },
            {
                "Name": "runc",
                "Version": flavour.runc,
                "Details": { "GitCommit": "v1.1.12-0-g51d5e946" },
            },
            {
                "Name": "docker-init",
                "Version": "0.19.0",
                "Details": { "GitCommit": "de40ad0" },
            },
        ],
        "Version": flavour.version,
        "ApiVersion": flavour.api(),
        "MinAPIVersion": minimum,
        "GitCommit": flavour.git,
        "GoVersion": flavour.go,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": flavour.kernel,
        "BuildTime": flavour.built,
    })
}

fn swarm(model: &Model) -> Value {
    match &model.swarm {
        None => json!({
            "NodeID": "",
            "NodeAddr": "",
            "LocalNodeState": "inactive",
            "ControlAvailable": false,
            "Error": "",
            "RemoteManagers": null,
        }),
        Some(swarm) => {
            let managers = swarm.nodes.iter().filter(|n| n.manager);
            let remote: Vec<Value> = managers
                .clone()
                .map(|n| json!({ "NodeID": n.id, "Addr": format!("{}:2377", n.address) }))
                .collect();
            json!({
                "NodeID": swarm.node_id,
                "NodeAddr": swarm.nodes.first().map(|n| n.address.clone()),
                "LocalNodeState": "active",
                "ControlAvailable": true,
                "Error": "",
                "RemoteManagers": remote,
                "Nodes": swarm.nodes.len(),
                "Managers": managers.count(),
                "Cluster": {
                    "ID": swarm.id,
                    "Version": { "Index": 10 },
                    "CreatedAt": rfc3339_nine(swarm.created),
                    "UpdatedAt": rfc3339_nine(swarm.created),
                    "Spec": { "Name": "default", "Labels": {} },
                    "RootRotationInProgress": false,
                    "DataPathPort": 4789,
                    "DefaultAddrPool": ["10.0.0.0/8"],
                    "SubnetSize": 24,
                },
            })
        }
    }
}

/// An id in the dress of `docker info`.
fn engine_id(model: &Model) -> String {
    if model.flavour.at_least(42) {
        let hex = hex64(mix(model.seed));
        return format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..32]
        );
    }
    let hex = hex64(mix(model.seed)).to_uppercase();
    let groups: Vec<&str> = (0..12).map(|n| &hex[n * 4..n * 4 + 4]).collect();
    groups.join(":")
}

fn abilities(model: &Model) -> Map<String, Value> {
    let body = json!({
        "MemoryLimit": true,
        "SwapLimit": true,
        "CpuCfsPeriod": true,
        "CpuCfsQuota": true,
        "CPUShares": true,
        "CPUSet": true,
        "PidsLimit": true,
        "IPv4Forwarding": true,
        "Debug": false,
        "NFd": 22 + model.containers.len() * 3,
        "OomKillDisable": model.flavour.cgroup == 1,
    });
    match body {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What only some versions say.
fn by_version(flavour: Flavour, body: &mut Value) {
    if flavour.at_least(48) {
        body["FirewallBackend"] = json!({ "Driver": "iptables" });
        body["CDISpecDirs"] = json!(["/etc/cdi", "/var/run/cdi"]);
        body["Containerd"] = json!({
            "Address": "/run/containerd/containerd.sock",
            "Namespaces": { "Containers": "moby", "Plugins": "plugins.moby" },
        });
        body["RegistryConfig"]["Mirrors"] = Value::Null;
    }
    if !flavour.at_least(42) {
        for name in [
            "BridgeNfIptables",
            "BridgeNfIp6tables",
            "KernelMemory",
            "KernelMemoryTCP",
        ] {
            body[name] = json!(true);
        }
    }
    for (name, id) in [
        ("ContainerdCommit", &hex64(7)[..40]),
        ("RuncCommit", "v1.1.12-0-g51d5e946"),
        ("InitCommit", "de40ad0"),
    ] {
        body[name] = if flavour.at_least(48) {
            json!({ "ID": id })
        } else {
            json!({ "ID": id, "Expected": id })
        };
    }
}

/// `GET /info`.
pub(crate) fn info(model: &Model) -> Value {
    let flavour = model.flavour;
    let count = |phases: &[Phase]| {
        model
            .containers
            .values()
            .filter(|c| phases.contains(&c.phase))
            .count()
    };
    let mut security = vec!["name=apparmor", "name=seccomp,profile=builtin"];
    if flavour.cgroup == 2 {
        security.push("name=cgroupns");
    }
    let mut body = json!({
        "ID": engine_id(model),
        "Containers": model.containers.len(),
        "ContainersRunning": count(&[Phase::Running, Phase::Restarting]),
        "ContainersPaused": count(&[Phase::Paused]),
        "ContainersStopped": count(&[Phase::Created, Phase::Exited]),
        "Images": model.images.len(),
        "Driver": "overlay2",
        "DriverStatus": [
            ["Backing Filesystem", "extfs"], ["Supports d_type", "true"],
            ["Using metacopy", "false"], ["Native Overlay Diff", "true"],
            ["userxattr", "false"],
        ],
        "Plugins": {
            "Volume": ["local"],
            "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
            "Authorization": null,
            "Log": [
                "awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local",
                "splunk", "syslog",
            ],
        },
        "NGoroutines": 38 + model.containers.len() * 6,
        "SystemTime": rfc3339_nine(model.now()),
        "LoggingDriver": "json-file",
        "CgroupDriver": if flavour.cgroup == 1 { "cgroupfs" } else { "systemd" },
        "CgroupVersion": flavour.cgroup.to_string(),
        "NEventsListener": 0,
        "KernelVersion": flavour.kernel,
        "OperatingSystem": flavour.os,
        "OSVersion": flavour.os.split(' ').find(|w| w.starts_with(|c: char| c.is_ascii_digit())),
        "OSType": "linux",
        "Architecture": "x86_64",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": {
            "InsecureRegistryCIDRs": ["127.0.0.0/8"],
            "IndexConfigs": {
                "docker.io": { "Name": "docker.io", "Mirrors": [], "Secure": true, "Official": true },
            },
            "Mirrors": [],
        },
        "NCPU": model.hardware.cpus,
        "MemTotal": model.hardware.memory,
        "GenericResources": null,
        "DockerRootDir": "/var/lib/docker",
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": model.name,
        "Labels": [],
        "ExperimentalBuild": false,
        "ServerVersion": flavour.version,
        "Runtimes": {
            "io.containerd.runc.v2": { "path": "runc" },
            "runc": { "path": "runc" },
        },
        "DefaultRuntime": "runc",
        "LiveRestoreEnabled": false,
        "Isolation": "",
        "InitBinary": "docker-init",
        "SecurityOptions": security,
        "Warnings": null,
    });
    if let Value::Object(body) = &mut body {
        body.extend(abilities(model));
    }
    body["Swarm"] = swarm(model);
    by_version(flavour, &mut body);
    body
}

/// `GET /system/df`.
pub(crate) fn disk_usage(model: &Model) -> Value {
    let layers: u64 = model.images.values().map(|i| i.size).sum();
    let images: Vec<Value> = model
        .images
        .values()
        .map(|i| image_summary(model, i, true))
        .collect();
    let containers: Vec<Value> = model
        .containers
        .values()
        .map(|c| summary(model, c, true))
        .collect();
    let volumes: Vec<Value> = model
        .volumes
        .values()
        .map(|v| volume_json(model, v, true))
        .collect();
    let mut body = json!({
        "LayersSize": layers,
        "Images": images,
        "Containers": containers,
        "Volumes": volumes,
        "BuildCache": [],
    });
    if !model.flavour.at_least(42) {
        body["BuildCache"] = Value::Null;
        body["BuilderSize"] = json!(0);
    }
    body
}
