//! The engine's end of a connection: stands still while the engine is frozen.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::watch;

use crate::sim::script::Script;

type Thaw = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Gate {
    inner: UnixStream,
    script: watch::Receiver<Script>,
    /// One for each direction, so that each task is woken.
    reading: Option<Thaw>,
    writing: Option<Thaw>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

fn open(
    slot: &mut Option<Thaw>,
    script: &watch::Receiver<Script>,
    cx: &mut Context<'_>,
) -> Poll<()> {
    loop {
        if let Some(thaw) = slot {
            ready!(thaw.as_mut().poll(cx));
            *slot = None;
        }
        if !script.borrow().frozen() {
            return Poll::Ready(());
        }
        let mut script = script.clone();
        *slot = Some(Box::pin(async move {
            if script.wait_for(|s| !s.frozen()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
    }
}

impl Gate {
    pub(super) fn new(inner: UnixStream, script: watch::Receiver<Script>) -> Self {
        Self {
            inner,
            script,
            reading: None,
            writing: None,
        }
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(open(&mut this.reading, &this.script, cx));
        Pin::new(&mut this.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(open(&mut this.writing, &this.script, cx));
        Pin::new(&mut this.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(open(&mut this.writing, &this.script, cx));
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
