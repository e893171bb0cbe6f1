//! The port [`Engine`] over HTTP: Docker 20.10 to 28, and Podman's Docker API.
//!
//! Answers are read into structs of our own that forgive what engines leave out or send wrong,
//! and are mapped once, here, into `domain` types; text becomes clean on the way. What differs by
//! API version or between Docker and Podman is decided here and nowhere else:
//!
//! * [`wire`]: the lenient reading; `containers`, `objects`, `system`, `swarm`, `stats`: what is
//! * `events`, `logs` (`demux`, `lines`, `ndjson`): streams, decoded in linear time and bounded
//! * `actions`, `create`, `pull`, `auth`: what changes something
//! * `session`, `files`: exec, attach, copying

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::event::EngineEvent;
use crate::domain::files::Layer;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::observed::{Container, DiskUse, EngineInfo, Image, Network, Swarm, Volume};
use crate::domain::plan::Action;
use crate::domain::port::{
    AttachSpec, BoxFuture, BoxStream, ByteStream, Clock, Done, Engine, ExecSpec, PathStat,
    ProgressSink, Session, Top,
};
use crate::domain::spec::ContainerSpec;
use crate::domain::stats::StatsSample;
use crate::transport::call::Timeouts;
use crate::transport::{ApiVersion, Call, Dialer, EngineKind, HttpClient, segment};

mod actions;
mod auth;
#[cfg(test)]
mod canned;
mod containers;
mod create;
mod demux;
mod events;
mod files;
mod lines;
mod logs;
mod ndjson;
mod objects;
mod pull;
mod reference;
mod session;
mod spec;
mod stats;
mod swarm;
mod system;
mod wire;

pub use auth::RegistryAuth;

/// Longer than anybody waits, and short enough to add to a clock.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// What changes something may take longer than what only asks.
const PATIENCE: Duration = Duration::from_secs(60);
/// Since then one sample of statistics can be had at once.
const ONE_SHOT: ApiVersion = ApiVersion::new(1, 41);

/// How to speak to an engine.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Limits of a single call; what changes something gets at least a minute.
    pub timeouts: Timeouts,
    /// Logins for pulls.
    pub auth: RegistryAuth,
    pub clock: Arc<dyn Clock>,
}

/// One Docker or Podman engine. Clones share its connections.
#[derive(Clone)]
pub struct DockerEngine {
    http: HttpClient,
    timeouts: Timeouts,
    auth: RegistryAuth,
    clock: Arc<dyn Clock>,
    /// 0 before anybody asked, then 1 for Docker and 2 for Podman.
    product: Arc<AtomicU8>,
    /// The version to speak, whatever the engine offers.
    pinned: Option<ApiVersion>,
}

impl fmt::Debug for DockerEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DockerEngine").field(&self.http).finish()
    }
}

/// Whom we speak to, and how.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    api: ApiVersion,
    podman: bool,
}

impl DockerEngine {
    /// An engine that is connected to when it is first used.
    pub fn new(dialer: Arc<dyn Dialer>, options: EngineOptions) -> Self {
        Self {
            http: HttpClient::with_timeouts(dialer, options.timeouts),
            timeouts: options.timeouts,
            auth: options.auth,
            clock: options.clock,
            product: Arc::default(),
            pinned: None,
        }
    }

    /// Speak this API version, whatever the engine offers (`DOCKER_API_VERSION`).
    pub fn with_api(mut self, version: ApiVersion) -> Self {
        self.http.pin_api(version);
        self.pinned = Some(version);
        self
    }

    async fn negotiate(&self) -> Result<(Dialect, Duration)> {
        let n = self.http.negotiate().await?;
        let podman = n.kind == EngineKind::Podman;
        self.product.store(1 + u8::from(podman), Ordering::Relaxed);
        let api = self.pinned.unwrap_or(n.api);
        self.http.pin_api(api);
        Ok((Dialect { api, podman }, n.rtt))
    }

    async fn dialect(&self) -> Result<Dialect> {
        match (self.http.api(), self.product.load(Ordering::Relaxed)) {
            (Some(api), product @ 1..) => Ok(Dialect {
                api,
                podman: product == 2,
            }),
            _ => Ok(self.negotiate().await?.0),
        }
    }

