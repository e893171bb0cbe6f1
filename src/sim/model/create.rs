//! Making a container: names, mounts, networks; nothing runs yet.

use std::collections::VecDeque;

use indexmap::IndexMap;
use serde_json::Value;

use super::network::string_list;
use super::volume::mountpoint;
use super::{ApiError, ApiResult, Container, Endpoint, Fs, Health, Model, Mount, Phase, Spec};
use crate::sim::program::Program;
use crate::sim::util::{hash_text, mix, mix_all, pick};

/// What a create call asks.
#[derive(Debug, Clone)]
pub(crate) struct CreateRequest {
    pub(crate) name: Option<String>,
    pub(crate) body: Value,
}

const LEFT: [&str; 12] = [
    "admiring", "brave", "clever", "dreamy", "eager", "focused", "gallant", "happy", "jolly",
    "keen", "quirky", "vibrant",
];
const RIGHT: [&str; 12] = [
    "babbage", "curie", "darwin", "euler", "franklin", "hopper", "lovelace", "noether", "ritchie",
    "shannon", "turing", "wozniak",
];

fn valid_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

impl Model {
    pub(crate) fn create(&mut self, request: &CreateRequest) -> ApiResult<String> {
        let body = &request.body;
        let wanted = body["Image"].as_str().unwrap_or_default();
        let (image_id, image_name) = {
            let image = self.image(wanted)?;
            (
                image.id.clone(),
                image
                    .tags
                    .first()
                    .cloned()
                    .unwrap_or_else(|| wanted.to_owned()),
            )
        };
        let spec = Spec::new(body, self.images.get(&image_id));
        if spec.argv.is_empty() {
            return Err(ApiError::invalid("no command specified"));
        }
        let id = self.new_id();
        let name = self.take_name(request.name.as_deref(), &id)?;
        let mounts = match self.make_mounts(&spec, body) {
            Ok(mounts) => mounts,
            Err(error) => {
                self.names.remove(&name);
                return Err(error);
            }
        };
        let endpoints = self.make_endpoints(&spec, &body["NetworkingConfig"]);
        let salt = mix_all(&[self.seed, hash_text(&id)]);
        let program = Program::choose(&image_name, &spec.argv, salt);
        let health = spec.healthcheck.as_ref().map(|_| Health {
            status: "starting",
            streak: 0,
            log: VecDeque::new(),
        });
        let mut spec = spec;
        if spec.network_mode() == "host" && spec.text("Hostname").is_empty() {
            spec.config
                .insert("Hostname".to_owned(), self.name.clone().into());
        }
        let container = Container {
            id: id.clone(),
            name,
            created: self.now,
            image: wanted.to_owned(),
            image_id,
            spec,
            program,
            phase: Phase::Created,
            pid: 0,
            exit_code: 0,
            error: String::new(),
            oom_killed: false,
            started: 0,
            finished: 0,
            restarts: 0,
            backoff: 0,
            manual_stop: false,
            run: 0,
            exits: 0,
            stopping: None,
            endpoints,
            mounts,
            ports: Vec::new(),
            health,
            runs: VecDeque::new(),
            recorded: VecDeque::new(),
            recorded_seq: 0,
            paused_at: 0,
            paused_total: 0,
            fs: Fs::default(),
            vm: None,
            tty_size: (24, 80),
            early_input: (Vec::new(), false),
        };
        self.containers.insert(id.clone(), container);
        self.emit_container(&id, "create", &[]);
        Ok(id)
    }

