//! Lines of the user's own, run by the shell.

use std::io::Write;
use std::process::Stdio;

use tokio::process::Command;

use super::Console;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::text::sanitise;
use crate::tui::screen::terminal::Tty;

/// What a command in the background may say in a message.
const SAID: usize = 300;

fn cannot(name: &str, e: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("{name}: run the shell")).with_source(e)
}

/// Run `lines` without a terminal; the first that fails ends it.
pub(super) async fn behind(name: &str, lines: &[String]) -> Result<String> {
    for line in lines {
        let output = Command::new("sh")
            .args(["-c", line])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|e| cannot(name, e))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rev().find(|l| !l.trim().is_empty());
            let last: String = sanitise(last.unwrap_or_default())
                .chars()
                .take(SAID)
                .collect();
            let text = format!("{name}: {}: {last}", ended(output.status));
            return Err(Error::new(ErrorKind::Internal, text).with_hint(line.clone()));
        }
    }
    Ok(format!("{name}: done"))
}

fn ended(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

impl Console {
    /// Let `lines` have the terminal. The outer error ends the console: the terminal could not be
    /// taken back.
    pub(super) async fn shell(&mut self, name: &str, lines: &[String]) -> Result<Result<String>> {
        self.hand_over().await?;
        let said = in_front(name, lines).await;
        self.take_back()?;
        Ok(said)
    }
}

async fn in_front(name: &str, lines: &[String]) -> Result<String> {
    let mut tty = Tty::stdout().map_err(|e| cannot(name, e))?;
    let mut last = String::new();
    for line in lines {
        let shown = format!("$ {}\n", sanitise(line));
        tty.write_all(shown.as_bytes())
            .map_err(|e| cannot(name, e))?;
        // Ctrl-C is for the command: the terminal sends it to the whole group, and we mind it not.
        let mut interrupt =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
                .map_err(|e| cannot(name, e))?;
        let mut child = Command::new("sh")
            .args(["-c", line])
            .spawn()
            .map_err(|e| cannot(name, e))?;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status.map_err(|e| cannot(name, e))?,
                _ = interrupt.recv() => {}
            }
        };
        if !status.success() {
            last = format!("{name}: {}", ended(status));
        }
    }
    // What was said would be gone with the console's return before anybody could read it.
    let ask = format!(
        "\n{}press Enter to go back\n",
        if last.is_empty() {
            String::new()
        } else {
            format!("{last}; ")
        }
    );
    tty.write_all(ask.as_bytes()).map_err(|e| cannot(name, e))?;
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await;
    Ok(last)
}
