//! The calls that take their time: logs, events, stats, waits, stops, pulls.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};

use super::Ctx;
use super::body::{Answer, Sink, empty, json as reply, stream};
use super::request::Req;
use crate::sim::engine::Shared;
use crate::sim::json as render;
use crate::sim::model::{
    ApiError, ApiResult, Chunk, Container, Image, LogQuery, Model, Outcome, Reference, Stopping,
    Stream,
};
use crate::sim::util::{SECOND, parse_time, rfc3339_nine};

pub(super) const RAW: &str = "application/vnd.docker.raw-stream";
pub(super) const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";

pub(super) async fn route(ctx: &Ctx<'_>, req: &Req, path: &[&str]) -> ApiResult<Option<Answer>> {
    let answer = match path {
        ["events"] if req.get() => events(ctx.shared, req)?,
        ["containers", id, "logs"] if req.get() => logs(ctx.shared, req, id)?,
        ["containers", id, "stats"] if req.get() => stats(ctx.shared, req, id).await?,
        ["containers", id, "wait"] if req.post() => wait(ctx.shared, req, id)?,
        ["containers", id, verb @ ("stop" | "restart")] if req.post() => {
            stop(ctx.shared, req, id, verb).await?
        }
        ["images", "create"] if req.post() => pull(ctx.shared, req)?,
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

/// Wait until the model or the clock has moved. `next` is when the time alone brings news.
pub(super) async fn news(
    shared: &Shared,
    changed: &mut tokio::sync::watch::Receiver<u64>,
    next: i64,
) {
    tokio::select! {
        _ = changed.changed() => {}
        () = shared.clock.wait_until(next) => {}
    }
}

const EVENT_FILTERS: [&str; 12] = [
    "config",
    "container",
    "daemon",
    "event",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "type",
    "volume",
];

fn events(shared: &Arc<Shared>, req: &Req) -> ApiResult<Answer> {
    let mut known = EVENT_FILTERS.to_vec();
    known.extend(["secret", "service"]);
    let filters = req.filters(&known)?;
    let since = time_param(req, "since")?;
    let until = time_param(req, "until")?;
    if let (Some(since), Some(until)) = (since, until)
        && since > until
    {
        let text = |name| req.query(name).unwrap_or_default().to_owned();
        return Err(ApiError::invalid(format!(
            "`since` time ({}) cannot be after `until` time ({})",
            text("since"),
            text("until")
        )));
    }
    let mut changed = shared.changed.subscribe();
    let (past, mut cursor, legacy) = shared.with(|model| {
        let legacy = !model.flavour.at_least(52);
        let past: Vec<Value> = match since {
            None => Vec::new(),
            Some(since) => model
                .events_since(since)
                .filter(|e| until.is_none_or(|until| e.time <= until) && filters.event(e))
                .map(|e| e.json(legacy))
                .collect(),
        };
        (past, model.last_seq(), legacy)
    });
    let shared2 = Arc::clone(shared);
    Ok(stream(shared, "application/json", move |sink| async move {
        for event in past {
            if !sink.json(&event).await {
                return;
            }
        }
        loop {
            let (batch, now) = shared2.with(|model| {
                let batch: Vec<Value> = model
                    .events_after(cursor)
                    .filter(|e| until.is_none_or(|until| e.time <= until) && filters.event(e))
                    .map(|e| e.json(legacy))
                    .collect();
                cursor = model.last_seq();
                (batch, model.now())
            });
            for event in batch {
                if !sink.json(&event).await {
                    return;
                }
            }
            if until.is_some_and(|until| now >= until) {
                return;
            }
            tokio::select! {
                () = sink.closed() => return,
                () = news(&shared2, &mut changed, until.unwrap_or(i64::MAX)) => {}
            }
        }
    }))
}

fn time_param(req: &Req, name: &str) -> ApiResult<Option<i64>> {
    match req.query(name).filter(|t| !t.is_empty() && *t != "0") {
        None => Ok(None),
        Some(text) => parse_time(text).map(Some).ok_or_else(|| {
            ApiError::invalid(format!(
                "failed to parse value as time or duration: \"{text}\""
            ))
        }),
    }
}

/// Frames pieces of output as the client expects them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framing {
    pub(super) tty: bool,
    pub(super) timestamps: bool,
}

impl Framing {
    pub(super) fn put(self, out: &mut BytesMut, chunk: &Chunk) {
        let stamp = if self.timestamps {
            format!("{} ", rfc3339_nine(chunk.time))
        } else {
            String::new()
        };
        let length = stamp.len() + chunk.bytes.len();
        if !self.tty {
            out.put_slice(&[chunk.stream.number(), 0, 0, 0]);
            out.put_u32(length as u32);
        }
        out.put_slice(stamp.as_bytes());
        out.put_slice(&chunk.bytes);
    }

    pub(super) fn all(self, chunks: &[Chunk]) -> Bytes {
        let mut out = BytesMut::new();
        for chunk in chunks {
            self.put(&mut out, chunk);
        }
        out.freeze()
    }

    pub(super) fn kind(self) -> &'static str {
        if self.tty { RAW } else { MULTIPLEXED }
    }
}

