//! Containers: start, stop, restart, kill, pause, unpause, remove, rename, create.

use std::sync::Arc;
use std::time::Duration;

use super::build::{Builder, Member, Placed, backwards, step, union, users};
use super::volumes::Removals;
use super::{Action, Goal, Precondition, Step};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::{PullPolicy, Target};
use crate::domain::observed::ContainerState as State;
use crate::domain::selector::same_image_name;
use crate::domain::spec::{ContainerSpec, MountKind};

/// Names of containers, volumes and networks, as the engine demands them.
pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    // Networks may be called by one letter, the others may not.
    let least = if what == "network" { 1 } else { 2 };
    let mut chars = name.chars();
    let good = chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && name.len() >= least
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if good {
        return Ok(());
    }
    Err(
        Error::invalid(format!("{name:?} cannot be the name of a {what}")).with_hint(format!(
            "{} or more of a-z, A-Z, 0-9, _ . -; the first a letter or a digit",
            if least == 1 { "one" } else { "two" }
        )),
    )
}

impl Builder<'_> {
    pub(super) fn start(&mut self, targets: &[Target]) -> Result<()> {
        let members = self.members(targets, Self::must_exist)?;
        // What to wait for, to know each member started: its step, or of one that runs already the
        // steps of what it waits for itself.
        let mut starts: Vec<Vec<usize>> = Vec::new();
        for Placed {
            member: m, waits, ..
        } in Self::by_dependency(members)
        {
            let after = union(waits.iter().filter_map(|w| starts.get(*w)));
            let action = match m.container.state {
                State::Running | State::Restarting if m.is_live() => {
                    self.unchanged(&m.object, format!("is {} already", m.container.state));
                    starts.push(after);
                    continue;
                }
                State::Removing => return Err(being_removed(&m)),
                State::Paused => Action::UnpauseContainer,
                State::Running
                | State::Restarting
                | State::Stopping
                | State::Created
                | State::Exited
                | State::Dead
                | State::Unknown => Action::StartContainer,
            };
            let cause = m.why(&format!("it is {}", m.container.state));
            let precondition = m.precondition();
            let id = self.step(Step {
                after,
                precondition,
                ..step(action, m.object, cause, Goal::Running)
            });
            starts.push(vec![id]);
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, targets: &[Target], timeout: Option<Duration>) -> Result<()> {
        let members = self.members(targets, Self::must_exist)?;
        let ordered = Self::by_dependency(members);
        // What others wait for stops last.
        let users = users(&ordered);
        let mut stops: Vec<Vec<usize>> = vec![Vec::new(); ordered.len()];
        for n in backwards(&ordered) {
            let m = &ordered[n].member;
            let after = union(users[n].iter().map(|u| &stops[*u]));
            if !m.container.state.may_be_up() && m.is_live() {
                self.unchanged(&m.object, format!("is {} already", m.container.state));
                stops[n] = after;
                continue;
            }
            stops[n] = vec![self.stop_step(m, timeout, after)];
        }
        Ok(())
    }

    /// Stop one container; a frozen one is thawed first, or it could not hear the signal.
    pub(super) fn stop_step(
        &mut self,
        m: &Member<'_>,
        timeout: Option<Duration>,
        mut after: Vec<usize>,
    ) -> usize {
        if m.container.state == State::Paused {
            let thaw = Step {
                after: after.clone(),
                precondition: m.precondition(),
                ..step(
                    Action::UnpauseContainer,
                    m.object.clone(),
                    m.why("paused containers cannot hear a signal"),
                    Goal::Unpaused,
                )
            };
            after.push(self.step(thaw));
        }
        let cause = m.why(&format!("it is {}", m.container.state));
        self.step(Step {
            after,
            precondition: m.precondition(),
            ..step(
                Action::StopContainer { timeout },
                m.object.clone(),
                cause,
                Goal::Stopped,
            )
        })
    }

    pub(super) fn restart(&mut self, targets: &[Target], timeout: Option<Duration>) -> Result<()> {
        let members = self.members(targets, Self::must_exist)?;
        let mut steps: Vec<usize> = Vec::new();
        for Placed {
            member: m, waits, ..
        } in Self::by_dependency(members)
        {
            if m.container.state == State::Removing {
                return Err(being_removed(&m));
            }
            let mut after: Vec<usize> = waits
                .iter()
                .filter_map(|w| steps.get(*w).copied())
                .collect();
            if m.container.state == State::Paused {
                let thaw = Step {
                    after: after.clone(),
                    precondition: m.precondition(),
                    ..step(
                        Action::UnpauseContainer,
                        m.object.clone(),
                        m.why("paused containers cannot hear a signal"),
                        Goal::Unpaused,
                    )
                };
                after.push(self.step(thaw));
            }
            let cause = m.why("asked for");
            steps.push(self.step(Step {
                after,
                precondition: m.precondition(),
                ..step(
                    Action::RestartContainer { timeout },
                    m.object.clone(),
                    cause,
                    Goal::Restarted,
                )
            }));
        }
        Ok(())
    }

    pub(super) fn kill(&mut self, targets: &[Target], signal: &str) -> Result<()> {
        let signal = signal_name(signal)?;
        let ends = matches!(&*signal, "SIGKILL" | "9");
        for m in self.members(targets, Self::must_exist)? {
            let state = m.container.state;
            if !state.may_be_up() && m.is_live() {
                if ends {
                    self.unchanged(&m.object, format!("is {state} already"));
                    continue;
                }
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("{} is {state}: nobody there to get {signal}", m.object),
                ));
            }
            let mut after = Vec::new();
            if state == State::Paused {
                let cause = m.why("paused containers cannot hear a signal");
                let thaw = step(
                    Action::UnpauseContainer,
                    m.object.clone(),
                    cause,
                    Goal::Unpaused,
                );
                after.push(self.step(Step {
                    precondition: m.precondition(),
                    ..thaw
                }));
            }
            let goal = if ends { Goal::Stopped } else { Goal::Answered };
            let cause = m.why(&format!("it is {state}"));
            let action = Action::KillContainer {
                signal: signal.clone(),
            };
            self.step(Step {
                after,
                precondition: m.precondition(),
                ..step(action, m.object, cause, goal)
            });
        }
        Ok(())
    }

    pub(super) fn pause(&mut self, targets: &[Target]) -> Result<()> {
        for m in self.members(targets, Self::must_exist)? {
            match m.container.state {
                State::Paused if m.is_live() => self.unchanged(&m.object, "is paused already"),
                state if !state.is_up() && m.is_live() => {
                    if m.part_of.is_none() {
                        return Err(Error::new(
                            ErrorKind::Conflict,
                            format!("{} is {state}: only what runs can be paused", m.object),
                        ));
                    }
                    self.unchanged(&m.object, format!("is {state}"));
                }
                state => {
                    let cause = m.why(&format!("it is {state}"));
                    self.step(Step {
                        precondition: m.precondition(),
                        ..step(
                            Action::PauseContainer,
                            m.object.clone(),
                            cause,
                            Goal::Paused,
                        )
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn unpause(&mut self, targets: &[Target]) -> Result<()> {
        for m in self.members(targets, Self::must_exist)? {
            if m.container.state != State::Paused && m.is_live() {
                self.unchanged(&m.object, format!("is {}, not paused", m.container.state));
                continue;
            }
            let cause = m.why(&format!("it is {}", m.container.state));
            self.step(Step {
                precondition: m.precondition(),
                ..step(
                    Action::UnpauseContainer,
                    m.object.clone(),
                    cause,
                    Goal::Unpaused,
                )
            });
        }
        Ok(())
    }

    /// Remove containers; what belongs to a service or project is stopped first, what others wait
    /// for last, as `docker compose down` does. The steps, by container.
    pub(super) fn remove_containers(
        &mut self,
        targets: &[Target],
        force: bool,
        volumes: bool,
    ) -> Result<Removals> {
        let mut gone = Vec::new();
        let members = self.members(targets, |host, object| {
            // Of a project, networks and volumes may be left.
            if object.kind != Kind::Project {
                gone.push((host, object.clone()));
            }
            Ok(())
        })?;
        for (host, object) in gone {
            self.gone_already(host, &object)?;
        }
        let ordered = Self::by_dependency(members);
        let users = users(&ordered);
        let mut stops: Vec<Vec<usize>> = vec![Vec::new(); ordered.len()];
        let mut steps = Removals::new();
        for n in backwards(&ordered) {
            let m = &ordered[n].member;
            let up = m.container.state.is_up();
            if up && !force && m.part_of.is_none() && m.is_live() {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("{} is {}", m.object, m.container.state),
                )
                .with_hint("stop it first, or remove it with --force"));
            }
            // What was named itself is never stopped for it, whatever an old picture shows.
            let stopped = up && !force && m.part_of.is_some();
            stops[n] = union(users[n].iter().map(|u| &stops[*u]));
            let mut after = Vec::new();
            if stopped {
                let stop = self.stop_step(m, None, std::mem::take(&mut stops[n]));
                stops[n] = vec![stop];
                after.push(stop);
            }
            let cause = m.why(match (stopped, up && force) {
                (true, _) => "stopped by the step before",
                (false, true) => "asked for, running or not",
                (false, false) => "asked for",
            });
            let states = if force {
                Vec::new()
            } else {
                vec![State::Created, State::Exited, State::Dead]
            };
            let id = self.step(Step {
                after,
                precondition: Precondition {
                    states,
                    ..m.precondition()
                },
                ..step(
                    Action::RemoveContainer { force, volumes },
                    m.object.clone(),
                    cause,
                    Goal::Absent,
                )
            });
            steps.insert(m.object.clone(), id);
        }
        Ok(steps)
    }

    pub(super) fn rename(&mut self, target: &Target, to: &str) -> Result<()> {
        check_name("container", to)?;
        let [m] = &self.members(std::slice::from_ref(target), Self::must_exist)?[..] else {
            return Err(Error::invalid(format!(
                "{} is more than one container",
                target.object
            )));
        };
        if *m.container.name == *to && m.is_live() {
            self.unchanged(&m.object, "has this name already");
            return Ok(());
        }
        Self::free(
            m.host
                .containers
                .iter()
                .find(|c| *c.name == *to && c.id != m.container.id)
                .map(|c| m.host.container_ref(c)),
        )?;
        self.step(Step {
            precondition: m.precondition(),
            ..step(
                Action::RenameContainer { to: to.to_owned() },
                m.object.clone(),
                "asked for",
                Goal::Named(to.to_owned()),
            )
        });
        Ok(())
    }

    /// An error if the name is taken.
    pub(super) fn free(taken: Option<ObjectRef>) -> Result<()> {
        match taken {
            Some(object) => Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "{object} exists already ({} {})",
                    object.kind,
                    object.id.short()
                ),
            )
            .with_hint("choose another name, or remove it first")),
            None => Ok(()),
        }
    }

    pub(super) fn create_container(
        &mut self,
        host: &HostId,
        name: Option<&str>,
        spec: &ContainerSpec,
        start: bool,
        pull: PullPolicy,
    ) -> Result<()> {
        let cause = format!("from {}", spec.image);
        let made = self.create(host, name, spec, pull, &cause)?;
        if start {
            let target = self.plan.steps[made].target.clone();
            self.step(Step {
                made_by: Some(made),
                after: vec![made],
                ..step(Action::StartContainer, target, "it is new", Goal::Running)
            });
        }
        Ok(())
    }

    /// The step that makes a container, after those that get its image.
    pub(super) fn create(
        &mut self,
        host: &HostId,
        name: Option<&str>,
        spec: &ContainerSpec,
        pull: PullPolicy,
        cause: &str,
    ) -> Result<usize> {
        let shard = self.host(host)?;
        if spec.image.is_empty() {
            return Err(Error::invalid("a container needs an image"));
        }
        if let [first, ..] = spec.forgotten().as_slice() {
            return Err(Error::invalid(format!(
                "the value of {first} is a secret that was not written down"
            ))
            .with_hint(format!("give it: --env {first}=VALUE")));
        }
        if let Some(name) = name {
            check_name("container", name)?;
            let taken = shard.containers.iter().find(|c| *c.name == *name);
            Self::free(taken.map(|c| shard.container_ref(c)))?;
        }
        for port in &spec.ports {
            if port.container == 0 {
                return Err(Error::invalid("port 0 cannot be published"));
            }
        }
        for mount in &spec.mounts {
            if !mount.target.starts_with('/') {
                return Err(Error::invalid(format!(
                    "mount target {:?} is not an absolute path",
                    mount.target
                )));
            }
            if mount.kind == MountKind::Bind && !mount.source.starts_with('/') {
                return Err(Error::invalid(format!(
                    "bind source {:?} is not an absolute path on the host",
                    mount.source
                )));
            }
        }
        networks_exist(shard, spec)?;
        let mut after = Vec::new();
        let there = shard.images.iter().any(|i| {
            i.tags
                .iter()
                .chain(&i.digests)
                .any(|t| same_image_name(t, &spec.image))
                || i.id.as_str() == spec.image
                || i.id.short().starts_with(&spec.image) && spec.image.len() >= 4
        });
        match pull {
            PullPolicy::Always => {
                after.push(self.pull(host, &spec.image, spec.platform.as_deref(), "asked for")?);
            }
            PullPolicy::Missing if !there => {
                let cause = "the host has no such image";
                after.push(self.pull(host, &spec.image, spec.platform.as_deref(), cause)?);
            }
            PullPolicy::Never if !there && shard.link.is_live() => {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("{host} has no image {:?}", spec.image),
                )
                .with_hint("pull it first, or leave out --pull never"));
            }
            PullPolicy::Missing | PullPolicy::Never => {}
        }
        let target = ObjectRef::new(host.clone(), Kind::Container, "", name.unwrap_or_default());
        let create = Action::CreateContainer {
            name: name.map(str::to_owned),
            spec: Box::new(spec.clone()),
        };
        Ok(self.step(Step {
            after,
            ..step(create, target, cause, Goal::Present)
        }))
    }
}

