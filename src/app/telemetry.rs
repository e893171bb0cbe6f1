//! What the program tells of itself while it runs.

use crate::telemetry::Telemetry;

/// On stderr, for verbs with `-v`; nothing without it.
pub(super) fn to_stderr(verbose: u8) {
    Telemetry::to_stderr(match verbose {
        0 => return,
        1 => "pilothouse=info",
        2 => "pilothouse=debug",
        _ => "pilothouse=trace",
    });
}
