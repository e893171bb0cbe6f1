//! Commands under keys and in the palette that need no words.

use super::{actions, arrange, columns, details, dialogs, navigate, own, palette, prompts};
use crate::command;
use crate::domain::id::HostId;
use crate::tui::detail::Tab;
use crate::tui::effect::Effect;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Prompt, PromptKind};
use crate::tui::pane::Pane;
use crate::tui::row::RowKey;
use crate::tui::status::Severity;
use crate::tui::table::Grouping;

/// Run a command; `context` says where its key was found.
pub(super) fn run(
    model: &mut Model,
    context: Context,
    name: &str,
    args: &[String],
    effects: &mut Vec<Effect>,
) {
    if !args.is_empty() {
        let line = std::iter::once(name).chain(args.iter().map(String::as_str));
        let line: Vec<String> = line.map(|w| command::quote(w).into_owned()).collect();
        palette::execute(model, &line.join(" "), effects);
        return;
    }
    if own::call(model, name, effects) {
        return;
    }
    let in_view = model.front_detail().is_some();
    let done = matches!(context, Context::Global) && global(model, name, effects)
        || in_view && details::run(model, name, effects)
        || !in_view && table(model, name, effects)
        || global(model, name, effects);
    if !done {
        actions::run(model, name, effects);
    }
}

/// What works everywhere.
pub(super) fn global(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    if let Some(pane) = destination(name) {
        navigate::goto(model, pane, effects);
        return true;
    }
    match name {
        "goto-overview" => navigate::overview(model, effects),
        "palette" => palette::open(model, ""),
        "help" => dialogs::help(model),
        "next-pane" => navigate::next_pane(model, 1, effects),
        "previous-pane" => navigate::next_pane(model, -1, effects),
        "next-tab" => details::turn(model, 1, effects),
        "previous-tab" => details::turn(model, -1, effects),
        "open" => navigate::open(model, effects),
        "back" => back(model, effects),
        "last-view" => navigate::last_view(model, effects),
        "zoom-in" => navigate::zoom_in(model, effects),
        "zoom-out" => navigate::zoom_out(model, effects),
        name if arrange::run(model, name) => {}
        "refresh" => refresh(model, effects),
        "redraw" => effects.push(Effect::Redraw),
        "mouse" => {
            model.mouse = !model.mouse;
            let text = if model.mouse {
                "mouse on: the terminal's own selection needs Shift now"
            } else {
                "mouse off"
            };
            model.status.say(Severity::Info, text, model.now);
            effects.push(Effect::Mouse(model.mouse));
        }
        "quit" => quit(model, effects),
        "interrupt" => interrupt(model, effects),
        _ => return false,
    }
    true
}

fn destination(name: &str) -> Option<Pane> {
    Some(match name {
        "goto-machines" => Pane::Machines,
        "goto-containers" => Pane::Containers,
        "goto-services" => Pane::Services,
        "goto-volumes" => Pane::Volumes,
        "goto-networks" => Pane::Networks,
        "goto-images" => Pane::Images,
        "goto-operations" => Pane::Operations,
        "goto-fleet" => Pane::Fleet,
        _ => return None,
    })
}

/// One step back in what was done here, then to the view before.
fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.status.dismiss(model.now) || details::clear_search(model) || details::up(model) {
        return;
    }
    if model.nav.detail.is_none() {
        if model.nav.on_detail && model.is_overview() {
            model.nav.on_detail = false;
            return;
        }
        let table = model.focused_mut();
        if table.end_range() {
            return;
        }
        if !table.marks.is_empty() {
            table.unmark();
            return;
        }
        if !table.filter.is_empty() {
            table.filter = crate::tui::filter::Filter::default();
            return;
        }
    }
    navigate::back(model, effects);
}

fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.nav.can_go_back() {
        navigate::back(model, effects);
    } else if model.nav.detail.is_some() {
        navigate::goto(model, model.nav.pane, effects);
    } else {
        effects.push(Effect::Quit);
    }
}

