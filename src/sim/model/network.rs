//! Networks, addresses and who is connected.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ApiError, ApiResult, Model, Phase};
use crate::sim::util::{hex64, mix_all};

#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) driver: String,
    pub(crate) scope: &'static str,
    pub(crate) created: i64,
    /// Second octet block of its subnet: `172.N.0.0/16`; `None` where there are no addresses.
    pub(crate) subnet: Option<u8>,
    pub(crate) given_subnet: Option<(String, String)>,
    /// The gateway was asked for, so it is told.
    pub(crate) given_gateway: bool,
    /// As the client gave them.
    pub(crate) ipam_options: Value,
    pub(crate) internal: bool,
    pub(crate) attachable: bool,
    pub(crate) ingress: bool,
    pub(crate) ipv6: bool,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) options: Map<String, Value>,
}

/// A container's place on a network; the addresses are empty while it does not run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoint {
    pub(crate) network_id: String,
    pub(crate) endpoint_id: String,
    pub(crate) address: String,
    pub(crate) mac: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) asked_address: String,
}

impl Network {
    pub(crate) fn predefined(&self) -> bool {
        matches!(self.name.as_str(), "bridge" | "host" | "none")
    }

    pub(crate) fn tells_gateway(&self) -> bool {
        self.given_subnet.is_none() || self.given_gateway
    }

    pub(crate) fn cidr(&self) -> Option<String> {
        match (&self.given_subnet, self.subnet) {
            (Some((subnet, _)), _) => Some(subnet.clone()),
            (None, Some(n)) => Some(format!("172.{n}.0.0/16")),
            (None, None) => None,
        }
    }

    pub(crate) fn gateway(&self) -> Option<String> {
        match (&self.given_subnet, self.subnet) {
            (Some((_, gateway)), _) => Some(gateway.clone()),
            (None, Some(n)) => Some(format!("172.{n}.0.1")),
            (None, None) => None,
        }
    }

    pub(crate) fn prefix_len(&self) -> u64 {
        self.cidr()
            .and_then(|c| c.split_once('/').and_then(|(_, n)| n.parse().ok()))
            .unwrap_or(0)
    }

    fn host_address(&self, index: u32) -> String {
        let gateway = self.gateway().unwrap_or_default();
        let mut octets: Vec<u32> = gateway.split('.').filter_map(|o| o.parse().ok()).collect();
        if octets.len() != 4 {
            return String::new();
        }
        let base = (octets[2] << 8) | octets[3];
        let value = base + index - 1;
        octets[2] = (value >> 8) & 255;
        octets[3] = value & 255;
        octets
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(".")
    }
}

/// `10.1.2.0/24` has its first host address as gateway.
fn first_address(subnet: &str) -> Option<String> {
    let (base, _) = subnet.split_once('/')?;
    let (head, last) = base.rsplit_once('.')?;
    Some(format!("{head}.{}", last.parse::<u8>().ok()? | 1))
}

impl Model {
    pub(super) fn predefined_networks(&mut self) {
        for (name, driver, subnet) in [
            ("bridge", "bridge", Some(17)),
            ("host", "host", None),
            ("none", "null", None),
        ] {
            let options = if name == "bridge" {
                json!({
                    "com.docker.network.bridge.default_bridge": "true",
                    "com.docker.network.bridge.enable_icc": "true",
                    "com.docker.network.bridge.enable_ip_masquerade": "true",
                    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
                    "com.docker.network.bridge.name": "docker0",
                    "com.docker.network.driver.mtu": "1500",
                })
            } else {
                json!({})
            };
            let id = self.new_id();
            self.networks.insert(
                id.clone(),
                Network {
                    id,
                    name: name.to_owned(),
                    driver: driver.to_owned(),
                    scope: "local",
                    created: self.boot,
                    subnet,
                    given_subnet: None,
                    given_gateway: false,
                    ipam_options: Value::Null,
                    internal: false,
                    attachable: false,
                    ingress: false,
                    ipv6: false,
                    labels: BTreeMap::new(),
                    options: options.as_object().cloned().unwrap_or_default(),
                },
            );
        }
    }

    /// By name, id or id prefix, in that order.
    pub(crate) fn network(&self, reference: &str) -> ApiResult<&Network> {
        let by_name = self.networks.values().find(|n| n.name == reference);
        let mut by_prefix = self
            .networks
            .values()
            .filter(|n| !reference.is_empty() && n.id.starts_with(reference));
        by_name
            .or_else(|| self.networks.get(reference))
            .or_else(|| by_prefix.next())
            .ok_or_else(|| ApiError::not_found(format!("network {reference} not found")))
    }

