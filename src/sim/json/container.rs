//! Containers: a row of the list, and the whole of `inspect`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::host_config::host_config;
use crate::sim::model::{Container, Endpoint, Health, Model, Mount, Network, Phase};
use crate::sim::util::{SECOND, rfc3339};

fn mount(mount: &Mount) -> Value {
    let mut body = json!({
        "Type": mount.kind,
        "Source": mount.source,
        "Destination": mount.destination,
        "Mode": mount.mode,
        "RW": mount.writable,
        "Propagation": if mount.kind == "bind" { "rprivate" } else { "" },
    });
    if mount.kind == "volume" {
        body["Name"] = json!(mount.volume);
        body["Driver"] = json!("local");
    }
    body
}

/// What the client wrote into `Image`, or the id where the name has gone elsewhere.
fn image_name(model: &Model, container: &Container) -> String {
    match model.find_image(&container.image) {
        Some(image) if image.id == container.image_id => container.image.clone(),
        _ => container.image_id.clone(),
    }
}

fn endpoint(
    model: &Model,
    network_name: &str,
    endpoint: &Endpoint,
    container: &Container,
    full: bool,
) -> Value {
    let network = model.networks.get(&endpoint.network_id);
    let up = !endpoint.endpoint_id.is_empty();
    let gateway = network
        .filter(|_| up)
        .and_then(Network::gateway)
        .unwrap_or_default();
    let length = network
        .filter(|_| up && !gateway.is_empty())
        .map_or(0, Network::prefix_len);
    let ipam = match endpoint.asked_address.as_str() {
        "" => Value::Null,
        address => json!({ "IPv4Address": address }),
    };
    let own = !matches!(network_name, "bridge" | "host" | "none");
    let mut aliases = endpoint.aliases.clone();
    if own && container.started != 0 && !model.flavour.at_least(45) {
        aliases.push(container.short_id().to_owned());
    }
    if !full || aliases.is_empty() {
        aliases.clear();
    }
    let mut body = json!({
        "IPAMConfig": ipam,
        "Links": null,
        "Aliases": if aliases.is_empty() { Value::Null } else { json!(aliases) },
        "NetworkID": if container.started == 0 { "" } else { endpoint.network_id.as_str() },
        "EndpointID": endpoint.endpoint_id,
        "Gateway": gateway,
        "IPAddress": endpoint.address,
        "IPPrefixLen": length,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": endpoint.mac,
        "DriverOpts": null,
    });
    if model.flavour.at_least(44) {
        let mut names = vec![container.name.clone()];
        names.extend(endpoint.aliases.iter().cloned());
        names.push(container.short_id().to_owned());
        names.dedup();
        body["DNSNames"] = if full && own && container.started != 0 {
            json!(names)
        } else {
            Value::Null
        };
    }
    if model.flavour.at_least(48) {
        body["GwPriority"] = json!(0);
    }
    body
}

/// The `Networks` object; the list leaves names and aliases out.
fn networks(model: &Model, container: &Container, full: bool) -> Value {
    let entries = container.endpoints.iter();
    let entries =
        entries.map(|(name, e)| (name.clone(), endpoint(model, name, e, container, full)));
    entries.collect::<Map<_, _>>().into()
}

fn summary_ports(container: &Container) -> Vec<Value> {
    let mut ports: Vec<Value> = container
        .ports
        .iter()
        .map(|p| {
            json!({
                "IP": p.address,
                "PrivatePort": p.container,
                "PublicPort": p.host,
                "Type": p.protocol,
            })
        })
        .collect();
    if container.is_up()
        && let Some(Value::Object(exposed)) = container.spec.config.get("ExposedPorts")
    {
        for key in exposed.keys() {
            let (port, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
            let Ok(port) = port.parse::<u16>() else {
                continue;
            };
            let open = container
                .ports
                .iter()
                .any(|p| p.container == port && p.protocol == protocol);
            if !open {
                ports.push(json!({ "PrivatePort": port, "Type": protocol }));
            }
        }
    }
    ports
}

/// A row of `GET /containers/json`.
pub(crate) fn summary(model: &Model, container: &Container, size: bool) -> Value {
    let quoted = |arg: &String| {
        if arg.contains(' ') {
            format!("'{arg}'")
        } else {
            arg.clone()
        }
    };
    let (path, args) = container
        .spec
        .argv
        .split_first()
        .map_or(("", &[][..]), |(p, a)| (p, a));
    let words: Vec<String> = std::iter::once(path.to_owned())
        .chain(args.iter().map(quoted))
        .collect();
    let command = words.join(" ");
    let mut body = json!({
        "Id": container.id,
        "Names": [format!("/{}", container.name)],
        "Image": image_name(model, container),
        "ImageID": container.image_id,
        "Command": command,
        "Created": container.created / SECOND,
        "Ports": summary_ports(container),
        "Labels": container.spec.labels,
        "State": container.phase.word(),
        "Status": container.status(model.now()),
        "HostConfig": { "NetworkMode": shown_mode(model, container) },
        "NetworkSettings": { "Networks": networks(model, container, false) },
        "Mounts": container.mounts.iter().map(mount).collect::<Vec<_>>(),
    });
    if size {
        if container.fs.bytes() > 0 {
            body["SizeRw"] = json!(container.fs.bytes());
        }
        body["SizeRootFs"] = json!(root_size(model, container));
    }
    body
}

fn shown_mode<'a>(model: &Model, container: &'a Container) -> &'a str {
    match container.spec.host_text("NetworkMode") {
        "" | "default" if !model.flavour.at_least(46) => "default",
        "" | "default" => "bridge",
        mode => mode,
    }
}

