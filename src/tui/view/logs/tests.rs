use std::fmt::Write as _;
use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use rstest::rstest;

use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::ObjectRef;
use crate::domain::logs::{LogLine, LogStream};
use crate::domain::snapshot::Link;
use crate::tui::fixture::{Player, changed, container, log_lines, now};
use crate::tui::logs::LogView;
use crate::tui::msg::{LogNews, Msg};
use crate::tui::screen::{Capabilities, ColorDepth, Screen};
use crate::tui::theme::Role;
use crate::tui::view;

fn logs(p: &Player) -> &LogView {
    p.model.shown_detail().unwrap().logs.as_ref().unwrap()
}

fn lines(texts: &[&str]) -> Vec<LogLine> {
    (0..)
        .zip(texts)
        .map(|(n, text)| LogLine {
            time: Some(now() - TimeDelta::milliseconds(90_000 - n * 1_251)),
            stream: LogStream::Stdout,
            text: Arc::from(*text),
            partial: false,
        })
        .collect()
}

/// Lines of a source of the log in front.
fn feed(p: &mut Player, source: usize, lines: Vec<LogLine>) {
    let stream = logs(p).stream;
    let news = LogNews::Lines(source, lines);
    p.msg(Msg::Logs { stream, news });
}

fn open(width: u16, height: u16, keys: &str) -> Player {
    let mut p = Player::new(width, height);
    p.keys("2/")
        .text("host=prod-1 redis")
        .keys("<Enter>")
        .keys(keys);
    p
}

fn long_lines() -> Vec<LogLine> {
    let wide = "数据库 👩‍👩‍👧 ".repeat(40);
    let huge = "x".repeat(1 << 20);
    lines(&[
        &wide,
        &format!("ERROR {}", "a word and ".repeat(60)),
        &huge,
        r#"{"ts":"2026-03-14T15:08:50Z","level":"error","msg":"payment failed","order":{"id":8841,"total":"12.90"},"retry":false,"user":"zoë"}"#,
        "\x1b[32mINFO\x1b[0m \x1b[1;38;5;208mbright\x1b[0m and \x1b[7mreversed\x1b[0m, then plain",
        "e\u{301}e\u{301} tab\there",
        "",
    ])
}

fn many(p: &mut Player) {
    let names = ["web", "worker", "db", "cache"];
    let count = logs(p).sources.len();
    for source in 0..count {
        let texts: Vec<String> = (0..12)
            .map(|n| {
                let level = ["INFO ", "DEBUG", "WARN ", "ERROR"][(n + source) % 4];
                format!("{level} {} says {n}", names[source % 4])
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        feed(p, source, lines(&texts));
    }
}

fn lost(p: &mut Player) {
    feed(p, 0, log_lines());
    let stream = logs(p).stream;
    let how = Err(Error::new(
        ErrorKind::Unreachable,
        "read logs on prod-1: reset",
    ));
    let news = LogNews::Ended(0, how);
    p.msg(Msg::Logs { stream, news });
    let next = changed(&p.model.snapshot.clone(), "prod-1", |h| {
        h.link = Link::Stale {
            since: now(),
            error: Error::new(ErrorKind::Unreachable, "ping"),
            retry: None,
        };
    });
    p.fleet(next);
}

/// A log pane in one of its states.
fn pane(state: &str, width: u16, height: u16) -> Player {
    match state {
        "empty" => open(width, height, "l"),
        "filtered" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, log_lines());
            p.keys("!.<Enter>");
            p
        }
        "normal" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, log_lines());
            p
        }
        "searched" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, log_lines());
            p.keys("t&INFO|WARN<Enter>!health<Enter>/orders<Enter>N<space>k");
            p
        }
        "long" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, long_lines());
            p
        }
        "wrapped" => {
            let mut p = open(width, height, "lwt");
            feed(&mut p, 0, long_lines());
            p.keys("gjj");
            p
        }
        "merged" => {
            let mut p = Player::new(width, height);
            p.keys("2/")
                .text("project=shop state=running")
                .keys("<Enter>*Lt");
            many(&mut p);
            p
        }
        "lost" => {
            let mut p = open(width, height, "l");
            lost(&mut p);
            p
        }
        "opened" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, long_lines());
            p.keys("gjjj<Enter>jjj");
            p
        }
        "wrong" => {
            let mut p = open(width, height, "l");
            feed(&mut p, 0, log_lines());
            p.keys("/").text("GET /[");
            p
        }
        "overview" => {
            let mut p = Player::new(width, height);
            p.keys("2/").text("host=prod-1 redis").keys("<Enter>");
            p.wait(300);
            feed(&mut p, 0, log_lines());
            p.keys("<Tab>k&INFO<Enter>");
            p
        }
        other => panic!("{other}"),
    }
}

