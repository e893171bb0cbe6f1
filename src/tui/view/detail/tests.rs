//! Every tab of every kind: empty, normal, long and wide, failing, late; at several sizes.

use std::fmt::Write;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use rstest::rstest;

use crate::domain::id::{Kind, ObjectRef};
use crate::domain::observed::{SwarmService, SwarmTask};
use crate::domain::text::sanitise;
use crate::tui::detail::{Detail, Subject, Tab};
use crate::tui::fixture::{Answers, Player, changed, container, event, measure, serve, text};
use crate::tui::msg::Msg;
use crate::tui::theme::Role;

/// What is looked at, by a short name.
fn subject(p: &Player, name: &str) -> ObjectRef {
    let host = |name: &str| {
        let mut all = p.model.snapshot.hosts.iter();
        all.find(|h| h.id().as_str() == name).unwrap().clone()
    };
    let (prod, staging) = (host("prod-2"), host("staging"));
    match name {
        "container" => container("prod-2", "shop-api-1"),
        "gone" => ObjectRef::new("prod-2", Kind::Container, "0123456789ab", "gone"),
        "volume" => prod.volume_ref(prod.volume("shop_pgdata").unwrap()),
        "unused" => prod.volume_ref(prod.volume("backup-2025").unwrap()),
        "network" => {
            let found = prod.networks.iter().find(|n| &*n.name == "bridge");
            prod.network_ref(found.unwrap_or(&prod.networks[0]))
        }
        "image" => prod.image_ref(&prod.images[0]),
        "service" => prod.services()[0].object(prod.id()),
        "swarm" => ObjectRef::new("staging", Kind::Service, "swarm1", "store_web"),
        "project" => staging.projects()[0].object(staging.id()),
        "machine" => prod.machine_ref(),
        "stale" => host("prod-3").machine_ref(),
        other => panic!("{other}"),
    }
}

/// A Swarm with one service in trouble on `staging`.
fn with_swarm(p: &mut Player) {
    let task = |slot, state: &str, desired: &str, error: Option<&str>| SwarmTask {
        id: "t".into(),
        slot: Some(slot),
        node: "node-1".into(),
        state: state.into(),
        desired: desired.into(),
        error: error.map(Into::into),
        container: None,
        at: Some(p.model.now - chrono::TimeDelta::minutes(i64::try_from(slot).unwrap() * 7)),
    };
    let full = "no suitable node (insufficient resources on 2 nodes)";
    let service = SwarmService {
        id: "swarm1".into(),
        name: "store_web".into(),
        image: "registry.example.com/store/web:9".into(),
        mode: "replicated".into(),
        replicas: Some(3),
        running: 1,
        created: None,
        updated: None,
        labels: Arc::default(),
        ports: Vec::new(),
        tasks: vec![
            task(1, "running", "running", None),
            task(2, "pending", "running", Some(full)),
            task(3, "pending", "running", Some(full)),
            task(3, "failed", "shutdown", Some("task: non-zero exit (1)")),
        ],
    };
    let next = changed(&p.model.snapshot.clone(), "staging", |h| {
        let swarm = crate::domain::observed::Swarm {
            services: vec![service.into()],
            nodes: Vec::new(),
        };
        h.swarm = Some(swarm.into());
    });
    p.fleet(next);
}

/// A console that looks at a tab.
fn looking(name: &str, tab: Tab, answers: Answers, (width, height): (u16, u16)) -> Player {
    looking_with(Player::new(width, height), name, tab, answers)
}

fn looking_with(mut p: Player, name: &str, tab: Tab, answers: Answers) -> Player {
    if name == "swarm" {
        with_swarm(&mut p);
    }
    let object = subject(&p, name);
    if tab == Tab::Events && answers != Answers::Empty {
        for action in ["start", "health_status: unhealthy", "die"] {
            p.msg(Msg::Event(event("prod-2", "shop-api-1", action)));
        }
    }
    let subject = Subject::Object(object.clone());
    p.model.nav.detail = Some(Box::new(Detail::new(subject, tab, p.model.now)));
    p.take();
    p.settle();
    if tab == Tab::Stats && matches!(answers, Answers::Normal | Answers::Long) {
        measure(&mut p, &object);
    }
    if tab == Tab::Stats && answers == Answers::Empty {
        let next = changed(&p.model.snapshot.clone(), "prod-2", |h| {
            h.usage = Arc::default();
        });
        p.fleet(next);
    }
    serve(&mut p, answers);
    p
}

/// The part of the screen that is this module's: header and footer change with others.
fn part(p: &Player) -> Buffer {
    let whole = p.buffer();
    let area = crate::tui::layout::of(&p.model).detail.unwrap();
    let mut part = Buffer::empty(ratatui::layout::Rect::new(0, 0, area.width, area.height));
    for y in 0..area.height {
        for x in 0..area.width {
            part[(x, y)] = whole[(area.x + x, area.y + y)].clone();
        }
    }
    part
}

