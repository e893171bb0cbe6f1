//! Start, signals, the end of a process and what the restart policy makes of it.

use super::spec::Restart;
use super::{ApiError, ApiResult, Due, Model, Outcome, Phase, Stopping};
use crate::sim::program::Program;
use crate::sim::shell;
use crate::sim::util::{MILLI, SECOND};

const FIRST_BACKOFF: i64 = 100 * MILLI;
const LONGEST_BACKOFF: i64 = 60 * SECOND;

/// Number and name of a signal given either way, with or without `SIG`.
pub(crate) fn signal_number(text: &str) -> ApiResult<i64> {
    const NAMES: [(&str, i64); 17] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("ABRT", 6),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("CHLD", 17),
        ("CONT", 18),
        ("STOP", 19),
        ("TSTP", 20),
        ("WINCH", 28),
    ];
    if let Ok(number) = text.parse::<i64>()
        && (1..=64).contains(&number)
    {
        return Ok(number);
    }
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES
        .iter()
        .find(|(name, _)| *name == bare)
        .map(|(_, number)| *number)
        .ok_or_else(|| ApiError::invalid(format!("Invalid signal: {text}")))
}

impl Model {
    pub(crate) fn start(&mut self, reference: &str) -> ApiResult<Outcome> {
        let id = self.resolve(reference)?;
        let container = self.container(&id)?;
        match container.phase {
            Phase::Paused => {
                return Err(ApiError::conflict(
                    "cannot start a paused container, try unpause instead",
                ));
            }
            Phase::Running => return Ok(Outcome::NotModified),
            Phase::Created | Phase::Exited | Phase::Restarting => {}
        }
        if let Some(container) = self.containers.get_mut(&id) {
            container.manual_stop = false;
            container.backoff = 0;
        }
        self.begin_run(&id)?;
        Ok(Outcome::Done)
    }

    /// Begin to stop it; it has stopped when it is no longer up. Seconds below 0 wait for ever.
    pub(crate) fn stop(
        &mut self,
        reference: &str,
        signal: Option<&str>,
        timeout: Option<i64>,
        then: Stopping,
    ) -> ApiResult<Outcome> {
        let id = self.resolve(reference)?;
        let container = self.container(&id)?;
        let signal = signal
            .filter(|s| !s.is_empty())
            .unwrap_or(container.spec.stop_signal());
        let number = signal_number(signal)?;
        let timeout = timeout.unwrap_or(container.spec.stop_timeout());
        match container.phase {
            Phase::Created | Phase::Exited => {
                if then == Stopping::Restart {
                    self.start(&id)?;
                    self.emit_container(&id, "restart", &[]);
                    return Ok(Outcome::Done);
                }
                return Ok(Outcome::NotModified);
            }
            Phase::Restarting => {
                if let Some(container) = self.containers.get_mut(&id) {
                    container.exits += 1;
                    container.phase = Phase::Exited;
                    container.manual_stop = then == Stopping::Stop;
                    container.run += 1;
                }
                self.emit_container(&id, "stop", &[]);
                if then == Stopping::Restart {
                    self.begin_run(&id)?;
                    self.emit_container(&id, "restart", &[]);
                }
                return Ok(Outcome::Done);
            }
            Phase::Running | Phase::Paused => {}
        }
        let run = container.run;
        if let Some(container) = self.containers.get_mut(&id) {
            container.stopping = Some(then);
            if then == Stopping::Stop {
                container.manual_stop = true;
            }
        }
        self.send_signal(&id, number);
        if timeout >= 0 {
            self.after(timeout * SECOND, Due::GraceOver { id, run });
        }
        Ok(Outcome::Done)
    }

    pub(super) fn grace_over(&mut self, id: &str) {
        self.send_signal(id, 9);
    }

