use ratatui::style::Modifier;

use super::*;
use crate::tui::text::width;

const DEPTHS: [ColorDepth; 4] = [
    ColorDepth::None,
    ColorDepth::Ansi16,
    ColorDepth::Ansi256,
    ColorDepth::True,
];

fn none(_: &str) -> Option<String> {
    None
}

/// Load a user's theme called `mine`.
fn mine(text: &str) -> (Theme, Vec<String>) {
    let user = |name: &str| (name == "mine").then(|| text.to_owned());
    let (theme, warnings) = Theme::load("mine", ColorDepth::True, &user);
    (theme, warnings.into_iter().map(|w| w.0).collect())
}

#[test]
fn shipped_themes_cover_all_roles_without_a_warning() {
    for (name, text) in SHIPPED {
        for depth in DEPTHS {
            let (theme, warnings) = Theme::load(name, depth, &none);
            assert_eq!(warnings, [], "{name}");
            assert_eq!(theme.styles.len(), Role::ALL.len(), "{name}");
        }
        assert!(text.contains("name = "), "{name} has a name for people");
    }
}

#[test]
fn role_names_are_unique_and_found() {
    for role in Role::ALL {
        assert_eq!(Role::from_name(role.name()), Some(*role));
        assert!(role.doc().len() > 4);
        let prefix = format!("{}.", role.name());
        assert!(
            !Role::ALL.iter().any(|r| r.name().starts_with(&prefix)),
            "{prefix} cannot nest"
        );
    }
    assert_eq!(Role::series(0), Role::series(6));
}

#[test]
fn no_theme_uses_more_than_the_terminal_shows() {
    for (name, _) in SHIPPED {
        for (depth, allowed) in [(ColorDepth::Ansi16, 16), (ColorDepth::Ansi256, 256)] {
            let (theme, _) = Theme::load(name, depth, &none);
            for style in theme.styles.values() {
                for color in [style.fg, style.bg].into_iter().flatten() {
                    let fits = match color {
                        Color::Rgb(..) => false,
                        Color::Indexed(i) => u16::from(i) < allowed,
                        _ => true,
                    };
                    assert!(fits, "{name} at {depth:?}: {color:?}");
                }
            }
        }
        let (theme, _) = Theme::load(name, ColorDepth::None, &none);
        let plain = |c: Option<Color>| matches!(c, None | Some(Color::Reset));
        assert!(
            theme.styles.values().all(|s| plain(s.fg) && plain(s.bg)),
            "{name}"
        );
    }
}

/// What must be told apart at a glance, in every theme and depth.
#[test]
fn what_must_differ_differs() {
    let pairs = [
        (Role::SelectionRow, Role::Text),
        (Role::SelectionRow, Role::SelectionRowUnfocused),
        (Role::BorderFocused, Role::Border),
        (Role::ButtonActive, Role::Button),
        (Role::ButtonDanger, Role::Button),
        (Role::TabActive, Role::Tab),
        (Role::TextMatch, Role::Text),
        (Role::StateFailed, Role::StateRunning),
        (Role::StateUnhealthy, Role::StateHealthy),
        (Role::StateExited, Role::StateRunning),
        (Role::SeverityDanger, Role::SeverityInfo),
        (Role::LinkDenied, Role::LinkLive),
        (Role::LinkStale, Role::LinkLive),
        (Role::LogError, Role::LogInfo),
        (Role::DiffAdded, Role::DiffRemoved),
        (Role::GaugeHigh, Role::GaugeLow),
        (Role::BadgeWarning, Role::Header),
    ];
    for (name, _) in SHIPPED {
        for depth in DEPTHS {
            let (theme, _) = Theme::load(name, depth, &none);
            for (a, b) in pairs {
                assert_ne!(
                    theme.style(a),
                    theme.style(b),
                    "{name} at {depth:?}: {a:?}, {b:?}"
                );
            }
        }
    }
}

