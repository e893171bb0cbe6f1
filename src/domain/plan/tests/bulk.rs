//! Projects and prunes: many objects at once.

use std::sync::Arc;

use insta::assert_snapshot;

use super::super::super::intent::Prune;
use super::super::super::observed::{
    Container, ContainerState as State, Network, PROJECT_LABEL, Volume,
};
use super::super::super::snapshot::HostShard;
use super::*;

fn using(mut c: Container, volume: Option<&str>, network: Option<&str>) -> Container {
    c.mounts = volume.into_iter().map(mount).collect();
    c.networks = network.into_iter().map(attached).collect();
    c
}

fn of_project(project: &str, name: &str) -> (Network, Volume) {
    let labels = labels(&[(PROJECT_LABEL, project)]);
    let network = Network {
        labels: Arc::clone(&labels),
        ..network(name)
    };
    let volume = Volume {
        labels,
        ..volume(name)
    };
    (network, volume)
}

fn shop() -> HostShard {
    let (net, data) = (
        of_project("shop", "shop_default").0,
        of_project("shop", "shop_data").1,
    );
    let other = of_project("blog", "blog_default");
    live("h")
        .with_containers([
            using(
                part("shop", "web", 1, State::Running, "db"),
                None,
                Some("shop_default"),
            ),
            using(
                part("shop", "db", 1, State::Paused, ""),
                Some("shop_data"),
                Some("shop_default"),
            ),
            part("shop", "job", 1, State::Exited, ""),
            using(
                container("lone", State::Running),
                Some("data"),
                Some("front"),
            ),
        ])
        .with_networks([network("bridge"), net, other.0, network("front")])
        .with_volumes([data, other.1, volume("data"), volume("unused")])
}

