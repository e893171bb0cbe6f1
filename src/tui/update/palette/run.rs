//! From a line to what it asks for.

use super::super::{actions, columns, commands, details, forms, logs, navigate, own};
use crate::command::{self, Invocation, Value};
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::{Intent, Prune, PullPolicy, Target};
use crate::domain::selector::Selector;
use crate::domain::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
use crate::tui::detail::{Subject, Tab, row_of};
use crate::tui::effect::{Effect, Why};
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::row::{Row, RowKey};
use crate::tui::status::Severity;
use crate::tui::table::Grouping;

/// Run a line.
pub(in crate::tui::update) fn execute(model: &mut Model, line: &str, effects: &mut Vec<Effect>) {
    if own::call(model, line.trim(), effects) {
        return;
    }
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
        "edit" | "duplicate" => {
            let rows = rows(model, call, "target")?;
            let why = match command.name {
                "edit" => Why::Edit,
                _ => Why::Duplicate(call.value("name").map(str::to_owned)),
            };
            forms::specify(model, &rows, why, effects);
        }
        "restore" => {
            let wanted = call.value("target").map(str::to_owned);
            effects.push(Effect::Removed(wanted));
        }
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
        "logs" | "describe" | "explain" | "top" | "stats" if call.has("target") => {
            look(model, call, effects)?;
        }
        "columns" if call.has("column") => {
            let names: Vec<String> = call.values("column").map(str::to_owned).collect();
            columns::choose(model, &names)?;
        }
        "sort" if call.has("column") => {
            let column = call.value("column").unwrap_or_default();
            commands::sort_by(model, column, call.has("reverse"))?;
        }
        "group" if call.has("by") => {
            let by = call.value("by").and_then(Grouping::from_word);
            commands::group(model, by);
        }
        name => {
            let word = ["time", "pattern", "file"]
                .iter()
                .find_map(|a| call.value(a));
            match word {
                None => commands::run(model, Context::Global, name, &[], effects),
                Some(word) => {
                    if !logs::with_word(model, name, word, effects)? {
                        return Err(Error::invalid(format!("{name} works in logs"))
                            .with_hint("open the logs of a container first"));
                    }
                }
            }
        }
    }
    Ok(())
}

/// See what is named closely.
fn look(model: &mut Model, call: &Invocation, effects: &mut Vec<Effect>) -> Result<()> {
    let rows = rows(model, call, "target")?;
    let tab = match call.command.name {
        "logs" => Tab::Logs,
        "explain" => Tab::Health,
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
