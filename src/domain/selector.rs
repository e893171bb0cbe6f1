//! Which objects are meant: references (`[host/]name-or-id`, globs), labels, states.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::error::{Error, ErrorKind, Result};
use super::id::{HostId, Kind, ObjectId, ObjectRef};
use super::intent::Target;
use super::observed::{ContainerState, HealthStatus, Image, Labels};
use super::snapshot::{HostShard, Snapshot};
use super::text::{did_you_mean, glob, is_glob};

/// `[host/]name-or-id`; both halves may be globs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// None: any host.
    pub host: Option<String>,
    pub name: String,
}

impl FromStr for Reference {
    type Err = Error;

    /// Takes the text before the first slash for a host; [`Reference::resolve`] thinks again when
    /// there is no such host, because Compose services and images have slashes too.
    fn from_str(text: &str) -> Result<Self> {
        let bad = text.is_empty()
            || text.starts_with('/')
            || text.ends_with('/')
            || text.chars().any(|c| c.is_control() || c.is_whitespace());
        if bad {
            return Err(Error::invalid(format!("{text:?} is not a reference"))
                .with_hint("write NAME, HOST/NAME or a glob such as 'prod-*/web*'"));
        }
        Ok(match text.split_once('/') {
            Some((host, name)) => Self {
                host: Some(host.to_owned()),
                name: name.to_owned(),
            },
            None => Self {
                host: None,
                name: text.to_owned(),
            },
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{host}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Which objects of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    pub references: Vec<Reference>,
    /// Globs of hosts; one is enough. Empty: every host.
    pub hosts: Vec<String>,
    /// `key`, `key=value`, `key!=value`; all hold.
    pub labels: Vec<LabelTest>,
    pub states: Vec<ContainerState>,
    pub health: Vec<HealthStatus>,
    /// Take every candidate of an ambiguous name.
    pub all: bool,
}

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTest {
    pub key: String,
    /// A glob; none: the label only has to be there.
    pub value: Option<String>,
    pub negated: bool,
}

impl FromStr for LabelTest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (key, value, negated) = if let Some((k, v)) = text.split_once("!=") {
            (k, Some(v.to_owned()), true)
        } else if let Some((k, v)) = text.split_once('=') {
            (k, Some(v.to_owned()), false)
        } else if let Some(key) = text.strip_prefix('!') {
            (key, None, true)
        } else {
            (text, None, false)
        };
        if key.trim().is_empty() {
            return Err(Error::invalid(format!("{text:?} names no label"))
                .with_hint("write KEY, KEY=VALUE or KEY!=VALUE"));
        }
        Ok(Self {
            key: key.to_owned(),
            value,
            negated,
        })
    }
}

impl LabelTest {
    /// Does it hold for these labels?
    pub fn holds(&self, labels: &Labels) -> bool {
        let found = labels
            .get(self.key.as_str())
            .is_some_and(|v| self.value.as_ref().is_none_or(|pattern| glob(pattern, v)));
        found != self.negated
    }
}

/// What a selector found: the objects, and the hosts that could not be asked.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// In fleet order, each once.
    pub targets: Vec<Target>,
    /// Hosts that are meant and not live; with their errors.
    pub unreachable: Vec<(HostId, Error)>,
}

/// The hosts that any of `globs` names; all without globs. A glob that names none is an error.
pub fn hosts<'a>(snapshot: &'a Snapshot, globs: &[String]) -> Result<Vec<&'a Arc<HostShard>>> {
    for g in globs {
        if !snapshot.hosts.iter().any(|h| glob(g, h.id().as_str())) {
            let known = || snapshot.hosts.iter().map(|h| h.id().as_str());
            let e = Error::invalid(format!("no host is called {g:?}"));
            return Err(match did_you_mean(g, known()) {
                Some(near) => e.with_hint(format!("did you mean {near:?}?")),
                None => e.with_hint(format!(
                    "known hosts: {}",
                    known().collect::<Vec<_>>().join(", ")
                )),
            });
        }
    }
    let wanted =
        |h: &&Arc<HostShard>| globs.is_empty() || globs.iter().any(|g| glob(g, h.id().as_str()));
    Ok(snapshot.hosts.iter().filter(wanted).collect())
}

impl Selector {
    /// Everything of `kinds` that is meant. An unknown or ambiguous reference is an error; a host
    /// that does not answer is reported beside what was found.
    pub fn resolve(&self, snapshot: &Snapshot, kinds: &[Kind]) -> Result<Selection> {
        let hosts = hosts(snapshot, &self.hosts)?;
        let mut found = Selection::default();
        if self.references.is_empty() {
            for host in &hosts {
                Self::note(host, &mut found);
                for kind in kinds {
                    let all = host.refs(*kind).into_iter();
                    let fit = all.filter(|o| self.fits(host, o));
                    found.targets.extend(fit.map(|o| target(host, o)));
                }
            }
        }
        for reference in &self.references {
            self.one(reference, &hosts, snapshot, kinds, &mut found)?;
        }
        let mut seen = rustc_hash::FxHashSet::default();
        found.targets.retain(|t| {
            // Two names of one image are two things to untag.
            let name = (t.object.kind == Kind::Image).then(|| Arc::clone(&t.object.name));
            seen.insert((t.object.clone(), name))
        });
        found.unreachable.sort_by(|a, b| a.0.cmp(&b.0));
        found.unreachable.dedup_by(|a, b| a.0 == b.0);
        Ok(found)
    }

