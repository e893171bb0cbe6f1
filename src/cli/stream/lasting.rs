//! Follows something beyond a lost connection: it is asked for again from where it broke off, and
//! what was shown already is not shown twice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::merge::Opening;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::EngineEvent;
use crate::domain::logs::LogLine;
use crate::domain::port::{BoxFuture, BoxStream};

/// Engines do not write strictly in the order of the times, so it is asked for so much again.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);
/// What is remembered for that at most.
const REMEMBERED: usize = 4096;
/// The first wait before another try, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// A stream that breaks off so many times within [`SHORT`] of its beginning is given up.
const TRIES: u32 = 5;
const SHORT: Duration = Duration::from_secs(5);

/// What something has beyond what was shown.
pub(super) enum Beyond<T> {
    /// It is another one.
    Other,
    /// It is the same.
    Nothing,
    /// It goes on where the other one ended.
    Rest(T),
}

/// What can be asked for again from a time on.
pub(super) trait Timed: Clone + Send + 'static {
    fn time(&self) -> Option<DateTime<Utc>>;
    /// What `self` has beyond `shown`, which has the same time.
    fn beyond(&self, shown: &Self) -> Beyond<Self>;
}

impl Timed for EngineEvent {
    fn time(&self) -> Option<DateTime<Utc>> {
        self.time
    }

    fn beyond(&self, shown: &Self) -> Beyond<Self> {
        if self == shown {
            Beyond::Nothing
        } else {
            Beyond::Other
        }
    }
}

impl Timed for LogLine {
    fn time(&self) -> Option<DateTime<Utc>> {
        self.time
    }

    fn beyond(&self, shown: &Self) -> Beyond<Self> {
        if self.stream != shown.stream {
            return Beyond::Other;
        }
        match self.text.strip_prefix(&*shown.text) {
            Some("") => Beyond::Nothing,
            // A line that was under way when it broke off comes again as a whole.
            Some(rest) if shown.partial => Beyond::Rest(Self {
                text: Arc::from(rest),
                ..self.clone()
            }),
            _ => Beyond::Other,
        }
    }
}

/// What comes of it.
#[derive(Debug)]
pub(super) enum Heard<T> {
    Item(T),
    /// It broke off; another try is made.
    Broke(Error),
    /// It goes on.
    Back,
    /// It was gone when it could be asked for again.
    Gone,
}

impl<T: Timed> Heard<T> {
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Item(item) => item.time(),
            _ => None,
        }
    }
}

/// What there is to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It goes on.
    Up,
    /// Nothing more will come than what is there.
    Ended,
    Gone,
}

/// Where it comes from.
pub(super) struct Source<T> {
    /// Ask for it: from the beginning that was wished for, or from a time on.
    pub(super) open: Box<dyn Fn(Option<DateTime<Utc>>) -> Opening<T> + Send>,
    /// Will more come?
    pub(super) look: Box<dyn Fn() -> BoxFuture<'static, Result<State>> + Send>,
    /// From when on to ask again when nothing has come yet; without it: from the beginning.
    pub(super) begin: Option<DateTime<Utc>>,
}

/// Follow it until it has ended.
pub(super) fn follow<T: Timed>(source: Source<T>) -> Opening<Heard<T>> {
    Box::pin(async move {
        let following = Following {
            stream: Some((source.open)(None).await?),
            memory: Memory::new(source.begin),
            source,
            opened: Instant::now(),
            failures: 0,
            over: false,
        };
        let stream: BoxStream<Result<Heard<T>>> =
            Box::pin(stream::unfold(following, |mut f| async move {
                let item = f.next().await?;
                Some((item, f))
            }));
        Ok(stream)
    })
}

/// Read it once.
pub(super) fn once<T: Timed>(opening: Opening<T>) -> Opening<Heard<T>> {
    Box::pin(async move {
        let stream: BoxStream<Result<Heard<T>>> =
            Box::pin(opening.await?.map(|item| item.map(Heard::Item)));
        Ok(stream)
    })
}

struct Following<T> {
    source: Source<T>,
    /// None while it is broken off.
    stream: Option<BoxStream<Result<T>>>,
    memory: Memory<T>,
    opened: Instant,
    /// Breaks in a row that came soon.
    failures: u32,
    over: bool,
}

