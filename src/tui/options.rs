//! What the console is told at its start.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::FixedOffset;

use super::column::{self, Column, Field};
use super::keymap::{Keymap, Layer};
use super::logs::Limits;
use super::memory::Memory;
use super::pane::Pane;
use super::screen::{Capabilities, ColorDepth};
use super::theme::{Glyphs, Theme};
use crate::command;
use crate::config::{Noted, Signal, UserCommand};
use crate::domain::error::Error;
use crate::domain::intent::Actor;
use crate::domain::text::did_you_mean;

/// Looks a variable of the environment up.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How the console looks and what it may do.
#[derive(Clone)]
pub struct ConsoleOptions {
    /// The theme's name.
    pub theme: String,
    /// The user's own themes: name to text.
    pub themes: Vec<(String, String)>,
    /// The user's keys over the default ones, the last layer winning.
    pub keys: Vec<Layer>,
    /// `auto`, `unicode`, `ascii`.
    pub glyphs: String,
    /// `None`: what the environment suggests.
    pub color: Option<ColorDepth>,
    /// Bracket frames with synchronized updates.
    pub sync: bool,
    /// Background frames a second at most.
    pub fps: u32,
    /// Ask before what can be undone, too.
    pub confirm_disruptive: bool,
    /// Take mouse reports from the start.
    pub mouse: bool,
    /// Bytes a second for what nobody asked for with a key; 0: no limit; `None`: what the
    /// environment suggests.
    pub byte_budget: Option<u32>,
    /// Nothing may be changed: the keys for it are not there.
    pub read_only: bool,
    /// Measure the containers that can be seen.
    pub stats: bool,
    /// Who asks.
    pub actor: Actor,
    /// The fleet is the simulated one.
    pub demo: bool,
    /// Lines of the past that a log view begins with.
    pub log_tail: u64,
    /// What a log view keeps at most.
    pub log_limits: Limits,
    /// The operator's offset from UTC.
    pub zone: FixedOffset,
    /// The environment.
    pub env: Env,
    /// Commands of the user's own.
    pub commands: Vec<Arc<UserCommand>>,
    /// Changes that are told outside of the screen too, and how.
    pub notify: (Vec<Noted>, Signal),
    /// The columns of tables by the name of the pane; what is not there is as usual.
    pub columns: BTreeMap<String, Vec<String>>,
    /// How the console was arranged when it was last left.
    pub memory: Option<Memory>,
    /// The file to remember that in.
    pub memory_file: Option<PathBuf>,
    /// Where typed commands are kept between runs.
    pub history: Option<std::path::PathBuf>,
    /// Worth saying at the start: what was wrong with themes and the like.
    pub notices: Vec<String>,
}

impl fmt::Debug for ConsoleOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleOptions")
            .field("theme", &self.theme)
            .field("read_only", &self.read_only)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

impl ConsoleOptions {
    /// The defaults, in an environment.
    pub fn new(env: Env) -> Self {
        Self {
            theme: super::theme::DEFAULT.to_owned(),
            themes: Vec::new(),
            keys: Vec::new(),
            glyphs: "auto".to_owned(),
            color: None,
            sync: true,
            fps: 10,
            confirm_disruptive: false,
            mouse: false,
            byte_budget: None,
            read_only: false,
            stats: true,
            actor: Actor::default(),
            demo: false,
            log_tail: 500,
            log_limits: Limits::default(),
            zone: utc(),
            env,
            commands: Vec::new(),
            notify: (Vec::new(), Signal::Bell),
            columns: BTreeMap::new(),
            memory: None,
            memory_file: None,
            history: None,
            notices: Vec::new(),
        }
    }

    /// What the terminal can do.
    pub fn capabilities(&self) -> Capabilities {
        let found = Capabilities::detect(&*self.env);
        Capabilities {
            depth: self.color.unwrap_or(found.depth),
            sync: self.sync,
            ..found
        }
    }
}

/// The offset of UTC from itself.
pub fn utc() -> FixedOffset {
    chrono::Offset::fix(&chrono::Utc)
}