    fn note(host: &HostShard, found: &mut Selection) {
        if let Some(e) = host.link.error() {
            found.unreachable.push((host.id().clone(), e.clone()));
        }
    }

    fn one(
        &self,
        reference: &Reference,
        hosts: &[&Arc<HostShard>],
        snapshot: &Snapshot,
        kinds: &[Kind],
        found: &mut Selection,
    ) -> Result<()> {
        // The text before the first slash is a host only if there is one of that name.
        let (host_part, name) = match &reference.host {
            Some(h) if snapshot.hosts.iter().any(|s| glob(h, s.id().as_str())) => {
                (Some(h.as_str()), reference.name.clone())
            }
            Some(_) => (None, reference.to_string()),
            None => (None, reference.name.clone()),
        };
        let meant: Vec<&&Arc<HostShard>> = hosts
            .iter()
            .filter(|h| host_part.is_none_or(|g| glob(g, h.id().as_str())))
            .collect();
        let mut candidates = Vec::new();
        for kind in kinds {
            for host in &meant {
                let all = host.refs(*kind);
                let hits = find(&all, *kind, &name, host);
                candidates.extend(
                    hits.into_iter()
                        .filter(|o| self.fits(host, o))
                        .map(|o| target(host, o)),
                );
            }
            if !candidates.is_empty() {
                break;
            }
        }
        for host in &meant {
            Self::note(host, found);
        }
        let many_wanted = self.all || is_glob(&name) || host_part.is_some_and(is_glob);
        match candidates.len() {
            0 => {
                // Perhaps it is on a host that does not answer.
                let silent = meant.iter().any(|h| h.link.error().is_some());
                if silent {
                    return Ok(());
                }
                Err(unknown(reference, &name, &meant, kinds, host_part))
            }
            1 => {
                found.targets.append(&mut candidates);
                Ok(())
            }
            _ if many_wanted => {
                found.targets.append(&mut candidates);
                Ok(())
            }
            _ => {
                let list: Vec<String> = candidates
                    .iter()
                    .map(|t| format!("{} ({})", t.object, t.object.id.short()))
                    .collect();
                Err(
                    Error::invalid(format!("{reference} is ambiguous: {}", list.join(", ")))
                        .with_hint("name the host (HOST/NAME), or take them all with --all"),
                )
            }
        }
    }

    fn fits(&self, host: &HostShard, object: &ObjectRef) -> bool {
        let labels = self.labels.is_empty()
            || labels_of(host, object).is_some_and(|l| self.labels.iter().all(|t| t.holds(&l)));
        let container = (object.kind == Kind::Container)
            .then(|| host.container(&object.id))
            .flatten();
        let state =
            self.states.is_empty() || container.is_some_and(|c| self.states.contains(&c.state));
        let health = self.health.is_empty()
            || container
                .and_then(|c| c.health_status())
                .is_some_and(|h| self.health.contains(&h));
        labels && state && health
    }
}

/// The labels of an object; of a Compose service or project those its containers share.
pub fn labels_of(host: &HostShard, object: &ObjectRef) -> Option<Arc<Labels>> {
    match object.kind {
        Kind::Container => Some(Arc::clone(&host.container(&object.id)?.labels)),
        Kind::Image => Some(Arc::clone(&host.image(&object.id)?.labels)),
        Kind::Volume => Some(Arc::clone(&host.volume(object.id.as_str())?.labels)),
        Kind::Network => Some(Arc::clone(&host.network(&object.id)?.labels)),
        Kind::Machine => Some(Arc::clone(&host.facts.labels)),
        Kind::Service => {
            let service = host.services().into_iter().find(|s| s.id == object.id)?;
            match service.swarm {
                Some(swarm) => Some(Arc::clone(&swarm.labels)),
                None => common(service.containers.iter().map(|c| &*c.labels)),
            }
        }
        Kind::Project => {
            let project = host
                .projects()
                .into_iter()
                .find(|p| *p.name == *object.id.as_str())?;
            common(project.containers.iter().map(|c| &*c.labels))
        }
        Kind::Node => None,
    }
}

