//! A table: only the rows on the screen become cells.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::{empty, fleet, list};
use crate::tui::column::{Column, Cut, Fitted, Look};
use crate::tui::format;
use crate::tui::keymap::Context;
use crate::tui::layout::{self, GUTTER};
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::pane::Pane;
use crate::tui::row::{Row, trouble};
use crate::tui::table::{Fold, Grouping, Table};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draw a pane.
pub(super) fn draw(model: &Model, pane: Pane, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let table = model.table(pane);
    let focused = model.nav.pane == pane
        && model.nav.detail.is_none()
        && !(model.nav.on_detail && model.is_overview());
    let border = if focused {
        Role::BorderFocused
    } else {
        Role::Border
    };
    let titles = titles(model, table, focused, paint, area.width);
    frame::draw(paint, buffer, area, border, &titles);
    let inner = layout::inside(area);
    let body = layout::table_body(pane, area);
    let look = model.look(paint);
    let fitted = table.fitted(&look, inner.width.saturating_sub(GUTTER));
    if body.y > inner.y {
        column_titles(table, &fitted, paint, buffer, inner);
    }
    if table.is_empty() {
        empty::draw(model, table, paint, buffer, body);
        return;
    }
    if pane == Pane::Fleet {
        fleet::draw(model, paint, buffer, body, focused);
        let all = (table.offset, table.height, table.len());
        frame::scrollbar(paint, buffer, area, all);
        return;
    }
    for (n, row) in table.visible().enumerate() {
        let y = body.y + n as u16;
        if y >= body.bottom() {
            break;
        }
        let line = Rect::new(body.x, y, body.width, 1);
        draw_row(table, table.offset + n, row, &fitted, &look, buffer, line);
        // One of the panes beside has no cursor worth seeing before one goes there.
        let shown = focused || pane == Pane::Containers || !model.is_overview();
        if table.offset + n == table.cursor && shown {
            let role = if focused {
                Role::SelectionRow
            } else {
                Role::SelectionRowUnfocused
            };
            paint.overlay(buffer, line, role);
        }
    }
    frame::scrollbar(
        paint,
        buffer,
        area,
        (table.offset, usize::from(body.height), table.len()),
    );
}

fn titles(model: &Model, table: &Table, focused: bool, paint: &Paint<'_>, width: u16) -> Titles {
    let role = if focused {
        Role::TitleFocused
    } else {
        Role::Title
    };
    let mut top = Line::of(Role::Title, " ");
    // The key that goes there, as long as it is one.
    let keys = model
        .setup
        .keymap
        .chords_for(&[Context::Global], table.pane.command());
    if let Some(key) = keys.first().map(|b| b.label()).filter(|k| k.len() == 1) {
        top.push(Role::Count, format!("{key} "));
    }
    let trail = if focused { model.trail() } else { Vec::new() };
    let room = usize::from(width).saturating_sub(30);
    let mut way = Line::default();
    for place in trail.iter().rev() {
        let next = Line::of(Role::TextMuted, place)
            .add(Role::TextDim, format!(" {} ", paint.glyphs.cursor));
        if way.width() + next.width() > room {
            break;
        }
        way.0.splice(0..0, next.0);
    }
    top.0.extend(way.0);
    top.push(role, format!("{} ", table.pane.title()));
    if let Some(scope) = &table.scope {
        top.push(
            Role::TextAccent,
            format!("{} {} ", paint.glyphs.cursor, scope.label()),
        );
    }
    let count = if table.count() == table.total {
        format::count(table.total)
    } else {
        format!(
            "{}/{}",
            format::count(table.count()),
            format::count(table.total)
        )
    };
    top.push(Role::Count, format!("{count} "));
    let mut bottom = Line::default();
    let marked = table.marked();
    if marked > 0 {
        let what = if table.in_range() {
            "marking"
        } else {
            "marked"
        };
        bottom.push(
            Role::SelectionMark,
            format!(" {} {what} ", format::count(marked)),
        );
    }
    if table.wide {
        bottom.push(Role::Badge, " wide ");
    }
    if table.grouping != Grouping::None {
        let by = match table.grouping {
            Grouping::Tree => "tree",
            Grouping::Project => "by project",
            _ => "by host",
        };
        bottom.push(Role::Badge, format!(" {by} "));
    }
    if !table.filter.is_empty() {
        bottom.push(Role::Badge, format!(" /{} ", table.filter.text()));
    }
    let mut right = Line::default();
    let (cursor, all) = (table.cursor + 1, table.len());
    if focused && all > table.height {
        right.push(Role::Count, format!(" {cursor}/{all} "));
    }
    Titles { top, right, bottom }
}

fn column_titles(
    table: &Table,
    fitted: &[Fitted],
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    inner: Rect,
) {
    for f in fitted {
        let field = &table.fields[f.column];
        let column = &field.column;
        let (role, title) = if *field == table.sort {
            let sign = if column.descending == table.reversed {
                paint.glyphs.ascending
            } else {
                paint.glyphs.descending
            };
            let wide = text::width(&field.title) + 1;
            let title = match (wide <= usize::from(f.width), column.right) {
                (true, true) => format!("{sign}{}", field.title),
                (true, false) => format!("{}{sign}", field.title),
                (false, _) => field.title.to_string(),
            };
            (Role::ColumnSorted, title)
        } else {
            (Role::Column, field.title.to_string())
        };
        let at = (inner.x + GUTTER + f.x, inner.y);
        let width = usize::from(f.width);
        let title = if column.right {
            text::pad_start(&title, width, "")
        } else {
            title
        };
        paint.put(buffer, at, &title, width, role);
    }
}

