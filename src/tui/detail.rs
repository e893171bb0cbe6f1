//! One thing seen closely: tabs over what the picture, inspect, logs and the journal say of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::effect::Effect;
use super::files::{self, Files};
use super::logs::{LogSetup, LogView};
use super::msg::{Fetched, Inspected};
use super::row::Row;
use super::scroll::Scroll;
use crate::domain::error::Result;
use crate::domain::files::Layer;
use crate::domain::id::{Kind, ObjectRef, OpId};
use crate::domain::observed::{ContainerState, HealthStatus};
use crate::domain::port::{HistoryQuery, Record, Top};
use crate::domain::snapshot::Snapshot;

/// What is seen closely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Object(ObjectRef),
    Operation(OpId),
    /// The logs of several containers, merged, and what they are called together.
    Logs(String, Vec<ObjectRef>),
}

/// What is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Describe,
    Logs,
    Stats,
    Health,
    Inspect,
    Env,
    Top,
    Events,
    Files,
    Mounts,
    Networks,
    Layers,
    Tasks,
    Timeline,
    Steps,
}

impl Tab {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Describe => "Describe",
            Self::Logs => "Logs",
            Self::Stats => "Stats",
            Self::Health => "Health",
            Self::Inspect => "Inspect",
            Self::Env => "Env",
            Self::Top => "Top",
            Self::Events => "Events",
            Self::Files => "Files",
            Self::Layers => "Layers",
            Self::Mounts => "Mounts",
            Self::Networks => "Networks",
            Self::Tasks => "Tasks",
            Self::Timeline => "Timeline",
            Self::Steps => "Steps",
        }
    }
}

impl Subject {
    /// The object, when it is one.
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::Object(object) => Some(object),
            Self::Operation(_) | Self::Logs(..) => None,
        }
    }

    /// The kind whose keys work on it.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Object(object) => Some(object.kind),
            Self::Operation(_) | Self::Logs(..) => None,
        }
    }

    /// The tabs there are.
    pub fn tabs(&self) -> &'static [Tab] {
        match self {
            Self::Operation(_) => &[Tab::Steps],
            Self::Logs(..) => &[Tab::Logs],
            Self::Object(object) => match object.kind {
                Kind::Container => &[
                    Tab::Describe,
                    Tab::Logs,
                    Tab::Stats,
                    Tab::Health,
                    Tab::Inspect,
                    Tab::Env,
                    Tab::Top,
                    Tab::Files,
                    Tab::Mounts,
                    Tab::Networks,
                    Tab::Events,
                    Tab::Timeline,
                ],
                Kind::Service | Kind::Project => &[
                    Tab::Describe,
                    Tab::Logs,
                    Tab::Tasks,
                    Tab::Events,
                    Tab::Timeline,
                ],
                Kind::Machine | Kind::Node => &[Tab::Describe, Tab::Events, Tab::Timeline],
                Kind::Volume => &[
                    Tab::Describe,
                    Tab::Files,
                    Tab::Inspect,
                    Tab::Events,
                    Tab::Timeline,
                ],
                Kind::Network => &[Tab::Describe, Tab::Inspect, Tab::Events, Tab::Timeline],
                Kind::Image => &[
                    Tab::Describe,
                    Tab::Layers,
                    Tab::Inspect,
                    Tab::Events,
                    Tab::Timeline,
                ],
            },
        }
    }

    /// Its row in the picture, with what it looks like now.
    pub fn row(&self, snapshot: &Snapshot) -> Option<Row> {
        match self {
            Self::Object(object) => row_of(object, snapshot),
            Self::Operation(id) => {
                let found = snapshot.operations.iter().find(|o| o.id == *id);
                found.cloned().map(Row::Operation)
            }
            Self::Logs(..) => None,
        }
    }

    /// The rows that actions work on.
    pub fn rows(&self, snapshot: &Snapshot) -> Vec<Row> {
        match self {
            Self::Logs(_, objects) => objects.iter().filter_map(|o| row_of(o, snapshot)).collect(),
            _ => self.row(snapshot).into_iter().collect(),
        }
    }

    /// The containers whose logs are its logs.
    fn log_sources(&self, snapshot: &Snapshot) -> Vec<ObjectRef> {
        match self {
            Self::Logs(_, objects) => objects.clone(),
            Self::Object(_) => self
                .row(snapshot)
                .map_or_else(Vec::new, |row| containers_of(&row)),
            Self::Operation(_) => Vec::new(),
        }
    }

    /// For titles.
    pub fn label(&self, snapshot: &Snapshot) -> String {
        match self {
            Self::Object(object) if object.kind == Kind::Machine => object.host.to_string(),
            Self::Object(object) => object.to_string(),
            Self::Logs(label, _) => label.clone(),
            Self::Operation(id) => match self.row(snapshot) {
                Some(row) => row.name().into_owned(),
                None => id.to_string(),
            },
        }
    }
}