    /// Limits for a call that changes something and may take `extra` besides.
    fn limits(&self, extra: Duration) -> Timeouts {
        Timeouts {
            headers: self.timeouts.headers.max(PATIENCE).saturating_add(extra),
            ..self.timeouts
        }
    }

    /// A list; rows that cannot be read at all are left out instead of failing the rest.
    async fn rows<T: DeserializeOwned>(&self, path: &str, call: Call) -> Result<Vec<T>> {
        let answer = self.http.send(call).await?;
        if let Ok(rows) = serde_json::from_slice::<Option<Vec<T>>>(&answer.body) {
            return Ok(rows.unwrap_or_default());
        }
        let rows: Vec<serde_json::Value> = self.http.read_json(path, &answer.body)?;
        let readable = rows.into_iter().filter_map(|row| {
            serde_json::from_value(row)
                .map_err(|e| tracing::warn!(path, error = %e, "a row of another shape"))
                .ok()
        });
        Ok(readable.collect())
    }

    async fn look(&self, id: &str) -> Result<containers::Details> {
        let call = Call::get(format!("/containers/{}/json", segment(id)));
        self.http.get_json(call).await
    }

    async fn image_details(&self, id: &str) -> Result<objects::ImageDetails> {
        let call = Call::get(format!("/images/{}/json", segment(id)));
        self.http.get_json(call).await
    }

    async fn get_info(&self) -> Result<EngineInfo> {
        let dialect = self.dialect().await?;
        let info: system::Info = self.http.get_json(Call::get("/info")).await?;
        let api = dialect.api.to_string();
        Ok(system::info(&info, dialect.podman, &api))
    }

    async fn get_disk_use(&self) -> Result<DiskUse> {
        // It walks through every volume.
        let mut limits = self.limits(PATIENCE);
        limits.body = limits.body.max(PATIENCE);
        let call = Call::get("/system/df").timeouts(limits);
        Ok(system::disk_use(&self.http.get_json(call).await?))
    }

    async fn list_containers(&self) -> Result<Vec<Container>> {
        let path = "/containers/json";
        let call = Call::get(path).query("all", 1).query("size", 0);
        let rows: Vec<containers::Row> = self.rows(path, call).await?;
        let (now, words) = (self.clock.now(), &mut wire::Words::default());
        let mut all: Vec<Container> = rows
            .iter()
            .map(|row| containers::from_row(row, now, words))
            .collect();
        self.name_networks(&mut all).await?;
        Ok(all)
    }

    /// Podman 4 names the networks of containers where ids should be.
    async fn name_networks(&self, all: &mut [Container]) -> Result<()> {
        if self.dialect().await?.podman && all.iter().any(containers::lacks_ids) {
            let ids = objects::ids(&self.list_networks().await?);
            for c in all {
                containers::fill_ids(c, &ids);
            }
        }
        Ok(())
    }

    async fn list_images(&self) -> Result<Vec<Image>> {
        let path = "/images/json";
        let mut tries = 0;
        let rows: Vec<objects::ImageRow> = loop {
            tries += 1;
            match self.rows(path, Call::get(path)).await {
                // Podman fails the whole list when an image goes while it looks.
                Err(e) if tries < 3 && e.chain().contains("image not known") => {}
                rows => break rows?,
            }
        };
        let words = &mut wire::Words::default();
        Ok(rows.iter().map(|row| objects::image(row, words)).collect())
    }

    async fn list_volumes(&self) -> Result<Vec<Volume>> {
        let list: objects::VolumeList = self.http.get_json(Call::get("/volumes")).await?;
        let words = &mut wire::Words::default();
        let volumes = list.volumes.iter().map(|v| objects::volume(v, words));
        Ok(volumes.collect())
    }

    async fn list_networks(&self) -> Result<Vec<Network>> {
        let path = "/networks";
        let rows: Vec<objects::RawNetwork> = self.rows(path, Call::get(path)).await?;
        let words = &mut wire::Words::default();
        let networks = rows.iter().map(|row| objects::network(row, words));
        Ok(networks.collect())
    }

