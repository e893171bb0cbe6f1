//! Swarm: services with their tasks, and nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::wire::{RawLabels, Words, clean, count, id, lax, number, some, time};
use crate::domain::observed::{Port, Swarm, SwarmNode, SwarmService, SwarmTask};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawService {
    #[serde(rename = "ID", deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    created_at: String,
    #[serde(deserialize_with = "lax")]
    updated_at: String,
    #[serde(deserialize_with = "lax")]
    spec: ServiceSpec,
    #[serde(deserialize_with = "lax")]
    endpoint: Endpoint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ServiceSpec {
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    labels: RawLabels,
    #[serde(deserialize_with = "lax")]
    task_template: TaskTemplate,
    #[serde(deserialize_with = "lax")]
    mode: Mode,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TaskTemplate {
    #[serde(deserialize_with = "lax")]
    container_spec: TaskContainer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TaskContainer {
    #[serde(deserialize_with = "lax")]
    image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Mode {
    replicated: Option<Replicated>,
    global: Option<serde::de::IgnoredAny>,
    replicated_job: Option<Job>,
    global_job: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Replicated {
    #[serde(deserialize_with = "count")]
    replicas: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Job {
    #[serde(deserialize_with = "count")]
    max_concurrent: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Endpoint {
    #[serde(deserialize_with = "lax")]
    ports: Vec<RawPort>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawPort {
    #[serde(deserialize_with = "lax")]
    protocol: String,
    #[serde(deserialize_with = "number")]
    target_port: i64,
    #[serde(deserialize_with = "number")]
    published_port: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawTask {
    #[serde(rename = "ID", deserialize_with = "lax")]
    id: String,
    #[serde(rename = "ServiceID", deserialize_with = "lax")]
    service: String,
    #[serde(rename = "NodeID", deserialize_with = "lax")]
    node: String,
    #[serde(deserialize_with = "number")]
    slot: i64,
    #[serde(deserialize_with = "lax")]
    desired_state: String,
    #[serde(deserialize_with = "lax")]
    status: TaskStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TaskStatus {
    #[serde(deserialize_with = "lax")]
    timestamp: String,
    #[serde(deserialize_with = "lax")]
    state: String,
    #[serde(deserialize_with = "lax")]
    err: String,
    #[serde(deserialize_with = "lax")]
    container_status: TaskContainerStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TaskContainerStatus {
    #[serde(rename = "ContainerID", deserialize_with = "lax")]
    container: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RawNode {
    #[serde(rename = "ID", deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    spec: NodeSpec,
    #[serde(deserialize_with = "lax")]
    description: NodeDescription,
    #[serde(deserialize_with = "lax")]
    status: NodeStatus,
    #[serde(deserialize_with = "lax")]
    manager_status: ManagerStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NodeSpec {
    #[serde(deserialize_with = "lax")]
    role: String,
    #[serde(deserialize_with = "lax")]
    availability: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NodeDescription {
    #[serde(deserialize_with = "lax")]
    hostname: String,
    #[serde(deserialize_with = "lax")]
    engine: NodeEngine,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NodeEngine {
    #[serde(deserialize_with = "lax")]
    engine_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NodeStatus {
    #[serde(deserialize_with = "lax")]
    state: String,
    #[serde(deserialize_with = "lax")]
    addr: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ManagerStatus {
    #[serde(deserialize_with = "lax")]
    leader: bool,
}

/// Put services, tasks and nodes together; services and nodes by name.
pub(super) fn swarm(services: &[RawService], tasks: &[RawTask], nodes: &[RawNode]) -> Swarm {
    let words = &mut Words::default();
    let mut nodes_by_id = BTreeMap::new();
    let mut all_nodes: Vec<Arc<SwarmNode>> = Vec::with_capacity(nodes.len());
    for raw in nodes {
        let node = node(raw);
        nodes_by_id.insert(raw.id.as_str(), Arc::clone(&node.name));
        all_nodes.push(Arc::new(node));
    }
    all_nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut by_service: BTreeMap<&str, Vec<SwarmTask>> = BTreeMap::new();
    for raw in tasks {
        let node = nodes_by_id.get(raw.node.as_str());
        let task = task(
            raw,
            node.map_or_else(|| clean(&raw.node), Arc::clone),
            words,
        );
        by_service
            .entry(raw.service.as_str())
            .or_default()
            .push(task);
    }
    let mut all: Vec<Arc<SwarmService>> = services
        .iter()
        .map(|raw| {
            let mut tasks = by_service.remove(raw.id.as_str()).unwrap_or_default();
            // As `docker service ps`: by slot, the newest first.
            tasks.sort_by(|a, b| {
                (a.slot, &a.node)
                    .cmp(&(b.slot, &b.node))
                    .then(b.at.cmp(&a.at))
            });
            Arc::new(service(raw, tasks, words))
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Swarm {
        services: all,
        nodes: all_nodes,
    }
}

fn service(raw: &RawService, tasks: Vec<SwarmTask>, words: &mut Words) -> SwarmService {
    let mode = &raw.spec.mode;
    let (word, replicas) = match mode {
        Mode {
            replicated: Some(r),
            ..
        } => ("replicated", Some(r.replicas)),
        Mode {
            replicated_job: Some(j),
            ..
        } => ("replicated-job", Some(j.max_concurrent)),
        Mode {
            global_job: Some(_),
            ..
        } => ("global-job", None),
        Mode {
            global: Some(_), ..
        } => ("global", None),
        Mode { .. } => ("", None),
    };
    // The digest that the manager pinned is noise in a table.
    let image = raw.spec.task_template.container_spec.image.as_str();
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let is_up = |t: &&SwarmTask| &*t.state == "running" && &*t.desired == "running";
    SwarmService {
        id: id(&raw.id),
        name: clean(&raw.spec.name),
        image: clean(image),
        mode: words.clean(word),
        replicas,
        running: tasks.iter().filter(is_up).count() as u64,
        created: time(&raw.created_at),
        updated: time(&raw.updated_at),
        labels: words.labels(&raw.spec.labels),
        ports: raw
            .endpoint
            .ports
            .iter()
            .filter_map(|p| {
                Some(Port {
                    private: u16::try_from(p.target_port).ok().filter(|p| *p > 0)?,
                    public: u16::try_from(p.published_port).ok().filter(|p| *p > 0),
                    ip: None,
                    protocol: words.clean(&p.protocol),
                })
            })
            .collect(),
        tasks,
    }
}

fn task(raw: &RawTask, node: Arc<str>, words: &mut Words) -> SwarmTask {
    let container = &raw.status.container_status.container;
    SwarmTask {
        id: id(&raw.id),
        slot: u64::try_from(raw.slot).ok().filter(|s| *s > 0),
        node,
        state: words.clean(&raw.status.state),
        desired: words.clean(&raw.desired_state),
        error: some(&raw.status.err),
        container: (!container.is_empty()).then(|| id(container)),
        at: time(&raw.status.timestamp),
    }
}

fn node(raw: &RawNode) -> SwarmNode {
    SwarmNode {
        id: id(&raw.id),
        name: clean(&raw.description.hostname),
        role: clean(&raw.spec.role),
        availability: clean(&raw.spec.availability),
        status: clean(&raw.status.state),
        address: clean(&raw.status.addr),
        engine: clean(&raw.description.engine.engine_version),
        leader: raw.manager_status.leader,
    }
}

#[cfg(test)]
mod tests;
