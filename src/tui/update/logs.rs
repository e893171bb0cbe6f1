//! Commands of log views, and what streams have to say.

use super::{details, navigate, prompts};
use crate::tui::detail::{Detail, Subject};
use crate::tui::effect::Effect;
use crate::tui::format;
use crate::tui::logs::{Found, LineFilter, LogLineView, LogView, Since};
use crate::tui::model::Model;
use crate::tui::msg::LogNews;
use crate::tui::overlay::{Overlay, Prompt, PromptKind};
use crate::tui::scroll::Pattern;
use crate::tui::status::Severity;

/// Lines came, or a stream ended.
pub(super) fn news(model: &mut Model, stream: u64, news: LogNews, effects: &mut Vec<Effect>) {
    let now = model.now;
    let open = [model.nav.detail.as_mut(), model.preview.as_mut()];
    let view = open
        .into_iter()
        .flatten()
        .filter_map(|d| d.logs.as_mut())
        .find(|l| l.stream == stream);
    match (view, news) {
        (Some(view), LogNews::Lines(source, lines)) => {
            if !view.add(source, lines) {
                effects.push(Effect::CloseLogs(stream));
            }
        }
        (Some(view), LogNews::Ended(source, how)) => view.end(source, how, now),
        (None, _) => {}
    }
}

/// The log view that has the keys.
fn view(model: &mut Model) -> Option<&mut LogView> {
    let detail = model.front_detail_mut().filter(|d| d.shows_logs())?;
    detail.logs.as_mut()
}

/// Esc: first marks, then the search, then the filters; false when there is nothing to undo.
pub(super) fn clear(logs: &mut LogView) -> bool {
    if logs.unmark() {
        return true;
    }
    if logs.search().is_some() {
        logs.set_search(None);
        return true;
    }
    if logs.only().is_some() {
        logs.toggle_only();
        return true;
    }
    logs.pop_filter()
}

/// A command of log views; false when it is none.
pub(super) fn run(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    if view(model).is_none() {
        return false;
    }
    moves(model, name, effects)
        || looks(model, name)
        || marks(model, name, effects)
        || asks(model, name, effects)
}

fn moves(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let page = model.front_detail().map_or(1, |d| d.height.max(1) as isize);
    let Some(logs) = view(model) else {
        return false;
    };
    let mut fresh = true;
    match name {
        "down" => logs.step(1),
        "up" => logs.step(-1),
        "half-page-down" => logs.page((page / 2).max(1)),
        "half-page-up" => logs.page(-(page / 2).max(1)),
        "page-down" => logs.page(page),
        "page-up" => logs.page(-page),
        "first" => logs.go_first(),
        "last" => fresh = logs.follow_end(),
        "follow" => fresh = logs.toggle_follow(),
        "scroll-right" => logs.skip += 8,
        "scroll-left" => logs.skip = logs.skip.saturating_sub(8),
        "search-next" => find(model, true),
        "search-previous" => find(model, false),
        _ => return false,
    }
    if !fresh {
        // The newest lines were not kept while the first ones were looked at.
        reread(model, Since::Tail, false, effects);
    }
    true
}

/// How lines look; the next log that is opened looks the same.
fn looks(model: &mut Model, name: &str) -> bool {
    let Some(logs) = view(model) else {
        return false;
    };
    let mut prefs = logs.prefs;
    match name {
        "wrap" => prefs.wrap = !prefs.wrap,
        "timestamps" => prefs.stamps = prefs.stamps.next(),
        "zone" => prefs.utc = !prefs.utc,
        "fields" => prefs.fields = !prefs.fields,
        "colours" => prefs.colours = !prefs.colours,
        "severity" => {
            let least = logs.least().next_least();
            logs.set_least(least);
            return true;
        }
        _ => return false,
    }
    let on = |is: bool| if is { "on" } else { "off" };
    let said = match name {
        "zone" if prefs.utc => "times in UTC".to_owned(),
        "zone" => format!("times in {}", model.setup.zone),
        "fields" => format!("JSON opened into fields: {}", on(prefs.fields)),
        "colours" => format!("colours of the lines: {}", on(prefs.colours)),
        _ => String::new(),
    };
    model.nav.log_prefs = prefs;
    if let Some(logs) = view(model) {
        logs.set_prefs(prefs);
    }
    if !said.is_empty() {
        model.status.say(Severity::Info, said, model.now);
    }
    true
}

