//! Which settings there are: the configuration's shape, and one table with a line for each setting.

mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::commands::UserCommand;
use super::layer::{KeyLayer, Origin};
use super::slot::Slot;
use crate::domain::guardrail::Guardrail;

pub use words::{Colour, Glyphs, Noted, Preset, Signal};

/// Everything that is configured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    pub ui: Ui,
    pub columns: Columns,
    pub policy: Policy,
    pub core: Core,
    pub docker: Docker,
    pub journal: JournalFile,
    pub log: Log,
    /// In the order they are written.
    pub hosts: Vec<Host>,
    /// Those of lower layers first; all hold.
    pub guardrails: Vec<Guardrail>,
    /// One layer of bindings for each file, lowest first. What the keys and commands are called
    /// is for the console to judge.
    pub keys: Vec<KeyLayer>,
    /// Commands of the user's own, the higher layer's where two have one name.
    pub commands: Vec<Arc<UserCommand>>,
}

/// `[ui]`: how the console looks and behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Ui {
    pub theme: String,
    pub glyphs: Glyphs,
    pub color: Colour,
    pub keys: Preset,
    pub mouse: bool,
    /// Changes that are told outside of the screen too.
    pub notify: Vec<Noted>,
    /// How they are told.
    pub notify_with: Signal,
    /// Background frames a second at most.
    pub fps: u32,
    pub byte_budget: ByteBudget,
    /// Measure the containers on the screen.
    pub stats: bool,
    /// Ask before what can be undone, too.
    pub confirm_disruptive: bool,
    /// Lines that a log view keeps at most.
    pub log_lines: u32,
    /// Mebibytes that a log view keeps at most.
    pub log_mib: u32,
    /// Bracket frames with synchronized updates.
    pub sync: bool,
}

/// `[columns]`: which columns the tables show, in order; empty: the usual ones. What there is, is
/// for the console to judge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    pub machines: Vec<String>,
    pub containers: Vec<String>,
    pub services: Vec<String>,
    pub volumes: Vec<String>,
    pub networks: Vec<String>,
    pub images: Vec<String>,
    pub operations: Vec<String>,
}

/// `[policy]`: limits for everything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    pub read_only: bool,
    /// None: no limit.
    pub max_bulk: Option<u32>,
}

/// `[core]`: how hosts are watched and operations carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    pub ping: Duration,
    pub resync: Duration,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
    pub stats: Duration,
    /// Zero: never.
    pub disk: Duration,
    pub step_timeout: Duration,
    pub attempts: u32,
    /// Calls at once on a host.
    pub concurrency: u32,
    pub connect_timeout: Duration,
    pub call_timeout: Duration,
}

/// `[docker]`: what is taken over from the docker CLI.
#[derive(Debug, Clone, PartialEq)]
pub struct Docker {
    /// `DOCKER_HOST` and the current context.
    pub env: bool,
    /// All contexts.
    pub contexts: bool,
    /// The local engine, where there is no other host.
    pub local: bool,
}

/// `[journal]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JournalFile {
    /// None: in the state directory.
    pub path: Option<PathBuf>,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// A level, or levels by target.
    pub level: String,
    pub json: bool,
    /// None: in the state directory.
    pub dir: Option<PathBuf>,
}

/// `[hosts.NAME]`. What is `None` is as `[core]` says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Host {
    pub name: String,
    /// Not looked at here: what it means is the transport's to know.
    pub endpoint: String,
    pub labels: BTreeMap<String, String>,
    pub read_only: bool,
    /// A directory with `ca.pem`, `cert.pem` and `key.pem`.
    pub cert_path: Option<PathBuf>,
    pub ca: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// None: TLS if there is a CA or certificate, and then verified.
    pub tls_verify: Option<bool>,
    pub tls_name: Option<String>,
    pub connect_timeout: Option<Duration>,
    pub call_timeout: Option<Duration>,
    pub max_calls: Option<u32>,
    /// Where it was first mentioned.
    pub origin: Origin,
}