    pub(crate) fn create_network(&mut self, body: &Value) -> ApiResult<String> {
        let name = body["Name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(ApiError::invalid("invalid network name: name is empty"));
        }
        let driver = match body["Driver"].as_str() {
            None | Some("" | "default") => "bridge",
            Some(driver) => driver,
        };
        if matches!(name.as_str(), "bridge" | "host" | "none") {
            return Err(ApiError::new(
                403,
                format!("operation is not permitted on predefined {name} network "),
            ));
        }
        if self.networks.values().any(|n| n.name == name) {
            return Err(ApiError::conflict(format!(
                "network with name {name} already exists"
            )));
        }
        match driver {
            "bridge" | "macvlan" | "ipvlan" => {}
            "overlay" => {
                if self.swarm.is_none() {
                    let status = if self.flavour.at_least(48) { 403 } else { 500 };
                    return Err(ApiError::new(status, super::swarm::NOT_MANAGER));
                }
            }
            "host" | "null" => {
                return Err(ApiError::new(
                    403,
                    format!("only one instance of \"{driver}\" network is allowed"),
                ));
            }
            other => {
                return Err(ApiError::not_found(format!("plugin \"{other}\" not found")));
            }
        }
        let id = self.new_id();
        let given = body["IPAM"]["Config"][0]["Subnet"]
            .as_str()
            .and_then(|subnet| {
                let gateway = body["IPAM"]["Config"][0]["Gateway"]
                    .as_str()
                    .filter(|g| !g.is_empty());
                let gateway = gateway
                    .map(str::to_owned)
                    .or_else(|| first_address(subnet))?;
                Some((subnet.to_owned(), gateway))
            });
        if let Some((subnet, _)) = &given
            && self
                .networks
                .values()
                .any(|n| n.cidr().as_ref() == Some(subnet))
        {
            let text = "Pool overlaps with other one on this address space";
            return Err(ApiError::new(
                403,
                if self.flavour.at_least(42) {
                    format!("invalid pool request: {text}")
                } else {
                    text.to_owned()
                },
            ));
        }
        let free = (18..=250).find(|n| self.networks.values().all(|o| o.subnet != Some(*n)));
        let Some(free) = free else {
            return Err(ApiError::invalid(
                "all predefined address pools have been fully subnetted",
            ));
        };
        let network = Network {
            id: id.clone(),
            name: name.clone(),
            driver: driver.to_owned(),
            scope: if driver == "overlay" {
                "swarm"
            } else {
                "local"
            },
            created: self.now,
            subnet: if given.is_some() { None } else { Some(free) },
            given_subnet: given,
            given_gateway: body["IPAM"]["Config"][0]["Gateway"]
                .as_str()
                .is_some_and(|g| !g.is_empty()),
            ipam_options: body["IPAM"]["Options"].clone(),
            internal: body["Internal"].as_bool().unwrap_or(false),
            attachable: body["Attachable"].as_bool().unwrap_or(false),
            ingress: false,
            ipv6: body["EnableIPv6"].as_bool().unwrap_or(false),
            labels: string_map(&body["Labels"]),
            options: body["Options"].as_object().cloned().unwrap_or_default(),
        };
        self.networks.insert(id.clone(), network);
        self.emit_network(&id, "create", None);
        Ok(id)
    }

    pub(super) fn emit_network(&mut self, id: &str, action: &str, container: Option<&str>) {
        let Some(network) = self.networks.get(id) else {
            return;
        };
        let mut attributes = BTreeMap::from([
            ("name".to_owned(), network.name.clone()),
            ("type".to_owned(), network.driver.clone()),
        ]);
        if let Some(container) = container {
            attributes.insert("container".to_owned(), container.to_owned());
        }
        self.emit("network", action, id, attributes);
    }

    /// Ids and endpoints of the running containers on a network.
    pub(crate) fn members(&self, network: &str) -> Vec<(&super::Container, &Endpoint)> {
        self.containers
            .values()
            .filter(|c| c.is_up())
            .filter_map(|c| {
                c.endpoints
                    .values()
                    .find(|e| e.network_id == network)
                    .map(|e| (c, e))
            })
            .collect()
    }

    pub(crate) fn remove_network(&mut self, reference: &str) -> ApiResult<()> {
        let network = self.network(reference)?;
        let (id, name, predefined) = (
            network.id.clone(),
            network.name.clone(),
            network.predefined(),
        );
        if predefined {
            return Err(ApiError::new(
                403,
                format!("{name} is a pre-defined network and cannot be removed"),
            ));
        }
        if self.members(&id).is_empty() {
            self.emit_network(&id, "destroy", None);
            self.networks.shift_remove(&id);
            return Ok(());
        }
        let message = if self.flavour.at_least(48) {
            let (container, endpoint) = &self.members(&id)[0];
            format!(
                "error while removing network: network {name} has active endpoints (name:\"{}\" id:\"{}\")",
                container.name,
                &endpoint.endpoint_id[..12],
            )
        } else {
            format!("error while removing network: network {name} id {id} has active endpoints")
        };
        Err(ApiError::new(403, message))
    }

