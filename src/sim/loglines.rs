//! Log lines computed from the time: the same moment of the same life always says the same.

mod styles;

use super::model::{Chunk, Run, Stream};
use super::program::Service;
use super::util::{MILLI, mix_all};

/// The distance between two lines of a start-up banner.
const BANNER_STEP: i64 = 7 * MILLI;

fn chunk(time: i64, stream: Stream, mut text: String) -> Chunk {
    text.push('\n');
    Chunk {
        seq: 0,
        time,
        stream,
        bytes: text.into_bytes(),
    }
}

/// The lines of one slot, oldest first: usually one, sometimes none, a burst or a stack trace.
fn slot_lines(service: &Service, run: &Run, salt: u64, slot: i64) -> Vec<Chunk> {
    let hash = mix_all(&[salt, run.number, slot as u64]);
    let jitter = (hash % 900) as i64 * (service.period / 1000);
    let time = run.start + (slot + 1) * service.period + jitter;
    let count = match hash >> 32 & 15 {
        0..=3 => 0,
        4..=12 => 1,
        13 | 14 => 2,
        _ => 4,
    };
    let mut lines = Vec::new();
    for n in 0..count {
        let at = time + n * MILLI;
        let texts = styles::lines(service.style, mix_all(&[hash, n as u64]), at);
        for (i, (stream, text)) in texts.into_iter().enumerate() {
            lines.push(chunk(at + i as i64 * 1_000, stream, text));
        }
    }
    lines
}

/// When the next slot begins.
pub(crate) fn next_slot(service: &Service, run: &Run, now: i64) -> i64 {
    let banner = styles::banner(service.style).len() as i64 * BANNER_STEP;
    if now < run.start + banner {
        return now + BANNER_STEP;
    }
    // A slot's lines come at its jitter; a quarter of a period is fine enough.
    now + (service.period / 4).max(MILLI)
}

/// The newest lines of a life within `span`, newest first, at most `limit`.
pub(crate) fn backwards(
    service: &Service,
    run: &Run,
    salt: u64,
    (since, until): (i64, i64),
    limit: usize,
) -> Vec<Chunk> {
    let last = if run.end == 0 {
        until
    } else {
        until.min(run.end)
    };
    let mut found = Vec::new();
    // A moment after the end, so that a reader at that very moment has not had it.
    if run.end != 0 && run.end < until {
        for (stream, text) in styles::farewell(service, run).into_iter().rev() {
            found.push(chunk(run.end + 1, stream, text));
        }
    }
    // Two slots of slack: jitter can push a line past the next slot's begin.
    let mut slot = (last - run.start) / service.period;
    let first = ((since - run.start) / service.period - 3).max(0);
    while slot >= first && found.len() < limit {
        let mut lines = slot_lines(service, run, salt, slot);
        lines.retain(|c| c.time <= last && c.time >= since);
        lines.reverse();
        found.extend(lines);
        slot -= 1;
    }
    if found.len() < limit && first == 0 {
        let banner = styles::banner(service.style);
        for (i, (stream, text)) in banner.iter().enumerate().rev() {
            let time = run.start + 2 + i as i64 * BANNER_STEP;
            if time <= last && time >= since {
                found.push(chunk(
                    time,
                    *stream,
                    styles::stamp(service.style, time, text),
                ));
            }
        }
    }
    found.retain(|c| c.time >= since);
    found.sort_by_key(|c| std::cmp::Reverse(c.time));
    found.truncate(limit);
    found
}
