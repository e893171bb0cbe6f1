//! The command line: completion, history, and what it runs.

use super::{actions, commands, details, navigate};
use crate::command::{self, Command, Form, Invocation, SIGNALS, TABLE, Value};
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::{Intent, Prune, PullPolicy, Target};
use crate::domain::selector::Selector;
use crate::domain::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
use crate::tui::detail::{Subject, Tab, row_of};
use crate::tui::effect::Effect;
use crate::tui::filter::Fuzzy;
use crate::tui::keymap::Context;
use crate::tui::line_edit::LineEdit;
use crate::tui::model::Model;
use crate::tui::overlay::{Candidate, Overlay, Palette};
use crate::tui::row::{Row, RowKey};
use crate::tui::status::Severity;

/// Candidates shown at once.
const SHOWN: usize = 50;

/// Open it with text in it.
pub(super) fn open(model: &mut Model, text: &str) {
    model.pending.clear();
    model.overlays.push(Overlay::Palette(Palette {
        line: LineEdit::new(text),
        ..Palette::default()
    }));
    typed(model);
}

/// The line changed.
pub(super) fn typed(model: &mut Model) {
    if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
        palette.chosen = None;
        palette.stem = None;
        palette.error = None;
    }
    refresh(model);
}

/// Completions and the shell command, for the line as it is.
pub(super) fn refresh(model: &mut Model) {
    let Some(Overlay::Palette(palette)) = model.overlays.last() else {
        return;
    };
    let line = palette.line.text().to_owned();
    let head = palette
        .stem
        .as_ref()
        .unwrap_or(&palette.line)
        .head()
        .to_owned();
    let candidates = complete(model, &head);
    let chosen = actions::objects(&model.chosen());
    let shell = command::parse(&completed(&line, &candidates))
        .ok()
        .filter(|call| call.check(&chosen).is_ok())
        .and_then(|call| call.shell(&chosen));
    if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
        palette.candidates = candidates;
        palette.shell = shell;
        palette.chosen = palette.chosen.filter(|at| *at < palette.candidates.len());
    }
}

/// Where the last word of `head` begins.
fn word_start(head: &str) -> usize {
    head.rfind(char::is_whitespace).map_or(0, |at| {
        at + head[at..].chars().next().map_or(1, char::len_utf8)
    })
}

fn complete(model: &Model, head: &str) -> Vec<Candidate> {
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
    scored.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    scored.into_iter().map(|s| s.3).take(SHOWN).collect()
}

fn commands_like(model: &Model) -> Vec<Candidate> {
    let stack = base_contexts(model);
    let read_only = model.read_only();
    TABLE
        .iter()
        .filter(|c| c.palette && !(read_only && c.changes) && c.name != "palette")
        .map(|c| {
            let keys = model.setup.keymap.chords_for(&stack, c.name);
            Candidate {
                // One grammar with the command line: its verb where there is one.
                text: shown_name(c).to_owned(),
                doc: c.doc.to_owned(),
                key: keys.first().map_or_else(String::new, |b| b.label()),
            }
        })
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

/// A key of the command line.
pub(super) fn command(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    match name {
        "cancel" => {
            model.overlays.pop();
        }
        "complete" => choose(model, 1),
        "complete-back" => choose(model, -1),
        "history-previous" => recall(model, 1),
        "history-next" => recall(model, -1),
        "accept" => accept(model, effects),
        _ => {}
    }
}

fn choose(model: &mut Model, by: isize) {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return;
    };
    if palette.candidates.is_empty() {
        return;
    }
    let count = palette.candidates.len() as isize;
    let next = match palette.chosen {
        None if by > 0 => 0,
        None => count - 1,
        Some(at) => (at as isize + by).rem_euclid(count),
    } as usize;
    let stem = palette
        .stem
        .get_or_insert_with(|| palette.line.clone())
        .clone();
    let start = word_start(stem.head());
    let text = format!(
        "{}{} ",
        &stem.head()[..start],
        palette.candidates[next].text
    );
    let only = palette.candidates.len() == 1;
    palette.line.set(text + stem.tail().trim_start());
    palette.chosen = Some(next);
    if only {
        typed(model);
    } else {
        refresh(model);
    }
}

fn recall(model: &mut Model, by: isize) {
    let lines = model.activity.typed.commands.clone();
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return;
    };
    let next = match (palette.recall, by) {
        (None, 1) => Some(0),
        (Some(at), 1) => Some((at + 1).min(lines.len().saturating_sub(1))),
        (Some(at), _) => at.checked_sub(1),
        (None, _) => None,
    };
    let text = match next {
        Some(at) => match lines.iter().rev().nth(at) {
            Some(line) => line.clone(),
            None => return,
        },
        None => String::new(),
    };
    palette.recall = next;
    palette.line.set(text);
    typed(model);
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = model.overlays.last() else {
        return;
    };
    let line = palette.line.text().trim().to_owned();
    if line.is_empty() {
        model.overlays.pop();
        return;
    }
    let line = completed(&line, &palette.candidates);
    if let Err(e) = check(model, &line) {
        if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
            palette.error = Some(match e.hint() {
                Some(hint) => format!("{e}; {hint}"),
                None => e.to_string(),
            });
        }
        return;
    }
    model.overlays.pop();
    let commands = &mut model.activity.typed.commands;
    commands.retain(|l| *l != line);
    commands.push(line.clone());
    if commands.len() > 200 {
        commands.remove(0);
    }
    execute(model, &line, effects);
}

