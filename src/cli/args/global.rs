//! Options of every verb.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

use crate::cli::human::parse_duration;
use crate::cli::out::{Colour, Format};

/// How progress is shown on stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// Bars on a terminal, lines otherwise
    #[default]
    Auto,
    /// A line for each step
    Plain,
    /// A JSON object for each step
    Json,
    /// Nothing
    None,
}

/// Options that any verb takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Only hosts of these names (repeatable; a glob)
    #[arg(long = "host", global = true, value_name = "GLOB", display_order = 900)]
    pub hosts: Vec<String>,
    /// Use this configuration file
    #[arg(long, global = true, value_name = "FILE", display_order = 901)]
    pub config: Option<PathBuf>,
    /// Change nothing, whatever is asked (before the verb)
    #[arg(long, display_order = 902)]
    pub read_only: bool,
    /// table, wide, json, jsonl, yaml, name or a template such as '{{.name}}'
    #[arg(
        short = 'o',
        long = "output",
        global = true,
        value_name = "FORMAT",
        value_parser = Format::parse,
        display_order = 903
    )]
    pub output: Option<Format>,
    /// Use colours even when stdout is no terminal
    #[arg(long, global = true, overrides_with = "no_color", display_order = 904)]
    pub color: bool,
    /// Use no colours
    #[arg(long, global = true, overrides_with = "color", display_order = 905)]
    pub no_color: bool,
    /// How progress is shown on stderr
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "auto|plain|json|none",
        display_order = 906
    )]
    pub progress: Progress,
    /// How long to wait for hosts to answer (10s), and for --wait (no limit)
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        value_parser = parse_duration,
        display_order = 907
    )]
    pub timeout: Option<Duration>,
    /// Log more (before the verb; twice for even more)
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count, display_order = 908)]
    pub verbose: u8,
}

impl Global {
    /// When to use colours.
    pub fn colour(&self) -> Colour {
        match (self.color, self.no_color) {
            (true, _) => Colour::Always,
            (_, true) => Colour::Never,
            _ => Colour::Auto,
        }
    }

    /// How long a host may take to answer.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }
}
