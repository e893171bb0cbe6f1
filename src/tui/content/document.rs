//! Documents of the engine: inspect, environment, processes. Secrets are masked.

use serde_json::Value;

use crate::domain::port::Top;
use crate::domain::secret::{MASK, holds_secret, is_secret};
use crate::domain::text::sanitise;
use crate::tui::paint::Line;
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

/// The environment of an inspected container, by name.
pub(super) fn environment(document: &Value, revealed: bool) -> Vec<Line> {
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
        return vec![Line::of(Role::TextDim, "its environment is empty")];
    }
    let width = pairs
        .iter()
        .map(|(n, _)| text::width(n))
        .max()
        .unwrap_or(0)
        .min(32);
    let line = |(name, value): &(&str, &str)| {
        let shown = if revealed {
            (*value).to_owned()
        } else {
            masked(name, value)
        };
        let role = if shown == *value {
            Role::Text
        } else {
            Role::TextDim
        };
        let pad = " ".repeat(width.saturating_sub(text::width(name)) + 2);
        Line::of(Role::TextMuted, format!("{}{pad}", sanitise(name))).add(role, sanitise(&shown))
    };
    pairs.iter().map(line).collect()
}

/// A document with its structure in colour.
pub(super) fn lines(document: &Value) -> Vec<Line> {
    let mut out = Vec::new();
    value(document, None, 0, "", &mut out);
    out
}

fn value(v: &Value, key: Option<&str>, depth: usize, comma: &str, out: &mut Vec<Line>) {
    let mut line = Line::of(Role::Text, "  ".repeat(depth));
    if let Some(key) = key {
        line.push(Role::TextAccent, quoted(key));
        line.push(Role::TextDim, ": ");
    }
    match v {
        Value::Object(map) if !map.is_empty() => {
            line.push(Role::TextDim, "{");
            out.push(line);
            for (n, (name, inner)) in map.iter().enumerate() {
                let comma = if n + 1 < map.len() { "," } else { "" };
                value(inner, Some(name), depth + 1, comma, out);
            }
            out.push(Line::of(
                Role::TextDim,
                format!("{}}}{comma}", "  ".repeat(depth)),
            ));
        }
        Value::Array(list) if !list.is_empty() => {
            line.push(Role::TextDim, "[");
            out.push(line);
            for (n, inner) in list.iter().enumerate() {
                let comma = if n + 1 < list.len() { "," } else { "" };
                match inner {
                    Value::String(pair) if key == Some("Env") => {
                        let masked = Value::String(masked_pair(pair));
                        value(&masked, None, depth + 1, comma, out);
                    }
                    _ => value(inner, None, depth + 1, comma, out),
                }
            }
            out.push(Line::of(
                Role::TextDim,
                format!("{}]{comma}", "  ".repeat(depth)),
            ));
        }
        _ => {
            let (text, role) = match v {
                Value::String(s) => (quoted(s), Role::Text),
                Value::Null => ("null".to_owned(), Role::TextDim),
                Value::Bool(b) => (b.to_string(), Role::Series4),
                Value::Number(n) => (n.to_string(), Role::Series2),
                Value::Array(_) => ("[]".to_owned(), Role::TextDim),
                Value::Object(_) => ("{}".to_owned(), Role::TextDim),
            };
            line.push(role, text);
            line.push(Role::TextDim, comma);
            out.push(line);
        }
    }
}

fn quoted(text: &str) -> String {
    // JSON escapes control characters, which is what keeps them from the terminal; the others
    // that could do harm go.
    let json = serde_json::to_string(text).unwrap_or_default();
    sanitise(&json).into_owned()
}

/// Processes in columns.
pub(super) fn processes(top: &Top) -> Vec<Line> {
    let columns = top.titles.len();
    let width = |at: usize| {
        let cells = top.processes.iter().filter_map(|p| p.get(at));
        let all = cells.chain(top.titles.get(at));
        all.map(|t| text::width(t)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &[String], role: Role| {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let clean = sanitise(cell);
            if at + 1 == columns {
                text.push_str(&clean);
            } else {
                text.push_str(&text::pad(
                    &clean,
                    widths.get(at).copied().unwrap_or(0),
                    "~",
                ));
                text.push_str("  ");
            }
        }
        Line::of(role, text)
    };
    let mut out = vec![line(&top.titles, Role::Column)];
    out.extend(top.processes.iter().map(|p| line(p, Role::Text)));
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_secret_is_shown_by_inspect_or_environment() {
        let document = json!({"Id": "x", "Config": {"Env": [
            "B=2", "DB_PASSWORD=hunter2", "URL=postgres://app:hunter2@db/x", "A=1\u{1b}[2J",
        ]}});
        for shown in [lines(&document), environment(&document, false)] {
            let text: Vec<String> = shown.iter().map(Line::text).collect();
            let text = text.join("\n");
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("postgres://app:********@db/x"), "{text}");
            assert!(!text.contains('\u{1b}'));
        }
        let all = environment(&document, true);
        assert!(all.iter().any(|l| l.text().contains("hunter2")));
    }

    #[test]
    fn processes_stand_in_columns() {
        let top = Top {
            titles: ["PID", "CMD"].map(str::to_owned).to_vec(),
            processes: vec![["1", "sh -c x"].map(str::to_owned).to_vec()],
        };
        let text: Vec<String> = processes(&top).iter().map(Line::text).collect();
        assert_eq!(text, ["PID  CMD", "1    sh -c x"]);
    }
}
