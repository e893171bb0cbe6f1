//! A table: only the rows on the screen become cells.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::{empty, list};
use crate::tui::column::{Column, Cut, Fitted, Look};
use crate::tui::format;
use crate::tui::layout::{self, GUTTER};
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::pane::Pane;
use crate::tui::row::Row;
use crate::tui::table::Table;
use crate::tui::text;
use crate::tui::theme::Role;

/// Draw a pane.
pub(super) fn draw(model: &Model, pane: Pane, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let table = model.table(pane);
    let focused = model.nav.pane == pane && !(model.nav.on_detail && model.is_overview());
    let border = if focused {
        Role::BorderFocused
    } else {
        Role::Border
    };
    frame::draw(paint, buffer, area, border, &titles(table, focused, paint));
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

fn titles(table: &Table, focused: bool, paint: &Paint<'_>) -> Titles {
    let role = if focused {
        Role::TitleFocused
    } else {
        Role::Title
    };
    let mut top = Line::of(role, format!(" {} ", table.pane.title()));
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
    let stale = row.is_stale();
    for f in fitted {
        let field = &table.fields[f.column];
        let cell = field.cell(row, look);
        // A host that does not answer: its rows must not look alive.
        let role = if stale { Role::StateUnknown } else { cell.role };
        let at = Position::new(area.x + GUTTER + f.x, area.y);
        let width = usize::from(f.width);
        let shown = cut(&cell.text, width, &field.column, paint);
        paint.put(buffer, at, &shown, width, role);
        if !table.filter.is_empty() {
            highlight(table, field.column.priority == 0, &shown, at, paint, buffer);
        }
    }
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
