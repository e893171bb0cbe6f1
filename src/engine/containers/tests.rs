use super::*;
use crate::engine::canned::{ALL, DOCKER_20, DOCKER_28, PODMAN_4, PODMAN_5, answer};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn listed(engine: &str, key: &str) -> Container {
    let rows: Vec<Row> = answer(engine, key);
    from_row(&rows[0], now(), &mut Words::default())
}

fn inspected(engine: &str, key: &str) -> Container {
    from_details(&answer(engine, key))
}

#[test]
fn every_engines_running_container_is_read() {
    for engine in ALL {
        let (row, full) = (listed(engine, "list"), inspected(engine, "inspect"));
        for c in [&row, &full] {
            assert_eq!(&*c.name, "probe");
            assert_eq!(c.id.as_str().len(), 64);
            assert!(c.image.ends_with("pilothouse/box:1"), "{c:?}");
            assert!(c.image_id.starts_with("sha256:"), "{c:?}");
            assert!(c.command.starts_with("sh -c "), "{c:?}");
            assert_eq!(c.state, ContainerState::Running);
            assert_eq!(c.exit_code, None);
            assert_eq!(c.label("a"), Some("b"));
            assert_eq!((c.ports[0].private, &*c.ports[0].protocol), (80, "tcp"));
            assert!(c.ports[0].public.is_some(), "{c:?}");
            assert_eq!(c.mounts[0].name.as_deref(), Some("probev"));
            assert_eq!((&*c.mounts[0].target, c.mounts[0].read_only), ("/v", false));
            assert_eq!(&*c.networks[0].network, "bridge");
            assert_eq!(c.networks[0].network_id.len(), 64, "{c:?}");
            assert!(c.networks[0].ip.is_some() && c.networks[0].mac.is_some());
        }
        assert_eq!(row.started, Some(now() - TimeDelta::seconds(2)));
        assert_eq!(row.id, full.id);
        assert_eq!(
            row.created.map(|t| t.timestamp()),
            full.created.map(|t| t.timestamp())
        );
        assert_eq!(&*full.restart_policy, "on-failure:3");
        assert!(full.started.is_some() && full.finished.is_none());
        assert!(full.inspected && !row.inspected);
    }
}

#[test]
fn every_engines_exited_container_has_its_code() {
    for engine in ALL {
        let row = listed(engine, "list_exited");
        let full = inspected(engine, "inspect_exited");
        for c in [&row, &full] {
            assert_eq!(c.state, ContainerState::Exited);
            assert_eq!(c.exit_code, Some(3));
            assert_eq!(c.networks[0].ip, None);
        }
        assert_eq!((row.started, row.finished), (None, Some(now())));
        assert!(full.finished > full.started);
    }
}

#[test]
fn health_is_in_the_status_and_in_the_state() {
    for engine in [DOCKER_20, DOCKER_28] {
        let row = listed(engine, "list");
        assert_eq!(row.health_status(), Some(HealthStatus::Healthy));
        let health = inspected(engine, "inspect").health.unwrap();
        assert_eq!(health.status, HealthStatus::Healthy);
        assert_eq!(health.probes[0].output, "hi\n");
    }
    for engine in [PODMAN_4, PODMAN_5] {
        let health = inspected(engine, "inspect").health.unwrap();
        assert_eq!(health.status, HealthStatus::Starting);
    }
}

#[test]
fn status_texts_are_understood() {
    use HealthStatus::{Healthy, Starting, Unhealthy};
    for (text, code, health) in [
        ("Up 2 hours", None, None),
        ("Up 2 hours (unhealthy)", None, Some(Unhealthy)),
        ("Up 1 second (health: starting)", None, Some(Starting)),
        ("Up 2 seconds (starting)", None, Some(Starting)),
        ("Up About an hour (healthy)", None, Some(Healthy)),
        ("Up 3 minutes (Paused)", None, None),
        ("Exited (137) 3 minutes ago", Some(137), None),
        ("Exited (-1) 3 minutes ago", Some(-1), None),
        ("Restarting (1) 5 seconds ago", Some(1), None),
        ("Created", None, None),
        ("Exited (", None, None),
        ("", None, None),
    ] {
        let facts = Facts::of(text);
        assert_eq!((facts.exit_code, facts.health), (code, health), "{text}");
    }
}

