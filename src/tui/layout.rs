//! Where things are on the screen. Pure, so that painting, sizes and the mouse agree.

use ratatui::layout::Rect;

use super::model::Model;
use super::pane::Pane;

/// Less than this and nothing useful fits.
pub const LEAST: (u16, u16) = (40, 8);

/// The left column of the overview has so many columns at least, and at most.
const SIDE: (u16, u16) = (34, 60);

/// However the user puts the edge, this is left at its sides.
const LEAST_SIDE: u16 = 20;
const LEAST_MAIN: u16 = 45;

/// An edge between panes of the overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Between the panes at the left and the rest.
    Side,
    /// Between the containers and their details.
    Top,
}

/// Where the user put the edges, in percent; none: where it suits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Split {
    pub side: Option<u16>,
    pub top: Option<u16>,
}

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
    let side = match model.split.side {
        None => (body.width * 3 / 10).clamp(SIDE.0, SIDE.1),
        Some(percent) => share(body.width, percent).clamp(LEAST_SIDE, body.width - LEAST_MAIN),
    };
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
    let top = match model.split.top {
        None => rows.clamp(7, half).min(body.height),
        Some(percent) => share(body.height, percent).clamp(5, body.height - 5),
    };
    layout
        .tables
        .push((Pane::Containers, Rect::new(x, body.y, width, top)));
    layout.detail = Some(Rect::new(x, body.y + top, width, body.height - top));
}

fn share(all: u16, percent: u16) -> u16 {
    // Rounded, so that what is said in percent comes back the same.
    ((u32::from(all) * u32::from(percent) + 50) / 100) as u16
}

/// Where an edge is, in percent.
pub fn percent(model: &Model, edge: Edge) -> u16 {
    let layout = of(model);
    let main = layout.tables.iter().find(|(p, _)| *p == Pane::Containers);
    let (width, height) = model.size;
    let body = height.saturating_sub(2).max(1);
    let part =
        |n: u16, all: u16| ((u32::from(n) * 100 + u32::from(all) / 2) / u32::from(all)) as u16;
    main.map_or(50, |(_, frame)| match edge {
        Edge::Side => part(frame.x, width.max(1)),
        Edge::Top => part(frame.height, body),
    })
}

/// The edge at a place of the screen.
pub fn edge_at(layout: &Layout, x: u16, y: u16) -> Option<Edge> {
    let (_, main) = layout
        .tables
        .iter()
        .find(|(p, _)| *p == Pane::Containers)
        .filter(|_| layout.tables.len() > 1)?;
    let body = main.y..layout.footer.y;
    if body.contains(&y) && (x + 1 == main.x || x == main.x) {
        return Some(Edge::Side);
    }
    (x > main.x && y + 1 == main.bottom()).then_some(Edge::Top)
}

/// Tiles side by side and one below the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    area: Rect,
    /// Tiles beside each other.
    pub across: usize,
    /// Lines of them that fit whole.
    pub down: usize,
    height: u16,
}

/// A tile is at least so wide, and so high.
const TILE: (u16, u16) = (38, 8);

/// More lines than that a tile has no use for.
const HIGHEST: u16 = 12;

/// The places of so many tiles in an area; those that do not fit are scrolled to.
pub fn tiles(area: Rect, count: usize) -> Tiles {
    let across = usize::from(area.width / TILE.0).max(1);
    let down = usize::from(area.height / TILE.1).max(1);
    // Few tiles share the room: as many lines as are needed, each about as long as the others.
    let lines = count.div_ceil(across).clamp(1, down);
    let across = if count.div_ceil(across) <= down {
        count.div_ceil(lines).clamp(1, across)
    } else {
        across
    };
    let height = (area.height / lines as u16).clamp(1, HIGHEST);
    Tiles {
        area,
        across,
        down: lines,
        height,
    }
}

impl Tiles {
    /// Where the tile of that number is; `None` when it does not fit.
    pub fn place(&self, n: usize) -> Option<Rect> {
        let (column, line) = ((n % self.across) as u16, (n / self.across) as u16);
        let across = self.across as u16;
        let x = self.area.x + self.area.width * column / across;
        let end = self.area.x + self.area.width * (column + 1) / across;
        let tile = Rect::new(x, self.area.y + line * self.height, end - x, self.height);
        let fits = tile.width >= 8 && tile.height >= 3 && tile.bottom() <= self.area.bottom();
        (usize::from(line) < self.down && fits).then_some(tile)
    }

    /// The number of the tile at a place.
    pub fn at(&self, x: u16, y: u16) -> Option<usize> {
        let all = self.across * self.down;
        let inside = |n: &usize| {
            let at = ratatui::layout::Position::new(x, y);
            self.place(*n).is_some_and(|tile| tile.contains(at))
        };
        (0..all).find(inside)
    }
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
pub fn has_titles(pane: Pane, frame: Rect) -> bool {
    pane != Pane::Fleet && frame.width >= 62 && frame.height >= 5
}

/// Where a table's rows are.
pub fn table_body(pane: Pane, frame: Rect) -> Rect {
    let inner = inside(frame);
    let titles = u16::from(has_titles(pane, frame));
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
