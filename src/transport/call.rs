//! One request to an engine: built here, sent by [`HttpClient`](super::HttpClient).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::TryStreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::Method;
use hyper::body::Frame;
use hyper::header::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::domain::error::{Error, Result};

/// What the body of a request is made of; any error ends the connection.
pub type RequestBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The largest answer that is held in memory unless a call allows more.
pub const MAX_BODY: usize = 64 << 20;

/// Everything but RFC 3986's unreserved characters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// Image names keep their slashes, colons and at signs: engines expect them so.
const SEGMENT: &AsciiSet = &QUERY.remove(b'/').remove(b':').remove(b'@');

/// `name` for use in a path: what could end the path or begin a query is encoded, and a
/// segment of dots cannot climb.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT)
        .to_string()
        .split('/')
        .map(|part| match part {
            "." => "%2E",
            ".." => "%2E%2E",
            part => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// How long a call may take. Every phase has its own limit, so none can hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From asking to the answer's headers, connecting included. While an upload makes progress
    /// this does not run.
    pub headers: Duration,
    /// From the headers to the last byte, for answers that are read whole.
    pub body: Duration,
    /// The longest silence in a streamed answer; none: it may be silent for ever.
    pub idle: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            body: Duration::from_secs(20),
            idle: Some(Duration::from_secs(60)),
        }
    }
}

pub(super) enum Payload {
    Empty,
    Whole(Bytes),
    Streamed(RequestBody),
}

/// How long a streamed answer may be silent.
#[derive(Clone, Copy)]
pub(super) enum Silence {
    /// As the call's timeouts say.
    Default,
    Limited(Duration),
    Endless,
}

impl Silence {
    pub(super) fn limit(self, limits: Timeouts) -> Option<Duration> {
        match self {
            Self::Default => limits.idle,
            Self::Limited(limit) => Some(limit),
            Self::Endless => None,
        }
    }
}

/// One request: method, path, query, headers, body and limits.
#[must_use]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) payload: Payload,
    pub(super) timeouts: Option<Timeouts>,
    pub(super) silence: Silence,
    pub(super) versioned: bool,
    pub(super) repeatable: bool,
    pub(super) max_body: usize,
    /// The first thing that was wrong while building; reported when sent.
    pub(super) wrong: Option<Error>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the headers: they may carry registry credentials. Not the query: it may carry
        // build arguments.
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Call {
    /// `path` begins with a slash and has no version prefix; names in it go through [`segment`].
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let repeatable = method == Method::GET || method == Method::HEAD;
        Self {
            method,
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            payload: Payload::Empty,
            timeouts: None,
            silence: Silence::Default,
            versioned: true,
            repeatable,
            max_body: MAX_BODY,
            wrong: None,
        }
    }

    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST without a body.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// A DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// A PUT without a body.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// A HEAD.
    pub fn head(path: impl Into<String>) -> Self {
        Self::new(Method::HEAD, path)
    }

    /// Add `key=value` to the query, encoded.
    pub fn query(mut self, key: &str, value: impl fmt::Display) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(key);
        self.query.push('=');
        self.query
            .extend(utf8_percent_encode(&value.to_string(), QUERY));
        self
    }

    /// Add `key=value` if there is a value.
    pub fn maybe(self, key: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.query(key, value),
            None => self,
        }
    }

    /// Add a header, such as `X-Registry-Auth`.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        match (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.push((name, value));
            }
            _ => self.is_wrong(Error::invalid(format!(
                "the value of header {name} contains what a header cannot"
            ))),
        }
        self
    }

    /// Send `value` as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => {
                self.payload = Payload::Whole(bytes.into());
                self.content_type("application/json");
            }
            Err(e) => self.is_wrong(Error::internal("a request as JSON").with_source(e)),
        }
        self
    }

    /// Send `bytes`.
    pub fn bytes(mut self, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        self.payload = Payload::Whole(bytes.into());
        self.content_type(content_type);
        self
    }

    /// Send a stream, such as a tar archive, in chunks as it comes; never repeated.
    pub fn upload<S, E>(mut self, content_type: &'static str, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let frames = stream.map_ok(Frame::data).map_err(Into::into);
        self.payload = Payload::Streamed(StreamBody::new(frames).boxed_unsync());
        self.content_type(content_type);
        self
    }

    /// Hold this call to other limits than the client's.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self
    }

    /// How long a streamed answer may be silent.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.silence = Silence::Limited(limit);
        self
    }

    /// A streamed answer may be silent for ever (events, followed logs).
    pub fn endless(mut self) -> Self {
        self.silence = Silence::Endless;
        self
    }

    /// Do not prefix the API version.
    pub fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    /// Doing this twice is harmless: a pooled connection that died may be replaced even if the
    /// request may have been read. GET and HEAD are so by themselves.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Hold a larger (or only a smaller) answer in memory.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// `METHOD /path` for messages; without the query, which may carry secrets.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn content_type(&mut self, value: &'static str) {
        let value = HeaderValue::from_static(value);
        self.headers.push((hyper::header::CONTENT_TYPE, value));
    }

    fn is_wrong(&mut self, e: Error) {
        self.wrong.get_or_insert(e);
    }
}

impl Payload {
    pub(super) fn into_body(self) -> RequestBody {
        match self {
            Self::Empty => whole(Bytes::new()),
            Self::Whole(bytes) => whole(bytes),
            Self::Streamed(body) => body,
        }
    }
}

pub(super) fn whole(bytes: Bytes) -> RequestBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded_and_joined() {
        let call = Call::get("/containers/json")
            .query("all", true)
            .maybe("limit", None::<u8>)
            .query("filters", r#"{"label":["a=b&c"]}"#);
        assert_eq!(
            call.query,
            "all=true&filters=%7B%22label%22%3A%5B%22a%3Db%26c%22%5D%7D"
        );
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(segment("web_1.a-b"), "web_1.a-b");
        assert_eq!(segment("reg:5000/a/b@sha256:0f"), "reg:5000/a/b@sha256:0f");
        assert_eq!(segment("a?b#c d%/é"), "a%3Fb%23c%20d%25/%C3%A9");
        assert_eq!(segment("../x/./y"), "%2E%2E/x/%2E/y");
    }

    #[test]
    fn debug_shows_no_secret() {
        let call = Call::post("/images/create")
            .query("fromImage", "secret")
            .header("X-Registry-Auth", "hunter2");
        assert_eq!(format!("{call:?}"), "POST /images/create");
        assert!(Call::get("/").header("X-A", "a\r\nb").wrong.is_some());
    }
}
