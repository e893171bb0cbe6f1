use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::domain::guardrail::{Answer, Effect as Rule, Guardrail, Match, Policy};
use crate::domain::intent::Intent;
use crate::domain::observed::ContainerState;
use crate::domain::operation::Outcome;
use crate::tui::detail::Tab;
use crate::tui::fixture::{self, Player, changed, container, ct, operation};
use crate::tui::overlay::{Choice, Overlay};
use crate::tui::pane::Pane;

/// A console on the table of containers, at one of them.
fn at(name: &str) -> Player {
    let mut p = Player::new(120, 40);
    p.keys("2").keys("/").text(name).keys("<Enter>");
    p.take();
    p
}

fn intents(p: &mut Player) -> Vec<Intent> {
    p.take()
        .into_iter()
        .filter_map(|e| match e {
            Effect::Preview(intent) => Some(*intent),
            _ => None,
        })
        .collect()
}

#[rstest]
#[case("s", "start")]
#[case("t", "stop")]
#[case("r", "restart")]
#[case("p", "pause")]
#[case("D", "remove")]
fn a_key_asks_for_what_the_verb_does(#[case] key: &str, #[case] verb: &str) {
    let mut p = at("host=prod-1 redis");
    p.keys(key);
    let all = intents(&mut p);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].verb(), verb);
    assert!(all[0].summary().contains("prod-1/redis"));
}

#[test]
fn what_only_disturbs_one_thing_runs_at_once() {
    let mut p = at("host=prod-1 redis");
    p.keys("t");
    assert_eq!(
        p.submitted(),
        [("stop prod-1/redis".to_owned(), Answer::None)]
    );
    assert!(p.model.overlays.is_empty());
}

#[test]
fn what_is_so_already_is_said_and_not_submitted() {
    let mut p = at("host=prod-1 redis");
    p.keys("s");
    assert!(p.submitted().is_empty());
    assert!(p.said().contains("redis"), "{}", p.said());
}

#[test]
fn several_are_asked_about_and_the_dialog_starts_on_cancel() {
    let mut p = at("project=shop state=running");
    p.keys("*t");
    assert!(p.submitted().is_empty());
    let screen = p.screen();
    for seen in ["prod-1", "prod-2", "shop-db-1", "Cancel", "container"] {
        assert!(screen.contains(seen), "{seen}:\n{screen}");
    }
    p.keys("<Enter>");
    assert!(p.submitted().is_empty(), "Enter is Cancel");
    p.keys("t<Tab><Enter>");
    let done = p.submitted();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].1, Answer::None);
    assert!(
        p.model.focused().marks.is_empty(),
        "what was asked for is marked no more"
    );
}

#[test]
fn removing_names_its_victim_and_never_starts_on_the_button() {
    let mut p = at("host=prod-1 migrate");
    p.keys("D");
    let screen = p.screen();
    let id = container("prod-1", "shop-migrate-1").id;
    for seen in [
        "This cannot be undone",
        "prod-1",
        "shop-migrate-1",
        id.short(),
        "9d",
        "exited 0",
    ] {
        assert!(screen.contains(seen), "{seen}:\n{screen}");
    }
    p.keys("<Enter>");
    assert!(p.submitted().is_empty());
    p.keys("D<S-Tab><S-Tab>");
    assert!(
        matches!(p.model.overlays.last(), Some(Overlay::Confirm(c)) if c.chosen == Choice::Force)
    );
    p.keys("v<Tab><Tab><Tab><Enter>");
    let effects = p.take();
    let submitted = effects.iter().find_map(|e| match e {
        Effect::Submit(preview, Answer::Yes) => Some(&preview.intent),
        _ => None,
    });
    assert!(matches!(
        submitted,
        Some(Intent::Remove {
            volumes: true,
            force: false,
            ..
        })
    ));
}

#[test]
fn a_running_container_is_removed_only_after_force_was_turned_on() {
    let mut p = at("host=prod-1 redis");
    p.keys("D");
    assert!(p.screen().contains("Not like this"), "{}", p.screen());
    p.keys("<Tab><Tab><Enter>");
    assert!(p.submitted().is_empty());
    p.keys("<Esc>Df<Tab><Enter>");
    assert_eq!(p.submitted().len(), 1);
}

