//! Builds a plan: collects steps, finds objects, says why not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, Danger, Goal, Plan, Precondition, Step, Unchanged};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::{Intent, Target};
use crate::domain::observed::{Container, DEPENDS_LABEL};
use crate::domain::snapshot::{HostShard, Snapshot};

pub(super) struct Builder<'a> {
    pub(super) intent: &'a Intent,
    pub(super) snapshot: &'a Snapshot,
    pub(super) plan: Plan,
}

/// A container that is meant, and as what.
#[derive(Clone)]
pub(super) struct Member<'a> {
    pub(super) host: &'a Arc<HostShard>,
    pub(super) container: Arc<Container>,
    pub(super) object: ObjectRef,
    /// The Compose service or project it stands for, when it was not named itself.
    pub(super) part_of: Option<ObjectRef>,
}

impl Member<'_> {
    /// May the picture be believed? What a stale host shows decides nothing.
    pub(super) fn is_live(&self) -> bool {
        self.host.link.is_live()
    }

    pub(super) fn precondition(&self) -> Precondition {
        Precondition {
            created: self.container.created,
            ..Precondition::default()
        }
    }

    /// ` (service shop/web)` for what was not named itself.
    pub(super) fn why(&self, reason: &str) -> String {
        match &self.part_of {
            Some(whole) => format!("{reason}, part of {} {}", whole.kind, whole.label()),
            None => reason.to_owned(),
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn new(intent: &'a Intent, snapshot: &'a Snapshot) -> Self {
        let plan = Plan {
            title: intent.summary(),
            verb: intent.verb().to_owned(),
            steps: Vec::new(),
            unchanged: Vec::new(),
            notes: Vec::new(),
        };
        Self {
            intent,
            snapshot,
            plan,
        }
    }

    pub(super) fn build(mut self) -> Result<Plan> {
        match self.intent {
            Intent::Start { targets } => self.start(targets)?,
            Intent::Stop { targets, timeout } => self.stop(targets, *timeout)?,
            Intent::Restart { targets, timeout } => self.restart(targets, *timeout)?,
            Intent::Kill { targets, signal } => self.kill(targets, signal)?,
            Intent::Pause { targets } => self.pause(targets)?,
            Intent::Unpause { targets } => self.unpause(targets)?,
            Intent::Remove {
                targets,
                force,
                volumes,
            } => self.remove(targets, *force, *volumes)?,
            Intent::Rename { target, to } => self.rename(target, to)?,
            Intent::CreateContainer {
                host,
                name,
                spec,
                start,
                pull,
            } => self.create_container(host, name.as_deref(), spec, *start, *pull)?,
            Intent::CreateVolume { host, spec } => self.create_volume(host, spec)?,
            Intent::CreateNetwork { host, spec } => self.create_network(host, spec)?,
            Intent::Connect {
                network,
                container,
                endpoint,
            } => self.connect(network, container, endpoint)?,
            Intent::Disconnect {
                network,
                container,
                force,
            } => self.disconnect(network, container, *force)?,
            Intent::Pull {
                host,
                reference,
                platform,
            } => {
                self.pull(host, reference, platform.as_deref(), "asked for")?;
            }
            Intent::Tag { image, reference } => self.tag(image, reference)?,
            Intent::Prune { hosts, prune } => self.prune(hosts, prune)?,
        }
        Ok(self.plan)
    }

    /// Add a step; its number.
    pub(super) fn step(&mut self, step: Step) -> usize {
        let id = self.plan.steps.len();
        self.plan.steps.push(Step { id, ..step });
        id
    }

    pub(super) fn unchanged(&mut self, target: &ObjectRef, reason: impl Into<String>) {
        self.plan.unchanged.push(Unchanged {
            target: target.clone(),
            reason: reason.into(),
        });
    }

    /// The host, if its lists were read at least once.
    pub(super) fn host(&self, id: &HostId) -> Result<&'a Arc<HostShard>> {
        let host = self
            .snapshot
            .host(id)
            .ok_or_else(|| Error::invalid(format!("no host is called {:?}", id.as_str())))?;
        if host.listed {
            return Ok(host);
        }
        let title = &self.plan.title;
        Err(match host.link.error() {
            Some(e) => e.clone().context(format!("{title}: {id} does not answer")),
            None => Error::new(
                ErrorKind::Unreachable,
                format!("{title}: {id} is not connected yet"),
            ),
        })
    }

    /// What is said of a named object that is not there.
    pub(super) fn missing(object: &ObjectRef) -> Error {
        Error::new(
            ErrorKind::NotFound,
            format!("{} {object} does not exist", object.kind),
        )
    }

    /// The containers that `targets` mean, each once, sorted; services and projects as their
    /// containers. Targets that are gone are given to `gone`.
    pub(super) fn members(
        &self,
        targets: &[Target],
        mut gone: impl FnMut(&ObjectRef) -> Result<()>,
    ) -> Result<Vec<Member<'a>>> {
        let mut found: BTreeMap<ObjectRef, Member<'a>> = BTreeMap::new();
        let mut sorted: Vec<&Target> = targets.iter().collect();
        sorted.sort();
        for target in sorted {
            let object = &target.object;
            let host = self.host(&object.host)?;
            let (containers, whole) = match object.kind {
                Kind::Container => match host.container(&object.id) {
                    Some(c) => {
                        Self::same(target, c)?;
                        (vec![Arc::clone(c)], false)
                    }
                    None => (Vec::new(), false),
                },
                Kind::Service => (Self::service(host, object)?, true),
                Kind::Project => {
                    let all = host.projects();
                    let project = all.into_iter().find(|p| *p.name == *object.id.as_str());
                    (project.map(|p| p.containers).unwrap_or_default(), true)
                }
                kind
                @ (Kind::Machine | Kind::Volume | Kind::Network | Kind::Image | Kind::Node) => {
                    return Err(Error::invalid(format!(
                        "{object} is a {kind}: {} is for containers, services and projects",
                        self.plan.verb
                    )));
                }
            };
            if containers.is_empty() {
                gone(object)?;
            }
            for container in containers {
                let reference = host.container_ref(&container);
                // Named itself wins over named by its service.
                if !whole || !found.contains_key(&reference) {
                    found.insert(
                        reference.clone(),
                        Member {
                            host,
                            container,
                            object: reference,
                            part_of: whole.then(|| object.clone()),
                        },
                    );
                }
            }
        }
        let mut members: Vec<Member<'a>> = found.into_values().collect();
        members.sort_by(|a, b| {
            (&a.object.host, &a.object.name, &a.object.id).cmp(&(
                &b.object.host,
                &b.object.name,
                &b.object.id,
            ))
        });
        Ok(members)
    }

    fn service(host: &HostShard, object: &ObjectRef) -> Result<Vec<Arc<Container>>> {
        let Some(service) = host.services().into_iter().find(|s| s.id == object.id) else {
            return Ok(Vec::new());
        };
        if service.swarm.is_some() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{object} is a Swarm service: its tasks are the Swarm's to start and stop"),
            )
            .with_hint(format!("docker service scale {}=N", service.name)));
        }
        Ok(service.containers)
    }

    /// Is the container still the one that was seen?
    fn same(target: &Target, container: &Container) -> Result<()> {
        match (target.created, container.created) {
            (Some(seen), Some(now)) if seen.timestamp() != now.timestamp() => Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "{} is another container than the one that was seen",
                    target.object
                ),
            )
            .with_hint("look again")),
            _ => Ok(()),
        }
    }

    /// A missing target is an error.
    pub(super) fn must_exist(object: &ObjectRef) -> Result<()> {
        Err(Self::missing(object))
    }

    /// Members ordered so that what others wait for comes first, as Compose's labels say, each with
    /// the positions of the members it waits for. Nonsense in labels and cycles order nothing.
    pub(super) fn by_dependency(members: Vec<Member<'a>>) -> Vec<(Member<'a>, Vec<usize>)> {
        let key = |m: &Member<'_>| {
            let project = m.container.project()?.to_owned();
            Some((
                m.object.host.clone(),
                project,
                m.container.service()?.to_owned(),
            ))
        };
        let wanted = |m: &Member<'_>| -> Vec<_> {
            let Some((host, project, own)) = key(m) else {
                return Vec::new();
            };
            let list = m.container.label(DEPENDS_LABEL).unwrap_or_default();
            list.split(',')
                .filter_map(|d| d.split(':').next())
                .filter(|d| !d.is_empty() && *d != own)
                .map(|d| Some((host.clone(), project.clone(), d.to_owned())))
                .collect()
        };
        let mut waiting = members;
        let mut ordered: Vec<(Member<'a>, Vec<usize>)> = Vec::new();
        while !waiting.is_empty() {
            let ready: Vec<usize> = (0..waiting.len())
                .filter(|i| {
                    let needs = wanted(&waiting[*i]);
                    !waiting.iter().any(|w| needs.contains(&key(w)))
                })
                .collect();
            // A cycle: take them as they come.
            let cycle = ready.is_empty();
            let done = ordered.len();
            let mut rest = Vec::new();
            for (i, member) in waiting.into_iter().enumerate() {
                if cycle || ready.contains(&i) {
                    let needs = wanted(&member);
                    let after = (0..done).filter(|n| needs.contains(&key(&ordered[*n].0)));
                    let after = after.collect();
                    ordered.push((member, after));
                } else {
                    rest.push(member);
                }
            }
            waiting = rest;
        }
        ordered
    }
}

/// A step on an existing object, to be filled in by the caller.
pub(super) fn step(
    action: Action,
    target: ObjectRef,
    cause: impl Into<String>,
    goal: Goal,
) -> Step {
    let danger = match &action {
        Action::StartContainer
        | Action::UnpauseContainer
        | Action::CreateContainer { .. }
        | Action::CreateVolume { .. }
        | Action::CreateNetwork { .. }
        | Action::ConnectNetwork { .. }
        | Action::PullImage { .. }
        | Action::TagImage { .. }
        | Action::RenameContainer { .. } => Danger::Safe,
        Action::StopContainer { .. }
        | Action::RestartContainer { .. }
        | Action::KillContainer { .. }
        | Action::PauseContainer
        | Action::DisconnectNetwork { .. } => Danger::Disruptive,
        Action::RemoveContainer { .. }
        | Action::RemoveVolume { .. }
        | Action::RemoveNetwork
        | Action::RemoveImage { .. } => Danger::Destructive,
    };
    Step {
        id: 0,
        action,
        target,
        made_by: None,
        cause: cause.into(),
        danger,
        after: Vec::new(),
        precondition: Precondition::default(),
        goal,
    }
}
