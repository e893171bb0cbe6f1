//! Where an engine listens, as people write it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::plain::excerpt;
use crate::domain::error::{Error, ErrorKind, Result};

/// The port of an engine that speaks plain HTTP.
pub const PLAIN_PORT: u16 = 2375;
/// The port of an engine that speaks TLS.
pub const TLS_PORT: u16 = 2376;

const FORMS: &str =
    "unix:///path, tcp://host:port, https://host:port, ssh://user@host or context:NAME";

/// How the engine behind a host and port speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `tcp://`: TLS if there is TLS material, else plain.
    Tcp,
    /// `http://`: always plain.
    Http,
    /// `https://`: always TLS.
    Https,
}

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A socket in this machine's file system.
    Unix(PathBuf),
    /// A host and port.
    Tcp(TcpTarget),
    /// A machine to log in to.
    Ssh(SshTarget),
    /// A Docker context, to be looked up by [`env`](super::env).
    Context(String),
}

/// The host and port of a `tcp://`, `http://` or `https://` endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TcpTarget {
    /// Which scheme was written.
    pub scheme: Scheme,
    /// A name or an address; IPv6 without its brackets.
    pub host: String,
    /// None: [`PLAIN_PORT`] or [`TLS_PORT`].
    pub port: Option<u16>,
    /// What precedes every request path: empty or `/prefix`, never ending in a slash.
    pub base: String,
}

/// What an `ssh://` endpoint says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SshTarget {
    /// None: as the SSH configuration says.
    pub user: Option<String>,
    /// A name, an alias of the SSH configuration or an address; IPv6 without its brackets.
    pub host: String,
    /// None: as the SSH configuration says.
    pub port: Option<u16>,
    /// The engine's socket over there; None: look for it.
    pub socket: Option<String>,
}

impl Endpoint {
    /// The socket every Docker client tries first.
    pub fn default_socket() -> Self {
        Self::Unix(PathBuf::from("/var/run/docker.sock"))
    }

    /// What `DOCKER_HOST` accepts beyond our own forms: `host:port`, `:port`, `unix://`, `tcp://`.
    pub fn from_docker_host(text: &str) -> Result<Self> {
        let text = text.trim();
        match text {
            "" | "unix://" => return Ok(Self::default_socket()),
            "tcp://" => return "tcp://localhost".parse(),
            _ => {}
        }
        if let Some(port) = text.strip_prefix("tcp://:") {
            return format!("tcp://localhost:{port}").parse();
        }
        if let Some(path) = text.strip_prefix("unix://")
            && !path.starts_with('/')
        {
            // The docker CLI connects to such a path relative to its working directory; nobody
            // means that, so the strict parser's hint is better.
            return text.parse();
        }
        if let Some((host, port)) = text.rsplit_once(':')
            && !text.contains('/')
            && !text.contains('@')
            && port.parse::<u16>().is_ok()
        {
            let host = if host.is_empty() { "localhost" } else { host };
            return format!("tcp://{host}:{port}").parse();
        }
        text.parse()
    }

    /// Does the engine run on this machine as far as the address tells?
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

impl TcpTarget {
    /// The port, given whether TLS is spoken.
    pub fn port(&self, tls: bool) -> u16 {
        self.port.unwrap_or(if tls { TLS_PORT } else { PLAIN_PORT })
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(target) => target.fmt(f),
            Self::Ssh(target) => target.fmt(f),
            Self::Context(name) => write!(f, "context:{name}"),
        }
    }
}

impl fmt::Display for TcpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        write_host(f, &self.host, self.port)?;
        f.write_str(&self.base)
    }
}

impl fmt::Display for SshTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write_host(f, &self.host, self.port)?;
        f.write_str(self.socket.as_deref().unwrap_or_default())
    }
}

fn write_host(f: &mut fmt::Formatter<'_>, host: &str, port: Option<u16>) -> fmt::Result {
    if host.contains(':') {
        write!(f, "[{host}]")?;
    } else {
        f.write_str(host)?;
    }
    match port {
        Some(port) => write!(f, ":{port}"),
        None => Ok(()),
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = Wrong(text);
        if text.is_empty() {
            return Err(wrong.because("it is empty"));
        }
        if text.chars().any(|c| c.is_control() || c == ' ') {
            return Err(wrong.because("it contains a blank or a control character"));
        }
        if let Some(name) = text.strip_prefix("context:") {
            return match name.trim_start_matches('/') {
                "" => Err(wrong.because("the context has no name")),
                name => Ok(Self::Context(name.to_owned())),
            };
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong.without_scheme());
        };
        match scheme {
            "unix" => unix(wrong, rest),
            "tcp" => tcp(wrong, Scheme::Tcp, rest),
            "http" => tcp(wrong, Scheme::Http, rest),
            "https" => tcp(wrong, Scheme::Https, rest),
            "ssh" => ssh(wrong, rest),
            "npipe" => Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the endpoint {:?} is a Windows named pipe",
                    excerpt(text.as_bytes(), 80)
                ),
            )
            .with_hint("use tcp:// or ssh:// to reach an engine on Windows")),
            "fd" => Err(wrong.because("fd:// is what an engine listens on, not an address")),
            other => {
                let lower = other.to_ascii_lowercase();
                let known = ["unix", "tcp", "http", "https", "ssh"].contains(&&*lower);
                let wrong = wrong.because(format!("the scheme {other:?} is unknown"));
                Err(if known {
                    wrong.with_hint(format!("did you mean {lower}://{rest}?"))
                } else {
                    wrong
                })
            }
        }
    }
}

