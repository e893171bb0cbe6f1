//! Simulated engines speaking the Docker Engine HTTP API on unix sockets.
//!
//! They serve the demo, the scale tests and the fault scripts. The console and the verbs connect
//! to them as to real engines; nothing of the crate but `domain` is used here.

mod catalog;
mod clock;
mod flavour;
mod loglines;
mod model;
mod program;
mod shell;
mod util;

pub use clock::{ManualClock, SimClock};
pub use flavour::Flavour;
