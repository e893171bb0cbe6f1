use std::sync::{Arc, LazyLock};

use chrono::TimeDelta;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::logs::LogStream;
use crate::domain::observed::ContainerState;
use crate::domain::snapshot::Link;
use crate::tui::fixture::{self, changed, container, log_lines, now};
use crate::tui::paint::Paint;
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
    let mut view = LogView::new(
        1,
        sources,
        LogSetup {
            tail: 100,
            ..LogSetup::default()
        },
    );
    view.set_size(40, 5);
    view
}

fn buffer(view: &LogView) -> Buffer {
    static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::shipped("mono"));
    let paint = Paint::new(&THEME, &Glyphs::ASCII, now(), crate::tui::options::utc());
    let (width, height) = (view.width as u16, view.height as u16);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width + 1, height));
    view.draw(&paint, &mut buffer, Rect::new(1, 0, width, height));
    buffer
}

/// The rows of the screen, without the column of marks.
fn shown(view: &LogView) -> Vec<String> {
    let text = fixture::text(&buffer(view));
    let mut rows: Vec<String> = text
        .lines()
        .map(|l| l.get(1..).unwrap_or_default().to_owned())
        .collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

fn numbered(count: i64) -> Vec<LogLine> {
    (0..count).map(|n| line(n, &format!("line {n}"))).collect()
}

fn current(view: &LogView) -> String {
    view.current().unwrap().text.to_string()
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
    assert!(v.dump(false).starts_with("2026-03-14T"));
    assert_eq!(v.dump(false).lines().count(), 6);
}

#[test]
fn colours_of_sources_are_stable_and_differ() {
    let roles = |names: &[&str]| -> Vec<(String, Role)> {
        let v = view(names);
        let mut all: Vec<_> = v
            .sources
            .iter()
            .map(|s| (s.object.label().to_owned(), s.role))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    let one = roles(&["web", "db", "cache", "queue"]);
    assert_eq!(one, roles(&["queue", "cache", "web", "db"]));
    let mut seen: Vec<Role> = one.into_iter().map(|(_, r)| r).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "no two have the same");
}

#[test]
fn names_leave_out_what_all_have_in_common() {
    let named = |names: &[&str]| view(names).names.0.clone();
    assert_eq!(named(&["shop-web-1", "shop-db-1"]), ["web-1", "db-1"]);
    assert_eq!(named(&["shop-web-1", "shop-web-2"]), ["web-1", "web-2"]);
    assert_eq!(named(&["web-1", "web-2"]), ["web-1", "web-2"]);
    assert_eq!(named(&["shop-web-1"]), ["shop-web-1"]);
    assert_eq!(named(&["web", "web-1"]), ["web", "web-1"]);
}

#[test]
fn it_follows_until_it_is_moved_and_again_at_the_end() {
    let mut v = view(&["web"]);
    v.add(0, numbered(10));
    assert_eq!(shown(&v).last().unwrap(), "line 9");
    v.step(-2);
    assert!(!v.follow);
    assert_eq!(current(&v), "line 7");
    v.add(0, vec![line(20, "new")]);
    assert_eq!(shown(&v).last().unwrap(), "line 9", "it stands still");
    assert_eq!(v.behind, 1);
    v.step(50);
    assert!(v.follow && v.behind == 0);
    assert_eq!(shown(&v).last().unwrap(), "new");
    v.go_first();
    assert_eq!(shown(&v)[0], "line 0");
    v.step(5);
    assert_eq!(shown(&v)[0], "line 1", "the cursor stays on the screen");
    v.scroll(3);
    assert_eq!(
        (shown(&v)[0].as_str(), current(&v).as_str()),
        ("line 4", "line 5")
    );
    v.page(-100);
    assert_eq!(
        (shown(&v)[0].as_str(), current(&v).as_str()),
        ("line 0", "line 0")
    );
}

#[test]
fn lines_that_come_in_before_move_nothing() {
    let mut v = view(&["web", "db"]);
    v.add(0, (0..20).map(|n| line(n * 10, &format!("w{n}"))).collect());
    v.go_first();
    v.step(6);
    v.toggle_mark();
    let (before, here) = (shown(&v), current(&v));
    v.add(1, vec![line(5, "early"), line(15, "early too")]);
    assert_eq!((shown(&v), current(&v)), (before, here));
    assert_eq!(
        v.chosen()[0].text.as_ref(),
        "w6",
        "the mark moved with its line"
    );
}

#[test]
fn lines_can_be_kept_and_left_out_by_text_and_by_severity() {
    let mut v = view(&["web"]);
    v.add(0, log_lines());
    v.set_size(200, 20);
    let all = log_lines().len();
    assert_eq!(shown(&v).len(), all);
    v.set_draft(LineFilter::parse("orders", false, false));
    assert_eq!(shown(&v).len(), 2);
    v.set_draft(None);
    assert_eq!(shown(&v).len(), all);
    v.add_filter(LineFilter::parse("orders", false, false).unwrap());
    v.add_filter(LineFilter::parse("!slow", false, false).unwrap());
    assert_eq!(shown(&v).len(), 1);
    assert_eq!(v.filters()[1].label(), "!slow");
    assert!(v.pop_filter() && v.pop_filter() && !v.pop_filter());
    v.set_least(Level::Warn);
    assert_eq!(shown(&v).len(), 2);
    v.add(0, vec![line(100, "INFO no"), line(101, "ERROR yes")]);
    assert_eq!(shown(&v).len(), 3, "new lines are judged too");
}

#[test]
fn the_search_counts_and_goes_round() {
    let mut v = view(&["web"]);
    v.add(0, numbered(30));
    v.set_search(Pattern::new("line [12]?5$"));
    assert_eq!(v.matches(), (None, 3));
    assert_eq!(v.find_first(), Found::Yes);
    assert_eq!(
        (current(&v).as_str(), v.matches()),
        ("line 25", (Some(2), 3))
    );
    let mut seen = Vec::new();
    for forward in [false, false, false, true, true] {
        let found = v.find(forward);
        seen.push((current(&v), found));
        assert!(shown(&v).contains(&current(&v)), "it is on the screen");
    }
    let said = |text: &str, found| (text.to_owned(), found);
    assert_eq!(
        seen,
        [
            said("line 15", Found::Yes),
            said("line 5", Found::Yes),
            said("line 25", Found::Round),
            said("line 5", Found::Round),
            said("line 15", Found::Yes),
        ]
    );
    v.set_search(Pattern::new("nowhere"));
    assert_eq!((v.find(false), v.matches()), (Found::No, (None, 0)));
    v.add(0, vec![line(99, "nowhere")]);
    assert_eq!(v.matches().1, 1, "new lines are searched too");
}

#[test]
fn a_match_far_to_the_right_is_scrolled_to() {
    let mut v = view(&["web"]);
    v.add(0, vec![line(0, &format!("{}needle", "x".repeat(500)))]);
    v.set_search(Pattern::new("needle"));
    v.find_first();
    assert!(shown(&v)[0].contains("needle"));
    v.set_search(Pattern::new("^x"));
    v.find_first();
    assert_eq!(v.skip, 0);
}

#[test]
fn the_ring_is_bounded_in_lines_and_bytes_and_says_what_it_dropped() {
    let mut v = view(&["web"]);
    v.add(0, numbered(10_050));
    assert_eq!((v.len(), v.dropped()), (10_000, 50));
    v.go_first();
    assert_eq!(shown(&v)[1], "line 50");
    assert!(shown(&v)[0].contains("50 older lines were dropped"));
    v.step(3);
    let long = "x".repeat(40_000);
    for n in 0..1000 {
        v.add(0, vec![line(20_000 + n, &long)]);
    }
    let limits = v.limits();
    assert!(v.bytes() <= limits.bytes + 200 && v.len() <= limits.lines);
    assert!(v.bytes() >= limits.bytes - 2 * 41_000);
    assert_eq!(v.ring.said_dropped(), Some(v.dropped()));
    v.go_first();
    assert!(!shown(&v).is_empty());
}

#[test]
fn a_long_line_wraps_within_the_screen_and_below_its_beginning() {
    let mut v = view(&["web"]);
    v.prefs.wrap = true;
    v.add(0, vec![line(0, "short"), line(1, &"abcdefghij".repeat(9))]);
    let lines = shown(&v);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1].len(), 40);
    v.add(0, vec![line(2, &"z".repeat(1000))]);
    assert!(
        shown(&v)[0].starts_with('z'),
        "a line longer than the screen begins at its top"
    );
    let mut v = view(&["web", "db"]);
    v.prefs.wrap = true;
    v.add(0, vec![line(0, &"abc".repeat(20))]);
    assert!(shown(&v)[1].starts_with("    "), "{:?}", shown(&v));
}

