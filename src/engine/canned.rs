//! Answers that real engines gave, for tests.

use serde::de::DeserializeOwned;

pub(super) const DOCKER_20: &str = include_str!("../../tests/fixtures/engine/docker20.json");
pub(super) const DOCKER_28: &str = include_str!("../../tests/fixtures/engine/docker28.json");
pub(super) const PODMAN_4: &str = include_str!("../../tests/fixtures/engine/podman4.json");
pub(super) const PODMAN_5: &str = include_str!("../../tests/fixtures/engine/podman5.json");
pub(super) const SWARM: &str = include_str!("../../tests/fixtures/engine/swarm26.json");

/// All engines.
pub(super) const ALL: [&str; 4] = [DOCKER_20, DOCKER_28, PODMAN_4, PODMAN_5];

/// One answer of one engine.
pub(super) fn answer<T: DeserializeOwned>(engine: &str, key: &str) -> T {
    let mut all: serde_json::Value = serde_json::from_str(engine).unwrap();
    serde_json::from_value(all[key].take()).unwrap_or_else(|e| panic!("{key}: {e}"))
}
