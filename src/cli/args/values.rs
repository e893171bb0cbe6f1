//! Values of options that are more than text.

use clap::ValueEnum;

use crate::domain::id::Kind;
use crate::domain::observed::{ContainerState, HealthStatus};
use crate::domain::selector::LabelTest;
use crate::domain::text::did_you_mean;

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WaitFor {
    /// It runs, or ran and ended with 0
    Running,
    /// Its health check says so; without a check: it runs
    Healthy,
    /// It does not run any more
    Exited,
    /// It is gone
    Removed,
}

impl WaitFor {
    /// The word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Healthy => "healthy",
            Self::Exited => "exited",
            Self::Removed => "removed",
        }
    }
}

pub(crate) fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.into_iter().map(Kind::plural).collect();
        let near = did_you_mean(text, words.iter().copied())
            .map(|w| format!("; did you mean {w:?}?"))
            .unwrap_or_default();
        format!("one of {}{near}", words.join(", "))
    })
}

/// What can be pruned.
pub(crate) const PRUNABLE: [Kind; 4] = [Kind::Container, Kind::Image, Kind::Volume, Kind::Network];

pub(crate) fn prunable(text: &str) -> Result<Kind, String> {
    Kind::from_word(text)
        .filter(|k| PRUNABLE.contains(k))
        .ok_or_else(|| format!("one of {}", PRUNABLE.map(Kind::plural).join(", ")))
}

pub(crate) fn state(text: &str) -> Result<ContainerState, String> {
    let found = ContainerState::from_word(text);
    if found == ContainerState::Unknown && text != "unknown" {
        let words: Vec<&str> = ContainerState::ALL
            .into_iter()
            .map(ContainerState::word)
            .collect();
        return Err(format!("one of {}", words.join(", ")));
    }
    Ok(found)
}

pub(crate) fn health(text: &str) -> Result<HealthStatus, String> {
    HealthStatus::from_word(text).ok_or_else(|| "one of starting, healthy, unhealthy".to_owned())
}

pub(crate) fn label(text: &str) -> Result<LabelTest, String> {
    text.parse().map_err(|e: crate::domain::error::Error| {
        let hint = e.hint().map(|h| format!("; {h}")).unwrap_or_default();
        format!("{}{hint}", e.message())
    })
}

/// `key=value`; without a value it is empty.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if key.is_empty() {
        return Err(format!("{text:?} has no key; write KEY=VALUE"));
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// An address, as it was written.
pub(crate) fn address(text: &str) -> Result<String, String> {
    match text.parse::<std::net::IpAddr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("this is no address; write 10.1.0.1 or fd00::1".to_owned()),
    }
}

/// A subnet in CIDR notation, as it was written.
pub(crate) fn cidr(text: &str) -> Result<String, String> {
    let fits = text.split_once('/').is_some_and(|(address, bits)| {
        let bits = bits.parse::<u8>().ok();
        match address.parse() {
            Ok(std::net::IpAddr::V4(_)) => bits.is_some_and(|b| b <= 32),
            Ok(std::net::IpAddr::V6(_)) => bits.is_some_and(|b| b <= 128),
            Err(_) => false,
        }
    });
    if fits {
        Ok(text.to_owned())
    } else {
        Err("this is no subnet; write 10.1.0.0/24 or fd00::/64".to_owned())
    }
}

/// The name that comes first, and somebody else's words behind it.
pub(crate) fn first_and_rest(words: &[String]) -> (&str, &[String]) {
    match words.split_first() {
        Some((first, rest)) => (first, rest),
        None => ("", &[]),
    }
}
