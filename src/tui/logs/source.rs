//! Where lines come from: what became of each stream, and when it is opened again.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, Duration, Utc};

use crate::domain::error::{Error, Result};
use crate::domain::id::ObjectRef;
use crate::domain::logs::LogLine;
use crate::domain::observed::{Container, ContainerState};
use crate::domain::snapshot::{HostShard, Link, Snapshot};
use crate::domain::text::sanitise;
use crate::tui::text;
use crate::tui::theme::Role;

/// The first wait before a stream that broke off is opened again; it doubles...
const FIRST: Duration = Duration::seconds(1);
/// ...up to this.
const LONGEST: Duration = Duration::seconds(30);
/// A stream that ended well while its container runs: the picture may be late.
const SETTLE: Duration = Duration::seconds(3);
/// Lines remembered, so that they are not shown twice after a stream was opened again.
const REMEMBERED: usize = 256;

/// What goes on with a stream.
#[derive(Debug, Clone)]
pub enum Flow {
    Reading,
    /// It ended, or broke off.
    Ended {
        how: Result<()>,
        at: DateTime<Utc>,
    },
    /// The host does not answer.
    Lost,
    /// There is no such container any more.
    Gone,
    /// The view wants no more of it.
    Closed,
}

/// One container.
#[derive(Debug, Clone)]
pub struct LogSource {
    pub object: ObjectRef,
    pub flow: Flow,
    /// How its name looks.
    pub role: Role,
    /// The run of the container whose lines are read.
    started: Option<DateTime<Utc>>,
    tries: u32,
    /// The end was said in the view.
    said: bool,
    /// Times and hashes of its last lines, the newest last.
    recent: VecDeque<(DateTime<Utc>, u64)>,
    /// Lines up to this time may come twice.
    until: Option<DateTime<Utc>>,
}

/// What is to be done about a source.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Tending {
    /// Say this between the lines.
    pub(super) say: Option<String>,
    /// It happened then, by the engine's clock; else now, after the last line.
    pub(super) at: Option<DateTime<Utc>>,
    /// Open its stream again.
    pub(super) open: bool,
    /// Look again then.
    pub(super) wake: Option<DateTime<Utc>>,
}

impl LogSource {
    pub(super) fn new(object: ObjectRef) -> Self {
        Self {
            object,
            flow: Flow::Reading,
            role: Role::Series1,
            started: None,
            tries: 0,
            said: false,
            recent: VecDeque::new(),
            until: None,
        }
    }

    /// As if nothing had come yet.
    pub(super) fn begin(&mut self) {
        *self = Self {
            role: self.role,
            ..Self::new(self.object.clone())
        };
    }

    /// Its last line's time: where to go on.
    pub(super) fn last(&self) -> Option<DateTime<Utc>> {
        self.recent.iter().map(|(at, _)| *at).max()
    }

    /// May lines come that came before?
    pub(super) fn is_resuming(&self) -> bool {
        self.until.is_some()
    }

    /// Is a line new? Remembers it.
    pub(super) fn is_new(&mut self, line: &LogLine) -> bool {
        let Some(time) = line.time else {
            return true;
        };
        let mut hasher = rustc_hash::FxHasher::default();
        line.text.hash(&mut hasher);
        let key = (time, hasher.finish());
        if let Some(until) = self.until {
            if time > until {
                self.until = None;
            } else if self.recent.contains(&key) || self.recent.front().is_some_and(|r| time < r.0)
            {
                return false;
            }
        }
        self.tries = 0;
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(key);
        true
    }

    /// Its stream ended.
    pub(super) fn end(&mut self, how: Result<()>, now: DateTime<Utc>) {
        if matches!(self.flow, Flow::Reading) {
            self.said = false;
            self.flow = Flow::Ended { how, at: now };
        }
    }

    fn reopen(&mut self, started: Option<DateTime<Utc>>) -> bool {
        self.flow = Flow::Reading;
        self.started = started;
        self.until = self.last();
        self.tries = self.tries.saturating_add(1);
        true
    }

    /// What the picture of the fleet means for it.
    pub(super) fn tend(&mut self, snapshot: &Snapshot, now: DateTime<Utc>) -> Tending {
        let Some(host) = snapshot.host(&self.object.host) else {
            return self.lose("is configured no longer", true);
        };
        if let Link::Stale { .. } | Link::Denied { .. } = host.link {
            return self.lose("does not answer", false);
        }
        if !host.link.is_live() || !host.listed {
            return Tending::default();
        }
        let Some(container) = host.container(&self.object.id) else {
            return self.gone(host);
        };
        match self.flow.clone() {
            Flow::Lost => Tending {
                say: Some(format!("{} answers again", self.object.host)),
                open: self.reopen(container.started),
                ..Tending::default()
            },
            Flow::Ended { how, at } => self.ended(&how, at, container, now),
            Flow::Reading => {
                self.started = self.started.or(container.started);
                Tending::default()
            }
            Flow::Gone => Tending {
                open: self.reopen(container.started),
                ..Tending::default()
            },
            Flow::Closed => Tending::default(),
        }
    }

    fn lose(&mut self, what: &str, for_good: bool) -> Tending {
        if matches!(self.flow, Flow::Lost | Flow::Gone | Flow::Closed) {
            return Tending::default();
        }
        self.flow = if for_good { Flow::Gone } else { Flow::Lost };
        Tending {
            say: Some(format!("{} {what}", self.object.host)),
            ..Tending::default()
        }
    }

