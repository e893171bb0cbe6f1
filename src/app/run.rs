//! The whole program: arguments -> configuration -> fleet -> core -> a verb or the console ->
//! exit code.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::signal::unix::{SignalKind, signal};

use super::console;
use super::demo::Demo;
use super::{Fleet, SystemClock, actor, docker_engines, environment, fleet, settings, telemetry};
use crate::cli::{self, Cli, Command, Context, Exit, Global, Out, Terminals, Verb};
use crate::config::{self, Flag, Inputs, Loaded};
use crate::domain::error::{Error, Result};
use crate::domain::intent::Actor;
use crate::domain::operation::Operation;
use crate::domain::port::{Clock, Journal};
use crate::domain::text::glob;
use crate::journal::{SqliteJournal, SystemProcesses};
use crate::reconcile::{Core, HostSpec, Settings};
use crate::telemetry::install_panic_hook;
use crate::transport::{Endpoint, Env};
use crate::tui::screen::terminal::restore_after_panic;
use crate::tui::theme::SHIPPED;

/// How long the program waits at its end for what was cancelled.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Run the program as it was called.
pub fn main() -> ExitCode {
    let env = environment::environment();
    run(std::env::args_os(), env).into()
}

fn run(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    env: BTreeMap<String, String>,
) -> Exit {
    let terminals = Terminals::of_process();
    let plain = env.get("NO_COLOR").is_some_and(|v| !v.is_empty())
        || env.get("TERM").is_some_and(|t| t == "dumb");
    let cli = match cli::parse(arguments) {
        Ok(cli) => cli,
        Err(answer) => {
            let mut out = Out::process(terminals, cli::Colour::Auto, plain);
            return answer.print(&mut out);
        }
    };
    let mut out = Out::process(terminals, cli.global.colour(), plain);
    let inputs = inputs(&env, &cli.global);
    if let Some(Command::Local(job)) = &cli.verb {
        return cli::local(job, &inputs, cli.global.output.as_ref(), &mut out);
    }
    telemetry::to_stderr(cli.global.verbose);
    let loaded = match config::load(&inputs) {
        Ok(loaded) => loaded,
        Err(mistakes) => return cli::fail(&mistakes.into(), &mut out),
    };
    for warning in &loaded.warnings {
        out.warn(&warning.to_string());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let logs = loaded.paths.logs(loaded.config.log.dir.as_deref());
    install_panic_hook(logs, Arc::clone(&clock), restore_after_panic);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => {
            let e = Error::internal("start the worker threads").with_source(e);
            return cli::fail(&e, &mut out);
        }
    };
    let Cli { global, verb } = cli;
    let (verb, demo) = match verb {
        None => (None, false),
        Some(Command::Fleet(verb)) => (Some(*verb), false),
        Some(Command::Demo(demo)) => (demo.verb.map(|v| *v), true),
        // Done above.
        Some(Command::Local(_)) => return Exit::Usage,
    };
    let start = Start {
        loaded,
        env,
        clock,
        global,
        demo,
    };
    let exit = runtime.block_on(async {
        let Some(verb) = verb else {
            // On this thread: no neighbour can delay it. It minds signals itself.
            return console(start, out).await;
        };
        tokio::select! {
            ended = tokio::spawn(carry_out(verb, start, out)) => ended.unwrap_or(Exit::Failed),
            exit = enough() => exit,
        }
    });
    // A thread may still wait for a key; nobody waits for it.
    runtime.shutdown_timeout(LAST_WORDS);
    exit
}

fn inputs(env: &BTreeMap<String, String>, global: &Global) -> Inputs {
    let mut inputs = Inputs::new(env.clone());
    inputs.themes = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
    inputs.endpoint = Some(|text| text.parse::<Endpoint>().map(|_| ()));
    inputs.file.clone_from(&global.config);
    if global.read_only {
        inputs.flags.push(Flag {
            name: "--read-only".to_owned(),
            setting: "policy.read_only".to_owned(),
            value: "true".to_owned(),
        });
    }
    inputs
}

/// The third signal ends the program whatever it is doing: the first two were for the verb.
async fn enough() -> Exit {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    let mut last = Exit::Interrupted;
    for _ in 0..3 {
        tokio::select! {
            _ = interrupt.recv() => last = Exit::Interrupted,
            _ = terminate.recv() => last = Exit::Terminated,
        }
    }
    last
}

/// What everything starts from.
struct Start {
    loaded: Loaded,
    env: BTreeMap<String, String>,
    clock: Arc<dyn Clock>,
    global: Global,
    /// On the simulated fleet?
    demo: bool,
}

impl Start {
    fn actor(&self) -> Actor {
        let uid = rustix::process::getuid().as_raw();
        actor(&self.env, uid, std::process::id())
    }

    /// The fleet, and what it lives in.
    fn prepare(&self, verb: Option<&Verb>, out: &mut Out) -> Result<(Option<Demo>, Prepared)> {
        let (demo, prepared) = if self.demo {
            let demo = Demo::start(&self.env, &self.clock)?;
            let prepared = demo.prepare(&self.loaded, &self.clock, verb.is_some())?;
            (Some(demo), prepared)
        } else {
            let prepared = prepare(&self.loaded, &self.env, &self.clock, &self.global, verb)?;
            (None, prepared)
        };
        for warning in &prepared.warnings {
            out.warn(warning);
        }
        Ok((demo, prepared))
    }

