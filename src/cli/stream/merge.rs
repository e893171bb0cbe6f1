//! Many streams as one, in the order of their times.
//!
//! A line waits until every other stream has shown what it has next. A stream that shows nothing
//! for a while is not waited for any more until it does: one silent container must not hold up a
//! busy one, and what two containers write in the same moment still comes in order.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::domain::error::Result;
use crate::domain::port::{BoxFuture, BoxStream};

/// Lines read ahead of each stream.
const AHEAD: usize = 256;

/// What comes out: from which stream, and what.
#[derive(Debug)]
pub(super) struct Merged<T> {
    pub(super) from: usize,
    pub(super) item: Result<T>,
}

enum Head<T> {
    /// Nothing has come yet.
    Awaited,
    /// It has been silent for long.
    Silent,
    Item(Result<T>),
    Ended,
}

/// The streams; dropping it ends them.
pub(super) struct Merge<T> {
    inputs: Vec<mpsc::Receiver<Result<T>>>,
    heads: Vec<Head<T>>,
    patience: Duration,
    time: fn(&T) -> Option<DateTime<Utc>>,
    _readers: JoinSet<()>,
}

/// Opens one stream.
pub(super) type Opening<T> = BoxFuture<'static, Result<BoxStream<Result<T>>>>;

impl<T: Send + 'static> Merge<T> {
    /// Open all at once. `patience`: how long a silent stream holds up the others.
    pub(super) fn open(
        openings: Vec<Opening<T>>,
        patience: Duration,
        time: fn(&T) -> Option<DateTime<Utc>>,
    ) -> Self {
        let mut readers = JoinSet::new();
        let inputs: Vec<mpsc::Receiver<Result<T>>> = openings
            .into_iter()
            .map(|opening| {
                let (send, receive) = mpsc::channel(AHEAD);
                readers.spawn(async move {
                    let mut stream = match opening.await {
                        Ok(stream) => stream,
                        Err(e) => {
                            let _ = send.send(Err(e)).await;
                            return;
                        }
                    };
                    while let Some(item) = stream.next().await {
                        if send.send(item).await.is_err() {
                            return;
                        }
                    }
                });
                receive
            })
            .collect();
        Self {
            heads: inputs.iter().map(|_| Head::Awaited).collect(),
            inputs,
            patience,
            time,
            _readers: readers,
        }
    }

    /// The next in order; nothing when all have ended. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Option<Merged<T>> {
        loop {
            self.take_what_is_there();
            let awaited = self.heads.iter().any(|h| matches!(h, Head::Awaited));
            if !awaited && let Some(first) = self.first() {
                let Head::Item(item) = std::mem::replace(&mut self.heads[first], Head::Awaited)
                else {
                    return None;
                };
                return Some(Merged { from: first, item });
            }
            if self.heads.iter().all(|h| matches!(h, Head::Ended)) {
                return None;
            }
            if !self.wait(awaited).await {
                for head in &mut self.heads {
                    if matches!(head, Head::Awaited) {
                        *head = Head::Silent;
                    }
                }
            }
        }
    }

    /// Is the next one here already, so that what was written may wait?
    pub(super) fn is_busy(&self) -> bool {
        self.heads.iter().any(|h| matches!(h, Head::Item(_)))
            || self.inputs.iter().any(|i| !i.is_empty())
    }

    fn take_what_is_there(&mut self) {
        for (head, input) in self.heads.iter_mut().zip(&mut self.inputs) {
            if matches!(head, Head::Awaited | Head::Silent) {
                match input.try_recv() {
                    Ok(item) => *head = Head::Item(item),
                    Err(mpsc::error::TryRecvError::Empty) => {}
                    Err(mpsc::error::TryRecvError::Disconnected) => *head = Head::Ended,
                }
            }
        }
    }

    /// The stream whose item comes first; errors and what has no time come at once.
    fn first(&self) -> Option<usize> {
        let key = |item: &Result<T>| item.as_ref().ok().and_then(self.time);
        self.heads
            .iter()
            .enumerate()
            .filter_map(|(n, head)| match head {
                Head::Item(item) => Some((key(item), n)),
                _ => None,
            })
            .min()
            .map(|(_, n)| n)
    }

    /// Until something comes or ends; false when patience ended first.
    async fn wait(&mut self, awaited: bool) -> bool {
        let Self { heads, inputs, .. } = self;
        let something = std::future::poll_fn(|cx| {
            let mut any = false;
            for (head, input) in heads.iter_mut().zip(inputs.iter_mut()) {
                if matches!(head, Head::Awaited | Head::Silent)
                    && let std::task::Poll::Ready(item) = input.poll_recv(cx)
                {
                    *head = item.map_or(Head::Ended, Head::Item);
                    any = true;
                }
            }
            if any {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        if awaited {
            tokio::time::timeout(self.patience, something).await.is_ok()
        } else {
            something.await;
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;
    use crate::domain::error::{Error, ErrorKind};

    type Line = (i64, &'static str);

    fn time(line: &Line) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(line.0)
    }

    fn lines(all: &'static [Line]) -> Opening<Line> {
        Box::pin(async move {
            let s: BoxStream<Result<Line>> = Box::pin(stream::iter(all).map(|l| Ok(*l)));
            Ok(s)
        })
    }

    async fn all(mut merge: Merge<Line>) -> String {
        let mut text = Vec::new();
        while let Some(m) = merge.next().await {
            text.push(match m.item {
                Ok((_, word)) => word.to_owned(),
                Err(e) => format!("{}!", e.message()),
            });
        }
        text.join(" ")
    }

    #[tokio::test(start_paused = true)]
    async fn lines_come_in_the_order_of_their_times() {
        let openings = vec![
            lines(&[(1, "a"), (4, "d"), (5, "e")]),
            lines(&[(2, "b"), (3, "c"), (6, "f")]),
            lines(&[]),
        ];
        let merge = Merge::open(openings, Duration::from_secs(9), time);
        assert_eq!(all(merge).await, "a b c d e f");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_holds_nobody_up_for_long() {
        let (send, receive) = mpsc::channel(8);
        let live: Opening<Line> = Box::pin(async move {
            let s: BoxStream<Result<Line>> = Box::pin(tokio_stream(receive));
            Ok(s)
        });
        let openings = vec![live, lines(&[(1, "a"), (2, "b"), (3, "c")])];
        let mut merge = Merge::open(openings, Duration::from_millis(100), time);
        let begin = tokio::time::Instant::now();
        for expected in ["a", "b", "c"] {
            assert_eq!(merge.next().await.unwrap().item.unwrap().1, expected);
        }
        assert_eq!(begin.elapsed().as_millis(), 100);
        send.send(Ok((0, "late"))).await.unwrap();
        drop(send);
        assert_eq!(all(merge).await, "late");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_cannot_be_opened_says_so_and_the_others_go_on() {
        let broken: Opening<Line> =
            Box::pin(async { Err(Error::new(ErrorKind::NotFound, "gone")) });
        let merge = Merge::open(
            vec![lines(&[(1, "a")]), broken],
            Duration::from_secs(9),
            time,
        );
        assert_eq!(all(merge).await, "gone! a");
    }

    fn tokio_stream(
        mut receive: mpsc::Receiver<Result<Line>>,
    ) -> impl futures_core::Stream<Item = Result<Line>> {
        stream::poll_fn(move |cx| receive.poll_recv(cx))
    }
}
