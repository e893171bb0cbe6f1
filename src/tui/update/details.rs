//! Commands on what is seen closely: scrolling, searching, tabs, logs.

use crate::domain::id::Kind;
use crate::tui::content;
use crate::tui::detail::{Detail, Subject, Tab, containers_of};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Prompt, PromptKind};
use crate::tui::paint::Line;
use crate::tui::row::{Row, RowKey};
use crate::tui::status::Severity;

use super::{navigate, prompts};

/// See what is chosen closely; what is seen closely already turns to the tab.
pub(super) fn open(model: &mut Model, tab: Tab, effects: &mut Vec<Effect>) {
    if let Some(detail) = model.front_detail_mut() {
        detail.show(tab);
        return;
    }
    let Some(row) = model.focused().selected().cloned() else {
        return;
    };
    let tab = if matches!(row, Row::Operation(_)) {
        Tab::Steps
    } else {
        tab
    };
    navigate::open_row(model, &row, tab, effects);
}

/// The next tab, also of the detail area that has no focus.
pub(super) fn turn(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let Some(detail) = model.shown_detail_mut() else {
        return;
    };
    detail.turn(by);
    let (tab, kind) = (detail.tab, detail.subject.kind());
    if tab != Tab::Logs {
        // Its lines are read anew when one comes back.
        detail.close(effects);
    }
    if kind == Some(Kind::Container) {
        model.nav.preview_tab = tab;
    }
}

/// Forget a search; false when there is none.
pub(super) fn clear_search(model: &mut Model) -> bool {
    let Some(detail) = model.front_detail_mut() else {
        return false;
    };
    if let Some(logs) = detail.logs.as_mut()
        && detail.tab == Tab::Logs
    {
        if logs.search.is_some() {
            logs.set_search(None);
            return true;
        }
        if logs.keep.is_some() {
            logs.keep = None;
            return true;
        }
        return false;
    }
    detail.scroll.at = None;
    detail.scroll.search.take().is_some()
}

/// The lines of the detail with the keys.
fn lines(model: &Model) -> Vec<Line> {
    let paint = model.paint();
    match model.front_detail() {
        Some(detail) => {
            let lines = content::lines(model, detail, &paint);
            if detail.scroll.wrap {
                lines.iter().flat_map(|l| l.wrapped(detail.width)).collect()
            } else {
                lines
            }
        }
        None => Vec::new(),
    }
}

/// A command of a view; false when it is none.
pub(super) fn run(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    if model.front_detail().is_some_and(Detail::shows_logs) && logs(model, name, effects) {
        return true;
    }
    let Some(detail) = model.front_detail() else {
        return false;
    };
    let (height, page) = (detail.height, detail.height.max(1) as isize);
    let by = match name {
        "down" => 1,
        "up" => -1,
        "half-page-down" => (page / 2).max(1),
        "half-page-up" => -(page / 2).max(1),
        "page-down" => page,
        "page-up" => -page,
        "first" => isize::MIN / 2,
        "last" => isize::MAX / 2,
        _ => return other(model, name, effects),
    };
    let count = lines(model).len();
    if let Some(detail) = model.front_detail_mut() {
        detail.scroll.step(by, count, height);
    }
    true
}

fn other(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    match name {
        "search" => {
            let before = model.front_detail().and_then(|d| d.scroll.search.clone());
            prompt(model, PromptKind::Search { before });
        }
        "search-next" => find(model, true),
        "search-previous" => find(model, false),
        "copy-line" => {
            let all = lines(model);
            let at = model
                .front_detail()
                .map_or(0, |d| d.scroll.at.unwrap_or(d.scroll.top));
            if let Some(line) = all.get(at) {
                effects.push(Effect::Copy(line.text()));
                model
                    .status
                    .say(Severity::Info, "copied the line", model.now);
            }
        }
        "describe" => open(model, Tab::Describe, effects),
        "timeline" => open(model, Tab::Timeline, effects),
        _ => {
            let Some(detail) = model.front_detail_mut() else {
                return false;
            };
            match name {
                "wrap" => detail.scroll.wrap = !detail.scroll.wrap,
                "scroll-right" => detail.scroll.skip += 8,
                "scroll-left" => detail.scroll.skip = detail.scroll.skip.saturating_sub(8),
                _ => return false,
            }
        }
    }
    true
}

fn prompt(model: &mut Model, kind: PromptKind) {
    model
        .overlays
        .push(Overlay::Prompt(Prompt::new(kind, String::new())));
    prompts::opened(model);
}

