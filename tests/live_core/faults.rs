//! Engines that are killed, frozen and restarted in the middle: stale while they are gone, back by
//! themselves, and operations that tell the truth.

use std::sync::Arc;
use std::time::Duration;

use pilothouse::domain::id::{HostId, Kind};
use pilothouse::domain::intent::Intent;
use pilothouse::domain::observed::ContainerState;
use pilothouse::domain::operation::Outcome;
use pilothouse::domain::port::HistoryQuery;
use pilothouse::domain::snapshot::Link;
use pilothouse::reconcile::Settings;
use pilothouse::transport::call::Timeouts;

use crate::bench::Bench;
use crate::live;
use crate::walk::pictures_become_equal;

/// One test at a time may break these engines: each is a process of its own.
fn lock() -> std::fs::File {
    let dir = std::env::var("PILOTHOUSE_TESTBED").unwrap();
    let file = std::fs::File::create(format!("{dir}/faults.lock")).unwrap();
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
    file
}

/// Break every engine that may be broken, all at the same time.
async fn each<F>(test: impl Fn(live::Fault) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let lock = tokio::task::block_in_place(lock);
    let all: Vec<_> = live::faults()
        .into_iter()
        .map(|f| tokio::spawn(test(f)))
        .collect();
    for one in all {
        if let Err(e) = one.await {
            std::panic::resume_unwind(e.into_panic());
        }
    }
    drop(lock);
}

/// Noticing a freeze takes a ping's pause and a call's limit.
fn quick() -> (Settings, Timeouts) {
    let settings = Settings {
        ping: Duration::from_secs(2),
        ..Settings::default()
    };
    let timeouts = Timeouts {
        headers: Duration::from_secs(5),
        ..Timeouts::default()
    };
    (settings, timeouts)
}

fn bench(fault: &live::Fault) -> Bench {
    let (settings, timeouts) = quick();
    let engines = [(fault.name.clone(), fault.endpoint.clone())];
    Bench::with(&engines, settings, timeouts)
}

fn is_stale(bench: &Bench, host: &str) -> bool {
    matches!(bench.shard(host).link, Link::Stale { .. })
}

async fn becomes_stale(bench: &Bench, host: &str) {
    let id = HostId::new(host);
    bench
        .until(&format!("{host} is stale"), |s| {
            s.host(&id)
                .is_some_and(|h| matches!(h.link, Link::Stale { .. }))
        })
        .await;
}

/// Blocking work of the bed.
fn bed(args: &[&str]) {
    tokio::task::block_in_place(|| live::testbed(args));
}

fn docker(endpoint: &str, args: &[&str]) -> String {
    tokio::task::block_in_place(|| live::docker(endpoint, args))
}

fn run(fault: &live::Fault, name: &str, script: &str) {
    let image = live::variable("IMAGE");
    let _ =
        tokio::task::block_in_place(|| live::docker_output(&fault.endpoint, &["rm", "-f", name]));
    docker(
        &fault.endpoint,
        &["run", "-d", "--name", name, &image, "sh", "-c", script],
    );
}

fn remove(fault: &live::Fault, name: &str) {
    let _ =
        tokio::task::block_in_place(|| live::docker_output(&fault.endpoint, &["rm", "-f", name]));
}

