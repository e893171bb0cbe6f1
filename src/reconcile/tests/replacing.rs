//! Containers that shall be specified otherwise: nothing is lost, whatever goes wrong.

use super::super::fake::{Fault, ONE_SHOT};
use super::*;
use crate::domain::error::ErrorKind;
use crate::domain::intent::PullPolicy;
use crate::domain::spec::{ContainerSpec, Resources};

fn host() -> HostShard {
    live("h")
        .with_containers([container("web", State::Running)])
        .with_images([image("busybox", &["busybox:latest"])])
}

fn was() -> ContainerSpec {
    ContainerSpec {
        image: "busybox:latest".into(),
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

fn other() -> Intent {
    update(|s| s.env = vec!["A=1".into()])
}

fn names(rig: &Rig) -> Vec<String> {
    rig.engine().see(|w| {
        let all = w.containers.values();
        let mut all: Vec<String> = all.map(|c| format!("{} {}", c.name, c.state)).collect();
        all.sort();
        all
    })
}

#[tokio::test(start_paused = true)]
async fn limits_are_changed_while_it_runs() {
    let rig = rig([host()]).ready().await;
    let op = rig
        .run(update(|s| {
            s.resources = Resources {
                memory: Some(64),
                ..Resources::default()
            };
        }))
        .await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(rig.changes(), ["h run update web"]);
    assert_eq!(names(&rig), ["web running"]);
}

#[tokio::test(start_paused = true)]
async fn the_new_one_takes_the_place_of_the_old_one() {
    let rig = rig([host()]).ready().await;
    let op = rig.run(other()).await;
    assert_eq!(op.outcome, Outcome::Succeeded, "{op:#?}");
    assert_eq!(names(&rig), ["web running"]);
    let env = rig.engine().see(|w| w.specs.values().next().cloned());
    assert_eq!(env.unwrap().env, ["A=1"]);
    let rescues = op
        .steps
        .iter()
        .filter(|s| &*s.cause == "the old one comes back");
    assert!(rescues.clone().count() > 2);
    for step in rescues {
        assert_eq!(step.outcome, Outcome::Unchanged);
    }
}

#[tokio::test(start_paused = true)]
async fn the_old_one_comes_back_when_the_new_one_does_not_start() {
    for call in ["run start web", "run rename web.new", "run stop web"] {
        let rig = rig([host()]).ready().await;
        rig.engine().fault(call, Fault::Fail(ErrorKind::Invalid));
        let op = rig.run(other()).await;
        assert!(!op.outcome.is_good(), "{call}: {op:#?}");
        assert_eq!(
            names(&rig),
            ["web running", "web.new created"],
            "{call}: {op:#?}"
        );
        let id = rig.engine().see(|w| w.container("web").unwrap().id.clone());
        assert_eq!(id, cid("web"), "the same as before");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_at_once_is_no_replacement() {
    let rig = rig([host()]).ready().await;
    let core = rig.handle();
    let preview = core.preview(other()).unwrap();
    let labels = crate::domain::fake::labels(&[(ONE_SHOT, "3")]);
    let id = core
        .submit(preview, &Answer::Yes, actor(), Origin::Cli)
        .await
        .unwrap();
    // As soon as it is there, it is one that ends.
    rig.until("the new one is there", |_| {
        rig.engine().see(|w| w.container("web.new").is_some())
    })
    .await;
    rig.engine().change(|w| {
        for c in w.containers.values_mut().filter(|c| &*c.name == "web.new") {
            c.labels = Arc::clone(&labels);
        }
    });
    let op = rig.ended(id).await;
    assert_eq!(op.outcome, Outcome::Partial, "{op:#?}");
    let old = rig.engine().see(|w| w.container("web").unwrap().clone());
    assert_eq!((old.id, old.state), (cid("web"), State::Running));
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_meanwhile_is_not_replaced() {
    let rig = rig([host()]).ready().await;
    rig.engine().change(|w| {
        let spec = ContainerSpec {
            restart: Some("always".into()),
            ..was()
        };
        w.specs.insert(cid("web"), spec);
    });
    let op = rig.run(other()).await;
    assert_eq!(op.outcome, Outcome::Failed);
    let said = &op.steps[0].failure.as_ref().unwrap().message;
    assert!(
        said.contains("changed meanwhile: restart: no -> always"),
        "{said}"
    );
    assert!(rig.changes().is_empty(), "{:?}", rig.changes());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_replacement_gives_the_old_one_back() {
    let rig = rig([host()]).ready().await;
    rig.engine()
        .fault("run rename web.new", Fault::Slow(Duration::from_secs(2)));
    let id = rig.submit(other()).await.unwrap();
    rig.until("it is renamed", |s| {
        let op = s.operations.iter().find(|o| o.id == id);
        op.is_some_and(|o| {
            o.steps
                .iter()
                .any(|s| &*s.verb == "rename" && s.is_active())
        })
    })
    .await;
    rig.handle().cancel(id).await.unwrap();
    let op = rig.ended(id).await;
    assert!(!op.outcome.is_good());
    let old = rig.engine().see(|w| w.container("web").unwrap().clone());
    assert_eq!((old.id, old.state), (cid("web"), State::Running), "{op:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_written_down_and_can_be_made_again() {
    let shard = live("h")
        .with_containers([container("web", State::Exited)])
        .with_images([image("busybox", &["busybox:latest"])]);
    let rig = rig([shard]).ready().await;
    rig.engine().change(|w| {
        let spec = ContainerSpec {
            env: vec!["A=1".into(), "TOKEN=x".into()],
            ..was()
        };
        w.specs.insert(cid("web"), spec);
    });
    let remove = Intent::Remove {
        targets: vec![target("h", Kind::Container, "web")],
        force: false,
        volumes: false,
    };
    let op = rig.run(remove).await;
    assert_eq!(op.outcome, Outcome::Succeeded);
    let gone = rig
        .handle()
        .removed(None, Some("web".into()))
        .await
        .unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].spec.env, ["A=1", "TOKEN=********"]);
    assert_eq!(gone[0].spec.forgotten(), ["TOKEN"]);
    let mut intent = gone[0].intent();
    assert!(
        rig.handle().preview(intent.clone()).is_err(),
        "a secret is missing"
    );
    if let Intent::CreateContainer { spec, .. } = &mut intent {
        spec.env[1] = "TOKEN=y".into();
    }
    rig.run(intent).await;
    assert_eq!(names(&rig), ["web created"]);
}
