//! Forms: fields at the left, what they would do at the right or below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::overlay::plan_lines;
use crate::domain::secret;
use crate::tui::form::{Control, Field, Form};
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// Columns of the labels.
const LABEL: u16 = 16;
/// From so many columns on, the plan stands beside the fields.
const BESIDE: u16 = 124;
/// Rows of a list under a field.
const LIST: usize = 8;

/// Where everything of a form is.
struct Places {
    fields: Rect,
    plan: Rect,
    buttons: Rect,
}

fn places(inner: Rect) -> Places {
    let buttons = Rect::new(inner.x, inner.bottom().saturating_sub(1), inner.width, 1);
    let body = Rect::new(
        inner.x,
        inner.y,
        inner.width,
        inner.height.saturating_sub(2),
    );
    if inner.width >= BESIDE - 4 {
        let left = (body.width * 11 / 20).max(66);
        return Places {
            fields: Rect::new(body.x, body.y, left, body.height),
            plan: Rect::new(
                body.x + left + 2,
                body.y,
                body.width - left - 2,
                body.height,
            ),
            buttons,
        };
    }
    let below = if body.height >= 30 { 9 } else { 3 }.min(body.height / 3);
    Places {
        fields: Rect::new(body.x, body.y, body.width, body.height - below),
        plan: Rect::new(body.x, body.bottom() - below, body.width, below),
        buttons,
    }
}

fn area(body: Rect) -> Rect {
    let width = body.width.min(170);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y,
        width,
        body.height,
    )
}

/// A row of the form.
enum Part {
    Section(&'static str),
    /// A row of a field, and whether it is the first.
    Field(usize, usize),
    Error(usize),
}

fn parts(form: &Form) -> Vec<Part> {
    let mut all = Vec::new();
    for (n, field) in form.fields.iter().enumerate() {
        if let Some(section) = field.section {
            all.push(Part::Section(section));
        }
        for row in 0..field.height(n == form.at) {
            all.push(Part::Field(n, row));
        }
        if field.error.is_some() {
            all.push(Part::Error(n));
        }
    }
    all
}

/// The first row shown: the field with the keys is always seen, with its error and its heading.
fn top(form: &Form, parts: &[Part], height: usize) -> usize {
    let at = form.at.min(form.fields.len().saturating_sub(1));
    let of = |p: &Part| match p {
        Part::Field(n, _) | Part::Error(n) => *n == at,
        Part::Section(_) => false,
    };
    let first = parts.iter().position(of).unwrap_or(0);
    let last = parts.iter().rposition(of).unwrap_or(0);
    if parts.len() <= height {
        return 0;
    }
    // A third from the top, so that what comes next is seen.
    let wanted = first.saturating_sub(height / 3);
    let least = (last + 1).saturating_sub(height);
    wanted.max(least).min(parts.len() - height)
}

/// The field at a place of the screen; buttons come behind the last.
pub(super) fn at(form: &Form, body: Rect, at: Position) -> Option<usize> {
    let inner = inner(area(body));
    let places = places(inner);
    if places.buttons.contains(at) {
        let (_, x) = buttons(form);
        let from = places.buttons.right().saturating_sub(x);
        return (at.x >= from).then(|| {
            let go = form.go().len() as u16 + 4;
            form.fields.len() + usize::from(at.x + go >= places.buttons.right())
        });
    }
    if !places.fields.contains(at) {
        return None;
    }
    let parts = parts(form);
    let top = top(form, &parts, usize::from(places.fields.height));
    match parts.get(top + usize::from(at.y - places.fields.y))? {
        Part::Field(n, _) | Part::Error(n) => Some(*n),
        Part::Section(_) => None,
    }
}

fn inner(area: Rect) -> Rect {
    let inner = layout::inside(area);
    Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    )
}

