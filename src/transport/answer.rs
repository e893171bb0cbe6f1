//! What an engine's answer means: refusals by kind, and answers that are not an engine's.

use std::borrow::Cow;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::plain::excerpt;
use crate::domain::error::{Error, ErrorKind, Result};

/// How much of a refusal is read.
pub(super) const MAX_REFUSAL: usize = 64 << 10;
/// How much of a message is shown.
const SHOWN: usize = 600;

/// Which call, and where it went.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) target: &'a str,
    /// `METHOD /path`.
    pub(super) call: &'a str,
}

/// The same, owned by what outlives the call.
pub(super) struct Place {
    pub(super) target: String,
    pub(super) call: String,
}

impl Where<'_> {
    pub(super) fn owned(&self) -> Place {
        Place {
            target: self.target.to_owned(),
            call: self.call.to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

/// Read `body` as JSON.
pub(super) fn json<T: DeserializeOwned>(at: &Where<'_>, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|e| {
        if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
            return Error::new(
                ErrorKind::Protocol,
                format!(
                    "{} answered {} with JSON of another shape",
                    at.target, at.call
                ),
            )
            .with_source(e)
            .with_hint("the engine may be newer than this program, or not a Docker engine");
        }
        not_an_engine(at, "the answer is not JSON", body)
    })
}

/// The answer shows that the other side is no Docker engine.
pub(super) fn not_an_engine(at: &Where<'_>, why: &str, body: &[u8]) -> Error {
    let said = excerpt(body, 100);
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(": {said}")
    };
    Error::new(
        ErrorKind::Protocol,
        format!(
            "{} does not answer like a Docker engine: {why}{said}",
            at.target
        ),
    )
    .with_hint(hint_by_first_bytes(body))
}

fn hint_by_first_bytes(first: &[u8]) -> &'static str {
    match first {
        [0x15 | 0x16, 0x03, ..] => {
            "the port speaks TLS: give the host a CA and client certificate, and use port 2376"
        }
        [b'S', b'S', b'H', b'-', ..] => "this is an SSH server: use ssh://user@host",
        [b'R', b'F', b'B', b' ', ..] => "this is a VNC server",
        [b'2', b'2', b'0', b' ' | b'-', ..] => "this is a mail or FTP server",
        _ => "this port may not belong to a Docker engine: check the host and port",
    }
}

/// An engine (or something in front of it) said no.
pub(super) fn refusal(
    at: &Where<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Error {
    if status.is_redirection() {
        let to = headers.get(LOCATION).map_or(&b""[..], |l| l.as_bytes());
        let why = format!("it redirects to {:?}", excerpt(to, 100));
        return not_an_engine(at, &why, b"");
    }
    let message = match message(headers, body) {
        Some(message) => message,
        None if body.is_empty()
            && (status != StatusCode::NOT_FOUND || may_be_mute(at, headers)) =>
        {
            Cow::Borrowed(status.canonical_reason().unwrap_or("refused"))
        }
        None if is_gateway(status) => {
            return Error::new(
                ErrorKind::Transient,
                format!(
                    "the proxy at {} does not reach its engine ({status})",
                    at.target
                ),
            )
            .with_hint("is the engine behind the proxy running?");
        }
        None => return not_an_engine(at, &format!("it says {status}"), body),
    };
    let shown = excerpt(message.as_bytes(), SHOWN);
    let (kind, hint) = judge(status, &message.to_ascii_lowercase());
    let e = Error::new(kind, format!("{shown} ({}, {})", status.as_u16(), at.call));
    match hint {
        Some(hint) => e.with_hint(hint),
        None => e,
    }
}

/// The message of an engine's refusal; none if this is not how engines refuse.
fn message<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Cow<'a, str>> {
    if let Ok(parsed) = serde_json::from_slice::<Message>(body) {
        return Some(Cow::Owned(parsed.message));
    }
    // Old engines, and Go's own server ("Client sent an HTTP request to an HTTPS server.").
    let text = std::str::from_utf8(body).ok()?.trim();
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let is_plain = kind.is_none_or(|k| k.starts_with("text/plain"));
    let is_line = !text.is_empty() && text.len() <= SHOWN && !text.contains(['\n', '<']);
    (is_plain && is_line).then_some(Cow::Borrowed(text))
}

