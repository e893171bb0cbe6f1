//! A connected host: subscribe, list, follow.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use rustc_hash::FxHashSet;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::super::backoff::Backoff;
use super::super::handle::FleetEvent;
use super::measure::{Measurements, Measurer};
use super::{HostActor, HostCommand, Left};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::id::{Kind, ObjectId, ObjectRef};
use crate::domain::port::BoxStream;
use crate::domain::snapshot::Link;

/// An engine that has not answered the subscription by then gets it later, and a second listing.
const SUBSCRIBE: Duration = Duration::from_millis(500);
/// Events of this long are carried out together, after the first.
const COALESCE: Duration = Duration::from_millis(100);
/// From so many changed containers on, one list is cheaper than asking for each.
const RELIST: usize = 20;
/// Objects asked for at once.
const AT_ONCE: usize = 6;

type Events = BoxStream<Result<EngineEvent>>;

/// What must be read anew.
#[derive(Debug, Default)]
struct Dirty {
    containers: FxHashSet<ObjectId>,
    images: bool,
    volumes: bool,
    networks: bool,
    swarm: bool,
}

impl Dirty {
    fn is_empty(&self) -> bool {
        self.containers.is_empty() && !(self.images || self.volumes || self.networks || self.swarm)
    }
}

/// Does this failure mean that the host is gone, and not that one call is refused?
fn is_loss(e: &Error) -> bool {
    matches!(
        e.kind(),
        ErrorKind::Unreachable | ErrorKind::TimedOut | ErrorKind::Transient
    )
}

impl HostActor {
    /// From the first ping to the loss.
    pub(super) async fn connected(&mut self, backoff: &mut Backoff, at_once: &mut bool) -> Left {
        let closing = self.closing.clone();
        tokio::select! {
            () = closing.cancelled() => Left::Closing,
            left = self.connect_and_follow(backoff, at_once) => left,
        }
    }

    async fn connect_and_follow(&mut self, backoff: &mut Backoff, at_once: &mut bool) -> Left {
        let rtt = match self.engine.connect().await {
            Ok(rtt) => rtt,
            Err(e) => return Left::Lost(e),
        };
        let engine = std::sync::Arc::clone(&self.engine);
        let mut subscribing =
            AbortOnDropHandle::new(tokio::spawn(async move { engine.events(None, None).await }));
        let early = tokio::time::timeout(SUBSCRIBE, &mut subscribing).await;
        let mut events = match early.ok().map(flatten) {
            Some(Ok(events)) => Some(events),
            Some(Err(e)) => return Left::Lost(e),
            None => None,
        };
        if let Err(e) = self.list_everything(rtt).await {
            return Left::Lost(e);
        }
        backoff.reset();
        *at_once = true;
        if events.is_none() {
            // What happened between the lists and the subscription would be missed: once it
            // stands, list again.
            match flatten((&mut subscribing).await) {
                Ok(late) => events = Some(late),
                Err(e) => return Left::Lost(e),
            }
            if let Err(e) = self.list_everything(rtt).await {
                return Left::Lost(e);
            }
        }
        match events {
            Some(events) => self.follow(events).await,
            None => Left::Again,
        }
    }

    /// Containers first: they are looked at most.
    async fn list_everything(&mut self, rtt: Duration) -> Result<()> {
        let engine = std::sync::Arc::clone(&self.engine);
        let rest = AbortOnDropHandle::new(tokio::spawn(async move {
            tokio::join!(
                engine.images(),
                engine.volumes(),
                engine.networks(),
                engine.info(),
                engine.swarm()
            )
        }));
        let containers = self.engine.containers().await;
        if let Some(list) = self.take(Kind::Container, containers)? {
            self.shard.containers(list);
            self.publish().await;
        }
        let (images, volumes, networks, info, swarm) = rest
            .await
            .map_err(|e| Error::internal("list a host").with_source(e))?;
        if let Some(list) = self.take(Kind::Image, images)? {
            self.shard.images(list);
        }
        if let Some(list) = self.take(Kind::Volume, volumes)? {
            self.shard.volumes(list);
        }
        if let Some(list) = self.take(Kind::Network, networks)? {
            self.shard.networks(list);
        }
        if let Some(swarm) = self.take(Kind::Service, swarm)? {
            self.shard.swarm(swarm);
        }
        if let Some(info) = self.take(Kind::Machine, info)? {
            self.shard.info(info);
        }
        self.shard.seen(self.clock.now());
        self.shard.listed();
        self.alive(rtt);
        self.publish().await;
        Ok(())
    }

