//! The fleet in tiles: how each machine is, without a table to read.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use crate::domain::observed::{Container, HealthStatus};
use crate::domain::snapshot::{HostShard, Link};
use crate::tui::column::{Look, container_state};
use crate::tui::format;
use crate::tui::layout;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::pane::Pane;
use crate::tui::row::{Row, trouble};
use crate::tui::text;
use crate::tui::theme::Role;

/// Columns of the names of figures.
const LABEL: u16 = 5;

/// Columns of the figures themselves.
const FIGURE: u16 = 15;

/// From that height on a tile has a line to spare.
const SPARE: u16 = 9;

/// Draw the tiles that fit into the inside of the pane.
pub(super) fn draw(
    model: &Model,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    inner: Rect,
    focused: bool,
) {
    let table = model.table(Pane::Fleet);
    let look = model.look(paint);
    let tiles = layout::tiles(inner, table.len());
    for (n, row) in table.visible().enumerate() {
        let Row::Machine(host) = row else { continue };
        let Some(area) = tiles.place(n) else { break };
        let line = table.offset + n;
        let at_cursor = line == table.cursor && focused;
        let pulse = model.activity.pulse_of(host.id());
        let marked = table.is_marked(line);
        tile(host, &look, paint, buffer, area, (at_cursor, marked));
        beat(pulse, paint, buffer, area);
    }
}

/// The CPU over the last minutes, in the last line of a tile that has one to spare.
fn beat(
    pulse: impl DoubleEndedIterator<Item = f64>,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) {
    if area.height < SPARE {
        return;
    }
    let room = usize::from(area.width.saturating_sub(4 + LABEL));
    let mut shares: Vec<f64> = pulse.rev().take(room).collect();
    if shares.len() < 2 {
        return;
    }
    shares.reverse();
    // Little things are seen too, but a host that does little does not look busy.
    let most = shares.iter().copied().fold(0.1, f64::max);
    let levels = &paint.glyphs.levels;
    let sign = |share: &f64| {
        let at = (share / most * (levels.len() - 1) as f64).round() as usize;
        levels[at.min(levels.len() - 1)]
    };
    let text: String = shares.iter().map(sign).collect();
    let y = area.bottom() - 2;
    let usual = usize::from(LABEL);
    paint.put(buffer, (area.x + 2, y), "cpu", usual, Role::TextDim);
    paint.put(buffer, (area.x + 2 + LABEL, y), &text, room, Role::Series1);
}

fn tile(
    host: &HostShard,
    look: &Look<'_>,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
    (at_cursor, marked): (bool, bool),
) {
    let summary = look.summary.host(host.id());
    let (sign, words, role) = link(host, paint);
    let border = match (at_cursor, &host.link) {
        (true, _) => Role::BorderFocused,
        (_, Link::Stale { .. } | Link::Denied { .. }) => role,
        _ if summary.problems > 0 => Role::StateUnhealthy,
        _ => Role::Border,
    };
    let name = if at_cursor {
        Role::TitleFocused
    } else {
        Role::ColumnSorted
    };
    let room = usize::from(area.width).saturating_sub(8 + text::width(&words));
    let mut top = Line::default();
    if marked {
        top.push(Role::SelectionMark, format!(" {}", paint.glyphs.mark));
    }
    let shown = text::truncate(host.id().as_str(), room, paint.glyphs.ellipsis);
    top.push(name, format!(" {shown} "));
    let titles = Titles {
        top,
        right: Line::of(role, format!(" {sign} {words} ")),
        ..Titles::default()
    };
    frame::draw(paint, buffer, area, border, &titles);
    let inner = Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2);
    let lines = if host.listed {
        figures(host, look, paint, buffer, inner)
    } else {
        0
    };
    let spare = u16::from(area.height >= SPARE);
    let rest = Rect::new(
        inner.x,
        inner.y + lines,
        inner.width,
        inner.height.saturating_sub(lines + spare),
    );
    for (y, line) in (rest.y..rest.bottom()).zip(told(host, look, paint, rest)) {
        let at = Position::new(rest.x, y);
        line.paint(paint, buffer, at, usize::from(rest.width), 0);
    }
}

