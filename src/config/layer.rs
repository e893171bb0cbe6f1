//! What one file, the environment or the flags set; and how layers are put over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::Entry;
use super::commands::UserCommand;
use super::example::rule_line;
use super::mistake::{Mistake, Source, Warning};
use super::schema::{self, Config, HOST, Host};
use super::slot::{Value, key};
use crate::domain::guardrail::{Effect, Guardrail};

/// Where a value is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    File {
        path: Arc<str>,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag on the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Flag(name) => write!(f, "the flag {name}"),
        }
    }
}

/// A value and where it was set.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    pub value: Value,
    pub origin: Origin,
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub guardrail: Guardrail,
    pub origin: Origin,
}

/// What a layer says of a host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostLayer {
    /// Where it is mentioned.
    pub origin: Origin,
    pub settings: BTreeMap<String, Set>,
    /// Something in it was not understood: what is missing may be that.
    pub doubtful: bool,
}

/// How keys are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// `"gg"`, `"<C-r>"`.
    Sequence(String),
    /// `["g", "g"]`.
    List(Vec<String>),
}

/// One `[[keys.CONTEXT]]`, not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBinding {
    pub context: String,
    pub on: Keys,
    /// Empty: unbind.
    pub run: String,
    pub desc: Option<String>,
    /// From 1.
    pub line: usize,
}

/// The bindings of one file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLayer {
    pub file: Arc<str>,
    pub bindings: Vec<KeyBinding>,
}

/// What one source sets; everything is optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    /// By `section.name`.
    pub settings: BTreeMap<String, Set>,
    /// By name, in the order they are mentioned.
    pub hosts: IndexMap<String, HostLayer>,
    pub rules: Vec<Rule>,
    pub keys: Vec<KeyLayer>,
    pub commands: Vec<Arc<UserCommand>>,
}

impl Layer {
    /// This layer over `below`: its values win, also single values of a host; rules and keys of
    /// both hold.
    #[must_use]
    pub fn over(self, mut below: Self) -> Self {
        below.settings.extend(self.settings);
        for (name, host) in self.hosts {
            match below.hosts.entry(name) {
                indexmap::map::Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.settings.extend(host.settings);
                    known.doubtful |= host.doubtful;
                }
                indexmap::map::Entry::Vacant(new) => {
                    new.insert(host);
                }
            }
        }
        below.rules.extend(self.rules);
        below.keys.extend(self.keys);
        below.commands.extend(self.commands);
        below
    }

    /// The configuration that this layer makes of the defaults. Here shows what is wrong with the
    /// whole.
    pub(super) fn config(
        &self,
        sources: &[Source],
        mistakes: &mut Vec<Mistake>,
        warnings: &mut Vec<Warning>,
    ) -> Config {
        let mut config = Config::default();
        for (path, setting) in schema::all() {
            if let Some(set) = self.settings.get(&path)
                && let Err(why) = (setting.slot)(&mut config).put(&set.value)
            {
                // Readers check each value: this is for layers made by hand.
                let said = format!("`{path}` {}", why.message);
                mistakes.push(Mistake::of(&set.origin, sources, said).hint(why.hint));
            }
        }
        if config.core.backoff_min > config.core.backoff_max {
            let origin = match self.origin("core.backoff_min") {
                Origin::Default => self.origin("core.backoff_max"),
                set => set,
            };
            let said = "`core.backoff_min` must not be longer than `core.backoff_max`";
            mistakes.push(Mistake::of(&origin, sources, said));
        }
        for (name, layer) in &self.hosts {
            config.hosts.push(host(name, layer, sources, mistakes));
        }
        for rule in &self.rules {
            let rail = &rule.guardrail;
            if rail.effect == Effect::Allow && rail.max_bulk.is_none() {
                let said = "a guardrail with the effect \"allow\" and no max_bulk does nothing";
                warnings.push(Warning::at(&rule.origin, said));
            }
            config.guardrails.push(rail.clone());
        }
        config.keys.clone_from(&self.keys);
        config.commands = commands(&self.commands);
        config
    }

    /// Where the value of `path` is from.
    pub(super) fn origin(&self, path: &str) -> Origin {
        let set = match path.strip_prefix("hosts.") {
            None => self.settings.get(path),
            Some(rest) => {
                if let Some(host) = self.hosts.get(rest) {
                    return host.origin.clone();
                }
                rest.rsplit_once('.')
                    .and_then(|(host, name)| self.hosts.get(host)?.settings.get(name))
            }
        };
        set.map(|s| s.origin.clone()).unwrap_or_default()
    }

    /// Everything that is in force in `config`, which this layer made.
    pub(super) fn entries(&self, config: &Config) -> Vec<Entry> {
        let mut config = config.clone();
        let mut entries = Vec::new();
        for (path, setting) in schema::all() {
            if let Some(value) = (setting.slot)(&mut config).get() {
                let origin = self.origin(&path);
                entries.push(Entry {
                    key: path,
                    value,
                    origin,
                });
            }
        }
        for (name, host) in &self.hosts {
            for setting in HOST {
                if let Some(set) = host.settings.get(setting.name) {
                    entries.push(Entry {
                        key: format!("hosts.{}.{}", key(name), setting.name),
                        value: set.value.clone(),
                        origin: set.origin.clone(),
                    });
                }
            }
        }
        for (n, rule) in self.rules.iter().enumerate() {
            entries.push(Entry {
                key: format!("guardrails[{n}]"),
                value: Value::Toml(rule_line(&rule.guardrail)),
                origin: rule.origin.clone(),
            });
        }
        for command in &config.commands {
            entries.push(Entry {
                key: format!("commands.{}", command.name),
                value: Value::Text(command.run.clone()),
                origin: command.origin.clone(),
            });
        }
        for layer in &self.keys {
            for binding in &layer.bindings {
                let on = match &binding.on {
                    Keys::Sequence(text) => text.clone(),
                    Keys::List(keys) => keys.concat(),
                };
                entries.push(Entry {
                    key: format!("keys.{}.{}", key(&binding.context), key(&on)),
                    value: Value::Text(binding.run.clone()),
                    origin: Origin::File {
                        path: Arc::clone(&layer.file),
                        line: binding.line,
                    },
                });
            }
        }
        entries
    }
}