/// The answer to a HEAD has no body to say anything in, and Podman 4 forgets it now and then.
fn may_be_mute(at: &Where<'_>, headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    at.call.starts_with("HEAD ") || kind == Some(b"application/json")
}

fn is_gateway(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502..=504)
}

/// Messages that say more than the status they come with. In order; the first that fits counts.
/// Engines send many permanent failures as 500, and repeating those helps nobody.
const TELLING: &[(&str, ErrorKind, Option<&str>)] = &[
    (
        "sent an http request to an https server",
        ErrorKind::Denied,
        Some(
            "the port speaks TLS: give the host its CA and a client certificate \
             (tls settings, or DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH)",
        ),
    ),
    (
        "is not a swarm manager",
        ErrorKind::Unsupported,
        Some("ask a manager node of this swarm"),
    ),
    ("not part of a swarm", ErrorKind::Unsupported, None),
    (
        "client version",
        ErrorKind::Unsupported,
        Some("that dialect is not spoken there: unset DOCKER_API_VERSION, or update"),
    ),
    (
        "page not found",
        ErrorKind::Unsupported,
        Some("the engine is too old for this"),
    ),
    ("not implemented", ErrorKind::Unsupported, None),
    ("not supported", ErrorKind::Unsupported, None),
    ("executable file not found", ErrorKind::Invalid, None),
    ("oci runtime", ErrorKind::Invalid, None),
    (
        "no such host",
        ErrorKind::Transient,
        Some("the engine cannot resolve that name"),
    ),
    (
        "toomanyrequests",
        ErrorKind::Transient,
        Some("log in to that registry for a higher limit"),
    ),
    (
        "no space left on device",
        ErrorKind::Internal,
        Some("free space on that host: prune"),
    ),
    (
        "pull access denied",
        ErrorKind::Denied,
        Some("is the name right? Else log in to it"),
    ),
    ("no such ", ErrorKind::NotFound, None),
    ("manifest unknown", ErrorKind::NotFound, None),
    ("repository does not exist", ErrorKind::NotFound, None),
    (
        "no basic auth credentials",
        ErrorKind::Denied,
        Some("log in to that registry"),
    ),
    (
        "unauthorized",
        ErrorKind::Denied,
        Some("log in to that registry"),
    ),
    (
        "authentication required",
        ErrorKind::Denied,
        Some("log in to that registry"),
    ),
    ("authorization denied by plugin", ErrorKind::Denied, None),
    ("permission denied", ErrorKind::Denied, None),
    ("port is already allocated", ErrorKind::Conflict, None),
    ("address already in use", ErrorKind::Conflict, None),
    ("already in use", ErrorKind::Conflict, None),
    ("already exists", ErrorKind::Conflict, None),
    ("is in use", ErrorKind::Conflict, None),
    ("being used", ErrorKind::Conflict, None),
    ("has active endpoints", ErrorKind::Conflict, None),
    ("is not running", ErrorKind::Conflict, None),
    ("is already", ErrorKind::Conflict, None),
    ("is paused", ErrorKind::Conflict, None),
    // Podman, of a container that runs or does not.
    ("container state improper", ErrorKind::Conflict, None),
    ("on running containers", ErrorKind::Conflict, None),
    ("pre-defined network", ErrorKind::Invalid, None),
    ("invalid reference format", ErrorKind::Invalid, None),
];

/// What a refusal means that comes within a stream, without a status: its kind, and what to do.
pub fn refusal_kind(message: &str) -> (ErrorKind, Option<&'static str>) {
    judge(
        StatusCode::INTERNAL_SERVER_ERROR,
        &message.to_ascii_lowercase(),
    )
}

