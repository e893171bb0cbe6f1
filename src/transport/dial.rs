//! Opening connections: the [`Dialer`] trait and its unix and tcp forms.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep_until, timeout};

use super::endpoint::{Endpoint, Scheme, TcpTarget};
use super::failure;
use super::tls::{TlsDialer, TlsMaterial};
use crate::domain::error::{Error, ErrorKind, Result};

/// How long opening a connection may take, TLS handshake included, unless told otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A dead peer is noticed after about a minute on a silent connection.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;
/// The next address of a name is tried when the one before has been silent this long.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A two-way byte stream. `shutdown` must close the sending half only (attach and exec need it).
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection of whatever sort.
pub type BoxStream = Box<dyn Stream>;

impl fmt::Debug for dyn Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

/// A boxed future that may borrow its dialer.
pub type Dialing<'a> = Pin<Box<dyn Future<Output = Result<BoxStream>> + Send + 'a>>;

/// Opens connections to one engine. Must not dial twice for one call.
pub trait Dialer: fmt::Debug + Send + Sync {
    /// Open one connection, ready for HTTP.
    fn dial(&self) -> Dialing<'_>;

    /// The address for error messages, such as `tcp://10.0.0.5:2376`.
    fn target(&self) -> &str;

    /// What precedes every request path: empty, or `/prefix` without a slash at its end.
    fn base(&self) -> &str {
        Default::default()
    }

    /// What an error in the middle of a connection means, if this dialer knows better (TLS does).
    fn explain(&self, _error: &(dyn std::error::Error + 'static)) -> Option<Error> {
        None
    }
}

/// The dialer of an endpoint. TLS material is for `tcp://` and `https://`, and read now; a unix
/// socket needs none, as in docker.
pub fn connector(
    endpoint: &Endpoint,
    tls: Option<&TlsMaterial>,
    connect: Duration,
) -> Result<Arc<dyn Dialer>> {
    match endpoint {
        Endpoint::Unix(path) => Ok(Arc::new(UnixDialer::new(path.clone(), connect))),
        Endpoint::Tcp(target) => match (target.scheme, tls) {
            (Scheme::Http, Some(_)) => Err(Error::invalid(format!(
                "{target} is plain HTTP, but TLS settings are given"
            ))
            .with_hint("use https:// or tcp://, or leave out the TLS settings")),
            (Scheme::Http | Scheme::Tcp, None) => Ok(Arc::new(TcpDialer::new(target, connect))),
            (Scheme::Tcp | Scheme::Https, Some(tls)) => {
                Ok(Arc::new(TlsDialer::new(target, tls, connect)?))
            }
            (Scheme::Https, None) => {
                let tls = TlsMaterial::default();
                Ok(Arc::new(TlsDialer::new(target, &tls, connect)?))
            }
        },
        Endpoint::Ssh(target) => Ok(Arc::new(NoDialer {
            target: target.to_string(),
        })),
        Endpoint::Context(name) => Err(Error::invalid(format!(
            "the context {name:?} was not looked up before it was dialled"
        ))),
    }
}

/// Dials a socket in the file system.
#[derive(Debug)]
pub struct UnixDialer {
    path: PathBuf,
    target: String,
    connect: Duration,
}

impl UnixDialer {
    /// A dialer of the socket at `path`.
    pub fn new(path: PathBuf, connect: Duration) -> Self {
        let target = format!("unix://{}", path.display());
        Self {
            path,
            target,
            connect,
        }
    }
}

impl Dialer for UnixDialer {
    fn dial(&self) -> Dialing<'_> {
        Box::pin(async move {
            // A unix connect blocks only while the listener's queue is full: an engine that is
            // alive but frozen.
            match timeout(self.connect, UnixStream::connect(&self.path)).await {
                Ok(Ok(stream)) => Ok(Box::new(stream) as BoxStream),
                Ok(Err(e)) => Err(failure::unix(&self.path, e)),
                Err(_) => Err(failure::silent(&self.target, self.connect)),
            }
        })
    }

    fn target(&self) -> &str {
        &self.target
    }
}

/// Dials a host and port without TLS.
#[derive(Debug)]
pub struct TcpDialer {
    host: String,
    port: u16,
    target: String,
    base: String,
    connect: Duration,
}

impl TcpDialer {
    /// A dialer of `target` that speaks plain HTTP.
    pub fn new(target: &TcpTarget, connect: Duration) -> Self {
        Self {
            host: target.host.clone(),
            port: target.port(false),
            target: target.to_string(),
            base: target.base.clone(),
            connect,
        }
    }
}

impl Dialer for TcpDialer {
    fn dial(&self) -> Dialing<'_> {
        Box::pin(async move {
            let stream = tcp(&self.host, self.port, &self.target, self.connect).await?;
            Ok(Box::new(stream) as BoxStream)
        })
    }

    fn target(&self) -> &str {
        &self.target
    }

    fn base(&self) -> &str {
        &self.base
    }
}

/// Stands for a transport that is not there: every dial says so.
#[derive(Debug)]
struct NoDialer {
    target: String,
}

impl Dialer for NoDialer {
    fn dial(&self) -> Dialing<'_> {
        let e = Error::new(
            ErrorKind::Unsupported,
            format!(
                "connect to {}: ssh:// endpoints are not supported yet",
                self.target
            ),
        )
        .with_hint(
            "forward the socket yourself: ssh -N -L /tmp/engine.sock:/var/run/docker.sock HOST, \
             then use unix:///tmp/engine.sock",
        );
        Box::pin(async move { Err(e) })
    }

    fn target(&self) -> &str {
        &self.target
    }
}

/// Connect to the first address of `host` that answers, all within `limit`.
pub(super) async fn tcp(host: &str, port: u16, target: &str, limit: Duration) -> Result<TcpStream> {
    let deadline = Instant::now() + limit;
    let resolved = timeout(limit, tokio::net::lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = match resolved {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(e)) => return Err(failure::name(host, target, e)),
        Err(_) => return Err(failure::name_silent(host, target, limit)),
    };
    let stream = match tokio::time::timeout_at(deadline, first_of(addresses)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => return Err(failure::tcp(target, e)),
        Err(_) => return Err(failure::silent(target, limit)),
    };
    // Small requests must not wait for the ACK of the one before.
    stream
        .set_nodelay(true)
        .map_err(|e| failure::tcp(target, e))?;
    keepalive(&stream).map_err(|e| failure::tcp(target, e))?;
    Ok(stream)
}

/// Try addresses in the resolver's order, each next one early if the others are silent.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    let mut running = FuturesUnordered::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let Some(first) = rest.next() else {
        return Err(failed);
    };
    running.push(TcpStream::connect(first));
    let mut next_at = Instant::now() + NEXT_ADDRESS;
    loop {
        tokio::select! {
            Some(result) = running.next() => match result {
                Ok(stream) => return Ok(stream),
                Err(e) => {
                    failed = e;
                    match rest.next() {
                        Some(address) => running.push(TcpStream::connect(address)),
                        None if running.is_empty() => return Err(failed),
                        None => {}
                    }
                }
            },
            () = sleep_until(next_at), if rest.len() > 0 => {
                if let Some(address) = rest.next() {
                    running.push(TcpStream::connect(address));
                }
            }
        }
        next_at = Instant::now() + NEXT_ADDRESS;
    }
}

fn keepalive(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    Ok(())
}

#[cfg(test)]
mod tests;