/// Bytes a second that the console may write by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteBudget {
    /// Unlimited, but 64 KiB/s over SSH.
    Auto,
    Unlimited,
    BytesPerSecond(u32),
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: "dark".to_owned(),
            glyphs: Glyphs::Auto,
            color: Colour::Auto,
            keys: Preset::Default,
            mouse: false,
            notify: vec![Noted::Failed],
            notify_with: Signal::Bell,
            fps: 10,
            byte_budget: ByteBudget::Auto,
            stats: true,
            confirm_disruptive: true,
            log_lines: 10_000,
            log_mib: 8,
            sync: true,
        }
    }
}

impl Default for Core {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(10),
            resync: Duration::from_secs(300),
            backoff_min: Duration::from_millis(800),
            backoff_max: Duration::from_secs(30),
            stats: Duration::from_secs(2),
            disk: Duration::from_secs(600),
            step_timeout: Duration::from_secs(120),
            attempts: 5,
            concurrency: 8,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(20),
        }
    }
}

impl Default for Docker {
    fn default() -> Self {
        Self {
            env: true,
            contexts: false,
            local: true,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            json: false,
            dir: None,
        }
    }
}

/// One setting: what it is called, what it does, where its value is.
pub struct Setting<T> {
    /// `theme`.
    pub name: &'static str,
    /// Sentences for the example.
    pub doc: &'static str,
    pub slot: fn(&mut T) -> Slot<'_>,
}

impl<T> std::fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setting({})", self.name)
    }
}

