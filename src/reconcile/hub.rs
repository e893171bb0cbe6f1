//! Collects the shards and the operations into snapshots: at once when it has been quiet, at most
//! every so often under load.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::domain::operation::Operation;
use crate::domain::snapshot::{HostShard, Snapshot};

/// So many snapshots may follow each other at once after a quiet time.
const BURST: u32 = 4;

/// What the picture is made of.
#[derive(Debug)]
pub(super) enum HubMessage {
    Shard(Arc<HostShard>),
    Operation(Arc<Operation>),
}

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) inbox: mpsc::Receiver<HubMessage>,
    pub(super) out: watch::Sender<Arc<Snapshot>>,
    /// The least time between two snapshots under load.
    pub(super) pause: Duration,
    /// Finished operations to keep.
    pub(super) keep: usize,
}

impl Hub {
    /// Until nobody is left who could send.
    pub(super) async fn run(mut self) {
        let mut next = Snapshot::clone(&self.out.borrow());
        let mut tokens = BURST;
        let mut last = Instant::now();
        while let Some(message) = self.inbox.recv().await {
            apply(&mut next, message, self.keep);
            self.drain(&mut next);
            let quiet = last.elapsed().as_nanos() / self.pause.as_nanos().max(1);
            tokens = tokens
                .saturating_add(quiet.min(u128::from(BURST)) as u32)
                .min(BURST);
            if tokens == 0 {
                tokio::time::sleep_until(last + self.pause).await;
                self.drain(&mut next);
                tokens = 1;
            }
            tokens -= 1;
            last = Instant::now();
            next.rev += 1;
            self.out.send_replace(Arc::new(next.clone()));
        }
    }

    fn drain(&mut self, next: &mut Snapshot) {
        while let Ok(message) = self.inbox.try_recv() {
            apply(next, message, self.keep);
        }
    }
}

fn apply(next: &mut Snapshot, message: HubMessage, keep: usize) {
    match message {
        HubMessage::Shard(shard) => {
            let hosts = Arc::make_mut(&mut next.hosts);
            if let Some(place) = hosts.iter_mut().find(|h| h.id() == shard.id()) {
                *place = shard;
            }
        }
        HubMessage::Operation(operation) => {
            let list = Arc::make_mut(&mut next.operations);
            match list.iter_mut().rev().find(|o| o.id == operation.id) {
                Some(place) => *place = operation,
                None => list.push(operation),
            }
            let over = list
                .iter()
                .filter(|o| !o.is_running())
                .count()
                .saturating_sub(keep);
            if over > 0 {
                let mut left: VecDeque<()> = std::iter::repeat_n((), over).collect();
                list.retain(|o| o.is_running() || left.pop_front().is_none());
            }
        }
    }
}
