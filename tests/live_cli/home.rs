//! A home of its own for the program: configuration, state, nothing of the caller's.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Long enough for a busy machine; a verb that needs this long has hung.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Home {
    dir: tempfile::TempDir,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It ended with 0; what it printed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.stdout.trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl From<Output> for Ran {
    fn from(o: Output) -> Self {
        Self {
            code: o.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&o.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&o.stderr).into_owned(),
        }
    }
}

impl Home {
    /// A home whose fleet is these engines.
    pub(crate) fn new(engines: &[(String, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config/pilothouse");
        fs::create_dir_all(&config).unwrap();
        let mut text = String::from("[docker]\nenv = false\nlocal = false\n");
        for (name, endpoint) in engines {
            writeln!(text, "[hosts.{name}]\nendpoint = {endpoint:?}").unwrap();
        }
        fs::write(config.join("config.toml"), text).unwrap();
        Self { dir }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let limit = PATIENCE.as_secs().to_string();
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=2", &limit, env!("CARGO_BIN_EXE_pilothouse")])
            .args(args);
        self.surround(&mut command);
        command
    }

    /// Only this home in the environment.
    pub(crate) fn surround(&self, command: &mut Command) {
        let home = self.dir.path();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("USER", "tester")
            .env("LANG", "C.UTF-8")
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .current_dir(home);
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args)
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into()
    }

    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self.start(args);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output.into()
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}
