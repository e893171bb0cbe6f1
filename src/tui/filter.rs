//! The filter of tables: `web !old host=prod-* state=exited label:env=prod cpu>50 mem>1g age<2h`.

mod needle;

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::row::Row;
use super::summary::HostSummary;
use crate::domain::error::{Error, Result};
use crate::domain::text::{did_you_mean, glob, is_glob};

pub use needle::{Haystack, Needle};

/// What can be compared as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Host,
    State,
    Health,
    Image,
    Project,
    Id,
    Driver,
}

/// What can be compared as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Cpu,
    Memory,
    /// Seconds since it was made.
    Age,
    Restarts,
    Size,
}

const FIELDS: [(&str, Field); 8] = [
    ("name", Field::Name),
    ("host", Field::Host),
    ("state", Field::State),
    ("health", Field::Health),
    ("image", Field::Image),
    ("project", Field::Project),
    ("id", Field::Id),
    ("driver", Field::Driver),
];

const NUMBERS: [(&str, Number); 5] = [
    ("cpu", Number::Cpu),
    ("mem", Number::Memory),
    ("age", Number::Age),
    ("restarts", Number::Restarts),
    ("size", Number::Size),
];

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// Fuzzy in the name, plain in host, image, project and state.
    Text(Box<Needle>),
    /// Equal, a glob, or the beginning of an id.
    Equal(Field, String),
    Contains(Field, String),
    Label(String, Option<String>),
    Compare(Number, Comparison, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

/// A filter: every term holds. The empty one keeps everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    /// Read what was typed.
    pub fn parse(text: &str) -> Result<Self> {
        let words = shell_words::split(text)
            .unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect());
        let terms = words
            .iter()
            .filter(|w| *w != "!")
            .map(|w| term(w))
            .collect::<Result<_>>()?;
        Ok(Self {
            text: text.trim().to_owned(),
            terms,
        })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Does it keep everything?
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Does the outcome change while nothing happens?
    pub fn depends_on_time(&self) -> bool {
        self.terms
            .iter()
            .any(|t| matches!(t.test, Test::Compare(Number::Age, ..)))
    }

    /// Does the outcome change with every measurement?
    pub fn depends_on_use(&self) -> bool {
        let measured = |t: &Term| match &t.test {
            Test::Compare(number, ..) => {
                matches!(number, Number::Cpu | Number::Memory | Number::Size)
            }
            _ => false,
        };
        self.terms.iter().any(measured)
    }

    /// Is everything that it keeps also kept by `before`? Then only those rows need a look.
    pub fn narrows(&self, before: &Self) -> bool {
        before.terms.iter().all(|old| {
            self.terms.iter().any(|new| match (&new.test, &old.test) {
                _ if new == old => true,
                _ if new.negated || old.negated => false,
                (Test::Text(new), Test::Text(old)) => new.narrows(old),
                (Test::Contains(a, new), Test::Contains(b, old)) => a == b && new.starts_with(old),
                _ => false,
            })
        })
    }

    /// Does `row` pass?
    pub fn keeps(&self, row: &Row, hay: &Haystack, host: &HostSummary, now: DateTime<Utc>) -> bool {
        self.terms
            .iter()
            .all(|t| holds(&t.test, row, hay, host, now) != t.negated)
    }

    fn needles(&self) -> impl Iterator<Item = &Needle> {
        self.terms.iter().filter_map(|t| match &t.test {
            Test::Text(needle) if !t.negated => Some(&**needle),
            _ => None,
        })
    }

    /// The positions (in characters) of `name` that its text terms matched.
    pub fn hits(&self, name: &str) -> Vec<usize> {
        let mut all: Vec<usize> = self.needles().flat_map(|n| n.hits(name)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The positions (in characters) where `text` has its text terms as they stand.
    pub fn spans(&self, text: &str) -> Vec<usize> {
        let mut all: Vec<usize> = self.needles().flat_map(|n| n.spans(text)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The fuzzy matcher and its scratch memory.
#[derive(Debug)]
pub struct Fuzzy {
    matcher: Matcher,
    haystack: Vec<char>,
    positions: Vec<u32>,
}

impl Default for Fuzzy {
    fn default() -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            haystack: Vec::new(),
            positions: Vec::new(),
        }
    }
}

impl Fuzzy {
    /// How well `needle` is found in `text`, if at all. Letters far apart do not count as found.
    pub fn score(&mut self, needle: &str, text: &str) -> Option<u16> {
        self.find(needle, text)
    }

    fn find(&mut self, needle: &str, text: &str) -> Option<u16> {
        let atom = nucleo_matcher::pattern::Atom::new(
            needle,
            CaseMatching::Smart,
            Normalization::Smart,
            AtomKind::Fuzzy,
            false,
        );
        self.positions.clear();
        let haystack = Utf32Str::new(text, &mut self.haystack);
        let score = atom.indices(haystack, &mut self.matcher, &mut self.positions)?;
        let (first, last) = (self.positions.first()?, self.positions.last()?);
        let spread = (last - first + 1) as usize;
        // `web` shall not find `w......e......b`.
        (spread <= 2 * needle.chars().count() + 2).then_some(score)
    }
}

fn holds(test: &Test, row: &Row, hay: &Haystack, host: &HostSummary, now: DateTime<Utc>) -> bool {
    match test {
        Test::Text(needle) => needle.is_in(row, hay),
        Test::Equal(field, pattern) => text(row, host, *field, |value| {
            if *field == Field::Id && !is_glob(pattern) {
                let bare = value.strip_prefix("sha256:").unwrap_or(value);
                return bare.starts_with(pattern.as_str()) || value == pattern;
            }
            let (pattern, value) = (pattern.to_lowercase(), value.to_lowercase());
            // Words of states are recognised while they are typed.
            let begun = matches!(field, Field::State | Field::Health)
                && !pattern.is_empty()
                && value.starts_with(&pattern);
            begun || glob(&pattern, &value)
        }),
        Test::Contains(field, needle) => text(row, host, *field, |value| contains(value, needle)),
        Test::Label(key, value) => row.labels().is_some_and(|labels| {
            labels
                .get(key.as_str())
                .is_some_and(|v| value.as_ref().is_none_or(|pattern| glob(pattern, v)))
        }),
        Test::Compare(number, comparison, limit) => {
            let Some(value) = measure(row, *number, now) else {
                return false;
            };
            match (comparison, value.total_cmp(limit)) {
                (Comparison::Less, o) => o == Ordering::Less,
                (Comparison::LessOrEqual, o) => o != Ordering::Greater,
                (Comparison::Greater, o) => o == Ordering::Greater,
                (Comparison::GreaterOrEqual, o) => o != Ordering::Less,
            }
        }
    }
}

/// Ignores case unless `needle` has a capital letter.
pub fn contains(text: &str, needle: &str) -> bool {
    if needle.chars().any(char::is_uppercase) {
        text.contains(needle)
    } else {
        text.contains(needle) || text.to_lowercase().contains(needle)
    }
}

fn text(row: &Row, host: &HostSummary, field: Field, test: impl Fn(&str) -> bool) -> bool {
    match field {
        Field::Name => test(&row.name()),
        Field::Host => row.host_id().is_some_and(|h| test(h.as_str())),
        Field::State => test(host.state_of(row)),
        Field::Health => test(health(row, host)),
        Field::Image => row.image().is_some_and(&test),
        Field::Project => test(row.project().unwrap_or_default()),
        Field::Id => test(&row.id()),
        Field::Driver => match row {
            Row::Volume(_, v) => test(&v.driver),
            Row::Network(_, n) => test(&n.driver),
            _ => false,
        },
    }
}

fn health(row: &Row, host: &HostSummary) -> &'static str {
    match row {
        Row::Container(_, c) => c.health_status().map_or("none", |h| h.word()),
        Row::Project(..) | Row::Service(..) | Row::Machine(_) => {
            let tally = host.tally_of(row);
            match tally {
                t if t.unhealthy > 0 => "unhealthy",
                t if t.starting > 0 => "starting",
                _ => "healthy",
            }
        }
        _ => "none",
    }
}

fn measure(row: &Row, number: Number, now: DateTime<Utc>) -> Option<f64> {
    match number {
        Number::Cpu => row.usage()?.cpu,
        Number::Memory => Some(row.usage()?.memory as f64),
        Number::Age => Some((now - row.created()?).num_seconds() as f64),
        Number::Restarts => match row {
            Row::Container(_, c) => Some(f64::from(c.restart_count)),
            _ => None,
        },
        Number::Size => match row {
            Row::Image(_, i) => Some(i.size as f64),
            Row::Volume(h, v) => super::column::volume_size(h, v).map(|s| s as f64),
            _ => None,
        },
    }
}

fn term(word: &str) -> Result<Term> {
    let (negated, word) = match word.strip_prefix('!') {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, word),
    };
    if let Some(rest) = word.strip_prefix("label:") {
        let (key, value) = match rest.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (rest, None),
        };
        return Ok(Term {
            negated,
            test: Test::Label(key.to_owned(), value),
        });
    }
    let Some(at) = word.find(['=', '~', '<', '>']).filter(|at| *at > 0) else {
        return Ok(Term {
            negated,
            test: Test::Text(Box::new(Needle::new(word))),
        });
    };
    let (mut name, rest) = word.split_at(at);
    let mut negated = negated;
    if rest.starts_with('=')
        && let Some(bare) = name.strip_suffix('!')
    {
        (name, negated) = (bare, !negated);
    }
    let field = FIELDS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f);
    let number = NUMBERS.iter().find(|(n, _)| *n == name).map(|(_, n)| *n);
    let test = match (field, number, &rest[..1]) {
        (Some(field), _, "=") => Test::Equal(field, rest[1..].to_owned()),
        (Some(field), _, "~") => Test::Contains(field, rest[1..].to_lowercase()),
        (_, Some(number), "<" | ">") => comparison(name, number, rest)?,
        (Some(_), _, _) => {
            return Err(Error::invalid(format!(
                "{name} is text: {name}=x, {name}~x"
            )));
        }
        (_, Some(_), _) => {
            return Err(Error::invalid(format!(
                "{name} is a number: {name}>1, {name}<1"
            )));
        }
        _ => return Err(unknown(name)),
    };
    Ok(Term { negated, test })
}

