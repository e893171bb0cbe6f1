//! What `update` wants done. Data, so that tests can look at it.

use crate::config::Signal;
use crate::domain::guardrail::Answer;
use crate::domain::id::{HostId, ObjectRef, OpId};
use crate::domain::intent::{Intent, Target};
use crate::domain::logs::LogOptions;
use crate::domain::port::HistoryQuery;
use crate::reconcile::Preview;

/// The one output of `update`.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Leave the console.
    Quit,
    /// Plan and judge; comes back as a message.
    Preview(Box<Intent>),
    /// Plan and judge what a form says; comes back as a message.
    Draft(Box<Intent>),
    /// Read what a container is made of, to change or to duplicate it.
    Specify { target: Target, why: Why },
    /// Ask the journal for containers that were removed; one of this name, if it is given.
    Removed(Option<String>),
    /// Judge a conversation; comes back as a message.
    Judge {
        object: ObjectRef,
        command: Option<Vec<String>>,
    },
    /// Keep a line that was typed for the next run.
    KeepTyped(String),
    /// Carry it out.
    Submit(Box<Preview>, Answer),
    /// Stop an operation before its next step.
    Cancel(OpId),
    /// Measure these containers and no others.
    LookAt(Vec<ObjectRef>),
    /// Read the lists of these hosts anew.
    Refresh(Vec<HostId>),
    /// Ask a host for its disk use.
    MeasureDisk(HostId),
    /// Inspect an object.
    Inspect { seq: u64, object: ObjectRef },
    /// List a container's processes.
    Top { seq: u64, object: ObjectRef },
    /// Ask how an image was made.
    Layers { seq: u64, object: ObjectRef },
    /// Look at a path of a container; `also` are paths known to be there.
    Browse {
        seq: u64,
        container: ObjectRef,
        path: String,
        also: Vec<String>,
    },
    /// Copy a path of a container to a path here.
    CopyOut {
        container: ObjectRef,
        path: String,
        to: String,
    },
    /// Ask the journal.
    History { seq: u64, query: HistoryQuery },
    /// Read the logs of containers.
    OpenLogs {
        stream: u64,
        /// Numbers of the view's sources, and the containers.
        sources: Vec<(usize, ObjectRef)>,
        options: LogOptions,
    },
    /// Read them no longer.
    CloseLogs(u64),
    /// Write down how the console is arranged.
    Remember(String),
    /// Put text into the clipboard.
    Copy(String),
    /// Write text to a file in the working directory.
    Save { name: String, text: String },
    /// Hand the terminal to a process in a container.
    Session {
        object: ObjectRef,
        /// Words to run; none: attach to its first process.
        command: Option<Vec<String>>,
        answer: Answer,
    },
    /// Run lines of the user's own in the shell, one after the other.
    Shell {
        /// What it is called.
        name: String,
        lines: Vec<String>,
        /// Without the terminal.
        background: bool,
    },
    /// Tell somebody who looks elsewhere.
    Notice { text: String, how: Signal },
    /// Repaint everything.
    Redraw,
    /// Take mouse reports, or leave the mouse to the terminal.
    Mouse(bool),
}

/// What a specification is read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    Edit,
    /// Under this name, if one was said.
    Duplicate(Option<String>),
}
