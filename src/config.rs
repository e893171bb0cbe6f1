//! The configuration: layers of settings over each other, every value with where it is from.
//!
//! Default < `/etc/pilothouse/config.toml` < the user's file < `--config FILE` < the environment
//! (`PILOTHOUSE_UI_THEME`) < flags. [`load`] reads them all, [`Layer::over`] puts one over another,
//! and every mistake of every layer is told at once, with its line.
//!
//! One table ([`schema`]) says which settings there are; reading, merging, the environment,
//! `--show-origin` and `config.example.toml` all follow it.
//!
//! Nothing in here looks at the process's environment: it is given.

mod commands;
mod example;
mod guard;
mod layer;
mod mistake;
mod paths;
mod read;
pub mod schema;
mod slot;
mod span;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use commands::{PLACEHOLDERS, UserCommand};
pub use example::example;
pub use layer::{HostLayer, KeyBinding, KeyLayer, Keys, Layer, Origin, Rule, Set};
pub use mistake::{Mistake, Mistakes, Warning};
pub use paths::{Paths, home_of_user};
pub use schema::{
    ByteBudget, Colour, Columns, Config, Core, Docker, Glyphs, Host, JournalFile, Log, Noted,
    Policy, Preset, Signal, Ui,
};
pub use slot::Value;
pub use span::{parse_duration, print_duration};

use mistake::Source;

use crate::domain::error::{Error, ErrorKind};

/// Says what is wrong with an endpoint.
pub type CheckEndpoint = fn(&str) -> Result<(), Error>;

/// What the configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The system's file; `/etc/pilothouse/config.toml` outside of tests.
    pub system: Option<PathBuf>,
    /// `--config FILE`; it must exist.
    pub file: Option<PathBuf>,
    /// What flags set.
    pub flags: Vec<Flag>,
    /// The names of the themes that come with the program; empty: themes are not checked.
    pub themes: Vec<String>,
    /// Says what is wrong with a host's endpoint; without it endpoints are not checked.
    pub endpoint: Option<CheckEndpoint>,
}

/// A flag that sets something: `--read-only`, `--set ui.theme=light`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The flag, for messages and origins.
    pub name: String,
    /// `policy.read_only`.
    pub setting: String,
    /// As it would be in the environment.
    pub value: String,
}

/// A place where a file was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub path: PathBuf,
    /// Was it there?
    pub read: bool,
}

/// A configuration, and how it came about.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// What was passed over.
    pub warnings: Vec<Warning>,
    /// The files, in the order they were put over each other.
    pub sources: Vec<Looked>,
    pub paths: Paths,
    /// Everything that was set, with its origin.
    layer: Layer,
}

/// One value in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `ui.theme`, `hosts.prod-1.endpoint`, `guardrails[0]`.
    pub key: String,
    pub value: Value,
    pub origin: Origin,
}

impl Inputs {
    /// The usual places, with this environment.
    pub fn new(env: BTreeMap<String, String>) -> Self {
        Self {
            env,
            system: Some(PathBuf::from("/etc/pilothouse/config.toml")),
            ..Self::default()
        }
    }
}

impl Loaded {
    /// Every value in force and where it is from, in the order of the example.
    pub fn entries(&self) -> Vec<Entry> {
        self.layer.entries(&self.config)
    }

    /// Where a value is from: `ui.theme`, `hosts.prod-1.endpoint`; a host's own name is where it
    /// was first mentioned.
    pub fn origin(&self, key: &str) -> Origin {
        self.layer.origin(key)
    }
}

