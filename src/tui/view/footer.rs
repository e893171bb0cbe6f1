//! The last line: the keys that work now, or what is being typed; above it what the console says.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame;
use crate::command;
use crate::tui::keymap::{Binding, Context, Lookup};
use crate::tui::line_edit::LineEdit;
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Prompt};
use crate::tui::paint::{Line, Paint};
use crate::tui::status::Severity;
use crate::tui::text;
use crate::tui::theme::Role;

/// Commands worth a place in the footer, the most useful first, by context.
const WORTH: &[(Context, &[&str])] = &[
    (
        Context::Logs,
        &[
            "search",
            "keep-matching",
            "drop-matching",
            "follow",
            "since",
            "open-line",
            "severity",
            "timestamps",
            "wrap",
            "go-to-time",
            "fields",
            "copy-line",
            "save",
        ],
    ),
    (Context::View, &["search", "copy-line", "wrap", "save-text"]),
    (
        Context::Containers,
        &[
            "open", "logs", "exec", "start", "stop", "restart", "pause", "kill", "remove",
        ],
    ),
    (
        Context::Services,
        &["open", "logs-all", "start", "stop", "restart", "remove"],
    ),
    (Context::Machines, &["open", "refresh"]),
    (Context::Volumes, &["open", "remove", "create"]),
    (Context::Networks, &["open", "remove", "create"]),
    (Context::Images, &["open", "remove", "create"]),
    (Context::Operations, &["open", "cancel", "retry"]),
    (
        Context::Table,
        &["describe", "filter", "mark", "sort", "menu"],
    ),
    (
        Context::Global,
        &["next-tab", "palette", "help", "back", "quit"],
    ),
];

/// Draw the footer; where the cursor is when something is typed.
pub(super) fn draw(
    model: &Model,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) -> Option<Position> {
    if let Some(Overlay::Prompt(prompt)) = model.overlays.last() {
        return Some(draw_prompt(prompt, paint, buffer, area));
    }
    if !model.pending.is_empty() {
        pending(model, paint, buffer, area);
        return None;
    }
    keys(model, paint, buffer, area);
    None
}

/// A line being typed: its sign, its text, the cursor.
pub(super) fn edit(
    line: &LineEdit,
    sign: &str,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) -> Position {
    let x = paint.put(
        buffer,
        (area.x + 1, area.y),
        sign,
        usize::from(area.width),
        Role::Prompt,
    );
    let room = usize::from(area.right().saturating_sub(x + 1)).max(1);
    // The cursor stays on the screen: a long line is scrolled.
    let column = line.column();
    let skip = (column + 1).saturating_sub(room);
    Line::of(Role::Text, line.text()).paint(paint, buffer, Position::new(x, area.y), room, skip);
    Position::new(x + (column - skip) as u16, area.y)
}

fn draw_prompt(prompt: &Prompt, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) -> Position {
    let cursor = edit(&prompt.line, prompt.sign(), paint, buffer, area);
    let end = cursor.x + text::width(prompt.line.tail()) as u16;
    let room = usize::from(area.right().saturating_sub(end + 3));
    if let Some(e) = &prompt.error {
        paint.put_cut(buffer, (end + 2, area.y), e, room, Role::SeverityError);
    } else if prompt.line.text().is_empty() {
        paint.put_cut(
            buffer,
            (end + 1, area.y),
            prompt.placeholder(),
            room,
            Role::TextPlaceholder,
        );
    }
    cursor
}

/// A sequence was begun: what can follow?
fn pending(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let begun: Vec<String> = model.pending.iter().map(|c| c.label()).collect();
    let mut line = Line::of(Role::FooterKey, format!(" {} ", begun.join(" ")));
    line.push(Role::Footer, "...  esc leaves it");
    line.paint(
        paint,
        buffer,
        Position::new(area.x, area.y),
        usize::from(area.width),
        0,
    );
}

/// A sequence was begun: what can follow, over the lowest lines of the panes.
pub(super) fn which_key(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, footer: Rect) {
    let contexts = model.contexts();
    let Lookup::Pending(next) = model.setup.keymap.lookup(&contexts, &model.pending) else {
        return;
    };
    if model.pending.is_empty() || next.is_empty() {
        return;
    }
    let words: Vec<(String, String)> = next
        .iter()
        .map(|n| {
            let what = n.binding.map_or_else(
                || paint.glyphs.ellipsis.to_owned(),
                |b| b.desc.clone().unwrap_or_else(|| b.command.clone()),
            );
            (n.chord.label(), what)
        })
        .collect();
    let wide = words
        .iter()
        .map(|(k, w)| text::width(k) + text::width(w) + 4);
    let column = wide.max().unwrap_or(1);
    let room = usize::from(footer.width).saturating_sub(4).max(1);
    let columns = (room / column).clamp(1, words.len());
    let rows = words.len().div_ceil(columns);
    let height = (rows as u16 + 2).min(footer.y.max(3));
    let width = (columns * column + 4).min(usize::from(footer.width)) as u16;
    let area = Rect::new(footer.x, footer.y.saturating_sub(height), width, height);
    paint.fill(buffer, area, Role::Overlay);
    let begun: Vec<String> = model.pending.iter().map(|c| c.label()).collect();
    let titles = frame::Titles {
        top: Line::of(Role::TitleFocused, format!(" {} ", begun.join(" "))),
        ..frame::Titles::default()
    };
    frame::draw(paint, buffer, area, Role::OverlayBorder, &titles);
    for (n, (key, what)) in words.iter().enumerate() {
        let x = area.x + 2 + (n / rows * column) as u16;
        let y = area.y + 1 + (n % rows) as u16;
        if y + 1 < area.bottom() {
            Line::of(Role::FooterKey, key.as_str())
                .add(Role::Footer, format!("  {what}"))
                .paint(paint, buffer, Position::new(x, y), column, 0);
        }
    }
}

