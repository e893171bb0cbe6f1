//! Frames with titles.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// What stands in a frame's lines.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub(super) top: Line,
    /// At the right end of the top.
    pub(super) right: Line,
    /// At the right end of the bottom.
    pub(super) bottom: Line,
}

/// Draw a frame; what is inside stays.
pub(super) fn draw(
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
    role: Role,
    titles: &Titles,
) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let set = &paint.glyphs.border;
    let style = paint.style(role);
    let (left, right) = (area.left(), area.right() - 1);
    let (top, bottom) = (area.top(), area.bottom() - 1);
    for x in left + 1..right {
        buffer[(x, top)]
            .set_symbol(set.horizontal_top)
            .set_style(style);
        buffer[(x, bottom)]
            .set_symbol(set.horizontal_bottom)
            .set_style(style);
    }
    for y in top + 1..bottom {
        buffer[(left, y)]
            .set_symbol(set.vertical_left)
            .set_style(style);
        buffer[(right, y)]
            .set_symbol(set.vertical_right)
            .set_style(style);
    }
    for (x, y, symbol) in [
        (left, top, set.top_left),
        (right, top, set.top_right),
        (left, bottom, set.bottom_left),
        (right, bottom, set.bottom_right),
    ] {
        buffer[(x, y)].set_symbol(symbol).set_style(style);
    }
    let room = usize::from(area.width).saturating_sub(4);
    let used = put(
        paint,
        buffer,
        &titles.top,
        Position::new(left + 2, top),
        room,
    );
    let rest = room.saturating_sub(used + 1);
    let wide = titles.right.width();
    if wide > 0 && wide <= rest {
        let x = right - 1 - wide as u16;
        titles
            .right
            .paint(paint, buffer, Position::new(x, top), wide, 0);
    }
    let wide = titles.bottom.width().min(room);
    if wide > 0 {
        let x = right - 1 - wide as u16;
        titles
            .bottom
            .paint(paint, buffer, Position::new(x, bottom), wide, 0);
    }
}

fn put(paint: &Paint<'_>, buffer: &mut Buffer, line: &Line, at: Position, room: usize) -> usize {
    let end = line.paint(paint, buffer, at, room, 0);
    usize::from(end - at.x)
}

/// A bar at the right edge that says which part is shown.
pub(super) fn scrollbar(
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    frame: Rect,
    (top, shown, all): (usize, usize, usize),
) {
    let height = usize::from(frame.height).saturating_sub(2);
    if all <= shown || height < 2 || shown == 0 {
        return;
    }
    let size = (height * shown / all).clamp(1, height - 1);
    let room = height - size;
    let most = all - shown;
    // The ends of the way are reached only at the ends of the text.
    let at = match top.min(most) {
        0 => 0,
        t if t == most => room,
        t => (t * room / most).clamp(1.min(room), room.saturating_sub(1).max(1.min(room))),
    };
    let x = frame.right() - 1;
    for y in 0..size {
        let y = frame.y + 1 + (at + y) as u16;
        buffer[(x, y)]
            .set_symbol(paint.glyphs.thumb)
            .set_style(paint.style(Role::Scrollbar));
    }
}
