//! Dialogs: asking first, menus, help.

use super::{actions, commands, forms, logs, own, palette};
use crate::command::{self, Form, Invocation, SIGNALS, TABLE};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::guardrail::{Answer, Demand};
use crate::domain::id::ObjectRef;
use crate::domain::intent::Intent;
use crate::domain::plan::{Danger, Plan};
use crate::reconcile::Preview;
use crate::tui::effect::Effect;
use crate::tui::input::Chord;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::overlay::{Choice, Confirm, Help, Item, Menu, Overlay};
use crate::tui::row::Row;
use crate::tui::status::Severity;

/// An intent was planned: it runs at once, or is asked about first.
pub(super) fn previewed(
    model: &mut Model,
    intent: Intent,
    result: Result<Box<Preview>, Error>,
    effects: &mut Vec<Effect>,
) {
    if let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut()
        && confirm.intent.verb() == intent.verb()
    {
        confirm.intent = intent;
        confirm.state = result;
        confirm.look(&model.snapshot);
        if !confirm.choices().contains(&confirm.chosen) {
            confirm.chosen = Choice::Cancel;
        }
        return;
    }
    if let Some(Overlay::Form(_)) = model.overlays.last() {
        return reviewed(model, intent, result);
    }
    match result {
        Ok(preview) if preview.plan.is_empty() => {
            let text = match preview.plan.unchanged.as_slice() {
                [] => format!("{}: there is nothing to do", preview.plan.title),
                [one] => format!("{}: {}", one.target, one.reason),
                many => format!(
                    "nothing to do: {} are so already ({})",
                    many.len(),
                    many[0].reason
                ),
            };
            model.status.say(Severity::Info, text, model.now);
        }
        Ok(preview) if !asks(model, &preview) => submit(model, preview, Answer::None, effects),
        Ok(preview) => ask(model, Confirm::new(intent, Ok(preview))),
        // What force would overcome can be turned on in the dialog.
        Err(e) if e.kind() == ErrorKind::Conflict && matches!(intent, Intent::Remove { .. }) => {
            ask(model, Confirm::new(intent, Err(e)));
        }
        Err(e) => model.status.fail(&e, model.now),
    }
}

/// Must it be asked about first? What destroys, what a rule wants asked, and what disturbs several
/// things at once.
fn asks(model: &Model, preview: &Preview) -> bool {
    let danger = preview.plan.danger();
    let many = preview.plan.steps.len() > 1;
    !matches!(preview.demand, Demand::Nothing)
        || danger == Danger::Destructive
        || danger == Danger::Disruptive && (many || model.setup.confirm_disruptive)
}

/// The plan of a form: it is always shown before anything is done.
fn reviewed(model: &mut Model, intent: Intent, result: Result<Box<Preview>, Error>) {
    match result {
        Ok(preview) if preview.plan.is_empty() => {
            let text = "nothing to do: it is so already";
            model.status.say(Severity::Info, text, model.now);
        }
        Ok(preview) => {
            let mut confirm = Confirm::new(intent, Ok(preview));
            confirm.shell = forms::shell(model);
            ask(model, confirm);
        }
        Err(e) => forms::refused(model, e),
    }
}

/// A conversation was judged: it begins at once, or is asked about first.
pub(super) fn judged(
    model: &mut Model,
    object: ObjectRef,
    command: Option<Vec<String>>,
    result: Result<Box<(Plan, Demand)>, Error>,
    effects: &mut Vec<Effect>,
) {
    match result.map(|judged| *judged) {
        Ok((_, Demand::Nothing)) => effects.push(Effect::Session {
            object,
            command,
            answer: Answer::None,
        }),
        Ok((plan, demand)) => {
            // Stands in: the session is what is asked about.
            let intent = Intent::Start {
                targets: vec![object.clone().into()],
            };
            let preview = Preview {
                intent: intent.clone(),
                plan,
                demand,
            };
            let mut confirm = Confirm::new(intent, Ok(Box::new(preview)));
            confirm.session = Some((object, command));
            ask(model, confirm);
        }
        Err(e) => model.status.fail(&e, model.now),
    }
}

/// The fleet is another one: what a dialog is about may be too.
pub(super) fn compare(model: &mut Model) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    if let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() {
        confirm.compare(&snapshot);
    }
}

fn ask(model: &mut Model, mut confirm: Confirm) {
    model.pending.clear();
    confirm.look(&model.snapshot);
    model.overlays.push(Overlay::Confirm(Box::new(confirm)));
}

