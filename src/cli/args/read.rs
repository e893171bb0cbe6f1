//! Arguments of the verbs that look.

use clap::{Args, Subcommand};

use super::values;
use crate::domain::id::{Kind, OpId};
use crate::domain::observed::{ContainerState, HealthStatus};
use crate::domain::operation::Outcome;
use crate::domain::selector::LabelTest;

/// Which objects.
#[derive(Debug, Clone, Default, Args)]
pub struct Targets {
    /// [HOST/]NAME-OR-ID, or a glob such as 'prod-*/web*'
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub choice: Choice,
}

/// Conditions on objects.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// With this label: KEY, KEY=VALUE, KEY!=VALUE (repeatable; values may be globs)
    #[arg(short = 'l', long = "label", value_name = "LABEL", value_parser = values::label)]
    pub labels: Vec<LabelTest>,
    /// In one of these states
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',', value_parser = values::state)]
    pub states: Vec<ContainerState>,
    /// With one of these verdicts of their health check
    #[arg(long = "health", value_name = "HEALTH", value_delimiter = ',', value_parser = values::health)]
    pub health: Vec<HealthStatus>,
}

/// `ps`.
#[derive(Debug, Clone, Args)]
pub struct Ps {
    /// [HOST/]NAME-OR-ID, or a glob such as 'prod-*/web*'
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Those that do not run too
    #[arg(short = 'a', long)]
    pub all: bool,
    /// Only the ids, in full
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// As docker: name=, label=, status=, health=, ancestor=, network=, volume=, id=, exited=
    #[arg(short = 'f', long = "filter", value_name = "KEY=VALUE", value_parser = values::pair)]
    pub filters: Vec<(String, String)>,
    #[command(flatten)]
    pub choice: Choice,
}

/// `ls`.
#[derive(Debug, Clone, Args)]
pub struct Ls {
    /// machines, containers, services, projects, volumes, networks, images or nodes
    #[arg(value_parser = values::kind)]
    pub kind: Kind,
    /// Only the ids, in full
    #[arg(short = 'q', long)]
    pub quiet: bool,
    #[command(flatten)]
    pub targets: Targets,
}

/// `inspect`.
#[derive(Debug, Clone, Args)]
pub struct Inspect {
    /// [HOST/]NAME-OR-ID, or a glob
    #[arg(value_name = "TARGET", required = true)]
    pub targets: Vec<String>,
    /// Only this kind of thing; without it: the first kind that has the name
    #[arg(short = 'k', long, value_parser = values::kind)]
    pub kind: Option<Kind>,
    /// Take every object of an ambiguous name
    #[arg(long)]
    pub all: bool,
}

/// `explain`.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// [HOST/]NAME-OR-ID of containers, services or projects; without any: all that need an eye
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub choice: Choice,
}

/// `history`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct History {
    #[command(subcommand)]
    pub show: Option<HistoryVerb>,
    /// Only since then: a duration ago, a date or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only until then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only what touched this object: a name, an id or a glob
    #[arg(long, value_name = "NAME")]
    pub object: Option<String>,
    /// Only this verb
    #[arg(long, value_name = "VERB")]
    pub verb: Option<String>,
    /// Only what this user asked for
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Only with this outcome: succeeded, failed, partial, cancelled, interrupted...
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    pub outcome: Option<Outcome>,
    /// The newest so many
    #[arg(short = 'n', long, default_value_t = 50)]
    pub limit: u64,
    /// Check that nobody changed the record
    #[arg(long)]
    pub verify: bool,
}

/// What `history` does beside listing.
#[derive(Debug, Clone, Subcommand)]
pub enum HistoryVerb {
    /// Show one operation with its steps
    Show {
        /// Its id, as `history` prints it
        #[arg(value_parser = operation)]
        id: OpId,
    },
}

fn operation(text: &str) -> Result<OpId, String> {
    text.parse().map_err(|_| {
        "an operation's id is made of hexadecimal digits, as `history` prints it".to_owned()
    })
}

fn outcome(text: &str) -> Result<Outcome, String> {
    Outcome::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = Outcome::ALL.into_iter().map(Outcome::word).collect();
        format!("one of {}", words.join(", "))
    })
}

/// `doctor`.
#[derive(Debug, Clone, Args)]
pub struct Doctor {}
