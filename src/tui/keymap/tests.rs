use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::error::Error;
use crate::tui::input::parse_sequence;

fn any_command(_: &str) -> bool {
    true
}

fn keys(text: &str) -> Vec<Chord> {
    parse_sequence(text).unwrap()
}

fn build(texts: &[&str]) -> Result<Keymap, Vec<Error>> {
    let mut layers = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        layers.push(Layer::parse(&format!("layer{i}.toml"), text)?);
    }
    Keymap::build(&layers, &any_command)
}

fn bind(context: &str, on: &str, run: &str) -> String {
    format!("[[keys.{context}]]\non = \"{on}\"\nrun = \"{run}\"\n")
}

fn run<'a>(lookup: &Lookup<'a>) -> Option<&'a str> {
    match lookup {
        Lookup::Matched(binding) => Some(&binding.command),
        Lookup::Pending(_) | Lookup::NotFound => None,
    }
}

fn complaints(texts: &[&str]) -> String {
    let errors = build(texts).unwrap_err();
    let said = |e: &Error| format!("{e}; {}\n", e.hint().unwrap_or_default());
    errors.iter().map(said).collect::<Vec<_>>().concat()
}

const PANE: &[Context] = &[Context::Containers, Context::Table, Context::Global];

#[test]
fn the_default_keys_run_commands_where_they_work() {
    let keymap = Keymap::defaults(&crate::command::is_known).unwrap();
    for context in Context::ALL {
        for binding in keymap.bindings(context) {
            let command = crate::command::find(&binding.command).unwrap();
            let global = command.works_in(Scope::Global);
            assert!(
                command.works_in(context.scope()) || global,
                "{} runs {} in {context}",
                binding.keys(),
                binding.command
            );
        }
    }
}

#[test]
fn the_default_keys_follow_the_manual() {
    let keymap = Keymap::defaults(&any_command).unwrap();
    let expected = [
        (":", "palette"),
        ("/", "filter"),
        ("?", "help"),
        ("1", "goto-machines"),
        ("2", "goto-containers"),
        ("7", "goto-operations"),
        ("0", "goto-overview"),
        ("j", "down"),
        ("k", "up"),
        ("g", "first"),
        ("G", "last"),
        ("<C-d>", "half-page-down"),
        ("<C-u>", "half-page-up"),
        ("<C-f>", "page-down"),
        ("<C-b>", "page-up"),
        ("<Tab>", "next-pane"),
        ("<S-Tab>", "previous-pane"),
        ("[", "previous-tab"),
        ("]", "next-tab"),
        ("<Enter>", "open"),
        ("<Esc>", "back"),
        ("-", "last-view"),
        ("l", "logs"),
        ("L", "logs-all"),
        ("d", "describe"),
        ("e", "exec"),
        ("a", "attach"),
        ("E", "edit"),
        ("s", "start"),
        ("t", "stop"),
        ("r", "restart"),
        ("p", "pause"),
        ("K", "kill"),
        ("D", "remove"),
        ("c", "create"),
        ("x", "menu"),
        ("<space>", "mark"),
        ("V", "mark-range"),
        ("*", "mark-all"),
        ("u", "unmark"),
        ("y", "copy-id"),
        ("Y", "copy-cell"),
        ("o", "sort"),
        ("O", "reverse"),
        ("w", "wide"),
        ("+", "zoom-in"),
        ("_", "zoom-out"),
        ("T", "timeline"),
        ("<C-r>", "refresh"),
        ("<C-l>", "redraw"),
        ("m", "mouse"),
        ("q", "quit"),
        ("<C-c>", "interrupt"),
    ];
    for (on, command) in expected {
        assert_eq!(run(&keymap.lookup(PANE, &keys(on))), Some(command), "{on}");
    }
    assert_eq!(
        run(&keymap.lookup(&[Context::Logs, Context::View], &keys("n"))),
        Some("search-next")
    );
}

#[test]
fn no_default_ctrl_chord_or_enter_destroys() {
    let keymap = Keymap::defaults(&any_command).unwrap();
    let harmful = ["remove", "kill", "stop", "restart", "pause"];
    for binding in Context::ALL.iter().flat_map(|c| keymap.bindings(*c)) {
        let guarded =
            binding.chords.iter().any(|c| c.ctrl()) || binding.chords.contains(&keys("<Enter>")[0]);
        assert!(
            !guarded || !harmful.contains(&binding.command.as_str()),
            "{binding:?}"
        );
        assert!(binding.desc.is_some(), "no description: {binding:?}");
    }
}