/// The next match in a text or in logs.
pub(super) fn find(model: &mut Model, forward: bool) {
    let all = lines(model);
    let now = model.now;
    let Some(detail) = model.front_detail_mut() else {
        return;
    };
    let logs = detail.logs.as_mut().filter(|_| detail.tab == Tab::Logs);
    let (found, any) = if let Some(logs) = logs {
        // In logs `n` goes back in time: the newest is at the end.
        (logs.find(!forward), logs.search.is_some())
    } else {
        let (scroll, height) = (&mut detail.scroll, detail.height);
        let found = scroll.find(&all, forward, height);
        (found, scroll.search.is_some())
    };
    if !found {
        let text = if any {
            "not found"
        } else {
            "nothing is searched; / searches"
        };
        model.status.say(Severity::Warning, text, now);
    }
}

/// Commands of log views.
fn logs(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let now = model.now;
    let Some(detail) = model.front_detail_mut() else {
        return false;
    };
    let page = detail.height.max(1) as isize;
    let Some(logs) = detail.logs.as_mut() else {
        return false;
    };
    let mut say = None;
    match name {
        "down" => logs.step(1),
        "up" => logs.step(-1),
        "half-page-down" => logs.step((page / 2).max(1)),
        "half-page-up" => logs.step(-(page / 2).max(1)),
        "page-down" => logs.step(page),
        "page-up" => logs.step(-page),
        "first" => logs.go_first(),
        "last" => logs.follow_end(),
        "follow" => logs.toggle_follow(),
        "wrap" => logs.wrap = !logs.wrap,
        "timestamps" => logs.stamps = logs.stamps.next(),
        "scroll-right" => logs.skip += 8,
        "scroll-left" => logs.skip = logs.skip.saturating_sub(8),
        "severity" => {
            logs.least = logs.least.next_least();
            say = Some(format!("showing {} and worse", logs.least.word()));
        }
        "copy-line" => {
            if let Some(text) = logs.current_text() {
                effects.push(Effect::Copy(text));
                say = Some("copied the line".to_owned());
            }
        }
        "search" => {
            let before = logs.search.clone();
            prompt(model, PromptKind::Search { before });
        }
        "keep-matching" => {
            let before = logs.keep.clone();
            prompt(model, PromptKind::Keep { before });
        }
        "search-next" => find(model, true),
        "search-previous" => find(model, false),
        "since" => prompt(model, PromptKind::Since),
        "save" => {
            let name = detail.subject.clone();
            save(model, &name);
        }
        _ => return false,
    }
    if let Some(text) = say {
        model.status.say(Severity::Info, text, now);
    }
    true
}

/// Ask for a file's name.
fn save(model: &mut Model, subject: &Subject) {
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
    let prompt = Prompt::new(PromptKind::Save, format!("{safe}-{stamp}.log"));
    model.overlays.push(Overlay::Prompt(prompt));
    prompts::opened(model);
}

/// The logs of what is chosen: of one thing in its own view, of several merged.
pub(super) fn open_logs(model: &mut Model, all: bool, effects: &mut Vec<Effect>) {
    let mut rows = if all {
        model.chosen()
    } else {
        match model.front_detail() {
            Some(detail) => detail.subject.rows(&model.snapshot),
            None => model.focused().selected().cloned().into_iter().collect(),
        }
    };
    let mut label = None;
    // Nothing marked: the whole project of the container under the cursor.
    if all
        && let [Row::Container(host, c)] = rows.as_slice()
        && let Some(project) = c.project()
    {
        let found = host.projects().into_iter().find(|p| *p.name == *project);
        if let Some(found) = found {
            label = Some(format!("{}/{project}", host.id()));
            rows = vec![Row::Project(std::sync::Arc::clone(host), found.into())];
        }
    }
    let mut sources: Vec<_> = rows.iter().flat_map(containers_of).collect();
    sources.sort();
    sources.dedup();
    match (sources.as_slice(), rows.as_slice()) {
        ([], _) => model.status.say(
            Severity::Warning,
            "there is no container whose logs could be read",
            model.now,
        ),
        ([one], _) => {
            let subject = Subject::Object(one.clone());
            navigate::open_subject(model, subject, Tab::Logs, effects);
        }
        (_, [row]) => {
            let label = label.unwrap_or_else(|| match row.key() {
                RowKey::Object(object) => object.to_string(),
                RowKey::Operation(id) => id.to_string(),
            });
            let subject = Subject::Logs(label, sources);
            navigate::open_subject(model, subject, Tab::Logs, effects);
        }
        (many, _) => {
            let label = format!("{} containers", many.len());
            let subject = Subject::Logs(label, sources);
            navigate::open_subject(model, subject, Tab::Logs, effects);
        }
    }
}
