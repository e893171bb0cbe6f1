//! The one core: watches engines, keeps the picture, plans, executes, journals.
//!
//! Knows only the ports of [`crate::domain`]: it could drive a fleet of toasters. From the outside
//! there is one type, [`CoreHandle`]:
//!
//! * [`CoreHandle::snapshots`] is the picture of the fleet, newest first and never behind;
//! * [`CoreHandle::preview`] plans an intent and says what must be answered first,
//!   [`CoreHandle::submit`] runs it and returns at once;
//! * [`CoreHandle::reader`] reads one engine (logs, inspect, files); nothing read changes anything;
//! * [`CoreHandle::exec`], [`CoreHandle::attach`] and [`CoreHandle::upload`] are the conversations
//!   that may change something inside a container: judged and journalled like everything else.

mod backoff;
mod browse;
mod core;
mod executor;
#[cfg(test)]
mod fake;
mod handle;
mod host;
mod hub;
mod reader;
mod session;
mod shard;
mod step;
pub mod tar_file;
#[cfg(test)]
mod tests;

pub use browse::Copied;
pub use core::Core;
pub use handle::{CoreHandle, FleetEvent, Preview};
pub use reader::Reader;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::guardrail::Policy;
use crate::domain::port::Engine;
use crate::domain::snapshot::HostFacts;

/// One host to watch.
#[derive(Debug, Clone)]
pub struct HostSpec {
    pub facts: Arc<HostFacts>,
    pub engine: Arc<dyn Engine>,
    /// Calls at once; streams do not count.
    pub calls: usize,
}

/// How the core works.
#[derive(Debug, Clone)]
pub struct Settings {
    pub policy: Policy,
    /// A live host is asked whether it is there after this long.
    pub ping: Duration,
    /// The lists are read again after this long, whatever the events said.
    pub resync: Duration,
    /// The first and the longest wait before a host is tried again.
    pub backoff: (Duration, Duration),
    /// Snapshots are published at most this often under load.
    pub publish: Duration,
    /// Containers somebody looks at are measured this often.
    pub stats: Duration,
    /// The disk use of hosts is asked this often; zero: never.
    pub disk: Duration,
    /// How long one step may take, retries included, beside the timeout it carries itself.
    pub step: Duration,
    /// How often a failed call is made at most.
    pub attempts: u32,
    /// Finished operations that stay in the picture.
    pub operations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            ping: Duration::from_secs(10),
            resync: Duration::from_secs(300),
            backoff: (Duration::from_millis(800), Duration::from_secs(30)),
            publish: Duration::from_millis(33),
            stats: Duration::from_secs(2),
            disk: Duration::from_secs(600),
            step: Duration::from_secs(120),
            attempts: 5,
            operations: 200,
        }
    }
}
