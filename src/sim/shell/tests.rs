use std::collections::BTreeMap;

use super::{Files, Next, SignalEffect, Vm, World};
use crate::sim::model::Stream;
use crate::sim::util::SECOND;

#[derive(Default)]
struct Disk(BTreeMap<String, Vec<u8>>);

impl Files for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
    fn list(&self, path: &str) -> Option<Vec<(String, bool)>> {
        (path == "/").then(|| self.0.keys().map(|k| (k[1..].to_owned(), false)).collect())
    }
    fn is_dir(&self, path: &str) -> bool {
        matches!(path, "/" | "/tmp" | "/root")
    }
    fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> bool {
        let old = if append {
            self.read(path).unwrap_or_default()
        } else {
            Vec::new()
        };
        self.0
            .insert(path.to_owned(), [old, bytes.to_vec()].concat());
        true
    }
    fn make_dir(&mut self, _path: &str) {}
    fn remove(&mut self, path: &str) -> bool {
        self.0.remove(path).is_some()
    }
}

fn words(text: &[&str]) -> Vec<String> {
    text.iter().map(|w| (*w).to_owned()).collect()
}

fn step(vm: &mut Vm, disk: &mut Disk, now: i64) -> Next {
    let processes = words(&["sh"]);
    let mut world = World {
        now,
        hostname: "box",
        user: "",
        processes: &processes,
        files: disk,
    };
    vm.run(&mut world)
}

/// Run to the end, however long it sleeps: output, errors, exit code, seconds passed.
fn run(argv: &[&str]) -> (String, String, i64, f64) {
    let mut vm = Vm::new(&words(argv), &words(&["A=b c"]), false, false);
    let (mut disk, mut now) = (Disk::default(), 0);
    for _ in 0..10_000 {
        match step(&mut vm, &mut disk, now) {
            Next::Sleep(time) => now += time,
            Next::Input => panic!("wants input: {argv:?}"),
            Next::Exit(code) => {
                let (mut out, mut err) = (String::new(), String::new());
                for (stream, bytes) in vm.take_output() {
                    match stream {
                        Stream::Stdout => out.push_str(&String::from_utf8_lossy(&bytes)),
                        Stream::Stderr => err.push_str(&String::from_utf8_lossy(&bytes)),
                    }
                }
                return (out, err, code, now as f64 / SECOND as f64);
            }
        }
    }
    panic!("does not end: {argv:?}");
}

fn sh(script: &str) -> (String, i64) {
    let (out, _, code, _) = run(&["sh", "-c", script]);
    (out, code)
}

#[test]
fn scripts_do_what_sh_does() {
    let cases: &[(&str, &str, i64)] = &[
        ("echo hi; exit 3", "hi\n", 3),
        ("echo a && false || echo b", "a\nb\n", 0),
        ("true && false", "", 1),
        ("! false", "", 0),
        ("echo \"$A\" $A '$A'", "b c b c $A\n", 0),
        ("for i in 1 2 3; do echo -n $i,; done; echo", "1,2,3,\n", 0),
        (
            "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i",
            "3\n",
            0,
        ),
        (
            "i=0; while true; do i=$((i + 2)); if [ $i -gt 5 ]; then break; fi; done; echo $i",
            "6\n",
            0,
        ),
        (
            "for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done",
            "1\n3\n",
            0,
        ),
        (
            "if false; then echo x; elif true; then echo y; else echo z; fi",
            "y\n",
            0,
        ),
        ("until true; do echo no; done", "", 0),
        ("echo one two | wc -w; seq 3 | tail -n 1", "2\n3\n", 0),
        ("echo $(echo in)side `echo tick`", "inside tick\n", 0),
        ("x=5; echo $((x * (2 + 1) % 4))", "3\n", 0),
        ("echo ${NONE:-default} ${A:-x}", "default b c\n", 0),
        (
            "echo out > /tmp/f; cat /tmp/f; echo more >> /tmp/f; cat /tmp/f | wc -l",
            "out\n2\n",
            0,
        ),
        ("nosuchcommand", "", 127),
        ("(echo sub; exit 0); echo never", "sub\n", 0),
        ("sh -c 'exit 4'; echo $?", "4\n", 0),
        ("printf 'a\\tb%s\\n' c", "a\tbc\n", 0),
        ("echo hello | grep ell && echo found", "hello\nfound\n", 0),
        ("# a comment\necho after # and more", "after\n", 0),
    ];
    for (script, output, code) in cases {
        let got = sh(script);
        assert_eq!((got.0.as_str(), got.1), (*output, *code), "{script}");
    }
}

