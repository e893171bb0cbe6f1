//! The loop: waits for input, the fleet, tasks and timers; updates; draws what changed. It owns
//! the terminal and never waits for a network.

mod history;
mod keyboard;
mod session;
mod shell;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::effect::Effect;
use super::memory::Memory;
use super::model::Model;
use super::msg::Msg;
use super::options::{ConsoleOptions, Restyle, Setup};
use super::screen::Screen;
use super::screen::pacer::{Dirt, Pacer};
use super::screen::terminal::{Modes, Terminal, Tty, size};
use super::screen::writer::{Report, Writer};
use super::status::Severity;
use super::update::{settle, update};
use super::view;
use crate::config::Signal;
use crate::domain::error::{Error, Result};
use crate::domain::snapshot::Snapshot;
use crate::reconcile::{CoreHandle, FleetEvent};

use keyboard::Keyboard;
use tasks::Tasks;

/// Messages taken in one turn: a storm must not keep the keys waiting.
const MAX_DRAIN: usize = 64;

/// Messages of tasks that wait for the loop; a task that finds it full waits.
const QUEUE: usize = 256;

/// The longest sleep: clocks are set now and then.
const LONGEST: Duration = Duration::from_secs(600);

/// How long the terminal may take for the last frame.
const PATIENCE: Duration = Duration::from_millis(500);

/// Run the console until the user leaves it. Call it on the main thread, not in a task.
/// `restyles` brings themes that changed while it runs.
pub async fn run(
    core: CoreHandle,
    options: ConsoleOptions,
    restyles: Option<Receiver<Restyle>>,
) -> Result<()> {
    let (setup, notices) = Setup::new(&options).map_err(|errors| key_errors(&errors))?;
    let mut console = Console::enter(core, &options, setup)?;
    if let Some(restyles) = restyles {
        console.tasks.follow(restyles);
    }
    for notice in notices {
        let now = console.model.now;
        console.model.status.say(Severity::Warning, notice, now);
    }
    let result = console.turn_until_quit().await;
    console.leave().await;
    result
}

/// All mistakes in the keys as one error.
fn key_errors(errors: &[Error]) -> Error {
    let all: Vec<String> = errors
        .iter()
        .map(|e| match e.hint() {
            Some(hint) => format!("{} ({hint})", e.chain()),
            None => e.chain(),
        })
        .collect();
    Error::invalid(format!("keys: {}", all.join("; ")))
}

/// What wakes the loop.
enum Wake {
    Key(super::input::Input),
    NoKeys,
    Frame(Option<Report>),
    Task(Msg),
    Snapshot(bool),
    Event(Result<FleetEvent, broadcast::error::RecvError>),
    Timer,
    Signal,
}

struct Console {
    core: CoreHandle,
    model: Model,
    screen: Screen,
    terminal: Terminal,
    writer: Writer,
    reports: Receiver<Report>,
    pacer: Pacer,
    /// The buffer of the next frame.
    spare: Vec<u8>,
    keyboard: Keyboard,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Receiver<FleetEvent>,
    from_tasks: Receiver<Msg>,
    tasks: Tasks,
    /// When the picture changes by itself.
    wake: Option<DateTime<Utc>>,
    quit: bool,
    /// The terminal is gone.
    closed: bool,
}

impl Console {
    fn enter(core: CoreHandle, options: &ConsoleOptions, setup: Setup) -> Result<Self> {
        let terminal_error =
            |e: std::io::Error| Error::internal("write to the terminal").with_source(e);
        let terminal = Terminal::enter(Modes {
            mouse: options.mouse,
            focus: false,
        })?;
        let (width, height) = size(&*options.env);
        let tty = Tty::stdout().map_err(terminal_error)?;
        let (writer, reports) = Writer::spawn(tty).map_err(terminal_error)?;
        let budget = options
            .byte_budget
            .or_else(|| Pacer::default_budget(&*options.env));
        let snapshots = core.snapshots();
        let (to_loop, from_tasks): (Sender<Msg>, _) = channel(QUEUE);
        let mut model = Model::new(setup, core.clock().now(), (width, height), core.snapshot());
        model.mouse = options.mouse;
        if let Some(memory) = &options.memory {
            memory.apply(&mut model);
        }
        // From now on changes are written down.
        model.memory = options.memory_file.is_some().then(|| Memory::of(&model));
        if let Some(file) = &options.history {
            model.activity.typed.commands = history::load(file);
        }
        Ok(Self {
            model,
            screen: Screen::new(width, height, options.capabilities()),
            terminal,
            writer,
            reports,
            pacer: Pacer::new(budget, std::time::Instant::now()).with_fps(options.fps),
            spare: Vec::new(),
            keyboard: Keyboard::start(width, height),
            snapshots,
            events: core.events(),
            from_tasks,
            tasks: Tasks::new(core.clone(), options, to_loop),
            core,
            wake: None,
            quit: false,
            closed: false,
        })
    }

