use super::*;
use crate::domain::guardrail::{self, Answer, Guardrail, Match};
use crate::domain::intent::Intent;
use crate::tui::fixture::{self, Player, changed};
use crate::tui::msg::Msg;

fn spec() -> Box<ContainerSpec> {
    Box::new(ContainerSpec {
        image: "redis:7.4".to_owned(),
        env: vec!["A=1".to_owned()],
        ..ContainerSpec::default()
    })
}

/// The form of a container that is there.
fn edited(p: &mut Player, key: &str) {
    p.keys("2/")
        .text("host=prod-1 redis")
        .keys("<Enter>")
        .keys(key);
    let found = p.take().into_iter().find_map(|e| match e {
        Effect::Specify { target, why } => Some((target, why)),
        _ => None,
    });
    let (target, why) = found.unwrap();
    p.msg(Msg::Specified {
        target,
        why,
        result: Ok(spec()),
    });
}

fn front(p: &Player) -> &Form {
    match p.model.overlays.last() {
        Some(Overlay::Form(form)) => form,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_container_is_made_field_by_field() {
    let mut p = Player::new(160, 48);
    p.keys("2c");
    assert_eq!(front(&p).field().unwrap().id, "image");
    p.text("nginx:1.27")
        .keys("<S-Tab>")
        .text("web-9")
        .keys("<C-s>");
    assert!(
        p.screen().contains("pilothouse run -d --host"),
        "{}",
        p.screen()
    );
    assert!(p.submitted().is_empty(), "not before it was confirmed");
    p.keys("<Tab><Enter>");
    let done = p.submitted();
    assert_eq!(done.len(), 1);
    assert!(done[0].0.contains("web-9 from nginx:1.27"), "{}", done[0].0);
    assert!(p.model.overlays.is_empty());
}

#[test]
fn leaving_asks_when_something_was_typed() {
    let mut p = Player::new(100, 30);
    p.keys("4c<Esc>");
    assert!(p.model.overlays.is_empty(), "nothing was typed");
    p.keys("c").keys("<Tab>").text("data").keys("<Esc>");
    assert!(p.screen().contains("Discard what was typed?"));
    p.keys("x");
    assert_eq!(front(&p).value("name"), "datax", "any key stays");
    p.keys("<Esc><Esc>");
    assert!(p.model.overlays.is_empty());
}

#[test]
fn cancelling_the_plan_leads_back_to_the_form() {
    let mut p = Player::new(100, 30);
    p.keys("4c<Tab>").text("data").keys("<C-s>");
    assert!(matches!(p.model.overlays.last(), Some(Overlay::Confirm(_))));
    p.keys("<Enter>");
    assert_eq!(front(&p).value("name"), "data");
}

#[test]
fn a_mistake_gets_the_keys() {
    let mut p = Player::new(100, 30);
    p.keys("5c<C-s>");
    assert_eq!(front(&p).field().unwrap().id, "name");
    assert!(p.screen().contains("this must be filled in"));
}

#[test]
fn editing_shows_whether_it_is_changed_in_place() {
    let mut p = Player::new(160, 48);
    edited(&mut p, "E");
    assert!(
        p.screen().contains("Nothing: it is so already"),
        "{}",
        p.screen()
    );
    let at = front(&p)
        .fields
        .iter()
        .position(|f| f.id == "memory")
        .unwrap();
    p.keys(&"<Tab>".repeat(at)).text("64m");
    assert!(
        p.screen().contains("the engine changes it in place"),
        "{}",
        p.screen()
    );
    assert!(
        p.screen()
            .contains("pilothouse update --memory 64m prod-1/redis")
    );
    p.keys(&"<S-Tab>".repeat(at)).keys("<C-u>").text("redis:8");
    let shown = p.screen();
    assert!(
        shown.contains("the engine cannot change in place: image"),
        "{shown}"
    );
    assert!(
        shown.contains("remove container redis (destroys)"),
        "{shown}"
    );
    p.keys("<C-s><Tab><Enter>");
    assert_eq!(
        p.submitted()[0],
        ("update prod-1/redis".to_owned(), Answer::Yes)
    );
}

#[test]
fn a_duplicate_has_a_name_of_its_own() {
    let mut p = Player::new(160, 48);
    edited(&mut p, "C");
    assert_eq!(front(&p).value("name"), "redis-2");
    p.keys("<C-s><Tab><Enter>");
    assert!(p.submitted()[0].0.contains("prod-1/redis-2"));
}

#[test]
fn a_specification_that_comes_too_late_interrupts_nobody() {
    let mut p = Player::new(160, 48);
    p.keys("2:");
    let target = fixture::container("prod-1", "redis").into();
    p.msg(Msg::Specified {
        target,
        why: Why::Edit,
        result: Ok(spec()),
    });
    assert!(matches!(p.model.overlays.last(), Some(Overlay::Palette(_))));
}

#[test]
fn completions_are_chosen_with_arrows() {
    let mut p = Player::new(100, 30);
    p.keys("2c").keys("<C-p>");
    let first = front(&p).list.clone().unwrap().items[0].clone();
    p.keys("<Enter>");
    assert_eq!(front(&p).value("image"), first);
    assert!(front(&p).list.is_none());
    p.keys("<C-u>").text(&first[..3]).keys("<Down>");
    assert!(front(&p).list.as_ref().unwrap().chosen.is_some());
    p.keys("<Esc>");
    assert!(front(&p).list.is_none(), "Esc closes the list only");
}

fn removed() -> Removed {
    Removed {
        object: fixture::container("prod-1", "old"),
        operation: crate::domain::id::OpId(7),
        at: Some(fixture::ago(3600)),
        by: "kim".to_owned(),
        ran: true,
        spec: ContainerSpec {
            env: vec!["TOKEN=x".to_owned()],
            ..*spec()
        }
        .discreet(),
    }
}

#[test]
fn what_was_removed_is_made_again_once_its_secrets_are_typed() {
    let mut p = Player::new(160, 48);
    p.keys("2:").text("restore").keys("<Enter>");
    let asked = p.take().iter().any(|e| matches!(e, Effect::Removed(None)));
    assert!(asked);
    p.msg(Msg::Removed(None, Ok(vec![removed()])));
    assert!(
        p.screen().contains("removed 1h ago by kim"),
        "{}",
        p.screen()
    );
    p.keys("<Enter>");
    assert!(
        p.screen().contains("the value of TOKEN is a secret"),
        "{}",
        p.screen()
    );
    assert_eq!(front(&p).field().unwrap().id, "env");
    p.keys("<C-u>").text("TOKEN=y").keys("<C-s><Tab><Enter>");
    let done = p.submitted();
    assert_eq!(done.len(), 1, "{}", p.screen());
    assert!(done[0].0.starts_with("run prod-1/old"), "{}", done[0].0);
}

#[test]
fn nothing_removed_is_said() {
    let mut p = Player::new(100, 30);
    p.msg(Msg::Removed(None, Ok(Vec::new())));
    assert!(p.said().contains("no removed container"));
}

#[test]
fn a_shell_can_demand_a_name() {
    let mut p = Player::new(100, 30);
    p.policy.rules.push(Guardrail {
        matches: Match {
            actions: vec!["exec".to_owned()],
            ..Match::default()
        },
        effect: guardrail::Effect::TypeHostName,
        max_bulk: None,
        reason: "production".to_owned(),
    });
    p.keys("2/").text("host=prod-1 redis").keys("<Enter>e");
    let began = |p: &mut Player| {
        p.take().into_iter().find_map(|e| match e {
            Effect::Session { answer, .. } => Some(answer),
            _ => None,
        })
    };
    assert_eq!(began(&mut p), None);
    assert!(p.screen().contains("production"), "{}", p.screen());
    p.text("prod-2").keys("<Enter>");
    assert_eq!(began(&mut p), None);
    p.keys("<C-u>").text("prod-1").keys("<Enter>");
    assert_eq!(began(&mut p), Some(Answer::Typed("prod-1".to_owned())));
}

#[test]
fn a_victim_that_changed_is_not_removed_before_a_second_look() {
    let mut p = Player::new(100, 30);
    p.keys("2/")
        .text("host=prod-1 state=exited")
        .keys("<Enter>");
    let name = p.under_cursor();
    p.keys("D");
    let next = changed(&p.model.snapshot.clone(), "prod-1", |h| {
        let mut all: Vec<_> = h.containers.iter().cloned().collect();
        for c in all.iter_mut().filter(|c| *c.name == *name) {
            let c = std::sync::Arc::make_mut(c);
            c.state = crate::domain::observed::ContainerState::Running;
        }
        h.containers = all.into();
    });
    p.fleet(next);
    let shown = p.screen();
    assert!(shown.contains("was exited, is running"), "{shown}");
    assert!(
        shown.contains("Look again") && !shown.contains(" Remove "),
        "{shown}"
    );
    p.keys("<Tab><Tab><Tab><Enter>");
    assert!(p.submitted().is_empty());
}

#[test]
fn a_failed_operation_is_asked_for_once_more() {
    let mut p = Player::new(100, 30);
    let next = {
        let mut snapshot = crate::domain::snapshot::Snapshot::clone(&p.model.snapshot);
        let mut all = (*snapshot.operations).clone();
        let op = std::sync::Arc::make_mut(&mut all[0]);
        op.intent = Some(std::sync::Arc::new(Intent::Stop {
            targets: vec![fixture::container("prod-1", "redis").into()],
            timeout: None,
        }));
        snapshot.operations = std::sync::Arc::new(all);
        std::sync::Arc::new(snapshot)
    };
    p.fleet(next).keys("7G");
    p.take();
    p.keys("r");
    let again = p.take().iter().any(|e| {
        matches!(e, Effect::Preview(i) if matches!(**i, Intent::Stop { .. }))
            || matches!(e, Effect::Submit(..))
    });
    assert!(again, "{}", p.screen());
}

#[test]
fn the_mouse_goes_to_fields_and_presses_buttons() {
    let mut p = Player::new(100, 30);
    p.keys("4c");
    let find = |p: &Player, what: &str| {
        let screen = p.screen();
        let (y, line) = screen
            .lines()
            .enumerate()
            .find(|(_, l)| l.contains(what))
            .unwrap();
        let x = line.find(what).unwrap();
        let x = line[..x].chars().count();
        (x as u16, y as u16)
    };
    let (x, y) = find(&p, "Labels");
    p.click(x, y);
    assert_eq!(front(&p).field().unwrap().id, "labels");
    let (x, y) = find(&p, "Cancel");
    p.click(x + 1, y);
    assert!(p.model.overlays.is_empty());
    let (x, y) = find(&p, "Volumes");
    p.click(x, y);
}

#[test]
fn two_clicks_drill_and_a_click_on_a_title_sorts() {
    let mut p = Player::new(160, 48);
    p.keys("2");
    let frame = crate::tui::layout::of(&p.model)
        .tables
        .iter()
        .find(|(pane, _)| *pane == crate::tui::pane::Pane::Containers)
        .unwrap()
        .1;
    let before = p.names();
    p.click(frame.x + 6, frame.y + 1);
    assert_ne!(p.names(), before, "the other way round");
    p.click(frame.x + 6, frame.y + 3);
    assert!(p.model.nav.detail.is_none());
    p.click(frame.x + 6, frame.y + 3);
    assert!(p.model.nav.detail.is_some());
}
