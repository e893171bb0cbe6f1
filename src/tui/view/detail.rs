//! One thing seen closely: tabs in the frame, lines inside.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{self, Titles};
use super::list;
use crate::domain::error::Result;
use crate::tui::content;
use crate::tui::detail::{Detail, Tab};
use crate::tui::layout;
use crate::tui::logs::{Level, LogView, highlight};
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
    frame::draw(paint, buffer, area, border, &titles);
    if detail.tab == Tab::Logs {
        match &detail.logs {
            Some(logs) => draw_logs(logs, paint, buffer, body),
            None => waiting(paint, buffer, body),
        }
        return;
    }
    let mut lines = content::lines(model, detail, paint);
    let skip = if detail.scroll.wrap {
        let width = usize::from(body.width);
        lines = lines.iter().flat_map(|l| l.wrapped(width)).collect();
        0
    } else {
        detail.scroll.skip
    };
    let height = usize::from(body.height);
    let top = detail.scroll.top.min(lines.len().saturating_sub(height));
    let shown: Vec<Line> = lines
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(n, line)| found(line, n, detail))
        .collect();
    list::draw(paint, buffer, body, &shown, skip);
    frame::scrollbar(paint, buffer, area, (top, height, lines.len()));
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
    let mut top = Line::default();
    let tabs = detail.subject.tabs();
    top.push(Role::Tab, " ");
    for tab in tabs {
        let role = if *tab == detail.tab {
            Role::TabActive
        } else {
            Role::Tab
        };
        top.push(role, tab.title());
        top.push(Role::Tab, " ");
    }
    let label = detail.subject.label(&model.snapshot);
    let role = if focused {
        Role::TitleFocused
    } else {
        Role::Title
    };
    let name = Line::of(role, format!(" {label} "));
    let mut bottom = Line::default();
    if detail.tab == Tab::Logs
        && let Some(logs) = &detail.logs
    {
        modes(logs, &mut bottom);
    } else if let Some(search) = &detail.scroll.search {
        bottom.push(Role::Badge, format!(" /{} ", search.text()));
    }
    let _ = paint;
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

/// The modes of a log view.
fn modes(logs: &LogView, line: &mut Line) {
    if let Some(search) = &logs.search {
        line.push(Role::Badge, format!(" /{} ", search.text()));
    }
    if let Some(keep) = &logs.keep {
        line.push(Role::Badge, format!(" &{} ", keep.text()));
    }
    if logs.least > Level::Trace {
        line.push(Role::Badge, format!(" {} and worse ", logs.least.word()));
    }
    if logs.since.is_some() {
        line.push(Role::Badge, " since ");
    }
    if !logs.follow {
        let behind = if logs.behind > 0 {
            format!(", {} new", crate::tui::format::count(logs.behind))
        } else {
            String::new()
        };
        line.push(Role::BadgeWarning, format!(" standing still{behind} "));
    }
}

fn draw_logs(logs: &LogView, paint: &Paint<'_>, buffer: &mut Buffer, body: Rect) {
    let (width, height) = (usize::from(body.width), usize::from(body.height));
    let mut lines = logs.screen(paint, width, height);
    if lines.len() < height {
        lines.extend(endings(logs, paint));
    }
    if lines.is_empty() {
        let text = if logs.is_empty() {
            "no line yet"
        } else {
            "no line fits; & and v say what is kept"
        };
        lines.push(Line::of(Role::TextDim, text));
    }
    let skip = if logs.wrap { 0 } else { logs.skip };
    list::draw(paint, buffer, body, &lines, skip);
}

/// What is said of sources that ended.
fn endings(logs: &LogView, paint: &Paint<'_>) -> Vec<Line> {
    let several = logs.sources.len() > 1;
    let line = |how: &Result<()>, name: &str| match how {
        Ok(()) if several => None,
        Ok(()) => Some(Line::of(Role::LogGap, "the log ends here: it does not run")),
        Err(e) => {
            let whose = if several {
                format!("{name}: ")
            } else {
                String::new()
            };
            Some(Line::of(Role::LogGap, format!("{whose}{}", e.chain())))
        }
    };
    let _ = paint;
    logs.sources
        .iter()
        .filter_map(|s| line(s.ended.as_ref()?, &s.object.to_string()))
        .collect()
}
