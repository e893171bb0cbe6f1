//! The engine client against simulated engines, over their sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code fails by panicking"
)]

use chrono::Utc;
use pilothouse::engine::RegistryAuth;
use pilothouse::sim::{Flavour, SimClock, SimConfig, SimEngine};
use tempfile::TempDir;

#[path = "support/battery.rs"]
mod battery;

use battery::{Bed, engine_at, pulls};

struct Sim {
    bed: Bed,
    _engine: SimEngine,
    _dir: TempDir,
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tests run on the real time"
)]
async fn sim(flavour: Flavour) -> Sim {
    let dir = tempfile::tempdir().unwrap();
    let engine = SimEngine::start(SimConfig {
        name: "sim".into(),
        flavour,
        seed: 5,
        socket_path: dir.path().join("d.sock"),
        clock: SimClock::from_fn(Utc::now),
    })
    .unwrap();
    let bed = Bed {
        host: format!("sim {}", flavour.version),
        engine: engine_at(&engine.endpoint(), RegistryAuth::none()),
        image: "busybox:latest".into(),
        prefix: "battery".into(),
        simulated: true,
    };
    pulls(&bed, "busybox:latest").await;
    Sim {
        bed,
        _engine: engine,
        _dir: dir,
    }
}

/// Each check on an old and on a new engine.
macro_rules! on_both {
    ($($name:ident($check:path $(, $arg:expr)*);)*) => {$(
        #[tokio::test]
        async fn $name() {
            for flavour in [Flavour::v20_10(), Flavour::v28()] {
                let sim = sim(flavour).await;
                $check(&sim.bed $(, $arg)*).await;
                sim.bed.clean().await;
            }
        }
    )*};
}

on_both! {
    knows_the_engine(battery::knows_the_engine, false);
    lives_through(battery::lives_through);
    reports_health(battery::reports_health);
    reads_logs(battery::reads_logs);
    follows_silence(battery::follows_silence);
    reads_a_terminal(battery::reads_a_terminal);
    tells_events(battery::tells_events);
    measures(battery::measures);
    executes(battery::executes);
    attaches(battery::attaches);
    attaches_before_the_start(battery::attaches_before_the_start);
    copies(battery::copies);
    keeps_volumes(battery::keeps_volumes);
    joins_networks(battery::joins_networks);
    names_images(battery::names_images);
    takes_a_full_spec(battery::takes_a_full_spec);
}
