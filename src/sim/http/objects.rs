//! The engine, images, volumes and networks.

use serde_json::{Value, json};

use super::body::{Answer, empty, json as reply, typed};
use super::request::Req;
use crate::sim::json as render;
use crate::sim::model::{ApiError, ApiResult, Image, Model};

pub(super) fn route(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        ["_ping"] => {
            let body = if req.get() { "OK" } else { "" };
            let mut answer = typed(200, "text/plain; charset=utf-8", body);
            let headers = answer.headers_mut();
            let state = if model.swarm.is_some() {
                "active/manager"
            } else {
                "inactive"
            };
            let known = if model.flavour.at_least(42) { 4 } else { 2 };
            for (name, value) in [
                ("cache-control", "no-cache, no-store, must-revalidate"),
                ("pragma", "no-cache"),
                ("builder-version", "2"),
                ("swarm", state),
            ]
            .into_iter()
            .take(known)
            {
                headers.insert(name, hyper::header::HeaderValue::from_static(value));
            }
            answer
        }
        ["version"] if req.get() => reply(200, &render::version(model)),
        ["info"] if req.get() => reply(200, &render::info(model)),
        ["system", "df"] if req.get() => reply(200, &render::disk_usage(model)),
        ["auth"] if req.post() => reply(
            200,
            &json!({ "IdentityToken": "", "Status": "Login Succeeded" }),
        ),
        ["build", "prune"] if req.post() => {
            reply(200, &json!({ "CachesDeleted": null, "SpaceReclaimed": 0 }))
        }
        ["plugins"] if req.get() => reply(200, &json!([])),
        ["images", ..] => return images(model, req, &path[1..]),
        ["volumes", ..] => return volumes(model, req, &path[1..]),
        ["networks", ..] => return networks(model, req, &path[1..]),
        ["distribution", .., "json"] => {
            return Err(ApiError::new(
                503,
                "no registry is reachable from a simulated engine",
            ));
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn list_images(model: &Model, req: &Req) -> ApiResult<Answer> {
    let filters = req.filters(&["before", "dangling", "label", "reference", "since", "until"])?;
    let dangling = filters.flag("dangling")?;
    let created = |key: &str| -> ApiResult<Option<i64>> {
        filters
            .values(key)
            .first()
            .map(|r| model.image(r).map(|i| i.created))
            .transpose()
    };
    let (before, since) = (created("before")?, created("since")?);
    let mut found: Vec<&Image> = model
        .images
        .values()
        .filter(|i| dangling.is_none_or(|wanted| i.tags.is_empty() == wanted))
        .filter(|i| before.is_none_or(|at| i.created < at) && since.is_none_or(|at| i.created > at))
        .filter(|i| filters.labels("label", &i.labels()))
        .filter(|i| {
            filters.any("reference", |pattern| {
                i.tags.iter().any(|tag| glob(pattern, tag))
            })
        })
        .collect();
    found.sort_by_key(|i| std::cmp::Reverse(i.created));
    let rows: Vec<Value> = found
        .into_iter()
        .map(|i| render::image_summary(model, i, false))
        .collect();
    Ok(reply(200, &rows.into()))
}

/// `*` stands for anything but a slash; a pattern without a tag matches every tag.
fn glob(pattern: &str, tag: &str) -> bool {
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                fits(rest, text)
                    || text
                        .split_first()
                        .is_some_and(|(c, t)| *c != b'/' && fits(pattern, t))
            }
            (Some((p, rest)), Some((t, text))) => (*p == b'?' || p == t) && fits(rest, text),
            _ => false,
        }
    }
    let name = tag.rsplit_once(':').map_or(tag, |(name, _)| name);
    fits(pattern.as_bytes(), tag.as_bytes()) || fits(pattern.as_bytes(), name.as_bytes())
}

