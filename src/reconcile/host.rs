//! One host: connects, watches, comes back by itself.

use tokio::sync::oneshot;

use crate::domain::id::{ObjectId, ObjectRef};

/// What a host's actor is asked to do.
#[derive(Debug)]
pub(super) enum HostCommand {
    /// Measure these containers from now on, and no others.
    LookAt(Vec<ObjectId>),
    /// Read everything anew, now.
    Resync,
    /// Read one object anew; answered when the picture has it.
    Reread(ObjectRef, oneshot::Sender<()>),
    /// Ask for the disk use now.
    Disk,
}
