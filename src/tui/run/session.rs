//! Handing the terminal to a process in a container, and taking it back.

use std::io::Write;
use std::os::unix::net::UnixStream;

use futures_util::StreamExt;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Console;
use super::keyboard::Keyboard;
use crate::domain::error::{Error, Result};
use crate::domain::guardrail::Answer;
use crate::domain::id::ObjectRef;
use crate::domain::intent::Origin;
use crate::domain::port::{AttachSpec, ExecSpec, Session};
use crate::tui::screen::terminal::{Tty, size};

/// Pieces of input that wait for the engine.
const QUEUE: usize = 64;

impl Console {
    /// Let the user talk to a process. The outer error ends the console: the terminal could not be
    /// taken back.
    pub(super) async fn converse(
        &mut self,
        object: &ObjectRef,
        command: Option<Vec<String>>,
        answer: &Answer,
    ) -> Result<Result<String>> {
        self.hand_over().await?;
        let said = self.talk(object, command, answer).await;
        self.take_back()?;
        Ok(said)
    }

    /// Leave the terminal to somebody else, as it was before the console came.
    pub(super) async fn hand_over(&mut self) -> Result<()> {
        self.keyboard.stop().await;
        self.idle().await;
        self.terminal.suspend()?;
        Ok(())
    }

    /// Have it again, whatever its size is now.
    pub(super) fn take_back(&mut self) -> Result<()> {
        self.terminal.resume()?;
        // What was typed for the process is no command for the console.
        let _ = rustix::termios::tcflush(
            rustix::stdio::stdin(),
            rustix::termios::QueueSelector::IFlush,
        );
        let (width, height) = size(&|_| None);
        self.screen.resize(width, height);
        self.screen.invalidate();
        self.model.size = (width, height);
        self.keyboard = Keyboard::start(width, height);
        self.pacer.mark(super::Dirt::Input);
        Ok(())
    }

    async fn talk(
        &self,
        object: &ObjectRef,
        command: Option<Vec<String>>,
        answer: &Answer,
    ) -> Result<String> {
        let mut tty = Tty::stdout().map_err(terminal)?;
        let what = if command.is_some() {
            "a shell"
        } else {
            "the first process"
        };
        let line = format!("{what} of {object}; ctrl-p ctrl-q leaves it\r\n");
        tty.write_all(line.as_bytes()).map_err(terminal)?;
        let dimensions = size(&|_| None);
        let actor = self.tasks.actor.clone();
        let core = &self.core;
        let session = if let Some(command) = command {
            let spec = ExecSpec {
                command,
                tty: true,
                stdin: true,
                env: vec!["TERM=xterm-256color".to_owned()],
                size: Some(dimensions),
                ..ExecSpec::default()
            };
            core.exec(object, &spec, answer, actor, Origin::Console)
                .await?
        } else {
            let spec = AttachSpec {
                stdin: true,
                logs: false,
            };
            core.attach(object, &spec, answer, actor, Origin::Console)
                .await?
        };
        let code = pump(session, tty, dimensions).await?;
        Ok(match code {
            None => format!("left {object}; it goes on"),
            Some(0) => String::new(),
            Some(code) => format!("{what} of {object} ended with {code}"),
        })
    }
}

fn terminal(e: std::io::Error) -> Error {
    Error::internal("talk through the terminal").with_source(e)
}

/// Raw mode while it lives.
struct Raw;

impl Raw {
    fn on() -> Result<Self> {
        crossterm::terminal::enable_raw_mode().map_err(terminal)?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Carry input and output until the process ends, or the user leaves (then there is no code).
async fn pump(mut session: Session, mut tty: Tty, mut known: (u16, u16)) -> Result<Option<i64>> {
    let _raw = Raw::on()?;
    let (sender, mut keys) = channel(QUEUE);
    // Dropping the near end stops the reader: nobody may read the terminal after us.
    let stdin = Stdin::start(sender)?;
    let mut resized = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())
        .map_err(terminal)?;
    let _ = session.control.resize(known.0, known.1).await;
    let mut leaving = Leaving::default();
    let mut input_open = true;
    let left = loop {
        tokio::select! {
            chunk = session.output.next() => match chunk {
                Some(Ok(chunk)) => show(&mut tty, &chunk.data, session.tty)?,
                Some(Err(e)) => {
                    stdin.stop(keys).await;
                    return Err(e);
                }
                None => break false,
            },
            piece = keys.recv(), if input_open => match piece {
                Some(piece) => {
                    if leaving.watch(&piece, session.tty) {
                        break true;
                    }
                    let piece = if session.tty { piece } else { lines(piece) };
                    let sent = session.input.write_all(&piece).await;
                    if sent.is_err() || session.input.flush().await.is_err() {
                        // It reads no more; what it still says is shown.
                        input_open = false;
                    }
                }
                None => input_open = false,
            },
            _ = resized.recv() => {
                let now = size(&|_| None);
                if now != known {
                    known = now;
                    let _ = session.control.resize(now.0, now.1).await;
                }
            }
        }
    };
    stdin.stop(keys).await;
    if left {
        return Ok(None);
    }
    session.control.exit_code().await.map(Some)
}

/// Without a terminal of its own a process ends its lines as files do.
fn show(tty: &mut Tty, data: &[u8], raw: bool) -> Result<()> {
    if raw {
        return tty.write_all(data).map_err(terminal);
    }
    let mut out = Vec::with_capacity(data.len() + 16);
    for byte in data {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    tty.write_all(&out).map_err(terminal)
}

fn lines(mut piece: Vec<u8>) -> Vec<u8> {
    for byte in &mut piece {
        if *byte == b'\r' {
            *byte = b'\n';
        }
    }
    piece
}

/// Ctrl-P Ctrl-Q leaves; where there is no terminal at the other end Ctrl-C does too.
#[derive(Default)]
struct Leaving {
    begun: bool,
}

impl Leaving {
    fn watch(&mut self, piece: &[u8], tty: bool) -> bool {
        const CTRL_C: u8 = 0x03;
        const CTRL_P: u8 = 0x10;
        const CTRL_Q: u8 = 0x11;
        for byte in piece {
            if self.begun && *byte == CTRL_Q || !tty && *byte == CTRL_C {
                return true;
            }
            self.begun = *byte == CTRL_P;
        }
        false
    }
}

/// A thread that reads the terminal until it is told to stop.
struct Stdin {
    stop: UnixStream,
    thread: std::thread::JoinHandle<()>,
}

impl Stdin {
    fn start(sender: Sender<Vec<u8>>) -> Result<Self> {
        let (stop, stopped) = UnixStream::pair().map_err(terminal)?;
        let thread = std::thread::Builder::new()
            .name("tty-reader".into())
            .spawn(move || read(&sender, &stopped))
            .map_err(terminal)?;
        Ok(Self { stop, thread })
    }

    /// When this returns nobody reads the terminal.
    async fn stop(self, keys: Receiver<Vec<u8>>) {
        drop(keys);
        drop(self.stop);
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

fn read(sender: &Sender<Vec<u8>>, stopped: &UnixStream) {
    let stdin = rustix::stdio::stdin();
    let mut buffer = [0; 4096];
    loop {
        let mut fds = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        }
        if !fds[1].revents().is_empty() {
            return;
        }
        if fds[0].revents().is_empty() {
            continue;
        }
        match rustix::io::read(stdin, &mut buffer) {
            Ok(0) => return,
            Ok(n) => {
                if sender.blocking_send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}