#[rstest]
fn every_state_at_every_size(
    #[values(
        "empty", "filtered", "normal", "searched", "long", "wrapped", "merged", "lost", "opened",
        "wrong"
    )]
    state: &str,
    #[values((80, 24), (200, 50))] size: (u16, u16),
) {
    let p = pane(state, size.0, size.1);
    let name = format!("{state}_{}x{}", size.0, size.1);
    insta::assert_snapshot!(name, inner(&p.screen(), state));
    if size == (80, 24) {
        insta::assert_snapshot!(format!("{state}_styles"), looks(&p));
    }
}

/// What the log has of the screen: without the header, and without the keys in the last line.
fn inner(screen: &str, state: &str) -> String {
    let lines: Vec<&str> = screen.lines().collect();
    let last = lines.len() - usize::from(state != "wrong");
    lines[1..last].join("\n")
}

#[test]
fn the_overview_shows_a_log_without_a_line_of_facts() {
    let screen = pane("overview", 120, 40).screen();
    for seen in ["GET /health", "&INFO", "standing still"] {
        assert!(screen.contains(seen), "{seen}:\n{screen}");
    }
    assert!(!screen.contains("/10k lines") && !screen.contains("DEBUG pool"));
}

/// A letter for each look, and which roles look like that.
fn looks(p: &Player) -> String {
    let buffer = p.buffer();
    let mut looks: Vec<ratatui::style::Style> = Vec::new();
    let mut out = String::new();
    for y in 1..buffer.area.height - 1 {
        for x in 0..buffer.area.width {
            let look = buffer[(x, y)].style();
            let at = looks.iter().position(|l| *l == look).unwrap_or_else(|| {
                looks.push(look);
                looks.len() - 1
            });
            out.push(char::from(b'a' + u8::try_from(at).unwrap()));
        }
        out.push('\n');
    }
    let theme = &p.model.setup.theme;
    for (at, look) in looks.iter().enumerate() {
        let same = |role: &&Role| {
            let style = theme.style(**role);
            style.fg.is_none_or(|c| look.fg == Some(c))
                && style.bg.is_none_or(|c| look.bg == Some(c))
                && look.add_modifier == style.add_modifier
                && (style.fg.is_some() || style.bg.is_some())
        };
        let names: Vec<&str> = Role::ALL.iter().filter(same).map(|r| r.name()).collect();
        let letter = char::from(b'a' + u8::try_from(at).unwrap());
        let _ = writeln!(out, "{letter}: {}", names.join(" "));
    }
    out
}

#[rstest]
fn every_state_is_ascii_where_that_is_wanted(
    #[values("empty", "normal", "searched", "merged", "lost")] state: &str,
) {
    let p = pane(state, 80, 24);
    let mut p = p;
    p.model.setup.glyphs = crate::tui::theme::Glyphs::ASCII;
    let shown = p.screen();
    let odd: String = shown.chars().filter(|c| !c.is_ascii()).collect();
    assert!(odd.is_empty(), "{odd}\n{shown}");
}

