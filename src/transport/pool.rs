//! Open connections of one engine that wait for the next request.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout};

use super::call::RequestBody;
use super::dial::BoxStream;
use crate::domain::error::{Error, ErrorKind, Result};

/// Connections kept open for the next request; more are closed after use.
pub(super) const KEPT: usize = 6;
/// A connection idle for longer is not trusted: proxies in between forget it silently.
const TRUSTED: Duration = Duration::from_secs(90);
/// How long an answered connection may take to become usable again.
const SETTLE: Duration = Duration::from_millis(100);
/// How many bytes of a connection's first answer are kept for diagnosis.
const FIRST: usize = 96;

/// One open connection.
pub(super) struct Conn {
    pub(super) sender: SendRequest<RequestBody>,
    pub(super) first: Arc<FirstBytes>,
    idle_since: Instant,
}

/// The first bytes that the other side sent on a connection.
#[derive(Debug, Default)]
pub(super) struct FirstBytes(OnceLock<Box<[u8]>>);

impl FirstBytes {
    pub(super) fn get(&self) -> &[u8] {
        self.0.get().map_or(&[], |b| b)
    }
}

impl Conn {
    /// Speak HTTP/1.1 over `io`. A task drives the connection until either side ends it.
    pub(super) async fn open(io: BoxStream) -> Result<Self> {
        let first = Arc::new(FirstBytes::default());
        let io = Noted {
            io,
            first: Arc::clone(&first),
        };
        let (sender, connection) = http1::Builder::new()
            .handshake(TokioIo::new(io))
            .await
            .map_err(|e| Error::new(ErrorKind::Transient, "open a connection").with_source(e))?;
        tokio::spawn(async move {
            // How it ends is told to whoever waits for an answer on it.
            let _ = connection.with_upgrades().await;
        });
        Ok(Self {
            sender,
            first,
            idle_since: Instant::now(),
        })
    }
}

/// The idle connections of one engine. Full: the one given back is closed.
#[derive(Default)]
pub(super) struct Pool {
    // A std Mutex: held for a few pointer moves, never across an await.
    idle: Mutex<Vec<Conn>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} idle)", self.len())
    }
}

impl Pool {
    /// The connection used last, if one is usable as far as is known.
    pub(super) fn take(&self) -> Option<Conn> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(conn) = idle.pop() {
            if conn.sender.is_ready() && conn.idle_since.elapsed() < TRUSTED {
                return Some(conn);
            }
        }
        None
    }

    /// Keep `conn` for the next request as soon as its answer is done with.
    pub(super) async fn give_back(&self, mut conn: Conn) {
        if !conn.sender.is_ready() {
            match timeout(SETTLE, conn.sender.ready()).await {
                Ok(Ok(())) => {}
                // It is closing, or the engine answered before it read the request.
                Ok(Err(_)) | Err(_) => return,
            }
        }
        conn.idle_since = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(conn);
        }
    }

    /// Close all: one of them turned out dead, and the engine may have restarted.
    pub(super) fn clear(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(super) fn len(&self) -> usize {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

/// Notes the first bytes read, for the message when they are not HTTP.
struct Noted {
    io: BoxStream,
    first: Arc<FirstBytes>,
}

impl AsyncRead for Noted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.io).poll_read(cx, buf);
        if self.first.0.get().is_none()
            && let Some(new) = buf.filled().get(before..)
            && !new.is_empty()
        {
            let _ = self.first.0.set(new[..new.len().min(FIRST)].into());
        }
        result
    }
}

impl AsyncWrite for Noted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
