//! The end of containers.

use super::{ApiError, ApiResult, Filters, Model, Phase};

impl Model {
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
            let advice = if phase == Phase::Paused {
                "unpause and then stop the container before removal or force remove"
            } else {
                "stop the container before removal or force remove"
            };
            return format!(
                "cannot remove container \"{name}\": container is {}: {advice}",
                phase.word()
            );
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
        self.emit_container(id, "destroy", &[]);
        let Some(container) = self.containers.shift_remove(id) else { return };
        self.forget_name(&container.name);
        self.execs.retain(|_, exec| exec.container != id);
        if volumes {
            for mount in container.mounts.iter().filter(|m| m.anonymous) {
                if self.volume_users(&mount.volume).is_empty() {
                    self.drop_volume(&mount.volume);
                }
            }
        }
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
        (victims.into_iter().map(|(id, _)| id).collect(), freed)
    }
}
