//! `run` without `-d`: make a container, listen, start it, stay until it ends.

use std::time::Duration;

use tokio::sync::broadcast;

use super::create::{docker_exit, docker_stop, intent, quietly};
use crate::cli::Context;
use crate::cli::args::change::Change;
use crate::cli::args::create::Run;
use crate::cli::args::values::WaitFor;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::perform::{Done, Request, carry_out};
use crate::cli::stream;
use crate::cli::stream::exec::{passed, refused};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::guardrail::Answer;
use crate::domain::id::{HostId, ObjectRef};
use crate::domain::intent::{Actor, Intent, Origin, Target};
use crate::domain::port::AttachSpec;
use crate::domain::spec::ContainerSpec;
use crate::reconcile::{CoreHandle, FleetEvent};

/// How long after its last output a container's end may take to be told.
const LATE: Duration = Duration::from_secs(10);

pub(super) async fn run(
    core: &CoreHandle,
    ctx: &mut Context,
    host: HostId,
    spec: ContainerSpec,
    args: &Run,
) -> Verdict {
    let request = Request::making(vec![intent(host, &spec, args, false)], Vec::new());
    let made = once(core, ctx, request, &args.change).await?;
    let Some(container) = made.made().first().map(|o| (*o).clone()) else {
        made.complain(&mut ctx.out);
        return Ok(docker_exit(&made));
    };
    if let Some(file) = &args.container.cidfile {
        crate::cli::perform::write_id(file, &container)?;
    }
    // Listen before it can say anything, and before it can end.
    let events = core.events();
    let attach = AttachSpec {
        stdin: spec.stdin,
        logs: false,
    };
    let answer = match &args.change.confirm {
        Some(text) => Answer::Typed(text.clone()),
        None => Answer::Yes,
    };
    let session = core
        .attach(&container, &attach, &answer, ctx.actor.clone(), Origin::Cli)
        .await;
    let session = match session {
        Ok(session) => session,
        // Podman prepares the process here already, and so finds out that there is none.
        Err(e) => {
            let verdict = refused(ctx, e);
            if spec.auto_remove {
                remove(core, ctx, &container, &args.change).await;
            }
            return verdict;
        }
    };
    let start = Intent::Start {
        targets: vec![Target::from(container.clone())],
    };
    let request = Request::new(vec![start], Vec::new(), WaitFor::Running);
    let started = once(core, ctx, request, &quietly(&args.change)).await?;
    if started.exit() != Exit::Done {
        started.complain(&mut ctx.out);
        if spec.auto_remove {
            remove(core, ctx, &container, &args.change).await;
        }
        return Ok(docker_exit(&started));
    }
    let mut signals = ctx.signals.clone();
    let mut told = 0;
    let actor = ctx.actor.clone();
    let control = {
        let talking = stream::talk(ctx, session, spec.stdin);
        tokio::pin!(talking);
        loop {
            tokio::select! {
                control = &mut talking => break control?,
                exit = signals.next() => {
                    told += 1;
                    // The third time is meant for us.
                    if told > 2 {
                        return Err(Stop::Exit(exit));
                    }
                    forward(core, &container, exit, actor.clone()).await?;
                }
            }
        }
    };
    let code = exit_code(core, &container, events).await;
    match code {
        Some(code) => Ok(passed(code)),
        // Detached, or its end was not told.
        None if core
            .snapshot()
            .container(&container)
            .is_some_and(|(_, c)| c.state.is_up()) =>
        {
            Ok(Exit::Done)
        }
        None => {
            let late = tokio::time::timeout(LATE, control.exit_code()).await;
            match late {
                Ok(Ok(code)) => Ok(passed(code)),
                Ok(Err(e)) => Err(e
                    .context(format!("read the exit code of {container}"))
                    .into()),
                Err(_) => Err(Error::new(
                    ErrorKind::TimedOut,
                    format!("the exit code of {container} was not told"),
                )
                .into()),
            }
        }
    }
}

/// Carry one request out; its progress is not worth a line between a container's own.
async fn once(
    core: &CoreHandle,
    ctx: &mut Context,
    request: Request,
    change: &Change,
) -> Result<Done, Stop> {
    let wish = ctx.global.progress;
    let plan_only = change.dry_run;
    ctx.global.progress = match wish {
        crate::cli::args::Progress::Auto if !ctx.out.terminals().stderr => {
            crate::cli::args::Progress::None
        }
        wish => wish,
    };
    let done = carry_out(core, ctx, request, change).await;
    ctx.global.progress = wish;
    match done {
        Ok(Some(done)) => Ok(done),
        Ok(None) => {
            debug_assert!(plan_only, "a plan was not asked for");
            Err(Stop::Exit(Exit::Done))
        }
        Err(stop) => Err(docker_stop(ctx, stop)),
    }
}

/// `--rm` holds for what did not start, too.
async fn remove(core: &CoreHandle, ctx: &mut Context, container: &ObjectRef, change: &Change) {
    let intent = Intent::Remove {
        targets: vec![Target::from(container.clone())],
        force: true,
        volumes: true,
    };
    let request = Request::new(vec![intent], Vec::new(), WaitFor::Removed);
    if let Err(Stop::Error(e)) = once(core, ctx, request, &quietly(change)).await {
        ctx.out
            .warn(&format!("{container} is left behind: {}", e.chain()));
    }
}

/// Hand a signal on to the container, as docker run does.
async fn forward(
    core: &CoreHandle,
    container: &ObjectRef,
    exit: Exit,
    actor: Actor,
) -> Result<(), Stop> {
    let signal = match exit {
        Exit::Terminated => "SIGTERM",
        _ => "SIGINT",
    };
    let preview = core.preview(Intent::Kill {
        targets: vec![Target::from(container.clone())],
        signal: signal.to_owned(),
    })?;
    core.submit(preview, &Answer::Yes, actor, Origin::Cli)
        .await?;
    Ok(())
}

/// The exit code from the container's own `die`, or from the picture. `--rm` leaves nothing else to
/// ask.
async fn exit_code(
    core: &CoreHandle,
    container: &ObjectRef,
    mut events: broadcast::Receiver<FleetEvent>,
) -> Option<i64> {
    let died = async {
        loop {
            match events.recv().await {
                Ok(e) if e.event.id == container.id && &*e.event.action == "die" => {
                    let code = e.event.attributes.get("exitCode").or_else(|| {
                        // Podman's word for it.
                        e.event.attributes.get("containerExitCode")
                    });
                    return code.and_then(|c| c.parse().ok());
                }
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    let seen = async {
        let mut snapshots = core.snapshots();
        loop {
            {
                let snapshot = snapshots.borrow_and_update();
                if let Some((_, c)) = snapshot.container(container)
                    && !c.state.is_up()
                    && c.started.is_some()
                    && let Some(code) = c.exit_code
                {
                    return Some(code);
                }
            }
            if snapshots.changed().await.is_err() {
                return None;
            }
        }
    };
    let still_up = async {
        // Somebody detached: it runs on.
        tokio::time::sleep(LATE).await;
        None
    };
    tokio::select! {
        code = died => code,
        code = seen => code,
        code = still_up => code,
    }
}
