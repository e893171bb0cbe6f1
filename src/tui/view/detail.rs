//! One thing seen closely: tabs in the frame, lines inside.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::{list, logs};
use crate::domain::text::sanitise;
use crate::tui::content::{self, Target};
use crate::tui::detail::{Detail, Tab};
use crate::tui::layout;
use crate::tui::logs::highlight;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// Draw the detail on the screen.
pub(super) fn draw(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let focused = model.front_detail().is_some();
    let border = if focused {
        Role::BorderFocused
    } else {
        Role::Border
    };
    let Some(detail) = model.shown_detail() else {
        frame::draw(paint, buffer, area, border, &Titles::default());
        return;
    };
    let body = layout::detail_body(area);
    let titles = titles(model, detail, focused, paint);
    let bottom = titles.bottom.width();
    frame::draw(paint, buffer, area, border, &titles);
    if detail.tab == Tab::Logs {
        match &detail.logs {
            Some(logs) => logs::draw(model, logs, paint, buffer, area, body),
            None => waiting(paint, buffer, body),
        }
        return;
    }
    let page = content::page(model, detail, paint);
    let wrap = detail.scroll.wrap.then_some(usize::from(body.width));
    let rows = page.rows(wrap);
    let skip = if wrap.is_some() {
        0
    } else {
        detail.scroll.skip
    };
    let height = usize::from(body.height);
    let top = detail.scroll.top.min(rows.len().saturating_sub(height));
    let shown: Vec<Line> = rows
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(n, (line, _))| found(line, n, detail))
        .collect();
    list::draw(paint, buffer, body, &shown, skip);
    let cursor = page.stand(detail.scroll.cursor, rows.len());
    if focused && !page.still && (top..top + shown.len()).contains(&cursor) {
        let y = body.y + (cursor - top) as u16;
        let row = Rect::new(body.x - 1, y, body.width + 2, 1);
        paint.overlay(buffer, row, Role::SelectionRow);
        let item = rows.get(cursor).and_then(|(_, n)| page.items.get(*n));
        if let Some(target) = item.and_then(|i| i.target.as_ref()) {
            let used = usize::from(area.width).saturating_sub(bottom + 8);
            hint(model, detail, target, paint, buffer, (area, used));
        }
    }
    frame::scrollbar(paint, buffer, area, (top, height, rows.len()));
}

/// What Enter does on the line under the cursor, in the frame below.
fn hint(
    model: &Model,
    detail: &Detail,
    target: &Target,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    (area, room): (Rect, usize),
) {
    let contexts = model.contexts();
    let keys = model.setup.keymap.chords_for(&contexts, "open");
    let Some(key) = keys.first() else {
        return;
    };
    let what = match target {
        Target::Object(object) => format!("{} {}", object.kind, object.label()),
        Target::Fold(path) if detail.folds.contains(path) => "open this part".to_owned(),
        Target::Fold(_) => "close this part".to_owned(),
        Target::Reveal(name) if detail.revealed.as_ref() == Some(name) => "hide it".to_owned(),
        Target::Reveal(_) => "show this one".to_owned(),
        Target::Path(_) => "look into it".to_owned(),
        Target::Up => "one up".to_owned(),
    };
    let line = Line::of(Role::FooterKey, format!(" {} ", key.label()))
        .add(Role::TextMuted, format!("{} ", sanitise(&what)));
    if line.width() <= room {
        let at = Position::new(area.x + 2, area.bottom() - 1);
        line.paint(paint, buffer, at, room, 0);
    }
}

/// A line with what is searched standing out.
fn found(line: &Line, number: usize, detail: &Detail) -> Line {
    let Some(pattern) = &detail.scroll.search else {
        return line.clone();
    };
    if !pattern.is_in(&line.text()) {
        return line.clone();
    }
    let mut out = Line::default();
    for span in &line.0 {
        let current = detail.scroll.at == Some(number);
        highlight(&mut out, &span.text, span.role, Some(pattern), current);
    }
    out
}

