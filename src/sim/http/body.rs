//! Answers: at once or as a stream, and what the fault script does to their bodies.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::sim::engine::Shared;
use crate::sim::model::ApiError;
use crate::sim::script::Fault;

/// Frames a producer may be ahead of its client; then it waits.
const AHEAD: usize = 16;

type Piece = Result<Bytes, io::Error>;

#[derive(Debug)]
pub(crate) enum SimBody {
    Full(Option<Bytes>),
    Stream(mpsc::Receiver<Piece>),
    /// A known length whose bytes come from a stream, or do not.
    Sized(u64, mpsc::Receiver<Piece>),
}

pub(crate) type Answer = Response<SimBody>;

/// Where a stream's producer writes; it waits when the client is behind.
#[derive(Debug, Clone)]
pub(crate) struct Sink(mpsc::Sender<Piece>);

impl Sink {
    /// False when the client has gone.
    pub(crate) async fn send(&self, bytes: impl Into<Bytes>) -> bool {
        self.0.send(Ok(bytes.into())).await.is_ok()
    }

    pub(crate) async fn json(&self, value: &Value) -> bool {
        self.send(format!("{value}\n")).await
    }

    pub(crate) async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Body for SimBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Self::Stream(pieces) | Self::Sized(_, pieces) => pieces
                .poll_recv(cx)
                .map(|piece| piece.map(|p| p.map(Frame::data))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Stream(_) => SizeHint::default(),
            Self::Sized(length, _) => SizeHint::with_exact(*length),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(None))
    }
}

fn answer(status: u16, body: SimBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    answer
}

pub(crate) fn typed(status: u16, kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = answer(status, SimBody::Full(Some(bytes.into())));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

pub(crate) fn json(status: u16, value: &Value) -> Answer {
    typed(status, "application/json", format!("{value}\n"))
}

pub(crate) fn empty(status: u16) -> Answer {
    answer(status, SimBody::Full(None))
}

pub(crate) fn error(error: &ApiError) -> Answer {
    json(error.status, &json!({ "message": error.message }))
}

/// A stream whose producer runs as a task of its own; it ends with the engine.
pub(crate) fn stream<F>(
    shared: &Arc<Shared>,
    kind: &'static str,
    produce: impl FnOnce(Sink) -> F,
) -> Answer
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(AHEAD);
    let work = produce(Sink(sender));
    let closing = shared.closing.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = closing.cancelled() => {}
            () = work => {}
        }
    });
    let mut answer = answer(200, SimBody::Stream(receiver));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// Let the script do to the body what it wants.
pub(super) fn afflict(shared: &Arc<Shared>, answer: Answer, faults: &[Fault]) -> Answer {
    let streaming = matches!(answer.body(), SimBody::Stream(_));
    let harmed = faults.iter().any(|f| {
        matches!(
            f,
            Fault::Truncate(_) | Fault::SlowBody(..) | Fault::CutStream(_)
        )
    });
    if !streaming && !harmed {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let length = match &body {
        SimBody::Full(bytes) => Some(bytes.as_ref().map_or(0, |b| b.len() as u64)),
        SimBody::Stream(_) => None,
        SimBody::Sized(length, _) => Some(*length),
    };
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(relay(Arc::clone(shared), body, faults.to_vec(), sender));
    parts.headers.remove(hyper::header::CONTENT_LENGTH);
    let body = match length {
        Some(length) => SimBody::Sized(length, receiver),
        None => SimBody::Stream(receiver),
    };
    Response::from_parts(parts, body)
}

async fn next(body: &mut SimBody) -> Option<Piece> {
    match body {
        SimBody::Full(bytes) => bytes.take().map(Ok),
        SimBody::Stream(pieces) | SimBody::Sized(_, pieces) => pieces.recv().await,
    }
}

/// Pass a body on until it ends, is cut by hand, or has met its fault.
async fn relay(
    shared: Arc<Shared>,
    mut body: SimBody,
    faults: Vec<Fault>,
    sender: mpsc::Sender<Piece>,
) {
    let mut script = shared.faults.subscribe();
    let cuts = script.borrow().cuts;
    let (mut left, mut lasts, mut slow) = (usize::MAX, None, None);
    for fault in faults {
        match fault {
            Fault::Truncate(bytes) => left = left.min(bytes),
            Fault::CutStream(after) => lasts = Some(after),
            Fault::SlowBody(bytes, pause) => slow = Some((bytes.max(1), pause)),
            _ => {}
        }
    }
    let broken = || {
        Err(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "cut by the script",
        ))
    };
    let cut = async move {
        let by_hand = async {
            if script.wait_for(|s| s.cuts != cuts).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match lasts {
            None => by_hand.await,
            Some(after) => tokio::select! {
                () = by_hand => {}
                () = tokio::time::sleep(after) => {}
            },
        }
    };
    let pump = async {
        while let Some(piece) = next(&mut body).await {
            let Ok(mut bytes) = piece else {
                return Some(broken());
            };
            while !bytes.is_empty() {
                let most = slow
                    .map_or(bytes.len(), |(most, _)| most)
                    .min(left)
                    .min(bytes.len());
                if most == 0 {
                    return Some(broken());
                }
                left -= if left == usize::MAX { 0 } else { most };
                if sender.send(Ok(bytes.split_to(most))).await.is_err() {
                    return None;
                }
                if let Some((_, pause)) = slow {
                    tokio::time::sleep(pause).await;
                }
            }
        }
        None
    };
    let end: Option<Result<Bytes, io::Error>> = tokio::select! {
        () = cut => Some(broken()),
        () = shared.closing.cancelled() => Some(broken()),
        () = sender.closed() => None,
        end = pump => end,
    };
    if let Some(end) = end {
        let _ = sender.send(end).await;
    }
}

/// What a service gives hyper; an error closes the connection without an answer.
pub(super) type Served = Result<Answer, io::Error>;

/// A helper for code that cannot fail.
pub(super) fn served(answer: Answer) -> Served {
    let infallible: Result<Answer, Infallible> = Ok(answer);
    infallible.map_err(|never| match never {})
}
