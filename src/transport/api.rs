//! API versions, and what an engine says of itself when it is pinged.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::error::{Error, ErrorKind, Result};

/// A version of the Docker Engine API, such as 1.41.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The part before the dot.
    pub major: u16,
    /// The part after it.
    pub minor: u16,
}

impl ApiVersion {
    /// The newest dialect this client speaks.
    pub const NEWEST: Self = Self::new(1, 51);
    /// The oldest dialect this client speaks.
    pub const OLDEST: Self = Self::new(1, 24);

    /// `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    pub(crate) fn pack(self) -> u32 {
        u32::from(self.major) << 16 | u32::from(self.minor)
    }

    pub(crate) fn unpack(packed: u32) -> Option<Self> {
        (packed != 0).then_some(Self {
            major: (packed >> 16) as u16,
            minor: packed as u16,
        })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ApiVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = text
            .trim()
            .trim_start_matches('v')
            .split_once('.')
            .and_then(|(a, b)| Some(Self::new(a.parse().ok()?, b.parse().ok()?)))
            .filter(|v| v.major > 0);
        parsed.ok_or_else(|| {
            Error::invalid(format!("{text:?} is not an API version"))
                .with_hint("an API version looks like 1.41")
        })
    }
}

/// Which program answers at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// dockerd, or something that says it is.
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

/// The outcome of a ping: whom we speak to and in which dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// The dialect in use from now on.
    pub api: ApiVersion,
    /// The newest dialect the engine offers.
    pub offered: ApiVersion,
    /// Docker or Podman.
    pub kind: EngineKind,
    /// The `Server` header (`Docker/28.5.2 (linux)`), cleaned.
    pub server: String,
    /// The `Swarm` header (`active/manager`, `inactive`...), when the engine sends one.
    pub swarm: Option<String>,
    /// From the request's last byte to the answer's first, on an open connection.
    pub rtt: Duration,
}

impl Negotiated {
    /// The newest dialect both sides know, or why there is none.
    pub(crate) fn choose(offered: ApiVersion) -> Result<ApiVersion> {
        if offered < ApiVersion::OLDEST {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the engine speaks API {offered}; {} is the oldest supported",
                    ApiVersion::OLDEST
                ),
            )
            .with_hint("update the engine: Docker 1.12 and later speak API 1.24"));
        }
        Ok(offered.min(ApiVersion::NEWEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_and_print_as_parsed() {
        let v: ApiVersion = "1.9".parse().unwrap();
        assert!(v < ApiVersion::new(1, 41));
        assert_eq!("v1.41".parse::<ApiVersion>().unwrap().to_string(), "1.41");
        assert_eq!(ApiVersion::unpack(v.pack()), Some(v));
        for bad in ["", "1", "1.", ".4", "a.b", "0.1", "1.4.1", "99999999.1"] {
            let e = bad.parse::<ApiVersion>().unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Invalid, "{bad}");
        }
    }

    #[test]
    fn the_newest_common_dialect_is_chosen() {
        let choose = |text: &str| Negotiated::choose(text.parse().unwrap());
        assert_eq!(choose("1.41").unwrap(), ApiVersion::new(1, 41));
        assert_eq!(choose("1.99").unwrap(), ApiVersion::NEWEST);
        let e = choose("1.23").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported);
        assert_eq!(
            e.message(),
            "the engine speaks API 1.23; 1.24 is the oldest supported"
        );
    }
}
