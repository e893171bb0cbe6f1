//! What lies over the panes and takes the keys: prompts, dialogs, menus, help.

use super::column::Field;
use super::filter::Filter;
use super::form::Form;
use super::keymap::Context;
use super::line_edit::LineEdit;
use super::logs::LogLineView;
use super::own::Ask;
use super::pane::Pane;
use super::scroll::Pattern;
use crate::command::Invocation;
use crate::domain::error::Error;
use crate::domain::guardrail::{Answer, Demand};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::Intent;
use crate::domain::plan::Danger;
use crate::domain::snapshot::Snapshot;
use crate::reconcile::Preview;

/// Something over the panes.
#[derive(Debug)]
pub enum Overlay {
    Prompt(Prompt),
    Palette(Palette),
    Confirm(Box<Confirm>),
    Menu(Menu),
    Help(Help),
    /// A command of the user's own.
    Own(Box<Ask>),
    Form(Box<Form>),
    /// A line of a log with all its fields.
    LogLine(Box<LogLineView>),
    /// The columns of a table to choose from.
    Columns(Columns),
}

impl Overlay {
    /// Its contexts of keys, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Prompt(_) | Self::Palette(_) => vec![Context::Prompt],
            Self::Confirm(c) if c.wants_text() => vec![Context::Prompt],
            Self::Own(ask) if ask.is_typing() => vec![Context::Prompt],
            Self::Confirm(_) | Self::Menu(_) | Self::Own(_) | Self::Columns(_) => {
                vec![Context::Confirm]
            }
            Self::Form(_) => vec![Context::Form],
            Self::Help(_) => vec![Context::Help, Context::View],
            Self::LogLine(_) => vec![Context::Help, Context::Logs, Context::View],
        }
    }

    /// Does typing go into a line?
    pub fn is_typing(&self) -> bool {
        match self {
            Self::Prompt(_) | Self::Palette(_) | Self::Form(_) => true,
            Self::Confirm(c) => c.wants_text(),
            Self::Own(ask) => ask.is_typing(),
            Self::Menu(_) | Self::Help(_) | Self::LogLine(_) | Self::Columns(_) => false,
        }
    }
}

/// What a line is typed for.
#[derive(Debug, Clone, PartialEq)]
pub enum PromptKind {
    /// Rows to keep; works while it is typed.
    Filter { before: Filter },
    /// Text to find, what was searched before, and where a log stood then.
    Search {
        before: Option<Pattern>,
        stood: Option<(bool, [u64; 3], usize)>,
    },
    /// Lines of a log to keep, or to leave out.
    Keep { drops: bool },
    /// Which lines of a log to read: `10m`, `2h`, a time.
    Since,
    /// A time to go to in a log.
    GoToTime,
    /// A file to write: what is shown of a log, or all of it.
    Save { all: bool },
    /// A file to write the text of a view to.
    SaveText,
    /// Where a path of a container is copied to.
    CopyOut { container: ObjectRef, path: String },
}

/// A line being typed at the bottom.
#[derive(Debug)]
pub struct Prompt {
    pub kind: PromptKind,
    pub line: LineEdit,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Place in the history while going through it.
    pub recall: Option<usize>,
    /// What is typed is no regular expression.
    pub plain: bool,
}

