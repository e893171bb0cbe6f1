//! Starting, resizing, handing the terminal over, and every way to end: the terminal is as before.

use super::terminal::Seat;
use rstest::rstest;

/// The console under a shell that says how it finds the terminal afterwards.
fn console(home: &std::path::Path, columns: u16, rows: u16) -> Seat {
    let line = format!(
        "echo BEFORE; '{}' demo; echo CODE $?; stty -a; echo AFTER",
        env!("CARGO_BIN_EXE_pilothouse")
    );
    Seat::shell(&line, home, columns, rows)
}

fn assert_restored(seat: &Seat) {
    let screen = seat.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    let shown = screen.contents();
    assert!(shown.contains("BEFORE"), "{shown}");
    for flag in ["icanon", "echo", "isig", "opost"] {
        let on = shown.split([' ', '\n', ';']).any(|w| w == flag);
        assert!(on, "{flag} is off:\n{shown}");
    }
}

/// The program itself: the child of the shell.
fn program(seat: &Seat) -> String {
    let children = format!("/proc/{0}/task/{0}/children", seat.pid());
    std::fs::read_to_string(children).unwrap().trim().to_owned()
}

fn signal(name: &str, pid: &str) {
    let status = std::process::Command::new("kill")
        .args([name, pid])
        .status()
        .unwrap();
    assert!(status.success(), "kill {name} {pid}");
}

#[test]
fn it_follows_the_terminals_size() {
    let home = tempfile::tempdir().unwrap();
    let mut seat = console(home.path(), 160, 48);
    seat.until(&["Volumes", "blog-db-1", "6 hosts"]);
    seat.resize(80, 24).until_so("one pane at 80x24", |s| {
        let text = s.contents();
        text.contains("Containers") && !text.contains("Volumes") && text.contains("blog-db-1")
    });
    seat.resize(200, 50)
        .until(&["Volumes", "Networks", "blog-db-1"]);
    seat.keys("q").until(&["CODE 0", "AFTER"]);
    assert_restored(&seat);
}

#[rstest]
#[case("-TERM")]
#[case("-HUP")]
fn a_signal_ends_it_in_good_order(#[case] name: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut seat = console(home.path(), 120, 50);
    seat.until(&["blog-db-1", "6 hosts"]);
    signal(name, &program(&seat));
    seat.until(&["CODE", "AFTER"]);
    assert_restored(&seat);
}

#[test]
fn a_shell_in_a_container_has_the_terminal_and_gives_it_back() {
    let home = tempfile::tempdir().unwrap();
    let mut seat = console(home.path(), 120, 50);
    seat.until(&["blog-db-1", "6 hosts"]);
    seat.keys("2e")
        .until_so("the shell", |s| !s.alternate_screen());
    seat.keys("echo ab''cd\r").until(&["abcd"]);
    seat.keys("exit\r");
    seat.until_so("the console is back", |s| {
        s.alternate_screen() && s.contents().contains("blog-db-1")
    });
    seat.keys("q").until(&["CODE 0", "AFTER"]);
    assert_restored(&seat);
}
