//! The verbs: everything the console can do, without a terminal.
//!
//! [`parse`] understands the command line, [`run`] carries a verb out on a fleet and says how it
//! ended, [`local`] does what needs no fleet. Data goes to stdout, everything else to stderr, and
//! only [`out`] writes to either.

pub mod args;
mod exit;
mod human;
mod local;
pub mod out;
mod perform;
mod pick;
mod plan;
mod progress;
mod signals;
mod spec;
mod stream;
mod table;
mod template;
mod verbs;
mod view;
mod waiting;
mod yaml;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use futures_util::FutureExt;

pub use args::{Cli, Command, ConfigVerb, Global, Local, Verb};
pub use exit::Exit;
pub use local::{fail, local};
pub use out::{Colour, Format, Out, Terminals};

use crate::domain::intent::Actor;
use crate::domain::port::Clock;
use crate::reconcile::CoreHandle;
use exit::{Stop, Verdict};
use signals::Signals;

/// Environment variables.
pub type Env = BTreeMap<String, String>;

/// A command line that is no invocation: help, the version, or a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What to print, with colours if they were wished for.
    pub text: String,
    /// Is it a mistake, to be printed on stderr?
    pub mistake: bool,
}

impl Answer {
    /// How the program ends with it.
    pub fn exit(&self) -> Exit {
        if self.mistake {
            Exit::Usage
        } else {
            Exit::Done
        }
    }

    /// Print it.
    pub fn print(&self, out: &mut Out) -> Exit {
        if self.mistake {
            out.ask(&self.text);
            return Exit::Usage;
        }
        let printed = out.bytes(self.text.as_bytes()).and_then(|()| out.flush());
        match printed {
            Ok(()) | Err(Stop::Closed) => Exit::Done,
            Err(Stop::Exit(exit)) => exit,
            Err(Stop::Error(e)) => {
                out.error(&e);
                Exit::of(e.kind())
            }
        }
    }
}

/// Understand a command line; `arguments` begins with the name of the program.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Answer> {
    Cli::try_parse_from(arguments)
        .and_then(|cli| match misplaced(&cli) {
            Some(e) => Err(e),
            None => Ok(cli),
        })
        .map_err(|e| Answer {
            text: e.render().to_string(),
            mistake: !matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion),
        })
}

/// Verbs that end with a command of somebody else take whatever looks like an option. Before the
/// command it is one of ours, misspelt.
fn misplaced(cli: &Cli) -> Option<clap::Error> {
    let verb = match cli.verb.as_ref()? {
        Command::Fleet(verb) => verb,
        Command::Demo(demo) => demo.verb.as_ref()?,
        Command::Local(_) => return None,
    };
    let words = match &**verb {
        Verb::Run(args) => &args.container.words,
        Verb::Create(args::create::Create::Container(args)) => &args.container.words,
        Verb::Exec(args) => &args.words,
        Verb::Top(args) => &args.words,
        _ => return None,
    };
    let first = words.first().filter(|w| w.starts_with('-'))?;
    let what = format!("unexpected argument '{first}' found");
    Some(Cli::command().error(ErrorKind::UnknownArgument, what))
}

/// What a verb works with.
#[derive(Debug)]
pub struct Context {
    pub out: Out,
    pub env: Env,
    pub clock: Arc<dyn Clock>,
    pub actor: Actor,
    pub global: Global,
    pub(crate) signals: Signals,
}

impl Context {
    /// The surroundings of one verb.
    pub fn new(out: Out, env: Env, clock: Arc<dyn Clock>, actor: Actor, global: Global) -> Self {
        Self {
            out,
            env,
            clock,
            actor,
            global,
            signals: Signals::never(),
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The format that was asked for, or the table.
    pub(crate) fn format(&self) -> Format {
        self.global.output.clone().unwrap_or(Format::Table)
    }

    fn finish(&mut self, verdict: Verdict) -> Exit {
        let verdict = verdict.and_then(|exit| self.out.flush().map(|()| exit));
        match verdict {
            Ok(exit) | Err(Stop::Exit(exit)) => {
                // The reader may be gone; that is not worth another word.
                let _ = self.out.flush();
                exit
            }
            Err(Stop::Closed) => Exit::Done,
            Err(Stop::Error(e)) => {
                let _ = self.out.flush();
                self.out.error(&e);
                Exit::of(e.kind())
            }
        }
    }
}

/// Carry a verb out on a fleet. Everything is said on the way; what is left is the exit code.
/// `notices` are told in the end, on stderr.
pub async fn run(
    verb: Verb,
    core: CoreHandle,
    mut ctx: Context,
    notices: impl Future<Output = Result<Vec<String>, tokio::task::JoinError>>,
) -> Exit {
    ctx.signals = match Signals::install() {
        Ok(signals) => signals,
        Err(e) => {
            ctx.out.error(&e);
            return Exit::Failed;
        }
    };
    let notices = notices.map(Result::unwrap_or_default).shared();
    if matches!(verb, Verb::History(_)) {
        // What was interrupted shall be on record before the record is read.
        notices.clone().await;
    }
    let mut signals = ctx.signals.clone();
    let verdict = if verbs::minds_signals(&verb) {
        verbs::run(verb, &core, &mut ctx).await
    } else {
        tokio::select! {
            verdict = verbs::run(verb, &core, &mut ctx) => verdict,
            exit = signals.next() => Err(Stop::Exit(exit)),
        }
    };
    for notice in notices.await {
        ctx.out.warn(&notice);
    }
    ctx.finish(verdict)
}

#[cfg(test)]
mod tests;
