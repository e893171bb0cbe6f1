//! Lines in an area.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::paint::{Line, Paint};

/// Lines from the top; how many there was room for.
pub(super) fn draw(
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
    lines: &[Line],
    skip: usize,
) {
    for (n, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        let at = Position::new(area.x, area.y + n as u16);
        line.paint(paint, buffer, at, usize::from(area.width), skip);
    }
}

/// Lines in the middle, broken where they are too long.
pub(super) fn centred(paint: &Paint<'_>, buffer: &mut Buffer, area: Rect, lines: &[Line]) {
    let width = usize::from(area.width).saturating_sub(2).max(1);
    let broken: Vec<Line> = lines
        .iter()
        .flat_map(|line| match line.0.as_slice() {
            [one] => crate::tui::text::wrap(&one.text, width)
                .into_iter()
                .map(|t| Line::of(one.role, t))
                .collect(),
            _ => vec![line.clone()],
        })
        .collect();
    let top = usize::from(area.height).saturating_sub(broken.len()) / 3;
    for (n, line) in broken.iter().enumerate() {
        let y = area.y + (top + n) as u16;
        if y >= area.bottom() {
            break;
        }
        let x = usize::from(area.width).saturating_sub(line.width()) / 2;
        line.paint(
            paint,
            buffer,
            Position::new(area.x + x as u16, y),
            usize::from(area.width) - x,
            0,
        );
    }
}
