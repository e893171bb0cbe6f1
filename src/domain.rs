//! Pure values, pure planners and the ports: knows no HTTP, no terminal and not what time it is.

pub mod error;
