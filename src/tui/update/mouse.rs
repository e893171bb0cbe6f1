//! The mouse: a click chooses, the wheel scrolls.

use ratatui::layout::Position;

use crate::tui::effect::Effect;
use crate::tui::input::{Mouse, MouseKind};
use crate::tui::layout;
use crate::tui::model::Model;

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
    let table = layout.tables.iter().find(|(_, frame)| frame.contains(at));
    if let Some((pane, frame)) = table.copied() {
        let body = layout::table_body(pane, frame);
        match mouse.kind {
            MouseKind::ScrollUp => model.table_mut(pane).scroll(-WHEEL),
            MouseKind::ScrollDown => model.table_mut(pane).scroll(WHEEL),
            MouseKind::Press => {
                model.nav.pane = pane;
                model.nav.on_detail = false;
                if body.contains(at) {
                    let table = model.table_mut(pane);
                    let row = table.offset + usize::from(at.y - body.y);
                    if row < table.len() {
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
