//! Which hosts there are: those of the configuration, the docker CLI's, or the local engine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Core, Host};
use crate::domain::error::{Error, Result};
use crate::domain::id::HostId;
use crate::domain::observed::Labels;
use crate::domain::port::{Clock, Engine};
use crate::domain::secret;
use crate::domain::snapshot::HostFacts;
use crate::domain::text::sanitise;
use crate::engine::{DockerEngine, EngineOptions, RegistryAuth};
use crate::reconcile::HostSpec;
use crate::transport::call::Timeouts;
use crate::transport::{Endpoint, Env, Origin, Pem, Resolved, TlsMaterial, dial};

/// How a host may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connecting, TLS included.
    pub connect: Duration,
    /// An answer.
    pub call: Duration,
    /// Calls at once.
    pub calls: usize,
}

/// Makes the engine behind an endpoint; it is not connected to yet.
pub type MakeEngine<'a> = dyn Fn(&Resolved, Limits) -> Result<Arc<dyn Engine>> + 'a;

/// The hosts, in the order they are shown, and what was odd on the way.
#[derive(Debug, Default)]
pub struct Fleet {
    pub hosts: Vec<HostSpec>,
    pub warnings: Vec<String>,
}

/// A host before its engine is made.
struct Candidate {
    name: String,
    /// As it was written.
    endpoint: String,
    resolved: Result<Resolved>,
    /// For people: `config.toml:3`, `DOCKER_HOST`.
    origin: String,
    /// Tells it from another one of the same name.
    suffix: &'static str,
    labels: Labels,
    read_only: bool,
    limits: Limits,
}

/// What makes two endpoints the same engine.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Unix(PathBuf),
    Tcp(String, u16, String),
    Ssh(Option<String>, String, Option<u16>, Option<String>),
    /// Cannot be reached, so it is like no other.
    None(usize),
}

/// The hosts of `config` in the surroundings `env`. A host whose endpoint or certificates cannot be
/// used is among them, with an engine that says why.
pub fn fleet(config: &Config, env: &Env, make: &MakeEngine<'_>) -> Fleet {
    let mut finder = Finder {
        env,
        core: &config.core,
        found: Vec::new(),
        warnings: Vec::new(),
    };
    for host in &config.hosts {
        finder.configured(host);
    }
    if config.docker.env {
        finder.docker_cli();
    }
    if config.docker.contexts {
        finder.contexts();
    }
    if finder.found.is_empty() && config.docker.local {
        finder.local();
    }
    finder.finish(make)
}

/// Engines over HTTP, with the logins of docker's configuration.
pub fn docker_engines(
    env: &Env,
    clock: Arc<dyn Clock>,
) -> impl Fn(&Resolved, Limits) -> Result<Arc<dyn Engine>> {
    let auth = match env.docker_config() {
        Some(dir) => RegistryAuth::from_file(dir.join("config.json")),
        None => RegistryAuth::none(),
    };
    move |resolved, limits| {
        let dialer = dial::connector(&resolved.endpoint, resolved.tls.as_ref(), limits.connect)?;
        let options = EngineOptions {
            timeouts: Timeouts {
                headers: limits.call,
                body: limits.call,
                ..Timeouts::default()
            },
            auth: auth.clone(),
            clock: Arc::clone(&clock),
        };
        let engine = DockerEngine::new(dialer, options);
        Ok(Arc::new(match resolved.api {
            Some(version) => engine.with_api(version),
            None => engine,
        }))
    }
}

struct Finder<'a> {
    env: &'a Env,
    core: &'a Core,
    found: Vec<Candidate>,
    warnings: Vec<String>,
}