/// Of commands with one name the last one holds: a higher layer's replaces a lower one's.
fn commands(all: &[Arc<UserCommand>]) -> Vec<Arc<UserCommand>> {
    let mut kept: Vec<Arc<UserCommand>> = Vec::new();
    for command in all {
        kept.retain(|c| c.name != command.name);
        kept.push(Arc::clone(command));
    }
    kept
}

fn host(name: &str, layer: &HostLayer, sources: &[Source], mistakes: &mut Vec<Mistake>) -> Host {
    let mut host = Host {
        name: name.to_owned(),
        origin: layer.origin.clone(),
        ..Host::default()
    };
    for setting in HOST {
        if let Some(set) = layer.settings.get(setting.name)
            && let Err(why) = (setting.slot)(&mut host).put(&set.value)
        {
            let said = format!("`hosts.{}.{}` {}", key(name), setting.name, why.message);
            mistakes.push(Mistake::of(&set.origin, sources, said).hint(why.hint));
        }
    }
    if host.endpoint.trim().is_empty() && !layer.doubtful {
        let said = format!("the host {name:?} has no endpoint");
        let hint = "like endpoint = \"ssh://user@host\" or \"tcp://host:2376\"";
        mistakes.push(Mistake::of(&layer.origin, sources, said).hint(Some(hint)));
    }
    let missing = match (&host.cert, &host.key) {
        (Some(_), None) => Some(("cert", "key")),
        (None, Some(_)) => Some(("key", "cert")),
        _ => None,
    };
    if let Some((has, lacks)) = missing.filter(|_| !layer.doubtful) {
        let origin = layer.settings.get(has).map(|s| &s.origin);
        let said = format!("the host {name:?} has a `{has}`, but no `{lacks}`");
        mistakes.push(Mistake::of(origin.unwrap_or(&layer.origin), sources, said));
    }
    host
}
