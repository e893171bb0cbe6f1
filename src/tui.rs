//! The full-screen console.

pub mod input;
pub mod screen;
pub mod text;
