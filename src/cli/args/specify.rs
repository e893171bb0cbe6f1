//! `update`, `duplicate` and `restore`: what is otherwise than it was.

use clap::{ArgAction, Args};

use super::change::Change;
use super::create::{Container, Life, Limits, Network, Process, Refused, Rights, Storage};

/// `update`.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "pilothouse update [OPTIONS] TARGET [-- COMMAND [ARG...]]",
    after_help = "Limits and the restart policy are changed in place; for anything else the \
        container is replaced: a new one is made, the old one stopped and removed when the new \
        one runs. Variables and labels are changed one by one, other options as a whole."
)]
pub struct Update {
    #[command(flatten)]
    pub over: Over,
    /// Replace it even where it could be changed in place
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub change: Change,
    /// The container
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Another command
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

/// `duplicate`.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "pilothouse duplicate [OPTIONS] TARGET NAME [-- COMMAND [ARG...]]"
)]
pub struct Duplicate {
    #[command(flatten)]
    pub over: Over,
    /// Start it
    #[arg(long)]
    pub start: bool,
    #[command(flatten)]
    pub change: Change,
    /// The container to take as a pattern
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The name of the new one
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Another command
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

/// `restore`.
#[derive(Debug, Clone, Args)]
#[command(
    disable_help_flag = true,
    override_usage = "pilothouse restore [OPTIONS] [TARGET]"
)]
pub struct Restore {
    #[command(flatten)]
    pub over: Over,
    /// Under another name
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub change: Change,
    /// [HOST/]NAME of the container that was removed; without it: list them
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// Print help
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

/// What shall be otherwise than it was.
#[derive(Debug, Clone, Default, Args)]
pub struct Over {
    /// Another image
    #[arg(long)]
    pub image: Option<String>,
    /// Take a field away: memory, env.NAME, labels.NAME, ports... (repeatable)
    #[arg(long = "unset", value_name = "FIELD")]
    pub unset: Vec<String>,
    /// Keep stdin open
    #[arg(short = 'i', long)]
    pub interactive: bool,
    /// With a terminal
    #[arg(short = 't', long)]
    pub tty: bool,
    /// Remove it when it ends
    #[arg(long)]
    pub rm: bool,
    #[command(flatten)]
    pub process: Process,
    #[command(flatten)]
    pub network: Network,
    #[command(flatten)]
    pub storage: Storage,
    #[command(flatten)]
    pub life: Life,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub rights: Rights,
    #[command(flatten)]
    pub refused: Refused,
}

impl Over {
    /// The same as options of a container.
    pub(crate) fn container(&self, command: &[String]) -> Container {
        let image = self.image.clone().unwrap_or_default();
        Container {
            interactive: self.interactive,
            tty: self.tty,
            rm: self.rm,
            process: self.process.clone(),
            network: self.network.clone(),
            storage: self.storage.clone(),
            life: self.life.clone(),
            limits: self.limits.clone(),
            rights: self.rights.clone(),
            refused: self.refused.clone(),
            words: std::iter::once(image)
                .chain(command.iter().cloned())
                .collect(),
            ..Container::default()
        }
    }
}