    /// Reserve a name, or invent one.
    fn take_name(&mut self, asked: Option<&str>, id: &str) -> ApiResult<String> {
        let asked = asked
            .map(|n| n.strip_prefix('/').unwrap_or(n))
            .filter(|n| !n.is_empty());
        let name = asked.map_or_else(|| self.invent_name(id), str::to_owned);
        if !valid_name(&name) {
            return Err(ApiError::invalid(format!(
                "Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            )));
        }
        self.check_name_free(&name)?;
        self.names.insert(name.clone(), id.to_owned());
        Ok(name)
    }

    fn invent_name(&self, id: &str) -> String {
        let mut invented = (0u64..100).map(|n| {
            let h = mix_all(&[hash_text(id), n]);
            let (left, right) = (pick(h, &LEFT), pick(mix(h), &RIGHT));
            if n < 3 {
                format!("{left}_{right}")
            } else {
                format!("{left}_{right}{n}")
            }
        });
        let free = invented.find(|n| !self.names.contains_key(n));
        free.unwrap_or_else(|| id[..12].to_owned())
    }

    fn check_name_free(&self, name: &str) -> ApiResult<()> {
        match self.names.get(name) {
            Some(owner) => Err(ApiError::conflict(format!(
                "Conflict. The container name \"/{name}\" is already in use by container \"{owner}\". You have to remove (or rename) that container to be able to reuse that name."
            ))),
            None => Ok(()),
        }
    }

    pub(crate) fn rename(&mut self, reference: &str, new: &str) -> ApiResult<()> {
        let id = self.resolve(reference)?;
        let new = new.strip_prefix('/').unwrap_or(new);
        if new.is_empty() {
            return Err(ApiError::invalid("Neither old nor new names may be empty"));
        }
        if !valid_name(new) {
            return Err(ApiError::invalid(format!(
                "Invalid container name ({new}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            )));
        }
        let old = self.container(&id)?.name.clone();
        if old == new {
            return Err(ApiError::invalid(
                "Renaming a container with the same name as its current name",
            ));
        }
        self.check_name_free(new).map_err(|error| {
            ApiError::conflict(format!("Error when allocating new name: {}", error.message))
        })?;
        self.names.remove(&old);
        self.names.insert(new.to_owned(), id.clone());
        if let Some(container) = self.containers.get_mut(&id) {
            new.clone_into(&mut container.name);
        }
        self.emit_container(&id, "rename", &[("oldName", &format!("/{old}"))]);
        Ok(())
    }

    pub(super) fn forget_name(&mut self, name: &str) {
        self.names.remove(name);
    }

    /// Binds, mounts, tmpfs and the image's volumes; missing volumes are made.
    fn make_mounts(&mut self, spec: &Spec, body: &Value) -> ApiResult<Vec<Mount>> {
        let mut mounts: Vec<Mount> = Vec::new();
        for bind in spec.host_strings("Binds") {
            let parts: Vec<&str> = bind.split(':').collect();
            let (source, destination, mode) = match parts.as_slice() {
                [destination] => ("", *destination, ""),
                [source, destination] => (*source, *destination, ""),
                [source, destination, mode] => (*source, *destination, *mode),
                _ => {
                    return Err(ApiError::invalid(format!(
                        "invalid volume specification: '{bind}'"
                    )));
                }
            };
            if !destination.starts_with('/') {
                return Err(ApiError::invalid(format!(
                    "invalid volume specification: '{bind}': invalid mount config for type \"volume\": invalid mount path: '{destination}' mount path must be absolute"
                )));
            }
            let kind = if source.starts_with('/') {
                "bind"
            } else {
                "volume"
            };
            mounts.push(self.mount(kind, source, destination, mode)?);
        }
        for asked in body["HostConfig"]["Mounts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let kind = match asked["Type"].as_str() {
                Some("bind") => "bind",
                Some("tmpfs") => "tmpfs",
                _ => "volume",
            };
            let source = asked["Source"].as_str().unwrap_or_default();
            let destination = asked["Target"].as_str().unwrap_or_default();
            let mode = if asked["ReadOnly"].as_bool() == Some(true) {
                "ro"
            } else {
                ""
            };
            let mode = if kind == "volume" && mode.is_empty() {
                "z"
            } else {
                mode
            };
            mounts.push(self.mount(kind, source, destination, mode)?);
        }
        if let Some(Value::Object(volumes)) = spec.config.get("Volumes") {
            let wanted: Vec<String> = volumes.keys().cloned().collect();
            for destination in wanted {
                if !mounts.iter().any(|m| m.destination == destination) {
                    mounts.push(self.mount("volume", "", &destination, "")?);
                }
            }
        }
        Ok(mounts)
    }

    fn mount(
        &mut self,
        kind: &'static str,
        source: &str,
        destination: &str,
        mode: &str,
    ) -> ApiResult<Mount> {
        let mut mount = Mount {
            kind,
            volume: String::new(),
            source: source.to_owned(),
            destination: destination.to_owned(),
            mode: mode.to_owned(),
            writable: !mode.split(',').any(|m| m == "ro"),
            anonymous: kind == "volume" && source.is_empty(),
        };
        if kind == "volume" {
            let body = serde_json::json!({ "Name": source });
            mount.volume = self.create_volume(&body)?;
            mount.source = mountpoint(&mount.volume);
            if mode.is_empty() && !mount.anonymous {
                "z".clone_into(&mut mount.mode);
            }
        }
        Ok(mount)
    }

    /// Places on the networks asked for; one that does not exist is noticed at start.
    fn make_endpoints(&self, spec: &Spec, networking: &Value) -> IndexMap<String, Endpoint> {
        let mut endpoints = IndexMap::new();
        let mode = spec.network_mode();
        if mode.starts_with("container:") {
            return endpoints;
        }
        let asked = networking["EndpointsConfig"].as_object();
        let mut add = |reference: &str, config: &Value| {
            let (name, network_id) = match self.network(reference) {
                Ok(network) => (network.name.clone(), network.id.clone()),
                Err(_) => (reference.to_owned(), String::new()),
            };
            let address = config["IPAMConfig"]["IPv4Address"]
                .as_str()
                .unwrap_or_default();
            endpoints.entry(name).or_insert_with(|| Endpoint {
                network_id,
                aliases: string_list(&config["Aliases"]),
                asked_address: address.to_owned(),
                ..Endpoint::default()
            });
        };
        let own = asked.and_then(|a| a.get(mode).or_else(|| a.get("default")));
        add(mode, own.unwrap_or(&Value::Null));
        for (name, config) in asked
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "default")
        {
            add(name, config);
        }
        endpoints
    }
}
