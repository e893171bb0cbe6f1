//! What happened: events, the journal, the steps of an operation.

use super::page::{Item, Target};
use super::{fact, heading, named};
use crate::domain::id::Kind;
use crate::domain::observed::{PROJECT_LABEL, SERVICE_LABEL};
use crate::domain::operation::{Operation, StepState};
use crate::domain::port::Record;
use crate::domain::text::sanitise;
use crate::reconcile::FleetEvent;
use crate::tui::column::outcome_look;
use crate::tui::detail::{Detail, Subject};
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// Events of an object, the newest first.
pub(super) fn events(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Line> {
    let found = model.activity.events.iter().rev();
    let lines: Vec<Line> = found
        .filter(|e| concerns(e, &detail.subject))
        .map(|e| event(e, &detail.subject, paint))
        .collect();
    if lines.is_empty() {
        let label = detail.subject.label(&model.snapshot);
        let text = format!("nothing has happened to {label} since the console was opened");
        return vec![Line::of(Role::TextDim, text)];
    }
    lines
}

fn concerns(e: &FleetEvent, subject: &Subject) -> bool {
    let Some(object) = subject.object() else {
        return true;
    };
    if e.host != object.host {
        return false;
    }
    let attribute = |key: &str| e.event.attributes.get(key).map(|v| &**v);
    match object.kind {
        Kind::Machine => true,
        Kind::Project => attribute(PROJECT_LABEL) == Some(object.id.as_str()),
        Kind::Service => {
            let parts = object.id.as_str().split_once('/');
            parts.is_some_and(|(project, service)| {
                attribute(PROJECT_LABEL) == Some(project)
                    && attribute(SERVICE_LABEL) == Some(service)
            })
        }
        Kind::Network | Kind::Volume => {
            e.event.id == object.id || attribute("container") == Some(object.id.as_str())
        }
        _ => e.event.id == object.id || attribute("container") == Some(object.id.as_str()),
    }
}

fn event(e: &FleetEvent, subject: &Subject, paint: &Paint<'_>) -> Line {
    let mut line = Line::default();
    if let Some(time) = e.event.time {
        line.push(Role::LogTime, format!("{}  ", paint.moment(time)));
    }
    let action = sanitise(&e.event.action);
    let role = match action.split(':').next().unwrap_or_default() {
        "die" | "oom" | "kill" => Role::SeverityWarning,
        "destroy" | "remove" | "delete" => Role::SeverityError,
        "start" | "unpause" | "create" => Role::SeveritySuccess,
        "health_status" if action.contains("unhealthy") => Role::StateUnhealthy,
        "health_status" => Role::StateHealthy,
        _ => Role::Text,
    };
    line.push(role, format!("{action:<24}"));
    let alone = subject.object().is_some_and(|o| o.id == e.event.id);
    if !alone {
        line.push(
            Role::Text,
            format!(" {}/{}", e.host, sanitise(&e.event.name)),
        );
    }
    for key in ["exitCode", "signal", "image"] {
        if let Some(value) = e.event.attributes.get(key) {
            line.push(Role::TextMuted, format!(" {key}={}", sanitise(value)));
        }
    }
    line
}

/// What the journal has on an object, the newest first.
pub(super) fn timeline(records: &[Record], paint: &Paint<'_>) -> Vec<Line> {
    if records.is_empty() {
        return vec![Line::of(
            Role::TextDim,
            "the journal has nothing on it: nobody changed it with this program",
        )];
    }
    let mut out = Vec::new();
    for record in records {
        let o = &record.operation;
        let (sign, role) = outcome_look(o.outcome, paint);
        let mut line = Line::of(Role::LogTime, format!("{}  ", paint.moment(o.submitted)))
            .add(role, format!("{sign} {:<11} ", o.outcome.word()))
            .add(Role::Text, &*o.title);
        line.push(
            Role::TextMuted,
            format!("  {} ({})", o.actor.user, o.origin.word()),
        );
        if let Some(client) = &o.actor.ssh_client {
            line.push(Role::TextDim, format!(" from {client}"));
        }
        out.push(line);
        for failure in o.steps.iter().filter_map(|s| s.failure.as_ref()) {
            out.push(Line::of(
                Role::SeverityError,
                format!("    {}", failure.message),
            ));
        }
    }
    out
}

/// An operation with its steps.
pub(super) fn steps(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let Some(Row::Operation(o)) = detail.subject.row(&model.snapshot) else {
        return vec![super::nothing(
            "it ended and is not shown any more; the journal has it",
        )];
    };
    let mut out = head(&o, paint);
    heading(&mut out, "Steps");
    for step in &o.steps {
        let target = Target::Object(step.target.clone());
        let lines = one(step, paint).into_iter().map(Item::from);
        out.extend(lines.map(|i| i.to(target.clone())));
    }
    out
}

fn head(o: &Operation, paint: &Paint<'_>) -> Vec<Item> {
    let (sign, role) = outcome_look(o.outcome, paint);
    let (done, all) = o.count();
    let word = if o.cancelling && o.is_running() {
        "cancelling: what is being done is finished"
    } else {
        o.outcome.word()
    };
    let mut out = vec![
        fact("operation", Role::TextStrong, &*o.title),
        named("outcome")
            .add(role, format!("{sign} {word}"))
            .add(Role::TextMuted, format!("  {done} of {all} steps"))
            .into(),
    ];
    let mut who = o.actor.user.to_string();
    if let Some(client) = &o.actor.ssh_client {
        who = format!("{who} from {client}");
    }
    out.push(fact(
        "by",
        Role::Text,
        format!("{who} ({})", o.origin.word()),
    ));
    let began = format!(
        "{}, {} ago",
        paint.moment(o.submitted),
        paint.age(o.submitted)
    );
    out.push(fact("asked", Role::Text, began));
    if let Some(end) = o.finished {
        out.push(fact(
            "took",
            Role::Text,
            format::duration(end - o.submitted),
        ));
    }
    out.push(fact("id", Role::TextMuted, o.id.to_string()));
    out
}

fn one(step: &StepState, paint: &Paint<'_>) -> Vec<Line> {
    let (sign, role) = outcome_look(step.outcome, paint);
    let mut line = Line::of(role, format!("{sign} {:<11} ", step.outcome.word()))
        .add(Role::TextStrong, format!("{} ", step.verb))
        .add(Role::Text, format!("{} {}", step.target.kind, step.target));
    if let (Some(before), Some(after)) = (&step.before, &step.after) {
        line.push(Role::TextMuted, format!("  {before} to {after}"));
    }
    if let (Some(start), Some(end)) = (step.started, step.finished) {
        let took = format::duration(end - start);
        line.push(Role::TextDim, format!("  {took}"));
    }
    if step.attempts > 1 {
        line.push(
            Role::SeverityWarning,
            format!("  {} attempts", step.attempts),
        );
    }
    let mut out = vec![line];
    if let Some(progress) = step.progress.as_ref().filter(|_| step.is_active()) {
        let mut line = Line::of(Role::TextMuted, "    ");
        if progress.total > 0 {
            let share = progress.current as f64 / progress.total as f64;
            line.push(Role::GaugeLow, bar(share, 20, paint, true));
            line.push(Role::GaugeEmpty, bar(share, 20, paint, false));
            line.push(Role::TextMuted, format!(" {:.0}% ", share.min(1.0) * 100.0));
        }
        line.push(Role::TextMuted, &*progress.text);
        out.push(line);
    }
    if !step.cause.is_empty() && !step.outcome.is_final() {
        out.push(Line::of(Role::TextDim, format!("    {}", step.cause)));
    }
    if let Some(failure) = &step.failure {
        out.push(Line::of(
            Role::SeverityError,
            format!("    {}", failure.message),
        ));
        if let Some(hint) = &failure.hint {
            out.push(Line::of(Role::SeverityInfo, format!("    {hint}")));
        }
    }
    out
}

/// The full or the empty part of a bar.
pub(super) fn bar(share: f64, width: usize, paint: &Paint<'_>, full: bool) -> String {
    let filled = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    if full {
        paint.glyphs.bar_full.repeat(filled)
    } else {
        paint.glyphs.bar_empty.repeat(width - filled)
    }
}