/// The row of an object.
pub fn row_of(object: &ObjectRef, snapshot: &Snapshot) -> Option<Row> {
    let host = snapshot.host(&object.host)?;
    let h = || Arc::clone(host);
    Some(match object.kind {
        Kind::Machine => Row::Machine(h()),
        Kind::Container => Row::Container(h(), Arc::clone(host.container(&object.id)?)),
        Kind::Volume => Row::Volume(h(), Arc::clone(host.volume(object.id.as_str())?)),
        Kind::Network => Row::Network(h(), Arc::clone(host.network(&object.id)?)),
        Kind::Image => Row::Image(h(), Arc::clone(host.image(&object.id)?)),
        Kind::Project => {
            let mut all = host.projects().into_iter();
            let found = all.find(|p| *p.name == *object.id.as_str())?;
            Row::Project(h(), Arc::new(found))
        }
        Kind::Service => {
            let found = host.services().into_iter().find(|s| s.id == object.id)?;
            Row::Service(h(), Arc::new(found))
        }
        Kind::Node => return None,
    })
}

/// The containers an object stands for: itself, or those of a service, project or machine.
pub fn containers_of(row: &Row) -> Vec<ObjectRef> {
    match row {
        Row::Container(h, c) => vec![h.container_ref(c)],
        Row::Service(h, s) if s.swarm.is_some() => {
            let tasks = s.swarm.iter().flat_map(|s| &s.tasks);
            let ids = tasks.filter_map(|t| t.container.as_ref());
            ids.filter_map(|id| h.container(id))
                .map(|c| h.container_ref(c))
                .collect()
        }
        Row::Project(h, _) | Row::Service(h, _) => row
            .containers()
            .iter()
            .map(|c| h.container_ref(c))
            .collect(),
        _ => Vec::new(),
    }
}

/// Something that is asked for and comes later.
#[derive(Debug)]
pub struct Request<T> {
    seq: Option<u64>,
    asked: Option<DateTime<Utc>>,
    value: Option<Result<T>>,
}

impl<T> Default for Request<T> {
    fn default() -> Self {
        Self {
            seq: None,
            asked: None,
            value: None,
        }
    }
}

impl<T> Request<T> {
    /// What came.
    pub fn value(&self) -> Option<&Result<T>> {
        self.value.as_ref()
    }

    /// Ask at `now` under that number.
    fn ask(&mut self, seq: u64, now: DateTime<Utc>) {
        self.seq = Some(seq);
        self.asked = Some(now);
    }

    /// Is an answer outstanding?
    fn waits(&self) -> bool {
        self.seq.is_some()
    }

    fn answer(&mut self, seq: u64, value: Result<T>) -> bool {
        if self.seq != Some(seq) {
            return false;
        }
        self.seq = None;
        self.value = Some(value);
        true
    }
}

/// What a container's inspect answer depends on.
type Basis = (
    ContainerState,
    Option<HealthStatus>,
    Option<DateTime<Utc>>,
    u32,
);

/// The cursor rests this long on a row before its details are asked for.
const PATIENCE: Duration = Duration::milliseconds(180);
/// Processes are listed again after this long.
const TOP_EVERY: Duration = Duration::seconds(5);
/// Least time between two inspects of the same object.
const INSPECT_EVERY: Duration = Duration::seconds(1);

