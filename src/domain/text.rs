//! Text from outside is data: what a terminal would obey is taken out before anybody prints it.

use std::borrow::Cow;
use std::iter::Peekable;

/// May `c` be shown? No control characters (C0, DEL, C1) and nothing that reorders or hides text.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || c == '\u{200d}' // joins emoji
}

/// `text` without anything a terminal would obey: escape sequences go whole, other control
/// characters and direction marks go, tabs and line ends become spaces. One line comes out.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => skip_escape(&mut rest),
            '\u{9b}' => skip_csi(&mut rest),
            '\t' | '\n' => clean.push(' '),
            c if is_harmless(c) => clean.push(c),
            _ => {}
        }
    }
    Cow::Owned(clean)
}

/// [`sanitise`] line by line: line ends stay, tabs become four spaces.
pub fn sanitise_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            clean.push('\n');
        }
        clean.push_str(&sanitise(&line.replace('\t', "    ")));
    }
    clean
}

/// `text` with its colours (SGR sequences) and nothing else a terminal would obey. Tabs stay.
pub fn keep_colours(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\x1b' {
            if let Some(len) = sgr_length(&text[at..]) {
                clean.push_str(&text[at..at + len]);
                while rest.peek().is_some_and(|(next, _)| *next < at + len) {
                    rest.next();
                }
            } else {
                // What the skipping takes is counted on the way: counting what is left would read
                // the text anew for every sequence.
                let taken = std::cell::Cell::new(0);
                let count = |c: &char| taken.set(taken.get() + c.len_utf8());
                let mut chars = text[at + 1..].chars().inspect(count).peekable();
                skip_escape(&mut chars);
                let ahead = chars.peek().map_or(0, |c| c.len_utf8());
                let end = at + 1 + taken.get() - ahead;
                while rest.peek().is_some_and(|(next, _)| *next < end) {
                    rest.next();
                }
            }
        } else if c == '\t' || is_harmless(c) {
            clean.push(c);
        }
    }
    clean
}

/// How many bytes the colour sequence at the beginning of `text` has.
fn sgr_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    body[end..].starts_with('m').then_some(end + 3)
}

fn skip_escape(rest: &mut Peekable<impl Iterator<Item = char>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_csi(rest);
        }
        // Strings: OSC, DCS, SOS, PM, APC; until BEL or ST.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            while let Some(c) = rest.next() {
                if c == '\x07' || c == '\u{9c}' {
                    return;
                }
                if c == '\x1b' {
                    if rest.peek() == Some(&'\\') {
                        rest.next();
                    }
                    return;
                }
            }
        }
        Some(c) if ('\x20'..='\x2f').contains(c) => {
            while rest.next_if(|c| ('\x20'..='\x2f').contains(c)).is_some() {}
            rest.next_if(char::is_ascii);
        }
        Some(c) if c.is_ascii() && !c.is_control() => {
            rest.next();
        }
        _ => {}
    }
}

fn skip_csi(rest: &mut Peekable<impl Iterator<Item = char>>) {
    while rest.next_if(|c| ('\x20'..='\x3f').contains(c)).is_some() {}
    rest.next_if(|c| ('\x40'..='\x7e').contains(c));
}

/// How many slips of the finger turn `a` into `b`: a character more, less, another, or two
/// neighbours swapped; for "did you mean".
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The one of `candidates` that `word` was probably meant to be.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3).max(1);
    candidates
        .into_iter()
        .map(|c| (distance(word, c), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c)
}

/// Does `text` match the glob `pattern` (`*` any run, `?` one character)?
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < t.len() {
        if i < p.len() && (p[i] == '?' || p[i] == t[j]) && p[i] != '*' {
            i += 1;
            j += 1;
        } else if i < p.len() && p[i] == '*' {
            star = Some((i, j));
            i += 1;
        } else if let Some((si, sj)) = star {
            i = si + 1;
            j = sj + 1;
            star = Some((si, j));
        } else {
            return false;
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

/// Does `text` hold a glob's special characters?
pub fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_go_whole() {
        for (dirty, clean) in [
            ("plain", "plain"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b]0;title\x07x", "x"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1bP1;2q...\x1b\\y", "y"),
            ("a\u{9b}2Jb", "ab"),
            ("a\tb\r\n", "a b "),
            ("\x1b(0x", "x"),
            ("\x1bcx", "x"),
            ("\x1b[", ""),
            ("\u{202e}abc\u{2066}", "abc"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(sanitise(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn colours_can_stay() {
        assert_eq!(
            keep_colours("\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;t\x07\tx\r"),
            "\x1b[1;31mred\x1b[0m\tx"
        );
    }

    #[test]
    fn globs_match_whole_words() {
        for (p, t, yes) in [
            ("*", "", true),
            ("web*", "web-1", true),
            ("web*", "xweb", false),
            ("*-1", "web-1", true),
            ("a*b*c", "axxbyyc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("**", "x", true),
        ] {
            assert_eq!(glob(p, t), yes, "{p} {t}");
        }
    }

    #[test]
    fn suggestions_are_close() {
        assert_eq!(did_you_mean("stpo", ["start", "stop"]), Some("stop"));
        assert_eq!(did_you_mean("xyz", ["start", "stop"]), None);
        assert_eq!(did_you_mean("fsp", ["fps", "mouse"]), Some("fps"));
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_is_left(text in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f]|\x1b\\[)*") {
            prop_assert!(!sanitise(&text).chars().any(char::is_control));
            prop_assert!(!sanitise_lines(&text).chars().any(|c| c.is_control() && c != '\n'));
            let coloured = keep_colours(&text);
            let left = coloured.split('\x1b').skip(1);
            for part in left {
                let sequence = ["\x1b", part].concat();
                prop_assert!(sgr_length(&sequence).is_some());
            }
        }

        #[test]
        fn clean_text_stays(text in "[a-zA-Z0-9 äß漢]*") {
            prop_assert_eq!(&*sanitise(&text), &*text);
        }
    }
}
