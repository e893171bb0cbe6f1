//! The commands themselves.

use std::sync::Arc;

use super::parse::{self, Redirect, Simple};
use super::plain::{Call, Done, echo, facts, filter, printf};
use super::{Blocked, Vm, World, is_builtin};
use crate::sim::model::Stream;
use crate::sim::util::SECOND;

/// `1`, `0.5`, `2m`: seconds to nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'm' => 60.0,
        'h' => 3600.0,
        'd' => 86_400.0,
        _ => 1.0,
    };
    let number: f64 = text.trim_end_matches(['s', 'm', 'h', 'd']).parse().ok()?;
    Some((number * unit * SECOND as f64) as i64)
}

fn absolute(directory: &str, path: &str) -> String {
    let full = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{directory}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

impl Vm {
    pub(super) fn pipeline(
        &mut self,
        pipeline: &Arc<[Simple]>,
        background: bool,
        world: &mut World<'_>,
    ) {
        let mut piped: Option<Vec<u8>> = None;
        for (n, simple) in pipeline.iter().enumerate() {
            let last = n + 1 == pipeline.len();
            let mut call = Call {
                input: piped.take(),
                ..Call::default()
            };
            call.argv = self.fields(&simple.words, world);
            let saved = self.vars.clone();
            for (name, word) in &simple.assigns {
                let value = self.joined(word, world);
                self.vars.insert(name.clone(), value);
            }
            if call.argv.is_empty() {
                self.status = 0;
                continue;
            }
            if !simple.assigns.is_empty() {
                self.exported
                    .extend(simple.assigns.iter().map(|(name, _)| name.clone()));
            }
            let done = match self.open_input(simple, &mut call, world) {
                Ok(()) => self.command(&mut call, world),
                Err(done) => done,
            };
            if !simple.assigns.is_empty() {
                self.vars = saved;
            }
            self.route(simple, &mut call, world);
            if last {
                self.say(Stream::Stdout, &call.out);
            } else {
                piped = Some(std::mem::take(&mut call.out));
            }
            self.settle(done, background, world);
        }
    }

    fn settle(&mut self, done: Done, background: bool, world: &World<'_>) {
        match done {
            Done::Status(status) => self.status = status,
            Done::Wait(Blocked::Sleep { until, .. }) if background => {
                self.background_until = self.background_until.max(until);
                self.status = 0;
            }
            Done::Wait(Blocked::Forever) if background => {
                self.background_until = i64::MAX / 2;
            }
            Done::Wait(blocked) => {
                self.status = 0;
                self.blocked = blocked;
            }
            Done::Leave(status) => self.leave(status),
            Done::Shell(text) => self.load(&text, true),
        }
        let _ = world;
    }

    fn open_input(
        &mut self,
        simple: &Simple,
        call: &mut Call,
        world: &mut World<'_>,
    ) -> Result<(), Done> {
        for redirect in &simple.redirects {
            if let Redirect::Input(word) = redirect {
                let path = self.joined(word, world);
                let full = absolute(&self.directory, &path);
                match world.files.read(&full) {
                    Some(bytes) => call.input = Some(bytes),
                    None => {
                        return Err(call.complain(&format!("sh: can't open {path}: no such file")));
                    }
                }
            }
        }
        Ok(())
    }

    /// Send what a command wrote to where its redirections point; errors are said at once.
    fn route(&mut self, simple: &Simple, call: &mut Call, world: &mut World<'_>) {
        for redirect in simple.redirects.iter().rev() {
            match redirect {
                Redirect::Dup(2, 1) => {
                    let err = std::mem::take(&mut call.err);
                    call.out.extend(err);
                }
                Redirect::Dup(1, 2) => {
                    let out = std::mem::take(&mut call.out);
                    call.err.extend(out);
                }
                Redirect::File { fd, path, append } => {
                    let path = self.joined(path, world);
                    let full = absolute(&self.directory, &path);
                    let bytes = std::mem::take(if *fd == 2 {
                        &mut call.err
                    } else {
                        &mut call.out
                    });
                    match full.as_str() {
                        "/dev/null" => {}
                        "/dev/stderr" | "/proc/1/fd/2" => call.err.extend(bytes),
                        "/dev/stdout" | "/proc/1/fd/1" => call.out.extend(bytes),
                        _ => {
                            if !world.files.write(&full, &bytes, *append) {
                                let text =
                                    format!("sh: can't create {path}: nonexistent directory\n");
                                self.say(Stream::Stderr, text.as_bytes());
                            }
                        }
                    }
                }
                Redirect::Input(_) | Redirect::Dup(..) => {}
            }
        }
        let err = std::mem::take(&mut call.err);
        self.say(Stream::Stderr, &err);
    }

    fn command(&mut self, call: &mut Call, world: &mut World<'_>) -> Done {
        let name = call.arg(0).to_owned();
        let name = name
            .strip_prefix("/bin/")
            .or(name.strip_prefix("/usr/bin/"))
            .unwrap_or(&name);
        match name {
            ":" | "true" | "set" => Done::Status(0),
            "false" => Done::Status(1),
            "exit" => Done::Leave(call.arg(1).parse().unwrap_or(self.status)),
            "echo" => echo(call),
            "printf" => printf(call),
            "sleep" => match duration(call.arg(1)) {
                Some(_) if matches!(call.arg(1), "infinity" | "inf") => {
                    Done::Wait(Blocked::Forever)
                }
                Some(time) => {
                    let until = world.now.saturating_add(time);
                    Done::Wait(Blocked::Sleep {
                        until,
                        interruptible: false,
                    })
                }
                None if matches!(call.arg(1), "infinity") => Done::Wait(Blocked::Forever),
                None => call.complain(&format!("sleep: invalid number '{}'", call.arg(1))),
            },
            "wait" => {
                if self.background_until > world.now {
                    let until = self.background_until;
                    Done::Wait(Blocked::Sleep {
                        until,
                        interruptible: true,
                    })
                } else {
                    Done::Status(0)
                }
            }
            "top" | "nc" => Done::Wait(Blocked::Forever),
            "sh" | "ash" | "bash" | "dash" => self.nested_shell(call),
            "exec" => {
                call.argv.remove(0);
                self.command(call, world)
            }
            "cd" | "pwd" | "export" | "unset" | "env" | "printenv" | "read" | "trap" | "kill" => {
                self.state(name, call, world)
            }
            "test" | "[" => self.test(call, world),
            "cat" | "ls" | "touch" | "rm" | "mkdir" | "tail" | "tee" => {
                self.files(name, call, world)
            }
            "head" | "grep" | "wc" | "seq" | "yes" => filter(name, call),
            "hello" | "/hello" => {
                call.line("\nHello from Docker!");
                call.line(
                    "This message shows that your installation appears to be working correctly.\n",
                );
                Done::Status(0)
            }
            "date" | "hostname" | "whoami" | "id" | "uname" | "ps" => facts(name, call, world),
            other => {
                debug_assert!(!is_builtin(other), "{other} is listed but not there");
                call.err
                    .extend_from_slice(format!("sh: {other}: not found\n").as_bytes());
                Done::Status(127)
            }
        }
    }

    fn nested_shell(&mut self, call: &mut Call) -> Done {
        let script = call
            .argv
            .iter()
            .skip(1)
            .position(|a| a.starts_with('-') && a.contains('c'));
        match (script, call.input.take()) {
            (Some(at), _) => Done::Shell(call.arg(at + 2).to_owned()),
            (None, Some(input)) => Done::Shell(String::from_utf8_lossy(&input).into_owned()),
            (None, None) => {
                // Somebody types: commands are read when the script is done.
                self.interactive |= self.input_open;
                Done::Status(0)
            }
        }
    }

    fn state(&mut self, name: &str, call: &mut Call, world: &mut World<'_>) -> Done {
        match name {
            "pwd" => {
                let here = self.directory.clone();
                call.line(&here);
            }
            "cd" => {
                let target = if call.argv.len() > 1 {
                    call.arg(1)
                } else {
                    "/root"
                };
                let full = absolute(&self.directory, target);
                if !world.files.is_dir(&full) {
                    let text = format!("sh: cd: can't cd to {target}: No such file or directory");
                    return call.complain(&text);
                }
                self.directory = full;
            }
            "export" => {
                for entry in call.argv.iter().skip(1) {
                    let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
                    if entry.contains('=') {
                        self.vars.insert(name.to_owned(), value.to_owned());
                    }
                    self.exported.push(name.to_owned());
                }
            }
            "unset" => {
                for name in call.argv.iter().skip(1) {
                    self.vars.remove(name);
                }
            }
            "env" | "printenv" if call.argv.len() > 1 && name == "printenv" => {
                match self.vars.get(call.arg(1)).cloned() {
                    Some(value) => call.line(&value),
                    None => return Done::Status(1),
                }
            }
            "env" | "printenv" => {
                let hostname = format!("HOSTNAME={}", world.hostname);
                call.line(&hostname);
                for (name, value) in &self.vars {
                    if self.exported.contains(name) || name == "PATH" {
                        call.out
                            .extend_from_slice(format!("{name}={value}\n").as_bytes());
                    }
                }
                call.line("HOME=/root");
            }
            "read" => {
                let mut names: Vec<String> = call.operands().map(str::to_owned).collect();
                if names.is_empty() {
                    names.push("REPLY".to_owned());
                }
                if let Some(input) = call.input.take() {
                    let status = i64::from(input.is_empty());
                    let line = input
                        .split(|b| *b == b'\n')
                        .next()
                        .unwrap_or_default()
                        .to_vec();
                    self.assign_line(&names, &line);
                    return Done::Status(status);
                }
                return Done::Wait(Blocked::Line(names));
            }
            "trap" => {
                for signal in call.argv.iter().skip(2) {
                    let number = crate::sim::model::signal_number(signal).unwrap_or(0);
                    match call.arg(1) {
                        "-" => {
                            self.traps.remove(&number);
                        }
                        text => {
                            if let Ok(code) = parse::script(text) {
                                self.traps.insert(number, code);
                            }
                        }
                    }
                }
            }
            _ => {
                let signal = call.argv.iter().skip(1).find_map(|a| a.strip_prefix('-'));
                let number = crate::sim::model::signal_number(signal.unwrap_or("TERM"));
                if call.operands().any(|a| a == "1") && !self.pid1 {
                    self.sent_to_main = number.ok();
                }
            }
        }
        Done::Status(0)
    }

    fn test(&mut self, call: &mut Call, world: &World<'_>) -> Done {
        let mut args: Vec<&str> = call.argv.iter().skip(1).map(String::as_str).collect();
        if call.arg(0) == "[" {
            args.pop();
        }
        let negate = args.first() == Some(&"!");
        if negate {
            args.remove(0);
        }
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let file = |path: &str| absolute(&self.directory, path);
        let truth = match args.as_slice() {
            [] => false,
            ["-f", path] => world.files.read(&file(path)).is_some(),
            ["-d", path] => world.files.is_dir(&file(path)),
            ["-e" | "-r" | "-w" | "-x", path] => {
                world.files.read(&file(path)).is_some() || world.files.is_dir(&file(path))
            }
            ["-s", path] => world.files.read(&file(path)).is_some_and(|b| !b.is_empty()),
            ["-z", text] => text.is_empty(),
            ["-t", _] => self.tty,
            ["-n", text] | [text] => !text.is_empty(),
            [a, "=" | "==", b] => a == b,
            [a, "!=", b] => a != b,
            [a, "-eq", b] => number(a) == number(b),
            [a, "-ne", b] => number(a) != number(b),
            [a, "-lt", b] => number(a) < number(b),
            [a, "-le", b] => number(a) <= number(b),
            [a, "-gt", b] => number(a) > number(b),
            [a, "-ge", b] => number(a) >= number(b),
            _ => return Done::Status(2),
        };
        Done::Status(i64::from(truth == negate))
    }

    fn files(&mut self, name: &str, call: &mut Call, world: &mut World<'_>) -> Done {
        let paths: Vec<String> = call.operands().map(str::to_owned).collect();
        let full = |path: &str| absolute(&self.directory, path);
        let mut status = 0;
        match name {
            "cat" if paths.is_empty() || paths == ["-"] => {
                return match call.input.take() {
                    Some(input) => {
                        call.out.extend(input);
                        Done::Status(0)
                    }
                    None => Done::Wait(Blocked::Copy),
                };
            }
            "tail" if call.argv.iter().any(|a| a == "-f" || a == "-F") => {
                return Done::Wait(Blocked::Forever);
            }
            "tail" if paths.iter().all(|p| p.parse::<u32>().is_ok()) => return filter(name, call),
            "tee" => {
                let input = call.input.take().unwrap_or_default();
                for path in &paths {
                    world.files.write(&full(path), &input, false);
                }
                call.out.extend(input);
            }
            "cat" | "tail" => {
                for path in &paths {
                    if let Some(bytes) = world.files.read(&full(path)) {
                        call.out.extend(bytes);
                    } else {
                        let text =
                            format!("{name}: can't open '{path}': No such file or directory");
                        call.complain(&text);
                        status = 1;
                    }
                }
            }
            "ls" => {
                let here = [String::from(".")];
                for path in if paths.is_empty() { &here[..] } else { &paths } {
                    match world.files.list(&full(path)) {
                        Some(entries) => {
                            for (entry, _) in entries {
                                call.line(&entry);
                            }
                        }
                        None if world.files.read(&full(path)).is_some() => call.line(path),
                        None => {
                            call.complain(&format!("ls: {path}: No such file or directory"));
                            status = 1;
                        }
                    }
                }
            }
            "touch" | "mkdir" => {
                for path in &paths {
                    let path = full(path);
                    if name == "mkdir" {
                        world.files.make_dir(&path);
                    } else if !world.files.write(&path, b"", true) {
                        call.complain(&format!("touch: {path}: No such file or directory"));
                        status = 1;
                    }
                }
            }
            _ => {
                let force = call
                    .argv
                    .iter()
                    .any(|a| a.starts_with('-') && a.contains('f'));
                for path in &paths {
                    if !world.files.remove(&full(path)) && !force {
                        call.complain(&format!(
                            "rm: can't remove '{path}': No such file or directory"
                        ));
                        status = 1;
                    }
                }
            }
        }
        Done::Status(status)
    }
}
