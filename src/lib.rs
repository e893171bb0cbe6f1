//! Pilothouse: one console for every Docker host you run.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod reconcile;
pub mod sim;
pub mod telemetry;
pub mod transport;
pub mod tui;