/// Read all layers. Every mistake is collected before any is reported.
pub fn load(inputs: &Inputs) -> Result<Loaded, Mistakes> {
    let paths = Paths::new(&inputs.env);
    let named = inputs.file.clone().or_else(|| {
        let file = inputs.env.get("PILOTHOUSE_CONFIG")?;
        (!file.is_empty()).then(|| PathBuf::from(file))
    });
    let mut mistakes = Vec::new();
    let mut warnings = Vec::new();
    let mut files = Files {
        home: paths.home.clone(),
        sources: Vec::new(),
        looked: Vec::new(),
        layer: Layer::default(),
    };
    for (path, must_exist) in [
        (inputs.system.as_deref(), false),
        (paths.config_file().as_deref(), false),
        (named.as_deref(), true),
    ] {
        if let Some(path) = path {
            files.add(path, must_exist, &mut mistakes);
        }
    }
    let mut layer = files.layer;
    let home = paths.home.as_deref();
    layer = variables::environment(&inputs.env, home, &mut mistakes, &mut warnings).over(layer);
    layer = variables::flags(&inputs.flags, home, &mut mistakes).over(layer);
    let mut config = layer.config(&files.sources, &mut mistakes, &mut warnings);
    check_endpoints(inputs, &layer, &config, &files.sources, &mut mistakes);
    check_theme(inputs, &paths, &layer, &mut config, &mut warnings);
    if !mistakes.is_empty() {
        return Err(Mistakes::new(mistakes));
    }
    Ok(Loaded {
        config,
        warnings,
        sources: files.looked,
        paths,
        layer,
    })
}

/// The files read so far.
struct Files {
    home: Option<PathBuf>,
    sources: Vec<Source>,
    looked: Vec<Looked>,
    layer: Layer,
}

impl Files {
    fn add(&mut self, path: &Path, must_exist: bool, mistakes: &mut Vec<Mistake>) {
        let same = |l: &Looked| {
            let real = |p: &Path| p.canonicalize().ok();
            l.read && (l.path == path || real(&l.path).is_some_and(|r| Some(r) == real(path)))
        };
        if self.looked.iter().any(same) {
            return;
        }
        let read = match std::fs::read(path) {
            Ok(bytes) => Some(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_exist => None,
            Err(e) => {
                mistakes.push(Mistake::of_file(path, format!("it cannot be read: {e}")));
                None
            }
        };
        self.looked.push(Looked {
            path: path.to_owned(),
            read: read.is_some(),
        });
        let Some(bytes) = read else { return };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                let before = String::from_utf8_lossy(&e.as_bytes()[..at]);
                let line = before.matches('\n').count() + 1;
                let said = format!("line {line} is not UTF-8 text");
                mistakes.push(Mistake::of_file(path, said));
                return;
            }
        };
        let source = Source::new(path, text);
        let (layer, found) = read::read(&source, self.home.as_deref());
        mistakes.extend(found);
        let below = std::mem::take(&mut self.layer);
        self.layer = layer.over(below);
        self.sources.push(source);
    }
}

/// What cannot be an endpoint is a mistake; what only cannot be used here is told with its host.
fn check_endpoints(
    inputs: &Inputs,
    layer: &Layer,
    config: &Config,
    sources: &[Source],
    mistakes: &mut Vec<Mistake>,
) {
    let Some(check) = inputs.endpoint else { return };
    for host in config
        .hosts
        .iter()
        .filter(|h| !h.endpoint.trim().is_empty())
    {
        let Err(e) = check(&host.endpoint) else {
            continue;
        };
        if e.kind() != ErrorKind::Invalid {
            continue;
        }
        let set = layer
            .hosts
            .get(&host.name)
            .and_then(|h| h.settings.get("endpoint"));
        let origin = set.map_or(&host.origin, |s| &s.origin);
        mistakes.push(Mistake::of(origin, sources, e.chain()).hint(e.hint()));
    }
}

/// No theme of that name: the default one serves, and nobody is kept from starting by a colour.
fn check_theme(
    inputs: &Inputs,
    paths: &Paths,
    layer: &Layer,
    config: &mut Config,
    warnings: &mut Vec<Warning>,
) {
    let name = &config.ui.theme;
    let own = paths.theme_file(name).is_some_and(|p| p.is_file());
    if inputs.themes.is_empty() || inputs.themes.contains(name) || own {
        return;
    }
    let known = inputs.themes.iter().map(String::as_str);
    let hint = match crate::domain::text::did_you_mean(name, known) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there are {}", inputs.themes.join(", ")),
    };
    let default = Config::default().ui.theme;
    let said = format!("no theme is called {name:?}, so {default:?} is used; {hint}");
    warnings.push(Warning::at(&layer.origin("ui.theme"), said));
    config.ui.theme = default;
}

#[cfg(test)]
mod tests;
