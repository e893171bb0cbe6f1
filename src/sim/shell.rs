//! The canned shell: enough of `sh` to run the one-liners people put into containers and execs.
//!
//! It never blocks and never looks at a clock of its own: [`Vm::run`] goes on until the script
//! sleeps, wants input or ends, and the model calls it again when that has happened.

mod builtins;
mod expand;
mod lex;
mod parse;
mod plain;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::model::Stream;
use super::util::MILLI;
use parse::Op;

/// Operations done in one go before the script is made to pause, so that a busy loop ends.
const BURST: u32 = 5_000;

/// The commands it knows, besides `sh` itself.
const BUILTINS: [&str; 46] = [
    "sh", "ash", "bash", "dash", "echo", "printf", "true", "false", ":", "exit", "sleep", "cat",
    "env", "printenv", "ls", "pwd", "cd", "export", "set", "unset", "read", "test", "[", "date",
    "hostname", "whoami", "id", "uname", "touch", "rm", "mkdir", "ps", "kill", "trap", "wait",
    "head", "tail", "grep", "wc", "seq", "yes", "top", "hello", "tee", "nc", "exec",
];

/// Does the canned shell know this command (a bare name)?
pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// The files a script sees.
pub(crate) trait Files {
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// Names with a flag for directories; `None` if there is no such directory.
    fn list(&self, path: &str) -> Option<Vec<(String, bool)>>;
    fn is_dir(&self, path: &str) -> bool;
    fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> bool;
    fn make_dir(&mut self, path: &str);
    fn remove(&mut self, path: &str) -> bool;
}

/// What the script finds around it.
pub(crate) struct World<'a> {
    pub(crate) now: i64,
    pub(crate) hostname: &'a str,
    pub(crate) user: &'a str,
    /// Command lines of the container's processes, the main one first.
    pub(crate) processes: &'a [String],
    pub(crate) files: &'a mut dyn Files,
}

/// Why [`Vm::run`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Call again after so many nanoseconds.
    Sleep(i64),
    /// Call again when input has been fed or a signal came.
    Input,
    Exit(i64),
}

/// What a signal did to the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignalEffect {
    Ignored,
    Dies,
    /// A trap is to run: call [`Vm::run`].
    Wakes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Blocked {
    No,
    /// Until this time; a trap waits for its end unless `wait` is what sleeps.
    Sleep {
        until: i64,
        interruptible: bool,
    },
    Forever,
    /// A line for these variables.
    Line(Vec<String>),
    /// `cat` copies its input until it ends.
    Copy,
}

#[derive(Debug)]
struct Frame {
    code: Arc<[Op]>,
    pc: usize,
    loops: Vec<VecDeque<String>>,
    /// A `sh -c` in its own right: `exit` leaves it, not the whole script.
    own: bool,
}

/// A running script.
#[derive(Debug)]
pub(crate) struct Vm {
    frames: Vec<Frame>,
    blocked: Blocked,
    status: i64,
    vars: BTreeMap<String, String>,
    exported: Vec<String>,
    directory: String,
    traps: BTreeMap<i64, Arc<[Op]>>,
    pending: VecDeque<i64>,
    background_until: i64,
    /// `kill 1` was said: the signal for the container's main process.
    sent_to_main: Option<i64>,
    pid1: bool,
    tty: bool,
    /// Reads commands from its input when the code is done.
    interactive: bool,
    prompted: bool,
    input: Vec<u8>,
    /// What has been typed on the present line of a terminal.
    typed: Vec<u8>,
    input_open: bool,
    output: Vec<(Stream, Vec<u8>)>,
}

fn frame(code: Arc<[Op]>, own: bool) -> Frame {
    Frame {
        code,
        pc: 0,
        loops: Vec::new(),
        own,
    }
}

impl Vm {
    /// A script from a command line; `stdin` tells whether input may come.
    pub(crate) fn new(argv: &[String], env: &[String], tty: bool, stdin: bool) -> Self {
        let mut vars = BTreeMap::new();
        for entry in env {
            let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
            vars.insert(name.to_owned(), value.to_owned());
        }
        let exported: Vec<String> = vars.keys().cloned().collect();
        vars.entry("PATH".to_owned()).or_insert_with(|| {
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()
        });
        let mut vm = Self {
            frames: Vec::new(),
            blocked: Blocked::No,
            status: 0,
            vars,
            exported,
            directory: "/".to_owned(),
            traps: BTreeMap::new(),
            pending: VecDeque::new(),
            background_until: 0,
            sent_to_main: None,
            pid1: false,
            tty,
            interactive: false,
            prompted: false,
            input: Vec::new(),
            typed: Vec::new(),
            input_open: stdin,
            output: Vec::new(),
        };
        vm.launch(argv);
        vm
    }

