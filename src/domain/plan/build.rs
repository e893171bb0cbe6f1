//! Builds a plan: one function a verb.

use super::Plan;
use crate::domain::error::{Error, Result};
use crate::domain::intent::Intent;
use crate::domain::snapshot::Snapshot;

pub(super) struct Builder<'a> {
    intent: &'a Intent,
    _snapshot: &'a Snapshot,
}

impl<'a> Builder<'a> {
    pub(super) fn new(intent: &'a Intent, snapshot: &'a Snapshot) -> Self {
        Self {
            intent,
            _snapshot: snapshot,
        }
    }

    pub(super) fn build(self) -> Result<Plan> {
        Err(Error::internal(self.intent.summary()))
    }
}
