//! Containers that were removed, as the journal has them: what is needed to make them again.

use chrono::{DateTime, Utc};

use super::id::{ObjectRef, OpId};
use super::intent::{Intent, PullPolicy};
use super::operation::{Operation, StepState};
use super::port::Record;
use super::spec::ContainerSpec;

/// A container that was removed.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// As it was: its id is gone for ever.
    pub object: ObjectRef,
    /// The operation that removed it.
    pub operation: OpId,
    pub at: Option<DateTime<Utc>>,
    pub by: String,
    /// Did it run before the operation?
    pub ran: bool,
    /// What it was made of; the values of secrets are masked.
    pub spec: ContainerSpec,
}

impl Removed {
    /// What has to be asked for to have it again.
    pub fn intent(&self) -> Intent {
        Intent::CreateContainer {
            host: self.object.host.clone(),
            name: Some(self.object.name.to_string()),
            spec: Box::new(self.spec.clone()),
            start: self.ran,
            pull: PullPolicy::Missing,
        }
    }
}

/// What `records` (the newest first) say was removed, the newest first; of containers of one name
/// on one host only the last.
pub fn removed(records: &[Record]) -> Vec<Removed> {
    let mut all: Vec<Removed> = Vec::new();
    for record in records {
        let op = &record.operation;
        for step in op.steps.iter().rev() {
            let Some(spec) = step.specified.as_ref().filter(|_| step.outcome.is_good()) else {
                continue;
            };
            let same = |r: &Removed| {
                r.object.host == step.target.host && r.object.name == step.target.name
            };
            if !all.iter().any(same) {
                all.push(Removed {
                    object: step.target.clone(),
                    operation: op.id,
                    at: step.finished,
                    by: op.actor.user.to_string(),
                    ran: ran(op, step),
                    spec: (**spec).clone(),
                });
            }
        }
    }
    all
}

/// Did the container of this step run when the operation first looked at it?
fn ran(op: &Operation, step: &StepState) -> bool {
    let first = op
        .steps
        .iter()
        .find(|s| s.target == step.target && s.before.is_some());
    let before = first.and_then(|s| s.before.as_deref());
    matches!(before, Some("running" | "restarting" | "paused"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::fake::{epoch, id};
    use crate::domain::id::Kind;
    use crate::domain::intent::{Actor, Origin};
    use crate::domain::operation::Outcome;
    use crate::domain::plan::Danger;

    fn step(n: usize, verb: &str, name: &str, before: &str, kept: bool) -> StepState {
        StepState {
            id: n,
            verb: Arc::from(verb),
            target: ObjectRef::new("h", Kind::Container, id(name), name),
            cause: Arc::from("asked for"),
            danger: Danger::Destructive,
            outcome: Outcome::Succeeded,
            progress: None,
            attempts: 1,
            failure: None,
            before: Some(Arc::from(before)),
            after: None,
            specified: kept.then(|| {
                Box::new(ContainerSpec {
                    image: format!("image-of-{name}"),
                    ..ContainerSpec::default()
                })
            }),
            started: Some(epoch()),
            finished: Some(epoch()),
        }
    }

    fn record(n: u64, steps: Vec<StepState>) -> Record {
        Record {
            operation: Operation {
                id: OpId(n),
                title: Arc::from("remove"),
                verb: Arc::from("remove"),
                intent: None,
                actor: Actor::default(),
                origin: Origin::Cli,
                submitted: epoch(),
                finished: Some(epoch()),
                outcome: Outcome::Succeeded,
                steps,
                cancelling: false,
            },
            plan: None,
        }
    }

    #[test]
    fn the_last_removal_of_each_name_counts() {
        let mut failed = step(0, "remove", "db", "exited (0)", true);
        failed.outcome = Outcome::Failed;
        let records = [
            record(
                3,
                vec![
                    step(0, "stop", "web", "running", false),
                    step(1, "remove", "web", "exited (0)", true),
                ],
            ),
            record(
                2,
                vec![failed, step(1, "remove", "job", "exited (0)", true)],
            ),
            record(1, vec![step(0, "remove", "web", "running", true)]),
        ];
        let all = removed(&records);
        let shown: Vec<_> = all
            .iter()
            .map(|r| (&*r.object.name, r.operation.0, r.ran))
            .collect();
        assert_eq!(shown, [("web", 3, true), ("job", 2, false)]);
        let Intent::CreateContainer { name, start, .. } = all[0].intent() else {
            panic!("it is made again");
        };
        assert_eq!((name.as_deref(), start), (Some("web"), true));
    }
}
