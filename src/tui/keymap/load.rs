//! From TOML to a keymap: every mistake is found and said with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Binding, Context, Keymap};
use crate::config;
use crate::domain::error::{Error, Result};
use crate::tui::input::{Chord, parse_sequence, print_sequence};
use crate::tui::suggest::closest;

/// The default keymap, as the configuration would write it.
pub const DEFAULT_TEXT: &str = include_str!("default.toml");

/// Keys that people bring along from elsewhere, each over the default ones.
const PRESETS: [(&str, &str); 2] = [
    ("k9s", include_str!("k9s.toml")),
    ("lazydocker", include_str!("lazydocker.toml")),
];

/// One file's bindings, read but not yet put over others.
#[derive(Debug, Clone)]
pub struct Layer {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    context: Context,
    chords: Vec<Chord>,
    /// Empty: unbind.
    words: Vec<String>,
    desc: Option<String>,
    origin: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    keys: BTreeMap<Spanned<String>, Vec<Spanned<Raw>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    on: On,
    run: String,
    desc: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum On {
    Text(String),
    List(Vec<String>),
}

impl Layer {
    /// Read `[[keys.CONTEXT]]` of a configuration file; other sections are left to others.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Error>> {
        let read: File = toml::from_str(text).map_err(|e| {
            vec![Error::invalid(format!(
                "{file}: {}",
                e.to_string().trim_end()
            ))]
        })?;
        let mut entries = Vec::new();
        let mut errors = Vec::new();
        for (name, list) in read.keys {
            let Some(context) = Context::from_name(name.as_ref()) else {
                let line = line_of(text, name.span().start);
                errors.push(unknown_context(file, line, name.as_ref()));
                continue;
            };
            for raw in list {
                let origin = format!("{file}:{}", line_of(text, raw.span().start));
                match entry(context, raw.into_inner(), origin.clone()) {
                    Ok(entry) => entries.push(entry),
                    Err(e) => errors.push(located(&origin, e)),
                }
            }
        }
        errors.extend(clashes(&entries));
        if errors.is_empty() {
            Ok(Self { entries })
        } else {
            Err(errors)
        }
    }

    /// The bindings of one configuration file.
    pub fn from_config(layer: &config::KeyLayer) -> Result<Self, Vec<Error>> {
        let mut entries = Vec::new();
        let mut errors = Vec::new();
        for binding in &layer.bindings {
            let Some(context) = Context::from_name(&binding.context) else {
                let e = unknown_context(&layer.file, binding.line, &binding.context);
                errors.push(e);
                continue;
            };
            let raw = Raw {
                on: match &binding.on {
                    config::Keys::Sequence(text) => On::Text(text.clone()),
                    config::Keys::List(list) => On::List(list.clone()),
                },
                run: binding.run.clone(),
                desc: binding.desc.clone(),
            };
            let origin = format!("{}:{}", layer.file, binding.line);
            match entry(context, raw, origin.clone()) {
                Ok(entry) => entries.push(entry),
                Err(e) => errors.push(located(&origin, e)),
            }
        }
        errors.extend(clashes(&entries));
        if errors.is_empty() {
            Ok(Self { entries })
        } else {
            Err(errors)
        }
    }

    /// The layer built into the program.
    pub fn defaults() -> Result<Self, Vec<Error>> {
        Self::parse("default keys", DEFAULT_TEXT)
    }

    /// The keys of another program over the default ones; none for `default` and unknown names.
    pub fn preset(name: &str) -> Result<Option<Self>, Vec<Error>> {
        let Some((name, text)) = PRESETS.iter().find(|(n, _)| *n == name) else {
            return Ok(None);
        };
        Self::parse(&format!("{name} keys"), text).map(Some)
    }

    /// Every command this layer binds.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter_map(|e| e.words.first())
            .map(String::as_str)
    }
}

