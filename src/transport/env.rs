//! Which engine is meant: `DOCKER_HOST` and its companions, contexts, local sockets; in the
//! docker CLI's order of precedence. The environment is given, never looked up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::api::{ApiVersion, EngineKind};
use super::contexts::{self, Contexts, material};
use super::endpoint::{Endpoint, Scheme};
use super::tls::{Pem, TlsMaterial};
use crate::domain::error::{Error, Result};

/// The surroundings of the program: environment variables, user id, file system root.
#[derive(Debug, Clone)]
pub struct Env {
    vars: BTreeMap<String, String>,
    root: PathBuf,
    uid: Option<u32>,
}

/// An engine, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Where it is; never a context.
    pub endpoint: Endpoint,
    /// Its certificates.
    pub tls: Option<TlsMaterial>,
    /// The dialect to pin (`DOCKER_API_VERSION`).
    pub api: Option<ApiVersion>,
    /// What led to it.
    pub origin: Origin,
    /// Settings that contradict each other, and which one counted.
    pub warning: Option<String>,
}

/// What led to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It was named outright.
    Given,
    /// `DOCKER_HOST`.
    DockerHost,
    /// The context that was named outright.
    Context(String),
    /// `DOCKER_CONTEXT`.
    DockerContext(String),
    /// `docker context use`.
    CurrentContext(String),
    /// A socket that is usually there.
    LocalSocket,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("given"),
            Self::DockerHost => f.write_str("DOCKER_HOST"),
            Self::Context(name) => write!(f, "context {name}"),
            Self::DockerContext(name) => write!(f, "context {name} (DOCKER_CONTEXT)"),
            Self::CurrentContext(name) => write!(f, "context {name} (docker context use)"),
            Self::LocalSocket => f.write_str("local socket"),
        }
    }
}

/// A socket that exists at one of the usual places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSocket {
    /// Where.
    pub path: PathBuf,
    /// What usually listens there.
    pub kind: EngineKind,
    /// May this user connect, as far as its permissions tell?
    pub permitted: bool,
}

