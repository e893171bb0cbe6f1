//! The full-screen console.

pub mod screen;
pub mod text;
