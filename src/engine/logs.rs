//! Logs: which call, in which framing, and the stream of lines.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::timeout;

use super::lines::{Lines, Records};
use super::wire::stamp;
use super::{DockerEngine, FOREVER};
use crate::domain::error::{Error, Result};
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::port::BoxStream;
use crate::transport::{ApiVersion, Call, segment};

/// A prompt has no line end: after this much silence what there is of a line is given.
const SILENCE: Duration = Duration::from_millis(500);
/// How long an engine may look for the first line.
const SEARCH: Duration = Duration::from_secs(300);
const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
const RAW: &str = "application/vnd.docker.raw-stream";
/// Since then the answer's type tells whether it is framed.
const TYPED: ApiVersion = ApiVersion::new(1, 42);

impl DockerEngine {
    pub(super) async fn open_logs(
        &self,
        id: &str,
        options: LogOptions,
    ) -> Result<BoxStream<Result<LogLine>>> {
        let dialect = self.dialect().await?;
        let call = call(id, &options);
        if dialect.podman || dialect.api < TYPED {
            let records = match (self.look(id).await?.config.tty, dialect.podman) {
                (false, _) => Records::Framed,
                (true, false) => Records::Sized,
                (true, true) => Records::Chunked,
            };
            if options.follow && dialect.podman {
                // Podman 4 sends not even headers before the first line.
                let http = self.http.clone();
                let call = call.timeouts(self.limits(FOREVER));
                let body = stream::once(async move { http.stream(call).await }).try_flatten();
                return Ok(lines(Box::pin(body), records, true));
            }
            let body = self.http.stream(call).await?;
            return Ok(lines(Box::pin(body), records, options.follow));
        }
        let body = self.http.stream(call).await?;
        let tty = match body.content_type() {
            Some(MULTIPLEXED) => false,
            Some(RAW) => true,
            _ => self.look(id).await?.config.tty,
        };
        let records = if tty { Records::Sized } else { Records::Framed };
        Ok(lines(Box::pin(body), records, options.follow))
    }
}

fn call(id: &str, options: &LogOptions) -> Call {
    let mut call = Call::get(format!("/containers/{}/logs", segment(id)))
        .query("timestamps", 1)
        .query("stdout", u8::from(options.stdout))
        .query("stderr", u8::from(options.stderr))
        .query("follow", u8::from(options.follow))
        .maybe("since", options.since.map(stamp))
        .maybe("until", options.until.map(stamp));
    call = match options.tail {
        Some(n) => call.query("tail", n),
        None => call.query("tail", "all"),
    };
    if options.follow {
        call.endless()
    } else {
        // Looking for lines of a time in a large log is silent.
        call.idle(SEARCH)
    }
}

struct Reading {
    body: BoxStream<Result<Bytes>>,
    lines: Lines,
    follow: bool,
    ended: bool,
    failure: Option<Error>,
}

fn lines(
    body: BoxStream<Result<Bytes>>,
    records: Records,
    follow: bool,
) -> BoxStream<Result<LogLine>> {
    let reading = Reading {
        body,
        lines: Lines::new(records),
        follow,
        ended: false,
        failure: None,
    };
    Box::pin(stream::unfold(reading, |mut r| async move {
        let item = r.next().await?;
        Some((item, r))
    }))
}

impl Reading {
    async fn next(&mut self) -> Option<Result<LogLine>> {
        loop {
            if let Some(line) = self.lines.pop() {
                return Some(Ok(line));
            }
            if self.ended {
                return self.failure.take().map(Err);
            }
            let next = self.body.next();
            let next = if self.follow && self.lines.is_open() {
                let Ok(next) = timeout(SILENCE, next).await else {
                    self.lines.pause();
                    continue;
                };
                next
            } else {
                next.await
            };
            let failure = match next {
                Some(Ok(data)) => match self.lines.feed(data) {
                    Ok(()) => continue,
                    Err(e) => Some(e),
                },
                Some(Err(e)) => Some(e),
                None => None,
            };
            // What came before the end comes out before the failure.
            self.lines.finish();
            self.ended = true;
            self.failure = failure;
        }
    }
}
