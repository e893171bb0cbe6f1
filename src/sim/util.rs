//! Small pure helpers: hashing, ids, and the way Docker writes times and durations.

use chrono::{DateTime, SecondsFormat, Utc};

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const MILLI: i64 = 1_000_000;
/// What Docker writes for "never".
pub(crate) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// One round of splitmix64: a good enough mixer for made-up data.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stable hash of several numbers.
pub(crate) fn mix_all(parts: &[u64]) -> u64 {
    parts
        .iter()
        .fold(0x5151_7a7a_0b0b_c3c3, |acc, part| mix(acc ^ mix(*part)))
}

/// A stable hash of a text.
pub(crate) fn hash_text(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |acc, byte| {
        (acc ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// 64 hex digits derived from a seed, as Docker's ids and digests look.
pub(crate) fn hex64(seed: u64) -> String {
    let part = |n| mix_all(&[seed, n]);
    format!(
        "{:016x}{:016x}{:016x}{:016x}",
        part(0),
        part(1),
        part(2),
        part(3)
    )
}

/// A number in `0..1` derived from a hash.
pub(crate) fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// The item of a table that a hash chooses.
pub(crate) fn pick<T>(hash: u64, table: &[T]) -> &T {
    &table[(hash % table.len() as u64) as usize]
}

fn date(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos)
}

/// RFC 3339 with as many digits as needed, as Go's `RFC3339Nano` writes it; 0 is "never".
pub(crate) fn rfc3339(nanos: i64) -> String {
    if nanos == 0 {
        return ZERO_TIME.to_owned();
    }
    let text = date(nanos).to_rfc3339_opts(SecondsFormat::Nanos, true);
    let body = text.trim_end_matches('Z');
    format!("{}Z", body.trim_end_matches('0').trim_end_matches('.'))
}

/// RFC 3339 with exactly nine digits, as log lines carry it.
pub(crate) fn rfc3339_nine(nanos: i64) -> String {
    date(nanos).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// RFC 3339 in whole seconds.
pub(crate) fn rfc3339_secs(nanos: i64) -> String {
    date(nanos).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time by a strftime pattern.
pub(crate) fn strftime(nanos: i64, pattern: &str) -> String {
    date(nanos).format(pattern).to_string()
}

/// The `since`/`until` parameters: unix seconds with an optional fraction, or RFC 3339.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    if let Ok(when) = DateTime::parse_from_rfc3339(text) {
        return when.timestamp_nanos_opt();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let mut digits: String = fraction.chars().take(9).collect();
    while digits.len() < 9 {
        digits.push('0');
    }
    seconds
        .checked_mul(SECOND)?
        .checked_add(digits.parse().ok()?)
}

/// A length of time in the words of `docker ps`.
pub(crate) fn human(nanos: i64) -> String {
    let seconds = nanos.max(0) / SECOND;
    let minutes = seconds / 60;
    let hours = (nanos.max(0) as f64 / (3600.0 * SECOND as f64) + 0.5) as i64;
    match (seconds, minutes, hours) {
        (0, _, _) => "Less than a second".to_owned(),
        (1, _, _) => "1 second".to_owned(),
        (s, _, _) if s < 60 => format!("{s} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, m, _) if m < 60 => format!("{m} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, h) if h < 48 => format!("{h} hours"),
        (_, _, h) if h < 24 * 14 => format!("{} days", h / 24),
        (_, _, h) if h < 24 * 60 => format!("{} weeks", h / 24 / 7),
        (_, _, h) if h < 24 * 365 * 2 => format!("{} months", h / 24 / 30),
        (_, _, h) => format!("{} years", h / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_as_docker_does() {
        let at = 1_700_000_000 * SECOND + 120_000_000;
        assert_eq!(rfc3339(at), "2023-11-14T22:13:20.12Z");
        assert_eq!(rfc3339(1_700_000_000 * SECOND), "2023-11-14T22:13:20Z");
        assert_eq!(rfc3339_nine(at), "2023-11-14T22:13:20.120000000Z");
        assert_eq!(rfc3339(0), ZERO_TIME);
        assert_eq!(parse_time("1700000000.12"), Some(at));
        assert_eq!(parse_time("2023-11-14T22:13:20.12Z"), Some(at));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn durations_read_like_docker_ps() {
        let cases = [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (300, "5 minutes"),
            (3600, "About an hour"),
            (3 * 3600, "3 hours"),
            (3 * 86_400, "3 days"),
            (21 * 86_400, "3 weeks"),
            (100 * 86_400, "3 months"),
        ];
        for (seconds, words) in cases {
            assert_eq!(human(seconds * SECOND), words);
        }
    }
}
