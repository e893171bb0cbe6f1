use std::sync::Arc;

use chrono::TimeDelta;
use rstest::rstest;

use super::*;
use crate::domain::logs::{LogLine, LogOptions, LogStream};
use crate::tui::fixture::{Player, log_lines, now};
use crate::tui::logs::Stamps;
use crate::tui::msg::Msg;
use crate::tui::pane::Pane;

/// The log of one container on the whole screen, with lines.
fn reading() -> Player {
    let mut p = Player::new(120, 30);
    p.keys("2/").text("host=prod-1 redis").keys("<Enter>l");
    feed(&mut p, log_lines());
    p.take();
    p
}

fn feed(p: &mut Player, lines: Vec<LogLine>) {
    let stream = logs(p).stream;
    let news = LogNews::Lines(0, lines);
    p.msg(Msg::Logs { stream, news });
}

fn logs(p: &Player) -> &LogView {
    p.model.front_detail().unwrap().logs.as_ref().unwrap()
}

fn current(p: &Player) -> String {
    logs(p).current().unwrap().text.to_string()
}

fn opened(p: &mut Player) -> Option<LogOptions> {
    p.take().into_iter().find_map(|e| match e {
        Effect::OpenLogs { options, .. } => Some(options),
        _ => None,
    })
}

fn copied(p: &mut Player) -> Option<String> {
    p.take().into_iter().find_map(|e| match e {
        Effect::Copy(text) => Some(text),
        _ => None,
    })
}

#[test]
fn a_search_shows_its_match_while_it_is_typed_and_esc_goes_back() {
    let mut p = reading();
    p.keys("kkk");
    let before = current(&p);
    p.keys("/").text("listening");
    assert!(current(&p).contains("listening"));
    p.keys("<Esc>");
    assert_eq!(current(&p), before);
    assert!(logs(&p).search().is_none());
    p.keys("/").text("GET").keys("<Enter>n");
    assert!(current(&p).contains("GET"));
    p.keys("<Esc>");
    assert!(logs(&p).search().is_none(), "Esc ends the search");
    p.keys("/").text("nowhere").keys("<Enter>");
    assert_eq!(p.said(), "not found");
}

#[test]
fn what_is_no_expression_is_said_beside_and_searched_as_it_is() {
    let mut p = reading();
    p.keys("/").text("customer = $1 (");
    assert!(p.screen().contains("taken as plain text: unclosed group"));
    p.keys("<Enter>");
    assert_eq!(logs(&p).matches(), (Some(0), 1));
    p.keys("/").text("/api/orders?").keys("<A-r><Enter>");
    assert_eq!(
        logs(&p).matches(),
        (Some(0), 1),
        "as it is, not an expression"
    );
}

#[test]
fn filters_add_up_and_go_one_by_one() {
    let mut p = reading();
    let all = logs(&p).shown();
    p.keys("&").text("INFO");
    assert_eq!(logs(&p).shown(), 5, "while it is typed");
    p.keys("<Esc>");
    assert_eq!(logs(&p).shown(), all);
    p.keys("&")
        .text("INFO")
        .keys("<Enter>!")
        .text("health")
        .keys("<Enter>");
    assert_eq!(logs(&p).shown(), 3);
    p.keys("&").text("!retry").keys("<Enter>");
    assert_eq!(logs(&p).shown(), 2);
    p.keys("<Esc>");
    assert_eq!(logs(&p).shown(), 3);
    p.keys("&<Enter>");
    assert_eq!(logs(&p).shown(), all, "nothing takes all away");
}

#[rstest]
#[case("S0", None, Some(500))]
#[case("S1", Some(60), Some(10_000))]
#[case("S4", Some(86_400), Some(10_000))]
#[case("S5", None, Some(10_000))]
#[case("S6", None, None)]
#[case("SS2h<Enter>", Some(7200), Some(10_000))]
#[case("@-3h<Enter>", Some(10_800), None)]
fn keys_say_which_lines_are_read(
    #[case] keys: &str,
    #[case] back: Option<i64>,
    #[case] tail: Option<u64>,
) {
    let mut p = reading();
    let before = logs(&p).stream;
    p.keys(keys);
    let options = opened(&mut p).unwrap();
    assert_eq!(options.since, back.map(|s| now() - TimeDelta::seconds(s)));
    assert_eq!(options.tail, tail);
    assert!(logs(&p).is_empty() && logs(&p).stream != before);
}

#[test]
fn a_time_that_is_there_is_gone_to_and_a_wrong_one_is_said() {
    let mut p = reading();
    p.keys("@").text("15:08:30").keys("<Enter>");
    assert_eq!(opened(&mut p), None);
    assert!(current(&p).contains("slow query"), "{}", current(&p));
    p.keys("@").text("soon").keys("<Enter>");
    assert!(p.screen().contains("\"soon\" is no time"));
    p.keys("<Esc>SS").text("soon").keys("<Enter>");
    assert!(p.screen().contains("\"soon\" is no time"));
}