#[test]
fn errors_go_to_their_own_stream_unless_redirected() {
    let (out, err, code, _) = run(&["sh", "-c", "echo bad >&2; echo good; nope 2>/dev/null"]);
    assert_eq!((out.as_str(), err.as_str(), code), ("good\n", "bad\n", 127));
    let (out, err, ..) = run(&["sh", "-c", "cat /nofile 2>&1"]);
    assert!(
        out.contains("No such file") && err.is_empty(),
        "{out:?} {err:?}"
    );
}

#[test]
fn a_syntax_error_is_told_and_ends_with_2() {
    let (_, err, code, _) = run(&["sh", "-c", "while true; do echo x"]);
    assert!(err.contains("syntax error"), "{err}");
    assert_eq!(code, 2);
}

#[test]
fn sleeping_takes_its_time_and_a_busy_loop_does_not_hang() {
    let (.., code, seconds) = run(&["sleep", "2"]);
    assert_eq!((code, seconds), (0, 2.0));
    let (.., seconds) = run(&["sh", "-c", "sleep 1; sleep 0.5"]);
    assert!((seconds - 1.5).abs() < 1e-9);
    let mut vm = Vm::new(
        &words(&["sh", "-c", "while :; do :; done"]),
        &[],
        false,
        false,
    );
    assert!(matches!(
        step(&mut vm, &mut Disk::default(), 0),
        Next::Sleep(_)
    ));
}

#[test]
fn process_one_ignores_signals_without_a_trap() {
    let mut vm = Vm::new(&words(&["sleep", "100"]), &[], false, false);
    step(&mut vm, &mut Disk::default(), 0);
    assert_eq!(vm.signal(15), SignalEffect::Dies);
    vm.set_pid1(true);
    assert_eq!(vm.signal(15), SignalEffect::Ignored);
}

#[test]
fn a_trap_runs_when_the_foreground_command_has_ended() {
    let script = "trap 'echo bye; exit 7' TERM; while true; do sleep 1; done";
    let mut vm = Vm::new(&words(&["sh", "-c", script]), &[], false, false);
    vm.set_pid1(true);
    let mut disk = Disk::default();
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Sleep(SECOND));
    vm.signal(15);
    assert!(
        matches!(step(&mut vm, &mut disk, SECOND / 2), Next::Sleep(_)),
        "sleep goes on"
    );
    assert_eq!(step(&mut vm, &mut disk, SECOND), Next::Exit(7));
    assert_eq!(vm.take_output(), [(Stream::Stdout, b"bye\n".to_vec())]);
}

#[test]
fn a_trap_interrupts_wait_at_once() {
    let script = "trap 'exit 5' TERM; sleep 100 & wait";
    let mut vm = Vm::new(&words(&["sh", "-c", script]), &[], false, false);
    vm.set_pid1(true);
    let mut disk = Disk::default();
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Sleep(100 * SECOND));
    assert_eq!(vm.signal(15), SignalEffect::Wakes);
    assert_eq!(step(&mut vm, &mut disk, 1), Next::Exit(5));
}

#[test]
fn an_interactive_shell_reads_commands_until_its_input_ends() {
    let mut vm = Vm::new(&words(&["sh"]), &[], false, true);
    let mut disk = Disk::default();
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Input);
    vm.feed(b"echo one\nread x; echo got $x\nvalue\ncat\nco");
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Input);
    vm.feed(b"pied");
    vm.close_input();
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Exit(0));
    let output: Vec<u8> = vm.take_output().into_iter().flat_map(|(_, b)| b).collect();
    assert_eq!(String::from_utf8_lossy(&output), "one\ngot value\ncopied");
}

#[test]
fn a_script_can_become_an_interactive_shell() {
    let script = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi";
    let mut vm = Vm::new(&words(&["/bin/sh", "-c", script]), &[], true, true);
    let mut disk = Disk::default();
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Input);
    vm.feed(b"exit 7\r");
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Exit(7));
    let mut closed = Vm::new(&words(&["sh", "-c", "sh; echo on"]), &[], false, false);
    assert_eq!(step(&mut closed, &mut disk, 0), Next::Exit(0));
}

#[test]
fn a_terminal_echoes_edits_and_interrupts() {
    let mut vm = Vm::new(&words(&["sh"]), &[], true, true);
    let mut disk = Disk::default();
    step(&mut vm, &mut disk, 0);
    vm.feed(b"echo hoo\x7f\x7fi\rsleep 100\r");
    assert!(matches!(step(&mut vm, &mut disk, 0), Next::Sleep(_)));
    vm.feed(b"\x03");
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Input);
    vm.feed(b"\x04");
    assert_eq!(step(&mut vm, &mut disk, 0), Next::Exit(130));
    let output: Vec<u8> = vm.take_output().into_iter().flat_map(|(_, b)| b).collect();
    let text = String::from_utf8_lossy(&output).into_owned();
    assert!(text.contains("/ # "), "prompt in {text:?}");
    assert!(text.contains("hi\r\n") && text.contains("^C"), "{text:?}");
}
