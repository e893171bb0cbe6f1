//! The command line with its completions above it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::footer;
use super::frame::{self, Titles};
use crate::tui::layout;
use crate::tui::overlay::Palette;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// Completions shown at once.
const ROWS: usize = 10;

/// Draw it over the footer.
pub(super) fn draw(
    palette: &Palette,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    footer_area: Rect,
) -> Position {
    paint.fill(buffer, footer_area, Role::Overlay);
    let cursor = footer::edit(&palette.line, ":", paint, buffer, footer_area);
    let most = usize::from(footer_area.y).saturating_sub(4).min(ROWS);
    let chosen = palette.chosen.unwrap_or(0);
    let first = chosen.saturating_sub(most.saturating_sub(1));
    let shown: Vec<_> = palette
        .candidates
        .iter()
        .enumerate()
        .skip(first)
        .take(most)
        .collect();
    let says = palette.error.is_some() || palette.shell.is_some();
    let height = shown.len() + usize::from(says) + 2;
    if shown.is_empty() && !says {
        return cursor;
    }
    let area = Rect::new(
        footer_area.x,
        footer_area.y.saturating_sub(height as u16),
        footer_area.width.min(100),
        height as u16,
    );
    paint.fill(buffer, area, Role::Overlay);
    let titles = Titles {
        top: Line::of(Role::TitleFocused, " Command "),
        right: Line::of(Role::Count, " Tab completes "),
        ..Titles::default()
    };
    frame::draw(paint, buffer, area, Role::OverlayBorder, &titles);
    let inner = layout::inside(area);
    let width = usize::from(inner.width);
    let name = shown
        .iter()
        .map(|(_, c)| text::width(&c.text))
        .max()
        .unwrap_or(0)
        .min(width / 2);
    for (y, (n, candidate)) in shown.iter().enumerate() {
        let at = Position::new(inner.x, inner.y + y as u16);
        let line = Line::of(
            Role::TextAccent,
            format!(
                " {}",
                text::pad(&candidate.text, name, paint.glyphs.ellipsis)
            ),
        )
        .add(Role::TextMuted, format!("  {}", candidate.doc));
        line.paint(paint, buffer, at, width, 0);
        if !candidate.key.is_empty() {
            let wide = text::width(&candidate.key);
            let x = inner.right().saturating_sub(wide as u16 + 1);
            paint.put(buffer, (x, at.y), &candidate.key, wide, Role::FooterKey);
        }
        if palette.chosen == Some(*n) {
            paint.overlay(
                buffer,
                Rect::new(inner.x, at.y, inner.width, 1),
                Role::SelectionRow,
            );
        }
    }
    let at = Position::new(inner.x + 1, inner.bottom().saturating_sub(1));
    if let Some(e) = &palette.error {
        paint.put_cut(buffer, at, e, width.saturating_sub(2), Role::SeverityError);
    } else if let Some(shell) = &palette.shell {
        let line = Line::of(Role::TextDim, "$ ").add(Role::TextMuted, shell);
        line.paint(paint, buffer, at, width.saturating_sub(2), 0);
    }
    cursor
}
