mod tables;

mod forms;

use chrono::TimeDelta;
use rstest::rstest;

use super::*;
use crate::domain::snapshot::Link;
use crate::tui::fixture::{self, Player, changed, log_lines};
use crate::tui::msg::{LogNews, Msg};
use crate::tui::screen::{Capabilities, ColorDepth, Screen};

/// A console whose log view has lines.
fn with_logs(p: &mut Player) {
    p.wait(300);
    if let Some(logs) = p.model.shown_detail().and_then(|d| d.logs.as_ref()) {
        let stream = logs.stream;
        let news = LogNews::Lines(0, log_lines());
        p.msg(Msg::Logs { stream, news });
    }
}

#[rstest]
#[case(80, 24)]
#[case(100, 30)]
#[case(160, 48)]
#[case(200, 50)]
fn the_fleet_at_every_size(#[case] width: u16, #[case] height: u16) {
    let mut p = Player::new(width, height);
    p.keys("2/").text("host=prod-*").keys("<Enter>");
    with_logs(&mut p);
    insta::assert_snapshot!(format!("fleet_{width}x{height}"), p.screen());
}

#[rstest]
#[case("machines", "1")]
#[case("services", "3")]
#[case("volumes", "4")]
#[case("networks", "5")]
#[case("images", "6")]
#[case("operations", "7")]
#[case("operation", "7<Enter>")]
#[case("help", "2?")]
#[case("menu", "2x")]
#[case("signals", "2K")]
#[case("palette", "2:")]
#[case("describe", "2/unhealthy<Enter>d")]
fn views_at_80x24(#[case] name: &str, #[case] keys: &str) {
    let mut p = Player::new(80, 24);
    p.keys(keys);
    insta::assert_snapshot!(name, p.screen());
}

#[test]
fn a_dialog_lists_its_victims() {
    let mut p = Player::new(100, 30);
    p.keys("2/")
        .text("state=exited host=prod-*")
        .keys("<Enter>*D");
    insta::assert_snapshot!("remove", p.screen());
}

/// The console on a screen that counts bytes.
struct Counted {
    player: Player,
    screen: Screen,
    out: Vec<u8>,
}

impl Counted {
    fn new(player: Player) -> Self {
        let (width, height) = player.model.size;
        let caps = Capabilities {
            depth: ColorDepth::True,
            ..Capabilities::default()
        };
        let mut counted = Self {
            player,
            screen: Screen::new(width, height, caps),
            out: Vec::new(),
        };
        counted.draw();
        counted
    }

    fn draw(&mut self) -> usize {
        let model = &self.player.model;
        self.screen
            .draw(&mut self.out, |buffer| draw(model, buffer).cursor);
        self.out.len()
    }
}

#[test]
fn a_fleet_that_looks_the_same_writes_nothing() {
    for (width, height) in [(80, 24), (160, 48)] {
        let mut p = Player::new(width, height);
        with_logs(&mut p);
        let mut c = Counted::new(p);
        assert_eq!(c.draw(), 0, "twice the same");
        let next = changed(&c.player.model.snapshot.clone(), "prod-1", |h| {
            // A ping, a little slower.
            h.link = Link::Live {
                rtt: std::time::Duration::from_millis(4),
            };
            h.seen = Some(fixture::now());
        });
        c.player.fleet(next);
        assert_eq!(c.draw(), 0, "what changed cannot be seen");
        c.player.wait(10_000);
        assert_eq!(c.draw(), 0, "ten seconds are no news");
        c.player.wait(60_000);
        assert!(c.draw() > 0, "a minute is");
    }
}

#[test]
fn the_next_change_is_announced() {
    let p = Player::new(80, 24);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    let wake = draw(&p.model, &mut buffer).wake.unwrap();
    let mut p = p;
    p.model.now = wake - TimeDelta::milliseconds(1);
    let mut before = Buffer::empty(Rect::new(0, 0, 80, 24));
    draw(&p.model, &mut before);
    assert_eq!(before, buffer, "not before");
    p.model.now = wake;
    let mut after = Buffer::empty(Rect::new(0, 0, 80, 24));
    draw(&p.model, &mut after);
    assert_ne!(after, buffer);
}

