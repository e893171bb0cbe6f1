//! From the difference of two grids to the fewest bytes, in sequences that every terminal,
//! multiplexer and console understands (a VT102 plus colours).

use super::cell::{Cell, Clusters, Grid};
use super::scroll::Shift;
use super::sgr::{Pen, transition};

/// A run of blanks in the middle of a row this long is erased instead of printed.
const ERASE_FROM: usize = 12;

/// Fewer blanks than this at the end of a row are printed: CSI K costs three bytes.
const ERASE_TAIL_FROM: usize = 4;

/// Unchanged cells up to this many may be printed again instead of jumping over them.
const REPRINT_MAX: usize = 8;

/// Where the terminal's cursor is, as far as all terminals agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Unknown,
    /// The row is certain. After the last column, or after a glyph of disputed width, the column
    /// is not.
    Row(usize),
    At(usize, usize),
}

/// What the terminal is known to be in: pen, cursor, visibility.
#[derive(Debug)]
pub(super) struct Encoder {
    pen: Pen,
    cursor: Cursor,
    visible: Option<bool>,
    dirty: Vec<bool>,
    erased: Vec<Cell>,
    best: Vec<u8>,
    trial: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self {
            pen: Pen::default(),
            cursor: Cursor::Unknown,
            visible: None,
            dirty: Vec::new(),
            erased: Vec::new(),
            best: Vec::new(),
            trial: Vec::new(),
        }
    }

    /// Blank the terminal and forget what was known about it.
    pub(super) fn clear(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[r\x1b[m\x1b[H\x1b[J");
        self.pen = Pen::default();
        self.cursor = Cursor::Unknown;
        self.visible = None;
    }

    /// Move whole rows. DL and IL instead of SU and SD: the Linux console knows no other, and
    /// they never feed the scrollback.
    pub(super) fn shift(&mut self, shift: Shift, height: usize, out: &mut Vec<u8>) {
        self.pen_to_erase(out);
        let region = shift.bottom + 1 < height;
        if region {
            out.extend_from_slice(b"\x1b[");
            push_number(out, shift.top as u16 + 1);
            out.push(b';');
            push_number(out, shift.bottom as u16 + 1);
            out.push(b'r');
        }
        self.cursor = Cursor::Unknown;
        self.move_to(0, shift.top, &[], out);
        push_csi(out, shift.lines, if shift.up { b'M' } else { b'L' });
        if region {
            out.extend_from_slice(b"\x1b[r");
        }
        self.cursor = Cursor::Unknown;
    }

    /// Bring row `y` from `prev` to `next`, in the shorter of two ways: over what is there, or
    /// after erasing it (a row that loses its background has many blanks).
    pub(super) fn row(
        &mut self,
        y: usize,
        prev: &[Cell],
        next: &[Cell],
        clusters: &Clusters,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        let state = (self.pen, self.cursor);
        self.row_over(y, prev, next, clusters, out);
        let blanks = prev
            .iter()
            .zip(next)
            .filter(|(p, n)| n.is_erased() && p != n)
            .count();
        if blanks < ERASE_FROM {
            return;
        }
        // Never the second half of a wide glyph: then its first half would differ too.
        let from = prev.iter().zip(next).position(|(p, n)| p != n).unwrap_or(0);
        let over = (self.pen, self.cursor);
        let end = out.len();
        (self.pen, self.cursor) = state;
        self.move_to(from, y, next, out);
        self.pen_to_erase(out);
        out.extend_from_slice(b"\x1b[K");
        let mut erased = std::mem::take(&mut self.erased);
        erased.clear();
        erased.extend_from_slice(&prev[..from]);
        erased.resize(prev.len(), Cell::BLANK);
        self.row_over(y, &erased, next, clusters, out);
        self.erased = erased;
        if out.len() - end < end - start {
            out.drain(start..end);
        } else {
            out.truncate(end);
            (self.pen, self.cursor) = over;
        }
    }

    fn row_over(
        &mut self,
        y: usize,
        prev: &[Cell],
        next: &[Cell],
        clusters: &Clusters,
        out: &mut Vec<u8>,
    ) {
        let mut dirty = std::mem::take(&mut self.dirty);
        mark_dirty(prev, next, &mut dirty);
        let tail = next
            .iter()
            .rposition(|c| !c.is_erased())
            .map_or(0, |x| x + 1);
        let tail_dirty = dirty[tail..].iter().filter(|d| **d).count();
        let end = if tail_dirty >= ERASE_TAIL_FROM {
            dirty[tail..]
                .iter()
                .position(|d| *d)
                .map_or(next.len(), |i| tail + i)
        } else {
            next.len()
        };
        let mut x = 0;
        while x < end {
            if !dirty[x] || next[x].width == 0 {
                x += 1;
                continue;
            }
            let blanks = dirty_blanks(&next[x..end], &dirty[x..end]);
            self.move_to(x, y, next, out);
            if blanks >= ERASE_FROM {
                self.pen_to_erase(out);
                push_csi(out, blanks, b'X');
                x += blanks;
            } else {
                self.print(x, y, next, clusters, out);
                x += usize::from(next[x].width);
            }
        }
        if end < next.len() {
            self.move_to(end, y, next, out);
            self.pen_to_erase(out);
            out.extend_from_slice(b"\x1b[K");
        }
        self.dirty = dirty;
    }

    /// Put the cursor where the focused field wants it, or hide it.
    pub(super) fn cursor(&mut self, want: Option<(usize, usize)>, grid: &Grid, out: &mut Vec<u8>) {
        let want = want.filter(|(x, y)| *x < grid.width && *y < grid.height);
        if let Some((x, y)) = want {
            self.move_to(x, y, grid.row(y), out);
        }
        if self.visible != Some(want.is_some()) {
            out.extend_from_slice(if want.is_some() {
                b"\x1b[?25h"
            } else {
                b"\x1b[?25l"
            });
            self.visible = Some(want.is_some());
        }
    }

    fn print(&mut self, x: usize, y: usize, row: &[Cell], clusters: &Clusters, out: &mut Vec<u8>) {
        let cell = row[x];
        if cell.is_blank() && !self.pen.prints_blank(cell.pen) {
            // A blank needs its background only; keep the rest for what follows.
            let mods = self.pen.mods - super::sgr::SHOWS_ON_BLANK;
            let lazy = Pen {
                bg: cell.pen.bg,
                mods,
                ..self.pen
            };
            self.pen_to(
                if lazy.prints_blank(cell.pen) {
                    lazy
                } else {
                    cell.pen
                },
                out,
            );
        } else if !cell.is_blank() {
            self.pen_to(cell.pen, out);
        }
        let end = x + usize::from(cell.width);
        if cell.spill.is_some() {
            // Blank first: a terminal that finds the glyph narrower leaves no debris.
            out.extend(std::iter::repeat_n(b' ', usize::from(cell.width)));
            push_csi(out, x + 1, b'G');
        }
        clusters.write(cell, out);
        self.cursor = if end >= row.len() || cell.spill.is_some() {
            Cursor::Row(y)
        } else {
            Cursor::At(end, y)
        };
    }

    fn pen_to(&mut self, pen: Pen, out: &mut Vec<u8>) {
        transition(self.pen, pen, out);
        self.pen = pen;
    }

    fn pen_to_erase(&mut self, out: &mut Vec<u8>) {
        if !self.pen.erases_plain() {
            self.pen_to(Pen::default(), out);
        }
    }

    /// The shortest of the ways that work on every terminal.
    fn move_to(&mut self, x: usize, y: usize, row: &[Cell], out: &mut Vec<u8>) {
        if self.cursor == Cursor::At(x, y) {
            return;
        }
        let mut best = std::mem::take(&mut self.best);
        let mut trial = std::mem::take(&mut self.trial);
        best.clear();
        push_position(&mut best, x, y);
        let mut consider = |from: Option<usize>, vertical: &dyn Fn(&mut Vec<u8>)| {
            trial.clear();
            vertical(&mut trial);
            if trial.len() < best.len() {
                self.horizontal(from, x, row, &mut trial);
                if trial.len() < best.len() {
                    std::mem::swap(&mut best, &mut trial);
                }
            }
        };
        let known = match self.cursor {
            Cursor::Unknown => None,
            Cursor::Row(cy) => Some((None, cy)),
            Cursor::At(cx, cy) => Some((Some(cx), cy)),
        };
        if let Some((cx, cy)) = known {
            if cy == y {
                consider(cx, &|_| {});
                consider(Some(0), &|out| out.push(b'\r'));
            } else {
                if y > cy && y - cy <= 6 {
                    // Never at the bottom row, where a line feed would scroll.
                    let feed = |out: &mut Vec<u8>| out.extend(std::iter::repeat_n(b'\n', y - cy));
                    if cx.is_some() {
                        consider(cx, &feed);
                    }
                    consider(Some(0), &|out| {
                        out.push(b'\r');
                        feed(out);
                    });
                }
                if cx.is_some() {
                    consider(cx, &|out| push_csi(out, y + 1, b'd'));
                }
            }
        }
        out.extend_from_slice(&best);
        self.best = best;
        self.trial = trial;
        self.cursor = Cursor::At(x, y);
    }

    /// Append the shortest way along the row; `from` is `None` when the column is not certain.
    fn horizontal(&self, from: Option<usize>, to: usize, row: &[Cell], out: &mut Vec<u8>) {
        let absolute = 3 + digits(to as u16 + 1);
        let Some(from) = from else {
            return push_csi(out, to + 1, b'G');
        };
        let distance = from.abs_diff(to);
        let relative = if distance == 1 {
            3
        } else {
            3 + digits(distance as u16)
        };
        if to > from {
            let between = row.get(from..to).unwrap_or_default();
            if let Some(bytes) = self.reprintable(between)
                && between.len() == distance
                && bytes <= relative.min(absolute)
            {
                for cell in between {
                    cell.write_char(out);
                }
            } else if relative <= absolute {
                push_csi(out, distance, b'C');
            } else {
                push_csi(out, to + 1, b'G');
            }
        } else if to < from {
            if distance <= relative.min(absolute) {
                out.extend(std::iter::repeat_n(8u8, distance));
            } else if relative <= absolute {
                push_csi(out, distance, b'D');
            } else {
                push_csi(out, to + 1, b'G');
            }
        }
    }

    /// Bytes to print `cells` again with the present pen; `None` when that would change them.
    fn reprintable(&self, cells: &[Cell]) -> Option<usize> {
        if cells.len() > REPRINT_MAX {
            return None;
        }
        let fits = |c: &Cell| {
            c.width == 1
                && c.spill.is_none()
                && (c.pen == self.pen || (c.is_blank() && self.pen.prints_blank(c.pen)))
        };
        cells
            .iter()
            .all(fits)
            .then(|| cells.iter().map(|c| c.bytes()).sum())
    }
}

/// Which cells have to be printed: those that differ, and whatever shares a wide glyph with them.
/// One pass is enough: a glyph that is in one row only differs in all its cells.
fn mark_dirty(prev: &[Cell], next: &[Cell], dirty: &mut Vec<bool>) {
    dirty.clear();
    dirty.extend(prev.iter().zip(next).map(|(p, n)| p != n));
    for row in [prev, next] {
        for (x, cell) in row.iter().enumerate() {
            if cell.width < 2 && cell.spill.is_none() {
                continue;
            }
            let end = x + usize::from(cell.width);
            if dirty[x..end].contains(&true) {
                // A terminal that draws wider than we count has spoiled what follows.
                let spoiled = end + usize::from(cell.spill.unwrap_or(0));
                dirty[x..spoiled.min(row.len())].fill(true);
            }
        }
    }
}

/// How many cells from the first on can be erased at one go: plain blanks up to the last dirty one.
fn dirty_blanks(next: &[Cell], dirty: &[bool]) -> usize {
    let run = next.iter().take_while(|c| c.is_erased()).count();
    dirty[..run].iter().rposition(|d| *d).map_or(0, |x| x + 1)
}

/// Decimal digits of `n`.
pub(super) fn digits(n: u16) -> usize {
    match n {
        0..=9 => 1,
        10..=99 => 2,
        100..=999 => 3,
        1000..=9999 => 4,
        10000.. => 5,
    }
}

/// Append `n` in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, n: u16) {
    let mut divisor = 10u16.pow(digits(n) as u32 - 1);
    while divisor > 0 {
        out.push(b'0' + (n / divisor % 10) as u8);
        divisor /= 10;
    }
}

/// `CSI n final`; a parameter of 1 is the default and left out.
fn push_csi(out: &mut Vec<u8>, n: usize, last: u8) {
    out.extend_from_slice(b"\x1b[");
    if n != 1 {
        push_number(out, n as u16);
    }
    out.push(last);
}

fn push_position(out: &mut Vec<u8>, x: usize, y: usize) {
    out.extend_from_slice(b"\x1b[");
    if y > 0 || x > 0 {
        push_number(out, y as u16 + 1);
    }
    if x > 0 {
        out.push(b';');
        push_number(out, x as u16 + 1);
    }
    out.push(b'H');
}