/// Draw a form.
pub(super) fn draw(
    model: &Model,
    form: &Form,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let area = area(body);
    paint.fill(buffer, area, Role::Overlay);
    let changed = if form.is_changed() { " changed " } else { "" };
    let titles = Titles {
        top: Line::of(Role::TitleFocused, format!(" {} ", form.title())),
        right: Line::of(Role::Count, changed),
        bottom: Line::default(),
    };
    frame::draw(paint, buffer, area, Role::OverlayBorder, &titles);
    let places = places(inner(area));
    let cursor = fields(form, paint, buffer, places.fields);
    plan(model, form, paint, buffer, places.plan);
    let (line, wide) = buttons(form);
    let x = places.buttons.right().saturating_sub(wide);
    let at = Position::new(x.max(places.buttons.x), places.buttons.y);
    line.paint(paint, buffer, at, usize::from(places.buttons.width), 0);
    let note = Position::new(places.buttons.x, places.buttons.y);
    let room = usize::from(places.buttons.width.saturating_sub(wide + 2));
    if form.leaving {
        let said = "Discard what was typed? Esc again discards, any key stays";
        paint.put_cut(buffer, note, said, room, Role::SeverityWarning);
    } else if let Some(field) = form.field() {
        paint.put_cut(buffer, note, field.doc, room, Role::TextMuted);
    }
    cursor
}

fn buttons(form: &Form) -> (Line, u16) {
    let mut line = Line::default();
    for (n, label) in ["Cancel", form.go()].into_iter().enumerate() {
        let chosen = form.button() == Some(n);
        let role = if chosen {
            Role::ButtonActive
        } else {
            Role::Button
        };
        let (open, close) = if chosen { ("[ ", " ]") } else { ("  ", "  ") };
        line.push(role, format!("{open}{label}{close}"));
        if n == 0 {
            line.push(Role::Text, " ");
        }
    }
    let wide = line.width() as u16;
    (line, wide)
}

fn fields(form: &Form, paint: &Paint<'_>, buffer: &mut Buffer, place: Rect) -> Option<Position> {
    let parts = parts(form);
    let height = usize::from(place.height);
    let top = top(form, &parts, height);
    let mut cursor = None;
    let mut under = place.y;
    for (y, part) in parts.iter().skip(top).take(height).enumerate() {
        let at = Position::new(place.x, place.y + y as u16);
        match part {
            Part::Section(title) => {
                let rule = usize::from(place.width).saturating_sub(text::width(title) + 2);
                let dash = paint.glyphs.border.horizontal_top.repeat(rule.min(200));
                Line::of(Role::TextAccent, *title)
                    .add(Role::Border, format!(" {dash}"))
                    .paint(paint, buffer, at, usize::from(place.width), 0);
            }
            Part::Error(n) => {
                let why = form.fields[*n].error.as_deref().unwrap_or_default();
                let x = at.x + LABEL;
                let room = usize::from(place.right().saturating_sub(x));
                let line = format!("{} {why}", paint.glyphs.failed);
                paint.put_cut(buffer, (x, at.y), &line, room, Role::SeverityError);
            }
            Part::Field(n, row) => {
                let found = field(form, *n, *row, paint, buffer, place, at.y);
                if found.is_some() {
                    cursor = found;
                }
                if *n == form.at {
                    under = at.y + 1;
                }
            }
        }
    }
    if top > 0 {
        let up = paint.glyphs.ascending;
        paint.put(buffer, (place.right(), place.y), up, 1, Role::Count);
    }
    if top + height < parts.len() {
        let y = place.bottom().saturating_sub(1);
        paint.put(
            buffer,
            (place.right(), y),
            paint.glyphs.descending,
            1,
            Role::Count,
        );
    }
    list(form, paint, buffer, place, under);
    cursor
}

/// What a field is called, and whether it was changed.
fn label(form: &Form, n: usize, paint: &Paint<'_>, buffer: &mut Buffer, at: (u16, u16)) {
    let field = &form.fields[n];
    let focused = n == form.at;
    let role = match (focused, field.error.is_some()) {
        (_, true) => Role::SeverityError,
        (true, false) => Role::TextAccent,
        (false, false) if form.is_field_changed(n) => Role::TextStrong,
        (false, false) => Role::TextMuted,
    };
    let mark = if focused { paint.glyphs.cursor } else { " " };
    let star = if form.is_field_changed(n) { "*" } else { "" };
    let label = format!("{mark} {}{star}", field.label);
    paint.put_cut(buffer, at, &label, usize::from(LABEL) - 1, role);
}

