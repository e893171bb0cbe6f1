//! `wait`: until containers are as they shall be.

use serde_json::json;

use crate::cli::Context;
use crate::cli::args::stream::Wait;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::out::{Listing, Problem};
use crate::cli::pick::{Want, pick_some};
use crate::cli::table::{Cell, Table, Tone};
use crate::cli::waiting::{Waited, wait_for};
use crate::domain::error::ErrorKind;
use crate::domain::id::Kind;
use crate::reconcile::CoreHandle;

pub(in crate::cli) async fn wait(core: &CoreHandle, ctx: &mut Context, args: Wait) -> Verdict {
    let want = Want {
        targets: &args.targets,
        choice: args.choice,
        all: args.all,
    };
    let kinds = [Kind::Container, Kind::Service, Kind::Project];
    let picked = pick_some(core, ctx, &want, &kinds).await?;
    let containers = super::logs::expand(&picked.snapshot, &picked.objects());
    let timeout = ctx.global.timeout;
    let waited = wait_for(core, ctx, &containers, args.condition, timeout, true).await?;
    let mut found = Listing {
        kind: "Wait",
        items: Vec::new(),
        errors: picked.problems,
        table: Table::new(&["HOST", "NAME", "RESULT", ">EXIT CODE"]),
        wide: Table::new(&["HOST", "NAME", "RESULT", ">EXIT CODE", "ID"]),
        more: Vec::new(),
    };
    let silent = found.errors.len();
    for w in &waited {
        row(&mut found, w, args.condition.word());
    }
    let format = ctx.format();
    ctx.out.listing(&found, &format)?;
    let failed: Vec<ErrorKind> = waited
        .iter()
        .filter_map(|w| Some(w.error.as_ref()?.kind()))
        .collect();
    Ok(match failed.len() {
        0 if silent > 0 => Exit::Partial,
        0 => Exit::Done,
        _ if failed.contains(&ErrorKind::TimedOut) => Exit::TimedOut,
        n if n < waited.len() => Exit::Partial,
        _ => Exit::of_all(failed),
    })
}

fn row(found: &mut Listing, w: &Waited, met: &str) {
    let result = match &w.error {
        None => met,
        Some(e) if e.kind() == ErrorKind::TimedOut => "timed out",
        Some(_) => "failed",
    };
    let tone = if w.error.is_none() {
        Tone::Good
    } else {
        Tone::Bad
    };
    found.items.push(json!({
        "host": w.object.host,
        "name": w.object.name,
        "id": w.object.id,
        "result": result,
        "exitCode": w.exit_code,
    }));
    let mut cells = vec![
        w.object.host.as_str().into(),
        Cell::new(w.object.label(), Tone::Strong),
        Cell::new(result, tone),
        w.exit_code
            .map_or_else(|| "-".to_owned(), |c| c.to_string())
            .into(),
    ];
    found.table.row(cells.clone());
    cells.push(w.object.id.short().into());
    found.wide.row(cells);
    if let Some(error) = &w.error {
        found.errors.push(Problem {
            host: Some(w.object.host.clone()),
            error: error.clone(),
        });
    }
}
