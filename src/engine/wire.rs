//! Reading what engines send: leniently, and clean of what a terminal would obey.
//!
//! Engines differ in what they leave out, what they send as null and which numbers they get wrong
//! (Podman has negative sizes), so nothing here makes an answer unreadable.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Utc};
use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::domain::id::ObjectId;
use crate::domain::observed::Labels;
use crate::domain::text::sanitise;

/// Null means the default, too.
pub(super) fn lax<'de, D, T>(d: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

struct Number;

impl Visitor<'_> for Number {
    type Value = i128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, v: u64) -> Result<i128, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<i128, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> Result<i128, E> {
        Ok(v as i128)
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<i128, E> {
        Ok(v.parse().unwrap_or(0))
    }

    fn visit_unit<E>(self) -> Result<i128, E> {
        Ok(0)
    }
}

/// A signed number; what does not fit is cut to what does.
pub(super) fn number<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    let n = d.deserialize_any(Number)?;
    Ok(n.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// A count: negative ones are 0.
pub(super) fn count<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let n = d.deserialize_any(Number)?;
    Ok(n.clamp(0, u64::MAX.into()) as u64)
}

/// Labels as they are sent.
pub(super) type RawLabels = BTreeMap<String, Option<String>>;

/// A time of RFC 3339; none for Go's zero time and for what is no time.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (time.year() > 1).then_some(time)
}

/// A time in seconds since 1970; none for 0 and before.
pub(super) fn unix_time(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(|_| seconds > 0)
}

/// `seconds.nanoseconds`, as engines take times.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    format!("{}.{:09}", time.timestamp(), time.timestamp_subsec_nanos())
}

/// Text from outside, clean.
pub(super) fn clean(text: &str) -> Arc<str> {
    Arc::from(&*sanitise(text))
}

/// Clean text, if there is any.
pub(super) fn some(text: &str) -> Option<Arc<str>> {
    Some(clean(text)).filter(|t| !t.is_empty())
}

/// An id from outside, clean.
pub(super) fn id(text: &str) -> ObjectId {
    ObjectId::new(&*sanitise(text))
}

/// Keeps one copy of each text: label keys, images and networks repeat a thousand times.
#[derive(Default)]
pub(super) struct Words(HashSet<Arc<str>>);

impl Words {
    /// Clean text, shared.
    pub(super) fn clean(&mut self, text: &str) -> Arc<str> {
        let text = sanitise(text);
        if let Some(known) = self.0.get(&*text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(&*text);
        self.0.insert(Arc::clone(&new));
        new
    }

    /// Clean labels.
    pub(super) fn labels(&mut self, raw: &RawLabels) -> Arc<Labels> {
        let labels = raw.iter().map(|(key, value)| {
            let value = value.as_deref().unwrap_or_default();
            (self.clean(key), self.clean(value))
        });
        Arc::new(labels.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Sample {
        #[serde(deserialize_with = "lax")]
        text: String,
        #[serde(deserialize_with = "number")]
        signed: i64,
        #[serde(deserialize_with = "count")]
        size: u64,
    }

    #[test]
    fn nulls_and_wrong_numbers_are_no_errors() {
        let read = |text: &str| serde_json::from_str::<Sample>(text).unwrap();
        assert_eq!(read("{}"), Sample::default());
        assert_eq!(
            read(r#"{"text":null,"signed":null,"size":null}"#),
            Sample::default()
        );
        assert_eq!(read(r#"{"size":-7}"#).size, 0);
        assert_eq!(read(r#"{"size":18446744073709551615}"#).size, u64::MAX);
        assert_eq!(read(r#"{"signed":18446744073709551615}"#).signed, i64::MAX);
        assert_eq!(read(r#"{"signed":"-12"}"#).signed, -12);
        assert_eq!(read(r#"{"size":1.5e3}"#).size, 1500);
    }

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time(""), None);
        assert_eq!(unix_time(0), None);
        assert_eq!(unix_time(-62_135_596_800), None);
        let t = time("2026-11-21T13:13:36.396926248+01:00").unwrap();
        assert_eq!(stamp(t), "1795263216.396926248");
    }

    #[test]
    fn words_are_shared_and_clean() {
        let mut words = Words::default();
        let a = words.clean("x\x1b[31m");
        assert_eq!(&*a, "x");
        assert!(Arc::ptr_eq(&a, &words.clean("x")));
    }
}
