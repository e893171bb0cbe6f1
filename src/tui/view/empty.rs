//! What an empty table says: never just nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::table::centred;
use crate::domain::snapshot::{HostShard, Link};
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::pane::Pane;
use crate::tui::row::trouble;
use crate::tui::table::Table;
use crate::tui::theme::Role;

/// Say why there is no row.
pub(super) fn draw(
    model: &Model,
    table: &Table,
    paint: &Paint<'_>,
    buffer: &mut Buffer,
    area: Rect,
) {
    let lines = if area.height < 3 || area.width < 50 {
        vec![short(model, table, paint)]
    } else {
        long(model, table, paint)
    };
    centred(paint, buffer, area, &lines);
}

fn what(table: &Table) -> String {
    table.pane.title().to_lowercase()
}

fn short(model: &Model, table: &Table, paint: &Paint<'_>) -> Line {
    let (text, role) = if table.total > 0 {
        ("nothing fits the filter".to_owned(), Role::TextMuted)
    } else if hosts(model, table).iter().any(|h| h.listed) || table.pane == Pane::Operations {
        (format!("no {}", what(table)), Role::TextDim)
    } else if hosts(model, table)
        .iter()
        .any(|h| trouble(&h.link).is_some())
    {
        ("no answer".to_owned(), Role::LinkStale)
    } else {
        (
            format!("connecting{}", paint.glyphs.ellipsis),
            Role::LinkConnecting,
        )
    };
    Line::of(role, text)
}

fn hosts<'a>(model: &'a Model, table: &Table) -> Vec<&'a HostShard> {
    let all = model.snapshot.hosts.iter().map(|h| &**h);
    match &table.scope {
        Some(scope) => all.filter(|h| h.id() == scope.host()).collect(),
        None => all.collect(),
    }
}

fn long(model: &Model, table: &Table, paint: &Paint<'_>) -> Vec<Line> {
    let muted = |text: &str| Line::of(Role::TextMuted, text);
    if model.snapshot.hosts.is_empty() && table.pane != Pane::Operations {
        return vec![
            Line::of(
                Role::TextStrong,
                "No host is configured, and no engine was found here.",
            ),
            Line::default(),
            muted("pilothouse demo"),
            muted("shows a simulated fleet to look around in"),
            Line::default(),
            muted("pilothouse --host ssh://user@machine"),
            muted(
                "goes to a machine; hosts to keep belong into config.toml (pilothouse paths says where)",
            ),
        ];
    }
    if table.total > 0 {
        return vec![
            Line::of(
                Role::Text,
                format!("None of {} {} fits the filter.", table.total, what(table)),
            ),
            muted("Esc takes the filter away, / changes it."),
        ];
    }
    if table.pane == Pane::Operations {
        return vec![
            Line::of(Role::Text, "Nothing has been done yet."),
            muted(
                "What is started, stopped, removed... is shown here with its progress and its outcome.",
            ),
        ];
    }
    let hosts = hosts(model, table);
    let mut lines = Vec::new();
    for host in hosts.iter().filter(|h| !h.listed) {
        lines.extend(unreachable(host, paint));
    }
    if lines.is_empty() || hosts.iter().any(|h| h.listed) {
        lines.insert(
            0,
            Line::of(Role::Text, format!("There are no {} here.", what(table))),
        );
        let hint = match table.pane {
            Pane::Services => "Compose projects and Swarm services show up by themselves.",
            _ => "c makes one.",
        };
        if !model.read_only() && table.pane != Pane::Machines || table.pane == Pane::Services {
            lines.insert(1, muted(hint));
        }
    }
    lines
}

/// A host that never answered, and what helps.
fn unreachable(host: &HostShard, paint: &Paint<'_>) -> Vec<Line> {
    match &host.link {
        Link::Connecting | Link::Live { .. } => vec![Line::of(
            Role::LinkConnecting,
            format!("connecting to {}{}", host.id(), paint.glyphs.ellipsis),
        )],
        Link::Stale { error, .. } | Link::Denied { error, .. } => {
            let (word, role) = if matches!(host.link, Link::Denied { .. }) {
                ("refuses us", Role::LinkDenied)
            } else {
                ("does not answer", Role::LinkStale)
            };
            let mut lines = vec![Line::of(
                role,
                format!("{} {word}: {}", host.id(), error.chain()),
            )];
            if let Some(hint) = error.hint() {
                lines.push(Line::of(Role::TextMuted, hint));
            }
            lines
        }
    }
}