fn images(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        ["json"] if req.get() => list_images(model, req)?,
        ["search"] if req.get() => reply(200, &json!([])),
        ["prune"] if req.post() => {
            let filters = req.filters(&["dangling", "label", "label!", "until"])?;
            let (deleted, freed) = model.prune_images(&filters);
            let deleted = if deleted.is_empty() {
                Value::Null
            } else {
                json!(deleted)
            };
            reply(
                200,
                &json!({ "ImagesDeleted": deleted, "SpaceReclaimed": freed }),
            )
        }
        [name @ .., "json"] if req.get() => {
            let name = name.join("/");
            let image = model.image(&name).map_err(|error| {
                if model.flavour.at_least(42) {
                    error
                } else {
                    ApiError::not_found(format!("no such image: {name}: {}", error.message))
                }
            })?;
            reply(200, &render::image_inspect(model, image))
        }
        [name @ .., "history"] if req.get() => {
            reply(200, &render::history(model.image(&name.join("/"))?))
        }
        [name @ .., "tag"] if req.post() => {
            let (repo, tag) = (
                req.query("repo").unwrap_or(""),
                req.query("tag").unwrap_or(""),
            );
            let tagged = model.tag(&name.join("/"), repo, tag);
            tagged.map_err(|error| match error.status {
                400 if !model.flavour.at_least(42) => ApiError::new(
                    500,
                    error.message.replace(&format!(" (library/{repo})"), ""),
                ),
                _ => error,
            })?;
            empty(201)
        }
        [_, ..] if req.delete() => {
            let gone = model.remove_image(&path.join("/"), req.flag("force"))?;
            reply(200, &gone.into())
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn volumes(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        [] if req.get() => {
            let filters = req.filters(&["dangling", "driver", "label", "name"])?;
            let dangling = filters.flag("dangling")?;
            let rows: Vec<Value> = model
                .volumes
                .values()
                .filter(|v| filters.any("name", |name| v.name.contains(name)))
                .filter(|v| filters.any("driver", |driver| v.driver == driver))
                .filter(|v| filters.labels("label", &v.labels))
                .filter(|v| {
                    dangling.is_none_or(|wanted| model.volume_users(&v.name).is_empty() == wanted)
                })
                .map(|v| render::volume_json(model, v, false))
                .collect();
            reply(200, &json!({ "Volumes": rows, "Warnings": null }))
        }
        ["create"] if req.post() => {
            let name = model.create_volume(&req.some_json()?)?;
            reply(
                201,
                &render::volume_json(model, model.volume(&name)?, false),
            )
        }
        ["prune"] if req.post() => {
            let filters = req.filters(&["label", "label!", "all"])?;
            let all = filters.flag("all")?.unwrap_or(!model.flavour.at_least(42));
            let (gone, freed) = model.prune_volumes(&filters, all);
            reply(
                200,
                &json!({ "VolumesDeleted": gone, "SpaceReclaimed": freed }),
            )
        }
        [name] if req.get() => reply(200, &render::volume_json(model, model.volume(name)?, false)),
        [name] if req.delete() => {
            model.remove_volume(name, req.flag("force"))?;
            empty(204)
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn networks(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        [] if req.get() => {
            let known = ["dangling", "driver", "id", "label", "name", "scope", "type"];
            let filters = req.filters(&known)?;
            let dangling = filters.flag("dangling")?;
            let rows: Vec<Value> = model
                .networks
                .values()
                .filter(|n| filters.any("name", |name| n.name.contains(name)))
                .filter(|n| filters.any("id", |id| n.id.starts_with(id)))
                .filter(|n| filters.any("driver", |driver| n.driver == driver))
                .filter(|n| filters.any("scope", |scope| n.scope == scope))
                .filter(|n| filters.any("type", |kind| (kind == "builtin") == n.predefined()))
                .filter(|n| filters.labels("label", &n.labels))
                .filter(|n| {
                    dangling.is_none_or(|wanted| {
                        (!n.predefined() && model.members(&n.id).is_empty()) == wanted
                    })
                })
                .map(|n| render::network_inspect(model, n, false))
                .collect();
            reply(200, &rows.into())
        }
        ["create"] if req.post() => {
            let id = model.create_network(&req.some_json()?)?;
            reply(201, &json!({ "Id": id, "Warning": "" }))
        }
        ["prune"] if req.post() => {
            let gone = model.prune_networks(&req.filters(&["label", "label!", "until"])?);
            let gone = if gone.is_empty() {
                Value::Null
            } else {
                json!(gone)
            };
            reply(200, &json!({ "NetworksDeleted": gone }))
        }
        [id] if req.get() => {
            let network = model.network(id)?;
            reply(200, &render::network_inspect(model, network, true))
        }
        [id] if req.delete() => {
            model.remove_network(id)?;
            empty(204)
        }
        [id, "connect"] if req.post() => {
            model.connect(id, &req.some_json()?)?;
            empty(200)
        }
        [id, "disconnect"] if req.post() => {
            model.disconnect(id, &req.some_json()?)?;
            empty(200)
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}