#[test]
fn a_line_of_a_megabyte_says_what_is_shown_of_it() {
    let mut v = view(&["web"]);
    v.set_size(80, 5);
    v.add(0, vec![line(0, &format!("{}end", "x".repeat(1 << 20)))]);
    assert!(
        shown(&v)[0].starts_with("[1.0M line, 16K shown] xxx"),
        "{:?}",
        shown(&v)
    );
    v.set_search(Pattern::new("end"));
    assert_eq!(v.matches().1, 0);
    assert!(v.dump(false).ends_with("end\n"), "all of it is saved");
    v.prefs.wrap = true;
    assert_eq!(shown(&v).len(), 5);
}

#[test]
fn marks_and_ranges_say_what_is_copied() {
    let texts =
        |v: &LogView| -> Vec<String> { v.chosen().iter().map(|e| e.text.to_string()).collect() };
    let mut v = view(&["web"]);
    v.add(0, numbered(9));
    v.go_first();
    assert_eq!(texts(&v), ["line 0"]);
    v.toggle_mark();
    v.step(1);
    v.toggle_mark();
    assert_eq!(texts(&v), ["line 0", "line 2"]);
    v.toggle_range();
    v.step(2);
    assert_eq!(v.chosen_count(), 5);
    v.toggle_range();
    assert_eq!(
        texts(&v),
        ["line 0", "line 2", "line 3", "line 4", "line 5"]
    );
    assert_eq!(
        v.dump(false).lines().count(),
        5,
        "marked lines are what is saved"
    );
    assert_eq!(v.dump(true).lines().count(), 9);
    assert!(v.unmark() && !v.unmark());
    v.mark_all();
    assert_eq!(v.marked(), 9);
    v.mark_all();
    assert_eq!(v.marked(), 0);
    assert_eq!(v.on_screen().len(), 5);
}