    fn core(&self, prepared: Prepared) -> Core {
        let Prepared {
            hosts,
            settings,
            journal,
            ..
        } = prepared;
        Core::start(hosts, settings, journal, Arc::clone(&self.clock))
    }
}

async fn carry_out(verb: Verb, start: Start, mut out: Out) -> Exit {
    let (_demo, prepared) = match start.prepare(Some(&verb), &mut out) {
        Ok(prepared) => prepared,
        Err(e) => return cli::fail(&e, &mut out),
    };
    // Beside the work: what was interrupted is told in the end, and costs nobody time.
    let journal = Arc::clone(&prepared.journal);
    let recovery = tokio::spawn(recover(journal, start.clock.now()));
    let core = start.core(prepared);
    let actor = start.actor();
    let context = Context::new(out, start.env, start.clock, actor, start.global);
    cli::run(verb, core.handle(), context, recovery).await
}

async fn console(start: Start, mut out: Out) -> Exit {
    if let Err(e) = console::check_terminal(&start.env, out.terminals()) {
        return cli::fail(&e, &mut out);
    }
    // Nothing may be printed over the screen: what is to be told goes to a file.
    let (_log, trouble) = match telemetry::to_file(&start.loaded, Arc::clone(&start.clock)) {
        Ok(log) => (log, None),
        Err(e) => (None, Some(e.chain())),
    };
    let (_demo, prepared) = match start.prepare(None, &mut out) {
        Ok(prepared) => prepared,
        Err(e) => return cli::fail(&e, &mut out),
    };
    let mut notices = recover(Arc::clone(&prepared.journal), start.clock.now()).await;
    notices.extend(start.loaded.warnings.iter().map(ToString::to_string));
    notices.extend(trouble);
    let core = start.core(prepared);
    let opening = console::Opening {
        loaded: &start.loaded,
        inputs: inputs(&start.env, &start.global),
        env: &start.env,
        clock: &*start.clock,
        actor: start.actor(),
        demo: start.demo,
        notices,
    };
    match console::open(core.handle(), opening).await {
        Ok(()) => Exit::Done,
        Err(e) => cli::fail(&e, &mut out),
    }
}

/// What the core is started with.
pub(super) struct Prepared {
    pub(super) hosts: Vec<HostSpec>,
    pub(super) settings: Settings,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) warnings: Vec<String>,
}

fn prepare(
    loaded: &Loaded,
    env: &BTreeMap<String, String>,
    clock: &Arc<dyn Clock>,
    global: &Global,
    verb: Option<&Verb>,
) -> Result<Prepared> {
    let uid = rustix::process::getuid().as_raw();
    let surroundings = Env::new(env.clone()).with_uid(uid);
    let make = docker_engines(&surroundings, Arc::clone(clock));
    let Fleet { hosts, warnings } = fleet(&loaded.config, &surroundings, &make);
    if hosts.is_empty() && verb.is_some_and(|v| !matches!(v, Verb::History(_))) {
        return Err(
            Error::invalid("there is no host, and no local engine").with_hint(
                "add [hosts.NAME] to the configuration (pilothouse paths), set DOCKER_HOST, or try \
             pilothouse demo",
            ),
        );
    }
    let path = loaded
        .paths
        .journal(loaded.config.journal.path.as_deref())
        .ok_or_else(|| {
            Error::invalid("there is no home directory to keep the journal in")
                .with_hint("set journal.path in the configuration")
        })?;
    Ok(Prepared {
        hosts: meant(hosts, &global.hosts),
        settings: headless(settings(&loaded.config), verb.is_some()),
        journal: Arc::new(SqliteJournal::open(path, Arc::new(SystemProcesses))),
        warnings,
    })
}

/// Only the hosts that `--host` names are connected to. A glob that names none is left to the verb,
/// which knows all names and so can say what was probably meant.
fn meant(hosts: Vec<HostSpec>, globs: &[String]) -> Vec<HostSpec> {
    let hit = |g: &String| hosts.iter().any(|h| glob(g, h.facts.id.as_str()));
    if globs.is_empty() || !globs.iter().all(hit) {
        return hosts;
    }
    let wanted = |h: &HostSpec| globs.iter().any(|g| glob(g, h.facts.id.as_str()));
    hosts.into_iter().filter(wanted).collect()
}

/// A verb looks once: nothing is measured that nobody will see.
pub(super) fn headless(settings: Settings, is: bool) -> Settings {
    if is {
        Settings {
            disk: Duration::ZERO,
            publish: Duration::from_millis(5),
            ..settings
        }
    } else {
        settings
    }
}

/// Mark what processes that are gone left unfinished; what to tell of it.
async fn recover(journal: Arc<dyn Journal>, now: DateTime<Utc>) -> Vec<String> {
    match tokio::task::spawn_blocking(move || journal.recover(now)).await {
        Ok(Ok(left)) => left.iter().map(interrupted).collect(),
        Ok(Err(e)) => vec![e.chain()],
        Err(e) => vec![format!("look for interrupted operations: {e}")],
    }
}

fn interrupted(operation: &Operation) -> String {
    let id = operation.id;
    format!(
        "{} was interrupted: see pilothouse history show {id}",
        operation.title
    )
}
