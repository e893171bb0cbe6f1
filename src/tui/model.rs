//! All the state of the console. Owned by the run loop, changed only by `update`.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::activity::Activity;
use super::column::Look;
use super::detail::{Detail, Subject};
use super::input::Chord;
use super::keymap::Context;
use super::layout::{Edge, Split};
use super::logs::LogSetup;
use super::memory::Memory;
use super::nav::{Address, Nav};
use super::options::Setup;
use super::overlay::Overlay;
use super::paint::Paint;
use super::pane::Pane;
use super::row::{Row, RowKey};
use super::status::Status;
use super::summary::Summary;
use super::table::Table;
use crate::domain::snapshot::Snapshot;

/// Least columns and rows for the layout with several panes.
pub const OVERVIEW: (u16, u16) = (100, 20);

/// The console.
#[derive(Debug)]
pub struct Model {
    pub setup: Setup,
    pub now: DateTime<Utc>,
    /// Columns and rows.
    pub size: (u16, u16),
    pub snapshot: Arc<Snapshot>,
    /// What the snapshot comes to.
    pub summary: Summary,
    pub nav: Nav,
    /// Where the edges between panes are.
    pub split: Split,
    /// The edge that the mouse drags.
    pub dragged: Option<Edge>,
    /// How things were arranged when that was last written down; `None`: it never is.
    pub memory: Option<Memory>,
    /// One for each of [`Pane::ALL`].
    pub tables: Vec<Table>,
    /// The detail area of the overview.
    pub preview: Option<Box<Detail>>,
    /// What lies over everything, the topmost last.
    pub overlays: Vec<Overlay>,
    /// Keys of a sequence that is not complete.
    pub pending: Vec<Chord>,
    pub status: Status,
    /// What goes on beside: events, measurements, operations, requests.
    pub activity: Activity,
    /// Are mouse reports on?
    pub mouse: bool,
}

impl Model {
    /// The console at its start.
    pub fn new(
        setup: Setup,
        now: DateTime<Utc>,
        size: (u16, u16),
        snapshot: Arc<Snapshot>,
    ) -> Self {
        let mut activity = Activity::default();
        activity.begin(&snapshot);
        activity.watch_links(&snapshot, now);
        let tables = Pane::ALL.map(|pane| {
            let mut table = Table::new(pane);
            table.set_columns(setup.columns_of(pane));
            table
        });
        Self {
            setup,
            now,
            size,
            summary: Summary::of(&snapshot),
            snapshot,
            nav: Nav::default(),
            split: Split::default(),
            dragged: None,
            memory: None,
            tables: tables.into(),
            preview: None,
            overlays: Vec::new(),
            pending: Vec::new(),
            status: Status::default(),
            activity,
            mouse: false,
        }
    }

