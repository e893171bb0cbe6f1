//! The container calls that answer at once.

use serde_json::{Value, json};

use super::body::{Answer, empty, json as reply};
use super::request::Req;
use crate::sim::json as render;
use crate::sim::model::{
    ApiError, ApiResult, Container, CreateRequest, ExecRequest, Filters, Model, Outcome,
};

const LIST_FILTERS: [&str; 16] = [
    "ancestor",
    "before",
    "expose",
    "exited",
    "health",
    "id",
    "isolation",
    "is-task",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
    "label!",
];

pub(super) fn route(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        ["containers", "json"] if req.get() => list(model, req)?,
        ["containers", "create"] if req.post() => create(model, req)?,
        ["containers", "prune"] if req.post() => {
            let (ids, freed) = model.prune_containers(&req.filters(&["label", "label!", "until"])?);
            let ids = if ids.is_empty() {
                Value::Null
            } else {
                json!(ids)
            };
            let body = json!({ "ContainersDeleted": ids, "SpaceReclaimed": freed });
            reply(200, &body)
        }
        ["containers", id] if req.delete() => {
            if req.flag("link") {
                return Err(ApiError::invalid(
                    "Could not get parent container: no such link",
                ));
            }
            model.remove(id, req.flag("force"), req.flag("v"))?;
            empty(204)
        }
        ["containers", id, "json"] if req.get() => {
            let container = model.container(id)?;
            reply(200, &render::inspect(model, container, req.flag("size")))
        }
        ["containers", id, "start"] if req.post() => match model.start(id)? {
            Outcome::Done => empty(204),
            Outcome::NotModified => empty(304),
        },
        ["containers", id, "kill"] if req.post() => {
            model.kill(id, req.query("signal").unwrap_or_default())?;
            empty(204)
        }
        ["containers", id, "pause"] if req.post() => {
            model.pause(id)?;
            empty(204)
        }
        ["containers", id, "unpause"] if req.post() => {
            model.unpause(id)?;
            empty(204)
        }
        ["containers", id, "rename"] if req.post() => {
            model.rename(id, req.query("name").unwrap_or_default())?;
            empty(204)
        }
        ["containers", id, "update"] if req.post() => {
            let changes = req.some_json()?;
            let container = model.container_mut(id)?;
            if let Value::Object(changes) = changes {
                container.spec.update_host(&changes);
            }
            let id = container.id.clone();
            model.emit_container(&id, "update", &[]);
            reply(200, &json!({ "Warnings": null }))
        }
        ["containers", id, "resize"] if req.post() => {
            let (rows, columns) = (req.int("h")?.unwrap_or(0), req.int("w")?.unwrap_or(0));
            let container = model.container_mut(id)?;
            if !container.is_up() {
                let id = container.id.clone();
                return Err(ApiError::conflict(model.not_running(&id)));
            }
            container.tty_size = (rows as u16, columns as u16);
            let id = container.id.clone();
            let (rows, columns) = (rows.to_string(), columns.to_string());
            model.emit_container(&id, "resize", &[("height", &rows), ("width", &columns)]);
            empty(200)
        }
        ["containers", id, "top"] if req.get() => top(model, id, req)?,
        ["containers", id, "changes"] if req.get() => {
            let container = model.container(id)?;
            let changes: Vec<Value> = container
                .fs
                .changes()
                .map(|(path, added)| json!({ "Path": path, "Kind": if added { 1 } else { 2 } }))
                .collect();
            reply(
                200,
                &if changes.is_empty() {
                    Value::Null
                } else {
                    json!(changes)
                },
            )
        }
        ["containers", id, "exec"] if req.post() => {
            let body = req.some_json()?;
            let exec = model.create_exec(id, exec_request(&body))?;
            reply(201, &json!({ "Id": exec }))
        }
        ["exec", id, "json"] if req.get() => exec_inspect(model, id)?,
        ["exec", id, "resize"] if req.post() => {
            model.exec(id)?;
            empty(200)
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn create(model: &mut Model, req: &Req) -> ApiResult<Answer> {
    let body = req.some_json()?;
    let name = req.query("name").map(str::to_owned);
    let id = model.create(&CreateRequest { name, body })?;
    Ok(reply(201, &json!({ "Id": id, "Warnings": [] })))
}

fn list(model: &Model, req: &Req) -> ApiResult<Answer> {
    let filters = req.filters(&LIST_FILTERS)?;
    for status in filters.values("status") {
        let known = [
            "created",
            "running",
            "paused",
            "restarting",
            "removing",
            "exited",
            "dead",
        ];
        if !known.contains(&status.as_str()) {
            let why = format!(
                ": invalid value for state ({status}): must be one of {}",
                known.join(", ")
            );
            let modern = model.flavour.at_least(48);
            return Err(ApiError::invalid(if modern {
                format!("invalid filter 'status={status}'{why}")
            } else {
                format!("Invalid filter 'status={status}'")
            }));
        }
    }
    let limit = req.int("limit")?.filter(|n| *n > 0);
    let all = req.flag("all")
        || limit.is_some()
        || filters.has("status")
        || filters.has("exited")
        || filters.has("before")
        || filters.has("since");
    let edge = |key: &str| -> ApiResult<Option<i64>> {
        let reference = filters.values(key).first();
        reference
            .map(|r| model.container(r).map(|c| c.created))
            .transpose()
    };
    let (before, since) = (edge("before")?, edge("since")?);
    let mut rows: Vec<&Container> = model
        .containers
        .values()
        .filter(|c| all || c.counts_as_running())
        .filter(|c| before.is_none_or(|at| c.created < at))
        .filter(|c| since.is_none_or(|at| c.created > at))
        .filter(|c| matches(model, c, &filters))
        .collect();
    rows.sort_by_key(|c| std::cmp::Reverse(c.created));
    if let Some(limit) = limit {
        rows.truncate(limit as usize);
    }
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|c| render::summary(model, c, req.flag("size")))
        .collect();
    Ok(reply(200, &rows.into()))
}

fn matches(model: &Model, container: &Container, filters: &Filters) -> bool {
    let labels = &container.spec.labels;
    let health = container
        .health
        .as_ref()
        .filter(|_| container.is_up())
        .map_or("none", |h| h.status);
    filters.any("id", |id| container.id.starts_with(id))
        && filters.any("name", |name| {
            let wanted = name
                .trim_start_matches('^')
                .trim_start_matches('/')
                .trim_end_matches('$');
            match (name.starts_with('^'), name.ends_with('$')) {
                (true, true) => container.name == wanted,
                (true, false) => container.name.starts_with(wanted),
                (false, true) => container.name.ends_with(wanted),
                (false, false) => container.name.contains(wanted),
            }
        })
        && filters.any("status", |status| container.phase.word() == status)
        && filters.any("health", |wanted| health == wanted)
        && filters.any("exited", |code| {
            container.finished != 0 && !container.is_up() && code.parse() == Ok(container.exit_code)
        })
        && filters.any("ancestor", |image| {
            container.image == image
                || model
                    .find_image(image)
                    .is_some_and(|i| i.id == container.image_id)
        })
        && filters.any("network", |network| {
            container
                .endpoints
                .iter()
                .any(|(name, e)| name == network || e.network_id.starts_with(network))
        })
        && filters.any("volume", |volume| {
            container
                .mounts
                .iter()
                .any(|m| m.volume == volume || m.destination == volume)
        })
        && filters.any("publish", |port| {
            let port = port.split('/').next().and_then(|p| p.parse().ok());
            container.ports.iter().any(|p| Some(p.host) == port)
        })
        && filters.any("expose", |port| {
            let exposed = container
                .spec
                .config
                .get("ExposedPorts")
                .and_then(Value::as_object);
            let wanted = if port.contains('/') {
                port.to_owned()
            } else {
                format!("{port}/tcp")
            };
            exposed.is_some_and(|e| e.contains_key(&wanted))
        })
        && filters.labels("label", labels)
        && filters
            .values("label!")
            .iter()
            .all(|unwanted| match unwanted.split_once('=') {
                Some((name, value)) => labels.get(name).is_none_or(|v| v != value),
                None => !labels.contains_key(unwanted),
            })
}

fn top(model: &mut Model, id: &str, req: &Req) -> ApiResult<Answer> {
    let id = model.resolve(id)?;
    if !model.container(&id)?.is_up() {
        return Err(ApiError::conflict(model.not_running(&id)));
    }
    model.emit_container(&id, "top", &[]);
    let container = model.container(&id)?;
    let aux = req.query("ps_args").is_some_and(|a| a.contains("aux"));
    let start = crate::sim::util::strftime(container.started, "%H:%M");
    let rows: Vec<Vec<String>> = model
        .processes(&container.id)
        .into_iter()
        .enumerate()
        .map(|(n, command)| {
            let pid = (container.pid + n as i64).to_string();
            let parent = if n == 0 {
                container.pid - 20
            } else {
                container.pid
            };
            if aux {
                [
                    "root", &pid, "0.0", "0.1", "4404", "2088", "?", "Ss", &start, "0:00", &command,
                ]
                .map(str::to_owned)
                .to_vec()
            } else {
                [
                    "root",
                    &pid,
                    &parent.to_string(),
                    "0",
                    &start,
                    "?",
                    "00:00:00",
                    &command,
                ]
                .map(str::to_owned)
                .to_vec()
            }
        })
        .collect();
    let titles: &[&str] = if aux {
        &[
            "USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND",
        ]
    } else {
        &["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    };
    Ok(reply(200, &json!({ "Titles": titles, "Processes": rows })))
}

fn exec_request(body: &Value) -> ExecRequest {
    let list = |name: &str| -> Vec<String> {
        let items = body[name].as_array().into_iter().flatten();
        items
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect()
    };
    let on = |name: &str| body[name].as_bool().unwrap_or(false);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    ExecRequest {
        argv: list("Cmd"),
        env: list("Env"),
        directory: text("WorkingDir"),
        user: text("User"),
        tty: on("Tty"),
        stdin: on("AttachStdin"),
        stdout: on("AttachStdout"),
        stderr: on("AttachStderr"),
        privileged: on("Privileged"),
    }
}

fn exec_inspect(model: &Model, id: &str) -> ApiResult<Answer> {
    let exec = model.exec(id)?;
    let (entry, arguments) = exec
        .request
        .argv
        .split_first()
        .map_or(("", &[][..]), |(e, a)| (e.as_str(), a));
    Ok(reply(
        200,
        &json!({
            "ID": exec.id,
            "Running": exec.running,
            "ExitCode": exec.exit_code,
            "ProcessConfig": {
                "tty": exec.request.tty,
                "entrypoint": entry,
                "arguments": arguments,
                "privileged": exec.request.privileged,
                "user": exec.request.user,
            },
            "OpenStdin": exec.request.stdin,
            "OpenStderr": exec.request.stderr,
            "OpenStdout": exec.request.stdout,
            "CanRemove": exec.exit_code.is_some(),
            "ContainerID": exec.container,
            "DetachKeys": "",
            "Pid": exec.pid,
        }),
    ))
}
