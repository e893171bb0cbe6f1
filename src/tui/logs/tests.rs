use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::error::{Error, ErrorKind};
use crate::tui::fixture::{Player, container, log_lines, now};
use crate::tui::theme::{Glyphs, Theme};

fn line(seconds: i64, text: &str) -> LogLine {
    LogLine {
        time: Some(now() + TimeDelta::seconds(seconds)),
        stream: LogStream::Stdout,
        text: Arc::from(text),
        partial: false,
    }
}

fn view(sources: &[&str]) -> LogView {
    let sources = sources.iter().map(|s| container("prod-1", s)).collect();
    let mut view = LogView::new(1, sources, 100);
    view.set_size(40, 5);
    view
}

fn shown(view: &LogView) -> Vec<String> {
    let theme = Theme::shipped("mono");
    let zone = crate::tui::options::utc();
    let paint = Paint::new(&theme, &Glyphs::ASCII, now(), zone);
    let lines = view.screen(&paint, view.width, view.height);
    lines.iter().map(Line::text).collect()
}

fn numbered(count: i64) -> Vec<LogLine> {
    (0..count).map(|n| line(n, &format!("line {n}"))).collect()
}

#[test]
fn several_sources_are_merged_by_time() {
    let mut v = view(&["web", "db"]);
    v.add(0, vec![line(1, "w1"), line(4, "w4")]);
    v.add(1, vec![line(0, "d0"), line(2, "d2"), line(5, "d5")]);
    v.add(0, vec![line(3, "w3")]);
    v.set_size(40, 10);
    assert_eq!(
        shown(&v),
        ["db  d0", "web w1", "db  d2", "web w3", "web w4", "db  d5"]
    );
    assert!(v.dump().starts_with("2026-03-14T"));
    assert_eq!(v.dump().lines().count(), 6);
}

#[test]
fn it_follows_until_it_is_moved_and_again_at_the_end() {
    let mut v = view(&["web"]);
    v.add(0, numbered(10));
    assert_eq!(shown(&v).last().unwrap(), "line 9");
    v.step(-2);
    assert!(!v.follow);
    assert_eq!(shown(&v).last().unwrap(), "line 7");
    v.add(0, vec![line(20, "new")]);
    assert_eq!(shown(&v).last().unwrap(), "line 7", "it stands still");
    assert_eq!(v.behind, 1);
    v.step(50);
    assert!(v.follow && v.behind == 0);
    assert_eq!(shown(&v).last().unwrap(), "new");
    v.go_first();
    assert_eq!(shown(&v)[0], "line 0");
}

#[test]
fn lines_can_be_kept_by_text_and_by_severity() {
    let mut v = view(&["web"]);
    v.add(0, log_lines());
    v.set_size(200, 20);
    let all = shown(&v).len();
    assert_eq!(all, log_lines().len());
    v.keep = Pattern::new("orders");
    assert_eq!(shown(&v).len(), 2);
    v.keep = None;
    v.least = Level::Warn;
    assert_eq!(shown(&v).len(), 2);
}

#[test]
fn the_search_goes_back_from_the_newest_and_round() {
    let mut v = view(&["web"]);
    v.add(0, numbered(30));
    v.set_search(Pattern::new("line [12]?5$"));
    let mut seen = Vec::new();
    for _ in 0..4 {
        assert!(v.find(false));
        seen.push(v.current_text().unwrap());
        assert!(
            shown(&v).contains(seen.last().unwrap()),
            "it is on the screen"
        );
    }
    assert_eq!(seen, ["line 25", "line 15", "line 5", "line 25"]);
    v.set_search(Pattern::new("nowhere"));
    assert!(!v.find(false));
}

#[test]
fn the_ring_is_bounded_in_lines_and_bytes() {
    let mut v = view(&["web"]);
    v.add(0, numbered(10_050));
    assert_eq!(v.len(), MAX_LINES);
    v.step(-3);
    let long = "x".repeat(40_000);
    for n in 0..1000 {
        v.add(0, vec![line(20_000 + n, &long)]);
    }
    assert!(v.bytes <= MAX_BYTES && v.len() <= MAX_LINES);
    assert!(v.bytes >= MAX_BYTES - MAX_LINE);
    v.go_first();
    assert!(!shown(&v).is_empty());
}

#[test]
fn a_long_line_wraps_within_the_screen() {
    let mut v = view(&["web"]);
    v.wrap = true;
    v.add(0, vec![line(0, "short"), line(1, &"abcdefghij".repeat(9))]);
    let lines = shown(&v);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1].len(), 40);
    v.add(0, vec![line(2, &"z".repeat(1000))]);
    assert!(
        shown(&v)[0].starts_with('z'),
        "a line longer than the screen begins at its top"
    );
}

#[test]
fn what_would_write_over_a_line_is_resolved() {
    assert_eq!(clean("10%\r50%\r100%\r"), "100%");
    assert_eq!(clean("\x1b[31mred\x1b[0m\tx"), "red    x");
}

#[test]
fn an_end_and_a_failure_are_said() {
    let mut p = Player::new(100, 30);
    p.keys("2+/redis<Enter>l");
    let stream = p
        .model
        .front_detail()
        .unwrap()
        .logs
        .as_ref()
        .unwrap()
        .stream;
    let news = super::super::msg::LogNews::Lines(0, log_lines());
    p.msg(super::super::msg::Msg::Logs { stream, news });
    assert!(p.screen().contains("green and harmless"));
    let gone = Err(Error::new(ErrorKind::Unreachable, "read logs on prod-1"));
    let news = super::super::msg::LogNews::Ended(0, gone);
    p.msg(super::super::msg::Msg::Logs { stream, news });
    assert!(p.screen().contains("read logs on prod-1"));
}

proptest! {
    #[test]
    fn nothing_a_terminal_obeys_is_kept(text in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f]|\x1b\\[){0,60}") {
        prop_assert!(!clean(&text).chars().any(char::is_control));
    }

    /// However lines come and whatever is pressed, the screen is full as far as there are lines.
    #[test]
    fn the_screen_shows_what_there_is(
        steps in proptest::collection::vec((0usize..5, -30isize..30), 1..30),
        wrap: bool,
    ) {
        let mut v = view(&["web", "db"]);
        v.wrap = wrap;
        let mut count = 0;
        for (what, n) in steps {
            match what {
                0 | 1 => {
                    count += 1;
                    v.add(count as usize % 2, vec![line(n as i64, &format!("{count} {}", "y".repeat(n.unsigned_abs() * 3)))]);
                }
                2 => v.step(n),
                3 => v.toggle_follow(),
                _ => v.go_first(),
            }
            let lines = shown(&v);
            prop_assert!(lines.len() <= v.height);
            prop_assert!(count == 0 || !lines.is_empty());
        }
    }
}
