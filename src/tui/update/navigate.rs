//! Going from view to view, and back.

use crate::domain::id::Kind;
use crate::tui::detail::{Detail, Subject, Tab};
use crate::tui::effect::Effect;
use crate::tui::filter::Filter;
use crate::tui::model::Model;
use crate::tui::nav::Address;
use crate::tui::pane::{Pane, Scope};
use crate::tui::row::{Row, RowKey};
use crate::tui::status::Severity;

/// Go to a pane as if from the beginning.
pub(super) fn goto(model: &mut Model, pane: Pane, effects: &mut Vec<Effect>) {
    let here = model.address();
    let plain = here.detail.is_none() && here.pane == pane && here.scope.is_none();
    if !plain {
        model.nav.restart(here);
    }
    close_detail(model, effects);
    model.nav.pane = pane;
    model.nav.on_detail = false;
    limit(model, pane, None);
    if pane == Pane::Machines && model.is_overview() {
        limit(model, Pane::Containers, None);
    }
}

/// All panes, nothing filtered by where one came from.
pub(super) fn overview(model: &mut Model, effects: &mut Vec<Effect>) {
    goto(model, Pane::Containers, effects);
    model.nav.zoomed = false;
}

/// The pane after this one, or before it.
pub(super) fn next_pane(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    if model.nav.detail.is_some() {
        return;
    }
    if !model.is_overview() {
        let at = model.nav.pane.index() as isize;
        let next = (at + by).rem_euclid(Pane::ALL.len() as isize);
        goto(model, Pane::ALL[next as usize], effects);
        return;
    }
    let mut stops: Vec<Option<Pane>> = Pane::SIDE.map(Some).to_vec();
    stops.push(Some(Pane::Containers));
    stops.push(None);
    let here = if model.nav.on_detail {
        None
    } else {
        Some(model.nav.pane)
    };
    let at = stops.iter().position(|s| *s == here).unwrap_or(0) as isize;
    let next = (at + by).rem_euclid(stops.len() as isize);
    match stops[next as usize] {
        Some(pane) => {
            model.nav.pane = pane;
            model.nav.on_detail = false;
        }
        None => model.nav.on_detail = true,
    }
}

/// Drill into what is under the cursor.
pub(super) fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    if super::details::activate(model, effects) || model.nav.detail.is_some() {
        return;
    }
    if model.nav.on_detail && model.is_overview() {
        zoom_detail(model, effects);
        return;
    }
    let Some(row) = model.focused().selected().cloned() else {
        return;
    };
    let line = model.focused().cursor;
    let heads = model.focused().fold(line).is_some_and(|f| f.open.is_some());
    if heads && row.kind() != model.nav.pane.kind() {
        // A line over others opens and closes; what it is about is at `d`.
        model.focused_mut().toggle_fold(line);
        return;
    }
    match &row {
        Row::Machine(h) => drill(model, Scope::Host(h.id().clone()), effects),
        Row::Container(..) => {
            let tab = model.nav.preview_tab;
            open_row(model, &row, tab, effects);
        }
        Row::Operation(_) => open_row(model, &row, Tab::Steps, effects),
        Row::Project(..) | Row::Service(..) => drill_into_object(model, &row, effects),
        Row::Volume(..) | Row::Network(..) | Row::Image(..) => {
            if row.state() == "used" {
                drill_into_object(model, &row, effects);
            } else {
                let text = format!("no container uses {}", row.name());
                model.status.say(Severity::Info, text, model.now);
                open_row(model, &row, Tab::Describe, effects);
            }
        }
    }
}

fn drill_into_object(model: &mut Model, row: &Row, effects: &mut Vec<Effect>) {
    if let Some(object) = row.object() {
        drill(model, Scope::Of(object), effects);
    }
}