fn link(host: &HostShard, paint: &Paint<'_>) -> (&'static str, String, Role) {
    let g = paint.glyphs;
    match &host.link {
        Link::Connecting => (g.changing, "connecting".to_owned(), Role::LinkConnecting),
        Link::Live { .. } => (g.running, "live".to_owned(), Role::LinkLive),
        Link::Stale { since, .. } => {
            let age = paint.age(host.seen.unwrap_or(*since));
            (g.failed, format!("stale {age}"), Role::LinkStale)
        }
        Link::Denied { since, .. } => {
            let age = paint.age(*since);
            (g.failed, format!("denied {age}"), Role::LinkDenied)
        }
    }
}

/// CPU, memory, disk and containers; how many lines they took.
fn figures(
    host: &HostShard,
    look: &Look<'_>,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) -> u16 {
    let use_now = Use::of(host, look);
    let info = host.info.as_deref();
    let part = if use_now.is_all { "" } else { ">" };
    let stale = host.link.error().is_some();
    let cpus = info.map_or(0, |i| i.cpus);
    let cpu = use_now.cpu.filter(|_| !stale).map(|cpu| {
        let share = cpu / (f64::from(cpus.max(1)) * 100.0);
        (
            share,
            format!(
                "{part}{} of {cpus}",
                format::percent(cpu / f64::from(cpus.max(1)))
            ),
        )
    });
    gauge("cpu", cpu, paint, buffer, line_of(area, 0));
    let memory = info.map_or(0, |i| i.memory);
    let used = use_now.memory.filter(|_| !stale && memory > 0).map(|used| {
        let text = format!("{part}{} of {}", format::bytes(used), format::bytes(memory));
        (used as f64 / memory as f64, text)
    });
    gauge("mem", used, paint, buffer, line_of(area, 1));
    let mut disk = Line::of(Role::TextMuted, text::pad("disk", usize::from(LABEL), ""));
    match host.disk.as_deref() {
        Some(d) => {
            let parts = [
                ("images", d.images),
                ("volumes", d.volumes),
                ("cache", d.build_cache),
            ];
            disk.push(Role::Text, format::bytes(d.total()));
            for (name, bytes) in parts.into_iter().filter(|(_, b)| *b > 0) {
                let part = format!("  {name} {}", format::bytes(bytes));
                if disk.width() + part.len() <= usize::from(area.width) {
                    disk.push(Role::TextDim, part);
                }
            }
        }
        None => disk.push(Role::TextDim, "not measured yet"),
    }
    let at = line_of(area, 2);
    disk.paint(paint, buffer, at.as_position(), usize::from(at.width), 0);
    let at = line_of(area, 3);
    counts(host, look, paint, usize::from(at.width)).paint(
        paint,
        buffer,
        at.as_position(),
        usize::from(at.width),
        0,
    );
    4
}

fn line_of(area: Rect, n: u16) -> Rect {
    let y = (area.y + n).min(area.bottom().saturating_sub(1));
    Rect::new(area.x, y, area.width, 1)
}

/// A name, a bar and a figure.
fn gauge(
    name: &str,
    value: Option<(f64, String)>,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) {
    let at = area.as_position();
    paint.put(buffer, at, name, usize::from(LABEL), Role::TextMuted);
    let bar = usize::from(area.width.saturating_sub(LABEL + FIGURE + 1));
    let (share, text) = match &value {
        Some((share, text)) => (share.clamp(0.0, 1.0), Cow::Borrowed(text.as_str())),
        None => (0.0, Cow::Borrowed("-")),
    };
    let full = (share * bar as f64).round() as usize;
    let full = full.max(usize::from(share > 0.0)).min(bar);
    let role = match share {
        s if s >= 0.9 => Role::GaugeHigh,
        s if s >= 0.6 => Role::GaugeMedium,
        _ => Role::GaugeLow,
    };
    let figure = if value.is_some() {
        Role::Text
    } else {
        Role::TextDim
    };
    Line::of(role, paint.glyphs.bar_full.repeat(full))
        .add(Role::GaugeEmpty, paint.glyphs.bar_empty.repeat(bar - full))
        .add(
            figure,
            text::pad_start(&text, usize::from(FIGURE) + 1, paint.glyphs.ellipsis),
        )
        .paint(
            paint,
            buffer,
            Position::new(at.x + LABEL, at.y),
            usize::from(area.width.saturating_sub(LABEL)),
            0,
        );
}