impl Env {
    /// Surroundings with these variables. An empty variable counts as unset, as in docker.
    pub fn new(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            vars: vars.into_iter().filter(|(_, v)| !v.is_empty()).collect(),
            root: PathBuf::from("/"),
            uid: None,
        }
    }

    /// The user, to find `/run/user/UID` where `XDG_RUNTIME_DIR` is not set.
    pub fn with_uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Look for system sockets below `root`.
    pub fn with_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// The docker CLI's configuration directory: `DOCKER_CONFIG`, or `.docker` at home.
    pub fn docker_config(&self) -> Option<PathBuf> {
        match self.var("DOCKER_CONFIG") {
            Some(dir) => Some(PathBuf::from(dir)),
            None => Some(Path::new(self.var("HOME")?).join(".docker")),
        }
    }

    /// The stored contexts.
    pub fn contexts(&self) -> Contexts {
        Contexts::new(self.docker_config())
    }

    /// The engine that the docker CLI would use, or, where it would use its default and nobody
    /// listens there, another local one.
    pub fn resolve(&self) -> Result<Resolved> {
        let context = self.var("DOCKER_CONTEXT");
        if let Some(host) = self.var("DOCKER_HOST") {
            let mut found = self.docker_host(host)?;
            if let Some(context) = context.filter(|c| *c != contexts::DEFAULT) {
                found.warning.get_or_insert(format!(
                    "DOCKER_HOST is set, so DOCKER_CONTEXT={context} is ignored"
                ));
            }
            return Ok(found);
        }
        if let Some(name) = context {
            return match name {
                contexts::DEFAULT => self.local(),
                name => self.context(name, Origin::DockerContext(name.to_owned())),
            };
        }
        match self.contexts().current()? {
            Some(name) => {
                let origin = Origin::CurrentContext(name.clone());
                self.context(&name, origin)
            }
            None => self.local(),
        }
    }

    /// Follow `endpoint` if it is a context. For `tcp://` given outright, certificates are not
    /// taken from the environment: they belong to `DOCKER_HOST`.
    pub fn follow(&self, endpoint: &Endpoint) -> Result<Resolved> {
        match endpoint {
            Endpoint::Context(name) if name == contexts::DEFAULT => match self.var("DOCKER_HOST") {
                Some(host) => self.docker_host(host),
                None => self.local(),
            },
            Endpoint::Context(name) => self.context(name, Origin::Context(name.clone())),
            other => self.found(other.clone(), None, Origin::Given),
        }
    }

    /// The sockets at the usual places that exist: Docker's before Podman's, the system's
    /// before the user's.
    pub fn local_sockets(&self) -> Vec<LocalSocket> {
        use EngineKind::{Docker, Podman};
        let runtime = self
            .var("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .or_else(|| Some(self.system(&format!("run/user/{}", self.uid?))));
        let home = self.var("HOME").map(PathBuf::from);
        let at = |dir: &Option<PathBuf>, name: &str| dir.as_ref().map(|d| d.join(name));
        let usual = [
            (Some(self.system("var/run/docker.sock")), Docker),
            (at(&runtime, "docker.sock"), Docker),
            (at(&home, ".docker/run/docker.sock"), Docker),
            (at(&home, ".docker/desktop/docker.sock"), Docker),
            (at(&home, ".colima/default/docker.sock"), Docker),
            (at(&home, ".rd/docker.sock"), Docker),
            (at(&home, ".orbstack/run/docker.sock"), Docker),
            (Some(self.system("run/podman/podman.sock")), Podman),
            (at(&runtime, "podman/podman.sock"), Podman),
        ];
        let mut found: Vec<LocalSocket> = Vec::new();
        let mut real = Vec::new();
        for (path, kind) in usual {
            let Some(path) = path.filter(|p| is_socket(p)) else {
                continue;
            };
            // podman-docker makes /var/run/docker.sock a link to Podman's socket.
            let target = path.canonicalize().unwrap_or_else(|_| path.clone());
            if real.contains(&target) {
                continue;
            }
            real.push(target);
            let permitted = access(&path, Access::READ_OK | Access::WRITE_OK).is_ok();
            found.push(LocalSocket {
                path,
                kind,
                permitted,
            });
        }
        found
    }

    fn system(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The default context without `DOCKER_HOST`.
    fn local(&self) -> Result<Resolved> {
        if let Some(tls) = self.tls()? {
            // So does the docker CLI: TLS settings without a host mean the local TLS port.
            let endpoint = "tcp://localhost:2376".parse()?;
            return self.found(endpoint, Some(tls), Origin::DockerHost);
        }
        let sockets = self.local_sockets();
        let chosen = sockets.iter().find(|s| s.permitted).or(sockets.first());
        let path = chosen.map_or_else(|| self.system("var/run/docker.sock"), |s| s.path.clone());
        self.found(Endpoint::Unix(path), None, Origin::LocalSocket)
    }

    fn docker_host(&self, host: &str) -> Result<Resolved> {
        let endpoint =
            Endpoint::from_docker_host(host).map_err(|e| e.context("the variable DOCKER_HOST"))?;
        match &endpoint {
            Endpoint::Context(_) => Err(Error::invalid("DOCKER_HOST cannot name a context")
                .with_hint("set DOCKER_CONTEXT instead")),
            Endpoint::Tcp(target) => {
                let mut tls = self.tls()?;
                let mut warning = None;
                if tls.is_none() && self.var("DOCKER_CERT_PATH").is_some() {
                    match target.scheme {
                        Scheme::Https => tls = Some(self.certificates(true)?),
                        Scheme::Tcp | Scheme::Http => {
                            warning = Some(
                                "DOCKER_CERT_PATH is ignored without DOCKER_TLS_VERIFY=1: the \
                                 connection is not encrypted"
                                    .to_owned(),
                            );
                        }
                    }
                }
                let mut found = self.found(endpoint, tls, Origin::DockerHost)?;
                found.warning = warning;
                Ok(found)
            }
            Endpoint::Unix(_) | Endpoint::Ssh(_) => self.found(endpoint, None, Origin::DockerHost),
        }
    }

    fn context(&self, name: &str, origin: Origin) -> Result<Resolved> {
        let context = self.contexts().get(name).map_err(|e| match &origin {
            Origin::DockerContext(_) => e.context("the variable DOCKER_CONTEXT"),
            Origin::CurrentContext(_) => e.context("the current Docker context"),
            _ => e,
        })?;
        self.found(context.endpoint, context.tls, origin)
    }

    fn found(
        &self,
        endpoint: Endpoint,
        tls: Option<TlsMaterial>,
        origin: Origin,
    ) -> Result<Resolved> {
        let is_https = matches!(&endpoint, Endpoint::Tcp(t) if t.scheme == Scheme::Https);
        let tls = tls.or_else(|| is_https.then(TlsMaterial::default));
        let api = self.var("DOCKER_API_VERSION").map(str::parse).transpose();
        Ok(Resolved {
            endpoint,
            tls: tls.map(|tls| TlsMaterial {
                system_bundle: self.var("SSL_CERT_FILE").map(PathBuf::from),
                ..tls
            }),
            api: api.map_err(|e: Error| e.context("the variable DOCKER_API_VERSION"))?,
            origin,
            warning: None,
        })
    }

    /// What `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` ask for. As in docker, any
    /// value turns the first two on, even `0`.
    fn tls(&self) -> Result<Option<TlsMaterial>> {
        let verify = self.var("DOCKER_TLS_VERIFY").is_some();
        if !verify && self.var("DOCKER_TLS").is_none() {
            return Ok(None);
        }
        self.certificates(verify).map(Some)
    }

    fn certificates(&self, verify: bool) -> Result<TlsMaterial> {
        let given = self.var("DOCKER_CERT_PATH").map(PathBuf::from);
        let Some(dir) = given.clone().or_else(|| self.docker_config()) else {
            return Err(
                Error::invalid("TLS is asked for, but there is no home directory").with_hint(
                    "set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem, key.pem",
                ),
            );
        };
        let mut tls = material(&dir, verify).unwrap_or(TlsMaterial {
            verify,
            ..TlsMaterial::default()
        });
        if tls.ca.is_none() && given.is_some() {
            // Who names a directory does not mean the system's CAs: loading says what is missing.
            tls.ca = Some(Pem::File(dir.join("ca.pem")));
        }
        Ok(tls)
    }
}

fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.file_type().is_socket())
}

#[cfg(test)]
mod tests;
