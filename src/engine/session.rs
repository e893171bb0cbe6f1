//! Conversations with processes: exec and attach.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bollard::models::{ExecConfig, ExecStartConfig};
use bytes::BytesMut;
use futures_util::{TryStreamExt as _, stream};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWrite, ReadHalf, WriteHalf};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::demux::{Demux, Piece, Source};
use super::lines::engine_says;
use super::wire::{lax, number};
use super::{DockerEngine, FOREVER};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::logs::LogStream;
use crate::domain::port::{
    AttachSpec, BoxFuture, BoxStream, Chunk, ExecSpec, Session, SessionControl,
};
use crate::transport::{ApiVersion, BodyStream, Call, HttpClient, Upgraded, segment};

/// Since then a terminal's size can be said at its birth.
const CONSOLE_SIZE: ApiVersion = ApiVersion::new(1, 42);
/// How often to ask whether a process has ended: at first, and at most.
const ASK_FIRST: Duration = Duration::from_millis(10);
const ASK_AT_MOST: Duration = Duration::from_secs(1);
const READ: usize = 16 << 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Created {
    #[serde(deserialize_with = "lax")]
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ExecState {
    #[serde(deserialize_with = "lax")]
    running: bool,
    exit_code: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Waited {
    #[serde(deserialize_with = "number")]
    status_code: i64,
}

impl DockerEngine {
    pub(super) async fn open_exec(&self, id: &str, spec: &ExecSpec) -> Result<Session> {
        let dialect = self.dialect().await?;
        let size = spec.size.filter(|_| spec.tty);
        let early = size.filter(|_| dialect.api >= CONSOLE_SIZE);
        let console = early.map(|(columns, rows)| vec![rows.into(), columns.into()]);
        let body = ExecConfig {
            attach_stdin: Some(spec.stdin && !spec.detach),
            attach_stdout: Some(!spec.detach),
            attach_stderr: Some(!spec.detach),
            console_size: console.clone(),
            tty: Some(spec.tty),
            env: Some(spec.env.clone()).filter(|e| !e.is_empty()),
            cmd: Some(spec.command.clone()),
            privileged: Some(spec.privileged),
            user: spec.user.clone(),
            working_dir: spec.working_dir.clone(),
            ..ExecConfig::default()
        };
        let start = ExecStartConfig {
            detach: Some(spec.detach),
            tty: Some(spec.tty),
            console_size: console,
        };
        let path = format!("/containers/{}/exec", segment(id));
        let patient = self.limits(Duration::ZERO);
        let made: Created = self
            .http
            .post_json(Call::post(path).timeouts(patient), &body)
            .await?;
        if made.id.is_empty() {
            let message = format!("{} made an exec without an id", self.http.target());
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        let control = Arc::new(ExecControl {
            http: self.http.clone(),
            path: format!("/exec/{}", segment(&made.id)),
        });
        let call = Call::post(format!("{}/start", control.path))
            .json(&start)
            .timeouts(patient);
        if spec.detach {
            self.http.post(call).await?;
            return Ok(Session {
                input: Box::pin(tokio::io::sink()),
                output: Box::pin(stream::empty()),
                tty: spec.tty,
                control,
            });
        }
        let io = self.http.upgrade(call).await?;
        if let Some((columns, rows)) = size.filter(|_| early.is_none()) {
            // A process that has ended already has no terminal.
            let _ = control.resize(columns, rows).await;
        }
        Ok(session(io, spec.tty, spec.stdin, control))
    }

    pub(super) async fn open_attach(&self, id: &str, spec: &AttachSpec) -> Result<Session> {
        let details = self.look(id).await?;
        let tty = details.config.tty;
        // Asked before it ends: afterwards a container with auto-remove is gone.
        let waiting = if details.will_exit() {
            let call = wait_call(id).query("condition", "next-exit").endless();
            Some(self.http.stream(call).await?)
        } else {
            None
        };
        let call = Call::post(format!("/containers/{}/attach", segment(id)))
            .query("stream", 1)
            .query("stdin", u8::from(spec.stdin))
            .query("stdout", 1)
            .query("stderr", 1)
            .query("logs", u8::from(spec.logs));
        let io = self.http.upgrade(call).await?;
        let control = Arc::new(AttachControl {
            engine: self.clone(),
            id: id.to_owned(),
            waiting: Mutex::new(waiting),
        });
        Ok(session(io, tty, spec.stdin, control))
    }

    pub(super) async fn wait_for_exit(&self, id: &str) -> Result<i64> {
        let mut limits = self.limits(FOREVER);
        limits.body = FOREVER;
        let call = wait_call(id).timeouts(limits).repeatable();
        let waited: Waited = self.http.get_json(call).await?;
        Ok(waited.status_code)
    }
}

fn wait_call(id: &str) -> Call {
    Call::post(format!("/containers/{}/wait", segment(id)))
}

fn session(io: Upgraded, tty: bool, stdin: bool, control: Arc<dyn SessionControl>) -> Session {
    let (read, write) = tokio::io::split(io);
    // Without stdin the sending half stays open and unused: some engines take its end for a
    // hang-up.
    let (input, unused): (Pin<Box<dyn AsyncWrite + Send>>, _) = if stdin {
        (Box::pin(write), None)
    } else {
        (Box::pin(tokio::io::sink()), Some(write))
    };
    Session {
        input,
        output: output(read, unused, tty),
        tty,
        control,
    }
}

struct Output {
    io: ReadHalf<Upgraded>,
    _unused: Option<WriteHalf<Upgraded>>,
    demux: Option<Demux>,
    buffer: BytesMut,
    ready: std::collections::VecDeque<Result<Chunk>>,
    ended: bool,
}

fn output(
    io: ReadHalf<Upgraded>,
    unused: Option<WriteHalf<Upgraded>>,
    tty: bool,
) -> BoxStream<Result<Chunk>> {
    let output = Output {
        io,
        _unused: unused,
        demux: (!tty).then(Demux::default),
        buffer: BytesMut::new(),
        ready: std::collections::VecDeque::new(),
        ended: false,
    };
    Box::pin(stream::unfold(output, |mut o| async move {
        let item = o.next().await?;
        Some((item, o))
    }))
}

impl Output {
    async fn next(&mut self) -> Option<Result<Chunk>> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some(chunk);
            }
            if self.ended {
                return None;
            }
            self.buffer.reserve(READ);
            match self.io.read_buf(&mut self.buffer).await {
                Ok(0) => self.ended = true,
                Ok(_) => self.take(),
                Err(e) => {
                    self.ended = true;
                    let e = Error::new(ErrorKind::Transient, "read the output of a process")
                        .with_source(e);
                    self.ready.push_back(Err(e));
                }
            }
        }
    }

    fn take(&mut self) {
        let data = self.buffer.split().freeze();
        let ready = &mut self.ready;
        let Some(demux) = &mut self.demux else {
            ready.push_back(Ok(Chunk {
                stream: LogStream::Stdout,
                data,
            }));
            return;
        };
        let fed = demux.feed(data, |piece| ready.push_back(chunk(piece)));
        if let Err(e) = fed {
            self.ended = true;
            self.ready.push_back(Err(e));
        }
    }
}