#[test]
fn moving_the_cursor_writes_little() {
    let mut p = Player::new(160, 48);
    p.keys("2+");
    p.fleet(fixture::large(10, 100));
    let mut c = Counted::new(p);
    for (keys, most) in [("j", 420), ("k", 420), ("G", 12_000)] {
        c.player.keys(keys);
        let bytes = c.draw();
        assert!(bytes > 0 && bytes < most, "{keys}: {bytes}");
    }
    // One row scrolled out: the rest of the screen moves by itself.
    c.player.keys(&"k".repeat(44));
    c.draw();
    c.player.keys("k");
    let bytes = c.draw();
    assert!(bytes < 700, "a row scrolled: {bytes}");
}

#[test]
fn one_number_changes_a_few_cells() {
    let mut p = Player::new(160, 48);
    p.keys("2");
    let id = fixture::container("prod-1", "redis").id;
    let mut c = Counted::new(p);
    let next = changed(&c.player.model.snapshot.clone(), "prod-1", |h| {
        let mut usage = (*h.usage).clone();
        if let Some(m) = usage.get_mut(&id) {
            m.usage.cpu = Some(11.0);
        }
        h.usage = usage.into();
    });
    c.player.fleet(next);
    let bytes = c.draw();
    assert!(bytes > 0 && bytes < 60, "{bytes}");
}

/// The cost of a frame does not grow with the fleet: only what is seen becomes cells.
#[test]
fn a_large_table_is_painted_like_a_small_one() {
    let mut small = Player::new(200, 50);
    small.fleet(fixture::large(1, 60)).keys("2+");
    let mut large = Player::new(200, 50);
    large.fleet(fixture::large(20, 500)).keys("2+");
    let count = |p: &Player| p.model.focused().visible().count();
    assert_eq!(count(&small), count(&large));
    assert_eq!(large.model.focused().len(), 10_000);
}

#[rstest]
#[case("ascii")]
#[case("unicode")]
fn every_view_is_clean(#[case] glyphs: &str) {
    for keys in [
        "", "1", "3", "4", "5", "6", "7", "7<Enter>", "2?", "2x", "2:", "2/abc", "2*D", "2L", "2d",
        "2d]]", "2d]]]", "1d", "4d", "5d", "6d", "3d", "2T",
    ] {
        for (width, height) in [(40, 8), (80, 24), (160, 48)] {
            let mut p = Player::with(width, height, |o| o.glyphs = glyphs.to_owned());
            p.keys(keys);
            with_logs(&mut p);
            let shown = p.screen();
            assert!(
                !shown.chars().any(|c| c.is_control() && c != '\n'),
                "{keys}"
            );
            let text = shown.replace("übung-数据", "").replace("übung", "");
            if glyphs == "ascii" && !text.contains('数') && !text.contains('ü') {
                let odd: String = text.chars().filter(|c| !c.is_ascii()).collect();
                assert!(odd.is_empty(), "{keys} at {width}x{height}: {odd}\n{text}");
            }
        }
    }
}

#[test]
fn a_stale_host_is_never_shown_as_live() {
    let mut p = Player::new(160, 48);
    p.keys("2+/").text("billing").keys("<Enter>");
    let buffer = p.buffer();
    let stale = p.model.setup.theme.style(Role::StateUnknown);
    let y = (0..buffer.area.height)
        .find(|y| {
            let line: String = (0..20).map(|x| buffer[(x, *y)].symbol()).collect();
            line.contains("legacy")
        })
        .unwrap();
    let cell = &buffer[(5, y)];
    assert_eq!(Some(cell.fg), stale.fg);
    assert!(p.screen().contains("stale 7m"));
}

#[test]
fn an_empty_fleet_says_what_to_do() {
    let mut p = Player::new(80, 24);
    p.fleet(std::sync::Arc::default());
    insta::assert_snapshot!("no_hosts", p.screen());
}

#[test]
fn a_window_too_small_says_so() {
    let p = Player::new(30, 5);
    insta::assert_snapshot!("too_small", p.screen());
    for (width, height) in [(1, 1), (3, 2), (40, 7), (39, 20)] {
        let _ = Player::new(width, height).screen();
    }
}

#[test]
fn without_colours_everything_chosen_is_still_seen() {
    let mut p = Player::with(100, 30, |o| o.color = Some(ColorDepth::None));
    p.keys("2/")
        .text("state=exited host=prod-*")
        .keys("<Enter>*D");
    let buffer = p.buffer();
    let chosen = buffer.content.iter().any(|c| {
        c.modifier
            .intersects(ratatui::style::Modifier::REVERSED | ratatui::style::Modifier::BOLD)
    });
    assert!(chosen);
    assert!(p.screen().contains("[ Cancel ]"));
    assert!(
        buffer
            .content
            .iter()
            .all(|c| c.fg == ratatui::style::Color::Reset)
    );
}
