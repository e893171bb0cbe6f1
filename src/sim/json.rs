//! How the model looks over the wire, in the shapes of the Docker Engine API.

mod container;
mod engine;
mod host_config;
mod objects;
mod stats;

pub(crate) use container::{inspect, summary};
pub(crate) use engine::{disk_usage, info, version};
pub(crate) use objects::{
    history, image_inspect, image_summary, network_inspect, volume as volume_json,
};
pub(crate) use stats::stats;
