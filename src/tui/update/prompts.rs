//! Lines being typed: filter, search, since, file names.

use super::{details, logs};
use crate::domain::error::Error;
use crate::domain::id::ObjectRef;
use crate::tui::effect::Effect;
use crate::tui::filter::Filter;
use crate::tui::logs::{LineFilter, Since, moment};
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Prompt, PromptKind};
use crate::tui::scroll::Pattern;
use crate::tui::status::Severity;

/// Which lines a prompt recalls.
fn history<'a>(model: &'a mut Model, kind: &PromptKind) -> &'a mut Vec<String> {
    let all = &mut model.activity.typed;
    match kind {
        PromptKind::Filter { .. } => &mut all.filters,
        PromptKind::Search { .. } | PromptKind::Keep { .. } => &mut all.searches,
        PromptKind::Since
        | PromptKind::GoToTime
        | PromptKind::Save { .. }
        | PromptKind::SaveText
        | PromptKind::CopyOut { .. } => &mut all.others,
    }
}

/// A prompt came up.
pub(super) fn opened(model: &mut Model) {
    model.pending.clear();
}

/// The line changed: filters and searches work at once.
pub(super) fn typed(model: &mut Model, _effects: &mut Vec<Effect>) {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else {
        return;
    };
    prompt.error = None;
    let (text, plain) = (prompt.line.text().to_owned(), prompt.plain);
    match prompt.kind.clone() {
        PromptKind::Filter { .. } => match Filter::parse(&text) {
            Ok(filter) => {
                let table = model.focused_mut();
                table.filter = filter;
                table.go_to(0);
            }
            Err(e) => prompt.error = Some(explain(&e)),
        },
        PromptKind::Search { stood, .. } => {
            let pattern = pattern(&text, plain);
            note(prompt, pattern.as_ref());
            search(model, pattern, stood, false);
        }
        PromptKind::Keep { drops } => {
            let filter = LineFilter::parse(&text, drops, plain);
            note(prompt, filter.as_ref().map(|f| &f.pattern));
            logs::draft(model, filter);
        }
        PromptKind::Since
        | PromptKind::GoToTime
        | PromptKind::Save { .. }
        | PromptKind::SaveText
        | PromptKind::CopyOut { .. } => {}
    }
}

fn pattern(text: &str, plain: bool) -> Option<Pattern> {
    if plain {
        Pattern::plain(text)
    } else {
        Pattern::new(text)
    }
}

/// What is no regular expression is said, and searched as it is written.
fn note(prompt: &mut Prompt, pattern: Option<&Pattern>) {
    let problem = pattern.and_then(Pattern::problem);
    prompt.error = problem.map(|p| format!("taken as plain text: {p}"));
}

fn explain(e: &Error) -> String {
    match e.hint() {
        Some(hint) => format!("{e}; {hint}"),
        None => e.to_string(),
    }
}

fn search(
    model: &mut Model,
    pattern: Option<Pattern>,
    stood: Option<(bool, [u64; 3], usize)>,
    is_final: bool,
) {
    if logs::is_in_front(model) {
        logs::search(model, pattern, stood, is_final);
    } else if let Some(detail) = model.front_detail_mut() {
        detail.scroll.at = None;
        detail.scroll.search = pattern;
    }
}

/// A key of prompts.
pub(super) fn command(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    match name {
        "accept" => accept(model, effects),
        "cancel" => {
            if let Some(Overlay::Prompt(prompt)) = model.overlays.pop() {
                undo(model, prompt.kind);
            }
        }
        "history-previous" => recall(model, 1, effects),
        "history-next" => recall(model, -1, effects),
        "plain-text" => {
            if let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() {
                prompt.plain = !prompt.plain;
            }
            typed(model, effects);
        }
        _ => {}
    }
}

