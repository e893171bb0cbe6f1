//! A connected host: subscribe, list, follow.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use rustc_hash::FxHashSet;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::super::backoff::spread;
use super::super::handle::FleetEvent;
use super::measure::{Measurements, Measurer};
use super::{HostActor, HostCommand, Left};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::id::{Kind, ObjectId, ObjectRef};
use crate::domain::observed::Container;
use crate::domain::port::BoxStream;
use crate::domain::snapshot::{HostShard, Link};

/// An engine that has not answered the subscription by then gets it later, and a second listing.
const SUBSCRIBE: Duration = Duration::from_millis(500);
/// Events of this long are carried out together, after the first.
const COALESCE: Duration = Duration::from_millis(100);
/// From so many changed containers on, one list is cheaper than asking for each.
const RELIST: usize = 20;
/// Objects asked for at once.
const AT_ONCE: usize = 6;

/// How soon a list is asked for again that failed in a way that may pass.
const GAP: Duration = Duration::from_secs(30);

/// What is heard of an engine.
enum Heard {
    /// The subscription stands only now: what happened before it was missed.
    Standing,
    Event(EngineEvent),
}

type Events = BoxStream<Result<Heard>>;
type Subscribing = AbortOnDropHandle<Result<BoxStream<Result<EngineEvent>>>>;

/// What must be read anew.
#[derive(Debug, Default)]
struct Dirty {
    containers: FxHashSet<ObjectId>,
    /// Every container.
    all: bool,
    images: bool,
    volumes: bool,
    networks: bool,
    swarm: bool,
}

impl Dirty {
    fn is_empty(&self) -> bool {
        let lists = [
            self.all,
            self.images,
            self.volumes,
            self.networks,
            self.swarm,
        ];
        self.containers.is_empty() && !lists.contains(&true)
    }
}

impl HostActor {
    /// From the first ping to the loss.
    pub(super) async fn connected(&mut self) -> Left {
        let closing = self.closing.clone();
        tokio::select! {
            () = closing.cancelled() => Left::Closing,
            left = self.connect_and_follow() => left,
        }
    }

    async fn connect_and_follow(&mut self) -> Left {
        let rtt = match self.engine.connect().await {
            Ok(rtt) => rtt,
            Err(e) => return Left::Lost(e),
        };
        let mut subscribing = self.subscribe();
        let events: Events = match tokio::time::timeout(SUBSCRIBE, &mut subscribing).await {
            Ok(joined) => match flatten(joined) {
                Ok(events) => Box::pin(events.map(|e| e.map(Heard::Event))),
                Err(e) => return Left::Lost(e),
            },
            Err(_) => late(subscribing),
        };
        match self.list_everything(rtt).await {
            Ok(()) => self.follow(events).await,
            Err(e) => Left::Lost(e),
        }
    }

