//! What a container uses, over time.

use super::plot;
use super::{fact, named};
use crate::domain::snapshot::Measured;
use crate::domain::stats::Usage;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// One plot.
struct Plot {
    name: &'static str,
    role: Role,
    get: fn(&Usage) -> Option<f64>,
    show: fn(f64) -> String,
    bytes: bool,
}

const PLOTS: [Plot; 6] = [
    Plot {
        name: "CPU",
        role: Role::Series1,
        get: |u| u.cpu,
        show: format::percent,
        bytes: false,
    },
    Plot {
        name: "memory",
        role: Role::Series2,
        get: |u| Some(u.memory as f64),
        show: |v| format::bytes(v as u64),
        bytes: true,
    },
    Plot {
        name: "received",
        role: Role::Series3,
        get: |u| u.net_rx_rate,
        show: format::rate,
        bytes: true,
    },
    Plot {
        name: "sent",
        role: Role::Series4,
        get: |u| u.net_tx_rate,
        show: format::rate,
        bytes: true,
    },
    Plot {
        name: "read",
        role: Role::Series5,
        get: |u| u.block_read_rate,
        show: format::rate,
        bytes: true,
    },
    Plot {
        name: "written",
        role: Role::Series6,
        get: |u| u.block_write_rate,
        show: format::rate,
        bytes: true,
    },
];

/// The stats tab.
pub(super) fn lines(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Line> {
    let Some(Row::Container(host, c)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    if !c.state.is_up() {
        return vec![Line::of(
            Role::TextDim,
            format!("it uses nothing: it is {}", c.state),
        )];
    }
    if !model.setup.stats {
        return vec![Line::of(
            Role::TextDim,
            "measuring is turned off in the configuration",
        )];
    }
    let kept = model.activity.usage(&host.container_ref(&c));
    let samples: Vec<Measured> = match kept {
        Some(samples) => samples.iter().copied().collect(),
        None => host.usage.get(&c.id).copied().into_iter().collect(),
    };
    let Some(last) = samples.last() else {
        return vec![Line::of(
            Role::TextDim,
            format!("measuring{}", paint.glyphs.ellipsis),
        )];
    };
    // Two plots side by side where there is room, each as high as the window allows.
    let columns = if detail.width >= 100 { 2 } else { 1 };
    let width = (detail.width / columns).saturating_sub(2).max(10);
    let rows = PLOTS.len().div_ceil(columns);
    let height = (detail.height / rows).saturating_sub(2).clamp(1, 8);
    let blocks: Vec<Vec<Line>> = PLOTS
        .iter()
        .map(|p| block(p, &samples, (width, height), paint))
        .collect();
    let mut out = Vec::new();
    for pair in blocks.chunks(columns) {
        if !out.is_empty() {
            out.push(Line::default());
        }
        for at in 0..pair[0].len() {
            let mut line = pair[0][at].clone();
            if let Some(right) = pair.get(1) {
                let pad = (width + 3).saturating_sub(line.width());
                line.push(Role::Text, " ".repeat(pad));
                line.0.extend(right[at].0.iter().cloned());
            }
            out.push(line);
        }
    }
    out.push(Line::default());
    out.push(fact("processes", Role::Text, last.usage.pids.to_string()));
    let total = format!(
        "received {}, sent {}, read {}, written {}",
        format::bytes(last.usage.net_rx),
        format::bytes(last.usage.net_tx),
        format::bytes(last.usage.block_read),
        format::bytes(last.usage.block_write)
    );
    out.push(fact("since start", Role::Text, total));
    out
}

fn block(plot: &Plot, samples: &[Measured], size: (usize, usize), paint: &Paint<'_>) -> Vec<Line> {
    let values: Vec<f64> = samples
        .iter()
        .map(|m| (plot.get)(&m.usage).unwrap_or(0.0))
        .collect();
    let last = samples.last().and_then(|m| (plot.get)(&m.usage));
    let most = values.iter().copied().fold(0.0, f64::max);
    let limit = samples
        .last()
        .map(|m| m.usage.memory_limit as f64)
        .filter(|l| plot.name == "memory" && *l > 0.0 && most > l / 4.0);
    let top = match (limit, plot.bytes) {
        (Some(limit), _) => limit,
        (None, true) => plot::ceiling_bytes(most),
        (None, false) => plot::ceiling(most).max(1.0),
    };
    let now = last.map_or_else(|| "-".to_owned(), plot.show);
    let mut out = vec![
        named(plot.name)
            .add(plot.role, format!("{now:<9}"))
            .add(Role::TextDim, format!(" of {}", (plot.show)(top))),
    ];
    out.extend(plot::lines(&values, top, size, plot.role, paint));
    out
}
