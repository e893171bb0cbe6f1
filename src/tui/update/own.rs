//! Commands of the user's own: called, asked about, run.

use std::sync::Arc;

use super::actions;
use crate::config::UserCommand;
use crate::tui::effect::Effect;
use crate::tui::input::{Chord, Key};
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;
use crate::tui::own::{self, Ask};
use crate::tui::status::Severity;

/// Run the user's command of that name on what is chosen; false if there is none.
pub(super) fn call(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let Some(command) = model.setup.own(name).map(Arc::clone) else {
        return false;
    };
    let rows = model.chosen();
    let refused = if model.read_only() && !command.read_only {
        Some(format!(
            "read-only: {name} may change something (read_only = true says it does not)"
        ))
    } else if !own::fits(&command, &rows) {
        let kinds: Vec<&str> = command.kinds.iter().map(|k| k.plural()).collect();
        Some(format!("{name} is for {}", kinds.join(", ")))
    } else {
        None
    };
    if let Some(text) = refused {
        model.status.say(Severity::Warning, text, model.now);
        return true;
    }
    let objects = if command.kinds.is_empty() {
        Vec::new()
    } else {
        actions::objects(&rows)
    };
    if command.confirm || !command.inputs.is_empty() {
        model.pending.clear();
        let ask = Ask::new(command, objects);
        model.overlays.push(Overlay::Own(Box::new(ask)));
    } else {
        let lines = own::lines(&command, &objects, &model.snapshot, &|_| None);
        effects.push(shell(&command, lines));
    }
    true
}

fn shell(command: &UserCommand, lines: Vec<String>) -> Effect {
    Effect::Shell {
        name: command.name.clone(),
        lines,
        background: command.background,
    }
}

/// A key of its dialog.
pub(super) fn command(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let Some(Overlay::Own(ask)) = model.overlays.last_mut() else {
        return;
    };
    let inputs = ask.inputs.len();
    match name {
        "accept" | "activate" if ask.is_typing() && ask.at + 1 < inputs => ask.at += 1,
        "accept" | "activate" if ask.is_typing() || ask.go => {
            let lines = ask.lines(&model.snapshot);
            effects.push(shell(&ask.command, lines));
            model.overlays.pop();
        }
        "cancel" | "activate" => {
            model.overlays.pop();
        }
        "complete" | "history-next" if ask.is_typing() => ask.at += 1,
        "complete-back" | "history-previous" if ask.is_typing() => {
            ask.at = ask.at.saturating_sub(1);
        }
        "next-choice" | "previous-choice" if !ask.go => ask.go = true,
        "next-choice" | "previous-choice" => {
            ask.go = false;
            if inputs > 0 {
                ask.at = if name == "next-choice" { 0 } else { inputs - 1 };
                ask.go = true;
            }
        }
        "down" => ask.top += 1,
        "up" => ask.top = ask.top.saturating_sub(1),
        _ => {}
    }
}

/// A key that is bound to nothing.
pub(super) fn key(model: &mut Model, chord: Chord, effects: &mut Vec<Effect>) {
    let Some(Overlay::Own(ask)) = model.overlays.last_mut() else {
        return;
    };
    let at = ask.at;
    if let Some(line) = ask.inputs.get_mut(at) {
        line.key(chord);
    } else if chord.key() == Key::Char('y') {
        ask.go = true;
        command(model, "activate", effects);
    }
}

#[cfg(test)]
mod tests;
