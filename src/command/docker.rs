//! Docker's own ways to write things: sizes, durations, ports, mounts, and whole specifications as
//! options. Read by verbs and forms, written for the shell.

mod mounts;
mod ports;
mod words;

use std::time::Duration;

pub use mounts::{long as mount, short as volume_option, write as mount_word};
pub use ports::{exposed, published, write as port_word};
pub use words::{
    container as container_words, network as network_words, update as update_words,
    volume as volume_words,
};

/// `10s`, `1h30m`, `250ms`, `2d`; a bare number is seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is not a duration; write 10s, 5m, 1h30m or 2d");
    if text.is_empty() {
        return Err(bad());
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| bad());
    }
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(bad)?;
        let number: f64 = rest[..end].parse().map_err(|_| bad())?;
        rest = &rest[end..];
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            _ => return Err(bad()),
        };
        total += number * unit;
        rest = &rest[end..];
    }
    Duration::try_from_secs_f64(total).map_err(|_| bad())
}

/// Bytes as docker writes sizes: `512m`, `1.5g`, `64k`, `100b`, a bare number.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    let bad = || format!("{text:?} is not a size; write 512m, 1.5g or a number of bytes");
    let lower = text.trim().to_ascii_lowercase();
    let end = lower
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(lower.len());
    let number: f64 = lower[..end].parse().map_err(|_| bad())?;
    let power = match lower[end..].trim() {
        "" | "b" => 0,
        "k" | "kb" | "ki" | "kib" => 1,
        "m" | "mb" | "mi" | "mib" => 2,
        "g" | "gb" | "gi" | "gib" => 3,
        "t" | "tb" | "ti" | "tib" => 4,
        "p" | "pb" | "pi" | "pib" => 5,
        _ => return Err(bad()),
    };
    let total = number * 1_024_f64.powi(power);
    if total.is_finite() && total < 9e18 {
        Ok(total as i64)
    } else {
        Err(bad())
    }
}

/// Bytes as the shortest size that says exactly this: `512m`.
pub fn size_word(bytes: i64) -> String {
    for (unit, power) in [("g", 30), ("m", 20), ("k", 10)] {
        if bytes > 0 && bytes % (1 << power) == 0 {
            return format!("{}{unit}", bytes >> power);
        }
    }
    bytes.to_string()
}

/// Billionths of a CPU as CPUs: `1.5`.
pub fn cpus_word(nano: i64) -> String {
    let text = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of CPUs in billionths.
pub fn parse_cpus(text: &str) -> Result<i64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|n| *n >= 0.0 && *n < 1e6)
        .map(|n| (n * 1e9).round() as i64)
        .ok_or_else(|| format!("{text:?} is not a number of CPUs"))
}

/// Nanoseconds as a duration: `30s`, `250ms`.
pub fn duration_word(nanos: i64) -> String {
    for (unit, size) in [
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ] {
        if nanos % size == 0 {
            return format!("{}{unit}", nanos / size);
        }
    }
    format!("{nanos}ns")
}

#[cfg(test)]
mod tests;
