//! The verbs that go by what a container was made of: `update`, `duplicate`, `restore`.

use serde_json::json;

use crate::cli::Context;
use crate::cli::args::specify::{Duplicate, Over, Restore, Update};
use crate::cli::args::values::WaitFor;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::human;
use crate::cli::out::Listing;
use crate::cli::perform::{Request, perform};
use crate::cli::pick::pick_one;
use crate::cli::spec;
use crate::cli::table::{Cell, Table, Tone};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::Kind;
use crate::domain::intent::Intent;
use crate::domain::restore::Removed;
use crate::domain::spec::ContainerSpec;
use crate::reconcile::CoreHandle;

/// Lay the options over what it is.
fn laid(
    was: &ContainerSpec,
    over: &Over,
    command: &[String],
    ctx: &Context,
) -> Result<ContainerSpec, Stop> {
    let options = spec::container(&over.container(command), &ctx.env)?;
    let mut spec = was.clone();
    for field in &over.unset {
        if !spec.unset(field) {
            return Err(
                Error::invalid(format!("--unset {field}: there is no such field"))
                    .with_hint("memory, restart, ports, mounts, env.NAME, labels.NAME and the like")
                    .into(),
            );
        }
    }
    spec.overlay(&options);
    Ok(spec)
}

pub(super) async fn update(core: &CoreHandle, ctx: &mut Context, args: Update) -> Verdict {
    let target = pick_one(core, ctx, &args.target, &[Kind::Container]).await?;
    let was = core
        .reader(&target.object.host)?
        .spec(target.object.id.as_str())
        .await?;
    let spec = laid(&was, &args.over, &args.command, ctx)?;
    let intent = Intent::Update {
        target,
        was: Box::new(was),
        spec: Box::new(spec),
        replace: args.replace,
        pull: spec::pull(&args.over.container(&[])),
    };
    let request = Request::new(vec![intent], Vec::new(), WaitFor::Healthy);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn duplicate(core: &CoreHandle, ctx: &mut Context, args: Duplicate) -> Verdict {
    let target = pick_one(core, ctx, &args.target, &[Kind::Container]).await?;
    let host = target.object.host.clone();
    let mut was = core.reader(&host)?.spec(target.object.id.as_str()).await?;
    was.own_volumes();
    let spec = laid(&was, &args.over, &args.command, ctx)?;
    let intent = Intent::CreateContainer {
        host,
        name: Some(args.name),
        spec: Box::new(spec),
        start: args.start,
        pull: spec::pull(&args.over.container(&[])),
    };
    let request = Request::making(vec![intent], Vec::new());
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn restore(core: &CoreHandle, ctx: &mut Context, args: Restore) -> Verdict {
    let Some(target) = &args.target else {
        let mut all = core.removed(None, None).await?;
        let hosts = &ctx.global.hosts;
        all.retain(|r| {
            let host = r.object.host.as_str();
            hosts.is_empty() || hosts.iter().any(|g| crate::domain::text::glob(g, host))
        });
        return list(ctx, &all);
    };
    let (host, name) = match target.split_once('/') {
        Some((host, name)) => (Some(host.to_owned()), name),
        None => (None, &**target),
    };
    let mut found = core.removed(host, Some(name.to_owned())).await?;
    let hosts = &ctx.global.hosts;
    found.retain(|r| {
        let host = r.object.host.as_str();
        hosts.is_empty() || hosts.iter().any(|g| crate::domain::text::glob(g, host))
    });
    let removed = match found.as_slice() {
        [one] => one,
        [] => {
            let what = format!("the journal has no removal of a container {target}");
            return Err(Error::new(ErrorKind::NotFound, what)
                .with_hint("pilothouse restore lists what can be made again")
                .into());
        }
        many => {
            let all: Vec<String> = many.iter().map(|r| r.object.to_string()).collect();
            return Err(
                Error::invalid(format!("{target} was removed on several hosts"))
                    .with_hint(all.join(", "))
                    .into(),
            );
        }
    };
    crate::cli::pick::settle(core, ctx, std::slice::from_ref(&removed.object.host)).await?;
    let mut intent = removed.intent();
    if let Intent::CreateContainer { spec, name, .. } = &mut intent {
        **spec = laid(spec, &args.over, &[], ctx)?;
        if let Some(other) = args.name {
            *name = Some(other);
        }
    }
    let request = Request::making(vec![intent], Vec::new());
    perform(core, ctx, request, &args.change).await
}

fn list(ctx: &mut Context, all: &[Removed]) -> Verdict {
    const TITLES: &[&str] = &["HOST", "NAME", "IMAGE", "REMOVED", "BY", "RAN", "MISSING"];
    let now = ctx.now();
    let mut found = Listing {
        kind: "RemovedContainer",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(TITLES),
        wide: Table::new(&[TITLES, &["ID", "OPERATION"]].concat()),
        more: Vec::new(),
    };
    for r in all {
        let mut item = json!(r);
        item["id"] = json!(r.object.id);
        item["name"] = json!(r.object.name);
        item["host"] = json!(r.object.host);
        item["removedAt"] = json!(r.at.map(human::rfc3339));
        found.items.push(item);
        let when = r.at.map_or_else(
            || "-".to_owned(),
            |at| format!("{} ago", human::age(at, now)),
        );
        let missing = r.spec.forgotten().join(" ");
        let mut cells = vec![
            r.object.host.as_str().into(),
            Cell::new(&*r.object.name, Tone::Strong),
            (&*r.spec.image).into(),
            when.into(),
            (&*r.by).into(),
            (if r.ran { "yes" } else { "no" }).into(),
            Cell::new(missing, Tone::Warn),
        ];
        found.table.row(cells.clone());
        cells.push(r.object.id.short().to_string().into());
        cells.push(r.operation.to_string().into());
        found.wide.row(cells);
    }
    let format = ctx.format();
    ctx.out.listing(&found, &format)?;
    Ok(Exit::Done)
}
