//! What the core needs from outside: engines, a journal, a clock.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_core::Stream;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::{Error, ErrorKind, Result};
use super::event::EngineEvent;
use super::files::Layer;
use super::id::{Kind, ObjectId, ObjectRef, OpId};
use super::logs::{LogLine, LogOptions, LogStream};
use super::observed::{Container, DiskUse, EngineInfo, Image, Network, Swarm, Volume};
use super::operation::{Operation, Outcome, Progress};
use super::plan::{Action, Plan};
use super::spec::ContainerSpec;
use super::stats::StatsSample;

/// A future behind a pointer: engines and journals are chosen at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// A stream behind a pointer; dropping it ends it at the source.
pub type BoxStream<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// What time it is.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// Told how far a long call is; must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// What an action left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The id of what was made.
    pub id: Option<ObjectId>,
    /// The engine said it was so already.
    pub unchanged: bool,
    /// What the engine warned of.
    pub warnings: Vec<String>,
}

/// Processes of a container.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Top {
    pub titles: Vec<String>,
    pub processes: Vec<Vec<String>>,
}

/// A command to run in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecSpec {
    pub command: Vec<String>,
    pub tty: bool,
    /// Forward input.
    pub stdin: bool,
    /// Do not wait for it, no output.
    pub detach: bool,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    /// `KEY=value`.
    pub env: Vec<String>,
    pub privileged: bool,
    /// Columns and rows, with a tty.
    pub size: Option<(u16, u16)>,
}

/// How to attach to a container's first process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachSpec {
    pub stdin: bool,
    /// Send what was written before too.
    pub logs: bool,
}

/// A piece of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub stream: LogStream,
    pub data: Bytes,
}

/// A conversation with a process in a container. Dropping it hangs up.
pub struct Session {
    /// Closing it sends the end of input.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// With a tty everything is stdout.
    pub output: BoxStream<Result<Chunk>>,
    /// Has the process a tty?
    pub tty: bool,
    pub control: Arc<dyn SessionControl>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("tty", &self.tty)
            .finish_non_exhaustive()
    }
}

/// What is said beside a session.
pub trait SessionControl: Send + Sync {
    /// Tell the new size of the terminal.
    fn resize(&self, columns: u16, rows: u16) -> BoxFuture<'_, Result<()>>;
    /// The exit code, once the output has ended.
    fn exit_code(&self) -> BoxFuture<'_, Result<i64>>;
}

/// The state of a file in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStat {
    pub name: String,
    pub size: u64,
    /// Go's file mode bits: the type in the upper bits (`1 << 31` is a directory).
    pub mode: u32,
    pub modified: Option<DateTime<Utc>>,
    pub link_target: String,
}

impl PathStat {
    /// Is it a directory?
    pub fn is_dir(&self) -> bool {
        self.mode & (1 << 31) != 0
    }
}

/// Anything that gives bytes.
pub type ByteStream = BoxStream<Result<Bytes>>;
/// Anything that can be read.
pub type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// One container engine. Every call has a deadline of its own; errors have a kind.
pub trait Engine: Send + Sync + fmt::Debug {
    /// Agree on a dialect; how long a round trip takes.
    fn connect(&self) -> BoxFuture<'_, Result<Duration>>;
    /// Is it there? How long a round trip takes.
    fn ping(&self) -> BoxFuture<'_, Result<Duration>>;
    /// Forget pooled connections: the host went away.
    fn reset(&self);
    fn info(&self) -> BoxFuture<'_, Result<EngineInfo>>;
    /// Slow on large hosts.
    fn disk_use(&self) -> BoxFuture<'_, Result<DiskUse>>;

    fn containers(&self) -> BoxFuture<'_, Result<Vec<Container>>>;
    fn images(&self) -> BoxFuture<'_, Result<Vec<Image>>>;
    fn volumes(&self) -> BoxFuture<'_, Result<Vec<Volume>>>;
    fn networks(&self) -> BoxFuture<'_, Result<Vec<Network>>>;
    /// `None` where the engine manages no Swarm.
    fn swarm(&self) -> BoxFuture<'_, Result<Option<Swarm>>>;