/// The text that could not be parsed; makes the errors.
#[derive(Clone, Copy)]
struct Wrong<'a>(&'a str);

impl Wrong<'_> {
    fn because(self, why: impl fmt::Display) -> Error {
        let text = excerpt(self.0.as_bytes(), 120);
        Error::invalid(format!("the endpoint {text:?} is not usable: {why}"))
            .with_hint(format!("an endpoint is {FORMS}"))
    }

    fn without_scheme(self) -> Error {
        let text = self.0;
        let meant = if text.starts_with('/') {
            format!("unix://{text}")
        } else if text.starts_with("~/") || text.starts_with("./") {
            return self.because("a socket needs its whole path");
        } else if text.starts_with("unix:") || text.starts_with("unix/") {
            format!("unix:///{}", text[5..].trim_start_matches('/'))
        } else if text.contains('@') {
            format!("ssh://{text}")
        } else if text.contains(':') {
            format!("tcp://{text}")
        } else if text.contains('/') {
            format!("unix:///{text}")
        } else {
            return self.because("it has no scheme").with_hint(format!(
                "did you mean tcp://{text}:{PLAIN_PORT}, ssh://{text} or context:{text}?"
            ));
        };
        self.because("it has no scheme")
            .with_hint(format!("did you mean {meant}?"))
    }
}

fn unix(wrong: Wrong<'_>, path: &str) -> Result<Endpoint> {
    if path.is_empty() {
        return Err(wrong
            .because("the path is missing")
            .with_hint("did you mean unix:///var/run/docker.sock?"));
    }
    if !path.starts_with('/') {
        let path = path.trim_start_matches("./");
        return Err(wrong
            .because("the path does not begin with a slash")
            .with_hint(format!("did you mean unix:///{path}?")));
    }
    Ok(Endpoint::Unix(PathBuf::from(path)))
}

fn tcp(wrong: Wrong<'_>, scheme: Scheme, rest: &str) -> Result<Endpoint> {
    let (authority, path) = split_path(rest);
    if authority.contains('@') {
        return Err(wrong.because("an engine takes no user or password in its address"));
    }
    if path.contains(['?', '#']) {
        return Err(wrong.because("an address has no query"));
    }
    let (host, port) = host_and_port(wrong, authority)?;
    Ok(Endpoint::Tcp(TcpTarget {
        scheme,
        host,
        port,
        base: path.trim_end_matches('/').to_owned(),
    }))
}

fn ssh(wrong: Wrong<'_>, rest: &str) -> Result<Endpoint> {
    let (authority, path) = split_path(rest);
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    if user.is_some_and(|u| u.contains(':')) {
        return Err(
            Error::invalid("an ssh:// endpoint must not contain a password")
                .with_hint("use a key or an agent: ssh://user@host"),
        );
    }
    if user == Some("") {
        return Err(wrong.because("the user before @ is missing"));
    }
    let (host, port) = host_and_port(wrong, authority)?;
    // A host that begins with a dash would be taken for an option where a program is run.
    if host.starts_with('-') || user.is_some_and(|u| u.starts_with('-')) {
        return Err(wrong.because("a name must not begin with a dash"));
    }
    Ok(Endpoint::Ssh(SshTarget {
        user: user.map(str::to_owned),
        host,
        port,
        socket: (!path.trim_matches('/').is_empty()).then(|| path.to_owned()),
    }))
}

fn split_path(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

fn host_and_port(wrong: Wrong<'_>, authority: &str) -> Result<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or_else(|| wrong.because("the bracket [ is not closed"))?;
        let address = host.split_once('%').map_or(host, |(address, _)| address);
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(wrong.because(format!("{host:?} is not an IPv6 address")));
        }
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(wrong.because(format!("{rest:?} follows the bracket ]"))),
        }
    } else if authority.matches(':').count() > 1 {
        let e = wrong.because("an IPv6 address stands in brackets");
        return Err(if authority.parse::<std::net::Ipv6Addr>().is_ok() {
            e.with_hint(format!("did you mean [{authority}]:{PLAIN_PORT}?"))
        } else {
            e
        });
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    if host.is_empty() {
        return Err(wrong.because("the host is missing"));
    }
    if host.contains(['\\', '"', '\'', '<', '>', '*', '?', '#', ',']) {
        return Err(wrong.because(format!("{host:?} is not a host name")));
    }
    let port = match port {
        None => None,
        Some(text) => Some(text.parse::<u16>().ok().filter(|p| *p > 0).ok_or_else(|| {
            wrong.because(format!("{text:?} is not a port: it must be 1 to 65535"))
        })?),
    };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests;
