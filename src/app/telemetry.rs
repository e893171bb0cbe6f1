//! What the program tells of itself while it runs.

use std::sync::Arc;

use crate::config::Loaded;
use crate::domain::error::Result;
use crate::domain::port::Clock;
use crate::telemetry::Telemetry;

/// To a file, for the console; nowhere when there is no home directory.
pub(super) fn to_file(loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<Option<Telemetry>> {
    let log = &loaded.config.log;
    match loaded.paths.logs(log.dir.as_deref()) {
        Some(dir) => Telemetry::start(&dir, &log.level, log.json, clock).map(Some),
        None => Ok(None),
    }
}

/// On stderr, for verbs with `-v`; nothing without it.
pub(super) fn to_stderr(verbose: u8) {
    Telemetry::to_stderr(match verbose {
        0 => return,
        1 => "pilothouse=info",
        2 => "pilothouse=debug",
        _ => "pilothouse=trace",
    });
}
