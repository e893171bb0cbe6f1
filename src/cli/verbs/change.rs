//! The verbs that change what is there.

use crate::cli::Context;
use crate::cli::args::change::{
    Change, Connect, Disconnect, Kill, Many, Pause, Prune, Rename, Restart, Rm, Start, Stop, Tag,
    Unpause,
};
use crate::cli::args::values::WaitFor;
use crate::cli::exit::{Exit, Verdict};
use crate::cli::human::moment;
use crate::cli::perform::{Request, perform};
use crate::cli::pick::{Want, pick_hosts, pick_one, pick_some};
use crate::domain::error::Error;
use crate::domain::id::Kind;
use crate::domain::intent::{self, Intent, Target};
use crate::domain::spec::EndpointSpec;
use crate::reconcile::CoreHandle;

/// What starts, stops and their like work on.
const RUNNABLE: [Kind; 3] = [Kind::Container, Kind::Service, Kind::Project];

async fn on_many(
    core: &CoreHandle,
    ctx: &mut Context,
    many: &Many,
    kinds: &[Kind],
    change: &Change,
    wait: WaitFor,
    intent: impl FnOnce(Vec<Target>) -> Intent,
) -> Verdict {
    // Conditions alone mean containers: a project of one stopped container is not "exited".
    let kinds = if many.targets.is_empty() {
        &kinds[..1]
    } else {
        kinds
    };
    let picked = pick_some(core, ctx, &Want::from(many), kinds).await?;
    if picked.targets.is_empty() {
        ctx.out.say("nothing fits: nothing was changed");
        return Ok(Exit::Done);
    }
    let request = Request::new(vec![intent(picked.targets)], picked.problems, wait);
    perform(core, ctx, request, change).await
}

pub(super) async fn start(core: &CoreHandle, ctx: &mut Context, args: Start) -> Verdict {
    let make = |targets| Intent::Start { targets };
    let wait = WaitFor::Healthy;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn stop(core: &CoreHandle, ctx: &mut Context, args: Stop) -> Verdict {
    let timeout = args.grace;
    let make = |targets| Intent::Stop { targets, timeout };
    let wait = WaitFor::Exited;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn restart(core: &CoreHandle, ctx: &mut Context, args: Restart) -> Verdict {
    let timeout = args.grace;
    let make = |targets| Intent::Restart { targets, timeout };
    let wait = WaitFor::Healthy;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn kill(core: &CoreHandle, ctx: &mut Context, args: Kill) -> Verdict {
    let signal = args.signal;
    let make = |targets| Intent::Kill { targets, signal };
    let wait = WaitFor::Exited;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn pause(core: &CoreHandle, ctx: &mut Context, args: Pause) -> Verdict {
    let make = |targets| Intent::Pause { targets };
    let wait = WaitFor::Running;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn unpause(core: &CoreHandle, ctx: &mut Context, args: Unpause) -> Verdict {
    let make = |targets| Intent::Unpause { targets };
    let wait = WaitFor::Running;
    on_many(core, ctx, &args.many, &RUNNABLE, &args.change, wait, make).await
}

pub(super) async fn rm(core: &CoreHandle, ctx: &mut Context, args: Rm) -> Verdict {
    let kinds = match args.kind {
        Some(kind @ (Kind::Machine | Kind::Node)) => {
            return Err(Error::invalid(format!("a {kind} cannot be removed here")).into());
        }
        Some(kind) => vec![kind],
        None => RUNNABLE.to_vec(),
    };
    let (force, volumes) = (args.force, args.volumes);
    let make = |targets| Intent::Remove {
        targets,
        force,
        volumes,
    };
    let wait = WaitFor::Removed;
    on_many(core, ctx, &args.many, &kinds, &args.change, wait, make).await
}

pub(super) async fn rename(core: &CoreHandle, ctx: &mut Context, args: Rename) -> Verdict {
    let target = pick_one(core, ctx, &args.target, &[Kind::Container]).await?;
    let intent = Intent::Rename {
        target,
        to: args.name,
    };
    let request = Request::new(vec![intent], Vec::new(), WaitFor::Running);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn tag(core: &CoreHandle, ctx: &mut Context, args: Tag) -> Verdict {
    let names = [args.image];
    let want = Want {
        targets: &names,
        all: args.all,
        ..Want::default()
    };
    let picked = pick_some(core, ctx, &want, &[Kind::Image]).await?;
    let intents = picked
        .targets
        .into_iter()
        .map(|image| Intent::Tag {
            image,
            reference: args.reference.clone(),
        })
        .collect();
    let request = Request::new(intents, picked.problems, WaitFor::Running);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn prune(core: &CoreHandle, ctx: &mut Context, args: Prune) -> Verdict {
    let mut kinds = args.kinds;
    if kinds.is_empty() {
        kinds = vec![Kind::Container, Kind::Image, Kind::Network];
    }
    if args.volumes && !kinds.contains(&Kind::Volume) {
        kinds.push(Kind::Volume);
    }
    let until = moment("--until", args.until.as_deref(), ctx.now())?;
    let (hosts, problems) = pick_hosts(core, ctx, args.all_hosts).await?;
    let intent = Intent::Prune {
        hosts,
        prune: intent::Prune {
            kinds,
            all: args.all,
            until,
            labels: args.labels,
        },
    };
    let request = Request::new(vec![intent], problems, WaitFor::Removed);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn connect(core: &CoreHandle, ctx: &mut Context, args: Connect) -> Verdict {
    let (network, container) = pair(core, ctx, &args.network, &args.container).await?;
    let intent = Intent::Connect {
        endpoint: EndpointSpec {
            network: network.object.name.to_string(),
            aliases: args.aliases,
            ipv4: args.ip,
            ipv6: args.ip6,
            mac: None,
            links: args.links,
            driver_options: args.driver_options.into_iter().collect(),
        },
        network,
        container,
    };
    let request = Request::new(vec![intent], Vec::new(), WaitFor::Running);
    perform(core, ctx, request, &args.change).await
}

pub(super) async fn disconnect(core: &CoreHandle, ctx: &mut Context, args: Disconnect) -> Verdict {
    let (network, container) = pair(core, ctx, &args.network, &args.container).await?;
    let intent = Intent::Disconnect {
        network,
        container,
        force: args.force,
    };
    let request = Request::new(vec![intent], Vec::new(), WaitFor::Running);
    perform(core, ctx, request, &args.change).await
}

/// A container, and the network of that name on the same host.
async fn pair(
    core: &CoreHandle,
    ctx: &mut Context,
    network: &str,
    container: &str,
) -> Result<(Target, Target), crate::cli::exit::Stop> {
    let container = pick_one(core, ctx, container, &[Kind::Container]).await?;
    let host = container.object.host.as_str();
    let on_host = match network.split_once('/') {
        Some(_) => network.to_owned(),
        None => format!("{host}/{network}"),
    };
    let network = pick_one(core, ctx, &on_host, &[Kind::Network]).await?;
    if network.object.host != container.object.host {
        return Err(Error::invalid(format!(
            "{} and {} are on different hosts",
            network.object, container.object
        ))
        .into());
    }
    Ok((network, container))
}