/// A table of settings.
#[derive(Debug)]
pub struct Section {
    /// `ui`.
    pub name: &'static str,
    pub doc: &'static str,
    pub settings: &'static [Setting<Config>],
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const fn set<T>(name: &'static str, doc: &'static str, slot: fn(&mut T) -> Slot<'_>) -> Setting<T> {
    Setting { name, doc, slot }
}

/// The sections with one value for each name, in the order of the example.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "ui",
        doc: "How the console looks and behaves.",
        settings: &[
            set(
                "theme",
                "dark, light, high-contrast, colour-blind, catppuccin, gruvbox, nord, ansi, mono, \
                 or a file of your own: themes/NAME.toml beside this one. It is read again when \
                 it changes.",
                |c| Slot::Text(&mut c.ui.theme),
            ),
            set(
                "glyphs",
                "unicode, ascii, or auto: as the locale and the terminal suggest.",
                |c| Slot::Word(&mut c.ui.glyphs),
            ),
            set(
                "color",
                "auto (as the terminal and NO_COLOR suggest), always, never, 16, 256, truecolor.",
                |c| Slot::Word(&mut c.ui.color),
            ),
            set(
                "keys",
                "default, k9s or lazydocker: whose keys to begin with; those of [[keys]] go over \
                 them.",
                |c| Slot::Word(&mut c.ui.keys),
            ),
            set(
                "notify",
                "Changes that are told outside of the screen too: unhealthy, died, stale, done, \
                 failed (the last two of operations begun here).",
                |c| Slot::Words(&mut c.ui.notify),
            ),
            set(
                "notify_with",
                "bell, or osc9: a message of the terminal.",
                |c| Slot::Word(&mut c.ui.notify_with),
            ),
            set(
                "mouse",
                "Take the mouse from the terminal, and with it its own way to select text.",
                |c| Slot::Bool(&mut c.ui.mouse),
            ),
            set(
                "fps",
                "What changes by itself is drawn at most so often a second; keys are answered at \
                 once.",
                |c| Slot::Count(&mut c.ui.fps, 1..=60),
            ),
            set(
                "byte_budget",
                "Bytes a second for what changes by itself: a number, unlimited, or auto: 65536 \
                 over SSH, else unlimited.",
                |c| Slot::Budget(&mut c.ui.byte_budget),
            ),
            set("stats", "Measure the containers on the screen.", |c| {
                Slot::Bool(&mut c.ui.stats)
            }),
            set(
                "confirm_disruptive",
                "Ask before stop, restart and the like too. What destroys is always asked.",
                |c| Slot::Bool(&mut c.ui.confirm_disruptive),
            ),
            set(
                "log_lines",
                "A log view keeps so many lines at most; older ones go.",
                |c| Slot::Count(&mut c.ui.log_lines, 100..=1_000_000),
            ),
            set("log_mib", "...and so many MiB at most.", |c| {
                Slot::Count(&mut c.ui.log_mib, 1..=1024)
            }),
            set(
                "sync",
                "Tell the terminal where a frame begins and ends, so that none is shown half.",
                |c| Slot::Bool(&mut c.ui.sync),
            ),
        ],
    },
    Section {
        name: "columns",
        doc: "The columns of the console's tables, in order: their titles in small letters, net-rx \
              for NET RX, label:KEY for a label. Empty: the usual ones. W chooses in the console.",
        settings: &[
            set(
                "machines",
                "Beside others: link, running, bad, labels.",
                |c| Slot::Texts(&mut c.columns.machines),
            ),
            set(
                "containers",
                "Like [\"name\", \"state\", \"cpu\", \"label:com.example.team\"].",
                |c| Slot::Texts(&mut c.columns.containers),
            ),
            set("services", "Beside others: service, state, running.", |c| {
                Slot::Texts(&mut c.columns.services)
            }),
            set(
                "volumes",
                "Beside others: volume, used, size, driver.",
                |c| Slot::Texts(&mut c.columns.volumes),
            ),
            set("networks", "Beside others: network, driver, subnet.", |c| {
                Slot::Texts(&mut c.columns.networks)
            }),
            set("images", "Beside others: image, size, used, age.", |c| {
                Slot::Texts(&mut c.columns.images)
            }),
            set(
                "operations",
                "Beside others: operation, outcome, took.",
                |c| Slot::Texts(&mut c.columns.operations),
            ),
        ],
    },
    Section {
        name: "policy",
        doc: "Limits that hold for the console and for every verb.",
        settings: &[
            set("read_only", "Change nothing anywhere.", |c| {
                Slot::Bool(&mut c.policy.read_only)
            }),
            set(
                "max_bulk",
                "Refuse to change more objects than this in one operation; 0: no limit.",
                |c| Slot::Limit(&mut c.policy.max_bulk),
            ),
        ],
    },
    Section {
        name: "docker",
        doc: "Hosts beside those of this file; the same engine is never shown twice.",
        settings: &[
            set(
                "env",
                "The one the docker CLI would use: DOCKER_HOST, or the current context.",
                |c| Slot::Bool(&mut c.docker.env),
            ),
            set("contexts", "All contexts of the docker CLI.", |c| {
                Slot::Bool(&mut c.docker.contexts)
            }),
            set(
                "local",
                "The local engine, where there is no other host.",
                |c| Slot::Bool(&mut c.docker.local),
            ),
        ],
    },
    Section {
        name: "core",
        doc: "How hosts are watched and operations carried out.",
        settings: &[
            set(
                "ping",
                "Ask a silent host so often whether it is there.",
                |c| Slot::Time(&mut c.core.ping, seconds(1)..=seconds(3600)),
            ),
            set(
                "resync",
                "Read all lists anew so often, whatever the events said.",
                |c| Slot::Time(&mut c.core.resync, seconds(10)..=seconds(86_400)),
            ),
            set(
                "backoff_min",
                "The first wait before a host that does not answer is tried again; it doubles...",
                |c| {
                    let least = Duration::from_millis(50);
                    Slot::Time(&mut c.core.backoff_min, least..=seconds(3600))
                },
            ),
            set("backoff_max", "...up to this.", |c| {
                Slot::Time(&mut c.core.backoff_max, seconds(1)..=seconds(3600))
            }),
            set(
                "stats",
                "Measure the containers that somebody looks at so often.",
                |c| {
                    let least = Duration::from_millis(500);
                    Slot::Time(&mut c.core.stats, least..=seconds(3600))
                },
            ),
            set(
                "disk",
                "Ask for the disk use of hosts so often; 0s: never by itself.",
                |c| Slot::Time(&mut c.core.disk, seconds(0)..=seconds(7 * 86_400)),
            ),
            set(
                "step_timeout",
                "How long a step may take, retries included, beside a timeout of its own.",
                |c| Slot::Time(&mut c.core.step_timeout, seconds(1)..=seconds(86_400)),
            ),
            set(
                "attempts",
                "How often a call that fails is made at most.",
                |c| Slot::Count(&mut c.core.attempts, 1..=100),
            ),
            set(
                "concurrency",
                "Calls at once on a host that has no max_calls.",
                |c| Slot::Count(&mut c.core.concurrency, 1..=256),
            ),
            set(
                "connect_timeout",
                "How long connecting may take, for hosts that say nothing themselves.",
                |c| {
                    let least = Duration::from_millis(100);
                    Slot::Time(&mut c.core.connect_timeout, least..=seconds(600))
                },
            ),
            set(
                "call_timeout",
                "How long an engine may take to answer a call, for hosts that say nothing \
                 themselves.",
                |c| Slot::Time(&mut c.core.call_timeout, seconds(1)..=seconds(3600)),
            ),
        ],
    },
    Section {
        name: "journal",
        doc: "The record of what was done: pilothouse history.",
        settings: &[set(
            "path",
            "The file; empty: journal.db in the state directory (pilothouse paths).",
            |c| Slot::Path(&mut c.journal.path),
        )],
    },
    Section {
        name: "log",
        doc: "What the program notes about itself.",
        settings: &[
            set(
                "level",
                "off, error, warn, info, debug, trace, or by target: warn,pilothouse=debug.",
                |c| Slot::Filter(&mut c.log.level),
            ),
            set("json", "One JSON object a line.", |c| {
                Slot::Bool(&mut c.log.json)
            }),
            set(
                "dir",
                "The directory; empty: log in the state directory (pilothouse paths).",
                |c| Slot::Path(&mut c.log.dir),
            ),
        ],
    },
];

