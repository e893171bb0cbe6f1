use super::*;

fn read(line: &str, podman: bool) -> Option<EngineEvent> {
    decode(line.as_bytes(), podman, &mut Words::default()).unwrap()
}

#[test]
fn dockers_events_are_read() {
    let e = read(
        r#"{"status":"die","id":"7231","from":"box:1","Type":"container","Action":"die",
            "Actor":{"ID":"7231","Attributes":{"exitCode":"137","image":"box:1","name":"web"}},
            "scope":"local","time":1795267329,"timeNano":1795267329961764568}"#,
        false,
    )
    .unwrap();
    assert_eq!(
        (e.kind, &*e.action, e.id.as_str()),
        (EventKind::Container, "die", "7231")
    );
    assert_eq!(&*e.name, "web");
    assert_eq!(e.attributes.get("exitCode").map(|v| &**v), Some("137"));
    assert_eq!(
        e.time.unwrap().timestamp_nanos_opt(),
        Some(1_795_267_329_961_764_568)
    );
    let e = read(
        r#"{"Type":"container","Action":"health_status: unhealthy",
            "Actor":{"ID":"7","Attributes":null},"time":17}"#,
        false,
    )
    .unwrap();
    assert_eq!(&*e.action, "health_status: unhealthy");
    assert_eq!(e.time.unwrap().timestamp(), 17);
    let volume = r#"{"Type":"volume","Action":"create","Actor":{"ID":"data","Attributes":{}}}"#;
    assert_eq!(&*read(volume, false).unwrap().name, "data");
}

#[test]
fn podmans_words_are_translated() {
    let say = |kind: &str, action: &str| {
        let line = format!(
            r#"{{"Type":"{kind}","Action":"{action}","Actor":{{"ID":"x",
                "Attributes":{{"name":"n","health_status":"healthy"}}}}}}"#
        );
        read(&line, true).map(|e| e.action.to_string())
    };
    for (kind, action, wanted) in [
        ("container", "died", Some("die")),
        ("container", "die", Some("die")),
        ("container", "remove", Some("destroy")),
        ("volume", "remove", Some("destroy")),
        ("image", "remove", Some("delete")),
        ("container", "init", None),
        ("container", "cleanup", None),
        ("container", "exec_died", None),
        ("container", "health_status", Some("health_status: healthy")),
        ("pod", "create", Some("create")),
    ] {
        assert_eq!(say(kind, action).as_deref(), wanted, "{kind} {action}");
    }
}

#[test]
fn podmans_volumes_and_networks_have_their_names() {
    let e = read(
        r#"{"Type":"volume","Action":"create",
            "Actor":{"ID":"","Attributes":{"image":"","name":"data","podId":""}}}"#,
        true,
    )
    .unwrap();
    assert_eq!((e.id.as_str(), &*e.name), ("data", "data"));
    let e = read(
        r#"{"Type":"network","Action":"connect",
            "Actor":{"ID":"c0","Attributes":{"name":"web","network":"front"}}}"#,
        true,
    )
    .unwrap();
    assert_eq!((e.id.as_str(), &*e.name), ("front", "front"));
    assert_eq!(e.attributes.get("container").map(|v| &**v), Some("c0"));
    let e = read(
        r#"{"Type":"network","Action":"remove",
            "Actor":{"ID":"0f","Attributes":{"name":"","network":"front"}}}"#,
        true,
    )
    .unwrap();
    assert_eq!(
        (e.id.as_str(), &*e.name, &*e.action),
        ("0f", "front", "destroy")
    );
}

#[test]
fn unknown_kinds_and_shapes_do_not_end_the_stream() {
    let e = read(
        r#"{"Type":"gadget","Action":"spin","Actor":{"ID":"x"}}"#,
        false,
    );
    assert_eq!(e.unwrap().kind, EventKind::Other);
    assert_eq!(read(r#"{"Type":["odd"]}"#, false), None);
    assert_eq!(
        read(r#"{"Type":"container","Action":"exec_die"}"#, false),
        None
    );
    let broken = decode(b"<html>", false, &mut Words::default()).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::Protocol);
}

#[test]
fn the_filter_lets_everything_pass_but_exec() {
    // Docker compares by prefix once health_status is among the words.
    let passes = |action: &str| WANTED.iter().any(|w| action.starts_with(w));
    for action in [
        "exec_create: sh",
        "exec_start: sh",
        "exec_die",
        "exec_detach",
    ] {
        assert!(!passes(action), "{action}");
    }
    for action in [
        "die",
        "health_status: healthy",
        "oom",
        "destroy",
        "untag",
        "reload",
    ] {
        assert!(passes(action), "{action}");
    }
}
