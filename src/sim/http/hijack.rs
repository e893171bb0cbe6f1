//! Attach and exec: the connection becomes a two-way stream.

use std::sync::Arc;

use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Ctx;
use super::body::{Answer, empty, stream};
use super::request::Req;
use super::streams::{Framing, MULTIPLEXED, RAW, news, only};
use crate::sim::engine::Shared;
use crate::sim::model::{ApiResult, Chunk, LogCursor, LogQuery};

/// What is streamed out, and where input goes.
#[derive(Debug)]
enum Source {
    Container {
        id: String,
        exits: u64,
        cursor: LogCursor,
        query: LogQuery,
        first: Vec<Chunk>,
    },
    Exec {
        id: String,
        seen: u64,
    },
}

#[derive(Debug)]
struct Session {
    shared: Arc<Shared>,
    source: Source,
    framing: Framing,
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

pub(super) fn route(
    ctx: &Ctx<'_>,
    req: &Req,
    path: &[&str],
    upgrade: Option<OnUpgrade>,
) -> ApiResult<Option<Answer>> {
    let session = match path {
        ["containers", id, "attach"] if req.post() => attach(ctx, req, id)?,
        ["exec", id, "start"] if req.post() => {
            let body = req.json()?;
            let detach = body["Detach"].as_bool().unwrap_or(false);
            let session = ctx.shared.with(|model| {
                let exec = model.exec(id)?;
                let (tty, request) = (exec.request.tty, exec.request.clone());
                model.start_exec(id)?;
                Ok(Session {
                    shared: Arc::clone(ctx.shared),
                    source: Source::Exec {
                        id: (*id).to_owned(),
                        seen: 0,
                    },
                    framing: Framing {
                        tty,
                        timestamps: false,
                    },
                    stdin: request.stdin,
                    stdout: request.stdout,
                    stderr: request.stderr,
                })
            })?;
            if detach {
                return Ok(Some(empty(200)));
            }
            session
        }
        _ => return Ok(None),
    };
    Ok(Some(begin(ctx, session, upgrade)))
}

fn attach(ctx: &Ctx<'_>, req: &Req, id: &str) -> ApiResult<Session> {
    let (stdout, stderr) = (req.flag("stdout"), req.flag("stderr"));
    let query = LogQuery {
        since: 0,
        until: None,
        tail: None,
        stdout,
        stderr,
    };
    ctx.shared.with(|model| {
        let container = model.container(id)?;
        let full = container.id.clone();
        let (exits, tty, open) = (
            container.exits,
            container.spec.tty(),
            container.spec.on("OpenStdin"),
        );
        let (first, cursor) = if req.flag("logs") {
            model.logs(&full, &query)?
        } else {
            (Vec::new(), model.log_end(&full)?)
        };
        model.emit_container(&full, "attach", &[]);
        Ok(Session {
            shared: Arc::clone(ctx.shared),
            source: Source::Container {
                id: full,
                exits,
                cursor,
                query,
                first,
            },
            framing: Framing {
                tty,
                timestamps: false,
            },
            stdin: req.flag("stdin") && open && req.flag("stream"),
            stdout,
            stderr,
        })
    })
}

fn begin(ctx: &Ctx<'_>, mut session: Session, upgrade: Option<OnUpgrade>) -> Answer {
    let multiplexed = session.shared.with(|m| m.flavour.at_least(42)) && !session.framing.tty;
    let kind = if multiplexed { MULTIPLEXED } else { RAW };
    let Some(upgrade) = upgrade else {
        return stream(ctx.shared, kind, move |sink| async move {
            loop {
                let (bytes, over) = session.next().await;
                if (!bytes.is_empty() && !sink.send(bytes).await) || over {
                    return;
                }
            }
        });
    };
    let (closing, token) = (ctx.shared.closing.clone(), ctx.token.clone());
    tokio::spawn(async move {
        let Ok(io) = upgrade.await else { return };
        tokio::select! {
            () = closing.cancelled() => {}
            () = token.cancelled() => {}
            () = converse(TokioIo::new(io), session) => {}
        }
    });
    let mut answer = empty(101);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    answer
}

async fn converse(io: impl AsyncRead + AsyncWrite, mut session: Session) {
    let (mut reader, mut writer) = tokio::io::split(io);
    let shared = Arc::clone(&session.shared);
    let target = match &session.source {
        Source::Container { id, .. } => (true, id.clone()),
        Source::Exec { id, .. } => (false, id.clone()),
    };
    let give = |bytes: Option<&[u8]>| {
        shared.with(|model| match &target {
            (true, id) => model.attach_input(id, bytes),
            (false, id) => model.exec_input(id, bytes),
        });
    };
    let wants_input = session.stdin;
    let input = async {
        let mut buffer = [0; 4096];
        loop {
            match reader.read(&mut buffer).await {
                // The client has hung up its side, which says nothing about ours.
                Ok(0) => {
                    if wants_input {
                        give(None);
                    }
                    return std::future::pending::<()>().await;
                }
                Ok(n) if wants_input => {
                    if buffer[..n].windows(2).any(|w| w == [0x10, 0x11]) {
                        return;
                    }
                    give(Some(&buffer[..n]));
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    };
    let output = async {
        loop {
            let (bytes, over) = session.next().await;
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
            if over {
                let _ = writer.shutdown().await;
                return;
            }
        }
    };
    tokio::select! {
        () = input => {}
        () = output => {}
    }
}

impl Session {
    /// The next output, and whether it was the last.
    async fn next(&mut self) -> (bytes::Bytes, bool) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let (chunks, over, wake) = self.take();
            let chunks = only(chunks, self.stdout, self.stderr);
            if over || !chunks.is_empty() {
                return (self.framing.all(&chunks), over);
            }
            news(&self.shared, &mut changed, wake).await;
        }
    }

    fn take(&mut self) -> (Vec<Chunk>, bool, i64) {
        let shared = Arc::clone(&self.shared);
        shared.with(|model| match &mut self.source {
            Source::Container {
                id,
                exits,
                cursor,
                query,
                first,
            } => {
                let over = model.exits(id) != *exits || !model.containers.contains_key(id);
                let mut chunks = std::mem::take(first);
                chunks.extend(model.logs_after(id, query, cursor));
                (chunks, over, model.next_line(id))
            }
            Source::Exec { id, seen } => {
                let Ok(exec) = model.exec(id) else {
                    return (Vec::new(), true, 0);
                };
                let chunks: Vec<Chunk> = exec
                    .output
                    .iter()
                    .filter(|c| c.seq > *seen)
                    .cloned()
                    .collect();
                *seen = chunks.last().map_or(*seen, |c| c.seq);
                (chunks, !exec.running, i64::MAX)
            }
        })
    }
}