/// What a host can have.
pub const HOST: &[Setting<Host>] = &[
    set(
        "endpoint",
        "unix:///path, tcp://host:port, https://host:port, ssh://user@host or context:NAME.",
        |h| Slot::Text(&mut h.endpoint),
    ),
    set("labels", "For guardrails, filters and --host.", |h| {
        Slot::Labels(&mut h.labels)
    }),
    set("read_only", "Change nothing on this host.", |h| {
        Slot::Bool(&mut h.read_only)
    }),
    set(
        "cert_path",
        "A directory with ca.pem, cert.pem and key.pem. Each can also be named by itself.",
        |h| Slot::Path(&mut h.cert_path),
    ),
    set(
        "ca",
        "Who may sign the engine's certificate; without it, whom the system trusts.",
        |h| Slot::Path(&mut h.ca),
    ),
    set("cert", "Our certificate...", |h| Slot::Path(&mut h.cert)),
    set("key", "...and its key.", |h| Slot::Path(&mut h.key)),
    set(
        "tls_verify",
        "Check the engine's certificate. true is TLS even without ca, cert and key.",
        |h| Slot::MaybeBool(&mut h.tls_verify),
    ),
    set(
        "tls_name",
        "The name in the engine's certificate, if not the endpoint's host.",
        |h| Slot::MaybeText(&mut h.tls_name),
    ),
    set("connect_timeout", "As in [core].", |h| {
        let least = Duration::from_millis(100);
        Slot::MaybeTime(&mut h.connect_timeout, least..=seconds(600))
    }),
    set("call_timeout", "As in [core].", |h| {
        Slot::MaybeTime(&mut h.call_timeout, seconds(1)..=seconds(3600))
    }),
    set("max_calls", "Calls at once.", |h| {
        Slot::MaybeCount(&mut h.max_calls, 1..=256)
    }),
];

/// The setting `section.name`.
pub fn find(path: &str) -> Option<&'static Setting<Config>> {
    let (section, name) = path.split_once('.')?;
    let section = SECTIONS.iter().find(|s| s.name == section)?;
    section.settings.iter().find(|s| s.name == name)
}

/// Every `section.name`, in the order of the example.
pub fn all() -> impl Iterator<Item = (String, &'static Setting<Config>)> {
    SECTIONS.iter().flat_map(|section| {
        let path = |s: &Setting<Config>| format!("{}.{}", section.name, s.name);
        section.settings.iter().map(move |s| (path(s), s))
    })
}

/// The variable that sets `path`: `PILOTHOUSE_UI_THEME`.
pub fn variable(path: &str) -> String {
    format!("PILOTHOUSE_{}", path.replace('.', "_").to_ascii_uppercase())
}
