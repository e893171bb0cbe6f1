//! Commands that become intents, and those that hand the terminal over.

use super::{details, dialogs, forms, palette};
use crate::command::{self, Command, Invocation};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::{Intent, Target};
use crate::domain::observed::ContainerState;
use crate::tui::detail::Tab;
use crate::tui::effect::{Effect, Why};
use crate::tui::model::Model;
use crate::tui::row::Row;
use crate::tui::status::Severity;

/// Run a command on what is chosen.
pub(super) fn run(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(command) = command::find(name) else {
        return;
    };
    if command.changes && model.read_only() {
        let text = "read-only: nothing is changed";
        model.status.say(Severity::Warning, text, model.now);
        return;
    }
    match name {
        "logs" => details::open_logs(model, false, effects),
        "logs-all" => details::open_logs(model, true, effects),
        "top" => details::open(model, Tab::Top, effects),
        "stats" => details::open(model, Tab::Stats, effects),
        "explain" => details::open(model, Tab::Health, effects),
        "files" => details::open(model, Tab::Files, effects),
        "events" => details::open(model, Tab::Events, effects),
        "create" => create(model, effects),
        "cancel" => cancel(model, effects),
        "retry" => retry(model, effects),
        "edit" => forms::specify(model, &model.chosen(), Why::Edit, effects),
        "duplicate" => forms::specify(model, &model.chosen(), Why::Duplicate(None), effects),
        "restore" => effects.push(Effect::Removed(None)),
        _ => {
            let rows = model.chosen();
            on_rows(model, command, &rows, effects);
        }
    }
}

fn later(model: &mut Model, what: &str) {
    let text = format!("{what} is not possible here yet");
    model.status.say(Severity::Warning, text, model.now);
}

/// The objects that rows stand for.
pub(super) fn objects(rows: &[Row]) -> Vec<ObjectRef> {
    rows.iter().filter_map(Row::object).collect()
}

fn targets(rows: &[Row]) -> Vec<Target> {
    let target = |row: &Row| {
        Some(Target {
            object: row.object()?,
            created: row.created().filter(|_| is_single(row)),
        })
    };
    rows.iter().filter_map(target).collect()
}

/// Groups have no creation time of their own.
fn is_single(row: &Row) -> bool {
    !matches!(row, Row::Project(..) | Row::Service(..) | Row::Machine(_))
}

/// Ask for something to be done to rows.
pub(super) fn on_rows(
    model: &mut Model,
    command: &'static Command,
    rows: &[Row],
    effects: &mut Vec<Effect>,
) {
    if rows.is_empty() {
        model
            .status
            .say(Severity::Warning, "nothing is chosen", model.now);
        return;
    }
    let fits = |r: &Row| r.kind().is_some_and(|k| command.works_on(k));
    if let Some(other) = rows.iter().find(|r| !fits(r)) {
        let kind = other.kind().map_or("operations", Kind::plural);
        let text = format!("{} does not work on {kind}", command.name);
        model.status.say(Severity::Warning, text, model.now);
        return;
    }
    if let Some(Row::Machine(h)) = rows.first() {
        let text = format!(
            "{}: this machine was adopted as it is; only machines that a driver made can be changed",
            h.id()
        );
        model.status.say(Severity::Warning, text, model.now);
        return;
    }
    if command.name == "kill" {
        dialogs::signals(model, objects(rows));
        return;
    }
    if matches!(command.name, "exec" | "attach") {
        session(model, command, rows, None, effects);
        return;
    }
    if let Some(intent) = intent(command.name, rows) {
        effects.push(Effect::Preview(Box::new(intent)));
    } else {
        // It needs words: they are typed.
        let first = rows.iter().find_map(Row::object);
        let name = first.map_or_else(String::new, |o| {
            format!(" {}", command::quote(&o.to_string()))
        });
        palette::open(model, &format!("{}{name} ", command.name));
    }
}

/// The intent of a command that needs no words.
fn intent(name: &str, rows: &[Row]) -> Option<Intent> {
    let targets = targets(rows);
    Some(match name {
        "start" => Intent::Start { targets },
        "stop" => Intent::Stop {
            targets,
            timeout: None,
        },
        "restart" => Intent::Restart {
            targets,
            timeout: None,
        },
        // Of several the first decides: all shall be the same afterwards.
        "pause" if rows.first().is_some_and(is_paused) => Intent::Unpause { targets },
        "pause" => Intent::Pause { targets },
        "unpause" => Intent::Unpause { targets },
        "remove" => Intent::Remove {
            targets,
            force: false,
            volumes: false,
        },
        _ => return None,
    })
}

