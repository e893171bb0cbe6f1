//! The time source of simulated engines: injected, so that a test can hold the clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// The longest sleep on a clock that may not run like real time.
const LONGEST_NAP: Duration = Duration::from_millis(250);

/// Where a simulated engine reads the time; cheap to clone.
#[derive(Clone)]
pub struct SimClock {
    read: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    moved: Option<watch::Receiver<()>>,
}

impl SimClock {
    /// A clock that asks `f` and is taken to run like real time, more or less.
    pub fn from_fn(f: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self {
            read: Arc::new(f),
            moved: None,
        }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.read)()
    }

    /// Nanoseconds since the epoch, the unit the model counts in.
    pub(crate) fn nanos(&self) -> i64 {
        self.now().timestamp_nanos_opt().unwrap_or_default()
    }

    /// Return when the clock may show `nanos` (or, on a clock of somebody's making, a bit later).
    pub(crate) async fn wait_until(&self, nanos: i64) {
        let left = nanos - self.nanos();
        if left <= 0 {
            return;
        }
        let Some(moved) = &self.moved else {
            let nap = Duration::from_nanos(left.unsigned_abs()).min(LONGEST_NAP);
            tokio::time::sleep(nap).await;
            return;
        };
        let mut moved = moved.clone();
        moved.mark_unchanged();
        if nanos > self.nanos() && moved.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimClock")
    }
}

/// A clock that moves only when it is told to; engines on it act at once when it does.
#[derive(Debug, Clone)]
pub struct ManualClock {
    nanos: Arc<AtomicI64>,
    moved: watch::Sender<()>,
}

impl ManualClock {
    /// A stopped clock that shows `start`.
    pub fn new(start: DateTime<Utc>) -> Self {
        let nanos = AtomicI64::new(start.timestamp_nanos_opt().unwrap_or_default());
        Self {
            nanos: Arc::new(nanos),
            moved: watch::Sender::new(()),
        }
    }

    /// Move it forward.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(by.as_nanos() as i64, Ordering::SeqCst);
        self.moved.send_replace(());
    }

    /// The view of it that engines take.
    pub fn clock(&self) -> SimClock {
        let cell = Arc::clone(&self.nanos);
        SimClock {
            read: Arc::new(move || DateTime::from_timestamp_nanos(cell.load(Ordering::SeqCst))),
            moved: Some(self.moved.subscribe()),
        }
    }
}
