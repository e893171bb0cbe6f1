//! Commands that need nothing of the shell but their arguments and input.

use super::{Blocked, World};
use crate::sim::util::strftime;

/// One command about to run: its arguments, its input, and what it writes.
#[derive(Default)]
pub(super) struct Call {
    pub(super) argv: Vec<String>,
    /// Input from a pipe or a file; `None` is the script's own.
    pub(super) input: Option<Vec<u8>>,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl Call {
    pub(super) fn arg(&self, n: usize) -> &str {
        self.argv.get(n).map_or("", String::as_str)
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }

    pub(super) fn complain(&mut self, text: &str) -> Done {
        self.err.extend_from_slice(format!("{text}\n").as_bytes());
        Done::Status(1)
    }

    pub(super) fn operands(&self) -> impl Iterator<Item = &str> {
        self.argv
            .iter()
            .skip(1)
            .map(String::as_str)
            .filter(|a| !a.starts_with('-') || *a == "-")
    }
}

/// How a command ended.
pub(super) enum Done {
    Status(i64),
    Wait(Blocked),
    Leave(i64),
    /// Go on with this text as a shell of its own.
    Shell(String),
}

pub(super) fn echo(call: &mut Call) -> Done {
    let mut args = &call.argv[1..];
    let (mut newline, mut escapes) = (true, false);
    while let Some(flag @ ("-n" | "-e" | "-ne" | "-en")) = args.first().map(String::as_str) {
        newline &= !flag.contains('n');
        escapes |= flag.contains('e');
        args = &args[1..];
    }
    let mut text = args.join(" ");
    if escapes {
        text = unescape(&text);
    }
    if newline {
        text.push('\n');
    }
    call.out.extend_from_slice(text.as_bytes());
    Done::Status(0)
}

pub(super) fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\r", "\r")
        .replace("\\033", "\u{1b}")
        .replace("\\e", "\u{1b}")
        .replace("\\x1b", "\u{1b}")
}

pub(super) fn printf(call: &mut Call) -> Done {
    let format = unescape(call.arg(1));
    let mut args = call.argv.iter().skip(2);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let conversion = chars
            .by_ref()
            .find(|c| c.is_ascii_alphabetic() || *c == '%');
        match conversion {
            Some('%') | None => text.push('%'),
            Some(_) => text.push_str(args.next().map_or("", String::as_str)),
        }
    }
    call.out.extend_from_slice(text.as_bytes());
    Done::Status(0)
}

pub(super) fn filter(name: &str, call: &mut Call) -> Done {
    let input = call.input.take().unwrap_or_default();
    let text = String::from_utf8_lossy(&input).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let count = call
        .argv
        .iter()
        .skip(1)
        .filter_map(|a| {
            a.trim_start_matches("-n")
                .trim_start_matches('-')
                .parse::<usize>()
                .ok()
        })
        .next_back()
        .unwrap_or(10);
    match name {
        "head" => lines.iter().take(count).for_each(|l| call.line(l)),
        "tail" => lines
            .iter()
            .skip(lines.len().saturating_sub(count))
            .for_each(|l| call.line(l)),
        "grep" => {
            let pattern = call.operands().next().unwrap_or_default().to_owned();
            let quiet = call.argv.iter().any(|a| a == "-q");
            let found: Vec<&&str> = lines.iter().filter(|l| l.contains(&pattern)).collect();
            if !quiet {
                for line in &found {
                    call.line(line);
                }
            }
            return Done::Status(i64::from(found.is_empty()));
        }
        "wc" => {
            let answer = match call.arg(1) {
                "-c" => input.len().to_string(),
                "-l" => lines.len().to_string(),
                "-w" => text.split_whitespace().count().to_string(),
                _ => format!(
                    "{} {} {}",
                    lines.len(),
                    text.split_whitespace().count(),
                    input.len()
                ),
            };
            call.line(&answer);
        }
        "seq" => {
            let numbers: Vec<i64> = call.operands().filter_map(|a| a.parse().ok()).collect();
            let (from, to) = match numbers.as_slice() {
                [to] => (1, *to),
                [from, to] | [from, _, to] => (*from, *to),
                _ => (1, 0),
            };
            (from..=to.min(from + 100_000)).for_each(|n| call.line(&n.to_string()));
        }
        _ => {
            let word = if call.argv.len() > 1 {
                call.argv[1..].join(" ")
            } else {
                "y".to_owned()
            };
            (0..1000).for_each(|_| call.line(&word));
        }
    }
    Done::Status(0)
}

pub(super) fn facts(name: &str, call: &mut Call, world: &World<'_>) -> Done {
    match name {
        "date" => {
            let pattern = call.argv.iter().skip(1).find_map(|a| a.strip_prefix('+'));
            let text = match pattern {
                Some(pattern) if pattern.chars().all(|c| "%sYmdHMSTFN:-_ ".contains(c)) => {
                    strftime(world.now, &pattern.replace("%N", "%f"))
                }
                _ => strftime(world.now, "%a %b %e %H:%M:%S UTC %Y"),
            };
            call.line(&text);
        }
        "hostname" => call.line(world.hostname),
        "whoami" => call.line(if world.user.is_empty() {
            "root"
        } else {
            world.user
        }),
        "id" => call.line("uid=0(root) gid=0(root) groups=0(root),10(wheel)"),
        "uname" if call.arg(1) == "-a" => {
            let text = format!(
                "Linux {} 6.12.0-21-amd64 #1 SMP x86_64 GNU/Linux",
                world.hostname
            );
            call.line(&text);
        }
        "uname" => call.line("Linux"),
        _ => {
            call.line("PID   USER     TIME  COMMAND");
            for (n, process) in world.processes.iter().enumerate() {
                let text = format!("{:5} root      0:00 {process}", n * 6 + 1);
                call.line(&text);
            }
        }
    }
    Done::Status(0)
}
