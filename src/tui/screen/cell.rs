//! Cells in 20 bytes: what a frame is compared and encoded from.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::Modifier;
use rustc_hash::FxHashMap;
use unicode_width::UnicodeWidthChar;

use super::colour::{Capabilities, Packed};
use super::sgr::{Pen, SHOWS_ON_BLANK};

/// More distinct clusters than this on screen in one session: the table starts afresh.
const MAX_CLUSTERS: usize = 4096;

/// Marks a glyph as an index into the cluster table instead of a `char`.
const CLUSTER: u32 = 1 << 31;

/// What a cell shows where terminals cannot be trusted with the original.
const SUBSTITUTE: u32 = '?' as u32;

/// One cell of the screen. A wide glyph is a lead (`width` > 1) and continuations (`width` 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    glyph: u32,
    pub(super) pen: Pen,
    /// Columns taken; 0 for a continuation.
    pub(super) width: u8,
    /// `None`: every terminal moves its cursor by `width`. `Some(n)`: they disagree, and some
    /// draw over `n` more columns.
    pub(super) spill: Option<u8>,
}

impl Cell {
    /// A blank in the terminal's own colours.
    pub(super) const BLANK: Self = Self {
        glyph: ' ' as u32,
        pen: Pen {
            fg: Packed::DEFAULT,
            bg: Packed::DEFAULT,
            mods: Modifier::empty(),
        },
        width: 1,
        spill: None,
    };

    pub(super) fn is_blank(self) -> bool {
        self.glyph == ' ' as u32
    }

    /// What CSI K leaves behind.
    pub(super) fn is_erased(self) -> bool {
        self == Self::BLANK
    }

    /// Bytes to print a glyph of one code point, without any SGR.
    pub(super) fn bytes(self) -> usize {
        char::from_u32(self.glyph).map_or(0, char::len_utf8)
    }

