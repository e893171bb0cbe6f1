//! One file a day, made when the first line comes. Never an error to the outside: whoever writes a
//! log line cannot help it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use crate::domain::port::Clock;

/// Files that are kept.
const KEPT: usize = 14;
/// What one day may write; then the log is silent until the next.
const MOST: u64 = 64 << 20;

const PREFIX: &str = "pilothouse-";
const SUFFIX: &str = ".log";

/// The first thing that went wrong, for whoever wants to show it.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<OnceLock<String>>);

impl Trouble {
    pub(super) fn get(&self) -> Option<String> {
        self.0.get().cloned()
    }

    fn set(&self, what: impl FnOnce() -> String) {
        self.0.get_or_init(what);
    }
}

/// The file of today.
#[derive(Debug)]
struct Today {
    date: NaiveDate,
    /// None: it could not be opened, or it is full. Not tried again before tomorrow.
    file: Option<File>,
    written: u64,
}

#[derive(Debug)]
pub(super) struct DailyFile {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    trouble: Trouble,
    today: Option<Today>,
}

impl DailyFile {
    pub(super) fn new(dir: PathBuf, clock: Arc<dyn Clock>, trouble: Trouble) -> Self {
        Self {
            dir,
            clock,
            trouble,
            today: None,
        }
    }

    fn today(&mut self) -> &mut Today {
        let date = self.clock.now().date_naive();
        let stale = self.today.take().filter(|t| t.date == date);
        let today = stale.unwrap_or_else(|| self.open(date));
        self.today.insert(today)
    }

    fn open(&self, date: NaiveDate) -> Today {
        let path = self.dir.join(format!("{PREFIX}{date}{SUFFIX}"));
        let make = || -> io::Result<(File, u64)> {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.dir)?;
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        match make() {
            Ok((file, written)) => {
                self.prune();
                Today {
                    date,
                    file: Some(file),
                    written,
                }
            }
            Err(e) => {
                self.trouble
                    .set(|| format!("write the log {}: {e}", path.display()));
                Today {
                    date,
                    file: None,
                    written: 0,
                }
            }
        }
    }

    /// Remove all but the newest files; their names sort by date.
    fn prune(&self) {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return;
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| {
                let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                let date = name
                    .strip_prefix(PREFIX)
                    .and_then(|n| n.strip_suffix(SUFFIX));
                date.is_some_and(|d| d.parse::<NaiveDate>().is_ok())
            })
            .collect();
        files.sort();
        for old in files.iter().rev().skip(KEPT) {
            // Another process may have been quicker.
            let _ = std::fs::remove_file(old);
        }
    }
}

impl Write for DailyFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let trouble = self.trouble.clone();
        let today = self.today();
        let Some(file) = &mut today.file else {
            return Ok(line.len());
        };
        today.written += line.len() as u64;
        if today.written > MOST {
            let _ = file.write_all(b"the log is full for today\n");
            trouble.set(|| "the log is full for today".to_owned());
            today.file = None;
        } else if let Err(e) = file.write_all(line) {
            trouble.set(|| format!("write the log: {e}"));
            today.file = None;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // A failure would be printed on stderr by the thread that calls this.
        Ok(())
    }
}