    async fn get_swarm(&self) -> Result<Option<Swarm>> {
        if self.dialect().await?.podman {
            return Ok(None);
        }
        let info: system::Info = self.http.get_json(Call::get("/info")).await?;
        if !info.swarm.control_available {
            return Ok(None);
        }
        let (services, tasks, nodes) = futures_util::join!(
            self.rows("/services", Call::get("/services")),
            self.rows("/tasks", Call::get("/tasks")),
            self.rows("/nodes", Call::get("/nodes")),
        );
        let lists: Result<_> = (|| Ok((services?, tasks?, nodes?)))();
        match lists {
            Ok((services, tasks, nodes)) => Ok(Some(swarm::swarm(&services, &tasks, &nodes))),
            // It left the Swarm in between.
            Err(e) if matches!(e.kind(), ErrorKind::Unsupported | ErrorKind::NotFound) => Ok(None),
            Err(e) => Err(e),
        }
    }

    async fn get_container(&self, id: &str) -> Result<Container> {
        let details = self.look(id).await?;
        let mut one = [containers::from_details(&details)];
        self.name_networks(&mut one).await?;
        let [container] = one;
        Ok(container)
    }

    async fn get_network(&self, id: &str) -> Result<Network> {
        let call = Call::get(format!("/networks/{}", segment(id)));
        let raw = self.http.get_json(call).await?;
        Ok(objects::network(&raw, &mut wire::Words::default()))
    }

    async fn get_layers(&self, image: &str) -> Result<Vec<Layer>> {
        let path = format!("/images/{}/history", segment(image));
        let rows: Vec<objects::LayerRow> = self.rows(&path, Call::get(path.clone())).await?;
        Ok(rows.iter().map(objects::layer).collect())
    }

    async fn get_document(&self, kind: Kind, id: &str) -> Result<serde_json::Value> {
        let id = segment(id);
        let path = match kind {
            Kind::Machine => "/info".to_owned(),
            Kind::Container => format!("/containers/{id}/json"),
            Kind::Service => format!("/services/{id}"),
            Kind::Volume => format!("/volumes/{id}"),
            Kind::Network => format!("/networks/{id}"),
            Kind::Image => format!("/images/{id}/json"),
            Kind::Node => format!("/nodes/{id}"),
            Kind::Project => {
                let message = format!("inspect the project {id}: engines know no projects");
                return Err(Error::new(ErrorKind::Unsupported, message)
                    .with_hint("inspect one of its containers"));
            }
        };
        self.http.get_json(Call::get(path)).await
    }

    async fn get_spec(&self, id: &str) -> Result<ContainerSpec> {
        let podman = self.dialect().await?.podman;
        let container = self.get_document(Kind::Container, id).await?;
        let image = container["Image"].as_str().unwrap_or_default();
        let image = match self.get_document(Kind::Image, image).await {
            // It was removed by force; what it said cannot be told from what the container says.
            Err(e) if e.kind() == ErrorKind::NotFound => serde_json::Value::Null,
            other => other?,
        };
        Ok(spec::spec(&container, &image, podman))
    }

    async fn get_stats(&self, id: &str) -> Result<StatsSample> {
        let dialect = self.dialect().await?;
        let mut call = Call::get(format!("/containers/{}/stats", segment(id)))
            .query("stream", false)
            // Without it the engine takes a second for a second sample.
            .maybe("one-shot", (dialect.api >= ONE_SHOT).then_some(true));
        // 20.10 takes its second all the same, and more under load.
        call = call.timeouts(self.limits(Duration::ZERO));
        let raw: stats::Raw = self.http.get_json(call).await?;
        Ok(stats::sample(&raw, dialect.podman))
    }

    async fn get_top(&self, id: &str, arguments: &str) -> Result<Top> {
        #[derive(Debug, Default, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        struct Raw {
            #[serde(deserialize_with = "wire::lax")]
            titles: Vec<String>,
            #[serde(deserialize_with = "wire::lax")]
            processes: Vec<Vec<String>>,
        }
        let arguments = Some(arguments).filter(|a| !a.is_empty());
        let call = Call::get(format!("/containers/{}/top", segment(id)))
            .maybe("ps_args", arguments)
            .timeouts(self.limits(Duration::ZERO));
        let raw: Raw = self.http.get_json(call).await?;
        let clean = |row: Vec<String>| -> Vec<String> {
            row.iter()
                .map(|cell| wire::clean(cell).to_string())
                .collect()
        };
        Ok(Top {
            titles: clean(raw.titles),
            processes: raw.processes.into_iter().map(clean).collect(),
        })
    }
}

