//! `stats`: what containers use, measured twice and compared.

use std::time::Duration;

use futures_util::StreamExt;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::endless;
use crate::cli::Context;
use crate::cli::args::stream::Stats;
use crate::cli::exit::{Stop, Verdict};
use crate::cli::human::{bytes, rfc3339};
use crate::cli::out::{Format, Listing, Problem};
use crate::cli::pick::{Picked, Want, pick};
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::{ErrorKind, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::port::BoxFuture;
use crate::domain::stats::{StatsSample, Usage};
use crate::reconcile::CoreHandle;

/// So many measurements at once.
const AT_ONCE: usize = 64;
/// Between the two measurements of `--no-stream`.
const APART: Duration = Duration::from_secs(1);

/// The last measurement of each container.
type Before = FxHashMap<ObjectRef, StatsSample>;

pub(in crate::cli) async fn stats(core: &CoreHandle, ctx: &mut Context, args: Stats) -> Verdict {
    let format = ctx.format();
    if !args.no_stream {
        endless(&format, "a stream of measurements")?;
    }
    let mut before = Before::default();
    let mut picked = running(core, ctx, &args).await?;
    if args.no_stream {
        let first = measure(core, &picked, &mut before).await;
        if first
            .iter()
            .any(|(_, u)| u.as_ref().is_ok_and(|u| u.cpu.is_none()))
        {
            tokio::time::sleep(APART).await;
        }
        let measured = measure(core, &picked, &mut before).await;
        let found = listing(ctx, &measured, &mut picked);
        ctx.out.listing(&found, &format)?;
        return Ok(crate::cli::pick::exit(
            &found.errors,
            picked.hosts.len().max(1),
        ));
    }
    let mut ticks = tokio::time::interval(core.settings().stats.max(APART));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let screen = ctx.out.terminals().stdout && matches!(format, Format::Table | Format::Wide);
    if format == Format::Jsonl {
        ctx.out.version_line("Stats")?;
    }
    let mut told = Vec::new();
    loop {
        ticks.tick().await;
        picked = running(core, ctx, &args).await?;
        let measured = measure(core, &picked, &mut before).await;
        if measured
            .iter()
            .all(|(_, u)| u.as_ref().is_ok_and(|u| u.cpu.is_none()))
            && !measured.is_empty()
        {
            // The first look has nothing to compare with.
            continue;
        }
        let mut found = listing(ctx, &measured, &mut picked);
        let errors = std::mem::take(&mut found.errors);
        if screen {
            repaint(ctx, &found, &format)?;
        } else {
            match &format {
                Format::Table | Format::Wide => ctx.out.listing(&found, &format)?,
                _ => {
                    for item in &found.items {
                        ctx.out.item(item, &format)?;
                    }
                }
            }
            ctx.out.flush()?;
        }
        tell(ctx, errors, &mut told);
    }
}

/// Each problem once, not with every measurement.
fn tell(ctx: &mut Context, errors: Vec<Problem>, told: &mut Vec<String>) {
    for problem in errors {
        let text = problem.error.chain();
        if !told.contains(&text) {
            ctx.out.error(&problem.error);
            told.push(text);
        }
    }
}

/// The containers that are meant and run.
async fn running(
    core: &CoreHandle,
    ctx: &Context,
    args: &Stats,
) -> std::result::Result<Picked, Stop> {
    let want = Want {
        targets: &args.targets.targets,
        choice: args.targets.choice.clone(),
        all: true,
    };
    let kinds = [Kind::Container, Kind::Service, Kind::Project];
    let kinds = if args.targets.targets.is_empty() {
        &kinds[..1]
    } else {
        &kinds[..]
    };
    let mut picked = pick(core, ctx, &want, kinds).await?;
    let objects = super::logs::expand(&picked.snapshot, &picked.objects());
    let up = |o: &ObjectRef| {
        picked
            .snapshot
            .container(o)
            .is_some_and(|(_, c)| c.state.is_up())
    };
    let up: Vec<ObjectRef> = objects.into_iter().filter(up).collect();
    picked.targets = up.into_iter().map(Into::into).collect();
    Ok(picked)
}

async fn measure(
    core: &CoreHandle,
    picked: &Picked,
    before: &mut Before,
) -> Vec<(ObjectRef, Result<Usage>)> {
    // Boxed: the compiler cannot see that closures over borrowed objects may change threads.
    let samples: Vec<BoxFuture<'_, _>> = picked
        .objects()
        .into_iter()
        .map(|object| {
            let sample: BoxFuture<'_, _> = Box::pin(async move {
                let sample = match core.reader(&object.host) {
                    Ok(reader) => reader.stats(object.id.as_str()).await,
                    Err(e) => Err(e),
                };
                (object, sample)
            });
            sample
        })
        .collect();
    let samples: Vec<(ObjectRef, Result<StatsSample>)> = futures_util::stream::iter(samples)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut measured = Vec::new();
    let mut now = Before::default();
    for (object, sample) in samples {
        let usage = sample.map(|sample| {
            let usage = Usage::between(before.get(&object), &sample);
            now.insert(object.clone(), sample);
            usage
        });
        // What ended between the look and the measurement is no news.
        if usage
            .as_ref()
            .is_err_and(|e| matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Conflict))
        {
            continue;
        }
        measured.push((object, usage));
    }
    *before = now;
    measured
}

