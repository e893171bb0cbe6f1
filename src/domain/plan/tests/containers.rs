//! Containers: start, stop, restart, signals, pause, removal, names.

use std::sync::Arc;

use insta::assert_snapshot;

use super::super::super::observed::{ContainerState as State, ONEOFF_LABEL};
use super::*;

const UP: State = State::Running;
const DOWN: State = State::Exited;

/// web waits for api, api for db.
fn shop(web: State, api: State, db: State) -> Snapshot {
    fleet(vec![live("h").with_containers([
        part("shop", "web", 1, web, "api:service_started:true"),
        part("shop", "api", 1, api, "db:service_healthy:false,cache"),
        part("shop", "db", 1, db, ""),
        container("lone", UP),
    ])])
}

fn project() -> Vec<Target> {
    on(Kind::Project, &["shop"])
}

fn every_state() -> Snapshot {
    fleet(vec![
        live("h").with_containers(State::ALL.map(|s| container(s.word(), s))),
    ])
}

fn everything_but(left_out: &[State]) -> Vec<Target> {
    let names = State::ALL.into_iter().filter(|s| !left_out.contains(s));
    names
        .map(|s| target("h", Kind::Container, s.word()))
        .collect()
}

#[test]
fn a_project_starts_with_what_others_wait_for() {
    assert_snapshot!(show(start(project()), &shop(DOWN, DOWN, DOWN)), @r"
    start h/shop
      + start container h/shop-db-1: it is exited, part of project shop
      + start container h/shop-api-1: it is exited, part of project shop (after 1)
      + start container h/shop-web-1: it is exited, part of project shop (after 2)
    ");
}

#[test]
fn order_goes_through_what_runs_already() {
    assert_snapshot!(show(start(project()), &shop(DOWN, UP, State::Created)), @r"
    start h/shop
      + start container h/shop-db-1: it is created, part of project shop
      + start container h/shop-web-1: it is exited, part of project shop (after 1)
      = container h/shop-api-1: is running already
    ");
    assert_snapshot!(show(stop(project()), &shop(UP, DOWN, UP)), @r"
    stop h/shop
      ~ stop container h/shop-web-1: it is running, part of project shop
      ~ stop container h/shop-db-1: it is running, part of project shop (after 1)
      = container h/shop-api-1: is exited already
    ");
}

#[test]
fn a_project_stops_the_other_way_round() {
    assert_snapshot!(show(stop(project()), &shop(UP, UP, UP)), @r"
    stop h/shop
      ~ stop container h/shop-web-1: it is running, part of project shop
      ~ stop container h/shop-api-1: it is running, part of project shop (after 1)
      ~ stop container h/shop-db-1: it is running, part of project shop (after 2)
    ");
}

#[test]
fn restarts_follow_the_order_and_thaw_first() {
    let timeout = Some(Duration::from_secs(5));
    let restart = Intent::Restart {
        targets: project(),
        timeout,
    };
    assert_snapshot!(show(restart, &shop(UP, State::Paused, DOWN)), @r"
    restart h/shop
      ~ restart container h/shop-db-1 within 5s: asked for, part of project shop
      + unpause container h/shop-api-1: paused containers cannot hear a signal, part of project shop (after 1)
      ~ restart container h/shop-api-1 within 5s: asked for, part of project shop (after 1, 2)
      ~ restart container h/shop-web-1 within 5s: asked for, part of project shop (after 3)
    ");
}

#[test]
fn what_is_as_it_shall_be_is_left_alone() {
    assert_snapshot!(show(start(everything_but(&[State::Removing])), &every_state()), @r"
    start h/created, h/dead, h/exited and 5 more
      + start container h/created: it is created
      + start container h/dead: it is dead
      + start container h/exited: it is exited
      + unpause container h/paused: it is paused
      + start container h/stopping: it is stopping
      + start container h/unknown: it is unknown
      = container h/restarting: is restarting already
      = container h/running: is running already
    ");
    assert_snapshot!(show(stop(everything_but(&[])), &every_state()), @r"
    stop h/created, h/dead, h/exited and 6 more
      + unpause container h/paused: paused containers cannot hear a signal
      ~ stop container h/paused: it is paused (after 1)
      ~ stop container h/restarting: it is restarting
      ~ stop container h/running: it is running
      ~ stop container h/stopping: it is stopping
      ~ stop container h/unknown: it is unknown
      = container h/created: is created already
      = container h/dead: is dead already
      = container h/exited: is exited already
      = container h/removing: is removing already
    ");
}

#[test]
fn what_is_being_removed_cannot_start() {
    let removing = on(Kind::Container, &["removing"]);
    assert_snapshot!(show(start(removing.clone()), &every_state()), @"conflict: h/removing is being removed");
    let restart = Intent::Restart {
        targets: removing,
        timeout: None,
    };
    assert_snapshot!(show(restart, &every_state()), @"conflict: h/removing is being removed");
}

#[test]
fn a_service_is_its_containers() {
    let mut oneoff = part("shop", "web", 9, UP, "");
    let mut all = (*oneoff.labels).clone();
    all.insert(Arc::from(ONEOFF_LABEL), Arc::from("True"));
    oneoff.labels = Arc::new(all);
    let fleet = fleet(vec![live("h").with_containers([
        part("shop", "web", 1, UP, ""),
        part("shop", "web", 2, UP, ""),
        part("blog", "web", 1, UP, ""),
        oneoff,
    ])]);
    assert_snapshot!(show(stop(on(Kind::Service, &["shop/web"])), &fleet), @r"
    stop h/shop/web
      ~ stop container h/shop-web-1: it is running, part of service shop/web
      ~ stop container h/shop-web-2: it is running, part of service shop/web
    ");
}

#[test]
fn named_twice_is_done_once() {
    let mut targets = on(Kind::Container, &["shop-db-1", "shop-db-1"]);
    targets.extend(on(Kind::Service, &["shop/db"]));
    targets.extend(project());
    assert_snapshot!(show(stop(targets), &shop(DOWN, DOWN, UP)), @r"
    stop h/shop, h/shop-db-1, h/shop/db
      ~ stop container h/shop-db-1: it is running
      = container h/shop-web-1: is exited already
      = container h/shop-api-1: is exited already
    ");
}

#[test]
fn nonsense_in_labels_orders_nothing() {
    let fleet = fleet(vec![live("h").with_containers([
        part("shop", "a", 1, DOWN, ",,::x,a:b,nobody:service_healthy"),
        part("shop", "b", 1, DOWN, "\u{1f4a9}"),
        part("shop", "c", 1, DOWN, "c,c,c"),
    ])]);
    assert_snapshot!(show(start(project()), &fleet), @r"
    start h/shop
      + start container h/shop-a-1: it is exited, part of project shop
      + start container h/shop-b-1: it is exited, part of project shop
      + start container h/shop-c-1: it is exited, part of project shop
    ");
}

#[test]
fn a_cycle_orders_nothing_and_ends() {
    let fleet = fleet(vec![live("h").with_containers([
        part("shop", "a", 1, DOWN, "b"),
        part("shop", "b", 1, DOWN, "a"),
        part("shop", "c", 1, DOWN, ""),
        part("shop", "d", 1, DOWN, "c"),
    ])]);
    assert_snapshot!(show(start(project()), &fleet), @r"
    start h/shop
      + start container h/shop-c-1: it is exited, part of project shop
      + start container h/shop-d-1: it is exited, part of project shop (after 1)
      + start container h/shop-a-1: it is exited, part of project shop
      + start container h/shop-b-1: it is exited, part of project shop
    ");
}

#[test]
fn the_same_service_on_another_host_is_another() {
    let there = |host| {
        live(host).with_containers([
            part("shop", "web", 1, DOWN, "db"),
            part("shop", "db", 1, if host == "h" { UP } else { DOWN }, ""),
        ])
    };
    let fleet = fleet(vec![there("h"), there("g")]);
    let targets = vec![
        target("h", Kind::Project, "shop"),
        target("g", Kind::Project, "shop"),
    ];
    assert_snapshot!(show(start(targets), &fleet), @r"
    start g/shop, h/shop
      + start container g/shop-db-1: it is exited, part of project shop
      + start container g/shop-web-1: it is exited, part of project shop (after 1)
      + start container h/shop-web-1: it is exited, part of project shop
      = container h/shop-db-1: is running already
    ");
}

#[test]
fn a_stale_host_never_shows_that_nothing_is_to_be_done() {
    let fleet = fleet(vec![stale("h").with_containers([
        container("paused", State::Paused),
        container("up", UP),
        container("down", DOWN),
    ])]);
    let all = on(Kind::Container, &["paused", "up", "down"]);
    assert_snapshot!(show(start(all.clone()), &fleet), @r"
    start h/down, h/paused, h/up
      + start container h/down: it is exited
      + unpause container h/paused: it is paused
      + start container h/up: it is running
    ");
    assert_snapshot!(show(stop(all.clone()), &fleet), @r"
    stop h/down, h/paused, h/up
      ~ stop container h/down: it is exited
      + unpause container h/paused: paused containers cannot hear a signal
      ~ stop container h/paused: it is paused (after 2)
      ~ stop container h/up: it is running
    ");
    assert_snapshot!(show(Intent::Pause { targets: all.clone() }, &fleet), @r"
    pause h/down, h/paused, h/up
      ~ pause container h/down: it is exited
      ~ pause container h/paused: it is paused
      ~ pause container h/up: it is running
    ");
    assert_snapshot!(show(Intent::Unpause { targets: all.clone() }, &fleet), @r"
    unpause h/down, h/paused, h/up
      + unpause container h/down: it is exited
      + unpause container h/paused: it is paused
      + unpause container h/up: it is running
    ");
    assert_snapshot!(show(remove(all), &fleet), @r"
    remove h/down, h/paused, h/up
      - remove container h/down: asked for
      - remove container h/paused: asked for
      - remove container h/up: asked for
    ");
    let kill = Intent::Kill {
        targets: on(Kind::Container, &["down"]),
        signal: "kill".into(),
    };
    assert_snapshot!(show(kill, &fleet), @r"
    kill -s kill h/down
      ~ kill container h/down with SIGKILL: it is exited
    ");
}

#[test]
fn a_stale_host_cannot_say_that_something_is_gone() {
    let fleet = fleet(vec![stale("h")]);
    for kind in [
        Kind::Container,
        Kind::Service,
        Kind::Project,
        Kind::Volume,
        Kind::Network,
        Kind::Image,
    ] {
        let text = show(remove(on(kind, &["x"])), &fleet);
        assert!(text.starts_with("unreachable: "), "{text}");
        assert!(text.contains("is not in the last picture of h"), "{text}");
    }
    assert_snapshot!(show(start(on(Kind::Container, &["x"])), &fleet), @"unreachable: container h/x is not in the last picture of h, which does not answer: nobody answers");
}

#[test]
fn hosts_that_were_never_read_are_errors() {
    let mut never = stale("h");
    never.listed = false;
    assert_snapshot!(show(stop(on(Kind::Container, &["x"])), &fleet(vec![never])), @"unreachable: stop h/x: h does not answer: nobody answers");
    let mut new = live("h");
    new.listed = false;
    assert_snapshot!(show(stop(on(Kind::Container, &["x"])), &fleet(vec![new])), @"unreachable: stop h/x: h is not connected yet");
    assert_snapshot!(show(stop(on(Kind::Container, &["x"])), &fleet(vec![])), @r#"invalid: no host is called "h""#);
}

#[test]
fn signals() {
    let kill = |signal: &str, names: &[&str]| Intent::Kill {
        targets: on(Kind::Container, names),
        signal: signal.into(),
    };
    assert_snapshot!(show(kill("kill", &["running", "paused", "exited"]), &every_state()), @r"
    kill -s kill h/exited, h/paused, h/running
      + unpause container h/paused: paused containers cannot hear a signal
      ~ kill container h/paused with SIGKILL: it is paused (after 1)
      ~ kill container h/running with SIGKILL: it is running
      = container h/exited: is exited already
    ");
    assert_snapshot!(show(kill("hup", &["running"]), &every_state()), @r"
    kill -s hup h/running
      ~ kill container h/running with SIGHUP: it is running
    ");
    assert_snapshot!(show(kill("HUP", &["exited"]), &every_state()), @"conflict: h/exited is exited: nobody there to get SIGHUP");
    assert_snapshot!(show(kill("9", &["created"]), &every_state()), @r"
    kill -s 9 h/created
      = container h/created: is created already
    ");
    assert_snapshot!(show(kill("TERN", &["running"]), &every_state()), @r#"invalid: "TERN" is not a signal (did you mean SIGTERM?)"#);
    assert_snapshot!(show(kill("65", &["running"]), &every_state()), @r#"invalid: "65" is not a signal (a name such as TERM or SIGTERM, or a number from 1 to 64)"#);
}

#[test]
fn pauses() {
    let pause = |targets| Intent::Pause { targets };
    assert_snapshot!(show(pause(on(Kind::Container, &["running", "paused"])), &every_state()), @r"
    pause h/paused, h/running
      ~ pause container h/running: it is running
      = container h/paused: is paused already
    ");
    assert_snapshot!(show(pause(on(Kind::Container, &["exited"])), &every_state()), @"conflict: h/exited is exited: only what runs can be paused");
    assert_snapshot!(show(pause(project()), &shop(UP, DOWN, State::Paused)), @r"
    pause h/shop
      ~ pause container h/shop-web-1: it is running, part of project shop
      = container h/shop-api-1: is exited
      = container h/shop-db-1: is paused already
    ");
    let unpause = Intent::Unpause {
        targets: on(Kind::Container, &["running", "paused", "exited"]),
    };
    assert_snapshot!(show(unpause, &every_state()), @r"
    unpause h/exited, h/paused, h/running
      + unpause container h/paused: it is paused
      = container h/exited: is exited, not paused
      = container h/running: is running, not paused
    ");
}

#[test]
fn removals_never_stop_what_was_named_itself() {
    assert_snapshot!(show(remove(on(Kind::Container, &["exited", "created", "dead"])), &every_state()), @r"
    remove h/created, h/dead, h/exited
      - remove container h/created: asked for
      - remove container h/dead: asked for
      - remove container h/exited: asked for
    ");
    assert_snapshot!(show(remove(on(Kind::Container, &["running"])), &every_state()), @"conflict: h/running is running (stop it first, or remove it with --force)");
    assert_snapshot!(show(forced(on(Kind::Container, &["running", "exited"])), &every_state()), @r"
    remove h/exited, h/running
      - remove container h/exited: asked for
      - remove container h/running: asked for, running or not
    ");
    assert_snapshot!(show(remove(on(Kind::Container, &["nobody"])), &every_state()), @r"
    remove h/nobody
      = container h/nobody: is gone already
    ");
}

#[test]
fn a_recreated_container_is_not_the_one_that_was_seen() {
    let mut seen = target("h", Kind::Container, "lone");
    seen.created = Some(epoch() - chrono::Duration::days(1));
    assert_snapshot!(show(remove(vec![seen]), &shop(UP, UP, UP)), @"conflict: h/lone is another container than the one that was seen (look again)");
    // Lists tell seconds, inspects more.
    let mut finer = target("h", Kind::Container, "lone");
    finer.created = Some(epoch() + chrono::Duration::milliseconds(300));
    assert_snapshot!(show(stop(vec![finer]), &shop(UP, UP, UP)), @r"
    stop h/lone
      ~ stop container h/lone: it is running
    ");
}

#[test]
fn renames() {
    let rename = |name: &str, to: &str| Intent::Rename {
        target: target("h", Kind::Container, name),
        to: to.into(),
    };
    let fleet = shop(UP, UP, UP);
    assert_snapshot!(show(rename("lone", "alone"), &fleet), @r"
    rename h/lone to alone
      + rename container h/lone to alone: asked for
    ");
    assert_snapshot!(show(rename("lone", "lone"), &fleet), @r"
    rename h/lone to lone
      = container h/lone: has this name already
    ");
    assert_snapshot!(show(rename("lone", "shop-db-1"), &fleet), @"conflict: h/shop-db-1 exists already (container 73686f702d64) (choose another name, or remove it first)");
    assert_snapshot!(show(rename("lone", "-x"), &fleet), @r#"invalid: "-x" cannot be the name of a container (two or more of a-z, A-Z, 0-9, _ . -; the first a letter or a digit)"#);
    assert_snapshot!(show(rename("nobody", "xx"), &fleet), @"not found: container h/nobody does not exist");
    let whole = Intent::Rename {
        target: target("h", Kind::Project, "shop"),
        to: "xx".into(),
    };
    assert_snapshot!(show(whole, &fleet), @"invalid: h/shop is more than one container");
}

#[test]
fn a_rename_on_a_stale_host_does_not_trip_over_itself() {
    let fleet = fleet(vec![stale("h").with_containers([container("lone", UP)])]);
    let rename = Intent::Rename {
        target: target("h", Kind::Container, "lone"),
        to: "lone".into(),
    };
    assert_snapshot!(show(rename, &fleet), @r"
    rename h/lone to lone
      + rename container h/lone to lone: asked for
    ");
}

#[test]
fn verbs_for_containers_refuse_other_things() {
    assert_snapshot!(show(stop(on(Kind::Volume, &["data"])), &every_state()), @"invalid: h/data is a volume: stop is for containers, services and projects");
}

#[test]
fn a_swarm_service_is_the_swarms() {
    use super::super::super::observed::{Swarm, SwarmService};
    let service = SwarmService {
        id: "s1".into(),
        name: Arc::from("web"),
        image: Arc::from("nginx"),
        mode: Arc::from("replicated"),
        replicas: Some(1),
        running: 1,
        created: None,
        updated: None,
        labels: Arc::default(),
        ports: Vec::new(),
        tasks: Vec::new(),
    };
    let mut host = live("h");
    host.swarm = Some(Arc::new(Swarm {
        services: vec![Arc::new(service)],
        nodes: Vec::new(),
    }));
    assert_snapshot!(show(stop(on(Kind::Service, &["s1"])), &fleet(vec![host])), @"unsupported: h/s1 is a Swarm service: its tasks are the Swarm's to start and stop (docker service scale web=N)");
}
