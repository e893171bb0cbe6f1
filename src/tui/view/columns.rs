//! The list of columns to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::Titles;
use super::overlay::window;
use crate::tui::overlay::Columns;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draw the list.
pub(super) fn draw(columns: &Columns, paint: &Paint<'_>, buffer: &mut Buffer, body: Rect) {
    let widest = columns.items.iter().map(|i| text::width(&i.field.name));
    let wide = widest.max().unwrap_or(0).clamp(30, 60);
    let titles = Titles {
        top: Line::of(
            Role::TitleFocused,
            format!(" Columns of {} ", columns.pane.title()),
        ),
        bottom: Line::of(Role::Count, " space J K d, Enter, Esc "),
        ..Titles::default()
    };
    let size = (wide as u16 + 8, columns.items.len() as u16 + 4);
    let inner = window(paint, buffer, body, size, Role::OverlayBorder, &titles);
    let hint = "space shows, J K move, d: usual ones";
    let at = Position::new(inner.x, inner.y);
    let room = usize::from(inner.width);
    Line::of(Role::TextMuted, hint).paint(paint, buffer, at, room, 0);
    let rows = Rect::new(
        inner.x,
        inner.y + 2,
        inner.width,
        inner.height.saturating_sub(2),
    );
    let height = usize::from(rows.height).max(1);
    let first = (columns.cursor + 1).saturating_sub(height);
    let shown = columns.items.iter().enumerate().skip(first).take(height);
    for (y, (n, item)) in (rows.y..).zip(shown) {
        let (sign, role) = if item.on {
            (paint.glyphs.ticked, Role::Text)
        } else {
            (paint.glyphs.unticked, Role::TextMuted)
        };
        let name = text::truncate_middle(
            &item.field.name,
            room.saturating_sub(3),
            paint.glyphs.ellipsis,
        );
        Line::of(Role::TextAccent, format!("{sign}  "))
            .add(role, name)
            .paint(paint, buffer, Position::new(rows.x, y), room, 0);
        if n == columns.cursor {
            let row = Rect::new(rows.x.saturating_sub(1), y, rows.width + 2, 1);
            paint.overlay(buffer, row, Role::SelectionRow);
        }
    }
}
