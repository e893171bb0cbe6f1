//! An engine that cannot be made: its host is shown with the reason, and nobody else suffers.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::error::{Error, Result};
use crate::domain::event::EngineEvent;
use crate::domain::files::Layer;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::logs::{LogLine, LogOptions};
use crate::domain::observed::{Container, DiskUse, EngineInfo, Image, Network, Swarm, Volume};
use crate::domain::plan::Action;
use crate::domain::port::{
    AttachSpec, BoxFuture, BoxStream, ByteStream, Done, Engine, ExecSpec, PathStat, ProgressSink,
    Session, Top,
};
use crate::domain::stats::StatsSample;

/// Answers every call with the same error.
#[derive(Debug, Clone)]
pub struct BrokenEngine {
    error: Error,
}

impl BrokenEngine {
    /// An engine that could not be made because of `error`.
    pub fn new(error: Error) -> Self {
        Self { error }
    }

    fn refuse<T: Send + 'static>(&self) -> BoxFuture<'_, Result<T>> {
        let error = self.error.clone();
        Box::pin(async move { Err(error) })
    }
}

impl Engine for BrokenEngine {
    fn connect(&self) -> BoxFuture<'_, Result<Duration>> {
        self.refuse()
    }

    fn ping(&self) -> BoxFuture<'_, Result<Duration>> {
        self.refuse()
    }

    fn reset(&self) {}

    fn info(&self) -> BoxFuture<'_, Result<EngineInfo>> {
        self.refuse()
    }

    fn disk_use(&self) -> BoxFuture<'_, Result<DiskUse>> {
        self.refuse()
    }

    fn containers(&self) -> BoxFuture<'_, Result<Vec<Container>>> {
        self.refuse()
    }

    fn images(&self) -> BoxFuture<'_, Result<Vec<Image>>> {
        self.refuse()
    }

    fn volumes(&self) -> BoxFuture<'_, Result<Vec<Volume>>> {
        self.refuse()
    }

    fn networks(&self) -> BoxFuture<'_, Result<Vec<Network>>> {
        self.refuse()
    }

    fn swarm(&self) -> BoxFuture<'_, Result<Option<Swarm>>> {
        self.refuse()
    }

    fn container<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Container>> {
        self.refuse()
    }

    fn image<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Image>> {
        self.refuse()
    }

    fn volume<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<Volume>> {
        self.refuse()
    }

    fn network<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Network>> {
        self.refuse()
    }

    fn layers<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Layer>>> {
        self.refuse()
    }

    fn inspect<'a>(
        &'a self,
        _kind: Kind,
        _id: &'a str,
    ) -> BoxFuture<'a, Result<serde_json::Value>> {
        self.refuse()
    }

    fn events(
        &self,
        _since: Option<DateTime<Utc>>,
        _until: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<EngineEvent>>>> {
        self.refuse()
    }

    fn stats<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<StatsSample>> {
        self.refuse()
    }

    fn logs<'a>(
        &'a self,
        _id: &'a str,
        _options: LogOptions,
    ) -> BoxFuture<'a, Result<BoxStream<Result<LogLine>>>> {
        self.refuse()
    }

    fn top<'a>(&'a self, _id: &'a str, _arguments: &'a str) -> BoxFuture<'a, Result<Top>> {
        self.refuse()
    }

    fn run<'a>(
        &'a self,
        _action: &'a Action,
        _target: &'a ObjectRef,
        _progress: ProgressSink,
    ) -> BoxFuture<'a, Result<Done>> {
        self.refuse()
    }

    fn exec<'a>(&'a self, _id: &'a str, _spec: &'a ExecSpec) -> BoxFuture<'a, Result<Session>> {
        self.refuse()
    }

    fn attach<'a>(&'a self, _id: &'a str, _spec: &'a AttachSpec) -> BoxFuture<'a, Result<Session>> {
        self.refuse()
    }

    fn wait<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<i64>> {
        self.refuse()
    }

    fn stat<'a>(&'a self, _id: &'a str, _path: &'a str) -> BoxFuture<'a, Result<PathStat>> {
        self.refuse()
    }

    fn download<'a>(&'a self, _id: &'a str, _path: &'a str) -> BoxFuture<'a, Result<ByteStream>> {
        self.refuse()
    }

    fn upload<'a>(
        &'a self,
        _id: &'a str,
        _directory: &'a str,
        _archive: ByteStream,
    ) -> BoxFuture<'a, Result<()>> {
        self.refuse()
    }
}