    /// A painter for this moment.
    pub fn paint(&self) -> Paint<'_> {
        let mut paint = Paint::new(
            &self.setup.theme,
            &self.setup.glyphs,
            self.now,
            self.setup.zone,
        );
        paint.spin = self.activity.spin;
        paint
    }

    /// What cells look at.
    pub fn look<'a>(&'a self, paint: &'a Paint<'a>) -> Look<'a> {
        Look {
            paint,
            snapshot: &self.snapshot,
            summary: &self.summary,
        }
    }

    /// What a log view begins with.
    pub fn log_setup(&self) -> LogSetup {
        LogSetup {
            tail: self.setup.log_tail,
            limits: self.setup.log_limits,
            prefs: self.nav.log_prefs,
        }
    }

    /// May nothing be changed?
    pub fn read_only(&self) -> bool {
        self.setup.read_only || self.snapshot.read_only
    }

    /// Is there room for several panes, and are they wanted?
    pub fn is_overview(&self) -> bool {
        self.nav.detail.is_none()
            && !self.nav.zoomed
            && !matches!(self.nav.pane, Pane::Operations | Pane::Fleet)
            && self.size.0 >= OVERVIEW.0
            && self.size.1 >= OVERVIEW.1
    }

    /// A pane's table.
    pub fn table(&self, pane: Pane) -> &Table {
        &self.tables[pane.index()]
    }

    /// A pane's table, to be changed.
    pub fn table_mut(&mut self, pane: Pane) -> &mut Table {
        &mut self.tables[pane.index()]
    }

    /// The table with the focus.
    pub fn focused(&self) -> &Table {
        self.table(self.nav.pane)
    }

    /// The table with the focus, to be changed.
    pub fn focused_mut(&mut self) -> &mut Table {
        self.table_mut(self.nav.pane)
    }

    /// The panes that are on the screen.
    pub fn visible_panes(&self) -> Vec<Pane> {
        if self.nav.detail.is_some() {
            return Vec::new();
        }
        if self.is_overview() {
            let mut panes = Pane::SIDE.to_vec();
            panes.push(Pane::Containers);
            return panes;
        }
        vec![self.nav.pane]
    }

    /// The detail that has the keys, if one has.
    pub fn front_detail(&self) -> Option<&Detail> {
        match &self.nav.detail {
            Some(detail) => Some(detail),
            None if self.nav.on_detail && self.is_overview() => self.preview.as_deref(),
            None => None,
        }
    }

    /// The detail that has the keys, to be changed.
    pub fn front_detail_mut(&mut self) -> Option<&mut Detail> {
        let overview = self.is_overview();
        match &mut self.nav.detail {
            Some(detail) => Some(detail),
            None if self.nav.on_detail && overview => self.preview.as_deref_mut(),
            None => None,
        }
    }

    /// The detail on the screen, with the keys or without.
    pub fn shown_detail_mut(&mut self) -> Option<&mut Detail> {
        let overview = self.is_overview();
        match &mut self.nav.detail {
            Some(detail) => Some(detail),
            None if overview => self.preview.as_deref_mut(),
            None => None,
        }
    }

    /// The detail on the screen, with the keys or without.
    pub fn shown_detail(&self) -> Option<&Detail> {
        match &self.nav.detail {
            Some(detail) => Some(detail),
            None if self.is_overview() => self.preview.as_deref(),
            None => None,
        }
    }

    /// Contexts of keys, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(overlay) = self.overlays.last() {
            return overlay.contexts();
        }
        let mut stack = Vec::with_capacity(4);
        if let Some(detail) = self.front_detail() {
            if detail.shows_logs() {
                stack.push(Context::Logs);
            }
            stack.push(Context::View);
            if let Some(kind) = detail.subject.kind() {
                stack.push(Pane::of(kind).context());
            }
            if let Subject::Operation(_) = detail.subject {
                stack.push(Context::Operations);
            }
        } else {
            // In a tree there are things of other kinds than the pane's.
            let kind = self.focused().selected().and_then(Row::kind);
            let pane = kind.map_or(self.nav.pane, Pane::of);
            stack.push(pane.context());
            stack.push(Context::Table);
        }
        stack.push(Context::Global);
        stack
    }

    /// What actions work on: the subject of the detail with the keys, else the marked rows, else
    /// the row under the cursor.
    pub fn chosen(&self) -> Vec<Row> {
        match self.front_detail() {
            Some(detail) => detail.subject.rows(&self.snapshot),
            None => self.focused().chosen(),
        }
    }

    /// The way here in words, without where one is.
    pub fn trail(&self) -> Vec<String> {
        let place = |to: &Address| match (&to.detail, &to.scope) {
            (Some((subject, _)), _) => subject.label(&self.snapshot),
            (None, Some(scope)) => scope.label(),
            (None, None) => to.pane.title().to_owned(),
        };
        let mut words: Vec<String> = self.nav.trail().iter().map(place).collect();
        words.dedup();
        words
    }

    /// Here.
    pub fn address(&self) -> Address {
        let table = self.focused();
        Address {
            pane: self.nav.pane,
            scope: table.scope.clone(),
            filter: table.filter.text().to_owned(),
            key: table.key().cloned(),
            zoomed: self.nav.zoomed,
            detail: self.nav.detail.as_ref().map(|d| (d.subject.clone(), d.tab)),
        }
    }

    /// Take the rows of the tables on the screen from the snapshot.
    pub fn sync(&mut self) {
        for pane in self.visible_panes() {
            self.sync_pane(pane);
        }
    }

    /// Take the rows of a table from the snapshot and measure its columns.
    pub fn sync_pane(&mut self, pane: Pane) {
        let setup = &self.setup;
        let paint = Paint::new(&setup.theme, &setup.glyphs, self.now, setup.zone);
        let look = Look {
            paint: &paint,
            snapshot: &self.snapshot,
            summary: &self.summary,
        };
        let table = &mut self.tables[pane.index()];
        table.refresh(&self.snapshot, &self.summary, self.now);
        table.measure(&look);
    }

    /// What the cursor of the focused table is on.
    pub fn under_cursor(&self) -> Option<RowKey> {
        self.focused().key().cloned()
    }
}
