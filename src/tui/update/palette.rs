//! The command line: completion, history, and what it runs.

mod complete;
mod run;

use super::actions;
use crate::command;
use crate::domain::error::{Error, Result};
use crate::tui::effect::Effect;
use crate::tui::line_edit::LineEdit;
use crate::tui::model::Model;
use crate::tui::overlay::{Candidate, Overlay, Palette};

use complete::{complete, word_start};
pub(super) use run::execute;

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
    effects.push(Effect::KeepTyped(line.clone()));
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
                && !candidates.iter().any(|c| c.text == line)
                && first.text.starts_with(line) =>
        {
            first.text.clone()
        }
        _ => line.to_owned(),
    }
}

fn check(model: &Model, line: &str) -> Result<()> {
    if model.setup.own(line).is_some() {
        return Ok(());
    }
    let call = command::parse(line)?;
    if !call.command.palette {
        return Err(Error::invalid(format!(
            "{} is only a key",
            call.command.name
        )));
    }
    call.check(&actions::objects(&model.chosen()))
}