/// Cancel the operation in front, else go back, else leave.
fn interrupt(model: &mut Model, effects: &mut Vec<Effect>) {
    let in_front = match &model.nav.detail {
        Some(detail) => match detail.subject {
            crate::tui::detail::Subject::Operation(id) => Some(id),
            _ => None,
        },
        None => None,
    };
    let running = |id| {
        let mut all = model.snapshot.operations.iter();
        all.any(|o| o.id == id && o.is_running())
    };
    if let Some(id) = in_front.filter(|id| running(*id)) {
        effects.push(Effect::Cancel(id));
        return;
    }
    quit(model, effects);
}

fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    let table = model.focused();
    let hosts: Vec<HostId> = match (&table.scope, table.key()) {
        (Some(scope), _) => vec![scope.host().clone()],
        (None, Some(RowKey::Object(object))) if model.nav.pane == Pane::Machines => {
            vec![object.host.clone()]
        }
        _ => model
            .snapshot
            .hosts
            .iter()
            .map(|h| h.id().clone())
            .collect(),
    };
    if model.nav.pane == Pane::Volumes || model.nav.pane == Pane::Machines {
        effects.extend(hosts.iter().cloned().map(Effect::MeasureDisk));
    }
    let text = match hosts.as_slice() {
        [one] => format!("reading {one} anew"),
        all => format!("reading {} hosts anew", all.len()),
    };
    model.status.say(Severity::Info, text, model.now);
    effects.push(Effect::Refresh(hosts));
    if let Some(detail) = model.shown_detail_mut() {
        detail.expire();
    }
}

/// What works in tables.
fn table(model: &mut Model, name: &str, effects: &mut Vec<Effect>) -> bool {
    let page = (model.focused().height / model.focused().stride.max(1)).max(1) as isize;
    let table = model.focused_mut();
    match name {
        "down" => table.step(1),
        "up" => table.step(-1),
        "first" => table.go_to(0),
        "last" => table.go_to(usize::MAX),
        "half-page-down" => table.step((page / 2).max(1)),
        "half-page-up" => table.step(-(page / 2).max(1)),
        "page-down" => table.step(page),
        "page-up" => table.step(-page),
        "scroll-right" if table.stride > 1 => table.step_across(1),
        "scroll-left" if table.stride > 1 => table.step_across(-1),
        "scroll-right" => table.scroll_columns(1),
        "scroll-left" => table.scroll_columns(-1),
        "fold-row" => {
            let line = table.cursor;
            table.toggle_fold(line);
        }
        "fold-rows" => table.toggle_folds(),
        "group" => group(model, None),
        "tree" => tree(model, effects),
        "columns" => columns::open(model),
        "mark" => table.toggle_mark(),
        "mark-range" => table.toggle_range(),
        "mark-all" => table.mark_all(),
        "unmark" => table.unmark(),
        "reverse" => table.reverse(),
        "wide" => table.toggle_wide(),
        "sort" => sort(model),
        "filter" => filter(model),
        "copy-id" | "copy-cell" => copy(model, name == "copy-cell", effects),
        "describe" => details::open(model, Tab::Describe, effects),
        "timeline" => details::open(model, Tab::Timeline, effects),
        "menu" => dialogs::menu(model),
        _ => return false,
    }
    true
}

/// Group the focused table, or group it in the next way.
pub(super) fn group(model: &mut Model, by: Option<Grouping>) {
    let table = model.focused_mut();
    let ways = table.pane.groups();
    if ways.len() < 2 {
        let text = format!("{} are not grouped", table.pane.title().to_lowercase());
        model.status.say(Severity::Info, text, model.now);
        return;
    }
    // The tree has its own key.
    let round: Vec<Grouping> = ways
        .iter()
        .copied()
        .filter(|g| *g != Grouping::Tree)
        .collect();
    let next = || {
        let at = round.iter().position(|g| *g == table.grouping);
        at.map_or(Grouping::None, |at| round[(at + 1) % round.len()])
    };
    let chosen = by.filter(|g| ways.contains(g)).unwrap_or_else(next);
    table.grouping = chosen;
    let text = match chosen {
        Grouping::None => "not grouped".to_owned(),
        Grouping::Tree => "as a tree; z opens and closes".to_owned(),
        by => format!("grouped by {}; z opens and closes", by.word()),
    };
    model.status.say(Severity::Info, text, model.now);
}

