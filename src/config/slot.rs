//! A place for a value in the configuration: what fits in, how it is read and written.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::paths::expand;
use super::schema::ByteBudget;
use super::span::{parse_duration, print_duration};
use crate::domain::text::did_you_mean;

/// A value as it is written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
    Table(BTreeMap<String, String>),
    /// Anything else, as it is written.
    Toml(String),
}

impl fmt::Display for Value {
    /// As TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Toml(text) => f.write_str(text),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Texts(texts) => {
                let all: Vec<String> = texts.iter().map(|t| quoted(t)).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Self::Table(table) if table.is_empty() => f.write_str("{}"),
            Self::Table(table) => {
                let all: Vec<String> = table
                    .iter()
                    .map(|(k, v)| format!("{} = {}", key(k), quoted(v)))
                    .collect();
                write!(f, "{{ {} }}", all.join(", "))
            }
        }
    }
}

/// A text as TOML writes it, always on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A key as TOML writes it.
pub(super) fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.chars().all(bare) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// Goes on after the setting's name: `must be ...`.
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Complaint {
    fn must(be: impl fmt::Display, value: &Value) -> Self {
        Self {
            message: format!("must be {be}, not {value}"),
            hint: None,
        }
    }
}

/// One of several words.
pub trait Word {
    /// All of them.
    fn words(&self) -> &'static [&'static str];
    /// The one it is.
    fn word(&self) -> &'static str;
    /// Become that one; false if there is none of that name.
    fn become_word(&mut self, word: &str) -> bool;
}

/// Several words of one kind.
pub trait WordList {
    /// Those it is.
    fn words(&self) -> Vec<&'static str>;
    /// Become none.
    fn clear(&mut self);
    /// One more, as a place for a word.
    fn grow(&mut self) -> Option<&mut dyn Word>;
    /// Take the last one away.
    fn shrink(&mut self);
}

impl<T: Word + Every> WordList for Vec<T> {
    fn words(&self) -> Vec<&'static str> {
        self.iter().map(Word::word).collect()
    }

    fn clear(&mut self) {
        Self::clear(self);
    }

    fn grow(&mut self) -> Option<&mut dyn Word> {
        self.push(T::first());
        self.last_mut().map(|w| w as &mut dyn Word)
    }

    fn shrink(&mut self) {
        self.pop();
    }
}

/// A word to begin with.
pub trait Every {
    /// Any of them.
    fn first() -> Self;
}

