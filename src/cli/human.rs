//! Numbers as people write and read them.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Utc};

pub(crate) use crate::command::docker::{parse_bytes, parse_duration};
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
