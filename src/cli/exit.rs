//! How a verb ends: what went wrong decides the exit code, and the codes never change.

use std::process::ExitCode;

use crate::domain::error::{Error, ErrorKind};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or nothing to change.
    Done,
    /// 1
    Failed,
    /// 3: some targets are done, some are not.
    Partial,
    /// 4: a wait took too long.
    TimedOut,
    /// 5: a host does not answer, or does not accept us.
    Unreachable,
    /// 6: a guardrail or read-only mode forbids it.
    Refused,
    /// 64: what was typed or configured makes no sense.
    Usage,
    /// The code of the command that ran in a container, or 125 to 127.
    Passed(u8),
    /// 130: Ctrl-C.
    Interrupted,
    /// 143: SIGTERM.
    Terminated,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Partial => 3,
            Self::TimedOut => 4,
            Self::Unreachable => 5,
            Self::Refused => 6,
            Self::Usage => 64,
            Self::Passed(code) => code,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What a failure of that kind ends in.
    pub fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Unreachable | ErrorKind::Denied => Self::Unreachable,
            ErrorKind::Invalid => Self::Usage,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::Cancelled => Self::Interrupted,
            ErrorKind::Transient
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Unsupported
            | ErrorKind::Protocol
            | ErrorKind::Internal => Self::Failed,
        }
    }

    /// What several failures end in when nothing succeeded: what they agree on.
    pub(crate) fn of_all(kinds: impl IntoIterator<Item = ErrorKind>) -> Self {
        let mut exits = kinds.into_iter().map(|kind| match Self::of(kind) {
            // The engine called a request malformed; the command line itself was not.
            Self::Usage => Self::Failed,
            // It answered, so it was reached: a registry or a plugin of it refused.
            Self::Unreachable if kind == ErrorKind::Denied => Self::Failed,
            exit => exit,
        });
        let first = exits.next().unwrap_or(Self::Failed);
        if exits.all(|exit| exit == first) {
            first
        } else {
            Self::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a verb ended before its time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It went wrong; not printed yet.
    Error(Error),
    /// Whoever read the output is gone: nothing is wrong.
    Closed,
    /// Everything has been said.
    Exit(Exit),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Error(e)
    }
}

/// How a verb ends.
pub(crate) type Verdict = Result<Exit, Stop>;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ErrorKind::Unreachable, 5)]
    #[case(ErrorKind::Denied, 5)]
    #[case(ErrorKind::Invalid, 64)]
    #[case(ErrorKind::Refused, 6)]
    #[case(ErrorKind::TimedOut, 4)]
    #[case(ErrorKind::Cancelled, 130)]
    #[case(ErrorKind::NotFound, 1)]
    #[case(ErrorKind::Internal, 1)]
    fn kinds_become_codes(#[case] kind: ErrorKind, #[case] code: u8) {
        assert_eq!(Exit::of(kind).code(), code);
    }

    #[test]
    fn several_failures_are_one_code_only_when_they_agree() {
        use ErrorKind::{Denied, Invalid, NotFound, TimedOut, Unreachable};
        assert_eq!(Exit::of_all([Unreachable, Unreachable]), Exit::Unreachable);
        assert_eq!(Exit::of_all([Denied]), Exit::Failed);
        assert_eq!(Exit::of_all([Unreachable, TimedOut]), Exit::Failed);
        assert_eq!(Exit::of_all([Invalid]), Exit::Failed);
        assert_eq!(Exit::of_all([NotFound, NotFound]), Exit::Failed);
        assert_eq!(Exit::of_all([]), Exit::Failed);
    }
}
