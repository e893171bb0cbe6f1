//! When the program breaks: the terminal comes back first, then a report is written.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::domain::port::Clock;

/// Reports one process writes at most: a task that breaks again and again fills no disk.
const MOST: u32 = 20;

/// From now on a panic first calls `restore`, which gives the terminal back if the panic ends the
/// console, and says whether something may be printed; then writes a report to `dir` and prints
/// where it is. Where no report can be written, the panic is printed as usual.
pub fn install_panic_hook(
    dir: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    restore: impl Fn() -> bool + Send + Sync + 'static,
) {
    let usual = std::panic::take_hook();
    let count = AtomicU32::new(0);
    std::panic::set_hook(Box::new(move |info| {
        let may_print = restore();
        let n = count.fetch_add(1, Ordering::Relaxed);
        let written = match &dir {
            Some(dir) if n < MOST => write(dir, &*clock, n, info).ok(),
            _ => None,
        };
        if !may_print {
            return;
        }
        let Some(path) = written else {
            usual(info);
            return;
        };
        // The last words of a program that has no other way left; a closed stderr is no reason
        // for a second panic.
        let _ = writeln!(
            io::stderr(),
            "pilothouse broke: {} ({})\nA report is in {}",
            message(info),
            place(info),
            path.display()
        );
    }));
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location()
        .map_or_else(|| "somewhere".to_owned(), ToString::to_string)
}

/// What was done is not in it: arguments may carry secrets.
fn write(dir: &Path, clock: &dyn Clock, n: u32, info: &PanicHookInfo<'_>) -> io::Result<PathBuf> {
    let now = clock.now();
    let pid = std::process::id();
    let mut text = String::new();
    let thread = std::thread::current();
    let _ = write!(
        text,
        "pilothouse {} broke\n\ntime: {}\nprocess: {pid}\nthread: {}\nsystem: {} {}\nat: {}\n\n\
         {}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        now.to_rfc3339(),
        thread.name().unwrap_or("unnamed"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        place(info),
        message(info),
        Backtrace::force_capture(),
    );
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let name = format!("panic-{}-{pid}-{n}.txt", now.format("%Y%m%dT%H%M%SZ"));
    let path = dir.join(name);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}
