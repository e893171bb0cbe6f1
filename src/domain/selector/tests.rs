use super::super::observed::{Container, Image};
use super::super::snapshot::{HostFacts, Link};
use super::*;

fn host(name: &str, containers: &[(&str, &str)]) -> Arc<HostShard> {
    let facts = HostFacts {
        id: HostId::new(name),
        endpoint: Arc::from("unix:///x"),
        origin: Arc::from("test"),
        labels: Arc::default(),
        read_only: false,
    };
    let containers = containers
        .iter()
        .map(|(id, n)| Arc::new(Container::sample(id, n)));
    let image = Image {
        id: "sha256:feed".into(),
        tags: vec![Arc::from("busybox:latest")],
        digests: vec![],
        created: None,
        size: 1,
        labels: Arc::default(),
    };
    Arc::new(HostShard {
        containers: Arc::new(containers.collect()),
        images: Arc::new(vec![Arc::new(image)]),
        ..HostShard::new(Arc::new(facts))
    })
}

fn fleet() -> Snapshot {
    Snapshot {
        hosts: Arc::new(vec![
            host("prod-1", &[("aaaa11", "web"), ("bbbb22", "db")]),
            host("prod-2", &[("cccc33", "web")]),
            host("dev", &[("dddd44", "shell")]),
        ]),
        ..Snapshot::default()
    }
}

fn select(references: &[&str]) -> Selector {
    Selector {
        references: references.iter().map(|r| r.parse().unwrap()).collect(),
        ..Selector::default()
    }
}

fn names(selector: &Selector, snapshot: &Snapshot) -> Result<Vec<String>> {
    let found = selector.resolve(snapshot, &[Kind::Container])?;
    Ok(found.targets.iter().map(|t| t.object.to_string()).collect())
}

#[test]
fn names_ids_and_globs() {
    let fleet = fleet();
    for (reference, found) in [
        ("db", vec!["prod-1/db"]),
        ("dddd", vec!["dev/shell"]),
        ("prod-2/web", vec!["prod-2/web"]),
        ("prod-*/web", vec!["prod-1/web", "prod-2/web"]),
        ("*/w*", vec!["prod-1/web", "prod-2/web"]),
    ] {
        assert_eq!(
            names(&select(&[reference]), &fleet).unwrap(),
            found,
            "{reference}"
        );
    }
}

#[test]
fn an_ambiguous_name_lists_its_candidates() {
    let fleet = fleet();
    let e = names(&select(&["web"]), &fleet).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert_eq!(
        e.message(),
        "web is ambiguous: prod-1/web (aaaa11), prod-2/web (cccc33)"
    );
    let all = Selector {
        all: true,
        ..select(&["web"])
    };
    assert_eq!(names(&all, &fleet).unwrap().len(), 2);
    let there = Selector {
        hosts: vec!["prod-2".into()],
        ..select(&["web"])
    };
    assert_eq!(names(&there, &fleet).unwrap(), ["prod-2/web"]);
}

#[test]
fn unknown_names_are_explained() {
    let fleet = fleet();
    let e = names(&select(&["shel"]), &fleet).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert_eq!(e.hint(), Some("did you mean \"shell\"?"));
    let e = names(
        &Selector {
            hosts: vec!["prd-1".into()],
            ..Selector::default()
        },
        &fleet,
    );
    assert_eq!(e.unwrap_err().hint(), Some("did you mean \"prod-1\"?"));
    for bad in ["", "/x", "x/", "a b", "a\u{7}"] {
        assert!(bad.parse::<Reference>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_silent_host_may_have_it() {
    let mut fleet = fleet();
    let hosts = Arc::make_mut(&mut fleet.hosts);
    Arc::make_mut(&mut hosts[2]).link = Link::Stale {
        since: chrono::DateTime::UNIX_EPOCH,
        error: Error::new(ErrorKind::Unreachable, "gone"),
        retry: None,
    };
    let found = select(&["nowhere"])
        .resolve(&fleet, &[Kind::Container])
        .unwrap();
    assert!(found.targets.is_empty());
    assert_eq!(found.unreachable[0].0.as_str(), "dev");
}

#[test]
fn images_go_by_any_name() {
    for name in [
        "busybox",
        "busybox:latest",
        "docker.io/library/busybox",
        "feed",
    ] {
        let there = Selector {
            hosts: vec!["dev".into()],
            ..select(&[name])
        };
        let found = there.resolve(&fleet(), &[Kind::Image]).unwrap();
        assert_eq!(found.targets.len(), 1, "{name}");
    }
    assert!(same_image_name(
        "localhost:5000/a",
        "localhost:5000/a:latest"
    ));
    assert!(!same_image_name("a:1", "a:2"));
}

#[test]
fn label_tests() {
    let labels: Labels = [(Arc::from("env"), Arc::from("prod"))].into();
    for (test, holds) in [
        ("env", true),
        ("env=prod", true),
        ("env=p*", true),
        ("env!=prod", false),
        ("!env", false),
        ("tier", false),
        ("tier!=web", true),
    ] {
        assert_eq!(
            test.parse::<LabelTest>().unwrap().holds(&labels),
            holds,
            "{test}"
        );
    }
    assert!("=x".parse::<LabelTest>().is_err());
}

#[test]
fn an_image_comes_with_the_name_it_was_named_by() {
    let mut fleet = fleet();
    let hosts = Arc::make_mut(&mut fleet.hosts);
    Arc::make_mut(&mut hosts[2]).images = Arc::new(vec![Arc::new(Image {
        id: "sha256:feed".into(),
        tags: ["a:1", "a:2", "b:1"].map(Arc::from).to_vec(),
        digests: vec![Arc::from("a@sha256:00")],
        created: None,
        size: 1,
        labels: Arc::default(),
    })]);
    for (references, names) in [
        (vec!["b:1"], vec!["b:1"]),
        (vec!["a:2", "a:2", "a:1"], vec!["a:2", "a:1"]),
        (vec!["feed"], vec![""]),
        (vec!["sha256:feed"], vec![""]),
        (vec!["a@sha256:00"], vec![""]),
        (vec!["a:*"], vec!["a:1", "a:2"]),
    ] {
        let there = Selector {
            hosts: vec!["dev".into()],
            ..select(&references)
        };
        let found = there.resolve(&fleet, &[Kind::Image]).unwrap();
        let found: Vec<&str> = found.targets.iter().map(|t| &*t.object.name).collect();
        assert_eq!(found, names, "{references:?}");
    }
}
