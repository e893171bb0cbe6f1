//! The core on real engines: the picture after changes behind its back, and the truth after faults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unused_self,
    clippy::match_wild_err_arm,
    reason = "a helper of tests fails like a test"
)]

#[path = "../support/live.rs"]
mod live;

mod bench;
mod faults;
mod verbs;
mod walk;
