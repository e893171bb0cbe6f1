use std::sync::Arc;

use super::super::id::{Kind, ObjectRef};
use super::super::plan::{Action, Goal, Precondition};
use super::super::snapshot::{HostFacts, HostShard};
use super::*;

fn step(id: usize, host: &str, name: &str, action: Action, danger: Danger) -> Step {
    Step {
        id,
        action,
        target: ObjectRef::new(host, Kind::Container, format!("id-{name}"), name),
        made_by: None,
        cause: String::new(),
        danger,
        after: Vec::new(),
        rescues: Vec::new(),
        precondition: Precondition::default(),
        goal: Goal::Absent,
    }
}

fn removal(hosts: &[&str]) -> Plan {
    let action = Action::RemoveContainer {
        force: false,
        volumes: false,
    };
    let steps = hosts
        .iter()
        .enumerate()
        .map(|(n, h)| step(n, h, "web", action.clone(), Danger::Destructive));
    Plan {
        title: "remove web".into(),
        verb: "remove".into(),
        steps: steps.collect(),
        unchanged: Vec::new(),
        notes: Vec::new(),
    }
}

fn fleet() -> Snapshot {
    let host = |name: &str, env: &str, read_only| {
        Arc::new(HostShard::new(Arc::new(HostFacts {
            id: HostId::new(name),
            endpoint: Arc::from("unix:///x"),
            origin: Arc::from("test"),
            labels: Arc::new([(Arc::from("env"), Arc::from(env))].into()),
            read_only,
        })))
    };
    Snapshot {
        hosts: Arc::new(vec![
            host("prod-1", "prod", false),
            host("dev", "dev", false),
            host("frozen", "dev", true),
        ]),
        ..Snapshot::default()
    }
}

fn rule(effect: Effect, labels: &[(&str, &str)], actions: &[&str]) -> Guardrail {
    Guardrail {
        matches: Match {
            labels: labels
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            actions: actions.iter().map(|a| (*a).into()).collect(),
            ..Match::default()
        },
        effect,
        max_bulk: None,
        reason: "production".into(),
    }
}

fn policy(rules: Vec<Guardrail>) -> Policy {
    Policy {
        rules,
        ..Policy::default()
    }
}

#[test]
fn removing_wants_a_yes_and_starting_nothing() {
    let demand = judge(&removal(&["dev"]), &Policy::default(), &fleet()).unwrap();
    assert_eq!(demand, Demand::Yes { reasons: vec![] });
    let mut start = removal(&["dev"]);
    start.steps[0].action = Action::StartContainer;
    start.steps[0].danger = Danger::Safe;
    assert_eq!(
        judge(&start, &Policy::default(), &fleet()).unwrap(),
        Demand::Nothing
    );
    assert!(confirm(start, &Demand::Nothing, &Answer::None).is_ok());
}

#[test]
fn a_rule_demands_the_hosts_name_where_it_fits_only() {
    let p = policy(vec![rule(
        Effect::TypeHostName,
        &[("env", "prod")],
        &["remove"],
    )]);
    let demand = judge(&removal(&["prod-1"]), &p, &fleet()).unwrap();
    let Demand::Type { text, reasons, .. } = &demand else {
        panic!("{demand:?}")
    };
    assert_eq!(text, "prod-1");
    assert_eq!(reasons, &["production"]);
    assert!(confirm(removal(&["prod-1"]), &demand, &Answer::Yes).is_err());
    assert!(confirm(removal(&["prod-1"]), &demand, &Answer::Typed("dev".into())).is_err());
    assert!(
        confirm(
            removal(&["prod-1"]),
            &demand,
            &Answer::Typed("prod-1".into())
        )
        .is_ok()
    );
    assert_eq!(
        judge(&removal(&["dev"]), &p, &fleet()).unwrap(),
        Demand::Yes { reasons: vec![] }
    );
}

#[test]
fn deny_read_only_and_bulk_refuse() {
    let deny = policy(vec![rule(Effect::Deny, &[], &["*"])]);
    let e = judge(&removal(&["dev"]), &deny, &fleet()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Refused);
    assert_eq!(
        e.message(),
        "remove dev/web is denied by a guardrail (production)"
    );

    let e = judge(&removal(&["frozen"]), &Policy::default(), &fleet()).unwrap_err();
    assert_eq!(e.message(), "frozen is read-only");

    let all = Policy {
        read_only: true,
        ..Policy::default()
    };
    assert!(judge(&removal(&["dev"]), &all, &fleet()).is_err());

    let mut bulk = rule(Effect::Allow, &[("env", "pr*")], &[]);
    bulk.max_bulk = Some(1);
    let mut two = removal(&["prod-1", "prod-1"]);
    assert!(judge(&two, &policy(vec![bulk.clone()]), &fleet()).is_ok());
    two.steps[1].target.id = "another".into();
    let e = judge(&two, &policy(vec![bulk]), &fleet()).unwrap_err();
    assert_eq!(
        e.message(),
        "remove web: 2 objects, and max_bulk allows 1 at once (production)"
    );
}

#[test]
fn rules_that_hit_several_hosts_want_all_their_names() {
    let p = policy(vec![
        rule(Effect::TypeHostName, &[("env", "prod")], &["remove"]),
        rule(Effect::TypeHostName, &[("env", "dev")], &["remove"]),
        rule(Effect::TypeObjectName, &[], &["remove"]),
    ]);
    let demand = judge(&removal(&["prod-1", "dev"]), &p, &fleet()).unwrap();
    let Demand::Type { text, what, .. } = &demand else {
        panic!("{demand:?}")
    };
    assert_eq!((text.as_str(), *what), ("dev prod-1", "the hosts' names"));
}

#[test]
fn a_container_that_is_stopped_and_removed_is_one_object() {
    let p = policy(vec![rule(Effect::TypeObjectName, &[], &["remove"])]);
    let mut both = removal(&["dev", "dev"]);
    both.steps[0].action = Action::StopContainer { timeout: None };
    let demand = judge(&both, &p, &fleet()).unwrap();
    let Demand::Type { text, what, .. } = &demand else {
        panic!("{demand:?}")
    };
    assert_eq!((text.as_str(), *what), ("web", "the object's name"));
}

#[test]
fn conversations_are_judged_by_what_was_asked_only() {
    let mut exec = removal(&["dev"]);
    exec.verb = "exec".into();
    exec.steps[0].action = Action::StartContainer;
    exec.steps[0].danger = Danger::Safe;
    let deny = |verb| policy(vec![rule(Effect::Deny, &[], &[verb])]);
    assert!(judge(&exec, &deny("start"), &fleet()).is_ok());
    assert!(judge(&exec, &deny("exec"), &fleet()).is_err());
}

#[test]
fn a_forged_demand_does_not_destroy() {
    assert!(confirm(removal(&["dev"]), &Demand::Nothing, &Answer::None).is_err());
    assert!(confirm(removal(&["dev"]), &Demand::Nothing, &Answer::Yes).is_ok());
}

#[test]
fn prune_is_an_action_too() {
    let p = policy(vec![rule(Effect::Deny, &[], &["prune"])]);
    let mut plan = removal(&["dev"]);
    assert!(judge(&plan, &p, &fleet()).is_ok());
    plan.verb = "prune".into();
    assert!(judge(&plan, &p, &fleet()).is_err());
}
