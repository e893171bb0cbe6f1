//! Lines with their times, from the bytes of a log.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::demux::{Demux, Source};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::logs::{LogLine, LogStream};
use crate::domain::text::sanitise;

/// Longer lines are cut.
pub(super) const MAX_LINE: usize = 1 << 20;
/// The longest timestamp: `2026-11-21T13:13:31.985660725+00:00`.
const MAX_STAMP: usize = 35;
/// Engines keep longer lines in parts of this size, each with a time of its own.
const PART: usize = 16 << 10;

/// How a log's records follow each other in a stream. Each record begins with its time, and a line
/// may be in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Records {
    /// Each in a frame.
    Framed,
    /// A terminal's, bare: Docker cuts lines where they are [`PART`] long.
    Sized,
    /// A terminal's, bare: Podman cuts lines anywhere, and sends each record in a chunk of its own.
    Chunked,
}

/// Puts lines together. Every line begins with its time: it was asked for in the call.
#[derive(Debug)]
pub(super) struct Lines {
    records: Records,
    demux: Demux,
    stdout: Line,
    stderr: Line,
    ready: VecDeque<LogLine>,
}

impl Lines {
    pub(super) fn new(records: Records) -> Self {
        Self {
            records,
            demux: Demux::default(),
            stdout: Line::new(LogStream::Stdout),
            stderr: Line::new(LogStream::Stderr),
            ready: VecDeque::new(),
        }
    }

    /// Take in a chunk of the answer.
    pub(super) fn feed(&mut self, data: Bytes) -> Result<()> {
        let Self {
            records,
            demux,
            stdout,
            stderr,
            ready,
        } = self;
        match records {
            Records::Framed => {}
            Records::Sized => {
                stdout.feed(&data, PART, ready);
                return Ok(());
            }
            Records::Chunked => {
                stdout.new_chunk();
                stdout.feed(&data, usize::MAX, ready);
                return Ok(());
            }
        }
        let mut complaint = None;
        demux.feed(data, |piece| {
            let line = match piece.source {
                Source::Process(LogStream::Stdout) => &mut *stdout,
                Source::Process(LogStream::Stderr) => &mut *stderr,
                Source::Engine => {
                    let text = String::from_utf8_lossy(&piece.data);
                    complaint.get_or_insert_with(|| engine_says(&text));
                    return;
                }
            };
            if piece.first {
                line.new_record();
            }
            line.feed(&piece.data, usize::MAX, ready);
        })?;
        complaint.map_or(Ok(()), Err)
    }

    /// The next whole line.
    pub(super) fn pop(&mut self) -> Option<LogLine> {
        self.ready.pop_front()
    }

    /// Is there the beginning of a line that was not given yet?
    pub(super) fn is_open(&self) -> bool {
        self.stdout.is_open() || self.stderr.is_open()
    }

    /// Nothing will come soon: give what there is of lines.
    pub(super) fn pause(&mut self) {
        for line in [&mut self.stdout, &mut self.stderr] {
            if line.is_open() {
                line.give(true, &mut self.ready);
            }
        }
    }

    /// Nothing more will come: give what there is.
    pub(super) fn finish(&mut self) {
        for line in [&mut self.stdout, &mut self.stderr] {
            line.settle();
            if line.is_open() {
                line.give(true, &mut self.ready);
            }
        }
    }
}

/// An error that the engine put into a stream.
pub(super) fn engine_says(text: &str) -> Error {
    let text = sanitise(text.trim());
    Error::new(
        ErrorKind::Transient,
        format!("the engine broke off its output: {text}"),
    )
}

/// Is `text` how a timestamp begins?
fn may_become_time(text: &[u8]) -> bool {
    let pattern = b"20##-##-##T##:##:##"
        .iter()
        .chain(std::iter::repeat(&b'*'));
    text.iter().zip(pattern).all(|(b, p)| match p {
        b'#' => b.is_ascii_digit(),
        b'*' => b.is_ascii_digit() || b".Z+-:".contains(b),
        p => b == p,
    })
}

