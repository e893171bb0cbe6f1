//! Why a container is as it is: the evidence, and what its health checks said.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::container::best;
use super::links::{document, text};
use super::page::Item;
use super::{fact, heading, named, nothing};
use crate::domain::explain::{Evidence, Weight, exit_code, explain};
use crate::domain::observed::{Container, HealthStatus, Probe};
use crate::domain::snapshot::HostShard;
use crate::domain::text::sanitise_lines;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::text::wrap;
use crate::tui::theme::Role;

/// Lines of one probe's output that are shown.
const OUTPUT: usize = 12;

/// The health tab.
pub(super) fn items(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Item> {
    let Some(Row::Container(host, listed)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    let c = best(&listed, detail);
    let mut out = vec![super::container::state(c, paint)];
    let why = why(&host, c, detail.width, paint);
    heading(&mut out, "Explained");
    if why.is_empty() {
        let line = Line::of(Role::StateHealthy, format!("{} ", paint.glyphs.ok));
        out.push(line.add(Role::Text, "nothing speaks against it").into());
    }
    out.extend(why);
    if let Some(Err(e)) = detail.inspected.value() {
        out.push(Item::default());
        out.extend(super::error(e).into_iter().map(Item::from));
    }
    run(&mut out, c, paint);
    heading(&mut out, "Health check");
    if c.health.is_none() {
        let none =
            "It has no health check: all that is known is that its process runs or does not.";
        out.push(Line::of(Role::TextMuted, none).into());
        return out;
    }
    out.extend(verdict(c));
    if let Some(document) = document(detail) {
        check(&mut out, document);
    }
    probes(&mut out, c, paint);
    out
}

/// The evidence for its state, the heaviest first.
pub(super) fn why(host: &HostShard, c: &Container, width: usize, paint: &Paint<'_>) -> Vec<Item> {
    explain(host, c, paint.now)
        .iter()
        .flat_map(|e| evidence(e, width, paint))
        .collect()
}

/// Evidence is read, so it is broken at the edge whatever is done with other lines.
fn evidence(e: &Evidence, width: usize, paint: &Paint<'_>) -> Vec<Item> {
    let room = width.saturating_sub(4).max(20);
    let g = paint.glyphs;
    let (sign, sign_role, role) = match e.weight {
        Weight::Cause => (g.failed, Role::StateUnhealthy, Role::TextStrong),
        Weight::Suspect => (g.warning, Role::SeverityWarning, Role::Text),
        Weight::Fact => (g.separator, Role::TextMuted, Role::TextMuted),
    };
    let mut out = Vec::new();
    for (n, text) in wrap(&e.what, room + 2).into_iter().enumerate() {
        let sign = if n == 0 { sign } else { " " };
        let line = Line::of(sign_role, format!("{sign} ")).add(role, text);
        out.push(Item::from(line).maybe_to(e.about.clone()).value(&*e.what));
    }
    let bar = g.border.vertical_left;
    if let Some(seen) = &e.seen {
        let clean = sanitise_lines(seen);
        let lines = clean.lines().flat_map(|l| wrap(l, room));
        for text in lines.take(OUTPUT) {
            let line = Line::of(Role::TextDim, format!("  {bar} ")).add(Role::Text, text);
            out.push(Item::from(line).value(clean.trim()));
        }
    }
    if let Some(hint) = &e.hint {
        for (n, text) in wrap(hint, room).into_iter().enumerate() {
            let sign = if n == 0 { g.closed } else { " " };
            let line = Line::of(Role::SeverityInfo, format!("  {sign} {text}"));
            out.push(Item::from(line).value(hint.as_str()));
        }
    }
    out
}

/// The last run: when, how it ended, how often before.
fn run(out: &mut Vec<Item>, c: &Container, paint: &Paint<'_>) {
    heading(out, "Runs");
    if let Some(at) = c.started {
        let text = format!("{}, {} ago", paint.moment(at), paint.age(at));
        out.push(fact("started", Role::Text, text));
    }
    if let Some(at) = c.finished.filter(|at| at.timestamp() > 0) {
        let mut text = format!("{}, {} ago", paint.moment(at), paint.age(at));
        if let Some(from) = c.started.filter(|from| *from < at) {
            text = format!("{text}, after {}", format::duration(at - from));
        }
        out.push(fact("ended", Role::Text, text));
    }
    if let Some(code) = c.exit_code {
        let meaning = exit_code(code).unwrap_or("the program's own");
        let role = if code == 0 {
            Role::Text
        } else {
            Role::StateFailed
        };
        let line = named("exit code").add(role, code.to_string());
        let line = line.add(Role::TextMuted, format!("  {meaning}"));
        out.push(Item::from(line).value(code.to_string()));
    }
    let (word, role) = if c.oom_killed {
        ("yes: it used too much memory", Role::StateFailed)
    } else {
        ("no", Role::Text)
    };
    out.push(fact("OOM killed", role, word));
    if !c.restart_policy.is_empty() {
        let role = if c.restart_count > 0 {
            Role::SeverityWarning
        } else {
            Role::Text
        };
        let line = named("restarts").add(role, c.restart_count.to_string());
        let policy = format!("  policy {}", c.restart_policy);
        out.push(line.add(Role::TextMuted, policy).into());
    }
}

/// One line on what the check says.
pub(super) fn verdict(c: &Container) -> Vec<Item> {
    let Some(health) = &c.health else {
        return Vec::new();
    };
    let role = match health.status {
        HealthStatus::Healthy => Role::StateHealthy,
        HealthStatus::Starting => Role::StateStarting,
        HealthStatus::Unhealthy => Role::StateUnhealthy,
    };
    let mut line = named("verdict").add(role, health.status.word());
    if health.failing_streak > 0 {
        let failures = format::counted(health.failing_streak as usize, "failure", "failures");
        line.push(Role::TextMuted, format!(", {failures} in a row"));
    }
    vec![line.into()]
}

/// How it is checked.
fn check(out: &mut Vec<Item>, document: &Value) {
    let Some(check) = document.pointer("/Config/Healthcheck") else {
        return;
    };
    let words: Vec<String> = check
        .get("Test")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|w| text(Some(w)))
        .filter(|w| w != "CMD" && w != "CMD-SHELL")
        .collect();
    if !words.is_empty() {
        out.push(fact("command", Role::Text, words.join(" ")));
    }
    let time = |key: &str| {
        let nanos = check.get(key).and_then(Value::as_u64).filter(|n| *n > 0)?;
        let length = chrono::Duration::from_std(Duration::from_nanos(nanos)).ok()?;
        Some(format::duration(length))
    };
    // Docker's own values where nothing is said.
    let every = time("Interval").unwrap_or_else(|| "30s".to_owned());
    let limit = time("Timeout").unwrap_or_else(|| "30s".to_owned());
    let retries = check.get("Retries").and_then(Value::as_u64);
    let retries = retries.filter(|r| *r > 0).unwrap_or(3);
    let mut rule = format!("every {every}, at most {limit}, {retries} failures make it unhealthy");
    if let Some(grace) = time("StartPeriod") {
        let _ = write!(rule, ", none in the first {grace}");
    }
    out.push(fact("rule", Role::TextMuted, rule));
}

fn probes(out: &mut Vec<Item>, c: &Container, paint: &Paint<'_>) {
    let Some(health) = &c.health else {
        return;
    };
    if health.probes.is_empty() {
        out.push(nothing(if c.inspected {
            "no probe has ended yet"
        } else {
            "the probes come with the inspection"
        }));
        return;
    }
    let mut strip = named("probes");
    for probe in &health.probes {
        let (sign, role) = sign(probe, paint);
        strip.push(role, sign);
    }
    strip.push(Role::TextDim, "  the newest at the right");
    out.push(strip.into());
    for probe in health.probes.iter().rev() {
        out.push(Item::default());
        out.extend(one(probe, paint));
    }
}

fn sign(probe: &Probe, paint: &Paint<'_>) -> (&'static str, Role) {
    if probe.exit_code == 0 {
        (paint.glyphs.ok, Role::StateHealthy)
    } else {
        (paint.glyphs.failed, Role::StateUnhealthy)
    }
}

fn one(probe: &Probe, paint: &Paint<'_>) -> Vec<Item> {
    let (sign, role) = sign(probe, paint);
    let mut line = Line::of(role, format!("{sign} exit code {}", probe.exit_code));
    if let Some(end) = probe.end {
        let when = format!("  {}, {} ago", paint.moment(end), paint.age(end));
        line.push(Role::TextMuted, when);
    }
    if let (Some(start), Some(end)) = (probe.start, probe.end) {
        let took = format::duration(end - start);
        line.push(Role::TextMuted, format!("  took {took}"));
    }
    let clean = sanitise_lines(&probe.output);
    let mut out = vec![Item::from(line).value(clean.trim())];
    let text_role = if probe.exit_code == 0 {
        Role::TextDim
    } else {
        Role::Text
    };
    let all: Vec<&str> = clean.trim_end().lines().collect();
    for text in all.iter().take(OUTPUT) {
        let line = Line::of(text_role, format!("  {text}"));
        out.push(Item::from(line).value(clean.trim()));
    }
    if all.len() > OUTPUT {
        let more = format!("  {} more lines; y copies all", all.len() - OUTPUT);
        out.push(Item::from(Line::of(Role::TextDim, more)).value(clean.trim()));
    }
    out
}