impl<T: Timed> Following<T> {
    async fn next(&mut self) -> Option<Result<Heard<T>>> {
        loop {
            if self.over {
                return None;
            }
            let Some(stream) = &mut self.stream else {
                return self.again().await;
            };
            let failure = match stream.next().await {
                Some(Ok(item)) => match self.memory.admit(item) {
                    Some(news) => return Some(Ok(Heard::Item(news))),
                    None => continue,
                },
                Some(Err(e)) => e,
                None => match (self.source.look)().await {
                    Ok(State::Up) => {
                        Error::new(ErrorKind::Transient, "the engine ended the stream")
                    }
                    Ok(State::Ended | State::Gone) => return None,
                    Err(e) => e,
                },
            };
            self.stream = None;
            self.memory.interrupt();
            let soon = self.opened.elapsed() < SHORT;
            self.failures = if soon { self.failures + 1 } else { 1 };
            return Some(if may_pass(&failure) && self.failures <= TRIES {
                Ok(Heard::Broke(failure))
            } else {
                self.over = true;
                Err(failure)
            });
        }
    }

    async fn again(&mut self) -> Option<Result<Heard<T>>> {
        let (mut wait, longest) = WAITS;
        // One that keeps breaking off is not asked for in a hurry.
        wait *= 1 << (self.failures.min(TRIES) - 1);
        loop {
            tokio::time::sleep(wait.min(longest)).await;
            wait *= 2;
            match self.reopen().await {
                Ok(Some(stream)) => {
                    self.stream = Some(stream);
                    self.opened = Instant::now();
                    return Some(Ok(Heard::Back));
                }
                Ok(None) => {
                    self.over = true;
                    return Some(Ok(Heard::Gone));
                }
                Err(e) if may_pass(&e) => {}
                Err(e) => {
                    self.over = true;
                    return Some(Err(e));
                }
            }
        }
    }

    async fn reopen(&mut self) -> Result<Option<BoxStream<Result<T>>>> {
        if (self.source.look)().await? == State::Gone {
            return Ok(None);
        }
        (self.source.open)(self.memory.since()).await.map(Some)
    }
}

fn may_pass(e: &Error) -> bool {
    e.kind().is_retryable() || e.kind() == ErrorKind::Protocol
}

/// What was shown lately.
struct Memory<T> {
    begin: Option<DateTime<Utc>>,
    /// The first that was shown: what is older was not wished for.
    first: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
    /// In the order they were shown.
    recent: VecDeque<T>,
    /// Those of them that may come again.
    again: Vec<T>,
}

impl<T: Timed> Memory<T> {
    fn new(begin: Option<DateTime<Utc>>) -> Self {
        Self {
            begin,
            first: None,
            newest: None,
            recent: VecDeque::new(),
            again: Vec::new(),
        }
    }

    fn since(&self) -> Option<DateTime<Utc>> {
        let Some(newest) = self.newest else {
            return self.begin;
        };
        let full = self.recent.len() >= REMEMBERED;
        let oldest = self.recent.front().filter(|_| full).and_then(Timed::time);
        let since = oldest.map_or(newest - OVERLAP, |t| t.max(newest - OVERLAP));
        // Older ones were left out on purpose.
        Some(self.first.map_or(since, |first| since.max(first)))
    }

    fn interrupt(&mut self) {
        self.again = self.recent.iter().cloned().collect();
    }

    /// What of it is new.
    fn admit(&mut self, item: T) -> Option<T> {
        let Some(time) = item.time() else {
            return Some(item);
        };
        let mut news = item;
        if !self.again.is_empty() {
            // Engines are not exact about it.
            if self.since().is_some_and(|since| time < since) {
                return None;
            }
            let of_then = |(_, shown): &(usize, &T)| shown.time() == Some(time);
            let mut shown = self.again.iter().enumerate().filter(of_then);
            let known = shown.find_map(|(n, shown)| match news.beyond(shown) {
                Beyond::Other => None,
                Beyond::Nothing => Some((n, None)),
                Beyond::Rest(rest) => Some((n, Some(rest))),
            });
            if let Some((n, rest)) = known {
                self.again.swap_remove(n);
                news = rest?;
            }
        }
        self.remember(time, &news);
        Some(news)
    }

