//! Numbers as people write and read them.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};

use crate::domain::error::Error;

/// `3h`, `2d`: the largest unit that fits.
pub(crate) fn age(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    span((now - since).to_std().unwrap_or_default())
}

/// A duration in its largest unit, rounded down.
pub(crate) fn span(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m", s / 60),
        3_600..86_400 => format!("{}h", s / 3_600),
        86_400..63_072_000 => format!("{}d", s / 86_400),
        _ => format!("{}y", s / 31_536_000),
    }
}

/// `1.2GiB`, three digits at most.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (n as f64, 0);
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    if unit == 0 || value >= 99.95 {
        format!("{value:.0}{}", UNITS[unit])
    } else {
        format!("{value:.1}{}", UNITS[unit])
    }
}

/// RFC 3339 with as many digits of the second as there are.
pub(crate) fn rfc3339(t: DateTime<Utc>) -> String {
    t.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// `10s`, `1h30m`, `250ms`, `2d`; a bare number is seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
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

/// A moment: RFC 3339, a date, seconds since 1970, or a duration before `now`.
pub(crate) fn parse_moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    if let Ok(t) = DateTime::parse_from_rfc3339(text) {
        return Ok(t.with_timezone(&Utc));
    }
    for format in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ] {
        if let Ok(t) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(t.and_utc());
        }
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(date.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    if let Ok(seconds) = text.parse::<f64>()
        && seconds > 1e8
        && let Some(t) = DateTime::from_timestamp_millis((seconds * 1_000.0) as i64)
    {
        return Ok(t);
    }
    parse_duration(text)
        .ok()
        .and_then(|d| TimeDelta::from_std(d).ok())
        .and_then(|d| now.checked_sub_signed(d))
        .ok_or_else(|| format!("{text:?} is not a time"))
}

/// The value of an option that is a time.
pub(crate) fn moment(
    option: &str,
    text: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Error> {
    let parsed = text.map(|t| parse_moment(t, now)).transpose();
    parsed.map_err(|e| {
        Error::invalid(format!("{option}: {e}"))
            .with_hint("write 10m (ago), 2026-03-01T12:00:00Z or a date")
    })
}

/// Bytes as docker writes sizes: `512m`, `1.5g`, `64k`, `100b`, a bare number.
pub(crate) fn parse_bytes(text: &str) -> Result<i64, String> {
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

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0B")]
    #[case(999, "999B")]
    #[case(1_000, "1.0KiB")]
    #[case(1_536, "1.5KiB")]
    #[case(200 * 1_024 * 1_024, "200MiB")]
    #[case(1_300_000_000, "1.2GiB")]
    fn bytes_are_short(#[case] n: u64, #[case] text: &str) {
        assert_eq!(bytes(n), text);
    }

    #[rstest]
    #[case("10", Some(10_000))]
    #[case("250ms", Some(250))]
    #[case("1h30m", Some(5_400_000))]
    #[case("1.5s", Some(1_500))]
    #[case("2d", Some(172_800_000))]
    #[case("", None)]
    #[case("-1s", None)]
    #[case("1x", None)]
    #[case("h", None)]
    fn durations_parse(#[case] text: &str, #[case] ms: Option<u64>) {
        let d = parse_duration(text).ok();
        assert_eq!(d, ms.map(Duration::from_millis), "{text}");
    }

    #[rstest]
    #[case("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z")]
    #[case("2026-03-01T14:00:00+02:00", "2026-03-01T12:00:00Z")]
    #[case("2026-03-01", "2026-03-01T00:00:00Z")]
    #[case("2026-03-01T11:30", "2026-03-01T11:30:00Z")]
    #[case("90m", "2026-03-01T10:30:00Z")]
    #[case("1700000000", "2023-11-14T22:13:20Z")]
    fn moments_parse(#[case] text: &str, #[case] expected: &str) {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        assert_eq!(rfc3339(parse_moment(text, now).unwrap()), expected);
        assert!(parse_moment("yesterday", now).is_err());
    }

    #[rstest]
    #[case("100", Some(100))]
    #[case("64k", Some(65_536))]
    #[case("512M", Some(536_870_912))]
    #[case("1.5g", Some(1_610_612_736))]
    #[case("1gib", Some(1_073_741_824))]
    #[case("x", None)]
    #[case("1q", None)]
    fn sizes_parse(#[case] text: &str, #[case] n: Option<i64>) {
        assert_eq!(parse_bytes(text).ok(), n);
    }

    #[rstest]
    #[case(59, "59s")]
    #[case(61, "1m")]
    #[case(7_200, "2h")]
    #[case(86_400 * 400, "400d")]
    #[case(86_400 * 800, "2y")]
    fn ages_have_one_unit(#[case] s: u64, #[case] text: &str) {
        assert_eq!(span(Duration::from_secs(s)), text);
    }
}