    /// A list, or nothing when this engine cannot tell; an error when the host is lost.
    fn take<T>(&mut self, kind: Kind, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(list) => {
                self.shard.gap(kind, None);
                Ok(Some(list))
            }
            Err(e) if is_loss(&e) || e.kind() == ErrorKind::Denied => Err(e),
            Err(e) => {
                self.shard.gap(kind, Some(e));
                Ok(None)
            }
        }
    }

    /// The host answers. A round trip that is much as before is not news.
    fn alive(&mut self, rtt: Duration) {
        let news = match &self.shard.shard().link {
            Link::Live { rtt: old } => {
                let (a, b) = (rtt.max(*old), rtt.min(*old));
                a > Duration::from_millis(5) && a > b * 3
            }
            _ => true,
        };
        if news {
            self.shard.link(Link::Live { rtt });
        }
    }

    async fn follow(&mut self, mut events: Events) -> Left {
        let mut ping = after(self.settings.ping);
        let mut resync = after(self.settings.resync);
        let mut disk = after(if self.settings.disk.is_zero() {
            Duration::from_secs(86_400 * 365)
        } else {
            // Not at once: first what people wait for.
            self.settings.disk.min(Duration::from_secs(5))
        });
        let mut dirty = Dirty::default();
        let mut flushed = Instant::now()
            .checked_sub(COALESCE)
            .unwrap_or_else(Instant::now);
        let (mut measurer, mut measured) = Measurer::new(&self.engine, self.settings.stats);
        measurer.look_at(&self.looked_at);
        self.inspect_problems(&mut measurer);
        loop {
            let flush = flushed + COALESCE;
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) => {
                        self.note(event, &mut dirty);
                        if Instant::now() < flush {
                            continue;
                        }
                        // The first after a quiet time is carried out at once.
                        flushed = Instant::now();
                        if let Err(e) = self.flush(&mut dirty).await {
                            return Left::Lost(e);
                        }
                    }
                    Some(Err(e)) => return Left::Lost(e.context("follow the events")),
                    None => {
                        return Left::Lost(Error::new(ErrorKind::Unreachable, "the engine ended its events"));
                    }
                },
                () = tokio::time::sleep_until(flush), if !dirty.is_empty() => {
                    flushed = Instant::now();
                    if let Err(e) = self.flush(&mut dirty).await {
                        return Left::Lost(e);
                    }
                }
                command = self.commands.recv() => match command {
                    None => return Left::Closing,
                    Some(HostCommand::Resync) => return Left::Again,
                    Some(HostCommand::LookAt(ids)) => {
                        measurer.look_at(&ids);
                        self.looked_at = ids;
                    }
                    Some(HostCommand::Reread(object, done)) => {
                        if let Err(e) = self.reread(&object).await {
                            return Left::Lost(e);
                        }
                        let _ = done.send(());
                    }
                    Some(HostCommand::Disk) => measurer.disk(),
                },
                () = measurer.due() => measurer.measure(),
                Some(m) = measured.recv() => self.measured(m, &mut measurer).await,
                () = &mut ping => {
                    match self.engine.ping().await {
                        Ok(rtt) => {
                            self.shard.seen(self.clock.now());
                            self.alive(rtt);
                        }
                        Err(e) => return Left::Lost(e),
                    }
                    if let Err(e) = self.what_no_event_tells().await {
                        return Left::Lost(e);
                    }
                    ping = after(self.settings.ping);
                }
                () = &mut resync => {
                    let rtt = match &self.shard.shard().link {
                        Link::Live { rtt } => *rtt,
                        _ => Duration::ZERO,
                    };
                    if let Err(e) = self.list_everything(rtt).await {
                        return Left::Lost(e);
                    }
                    resync = after(self.settings.resync);
                }
                () = &mut disk => {
                    measurer.disk();
                    disk = after(self.settings.disk);
                }
            }
        }
    }

    /// Tell listeners, and remember what an event makes doubtful.
    fn note(&mut self, event: EngineEvent, dirty: &mut Dirty) {
        self.shard.seen(self.clock.now());
        let action = event.action.split(':').next().unwrap_or_default();
        match event.kind {
            EventKind::Container => match action {
                "destroy" => {
                    self.shard.remove_container(&event.id);
                    dirty.containers.remove(&event.id);
                    // Anonymous volumes go without an event of their own on some engines.
                    dirty.volumes = true;
                }
                a if a.starts_with("exec_")
                    || matches!(
                        a,
                        "top"
                            | "attach"
                            | "detach"
                            | "resize"
                            | "archive-path"
                            | "extract-to-dir"
                            | "export"
                            | "copy"
                    ) => {}
                _ => {
                    dirty.containers.insert(event.id.clone());
                }
            },
            EventKind::Network => {
                if let Some(c) = event.attributes.get("container") {
                    dirty.containers.insert(ObjectId::new(c));
                } else {
                    dirty.networks = true;
                }
            }
            EventKind::Volume => dirty.volumes |= !matches!(action, "mount" | "unmount"),
            EventKind::Image => dirty.images |= !matches!(action, "push" | "save"),
            EventKind::Service | EventKind::Node => dirty.swarm = true,
            EventKind::Other => {}
        }
        let host = self.shard.shard().id().clone();
        // Nobody listening is fine.
        let _ = self.events.send(FleetEvent {
            host,
            event: std::sync::Arc::new(event),
        });
    }

    /// Read anew what is doubtful.
    async fn flush(&mut self, dirty: &mut Dirty) -> Result<()> {
        // What was removed can be shown now.
        self.publish().await;
        let dirty = std::mem::take(dirty);
        let engine = std::sync::Arc::clone(&self.engine);
        if dirty.containers.len() > RELIST {
            let list = engine.containers().await;
            if let Some(list) = self.take(Kind::Container, list)? {
                self.shard.containers(list);
            }
        } else {
            let mut asked = stream::iter(dirty.containers)
                .map(|id| async {
                    let answer = engine.container(id.as_str()).await;
                    (id, answer)
                })
                .buffer_unordered(AT_ONCE);
            while let Some((id, answer)) = asked.next().await {
                self.one(&id, answer)?;
            }
        }
        if dirty.images {
            let list = engine.images().await;
            if let Some(list) = self.take(Kind::Image, list)? {
                self.shard.images(list);
            }
        }
        if dirty.volumes {
            let list = engine.volumes().await;
            if let Some(list) = self.take(Kind::Volume, list)? {
                self.shard.volumes(list);
            }
        }
        if dirty.networks {
            let list = engine.networks().await;
            if let Some(list) = self.take(Kind::Network, list)? {
                self.shard.networks(list);
            }
        }
        if dirty.swarm {
            let swarm = engine.swarm().await;
            if let Some(swarm) = self.take(Kind::Service, swarm)? {
                self.shard.swarm(swarm);
            }
        }
        self.publish().await;
        Ok(())
    }

    /// What an inspect of a container said.
    fn one(
        &mut self,
        id: &ObjectId,
        answer: Result<crate::domain::observed::Container>,
    ) -> Result<()> {
        match answer {
            Ok(c) => self.shard.container(c),
            Err(e) if e.kind() == ErrorKind::NotFound => self.shard.remove_container(id),
            Err(e) if is_loss(&e) => return Err(e),
            // A container in the middle of its removal gives odd answers; its end is an event.
            Err(e) => tracing::debug!(%id, error = %e.chain(), "inspect"),
        }
        Ok(())
    }

    /// Podman makes and removes networks without an event.
    async fn what_no_event_tells(&mut self) -> Result<()> {
        if self.shard.shard().is_podman() {
            let list = self.engine.networks().await;
            if let Some(list) = self.take(Kind::Network, list)? {
                self.shard.networks(list);
            }
        }
        self.publish().await;
        Ok(())
    }

    /// Read what an operation changed.
    async fn reread(&mut self, object: &ObjectRef) -> Result<()> {
        let mut dirty = Dirty::default();
        match object.kind {
            Kind::Container if object.id.as_str().is_empty() => {
                let list = self.engine.containers().await;
                if let Some(list) = self.take(Kind::Container, list)? {
                    self.shard.containers(list);
                }
            }
            Kind::Container => {
                dirty.containers.insert(object.id.clone());
                let known = self.shard.shard().container(&object.id).is_some();
                // Its volumes may have come with it, or gone.
                dirty.volumes = !known || self.shard.shard().containers.is_empty();
            }
            Kind::Image => dirty.images = true,
            Kind::Volume => dirty.volumes = true,
            Kind::Network => {
                dirty.networks = true;
                let members = self.shard.shard().network(&object.id).map(|n| {
                    self.shard
                        .shard()
                        .network_members(n)
                        .map(|c| c.id.clone())
                        .collect::<Vec<_>>()
                });
                dirty.containers.extend(members.unwrap_or_default());
            }
            Kind::Machine | Kind::Service | Kind::Project | Kind::Node => {}
        }
        self.flush(&mut dirty).await
    }

    /// Lists do not tell why something failed; a few inspects do.
    fn inspect_problems(&self, measurer: &mut Measurer) {
        let ids = self
            .shard
            .shard()
            .containers
            .iter()
            .filter(|c| !c.inspected && (c.is_problem() || c.health.is_some()))
            .map(|c| c.id.clone())
            .take(50)
            .collect();
        measurer.inspect(ids);
    }

    async fn measured(&mut self, m: Measurements, measurer: &mut Measurer) {
        match m {
            Measurements::Usage(samples) => {
                for (id, sample) in samples {
                    if let Some(m) = measurer.take(&id, &sample, self.clock.now()) {
                        self.shard.usage(&id, m);
                    }
                }
                measurer.rest();
            }
            Measurements::Disk(disk) => self.shard.disk(*disk),
            Measurements::Containers(list) => {
                for c in list {
                    // Only what is still there: its end may have come in between.
                    if self.shard.shard().container(&c.id).is_some() {
                        self.shard.container(c);
                    }
                }
            }
        }
        self.publish().await;
    }
}

fn after(wait: Duration) -> std::pin::Pin<Box<tokio::time::Sleep>> {
    Box::pin(tokio::time::sleep(wait))
}

fn flatten(joined: Result<Result<Events>, tokio::task::JoinError>) -> Result<Events> {
    joined.map_err(|e| Error::internal("subscribe to events").with_source(e))?
}
