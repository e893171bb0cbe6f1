//! Colours as terminals see them: depth detection and reduction, without asking the terminal.

use ratatui::style::Color;

use super::clipboard::Clipboard;

/// How many colours the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ColorDepth {
    /// No colour at all (`NO_COLOR`, dumb terminals); bold, underline and reverse remain.
    None,
    /// The 16 named colours.
    Ansi16,
    /// The 256-colour palette.
    Ansi256,
    /// 24-bit colour.
    #[default]
    True,
}

impl ColorDepth {
    /// The word used in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Ansi256 => "256",
            Self::True => "truecolor",
        }
    }

    /// The depth a configuration word names; `None` for an unknown word (and for `auto`).
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::Ansi16, Self::Ansi256, Self::True]
            .into_iter()
            .find(|d| d.word() == word)
    }
}

/// What the terminal is believed to support, from the environment alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Colour depth.
    pub depth: ColorDepth,
    /// Italics; some terminals show reverse video or green instead.
    pub italic: bool,
    /// Bracket frames with mode 2026. Terminals that do not know it ignore it.
    pub sync: bool,
    /// The way to the clipboard.
    pub clipboard: Clipboard,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            depth: ColorDepth::True,
            italic: true,
            sync: true,
            clipboard: Clipboard::Direct,
        }
    }
}

impl Capabilities {
    /// Judge by environment variables; `env` is injected so that tests need no process state.
    pub fn detect(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| env(name).unwrap_or_default();
        let term = get("TERM");
        // GNU screen reads 38;2;r;g;b as three attributes and shows italics as reverse video.
        // tmux also sets TERM=screen*, but parses both.
        let gnu_screen =
            !get("STY").is_empty() || (term.starts_with("screen") && get("TMUX").is_empty());
        let mut depth = Self::depth_of(&term, &get("COLORTERM"), &get("TERM_PROGRAM"));
        if gnu_screen {
            depth = depth.min(ColorDepth::Ansi256);
        }
        if !get("NO_COLOR").is_empty() || term == "dumb" {
            depth = ColorDepth::None;
        }
        Self {
            depth,
            italic: !gnu_screen && term != "linux",
            sync: true,
            clipboard: Clipboard::detect(env),
        }
    }

    fn depth_of(term: &str, colorterm: &str, program: &str) -> ColorDepth {
        if matches!(colorterm, "truecolor" | "24bit") {
            return ColorDepth::True;
        }
        let truecolor = [
            "alacritty",
            "xterm-kitty",
            "foot",
            "wezterm",
            "xterm-ghostty",
        ];
        if term.contains("direct") || truecolor.iter().any(|t| term.starts_with(t)) {
            return ColorDepth::True;
        }
        if matches!(program, "iTerm.app" | "WezTerm" | "ghostty") {
            return ColorDepth::True;
        }
        if term.contains("256") || term.starts_with("xterm") || term.starts_with("putty") {
            return ColorDepth::Ansi256;
        }
        if term.starts_with("vt") {
            ColorDepth::None
        } else {
            ColorDepth::Ansi16
        }
    }
}

/// A colour in one word: kind in the high byte, value below. Zero is the terminal's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Packed(u32);

const PALETTE: u32 = 1 << 24;
const RGB: u32 = 2 << 24;

impl Packed {
    /// The terminal's own foreground or background.
    pub(super) const DEFAULT: Self = Self(0);

