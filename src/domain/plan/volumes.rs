//! Volumes, and removals of every kind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::build::{Builder, step};
use super::containers::check_name;
use super::{Action, Goal, Precondition, Step, is_removable};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
use crate::domain::observed::{Labels, PROJECT_LABEL};
use crate::domain::spec::VolumeSpec;

/// The objects an operation removes, and their steps.
pub(super) type Removals = BTreeMap<ObjectRef, usize>;

/// A step that is not yet one: what, on what, made when, used by whom.
type Rest = (Action, ObjectRef, Option<DateTime<Utc>>, Vec<ObjectRef>);

impl Builder<'_> {
    pub(super) fn create_volume(&mut self, host: &HostId, spec: &VolumeSpec) -> Result<()> {
        let shard = self.host(host)?;
        if !spec.name.is_empty() {
            check_name("volume", &spec.name)?;
        }
        let target = ObjectRef::new(host.clone(), Kind::Volume, &*spec.name, &spec.name);
        if let Some(v) = shard.volume(&spec.name) {
            let driver = if spec.driver.is_empty() {
                "local"
            } else {
                &spec.driver
            };
            let same = *v.driver == *driver
                && spec
                    .labels
                    .iter()
                    .all(|(k, x)| v.labels.get(k.as_str()).is_some_and(|y| **y == **x))
                && spec
                    .options
                    .iter()
                    .all(|(k, x)| v.options.get(k.as_str()).is_some_and(|y| **y == **x));
            if !same {
                return Self::free(Some(shard.volume_ref(v)));
            }
            if shard.link.is_live() {
                self.unchanged(&target, "exists already");
                return Ok(());
            }
        }
        let action = Action::CreateVolume { spec: spec.clone() };
        self.step(step(action, target, "asked for", Goal::Present));
        Ok(())
    }

    /// Remove containers first, then what they used.
    pub(super) fn remove(&mut self, targets: &[Target], force: bool, volumes: bool) -> Result<()> {
        if let Some(t) = targets.iter().find(|t| !is_removable(t.object.kind)) {
            return Err(Error::invalid(format!(
                "{} is a {}: it cannot be removed",
                t.object, t.object.kind
            )));
        }
        let of = |kinds: &[Kind]| -> Vec<Target> {
            let mut list: Vec<Target> = targets
                .iter()
                .filter(|t| kinds.contains(&t.object.kind))
                .cloned()
                .collect();
            list.sort_by(|a, b| {
                (&a.object, &a.object.name, a.created).cmp(&(&b.object, &b.object.name, b.created))
            });
            list
        };
        let containers = of(&[Kind::Container, Kind::Service, Kind::Project]);
        let mut gone = self.remove_containers(&containers, force, volumes)?;
        let mut projects = of(&[Kind::Project]);
        projects.dedup_by(|a, b| a.object == b.object);
        for t in &projects {
            self.remove_rest_of_project(&t.object, &mut gone, volumes)?;
        }
        for t in of(&[Kind::Network]) {
            self.remove_network(&t, &mut gone)?;
        }
        for t in of(&[Kind::Volume]) {
            self.remove_volume(&t, force, &mut gone)?;
        }
        for names in of(&[Kind::Image]).chunk_by(|a, b| a.object == b.object) {
            self.remove_image(names, force, &gone)?;
        }
        Ok(())
    }

    fn remove_volume(&mut self, target: &Target, force: bool, gone: &mut Removals) -> Result<()> {
        let shard = self.host(&target.object.host)?;
        let Some(v) = shard.volume(target.object.id.as_str()) else {
            return self.gone_already(shard, &target.object);
        };
        Self::same(target, v.created)?;
        if gone.contains_key(&target.object) {
            return Ok(());
        }
        let users: Vec<ObjectRef> = shard
            .volume_users(&v.name)
            .map(|c| shard.container_ref(c))
            .collect();
        let after = Self::after_users(&target.object, &users, gone)?;
        let object = shard.volume_ref(v);
        let action = Action::RemoveVolume { force };
        let id = self.remove_step(action, object.clone(), v.created, "asked for", after);
        gone.insert(object, id);
        Ok(())
    }

    pub(super) fn remove_step(
        &mut self,
        action: Action,
        object: ObjectRef,
        created: Option<DateTime<Utc>>,
        cause: &str,
        after: Vec<usize>,
    ) -> usize {
        self.step(Step {
            after,
            precondition: Precondition {
                created,
                ..Precondition::default()
            },
            ..step(action, object, cause, Goal::Absent)
        })
    }

    /// The steps that remove the users of an object; an error if one of them stays.
    pub(super) fn after_users(
        object: &ObjectRef,
        users: &[ObjectRef],
        gone: &Removals,
    ) -> Result<Vec<usize>> {
        steps_of(users, gone).map_err(|stay| {
            Error::new(
                ErrorKind::Conflict,
                format!("{} {object} is used by {}", object.kind, stay.join(", ")),
            )
            .with_hint("remove these containers first")
        })
    }

    /// A project's networks, and its volumes when asked for. What others use stays.
    fn remove_rest_of_project(
        &mut self,
        project: &ObjectRef,
        gone: &mut Removals,
        volumes: bool,
    ) -> Result<()> {
        let shard = self.host(&project.host)?;
        let own = |labels: &Labels| {
            let label = labels.get(PROJECT_LABEL);
            label.is_some_and(|p| !p.is_empty() && **p == *project.id.as_str())
        };
        let mut rest: Vec<Rest> = Vec::new();
        for n in shard.networks.iter() {
            if own(&n.labels) && !n.is_builtin() {
                let users = shard.network_members(n).map(|c| shard.container_ref(c));
                let users = users.collect();
                let object = shard.network_ref(n);
                rest.push((Action::RemoveNetwork, object, n.created, users));
            }
        }
        for v in shard.volumes.iter() {
            if volumes && own(&v.labels) {
                let users = shard.volume_users(&v.name).map(|c| shard.container_ref(c));
                let users = users.collect();
                let action = Action::RemoveVolume { force: false };
                rest.push((action, shard.volume_ref(v), v.created, users));
            }
        }
        let has_containers = shard
            .containers
            .iter()
            .any(|c| c.project() == Some(project.id.as_str()));
        if rest.is_empty() && !has_containers {
            return self.gone_already(shard, project);
        }
        rest.sort_by(|a, b| (a.1.kind, &a.1.name, &a.1.id).cmp(&(b.1.kind, &b.1.name, &b.1.id)));
        rest.sort_by_key(|r| r.1.kind != Kind::Network);
        let cause = format!("part of project {}", project.label());
        for (action, object, created, users) in rest {
            match steps_of(&users, gone) {
                Ok(after) => {
                    let id = self.remove_step(action, object.clone(), created, &cause, after);
                    gone.insert(object, id);
                }
                Err(stay) => self.plan.notes.push(format!(
                    "{} {object} stays: it is used by {}",
                    object.kind,
                    stay.join(", ")
                )),
            }
        }
        Ok(())
    }
}

/// The steps that remove these; or the names of those that stay.
pub(super) fn steps_of(users: &[ObjectRef], gone: &Removals) -> Result<Vec<usize>, Vec<String>> {
    let mut after: Vec<usize> = Vec::new();
    let mut stay: Vec<String> = Vec::new();
    for user in users {
        match gone.get(user) {
            Some(step) => after.push(*step),
            None => stay.push(user.label().to_owned()),
        }
    }
    after.sort_unstable();
    stay.sort_unstable();
    if stay.is_empty() {
        Ok(after)
    } else {
        Err(stay)
    }
}