/// A command's name that is not complete, but unmistakable, is completed.
fn completed(line: &str, candidates: &[Candidate]) -> String {
    let line = line.trim();
    match candidates.first() {
        Some(first)
            if !line.is_empty()
                && !line.contains(' ')
                && command::find(line).is_none()
                && first.text.starts_with(line) =>
        {
            first.text.clone()
        }
        _ => line.to_owned(),
    }
}

fn check(model: &Model, line: &str) -> Result<()> {
    let call = command::parse(line)?;
    if !call.command.palette {
        return Err(Error::invalid(format!(
            "{} is only a key",
            call.command.name
        )));
    }
    call.check(&actions::objects(&model.chosen()))
}

/// Run a line.
pub(super) fn execute(model: &mut Model, line: &str, effects: &mut Vec<Effect>) {
    let result = command::parse(line).and_then(|call| run(model, &call, effects));
    if let Err(e) = result {
        model.status.fail(&e, model.now);
    }
}

/// The rows that a call works on: those it names, else those that are chosen.
fn rows(model: &Model, call: &Invocation, arg: &'static str) -> Result<Vec<Row>> {
    let Some(value) = call.command.arg(arg).map(|a| a.value) else {
        return Ok(model.chosen());
    };
    if !call.has(arg) {
        return Ok(model.chosen());
    }
    let kinds = match (value, call.value("kind").and_then(Kind::from_word)) {
        (_, Some(kind)) => vec![kind],
        (Value::Object(kinds), None) if kinds.contains(&Kind::Volume) => {
            // Names of other kinds are names of containers unless --kind says more.
            vec![model.nav.pane.kind().unwrap_or(Kind::Container)]
        }
        (Value::Object(kinds), None) => kinds.to_vec(),
        _ => vec![Kind::Container],
    };
    let references = call
        .values(arg)
        .map(str::parse)
        .collect::<Result<Vec<_>>>()?;
    let selector = Selector {
        references,
        ..Selector::default()
    };
    let found = selector.resolve(&model.snapshot, &kinds)?;
    let objects: Vec<ObjectRef> = found.targets.into_iter().map(|t| t.object).collect();
    Ok(objects
        .iter()
        .filter_map(|o| row_of(o, &model.snapshot))
        .collect())
}

fn target(row: &Row) -> Result<Target> {
    let object = row
        .object()
        .ok_or_else(|| Error::invalid("this is no object"))?;
    Ok(Target {
        object,
        created: row.created(),
    })
}

fn one(model: &Model, call: &Invocation, arg: &'static str) -> Result<Target> {
    match rows(model, call, arg)?.as_slice() {
        [row] => target(row),
        [] => Err(Error::invalid(format!("{arg}: nothing of that name"))),
        many => Err(Error::invalid(format!(
            "{arg}: one is wanted, not {}",
            many.len()
        ))),
    }
}

/// The host a call means, else that of what is chosen.
fn host(model: &Model, call: &Invocation) -> Result<HostId> {
    if let Some(name) = call.value("host") {
        let globs = [name.to_owned()];
        let found = crate::domain::selector::hosts(&model.snapshot, &globs)?;
        return match found.as_slice() {
            [host] => Ok(host.id().clone()),
            many => Err(Error::invalid(format!("{name:?} is {} hosts", many.len()))),
        };
    }
    let scope = model.focused().scope.as_ref().map(|s| s.host().clone());
    let row = || {
        let row = model.focused().selected()?;
        row.host_id().cloned()
    };
    let only = || match model.snapshot.hosts.as_slice() {
        [host] => Some(host.id().clone()),
        _ => None,
    };
    only()
        .or(scope)
        .or_else(row)
        .ok_or_else(|| Error::invalid("on which host?").with_hint("--host NAME"))
}

