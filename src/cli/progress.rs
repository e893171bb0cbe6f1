//! What an operation is doing, on stderr: bars, lines or JSON.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rustc_hash::FxHashMap;
use serde_json::json;
use tokio::time::Instant;

use super::args::Progress;
use super::human;
use super::out::Out;
use crate::domain::id::OpId;
use crate::domain::operation::{Operation, Outcome, StepState};
use crate::domain::text::sanitise;

/// What is shown while operations run.
pub(crate) enum Watch {
    Silent,
    Lines {
        json: bool,
        told: Told,
    },
    Bars {
        all: MultiProgress,
        bars: FxHashMap<OpId, Bar>,
        /// What is over by then is not worth a bar.
        due: Instant,
    },
}

/// A bar and what it shows: each setter draws, so only changes are set.
pub(crate) struct Bar {
    bar: ProgressBar,
    shown: (usize, usize, String),
}

/// How long an operation may take without a bar.
const SHORT: Duration = Duration::from_millis(300);

/// What was said of each step last.
type Told = FxHashMap<(OpId, usize), (Outcome, String)>;

impl Watch {
    pub(crate) fn new(wish: Progress, out: &Out) -> Self {
        let lines = |json| Self::Lines {
            json,
            told: FxHashMap::default(),
        };
        match wish {
            Progress::None => Self::Silent,
            Progress::Json => lines(true),
            Progress::Auto if out.terminals().stderr => Self::Bars {
                all: MultiProgress::with_draw_target(out.bars()),
                bars: FxHashMap::default(),
                due: Instant::now() + SHORT,
            },
            Progress::Plain | Progress::Auto => lines(false),
        }
    }

    /// An operation may have changed.
    pub(crate) fn seen(&mut self, op: &Operation, out: &mut Out) {
        match self {
            Self::Silent => {}
            Self::Lines { json, told } => {
                for step in &op.steps {
                    let text = text_of(step);
                    let now = (step.outcome, text);
                    if step.outcome == Outcome::Pending || told.get(&(op.id, step.id)) == Some(&now)
                    {
                        continue;
                    }
                    let line = if *json {
                        json_line(op, step)
                    } else {
                        plain_line(step, &now.1)
                    };
                    // Percentages are for bars and programs, not for logs.
                    let again = told.get(&(op.id, step.id)).is_some_and(|t| t.0 == now.0);
                    if *json || !again {
                        out.say(&line);
                    }
                    told.insert((op.id, step.id), now);
                }
            }
            Self::Bars { all, bars, due } => {
                if Instant::now() >= *due {
                    draw(op, all, bars);
                }
            }
        }
    }

    /// When to look again although nothing has changed.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self {
            Self::Bars { due, .. } if Instant::now() < *due => Some(*due),
            _ => None,
        }
    }

    /// Take the bars away.
    pub(crate) fn clear(&mut self) {
        if let Self::Bars { all, bars, .. } = self {
            for bar in bars.values() {
                bar.bar.finish_and_clear();
            }
            let _ = all.clear();
        }
    }
}

fn draw(op: &Operation, all: &MultiProgress, bars: &mut FxHashMap<OpId, Bar>) {
    let entry = bars.entry(op.id).or_insert_with(|| {
        let bar = ProgressBar::new(op.steps.len() as u64)
            .with_style(style())
            .with_prefix(sanitise(&op.title).into_owned());
        Bar {
            bar: all.add(bar),
            shown: (0, op.steps.len(), String::new()),
        }
    });
    let active: Vec<String> = op
        .steps
        .iter()
        .filter(|s| s.is_active())
        .take(3)
        .map(|s| plain_line(s, &text_of(s)))
        .collect();
    let (done, total) = op.count();
    let now = (done, total, active.join(", "));
    if now.0 != entry.shown.0 {
        entry.bar.set_position(done as u64);
    }
    if now.2 != entry.shown.2 {
        entry.bar.set_message(now.2.clone());
    }
    entry.shown = now;
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} [{bar:20}] {pos}/{len} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// How far a step is.
fn text_of(step: &StepState) -> String {
    let Some(progress) = step.progress.as_ref().filter(|_| step.is_active()) else {
        return String::new();
    };
    match (progress.current, progress.total) {
        (_, 0) => progress.text.to_string(),
        (done, all) if all > 100_000 => format!(
            "{} {} of {}",
            progress.text,
            human::bytes(done),
            human::bytes(all)
        ),
        (done, all) => format!("{} {done} of {all}", progress.text),
    }
}

/// `prod-1/web: stopping`, `prod-1/web: stopped`.
fn plain_line(step: &StepState, text: &str) -> String {
    let (doing, done) = forms(&step.verb);
    let target = sanitise_target(step);
    match step.outcome {
        Outcome::Pending => format!("{target}: waiting"),
        Outcome::Running if text.is_empty() => format!("{target}: {doing}"),
        Outcome::Running => format!("{target}: {doing}: {text}"),
        Outcome::Succeeded => format!("{target}: {done}"),
        Outcome::Unchanged => format!("{target}: {done} already"),
        Outcome::Failed => match &step.failure {
            Some(f) => format!("{target}: not {done}: {}", f.message),
            None => format!("{target}: not {done}"),
        },
        Outcome::Partial => format!("{target}: partly {done}"),
        Outcome::Skipped => format!("{target}: skipped"),
        Outcome::Cancelled => format!("{target}: cancelled"),
        Outcome::Interrupted => format!("{target}: interrupted"),
    }
}

fn sanitise_target(step: &StepState) -> String {
    sanitise(&step.target.to_string()).into_owned()
}

/// What a verb is called while it happens and afterwards.
pub(crate) fn forms(verb: &str) -> (&'static str, &'static str) {
    match verb {
        "create" => ("creating", "created"),
        "start" => ("starting", "started"),
        "stop" => ("stopping", "stopped"),
        "restart" => ("restarting", "restarted"),
        "kill" => ("killing", "killed"),
        "pause" => ("pausing", "paused"),
        "unpause" => ("unpausing", "unpaused"),
        "remove" => ("removing", "removed"),
        "untag" => ("untagging", "untagged"),
        "rename" => ("renaming", "renamed"),
        "connect" => ("connecting", "connected"),
        "disconnect" => ("disconnecting", "disconnected"),
        "pull" => ("pulling", "pulled"),
        "tag" => ("tagging", "tagged"),
        _ => ("working", "done"),
    }
}

fn json_line(op: &Operation, step: &StepState) -> String {
    json!({
        "operation": op.id,
        "step": step.id,
        "verb": step.verb,
        "host": step.target.host,
        "kind": step.target.kind.title(),
        "name": step.target.name,
        "id": step.target.id,
        "outcome": step.outcome,
        "progress": step.progress,
        "attempts": step.attempts,
        "failure": step.failure,
    })
    .to_string()
}
