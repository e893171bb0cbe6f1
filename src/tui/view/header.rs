//! The first line: the fleet in numbers, and what one must know.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::summary::Links;
use crate::tui::theme::Role;

/// A piece of the header with how much it matters; the highest numbers go first.
struct Piece {
    line: Line,
    rank: u8,
}

/// Draw the header.
pub(super) fn draw(model: &Model, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let brand = Line::of(Role::Brand, " pilothouse");
    let left = fit(
        facts(model, paint),
        usize::from(area.width).saturating_sub(brand.width() + 1),
    );
    let mut line = brand;
    for piece in left {
        line.push(Role::Header, "  ");
        line.0.extend(piece.line.0);
    }
    let badges = badges(model);
    let wide = badges.width();
    let end = line.paint(
        paint,
        buffer,
        Position::new(area.x, area.y),
        usize::from(area.width),
        0,
    );
    if usize::from(area.right().saturating_sub(end)) > wide && wide > 0 {
        let x = area.right() - wide as u16;
        badges.paint(paint, buffer, Position::new(x, area.y), wide, 0);
    }
}

fn fit(mut pieces: Vec<Piece>, room: usize) -> Vec<Piece> {
    let wide = |all: &[Piece]| all.iter().map(|p| p.line.width() + 2).sum::<usize>();
    while wide(&pieces) > room {
        let Some(at) = (0..pieces.len()).rev().max_by_key(|i| pieces[*i].rank) else {
            break;
        };
        pieces.remove(at);
    }
    pieces
}

fn facts(model: &Model, paint: &Paint<'_>) -> Vec<Piece> {
    let hosts = model.snapshot.hosts.as_slice();
    let mut pieces = Vec::new();
    let mut add = |rank, line: Line| pieces.push(Piece { line, rank });
    let Links {
        live,
        connecting,
        stale,
        denied,
        oldest,
    } = model.summary.links;
    let g = paint.glyphs;
    let mut line = Line::of(Role::Header, format::counted(hosts.len(), "host", "hosts"));
    if live > 0 && live < hosts.len() {
        line.push(Role::LinkLive, format!(" {}{live}", g.running));
    }
    if connecting > 0 {
        line.push(Role::LinkConnecting, format!(" {}{connecting}", g.changing));
    }
    if denied > 0 {
        line.push(Role::LinkDenied, format!(" {}{denied} denied", g.failed));
    }
    add(1, line);
    if let Some(oldest) = oldest {
        let text = format!("{}{stale} stale {}", g.failed, paint.age(oldest));
        add(0, Line::of(Role::LinkStale, text));
    }
    let t = model.summary.tally;
    let line = Line::of(Role::Header, format!("{} of ", format::count(t.running)))
        .add(
            Role::Header,
            format::counted(t.total, "container", "containers"),
        )
        .add(Role::TextMuted, " running");
    add(3, line);
    if t.unhealthy > 0 {
        let text = format!("{}{} unhealthy", g.failed, t.unhealthy);
        add(2, Line::of(Role::StateUnhealthy, text));
    }
    if t.failed > 0 {
        let text = format!("{}{} failed", g.failed, t.failed);
        add(2, Line::of(Role::StateFailed, text));
    }
    let running = model.snapshot.operations.iter().filter(|o| o.is_running());
    let (mut operations, mut done, mut steps) = (0, 0, 0);
    for o in running {
        let (d, s) = o.count();
        operations += 1;
        done += d;
        steps += s;
    }
    if operations > 0 {
        let what = format::counted(operations, "operation", "operations");
        let text = format!("{} {what} {done}/{steps}", paint.spinner());
        add(0, Line::of(Role::StateChanging, text));
    }
    pieces
}

fn badges(model: &Model) -> Line {
    let mut line = Line::default();
    let mut add = |role, text: &str| {
        if !line.0.is_empty() {
            line.push(Role::Header, " ");
        }
        line.push(role, format!(" {text} "));
    };
    if model.setup.demo {
        add(Role::Badge, "demo");
    }
    if model.read_only() {
        add(Role::BadgeWarning, "read-only");
    }
    line
}
