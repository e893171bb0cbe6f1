//! What the tabs of a detail say, as lines.

mod container;
mod describe;
mod document;
mod files;
mod grid;
mod happened;
mod health;
mod links;
mod machine;
mod page;
mod plot;
mod stats;

use super::detail::{Detail, Request, Tab};
use super::model::Model;
use super::paint::{Line, Paint};
use super::theme::Role;
use crate::domain::error::Error;

pub(crate) use document::parts;
pub use page::{Item, Page, Target};

/// Columns of the names in lists of facts.
const LABEL: usize = 13;

/// The tab in front; log views have their own.
pub fn page(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Page {
    match detail.tab {
        Tab::Logs => Page::default(),
        Tab::Describe => describe::items(model, detail, paint).into(),
        Tab::Stats => Page {
            still: true,
            ..stats::items(model, detail, paint).into()
        },
        Tab::Health => health::items(model, detail, paint).into(),
        Tab::Inspect => waited(model, detail, &detail.inspected, paint, |i| {
            document::tree(&i.document, &detail.folds, paint)
        }),
        Tab::Env => waited(model, detail, &detail.inspected, paint, |i| {
            document::environment(&i.document, detail.revealed.as_deref())
        }),
        Tab::Top => waited(model, detail, &detail.top, paint, document::processes),
        Tab::Mounts => links::mounts(model, detail, paint).into(),
        Tab::Networks => links::networks(model, detail, paint).into(),
        Tab::Tasks => links::tasks(model, detail, paint).into(),
        Tab::Files => files::page(model, detail, paint),
        Tab::Layers => waited(model, detail, &detail.layers, paint, |layers| {
            files::layers(layers, paint)
        }),
        Tab::Events => happened::events(model, detail, paint).into(),
        Tab::Timeline => waited(model, detail, &detail.history, paint, |records| {
            happened::timeline(records, paint)
        }),
        Tab::Steps => happened::steps(model, detail, paint).into(),
    }
}

/// What was asked for, or that it is on its way, or why it did not come.
fn waited<T, P: Into<Page>>(
    model: &Model,
    detail: &Detail,
    request: &Request<T>,
    paint: &Paint<'_>,
    show: impl FnOnce(&T) -> P,
) -> Page {
    match request.value() {
        Some(Ok(value)) => show(value).into(),
        Some(Err(e)) => error(e).into(),
        None => nothing_yet(model, detail, paint, "reading").into(),
    }
}

/// Why there is nothing to show yet: on its way, or the host does not answer.
fn nothing_yet(model: &Model, detail: &Detail, paint: &Paint<'_>, doing: &str) -> Vec<Line> {
    let label = detail.subject.label(&model.snapshot);
    let host = detail.subject.object().map(|o| &o.host);
    let shard = host.and_then(|h| model.snapshot.host(h));
    if let Some(shard) = shard
        && let Some((since, e)) = super::row::trouble(&shard.link)
    {
        let text = format!(
            "{} does not answer for {}: {label} cannot be read",
            shard.id(),
            paint.age(since)
        );
        let mut lines = vec![Line::of(Role::LinkStale, text)];
        lines.extend(error(e));
        return lines;
    }
    vec![Line::of(
        Role::TextDim,
        format!("{doing} {label}{}", paint.glyphs.ellipsis),
    )]
}

/// An error with its causes and what helps.
pub(super) fn error(e: &Error) -> Vec<Line> {
    let mut lines = vec![Line::of(Role::SeverityError, e.chain())];
    if let Some(hint) = e.hint() {
        lines.push(Line::of(Role::SeverityInfo, hint));
    }
    lines.push(Line::of(Role::TextDim, "ctrl-r tries again"));
    lines
}

/// A heading with a blank line before it.
fn heading(out: &mut Vec<Item>, text: &str) {
    if !out.is_empty() {
        out.push(Item::default());
    }
    out.push(Line::of(Role::Column, text).into());
}

/// A name and what it has.
fn fact(name: &str, role: Role, value: impl Into<String>) -> Item {
    let value = value.into();
    Item::from(named(name).add(role, value.clone())).value(value)
}

/// A name, its value to follow.
fn named(name: &str) -> Line {
    let pad = LABEL.saturating_sub(super::text::width(name)).max(1);
    Line::of(Role::TextMuted, format!("{name}{}", " ".repeat(pad)))
}

/// Something to say where a list is empty.
fn nothing(text: &str) -> Item {
    Line::of(Role::TextDim, text).into()
}
