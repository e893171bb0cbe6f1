//! The reads of one engine that the picture does not hold: nothing here changes anything.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::error::Result;
use crate::domain::event::EngineEvent;
use crate::domain::files::{Found, Layer};
use crate::domain::id::{HostId, Kind};
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::observed::{Container, DiskUse, EngineInfo};
use crate::domain::port::{BoxStream, ByteStream, Engine, PathStat, Top};
use crate::domain::spec::ContainerSpec;
use crate::domain::stats::StatsSample;

use super::browse::Copied;

/// Reads of one engine. Errors name the host.
#[derive(Debug, Clone)]
pub struct Reader {
    host: HostId,
    engine: Arc<dyn Engine>,
}

impl Reader {
    pub(super) fn new(host: HostId, engine: Arc<dyn Engine>) -> Self {
        Self { host, engine }
    }

    /// Whose engine it is.
    pub fn host(&self) -> &HostId {
        &self.host
    }

    fn on<T>(&self, what: &str, result: Result<T>) -> Result<T> {
        result.map_err(|e| e.context(format!("{what} on {}", self.host)))
    }

    /// A round trip.
    pub async fn ping(&self) -> Result<Duration> {
        self.on("ping", self.engine.ping().await)
    }

    /// What the engine says of itself.
    pub async fn info(&self) -> Result<EngineInfo> {
        self.on("ask for information", self.engine.info().await)
    }

    /// What takes its disk; slow on large hosts.
    pub async fn disk_use(&self) -> Result<DiskUse> {
        self.on("measure the disk use", self.engine.disk_use().await)
    }

    /// The inspected form of a container, by id or name.
    pub async fn container(&self, id: &str) -> Result<Container> {
        self.on("inspect a container", self.engine.container(id).await)
    }

    /// What a container was made of; made from it, a new one would be the same.
    pub async fn spec(&self, id: &str) -> Result<ContainerSpec> {
        let spec = self.engine.spec(id).await;
        self.on("read what a container was made of", spec)
    }

    /// The engine's own document.
    pub async fn inspect(&self, kind: Kind, id: &str) -> Result<serde_json::Value> {
        self.on("inspect", self.engine.inspect(kind, id).await)
    }

    /// What a container writes.
    pub async fn logs(&self, id: &str, options: LogOptions) -> Result<BoxStream<Result<LogLine>>> {
        self.on("read logs", self.engine.logs(id, options).await)
    }

    /// What happens there.
    pub async fn events(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<BoxStream<Result<EngineEvent>>> {
        self.on("read events", self.engine.events(since, until).await)
    }

    /// One sample of a container's use.
    pub async fn stats(&self, id: &str) -> Result<StatsSample> {
        self.on("measure a container", self.engine.stats(id).await)
    }

    /// A container's processes.
    pub async fn top(&self, id: &str, arguments: &str) -> Result<Top> {
        self.on("list processes", self.engine.top(id, arguments).await)
    }

    /// Wait until a container does not run; its exit code.
    pub async fn wait(&self, id: &str) -> Result<i64> {
        self.on("wait for a container", self.engine.wait(id).await)
    }

    /// The steps in which an image was made, the newest first.
    pub async fn layers(&self, image: &str) -> Result<Vec<Layer>> {
        self.on(
            "read the history of an image",
            self.engine.layers(image).await,
        )
    }

    /// What is at a path of a container: the entries of a directory, or the beginning of a file.
    /// `also` are paths known to be there, for directories too large to be read whole.
    pub async fn browse(&self, id: &str, path: &str, also: &[String]) -> Result<Found> {
        let found = super::browse::browse(&*self.engine, id, path, also).await;
        self.on(&format!("look at {path}"), found)
    }

    /// Copy what is at a path of a container to `target` here, which must not be there yet, or
    /// into it when it is a directory. Where it went, its bytes, and what was left out.
    pub async fn fetch(&self, id: &str, path: &str, target: &Path) -> Result<Copied> {
        let copied = super::browse::fetch(&*self.engine, id, path, target).await;
        self.on(&format!("copy {path}"), copied)
    }

    /// The state of a path in a container.
    pub async fn stat(&self, id: &str, path: &str) -> Result<PathStat> {
        self.on("look at a path", self.engine.stat(id, path).await)
    }

    /// A tar archive of a path in a container.
    pub async fn download(&self, id: &str, path: &str) -> Result<ByteStream> {
        self.on(
            "copy from a container",
            self.engine.download(id, path).await,
        )
    }
}
