//! Images, volumes and networks.

use serde_json::{Map, Value, json};

use crate::sim::model::{Image, Model, Network, Volume};
use crate::sim::util::{SECOND, rfc3339, rfc3339_secs};

/// A row of `GET /images/json`.
pub(crate) fn image_summary(model: &Model, image: &Image, with_counts: bool) -> Value {
    let users = model
        .containers
        .values()
        .filter(|c| c.image_id == image.id)
        .count();
    let (tags, digests) = (&image.tags, &image.digests);
    let mut body = json!({
        "Containers": if with_counts { users as i64 } else { -1 },
        "Created": image.created / SECOND,
        "Id": image.id,
        "Labels": image.config.get("Labels"),
        "ParentId": "",
        "RepoDigests": digests,
        "RepoTags": tags,
        "SharedSize": if with_counts { 0 } else { -1 },
        "Size": image.size,
    });
    if !model.flavour.at_least(44) {
        body["VirtualSize"] = json!(image.size);
        if tags.is_empty() {
            body["RepoTags"] = json!(["<none>:<none>"]);
        }
    }
    body
}

/// `GET /images/{name}/json`.
pub(crate) fn image_inspect(model: &Model, image: &Image) -> Value {
    let mut config = json!({
        "User": "", "Env": null, "Cmd": null, "Volumes": null, "WorkingDir": "",
        "Entrypoint": null, "OnBuild": null, "Labels": null,
    });
    if !model.flavour.at_least(50) {
        for name in ["Hostname", "Domainname", "Image"] {
            config[name] = json!("");
        }
        for name in [
            "AttachStdin",
            "AttachStdout",
            "AttachStderr",
            "Tty",
            "OpenStdin",
            "StdinOnce",
        ] {
            config[name] = json!(false);
        }
    }
    let made_by = config.clone();
    for (name, value) in &image.config {
        config[name.as_str()] = value.clone();
    }
    let layers: Vec<&String> = image.layers.iter().map(|(id, _)| id).collect();
    let directory = format!("/var/lib/docker/overlay2/{}", &image.id[7..]);
    let mut body = json!({
        "Id": image.id,
        "RepoTags": image.tags,
        "RepoDigests": image.digests,
        "Parent": "",
        "Comment": "buildkit.dockerfile.v0",
        "Created": rfc3339(image.created),
        "DockerVersion": "",
        "Author": "",
        "Config": config,
        "Architecture": "amd64",
        "Os": "linux",
        "Size": image.size,
        "GraphDriver": {
            "Data": {
                "MergedDir": format!("{directory}/merged"),
                "UpperDir": format!("{directory}/diff"),
                "WorkDir": format!("{directory}/work"),
            },
            "Name": "overlay2",
        },
        "RootFS": { "Type": "layers", "Layers": layers },
        "Metadata": { "LastTagTime": rfc3339(image.pulled) },
    });
    if !model.flavour.at_least(44) {
        body["VirtualSize"] = json!(image.size);
        body["Container"] = json!("");
        body["ContainerConfig"] = made_by;
    }
    body
}

/// `GET /images/{name}/history`.
pub(crate) fn history(image: &Image) -> Value {
    let last = image.layers.len().saturating_sub(1);
    let entries: Vec<Value> = image
        .layers
        .iter()
        .enumerate()
        .rev()
        .map(|(n, (layer, size))| {
            let (id, tags) = if n == last {
                (image.id.clone(), json!(image.tags))
            } else {
                ("<missing>".to_owned(), Value::Null)
            };
            json!({
                "Comment": "buildkit.dockerfile.v0",
                "Created": image.created / SECOND - (last - n) as i64 * 7,
                "CreatedBy": made_by(image, n, last, layer),
                "Id": id,
                "Size": size,
                "Tags": tags,
            })
        })
        .collect();
    entries.into()
}

/// The command that made a layer: the base first, the command of the image last.
fn made_by(image: &Image, n: usize, last: usize, layer: &str) -> String {
    let name = image.tags.first().map_or("app", String::as_str);
    let name = name.split(':').next().unwrap_or(name);
    let name = name.rsplit('/').next().unwrap_or(name);
    if n == 0 {
        return format!("/bin/sh -c #(nop) ADD file:{} in / ", &layer[7..71]);
    }
    if n == last {
        return format!("COPY docker-entrypoint.sh /usr/local/bin/{name}-entrypoint # buildkit");
    }
    let steps = [
        "RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates tzdata; rm -rf /var/lib/apt/lists/* # buildkit".to_owned(),
        format!("RUN /bin/sh -c groupadd -r {name} --gid=999; useradd -r -g {name} --uid=999 {name} # buildkit"),
        format!("RUN /bin/sh -c set -eux; curl -fsSL https://example.com/{name}.tar.gz | tar -xz -C /usr/local # buildkit"),
        format!("COPY --chown=999:999 conf/ /etc/{name}/ # buildkit"),
        "RUN /bin/sh -c mkdir -p /var/lib/data && chmod 1777 /var/lib/data # buildkit".to_owned(),
    ];
    steps[(n - 1) % steps.len()].clone()
}

/// A volume; `usage` only where the API computes it (`system df`).
pub(crate) fn volume(model: &Model, volume: &Volume, usage: bool) -> Value {
    let empty_as_null = |map: &std::collections::BTreeMap<String, String>| {
        if map.is_empty() {
            Value::Null
        } else {
            json!(map)
        }
    };
    let mut body = json!({
        "CreatedAt": rfc3339_secs(volume.created),
        "Driver": volume.driver,
        "Labels": empty_as_null(&volume.labels),
        "Mountpoint": volume.mountpoint(),
        "Name": volume.name,
        "Options": empty_as_null(&volume.options),
        "Scope": "local",
    });
    if usage {
        body["UsageData"] = json!({
            "RefCount": model.volume_users(&volume.name).len(),
            "Size": volume.bytes(),
        });
    }
    body
}

/// A network; the list leaves its members out.
pub(crate) fn network_inspect(model: &Model, network: &Network, members: bool) -> Value {
    let pools: Vec<Value> = match (network.cidr(), network.gateway()) {
        (Some(subnet), Some(gateway)) if network.tells_gateway() => {
            vec![json!({ "Subnet": subnet, "Gateway": gateway })]
        }
        (Some(subnet), _) => vec![json!({ "Subnet": subnet })],
        (None, _) => Vec::new(),
    };
    let null_pools = pools.is_empty() && model.flavour.at_least(42);
    let mut connected = Map::new();
    for (container, endpoint) in model.members(&network.id).into_iter().filter(|_| members) {
        let address = match endpoint.address.as_str() {
            "" => String::new(),
            address => format!("{address}/{}", network.prefix_len()),
        };
        connected.insert(
            container.id.clone(),
            json!({
                "Name": container.name,
                "EndpointID": endpoint.endpoint_id,
                "MacAddress": endpoint.mac,
                "IPv4Address": address,
                "IPv6Address": "",
            }),
        );
    }
    let mut body = json!({
        "Name": network.name,
        "Id": network.id,
        "Created": rfc3339(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv6": network.ipv6,
        "IPAM": {
            "Driver": "default",
            "Options": network.ipam_options.clone(),
            "Config": if null_pools { Value::Null } else { json!(pools) },
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": { "Network": "" },
        "ConfigOnly": false,
        "Containers": connected,
        "Options": network.options,
        "Labels": network.labels,
    });
    if model.flavour.at_least(47) {
        body["EnableIPv4"] = json!(true);
    }
    body
}
