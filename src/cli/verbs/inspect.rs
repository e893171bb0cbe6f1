//! `inspect`: the engine's own documents, with whose they are.

use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use crate::cli::Context;
use crate::cli::args::read::Inspect;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::out::{Format, Listing, Problem};
use crate::cli::pick::{Want, pick};
use crate::cli::table::{Cell, Table, Tone};
use crate::cli::view;
use crate::domain::error::Result;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::port::BoxFuture;
use crate::domain::snapshot::Snapshot;
use crate::reconcile::CoreHandle;

/// So many documents are read at once.
const AT_ONCE: usize = 16;

const KINDS: [Kind; 8] = [
    Kind::Container,
    Kind::Image,
    Kind::Volume,
    Kind::Network,
    Kind::Service,
    Kind::Project,
    Kind::Machine,
    Kind::Node,
];

pub(super) async fn inspect(core: &CoreHandle, ctx: &mut Context, args: Inspect) -> Verdict {
    let kinds = match args.kind {
        Some(kind) => vec![kind],
        None => KINDS.to_vec(),
    };
    let want = Want {
        targets: &args.targets,
        all: args.all,
        ..Want::default()
    };
    let mut picked = pick(core, ctx, &want, &kinds).await?;
    let objects = picked.objects();
    let snapshot = &picked.snapshot;
    // Boxed: the compiler cannot see that closures over borrowed objects may change threads.
    let reads: Vec<BoxFuture<'_, _>> = objects
        .into_iter()
        .map(|object| {
            let read: BoxFuture<'_, _> = Box::pin(async move {
                let document = read(core, snapshot, &object).await;
                (object, document)
            });
            read
        })
        .collect();
    let read: Vec<(ObjectRef, Result<Option<Value>>)> = futures_util::stream::iter(reads)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let now = ctx.now();
    let mut found = Listing {
        kind: "Inspect",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(&[]),
        wide: Table::new(&[]),
        more: Vec::new(),
    };
    let mut table = Table::new(&["HOST", "KIND", "NAME", "ID"]);
    let mut failed = 0;
    for (object, document) in read {
        match document {
            Ok(document) => {
                let document = document.or_else(|| view::item(&picked.snapshot, &object, now));
                found.items.push(json!({
                    "host": object.host,
                    "kind": object.kind.title(),
                    "id": object.id,
                    "name": object.name,
                    "document": document,
                }));
                table.row(vec![
                    object.host.as_str().into(),
                    object.kind.word().into(),
                    Cell::new(object.label(), Tone::Strong),
                    object.id.short().into(),
                ]);
            }
            Err(error) => {
                failed += 1;
                found.errors.push(Problem {
                    host: Some(object.host.clone()),
                    error: error.context(format!("inspect {object}")),
                });
            }
        }
    }
    (found.table, found.wide) = (Table::default(), table);
    let silent = picked.problems.len();
    found.errors.append(&mut picked.problems);
    print(ctx, &found)?;
    Ok(match (failed, found.items.len()) {
        (0, 0) if silent > 0 => Exit::Unreachable,
        (0, _) if silent > 0 => Exit::Partial,
        (0, _) => Exit::Done,
        (_, 0) => Exit::of_all(found.errors.iter().map(|p| p.error.kind())),
        _ => Exit::Partial,
    })
}

/// The engine's document; nothing for what only we know.
async fn read(core: &CoreHandle, snapshot: &Snapshot, object: &ObjectRef) -> Result<Option<Value>> {
    match object.kind {
        Kind::Project | Kind::Node | Kind::Machine => Ok(None),
        // Compose services are labels on containers, no objects of the engine.
        Kind::Service if object.id.as_str().contains('/') => Ok(None),
        kind => {
            let reader = core.reader(&object.host)?;
            let known = snapshot.host(&object.host).is_some();
            debug_assert!(known, "picked from the picture");
            reader.inspect(kind, object.id.as_str()).await.map(Some)
        }
    }
}

/// Without a format: the documents alone, as docker prints them.
fn print(ctx: &mut Context, found: &Listing) -> std::result::Result<(), crate::cli::exit::Stop> {
    match ctx.global.output.clone() {
        None => {
            let documents: Vec<&Value> = found.items.iter().map(|i| &i["document"]).collect();
            ctx.out.document(&json!(documents), &Format::Json)?;
            ctx.out.flush()?;
            for problem in &found.errors {
                ctx.out.error(&problem.error);
            }
            Ok(())
        }
        Some(format @ Format::Template(_)) => {
            for item in &found.items {
                ctx.out.item(&merged(item), &format)?;
            }
            ctx.out.flush()?;
            for problem in &found.errors {
                ctx.out.error(&problem.error);
            }
            Ok(())
        }
        Some(Format::Table) => ctx.out.listing(found, &Format::Wide),
        Some(format) => ctx.out.listing(found, &format),
    }
}

/// For templates: the document's own fields (`.State.Status`), and whose it is (`.host`).
fn merged(item: &Value) -> Value {
    let mut fields: Map<String, Value> = match &item["document"] {
        Value::Object(map) => map.clone(),
        _ => Map::new(),
    };
    for key in ["host", "kind", "id", "name", "document"] {
        fields.insert(key.to_owned(), item[key].clone());
    }
    Value::Object(fields)
}