fn keys(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let contexts = model.contexts();
    let shown = bindings(model, &contexts);
    let mut line = Line::default();
    let room = usize::from(area.width);
    for (binding, what) in shown {
        let key = binding.label();
        let wide = text::width(&key) + text::width(&what) + 3;
        if line.width() + wide > room {
            continue;
        }
        line.push(Role::Footer, " ");
        line.push(Role::FooterKey, key);
        line.push(Role::Footer, format!(" {what} "));
    }
    line.paint(paint, buffer, Position::new(area.x, area.y), room, 0);
}

/// The bindings of the footer: those that leave the view are always there.
fn bindings<'a>(model: &'a Model, contexts: &[Context]) -> Vec<(&'a Binding, String)> {
    let keymap = &model.setup.keymap;
    let mut found: Vec<(&Binding, String)> = Vec::new();
    let mut add = |name: &str| {
        if let Some(binding) = keymap.chords_for(contexts, name).first()
            && !found.iter().any(|(b, _)| b.command == name)
        {
            found.push((binding, short(name).to_owned()));
        }
    };
    if model.overlays.is_empty() {
        // What helps to find the rest comes before what is cut off first.
        add("help");
        add("palette");
        for context in contexts {
            let names = WORTH.iter().filter(|(c, _)| c == context);
            for name in names.flat_map(|(_, names)| names.iter()) {
                if *name == "open" && model.nav.detail.is_some() {
                    continue;
                }
                if command::find(name).is_some_and(|c| !(c.changes && model.read_only())) {
                    add(name);
                }
            }
        }
        return found;
    }
    let works = |name: &str| match model.overlays.last() {
        Some(Overlay::LogLine(_)) => {
            matches!(
                name,
                "back" | "copy-line" | "copy-screen" | "scroll-right" | "scroll-left"
            )
        }
        Some(Overlay::Help(_)) => matches!(name, "back" | "page-down" | "page-up"),
        Some(Overlay::Menu(_)) => matches!(name, "activate" | "cancel"),
        _ => !matches!(name, "up" | "down" | "field-up" | "field-down"),
    };
    for binding in keymap.reachable(contexts) {
        let what = short(&binding.command);
        // Several keys for the same need no more than one place.
        if works(&binding.command) && !found.iter().any(|(_, w)| w == what) {
            found.push((binding, what.to_owned()));
        }
    }
    found
}

/// A command in one or two words.
fn short(name: &str) -> &str {
    match name {
        "keep-matching" => "keep",
        "drop-matching" => "drop",
        "open-line" => "open",
        "go-to-time" => "to time",
        "copy-line" => "copy",
        "save-text" => "save",
        "copy-screen" => "copy all",
        "scroll-right" | "next-field" => "next",
        "scroll-left" => "previous",
        "plain-text" => "plain",
        "timestamps" => "times",
        "palette" => "command",
        "help" => "keys",
        "next-tab" => "tab",
        "logs-all" => "logs",
        "exec" => "shell",
        "activate" | "accept" => "ok",
        "previous-field" => "back",
        "submit" => "review",
        "field-up" | "field-down" => "move",
        "pick" | "next-choice" | "previous-choice" => "choose",
        "history-previous" => "history",
        "complete-back" => "complete",
        "page-down" => "page down",
        "page-up" => "page up",
        other => other,
    }
}

/// What the console says, above the footer.
pub(super) fn toast(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, footer: Rect) {
    let Some(toast) = model.status.current(model.now) else {
        return;
    };
    paint.wake_at(toast.until);
    let width = usize::from(footer.width).saturating_sub(4).max(1);
    let mut lines: Vec<Line> = text::wrap(&toast.text, width)
        .into_iter()
        .map(|t| Line::of(toast.severity.role(), t))
        .collect();
    if let Some(hint) = &toast.hint {
        let hint = text::wrap(hint, width).into_iter();
        lines.extend(hint.map(|t| Line::of(Role::TextMuted, t)));
    }
    let most = usize::from(buffer.area.height / 3).max(1);
    lines.truncate(most);
    let height = lines.len() as u16;
    // Whole lines: the text of a log beside it must not be taken for a part of it.
    let area = Rect::new(
        footer.x,
        footer.y.saturating_sub(height),
        footer.width,
        height,
    );
    paint.fill(buffer, area, Role::Overlay);
    for (n, line) in lines.iter().enumerate() {
        let at = Position::new(area.x + 3, area.y + n as u16);
        line.paint(paint, buffer, at, width, 0);
    }
    let g = paint.glyphs;
    let sign = match toast.severity {
        Severity::Info => g.cursor,
        Severity::Success => g.ok,
        Severity::Warning => g.warning,
        Severity::Error => g.failed,
    };
    paint.put(buffer, (area.x + 1, area.y), sign, 1, toast.severity.role());
}
