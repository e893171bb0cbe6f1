//! Prune: the victims are chosen here, shown, and removed by id; an engine's own prune is never
//! called.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::build::{Builder, step};
use super::volumes::{Removals, steps_of};
use super::{Action, Goal, Precondition, Step};
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Prune;
use crate::domain::observed::{ContainerState as State, Labels};
use crate::domain::selector::LabelTest;
use crate::domain::snapshot::HostShard;

struct Rules<'a> {
    prune: &'a Prune,
    labels: Vec<LabelTest>,
}

impl Rules<'_> {
    fn fits(&self, created: Option<DateTime<Utc>>, labels: &Labels) -> bool {
        // Without a known age, "older than" cannot be said to hold.
        let old = self
            .prune
            .until
            .is_none_or(|limit| created.is_some_and(|c| c < limit));
        old && self.labels.iter().all(|t| t.holds(labels))
    }

    fn wants(&self, kind: Kind) -> bool {
        self.prune.kinds.contains(&kind)
    }
}

impl Builder<'_> {
    pub(super) fn prune(&mut self, hosts: &[HostId], prune: &Prune) -> Result<()> {
        let labels = prune
            .labels
            .iter()
            .map(|l| l.parse())
            .collect::<Result<Vec<_>>>()?;
        let rules = Rules { prune, labels };
        if let Some(kind) = prune.kinds.iter().find(|k| {
            !matches!(
                k,
                Kind::Container | Kind::Image | Kind::Volume | Kind::Network
            )
        }) {
            return Err(Error::invalid(format!(
                "{} cannot be pruned",
                kind.plural()
            )));
        }
        let mut sorted: Vec<&HostId> = hosts.iter().collect();
        sorted.sort();
        sorted.dedup();
        for id in sorted {
            let host = self.host(id)?;
            let gone = self.prune_containers(host, &rules);
            self.prune_networks(host, &rules, &gone);
            self.prune_volumes(host, &rules, &gone);
            self.prune_images(host, &rules, &gone);
        }
        Ok(())
    }

    fn prune_containers(&mut self, host: &HostShard, rules: &Rules<'_>) -> Removals {
        let mut gone = Removals::new();
        if !rules.wants(Kind::Container) {
            return gone;
        }
        let ended = [State::Created, State::Exited, State::Dead];
        for c in sorted(&host.containers, |c| (&c.name, &c.id)) {
            if !ended.contains(&c.state) || !rules.fits(c.created, &c.labels) {
                continue;
            }
            let object = host.container_ref(c);
            let precondition = Precondition {
                created: c.created,
                states: ended.to_vec(),
                ..Precondition::default()
            };
            // Anonymous volumes are pruned as volumes, when volumes are asked for.
            let action = Action::RemoveContainer {
                force: false,
                volumes: false,
            };
            let cause = format!("it is {}", c.state);
            let id = self.step(Step {
                precondition,
                ..step(action, object.clone(), cause, Goal::Absent)
            });
            gone.insert(object, id);
        }
        gone
    }

    fn prune_networks(&mut self, host: &HostShard, rules: &Rules<'_>, gone: &Removals) {
        if !rules.wants(Kind::Network) {
            return;
        }
        for n in sorted(&host.networks, |n| (&n.name, &n.id)) {
            let own = n.is_builtin() || *n.scope != *"local";
            if own || !rules.fits(n.created, &n.labels) {
                continue;
            }
            let users: Vec<ObjectRef> = host
                .network_members(n)
                .map(|c| host.container_ref(c))
                .collect();
            if let Ok(after) = steps_of(&users, gone) {
                self.victim(Action::RemoveNetwork, host.network_ref(n), n.created, after);
            }
        }
    }

    fn prune_volumes(&mut self, host: &HostShard, rules: &Rules<'_>, gone: &Removals) {
        if !rules.wants(Kind::Volume) {
            return;
        }
        for v in sorted(&host.volumes, |v| &v.name) {
            if !(rules.prune.all || v.is_anonymous()) || !rules.fits(v.created, &v.labels) {
                continue;
            }
            let users: Vec<ObjectRef> = host
                .volume_users(&v.name)
                .map(|c| host.container_ref(c))
                .collect();
            if let Ok(after) = steps_of(&users, gone) {
                let action = Action::RemoveVolume { force: false };
                self.victim(action, host.volume_ref(v), v.created, after);
            }
        }
    }

    fn prune_images(&mut self, host: &HostShard, rules: &Rules<'_>, gone: &Removals) {
        if !rules.wants(Kind::Image) {
            return;
        }
        for i in sorted(&host.images, |i| (i.tags.is_empty(), &i.tags, &i.id)) {
            if !(rules.prune.all || i.tags.is_empty()) || !rules.fits(i.created, &i.labels) {
                continue;
            }
            let users: Vec<ObjectRef> =
                host.image_users(i).map(|c| host.container_ref(c)).collect();
            let Ok(after) = steps_of(&users, gone) else {
                continue;
            };
            if i.tags.len() < 2 {
                let action = Action::RemoveImage {
                    untag: None,
                    force: false,
                };
                self.victim(action, host.image_ref(i), i.created, after);
                continue;
            }
            // Name by name: the image goes with the last.
            let mut after = after;
            for tag in &i.tags {
                let action = Action::RemoveImage {
                    untag: Some(tag.to_string()),
                    force: false,
                };
                let object = ObjectRef::new(host.id().clone(), Kind::Image, i.id.clone(), tag);
                let goal = Goal::Tagged {
                    reference: tag.to_string(),
                    present: false,
                };
                let precondition = Precondition {
                    created: i.created,
                    unused: true,
                    ..Precondition::default()
                };
                let id = self.step(Step {
                    after: after.clone(),
                    precondition,
                    ..step(action, object, "nothing uses it", goal)
                });
                after = vec![id];
            }
        }
    }

    fn victim(
        &mut self,
        action: Action,
        object: ObjectRef,
        created: Option<DateTime<Utc>>,
        after: Vec<usize>,
    ) {
        self.step(Step {
            after,
            precondition: Precondition {
                created,
                unused: true,
                ..Precondition::default()
            },
            ..step(action, object, "nothing uses it", Goal::Absent)
        });
    }
}

/// In an order that does not depend on the list's.
fn sorted<'s, T, K: Ord>(list: &'s [Arc<T>], key: impl Fn(&'s T) -> K) -> Vec<&'s T> {
    let mut all: Vec<&'s T> = list.iter().map(|i| &**i).collect();
    all.sort_by_key(|i| key(i));
    all
}
