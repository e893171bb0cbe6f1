//! The end of containers.

use std::collections::{BTreeMap, VecDeque};

use super::{ApiError, ApiResult, Chunk, Filters, Model, Phase};

/// How many removed containers are remembered for those who still wait for them.
const KEPT_GONE: usize = 32;

/// What is left of a removed container: its end, and its last words.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(super) id: String,
    exits: u64,
    exit_code: i64,
    pub(super) recorded: VecDeque<Chunk>,
}

impl Model {
    fn gone(&self, id: &str) -> Option<&Gone> {
        self.gone.iter().rev().find(|g| g.id == id)
    }

    /// How often its process has ended, also of one removed lately.
    pub(crate) fn exits(&self, id: &str) -> u64 {
        match self.containers.get(id) {
            Some(container) => container.exits,
            None => self.gone(id).map_or(u64::MAX - 1, |gone| gone.exits),
        }
    }

    /// The exit code of its last end, also of one removed lately.
    pub(crate) fn last_exit_code(&self, id: &str) -> i64 {
        match self.containers.get(id) {
            Some(container) => container.exit_code,
            None => self.gone(id).map_or(0, |gone| gone.exit_code),
        }
    }

    /// What it has written and the engine still has.
    pub(super) fn recorded(&self, id: &str) -> Option<&VecDeque<Chunk>> {
        let here = self.containers.get(id).map(|c| &c.recorded);
        here.or_else(|| self.gone(id).map(|gone| &gone.recorded))
    }

    /// Remove it, and with `volumes` the anonymous volumes that were made for it.
    pub(crate) fn remove(&mut self, reference: &str, force: bool, volumes: bool) -> ApiResult<()> {
        let id = self.resolve(reference)?;
        let container = self.container(&id)?;
        let (name, phase) = (container.name.clone(), container.phase);
        if container.counts_as_running() && !force {
            return Err(ApiError::conflict(self.still_running(&id, &name, phase)));
        }
        if container.is_up() {
            self.kill(&id, "KILL")?;
        }
        self.destroy(&id, volumes);
        Ok(())
    }

    fn still_running(&self, id: &str, name: &str, phase: Phase) -> String {
        if self.flavour.at_least(44) {
            let why = match phase {
                Phase::Paused => "paused and must be unpaused first",
                Phase::Restarting => {
                    "restarting: stop the container before removing or force remove"
                }
                Phase::Created | Phase::Running | Phase::Exited => {
                    "running: stop the container before removing or force remove"
                }
            };
            return format!("cannot remove container \"{name}\": container is {why}");
        }
        match phase {
            Phase::Paused => format!(
                "You cannot remove a paused container {id}. Unpause and then stop the container before attempting removal or force remove"
            ),
            Phase::Restarting => format!(
                "You cannot remove a restarting container {id}. Stop the container before attempting removal or force remove"
            ),
            Phase::Created | Phase::Running | Phase::Exited => format!(
                "You cannot remove a running container {id}. Stop the container before attempting removal or force remove"
            ),
        }
    }

    /// Take it out of the books; it does not run any more.
    pub(super) fn destroy(&mut self, id: &str, volumes: bool) {
        if !self.containers.contains_key(id) {
            return;
        }
        if volumes {
            self.drop_anonymous(id);
        }
        self.emit_container(id, "destroy", &[]);
        let Some(mut container) = self.containers.shift_remove(id) else {
            return;
        };
        self.forget_name(&container.name);
        self.execs.retain(|_, exec| exec.container != id);
        self.gone.push_back(Gone {
            id: container.id,
            exits: container.exits,
            exit_code: container.exit_code,
            recorded: std::mem::take(&mut container.recorded),
        });
        if self.gone.len() > KEPT_GONE {
            self.gone.pop_front();
        }
    }

    fn drop_anonymous(&mut self, id: &str) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let own: Vec<String> = container
            .mounts
            .iter()
            .filter(|m| m.anonymous)
            .map(|m| m.volume.clone())
            .filter(|v| self.volume_users(v) == [id])
            .collect();
        for volume in own {
            self.drop_volume(&volume);
        }
    }

    /// Tell of a prune, as the engine does even when nothing was removed.
    pub(super) fn emit_prune(&mut self, kind: &'static str, freed: u64) {
        let attributes = BTreeMap::from([("reclaimed".to_owned(), freed.to_string())]);
        self.emit(kind, "prune", "", attributes);
    }

    /// Ids removed and bytes freed.
    pub(crate) fn prune_containers(&mut self, filters: &Filters) -> (Vec<String>, u64) {
        let victims: Vec<(String, u64)> = self
            .containers
            .values()
            .filter(|c| matches!(c.phase, Phase::Created | Phase::Exited))
            .filter(|c| filters.labels("label", &c.spec.labels))
            .map(|c| (c.id.clone(), c.fs.bytes()))
            .collect();
        let freed = victims.iter().map(|(_, bytes)| bytes).sum();
        for (id, _) in &victims {
            self.destroy(id, false);
        }
        self.emit_prune("container", freed);
        (victims.into_iter().map(|(id, _)| id).collect(), freed)
    }
}
