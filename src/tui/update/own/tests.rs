use super::*;
use crate::config::{Noted, Origin, Signal};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::id::Kind;
use crate::domain::observed::{ContainerState, HealthStatus};
use crate::domain::snapshot::Link;
use crate::tui::fixture::{self, Player, changed};

fn own(name: &str, run: &str, kinds: &[Kind]) -> UserCommand {
    UserCommand {
        name: name.into(),
        run: run.into(),
        doc: format!("what {name} does"),
        kinds: kinds.to_vec(),
        inputs: Vec::new(),
        confirm: false,
        background: false,
        read_only: false,
        origin: Origin::Default,
    }
}

fn player(commands: Vec<UserCommand>, read_only: bool) -> Player {
    let mut p = Player::with(120, 40, |o| {
        o.commands = commands.into_iter().map(Arc::new).collect();
        o.read_only = read_only;
    });
    p.keys("2")
        .keys("/")
        .text("host=prod-1 redis")
        .keys("<Enter>");
    p.take();
    p
}

fn lines(p: &mut Player) -> Vec<Vec<String>> {
    p.take()
        .into_iter()
        .filter_map(|e| match e {
            Effect::Shell { lines, .. } => Some(lines),
            _ => None,
        })
        .collect()
}

#[test]
fn one_runs_on_what_is_chosen_from_the_palette_and_the_menu() {
    let dive = own("dive", "dive {image} {host}/{name}", &[Kind::Container]);
    let mut p = player(vec![dive], false);
    p.keys(":").text("dive").keys("<Enter>");
    let ran = lines(&mut p);
    assert_eq!(ran.len(), 1, "{}", p.said());
    assert!(ran[0][0].ends_with(" prod-1/redis"), "{ran:?}");
    p.keys("x");
    assert!(p.screen().contains("what dive does"), "{}", p.screen());
}

#[test]
fn it_asks_for_inputs_and_shows_the_finished_line() {
    let mut grep = own("grep", "grep {what} {name}", &[Kind::Container]);
    grep.inputs = vec!["what".into()];
    let mut p = player(vec![grep], false);
    p.keys(":").text("grep").keys("<Enter>").text("it's");
    assert!(
        p.screen().contains("$ grep 'it'\\''s' redis"),
        "{}",
        p.screen()
    );
    p.keys("<Enter>");
    assert_eq!(lines(&mut p), [["grep 'it'\\''s' redis"]]);
}

#[test]
fn one_that_asks_starts_on_cancel() {
    let mut nuke = own("nuke", "nuke {name}", &[Kind::Container]);
    nuke.confirm = true;
    let mut p = player(vec![nuke], false);
    p.keys(":").text("nuke").keys("<Enter><Enter>");
    assert!(lines(&mut p).is_empty() && p.model.overlays.is_empty());
    p.keys(":").text("nuke").keys("<Enter><Tab><Enter>");
    assert_eq!(lines(&mut p), [["nuke redis"]]);
}

#[test]
fn what_may_change_something_does_not_run_in_read_only_mode() {
    let mut look = own("look", "look {name}", &[Kind::Container]);
    look.read_only = true;
    let dive = own("dive", "dive {image}", &[Kind::Container]);
    let volume = own("du", "du {name}", &[Kind::Volume]);
    let mut p = player(vec![dive, look, volume], true);
    p.keys(":").text("dive").keys("<Enter>");
    assert!(
        lines(&mut p).is_empty() && p.said().contains("read-only"),
        "{}",
        p.said()
    );
    p.keys(":").text("look").keys("<Enter>");
    assert_eq!(lines(&mut p), [["look redis"]]);
    p.model.setup.read_only = false;
    p.keys(":").text("du").keys("<Enter>");
    assert!(
        lines(&mut p).is_empty() && p.said().contains("du is for volumes"),
        "{}",
        p.said()
    );
}

#[test]
fn chosen_changes_are_told_once_and_first_lists_are_none() {
    let mut p = Player::with(120, 40, |o| {
        o.notify = (
            vec![Noted::Unhealthy, Noted::Died, Noted::Stale],
            Signal::Osc9,
        );
    });
    let told = |p: &mut Player| -> Vec<String> {
        p.take()
            .into_iter()
            .filter_map(|e| match e {
                Effect::Notice { text, .. } => Some(text),
                _ => None,
            })
            .collect()
    };
    let before = fixture::snapshot();
    let next = changed(&before, "prod-1", |h| {
        let mut all = (*h.containers).clone();
        for c in &mut all {
            if &*c.name == "redis" {
                let mut dead = (**c).clone();
                dead.state = ContainerState::Exited;
                dead.exit_code = Some(137);
                *c = Arc::new(dead);
            }
        }
        h.containers = Arc::new(all);
    });
    p.fleet(Arc::clone(&next));
    assert_eq!(told(&mut p), ["prod-1/redis died"]);
    p.fleet(Arc::clone(&next));
    assert_eq!(told(&mut p), Vec::<String>::new());
    let stale = changed(&next, "prod-1", |h| {
        h.link = Link::Stale {
            since: fixture::now(),
            error: Error::new(ErrorKind::Transient, "connection refused"),
            retry: None,
        };
    });
    p.fleet(stale);
    assert_eq!(told(&mut p), ["prod-1 does not answer"]);
    let sick = changed(&before, "prod-1", |h| {
        let mut all = (*h.containers).clone();
        for c in &mut all {
            let mut ill = (**c).clone();
            if let Some(health) = &mut ill.health {
                health.status = HealthStatus::Unhealthy;
            }
            *c = Arc::new(ill);
        }
        h.containers = Arc::new(all);
    });
    let mut p2 = Player::with(120, 40, |o| {
        o.notify = (vec![Noted::Unhealthy], Signal::Bell);
    });
    p2.fleet(sick);
    let all = told(&mut p2);
    assert_eq!(all.len(), 1);
    assert!(
        all[0].ends_with("is unhealthy") || all[0].contains(" more"),
        "{all:?}"
    );
}