/// One thing seen closely.
#[derive(Debug)]
pub struct Detail {
    pub subject: Subject,
    pub tab: Tab,
    pub scroll: Scroll,
    pub logs: Option<LogView>,
    pub inspected: Request<Inspected>,
    pub top: Request<Top>,
    pub history: Request<Vec<Record>>,
    pub layers: Request<Vec<Layer>>,
    pub files: Files,
    /// Lines that fit, as of the last layout.
    pub height: usize,
    /// Columns, as of the last layout.
    pub width: usize,
    /// The one variable of the environment whose secret is shown.
    pub revealed: Option<String>,
    /// Parts of the document that are closed.
    pub folds: BTreeSet<String>,
    since: DateTime<Utc>,
    /// It follows a cursor, which may move on at once.
    follows: bool,
    basis: Option<Basis>,
}

impl Detail {
    /// See `subject` closely, for good.
    pub fn new(subject: Subject, tab: Tab, now: DateTime<Utc>) -> Self {
        let tab = if subject.tabs().contains(&tab) {
            tab
        } else {
            subject.tabs()[0]
        };
        Self {
            subject,
            tab,
            scroll: Scroll::default(),
            logs: None,
            inspected: Request::default(),
            top: Request::default(),
            history: Request::default(),
            layers: Request::default(),
            files: Files::default(),
            height: 0,
            width: 0,
            revealed: None,
            folds: BTreeSet::new(),
            since: now,
            follows: false,
            basis: None,
        }
    }

    /// See it as long as the cursor is on it.
    pub fn following(subject: Subject, tab: Tab, now: DateTime<Utc>) -> Self {
        Self {
            follows: true,
            ..Self::new(subject, tab, now)
        }
    }

    /// It does not follow the cursor any more.
    pub fn stay(&mut self) {
        self.follows = false;
    }

    /// Are log lines shown?
    pub fn shows_logs(&self) -> bool {
        self.tab == Tab::Logs
    }

    /// Show another tab.
    pub fn turn(&mut self, by: isize) {
        let tabs = self.subject.tabs();
        let at = tabs.iter().position(|t| *t == self.tab).unwrap_or(0);
        let next = (at as isize + by).rem_euclid(tabs.len() as isize) as usize;
        self.show(tabs[next]);
    }

    /// Show a tab, if there is one like that.
    pub fn show(&mut self, tab: Tab) {
        if self.subject.tabs().contains(&tab) && self.tab != tab {
            self.tab = tab;
            self.revealed = None;
            self.scroll = Scroll {
                wrap: self.scroll.wrap,
                ..Scroll::default()
            };
        }
    }

    /// Forget what was fetched: it will be asked for anew.
    pub fn expire(&mut self) {
        self.inspected.asked = None;
        self.top.asked = None;
        self.history.asked = None;
        self.layers.asked = None;
        self.files.found.asked = None;
    }

    /// It is left: what is asked for comes to nobody.
    pub fn rest(&mut self) {
        self.inspected.seq = None;
        self.top.seq = None;
        self.history.seq = None;
        self.layers.seq = None;
        self.files.found.seq = None;
        self.revealed = None;
        self.expire();
    }

    /// Take an answer; false when it is not for this view.
    pub fn answer(&mut self, seq: u64, what: Fetched) -> bool {
        match what {
            Fetched::Inspected(result) => self.inspected.answer(seq, result),
            Fetched::Top(result) => self.top.answer(seq, result),
            Fetched::History(result) => self.history.answer(seq, result),
            Fetched::Layers(result) => self.layers.answer(seq, result),
            Fetched::Browsed(result) => self.files.found.answer(seq, result),
        }
    }

    /// Ask for what the tab shows and is not there; when to look again.
    pub fn ask(
        &mut self,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
        logs: LogSetup,
        next: &mut dyn FnMut() -> u64,
        effects: &mut Vec<Effect>,
    ) -> Option<DateTime<Utc>> {
        if self.follows && now < self.since + PATIENCE {
            return Some(self.since + PATIENCE);
        }
        match self.tab {
            Tab::Logs => self.ask_logs(snapshot, now, logs, next, effects),
            Tab::Describe
            | Tab::Stats
            | Tab::Health
            | Tab::Inspect
            | Tab::Env
            | Tab::Mounts
            | Tab::Networks => self.ask_inspect(snapshot, now, next, effects),
            Tab::Files => {
                self.ask_files(snapshot, now, next, effects);
                self.ask_inspect(snapshot, now, next, effects)
            }
            Tab::Layers => {
                if let Some(object) = self.subject.object()
                    && self.layers.asked.is_none()
                {
                    let (seq, object) = (next(), object.clone());
                    self.layers.ask(seq, now);
                    effects.push(Effect::Layers { seq, object });
                }
                None
            }
            Tab::Top => self.ask_top(now, next, effects),
            Tab::Timeline => {
                if let Some(object) = self.subject.object()
                    && self.history.asked.is_none()
                {
                    let seq = next();
                    self.history.ask(seq, now);
                    let query = history_of(object);
                    effects.push(Effect::History { seq, query });
                }
                None
            }
            Tab::Events | Tab::Tasks | Tab::Steps => None,
        }
    }

