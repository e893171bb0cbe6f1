//! Scripts at work: the main process of a scripted container, and execs.

use std::collections::VecDeque;

use super::fs::View;
use super::{ApiError, ApiResult, Chunk, Due, Model, Phase, Stream};
use crate::sim::shell::{self, Next, Vm, World};

/// How many finished execs `inspect` still knows.
const KEPT_EXECS: usize = 64;

/// What an exec call asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExecRequest {
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) directory: String,
    pub(crate) user: String,
    pub(crate) tty: bool,
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    pub(crate) privileged: bool,
}

#[derive(Debug)]
pub(crate) struct Exec {
    pub(crate) id: String,
    pub(crate) container: String,
    pub(crate) request: ExecRequest,
    pub(crate) running: bool,
    pub(crate) exit_code: Option<i64>,
    pub(crate) pid: i64,
    pub(crate) output: VecDeque<Chunk>,
    seq: u64,
    vm: Option<Box<Vm>>,
}

impl Model {
    /// The main process's command lines, as `top` and `ps` list them.
    pub(crate) fn processes(&self, id: &str) -> Vec<String> {
        let Some(container) = self.containers.get(id) else {
            return Vec::new();
        };
        let mut list = vec![container.spec.argv.join(" ")];
        if let Some(service) = container.program.service() {
            let name = list[0].split(' ').next().unwrap_or_default().to_owned();
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            let workers = service.load.pids.saturating_sub(1).min(6);
            list.extend((0..workers).map(|n| format!("{name}: worker process {n}")));
        }
        for exec in self
            .execs
            .values()
            .filter(|e| e.container == id && e.running)
        {
            list.push(exec.request.argv.join(" "));
        }
        list
    }

    /// Let a script of this container go on; gives back why it stopped.
    fn run_script(&mut self, id: &str, vm: &mut Vm, user: &str) -> Next {
        let processes = self.processes(id);
        let now = self.now;
        let Some(container) = self.containers.get_mut(id) else {
            return Next::Exit(137);
        };
        let hostname = container.hostname();
        let mut view = View {
            fs: &mut container.fs,
            mounts: &container.mounts,
            volumes: &mut self.volumes,
            hostname: &hostname,
            now,
        };
        let mut world = World {
            now,
            hostname: &hostname,
            user,
            processes: &processes,
            files: &mut view,
        };
        vm.run(&mut world)
    }

    /// Work on a container's files, mounted volumes included.
    pub(crate) fn with_files<T>(
        &mut self,
        reference: &str,
        work: impl FnOnce(&mut View<'_>) -> T,
    ) -> ApiResult<T> {
        let id = self.resolve(reference)?;
        let now = self.now;
        let Some(container) = self.containers.get_mut(&id) else {
            return Err(ApiError::not_found(format!(
                "No such container: {reference}"
            )));
        };
        let hostname = container.hostname();
        let mut view = View {
            fs: &mut container.fs,
            mounts: &container.mounts,
            volumes: &mut self.volumes,
            hostname: &hostname,
            now,
        };
        let result = work(&mut view);
        self.touch();
        Ok(result)
    }

    pub(super) fn step_container(&mut self, id: &str) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        if container.phase == Phase::Paused {
            return;
        }
        let run = container.run;
        let Some(mut vm) = container.vm.take() else {
            return;
        };
        let next = self.run_script(id, &mut vm, "");
        for (stream, bytes) in vm.take_output() {
            self.record(id, stream, &bytes);
        }
        if let Some(container) = self.containers.get_mut(id) {
            container.vm = Some(vm);
        }
        match next {
            Next::Sleep(time) => self.after(
                time,
                Due::Step {
                    id: id.to_owned(),
                    run,
                },
            ),
            Next::Input => {}
            Next::Exit(code) => self.process_exited(id, code & 255, false),
        }
    }

    /// Input for the main process from an attached client; `None` says that it is over.
    pub(crate) fn attach_input(&mut self, id: &str, bytes: Option<&[u8]>) {
        let Some(container) = self.containers.get_mut(id) else {
            return;
        };
        let run = container.run;
        let Some(vm) = container.vm.as_mut() else {
            if !container.is_up() {
                match bytes {
                    Some(bytes) => container.early_input.0.extend_from_slice(bytes),
                    None => container.early_input.1 = true,
                }
            }
            return;
        };
        match bytes {
            Some(bytes) => vm.feed(bytes),
            None => vm.close_input(),
        }
        self.after(
            0,
            Due::Step {
                id: id.to_owned(),
                run,
            },
        );
    }

    pub(crate) fn create_exec(
        &mut self,
        reference: &str,
        request: ExecRequest,
    ) -> ApiResult<String> {
        let container = self.container(reference)?;
        let id = container.id.clone();
        match container.phase {
            Phase::Running => {}
            Phase::Paused => {
                return Err(ApiError::conflict(format!(
                    "Container {reference} is paused, unpause the container before exec"
                )));
            }
            Phase::Restarting => {
                return Err(ApiError::conflict(format!(
                    "Container {id} is restarting, wait until the container is running"
                )));
            }
            Phase::Created | Phase::Exited => {
                return Err(ApiError::conflict(self.not_running(&id)));
            }
        }
        if request.argv.is_empty() {
            return Err(ApiError::invalid("No exec command specified"));
        }
        let exec_id = self.new_id();
        let command = request.argv.join(" ");
        let exec = Exec {
            id: exec_id.clone(),
            container: id.clone(),
            request,
            running: false,
            exit_code: None,
            pid: 0,
            output: VecDeque::new(),
            seq: 0,
            vm: None,
        };
        self.execs.insert(exec_id.clone(), exec);
        while self.execs.len() > KEPT_EXECS {
            match self.execs.values().position(|e| e.exit_code.is_some()) {
                Some(at) => self.execs.shift_remove_index(at),
                None => break,
            };
        }
        let action = format!("exec_create: {command}");
        self.emit_container(&id, &action, &[("execID", &exec_id)]);
        Ok(exec_id)
    }

