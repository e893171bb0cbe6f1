//! Keys, pastes, resizes and clicks in one form, whatever the terminal and its protocol sent.

mod chord;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

pub use chord::{Chord, Key, parse_sequence, print_sequence};

/// A paste longer than this is cut: nobody means to type a megabyte into a field.
const PASTE_MAX: usize = 1 << 20;

/// What can happen on the user's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key with its modifiers, normalised.
    Chord(Chord),
    /// Pasted text: lines end in `\n`, no control characters but tabs. Never a command.
    Paste(String),
    /// The terminal's new size in columns and rows.
    Resize(u16, u16),
    /// The terminal window got (true) or lost the focus.
    Focus(bool),
    /// A click or the wheel.
    Mouse(Mouse),
}

/// A mouse report at a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What the mouse did.
    pub kind: MouseKind,
    /// Column, from 0.
    pub x: u16,
    /// Row, from 0.
    pub y: u16,
}

/// What the mouse did; other movement and other buttons are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The mouse moved with the left button down.
    Drag,
    /// The left button went up.
    Release,
    /// The wheel turned away from the user.
    ScrollUp,
    /// The wheel turned towards the user.
    ScrollDown,
}

/// Turns crossterm's events into [`Input`]; remembers the size to drop resizes that change
/// nothing.
#[derive(Debug, Default)]
pub struct Normaliser {
    size: Option<(u16, u16)>,
}

impl Normaliser {
    /// Start from the size that the screen has.
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            size: Some((width, height)),
        }
    }

    /// The input that `event` means; `None` for releases, lone modifiers and repeated sizes.
    pub fn accept(&mut self, event: Event) -> Option<Input> {
        match event {
            Event::Key(key) => chord_of(key).map(Input::Chord),
            Event::Paste(text) => Some(Input::Paste(clean_paste(&text))),
            Event::Resize(width, height) => {
                let changed = self.size.replace((width, height)) != Some((width, height));
                changed.then_some(Input::Resize(width, height))
            }
            Event::FocusGained => Some(Input::Focus(true)),
            Event::FocusLost => Some(Input::Focus(false)),
            Event::Mouse(mouse) => mouse_of(mouse).map(Input::Mouse),
        }
    }
}

/// Keep only the last of all resizes in a batch: the ones before it were never drawn.
pub fn collapse_resizes(batch: &mut Vec<Input>) {
    let Some(last) = batch.iter().rposition(|i| matches!(i, Input::Resize(..))) else {
        return;
    };
    let mut at = 0;
    batch.retain(|input| {
        let keep = !matches!(input, Input::Resize(..)) || at == last;
        at += 1;
        keep
    });
}

fn clean_paste(text: &str) -> String {
    let mut end = text.len().min(PASTE_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end]
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

fn mouse_of(mouse: MouseEvent) -> Option<Mouse> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
        MouseEventKind::Up(MouseButton::Left) => MouseKind::Release,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse {
        kind,
        x: mouse.column,
        y: mouse.row,
    })
}

fn chord_of(event: KeyEvent) -> Option<Chord> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let key = match event.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::F(n) => Key::F(n),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    };
    let mut modifiers = event.modifiers;
    if event.code == KeyCode::BackTab {
        modifiers |= KeyModifiers::SHIFT;
    }
    let has = |m| modifiers.contains(m);
    let key = match key {
        // What legacy terminals send for Ctrl and a sign on the digit row.
        Key::Char(digit @ '4'..='7') if has(KeyModifiers::CONTROL) => {
            Key::Char(['\\', ']', '^', '_'][digit as usize - '4' as usize])
        }
        other => other,
    };
    Some(Chord::new(
        key,
        has(KeyModifiers::CONTROL),
        has(KeyModifiers::ALT),
        has(KeyModifiers::SHIFT),
    ))
}

#[cfg(test)]
mod tests;