const OBEDIENT: &str = "trap exit TERM; while :; do sleep 1; done";
const STUBBORN: &str = "trap '' TERM; while :; do sleep 1; done";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_engine_is_stale_at_once_and_comes_back_by_itself() {
    if live::absent() {
        return;
    }
    each(|fault| async move {
        let bench = bench(&fault);
        run(&fault, "fault-kill", OBEDIENT);
        bench.live(&fault.name).await;
        let before = std::time::Instant::now();
        bed(&["kill", &fault.machine]);
        becomes_stale(&bench, &fault.name).await;
        println!(
            "{}: stale {:?} after the kill began",
            fault.name,
            before.elapsed()
        );
        // What was known is still shown, as old.
        let shard = bench.shard(&fault.name);
        assert!(shard.containers.iter().any(|c| *c.name == *"fault-kill"));
        bed(&["start", &fault.machine]);
        bench.live(&fault.name).await;
        let engines = [(fault.name.clone(), fault.endpoint.clone())];
        tokio::task::block_in_place(|| pictures_become_equal(&bench, &engines));
        remove(&fault, "fault-kill");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_engine_is_stale_within_its_timeout_and_thaws() {
    if live::absent() {
        return;
    }
    each(|fault| async move {
        let bench = bench(&fault);
        bench.live(&fault.name).await;
        let before = std::time::Instant::now();
        bed(&["stop", &fault.machine]);
        becomes_stale(&bench, &fault.name).await;
        println!(
            "{}: stale {:?} after the freeze",
            fault.name,
            before.elapsed()
        );
        // It stays so while it is frozen.
        let rest = Duration::from_secs(30).saturating_sub(before.elapsed());
        tokio::time::sleep(rest).await;
        assert!(is_stale(&bench, &fault.name));
        bed(&["cont", &fault.machine]);
        bench.live(&fault.name).await;
        let engines = [(fault.name.clone(), fault.endpoint.clone())];
        tokio::task::block_in_place(|| pictures_become_equal(&bench, &engines));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_restart_is_survived() {
    if live::absent() {
        return;
    }
    each(|fault| async move {
        let bench = bench(&fault);
        bench.live(&fault.name).await;
        let rev = bench.shard(&fault.name).rev;
        bed(&["restart", &fault.machine]);
        let id = HostId::new(&fault.name);
        bench
            .until("it is live anew", |s| {
                s.host(&id).is_some_and(|h| h.rev > rev && h.link.is_live())
            })
            .await;
        let engines = [(fault.name.clone(), fault.endpoint.clone())];
        tokio::task::block_in_place(|| pictures_become_equal(&bench, &engines));
    })
    .await;
}

/// The engine dies while a stop waits for a container that does not want to: the operation does not
/// claim that it is done, unless it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_killed_in_a_stop_is_reported_truthfully() {
    if live::absent() {
        return;
    }
    each(|fault| async move {
        let bench = Arc::new(bench(&fault));
        run(&fault, "fault-stop", STUBBORN);
        let id = HostId::new(&fault.name);
        bench
            .until("the container runs", |s| {
                s.host(&id).is_some_and(|h| {
                    h.link.is_live()
                        && h.containers
                            .iter()
                            .any(|c| *c.name == *"fault-stop" && c.state == ContainerState::Running)
                })
            })
            .await;
        let target = bench.target(&fault.name, Kind::Container, "fault-stop");
        let intent = Intent::Stop {
            targets: vec![target],
            timeout: Some(Duration::from_secs(12)),
        };
        let working = Arc::clone(&bench);
        let stop = tokio::spawn(async move { working.perform(intent).await });
        bench
            .until("the stop is under way", |s| {
                s.operations
                    .iter()
                    .any(|o| o.steps.iter().any(|s| s.is_active() && s.attempts > 0))
            })
            .await;
        bed(&["kill", &fault.machine]);
        becomes_stale(&bench, &fault.name).await;
        bed(&["start", &fault.machine]);
        let operation = stop.await.unwrap().unwrap();
        bench.live(&fault.name).await;
        let state = docker(
            &fault.endpoint,
            &["inspect", "-f", "{{.State.Running}}", "fault-stop"],
        );
        match operation.outcome {
            Outcome::Succeeded | Outcome::Unchanged => assert_eq!(state, "false", "{operation:#?}"),
            Outcome::Failed => {
                assert!(operation.steps[0].failure.is_some(), "{operation:#?}");
            }
            other => panic!("{other:?}: {operation:#?}"),
        }
        let query = HistoryQuery {
            id: Some(operation.id),
            ..HistoryQuery::default()
        };
        let records = bench.core.history(query).await.unwrap();
        assert_eq!(records[0].operation.outcome, operation.outcome);
        assert!(bench.core.verify().await.unwrap().broken.is_none());
        remove(&fault, "fault-stop");
    })
    .await;
}

/// A pull from the registry while the engine is frozen, then thawed: what the operation says is
/// what the engine has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_through_a_freeze_tells_what_the_engine_has() {
    if live::absent() {
        return;
    }
    let _lock = lock();
    let reference = format!("{}/{}", live::variable("REGISTRY"), live::variable("IMAGE"));
    for fault in live::faults() {
        let bench = Arc::new(bench(&fault));
        bench.live(&fault.name).await;
        let _ = tokio::task::block_in_place(|| {
            live::docker_output(&fault.endpoint, &["rmi", "-f", &reference])
        });
        bed(&["stop", &fault.machine]);
        let intent = Intent::Pull {
            host: HostId::new(&fault.name),
            reference: reference.clone(),
            platform: None,
        };
        let working = Arc::clone(&bench);
        let pull = tokio::spawn(async move { working.perform(intent).await });
        becomes_stale(&bench, &fault.name).await;
        bed(&["cont", &fault.machine]);
        let operation = pull.await.unwrap().unwrap();
        bench.live(&fault.name).await;
        let there = tokio::task::block_in_place(|| {
            live::docker_output(&fault.endpoint, &["image", "inspect", &reference])
        });
        assert_eq!(
            operation.outcome == Outcome::Succeeded,
            there.status.success(),
            "{operation:#?}"
        );
        let _ = tokio::task::block_in_place(|| {
            live::docker_output(&fault.endpoint, &["rmi", "-f", &reference])
        });
    }
}