/// The containers of something.
fn drill(model: &mut Model, scope: Scope, effects: &mut Vec<Effect>) {
    let here = model.address();
    model.nav.push(here);
    close_detail(model, effects);
    model.nav.pane = Pane::Containers;
    model.nav.on_detail = false;
    limit(model, Pane::Containers, Some(scope));
}

/// See a row closely.
pub(super) fn open_row(model: &mut Model, row: &Row, tab: Tab, effects: &mut Vec<Effect>) {
    let subject = match row.key() {
        RowKey::Object(object) => Subject::Object(object),
        RowKey::Operation(id) => Subject::Operation(id),
    };
    open_subject(model, subject, tab, effects);
}

/// See something closely, on the whole screen.
pub(super) fn open_subject(
    model: &mut Model,
    subject: Subject,
    tab: Tab,
    effects: &mut Vec<Effect>,
) {
    if let Some(detail) = &mut model.nav.detail
        && detail.subject == subject
    {
        detail.show(tab);
        return;
    }
    let here = model.address();
    model.nav.push(here);
    close_detail(model, effects);
    model.nav.detail = Some(Box::new(Detail::new(subject, tab, model.now)));
}

/// The detail area on the whole screen, as it is.
fn zoom_detail(model: &mut Model, _effects: &mut Vec<Effect>) {
    let here = model.address();
    if let Some(mut preview) = model.preview.take() {
        preview.stay();
        model.nav.push(here);
        model.nav.detail = Some(preview);
    }
}

/// Only this pane.
pub(super) fn zoom_in(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.nav.on_detail && model.is_overview() {
        zoom_detail(model, effects);
    } else if model.is_overview() {
        model.nav.zoomed = true;
    } else if model.nav.detail.is_none() {
        open(model, effects);
    }
}

/// The other panes too.
pub(super) fn zoom_out(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.nav.detail.is_some() {
        back(model, effects);
    } else {
        model.nav.zoomed = false;
    }
}

/// Back; false when there is nowhere to go back to.
pub(super) fn back(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let here = model.address();
    match model.nav.pop(here) {
        Some(to) => {
            restore(model, to, effects);
            true
        }
        None => false,
    }
}

/// To where one was before.
pub(super) fn last_view(model: &mut Model, effects: &mut Vec<Effect>) {
    let here = model.address();
    match model.nav.swap_last(here.clone()) {
        Some(to) if to != here => restore(model, to, effects),
        _ => {}
    }
}

fn restore(model: &mut Model, to: Address, effects: &mut Vec<Effect>) {
    close_detail(model, effects);
    model.nav.pane = to.pane;
    model.nav.on_detail = false;
    model.nav.zoomed = to.zoomed;
    limit(model, to.pane, to.scope);
    let filter = Filter::parse(&to.filter).unwrap_or_default();
    let table = model.focused_mut();
    table.filter = filter;
    model.sync_pane(to.pane);
    model.focused_mut().seek(to.key);
    if let Some((subject, tab)) = to.detail {
        let detail = match model.nav.recall(&subject) {
            Some(mut detail) => {
                detail.show(tab);
                detail
            }
            None => Detail::new(subject, tab, model.now),
        };
        model.nav.detail = Some(Box::new(detail));
    }
}

fn close_detail(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(mut old) = model.nav.detail.take() {
        old.close(effects);
        model.nav.keep(*old);
    }
}

/// Limit a pane to a scope; its filter and marks belong to the scope before.
fn limit(model: &mut Model, pane: Pane, scope: Option<Scope>) {
    let table = model.table_mut(pane);
    if table.scope != scope {
        table.scope = scope;
        table.filter = Filter::default();
        table.unmark();
    }
}

/// The pane of a kind, at an object.
pub(super) fn reveal(model: &mut Model, kind: Kind, key: RowKey, effects: &mut Vec<Effect>) {
    let pane = Pane::of(kind);
    goto(model, pane, effects);
    model.sync_pane(pane);
    model.focused_mut().seek(Some(key));
}
