//! From keys to commands: the innermost context that knows the keys decides.

use super::{columns, commands, dialogs, forms, mouse, own, palette, prompts};
use crate::tui::effect::Effect;
use crate::tui::input::{Chord, Input, Key};
use crate::tui::keymap::{Context, Lookup};
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;

/// Something the user did.
pub(super) fn input(model: &mut Model, input: Input, effects: &mut Vec<Effect>) {
    match input {
        Input::Chord(chord) => key(model, chord, effects),
        Input::Paste(text) => paste(model, &text, effects),
        Input::Resize(width, height) => model.size = (width, height),
        Input::Mouse(report) => mouse::report(model, report, effects),
        Input::Focus(_) => {}
    }
}

fn key(model: &mut Model, chord: Chord, effects: &mut Vec<Effect>) {
    model.status.seen();
    model.sync();
    let contexts = model.contexts();
    // Esc ends a sequence that was begun, and nothing else.
    if !model.pending.is_empty() && chord.key() == Key::Esc {
        model.pending.clear();
        return;
    }
    model.pending.push(chord);
    let found = match model.setup.keymap.lookup(&contexts, &model.pending) {
        Lookup::Matched(binding) => Some((
            binding.context,
            binding.command.clone(),
            binding.args.clone(),
        )),
        Lookup::Pending(_) => return,
        Lookup::NotFound => None,
    };
    let chords = std::mem::take(&mut model.pending);
    match found {
        Some((context, command, args)) => {
            run(model, context, &command, &args, effects);
        }
        None => unbound(model, &chords, effects),
    }
}

fn run(
    model: &mut Model,
    context: Context,
    command: &str,
    args: &[String],
    effects: &mut Vec<Effect>,
) {
    match model.overlays.last() {
        Some(Overlay::Prompt(_)) => prompts::command(model, command, effects),
        Some(Overlay::Palette(_)) => palette::command(model, command, effects),
        Some(Overlay::Confirm(_) | Overlay::Menu(_) | Overlay::Help(_) | Overlay::LogLine(_)) => {
            dialogs::command(model, command, effects);
        }
        Some(Overlay::Own(_)) => own::command(model, command, effects),
        Some(Overlay::Columns(_)) => columns::command(model, command),
        Some(Overlay::Form(_)) => forms::command(model, command, effects),
        None => commands::run(model, context, command, args, effects),
    }
}

/// Keys that are bound to nothing: typed where something is typed, else dropped.
fn unbound(model: &mut Model, chords: &[Chord], effects: &mut Vec<Effect>) {
    for chord in chords {
        match model.overlays.last_mut() {
            Some(Overlay::Prompt(prompt)) => {
                if prompt.line.key(*chord) {
                    prompts::typed(model, effects);
                }
            }
            Some(Overlay::Palette(palette)) => {
                if palette.line.key(*chord) {
                    palette::typed(model);
                }
            }
            Some(Overlay::Confirm(confirm)) if confirm.wants_text() => {
                confirm.typed.key(*chord);
                confirm.wrong = false;
            }
            Some(Overlay::Menu(_)) => dialogs::menu_key(model, *chord, effects),
            Some(Overlay::Confirm(_)) => dialogs::confirm_key(model, *chord, effects),
            Some(Overlay::Own(_)) => own::key(model, *chord, effects),
            Some(Overlay::Columns(_)) => columns::key(model, *chord),
            Some(Overlay::Form(_)) => forms::key(model, *chord, effects),
            Some(Overlay::Help(_) | Overlay::LogLine(_)) | None => {}
        }
    }
}

/// Pasted text goes into a line that is being typed, and is never a command.
fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(Overlay::Prompt(prompt)) => {
            prompt.line.insert(text);
            prompts::typed(model, effects);
        }
        Some(Overlay::Palette(palette)) => {
            palette.line.insert(text);
            palette::typed(model);
        }
        Some(Overlay::Confirm(confirm)) if confirm.wants_text() => confirm.typed.insert(text),
        Some(Overlay::Form(_)) => forms::paste(model, text, effects),
        Some(Overlay::Own(ask)) => {
            if let Some(line) = ask.inputs.get_mut(ask.at) {
                line.insert(text);
            }
        }
        _ => {}
    }
}
