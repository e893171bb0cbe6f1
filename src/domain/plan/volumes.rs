//! Volumes, and removals of every kind.

use super::build::{Builder, step};
use super::containers::check_name;
use super::{Action, Goal, Precondition, Step, is_removable};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
use crate::domain::observed::PROJECT_LABEL;
use crate::domain::spec::VolumeSpec;

/// The containers an operation removes, and their steps.
pub(super) type Removals = [(ObjectRef, usize)];

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
            list.sort();
            list.dedup();
            list
        };
        let projects = of(&[Kind::Project]);
        let containers = of(&[Kind::Container, Kind::Service, Kind::Project]);
        let gone = self.remove_containers(&containers, force, volumes)?;
        for t in &projects {
            self.remove_rest_of_project(&t.object, &gone, volumes)?;
        }
        for t in of(&[Kind::Network]) {
            self.remove_network(&t, &gone)?;
        }
        for t in of(&[Kind::Volume]) {
            self.remove_volume(&t, force, &gone)?;
        }
        for t in of(&[Kind::Image]) {
            self.remove_image(&t, force, &gone)?;
        }
        Ok(())
    }

    fn remove_volume(&mut self, target: &Target, force: bool, gone: &Removals) -> Result<()> {
        let shard = self.host(&target.object.host)?;
        let Some(v) = shard.volume(target.object.id.as_str()) else {
            self.unchanged(&target.object, "is gone already");
            return Ok(());
        };
        let users: Vec<ObjectRef> = shard
            .volume_users(&v.name)
            .map(|c| shard.container_ref(c))
            .collect();
        let after = Self::after_users(&target.object, &users, gone)?;
        self.step(Step {
            after,
            precondition: Precondition {
                created: v.created,
                ..Precondition::default()
            },
            ..step(
                Action::RemoveVolume { force },
                shard.volume_ref(v),
                "asked for",
                Goal::Absent,
            )
        });
        Ok(())
    }

    /// The steps that remove the users of an object; an error if one of them stays.
    pub(super) fn after_users(
        object: &ObjectRef,
        users: &[ObjectRef],
        gone: &Removals,
    ) -> Result<Vec<usize>> {
        let mut after = Vec::new();
        let mut stay = Vec::new();
        for user in users {
            match gone.iter().find(|(o, _)| o == user) {
                Some((_, step)) => after.push(*step),
                None => stay.push(user.label()),
            }
        }
        if stay.is_empty() {
            return Ok(after);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("{} {object} is used by {}", object.kind, stay.join(", ")),
        )
        .with_hint("remove these containers first"))
    }

    /// A project's networks, and its volumes when asked for.
    fn remove_rest_of_project(
        &mut self,
        project: &ObjectRef,
        gone: &Removals,
        volumes: bool,
    ) -> Result<()> {
        let shard = self.host(&project.host)?;
        let own = |labels: &crate::domain::observed::Labels| {
            labels
                .get(PROJECT_LABEL)
                .is_some_and(|p| **p == *project.id.as_str())
        };
        let after: Vec<usize> = gone
            .iter()
            .filter(|(o, _)| o.host == project.host)
            .map(|(_, s)| *s)
            .collect();
        let cause = format!("part of project {}", project.label());
        for n in shard.networks.iter().filter(|n| own(&n.labels)) {
            self.step(Step {
                after: after.clone(),
                precondition: Precondition {
                    created: n.created,
                    ..Precondition::default()
                },
                ..step(
                    Action::RemoveNetwork,
                    shard.network_ref(n),
                    cause.as_str(),
                    Goal::Absent,
                )
            });
        }
        if !volumes {
            return Ok(());
        }
        for v in shard.volumes.iter().filter(|v| own(&v.labels)) {
            let action = Action::RemoveVolume { force: false };
            self.step(Step {
                after: after.clone(),
                precondition: Precondition {
                    created: v.created,
                    ..Precondition::default()
                },
                ..step(action, shard.volume_ref(v), cause.as_str(), Goal::Absent)
            });
        }
        Ok(())
    }
}
