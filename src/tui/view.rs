//! From the model to cells. Changes nothing; says when the picture changes by itself.

mod columns;
mod detail;
mod empty;
mod fleet;
mod footer;
mod form;
mod frame;
mod header;
mod help;
mod list;
mod logs;
mod overlay;
mod own;
mod palette;
mod table;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{self, LEAST};
use super::model::Model;
use super::overlay::Overlay;
use super::paint::Paint;
use super::text;
use super::theme::Role;

pub use help::count as help_lines;

/// Where the lines of a log are in its frame.
pub fn log_body(model: &Model, frame: Rect) -> Rect {
    logs::body(model, layout::detail_body(frame))
}

/// The field of a form at a place of the screen; its buttons come behind its fields.
pub fn form_field_at(model: &Model, at: Position) -> Option<usize> {
    match model.overlays.last() {
        Some(Overlay::Form(form)) => form::at(form, overlay_body(model), at),
        _ => None,
    }
}

/// The line of a menu at a place of the screen.
pub fn menu_item_at(model: &Model, at: Position) -> Option<usize> {
    match model.overlays.last() {
        Some(Overlay::Menu(menu)) => overlay::menu_at(menu, overlay_body(model), at),
        _ => None,
    }
}

/// The tab of a detail at a column of its frame.
pub fn tab_at(model: &Model, frame: Rect, x: u16) -> Option<super::detail::Tab> {
    detail::tab_at(model, frame, x)
}

/// What dialogs and forms lie over.
fn overlay_body(model: &Model) -> Rect {
    let layout = layout::of(model);
    let height = layout.footer.y.saturating_sub(layout.header.bottom());
    Rect::new(0, layout.header.bottom(), model.size.0, height)
}

/// What painting found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Where the terminal's cursor stands.
    pub cursor: Option<Position>,
    /// When the picture changes though nothing happens.
    pub wake: Option<DateTime<Utc>>,
    /// Is a spinner visible?
    pub spinning: bool,
}

/// Paint the console.
pub fn draw(model: &Model, buffer: &mut Buffer) -> Drawn {
    let paint = model.paint();
    let area = buffer.area;
    paint.fill(buffer, area, Role::Screen);
    let cursor = if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(&paint, buffer, area);
        None
    } else {
        everything(model, &paint, buffer)
    };
    Drawn {
        cursor,
        wake: paint.wake(),
        spinning: paint.spinning(),
    }
}

fn everything(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer) -> Option<Position> {
    let layout = layout::of(model);
    header::draw(model, paint, buffer, layout.header);
    for (pane, frame) in &layout.tables {
        table::draw(model, *pane, paint, buffer, *frame);
    }
    if let Some(frame) = layout.detail {
        detail::draw(model, paint, buffer, frame);
    }
    footer::toast(model, paint, buffer, layout.footer);
    footer::which_key(model, paint, buffer, layout.footer);
    let mut cursor = footer::draw(model, paint, buffer, layout.footer);
    if let Some(overlay) = model.overlays.last() {
        let body = Rect::new(
            0,
            layout.header.bottom(),
            buffer.area.width,
            layout.footer.y.saturating_sub(layout.header.bottom()),
        );
        cursor = match overlay {
            Overlay::Prompt(_) => cursor,
            Overlay::Palette(palette) => Some(palette::draw(palette, paint, buffer, layout.footer)),
            Overlay::Confirm(confirm) => overlay::confirm(model, confirm, paint, buffer, body),
            Overlay::Form(form) => form::draw(model, form, paint, buffer, body),
            Overlay::Menu(menu) => overlay::menu(menu, paint, buffer, body),
            Overlay::Columns(columns) => {
                columns::draw(columns, paint, buffer, body);
                None
            }
            Overlay::Own(ask) => own::draw(model, ask, paint, buffer, body),
            Overlay::LogLine(line) => {
                logs::line(line, paint, buffer, body);
                None
            }
            Overlay::Help(help) => help::draw(model, help, paint, buffer, body),
        };
    }
    cursor
}

fn too_small(paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let said = [
        "Too small".to_owned(),
        format!("{} x {} columns and rows,", area.width, area.height),
        format!("{} x {} are needed.", LEAST.0, LEAST.1),
    ];
    let top = area.height.saturating_sub(said.len() as u16) / 2;
    for (n, line) in said.iter().enumerate() {
        let y = top + n as u16;
        let x = usize::from(area.width).saturating_sub(text::width(line)) / 2;
        if y < area.height {
            paint.put(
                buffer,
                (x as u16, y),
                line,
                usize::from(area.width),
                Role::Text,
            );
        }
    }
}

#[cfg(test)]
mod tests;
