use super::*;

const ALL: Modes = Modes {
    mouse: true,
    focus: true,
};

fn emulator() -> vt100::Parser {
    let mut terminal = vt100::Parser::new(24, 80, 0);
    terminal.process(b"$ pilothouse\r\n");
    terminal
}

#[test]
fn leaving_undoes_entering() {
    for modes in [
        Modes::default(),
        ALL,
        Modes {
            mouse: true,
            focus: false,
        },
    ] {
        let mut terminal = emulator();
        let before = terminal.screen().state_formatted();
        terminal.process(enter_sequence(modes).as_bytes());
        assert!(terminal.screen().alternate_screen());
        assert!(terminal.screen().hide_cursor());
        assert!(terminal.screen().bracketed_paste());
        let mouse = terminal.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        assert_eq!(mouse, modes.mouse);
        // A frame that broke off in the middle of a coloured, scrolled region.
        terminal.process(b"\x1b[?2026h\x1b[3;9r\x1b[1;31mgarbage\x1b[?25h");
        terminal.process(leave_sequence(modes).as_bytes());
        assert_eq!(terminal.screen().state_formatted(), before);
        assert!(terminal.screen().contents().contains("$ pilothouse"));
    }
}

#[test]
fn every_mode_turned_on_is_turned_off() {
    let modes = |text: &str, last: char| {
        let mut found: Vec<String> = text
            .split("\x1b[?")
            .skip(1)
            .filter_map(|s| s.split_once(last))
            .map(|(n, _)| n.to_owned())
            .filter(|n| n.bytes().all(|b| b.is_ascii_digit()))
            .collect();
        found.sort();
        found
    };
    let (enter, leave) = (enter_sequence(ALL), leave_sequence(ALL));
    // Off while inside (cursor, wrap), and the other way round.
    assert_eq!(modes(&enter, 'l'), modes(&leave, 'h'));
    let mut off = modes(&leave, 'l');
    off.retain(|n| n != "2026");
    assert_eq!(modes(&enter, 'h'), off);
}

#[test]
fn nothing_is_asked_of_the_terminal() {
    let text = enter_sequence(ALL) + &leave_sequence(ALL);
    for query in ["\x1b[c", "\x1b[6n", "\x1b[5n", "$p", "\x1b]"] {
        assert!(!text.contains(query), "{query:?}");
    }
}

#[test]
fn modes_survive_the_panic_hooks_bits() {
    for modes in [
        Modes::default(),
        ALL,
        Modes {
            mouse: false,
            focus: true,
        },
    ] {
        assert_eq!(Modes::from_bits(modes.bits()), modes);
    }
}

#[test]
fn a_size_is_always_known() {
    // The tests' stdout is no terminal.
    let env = |name: &str| (name == "COLUMNS").then(|| "132".to_owned());
    let (columns, rows) = size(&env);
    assert!(columns > 0 && rows > 0);
}

#[test]
fn a_terminal_that_takes_nothing_is_given_up() {
    let (_reader, pipe) = io::pipe().unwrap();
    let mut tty = Tty {
        file: File::from(std::os::fd::OwnedFd::from(pipe)),
    };
    let full = vec![b'x'; 1 << 20];
    let error = tty
        .write_patiently(&full, Duration::from_millis(20))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
