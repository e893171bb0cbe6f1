//! The terminal's modes: entering and leaving the full screen, for a while or for good, also when
//! the console panics. Never asks the terminal anything.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::domain::error::{Error, ErrorKind as Kind, Result};

/// What restoring waits for a terminal that takes no more output.
const LEAVE_PATIENCE: Duration = Duration::from_millis(500);

/// Used when the terminal does not know its size (a fresh pty says 0 x 0).
const FALLBACK_SIZE: (u16, u16) = (80, 24);

/// Modes that the user can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes {
    /// Report mouse clicks, dragging and the wheel; takes the terminal's own selection away.
    pub mouse: bool,
    /// Report when the terminal window gets and loses the focus.
    pub focus: bool,
}

impl Modes {
    fn bits(self) -> u8 {
        u8::from(self.mouse) | u8::from(self.focus) << 1
    }

    fn from_bits(bits: u8) -> Self {
        Self {
            mouse: bits & 1 != 0,
            focus: bits & 2 != 0,
        }
    }
}

/// The full screen is on (read by the panic hook, which has nothing else to hold on to).
static ACTIVE: AtomicBool = AtomicBool::new(false);
static MODES: AtomicU8 = AtomicU8::new(0);

thread_local! {
    /// Set on the thread that draws. A panic elsewhere does not end the console.
    static UI_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// The full screen, restored when dropped.
#[derive(Debug)]
#[must_use]
pub struct Terminal {
    tty: Tty,
    modes: Modes,
    active: bool,
}

impl Terminal {
    /// Raw mode, alternate screen, bracketed paste. Call on the thread that draws.
    pub fn enter(modes: Modes) -> Result<Self> {
        let tty = Tty::stdout().map_err(|e| enter_error(e, "take the terminal over"))?;
        let mut terminal = Self {
            tty,
            modes,
            active: false,
        };
        UI_THREAD.set(true);
        terminal.resume()?;
        Ok(terminal)
    }

    /// Give the terminal back to the shell or to a child. The writer must be idle. Drop the input
    /// reader first: two readers would share the keys.
    pub fn suspend(&mut self) -> Result<()> {
        // Not twice: after a panic the hook has left already, and the shell's screen is no place
        // to clear.
        if std::mem::take(&mut self.active) && ACTIVE.swap(false, Ordering::SeqCst) {
            leave(&mut self.tty, self.modes)
                .map_err(|e| enter_error(e, "give the terminal back"))?;
        }
        Ok(())
    }

    /// Take the terminal back. Follow with [`Screen::invalidate`](super::Screen::invalidate).
    pub fn resume(&mut self) -> Result<()> {
        if !self.active {
            crossterm::terminal::enable_raw_mode()
                .map_err(|e| enter_error(e, "set the terminal to raw mode"))?;
            self.active = true;
            MODES.store(self.modes.bits(), Ordering::SeqCst);
            ACTIVE.store(true, Ordering::SeqCst);
            self.tty
                .write_all(enter_sequence(self.modes).as_bytes())
                .map_err(|e| enter_error(e, "enter the full screen"))?;
        }
        Ok(())
    }

    /// Turn mouse reports on or off. The writer must be idle.
    pub fn set_mouse(&mut self, on: bool) -> Result<()> {
        self.modes.mouse = on;
        MODES.store(self.modes.bits(), Ordering::SeqCst);
        if self.active {
            self.tty
                .write_all(if on { MOUSE_ON } else { MOUSE_OFF }.as_bytes())
                .map_err(|e| enter_error(e, "switch the mouse"))?;
        }
        Ok(())
    }

    /// The modes in force.
    pub fn modes(&self) -> Modes {
        self.modes
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = self.suspend();
        UI_THREAD.set(false);
    }
}

fn enter_error(source: io::Error, what: &str) -> Error {
    Error::new(Kind::Internal, what.to_owned())
        .with_source(source)
        .with_hint("the console needs a terminal; every verb also works without one")
}

const MOUSE_ON: &str = "\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l";

fn enter_sequence(modes: Modes) -> String {
    // No autowrap: a glyph that the terminal finds wider than we do must not wrap and scroll.
    let mut text = String::from("\x1b[?1049h\x1b(B\x1b[?7l\x1b[?25l\x1b[?2004h");
    if modes.mouse {
        text.push_str(MOUSE_ON);
    }
    if modes.focus {
        text.push_str("\x1b[?1004h");
    }
    text
}

fn leave_sequence(modes: Modes) -> String {
    // First whatever a half written frame may have left open.
    let mut text = String::from("\x1b[?2026l\x1b[r\x1b[m");
    if modes.focus {
        text.push_str("\x1b[?1004l");
    }
    if modes.mouse {
        text.push_str(MOUSE_OFF);
    }
    // The screen is cleared for consoles without an alternate one.
    text.push_str("\x1b[?2004l\x1b[?7h\x1b[H\x1b[J\x1b[?1049l\x1b[?25h");
    text
}

fn leave(tty: &mut Tty, modes: Modes) -> io::Result<()> {
    let written = tty.write_patiently(leave_sequence(modes).as_bytes(), LEAVE_PATIENCE);
    crossterm::terminal::disable_raw_mode()?;
    written
}

/// Make a panic on the drawing thread restore the terminal before it is printed. A panic on
/// another thread does not touch the screen: its owner sees it as a failed task. `report` gets
/// both and must not write to the terminal.
pub fn install_panic_hook(report: impl Fn(&PanicHookInfo<'_>) + Send + Sync + 'static) {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let may_print = restore_after_panic();
        report(info);
        if may_print {
            print(info);
        }
    }));
}

