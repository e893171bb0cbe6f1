//! The demo fleet and the large ones.

use std::collections::BTreeSet;
use std::time::Duration;

use pilothouse::sim::{Fault, ManualClock, fleet, scale};

use crate::client::{get, try_call};
use crate::{real_clock, start_of_time, within};

#[tokio::test]
async fn the_demo_has_what_it_promises() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(start_of_time());
    let demo = fleet::demo(dir.path(), clock.clock()).unwrap();
    assert_eq!((demo.hosts.len(), demo.engines.len()), (6, 6));
    let views: Vec<_> = demo
        .engines
        .iter()
        .map(pilothouse::sim::SimEngine::view)
        .collect();
    let all: Vec<_> = views.iter().flat_map(|v| &v.containers).collect();
    assert!((55..=65).contains(&all.len()), "{} containers", all.len());
    let projects: BTreeSet<_> = all
        .iter()
        .filter_map(|c| c.labels.get("com.docker.compose.project"))
        .collect();
    assert!(projects.len() >= 5, "{projects:?}");
    let sick: Vec<_> = all
        .iter()
        .filter(|c| c.health.as_deref() == Some("unhealthy"))
        .collect();
    assert!(sick.iter().any(|c| c.name == "shop-checkout-1"), "{sick:?}");
    let states: BTreeSet<_> = all.iter().map(|c| c.state.as_str()).collect();
    assert!(
        states.is_superset(&["created", "exited", "paused", "running"].into()),
        "{states:?}"
    );
    for (host, engine) in demo.hosts.iter().zip(&demo.engines) {
        assert_eq!(host.endpoint, engine.endpoint());
        assert!(host.labels.contains_key("env"));
        assert_eq!(get(engine.socket(), "/_ping").await.status, 200);
    }
}

#[tokio::test]
async fn the_unhealthy_one_says_why_and_the_flapping_one_flaps() {
    let dir = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(start_of_time());
    let demo = fleet::demo(dir.path(), clock.clock()).unwrap();
    let web = demo.engine("web-1").unwrap();
    let body = get(web.socket(), "/containers/shop-checkout-1/json")
        .await
        .json();
    let health = &body["State"]["Health"];
    assert_eq!(health["Status"], "unhealthy");
    assert_eq!(health["Log"].as_array().unwrap().len(), 5);
    assert!(
        health["Log"][4]["Output"]
            .as_str()
            .unwrap()
            .contains("payments")
    );
    let ops = demo.engine("ops-1").unwrap();
    let restarts = |n: &str| ops.container(n).unwrap().restarts;
    let before = restarts("monitoring-report-generator-1");
    for _ in 0..60 {
        clock.advance(Duration::from_secs(1));
        ops.view();
    }
    assert!(restarts("monitoring-report-generator-1") >= before + 3);
}

#[tokio::test(start_paused = true)]
async fn the_dying_host_goes_silent_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let demo = fleet::demo(dir.path(), ManualClock::new(start_of_time()).clock()).unwrap();
    let lab = demo.engine(fleet::DemoFleet::dying_host()).unwrap();
    let socket = lab.socket().to_owned();
    // On paused time a timeout elapses only when nothing else can happen.
    let answers = async |seconds| {
        let ping = try_call(&socket, "GET", "/_ping", None);
        tokio::time::timeout(Duration::from_secs(seconds), ping)
            .await
            .is_ok_and(|r| r.is_ok())
    };
    assert!(answers(5).await);
    tokio::time::sleep(Duration::from_secs(80)).await;
    assert!(!answers(5).await, "silent after a while");
    assert!(answers(60).await, "and back");
}

#[tokio::test]
async fn a_hundred_hosts_with_a_hundred_containers_answer() {
    let dir = tempfile::tempdir().unwrap();
    let engines = scale::fleet(dir.path(), 100, 100, &real_clock()).unwrap();
    for engine in engines.iter().take(3) {
        engine.faults().set(Fault::Refuse);
    }
    let mut total = 0;
    let mut ids = BTreeSet::new();
    for engine in engines.iter().skip(3) {
        let rows = within("a list", get(engine.socket(), "/containers/json?all=1"))
            .await
            .json();
        for row in rows.as_array().unwrap() {
            ids.insert(row["Id"].as_str().unwrap().to_owned());
            total += 1;
        }
    }
    assert_eq!((total, ids.len()), (9_700, 9_700), "every id is its own");
}
