//! The one thread that writes to the terminal. One slot: a frame in flight, and no other until it
//! is reported done, so a blocked terminal (Ctrl-S, a dead link) blocks nothing but this thread.

use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What the writer reports to the run loop.
#[derive(Debug)]
pub enum Report {
    /// The terminal took the frame; here is its buffer for the next one.
    Done(Vec<u8>),
    /// The terminal is gone (EPIPE, EIO, hang-up): leave in good order. No report follows.
    Closed(io::Error),
}

/// Handle on the writer thread.
#[derive(Debug)]
pub struct Writer {
    slot: SyncSender<Vec<u8>>,
    finished: std::sync::mpsc::Receiver<()>,
}

impl Writer {
    /// Start the thread on `out`. The channel of reports holds two: the one frame in flight can
    /// cause one `Done` and one `Closed`, so the thread never waits for the run loop.
    pub fn spawn<W: Write + Send + 'static>(out: W) -> io::Result<(Self, Receiver<Report>)> {
        // Bounded: one frame; the pacer submits no second one before `Done`.
        let (slot, frames) = sync_channel::<Vec<u8>>(1);
        let (reports, receiver) = channel(2);
        let (ended, finished) = sync_channel(1);
        std::thread::Builder::new()
            .name("tty-writer".into())
            .spawn(move || {
                let mut out = out;
                while let Ok(frame) = frames.recv() {
                    if !write_frame(&mut out, frame, &reports) {
                        break;
                    }
                }
                drop(out);
                let _ = ended.send(());
            })?;
        Ok((Self { slot, finished }, receiver))
    }

    /// Hand over a frame. Gives it back when one is in flight or the terminal is gone: the caller
    /// has broken the rule of one frame, or has not read `Closed` yet. Never waits.
    pub fn submit(&self, frame: Vec<u8>) -> Result<(), Vec<u8>> {
        self.slot.try_send(frame).map_err(|e| match e {
            TrySendError::Full(frame) | TrySendError::Disconnected(frame) => frame,
        })
    }

    /// Let the frame in flight finish and end the thread; false when the terminal has not taken
    /// the rest within `patience` (it may be stopped for ever).
    pub fn close(self, patience: Duration) -> bool {
        let Self { slot, finished } = self;
        drop(slot);
        !matches!(
            finished.recv_timeout(patience),
            Err(RecvTimeoutError::Timeout)
        )
    }
}

/// Write and report; false when the thread has to end.
fn write_frame(out: &mut impl Write, frame: Vec<u8>, reports: &Sender<Report>) -> bool {
    match write_all(out, &frame) {
        Ok(()) => reports.blocking_send(Report::Done(frame)).is_ok(),
        Err(e) => {
            let _ = reports.blocking_send(Report::Closed(e));
            false
        }
    }
}

/// All of `bytes`, in one call where the terminal takes them at once, in several where it does
/// not.
fn write_all(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests;