/// The containers as a tree, or as a list again.
fn tree(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.nav.pane != Pane::Containers {
        navigate::goto(model, Pane::Containers, effects);
        model.focused_mut().grouping = Grouping::None;
    }
    let by = if model.focused().grouping == Grouping::Tree {
        Grouping::None
    } else {
        Grouping::Tree
    };
    group(model, Some(by));
}

/// Order the focused table by a column.
pub(super) fn sort_by(
    model: &mut Model,
    name: &str,
    reversed: bool,
) -> crate::domain::error::Result<()> {
    let table = model.focused_mut();
    let all = table.pane.columns();
    if crate::tui::column::Field::find(all, name).is_none() {
        return Err(crate::tui::options::unknown_column(all, name));
    }
    table.sort_by(name, reversed);
    Ok(())
}

fn sort(model: &mut Model) {
    let pane = model.nav.pane;
    let layout = crate::tui::layout::of(model);
    let width = layout
        .tables
        .iter()
        .find(|(p, _)| *p == pane)
        .map_or(80, |(_, frame)| frame.width);
    let setup = &model.setup;
    let paint = crate::tui::paint::Paint::new(&setup.theme, &setup.glyphs, model.now, setup.zone);
    let look = crate::tui::column::Look {
        paint: &paint,
        snapshot: &model.snapshot,
        summary: &model.summary,
    };
    let inner = width.saturating_sub(2 + crate::tui::layout::GUTTER);
    let table = &mut model.tables[pane.index()];
    table.sort_next(&look, inner);
    let title = table.sort.title.to_lowercase();
    model
        .status
        .say(Severity::Info, format!("sorted by {title}"), model.now);
}

/// Order by the column whose title was clicked, or turn its order around.
pub(super) fn sort_at(model: &mut Model, pane: Pane, x: u16) {
    let layout = crate::tui::layout::of(model);
    let frame = layout.tables.iter().find(|(p, _)| *p == pane);
    let gutter = crate::tui::layout::GUTTER;
    let inner = frame.map_or(0, |(_, f)| f.width.saturating_sub(2 + gutter));
    let fitted = {
        let paint = model.paint();
        model.table(pane).fitted(&model.look(&paint), inner)
    };
    let x = x.saturating_sub(gutter);
    let clicked = fitted
        .iter()
        .rev()
        .find(|f| f.x <= x && x < f.x + f.width + 2);
    let table = model.table_mut(pane);
    if let Some(field) = clicked.map(|f| table.fields[f.column].clone()) {
        if table.sort == field {
            table.reverse();
        } else {
            table.sort = field;
            table.reversed = false;
        }
    }
}

fn filter(model: &mut Model) {
    let before = model.focused().filter.clone();
    let text = before.text().to_owned();
    let text = if text.is_empty() { text } else { text + " " };
    model.overlays.push(Overlay::Prompt(Prompt::new(
        PromptKind::Filter { before },
        text,
    )));
    prompts::opened(model);
}

fn copy(model: &mut Model, cell: bool, effects: &mut Vec<Effect>) {
    let chosen = model.chosen();
    let paint = model.paint();
    let look = model.look(&paint);
    let column = &model.focused().sort;
    let texts: Vec<String> = chosen
        .iter()
        .map(|row| {
            if cell {
                column.cell(row, &look).text.trim().to_owned()
            } else {
                row.id().into_owned()
            }
        })
        .collect();
    let said = match texts.as_slice() {
        [] => return,
        [one] => format!("copied {}", crate::tui::text::truncate(one, 40, "...")),
        many => format!("copied {} lines", many.len()),
    };
    effects.push(Effect::Copy(texts.join("\n")));
    model.status.say(Severity::Info, said, model.now);
}
