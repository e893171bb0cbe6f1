//! Documents of the engine: inspect, environment, processes. Secrets are masked.

use std::collections::BTreeSet;

use serde_json::Value;

use super::nothing;
use super::page::{Item, Target};
use crate::domain::port::Top;
use crate::domain::secret::{MASK, holds_secret, is_secret};
use crate::domain::text::sanitise;
use crate::tui::paint::{Line, Paint};
use crate::tui::text;
use crate::tui::theme::Role;

/// A value with the password of its URL masked.
fn mask_url(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) if rest[..at].contains(':') => {
            let user = rest[..at].split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:{MASK}{}", &rest[at..])
        }
        _ => value.to_owned(),
    }
}

fn masked(name: &str, value: &str) -> String {
    if is_secret(name) && !value.is_empty() {
        MASK.to_owned()
    } else {
        let shown = mask_url(value);
        if shown == value && holds_secret(value) {
            MASK.to_owned()
        } else {
            shown
        }
    }
}

/// `KEY=value` with what is secret masked.
fn masked_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) => format!("{name}={}", masked(name, value)),
        None => pair.to_owned(),
    }
}

/// The environment of an inspected container, by name. One secret at most is shown.
pub(super) fn environment(document: &Value, revealed: Option<&str>) -> Vec<Item> {
    let all = document
        .pointer("/Config/Env")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut pairs: Vec<(&str, &str)> = all
        .iter()
        .filter_map(Value::as_str)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    if pairs.is_empty() {
        return vec![nothing("its environment is empty")];
    }
    let names = pairs.iter().map(|(n, _)| text::width(n));
    let width = names.max().unwrap_or(0).min(32);
    pairs
        .iter()
        .map(|(name, value)| variable(name, value, revealed, width))
        .collect()
}

fn variable(name: &str, value: &str, revealed: Option<&str>, width: usize) -> Item {
    let hidden = masked(name, value);
    let secret = hidden != value;
    let name = sanitise(name).into_owned();
    let open = secret && revealed == Some(&*name);
    let clean = sanitise(if open { value } else { &hidden }).into_owned();
    let pad = " ".repeat(width.saturating_sub(text::width(&name)) + 2);
    let role = match (secret, open) {
        (true, true) => Role::SeverityWarning,
        (true, false) => Role::TextDim,
        (false, _) => Role::Text,
    };
    let item = Item::from(Line::of(Role::TextMuted, format!("{name}{pad}")).add(role, &*clean));
    // What is copied is what is shown: a secret leaves only after it was asked for.
    let item = Item {
        path: Some(name.clone()),
        ..item.value(clean)
    };
    if secret {
        item.to(Target::Reveal(name))
    } else {
        item
    }
}

/// A document as a tree whose parts can be closed.
pub(super) fn tree(document: &Value, folds: &BTreeSet<String>, paint: &Paint<'_>) -> Vec<Item> {
    let mut tree = Tree {
        folds,
        paint,
        out: Vec::new(),
    };
    tree.value(document, &Place::default(), 0, "");
    tree.out
}

