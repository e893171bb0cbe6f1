//! `events`: what happens on the hosts, merged by time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::endless;
use super::lasting::{self, Heard, Source, State};
use super::merge::{Merge, Opening};
use super::outages::Outages;
use crate::cli::Context;
use crate::cli::args::stream::Events;
use crate::cli::exit::Verdict;
use crate::cli::human::{moment, rfc3339};
use crate::cli::out::{Format, Problem};
use crate::cli::pick::{self, pick_hosts};
use crate::cli::table::Tone;
use crate::domain::error::{Error, Result};
use crate::domain::event::{EngineEvent, EventKind};
use crate::domain::id::HostId;
use crate::domain::port::BoxFuture;
use crate::domain::selector::LabelTest;
use crate::domain::text::{did_you_mean, glob, is_glob, sanitise};
use crate::reconcile::CoreHandle;

const TOGETHER: Duration = Duration::from_millis(150);
const KEYS: [&str; 9] = [
    "type",
    "event",
    "container",
    "image",
    "volume",
    "network",
    "name",
    "label",
    "id",
];

pub(in crate::cli) async fn events(core: &CoreHandle, ctx: &mut Context, args: Events) -> Verdict {
    let format = ctx.format();
    let now = ctx.now();
    let since = moment("--since", args.since.as_deref(), now)?;
    let until = moment("--until", args.until.as_deref(), now)?;
    if until.is_none() {
        endless(&format, "what happens")?;
    }
    let filters = Filters::parse(&args.filters)?;
    let (hosts, mut problems) = pick_hosts(core, ctx, true).await?;
    let asked = hosts.len() + problems.len();
    for problem in &problems {
        ctx.out.error(&problem.error);
    }
    let openings = hosts
        .iter()
        .map(|host| {
            let reader = core.reader(host)?;
            let asked = reader.clone();
            let open = move |again: Option<DateTime<Utc>>| -> Opening<EngineEvent> {
                let (reader, since) = (reader.clone(), again.max(since));
                Box::pin(async move { reader.events(since, until).await })
            };
            if until.is_some() {
                return Ok(lasting::once(open(None)));
            }
            let look = move || -> BoxFuture<'static, Result<State>> {
                let reader = asked.clone();
                Box::pin(async move { reader.ping().await.map(|_| State::Up) })
            };
            Ok(lasting::follow(Source {
                open: Box::new(open),
                look: Box::new(look),
                begin: Some(now),
            }))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut merge = Merge::open(openings, TOGETHER, Heard::time);
    let mut outages = Outages::new("stream of events", hosts.iter().map(|h| (h, h.to_string())));
    let mut items = Vec::new();
    if format == Format::Jsonl {
        ctx.out.version_line("Event")?;
        ctx.out.flush()?;
    }
    while let Some(next) = merge.next().await {
        let host = &hosts[next.from];
        match next.item {
            Ok(Heard::Item(event)) if filters.hold(&event) => match &format {
                Format::Table | Format::Wide | Format::Name => {
                    let line = line(host, &event, ctx.out.has_colour());
                    ctx.out.line(&line)?;
                }
                Format::Json | Format::Yaml => items.push(item(host, &event)),
                Format::Jsonl | Format::Template(_) => {
                    ctx.out.item(&item(host, &event), &format)?;
                }
            },
            Ok(heard) => outages.heard(ctx, next.from, &heard)?,
            Err(e) => {
                let error = e.context(format!("events of {host}"));
                ctx.out.flush()?;
                ctx.out.error(&error);
                problems.push(Problem {
                    host: Some(host.clone()),
                    error,
                });
            }
        }
        if !merge.is_busy() {
            ctx.out.flush()?;
        }
    }
    if matches!(format, Format::Json | Format::Yaml) {
        let errors: Vec<Value> = problems.iter().map(Problem::json).collect();
        let document = json!({
            "apiVersion": crate::cli::out::API_VERSION,
            "kind": "EventList",
            "items": items,
            "errors": errors,
        });
        ctx.out.document(&document, &format)?;
    }
    Ok(pick::exit(&problems, asked))
}

fn kind(e: &EngineEvent) -> &'static str {
    match e.kind {
        EventKind::Container => "container",
        EventKind::Image => "image",
        EventKind::Volume => "volume",
        EventKind::Network => "network",
        EventKind::Service => "service",
        EventKind::Node => "node",
        EventKind::Other => "other",
    }
}

fn label(e: &EngineEvent) -> &str {
    if e.name.is_empty() {
        e.id.short()
    } else {
        &e.name
    }
}

/// Attributes that say more than the object's labels do.
const TELLING: [&str; 7] = [
    "exitCode",
    "signal",
    "image",
    "container",
    "oldName",
    "type",
    "execDuration",
];

