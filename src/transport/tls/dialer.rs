//! Dials a host and port, and shakes hands.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::explain::{Peer, find};
use super::{Loaded, TlsMaterial};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::transport::dial::{BoxStream, Dialer, Dialing, tcp};
use crate::transport::endpoint::TcpTarget;

/// Dials a host and port with TLS. The certificates were read when it was made.
#[derive(Debug)]
pub struct TlsDialer {
    host: String,
    port: u16,
    target: String,
    base: String,
    name: ServerName<'static>,
    loaded: Loaded,
    connect: Duration,
}

impl TlsDialer {
    /// Read `material` for `target`.
    pub fn new(target: &TcpTarget, material: &TlsMaterial, connect: Duration) -> Result<Self> {
        let loaded = material
            .load()
            .map_err(|e| e.context(format!("prepare TLS for {target}")))?;
        let name = material.server_name.as_deref().unwrap_or(&target.host);
        // A certificate knows addresses without their zone.
        let name = name.split_once('%').map_or(name, |(address, _)| address);
        let server = ServerName::try_from(name.to_owned()).map_err(|e| {
            Error::invalid(format!("{name:?} cannot be the name in a certificate"))
                .with_source(e)
                .with_hint("use a DNS name (no underscores) or an address")
        })?;
        Ok(Self {
            host: target.host.clone(),
            port: target.port(true),
            target: target.to_string(),
            base: target.base.clone(),
            name: server,
            loaded,
            connect,
        })
    }

    fn peer(&self) -> Peer<'_> {
        Peer {
            target: &self.target,
            host: &self.host,
            loaded: &self.loaded,
        }
    }
}

impl Dialer for TlsDialer {
    fn dial(&self) -> Dialing<'_> {
        Box::pin(async move {
            let deadline = Instant::now() + self.connect;
            let plain = tcp(&self.host, self.port, &self.target, self.connect).await?;
            let connector = TlsConnector::from(Arc::clone(&self.loaded.config));
            let hands = connector.connect(self.name.clone(), plain);
            match timeout_at(deadline, hands).await {
                Ok(Ok(tls)) => Ok(Box::new(Candid(tls)) as BoxStream),
                Ok(Err(e)) => Err(self.peer().handshake(e)),
                Err(_) => Err(Error::new(
                    ErrorKind::Unreachable,
                    format!(
                        "no TLS handshake with {} within {:?}",
                        self.target, self.connect
                    ),
                )
                .with_hint("does that port speak TLS? The engine may also be frozen")),
            }
        })
    }

    fn target(&self) -> &str {
        &self.target
    }

    fn base(&self) -> &str {
        &self.base
    }

    fn explain(&self, error: &(dyn StdError + 'static)) -> Option<Error> {
        let tls = find::<rustls::Error>(error)?;
        Some(self.peer().tls(tls))
    }
}

/// A TLS stream that tells why a write failed. An engine that refuses our certificate sends an
/// alert and closes; whoever is still writing sees only a broken pipe, with the alert unread.
struct Candid(TlsStream<TcpStream>);

impl Candid {
    fn reason(&mut self, cx: &mut Context<'_>, e: io::Error) -> io::Error {
        let mut space = [0; 16];
        match Pin::new(&mut self.0).poll_read(cx, &mut ReadBuf::new(&mut space)) {
            Poll::Ready(Err(said)) if find::<rustls::Error>(&said).is_some() => said,
            _ => e,
        }
    }

    fn candid<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(e)) => Poll::Ready(Err(self.reason(cx, e))),
            other => other,
        }
    }
}

impl AsyncRead for Candid {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Candid {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.0).poll_write(cx, buf);
        self.candid(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.0).poll_write_vectored(cx, bufs);
        self.candid(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.0).poll_flush(cx);
        self.candid(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
