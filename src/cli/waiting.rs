//! Waits until containers are as they shall be, by looking at the picture, never by asking again.

use std::time::Duration;

use super::Context;
use super::args::values::WaitFor;
use super::exit::Stop;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::ObjectRef;
use crate::domain::observed::{ContainerState, HealthStatus};
use crate::domain::snapshot::Snapshot;
use crate::reconcile::CoreHandle;

/// How waiting for one container ended.
#[derive(Debug, Clone)]
pub(crate) struct Waited {
    pub(crate) object: ObjectRef,
    /// Its exit code, when it has ended and is still there.
    pub(crate) exit_code: Option<i64>,
    pub(crate) error: Option<Error>,
}

/// What the picture says of one container: not yet, met, or never.
fn judge(
    snapshot: &Snapshot,
    object: &ObjectRef,
    condition: WaitFor,
    patient: bool,
) -> Option<Result<Option<i64>, Error>> {
    let host = snapshot.host(&object.host)?;
    if !host.listed || !host.link.is_live() {
        return None;
    }
    let conflict = |what: String| {
        Some(Err(Error::new(
            ErrorKind::Conflict,
            format!("{object} {what}"),
        )))
    };
    let Some(c) = host.container(&object.id) else {
        return match condition {
            WaitFor::Exited | WaitFor::Removed => Some(Ok(None)),
            WaitFor::Running | WaitFor::Healthy => conflict("is gone".to_owned()),
        };
    };
    let ended = matches!(c.state, ContainerState::Exited | ContainerState::Dead);
    match condition {
        WaitFor::Removed => None,
        WaitFor::Exited => {
            (!c.state.is_up() && c.state != ContainerState::Removing).then_some(Ok(c.exit_code))
        }
        WaitFor::Running | WaitFor::Healthy if ended => match c.exit_code {
            // A one-shot that did its work.
            Some(0) => Some(Ok(Some(0))),
            Some(code) => conflict(format!("exited with {code}")),
            None => conflict(format!("is {}", c.state)),
        },
        WaitFor::Running => (c.state == ContainerState::Running).then_some(Ok(None)),
        WaitFor::Healthy if c.state != ContainerState::Running => None,
        WaitFor::Healthy => match c.health_status() {
            None | Some(HealthStatus::Healthy) => Some(Ok(None)),
            Some(HealthStatus::Unhealthy) if !patient => conflict("is unhealthy".to_owned()),
            Some(HealthStatus::Starting | HealthStatus::Unhealthy) => None,
        },
    }
}

/// Wait for all of `objects`. What is not met at the end of `timeout` is an error of its own kind.
/// `patient`: an unhealthy container may still recover.
pub(crate) async fn wait_for(
    core: &CoreHandle,
    ctx: &mut Context,
    objects: &[ObjectRef],
    condition: WaitFor,
    timeout: Option<Duration>,
    patient: bool,
) -> Result<Vec<Waited>, Stop> {
    let deadline = timeout.map(|t| tokio::time::Instant::now() + t);
    let mut waited: Vec<Option<Waited>> = vec![None; objects.len()];
    let mut snapshots = core.snapshots();
    loop {
        let snapshot = std::sync::Arc::clone(&snapshots.borrow_and_update());
        for (slot, object) in waited.iter_mut().zip(objects) {
            if slot.is_some() {
                continue;
            }
            if let Some(result) = judge(&snapshot, object, condition, patient) {
                let (exit_code, error) = match result {
                    Ok(code) => (code, None),
                    Err(e) => (None, Some(e)),
                };
                *slot = Some(Waited {
                    object: object.clone(),
                    exit_code,
                    error,
                });
            }
        }
        if waited.iter().all(Option::is_some) {
            break;
        }
        let expired = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Err(Error::new(ErrorKind::Cancelled, "the program is closing").into());
                }
            }
            () = expired => break,
            exit = ctx.signals.next() => return Err(Stop::Exit(exit)),
        }
    }
    let late = |object: &ObjectRef| {
        let after = super::human::span(timeout.unwrap_or_default());
        Waited {
            object: object.clone(),
            exit_code: None,
            error: Some(Error::new(
                ErrorKind::TimedOut,
                format!("{object} is not {} after {after}", condition.word()),
            )),
        }
    };
    Ok(waited
        .into_iter()
        .zip(objects)
        .map(|(w, object)| w.unwrap_or_else(|| late(object)))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cli::view::tests::fleet;
    use crate::domain::id::Kind;

    fn say(name: &str, condition: WaitFor, patient: bool) -> String {
        let fleet = fleet();
        let host = &fleet.hosts[0];
        let object = host
            .refs(Kind::Container)
            .into_iter()
            .find(|o| *o.name == *name)
            .unwrap_or_else(|| ObjectRef::new("prod-1", Kind::Container, "gone", name));
        match judge(&fleet, &object, condition, patient) {
            None => "not yet".to_owned(),
            Some(Ok(code)) => format!("met {code:?}"),
            Some(Err(e)) => e.chain(),
        }
    }

    #[test]
    fn the_picture_decides() {
        use WaitFor::{Exited, Healthy, Removed, Running};
        assert_eq!(say("shop-web-1", Running, false), "met None");
        assert_eq!(
            say("shop-web-1", Healthy, false),
            "prod-1/shop-web-1 is unhealthy"
        );
        assert_eq!(say("shop-web-1", Healthy, true), "not yet");
        assert_eq!(say("shop-web-1", Exited, true), "not yet");
        assert_eq!(say("job", Running, true), "prod-1/job exited with 1");
        assert_eq!(say("job", Exited, true), "met Some(1)");
        assert_eq!(say("job", Removed, true), "not yet");
        assert_eq!(say("nobody", Removed, true), "met None");
        assert_eq!(say("nobody", Running, true), "prod-1/nobody is gone");
    }

    #[test]
    fn a_one_shot_that_did_its_work_is_running_enough() {
        let mut fleet = fleet();
        let mut host = (*fleet.hosts[0]).clone();
        let mut job = (*host.containers[0]).clone();
        job.exit_code = Some(0);
        let object = host.container_ref(&job);
        host.containers = Arc::new(vec![Arc::new(job)]);
        fleet.hosts = Arc::new(vec![Arc::new(host)]);
        let met = judge(&fleet, &object, WaitFor::Running, false);
        assert!(matches!(met, Some(Ok(Some(0)))));
    }
}