    fn remember(&mut self, time: DateTime<Utc>, item: &T) {
        self.first.get_or_insert(time);
        let newest = self.newest.map_or(time, |n| n.max(time));
        self.newest = Some(newest);
        self.recent.push_back(item.clone());
        let old = |t: &T| t.time().is_some_and(|t| t < newest - OVERLAP);
        while self.recent.len() > REMEMBERED || self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::logs::LogStream;

    fn line(millis: i64, text: &str, partial: bool) -> LogLine {
        LogLine {
            time: DateTime::from_timestamp_millis(millis),
            stream: LogStream::Stdout,
            text: text.into(),
            partial,
        }
    }

    type Script = Vec<Result<Vec<Result<LogLine>>>>;

    /// What is heard when the engine answers each call in turn as the script has it, and each look
    /// too.
    async fn heard(mut opens: Script, mut looks: Vec<Result<State>>) -> (String, Vec<i64>) {
        opens.reverse();
        looks.reverse();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (opens, looks) = (Mutex::new(opens), Mutex::new(looks));
        let seen = Arc::clone(&asked);
        let source = Source {
            open: Box::new(move |since| {
                let millis = since.map_or(-1, |t| t.timestamp_millis());
                seen.lock().unwrap().push(millis);
                let next = opens.lock().unwrap().pop().unwrap();
                Box::pin(async move {
                    let s: BoxStream<Result<LogLine>> = Box::pin(stream::iter(next?));
                    Ok(s)
                })
            }),
            look: Box::new(move || {
                let next = looks.lock().unwrap().pop().unwrap();
                Box::pin(async move { next })
            }),
            begin: None,
        };
        let mut words = Vec::new();
        match follow(source).await {
            Err(e) => words.push(format!("{}!", e.message())),
            Ok(mut stream) => {
                while let Some(item) = stream.next().await {
                    words.push(match item {
                        Ok(Heard::Item(l)) => l.text.to_string(),
                        Ok(Heard::Broke(e)) => format!("({})", e.message()),
                        Ok(Heard::Back) => "back".to_owned(),
                        Ok(Heard::Gone) => "gone".to_owned(),
                        Err(e) => format!("{}!", e.message()),
                    });
                }
            }
        }
        let asked = asked.lock().unwrap().clone();
        (words.join(" "), asked)
    }

    fn cut() -> Error {
        Error::new(ErrorKind::Unreachable, "cut")
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_lost_and_nothing_comes_twice() {
        let opens = vec![
            Ok(vec![
                Ok(line(100, "old", false)),
                Ok(line(5_000, "a", false)),
                Ok(line(5_001, "b", false)),
                Ok(line(5_001, "b", false)),
                Err(cut()),
            ]),
            Err(cut()),
            Ok(vec![
                // Older than asked for, shown already, late, and new.
                Ok(line(100, "old", false)),
                Ok(line(5_000, "a", false)),
                Ok(line(5_000, "late", false)),
                Ok(line(5_001, "b", false)),
                Ok(line(5_001, "b", false)),
                Ok(line(5_001, "b", false)),
                Ok(line(5_002, "c", false)),
            ]),
        ];
        let looks = vec![Err(cut()), Ok(State::Up), Ok(State::Up), Ok(State::Ended)];
        let (words, asked) = heard(opens, looks).await;
        assert_eq!(words, "old a b b (cut) back late b c");
        assert_eq!(asked, [-1, 4_001, 4_001]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_was_cut_goes_on_where_it_was() {
        let opens = vec![
            Ok(vec![Ok(line(5_000, "half", true)), Err(cut())]),
            Ok(vec![Ok(line(5_000, "half a line", false))]),
        ];
        let (words, _) = heard(opens, vec![Ok(State::Up), Ok(State::Ended)]).await;
        assert_eq!(words, "half (cut) back  a line");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_or_cannot_be_had_ends() {
        let first = || Ok(vec![Ok(line(1, "a", false)), Err(cut())]);
        let (words, _) = heard(vec![first()], vec![Ok(State::Gone)]).await;
        assert_eq!(words, "a (cut) gone");
        let denied = Err(Error::new(ErrorKind::Denied, "no"));
        let (words, _) = heard(vec![first(), denied], vec![Ok(State::Up)]).await;
        assert_eq!(words, "a (cut) no!");
        // Never there: no reason to wait for it.
        let (words, _) = heard(vec![Err(cut())], Vec::new()).await;
        assert_eq!(words, "cut!");
        let ended = vec![Ok(vec![Ok(line(1, "a", false))])];
        assert_eq!(heard(ended, vec![Ok(State::Ended)]).await.0, "a");
    }

    #[tokio::test(start_paused = true)]
    async fn what_always_breaks_is_given_up() {
        let opens = (0..9).map(|_| Ok(vec![Err(cut())])).collect();
        let (words, asked) = heard(opens, (0..9).map(|_| Ok(State::Up)).collect()).await;
        assert!(words.ends_with("back cut!"), "{words}");
        assert_eq!(asked.len(), 6);
    }
}