fn common<'a>(mut all: impl Iterator<Item = &'a Labels>) -> Option<Arc<Labels>> {
    let mut shared: BTreeMap<Arc<str>, Arc<str>> = all.next()?.clone();
    for labels in all {
        shared.retain(|k, v| labels.get(k) == Some(v));
    }
    Some(Arc::new(shared))
}

fn target(host: &HostShard, object: ObjectRef) -> Target {
    Target {
        created: host.created(&object),
        object,
    }
}

/// Exact name or full id first; then an id prefix; a glob matches names. An image comes with the
/// name it was named by, and without one when it was named by its id.
fn find(all: &[ObjectRef], kind: Kind, name: &str, host: &HostShard) -> Vec<ObjectRef> {
    if kind == Kind::Image {
        return find_images(name, host);
    }
    if is_glob(name) {
        return all
            .iter()
            .filter(|o| glob(name, &o.name))
            .cloned()
            .collect();
    }
    let exact: Vec<ObjectRef> = all
        .iter()
        .filter(|o| *o.name == *name || o.id.as_str() == name)
        .cloned()
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    let has_ids = matches!(kind, Kind::Container | Kind::Network | Kind::Node);
    if has_ids {
        let by_id = all.iter().filter(|o| has_prefix(&o.id, name));
        return by_id.cloned().collect();
    }
    Vec::new()
}

/// Is `prefix` the beginning of an id, long enough not to be a chance?
fn has_prefix(id: &ObjectId, prefix: &str) -> bool {
    let bare = prefix.strip_prefix("sha256:").unwrap_or(prefix);
    let id = id.as_str();
    bare.len() >= 2
        && bare.bytes().all(|b| b.is_ascii_hexdigit())
        && id.strip_prefix("sha256:").unwrap_or(id).starts_with(bare)
}

/// Any tag means the image, and so does a tag without `:latest` or the default registry. Of a glob
/// all tags that fit, so that each can be untagged.
fn find_images(name: &str, host: &HostShard) -> Vec<ObjectRef> {
    let named =
        |i: &Image, tag: &str| ObjectRef::new(host.id().clone(), Kind::Image, i.id.clone(), tag);
    let mut found: Vec<ObjectRef> = Vec::new();
    for i in host.images.iter() {
        if is_glob(name) {
            let fit = i.tags.iter().filter(|t| glob(name, t));
            found.extend(fit.map(|t| named(i, t)));
        } else if let Some(tag) = i.tags.iter().find(|t| same_image_name(t, name)) {
            found.push(named(i, tag));
        } else if i.id.as_str() == name || i.digests.iter().any(|d| same_image_name(d, name)) {
            found.push(named(i, ""));
        }
    }
    if found.is_empty() {
        let by_id = host.images.iter().filter(|i| has_prefix(&i.id, name));
        found.extend(by_id.map(|i| named(i, "")));
    }
    found
}

/// Do both names mean the same image? `busybox` is `docker.io/library/busybox:latest`.
pub fn same_image_name(a: &str, b: &str) -> bool {
    normal_image_name(a) == normal_image_name(b)
}

/// An image name with registry, repository and tag: `docker.io/library/busybox:latest`.
pub fn normal_image_name(name: &str) -> String {
    let (registry, rest) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name),
    };
    let registry = if registry == "index.docker.io" {
        "docker.io"
    } else {
        registry
    };
    let rest = if registry == "docker.io" && !rest.contains('/') {
        format!("library/{rest}")
    } else {
        rest.to_owned()
    };
    let last = rest.rsplit('/').next().unwrap_or_default();
    if last.contains(':') || last.contains('@') {
        format!("{registry}/{rest}")
    } else {
        format!("{registry}/{rest}:latest")
    }
}

fn unknown(
    reference: &Reference,
    name: &str,
    hosts: &[&&Arc<HostShard>],
    kinds: &[Kind],
    host_part: Option<&str>,
) -> Error {
    let words: Vec<&str> = kinds.iter().map(|k| k.word()).collect();
    let e = Error::new(
        ErrorKind::NotFound,
        format!(
            "no {} is called {:?}",
            words.join(" or "),
            reference.to_string()
        ),
    );
    if host_part.is_none() && reference.host.is_some() && !kinds.contains(&Kind::Image) {
        let host = reference.host.as_deref().unwrap_or_default();
        return e.with_hint(format!("there is no host {host:?} either"));
    }
    let names: Vec<ObjectRef> = hosts
        .iter()
        .flat_map(|h| kinds.iter().flat_map(|k| h.refs(*k)))
        .collect();
    if let Some(near) = did_you_mean(name, names.iter().map(|o| &*o.name)) {
        return e.with_hint(format!("did you mean {near:?}?"));
    }
    let list = match kinds {
        [only] if *only != Kind::Container => format!("ls {}", only.plural()),
        _ => "ps -a".to_owned(),
    };
    e.with_hint(format!("pilothouse {list} shows what there is"))
}

#[cfg(test)]
mod tests;
