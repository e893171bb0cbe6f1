//! The mouse: a click chooses, the wheel scrolls.

use chrono::TimeDelta;
use ratatui::layout::Position;

use crate::tui::effect::Effect;
use crate::tui::input::{Mouse, MouseKind};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;
use crate::tui::pane::Pane;
use crate::tui::view;

use super::{arrange, commands};

/// Rows per turn of the wheel.
const WHEEL: isize = 3;

/// Two presses so close together are one double click.
const TWICE: TimeDelta = TimeDelta::milliseconds(500);

/// A click or the wheel.
pub(super) fn report(model: &mut Model, mouse: Mouse, effects: &mut Vec<Effect>) {
    let at = Position::new(mouse.x, mouse.y);
    let twice = mouse.kind == MouseKind::Press && is_second(model, at);
    if !model.overlays.is_empty() {
        over(model, mouse.kind, at, effects);
        return;
    }
    model.sync();
    let layout = layout::of(model);
    match (mouse.kind, model.dragged) {
        (MouseKind::Press, _) => {
            let line = layout.detail.filter(|frame| frame.y == at.y);
            if let Some(tab) = line.and_then(|frame| view::tab_at(model, frame, at.x)) {
                super::details::show(model, tab, effects);
                return;
            }
            model.dragged = layout::edge_at(&layout, mouse.x, mouse.y);
            if model.dragged.is_some() {
                return;
            }
        }
        (MouseKind::Drag, Some(edge)) => return arrange::drag(model, edge, mouse.x, mouse.y),
        (MouseKind::Drag, None) => return,
        (MouseKind::Release, _) => {
            model.dragged = None;
            return;
        }
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => {}
    }
    let table = layout.tables.iter().find(|(_, frame)| frame.contains(at));
    if let Some((pane, frame)) = table.copied() {
        let body = layout::table_body(pane, frame);
        match mouse.kind {
            MouseKind::ScrollUp => model.table_mut(pane).scroll(-WHEEL),
            MouseKind::ScrollDown => model.table_mut(pane).scroll(WHEEL),
            MouseKind::Drag | MouseKind::Release => {}
            MouseKind::Press => {
                model.nav.pane = pane;
                model.nav.on_detail = false;
                let height = frame.height.min(2);
                let titles = body.y > frame.y + 1 && at.y == frame.y + height - 1;
                if titles {
                    commands::sort_at(model, pane, at.x.saturating_sub(frame.x + 1));
                } else if body.contains(at) {
                    let table = model.table_mut(pane);
                    let place = if pane == Pane::Fleet {
                        layout::tiles(body, table.len()).at(at.x, at.y)
                    } else {
                        Some(usize::from(at.y - body.y))
                    };
                    let row = place.map(|n| table.offset + n);
                    if let Some(row) = row.filter(|r| *r < table.len()) {
                        table.go_to(row);
                    }
                }
                if twice && body.contains(at) {
                    super::navigate::open(model, effects);
                }
            }
        }
        return;
    }
    if layout.detail.is_some_and(|frame| frame.contains(at)) {
        let by = match mouse.kind {
            MouseKind::ScrollUp => -WHEEL,
            MouseKind::ScrollDown => WHEEL,
            MouseKind::Drag | MouseKind::Release => return,
            MouseKind::Press => {
                model.nav.on_detail = model.is_overview();
                return;
            }
        };
        let Some(detail) = model.shown_detail_mut() else {
            return;
        };
        match detail
            .logs
            .as_mut()
            .filter(|_| detail.tab == crate::tui::detail::Tab::Logs)
        {
            Some(logs) => logs.scroll(by),
            None => detail.scroll.top = detail.scroll.top.saturating_add_signed(by),
        }
    }
}

/// Is it the second press of two on the same place?
fn is_second(model: &mut Model, at: Position) -> bool {
    let now = model.now;
    let same = model
        .activity
        .click
        .is_some_and(|(then, x, y)| (x, y) == (at.x, at.y) && now - then < TWICE && now >= then);
    // A third press begins anew.
    model.activity.click = (!same).then_some((now, at.x, at.y));
    same
}

/// In what lies over the panes.
fn over(model: &mut Model, kind: MouseKind, at: Position, effects: &mut Vec<Effect>) {
    let by = match kind {
        MouseKind::ScrollUp => "up",
        MouseKind::ScrollDown => "down",
        MouseKind::Press => {
            if let Some(field) = view::form_field_at(model, at) {
                super::forms::clicked(model, field, effects);
            } else if let Some(item) = view::menu_item_at(model, at) {
                super::dialogs::clicked(model, item, effects);
            }
            return;
        }
        MouseKind::Drag | MouseKind::Release => return,
    };
    match model.overlays.last() {
        Some(Overlay::Form(_)) => {
            super::forms::command(model, &format!("field-{by}"), effects);
        }
        Some(Overlay::Menu(_) | Overlay::Help(_) | Overlay::Confirm(_)) => {
            super::dialogs::command(model, by, effects);
        }
        _ => {}
    }
}
