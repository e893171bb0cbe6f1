//! The stats object, in the shapes of cgroup v1 and v2.

use serde_json::{Map, Value, json};

use crate::sim::model::{Container, Model, Sample};
use crate::sim::util::{ZERO_TIME, rfc3339};

fn cpu(model: &Model, sample: &Sample) -> Value {
    let cpus = u64::from(model.hardware.cpus.max(1));
    let mut usage = json!({
        "total_usage": sample.cpu,
        "usage_in_kernelmode": sample.cpu / 5,
        "usage_in_usermode": sample.cpu - sample.cpu / 5,
    });
    if model.flavour.cgroup == 1 {
        let each: Vec<u64> = (0..cpus).map(|n| (sample.cpu + n) / cpus).collect();
        usage["percpu_usage"] = json!(each);
    }
    json!({
        "cpu_usage": usage,
        "system_cpu_usage": sample.system,
        "online_cpus": cpus,
        "throttling_data": { "periods": 0, "throttled_periods": 0, "throttled_time": 0 },
    })
}

fn memory(model: &Model, sample: &Sample) -> Value {
    let cache = sample.memory / 9;
    if model.flavour.cgroup == 1 {
        let own = [
            ("active_anon", sample.memory),
            ("active_file", 0),
            ("cache", cache),
            ("dirty", 0),
            ("inactive_anon", 0),
            ("inactive_file", cache),
            ("mapped_file", 0),
            ("pgfault", 4_200),
            ("pgmajfault", 3),
            ("pgpgin", 5_100),
            ("pgpgout", 900),
            ("rss", sample.memory),
            ("rss_huge", 0),
            ("unevictable", 0),
            ("writeback", 0),
        ];
        let mut stats = Map::new();
        for (name, value) in own {
            stats.insert(name.to_owned(), json!(value));
            stats.insert(format!("total_{name}"), json!(value));
        }
        stats.insert("hierarchical_memory_limit".to_owned(), json!(sample.limit));
        stats.insert("hierarchical_memsw_limit".to_owned(), json!(sample.limit));
        json!({
            "usage": sample.memory + cache,
            "max_usage": sample.memory + sample.memory / 4,
            "limit": sample.limit,
            "stats": stats,
        })
    } else {
        json!({
            "usage": sample.memory + cache,
            "limit": sample.limit,
            "stats": {
                "active_anon": 0,
                "anon": sample.memory,
                "file": cache,
                "inactive_anon": sample.memory,
                "inactive_file": cache,
                "kernel_stack": 49_152,
                "pgfault": 4_200,
                "pgmajfault": 3,
                "sock": 0,
                "slab": 180_224,
            },
        })
    }
}

fn block(sample: &Sample) -> Value {
    if sample.read == 0 && sample.written == 0 {
        return json!([]);
    }
    json!([
        { "major": 254, "minor": 0, "op": "read", "value": sample.read },
        { "major": 254, "minor": 0, "op": "write", "value": sample.written },
    ])
}

fn networks(container: &Container, sample: &Sample) -> Option<Value> {
    let count = container
        .endpoints
        .keys()
        .filter(|n| !matches!(n.as_str(), "host" | "none"))
        .count();
    if count == 0 {
        return None;
    }
    let mut map = Map::new();
    for n in 0..count {
        let share = u64::from(n == 0);
        map.insert(
            format!("eth{n}"),
            json!({
                "rx_bytes": sample.received * share,
                "rx_packets": sample.received * share / 640,
                "rx_errors": 0,
                "rx_dropped": 0,
                "tx_bytes": sample.sent * share,
                "tx_packets": sample.sent * share / 640,
                "tx_errors": 0,
                "tx_dropped": 0,
            }),
        );
    }
    Some(map.into())
}

fn blkio(model: &Model, sample: &Sample) -> Value {
    let none = if model.flavour.cgroup == 1 {
        json!([])
    } else {
        Value::Null
    };
    json!({
        "io_service_bytes_recursive": block(sample),
        "io_serviced_recursive": none,
        "io_queue_recursive": none,
        "io_service_time_recursive": none,
        "io_wait_time_recursive": none,
        "io_merged_recursive": none,
        "io_time_recursive": none,
        "sectors_recursive": none,
    })
}

/// One message of the stats stream; `before` is the reading that `precpu` shows.
pub(crate) fn stats(model: &Model, container: &Container, before: Option<(i64, Sample)>) -> Value {
    let empty_cpu = json!({
        "cpu_usage": { "total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0 },
        "throttling_data": { "periods": 0, "throttled_periods": 0, "throttled_time": 0 },
    });
    let name = format!("/{}", container.name);
    let nothing = json!({
        "read": ZERO_TIME,
        "preread": ZERO_TIME,
        "pids_stats": {},
        "blkio_stats": {
            "io_service_bytes_recursive": null, "io_serviced_recursive": null,
            "io_queue_recursive": null, "io_service_time_recursive": null,
            "io_wait_time_recursive": null, "io_merged_recursive": null,
            "io_time_recursive": null, "sectors_recursive": null,
        },
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": empty_cpu,
        "precpu_stats": empty_cpu,
        "memory_stats": {},
        "name": name,
        "id": container.id,
    });
    if !container.is_up() {
        return nothing;
    }
    let sample = model.sample(container);
    let mut body = nothing;
    body["read"] = json!(rfc3339(model.now()));
    body["pids_stats"] = json!({ "current": sample.pids });
    if model.flavour.cgroup == 2 {
        body["pids_stats"]["limit"] = json!(9_430);
    }
    body["blkio_stats"] = blkio(model, &sample);
    body["cpu_stats"] = cpu(model, &sample);
    body["memory_stats"] = memory(model, &sample);
    if let Some((at, before)) = before {
        body["preread"] = json!(rfc3339(at));
        body["precpu_stats"] = cpu(model, &before);
    }
    if let Some(networks) = networks(container, &sample) {
        body["networks"] = networks;
    }
    body
}
