//! `docker cp`: tar archives of the few files a container has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use serde_json::json;

use super::body::{Answer, empty, typed};
use super::request::Req;
use crate::sim::model::{ApiError, ApiResult, Model, Node};
use crate::sim::shell::Files;
use crate::sim::util::{SECOND, rfc3339};

/// Go's mode bit for directories.
const GO_DIRECTORY: u32 = 1 << 31;

pub(super) fn route(model: &mut Model, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let ["containers", id, "archive"] = path else {
        return Ok(None);
    };
    let Some(target) = req.query("path").filter(|p| !p.is_empty()) else {
        return Err(ApiError::invalid("bad parameter: missing path"));
    };
    let target = normal(target);
    let answer = match req.method.as_str() {
        "HEAD" => {
            let node = stat(model, id, &target)?;
            with_stat(empty(200), &target, &node)
        }
        "GET" => {
            let node = stat(model, id, &target)?;
            let bytes = pack(model, id, &target)?;
            with_stat(typed(200, "application/x-tar", bytes), &target, &node)
        }
        "PUT" => {
            if !stat(model, id, &target)?.dir {
                return Err(ApiError::invalid("extraction point is not a directory"));
            }
            unpack(model, id, &target, &req.body)?;
            empty(200)
        }
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn normal(path: &str) -> String {
    let trimmed = path.trim_end_matches("/.").trim_end_matches('/');
    let rooted = trimmed.trim_start_matches('/');
    format!("/{rooted}")
}

fn base_name(path: &str) -> &str {
    match path.rsplit('/').next() {
        None | Some("") => "/",
        Some(name) => name,
    }
}

fn stat(model: &mut Model, id: &str, path: &str) -> ApiResult<Node> {
    model
        .with_files(id, |files| files.node(path))?
        .ok_or_else(|| {
            ApiError::not_found(format!("Could not find the file {path} in container {id}"))
        })
}

fn with_stat(mut answer: Answer, path: &str, node: &Node) -> Answer {
    let stat = json!({
        "name": base_name(path),
        "size": if node.dir { 4096 } else { node.data.len() },
        "mode": if node.dir { GO_DIRECTORY | node.mode } else { node.mode },
        "mtime": rfc3339(node.mtime.max(SECOND)),
        "linkTarget": "",
    });
    if let Ok(value) = HeaderValue::from_str(&STANDARD.encode(stat.to_string())) {
        answer
            .headers_mut()
            .insert("x-docker-container-path-stat", value);
    }
    answer
}

fn pack(model: &mut Model, id: &str, path: &str) -> ApiResult<Vec<u8>> {
    let entries = model.with_files(id, |files| {
        let tree = files.tree(path);
        tree.into_iter()
            .filter_map(|full| files.node(&full).map(|node| (full, node)))
            .collect::<Vec<_>>()
    })?;
    let mut builder = tar::Builder::new(Vec::new());
    let skip = path.trim_end_matches('/').len() - base_name(path).trim_matches('/').len();
    for (full, node) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(node.mode);
        header.set_mtime((node.mtime / SECOND).unsigned_abs());
        header.set_size(if node.dir { 0 } else { node.data.len() as u64 });
        header.set_entry_type(if node.dir {
            tar::EntryType::Directory
        } else {
            tar::EntryType::Regular
        });
        let name = full[skip..].trim_start_matches('/');
        let name = if node.dir {
            format!("{name}/")
        } else {
            name.to_owned()
        };
        let name = if name == "/" { "./".to_owned() } else { name };
        builder
            .append_data(&mut header, name, node.data.as_slice())
            .map_err(|error| ApiError::new(500, error.to_string()))?;
    }
    builder
        .into_inner()
        .map_err(|error| ApiError::new(500, error.to_string()))
}

fn unpack(model: &mut Model, id: &str, path: &str, bytes: &[u8]) -> ApiResult<()> {
    use std::io::Read as _;
    let bad = |error: std::io::Error| ApiError::invalid(format!("invalid tar: {error}"));
    let mut found: Vec<(String, Node)> = Vec::new();
    let mut archive = tar::Archive::new(bytes);
    for entry in archive.entries().map_err(bad)? {
        let mut entry = entry.map_err(bad)?;
        let name = entry.path().map_err(bad)?.to_string_lossy().into_owned();
        let header = entry.header().clone();
        let dir = header.entry_type().is_dir();
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(bad)?;
        let name = name.trim_start_matches("./").trim_matches('/');
        if name.is_empty() || name.split('/').any(|part| part == "..") {
            continue;
        }
        let mode = header.mode().unwrap_or(0o644) & 0o7777;
        let mtime = header.mtime().unwrap_or(0) as i64 * SECOND;
        found.push((
            format!("{}/{name}", path.trim_end_matches('/')),
            Node {
                dir,
                data,
                mode,
                mtime,
            },
        ));
    }
    model.with_files(id, |files| {
        for (full, node) in found {
            if let Some((parent, _)) = full.rsplit_once('/').filter(|(p, _)| !p.is_empty()) {
                files.make_dir(parent);
            }
            files.put(&full, Some(node));
        }
    })
}
