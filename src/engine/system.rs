//! The engine itself: what it is, and what takes its disk.

use std::sync::Arc;

use serde::Deserialize;

use super::objects::RawVolume;
use super::wire::{clean, count, lax, number, time};
use crate::domain::observed::{DiskUse, EngineInfo};

/// `GET /info`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Info {
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    server_version: String,
    #[serde(deserialize_with = "lax")]
    operating_system: String,
    #[serde(rename = "OSVersion", deserialize_with = "lax")]
    os_version: String,
    #[serde(deserialize_with = "lax")]
    kernel_version: String,
    #[serde(deserialize_with = "lax")]
    architecture: String,
    #[serde(rename = "NCPU", deserialize_with = "number")]
    cpus: i64,
    #[serde(deserialize_with = "count")]
    mem_total: u64,
    #[serde(deserialize_with = "lax")]
    driver: String,
    #[serde(deserialize_with = "lax")]
    docker_root_dir: String,
    #[serde(deserialize_with = "lax")]
    cgroup_version: String,
    #[serde(deserialize_with = "lax")]
    pub(super) swarm: SwarmInfo,
    #[serde(deserialize_with = "lax")]
    system_time: String,
    #[serde(deserialize_with = "lax")]
    warnings: Vec<String>,
    /// Only Podman has one; it tells Podman even where a proxy takes away its headers.
    #[serde(deserialize_with = "lax")]
    buildah_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SwarmInfo {
    #[serde(deserialize_with = "lax")]
    pub(super) control_available: bool,
}

/// `GET /version` would add nothing, and costs Podman a second of work.
pub(super) fn info(raw: &Info, podman: bool, api: &str) -> EngineInfo {
    let podman = podman || !raw.buildah_version.is_empty();
    // Podman gives the bare id of the distribution; dockerd a whole title.
    let os = if podman && !raw.operating_system.contains(&raw.os_version) {
        format!("{} {}", raw.operating_system, raw.os_version)
    } else {
        raw.operating_system.clone()
    };
    EngineInfo {
        product: Arc::from(if podman { "Podman" } else { "Docker" }),
        version: clean(&raw.server_version),
        api: Arc::from(api),
        name: clean(&raw.name),
        os: clean(&os),
        kernel: clean(&raw.kernel_version),
        architecture: clean(&raw.architecture),
        cpus: u32::try_from(raw.cpus).unwrap_or(0),
        memory: raw.mem_total,
        storage_driver: clean(&raw.driver),
        root_dir: clean(&raw.docker_root_dir),
        // Before 20.10 there was only version 1, and nobody said so.
        cgroup_version: clean(match &*raw.cgroup_version {
            "" => "1",
            version => version.trim_start_matches('v'),
        }),
        swarm_manager: raw.swarm.control_available,
        system_time: time(&raw.system_time),
        warnings: raw.warnings.iter().map(|w| clean(w)).collect(),
    }
}

/// `GET /system/df`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Usage {
    #[serde(deserialize_with = "count")]
    layers_size: u64,
    #[serde(deserialize_with = "lax")]
    images: Vec<UsedByImage>,
    #[serde(deserialize_with = "lax")]
    containers: Vec<UsedByContainer>,
    #[serde(deserialize_with = "lax")]
    volumes: Vec<RawVolume>,
    #[serde(deserialize_with = "lax")]
    build_cache: Vec<CacheRecord>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct UsedByImage {
    #[serde(deserialize_with = "count")]
    size: u64,
    #[serde(deserialize_with = "count")]
    shared_size: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct UsedByContainer {
    #[serde(deserialize_with = "count")]
    size_rw: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CacheRecord {
    #[serde(deserialize_with = "count")]
    size: u64,
    /// Counted with the images.
    #[serde(deserialize_with = "lax")]
    shared: bool,
}

pub(super) fn disk_use(raw: &Usage) -> DiskUse {
    let volume_sizes = raw
        .volumes
        .iter()
        .filter_map(|v| {
            let size = u64::try_from(v.usage_data.size?).ok()?;
            Some((clean(&v.name), size))
        })
        .collect::<std::collections::BTreeMap<_, _>>();
    DiskUse {
        images: match raw.layers_size {
            // Podman 4 does not count them.
            0 => sum(raw
                .images
                .iter()
                .map(|i| i.size.saturating_sub(i.shared_size))),
            size => size,
        },
        containers: sum(raw.containers.iter().map(|c| c.size_rw)),
        volumes: sum(volume_sizes.values().copied()),
        build_cache: sum(raw.build_cache.iter().filter(|c| !c.shared).map(|c| c.size)),
        volume_sizes,
    }
}

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests;
