//! The clock of the machine.

use chrono::{DateTime, Utc};

use crate::domain::port::Clock;

/// What time it is here. The rest of the program is given a clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes() {
        let first = SystemClock.now();
        assert!(first.timestamp() > 1_700_000_000);
        assert!(SystemClock.now() >= first);
    }
}
