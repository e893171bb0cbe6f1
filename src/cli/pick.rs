//! Finds out which objects and hosts are meant, and who could not be asked.

use std::sync::Arc;

use super::Context;
use super::args::change::Many;
use super::args::read::Choice;
use super::exit::{Exit, Stop};
use super::out::Problem;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
use crate::domain::selector::{self, Reference, Selector};
use crate::domain::snapshot::{HostShard, Snapshot};
use crate::domain::text::glob;
use crate::reconcile::CoreHandle;

/// What was found.
#[derive(Debug)]
pub(crate) struct Picked {
    pub(crate) snapshot: Arc<Snapshot>,
    /// The hosts that were meant.
    pub(crate) hosts: Vec<HostId>,
    pub(crate) targets: Vec<Target>,
    /// The hosts that could not be asked.
    pub(crate) problems: Vec<Problem>,
}

impl Picked {
    pub(crate) fn objects(&self) -> Vec<ObjectRef> {
        self.targets.iter().map(|t| t.object.clone()).collect()
    }

    /// How a look at them ends: 5 when nobody could be asked, 3 when somebody could not.
    pub(crate) fn exit(&self) -> Exit {
        exit(&self.problems, self.hosts.len())
    }
}

pub(crate) fn exit(problems: &[Problem], asked: usize) -> Exit {
    match problems.len() {
        0 => Exit::Done,
        n if n >= asked => Exit::Unreachable,
        _ => Exit::Partial,
    }
}

/// What is wanted: references and conditions.
#[derive(Debug, Default)]
pub(crate) struct Want<'a> {
    pub(crate) targets: &'a [String],
    pub(crate) choice: Choice,
    pub(crate) all: bool,
}

impl<'a> From<&'a Many> for Want<'a> {
    fn from(many: &'a Many) -> Self {
        Self {
            targets: &many.targets,
            choice: many.choice.clone(),
            all: many.all,
        }
    }
}

impl Want<'_> {
    fn selector(&self, hosts: &[String]) -> Result<Selector, Error> {
        let references: Result<Vec<Reference>, Error> =
            self.targets.iter().map(|t| t.parse()).collect();
        Ok(Selector {
            references: references?,
            hosts: hosts.to_vec(),
            labels: self.choice.labels.clone(),
            states: self.choice.states.clone(),
            health: self.choice.health.clone(),
            all: self.all,
        })
    }

    /// Is anything named or described?
    pub(crate) fn names_something(&self) -> bool {
        !(self.targets.is_empty()
            && self.choice.labels.is_empty()
            && self.choice.states.is_empty()
            && self.choice.health.is_empty())
    }

    /// Is nothing named or described, and not even everything asked for?
    fn is_empty(&self) -> bool {
        !self.names_something() && !self.all
    }
}

/// The hosts that the references name, when each of them names one; else those of `--host`.
fn meant(snapshot: &Snapshot, selector: &Selector) -> Result<Vec<HostId>, Error> {
    let hosts = selector::hosts(snapshot, &selector.hosts)?;
    let mut globs = Vec::new();
    for reference in &selector.references {
        let host = reference
            .host
            .as_deref()
            .filter(|g| snapshot.hosts.iter().any(|h| glob(g, h.id().as_str())));
        let Some(host) = host else {
            globs.clear();
            break;
        };
        globs.push(host);
    }
    let named = |id: &HostId| globs.is_empty() || globs.iter().any(|g| glob(g, id.as_str()));
    Ok(hosts
        .into_iter()
        .map(|h| h.id().clone())
        .filter(named)
        .collect())
}

/// The picture once every one of `hosts` has answered or is known not to; what is not known when
/// patience ends stays unknown.
pub(crate) async fn settle(
    core: &CoreHandle,
    ctx: &Context,
    hosts: &[HostId],
) -> Result<Arc<Snapshot>, Error> {
    match tokio::time::timeout(ctx.global.patience(), core.settled(hosts)).await {
        Ok(snapshot) => snapshot,
        Err(_) => Ok(core.snapshot()),
    }
}

/// Why each of `hosts` could not be asked, or not for all of `kinds`.
fn silent(ctx: &Context, snapshot: &Snapshot, hosts: &[HostId], kinds: &[Kind]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in hosts {
        let Some(host) = snapshot.host(id) else {
            continue;
        };
        let error = match host.link.error() {
            Some(e) => Some(e.clone()),
            None if !host.listed => Some(Error::new(
                ErrorKind::Unreachable,
                format!(
                    "{id} did not answer within {}",
                    super::human::span(ctx.global.patience())
                ),
            )),
            None => kinds
                .iter()
                .find_map(|k| Some((k, host.gaps.get(k)?)))
                .map(|(k, e)| e.clone().context(format!("list {} of {id}", k.plural()))),
        };
        if let Some(error) = error {
            let error = if names(&error.chain(), id) {
                error
            } else {
                error.context(id.as_str())
            };
            let error = if error.hint().is_none() {
                let hint = advice(&error, host);
                error.with_hint(hint)
            } else {
                error
            };
            problems.push(Problem {
                host: Some(id.clone()),
                error,
            });
        }
    }
    problems
}