fn marks(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let now = model.now;
    let Some(logs) = view(model) else {
        return false;
    };
    let text = |all: Vec<&crate::tui::logs::Entry>| {
        let lines: Vec<&str> = all.iter().map(|e| &*e.text).collect();
        (lines.len(), lines.join("\n"))
    };
    let (count, text) = match name {
        "mark" => {
            logs.toggle_mark();
            return true;
        }
        "mark-range" => {
            logs.toggle_range();
            return true;
        }
        "mark-all" => {
            logs.mark_all();
            return true;
        }
        "unmark" => {
            logs.unmark();
            return true;
        }
        "copy-line" => text(logs.chosen()),
        "copy-screen" => text(logs.on_screen()),
        _ => return false,
    };
    if count > 0 {
        logs.unmark();
        effects.push(Effect::Copy(text));
        let said = format!("copied {}", format::counted(count, "line", "lines"));
        model.status.say(Severity::Info, said, now);
    }
    true
}

fn asks(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let Some(logs) = view(model) else {
        return false;
    };
    match name {
        "search" => {
            let before = logs.search().cloned();
            let stood = Some(logs.standing());
            details::prompt(model, PromptKind::Search { before, stood });
        }
        "keep-matching" => details::prompt(model, PromptKind::Keep { drops: false }),
        "drop-matching" => details::prompt(model, PromptKind::Keep { drops: true }),
        "since" => details::prompt(model, PromptKind::Since),
        "go-to-time" => details::prompt(model, PromptKind::GoToTime),
        "clear-log" => logs.clear(),
        "only-source" => logs.toggle_only(),
        "save" => save(model, false),
        "save-all" => save(model, true),
        "open-line" => open_line(model, effects),
        _ => return false,
    }
    true
}

/// The next match.
fn find(model: &mut Model, forward: bool) {
    let Some(logs) = view(model) else {
        return;
    };
    let searches = logs.search().is_some();
    let said = match logs.find(forward) {
        Found::Yes => return,
        Found::Round if forward => (Severity::Info, "the first match again"),
        Found::Round => (Severity::Info, "the last match again"),
        Found::No if searches => (Severity::Warning, "not found"),
        Found::No => (Severity::Warning, "nothing is searched; / searches"),
    };
    model.status.say(said.0, said.1, model.now);
}

/// Search while it is typed: the match one most likely means is shown.
pub(super) fn search(
    model: &mut Model,
    pattern: Option<Pattern>,
    stood: Option<(bool, [u64; 3], usize)>,
    is_final: bool,
) {
    let Some(logs) = view(model) else {
        return;
    };
    let searches = pattern.is_some();
    if let Some(stood) = stood {
        logs.stand_again(stood);
    }
    logs.set_search(pattern);
    if searches && logs.find_first() == Found::No && is_final {
        model.status.say(Severity::Warning, "not found", model.now);
    }
}

/// Go back to where one stood before a search.
pub(super) fn stand_again(model: &mut Model, stood: (bool, [u64; 3], usize)) {
    if let Some(logs) = view(model) {
        logs.stand_again(stood);
    }
}

/// Show what the filter being typed leaves.
pub(super) fn draft(model: &mut Model, filter: Option<LineFilter>) {
    if let Some(logs) = view(model) {
        logs.set_draft(filter);
    }
}

/// The filter was typed to its end; nothing takes all filters away.
pub(super) fn keep(model: &mut Model, filter: Option<LineFilter>) {
    let Some(logs) = view(model) else {
        return;
    };
    match filter {
        Some(filter) => logs.add_filter(filter),
        None => logs.clear_filters(),
    }
}

/// Read the logs anew.
pub(super) fn reread(model: &mut Model, since: Since, stand: bool, effects: &mut Vec<Effect>) {
    model.activity.sequence += 1;
    let (stream, now) = (model.activity.sequence, model.now);
    if let Some(logs) = view(model) {
        effects.push(Effect::CloseLogs(logs.stream));
        logs.restart(stream, since, stand);
        effects.push(logs.open(now));
    }
}

/// Go to a time; what is older than the lines that are kept is read.
pub(super) fn go_to_time(
    model: &mut Model,
    at: chrono::DateTime<chrono::Utc>,
    effects: &mut Vec<Effect>,
) {
    let Some(logs) = view(model) else {
        return;
    };
    if !logs.go_to_time(at) {
        reread(model, Since::At(at), true, effects);
    }
}

