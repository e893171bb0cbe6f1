//! Every intent on every engine: the outcome, and that the engine agrees.

use std::time::Duration;

use pilothouse::domain::error::ErrorKind;
use pilothouse::domain::id::{HostId, Kind};
use pilothouse::domain::intent::{Intent, PullPolicy, Target};
use pilothouse::domain::observed::ContainerState;
use pilothouse::domain::operation::{Operation, Outcome};
use pilothouse::domain::spec::{
    ContainerSpec, EndpointSpec, MountKind, MountSpec, NetworkSpec, VolumeSpec,
};

use crate::bench::{Bench, label};
use crate::live;

const PREFIX: &str = "core-verbs";

struct Engine<'a> {
    bench: &'a Bench,
    host: &'a str,
    endpoint: &'a str,
}

impl Engine<'_> {
    fn name(&self, what: &str) -> String {
        format!("{PREFIX}-{what}")
    }

    fn docker(&self, args: &[&str]) -> String {
        tokio::task::block_in_place(|| live::docker(self.endpoint, args))
    }

    fn try_docker(&self, args: &[&str]) -> bool {
        tokio::task::block_in_place(|| live::docker_output(self.endpoint, args))
            .status
            .success()
    }

    fn clean(&self) {
        for c in ["c", "c2", "raw"] {
            self.try_docker(&["rm", "-f", &self.name(c)]);
        }
        self.try_docker(&["network", "rm", &self.name("net")]);
        self.try_docker(&["volume", "rm", &self.name("vol")]);
        self.try_docker(&["rmi", &format!("{PREFIX}/tagged:1")]);
    }

    fn container(&self, what: &str) -> Target {
        self.bench
            .target(self.host, Kind::Container, &self.name(what))
    }

    async fn perform(&self, intent: Intent) -> Operation {
        let summary = intent.summary();
        match self.bench.perform(intent).await {
            Ok(operation) => {
                let operation = Operation::clone(&operation);
                assert!(operation.outcome.is_good(), "{summary}: {operation:#?}");
                operation
            }
            Err(e) => panic!("{summary}: {e:?}"),
        }
    }

    async fn does(&self, intent: Intent) {
        let operation = self.perform(intent).await;
        assert_eq!(operation.outcome, Outcome::Succeeded, "{operation:#?}");
    }

    fn state(&self, what: &str) -> ContainerState {
        let shard = self.bench.shard(self.host);
        let name = self.name(what);
        shard
            .containers
            .iter()
            .find(|c| *c.name == *name)
            .map_or(ContainerState::Unknown, |c| c.state)
    }

    fn engine_says(&self, what: &str) -> String {
        self.docker(&["inspect", "-f", "{{.State.Status}}", &self.name(what)])
    }

    fn spec(&self) -> ContainerSpec {
        ContainerSpec {
            image: live::variable("IMAGE"),
            command: Some(
                ["sh", "-c", "trap exit TERM; while :; do sleep 1; done"]
                    .map(String::from)
                    .into(),
            ),
            env: vec!["GREETING=hello".into()],
            labels: [("test".to_owned(), PREFIX.to_owned())].into(),
            mounts: vec![MountSpec {
                kind: MountKind::Volume,
                source: self.name("vol"),
                target: "/data".into(),
                ..MountSpec::default()
            }],
            ..ContainerSpec::default()
        }
    }
}

