//! A command as a line for the shell.

use std::borrow::Cow;

use super::parse::Invocation;
use super::{Arg, Form};
use crate::domain::id::{Kind, ObjectRef};

/// The program's name in shell commands.
pub const PROGRAM: &str = "pilothouse";

/// `word` as a POSIX shell has to be given it.
pub fn quote(word: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// How the shell names an object. What has no name goes by its short id.
fn reference(object: &ObjectRef) -> String {
    match object.kind {
        Kind::Machine => object.host.to_string(),
        _ => format!("{}/{}", object.host, object.label()),
    }
}

impl Invocation {
    /// The line for a shell that does the same to `selection` (used when no object is named);
    /// nothing for what only the console has.
    pub fn shell(&self, selection: &[ObjectRef]) -> Option<String> {
        let mut line = vec![PROGRAM.to_owned()];
        let machines = !selection.is_empty() && selection.iter().all(|o| o.kind == Kind::Machine);
        if machines && self.command.changes && !self.names_objects() {
            line.push("machine".to_owned());
        }
        line.push(self.command.verb?.to_owned());
        let mut positional = Vec::new();
        for arg in self.command.args {
            let values: Vec<&str> = self.values(arg.name).collect();
            match arg.form {
                Form::Flag(_) if values.is_empty() => {}
                Form::Flag(_) => line.push(format!("--{}", arg.name)),
                Form::Option(_) => {
                    for value in values {
                        line.push(format!("--{}", arg.name));
                        line.push(quote(value).into_owned());
                    }
                }
                Form::Positional | Form::Rest if values.is_empty() => {
                    positional.extend(stand_in(arg, selection));
                }
                // The kind of a thing is a verb of its own there: `create volume --driver d data`.
                Form::Positional if matches!(arg.value, super::Value::Kind(_)) => {
                    line.insert(2, quote(values[0]).into_owned());
                }
                Form::Positional | Form::Rest => {
                    positional.extend(values.iter().map(|v| quote(v).into_owned()));
                }
            }
        }
        line.extend(self.kind_flag(selection));
        line.extend(positional);
        Some(line.join(" "))
    }

    /// `--kind volume` where the names alone would mean containers.
    fn kind_flag(&self, selection: &[ObjectRef]) -> Vec<String> {
        let takes = self
            .command
            .args
            .iter()
            .any(|a| a.name == "kind" && matches!(a.form, Form::Option(_)));
        match selection.first().map(|o| o.kind) {
            Some(kind)
                if takes
                    && self.value("kind").is_none()
                    && !self.names_objects()
                    && !matches!(kind, Kind::Container | Kind::Machine) =>
            {
                vec!["--kind".to_owned(), kind.word().to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

/// What stands where no object was named.
fn stand_in(arg: &Arg, selection: &[ObjectRef]) -> Vec<String> {
    if !matches!(arg.value, super::Value::Object(_)) {
        return Vec::new();
    }
    let all = selection.iter().map(|o| quote(&reference(o)).into_owned());
    match arg.form {
        Form::Rest => all.collect(),
        _ => all.take(1).collect(),
    }
}
