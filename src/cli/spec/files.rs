//! Variables and labels, from options and from files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::Env;
use crate::domain::error::{Error, Result};

/// `KEY=value` from files and options; a bare key takes its value from here, or is left out. The
/// last of a name wins, as in docker.
pub(crate) fn environment(options: &[String], files: &[PathBuf], env: &Env) -> Result<Vec<String>> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut put = |line: &str| {
        let found = match line.split_once('=') {
            Some((key, value)) => Some((key.to_owned(), value.to_owned())),
            None => env.get(line).map(|v| (line.to_owned(), v.clone())),
        };
        if let Some((key, value)) = found {
            all.retain(|(k, _)| *k != key);
            all.push((key, value));
        }
    };
    for file in files {
        for (n, line) in lines(file)? {
            let key = line.split('=').next().unwrap_or_default();
            if key.is_empty() || key.contains(char::is_whitespace) {
                return Err(Error::invalid(format!(
                    "{}:{n}: {key:?} is not a variable's name",
                    file.display()
                )));
            }
            put(&line);
        }
    }
    for option in options {
        if option.is_empty() || option.starts_with('=') {
            return Err(Error::invalid(format!("--env {option:?} has no name"))
                .with_hint("write KEY=VALUE, or KEY for its value here"));
        }
        put(option);
    }
    Ok(all.into_iter().map(|(k, v)| format!("{k}={v}")).collect())
}

/// Labels from files and options; options win.
pub(super) fn labels(
    options: &[(String, String)],
    files: &[PathBuf],
) -> Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for file in files {
        for (n, line) in lines(file)? {
            let (key, value) = line.split_once('=').unwrap_or((&line, ""));
            if key.is_empty() {
                return Err(Error::invalid(format!(
                    "{}:{n}: a label has no key",
                    file.display()
                )));
            }
            all.insert(key.to_owned(), value.to_owned());
        }
    }
    all.extend(options.iter().cloned());
    Ok(all)
}

/// The lines that say something, with their numbers.
fn lines(file: &Path) -> Result<Vec<(usize, String)>> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::invalid(format!("read {}", file.display())).with_source(e))?;
    Ok(text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.trim_start()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| (n, line.to_owned()))
        .collect())
}
