//! The verbs that make something: `create`, `run`, `pull`.

use crate::cli::Context;
use crate::cli::args::change;
use crate::cli::args::create::{Create, Run};
use crate::cli::args::values::WaitFor;
use crate::cli::exit::Verdict;
use crate::cli::perform::{Request, perform};
use crate::cli::pick::pick_hosts;
use crate::cli::spec;
use crate::domain::intent::Intent;
use crate::reconcile::CoreHandle;

pub(super) async fn create(core: &CoreHandle, ctx: &mut Context, args: Create) -> Verdict {
    match args {
        Create::Container(args) => {
            let spec = spec::container(&args.container, &ctx.env)?;
            let (hosts, problems) = pick_hosts(core, ctx, args.container.all).await?;
            let make = |host| Intent::CreateContainer {
                host,
                name: args.container.name.clone(),
                spec: Box::new(spec.clone()),
                start: false,
                pull: spec::pull(&args.container),
            };
            let request = Request::making(hosts.into_iter().map(make).collect(), problems);
            perform(core, ctx, request, &args.change).await
        }
        Create::Volume(args) => {
            let spec = spec::volume(&args);
            let (hosts, problems) = pick_hosts(core, ctx, args.all).await?;
            let make = |host| Intent::CreateVolume {
                host,
                spec: spec.clone(),
            };
            let request = Request::making(hosts.into_iter().map(make).collect(), problems);
            perform(core, ctx, request, &args.change).await
        }
        Create::Network(args) => {
            let spec = spec::network(&args)?;
            let (hosts, problems) = pick_hosts(core, ctx, args.all).await?;
            let make = |host| Intent::CreateNetwork {
                host,
                spec: spec.clone(),
            };
            let request = Request::making(hosts.into_iter().map(make).collect(), problems);
            perform(core, ctx, request, &args.change).await
        }
    }
}

pub(super) async fn pull(core: &CoreHandle, ctx: &mut Context, args: change::Pull) -> Verdict {
    let (hosts, problems) = pick_hosts(core, ctx, args.all).await?;
    let intents = hosts
        .iter()
        .flat_map(|host| {
            args.images.iter().map(|reference| Intent::Pull {
                host: host.clone(),
                reference: reference.clone(),
                platform: args.platform.clone(),
            })
        })
        .collect();
    let request = Request::new(intents, problems, WaitFor::Running);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn run(core: &CoreHandle, ctx: &mut Context, args: Run) -> Verdict {
    let spec = spec::container(&args.container, &ctx.env)?;
    let (hosts, problems) = pick_hosts(core, ctx, args.container.all).await?;
    let make = |host| Intent::CreateContainer {
        host,
        name: args.container.name.clone(),
        spec: Box::new(spec.clone()),
        start: true,
        pull: spec::pull(&args.container),
    };
    let request = Request::making(hosts.into_iter().map(make).collect(), problems);
    perform(core, ctx, request, &args.change).await
}
