//! Builds a plan: collects steps, finds objects, says why not.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

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
            Intent::Update {
                target,
                was,
                spec,
                replace,
                pull,
            } => self.update(target, was, spec, *replace, *pull)?,
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

    /// What is said of a named object that is not there. An old picture does not show that it is
    /// gone.
    pub(super) fn missing(host: &HostShard, object: &ObjectRef) -> Error {
        match host.link.error() {
            Some(e) => e.clone().context(format!(
                "{} {object} is not in the last picture of {}, which does not answer",
                object.kind,
                host.id()
            )),
            None => Error::new(
                ErrorKind::NotFound,
                format!("{} {object} does not exist", object.kind),
            ),
        }
    }

    /// What shall be gone and is not there: done, if the picture may be believed.
    pub(super) fn gone_already(&mut self, host: &HostShard, object: &ObjectRef) -> Result<()> {
        if !host.link.is_live() {
            return Err(Self::missing(host, object));
        }
        self.unchanged(object, "is gone already");
        Ok(())
    }

    /// The containers that `targets` mean, each once, sorted; services and projects as their
    /// containers. Targets that are gone are given to `gone`.
    pub(super) fn members(
        &self,
        targets: &[Target],
        mut gone: impl FnMut(&'a HostShard, &ObjectRef) -> Result<()>,
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
                        Self::same(target, c.created)?;
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
                gone(host, object)?;
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

    /// Is the object still the one that was seen? Volumes have nothing but their name and age.
    pub(super) fn same(target: &Target, created: Option<DateTime<Utc>>) -> Result<()> {
        match (target.created, created) {
            (Some(seen), Some(now)) if seen.timestamp() != now.timestamp() => Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "{} is another {} than the one that was seen",
                    target.object, target.object.kind
                ),
            )
            .with_hint("look again")),
            _ => Ok(()),
        }
    }

    /// A missing target is an error.
    pub(super) fn must_exist(host: &HostShard, object: &ObjectRef) -> Result<()> {
        Err(Self::missing(host, object))
    }

    /// Members ordered so that what others wait for comes first, as Compose's labels say, each with
    /// the positions of the members it waits for. Nonsense in labels and cycles order nothing.
    pub(super) fn by_dependency(members: Vec<Member<'a>>) -> Vec<Placed<'a>> {
        let needs: Vec<Vec<Part>> = members.iter().map(needs).collect();
        let mut of: BTreeMap<Part, Vec<usize>> = BTreeMap::new();
        for (n, m) in members.iter().enumerate() {
            if let Some(part) = part(m) {
                of.entry(part).or_default().push(n);
            }
        }
        let waits_for = |n: usize| needs[n].iter().filter_map(|p| of.get(p)).flatten();
        // Where each member stands in the result, once it does.
        let mut places: Vec<Option<usize>> = vec![None; members.len()];
        let mut order: Vec<(usize, Vec<usize>, usize)> = Vec::new();
        let mut waiting: Vec<usize> = (0..members.len()).collect();
        for level in 0.. {
            if waiting.is_empty() {
                break;
            }
            let (mut ready, mut rest): (Vec<usize>, Vec<usize>) = waiting
                .into_iter()
                .partition(|n| waits_for(*n).all(|m| places[*m].is_some()));
            if ready.is_empty() {
                // A cycle: take them as they come.
                std::mem::swap(&mut ready, &mut rest);
            }
            let before = order.len();
            for n in &ready {
                let mut after: Vec<usize> = waits_for(*n).filter_map(|m| places[*m]).collect();
                after.sort_unstable();
                after.dedup();
                order.push((*n, after, level));
            }
            for (place, (n, ..)) in order.iter().enumerate().skip(before) {
                places[*n] = Some(place);
            }
            waiting = rest;
        }
        let mut members: Vec<Option<Member<'a>>> = members.into_iter().map(Some).collect();
        order
            .into_iter()
            .filter_map(|(n, waits, level)| {
                let member = members[n].take()?;
                Some(Placed {
                    member,
                    waits,
                    level,
                })
            })
            .collect()
    }
}

/// A member and its place in the order of dependencies.
pub(super) struct Placed<'a> {
    pub(super) member: Member<'a>,
    /// The places of those it waits for.
    pub(super) waits: Vec<usize>,
    /// Members of one level do not wait for each other.
    pub(super) level: usize,
}

/// The places in the order of stopping: who waits comes first, otherwise by name.
pub(super) fn backwards(ordered: &[Placed<'_>]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..ordered.len()).collect();
    places.sort_by_key(|n| std::cmp::Reverse(ordered[*n].level));
    places
}

/// For each member, the places of those that wait for it.
pub(super) fn users(ordered: &[Placed<'_>]) -> Vec<Vec<usize>> {
    let mut users = vec![Vec::new(); ordered.len()];
    for (n, placed) in ordered.iter().enumerate() {
        for w in &placed.waits {
            users[*w].push(n);
        }
    }
    users
}

/// A service of a project on a host.
type Part = (HostId, String, String);

fn part(m: &Member<'_>) -> Option<Part> {
    let c = &m.container;
    let (project, service) = (c.project()?.to_owned(), c.service()?.to_owned());
    Some((m.object.host.clone(), project, service))
}

/// The services a container's own waits for.
fn needs(m: &Member<'_>) -> Vec<Part> {
    let Some((host, project, own)) = part(m) else {
        return Vec::new();
    };
    let list = m.container.label(DEPENDS_LABEL).unwrap_or_default();
    list.split(',')
        .filter_map(|d| d.split(':').next())
        .filter(|d| !d.is_empty() && *d != own)
        .map(|d| (host.clone(), project.clone(), d.to_owned()))
        .collect()
}

/// Each number once, in order.
pub(super) fn union<'s>(lists: impl Iterator<Item = &'s Vec<usize>>) -> Vec<usize> {
    let mut all: Vec<usize> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
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
        | Action::UpdateContainer { .. }
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
        rescues: Vec::new(),
        precondition: Precondition::default(),
        goal,
    }
}