    async fn turn_until_quit(&mut self) -> Result<()> {
        let mut signals = Signals::new()?;
        self.pacer.mark(Dirt::Input);
        self.finish_turn().await?;
        while !self.quit {
            let wake = self.wait(&mut signals).await;
            self.model.now = self.core.clock().now();
            self.take(wake).await?;
            self.drain().await?;
            if self.quit {
                break;
            }
            self.finish_turn().await?;
        }
        Ok(())
    }

    async fn wait(&mut self, signals: &mut Signals) -> Wake {
        let timer = self.timer();
        let sleep = async {
            match timer {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            key = self.keyboard.next() => key.map_or(Wake::NoKeys, Wake::Key),
            report = self.reports.recv() => Wake::Frame(report),
            () = signals.next() => Wake::Signal,
            Some(msg) = self.from_tasks.recv() => Wake::Task(msg),
            changed = self.snapshots.changed() => Wake::Snapshot(changed.is_ok()),
            event = self.events.recv() => Wake::Event(event),
            () = sleep => Wake::Timer,
        }
    }

    /// The moment to look again: a frame is due, or what is shown changes by itself.
    fn timer(&self) -> Option<Instant> {
        let frame = self.pacer.next_due().map(Instant::from_std);
        let wake = self.wake.map(|at| {
            let wait = (at - self.core.clock().now()).to_std().unwrap_or_default();
            // A little later, so that the text has changed when it is painted.
            Instant::now() + wait.min(LONGEST) + Duration::from_millis(2)
        });
        match (frame, wake) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    async fn take(&mut self, wake: Wake) -> Result<()> {
        match wake {
            Wake::Key(input) => self.input(input).await?,
            // Nobody can type any more: the terminal is gone.
            // Nor is there anything to show when the core has ended.
            Wake::NoKeys
            | Wake::Signal
            | Wake::Snapshot(false)
            | Wake::Event(Err(broadcast::error::RecvError::Closed)) => self.quit = true,
            Wake::Frame(report) => self.reported(report),
            Wake::Task(msg) => self.update(msg, Dirt::Background).await?,
            Wake::Snapshot(true) => self.snapshot().await?,
            Wake::Event(Ok(event)) => self.update(Msg::Event(event), Dirt::Background).await?,
            // Some were missed; the snapshot has what they led to.
            Wake::Event(Err(broadcast::error::RecvError::Lagged(_))) => {}
            Wake::Timer => {
                if self.wake.is_some_and(|at| at <= self.model.now) {
                    self.wake = None;
                    self.update(Msg::Tick, Dirt::Background).await?;
                }
            }
        }
        Ok(())
    }

    /// What has come in the meantime, keys first each time.
    async fn drain(&mut self) -> Result<()> {
        for _ in 0..MAX_DRAIN {
            if self.quit {
                return Ok(());
            }
            if let Some(input) = self.keyboard.try_next() {
                self.input(input).await?;
            } else if let Ok(msg) = self.from_tasks.try_recv() {
                self.update(msg, Dirt::Background).await?;
            } else if let Ok(event) = self.events.try_recv() {
                self.update(Msg::Event(event), Dirt::Background).await?;
            } else if self.snapshots.has_changed().unwrap_or(false) {
                self.snapshot().await?;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<()> {
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        self.update(Msg::Snapshot(snapshot), Dirt::Background).await
    }

    async fn input(&mut self, input: super::input::Input) -> Result<()> {
        if let super::input::Input::Resize(width, height) = input {
            self.screen.resize(width, height);
        }
        self.update(Msg::Input(input), Dirt::Input).await
    }

    async fn update(&mut self, msg: Msg, dirt: Dirt) -> Result<()> {
        self.pacer.mark(dirt);
        let effects = update(&mut self.model, msg);
        self.perform(effects).await
    }

    /// Do what an update wants done. What can be answered at once is.
    async fn perform(&mut self, effects: Vec<Effect>) -> Result<()> {
        let mut queue: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Quit => self.quit = true,
                Effect::Preview(intent) => {
                    let result = self.core.preview((*intent).clone()).map(Box::new);
                    queue.extend(update(&mut self.model, Msg::Previewed(intent, result)));
                }
                Effect::Draft(intent) => {
                    let result = self.core.preview((*intent).clone()).map(Box::new);
                    queue.extend(update(&mut self.model, Msg::Drafted(intent, result)));
                }
                Effect::Judge { object, command } => {
                    let result = self
                        .core
                        .judge_session(&object, command.as_deref())
                        .map(Box::new);
                    let msg = Msg::Judged {
                        object,
                        command,
                        result,
                    };
                    queue.extend(update(&mut self.model, msg));
                }
                Effect::Copy(text) => {
                    if !self.screen.copy(&text) {
                        let text = "this terminal takes nothing into its clipboard, or not so much";
                        let now = self.model.now;
                        self.model.status.say(Severity::Warning, text, now);
                    }
                    self.pacer.mark(Dirt::Input);
                }
                Effect::Redraw => {
                    self.screen.invalidate();
                    self.pacer.mark(Dirt::Input);
                }
                Effect::Mouse(on) => {
                    self.idle().await;
                    self.terminal.set_mouse(on)?;
                }
                Effect::Notice { text, how } => {
                    self.screen.notice(&text, how == Signal::Osc9);
                    self.pacer.mark(Dirt::Input);
                }
                Effect::Shell {
                    name,
                    lines,
                    background: false,
                } => {
                    let result = self.shell(&name, &lines).await?;
                    queue.extend(update(&mut self.model, Msg::SessionEnded(result)));
                }
                Effect::Session {
                    object,
                    command,
                    answer,
                } => {
                    let result = self.converse(&object, command, &answer).await?;
                    queue.extend(update(&mut self.model, Msg::SessionEnded(result)));
                }
                other => self.tasks.start(other),
            }
        }
        Ok(())
    }

    /// Bring everything in line and draw what is due.
    async fn finish_turn(&mut self) -> Result<()> {
        let (effects, look_again) = settle(&mut self.model);
        self.perform(effects).await?;
        self.draw();
        if let Some(at) = look_again {
            self.wake = Some(self.wake.map_or(at, |w| w.min(at)));
        }
        Ok(())
    }

    fn draw(&mut self) {
        let now = std::time::Instant::now();
        let Some(due) = self.pacer.due(now) else {
            return;
        };
        if due.spin {
            self.model.activity.spin = self.model.activity.spin.wrapping_add(1);
        }
        let mut frame = std::mem::take(&mut self.spare);
        let mut drawn = view::Drawn::default();
        let model = &self.model;
        self.screen.draw(&mut frame, |buffer| {
            drawn = view::draw(model, buffer);
            drawn.cursor
        });
        self.pacer.drew(now, frame.len());
        self.pacer.set_spinning(drawn.spinning, now);
        self.wake = drawn.wake;
        if frame.is_empty() {
            self.spare = frame;
        } else if self.writer.submit(frame).is_err() {
            // The report that the terminal is gone is on its way.
            self.pacer.frame_done();
        }
    }

    fn reported(&mut self, report: Option<Report>) {
        match report {
            Some(Report::Done(buffer)) => {
                self.spare = buffer;
                self.pacer.frame_done();
            }
            Some(Report::Closed(_)) | None => {
                self.closed = true;
                self.quit = true;
            }
        }
    }

    /// Wait until no frame is on its way.
    async fn idle(&mut self) {
        while self.pacer.in_flight() && !self.closed {
            let report = self.reports.recv().await;
            self.reported(report);
        }
    }

    async fn leave(mut self) {
        self.tasks.stop();
        let _ = tokio::time::timeout(PATIENCE, self.tasks.finish()).await;
        self.core.look_at(&[]);
        self.keyboard.stop().await;
        // A terminal that takes nothing any more must not keep us.
        let _ = tokio::time::timeout(PATIENCE, self.idle()).await;
        self.writer.close(PATIENCE);
        drop(self.terminal);
    }
}

/// The signals that end the console in good order.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|e| Error::internal("listen for signals").with_source(e));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