fn shown(p: &Player) -> String {
    text(&part(p))
}

/// The tabs, each with what it is of.
const TABS: &[(&str, Tab)] = &[
    ("container", Tab::Describe),
    ("container", Tab::Stats),
    ("container", Tab::Health),
    ("container", Tab::Inspect),
    ("container", Tab::Env),
    ("container", Tab::Top),
    ("container", Tab::Files),
    ("container", Tab::Mounts),
    ("container", Tab::Networks),
    ("container", Tab::Events),
    ("container", Tab::Timeline),
    ("volume", Tab::Describe),
    ("volume", Tab::Files),
    ("network", Tab::Describe),
    ("image", Tab::Describe),
    ("image", Tab::Layers),
    ("service", Tab::Describe),
    ("service", Tab::Tasks),
    ("swarm", Tab::Describe),
    ("swarm", Tab::Tasks),
    ("project", Tab::Describe),
    ("machine", Tab::Describe),
];

fn named(name: &str, tab: Tab) -> String {
    format!("{name}_{}", tab.title().to_lowercase())
}

#[rstest]
#[case("normal", Answers::Normal)]
#[case("long", Answers::Long)]
#[case("empty", Answers::Empty)]
#[case("failing", Answers::Failing)]
#[case("late", Answers::Late)]
fn every_tab_whatever_is_answered(#[case] what: &str, #[case] answers: Answers) {
    for (name, tab) in TABS {
        let p = looking(name, *tab, answers, (100, 30));
        insta::assert_snapshot!(format!("{}_{what}", named(name, *tab)), shown(&p));
    }
}

#[rstest]
#[case(80, 24)]
#[case(200, 50)]
fn every_tab_at_other_sizes(#[case] width: u16, #[case] height: u16) {
    for (name, tab) in TABS {
        let p = looking(name, *tab, Answers::Normal, (width, height));
        let snapshot = format!("{}_{width}x{height}", named(name, *tab));
        insta::assert_snapshot!(snapshot, shown(&p));
    }
}

#[test]
fn every_tab_has_its_colours() {
    for (name, tab) in TABS {
        let p = looking(name, *tab, Answers::Normal, (80, 24));
        let snapshot = format!("{}_styles", named(name, *tab));
        insta::assert_snapshot!(snapshot, styles(&p, &part(&p)));
    }
}

/// A letter for each look, and which roles look like that.
fn styles(p: &Player, buffer: &Buffer) -> String {
    let mut looks: Vec<ratatui::style::Style> = Vec::new();
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let look = buffer[(x, y)].style();
            let at = looks.iter().position(|l| *l == look).unwrap_or_else(|| {
                looks.push(look);
                looks.len() - 1
            });
            line.push(char::from(b'a' + u8::try_from(at).unwrap()));
        }
        out.push_str(&line);
        out.push('\n');
    }
    let theme = &p.model.setup.theme;
    for (at, look) in looks.iter().enumerate() {
        let letter = char::from(b'a' + u8::try_from(at).unwrap());
        let same = |role: &&Role| {
            let style = theme.style(**role);
            style.fg.is_none_or(|c| look.fg == Some(c))
                && style.bg.is_none_or(|c| look.bg == Some(c))
                && look.add_modifier == style.add_modifier
                && (style.fg.is_some() || style.bg.is_some())
        };
        let names: Vec<&str> = Role::ALL.iter().filter(same).map(|r| r.name()).collect();
        let _ = writeln!(out, "{letter}: {}", names.join(" "));
    }
    out
}

#[test]
fn nothing_harmful_reaches_the_screen_and_nothing_is_drawn_outside() {
    for (name, tab) in TABS {
        for size in [(41, 9), (90, 30)] {
            // A quarter of an hour of measurements has no text from outside.
            let answers = if *tab == Tab::Stats {
                Answers::Empty
            } else {
                Answers::Long
            };
            let mut p = looking(name, *tab, answers, size);
            for keys in ["", "w", "G", "<Right>", "/v<Enter>"] {
                p.keys(keys);
                let shown = p.screen();
                let clean = shown.lines().all(|l| sanitise(l) == l);
                assert!(clean, "{name} {tab:?} {size:?} {keys}:\n{shown}");
                assert!(!shown.contains("hunter2"));
            }
        }
    }
}

#[rstest]
#[case("container", Tab::Describe)]
#[case("unused", Tab::Files)]
#[case("volume", Tab::Describe)]
fn what_is_gone_or_not_used_is_said(#[case] name: &str, #[case] tab: Tab) {
    let name = if name == "container" { "gone" } else { name };
    let p = looking(name, tab, Answers::Empty, (80, 24));
    insta::assert_snapshot!(format!("{}_special", named(name, tab)), shown(&p));
}

#[test]
fn a_host_that_does_not_answer_is_described_with_the_reason() {
    let p = looking("stale", Tab::Describe, Answers::Late, (100, 30));
    insta::assert_snapshot!("stale_describe", shown(&p));
}

