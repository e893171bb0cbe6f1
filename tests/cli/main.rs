//! The program, run as people and scripts run it, on simulated engines in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code fails by panicking"
)]

mod change;
mod create;
mod exits;
mod faults;
mod fleet;
mod formats;
mod local;
mod pty;
mod streams;
mod talk;

pub(crate) use fleet::Fleet;
