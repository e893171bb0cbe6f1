//! The full-screen console.

pub mod input;
pub mod keymap;
pub mod screen;
mod suggest;
pub mod text;
pub mod theme;