fn luminance(color: Color) -> f64 {
    let Color::Rgb(r, g, b) = color else {
        panic!("{color:?} is not RGB")
    };
    let linear = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Contrast after WCAG, on the grounds the theme is made for and on its own.
#[test]
fn text_is_readable() {
    let black = Color::Rgb(0x1c, 0x1e, 0x26);
    let white = Color::Rgb(0xff, 0xff, 0xff);
    let quiet = [Role::Border, Role::GaugeEmpty];
    let dim = [
        Role::TextDim,
        Role::TextPlaceholder,
        Role::Count,
        Role::Scrollbar,
        Role::StateExited,
        Role::StateUnknown,
        Role::LogTrace,
        Role::LogTime,
    ];
    for (name, ground, least) in [
        ("dark", black, 4.5),
        ("colour-blind", black, 4.5),
        // Palettes that people chose elsewhere are as they are there.
        ("catppuccin", Color::Rgb(0x1e, 0x1e, 0x2e), 4.5),
        ("gruvbox", Color::Rgb(0x28, 0x28, 0x28), 4.2),
        ("nord", Color::Rgb(0x2e, 0x34, 0x40), 3.7),
        ("light", white, 4.5),
        ("high-contrast", Color::Rgb(0, 0, 0), 7.0),
    ] {
        let theme = Theme::shipped(name);
        let selected = theme.style(Role::SelectionRow).bg.unwrap();
        for role in Role::ALL.iter().filter(|r| !quiet.contains(r)) {
            let style = theme.style(*role);
            let Some(fg @ Color::Rgb(..)) = style.fg else {
                continue;
            };
            let bg = style.bg.unwrap_or(ground);
            let least = if dim.contains(role) {
                least * 0.65
            } else {
                least
            };
            let got = contrast(fg, bg);
            assert!(got >= least, "{name}: {} has {got:.1}", role.name());
            if role.name().starts_with("state.") && !dim.contains(role) {
                let got = contrast(fg, selected);
                assert!(got >= 3.0, "{name}: {} selected has {got:.1}", role.name());
            }
        }
    }
}

#[test]
fn a_heir_that_changes_the_palette_changes_every_role_that_uses_it() {
    let (theme, warnings) = mine(
        "name = \"Mine\"\ninherits = \"dark\"\n[palette]\ngreen = \"#010203\"\n\
         [roles]\ntext.plain = { fg = \"green\", mods = [\"bold\"] }\n\"text.muted\" = 244\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(theme.name(), "Mine");
    let green = Color::Rgb(1, 2, 3);
    assert_eq!(theme.style(Role::StateRunning).fg, Some(green));
    assert_eq!(
        theme.style(Role::Text),
        Style::new().fg(green).add_modifier(Modifier::BOLD)
    );
    assert_eq!(theme.style(Role::TextMuted).fg, Some(Color::Indexed(244)));
    assert_eq!(
        theme.style(Role::StateFailed),
        Theme::shipped("dark").style(Role::StateFailed)
    );
}

#[test]
fn mistakes_warn_and_the_rest_holds() {
    let (theme, warnings) = mine(
        "inherits = \"dark\"\ncolours = 1\n[palette]\nsea = \"#12345\"\n[roles]\n\
         state.runing = \"red\"\ntext.plain = \"gren\"\ntext.muted = \"sea\"\n\
         text.dim = { fg = \"#abc\", mods = [\"bolt\"], size = 3 }\n",
    );
    assert_eq!(
        warnings,
        [
            "theme mine, line 2, column 1: `colours` is not understood; there are name, inherits, [palette], [roles]",
            "theme mine, line 6, column 7: no role is called state.runing; did you mean state.running?",
            "theme mine, line 9, column 6: role text.dim: `bolt` is no modifier; did you mean bold?",
            "theme mine, line 9, column 6: role text.dim: `size` is none of fg, bg, mods",
            "theme mine, line 7, column 6: role text.plain: `gren` is no colour; did you mean green?",
            "theme mine, line 8, column 6: role text.muted: `sea = #12345` is no colour; like #89b4fa, 214, \
             bright-blue or a name of [palette]",
        ]
    );
    assert_eq!(
        theme.style(Role::TextDim).fg,
        Some(Color::Rgb(0xaa, 0xbb, 0xcc))
    );
    assert_eq!(
        theme.style(Role::StateRunning),
        Theme::shipped("dark").style(Role::StateRunning)
    );
}

#[test]
fn nothing_in_a_theme_stops_the_program() {
    let dark = Theme::shipped(DEFAULT);
    let (theme, warnings) = mine("name = [");
    assert_eq!(theme.styles, dark.styles);
    assert!(
        warnings[0].contains("theme mine") && warnings[0].contains("line 1"),
        "{warnings:?}"
    );

    let (theme, warnings) = mine("inherits = \"mine\"");
    assert_eq!(theme.styles, dark.styles);
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("mine inherits from itself")),
        "{warnings:?}"
    );

    let (theme, warnings) = mine("inherits = \"lihgt\"");
    assert_eq!(theme.styles, dark.styles);
    assert_eq!(warnings[0], "no theme is called lihgt; did you mean light?");

    let (theme, warnings) = mine("name = \"Bare\"");
    assert_eq!(theme.styles, dark.styles);
    assert!(
        warnings[0].starts_with("theme mine says nothing about text.plain"),
        "{warnings:?}"
    );

    let (theme, warnings) = Theme::load("zebra", ColorDepth::True, &none);
    assert_eq!(theme.styles, dark.styles);
    assert!(
        warnings[0]
            .0
            .starts_with("no theme is called zebra; shipped are dark")
    );
}