#[test]
fn no_colour_still_tells_the_line_and_the_match() {
    let mut p = Player::with(100, 30, |o| o.color = Some(ColorDepth::None));
    p.keys("2/").text("host=prod-1 redis").keys("<Enter>l");
    feed(&mut p, 0, log_lines());
    p.keys("/orders<Enter>");
    let buffer = p.buffer();
    let look = |text: &str| {
        let screen = p.screen();
        let y = screen.lines().position(|l| l.contains(text)).unwrap();
        let line = screen.lines().nth(y).unwrap();
        let x = line.find(text).unwrap();
        let x = line[..x].chars().count();
        buffer[(x as u16, y as u16)].modifier
    };
    assert_ne!(
        look("orders where"),
        look("slow query"),
        "the match in its line"
    );
    assert_ne!(
        look("slow query"),
        look("upstream"),
        "the line among the others"
    );
}

/// What tries to get out of its place.
const TRICKS: &[&str] = &[
    "\x1b[2J",
    "\x1b[H",
    "\x1b[1;1H",
    "\x1b[999C",
    "\x1b[?1049l",
    "\x1b[?25h",
    "\x1b]0;pwned\x07",
    "\x1b]2;pwned\x1b\\",
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]8;;http://example.invalid\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPq#0;2;0;0;0#0~~@@\x1b\\",
    "\x1bP$q\"p\x1b\\",
    "\x1b_Gf=24;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bX string\x1b\\",
    "\x1bc",
    "\x1b(0qqq",
    "\x1b#8",
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x1b[31m",
    "\x1b[7;5;8m",
    "\x1b[38;2;1;2;3;48;5;200m",
    "\u{9b}2J",
    "\u{9b}31m",
    "\u{9d}0;pwned\u{9c}",
    "\u{90}q\u{9c}",
    "\u{84}\u{85}\u{8d}",
    "\u{202e}gnp.exe",
    "\u{2066}x\u{2069}",
    "\u{61c}",
    "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}",
    "\u{ad}",
    "\r",
    "\n",
    "\t",
    "\x08\x08\x08",
    "\x07",
    "\x0e",
    "\x7f",
    "\u{2028}",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇩🇪🇫🇷",
    "☺️",
    "数据库",
    "ﷺ",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}",
    "\u{301}\u{301}",
    "क्षि",
    "ᄀᆨ",
    "\u{3164}\u{115f}",
    "\u{e0061}\u{e007f}",
    "\u{fffd}",
    "level=error \"q\" {\"msg\":\"\\u001b[2J\\u202e\"}",
    "web",
    " ",
];

fn hostile() -> impl Strategy<Value = String> {
    let trick = (0..TRICKS.len()).prop_map(|n| TRICKS[n].to_owned());
    let family = (1usize..200).prop_map(|n| vec!["👩"; n].join("\u{200d}"));
    let bytes = proptest::collection::vec(any::<u8>(), 0..12)
        .prop_map(|b| String::from_utf8_lossy(&b).into_owned());
    let json = "\\PC{0,10}".prop_map(|t| {
        let value = serde_json::Value::String(format!("\u{1b}[2J\u{9b}H{t}\u{202e}"));
        format!("{{\"level\":\"\\u001b[5mwarn\",\"msg\":{value},\"k\\u0007\":1}}")
    });
    let piece = prop_oneof![6 => trick, 1 => family, 2 => bytes, 1 => json.clone()];
    let mixed = proptest::collection::vec(piece, 0..12).prop_map(|all| all.concat());
    prop_oneof![9 => mixed, 1 => json]
}

/// What a terminal was told beside what to show.
#[derive(Default)]
struct Heard(Vec<String>);

impl vt100::Callbacks for Heard {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("bell".into());
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.0.push(format!("icon {name:?}"));
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0.push(format!("title {title:?}"));
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(format!("clipboard {data:?}"));
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0.push("paste".into());
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.0.push(format!("control {byte:#x}"));
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        self.0.push(format!("osc {params:?}"));
    }
}

/// The console on a terminal that understands its bytes.
struct Shown {
    screen: Screen,
    terminal: vt100::Parser<Heard>,
    out: Vec<u8>,
}

impl Shown {
    fn new(width: u16, height: u16) -> Self {
        let caps = Capabilities {
            depth: ColorDepth::True,
            ..Capabilities::default()
        };
        Self {
            screen: Screen::new(width, height, caps),
            terminal: vt100::Parser::new_with_callbacks(height, width, 0, Heard::default()),
            out: Vec::new(),
        }
    }