fn logs(shared: &Arc<Shared>, req: &Req, id: &str) -> ApiResult<Answer> {
    let query = LogQuery {
        since: time_param(req, "since")?.unwrap_or(0),
        until: time_param(req, "until")?,
        tail: match req.query("tail") {
            None | Some("" | "all") => None,
            Some(text) => text.parse().ok(),
        },
        stdout: req.flag("stdout"),
        stderr: req.flag("stderr"),
    };
    if !query.stdout && !query.stderr {
        return Err(ApiError::invalid(
            "Bad parameters: you must choose at least one stream",
        ));
    }
    let follow = req.flag("follow");
    let timestamps = req.flag("timestamps");
    let mut changed = shared.changed.subscribe();
    let (id, tty, exits, chunks, mut cursor) = shared.with(|model| {
        let container = model.container(id)?;
        let (id, tty) = (container.id.clone(), container.spec.tty());
        let exits = if container.counts_as_running() {
            container.exits
        } else {
            u64::MAX
        };
        let (chunks, cursor) = model.logs(&id, &query)?;
        Ok((id, tty, exits, chunks, cursor))
    })?;
    let framing = Framing { tty, timestamps };
    let kind = if shared.with(|m| m.flavour.at_least(42)) {
        framing.kind()
    } else {
        RAW
    };
    let shared2 = Arc::clone(shared);
    Ok(stream(shared, kind, move |sink| async move {
        for part in chunks.chunks(256) {
            if !sink.send(framing.all(part)).await {
                return;
            }
        }
        if !follow || exits == u64::MAX {
            return;
        }
        loop {
            let (chunks, over, next) = shared2.with(|model| {
                let over =
                    model.exits(&id) != exits || query.until.is_some_and(|u| model.now() > u);
                (
                    model.logs_after(&id, &query, &mut cursor),
                    over,
                    model.next_line(&id),
                )
            });
            if !chunks.is_empty() && !sink.send(framing.all(&chunks)).await {
                return;
            }
            if over {
                return;
            }
            tokio::select! {
                () = sink.closed() => return,
                () = news(&shared2, &mut changed, next) => {}
            }
        }
    }))
}