/// A command with a word, from the palette or a key: `since 15m`. False when it is none of these.
pub(super) fn with_word(
    model: &mut Model,
    name: &str,
    word: &str,
    effects: &mut Vec<Effect>,
) -> crate::domain::error::Result<bool> {
    let (now, zone) = (model.now, zone(model));
    if view(model).is_none() {
        return Ok(false);
    }
    match name {
        "since" => {
            let since = Since::parse(word, now, zone)?;
            reread(model, since, false, effects);
        }
        "go-to-time" => {
            let at = crate::tui::logs::moment(word, now, zone)?;
            go_to_time(model, at, effects);
        }
        "keep-matching" | "drop-matching" => {
            let drops = name == "drop-matching";
            keep(model, LineFilter::parse(word, drops, false));
        }
        "save" | "save-all" => write(model, word, name == "save-all", effects),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The zone that typed times are in.
pub(super) fn zone(model: &Model) -> chrono::FixedOffset {
    let utc = model
        .front_detail()
        .and_then(|d| d.logs.as_ref())
        .is_some_and(|l| l.prefs.utc);
    if utc {
        crate::tui::options::utc()
    } else {
        model.setup.zone
    }
}

/// Ask for a file's name.
fn save(model: &mut Model, all: bool) {
    let Some(subject) = model.front_detail().map(|d| d.subject.clone()) else {
        return;
    };
    let name = file_name(model, &subject, "log");
    let prompt = Prompt::new(PromptKind::Save { all }, name);
    model.overlays.push(Overlay::Prompt(prompt));
    prompts::opened(model);
}

/// A name for a file about `subject`, which no file is likely to have.
pub(super) fn file_name(model: &Model, subject: &Subject, ending: &str) -> String {
    let label = subject.label(&model.snapshot);
    let safe: String = label
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let stamp = model
        .now
        .with_timezone(&model.setup.zone)
        .format("%Y%m%d-%H%M%S");
    format!("{safe}-{stamp}.{ending}")
}

/// Write lines to a file.
pub(super) fn write(model: &mut Model, name: &str, all: bool, effects: &mut Vec<Effect>) {
    let text = view(model).map(|l| l.dump(all));
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

/// See a line with all its fields.
fn open_line(model: &mut Model, effects: &mut Vec<Effect>) {
    // In the overview Enter makes the log larger first.
    if model.nav.detail.is_none() {
        navigate::open(model, effects);
        return;
    }
    let zone = zone(model);
    let Some(logs) = view(model) else {
        return;
    };
    if let Some(line) = LogLineView::of(logs, zone) {
        model.overlays.push(Overlay::LogLine(Box::new(line)));
        model.pending.clear();
    }
}

/// Is a log view in front?
pub(super) fn is_in_front(model: &Model) -> bool {
    model.front_detail().is_some_and(Detail::shows_logs)
}

/// A key while a line is open.
pub(super) fn in_line(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let (now, zone) = (model.now, zone(model));
    let Some(Overlay::LogLine(line)) = model.overlays.last_mut() else {
        return;
    };
    let copied = match name {
        "down" => {
            line.step(1);
            return;
        }
        "up" => {
            line.step(-1);
            return;
        }
        "first" => {
            line.step(isize::MIN);
            return;
        }
        "last" => {
            line.step(isize::MAX);
            return;
        }
        "copy-line" => {
            let (name, value) = line.chosen();
            (name.to_owned(), value.to_owned())
        }
        "copy-screen" => ("line".to_owned(), line.text.clone()),
        "back" | "open-line" => {
            model.overlays.pop();
            return;
        }
        _ => {
            // The line before or after it, the next match: without closing and opening.
            let Some(logs) = view(model) else {
                return;
            };
            match name {
                "scroll-right" => logs.step(1),
                "scroll-left" => logs.step(-1),
                "search-next" | "search-previous" => find(model, name == "search-next"),
                _ => return,
            }
            let next = view(model).and_then(|logs| LogLineView::of(logs, zone));
            if let (Some(next), Some(Overlay::LogLine(line))) = (next, model.overlays.last_mut()) {
                **line = next;
            }
            return;
        }
    };
    effects.push(Effect::Copy(copied.1));
    let said = format!(
        "copied {}",
        crate::tui::text::truncate(&copied.0, 40, "...")
    );
    model.status.say(Severity::Info, said, now);
}

#[cfg(test)]
mod tests;
