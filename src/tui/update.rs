//! The one place where the console changes: a message in, effects out. Never waits, never draws.

mod actions;
mod arrange;
mod columns;
mod commands;
mod details;
mod dialogs;
mod forms;
mod keys;
mod logs;
mod mouse;
mod navigate;
mod notice;
mod own;
mod palette;
mod prompts;
mod settle;

use super::activity;
use super::effect::Effect;
use super::model::Model;
use super::msg::Msg;
use super::status::Severity;

pub use settle::settle;

/// Take one message. Follow with [`settle`] after the last of a turn.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    match msg {
        Msg::Input(input) => keys::input(model, input, &mut effects),
        Msg::Snapshot(snapshot) => {
            notice::compare(model, &snapshot, &mut effects);
            model.summary.update(&snapshot);
            model.snapshot = snapshot;
            dialogs::compare(model);
            let snapshot = std::sync::Arc::clone(&model.snapshot);
            model.activity.measure(&snapshot);
            if model.nav.pane == super::pane::Pane::Fleet {
                model.activity.pulse(&snapshot);
            }
            model.activity.watch_links(&snapshot, model.now);
            for operation in model.activity.finished(&snapshot) {
                let (severity, text) = activity::verdict(&operation);
                notice::ended(model, severity, &text, &mut effects);
                model.status.say(severity, text, model.now);
            }
        }
        Msg::Event(event) => model.activity.event(event),
        Msg::Previewed(intent, result) => {
            dialogs::previewed(model, *intent, result, &mut effects);
        }
        Msg::Drafted(intent, result) => forms::drafted(model, &intent, result),
        Msg::Specified {
            target,
            why,
            result,
        } => forms::specified(model, target, why, result, &mut effects),
        Msg::Removed(wanted, result) => {
            forms::removed(model, wanted.as_deref(), result, &mut effects);
        }
        Msg::Judged {
            object,
            command,
            result,
        } => dialogs::judged(model, object, command, result, &mut effects),
        Msg::Submitted { title, result } => match result {
            Ok(operation) => model.activity.watch(operation),
            Err(e) => model.status.fail(&e.context(title), model.now),
        },
        Msg::Fetched { seq, what } => {
            if let Some(detail) = model.shown_detail_mut() {
                // An answer to what is no longer asked is dropped.
                let _ = detail.answer(seq, what);
            }
            details::arrived(model);
        }
        Msg::Logs { stream, news } => logs::news(model, stream, news, &mut effects),
        Msg::SessionEnded(result) | Msg::Done(result) => match result {
            Ok(text) if text.is_empty() => {}
            Ok(text) => model.status.say(Severity::Info, text, model.now),
            Err(e) => model.status.fail(&e, model.now),
        },
        Msg::Restyle(restyle) => {
            let notices = model.setup.restyle(&restyle);
            let (severity, text) = match notices.as_slice() {
                [] => (
                    Severity::Info,
                    format!("theme {}", model.setup.theme.name()),
                ),
                wrong => (Severity::Warning, wrong.join("; ")),
            };
            model.status.say(severity, text, model.now);
        }
        Msg::Tick => {}
    }
    effects
}

#[cfg(test)]
mod tests;
