//! Carries intents out: plan, answer, submit, follow, report. Every verb that changes something
//! goes through here.

mod confirm;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::args::change::Change;
use super::args::values::WaitFor;
use super::exit::{Exit, Stop, Verdict};
use super::out::Problem;
use super::plan;
use super::progress::Watch;
use super::waiting::wait_for;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::{Kind, ObjectRef, OpId};
use crate::domain::intent::{Intent, Origin};
use crate::domain::operation::{Operation, Outcome};
use crate::reconcile::{CoreHandle, Preview};

pub(crate) use confirm::answer;
pub(crate) use report::Done;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) intents: Vec<Intent>,
    /// Hosts that could not be asked what they have.
    pub(crate) problems: Vec<Problem>,
    /// What a bare `--wait` waits for.
    pub(crate) wait: WaitFor,
    /// Print what was made as docker does, instead of a table, when no format was asked for.
    pub(crate) ids: bool,
    /// Write the id of what is made here.
    pub(crate) id_file: Option<PathBuf>,
    /// Each intent is one thing: pulling for it is no success yet.
    pub(crate) whole: bool,
}

impl Request {
    pub(crate) fn new(intents: Vec<Intent>, problems: Vec<Problem>, wait: WaitFor) -> Self {
        Self {
            intents,
            problems,
            wait,
            ids: false,
            id_file: None,
            whole: false,
        }
    }

    /// Something is made: print its id.
    pub(crate) fn making(intents: Vec<Intent>, problems: Vec<Problem>) -> Self {
        Self {
            ids: true,
            whole: true,
            ..Self::new(intents, problems, WaitFor::Running)
        }
    }
}

/// Do it, and say on stdout what came of it.
pub(crate) async fn perform(
    core: &CoreHandle,
    ctx: &mut Context,
    request: Request,
    change: &Change,
) -> Verdict {
    let format = ctx.format();
    let ids = request.ids && ctx.global.output.is_none();
    let (wait, problems) = (request.wait, request.problems.clone());
    let Some(mut done) = carry_out(core, ctx, request, change).await? else {
        return Ok(if problems.is_empty() {
            Exit::Done
        } else {
            Exit::Partial
        });
    };
    let mut left = None;
    if let Some(condition) = change.wait
        && done.interrupted.is_none()
    {
        let condition = condition.unwrap_or(wait);
        let objects = done.containers();
        let timeout = ctx.global.timeout;
        match wait_for(core, ctx, &objects, condition, timeout, false).await {
            Ok(waited) => done.waited = waited.into_iter().filter_map(|w| w.error).collect(),
            // What was done is reported all the same.
            Err(Stop::Exit(exit)) => left = Some(exit),
            Err(stop) => return Err(stop),
        }
    }
    if ids {
        for made in done.made() {
            ctx.out.line(made.id.as_str())?;
        }
        ctx.out.flush()?;
        done.complain(&mut ctx.out);
    } else {
        let now = ctx.now();
        let listing = done.listing(now);
        ctx.out.listing(&listing, &format)?;
        done.explain_waiting(&mut ctx.out);
    }
    Ok(left.unwrap_or_else(|| done.exit()))
}

/// Do it, without the report; nothing when only the plan was wanted.
pub(crate) async fn carry_out(
    core: &CoreHandle,
    ctx: &mut Context,
    request: Request,
    change: &Change,
) -> Result<Option<Done>, Stop> {
    let previews: Result<Vec<Preview>, Error> = request
        .intents
        .into_iter()
        .map(|i| core.preview(i))
        .collect();
    let previews = previews?;
    if change.dry_run {
        show_plans(ctx, &previews, &request.problems)?;
        return Ok(None);
    }
    let answers = answer(ctx, &previews, change).await?;
    let mut done = Done::new(&previews, request.problems, request.whole);
    let mut running = Vec::new();
    for (n, (preview, answer)) in previews.into_iter().zip(answers).enumerate() {
        if preview.plan.is_empty() {
            continue;
        }
        let id = core
            .submit(preview, &answer, ctx.actor.clone(), Origin::Cli)
            .await?;
        running.push((n, id));
    }
    follow(core, ctx, &running, &mut done).await?;
    if let (Some(file), [made]) = (request.id_file, done.made().as_slice()) {
        write_id(&file, made)?;
    }
    Ok(Some(done))
}

fn show_plans(ctx: &mut Context, previews: &[Preview], problems: &[Problem]) -> Result<(), Stop> {
    let format = ctx.format();
    if format.is_structured() {
        let document = plan::document(previews.iter().map(|p| &p.plan), problems);
        ctx.out.document(&document, &format)?;
    } else {
        let now = ctx.now();
        for preview in previews {
            for line in plan::lines(&preview.plan, now) {
                ctx.out.line(&line)?;
            }
        }
    }
    ctx.out.flush()?;
    for problem in problems {
        ctx.out.error(&problem.error);
    }
    Ok(())
}

/// Until every operation is over. The first signal cancels them between two steps, a second one
/// leaves them alone.
async fn follow(
    core: &CoreHandle,
    ctx: &mut Context,
    running: &[(usize, OpId)],
    done: &mut Done,
) -> Result<(), Stop> {
    let mut watch = Watch::new(ctx.global.progress, &ctx.out);
    let mut snapshots = core.snapshots();
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let mut left = false;
        for (n, id) in running {
            let found = snapshot.operations.iter().rev().find(|o| o.id == *id);
            match found {
                Some(op) => {
                    watch.seen(op, &mut ctx.out);
                    left |= op.is_running();
                    done.operations[*n] = Some(Arc::clone(op));
                }
                None => left = true,
            }
        }
        if !left {
            break;
        }
        let look = async {
            match watch.due() {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = look => {}
            changed = snapshots.changed() => {
                if changed.is_err() {
                    watch.clear();
                    return Err(Error::new(ErrorKind::Cancelled, "the program is closing").into());
                }
            }
            exit = ctx.signals.next() => {
                if done.interrupted.is_some() {
                    watch.clear();
                    ctx.out.warn("left while operations were running; see: pilothouse history");
                    return Err(Stop::Exit(exit));
                }
                done.interrupted = Some(exit);
                for (_, id) in running {
                    core.cancel(*id).await?;
                }
                watch.clear();
                ctx.out.say("cancelling: what is being done is finished first");
            }
        }
    }
    watch.clear();
    Ok(())
}

/// `--cidfile`.
pub(crate) fn write_id(file: &Path, made: &ObjectRef) -> Result<(), Error> {
    std::fs::write(file, made.id.as_str())
        .map_err(|e| Error::internal(format!("write {}", file.display())).with_source(e))
}

/// The containers an operation worked on, those it made included.
fn containers(op: &Operation) -> Vec<ObjectRef> {
    let mut found: Vec<ObjectRef> = Vec::new();
    for step in &op.steps {
        let known = step.target.kind == Kind::Container && !step.target.id.as_str().is_empty();
        if known && step.outcome.is_good() && !found.contains(&step.target) {
            found.push(step.target.clone());
        }
    }
    found
}

/// The failures of an operation's steps.
fn failures(op: &Operation) -> impl Iterator<Item = (&ObjectRef, Error)> {
    op.steps
        .iter()
        .filter(|s| s.outcome == Outcome::Failed)
        .filter_map(|s| Some((&s.target, Error::from(s.failure.clone()?))))
}
