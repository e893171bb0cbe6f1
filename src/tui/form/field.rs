//! One field: how it is typed, what it offers.

use tui_textarea::{CursorMove, Input, Key as AreaKey, TextArea};

use crate::domain::id::HostId;
use crate::domain::snapshot::Snapshot;
use crate::tui::input::{Chord, Key};
use crate::tui::line_edit::LineEdit;

/// The value of a flag that is on.
pub(super) const ON: &str = "yes";

/// How a value is typed.
#[derive(Debug)]
pub enum Control {
    Line(LineEdit),
    /// Several lines.
    Area(Box<TextArea<'static>>),
    /// One of these.
    Choice {
        options: Vec<String>,
        at: usize,
    },
    Flag(bool),
}

/// Where completions come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pick {
    #[default]
    Nothing,
    Images,
    Networks,
    /// At the beginning of `VOLUME:/path`.
    Volumes,
    Drivers(&'static [&'static str]),
}

impl Pick {
    /// All there is on a host.
    pub fn items(self, host: &HostId, snapshot: &Snapshot) -> Vec<String> {
        let Some(shard) = snapshot.host(host) else {
            return Vec::new();
        };
        let mut all: Vec<String> = match self {
            Self::Nothing => Vec::new(),
            Self::Images => shard
                .images
                .iter()
                .flat_map(|i| i.tags.iter().map(ToString::to_string))
                .collect(),
            Self::Networks => shard.networks.iter().map(|n| n.name.to_string()).collect(),
            Self::Volumes => shard
                .volumes
                .iter()
                .filter(|v| !v.is_anonymous())
                .map(|v| v.name.to_string())
                .collect(),
            Self::Drivers(all) => all.iter().map(|d| (*d).to_owned()).collect(),
        };
        all.sort();
        all.dedup();
        all
    }
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    pub id: &'static str,
    pub label: &'static str,
    pub doc: &'static str,
    /// The heading above it.
    pub section: Option<&'static str>,
    pub control: Control,
    pub pick: Pick,
    pub required: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Field {
    pub(super) fn new(id: &'static str, label: &'static str, control: Control) -> Self {
        Self {
            id,
            label,
            doc: "",
            section: None,
            control,
            pick: Pick::Nothing,
            required: false,
            error: None,
        }
    }

    pub(super) fn line(id: &'static str, label: &'static str, text: impl Into<String>) -> Self {
        Self::new(id, label, Control::Line(LineEdit::new(text)))
    }

    pub(super) fn area(id: &'static str, label: &'static str, text: &str) -> Self {
        let lines = text.lines().map(str::to_owned).collect();
        Self::new(id, label, Control::Area(Box::new(TextArea::new(lines))))
    }

    pub(super) fn flag(id: &'static str, label: &'static str, on: bool) -> Self {
        Self::new(id, label, Control::Flag(on))
    }

    pub(super) fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    pub(super) fn section(mut self, title: &'static str) -> Self {
        self.section = Some(title);
        self
    }

    pub(super) fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// As text.
    pub fn value(&self) -> String {
        match &self.control {
            Control::Line(line) => line.text().to_owned(),
            Control::Area(area) => area.lines().join("\n").trim_end().to_owned(),
            Control::Choice { options, at } => options.get(*at).cloned().unwrap_or_default(),
            Control::Flag(on) => if *on { ON } else { "no" }.to_owned(),
        }
    }

    /// From text.
    pub fn set(&mut self, value: &str) {
        match &mut self.control {
            Control::Line(line) => line.set(value),
            Control::Area(area) => {
                **area = TextArea::new(value.lines().map(str::to_owned).collect());
            }
            Control::Choice { options, at } => {
                if let Some(n) = options.iter().position(|o| o == value) {
                    *at = n;
                }
            }
            Control::Flag(on) => *on = value == ON,
        }
    }

    /// The word that completions replace: the whole line; of `VOLUME:/path` the volume.
    pub(super) fn word(&self) -> String {
        match &self.control {
            Control::Line(line) => line.text().to_owned(),
            Control::Area(area) => {
                let row = area.cursor().0;
                let text = area.lines().get(row).map_or("", |l| l);
                match text.split_once(':') {
                    Some(_) => String::new(),
                    None => text.to_owned(),
                }
            }
            Control::Choice { .. } | Control::Flag(_) => String::new(),
        }
    }

    /// Put a completion in the place of the word.
    pub(super) fn put_word(&mut self, item: &str) {
        match &mut self.control {
            Control::Area(area) => {
                let text = if self.pick == Pick::Volumes {
                    format!("{item}:/")
                } else {
                    item.to_owned()
                };
                area.move_cursor(CursorMove::End);
                area.delete_line_by_head();
                area.insert_str(text);
            }
            _ => self.set(item),
        }
    }

    /// Rows it wants; those with the keys get more room.
    pub fn height(&self, focused: bool) -> usize {
        match &self.control {
            Control::Area(area) => {
                let most = if focused { 8 } else { 4 };
                area.lines().len().clamp(if focused { 2 } else { 1 }, most)
            }
            _ => 1,
        }
    }

    /// Text from the clipboard.
    pub fn paste(&mut self, text: &str) {
        match &mut self.control {
            Control::Line(line) => line.insert(text),
            Control::Area(area) => {
                let clean: String = text
                    .replace("\r\n", "\n")
                    .replace('\r', "\n")
                    .chars()
                    .filter(|c| *c == '\n' || !c.is_control())
                    .collect();
                area.insert_str(clean);
            }
            Control::Choice { .. } | Control::Flag(_) => {}
        }
    }

    /// Take a key that no binding took; false when it means nothing here.
    pub fn key(&mut self, chord: Chord) -> bool {
        match &mut self.control {
            Control::Line(line) => line.key(chord),
            Control::Area(area) => {
                let Some(input) = input(chord) else {
                    return false;
                };
                area.input(input);
                true
            }
            Control::Choice { options, at } => {
                let count = options.len().max(1);
                match chord.key() {
                    Key::Left => *at = (*at + count - 1) % count,
                    Key::Right | Key::Char(' ') => *at = (*at + 1) % count,
                    Key::Char(c) => {
                        let begins = |o: &String| o.starts_with(c);
                        let next = (1..=count).map(|n| (*at + n) % count);
                        match next
                            .into_iter()
                            .find(|n| options.get(*n).is_some_and(begins))
                        {
                            Some(n) => *at = n,
                            None => return false,
                        }
                    }
                    _ => return false,
                }
                true
            }
            Control::Flag(on) => {
                *on = match chord.key() {
                    Key::Char(' ') | Key::Left | Key::Right => !*on,
                    Key::Char('y') => true,
                    Key::Char('n') => false,
                    _ => return false,
                };
                true
            }
        }
    }
}

/// A key for the text area.
fn input(chord: Chord) -> Option<Input> {
    let key = match chord.key() {
        Key::Char(c) => AreaKey::Char(c),
        Key::Enter => AreaKey::Enter,
        Key::Backspace => AreaKey::Backspace,
        Key::Delete => AreaKey::Delete,
        Key::Left => AreaKey::Left,
        Key::Right => AreaKey::Right,
        Key::Up => AreaKey::Up,
        Key::Down => AreaKey::Down,
        Key::Home => AreaKey::Home,
        Key::End => AreaKey::End,
        _ => return None,
    };
    Some(Input {
        key,
        ctrl: chord.ctrl(),
        alt: chord.alt(),
        shift: false,
    })
}
