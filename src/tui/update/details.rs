//! Commands on what is seen closely: scrolling, searching, tabs, logs.

use std::collections::BTreeSet;

use crate::domain::id::{Kind, ObjectRef};
use crate::tui::content::{self, Item, Page, Target};
use crate::tui::detail::{Detail, Subject, Tab, containers_of};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Prompt, PromptKind};
use crate::tui::paint::Line;
use crate::tui::row::{Row, RowKey};
use crate::tui::status::Severity;

use super::{logs, navigate, prompts};

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

/// Show a tab of the detail on the screen.
pub(super) fn show(model: &mut Model, tab: Tab, effects: &mut Vec<Effect>) {
    let Some(detail) = model.shown_detail_mut() else {
        return;
    };
    let all = detail.subject.tabs();
    let place = |t: Tab| all.iter().position(|x| *x == t).map_or(0, |n| n as isize);
    let by = place(tab) - place(detail.tab);
    if by != 0 {
        turn(model, by, effects);
    }
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
    if let Some(logs) = detail.logs.as_mut().filter(|_| detail.tab == Tab::Logs) {
        return logs::clear(logs);
    }
    detail.scroll.at = None;
    detail.scroll.search.take().is_some()
}

/// The detail with the keys, as it stands on the screen.
fn page(model: &Model) -> Option<(Page, Vec<(Line, usize)>)> {
    let paint = model.paint();
    let detail = model.front_detail()?;
    let page = content::page(model, detail, &paint);
    let wrap = detail.scroll.wrap.then_some(detail.width);
    let rows = page.rows(wrap);
    Some((page, rows))
}

/// What the cursor of the detail with the keys is on.
fn item(model: &Model) -> Option<Item> {
    let (page, rows) = page(model)?;
    let cursor = model.front_detail()?.scroll.cursor;
    let (_, at) = rows.get(page.stand(cursor, rows.len()))?;
    page.items.into_iter().nth(*at)
}

/// A command of a view; false when it is none.
pub(super) fn run(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    if model.front_detail().is_some_and(Detail::shows_logs) && logs::run(model, name, effects) {
        return true;
    }
    let Some(detail) = model.front_detail() else {
        return false;
    };
    let (height, rows) = (detail.height, detail.height.max(1) as isize);
    let by = match name {
        "down" => 1,
        "up" => -1,
        "half-page-down" => (rows / 2).max(1),
        "half-page-up" => -(rows / 2).max(1),
        "page-down" => rows,
        "page-up" => -rows,
        "first" => isize::MIN / 2,
        "last" => isize::MAX / 2,
        _ => return other(model, name, effects),
    };
    let Some((page, rows)) = page(model) else {
        return false;
    };
    if let Some(detail) = model.front_detail_mut() {
        if page.still {
            detail.scroll.step(by, rows.len(), height);
        } else {
            detail.scroll.cursor = page.stand(detail.scroll.cursor, rows.len());
            detail.scroll.go(by, rows.len(), height);
        }
    }
    true
}

/// Do what Enter does on the line under the cursor; false when it does nothing there.
pub(super) fn activate(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    if model.front_detail().is_none_or(Detail::shows_logs) {
        return false;
    }
    let Some(target) = item(model).and_then(|i| i.target) else {
        return false;
    };
    match target {
        Target::Object(object) => follow(model, object, effects),
        Target::Fold(path) => {
            if let Some(detail) = model.front_detail_mut()
                && !detail.folds.remove(&path)
            {
                detail.folds.insert(path);
            }
        }
        Target::Path(spot) => {
            if let Some(detail) = model.front_detail_mut() {
                let cursor = std::mem::take(&mut detail.scroll.cursor);
                detail.files.enter(spot, cursor);
                detail.scroll.top = 0;
            }
        }
        Target::Up => return up(model),
        Target::Reveal(name) => {
            if let Some(detail) = model.front_detail_mut() {
                let open = detail.revealed.as_deref() == Some(&*name);
                detail.revealed = (!open).then_some(name);
            }
        }
    }
    true
}

/// One directory up; false when nothing is above.
pub(super) fn up(model: &mut Model) -> bool {
    let Some(detail) = model.front_detail_mut().filter(|d| d.tab == Tab::Files) else {
        return false;
    };
    let Some(cursor) = detail.files.up() else {
        return false;
    };
    detail.scroll.cursor = cursor;
    detail.scroll.top = 0;
    true
}

/// Something came: the cursor stays on the screen.
pub(super) fn arrived(model: &mut Model) {
    let Some((page, rows)) = page(model) else {
        return;
    };
    if let Some(detail) = model.front_detail_mut()
        && !page.still
        && detail.scroll.cursor > 0
    {
        let height = detail.height;
        detail.scroll.cursor = detail.scroll.cursor.min(rows.len().saturating_sub(1));
        detail.scroll.show(rows.len(), height);
    }
}

/// All text of the detail with the keys.
pub(super) fn dump(model: &Model) -> Option<String> {
    let (page, _) = page(model)?;
    let lines: Vec<String> = page
        .items
        .iter()
        .map(|i| i.line.text().trim_end().to_owned())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n") + "\n")
}

/// See another object closely, if it is there.
fn follow(model: &mut Model, object: ObjectRef, effects: &mut Vec<Effect>) {
    if crate::tui::detail::row_of(&object, &model.snapshot).is_none() {
        let text = format!("{} {object} is not there any more", object.kind);
        model.status.say(Severity::Warning, text, model.now);
        return;
    }
    navigate::open_subject(model, Subject::Object(object), Tab::Describe, effects);
}