/// A line that is being read.
#[derive(Debug)]
struct Line {
    stream: LogStream,
    time: Option<DateTime<Utc>>,
    text: Vec<u8>,
    /// What may become a timestamp; none once that is decided.
    stamp: Option<Vec<u8>>,
    /// Bytes of text since the last timestamp.
    since_stamp: usize,
    /// Has something of this line been given already?
    given: bool,
    /// Was it too long, and its end is not wanted?
    skipping: bool,
}

impl Line {
    fn new(stream: LogStream) -> Self {
        Self {
            stream,
            time: None,
            text: Vec::new(),
            stamp: Some(Vec::new()),
            since_stamp: 0,
            given: false,
            skipping: false,
        }
    }

    fn is_open(&self) -> bool {
        !self.skipping && !self.text.is_empty()
    }

    /// What comes may begin with a time, also when it goes on with a line.
    fn new_record(&mut self) {
        if self.stamp.as_ref().is_none_or(|s| !s.is_empty()) {
            self.settle();
            self.stamp = Some(Vec::new());
        }
    }

    /// What comes begins with a time, or goes on where a chunk was cut on its way: then perhaps
    /// within a time.
    fn new_chunk(&mut self) {
        if !self.stamp.as_deref().is_some_and(may_become_time) {
            self.new_record();
        }
    }

    /// Take in `data`; a record has at most `part` bytes of text.
    fn feed(&mut self, mut data: &[u8], part: usize, ready: &mut VecDeque<LogLine>) {
        while !data.is_empty() {
            if let Some(stamp) = &mut self.stamp {
                let end = data.iter().position(|b| matches!(b, b' ' | b'\n'));
                let room = MAX_STAMP + 1 - stamp.len();
                let take = end.unwrap_or(data.len()).min(room);
                stamp.extend_from_slice(&data[..take]);
                data = &data[take..];
                if data.is_empty() && stamp.len() <= MAX_STAMP {
                    return;
                }
                let is_stamp = data.first() == Some(&b' ') && self.take_stamp();
                if is_stamp {
                    data = &data[1..];
                }
                self.settle();
                continue;
            }
            let room = part.saturating_sub(self.since_stamp);
            let end = data.iter().position(|b| *b == b'\n');
            let take = end.unwrap_or(data.len()).min(room);
            self.put(&data[..take], ready);
            data = &data[take..];
            if take == room && data.first() != Some(&b'\n') {
                if !data.is_empty() {
                    self.stamp = Some(Vec::new());
                    self.since_stamp = 0;
                }
            } else if !data.is_empty() {
                self.end(ready);
                data = &data[1..];
            }
        }
    }

    /// Is what was collected a time?
    fn take_stamp(&mut self) -> bool {
        let Some(stamp) = &self.stamp else {
            return false;
        };
        let text = std::str::from_utf8(stamp).unwrap_or_default();
        let Ok(time) = DateTime::parse_from_rfc3339(text) else {
            return false;
        };
        // A line has the time of its first part.
        if self.text.is_empty() && !self.given {
            self.time = Some(time.to_utc());
        }
        self.stamp = None;
        self.since_stamp = 0;
        true
    }

    /// What looked like a timestamp is text.
    fn settle(&mut self) {
        if let Some(stamp) = self.stamp.take()
            && !self.skipping
        {
            self.since_stamp += stamp.len();
            self.text.extend_from_slice(&stamp);
        }
    }

    fn put(&mut self, data: &[u8], ready: &mut VecDeque<LogLine>) {
        self.since_stamp += data.len();
        if self.skipping {
            return;
        }
        let room = MAX_LINE.saturating_sub(self.text.len());
        self.text.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            self.give(true, ready);
            self.skipping = true;
        }
    }

    /// The line's end has come.
    fn end(&mut self, ready: &mut VecDeque<LogLine>) {
        self.settle();
        if self.text.last() == Some(&b'\r') {
            self.text.pop();
        }
        let is_told = self.given && self.text.is_empty();
        if !self.skipping && !is_told {
            self.give(false, ready);
        }
        *self = Self::new(self.stream);
    }

    fn give(&mut self, partial: bool, ready: &mut VecDeque<LogLine>) {
        let text = std::mem::take(&mut self.text);
        ready.push_back(LogLine {
            time: self.time,
            stream: self.stream,
            text: Arc::from(String::from_utf8_lossy(&text)),
            partial,
        });
        self.given = true;
    }
}

#[cfg(test)]
mod tests;
