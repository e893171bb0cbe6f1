//! Forms and dialogs, as text; what their styles say.

use rstest::rstest;

use crate::domain::error::{Error, ErrorKind};
use crate::domain::guardrail::{Effect as Rule, Guardrail, Match};
use crate::domain::intent::Target;
use crate::domain::restore::Removed;
use crate::domain::spec::{ContainerSpec, MountSpec, Resources};
use crate::tui::effect::{Effect, Why};
use crate::tui::fixture::{self, Player};
use crate::tui::msg::Msg;
use crate::tui::screen::ColorDepth;
use crate::tui::theme::Role;

fn long() -> ContainerSpec {
    let wide = "数据库-übung-".repeat(20);
    ContainerSpec {
        image: format!(
            "registry.example.com:5000/team/{}:1",
            "very-long-name-".repeat(12)
        ),
        env: (0..40).map(|n| format!("VARIABLE_{n}={wide}")).collect(),
        labels: [("a".repeat(90), wide.clone())].into(),
        mounts: vec![MountSpec {
            source: "data".to_owned(),
            target: format!("/{wide}"),
            ..MountSpec::default()
        }],
        resources: Resources {
            memory: Some(512 << 20),
            ..Resources::default()
        },
        ..ContainerSpec::default()
    }
}

fn normal() -> ContainerSpec {
    ContainerSpec {
        image: "redis:7.4".to_owned(),
        env: vec!["A=1".to_owned(), "TOKEN=hunter2".to_owned()],
        restart: Some("unless-stopped".to_owned()),
        ..ContainerSpec::default()
    }
}

fn edit(p: &mut Player, why: Why, spec: ContainerSpec) {
    p.keys("2/").text("host=prod-1 redis").keys("<Enter>E");
    let target = p.take().into_iter().find_map(|e| match e {
        Effect::Specify { target, .. } => Some(target),
        _ => None,
    });
    p.msg(Msg::Specified {
        target: target.unwrap(),
        why,
        result: Ok(Box::new(spec)),
    });
}

const SIZES: [(u16, u16); 3] = [(80, 24), (100, 30), (200, 50)];

#[rstest]
#[case("container_empty", "2c")]
#[case("container_error", "2cx<Tab>'<C-s>")]
#[case("container_list", "2c<C-p>")]
#[case("volume_empty", "4c")]
#[case("volume_normal", "4c<Tab>data<Tab><Tab><Tab>a=b")]
#[case("volume_error", "4c<Tab>x<C-s>")]
#[case("network_empty", "5c")]
#[case("network_error", "5c<Tab><Tab><Tab>10.9<C-s>")]
#[case("leaving", "4c<Tab>data<Esc>")]
#[case("review", "4c<Tab>data<C-s>")]
fn forms(#[case] name: &str, #[case] keys: &str) {
    for (width, height) in SIZES {
        let mut p = Player::new(width, height);
        p.keys(keys);
        insta::assert_snapshot!(format!("form_{name}_{width}x{height}"), p.screen());
    }
}

#[test]
fn a_container_in_a_form() {
    for (width, height) in SIZES {
        for (name, spec) in [("normal", normal()), ("long", long())] {
            let mut p = Player::new(width, height);
            edit(&mut p, Why::Edit, spec);
            p.keys("<C-u>").text("redis:8");
            insta::assert_snapshot!(format!("form_edit_{name}_{width}x{height}"), p.screen());
            p.keys("<C-s>");
            insta::assert_snapshot!(format!("form_replace_{name}_{width}x{height}"), p.screen());
        }
    }
}

#[test]
fn containers_that_were_removed() {
    let removed = |name: &str, spec: ContainerSpec| Removed {
        object: fixture::container("prod-1", name),
        operation: crate::domain::id::OpId(1),
        at: Some(fixture::ago(7200)),
        by: "kim".to_owned(),
        ran: true,
        spec: spec.discreet(),
    };
    for (width, height) in SIZES {
        let mut p = Player::new(width, height);
        let all = vec![
            removed("old", normal()),
            removed(&"long-".repeat(30), long()),
        ];
        p.msg(Msg::Removed(None, Ok(all)));
        insta::assert_snapshot!(format!("removed_{width}x{height}"), p.screen());
        p.keys("<Enter>");
        insta::assert_snapshot!(format!("form_restore_{width}x{height}"), p.screen());
    }
}

#[test]
fn an_engine_that_tells_nothing_is_said() {
    let mut p = Player::new(80, 24);
    let target: Target = fixture::container("prod-1", "redis").into();
    let e = Error::new(ErrorKind::Unreachable, "nobody answers");
    p.msg(Msg::Specified {
        target,
        why: Why::Edit,
        result: Err(e),
    });
    assert!(p.said().contains("nobody answers"));
}

#[test]
fn a_name_to_be_typed() {
    for (width, height) in SIZES {
        let mut p = Player::new(width, height);
        p.policy.rules.push(Guardrail {
            matches: Match::default(),
            effect: Rule::TypeHostName,
            max_bulk: None,
            reason: "production".to_owned(),
        });
        p.keys("2/")
            .text("host=prod-1 state=exited")
            .keys("<Enter>D");
        insta::assert_snapshot!(format!("type_name_{width}x{height}"), p.screen());
        p.text("wrong").keys("<Enter>");
        insta::assert_snapshot!(format!("type_name_wrong_{width}x{height}"), p.screen());
    }
}

/// Styles apart from text: what is wrong and what destroys is coloured, and said in words too.
#[test]
fn danger_and_mistakes_have_a_colour_and_words() {
    let roles = |p: &Player, what: &str, role: Role| {
        let buffer = p.buffer();
        let wanted = p.model.setup.theme.style(role).fg;
        (0..buffer.area.height).any(|y| {
            (0..buffer.area.width).any(|x| {
                let rest: String = (x..buffer.area.width)
                    .map(|x| buffer[(x, y)].symbol())
                    .collect();
                rest.starts_with(what) && Some(buffer[(x, y)].fg) == wanted
            })
        })
    };
    let mut p = Player::new(160, 48);
    edit(&mut p, Why::Edit, normal());
    p.keys("<C-u>").text("redis:8");
    assert!(
        roles(
            &p,
            "7 remove container redis (destroys)",
            Role::SeverityDanger
        ),
        "{}",
        p.screen()
    );
    p.keys("<C-u>");
    assert!(p.screen().contains("Fill in: Image"));
    p.keys("<C-s>");
    assert!(
        roles(&p, "this must be filled in", Role::SeverityError),
        "{}",
        p.screen()
    );
    // Passwords are not read over a shoulder.
    assert!(!p.screen().contains("hunter2"));
}

#[test]
fn without_colours_the_field_with_the_keys_is_seen() {
    let mut p = Player::with(100, 30, |o| {
        o.color = Some(ColorDepth::None);
        o.glyphs = "ascii".to_owned();
    });
    p.keys("4c<Tab>data<C-p>");
    let shown = p.screen();
    assert!(
        shown.is_ascii() || shown.contains('ü') || shown.contains('数'),
        "{shown}"
    );
    assert!(shown.lines().any(|l| l.contains("> Name*")), "{shown}");
    let buffer = p.buffer();
    let plain = |c: &ratatui::buffer::Cell| c.fg == ratatui::style::Color::Reset;
    assert!(buffer.content.iter().all(plain));
}
