//! The dialog of a command of the user's own: its inputs and the finished line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::Titles;
use super::overlay::window;
use crate::tui::model::Model;
use crate::tui::own::Ask;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draw it; where the cursor stands.
pub(super) fn draw(
    model: &Model,
    ask: &Ask,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let width = body.width.min(100);
    let room = usize::from(width).saturating_sub(4);
    let shell: Vec<Line> = ask
        .lines(&model.snapshot)
        .iter()
        .flat_map(|line| text::wrap(&format!("$ {line}"), room))
        .map(|line| Line::of(Role::TextAccent, line))
        .collect();
    let doc = text::wrap(&ask.command.doc, room);
    let inputs = ask.inputs.len();
    let fixed = doc.len() + 1 + inputs + usize::from(inputs > 0) + 4;
    let most = usize::from(body.height).saturating_sub(fixed).max(1);
    let shown = shell.len().min(most);
    let top = ask.top.min(shell.len() - shown);
    let titles = Titles {
        top: Line::of(Role::TitleFocused, format!(" {} ", ask.command.name)),
        right: if shell.len() > shown {
            let at = format!(" {}-{} of {} ", top + 1, top + shown, shell.len());
            Line::of(Role::Count, at)
        } else {
            Line::default()
        },
        ..Titles::default()
    };
    let size = (width, (fixed + shown) as u16);
    let inner = window(paint, buffer, body, size, Role::OverlayBorder, &titles);
    let wide = usize::from(inner.width);
    let label = ask
        .command
        .inputs
        .iter()
        .map(|i| text::width(i))
        .max()
        .unwrap_or(0);
    let mut cursor = None;
    let mut lines: Vec<Line> = doc.into_iter().map(|d| Line::of(Role::Text, d)).collect();
    lines.push(Line::default());
    for (n, (name, line)) in ask.command.inputs.iter().zip(&ask.inputs).enumerate() {
        let role = if n == ask.at {
            Role::Prompt
        } else {
            Role::TextMuted
        };
        if n == ask.at {
            let x = inner.x + (label + 2 + line.column()).min(wide.saturating_sub(1)) as u16;
            cursor = Some(Position::new(x, inner.y + lines.len() as u16));
        }
        lines.push(
            Line::of(role, text::pad(name, label + 2, paint.glyphs.ellipsis))
                .add(Role::Text, line.text()),
        );
    }
    if inputs > 0 {
        lines.push(Line::default());
    }
    lines.extend(shell.into_iter().skip(top).take(shown));
    for (y, line) in lines.iter().enumerate() {
        let y = inner.y + y as u16;
        if y < inner.bottom().saturating_sub(1) {
            line.paint(paint, buffer, Position::new(inner.x, y), wide, 0);
        }
    }
    buttons(ask, paint, buffer, inner);
    cursor
}

fn buttons(ask: &Ask, paint: &Paint<'_>, buffer: &mut Buffer, inner: Rect) {
    let mut line = Line::default();
    for (go, label) in [(false, "Cancel"), (true, "Run")] {
        let chosen = ask.go == go;
        let role = if chosen {
            Role::ButtonActive
        } else {
            Role::Button
        };
        let (open, close) = if chosen { ("[ ", " ]") } else { ("  ", "  ") };
        line.push(role, format!("{open}{label}{close}"));
        line.push(Role::Text, "  ");
    }
    let wide = line.width().saturating_sub(2);
    let x = inner.right().saturating_sub(wide as u16).max(inner.x);
    let at = Position::new(x, inner.bottom().saturating_sub(1));
    line.paint(paint, buffer, at, wide, 0);
}
