//! `explain`: why containers are as they are.

use futures_util::StreamExt;
use serde_json::json;

use crate::cli::Context;
use crate::cli::args::read::Explain;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::out::{Listing, Problem};
use crate::cli::pick::{Want, pick};
use crate::cli::stream;
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::Result;
use crate::domain::explain::{Evidence, Weight, explain as reasons};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::observed::{Container, HealthStatus};
use crate::domain::port::BoxFuture;
use crate::domain::snapshot::Snapshot;
use crate::reconcile::CoreHandle;

/// So many containers are inspected at once.
const AT_ONCE: usize = 16;
const TITLES: &[&str] = &["HOST", "NAME", "STATE", "WEIGHT", "WHAT", "SEEN"];

pub(super) async fn explain(core: &CoreHandle, ctx: &mut Context, args: Explain) -> Verdict {
    let want = Want {
        targets: &args.targets,
        choice: args.choice,
        all: true,
    };
    let named = want.names_something();
    let kinds = [Kind::Container, Kind::Service, Kind::Project];
    let kinds = if named { &kinds[..] } else { &kinds[..1] };
    let picked = pick(core, ctx, &want, kinds).await?;
    let mut objects = stream::logs::expand(&picked.snapshot, &picked.objects());
    if !named {
        // Of a whole fleet only what needs an eye.
        objects.retain(|o| ill(&picked.snapshot, o));
    }
    let reads: Vec<BoxFuture<'_, _>> = objects
        .into_iter()
        .map(|object| {
            let read: BoxFuture<'_, _> = Box::pin(async move {
                let container = read(core, &object).await;
                (object, container)
            });
            read
        })
        .collect();
    let read: Vec<(ObjectRef, Result<Container>)> = futures_util::stream::iter(reads)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let now = ctx.now();
    let mut found = Listing {
        kind: "Explanation",
        items: Vec::new(),
        errors: picked.problems,
        table: Table::new(TITLES),
        wide: Table::new(&[TITLES, &["HINT"]].concat()),
        more: Vec::new(),
    };
    for (object, container) in read {
        let host = picked.snapshot.host(&object.host);
        match (container, host) {
            (Ok(c), Some(host)) => add(&mut found, &object, &c, &reasons(host, &c, now)),
            (Err(error), _) => found.errors.push(Problem {
                host: Some(object.host.clone()),
                error: error.context(format!("explain {object}")),
            }),
            (Ok(_), None) => {}
        }
    }
    let format = ctx.format();
    ctx.out.listing(&found, &format)?;
    Ok(match (found.errors.len(), found.items.len()) {
        (0, _) => Exit::Done,
        (_, 0) => Exit::of_all(found.errors.iter().map(|p| p.error.kind())),
        _ => Exit::Partial,
    })
}

fn ill(snapshot: &Snapshot, object: &ObjectRef) -> bool {
    snapshot
        .container(object)
        .is_some_and(|(_, c)| c.is_problem())
}

async fn read(core: &CoreHandle, object: &ObjectRef) -> Result<Container> {
    core.reader(&object.host)?
        .container(object.id.as_str())
        .await
}

fn add(found: &mut Listing, object: &ObjectRef, c: &Container, evidence: &[Evidence]) {
    let health = c.health_status().map(HealthStatus::word);
    found.items.push(json!({
        "host": object.host,
        "kind": "Container",
        "id": object.id,
        "name": object.name,
        "state": c.state,
        "health": health,
        "exitCode": c.exit_code,
        "evidence": evidence,
    }));
    let state = match health {
        Some(health) if c.state.is_up() => format!("{} ({health})", c.state),
        _ => c.state.to_string(),
    };
    let row = |weight: Cell, what: &str, seen: &str, hint: &str| {
        vec![
            object.host.as_str().into(),
            Cell::new(object.label(), Tone::Strong),
            state.clone().into(),
            weight,
            what.into(),
            // Of several lines the first; all are in the document.
            Cell::new(seen.lines().next().unwrap_or_default(), Tone::Dim),
            hint.into(),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = evidence
        .iter()
        .map(|e| {
            let tone = match e.weight {
                Weight::Cause => Tone::Bad,
                Weight::Suspect => Tone::Warn,
                Weight::Fact => Tone::Dim,
            };
            row(
                Cell::new(e.weight.word(), tone),
                &e.what,
                e.seen.as_deref().unwrap_or_default(),
                e.hint.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    if rows.is_empty() {
        let good = Cell::new("fine", Tone::Good);
        rows.push(row(good, "nothing speaks against it", "", ""));
    }
    for mut cells in rows {
        found.wide.row(cells.clone());
        cells.pop();
        found.table.row(cells);
    }
}
