//! The terminal's modes on a real pseudo-terminal. The child is this test binary itself, told by
//! an environment variable what to do.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests fails like a test"
)]

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use pilothouse::tui::screen::terminal::{Modes, Terminal, Tty, install_panic_hook, size};
use pilothouse::tui::screen::writer::{Report, Writer};
use pilothouse::tui::screen::{Capabilities, Screen};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const CHILD: &str = "PILOTHOUSE_TEST_CHILD";
const DEADLINE: Duration = Duration::from_secs(20);

/// What a user would see, and the bytes so far.
struct Watcher {
    terminal: vt100::Parser,
    output: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Watcher {
    /// Wait until `what` holds; its name is in the message when it does not.
    fn until(&mut self, name: &str, what: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !what(self.terminal.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.terminal.process(&bytes);
                    self.bytes.extend_from_slice(&bytes);
                }
                Err(e) => panic!("{name}: {e}; shown:\n{}", self.terminal.screen().contents()),
            }
        }
    }
}

/// Run this binary as `mode` under a shell that then says how it finds the terminal, and answer
/// with `typed` once the console is up.
fn run(mode: &str, typed: &str) -> Watcher {
    let pair = native_pty_system()
        .openpty(PtySize {
            rows: 50,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        })
        .unwrap();
    let exe = std::env::current_exe().unwrap();
    let mut command = CommandBuilder::new("sh");
    let script = format!(
        "echo BEFORE; '{}' --exact child --nocapture; stty -a; echo AFTER",
        exe.display()
    );
    command.args(["-c", &script]);
    command.env(CHILD, mode);
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (sender, output) = channel();
    let drain = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if sender.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let terminal = vt100::Parser::new(50, 80, 0);
    let mut watcher = Watcher {
        terminal,
        output,
        bytes: Vec::new(),
    };
    watcher.until("the console is up", |s| {
        s.alternate_screen() && s.contents().contains("80x50")
    });
    assert!(watcher.terminal.screen().bracketed_paste());
    pair.master
        .take_writer()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    watcher.until("the shell is back", |s| s.contents().contains("AFTER"));
    child.wait().unwrap();
    drop(pair.master);
    drain.join().unwrap();
    watcher
}

/// As the shell found it: no mode left on, line editing and echo back.
fn assert_restored(watcher: &Watcher) {
    let screen = watcher.terminal.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    let shown = screen.contents();
    assert!(
        shown.contains("BEFORE"),
        "what was there before is there again:\n{shown}"
    );
    for flag in ["icanon", "echo", "isig", "opost"] {
        let word = |w: &str| w == flag;
        assert!(
            shown.split([' ', '\n', ';']).any(word),
            "{flag} is off:\n{shown}"
        );
    }
}

#[test]
fn leaving_restores_the_terminal() {
    let watcher = run("leave", "q");
    assert_restored(&watcher);
}

#[test]
fn a_panic_restores_the_terminal_before_it_is_reported() {
    let watcher = run("panic", "q");
    assert_restored(&watcher);
    let shown = watcher.terminal.screen().contents();
    assert!(
        shown.contains("the console broke"),
        "the report is readable:\n{shown}"
    );
}

#[test]
fn a_panic_elsewhere_leaves_the_console_alone() {
    let watcher = run("worker", "q");
    assert_restored(&watcher);
    let bytes = String::from_utf8_lossy(&watcher.bytes);
    assert!(
        !bytes.contains("a worker broke"),
        "written over the console: {bytes:?}"
    );
    assert!(bytes.contains("still here"));
}

#[test]
fn a_child_gets_a_plain_terminal_and_the_console_comes_back() {
    let watcher = run("suspend", "q");
    assert_restored(&watcher);
    let bytes = String::from_utf8_lossy(&watcher.bytes);
    let at = |text: &str| {
        bytes
            .find(text)
            .unwrap_or_else(|| panic!("no {text:?} in {bytes:?}"))
    };
    let inside = &bytes[at("CHILD BEGIN")..at("CHILD END")];
    assert!(inside.contains(" icanon"), "{inside:?}");
    let resumed = bytes.rfind("\x1b[?1049h").unwrap();
    assert!(resumed > at("CHILD END"), "the console came back");
    assert!(bytes[resumed..].contains("80x50"), "and was painted anew");
}

/// The child's side: does nothing in an ordinary run.
#[test]
fn child() {
    let Ok(mode) = std::env::var(CHILD) else {
        return;
    };
    install_panic_hook(|_| {});
    let mut terminal = Terminal::enter(Modes::default()).unwrap();
    let (width, height) = size(&|_| None);
    let mut screen = Screen::new(width, height, Capabilities::default());
    let (writer, mut reports) = Writer::spawn(Tty::stdout().unwrap()).unwrap();
    let mut show = |screen: &mut Screen, text: &str| {
        let mut out = Vec::new();
        screen.draw(&mut out, |buffer| {
            buffer.set_string(
                3,
                3,
                format!("{width}x{height} {text}"),
                ratatui::style::Style::new(),
            );
            None
        });
        writer.submit(out).unwrap();
        assert!(matches!(reports.blocking_recv(), Some(Report::Done(_))));
    };
    show(&mut screen, "up");
    let mut key = [0];
    std::io::stdin().read_exact(&mut key).unwrap();
    assert_eq!(&key, b"q", "raw mode: no Enter needed");
    match mode.as_str() {
        "panic" => panic!("the console broke"),
        "worker" => {
            let worker = std::thread::spawn(|| panic!("a worker broke"));
            assert!(worker.join().is_err());
            show(&mut screen, "still here");
        }
        "suspend" => {
            terminal.suspend().unwrap();
            let script = "echo CHILD BEGIN; stty -a; echo CHILD END";
            std::process::Command::new("sh")
                .args(["-c", script])
                .status()
                .unwrap();
            terminal.resume().unwrap();
            screen.invalidate();
            show(&mut screen, "back");
        }
        _ => {}
    }
    drop(terminal);
}
