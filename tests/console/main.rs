//! The built program on a real pseudo-terminal: what a user sees and does, and the pictures of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of tests fails like a test"
)]

mod logs;
mod pictures;
mod signals;
mod svg;
mod terminal;