    pub(crate) fn kill(&mut self, reference: &str, signal: &str) -> ApiResult<()> {
        let id = self.resolve(reference)?;
        let number = signal_number(if signal.is_empty() { "KILL" } else { signal });
        let number = number.map_err(|error| {
            if self.flavour.at_least(44) {
                let text = format!("cannot kill container: {reference}: invalid signal: {signal}");
                ApiError::invalid(text)
            } else {
                error
            }
        })?;
        let container = self.container(&id)?;
        if !container.counts_as_running() {
            return Err(ApiError::conflict(if self.flavour.at_least(46) {
                format!("cannot kill container: {reference}: container {id} is not running")
            } else {
                format!("Cannot kill container: {reference}: Container {id} is not running")
            }));
        }
        let fatal = number == 9 || signal_number(container.spec.stop_signal()) == Ok(number);
        if container.phase == Phase::Restarting {
            let now = self.now;
            if let Some(container) = self.containers.get_mut(&id).filter(|_| fatal) {
                container.exits += 1;
                container.phase = Phase::Exited;
                container.manual_stop = true;
                container.finished = now;
                container.run += 1;
            }
            self.emit_container(&id, "kill", &[("signal", &number.to_string())]);
            return Ok(());
        }
        if let Some(container) = self.containers.get_mut(&id).filter(|_| fatal) {
            container.manual_stop = true;
        }
        self.send_signal(&id, number);
        Ok(())
    }

    /// Deliver a signal to the main process and tell it.
    fn send_signal(&mut self, id: &str, number: i64) {
        self.emit_container(id, "kill", &[("signal", &number.to_string())]);
        self.signal_main(id, number);
    }

    /// Deliver a signal; the engine tells nothing when it comes from inside.
    pub(super) fn signal_main(&mut self, id: &str, number: i64) {
        if self
            .containers
            .get(id)
            .is_some_and(|c| c.phase == Phase::Paused)
        {
            self.resume(id);
        }
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let run = container.run;
        if number == 9 {
            self.process_exited(id, 137, false);
            return;
        }
        let stop_signal = signal_number(container.spec.stop_signal()).unwrap_or(15);
        match (&container.program, container.vm.as_mut()) {
            (Program::Script, Some(vm)) => match vm.signal(number) {
                shell::SignalEffect::Ignored => {}
                shell::SignalEffect::Dies => self.process_exited(id, 128 + number, false),
                shell::SignalEffect::Wakes => {
                    self.after(
                        0,
                        Due::Step {
                            id: id.to_owned(),
                            run,
                        },
                    );
                }
            },
            (Program::Service(service), _) => {
                let (delay, code) = (service.stop_delay, service.stop_code);
                if [15, 2, 3, stop_signal].contains(&number) {
                    self.after(
                        delay,
                        Due::Exit {
                            id: id.to_owned(),
                            run,
                            code,
                        },
                    );
                } else if !matches!(number, 1 | 10 | 12 | 17 | 18 | 28) {
                    self.after(
                        delay,
                        Due::Exit {
                            id: id.to_owned(),
                            run,
                            code: 128 + number,
                        },
                    );
                }
            }
            (Program::Script, None) => {}
        }
    }

    /// The main process has ended, for whatever reason.
    pub(super) fn process_exited(&mut self, id: &str, code: i64, oom: bool) {
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let crash = container.program.service().and_then(|s| s.crash);
        let oom =
            oom || (container.stopping.is_none() && code == 137 && crash.is_some_and(|c| c.oom));
        let lived = now - container.started;
        container.phase = Phase::Exited;
        container.exit_code = code;
        container.finished = now;
        container.pid = 0;
        container.oom_killed = oom;
        container.vm = None;
        container.run += 1;
        container.exits += 1;
        if let Some(run) = container.runs.back_mut() {
            run.end = now;
        }
        if let Some(health) = container.health.as_mut() {
            health.status = "unhealthy";
        }
        let stopping = container.stopping.take();
        if oom {
            self.emit_container(id, "oom", &[]);
        }
        self.end_execs(id);
        // Engines from 28 on tell of the end when everything has been taken down.
        let die_first = !self.flavour.at_least(48);
        if die_first {
            self.emit_die(id, code, lived);
        }
        self.detach_endpoints(id);
        self.mount_volumes(id, "unmount");
        if stopping.is_some() {
            self.emit_container(id, "stop", &[]);
        }
        if !die_first {
            self.emit_die(id, code, lived);
        }
        match stopping {
            Some(Stopping::Stop) => self.auto_remove(id),
            Some(Stopping::Restart) => {
                if self.begin_run(id).is_ok() {
                    self.emit_container(id, "restart", &[]);
                }
            }
            None => self.apply_policy(id, code, lived),
        }
    }

