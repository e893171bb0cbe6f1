//! One sample of a container's counters.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::wire::{count, lax, number, time};
use crate::domain::stats::StatsSample;

/// `GET /containers/ID/stats`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw {
    #[serde(deserialize_with = "lax")]
    read: String,
    #[serde(deserialize_with = "lax")]
    pids_stats: Pids,
    #[serde(deserialize_with = "lax")]
    blkio_stats: Block,
    #[serde(deserialize_with = "lax")]
    cpu_stats: Cpu,
    #[serde(deserialize_with = "lax")]
    precpu_stats: Cpu,
    #[serde(deserialize_with = "lax")]
    memory_stats: Memory,
    #[serde(deserialize_with = "lax")]
    networks: BTreeMap<String, Option<Interface>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pids {
    #[serde(deserialize_with = "count")]
    current: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    #[serde(deserialize_with = "lax")]
    io_service_bytes_recursive: Vec<BlockEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BlockEntry {
    #[serde(deserialize_with = "lax")]
    op: String,
    #[serde(deserialize_with = "count")]
    value: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cpu {
    #[serde(deserialize_with = "lax")]
    cpu_usage: CpuUsage,
    #[serde(deserialize_with = "count")]
    system_cpu_usage: u64,
    #[serde(deserialize_with = "number")]
    online_cpus: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CpuUsage {
    #[serde(deserialize_with = "count")]
    total_usage: u64,
    #[serde(deserialize_with = "lax")]
    percpu_usage: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Memory {
    #[serde(deserialize_with = "count")]
    usage: u64,
    #[serde(deserialize_with = "count")]
    limit: u64,
    /// Podman has none.
    #[serde(deserialize_with = "lax")]
    stats: MemoryDetails,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MemoryDetails {
    /// On cgroup v1.
    total_inactive_file: Option<u64>,
    /// On cgroup v2; on v1 without the groups below.
    inactive_file: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Interface {
    #[serde(deserialize_with = "count")]
    rx_bytes: u64,
    #[serde(deserialize_with = "count")]
    tx_bytes: u64,
}

pub(super) fn sample(raw: &Raw, podman: bool) -> StatsSample {
    let cpu = &raw.cpu_stats;
    let online = u32::try_from(cpu.online_cpus).unwrap_or(0);
    let online = if online == 0 {
        u32::try_from(cpu.cpu_usage.percpu_usage.len()).unwrap_or(0)
    } else {
        online
    };
    let block = |first: char| {
        raw.blkio_stats
            .io_service_bytes_recursive
            .iter()
            .filter(|e| e.op.chars().next().map(|c| c.to_ascii_lowercase()) == Some(first))
            .fold(0u64, |sum, e| sum.saturating_add(e.value))
    };
    let net = |get: fn(&Interface) -> u64| {
        let all = raw.networks.values().flatten();
        all.fold(0u64, |sum, i| sum.saturating_add(get(i)))
    };
    let before = &raw.precpu_stats;
    let (was, system_was) = (before.cpu_usage.total_usage, before.system_cpu_usage);
    let details = &raw.memory_stats.stats;
    StatsSample {
        read: time(&raw.read),
        cpu_total: cpu.cpu_usage.total_usage,
        // Podman's is the CPU time of all control groups, idle time left out: no measure of what
        // the machine could do. Wall time is then.
        system_total: if podman { 0 } else { cpu.system_cpu_usage },
        online_cpus: online,
        memory: raw.memory_stats.usage,
        inactive_file: details
            .total_inactive_file
            .or(details.inactive_file)
            .unwrap_or(0),
        memory_limit: raw.memory_stats.limit,
        net_rx: net(|i| i.rx_bytes),
        net_tx: net(|i| i.tx_bytes),
        block_read: block('r'),
        block_write: block('w'),
        pids: raw.pids_stats.current,
        previous_cpu: (!podman && system_was > 0).then_some((was, system_was)),
    }
}

#[cfg(test)]
mod tests;
