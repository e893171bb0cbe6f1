//! Finds the one block of rows whose shift saves the most bytes.
//!
//! Rows are compared in segments, so a table that scrolls beside a pane that stands still is
//! found too; what the shift spoils in the standing pane is part of the sum.

use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

use super::cell::{Cell, Grid};

/// Columns per segment.
const SEGMENT: usize = 20;

/// A segment that looks like more than this many others says nothing about a shift.
const MAX_ALIKE: usize = 4;

/// The shift itself costs about this many bytes.
const MIN_GAIN: i32 = 24;

/// What it costs to get over unchanged cells.
const JUMP: i32 = 4;

/// Blanks in a row that cost something; more are erased at one go.
const ERASED: i32 = 8;

/// How many shifts are worked out in full.
const CANDIDATES: usize = 2;

/// Move rows `top..=bottom` up or down by `lines`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) lines: usize,
    pub(super) up: bool,
}

/// The most profitable shift, if any; `changed` says which rows differ.
pub(super) fn detect(prev: &Grid, next: &Grid, changed: &[bool]) -> Option<Shift> {
    let votes = vote(prev, next, changed);
    let mut ranked: Vec<(i32, u32)> = votes.into_iter().filter(|(_, n)| *n > 1).collect();
    ranked.sort_by_key(|(shift, n)| (std::cmp::Reverse(*n), shift.abs(), *shift));
    ranked
        .into_iter()
        .take(CANDIDATES)
        .filter_map(|(by, _)| best_block(prev, next, by))
        .max_by_key(|(gain, _)| *gain)
        .map(|(_, shift)| shift)
}

/// For each distance, how many changed segments are found that far away in `prev`.
fn vote(prev: &Grid, next: &Grid, changed: &[bool]) -> FxHashMap<i32, u32> {
    let mut places: FxHashMap<(usize, u64), Vec<usize>> = FxHashMap::default();
    let rows = || (0..prev.height).filter(|y| changed[*y]);
    for y in rows() {
        for (s, segment) in prev.row(y).chunks(SEGMENT).enumerate() {
            if let Some(hash) = hash_of(segment) {
                places.entry((s, hash)).or_default().push(y);
            }
        }
    }
    let mut votes = FxHashMap::default();
    for y in rows() {
        let segments = next.row(y).chunks(SEGMENT).zip(prev.row(y).chunks(SEGMENT));
        for (s, (segment, before)) in segments.enumerate() {
            if segment == before {
                continue;
            }
            let Some(found) = hash_of(segment).and_then(|h| places.get(&(s, h))) else {
                continue;
            };
            if found.len() <= MAX_ALIKE {
                for from in found {
                    *votes.entry(*from as i32 - y as i32).or_default() += 1;
                }
            }
        }
    }
    votes.remove(&0);
    votes
}

fn hash_of(segment: &[Cell]) -> Option<u64> {
    if segment.iter().all(|c| c.is_blank()) {
        return None;
    }
    let mut hasher = FxHasher::default();
    segment.hash(&mut hasher);
    Some(hasher.finish())
}

/// The block for which taking row `y + by` as row `y` saves most, with what it saves.
fn best_block(prev: &Grid, next: &Grid, by: i32) -> Option<(i32, Shift)> {
    let (height, lines) = (prev.height, by.unsigned_abs() as usize);
    let up = by > 0;
    let blank_row = vec![Cell::BLANK; prev.width];
    // Running sums: what the rows save when moved, and when blanked.
    let (mut moved, mut blanked) = (vec![0i32; height + 1], vec![0i32; height + 1]);
    for y in 0..height {
        let now = cost(prev.row(y), next.row(y));
        let blank = cost(&blank_row, next.row(y));
        let from = y as i32 + by;
        let after = if (0..height as i32).contains(&from) {
            cost(prev.row(from as usize), next.row(y))
        } else {
            blank
        };
        moved[y + 1] = moved[y] + now - after;
        blanked[y + 1] = blanked[y] + now - blank;
    }
    let sum = |sums: &[i32], from: usize, to: usize| sums[to] - sums[from];
    let mut best: Option<(i32, Shift)> = None;
    for top in 0..height {
        for end in top + lines + 1..=height {
            let gain = if up {
                sum(&moved, top, end - lines) + sum(&blanked, end - lines, end)
            } else {
                sum(&blanked, top, top + lines) + sum(&moved, top + lines, end)
            };
            if gain > best.map_or(MIN_GAIN, |(g, _)| g) {
                best = Some((
                    gain,
                    Shift {
                        top,
                        bottom: end - 1,
                        lines,
                        up,
                    },
                ));
            }
        }
    }
    best
}

/// About how many bytes it takes to turn `from` into `to`: the cells, a jump for every run of
/// them, and not much for runs of blanks, which are erased.
fn cost(from: &[Cell], to: &[Cell]) -> i32 {
    let (mut bytes, mut gap, mut blanks) = (0, JUMP, 0);
    for (a, b) in from.iter().zip(to) {
        if a == b {
            gap += 1;
            blanks = 0;
            continue;
        }
        bytes += gap.min(JUMP);
        gap = 0;
        blanks = if b.is_erased() { blanks + 1 } else { 0 };
        bytes += i32::from(blanks <= ERASED);
    }
    bytes
}