#[test]
fn a_guardrail_wants_its_text_typed() {
    let mut p = at("host=prod-1 migrate");
    p.policy = Policy {
        rules: vec![Guardrail {
            matches: Match::default(),
            effect: Rule::TypeHostName,
            max_bulk: None,
            reason: "production".into(),
        }],
        ..Policy::default()
    };
    p.keys("D").text("prod-2").keys("<Enter>");
    assert!(p.submitted().is_empty());
    assert!(p.screen().contains("production"));
    p.keys("<C-u>").text("prod-1").keys("<Enter>");
    let done = p.submitted();
    assert_eq!(done[0].1, Answer::Typed("prod-1".into()));
}

#[test]
fn what_a_guardrail_forbids_is_said() {
    let mut p = at("host=prod-1 redis");
    p.policy.read_only = true;
    p.keys("t");
    assert!(p.submitted().is_empty());
    assert!(p.said().contains("read-only"), "{}", p.said());
}

#[test]
fn a_signal_is_chosen_before_a_kill() {
    let mut p = at("host=prod-1 redis");
    p.keys("K");
    assert!(p.screen().contains("WINCH"));
    assert!(intents(&mut p).is_empty());
    p.keys("j<Enter>");
    let all = intents(&mut p);
    assert!(matches!(&all[0], Intent::Kill { signal, .. } if signal == "TERM"));
}

#[test]
fn what_is_paused_goes_on() {
    let mut p = at("frozen");
    p.keys("p");
    assert_eq!(intents(&mut p)[0].verb(), "unpause");
}

#[test]
fn read_only_has_no_key_that_changes_anything() {
    let mut p = Player::with(120, 40, |o| o.read_only = true);
    p.keys("2").take();
    p.keys("strpKDeac");
    assert!(p.take().iter().all(|e| matches!(e, Effect::LookAt(_))));
    p.keys("x");
    let Some(Overlay::Menu(menu)) = p.model.overlays.last() else {
        panic!("no menu");
    };
    assert!(menu.items.iter().all(|i| !i.call.command.changes));
    p.keys("<Esc>:").text("stop redis").keys("<Enter>");
    assert!(intents(&mut p).is_empty());
    assert!(p.screen().contains("read-only"));
}

#[test]
fn every_item_of_the_menu_works_or_says_why_not() {
    let mut p = at("host=prod-1 redis");
    p.keys("x");
    let count = match p.model.overlays.last() {
        Some(Overlay::Menu(menu)) => menu.items.len(),
        _ => panic!("no menu"),
    };
    for n in 0..count {
        let mut p = at("host=prod-1 redis");
        p.keys("x").keys(&"j".repeat(n + 1)).keys("k<Enter>");
        let active = !p.take().is_empty()
            || !p.said().is_empty()
            || !p.model.overlays.is_empty()
            || p.model.nav.detail.is_some();
        assert!(active, "item {n} does nothing");
    }
}

#[test]
fn a_filter_works_while_it_is_typed_and_can_be_taken_back() {
    let mut p = Player::new(80, 24);
    p.keys("2/");
    p.text("redis");
    assert_eq!(p.names(), ["redis"]);
    assert!(p.screen().contains("/redis"));
    p.keys("<Esc>");
    assert!(p.names().len() > 10);
    p.keys("/").text("redis").keys("<Enter>/");
    p.text("x");
    assert!(p.names().is_empty());
    p.keys("<Esc>");
    assert_eq!(p.names(), ["redis"], "as it was before");
    p.keys("<Esc>");
    assert!(p.names().len() > 10, "Esc takes the filter away");
    p.keys("/").text("cpu>x");
    assert!(p.screen().contains("no number"), "{}", p.screen());
    p.keys("<Esc>/<Up>");
    assert_eq!(p.names(), ["redis"], "the last filter comes back");
}

#[test]
fn drilling_in_and_back_comes_back_to_the_same_row() {
    let mut p = Player::new(80, 24);
    p.keys("1/").text("prod").keys("<Enter>j");
    assert_eq!(p.under_cursor(), "prod-2");
    p.keys("<Enter>");
    assert_eq!(p.model.nav.pane, Pane::Containers);
    assert_eq!(p.names().len(), 5);
    assert!(p.screen().contains("▸ prod-2"));
    p.keys("j<Enter>");
    assert!(p.model.nav.detail.is_some());
    p.keys("q");
    assert_eq!(p.under_cursor(), "shop-db-1");
    p.keys("<Esc>");
    assert_eq!(
        (p.model.nav.pane, p.under_cursor()),
        (Pane::Machines, "prod-2".to_owned())
    );
    assert_eq!(p.names().len(), 3, "the filter is there again");
    p.keys("-");
    assert_eq!(p.names().len(), 5);
    p.keys("-");
    assert_eq!(p.model.nav.pane, Pane::Machines);
}

