//! The full-screen console.
//!
//! One loop ([`run`]) owns a [`model::Model`]. Messages ([`msg::Msg`]) go through
//! [`update::update`], which changes the model and says what is to be done ([`effect::Effect`]);
//! [`view::draw`] paints the model. Nothing here waits for a network, and nothing here reaches an
//! engine but through the core's handle.

pub mod activity;
pub mod column;
pub mod content;
pub mod detail;
pub mod effect;
pub mod files;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod form;
pub mod format;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod line_edit;
pub mod logs;
pub mod memory;
pub mod model;
pub mod msg;
pub mod nav;
pub mod options;
pub mod overlay;
pub mod own;
pub mod paint;
pub mod pane;
pub mod row;
mod run;
pub mod samples;
pub mod screen;
pub mod scroll;
pub mod status;
mod suggest;
pub mod summary;
pub mod table;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;

pub use options::ConsoleOptions;
pub use run::run;