    /// Append a glyph of one code point.
    pub(super) fn write_char(self, out: &mut Vec<u8>) {
        if let Some(c) = char::from_u32(self.glyph) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Clusters of several code points, by number, so that cells stay small and comparable.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    numbers: FxHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Clusters {
    fn intern(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = CLUSTER | self.texts.len() as u32;
        self.texts.push(Box::from(text));
        self.numbers.insert(Box::from(text), number);
        number
    }

    /// Forget everything when grown too large; true when the caller must repaint.
    pub(super) fn trim(&mut self) -> bool {
        let full = self.texts.len() > MAX_CLUSTERS;
        if full {
            *self = Self::default();
        }
        full
    }

    /// Append the text of `cell`.
    pub(super) fn write(&self, cell: Cell, out: &mut Vec<u8>) {
        if cell.glyph & CLUSTER == 0 {
            cell.write_char(out);
        } else if let Some(text) = self.texts.get((cell.glyph & !CLUSTER) as usize) {
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// A rectangle of cells that starts at the terminal's top left corner.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    cells: Vec<Cell>,
}

impl Grid {
    pub(super) fn blank(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            cells: vec![Cell::BLANK; width * height],
        }
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::BLANK);
    }

    pub(super) fn row(&self, y: usize) -> &[Cell] {
        &self.cells[y * self.width..(y + 1) * self.width]
    }

    pub(super) fn copy_row(&mut self, y: usize, from: &Self) {
        let range = y * self.width..(y + 1) * self.width;
        self.cells[range.clone()].copy_from_slice(&from.cells[range]);
    }

    /// Move rows `top..=bottom` up by `n` (down when `up` is false), blanks flow in.
    pub(super) fn shift(&mut self, top: usize, bottom: usize, n: usize, up: bool) {
        let w = self.width;
        let (start, end) = (top * w, (bottom + 1) * w);
        let block = &mut self.cells[start..end];
        let moved = (n * w).min(block.len());
        if up {
            block.rotate_left(moved);
            let keep = block.len() - moved;
            block[keep..].fill(Cell::BLANK);
        } else {
            block.rotate_right(moved);
            block[..moved].fill(Cell::BLANK);
        }
    }

    /// Take over what `buffer` shows, colours reduced and unsafe symbols replaced.
    pub(super) fn pack(&mut self, buffer: &Buffer, caps: Capabilities, clusters: &mut Clusters) {
        let keep = if caps.italic {
            Modifier::all()
        } else {
            Modifier::all() - Modifier::ITALIC
        };
        let mut last = (Style::default(), Pen::default());
        for y in 0..self.height {
            let source = &buffer.content[y * self.width..(y + 1) * self.width];
            let row = &mut self.cells[y * self.width..(y + 1) * self.width];
            let mut x = 0;
            while x < source.len() {
                let cell = &source[x];
                let style = (cell.fg, cell.bg, cell.modifier);
                if style != last.0 {
                    last = (style, pen_of(style, keep, caps));
                }
                let room = source.len() - x;
                let packed = pack_cell(cell.symbol(), last.1, room, clusters);
                row[x] = packed;
                let width = usize::from(packed.width);
                row[x + 1..x + width].fill(Cell {
                    glyph: 0,
                    width: 0,
                    spill: None,
                    ..packed
                });
                x += width;
            }
        }
    }
}

type Style = (ratatui::style::Color, ratatui::style::Color, Modifier);

fn pen_of((fg, bg, mods): Style, keep: Modifier, caps: Capabilities) -> Pen {
    let mut mods = mods & keep;
    if mods.contains(Modifier::RAPID_BLINK) {
        mods = (mods - Modifier::RAPID_BLINK) | Modifier::SLOW_BLINK;
    }
    if mods.contains(Modifier::BOLD) {
        // Many terminals know one weight at a time; which one would win differs.
        mods -= Modifier::DIM;
    }
    Pen {
        fg: Packed::new(fg, caps.depth),
        bg: Packed::new(bg, caps.depth),
        mods,
    }
}

fn pack_cell(symbol: &str, pen: Pen, room: usize, clusters: &mut Clusters) -> Cell {
    let plain = |glyph: u32| Cell {
        glyph,
        pen,
        width: 1,
        spill: None,
    };
    let blank = || {
        if pen.mods.intersects(SHOWS_ON_BLANK) {
            plain(' ' as u32)
        } else {
            Cell {
                pen: Pen {
                    bg: pen.bg,
                    ..Pen::default()
                },
                ..Cell::BLANK
            }
        }
    };
    if let [byte] = symbol.as_bytes() {
        return match byte {
            b' ' => blank(),
            0x21..=0x7e => plain(u32::from(*byte)),
            _ => plain(SUBSTITUTE),
        };
    }
    if symbol.contains(char::is_control) {
        return plain(SUBSTITUTE);
    }
    let width = usize::from(symbol.cell_width());
    if width == 0 || width > room {
        return blank();
    }
    let mut chars = symbol.chars();
    let first = chars.next().unwrap_or(' ');
    if chars.next().is_none() {
        if first == '\u{a0}' {
            return blank();
        }
        let spill = is_disputed(first, width).then_some(0);
        return Cell {
            glyph: first as u32,
            pen,
            width: width as u8,
            spill,
        };
    }
    // Some terminals draw each code point of a cluster in columns of its own.
    let worst: usize = symbol.chars().filter_map(UnicodeWidthChar::width).sum();
    let spill = worst.saturating_sub(width);
    if width + spill > room {
        // Never let a spill wrap to the next line.
        return if first.width() == Some(width) {
            Cell {
                glyph: first as u32,
                pen,
                width: width as u8,
                spill: Some(0),
            }
        } else {
            plain(SUBSTITUTE)
        };
    }
    let glyph = clusters.intern(symbol);
    Cell {
        glyph,
        pen,
        width: width as u8,
        spill: Some(spill.min(255) as u8),
    }
}

/// Characters whose width differs between terminals of different ages.
fn is_disputed(c: char, width: usize) -> bool {
    matches!(c, '\u{1f000}'..|'\u{ff9e}'| '\u{ff9f}' | '\u{fffd}')
        || (width > 1 && ('\u{2300}'..'\u{2c00}').contains(&c))
        || width > 2
}