impl Finder<'_> {
    fn configured(&mut self, host: &Host) {
        let resolved = self
            .resolve(host)
            .map_err(|e| e.context(format!("the host {} ({})", host.name, host.origin)));
        let labels = host.labels.iter();
        self.found.push(Candidate {
            name: host.name.clone(),
            endpoint: host.endpoint.clone(),
            resolved,
            origin: host.origin.to_string(),
            suffix: "config",
            labels: labels
                .map(|(k, v)| (Arc::from(&*sanitise(k)), Arc::from(&*sanitise(v))))
                .collect(),
            read_only: host.read_only,
            limits: Limits {
                connect: host.connect_timeout.unwrap_or(self.core.connect_timeout),
                call: host.call_timeout.unwrap_or(self.core.call_timeout),
                calls: host.max_calls.unwrap_or(self.core.concurrency) as usize,
            },
        });
    }

    fn resolve(&mut self, host: &Host) -> Result<Resolved> {
        let endpoint: Endpoint = host.endpoint.parse()?;
        let mut resolved = self.env.follow(&endpoint)?;
        if let Some(warning) = resolved.warning.take() {
            self.warnings
                .push(format!("the host {}: {warning}", host.name));
        }
        let files = host.ca.is_some() || host.cert.is_some() || host.cert_path.is_some();
        let asked = files || host.tls_verify == Some(true) || host.tls_name.is_some();
        if !matches!(resolved.endpoint, Endpoint::Tcp(_)) {
            if asked {
                self.warnings.push(format!(
                    "the host {}: its TLS settings mean nothing for {}",
                    host.name,
                    shown(&host.endpoint)
                ));
            }
            return Ok(resolved);
        }
        if !asked && resolved.tls.is_none() {
            return Ok(resolved);
        }
        let mut tls = resolved.tls.take().unwrap_or_else(|| TlsMaterial {
            system_bundle: self.env.var("SSL_CERT_FILE").map(PathBuf::from),
            ..TlsMaterial::default()
        });
        if let Some(dir) = &host.cert_path {
            tls = TlsMaterial {
                system_bundle: tls.system_bundle,
                ..TlsMaterial::in_dir(dir, true)
            };
        }
        let file = |path: &PathBuf| Pem::File(path.clone());
        if let Some(ca) = &host.ca {
            tls.ca = Some(file(ca));
        }
        if let (Some(cert), Some(key)) = (&host.cert, &host.key) {
            tls.identity = Some((file(cert), file(key)));
        }
        if let Some(verify) = host.tls_verify {
            tls.verify = verify;
        }
        if host.tls_name.is_some() {
            tls.server_name.clone_from(&host.tls_name);
        }
        resolved.tls = Some(tls);
        Ok(resolved)
    }

    /// One that is not configured by us.
    fn add(
        &mut self,
        name: &str,
        origin: impl fmt::Display,
        suffix: &'static str,
        resolved: Result<Resolved>,
    ) {
        let mut endpoint = String::new();
        if let Ok(resolved) = &resolved {
            endpoint = resolved.endpoint.to_string();
            if let Some(warning) = &resolved.warning {
                self.warnings.push(warning.clone());
            }
        }
        self.found.push(Candidate {
            name: usable(name),
            endpoint,
            resolved,
            origin: origin.to_string(),
            suffix,
            labels: Labels::new(),
            read_only: false,
            limits: Limits {
                connect: self.core.connect_timeout,
                call: self.core.call_timeout,
                calls: self.core.concurrency as usize,
            },
        });
    }

    /// `DOCKER_HOST`, `DOCKER_CONTEXT` or the current context, if any of them says something.
    fn docker_cli(&mut self) {
        match self.env.resolve() {
            Ok(resolved) => {
                let origin = resolved.origin.clone();
                match &origin {
                    Origin::LocalSocket => {}
                    Origin::Context(name)
                    | Origin::DockerContext(name)
                    | Origin::CurrentContext(name) => {
                        self.add(name, &origin, "context", Ok(resolved));
                    }
                    Origin::Given | Origin::DockerHost => {
                        let name = name_of(&resolved.endpoint);
                        self.add(&name, &origin, "DOCKER_HOST", Ok(resolved));
                    }
                }
            }
            Err(e) => {
                let current = self.env.contexts().current();
                if self.env.var("DOCKER_HOST").is_some() {
                    self.add("DOCKER_HOST", "DOCKER_HOST", "DOCKER_HOST", Err(e));
                } else if let Some(name) = self.env.var("DOCKER_CONTEXT") {
                    let name = name.to_owned();
                    self.add(&name, "DOCKER_CONTEXT", "context", Err(e));
                } else if let Ok(Some(name)) = current {
                    self.add(&name, "docker context use", "context", Err(e));
                } else {
                    self.warnings.push(e.chain());
                }
            }
        }
    }

    fn contexts(&mut self) {
        let listed = match self.env.contexts().list() {
            Ok(listed) => listed,
            Err(e) => return self.warnings.push(e.chain()),
        };
        for context in listed {
            let origin = Origin::Context(context.name.clone());
            let resolved = context
                .context
                .and_then(|_| self.env.follow(&Endpoint::Context(context.name.clone())));
            self.add(&context.name, origin, "context", resolved);
        }
    }

    /// The first local socket that may be used; one that may not is better than none, as it tells
    /// why.
    fn local(&mut self) {
        let sockets = self.env.local_sockets();
        let chosen = sockets.iter().find(|s| s.permitted).or(sockets.first());
        if let Some(socket) = chosen {
            let resolved = self.env.follow(&Endpoint::Unix(socket.path.clone()));
            self.add("local", Origin::LocalSocket, "local", resolved);
        }
    }

    fn finish(self, make: &MakeEngine<'_>) -> Fleet {
        let mut fleet = Fleet {
            hosts: Vec::new(),
            warnings: self.warnings,
        };
        let mut known: BTreeMap<Identity, (String, &'static str)> = BTreeMap::new();
        for (n, candidate) in self.found.into_iter().enumerate() {
            let identity = identity(&candidate, n);
            if let Some((first, suffix)) = known.get(&identity) {
                // What docker's settings name again is no surprise, a second entry in the file is.
                if candidate.suffix == "config" && *suffix == "config" {
                    fleet.warnings.push(format!(
                        "the hosts {first} and {} are the same engine; {first} is used",
                        candidate.name
                    ));
                }
                continue;
            }
            let name = unique(&candidate, &fleet.hosts);
            known.insert(identity, (name.clone(), candidate.suffix));
            fleet.hosts.push(host(name, candidate, make));
        }
        fleet
    }
}

