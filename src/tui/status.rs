//! What the console says by itself: one message at a time, which goes away.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};

use super::theme::Role;
use crate::domain::error::Error;

/// How important a message is; decides how long it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Success,
    Warning,
    Error,
}

impl Severity {
    fn stays(self) -> Duration {
        Duration::seconds(match self {
            Self::Info | Self::Success => 4,
            Self::Warning => 8,
            Self::Error => 20,
        })
    }

    /// How it looks.
    pub fn role(self) -> Role {
        match self {
            Self::Info => Role::SeverityInfo,
            Self::Success => Role::SeveritySuccess,
            Self::Warning => Role::SeverityWarning,
            Self::Error => Role::SeverityError,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub severity: Severity,
    pub text: String,
    pub hint: Option<String>,
    pub until: DateTime<Utc>,
}

/// How many messages are kept.
const KEPT: usize = 50;

/// The message now, and those before it.
#[derive(Debug, Default)]
pub struct Status {
    now: Option<Toast>,
    past: VecDeque<Toast>,
}

impl Status {
    /// Say something.
    pub fn say(&mut self, severity: Severity, text: impl Into<String>, now: DateTime<Utc>) {
        self.put(severity, text.into(), None, now);
    }

    /// Say what went wrong and what helps.
    pub fn fail(&mut self, error: &Error, now: DateTime<Utc>) {
        let hint = error.hint().map(str::to_owned);
        self.put(Severity::Error, error.chain(), hint, now);
    }

    fn put(&mut self, severity: Severity, text: String, hint: Option<String>, now: DateTime<Utc>) {
        if let Some(old) = self.now.take() {
            self.past.push_front(old);
            self.past.truncate(KEPT);
        }
        self.now = Some(Toast {
            severity,
            text,
            hint,
            until: now + severity.stays(),
        });
    }

    /// What is said at that time.
    pub fn current(&self, now: DateTime<Utc>) -> Option<&Toast> {
        self.now.as_ref().filter(|t| t.until > now)
    }

    /// The user did something: what is no warning has been seen.
    pub fn seen(&mut self) {
        self.now.take_if(|t| t.severity < Severity::Warning);
    }

    /// Take even an error away; true when there was something.
    pub fn dismiss(&mut self, now: DateTime<Utc>) -> bool {
        self.now.take().is_some_and(|t| t.until > now)
    }
}
