use super::*;
use crate::domain::spec::{EndpointSpec, MountKind, MountSpec, PortSpec, Resources};
use crate::tui::fixture;

fn form(spec: &ContainerSpec) -> Form {
    let snapshot = fixture::snapshot();
    let purpose = Purpose::Duplicate("prod-1/redis".to_owned());
    Form::container(
        purpose,
        Some(&HostId::new("prod-1")),
        "copy",
        spec,
        &snapshot,
    )
}

fn read(form: &mut Form) -> ContainerSpec {
    match form.check(&fixture::snapshot()) {
        Some(Intent::CreateContainer { spec, .. }) => *spec,
        other => {
            let wrong: Vec<_> = form.fields.iter().filter_map(|f| f.error.clone()).collect();
            panic!("{other:?}: {wrong:?}")
        }
    }
}

fn rich() -> ContainerSpec {
    ContainerSpec {
        image: "nginx:1.27".to_owned(),
        command: Some(vec![
            "sh".to_owned(),
            "-c".to_owned(),
            "echo 'a b'".to_owned(),
        ]),
        env: vec!["A=1".to_owned(), "B=x y".to_owned()],
        labels: [("team".to_owned(), "us".to_owned())].into(),
        ports: vec![PortSpec {
            container: 80,
            host: Some(8080),
            ip: Some("127.0.0.1".to_owned()),
            protocol: "tcp".to_owned(),
        }],
        mounts: vec![
            MountSpec {
                source: "data".to_owned(),
                target: "/data".to_owned(),
                ..MountSpec::default()
            },
            MountSpec {
                kind: MountKind::Bind,
                source: "/etc/x".to_owned(),
                target: "/x".to_owned(),
                read_only: true,
                ..MountSpec::default()
            },
        ],
        networks: vec![EndpointSpec {
            network: "bridge".to_owned(),
            driver_options: [("k".to_owned(), "v".to_owned())].into(),
            ..EndpointSpec::default()
        }],
        restart: Some("on-failure:3".to_owned()),
        health: Some(HealthSpec {
            test: vec!["CMD".to_owned(), "check".to_owned(), "-x".to_owned()],
            interval: 30_000_000_000,
            retries: 5,
            ..HealthSpec::default()
        }),
        resources: Resources {
            memory: Some(512 << 20),
            nano_cpus: Some(1_500_000_000),
            cpu_shares: Some(512),
            ..Resources::default()
        },
        cap_add: vec!["NET_ADMIN".to_owned()],
        sysctls: [("net.core.somaxconn".to_owned(), "1024".to_owned())].into(),
        ..ContainerSpec::default()
    }
}

use crate::domain::spec::HealthSpec;

#[test]
fn a_specification_comes_back_as_it_was() {
    for spec in [
        rich(),
        ContainerSpec {
            image: "busybox".to_owned(),
            ..ContainerSpec::default()
        },
    ] {
        assert_eq!(read(&mut form(&spec)), spec);
    }
}

#[test]
fn fields_are_read() {
    let mut form = form(&rich());
    for (id, value) in [
        ("image", "busybox:1"),
        ("command", "sleep 'a b'"),
        ("env", "C=3\n\n  D=4  "),
        ("ports", "9090:90/udp"),
        ("mounts", "other:/other\ntype=tmpfs,target=/t"),
        ("networks", "bridge"),
        ("restart", "always"),
        ("retries", ""),
        ("memory", "1g"),
        ("cpus", ""),
        ("start", "no"),
        ("more", "capDrop = [\"ALL\"]\n[resources]\ncpuShares = 7\n"),
    ] {
        form.set(id, value);
    }
    let spec = read(&mut form);
    assert_eq!(spec.command.unwrap(), ["sleep", "a b"]);
    assert_eq!(spec.env, ["C=3", "D=4"]);
    assert_eq!(
        (spec.ports[0].container, &*spec.ports[0].protocol),
        (90, "udp")
    );
    assert_eq!(spec.mounts[1].kind, MountKind::Tmpfs);
    assert_eq!(spec.restart.as_deref(), Some("always"));
    assert_eq!(
        (spec.resources.memory, spec.resources.nano_cpus),
        (Some(1 << 30), None)
    );
    assert_eq!(spec.resources.cpu_shares, Some(7));
    assert_eq!((spec.cap_add.len(), spec.cap_drop.len()), (0, 1));
    let shell = form.shell(&fixture::snapshot()).unwrap();
    assert!(
        shell.starts_with("pilothouse create container --host prod-1 --name copy"),
        "{shell}"
    );
}