#[test]
fn services_volumes_networks_and_images_lead_to_their_containers() {
    for (keys, name, count) in [
        ("3", "shop host=prod-1", 5),
        ("4", "shop_pgdata host=prod-1", 1),
        ("5", "name=bridge host=prod-1", 6),
        ("6", "postgres host=prod-1", 1),
    ] {
        let mut p = Player::new(80, 24);
        p.keys(keys).keys("/").text(name).keys("<Enter>g<Enter>");
        assert_eq!(p.model.nav.pane, Pane::Containers, "{name}");
        assert_eq!(p.names().len(), count, "{name}: {:?}", p.names());
        p.keys("<Esc>");
        assert_ne!(p.model.nav.pane, Pane::Containers);
    }
}

#[test]
fn quitting_goes_back_first() {
    let mut p = Player::new(120, 40);
    p.keys("1/").text("prod-1").keys("<Enter><Enter>q");
    assert!(!p.take().iter().any(|e| matches!(e, Effect::Quit)));
    p.keys("q");
    assert!(p.take().iter().any(|e| matches!(e, Effect::Quit)));
}

#[test]
fn ctrl_c_cancels_the_operation_in_front() {
    let mut p = Player::new(120, 40);
    p.keys("7<Enter>");
    assert!(p.screen().contains("restart"));
    p.take();
    p.keys("<C-c>");
    assert!(matches!(p.take()[..], [Effect::Cancel(_)]));
    p.keys("qt");
    assert!(p.take().iter().any(|e| matches!(e, Effect::Cancel(_))));
}

#[test]
fn logs_are_opened_where_the_cursor_rests_and_closed_when_it_goes() {
    let mut p = Player::new(120, 40);
    p.keys("2jj").take();
    p.wait(50);
    assert!(
        !p.take()
            .iter()
            .any(|e| matches!(e, Effect::OpenLogs { .. })),
        "not yet"
    );
    p.wait(200);
    let opened: Vec<u64> = p
        .take()
        .iter()
        .filter_map(|e| match e {
            Effect::OpenLogs { stream, .. } => Some(*stream),
            _ => None,
        })
        .collect();
    assert_eq!(opened.len(), 1);
    p.keys("j");
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::CloseLogs(s) if *s == opened[0]))
    );
}

#[test]
fn logs_of_a_project_are_read_together() {
    let mut p = at("host=prod-1 shop-api");
    p.keys("L");
    let sources = p.take().into_iter().find_map(|e| match e {
        Effect::OpenLogs { sources, .. } => Some(sources),
        _ => None,
    });
    assert_eq!(sources.unwrap().len(), 5);
    assert!(p.screen().contains("prod-1/shop"));
    p.keys("q");
    assert!(p.take().iter().any(|e| matches!(e, Effect::CloseLogs(_))));
}

#[test]
fn only_what_can_be_seen_is_measured() {
    let mut p = Player::new(80, 24);
    p.fleet(fixture::large(2, 300)).take();
    p.keys("G");
    let seen = p.take().into_iter().find_map(|e| match e {
        Effect::LookAt(seen) => Some(seen),
        _ => None,
    });
    assert_eq!(seen.unwrap().len(), p.model.focused().height);
    p.keys("4");
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::LookAt(seen) if seen.is_empty()))
    );
    let mut off = Player::with(80, 24, |o| o.stats = false);
    off.keys("Gg");
    assert!(!off.take().iter().any(|e| matches!(e, Effect::LookAt(_))));
}

