//! Times as they are typed: how far back to read, and where to go.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::domain::error::{Error, Result};

/// Which lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Since {
    /// The last lines.
    #[default]
    Tail,
    /// Those of the last minutes, counted from the moment they are read.
    Ago(Duration),
    At(DateTime<Utc>),
    /// As many as are kept, the newest.
    All,
    /// The first ones.
    Head,
}

/// Lengths of time that are offered, shortest first.
pub const OFFERED: [(&str, Since); 7] = [
    ("tail", Since::Tail),
    ("1m", Since::Ago(Duration::minutes(1))),
    ("15m", Since::Ago(Duration::minutes(15))),
    ("1h", Since::Ago(Duration::hours(1))),
    ("24h", Since::Ago(Duration::hours(24))),
    ("all", Since::All),
    ("head", Since::Head),
];

impl Since {
    /// What was typed: `tail`, `all`, `head`, a length of time, a moment.
    pub fn parse(text: &str, now: DateTime<Utc>, zone: FixedOffset) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Tail);
        }
        if let Some((_, since)) = OFFERED.iter().find(|(word, _)| *word == text) {
            return Ok(*since);
        }
        if let Some(length) = length(text.trim_start_matches('-')) {
            return Ok(Self::Ago(length));
        }
        moment(text, now, zone).map(Self::At)
    }

    /// For the title.
    pub fn label(self, zone: FixedOffset) -> String {
        match self {
            Self::Tail => "tail".to_owned(),
            Self::All => "all".to_owned(),
            Self::Head => "head".to_owned(),
            Self::Ago(d) => short(d),
            Self::At(at) => at.with_timezone(&zone).format("%m-%d %H:%M:%S").to_string(),
        }
    }

    /// The moment it means at `now`.
    pub(super) fn start(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Ago(d) => now.checked_sub_signed(d),
            Self::At(at) => Some(at),
            Self::Tail | Self::All | Self::Head => None,
        }
    }
}

/// `15m`, `1h30m`, `24h`.
fn short(d: Duration) -> String {
    let s = d.num_seconds();
    let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    if s > 0 && s <= 48 * 3600 && s % 3600 == 0 {
        return format!("{}h", s / 3600);
    }
    let mut rest = s;
    let mut text = String::new();
    for (size, unit) in units {
        if rest >= size {
            let _ = write!(text, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    text
}

/// `90s`, `10m`, `1h30m`, `3d`; a bare number is minutes.
fn length(text: &str) -> Option<Duration> {
    if let Ok(minutes) = text.parse::<u32>() {
        return Duration::try_minutes(i64::from(minutes));
    }
    let (mut total, mut rest) = (Duration::zero(), text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let seconds = match &rest[..end] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => return None,
        };
        rest = &rest[end..];
        let more = count.checked_mul(seconds).and_then(Duration::try_seconds)?;
        total = total.checked_add(&more)?;
    }
    (total > Duration::zero()).then_some(total)
}

/// `14:30`, `14:30:05`, `-10m`, a date with or without a time, RFC 3339. What has no zone is in
/// `zone`; a time of the day that has not come yet is yesterday's.
pub fn moment(text: &str, now: DateTime<Utc>, zone: FixedOffset) -> Result<DateTime<Utc>> {
    let text = text.trim();
    let wrong = || {
        Error::invalid(format!("{text:?} is no time"))
            .with_hint("14:30, 14:30:05, -10m, 2026-01-31 14:30, RFC 3339")
    };
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    if let Some(back) = length(text.trim_start_matches('-')) {
        return now.checked_sub_signed(back).ok_or_else(wrong);
    }
    let local = |naive: NaiveDateTime| {
        let at = naive.and_local_timezone(zone).single();
        at.map(|at| at.to_utc()).ok_or_else(wrong)
    };
    let time = ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|f| NaiveTime::parse_from_str(text, f).ok());
    if let Some(time) = time {
        let at = local(now.with_timezone(&zone).date_naive().and_time(time))?;
        return Ok(if at > now { at - Duration::days(1) } else { at });
    }
    let date = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok());
    if let Some(date) = date {
        return local(date);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong())?;
    local(day.and_time(NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::tui::fixture::now;

    fn zone() -> FixedOffset {
        FixedOffset::east_opt(2 * 3600).unwrap()
    }

    #[rstest]
    #[case("", Since::Tail)]
    #[case("tail", Since::Tail)]
    #[case("all", Since::All)]
    #[case("head", Since::Head)]
    #[case("10m", Since::Ago(Duration::minutes(10)))]
    #[case("-10m", Since::Ago(Duration::minutes(10)))]
    #[case("5", Since::Ago(Duration::minutes(5)))]
    #[case("2d", Since::Ago(Duration::days(2)))]
    #[case("1h30m", Since::Ago(Duration::minutes(90)))]
    fn what_is_read_is_a_short_word(#[case] text: &str, #[case] since: Since) {
        assert_eq!(Since::parse(text, now(), zone()).unwrap(), since);
    }

    #[test]
    fn labels_are_what_can_be_typed() {
        for text in [
            "tail", "all", "head", "1m", "15m", "1h", "24h", "1h30m", "3d",
        ] {
            let since = Since::parse(text, now(), zone()).unwrap();
            assert_eq!(since.label(zone()), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [
            "x",
            "10y",
            "m",
            "-",
            "99999999999999999d",
            "25:00",
            "2026-13-01",
        ] {
            assert!(Since::parse(wrong, now(), zone()).is_err(), "{wrong}");
            assert!(moment(wrong, now(), zone()).is_err(), "{wrong}");
        }
    }

    #[rstest]
    // It is 15:09:26 UTC, 17:09:26 here.
    #[case("17:08", "2026-03-14T15:08:00Z")]
    #[case("17:08:30", "2026-03-14T15:08:30Z")]
    #[case("18:00", "2026-03-13T16:00:00Z")]
    #[case("-10m", "2026-03-14T14:59:26Z")]
    #[case("2026-03-14", "2026-03-13T22:00:00Z")]
    #[case("2026-03-14 14:30", "2026-03-14T12:30:00Z")]
    #[case("2026-03-14T14:30:01Z", "2026-03-14T14:30:01Z")]
    #[case("2026-03-14T14:30:01", "2026-03-14T12:30:01Z")]
    fn moments_are_by_the_operators_clock(#[case] text: &str, #[case] at: &str) {
        assert_eq!(
            moment(text, now(), zone()).unwrap(),
            at.parse::<DateTime<Utc>>().unwrap()
        );
    }
}
