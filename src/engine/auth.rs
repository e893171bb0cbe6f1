//! Credentials for registries, from Docker's own configuration file.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::reference::Reference;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::text::sanitise;

/// What Docker Hub is called in the file.
const HUB: &str = "https://index.docker.io/v1/";
/// How long a credential helper may think; some ask a person.
const HELPER_LIMIT: Duration = Duration::from_secs(30);

/// Where credentials for registries come from.
#[derive(Debug, Clone, Default)]
pub struct RegistryAuth {
    file: Option<PathBuf>,
    helper_path: Option<std::ffi::OsString>,
}

/// What a pull is sent with.
#[derive(Default)]
pub(super) struct Credentials {
    /// The value of `X-Registry-Auth`.
    pub(super) header: Option<String>,
    /// Why there are none, when some were configured.
    pub(super) warning: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.header.is_some())
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    #[serde(deserialize_with = "super::wire::lax")]
    auths: HashMap<String, Entry>,
    #[serde(deserialize_with = "super::wire::lax")]
    creds_store: String,
    #[serde(deserialize_with = "super::wire::lax")]
    cred_helpers: HashMap<String, String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "super::wire::lax")]
    auth: String,
    #[serde(deserialize_with = "super::wire::lax")]
    username: String,
    #[serde(deserialize_with = "super::wire::lax")]
    password: String,
    #[serde(rename = "identitytoken", deserialize_with = "super::wire::lax")]
    identity_token: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HelperAnswer {
    username: String,
    secret: String,
}

#[derive(Serialize)]
struct Header<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    password: &'a str,
    #[serde(rename = "identitytoken", skip_serializing_if = "str::is_empty")]
    identity_token: &'a str,
    #[serde(rename = "serveraddress")]
    server_address: &'a str,
}

impl RegistryAuth {
    /// No credentials.
    pub fn none() -> Self {
        Self::default()
    }

    /// As Docker's configuration file (`~/.docker/config.json`) says. It is read at each pull, and
    /// need not exist.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self {
            file: Some(path.into()),
            helper_path: None,
        }
    }

    /// Look for credential helpers along this path (as `PATH` has it) instead of the process's.
    pub fn with_helper_path(mut self, path: impl Into<std::ffi::OsString>) -> Self {
        self.helper_path = Some(path.into());
        self
    }

    /// What to send with a pull of `reference`.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read or understood. A helper that fails is a warning: the
    /// image may be public.
    pub(super) async fn header(&self, reference: &str) -> Result<Credentials> {
        let Some(path) = &self.file else {
            return Ok(Credentials::default());
        };
        let about = || format!("read registry credentials from {}", path.display());
        let text = match tokio::fs::read(path).await {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Credentials::default());
            }
            Err(e) => return Err(Error::new(ErrorKind::Denied, about()).with_source(e)),
        };
        let file: File = serde_json::from_slice(&text).map_err(|e| {
            // Not the text of it: that has secrets.
            let at = format!("{}: not as expected at line {}", about(), e.line());
            Error::invalid(at).with_hint("docker login writes this file")
        })?;
        let server = Reference::of(reference).registry().unwrap_or(HUB);
        let helper = find(&file.cred_helpers, server)
            .or_else(|| Some(&file.creds_store).filter(|s| !s.is_empty()));
        let mut warning = None;
        let mut entry = None;
        if let Some(helper) = helper {
            match self.ask(helper, server).await {
                Ok(found) => entry = found,
                Err(e) => warning = Some(e.chain()),
            }
        }
        let entry = entry.or_else(|| find(&file.auths, server).and_then(Entry::opened));
        let header = entry.map(|e| e.header(server)).transpose()?;
        Ok(Credentials { header, warning })
    }

    /// Run `docker-credential-NAME get`.
    async fn ask(&self, helper: &str, server: &str) -> Result<Option<Entry>> {
        let program = format!("docker-credential-{helper}");
        let about = || format!("ask {} for the login of {server}", sanitise(&program));
        if helper.contains(['/', '\\']) {
            return Err(Error::invalid(about()));
        }
        let mut command = Command::new(&program);
        if let Some(path) = &self.helper_path {
            command.env("PATH", path);
        }
        let mut child = command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| Error::internal(about()).with_source(e))?;
        let answer = async {
            if let Some(mut input) = child.stdin.take() {
                // A helper that does not read may still answer.
                let _ = input.write_all(server.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let output = match tokio::time::timeout(HELPER_LIMIT, answer).await {
            Ok(output) => output.map_err(|e| Error::internal(about()).with_source(e))?,
            Err(e) => return Err(Error::new(ErrorKind::TimedOut, about()).with_source(e)),
        };
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout).to_lowercase();
            if said.contains("not found") {
                return Ok(None);
            }
            let message = format!("{}: {}", about(), output.status);
            return Err(Error::internal(message));
        }
        let answer: HelperAnswer = serde_json::from_slice(&output.stdout)
            .map_err(|_| Error::new(ErrorKind::Protocol, about()))?;
        Ok(Entry::of_helper(answer))
    }
}

impl Entry {
    fn of_helper(answer: HelperAnswer) -> Option<Self> {
        if answer.secret.is_empty() {
            return None;
        }
        Some(if answer.username == "<token>" {
            Self {
                identity_token: answer.secret,
                ..Self::default()
            }
        } else {
            Self {
                username: answer.username,
                password: answer.secret,
                ..Self::default()
            }
        })
    }

    /// With `auth` taken apart; none if there is nothing in it.
    fn opened(&self) -> Option<Self> {
        let mut entry = self.clone();
        if !self.auth.is_empty() {
            let text = String::from_utf8(STANDARD.decode(&self.auth).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            user.clone_into(&mut entry.username);
            password
                .trim_end_matches('\0')
                .clone_into(&mut entry.password);
        }
        let has = !entry.username.is_empty() || !entry.identity_token.is_empty();
        has.then_some(entry)
    }

    fn header(&self, server: &str) -> Result<String> {
        let header = Header {
            username: &self.username,
            password: &self.password,
            identity_token: &self.identity_token,
            server_address: server,
        };
        let text = serde_json::to_vec(&header)
            .map_err(|e| Error::internal("write registry credentials").with_source(e))?;
        Ok(URL_SAFE.encode(text))
    }
}

/// The entry of a registry: under its host, or under an address with it.
fn find<'a, T>(map: &'a HashMap<String, T>, server: &str) -> Option<&'a T> {
    map.get(server).or_else(|| {
        let host = bare_host(server);
        map.iter()
            .find(|(key, _)| bare_host(key) == host)
            .map(|(_, value)| value)
    })
}

/// `https://r.io/v1/` is `r.io`.
fn bare_host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    if host == "docker.io" {
        "index.docker.io"
    } else {
        host
    }
}

#[cfg(test)]
mod tests;
