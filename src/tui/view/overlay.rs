//! Dialogs and menus in the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use crate::domain::guardrail::Demand;
use crate::domain::plan::{Danger, Plan, Step};
use crate::reconcile::Preview;
use crate::tui::column::container_state;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::overlay::{Choice, Confirm, Item, Menu};
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// An area of that size in the middle, rather above it.
fn middle(body: Rect, (width, height): (u16, u16)) -> Rect {
    let width = width.min(body.width);
    let height = height.min(body.height);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 3,
        width,
        height,
    )
}

/// An area of that size in the middle, with ground and frame.
pub(super) fn window(
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
    (width, height): (u16, u16),
    border: Role,
    titles: &Titles,
) -> Rect {
    let area = middle(body, (width, height));
    paint.fill(buffer, area, Role::Overlay);
    frame::draw(paint, buffer, area, border, titles);
    let inner = layout::inside(area);
    Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    )
}

/// The size of a menu, and the columns of its labels and keys.
fn menu_size(menu: &Menu) -> ((u16, u16), usize, usize) {
    let most = |of: fn(&Item) -> &str| {
        let all = menu.items.iter().map(|i| text::width(of(i)));
        all.max().unwrap_or(0)
    };
    let (label, key, doc) = (most(|i| &i.label), most(|i| &i.key), most(|i| &i.doc));
    let label = label.min(40);
    let wide = (label + doc + key + 10).max(text::width(&menu.title) + 8);
    let size = (wide.max(34) as u16, menu.items.len() as u16 + 2);
    (size, label, key)
}

/// The line of a menu at a place of the screen.
pub(super) fn menu_at(menu: &Menu, body: Rect, at: Position) -> Option<usize> {
    let (size, ..) = menu_size(menu);
    let inner = layout::inside(middle(body, size));
    if !inner.contains(at) {
        return None;
    }
    let first = (menu.cursor + 1).saturating_sub(usize::from(inner.height).max(1));
    let line = first + usize::from(at.y - inner.y);
    (line < menu.items.len()).then_some(line)
}

/// Draw a menu.
pub(super) fn menu(
    menu: &Menu,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let (size, label, key) = menu_size(menu);
    let titles = Titles {
        top: Line::of(Role::TitleFocused, format!(" {} ", menu.title)),
        bottom: Line::of(Role::Count, " Enter chooses, Esc leaves "),
        ..Titles::default()
    };
    let inner = window(paint, buffer, body, size, Role::OverlayBorder, &titles);
    let height = usize::from(inner.height).max(1);
    let first = (menu.cursor + 1).saturating_sub(height);
    for (y, (n, item)) in menu
        .items
        .iter()
        .enumerate()
        .skip(first)
        .take(height)
        .enumerate()
    {
        let at = Position::new(inner.x, inner.y + y as u16);
        let role = match item.call.command.danger {
            Danger::Destructive => Role::SeverityDanger,
            Danger::Disruptive | Danger::Safe => Role::Text,
        };
        Line::of(Role::FooterKey, text::pad(&item.key, key, ""))
            .add(Role::Text, if key > 0 { "  " } else { "" })
            .add(role, text::pad(&item.label, label, paint.glyphs.ellipsis))
            .add(Role::TextMuted, format!("  {}", item.doc))
            .paint(paint, buffer, at, usize::from(inner.width), 0);
        if n == menu.cursor {
            let row = Rect::new(inner.x - 1, at.y, inner.width + 2, 1);
            paint.overlay(buffer, row, Role::SelectionRow);
        }
    }
    None
}

/// A victim, as the operator has to see it: host, kind, name, short id, state, age.
fn step_line(model: &Model, step: &Step, widths: (usize, usize), paint: &Paint<'_>) -> Line {
    let (sign, role) = danger_look(step.danger, paint);
    let target = &step.target;
    let ellipsis = paint.glyphs.ellipsis;
    let mut line = Line::of(role, format!("{sign} {:<7} ", step.action.verb()))
        .add(Role::TextMuted, format!("{:<9} ", target.kind.word()))
        .add(
            Role::TextAccent,
            format!("{}  ", text::pad(target.host.as_str(), widths.0, ellipsis)),
        )
        .add(
            Role::TextStrong,
            format!("{}  ", text::pad(target.label(), widths.1, ellipsis)),
        );
    if *target.id.short() != *target.label() {
        line.push(Role::TextMuted, format!("{:<12}  ", target.id.short()));
    }
    let host = model.snapshot.host(&target.host);
    if let Some(at) = step
        .precondition
        .created
        .or_else(|| host.and_then(|h| h.created(target)))
    {
        line.push(Role::TextMuted, format!("{:<4}  ", paint.age(at)));
    }
    if let Some((_, c)) = model.snapshot.container(target) {
        let (word, role) = container_state(c);
        line.push(role, format!("{word}  "));
    }
    if step.danger != Danger::Destructive {
        line.push(Role::TextMuted, &*step.cause);
    }
    line
}