#[test]
fn a_users_theme_may_be_named_like_the_shipped_one_it_extends() {
    let user = |name: &str| {
        (name == "dark").then(|| "inherits = \"dark\"\n[roles]\ntext.plain = 1".to_owned())
    };
    let (theme, warnings) = Theme::load("dark", ColorDepth::True, &user);
    assert_eq!(warnings, []);
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Indexed(1)));
    assert_eq!(
        theme.style(Role::Brand),
        Theme::shipped("dark").style(Role::Brand)
    );
}

#[test]
fn few_colours_get_a_theme_made_for_few_colours() {
    let (theme, _) = Theme::load("dark", ColorDepth::Ansi16, &none);
    assert_eq!(theme, Theme::shipped("ansi"));
    let (theme, _) = Theme::load("light", ColorDepth::None, &none);
    assert_eq!(theme, Theme::shipped("mono"));
    // A theme that makes do with 16 colours is kept.
    let user = |_: &str| Some("inherits = \"ansi\"\n[roles]\ntext.plain = \"red\"".to_owned());
    let (theme, _) = Theme::load("mine", ColorDepth::Ansi16, &user);
    assert_eq!(theme.style(Role::Text).fg, Some(Color::Red));
}

#[test]
fn glyphs_are_one_column_wide_and_ascii_is_ascii() {
    for glyph in Glyphs::UNICODE.all() {
        assert_eq!((width(glyph), glyph.chars().count()), (1, 1), "{glyph}");
    }
    for glyph in Glyphs::ASCII.all() {
        assert!(glyph.len() == 1 && glyph.is_ascii(), "{glyph}");
    }
}

#[test]
fn glyphs_follow_the_locale() {
    let with = |vars: &'static [(&str, &str)]| {
        move |name: &str| {
            vars.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        }
    };
    let utf8 = with(&[("LANG", "de_DE.UTF-8")]);
    assert_eq!(Glyphs::choose("auto", &utf8), Glyphs::UNICODE);
    assert_eq!(Glyphs::choose("ascii", &utf8), Glyphs::ASCII);
    let posix = with(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]);
    assert_eq!(Glyphs::choose("auto", &posix), Glyphs::ASCII);
    assert_eq!(Glyphs::choose("unicode", &posix), Glyphs::UNICODE);
    let empty = with(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]);
    assert_eq!(Glyphs::choose("auto", &empty), Glyphs::UNICODE);
    let console = with(&[("LANG", "en_US.UTF-8"), ("TERM", "linux")]);
    assert_eq!(Glyphs::choose("auto", &console), Glyphs::ASCII);
}
