//! A core over real engines, and words to wait with.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use pilothouse::domain::error::Result;
use pilothouse::domain::guardrail::Answer;
use pilothouse::domain::id::{HostId, Kind, ObjectRef};
use pilothouse::domain::intent::{Actor, Intent, Origin, Target};
use pilothouse::domain::operation::Operation;
use pilothouse::domain::port::Clock;
use pilothouse::domain::selector::Selector;
use pilothouse::domain::snapshot::{HostFacts, HostShard, Snapshot};
use pilothouse::engine::{DockerEngine, EngineOptions, RegistryAuth};
use pilothouse::journal::{SqliteJournal, SystemProcesses};
use pilothouse::reconcile::{Core, CoreHandle, HostSpec, Settings};
use pilothouse::transport::call::Timeouts;
use pilothouse::transport::{Endpoint, dial};

/// How long a described condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "a test's own clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A core that watches real engines, with a journal of its own.
pub(crate) struct Bench {
    pub(crate) core: CoreHandle,
    _core: Core,
    pub(crate) dir: tempfile::TempDir,
}

impl Bench {
    /// Watch these engines (name, endpoint).
    pub(crate) fn new(engines: &[(String, String)]) -> Self {
        Self::with(engines, Settings::default(), Timeouts::default())
    }

    pub(crate) fn with(
        engines: &[(String, String)],
        settings: Settings,
        timeouts: Timeouts,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let hosts = engines.iter().map(|(name, endpoint)| {
            let parsed: Endpoint = endpoint.parse().unwrap();
            let options = EngineOptions {
                timeouts,
                auth: RegistryAuth::none(),
                clock: Arc::clone(&clock),
            };
            let dialer = dial::connector(&parsed, None, dial::CONNECT_TIMEOUT).unwrap();
            HostSpec {
                facts: Arc::new(HostFacts {
                    id: HostId::new(name),
                    endpoint: Arc::from(&**endpoint),
                    origin: Arc::from("test bed"),
                    labels: Arc::default(),
                    read_only: false,
                }),
                engine: Arc::new(DockerEngine::new(dialer, options)),
                calls: 8,
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let processes = Arc::new(SystemProcesses);
        let journal = SqliteJournal::open(dir.path().join("journal.db"), processes);
        let core = Core::start(hosts.collect(), settings, Arc::new(journal), clock);
        Self {
            core: core.handle(),
            _core: core,
            dir,
        }
    }

    /// Wait until the picture is as described.
    pub(crate) async fn until(
        &self,
        what: &str,
        mut holds: impl FnMut(&Snapshot) -> bool,
    ) -> Arc<Snapshot> {
        let mut snapshots = self.core.snapshots();
        let wait = async {
            loop {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                if holds(&snapshot) {
                    return snapshot;
                }
                snapshots.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!(
                "waited {PATIENCE:?} in vain until {what}: {:#?}",
                self.links()
            ),
        }
    }

    fn links(&self) -> Vec<String> {
        let snapshot = self.core.snapshot();
        let link = |h: &Arc<HostShard>| format!("{}: {:?} rev {}", h.id(), h.link, h.rev);
        snapshot.hosts.iter().map(link).collect()
    }

    pub(crate) async fn live(&self, host: &str) -> Arc<Snapshot> {
        let id = HostId::new(host);
        self.until(&format!("{host} is live"), |s| {
            s.host(&id).is_some_and(|h| h.link.is_live())
        })
        .await
    }

    pub(crate) async fn all_live(&self) -> Arc<Snapshot> {
        self.until("every host is live", |s| {
            s.hosts.iter().all(|h| h.link.is_live())
        })
        .await
    }

    /// The one object of that name, as an intent's target.
    pub(crate) fn target(&self, host: &str, kind: Kind, name: &str) -> Target {
        let selector = Selector {
            references: vec![format!("{host}/{name}").parse().unwrap()],
            ..Selector::default()
        };
        let found = selector.resolve(&self.core.snapshot(), &[kind]).unwrap();
        assert_eq!(found.targets.len(), 1, "{host}/{name}");
        found.targets[0].clone()
    }

    /// Carry an intent out, saying yes.
    pub(crate) async fn perform(&self, intent: Intent) -> Result<Arc<Operation>> {
        let preview = self.core.preview(intent)?;
        let id = self
            .core
            .submit(preview, &Answer::Yes, actor(), Origin::Cli)
            .await?;
        let follow = self.core.follow(id, |_| {});
        tokio::time::timeout(PATIENCE, follow)
            .await
            .expect("the operation ends")
    }

    pub(crate) fn shard(&self, host: &str) -> Arc<HostShard> {
        Arc::clone(self.core.snapshot().host(&HostId::new(host)).unwrap())
    }
}

pub(crate) fn actor() -> Actor {
    Actor {
        user: Arc::from("tester"),
        ssh_client: None,
        pid: std::process::id(),
    }
}

/// What an object is called in a panic.
pub(crate) fn label(object: &ObjectRef) -> String {
    format!("{object:?}")
}