    fn launch(&mut self, argv: &[String]) {
        let name = argv
            .first()
            .map_or("", |a| a.rsplit('/').next().unwrap_or(a));
        if !matches!(name, "sh" | "bash" | "ash" | "dash") {
            self.frames.push(frame(parse::single(argv), true));
            return;
        }
        let script = argv
            .iter()
            .position(|a| a.starts_with('-') && a.contains('c'));
        match script.and_then(|i| argv.get(i + 1).map(|text| (text, argv.get(i + 2..)))) {
            Some((text, rest)) => {
                for (n, value) in rest.into_iter().flatten().enumerate() {
                    self.vars.insert(n.to_string(), value.clone());
                }
                self.load(text, true);
            }
            None => self.interactive = true,
        }
    }

    fn load(&mut self, text: &str, own: bool) {
        match parse::script(text) {
            Ok(code) => self.frames.push(frame(code, own)),
            Err(what) => {
                self.status = 2;
                self.say(
                    Stream::Stderr,
                    format!("sh: syntax error: {what}\n").as_bytes(),
                );
            }
        }
    }

    pub(crate) fn set_pid1(&mut self, pid1: bool) {
        self.pid1 = pid1;
    }

    pub(crate) fn set_directory(&mut self, directory: &str) {
        if !directory.is_empty() {
            directory.clone_into(&mut self.directory);
        }
    }

    /// What it has written since the last call.
    pub(crate) fn take_output(&mut self) -> Vec<(Stream, Vec<u8>)> {
        std::mem::take(&mut self.output)
    }

    /// A signal the script has sent to process 1.
    pub(crate) fn take_signal(&mut self) -> Option<i64> {
        self.sent_to_main.take()
    }

    fn say(&mut self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let bytes = if self.tty {
            let mut cooked = Vec::with_capacity(bytes.len() + 4);
            for byte in bytes {
                if *byte == b'\n' {
                    cooked.push(b'\r');
                }
                cooked.push(*byte);
            }
            cooked
        } else {
            bytes.to_vec()
        };
        let stream = if self.tty { Stream::Stdout } else { stream };
        match self.output.last_mut() {
            Some((last, text)) if *last == stream => text.extend(bytes),
            _ => self.output.push((stream, bytes)),
        }
    }

