//! The one reader of the terminal's input, as a task that can be stopped for certain: two readers
//! would share the keys.

use crossterm::event::EventStream;
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

use crate::tui::input::{Input, Normaliser};

/// Keys that wait for the loop.
const QUEUE: usize = 256;

/// The reader and what it has read.
#[derive(Debug)]
pub(super) struct Keyboard {
    input: Receiver<Input>,
    task: JoinHandle<()>,
}

impl Keyboard {
    /// Read from now on. A task of its own, because the event stream remembers the first waker it
    /// was polled with: polling it only to look would lose the wake-up.
    pub(super) fn start(width: u16, height: u16) -> Self {
        let (sender, input) = channel(QUEUE);
        let task = tokio::spawn(async move {
            let mut events = EventStream::new();
            let mut normaliser = Normaliser::new(width, height);
            while let Some(Ok(event)) = events.next().await {
                if let Some(input) = normaliser.accept(event)
                    && sender.send(input).await.is_err()
                {
                    return;
                }
            }
        });
        Self { input, task }
    }

    /// The next thing the user does; nothing when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<Input> {
        self.input.recv().await
    }

    /// What was done already.
    pub(super) fn try_next(&mut self) -> Option<Input> {
        self.input.try_recv().ok()
    }

    /// Stop reading; when this returns nobody reads the terminal.
    pub(super) async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}
