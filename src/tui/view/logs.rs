//! A log view in its frame: a line of facts above, the lines, and a line opened.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame::{self, Titles};
use super::list;
use crate::tui::format;
use crate::tui::logs::{Flow, Level, LogLineView, LogView, Since};
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// A log on the whole screen of at least so many rows has a line of facts.
const FACTS_FROM: u16 = 10;

/// Where the lines are.
pub(super) fn body(model: &Model, body: Rect) -> Rect {
    let facts = u16::from(model.nav.detail.is_some() && body.height >= FACTS_FROM);
    Rect::new(body.x, body.y + facts, body.width, body.height - facts)
}

/// Draw a log in its frame.
pub(super) fn draw(
    model: &Model,
    logs: &LogView,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    frame: Rect,
    whole: Rect,
) {
    let area = body(model, whole);
    if area.y > whole.y {
        let place = Rect { height: 1, ..whole };
        facts(logs, paint, buffer, place);
    }
    if logs.shown() == 0 {
        let line = Line::of(Role::TextDim, empty(logs, paint));
        list::draw(paint, buffer, area, &[line], 0);
        return;
    }
    logs.draw(paint, buffer, area);
    let (top, count) = logs.window();
    frame::scrollbar(paint, buffer, frame, (top, count, logs.shown()));
}

/// What is said where there is no line.
fn empty(logs: &LogView, paint: &Paint<'_>) -> String {
    let hidden = logs.len();
    if logs.sources.is_empty() {
        return "there is no container whose log could be read".to_owned();
    }
    if hidden == 0 {
        return format!("no line yet{}", paint.glyphs.ellipsis);
    }
    format!(
        "none of {} fits the filters; Esc takes the last one away",
        format::counted(hidden, "line", "lines")
    )
}

/// A piece of the facts; what has the highest rank is left out first.
struct Fact {
    line: Line,
    rank: u8,
}

fn facts(logs: &LogView, paint: &Paint<'_>, buffer: &mut Buffer, area: Rect) {
    let mut left = Vec::new();
    sources(logs, paint, &mut left);
    let since = match logs.since {
        Since::Tail => Line::of(Role::TextMuted, "last lines"),
        Since::All => Line::of(Role::TextAccent, "all lines"),
        Since::Head => Line::of(Role::TextAccent, "first lines"),
        since @ (Since::Ago(_) | Since::At(_)) => {
            let label = since.label(logs.zone(paint));
            Line::of(Role::TextMuted, "since ").add(Role::TextAccent, label)
        }
    };
    left.push(Fact {
        line: since,
        rank: 3,
    });
    modes(logs, paint, &mut left);
    let right = vec![
        Fact {
            line: state(logs, paint),
            rank: 0,
        },
        Fact {
            line: memory(logs),
            rank: 2,
        },
    ];
    let width = usize::from(area.width);
    let wide = |all: &[Fact]| all.iter().map(|f| f.line.width() + 2).sum::<usize>();
    let (mut left, mut right) = (left, right);
    while wide(&left) + wide(&right) > width + 2 {
        let worst = left.iter().chain(&right).map(|f| f.rank).max().unwrap_or(0);
        if worst == 0 && left.len() + right.len() <= 1 {
            break;
        }
        if let Some(at) = right.iter().position(|f| f.rank == worst) {
            right.remove(at);
        } else if let Some(at) = left.iter().rposition(|f| f.rank == worst) {
            left.remove(at);
        }
    }
    let mut x = area.x;
    for fact in &left {
        let room = usize::from(area.right().saturating_sub(x));
        x = fact
            .line
            .paint(paint, buffer, Position::new(x, area.y), room, 0);
        x = (x + 2).min(area.right());
    }
    let mut x = area
        .right()
        .saturating_sub(wide(&right).saturating_sub(2) as u16);
    for fact in right.iter().rev() {
        let room = usize::from(area.right().saturating_sub(x));
        x = fact
            .line
            .paint(paint, buffer, Position::new(x, area.y), room, 0);
        x = (x + 2).min(area.right());
    }
}

