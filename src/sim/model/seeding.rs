//! Giving an engine a past: containers that were made and started long ago.

use serde_json::Value;

use super::{ApiResult, CreateRequest, Due, Model, Probe};
use crate::sim::program::Service;
use crate::sim::util::SECOND;

/// How a container made in the past stands now.
#[derive(Debug, Clone, Default)]
pub(crate) enum SeedEnd {
    #[default]
    Running,
    Paused,
    Created,
    /// Exit code and how many seconds ago.
    Exited(i64, i64),
}

/// A container with a past; ages in seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) body: Value,
    pub(crate) created: i64,
    pub(crate) started: i64,
    pub(crate) restarts: u32,
    pub(crate) end: SeedEnd,
}

impl Model {
    /// Put it there without events; `adjust` may change what it runs.
    pub(crate) fn seed(
        &mut self,
        seed: &Seed,
        adjust: impl FnOnce(&mut Service),
    ) -> ApiResult<String> {
        self.quietly(|model| model.seed_quietly(seed, adjust))
    }

    fn seed_quietly(
        &mut self,
        seed: &Seed,
        adjust: impl FnOnce(&mut Service),
    ) -> ApiResult<String> {
        let now = self.now;
        let request = CreateRequest {
            name: Some(seed.name.clone()),
            body: seed.body.clone(),
        };
        let id = self.create(&request)?;
        let started = now - seed.started * SECOND;
        if let Some(container) = self.containers.get_mut(&id) {
            container.created = now - seed.created.max(seed.started) * SECOND;
            if let crate::sim::program::Program::Service(service) = &mut container.program {
                adjust(service);
            }
        }
        if matches!(seed.end, SeedEnd::Created) {
            return Ok(id);
        }
        self.begin_run(&id)?;
        let Some(container) = self.containers.get_mut(&id) else {
            return Ok(id);
        };
        container.started = started;
        container.restarts = seed.restarts;
        if let Some(run) = container.runs.back_mut() {
            run.start = started;
        }
        match seed.end {
            SeedEnd::Exited(code, ago) => {
                container.manual_stop = true;
                self.process_exited(&id, code, false);
                if let Some(container) = self.containers.get_mut(&id) {
                    container.finished = now - ago * SECOND;
                    if let Some(run) = container.runs.back_mut() {
                        run.end = container.finished;
                    }
                }
            }
            SeedEnd::Paused => self.pause(&id)?,
            SeedEnd::Running | SeedEnd::Created => self.seed_health(&id),
        }
        Ok(id)
    }

    /// The probes of the last minutes, as they would have gone.
    fn seed_health(&mut self, id: &str) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let (Some(check), Some(health), Some(service)) = (
            &container.spec.healthcheck,
            container.health.as_mut(),
            container.program.service(),
        ) else {
            return;
        };
        let lived = now - container.started;
        for back in (0..5).rev() {
            let ago = back * check.interval;
            if ago + check.interval > lived {
                continue;
            }
            let (code, output) = service.probe.outcome(lived - ago);
            let start = now - ago - check.interval / 3;
            health.log.push_back(Probe {
                start,
                end: start + SECOND / 20,
                code,
                output,
            });
            health.streak = if code == 0 { 0 } else { health.streak + 1 };
            health.status = match code {
                0 => "healthy",
                _ if health.streak >= check.retries => "unhealthy",
                _ => health.status,
            };
        }
        let run = container.run;
        let wait = check.interval * 2 / 3;
        // The probe that the start has planned is void: this one takes its place.
        self.due
            .retain(|_, due| !matches!(due, Due::Probe { id: i, .. } if i == id));
        self.after(
            wait,
            Due::Probe {
                id: id.to_owned(),
                run,
            },
        );
    }
}