fn waiting(paint: &Paint<'_>, buffer: &mut Buffer, body: Rect) {
    let text = format!("reading{}", paint.glyphs.ellipsis);
    list::draw(paint, buffer, body, &[Line::of(Role::TextDim, text)], 0);
}

fn titles(model: &Model, detail: &Detail, focused: bool, paint: &Paint<'_>) -> Titles {
    let top = tabs(detail, detail.width, paint);
    let label = detail.subject.label(&model.snapshot);
    let role = if focused {
        Role::TitleFocused
    } else {
        Role::Title
    };
    let mut name = Line::of(role, format!("{label} "));
    let trail = if focused && model.nav.detail.is_some() {
        model.trail()
    } else {
        Vec::new()
    };
    // The way here, as far back as there is room beside the tabs.
    let mut room = detail.width.saturating_sub(top.width() + name.width() + 8);
    for place in trail.iter().rev() {
        let wide = crate::tui::text::width(place) + 3;
        if wide > room {
            break;
        }
        room -= wide;
        let step = Line::of(Role::TextMuted, place)
            .add(Role::TextDim, format!(" {} ", paint.glyphs.cursor));
        name.0.splice(0..0, step.0);
    }
    name.0.insert(
        0,
        crate::tui::paint::Span {
            text: " ".to_owned(),
            role,
        },
    );
    let mut bottom = Line::default();
    if detail.tab == Tab::Logs
        && let Some(logs) = &detail.logs
    {
        bottom = logs::badges(model, logs, paint);
    } else if let Some(search) = &detail.scroll.search {
        bottom.push(Role::Badge, format!(" /{} ", search.text()));
    }
    let mut titles = Titles {
        top,
        right: name,
        bottom,
    };
    // Where the tabs leave no room the name goes to the bottom.
    if titles.top.width() + titles.right.width() + 6 > detail.width + 4 {
        let modes = std::mem::take(&mut titles.bottom);
        titles.bottom = std::mem::take(&mut titles.right);
        titles.bottom.0.extend(modes.0);
    }
    titles
}

/// The tab at a column of the frame's upper line.
pub(super) fn tab_at(model: &Model, frame: Rect, x: u16) -> Option<Tab> {
    let detail = model.shown_detail()?;
    let paint = model.paint();
    let line = tabs(detail, detail.width, &paint);
    let mut left = frame.x + 2;
    for span in &line.0 {
        let right = left + crate::tui::text::width(&span.text) as u16;
        if (left..right).contains(&x) {
            let mut all = detail.subject.tabs().iter();
            return all.find(|t| t.title() == span.text).copied();
        }
        left = right;
    }
    None
}

/// The tabs; where not all fit, those around the one in front.
fn tabs(detail: &Detail, room: usize, paint: &Paint<'_>) -> Line {
    let all = detail.subject.tabs();
    let wide =
        |tabs: &[Tab]| -> usize { tabs.iter().map(|t| t.title().len() + 1).sum::<usize>() + 1 };
    let active = all.iter().position(|t| *t == detail.tab).unwrap_or(0);
    let (mut from, mut to) = (0, all.len());
    // Two signs at the ends say that there are more.
    while wide(&all[from..to]) + 4 > room && to - from > 1 && wide(all) > room {
        if active - from >= to - active {
            from += 1;
        } else {
            to -= 1;
        }
    }
    let mut line = Line::of(Role::Tab, " ");
    let more = |line: &mut Line| line.push(Role::Tab, format!("{} ", paint.glyphs.ellipsis));
    if from > 0 {
        more(&mut line);
    }
    for tab in &all[from..to] {
        let role = if *tab == detail.tab {
            Role::TabActive
        } else {
            Role::Tab
        };
        line.push(role, tab.title());
        line.push(Role::Tab, " ");
    }
    if to < all.len() {
        more(&mut line);
    }
    line
}

#[cfg(test)]
mod tests;
