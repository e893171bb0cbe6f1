//! Lines being typed: filter, search, since, file names.

use chrono::Duration;

use super::details;
use crate::domain::error::Error;
use crate::tui::detail::Tab;
use crate::tui::effect::Effect;
use crate::tui::filter::Filter;
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
        PromptKind::Since | PromptKind::Save => &mut all.others,
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
    let text = prompt.line.text().to_owned();
    match &prompt.kind {
        PromptKind::Filter { .. } => match Filter::parse(&text) {
            Ok(filter) => {
                let table = model.focused_mut();
                table.filter = filter;
                table.go_to(0);
            }
            Err(e) => prompt.error = Some(explain(&e)),
        },
        PromptKind::Search { .. } => search(model, Pattern::new(&text)),
        PromptKind::Keep { .. } => keep(model, Pattern::new(&text)),
        PromptKind::Since | PromptKind::Save => {}
    }
}

fn explain(e: &Error) -> String {
    match e.hint() {
        Some(hint) => format!("{e}; {hint}"),
        None => e.to_string(),
    }
}

fn search(model: &mut Model, pattern: Option<Pattern>) {
    let Some(detail) = model.front_detail_mut() else {
        return;
    };
    if let Some(logs) = detail.logs.as_mut().filter(|_| detail.tab == Tab::Logs) {
        logs.set_search(pattern);
    } else {
        detail.scroll.at = None;
        detail.scroll.search = pattern;
    }
}

fn keep(model: &mut Model, pattern: Option<Pattern>) {
    if let Some(logs) = model.front_detail_mut().and_then(|d| d.logs.as_mut()) {
        logs.keep = pattern;
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
        PromptKind::Search { before } => search(model, before),
        PromptKind::Keep { before } => keep(model, before),
        PromptKind::Since | PromptKind::Save => {}
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
        PromptKind::Search { .. } => {
            search(model, Pattern::new(&text));
            if !text.is_empty() {
                details::find(model, true);
            }
        }
        PromptKind::Keep { .. } => keep(model, Pattern::new(&text)),
        PromptKind::Since => since(model, prompt, &text, effects),
        PromptKind::Save => save(model, &text, effects),
    }
}

fn since(model: &mut Model, mut prompt: Prompt, text: &str, effects: &mut Vec<Effect>) {
    let since = match parse_since(text) {
        Ok(back) => back.and_then(|b| model.now.checked_sub_signed(b)),
        Err(e) => {
            prompt.error = Some(explain(&e));
            model.overlays.push(Overlay::Prompt(prompt));
            return;
        }
    };
    model.activity.sequence += 1;
    let stream = model.activity.sequence;
    if let Some(logs) = model.front_detail_mut().and_then(|d| d.logs.as_mut()) {
        effects.push(Effect::CloseLogs(logs.stream));
        logs.restart(stream, since);
        effects.push(logs.open());
    }
}

/// `90s`, `10m`, `2h`, `3d`; nothing for nothing.
fn parse_since(text: &str) -> Result<Option<Duration>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong =
        || Error::invalid(format!("{text:?} is no length of time")).with_hint("10m, 2h, 3d");
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let count: i64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "" | "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let length = count.checked_mul(seconds).and_then(Duration::try_seconds);
    length.map(Some).ok_or_else(wrong)
}

fn save(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let text = model
        .front_detail()
        .and_then(|d| d.logs.as_ref())
        .map(crate::tui::logs::LogView::dump);
    match text {
        Some(text) if !name.is_empty() => effects.push(Effect::Save {
            name: name.to_owned(),
            text,
        }),
        _ => model
            .status
            .say(Severity::Warning, "nothing was saved", model.now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_short_words() {
        assert_eq!(parse_since("").unwrap(), None);
        assert_eq!(parse_since("10m").unwrap(), Duration::try_minutes(10));
        assert_eq!(parse_since("5").unwrap(), Duration::try_minutes(5));
        assert_eq!(parse_since("2d").unwrap(), Duration::try_days(2));
        for wrong in ["x", "10y", "-1m", "99999999999999999d"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}