/// A row of a field; where the cursor is in it.
fn field(
    form: &Form,
    n: usize,
    row: usize,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    place: Rect,
    y: u16,
) -> Option<Position> {
    let field = &form.fields[n];
    let focused = n == form.at;
    if row == 0 {
        label(form, n, paint, buffer, (place.x, y));
    }
    let x = place.x + LABEL;
    let room = usize::from(place.right().saturating_sub(x)).saturating_sub(1);
    if focused {
        let ground = Rect::new(x, y, room as u16, 1);
        paint.overlay(buffer, ground, Role::SelectionRow);
    }
    let role = if focused {
        Role::TextStrong
    } else {
        Role::Text
    };
    match &field.control {
        Control::Line(line) => {
            let skip = if focused {
                (line.column() + 1).saturating_sub(room)
            } else {
                0
            };
            if line.text().is_empty() && !focused {
                paint.put_cut(buffer, (x, y), field.doc, room, Role::TextPlaceholder);
            } else if focused {
                Line::of(role, line.text()).paint(paint, buffer, Position::new(x, y), room, skip);
            } else {
                paint.put_cut(buffer, (x, y), line.text(), room, role);
            }
            focused.then(|| Position::new(x + (line.column() - skip) as u16, y))
        }
        Control::Area(text_area) => {
            let lines = text_area.lines();
            let cursor = text_area.cursor();
            let height = field.height(focused);
            let first = if focused {
                (cursor.0 + 1).saturating_sub(height)
            } else {
                0
            };
            let line = lines.get(first + row).map_or("", |l| l);
            let here = focused && first + row == cursor.0;
            let column = column(line, cursor.1);
            let skip = if here {
                (column + 1).saturating_sub(room)
            } else {
                0
            };
            let hidden = lines.len().saturating_sub(height);
            if lines.iter().all(String::is_empty) && !focused {
                paint.put_cut(buffer, (x, y), field.doc, room, Role::TextPlaceholder);
            } else if !focused && row + 1 == height && hidden > 0 {
                let more = format!("{} {} more lines", paint.glyphs.ellipsis, hidden + 1);
                paint.put_cut(buffer, (x, y), &more, room, Role::TextMuted);
            } else {
                // Nobody reads passwords over a shoulder.
                let masked = field.id == "env" && !focused;
                let shown = if masked {
                    secret::masked(line)
                } else {
                    line.into()
                };
                Line::of(role, &*shown).paint(paint, buffer, Position::new(x, y), room, skip);
            }
            here.then(|| Position::new(x + (column - skip) as u16, y))
        }
        Control::Choice { options, at } => {
            let value = options.get(*at).map_or("", |o| o);
            let line = if focused {
                Line::of(Role::FooterKey, "< ")
                    .add(role, value)
                    .add(Role::FooterKey, " >")
            } else {
                Line::of(role, value).add(Role::TextPlaceholder, format!("  {}", field.doc))
            };
            line.paint(paint, buffer, Position::new(x, y), room, 0);
            None
        }
        Control::Flag(on) => {
            let sign = if *on {
                paint.glyphs.ticked
            } else {
                paint.glyphs.unticked
            };
            let doc = format!("  {}", field.doc);
            Line::of(role, sign).add(Role::TextPlaceholder, doc).paint(
                paint,
                buffer,
                Position::new(x, y),
                room,
                0,
            );
            None
        }
    }
}

/// The column of a character.
fn column(line: &str, character: usize) -> usize {
    let head = line
        .char_indices()
        .nth(character)
        .map_or(line, |(at, _)| &line[..at]);
    text::width(head)
}

