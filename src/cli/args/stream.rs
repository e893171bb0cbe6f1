//! Arguments of the verbs that follow something or talk to a container.

use clap::Args;

use super::change::Many;
use super::read::{Choice, Targets};
use super::values::{self, WaitFor};

/// `logs`.
#[derive(Debug, Clone, Args)]
pub struct Logs {
    #[command(flatten)]
    pub many: Many,
    /// Go on with what is written from now on, beyond lost connections too
    #[arg(short = 'f', long)]
    pub follow: bool,
    /// Only since then: a duration ago, a date or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only until then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only the last so many lines of each container
    #[arg(short = 'n', long, value_name = "N|all", default_value = "all", value_parser = tail, allow_hyphen_values = true)]
    pub tail: Tail,
    /// With the time of each line
    #[arg(short = 't', long)]
    pub timestamps: bool,
    /// Only lines that match this regular expression
    #[arg(short = 'g', long, value_name = "REGEX")]
    pub grep: Option<String>,
    /// Whatever the case
    #[arg(short = 'i', long, requires = "grep")]
    pub ignore_case: bool,
    /// Only lines that do not match
    #[arg(long, requires = "grep")]
    pub invert: bool,
    /// Only what was written to stdout
    #[arg(long, conflicts_with = "stderr")]
    pub stdout: bool,
    /// Only what was written to stderr
    #[arg(long)]
    pub stderr: bool,
    /// Without the name of the container before each line
    #[arg(long)]
    pub no_prefix: bool,
    /// As it was written, control sequences and all
    #[arg(long)]
    pub raw: bool,
}

/// How many lines; none: all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail(pub Option<u64>);

fn tail(text: &str) -> Result<Tail, String> {
    match text {
        "all" => Ok(Tail(None)),
        n => n
            .parse()
            .map(|n| Tail(Some(n)))
            .map_err(|_| "write a number, or all".to_owned()),
    }
}

/// `stats`.
#[derive(Debug, Clone, Args)]
pub struct Stats {
    #[command(flatten)]
    pub targets: Targets,
    /// Measure once and end
    #[arg(long)]
    pub no_stream: bool,
}

/// `top`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "pilothouse top [OPTIONS] TARGET [PS OPTION...]")]
pub struct Top {
    /// [HOST/]NAME-OR-ID of a container, or a glob; and options for ps, such as -ef
    #[arg(
        value_name = "TARGET [PS OPTION]",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
}

/// `events`.
#[derive(Debug, Clone, Args)]
pub struct Events {
    /// Also what happened since then: a duration ago, a date or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// End then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// type=, event=, container=, image=, volume=, network=, label=, name= (repeatable)
    #[arg(short = 'f', long = "filter", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub filters: Vec<(String, String)>,
}

/// `exec`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "pilothouse exec [OPTIONS] TARGET [COMMAND] [ARG...]")]
pub struct Exec {
    /// Forward input
    #[arg(short = 'i', long)]
    pub interactive: bool,
    /// With a terminal
    #[arg(short = 't', long)]
    pub tty: bool,
    /// As this user: NAME|UID[:GROUP|GID]
    #[arg(short = 'u', long, value_name = "USER")]
    pub user: Option<String>,
    /// In this directory
    #[arg(short = 'w', long, value_name = "DIR")]
    pub workdir: Option<String>,
    /// With this variable: KEY=VALUE, or KEY for its value here (repeatable)
    #[arg(short = 'e', long = "env", value_name = "KEY[=VALUE]")]
    pub env: Vec<String>,
    /// With variables from this file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<std::path::PathBuf>,
    /// Do not wait for it
    #[arg(short = 'd', long)]
    pub detach: bool,
    /// With every privilege
    #[arg(long)]
    pub privileged: bool,
    #[command(flatten)]
    pub answer: Confirm,
    /// [HOST/]NAME-OR-ID of the container, and the command; without one: a shell
    #[arg(
        value_name = "TARGET [COMMAND]",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
}

/// Answers to guardrails.
#[derive(Debug, Clone, Default, Args)]
pub struct Confirm {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// What a guardrail wants typed
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
}

/// `attach`.
#[derive(Debug, Clone, Args)]
pub struct Attach {
    /// [HOST/]NAME-OR-ID of the container
    pub target: String,
    /// Do not forward input
    #[arg(long)]
    pub no_stdin: bool,
    /// Begin with what was written before
    #[arg(long)]
    pub logs: bool,
    #[command(flatten)]
    pub answer: Confirm,
}

/// `cp`.
#[derive(Debug, Clone, Args)]
pub struct Cp {
    /// [HOST/]CONTAINER:PATH, a path here, or - for a tar archive on stdin
    pub source: String,
    /// [HOST/]CONTAINER:PATH, a path here, or - for a tar archive on stdout
    pub destination: String,
    /// Follow a symbolic link at SOURCE
    #[arg(short = 'L', long)]
    pub follow_link: bool,
    /// Say nothing
    #[arg(short = 'q', long)]
    pub quiet: bool,
    #[command(flatten)]
    pub answer: Confirm,
}

/// `wait`.
#[derive(Debug, Clone, Args)]
pub struct Wait {
    /// [HOST/]NAME-OR-ID, or a glob
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub choice: Choice,
    /// Every container of an ambiguous name
    #[arg(long)]
    pub all: bool,
    /// What to wait for
    #[arg(
        long = "for",
        value_name = "CONDITION",
        value_enum,
        default_value = "exited"
    )]
    pub condition: WaitFor,
}
