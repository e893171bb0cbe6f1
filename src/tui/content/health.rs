//! Why a container is as it is: the evidence, and what its health checks said.

use super::container::best;
use super::{fact, heading, named};
use crate::domain::explain::{Evidence, Weight, explain};
use crate::domain::observed::{Container, HealthStatus};
use crate::domain::snapshot::HostShard;
use crate::domain::text::sanitise_lines;
use crate::tui::column::container_state;
use crate::tui::detail::Detail;
use crate::tui::format;
use crate::tui::model::Model;
use crate::tui::paint::{Line, Paint};
use crate::tui::row::Row;
use crate::tui::theme::Role;

/// The health tab.
pub(super) fn lines(model: &Model, detail: &Detail, paint: &Paint<'_>) -> Vec<Line> {
    let Some(Row::Container(host, listed)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    let c = best(&listed, detail);
    let (word, role) = container_state(c);
    let mut out = vec![named("state").add(role, word)];
    out.extend(why(&host, c, paint));
    if !c.restart_policy.is_empty() {
        let restarts = format::counted(c.restart_count as usize, "restart", "restarts");
        let text = format!("{}, {restarts} so far", c.restart_policy);
        out.push(fact("restart", Role::Text, text));
    }
    if c.health.is_some() {
        heading(&mut out, "Health check");
        out.extend(verdict(c));
        probes(&mut out, c, paint);
    } else {
        out.push(Line::default());
        out.push(Line::of(
            Role::TextMuted,
            "It has no health check: all that is known is that its process runs or does not.",
        ));
    }
    out
}

/// The evidence for its state, the heaviest first.
pub(super) fn why(host: &HostShard, c: &Container, paint: &Paint<'_>) -> Vec<Line> {
    explain(host, c, paint.now)
        .iter()
        .flat_map(evidence)
        .collect()
}

fn evidence(e: &Evidence) -> Vec<Line> {
    let (name, role) = match e.weight {
        Weight::Cause => ("why", Role::StateUnhealthy),
        Weight::Suspect => ("perhaps", Role::SeverityWarning),
        Weight::Fact => ("note", Role::TextMuted),
    };
    let mut out = vec![fact(name, role, e.what.as_str())];
    if let Some(seen) = &e.seen {
        let clean = sanitise_lines(seen);
        out.extend(clean.lines().map(|l| fact("", Role::Text, l)));
    }
    if let Some(hint) = &e.hint {
        out.push(fact("", Role::SeverityInfo, hint.as_str()));
    }
    out
}

/// One line on what the check says.
pub(super) fn verdict(c: &Container) -> Vec<Line> {
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
    vec![line]
}

fn probes(out: &mut Vec<Line>, c: &Container, paint: &Paint<'_>) {
    let Some(health) = &c.health else {
        return;
    };
    if health.probes.is_empty() {
        out.push(Line::of(Role::TextDim, "no probe has ended yet"));
        return;
    }
    for probe in health.probes.iter().rev() {
        out.push(Line::default());
        let good = probe.exit_code == 0;
        let (sign, role) = if good {
            (paint.glyphs.ok, Role::StateHealthy)
        } else {
            (paint.glyphs.failed, Role::StateUnhealthy)
        };
        let mut line = Line::of(role, format!("{sign} exit code {}", probe.exit_code));
        if let Some(end) = probe.end {
            line.push(Role::TextMuted, format!("  {}", paint.moment(end)));
        }
        if let (Some(start), Some(end)) = (probe.start, probe.end) {
            let took = format::duration(end - start);
            line.push(Role::TextMuted, format!("  took {took}"));
        }
        out.push(line);
        for text in sanitise_lines(&probe.output).lines() {
            let role = if good { Role::TextDim } else { Role::Text };
            out.push(Line::of(role, format!("  {text}")));
        }
    }
}
