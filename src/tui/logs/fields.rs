//! Lines that are JSON objects or `key=value` pairs, opened into fields.

use indexmap::IndexMap;
use serde_json::Value;

use crate::domain::text::sanitise;

/// What a piece of an opened line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Level,
    Message,
    Key,
    Value,
}

const LEVEL: &[&str] = &[
    "level",
    "lvl",
    "severity",
    "loglevel",
    "log.level",
    "levelname",
    "log_level",
];
const MESSAGE: &[&str] = &["msg", "message", "event", "short_message", "text", "log"];
const TIME: &[&str] = &[
    "ts",
    "time",
    "timestamp",
    "@timestamp",
    "t",
    "datetime",
    "asctime",
];

/// The fields of a JSON object, as they are written.
fn object(text: &str) -> Option<IndexMap<String, Value>> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn is_one_of(key: &str, keys: &[&str]) -> bool {
    keys.iter().any(|k| k.eq_ignore_ascii_case(key))
}

fn plain(value: &Value) -> String {
    match value {
        // What was escaped in the document is a control character here.
        Value::String(text) => sanitise(text).into_owned(),
        other => sanitise(&other.to_string()).into_owned(),
    }
}

/// A JSON line in short: level and message first, then the other fields; its time is not
/// repeated. None for what is no JSON object.
pub(super) fn compact(text: &str) -> Option<Vec<(Part, String)>> {
    let all = object(text)?;
    let mut out = Vec::with_capacity(all.len() * 3);
    let find = |keys: &[&str]| {
        let named = |key: &str| all.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
        keys.iter().find_map(|k| named(k)).map(|(k, _)| k.as_str())
    };
    let level = find(LEVEL).filter(|k| !all[*k].is_object());
    let message = find(MESSAGE).filter(|k| all[*k].is_string());
    if let Some(key) = level {
        let word = super::level::word_of(&all[key]);
        out.push((Part::Level, format!("{word:<5} ")));
    }
    if let Some(key) = message {
        out.push((Part::Message, plain(&all[key])));
    }
    for (key, value) in &all {
        let told = Some(key.as_str()) == level || Some(key.as_str()) == message;
        if told || is_one_of(key, TIME) || value.is_null() {
            continue;
        }
        let gap = if out.is_empty() { "" } else { "  " };
        out.push((Part::Key, format!("{gap}{}=", sanitise(key))));
        out.push((Part::Value, plain(value)));
    }
    Some(out)
}

/// All fields of a line, nested ones by their path; empty for what has none. Values may have
/// several lines.
pub fn fields(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    match object(text) {
        Some(all) => {
            for (key, value) in &all {
                flatten(&sanitise(key), value, &mut out, 0);
            }
        }
        None => out = pairs(text),
    }
    out
}

fn flatten(path: &str, value: &Value, out: &mut Vec<(String, String)>, depth: usize) {
    const DEEPEST: usize = 16;
    match value {
        Value::Object(map) if !map.is_empty() && depth < DEEPEST => {
            for (key, value) in map {
                flatten(&format!("{path}.{}", sanitise(key)), value, out, depth + 1);
            }
        }
        Value::Array(items) if !items.is_empty() && depth < DEEPEST => {
            for (n, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{n}]"), value, out, depth + 1);
            }
        }
        Value::String(text) => {
            out.push((path.to_owned(), crate::domain::text::sanitise_lines(text)));
        }
        other => out.push((path.to_owned(), other.to_string())),
    }
}

/// `key=value key="a value"`; only when there are at least two.
fn pairs(text: &str) -> Vec<(String, String)> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || "_-.@/".contains(c);
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('=') {
        let head = &rest[..at];
        let start = head.rfind(|c| !is_key(c)).map_or(0, |i| {
            i + head[i..].chars().next().map_or(1, char::len_utf8)
        });
        let key = &head[start..];
        let after = &rest[at + 1..];
        let end = match after.strip_prefix('"') {
            Some(quoted) => closing(quoted).map_or(after.len(), |i| i + 2),
            None => after.find(char::is_whitespace).unwrap_or(after.len()),
        };
        let (value, next) = after.split_at(end);
        let fits = head[..start]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        if !key.is_empty() && fits {
            let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
            let value = bare.map_or_else(|| value.to_owned(), |v| v.replace("\\\"", "\""));
            out.push((key.to_owned(), value));
        }
        rest = next;
    }
    if out.len() < 2 {
        out.clear();
    }
    out
}

/// Where the quote ends.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn short(text: &str) -> String {
        let parts = compact(text).unwrap();
        parts.into_iter().map(|(_, t)| t).collect()
    }

    #[test]
    fn a_json_line_says_level_and_message_first() {
        assert_eq!(
            short(r#"{"ts":1.5,"user":{"id":7},"msg":"paid","level":"warn","ms":38}"#),
            r#"WARN  paid  user={"id":7}  ms=38"#
        );
        assert_eq!(short(r#"{"level":30,"msg":"pino"}"#), "INFO  pino");
        assert_eq!(short(r#"{"a":1}"#), "a=1");
        for other in ["plain", "{not json}", "[1,2]", "{\"cut\":", ""] {
            assert!(compact(other).is_none(), "{other}");
        }
    }

    #[test]
    fn escapes_inside_json_stay_harmless() {
        let text = short(r#"{"msg":"a\u001b[2Jb\u009b31mc\nd","k\u001b]0;t\u0007":"\u202e"}"#);
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'));
        for (key, value) in fields(r#"{"m":"a\u001b[2Jb\nc"}"#) {
            assert_eq!((key.as_str(), value.as_str()), ("m", "ab\nc"));
        }
    }

    #[test]
    fn fields_are_named_by_their_path() {
        assert_eq!(
            fields(r#"{"http":{"status":500,"tags":["a","b"]},"ok":true}"#),
            [
                ("http.status", "500"),
                ("http.tags[0]", "a"),
                ("http.tags[1]", "b"),
                ("ok", "true")
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
        assert_eq!(
            fields(r#"time=1 level=info msg="a \"b\" c" path=/x?y=z"#),
            [
                ("time", "1"),
                ("level", "info"),
                ("msg", "a \"b\" c"),
                ("path", "/x?y=z")
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
        assert!(fields("nothing of that kind, 1 = 2").is_empty());
    }

    proptest! {
        #[test]
        fn any_line_can_be_opened(text in "(\\PC|=|\"|\\\\| |[a-z]){0,80}") {
            let _ = (compact(&text), fields(&text));
        }
    }
}
