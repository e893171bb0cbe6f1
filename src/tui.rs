//! The full-screen console.

pub mod screen;
