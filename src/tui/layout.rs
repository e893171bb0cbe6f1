//! Where things are on the screen. Pure, so that painting, sizes and the mouse agree.

use ratatui::layout::Rect;

use super::model::Model;
use super::pane::Pane;

/// Less than this and nothing useful fits.
pub const LEAST: (u16, u16) = (40, 8);

/// The left column of the overview has so many columns at least, and at most.
const SIDE: (u16, u16) = (34, 60);

/// Where everything is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub header: Rect,
    /// Frames of tables.
    pub tables: Vec<(Pane, Rect)>,
    /// The frame of the detail.
    pub detail: Option<Rect>,
    pub footer: Rect,
}

/// The places of what `model` shows.
pub fn of(model: &Model) -> Layout {
    let (width, height) = model.size;
    if width < LEAST.0 || height < LEAST.1 {
        return Layout::default();
    }
    let header = Rect::new(0, 0, width, 1);
    let footer = Rect::new(0, height - 1, width, 1);
    let body = Rect::new(0, 1, width, height - 2);
    let mut layout = Layout {
        header,
        footer,
        ..Layout::default()
    };
    if model.nav.detail.is_some() {
        layout.detail = Some(body);
    } else if model.is_overview() {
        overview(model, body, &mut layout);
    } else {
        layout.tables.push((model.nav.pane, body));
    }
    layout
}

fn overview(model: &Model, body: Rect, layout: &mut Layout) {
    let side = (body.width * 3 / 10).clamp(SIDE.0, SIDE.1);
    let heights = side_heights(model, body.height);
    let mut y = body.y;
    for (pane, height) in Pane::SIDE.into_iter().zip(heights) {
        layout
            .tables
            .push((pane, Rect::new(body.x, y, side, height)));
        y += height;
    }
    let (x, width) = (body.x + side, body.width - side);
    // The detail gets the larger half: logs are read, tables are looked over.
    let rows = lines(model, Pane::Containers).saturating_add(3);
    let half = (body.height * 45 / 100).max(7);
    let top = rows.clamp(7, half).min(body.height);
    layout
        .tables
        .push((Pane::Containers, Rect::new(x, body.y, width, top)));
    layout.detail = Some(Rect::new(x, body.y + top, width, body.height - top));
}

/// The lines of a pane, as far as they matter for its place.
fn lines(model: &Model, pane: Pane) -> u16 {
    model.table(pane).len().min(1000) as u16
}

/// Every pane gets what its rows need while there is room, the focused one first.
fn side_heights(model: &Model, height: u16) -> [u16; 5] {
    const LEAST: u16 = 3;
    let mut given = [LEAST; 5];
    let mut room = height.saturating_sub(LEAST * 5);
    let wants = Pane::SIDE.map(|p| lines(model, p).max(1).saturating_add(2));
    let focused = Pane::SIDE.iter().position(|p| *p == model.nav.pane);
    // First half of what is left for the focused pane, then one row each in turn.
    if let Some(at) = focused {
        let more = wants[at].saturating_sub(given[at]).min(room / 2);
        given[at] += more;
        room -= more;
    }
    while room > 0 {
        let mut gave = false;
        for at in 0..given.len() {
            if room > 0 && given[at] < wants[at] {
                given[at] += 1;
                room -= 1;
                gave = true;
            }
        }
        if !gave {
            break;
        }
    }
    // What nobody needs goes to the focused pane, or to the last.
    given[focused.unwrap_or(given.len() - 1)] += room;
    given
}

/// The inside of a frame.
pub fn inside(frame: Rect) -> Rect {
    Rect::new(
        frame.x + 1,
        frame.y + 1,
        frame.width.saturating_sub(2),
        frame.height.saturating_sub(2),
    )
}

/// Has a table of that width a line of column titles?
pub fn has_titles(frame: Rect) -> bool {
    frame.width >= 62 && frame.height >= 5
}

/// Where a table's rows are.
pub fn table_body(_pane: Pane, frame: Rect) -> Rect {
    let inner = inside(frame);
    let titles = u16::from(has_titles(frame));
    Rect::new(
        inner.x,
        inner.y + titles,
        inner.width,
        inner.height.saturating_sub(titles),
    )
}

/// Where a detail's text is.
pub fn detail_body(frame: Rect) -> Rect {
    let inner = inside(frame);
    Rect::new(
        inner.x + 1,
        inner.y,
        inner.width.saturating_sub(2),
        inner.height,
    )
}

/// Columns before the first column of a table: the sign of a mark.
pub const GUTTER: u16 = 2;