fn listing(ctx: &Context, measured: &[(ObjectRef, Result<Usage>)], picked: &mut Picked) -> Listing {
    const TITLES: &[&str] = &[
        "HOST",
        "NAME",
        ">CPU",
        ">MEMORY",
        ">LIMIT",
        ">MEM",
        ">NET RX/TX",
        ">BLOCK R/W",
        ">PIDS",
    ];
    const WIDE: &[&str] = &[">RX/S", ">TX/S", ">READ/S", ">WRITE/S", "ID"];
    let now = ctx.now();
    let mut found = Listing {
        kind: "Stats",
        items: Vec::new(),
        errors: std::mem::take(&mut picked.problems),
        table: Table::new(TITLES),
        wide: Table::new(&[TITLES, WIDE].concat()),
        more: Vec::new(),
    };
    for (object, usage) in measured {
        match usage {
            Ok(usage) => {
                found.items.push(item(object, usage, &rfc3339(now)));
                let cells = cells(object, usage);
                found.table.row(cells[..TITLES.len()].to_vec());
                found.wide.row(cells);
            }
            Err(e) => found.errors.push(Problem {
                host: Some(object.host.clone()),
                error: e.clone().context(format!("measure {object}")),
            }),
        }
    }
    found
}

fn item(object: &ObjectRef, u: &Usage, time: &str) -> Value {
    let round = |n: Option<f64>| n.map(|n| (n * 100.0).round() / 100.0);
    json!({
        "time": time,
        "host": object.host,
        "name": object.name,
        "id": object.id,
        "cpuPercent": round(u.cpu),
        "memory": u.memory,
        "memoryLimit": u.memory_limit,
        "memoryPercent": round(u.memory_percent()),
        "netRx": u.net_rx,
        "netTx": u.net_tx,
        "blockRead": u.block_read,
        "blockWrite": u.block_write,
        "pids": u.pids,
        "netRxRate": round(u.net_rx_rate),
        "netTxRate": round(u.net_tx_rate),
        "blockReadRate": round(u.block_read_rate),
        "blockWriteRate": round(u.block_write_rate),
    })
}

fn cells(object: &ObjectRef, u: &Usage) -> Vec<Cell> {
    let percent = |n: Option<f64>, warn: f64, bad: f64| match n {
        None => Cell::new("-", Tone::Dim),
        Some(n) => {
            let tone = if n >= bad {
                Tone::Bad
            } else if n >= warn {
                Tone::Warn
            } else {
                Tone::Plain
            };
            Cell::new(format!("{n:.1}%"), tone)
        }
    };
    let rate = |n: Option<f64>| match n {
        None => Cell::new("-", Tone::Dim),
        Some(n) => bytes(n as u64).into(),
    };
    vec![
        object.host.as_str().into(),
        Cell::new(object.label(), Tone::Strong),
        percent(u.cpu, 80.0, 200.0),
        bytes(u.memory).into(),
        bytes(u.memory_limit).into(),
        percent(u.memory_percent(), 80.0, 95.0),
        format!("{}/{}", bytes(u.net_rx), bytes(u.net_tx)).into(),
        format!("{}/{}", bytes(u.block_read), bytes(u.block_write)).into(),
        u.pids.to_string().into(),
        rate(u.net_rx_rate),
        rate(u.net_tx_rate),
        rate(u.block_read_rate),
        rate(u.block_write_rate),
        object.id.short().into(),
    ]
}

/// The table over the one before: home, each line cleared behind its end, then what is below.
fn repaint(ctx: &mut Context, found: &Listing, format: &Format) -> std::result::Result<(), Stop> {
    let table = if *format == Format::Wide {
        &found.wide
    } else {
        &found.table
    };
    let mut frame = String::from("\x1b[H");
    for line in table.lines(ctx.out.has_colour()) {
        frame.push_str(&line);
        frame.push_str("\x1b[K\n");
    }
    frame.push_str("\x1b[J");
    ctx.out.bytes(frame.as_bytes())?;
    ctx.out.flush()
}
