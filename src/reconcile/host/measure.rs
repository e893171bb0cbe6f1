//! Slow reads beside the events: use of what somebody looks at, disk use, inspects in bulk. They run
//! in tasks of their own, so that they delay nothing.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream;
use rustc_hash::FxHashMap;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::domain::id::ObjectId;
use crate::domain::observed::{Container, DiskUse};
use crate::domain::port::Engine;
use crate::domain::snapshot::Measured;
use crate::domain::stats::{StatsSample, Usage};

/// Samples taken at once.
const AT_ONCE: usize = 4;

/// What came back.
#[derive(Debug)]
pub(super) enum Measurements {
    Usage(Vec<(ObjectId, StatsSample)>),
    Disk(Box<DiskUse>),
    Containers(Vec<Container>),
}

/// Dropping it stops what runs.
#[derive(Debug)]
pub(super) struct Measurer {
    engine: Arc<dyn Engine>,
    every: Duration,
    out: mpsc::Sender<Measurements>,
    wanted: Vec<ObjectId>,
    before: FxHashMap<ObjectId, StatsSample>,
    /// Came a first sample? Without a second there is no CPU use to show.
    first: bool,
    next: Option<Instant>,
    sampling: Option<AbortOnDropHandle<()>>,
    measuring: Option<AbortOnDropHandle<()>>,
    inspecting: Option<AbortOnDropHandle<()>>,
}

impl Measurer {
    pub(super) fn new(
        engine: &Arc<dyn Engine>,
        every: Duration,
    ) -> (Self, mpsc::Receiver<Measurements>) {
        let (out, results) = mpsc::channel(4);
        let measurer = Self {
            engine: Arc::clone(engine),
            every,
            out,
            wanted: Vec::new(),
            before: FxHashMap::default(),
            first: false,
            next: None,
            sampling: None,
            measuring: None,
            inspecting: None,
        };
        (measurer, results)
    }

    pub(super) fn look_at(&mut self, ids: &[ObjectId]) {
        if self.wanted == ids {
            return;
        }
        self.wanted = ids.to_vec();
        self.before.retain(|id, _| ids.contains(id));
        if ids.is_empty() || self.every.is_zero() {
            self.next = None;
        } else if self.next.is_none() && self.sampling.is_none() {
            self.next = Some(Instant::now());
        }
    }

    /// When the next samples are due.
    pub(super) async fn due(&self) {
        match self.next {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Sample what is looked at and runs.
    pub(super) fn measure(&mut self, runs: impl Fn(&ObjectId) -> bool) {
        self.next = None;
        let (engine, out) = (Arc::clone(&self.engine), self.out.clone());
        let ids: Vec<ObjectId> = self.wanted.iter().filter(|id| runs(id)).cloned().collect();
        self.sampling = Some(AbortOnDropHandle::new(tokio::spawn(async move {
            let samples = stream::iter(ids)
                .map(|id| async {
                    let sample = engine.stats(id.as_str()).await;
                    Some((id, sample.ok()?))
                })
                .buffer_unordered(AT_ONCE)
                .filter_map(std::future::ready)
                .collect()
                .await;
            let _ = out.send(Measurements::Usage(samples)).await;
        })));
    }

    /// The samples are in: the next are due later.
    pub(super) fn rest(&mut self) {
        self.sampling = None;
        let soon = std::mem::take(&mut self.first);
        let wait = if soon { self.every / 2 } else { self.every };
        self.next =
            (!self.wanted.is_empty() && !self.every.is_zero()).then(|| Instant::now() + wait);
    }

    /// What a sample means beside the one before it.
    pub(super) fn take(
        &mut self,
        id: &ObjectId,
        sample: &StatsSample,
        now: DateTime<Utc>,
    ) -> Option<Measured> {
        if !self.wanted.contains(id) {
            return None;
        }
        let before = self.before.insert(id.clone(), sample.clone());
        self.first |= before.is_none();
        let usage = Usage::between(before.as_ref(), sample);
        Some(Measured { usage, at: now })
    }

    /// Ask for the disk use, unless that is being asked.
    pub(super) fn disk(&mut self) {
        if self.measuring.as_ref().is_some_and(|m| !m.is_finished()) {
            return;
        }
        let (engine, out) = (Arc::clone(&self.engine), self.out.clone());
        self.measuring = Some(AbortOnDropHandle::new(tokio::spawn(async move {
            if let Ok(disk) = engine.disk_use().await {
                let _ = out.send(Measurements::Disk(Box::new(disk))).await;
            }
        })));
    }

    /// Inspect these, a few at a time.
    pub(super) fn inspect(&mut self, ids: Vec<ObjectId>) {
        if ids.is_empty() {
            return;
        }
        let (engine, out) = (Arc::clone(&self.engine), self.out.clone());
        self.inspecting = Some(AbortOnDropHandle::new(tokio::spawn(async move {
            let engine = &engine;
            let found = stream::iter(ids)
                .map(|id| async move { engine.container(id.as_str()).await.ok() })
                .buffer_unordered(AT_ONCE)
                .filter_map(std::future::ready)
                .collect()
                .await;
            let _ = out.send(Measurements::Containers(found)).await;
        })));
    }
}
