//! A terminal that a program runs in, without anybody in front of it.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long something described may take to appear.
const DEADLINE: Duration = Duration::from_secs(60);

/// The program and what it shows.
pub(crate) struct Seat {
    pub(crate) screen: vt100::Parser,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Seat {
    /// Run a line of the shell in a terminal of that size, with a home of its own.
    pub(crate) fn shell(line: &str, home: &Path, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", line]);
        command.env_clear();
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ] {
            command.env(name, value);
        }
        command.env("HOME", home);
        command.cwd(home);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            screen: vt100::Parser::new(rows, columns, 0),
            child,
            output,
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
        }
    }

    /// The demo fleet, with more words on the command line.
    pub(crate) fn demo(words: &str, home: &Path, columns: u16, rows: u16) -> Self {
        let line = format!("exec '{}' demo {words}", env!("CARGO_BIN_EXE_pilothouse"));
        Self::shell(&line, home, columns, rows)
    }

    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Wait until all of `words` are on the screen.
    pub(crate) fn until(&mut self, words: &[&str]) -> &mut Self {
        self.until_so(&format!("{words:?}"), |s| {
            let text = s.contents();
            words.iter().all(|w| text.contains(w))
        })
    }

    /// Wait until `what` holds; its name is in the message when it never does.
    pub(crate) fn until_so(
        &mut self,
        name: &str,
        what: impl Fn(&vt100::Screen) -> bool,
    ) -> &mut Self {
        let deadline = Instant::now() + DEADLINE;
        while !what(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(e) => panic!("{name}: {e}; shown:\n{}", self.text()),
            }
        }
        self
    }

    /// Take what comes until nothing has come for a while: the screen of a picture is not to be
    /// one that is just being drawn.
    pub(crate) fn calm(&mut self) -> &mut Self {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            match self.output.recv_timeout(Duration::from_millis(60)) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(_) => break,
            }
        }
        self
    }

    /// Type.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.master.resize(size(columns, rows)).unwrap();
        self.screen.screen_mut().set_size(rows, columns);
        self
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
