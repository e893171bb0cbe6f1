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
    let width = usize::from(area.width);
    // What changes the meaning of keys is always there.
    let badges = badges(model);
    let wide = badges.width();
    let left = fit(facts(model, paint, width), width.saturating_sub(wide + 2));
    let mut line = Line::default();
    for piece in left {
        line.push(Role::Header, if line.0.is_empty() { " " } else { "  " });
        line.0.extend(piece.line.0);
    }
    let at = Position::new(area.x, area.y);
    line.paint(paint, buffer, at, width.saturating_sub(wide), 0);
    if wide > 0 && wide <= width {
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

fn facts(model: &Model, paint: &Paint<'_>, width: usize) -> Vec<Piece> {
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
    let t = model.summary.tally;
    add(9, Line::of(Role::Brand, "pilothouse"));
    add(0, verdict(model, paint));
    let mut line = Line::of(Role::Header, format::counted(hosts.len(), "host", "hosts"));
    if live > 0 && live < hosts.len() {
        line.push(Role::LinkLive, format!(" {}{live}", g.running));
    }
    if connecting > 0 {
        line.push(Role::LinkConnecting, format!(" {}{connecting}", g.changing));
    }
    add(3, line);
    if denied > 0 {
        let text = format!("{}{denied} denied", g.failed);
        add(1, Line::of(Role::LinkDenied, text));
    }
    if let Some(oldest) = oldest {
        let text = format!("{}{stale} stale {}", g.failed, paint.age(oldest));
        add(1, Line::of(Role::LinkStale, text));
    }
    // Where there is little room the signs have to do.
    let mut line = if width < 110 && t.total > 0 {
        Line::default()
    } else {
        let count = format::counted(t.total, "container", "containers");
        Line::of(Role::Header, count)
    };
    for (sign, count, role) in [
        (g.running, t.running, Role::StateRunning),
        (g.paused, t.paused, Role::StatePaused),
        (g.stopped, t.stopped() + t.done, Role::TextMuted),
    ] {
        if count > 0 {
            let gap = if line.0.is_empty() { "" } else { " " };
            line.push(role, format!("{gap}{sign}{}", format::count(count)));
        }
    }
    add(4, line);
    for (count, sign, word, role, rank) in [
        (t.unhealthy, g.failed, "unhealthy", Role::StateUnhealthy, 2),
        (t.failed, g.failed, "failed", Role::StateFailed, 2),
        (t.starting, g.changing, "starting", Role::StateStarting, 5),
    ] {
        if count > 0 {
            add(
                rank,
                Line::of(role, format!("{sign}{} {word}", format::count(count))),
            );
        }
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
        let text = if width < 110 {
            format!("{} {done}/{steps}", paint.spinner())
        } else {
            let what = format::counted(operations, "operation", "operations");
            format!("{} {what} {done}/{steps}", paint.spinner())
        };
        add(0, Line::of(Role::StateChanging, text));
    }
    pieces
}

/// Is anything wrong? One sign and one word, before anything else.
fn verdict(model: &Model, paint: &Paint<'_>) -> Line {
    let g = paint.glyphs;
    let (links, problems) = (model.summary.links, model.summary.problems);
    let away = links.stale + links.denied;
    if model.snapshot.hosts.is_empty() {
        return Line::of(Role::TextMuted, format!("{} no hosts", g.stopped));
    }
    if problems + away > 0 {
        let count = format::counted(problems + away, "problem", "problems");
        let role = if away > 0 || model.summary.tally.failed > 0 {
            Role::StateFailed
        } else {
            Role::StateUnhealthy
        };
        return Line::of(role, format!("{} {count}", g.failed));
    }
    if links.connecting > 0 {
        return Line::of(Role::LinkConnecting, format!("{} connecting", g.changing));
    }
    Line::of(Role::StateHealthy, format!("{} all well", g.ok))
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