/// What the console is made of and never changes: look, keys, modes.
#[derive(Debug)]
pub struct Setup {
    pub theme: Theme,
    pub glyphs: Glyphs,
    pub keymap: Keymap,
    pub zone: FixedOffset,
    pub read_only: bool,
    pub stats: bool,
    pub demo: bool,
    pub log_tail: u64,
    pub log_limits: Limits,
    pub confirm_disruptive: bool,
    /// Commands of the user's own.
    pub commands: Vec<Arc<UserCommand>>,
    /// Changes that are told outside of the screen too, and how.
    pub notify: (Vec<Noted>, Signal),
    columns: BTreeMap<String, Vec<String>>,
    depth: ColorDepth,
}

impl Setup {
    /// From the options; every mistake in the keys is an error, none in the theme is.
    pub fn new(options: &ConsoleOptions) -> Result<(Self, Vec<String>), Vec<Error>> {
        let mut layers = vec![Layer::defaults()?];
        layers.extend(options.keys.iter().cloned());
        let own = |name: &str| options.commands.iter().find(|c| c.name == name);
        let known = |name: &str| command::is_known(name) || own(name).is_some();
        let mut keymap = Keymap::build(&layers, &known)?;
        if options.read_only {
            keymap.retain(|b| match own(&b.command) {
                Some(own) => own.read_only,
                None => command::find(&b.command).is_some_and(|c| !c.changes),
            });
        }
        let style = Restyle {
            theme: options.theme.clone(),
            themes: options.themes.clone(),
            trouble: Vec::new(),
        };
        let (theme, warnings) = style.load(options.capabilities().depth);
        let mut notices = options.notices.clone();
        notices.extend(warnings.into_iter().map(|w| w.0));
        let columns = known_columns(&options.columns, &mut notices);
        let setup = Self {
            theme,
            glyphs: Glyphs::choose(&options.glyphs, &*options.env),
            keymap,
            zone: options.zone,
            read_only: options.read_only,
            stats: options.stats,
            demo: options.demo,
            log_tail: options.log_tail,
            log_limits: options.log_limits,
            confirm_disruptive: options.confirm_disruptive,
            commands: options.commands.clone(),
            notify: options.notify.clone(),
            columns,
            depth: options.capabilities().depth,
        };
        Ok((setup, notices))
    }
    /// The columns that are configured for a pane; none: the usual ones.
    pub fn columns_of(&self, pane: Pane) -> &[String] {
        self.columns.get(pane.name()).map_or(&[], Vec::as_slice)
    }

    /// Take another theme; what is wrong with it.
    pub fn restyle(&mut self, restyle: &Restyle) -> Vec<String> {
        let (theme, warnings) = restyle.load(self.depth);
        self.theme = theme;
        let said = warnings.into_iter().map(|w| w.0);
        restyle.trouble.iter().cloned().chain(said).collect()
    }

    /// The user's own command of that name.
    pub fn own(&self, name: &str) -> Option<&Arc<UserCommand>> {
        self.commands.iter().find(|c| c.name == name)
    }
}

/// A theme, and the user's theme files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restyle {
    pub theme: String,
    /// Name to text.
    pub themes: Vec<(String, String)>,
    /// What is wrong with the rest of the configuration.
    pub trouble: Vec<String>,
}

impl Restyle {
    fn load(&self, depth: ColorDepth) -> (Theme, Vec<super::theme::Warning>) {
        let user = |name: &str| {
            let mut found = self.themes.iter().filter(|(n, _)| n == name);
            found.next().map(|(_, text)| text.clone())
        };
        Theme::load(&self.theme, depth, &user)
    }
}

/// What is wrong with the name of a column.
pub(super) fn unknown_column(columns: &[Column], name: &str) -> Error {
    let names = column::names(columns);
    let e = Error::invalid(format!("no column is called {name:?}"));
    match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => e.with_hint(format!("did you mean {near}?")),
        None => e.with_hint(format!("label:KEY, or one of {}", names.join(", "))),
    }
}

/// The columns that there are; of the others it is said that there are none such.
fn known_columns(
    configured: &BTreeMap<String, Vec<String>>,
    notices: &mut Vec<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut known = BTreeMap::new();
    for pane in Pane::ALL {
        let Some(names) = configured.get(pane.name()) else {
            continue;
        };
        let mut names = names.clone();
        names.retain(|name| {
            let found = Field::find(pane.columns(), name).is_some();
            if !found {
                let e = unknown_column(pane.columns(), name);
                let hint = e.hint().unwrap_or_default();
                notices.push(format!("columns.{}: {e}; {hint}", pane.name()));
            }
            found
        });
        known.insert(pane.name().to_owned(), names);
    }
    known
}
