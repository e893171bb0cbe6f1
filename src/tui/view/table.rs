//! A table: only the rows on the screen become cells.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::{empty, list};
use crate::tui::column::{Column, Cut, Fitted, Look};
use crate::tui::filter::Fuzzy;
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
    if table.rows.is_empty() {
        empty::draw(model, table, paint, buffer, body);
        return;
    }
    let mut fuzzy = Fuzzy::default();
    for (n, row) in table.visible().iter().enumerate() {
        let y = body.y + n as u16;
        if y >= body.bottom() {
            break;
        }
        let line = Rect::new(body.x, y, body.width, 1);
        draw_row(table, row, &fitted, &look, &mut fuzzy, buffer, line);
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
        (table.offset, usize::from(body.height), table.rows.len()),
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
    let count = if table.rows.len() == table.total {
        table.total.to_string()
    } else {
        format!("{}/{}", table.rows.len(), table.total)
    };
    top.push(Role::Count, format!("{count} "));
    let mut bottom = Line::default();
    if !table.marks.is_empty() {
        let what = if table.in_range() {
            "marking"
        } else {
            "marked"
        };
        bottom.push(
            Role::SelectionMark,
            format!(" {} {what} ", table.marks.len()),
        );
    }
    if !table.filter.is_empty() {
        bottom.push(Role::Badge, format!(" /{} ", table.filter.text()));
    }
    let mut right = Line::default();
    let (cursor, all) = (table.cursor + 1, table.rows.len());
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
        let column = &table.columns()[f.column];
        let (role, title) = if f.column == table.sort {
            let sign = if column.descending == table.reversed {
                paint.glyphs.ascending
            } else {
                paint.glyphs.descending
            };
            let wide = text::width(column.title) + 1;
            let title = match (wide <= usize::from(f.width), column.right) {
                (true, true) => format!("{sign}{}", column.title),
                (true, false) => format!("{}{sign}", column.title),
                (false, _) => column.title.to_owned(),
            };
            (Role::ColumnSorted, title)
        } else {
            (Role::Column, column.title.to_owned())
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
    row: &Row,
    fitted: &[Fitted],
    look: &Look<'_>,
    fuzzy: &mut Fuzzy,
    buffer: &mut Buffer,
    area: Rect,
) {
    let paint = look.paint;
    if !table.marks.is_empty() && table.marks.contains(&row.key()) {
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
        let column = &table.columns()[f.column];
        let cell = (column.cell)(row, look);
        // A host that does not answer: its rows must not look alive.
        let role = if stale { Role::StateUnknown } else { cell.role };
        let at = Position::new(area.x + GUTTER + f.x, area.y);
        let width = usize::from(f.width);
        let shown = cut(&cell.text, width, column, paint);
        paint.put(buffer, at, &shown, width, role);
        if f.column == 0 && !table.filter.is_empty() {
            highlight(table, &row.name(), &shown, at, fuzzy, paint, buffer);
        }
    }
}

/// What the filter found in the name stands out.
fn highlight(
    table: &Table,
    name: &str,
    shown: &str,
    at: Position,
    fuzzy: &mut Fuzzy,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
) {
    let Some(start) = shown.find(name).filter(|_| name.is_ascii()) else {
        return;
    };
    let before = text::width(&shown[..start]) as u16;
    for hit in table.filter.hits(name, fuzzy) {
        let x = at.x + before + hit as u16;
        let spot = Rect::new(x, at.y, 1, 1);
        paint.overlay(buffer, spot, Role::TextMatch);
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