    fn emit_die(&mut self, id: &str, code: i64, lived: i64) {
        let (code, seconds) = (code.to_string(), (lived / SECOND).to_string());
        let mut extra = vec![("exitCode", code.as_str())];
        if self.flavour.at_least(42) {
            extra.push(("execDuration", seconds.as_str()));
        }
        self.emit_container(id, "die", &extra);
    }

    pub(super) fn auto_remove(&mut self, id: &str) {
        if self
            .containers
            .get(id)
            .is_some_and(|c| c.spec.host_on("AutoRemove"))
        {
            self.destroy(id, true);
        }
    }

    fn apply_policy(&mut self, id: &str, code: i64, lived: i64) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let again = !container.manual_stop
            && match container.spec.restart {
                Restart::No => false,
                Restart::Always | Restart::UnlessStopped => true,
                Restart::OnFailure(most) => code != 0 && (most == 0 || container.restarts < most),
            };
        if !again {
            self.auto_remove(id);
            return;
        }
        let longer = (container.backoff * 2).min(LONGEST_BACKOFF);
        container.backoff = if lived >= 10 * SECOND {
            FIRST_BACKOFF
        } else {
            longer.max(FIRST_BACKOFF)
        };
        container.phase = Phase::Restarting;
        container.restarts += 1;
        let (backoff, run) = (container.backoff, container.run);
        self.after(
            backoff,
            Due::Restart {
                id: id.to_owned(),
                run,
            },
        );
    }

    pub(super) fn policy_restart(&mut self, id: &str, run: u64) {
        let waiting = self
            .containers
            .get(id)
            .is_some_and(|c| c.phase == Phase::Restarting && c.run == run);
        if waiting {
            // A port that is taken by now leaves it exited with the error, as in a real engine.
            let _ = self.begin_run(id);
        }
    }

    /// What the engine says of a container that should run and does not.
    pub(crate) fn not_running(&self, id: &str) -> String {
        let word = if self.flavour.at_least(44) {
            "container"
        } else {
            "Container"
        };
        format!("{word} {id} is not running")
    }

    pub(crate) fn pause(&mut self, reference: &str) -> ApiResult<()> {
        let id = self.resolve(reference)?;
        let now = self.now;
        let container = self.container_mut(&id)?;
        match container.phase {
            Phase::Running => {
                container.phase = Phase::Paused;
                container.paused_at = now;
                // Probes end, and the verdict with them.
                if let Some(health) = container.health.as_mut() {
                    health.status = "unhealthy";
                }
                self.emit_container(&id, "pause", &[]);
                Ok(())
            }
            Phase::Paused => Err(ApiError::conflict(format!(
                "Container {id} is already paused"
            ))),
            Phase::Restarting => Err(ApiError::conflict(format!(
                "Container {id} is restarting, wait until the container is running"
            ))),
            Phase::Created | Phase::Exited => Err(ApiError::conflict(self.not_running(&id))),
        }
    }

    pub(crate) fn unpause(&mut self, reference: &str) -> ApiResult<()> {
        let id = self.resolve(reference)?;
        if self.container(&id)?.phase != Phase::Paused {
            return Err(ApiError::new(500, format!("Container {id} is not paused")));
        }
        self.resume(&id);
        Ok(())
    }

    fn resume(&mut self, id: &str) {
        let now = self.now;
        if let Some(container) = self.containers.get_mut(id) {
            container.phase = Phase::Running;
            container.paused_total += now - container.paused_at;
            let run = container.run;
            if container.vm.is_some() {
                self.after(
                    0,
                    Due::Step {
                        id: id.to_owned(),
                        run,
                    },
                );
            }
        }
        self.emit_container(id, "unpause", &[]);
    }
}