fn host(name: String, candidate: Candidate, make: &MakeEngine<'_>) -> HostSpec {
    let limits = candidate.limits;
    let engine = candidate
        .resolved
        .and_then(|resolved| make(&resolved, limits))
        .unwrap_or_else(|e: Error| Arc::new(super::BrokenEngine::new(e)));
    HostSpec {
        facts: Arc::new(HostFacts {
            id: HostId::from(name),
            endpoint: Arc::from(shown(&candidate.endpoint)),
            origin: Arc::from(&*sanitise(&candidate.origin)),
            labels: Arc::new(candidate.labels),
            read_only: candidate.read_only,
        }),
        engine,
        calls: limits.calls,
    }
}

fn identity(candidate: &Candidate, n: usize) -> Identity {
    let Ok(resolved) = &candidate.resolved else {
        return Identity::None(n);
    };
    match &resolved.endpoint {
        Endpoint::Unix(path) => {
            Identity::Unix(path.canonicalize().unwrap_or_else(|_| path.clone()))
        }
        Endpoint::Tcp(t) => Identity::Tcp(
            t.host.to_lowercase(),
            t.port(resolved.tls.is_some()),
            t.base.clone(),
        ),
        Endpoint::Ssh(s) => Identity::Ssh(
            s.user.clone(),
            s.host.to_lowercase(),
            s.port,
            s.socket.clone(),
        ),
        Endpoint::Context(_) => Identity::None(n),
    }
}

/// The name, with its origin behind it if it is taken.
fn unique(candidate: &Candidate, hosts: &[HostSpec]) -> String {
    let taken = |name: &str| hosts.iter().any(|h| h.facts.id.as_str() == name);
    let mut name = candidate.name.clone();
    let mut count = 1;
    while taken(&name) {
        name = match count {
            1 => format!("{}@{}", candidate.name, candidate.suffix),
            n => format!("{}@{}-{n}", candidate.name, candidate.suffix),
        };
        count += 1;
    }
    name
}

/// What to call an engine that has only an address.
fn name_of(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Unix(_) => "local".to_owned(),
        Endpoint::Tcp(target) => target.host.clone(),
        Endpoint::Ssh(target) => target.host.clone(),
        Endpoint::Context(name) => name.clone(),
    }
}

/// A name without what references and globs mean something by.
fn usable(name: &str) -> String {
    let clean: String = sanitise(name)
        .chars()
        .map(|c| match c {
            '/' | '*' | '?' | ',' => '-',
            c if c.is_whitespace() => '-',
            c => c,
        })
        .collect();
    let clean = clean.trim_start_matches('-');
    if clean.is_empty() {
        "unnamed".to_owned()
    } else {
        clean.to_owned()
    }
}

/// An endpoint as it may be shown: a password somebody wrote into it stays out.
fn shown(endpoint: &str) -> String {
    let clean = sanitise(endpoint);
    if let Some((scheme, rest)) = clean.split_once("://")
        && let Some((login, host)) = rest.rsplit_once('@')
        && let Some((user, _)) = login.split_once(':')
    {
        return format!("{scheme}://{user}:{}@{host}", secret::MASK);
    }
    clean.into_owned()
}

#[cfg(test)]
mod tests;