#[test]
fn a_line_is_opened_and_its_fields_are_copied() {
    let mut p = reading();
    feed(
        &mut p,
        vec![LogLine {
            time: Some(now()),
            stream: LogStream::Stderr,
            text: Arc::from(r#"{"level":"error","msg":"no","order":{"id":8841}}"#),
            partial: false,
        }],
    );
    p.keys("<Enter>jj");
    assert!(p.screen().contains("order.id"));
    p.keys("y");
    assert_eq!(copied(&mut p).unwrap(), "8841");
    p.keys("Y");
    assert!(copied(&mut p).unwrap().starts_with("{\"level\""));
    p.keys("<Left>");
    assert!(p.screen().contains("green and harmless"));
    p.keys("<Esc>");
    assert!(p.model.overlays.is_empty() && p.model.front_detail().is_some());
}

#[test]
fn lines_are_marked_and_copied() {
    let mut p = reading();
    p.keys("gVjjy");
    assert_eq!(copied(&mut p).unwrap().lines().count(), 3);
    assert_eq!(p.said(), "copied 3 lines");
    p.keys("g<space>j<space>y");
    assert_eq!(copied(&mut p).unwrap().lines().count(), 2);
    p.keys("Y");
    assert_eq!(copied(&mut p).unwrap().lines().count(), 9);
}

#[rstest]
#[case("s", 2)]
#[case("<C-s>", 9)]
fn what_is_shown_or_all_of_it_is_saved(#[case] key: &str, #[case] count: usize) {
    let mut p = reading();
    p.keys("&").text("orders").keys("<Enter>");
    p.keys(key);
    assert!(p.screen().contains("redis-20260314-"));
    p.keys("<Enter>");
    let saved = p.take().into_iter().find_map(|e| match e {
        Effect::Save { name, text } => Some((name, text)),
        _ => None,
    });
    let (name, text) = saved.unwrap();
    assert!(
        std::path::Path::new(&name)
            .extension()
            .is_some_and(|e| e == "log")
            && !name.contains('/'),
        "{name}"
    );
    assert_eq!(text.lines().count(), count);
}

#[test]
fn words_do_what_keys_do() {
    let mut p = reading();
    p.keys(":").text("since 15m").keys("<Enter>");
    let options = opened(&mut p).unwrap();
    assert_eq!(options.since, Some(now() - TimeDelta::minutes(15)));
    feed(&mut p, log_lines());
    p.keys(":").text("drop-matching INFO").keys("<Enter>");
    assert_eq!(logs(&p).filters()[0].label(), "!INFO");
    p.keys(":").text("save here.log").keys("<Enter>");
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::Save { name, .. } if name == "here.log"))
    );
    p.keys("2:").text("since 15m").keys("<Enter>");
    assert!(p.screen().contains("works in logs"), "{}", p.screen());
}

#[test]
fn how_lines_look_stays_for_the_next_log() {
    let mut p = reading();
    p.keys("twzJA<Esc>");
    p.keys("2/<C-u>").text("host=prod-2").keys("<Enter>l");
    let prefs = logs(&p).prefs;
    assert!(prefs.wrap && prefs.utc && !prefs.fields && !prefs.colours);
    assert_eq!(prefs.stamps, Stamps::Time);
}

#[test]
fn numbers_still_go_to_panes_and_enter_makes_the_log_of_the_overview_larger() {
    let mut p = reading();
    p.keys("4");
    assert_eq!(p.model.nav.pane, Pane::Volumes);
    let mut p = Player::new(120, 40);
    p.keys("2/").text("host=prod-1 redis").keys("<Enter>");
    p.wait(300);
    feed_preview(&mut p);
    while !p.model.nav.on_detail {
        p.keys("<Tab>");
    }
    p.keys("<Enter>");
    assert!(p.model.nav.detail.is_some() && p.model.overlays.is_empty());
    p.keys("<Enter>");
    assert!(matches!(p.model.overlays.last(), Some(Overlay::LogLine(_))));
}

fn feed_preview(p: &mut Player) {
    let stream = p
        .model
        .shown_detail()
        .unwrap()
        .logs
        .as_ref()
        .unwrap()
        .stream;
    let news = LogNews::Lines(0, log_lines());
    p.msg(Msg::Logs { stream, news });
}

#[test]
fn one_of_several_can_be_looked_at_alone() {
    let mut p = Player::new(120, 30);
    p.keys("2/")
        .text("project=shop state=running")
        .keys("<Enter>*L");
    let stream = logs(&p).stream;
    for source in 0..2 {
        let news = LogNews::Lines(source, log_lines());
        p.msg(Msg::Logs { stream, news });
    }
    assert_eq!(logs(&p).shown(), 18);
    p.keys("o");
    assert_eq!(logs(&p).shown(), 9);
    assert!(p.screen().contains("only "));
    p.keys("<Esc>");
    assert_eq!(logs(&p).shown(), 18);
}

#[test]
fn a_full_head_closes_its_streams_and_the_end_reads_anew() {
    let mut p = reading();
    p.keys("S6").take();
    let stream = logs(&p).stream;
    for n in 0..21 {
        let lines = (0..500).map(|i| LogLine {
            time: Some(now() + TimeDelta::seconds(n * 500 + i)),
            ..log_lines()[0].clone()
        });
        feed(&mut p, lines.collect());
    }
    let closes = |e: &Effect| matches!(e, Effect::CloseLogs(s) if *s == stream);
    assert!(p.take().iter().any(closes));
    assert!(p.screen().contains("full: G reads the newest"));
    p.keys("G");
    assert_eq!(opened(&mut p).unwrap().tail, Some(500));
    assert!(logs(&p).follow);
}
