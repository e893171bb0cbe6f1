//! When to draw: pure rules over a clock that the caller owns.
//!
//! 1. What a key caused is due now; what the fleet caused is due 100 ms after the last frame;
//!    spinners move four times a second and only while an operation is visible.
//! 2. One frame in flight: while the terminal takes its time, changes collapse into the next frame.
//! 3. A byte budget delays background frames on thin links. Input may overdraw it.

use std::time::{Duration, Instant};

/// Least time between two frames that nobody asked for with a key.
pub const BACKGROUND_EVERY: Duration = Duration::from_millis(100);

/// Least time after a background frame that turned out to change nothing: short, so that the next
/// change is not held up, but a storm of invisible changes does not paint without end.
const EMPTY_EVERY: Duration = Duration::from_millis(20);

/// Time between two positions of a spinner.
pub const SPINNER_EVERY: Duration = Duration::from_millis(250);

/// Bytes per second allowed by default when the console runs over SSH.
pub const SSH_BYTES_PER_SECOND: u32 = 64 * 1024;

/// Why something on the screen changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirt {
    /// The fleet, a log line, a clock.
    Background,
    /// A key, a paste, a resize.
    Input,
}

/// A token bucket over the bytes written. Holds at most one second's worth.
#[derive(Debug, Clone, Copy)]
struct Budget {
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Budget {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate);
        self.at = self.at.max(now);
    }

    /// When the bucket is out of debt.
    fn ready_at(&self) -> Instant {
        if self.tokens >= 0.0 {
            return self.at;
        }
        self.at + Duration::from_secs_f64(-self.tokens / self.rate)
    }
}

/// Decides when the next frame is drawn. Fed with dirt, frames and the writer's reports.
#[derive(Debug)]
pub struct Pacer {
    /// A moment that has passed: "now" for a caller without a clock.
    start: Instant,
    dirt: Option<Dirt>,
    last_frame: Option<Instant>,
    last_paint: Option<Instant>,
    /// When the visible spinner moved last; `None` while there is none.
    spinner: Option<Instant>,
    in_flight: bool,
    budget: Option<Budget>,
    /// Least time between two background frames.
    every: Duration,
}

/// A frame to be drawn now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Due {
    /// Move spinners on by one position.
    pub spin: bool,
}

impl Pacer {
    /// `bytes_per_second`: the budget for background frames; `None` is unlimited.
    pub fn new(bytes_per_second: Option<u32>, now: Instant) -> Self {
        let budget = bytes_per_second.filter(|rate| *rate > 0).map(|rate| {
            let rate = f64::from(rate);
            Budget {
                rate,
                tokens: rate,
                at: now,
            }
        });
        Self {
            start: now,
            dirt: None,
            last_frame: None,
            last_paint: None,
            spinner: None,
            in_flight: false,
            budget,
            every: BACKGROUND_EVERY,
        }
    }

    /// At most so many background frames a second; 0 means the default.
    pub fn with_fps(mut self, fps: u32) -> Self {
        if let Some(every) = Duration::from_secs(1).checked_div(fps) {
            self.every = every;
        }
        self
    }

    /// The default budget: unlimited, except over SSH. `env` is injected.
    pub fn default_budget(env: &dyn Fn(&str) -> Option<String>) -> Option<u32> {
        env("SSH_CONNECTION")
            .filter(|v| !v.is_empty())
            .map(|_| SSH_BYTES_PER_SECOND)
    }

    /// Something visible changed.
    pub fn mark(&mut self, dirt: Dirt) {
        self.dirt = self.dirt.max(Some(dirt));
    }

    /// Is a spinner visible? Call after each frame with what the frame showed.
    pub fn set_spinning(&mut self, visible: bool, now: Instant) {
        if visible {
            self.spinner.get_or_insert(now);
        } else {
            self.spinner = None;
        }
    }

    /// Is a frame on its way to the terminal?
    pub fn in_flight(&self) -> bool {
        self.in_flight
    }

    /// The frame to be drawn at `now`, if one is due. Follow it with [`Pacer::drew`].
    pub fn due(&mut self, now: Instant) -> Option<Due> {
        let at = self.next_due()?;
        if at > now {
            return None;
        }
        let spin = self.spinner.is_some_and(|last| now >= last + SPINNER_EVERY);
        if spin {
            self.spinner = Some(now);
        }
        Some(Due { spin })
    }

    /// A frame was drawn at `now` and made `bytes` bytes; 0 means there was nothing to write and
    /// no report will come from the writer.
    pub fn drew(&mut self, now: Instant, bytes: usize) {
        self.dirt = None;
        self.last_paint = Some(now);
        if bytes == 0 {
            return;
        }
        self.last_frame = Some(now);
        self.in_flight = true;
        if let Some(budget) = &mut self.budget {
            budget.refill(now);
            // At most one second of debt: however fast somebody types, the fleet stays visible.
            budget.tokens = (budget.tokens - bytes as f64).max(-budget.rate);
        }
    }

    /// The writer has handed the frame to the terminal.
    pub fn frame_done(&mut self) {
        self.in_flight = false;
    }

    /// When to look again: arm one timer for it. In the past or present means now; `None` means
    /// that nothing will be due before the next call of [`Pacer::mark`] or [`Pacer::frame_done`].
    pub fn next_due(&self) -> Option<Instant> {
        if self.in_flight {
            return None;
        }
        let slot = self
            .last_frame
            .map(|at| at + self.every)
            .max(self.last_paint.map(|at| at + EMPTY_EVERY))
            .max(self.budget.map(|b| b.ready_at()))
            .unwrap_or(self.start);
        let dirt = self.dirt.map(|dirt| match dirt {
            Dirt::Input => self.start,
            Dirt::Background => slot,
        });
        let spin = self.spinner.map(|last| slot.max(last + SPINNER_EVERY));
        [dirt, spin].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
