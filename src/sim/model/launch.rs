//! Bringing the main process up, and what can stand in its way.

use serde_json::Value;

use super::container::{Published, Run};
use super::{ApiError, ApiResult, Due, Model, Phase};
use crate::sim::program::Program;
use crate::sim::shell;
use crate::sim::util::{hash_text, mix_all, unit};

const KEPT_RUNS: usize = 12;

impl Model {
    /// Bring the process up: networks, volumes, ports, then the start event.
    pub(super) fn begin_run(&mut self, id: &str) -> ApiResult<()> {
        let ready = self
            .check_networks(id)
            .and_then(|()| self.publish_ports(id))
            .and_then(|()| self.check_command(id));
        if let Err(error) = ready {
            let now = self.now;
            if let Some(container) = self.containers.get_mut(id) {
                container.error.clone_from(&error.message);
                if container.phase != Phase::Created {
                    container.phase = Phase::Exited;
                    container.finished = now;
                }
                container.exit_code = if error.status == 400 { 127 } else { 128 };
                container.ports.clear();
            }
            self.touch();
            self.auto_remove(id);
            return Err(error);
        }
        let pid = self.new_pid();
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return Ok(());
        };
        container.phase = Phase::Running;
        container.pid = pid;
        container.run += 1;
        container.started = now;
        container.exit_code = 0;
        container.error.clear();
        container.oom_killed = false;
        container.stopping = None;
        container.paused_total = 0;
        container.runs.push_back(Run {
            start: now,
            end: 0,
            number: container.run,
        });
        if container.runs.len() > KEPT_RUNS {
            container.runs.pop_front();
        }
        let networks: Vec<String> = container.endpoints.keys().cloned().collect();
        // Engines before 25 connect first.
        let mounts_first = self.flavour.at_least(44);
        if mounts_first {
            self.mount_volumes(id, "mount");
        }
        for network in networks {
            self.attach_endpoint(id, &network);
        }
        if !mounts_first {
            self.mount_volumes(id, "mount");
        }
        self.emit_container(id, "start", &[]);
        self.begin_health(id);
        self.begin_program(id);
        Ok(())
    }

    fn begin_program(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let run = container.run;
        match &container.program {
            Program::Script => {
                let spec = &container.spec;
                let interactive = spec.on("OpenStdin");
                let mut vm = shell::Vm::new(&spec.argv, &spec.env, spec.tty(), interactive);
                vm.set_pid1(!spec.host_on("Init"));
                vm.set_directory(spec.text("WorkingDir"));
                let (input, all) = std::mem::take(&mut container.early_input);
                vm.feed(&input);
                if all {
                    vm.close_input();
                }
                container.vm = Some(Box::new(vm));
                self.after(
                    0,
                    Due::Step {
                        id: id.to_owned(),
                        run,
                    },
                );
            }
            Program::Service(service) => {
                if let Some(crash) = service.crash {
                    let salt = mix_all(&[hash_text(id), run]);
                    let delay = crash.after as f64 * (0.67 + 0.66 * unit(salt));
                    let due = Due::Exit {
                        id: id.to_owned(),
                        run,
                        code: crash.code,
                    };
                    self.after(delay as i64, due);
                }
            }
        }
    }

    fn check_networks(&self, id: &str) -> ApiResult<()> {
        let container = self.container(id)?;
        let known = |name: &String| self.networks.values().any(|n| n.name == *name);
        let Some(missing) = container.endpoints.keys().find(|name| !known(name)) else {
            return Ok(());
        };
        let text = format!("network {missing} not found");
        Err(ApiError::not_found(if self.flavour.at_least(44) {
            format!("failed to set up container networking: {text}")
        } else {
            text
        }))
    }

    /// A command that the image does not have fails to start, in runc's words.
    fn check_command(&self, id: &str) -> ApiResult<()> {
        let container = self.container(id)?;
        let command = container.spec.argv.first().map_or("", String::as_str);
        let base = command.rsplit('/').next().unwrap_or(command);
        if matches!(container.program, Program::Script) && !shell::is_builtin(base) {
            let what = if command.contains('/') {
                format!("stat {command}: no such file or directory")
            } else {
                "executable file not found in $PATH".to_owned()
            };
            let (task, init) = if self.flavour.at_least(44) {
                (
                    "failed to create task for container: ",
                    "error during container init: ",
                )
            } else {
                ("", "")
            };
            return Err(ApiError::invalid(format!(
                "{task}failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {init}exec: \"{command}\": {what}: unknown"
            )));
        }
        Ok(())
    }

    fn publish_ports(&mut self, id: &str) -> ApiResult<()> {
        let container = self.container(id)?;
        if container.spec.network_mode() == "host" {
            return Ok(());
        }
        let mut wanted: Vec<(u16, String, String, Option<u16>)> = Vec::new();
        let split = |key: &str| {
            let (port, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
            port.parse::<u16>()
                .ok()
                .map(|port| (port, protocol.to_owned()))
        };
        if let Some(Value::Object(bindings)) = container.spec.host.get("PortBindings") {
            for (key, list) in bindings {
                let Some((port, protocol)) = split(key) else {
                    continue;
                };
                for binding in list.as_array().into_iter().flatten() {
                    let address = binding["HostIp"].as_str().unwrap_or_default().to_owned();
                    let host = binding["HostPort"].as_str().and_then(|p| p.parse().ok());
                    wanted.push((port, protocol.clone(), address, host.filter(|p| *p != 0)));
                }
            }
        }
        if container.spec.host_on("PublishAllPorts")
            && let Some(Value::Object(exposed)) = container.spec.config.get("ExposedPorts")
        {
            for key in exposed.keys() {
                if let Some((port, protocol)) = split(key)
                    && !wanted.iter().any(|w| w.0 == port && w.1 == protocol)
                {
                    wanted.push((port, protocol, String::new(), None));
                }
            }
        }
        let taken = |port: u16, protocol: &str| {
            self.containers
                .values()
                .filter(|c| c.id != id && c.is_up())
                .any(|c| {
                    c.ports
                        .iter()
                        .any(|p| p.host == port && p.protocol == protocol)
                })
        };
        let mut published: Vec<Published> = Vec::new();
        for (port, protocol, address, host) in wanted {
            let host = match host {
                Some(host) if taken(host, &protocol) => {
                    let shown = if address.is_empty() {
                        "0.0.0.0"
                    } else {
                        &address
                    };
                    return Err(ApiError::new(
                        500,
                        format!(
                            "driver failed programming external connectivity on endpoint {} ({}): Bind for {shown}:{host} failed: port is already allocated",
                            container.name, container.id,
                        ),
                    ));
                }
                Some(host) => host,
                None => (32_768..60_999)
                    .find(|p| !taken(*p, &protocol) && !published.iter().any(|d| d.host == *p))
                    .unwrap_or(0),
            };
            let addresses = match address.as_str() {
                "" => vec!["0.0.0.0".to_owned(), "::".to_owned()],
                _ => vec![address],
            };
            for address in addresses {
                let protocol = protocol.clone();
                published.push(Published {
                    container: port,
                    protocol,
                    address,
                    host,
                });
            }
        }
        if let Some(container) = self.containers.get_mut(id) {
            container.ports = published;
        }
        Ok(())
    }

    pub(super) fn mount_volumes(&mut self, id: &str, action: &str) {
        let Some(container) = self.containers.get(id) else {
            return;
        };
        let mounts = container.mounts.clone();
        for mount in mounts.iter().filter(|m| m.kind == "volume") {
            if action == "mount" {
                let writable = if mount.writable { "true" } else { "false" };
                let extra = [
                    ("container", id),
                    ("destination", mount.destination.as_str()),
                    ("propagation", ""),
                    ("read/write", writable),
                ];
                self.emit_volume(&mount.volume, action, &extra);
            } else {
                self.emit_volume(&mount.volume, action, &[("container", id)]);
            }
        }
    }
}
