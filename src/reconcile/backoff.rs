//! How long to wait before the next try: doubling, with jitter, up to a limit.

use std::hash::{Hash, Hasher};
use std::time::Duration;

/// A sequence of waits.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
    state: u64,
}

impl Backoff {
    /// `seed` decides the jitter: hosts that fell together do not come back together.
    pub(super) fn new((first, longest): (Duration, Duration), seed: impl Hash) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        seed.hash(&mut hasher);
        Self {
            first,
            longest,
            tries: 0,
            state: hasher.finish() | 1,
        }
    }

    /// The next wait: between half and all of the doubled one.
    pub(super) fn wait(&mut self) -> Duration {
        let whole = self
            .first
            .saturating_mul(1 << self.tries.min(16))
            .min(self.longest);
        self.tries = self.tries.saturating_add(1);
        // xorshift: good enough to spread, and the same in every run.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let share = (self.state % 1000) as f64 / 1000.0;
        whole.mul_f64(0.5 + share / 2.0)
    }

    /// It worked: begin anew.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

/// Between three quarters and all of `whole`: hosts that began together do not go on together.
pub(super) fn spread(whole: Duration, seed: impl Hash) -> Duration {
    let mut hasher = rustc_hash::FxHasher::default();
    seed.hash(&mut hasher);
    let share = (hasher.finish() >> 32) as f64 / f64::from(u32::MAX);
    whole.mul_f64(0.75 + share / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_their_bounds_and_start_anew() {
        let (first, longest) = (Duration::from_millis(800), Duration::from_secs(30));
        let mut a = Backoff::new((first, longest), "a");
        let mut whole = first;
        for _ in 0..40 {
            let wait = a.wait();
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
            whole = (whole * 2).min(longest);
        }
        a.reset();
        assert!(a.wait() <= first);
        let mut b = Backoff::new((first, longest), "b");
        assert_ne!(a.wait(), b.wait());
    }

    #[test]
    fn hosts_are_spread_over_a_quarter() {
        let whole = Duration::from_secs(100);
        let all: Vec<Duration> = (0..50)
            .map(|n| spread(whole, format!("host-{n}")))
            .collect();
        assert!(all.iter().all(|w| *w >= whole * 3 / 4 && *w <= whole));
        let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        assert!(*most > *least + whole / 8, "{least:?} to {most:?}");
    }
}
