//! The verbs that make something: `create`, `run`, `pull`.

use std::path::Path;

use crate::cli::Context;
use crate::cli::args::change::{self, Change};
use crate::cli::args::create::{Create, Run};
use crate::cli::args::values::WaitFor;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::perform::{Done, Request, carry_out, perform};
use crate::cli::pick::pick_hosts;
use crate::cli::spec;
use crate::cli::stream::exec::start_code;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::HostId;
use crate::domain::intent::Intent;
use crate::domain::spec::ContainerSpec;
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
            let cid = args.container.cidfile.as_deref();
            check_cid_file(cid, &hosts)?;
            let mut request = Request::making(hosts.into_iter().map(make).collect(), problems);
            request.id_file = cid.map(Path::to_owned);
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

/// As docker: the file must not be there, or an old id would be taken for the new one.
fn check_cid_file(file: Option<&Path>, hosts: &[HostId]) -> Result<(), Error> {
    let Some(file) = file else {
        return Ok(());
    };
    if hosts.len() > 1 {
        return Err(Error::invalid(
            "--cidfile is for one container, and there are several hosts",
        ));
    }
    if file.exists() {
        return Err(
            Error::invalid(format!("--cidfile {}: it is there already", file.display()))
                .with_hint("remove it; perhaps its container still runs"),
        );
    }
    Ok(())
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
    let terminals = ctx.out.terminals();
    if !args.detach && spec.tty && spec.stdin && !terminals.stdin && !args.change.dry_run {
        return Err(
            Error::invalid("--tty with --interactive needs a terminal on stdin")
                .with_hint("leave out -t, or run it with -d")
                .into(),
        );
    }
    let (hosts, problems) = pick_hosts(core, ctx, args.container.all).await?;
    let cid = args.container.cidfile.as_deref();
    check_cid_file(cid, &hosts)?;
    if !args.detach && !args.change.dry_run {
        let [host] = hosts.as_slice() else {
            return Err(Error::invalid(
                "run stays with one container, and there are several hosts",
            )
            .with_hint("say -d to start it on all of them")
            .into());
        };
        return super::foreground::run(core, ctx, host.clone(), spec, &args).await;
    }
    let mut request = Request::making(
        hosts
            .into_iter()
            .map(|host| intent(host, &spec, &args, true))
            .collect(),
        problems,
    );
    request.id_file = cid.map(Path::to_owned);
    let plain = ctx.global.output.is_none() && args.change.wait.is_none();
    if !plain || args.change.dry_run {
        return perform(core, ctx, request, &args.change).await;
    }
    let Some(done) = carry_out(core, ctx, request, &args.change).await? else {
        return Ok(Exit::Done);
    };
    for made in done.made() {
        ctx.out.line(made.id.as_str())?;
    }
    ctx.out.flush()?;
    done.complain(&mut ctx.out);
    Ok(docker_exit(&done))
}

pub(super) fn intent(host: HostId, spec: &ContainerSpec, args: &Run, start: bool) -> Intent {
    Intent::CreateContainer {
        host,
        name: args.container.name.clone(),
        spec: Box::new(spec.clone()),
        start,
        pull: spec::pull(&args.container),
    }
}

/// What the engine refused is 125, 126 or 127, as docker run says it.
pub(super) fn docker_exit(done: &Done) -> Exit {
    match done.exit() {
        Exit::Failed => {
            let words: Vec<String> = done.failures().iter().map(|(_, e)| e.chain()).collect();
            Exit::Passed(start_code(&words.join("; ")))
        }
        exit => exit,
    }
}

/// The same for an error before anything was begun.
pub(super) fn docker_stop(ctx: &mut Context, stop: Stop) -> Stop {
    match stop {
        Stop::Error(e)
            if matches!(
                e.kind(),
                ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Unsupported
            ) =>
        {
            ctx.out.error(&e);
            Stop::Exit(Exit::Passed(125))
        }
        other => other,
    }
}

/// Without questions: what was said on the command line is the answer.
pub(super) fn quietly(change: &Change) -> Change {
    Change {
        yes: true,
        ..change.clone()
    }
}