/// A plan in a few columns: what is done to what and why, and what is worth knowing.
pub(super) fn plan_lines(plan: &Plan, width: usize, paint: &Paint<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut number = 0;
    for step in plan.steps.iter().filter(|s| s.rescues.is_empty()) {
        number += 1;
        let (_, role) = danger_look(step.danger, paint);
        let what = format!(
            "{number} {} {} {}",
            step.action.verb(),
            step.target.kind.word(),
            step.target.label()
        );
        let to = match &step.action {
            crate::domain::plan::Action::RenameContainer { to } => format!(" to {to}"),
            _ => String::new(),
        };
        let danger = match step.danger {
            Danger::Destructive => " (destroys)",
            Danger::Disruptive => " (disturbs)",
            Danger::Safe => "",
        };
        let head = Line::of(role, format!("{what}{to}{danger}"));
        if head.width() + text::width(&step.cause) + 2 <= width {
            lines.push(head.add(Role::TextMuted, format!(": {}", step.cause)));
            continue;
        }
        lines.extend(head.wrapped(width));
        let cause = text::wrap(&step.cause, width.saturating_sub(2).max(1));
        lines.extend(
            cause
                .into_iter()
                .map(|t| Line::of(Role::TextMuted, format!("  {t}"))),
        );
    }
    for note in &plan.notes {
        let wrapped = text::wrap(note, width).into_iter();
        lines.extend(wrapped.map(|t| Line::of(Role::SeverityWarning, t)));
    }
    lines
}

fn danger_look(danger: Danger, paint: &Paint<'_>) -> (&'static str, Role) {
    match danger {
        Danger::Destructive => (paint.glyphs.failed, Role::SeverityDanger),
        Danger::Disruptive => (paint.glyphs.warning, Role::SeverityWarning),
        Danger::Safe => (paint.glyphs.ok, Role::SeveritySuccess),
    }
}

fn steps(model: &Model, plan: &Plan, paint: &Paint<'_>) -> Vec<Line> {
    let wide = |get: fn(&Step) -> &str, most: usize| {
        let all = plan.steps.iter().map(|s| text::width(get(s)));
        all.max().unwrap_or(0).min(most)
    };
    let widths = (
        wide(|s| s.target.host.as_str(), 20),
        wide(|s| s.target.label(), 36),
    );
    plan.steps
        .iter()
        .filter(|s| s.rescues.is_empty())
        .map(|s| step_line(model, s, widths, paint))
        .collect()
}

/// What is said above and below the victims.
fn remarks(preview: &Preview, width: usize) -> (Vec<Line>, Vec<Line>) {
    let mut below = Vec::new();
    let wrapped = |role, text: &str| -> Vec<Line> {
        let lines = text::wrap(text, width).into_iter();
        lines.map(|t| Line::of(role, t)).collect()
    };
    for note in &preview.plan.notes {
        below.extend(wrapped(Role::SeverityWarning, note));
    }
    if !preview.plan.unchanged.is_empty() {
        let n = preview.plan.unchanged.len();
        let text = format!("{n} more need nothing");
        below.extend(wrapped(Role::TextMuted, &text));
    }
    match &preview.demand {
        Demand::Nothing => {}
        Demand::Yes { reasons } | Demand::Type { reasons, .. } => {
            for reason in reasons {
                below.extend(wrapped(Role::SeverityWarning, reason));
            }
        }
    }
    let above = wrapped(Role::TextStrong, &preview.plan.title);
    (above, below)
}

/// What a dialog says: above its steps, its steps, below them.
fn words(
    model: &Model,
    confirm: &Confirm,
    width: usize,
    paint: &Paint<'_>,
) -> (Vec<Line>, Vec<Line>, Vec<Line>) {
    let wrapped = |role, text: &str| {
        let lines = text::wrap(text, width).into_iter();
        lines.map(move |t| Line::of(role, t))
    };
    match &confirm.state {
        Ok(preview) => {
            let (above, mut below) = remarks(preview, width);
            if let Some(shell) = &confirm.shell {
                below.extend(wrapped(Role::TextMuted, shell));
            }
            if !confirm.changed.is_empty() {
                let said = "Changed since you looked; nothing is done before you look again:";
                below.extend(wrapped(Role::SeverityError, said));
                for line in confirm.changed.iter().take(5) {
                    below.extend(wrapped(Role::SeverityError, line));
                }
            }
            (above, steps(model, &preview.plan, paint), below)
        }
        Err(e) => {
            let mut lines: Vec<Line> = wrapped(Role::SeverityError, &e.chain()).collect();
            if let Some(hint) = e.hint() {
                lines.extend(wrapped(Role::TextMuted, hint));
            }
            (lines, Vec::new(), Vec::new())
        }
    }
}

