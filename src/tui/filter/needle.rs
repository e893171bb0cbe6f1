//! Text that is looked for in rows: plain in everything a row says, its letters one after the
//! other in the name. Made for a hundred thousand rows between two keys.

use memchr::memmem::Finder;

use crate::domain::id::HostId;
use crate::tui::row::Row;
use crate::tui::summary::HostSummary;

/// Which letters are in a text; two letters may share a bit.
fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |mask, b| {
        let bit = match b {
            b'a'..=b'z' => b - b'a',
            b'0'..=b'9' => 26 + b - b'0',
            other => 36 + other % 28,
        };
        mask | 1 << bit
    })
}

/// What can be found in a row, made once for each row.
#[derive(Debug, Clone, Default)]
pub struct Haystack {
    /// Lower case: the name, then host, image, project, state and health, a line each.
    text: Box<str>,
    /// Bytes of the name.
    name: u32,
    letters: u64,
}

impl Haystack {
    /// Of a row.
    pub fn of(row: &Row, host: &HostSummary) -> Self {
        let mut text = String::with_capacity(96);
        lower(&mut text, &row.name());
        let name = text.len();
        let letters = letters(&text);
        let health = super::health(row, host);
        for part in [
            row.host_id().map(HostId::as_str),
            row.image(),
            row.project(),
            Some(host.state_of(row)),
            Some(health).filter(|h| *h != "none"),
        ]
        .into_iter()
        .flatten()
        {
            text.push('\n');
            lower(&mut text, part);
        }
        Self {
            text: text.into_boxed_str(),
            name: name as u32,
            letters,
        }
    }

    fn name(&self) -> &str {
        &self.text[..self.name as usize]
    }
}

fn lower(out: &mut String, text: &str) {
    if text.is_ascii() {
        out.extend(text.bytes().map(|b| char::from(b.to_ascii_lowercase())));
    } else {
        out.push_str(&text.to_lowercase());
    }
}

/// What is looked for. Case matters when it has a capital letter.
#[derive(Debug, Clone)]
pub struct Needle {
    text: String,
    exact: bool,
    finder: Finder<'static>,
    letters: u64,
    /// It may be the beginning of an id.
    hex: bool,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Needle {
    /// Look for `text`.
    pub fn new(text: &str) -> Self {
        let exact = text.chars().any(char::is_uppercase);
        Self {
            finder: Finder::new(text).into_owned(),
            letters: letters(&text.to_lowercase()),
            hex: text.len() >= 4 && text.bytes().all(|b| b.is_ascii_hexdigit()),
            exact,
            text: text.to_owned(),
        }
    }

    /// Is everything that it finds also found by `before`?
    pub fn narrows(&self, before: &Self) -> bool {
        // Four letters may be the beginning of an id, three are not looked for in ids.
        self.text.starts_with(&before.text) && (before.hex || !self.hex)
    }

    /// Is it in the row of that haystack?
    pub fn is_in(&self, row: &Row, hay: &Haystack) -> bool {
        if self.exact {
            return self.is_exactly_in(row);
        }
        if self.finder.find(hay.text.as_bytes()).is_some() {
            return true;
        }
        if self.hex && row.id().contains(&*self.text) {
            return true;
        }
        self.letters & !hay.letters == 0 && scattered(&self.text, hay.name()).is_some()
    }

    fn is_exactly_in(&self, row: &Row) -> bool {
        let plain = |text: Option<&str>| text.is_some_and(|t| t.contains(&self.text));
        let name = row.name();
        plain(Some(&name))
            || plain(row.host_id().map(HostId::as_str))
            || plain(row.image())
            || plain(row.project())
            || scattered(&self.text, &name).is_some()
    }

    /// Where it is in a name, in characters.
    pub fn hits(&self, name: &str) -> Vec<usize> {
        let found = self.spans(name);
        if !found.is_empty() {
            return found;
        }
        let folded;
        let name = if self.exact {
            name
        } else {
            folded = fold(name);
            &folded
        };
        scattered(&self.text, name).unwrap_or_default()
    }

    /// Where it is in a text as it stands, in characters: all of it, once.
    pub fn spans(&self, text: &str) -> Vec<usize> {
        let folded;
        let text = if self.exact {
            text
        } else {
            folded = fold(text);
            &folded
        };
        match text.find(&self.text) {
            Some(at) if !self.text.is_empty() => {
                let first = text[..at].chars().count();
                (first..first + self.text.chars().count()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Lower case, a character for each character.
fn fold(text: &str) -> String {
    text.chars()
        .map(|c| c.to_lowercase().next().unwrap_or(c))
        .collect()
}

/// The letters of `needle` one after the other in `text`, not too far apart: `web` shall not find
/// `w......e......b`. Every beginning of what is found is found too, so that typing on narrows.
fn scattered(needle: &str, text: &str) -> Option<Vec<usize>> {
    if needle.is_ascii() && text.is_ascii() {
        let (needle, text) = (needle.as_bytes(), text.as_bytes());
        return near(needle.len(), text.len(), |n, t| needle[n] == text[t]);
    }
    let needle: Vec<char> = needle.chars().collect();
    let text: Vec<char> = text.chars().collect();
    near(needle.len(), text.len(), |n, t| needle[n] == text[t])
}

fn near(needle: usize, text: usize, same: impl Fn(usize, usize) -> bool) -> Option<Vec<usize>> {
    if needle == 0 || needle > text {
        return None;
    }
    let mut best: Option<Vec<usize>> = None;
    let mut found = Vec::new();
    for start in 0..=text - needle {
        if !same(0, start) {
            continue;
        }
        found.clear();
        found.push(start);
        for n in 1..needle {
            let from = found[n - 1] + 1;
            let last = (start + 2 * n + 3).min(text - 1);
            match (from..=last).find(|t| same(n, *t)) {
                Some(at) => found.push(at),
                None => break,
            }
        }
        let spread = |found: &[usize]| found[needle - 1] - found[0];
        if found.len() == needle && best.as_ref().is_none_or(|b| spread(&found) < spread(b)) {
            best = Some(found.clone());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_may_be_apart_but_not_far() {
        assert_eq!(scattered("gfana", "grafana"), Some(vec![0, 3, 4, 5, 6]));
        assert!(scattered("web", "w......e......b").is_none());
        assert_eq!(scattered("ab", "a.a.ab"), Some(vec![4, 5]), "the closest");
        assert_eq!(scattered("数据", "旧-数1据"), Some(vec![2, 4]));
        assert!(scattered("", "abc").is_none());
    }

    #[test]
    fn hits_are_characters_of_the_name() {
        assert_eq!(Needle::new("数据").hits("übung-数据"), [6, 7]);
        assert_eq!(Needle::new("api").hits("Shop-API-1"), [5, 6, 7]);
        assert!(Needle::new("API").hits("shop-api").is_empty());
    }

    proptest! {
        /// Typing on never brings a row back.
        #[test]
        fn what_is_typed_on_narrows(text in "[abc-]{0,14}", needle in "[abc]{1,5}", cut in 1usize..5) {
            let cut = cut.min(needle.len());
            if scattered(&needle, &text).is_some() {
                prop_assert!(scattered(&needle[..cut], &text).is_some());
            }
        }

        #[test]
        fn what_is_in_it_is_found_at_least_scattered(text in "[a-c]{0,12}", needle in "[a-c]{1,4}") {
            if text.contains(&needle) {
                let hits = scattered(&needle, &text).unwrap();
                prop_assert_eq!(hits.len(), needle.len());
                prop_assert_eq!(hits[hits.len() - 1] - hits[0] + 1, needle.len());
            }
        }
    }
}