/// Containers by state.
fn counts(host: &HostShard, look: &Look<'_>, paint: &Paint<'_>, width: usize) -> Line {
    let t = look.summary.host(host.id()).tally;
    let g = paint.glyphs;
    let mut line = Line::default();
    if t.total == 0 {
        return Line::of(Role::TextDim, "no containers");
    }
    for (sign, count, word, role) in [
        (g.running, t.running, " running", Role::StateRunning),
        (g.paused, t.paused, " paused", Role::StatePaused),
        (
            g.stopped,
            t.stopped() + t.done,
            " stopped",
            Role::StateExited,
        ),
    ] {
        if count > 0 {
            if !line.0.is_empty() {
                line.push(Role::Text, "  ");
            }
            let count = format!("{sign} {}", format::count(count));
            let room = width.saturating_sub(line.width() + text::width(&count));
            line.push(role, count);
            if word.len() <= room {
                line.push(Role::TextMuted, word);
            }
        }
    }
    line
}

/// What is wrong there, as much as there is room for.
fn told(host: &HostShard, look: &Look<'_>, paint: &Paint<'_>, area: Rect) -> Vec<Line> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let g = paint.glyphs;
    if let Some((_, e)) = trouble(&host.link) {
        let text = text::wrap(&e.chain(), width);
        let lines = text.into_iter().map(|t| Line::of(Role::LinkStale, t));
        return lines.take(height).collect();
    }
    if !host.listed {
        let text = format!("connecting{}", g.ellipsis);
        return vec![Line::of(Role::TextDim, text)];
    }
    let count = look.summary.host(host.id()).problems;
    if count == 0 {
        return vec![Line::of(
            Role::TextDim,
            format!("{} nothing is wrong", g.ok),
        )];
    }
    let mut all: Vec<&Container> = host
        .containers
        .iter()
        .map(|c| &**c)
        .filter(|c| c.is_problem())
        .take(height)
        .collect();
    if count > height {
        all.truncate(height.saturating_sub(1));
    }
    let mut lines: Vec<Line> = all.iter().map(|c| problem(c, paint, width)).collect();
    if count > lines.len() && lines.len() < height {
        let text = format!("and {} more", count - lines.len());
        lines.push(Line::of(Role::TextMuted, text));
    }
    lines
}

fn problem(c: &Container, paint: &Paint<'_>, width: usize) -> Line {
    let (word, role) = container_state(c);
    let role = if c.health_status() == Some(HealthStatus::Unhealthy) {
        Role::StateUnhealthy
    } else {
        role
    };
    let room = width.saturating_sub(text::width(&word) + 4);
    let name = text::truncate(&c.name, room, paint.glyphs.ellipsis);
    Line::of(role, format!("{} ", paint.glyphs.failed))
        .add(Role::Text, name)
        .add(role, format!("  {word}"))
}

/// What the containers of a host use together, as far as it is measured.
struct Use {
    cpu: Option<f64>,
    memory: Option<u64>,
    /// Every running container is in it.
    is_all: bool,
}

impl Use {
    fn of(host: &HostShard, look: &Look<'_>) -> Self {
        let (mut measured, mut cpu, mut memory) = (0, None, None);
        for m in host.usage.values() {
            measured += 1;
            if let Some(percent) = m.usage.cpu {
                *cpu.get_or_insert(0.0) += percent;
            }
            *memory.get_or_insert(0) += m.usage.memory;
        }
        Self {
            cpu,
            memory,
            is_all: measured >= look.summary.host(host.id()).tally.running,
        }
    }
}