    /// Input from the attached client. On a terminal it is edited and echoed by line.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if !self.tty {
            self.input.extend_from_slice(bytes);
            return;
        }
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => {
                    self.typed.push(b'\n');
                    let line = std::mem::take(&mut self.typed);
                    self.input.extend(line);
                    self.say(Stream::Stdout, b"\n");
                }
                8 | 127 => {
                    if self.typed.pop().is_some() {
                        self.say(Stream::Stdout, b"\x08 \x08");
                    }
                }
                3 => {
                    self.typed.clear();
                    self.say(Stream::Stdout, b"^C\n");
                    self.interrupt();
                }
                4 if self.typed.is_empty() => self.input_open = false,
                4 => {
                    let line = std::mem::take(&mut self.typed);
                    self.input.extend(line);
                }
                other => {
                    self.typed.push(*other);
                    self.say(Stream::Stdout, &[*other]);
                }
            }
        }
    }

    /// No more input will come.
    pub(crate) fn close_input(&mut self) {
        self.input_open = false;
    }

    /// Do as if what it waits for had come.
    pub(crate) fn skip_wait(&mut self) {
        self.blocked = Blocked::No;
    }

    fn interrupt(&mut self) {
        self.status = 130;
        self.prompted = false;
        self.blocked = Blocked::No;
        if self.interactive {
            self.frames.clear();
        } else if self.signal(2) == SignalEffect::Dies || !self.traps.contains_key(&2) {
            self.frames.clear();
            self.input_open = false;
        }
    }

    /// Deliver a signal; without a trap process 1 ignores all but `KILL`.
    pub(crate) fn signal(&mut self, number: i64) -> SignalEffect {
        if self.traps.contains_key(&number) {
            self.pending.push_back(number);
            if matches!(
                self.blocked,
                Blocked::Sleep {
                    interruptible: false,
                    ..
                }
            ) {
                return SignalEffect::Ignored;
            }
            self.blocked = Blocked::No;
            return SignalEffect::Wakes;
        }
        if self.pid1 || matches!(number, 17 | 18 | 28) {
            SignalEffect::Ignored
        } else {
            SignalEffect::Dies
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        if let Some(end) = self.input.iter().position(|b| *b == b'\n') {
            return Some(self.input.drain(..=end).collect());
        }
        if self.input_open || self.input.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut self.input))
    }

    /// Can it go on? `None` if so.
    fn still_blocked(&mut self, now: i64) -> Option<Next> {
        match self.blocked.clone() {
            Blocked::No => return None,
            Blocked::Sleep { until, .. } if until > now => return Some(Next::Sleep(until - now)),
            Blocked::Sleep { .. } => {}
            Blocked::Forever => return Some(Next::Input),
            Blocked::Line(names) => match self.take_line() {
                Some(line) => self.assign_line(&names, &line),
                None if self.input_open => return Some(Next::Input),
                None => self.status = 1,
            },
            Blocked::Copy => {
                let bytes = std::mem::take(&mut self.input);
                self.say(Stream::Stdout, &bytes);
                if self.input_open {
                    return Some(Next::Input);
                }
                self.status = 0;
            }
        }
        self.blocked = Blocked::No;
        None
    }

    fn assign_line(&mut self, names: &[String], line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        let mut rest = text.trim_start();
        for (n, name) in names.iter().enumerate() {
            let (value, after) = if n + 1 == names.len() {
                (rest, "")
            } else {
                rest.split_once(' ').unwrap_or((rest, ""))
            };
            self.vars.insert(name.clone(), value.to_owned());
            rest = after;
        }
        self.status = 0;
    }

    /// Go on until it must wait or ends.
    pub(crate) fn run(&mut self, world: &mut World<'_>) -> Next {
        let mut budget = BURST;
        loop {
            if let Some(next) = self.still_blocked(world.now) {
                return next;
            }
            budget -= 1;
            if budget == 0 {
                self.blocked = Blocked::Sleep {
                    until: world.now + MILLI,
                    interruptible: false,
                };
                continue;
            }
            if let Some(number) = self.pending.pop_front()
                && let Some(code) = self.traps.get(&number)
            {
                self.frames.push(frame(Arc::clone(code), false));
            }
            let Some(top) = self.frames.last_mut() else {
                match self.next_command() {
                    Some(next) => return next,
                    None => continue,
                }
            };
            let Some(op) = top.code.get(top.pc).cloned() else {
                self.frames.pop();
                continue;
            };
            top.pc += 1;
            self.execute(op, world);
        }
    }

    /// The code is done: read the next command from the input, or end.
    fn next_command(&mut self) -> Option<Next> {
        if !self.interactive {
            return Some(Next::Exit(self.status));
        }
        if self.tty && !self.prompted {
            let prompt = format!("{} # ", self.directory);
            self.say(Stream::Stdout, prompt.as_bytes());
            self.prompted = true;
        }
        match self.take_line() {
            Some(line) => {
                self.prompted = false;
                self.load(&String::from_utf8_lossy(&line), false);
                None
            }
            None if self.input_open => Some(Next::Input),
            None => Some(Next::Exit(self.status)),
        }
    }

    fn execute(&mut self, op: Op, world: &mut World<'_>) {
        let Some(top) = self.frames.last_mut() else {
            return;
        };
        match op {
            Op::Jump(to) => top.pc = to,
            Op::JumpIfOk(to) => {
                if self.status == 0 {
                    top.pc = to;
                }
            }
            Op::JumpIfFail(to) => {
                if self.status != 0 {
                    top.pc = to;
                }
            }
            Op::ForBegin(words) => {
                let items = self.fields(&words, world);
                if let Some(top) = self.frames.last_mut() {
                    top.loops.push(items.into());
                }
            }
            Op::ForNext(name, end) => {
                if let Some(item) = top.loops.last_mut().and_then(VecDeque::pop_front) {
                    self.vars.insert(name, item);
                } else {
                    top.loops.pop();
                    top.pc = end;
                }
            }
            Op::ForBreak => {
                top.loops.pop();
            }
            Op::Status(status) => self.status = status,
            Op::Negate => self.status = i64::from(self.status == 0),
            Op::Run {
                pipeline,
                background,
            } => self.pipeline(&pipeline, background, world),
        }
    }

    /// Leave the innermost `sh`, or the script.
    fn leave(&mut self, status: i64) {
        self.status = status;
        while let Some(gone) = self.frames.pop() {
            if gone.own && !self.frames.is_empty() {
                return;
            }
        }
        self.interactive = false;
    }

    /// Run a text to its end without letting it wait: `$(...)`.
    fn capture(&mut self, text: &str, world: &mut World<'_>) -> String {
        let Ok(code) = parse::script(text) else {
            return String::new();
        };
        let frames = std::mem::replace(&mut self.frames, vec![frame(code, true)]);
        let output = std::mem::take(&mut self.output);
        let tty = std::mem::replace(&mut self.tty, false);
        let interactive = std::mem::replace(&mut self.interactive, false);
        for _ in 0..64 {
            match self.run(world) {
                Next::Exit(_) => break,
                Next::Sleep(_) | Next::Input => self.blocked = Blocked::No,
            }
        }
        self.frames = frames;
        self.tty = tty;
        self.interactive = interactive;
        let captured = std::mem::replace(&mut self.output, output);
        let mut text = String::new();
        for (stream, bytes) in captured {
            match stream {
                Stream::Stdout => text.push_str(&String::from_utf8_lossy(&bytes)),
                Stream::Stderr => self.say(stream, &bytes),
            }
        }
        text.trim_end_matches('\n').to_owned()
    }
}

#[cfg(test)]
mod tests;
