//! What containers used in the last minutes, as little of it as plots need.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};

use crate::domain::snapshot::Measured;

/// Nothing older is kept.
pub const WINDOW: Duration = Duration::minutes(15);
/// Nor more than so many, should somebody measure faster than every two seconds.
const MOST: usize = 450;
/// A measurement stands for so long when the next one is late.
const HOLDS: Duration = Duration::seconds(7);

/// One measurement. Rates and percents; what is not known is not a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub at: DateTime<Utc>,
    /// Percent of one CPU.
    pub cpu: f32,
    /// Bytes.
    pub memory: f32,
    /// Bytes a second.
    pub received: f32,
    pub sent: f32,
    pub read: f32,
    pub written: f32,
}

impl Sample {
    fn of(m: &Measured) -> Self {
        let number = |v: Option<f64>| v.map_or(f32::NAN, |v| v as f32);
        Self {
            at: m.at,
            cpu: number(m.usage.cpu),
            memory: m.usage.memory as f32,
            received: number(m.usage.net_rx_rate),
            sent: number(m.usage.net_tx_rate),
            read: number(m.usage.block_read_rate),
            written: number(m.usage.block_write_rate),
        }
    }
}

/// The measurements of one container, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Samples(VecDeque<Sample>);

impl Samples {
    /// One more, unless it is known already; what is too old goes.
    pub fn add(&mut self, m: &Measured) {
        if self.0.back().is_some_and(|last| last.at >= m.at) {
            return;
        }
        let oldest = m.at - WINDOW;
        while self.0.len() >= MOST || self.0.front().is_some_and(|s| s.at < oldest) {
            self.0.pop_front();
        }
        self.0.push_back(Sample::of(m));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest.
    pub fn last(&self) -> Option<&Sample> {
        self.0.back()
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Sample> {
        self.0.iter()
    }

    /// The shortest of some windows that holds all measurements: a plot of the first minute is not
    /// a dot at the edge of a quarter of an hour.
    pub fn window(&self) -> Duration {
        let age = match (self.0.front(), self.0.back()) {
            (Some(first), Some(last)) => last.at - first.at,
            _ => Duration::zero(),
        };
        [1, 2, 5]
            .into_iter()
            .map(Duration::minutes)
            .find(|w| age <= *w)
            .unwrap_or(WINDOW)
    }

    /// The highest value in each of `count` equal parts of the window, the newest last; none where
    /// nothing was measured. The parts lie on the clock, so that a picture of them moves by whole
    /// parts only.
    pub fn parts(&self, count: usize, get: impl Fn(&Sample) -> f32) -> Vec<Option<f64>> {
        let mut parts = vec![None; count];
        let Some(last) = self.0.back() else {
            return parts;
        };
        let width = (self.window().num_milliseconds() / count.max(1) as i64).max(1);
        let part = |at: DateTime<Utc>| at.timestamp_millis().div_euclid(width);
        let first = part(last.at) - count as i64 + 1;
        let mut before: Option<&Sample> = None;
        for sample in &self.0 {
            let value = get(sample);
            if let Some(earlier) = before.filter(|b| sample.at - b.at <= HOLDS) {
                hold(
                    &mut parts,
                    get(earlier),
                    part(earlier.at) + 1 - first,
                    part(sample.at) - first,
                );
            }
            hold(
                &mut parts,
                value,
                part(sample.at) - first,
                part(sample.at) + 1 - first,
            );
            before = Some(sample);
        }
        parts
    }
}

/// Put a value into a run of parts, where it is the highest.
fn hold(parts: &mut [Option<f64>], value: f32, from: i64, to: i64) {
    if value.is_nan() {
        return;
    }
    for at in from.max(0)..to.min(parts.len() as i64) {
        let part = &mut parts[at as usize];
        *part = Some(part.map_or(f64::from(value), |old| old.max(f64::from(value))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::Usage;

    fn measured(second: i64, cpu: f64) -> Measured {
        let usage = Usage {
            cpu: Some(cpu),
            ..Usage::default()
        };
        let at = DateTime::from_timestamp(1_000_000_020 + second, 0).unwrap();
        Measured { usage, at }
    }

    #[test]
    fn a_quarter_of_an_hour_is_kept_and_no_more() {
        let mut samples = Samples::default();
        for second in 0..3000 {
            samples.add(&measured(second, 1.0));
            samples.add(&measured(second, 2.0));
        }
        assert_eq!(samples.len(), MOST);
        let mut slow = Samples::default();
        for second in (0..3000).step_by(10) {
            slow.add(&measured(second, 1.0));
        }
        assert_eq!(slow.len(), 91);
        assert_eq!(slow.window(), WINDOW);
    }

    #[test]
    fn parts_have_the_peaks_and_gaps_stay_gaps() {
        let mut samples = Samples::default();
        for (second, cpu) in [(0, 1.0), (2, 9.0), (4, 2.0), (40, 5.0), (42, 6.0)] {
            samples.add(&measured(second, cpu));
        }
        assert_eq!(samples.window(), Duration::minutes(1));
        let parts = samples.parts(12, |s| s.cpu);
        // Five seconds each; the last part is that of second 42.
        let expected = [
            None,
            None,
            None,
            Some(9.0),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            Some(6.0),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_measurement_holds_until_the_next() {
        let mut samples = Samples::default();
        samples.add(&measured(0, 4.0));
        samples.add(&measured(4, 8.0));
        let parts = samples.parts(60, |s| s.cpu);
        let end = &parts[55..];
        assert_eq!(end, [Some(4.0), Some(4.0), Some(4.0), Some(4.0), Some(8.0)]);
    }
}