/// The parts of a document that can be closed, without the whole: by their paths.
pub(crate) fn parts(document: &Value) -> BTreeSet<String> {
    fn go(v: &Value, path: &str, found: &mut BTreeSet<String>) {
        match v {
            Value::Object(map) if !map.is_empty() => {
                for (key, inner) in map {
                    let path = member(path, key);
                    if is_part(inner) {
                        found.insert(path.clone());
                    }
                    go(inner, &path, found);
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    let path = format!("{path}[{n}]");
                    if is_part(inner) {
                        found.insert(path.clone());
                    }
                    go(inner, &path, found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    go(document, "", &mut found);
    found
}

fn is_part(v: &Value) -> bool {
    match v {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

/// The path of a member, as jq takes it.
fn member(path: &str, key: &str) -> String {
    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && key.starts_with(|c: char| !c.is_ascii_digit());
    match (plain, path) {
        (true, _) => format!("{path}.{key}"),
        (false, "") => format!(".[{}]", quoted(key)),
        (false, _) => format!("{path}[{}]", quoted(key)),
    }
}

/// Where a value stands.
#[derive(Default)]
struct Place<'a> {
    path: String,
    key: Option<&'a str>,
    /// The variables of an environment are `KEY=value` in a list.
    environment: bool,
}

struct Tree<'a> {
    folds: &'a BTreeSet<String>,
    paint: &'a Paint<'a>,
    out: Vec<Item>,
}

impl Tree<'_> {
    fn value(&mut self, v: &Value, place: &Place<'_>, depth: usize, comma: &str) {
        if is_part(v) {
            self.part(v, place, depth, comma);
        } else {
            self.leaf(v, place, depth, comma);
        }
    }

    fn part(&mut self, v: &Value, place: &Place<'_>, depth: usize, comma: &str) {
        let (open, close, count) = match v {
            Value::Object(map) => ("{", "}", map.len()),
            Value::Array(list) => ("[", "]", list.len()),
            _ => return,
        };
        let folded = self.folds.contains(&place.path);
        let g = self.paint.glyphs;
        let sign = if folded { g.closed } else { g.open };
        let mut line = begin(sign, place, depth);
        line.push(Role::TextDim, open);
        if folded {
            let inside = format!("{}{count}", g.ellipsis);
            line.push(Role::TextMuted, inside);
            line.push(Role::TextDim, format!("{close}{comma}"));
        }
        let path = if place.path.is_empty() {
            "."
        } else {
            &place.path
        };
        self.out.push(Item {
            line,
            target: (depth > 0).then(|| Target::Fold(place.path.clone())),
            value: Some(pretty(v, place.key)),
            path: Some(path.to_owned()),
            title: false,
        });
        if folded {
            return;
        }
        self.inside(v, place, depth);
        let end = format!("{}  {close}{comma}", "  ".repeat(depth));
        self.out.push(Line::of(Role::TextDim, end).into());
    }

    fn inside(&mut self, v: &Value, place: &Place<'_>, depth: usize) {
        let comma = |n: usize, all: usize| if n + 1 < all { "," } else { "" };
        match v {
            Value::Object(map) => {
                for (n, (key, inner)) in map.iter().enumerate() {
                    let inner_place = Place {
                        path: member(&place.path, key),
                        key: Some(key),
                        environment: false,
                    };
                    self.value(inner, &inner_place, depth + 1, comma(n, map.len()));
                }
            }
            Value::Array(list) => {
                for (n, inner) in list.iter().enumerate() {
                    let inner_place = Place {
                        path: format!("{}[{n}]", place.path),
                        key: None,
                        environment: place.key == Some("Env"),
                    };
                    self.value(inner, &inner_place, depth + 1, comma(n, list.len()));
                }
            }
            _ => {}
        }
    }

    fn leaf(&mut self, v: &Value, place: &Place<'_>, depth: usize, comma: &str) {
        let shown = harmless(v, place.key, place.environment);
        let (text, role) = match &shown {
            Value::String(s) => (quoted(s), Role::Text),
            Value::Null => ("null".to_owned(), Role::TextDim),
            Value::Bool(b) => (b.to_string(), Role::Series4),
            Value::Number(n) => (n.to_string(), Role::Series2),
            Value::Array(_) => ("[]".to_owned(), Role::TextDim),
            Value::Object(_) => ("{}".to_owned(), Role::TextDim),
        };
        let mut line = begin(" ", place, depth);
        line.push(role, &*text);
        line.push(Role::TextDim, comma);
        let value = match &shown {
            Value::String(s) => sanitise(s).into_owned(),
            _ => text,
        };
        self.out.push(Item {
            line,
            target: None,
            value: Some(value),
            path: Some(place.path.clone()),
            title: false,
        });
    }
}

/// A value without its secrets.
fn harmless(v: &Value, key: Option<&str>, environment: bool) -> Value {
    match v {
        Value::String(pair) if environment => Value::String(masked_pair(pair)),
        Value::String(text) => Value::String(masked(key.unwrap_or_default(), text)),
        Value::Array(list) => {
            let environment = key == Some("Env");
            let all = list.iter().map(|v| harmless(v, None, environment));
            Value::Array(all.collect())
        }
        Value::Object(map) => {
            let all = map
                .iter()
                .map(|(k, v)| (k.clone(), harmless(v, Some(k), false)));
            Value::Object(all.collect())
        }
        other => other.clone(),
    }
}

/// A part of a document for the clipboard.
fn pretty(v: &Value, key: Option<&str>) -> String {
    serde_json::to_string_pretty(&harmless(v, key, false)).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    // JSON escapes control characters, which is what keeps them from the terminal; the others
    // that could do harm go.
    let json = serde_json::to_string(text).unwrap_or_default();
    sanitise(&json).into_owned()
}

/// Processes in columns.
pub(super) fn processes(top: &Top) -> Vec<Item> {
    if top.processes.is_empty() {
        return vec![nothing("no process")];
    }
    let columns = top.titles.len();
    let width = |at: usize| {
        let cells = top.processes.iter().filter_map(|p| p.get(at));
        let all = cells.chain(top.titles.get(at));
        all.map(|t| text::width(t)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let pid = top.titles.iter().position(|t| t == "PID");
    let line = |cells: &[String], role: Role| {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let clean = sanitise(cell);
            if at + 1 == columns {
                text.push_str(&clean);
            } else {
                let width = widths.get(at).copied().unwrap_or(0);
                text.push_str(&text::pad(&clean, width, "~"));
                text.push_str("  ");
            }
        }
        Line::of(role, text)
    };
    let mut out = vec![Item {
        title: true,
        ..Item::from(line(&top.titles, Role::Column))
    }];
    for process in &top.processes {
        let item = Item::from(line(process, Role::Text));
        let number = pid.and_then(|at| process.get(at));
        out.push(match number {
            Some(number) => item.value(sanitise(number)),
            None => item,
        });
    }
    out
}

/// The beginning of a line: where to click, how deep, the key.
fn begin(sign: &str, place: &Place<'_>, depth: usize) -> Line {
    let mut line = Line::of(Role::TextDim, format!("{}{sign} ", "  ".repeat(depth)));
    if let Some(key) = place.key {
        line.push(Role::TextAccent, quoted(key));
        line.push(Role::TextDim, ": ");
    }
    line
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};
    use serde_json::json;

    use super::*;
    use crate::tui::theme::{Glyphs, Theme};

    fn shown(document: &Value, folds: &[&str]) -> Vec<Item> {
        let theme = Theme::shipped("mono");
        let zone = FixedOffset::east_opt(0).unwrap();
        let paint = Paint::new(&theme, &Glyphs::ASCII, DateTime::UNIX_EPOCH, zone);
        let folds = folds.iter().map(|f| (*f).to_owned()).collect();
        tree(document, &folds, &paint)
    }

    fn text(items: &[Item]) -> String {
        let lines: Vec<String> = items.iter().map(|i| i.line.text()).collect();
        lines.join("\n")
    }

    #[test]
    fn no_secret_is_shown_or_copied() {
        let document = json!({"Id": "x", "Config": {"Env": [
            "B=2", "DB_PASSWORD=hunter2", "URL=postgres://app:hunter2@db/x", "A=1\u{1b}[2J",
        ], "Labels": {"api-token": "hunter2"}, "Cmd": ["--dsn", "user=x,password=hunter2"]}});
        for items in [shown(&document, &[]), environment(&document, None)] {
            let text = text(&items);
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("postgres://app:********@db/x"), "{text}");
            assert!(!text.contains('\u{1b}'));
            for item in &items {
                assert!(!item.copied().contains("hunter2"), "{item:?}");
            }
        }
    }

    #[test]
    fn one_secret_is_shown_and_no_other() {
        let document = json!({"Config": {"Env": ["A_TOKEN=one", "B_TOKEN=two", "C=3"]}});
        let items = environment(&document, Some("A_TOKEN"));
        assert_eq!(items[0].copied(), "one");
        assert_eq!(items[1].copied(), MASK);
        assert_eq!(items[1].target, Some(Target::Reveal("B_TOKEN".into())));
        assert_eq!(items[2].target, None);
        assert!(!text(&items).contains("two"));
        // What is no secret is nothing that could be hidden.
        assert!(!text(&environment(&document, Some("C"))).contains("one"));
        assert_eq!(environment(&json!({}), None).len(), 1);
    }

    #[test]
    fn closed_parts_say_how_much_is_in_them() {
        let document = json!({"a": {"b": [1, 2, {"c": null}], "x-y": true}, "z": []});
        let items = shown(&document, &[".a.b"]);
        assert_eq!(
            text(&items),
            "v {\n  v \"a\": {\n    > \"b\": [~3],\n      \"x-y\": true\n    },\n    \"z\": []\n  }"
        );
        assert_eq!(items[2].target, Some(Target::Fold(".a.b".into())));
        assert_eq!(items[2].path.as_deref(), Some(".a.b"));
        assert_eq!(items[3].path.as_deref(), Some(".a[\"x-y\"]"));
        assert!(items[2].copied().contains("\"c\": null"), "the whole part");
        let all: Vec<String> = parts(&document).into_iter().collect();
        assert_eq!(all, [".a", ".a.b", ".a.b[2]"]);
    }

    #[test]
    fn processes_stand_in_columns() {
        let top = Top {
            titles: ["PID", "CMD"].map(str::to_owned).to_vec(),
            processes: vec![["1", "sh -c x"].map(str::to_owned).to_vec()],
        };
        let items = processes(&top);
        assert_eq!(text(&items), "PID  CMD\n1    sh -c x");
        assert_eq!(items[1].copied(), "1");
    }
}