impl Engine for DockerEngine {
    fn connect(&self) -> BoxFuture<'_, Result<Duration>> {
        Box::pin(async { Ok(self.negotiate().await?.1) })
    }

    fn ping(&self) -> BoxFuture<'_, Result<Duration>> {
        Box::pin(self.http.ping())
    }

    fn reset(&self) {
        self.http.close_idle();
    }

    fn info(&self) -> BoxFuture<'_, Result<EngineInfo>> {
        Box::pin(self.get_info())
    }

    fn disk_use(&self) -> BoxFuture<'_, Result<DiskUse>> {
        Box::pin(self.get_disk_use())
    }

    fn containers(&self) -> BoxFuture<'_, Result<Vec<Container>>> {
        Box::pin(self.list_containers())
    }

    fn images(&self) -> BoxFuture<'_, Result<Vec<Image>>> {
        Box::pin(self.list_images())
    }

    fn volumes(&self) -> BoxFuture<'_, Result<Vec<Volume>>> {
        Box::pin(self.list_volumes())
    }

    fn networks(&self) -> BoxFuture<'_, Result<Vec<Network>>> {
        Box::pin(self.list_networks())
    }

    fn swarm(&self) -> BoxFuture<'_, Result<Option<Swarm>>> {
        Box::pin(self.get_swarm())
    }

    fn container<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Container>> {
        Box::pin(self.get_container(id))
    }

    fn image<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Image>> {
        Box::pin(async move { Ok(objects::image_details(&self.image_details(id).await?)) })
    }

    fn volume<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Volume>> {
        Box::pin(async move {
            let call = Call::get(format!("/volumes/{}", segment(name)));
            let raw = self.http.get_json(call).await?;
            Ok(objects::volume(&raw, &mut wire::Words::default()))
        })
    }

    fn network<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Network>> {
        Box::pin(self.get_network(id))
    }

    fn spec<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<ContainerSpec>> {
        Box::pin(self.get_spec(id))
    }

    fn layers<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<Vec<Layer>>> {
        Box::pin(self.get_layers(image))
    }

    fn inspect<'a>(&'a self, kind: Kind, id: &'a str) -> BoxFuture<'a, Result<serde_json::Value>> {
        Box::pin(self.get_document(kind, id))
    }

    fn events(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<EngineEvent>>>> {
        Box::pin(self.open_events(since, until))
    }

    fn stats<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<StatsSample>> {
        Box::pin(self.get_stats(id))
    }

    fn logs<'a>(
        &'a self,
        id: &'a str,
        options: LogOptions,
    ) -> BoxFuture<'a, Result<BoxStream<Result<LogLine>>>> {
        Box::pin(self.open_logs(id, options))
    }

    fn top<'a>(&'a self, id: &'a str, arguments: &'a str) -> BoxFuture<'a, Result<Top>> {
        Box::pin(self.get_top(id, arguments))
    }

    fn run<'a>(
        &'a self,
        action: &'a Action,
        target: &'a ObjectRef,
        progress: ProgressSink,
    ) -> BoxFuture<'a, Result<Done>> {
        Box::pin(self.act(action, target, progress))
    }

    fn exec<'a>(&'a self, id: &'a str, spec: &'a ExecSpec) -> BoxFuture<'a, Result<Session>> {
        Box::pin(self.open_exec(id, spec))
    }

    fn attach<'a>(&'a self, id: &'a str, spec: &'a AttachSpec) -> BoxFuture<'a, Result<Session>> {
        Box::pin(self.open_attach(id, spec))
    }

    fn wait<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<i64>> {
        Box::pin(self.wait_for_exit(id))
    }

    fn stat<'a>(&'a self, id: &'a str, path: &'a str) -> BoxFuture<'a, Result<PathStat>> {
        Box::pin(self.stat_path(id, path))
    }

    fn download<'a>(&'a self, id: &'a str, path: &'a str) -> BoxFuture<'a, Result<ByteStream>> {
        Box::pin(self.open_download(id, path))
    }

    fn upload<'a>(
        &'a self,
        id: &'a str,
        directory: &'a str,
        archive: ByteStream,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.send_upload(id, directory, archive))
    }
}
