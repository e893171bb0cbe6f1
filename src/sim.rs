//! Simulated engines speaking the Docker Engine HTTP API on unix sockets.
//!
//! They serve the demo, the scale tests and the fault scripts. The console and the verbs connect
//! to them as to real engines; nothing of the crate but `domain` is used here.

mod catalog;
mod clock;
mod engine;
mod flavour;
pub mod fleet;
mod http;
mod json;
mod loglines;
mod model;
mod program;
pub mod scale;
mod script;
mod shell;
mod util;
mod view;

pub use clock::{ManualClock, SimClock};
pub use engine::{SimConfig, SimEngine};
pub use flavour::Flavour;
pub use script::{Fault, FaultHandle, Rule};
pub use view::{ContainerView, View};
