use super::*;
use crate::domain::stats::Usage;
use crate::engine::canned::{DOCKER_20, DOCKER_28, PODMAN_4, PODMAN_5, answer};

#[test]
fn dockers_counters_are_read() {
    for engine in [DOCKER_20, DOCKER_28] {
        let once = sample(&answer(engine, "stats_one_shot"), false);
        assert_eq!(once.previous_cpu, None);
        assert!(once.read.is_some() && once.system_total > 0 && once.cpu_total > 0);
        assert_eq!((once.online_cpus, once.pids), (2, 2));
        assert!(once.inactive_file > 0 && once.inactive_file < once.memory);
        assert_eq!(once.memory_limit, 25_276_502_016);
        assert!(once.net_rx > 0);
        let twice = sample(&answer(engine, "stats"), false);
        assert!(twice.previous_cpu.is_some());
        let cpu = Usage::between(None, &twice).cpu.unwrap();
        assert!(cpu > 0.0 && cpu < 10.0, "{cpu}");
    }
}

#[test]
fn podmans_machine_counter_is_none() {
    for engine in [PODMAN_4, PODMAN_5] {
        let s = sample(&answer(engine, "stats_one_shot"), true);
        assert_eq!((s.system_total, s.previous_cpu), (0, None));
        assert!(s.cpu_total > 0 && s.memory > 0 && s.pids > 0);
        let mut later = s.clone();
        later.read = s.read.map(|t| t + chrono::TimeDelta::seconds(1));
        later.cpu_total += 500_000_000;
        assert_eq!(Usage::between(Some(&s), &later).cpu, Some(50.0));
    }
}

#[test]
fn block_and_memory_of_both_control_groups() {
    let read = |json| sample(&serde_json::from_str(json).unwrap(), false);
    let v1 = read(
        r#"{"blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":3},
             {"op":"Write","value":4},{"op":"Sync","value":9},{"op":"Read","value":1}]},
            "memory_stats":{"usage":100,"stats":{"total_inactive_file":30,"inactive_file":20}},
            "cpu_stats":{"cpu_usage":{"percpu_usage":[1,2,3]}}}"#,
    );
    assert_eq!(
        (v1.block_read, v1.block_write, v1.inactive_file),
        (4, 4, 30)
    );
    assert_eq!(v1.online_cpus, 3);
    let v2 = read(
        r#"{"blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":5}]},
            "memory_stats":{"usage":100,"stats":{"inactive_file":20},
                            "limit":18446744073709551615},
            "networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},"eth1":{"rx_bytes":10},"x":null}}"#,
    );
    assert_eq!(
        (v2.block_read, v2.inactive_file, v2.memory_limit),
        (5, 20, u64::MAX)
    );
    assert_eq!((v2.net_rx, v2.net_tx), (11, 2));
    let stopped = read(r#"{"read":"0001-01-01T00:00:00Z","memory_stats":{},"blkio_stats":null}"#);
    assert_eq!(stopped.read, None);
}

/// The figures `docker stats` makes of the same documents.
#[test]
fn both_control_groups_give_the_figures_of_docker_stats() {
    for (engine, cpu, memory) in [(DOCKER_20, 1.22, 2_392_064), (DOCKER_28, 2.91, 2_347_008)] {
        let usage = Usage::between(None, &sample(&answer(engine, "stats"), false));
        assert!((usage.cpu.unwrap() - cpu).abs() < 0.005, "{usage:?}");
        assert_eq!((usage.memory, usage.memory_limit), (memory, 25_276_502_016));
    }
    // In the form of cgroup v2: no counters for each CPU, no `total_` and no `max_usage`.
    let v2 = r#"{"read":"2026-01-02T03:04:06Z","preread":"2026-01-02T03:04:05Z",
        "pids_stats":{"current":7,"limit":18446744073709551615},
        "blkio_stats":{"io_service_bytes_recursive":[
            {"major":259,"minor":0,"op":"read","value":4096},
            {"major":259,"minor":0,"op":"write","value":8192}],"io_serviced_recursive":null},
        "cpu_stats":{"cpu_usage":{"total_usage":5500000000,"usage_in_kernelmode":1,
            "usage_in_usermode":2},"system_cpu_usage":80000000000,"online_cpus":4,
            "throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},
        "precpu_stats":{"cpu_usage":{"total_usage":5000000000},
            "system_cpu_usage":76000000000,"online_cpus":4},
        "memory_stats":{"usage":9000000,"limit":1000000000,"stats":{"active_file":50,"anon":60,
            "anon_thp":0,"file":70,"inactive_anon":80,"inactive_file":3000000,"slab":90}},
        "networks":{"eth0":{"rx_bytes":11,"tx_bytes":12}}}"#;
    let usage = Usage::between(None, &sample(&serde_json::from_str(v2).unwrap(), false));
    assert_eq!((usage.cpu, usage.memory), (Some(50.0), 6_000_000));
    assert!((usage.memory_percent().unwrap() - 0.6).abs() < 1e-9);
    assert_eq!(
        (usage.block_read, usage.block_write, usage.pids),
        (4096, 8192, 7)
    );
    assert_eq!((usage.net_rx, usage.net_tx), (11, 12));
}
