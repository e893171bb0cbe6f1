//! What the program notes about itself: a log in files, and reports of panics.
//!
//! Nothing is written to the terminal, which belongs to the console or to a verb's output, unless a
//! verb asks for it; and nothing is created before there is something to note. tracing-appender's own rolling file is not
//! used: it creates its file at once, and prints its troubles on stderr, over the console.

mod file;
mod panic;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::domain::error::{Error, Result};
use crate::domain::port::Clock;

pub use file::Trouble;
pub use panic::install_panic_hook;

use file::DailyFile;

/// Lines that wait to be written; more are dropped: the log must not hold up the program.
const WAITING: usize = 8192;

/// The log. Dropping it writes what still waits.
#[must_use = "the log ends when this is dropped"]
pub struct Telemetry {
    trouble: Trouble,
    _worker: WorkerGuard,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Telemetry({:?})", self.trouble)
    }
}

impl Telemetry {
    /// Log to a file a day in `dir`, once there is something to log; for the whole process, so it
    /// can be done once. `filter` is a level or levels by target (`warn,pilothouse=debug`).
    pub fn start(dir: &Path, filter: &str, json: bool, clock: Arc<dyn Clock>) -> Result<Self> {
        let (subscriber, telemetry) = Self::build(dir, filter, json, clock)?;
        tracing::subscriber::set_global_default(subscriber)
            .map_err(|e| Error::internal("start the log").with_source(e))?;
        Ok(telemetry)
    }

    fn build(
        dir: &Path,
        filter: &str,
        json: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<(impl Subscriber + Send + Sync + use<>, Self)> {
        let filter: Targets = filter.parse().map_err(|e: ParseError| {
            Error::invalid(format!("the log level {filter:?} is not understood"))
                .with_source(e)
                .with_hint("off, error, warn, info, debug, trace, or warn,pilothouse=debug")
        })?;
        let trouble = Trouble::default();
        let file = DailyFile::new(dir.to_owned(), clock, trouble.clone());
        let (writer, worker) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(WAITING)
            .thread_name("log")
            .finish(file);
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(writer)
            .with_ansi(false);
        let layer = if json {
            layer.json().boxed()
        } else {
            layer.boxed()
        };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
        let telemetry = Self {
            trouble,
            _worker: worker,
        };
        Ok((subscriber, telemetry))
    }

    /// For a verb that was asked to tell what it does: log to stderr, for the whole process. What
    /// logs already stays.
    pub fn to_stderr(filter: &str) {
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let filter: Targets = filter.parse().unwrap_or_default();
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
        let _ = tracing::subscriber::set_global_default(subscriber);
    }

    /// Why the log could not be written, once that was so.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.get()
    }
}

#[cfg(test)]
mod tests;