    pub(crate) fn connect(&mut self, network: &str, body: &Value) -> ApiResult<()> {
        let network = self.network(network)?.clone();
        let id = self.resolve(body["Container"].as_str().unwrap_or_default())?;
        let config = &body["EndpointConfig"];
        let container = self.container(&id)?;
        if matches!(network.name.as_str(), "host") || container.spec.network_mode() == "host" {
            return Err(ApiError::invalid(if self.flavour.at_least(48) {
                "cannot connect container to host network - container must be created in host network mode"
            } else {
                "container cannot be disconnected from host network or connected to host network"
            }));
        }
        if container.endpoints.contains_key(&network.name) {
            return Err(ApiError::new(
                403,
                format!(
                    "endpoint with name {} already exists in network {}",
                    container.name, network.name
                ),
            ));
        }
        let up = container.is_up();
        let endpoint = Endpoint {
            network_id: network.id.clone(),
            aliases: string_list(&config["Aliases"]),
            asked_address: config["IPAMConfig"]["IPv4Address"]
                .as_str()
                .unwrap_or("")
                .to_owned(),
            ..Endpoint::default()
        };
        if let Some(container) = self.containers.get_mut(&id) {
            container.endpoints.insert(network.name.clone(), endpoint);
        }
        if up {
            self.attach_endpoint(&id, &network.name);
        }
        self.touch();
        Ok(())
    }

    pub(crate) fn disconnect(&mut self, network: &str, body: &Value) -> ApiResult<()> {
        let network = self.network(network)?.clone();
        let id = self.resolve(body["Container"].as_str().unwrap_or_default())?;
        let container = self.container(&id)?;
        if !container.endpoints.contains_key(&network.name) {
            return Err(ApiError::new(
                500,
                format!(
                    "container {id} is not connected to network {}",
                    network.name
                ),
            ));
        }
        let up = container.is_up();
        if up {
            self.emit_network(&network.id, "disconnect", Some(&id));
        }
        if let Some(container) = self.containers.get_mut(&id) {
            container.endpoints.shift_remove(&network.name);
        }
        self.touch();
        Ok(())
    }

    /// Give an endpoint its addresses (the container has begun to run).
    pub(super) fn attach_endpoint(&mut self, id: &str, network_name: &str) {
        let Some(network) = self
            .networks
            .values()
            .find(|n| n.name == network_name)
            .cloned()
        else {
            return;
        };
        let taken: Vec<String> = self
            .members(&network.id)
            .iter()
            .map(|(_, e)| e.address.clone())
            .collect();
        let address = if network.gateway().is_some() {
            (2..65_000)
                .map(|n| network.host_address(n))
                .find(|a| !taken.contains(a))
        } else {
            None
        };
        let salt = mix_all(&[self.seed, self.counter, id.len() as u64]);
        self.counter += 1;
        let ip = {
            let Some(endpoint) = self
                .containers
                .get_mut(id)
                .and_then(|c| c.endpoints.get_mut(network_name))
            else {
                return;
            };
            endpoint.network_id.clone_from(&network.id);
            endpoint.endpoint_id = hex64(salt);
            endpoint.address = match endpoint.asked_address.as_str() {
                "" => address.unwrap_or_default(),
                asked => asked.to_owned(),
            };
            endpoint.address.clone()
        };
        let mac = self.mac(&ip, salt);
        if let Some(endpoint) = self
            .containers
            .get_mut(id)
            .and_then(|c| c.endpoints.get_mut(network_name))
        {
            endpoint.mac = if endpoint.address.is_empty() {
                String::new()
            } else {
                mac
            };
        }
        self.emit_network(&network.id, "connect", Some(id));
    }

    /// Engines before 28 derive the hardware address from the IP address.
    fn mac(&self, ip: &str, salt: u64) -> String {
        let bytes: Vec<u8> = if self.flavour.at_least(48) {
            let mut bytes = salt.to_be_bytes()[..6].to_vec();
            bytes[0] = bytes[0] & 0xfc | 2;
            bytes
        } else {
            [0x02, 0x42]
                .into_iter()
                .chain(ip.split('.').filter_map(|o| o.parse().ok()))
                .collect()
        };
        let all: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
        all.join(":")
    }

    /// Take the addresses back (the container has ended) and tell it.
    pub(super) fn detach_endpoints(&mut self, id: &str) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let networks: Vec<String> = container
            .endpoints
            .values()
            .map(|e| e.network_id.clone())
            .collect();
        for network in networks {
            self.emit_network(&network, "disconnect", Some(id));
        }
        if let Some(container) = self.containers.get_mut(id) {
            for endpoint in container.endpoints.values_mut() {
                endpoint.address.clear();
                endpoint.mac.clear();
                endpoint.endpoint_id.clear();
            }
            container.ports.clear();
        }
    }

    pub(crate) fn prune_networks(&mut self, filters: &super::Filters) -> Vec<String> {
        let unused: Vec<(String, String)> = self
            .networks
            .values()
            .filter(|n| !n.predefined() && !n.ingress && filters.labels("label", &n.labels))
            .filter(|n| {
                !self.containers.values().any(|c| {
                    c.phase != Phase::Created && c.endpoints.values().any(|e| e.network_id == n.id)
                })
            })
            .map(|n| (n.id.clone(), n.name.clone()))
            .collect();
        for (id, _) in &unused {
            self.emit_network(id, "destroy", None);
            self.networks.shift_remove(id);
        }
        self.emit_prune("network", 0);
        unused.into_iter().map(|(_, name)| name).collect()
    }
}

/// A JSON object of texts.
pub(crate) fn string_map(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A JSON list of texts.
pub(crate) fn string_list(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}
