//! From a typed line to a command with its arguments.

use super::{Arg, Command, Form, TABLE, Value, find};
use crate::domain::error::{Error, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::text::did_you_mean;

/// A command and what it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    pub command: &'static Command,
    /// Name and value, in the order they were given; a flag's value is empty.
    given: Vec<(&'static str, String)>,
}

impl Invocation {
    /// The command with nothing given.
    pub fn new(command: &'static Command) -> Self {
        Self {
            command,
            given: Vec::new(),
        }
    }

    /// Give it one more value.
    pub fn with(mut self, arg: &'static str, value: impl Into<String>) -> Self {
        self.given.push((arg, value.into()));
        self
    }

    /// The value of an argument.
    pub fn value(&self, arg: &str) -> Option<&str> {
        self.given
            .iter()
            .find(|(name, _)| *name == arg)
            .map(|(_, value)| value.as_str())
    }

    /// All its values.
    pub fn values<'a>(&'a self, arg: &'a str) -> impl Iterator<Item = &'a str> {
        self.given
            .iter()
            .filter(move |(name, _)| *name == arg)
            .map(|(_, value)| value.as_str())
    }

    /// Was the flag given?
    pub fn has(&self, arg: &str) -> bool {
        self.value(arg).is_some()
    }

    /// Does it name what it shall work on, or does it mean the selection?
    pub fn names_objects(&self) -> bool {
        self.command
            .args
            .iter()
            .any(|a| matches!(a.value, Value::Object(_)) && self.has(a.name))
    }

    /// Is everything there that it needs, when `selection` stands in for objects?
    pub fn check(&self, selection: &[ObjectRef]) -> Result<()> {
        let missing = self.command.args.iter().find(|a| {
            let stands_in = matches!(a.value, Value::Object(_)) && !selection.is_empty();
            a.required && !self.has(a.name) && !stands_in
        });
        match missing {
            None => Ok(()),
            Some(a) => Err(Error::invalid(format!(
                "{} needs {}: {}",
                self.command.name,
                a.name.to_uppercase(),
                a.doc
            ))
            .with_hint(format!("{} {}", self.command.name, self.command.usage()))),
        }
    }
}

/// The words of a line, as a shell reads them: quotes hold blanks together.
pub fn words(line: &str) -> Result<Vec<String>> {
    shell_words::split(line).map_err(|_| Error::invalid("a quote is not closed"))
}

/// The command a line means. An unknown command or flag is an error that names the nearest.
pub fn parse(line: &str) -> Result<Invocation> {
    let mut words = words(line)?.into_iter();
    let Some(name) = words.next() else {
        return Err(Error::invalid("name a command"));
    };
    let command = find(&name).ok_or_else(|| unknown(&name))?;
    let mut call = Invocation::new(command);
    let mut places = command
        .args
        .iter()
        .filter(|a| matches!(a.form, Form::Positional | Form::Rest))
        .peekable();
    let mut only_places = false;
    while let Some(word) = words.next() {
        if !only_places && word == "--" {
            only_places = true;
        } else if !only_places && word.len() > 1 && word.starts_with('-') {
            flag(&mut call, &word, &mut words)?;
        } else {
            let Some(arg) = places.peek().copied() else {
                return Err(
                    Error::invalid(format!("{} takes no {word:?}", command.name))
                        .with_hint(format!("{} {}", command.name, command.usage())),
                );
            };
            if arg.form == Form::Positional {
                places.next();
            }
            // What follows a command to be run is its own business.
            only_places |= matches!(arg.name, "command" | "what") || arg.name == "image";
            let value = checked(arg, &word)?;
            call.given.push((arg.name, value));
        }
    }
    Ok(call)
}

fn flag(call: &mut Invocation, word: &str, rest: &mut impl Iterator<Item = String>) -> Result<()> {
    let (name, mut inline) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    let letters = name.strip_prefix("--").is_none();
    if letters && inline.is_none() && name.chars().count() > 2 {
        // `-fv` is `-f -v`, and `-t10` is `-t 10`.
        let mut chars = name.chars().skip(1);
        let first = chars.next().unwrap_or_default();
        let tail: String = chars.collect();
        let arg = lettered(call.command, first).ok_or_else(|| no_flag(call.command, word))?;
        if let Form::Flag(_) = arg.form {
            call.given.push((arg.name, String::new()));
            return flag(call, &format!("-{tail}"), rest);
        }
        inline = Some(tail);
    }
    let arg = if letters {
        name.chars().nth(1).and_then(|c| lettered(call.command, c))
    } else {
        let long = name.trim_start_matches('-');
        call.command
            .args
            .iter()
            .find(|a| a.name == long && matches!(a.form, Form::Flag(_) | Form::Option(_)))
    };
    let arg = arg.ok_or_else(|| no_flag(call.command, name))?;
    let value = match arg.form {
        Form::Flag(_) => String::new(),
        _ => match inline.or_else(|| rest.next()) {
            Some(value) => checked(arg, &value)?,
            None => return Err(Error::invalid(format!("--{} needs a value", arg.name))),
        },
    };
    call.given.push((arg.name, value));
    Ok(())
}

fn lettered(command: &Command, letter: char) -> Option<&'static Arg> {
    command
        .args
        .iter()
        .find(|a| matches!(a.form, Form::Flag(Some(c)) | Form::Option(Some(c)) if c == letter))
}

fn checked(arg: &Arg, word: &str) -> Result<String> {
    match arg.value {
        Value::Seconds if word.parse::<u32>().is_err() => Err(Error::invalid(format!(
            "--{} takes whole seconds, not {word:?}",
            arg.name
        ))),
        Value::Kind(kinds) => {
            let kind = Kind::from_word(word).filter(|k| kinds.contains(k));
            kind.map(|k| k.word().to_owned()).ok_or_else(|| {
                let all: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
                Error::invalid(format!("{word:?} is not one of {}", all.join(", ")))
            })
        }
        Value::Word(all) if !all.contains(&word) => Err(Error::invalid(format!(
            "{word:?} is not one of {}",
            all.join(", ")
        ))),
        _ => Ok(word.to_owned()),
    }
}

fn no_flag(command: &Command, name: &str) -> Error {
    let e = Error::invalid(format!("{} has no flag {name}", command.name));
    if command.args.is_empty() {
        return e;
    }
    e.with_hint(format!("{} {}", command.name, command.usage()))
}

fn unknown(name: &str) -> Error {
    let e = Error::invalid(format!("no command is called {name:?}"));
    let names = TABLE
        .iter()
        .filter(|c| c.palette)
        .flat_map(|c| c.aliases.iter().copied().chain([c.name]));
    match did_you_mean(name, names) {
        Some(near) => e.with_hint(format!("did you mean {near}?")),
        None => e,
    }
}