fn networks_exist(
    host: &Arc<crate::domain::snapshot::HostShard>,
    spec: &ContainerSpec,
) -> Result<()> {
    for wanted in &spec.networks {
        let name = wanted.network.as_str();
        let special = matches!(name, "" | "default" | "bridge" | "host" | "none")
            || name.contains(':')
            || matches!(name, "slirp4netns" | "pasta" | "private" | "podman");
        let there = host
            .networks
            .iter()
            .any(|n| *n.name == *name || n.id.as_str().starts_with(name));
        if !special && !there && host.link.is_live() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{} has no network {name:?}", host.id()),
            )
            .with_hint(format!(
                "pilothouse create network {name} --host {}",
                host.id()
            )));
        }
    }
    Ok(())
}

pub(super) fn being_removed(m: &Member<'_>) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("{} is being removed", m.object),
    )
}

/// `kill`, `KILL`, `sigkill` are `SIGKILL`; a number stays; anything else is a mistake.
pub(super) fn signal_name(signal: &str) -> Result<String> {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    let upper = signal.trim().to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    if NAMES.contains(&bare) || bare.starts_with("RTMIN") || bare.starts_with("RTMAX") {
        return Ok(format!("SIG{bare}"));
    }
    if bare.parse::<u8>().is_ok_and(|n| (1..=64).contains(&n)) {
        return Ok(bare.to_owned());
    }
    let near = crate::domain::text::did_you_mean(bare, NAMES);
    let e = Error::invalid(format!("{signal:?} is not a signal"));
    Err(match near {
        Some(near) => e.with_hint(format!("did you mean SIG{near}?")),
        None => e.with_hint("a name such as TERM or SIGTERM, or a number from 1 to 64"),
    })
}
