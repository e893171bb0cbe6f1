//! Lines that containers write.

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    Stdout,
    Stderr,
}

/// One line, raw: sanitise it before it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When the engine got it; asked for in every call, so that sources can be merged.
    pub time: Option<DateTime<Utc>>,
    pub stream: LogStream,
    /// Without its line end; bytes that are no UTF-8 are replaced.
    pub text: Arc<str>,
    /// Is the end missing, because the line was longer than the limit or the stream ended?
    pub partial: bool,
}

/// Which lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    pub follow: bool,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// The last so many lines; none for all.
    pub tail: Option<u64>,
    pub stdout: bool,
    pub stderr: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            follow: false,
            since: None,
            until: None,
            tail: None,
            stdout: true,
            stderr: true,
        }
    }
}
