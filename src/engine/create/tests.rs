use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::domain::spec::{DeviceSpec, Resources, SubnetSpec, Ulimit};

const OLD: ApiVersion = ApiVersion::new(1, 41);
const NEW: ApiVersion = ApiVersion::new(1, 44);

fn named(network: &str) -> EndpointSpec {
    EndpointSpec {
        network: network.into(),
        ..EndpointSpec::default()
    }
}

#[test]
fn an_empty_spec_says_nothing() {
    let spec = ContainerSpec {
        image: "box".into(),
        ..ContainerSpec::default()
    };
    assert_eq!(
        container(&spec, OLD).unwrap().body,
        json!({ "Image": "box" })
    );
    assert_eq!(json(&volume(&VolumeSpec::default())).unwrap(), json!({}));
}

#[test]
fn empty_commands_and_no_init_mean_something() {
    let spec = ContainerSpec {
        entrypoint: Some(Vec::new()),
        command: Some(Vec::new()),
        init: Some(false),
        ..ContainerSpec::default()
    };
    let body = container(&spec, NEW).unwrap().body;
    assert_eq!(
        (&body["Entrypoint"], &body["Cmd"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(body["HostConfig"]["Init"], json!(false));
}

#[test]
fn the_process_and_its_limits() {
    let spec = ContainerSpec {
        restart: Some("on-failure:3".into()),
        health: Some(HealthSpec {
            test: vec!["CMD".into(), "true".into()],
            interval: 5,
            ..HealthSpec::default()
        }),
        resources: Resources {
            memory: Some(7),
            memory_swap: Some(-1),
            ..Resources::default()
        },
        devices: vec![DeviceSpec {
            host: "/dev/a".into(),
            ..DeviceSpec::default()
        }],
        ulimits: vec![Ulimit {
            name: "nofile".into(),
            soft: 1,
            hard: 2,
        }],
        log_options: BTreeMap::from([("max-size".into(), "1m".into())]),
        tmpfs: BTreeMap::from([("/t".into(), String::new())]),
        stop_timeout: Some(0),
        ..ContainerSpec::default()
    };
    let body = container(&spec, NEW).unwrap().body;
    assert_eq!(body["StopTimeout"], 0);
    assert_eq!(
        body["Healthcheck"],
        json!({ "Test": ["CMD", "true"], "Interval": 5 })
    );
    assert_eq!(
        body["HostConfig"],
        json!({
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 },
            "Memory": 7, "MemorySwap": -1,
            "Devices": [{ "PathOnHost": "/dev/a", "PathInContainer": "/dev/a",
                          "CgroupPermissions": "rwm" }],
            "Ulimits": [{ "Name": "nofile", "Soft": 1, "Hard": 2 }],
            "LogConfig": { "Type": "", "Config": { "max-size": "1m" } },
            "Tmpfs": { "/t": "" },
        })
    );
}

#[test]
fn ports_are_exposed_and_bound() {
    let port = |container, host| PortSpec {
        container,
        host,
        ..PortSpec::default()
    };
    let spec = ContainerSpec {
        ports: vec![
            port(80, Some(8080)),
            port(80, Some(8081)),
            PortSpec {
                protocol: "udp".into(),
                ip: Some("127.0.0.1".into()),
                ..port(53, None)
            },
        ],
        expose: vec!["90".into(), "91/udp".into()],
        ..ContainerSpec::default()
    };
    let body = container(&spec, NEW).unwrap().body;
    assert_eq!(
        body["ExposedPorts"],
        json!({ "80/tcp": {}, "53/udp": {}, "90/tcp": {}, "91/udp": {} })
    );
    assert_eq!(
        body["HostConfig"]["PortBindings"],
        json!({
            "80/tcp": [{ "HostIp": "", "HostPort": "8080" }, { "HostIp": "", "HostPort": "8081" }],
            "53/udp": [{ "HostIp": "127.0.0.1", "HostPort": "" }],
        })
    );
}

#[test]
fn mounts_take_the_form_that_can_say_it() {
    let bind = MountSpec {
        kind: MountKind::Bind,
        source: "/a".into(),
        target: "/b".into(),
        create_source: true,
        read_only: true,
        propagation: Some("rshared".into()),
        ..MountSpec::default()
    };
    let spec = ContainerSpec {
        mounts: vec![
            bind.clone(),
            MountSpec {
                create_source: false,
                ..bind.clone()
            },
            MountSpec {
                source: "/a:b".into(),
                ..bind
            },
            MountSpec {
                target: "/anonymous".into(),
                no_copy: true,
                ..MountSpec::default()
            },
            MountSpec {
                kind: MountKind::Tmpfs,
                target: "/t".into(),
                size: Some(9),
                mode: Some(0o700),
                ..MountSpec::default()
            },
        ],
        ..ContainerSpec::default()
    };
    let host = &container(&spec, NEW).unwrap().body["HostConfig"];
    assert_eq!(host["Binds"], json!(["/a:/b:ro,rshared"]));
    assert_eq!(
        host["Mounts"],
        json!([
            { "Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": true,
              "BindOptions": { "Propagation": "rshared" } },
            { "Type": "bind", "Source": "/a:b", "Target": "/b", "ReadOnly": true,
              "BindOptions": { "Propagation": "rshared", "CreateMountpoint": true } },
            { "Type": "volume", "Target": "/anonymous", "VolumeOptions": { "NoCopy": true } },
            { "Type": "tmpfs", "Target": "/t", "TmpfsOptions": { "SizeBytes": 9, "Mode": 448 } },
        ])
    );
}

#[test]
fn old_engines_take_one_network_at_a_time() {
    let first = EndpointSpec {
        aliases: vec!["x".into()],
        ipv4: Some("10.0.0.9".into()),
        mac: Some("02:00:00:00:00:01".into()),
        ..named("front")
    };
    let spec = ContainerSpec {
        networks: vec![first, named("back")],
        ..ContainerSpec::default()
    };
    let ipam = json!({ "IPv4Address": "10.0.0.9" });
    let old = container(&spec, OLD).unwrap();
    assert_eq!(old.later, &spec.networks[1..]);
    assert_eq!(old.body["HostConfig"]["NetworkMode"], "front");
    assert_eq!(old.body["MacAddress"], "02:00:00:00:00:01");
    assert_eq!(
        old.body["NetworkingConfig"]["EndpointsConfig"],
        json!({ "front": { "Aliases": ["x"], "IPAMConfig": ipam } })
    );
    let new = container(&spec, NEW).unwrap();
    assert!(new.later.is_empty() && new.body.get("MacAddress").is_none());
    assert_eq!(
        new.body["NetworkingConfig"]["EndpointsConfig"],
        json!({
            "front": { "Aliases": ["x"], "IPAMConfig": ipam, "MacAddress": "02:00:00:00:00:01" },
            "back": {},
        })
    );
}

#[test]
fn modes_are_no_networks() {
    for mode in ["host", "none", "bridge", "container:0f", "default"] {
        let spec = ContainerSpec {
            networks: vec![named(mode)],
            ..ContainerSpec::default()
        };
        let body = container(&spec, NEW).unwrap().body;
        assert_eq!(body["HostConfig"]["NetworkMode"], mode);
        assert!(body.get("NetworkingConfig").is_none(), "{mode}");
    }
}

#[test]
fn networks_have_their_subnets() {
    let spec = NetworkSpec {
        name: "n".into(),
        internal: true,
        subnets: vec![SubnetSpec {
            subnet: "10.1.0.0/24".into(),
            gateway: Some("10.1.0.1".into()),
            ..SubnetSpec::default()
        }],
        ..NetworkSpec::default()
    };
    let ipam = json!({ "Config": [{ "Subnet": "10.1.0.0/24", "Gateway": "10.1.0.1" }] });
    assert_eq!(
        network(&spec, NEW).unwrap(),
        json!({ "Name": "n", "Internal": true, "IPAM": ipam })
    );
    assert_eq!(network(&spec, OLD).unwrap()["CheckDuplicate"], true);
}

#[test]
fn words_no_engine_knows_are_refused_with_their_place() {
    let said = |spec: ContainerSpec| container(&spec, NEW).unwrap_err().to_string();
    for policy in ["sometimes", "on-failure:often"] {
        let spec = ContainerSpec {
            restart: Some(policy.into()),
            ..ContainerSpec::default()
        };
        assert!(said(spec).contains(policy));
    }
    let shy = MountSpec {
        kind: MountKind::Bind,
        target: "/b".into(),
        propagation: Some("shy".into()),
        ..MountSpec::default()
    };
    let spec = ContainerSpec {
        mounts: vec![shy],
        ..ContainerSpec::default()
    };
    let said = said(spec);
    assert!(said.contains("/b") && said.contains("`shy`"), "{said}");
}

#[test]
fn what_bollard_has_no_place_for_is_said_all_the_same() {
    let spec = ContainerSpec {
        cgroupns_mode: Some("ns:/proc/1/ns/cgroup".into()),
        networks: vec![EndpointSpec {
            mac: Some("02:00:00:00:00:01".into()),
            ..named("bridge")
        }],
        ..ContainerSpec::default()
    };
    let body = container(&spec, OLD).unwrap().body;
    assert_eq!(body["HostConfig"]["CgroupnsMode"], "ns:/proc/1/ns/cgroup");
    assert_eq!(body["MacAddress"], "02:00:00:00:00:01");
}