fn is_paused(row: &Row) -> bool {
    if let Row::Container(_, c) = row {
        return c.state == ContainerState::Paused;
    }
    let all = row.containers();
    !all.is_empty() && all.iter().all(|c| c.state == ContainerState::Paused)
}

/// Send a signal.
pub(super) fn kill(targets: &[ObjectRef], signal: &str, model: &Model) -> Intent {
    let target = |o: &ObjectRef| Target {
        object: o.clone(),
        created: model.snapshot.host(&o.host).and_then(|h| h.created(o)),
    };
    Intent::Kill {
        targets: targets.iter().map(target).collect(),
        signal: signal.to_owned(),
    }
}

/// A shell in a container, or its first process.
pub(super) fn session(
    model: &mut Model,
    command: &'static Command,
    rows: &[Row],
    words: Option<Vec<String>>,
    effects: &mut Vec<Effect>,
) {
    let [Row::Container(host, c)] = rows else {
        let text = format!("{} works on one container at a time", command.name);
        model.status.say(Severity::Warning, text, model.now);
        return;
    };
    if c.state != ContainerState::Running {
        let text = format!("{} is not running ({})", c.name, c.state);
        model.status.say(Severity::Warning, text, model.now);
        return;
    }
    let shell = || {
        // The better shell of those that are there.
        let script = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi";
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    };
    effects.push(Effect::Judge {
        object: host.container_ref(c),
        command: (command.name == "exec").then(|| words.unwrap_or_else(shell)),
    });
}

/// A form for one more of this pane's kind; an image is pulled by its name.
fn create(model: &mut Model, effects: &mut Vec<Effect>) {
    let kind = match model.front_detail() {
        Some(detail) => detail.subject.kind(),
        None => model.nav.pane.kind(),
    };
    match kind {
        Some(Kind::Machine) => later(model, "creating a machine"),
        Some(Kind::Image) => {
            let host = forms::host(model);
            let host = host.map_or_else(String::new, |h| {
                format!(" --host {}", command::quote(h.as_str()))
            });
            palette::open(model, &format!("pull{host} "));
        }
        Some(kind @ (Kind::Volume | Kind::Network)) => forms::create(model, kind, effects),
        _ => forms::create(model, Kind::Container, effects),
    }
}

fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    for row in model.chosen() {
        if let Row::Operation(o) = row {
            if o.is_running() {
                effects.push(Effect::Cancel(o.id));
            } else {
                let text = format!("{} is over", o.title);
                model.status.say(Severity::Info, text, model.now);
            }
        }
    }
}

/// Ask for what an operation asked for once more, on what it did not reach.
fn retry(model: &mut Model, effects: &mut Vec<Effect>) {
    let chosen = model.chosen();
    let Some(Row::Operation(operation)) = chosen.first() else {
        return;
    };
    if !operation.is_running()
        && !operation.outcome.is_good()
        && let Some(intent) = &operation.intent
    {
        // Planned anew on the fleet as it is: what is done already needs nothing.
        let intent = Intent::clone(intent);
        effects.push(Effect::Preview(Box::new(intent)));
        return;
    }
    let left: Vec<ObjectRef> = operation
        .steps
        .iter()
        .filter(|s| s.outcome.is_final() && !s.outcome.is_good())
        .map(|s| s.target.clone())
        .collect();
    let verb = operation.verb.to_string();
    if left.is_empty() {
        let text = "every step of it worked";
        model.status.say(Severity::Info, text, model.now);
        return;
    }
    let rows: Vec<Row> = left
        .iter()
        .filter_map(|o| crate::tui::detail::row_of(o, &model.snapshot))
        .collect();
    match command::find(&verb) {
        Some(command) if !rows.is_empty() && intent(command.name, &rows).is_some() => {
            on_rows(model, command, &rows, effects);
        }
        _ => later(model, &format!("repeating {verb}")),
    }
}

/// What a typed command asks for, once its objects are found.
pub(super) fn with_words(call: &Invocation, rows: &[Row]) -> Option<Intent> {
    let targets = targets(rows);
    let timeout = call
        .value("time")
        .and_then(|t| t.parse().ok())
        .map(std::time::Duration::from_secs);
    Some(match call.command.name {
        "stop" => Intent::Stop { targets, timeout },
        "restart" => Intent::Restart { targets, timeout },
        "pause" => Intent::Pause { targets },
        "kill" => Intent::Kill {
            targets,
            signal: call.value("signal").unwrap_or("KILL").to_owned(),
        },
        "remove" => Intent::Remove {
            targets,
            force: call.has("force"),
            volumes: call.has("volumes"),
        },
        name => intent(name, rows)?,
    })
}
