//! The verbs that follow something, or talk to a process.

pub(super) mod attach;
pub(super) mod cp;
pub(super) mod events;
pub(super) mod exec;
mod lasting;
pub(super) mod logs;
mod merge;
mod outages;
mod session;
pub(super) mod stats;
mod terminal;
pub(super) mod top;
pub(super) mod wait;

pub(super) use session::talk;

use super::out::Format;
use crate::domain::error::Error;

/// A stream has no end to close a document behind: then it is a line an item.
fn endless(format: &Format, what: &str) -> Result<(), Error> {
    if matches!(format, Format::Json | Format::Yaml) {
        return Err(Error::invalid(format!(
            "{what} does not end, and one document would have to"
        ))
        .with_hint("say -o jsonl"));
    }
    Ok(())
}
