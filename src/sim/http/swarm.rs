//! Swarm calls: refused in docker's words where there is no swarm.

use serde_json::{Value, json};

use super::body::{Answer, json as reply};
use super::request::Req;
use crate::sim::model::{ApiError, ApiResult, Model, NOT_MANAGER, Swarm};
use crate::sim::util::{hash_text, hex64, mix_all, rfc3339};

pub(super) fn route(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let known = ["swarm", "nodes", "services", "tasks", "secrets", "configs"];
    if !path.first().is_some_and(|head| known.contains(head)) {
        return Ok(None);
    }
    let Some(swarm) = &model.swarm else {
        return Err(ApiError::new(503, NOT_MANAGER));
    };
    let list: Vec<Value> = match path {
        ["nodes"] if req.get() => nodes(model, swarm),
        ["services"] if req.get() => services(swarm, req.flag("status")),
        ["tasks"] if req.get() => tasks(swarm),
        ["secrets" | "configs"] if req.get() => Vec::new(),
        ["swarm"] if req.get() => {
            let cluster = json!({
                "ID": swarm.id,
                "Version": { "Index": 10 },
                "CreatedAt": rfc3339(swarm.created),
                "UpdatedAt": rfc3339(swarm.created),
                "Spec": { "Name": "default", "Labels": {} },
                "JoinTokens": { "Worker": "SWMTKN-1-simulated", "Manager": "SWMTKN-1-simulated" },
            });
            return Ok(Some(reply(200, &cluster)));
        }
        [kind @ ("nodes" | "services" | "tasks"), id] if req.get() => {
            let all = match *kind {
                "nodes" => nodes(model, swarm),
                "services" => services(swarm, false),
                _ => tasks(swarm),
            };
            let found = all.into_iter().find(|item| {
                item["ID"] == **id
                    || item["Spec"]["Name"] == **id
                    || item["Description"]["Hostname"] == **id
            });
            let singular = kind.trim_end_matches('s');
            return found
                .map(|item| Some(reply(200, &item)))
                .ok_or_else(|| ApiError::not_found(format!("{singular} {id} not found")));
        }
        _ => return Err(ApiError::new(501, "not simulated")),
    };
    Ok(Some(reply(200, &list.into())))
}

fn nodes(model: &Model, swarm: &Swarm) -> Vec<Value> {
    swarm
        .nodes
        .iter()
        .map(|node| {
            let mut body = json!({
                "ID": node.id,
                "Version": { "Index": 9 },
                "CreatedAt": rfc3339(swarm.created),
                "UpdatedAt": rfc3339(swarm.created),
                "Spec": {
                    "Labels": {},
                    "Role": if node.manager { "manager" } else { "worker" },
                    "Availability": "active",
                },
                "Description": {
                    "Hostname": node.hostname,
                    "Platform": { "Architecture": "x86_64", "OS": "linux" },
                    "Resources": { "NanoCPUs": 4_000_000_000i64, "MemoryBytes": 8_589_934_592i64 },
                    "Engine": { "EngineVersion": model.flavour.version },
                },
                "Status": {
                    "State": if node.ready { "ready" } else { "down" },
                    "Addr": node.address,
                },
            });
            if node.manager {
                body["ManagerStatus"] = json!({
                    "Leader": node.id == swarm.node_id,
                    "Reachability": "reachable",
                    "Addr": format!("{}:2377", node.address),
                });
            }
            body
        })
        .collect()
}

fn services(swarm: &Swarm, status: bool) -> Vec<Value> {
    swarm
        .services
        .iter()
        .map(|service| {
            let spec = json!({
                "Name": service.name,
                "Labels": service.labels,
                "TaskTemplate": {
                    "ContainerSpec": { "Image": service.image },
                    "ForceUpdate": 0,
                    "Runtime": "container",
                },
                "Mode": { "Replicated": { "Replicas": service.replicas } },
            });
            let mut body = json!({
                "ID": service.id,
                "Version": { "Index": service.version },
                "CreatedAt": rfc3339(service.created),
                "UpdatedAt": rfc3339(service.created),
                "Spec": spec,
                "Endpoint": { "Spec": {} },
            });
            if status {
                body["ServiceStatus"] = json!({
                    "RunningTasks": service.replicas,
                    "DesiredTasks": service.replicas,
                    "CompletedTasks": 0,
                });
            }
            body
        })
        .collect()
}

fn tasks(swarm: &Swarm) -> Vec<Value> {
    let ready: Vec<_> = swarm.nodes.iter().filter(|n| n.ready).collect();
    let mut list = Vec::new();
    for service in &swarm.services {
        for slot in 0..service.replicas {
            let id = hex64(mix_all(&[hash_text(&service.id), slot]));
            let node = ready
                .get(slot as usize % ready.len().max(1))
                .map(|n| n.id.clone());
            list.push(json!({
                "ID": &id[..25],
                "Version": { "Index": service.version + slot },
                "CreatedAt": rfc3339(service.created),
                "UpdatedAt": rfc3339(service.created),
                "Spec": { "ContainerSpec": { "Image": service.image } },
                "ServiceID": service.id,
                "Slot": slot + 1,
                "NodeID": node,
                "Status": {
                    "Timestamp": rfc3339(service.created),
                    "State": "running",
                    "Message": "started",
                    "ContainerStatus": { "ContainerID": id, "PID": 4000 + slot, "ExitCode": 0 },
                },
                "DesiredState": "running",
            }));
        }
    }
    list
}
