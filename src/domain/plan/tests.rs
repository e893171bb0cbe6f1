//! Plans as text, one line a step, and what holds of every plan.

mod bulk;
mod containers;
mod objects;
mod properties;
mod update;

use super::super::fake::*;
use super::super::intent::Target;
use super::super::snapshot::Snapshot;
use super::*;

/// The plan, or the error with its kind and hint.
fn show(intent: Intent, snapshot: &Snapshot) -> String {
    match plan(&intent, snapshot) {
        Ok(plan) => plan.to_string(),
        Err(e) => {
            let hint = e.hint().map(|h| format!(" ({h})")).unwrap_or_default();
            format!("{}: {}{hint}", e.kind().word(), e.chain())
        }
    }
}

fn start(targets: Vec<Target>) -> Intent {
    Intent::Start { targets }
}

fn stop(targets: Vec<Target>) -> Intent {
    Intent::Stop {
        targets,
        timeout: None,
    }
}

fn remove(targets: Vec<Target>) -> Intent {
    Intent::Remove {
        targets,
        force: false,
        volumes: false,
    }
}

fn forced(targets: Vec<Target>) -> Intent {
    Intent::Remove {
        targets,
        force: true,
        volumes: true,
    }
}

fn on(kind: Kind, names: &[&str]) -> Vec<Target> {
    names.iter().map(|n| target("h", kind, n)).collect()
}