#[test]
fn how_long_is_read_from_the_status() {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    for (text, seconds) in [
        ("Up Less than a second", Some(0)),
        ("Up 1 second", Some(1)),
        ("Up 59 seconds (health: starting)", Some(59)),
        ("Up About a minute (healthy)", Some(MINUTE)),
        ("Up 3 minutes (Paused)", Some(3 * MINUTE)),
        ("Up About an hour", Some(HOUR)),
        ("Up 47 hours (unhealthy)", Some(47 * HOUR)),
        ("Up 13 days", Some(13 * DAY)),
        ("Up 8 weeks", Some(56 * DAY)),
        ("Up 23 months", Some(690 * DAY)),
        ("Up 2 years", Some(730 * DAY)),
        ("Exited (0) 3 days ago", Some(3 * DAY)),
        ("Exited (3) Less than a second ago", Some(0)),
        ("Exited (137) About a minute ago", Some(MINUTE)),
        ("Restarting (1) 5 seconds ago", Some(5)),
        ("Created", None),
        ("Dead", None),
        ("Removal In Progress", None),
        ("Up", None),
        ("Up  ", None),
        ("Up About", None),
        ("Up 3 fortnights", None),
        ("Up -3 hours", None),
        ("Up 99999999999 years", None),
        ("Exited (0)", None),
    ] {
        let age = Facts::of(text).age;
        assert_eq!(age.map(|a| a.num_seconds()), seconds, "{text}");
    }
    let of = |state: &str, status: &str| {
        let c = row(serde_json::json!({ "State": state, "Status": status }));
        (c.started, c.finished)
    };
    let ago = |seconds| Some(now() - TimeDelta::seconds(seconds));
    assert_eq!(of("running", "Up 2 hours"), (ago(2 * HOUR), None));
    assert_eq!(of("paused", "Up 5 seconds (Paused)"), (ago(5), None));
    assert_eq!(
        of("restarting", "Restarting (1) 5 seconds ago"),
        (None, ago(5))
    );
    assert_eq!(
        of("exited", "Exited (0) 2 weeks ago"),
        (None, ago(14 * DAY))
    );
    assert_eq!(of("created", "Created"), (None, None));
    assert_eq!(of("running", "Up 2147483647 years"), (None, None));
}

fn row(json: serde_json::Value) -> Container {
    let row: Row = serde_json::from_value(json).unwrap();
    from_row(&row, now(), &mut Words::default())
}

#[test]
fn nothing_is_too_strange_to_be_read() {
    let c = row(serde_json::json!({}));
    assert_eq!(c.state, ContainerState::Unknown);
    let c = row(serde_json::json!({
        "Id": "abc", "Names": null, "State": "contemplating", "Ports": null, "Labels": null,
        "NetworkSettings": null, "Mounts": null, "Created": null, "Status": null,
        "SomethingNew": { "x": 1 },
    }));
    assert_eq!((c.id.as_str(), &*c.name), ("abc", ""));
    assert_eq!(c.state, ContainerState::Unknown);
    let full: Details = serde_json::from_str(r#"{"Id":"abc","State":null,"Config":null}"#).unwrap();
    assert_eq!(from_details(&full).id.as_str(), "abc");
}

#[test]
fn a_links_name_is_not_the_containers() {
    let c = row(serde_json::json!({ "Names": ["/web/db", "/db"] }));
    assert_eq!(&*c.name, "db");
    let c = row(serde_json::json!({ "Names": ["db"] }));
    assert_eq!(&*c.name, "db");
}

#[test]
fn what_a_terminal_would_obey_is_taken_out() {
    let c = row(serde_json::json!({
        "Names": ["/a\u{1b}[2Jb"], "Labels": { "k\u{7}": "v\u{1b}]0;t\u{7}w" },
        "Command": "sh\n-c", "Image": "x\u{202e}y",
    }));
    assert_eq!((&*c.name, &*c.command, &*c.image), ("ab", "sh -c", "xy"));
    assert_eq!(c.label("k"), Some("vw"));
}

#[test]
fn ports_are_the_same_from_both() {
    let words = &mut Words::default();
    let bound = serde_json::from_str(
        r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],
            "53/udp":null, "443":[], "9/tcp":[{"HostIp":"","HostPort":""}], "x/tcp":null}"#,
    )
    .unwrap();
    let ports: Vec<String> = bound_ports(&bound, words)
        .iter()
        .map(Port::to_string)
        .collect();
    assert_eq!(
        ports,
        [
            "9/tcp",
            "53/udp",
            "0.0.0.0:8080->80/tcp",
            "[::]:8080->80/tcp",
            "443/tcp"
        ]
    );
}

#[test]
fn podman_4_names_networks_where_ids_should_be() {
    let mut c = row(serde_json::json!({ "NetworkSettings": { "Networks": {
        "podman": { "NetworkID": "podman" }, "mine": { "NetworkID": "mine" } } } }));
    assert!(lacks_ids(&c));
    fill_ids(&mut c, &BTreeMap::from([("mine".into(), "0f".into())]));
    assert!(!lacks_ids(&c));
    let ids: Vec<(&str, &str)> = c
        .networks
        .iter()
        .map(|a| (&*a.network, &*a.network_id))
        .collect();
    assert_eq!(ids, [("bridge", PODMAN_NETWORK_ID), ("mine", "0f")]);
}

#[test]
fn a_stale_complaint_is_no_error() {
    let read = |state: &str, error: &str| {
        let json = serde_json::json!({ "State": { "Status": state, "Error": error } });
        from_details(&serde_json::from_value(json).unwrap()).error
    };
    assert_eq!(
        read("exited", "no such file").as_deref(),
        Some("no such file")
    );
    assert_eq!(read("exited", "container 0f: container is running"), None);
    assert_eq!(read("running", "x"), None);
}
