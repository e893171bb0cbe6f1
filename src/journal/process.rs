//! Who runs an operation, and whether that process still exists.

use std::fmt;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use sha2::{Digest as _, Sha256};

/// The processes of this machine.
pub trait Processes: Send + Sync + fmt::Debug {
    /// Does the process `pid` exist, and is it the one that was `started` then?
    fn is_alive(&self, pid: u32, started: u64) -> bool;
    /// This process: its number, and what tells it from another one with that number.
    fn me(&self) -> (u32, u64);
}

/// The processes as `/proc` shows them. Where there is none, only numbers are compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemProcesses;

/// No start time is known.
const UNKNOWN: u64 = 0;

impl Processes for SystemProcesses {
    fn is_alive(&self, pid: u32, started: u64) -> bool {
        if started == UNKNOWN {
            return exists(pid);
        }
        started_at(pid) == Some(started)
    }

    fn me(&self) -> (u32, u64) {
        let pid = std::process::id();
        (pid, started_at(pid).unwrap_or(UNKNOWN))
    }
}

fn exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    // Not permitted to signal it: it is somebody else's, but there.
    matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM))
}

/// A number for the start of the process: its clock tick, and the boot that tick counts from.
/// `None` if it does not run (a zombie does not).
fn started_at(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let tick = start_tick(&stat)?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let hash = Sha256::digest(format!("{}\n{tick}", boot.trim()));
    let bytes: [u8; 8] = hash.first_chunk().copied()?;
    Some(u64::from_le_bytes(bytes).max(UNKNOWN + 1))
}

/// Field 22 of `/proc/PID/stat`. The name in field 2 may contain anything, also brackets.
fn start_tick(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1 2";

    #[test]
    fn the_start_is_read_behind_the_name() {
        assert_eq!(start_tick(STAT), Some(987_654));
        assert_eq!(start_tick(&STAT.replace(") S", ") Z")), None);
        assert_eq!(start_tick(""), None);
        assert_eq!(start_tick("1 (x)"), None);
    }

    #[test]
    fn a_reused_number_is_another_process() {
        let (pid, started) = SystemProcesses.me();
        assert_ne!(started, UNKNOWN);
        assert!(SystemProcesses.is_alive(pid, started));
        assert!(!SystemProcesses.is_alive(pid, started ^ 1));
        assert!(SystemProcesses.is_alive(pid, UNKNOWN));
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let at = started_at(child.id()).unwrap();
        assert!(SystemProcesses.is_alive(child.id(), at));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!SystemProcesses.is_alive(child.id(), at));
    }
}