/// What stands in the frame of a dialog that lists so many steps and shows some.
fn titles(confirm: &Confirm, listed: usize, shown: usize) -> Titles {
    let destroys = confirm.destroys();
    Titles {
        top: Line::of(
            if destroys {
                Role::SeverityDanger
            } else {
                Role::TitleFocused
            },
            match (&confirm.state, destroys) {
                (Err(_), _) => " Not like this ",
                (Ok(_), true) => " This cannot be undone ",
                (Ok(_), false) => " Sure? ",
            },
        ),
        right: if listed > shown {
            let to = (confirm.top + shown).min(listed);
            Line::of(
                Role::Count,
                format!(" {}-{to} of {} ", confirm.top + 1, listed),
            )
        } else {
            Line::default()
        },
        ..Titles::default()
    }
}

/// Draw a dialog that asks.
pub(super) fn confirm(
    model: &Model,
    confirm: &Confirm,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let destroys = confirm.destroys();
    let border = if destroys {
        Role::OverlayDanger
    } else {
        Role::OverlayBorder
    };
    let width = body.width.min(100);
    let text_width = usize::from(width).saturating_sub(4);
    let (above, list, below) = words(model, confirm, text_width, paint);
    let options: Vec<Choice> = confirm
        .choices()
        .into_iter()
        .filter(|c| matches!(c, Choice::Force | Choice::Volumes))
        .collect();
    let typed = usize::from(confirm.wants_text()) * 2;
    let gaps = if list.is_empty() { 1 } else { 2 };
    let fixed = above.len() + below.len() + options.len() + typed + gaps + 2;
    let room = usize::from(body.height).saturating_sub(fixed + 3).max(1);
    let shown = list.len().min(room);
    let titles = titles(confirm, list.len(), shown);
    let height = (fixed + shown + 2) as u16;
    let inner = window(paint, buffer, body, (width, height), border, &titles);
    let mut y = inner.y;
    let mut put = |buffer: &mut Buffer, line: &Line| {
        if y < inner.bottom() {
            line.paint(
                paint,
                buffer,
                Position::new(inner.x, y),
                usize::from(inner.width),
                0,
            );
        }
        y += 1;
        y - 1
    };
    for line in &above {
        put(buffer, line);
    }
    put(buffer, &Line::default());
    let top = confirm.top.min(list.len().saturating_sub(shown));
    for line in list.iter().skip(top).take(shown) {
        put(buffer, line);
    }
    if !list.is_empty() {
        put(buffer, &Line::default());
    }
    for line in &below {
        put(buffer, line);
    }
    for choice in &options {
        put(buffer, &option(confirm, *choice, paint));
    }
    let mut cursor = None;
    if let Ok(preview) = &confirm.state
        && let Demand::Type {
            text: wanted, what, ..
        } = &preview.demand
    {
        let not = if confirm.wrong {
            "That is not it. "
        } else {
            ""
        };
        let ask = format!("{not}To go on, type {what}: {wanted}");
        let role = if confirm.wrong {
            Role::SeverityError
        } else {
            Role::Text
        };
        put(buffer, &Line::of(role, ask));
        let line = Line::of(Role::Prompt, "> ").add(Role::Text, confirm.typed.text());
        let at = put(buffer, &line);
        cursor = Some(Position::new(
            inner.x + 2 + confirm.typed.column() as u16,
            at,
        ));
    }
    buttons(confirm, paint, buffer, inner);
    cursor
}

fn option(confirm: &Confirm, choice: Choice, paint: &Paint<'_>) -> Line {
    let g = paint.glyphs;
    let sign = if confirm.is_on(choice) {
        g.ticked
    } else {
        g.unticked
    };
    let (key, what) = match choice {
        Choice::Force => ("f", "force: running containers too, images in use too"),
        _ => ("v", "volumes: the anonymous volumes of the containers too"),
    };
    let role = if confirm.chosen == choice {
        Role::ButtonActive
    } else {
        Role::Text
    };
    Line::of(Role::FooterKey, format!("{key} ")).add(role, format!("{sign} {what}"))
}

fn buttons(confirm: &Confirm, paint: &Paint<'_>, buffer: &mut Buffer, inner: Rect) {
    let y = inner.bottom().saturating_sub(1);
    let mut line = Line::default();
    for choice in confirm.choices() {
        let label = match choice {
            Choice::Cancel => "Cancel".to_owned(),
            Choice::Again => "Look again".to_owned(),
            Choice::Go => capital(confirm.verb()),
            Choice::Force | Choice::Volumes => continue,
        };
        let role = match (confirm.chosen == choice, choice) {
            (true, Choice::Go) if confirm.destroys() => Role::ButtonDanger,
            (true, _) => Role::ButtonActive,
            (false, _) => Role::Button,
        };
        // Without colours the chosen button must be seen too.
        let (open, close) = if confirm.chosen == choice {
            ("[ ", " ]")
        } else {
            ("  ", "  ")
        };
        line.push(role, format!("{open}{label}{close}"));
        line.push(Role::Text, "  ");
    }
    let wide = line.width().saturating_sub(2);
    let x = inner.right().saturating_sub(wide as u16);
    line.paint(paint, buffer, Position::new(x.max(inner.x), y), wide, 0);
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
