//! The screen: panes paint into a buffer, the difference to what the terminal shows becomes bytes,
//! and a frame is one write. Nothing changed means nothing written.
//!
//! One turn: [`pacer::Pacer::mark`] what changed; when [`pacer::Pacer::due`], [`Screen::draw`] into
//! the spare buffer and tell [`pacer::Pacer::drew`]; a frame with bytes goes to
//! [`writer::Writer::submit`], comes back as [`writer::Report::Done`], and
//! [`pacer::Pacer::frame_done`] frees the slot. Between turns, one timer at
//! [`pacer::Pacer::next_due`].
//!
//! The terminal is never asked anything. What is emitted is limited to sequences that xterm,
//! the Linux console, tmux, GNU screen, mosh and PuTTY all understand in the same way.

mod cell;
mod clipboard;
mod colour;
mod encode;
pub mod pacer;
mod scroll;
mod sgr;
pub mod terminal;
pub mod writer;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use clipboard::Clipboard;
pub use colour::{Capabilities, ColorDepth, reduce};

use cell::{Clusters, Grid};
use encode::Encoder;

/// Fewer changed rows than this cannot be a scroll worth looking for.
const SCROLL_FROM: usize = 3;

/// Blocks of rows moved in one frame: a table above and below its selected row, a log.
const MAX_SHIFTS: usize = 3;

const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
const SYNC_END: &[u8] = b"\x1b[?2026l";

/// What the terminal shows, what it shall show, and the encoder between them.
#[derive(Debug)]
pub struct Screen {
    caps: Capabilities,
    buffer: Buffer,
    prev: Grid,
    next: Grid,
    clusters: Clusters,
    encoder: Encoder,
    /// Bytes that go out after the next frame, whether it changes anything or not.
    aside: Vec<u8>,
    repaint: bool,
    changed: Vec<bool>,
}

impl Screen {
    /// A screen whose first frame repaints everything.
    pub fn new(width: u16, height: u16, caps: Capabilities) -> Self {
        let (w, h) = (usize::from(width), usize::from(height));
        Self {
            caps,
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
            prev: Grid::blank(w, h),
            next: Grid::blank(w, h),
            clusters: Clusters::default(),
            encoder: Encoder::new(),
            aside: Vec::new(),
            repaint: true,
            changed: Vec::new(),
        }
    }

    /// All of the screen.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// What was painted last; for tests and screenshots.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Take a new size; the next frame repaints.
    pub fn resize(&mut self, width: u16, height: u16) {
        if self.buffer.area != Rect::new(0, 0, width, height) {
            let aside = std::mem::take(&mut self.aside);
            *self = Self {
                aside,
                ..Self::new(width, height, self.caps)
            };
        }
    }

    /// Somebody else wrote to the terminal: repaint with the next frame.
    pub fn invalidate(&mut self) {
        self.repaint = true;
    }

    /// Let `paint` draw a frame and fill `out` with the bytes that bring the terminal there.
    /// `paint` returns where the cursor shall stand, `None` hides it. `out` is emptied first, and
    /// stays empty when the terminal shows the frame already.
    pub fn draw<F>(&mut self, out: &mut Vec<u8>, paint: F)
    where
        F: FnOnce(&mut Buffer) -> Option<Position>,
    {
        out.clear();
        if self.buffer.area.is_empty() {
            return;
        }
        self.buffer.reset();
        let cursor = paint(&mut self.buffer);
        if self.clusters.trim() {
            self.repaint = true;
        }
        self.next.pack(&self.buffer, self.caps, &mut self.clusters);
        if self.caps.sync {
            out.extend_from_slice(SYNC_BEGIN);
        }
        let before = out.len();
        self.encode(cursor, out);
        if out.len() == before {
            out.clear();
        } else if self.caps.sync {
            out.extend_from_slice(SYNC_END);
        }
        out.append(&mut self.aside);
    }

    /// Put `text` into the user's clipboard with the next frame; false when it is too long or the
    /// terminal has no way to.
    pub fn copy(&mut self, text: &str) -> bool {
        match self.caps.clipboard.sequence(text) {
            Some(mut bytes) => {
                self.aside.append(&mut bytes);
                true
            }
            None => false,
        }
    }

    /// Tell somebody who looks elsewhere, with the next frame: by the bell, or by a message where
    /// `message` says so and the terminal has a way to take it.
    pub fn notice(&mut self, text: &str, message: bool) {
        match self.caps.clipboard.message(text).filter(|_| message) {
            Some(mut bytes) => self.aside.append(&mut bytes),
            None => self.aside.push(0x07),
        }
    }

    fn encode(&mut self, cursor: Option<Position>, out: &mut Vec<u8>) {
        if self.repaint {
            self.encoder.clear(out);
            self.prev.clear();
            self.repaint = false;
        } else {
            self.scroll(out);
        }
        for y in 0..self.next.height {
            if self.prev.row(y) != self.next.row(y) {
                self.encoder
                    .row(y, self.prev.row(y), self.next.row(y), &self.clusters, out);
                self.prev.copy_row(y, &self.next);
            }
        }
        let cursor = cursor.map(|p| (usize::from(p.x), usize::from(p.y)));
        self.encoder.cursor(cursor, &self.next, out);
    }

    fn scroll(&mut self, out: &mut Vec<u8>) {
        for _ in 0..MAX_SHIFTS {
            let (prev, next) = (&self.prev, &self.next);
            self.changed.clear();
            self.changed
                .extend((0..next.height).map(|y| prev.row(y) != next.row(y)));
            if self.changed.iter().filter(|c| **c).count() < SCROLL_FROM {
                return;
            }
            let Some(shift) = scroll::detect(prev, next, &self.changed) else {
                return;
            };
            self.encoder.shift(shift, next.height, out);
            self.prev
                .shift(shift.top, shift.bottom, shift.lines, shift.up);
        }
    }
}

#[cfg(test)]
mod tests;