/// The names of the sources in their colours, as many as are worth it.
fn sources(logs: &LogView, paint: &Paint<'_>, out: &mut Vec<Fact>) {
    const NAMED: usize = 4;
    for (n, source) in logs.sources.iter().take(NAMED).enumerate() {
        let g = paint.glyphs;
        let (sign, role) = match source.flow {
            Flow::Reading => (g.running, source.role),
            Flow::Lost => (g.failed, Role::LinkStale),
            Flow::Ended { how: Err(_), .. } => (g.changing, Role::SeverityWarning),
            Flow::Ended { .. } | Flow::Gone | Flow::Closed => (g.stopped, Role::TextDim),
        };
        let name = text::truncate_middle(logs.name(n), 24, g.ellipsis);
        out.push(Fact {
            line: Line::of(role, format!("{sign} ")).add(source.role, name),
            rank: if n == 0 { 4 } else { 6 },
        });
    }
    let more = logs.sources.len().saturating_sub(NAMED) + logs.left_out;
    if more > 0 {
        out.push(Fact {
            line: Line::of(Role::TextMuted, format!("+{more}")),
            rank: 5,
        });
    }
    if logs.left_out > 0 {
        let text = format!("{} not read", logs.left_out);
        out.push(Fact {
            line: Line::of(Role::SeverityWarning, text),
            rank: 1,
        });
    }
}

/// What is filtered, searched and marked.
fn modes(logs: &LogView, paint: &Paint<'_>, out: &mut Vec<Fact>) {
    let mut badge = |role, text: String, rank| {
        out.push(Fact {
            line: Line::of(role, format!(" {text} ")),
            rank,
        });
    };
    let cut = |text: &str| text::truncate(text, 28, paint.glyphs.ellipsis);
    for filter in logs.filters() {
        badge(Role::Badge, cut(&filter.label()), 1);
    }
    if let Some(only) = logs.only() {
        badge(Role::Badge, format!("only {}", cut(logs.name(only))), 1);
    }
    if logs.least() > Level::Trace {
        badge(Role::Badge, format!("{} and worse", logs.least().word()), 1);
    }
    if let Some(text) = search(logs) {
        badge(Role::Badge, cut(&text), 1);
    }
    let marked = logs.chosen_count();
    if marked > 0 {
        badge(Role::Badge, format!("{marked} marked"), 1);
    }
}

/// What is searched and where one stands among the matches: `/error 3/17`.
fn search(logs: &LogView) -> Option<String> {
    let pattern = logs.search()?;
    let (at, all) = logs.matches();
    let count = match (at, all) {
        (_, 0) => "no match".to_owned(),
        (Some(at), all) => format!("{}/{}", format::count(at + 1), format::count(all)),
        (None, all) => format::count(all),
    };
    Some(format!("/{} {count}", pattern.text()))
}

/// Does it follow?
fn state(logs: &LogView, paint: &Paint<'_>) -> Line {
    if logs.refused > 0 {
        return Line::of(Role::BadgeWarning, " full: G reads the newest ");
    }
    let reads = |f: fn(&Flow) -> bool| logs.sources.iter().any(|s| f(&s.flow));
    if logs.follow && !reads(|f| matches!(f, Flow::Reading)) {
        let (sign, role, word) = if reads(|f| matches!(f, Flow::Lost)) {
            (paint.glyphs.failed, Role::LinkStale, "no answer")
        } else if reads(|f| matches!(f, Flow::Ended { how: Err(_), .. })) {
            (paint.glyphs.changing, Role::SeverityWarning, "broke off")
        } else {
            (paint.glyphs.stopped, Role::StateExited, "ended")
        };
        return Line::of(role, format!("{sign} {word}"));
    }
    if logs.follow {
        return Line::of(
            Role::StateRunning,
            format!("{} following", paint.glyphs.running),
        );
    }
    let new = match logs.behind {
        0 => String::new(),
        n => format!(", {} new", format::count(n)),
    };
    Line::of(Role::BadgeWarning, format!(" standing still{new} "))
}

