//! The program on a terminal: questions, conversations, tables that are painted anew.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Fleet;

const DEADLINE: Duration = Duration::from_secs(60);

/// A terminal with the program on it.
struct Screen {
    terminal: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Run a line under a shell that says its exit code and how it finds the terminal afterwards.
    fn run(fleet: &Fleet, line: &str) -> Self {
        let size = PtySize {
            rows: 50,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let exe = env!("CARGO_BIN_EXE_pilothouse");
        let mut command = CommandBuilder::new("sh");
        // Ctrl-C reaches the shell as well; it has to outlive the program.
        let script = format!("trap : INT; '{exe}' {line}; echo CODE $?; stty -a; echo AFTER");
        command.args(["-c", &script]);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", fleet.path("home"));
        command.env("USER", "tester");
        command.env("TERM", "xterm-256color");
        let _child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            terminal: vt100::Parser::new(50, 120, 1_000),
            output,
            keys: pair.master.take_writer().unwrap(),
            _master: pair.master,
        }
    }

    fn text(&self) -> String {
        self.terminal.screen().contents()
    }

    /// Wait until the screen holds this.
    #[track_caller]
    fn until(&mut self, wanted: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.text().contains(wanted) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.terminal.process(&bytes),
                Err(e) => panic!("{wanted:?}: {e}; shown:\n{}", self.text()),
            }
        }
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Wait for the end; the terminal must be as it was.
    #[track_caller]
    fn ends_with(&mut self, code: i32) {
        self.until("AFTER");
        let shown = self.text();
        assert!(shown.contains(&format!("CODE {code}")), "{shown}");
        for flag in ["icanon", "echo", "isig", "opost"] {
            let on = shown.split([' ', '\n', ';']).any(|w| w == flag);
            assert!(on, "{flag} is off:\n{shown}");
        }
        assert!(!self.terminal.screen().hide_cursor());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_destroys_asks_and_no_is_the_answer_unless_it_is_yes() {
    let fleet = Fleet::new(1);
    let id = fleet.sleeper(1, "web").await;
    let mut screen = Screen::run(&fleet, "rm -f web");
    screen.until("Do this? [y/N]");
    let shown = screen.text();
    assert!(shown.contains("prod-1/web"), "{shown}");
    assert!(shown.contains(&id[..12]), "{shown}");
    screen.type_in("\r");
    screen.until("not confirmed: nothing was changed");
    screen.ends_with(6);
    assert_eq!(fleet.state(1, "web"), "running");
    let mut screen = Screen::run(&fleet, "rm -f web");
    screen.until("Do this? [y/N]");
    screen.type_in("y\r");
    screen.until("removed");
    screen.ends_with(0);
    assert_eq!(fleet.state(1, "web"), "absent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guardrail_wants_its_text_typed() {
    let rule = r#"
[[guardrails]]
match = { actions = ["stop"] }
effect = "type-host-name"
reason = "production"
"#;
    let fleet = Fleet::with(1, rule);
    fleet.sleeper(1, "web").await;
    for (typed, code, state) in [("prod-2\r", 6, "running"), ("prod-1\r", 0, "exited")] {
        let mut screen = Screen::run(&fleet, "stop web -t 0");
        screen.until("Type the host's name (prod-1) to go on:");
        assert!(screen.text().contains("production"));
        screen.type_in(typed);
        screen.ends_with(code);
        assert_eq!(fleet.state(1, "web"), state);
    }
    // Ctrl-C is an answer, too.
    fleet.ok("start web").await;
    let mut screen = Screen::run(&fleet, "stop web -t 0");
    screen.until("to go on:");
    screen.type_in("\x03");
    screen.ends_with(130);
    assert_eq!(fleet.state(1, "web"), "running");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_in_a_container_has_the_terminal_and_gives_it_back() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let mut screen = Screen::run(&fleet, "exec -it web sh");
    // The sum shows that the shell has read it, not only that the terminal echoes.
    screen.type_in("echo sum $((20 + 22))\r");
    screen.until("sum 42");
    screen.type_in("exit 5\r");
    screen.ends_with(5);
    let mut screen = Screen::run(&fleet, "run --rm -it --name s1 busybox sh");
    screen.type_in("echo sum $((20 + 23))\r");
    screen.until("sum 43");
    screen.type_in("exit 6\r");
    screen.ends_with(6);
    assert_eq!(fleet.state(1, "s1"), "absent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_stay_in_their_place() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let mut screen = Screen::run(&fleet, "stats --no-color");
    screen.until("PIDS");
    let line = |s: &Screen| {
        let text = s.text();
        let found = text.lines().position(|l| l.contains("web"));
        (found, text.matches("HOST").count())
    };
    let first = line(&screen);
    assert_eq!(first.1, 1);
    // Two more frames: nothing has moved.
    for _ in 0..2 {
        let bytes = screen.output.recv_timeout(DEADLINE).unwrap();
        screen.terminal.process(&bytes);
    }
    assert_eq!(line(&screen), first);
    screen.type_in("\x03");
    screen.ends_with(130);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bars_go_away_and_the_table_stays() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    let mut screen = Screen::run(&fleet, "restart web -t 1");
    screen.until("restarted");
    screen.ends_with(0);
    let shown = screen.text();
    assert!(!shown.contains("=>") && !shown.contains("0/1"), "{shown}");
    assert!(shown.contains("HOST     KIND"), "{shown}");
}