    fn subscribe(&self) -> Subscribing {
        let engine = std::sync::Arc::clone(&self.engine);
        AbortOnDropHandle::new(tokio::spawn(async move { engine.events(None, None).await }))
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

    /// A list, or nothing when this engine cannot tell; an error when the host is lost. Without the
    /// containers a host is as good as lost; proxies that forbid the images are usual.
    fn take<T>(&mut self, kind: Kind, result: Result<T>) -> Result<Option<T>> {
        let e = match result {
            Ok(list) => {
                self.shard.gap(kind, None);
                return Ok(Some(list));
            }
            Err(e) => e,
        };
        let is_loss = match e.kind() {
            ErrorKind::Unreachable => true,
            ErrorKind::TimedOut | ErrorKind::Transient | ErrorKind::Denied => {
                kind == Kind::Container
            }
            ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Unsupported
            | ErrorKind::Refused
            | ErrorKind::Cancelled
            | ErrorKind::Protocol
            | ErrorKind::Internal => false,
        };
        if is_loss {
            return Err(e);
        }
        self.shard.gap(kind, Some(e));
        Ok(None)
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
        self.followed = Some(Instant::now());
        let mut ping = after(self.settings.ping);
        let mut pings = 0u32;
        let mut resync = after(self.until_resync());
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
        measurer.look_at(&self.looks.borrow_and_update());
        self.inspect_problems(&mut measurer);
        loop {
            let flush = flushed + COALESCE;
            let done = tokio::select! {
                event = events.next() => match event {
                    Some(Ok(Heard::Event(event))) => {
                        self.note(event, &mut dirty);
                        if Instant::now() < flush {
                            continue;
                        }
                        // The first after a quiet time is carried out at once.
                        flushed = Instant::now();
                        self.flush(&mut dirty).await
                    }
                    Some(Ok(Heard::Standing)) => self.list_again().await,
                    Some(Err(e)) if e.kind() == ErrorKind::TimedOut => {
                        // No headers, and nothing happened to send them for.
                        events = late(self.subscribe());
                        self.list_again().await
                    }
                    Some(Err(e)) => return Left::Lost(e.context("follow the events")),
                    None => {
                        let e = Error::new(ErrorKind::Unreachable, "the engine ended its events");
                        return Left::Lost(e);
                    }
                },
                () = tokio::time::sleep_until(flush), if !dirty.is_empty() => {
                    flushed = Instant::now();
                    self.flush(&mut dirty).await
                }
                command = self.commands.recv() => match command {
                    None => return Left::Closing,
                    Some(HostCommand::Resync) => return Left::Again,
                    Some(HostCommand::Disk) => {
                        measurer.disk();
                        continue;
                    }
                    Some(HostCommand::Reread(object, done)) => {
                        flushed = Instant::now();
                        match self.reread(object, done, &mut dirty, &mut measurer).await {
                            Ok(None) => Ok(()),
                            Ok(Some(left)) => return left,
                            Err(e) => Err(e),
                        }
                    }
                },
                Ok(()) = self.looks.changed() => {
                    measurer.look_at(&self.looks.borrow_and_update());
                    continue;
                }
                () = measurer.due() => {
                    let shard = self.shard.shard();
                    measurer.measure(|id| shard.container(id).is_some_and(|c| c.state.is_up()));
                    continue;
                }
                Some(m) = measured.recv() => {
                    self.measured(m, &mut measurer).await;
                    continue;
                }
                () = &mut ping => {
                    ping = after(self.settings.ping);
                    pings = pings.wrapping_add(1);
                    self.still_there(pings.is_multiple_of(3)).await
                }
                () = &mut resync => {
                    let listed = self.list_again().await;
                    resync = after(self.until_resync());
                    listed
                }
                () = &mut disk => {
                    measurer.disk();
                    disk = after(self.settings.disk);
                    continue;
                }
            };
            if let Err(e) = done {
                return Left::Lost(e);
            }
            // A list that failed just now is asked for again sooner.
            if self.until_resync() <= GAP && resync.deadline() > Instant::now() + GAP {
                resync = after(GAP);
            }
        }
    }

    /// How long the lists are believed.
    fn until_resync(&self) -> Duration {
        let shard = self.shard.shard();
        let whole = spread(self.settings.resync, shard.id().as_str());
        if shard.gaps.values().any(|e| e.kind().is_retryable()) {
            whole.min(GAP)
        } else {
            whole
        }
    }

    async fn list_again(&mut self) -> Result<()> {
        let rtt = match &self.shard.shard().link {
            Link::Live { rtt } => *rtt,
            _ => Duration::ZERO,
        };
        self.list_everything(rtt).await
    }

    async fn still_there(&mut self, is_third: bool) -> Result<()> {
        let rtt = self.engine.ping().await?;
        self.shard.seen(self.clock.now());
        self.alive(rtt);
        if is_third && self.shard.shard().swarm.is_some() {
            // Tasks come and go on other machines without an event on this one.
            let swarm = self.engine.swarm().await;
            if let Some(swarm) = self.take(Kind::Service, swarm)? {
                self.shard.swarm(swarm);
            }
        }
        self.what_no_event_tells().await
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
        let mut relist = dirty.all || dirty.containers.len() > RELIST;
        if !relist {
            let mut asked = stream::iter(dirty.containers)
                .map(|id| async {
                    let answer = engine.container(id.as_str()).await;
                    (id, answer)
                })
                .buffer_unordered(AT_ONCE);
            while let Some((id, answer)) = asked.next().await {
                relist |= !self.one(&id, answer).await?;
            }
        }
        if relist {
            let list = engine.containers().await;
            if let Some(list) = self.take(Kind::Container, list)? {
                self.shard.containers(list);
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

    /// What an inspect of a container said; false if it said nothing. One container that cannot be
    /// inspected (locked, or in the middle of its removal) makes no host lost: the list knows its
    /// state.
    async fn one(&mut self, id: &ObjectId, answer: Result<Container>) -> Result<bool> {
        match answer {
            Ok(c) => self.shard.container(c),
            Err(e) => match e.kind() {
                ErrorKind::NotFound => self.shard.remove_container(id),
                ErrorKind::Unreachable => return Err(e),
                kind => {
                    tracing::debug!(%id, error = %e.chain(), "inspect");
                    if kind == ErrorKind::TimedOut {
                        // The container, or the whole engine?
                        self.engine.ping().await?;
                    }
                    return Ok(false);
                }
            },
        }
        Ok(true)
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

    /// Read what operations changed, all that is asked for at once.
    async fn reread(
        &mut self,
        object: ObjectRef,
        done: oneshot::Sender<()>,
        dirty: &mut Dirty,
        measurer: &mut Measurer,
    ) -> Result<Option<Left>> {
        let mut asked = vec![(object, done)];
        let mut left = None;
        while left.is_none()
            && let Ok(command) = self.commands.try_recv()
        {
            match command {
                HostCommand::Reread(object, done) => asked.push((object, done)),
                HostCommand::Disk => measurer.disk(),
                HostCommand::Resync => left = Some(Left::Again),
            }
        }
        let there = |shard: &HostShard, o: &ObjectRef| shard.container(&o.id).is_some();
        let before: Vec<bool> = asked
            .iter()
            .map(|(o, _)| there(self.shard.shard(), o))
            .collect();
        for (object, _) in &asked {
            self.doubt(object, dirty);
        }
        self.flush(dirty).await?;
        let came_or_went = asked
            .iter()
            .zip(before)
            .any(|((o, _), was)| o.kind == Kind::Container && there(self.shard.shard(), o) != was);
        if came_or_went {
            // Its volumes may have come with it, or gone.
            dirty.volumes = true;
            self.flush(dirty).await?;
        }
        for (_, done) in asked {
            let _ = done.send(());
        }
        Ok(left)
    }

    /// What a changed object makes doubtful.
    fn doubt(&self, object: &ObjectRef, dirty: &mut Dirty) {
        let shard = self.shard.shard();
        match object.kind {
            // It may have been made without its id being known.
            Kind::Container if object.id.as_str().is_empty() => dirty.all = true,
            Kind::Container => {
                dirty.containers.insert(object.id.clone());
            }
            Kind::Image => dirty.images = true,
            Kind::Volume => dirty.volumes = true,
            Kind::Network => {
                dirty.networks = true;
                if let Some(n) = shard.network(&object.id) {
                    let members = shard.network_members(n).map(|c| c.id.clone());
                    dirty.containers.extend(members);
                }
            }
            Kind::Machine | Kind::Service | Kind::Project | Kind::Node => {}
        }
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
                    self.shard.details(c);
                }
            }
        }
        self.publish().await;
    }
}

fn after(wait: Duration) -> std::pin::Pin<Box<tokio::time::Sleep>> {
    Box::pin(tokio::time::sleep(wait))
}

type Joined<T> = Result<T, tokio::task::JoinError>;

fn flatten<T>(joined: Joined<Result<T>>) -> Result<T> {
    joined.map_err(|e| Error::internal("subscribe to events").with_source(e))?
}

/// The events of a subscription that does not stand yet.
fn late(subscribing: Subscribing) -> Events {
    let all = stream::once(subscribing).flat_map(|joined| -> Events {
        match flatten(joined) {
            Ok(events) => {
                let standing = stream::iter([Ok(Heard::Standing)]);
                Box::pin(standing.chain(events.map(|e| e.map(Heard::Event))))
            }
            Err(e) => Box::pin(stream::iter([Err(e)])),
        }
    });
    Box::pin(all)
}