#[test]
fn a_project_goes_in_order_with_its_networks() {
    let fleet = fleet(vec![shop()]);
    assert_snapshot!(show(remove(on(Kind::Project, &["shop"])), &fleet), @r"
    remove h/shop
      ~ stop container h/shop-web-1: it is running, part of project shop
      - remove container h/shop-web-1: stopped by the step before, part of project shop (after 1)
      + unpause container h/shop-db-1: paused containers cannot hear a signal, part of project shop (after 1)
      ~ stop container h/shop-db-1: it is paused, part of project shop (after 1, 3)
      - remove container h/shop-db-1: stopped by the step before, part of project shop (after 4)
      - remove container h/shop-job-1: asked for, part of project shop
      - remove network h/shop_default: part of project shop (after 2, 5)
    ");
}

#[test]
fn by_force_and_with_volumes() {
    let fleet = fleet(vec![shop()]);
    assert_snapshot!(show(forced(on(Kind::Project, &["shop"])), &fleet), @r"
    remove h/shop
      - remove container h/shop-web-1: asked for, running or not, part of project shop
      - remove container h/shop-db-1: asked for, running or not, part of project shop
      - remove container h/shop-job-1: asked for, part of project shop
      - remove network h/shop_default: part of project shop (after 1, 2)
      - remove volume h/shop_data: part of project shop (after 2)
    ");
}

#[test]
fn what_others_use_stays() {
    let mut host = shop();
    let guest = using(
        container("guest", State::Running),
        Some("shop_data"),
        Some("shop_default"),
    );
    Arc::make_mut(&mut host.containers).push(Arc::new(guest));
    assert_snapshot!(show(forced(on(Kind::Project, &["shop"])), &fleet(vec![host])), @r"
    remove h/shop
      - remove container h/shop-web-1: asked for, running or not, part of project shop
      - remove container h/shop-db-1: asked for, running or not, part of project shop
      - remove container h/shop-job-1: asked for, part of project shop
      ! network h/shop_default stays: it is used by guest
      ! volume h/shop_data stays: it is used by guest
    ");
}

#[test]
fn named_in_two_ways_goes_once() {
    let mut targets = on(Kind::Network, &["shop_default", "shop_default"]);
    targets.extend(on(Kind::Volume, &["shop_data"]));
    targets.extend(on(Kind::Project, &["shop"]));
    let plan = plan(&forced(targets), &fleet(vec![shop()])).unwrap();
    let networks = plan
        .steps
        .iter()
        .filter(|s| s.target.kind == Kind::Network)
        .count();
    let volumes = plan
        .steps
        .iter()
        .filter(|s| s.target.kind == Kind::Volume)
        .count();
    assert_eq!((networks, volumes), (1, 1), "{plan}");
}

#[test]
fn a_project_of_which_only_networks_are_left() {
    let host = live("h").with_networks([of_project("shop", "shop_default").0]);
    assert_snapshot!(show(remove(on(Kind::Project, &["shop"])), &fleet(vec![host])), @r"
    remove h/shop
      - remove network h/shop_default: part of project shop
    ");
    assert_snapshot!(show(remove(on(Kind::Project, &["shop"])), &fleet(vec![live("h")])), @r"
    remove h/shop
      = project h/shop: is gone already
    ");
}

#[test]
fn an_empty_label_makes_no_project() {
    let host = live("h").with_networks([of_project("", "stray").0]);
    assert_snapshot!(show(forced(on(Kind::Project, &[""])), &fleet(vec![host])), @r"
    remove h/
      = project h/: is gone already
    ");
}

const ALL: [Kind; 4] = [Kind::Image, Kind::Volume, Kind::Network, Kind::Container];

fn prune(prune: Prune) -> Intent {
    Intent::Prune {
        hosts: vec!["h".into(), "h".into()],
        prune,
    }
}

fn littered() -> HostShard {
    let anonymous = "ab".repeat(32);
    let mut gone = using(
        container("gone", State::Exited),
        Some("data"),
        Some("front"),
    );
    gone.image_id = Arc::from(image_id("old").as_str());
    let mut old = container("ancient", State::Dead);
    old.created = Some(epoch() - chrono::Duration::days(30));
    old.labels = labels(&[("tier", "x")]);
    let mut unknown = container("ageless", State::Created);
    unknown.created = None;
    let mut swarm = network("overlay");
    swarm.scope = Arc::from("swarm");
    live("h")
        .with_containers([
            gone,
            old,
            unknown,
            using(container("up", State::Running), Some("kept"), Some("back")),
        ])
        .with_images([
            image("busybox", &["busybox:latest"]),
            image("old", &["old:1", "old:2"]),
            image("dangling", &[]),
        ])
        .with_volumes([volume("data"), volume("kept"), volume(&anonymous)])
        .with_networks([
            network("bridge"),
            network("host"),
            network("front"),
            network("back"),
            swarm,
        ])
}

#[test]
fn a_prune_takes_what_nothing_uses() {
    let all = Prune {
        kinds: ALL.to_vec(),
        ..Prune::default()
    };
    assert_snapshot!(show(prune(all), &fleet(vec![littered()])), @r"
    prune containers, volumes, networks, images on h
      - remove container h/ageless: it is created
      - remove container h/ancient: it is dead
      - remove container h/gone: it is exited
      - remove network h/front: nothing uses it (after 3)
      - remove volume h/abababababababababababababababababababababababababababababababab: nothing uses it
      - remove image h/64616e676c69: nothing uses it
    ");
}

#[test]
fn all_means_named_volumes_and_tagged_images() {
    let all = Prune {
        kinds: ALL.to_vec(),
        all: true,
        ..Prune::default()
    };
    assert_snapshot!(show(prune(all), &fleet(vec![littered()])), @r"
    prune containers, volumes, networks, images on h
      - remove container h/ageless: it is created
      - remove container h/ancient: it is dead
      - remove container h/gone: it is exited
      - remove network h/front: nothing uses it (after 3)
      - remove volume h/abababababababababababababababababababababababababababababababab: nothing uses it
      - remove volume h/data: nothing uses it (after 3)
      - untag image h/old:1: nothing uses it (after 3)
      - untag image h/old:2: nothing uses it (after 7)
      - remove image h/64616e676c69: nothing uses it
    ");
}

#[test]
fn without_the_containers_what_they_use_stays() {
    let all = Prune {
        kinds: vec![Kind::Network, Kind::Volume, Kind::Image],
        all: true,
        ..Prune::default()
    };
    assert_snapshot!(show(prune(all), &fleet(vec![littered()])), @r"
    prune volumes, networks, images on h
      - remove volume h/abababababababababababababababababababababababababababababababab: nothing uses it
      - remove image h/64616e676c69: nothing uses it
    ");
}

#[test]
fn until_spares_what_is_young_or_of_no_age() {
    let old = Prune {
        kinds: ALL.to_vec(),
        all: true,
        until: Some(epoch() - chrono::Duration::days(1)),
        ..Prune::default()
    };
    assert_snapshot!(show(prune(old), &fleet(vec![littered()])), @r"
    prune containers, volumes, networks, images on h
      - remove container h/ancient: it is dead
    ");
}

#[test]
fn labels_choose_too() {
    let with = |label: &str| Prune {
        kinds: vec![Kind::Container],
        labels: vec![label.into()],
        ..Prune::default()
    };
    assert_snapshot!(show(prune(with("tier=x")), &fleet(vec![littered()])), @r"
    prune containers on h
      - remove container h/ancient: it is dead
    ");
    assert_snapshot!(show(prune(with("tier!=x")), &fleet(vec![littered()])), @r"
    prune containers on h
      - remove container h/ageless: it is created
      - remove container h/gone: it is exited
    ");
    assert_snapshot!(show(prune(with("=x")), &fleet(vec![littered()])), @r#"invalid: "=x" names no label (write KEY, KEY=VALUE or KEY!=VALUE)"#);
}

#[test]
fn only_some_kinds_can_be_pruned() {
    let odd = Prune {
        kinds: vec![Kind::Container, Kind::Machine],
        ..Prune::default()
    };
    assert_snapshot!(show(prune(odd), &fleet(vec![littered()])), @"invalid: machines cannot be pruned");
}

#[test]
fn thousands_of_containers_are_planned_in_no_time() {
    let many = (0..5000u32).map(|n| {
        let before = format!("s{}", n.saturating_sub(1) / 10);
        part("big", &format!("s{}", n / 10), n, State::Running, &before)
    });
    let fleet = fleet(vec![live("h").with_containers(many)]);
    let plan = plan(&stop(on(Kind::Project, &["big"])), &fleet).unwrap();
    assert_eq!(plan.steps.len(), 5000);
}