fn root_size(model: &Model, container: &Container) -> u64 {
    model.images.get(&container.image_id).map_or(0, |i| i.size) + container.fs.bytes()
}

fn health(health: &Health) -> Value {
    let log: Vec<Value> = health
        .log
        .iter()
        .map(|probe| {
            json!({
                "Start": rfc3339(probe.start),
                "End": rfc3339(probe.end),
                "ExitCode": probe.code,
                "Output": probe.output,
            })
        })
        .collect();
    json!({ "Status": health.status, "FailingStreak": health.streak, "Log": log })
}

fn state(container: &Container) -> Value {
    let mut body = json!({
        "Status": container.phase.word(),
        "Running": container.counts_as_running(),
        "Paused": container.phase == Phase::Paused,
        "Restarting": container.phase == Phase::Restarting,
        "OOMKilled": container.oom_killed,
        "Dead": false,
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": rfc3339(container.started),
        "FinishedAt": rfc3339(container.finished),
    });
    if let Some(known) = container.health.as_ref().filter(|_| container.started != 0) {
        body["Health"] = health(known);
    }
    body
}

fn config(container: &Container) -> Value {
    let spec = &container.spec;
    let mut body = json!({
        "Hostname": container.hostname(),
        "Domainname": "",
        "User": "",
        "AttachStdin": false,
        "AttachStdout": false,
        "AttachStderr": false,
        "Tty": false,
        "OpenStdin": false,
        "StdinOnce": false,
        "Env": spec.env,
        "Cmd": null,
        "Image": container.image,
        "Volumes": null,
        "WorkingDir": "",
        "Entrypoint": null,
        "OnBuild": null,
        "Labels": spec.labels,
    });
    for (name, value) in &spec.config {
        body[name.as_str()] = value.clone();
    }
    body
}

fn port_map(container: &Container) -> Value {
    let mut ports: BTreeMap<String, Value> = BTreeMap::new();
    if !container.is_up() {
        return json!({});
    }
    if let Some(Value::Object(exposed)) = container.spec.config.get("ExposedPorts") {
        ports.extend(exposed.keys().map(|key| (key.clone(), Value::Null)));
    }
    for port in &container.ports {
        let entry = ports
            .entry(format!("{}/{}", port.container, port.protocol))
            .or_insert(Value::Null);
        let binding = json!({ "HostIp": port.address, "HostPort": port.host.to_string() });
        match entry {
            Value::Array(list) => list.push(binding),
            other => *other = json!([binding]),
        }
    }
    json!(ports)
}

fn network_settings(model: &Model, container: &Container) -> Value {
    let up = container.is_up();
    let bridge = container
        .endpoints
        .get("bridge")
        .cloned()
        .unwrap_or_default();
    let gateway = model.network("bridge").ok().and_then(Network::gateway);
    let sandbox = if up {
        container.id.chars().rev().collect::<String>()
    } else {
        String::new()
    };
    let key = match sandbox.get(..12) {
        Some(head) => format!("/var/run/docker/netns/{head}"),
        None => String::new(),
    };
    let addressed = !bridge.address.is_empty();
    json!({
        "Bridge": "",
        "SandboxID": sandbox,
        "SandboxKey": key,
        "HairpinMode": false,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": null,
        "SecondaryIPv6Addresses": null,
        "Ports": port_map(container),
        "EndpointID": bridge.endpoint_id,
        "Gateway": gateway.filter(|_| addressed).unwrap_or_default(),
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": bridge.address,
        "IPPrefixLen": if addressed { 16 } else { 0 },
        "IPv6Gateway": "",
        "MacAddress": bridge.mac,
        "Networks": networks(model, container, true),
    })
}

/// `GET /containers/{id}/json`.
pub(crate) fn inspect(model: &Model, container: &Container, size: bool) -> Value {
    let base = format!("/var/lib/docker/containers/{}", container.id);
    let layers = format!("/var/lib/docker/overlay2/{}", container.id);
    let running_execs: Vec<&str> = model
        .execs
        .values()
        .filter(|e| e.container == container.id && e.running)
        .map(|e| e.id.as_str())
        .collect();
    let started = container.started != 0;
    let path = |name: &str| {
        if started {
            format!("{base}/{name}")
        } else {
            String::new()
        }
    };
    let mut body = json!({
        "Id": container.id,
        "Created": rfc3339(container.created),
        "Path": container.spec.argv.first(),
        "Args": container.spec.argv.get(1..).unwrap_or_default(),
        "State": state(container),
        "Image": container.image_id,
        "ResolvConfPath": path("resolv.conf"),
        "HostnamePath": path("hostname"),
        "HostsPath": path("hosts"),
        "LogPath": path(&format!("{}-json.log", container.id)),
        "Name": format!("/{}", container.name),
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": if started { "docker-default" } else { "" },
        "ExecIDs": if running_execs.is_empty() { Value::Null } else { json!(running_execs) },
        "HostConfig": host_config(model.flavour, container),
        "GraphDriver": {
            "Data": {
                "LowerDir": format!("{layers}-init/diff"),
                "MergedDir": format!("{layers}/merged"),
                "UpperDir": format!("{layers}/diff"),
                "WorkDir": format!("{layers}/work"),
            },
            "Name": "overlay2",
        },
        "Mounts": container.mounts.iter().map(mount).collect::<Vec<_>>(),
        "Config": config(container),
        "NetworkSettings": network_settings(model, container),
    });
    if size {
        body["SizeRw"] = json!(container.fs.bytes());
        body["SizeRootFs"] = json!(root_size(model, container));
    }
    body
}
