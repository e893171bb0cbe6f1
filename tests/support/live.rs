//! What live tests share: the engines of the test bed, as `tests/testbed/testbed.sh env` names
//! them, the docker CLI to look at them with, and the bed's own commands to break them.
//!
//! A live test starts with `if live::absent() { return; }`: without a bed it counts as skipped.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "each test binary uses a part of it, and a helper of tests fails like a test"
)]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long one command of the CLI or of the bed may take.
const COMMAND_SECONDS: &str = "60";
/// How long a described condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that may be killed and frozen.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// What it runs, such as `docker20f`.
    pub(crate) name: String,
    /// Its name for [`testbed`].
    pub(crate) machine: String,
    /// Where it listens, such as `unix:///...`.
    pub(crate) endpoint: String,
}

/// Whether there is no bed; then the test has been reported as skipped and returns.
pub(crate) fn absent() -> bool {
    let absent = std::env::var_os("PILOTHOUSE_LIVE").is_none();
    if absent {
        skip("no test bed; run tests/run, or see tests/testbed/testbed.sh");
    }
    absent
}

/// Reports this test as skipped, in the form that `tests/run` counts.
pub(crate) fn skip(reason: &str) {
    println!("SKIPPED: {reason}");
}

/// A variable of the bed, without its prefix: `variable("IMAGE")`.
pub(crate) fn variable(name: &str) -> String {
    let name = format!("PILOTHOUSE_LIVE_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set: the bed lacks that part"))
}

/// The name and endpoint of every engine that tests share; each cleans up after itself.
pub(crate) fn engines() -> Vec<(String, String)> {
    let engines: Vec<_> = variable("ENGINES")
        .split_whitespace()
        .map(|entry| {
            let (name, endpoint) = entry.split_once('=').expect("NAME=ENDPOINT");
            (name.to_owned(), endpoint.to_owned())
        })
        .collect();
    assert!(!engines.is_empty(), "the bed has no engine");
    engines
}

/// The endpoint of one engine, such as `docker28`.
pub(crate) fn engine(name: &str) -> String {
    let found = engines().into_iter().find(|(engine, _)| engine == name);
    found.unwrap_or_else(|| panic!("the bed has no {name}")).1
}

/// The engines made to be killed and frozen; a test that does so leaves them running.
pub(crate) fn faults() -> Vec<Fault> {
    let parse = |entry: &str| {
        let mut parts = entry.splitn(3, '=').map(str::to_owned);
        Some(Fault {
            name: parts.next()?,
            machine: parts.next()?,
            endpoint: parts.next()?,
        })
    };
    variable("FAULTS")
        .split_whitespace()
        .map(|entry| parse(entry).expect("NAME=MACHINE=ENDPOINT"))
        .collect()
}

/// Runs the docker CLI against an engine, without anything of the caller's configuration.
pub(crate) fn docker_output(endpoint: &str, args: &[&str]) -> Output {
    bounded(&variable("DOCKER"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .args(["--host", endpoint])
        .args(args)
        .output()
        .expect("the docker CLI starts")
}

/// Runs the docker CLI against an engine; what it printed, or a panic with what it complained of.
pub(crate) fn docker(endpoint: &str, args: &[&str]) -> String {
    text(
        &format!("docker {args:?} on {endpoint}"),
        docker_output(endpoint, args),
    )
}

/// Runs a command of the bed: `testbed(&["stop", "F"])`.
pub(crate) fn testbed(args: &[&str]) -> String {
    let script = std::env::var("PILOTHOUSE_TESTBED_SCRIPT").expect("the bed names its script");
    let output = bounded(&script).args(args).output();
    text(
        &format!("testbed {args:?}"),
        output.expect("the bed's script starts"),
    )
}

/// Waits until a condition holds; the panic of one that never did says what was waited for.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(
            Instant::now() < end,
            "waited {PATIENCE:?} in vain until {what}"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A command that dies by force when its time is over: the CLI ignores a polite end while the
/// engine hangs.
fn bounded(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", COMMAND_SECONDS, program]);
    command
}

fn text(what: &str, output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{what}: {}: {complaint}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}
