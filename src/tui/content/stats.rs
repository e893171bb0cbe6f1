//! What a container uses, over time.

use super::container::cpu_limit;
use super::links::document;
use super::page::Item;
use super::plot::{self, Plot};
use super::{fact, nothing};
use crate::domain::snapshot::HostShard;
use crate::domain::stats::Usage;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::samples::{Sample, Samples};
use crate::tui::text;
use crate::tui::theme::Role;

/// Columns of the scale at the left.
const SCALE: usize = 7;

/// One line of a plot.
struct Series {
    name: &'static str,
    role: Role,
    get: fn(&Sample) -> f32,
}

/// One plot of one or two series; the second hangs below the first.
struct Chart {
    title: &'static str,
    series: Vec<Series>,
    show: fn(f64) -> String,
    bytes: bool,
    limit: Option<Limit>,
}

/// What cannot be exceeded.
struct Limit {
    value: f64,
    text: String,
    /// Is it drawn when the use is far below it?
    own: bool,
}

/// The stats tab.
pub(super) fn items(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let Some(Row::Container(host, c)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    if !c.state.is_up() {
        let text = format!("{} uses nothing: it is {}", c.name, c.state);
        return vec![nothing(&text)];
    }
    if !model.setup.stats {
        return vec![nothing(
            "measuring is turned off in the configuration (ui.stats)",
        )];
    }
    let samples = model.activity.usage(&host.container_ref(&c));
    let last = host.usage.get(&c.id).map(|m| m.usage);
    let (Some(samples), Some(usage)) = (samples.filter(|s| !s.is_empty()), last) else {
        return super::nothing_yet(model, detail, paint, "measuring")
            .into_iter()
            .map(Item::from)
            .collect();
    };
    let charts = charts(&host, detail, &usage);
    let columns = if detail.width >= 70 { 2 } else { 1 };
    let gap = 3;
    let width = (detail.width.saturating_sub(gap * (columns - 1)) / columns).max(SCALE + 10);
    let rows = charts.len() / columns;
    // Below: when, and the totals.
    let height = (detail.height.saturating_sub(3) / rows).saturating_sub(2);
    let height = height.clamp(2, 12);
    let blocks: Vec<Vec<Line>> = charts
        .iter()
        .map(|chart| block(chart, samples, (width, height), paint))
        .collect();
    let mut out: Vec<Item> = Vec::new();
    for pair in blocks.chunks(columns) {
        for at in 0..pair[0].len() {
            let mut line = pair[0][at].clone();
            if let Some(right) = pair.get(1).and_then(|r| r.get(at)) {
                let pad = (width + gap).saturating_sub(line.width());
                line.push(Role::Text, " ".repeat(pad));
                line.0.extend(right.0.iter().cloned());
            }
            out.push(line.into());
        }
    }
    out.extend(totals(&usage, samples));
    out
}

fn charts(host: &HostShard, detail: &Detail, usage: &Usage) -> Vec<Chart> {
    let series = |name, role, get| Series { name, role, get };
    vec![
        Chart {
            title: "CPU",
            series: vec![series("", Role::Series1, |s| s.cpu)],
            show: format::percent,
            bytes: false,
            limit: cpu(host, detail),
        },
        Chart {
            title: "Memory",
            series: vec![series("", Role::Series2, |s| s.memory)],
            show: |v| format::bytes(v as u64),
            bytes: true,
            limit: memory(host, usage),
        },
        Chart {
            title: "Network",
            series: vec![
                series("received", Role::Series3, |s| s.received),
                series("sent", Role::Series4, |s| s.sent),
            ],
            show: format::rate,
            bytes: true,
            limit: None,
        },
        Chart {
            title: "Block I/O",
            series: vec![
                series("read", Role::Series5, |s| s.read),
                series("written", Role::Series6, |s| s.written),
            ],
            show: format::rate,
            bytes: true,
            limit: None,
        },
    ]
}

fn cpu(host: &HostShard, detail: &Detail) -> Option<Limit> {
    if let Some(cpus) = document(detail).and_then(cpu_limit) {
        return Some(Limit {
            value: cpus * 100.0,
            text: format!("limit {}", format::percent(cpus * 100.0)),
            own: true,
        });
    }
    let cpus = host.info.as_ref().map(|i| f64::from(i.cpus))?;
    Some(Limit {
        value: cpus * 100.0,
        text: format!("host has {}", format::percent(cpus * 100.0)),
        own: false,
    })
}

fn memory(host: &HostShard, usage: &Usage) -> Option<Limit> {
    let limit = usage.memory_limit;
    if limit == 0 {
        return None;
    }
    // Without a limit of its own engines tell the machine's memory.
    let all = host.info.as_ref().map_or(u64::MAX, |i| i.memory);
    let own = limit < all.saturating_sub(all / 20);
    let word = if own { "limit" } else { "host has" };
    Some(Limit {
        value: limit as f64,
        text: format!("{word} {}", format::bytes(limit)),
        own,
    })
}

fn block(chart: &Chart, samples: &Samples, size: (usize, usize), paint: &Paint<'_>) -> Vec<Line> {
    let (width, height) = size;
    let inner = width - SCALE;
    let values: Vec<Vec<Option<f64>>> = chart
        .series
        .iter()
        .map(|s| samples.parts(inner * plot::per_column(paint), s.get))
        .collect();
    let peak = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let most = values.iter().map(|v| peak(v)).fold(0.0, f64::max);
    let scale = if chart.bytes {
        plot::ceiling_bytes(most)
    } else {
        plot::ceiling(most).max(1.0)
    };
    // A limit is drawn when what is used comes near enough to see both.
    let limit = chart.limit.as_ref().filter(|l| most * 4.0 >= l.value);
    let top = limit.map_or(scale, |l| l.value.max(most));
    let mut out = vec![title(chart, samples, &values, width)];
    let heights = match chart.series.len() {
        1 => vec![height],
        _ => vec![height.div_ceil(2), height / 2],
    };
    for (n, (series, rows)) in chart.series.iter().zip(heights).enumerate() {
        let plot = Plot {
            values: &values[n],
            top,
            limit: limit.map(|l| l.value),
            role: series.role,
            down: n == 1,
        };
        let lines = plot.lines((inner, rows), paint);
        for (row, line) in lines.into_iter().enumerate() {
            let label = match (n, row) {
                (0, 0) => (chart.show)(top),
                (0, row) if chart.series.len() == 1 && row + 1 == rows => "0".to_owned(),
                (1, row) if row + 1 == rows => (chart.show)(top),
                _ => String::new(),
            };
            let bar = paint.glyphs.border.vertical_left;
            let label = text::pad_start(&label, SCALE - 1, "");
            let mut whole = Line::of(Role::TextDim, format!("{label}{bar}"));
            whole.0.extend(line.0);
            out.push(whole);
        }
    }
    out.push(axis(samples, inner));
    out
}

/// What it is, how much now and at most, and what it may use.
fn title(chart: &Chart, samples: &Samples, values: &[Vec<Option<f64>>], width: usize) -> Line {
    let mut line = Line::of(Role::Column, chart.title);
    let most = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    for series in &chart.series {
        let now = samples.last().map(|s| f64::from((series.get)(s)));
        let now = now.filter(|n| !n.is_nan());
        let now = now.map_or_else(|| "-".to_owned(), chart.show);
        let name = match series.name {
            "" => String::new(),
            name => format!("{name} "),
        };
        line.push(Role::TextMuted, format!("  {name}"));
        line.push(series.role, now);
    }
    let highest = values.iter().map(|v| most(v)).fold(0.0, f64::max);
    let mut more = vec![(Role::TextDim, format!("  max {}", (chart.show)(highest)))];
    if let Some(limit) = &chart.limit {
        let role = if limit.own {
            Role::SeverityWarning
        } else {
            Role::TextDim
        };
        more.push((role, format!("  {}", limit.text)));
    }
    for (role, text) in more {
        if line.width() + text.len() <= width {
            line.push(role, text);
        }
    }
    line
}

/// The time below a plot.
fn axis(samples: &Samples, inner: usize) -> Line {
    let minutes = samples.window().num_minutes();
    let from = format!("-{minutes}m");
    let now = "now";
    let room = inner.saturating_sub(from.len() + now.len());
    let text = format!("{}{from}{}{now}", " ".repeat(SCALE), " ".repeat(room));
    Line::of(Role::TextDim, text)
}

fn totals(usage: &Usage, samples: &Samples) -> Vec<Item> {
    let total = format!(
        "received {}, sent {}, read {}, written {}",
        format::bytes(usage.net_rx),
        format::bytes(usage.net_tx),
        format::bytes(usage.block_read),
        format::bytes(usage.block_write)
    );
    let kept = match samples.iter().next().zip(samples.last()) {
        Some((first, last)) if last.at > first.at => format!(
            "{}, measured for {}",
            format::counted(usage.pids as usize, "process", "processes"),
            format::duration(last.at - first.at)
        ),
        _ => format::counted(usage.pids as usize, "process", "processes"),
    };
    vec![
        fact("since start", Role::Text, total),
        fact("runs", Role::Text, kept),
    ]
}