fn line(host: &HostId, e: &EngineEvent, colour: bool) -> String {
    let paint = |tone: Tone, text: &str| {
        let text = sanitise(text);
        if colour {
            tone.paint(&text)
        } else {
            text.into_owned()
        }
    };
    let tone = match &*e.action {
        "die" | "oom" | "kill" | "health_status: unhealthy" => Tone::Bad,
        "start" | "health_status: healthy" | "create" => Tone::Good,
        "destroy" | "remove" | "delete" | "stop" | "pause" => Tone::Warn,
        _ => Tone::Plain,
    };
    let more: Vec<String> = TELLING
        .iter()
        .filter_map(|key| Some(format!("{key}={}", e.attributes.get(*key)?)))
        .collect();
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(" ({})", sanitise(&more.join(", ")))
    };
    let time = e.time.map_or_else(
        || "-".to_owned(),
        |t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    );
    format!(
        "{} {} {} {} {}{more}",
        paint(Tone::Dim, &time),
        paint(Tone::Plain, host.as_str()),
        kind(e),
        paint(tone, &e.action),
        paint(Tone::Strong, label(e)),
    )
}

fn item(host: &HostId, e: &EngineEvent) -> Value {
    json!({
        "time": e.time.map(rfc3339),
        "host": host,
        "type": kind(e),
        "action": e.action,
        "id": e.id,
        "name": e.name,
        "attributes": e.attributes,
    })
}

/// Docker's filters: alternatives within a key, all of the keys.
struct Filters(Vec<(String, String)>);

impl Filters {
    fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let mut all = Vec::new();
        for (key, value) in pairs {
            let key = if key == "action" { "event" } else { key };
            if !KEYS.contains(&key) {
                let e = Error::invalid(format!("--filter {key}: there is no such filter"));
                return Err(match did_you_mean(key, KEYS) {
                    Some(near) => e.with_hint(format!("did you mean {near}=?")),
                    None => e.with_hint(format!("filters: {}", KEYS.join(", "))),
                });
            }
            all.push((key.to_owned(), value.clone()));
        }
        Ok(Self(all))
    }

    fn hold(&self, e: &EngineEvent) -> bool {
        KEYS.iter().all(|key| {
            let mut tests = self.0.iter().filter(|(k, _)| k == key).peekable();
            tests.peek().is_none() || tests.any(|(k, v)| one(k, v, e))
        })
    }
}

fn one(key: &str, value: &str, e: &EngineEvent) -> bool {
    let named = |kind: EventKind, attribute: &str| {
        let of_it = e.kind == kind && (same(value, &e.name) || e.id.as_str().starts_with(value));
        of_it
            || e.attributes
                .get(attribute)
                .is_some_and(|a| same(value, a) || a.starts_with(value) && a.len() == 64)
    };
    match key {
        "type" => kind(e) == value,
        // Docker takes `health_status` for all its verdicts.
        "event" => *e.action == *value || e.action.split(':').next() == Some(value),
        "container" => named(EventKind::Container, "container"),
        "image" => named(EventKind::Image, "image"),
        "volume" => named(EventKind::Volume, "volume"),
        "network" => named(EventKind::Network, "network"),
        "name" => same(value, &e.name),
        "id" => e.id.as_str().starts_with(value),
        _ => value
            .parse::<LabelTest>()
            .is_ok_and(|t| t.holds(&e.attributes)),
    }
}

fn same(pattern: &str, text: &str) -> bool {
    if is_glob(pattern) {
        glob(pattern, text)
    } else {
        pattern == text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;
    use crate::cli::args::values::pair;
    use crate::domain::id::ObjectId;

    fn died() -> EngineEvent {
        EngineEvent {
            kind: EventKind::Container,
            action: "die".into(),
            id: ObjectId::new("ab".repeat(32)),
            name: "web".into(),
            time: chrono::DateTime::from_timestamp(1_700_000_000, 0),
            attributes: Arc::new(BTreeMap::from([
                ("exitCode".into(), "137".into()),
                ("image".into(), "nginx".into()),
                ("env".into(), "prod".into()),
            ])),
        }
    }

    #[rstest]
    #[case(&[], true)]
    #[case(&["type=container"], true)]
    #[case(&["type=image"], false)]
    #[case(&["event=die", "event=start"], true)]
    #[case(&["event=start"], false)]
    #[case(&["container=web"], true)]
    #[case(&["container=w*"], true)]
    #[case(&["container=we"], false)]
    #[case(&["container=abab"], true)]
    #[case(&["image=nginx"], true)]
    #[case(&["label=env=prod"], true)]
    #[case(&["label=env=test"], false)]
    #[case(&["type=container", "event=start"], false)]
    fn filters_choose(#[case] filters: &[&str], #[case] expected: bool) {
        let pairs: Vec<_> = filters.iter().map(|f| pair(f).unwrap()).collect();
        assert_eq!(Filters::parse(&pairs).unwrap().hold(&died()), expected);
    }

    #[test]
    fn a_line_says_what_and_why() {
        assert_eq!(
            line(&HostId::new("prod-1"), &died(), false),
            "2023-11-14T22:13:20.000Z prod-1 container die web (exitCode=137, image=nginx)"
        );
    }
}
