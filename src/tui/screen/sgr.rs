//! The pen: the attributes the terminal will use for the next character, and the shortest way
//! from one to another in one merged SGR sequence.

use ratatui::style::Modifier;

use super::colour::Packed;

/// Attributes that show on a blank cell; on such a blank the whole style matters.
pub(super) const SHOWS_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// Foreground, background and attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Pen {
    pub(super) fg: Packed,
    pub(super) bg: Packed,
    pub(super) mods: Modifier,
}

impl Pen {
    /// Erasing with this pen leaves plain blanks on every terminal, with or without
    /// background-colour erase.
    pub(super) fn erases_plain(self) -> bool {
        self.bg == Packed::DEFAULT && !self.mods.intersects(SHOWS_ON_BLANK)
    }

    /// A blank cell styled `cell` looks the same when printed with this pen.
    pub(super) fn prints_blank(self, cell: Self) -> bool {
        self == cell
            || (self.bg == cell.bg
                && !self.mods.intersects(SHOWS_ON_BLANK)
                && !cell.mods.intersects(SHOWS_ON_BLANK))
    }
}

/// SGR parameters being collected; at most a reset, nine attributes and two 5-part colours.
#[derive(Debug, Default)]
pub(super) struct Params {
    list: [u8; 24],
    len: usize,
    bytes: usize,
}

impl Params {
    pub(super) fn push(&mut self, param: u8) {
        if let Some(slot) = self.list.get_mut(self.len) {
            *slot = param;
            self.len += 1;
            self.bytes += 1 + super::encode::digits(u16::from(param));
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[");
        for (i, param) in self.list[..self.len].iter().enumerate() {
            if i > 0 {
                out.push(b';');
            }
            super::encode::push_number(out, u16::from(*param));
        }
        out.push(b'm');
    }
}

/// Modifier, SGR on, SGR off. Bold and dim share one "off".
const ATTRIBUTES: [(Modifier, u8, u8); 8] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Append the shortest SGR that turns `from` into `to`; nothing when they are equal.
pub(super) fn transition(from: Pen, to: Pen, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    if to == Pen::default() {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let mut step = Params::default();
    let off = from.mods - to.mods;
    let mut on = to.mods - from.mods;
    let weight = Modifier::BOLD | Modifier::DIM;
    if off.intersects(weight) {
        // 22 ends both, so the one that stays has to be said again.
        step.push(22);
        on |= to.mods & weight;
    }
    for (modifier, _, code) in ATTRIBUTES.iter().skip(2) {
        if off.contains(*modifier) {
            step.push(*code);
        }
    }
    push_attributes(on, &mut step);
    if from.fg != to.fg {
        to.fg.push_sgr(false, &mut step);
    }
    if from.bg != to.bg {
        to.bg.push_sgr(true, &mut step);
    }

    let mut fresh = Params::default();
    fresh.push(0);
    push_attributes(to.mods, &mut fresh);
    if to.fg != Packed::DEFAULT {
        to.fg.push_sgr(false, &mut fresh);
    }
    if to.bg != Packed::DEFAULT {
        to.bg.push_sgr(true, &mut fresh);
    }
    if fresh.bytes < step.bytes {
        fresh.write(out);
    } else {
        step.write(out);
    }
}

fn push_attributes(mods: Modifier, params: &mut Params) {
    for (modifier, code, _) in ATTRIBUTES {
        if mods.contains(modifier) {
            params.push(code);
        }
    }
}
