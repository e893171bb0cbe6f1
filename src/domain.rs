//! Pure values, pure planners and the ports: knows no HTTP, no terminal and not what time it is.
//!
//! Reading order: [`id`] and [`observed`] (what is), [`snapshot`] (what is, everywhere),
//! [`intent`] (what is asked), [`plan`] (what would be done, with reasons), [`guardrail`] (what may
//! be done), [`operation`] (what was done), [`port`] (what the core needs from outside).

pub mod error;
pub mod event;
pub mod explain;
#[cfg(test)]
pub(crate) mod fake;
pub mod files;
pub mod guardrail;
pub mod id;
pub mod intent;
pub mod logs;
pub mod observed;
pub mod operation;
pub mod plan;
pub mod port;
pub mod restore;
pub mod secret;
pub mod selector;
pub mod snapshot;
pub mod spec;
pub mod stats;
pub mod text;
