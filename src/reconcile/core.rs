//! Puts the parts together and gives operations their turns.

use std::sync::atomic::{AtomicU16, Ordering};

use chrono::{DateTime, Utc};

use crate::domain::id::OpId;

/// A new id: sorted by time, unique over processes.
pub(super) fn new_id(now: DateTime<Utc>, pid: u32) -> OpId {
    static COUNTER: AtomicU16 = AtomicU16::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // Processes of the same millisecond start at different places.
    let low = (pid as u16).wrapping_mul(0x9e37).wrapping_add(count);
    OpId((now.timestamp_millis().max(0) as u64) << 16 | u64::from(low))
}
