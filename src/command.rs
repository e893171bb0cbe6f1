//! The table of commands: what can be asked for, by a key, in the palette, in a menu, as a verb.
//!
//! Keys name rows of [`TABLE`], the help and the menus print them, the palette completes and reads
//! them ([`parse`]), and every row that has a [`Command::verb`] can be written as a shell command
//! ([`Invocation::shell`]). Whatever changes the fleet has a verb: a test compares the table with
//! the command line's own.

pub mod docker;
mod parse;
mod shell;
mod table;

use crate::domain::id::Kind;
use crate::domain::plan::Danger;

pub use parse::{Invocation, parse, words};
pub use shell::{PROGRAM, quote};
pub use table::{SIGNALS, TABLE};

/// Where a command works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere but in prompts and dialogs.
    Global,
    /// Any table.
    Table,
    /// Any text that scrolls.
    View,
    /// Log views.
    Logs,
    /// Objects of a kind: their table, their details.
    Kind(Kind),
    /// The table of operations.
    Operations,
    /// A line being typed.
    Prompt,
    /// A dialog that asks.
    Confirm,
    /// A form.
    Form,
    /// The list of keys.
    Help,
}

/// How an argument is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By its place.
    Positional,
    /// By its place, as many as there are.
    Rest,
    /// `--name`, or `-x`; there or not there.
    Flag(Option<char>),
    /// `--name VALUE`, or `-x VALUE`.
    Option(Option<char>),
}

/// What an argument's value is, for completion and checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Objects of these kinds: `[host/]name-or-id`, globs.
    Object(&'static [Kind]),
    /// A host's name or a glob of them.
    Host,
    /// The name of a kind.
    Kind(&'static [Kind]),
    /// A signal, with or without `SIG`.
    Signal,
    /// Seconds.
    Seconds,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

/// An argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// Its name, which is also its long flag: `force` is `--force`.
    pub name: &'static str,
    pub doc: &'static str,
    pub form: Form,
    pub value: Value,
    pub required: bool,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// As keys and the palette call it.
    pub name: &'static str,
    /// What the palette also takes for it.
    pub aliases: &'static [&'static str],
    /// In the imperative, one line, no full stop.
    pub doc: &'static str,
    pub args: &'static [Arg],
    pub scopes: &'static [Scope],
    /// The worst it can do; of each use the plan says exactly.
    pub danger: Danger,
    /// Does it change anything in the fleet?
    pub changes: bool,
    /// The verb on the command line that does the same.
    pub verb: Option<&'static str>,
    /// Does it make sense in the palette, or only under a key?
    pub palette: bool,
}

impl Command {
    /// Does it work there?
    pub fn works_in(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Does it work on objects of that kind?
    pub fn works_on(&self, kind: Kind) -> bool {
        self.works_in(Scope::Kind(kind))
    }

    /// The argument of that name.
    pub fn arg(&self, name: &str) -> Option<&'static Arg> {
        self.args.iter().find(|a| a.name == name)
    }

    /// The arguments as help texts write them: `[--force] CONTAINER...`.
    pub fn usage(&self) -> String {
        let one = |a: &Arg| {
            let upper = a.name.to_uppercase();
            let text = match a.form {
                Form::Positional => upper,
                Form::Rest => format!("{upper}..."),
                Form::Flag(_) => format!("--{}", a.name),
                Form::Option(_) => format!("--{} {upper}", a.name),
            };
            if a.required {
                text
            } else {
                format!("[{text}]")
            }
        };
        self.args.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// The command of that name or alias.
pub fn find(name: &str) -> Option<&'static Command> {
    TABLE
        .iter()
        .find(|c| c.name == name)
        .or_else(|| TABLE.iter().find(|c| c.aliases.contains(&name)))
}

/// Is there a command of that name? What keys may run.
pub fn is_known(name: &str) -> bool {
    find(name).is_some()
}

#[cfg(test)]
mod tests;
