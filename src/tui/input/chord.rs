//! A key with its modifiers, in the one form that every terminal's way of saying it leads to.

use std::fmt;
use std::str::FromStr;

use crate::domain::error::{Error, Result};

/// A key without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// What the key types; an upper-case letter stands for Shift and the letter.
    Char(char),
    /// A function key, F1 to F24.
    F(u8),
    /// Return, also on the keypad.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Erase to the left; some terminals send Ctrl-H for it.
    Backspace,
    /// Erase under the cursor.
    Delete,
    /// Insert.
    Insert,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// Names in `<...>`: the one printed first, then what is also understood.
const NAMES: [(Key, &[&str]); 16] = [
    (Key::Enter, &["Enter", "CR", "Return"]),
    (Key::Esc, &["Esc", "Escape"]),
    (Key::Tab, &["Tab"]),
    (Key::Backspace, &["BS", "Backspace"]),
    (Key::Delete, &["Del", "Delete"]),
    (Key::Insert, &["Ins", "Insert"]),
    (Key::Left, &["Left"]),
    (Key::Right, &["Right"]),
    (Key::Up, &["Up"]),
    (Key::Down, &["Down"]),
    (Key::Home, &["Home"]),
    (Key::End, &["End"]),
    (Key::PageUp, &["PgUp", "PageUp"]),
    (Key::PageDown, &["PgDn", "PageDown"]),
    (Key::Char(' '), &["space"]),
    (Key::Char('<'), &["lt"]),
];

/// A key with its modifiers. Only normal forms exist: see [`Chord::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Chord {
    /// The normal form: Shift with a letter is the upper-case letter, Ctrl ignores case, and what
    /// terminals cannot tell apart is one chord (Ctrl-I is Tab, Ctrl-M Enter, Ctrl-H Backspace,
    /// Ctrl-[ Esc, Ctrl-/ Ctrl-_).
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Self {
        let Key::Char(c) = key else {
            return Self {
                key,
                ctrl,
                alt,
                shift,
            };
        };
        if !ctrl {
            let c = if shift { upper(c) } else { c };
            return Self {
                key: Key::Char(c),
                ctrl,
                alt,
                shift: false,
            };
        }
        let named = |key| Self {
            key,
            ctrl: false,
            alt,
            shift: false,
        };
        match c.to_ascii_lowercase() {
            'i' => named(Key::Tab),
            'm' => named(Key::Enter),
            'h' => named(Key::Backspace),
            '[' => named(Key::Esc),
            '/' => Self {
                key: Key::Char('_'),
                ctrl,
                alt,
                shift: false,
            },
            '@' => Self {
                key: Key::Char(' '),
                ctrl,
                alt,
                shift: false,
            },
            c => Self {
                key: Key::Char(c),
                ctrl,
                alt,
                shift: false,
            },
        }
    }

    /// A character without modifiers.
    pub fn char(c: char) -> Self {
        Self::new(Key::Char(c), false, false, false)
    }

    /// The key, upper case standing for Shift.
    pub fn key(self) -> Key {
        self.key
    }

    /// Ctrl is held.
    pub fn ctrl(self) -> bool {
        self.ctrl
    }

    /// Alt is held.
    pub fn alt(self) -> bool {
        self.alt
    }

    /// Shift is held; for characters it is in the character.
    pub fn shift(self) -> bool {
        self.shift
    }

    /// What typing this chord inserts into a text field, if anything.
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// For people: `ctrl-r`, `shift-tab`, `space`, `G`.
    pub fn label(self) -> String {
        let mut text = String::new();
        for (held, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if held {
                text.push_str(name);
            }
        }
        match (self.key, self.name()) {
            (Key::Char('<'), _) => text.push('<'),
            (Key::Char(c), None) => text.push(c),
            (Key::F(n), _) => {
                text.push('F');
                text.push_str(&n.to_string());
            }
            (_, Some(name)) => text.push_str(&name.to_lowercase()),
            (_, None) => {}
        }
        text
    }

    fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(key, _)| *key == self.key)
            .and_then(|(_, names)| names.first().copied())
    }
}

fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = !self.ctrl && !self.alt && !self.shift;
        if let Key::Char(c) = self.key
            && bare
            && self.name().is_none()
        {
            return write!(f, "{c}");
        }
        f.write_str("<")?;
        for (held, name) in [(self.ctrl, "C-"), (self.alt, "A-"), (self.shift, "S-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.key, self.name()) {
            (_, Some(name)) => f.write_str(name)?,
            (Key::Char(c), None) => write!(f, "{c}")?,
            (Key::F(n), None) => write!(f, "F{n}")?,
            (_, None) => {}
        }
        f.write_str(">")
    }
}

impl FromStr for Chord {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut chords = parse_sequence(text)?.into_iter();
        match (chords.next(), chords.next()) {
            (Some(chord), None) => Ok(chord),
            _ => Err(Error::invalid(format!("`{text}` is not one key"))),
        }
    }
}

/// The chords that `text` names one after the other: `gg`, `<C-w>j`, `<space>`.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>> {
    let mut chords = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '<' {
            let (inner, after) = split_angle(rest).ok_or_else(|| {
                bad(
                    text,
                    "`<` opens a key name; write `<lt>` for the key itself",
                )
            })?;
            chords.push(parse_named(inner).ok_or_else(|| {
                bad(
                    text,
                    &format!("no key is called `<{inner}>`; like <C-r>, <S-Tab>, <F5>"),
                )
            })?);
            rest = after;
        } else if c.is_control() || c == ' ' {
            return Err(bad(text, "write <space>, <Tab> or <Enter> for blanks"));
        } else {
            chords.push(Chord::char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    if chords.is_empty() {
        return Err(bad(text, "name at least one key"));
    }
    Ok(chords)
}

/// The text that [`parse_sequence`] reads back.
pub fn print_sequence(chords: &[Chord]) -> String {
    chords.iter().map(ToString::to_string).collect()
}

fn bad(text: &str, hint: &str) -> Error {
    Error::invalid(format!("the key sequence `{text}`")).with_hint(hint)
}

/// `<inner>after`; a `>` right before the closing one is the key itself, as in `<C->>`.
fn split_angle(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix('<')?;
    let mut end = body.find('>')?;
    if body[end + 1..].starts_with('>') && body[..end].ends_with('-') {
        end += 1;
    }
    Some((&body[..end], &body[end + 1..]))
}

fn parse_named(inner: &str) -> Option<Chord> {
    let (mut ctrl, mut alt, mut shift) = (false, false, false);
    let mut rest = inner;
    loop {
        let mut chars = rest.chars();
        let (Some(letter), Some('-'), Some(_)) = (chars.next(), chars.next(), chars.next()) else {
            break;
        };
        let held = match letter.to_ascii_uppercase() {
            'C' => &mut ctrl,
            'A' | 'M' => &mut alt,
            'S' => &mut shift,
            _ => return None,
        };
        if std::mem::replace(held, true) {
            return None;
        }
        rest = &rest[2..];
    }
    let mut chars = rest.chars();
    let key = match (chars.next(), chars.next()) {
        (Some(c), None) if !c.is_control() => Key::Char(c),
        _ => named_key(rest)?,
    };
    Some(Chord::new(key, ctrl, alt, shift))
}

fn named_key(name: &str) -> Option<Key> {
    let known = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if let Some((key, _)) = NAMES.iter().find(|(_, names)| known(names)) {
        return Some(*key);
    }
    let digits = name.strip_prefix(['F', 'f'])?;
    if digits.starts_with('0') || digits.starts_with('+') {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|n| (1..=24).contains(n))
        .map(Key::F)
}
