//! Why a container is as it is: health checks, exit codes, restarts.

use super::container::best;
use super::{fact, heading, named};
use crate::domain::observed::{Container, ContainerState, HealthStatus, Probe};
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
    let Some(Row::Container(_, listed)) = detail.subject.row(&model.snapshot) else {
        return super::describe::gone(&detail.subject, model);
    };
    let c = best(&listed, detail);
    let (word, role) = container_state(c);
    let mut out = vec![named("state").add(role, word)];
    out.extend(why(c, paint));
    let restarts = c.restart_count as usize;
    if restarts > 0 || !c.restart_policy.is_empty() {
        let policy = if c.restart_policy.is_empty() {
            "unknown"
        } else {
            &c.restart_policy
        };
        let text = format!(
            "{policy}; {}",
            format::counted(restarts, "restart", "restarts")
        );
        out.push(fact("restart", Role::Text, text));
    }
    if c.health.is_some() {
        heading(&mut out, "Health check");
        out.extend(verdict(c, paint));
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

/// What an exit code means to people who do not know them by heart.
fn exit_meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "it ended by itself and was content",
        125 => "the engine could not start it",
        126 => "its command cannot be executed",
        127 => "its command was not found",
        130 => "it was interrupted (SIGINT)",
        134 => "it aborted (SIGABRT)",
        135 => "it hit a bus error (SIGBUS)",
        137 => {
            "it was killed (SIGKILL): by hand, by a stop that took too long, or for lack of memory"
        }
        139 => "it crashed (SIGSEGV)",
        143 => "it was asked to end (SIGTERM) and did",
        _ => return None,
    })
}

/// The reasons for its state, if there are any to tell.
pub(super) fn why(c: &Container, paint: &Paint<'_>) -> Vec<Line> {
    let mut out = Vec::new();
    if c.oom_killed {
        let text = "the kernel killed it: it used more memory than its limit";
        out.push(fact("why", Role::StateFailed, text));
    }
    if let Some(e) = c.error.as_ref().filter(|e| !e.is_empty()) {
        out.push(fact("error", Role::SeverityError, &**e));
    }
    let ended = !c.state.is_up() || c.state == ContainerState::Restarting;
    if let Some(code) = c.exit_code.filter(|_| ended) {
        let role = if c.is_problem() {
            Role::StateFailed
        } else {
            Role::TextMuted
        };
        let text = match exit_meaning(code) {
            Some(meaning) if !c.oom_killed => format!("{code}: {meaning}"),
            _ => code.to_string(),
        };
        out.push(fact("exit code", role, text));
    }
    if c.state == ContainerState::Restarting {
        let text = "it ended and its restart policy starts it again, later each time";
        out.push(fact("why", Role::StateFailed, text));
    }
    if c.state == ContainerState::Paused {
        let text = "its processes are frozen; p lets them go on";
        out.push(fact("why", Role::StatePaused, text));
    }
    if let Some(health) = &c.health
        && health.status == HealthStatus::Unhealthy
        && c.state.is_up()
    {
        let streak = health.failing_streak as usize;
        let mut text = if streak > 0 {
            let times = format::counted(streak, "time", "times");
            format!("its health check failed {times} in a row")
        } else {
            "its health check fails".to_owned()
        };
        if let Some(probe) = health.probes.last() {
            let said = last_words(probe);
            if !said.is_empty() {
                text = format!("{text}: {said}");
            }
        }
        out.push(fact("why", Role::StateUnhealthy, text));
        if let Some(at) = health.probes.last().and_then(|p| p.end) {
            out.push(fact(
                "probed",
                Role::TextMuted,
                format!("{} ago", paint.age(at)),
            ));
        }
    }
    out
}

/// The last line that a probe printed.
fn last_words(probe: &Probe) -> String {
    let clean = sanitise_lines(&probe.output);
    let said = clean.lines().rev().find(|l| !l.trim().is_empty());
    said.unwrap_or_default().trim().to_owned()
}

/// One line on what the check says.
pub(super) fn verdict(c: &Container, _paint: &Paint<'_>) -> Vec<Line> {
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
        line.push(
            Role::TextMuted,
            format!(", {} failures in a row", health.failing_streak),
        );
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
