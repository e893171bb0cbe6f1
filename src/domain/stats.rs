//! Resource use, computed as `docker stats` does.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Raw counters of one container at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatsSample {
    pub read: Option<DateTime<Utc>>,
    /// Nanoseconds of CPU the container has used.
    pub cpu_total: u64,
    /// Nanoseconds of CPU the machine has used; 0 where the engine does not tell (Windows).
    pub system_total: u64,
    pub online_cpus: u32,
    /// Bytes in use, page cache included.
    pub memory: u64,
    /// Bytes of page cache that could go at once: `inactive_file` on cgroup v2,
    /// `total_inactive_file` on v1.
    pub inactive_file: u64,
    /// Bytes; the machine's memory when there is no limit.
    pub memory_limit: u64,
    pub net_rx: u64,
    pub net_tx: u64,
    pub block_read: u64,
    pub block_write: u64,
    pub pids: u64,
    /// The counters before these, when the engine sends them (a stream, not one-shot).
    pub previous_cpu: Option<(u64, u64)>,
}

/// What people want to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Percent of one CPU; none until two samples were taken.
    pub cpu: Option<f64>,
    /// Bytes without reclaimable cache.
    pub memory: u64,
    pub memory_limit: u64,
    /// Bytes since the start.
    pub net_rx: u64,
    pub net_tx: u64,
    pub block_read: u64,
    pub block_write: u64,
    pub pids: u64,
    /// Bytes a second since the sample before.
    pub net_rx_rate: Option<f64>,
    pub net_tx_rate: Option<f64>,
    pub block_read_rate: Option<f64>,
    pub block_write_rate: Option<f64>,
}

impl Usage {
    /// From a sample and the one before it.
    pub fn between(before: Option<&StatsSample>, now: &StatsSample) -> Self {
        let seconds = before
            .and_then(|b| Some((now.read? - b.read?).num_milliseconds() as f64 / 1000.0))
            .filter(|s| *s > 0.0);
        let rate = |get: fn(&StatsSample) -> u64| {
            let before = get(before?);
            Some(get(now).checked_sub(before)? as f64 / seconds?)
        };
        Self {
            cpu: cpu_percent(before, now),
            memory: memory_used(now),
            memory_limit: now.memory_limit,
            net_rx: now.net_rx,
            net_tx: now.net_tx,
            block_read: now.block_read,
            block_write: now.block_write,
            pids: now.pids,
            net_rx_rate: rate(|s| s.net_rx),
            net_tx_rate: rate(|s| s.net_tx),
            block_read_rate: rate(|s| s.block_read),
            block_write_rate: rate(|s| s.block_write),
        }
    }

    /// Percent of the limit in use.
    pub fn memory_percent(&self) -> Option<f64> {
        (self.memory_limit > 0).then(|| self.memory as f64 * 100.0 / self.memory_limit as f64)
    }
}

/// As the docker CLI does: the container's share of what the machine used, times its CPUs. Where
/// the engine gives no machine counter, wall time stands in for it.
fn cpu_percent(before: Option<&StatsSample>, now: &StatsSample) -> Option<f64> {
    let (cpu, system) = match (before, now.previous_cpu) {
        (Some(b), _) => (b.cpu_total, b.system_total),
        (None, Some(previous)) => previous,
        (None, None) => return None,
    };
    let used = now.cpu_total.checked_sub(cpu)? as f64;
    let cpus = f64::from(now.online_cpus.max(1));
    let machine = now.system_total.saturating_sub(system);
    if machine > 0 && system > 0 {
        return Some(used / machine as f64 * cpus * 100.0);
    }
    let wall = (now.read? - before?.read?).num_nanoseconds()?;
    (wall > 0).then(|| used / wall as f64 * 100.0)
}

/// As the docker CLI does: page cache that could go at once does not count.
fn memory_used(s: &StatsSample) -> u64 {
    if s.inactive_file < s.memory {
        s.memory - s.inactive_file
    } else {
        s.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64, cpu: u64, system: u64) -> StatsSample {
        StatsSample {
            read: DateTime::from_timestamp_millis(ms),
            cpu_total: cpu,
            system_total: system,
            online_cpus: 4,
            memory: 100,
            inactive_file: 30,
            memory_limit: 1000,
            net_rx: cpu,
            ..StatsSample::default()
        }
    }

    #[test]
    fn cpu_is_a_share_of_the_machine_times_its_cpus() {
        let (a, b) = (at(1_000, 1_000, 10_000), at(3_000, 2_000, 14_000));
        let u = Usage::between(Some(&a), &b);
        assert_eq!(u.cpu, Some(100.0));
        assert_eq!(u.net_rx_rate, Some(500.0));
        assert_eq!(u.memory, 70);
        assert_eq!(u.memory_percent(), Some(7.0));
        assert_eq!(Usage::between(None, &b).cpu, None);
    }

    #[test]
    fn a_restarted_container_has_no_negative_use() {
        let (a, b) = (at(1_000, 9_000, 10_000), at(3_000, 2_000, 14_000));
        assert_eq!(Usage::between(Some(&a), &b).cpu, None);
        assert_eq!(Usage::between(Some(&a), &b).net_rx_rate, None);
    }

    #[test]
    fn cache_larger_than_use_is_left_alone() {
        let s = StatsSample {
            memory: 10,
            inactive_file: 30,
            ..StatsSample::default()
        };
        assert_eq!(memory_used(&s), 10);
    }

    #[test]
    fn wall_time_stands_in_for_a_missing_machine_counter() {
        let (a, b) = (at(1_000, 0, 0), at(2_000, 500_000_000, 0));
        assert_eq!(Usage::between(Some(&a), &b).cpu, Some(50.0));
    }
}
