//! Images, volumes, networks, and new containers.

use std::sync::Arc;

use insta::assert_snapshot;

use super::super::super::intent::PullPolicy;
use super::super::super::observed::{ContainerState as State, Volume};
use super::super::super::snapshot::HostShard;
use super::super::super::spec::{
    ContainerSpec, EndpointSpec, MountKind, MountSpec, NetworkSpec, PortSpec, VolumeSpec,
};
use super::*;

fn host() -> HostShard {
    let mut up = container("up", State::Running);
    up.networks = vec![attached("front")];
    up.mounts = vec![mount("data")];
    let mut down = container("down", State::Exited);
    down.networks = vec![attached("front"), attached("back")];
    down.image_id = Arc::from(image_id("old").as_str());
    live("h")
        .with_containers([up, down])
        .with_images([
            image("busybox", &["busybox:latest"]),
            image("many", &["many:1", "many:2", "reg.io/many:1"]),
            image("old", &["old:1"]),
        ])
        .with_volumes([volume("data"), volume("spare")])
        .with_networks([
            network("bridge"),
            network("front"),
            network("back"),
            network("empty"),
        ])
}

fn fleet_of_one() -> Snapshot {
    fleet(vec![host()])
}

fn spec(image: &str) -> ContainerSpec {
    ContainerSpec {
        image: image.into(),
        ..ContainerSpec::default()
    }
}

fn create(name: Option<&str>, spec: ContainerSpec, start: bool, pull: PullPolicy) -> Intent {
    Intent::CreateContainer {
        host: "h".into(),
        name: name.map(Into::into),
        spec: Box::new(spec),
        start,
        pull,
    }
}

fn named(image: &str, names: &[&str]) -> Vec<Target> {
    let one = |n: &&str| ObjectRef::new("h", Kind::Image, image_id(image), n).into();
    names.iter().map(one).collect()
}

