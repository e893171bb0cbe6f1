//! The simulated engines, driven over their sockets: by plain HTTP, and by the real docker CLI.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test code fails by panicking and reports what it skipped"
)]

mod api;
mod cli;
mod client;
mod faults;
mod fleet;
mod streams;

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use pilothouse::sim::{Flavour, ManualClock, SimClock, SimConfig, SimEngine};
use tempfile::TempDir;

/// Longer than anything here takes, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

#[expect(
    clippy::disallowed_methods,
    reason = "these tests run on the real time"
)]
fn real_clock() -> SimClock {
    SimClock::from_fn(Utc::now)
}

fn start_of_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// An engine in a directory of its own.
struct Sim {
    engine: SimEngine,
    _dir: TempDir,
}

fn sim_on(clock: SimClock, flavour: Flavour) -> Sim {
    let dir = tempfile::tempdir().unwrap();
    let config = SimConfig {
        name: "sim".into(),
        flavour,
        seed: 11,
        socket_path: dir.path().join("d.sock"),
        clock,
    };
    Sim {
        engine: SimEngine::start(config).unwrap(),
        _dir: dir,
    }
}

/// An engine on the real time.
fn sim() -> Sim {
    sim_on(real_clock(), Flavour::v28())
}

/// An engine whose clock the test moves.
fn sim_manual() -> (Sim, ManualClock) {
    let clock = ManualClock::new(start_of_time());
    (sim_on(clock.clock(), Flavour::v28()), clock)
}

/// Fail instead of hanging.
async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(DEADLINE, work).await else {
        panic!("{what}: not within {DEADLINE:?}");
    };
    value
}
