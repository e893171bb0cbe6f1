//! Images, volumes, networks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::wire::{RawLabels, Words, clean, count, id, lax, number, time, unix_time};
use crate::domain::files::Layer;
use crate::domain::observed::{Image, Network, Volume};

/// A row of `GET /images/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ImageRow {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    repo_tags: Vec<String>,
    #[serde(deserialize_with = "lax")]
    repo_digests: Vec<String>,
    #[serde(deserialize_with = "number")]
    created: i64,
    #[serde(deserialize_with = "count")]
    size: u64,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
}

/// `GET /images/NAME/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ImageDetails {
    #[serde(deserialize_with = "lax")]
    pub(super) id: String,
    #[serde(deserialize_with = "lax")]
    repo_tags: Vec<String>,
    #[serde(deserialize_with = "lax")]
    repo_digests: Vec<String>,
    #[serde(deserialize_with = "lax")]
    created: String,
    #[serde(deserialize_with = "count")]
    size: u64,
    #[serde(deserialize_with = "lax")]
    config: ImageConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImageConfig {
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
}

/// A row of `GET /images/NAME/history`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LayerRow {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "number")]
    created: i64,
    #[serde(deserialize_with = "lax")]
    created_by: String,
    #[serde(deserialize_with = "lax")]
    tags: Vec<String>,
    #[serde(deserialize_with = "count")]
    size: u64,
    #[serde(deserialize_with = "lax")]
    comment: String,
}

/// `GET /volumes`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VolumeList {
    #[serde(deserialize_with = "lax")]
    pub(super) volumes: Vec<RawVolume>,
}

/// `GET /volumes/NAME`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawVolume {
    #[serde(deserialize_with = "lax")]
    pub(super) name: String,
    #[serde(deserialize_with = "lax")]
    driver: String,
    #[serde(deserialize_with = "lax")]
    mountpoint: String,
    #[serde(deserialize_with = "lax")]
    created_at: String,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
    #[serde(deserialize_with = "lax")]
    options: RawLabels,
    #[serde(deserialize_with = "lax")]
    pub(super) usage_data: UsageData,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct UsageData {
    /// -1 where the driver does not tell.
    pub(super) size: Option<i64>,
}

/// `GET /networks/ID`, and a row of `GET /networks`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawNetwork {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    driver: String,
    #[serde(deserialize_with = "lax")]
    scope: String,
    #[serde(deserialize_with = "lax")]
    created: String,
    #[serde(deserialize_with = "lax")]
    internal: bool,
    #[serde(deserialize_with = "lax")]
    attachable: bool,
    #[serde(deserialize_with = "lax")]
    ingress: bool,
    #[serde(rename = "EnableIPv6", deserialize_with = "lax")]
    ipv6: bool,
    #[serde(rename = "IPAM", deserialize_with = "lax")]
    ipam: Ipam,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    #[serde(deserialize_with = "lax")]
    config: Vec<IpamConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct IpamConfig {
    #[serde(deserialize_with = "lax")]
    subnet: String,
}

/// An image of the list.
pub(super) fn image(row: &ImageRow, words: &mut Words) -> Image {
    Image {
        id: id(&row.id),
        tags: names(&row.repo_tags),
        digests: names(&row.repo_digests),
        created: unix_time(row.created),
        size: row.size,
        labels: words.labels(&row.labels),
    }
}

/// An inspected image.
pub(super) fn image_details(d: &ImageDetails) -> Image {
    Image {
        id: id(&d.id),
        tags: names(&d.repo_tags),
        digests: names(&d.repo_digests),
        created: time(&d.created).filter(|t| t.timestamp() > 0),
        size: d.size,
        labels: Words::default().labels(&d.config.labels),
    }
}

/// A step in the making of an image.
pub(super) fn layer(row: &LayerRow) -> Layer {
    Layer {
        id: clean(row.id.trim_start_matches("<missing>")).to_string(),
        created: unix_time(row.created),
        created_by: clean(&row.created_by).to_string(),
        size: row.size,
        tags: names(&row.tags).iter().map(ToString::to_string).collect(),
        comment: clean(&row.comment).to_string(),
    }
}

/// Sorted, without the `<none>` of engines before 24.
fn names(raw: &[String]) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = raw
        .iter()
        .filter(|n| !n.contains("<none>"))
        .map(|n| clean(n))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn volume(raw: &RawVolume, words: &mut Words) -> Volume {
    Volume {
        name: clean(&raw.name),
        driver: words.clean(&raw.driver),
        mountpoint: clean(&raw.mountpoint),
        created: time(&raw.created_at),
        labels: words.labels(&raw.labels),
        options: Arc::unwrap_or_clone(words.labels(&raw.options)),
        size: raw.usage_data.size.and_then(|s| u64::try_from(s).ok()),
    }
}

pub(super) fn network(raw: &RawNetwork, words: &mut Words) -> Network {
    Network {
        id: id(&raw.id),
        name: clean(&raw.name),
        driver: words.clean(&raw.driver),
        scope: words.clean(&raw.scope),
        created: time(&raw.created),
        internal: raw.internal,
        attachable: raw.attachable,
        ingress: raw.ingress,
        ipv6: raw.ipv6,
        subnets: raw
            .ipam
            .config
            .iter()
            .filter(|c| !c.subnet.is_empty())
            .map(|c| clean(&c.subnet))
            .collect(),
        labels: words.labels(&raw.labels),
    }
}

/// Names to ids.
pub(super) fn ids(networks: &[Network]) -> BTreeMap<Arc<str>, Arc<str>> {
    networks
        .iter()
        .map(|n| (Arc::clone(&n.name), Arc::from(n.id.as_str())))
        .collect()
}

#[cfg(test)]
mod tests;