impl Prompt {
    /// A line with text in it.
    pub fn new(kind: PromptKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            line: LineEdit::new(text),
            error: None,
            recall: None,
            plain: false,
        }
    }

    /// The sign before the line.
    pub fn sign(&self) -> &'static str {
        match self.kind {
            PromptKind::Filter { .. } | PromptKind::Search { .. } => "/",
            PromptKind::Keep { drops: false } => "&",
            PromptKind::Keep { drops: true } => "!",
            PromptKind::Since => "since ",
            PromptKind::GoToTime => "go to ",
            PromptKind::Save { all: false } => "save what is shown to ",
            PromptKind::Save { all: true } => "save all lines to ",
            PromptKind::SaveText => "save to ",
            PromptKind::CopyOut { .. } => "copy to ",
        }
    }

    /// What an empty line suggests.
    pub fn placeholder(&self) -> &'static str {
        match self.kind {
            PromptKind::Filter { .. } => {
                "text !text host=prod-* state=exited label:env=prod cpu>50 mem>1g age<2h"
            }
            PromptKind::Search { .. } => "text or a regular expression",
            PromptKind::Keep { drops: false } => {
                "keep lines with text or a regular expression; !text leaves them out; empty: all"
            }
            PromptKind::Keep { drops: true } => "leave out lines with text or a regular expression",
            PromptKind::Since => "tail, 10m, 2h, 3d, 14:30, all, head",
            PromptKind::GoToTime => "14:30, 14:30:05, -10m, 2026-01-31 14:30, RFC 3339",
            PromptKind::Save { .. } | PromptKind::SaveText => "a file name",
            PromptKind::CopyOut { .. } => "a path here that is not there yet, or a directory",
        }
    }
}

/// One completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What takes the place of the word.
    pub text: String,
    pub doc: String,
    /// The key that does the same.
    pub key: String,
}

/// The command line.
#[derive(Debug, Default)]
pub struct Palette {
    pub line: LineEdit,
    pub candidates: Vec<Candidate>,
    /// The candidate chosen with Tab.
    pub chosen: Option<usize>,
    /// What the word was before candidates took its place.
    pub stem: Option<LineEdit>,
    pub recall: Option<usize>,
    pub error: Option<String>,
    /// The equivalent shell command.
    pub shell: Option<String>,
}

/// A choice of a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Running containers too.
    Force,
    /// Anonymous volumes too.
    Volumes,
    Cancel,
    /// Look and plan anew.
    Again,
    Go,
}

/// A dialog that asks before something is done.
#[derive(Debug)]
pub struct Confirm {
    pub intent: Intent,
    /// The plan and what it demands, or why there is none.
    pub state: Result<Box<Preview>, Error>,
    pub typed: LineEdit,
    pub chosen: Choice,
    /// The first victim shown.
    pub top: usize,
    /// What was typed is not what is wanted.
    pub wrong: bool,
    /// The line for the shell that does the same.
    pub shell: Option<String>,
    /// The targets as they were when they were looked at.
    pub seen: Vec<(ObjectRef, String)>,
    /// What became of the targets since they were looked at.
    pub changed: Vec<String>,
    /// It is about a conversation, not about the intent: with these words, or with the first
    /// process.
    pub session: Option<(ObjectRef, Option<Vec<String>>)>,
}

impl Confirm {
    /// Ask about a plan; the cursor is on Cancel.
    pub fn new(intent: Intent, state: Result<Box<Preview>, Error>) -> Self {
        Self {
            intent,
            state,
            typed: LineEdit::default(),
            chosen: Choice::Cancel,
            top: 0,
            wrong: false,
            shell: None,
            seen: Vec::new(),
            changed: Vec::new(),
            session: None,
        }
    }

