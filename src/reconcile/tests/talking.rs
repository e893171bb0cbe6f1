//! Conversations with containers: judged and journalled like operations.

use futures_util::stream;

use super::super::fake::Fault;
use super::*;
use crate::domain::guardrail::{Effect, Guardrail, Match, Policy};
use crate::domain::id::ObjectRef;
use crate::domain::port::{AttachSpec, ByteStream, ExecSpec, HistoryQuery};

fn object() -> ObjectRef {
    target("h", Kind::Container, "web").object
}

fn shell() -> ExecSpec {
    ExecSpec {
        command: vec!["sh".into(), "-c".into(), "env".into()],
        env: vec!["TOKEN=secret".into()],
        ..ExecSpec::default()
    }
}

fn archive() -> ByteStream {
    Box::pin(stream::empty())
}

fn deny(verb: &str) -> Policy {
    Policy {
        rules: vec![Guardrail {
            matches: Match {
                actions: vec![verb.into()],
                ..Match::default()
            },
            effect: Effect::Deny,
            max_bulk: None,
            reason: String::new(),
        }],
        ..Policy::default()
    }
}

async fn exec(core: &CoreHandle, on: &ObjectRef, answer: &Answer) -> Result<()> {
    let origin = Origin::Console;
    core.exec(on, &shell(), answer, actor(), origin)
        .await
        .map(drop)
}

async fn attach(core: &CoreHandle, stdin: bool, answer: &Answer) -> Result<()> {
    let spec = AttachSpec { stdin, logs: false };
    let origin = Origin::Console;
    core.attach(&object(), &spec, answer, actor(), origin)
        .await
        .map(drop)
}

async fn upload(core: &CoreHandle, answer: &Answer) -> Result<()> {
    let origin = Origin::Console;
    core.upload(&object(), "/tmp", archive(), answer, actor(), origin)
        .await
}

/// Each conversation; whether it was let.
async fn each(core: &CoreHandle, answer: &Answer) -> [Result<()>; 3] {
    [
        exec(core, &object(), answer).await,
        attach(core, true, answer).await,
        upload(core, answer).await,
    ]
}

#[tokio::test(start_paused = true)]
async fn they_are_written_down_before_they_begin() {
    let rig = rig([web()]).ready().await;
    rig.log.clear();
    for result in each(&rig.handle(), &Answer::None).await {
        result.unwrap();
    }
    assert_eq!(
        rig.log.all(),
        [
            "journal begin exec h/web",
            "h exec web sh -c env",
            "journal step exec h/web: 0 succeeded",
            "journal finish exec h/web",
            "journal begin attach h/web",
            "h attach web",
            "journal step attach h/web: 0 succeeded",
            "journal finish attach h/web",
            "journal begin cp h/web",
            "h upload web /tmp",
            "journal step cp h/web: 0 succeeded",
            "journal finish cp h/web",
        ]
    );
    let records = rig.handle().history(HistoryQuery::default()).await.unwrap();
    let text = serde_json::to_string(&records).unwrap();
    assert!(
        text.contains("sh -c env") && !text.contains("secret"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn listening_changes_nothing_and_is_not_written_down() {
    let rig = rig_with([web()], |s| s.policy.read_only = true)
        .ready()
        .await;
    attach(&rig.handle(), false, &Answer::None).await.unwrap();
    assert!(rig.log.of("journal").is_empty());
}

#[tokio::test(start_paused = true)]
async fn read_only_and_guardrails_forbid_them() {
    let frozen = Policy {
        read_only: true,
        ..Policy::default()
    };
    for (policy, let_through) in [
        (frozen, [false, false, false]),
        (deny("exec"), [false, true, true]),
        (deny("attach"), [true, false, true]),
        (deny("cp"), [true, true, false]),
        // What the step stands in for is not what was asked.
        (deny("start"), [true, true, true]),
    ] {
        let rig = rig_with([web()], |s| s.policy = policy.clone())
            .ready()
            .await;
        let results = each(&rig.handle(), &Answer::Yes).await;
        for (result, good) in results.into_iter().zip(let_through) {
            match result {
                Ok(()) => assert!(good, "{policy:?}"),
                Err(e) => assert_eq!((e.kind(), good), (ErrorKind::Refused, false)),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_they_do_not_begin() {
    let rig = rig([web()]).ready().await;
    rig.journal.break_down("begin");
    rig.log.clear();
    for result in each(&rig.handle(), &Answer::None).await {
        let e = result.unwrap_err();
        assert!(
            e.chain()
                .ends_with("could not be journalled: the disk is full"),
            "{e:?}"
        );
    }
    assert!(rig.log.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_breaks_later_does_not_take_the_session_away() {
    let rig = rig([web()]).ready().await;
    rig.journal.break_down("finish");
    for result in each(&rig.handle(), &Answer::None).await {
        result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn their_failures_are_in_the_journal() {
    let rig = rig([web()]).ready().await;
    rig.engine().fault("exec", Fault::Fail(ErrorKind::Conflict));
    let core = rig.handle();
    let e = exec(&core, &object(), &Answer::None).await.unwrap_err();
    assert!(e.chain().starts_with("exec in h/web: "), "{e:?}");
    let records = core.history(HistoryQuery::default()).await.unwrap();
    assert_eq!(records[0].operation.outcome, Outcome::Failed);
    assert_eq!(&*records[0].operation.steps[0].verb, "exec");
}

#[tokio::test(start_paused = true)]
async fn only_containers_can_be_talked_to() {
    let rig = rig([web()]).ready().await;
    let core = rig.handle();
    let volume = target("h", Kind::Volume, "data").object;
    let e = exec(&core, &volume, &Answer::None).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    let elsewhere = target("g", Kind::Container, "web").object;
    let e = exec(&core, &elsewhere, &Answer::None).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn readers_name_their_host_in_errors() {
    let rig = rig([web()]).ready().await;
    rig.engine().fault("top", Fault::Fail(ErrorKind::Conflict));
    let reader = rig.handle().reader(&HostId::new("h")).unwrap();
    let e = reader.top("web", "").await.unwrap_err();
    assert!(e.chain().starts_with("list processes on h: "), "{e:?}");
    assert!(rig.handle().reader(&HostId::new("g")).is_err());
}
