//! Docker contexts, as the docker CLI stores them under its configuration directory.
//!
//! `config.json` names the current one; each has `contexts/meta/ID/meta.json` and perhaps
//! `contexts/tls/ID/docker/{ca,cert,key}.pem`, where ID is the SHA-256 of its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::endpoint::Endpoint;
use super::plain::excerpt;
use super::tls::{Pem, TlsMaterial};
use crate::domain::error::{Error, ErrorKind, Result};

/// The name of the context that is not stored: `DOCKER_HOST`, or the local engine.
pub const DEFAULT: &str = "default";

/// The stored contexts of one configuration directory. Each call reads the files anew.
#[derive(Debug, Clone)]
pub struct Contexts {
    dir: Option<PathBuf>,
}

/// A context that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name, cleaned for display.
    pub name: String,
    /// What its maker says about it, cleaned; perhaps empty.
    pub description: String,
    /// Where its engine is; never another context.
    pub endpoint: Endpoint,
    /// Its certificates, if it has any or must not verify.
    pub tls: Option<TlsMaterial>,
}

/// One stored context, usable or not.
#[derive(Debug)]
pub struct Listed {
    /// Its name, or its directory's if that cannot be read.
    pub name: String,
    /// What it is, or what is wrong with it.
    pub context: Result<Context>,
}

#[derive(Deserialize, Default)]
struct ConfigFile {
    #[serde(rename = "currentContext", default)]
    current_context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    endpoints: BTreeMap<String, MetaEndpoint>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(rename = "Description", default)]
    description: String,
}

#[derive(Deserialize)]
struct MetaEndpoint {
    #[serde(rename = "Host", default)]
    host: String,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

impl Contexts {
    /// The contexts stored under `dir`, which is usually `~/.docker` and need not exist.
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self { dir }
    }

    /// The context chosen with `docker context use`, if any.
    pub fn current(&self) -> Result<Option<String>> {
        let Some(dir) = &self.dir else {
            return Ok(None);
        };
        let config: ConfigFile = read(&dir.join("config.json"))?.unwrap_or_default();
        let name = config.current_context;
        Ok((!name.is_empty() && name != DEFAULT).then_some(name))
    }

    /// All stored contexts by name. One that cannot be read does not hide the others.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let Some(home) = &self.dir else {
            return Ok(Vec::new());
        };
        let dir = home.join("contexts").join("meta");
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(unreadable(&dir, e)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(&dir, e))?;
            let id = entry.file_name().to_string_lossy().into_owned();
            match read::<Meta>(&entry.path().join("meta.json")) {
                Ok(None) => {}
                Ok(Some(meta)) => found.push(Listed {
                    name: excerpt(meta.name.as_bytes(), 80),
                    context: usable(home, &id, meta),
                }),
                Err(e) => found.push(Listed {
                    name: excerpt(id.as_bytes(), 12),
                    context: Err(e),
                }),
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// The stored context called `name`.
    pub fn get(&self, name: &str) -> Result<Context> {
        let Some(home) = &self.dir else {
            return Err(self.unknown(name));
        };
        let id = id(name);
        let path = home
            .join("contexts")
            .join("meta")
            .join(&id)
            .join("meta.json");
        match read::<Meta>(&path)? {
            Some(meta) => usable(home, &id, meta),
            None => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let known = self.list().unwrap_or_default();
        let known: Vec<_> = known.into_iter().map(|l| l.name).collect();
        let hint = if known.is_empty() {
            let dir = self.dir.as_deref().unwrap_or(Path::new("~/.docker"));
            format!("there are none in {}", dir.display())
        } else {
            format!("there are: default, {}", known.join(", "))
        };
        let name = excerpt(name.as_bytes(), 80);
        Error::new(
            ErrorKind::NotFound,
            format!("there is no Docker context {name:?}"),
        )
        .with_hint(hint)
    }
}

fn usable(home: &Path, id: &str, meta: Meta) -> Result<Context> {
    let name = excerpt(meta.name.as_bytes(), 80);
    let Some(engine) = meta.endpoints.get("docker") else {
        return Err(Error::invalid(format!(
            "the Docker context {name:?} names no Docker engine"
        ))
        .with_hint(format!("look at it: docker context inspect {name}")));
    };
    let endpoint = Endpoint::from_docker_host(&engine.host)
        .map_err(|e| e.context(format!("the Docker context {name:?}")))?;
    if let Endpoint::Context(_) = endpoint {
        return Err(Error::invalid(format!(
            "the Docker context {name:?} refers to another context"
        )));
    }
    let dir = home.join("contexts").join("tls").join(id).join("docker");
    let mut tls = material(&dir, !engine.skip_tls_verify);
    if tls.is_none() && engine.skip_tls_verify {
        tls = Some(TlsMaterial {
            verify: false,
            ..TlsMaterial::default()
        });
    }
    // A socket or a login needs no certificates, whatever was stored with it.
    if !matches!(endpoint, Endpoint::Tcp(_)) {
        tls = None;
    }
    Ok(Context {
        name,
        description: excerpt(meta.metadata.description.as_bytes(), 200),
        endpoint,
        tls,
    })
}

/// `ca.pem`, `cert.pem` and `key.pem` of `dir`, as far as they exist; none if none does.
pub(super) fn material(dir: &Path, verify: bool) -> Option<TlsMaterial> {
    let file = |name: &str| dir.join(name);
    let exists = |name: &str| file(name).exists();
    let ca = exists("ca.pem").then(|| Pem::File(file("ca.pem")));
    // One without the other is a mistake that is named when they are loaded.
    let identity = (exists("cert.pem") || exists("key.pem"))
        .then(|| (Pem::File(file("cert.pem")), Pem::File(file("key.pem"))));
    (ca.is_some() || identity.is_some()).then(|| TlsMaterial {
        ca,
        identity,
        verify,
        ..TlsMaterial::default()
    })
}

fn id(name: &str) -> String {
    Sha256::digest(name.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Read a JSON file; none if it does not exist.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(e) => return Err(unreadable(path, e)),
    };
    // An empty file is what a crash of the docker CLI leaves; it reads it as no settings.
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&text).map(Some).map_err(|e| {
        Error::invalid(format!("{} is not what docker writes", path.display()))
            .with_source(e)
            .with_hint("repair or remove that file")
    })
}

fn unreadable(path: &Path, e: io::Error) -> Error {
    let kind = if e.kind() == io::ErrorKind::PermissionDenied {
        ErrorKind::Denied
    } else {
        ErrorKind::Internal
    };
    Error::new(kind, format!("read {}", path.display())).with_source(e)
}

#[cfg(test)]
mod tests;