fn run(model: &mut Model, call: &Invocation, effects: &mut Vec<Effect>) -> Result<()> {
    let chosen = actions::objects(&model.chosen());
    call.check(&chosen)?;
    let command = call.command;
    if command.changes && model.read_only() {
        let text = "read-only: nothing is changed";
        model.status.say(Severity::Warning, text, model.now);
        return Ok(());
    }
    let plain = |intent: Intent, effects: &mut Vec<Effect>| {
        effects.push(Effect::Preview(Box::new(intent)));
    };
    match command.name {
        "start" | "stop" | "restart" | "pause" | "unpause" | "kill" | "remove" => {
            let rows = rows(model, call, "target")?;
            if command.name == "kill" && !call.has("signal") && !call.has("target") {
                commands::run(model, Context::Global, "kill", &[], effects);
            } else if let Some(intent) = actions::with_words(call, &rows) {
                plain(intent, effects);
            }
        }
        "rename" => plain(
            Intent::Rename {
                target: one(model, call, "target")?,
                to: call.value("name").unwrap_or_default().to_owned(),
            },
            effects,
        ),
        "create" | "run" => plain(create(model, call)?, effects),
        "pull" => plain(
            Intent::Pull {
                host: host(model, call)?,
                reference: call.value("image").unwrap_or_default().to_owned(),
                platform: call.value("platform").map(str::to_owned),
            },
            effects,
        ),
        "tag" => plain(
            Intent::Tag {
                image: one(model, call, "target")?,
                reference: call.value("reference").unwrap_or_default().to_owned(),
            },
            effects,
        ),
        "connect" | "disconnect" => plain(membership(model, call)?, effects),
        "prune" => plain(prune(model, call)?, effects),
        "exec" | "attach" => {
            let rows = rows(model, call, "target")?;
            let words: Vec<String> = call.values("command").map(str::to_owned).collect();
            let words = (!words.is_empty()).then_some(words);
            actions::session(model, command, &rows, words, effects);
        }
        "logs" | "describe" | "top" | "stats" if call.has("target") => {
            look(model, call, effects)?;
        }
        name => commands::run(model, Context::Global, name, &[], effects),
    }
    Ok(())
}

/// See what is named closely.
fn look(model: &mut Model, call: &Invocation, effects: &mut Vec<Effect>) -> Result<()> {
    let rows = rows(model, call, "target")?;
    let tab = match call.command.name {
        "logs" => Tab::Logs,
        "top" => Tab::Top,
        "stats" => Tab::Stats,
        _ => Tab::Describe,
    };
    match rows.as_slice() {
        [] => return Err(Error::invalid("nothing of that name")),
        [row] => {
            if tab == Tab::Describe
                && let (Some(kind), key @ RowKey::Object(_)) = (row.kind(), row.key())
            {
                navigate::reveal(model, kind, key, effects);
            }
            navigate::open_row(model, row, tab, effects);
        }
        many if tab == Tab::Logs => {
            let sources: Vec<ObjectRef> = many
                .iter()
                .flat_map(crate::tui::detail::containers_of)
                .collect();
            let label = format!("{} containers", sources.len());
            navigate::open_subject(model, Subject::Logs(label, sources), tab, effects);
        }
        many => {
            return Err(Error::invalid(format!("one at a time, not {}", many.len())));
        }
    }
    let _ = details::clear_search(model);
    Ok(())
}

fn create(model: &Model, call: &Invocation) -> Result<Intent> {
    let host = host(model, call)?;
    let name = call.value("name").map(str::to_owned);
    let container = |image: &str, words: Vec<String>, start| Intent::CreateContainer {
        host: host.clone(),
        name: name.clone(),
        spec: Box::new(ContainerSpec {
            image: image.to_owned(),
            command: (!words.is_empty()).then_some(words),
            ..ContainerSpec::default()
        }),
        start,
        pull: PullPolicy::Missing,
    };
    if call.command.name == "run" {
        let words = call.values("command").map(str::to_owned).collect();
        return Ok(container(
            call.value("image").unwrap_or_default(),
            words,
            true,
        ));
    }
    let mut what = call.values("what").map(str::to_owned);
    let first = what.next().unwrap_or_default();
    let driver = call.value("driver").unwrap_or_default().to_owned();
    Ok(match call.value("kind").and_then(Kind::from_word) {
        Some(Kind::Volume) => Intent::CreateVolume {
            host,
            spec: VolumeSpec {
                name: first,
                driver,
                ..VolumeSpec::default()
            },
        },
        Some(Kind::Network) => Intent::CreateNetwork {
            host,
            spec: NetworkSpec {
                name: first,
                driver,
                ..NetworkSpec::default()
            },
        },
        _ => container(&first, what.collect(), false),
    })
}

fn membership(model: &Model, call: &Invocation) -> Result<Intent> {
    let network = one(model, call, "network")?;
    let container = one(model, call, "container")?;
    Ok(if call.command.name == "connect" {
        let endpoint = EndpointSpec {
            network: network.object.name.to_string(),
            ..EndpointSpec::default()
        };
        Intent::Connect {
            network,
            container,
            endpoint,
        }
    } else {
        Intent::Disconnect {
            network,
            container,
            force: call.has("force"),
        }
    })
}

fn prune(model: &Model, call: &Invocation) -> Result<Intent> {
    let globs: Vec<String> = call.values("host").map(str::to_owned).collect();
    let hosts = match (&model.focused().scope, globs.is_empty()) {
        (Some(scope), true) => vec![scope.host().clone()],
        _ => crate::domain::selector::hosts(&model.snapshot, &globs)?
            .into_iter()
            .map(|h| h.id().clone())
            .collect(),
    };
    Ok(Intent::Prune {
        hosts,
        prune: Prune {
            kinds: call.values("kind").filter_map(Kind::from_word).collect(),
            all: call.has("all"),
            ..Prune::default()
        },
    })
}