#[test]
fn inner_contexts_go_before_outer_ones() {
    let text = bind("global", "x", "outer") + &bind("containers", "x", "inner");
    let keymap = build(&[&text]).unwrap();
    assert_eq!(run(&keymap.lookup(PANE, &keys("x"))), Some("inner"));
    assert_eq!(
        run(&keymap.lookup(&[Context::Images, Context::Global], &keys("x"))),
        Some("outer")
    );
    assert_eq!(
        keymap.lookup(&[Context::Prompt], &keys("x")),
        Lookup::NotFound
    );
}

#[test]
fn a_started_sequence_is_pending_with_what_can_follow() {
    let text = bind("containers", "zc", "close")
        + &bind("containers", "zrr", "reload")
        + &bind("global", "zg", "grow")
        + &bind("global", "zc", "hidden");
    let keymap = build(&[&text]).unwrap();
    let Lookup::Pending(next) = keymap.lookup(PANE, &keys("z")) else {
        panic!("not pending")
    };
    let seen: Vec<_> = next
        .iter()
        .map(|n| (n.chord.to_string(), n.binding.map(|b| &*b.command)))
        .collect();
    assert_eq!(
        seen,
        [
            ("c".into(), Some("close")),
            ("g".into(), Some("grow")),
            ("r".into(), None)
        ] as [(String, Option<&str>); 3]
    );
    assert_eq!(run(&keymap.lookup(PANE, &keys("zrr"))), Some("reload"));
    assert_eq!(run(&keymap.lookup(PANE, &keys("zg"))), Some("grow"));
    assert_eq!(keymap.lookup(PANE, &keys("zq")), Lookup::NotFound);
    assert_eq!(keymap.lookup(PANE, &keys("zcc")), Lookup::NotFound);
    assert_eq!(keymap.lookup(PANE, &[]), Lookup::NotFound);
}

#[test]
fn an_inner_sequence_shadows_an_outer_key_and_the_other_way_round() {
    let text = bind("containers", "gg", "long") + &bind("global", "g", "short");
    let keymap = build(&[&text]).unwrap();
    assert!(matches!(
        keymap.lookup(PANE, &keys("g")),
        Lookup::Pending(_)
    ));
    assert!(keymap.reachable(PANE).iter().all(|b| b.command != "short"));

    let text = bind("containers", "g", "short") + &bind("global", "gg", "long");
    let keymap = build(&[&text]).unwrap();
    assert_eq!(run(&keymap.lookup(PANE, &keys("g"))), Some("short"));
}

#[test]
fn arguments_are_split_like_a_shell_would() {
    let keymap =
        build(&["[[keys.table]]\non = [\"g\", \"g\"]\nrun = \"select 'the next'\"\n"]).unwrap();
    let Lookup::Matched(binding) = keymap.lookup(PANE, &keys("gg")) else {
        panic!("not found")
    };
    assert_eq!(
        (&*binding.command, &*binding.args),
        ("select", &["the next".to_owned()][..])
    );
    assert_eq!(binding.origin, "layer0.toml:1");
    assert_eq!(
        (binding.keys(), binding.label()),
        ("gg".into(), "g g".into())
    );
}

#[test]
fn the_users_layer_wins_unbinds_and_replaces_what_it_hides() {
    let default = bind("containers", "s", "start")
        + &bind("containers", "t", "stop")
        + &bind("containers", "ga", "a")
        + &bind("containers", "gb", "b")
        + &bind("containers", "z", "zoom");
    let user = bind("containers", "s", "stop")
        + &bind("containers", "t", "")
        + &bind("containers", "g", "first")
        + &bind("containers", "zz", "centre");
    let keymap = build(&[&default, &user]).unwrap();
    assert_eq!(run(&keymap.lookup(PANE, &keys("s"))), Some("stop"));
    assert_eq!(keymap.lookup(PANE, &keys("t")), Lookup::NotFound);
    assert_eq!(run(&keymap.lookup(PANE, &keys("g"))), Some("first"));
    assert!(matches!(
        keymap.lookup(PANE, &keys("z")),
        Lookup::Pending(_)
    ));
    assert_eq!(run(&keymap.lookup(PANE, &keys("zz"))), Some("centre"));
}

#[test]
fn help_and_footer_find_the_keys_of_a_command() {
    let mut keymap = Keymap::defaults(&any_command).unwrap();
    let found = |keymap: &Keymap, run: &str| {
        keymap
            .chords_for(PANE, run)
            .iter()
            .map(|b| b.label())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&keymap, "down"), ["j", "down"]);
    assert_eq!(found(&keymap, "remove"), ["D"]);
    assert_eq!(found(&keymap, "keep-matching"), Vec::<String>::new());

    keymap.retain(|b| !["remove", "kill"].contains(&b.command.as_str()));
    assert_eq!(found(&keymap, "remove"), Vec::<String>::new());
    assert_eq!(keymap.lookup(PANE, &keys("K")), Lookup::NotFound);
    assert_eq!(found(&keymap, "restart"), ["r"]);

    let reachable = keymap.reachable(PANE);
    let first = keymap.bindings(Context::Containers)[0];
    assert!(std::ptr::eq(reachable[0], first) && first.command == "logs");
}

