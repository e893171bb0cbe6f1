//! Operations that go wrong: what is repeated, what never is, what is skipped, what is told.

use super::super::fake::{Fault, KEPT_UP, Reach};
use super::*;
use crate::domain::guardrail::Demand;
use crate::domain::id::ObjectRef;
use crate::domain::intent::{Prune, PullPolicy};
use crate::domain::operation::StepState;
use crate::domain::plan::{Action, Danger, Goal, Plan, Precondition, Step};
use crate::domain::spec::{ContainerSpec, NetworkSpec};

const LOST: [ErrorKind; 3] = [
    ErrorKind::Unreachable,
    ErrorKind::Transient,
    ErrorKind::TimedOut,
];

fn pair() -> HostShard {
    live("h").with_containers([
        container("down", State::Exited),
        container("web", State::Running),
    ])
}

fn failure(step: &StepState) -> (ErrorKind, &str) {
    let f = step.failure.as_ref().unwrap();
    (f.kind, &f.message)
}

fn create(name: Option<&str>, image: &str) -> Intent {
    Intent::CreateContainer {
        host: "h".into(),
        name: name.map(Into::into),
        spec: Box::new(ContainerSpec {
            image: image.into(),
            ..ContainerSpec::default()
        }),
        start: false,
        pull: PullPolicy::Missing,
    }
}

