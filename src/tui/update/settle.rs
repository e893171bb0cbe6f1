//! What follows from a turn's messages: rows, sizes, the preview under the cursor, what to fetch
//! and what to measure.

use chrono::{DateTime, Utc};

use crate::domain::id::{Kind, ObjectRef};
use crate::tui::detail::{Detail, Subject, Tab};
use crate::tui::effect::Effect;
use crate::tui::layout::{self, Layout};
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;
use crate::tui::pane::Pane;
use crate::tui::row::{Row, RowKey};

/// Bring everything in line before the next frame. Returns what is to be done and when to look
/// again, should nothing happen before.
pub fn settle(model: &mut Model) -> (Vec<Effect>, Option<DateTime<Utc>>) {
    let mut effects = Vec::new();
    model.sync();
    let layout = layout::of(model);
    sizes(model, &layout);
    preview(model, &mut effects);
    sizes(model, &layout);
    let wake = fetch(model, &mut effects);
    look_at(model, &mut effects);
    super::arrange::remember(model, &mut effects);
    if let Some(Overlay::Palette(_)) = model.overlays.last() {
        super::palette::refresh(model);
    }
    (effects, wake)
}

fn sizes(model: &mut Model, layout: &Layout) {
    for (pane, area) in &layout.tables {
        let body = layout::table_body(*pane, *area);
        let table = model.table_mut(*pane);
        if *pane == Pane::Fleet {
            let tiles = layout::tiles(body, table.len());
            table.stride = tiles.across;
            table.set_height(tiles.across * tiles.down);
        } else {
            table.set_height(usize::from(body.height));
        }
    }
    if let Some(area) = layout.detail {
        let body = layout::detail_body(area);
        let lines = crate::tui::view::log_body(model, area);
        if let Some(detail) = model.shown_detail_mut() {
            detail.height = usize::from(body.height);
            detail.width = usize::from(body.width);
            if let Some(logs) = &mut detail.logs {
                logs.set_size(usize::from(lines.width), usize::from(lines.height));
            }
        }
    }
}

/// The preview shows what the cursor of the focused table is on.
fn preview(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.is_overview() {
        // Streams nobody sees are closed.
        if let Some(mut old) = model.preview.take() {
            old.close(effects);
        }
        return;
    }
    if model.nav.on_detail && model.preview.is_some() {
        return;
    }
    let subject = match model.under_cursor() {
        Some(RowKey::Object(object)) => Some(Subject::Object(object)),
        Some(RowKey::Operation(id)) => Some(Subject::Operation(id)),
        None => None,
    };
    let shown = model.preview.as_ref().map(|d| &d.subject);
    if shown == subject.as_ref() {
        return;
    }
    if let Some(mut old) = model.preview.take() {
        old.close(effects);
    }
    let (tab, now) = (model.nav.preview_tab, model.now);
    model.preview = subject.map(|subject| {
        let tab = match subject.kind() {
            Some(Kind::Container) => tab,
            _ => Tab::Describe,
        };
        Box::new(Detail::following(subject, tab, now))
    });
}

fn fetch(model: &mut Model, effects: &mut Vec<Effect>) -> Option<DateTime<Utc>> {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let (now, logs) = (model.now, model.log_setup());
    let mut sequence = model.activity.sequence;
    let wake = {
        let mut next = || {
            sequence += 1;
            sequence
        };
        let detail = model.shown_detail_mut()?;
        detail.ask(&snapshot, now, logs, &mut next, effects)
    };
    model.activity.sequence = sequence;
    wake
}

/// Containers that are measured for the tiles of machines, all together.
const OF_TILES: usize = 240;

/// What runs on the machines whose tiles can be seen: of each the same share at most.
fn fleet(model: &Model, seen: &mut Vec<ObjectRef>) {
    let table = model.table(Pane::Fleet);
    let tiles = table.visible().count().max(1);
    for row in table.visible() {
        let Row::Machine(host) = row else { continue };
        let up = host.containers.iter().filter(|c| c.state.is_up());
        seen.extend(up.take(OF_TILES / tiles).map(|c| host.container_ref(c)));
    }
}

/// Measure the containers that can be seen, and no others.
fn look_at(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.setup.stats {
        return;
    }
    let mut seen: Vec<ObjectRef> = Vec::new();
    if model.visible_panes().contains(&Pane::Containers) {
        let rows = model.table(Pane::Containers).visible();
        seen.extend(rows.filter_map(|r| match r {
            Row::Container(h, c) if c.state.is_up() => Some(h.container_ref(c)),
            _ => None,
        }));
    }
    if model.visible_panes().contains(&Pane::Fleet) {
        fleet(model, &mut seen);
    }
    if let Some(object) = model.shown_detail().and_then(|d| d.subject.object())
        && let Some((_, c)) = model.snapshot.container(object)
        && c.state.is_up()
        && !seen.contains(object)
    {
        seen.push(object.clone());
    }
    if seen != model.activity.looked_at {
        model.activity.looked_at.clone_from(&seen);
        effects.push(Effect::LookAt(seen));
    }
}
