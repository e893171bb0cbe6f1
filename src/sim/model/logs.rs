//! What a container has written, recorded or computed.

use super::super::loglines;
use super::{ApiResult, Model};
use crate::sim::util::{SECOND, hash_text};

/// The most lines a container keeps, as a rotated log file would.
pub(crate) const KEPT_LINES: usize = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// Its number in Docker's multiplexed framing.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
        }
    }
}

/// A piece of output, at most one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) seq: u64,
    pub(crate) time: i64,
    pub(crate) stream: Stream,
    pub(crate) bytes: Vec<u8>,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone)]
pub(crate) struct LogQuery {
    pub(crate) since: i64,
    pub(crate) until: Option<i64>,
    pub(crate) tail: Option<usize>,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl LogQuery {
    fn takes(&self, chunk: &Chunk) -> bool {
        let stream = match chunk.stream {
            Stream::Stdout => self.stdout,
            Stream::Stderr => self.stderr,
        };
        stream && chunk.time >= self.since && self.until.is_none_or(|until| chunk.time <= until)
    }
}

/// How far a follower has read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogCursor {
    seq: u64,
    time: i64,
}

impl Model {
    /// Keep output of a scripted process.
    pub(super) fn record(&mut self, id: &str, stream: Stream, bytes: &[u8]) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            container.recorded_seq += 1;
            let seq = container.recorded_seq;
            container.recorded.push_back(Chunk {
                seq,
                time: now,
                stream,
                bytes: piece.to_vec(),
            });
            if container.recorded.len() > KEPT_LINES {
                container.recorded.pop_front();
            }
        }
        self.touch();
    }

    /// The lines asked for and the place to go on from.
    pub(crate) fn logs(&self, id: &str, query: &LogQuery) -> ApiResult<(Vec<Chunk>, LogCursor)> {
        let container = self.container(id)?;
        let wanted = query.tail.unwrap_or(KEPT_LINES).min(KEPT_LINES);
        let mut found: Vec<Chunk> = match container.program.service() {
            None => container
                .recorded
                .iter()
                .filter(|c| query.takes(c))
                .cloned()
                .collect(),
            Some(service) => {
                let until = query.until.unwrap_or(i64::MAX).min(self.now + 1);
                let limit = if query.stdout && query.stderr {
                    wanted
                } else {
                    KEPT_LINES
                };
                let salt = hash_text(&container.id);
                let mut lines = Vec::new();
                for run in container.runs.iter().rev() {
                    let mut part = loglines::backwards(
                        service,
                        run,
                        salt,
                        (query.since, until),
                        limit.saturating_sub(lines.len()),
                    );
                    part.retain(|c| query.takes(c));
                    lines.extend(part);
                    if lines.len() >= wanted || run.start < query.since {
                        break;
                    }
                }
                lines.reverse();
                lines
            }
        };
        let skip = found.len().saturating_sub(wanted);
        found.drain(..skip);
        let last = found.last().map_or(0, |c| c.time);
        let cursor = LogCursor {
            seq: container.recorded_seq,
            time: last.max(self.now),
        };
        Ok((found, cursor))
    }

    /// What has come since; moves the cursor. Also of a container removed lately.
    pub(crate) fn logs_after(
        &self,
        id: &str,
        query: &LogQuery,
        cursor: &mut LogCursor,
    ) -> Vec<Chunk> {
        let (seq, time) = (cursor.seq, cursor.time);
        let service = self
            .containers
            .get(id)
            .and_then(|c| Some((c, c.program.service()?)));
        let found: Vec<Chunk> = match service {
            None => {
                let new = self
                    .recorded(id)
                    .into_iter()
                    .flatten()
                    .filter(|c| c.seq > seq);
                new.filter(|c| query.takes(c)).cloned().collect()
            }
            Some((container, service)) => {
                let salt = hash_text(&container.id);
                let mut lines: Vec<Chunk> = Vec::new();
                for run in container
                    .runs
                    .iter()
                    .filter(|r| r.end == 0 || r.end >= time)
                {
                    let span = (time + 1, self.now + 1);
                    let mut part = loglines::backwards(service, run, salt, span, KEPT_LINES);
                    part.reverse();
                    lines.extend(part);
                }
                lines.retain(|c| query.takes(c));
                lines
            }
        };
        let last = self
            .recorded(id)
            .and_then(|r| r.back())
            .map_or(seq, |c| c.seq);
        *cursor = LogCursor {
            seq: last.max(seq),
            time: found
                .last()
                .map_or(time, |c| c.time)
                .max(time)
                .max(self.now),
        };
        found
    }

    /// When a follower should look again, if only the time brings new lines.
    pub(crate) fn next_line(&self, id: &str) -> i64 {
        let Ok(container) = self.container(id) else {
            return self.now;
        };
        let service = container.program.service().filter(|_| container.is_up());
        match (service, container.runs.back()) {
            (Some(service), Some(run)) => loglines::next_slot(service, run, self.now),
            _ => self.now + 10 * SECOND,
        }
    }

    /// A cursor at the end of what has been written.
    pub(crate) fn log_end(&self, id: &str) -> ApiResult<LogCursor> {
        Ok(LogCursor {
            seq: self.container(id)?.recorded_seq,
            time: self.now,
        })
    }
}
