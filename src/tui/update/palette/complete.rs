//! What can follow on the command line.

use crate::command::{self, Command, Form, Invocation, SIGNALS, Scope, TABLE, Value};
use crate::domain::id::Kind;
use crate::tui::detail::Detail;
use crate::tui::filter::Fuzzy;
use crate::tui::keymap::{Binding, Context};
use crate::tui::model::Model;
use crate::tui::overlay::Candidate;

/// Candidates offered at once.
const SHOWN: usize = 50;

/// Where the last word of `head` begins.
pub(super) fn word_start(head: &str) -> usize {
    head.rfind(char::is_whitespace).map_or(0, |at| {
        at + head[at..].chars().next().map_or(1, char::len_utf8)
    })
}

/// What the last word of `head` can become.
pub(super) fn complete(model: &Model, head: &str) -> Vec<Candidate> {
    let start = word_start(head);
    let (before, word) = head.split_at(start);
    let all = if before.trim().is_empty() {
        commands_like(model)
    } else {
        match command::parse(before) {
            Ok(call) => arguments(model, &call, word, before),
            Err(_) => match before.split_whitespace().next().and_then(command::find) {
                Some(command) => arguments(model, &Invocation::new(command), word, before),
                None => Vec::new(),
            },
        }
    };
    rank(all, word)
}

/// Those that fit, the best first; all in their order for an empty word.
fn rank(all: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    if word.is_empty() {
        return all.into_iter().take(SHOWN).collect();
    }
    let mut fuzzy = Fuzzy::default();
    let mut scored: Vec<(bool, u16, usize, Candidate)> = all
        .into_iter()
        .enumerate()
        .filter_map(|(n, c)| {
            let score = fuzzy.score(word, &c.text)?;
            Some((!c.text.starts_with(word), u16::MAX - score, n, c))
        })
        .collect();
    scored.sort_by_key(|s| (s.0, s.1, s.2));
    scored.into_iter().map(|s| s.3).take(SHOWN).collect()
}

fn commands_like(model: &Model) -> Vec<Candidate> {
    let stack = base_contexts(model);
    let read_only = model.read_only();
    let own = model.setup.commands.iter();
    let own = own.filter(|c| c.read_only || !read_only).map(|c| {
        let keys = model.setup.keymap.chords_for(&stack, &c.name);
        Candidate {
            text: c.name.clone(),
            doc: c.doc.clone(),
            key: keys
                .first()
                .copied()
                .map_or_else(String::new, Binding::label),
        }
    });
    let in_logs = model.front_detail().is_some_and(Detail::shows_logs);
    TABLE
        .iter()
        .filter(|c| c.palette && !(read_only && c.changes) && c.name != "palette")
        .filter(|c| in_logs || c.scopes != [Scope::Logs])
        .map(|c| {
            let keys = model.setup.keymap.chords_for(&stack, c.name);
            Candidate {
                // One grammar with the command line: its verb where there is one.
                text: shown_name(c).to_owned(),
                doc: c.doc.to_owned(),
                key: keys
                    .first()
                    .copied()
                    .map_or_else(String::new, Binding::label),
            }
        })
        .chain(own)
        .collect()
}

/// The name that is also the verb on the command line, where the table has it.
fn shown_name(command: &Command) -> &'static str {
    match command.verb {
        Some(verb) if verb == command.name || command.aliases.contains(&verb) => verb,
        _ => command
            .aliases
            .first()
            .copied()
            .filter(|_| command.name.starts_with("goto-"))
            .unwrap_or(command.name),
    }
}

/// The contexts under the palette.
fn base_contexts(model: &Model) -> Vec<Context> {
    let mut stack = vec![model.nav.pane.context(), Context::Table, Context::Global];
    if model.front_detail().is_some() {
        stack.insert(0, Context::View);
    }
    if model.front_detail().is_some_and(Detail::shows_logs) {
        stack.insert(0, Context::Logs);
    }
    stack
}

fn plain(text: impl Into<String>, doc: impl Into<String>) -> Candidate {
    Candidate {
        text: text.into(),
        doc: doc.into(),
        key: String::new(),
    }
}

fn arguments(model: &Model, call: &Invocation, word: &str, before: &str) -> Vec<Candidate> {
    let command = call.command;
    if word.starts_with('-') {
        let flags = command
            .args
            .iter()
            .filter(|a| matches!(a.form, Form::Flag(_) | Form::Option(_)));
        return flags
            .map(|a| plain(format!("--{}", a.name), a.doc))
            .collect();
    }
    // The word before is an option that wants a value?
    let last = before.split_whitespace().next_back().unwrap_or_default();
    let wanted = command.args.iter().find(|a| match a.form {
        Form::Option(letter) => {
            last == format!("--{}", a.name) || letter.is_some_and(|l| last == format!("-{l}"))
        }
        _ => false,
    });
    let next = command.args.iter().find(|a| match a.form {
        Form::Positional => !call.has(a.name),
        Form::Rest => true,
        _ => false,
    });
    match wanted.or(next) {
        Some(arg) => values(model, arg.value, call),
        None => Vec::new(),
    }
}

fn values(model: &Model, value: Value, call: &Invocation) -> Vec<Candidate> {
    match value {
        Value::Host => model
            .snapshot
            .hosts
            .iter()
            .map(|h| plain(h.id().as_str(), h.link.word()))
            .collect(),
        Value::Object(kinds) => {
            let kind = call.value("kind").and_then(Kind::from_word);
            let kinds: Vec<Kind> = match kind {
                Some(kind) => vec![kind],
                None if call.command.name == "remove" => vec![Kind::Container],
                None => kinds.to_vec(),
            };
            let refs = model
                .snapshot
                .hosts
                .iter()
                .flat_map(|h| kinds.iter().flat_map(|k| h.refs(*k)));
            refs.map(|o| plain(command::quote(&o.to_string()).into_owned(), o.kind.word()))
                .collect()
        }
        Value::Kind(kinds) => kinds.iter().map(|k| plain(k.word(), "")).collect(),
        Value::Signal => SIGNALS.iter().map(|s| plain(*s, "")).collect(),
        Value::Word(all) => all.iter().map(|w| plain(*w, "")).collect(),
        Value::Text if call.command.name == "run" || call.command.name == "pull" => {
            let hosts = model.snapshot.hosts.iter();
            let images = hosts.flat_map(|h| h.images.iter().map(|i| i.name().to_owned()));
            let mut names: Vec<String> = images.filter(|n| !n.is_empty()).collect();
            names.sort();
            names.dedup();
            names.into_iter().map(|n| plain(n, "")).collect()
        }
        Value::Text | Value::Seconds => Vec::new(),
    }
}