fn submit(model: &mut Model, preview: Box<Preview>, answer: Answer, effects: &mut Vec<Effect>) {
    for pane in crate::tui::pane::Pane::ALL {
        model.table_mut(pane).unmark();
    }
    effects.push(Effect::Submit(preview, answer));
}

/// A key of dialogs.
pub(super) fn command(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(Overlay::Help(help)) => {
            let page = usize::from(model.size.1).saturating_sub(6).max(1);
            help.top = match name {
                "down" => help.top + 1,
                "up" => help.top.saturating_sub(1),
                "half-page-down" => help.top + page / 2,
                "half-page-up" => help.top.saturating_sub(page / 2),
                "page-down" => help.top + page,
                "page-up" => help.top.saturating_sub(page),
                "first" => 0,
                "last" => usize::MAX / 2,
                "back" => {
                    model.overlays.pop();
                    return;
                }
                _ => return,
            };
            let most = crate::tui::view::help_lines(model).saturating_sub(page);
            if let Some(Overlay::Help(help)) = model.overlays.last_mut() {
                help.top = help.top.min(most);
            }
        }
        Some(Overlay::LogLine(_)) => logs::in_line(model, name, effects),
        Some(Overlay::Menu(menu)) => {
            let last = menu.items.len().saturating_sub(1);
            match name {
                "down" | "next-choice" => menu.cursor = (menu.cursor + 1).min(last),
                "up" | "previous-choice" => menu.cursor = menu.cursor.saturating_sub(1),
                "cancel" => {
                    model.overlays.pop();
                }
                "activate" => choose(model, effects),
                _ => {}
            }
        }
        Some(Overlay::Confirm(confirm)) => match name {
            "next-choice" | "complete" => confirm.turn(1),
            "previous-choice" | "complete-back" => confirm.turn(-1),
            "down" => {
                let steps = confirm.state.as_ref().map_or(0, |p| p.plan.steps.len());
                confirm.top = (confirm.top + 1).min(steps.saturating_sub(1));
            }
            "up" => confirm.top = confirm.top.saturating_sub(1),
            "cancel" => {
                model.overlays.pop();
            }
            "toggle" => {
                let choice = confirm.chosen;
                toggle(model, choice, effects);
            }
            "activate" => {
                let choice = confirm.chosen;
                activate(model, choice, effects);
            }
            // Typed text is the answer, whatever button is chosen.
            "accept" => activate(model, Choice::Go, effects),
            _ => {}
        },
        _ => {}
    }
}

fn toggle(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Confirm(confirm)) = model.overlays.last()
        && let Some(intent) = confirm.toggled(choice)
    {
        effects.push(Effect::Preview(Box::new(intent)));
    }
}

fn activate(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Force | Choice::Volumes => toggle(model, choice, effects),
        Choice::Again => {
            if let Some(Overlay::Confirm(confirm)) = model.overlays.last() {
                effects.push(Effect::Preview(Box::new(confirm.intent.clone())));
            }
        }
        Choice::Cancel => {
            model.overlays.pop();
        }
        Choice::Go => {
            let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() else {
                return;
            };
            if !confirm.changed.is_empty() {
                return;
            }
            let Some(answer) = confirm.answer() else {
                confirm.wrong = true;
                return;
            };
            let Some(Overlay::Confirm(confirm)) = model.overlays.pop() else {
                return;
            };
            // What was a form is an operation now.
            if let Some(Overlay::Form(_)) = model.overlays.last() {
                model.overlays.pop();
            }
            match (confirm.session, confirm.state) {
                (Some((object, command)), _) => effects.push(Effect::Session {
                    object,
                    command,
                    answer,
                }),
                (None, Ok(preview)) => submit(model, preview, answer, effects),
                (None, Err(_)) => {}
            }
        }
    }
}

/// Letters of the options.
pub(super) fn confirm_key(model: &mut Model, chord: Chord, effects: &mut Vec<Effect>) {
    match chord.typed() {
        Some('f') => toggle(model, Choice::Force, effects),
        Some('v') => toggle(model, Choice::Volumes, effects),
        _ => {}
    }
}

/// The keys of the view.
pub(super) fn help(model: &mut Model) {
    let contexts = model.contexts();
    model
        .overlays
        .push(Overlay::Help(Help { contexts, top: 0 }));
}