/// Where a setting's value is kept, and what fits.
pub enum Slot<'a> {
    Text(&'a mut String),
    /// Levels by target: `info`, `warn,pilothouse=debug`.
    Filter(&'a mut String),
    /// Empty: none.
    Path(&'a mut Option<PathBuf>),
    Bool(&'a mut bool),
    MaybeBool(&'a mut Option<bool>),
    Count(&'a mut u32, RangeInclusive<u32>),
    MaybeCount(&'a mut Option<u32>, RangeInclusive<u32>),
    /// 0: none.
    Limit(&'a mut Option<u32>),
    Time(&'a mut Duration, RangeInclusive<Duration>),
    MaybeTime(&'a mut Option<Duration>, RangeInclusive<Duration>),
    Word(&'a mut dyn Word),
    /// Several words.
    Words(&'a mut dyn WordList),
    Texts(&'a mut Vec<String>),
    Labels(&'a mut BTreeMap<String, String>),
    Budget(&'a mut ByteBudget),
    MaybeText(&'a mut Option<String>),
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({:?})", self.get())
    }
}

/// The levels of the log, quietest first.
pub(super) const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl Slot<'_> {
    /// What is in it; `None` if nothing.
    pub fn get(&self) -> Option<Value> {
        Some(match self {
            Self::Text(text) | Self::Filter(text) => Value::Text((*text).clone()),
            Self::Path(path) => Value::Text(
                path.as_ref()
                    .map(|p| p.display().to_string())
                    .unwrap_or_default(),
            ),
            Self::Bool(yes) => Value::Bool(**yes),
            Self::MaybeBool(yes) => Value::Bool((**yes)?),
            Self::Count(count, _) => Value::Integer((**count).into()),
            Self::MaybeCount(count, _) => Value::Integer((**count)?.into()),
            Self::Limit(count) => Value::Integer(count.unwrap_or(0).into()),
            Self::Time(time, _) => Value::Text(print_duration(**time)),
            Self::MaybeTime(time, _) => Value::Text(print_duration((**time)?)),
            Self::Word(word) => Value::Text(word.word().to_owned()),
            Self::Words(list) => {
                Value::Texts(list.words().into_iter().map(str::to_owned).collect())
            }
            Self::Texts(list) => Value::Texts((*list).clone()),
            Self::Labels(labels) => Value::Table((*labels).clone()),
            Self::Budget(ByteBudget::Auto) => Value::Text("auto".into()),
            Self::Budget(ByteBudget::Unlimited) => Value::Text("unlimited".into()),
            Self::Budget(ByteBudget::BytesPerSecond(n)) => Value::Integer((*n).into()),
            Self::MaybeText(text) => Value::Text((**text).clone()?),
        })
    }

    /// Put `value` in, if it fits.
    pub(super) fn put(&mut self, value: &Value) -> Result<(), Complaint> {
        match self {
            Self::Text(slot) => **slot = text(value)?,
            Self::MaybeText(slot) => **slot = Some(text(value)?),
            Self::Filter(slot) => **slot = filter(value)?,
            Self::Path(slot) => {
                let path = text(value)?;
                **slot = (!path.is_empty()).then(|| PathBuf::from(path));
            }
            Self::Bool(slot) => **slot = boolean(value)?,
            Self::MaybeBool(slot) => **slot = Some(boolean(value)?),
            Self::Count(slot, range) => **slot = count(value, range)?,
            Self::MaybeCount(slot, range) => **slot = Some(count(value, range)?),
            Self::Limit(slot) => {
                let limit = count(value, &(0..=u32::MAX))?;
                **slot = (limit > 0).then_some(limit);
            }
            Self::Time(slot, range) => **slot = time(value, range)?,
            Self::MaybeTime(slot, range) => **slot = Some(time(value, range)?),
            Self::Word(slot) => word(value, *slot)?,
            Self::Words(slot) => words(value, *slot)?,
            Self::Texts(slot) => match value {
                Value::Texts(list) => list.clone_into(slot),
                _ => return Err(Complaint::must("a list like [\"a\", \"b\"]", value)),
            },
            Self::Labels(slot) => match value {
                Value::Table(labels) => labels.clone_into(slot),
                _ => return Err(Complaint::must("a table like { env = \"prod\" }", value)),
            },
            Self::Budget(slot) => **slot = budget(value)?,
        }
        Ok(())
    }

    /// What a variable or flag says, as it would be written in a file. Paths are relative to the
    /// working directory.
    pub(super) fn value_of(&self, text: &str, home: Option<&Path>) -> Value {
        let number = || text.trim().parse().ok().map(Value::Integer);
        let boolean = || match &*text.trim().to_ascii_lowercase() {
            "true" | "1" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "0" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        };
        let value = match self {
            Self::Bool(_) | Self::MaybeBool(_) => boolean(),
            Self::Count(..) | Self::MaybeCount(..) | Self::Limit(_) | Self::Budget(_) => number(),
            Self::Path(_) => Some(Value::Text(expand(text, home).display().to_string())),
            Self::Words(_) | Self::Texts(_) => {
                let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
                Some(Value::Texts(words.map(str::to_owned).collect()))
            }
            _ => None,
        };
        value.unwrap_or_else(|| Value::Text(text.to_owned()))
    }

    /// Is it a path, which a file means from where it is itself?
    pub(super) fn is_path(&self) -> bool {
        matches!(self, Self::Path(_))
    }
}

fn text(value: &Value) -> Result<String, Complaint> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Integer(_) => Err(Complaint {
            message: format!("must be a text, not {value}"),
            hint: Some(format!("in quotes: \"{value}\"")),
        }),
        _ => Err(Complaint::must("a text", value)),
    }
}

fn boolean(value: &Value) -> Result<bool, Complaint> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        _ => Err(Complaint::must("true or false", value)),
    }
}

fn count(value: &Value, range: &RangeInclusive<u32>) -> Result<u32, Complaint> {
    let number = match value {
        Value::Integer(number) => u32::try_from(*number).ok(),
        _ => None,
    };
    number.filter(|n| range.contains(n)).ok_or_else(|| {
        let be = if *range.end() == u32::MAX {
            format!("a whole number from {}", range.start())
        } else {
            format!("a whole number from {} to {}", range.start(), range.end())
        };
        Complaint::must(be, value)
    })
}

fn time(value: &Value, range: &RangeInclusive<Duration>) -> Result<Duration, Complaint> {
    let found = match value {
        Value::Text(text) => parse_duration(text),
        _ => None,
    };
    let Some(time) = found else {
        let number = match value {
            Value::Integer(n) => Some(n.to_string()),
            Value::Text(text) if text.bytes().all(|b| b.is_ascii_digit()) => Some(text.clone()),
            _ => None,
        };
        let number = number.filter(|n| !n.is_empty());
        return Err(Complaint {
            hint: number.map(|n| format!("did you mean \"{n}s\"?")),
            ..Complaint::must("a time like \"10s\", \"800ms\" or \"1h30m\"", value)
        });
    };
    if range.contains(&time) {
        return Ok(time);
    }
    let (least, most) = (print_duration(*range.start()), print_duration(*range.end()));
    Err(Complaint::must(
        format_args!("a time from {least} to {most}"),
        value,
    ))
}

fn word(value: &Value, slot: &mut dyn Word) -> Result<(), Complaint> {
    let words = slot.words();
    let said = match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    };
    if slot.become_word(&said) {
        return Ok(());
    }
    let all: Vec<String> = words.iter().map(|w| quoted(w)).collect();
    Err(Complaint {
        hint: did_you_mean(&said.to_lowercase(), words.iter().copied())
            .map(|near| format!("did you mean {}?", quoted(near))),
        ..Complaint::must(format_args!("one of {}", all.join(", ")), value)
    })
}

fn words(value: &Value, slot: &mut dyn WordList) -> Result<(), Complaint> {
    let Value::Texts(texts) = value else {
        return Err(Complaint::must("a list like [\"a\", \"b\"]", value));
    };
    slot.clear();
    for text in texts {
        if slot.words().iter().any(|w| w == text) {
            continue;
        }
        let Some(place) = slot.grow() else {
            continue;
        };
        if let Err(why) = word(&Value::Text(text.clone()), place) {
            slot.shrink();
            return Err(why);
        }
    }
    Ok(())
}

fn budget(value: &Value) -> Result<ByteBudget, Complaint> {
    match value {
        Value::Text(text) if text == "auto" => Ok(ByteBudget::Auto),
        Value::Text(text) if text == "unlimited" => Ok(ByteBudget::Unlimited),
        Value::Integer(n) if (1024..=i64::from(u32::MAX)).contains(n) => {
            Ok(ByteBudget::BytesPerSecond(*n as u32))
        }
        _ => Err(Complaint::must(
            "\"auto\", \"unlimited\" or bytes a second, at least 1024",
            value,
        )),
    }
}

fn filter(value: &Value) -> Result<String, Complaint> {
    let filter = text(value)?;
    for part in filter.split(',') {
        let level = part
            .rsplit_once('=')
            .map_or(part, |(_, level)| level)
            .trim();
        if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
            return Err(Complaint {
                hint: did_you_mean(level, LEVELS).map(|near| format!("did you mean {near:?}?")),
                ..Complaint::must(
                    format_args!(
                        "a level ({}), or levels by target like \"warn,pilothouse=debug\"",
                        LEVELS.join(", ")
                    ),
                    value,
                )
            });
        }
    }
    Ok(filter)
}
