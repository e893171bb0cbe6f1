//! The keys of a view, from the keymap in force.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::list;
use crate::command;
use crate::tui::keymap::Context;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::overlay::{Help, Overlay};
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

fn title(context: Context) -> &'static str {
    match context {
        Context::Global => "Everywhere",
        Context::Table => "Tables",
        Context::View => "Text",
        Context::Machines => "Machines",
        Context::Containers => "Containers",
        Context::Services => "Services",
        Context::Volumes => "Volumes",
        Context::Networks => "Networks",
        Context::Images => "Images",
        Context::Operations => "Operations",
        Context::Logs => "Logs",
        Context::Prompt => "While typing",
        Context::Confirm => "Dialogs",
        Context::Form => "Forms",
        Context::Help => "This list",
    }
}

/// A block of the help: a context with its keys.
fn blocks(model: &Model, contexts: &[Context]) -> Vec<Vec<Line>> {
    let keymap = &model.setup.keymap;
    let mut out = Vec::new();
    for context in contexts {
        let mut rows: Vec<(String, String)> = Vec::new();
        for binding in keymap.reachable(contexts) {
            if binding.context != *context {
                continue;
            }
            let what = binding.desc.clone().unwrap_or_else(|| {
                command::find(&binding.command).map_or_else(String::new, |c| c.doc.to_owned())
            });
            // Several keys for the same share a line.
            match rows.iter_mut().find(|(_, w)| *w == what) {
                Some((keys, _)) => {
                    keys.push_str(", ");
                    keys.push_str(&binding.label());
                }
                None => rows.push((binding.label(), what)),
            }
        }
        if rows.is_empty() {
            continue;
        }
        let mut lines = vec![Line::of(Role::Column, title(*context))];
        for (keys, what) in rows {
            let pad = " ".repeat(14usize.saturating_sub(text::width(&keys)).max(1));
            let room = (COLUMN - 2).saturating_sub(text::width(&keys) + pad.len());
            let line = Line::of(Role::FooterKey, keys).add(Role::Text, pad);
            lines.push(line.add(Role::Text, text::truncate(&what, room, "~")));
        }
        out.push(lines);
    }
    out
}

/// Columns of a block, the gap to the next included.
const COLUMN: usize = 46;

/// All lines, in as many columns as there is room for.
fn lines(model: &Model, contexts: &[Context], width: usize) -> Vec<Line> {
    let blocks = blocks(model, contexts);
    let columns = (width / COLUMN).clamp(1, 3);
    let mut sides: Vec<Vec<Line>> = vec![Vec::new(); columns];
    for block in blocks {
        // The shortest column takes the next block.
        let at = (0..columns).min_by_key(|i| sides[*i].len()).unwrap_or(0);
        if !sides[at].is_empty() {
            sides[at].push(Line::default());
        }
        sides[at].extend(block);
    }
    let height = sides.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|y| {
            let mut line = Line::default();
            for (n, side) in sides.iter().enumerate() {
                if let Some(part) = side.get(y) {
                    let pad = (n * COLUMN).saturating_sub(line.width());
                    line.push(Role::Text, " ".repeat(pad));
                    line.0.extend(part.0.iter().cloned());
                }
            }
            line
        })
        .collect()
}

fn area(model: &Model, body: Rect) -> Rect {
    let width = body.width.min((COLUMN * 3 + 4) as u16);
    let inner = usize::from(width).saturating_sub(4);
    let wanted = match model.overlays.last() {
        Some(Overlay::Help(help)) => lines(model, &help.contexts, inner).len(),
        _ => 0,
    };
    let height = body.height.min(wanted as u16 + 2);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 2,
        width,
        height,
    )
}

/// How many lines the help has.
pub fn count(model: &Model) -> usize {
    let width = usize::from(model.size.0)
        .min(COLUMN * 3 + 4)
        .saturating_sub(4);
    match model.overlays.last() {
        Some(Overlay::Help(help)) => lines(model, &help.contexts, width).len(),
        _ => 0,
    }
}

/// Draw the help.
pub(super) fn draw(
    model: &Model,
    help: &Help,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let area = area(model, body);
    paint.fill(buffer, area, Role::Overlay);
    let inner = layout::inside(area);
    let inner = Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    );
    let all = lines(model, &help.contexts, usize::from(inner.width));
    let height = usize::from(inner.height);
    let top = help.top.min(all.len().saturating_sub(height));
    let titles = Titles {
        top: Line::of(Role::TitleFocused, " Keys "),
        bottom: Line::of(Role::Count, " Esc closes "),
        ..Titles::default()
    };
    frame::draw(paint, buffer, area, Role::OverlayBorder, &titles);
    list::draw(paint, buffer, inner, &all[top..], 0);
    frame::scrollbar(paint, buffer, area, (top, height, all.len()));
    None
}