/// Does this say which host it is about? Its address does not count.
fn names(text: &str, host: &HostId) -> bool {
    text.split(": ").any(|part| {
        let after = |words: &str| {
            part.strip_suffix(host.as_str())
                .is_some_and(|p| p.ends_with(words))
        };
        let before = part.strip_prefix(host.as_str());
        before.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            || after(" of ")
            || after(" on ")
            || part.starts_with(&format!("the host {host} "))
    })
}

/// What to do about a failure of a host: its own hint, or what usually helps.
pub(crate) fn advice(error: &Error, host: &HostShard) -> String {
    if let Some(hint) = error.hint() {
        return hint.to_owned();
    }
    let endpoint = &*host.facts.endpoint;
    match error.kind() {
        ErrorKind::Denied if endpoint.starts_with("unix:") => {
            "join the group that owns the socket (usermod -aG docker USER), and log in anew".into()
        }
        ErrorKind::Denied => "check the certificates or keys of this host".into(),
        ErrorKind::Unreachable if endpoint.starts_with("unix:") => {
            "is the engine running? systemctl status docker".into()
        }
        ErrorKind::Unreachable => {
            format!("is the machine up, and does a firewall let {endpoint} through?")
        }
        ErrorKind::Transient => {
            "the engine itself has trouble: see its log (journalctl -u docker) and its disk".into()
        }
        ErrorKind::TimedOut => "the host is overloaded or far away; try --timeout 1m".into(),
        ErrorKind::Protocol => format!("is a Docker engine really what answers at {endpoint}?"),
        _ => format!("pilothouse doctor --host {}", host.id()),
    }
}

/// The objects of `kinds` that are meant.
pub(crate) async fn pick(
    core: &CoreHandle,
    ctx: &Context,
    want: &Want<'_>,
    kinds: &[Kind],
) -> Result<Picked, Stop> {
    let selector = want.selector(&ctx.global.hosts)?;
    let hosts = meant(&core.snapshot(), &selector)?;
    let snapshot = settle(core, ctx, &hosts).await?;
    let problems = silent(ctx, &snapshot, &hosts, kinds);
    let narrowed = Selector {
        hosts: hosts.iter().map(ToString::to_string).collect(),
        ..selector
    };
    let targets = match narrowed.resolve(&snapshot, kinds) {
        Ok(selection) => selection.targets,
        // It may well be on a host that has not answered.
        Err(e) if e.kind() == ErrorKind::NotFound && !problems.is_empty() => Vec::new(),
        Err(e) => return Err(e.into()),
    };
    Ok(Picked {
        snapshot,
        hosts,
        targets,
        problems,
    })
}

/// The objects to change: at least one, or the program ends here.
pub(crate) async fn pick_some(
    core: &CoreHandle,
    ctx: &mut Context,
    want: &Want<'_>,
    kinds: &[Kind],
) -> Result<Picked, Stop> {
    if want.is_empty() {
        return Err(Error::invalid("nothing is named")
            .with_hint("name TARGETS, choose them with --label or --state, or say --all")
            .into());
    }
    let picked = pick(core, ctx, want, kinds).await?;
    if picked.targets.is_empty() {
        if picked.problems.is_empty() {
            return Ok(picked);
        }
        for problem in &picked.problems {
            ctx.out.error(&problem.error);
        }
        return Err(Stop::Exit(Exit::Unreachable));
    }
    Ok(picked)
}

/// Exactly one object of `kinds`.
pub(crate) async fn pick_one(
    core: &CoreHandle,
    ctx: &mut Context,
    name: &str,
    kinds: &[Kind],
) -> Result<Target, Stop> {
    let names = [name.to_owned()];
    let want = Want {
        targets: &names,
        ..Want::default()
    };
    let mut picked = pick_some(core, ctx, &want, kinds).await?;
    match picked.targets.len() {
        1 => Ok(picked.targets.swap_remove(0)),
        n => {
            let words: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
            let all: Vec<String> = picked.objects().iter().map(ToString::to_string).collect();
            Err(Error::invalid(format!(
                "{name} means {n} of them, and one {} is wanted: {}",
                words.join(" or "),
                all.join(", ")
            ))
            .into())
        }
    }
}

/// The hosts on which something is to be made: those that answer, and why the others do not.
pub(crate) async fn pick_hosts(
    core: &CoreHandle,
    ctx: &mut Context,
    all: bool,
) -> Result<(Vec<HostId>, Vec<Problem>), Stop> {
    let hosts: Vec<HostId> = selector::hosts(&core.snapshot(), &ctx.global.hosts)?
        .into_iter()
        .map(|h| h.id().clone())
        .collect();
    if ctx.global.hosts.is_empty() && hosts.len() > 1 && !all {
        let known: Vec<&str> = hosts.iter().map(HostId::as_str).collect();
        return Err(Error::invalid("on which host?")
            .with_hint(format!("--host GLOB; known hosts: {}", known.join(", ")))
            .into());
    }
    let snapshot = settle(core, ctx, &hosts).await?;
    let problems = silent(ctx, &snapshot, &hosts, &[]);
    let up: Vec<HostId> = hosts
        .into_iter()
        .filter(|id| !problems.iter().any(|p| p.host.as_ref() == Some(id)))
        .collect();
    if up.is_empty() {
        for problem in &problems {
            ctx.out.error(&problem.error);
        }
        return Err(Stop::Exit(Exit::Unreachable));
    }
    Ok((up, problems))
}