    pub(crate) fn exec(&self, id: &str) -> ApiResult<&Exec> {
        self.execs
            .get(id)
            .ok_or_else(|| ApiError::not_found(format!("No such exec instance: {id}")))
    }

    pub(crate) fn start_exec(&mut self, id: &str) -> ApiResult<()> {
        let exec = self.exec(id)?;
        if exec.running {
            return Err(ApiError::conflict(format!(
                "Error: Exec command {id} is already running"
            )));
        }
        if exec.exit_code.is_some() {
            return Err(ApiError::conflict(format!(
                "Error: Exec command {id} has already run"
            )));
        }
        let owner = exec.container.clone();
        let request = exec.request.clone();
        let container = self.container(&owner)?;
        if container.phase != Phase::Running {
            return Err(ApiError::conflict(self.not_running(&owner)));
        }
        let mut env = container.spec.env.clone();
        env.extend(request.env.iter().cloned());
        let directory = match request.directory.as_str() {
            "" => container.spec.text("WorkingDir").to_owned(),
            given => given.to_owned(),
        };
        let pid = self.new_pid();
        let command = request.argv.first().cloned().unwrap_or_default();
        let known = shell::is_builtin(command.rsplit('/').next().unwrap_or(&command));
        let mut vm = Vm::new(&request.argv, &env, request.tty, request.stdin);
        vm.set_directory(&directory);
        if let Some(exec) = self.execs.get_mut(id) {
            exec.running = true;
            exec.pid = pid;
            exec.vm = known.then(|| Box::new(vm));
        }
        let action = format!("exec_start: {}", request.argv.join(" "));
        self.emit_container(&owner, &action, &[("execID", id)]);
        if known {
            self.step_exec(id);
        } else {
            let text = format!(
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"{command}\": executable file not found in $PATH: unknown\r\n"
            );
            self.exec_output(id, Stream::Stdout, text.as_bytes());
            self.finish_exec(id, 127);
        }
        Ok(())
    }

    fn exec_output(&mut self, id: &str, stream: Stream, bytes: &[u8]) {
        let now = self.now;
        if let Some(exec) = self.execs.get_mut(id) {
            exec.seq += 1;
            let seq = exec.seq;
            exec.output.push_back(Chunk {
                seq,
                time: now,
                stream,
                bytes: bytes.to_vec(),
            });
        }
        self.touch();
    }

    pub(super) fn step_exec(&mut self, id: &str) {
        let Some(exec) = self.execs.get_mut(id).filter(|e| e.running) else {
            return;
        };
        let (owner, user) = (exec.container.clone(), exec.request.user.clone());
        let Some(mut vm) = exec.vm.take() else { return };
        let next = self.run_script(&owner, &mut vm, &user);
        for (stream, bytes) in vm.take_output() {
            self.exec_output(id, stream, &bytes);
        }
        let to_main = vm.take_signal();
        if let Some(exec) = self.execs.get_mut(id) {
            exec.vm = Some(vm);
        }
        match next {
            Next::Sleep(time) => self.after(
                time,
                Due::ExecStep {
                    exec: id.to_owned(),
                },
            ),
            Next::Input => {}
            Next::Exit(code) => self.finish_exec(id, code & 255),
        }
        if let Some(number) = to_main.filter(|n| *n != 0) {
            self.signal_main(&owner, number);
        }
    }

    fn finish_exec(&mut self, id: &str, code: i64) {
        let Some(exec) = self.execs.get_mut(id) else {
            return;
        };
        exec.running = false;
        exec.exit_code = Some(code);
        exec.pid = 0;
        exec.vm = None;
        let owner = exec.container.clone();
        let code = code.to_string();
        self.emit_container(&owner, "exec_die", &[("execID", id), ("exitCode", &code)]);
    }

    /// The main process has ended, and takes the execs along.
    pub(super) fn end_execs(&mut self, owner: &str) {
        let running: Vec<String> = self
            .execs
            .values()
            .filter(|e| e.container == owner && e.running)
            .map(|e| e.id.clone())
            .collect();
        for id in running {
            self.finish_exec(&id, 137);
        }
    }

    pub(crate) fn exec_input(&mut self, id: &str, bytes: Option<&[u8]>) {
        let Some(vm) = self.execs.get_mut(id).and_then(|e| e.vm.as_mut()) else {
            return;
        };
        match bytes {
            Some(bytes) => vm.feed(bytes),
            None => vm.close_input(),
        }
        self.step_exec(id);
    }

    /// Run a probe's command to its end without letting it wait.
    pub(super) fn run_probe(&mut self, id: &str, argv: &[String]) -> Option<(i64, String)> {
        let command = argv.first()?;
        if !shell::is_builtin(command.rsplit('/').next().unwrap_or(command)) {
            return None;
        }
        let env = self.containers.get(id)?.spec.env.clone();
        let mut vm = Vm::new(argv, &env, false, false);
        let mut code = 0;
        for _ in 0..16 {
            match self.run_script(id, &mut vm, "") {
                Next::Exit(status) => {
                    code = status;
                    break;
                }
                Next::Sleep(_) | Next::Input => vm.skip_wait(),
            }
        }
        let output: Vec<u8> = vm
            .take_output()
            .into_iter()
            .flat_map(|(_, bytes)| bytes)
            .collect();
        Some((code, String::from_utf8_lossy(&output).into_owned()))
    }
}