fn chunk(piece: Piece) -> Result<Chunk> {
    match piece.source {
        Source::Process(stream) => Ok(Chunk {
            stream,
            data: piece.data,
        }),
        Source::Engine => Err(engine_says(&String::from_utf8_lossy(&piece.data))),
    }
}

struct ExecControl {
    http: HttpClient,
    /// `/exec/ID`.
    path: String,
}

impl ExecControl {
    async fn resize(&self, columns: u16, rows: u16) -> Result<()> {
        let call = Call::post(format!("{}/resize", self.path))
            .query("h", rows)
            .query("w", columns);
        self.http.post(call).await.map(drop)
    }
}

impl SessionControl for ExecControl {
    fn resize(&self, columns: u16, rows: u16) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.resize(columns, rows))
    }

    fn exit_code(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async {
            // There is no call that waits for it. The output may end before the process does.
            // Podman 4 calls a detached one running for ever, and nothing else tells its code.
            let mut pause = ASK_FIRST;
            loop {
                let call = Call::get(format!("{}/json", self.path));
                let state: ExecState = self.http.get_json(call).await?;
                if let (false, Some(code)) = (state.running, state.exit_code) {
                    return Ok(code);
                }
                sleep(pause).await;
                pause = (pause * 2).min(ASK_AT_MOST);
            }
        })
    }
}

struct AttachControl {
    engine: DockerEngine,
    id: String,
    /// The answer of the call that waits for the end; read once. Nothing else locks it.
    waiting: Mutex<Option<BodyStream>>,
}

impl AttachControl {
    async fn wait(&self) -> Result<i64> {
        let Some(body) = self.waiting.lock().await.take() else {
            return self.engine.wait_for_exit(&self.id).await;
        };
        let text: BytesMut = body.try_collect().await?;
        let call = format!("POST /containers/{}/wait", self.id);
        let waited: Waited = self.engine.http.read_json(&call, &text)?;
        Ok(waited.status_code)
    }
}

impl SessionControl for AttachControl {
    fn resize(&self, columns: u16, rows: u16) -> BoxFuture<'_, Result<()>> {
        let call = Call::post(format!("/containers/{}/resize", segment(&self.id)))
            .query("h", rows)
            .query("w", columns);
        Box::pin(async move { self.engine.http.post(call).await.map(drop) })
    }

    fn exit_code(&self) -> BoxFuture<'_, Result<i64>> {
        Box::pin(self.wait())
    }
}
