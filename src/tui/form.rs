//! Forms: something to be made or changed, field by field. Nothing happens before it was previewed
//! and confirmed.

mod container;
mod field;
mod objects;

use super::line_edit::LineEdit;
use crate::command;
use crate::domain::error::Error;
use crate::domain::id::{HostId, Kind};
use crate::domain::intent::{Intent, Target};
use crate::domain::secret;
use crate::domain::snapshot::Snapshot;
use crate::domain::spec::ContainerSpec;
use crate::reconcile::Preview;

pub use field::{Control, Field, Pick};

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    Create,
    /// Change a container that is there.
    Edit {
        target: Target,
        was: Box<ContainerSpec>,
    },
    /// A container like this one.
    Duplicate(String),
    /// A container that was removed.
    Restore(String),
}

/// Completions under a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    pub items: Vec<String>,
    pub chosen: Option<usize>,
}

/// A form.
#[derive(Debug)]
pub struct Form {
    pub kind: Kind,
    pub purpose: Purpose,
    pub fields: Vec<Field>,
    /// The field with the keys; behind the last come the two buttons.
    pub at: usize,
    /// What there is to choose for the word being typed.
    pub list: Option<List>,
    /// What it would do, or why it cannot be done.
    pub draft: Option<Result<Box<Preview>, Error>>,
    /// Esc was pressed though something was typed: once more leaves.
    pub leaving: bool,
    /// Empty fields that must not be are wrong from now on.
    pub strict: bool,
    /// What has no field of its own.
    base: ContainerSpec,
    pristine: Vec<String>,
}

impl Form {
    fn new(kind: Kind, purpose: Purpose, fields: Vec<Field>, base: ContainerSpec) -> Self {
        let pristine = fields.iter().map(Field::value).collect();
        let at = fields
            .iter()
            .position(|f| f.required && f.value().is_empty())
            .unwrap_or(0);
        Self {
            kind,
            purpose,
            fields,
            at,
            list: None,
            draft: None,
            leaving: false,
            strict: false,
            base,
            pristine,
        }
    }

    /// An empty form for one more of `kind`.
    pub fn create(kind: Kind, host: Option<&HostId>, snapshot: &Snapshot) -> Option<Self> {
        let fields = match kind {
            Kind::Volume => objects::volume(host, snapshot),
            Kind::Network => objects::network(host, snapshot),
            Kind::Container => {
                let spec = ContainerSpec::default();
                return Some(Self::container(Purpose::Create, host, "", &spec, snapshot));
            }
            _ => return None,
        };
        Some(Self::new(
            kind,
            Purpose::Create,
            fields,
            ContainerSpec::default(),
        ))
    }

    /// A form with a container in it.
    pub fn container(
        purpose: Purpose,
        host: Option<&HostId>,
        name: &str,
        spec: &ContainerSpec,
        snapshot: &Snapshot,
    ) -> Self {
        let fields = container::fields(&purpose, host, name, spec, snapshot);
        Self::new(Kind::Container, purpose, fields, container::rest(spec))
    }