#[test]
fn a_clash_in_one_layer_names_both() {
    let same = bind("containers", "s", "start") + &bind("containers", "<S-s>", "save");
    assert!(build(&[&same]).is_ok(), "s and S differ");
    let same = bind("containers", "S", "start") + &bind("containers", "<S-s>", "save");
    assert_eq!(
        complaints(&[&same]),
        "`S` is bound twice in containers: `S` runs `start` (layer0.toml:1) and `S` runs `save` \
         (layer0.toml:4); give one of them another key, or unbind it with run = \"\"\n"
    );
    let hidden = bind("table", "gg", "first") + &bind("table", "g", "menu");
    assert_eq!(
        complaints(&[&hidden]),
        "`g` hides a longer sequence in table: `gg` runs `first` (layer0.toml:1) and `g` runs \
         `menu` (layer0.toml:4); give one of them another key, or unbind it with run = \"\"\n"
    );
}

#[test]
fn every_mistake_is_said_with_its_place() {
    let text = bind("contaners", "s", "start")
        + &bind("table", "<X-s>", "start")
        + &bind("table", "b", "'open");
    let said = complaints(&[&text]);
    assert!(
        said.contains(
            "layer0.toml:1: no context is called `contaners`; did you mean `containers`?"
        ),
        "{said}"
    );
    assert!(
        said.contains("layer0.toml:4: the key sequence `<X-s>`"),
        "{said}"
    );
    assert!(said.contains("layer0.toml:7: run = `'open`"), "{said}");

    let said = complaints(&["[[keys.table]]\non = \"a\"\nrum = \"b\"\n"]);
    assert!(said.contains("rum") && said.contains("line 3"), "{said}");

    let said = complaints(&[&bind("table", "a", "")]);
    assert!(
        said.contains("layer0.toml:1: `a` is not bound in table"),
        "{said}"
    );
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    let known = |name: &str| ["restart", "remove"].contains(&name);
    let layers = [
        Layer::parse("default", &bind("table", "r", "restart")).unwrap(),
        Layer::parse("config.toml", &bind("table", "x", "restrat now")).unwrap(),
    ];
    let errors = Keymap::build(&layers, &known).unwrap_err();
    assert_eq!(
        errors[0].message(),
        "config.toml:1: `x` in table runs `restrat`, which is no command"
    );
    assert_eq!(errors[0].hint(), Some("did you mean `restart`?"));
}

#[test]
fn other_sections_of_a_configuration_are_left_alone() {
    let text = "[ui]\ntheme = \"dark\"\n[[keys.global]]\non = \"x\"\nrun = \"menu\"\n[hosts.a]\n";
    assert!(build(&[text]).is_ok());
}

const ALPHABET: [&str; 6] = ["a", "b", "G", "<C-r>", "<space>", "<F5>"];
const CONTEXTS: [Context; 3] = [Context::Containers, Context::Table, Context::Global];

type Rows = Vec<(usize, Vec<usize>, usize)>;

fn any_rows() -> impl Strategy<Value = Rows> {
    prop::collection::vec(
        (
            0..CONTEXTS.len(),
            prop::collection::vec(0..ALPHABET.len(), 1..4),
            0..9usize,
        ),
        0..14,
    )
}

/// Rows without a clash among themselves, as (context, keys) -> command.
fn consistent(rows: Rows) -> BTreeMap<(Context, String), String> {
    let mut kept: BTreeMap<(Context, String), String> = BTreeMap::new();
    for (context, chords, command) in rows {
        let on: String = chords.iter().map(|c| ALPHABET[*c]).collect();
        let context = CONTEXTS[context];
        let clash = kept
            .keys()
            .any(|(c, k)| *c == context && (k.starts_with(&on) || on.starts_with(k.as_str())));
        if !clash {
            kept.insert((context, on), format!("cmd{command}"));
        }
    }
    kept
}

fn text_of(rows: &BTreeMap<(Context, String), String>) -> String {
    rows.iter()
        .map(|((c, on), run)| bind(c.name(), on, run))
        .collect()
}