/// All that can be done with what is chosen.
pub(super) fn menu(model: &mut Model) {
    let rows = model.chosen();
    let Some(kind) = rows.first().and_then(Row::kind) else {
        return;
    };
    let contexts = model.contexts();
    let read_only = model.read_only();
    let items: Vec<Item> = TABLE
        .iter()
        .filter(|c| c.works_on(kind) && !(read_only && c.changes))
        .chain(command::find("describe"))
        .chain(command::find("timeline"))
        .map(|c| {
            let keys = model.setup.keymap.chords_for(&contexts, c.name);
            Item {
                label: c.name.to_owned(),
                doc: c.doc.to_owned(),
                key: keys.first().map_or_else(String::new, |b| b.label()),
                call: Invocation::new(c),
                own: None,
            }
        })
        .chain(own_items(model, &rows, &contexts))
        .collect();
    let title = match rows.as_slice() {
        [one] => format!("{} {}", kind, one.name()),
        many => format!("{} {}", many.len(), kind.plural()),
    };
    model.pending.clear();
    model.overlays.push(Overlay::Menu(Menu {
        title,
        items,
        cursor: 0,
        targets: actions::objects(&rows),
    }));
}

/// The user's own commands for these rows.
fn own_items(model: &Model, rows: &[Row], contexts: &[Context]) -> Vec<Item> {
    let Some(unused) = command::find("menu") else {
        return Vec::new();
    };
    let all = model.setup.commands.iter();
    all.filter(|c| !c.kinds.is_empty() && crate::tui::own::fits(c, rows))
        .filter(|c| c.read_only || !model.read_only())
        .map(|c| {
            let keys = model.setup.keymap.chords_for(contexts, &c.name);
            Item {
                label: c.name.clone(),
                doc: c.doc.clone(),
                key: keys.first().map_or_else(String::new, |b| b.label()),
                call: Invocation::new(unused),
                own: Some(c.name.clone()),
            }
        })
        .collect()
}

/// Which signal?
pub(super) fn signals(model: &mut Model, targets: Vec<ObjectRef>) {
    let Some(kill) = command::find("kill") else {
        return;
    };
    let doc = |signal: &str| match signal {
        "KILL" => "end at once, without a chance to clean up",
        "TERM" => "ask to end",
        "INT" => "interrupt, as ctrl-c does",
        "HUP" => "many programs read their configuration anew",
        "QUIT" => "end, often with a dump",
        "USR1" | "USR2" => "what the program makes of it",
        "STOP" => "stand still",
        "CONT" => "go on",
        "WINCH" => "some servers finish their work and end",
        _ => "abort",
    };
    let items = SIGNALS.iter().map(|signal| Item {
        label: (*signal).to_owned(),
        doc: doc(signal).to_owned(),
        key: String::new(),
        call: Invocation::new(kill).with("signal", *signal),
        own: None,
    });
    let title = match targets.as_slice() {
        [one] => format!("signal for {one}"),
        many => format!("signal for {} objects", many.len()),
    };
    model.overlays.push(Overlay::Menu(Menu {
        title,
        items: items.collect(),
        cursor: 0,
        targets,
    }));
}

/// The key of an item chooses it.
pub(super) fn menu_key(model: &mut Model, chord: Chord, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else {
        return;
    };
    if let Some(at) = menu.items.iter().position(|i| i.key == chord.label()) {
        menu.cursor = at;
        choose(model, effects);
    }
}

fn choose(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = model.overlays.pop() else {
        return;
    };
    let Some(item) = menu.items.get(menu.cursor) else {
        return;
    };
    if let Some(name) = &item.own {
        own::call(model, name, effects);
        return;
    }
    let command = item.call.command;
    if let ("restore", Some(name)) = (command.name, item.call.value("target")) {
        let name = name.to_owned();
        forms::restore_named(model, &name, effects);
        return;
    }
    if command.name == "kill" && item.call.has("signal") {
        let signal = item.call.value("signal").unwrap_or("KILL");
        let intent = actions::kill(&menu.targets, signal, model);
        effects.push(Effect::Preview(Box::new(intent)));
        return;
    }
    let needs_words = command.args.iter().any(|a| {
        a.required && !matches!(a.value, command::Value::Object(_)) && a.form != Form::Rest
    });
    if needs_words && command.name != "create" {
        let object = menu.targets.first().map_or_else(String::new, |o| {
            format!("{} ", command::quote(&o.to_string()))
        });
        palette::open(model, &format!("{} {object}", command.name));
        return;
    }
    commands::run(model, Context::Global, command.name, &[], effects);
}

/// A line of a menu was clicked: the first time it is gone to, then it is chosen.
pub(super) fn clicked(model: &mut Model, item: usize, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else {
        return;
    };
    if menu.cursor == item {
        choose(model, effects);
    } else {
        menu.cursor = item;
    }
}