fn with_image() -> HostShard {
    pair().with_images([
        image("busybox", &["busybox:latest"]),
        image("nginx", &["nginx:1"]),
    ])
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_so_often() {
    for kind in LOST {
        let rig = rig([pair()]).ready().await;
        rig.engine().fault("run stop", Fault::Fail(kind));
        rig.engine().fault("run stop", Fault::Fail(kind));
        let op = rig.run(stop(&["web"])).await;
        assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
        assert_eq!(op.steps[0].attempts, 3);
        assert_eq!(rig.changes().len(), 3);
    }
    let rig = rig([pair()]).ready().await;
    rig.engine()
        .always("run stop", Fault::Fail(ErrorKind::Transient));
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Failed);
    assert_eq!(op.steps[0].attempts, Settings::default().attempts);
    assert_eq!(
        failure(&op.steps[0]),
        (ErrorKind::Transient, "stop h/web: run stop web: transient")
    );
    assert_eq!(
        rig.journal.record(op.id).unwrap().operation.outcome,
        Outcome::Failed
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_is_not_tried_again() {
    for kind in [
        ErrorKind::Denied,
        ErrorKind::Invalid,
        ErrorKind::Unsupported,
        ErrorKind::Protocol,
        ErrorKind::Internal,
    ] {
        let rig = rig([pair()]).ready().await;
        rig.engine().always("run stop", Fault::Fail(kind));
        let op = rig.run(stop(&["web"])).await;
        assert_eq!(
            (op.outcome, op.steps[0].attempts),
            (Outcome::Failed, 1),
            "{kind:?}"
        );
        assert_eq!(failure(&op.steps[0]).0, kind);
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_passes_perhaps_once() {
    let rig = rig([pair()]).ready().await;
    rig.engine()
        .fault("run stop", Fault::Fail(ErrorKind::Conflict));
    assert_eq!(rig.run(stop(&["web"])).await.outcome, Outcome::Succeeded);
    rig.engine()
        .always("run start", Fault::Fail(ErrorKind::Conflict));
    let op = rig.run(start(&["web"])).await;
    assert_eq!((op.outcome, op.steps[0].attempts), (Outcome::Failed, 2));
}

#[tokio::test(start_paused = true)]
async fn the_lost_answer_of_what_was_done_is_not_a_failure() {
    for kind in LOST {
        let rig = rig([with_image()]).ready().await;
        for intent in [
            start(&["down"]),
            stop(&["web"]),
            restart(&["web"]),
            Intent::Pause {
                targets: on(&["web"]),
            },
            Intent::Unpause {
                targets: on(&["web"]),
            },
            Intent::Kill {
                targets: on(&["web"]),
                signal: "KILL".into(),
            },
            Intent::Rename {
                target: target("h", Kind::Container, "web"),
                to: "www".into(),
            },
            create(Some("new"), "busybox"),
            Intent::CreateNetwork {
                host: "h".into(),
                spec: NetworkSpec {
                    name: "net".into(),
                    ..NetworkSpec::default()
                },
            },
            Intent::Tag {
                image: target("h", Kind::Image, "busybox"),
                reference: "mine:1".into(),
            },
            remove(&["web"]),
        ] {
            rig.log.clear();
            rig.engine().fault("run", Fault::Lost(kind));
            let title = intent.summary();
            let op = rig.run(intent).await;
            assert_eq!(op.outcome, Outcome::Succeeded, "{title}: {op:#?}");
            assert_eq!(rig.changes().len(), 1, "{title}: {:?}", rig.changes());
            assert_eq!(op.steps[0].attempts, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_id_of_what_was_made_is_known_though_the_answer_was_lost() {
    let rig = rig([with_image()]).ready().await;
    rig.engine()
        .fault("run create", Fault::Lost(ErrorKind::TimedOut));
    let mut run = create(Some("new"), "busybox");
    if let Intent::CreateContainer { start, .. } = &mut run {
        *start = true;
    }
    let op = rig.run(run).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(rig.changes(), ["h run create new", "h run start new"]);
    assert_eq!(rig.state("new"), Some(State::Running));
}

#[tokio::test(start_paused = true)]
async fn the_last_lost_answer_is_looked_after_too() {
    let rig = rig_with([pair()], |s| s.attempts = 1).ready().await;
    rig.engine()
        .fault("run stop", Fault::Lost(ErrorKind::TimedOut));
    let op = rig.run(stop(&["web"])).await;
    assert_eq!((op.outcome, op.steps[0].attempts), (Outcome::Succeeded, 1));
}

#[tokio::test(start_paused = true)]
async fn what_would_happen_twice_is_not_repeated() {
    for kind in LOST {
        for (fault, happened) in [(Fault::Fail(kind), false), (Fault::Lost(kind), true)] {
            let rig = rig([with_image()]).ready().await;
            for intent in [
                restart(&["web"]),
                Intent::Kill {
                    targets: on(&["web"]),
                    signal: "HUP".into(),
                },
                create(None, "busybox"),
            ] {
                rig.log.clear();
                rig.engine().fault("run", fault);
                let title = intent.summary();
                let is_restart = matches!(intent, Intent::Restart { .. });
                let op = rig.run(intent).await;
                assert_eq!(
                    rig.changes().len(),
                    1,
                    "{title} {fault:?}: {:?}",
                    rig.changes()
                );
                // Only of a restart can it be seen afterwards.
                let good = op.outcome == Outcome::Succeeded;
                assert_eq!(good, is_restart && happened, "{title} {fault:?}: {op:#?}");
                if !good {
                    let hint = op.steps[0].failure.as_ref().unwrap().hint.as_deref();
                    assert_eq!(
                        hint,
                        Some("it may have happened: look before you do it again")
                    );
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_took_is_not_ours() {
    let rig = rig([with_image()]).ready().await;
    let core = rig.handle();
    // Between the look of the step and its call, and of the same image.
    let preview = core.preview(create(Some("new"), "busybox")).unwrap();
    rig.engine().takes(Duration::from_secs(2));
    let id = core
        .submit(preview, &Answer::None, actor(), Origin::Cli)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut theirs = container("new", State::Running);
    theirs.created = Some(core.clock().now());
    theirs.image = Arc::from("busybox");
    rig.engine().change(|w| w.put(theirs));
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Failed, "{op:#?}");
    assert_eq!(failure(&op.steps[0]).0, ErrorKind::Conflict);
    assert_eq!(op.steps[0].attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn something_else_under_the_name_is_not_ours_either() {
    let rig = rig([with_image()]).ready().await;
    rig.engine().takes(Duration::from_secs(2));
    rig.engine()
        .fault("run create", Fault::Fail(ErrorKind::TimedOut));
    let id = rig.submit(create(Some("new"), "busybox")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut theirs = container("new", State::Running);
    theirs.created = Some(rig.handle().clock().now());
    theirs.image = Arc::from("nginx:1");
    rig.engine().change(|w| w.put(theirs));
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Failed, "{op:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_only_slow_is_found_when_it_is_repeated() {
    let rig = rig([with_image()]).ready().await;
    // The first call times out and is carried out later, behind our back.
    rig.engine()
        .fault("run create", Fault::Fail(ErrorKind::Unreachable));
    rig.engine()
        .fault("inspect new", Fault::Fail(ErrorKind::Unreachable));
    let id = rig.submit(create(Some("new"), "busybox")).await.unwrap();
    rig.until("the create failed once", |_| !rig.changes().is_empty())
        .await;
    let mut late = container("new", State::Created);
    late.created = Some(rig.handle().clock().now());
    late.image = Arc::from("busybox");
    rig.engine().change(|w| w.put(late));
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(op.steps[0].target.id, cid("new"));
    assert_eq!(rig.engine().see(|w| w.containers.len()), 3);
}

#[tokio::test(start_paused = true)]
async fn a_container_made_anew_under_the_same_name_is_not_touched() {
    let rig = rig([pair()]).ready().await;
    let core = rig.handle();
    rig.engine().hold();
    let previews: Vec<Preview> = [remove(&["down"]), start(&["down"]), stop(&["web"])]
        .map(|i| core.preview(i).unwrap())
        .into();
    rig.engine().change(|w| {
        for name in ["down", "web"] {
            let mut anew = w.containers[&cid(name)].clone();
            w.gone(&cid(name), false);
            anew.id = cid(&format!("{name} anew"));
            w.put(anew);
        }
    });
    let mut outcomes = Vec::new();
    for preview in previews {
        let submitted = core
            .submit(preview, &Answer::Yes, actor(), Origin::Cli)
            .await;
        outcomes.push(rig.ended(submitted.unwrap()).await.outcome);
    }
    assert_eq!(
        outcomes,
        [Outcome::Unchanged, Outcome::Failed, Outcome::Unchanged]
    );
    assert!(rig.changes().is_empty(), "{:?}", rig.changes());
    assert_eq!(rig.engine().see(|w| w.containers.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_volume_made_anew_and_a_container_that_runs_again_are_refused() {
    let shard = pair().with_volumes([volume("data")]);
    let rig = rig([shard]).ready().await;
    let core = rig.handle();
    rig.engine().hold();
    let mut both = remove(&["down"]);
    if let Intent::Remove { targets, .. } = &mut both {
        targets.push(target("h", Kind::Volume, "data"));
    }
    let preview = core.preview(both).unwrap();
    rig.engine().change(|w| {
        w.start(&cid("down")).unwrap();
        w.volumes.get_mut("data").unwrap().created = Some(epoch() + Duration::from_secs(9));
    });
    let id = core
        .submit(preview, &Answer::Yes, actor(), Origin::Cli)
        .await
        .unwrap();
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Failed);
    assert_eq!(
        failure(&op.steps[0]),
        (ErrorKind::Conflict, "remove h/down: it is running now")
    );
    let (kind, message) = failure(&op.steps[1]);
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(message.contains("it was made anew at"), "{message}");
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_prune_spares_what_is_used_by_now() {
    let shard = pair()
        .with_volumes([volume("data")])
        .with_networks([network("front")])
        .with_images([image("busybox", &["busybox"]), image("nginx", &["nginx"])]);
    let rig = rig([shard]).ready().await;
    rig.engine().hold();
    let core = rig.handle();
    let preview = core
        .preview(Intent::Prune {
            hosts: vec!["h".into()],
            prune: Prune {
                kinds: vec![Kind::Volume, Kind::Network, Kind::Image],
                all: true,
                ..Prune::default()
            },
        })
        .unwrap();
    assert_eq!(preview.plan.steps.len(), 3);
    let mut user = container("user", State::Created);
    user.image_id = Arc::from(image_id("nginx").as_str());
    user.mounts = vec![mount("data")];
    user.networks = vec![attached("front")];
    // Before its first start a container knows only its network's name.
    user.networks[0].network_id = Arc::from("");
    rig.engine().change(|w| w.put(user));
    let id = core
        .submit(preview, &Answer::Yes, actor(), Origin::Cli)
        .await
        .unwrap();
    let op = rig.ended(id).await;
    for step in &op.steps {
        let (kind, message) = failure(step);
        assert_eq!(kind, ErrorKind::Conflict);
        assert!(message.ends_with("it is used by user now"), "{message}");
    }
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_removed_is_removed() {
    let rig = rig([pair()]).ready().await;
    rig.engine().takes(Duration::from_secs(2));
    let id = rig.submit(remove(&["down"])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.engine().change(|w| w.gone(&cid("down"), false));
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(rig.changes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_failed_step_is_skipped_and_the_rest_is_done() {
    let part = |service: &str, depends: &str| part("shop", service, 1, State::Exited, depends);
    let shard = live("h").with_containers([
        part("api", "db"),
        part("cache", ""),
        part("db", ""),
        part("web", "api,cache"),
    ]);
    let rig = rig([shard]).ready().await;
    rig.engine()
        .always("run start shop-db-1", Fault::Fail(ErrorKind::Internal));
    let op = rig
        .run(Intent::Start {
            targets: vec![target("h", Kind::Project, "shop")],
        })
        .await;
    assert_eq!(op.outcome, Outcome::Partial);
    let outcome = |name: &str| {
        let step = op.steps.iter().find(|s| *s.target.name == *name);
        step.unwrap().outcome
    };
    assert_eq!(outcome("shop-cache-1"), Outcome::Succeeded);
    assert_eq!(outcome("shop-db-1"), Outcome::Failed);
    assert_eq!(outcome("shop-api-1"), Outcome::Skipped);
    assert_eq!(outcome("shop-web-1"), Outcome::Skipped);
    let record = rig.journal.record(op.id).unwrap();
    assert_eq!(record.operation.steps, op.steps, "the journal has the same");
}

#[tokio::test(start_paused = true)]
async fn of_many_hosts_one_may_fail() {
    let there = |host: &str| live(host).with_containers([container("web", State::Running)]);
    let rig = rig([there("h"), there("g"), there("i")]).ready().await;
    rig.engines[1].reach(Reach::Frozen);
    let op = rig
        .run(Intent::Stop {
            targets: ["h", "g", "i"]
                .map(|h| target(h, Kind::Container, "web"))
                .into(),
            timeout: None,
        })
        .await;
    assert_eq!(op.outcome, Outcome::Partial);
    let outcomes: Vec<(&str, Outcome)> = op
        .steps
        .iter()
        .map(|s| (s.target.host.as_str(), s.outcome))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("g", Outcome::Failed),
            ("h", Outcome::Succeeded),
            ("i", Outcome::Succeeded)
        ]
    );
    let quick = &op.steps[1];
    let took = quick.finished.unwrap() - quick.started.unwrap();
    assert!(took < chrono::Duration::seconds(1), "{took}");
}

#[tokio::test(start_paused = true)]
async fn cancelling_stops_before_the_next_step() {
    let part = |service: &str, depends: &str| part("shop", service, 1, State::Exited, depends);
    let shard = live("h").with_containers([part("db", ""), part("web", "db")]);
    let rig = rig([shard]).ready().await;
    rig.engine().takes(Duration::from_secs(5));
    let id = rig
        .submit(Intent::Start {
            targets: vec![target("h", Kind::Project, "shop")],
        })
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.handle().cancel(id).await.unwrap();
    rig.until("it is shown", |s| s.operations[0].cancelling)
        .await;
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Cancelled);
    assert_eq!(
        op.steps[0].outcome,
        Outcome::Succeeded,
        "what is being done is finished"
    );
    assert_eq!(op.steps[1].outcome, Outcome::Cancelled);
    assert_eq!(rig.changes(), ["h run start shop-db-1"]);
}

#[tokio::test(start_paused = true)]
async fn cancelling_reaches_what_waits_for_its_host() {
    let shard =
        live("h").with_containers((0..50).map(|n| container(&format!("c{n:02}"), State::Running)));
    let rig = rig([shard]).ready().await;
    rig.engine().takes(Duration::from_secs(5));
    let targets = (0..50).map(|n| target("h", Kind::Container, &format!("c{n:02}")));
    let id = rig
        .submit(Intent::Stop {
            targets: targets.collect(),
            timeout: None,
        })
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    rig.handle().cancel(id).await.unwrap();
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Cancelled);
    let good = op.steps.iter().filter(|s| s.outcome.is_good()).count();
    assert_eq!((good, rig.changes().len()), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn cancelling_reaches_what_waits_its_turn_and_what_nobody_answers() {
    let rig = rig([pair()]).ready().await;
    rig.engine().takes(Duration::from_secs(60));
    let first = rig.submit(restart(&["web"])).await.unwrap();
    let second = rig.submit(restart(&["web"])).await.unwrap();
    let third = rig.submit(restart(&["web"])).await.unwrap();
    rig.handle().cancel(second).await.unwrap();
    let before = tokio::time::Instant::now();
    let op = rig.ended(second).await;
    assert_eq!(op.outcome, Outcome::Cancelled);
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(rig.ended(first).await.outcome, Outcome::Succeeded);
    assert_eq!(
        rig.ended(third).await.outcome,
        Outcome::Succeeded,
        "the others keep their turns"
    );
    // Nothing was done yet on a host that does not answer.
    rig.log.clear();
    rig.engine()
        .always("inspect", Fault::Fail(ErrorKind::Unreachable));
    let fourth = rig.submit(restart(&["web"])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    rig.handle().cancel(fourth).await.unwrap();
    let op = rig.ended(fourth).await;
    assert_eq!(op.outcome, Outcome::Cancelled, "{op:#?}");
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn cancelling_what_is_over_or_unknown_does_nothing() {
    let rig = rig([pair()]).ready().await;
    let op = rig.run(stop(&["web"])).await;
    rig.handle().cancel(op.id).await.unwrap();
    rig.handle().cancel(OpId(1)).await.unwrap();
    assert_eq!(rig.run(start(&["web"])).await.outcome, Outcome::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_nothing_is_done() {
    let rig = rig([pair()]).ready().await;
    rig.journal.break_down("begin");
    let e = rig.submit(stop(&["web"])).await.unwrap_err();
    assert_eq!(
        e.chain(),
        "stop h/web: not begun, it could not be journalled: the disk is full"
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(rig.changes().is_empty());
    assert!(rig.handle().snapshot().operations.is_empty());
    // It holds no turn.
    assert!(
        tokio::time::timeout(PATIENCE, rig.handle().drain())
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_breaks_later_does_not_stop_what_was_begun() {
    let rig = rig([pair()]).ready().await;
    rig.journal.break_down("step");
    rig.journal.break_down("finish");
    assert_eq!(rig.run(stop(&["web"])).await.outcome, Outcome::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_says_done_and_is_not_is_told_of() {
    let rig = rig([pair()]).ready().await;
    // Somebody starts it again as soon as it stopped, whenever it stopped.
    rig.engine().change(|w| {
        let c = w.containers.get_mut(&cid("web")).unwrap();
        c.labels = labels(&[(KEPT_UP, "1")]);
    });
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Failed);
    assert_eq!(
        failure(&op.steps[0]),
        (
            ErrorKind::TimedOut,
            "stop h/web: the engine said it was done, but it is still running"
        )
    );
    // Of a killed one the end was seen, though it runs again.
    let kill = Intent::Kill {
        targets: on(&["web"]),
        signal: "KILL".into(),
    };
    let op = rig.run(kill).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_bug_in_one_step_is_that_steps_failure() {
    let rig = rig([
        pair(),
        live("g").with_containers([container("web", State::Running)]),
    ])
    .ready()
    .await;
    rig.engine().fault("run stop", Fault::Panic);
    rig.engines[1].takes(Duration::from_secs(5));
    let op = rig
        .run(Intent::Stop {
            targets: ["h", "g"].map(|h| target(h, Kind::Container, "web")).into(),
            timeout: None,
        })
        .await;
    assert_eq!(op.outcome, Outcome::Partial, "{op:#?}");
    assert_eq!(
        failure(&op.steps[1]),
        (ErrorKind::Internal, "a bug ended this step")
    );
    assert_eq!(op.steps[0].outcome, Outcome::Succeeded);
    // Its turn is over, and so is its place on the host.
    assert_eq!(rig.run(stop(&["web"])).await.outcome, Outcome::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_step_on_a_host_that_is_not_there_fails() {
    let rig = rig([pair()]).ready().await;
    let step = |id: usize, host: &str, after: Vec<usize>| Step {
        id,
        action: Action::StopContainer { timeout: None },
        target: ObjectRef::new(host, Kind::Container, cid("web"), "web"),
        made_by: None,
        cause: "a test".into(),
        danger: Danger::Disruptive,
        after,
        rescues: Vec::new(),
        precondition: Precondition::default(),
        goal: Goal::Stopped,
    };
    let forged = Preview {
        intent: stop(&["web"]),
        plan: Plan {
            title: "stop somewhere".into(),
            verb: "stop".into(),
            steps: vec![
                step(0, "nowhere", vec![]),
                step(1, "h", vec![0]),
                step(2, "h", vec![]),
            ],
            unchanged: Vec::new(),
            notes: Vec::new(),
        },
        demand: Demand::Nothing,
    };
    let core = rig.handle();
    let id = core
        .submit(forged, &Answer::None, actor(), Origin::Cli)
        .await
        .unwrap();
    let op = rig.ended(id).await;
    let outcomes: Vec<Outcome> = op.steps.iter().map(|s| s.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Failed, Outcome::Skipped, Outcome::Succeeded]
    );
    assert_eq!(op.outcome, Outcome::Partial);
}

#[tokio::test(start_paused = true)]
async fn the_picture_of_a_lost_host_keeps_no_operation_waiting() {
    let rig = rig([pair()]).ready().await;
    rig.engine()
        .always("events", Fault::Fail(ErrorKind::Unreachable));
    rig.engine()
        .always("containers", Fault::Fail(ErrorKind::Unreachable));
    rig.engine().cut();
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    let before = tokio::time::Instant::now();
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert!(
        before.elapsed() < Duration::from_secs(6),
        "{:?}",
        before.elapsed()
    );
}
