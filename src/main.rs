#![forbid(unsafe_code)]
//! Entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    pilothouse::app::run::main()
}
