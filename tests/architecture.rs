//! The structure, proved by reading the source: who may use whom, what is absent on purpose, how
//! long a file may be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of tests fails like a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module of the crate may use of the others. `domain` is under everything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("command", &["domain"]),
    ("telemetry", &["domain"]),
    ("transport", &["domain"]),
    ("engine", &["domain", "transport"]),
    ("journal", &["domain"]),
    ("reconcile", &["domain"]),
    ("tui", &["domain", "config", "command", "reconcile"]),
    ("cli", &["domain", "config", "command", "reconcile"]),
    ("sim", &["domain"]),
];

/// Outside crates that only these modules may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("bollard", &["engine"]),
    ("hyper", &["transport", "engine", "sim"]),
    ("rustls", &["transport"]),
    ("tokio_rustls", &["transport"]),
    ("rusqlite", &["journal"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("nucleo_matcher", &["tui"]),
    ("memchr", &["tui"]),
    ("clap", &["cli", "app"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("toml", &["config", "tui", "cli"]),
    ("etcetera", &["config"]),
    ("tracing_appender", &["telemetry"]),
    ("tracing_subscriber", &["telemetry"]),
];

/// Files that may be longer than the limit, and why.
const LONG: &[(&str, &str)] = &[(
    "command/table.rs",
    "one table of data: split, nobody could see that it is complete",
)];

const LIMIT: usize = 600;

struct Source {
    path: PathBuf,
    /// The first part of the path under src: `tui`, `main`.
    module: String,
    /// Without comments and without the tests at its end.
    code: String,
    lines: usize,
    is_test: bool,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    assert!(paths.len() > 100, "only {} files found", paths.len());
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let relative = path.strip_prefix(&root).unwrap().to_owned();
            let first = relative.iter().next().unwrap().to_str().unwrap();
            let whole = relative.to_str().unwrap();
            let is_test = whole.ends_with("/tests.rs")
                || whole.contains("/tests/")
                || whole.ends_with("fake.rs")
                || whole.contains("/fake/");
            let kept = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let code: Vec<&str> = kept
                .lines()
                .filter(|l| !l.trim_start().starts_with("//"))
                .collect();
            Source {
                module: first.trim_end_matches(".rs").to_owned(),
                lines: kept.lines().count(),
                code: code.join("\n"),
                path: relative,
                is_test,
            }
        })
        .collect()
}

/// The names that follow `prefix` in `code`: `crate::{domain, config::x}` gives both.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        let word = |s: &str| -> String {
            s.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        };
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut start = true;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => start = true,
                    c if depth == 1 && start && (c.is_alphanumeric() || c == '_') => name.push(c),
                    c if depth == 1 && !name.is_empty() && !c.is_whitespace() => start = false,
                    _ => {}
                }
                if (c == ',' || c == '}' || c == ':') && !name.is_empty() {
                    found.insert(std::mem::take(&mut name));
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            found.insert(word(rest));
        }
    }
    found
}

#[test]
fn modules_use_only_what_is_under_them() {
    let rules: BTreeMap<&str, BTreeSet<&str>> = MAY_USE
        .iter()
        .map(|(m, uses)| (*m, uses.iter().copied().collect()))
        .collect();
    let mut wrong = Vec::new();
    for s in sources() {
        // `app` and `main` put everything together.
        let Some(allowed) = rules.get(s.module.as_str()) else {
            assert!(
                matches!(s.module.as_str(), "app" | "main" | "lib"),
                "{} has no rule",
                s.module
            );
            continue;
        };
        for name in names_after(&s.code, "crate::") {
            let is_module = rules.contains_key(name.as_str()) || name == "app";
            if is_module && name != s.module && !allowed.contains(name.as_str()) {
                wrong.push(format!("{} uses {name}", s.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn outside_crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for s in sources() {
        for (name, modules) in ONLY_IN {
            let named = s.code.contains(&format!("{name}::"))
                && (names_after(&s.code, "use ").contains(*name)
                    || s.code.contains(&format!(" {name}::")));
            if named && !modules.contains(&s.module.as_str()) {
                wrong.push(format!("{} names {name}", s.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|s| !s.is_test && s.lines > LIMIT)
        .filter(|s| !LONG.iter().any(|(path, _)| Path::new(path) == s.path))
        .map(|s| format!("{}: {} lines", s.path.display(), s.lines))
        .collect();
    assert!(long.is_empty(), "over {LIMIT} lines: {long:#?}");
}

#[test]
fn what_is_absent_stays_absent() {
    let mut wrong = Vec::new();
    for s in sources().iter().filter(|s| !s.is_test) {
        let module = s.module.as_str();
        let path = s.path.to_str().unwrap();
        let mut absent = |what: &str, allowed: bool| {
            if !allowed && s.code.contains(what) {
                wrong.push(format!("{path} has {what}"));
            }
        };
        // Keys and colours have one home each.
        absent("KeyCode::", path.starts_with("tui/input"));
        absent(
            "Color::",
            path.starts_with("tui/theme")
                || path.starts_with("tui/screen")
                // A line of a log brings its own.
                || path == "tui/logs/entry.rs",
        );
        // Shared state is owned by one task: no lock where the core and the console are.
        let unlocked = matches!(module, "domain" | "reconcile" | "tui");
        absent("Mutex<", !unlocked);
        absent("RwLock<", !unlocked);
        // One owner of standard output.
        absent(
            "std::io::stdout()",
            matches!(module, "tui" | "cli" | "telemetry" | "main"),
        );
        absent(
            "io::stdout()",
            path.starts_with("tui/screen")
                || path.starts_with("tui/run")
                || path.starts_with("cli/out")
                || path.starts_with("cli"),
        );
        // The environment is read once, at the top.
        absent("env::var(", matches!(module, "app" | "main"));
        absent("env::vars(", matches!(module, "app" | "main"));
        // Only the executor changes an engine.
        absent("engine.run(", module == "reconcile");
        absent("unbounded_channel", false);
        absent("#[ignore", false);
        absent("todo!(", false);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_this_test_sees_what_it_looks_for() {
    let code = "use crate::{domain::id::Kind, engine};\nuse crate::tui::x;\ncrate::cli::run()";
    let names: Vec<String> = names_after(code, "crate::").into_iter().collect();
    assert_eq!(names, ["cli", "domain", "engine", "tui"]);
}
