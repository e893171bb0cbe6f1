//! One host: how the picture follows the engine, and how a host is lost and found.

use super::super::fake::{CALL, Fault, Reach};
use super::*;
use crate::domain::fake;
use crate::domain::observed::{Swarm, SwarmNode};

fn many(n: usize) -> HostShard {
    live("h").with_containers((0..n).map(|n| container(&format!("c{n:03}"), State::Running)))
}

fn exit(rig: &Rig, name: &str) {
    rig.engine().change(|w| w.end(&cid(name), 1));
}

#[tokio::test(start_paused = true)]
async fn the_first_picture_has_everything() {
    let shard = web()
        .with_images([image("busybox", &["busybox:latest"])])
        .with_volumes([volume("data")])
        .with_networks([network("front")]);
    let rig = rig([shard]);
    let first = rig.handle().snapshot();
    assert_eq!(word(&first, "h"), "connecting");
    assert!(!first.hosts[0].listed);
    let rig = rig.ready().await;
    let snapshot = rig.handle().snapshot();
    let host = &snapshot.hosts[0];
    assert!(host.listed && host.seen.is_some() && host.info.is_some());
    let counts = (
        host.containers.len(),
        host.images.len(),
        host.volumes.len(),
        host.networks.len(),
    );
    assert_eq!(counts, (1, 1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_subscription_stands_before_the_lists() {
    let rig = rig([web()]).ready().await;
    let all = rig.log.all();
    let at = |line: &str| all.iter().position(|l| l == line).unwrap();
    assert!(at("h connect") < at("h events"));
    assert!(at("h events") < at("h containers"));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_in_the_picture_at_once() {
    let rig = rig([web()]).ready().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = tokio::time::Instant::now();
    exit(&rig, "web");
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    assert!(
        before.elapsed() < Duration::from_millis(20),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_and_goes_is_shown() {
    let rig = rig([web()]).ready().await;
    rig.engine()
        .change(|w| w.put(container("new", State::Running)));
    rig.until("new is there", |s| state(s, "new").is_some())
        .await;
    rig.engine().change(|w| w.gone(&cid("web"), false));
    rig.until("web is gone", |s| state(s, "web").is_none())
        .await;
    rig.engine().change(|w| w.gone(&cid("new"), false));
    rig.until("nothing is left", |s| s.hosts[0].containers.is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_carried_out_in_one_list() {
    let rig = rig([many(100)]).ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.log.clear();
    for n in 0..100 {
        exit(&rig, &format!("c{n:03}"));
    }
    rig.until("all ended", |s| {
        s.hosts[0]
            .containers
            .iter()
            .all(|c| c.state == State::Exited)
    })
    .await;
    let (inspects, lists) = (
        rig.log.of("h inspect").len(),
        rig.log.of("h containers").len(),
    );
    assert!(
        inspects <= 1 && lists <= 2,
        "{inspects} inspects, {lists} lists"
    );
}

#[tokio::test(start_paused = true)]
async fn an_idle_host_is_only_pinged() {
    let rig = rig([web()]).ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.log.clear();
    let rev = rig.handle().snapshot().rev;
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(rig.log.all(), ["h ping"; 6]);
    assert_eq!(
        rig.handle().snapshot().rev,
        rev,
        "nothing changed, nothing is published"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_is_a_new_beginning() {
    let rig = rig([web()]).ready().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    rig.engine().hold();
    exit(&rig, "web");
    let mut seen = rig.handle().snapshots();
    rig.engine().cut();
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    // Nobody saw the host stale: its stream broke off, it answers.
    seen.mark_unchanged();
    assert_eq!(word(&rig.handle().snapshot(), "h"), "live");
    assert_eq!(rig.engine().resets(), 1);
    rig.until("a new subscription", |_| rig.engine().listeners() == 1)
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_is_not_the_end() {
    for kind in [
        ErrorKind::Protocol,
        ErrorKind::Transient,
        ErrorKind::TimedOut,
    ] {
        let rig = rig([web()]).ready().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        rig.engine().hold();
        exit(&rig, "web");
        rig.engine().break_events(kind);
        rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_lasts_is_not_asked_for_all_the_time() {
    let rig = rig([web()]).ready().await;
    rig.log.clear();
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        rig.engine().cut();
    }
    let tries = rig.log.of("h connect").len();
    assert!((3..15).contains(&tries), "{tries} connects in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_host_goes_stale_and_comes_back_by_itself() {
    let rig = rig([web()]).ready().await;
    rig.engine().reach(Reach::Down);
    let snapshot = rig.until("h is stale", |s| word(s, "h") == "stale").await;
    let host = &snapshot.hosts[0];
    assert_eq!(host.containers.len(), 1, "what was known stays");
    let Link::Stale {
        since,
        error,
        retry,
    } = &host.link
    else {
        panic!("{:?}", host.link)
    };
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(retry.is_some_and(|r| r > *since));
    assert_eq!(Some(*since), host.seen);
    // It changes while nobody looks.
    rig.engine().change(|w| w.end(&cid("web"), 1));
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(word(&rig.handle().snapshot(), "h"), "stale");
    rig.engine().well_again();
    let snapshot = rig.until("h is live", |s| word(s, "h") == "live").await;
    assert_eq!(state(&snapshot, "web"), Some(State::Exited));
}

#[tokio::test(start_paused = true)]
async fn tries_become_rarer() {
    let rig = rig([web()]).ready().await;
    rig.engine().reach(Reach::Down);
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    rig.log.clear();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let soon = rig.log.of("h connect").len();
    tokio::time::sleep(Duration::from_secs(290)).await;
    rig.log.clear();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let late = rig.log.of("h connect").len();
    assert!((3..10).contains(&soon), "{soon} in the first 10 s");
    assert!((9..22).contains(&late), "{late} in 5 min, later");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_does_not_wait_for_the_next_try() {
    let rig = rig([web()]).ready().await;
    rig.engine().reach(Reach::Down);
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    rig.engine().well_again();
    let before = tokio::time::Instant::now();
    rig.handle().refresh(&HostId::new("h")).unwrap();
    rig.until("h is live", |s| word(s, "h") == "live").await;
    assert!(before.elapsed() < Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_reads_what_no_event_told() {
    let rig = rig([web()]).ready().await;
    rig.engine().hold();
    exit(&rig, "web");
    rig.handle().refresh(&HostId::new("h")).unwrap();
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    assert!(rig.handle().refresh(&HostId::new("g")).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_lists_are_not_believed_for_ever() {
    let rig = rig([web()]).ready().await;
    rig.engine().hold();
    exit(&rig, "web");
    let before = tokio::time::Instant::now();
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    assert!(before.elapsed() <= Settings::default().resync);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_refuses_is_told_apart_and_tried_rarely() {
    let rig = prepared([web()], |_| {}, |e| e.reach(Reach::Denied));
    let snapshot = rig.until("h is denied", |s| word(s, "h") == "denied").await;
    assert_eq!(
        snapshot.hosts[0].link.error().unwrap().kind(),
        ErrorKind::Denied
    );
    rig.log.clear();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let tries = rig.log.of("h connect").len();
    assert!((9..12).contains(&tries), "{tries}");
    rig.engine().well_again();
    rig.until("h is live", |s| word(s, "h") == "live").await;
}

#[tokio::test(start_paused = true)]
async fn a_dead_and_a_frozen_host_delay_nobody() {
    let rig = prepared(
        [web(), live("dead"), live("frozen")],
        |_| {},
        |e| match format!("{e:?}").as_str() {
            "FakeEngine(dead)" => e.reach(Reach::Down),
            "FakeEngine(frozen)" => e.reach(Reach::Frozen),
            _ => {}
        },
    );
    let before = tokio::time::Instant::now();
    rig.until("h is live", |s| word(s, "h") == "live").await;
    exit(&rig, "web");
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    assert!(before.elapsed() < Duration::from_secs(1));
    let hosts = ["h", "dead", "frozen"].map(HostId::new);
    let core = rig.handle();
    let settled = core.settled(&hosts).await.unwrap();
    assert_eq!(word(&settled, "dead"), "stale");
    assert_eq!(word(&settled, "frozen"), "stale");
    assert!(before.elapsed() < CALL * 2);
}

#[tokio::test(start_paused = true)]
async fn settled_knows_the_hosts_there_are() {
    let rig = rig([web()]);
    let core = rig.handle();
    assert!(core.settled(&[HostId::new("h")]).await.unwrap().hosts[0].listed);
    let e = core.settled(&[HostId::new("hh")]).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert_eq!(e.hint(), Some("did you mean \"h\"?"));
    assert!(core.settled(&[]).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_frozen_engine_is_noticed_by_the_next_ping() {
    let rig = rig([web()]).ready().await;
    rig.engine().reach(Reach::Frozen);
    let before = tokio::time::Instant::now();
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    let limit = Settings::default().ping + CALL + Duration::from_secs(1);
    assert!(before.elapsed() <= limit, "{:?}", before.elapsed());
    rig.engine().well_again();
    rig.until("h is live", |s| word(s, "h") == "live").await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_freezes_while_it_is_asked_is_noticed() {
    let rig = rig([web()]).ready().await;
    rig.engine().change(|w| w.end(&cid("web"), 1));
    // The event is out, the inspect under way.
    rig.engine().reach(Reach::Frozen);
    rig.engine()
        .change(|w| w.put(container("new", State::Running)));
    let before = tokio::time::Instant::now();
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    assert!(before.elapsed() <= CALL * 3, "{:?}", before.elapsed());
    rig.engine().well_again();
    let snapshot = rig.until("h is live", |s| word(s, "h") == "live").await;
    assert_eq!(state(&snapshot, "web"), Some(State::Exited));
    assert_eq!(state(&snapshot, "new"), Some(State::Running));
}

#[tokio::test(start_paused = true)]
async fn one_container_that_cannot_be_inspected_makes_no_host_stale() {
    for kind in [
        ErrorKind::Transient,
        ErrorKind::TimedOut,
        ErrorKind::Protocol,
    ] {
        let rig = rig([many(3)]).ready().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        rig.engine().always("inspect c001", Fault::Fail(kind));
        rig.log.clear();
        exit(&rig, "c001");
        exit(&rig, "c002");
        rig.until("both ended", |s| {
            [state(s, "c001"), state(s, "c002")] == [Some(State::Exited); 2]
        })
        .await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(word(&rig.handle().snapshot(), "h"), "live");
        assert!(rig.log.of("h connect").is_empty(), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_is_a_gap_and_is_asked_for_again() {
    for (kind, passes) in [
        (ErrorKind::Transient, true),
        (ErrorKind::TimedOut, true),
        (ErrorKind::Denied, false),
        (ErrorKind::Unsupported, false),
    ] {
        let shard = web().with_images([image("busybox", &["busybox:latest"])]);
        let rig = prepared([shard], |_| {}, |e| e.always("images", Fault::Fail(kind)))
            .ready()
            .await;
        let snapshot = rig.handle().snapshot();
        assert_eq!(snapshot.hosts[0].gaps[&Kind::Image].kind(), kind);
        assert_eq!(state(&snapshot, "web"), Some(State::Running));
        rig.engine().well_again();
        let before = tokio::time::Instant::now();
        let snapshot = rig
            .until("the gap is closed", |s| s.hosts[0].gaps.is_empty())
            .await;
        assert_eq!(snapshot.hosts[0].images.len(), 1);
        let soon = before.elapsed() <= Duration::from_secs(31);
        assert_eq!(soon, passes, "{kind:?}: {:?}", before.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_containers_a_host_is_not_live() {
    let rig = prepared(
        [web()],
        |_| {},
        |e| e.always("containers", Fault::Fail(ErrorKind::Transient)),
    );
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    rig.engine().well_again();
    rig.until("h is live", |s| word(s, "h") == "live").await;
}

#[tokio::test(start_paused = true)]
async fn headers_that_come_with_the_first_event_only() {
    let rig = prepared([web()], |_| {}, FakeEngine::late_headers)
        .ready()
        .await;
    assert_eq!(rig.engine().listeners(), 0, "no subscription yet");
    tokio::time::sleep(Duration::from_secs(95)).await;
    assert_eq!(word(&rig.handle().snapshot(), "h"), "live");
    // The first event brings the headers and is missed itself: the lists are read again.
    exit(&rig, "web");
    rig.until("web ended", |s| state(s, "web") == Some(State::Exited))
        .await;
    rig.until("the subscription stands", |_| rig.engine().listeners() == 1)
        .await;
    rig.engine()
        .change(|w| w.start(&cid("web")).map(|_| ()).unwrap());
    rig.until("web runs", |s| state(s, "web") == Some(State::Running))
        .await;
}

#[tokio::test(start_paused = true)]
async fn operations_are_shown_while_the_subscription_is_late() {
    let rig = prepared([web()], |_| {}, FakeEngine::late_headers)
        .ready()
        .await;
    let before = tokio::time::Instant::now();
    let op = rig.run(stop(&["web"])).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    assert_eq!(rig.state("web"), Some(State::Exited));
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_lags_does_not_bring_back_the_dead() {
    let rig = rig([web()]).ready().await;
    rig.engine().lists_lag(true);
    rig.engine().change(|w| w.gone(&cid("web"), false));
    rig.until("web is gone", |s| state(s, "web").is_none())
        .await;
    // A new connection: the old list has it again, until the inspect or the next list.
    rig.engine().lists_lag(false);
    rig.handle().refresh(&HostId::new("h")).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.state("web"), None);
}

#[tokio::test(start_paused = true)]
async fn what_happens_between_subscription_and_list_is_not_lost() {
    let slow = |e: &FakeEngine| e.fault("containers", Fault::Slow(Duration::from_secs(2)));
    let rig = prepared([web()], |_| {}, slow);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.engine().listeners(), 1);
    rig.engine().lists_lag(true);
    rig.engine()
        .change(|w| w.put(container("new", State::Running)));
    rig.engine().change(|w| w.gone(&cid("web"), false));
    rig.until("new and not web", |s| {
        state(s, "new").is_some() && state(s, "web").is_none()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn details_of_problems_never_bring_back_an_older_state() {
    let mut sick = container("sick", State::Restarting);
    sick.exit_code = Some(1);
    let shard = live("h").with_containers([sick, container("well", State::Running)]);
    // The inspect in bulk answers for `sick` only after five seconds, with what it was.
    let rig = prepared([shard], |_| {}, |e| e.latency(Duration::from_millis(1)));
    rig.engine()
        .fault("inspect sick", Fault::Slow(Duration::from_secs(5)));
    let rig = rig.ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    exit(&rig, "sick");
    rig.until("sick ended", |s| state(s, "sick") == Some(State::Exited))
        .await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.state("sick"), Some(State::Exited));
    let snapshot = rig.handle().snapshot();
    assert!(snapshot.hosts[0].containers[0].inspected);
}

#[tokio::test(start_paused = true)]
async fn networks_and_ports_follow_a_list_after_a_gap() {
    let mut c = container("web", State::Running);
    c.networks = vec![attached("front")];
    let rig = rig([live("h").with_containers([c])]).ready().await;
    // Inspected once, so that a list has something to be merged with.
    rig.engine()
        .change(|w| w.put(w.containers[&cid("web")].clone()));
    rig.until("inspected", |s| s.hosts[0].containers[0].inspected)
        .await;
    rig.engine().hold();
    rig.engine().change(|w| {
        let c = w.containers.get_mut(&cid("web")).unwrap();
        c.networks = vec![attached("back")];
    });
    rig.handle().refresh(&HostId::new("h")).unwrap();
    let in_back = |s: &Snapshot| *s.hosts[0].containers[0].networks[0].network == *"back";
    let snapshot = rig.until("web is in back", in_back).await;
    assert!(
        snapshot.hosts[0].containers[0].started.is_some(),
        "the rest of the details stays"
    );
}

#[tokio::test(start_paused = true)]
async fn only_what_is_looked_at_is_measured() {
    let shard = live("h").with_containers([
        container("down", State::Exited),
        container("seen", State::Running),
        container("unseen", State::Running),
    ]);
    let rig = rig([shard, live("g")]).ready().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(rig.log.of("h stats").is_empty(), "nobody looks");
    let all = ["down", "seen"].map(|n| target("h", Kind::Container, n).object);
    rig.handle().look_at(&all);
    rig.until("seen is measured", |s| {
        s.hosts[0].usage.contains_key(&cid("seen"))
    })
    .await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let stats = rig.log.of("h stats");
    assert!(stats.iter().all(|l| l == "h stats seen"), "{stats:?}");
    assert!(
        (28..35).contains(&stats.len()),
        "every 2 s: {}",
        stats.len()
    );
    rig.handle().look_at(&[]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    rig.log.clear();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(rig.log.of("h stats").is_empty());
    // What ended uses nothing.
    exit(&rig, "seen");
    rig.until("no use is shown", |s| s.hosts[0].usage.is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_look_is_not_lost_while_a_host_is_away() {
    let rig = rig([web()]).ready().await;
    rig.engine().reach(Reach::Frozen);
    rig.until("h is stale", |s| word(s, "h") == "stale").await;
    for n in 0..200 {
        let name = format!("other-{n}");
        rig.handle()
            .look_at(&[target("h", Kind::Container, &name).object]);
    }
    rig.handle()
        .look_at(&[target("h", Kind::Container, "web").object]);
    rig.engine().well_again();
    rig.until("web is measured", |s| {
        s.hosts[0].usage.contains_key(&cid("web"))
    })
    .await;
    let stats = rig.log.of("h stats");
    assert!(stats.iter().all(|l| l == "h stats web"), "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn measuring_again_after_a_slow_answer() {
    let rig = rig([web()]).ready().await;
    rig.engine()
        .always("stats", Fault::Slow(Duration::from_secs(7)));
    rig.handle()
        .look_at(&[target("h", Kind::Container, "web").object]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = rig.log.of("h stats").len();
    assert!((6..9).contains(&asked), "one at a time: {asked}");
}

#[tokio::test(start_paused = true)]
async fn podmans_networks_are_read_without_events() {
    let rig = rig([podman("h")]).ready().await;
    rig.engine().hold();
    rig.engine().change(|w| {
        w.networks.insert(fake::id("front"), network("front"));
    });
    rig.until("front is shown", |s| !s.hosts[0].networks.is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_swarm_is_read_again_though_nothing_happens_here() {
    let mut shard = live("h");
    shard.swarm = Some(Arc::new(Swarm::default()));
    let rig = rig([shard]).ready().await;
    rig.engine()
        .change(|w| w.swarm.as_mut().unwrap().nodes.push(Arc::new(node())));
    let before = tokio::time::Instant::now();
    rig.until("the node is shown", |s| {
        let swarm = s.hosts[0].swarm.as_ref();
        swarm.is_some_and(|s| s.nodes.len() == 1)
    })
    .await;
    assert!(before.elapsed() <= Duration::from_secs(31));
}

fn node() -> SwarmNode {
    SwarmNode {
        id: "n".into(),
        name: Arc::from("n"),
        role: Arc::from("worker"),
        availability: Arc::from("active"),
        status: Arc::from("ready"),
        address: Arc::from(""),
        engine: Arc::from(""),
        leader: false,
    }
}

#[tokio::test(start_paused = true)]
async fn events_reach_listeners_with_their_host() {
    let rig = rig([web()]).ready().await;
    let mut events = rig.handle().events();
    exit(&rig, "web");
    let event = events.recv().await.unwrap();
    assert_eq!((event.host.as_str(), &*event.event.action), ("h", "die"));
}

#[tokio::test(start_paused = true)]
async fn a_core_that_is_dropped_leaves_nobody_behind() {
    let rig = rig([web()]).ready().await;
    let core = rig.handle();
    let Rig {
        core: running,
        engines,
        log,
        ..
    } = rig;
    drop(running);
    tokio::time::sleep(Duration::from_secs(1)).await;
    log.clear();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(log.all().is_empty());
    assert_eq!(engines[0].listeners(), 0);
    let e = core.cancel(OpId(1)).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
}