/// Close every part of the document, or open all that is closed.
fn fold(model: &mut Model) {
    let now = model.now;
    let Some(detail) = model.front_detail_mut() else {
        return;
    };
    let Some(Ok(inspected)) = detail
        .inspected
        .value()
        .filter(|_| detail.tab == Tab::Inspect)
    else {
        model
            .status
            .say(Severity::Info, "nothing here can be closed", now);
        return;
    };
    let all = content::parts(&inspected.document);
    detail.folds = if detail.folds.is_empty() {
        all
    } else {
        BTreeSet::new()
    };
    detail.scroll.top = 0;
    detail.scroll.cursor = 0;
}

/// Put what the cursor is on into the clipboard: its value, or where it stands.
fn copy(model: &mut Model, path: bool, effects: &mut Vec<Effect>) {
    let Some(item) = item(model) else {
        return;
    };
    let line = item.line.text().trim().to_owned();
    let text = if path {
        item.path.unwrap_or(line)
    } else {
        item.copied()
    };
    if text.is_empty() {
        return;
    }
    let shown = crate::domain::text::sanitise(&text).into_owned();
    let shown = crate::tui::text::truncate(&shown, 50, "...");
    effects.push(Effect::Copy(text));
    let said = format!("copied {shown}");
    model.status.say(Severity::Info, said, model.now);
}

/// Turn wrapping on or off; the cursor stays on its line.
fn wrap(model: &mut Model) {
    let at = page(model).and_then(|(_, rows)| {
        let cursor = model.front_detail()?.scroll.cursor;
        rows.get(cursor).map(|(_, at)| *at)
    });
    if let Some(detail) = model.front_detail_mut() {
        detail.scroll.wrap = !detail.scroll.wrap;
        detail.scroll.skip = 0;
    }
    let Some((_, rows)) = page(model) else {
        return;
    };
    if let Some(detail) = model.front_detail_mut() {
        let height = detail.height;
        let cursor = rows.iter().position(|(_, n)| Some(*n) == at);
        detail.scroll.cursor = cursor.unwrap_or(0);
        detail.scroll.show(rows.len(), height);
    }
}

fn other(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    match name {
        "search" => {
            let before = model.front_detail().and_then(|d| d.scroll.search.clone());
            let stood = None;
            prompt(model, PromptKind::Search { before, stood });
        }
        "search-next" => find(model, true),
        "search-previous" => find(model, false),
        "copy-line" => copy(model, false, effects),
        "copy-path" => copy(model, true, effects),
        "fold" => fold(model),
        "save-text" => keep(model),
        "wrap" => wrap(model),
        "describe" => open(model, Tab::Describe, effects),
        "timeline" => open(model, Tab::Timeline, effects),
        _ => {
            let Some(detail) = model.front_detail_mut() else {
                return false;
            };
            match name {
                "scroll-right" => detail.scroll.skip += 8,
                "scroll-left" => detail.scroll.skip = detail.scroll.skip.saturating_sub(8),
                _ => return false,
            }
        }
    }
    true
}

pub(super) fn prompt(model: &mut Model, kind: PromptKind) {
    model
        .overlays
        .push(Overlay::Prompt(Prompt::new(kind, String::new())));
    prompts::opened(model);
}

/// The next match in a text.
pub(super) fn find(model: &mut Model, forward: bool) {
    // What is closed can hold it too.
    if let Some(detail) = model.front_detail_mut()
        && detail.scroll.search.is_some()
    {
        detail.folds.clear();
    }
    let rows = page(model).map(|(_, rows)| rows).unwrap_or_default();
    let all: Vec<Line> = rows.into_iter().map(|(line, _)| line).collect();
    let now = model.now;
    let Some(detail) = model.front_detail_mut() else {
        return;
    };
    let (scroll, height) = (&mut detail.scroll, detail.height);
    let found = scroll.find(&all, forward, height);
    if !found {
        let text = if scroll.search.is_some() {
            "not found"
        } else {
            "nothing is searched; / searches"
        };
        model.status.say(Severity::Warning, text, now);
    }
}

/// Copy what the cursor is on out of the container, or save the text.
fn keep(model: &mut Model) {
    let Some(detail) = model.front_detail() else {
        return;
    };
    let (tab, subject) = (detail.tab, detail.subject.clone());
    let here = detail.files.spot.clone().filter(|_| tab == Tab::Files);
    let target = item(model).and_then(|i| i.target);
    let spot = match (target, here) {
        (Some(Target::Path(spot)), _) => spot,
        (_, Some(here)) => here,
        _ => {
            save(model, &subject);
            return;
        }
    };
    let name = match crate::domain::files::base(&spot.path) {
        "" => "root",
        name => name,
    };
    let kind = PromptKind::CopyOut {
        container: spot.place.container.clone(),
        path: spot.path.clone(),
    };
    let prompt = Prompt::new(kind, format!("./{name}"));
    model.overlays.push(Overlay::Prompt(prompt));
    prompts::opened(model);
}

/// Ask for a file's name.
fn save(model: &mut Model, subject: &Subject) {
    let name = logs::file_name(model, subject, "txt");
    let prompt = Prompt::new(PromptKind::SaveText, name);
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