#[test]
fn every_mistake_is_said_under_its_field() {
    for (id, value, said) in [
        ("name", "-x", "the first a letter"),
        ("name", "redis", "prod-1 has a container of this name"),
        ("command", "a 'b", "quote"),
        ("env", "=x", "KEY=value"),
        ("env", "TOKEN=********", "was not written down"),
        ("labels", "=x", "KEY=value"),
        ("ports", "8080:80\nx", "8080:80"),
        ("mounts", "data:relative", "absolute"),
        ("networks", "nosuch", "no network"),
        ("networks", "bridge x", "alias=NAME"),
        ("retries", "three", "whole number"),
        ("retries", "3", "only on-failure"),
        ("memory", "lots", "not a size"),
        ("cpus", "x", "number of CPUs"),
        ("pids", "x", "whole number"),
        ("stop", "soon", "whole number"),
        ("interval", "often", "not a duration"),
        ("workdir", "srv", "absolute"),
        ("more", "x", "line 1"),
        ("more", "nosuch = 1", "unknown field"),
        ("more", "image = \"x\"", "field of its own"),
    ] {
        let spec = ContainerSpec {
            image: "busybox".to_owned(),
            ..ContainerSpec::default()
        };
        let mut form = form(&spec);
        form.set(id, value);
        assert_eq!(form.check(&fixture::snapshot()), None, "{id}={value}");
        let field = form.fields.iter().find(|f| f.id == id).unwrap();
        let error = field.error.as_deref().unwrap_or_default();
        assert!(error.contains(said), "{id}={value}: {error:?}");
        assert!(form.go_to_mistake());
        assert_eq!(form.field().unwrap().id, id);
    }
}

#[test]
fn what_is_missing_is_no_mistake_before_somebody_wants_to_go_on() {
    let mut form = form(&ContainerSpec::default());
    assert_eq!(form.check(&fixture::snapshot()), None);
    assert!(form.fields.iter().all(|f| f.error.is_none()));
    form.strict = true;
    assert_eq!(form.check(&fixture::snapshot()), None);
    assert!(form.go_to_mistake());
    assert_eq!(form.field().unwrap().id, "image");
}

#[test]
fn secrets_are_not_in_the_line_for_the_shell() {
    let spec = ContainerSpec {
        env: vec!["TOKEN=hunter2".to_owned()],
        ..rich()
    };
    let shell = form(&spec).shell(&fixture::snapshot()).unwrap();
    assert!(
        shell.contains("TOKEN=********") && !shell.contains("hunter2"),
        "{shell}"
    );
}

#[test]
fn networks_have_addresses_that_fit() {
    let snapshot = fixture::snapshot();
    let host = HostId::new("prod-1");
    let make = |pairs: &[(&str, &str)]| {
        let mut form = Form::create(Kind::Network, Some(&host), &snapshot).unwrap();
        form.set("name", "shop");
        for (id, value) in pairs {
            form.set(id, value);
        }
        let intent = form.check(&snapshot);
        let wrong = form.fields.iter().find_map(|f| f.error.clone());
        (intent, wrong.unwrap_or_default())
    };
    let (intent, wrong) = make(&[("subnet", "10.9.0.0/24"), ("gateway", "10.9.0.1")]);
    assert!(
        matches!(intent, Some(Intent::CreateNetwork { .. })),
        "{wrong}"
    );
    for (pairs, said) in [
        (&[("subnet", "10.9.0.0")][..], "bits"),
        (&[("subnet", "10.9.0.0/33")], "bits"),
        (&[("gateway", "10.9.0.1")], "subnet"),
        (&[("subnet", "10.9.0.0/24"), ("gateway", "x")], "address"),
    ] {
        let (intent, wrong) = make(pairs);
        assert!(
            intent.is_none() && wrong.contains(said),
            "{pairs:?}: {wrong}"
        );
    }
}
