//! `ps` and `ls`.

use super::filter::Filters;
use crate::cli::Context;
use crate::cli::args::read::{Ls, Ps};
use crate::cli::exit::Verdict;
use crate::cli::pick::{Picked, Want, pick};
use crate::cli::view;
use crate::domain::id::Kind;
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
    let snapshot = std::sync::Arc::clone(&picked.snapshot);
    picked.targets.retain(|t| {
        snapshot
            .container(&t.object)
            .is_some_and(|(_, c)| (args.all || named || c.state.is_up()) && filters.hold(c))
    });
    show(ctx, &picked, Kind::Container, args.quiet)
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
    show(ctx, &picked, args.kind, args.quiet)
}

fn show(ctx: &mut Context, picked: &Picked, kind: Kind, quiet: bool) -> Verdict {
    let (objects, now) = (picked.objects(), ctx.now());
    if quiet {
        for object in &objects {
            ctx.out.line(object.id.as_str())?;
        }
        ctx.out.flush()?;
        for problem in &picked.problems {
            ctx.out.error(&problem.error);
        }
        return Ok(picked.exit());
    }
    let listing = view::listing(
        kind,
        &picked.snapshot,
        &objects,
        picked.problems.clone(),
        now,
    );
    let format = ctx.format();
    ctx.out.listing(&listing, &format)?;
    Ok(picked.exit())
}
