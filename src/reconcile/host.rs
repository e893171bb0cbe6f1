//! One host: connects, subscribes, lists, follows the events, measures, comes back by itself.

mod live;
mod measure;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::handle::FleetEvent;
use super::hub::HubMessage;
use super::shard::ShardWriter;
use super::{HostSpec, Settings};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::{ObjectId, ObjectRef};
use crate::domain::port::{Clock, Engine};
use crate::domain::snapshot::Link;

/// What a host's actor is asked to do.
#[derive(Debug)]
pub(super) enum HostCommand {
    /// Read everything anew, now.
    Resync,
    /// Read one object anew; answered when the picture has it.
    Reread(ObjectRef, oneshot::Sender<()>),
    /// Ask for the disk use now.
    Disk,
}

/// How a host's actor is spoken to.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) commands: mpsc::Receiver<HostCommand>,
    /// What to measure: only the last word counts.
    pub(super) looks: watch::Receiver<Vec<ObjectId>>,
}

/// The actor of one host.
#[derive(Debug)]
pub(super) struct HostActor {
    engine: Arc<dyn Engine>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    shard: ShardWriter,
    hub: mpsc::Sender<HubMessage>,
    events: broadcast::Sender<FleetEvent>,
    commands: mpsc::Receiver<HostCommand>,
    closing: CancellationToken,
    /// The containers somebody looks at.
    looks: watch::Receiver<Vec<ObjectId>>,
    /// Since when the events are followed.
    followed: Option<Instant>,
}

/// A connection that lasted so long was a good one.
const STEADY: Duration = Duration::from_secs(2);

/// Why a connected host is left.
enum Left {
    /// The program ends.
    Closing,
    /// Somebody wants everything anew: connect again at once.
    Again,
    /// A call failed, or the events ended.
    Lost(Error),
}

impl HostActor {
    pub(super) fn new(
        spec: HostSpec,
        settings: Settings,
        clock: Arc<dyn Clock>,
        hub: mpsc::Sender<HubMessage>,
        events: broadcast::Sender<FleetEvent>,
        told: Told,
        closing: CancellationToken,
    ) -> Self {
        Self {
            engine: spec.engine,
            settings,
            clock,
            shard: ShardWriter::new(spec.facts),
            hub,
            events,
            commands: told.commands,
            closing,
            looks: told.looks,
            followed: None,
        }
    }

    /// Until the program ends.
    pub(super) async fn run(mut self) {
        let seed = self.shard.shard().id().as_str().to_owned();
        let mut backoff = Backoff::new(self.settings.backoff, seed);
        loop {
            self.followed = None;
            let left = self.connected().await;
            let steady = self.followed.is_some_and(|at| at.elapsed() >= STEADY);
            if steady {
                backoff.reset();
            }
            let error = match left {
                Left::Closing => return,
                Left::Again => continue,
                Left::Lost(error) => error,
            };
            // Some proxies cut a stream or a connection now and then: that alone makes no host
            // stale. One that is cut as soon as it stands waits its time like any other failure,
            // and who did not answer in time would only be waited for a second time.
            if steady && error.kind() != ErrorKind::TimedOut {
                self.engine.reset();
                continue;
            }
            self.engine.reset();
            let wait = self.lose(error, &mut backoff);
            self.publish().await;
            if !self.rest(wait).await {
                return;
            }
        }
    }

    /// The host is not live any more; how long to wait.
    fn lose(&mut self, error: Error, backoff: &mut Backoff) -> Duration {
        let now = self.clock.now();
        let since = match &self.shard.shard().link {
            Link::Stale { since, .. } | Link::Denied { since, .. } => *since,
            Link::Connecting => now,
            Link::Live { .. } => self.shard.shard().seen.unwrap_or(now),
        };
        let refused = matches!(
            error.kind(),
            ErrorKind::Denied | ErrorKind::Unsupported | ErrorKind::Invalid
        );
        let wait = if refused {
            self.settings.backoff.1
        } else {
            backoff.wait()
        };
        tracing::debug!(host = %self.shard.shard().id(), error = %error.chain(), ?wait, "host lost");
        self.shard.link(if refused {
            Link::Denied { since, error }
        } else {
            let retry = chrono::Duration::from_std(wait).ok().map(|w| now + w);
            Link::Stale {
                since,
                error,
                retry,
            }
        });
        wait
    }

    /// Wait, unless somebody wants it now; false when the program ends.
    async fn rest(&mut self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return false,
                () = tokio::time::sleep_until(until) => return true,
                command = self.commands.recv() => match command {
                    None => return false,
                    Some(HostCommand::Resync) => return true,
                    // Nothing new can be told; an answer keeps nobody waiting.
                    Some(HostCommand::Reread(_, done)) => drop(done),
                    Some(HostCommand::Disk) => {}
                },
            }
        }
    }

    /// Hand the shard to the hub, if it changed.
    async fn publish(&mut self) {
        if let Some(shard) = self.shard.publish() {
            // The hub lives as long as any host.
            let _ = self.hub.send(HubMessage::Shard(shard)).await;
        }
    }
}
