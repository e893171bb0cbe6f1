//! What the program tells of itself while it runs.

use tracing_subscriber::EnvFilter;

/// On stderr, for verbs with `-v`; nothing without it.
pub(super) fn to_stderr(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "pilothouse=info",
        2 => "pilothouse=debug",
        _ => "pilothouse=trace",
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .finish();
    // Another one is there already only in tests.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
