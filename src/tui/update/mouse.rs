//! The mouse: a click chooses, the wheel scrolls.

use ratatui::layout::Position;

use crate::tui::effect::Effect;
use crate::tui::input::{Mouse, MouseKind};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::pane::Pane;

use super::{arrange, commands};

/// Rows per turn of the wheel.
const WHEEL: isize = 3;

/// A click or the wheel.
pub(super) fn report(model: &mut Model, mouse: Mouse, _effects: &mut Vec<Effect>) {
    if !model.overlays.is_empty() {
        return;
    }
    model.sync();
    let at = Position::new(mouse.x, mouse.y);
    let layout = layout::of(model);
    match (mouse.kind, model.dragged) {
        (MouseKind::Press, _) => {
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
