//! The one transport: HTTP/1.1 with an engine, over whatever its dialer opens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderMap, HeaderValue, UPGRADE, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout, timeout_at};

pub use super::call::RequestBody;

use super::answer::{self, Where};
use super::api::{ApiVersion, EngineKind, Negotiated};
use super::body::{self, BodyStream, Counted};
use super::call::{Call, Payload, Timeouts, whole};
use super::dial::Dialer;
use super::plain::excerpt;
use super::pool::{Conn, Pool};
use super::upgrade::Upgraded;
use crate::domain::error::{Error, Result};

const AGENT: &str = concat!("pilothouse/", env!("CARGO_PKG_VERSION"));

/// A client of one engine. Clones share the connections and the negotiated version.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    dialer: Arc<dyn Dialer>,
    pool: Pool,
    timeouts: Timeouts,
    /// The dialect in use, packed; 0 before negotiation.
    api: AtomicU32,
    dialled: AtomicU64,
}

/// An answer that was read whole, and was not a refusal.
#[derive(Debug)]
pub struct Answer {
    /// 2xx or 304.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// From handing over the request to the answer's headers; connecting is not counted.
    pub took: Duration,
}

/// Did a request change anything?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The engine did it.
    Yes,
    /// It was so already (304).
    No,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("target", &self.inner.dialer.target())
            .field("api", &self.api())
            .field("pool", &self.inner.pool)
            .finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client that connects when it is first used.
    pub fn new(dialer: Arc<dyn Dialer>) -> Self {
        Self::with_timeouts(dialer, Timeouts::default())
    }

    /// A client whose calls have these limits unless they bring their own.
    pub fn with_timeouts(dialer: Arc<dyn Dialer>, timeouts: Timeouts) -> Self {
        Self {
            inner: Arc::new(Inner {
                dialer,
                pool: Pool::default(),
                timeouts,
                api: AtomicU32::new(0),
                dialled: AtomicU64::new(0),
            }),
        }
    }

    /// The engine's address for messages.
    pub fn target(&self) -> &str {
        self.inner.dialer.target()
    }

    /// The dialect in use; none before the first negotiation.
    pub fn api(&self) -> Option<ApiVersion> {
        ApiVersion::unpack(self.inner.api.load(Ordering::Relaxed))
    }

    /// Speak this dialect from now on (`DOCKER_API_VERSION`), whatever the engine offers.
    pub fn pin_api(&self, version: ApiVersion) {
        self.inner.api.store(version.pack(), Ordering::Relaxed);
    }

    /// How many connections were opened so far, for diagnosis.
    pub fn connections_opened(&self) -> u64 {
        self.inner.dialled.load(Ordering::Relaxed)
    }

    /// Close the idle connections, as after a host went stale.
    pub fn close_idle(&self) {
        self.inner.pool.clear();
    }

    /// Ask the engine who it is and settle on a dialect; again after the engine was replaced.
    pub async fn negotiate(&self) -> Result<Negotiated> {
        let call = Call::get("/_ping").unversioned().max_body(64 << 10);
        let answer = self.send(call).await?;
        let header = |name: &str| {
            let value = answer.headers.get(name)?;
            Some(excerpt(value.as_bytes(), 80))
        };
        let Some(offered) = header("Api-Version").and_then(|v| v.parse::<ApiVersion>().ok()) else {
            return Err(answer::not_an_engine(
                &self.place("GET /_ping"),
                "its ping has no API version",
                &answer.body,
            ));
        };
        let api = Negotiated::choose(offered).map_err(|e| e.context(self.target().to_owned()))?;
        let server = header("Server").unwrap_or_default();
        let podman = answer.headers.contains_key("Libpod-Api-Version")
            || server.to_ascii_lowercase().contains("libpod");
        self.inner.api.store(api.pack(), Ordering::Relaxed);
        Ok(Negotiated {
            api,
            offered,
            kind: if podman {
                EngineKind::Podman
            } else {
                EngineKind::Docker
            },
            server,
            swarm: header("Swarm").filter(|s| !s.is_empty()),
            rtt: answer.took,
        })
    }

    /// How long the engine takes to answer a ping on an open connection.
    pub async fn ping(&self) -> Result<Duration> {
        let call = Call::get("/_ping").unversioned().max_body(64 << 10);
        Ok(self.send(call).await?.took)
    }

    /// Send and read the whole answer. Refusals (4xx, 5xx) are errors; 304 is an answer.
    pub async fn send(&self, call: Call) -> Result<Answer> {
        let limits = call.timeouts.unwrap_or(self.inner.timeouts);
        let max = call.max_body;
        let name = call.name();
        let at = self.place(&name);
        let (response, conn, took) = self.ask(call, limits).await?;
        let (parts, body) = response.into_parts();
        if !is_answer(parts.status) {
            return Err(self.refusal(&at, parts, body, limits).await);
        }
        let read = timeout(limits.body, body::whole(body, max, &at)).await;
        let body = match read {
            Ok(result) => result?,
            Err(_) => return Err(answer::stalled(&at, "whole", limits.body)),
        };
        self.inner.pool.give_back(conn).await;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            took,
        })
    }

    /// Send, and read the answer as JSON.
    pub async fn get_json<T: DeserializeOwned>(&self, call: Call) -> Result<T> {
        let name = call.name();
        let answer = self.send(call).await?;
        answer::json(&self.place(&name), &answer.body)
    }

    /// Read `body`, the answer to `call`, as JSON; the error says which engine and call it was.
    pub fn read_json<T: DeserializeOwned>(&self, call: &str, body: &[u8]) -> Result<T> {
        answer::json(&self.place(call), body)
    }

    /// Send `body` as JSON, and read the answer as JSON.
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        call: Call,
        body: &(impl serde::Serialize + ?Sized + Sync),
    ) -> Result<T> {
        self.get_json(call.json(body)).await
    }

    /// Send, and drop what the answer says beyond whether anything changed.
    pub async fn post(&self, call: Call) -> Result<Changed> {
        let answer = self.send(call).await?;
        Ok(if answer.status == StatusCode::NOT_MODIFIED {
            Changed::No
        } else {
            Changed::Yes
        })
    }

    /// DELETE `path`; see [`Call::delete`] for one with a query.
    pub async fn delete(&self, path: impl Into<String> + Send) -> Result<Changed> {
        self.post(Call::delete(path)).await
    }

    /// Send, and read the answer as it comes. Dropping the stream closes its connection.
    pub async fn stream(&self, call: Call) -> Result<BodyStream> {
        let limits = call.timeouts.unwrap_or(self.inner.timeouts);
        let idle = call.silence.limit(limits);
        let name = call.name();
        let at = self.place(&name);
        let (response, conn, _) = self.ask(call, limits).await?;
        let (parts, body) = response.into_parts();
        if !is_answer(parts.status) {
            return Err(self.refusal(&at, parts, body, limits).await);
        }
        let client = self.clone();
        let done = move || {
            tokio::spawn(async move { client.inner.pool.give_back(conn).await });
        };
        Ok(BodyStream::new(parts.headers, body, idle, at.owned(), done))
    }

    /// Send, and turn the connection into a raw one (attach, exec).
    pub async fn upgrade(&self, call: Call) -> Result<Upgraded> {
        let limits = call.timeouts.unwrap_or(self.inner.timeouts);
        let name = call.name();
        let at = self.place(&name);
        let mut call = call;
        call.headers
            .push((CONNECTION, HeaderValue::from_static("Upgrade")));
        call.headers
            .push((UPGRADE, HeaderValue::from_static("tcp")));
        let (response, conn, _) = self.ask(call, limits).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let (parts, body) = response.into_parts();
            if is_answer(parts.status) {
                return Err(answer::no_upgrade(&at, parts.status));
            }
            return Err(self.refusal(&at, parts, body, limits).await);
        }
        let headers = response.headers().clone();
        let io = timeout(limits.headers, hyper::upgrade::on(response)).await;
        drop(conn);
        match io {
            Ok(Ok(io)) => Ok(Upgraded::new(headers, io)),
            Ok(Err(e)) => Err(self.broken(&at, e, None)),
            Err(_) => Err(answer::stalled(&at, "upgraded", limits.headers)),
        }
    }

    /// Send within the limit for headers, which starts again whenever an upload makes progress.
    async fn ask(
        &self,
        call: Call,
        limits: Timeouts,
    ) -> Result<(Response<Incoming>, Conn, Duration)> {
        let name = call.name();
        let at = self.place(&name);
        if let Some(wrong) = call.wrong {
            return Err(wrong.context(name));
        }
        let mut deadline = Instant::now() + limits.headers;
        let mut path = String::new();
        if call.versioned {
            let version = timeout_at(deadline, Box::pin(self.version())).await;
            let version = version.map_err(|_| answer::silent(&at, limits.headers))??;
            path = format!("/v{version}");
        }
        path.push_str(&call.path);
        if !call.query.is_empty() {
            path.push('?');
            path.push_str(&call.query);
        }
        let (body, progress) = match call.payload {
            Payload::Streamed(body) => {
                let (body, progress) = Counted::new(body);
                (body.boxed_unsync(), Some(progress))
            }
            other => (other.into_body(), None),
        };
        let mut request = Request::new(body);
        *request.method_mut() = call.method;
        *request.uri_mut() = self.uri(&path, &at)?;
        request
            .headers_mut()
            .extend(call.headers.into_iter().map(|(k, v)| (Some(k), v)));
        common_headers(request.headers_mut());

        let exchange = self.exchange(request, call.repeatable, &at);
        tokio::pin!(exchange);
        let mut uploaded = 0;
        loop {
            if let Ok(result) = timeout_at(deadline, &mut exchange).await {
                return result;
            }
            let now_uploaded = progress.as_ref().map_or(0, |p| p.load(Ordering::Relaxed));
            if now_uploaded == uploaded {
                return Err(answer::silent(&at, limits.headers));
            }
            uploaded = now_uploaded;
            deadline = Instant::now() + limits.headers;
        }
    }

    /// Send on a pooled connection, or on a fresh one; move to a fresh one once if the pooled
    /// one is dead and nothing can have happened, or happening twice is harmless.
    async fn exchange(
        &self,
        request: Request<RequestBody>,
        repeatable: bool,
        at: &Where<'_>,
    ) -> Result<(Response<Incoming>, Conn, Duration)> {
        let again = (repeatable && request.body().is_end_stream()).then(|| {
            let mut copy = Request::new(whole(Bytes::new()));
            *copy.method_mut() = request.method().clone();
            *copy.uri_mut() = request.uri().clone();
            *copy.headers_mut() = request.headers().clone();
            copy
        });
        let mut request = request;
        if let Some(mut conn) = self.inner.pool.take() {
            let asked = Instant::now();
            match conn.sender.try_send_request(request).await {
                Ok(response) => return Ok((response, conn, asked.elapsed())),
                Err(mut failed) => {
                    // Its neighbours are as old: the engine has probably restarted.
                    self.inner.pool.clear();
                    match failed.take_message().or(again) {
                        Some(unsent) => request = unsent,
                        None => return Err(self.broken(at, failed.into_error(), None)),
                    }
                }
            }
        }
        let mut conn = self.fresh().await?;
        let asked = Instant::now();
        match conn.sender.try_send_request(request).await {
            Ok(response) => Ok((response, conn, asked.elapsed())),
            Err(failed) => Err(self.broken(at, failed.into_error(), Some(&conn))),
        }
    }

    async fn fresh(&self) -> Result<Conn> {
        let io = self.inner.dialer.dial().await?;
        self.inner.dialled.fetch_add(1, Ordering::Relaxed);
        Conn::open(io).await
    }

    async fn version(&self) -> Result<ApiVersion> {
        match self.api() {
            Some(version) => Ok(version),
            None => Ok(self.negotiate().await?.api),
        }
    }

    fn uri(&self, path: &str, at: &Where<'_>) -> Result<Uri> {
        format!("{}{path}", self.inner.dialer.base())
            .parse()
            .map_err(|e| {
                Error::invalid(format!("{} is not a request path", at.call)).with_source(e)
            })
    }

    fn place<'a>(&'a self, call: &'a str) -> Where<'a> {
        Where {
            target: self.target(),
            call,
        }
    }

    /// The error of a connection that broke; `fresh` if nothing was answered on it before.
    fn broken(&self, at: &Where<'_>, e: hyper::Error, fresh: Option<&Conn>) -> Error {
        if let Some(better) = self.inner.dialer.explain(&e) {
            return better;
        }
        answer::broken(at, e, fresh.map(|c| c.first.get()))
    }

    /// Read a refusal's body, as far as needed, and say what it means.
    async fn refusal(
        &self,
        at: &Where<'_>,
        parts: hyper::http::response::Parts,
        body: Incoming,
        limits: Timeouts,
    ) -> Error {
        // What cannot be read of it is not worth another error: the status is known.
        let text = timeout(limits.body, body::beginning(body, answer::MAX_REFUSAL)).await;
        answer::refusal(at, parts.status, &parts.headers, &text.unwrap_or_default())
    }
}

fn common_headers(headers: &mut HeaderMap) {
    headers.insert(HOST, HeaderValue::from_static("docker"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
}

fn is_answer(status: StatusCode) -> bool {
    status.is_success()
        || status == StatusCode::NOT_MODIFIED
        || status == StatusCode::SWITCHING_PROTOCOLS
}

#[cfg(test)]
mod tests;
