//! Changes that are told outside of the screen too.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::config::Noted;
use crate::domain::id::ObjectId;
use crate::domain::observed::{Container, ContainerState, HealthStatus};
use crate::domain::snapshot::{HostShard, Link, Snapshot};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::status::Severity;

/// Changes told of one snapshot: a storm is one sound, and its first names.
const NAMED: usize = 3;

fn wants(model: &Model, noted: Noted) -> bool {
    model.setup.notify.0.contains(&noted)
}

fn tell(model: &Model, text: String, effects: &mut Vec<Effect>) {
    effects.push(Effect::Notice {
        text,
        how: model.setup.notify.1,
    });
}

/// An operation of ours ended.
pub(super) fn ended(model: &Model, severity: Severity, text: &str, effects: &mut Vec<Effect>) {
    let noted = if severity >= Severity::Warning {
        Noted::Failed
    } else {
        Noted::Done
    };
    if wants(model, noted) {
        tell(model, text.to_owned(), effects);
    }
}

/// Tell what `next` changes in what is shown now.
pub(super) fn compare(model: &Model, next: &Snapshot, effects: &mut Vec<Effect>) {
    let containers = wants(model, Noted::Unhealthy) || wants(model, Noted::Died);
    if !containers && !wants(model, Noted::Stale) {
        return;
    }
    let mut news = Vec::new();
    for host in next.hosts.iter() {
        let Some(before) = model.snapshot.host(host.id()) else {
            continue;
        };
        if before.rev == host.rev {
            continue;
        }
        let lost = |h: &HostShard| matches!(h.link, Link::Stale { .. } | Link::Denied { .. });
        if wants(model, Noted::Stale) && lost(host) && !lost(before) {
            news.push(format!("{} does not answer", host.id()));
        }
        // The first list of a host is no change.
        if containers && before.listed && !Arc::ptr_eq(&before.containers, &host.containers) {
            let mut known = Known::new(&before.containers);
            for (n, now) in host.containers.iter().enumerate() {
                let was = known.get(n, &now.id);
                let was = was.filter(|was| !Arc::ptr_eq(was, now));
                if let Some(text) = was.and_then(|was| change(model, was, now)) {
                    news.push(format!("{}/{} {text}", host.id(), now.name));
                }
            }
        }
    }
    if news.is_empty() {
        return;
    }
    let more = news.len().saturating_sub(NAMED);
    let mut text = news.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    tell(model, text, effects);
}

fn change(model: &Model, was: &Container, now: &Container) -> Option<&'static str> {
    let unhealthy = |c: &Container| c.health_status() == Some(HealthStatus::Unhealthy);
    if wants(model, Noted::Unhealthy) && unhealthy(now) && !unhealthy(was) {
        return Some("is unhealthy");
    }
    let ran = matches!(
        was.state,
        ContainerState::Running | ContainerState::Restarting
    );
    let over = matches!(now.state, ContainerState::Exited | ContainerState::Dead);
    if wants(model, Noted::Died) && ran && over && now.exit_code.is_some_and(|code| code != 0) {
        return Some("died");
    }
    None
}

/// Containers by id. What changes mostly stays in its place, and then no index is needed.
struct Known<'a> {
    list: &'a [Arc<Container>],
    by_id: Option<FxHashMap<&'a ObjectId, &'a Arc<Container>>>,
}

impl<'a> Known<'a> {
    fn new(list: &'a [Arc<Container>]) -> Self {
        Self { list, by_id: None }
    }

    fn get(&mut self, place: usize, id: &ObjectId) -> Option<&'a Arc<Container>> {
        if let Some(same) = self.list.get(place).filter(|c| c.id == *id) {
            return Some(same);
        }
        let list = self.list;
        let index = self
            .by_id
            .get_or_insert_with(|| list.iter().map(|c| (&c.id, c)).collect());
        index.get(id).copied()
    }
}