#[test]
fn a_new_container_pulls_what_is_missing() {
    let missing = PullPolicy::Missing;
    assert_snapshot!(show(create(Some("web"), spec("nginx"), true, missing), &fleet_of_one()), @r"
    run h/web from nginx
      + pull image h/nginx: the host has no such image
      + create container h/web: from nginx (after 1)
      + start container h/web: it is new (after 2)
    ");
    assert_snapshot!(show(create(Some("web"), spec("docker.io/library/busybox"), false, missing), &fleet_of_one()), @r"
    create h/web from docker.io/library/busybox
      + create container h/web: from docker.io/library/busybox
    ");
    assert_snapshot!(show(create(None, spec("busybox"), true, PullPolicy::Always), &fleet_of_one()), @r"
    run a container from busybox on h
      + pull image h/busybox: asked for
      + create container h/: from busybox (after 1)
      + start container h/: it is new (after 2)
    ");
    assert_snapshot!(show(create(None, spec("nginx"), true, PullPolicy::Never), &fleet_of_one()), @r#"not found: h has no image "nginx" (pull it first, or leave out --pull never)"#);
}

#[test]
fn an_image_can_be_named_by_its_id() {
    let long = image_id("busybox");
    for reference in [long.as_str(), long.short()] {
        let plan = show(
            create(None, spec(reference), false, PullPolicy::Never),
            &fleet_of_one(),
        );
        assert!(plan.contains("+ create"), "{plan}");
    }
}

#[test]
fn a_name_that_is_taken_is_refused_before_anything_happens() {
    assert_snapshot!(show(create(Some("up"), spec("busybox"), true, PullPolicy::Missing), &fleet_of_one()), @"conflict: h/up exists already (container 757000000000) (choose another name, or remove it first)");
    assert_snapshot!(show(create(Some("x"), spec("busybox"), true, PullPolicy::Missing), &fleet_of_one()), @r#"invalid: "x" cannot be the name of a container (two or more of a-z, A-Z, 0-9, _ . -; the first a letter or a digit)"#);
}

#[test]
fn mistakes_in_a_container_are_told_by_name() {
    let missing = PullPolicy::Missing;
    let lost = ContainerSpec {
        networks: vec![EndpointSpec {
            network: "nowhere".into(),
            ..EndpointSpec::default()
        }],
        ..spec("busybox")
    };
    assert_snapshot!(show(create(None, lost, true, missing), &fleet_of_one()), @r#"not found: h has no network "nowhere" (pilothouse create network nowhere --host h)"#);
    let port = ContainerSpec {
        ports: vec![PortSpec::default()],
        ..spec("busybox")
    };
    assert_snapshot!(show(create(None, port, true, missing), &fleet_of_one()), @"invalid: port 0 cannot be published");
    let mount = |kind, source: &str, target: &str| ContainerSpec {
        mounts: vec![MountSpec {
            kind,
            source: source.into(),
            target: target.into(),
            ..MountSpec::default()
        }],
        ..spec("busybox")
    };
    let bad = mount(MountKind::Volume, "data", "rel");
    assert_snapshot!(show(create(None, bad, true, missing), &fleet_of_one()), @r#"invalid: mount target "rel" is not an absolute path"#);
    let bad = mount(MountKind::Bind, "./here", "/there");
    assert_snapshot!(show(create(None, bad, true, missing), &fleet_of_one()), @r#"invalid: bind source "./here" is not an absolute path on the host"#);
    assert_snapshot!(show(create(None, spec(""), true, missing), &fleet_of_one()), @"invalid: a container needs an image");
    assert_snapshot!(show(create(None, spec("UPPER"), true, missing), &fleet_of_one()), @r#"invalid: "UPPER" is not an image reference (write [REGISTRY/]NAME[:TAG]; the name in lower case)"#);
}

#[test]
fn networks_that_need_no_list() {
    for network in ["host", "none", "container:up", "bridge", "front"] {
        let spec = ContainerSpec {
            networks: vec![EndpointSpec {
                network: network.into(),
                ..EndpointSpec::default()
            }],
            ..spec("busybox")
        };
        let plan = show(
            create(None, spec, false, PullPolicy::Missing),
            &fleet_of_one(),
        );
        assert!(plan.contains("+ create"), "{network}: {plan}");
    }
}

#[test]
fn volumes_are_made_once() {
    let make = |spec: VolumeSpec| Intent::CreateVolume {
        host: "h".into(),
        spec,
    };
    let called = |name: &str| VolumeSpec {
        name: name.into(),
        ..VolumeSpec::default()
    };
    assert_snapshot!(show(make(called("fresh")), &fleet_of_one()), @r"
    create volume h/fresh
      + create volume h/fresh: asked for
    ");
    assert_snapshot!(show(make(called("")), &fleet_of_one()), @r"
    create a volume on h
      + create volume h/: asked for
    ");
    assert_snapshot!(show(make(called("data")), &fleet_of_one()), @r"
    create volume h/data
      = volume h/data: exists already
    ");
    let other = VolumeSpec {
        driver: "nfs".into(),
        ..called("data")
    };
    assert_snapshot!(show(make(other), &fleet_of_one()), @"conflict: h/data exists already (volume data) (choose another name, or remove it first)");
    let stale = fleet(vec![stale("h").with_volumes([volume("data")])]);
    assert_snapshot!(show(make(called("data")), &stale), @r"
    create volume h/data
      + create volume h/data: asked for
    ");
}

#[test]
fn volumes_go_with_or_after_their_users() {
    assert_snapshot!(show(remove(on(Kind::Volume, &["spare"])), &fleet_of_one()), @r"
    remove h/spare
      - remove volume h/spare: asked for
    ");
    assert_snapshot!(show(remove(on(Kind::Volume, &["data"])), &fleet_of_one()), @"conflict: volume h/data is used by up (remove these containers first)");
    let mut both = on(Kind::Volume, &["data"]);
    both.extend(on(Kind::Container, &["up"]));
    assert_snapshot!(show(forced(both), &fleet_of_one()), @r"
    remove h/data, h/up
      - remove container h/up: asked for, running or not
      - remove volume h/data: asked for (after 1)
    ");
}

#[test]
fn a_volume_made_anew_is_not_the_one_that_was_seen() {
    let anew = Volume {
        created: Some(epoch() + chrono::Duration::days(1)),
        ..volume("data")
    };
    let mut seen = target("h", Kind::Volume, "data");
    seen.created = Some(epoch());
    let fleet = fleet(vec![live("h").with_volumes([anew])]);
    assert_snapshot!(show(remove(vec![seen]), &fleet), @"conflict: h/data is another volume than the one that was seen (look again)");
}

#[test]
fn networks_of_the_engine_stay() {
    assert_snapshot!(show(remove(on(Kind::Network, &["bridge"])), &fleet_of_one()), @"invalid: h/bridge is the engine's own network");
    assert_snapshot!(show(remove(on(Kind::Network, &["empty", "back"])), &fleet_of_one()), @r"
    remove h/back, h/empty
      - remove network h/back: asked for
      - remove network h/empty: asked for
    ");
    assert_snapshot!(show(remove(on(Kind::Network, &["front"])), &fleet_of_one()), @"conflict: network h/front is used by up (remove these containers first)");
    // Podman keeps a network for what does not run, too.
    let mut podman = podman("h");
    podman.containers = host().containers;
    podman.networks = host().networks;
    assert_snapshot!(show(remove(on(Kind::Network, &["back"])), &fleet(vec![podman])), @"conflict: network h/back is used by down (remove these containers first)");
}

#[test]
fn network_names_are_taken_once() {
    let make = |name: &str| Intent::CreateNetwork {
        host: "h".into(),
        spec: NetworkSpec {
            name: name.into(),
            ..NetworkSpec::default()
        },
    };
    assert_snapshot!(show(make("fresh"), &fleet_of_one()), @r"
    create network h/fresh
      + create network h/fresh: asked for
    ");
    assert_snapshot!(show(make("front"), &fleet_of_one()), @"conflict: h/front exists already (network 66726f6e7400) (choose another name, or remove it first)");
    assert_snapshot!(show(make(""), &fleet_of_one()), @r#"invalid: "" cannot be the name of a network (one or more of a-z, A-Z, 0-9, _ . -; the first a letter or a digit)"#);
}

#[test]
fn joining_and_leaving() {
    let pair = |network: &str, container: &str| {
        (
            target("h", Kind::Network, network),
            target("h", Kind::Container, container),
        )
    };
    let connect = |n: &str, c: &str| {
        let (network, container) = pair(n, c);
        Intent::Connect {
            network,
            container,
            endpoint: EndpointSpec::default(),
        }
    };
    let disconnect = |n: &str, c: &str| {
        let (network, container) = pair(n, c);
        Intent::Disconnect {
            network,
            container,
            force: false,
        }
    };
    let fleet = fleet_of_one();
    assert_snapshot!(show(connect("back", "up"), &fleet), @r"
    connect h/up to back
      + connect network h/back and up: asked for
    ");
    assert_snapshot!(show(connect("front", "up"), &fleet), @r"
    connect h/up to front
      = container h/up: is in front already
    ");
    assert_snapshot!(show(disconnect("front", "up"), &fleet), @r"
    disconnect h/up from front
      ~ disconnect network h/front and up: asked for
    ");
    assert_snapshot!(show(disconnect("back", "up"), &fleet), @r"
    disconnect h/up from back
      = container h/up: is not in back
    ");
    assert_snapshot!(show(connect("nowhere", "up"), &fleet), @"not found: network h/nowhere does not exist");
    assert_snapshot!(show(connect("back", "nobody"), &fleet), @"not found: container h/nobody does not exist");
    let apart = Intent::Connect {
        network: target("g", Kind::Network, "back"),
        container: target("h", Kind::Container, "up"),
        endpoint: EndpointSpec::default(),
    };
    assert_snapshot!(show(apart, &fleet), @"invalid: g/back and h/up are on different hosts");
}

#[test]
fn two_networks_of_one_name_are_two() {
    let mut twin = network("front");
    twin.id = id("twin");
    let mut host = host();
    Arc::make_mut(&mut host.networks).push(Arc::new(twin));
    let connect = Intent::Connect {
        network: ObjectRef::new("h", Kind::Network, id("twin"), "front").into(),
        container: target("h", Kind::Container, "up"),
        endpoint: EndpointSpec::default(),
    };
    assert_snapshot!(show(connect, &fleet(vec![host])), @r"
    connect h/up to front
      + connect network h/front and up: asked for
    ");
}

#[test]
fn a_name_of_several_is_untagged() {
    assert_snapshot!(show(remove(named("many", &["many:1"])), &fleet_of_one()), @r"
    remove h/many:1
      - untag image h/many:1: the image keeps 2 other names
    ");
    assert_snapshot!(show(remove(named("many", &["reg.io/many:1", "many:2"])), &fleet_of_one()), @r"
    remove h/many:2, h/reg.io/many:1
      - untag image h/many:2: the image keeps another name
      - untag image h/reg.io/many:1: the image keeps another name (after 1)
    ");
}

#[test]
fn a_name_that_is_gone_is_not_another_name() {
    let mut names = named("busybox", &["busybox:0"]);
    assert_snapshot!(show(remove(names.clone()), &fleet_of_one()), @r"
    remove h/busybox:0
      = image h/busybox:0: is gone already
    ");
    names.extend(named("busybox", &["busybox"]));
    let fleet =
        fleet(vec![live("h").with_images([image(
            "busybox",
            &["busybox:1", "busybox:latest"],
        )])]);
    assert_snapshot!(show(remove(names.clone()), &fleet), @r"
    remove h/busybox, h/busybox:0
      - untag image h/busybox:latest: the image keeps another name
      = image h/busybox:0: is gone already
    ");
    names.extend(named("busybox", &[""]));
    assert_snapshot!(show(remove(names.clone()), &fleet), @"conflict: image 62757379626f has 2 names (name one of them, or remove all with --force)");
}

#[test]
fn the_last_name_takes_the_image_with_it() {
    assert_snapshot!(show(remove(named("many", &["many:1", "many:2", "reg.io/many:1"])), &fleet_of_one()), @r"
    remove h/many:1, h/many:2, h/reg.io/many:1
      - untag image h/many:1: all its names go, and the image with the last
      - untag image h/many:2: all its names go, and the image with the last (after 1)
      - untag image h/reg.io/many:1: all its names go, and the image with the last (after 2)
    ");
    assert_snapshot!(show(remove(named("busybox", &["busybox"])), &fleet(vec![live("h").with_images([image("busybox", &["busybox:latest"])])])), @r"
    remove h/busybox
      - remove image h/busybox:latest: asked for
    ");
}

#[test]
fn an_image_by_its_id_goes_whole_or_not_at_all() {
    assert_snapshot!(show(remove(named("many", &[""])), &fleet_of_one()), @"conflict: image 6d616e790000 has 3 names (name one of them, or remove all with --force)");
    assert_snapshot!(show(forced(named("many", &[""])), &fleet_of_one()), @r"
    remove h/6d616e790000
      - remove image h/many:1: asked for, with all its 3 names
    ");
    assert_snapshot!(show(remove(named("nothing", &[""])), &fleet_of_one()), @r"
    remove h/6e6f7468696e
      = image h/6e6f7468696e: is gone already
    ");
}

#[test]
fn images_in_use_stay() {
    assert_snapshot!(show(remove(named("old", &["old:1"])), &fleet_of_one()), @"conflict: image h/old:1 is used by down (remove these containers first)");
    assert_snapshot!(show(forced(named("old", &["old:1"])), &fleet_of_one()), @r"
    remove h/old:1
      - remove image h/old:1: asked for
    ");
    assert_snapshot!(show(forced(named("busybox", &["busybox"])), &fleet_of_one()), @"conflict: image h/busybox is used by up (remove these containers first)");
    let mut both = named("old", &["old:1"]);
    both.extend(on(Kind::Container, &["down"]));
    assert_snapshot!(show(remove(both), &fleet_of_one()), @r"
    remove h/down, h/old:1
      - remove container h/down: asked for
      - remove image h/old:1: asked for (after 1)
    ");
}

#[test]
fn tags_move() {
    let tag = |reference: &str| Intent::Tag {
        image: target("h", Kind::Image, "busybox"),
        reference: reference.into(),
    };
    let fleet = fleet_of_one();
    assert_snapshot!(show(tag("mine:1"), &fleet), @r"
    tag h/busybox as mine:1
      + tag image h/busybox:latest as mine:1: asked for
    ");
    assert_snapshot!(show(tag("busybox"), &fleet), @r"
    tag h/busybox as busybox
      = image h/busybox: has this name already
    ");
    assert_snapshot!(show(tag("old:1"), &fleet), @r"
    tag h/busybox as old:1
      + tag image h/busybox:latest as old:1: asked for
      ! old:1 moves away from image 6f6c64000000
    ");
    assert_snapshot!(show(tag("a@sha256:00"), &fleet), @r#"invalid: "a@sha256:00" names a digest: a tag cannot"#);
    assert_snapshot!(show(tag("A"), &fleet), @r#"invalid: "A" is not an image reference (write [REGISTRY/]NAME[:TAG]; the name in lower case)"#);
}

#[test]
fn a_pull_is_never_known_to_be_needless() {
    let pull = Intent::Pull {
        host: "h".into(),
        reference: "busybox".into(),
        platform: None,
    };
    assert_snapshot!(show(pull, &fleet_of_one()), @r"
    pull busybox on h
      + pull image h/busybox: asked for
    ");
}

#[test]
fn machines_and_nodes_cannot_be_removed() {
    assert_snapshot!(show(remove(on(Kind::Machine, &["h"])), &fleet_of_one()), @"invalid: h/h is a machine: it cannot be removed");
}
