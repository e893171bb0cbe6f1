//! A plain copy of what an engine holds, for tests to compare with what a client shows.

use std::collections::BTreeMap;

use super::model::{Container, Model};

/// One container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    pub id: String,
    pub name: String,
    pub image: String,
    /// Docker's word: `running`, `exited`...
    pub state: String,
    pub health: Option<String>,
    pub exit_code: i64,
    pub restarts: u32,
    pub labels: BTreeMap<String, String>,
    pub networks: Vec<String>,
    /// Names of the volumes it mounts.
    pub volumes: Vec<String>,
}

/// Everything on an engine; the lists are in order of name (containers: of creation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub containers: Vec<ContainerView>,
    pub images: Vec<String>,
    pub volumes: Vec<String>,
    pub networks: Vec<String>,
}

impl ContainerView {
    pub(crate) fn of(_model: &Model, container: &Container) -> Self {
        Self {
            id: container.id.clone(),
            name: container.name.clone(),
            image: container.image.clone(),
            state: container.phase.word().to_owned(),
            health: container.health.as_ref().map(|h| h.status.to_owned()),
            exit_code: container.exit_code,
            restarts: container.restarts,
            labels: container.spec.labels.clone(),
            networks: container.endpoints.keys().cloned().collect(),
            volumes: container
                .mounts
                .iter()
                .filter(|m| m.kind == "volume")
                .map(|m| m.volume.clone())
                .collect(),
        }
    }
}

impl View {
    pub(crate) fn of(model: &Model) -> Self {
        let mut images: Vec<String> = model
            .images
            .values()
            .flat_map(|i| i.tags.iter().cloned())
            .collect();
        images.sort();
        let mut networks: Vec<String> = model.networks.values().map(|n| n.name.clone()).collect();
        networks.sort();
        Self {
            containers: model
                .containers
                .values()
                .map(|c| ContainerView::of(model, c))
                .collect(),
            images,
            volumes: model.volumes.keys().cloned().collect(),
            networks,
        }
    }

    /// The container of this name.
    pub fn named(&self, name: &str) -> Option<&ContainerView> {
        self.containers.iter().find(|c| c.name == name)
    }
}
