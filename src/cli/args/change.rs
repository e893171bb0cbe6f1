//! Arguments of the verbs that change something.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::read::Choice;
use super::values::{self, WaitFor};
use crate::cli::human::parse_duration;
use crate::domain::id::Kind;

/// Options of every verb that changes something.
#[derive(Debug, Clone, Default, Args)]
pub struct Change {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// What a guardrail wants typed (a host's name, an object's name or a number)
    #[arg(long, value_name = "TEXT")]
    pub confirm: Option<String>,
    /// Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait for running, healthy, exited or removed (without a value: what fits the verb)
    #[arg(
        long,
        value_name = "CONDITION",
        num_args = 0..=1,
        require_equals = true,
        hide_possible_values = true
    )]
    pub wait: Option<Option<WaitFor>>,
}

/// Which objects to change.
#[derive(Debug, Clone, Default, Args)]
pub struct Many {
    /// [HOST/]NAME-OR-ID, or a glob such as 'prod-*/web*'
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub choice: Choice,
    /// Every object of an ambiguous name; without names: every object
    #[arg(long)]
    pub all: bool,
}

/// `start`.
#[derive(Debug, Clone, Args)]
pub struct Start {
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub change: Change,
}

/// `stop`.
#[derive(Debug, Clone, Args)]
pub struct Stop {
    #[command(flatten)]
    pub many: Many,
    /// Kill what has not ended after this long
    #[arg(short = 't', long = "time", visible_alias = "grace", value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    pub grace: Option<Duration>,
    #[command(flatten)]
    pub change: Change,
}

/// `restart`.
#[derive(Debug, Clone, Args)]
pub struct Restart {
    #[command(flatten)]
    pub many: Many,
    /// Kill what has not ended after this long
    #[arg(short = 't', long = "time", visible_alias = "grace", value_name = "DURATION", value_parser = parse_duration, allow_hyphen_values = true)]
    pub grace: Option<Duration>,
    #[command(flatten)]
    pub change: Change,
}

/// `kill`.
#[derive(Debug, Clone, Args)]
pub struct Kill {
    #[command(flatten)]
    pub many: Many,
    /// The signal
    #[arg(short = 's', long, default_value = "SIGKILL")]
    pub signal: String,
    #[command(flatten)]
    pub change: Change,
}

/// `pause`.
#[derive(Debug, Clone, Args)]
pub struct Pause {
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub change: Change,
}

/// `unpause`.
#[derive(Debug, Clone, Args)]
pub struct Unpause {
    #[command(flatten)]
    pub many: Many,
    #[command(flatten)]
    pub change: Change,
}

/// `rm`.
#[derive(Debug, Clone, Args)]
pub struct Rm {
    #[command(flatten)]
    pub many: Many,
    /// What kind of thing; without it: containers, services, projects
    #[arg(short = 'k', long, value_parser = values::kind)]
    pub kind: Option<Kind>,
    /// Running containers too; images that are in use
    #[arg(short = 'f', long)]
    pub force: bool,
    /// With the anonymous volumes of the containers; of a project its named ones too
    #[arg(short = 'v', long)]
    pub volumes: bool,
    #[command(flatten)]
    pub change: Change,
}

/// `rename`.
#[derive(Debug, Clone, Args)]
pub struct Rename {
    /// The container
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Its new name
    pub name: String,
    #[command(flatten)]
    pub change: Change,
}

/// `tag`.
#[derive(Debug, Clone, Args)]
pub struct Tag {
    /// The image
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// The name to give it
    #[arg(value_name = "NAME[:TAG]")]
    pub reference: String,
    /// Every image of an ambiguous name
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub change: Change,
}

/// `pull`.
#[derive(Debug, Clone, Args)]
pub struct Pull {
    /// The images
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<String>,
    /// For this platform: linux/arm64
    #[arg(long)]
    pub platform: Option<String>,
    /// On every host
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub change: Change,
}

/// `prune`.
#[derive(Debug, Clone, Args)]
pub struct Prune {
    /// containers, images, volumes, networks; without any: all but volumes
    #[arg(value_name = "KIND", value_parser = values::prunable)]
    pub kinds: Vec<Kind>,
    /// Every unused image, not only untagged ones; named volumes too
    #[arg(short = 'a', long = "all")]
    pub all: bool,
    /// Volumes too
    #[arg(long)]
    pub volumes: bool,
    /// On every host
    #[arg(long)]
    pub all_hosts: bool,
    /// Only what was created before: a duration ago, a date or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only with this label: KEY or KEY=VALUE (repeatable)
    #[arg(short = 'l', long = "label", value_name = "LABEL")]
    pub labels: Vec<String>,
    #[command(flatten)]
    pub change: Change,
}

/// `network connect` and `network disconnect`.
#[derive(Debug, Clone, Subcommand)]
pub enum Network {
    /// Connect a container to a network
    Connect(Connect),
    /// Disconnect a container from a network
    Disconnect(Disconnect),
}

/// `connect`.
#[derive(Debug, Clone, Args)]
pub struct Connect {
    /// The network
    pub network: String,
    /// The container
    pub container: String,
    /// Another name for the container in this network (repeatable)
    #[arg(long = "alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// Its IPv4 address there
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Option<String>,
    /// Its IPv6 address there
    #[arg(long, value_name = "ADDRESS")]
    pub ip6: Option<String>,
    /// A link to another container
    #[arg(long = "link", value_name = "CONTAINER[:ALIAS]")]
    pub links: Vec<String>,
    /// An option for the network's driver
    #[arg(long = "driver-opt", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub driver_options: Vec<(String, String)>,
    #[command(flatten)]
    pub change: Change,
}

/// `disconnect`.
#[derive(Debug, Clone, Args)]
pub struct Disconnect {
    /// The network
    pub network: String,
    /// The container
    pub container: String,
    /// Even when the container is gone or dead
    #[arg(short = 'f', long)]
    pub force: bool,
    #[command(flatten)]
    pub change: Change,
}
