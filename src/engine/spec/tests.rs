use serde_json::json;

use super::*;

fn image() -> Value {
    json!({ "Config": {
        "Env": ["PATH=/bin", "NGINX_VERSION=1.27"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Labels": { "maintainer": "them" },
        "ExposedPorts": { "80/tcp": {} },
        "StopSignal": "SIGQUIT",
        "WorkingDir": "/srv",
    }})
}

fn container() -> Value {
    json!({
        "Id": "0123456789abcdef0123456789abcdef",
        "Name": "/web",
        "Config": {
            "Hostname": "0123456789ab",
            "Image": "nginx:1.27",
            "Env": ["A=1", "PATH=/bin", "NGINX_VERSION=1.27"],
            "Cmd": ["nginx", "-g", "daemon off;"],
            "Entrypoint": ["/docker-entrypoint.sh"],
            "Labels": { "maintainer": "them", "team": "us" },
            "ExposedPorts": { "80/tcp": {}, "8080/tcp": {}, "9000/udp": {} },
            "StopSignal": "SIGQUIT",
            "WorkingDir": "/srv",
        },
        "HostConfig": {
            "NetworkMode": "shop",
            "Binds": ["/etc/x:/x:ro", "data:/data"],
            "Mounts": [{ "Type": "volume", "Target": "/cache" }],
            "PortBindings": { "8080/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }] },
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 },
            "Memory": 67_108_864, "MemorySwap": 134_217_728, "NanoCpus": 500_000_000,
            "ShmSize": 67_108_864, "Runtime": "runc", "IpcMode": "private",
            "LogConfig": { "Type": "json-file", "Config": {} },
            "Ulimits": [{ "Name": "nofile", "Soft": 1024, "Hard": 2048 }],
        },
        "Mounts": [
            { "Type": "volume", "Name": "abc", "Destination": "/cache", "RW": true },
            { "Type": "volume", "Name": "def", "Destination": "/var/lib/x", "RW": true },
            { "Type": "volume", "Name": "data", "Destination": "/data", "RW": true },
        ],
        "NetworkSettings": { "Networks": {
            "other": { "Aliases": null },
            "shop": { "Aliases": ["www", "0123456789ab"], "IPAMConfig": { "IPv4Address": "10.0.0.9" } },
        }},
    })
}

#[test]
fn a_container_is_what_was_asked_for_over_its_image() {
    let spec = spec(&container(), &image(), false);
    assert_eq!(spec.env, ["A=1"]);
    assert_eq!((spec.entrypoint, spec.command), (None, None));
    assert_eq!(spec.labels.keys().collect::<Vec<_>>(), ["team"]);
    assert_eq!(
        (spec.hostname, spec.stop_signal, spec.working_dir),
        (None, None, None)
    );
    assert_eq!(spec.expose, ["9000/udp"]);
    assert_eq!(spec.restart.as_deref(), Some("on-failure:3"));
    assert_eq!(
        (spec.shm_size, spec.runtime, spec.ipc_mode),
        (None, None, None)
    );
    assert_eq!(spec.log_driver, None);
    let port = &spec.ports[0];
    assert_eq!((port.container, port.host), (8080, Some(8080)));
    assert_eq!(port.ip.as_deref(), Some("127.0.0.1"));
    let mounts: Vec<_> = spec
        .mounts
        .iter()
        .map(|m| (&*m.source, &*m.target))
        .collect();
    // The volumes without names keep what is in them.
    let wanted = [
        ("/etc/x", "/x"),
        ("data", "/data"),
        ("abc", "/cache"),
        ("def", "/var/lib/x"),
    ];
    assert_eq!(mounts, wanted);
    assert!(spec.mounts[0].read_only && spec.mounts[0].create_source);
    let networks: Vec<_> = spec.networks.iter().map(|n| &*n.network).collect();
    assert_eq!(networks, ["shop", "other"], "the network mode comes first");
    assert_eq!(spec.networks[0].aliases, ["www"]);
    assert_eq!(spec.networks[0].ipv4.as_deref(), Some("10.0.0.9"));
    let r = &spec.resources;
    assert_eq!(
        (r.memory, r.memory_swap, r.nano_cpus),
        (Some(64 << 20), None, Some(500_000_000))
    );
    assert_eq!(spec.ulimits[0].hard, 2048);
}

#[test]
fn without_its_image_everything_is_its_own() {
    let spec = spec(&container(), &Value::Null, false);
    assert_eq!(spec.env.len(), 3);
    assert_eq!(spec.command.unwrap()[0], "nginx");
    assert_eq!(spec.entrypoint.unwrap(), ["/docker-entrypoint.sh"]);
}

#[test]
fn what_podman_adds_is_not_asked_for() {
    let container = json!({
        "Id": "0123456789abcdef",
        "Name": "web",
        "Config": {
            "Hostname": "0123456789ab",
            "Image": "docker.io/library/busybox:latest",
            "Env": ["container=podman", "TERM=xterm", "HOSTNAME=0123456789ab", "HOME=/root", "A=1"],
            "StopSignal": "15", "StopTimeout": 10, "WorkingDir": "/",
        },
        "HostConfig": {
            "NetworkMode": "bridge", "IpcMode": "shareable", "PidMode": "private",
            "PidsLimit": 2048, "Runtime": "oci", "MemorySwappiness": 0,
            "LogConfig": { "Type": "journald", "Config": null },
            "Ulimits": [{ "Name": "RLIMIT_NOFILE", "Soft": 1, "Hard": 2 }],
            "Binds": ["data:/data:rw,rprivate,nosuid,nodev,rbind"],
        },
        "NetworkSettings": { "Networks": { "podman": { "Aliases": ["0123456789ab"] } } },
    });
    let spec = spec(&container, &json!({ "Config": {} }), true);
    let plain = ContainerSpec {
        image: "docker.io/library/busybox:latest".to_owned(),
        env: vec!["A=1".to_owned()],
        mounts: vec![MountSpec {
            source: "data".to_owned(),
            target: "/data".to_owned(),
            ..MountSpec::default()
        }],
        ulimits: vec![Ulimit {
            name: "nofile".to_owned(),
            soft: 1,
            hard: 2,
        }],
        ..ContainerSpec::default()
    };
    assert_eq!(spec, plain);
}

#[test]
fn nonsense_is_an_empty_spec() {
    for odd in [
        json!(null),
        json!([]),
        json!({ "Config": 3, "HostConfig": { "Binds": 1 } }),
    ] {
        assert_eq!(spec(&odd, &odd, false), ContainerSpec::default());
    }
}
