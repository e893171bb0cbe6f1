//! How severe a log line says it is.

use crate::tui::theme::Role;

/// Severity, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    #[default]
    Trace,
    Debug,
    /// Also lines that say nothing of it.
    Info,
    Warn,
    Error,
    Fatal,
}

/// A level is looked for in so many bytes.
const HEAD: usize = 200;

const WORDS: [(&str, Level); 17] = [
    ("trace", Level::Trace),
    ("debug", Level::Debug),
    ("dbg", Level::Debug),
    ("info", Level::Info),
    ("notice", Level::Info),
    ("log", Level::Info),
    ("warn", Level::Warn),
    ("warning", Level::Warn),
    ("wrn", Level::Warn),
    ("error", Level::Error),
    ("err", Level::Error),
    ("severe", Level::Error),
    ("fatal", Level::Fatal),
    ("panic", Level::Fatal),
    ("critical", Level::Fatal),
    ("crit", Level::Fatal),
    ("emerg", Level::Fatal),
];

impl Level {
    /// What a line says: `ERROR`, `[warn]`, `level=info`, `"level":"debug"`, `WARN:`.
    pub fn of(line: &str) -> Self {
        let mut end = line.len().min(HEAD);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let head = &line[..end];
        let bytes = head.as_bytes();
        if let Some(level) = glog(bytes).or_else(|| numbered(head)) {
            return level;
        }
        let mut at = 0;
        while at < bytes.len() {
            if !bytes[at].is_ascii_alphabetic() {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
                at += 1;
            }
            let word = &head[start..at];
            let Some((_, level)) = WORDS.iter().find(|(w, _)| w.eq_ignore_ascii_case(word)) else {
                continue;
            };
            let before = start.checked_sub(1).map(|i| bytes[i]);
            let after = bytes.get(at).copied();
            // A word in running text is no level: it is in capitals, in brackets, a value, or
            // followed by a colon.
            let shouted = word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
            let bracketed = matches!(
                (before, after),
                (Some(b'['), Some(b']')) | (Some(b'<'), Some(b'>')) | (Some(b'('), Some(b')'))
            );
            let value = matches!(before, Some(b'=' | b'"')) && keyed(&head[..start]);
            let heading = after == Some(b':') && matches!(before, None | Some(b' ' | b']'));
            if shouted || bracketed || value || heading {
                return *level;
            }
        }
        Self::Info
    }

    fn of_number(number: u64) -> Self {
        match number {
            0..20 => Self::Trace,
            20..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warn,
            50..60 => Self::Error,
            _ => Self::Fatal,
        }
    }

    /// How its lines look; what goes to stderr without a level is not painted red for that.
    pub fn role(self) -> Role {
        match self {
            Self::Trace => Role::LogTrace,
            Self::Debug => Role::LogDebug,
            Self::Info => Role::LogInfo,
            Self::Warn => Role::LogWarn,
            Self::Error => Role::LogError,
            Self::Fatal => Role::LogFatal,
        }
    }

    /// For the title.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The next to hide what is below; after errors all are shown again.
    pub fn next_least(self) -> Self {
        match self {
            Self::Trace | Self::Debug => Self::Info,
            Self::Info => Self::Warn,
            Self::Warn => Self::Error,
            Self::Error | Self::Fatal => Self::Trace,
        }
    }
}

/// `E0314 15:09:26.123456 ...`, as Kubernetes components write.
fn glog(bytes: &[u8]) -> Option<Level> {
    let (first, rest) = bytes.split_first()?;
    if rest.len() < 5 || !rest[..4].iter().all(u8::is_ascii_digit) || rest[4] != b' ' {
        return None;
    }
    Some(match first {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => return None,
    })
}

/// `"level":50`, as pino and bunyan write.
fn numbered(head: &str) -> Option<Level> {
    if !head.starts_with('{') {
        return None;
    }
    let after = head.split_once("\"level\":")?.1.trim_start();
    let end = after
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..end].parse().ok().map(Level::of_number)
}

/// What the value of a level field says, in one word.
pub(super) fn word_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => crate::domain::text::sanitise(text).to_ascii_uppercase(),
        serde_json::Value::Number(n) => {
            let level = Level::of_number(n.as_u64().unwrap_or(30));
            level.word().to_ascii_uppercase()
        }
        other => other.to_string(),
    }
}

/// Does the text before a value name it a level?
fn keyed(before: &str) -> bool {
    let key = before.trim_end_matches(['"', '=', ':', ' ']);
    ["level", "lvl", "severity", "loglevel", "levelname"]
        .iter()
        .any(|k| key.to_ascii_lowercase().ends_with(k))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-01-01 12:00:00 ERROR could not connect", Level::Error)]
    #[case("time=... level=warning msg=\"x\"", Level::Warn)]
    #[case(r#"{"ts":1,"level":"debug","msg":"an error"}"#, Level::Debug)]
    #[case("[error] 12#12: *1 open() failed", Level::Error)]
    #[case("an error was handled", Level::Info)]
    #[case("Warning: deprecated", Level::Warn)]
    #[case("panic: runtime error", Level::Fatal)]
    #[case("1:M 01 Jan 2026 * Ready", Level::Info)]
    #[case("2026 [Note] InnoDB", Level::Info)]
    #[case("LOG:  database system is ready", Level::Info)]
    #[case("<warn> x", Level::Warn)]
    #[case(
        "E0314 15:09:26.123456       1 main.go:7] lost the lease",
        Level::Error
    )]
    #[case(r#"{"level":50,"time":1,"msg":"x"}"#, Level::Error)]
    #[case(r#"{"level":30,"time":1,"msg":"x"}"#, Level::Info)]
    #[case("", Level::Info)]
    fn levels_are_where_programs_put_them(#[case] line: &str, #[case] level: Level) {
        assert_eq!(Level::of(line), level);
    }
}
