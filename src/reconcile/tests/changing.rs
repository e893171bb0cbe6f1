//! Operations that go as they should: order, turns, what is called and what is written down.

use super::super::fake::{AUTO_REMOVE, Fault, ONE_SHOT};
use super::*;
use crate::domain::error::ErrorKind;
use crate::domain::guardrail::{Demand, Effect, Guardrail, Match, Policy};
use crate::domain::intent::PullPolicy;
use crate::domain::observed::Container;
use crate::domain::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};

fn trio() -> HostShard {
    live("h").with_containers([
        container("a", State::Running),
        container("b", State::Running),
        container("c", State::Exited),
    ])
}

fn shop() -> HostShard {
    let part = |service: &str, depends: &str| part("shop", service, 1, State::Exited, depends);
    live("h").with_containers([part("api", "db"), part("db", ""), part("web", "api")])
}

fn project() -> Vec<Target> {
    vec![target("h", Kind::Project, "shop")]
}

fn create(name: Option<&str>) -> Intent {
    Intent::CreateContainer {
        host: "h".into(),
        name: name.map(Into::into),
        spec: Box::new(ContainerSpec {
            image: "busybox".into(),
            ..ContainerSpec::default()
        }),
        start: true,
        pull: PullPolicy::Missing,
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_operation_is_in_the_picture() {
    let rig = rig([web()]).ready().await;
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert_eq!(
        rig.state("web"),
        Some(State::Exited),
        "without waiting for any event"
    );
    let step = &op.steps[0];
    assert_eq!(step.before.as_deref(), Some("running"));
    assert_eq!(step.after.as_deref(), Some("exited (143)"));
    assert_eq!(step.attempts, 1);
    assert!(step.started.is_some() && step.finished > step.started);
    assert!(step.progress.is_none());
    assert!(op.finished.is_some());
}

#[tokio::test(start_paused = true)]
async fn it_is_written_down_before_anything_is_done() {
    let rig = rig([web()]).ready().await;
    rig.run(stop(&["web"])).await;
    let mut all = rig.log.all();
    all.retain(|l| l.starts_with("journal") || l.contains(" run "));
    assert_eq!(
        all,
        [
            "journal begin stop h/web",
            "journal step stop h/web: 0 running",
            "h run stop web",
            "journal step stop h/web: 0 succeeded",
            "journal finish stop h/web",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn who_asked_and_what_is_in_the_journal() {
    let rig = rig([web()]).ready().await;
    let id = rig.submit(stop(&["web"])).await.unwrap();
    rig.ended(id).await;
    let record = rig.journal.record(id).unwrap();
    assert_eq!(&*record.operation.actor.user, "tester");
    assert_eq!(record.operation.origin, Origin::Cli);
    assert_eq!(record.operation.outcome, Outcome::Succeeded);
    assert_eq!(record.plan.unwrap().steps.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_as_it_shall_be_costs_no_call() {
    let rig = rig([trio()]).ready().await;
    let core = rig.handle();
    let preview = core.preview(start(&["a", "b"])).unwrap();
    assert!(preview.plan.is_empty());
    assert_eq!(preview.demand, Demand::Nothing);
    let op = rig.run(start(&["a", "b"])).await;
    assert_eq!(op.outcome, Outcome::Unchanged);
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_became_so_meanwhile_is_left_alone() {
    let rig = rig([trio()]).ready().await;
    let core = rig.handle();
    let preview = core.preview(stop(&["a"])).unwrap();
    rig.engine()
        .change(|w| w.stop(&cid("a")).map(|_| ()).unwrap());
    let id = core
        .submit(preview, &Answer::None, actor(), Origin::Cli)
        .await
        .unwrap();
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Unchanged);
    assert!(rig.changes().is_empty(), "{:?}", rig.changes());
}

#[tokio::test(start_paused = true)]
async fn steps_wait_for_each_other() {
    let rig = rig([shop()]).ready().await;
    let op = rig.run(Intent::Start { targets: project() }).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert_eq!(
        rig.changes(),
        [
            "h run start shop-db-1",
            "h run start shop-api-1",
            "h run start shop-web-1"
        ]
    );
    rig.log.clear();
    rig.run(Intent::Stop {
        targets: project(),
        timeout: None,
    })
    .await;
    assert_eq!(
        rig.changes(),
        [
            "h run stop shop-web-1",
            "h run stop shop-api-1",
            "h run stop shop-db-1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn one_object_is_worked_on_by_one_operation_in_the_order_they_came() {
    // The fake engine panics when two changes of one object overlap.
    let rig = rig([trio()]).ready().await;
    rig.engine().takes(Duration::from_secs(3));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(rig.submit(restart(&["a"])).await.unwrap());
    }
    ids.push(rig.submit(stop(&["b"])).await.unwrap());
    let mut ends = Vec::new();
    for id in &ids {
        let op = rig.ended(*id).await;
        assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
        ends.push(op.finished.unwrap());
    }
    assert!(ends[0] < ends[1] && ends[1] < ends[2]);
    assert!(ends[3] < ends[1], "another object does not wait");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_waits_its_turn_shows_no_step_running() {
    let rig = rig([trio()]).ready().await;
    rig.engine().takes(Duration::from_secs(3));
    rig.submit(restart(&["a"])).await.unwrap();
    let second = rig.submit(restart(&["a", "b"])).await.unwrap();
    let snapshot = rig
        .until("b is being restarted", |s| {
            s.operations
                .iter()
                .any(|o| o.id == second && o.steps[1].is_active())
        })
        .await;
    let op = snapshot.operations.iter().find(|o| o.id == second).unwrap();
    assert_eq!(op.steps[0].outcome, Outcome::Pending);
    assert!(op.steps[0].started.is_none());
    rig.ended(second).await;
}

#[tokio::test(start_paused = true)]
async fn a_host_carries_out_so_many_at_once_and_hosts_do_not_wait_for_each_other() {
    let many = |host: &str| {
        live(host).with_containers((0..12).map(|n| container(&format!("c{n:02}"), State::Running)))
    };
    let rig = rig([many("h"), many("g")]).ready().await;
    for engine in &rig.engines {
        engine.takes(Duration::from_secs(1));
    }
    let targets = ["h", "g"]
        .iter()
        .flat_map(|h| (0..12).map(move |n| target(h, Kind::Container, &format!("c{n:02}"))));
    let before = tokio::time::Instant::now();
    let op = rig
        .run(Intent::Stop {
            targets: targets.collect(),
            timeout: None,
        })
        .await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert_eq!(rig.engines[0].most_at_once(), 4);
    assert_eq!(rig.engines[1].most_at_once(), 4);
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_container_is_pulled_made_and_started() {
    let rig = rig([live("h")]).ready().await;
    let op = rig.run(create(Some("web"))).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(
        rig.changes(),
        ["h run pull busybox", "h run create web", "h run start web"]
    );
    assert!(!op.steps[2].target.id.as_str().is_empty());
    assert_eq!(op.steps[1].target.id, op.steps[2].target.id);
    let snapshot = rig.handle().snapshot();
    assert_eq!(state(&snapshot, "web"), Some(State::Running));
    assert_eq!(snapshot.hosts[0].images.len(), 1);
    let made = snapshot.hosts[0].container(&op.steps[1].target.id).unwrap();
    assert!(made.inspected);
}

#[tokio::test(start_paused = true)]
async fn containers_without_a_name_do_not_wait_for_each_other() {
    let rig = rig([live("h").with_images([image("busybox", &["busybox"])])])
        .ready()
        .await;
    rig.engine().takes(Duration::from_secs(1));
    let first = rig.submit(create(None)).await.unwrap();
    let second = rig.submit(create(None)).await.unwrap();
    let before = tokio::time::Instant::now();
    for id in [first, second] {
        assert_eq!(rig.ended(id).await.outcome, Outcome::Succeeded);
    }
    assert!(before.elapsed() < Duration::from_secs(3));
    assert_eq!(rig.engine().see(|w| w.containers.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn two_creates_of_one_name_make_one_container() {
    let rig = rig([live("h").with_images([image("busybox", &["busybox"])])])
        .ready()
        .await;
    rig.engine().takes(Duration::from_secs(1));
    let first = rig.submit(create(Some("web"))).await.unwrap();
    let second = rig.submit(create(Some("web"))).await.unwrap();
    assert_eq!(rig.ended(first).await.outcome, Outcome::Succeeded);
    let op = rig.ended(second).await;
    assert_eq!(op.outcome, Outcome::Failed, "{op:#?}");
    assert_eq!(
        op.steps[0].failure.as_ref().unwrap().kind,
        ErrorKind::Conflict
    );
    assert_eq!(op.steps[1].outcome, Outcome::Skipped);
    assert_eq!(rig.engine().see(|w| w.containers.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn every_other_change_is_seen_to_be_done() {
    let shard = trio()
        .with_images([image("busybox", &["busybox:1"])])
        .with_volumes([volume("data")])
        .with_networks([network("front")]);
    let rig = rig([shard]).ready().await;
    let one = |kind, name: &str| target("h", kind, name);
    let intents = [
        Intent::Pause {
            targets: on(&["a"]),
        },
        Intent::Unpause {
            targets: on(&["a"]),
        },
        Intent::Kill {
            targets: on(&["a"]),
            signal: "HUP".into(),
        },
        Intent::Kill {
            targets: on(&["a"]),
            signal: "KILL".into(),
        },
        Intent::Rename {
            target: one(Kind::Container, "c"),
            to: "cc".into(),
        },
        Intent::Connect {
            network: one(Kind::Network, "front"),
            container: one(Kind::Container, "b"),
            endpoint: EndpointSpec::default(),
        },
        Intent::Disconnect {
            network: one(Kind::Network, "front"),
            container: one(Kind::Container, "b"),
            force: false,
        },
        Intent::CreateVolume {
            host: "h".into(),
            spec: VolumeSpec {
                name: "new".into(),
                ..VolumeSpec::default()
            },
        },
        Intent::CreateNetwork {
            host: "h".into(),
            spec: NetworkSpec {
                name: "new".into(),
                ..NetworkSpec::default()
            },
        },
        Intent::Tag {
            image: one(Kind::Image, "busybox"),
            reference: "mine:1".into(),
        },
        Intent::Pull {
            host: "h".into(),
            reference: "nginx".into(),
            platform: None,
        },
        Intent::Remove {
            targets: vec![
                one(Kind::Container, "c"),
                one(Kind::Volume, "data"),
                one(Kind::Network, "front"),
            ],
            force: false,
            volumes: false,
        },
    ];
    for intent in intents {
        let title = intent.summary();
        let op = rig.run(intent).await;
        assert_eq!(op.outcome, Outcome::Succeeded, "{title}: {op:#?}");
    }
    let snapshot = rig.handle().snapshot();
    let host = &snapshot.hosts[0];
    let names = |list: Vec<&str>| list.join(" ");
    assert_eq!(
        names(host.containers.iter().map(|c| &*c.name).collect()),
        "a b"
    );
    assert_eq!(
        names(host.volumes.iter().map(|v| &*v.name).collect()),
        "new"
    );
    assert_eq!(
        names(host.networks.iter().map(|n| &*n.name).collect()),
        "new"
    );
    let tags = host.images.iter().flat_map(|i| &i.tags).map(|t| &**t);
    assert_eq!(names(tags.collect()), "busybox:1 mine:1 nginx");
    assert_eq!(state(&snapshot, "a"), Some(State::Exited));
}

#[tokio::test(start_paused = true)]
async fn a_paused_container_is_thawed_before_it_stops() {
    let rig = rig([live("h").with_containers([container("web", State::Paused)])])
        .ready()
        .await;
    assert_eq!(rig.run(stop(&["web"])).await.outcome, Outcome::Succeeded);
    assert_eq!(rig.changes(), ["h run unpause web", "h run stop web"]);
}

fn labelled(name: &str, state: State, label: &str) -> Container {
    let mut c = container(name, state);
    c.labels = labels(&[(label, "1")]);
    c
}

#[tokio::test(start_paused = true)]
async fn what_ends_at_once_was_started() {
    let mut both = labelled("both", State::Created, ONE_SHOT);
    both.labels = labels(&[(ONE_SHOT, "0"), (AUTO_REMOVE, "1")]);
    let mut short = labelled("short", State::Created, ONE_SHOT);
    short.labels = labels(&[(ONE_SHOT, "0")]);
    let rig = rig([live("h").with_containers([
        short,
        both,
        labelled("temporary", State::Running, AUTO_REMOVE),
    ])])
    .ready()
    .await;
    let op = rig.run(start(&["short", "both"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    let ends: Vec<_> = op
        .steps
        .iter()
        .map(|s| s.after.as_deref().unwrap())
        .collect();
    assert_eq!(ends, ["absent", "exited (0)"]);
    // A container that removes itself has stopped all the same.
    let op = rig.run(stop(&["temporary"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert_eq!(op.steps[0].after.as_deref(), Some("absent"));
    assert!(
        rig.handle().snapshot().hosts[0]
            .container(&cid("temporary"))
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn anonymous_volumes_go_from_the_picture_with_their_container() {
    let anonymous = "ab".repeat(32);
    let mut c = container("web", State::Exited);
    c.mounts = vec![mount(&anonymous)];
    let shard = live("h")
        .with_containers([c])
        .with_volumes([volume(&anonymous)]);
    let rig = rig([shard]).ready().await;
    rig.engine().hold();
    let op = rig
        .run(Intent::Remove {
            targets: on(&["web"]),
            force: false,
            volumes: true,
        })
        .await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    let snapshot = rig.handle().snapshot();
    assert!(snapshot.hosts[0].containers.is_empty() && snapshot.hosts[0].volumes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_is_waited_for() {
    let rig = rig([live("h").with_containers([
        container("stopping", State::Stopping),
        container("removing", State::Exited),
    ])])
    .ready()
    .await;
    let starting = rig.submit(start(&["stopping"])).await.unwrap();
    let core = rig.handle();
    let preview = core.preview(remove(&["removing"])).unwrap();
    rig.engine().change(|w| {
        w.containers.get_mut(&cid("removing")).unwrap().state = State::Removing;
    });
    let removing = core
        .submit(preview, &Answer::Yes, actor(), Origin::Cli)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(rig.changes().is_empty(), "{:?}", rig.changes());
    rig.engine().change(|w| w.end(&cid("stopping"), 0));
    rig.engine().change(|w| w.gone(&cid("removing"), false));
    assert_eq!(rig.ended(starting).await.outcome, Outcome::Succeeded);
    assert_eq!(rig.ended(removing).await.outcome, Outcome::Unchanged);
    assert_eq!(rig.changes(), ["h run start stopping"]);
}

#[tokio::test(start_paused = true)]
async fn guardrails_are_judged_in_submit_whatever_the_caller_says() {
    let rig = rig_with([trio()], |s| {
        s.policy = Policy {
            rules: vec![Guardrail {
                matches: Match {
                    actions: vec!["stop".into()],
                    ..Match::default()
                },
                effect: Effect::TypeHostName,
                max_bulk: None,
                reason: "careful".into(),
            }],
            ..Policy::default()
        };
    })
    .ready()
    .await;
    let core = rig.handle();
    for (demand, answer, fits) in [
        (None, Answer::Yes, false),
        (Some(Demand::Nothing), Answer::None, false),
        (Some(Demand::Nothing), Answer::Yes, false),
        (None, Answer::Typed("h".into()), true),
    ] {
        let mut preview = core.preview(stop(&["a"])).unwrap();
        preview.demand = demand.unwrap_or(preview.demand);
        let result = core.submit(preview, &answer, actor(), Origin::Cli).await;
        assert_eq!(result.is_ok(), fits, "{answer:?}");
        if let Err(e) = result {
            assert_eq!(e.kind(), ErrorKind::Refused);
            assert!(rig.log.of("journal").is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn read_only_hosts_are_not_changed() {
    let mut facts = (*facts("h")).clone();
    facts.read_only = true;
    let mut shard = trio();
    shard.facts = Arc::new(facts);
    let rig = rig([shard, live("g")]).ready().await;
    let core = rig.handle();
    let e = core.preview(stop(&["a"])).unwrap_err();
    assert_eq!(
        (e.kind(), e.message()),
        (ErrorKind::Refused, "h is read-only")
    );
    // A preview from elsewhere does not help.
    let plan = crate::domain::plan::plan(&stop(&["a"]), &core.snapshot()).unwrap();
    let forged = Preview {
        intent: stop(&["a"]),
        plan,
        demand: Demand::Nothing,
    };
    let e = core
        .submit(forged, &Answer::Yes, actor(), Origin::Cli)
        .await;
    assert_eq!(e.unwrap_err().kind(), ErrorKind::Refused);
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn destroying_wants_an_answer() {
    let rig = rig([trio()]).ready().await;
    let core = rig.handle();
    let preview = core.preview(remove(&["c"])).unwrap();
    let e = core
        .submit(preview, &Answer::None, actor(), Origin::Cli)
        .await
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Refused);
    assert!(rig.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn unknown_hosts_are_told_first() {
    let rig = rig([trio()]).ready().await;
    let there = Intent::Stop {
        targets: vec![target("hh", Kind::Container, "a")],
        timeout: None,
    };
    let e = rig.handle().preview(there).unwrap_err();
    assert_eq!(e.hint(), Some("did you mean \"h\"?"));
}

#[tokio::test(start_paused = true)]
async fn progress_is_shown_and_gone_at_the_end() {
    let rig = rig([trio()]).ready().await;
    rig.engine().takes(Duration::from_secs(2));
    let id = rig.submit(stop(&["a"])).await.unwrap();
    let snapshot = rig
        .until("progress", |s| {
            let steps = s.operations.iter().flat_map(|o| &o.steps);
            steps.clone().any(|s| s.progress.is_some())
        })
        .await;
    let object = target("h", Kind::Container, "a").object;
    assert_eq!(snapshot.operation_on(&object).unwrap().id, id);
    let core = rig.handle();
    let mut seen = Vec::new();
    let op = core.follow(id, |o| seen.push(o.outcome)).await.unwrap();
    assert_eq!(*seen.last().unwrap(), Outcome::Succeeded);
    assert!(op.steps[0].progress.is_none());
    assert!(core.snapshot().operation_on(&object).is_none());
}

#[tokio::test(start_paused = true)]
async fn closing_lets_operations_finish() {
    let rig = rig([trio()]).ready().await;
    rig.engine().takes(Duration::from_secs(5));
    let core = rig.handle();
    rig.submit(stop(&["a"])).await.unwrap();
    rig.submit(stop(&["b"])).await.unwrap();
    let Rig {
        core: running, log, ..
    } = rig;
    running.close().await;
    assert_eq!(log.of("journal finish").len(), 2);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let e = core.cancel(OpId(1)).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn draining_with_nothing_to_do_is_immediate() {
    let rig = rig([trio()]).ready().await;
    let before = tokio::time::Instant::now();
    rig.handle().drain().await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_takes_its_own_time_is_not_cut_short() {
    let rig = rig([trio()]).ready().await;
    rig.engine()
        .fault("run stop", Fault::Slow(Duration::from_secs(200)));
    let op = rig
        .run(Intent::Stop {
            targets: on(&["a"]),
            timeout: Some(Duration::from_secs(300)),
        })
        .await;
    assert_eq!(op.outcome, Outcome::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_container_with_a_long_stop_timeout_gets_it() {
    let rig = rig([trio()]).ready().await;
    rig.engine()
        .fault("run stop", Fault::Slow(Duration::from_secs(600)));
    let op = rig.run(stop(&["a"])).await;
    assert_eq!((op.outcome, op.steps[0].attempts), (Outcome::Succeeded, 1));
}

#[tokio::test(start_paused = true)]
async fn five_hundred_rereads_cost_few_calls() {
    let shard =
        live("h").with_containers((0..500).map(|n| container(&format!("c{n:03}"), State::Running)));
    let rig = rig([shard]).ready().await;
    rig.engine().latency(Duration::from_millis(50));
    let targets = (0..500).map(|n| target("h", Kind::Container, &format!("c{n:03}")));
    let before = tokio::time::Instant::now();
    let op = rig
        .run(Intent::Stop {
            targets: targets.collect(),
            timeout: None,
        })
        .await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    let snapshot = rig.handle().snapshot();
    assert!(
        snapshot.hosts[0]
            .containers
            .iter()
            .all(|c| c.state == State::Exited)
    );
    // Four at a time, three calls of 60 ms each: 25 s, and little more for the picture.
    assert!(
        before.elapsed() < Duration::from_secs(40),
        "{:?}",
        before.elapsed()
    );
}
