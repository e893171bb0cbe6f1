//! Where the user is, and the ways back.

use super::detail::{Detail, Subject, Tab};
use super::logs::Prefs;
use super::pane::{Pane, Scope};
use super::row::RowKey;

/// A place one can come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub pane: Pane,
    pub scope: Option<Scope>,
    pub filter: String,
    pub key: Option<RowKey>,
    pub zoomed: bool,
    /// What was open over the tables.
    pub detail: Option<(Subject, Tab)>,
}

/// How many places are remembered.
const DEPTH: usize = 50;
/// How many details are kept as they were.
const KEPT: usize = 8;

/// Where the user is.
#[derive(Debug)]
pub struct Nav {
    /// The table with the focus, or under what is open.
    pub pane: Pane,
    /// The detail area of the overview has the focus.
    pub on_detail: bool,
    /// Only this pane is wanted, also where there is room for all.
    pub zoomed: bool,
    /// What is open over the tables.
    pub detail: Option<Box<Detail>>,
    /// The tab that the detail area shows of containers.
    pub preview_tab: Tab,
    /// How log lines look.
    pub log_prefs: Prefs,
    /// Details that were left, as they were, for the way back.
    kept: Vec<Detail>,
    back: Vec<Address>,
    last: Option<Address>,
}

impl Default for Nav {
    fn default() -> Self {
        Self {
            pane: Pane::Containers,
            on_detail: false,
            zoomed: false,
            detail: None,
            preview_tab: Tab::Logs,
            log_prefs: Prefs::default(),
            kept: Vec::new(),
            back: Vec::new(),
            last: None,
        }
    }
}

impl Nav {
    /// Keep a detail that is left.
    pub fn keep(&mut self, mut detail: Detail) {
        detail.rest();
        self.kept.retain(|d| d.subject != detail.subject);
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push(detail);
    }

    /// A detail as it was left.
    pub fn recall(&mut self, subject: &Subject) -> Option<Detail> {
        let at = self.kept.iter().position(|d| d.subject == *subject)?;
        Some(self.kept.remove(at))
    }

    /// Remember the way back before going deeper.
    pub fn push(&mut self, from: Address) {
        self.last = Some(from.clone());
        self.back.push(from);
        if self.back.len() > DEPTH {
            self.back.remove(0);
        }
    }

    /// Remember only where one was: a new beginning.
    pub fn restart(&mut self, from: Address) {
        self.last = Some(from);
        self.back.clear();
    }

    /// The place to go back to.
    pub fn pop(&mut self, from: Address) -> Option<Address> {
        let to = self.back.pop()?;
        self.last = Some(from);
        Some(to)
    }

    /// The place before this one.
    pub fn swap_last(&mut self, from: Address) -> Option<Address> {
        self.last.replace(from)
    }

    /// The places on the way here, the first first.
    pub fn trail(&self) -> &[Address] {
        &self.back
    }

    /// Is there a way back?
    pub fn can_go_back(&self) -> bool {
        !self.back.is_empty()
    }
}