impl Keymap {
    /// Put `layers` over each other, the last one winning; `known` says whether a command exists.
    /// A binding replaces what it hides in lower layers, also a longer or shorter sequence.
    pub fn build(layers: &[Layer], known: &dyn Fn(&str) -> bool) -> Result<Self, Vec<Error>> {
        let mut keymap = Self::default();
        let mut errors = Vec::new();
        let all: Vec<&str> = layers.iter().flat_map(Layer::commands).collect();
        let mut order = 0;
        for layer in layers {
            for entry in layer.entries.iter().filter(|e| e.words.is_empty()) {
                if !keymap.remove(entry.context, &entry.chords) {
                    errors.push(nothing_to_unbind(entry));
                }
            }
            for entry in &layer.entries {
                let Some((command, args)) = entry.words.split_first() else {
                    continue;
                };
                if !known(command) {
                    let others = all.iter().copied().filter(|c| known(c));
                    errors.push(unknown_command(entry, command, closest(command, others)));
                    continue;
                }
                keymap.insert(Binding {
                    context: entry.context,
                    chords: entry.chords.clone(),
                    command: command.clone(),
                    args: args.to_vec(),
                    desc: entry.desc.clone(),
                    origin: entry.origin.clone(),
                    order,
                });
                order += 1;
            }
        }
        if errors.is_empty() {
            Ok(keymap)
        } else {
            Err(errors)
        }
    }

    /// The default keys alone.
    pub fn defaults(known: &dyn Fn(&str) -> bool) -> Result<Self, Vec<Error>> {
        Self::build(&[Layer::defaults()?], known)
    }
}

fn entry(context: Context, raw: Raw, origin: String) -> Result<Entry> {
    let chords = match raw.on {
        On::Text(text) => parse_sequence(&text)?,
        On::List(list) => {
            let mut chords = Vec::new();
            for text in &list {
                chords.push(text.parse::<Chord>()?);
            }
            chords
        }
    };
    if chords.is_empty() {
        return Err(Error::invalid("`on` names no key"));
    }
    let words = shell_words::split(&raw.run)
        .map_err(|e| Error::invalid(format!("run = `{}`", raw.run)).with_source(e))?;
    Ok(Entry {
        context,
        chords,
        words,
        desc: raw.desc,
        origin,
    })
}

/// The same keys twice in one context, and sequences that start with another whole one.
fn clashes(entries: &[Entry]) -> Vec<Error> {
    let mut errors = Vec::new();
    for (i, later) in entries.iter().enumerate() {
        for earlier in entries[..i].iter().filter(|e| e.context == later.context) {
            let same = earlier.chords == later.chords;
            let prefix = !earlier.words.is_empty()
                && !later.words.is_empty()
                && (earlier.chords.starts_with(&later.chords)
                    || later.chords.starts_with(&earlier.chords));
            if !same && !prefix {
                continue;
            }
            let what = if same {
                "is bound twice"
            } else {
                "hides a longer sequence"
            };
            let shorter = if earlier.chords.len() <= later.chords.len() {
                earlier
            } else {
                later
            };
            let message = format!(
                "`{}` {what} in {}: {} and {}",
                print_sequence(&shorter.chords),
                later.context,
                described(earlier),
                described(later),
            );
            errors.push(
                Error::invalid(message)
                    .with_hint("give one of them another key, or unbind it with run = \"\""),
            );
        }
    }
    errors
}

fn described(entry: &Entry) -> String {
    let run = if entry.words.is_empty() {
        "nothing".to_owned()
    } else {
        entry.words.join(" ")
    };
    format!(
        "`{}` runs `{run}` ({})",
        print_sequence(&entry.chords),
        entry.origin
    )
}

fn located(origin: &str, error: Error) -> Error {
    let located = Error::invalid(format!("{origin}: {}", error.chain()));
    match error.hint() {
        Some(hint) => located.with_hint(hint),
        None => located,
    }
}

fn unknown_context(file: &str, line: usize, name: &str) -> Error {
    let error = Error::invalid(format!("{file}:{line}: no context is called `{name}`"));
    match closest(name, Context::ALL.map(Context::name)) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!(
            "one of {}",
            Context::ALL.map(Context::name).join(", ")
        )),
    }
}

fn unknown_command(entry: &Entry, command: &str, near: Option<&str>) -> Error {
    let keys = print_sequence(&entry.chords);
    let message = format!(
        "{}: `{keys}` in {} runs `{command}`, which is no command",
        entry.origin, entry.context
    );
    match near {
        Some(near) => Error::invalid(message).with_hint(format!("did you mean `{near}`?")),
        None => Error::invalid(message),
    }
}

fn nothing_to_unbind(entry: &Entry) -> Error {
    let keys = print_sequence(&entry.chords);
    Error::invalid(format!(
        "{}: `{keys}` is not bound in {}, there is nothing to unbind",
        entry.origin, entry.context
    ))
    .with_hint("a key of `global` is unbound in `global`")
}

/// The line of byte `at`, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}
