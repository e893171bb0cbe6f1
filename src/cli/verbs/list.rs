//! `ps` and `ls`.

use std::sync::Arc;

use futures_util::StreamExt;

use super::filter::Filters;
use crate::cli::Context;
use crate::cli::args::read::{Ls, Ps};
use crate::cli::exit::{Exit, Verdict};
use crate::cli::out::Format;
use crate::cli::pick::{Picked, Want, pick};
use crate::cli::view;
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::observed::Container;
use crate::domain::port::BoxFuture;
use crate::domain::snapshot::Snapshot;
use crate::reconcile::CoreHandle;

pub(super) async fn ps(core: &CoreHandle, ctx: &mut Context, args: Ps) -> Verdict {
    let filters = Filters::parse(&args.filters)?;
    let named =
        !args.targets.is_empty() || !args.choice.states.is_empty() || filters.chooses_state();
    let want = Want {
        targets: &args.targets,
        choice: args.choice,
        // A list is of everything that has the name.
        all: true,
    };
    let mut picked = pick(core, ctx, &want, &[Kind::Container]).await?;
    let snapshot = Arc::clone(&picked.snapshot);
    picked.targets.retain(|t| {
        snapshot
            .container(&t.object)
            .is_some_and(|(_, c)| (args.all || named || c.state.is_up()) && filters.hold(c))
    });
    show(core, ctx, picked, Kind::Container, args.quiet).await
}

pub(super) async fn ls(core: &CoreHandle, ctx: &mut Context, args: Ls) -> Verdict {
    let want = Want {
        targets: &args.targets.targets,
        choice: args.targets.choice,
        all: true,
    };
    let mut picked = pick(core, ctx, &want, &[args.kind]).await?;
    if args.kind == Kind::Machine {
        // A host that does not answer is a row of this list, not a failure to read it.
        picked.problems.clear();
    }
    show(core, ctx, picked, args.kind, args.quiet).await
}

/// More containers than this are shown as the lists have them.
const FEW: usize = 200;
/// So many are inspected at once.
const AT_ONCE: usize = 32;

/// Containers as an inspection shows them, where the lists say too little: since when they run, how
/// often they were restarted. What cannot be inspected stays as it is listed.
async fn inspected(
    core: &CoreHandle,
    snapshot: &Arc<Snapshot>,
    objects: &[ObjectRef],
) -> Arc<Snapshot> {
    let listed = |o: &&ObjectRef| snapshot.container(o).is_some_and(|(_, c)| !c.inspected);
    let missing: Vec<&ObjectRef> = objects.iter().filter(listed).collect();
    if missing.is_empty() || missing.len() > FEW {
        return Arc::clone(snapshot);
    }
    let reads: Vec<BoxFuture<'_, Option<(HostId, Container)>>> = missing
        .into_iter()
        .map(|o| {
            let read: BoxFuture<'_, _> = Box::pin(async move {
                let reader = core.reader(&o.host).ok()?;
                let c = reader.container(o.id.as_str()).await.ok()?;
                Some((o.host.clone(), c))
            });
            read
        })
        .collect();
    let read: Vec<(HostId, Container)> = futures_util::stream::iter(reads)
        .buffer_unordered(AT_ONCE)
        .filter_map(|c| async { c })
        .collect()
        .await;
    let mut hosts = (*snapshot.hosts).clone();
    for (host, container) in read {
        let Some(shard) = hosts.iter_mut().find(|h| *h.id() == host) else {
            continue;
        };
        let all = Arc::make_mut(&mut Arc::make_mut(shard).containers);
        if let Some(slot) = all.iter_mut().find(|c| c.id == container.id) {
            *slot = Arc::new(container);
        }
    }
    Arc::new(Snapshot {
        hosts: Arc::new(hosts),
        ..(**snapshot).clone()
    })
}

async fn show(
    core: &CoreHandle,
    ctx: &mut Context,
    picked: Picked,
    kind: Kind,
    quiet: bool,
) -> Verdict {
    let (objects, now) = (picked.objects(), ctx.now());
    let exit = picked.exit();
    if quiet {
        for object in &objects {
            ctx.out.line(object.id.as_str())?;
        }
        ctx.out.flush()?;
        for problem in &picked.problems {
            ctx.out.error(&problem.error);
        }
        return Ok(exit);
    }
    let format = ctx.format();
    let snapshot = if kind == Kind::Container && format != Format::Name {
        inspected(core, &picked.snapshot, &objects).await
    } else {
        picked.snapshot
    };
    if exit == Exit::Unreachable && matches!(format, Format::Table | Format::Wide) {
        // An empty table would say that there is nothing.
        for problem in &picked.problems {
            ctx.out.error(&problem.error);
        }
        return Ok(exit);
    }
    let listing = view::listing(kind, &snapshot, &objects, picked.problems, now);
    ctx.out.listing(&listing, &format)?;
    Ok(exit)
}