async fn stats(shared: &Arc<Shared>, req: &Req, id: &str) -> ApiResult<Answer> {
    let streaming = req.flag_or("stream", true);
    let one_shot = req.flag("one-shot");
    let id = shared.with(|model| model.resolve(id))?;
    if streaming && one_shot {
        return Err(ApiError::invalid(
            "cannot have stream=true and one-shot=true",
        ));
    }
    let first = read_stats(shared, &id, None)?;
    if !streaming {
        let up = shared.with(|model| model.container(&id).is_ok_and(Container::is_up));
        if one_shot || !up {
            let mut body = first.1;
            if let Some(body) = body.as_object_mut()
                && one_shot
                && shared.with(|model| model.flavour.at_least(48))
            {
                // Left out by engines from 28 on, for whatever reason.
                body.remove("id");
                body.remove("name");
            }
            return Ok(reply(200, &body));
        }
        pause_on_clock(shared, SECOND).await;
        return Ok(reply(200, &read_stats(shared, &id, first.0)?.1));
    }
    let shared2 = Arc::clone(shared);
    Ok(stream(shared, "application/json", move |sink| async move {
        let (mut before, body) = first;
        if !sink.json(&body).await {
            return;
        }
        loop {
            tokio::select! {
                () = sink.closed() => return,
                () = pause_on_clock(&shared2, SECOND) => {}
            }
            let Ok((sample, body)) = read_stats(&shared2, &id, before) else {
                return;
            };
            before = sample;
            if !sink.json(&body).await {
                return;
            }
        }
    }))
}

type Reading = Option<(i64, crate::sim::model::Sample)>;

fn read_stats(shared: &Shared, id: &str, before: Reading) -> ApiResult<(Reading, Value)> {
    shared.with(|model| {
        let container = model.container(id)?;
        let body = render::stats(model, container, before);
        let sample = container
            .is_up()
            .then(|| (model.now(), model.sample(container)));
        Ok((sample, body))
    })
}

async fn pause_on_clock(shared: &Shared, length: i64) {
    let until = shared.clock.nanos() + length;
    while shared.clock.nanos() < until {
        shared.clock.wait_until(until).await;
    }
}

fn wait(shared: &Arc<Shared>, req: &Req, id: &str) -> ApiResult<Answer> {
    let old = shared.with(|model| !model.flavour.at_least(42));
    let condition = match req.query("condition") {
        None | Some("" | "not-running") => "not-running",
        Some("next-exit") => "next-exit",
        Some("removed") => "removed",
        Some(_) if old => "not-running",
        Some(other) => {
            return Err(ApiError::invalid(format!("invalid condition: \"{other}\"")));
        }
    };
    let mut changed = shared.changed.subscribe();
    let (id, exits) = shared.with(|model| {
        let container = model.container(id)?;
        Ok((container.id.clone(), container.exits))
    })?;
    let shared2 = Arc::clone(shared);
    Ok(stream(shared, "application/json", move |sink| async move {
        loop {
            let code = shared2.with(|model| {
                let met = match condition {
                    "removed" => !model.containers.contains_key(&id),
                    "next-exit" => model.exits(&id) != exits || !model.containers.contains_key(&id),
                    _ => model
                        .containers
                        .get(&id)
                        .is_none_or(|c| !c.counts_as_running()),
                };
                met.then(|| model.last_exit_code(&id))
            });
            if let Some(code) = code {
                let body = if old {
                    json!({ "Error": null, "StatusCode": code })
                } else {
                    json!({ "StatusCode": code })
                };
                sink.json(&body).await;
                return;
            }
            tokio::select! {
                () = sink.closed() => return,
                () = news(&shared2, &mut changed, i64::MAX) => {}
            }
        }
    }))
}

async fn stop(shared: &Arc<Shared>, req: &Req, id: &str, verb: &str) -> ApiResult<Answer> {
    let timeout = req.int("t")?;
    let then = if verb == "stop" {
        Stopping::Stop
    } else {
        Stopping::Restart
    };
    let signal = req.query("signal");
    let mut changed = shared.changed.subscribe();
    let begun = shared.with(|model| {
        let container = model.container(id)?;
        let (full, exits, up) = (container.id.clone(), container.exits, container.is_up());
        let outcome = model.stop(id, signal, timeout, then)?;
        Ok((full, exits, up, outcome))
    });
    let (full, exits, up, outcome) = begun?;
    if outcome == Outcome::NotModified {
        return Ok(empty(304));
    }
    while up && shared.with(|model| model.exits(&full) == exits) {
        news(shared, &mut changed, i64::MAX).await;
    }
    Ok(empty(204))
}