async fn every_intent(e: &Engine<'_>) {
    let host = HostId::new(e.host);
    e.does(Intent::CreateVolume {
        host: host.clone(),
        spec: VolumeSpec {
            name: e.name("vol"),
            ..VolumeSpec::default()
        },
    })
    .await;
    e.does(Intent::CreateNetwork {
        host: host.clone(),
        spec: NetworkSpec {
            name: e.name("net"),
            ..NetworkSpec::default()
        },
    })
    .await;
    let create = |start| Intent::CreateContainer {
        host: host.clone(),
        name: Some(e.name("c")),
        spec: Box::new(e.spec()),
        start,
        pull: PullPolicy::Missing,
    };
    e.does(create(false)).await;
    assert_eq!(
        e.state("c"),
        ContainerState::Created,
        "the picture follows the operation"
    );
    let taken = e.bench.perform(create(true)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);

    let one = |what: &str| vec![e.container(what)];
    e.does(Intent::Start { targets: one("c") }).await;
    assert_eq!(e.engine_says("c"), "running");
    let again = e.perform(Intent::Start { targets: one("c") }).await;
    assert!(
        again.steps.is_empty(),
        "starting what runs is done: {again:#?}"
    );
    assert_eq!(
        e.docker(&[
            "exec",
            &e.name("c"),
            "sh",
            "-c",
            "echo $GREETING; test -d /data && echo mounted"
        ]),
        "hello\nmounted"
    );
    e.does(Intent::Pause { targets: one("c") }).await;
    assert_eq!(e.engine_says("c"), "paused");
    e.does(Intent::Unpause { targets: one("c") }).await;
    assert_eq!(e.engine_says("c"), "running");
    e.does(Intent::Kill {
        targets: one("c"),
        signal: "HUP".into(),
    })
    .await;
    let restarted = Intent::Restart {
        targets: one("c"),
        timeout: Some(Duration::from_secs(5)),
    };
    e.does(restarted).await;
    assert_eq!(e.state("c"), ContainerState::Running);

    let network = e.bench.target(e.host, Kind::Network, &e.name("net"));
    e.does(Intent::Connect {
        network: network.clone(),
        container: e.container("c"),
        endpoint: EndpointSpec {
            aliases: vec!["other".into()],
            ..EndpointSpec::default()
        },
    })
    .await;
    let members = e.docker(&[
        "inspect",
        "-f",
        "{{json .NetworkSettings.Networks}}",
        &e.name("c"),
    ]);
    assert!(members.contains(&e.name("net")), "{members}");
    e.does(Intent::Disconnect {
        network,
        container: e.container("c"),
        force: false,
    })
    .await;

    e.does(Intent::Rename {
        target: e.container("c"),
        to: e.name("c2"),
    })
    .await;
    let refused = e.bench.perform(Intent::Remove {
        targets: one("c2"),
        force: false,
        volumes: false,
    });
    assert_eq!(refused.await.unwrap_err().kind(), ErrorKind::Conflict);
    e.does(Intent::Stop {
        targets: one("c2"),
        timeout: Some(Duration::from_secs(5)),
    })
    .await;
    assert_eq!(e.engine_says("c2"), "exited");
    e.does(Intent::Start { targets: one("c2") }).await;
    e.does(Intent::Kill {
        targets: one("c2"),
        signal: "KILL".into(),
    })
    .await;

    e.does(Intent::Tag {
        image: e
            .bench
            .target(e.host, Kind::Image, &live::variable("IMAGE")),
        reference: format!("{PREFIX}/tagged:1"),
    })
    .await;
    assert!(e.try_docker(&["image", "inspect", &format!("{PREFIX}/tagged:1")]));
    let mut tagged = e
        .bench
        .target(e.host, Kind::Image, &format!("{PREFIX}/tagged:1"));
    tagged.object.name = std::sync::Arc::from(format!("{PREFIX}/tagged:1"));
    e.does(Intent::Remove {
        targets: vec![tagged],
        force: false,
        volumes: false,
    })
    .await;
    assert!(!e.try_docker(&["image", "inspect", &format!("{PREFIX}/tagged:1")]));
    assert!(
        e.try_docker(&["image", "inspect", &live::variable("IMAGE")]),
        "only the name went"
    );

    let volume = e.bench.target(e.host, Kind::Volume, &e.name("vol"));
    let used = Intent::Remove {
        targets: vec![volume.clone()],
        force: false,
        volumes: false,
    };
    assert_eq!(
        e.bench.perform(used).await.unwrap_err().kind(),
        ErrorKind::Conflict
    );
    let network = e.bench.target(e.host, Kind::Network, &e.name("net"));
    let all = vec![e.container("c2"), volume, network];
    for target in &all {
        assert_eq!(target.object.host, host, "{}", label(&target.object));
    }
    e.does(Intent::Remove {
        targets: all,
        force: false,
        volumes: false,
    })
    .await;
    assert!(!e.try_docker(&["inspect", &e.name("c2")]));
    assert!(!e.try_docker(&["volume", "inspect", &e.name("vol")]));
    assert!(!e.try_docker(&["network", "inspect", &e.name("net")]));
}

/// A container that was made anew under its name is not the one that was decided about.
async fn replaced(e: &Engine<'_>) {
    let image = live::variable("IMAGE");
    e.docker(&["create", "--name", &e.name("raw"), &image, "true"]);
    let name = e.name("raw");
    let host = HostId::new(e.host);
    e.bench
        .until("the container is seen", |s| {
            s.host(&host)
                .is_some_and(|h| h.containers.iter().any(|c| *c.name == *name))
        })
        .await;
    let target = e.container("raw");
    e.docker(&["rm", &name]);
    e.docker(&["create", "--name", &name, &image, "true"]);
    let intent = Intent::Remove {
        targets: vec![target],
        force: true,
        volumes: false,
    };
    match e.bench.perform(intent).await {
        Ok(operation) => assert!(
            operation
                .steps
                .iter()
                .all(|s| s.outcome != Outcome::Succeeded || s.before.as_deref() == Some("absent")),
            "{operation:#?}"
        ),
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict),
            "{error:?}"
        ),
    }
    assert!(
        e.try_docker(&["inspect", &name]),
        "the new one is still there"
    );
    e.docker(&["rm", &name]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_intent_on_every_engine() {
    if live::absent() {
        return;
    }
    let engines = live::engines();
    let bench = Bench::new(&engines);
    bench.all_live().await;
    for (host, endpoint) in &engines {
        println!("{host}");
        let e = Engine {
            bench: &bench,
            host,
            endpoint,
        };
        e.clean();
        every_intent(&e).await;
        replaced(&e).await;
        e.clean();
    }
    assert!(bench.core.verify().await.unwrap().broken.is_none());
    assert!(bench.dir.path().join("journal.db").exists());
}
