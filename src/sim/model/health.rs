//! Health probes: when they run, what they find, and when the verdict changes.

use super::{Due, Health, Model, Phase, Probe};
use crate::sim::util::{MILLI, hash_text, mix_all};

/// How many results are kept, and how much of each one's output.
const KEPT_PROBES: usize = 5;
const KEPT_OUTPUT: usize = 4096;

impl Model {
    /// The container has started: the verdict is open again.
    pub(super) fn begin_health(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        if container.spec.healthcheck.is_none() {
            return;
        }
        // The results of earlier lives stay.
        let log = container.health.take().map(|h| h.log).unwrap_or_default();
        container.health = Some(Health {
            status: "starting",
            streak: 0,
            log,
        });
        self.next_probe(id);
    }

    fn next_probe(&mut self, id: &str) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let Some(check) = &container.spec.healthcheck else {
            return;
        };
        let starting = container
            .health
            .as_ref()
            .is_some_and(|h| h.status == "starting");
        let early = self.now - container.started < check.start_period;
        let wait = if starting && early && self.flavour.at_least(44) {
            check.start_interval
        } else {
            check.interval
        };
        let run = container.run;
        self.after(
            wait,
            Due::Probe {
                id: id.to_owned(),
                run,
            },
        );
    }

    pub(super) fn probe(&mut self, id: &str) {
        let now = self.now;
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let Some(check) = container.spec.healthcheck.clone() else {
            return;
        };
        if container.phase == Phase::Paused {
            self.next_probe(id);
            return;
        }
        let argv: Vec<String> = match check.test.split_first() {
            Some((kind, rest)) if kind == "CMD-SHELL" => {
                vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.join(" ")]
            }
            Some((_, rest)) => rest.to_vec(),
            None => return,
        };
        let active = container.active(now);
        let plan = container.program.service().map(|s| s.probe.outcome(active));
        let took = (20 + mix_all(&[hash_text(id), now as u64]) % 90) as i64 * MILLI;
        let command = argv.join(" ");
        let exec_id = self.new_id();
        if self.probe_events {
            let id_attr = [("execID", exec_id.as_str())];
            self.emit_container(id, &format!("exec_create: {command}"), &id_attr);
            self.emit_container(id, &format!("exec_start: {command}"), &id_attr);
        }
        let (code, output) = match plan {
            Some(planned) => planned,
            None => self
                .run_probe(id, &argv)
                .unwrap_or_else(|| (127, format!("/bin/sh: {}: not found\n", argv[0]))),
        };
        if self.probe_events {
            let text = code.to_string();
            self.emit_container(id, "exec_die", &[("execID", &exec_id), ("exitCode", &text)]);
        }
        let output = output.chars().take(KEPT_OUTPUT).collect();
        self.judge(
            id,
            Probe {
                start: now,
                end: now + took,
                code,
                output,
            },
        );
        self.next_probe(id);
    }

    /// Enter a result; the first good one makes it healthy, enough bad ones in a row unhealthy.
    fn judge(&mut self, id: &str, probe: Probe) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let Some(check) = container.spec.healthcheck.clone() else {
            return;
        };
        let started = container.started;
        let Some(health) = container.health.as_mut() else {
            return;
        };
        let before = health.status;
        if probe.code == 0 {
            health.streak = 0;
            health.status = "healthy";
        } else {
            let excused = before == "starting" && probe.start - started < check.start_period;
            if !excused {
                health.streak += 1;
                if health.streak >= check.retries {
                    health.status = "unhealthy";
                }
            }
        }
        health.log.push_back(probe);
        if health.log.len() > KEPT_PROBES {
            health.log.pop_front();
        }
        let after = health.status;
        self.touch();
        if before != after {
            self.emit_container(id, &format!("health_status: {after}"), &[]);
        }
    }
}