fn draw_row(
    table: &Table,
    line: usize,
    row: &Row,
    fitted: &[Fitted],
    look: &Look<'_>,
    buffer: &mut Buffer,
    area: Rect,
) {
    let paint = look.paint;
    if table.is_marked(line) {
        paint.put(
            buffer,
            (area.x, area.y),
            paint.glyphs.mark,
            1,
            Role::SelectionMark,
        );
    }
    let fold = table.fold(line);
    if let Some(fold) = fold
        && row.kind() != table.pane.kind()
    {
        head(row, fold, look, buffer, area);
        return;
    }
    let stale = row.is_stale();
    for f in fitted {
        let field = &table.fields[f.column];
        let cell = field.cell(row, look);
        // A host that does not answer: its rows must not look alive.
        let role = if stale { Role::StateUnknown } else { cell.role };
        let at = Position::new(area.x + GUTTER + f.x, area.y);
        let width = usize::from(f.width);
        let inset = fold
            .filter(|_| f.column == 0)
            .map(|fold| inset(fold, paint));
        let text = match &inset {
            Some(inset) => Cow::Owned(format!("{inset}{}", cell.text)),
            None => Cow::Borrowed(&cell.text),
        };
        let shown = cut(&text, width, &field.column, paint);
        paint.put(buffer, at, &shown, width, role);
        if !table.filter.is_empty() {
            highlight(table, field.column.priority == 0, &shown, at, paint, buffer);
        }
    }
}

/// Blanks and the sign before what is under something.
fn inset(fold: Fold, paint: &Paint<'_>) -> String {
    let sign = match fold.open {
        Some(true) => paint.glyphs.open,
        Some(false) => paint.glyphs.closed,
        None => " ",
    };
    format!("{}{sign} ", "  ".repeat(fold.depth.into()))
}

/// A line over others, or a thing of another kind among them: over all columns.
fn head(row: &Row, fold: Fold, look: &Look<'_>, buffer: &mut Buffer, area: Rect) {
    let paint = look.paint;
    let g = paint.glyphs;
    let role = match row {
        Row::Machine(_) => Role::TextStrong,
        Row::Project(..) => Role::TextAccent,
        Row::Volume(..) | Row::Network(..) => Role::TextMuted,
        _ => Role::Text,
    };
    let mut line = Line::of(Role::TextMuted, inset(fold, paint));
    let kind = match row {
        Row::Volume(..) => "volume ",
        Row::Network(..) => "network ",
        _ => "",
    };
    line.push(Role::TextDim, kind);
    let name = match row {
        Row::Service(_, s) => Cow::Borrowed(&*s.name),
        _ => row.name(),
    };
    line.push(role, name);
    if fold.depth == 0
        && !matches!(row, Row::Machine(_))
        && look.snapshot.hosts.len() > 1
        && let Some(host) = row.host_id()
    {
        line.push(Role::TextMuted, format!("  {host}"));
    }
    if let Row::Machine(h) = row
        && let Some((since, _)) = trouble(&h.link)
    {
        let text = format!("  {} {} {}", g.failed, h.link.word(), paint.age(since));
        line.push(Role::LinkStale, text);
    }
    let t = look.host(row).tally_of(row);
    for (sign, count, role) in [
        (g.running, t.running, Role::StateRunning),
        (g.paused, t.paused, Role::StatePaused),
        (g.stopped, t.stopped() + t.done, Role::StateExited),
        (g.failed, t.failed + t.unhealthy, Role::StateFailed),
    ] {
        if count > 0 {
            line.push(role, format!("  {sign} {}", format::count(count)));
        }
    }
    if fold.open == Some(false) {
        line.push(
            Role::TextDim,
            format!("  {} lines", format::count(fold.count)),
        );
    }
    let at = Position::new(area.x + GUTTER, area.y);
    let room = usize::from(area.width.saturating_sub(GUTTER));
    line.paint(paint, buffer, at, room, 0);
}

/// What the filter found stands out: in names letter by letter, elsewhere as it stands.
fn highlight(
    table: &Table,
    is_name: bool,
    shown: &str,
    at: Position,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
) {
    let hits = if is_name {
        table.filter.hits(shown)
    } else {
        table.filter.spans(shown)
    };
    if hits.is_empty() {
        return;
    }
    let mut x = at.x;
    for (n, c) in shown.chars().enumerate() {
        let wide = text::width(c.encode_utf8(&mut [0; 4])) as u16;
        if hits.contains(&n) {
            let spot = Rect::new(x, at.y, wide, 1);
            paint.overlay(buffer, spot, Role::TextMatch);
        }
        x += wide;
    }
}

fn cut(text: &str, width: usize, column: &Column, paint: &Paint<'_>) -> String {
    let ellipsis = paint.glyphs.ellipsis;
    if column.right {
        return text::pad_start(text, width, ellipsis);
    }
    match column.cut {
        Cut::End => text::truncate(text, width, ellipsis),
        Cut::Start => text::truncate_start(text, width, ellipsis),
        Cut::Middle => text::truncate_middle(text, width, ellipsis),
    }
}

/// Lines in the middle of an area.
pub(super) fn centred(paint: &Paint<'_>, buffer: &mut Buffer, area: Rect, lines: &[Line]) {
    list::centred(paint, buffer, area, lines);
}
