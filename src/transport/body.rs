//! Bodies: answers read whole or as they come, uploads whose progress is counted.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, Sleep, sleep};

use super::answer::{self, Place, Where};
use super::call::RequestBody;
use crate::domain::error::{Error, Result};

/// Read all of `body`, unless it is larger than `max` bytes.
pub(super) async fn whole(mut body: Incoming, max: usize, at: &Where<'_>) -> Result<Bytes> {
    let announced = body.size_hint().lower();
    if announced > max as u64 {
        return Err(answer::too_large(at, max));
    }
    let mut all = BytesMut::with_capacity(announced as usize);
    let mut first = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| {
            let so_far = all.len() + first.as_ref().map_or(0, Bytes::len);
            answer::cut_off(&at.owned(), so_far as u64, e)
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if all.len() + first.as_ref().map_or(0, Bytes::len) + data.len() > max {
            return Err(answer::too_large(at, max));
        }
        // The common answer is one frame: hand it on without copying.
        match first.take() {
            None if all.is_empty() => first = Some(data),
            None => all.extend_from_slice(&data),
            Some(head) => {
                all.extend_from_slice(&head);
                all.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| all.freeze()))
}

/// Read the beginning of `body`; errors end it.
pub(super) async fn beginning(mut body: Incoming, max: usize) -> Bytes {
    let mut all = BytesMut::new();
    while all.len() < max
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Ok(data) = frame.into_data() {
            all.extend_from_slice(&data);
        }
    }
    all.truncate(max);
    all.freeze()
}

type Done = Box<dyn FnOnce() + Send>;

/// An answer that is read as it comes. It holds no more than the chunk it gives: who does not
/// read slows the engine down. Dropping it before its end closes the connection.
pub struct BodyStream {
    headers: HeaderMap,
    body: Incoming,
    idle: Option<Idle>,
    read: u64,
    at: Place,
    done: Option<Done>,
    ended: bool,
}

struct Idle {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    running: bool,
}

impl BodyStream {
    pub(super) fn new(
        headers: HeaderMap,
        body: Incoming,
        idle: Option<Duration>,
        at: Place,
        done: impl FnOnce() + Send + 'static,
    ) -> Self {
        Self {
            headers,
            body,
            idle: idle.map(|limit| Idle {
                limit,
                timer: Box::pin(sleep(limit)),
                running: false,
            }),
            read: 0,
            at,
            done: Some(Box::new(done)),
            ended: false,
        }
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The `Content-Type` header: tells raw from multiplexed logs since API 1.42.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.read += data.len() as u64;
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(e)) => {
                    self.done = None;
                    let e = answer::cut_off(&self.at, self.read, e);
                    return Poll::Ready(Some(Err(e)));
                }
                None => {
                    if let Some(done) = self.done.take() {
                        done();
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyStream({}, {} bytes read)", self.at.call, self.read)
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(item) = this.poll_body(cx) {
            match &item {
                Some(Ok(_)) => {
                    if let Some(idle) = &mut this.idle {
                        idle.running = false;
                    }
                }
                Some(Err(_)) | None => this.ended = true,
            }
            return Poll::Ready(item);
        }
        if let Some(idle) = &mut this.idle {
            // Only waiting counts: a reader that pauses must not find the stream "silent".
            if !idle.running {
                idle.running = true;
                idle.timer.as_mut().reset(Instant::now() + idle.limit);
            }
            ready!(idle.timer.as_mut().poll(cx));
            this.ended = true;
            let e = answer::idle(&this.at, idle.limit);
            return Poll::Ready(Some(Err(e)));
        }
        Poll::Pending
    }
}

/// An upload that counts the chunks taken from it.
pub(super) struct Counted {
    body: RequestBody,
    taken: Arc<AtomicU64>,
}

impl Counted {
    pub(super) fn new(body: RequestBody) -> (Self, Arc<AtomicU64>) {
        let taken = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&taken);
        (Self { body, taken }, shared)
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = <RequestBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reading errors as `std::io` has them, for adapters that want an `AsyncRead`.
impl From<Error> for std::io::Error {
    fn from(e: Error) -> Self {
        Self::other(e)
    }
}
