//! Configuration files, good and bad: what they make, and what is said about them. Beside each
//! `NAME.toml` stands `NAME.txt` with what is expected; `UPDATE_CONFIG_CASES=1` rewrites them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests fails like a test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pilothouse::config::{Config, Inputs, Loaded, Mistakes, Origin, example, load};
use pilothouse::domain::error::{Error, ErrorKind};

fn inputs(file: &Path) -> Inputs {
    Inputs {
        env: BTreeMap::from([("HOME".to_owned(), "/home/ann".to_owned())]),
        file: Some(file.to_owned()),
        themes: ["dark", "light", "mono"].map(str::to_owned).into(),
        ..Inputs::default()
    }
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new("tests/config").join(folder);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn updating() -> bool {
    std::env::var_os("UPDATE_CONFIG_CASES").is_some()
}

/// Compare with the file, or rewrite it; what differs.
fn differs(path: &Path, text: &str) -> Option<String> {
    if updating() {
        std::fs::write(path, text).unwrap();
        return None;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    (expected != text).then(|| {
        format!(
            "{}\n--- expected\n{expected}\n--- found\n{text}",
            path.display()
        )
    })
}

fn check(folder: &str, describe: impl Fn(&Path, Result<Loaded, Mistakes>) -> String) {
    let wrong: Vec<String> = cases(folder)
        .iter()
        .filter_map(|case| {
            let text = describe(case, load(&inputs(case)));
            differs(&case.with_extension("txt"), &text)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn good_files_make_what_they_say() {
    check("valid", |case, loaded| {
        let loaded = loaded.unwrap_or_else(|m| panic!("{}:\n{m}", case.display()));
        let mut text = String::new();
        for entry in loaded.entries() {
            if entry.origin != Origin::Default {
                writeln!(text, "{} = {} ({})", entry.key, entry.value, entry.origin).unwrap();
            }
        }
        for warning in &loaded.warnings {
            writeln!(text, "warning: {warning}").unwrap();
        }
        text
    });
}

#[test]
fn every_mistake_of_a_bad_file_is_told() {
    check("invalid", |case, loaded| match loaded {
        Ok(_) => panic!("{} is accepted", case.display()),
        Err(mistakes) => {
            let e = Error::from(mistakes.clone());
            assert_eq!(e.kind(), ErrorKind::Invalid);
            format!("{mistakes}\n")
        }
    });
}

#[test]
fn the_example_is_up_to_date_and_equals_the_defaults() {
    let path = Path::new("config.example.toml");
    if let Some(wrong) = differs(path, &example()) {
        panic!("{wrong}");
    }
    let loaded = load(&inputs(path)).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.warnings.is_empty());
}

#[test]
fn what_the_readme_shows_is_valid() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, text).unwrap();
    let config = load(&inputs(&file))
        .unwrap_or_else(|m| panic!("{m}"))
        .config;
    assert!(!config.hosts.is_empty());
}

/// What the example shows as comments must be right as well.
#[test]
fn the_samples_in_the_example_are_valid() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let text = example();
    let at = text.find("# Your hosts").unwrap();
    let samples: String = text[at..]
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .filter(|line| {
            line.starts_with('[')
                || line
                    .split_once(" = ")
                    .is_some_and(|(k, _)| !k.contains(' '))
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    std::fs::write(&file, &samples).unwrap();
    let config = load(&inputs(&file))
        .unwrap_or_else(|m| panic!("{m}"))
        .config;
    assert_eq!(
        (
            config.hosts.len(),
            config.guardrails.len(),
            config.keys.len(),
            config.commands.len()
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(config.guardrails[0].max_bulk, Some(3));
    assert_eq!(config.hosts[0].max_calls, Some(8));
    assert_eq!(config.keys[0].bindings[0].run, "stop");
}