fn judge(status: StatusCode, message: &str) -> (ErrorKind, Option<&'static str>) {
    let told = TELLING.iter().find(|(words, ..)| message.contains(words));
    let told = told.map(|(_, kind, hint)| (*kind, *hint));
    match status.as_u16() {
        401 | 407 => (ErrorKind::Denied, None),
        // Docker says 403 for networks in use, too.
        403 => told.unwrap_or((ErrorKind::Denied, None)),
        404 => match told {
            Some((ErrorKind::Unsupported | ErrorKind::Denied, _)) => {
                told.unwrap_or((ErrorKind::NotFound, None))
            }
            _ => (ErrorKind::NotFound, None),
        },
        408 => (ErrorKind::TimedOut, None),
        409 | 412 => (ErrorKind::Conflict, None),
        429 => (ErrorKind::Transient, None),
        405 | 501 => (ErrorKind::Unsupported, None),
        400..=499 => told.unwrap_or((ErrorKind::Invalid, None)),
        _ => told.unwrap_or((ErrorKind::Transient, None)),
    }
}

/// A connection broke before the answer's headers. `first`: what came on it, if it was fresh.
pub(super) fn broken(at: &Where<'_>, e: hyper::Error, first: Option<&[u8]>) -> Error {
    if e.is_parse() {
        let why = "what it sends is not HTTP";
        return not_an_engine(at, why, first.unwrap_or_default()).with_source(e);
    }
    if e.is_user() {
        return Error::new(ErrorKind::Internal, format!("send {}", at.call)).with_source(e);
    }
    let message = match first {
        Some([]) => format!("{} closed the connection without an answer", at.target),
        Some(_) => format!("{} closed the connection within its answer", at.target),
        None => format!(
            "{} closed the connection before it answered {}",
            at.target, at.call
        ),
    };
    let hint = match first {
        Some([]) => "is this port a Docker engine's? One that demands TLS may behave so, too",
        Some(_) | None => "the engine may be restarting, and may have done what was asked",
    };
    Error::new(ErrorKind::Unreachable, message)
        .with_source(e)
        .with_hint(hint)
}

/// An answer ended before it was complete.
pub(super) fn cut_off(at: &Place, read: u64, e: hyper::Error) -> Error {
    Error::new(
        ErrorKind::Transient,
        format!(
            "{} cut off its answer to {} after {read} bytes",
            at.target, at.call
        ),
    )
    .with_source(e)
    .with_hint("the engine or the connection to it went down")
}

/// A streamed answer was silent for too long.
pub(super) fn idle(at: &Place, limit: Duration) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        format!(
            "{} sent nothing more of {} for {limit:?}",
            at.target, at.call
        ),
    )
    .with_hint("the engine may be frozen, or the connection dead")
}

/// No headers came in time.
pub(super) fn silent(at: &Where<'_>, limit: Duration) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        format!("{} did not answer {} within {limit:?}", at.target, at.call),
    )
    .with_hint("the engine may be frozen or overloaded; a longer timeout may help")
}

/// Headers came in time, the rest did not.
pub(super) fn stalled(at: &Where<'_>, what: &str, limit: Duration) -> Error {
    Error::new(
        ErrorKind::TimedOut,
        format!(
            "{} began to answer {}, but its answer was not {what} within {limit:?}",
            at.target, at.call
        ),
    )
    .with_hint("the engine may be frozen, or the connection slow; a longer timeout may help")
}

/// An answer is larger than the caller can take.
pub(super) fn too_large(at: &Where<'_>, max: usize) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!(
            "{} answers {} with more than {max} bytes",
            at.target, at.call
        ),
    )
    .with_hint("an engine's answer is smaller; check that the port is a Docker engine's")
}

/// The other side did not hand over the connection.
pub(super) fn no_upgrade(at: &Where<'_>, status: StatusCode) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!(
            "{} answered {} with {status} instead of an upgrade",
            at.target, at.call
        ),
    )
    .with_hint("a proxy in between may not let upgrades pass")
}

#[cfg(test)]
mod tests;
