//! How the panes share the screen, and what is remembered of it.

use crate::tui::effect::Effect;
use crate::tui::layout::{self, Edge};
use crate::tui::memory::Memory;
use crate::tui::model::Model;
use crate::tui::status::Severity;

/// Percent by which a key moves an edge.
const STEP: i32 = 3;

/// Move an edge between panes, or put both back; false when it is another command.
pub(super) fn run(model: &mut Model, name: &str) -> bool {
    let (edge, by) = match name {
        "split-left" => (Edge::Side, -STEP),
        "split-right" => (Edge::Side, STEP),
        "split-up" => (Edge::Top, -STEP),
        "split-down" => (Edge::Top, STEP),
        "split-reset" => {
            model.split = layout::Split::default();
            return true;
        }
        _ => return false,
    };
    if !model.is_overview() {
        let text = "there is no split to move in this view";
        model.status.say(Severity::Info, text, model.now);
        return true;
    }
    let now = i32::from(layout::percent(model, edge));
    set(model, edge, now + by);
    true
}

/// Put an edge at so many percent.
fn set(model: &mut Model, edge: Edge, percent: i32) {
    let percent = percent.clamp(10, 90) as u16;
    match edge {
        Edge::Side => model.split.side = Some(percent),
        Edge::Top => model.split.top = Some(percent),
    }
    // What the screen has no room for is not remembered either.
    let shown = layout::percent(model, edge);
    match edge {
        Edge::Side => model.split.side = Some(shown),
        Edge::Top => model.split.top = Some(shown),
    }
}

/// The mouse drags an edge to a column and row.
pub(super) fn drag(model: &mut Model, edge: Edge, x: u16, y: u16) {
    let (width, height) = model.size;
    let percent = match edge {
        Edge::Side => i32::from(x + 1) * 100 / i32::from(width.max(1)),
        Edge::Top => i32::from(y) * 100 / i32::from(height.saturating_sub(2).max(1)),
    };
    set(model, edge, percent);
}

/// Write down how things are arranged, when that changed.
pub(super) fn remember(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(before) = &model.memory else {
        return;
    };
    let memory = Memory::of(model);
    if memory != *before {
        effects.push(Effect::Remember(memory.text()));
        model.memory = Some(memory);
    }
}
