//! Containers that shall be specified otherwise.

use insta::assert_snapshot;

use super::super::super::intent::PullPolicy;
use super::super::super::observed::ContainerState as State;
use super::super::super::spec::{ContainerSpec, Resources};
use super::*;

fn was() -> ContainerSpec {
    ContainerSpec {
        image: "busybox".to_owned(),
        env: vec!["A=1".to_owned()],
        resources: Resources {
            memory: Some(64),
            ..Resources::default()
        },
        ..ContainerSpec::default()
    }
}

fn update(change: impl FnOnce(&mut ContainerSpec)) -> Intent {
    let mut spec = was();
    change(&mut spec);
    Intent::Update {
        target: target("h", Kind::Container, "web"),
        was: Box::new(was()),
        spec: Box::new(spec),
        replace: false,
        pull: PullPolicy::Missing,
    }
}

fn web(state: State) -> Snapshot {
    fleet(vec![
        live("h")
            .with_containers([container("web", state), container("web.new", State::Exited)])
            .with_images([image("busybox", &["busybox:latest"])]),
    ])
}

#[test]
fn limits_are_changed_in_place() {
    let intent = update(|s| {
        s.resources.memory = Some(128);
        s.restart = Some("always".to_owned());
    });
    assert_snapshot!(show(intent, &web(State::Running)), @r"
    update h/web
      + update container h/web: memory, restart: the engine changes it in place
      ! memory: 64 -> 128
      ! restart: no -> always
    ");
}

#[test]
fn anything_else_makes_a_new_one_and_keeps_the_old_until_that_runs() {
    let intent = update(|s| s.env = vec!["A=2".to_owned()]);
    assert_snapshot!(show(intent, &web(State::Running)), @r"
    update h/web
      + create container h/web.new2: the engine cannot change in place: env.A
      ~ stop container h/web: the new one takes its place (after 1)
      + rename container h/web to web.old: it frees its name (after 1, 2)
      + rename container h/web.new2 to web: it takes the name (after 3)
      + start container h/web: the old one was running (after 4)
      - remove container h/web: the new one runs (after 5)
      ~ stop container h/web.new2: the old one comes back (only if 2, 3, 4, 5 goes wrong)
      + rename container h/web.new2 to web.new2: the old one comes back (only if 2, 3, 4, 5 goes wrong)
      + rename container h/web to web: the old one comes back (only if 2, 3, 4, 5 goes wrong)
      + start container h/web: the old one comes back (only if 2, 3, 4, 5 goes wrong)
      ! env.A: 1 -> 2
      ! if it goes wrong, the old one gets its name back and runs again; the new one stays as web.new2
    ");
}

#[test]
fn what_does_not_run_is_not_started() {
    let intent = update(|s| s.image = "nginx".to_owned());
    assert_snapshot!(show(intent, &web(State::Exited)), @r"
    update h/web
      + pull image h/nginx: the host has no such image
      + create container h/web.new2: the engine cannot change in place: image (after 1)
      + rename container h/web to web.old: it frees its name (after 2)
      + rename container h/web.new2 to web: it takes the name (after 3)
      - remove container h/web: the new one is there (after 4)
      + rename container h/web.new2 to web.new2: the old one comes back (only if 3, 4 goes wrong)
      + rename container h/web to web: the old one comes back (only if 3, 4 goes wrong)
      ! image: busybox -> nginx
      ! if it goes wrong, the old one gets its name back; the new one stays as web.new2
    ");
}

#[test]
fn nothing_changed_is_nothing_to_do() {
    assert_snapshot!(show(update(|_| {}), &web(State::Running)), @r"
    update h/web
      = container h/web: is specified like that already
    ");
}

#[test]
fn a_secret_that_was_not_written_down_must_be_given() {
    let intent = Intent::CreateContainer {
        host: "h".into(),
        name: Some("db".to_owned()),
        spec: Box::new(
            ContainerSpec {
                env: vec!["DB_PASSWORD=x".to_owned()],
                ..was()
            }
            .discreet(),
        ),
        start: true,
        pull: PullPolicy::Missing,
    };
    assert_snapshot!(
        show(intent, &web(State::Running)),
        @"invalid: the value of DB_PASSWORD is a secret that was not written down (give it: --env DB_PASSWORD=VALUE)"
    );
}
