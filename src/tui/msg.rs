//! Everything that can reach the console.

use std::sync::Arc;

use super::effect::Why;
use super::input::Input;
use super::options::Restyle;
use crate::domain::error::Result;
use crate::domain::files::{Found, Layer};
use crate::domain::guardrail::Demand;
use crate::domain::id::{ObjectRef, OpId};
use crate::domain::intent::{Intent, Target};
use crate::domain::logs::LogLine;
use crate::domain::observed::Container;
use crate::domain::plan::Plan;
use crate::domain::port::{Record, Top};
use crate::domain::restore::Removed;
use crate::domain::snapshot::Snapshot;
use crate::domain::spec::ContainerSpec;
use crate::reconcile::{FleetEvent, Preview};

/// The one input of `update`.
#[derive(Debug)]
pub enum Msg {
    /// The user did something.
    Input(Input),
    /// The fleet is another one now.
    Snapshot(Arc<Snapshot>),
    /// Something happened on a host.
    Event(FleetEvent),
    /// An intent was planned and judged, or cannot be.
    Previewed(Box<Intent>, Result<Box<Preview>>),
    /// What a form says was planned and judged, or cannot be.
    Drafted(Box<Intent>, Result<Box<Preview>>),
    /// What a container is made of.
    Specified {
        target: Target,
        why: Why,
        result: Result<Box<ContainerSpec>>,
    },
    /// What was removed and can be made again; one of them was named.
    Removed(Option<String>, Result<Vec<Removed>>),
    /// What a conversation demands, or why it is refused.
    Judged {
        object: ObjectRef,
        command: Option<Vec<String>>,
        result: Result<Box<(Plan, Demand)>>,
    },
    /// An intent was accepted, or not.
    Submitted { title: String, result: Result<OpId> },
    /// What a view asked for; a number that is not the view's last one is too late.
    Fetched { seq: u64, what: Fetched },
    /// Lines of a log view.
    Logs { stream: u64, news: LogNews },
    /// A shell or an attached process ended; what it said, or why it never began.
    SessionEnded(Result<String>),
    /// Something went well that has no other sign.
    Done(Result<String>),
    /// The theme's file changed.
    Restyle(Box<Restyle>),
    /// The moment that the last frame waited for has come.
    Tick,
}

/// What was fetched.
#[derive(Debug)]
pub enum Fetched {
    /// The engine's own document, and a container's typed form.
    Inspected(Result<Inspected>),
    Top(Result<Top>),
    History(Result<Vec<Record>>),
    Layers(Result<Vec<Layer>>),
    Browsed(Result<Found>),
}

/// An object as inspect shows it.
#[derive(Debug, Clone)]
pub struct Inspected {
    pub document: serde_json::Value,
    pub container: Option<Arc<Container>>,
}

/// What a log stream has to say.
#[derive(Debug)]
pub enum LogNews {
    /// Lines of the source of that number.
    Lines(usize, Vec<LogLine>),
    /// The source ended, or broke off.
    Ended(usize, Result<()>),
}
