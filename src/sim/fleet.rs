//! The demo fleet: six hosts, some sixty containers, and things that go wrong on them.

mod files;
mod hosts;
mod plan;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock::SimClock;
use super::engine::{SimConfig, SimEngine};
use super::flavour::Flavour;
use super::model::Model;
use super::script::Fault;
use super::util::hash_text;
use crate::domain::error::{Error, ErrorKind, Result};

/// How long the dying host works, and how long it is silent, in turn.
const ALIVE: Duration = Duration::from_secs(75);
const SILENT: Duration = Duration::from_secs(40);

/// One host of the demo, as the configuration would name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoHost {
    pub name: String,
    /// `unix://...`
    pub endpoint: String,
    pub labels: BTreeMap<String, String>,
}

/// The running demo; dropping it stops everything and removes the sockets.
#[derive(Debug)]
pub struct DemoFleet {
    /// In the order of [`DemoFleet::hosts`].
    pub engines: Vec<SimEngine>,
    pub hosts: Vec<DemoHost>,
    dying: JoinHandle<()>,
}

impl DemoFleet {
    /// The engine of a host.
    pub fn engine(&self, name: &str) -> Option<&SimEngine> {
        self.engines.iter().find(|e| e.name() == name)
    }

    /// The host that goes silent from time to time.
    pub fn dying_host() -> &'static str {
        hosts::DYING
    }

    /// Keep every host alive from now on.
    pub fn stop_dying(&self) {
        self.dying.abort();
        if let Some(engine) = self.engine(hosts::DYING) {
            engine.faults().clear();
        }
    }
}

impl Drop for DemoFleet {
    fn drop(&mut self) {
        self.dying.abort();
    }
}

/// Start the demo with its sockets in `dir`; call it inside a tokio runtime.
pub fn demo(dir: &Path, clock: SimClock) -> Result<DemoFleet> {
    let mut engines = Vec::new();
    let mut described = Vec::new();
    for host in &hosts::HOSTS {
        let flavour = match host.engine {
            "20.10" => Flavour::v20_10(),
            "24" => Flavour::v24(),
            "26" => Flavour::v26(),
            _ => Flavour::v28(),
        };
        let config = SimConfig {
            name: host.name.to_owned(),
            flavour,
            seed: hash_text(host.name),
            socket_path: dir.join(format!("{}.sock", host.name)),
            clock: clock.clone(),
        };
        let mut model = Model::new(&config.name, flavour, config.seed, clock.nanos());
        plan::fill(&mut model, host).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("set {} up: {}", host.name, error.message),
            )
        })?;
        let engine = SimEngine::serve(config, model)?;
        described.push(DemoHost {
            name: host.name.to_owned(),
            endpoint: engine.endpoint(),
            labels: host
                .labels
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        });
        engines.push(engine);
    }
    let faults = engines
        .iter()
        .find(|e| e.name() == hosts::DYING)
        .map(SimEngine::faults);
    let dying = tokio::spawn(async move {
        let Some(faults) = faults else { return };
        loop {
            tokio::time::sleep(ALIVE).await;
            faults.set(Fault::Frozen);
            tokio::time::sleep(SILENT).await;
            faults.clear();
        }
    });
    Ok(DemoFleet {
        engines,
        hosts: described,
        dying,
    })
}
