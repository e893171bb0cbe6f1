//! One error type for the whole program: what was being done, on what, what kind of failure,
//! and what to try next. The kind decides retries and exit codes, so it is never erased.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What sort of failure this is; decides retry, exit code and wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// The host could not be reached or hung up; worth another try.
    Unreachable,
    /// The other side failed in a way that may pass (5xx, reset in the middle); worth another try.
    Transient,
    /// TLS, SSH or API permission was refused; trying again changes nothing.
    Denied,
    /// The object does not exist.
    NotFound,
    /// The object's state does not allow it, or it changed since it was looked at.
    Conflict,
    /// What was asked is malformed: the user's input.
    Invalid,
    /// The other side lacks this feature.
    Unsupported,
    /// A guardrail or read-only mode forbids it.
    Refused,
    /// A deadline passed.
    TimedOut,
    /// Somebody cancelled it.
    Cancelled,
    /// The other side answered something that is not what it claims to be (HTML, garbage).
    Protocol,
    /// A bug or a local failure (disk full, permission on our own files).
    Internal,
}

impl ErrorKind {
    /// May the same call succeed if it is repeated unchanged?
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Unreachable | Self::Transient | Self::TimedOut)
    }

    /// One lower-case word for tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Transient => "transient",
            Self::Denied => "denied",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Protocol => "protocol",
            Self::Internal => "internal",
        }
    }
}

/// A failure with its kind, its subject and a hint. Cheap to clone (it travels in snapshots).
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    /// What was being done or what is wrong, as a phrase: `stop prod-1/web`.
    message: Arc<str>,
    hint: Option<Arc<str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: Arc::from(message.into()),
            hint: None,
            source: None,
        }
    }

    /// Bad input from the user.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A local failure or a bug.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Keep the cause.
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Say what to try next: a sentence, best with a command in it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(Arc::from(hint.into()));
        self
    }

    /// The same failure seen from one level up: `context` becomes the message, this the source.
    pub fn context(self, context: impl Into<String>) -> Self {
        Self {
            kind: self.kind,
            hint: self.hint.clone(),
            message: Arc::from(context.into()),
            source: Some(Arc::new(self)),
        }
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The topmost message without its causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to try next, when we know.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The message and every cause, joined by `: `; one line.
    pub fn chain(&self) -> String {
        let mut text = self.message.to_string();
        let mut cause = self.source();
        while let Some(c) = cause {
            let words = c.to_string();
            if !text.ends_with(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            cause = c.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.kind, self.chain())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|s| &**s as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_level_once() {
        let io = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
        let e = Error::new(ErrorKind::Unreachable, "connect to /run/docker.sock")
            .with_source(io)
            .with_hint("start the engine")
            .context("list containers of prod-1");
        assert_eq!(
            e.chain(),
            "list containers of prod-1: connect to /run/docker.sock: connection refused"
        );
        assert_eq!(e.kind(), ErrorKind::Unreachable);
        assert_eq!(e.hint(), Some("start the engine"));
        assert!(e.kind().is_retryable());
    }
}