/// What there is to choose, under the field.
fn list(form: &Form, paint: &Paint<'_>, buffer: &mut Buffer, place: Rect, under: u16) {
    let Some(list) = &form.list else { return };
    let below = usize::from(place.bottom().saturating_sub(under));
    let count = list.items.len().min(LIST);
    let wide = list.items.iter().map(|i| text::width(i)).max().unwrap_or(0) + 2;
    let x = place.x + LABEL;
    let width = (wide.max(20) as u16).min(place.right().saturating_sub(x));
    // Over the field where there is no room below.
    let y = if below >= count.min(3) {
        under
    } else {
        under.saturating_sub(1 + count as u16).max(place.y)
    };
    let shown = count.min(usize::from(place.bottom().saturating_sub(y)));
    let first = list.chosen.map_or(0, |c| (c + 1).saturating_sub(shown));
    let ground = Rect::new(x, y, width, shown as u16);
    paint.fill(buffer, ground, Role::ButtonActive);
    for (row, (n, item)) in list
        .items
        .iter()
        .enumerate()
        .skip(first)
        .take(shown)
        .enumerate()
    {
        let at = (x, y + row as u16);
        paint.fill(buffer, Rect::new(at.0, at.1, width, 1), Role::Button);
        let mark = if list.chosen == Some(n) {
            paint.glyphs.cursor
        } else {
            " "
        };
        let line = format!("{mark}{item}");
        paint.put_cut(buffer, at, &line, usize::from(width), Role::Button);
        if list.chosen == Some(n) {
            let row = Rect::new(at.0, at.1, width, 1);
            paint.overlay(buffer, row, Role::ButtonActive);
        }
    }
}

/// What the form would do.
fn plan(model: &Model, form: &Form, paint: &Paint<'_>, buffer: &mut Buffer, place: Rect) {
    if place.height == 0 || place.width < 10 {
        return;
    }
    let width = usize::from(place.width);
    let mut lines: Vec<Line> = Vec::new();
    let wrapped = |role, t: &str| -> Vec<Line> {
        let all = text::wrap(t, width).into_iter();
        all.map(|t| Line::of(role, t)).collect()
    };
    let wrong = form.fields.iter().filter(|f| f.error.is_some()).count();
    let missing: Vec<&Field> = form
        .fields
        .iter()
        .filter(|f| f.required && f.value().is_empty())
        .collect();
    lines.push(Line::of(Role::TextAccent, "What it would do"));
    match &form.draft {
        _ if wrong > 0 => lines.extend(wrapped(
            Role::SeverityError,
            "Nothing yet: look at what is marked.",
        )),
        _ if !missing.is_empty() => {
            let names: Vec<&str> = missing.iter().map(|f| f.label).collect();
            let said = format!("Fill in: {}", names.join(", "));
            lines.extend(wrapped(Role::TextMuted, &said));
        }
        Some(Err(e)) => {
            lines.extend(wrapped(Role::SeverityError, &e.chain()));
            if let Some(hint) = e.hint() {
                lines.extend(wrapped(Role::TextMuted, hint));
            }
        }
        Some(Ok(preview)) if preview.plan.is_empty() => {
            lines.extend(wrapped(Role::TextMuted, "Nothing: it is so already."));
        }
        Some(Ok(preview)) => lines.extend(plan_lines(&preview.plan, width, paint)),
        None => {}
    }
    if let Some(shell) = form
        .shell(&model.snapshot)
        .filter(|_| wrong == 0 && missing.is_empty())
    {
        let rest = usize::from(place.height).saturating_sub(lines.len());
        if rest >= 2 {
            if place.height > 10 {
                lines.push(Line::default());
                lines.push(Line::of(Role::TextAccent, "The same from a shell"));
            }
            lines.extend(wrapped(Role::TextMuted, &shell));
        }
    }
    for (y, line) in lines.iter().take(usize::from(place.height)).enumerate() {
        let at = Position::new(place.x, place.y + y as u16);
        line.paint(paint, buffer, at, width, 0);
    }
}
