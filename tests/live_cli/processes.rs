//! Several processes on one engine and one journal; a process killed in the middle.

use std::io::Read;
use std::process::Stdio;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::home::Home;
use crate::live;

const LOOP: &str = "trap exit TERM; while :; do sleep 1; done";

/// The console in a pseudo-terminal; what it wrote, as a screen.
struct Console {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Box<dyn std::io::Write + Send>,
    screen: std::sync::Arc<std::sync::Mutex<vt100::Parser>>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Console {
    fn start(home: &Home) -> Self {
        let size = PtySize {
            rows: 48,
            cols: 160,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pilothouse"));
        command.env_clear();
        let mut surroundings = std::process::Command::new("true");
        home.surround(&mut surroundings);
        for (key, value) in surroundings.get_envs() {
            if let Some(value) = value {
                command.env(key, value);
            }
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = std::sync::Arc::new(std::sync::Mutex::new(vt100::Parser::new(48, 160, 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let painted = std::sync::Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 {
                    break;
                }
                painted.lock().unwrap().process(&buffer[..n]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            child,
            writer,
            screen,
            _master: pair.master,
        }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !holds(&self.text()) {
            assert!(std::time::Instant::now() < end, "{what}:\n{}", self.text());
            std::thread::park_timeout(std::time::Duration::from_millis(30));
        }
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_consoles_and_many_verbs_see_one_picture_and_one_journal() {
    if live::absent() {
        return;
    }
    let engines = vec![("docker28".to_owned(), live::engine("docker28"))];
    let (home, endpoint) = (Home::new(&engines), &engines[0].1);
    let image = live::variable("IMAGE");
    let names: Vec<String> = (0..6).map(|n| format!("many-{n}")).collect();
    for name in &names {
        let _ = live::docker_output(endpoint, &["rm", "-f", name]);
        live::docker(
            endpoint,
            &["create", "--name", name, &image, "sh", "-c", LOOP],
        );
    }
    let mut consoles = [Console::start(&home), Console::start(&home)];
    for console in &mut consoles {
        // The containers alone, without the others' noise.
        console.until("the console is up", |s| s.contains("docker28"));
        console.keys("2");
        console.keys("/many-\r");
        console.until("it shows the containers", |s| s.contains("many-5"));
    }
    let verbs: Vec<_> = names
        .iter()
        .flat_map(|name| [("start", name), ("restart", name)])
        .map(|(verb, name)| {
            let mut command = home.command(&[verb, name]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for verb in verbs {
        let output = verb.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        assert!(!complaint.contains("locked"), "{complaint}");
    }
    for console in &consoles {
        console.until("every container runs", |s| {
            names.iter().all(|n| {
                s.lines()
                    .any(|l| l.contains(n) && l.to_lowercase().contains("running"))
            })
        });
    }
    let history = home.run(&["history", "-o", "json"]).ok();
    let document: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert_eq!(
        document["items"].as_array().unwrap().len(),
        names.len() * 2,
        "{document:#}"
    );
    home.run(&["history", "--verify"]).ok();
    for name in &names {
        live::docker(endpoint, &["rm", "-f", name]);
    }
    for console in &consoles {
        console.until("they are gone", |s| {
            !names.iter().any(|n| s.contains(&format!(" {n} ")))
        });
    }
}

#[test]
fn a_process_killed_in_a_stop_is_told_of_at_the_next_start() {
    if live::absent() {
        return;
    }
    let engines = vec![("docker26".to_owned(), live::engine("docker26"))];
    let (home, endpoint) = (Home::new(&engines), &engines[0].1);
    let image = live::variable("IMAGE");
    let stubborn = "trap '' TERM; while :; do sleep 1; done";
    let _ = live::docker_output(endpoint, &["rm", "-f", "killed-in-stop"]);
    live::docker(
        endpoint,
        &[
            "run",
            "-d",
            "--name",
            "killed-in-stop",
            &image,
            "sh",
            "-c",
            stubborn,
        ],
    );
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pilothouse"));
    home.surround(&mut command);
    let mut child = command
        .args(["stop", "-t", "60s", "killed-in-stop"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    live::until("the stop is in the journal", || {
        let list = home.run(&["history", "-o", "json"]);
        list.stdout.contains("\"running\"")
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let next = home.run(&["ps"]);
    assert_eq!(next.code, 0, "{next:#?}");
    assert!(
        next.stderr.contains("interrupted"),
        "the next start says so: {next:#?}"
    );
    let list = home
        .run(&["history", "--outcome", "interrupted", "-o", "json"])
        .ok();
    let document: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        document["items"].as_array().unwrap().len(),
        1,
        "{document:#}"
    );
    home.run(&["history", "--verify"]).ok();
    live::docker(endpoint, &["rm", "-f", "killed-in-stop"]);
}
