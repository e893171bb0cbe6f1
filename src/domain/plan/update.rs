//! Containers that shall be specified otherwise: changed in place, or replaced.

use super::build::{Builder, Member, step};
use super::{Action, Danger, Goal, Precondition, Specified, Step};
use crate::domain::error::{Error, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::{PullPolicy, Target};
use crate::domain::observed::ContainerState as State;
use crate::domain::spec::{Change, ContainerSpec};

impl Builder<'_> {
    pub(super) fn update(
        &mut self,
        target: &Target,
        was: &ContainerSpec,
        spec: &ContainerSpec,
        replace: bool,
        pull: PullPolicy,
    ) -> Result<()> {
        let [m] = &self.members(std::slice::from_ref(target), Self::must_exist)?[..] else {
            return Err(Error::invalid(format!(
                "{} is more than one container",
                target.object
            )));
        };
        if m.container.state == State::Removing {
            return Err(super::containers::being_removed(m));
        }
        let changes = was.changes(spec);
        if changes.is_empty() && !replace {
            self.unchanged(&m.object, "is specified like that already");
            return Ok(());
        }
        let specified = Some(Box::new(Specified {
            container: m.object.clone(),
            spec: was.clone(),
        }));
        let dead: Vec<&Change> = changes.iter().filter(|c| !c.live).collect();
        if dead.is_empty() && !replace {
            self.in_place(m, was, spec, &changes, specified);
            return Ok(());
        }
        let cause = match dead.as_slice() {
            [] => "asked for".to_owned(),
            some => format!("the engine cannot change in place: {}", fields(some)),
        };
        self.plan
            .notes
            .extend(changes.iter().map(Change::to_string));
        self.replace(m, spec, pull, &cause, specified)
    }

    fn in_place(
        &mut self,
        m: &Member<'_>,
        was: &ContainerSpec,
        spec: &ContainerSpec,
        changes: &[Change],
        specified: Option<Box<Specified>>,
    ) {
        let (restart, resources) = was.limits(spec);
        let all: Vec<&Change> = changes.iter().collect();
        let action = Action::UpdateContainer {
            restart: restart.clone(),
            resources: resources.clone(),
        };
        let cause = format!("{}: the engine changes it in place", fields(&all));
        self.step(Step {
            // It goes on running all the while.
            danger: Danger::Safe,
            precondition: Precondition {
                specified,
                ..m.precondition()
            },
            ..step(
                action,
                m.object.clone(),
                cause,
                Goal::Limited { restart, resources },
            )
        });
        self.plan
            .notes
            .extend(changes.iter().map(Change::to_string));
    }

    /// The new one is made first and takes the name when the old one has stopped; the old one is
    /// removed when the new one runs, and comes back when it does not.
    fn replace(
        &mut self,
        m: &Member<'_>,
        spec: &ContainerSpec,
        pull: PullPolicy,
        cause: &str,
        specified: Option<Box<Specified>>,
    ) -> Result<()> {
        let host = m.object.host.clone();
        let (name, up) = (m.container.name.to_string(), m.container.state.is_up());
        let taken = |name: &str| m.host.containers.iter().any(|c| *c.name == *name);
        let new_name = free_name(&name, "new", taken);
        let old_name = free_name(&name, "old", taken);
        let made = self.create(&host, Some(&new_name), spec, pull, cause)?;
        self.plan.steps[made].precondition.specified = specified;
        let new = self.plan.steps[made].target.clone();
        let old = m.object.clone();
        let mut swapped = vec![made];
        if up {
            let stop = self.stop_step(m, None, vec![made]);
            "the new one takes its place".clone_into(&mut self.plan.steps[stop].cause);
            swapped.push(stop);
        }
        let aside = self.named(&old, None, &old_name, "it frees its name", &swapped, m);
        let takes = self.named(&new, Some(made), &name, "it takes the name", &[aside], m);
        let mut last = takes;
        swapped.extend([aside, takes]);
        if up {
            last = self.step(Step {
                made_by: Some(made),
                after: vec![takes],
                ..step(
                    Action::StartContainer,
                    ObjectRef::new(host, Kind::Container, "", &*name),
                    "the old one was running",
                    Goal::Steady,
                )
            });
            swapped.push(last);
        }
        let remove = Action::RemoveContainer {
            force: false,
            volumes: false,
        };
        let reason = if up {
            "the new one runs"
        } else {
            "the new one is there"
        };
        self.step(Step {
            after: vec![last],
            precondition: Precondition {
                states: vec![State::Created, State::Exited, State::Dead],
                ..m.precondition()
            },
            ..step(remove, old.clone(), reason, Goal::Absent)
        });
        let steps = swapped.split_off(1);
        self.rescue(m, (&new, made, &new_name), &name, steps, up);
        self.plan.notes.push(format!(
            "if it goes wrong, the old one gets its name back{}; the new one stays as {new_name}",
            if up { " and runs again" } else { "" }
        ));
        if spec.auto_remove {
            self.plan
                .notes
                .push("it removes itself when it ends (auto-remove)".to_owned());
        }
        Ok(())
    }

    /// A step that gives a container another name.
    fn named(
        &mut self,
        target: &ObjectRef,
        made_by: Option<usize>,
        to: &str,
        cause: &str,
        after: &[usize],
        old: &Member<'_>,
    ) -> usize {
        let precondition = match made_by {
            Some(_) => Precondition::default(),
            None => old.precondition(),
        };
        self.step(Step {
            made_by,
            after: after.to_vec(),
            precondition,
            ..step(
                Action::RenameContainer { to: to.to_owned() },
                target.clone(),
                cause,
                Goal::Named(to.to_owned()),
            )
        })
    }

    /// Everything back as it was, should one of `steps` go wrong.
    fn rescue(
        &mut self,
        m: &Member<'_>,
        (new, made, new_name): (&ObjectRef, usize, &str),
        name: &str,
        steps: Vec<usize>,
        up: bool,
    ) {
        let mut chain = Vec::new();
        if up {
            // Half started it would hold the ports that the old one wants back.
            let stop = self.step(Step {
                made_by: Some(made),
                ..step(
                    Action::StopContainer { timeout: None },
                    new.clone(),
                    "the old one comes back",
                    Goal::Stopped,
                )
            });
            chain.push(stop);
        }
        let away = self.named(new, Some(made), new_name, "the old one comes back", &[], m);
        chain.push(away);
        let back = self.named(&m.object, None, name, "the old one comes back", &[], m);
        chain.push(back);
        if up {
            let start = self.step(Step {
                precondition: m.precondition(),
                ..step(
                    Action::StartContainer,
                    m.object.clone(),
                    "the old one comes back",
                    Goal::Running,
                )
            });
            chain.push(start);
        }
        let mut before: Option<usize> = None;
        for id in chain {
            let step = &mut self.plan.steps[id];
            step.after = before.into_iter().collect();
            step.rescues.clone_from(&steps);
            before = Some(id);
        }
    }
}

/// `web.new`, or `web.new2` when that is taken.
fn free_name(name: &str, what: &str, taken: impl Fn(&str) -> bool) -> String {
    let first = format!("{name}.{what}");
    let mut names =
        std::iter::once(first.clone()).chain((2..1000).map(|n| format!("{name}.{what}{n}")));
    names.find(|n| !taken(n)).unwrap_or(first)
}

/// `image, env.A and 3 more`.
fn fields(changes: &[&Change]) -> String {
    let shown: Vec<&str> = changes.iter().take(4).map(|c| &*c.field).collect();
    let shown = shown.join(", ");
    match changes.len() {
        0..=4 => shown,
        n => format!("{shown} and {} more", n - 4),
    }
}