/// As it was before the prompt.
fn undo(model: &mut Model, kind: PromptKind) {
    match kind {
        PromptKind::Filter { before } => {
            let table = model.focused_mut();
            table.filter = before;
        }
        PromptKind::Search { before, stood } => {
            search(model, before, stood, false);
            if let Some(stood) = stood {
                logs::stand_again(model, stood);
            }
        }
        PromptKind::Keep { .. } => logs::draft(model, None),
        PromptKind::Since
        | PromptKind::GoToTime
        | PromptKind::Save { .. }
        | PromptKind::SaveText
        | PromptKind::CopyOut { .. } => {}
    }
}

fn recall(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else {
        return;
    };
    let (kind, at) = (prompt.kind.clone(), prompt.recall);
    let lines = history(model, &kind).clone();
    let next = match (at, by) {
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
    if let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() {
        prompt.recall = next;
        prompt.line.set(text);
    }
    typed(model, effects);
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Prompt(prompt)) = model.overlays.pop() else {
        return;
    };
    let text = prompt.line.text().trim().to_owned();
    if !text.is_empty() {
        let lines = history(model, &prompt.kind);
        lines.retain(|l| *l != text);
        lines.push(text.clone());
        if lines.len() > 100 {
            lines.remove(0);
        }
    }
    let kind = prompt.kind.clone();
    match &kind {
        PromptKind::Filter { .. } => match Filter::parse(&text) {
            Ok(filter) => {
                let table = model.focused_mut();
                table.filter = filter;
            }
            // It stays open until it is right.
            Err(_) => model.overlays.push(Overlay::Prompt(prompt)),
        },
        PromptKind::Search { stood, .. } => {
            search(model, pattern(&text, prompt.plain), *stood, true);
            if !text.is_empty() && !logs::is_in_front(model) {
                details::find(model, true);
            }
        }
        PromptKind::SaveText => save_text(model, &text, effects),
        PromptKind::CopyOut { container, path } => {
            let from = (container.clone(), path.clone());
            copy_out(model, from, text, effects);
        }
        PromptKind::Keep { drops } => {
            logs::keep(model, LineFilter::parse(&text, *drops, prompt.plain));
        }
        PromptKind::Since => {
            let result = since(model, &text, effects);
            check(model, prompt, result);
        }
        PromptKind::GoToTime => {
            let result = go_to_time(model, &text, effects);
            check(model, prompt, result);
        }
        PromptKind::Save { all } => logs::write(model, &text, *all, effects),
    }
}

/// Take a line that may be wrong; it stays open until it is right.
fn check(model: &mut Model, mut prompt: Prompt, result: Result<(), Error>) {
    if let Err(e) = result {
        prompt.error = Some(explain(&e));
        model.overlays.push(Overlay::Prompt(prompt));
    }
}

fn since(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> Result<(), Error> {
    let since = Since::parse(text, model.now, logs::zone(model))?;
    logs::reread(model, since, false, effects);
    Ok(())
}

fn go_to_time(model: &mut Model, text: &str, effects: &mut Vec<Effect>) -> Result<(), Error> {
    let at = moment(text, model.now, logs::zone(model))?;
    logs::go_to_time(model, at, effects);
    Ok(())
}

/// Write the text of a view to a file.
fn save_text(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    match details::dump(model) {
        Some(text) if !name.is_empty() => effects.push(Effect::Save {
            name: name.to_owned(),
            text,
        }),
        _ => model
            .status
            .say(Severity::Warning, "nothing was saved", model.now),
    }
}

/// Copy a path out of a container.
fn copy_out(
    model: &mut Model,
    (container, path): (ObjectRef, String),
    to: String,
    effects: &mut Vec<Effect>,
) {
    if to.is_empty() {
        model
            .status
            .say(Severity::Warning, "nothing was copied", model.now);
        return;
    }
    let said = format!("copying {container}:{path}");
    model.status.say(Severity::Info, said, model.now);
    effects.push(Effect::CopyOut {
        container,
        path,
        to,
    });
}
