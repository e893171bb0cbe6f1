//! What an engine reports of itself while it happens.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::ObjectId;
use super::observed::Labels;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    Container,
    Image,
    Volume,
    Network,
    Service,
    Node,
    /// The engine itself (reload), or a kind this program does not know.
    Other,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineEvent {
    pub kind: EventKind,
    /// `start`, `die`, `health_status: healthy`... as Docker says it (Podman's words translated).
    pub action: Arc<str>,
    pub id: ObjectId,
    /// The object's name, when the event carries it.
    pub name: Arc<str>,
    pub time: Option<DateTime<Utc>>,
    /// The attributes: labels, exit code, image, and for networks the container.
    pub attributes: Arc<Labels>,
}