    /// By id or name; the inspected form.
    fn container<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Container>>;
    fn image<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Image>>;
    fn volume<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Volume>>;
    fn network<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Network>>;
    /// What a container was made of, without what its image says anyway: made from it, a new one
    /// would be the same. Anonymous volumes by their names.
    fn spec<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<ContainerSpec>> {
        Box::pin(async {
            let e = "this engine does not tell what a container was made of";
            Err(Error::new(ErrorKind::Unsupported, e))
        })
    }
    /// The steps in which an image was made, the newest first.
    fn layers<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<Vec<Layer>>>;
    /// The engine's own document, unchanged.
    fn inspect<'a>(&'a self, kind: Kind, id: &'a str) -> BoxFuture<'a, Result<serde_json::Value>>;

    /// Without `until` it never ends by itself.
    fn events(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<EngineEvent>>>>;
    /// One sample, as quickly as the engine can.
    fn stats<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<StatsSample>>;
    fn logs<'a>(
        &'a self,
        id: &'a str,
        options: LogOptions,
    ) -> BoxFuture<'a, Result<BoxStream<Result<LogLine>>>>;
    /// `arguments` for `ps`, such as `-ef`.
    fn top<'a>(&'a self, id: &'a str, arguments: &'a str) -> BoxFuture<'a, Result<Top>>;

    /// Do one thing. Only the executor calls this.
    fn run<'a>(
        &'a self,
        action: &'a Action,
        target: &'a ObjectRef,
        progress: ProgressSink,
    ) -> BoxFuture<'a, Result<Done>>;

    fn exec<'a>(&'a self, id: &'a str, spec: &'a ExecSpec) -> BoxFuture<'a, Result<Session>>;
    fn attach<'a>(&'a self, id: &'a str, spec: &'a AttachSpec) -> BoxFuture<'a, Result<Session>>;
    /// Until it does not run; its exit code.
    fn wait<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<i64>>;
    fn stat<'a>(&'a self, id: &'a str, path: &'a str) -> BoxFuture<'a, Result<PathStat>>;
    /// A tar archive of a path.
    fn download<'a>(&'a self, id: &'a str, path: &'a str) -> BoxFuture<'a, Result<ByteStream>>;
    /// Unpack a tar archive in a directory.
    fn upload<'a>(
        &'a self,
        id: &'a str,
        directory: &'a str,
        archive: ByteStream,
    ) -> BoxFuture<'a, Result<()>>;
}

/// What to ask the journal for; all conditions hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    pub id: Option<OpId>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Globs.
    pub host: Option<String>,
    /// A name, id prefix or glob of an object.
    pub object: Option<String>,
    pub verb: Option<String>,
    pub user: Option<String>,
    pub outcome: Option<Outcome>,
    /// The newest so many.
    pub limit: Option<u64>,
}

/// An operation as the journal has it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    #[serde(flatten)]
    pub operation: Operation,
    /// The plan it carried out; enough to see what was asked.
    pub plan: Option<Plan>,
}

/// What a check of the journal's chain found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainReport {
    /// Entries that were checked.
    pub entries: u64,
    /// The first entry whose content or predecessor does not fit its hash, and why.
    pub broken: Option<String>,
    /// The hash of the last entry.
    pub head: String,
}

/// The durable record of operations. Calls block for a moment and are made on a blocking thread.
pub trait Journal: Send + Sync + fmt::Debug {
    /// Write an operation down, durably, before its first step.
    fn begin(&self, operation: &Operation, plan: &Plan) -> Result<()>;
    /// A step began, ended, or learned its target's id.
    fn step(&self, operation: &Operation, step: usize) -> Result<()>;
    /// It is over.
    fn finish(&self, operation: &Operation) -> Result<()>;
    /// Newest first.
    fn history(&self, query: &HistoryQuery) -> Result<Vec<Record>>;
    /// Check the hash chain.
    fn verify(&self) -> Result<ChainReport>;
    /// Mark what processes that are gone left unfinished; those operations.
    fn recover(&self, now: DateTime<Utc>) -> Result<Vec<Operation>>;
}