    /// Pack `color`, reduced to `depth`.
    pub(super) fn new(color: Color, depth: ColorDepth) -> Self {
        match (color, depth) {
            (Color::Reset, _) | (_, ColorDepth::None) => Self::DEFAULT,
            (Color::Rgb(r, g, b), ColorDepth::True) => {
                Self(RGB | u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b))
            }
            (Color::Rgb(r, g, b), ColorDepth::Ansi256) => {
                Self(PALETTE | u32::from(rgb_to_256(r, g, b)))
            }
            (Color::Rgb(r, g, b), ColorDepth::Ansi16) => {
                Self(PALETTE | u32::from(rgb_to_16(r, g, b)))
            }
            (Color::Indexed(i), ColorDepth::Ansi16) if i > 15 => {
                let (r, g, b) = palette_rgb(i);
                Self(PALETTE | u32::from(rgb_to_16(r, g, b)))
            }
            (Color::Indexed(i), _) => Self(PALETTE | u32::from(i)),
            (named, _) => Self(PALETTE | u32::from(named_index(named))),
        }
    }

    /// Append the SGR parameters that select this colour (`background`: 4x instead of 3x).
    pub(super) fn push_sgr(self, background: bool, out: &mut super::sgr::Params) {
        let base = if background { 40 } else { 30 };
        let value = self.0 & 0x00ff_ffff;
        match self.0 >> 24 {
            0 => out.push(base + 9),
            1 if value < 8 => out.push(base + value as u8),
            1 if value < 16 => out.push(base + 60 + value as u8 - 8),
            1 => [base + 8, 5, value as u8]
                .into_iter()
                .for_each(|p| out.push(p)),
            _ => [
                base + 8,
                2,
                (value >> 16) as u8,
                (value >> 8) as u8,
                value as u8,
            ]
            .into_iter()
            .for_each(|p| out.push(p)),
        }
    }
}

/// `color` as a terminal of `depth` would be asked to show it.
pub fn reduce(color: Color, depth: ColorDepth) -> Color {
    match (color, depth) {
        (_, ColorDepth::None) => Color::Reset,
        (Color::Rgb(r, g, b), ColorDepth::Ansi256) => Color::Indexed(rgb_to_256(r, g, b)),
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => Color::Indexed(rgb_to_16(r, g, b)),
        (Color::Indexed(i), ColorDepth::Ansi16) if i > 15 => {
            let (r, g, b) = palette_rgb(i);
            Color::Indexed(rgb_to_16(r, g, b))
        }
        (other, _) => other,
    }
}

fn named_index(color: Color) -> u8 {
    match color {
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Black | Color::Reset | Color::Rgb(..) | Color::Indexed(_) => 0,
    }
}

/// The levels of the 6x6x6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// xterm's 16 colours, which most terminals resemble.
const ANSI: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

fn palette_rgb(index: u8) -> (u8, u8, u8) {
    match index {
        0..=15 => ANSI[usize::from(index)],
        16..=231 => {
            let i = usize::from(index - 16);
            (LEVELS[i / 36], LEVELS[i / 6 % 6], LEVELS[i % 6])
        }
        232..=255 => {
            let level = 8 + 10 * (index - 232);
            (level, level, level)
        }
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let d = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    // Green weighs most for the eye, blue least.
    3 * d(a.0, b.0) + 4 * d(a.1, b.1) + 2 * d(a.2, b.2)
}

fn rgb_to_256(r: u8, g: u8, b: u8) -> u8 {
    let nearest = |v: u8| {
        let mut best = 0u8;
        for (i, level) in LEVELS.iter().enumerate() {
            if level.abs_diff(v) < LEVELS[usize::from(best)].abs_diff(v) {
                best = i as u8;
            }
        }
        best
    };
    let cube = 16 + 36 * nearest(r) + 6 * nearest(g) + nearest(b);
    let mean = (u32::from(r) + u32::from(g) + u32::from(b)) / 3;
    let gray = 232 + (mean.saturating_sub(3) / 10).min(23) as u8;
    let want = (r, g, b);
    if distance(palette_rgb(gray), want) < distance(palette_rgb(cube), want) {
        gray
    } else {
        cube
    }
}

/// By hue and lightness, not by distance alone: a pastel must keep its hue (a soft green must not
/// become gray), because hue is what carries the meaning in 16 colours.
fn rgb_to_16(r: u8, g: u8, b: u8) -> u8 {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = max - min;
    if chroma < 40 {
        return match max {
            0..=47 => 0,
            48..=159 => 8,
            160..=229 => 7,
            230..=255 => 15,
        };
    }
    let threshold = min + chroma / 2;
    let bit = |v: u8, bit: u8| if v > threshold { bit } else { 0 };
    let hue = bit(r, 1) | bit(g, 2) | bit(b, 4);
    if max > 215 && min > 60 { hue + 8 } else { hue }
}

#[cfg(test)]
mod tests;