    /// Its title.
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Create => format!("New {}", self.kind),
            Purpose::Edit { target, .. } => format!("Edit {}", target.object),
            Purpose::Duplicate(of) => format!("Duplicate {of}"),
            Purpose::Restore(of) => format!("Restore {of}"),
        }
    }

    /// What the button that goes on says.
    pub fn go(&self) -> &'static str {
        "Review"
    }

    /// The field with the keys.
    pub fn field(&self) -> Option<&Field> {
        self.fields.get(self.at)
    }

    /// The field with the keys.
    pub fn field_mut(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.at)
    }

    /// The button with the keys: 0 leaves, 1 goes on.
    pub fn button(&self) -> Option<usize> {
        self.at.checked_sub(self.fields.len())
    }

    /// The value of a field; empty where there is none.
    pub fn value(&self, id: &str) -> String {
        let field = self.fields.iter().find(|f| f.id == id);
        field.map_or_else(String::new, Field::value)
    }

    /// Put a value into a field.
    pub fn set(&mut self, id: &str, value: &str) {
        if let Some(field) = self.fields.iter_mut().find(|f| f.id == id) {
            field.set(value);
        }
    }

    fn is_on(&self, id: &str) -> bool {
        self.value(id) == field::ON
    }

    /// The host it is about.
    pub fn host(&self) -> HostId {
        match &self.purpose {
            Purpose::Edit { target, .. } => target.object.host.clone(),
            _ => HostId::new(self.value("host")),
        }
    }

    /// Was anything typed?
    pub fn is_changed(&self) -> bool {
        self.fields
            .iter()
            .zip(&self.pristine)
            .any(|(f, before)| f.value() != *before)
    }

    /// What is in it now counts as not changed.
    pub fn begin(&mut self) {
        self.pristine = self.fields.iter().map(Field::value).collect();
    }

    /// Was this field changed?
    pub fn is_field_changed(&self, n: usize) -> bool {
        let now = self.fields.get(n).map(Field::value);
        now.as_ref() != self.pristine.get(n)
    }

    /// Go to the next field or button, or the one before.
    pub fn turn(&mut self, by: isize) {
        let all = (self.fields.len() + 2) as isize;
        self.at = (self.at as isize + by).rem_euclid(all) as usize;
        self.list = None;
        self.leaving = false;
    }

    /// Something changed: check everything, and offer what fits.
    pub fn changed(&mut self, snapshot: &Snapshot) {
        self.leaving = false;
        self.complete(snapshot);
        self.check(snapshot);
    }

    /// Look at every field: what is wrong is said under it. The intent, when nothing is.
    pub fn check(&mut self, snapshot: &Snapshot) -> Option<Intent> {
        for field in &mut self.fields {
            field.error = None;
        }
        let built = match self.kind {
            Kind::Volume => self.volume_intent(),
            Kind::Network => self.network_intent(),
            _ => self.container_intent(snapshot),
        };
        let mut wrong = match &built {
            Ok(_) => Vec::new(),
            Err(wrong) => wrong.clone(),
        };
        for field in &self.fields {
            if field.required && field.value().trim().is_empty() {
                wrong.push((field.id, "this must be filled in".to_owned()));
            }
        }
        let strict = self.strict;
        for (id, why) in &wrong {
            let Some(n) = self.fields.iter().position(|f| f.id == *id) else {
                continue;
            };
            let empty = self.fields[n].value().trim().is_empty();
            // Nobody is told off for what they have not come to yet.
            if (strict || !empty) && self.fields[n].error.is_none() {
                self.fields[n].error = Some(why.clone());
            }
        }
        if !wrong.is_empty() {
            self.draft = None;
            return None;
        }
        built.ok()
    }

    /// The first field that is wrong gets the keys.
    pub fn go_to_mistake(&mut self) -> bool {
        let wrong = self.fields.iter().position(|f| f.error.is_some());
        if let Some(n) = wrong {
            self.at = n;
            self.list = None;
        }
        wrong.is_some()
    }

    /// The line for the shell that does the same; secrets are masked.
    pub fn shell(&self, snapshot: &Snapshot) -> Option<String> {
        let mut copy = self.words(snapshot)?;
        copy.insert(0, command::PROGRAM.to_owned());
        let quoted: Vec<String> = copy
            .iter()
            .map(|w| command::quote(&secret::masked(w)).into_owned())
            .collect();
        Some(quoted.join(" "))
    }

    fn words(&self, snapshot: &Snapshot) -> Option<Vec<String>> {
        let intent = match self.kind {
            Kind::Volume => self.volume_intent(),
            Kind::Network => self.network_intent(),
            _ => self.container_intent(snapshot),
        };
        Some(match intent.ok()? {
            Intent::CreateContainer {
                host,
                name,
                spec,
                start,
                ..
            } => {
                let verb: &[&str] = if start {
                    &["run", "-d"]
                } else {
                    &["create", "container"]
                };
                let mut words: Vec<String> = verb.iter().map(|w| (*w).to_owned()).collect();
                words.extend(["--host".to_owned(), host.to_string()]);
                words.extend(command::docker::container_words(name.as_deref(), &spec));
                words
            }
            Intent::Update {
                target, was, spec, ..
            } => {
                let mut words = vec!["update".to_owned()];
                let options = command::docker::update_words(&was, &spec);
                let split = options.iter().position(|w| w == "--");
                let (options, command) = options.split_at(split.unwrap_or(options.len()));
                words.extend_from_slice(options);
                words.push(format!("{}/{}", target.object.host, target.object.label()));
                words.extend_from_slice(command);
                words
            }
            Intent::CreateVolume { host, spec } => {
                let mut words = vec!["create".to_owned(), "volume".to_owned()];
                words.extend(["--host".to_owned(), host.to_string()]);
                words.extend(command::docker::volume_words(&spec));
                words
            }
            Intent::CreateNetwork { host, spec } => {
                let mut words = vec!["create".to_owned(), "network".to_owned()];
                words.extend(["--host".to_owned(), host.to_string()]);
                words.extend(command::docker::network_words(&spec));
                words
            }
            _ => return None,
        })
    }

    /// What fits the word being typed.
    fn complete(&mut self, snapshot: &Snapshot) {
        let host = self.host();
        let Some(field) = self.fields.get(self.at) else {
            self.list = None;
            return;
        };
        let word = field.word();
        let mut items = field.pick.items(&host, snapshot);
        if word.is_empty() {
            self.list = None;
            return;
        }
        let mut fuzzy = super::filter::Fuzzy::default();
        let mut scored: Vec<(bool, u16, String)> = items
            .drain(..)
            .filter_map(|i| Some((!i.starts_with(&word), u16::MAX - fuzzy.score(&word, &i)?, i)))
            .filter(|(_, _, i)| *i != word)
            .collect();
        scored.sort();
        let items: Vec<String> = scored.into_iter().map(|s| s.2).take(50).collect();
        self.list = (!items.is_empty()).then_some(List {
            items,
            chosen: None,
        });
    }

    /// Everything there is to choose for the field.
    pub fn open_list(&mut self, snapshot: &Snapshot) -> bool {
        let host = self.host();
        let Some(field) = self.fields.get(self.at) else {
            return false;
        };
        let items = match &field.control {
            Control::Choice { options, .. } => options.clone(),
            _ => field.pick.items(&host, snapshot),
        };
        if items.is_empty() {
            return false;
        }
        let chosen = items.iter().position(|i| *i == field.value()).or(Some(0));
        self.list = Some(List { items, chosen });
        true
    }

    /// Take what is chosen in the list; false when nothing is.
    pub fn take_choice(&mut self, snapshot: &Snapshot) -> bool {
        let Some(item) = self.list.take().and_then(|l| {
            let chosen = l.chosen?;
            l.items.into_iter().nth(chosen)
        }) else {
            return false;
        };
        if let Some(field) = self.fields.get_mut(self.at) {
            field.put_word(&item);
        }
        self.leaving = false;
        self.check(snapshot);
        true
    }
}

/// What is wrong, by field.
type Wrong = Vec<(&'static str, String)>;

/// A line for one value.
fn line(text: impl Into<String>) -> Control {
    Control::Line(LineEdit::new(text))
}

/// The hosts, as a choice.
fn hosts(host: Option<&HostId>, snapshot: &Snapshot) -> Field {
    let options: Vec<String> = snapshot.hosts.iter().map(|h| h.id().to_string()).collect();
    let at = options
        .iter()
        .position(|o| host.is_some_and(|h| h.as_str() == o))
        .unwrap_or(0);
    Field::new("host", "Host", Control::Choice { options, at }).doc("where it is made")
}

/// `KEY=value` lines as a map.
fn pairs(text: &str) -> Result<std::collections::BTreeMap<String, String>, String> {
    let mut all = std::collections::BTreeMap::new();
    for line in lines(text) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if key.trim().is_empty() {
            return Err(format!("{line:?}: write KEY=value"));
        }
        all.insert(key.trim().to_owned(), value.to_owned());
    }
    Ok(all)
}

/// The lines that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty())
}

fn joined<'a>(map: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let all: Vec<String> = map.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    all.join("\n")
}

#[cfg(test)]
mod tests;
