//! The console, from the configuration.

mod restyle;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{FixedOffset, Local, Offset as _, TimeZone as _};

use crate::cli::Terminals;
use crate::config::{ByteBudget, Colour, Columns, Glyphs, Inputs, Loaded, Preset};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::intent::Actor;
use crate::domain::port::Clock;
use crate::reconcile::CoreHandle;
use crate::tui::keymap::Layer;
use crate::tui::logs::Limits;
use crate::tui::memory::Memory;
use crate::tui::screen::ColorDepth;
use crate::tui::{self, ConsoleOptions};

/// What opens it.
pub(super) struct Opening<'a> {
    pub(super) loaded: &'a Loaded,
    /// What it was loaded from.
    pub(super) inputs: Inputs,
    pub(super) env: &'a BTreeMap<String, String>,
    pub(super) clock: &'a dyn Clock,
    pub(super) actor: Actor,
    pub(super) demo: bool,
    /// Worth saying at the start.
    pub(super) notices: Vec<String>,
}

/// An error unless there is a terminal that can show it.
pub(super) fn check_terminal(env: &BTreeMap<String, String>, terminals: Terminals) -> Result<()> {
    let e = if !terminals.stdin || !terminals.stdout {
        "the console needs a terminal, and this is none"
    } else if env.get("TERM").is_none_or(|t| t.is_empty() || t == "dumb") {
        "the console needs a terminal that can move its cursor, and TERM says it cannot"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Invalid, e)
        .with_hint("say what to do instead: pilothouse ps, or pilothouse --help"))
}

/// Open it, until it is left and nothing is being done any more.
pub(super) async fn open(core: CoreHandle, opening: Opening<'_>) -> Result<()> {
    let options = options(&opening)?;
    let (_watch, restyles) = restyle::watch(opening.inputs.clone(), opening.loaded).unzip();
    tui::run(core.clone(), options, restyles).await?;
    core.drain().await;
    Ok(())
}

fn options(opening: &Opening<'_>) -> Result<ConsoleOptions> {
    let variables = opening.env.clone();
    let mut options = ConsoleOptions::new(Arc::new(move |name| variables.get(name).cloned()));
    let config = &opening.loaded.config;
    options.theme.clone_from(&config.ui.theme);
    options.themes = restyle::read(opening.loaded).themes;
    options.commands.clone_from(&config.commands);
    options.notify = (config.ui.notify.clone(), config.ui.notify_with);
    // What was typed at play is not kept.
    let state = opening
        .loaded
        .paths
        .state
        .as_ref()
        .filter(|_| !opening.demo);
    options.history = state.map(|s| s.join("history"));
    options.keys = keys(opening.loaded)?;
    let glyphs = match config.ui.glyphs {
        Glyphs::Auto => "auto",
        Glyphs::Unicode => "unicode",
        Glyphs::Ascii => "ascii",
    };
    glyphs.clone_into(&mut options.glyphs);
    options.color = match config.ui.color {
        Colour::Auto | Colour::Always => None,
        Colour::Never => Some(ColorDepth::None),
        Colour::Ansi16 => Some(ColorDepth::Ansi16),
        Colour::Ansi256 => Some(ColorDepth::Ansi256),
        Colour::True => Some(ColorDepth::True),
    };
    options.byte_budget = match config.ui.byte_budget {
        ByteBudget::Auto => None,
        ByteBudget::Unlimited => Some(u32::MAX),
        ByteBudget::BytesPerSecond(bytes) => Some(bytes),
    };
    options.mouse = config.ui.mouse;
    options.fps = config.ui.fps;
    options.sync = config.ui.sync;
    options.confirm_disruptive = config.ui.confirm_disruptive;
    options.log_limits = Limits {
        lines: config.ui.log_lines as usize,
        bytes: (config.ui.log_mib as usize) << 20,
    };
    options.stats = config.ui.stats;
    options.read_only = config.policy.read_only;
    options.actor = opening.actor.clone();
    options.demo = opening.demo;
    options.zone = zone(opening.clock);
    options.notices.clone_from(&opening.notices);
    options.columns = columns(&config.columns);
    remember(opening, &mut options);
    Ok(options)
}

fn columns(c: &Columns) -> BTreeMap<String, Vec<String>> {
    [
        ("machines", &c.machines),
        ("containers", &c.containers),
        ("services", &c.services),
        ("volumes", &c.volumes),
        ("networks", &c.networks),
        ("images", &c.images),
        ("operations", &c.operations),
    ]
    .into_iter()
    .map(|(pane, names)| (pane.to_owned(), names.clone()))
    .collect()
}

/// How the console was arranged when it was last left. What cannot be read is not worth an error.
fn remember(opening: &Opening<'_>, options: &mut ConsoleOptions) {
    let Some(file) = opening.loaded.paths.console(opening.demo) else {
        return;
    };
    match std::fs::read_to_string(&file) {
        Ok(text) => match Memory::parse(&text) {
            Ok(memory) => options.memory = Some(memory),
            Err(e) => {
                let text = format!("{}: ignored: {}", file.display(), e.chain());
                options.notices.push(text);
            }
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => options
            .notices
            .push(format!("{}: ignored: {e}", file.display())),
    }
    options.memory_file = Some(file);
}

/// The operator's offset from UTC today.
fn zone(clock: &dyn Clock) -> FixedOffset {
    let now = clock.now().naive_utc();
    Local.offset_from_utc_datetime(&now).fix()
}

/// The keys of every file that was read, in the order they were put over each other.
fn keys(loaded: &Loaded) -> Result<Vec<Layer>> {
    let chosen = match loaded.config.ui.keys {
        Preset::Default => "default",
        Preset::K9s => "k9s",
        Preset::Lazydocker => "lazydocker",
    };
    let joined = |errors: Vec<Error>| {
        let all: Vec<String> = errors.iter().map(Error::chain).collect();
        Error::invalid(all.join("\n"))
    };
    let preset = Layer::preset(chosen).map_err(joined)?;
    let mut layers: Vec<Layer> = preset.into_iter().collect();
    for source in loaded.sources.iter().filter(|s| s.read) {
        let name = source.path.display().to_string();
        // It was read a moment ago; what is not readable any more has no keys.
        let Ok(text) = std::fs::read_to_string(&source.path) else {
            continue;
        };
        match Layer::parse(&name, &text) {
            Ok(layer) => layers.push(layer),
            Err(errors) => return Err(joined(errors)),
        }
    }
    Ok(layers)
}