#[test]
fn json_is_opened_and_can_be_left_as_it_is() {
    let mut v = view(&["web"]);
    v.set_size(60, 3);
    v.add(
        0,
        vec![line(0, r#"{"ts":1,"level":"warn","msg":"slow","ms":38}"#)],
    );
    assert_eq!(shown(&v), ["WARN  slow  ms=38"]);
    v.prefs.fields = false;
    assert_eq!(
        shown(&v),
        [r#"{"ts":1,"level":"warn","msg":"slow","ms":38}"#]
    );
    let opened = LogLineView::of(&v, crate::tui::options::utc()).unwrap();
    assert_eq!(opened.chosen(), ("ts", "1"));
}

#[test]
fn colours_are_shown_or_stripped() {
    let colour = |v: &LogView| buffer(v)[(1, 0)].fg;
    let mut v = view(&["web"]);
    v.add(0, vec![line(0, "\x1b[32mgreen\x1b[0m \x1b[2Jplain")]);
    assert_eq!(shown(&v), ["green plain"]);
    assert_eq!(colour(&v), ratatui::style::Color::Indexed(2));
    v.prefs.colours = false;
    assert_eq!(colour(&v), ratatui::style::Color::Reset);
}

#[test]
fn a_time_is_gone_to_when_it_is_there_and_else_read() {
    let mut v = view(&["web"]);
    v.add(
        0,
        (0..100)
            .map(|n| line(n * 60, &format!("line {n}")))
            .collect(),
    );
    assert!(v.go_to_time(now() + TimeDelta::seconds(30 * 60 - 5)));
    assert_eq!(current(&v), "line 30");
    assert!(shown(&v).contains(&"line 30".to_owned()));
    assert!(
        !v.go_to_time(now() - TimeDelta::seconds(1)),
        "older lines may be there"
    );
    let at = now() - TimeDelta::hours(1);
    v.restart(2, Since::At(at), true);
    let Effect::OpenLogs { options, .. } = v.open(now()) else {
        panic!("no effect");
    };
    assert_eq!((options.since, options.tail), (Some(at), None));
    v.add(0, numbered(20));
    assert_eq!(shown(&v)[0], "line 0", "it stands at the beginning");
}

#[test]
fn the_first_lines_stay_until_the_end_is_wanted() {
    let mut v = view(&["web"]);
    v.restart(2, Since::Head, false);
    assert!(v.add(0, numbered(9_990)));
    assert!(
        !v.add(
            0,
            numbered(100)
                .into_iter()
                .map(|l| LogLine {
                    time: l.time.map(|t| t + TimeDelta::days(1)),
                    ..l
                })
                .collect()
        )
    );
    assert_eq!((v.len(), v.refused), (10_000, 90));
    assert_eq!(shown(&v)[0], "line 0");
    assert!(!v.follow_end(), "the newest lines have to be read");
}

fn opened(effects: &[Effect]) -> Vec<(usize, Option<DateTime<Utc>>)> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::OpenLogs {
                sources, options, ..
            } => Some((sources[0].0, options.since)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_restarted_container_is_read_on_without_repeating_a_line() {
    let mut v = view(&["redis"]);
    let id = container("prod-1", "redis").id;
    let fleet = fixture::snapshot();
    let mut effects = Vec::new();
    v.tend(&fleet, now(), &mut effects);
    v.add(0, vec![line(1, "a"), line(2, "b"), line(2, "b2")]);
    let set = |state, started| {
        changed(&fleet, "prod-1", |h| {
            let mut all = (*h.containers).clone();
            for c in all.iter_mut().filter(|c| c.id == id) {
                let mut changed = (**c).clone();
                changed.state = state;
                changed.started = started;
                changed.exit_code = (state == ContainerState::Exited).then_some(137);
                *c = Arc::new(changed);
            }
            h.containers = Arc::new(all);
        })
    };
    v.end(0, Ok(()), now());
    v.tend(&set(ContainerState::Exited, None), now(), &mut effects);
    assert!(shown(&v).last().unwrap().contains("redis exited 137"));
    v.tend(&set(ContainerState::Exited, None), now(), &mut effects);
    assert_eq!(shown(&v).len(), 4, "it is said once");
    assert!(opened(&effects).is_empty());
    let later = Some(now() + TimeDelta::seconds(9));
    let mut running = (*set(ContainerState::Running, later)).clone();
    running.rev += 1;
    v.tend(&running, now(), &mut effects);
    assert_eq!(opened(&effects), [(0, Some(now() + TimeDelta::seconds(2)))]);
    v.add(
        0,
        vec![line(2, "b"), line(2, "b2"), line(2, "b3"), line(10, "c")],
    );
    v.set_size(60, 20);
    let all = shown(&v);
    assert_eq!(all[..3], ["a", "b", "b2"]);
    assert_eq!(all[4], "b3", "missed before the restart");
    assert!(all[5].contains("redis started again"), "{all:?}");
    assert_eq!(all[6..], ["c"]);
}

#[test]
fn a_host_that_comes_back_is_read_on() {
    let mut v = view(&["redis"]);
    let fleet = fixture::snapshot();
    let mut effects = Vec::new();
    v.tend(&fleet, now(), &mut effects);
    v.add(0, vec![line(1, "a")]);
    let stale = changed(&fleet, "prod-1", |h| {
        h.link = Link::Stale {
            since: now(),
            error: Error::new(ErrorKind::Unreachable, "ping"),
            retry: None,
        };
    });
    v.tend(&stale, now(), &mut effects);
    v.end(
        0,
        Err(Error::new(ErrorKind::Unreachable, "broke off")),
        now(),
    );
    assert!(opened(&effects).is_empty());
    let mut back = (*fleet).clone();
    back.rev += 2;
    v.tend(&back, now(), &mut effects);
    assert_eq!(opened(&effects), [(0, Some(now() + TimeDelta::seconds(1)))]);
    v.set_size(60, 9);
    let all = shown(&v);
    assert!(all[1].contains("prod-1 does not answer"), "{all:?}");
    assert!(all[2].contains("prod-1 answers again"), "{all:?}");
}

#[test]
fn a_stream_that_breaks_off_is_opened_again_after_a_while_and_each_time_later() {
    let mut v = view(&["redis"]);
    let fleet = fixture::snapshot();
    let mut effects = Vec::new();
    let mut at = now();
    let mut waits = Vec::new();
    for _ in 0..4 {
        v.end(0, Err(Error::new(ErrorKind::Unreachable, "reset")), at);
        let due = v.tend(&fleet, at, &mut effects).unwrap();
        waits.push((due - at).num_seconds());
        assert!(opened(&effects).is_empty());
        at = due;
        assert_eq!(v.tend(&fleet, at, &mut effects), None);
        assert_eq!(opened(&std::mem::take(&mut effects)).len(), 1);
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    assert!(shown(&v)[0].contains("reset"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// However lines come and whatever is pressed, the screen is full as far as there are lines.
    #[test]
    fn the_screen_shows_what_there_is(
        steps in proptest::collection::vec((0usize..9, -30isize..30), 1..40),
        wrap: bool,
    ) {
        let mut v = view(&["web", "db"]);
        v.limits = Limits { lines: 20, bytes: 1 << 20 };
        v.prefs.wrap = wrap;
        let mut count = 0;
        for (what, n) in steps {
            match what {
                0 | 1 => {
                    count += 1;
                    let text = format!("{count} {}", "y".repeat(n.unsigned_abs() * 3));
                    v.add(count as usize % 2, vec![line(n as i64, &text)]);
                }
                2 => v.step(n),
                3 => v.scroll(n),
                4 => v.page(n),
                5 => { v.toggle_follow(); }
                6 => { v.set_search(Pattern::new("1")); v.find(n > 0); }
                7 => { v.toggle_mark(); v.toggle_range(); }
                _ => v.go_first(),
            }
            let lines = shown(&v);
            prop_assert!(lines.len() <= v.height);
            prop_assert!(count == 0 || !lines.is_empty());
            prop_assert!(v.len() <= 20);
            if let Some(at) = v.cursor_at() {
                let (top, size) = v.window();
                prop_assert!((top..top + size).contains(&at), "{at} in {top}+{size}");
            }
            // The indexes are what judging everything anew says.
            let (shown, hits) = (v.ring.shown().clone(), v.ring.hits().clone());
            v.ring.rejudge(&v.judge, false);
            prop_assert_eq!(&shown, v.ring.shown());
            prop_assert_eq!(&hits, v.ring.hits());
        }
    }
}
