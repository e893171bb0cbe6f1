//! Puts the program together: from the configuration and the surroundings to a fleet the core can
//! watch. Everything may be used here, and nothing else uses it.

pub mod actor;
pub mod broken;
pub mod clock;
mod console;
mod demo;
pub mod environment;
pub mod fleet;
pub mod run;
pub mod settings;
mod telemetry;

pub use actor::actor;
pub use broken::BrokenEngine;
pub use clock::SystemClock;
pub use fleet::{Fleet, Limits, docker_engines, fleet};
pub use settings::settings;