#[test]
fn an_answer_that_comes_too_late_is_dropped() {
    let mut p = at("host=prod-1 redis");
    p.keys("d");
    let seq = p.take().into_iter().find_map(|e| match e {
        Effect::Inspect { seq, .. } => Some(seq),
        _ => None,
    });
    let seq = seq.unwrap();
    let answer = |seq| Msg::Fetched {
        seq,
        what: crate::tui::msg::Fetched::Inspected(Ok(crate::tui::msg::Inspected {
            document: serde_json::json!({"Id": "fresh"}),
            container: None,
        })),
    };
    p.msg(answer(seq + 7));
    assert!(p.model.front_detail().unwrap().inspected.value().is_none());
    p.msg(answer(seq));
    p.keys("]]]]");
    assert_eq!(p.model.front_detail().unwrap().tab, Tab::Inspect);
    assert!(p.screen().contains("fresh"));
}

#[test]
fn a_container_that_changed_is_inspected_anew_but_not_too_often() {
    let mut p = at("host=prod-1 redis");
    p.keys("d");
    let asked = |p: &mut Player| {
        p.take().into_iter().find_map(|e| match e {
            Effect::Inspect { seq, .. } => Some(seq),
            _ => None,
        })
    };
    let seq = asked(&mut p).unwrap();
    p.msg(Msg::Fetched {
        seq,
        what: crate::tui::msg::Fetched::Inspected(Err(crate::domain::error::Error::internal("x"))),
    });
    let stopped = changed(&fixture::snapshot(), "prod-1", |h| {
        let mut all = (*h.containers).clone();
        all.retain(|c| &*c.name != "redis");
        all.push(
            ct("prod-1", "redis", "redis:8.0-alpine")
                .state(ContainerState::Paused)
                .done(),
        );
        h.containers = all.into();
    });
    p.fleet(stopped);
    assert_eq!(asked(&mut p), None, "a moment ago");
    p.wait(1_100);
    assert!(asked(&mut p).is_some());
}

#[test]
fn the_palette_completes_commands_and_objects() {
    let mut p = Player::new(120, 40);
    p.keys("2:").text("sto");
    assert!(
        p.screen().contains("$ pilothouse stop staging/crash-loop"),
        "{}",
        p.screen()
    );
    p.keys("<Tab>");
    assert!(p.screen().contains(":stop"));
    p.text("prod-1/red");
    p.keys("<Tab>");
    assert!(
        p.screen().contains("$ pilothouse stop prod-1/redis"),
        "{}",
        p.screen()
    );
    p.keys("<Enter>");
    assert_eq!(p.submitted().len(), 1);
    p.keys(":<Up>");
    assert!(
        p.screen().contains(":stop prod-1/redis"),
        "it is remembered"
    );
    p.keys("<Esc>:").text("stpo").keys("<Enter>");
    assert!(p.screen().contains("did you mean stop?"), "{}", p.screen());
}

#[rstest]
#[case("restart -t 3 prod-1/redis", "restart prod-1/redis")]
#[case("kill -s HUP prod-1/redis", "kill -s HUP prod-1/redis")]
#[case("rm -f prod-1/redis", "remove prod-1/redis")]
#[case("rename prod-1/redis cache", "rename prod-1/redis to cache")]
#[case("create --host prod-1 volume data", "create volume prod-1/data")]
#[case("create --host prod-1 network net", "create network prod-1/net")]
#[case(
    "run --host staging --name x alpine:3.22 sleep -x 9",
    "run staging/x from alpine:3.22"
)]
#[case("pull --host laptop alpine", "pull alpine on laptop")]
#[case("prune --host prod-1 volumes", "prune volumes on prod-1")]
#[case(
    "connect prod-1/monitoring prod-1/redis",
    "connect prod-1/redis to monitoring"
)]
#[case(
    "tag prod-1/redis:8.0-alpine mine:1",
    "tag prod-1/redis:8.0-alpine as mine:1"
)]
fn a_typed_command_asks_for_the_same_as_its_verb(#[case] line: &str, #[case] summary: &str) {
    let mut p = Player::new(120, 40);
    p.keys("2:").text(line).keys("<Enter>");
    let all = intents(&mut p);
    assert_eq!(all.len(), 1, "{}\n{}", p.said(), p.screen());
    assert_eq!(all[0].summary(), summary);
}

#[test]
fn the_end_of_an_operation_is_told() {
    let mut p = Player::new(120, 40);
    let mut next = (*fixture::snapshot()).clone();
    let over = operation(1, "restart both", Outcome::Succeeded, Vec::new());
    next.operations = vec![over].into();
    p.fleet(next.into());
    assert_eq!(p.said(), "restart both: done");
    p.wait(5_000);
    assert_eq!(p.said(), "", "and not for ever");
}

