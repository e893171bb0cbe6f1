//! `top`: the processes of containers.

use serde_json::json;

use crate::cli::Context;
use crate::cli::args::stream::Top;
use crate::cli::args::values::first_and_rest;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::out::{Listing, Problem};
use crate::cli::pick::{Want, pick_some};
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::Result;
use crate::domain::id::Kind;
use crate::domain::port::BoxFuture;
use crate::reconcile::CoreHandle;

pub(in crate::cli) async fn top(core: &CoreHandle, ctx: &mut Context, args: Top) -> Verdict {
    let (name, arguments) = first_and_rest(&args.words);
    let names = [name.to_owned()];
    let want = Want {
        targets: &names,
        ..Want::default()
    };
    let kinds = [Kind::Container, Kind::Service, Kind::Project];
    let picked = pick_some(core, ctx, &want, &kinds).await?;
    let containers = super::logs::expand(&picked.snapshot, &picked.objects());
    let arguments = arguments.join(" ");
    // Boxed: the compiler cannot see that closures over borrowed objects may change threads.
    let reads: Vec<BoxFuture<'_, Result<crate::domain::port::Top>>> = containers
        .iter()
        .map(|c| {
            let read: BoxFuture<'_, _> = Box::pin(async {
                let reader = core.reader(&c.host)?;
                reader.top(c.id.as_str(), &arguments).await
            });
            read
        })
        .collect();
    let all = futures_util::future::join_all(reads).await;
    let mut errors = picked.problems;
    let mut items = Vec::new();
    let mut titles: Vec<String> = vec!["HOST".into(), "CONTAINER".into()];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (container, top) in containers.iter().zip(all) {
        let top = match top {
            Ok(top) => top,
            Err(e) => {
                errors.push(Problem {
                    host: Some(container.host.clone()),
                    error: e.context(format!("processes of {container}")),
                });
                continue;
            }
        };
        if titles.len() == 2 {
            titles.extend(top.titles.iter().cloned());
        }
        for process in &top.processes {
            let mut row = vec![
                container.host.as_str().into(),
                Cell::new(container.label(), Tone::Strong),
            ];
            row.extend(process.iter().map(|p| Cell::from(p.as_str())));
            rows.push(row);
        }
        items.push(json!({
            "host": container.host,
            "name": container.name,
            "id": container.id,
            "titles": top.titles,
            "processes": top.processes,
        }));
    }
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let fill = || {
        let mut table = Table::new(&titles);
        for row in &rows {
            table.row(row.clone());
        }
        table
    };
    let found = Listing {
        kind: "Top",
        items,
        table: fill(),
        wide: fill(),
        errors,
        more: Vec::new(),
    };
    let format = ctx.format();
    ctx.out.listing(&found, &format)?;
    Ok(match (found.errors.len(), found.items.len()) {
        (0, _) => Exit::Done,
        (_, 0) => Exit::of_all(found.errors.iter().map(|p| p.error.kind())),
        _ => Exit::Partial,
    })
}