    fn ask_inspect(
        &mut self,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
        next: &mut dyn FnMut() -> u64,
        effects: &mut Vec<Effect>,
    ) -> Option<DateTime<Utc>> {
        let object = self.subject.object()?.clone();
        let fits = match object.kind {
            Kind::Container | Kind::Volume | Kind::Network | Kind::Image => true,
            // Those of Compose are labels on containers.
            Kind::Service => !object.id.as_str().contains('/'),
            Kind::Project | Kind::Machine | Kind::Node => false,
        };
        let live = snapshot
            .host(&object.host)
            .is_some_and(|h| h.link.is_live());
        if !fits || self.inspected.waits() || !live {
            return None;
        }
        let basis = snapshot
            .container(&object)
            .map(|(_, c)| (c.state, c.health_status(), c.started, c.restart_count));
        if self.inspected.asked.is_some() && basis == self.basis {
            return None;
        }
        if let Some(asked) = self.inspected.asked
            && now < asked + INSPECT_EVERY
        {
            return Some(asked + INSPECT_EVERY);
        }
        self.basis = basis;
        let seq = next();
        self.inspected.ask(seq, now);
        effects.push(Effect::Inspect { seq, object });
        None
    }

    fn ask_files(
        &mut self,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
        next: &mut dyn FnMut() -> u64,
        effects: &mut Vec<Effect>,
    ) {
        let Some(object) = self.subject.object() else {
            return;
        };
        self.files.settle(&files::places(object, None, snapshot));
        let Some(spot) = &self.files.spot else {
            return;
        };
        if self.files.found.asked.is_some() {
            return;
        }
        let seq = next();
        effects.push(Effect::Browse {
            seq,
            container: spot.place.container.clone(),
            path: spot.path.clone(),
            also: files::known(&spot.place, snapshot),
        });
        self.files.found.ask(seq, now);
    }

    fn ask_top(
        &mut self,
        now: DateTime<Utc>,
        next: &mut dyn FnMut() -> u64,
        effects: &mut Vec<Effect>,
    ) -> Option<DateTime<Utc>> {
        let object = self.subject.object()?.clone();
        if self.top.waits() {
            return None;
        }
        let due = self.top.asked.map(|a| a + TOP_EVERY);
        if due.is_some_and(|due| now < due) {
            return due;
        }
        let seq = next();
        self.top.ask(seq, now);
        effects.push(Effect::Top { seq, object });
        None
    }

    /// Open the log streams of everything that the subject stands for, and again what broke off.
    fn ask_logs(
        &mut self,
        snapshot: &Snapshot,
        now: DateTime<Utc>,
        setup: LogSetup,
        next: &mut dyn FnMut() -> u64,
        effects: &mut Vec<Effect>,
    ) -> Option<DateTime<Utc>> {
        let Some(view) = &mut self.logs else {
            let sources = self.subject.log_sources(snapshot);
            let view = LogView::new(next(), sources, setup);
            effects.push(view.open(now));
            self.logs = Some(view);
            return None;
        };
        let grows = matches!(self.subject.kind(), Some(Kind::Service | Kind::Project));
        if grows && view.is_behind(snapshot) {
            view.adopt(self.subject.log_sources(snapshot));
        }
        view.tend(snapshot, now, effects)
    }

    /// Close what is open.
    pub fn close(&mut self, effects: &mut Vec<Effect>) {
        if let Some(logs) = self.logs.take() {
            effects.push(Effect::CloseLogs(logs.stream));
        }
    }
}

/// What the journal is asked about an object.
fn history_of(object: &ObjectRef) -> HistoryQuery {
    HistoryQuery {
        host: Some(object.host.to_string()),
        object: (object.kind != Kind::Machine).then(|| object.label().to_owned()),
        limit: Some(200),
        ..HistoryQuery::default()
    }
}