    /// The container was removed; one of the same name takes its place.
    fn gone(&mut self, host: &HostShard) -> Tending {
        let name = &self.object.name;
        let next = host.containers.iter().find(|c| c.name == *name);
        if let Some(next) = next.filter(|c| c.state.is_up()) {
            let old = std::mem::replace(&mut self.object, host.container_ref(next));
            self.recent.clear();
            let said = format!(
                "{} was replaced: {} is {} now",
                old.label(),
                old.id.short(),
                next.id.short()
            );
            return Tending {
                say: Some(said),
                open: self.reopen(next.started),
                ..Tending::default()
            };
        }
        if matches!(self.flow, Flow::Gone | Flow::Closed) {
            return Tending::default();
        }
        self.flow = Flow::Gone;
        Tending {
            say: Some(format!("{} was removed", self.object.label())),
            ..Tending::default()
        }
    }

    fn ended(
        &mut self,
        how: &Result<()>,
        at: DateTime<Utc>,
        container: &Container,
        now: DateTime<Utc>,
    ) -> Tending {
        let wait = (FIRST * 2_i32.pow(self.tries.min(5))).min(LONGEST);
        let due = at + wait;
        match how {
            Err(e) => {
                let say = (!self.said).then(|| broken(e));
                self.said = true;
                self.again(due, now, container, say)
            }
            Ok(()) if container.state.is_up() => {
                let restarted = container.started.is_some() && container.started != self.started;
                if restarted {
                    let say = Some(format!("{} started again", self.object.label()));
                    self.tries = 0;
                    return Tending {
                        say,
                        at: container.started,
                        open: self.reopen(container.started),
                        wake: None,
                    };
                }
                self.again(due.max(at + SETTLE), now, container, None)
            }
            Ok(()) if !self.said && container.state != ContainerState::Restarting => {
                self.said = true;
                let end = match container.exit_code {
                    Some(code) => format!("{} exited {code}", self.object.label()),
                    None => format!("{} does not run", self.object.label()),
                };
                Tending {
                    say: Some(end),
                    at: container.finished,
                    ..Tending::default()
                }
            }
            Ok(()) => Tending::default(),
        }
    }

    fn again(
        &mut self,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
        container: &Container,
        say: Option<String>,
    ) -> Tending {
        if now < due {
            return Tending {
                say,
                wake: Some(due),
                ..Tending::default()
            };
        }
        Tending {
            say,
            open: self.reopen(container.started),
            ..Tending::default()
        }
    }
}

fn broken(e: &Error) -> String {
    format!("{}; it is read again", e.chain())
}

/// Give every source a colour that depends on its name, and another one than the others have while
/// there are colours left.
pub(super) fn paint(sources: &mut [LogSource]) {
    const SERIES: usize = 6;
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|i| sources[*i].object.to_string());
    let mut taken = [0_usize; SERIES];
    for at in order {
        let mut hasher = rustc_hash::FxHasher::default();
        sources[at].object.to_string().hash(&mut hasher);
        let wish = (hasher.finish() >> 32) as usize % SERIES;
        let least = taken.iter().min().copied().unwrap_or(0);
        let free = |n: &usize| taken[*n] == least;
        let colour = (wish..wish + SERIES)
            .map(|n| n % SERIES)
            .find(free)
            .unwrap_or(wish);
        taken[colour] += 1;
        sources[at].role = Role::series(colour);
    }
}

/// What sources are called side by side, and the widest of that.
pub(super) fn names(sources: &[LogSource]) -> (Vec<String>, usize) {
    let first = sources.first().map(|s| &s.object.host);
    let one_host = sources.iter().all(|s| Some(&s.object.host) == first);
    let common = common(sources);
    let name = |s: &LogSource| {
        let label = s.object.label();
        let label = label.get(common..).unwrap_or(label);
        let text = if one_host {
            label.to_owned()
        } else {
            format!("{}/{label}", s.object.host)
        };
        sanitise(&text).into_owned()
    };
    let all: Vec<String> = sources.iter().map(name).collect();
    let widest = all.iter().map(|n| text::width(n)).max().unwrap_or(0);
    (all, widest)
}

/// Bytes that all names begin with, up to a dash: the project that all are of.
fn common(sources: &[LogSource]) -> usize {
    let mut labels = sources.iter().map(|s| s.object.label());
    let Some(first) = labels.next().filter(|_| sources.len() > 1) else {
        return 0;
    };
    let shared = labels.fold(first.len(), |most, label| {
        let same = first.bytes().zip(label.bytes()).take_while(|(a, b)| a == b);
        most.min(same.count())
    });
    let whole = sources.iter().all(|s| s.object.label().len() > shared);
    if !whole {
        return 0;
    }
    // Replicas of one service differ in their number only: that alone would be no name.
    let named = |at: usize| {
        let rest = |s: &LogSource| s.object.label().get(at..).map(str::to_owned);
        let fits = |rest: Option<String>| rest.is_some_and(|r| r.contains(char::is_alphabetic));
        sources.iter().all(|s| fits(rest(s)))
    };
    let dashes = first.bytes().take(shared).enumerate();
    let ends = dashes.filter(|(_, b)| matches!(b, b'-' | b'_'));
    let mut ends: Vec<usize> = ends.map(|(at, _)| at + 1).collect();
    ends.reverse();
    ends.into_iter().find(|at| named(*at)).unwrap_or(0)
}
