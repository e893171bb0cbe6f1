//! Named and anonymous volumes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::network::string_map;
use super::{ApiError, ApiResult, Filters, Fs, Model};

#[derive(Debug, Clone)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) driver: String,
    pub(crate) created: i64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) options: BTreeMap<String, String>,
    /// What `system df` says, besides the files put into it.
    pub(crate) size: u64,
    pub(crate) fs: Fs,
}

impl Volume {
    pub(crate) fn mountpoint(&self) -> String {
        mountpoint(&self.name)
    }

    pub(crate) fn anonymous(&self) -> bool {
        self.labels.contains_key("com.docker.volume.anonymous")
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.size + self.fs.bytes()
    }
}

pub(crate) fn mountpoint(name: &str) -> String {
    format!("/var/lib/docker/volumes/{name}/_data")
}

fn valid_name(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

impl Model {
    pub(crate) fn volume(&self, name: &str) -> ApiResult<&Volume> {
        self.volumes
            .get(name)
            .ok_or_else(|| ApiError::not_found(format!("get {name}: no such volume")))
    }

    /// Creating one that exists with the same driver returns it.
    pub(crate) fn create_volume(&mut self, body: &Value) -> ApiResult<String> {
        let mut labels = string_map(&body["Labels"]);
        let driver = match body["Driver"].as_str() {
            None | Some("") => "local",
            Some(driver) => driver,
        };
        let name = match body["Name"].as_str() {
            None | Some("") => {
                labels.insert("com.docker.volume.anonymous".to_owned(), String::new());
                self.new_id()
            }
            Some(name) => name.to_owned(),
        };
        if driver != "local" {
            return Err(ApiError::not_found(format!(
                "create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found"
            )));
        }
        if !valid_name(&name) {
            return Err(ApiError::invalid(format!(
                "create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
            )));
        }
        if self.volumes.contains_key(&name) {
            // Engines before 23 tell of every create call.
            if !self.flavour.at_least(42) {
                self.emit_volume(&name, "create", &[]);
            }
        } else {
            let volume = Volume {
                name: name.clone(),
                driver: driver.to_owned(),
                created: self.now,
                labels,
                options: string_map(&body["DriverOpts"]),
                size: 0,
                fs: Fs::default(),
            };
            self.volumes.insert(name.clone(), volume);
            self.emit_volume(&name, "create", &[]);
        }
        Ok(name)
    }

    pub(super) fn emit_volume(&mut self, name: &str, action: &str, extra: &[(&str, &str)]) {
        let mut attributes = BTreeMap::from([("driver".to_owned(), "local".to_owned())]);
        for (key, value) in extra {
            attributes.insert((*key).to_owned(), (*value).to_owned());
        }
        self.emit("volume", action, name, attributes);
    }

    /// Ids of the containers, running or not, that mount it.
    pub(crate) fn volume_users(&self, name: &str) -> Vec<String> {
        self.containers
            .values()
            .filter(|c| {
                c.mounts
                    .iter()
                    .any(|m| m.kind == "volume" && m.volume == name)
            })
            .map(|c| c.id.clone())
            .collect()
    }

    pub(crate) fn remove_volume(&mut self, name: &str, force: bool) -> ApiResult<()> {
        if !self.volumes.contains_key(name) {
            return if force {
                Ok(())
            } else {
                Err(ApiError::not_found(format!("get {name}: no such volume")))
            };
        }
        let users = self.volume_users(name);
        if !users.is_empty() {
            return Err(ApiError::conflict(format!(
                "remove {name}: volume is in use - [{}]",
                users.join(", ")
            )));
        }
        self.drop_volume(name);
        Ok(())
    }

    pub(super) fn drop_volume(&mut self, name: &str) {
        if self.volumes.remove(name).is_some() {
            self.emit_volume(name, "destroy", &[]);
        }
    }

    /// Names removed and bytes freed; `all` includes the named ones.
    pub(crate) fn prune_volumes(&mut self, filters: &Filters, all: bool) -> (Vec<String>, u64) {
        let unused: Vec<(String, u64)> = self
            .volumes
            .values()
            .filter(|v| (all || v.anonymous()) && filters.labels("label", &v.labels))
            .filter(|v| self.volume_users(&v.name).is_empty())
            .map(|v| (v.name.clone(), v.bytes()))
            .collect();
        for (name, _) in &unused {
            self.drop_volume(name);
        }
        let freed = unused.iter().map(|(_, bytes)| bytes).sum();
        self.emit_prune("volume", freed);
        (unused.into_iter().map(|(name, _)| name).collect(), freed)
    }
}