/// How long a layer takes to arrive and to be unpacked, in steps of this.
const PULL_STEP: Duration = Duration::from_millis(15);

fn pull(shared: &Arc<Shared>, req: &Req) -> ApiResult<Answer> {
    let from = req.query("fromImage").unwrap_or_default();
    if from.is_empty() {
        return Err(ApiError::invalid("import from a tarball is not simulated"));
    }
    let text = match req.query("tag").filter(|t| !t.is_empty()) {
        Some(tag) if tag.starts_with("sha256:") => format!("{from}@{tag}"),
        Some(tag) => format!("{from}:{tag}"),
        None => from.to_owned(),
    };
    let reference = Reference::parse(&text)?;
    if reference.refused() {
        return Err(ApiError::not_found(format!(
            "pull access denied for {}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            reference.name
        )));
    }
    let shared2 = Arc::clone(shared);
    Ok(stream(shared, "application/json", move |sink| async move {
        let (image, have) = shared2.with(|model: &mut Model| {
            let image = reference.published(model.now());
            let have = model.images.contains_key(&image.id);
            (image, have)
        });
        let tag = reference.tag.clone().unwrap_or_else(|| "latest".to_owned());
        let from = if reference.name.contains('/') {
            reference.name.clone()
        } else {
            format!("library/{}", reference.name)
        };
        if !sink
            .json(&json!({ "status": format!("Pulling from {from}"), "id": tag }))
            .await
        {
            return;
        }
        if !have && !layers(&sink, &image).await {
            return;
        }
        let familiar = reference.familiar();
        shared2.with(|model| model.pull(&reference));
        let digest = image
            .digests
            .first()
            .and_then(|d| d.split('@').nth(1).map(str::to_owned));
        let verdict = if have {
            format!("Status: Image is up to date for {familiar}")
        } else {
            format!("Status: Downloaded newer image for {familiar}")
        };
        let digest = format!("Digest: {}", digest.unwrap_or_default());
        sink.json(&json!({ "status": digest })).await;
        sink.json(&json!({ "status": verdict })).await;
    }))
}

/// The progress of every layer; false when the client has gone.
async fn layers(sink: &Sink, image: &Image) -> bool {
    let say = |status: &str, id: &str, detail: Option<(u64, u64)>| {
        let mut line = json!({ "status": status, "id": &id[7..19], "progressDetail": {} });
        if let Some((current, total)) = detail {
            let done = (current * 50 / total.max(1)) as usize;
            line["progressDetail"] = json!({ "current": current, "total": total });
            line["progress"] = json!(format!(
                "[{}>{}]  {:.3}MB/{:.3}MB",
                "=".repeat(done.min(49)),
                " ".repeat(49 - done.min(49)),
                current as f64 / 1e6,
                total as f64 / 1e6
            ));
        }
        line
    };
    for (layer, _) in &image.layers {
        if !sink.json(&say("Pulling fs layer", layer, None)).await {
            return false;
        }
    }
    for (layer, size) in &image.layers {
        for (status, steps) in [("Downloading", 4u64), ("Extracting", 2)] {
            for step in 1..=steps {
                tokio::time::sleep(PULL_STEP).await;
                let detail = Some((size * step / steps, *size));
                if !sink.json(&say(status, layer, detail)).await {
                    return false;
                }
            }
            if status == "Downloading" {
                sink.json(&say("Download complete", layer, None)).await;
            }
        }
        if !sink.json(&say("Pull complete", layer, None)).await {
            return false;
        }
    }
    true
}

/// Output of one of the two streams, for those who want only one.
pub(super) fn only(chunks: Vec<Chunk>, stdout: bool, stderr: bool) -> Vec<Chunk> {
    let wanted = |c: &Chunk| match c.stream {
        Stream::Stdout => stdout,
        Stream::Stderr => stderr,
    };
    chunks.into_iter().filter(wanted).collect()
}