    /// What there is to choose, in order.
    pub fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::with_capacity(4);
        if matches!(self.intent, Intent::Remove { .. }) {
            choices.extend([Choice::Force, Choice::Volumes]);
        }
        choices.push(Choice::Cancel);
        if !self.changed.is_empty() {
            choices.push(Choice::Again);
        } else if self.state.is_ok() {
            choices.push(Choice::Go);
        }
        choices
    }

    /// The verb on the button.
    pub fn verb(&self) -> &'static str {
        match &self.session {
            Some((_, Some(_))) => "exec",
            Some((_, None)) => "attach",
            None => self.intent.verb(),
        }
    }

    /// Remember how the targets are now.
    pub fn look(&mut self, snapshot: &Snapshot) {
        let Ok(preview) = &self.state else { return };
        let steps = preview.plan.steps.iter();
        let known = steps.filter(|s| !s.target.id.as_str().is_empty());
        let mut seen: Vec<(ObjectRef, String)> = known
            .map(|s| (s.target.clone(), describe(&s.target, snapshot)))
            .collect();
        seen.sort();
        seen.dedup();
        self.seen = seen;
        self.changed.clear();
    }

    /// Are the targets still as they were?
    pub fn compare(&mut self, snapshot: &Snapshot) {
        self.changed = self
            .seen
            .iter()
            .filter_map(|(object, then)| {
                let now = describe(object, snapshot);
                (now != *then).then(|| format!("{object}: was {then}, is {now}"))
            })
            .collect();
        if !self.choices().contains(&self.chosen) {
            self.chosen = Choice::Cancel;
        }
    }

    /// Go to the next choice, or the one before.
    pub fn turn(&mut self, by: isize) {
        let all = self.choices();
        let at = all.iter().position(|c| *c == self.chosen).unwrap_or(0);
        let next = (at as isize + by).rem_euclid(all.len() as isize);
        self.chosen = all[next as usize];
    }

    /// Must something be typed?
    pub fn wants_text(&self) -> bool {
        matches!(&self.state, Ok(p) if matches!(p.demand, Demand::Type { .. }))
    }

    /// The answer, when it is what is demanded.
    pub fn answer(&self) -> Option<Answer> {
        match &self.state.as_ref().ok()?.demand {
            Demand::Nothing => Some(Answer::None),
            Demand::Yes { .. } => Some(Answer::Yes),
            Demand::Type { text, .. } => {
                let typed = self.typed.text().trim();
                (typed == text).then(|| Answer::Typed(typed.to_owned()))
            }
        }
    }

    /// Will anything be gone afterwards?
    pub fn destroys(&self) -> bool {
        match &self.state {
            Ok(preview) => preview.plan.danger() == Danger::Destructive,
            Err(_) => matches!(self.intent, Intent::Remove { .. } | Intent::Prune { .. }),
        }
    }

    /// Is an option of the removal on?
    pub fn is_on(&self, choice: Choice) -> bool {
        match (&self.intent, choice) {
            (Intent::Remove { force, .. }, Choice::Force) => *force,
            (Intent::Remove { volumes, .. }, Choice::Volumes) => *volumes,
            _ => false,
        }
    }

    /// The intent with an option turned around; it has to be planned anew.
    pub fn toggled(&self, choice: Choice) -> Option<Intent> {
        let mut intent = self.intent.clone();
        match (&mut intent, choice) {
            (Intent::Remove { force, .. }, Choice::Force) => *force = !*force,
            (Intent::Remove { volumes, .. }, Choice::Volumes) => *volumes = !*volumes,
            _ => return None,
        }
        Some(intent)
    }
}

/// A line of a menu.
#[derive(Debug, Clone)]
pub struct Item {
    pub label: String,
    pub doc: String,
    /// The key that does the same.
    pub key: String,
    pub call: Invocation,
    /// A command of the user's own, instead of `call`.
    pub own: Option<String>,
}

/// A list to choose from.
#[derive(Debug)]
pub struct Menu {
    pub title: String,
    pub items: Vec<Item>,
    pub cursor: usize,
    /// What the chosen call works on.
    pub targets: Vec<ObjectRef>,
}

/// A column that can be shown.
#[derive(Debug, Clone)]
pub struct ColumnItem {
    pub field: Field,
    pub on: bool,
}

/// The columns of a table, in order.
#[derive(Debug)]
pub struct Columns {
    pub pane: Pane,
    pub items: Vec<ColumnItem>,
    pub cursor: usize,
    /// What was chosen before.
    pub before: Vec<String>,
}

/// The keys of the view it was opened over.
#[derive(Debug)]
pub struct Help {
    pub contexts: Vec<Context>,
    pub top: usize,
}

/// An object in a few words: what a decision about it depends on.
fn describe(object: &ObjectRef, snapshot: &Snapshot) -> String {
    match (object.kind, snapshot.container(object)) {
        (_, Some((_, c))) if *c.name == *object.name => c.state.to_string(),
        (_, Some((_, c))) => format!("{}, called {}", c.state, c.name),
        (Kind::Container, None) => "gone".to_owned(),
        _ => {
            let host = snapshot.host(&object.host);
            let there = host.is_some_and(|h| h.refs(object.kind).contains(object));
            if there { "there" } else { "gone" }.to_owned()
        }
    }
}
