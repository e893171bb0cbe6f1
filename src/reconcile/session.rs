//! Conversations that may change something inside a container: judged and journalled like
//! operations, but carried by the caller.

use std::sync::Arc;

use super::handle::CoreHandle;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::guardrail::{self, Answer, Demand};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::{Actor, Origin};
use crate::domain::operation::{Operation, Outcome};
use crate::domain::plan::{Action, Danger, Goal, Plan, Precondition, Step};
use crate::domain::port::{AttachSpec, ByteStream, ExecSpec, Session};

/// A session as the one step of a plan, so that the same rules judge it. The action only stands
/// in: no executor ever sees it, and `verb` is what rules match.
fn plan(verb: &str, container: &ObjectRef, cause: String) -> Plan {
    let step = Step {
        id: 0,
        action: Action::StartContainer,
        target: container.clone(),
        made_by: None,
        cause,
        danger: Danger::Safe,
        after: Vec::new(),
        rescues: Vec::new(),
        precondition: Precondition::default(),
        goal: Goal::Answered,
    };
    Plan {
        title: format!("{verb} {container}"),
        verb: verb.to_owned(),
        steps: vec![step],
        unchanged: Vec::new(),
        notes: Vec::new(),
    }
}

/// What a conversation demands.
pub(super) fn judge(
    core: &CoreHandle,
    container: &ObjectRef,
    command: Option<&[String]>,
) -> Result<(Plan, Demand)> {
    is_container(container)?;
    core.entry(&container.host)?;
    let plan = match command {
        Some(words) => plan("exec", container, format!("run {}", words.join(" "))),
        None => plan("attach", container, "with input".to_owned()),
    };
    let demand = guardrail::judge(&plan, &core.settings().policy, &core.snapshot())?;
    Ok((plan, demand))
}

/// Judge it and write it down.
async fn begin(
    core: &CoreHandle,
    plan: Plan,
    answer: &Answer,
    actor: Actor,
    origin: Origin,
) -> Result<Operation> {
    let demand = guardrail::judge(&plan, &core.settings().policy, &core.snapshot())?;
    let confirmed = guardrail::confirm(plan, &demand, answer)?;
    let now = core.clock().now();
    let id = super::core::new_id(now, actor.pid);
    let mut operation = Operation::new(id, confirmed.plan(), actor, origin, now);
    operation.steps[0].verb = Arc::clone(&operation.verb);
    operation.steps[0].started = Some(now);
    operation.steps[0].outcome = Outcome::Running;
    let (plan, record) = (confirmed.plan().clone(), operation.clone());
    let title = Arc::clone(&operation.title);
    core.journal(move |j| j.begin(&record, &plan))
        .await
        .map_err(|e| e.context(format!("{title}: not begun, it could not be journalled")))?;
    Ok(operation)
}

/// Write down how it went. The session itself may go on: its end is the caller's. What has happened
/// is not undone by a journal that cannot take it any more.
async fn finish<T>(core: &CoreHandle, mut operation: Operation, result: Result<T>) -> Result<T> {
    let now = core.clock().now();
    let step = &mut operation.steps[0];
    step.finished = Some(now);
    step.outcome = match &result {
        Ok(_) => Outcome::Succeeded,
        Err(e) => {
            step.failure = Some(e.into());
            Outcome::Failed
        }
    };
    operation.finished = Some(now);
    operation.outcome = operation.verdict();
    let written = core.journal(move |j| {
        j.step(&operation, 0)?;
        j.finish(&operation)
    });
    if let Err(e) = written.await {
        tracing::error!(error = %e.chain(), "the end of a session is not in the journal");
    }
    result
}

fn is_container(object: &ObjectRef) -> Result<()> {
    if object.kind == Kind::Container {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        format!("{object} is a {}, not a container", object.kind),
    ))
}

pub(super) async fn exec(
    core: &CoreHandle,
    container: &ObjectRef,
    spec: &ExecSpec,
    answer: &Answer,
    actor: Actor,
    origin: Origin,
) -> Result<Session> {
    is_container(container)?;
    let engine = Arc::clone(&core.entry(&container.host)?.engine);
    // The words of the command, not its environment: that may carry secrets.
    let plan = plan("exec", container, format!("run {}", spec.command.join(" ")));
    let operation = begin(core, plan, answer, actor, origin).await?;
    let result = engine.exec(container.id.as_str(), spec).await;
    let result = result.map_err(|e| e.context(format!("exec in {container}")));
    finish(core, operation, result).await
}

pub(super) async fn attach(
    core: &CoreHandle,
    container: &ObjectRef,
    spec: &AttachSpec,
    answer: &Answer,
    actor: Actor,
    origin: Origin,
) -> Result<Session> {
    is_container(container)?;
    let engine = Arc::clone(&core.entry(&container.host)?.engine);
    if !spec.stdin {
        // Only listening changes nothing.
        let result = engine.attach(container.id.as_str(), spec).await;
        return result.map_err(|e| e.context(format!("attach to {container}")));
    }
    let plan = plan("attach", container, "with input".to_owned());
    let operation = begin(core, plan, answer, actor, origin).await?;
    let result = engine.attach(container.id.as_str(), spec).await;
    let result = result.map_err(|e| e.context(format!("attach to {container}")));
    finish(core, operation, result).await
}

pub(super) async fn upload(
    core: &CoreHandle,
    container: &ObjectRef,
    directory: &str,
    archive: ByteStream,
    answer: &Answer,
    actor: Actor,
    origin: Origin,
) -> Result<()> {
    is_container(container)?;
    let engine = Arc::clone(&core.entry(&container.host)?.engine);
    let plan = plan("cp", container, format!("into {directory}"));
    let operation = begin(core, plan, answer, actor, origin).await?;
    let result = engine
        .upload(container.id.as_str(), directory, archive)
        .await;
    let result = result.map_err(|e| e.context(format!("copy into {container}:{directory}")));
    finish(core, operation, result).await
}