/// How much is kept, and of how much.
fn memory(logs: &LogView) -> Line {
    let limits = logs.limits();
    let (lines, bytes) = (logs.len(), logs.bytes());
    let visible = logs.shown();
    let role = |share: usize, all: usize| {
        if share * 10 >= all * 9 {
            Role::GaugeMedium
        } else {
            Role::TextMuted
        }
    };
    let mut line = Line::default();
    let filtered =
        !logs.filters().is_empty() || logs.least() > Level::Trace || logs.only().is_some();
    if filtered {
        line.push(Role::Text, format::count(visible));
        line.push(Role::TextDim, " of ");
    }
    line.push(role(lines, limits.lines), format::count(lines));
    line.push(Role::TextDim, format!("/{} lines ", short(limits.lines)));
    let used = format::bytes(bytes as u64);
    line.push(role(bytes, limits.bytes), used);
    line.push(
        Role::TextDim,
        format!("/{}", format::bytes(limits.bytes as u64)),
    );
    line
}

/// `10k`, `1.5k`, `800`.
fn short(count: usize) -> String {
    match count {
        0..1000 => count.to_string(),
        n if n.is_multiple_of(1000) => format!("{}k", n / 1000),
        n => format!("{:.1}k", n as f64 / 1000.0),
    }
}

/// The modes in the frame, where there is no line of facts.
pub(super) fn badges(model: &Model, logs: &LogView, paint: &Paint<'_>) -> Line {
    let mut out = Line::default();
    if model.nav.detail.is_some() && model.size.1 >= FACTS_FROM + 4 {
        return out;
    }
    let mut all = Vec::new();
    modes(logs, paint, &mut all);
    if !logs.follow || logs.refused > 0 {
        all.push(Fact {
            line: state(logs, paint),
            rank: 0,
        });
    }
    for fact in all {
        out.0.extend(fact.line.0);
    }
    out
}

/// Draw a line opened, over the log.
pub(super) fn line(view: &LogLineView, paint: &Paint<'_>, buffer: &mut Buffer, body: Rect) {
    let width = body.width.saturating_sub(4).clamp(20, 140).min(body.width);
    let (lines, here) = view.lines(paint, usize::from(width).saturating_sub(4));
    let height = (lines.len() as u16 + 2)
        .min(body.height.saturating_sub(2))
        .max(3);
    let titles = Titles {
        top: Line::of(Role::TitleFocused, " Line "),
        bottom: Line::of(
            Role::Count,
            " y copies the field, Y the line; Left and Right go on; Esc leaves ",
        ),
        ..Titles::default()
    };
    let size = (width, height);
    let inner = super::overlay::window(paint, buffer, body, size, Role::OverlayBorder, &titles);
    let room = usize::from(inner.height).max(1);
    // The whole field one stands on is shown, as far as there is room; its first row always.
    let top = here.end.saturating_sub(room).min(here.start);
    for (y, (n, line)) in lines.iter().enumerate().skip(top).take(room).enumerate() {
        let at = Position::new(inner.x, inner.y + y as u16);
        line.paint(paint, buffer, at, usize::from(inner.width), 0);
        if here.contains(&n) {
            let row = Rect::new(inner.x - 1, at.y, inner.width + 2, 1);
            paint.overlay(buffer, row, Role::SelectionRow);
        }
    }
    let frame = Rect::new(inner.x - 2, inner.y - 1, inner.width + 4, inner.height + 2);
    frame::scrollbar(paint, buffer, frame, (top, room, lines.len()));
}

#[cfg(test)]
mod tests;
