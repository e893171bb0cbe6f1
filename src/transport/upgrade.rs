//! A connection after its upgrade: bytes both ways, each way closed by itself.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

/// The raw connection of an attach or exec. `shutdown` (or [`Upgraded::close_write`]) tells the
/// process that its input has ended, and reading goes on.
pub struct Upgraded {
    headers: HeaderMap,
    io: TokioIo<hyper::upgrade::Upgraded>,
}

impl Upgraded {
    pub(super) fn new(headers: HeaderMap, io: hyper::upgrade::Upgraded) -> Self {
        Self {
            headers,
            io: TokioIo::new(io),
        }
    }

    /// The `Content-Type` header: tells a raw from a multiplexed stream since API 1.42.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// End the sending half; what the process still says can be read.
    pub async fn close_write(&mut self) -> io::Result<()> {
        self.io.shutdown().await
    }
}

impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgraded")
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
