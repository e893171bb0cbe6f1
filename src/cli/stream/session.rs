//! A conversation: keys in, output out, the terminal's size beside it.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};

use super::terminal::{Raw, size};
use crate::cli::Context;
use crate::cli::exit::Stop;
use crate::domain::error::Error;
use crate::domain::logs::LogStream;
use crate::domain::port::{Session, SessionControl};

/// Carry a session until its output ends. `stdin`: forward ours.
pub(in crate::cli) async fn talk(
    ctx: &mut Context,
    session: Session,
    stdin: bool,
) -> Result<Arc<dyn SessionControl>, Stop> {
    let Session {
        mut input,
        mut output,
        tty,
        control,
    } = session;
    let terminals = ctx.out.terminals();
    // Whatever way this function is left, the terminal is itself again.
    let raw = (tty && stdin && terminals.stdin).then(Raw::enter).flatten();
    let sizes = tty.then(|| tokio::spawn(follow_size(Arc::clone(&control))));
    let _sizes = sizes.map(AbortOnDrop);
    let _keys = if stdin {
        Some(AbortOnDrop(tokio::spawn(async move {
            let mut ours = tokio::io::stdin();
            let mut buffer = vec![0; 16 * 1024];
            loop {
                match ours.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => {
                        let sent = input.write_all(&buffer[..n]).await;
                        if sent.is_err() || input.flush().await.is_err() {
                            break;
                        }
                    }
                }
            }
            // The process sees the end of its input; its output goes on.
            let _ = input.shutdown().await;
        })))
    } else {
        None
    };
    while let Some(chunk) = output.next().await {
        let chunk = chunk.map_err(|e| e.context("read the output"))?;
        match chunk.stream {
            LogStream::Stdout => {
                ctx.out.bytes(&chunk.data)?;
                ctx.out.flush()?;
            }
            LogStream::Stderr => ctx.out.error_bytes(&chunk.data)?,
        }
    }
    drop(raw);
    Ok(control)
}

async fn follow_size(control: Arc<dyn SessionControl>) -> Result<(), Error> {
    let mut changes = signal(SignalKind::window_change())
        .map_err(|e| Error::internal("listen for the terminal's size").with_source(e))?;
    loop {
        if let Some((columns, rows)) = size() {
            // A process that has just ended has no terminal any more.
            let _ = control.resize(columns, rows).await;
        }
        if changes.recv().await.is_none() {
            return Ok(());
        }
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
