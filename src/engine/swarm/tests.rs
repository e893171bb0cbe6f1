use super::*;
use crate::engine::canned::{SWARM, answer};

#[test]
fn services_have_their_tasks_and_nodes() {
    let s = swarm(
        &answer::<Vec<_>>(SWARM, "services"),
        &answer::<Vec<_>>(SWARM, "tasks"),
        &answer::<Vec<_>>(SWARM, "nodes"),
    );
    let node = &s.nodes[0];
    assert_eq!(
        (&*node.name, &*node.role, &*node.status),
        ("B", "manager", "ready")
    );
    assert_eq!((&*node.availability, node.leader), ("active", true));
    assert_eq!(&*node.engine, "26.1.5+dfsg1");
    let [each, web] = &s.services[..] else {
        panic!("{:?}", s.services);
    };
    assert_eq!(
        (&*web.name, &*web.mode, web.replicas),
        ("web", "replicated", Some(2))
    );
    assert_eq!((web.running, &*web.image), (2, "pilothouse/box:1"));
    assert_eq!(
        (web.ports[0].private, web.ports[0].public),
        (80, Some(18080))
    );
    assert_eq!(web.labels.get("l").map(|v| &**v), Some("m"));
    let slots: Vec<Option<u64>> = web.tasks.iter().map(|t| t.slot).collect();
    assert_eq!(slots, [Some(1), Some(2)]);
    assert!(
        web.tasks
            .iter()
            .all(|t| &*t.node == "B" && t.container.is_some())
    );
    assert_eq!(
        (&*each.mode, each.replicas, each.running),
        ("global", None, 0)
    );
    let task = &each.tasks[0];
    assert_eq!((&*task.state, &*task.desired), ("rejected", "ready"));
    assert_eq!(task.error.as_deref(), Some("No such image: nope:1"));
    assert_eq!((task.slot, &task.container), (None, &None));
}

#[test]
fn jobs_and_unknown_modes_are_no_errors() {
    let services: Vec<RawService> = serde_json::from_str(
        r#"[{"ID":"1","Spec":{"Name":"a","Mode":{"ReplicatedJob":{"MaxConcurrent":2}},
             "TaskTemplate":{"ContainerSpec":{"Image":"x:1@sha256:0f"}}}},
            {"ID":"2","Spec":{"Name":"b","Mode":{"GlobalJob":{}}}},
            {"ID":"3","Spec":{"Name":"c","Mode":{"Novel":{}},"TaskTemplate":null}}]"#,
    )
    .unwrap();
    let s = swarm(&services, &[], &[]);
    let modes: Vec<&str> = s.services.iter().map(|s| &*s.mode).collect();
    assert_eq!(modes, ["replicated-job", "global-job", ""]);
    assert_eq!(&*s.services[0].image, "x:1");
}