#[test]
fn a_host_that_does_not_answer_is_no_reason_to_stop() {
    let mut p = Player::new(120, 40);
    p.keys("1/").text("edge").keys("<Enter><Enter>");
    let screen = p.screen();
    assert!(screen.contains("certificate expired"), "{screen}");
    assert!(screen.contains("renew the certificate"), "{screen}");
}

#[test]
fn events_are_shown_where_they_happened() {
    let mut p = at("crash-loop");
    p.msg(Msg::Event(fixture::event("staging", "crash-loop", "die")));
    p.msg(Msg::Event(fixture::event("staging", "grafana", "start")));
    p.keys(":").text("events").keys("<Enter>");
    let screen = p.screen();
    assert!(
        screen.contains("die") && screen.contains("exitCode=1"),
        "{screen}"
    );
    assert!(!screen.contains("grafana"), "{screen}");
}

#[test]
fn copying_goes_through_the_terminal() {
    let mut p = at("host=prod-1 redis");
    p.keys("y");
    let id = container("prod-1", "redis").id;
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::Copy(text) if text == id.as_str()))
    );
    p.keys("Y");
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::Copy(text) if text == "redis"))
    );
}

#[test]
fn a_shell_needs_a_running_container() {
    let mut p = at("host=prod-1 migrate");
    p.keys("e");
    assert!(!p.take().iter().any(|e| matches!(e, Effect::Session { .. })));
    assert!(p.said().contains("not running"));
    let mut p = at("host=prod-1 redis");
    p.keys("a");
    assert!(
        p.take()
            .iter()
            .any(|e| matches!(e, Effect::Session { command: None, .. }))
    );
}

#[test]
fn pasted_text_is_never_a_command() {
    let mut p = Player::new(120, 40);
    p.text("qtDx\n");
    assert!(p.take().iter().all(|e| matches!(e, Effect::LookAt(_))));
    assert!(p.model.overlays.is_empty());
}

#[test]
fn edges_are_moved_by_keys_and_by_the_mouse() {
    use crate::tui::input::{Input, Mouse, MouseKind};
    let mut p = Player::new(160, 48);
    let main = |p: &Player| {
        let layout = crate::tui::layout::of(&p.model);
        let found = layout.tables.iter().find(|(p, _)| *p == Pane::Containers);
        found.unwrap().1
    };
    let before = main(&p);
    p.keys(">");
    assert!(main(&p).x > before.x);
    p.keys("<lt>");
    assert_eq!(main(&p).x, before.x);
    p.keys("<C-Up>");
    assert!(main(&p).height < before.height);
    p.keys("=");
    assert_eq!(main(&p), before);
    let mouse = |p: &mut Player, kind, x, y| {
        p.msg(Msg::Input(Input::Mouse(Mouse { kind, x, y })));
    };
    mouse(&mut p, MouseKind::Press, before.x, 20);
    mouse(&mut p, MouseKind::Drag, 70, 20);
    assert!(main(&p).x.abs_diff(70) <= 1, "{:?}", main(&p));
    mouse(&mut p, MouseKind::Release, 70, 20);
    mouse(&mut p, MouseKind::Drag, 40, 20);
    assert!(main(&p).x.abs_diff(70) <= 1, "it was let go");
    let edge = main(&p).bottom() - 1;
    mouse(&mut p, MouseKind::Press, 100, edge);
    mouse(&mut p, MouseKind::Drag, 100, 30);
    assert!(main(&p).bottom().abs_diff(30) <= 1, "{:?}", main(&p));
    for key in [">", "<lt>", "<C-Up>", "<C-Down>"] {
        p.keys(&key.repeat(60));
        let frame = main(&p);
        assert!(
            frame.x >= 20 && frame.width >= 45 && frame.height >= 5,
            "{frame:?}"
        );
    }
}

#[test]
fn a_click_on_a_title_orders_by_it() {
    use crate::tui::input::{Input, Mouse, MouseKind};
    let mut p = Player::new(160, 48);
    p.keys("2+");
    let at = p.screen().lines().nth(2).unwrap().find("STATE").unwrap() as u16;
    let click = |p: &mut Player| {
        let kind = MouseKind::Press;
        p.msg(Msg::Input(Input::Mouse(Mouse { kind, x: at, y: 2 })));
    };
    click(&mut p);
    assert_eq!(&*p.model.focused().sort.name, "state");
    assert!(!p.model.focused().reversed);
    click(&mut p);
    assert!(p.model.focused().reversed);
}

