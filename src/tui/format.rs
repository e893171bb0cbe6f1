//! Numbers and times as people read them, in few characters and without seconds that tick.

use chrono::{DateTime, Duration, FixedOffset, Utc};

/// How long ago something was, and when that text changes next. Coarse on purpose: an idle screen
/// stays still.
pub fn age(now: DateTime<Utc>, then: DateTime<Utc>) -> (String, Option<DateTime<Utc>>) {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    /// Below so many seconds, in this unit.
    const UNITS: [(i64, i64, &str); 6] = [
        (HOUR, MINUTE, "m"),
        (2 * DAY, HOUR, "h"),
        (14 * DAY, DAY, "d"),
        (60 * DAY, 7 * DAY, "w"),
        (730 * DAY, 30 * DAY, "mo"),
        (i64::MAX, 365 * DAY, "y"),
    ];
    let seconds = (now - then).num_seconds().max(0);
    if seconds < MINUTE {
        return ("<1m".to_owned(), after(then, MINUTE));
    }
    let unit = UNITS.iter().find(|(below, ..)| seconds < *below);
    let (below, unit, name) = unit.copied().unwrap_or(UNITS[UNITS.len() - 1]);
    let count = seconds / unit;
    let next = ((count + 1) * unit).min(below);
    (format!("{count}{name}"), after(then, next))
}

fn after(then: DateTime<Utc>, seconds: i64) -> Option<DateTime<Utc>> {
    then.checked_add_signed(Duration::try_seconds(seconds)?)
}

/// A length of time to the second, for what is over and stands still: `1m 12s`.
pub fn duration(length: Duration) -> String {
    let s = length.num_seconds().max(0);
    match s {
        0 => format!("{} ms", length.num_milliseconds().max(0)),
        1..60 => format!("{s}s"),
        60..3600 => format!("{}m {}s", s / 60, s % 60),
        3600..86_400 => format!("{}h {}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d {}h", s / 86_400, s % 86_400 / 3600),
    }
}

/// Bytes in binary units: `9.8M`, `312M`.
pub fn bytes(count: u64) -> String {
    bytes_f(count as f64)
}

/// Bytes a second: `1.2M/s`.
pub fn rate(per_second: f64) -> String {
    format!("{}/s", bytes_f(per_second))
}

fn bytes_f(mut value: f64) -> String {
    let mut unit = 0;
    while value >= 999.5 && unit < 5 {
        value /= 1024.0;
        unit += 1;
    }
    let name = ["B", "K", "M", "G", "T", "P"][unit];
    if unit == 0 || value >= 9.95 {
        format!("{value:.0}{name}")
    } else {
        format!("{value:.1}{name}")
    }
}

/// Percent of one CPU: one decimal below ten, none above, so that little flickers.
pub fn percent(value: f64) -> String {
    if value < 9.95 {
        format!("{value:.1}%")
    } else {
        format!("{value:.0}%")
    }
}

/// A whole number with thousands set off: `12,034`.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 container`, `2 containers`.
pub fn counted(number: usize, singular: &str, plural: &str) -> String {
    let word = if number == 1 { singular } else { plural };
    format!("{} {word}", count(number))
}

/// A moment as the operator's clock shows it: `2026-01-31 14:05:09`.
pub fn moment(at: DateTime<Utc>, zone: FixedOffset) -> String {
    at.with_timezone(&zone)
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// What a verb is called while it happens.
pub fn gerund(verb: &str) -> &'static str {
    match verb {
        "create" => "creating",
        "start" => "starting",
        "stop" => "stopping",
        "restart" => "restarting",
        "kill" => "killing",
        "pause" => "pausing",
        "unpause" => "unpausing",
        "remove" => "removing",
        "untag" => "untagging",
        "rename" => "renaming",
        "connect" => "connecting",
        "disconnect" => "disconnecting",
        "pull" => "pulling",
        "tag" => "tagging",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[rstest]
    #[case(-5, "<1m")]
    #[case(59, "<1m")]
    #[case(60, "1m")]
    #[case(3599, "59m")]
    #[case(3600, "1h")]
    #[case(86_400, "24h")]
    #[case(2 * 86_400, "2d")]
    #[case(14 * 86_400, "2w")]
    #[case(61 * 86_400, "2mo")]
    #[case(800 * 86_400, "2y")]
    fn ages_are_coarse(#[case] seconds: i64, #[case] text: &str) {
        assert_eq!(age(at(seconds), at(0)).0, text);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(bytes(0), "0B");
        assert_eq!(bytes(1000), "1.0K");
        assert_eq!(bytes(10 << 20), "10M");
        assert_eq!(bytes(u64::MAX), "16384P");
        assert_eq!(percent(0.04), "0.0%");
        assert_eq!(percent(9.96), "10%");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "host", "hosts"), "1 host");
        assert_eq!(duration(Duration::milliseconds(720)), "720 ms");
        assert_eq!(duration(Duration::seconds(72)), "1m 12s");
    }

    proptest! {
        /// The promised moment is the first at which the text is another one.
        #[test]
        fn an_age_changes_when_it_says(seconds in 0i64..3_000_000_000) {
            let (text, next) = age(at(seconds), at(0));
            let next = next.unwrap();
            prop_assert!(next > at(seconds));
            prop_assert_eq!(&age(next - Duration::seconds(1), at(0)).0, &text);
        }

        #[test]
        fn sizes_take_six_columns_at_most(n in 0u64..1 << 50) {
            prop_assert!(bytes(n).len() <= 5, "{}", bytes(n));
        }
    }
}
