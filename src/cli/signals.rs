//! Ctrl-C, SIGTERM and SIGHUP: heard by one task, told to whoever minds.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit::Exit;
use crate::domain::error::{Error, Result};

/// The signals from now on; each clone hears each.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    heard: watch::Receiver<(u64, Exit)>,
}

impl Signals {
    /// From now on signals do not end the process by themselves.
    pub(crate) fn install() -> Result<Self> {
        let hear =
            |kind| signal(kind).map_err(|e| Error::internal("listen for signals").with_source(e));
        let mut interrupt = hear(SignalKind::interrupt())?;
        let mut terminate = hear(SignalKind::terminate())?;
        let mut hangup = hear(SignalKind::hangup())?;
        let (tell, heard) = watch::channel((0, Exit::Interrupted));
        tokio::spawn(async move {
            loop {
                let exit = tokio::select! {
                    Some(()) = interrupt.recv() => Exit::Interrupted,
                    Some(()) = terminate.recv() => Exit::Terminated,
                    Some(()) = hangup.recv() => Exit::Terminated,
                    () = tell.closed() => return,
                };
                tell.send_modify(|(count, last)| {
                    *count += 1;
                    *last = exit;
                });
            }
        });
        Ok(Self { heard })
    }

    /// None ever comes.
    pub(crate) fn never() -> Self {
        let (_, heard) = watch::channel((0, Exit::Interrupted));
        Self { heard }
    }

    /// The next one: how the program shall end for it.
    pub(crate) async fn next(&mut self) -> Exit {
        match self.heard.changed().await {
            Ok(()) => self.heard.borrow_and_update().1,
            Err(_) => std::future::pending().await,
        }
    }
}
