//! The command line: what can be typed, and what it means to clap.

pub mod change;
pub mod create;
pub mod global;
pub mod read;
pub mod specify;
pub mod stream;
pub(crate) mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use global::{Global, Progress};

/// The whole command line.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "pilothouse",
    version,
    about = "One console for every Docker host you run",
    long_about = "One console for every Docker host you run: see it live, operate it, converge it.\n\
                  Without a verb the console opens; with one, it is done and the program ends.",
    after_long_help = AFTER,
    max_term_width = 100,
    disable_help_subcommand = true,
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Option<Command>,
}

const AFTER: &str = "\
References: [HOST/]NAME-OR-ID; both halves may be globs ('prod-*/web*'). A name that is on several \
hosts is ambiguous: name the host, or take them all with --all.

Exit codes: 0 done; 1 failed; 3 partly failed; 4 timed out while waiting; 5 a host is unreachable; \
6 refused by a guardrail or read-only; 64 usage; 125, 126, 127, N from exec and run; 130, 143 \
interrupted.";

/// What is asked of the program.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Fleet(Box<Verb>),
    #[command(flatten)]
    Local(Local),
    /// Start a simulated fleet, and the console (or a verb) on it
    Demo(Demo),
}

/// Try everything on engines that are only simulated.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// What to do on the demo fleet; without it the console opens
    #[command(subcommand)]
    pub verb: Option<Box<Verb>>,
}

/// What needs no fleet.
#[derive(Debug, Clone, Subcommand)]
pub enum Local {
    /// Print where configuration, state and logs are
    Paths,
    /// Check, show or print an example of the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print the completions for a shell
    #[command(long_about = "Print the completions for a shell.\n\n\
        bash: pilothouse completions bash > ~/.local/share/bash-completion/completions/pilothouse\n\
        zsh:  pilothouse completions zsh > \"${fpath[1]}/_pilothouse\"\n\
        fish: pilothouse completions fish > ~/.config/fish/completions/pilothouse.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them to a directory
    Man {
        /// Write one page a verb to this directory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the version
    Version,
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigVerb {
    /// Read it and report every mistake
    Check {
        /// Another file than the configured one
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Print the values in force
    Show {
        /// With where each comes from
        #[arg(long)]
        show_origin: bool,
    },
    /// Print an example with every key and its default
    Example,
}

/// What is done to, or seen of, a fleet.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// List running containers
    Ps(read::Ps),
    /// List machines, containers, services, projects, volumes, networks, images or nodes
    #[command(visible_alias = "list")]
    Ls(read::Ls),
    /// Show everything the engine knows of objects
    Inspect(read::Inspect),
    /// Say why containers are unhealthy, restarting or not running
    Explain(read::Explain),
    /// Show what was done, by whom and how it went
    History(read::History),
    /// Check every host and say what to do about what is wrong
    Doctor(read::Doctor),
    /// Show what containers write
    Logs(stream::Logs),
    /// Show what containers use
    Stats(stream::Stats),
    /// Show the processes of containers
    Top(stream::Top),
    /// Show what happens on the hosts
    Events(stream::Events),
    /// Run a command in a running container
    Exec(stream::Exec),
    /// Talk to the first process of a container
    Attach(stream::Attach),
    /// Copy between a container and here, or between containers
    Cp(stream::Cp),
    /// Wait until containers run, are healthy, have exited or are gone
    Wait(stream::Wait),
    /// Start containers, services or projects
    Start(change::Start),
    /// Stop containers, services or projects
    Stop(change::Stop),
    /// Restart containers, services or projects
    Restart(change::Restart),
    /// Send a signal to containers
    Kill(change::Kill),
    /// Freeze containers
    Pause(change::Pause),
    /// Let frozen containers go on
    Unpause(change::Unpause),
    /// Remove containers (or, with --kind, other things)
    #[command(visible_alias = "remove")]
    Rm(change::Rm),
    /// Give a container another name
    Rename(change::Rename),
    /// Change what a container is made of: in place where that is possible, else by replacing it
    Update(Box<specify::Update>),
    /// Create a container like another
    Duplicate(Box<specify::Duplicate>),
    /// Make a container again that was removed; without a name: list those
    Restore(Box<specify::Restore>),
    /// Give an image another name too
    Tag(change::Tag),
    /// Fetch images
    Pull(change::Pull),
    /// Remove what nothing uses
    Prune(change::Prune),
    /// Create a container, volume or network
    #[command(subcommand)]
    Create(create::Create),
    /// Create a container and start it
    Run(Box<create::Run>),
    /// Connect containers to networks, or disconnect them
    #[command(subcommand)]
    Network(change::Network),
    /// Connect a container to a network
    Connect(change::Connect),
    /// Disconnect a container from a network
    Disconnect(change::Disconnect),
}

impl Verb {
    /// Does it change anything in the fleet?
    pub fn changes(&self) -> bool {
        match self {
            Self::Ps(_)
            | Self::Ls(_)
            | Self::Inspect(_)
            | Self::Explain(_)
            | Self::History(_)
            | Self::Doctor(_)
            | Self::Logs(_)
            | Self::Stats(_)
            | Self::Top(_)
            | Self::Events(_)
            | Self::Wait(_) => false,
            Self::Exec(_)
            | Self::Attach(_)
            | Self::Cp(_)
            | Self::Start(_)
            | Self::Stop(_)
            | Self::Restart(_)
            | Self::Kill(_)
            | Self::Pause(_)
            | Self::Unpause(_)
            | Self::Rm(_)
            | Self::Rename(_)
            | Self::Update(_)
            | Self::Duplicate(_)
            | Self::Restore(_)
            | Self::Tag(_)
            | Self::Pull(_)
            | Self::Prune(_)
            | Self::Create(_)
            | Self::Run(_)
            | Self::Network(_)
            | Self::Connect(_)
            | Self::Disconnect(_) => true,
        }
    }
}
