//! The program itself on real engines: every verb, several processes at once, a process killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails like a test"
)]

#[path = "../support/live.rs"]
mod live;

mod home;
mod processes;
mod swarm;
mod verbs;