#[test]
fn files_are_entered_left_viewed_and_copied() {
    use crate::tui::effect::Effect;
    let mut p = looking("container", Tab::Files, Answers::Normal, (100, 30));
    assert!(p.screen().contains("/srv/app"), "{}", p.screen());
    p.keys("jj<Enter>");
    serve(&mut p, Answers::Normal);
    let shown = p.screen();
    assert!(shown.contains("prod-2/shop-api-1:/srv/app"), "{shown}");
    assert!(shown.contains("app.conf") && shown.contains("current -> base/1"));
    p.keys("/app[.]conf<Enter><Enter>");
    serve(&mut p, Answers::Normal);
    let shown = p.screen();
    assert!(shown.contains("listen = 8080"), "{shown}");
    insta::assert_snapshot!("file", self::shown(&p));
    // Out of it: first the search, then the file, then the directory.
    p.keys("S").keys("<Enter>");
    let copied = p.take().into_iter().find_map(|e| match e {
        Effect::CopyOut { path, to, .. } => Some((path, to)),
        _ => None,
    });
    assert_eq!(
        copied,
        Some(("/srv/app/app.conf".into(), "./app.conf".into()))
    );
    for _ in 0..4 {
        if p.screen().contains("base/") {
            break;
        }
        p.keys("<Esc>");
        serve(&mut p, Answers::Normal);
    }
    assert!(p.screen().contains("app.conf"), "{}", p.screen());
    p.keys("y");
    let copied: Vec<String> = p
        .take()
        .into_iter()
        .filter_map(|e| match e {
            Effect::Copy(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(copied, ["/srv/app/app.conf"], "the cursor is where it was");
}

#[test]
fn links_lead_to_objects_and_back() {
    let mut p = looking("container", Tab::Networks, Answers::Normal, (100, 30));
    assert!(
        p.screen().contains(" enter network bridge "),
        "{}",
        p.screen()
    );
    p.keys("<Enter>");
    let detail = p.model.nav.detail.as_ref().unwrap();
    assert_eq!(detail.subject.kind(), Some(Kind::Network));
    assert_eq!(detail.tab, Tab::Describe);
    p.keys("<Esc>jjj<Enter>");
    let detail = p.model.nav.detail.as_ref().unwrap();
    assert_eq!(detail.subject.object().unwrap().label(), "shop-db-1");
    // Back to the line one came from, with what was there, which is asked for anew.
    p.take();
    p.keys("<Esc>");
    let detail = p.model.nav.detail.as_ref().unwrap();
    assert_eq!((detail.tab, detail.scroll.cursor), (Tab::Networks, 4));
    assert!(p.screen().contains("172.17.0.1"), "{}", p.screen());
    let asked = p.take();
    assert!(
        asked
            .iter()
            .any(|e| matches!(e, crate::tui::effect::Effect::Inspect { .. }))
    );
}

#[test]
fn one_secret_is_revealed_and_leaving_the_tab_hides_it() {
    let mut p = looking("container", Tab::Env, Answers::Normal, (100, 30));
    assert!(!p.screen().contains("hunter2"));
    p.keys("j<Enter>");
    let shown = p.screen();
    assert_eq!(shown.matches("hunter2").count(), 1, "{shown}");
    p.keys("k<Enter>");
    let shown = p.screen();
    assert_eq!(shown.matches("hunter2").count(), 1, "{shown}");
    p.keys("][");
    assert!(!p.screen().contains("hunter2"));
}

#[test]
fn a_document_is_folded_searched_and_copied() {
    use crate::tui::effect::Effect;
    let mut p = looking("container", Tab::Inspect, Answers::Normal, (100, 30));
    p.keys("z");
    let shown = p.screen();
    assert!(
        !shown.contains("\"Interval\"") && shown.contains("\"Config\""),
        "{shown}"
    );
    p.keys("/Interval<Enter>");
    assert!(
        p.screen().contains("\"Interval\""),
        "a search opens everything"
    );
    p.take();
    p.keys("yY");
    let copied: Vec<String> = p
        .take()
        .into_iter()
        .filter_map(|e| match e {
            Effect::Copy(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(copied, ["10000000000", ".Config.Healthcheck.Interval"]);
    p.keys("<Esc>").keys("g");
}

#[test]
fn an_old_plot_does_not_move_when_nothing_is_measured() {
    let mut p = looking("container", Tab::Stats, Answers::Normal, (100, 30));
    let before = p.screen();
    p.wait(5_000);
    assert_eq!(p.screen(), before);
}

#[rstest]
#[case("ascii")]
#[case("unicode")]
fn plots_have_glyphs_for_every_terminal(#[case] glyphs: &str) {
    let p = Player::with(100, 30, |o| o.glyphs = glyphs.to_owned());
    let p = looking_with(p, "container", Tab::Stats, Answers::Normal);
    insta::assert_snapshot!(format!("stats_{glyphs}"), shown(&p));
    if glyphs == "ascii" {
        assert!(p.screen().is_ascii());
    }
}