fn comparison(name: &str, number: Number, rest: &str) -> Result<Test> {
    let (comparison, value) = match (rest.as_bytes().first(), rest.as_bytes().get(1)) {
        (Some(b'<'), Some(b'=')) => (Comparison::LessOrEqual, &rest[2..]),
        (Some(b'<'), _) => (Comparison::Less, &rest[1..]),
        (_, Some(b'=')) => (Comparison::GreaterOrEqual, &rest[2..]),
        _ => (Comparison::Greater, &rest[1..]),
    };
    let units: &[(&str, f64)] = match number {
        Number::Cpu => &[("%", 1.0)],
        Number::Restarts => &[],
        Number::Memory | Number::Size => &[
            ("k", 1024.0),
            ("m", 1_048_576.0),
            ("g", 1_073_741_824.0),
            ("t", 1_099_511_627_776.0),
        ],
        Number::Age => &[
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
            ("d", 86_400.0),
            ("w", 604_800.0),
        ],
    };
    let lower = value.to_lowercase();
    let lower = if matches!(number, Number::Memory | Number::Size) {
        lower.trim_end_matches("ib").trim_end_matches('b')
    } else {
        &lower
    };
    let (digits, factor) = units
        .iter()
        .find_map(|(unit, factor)| lower.strip_suffix(unit).map(|d| (d, *factor)))
        .unwrap_or((lower, 1.0));
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Test::Compare(number, comparison, value * factor)),
        _ => {
            let names: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
            let e = Error::invalid(format!("{name}: {value:?} is no number"));
            Err(if names.is_empty() {
                e
            } else {
                e.with_hint(format!("units: {}", names.join(" ")))
            })
        }
    }
}

fn unknown(name: &str) -> Error {
    let all = || {
        FIELDS
            .iter()
            .map(|f| f.0)
            .chain(NUMBERS.iter().map(|n| n.0))
    };
    let e = Error::invalid(format!("nothing is called {name:?}"));
    match did_you_mean(name, all()) {
        Some(near) => e.with_hint(format!("did you mean {near}?")),
        None => e.with_hint(format!("one of {}", all().collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests;
