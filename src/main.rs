#![forbid(unsafe_code)]
//! Entry point.

fn main() {}
