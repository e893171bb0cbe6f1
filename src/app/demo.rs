//! The demo: simulated engines in this process, reached like any others.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::run::{Prepared, headless};
use super::{docker_engines, fleet, settings};
use crate::config::{Config, Docker, Host, Loaded, Origin};
use crate::domain::error::{Error, Result};
use crate::domain::port::Clock;
use crate::journal::{SqliteJournal, SystemProcesses};
use crate::sim::SimClock;
use crate::sim::fleet::{DemoFleet, demo};
use crate::transport::Env;

/// The running engines and the directory they live in; dropping it ends both.
#[derive(Debug)]
pub(super) struct Demo {
    fleet: Option<DemoFleet>,
    dir: PathBuf,
}

impl Demo {
    /// Start them; call it inside a tokio runtime.
    pub(super) fn start(env: &BTreeMap<String, String>, clock: &Arc<dyn Clock>) -> Result<Self> {
        // A socket's path has no more than 107 bytes.
        let base = ["XDG_RUNTIME_DIR", "TMPDIR"]
            .into_iter()
            .filter_map(|name| env.get(name))
            .map(PathBuf::from)
            .find(|p| p.is_absolute() && p.is_dir() && p.as_os_str().len() < 60)
            .unwrap_or_else(|| PathBuf::from("/tmp"));
        let dir = base.join(format!("pilothouse-demo-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .map_err(|e| {
                Error::internal(format!("make {} for the demo", dir.display())).with_source(e)
            })?;
        let mut started = Self { fleet: None, dir };
        let clock = Arc::clone(clock);
        let clock = SimClock::from_fn(move || clock.now());
        started.fleet = Some(demo(&started.dir, clock)?);
        Ok(started)
    }

    /// The demo's hosts instead of the configured ones; everything else as it is configured.
    pub(super) fn prepare(
        &self,
        loaded: &Loaded,
        clock: &Arc<dyn Clock>,
        verb: bool,
    ) -> Result<Prepared> {
        let Some(engines) = &self.fleet else {
            return Err(Error::internal("the demo is not running"));
        };
        if verb {
            // A verb is over before it could be seen that a host comes back.
            engines.stop_dying();
        }
        let hosts = engines.hosts.iter().map(|h| Host {
            name: h.name.clone(),
            endpoint: h.endpoint.clone(),
            labels: h.labels.clone(),
            origin: Origin::Default,
            ..Host::default()
        });
        let config = Config {
            hosts: hosts.collect(),
            docker: Docker {
                env: false,
                contexts: false,
                local: false,
            },
            ..loaded.config.clone()
        };
        let nowhere = Env::new(BTreeMap::new());
        let make = docker_engines(&nowhere, Arc::clone(clock));
        let found = fleet(&config, &nowhere, &make);
        let journal = self.dir.join("journal.db");
        Ok(Prepared {
            hosts: found.hosts,
            settings: headless(settings(&config), verb),
            journal: Arc::new(SqliteJournal::open(journal, Arc::new(SystemProcesses))),
            warnings: found.warnings,
        })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.fleet = None;
        // What is left is in a directory for such things.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
