//! `history`: what the journal has.

use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::args::read::{History, HistoryVerb};
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::human::{self, moment, rfc3339};
use crate::cli::out::{API_VERSION, Format, Listing};
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::domain::port::{HistoryQuery, Record};
use crate::reconcile::CoreHandle;

pub(super) async fn history(core: &CoreHandle, ctx: &mut Context, args: History) -> Verdict {
    if args.verify {
        return verify(core, ctx).await;
    }
    if let Some(HistoryVerb::Show { id }) = args.show {
        let query = HistoryQuery {
            id: Some(id),
            ..HistoryQuery::default()
        };
        let Some(record) = core.history(query).await?.into_iter().next() else {
            return Err(
                Error::new(ErrorKind::NotFound, format!("no operation is {id}"))
                    .with_hint("pilothouse history lists them with their ids")
                    .into(),
            );
        };
        return show(ctx, &record);
    }
    let now = ctx.now();
    let since = moment("--since", args.since.as_deref(), now)?;
    let until = moment("--until", args.until.as_deref(), now)?;
    let hosts = if ctx.global.hosts.is_empty() {
        vec![None]
    } else {
        ctx.global.hosts.iter().cloned().map(Some).collect()
    };
    let mut records: Vec<Record> = Vec::new();
    for host in hosts {
        let query = HistoryQuery {
            id: None,
            since,
            until,
            host,
            object: args.object.clone(),
            verb: args.verb.clone(),
            user: args.user.clone(),
            outcome: args.outcome,
            limit: Some(args.limit),
        };
        records.extend(core.history(query).await?);
    }
    records.sort_by_key(|r| std::cmp::Reverse(r.operation.id));
    records.dedup_by_key(|r| r.operation.id);
    records.truncate(args.limit as usize);
    list(ctx, &records)
}

fn list(ctx: &mut Context, records: &[Record]) -> Verdict {
    const TITLES: &[&str] = &["ID", "WHEN", "USER", "WHAT", "OUTCOME", ">STEPS", ">TOOK"];
    let now = ctx.now();
    let mut found = Listing {
        kind: "Operation",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(TITLES),
        wide: Table::new(&[TITLES, &["FROM", "SSH CLIENT", "HOSTS"]].concat()),
        more: Vec::new(),
    };
    for record in records {
        let op = &record.operation;
        found.items.push(item(record));
        let (done, all) = op.count();
        let took = op.finished.map_or_else(String::new, |end| {
            let span = (end - op.submitted).to_std().unwrap_or_default();
            format!("{:.1}s", span.as_secs_f64())
        });
        let mut cells = vec![
            op.id.to_string().into(),
            format!("{} ago", human::age(op.submitted, now)).into(),
            (&*op.actor.user).into(),
            Cell::new(&op.title, Tone::Strong),
            outcome(op.outcome),
            format!("{done}/{all}").into(),
            took.into(),
        ];
        found.table.row(cells.clone());
        let hosts: Vec<&str> = op.hosts().iter().map(|h| h.as_str()).collect();
        cells.push(op.origin.word().into());
        cells.push(op.actor.ssh_client.as_deref().unwrap_or("-").into());
        cells.push(hosts.join(", ").into());
        found.wide.row(cells);
    }
    let format = ctx.format();
    ctx.out.listing(&found, &format)?;
    Ok(Exit::Done)
}

/// The operation, with the fields that every item has.
fn item(record: &Record) -> Value {
    let mut item = json!(record);
    item["name"] = json!(record.operation.id);
    item["kind"] = Value::from("Operation");
    item["submittedAt"] = Value::from(rfc3339(record.operation.submitted));
    item["finishedAt"] = json!(record.operation.finished.map(rfc3339));
    item
}

fn outcome(o: Outcome) -> Cell {
    let tone = match o {
        Outcome::Succeeded => Tone::Good,
        Outcome::Unchanged | Outcome::Pending => Tone::Dim,
        Outcome::Failed | Outcome::Interrupted => Tone::Bad,
        Outcome::Running | Outcome::Partial | Outcome::Skipped | Outcome::Cancelled => Tone::Warn,
    };
    Cell::new(o.word(), tone)
}

fn show(ctx: &mut Context, record: &Record) -> Verdict {
    let format = ctx.format();
    match format {
        Format::Table | Format::Wide => {}
        Format::Json | Format::Jsonl | Format::Yaml => {
            let mut document = item(record);
            document["apiVersion"] = Value::from(API_VERSION);
            ctx.out.document(&document, &format)?;
            return Ok(Exit::Done);
        }
        Format::Name | Format::Template(_) => {
            ctx.out.item(&item(record), &format)?;
            return Ok(Exit::Done);
        }
    }
    let op = &record.operation;
    head(ctx, op)?;
    let mut table = Table::new(&[
        ">#", "ACTION", "TARGET", "OUTCOME", "BEFORE", "AFTER", ">TRIES", "WHY",
    ]);
    for step in &op.steps {
        let text = |t: &Option<std::sync::Arc<str>>| t.as_deref().unwrap_or("-").to_owned();
        table.row(vec![
            (step.id + 1).to_string().into(),
            (&*step.verb).into(),
            Cell::new(step.target.to_string(), Tone::Strong),
            outcome(step.outcome),
            text(&step.before).into(),
            text(&step.after).into(),
            step.attempts.to_string().into(),
            why(step).into(),
        ]);
    }
    ctx.out.line("")?;
    ctx.out.table(&table)?;
    Ok(Exit::Done)
}

/// The failure, or the reason for the step.
fn why(step: &StepState) -> String {
    match &step.failure {
        Some(failure) => failure.message.clone(),
        None => step.cause.to_string(),
    }
}

fn head(ctx: &mut Context, op: &Operation) -> Result<(), Stop> {
    let from = match &op.actor.ssh_client {
        Some(client) => format!("{} over SSH from {client}", op.actor.user),
        None => op.actor.user.to_string(),
    };
    let finished = op.finished.map_or_else(|| "-".to_owned(), rfc3339);
    for (name, value) in [
        ("Operation", op.id.to_string()),
        ("What", op.title.to_string()),
        ("Outcome", op.outcome.word().to_owned()),
        (
            "By",
            format!("{from} ({}, process {})", op.origin.word(), op.actor.pid),
        ),
        ("Submitted", rfc3339(op.submitted)),
        ("Finished", finished),
    ] {
        ctx.out
            .line(&format!("{:<11}{value}", format!("{name}:")))?;
    }
    Ok(())
}

/// Has anybody changed the record?
async fn verify(core: &CoreHandle, ctx: &mut Context) -> Verdict {
    let report = core.verify().await?;
    let format = ctx.format();
    if format.is_structured() {
        let mut document = json!(report);
        document["apiVersion"] = Value::from(API_VERSION);
        document["kind"] = Value::from("ChainReport");
        ctx.out.document(&document, &format)?;
    } else if let Format::Template(_) = format {
        ctx.out.item(&json!(report), &format)?;
    } else {
        ctx.out.line(&match &report.broken {
            None => format!(
                "{} entries, all in order; head {}",
                report.entries, report.head
            ),
            Some(why) => format!("broken: {why}"),
        })?;
    }
    Ok(if report.broken.is_none() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
