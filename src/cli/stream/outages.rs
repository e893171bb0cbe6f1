//! Says that something broke off and that it goes on: once for each host, not for each of its
//! containers.

use std::collections::BTreeSet;

use super::lasting::Heard;
use crate::cli::Context;
use crate::cli::exit::Stop;
use crate::domain::id::HostId;

pub(super) struct Outages {
    /// `log`, `events`: what breaks off.
    what: &'static str,
    /// Of each stream: its host, and what it is called.
    streams: Vec<(HostId, String)>,
    broken: BTreeSet<usize>,
}

impl Outages {
    pub(super) fn new<'a>(
        what: &'static str,
        streams: impl Iterator<Item = (&'a HostId, String)>,
    ) -> Self {
        Self {
            what,
            streams: streams.map(|(host, name)| (host.clone(), name)).collect(),
            broken: BTreeSet::new(),
        }
    }

    /// Tell what is to be told of it.
    pub(super) fn heard<T>(
        &mut self,
        ctx: &mut Context,
        from: usize,
        heard: &Heard<T>,
    ) -> Result<(), Stop> {
        let Some((host, name)) = self.streams.get(from) else {
            return Ok(());
        };
        let alone = self.streams.iter().filter(|(h, _)| h == host).count() == 1;
        let subject = if alone { name } else { host.as_str() };
        let others = |broken: &BTreeSet<usize>| {
            broken
                .iter()
                .any(|n| *n != from && self.streams.get(*n).is_some_and(|(h, _)| h == host))
        };
        let what = self.what;
        match heard {
            Heard::Item(_) => {}
            Heard::Broke(e) => {
                ctx.out.flush()?;
                if !others(&self.broken) {
                    let why = e.chain();
                    ctx.out.warn(&format!(
                        "{subject}: the {what} broke off, trying again: {why}"
                    ));
                }
                self.broken.insert(from);
            }
            Heard::Back => {
                self.broken.remove(&from);
                if !others(&self.broken) {
                    ctx.out.say(&format!("{subject}: the {what} is back"));
                }
            }
            Heard::Gone => {
                self.broken.remove(&from);
                ctx.out.say(&format!("{name} is gone"));
            }
        }
        Ok(())
    }
}