    /// Draw; the terminal shows what was painted, each column in its place, and did nothing else.
    fn check(&mut self, p: &Player) {
        self.screen
            .draw(&mut self.out, |buffer| view::draw(&p.model, buffer).cursor);
        let bytes = String::from_utf8(self.out.clone()).unwrap();
        for start in ["\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x07"] {
            assert!(!bytes.contains(start), "{start:?} in {bytes:?}");
        }
        assert!(
            !bytes.chars().any(|c| ('\u{7f}'..='\u{9f}').contains(&c)),
            "C1 in {bytes:?}"
        );
        self.terminal.process(&self.out);
        let heard = &self.terminal.callbacks().0;
        assert!(heard.is_empty(), "{heard:?}");
        let shown = self.terminal.screen();
        assert!(!shown.alternate_screen());
        let painted = self.screen.buffer();
        for y in 0..painted.area.height {
            for x in 0..painted.area.width {
                let symbol = painted[(x, y)].symbol();
                // Frames and plain text; what is beside or after a wide one too.
                let known = symbol.len() == 1 && symbol != " "
                    || matches!(symbol, "│" | "─" | "╭" | "╮" | "╰" | "╯" | "┃" | "●");
                if known {
                    let got = shown.cell(y, x).map_or("", vt100::Cell::contents);
                    // The parser drops U+FFFD; what combines with it lands on what is before.
                    let same = got.starts_with(symbol);
                    assert!(same, "{got:?} for {symbol:?} at {x},{y} in\n{}", p.screen());
                }
            }
        }
    }
}

/// The fleet with a container that is called so.
fn named(p: &mut Player, name: &str) {
    let id = container("prod-1", "redis").id;
    let next = changed(&p.model.snapshot.clone(), "prod-1", |h| {
        let mut all = (*h.containers).clone();
        for c in all.iter_mut().filter(|c| c.id == id) {
            let mut named = (**c).clone();
            named.name = Arc::from(name);
            named.image = Arc::from(name);
            *c = Arc::new(named);
        }
        h.containers = Arc::new(all);
    });
    p.fleet(next);
}

/// Show a log in all its ways.
fn play(p: &mut Player, shown: &mut Shown, texts: &[String], sources: usize) {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for source in 0..sources {
        feed(p, source, lines(&texts));
    }
    shown.check(p);
    for keys in [
        "t",
        "w",
        "k",
        "J",
        "A",
        "<Enter>",
        "jj",
        "y",
        "<Esc>",
        "w",
        "<Right>",
        "<space>",
        "V",
        "k",
        "y",
        "/web<Enter>",
        "N",
        "@",
        "<Esc>",
        "&e<Enter>",
        "s",
        "<Esc>",
    ] {
        p.keys(keys);
        shown.check(p);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// A container called something hostile that writes something hostile: nothing of it reaches
    /// the terminal but text in its place.
    #[test]
    fn hostile_text_stays_in_its_place(
        name in hostile(),
        texts in proptest::collection::vec(hostile(), 1..8),
        width in 60u16..130,
    ) {
        let mut p = Player::new(width, 24);
        named(&mut p, &name);
        let mut shown = Shown::new(width, 24);
        shown.check(&p);
        for keys in ["2", "w", "x", "<Esc>", "3", "1", "0"] {
            p.keys(keys);
            shown.check(&p);
        }
        let object = ObjectRef { name: Arc::from(name.as_str()), ..container("prod-1", "redis") };
        p.keys("2");
        p.model.focused_mut().seek(Some(crate::tui::row::RowKey::Object(object)));
        for keys in ["D", "<Esc>", "d", "]", "<Esc>"] {
            p.keys(keys);
            shown.check(&p);
        }
        p.keys("l");
        play(&mut p, &mut shown, &texts, 1);
        let mut p = Player::new(width, 24);
        named(&mut p, &name);
        p.keys("2/").text("host=prod-1 state=running").keys("<Enter>*L");
        let sources = logs(&p).sources.len().min(3);
        let mut shown = Shown::new(width, 24);
        play(&mut p, &mut shown, &texts, sources);
    }
}