#[test]
fn how_things_are_arranged_is_written_down_when_it_changes() {
    let mut p = Player::new(160, 48);
    p.model.memory = Some(crate::tui::memory::Memory::of(&p.model));
    let written = |p: &mut Player| {
        let all = p.take().into_iter();
        all.filter(|e| matches!(e, Effect::Remember(_))).count()
    };
    p.keys("jjk");
    assert_eq!(written(&mut p), 0);
    p.keys("o");
    assert_eq!(written(&mut p), 1);
    p.keys(">4");
    assert_eq!(written(&mut p), 2);
    p.keys("/abc<Enter>");
    assert_eq!(written(&mut p), 0, "what is filtered is nobody's business");
}

#[test]
fn the_way_here_is_shown() {
    let mut p = Player::new(180, 30);
    p.keys("1/prod-1<Enter><Enter>");
    assert!(p.screen().contains("Machines ▸ "), "{}", p.screen());
    p.keys("<Enter>");
    assert!(
        p.screen().contains("Machines ▸ prod-1 ▸ "),
        "{}",
        p.screen()
    );
    p.keys("<Esc><Esc>");
    assert!(!p.screen().contains("Machines ▸ "), "{}", p.screen());
}

const KEYS: &[&str] = &[
    "j", "k", "g", "G", "<C-d>", "<C-u>", "<C-f>", "<Tab>", "<S-Tab>", "]", "[", "<Enter>",
    "<Esc>", "-", "+", "_", "0", "1", "2", "3", "4", "5", "6", "7", "/", ":", "?", "x", "l", "L",
    "d", "T", "s", "t", "r", "p", "K", "D", "c", "e", "a", "E", "<space>", "V", "*", "u", "y", "Y",
    "o", "O", "w", "m", "n", "N", "&", "f", "v", "S", "q", "<C-r>", "<C-l>", "<C-c>", "<Up>",
    "<Down>", "<Left>", "<Right>", "<BS>", "a", "=", "5", "8", "b", "v", "z", "Z", "W", "<lt>",
    ">", "<C-Up>", "<C-Down>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is pressed at whatever size, nothing breaks, what is painted twice is the same, and
    /// nothing that destroys is submitted without a yes.
    #[test]
    fn no_keys_break_the_console(
        keys in proptest::collection::vec(0..KEYS.len(), 1..40),
        width in 1u16..180,
        height in 1u16..50,
    ) {
        let mut p = Player::new(width, height);
        for (n, key) in keys.into_iter().enumerate() {
            p.keys(KEYS[key]);
            if n % 7 == 3 {
                p.wait(300);
            }
            if n % 13 == 5 {
                p.fleet(changed(&p.model.snapshot.clone(), "prod-2", |h| {
                    h.containers = Vec::new().into();
                }));
            }
            if n % 5 == 0 {
                prop_assert_eq!(p.buffer(), p.buffer());
            }
            for effect in p.take() {
                if let Effect::Submit(preview, answer) = effect {
                    let destroys = preview.plan.danger() == crate::domain::plan::Danger::Destructive;
                    prop_assert!(!destroys || answer == Answer::Yes);
                }
            }
        }
    }
}

#[test]
fn a_begun_sequence_shows_what_can_follow() {
    let text = "[[keys.table]]\non = \"zz\"\nrun = \"wide\"\ndesc = \"more columns\"\n\
                [[keys.table]]\non = \"zs\"\nrun = \"sort\"\n";
    let layer = crate::tui::keymap::Layer::parse("mine", text).unwrap();
    let mut p = Player::with(120, 40, |o| o.keys = vec![layer]);
    p.keys("2z");
    let screen = p.screen();
    assert!(
        screen.contains("╭─ z ─") && screen.contains("z  more columns"),
        "{screen}"
    );
    assert!(screen.contains("s  sort"), "{screen}");
    p.keys("<Esc>");
    assert!(!p.screen().contains("more columns  "));
    assert!(p.model.pending.is_empty());
    assert!(p.model.overlays.is_empty());
}
