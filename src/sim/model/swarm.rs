//! A swarm, for engines that are told to be its manager.

use std::collections::BTreeMap;

/// What an engine says that is in no swarm.
pub(crate) const NOT_MANAGER: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

#[derive(Debug, Clone)]
pub(crate) struct SwarmNode {
    pub(crate) id: String,
    pub(crate) hostname: String,
    pub(crate) manager: bool,
    pub(crate) ready: bool,
    pub(crate) address: String,
}

#[derive(Debug, Clone)]
pub(crate) struct SwarmService {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) replicas: u64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) created: i64,
    pub(crate) version: u64,
}

/// The swarm as its manager sees it.
#[derive(Debug, Clone)]
pub(crate) struct Swarm {
    pub(crate) id: String,
    pub(crate) node_id: String,
    pub(crate) created: i64,
    pub(crate) nodes: Vec<SwarmNode>,
    pub(crate) services: Vec<SwarmService>,
}