proptest! {
    #[test]
    fn every_binding_of_a_layer_resolves(rows in any_rows()) {
        let rows = consistent(rows);
        let keymap = build(&[&text_of(&rows)]).unwrap();
        for ((context, on), command) in &rows {
            let all = keys(on);
            prop_assert_eq!(run(&keymap.lookup(&[*context], &all)), Some(command.as_str()));
            for n in 1..all.len() {
                let pending = matches!(keymap.lookup(&[*context], &all[..n]), Lookup::Pending(_));
                prop_assert!(pending, "{} keys of {}", n, on);
            }
        }
        let count: usize = CONTEXTS.iter().map(|c| keymap.bindings(*c).len()).sum();
        prop_assert_eq!(count, rows.len());
    }

    #[test]
    fn a_user_layer_loses_no_unrelated_binding(default in any_rows(), user in any_rows()) {
        let (default, user) = (consistent(default), consistent(user));
        let keymap = build(&[&text_of(&default), &text_of(&user)]).unwrap();
        for ((context, on), command) in &user {
            prop_assert_eq!(run(&keymap.lookup(&[*context], &keys(on))), Some(command.as_str()));
        }
        for ((context, on), command) in &default {
            let related = user.keys().any(|(c, k)| {
                c == context && (k.starts_with(on.as_str()) || on.starts_with(k.as_str()))
            });
            if !related {
                prop_assert_eq!(
                    run(&keymap.lookup(&[*context], &keys(on))),
                    Some(command.as_str())
                );
            }
        }
    }

    #[test]
    fn rows_that_clash_are_refused_naming_both(rows in any_rows()) {
        let kept = consistent(rows.clone());
        let mut text = String::new();
        let mut lines = Vec::new();
        for (context, chords, command) in &rows {
            let on: String = chords.iter().map(|c| ALPHABET[*c]).collect();
            text += &bind(CONTEXTS[*context].name(), &on, &format!("cmd{command}"));
            lines.push(on);
        }
        match build(&[&text]) {
            Ok(_) => prop_assert_eq!(kept.len(), rows.len()),
            Err(errors) => {
                prop_assert!(kept.len() < rows.len());
                for error in errors {
                    prop_assert_eq!(error.message().matches("layer0.toml:").count(), 2);
                }
            }
        }
    }

    #[test]
    fn what_is_reachable_can_be_looked_up(rows in any_rows()) {
        let keymap = build(&[&text_of(&consistent(rows))]).unwrap();
        for binding in keymap.reachable(&CONTEXTS) {
            let found = keymap.lookup(&CONTEXTS, &binding.chords);
            prop_assert_eq!(found, Lookup::Matched(binding));
        }
    }
}

/// The bindings of a file as the configuration passes them on.
fn from_config(text: &str) -> Result<Layer, Vec<Error>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, text).unwrap();
    let inputs = crate::config::Inputs {
        file: Some(file),
        ..crate::config::Inputs::default()
    };
    let mut layers = crate::config::load(&inputs).unwrap().config.keys;
    assert_eq!(layers.len(), 1);
    layers[0].file = "config.toml".into();
    Layer::from_config(&layers[0])
}

#[test]
fn the_configuration_passes_bindings_on_as_they_are() {
    let text = [
        bind("containers", "gs", "stop"),
        "[[keys.containers]]\non = [\"g\", \"<Space>\"]\nrun = \"logs -n 3\"\ndesc = \"d\"\n"
            .into(),
        bind("global", "<C-r>", ""),
    ]
    .concat();
    let direct = Layer::parse("config.toml", &text).unwrap();
    let passed = from_config(&text).unwrap();
    assert_eq!(format!("{passed:?}"), format!("{direct:?}"));
    let wrong = [
        bind("container", "a", "stop"),
        bind("global", "<Nonsense>", "stop"),
        bind("logs", "b", "stop"),
        bind("logs", "b", "start"),
    ]
    .concat();
    let said: Vec<String> = from_config(&wrong)
        .unwrap_err()
        .iter()
        .map(Error::chain)
        .collect();
    assert!(
        said[0].starts_with("config.toml:1: no context is called `container`"),
        "{said:?}"
    );
    assert!(said[1].starts_with("config.toml:"), "{said:?}");
    assert!(said[2].contains("`b` is bound twice in logs"), "{said:?}");
}

#[test]
fn presets_go_over_the_default_keys_and_destroy_by_no_ctrl_chord() {
    for name in ["k9s", "lazydocker"] {
        let preset = Layer::preset(name).unwrap().unwrap();
        let layers = [Layer::defaults().unwrap(), preset];
        let keymap = Keymap::build(&layers, &crate::command::is_known).unwrap();
        for context in Context::ALL {
            for binding in keymap.bindings(context) {
                let danger = crate::command::find(&binding.command).map(|c| c.danger);
                let ctrl = binding.chords.iter().any(|c| c.to_string().contains("C-"));
                let destroys = danger == Some(crate::domain::plan::Danger::Destructive);
                assert!(!(ctrl && destroys), "{name}: {binding:?}");
            }
        }
    }
    assert!(Layer::preset("default").unwrap().is_none());
}