/// For a panic hook: leave the full screen if it was the drawing thread that broke. May something
/// be printed now?
pub fn restore_after_panic() -> bool {
    if UI_THREAD.try_with(Cell::get).unwrap_or(false) {
        restore();
    }
    !ACTIVE.load(Ordering::SeqCst)
}

/// Leave the full screen if it is on; for the panic hook.
fn restore() {
    if ACTIVE.swap(false, Ordering::SeqCst)
        && let Ok(mut tty) = Tty::stdout()
    {
        let _ = leave(&mut tty, Modes::from_bits(MODES.load(Ordering::SeqCst)));
    }
}

/// Columns and rows of the terminal on stdout; `LINES` and `COLUMNS` where it does not say.
pub fn size(env: &dyn Fn(&str) -> Option<String>) -> (u16, u16) {
    let asked = rustix::termios::tcgetwinsize(rustix::stdio::stdout())
        .map_or((0, 0), |size| (size.ws_col, size.ws_row));
    let number = |name: &str| env(name).and_then(|v| v.parse().ok()).unwrap_or(0);
    let pick = |known: u16, name: &str, fallback: u16| match (known, number(name)) {
        (0, 0) => fallback,
        (0, n) | (n, _) => n,
    };
    (
        pick(asked.0, "COLUMNS", FALLBACK_SIZE.0),
        pick(asked.1, "LINES", FALLBACK_SIZE.1),
    )
}

/// The terminal on stdout, unbuffered: what is written in one call leaves in one call.
#[derive(Debug)]
pub struct Tty {
    file: File,
}

impl Tty {
    /// A handle of our own on stdout.
    pub fn stdout() -> io::Result<Self> {
        Ok(Self {
            file: File::from(rustix::stdio::stdout().try_clone_to_owned()?),
        })
    }

    /// Write all, but give up on a terminal that takes nothing for `patience`. Byte by byte: a
    /// writable terminal takes one without blocking, and not necessarily two.
    fn write_patiently(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if !self.wait_writable(Some(patience))? {
                return Err(ErrorKind::TimedOut.into());
            }
            match self.file.write(&rest[..1]) {
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Wait until the terminal takes output; false after `patience`.
    fn wait_writable(&self, patience: Option<Duration>) -> io::Result<bool> {
        let timeout = patience.and_then(|p| Timespec::try_from(p).ok());
        let mut fds = [PollFd::new(&self.file, PollFlags::OUT)];
        loop {
            match poll(&mut fds, timeout.as_ref()) {
                Ok(n) => return Ok(n > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(bytes) {
                // A child may have left the terminal in non-blocking mode: it is shared.
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    self.wait_writable(None)?;
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
