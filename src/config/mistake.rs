//! What is wrong with a configuration, where, and what was probably meant.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::layer::Origin;
use crate::domain::error::Error;
use crate::domain::text::sanitise;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Source {
    /// Its path, as it is shown.
    pub(super) name: Arc<str>,
    pub(super) text: String,
    pub(super) path: std::path::PathBuf,
}

impl Source {
    pub(super) fn new(path: &Path, text: String) -> Self {
        Self {
            name: Arc::from(&*path.display().to_string()),
            text,
            path: path.to_owned(),
        }
    }

    /// The line of byte `at`, from 1.
    pub(super) fn line_of(&self, at: usize) -> usize {
        let end = floor(&self.text, at.min(self.text.len()));
        self.text[..end].matches('\n').count() + 1
    }

    pub(super) fn origin(&self, at: usize) -> Origin {
        Origin::File {
            path: Arc::clone(&self.name),
            line: self.line_of(at),
        }
    }

    /// The place of `span`, for showing it.
    fn place(&self, span: &Range<usize>) -> Place {
        let line = self.line_of(span.start);
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let before: usize = self.text[..].lines().take(line - 1).fold(0, |at, _| {
            at + self.text[at..].find('\n').map_or(0, |n| n + 1)
        });
        let clean = |part: &str| sanitise(part).chars().count();
        let start = span.start.saturating_sub(before).min(text.len());
        let end = span.end.saturating_sub(before).clamp(start, text.len());
        let (start, end) = (floor(text, start), floor(text, end));
        Place {
            line,
            column: text[..start].chars().count() + 1,
            indent: clean(&text[..start]),
            width: clean(&text[start..end]).max(1),
            text: sanitise(text).into_owned(),
        }
    }
}

/// The nearest border of a character at or before `at`.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// Where the carets begin, and how many there are.
    indent: usize,
    width: usize,
    text: String,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file, variable or flag.
    origin: String,
    place: Option<Place>,
    message: String,
    hint: Option<String>,
}

impl Mistake {
    pub(super) fn at(source: &Source, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self {
            origin: source.name.to_string(),
            place: Some(source.place(span)),
            message: message.into(),
            hint: None,
        }
    }

    /// A mistake that only shows when all layers are put together: the whole line is meant.
    pub(super) fn of(origin: &Origin, sources: &[Source], message: impl Into<String>) -> Self {
        let message = message.into();
        if let Origin::File { path, line } = origin
            && let Some(source) = sources.iter().find(|s| s.name == *path)
        {
            let start: usize = source
                .text
                .split_inclusive('\n')
                .take(line - 1)
                .map(str::len)
                .sum();
            let text = source.text[start..].lines().next().unwrap_or_default();
            let end = start + text.trim_end().len();
            let start = start + (text.len() - text.trim_start().len());
            return Self::at(source, &(start..end), message);
        }
        Self {
            origin: origin.to_string(),
            place: None,
            message,
            hint: None,
        }
    }

    pub(super) fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self {
            origin: path.display().to_string(),
            place: None,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// What is wrong, without where.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file, variable or flag it is in.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Line and column from 1, in a file.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|p| (p.line, p.column))
    }
}

impl fmt::Display for Mistake {
    /// Where, what, the line with carets under it, and what was probably meant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = sanitise(&self.origin);
        let message = sanitise(&self.message);
        let Some(place) = &self.place else {
            write!(f, "{origin}: {message}")?;
            if let Some(hint) = &self.hint {
                write!(f, "\n  = {}", sanitise(hint))?;
            }
            return Ok(());
        };
        writeln!(f, "{origin}:{}:{}: {message}", place.line, place.column)?;
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", place.text)?;
        let (indent, width) = (" ".repeat(place.indent), "^".repeat(place.width));
        write!(f, "{margin} | {indent}{width}")?;
        match &self.hint {
            Some(hint) => write!(f, "\n{margin} = {}", sanitise(hint)),
            None => Ok(()),
        }
    }
}

/// All mistakes of a configuration; the program ends with exit code 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(super) fn new(mut mistakes: Vec<Mistake>) -> Self {
        mistakes.dedup();
        // Those that show only when all is put together come last: back to their lines.
        let mut files: Vec<String> = Vec::new();
        for m in &mistakes {
            if !files.contains(&m.origin) {
                files.push(m.origin.clone());
            }
        }
        mistakes.sort_by_key(|m| (files.iter().position(|f| *f == m.origin), m.position()));
        Self(mistakes)
    }

    /// The mistakes, in the order of the layers and lines.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl StdError for Mistakes {}

impl From<Mistakes> for Error {
    fn from(mistakes: Mistakes) -> Self {
        let e = Error::invalid(mistakes.to_string());
        if mistakes.0.len() > 1 {
            e.with_hint(format!(
                "{} mistakes in the configuration",
                mistakes.0.len()
            ))
        } else {
            e
        }
    }
}

/// Something in a configuration that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file and line, the variable.
    pub origin: String,
    pub message: String,
}

impl Warning {
    pub(super) fn at(origin: &Origin, message: impl Into<String>) -> Self {
        Self {
            origin: origin.to_string(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", sanitise(&self.origin), sanitise(&self.message))
    }
}
