use proptest::prelude::*;
use tempfile::TempDir;

use super::slot::Slot;
use super::*;
use crate::domain::guardrail::{Effect, Guardrail, Match};
use crate::domain::id::Kind;
use crate::domain::intent::{Intent, Prune};
use crate::domain::plan::Action;
use crate::domain::spec::{EndpointSpec, NetworkSpec, VolumeSpec};

/// A home and a system file, both with what a test writes.
struct Place {
    dir: TempDir,
    inputs: Inputs,
}

impl Place {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let home = dir.path().display().to_string();
        let inputs = Inputs {
            env: BTreeMap::from([("HOME".to_owned(), home)]),
            system: Some(dir.path().join("etc.toml")),
            ..Inputs::default()
        };
        Self { dir, inputs }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn user(&self, text: &str) -> PathBuf {
        self.write(".config/pilothouse/config.toml", text)
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.inputs.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn flag(mut self, setting: &str, value: &str) -> Self {
        self.inputs.flags.push(Flag {
            name: "--set".to_owned(),
            setting: setting.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    fn load(&self) -> Loaded {
        load(&self.inputs).unwrap_or_else(|m| panic!("{m}"))
    }

    fn mistakes(&self) -> String {
        let text = load(&self.inputs).unwrap_err().to_string();
        text.replace(&self.dir.path().display().to_string(), "")
    }

    fn origin(&self, loaded: &Loaded, key: &str) -> String {
        let text = loaded.origin(key).to_string();
        text.replace(&self.dir.path().display().to_string(), "")
    }
}

#[test]
fn with_nothing_everything_is_default() {
    let place = Place::new();
    let loaded = place.load();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.sources.iter().all(|s| !s.read));
    assert_eq!(loaded.sources.len(), 2);
    assert!(loaded.entries().iter().all(|e| e.origin == Origin::Default));
    let homeless = load(&Inputs::default()).unwrap();
    assert_eq!(homeless.config, Config::default());
}

#[test]
fn a_higher_layer_wins_and_is_named() {
    let mut place = Place::new()
        .env("PILOTHOUSE_UI_FPS", "4")
        .env("PILOTHOUSE_UI_MOUSE", "1")
        .env("PILOTHOUSE_UI_SYNC", "")
        .flag("ui.mouse", "false");
    place.write(
        "etc.toml",
        "[ui]\ntheme = \"a\"\nfps = 1\nmouse = true\n[log]\njson = true\n",
    );
    place.user("[ui]\ntheme = \"b\"\nfps = 2\n[core]\nattempts = 2\n");
    place.inputs.file = Some(place.write("own.toml", "\n[ui]\ntheme = \"c\"\nfps = 3\n"));
    let loaded = place.load();
    let config = &loaded.config;
    assert_eq!(config.ui.theme, "c");
    assert_eq!(config.ui.fps, 4);
    assert!(!config.ui.mouse && config.ui.sync && config.log.json);
    for (key, origin) in [
        ("ui.theme", "/own.toml:3"),
        ("ui.fps", "the variable PILOTHOUSE_UI_FPS"),
        ("ui.mouse", "the flag --set"),
        ("ui.sync", "default"),
        ("core.attempts", "/.config/pilothouse/config.toml:5"),
        ("log.json", "/etc.toml:6"),
    ] {
        assert_eq!(place.origin(&loaded, key), origin, "{key}");
    }
    assert_eq!(loaded.sources.iter().filter(|s| s.read).count(), 3);
}

#[test]
fn a_host_is_put_together_from_all_layers() {
    let place = Place::new();
    place.write(
        "etc.toml",
        "[hosts.a]\nendpoint = \"unix:///a\"\nread_only = true\n[hosts.b]\nendpoint = \"unix:///b\"\n",
    );
    place
        .user("[hosts.c]\nendpoint = \"unix:///c\"\n[hosts.a]\nread_only = false\nmax_calls = 2\n");
    let loaded = place.load();
    let hosts = &loaded.config.hosts;
    let names: Vec<&str> = hosts.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(hosts[0].endpoint, "unix:///a");
    assert_eq!((hosts[0].read_only, hosts[0].max_calls), (false, Some(2)));
    assert_eq!(place.origin(&loaded, "hosts.a"), "/etc.toml:1");
    let user = "/.config/pilothouse/config.toml:4";
    assert_eq!(place.origin(&loaded, "hosts.a.read_only"), user);
}

#[test]
fn rules_and_keys_of_all_layers_hold() {
    let place = Place::new();
    let text = "[[guardrails]]\neffect = \"deny\"\n[[keys.global]]\non = \"x\"\nrun = \"quit\"\n";
    place.write("etc.toml", text);
    place.user(&text.replace("deny", "confirm"));
    let config = place.load().config;
    let effects: Vec<Effect> = config.guardrails.iter().map(|g| g.effect).collect();
    assert_eq!(effects, [Effect::Deny, Effect::Confirm]);
    assert_eq!(config.keys.len(), 2);
    assert!(config.keys[0].file.ends_with("/etc.toml"));
    assert_eq!(config.keys[1].bindings[0].line, 3);
}

#[test]
fn mistakes_of_all_layers_are_told_at_once() {
    let mut place = Place::new()
        .env("PILOTHOUSE_UI_FPS", "many")
        .env("PILOTHOUSE_UI_GLYPHS", "uni")
        .flag("ui.moose", "true")
        .flag("core.ping", "10");
    place.write("etc.toml", "[ui]\nfps = true\n");
    place.user("[hosts.a]\n");
    place.inputs.file = Some(place.dir.path().join("absent.toml"));
    let expected = "/etc.toml:2:7: `ui.fps` must be a whole number from 1 to 60, not true
  |
2 | fps = true
  |       ^^^^

/.config/pilothouse/config.toml:1:1: the host \"a\" has no endpoint
  |
1 | [hosts.a]
  | ^^^^^^^^^
  = like endpoint = \"ssh://user@host\" or \"tcp://host:2376\"

/absent.toml: it cannot be read: No such file or directory (os error 2)

the variable PILOTHOUSE_UI_FPS: `ui.fps` must be a whole number from 1 to 60, not \"many\"

the variable PILOTHOUSE_UI_GLYPHS: `ui.glyphs` must be one of \"auto\", \"unicode\", \"ascii\", \
                    not \"uni\"

the flag --set: `ui.moose` is not known
  = did you mean `ui.mouse`?

the flag --set: `core.ping` must be a time like \"10s\", \"800ms\" or \"1h30m\", not \"10\"
  = did you mean \"10s\"?";
    let mut found: Vec<String> = place.mistakes().split("\n\n").map(str::to_owned).collect();
    let mut expected: Vec<String> = expected.split("\n\n").map(str::to_owned).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn files_that_are_no_text_are_said() {
    let mut place = Place::new();
    let path = place.dir.path().join("x.toml");
    std::fs::write(&path, b"[ui]\ntheme = \"\xff\"").unwrap();
    place.inputs.file = Some(path);
    assert_eq!(place.mistakes(), "/x.toml: line 2 is not UTF-8 text");
    place.inputs.file = Some(place.dir.path().to_owned());
    assert!(place.mistakes().contains("it cannot be read: "));
}

#[test]
fn the_file_can_be_named_in_the_environment() {
    let place = Place::new();
    let file = place.write(
        "own.toml",
        "[ui]\nfps = 3\n[[guardrails]]\neffect = \"deny\"\n",
    );
    let mut place = place.env("PILOTHOUSE_CONFIG", &file.display().to_string());
    assert_eq!(place.load().config.ui.fps, 3);
    // The same file twice is one layer.
    place.inputs.system = Some(file);
    assert_eq!(place.load().config.guardrails.len(), 1);
    assert!(place.load().warnings.is_empty());
}

#[test]
fn a_variable_that_sets_nothing_is_told() {
    let place = Place::new()
        .env("PILOTHOUSE_UI_THEM", "x")
        .env("OTHER", "y");
    let warnings = place.load().warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].to_string(),
        "the variable PILOTHOUSE_UI_THEM: it sets nothing; did you mean PILOTHOUSE_UI_THEME?"
    );
}

#[test]
fn themes_of_ones_own_are_known() {
    let mut place = Place::new();
    place.inputs.themes = vec!["dark".to_owned()];
    place.user("[ui]\ntheme = \"mine\"\n");
    let loaded = place.load();
    assert_eq!(loaded.config.ui.theme, "dark");
    let told = loaded.warnings[0].to_string();
    assert!(
        told.ends_with(
            "config.toml:2: no theme is called \"mine\", so \"dark\" is used; there are dark"
        ),
        "{told}"
    );
    place.write(".config/pilothouse/themes/mine.toml", "");
    assert_eq!(place.load().config.ui.theme, "mine");
}

#[test]
fn paths_are_meant_from_where_they_are_written() {
    let place = Place::new()
        .env("PILOTHOUSE_LOG_DIR", "~/logs")
        .flag("journal.path", "here.db");
    place.user("[hosts.a]\nendpoint = \"tcp://a\"\nca = \"a/ca.pem\"\ncert = \"\"\n");
    let config = place.load().config;
    let home = place.dir.path();
    assert_eq!(
        config.hosts[0].ca,
        Some(home.join(".config/pilothouse/a/ca.pem"))
    );
    assert_eq!(config.hosts[0].cert, None);
    assert_eq!(config.log.dir, Some(home.join("logs")));
    assert_eq!(config.journal.path, Some("here.db".into()));
}

#[test]
fn guardrails_know_every_verb() {
    let spec = EndpointSpec::default;
    let object = crate::domain::id::ObjectRef::new("h", crate::domain::id::Kind::Container, "", "");
    let target = || object.clone().into();
    let (name, host) = (String::new, || "h".into());
    let actions = [
        Action::CreateContainer {
            name: None,
            spec: Box::default(),
        },
        Action::StartContainer,
        Action::StopContainer { timeout: None },
        Action::RestartContainer { timeout: None },
        Action::KillContainer { signal: name() },
        Action::PauseContainer,
        Action::UnpauseContainer,
        Action::RemoveContainer {
            force: false,
            volumes: false,
        },
        Action::RenameContainer { to: name() },
        Action::CreateVolume {
            spec: VolumeSpec::default(),
        },
        Action::CreateNetwork {
            spec: NetworkSpec::default(),
        },
        Action::ConnectNetwork {
            container: object.clone(),
            endpoint: spec(),
        },
        Action::DisconnectNetwork {
            container: object.clone(),
            force: false,
        },
        Action::PullImage {
            reference: name(),
            platform: None,
        },
        Action::TagImage { reference: name() },
        Action::RemoveImage {
            untag: None,
            force: false,
        },
        Action::RemoveImage {
            untag: Some(name()),
            force: false,
        },
    ];
    let intents = [
        Intent::CreateContainer {
            host: host(),
            name: None,
            spec: Box::default(),
            start: true,
            pull: crate::domain::intent::PullPolicy::Missing,
        },
        Intent::Prune {
            hosts: vec![],
            prune: Prune::default(),
        },
        Intent::Start {
            targets: vec![target()],
        },
        Intent::Rename {
            target: target(),
            to: name(),
        },
    ];
    let verbs = actions
        .iter()
        .map(Action::verb)
        .chain(intents.iter().map(Intent::verb));
    for verb in verbs.chain(["exec", "attach", "cp"]) {
        assert!(guard::VERBS.contains(&verb), "{verb}");
    }
}

#[test]
fn every_setting_is_documented_and_named_once() {
    let mut seen = std::collections::BTreeSet::new();
    for (path, setting) in schema::all() {
        assert!(setting.doc.ends_with('.'), "{path}");
        assert!(seen.insert(schema::variable(&path)), "{path}");
        assert!(schema::find(&path).is_some());
    }
    for setting in schema::HOST {
        assert!(setting.doc.ends_with('.'), "{}", setting.name);
    }
}

/// Values that fit a slot.
fn values(slot: &Slot<'_>) -> Vec<Value> {
    let texts = |all: &[&str]| all.iter().map(|t| Value::Text((*t).into())).collect();
    match slot {
        Slot::Text(_) | Slot::MaybeText(_) => texts(&["a", "b \"c\"\\\n\u{7f}", "ä"]),
        Slot::Filter(_) => texts(&["off", "warn,pilothouse=debug"]),
        Slot::Path(_) => texts(&["", "/a/b"]),
        Slot::Bool(_) | Slot::MaybeBool(_) => vec![Value::Bool(true), Value::Bool(false)],
        Slot::Count(_, range) | Slot::MaybeCount(_, range) => {
            vec![
                Value::Integer((*range.start()).into()),
                Value::Integer((*range.end()).into()),
            ]
        }
        Slot::Limit(_) => vec![Value::Integer(0), Value::Integer(7)],
        // Within every pair of ranges that depend on each other.
        Slot::Time(_, range) | Slot::MaybeTime(_, range) => {
            vec![Value::Text(print_duration(*range.end()))]
        }
        Slot::Word(word) => texts(word.words()),
        // The only list of words there is.
        Slot::Words(_) => vec![
            Value::Texts(Vec::new()),
            Value::Texts(vec!["stale".into(), "died".into()]),
        ],
        Slot::Texts(_) => vec![
            Value::Texts(Vec::new()),
            Value::Texts(vec!["label:a b".into(), "ä\"".into()]),
        ],
        Slot::Labels(_) => {
            let labels = BTreeMap::from([("a b".to_owned(), "\u{1b}x".to_owned())]);
            vec![Value::Table(BTreeMap::new()), Value::Table(labels)]
        }
        Slot::Budget(_) => {
            let mut all: Vec<Value> = texts(&["auto", "unlimited"]);
            all.push(Value::Integer(1024));
            all
        }
    }
}

fn origin() -> impl Strategy<Value = Origin> {
    (0..9_usize).prop_map(|line| Origin::File {
        path: "f".into(),
        line,
    })
}

/// Some of `settings`, with values that fit.
fn some<T: Default + 'static>(
    settings: Vec<(String, &'static schema::Setting<T>)>,
) -> impl Strategy<Value = BTreeMap<String, Set>> {
    let count = settings.len();
    let picks = prop::collection::vec((0..count, 0..9_usize, origin()), 0..6);
    picks.prop_map(move |picks| {
        let set = picks.into_iter().map(|(n, value, origin)| {
            let (path, setting) = &settings[n];
            let mut scratch = T::default();
            let values = values(&(setting.slot)(&mut scratch));
            let value = values[value % values.len()].clone();
            (path.clone(), Set { value, origin })
        });
        set.collect()
    })
}

fn layer() -> impl Strategy<Value = Layer> {
    let host = || {
        let settings = schema::HOST
            .iter()
            .map(|s| (s.name.to_owned(), s))
            .collect();
        (
            prop::sample::select(vec!["a", "b.c", "d"]),
            some(settings),
            origin(),
        )
    };
    let rule = (prop::sample::select(vec!["x", "y"]), 0..3_usize, origin());
    (
        some(schema::all().collect()),
        prop::collection::vec(host(), 0..3),
        prop::collection::vec(rule, 0..3),
        prop::collection::vec("[a-c]", 0..2),
    )
        .prop_map(|(settings, hosts, rules, keys)| Layer {
            commands: Vec::new(),
            settings,
            hosts: hosts
                .into_iter()
                .map(|(name, settings, origin)| {
                    (
                        name.to_owned(),
                        HostLayer {
                            origin,
                            settings,
                            doubtful: false,
                        },
                    )
                })
                .collect(),
            rules: rules
                .into_iter()
                .map(|(name, most, origin)| Rule {
                    guardrail: Guardrail {
                        matches: Match {
                            names: vec![name.to_owned()],
                            ..Match::default()
                        },
                        effect: Effect::Confirm,
                        max_bulk: Some(most),
                        reason: name.to_owned(),
                    },
                    origin,
                })
                .collect(),
            keys: keys
                .into_iter()
                .map(|on| KeyLayer {
                    file: "f".into(),
                    bindings: vec![KeyBinding {
                        context: "global".to_owned(),
                        on: Keys::Sequence(on),
                        run: "quit".to_owned(),
                        desc: None,
                        line: 1,
                    }],
                })
                .collect(),
        })
}

/// Without what a file written anew cannot have: origins, lines, the borders of files.
fn bare(mut config: Config) -> Config {
    for host in &mut config.hosts {
        host.origin = Origin::Default;
    }
    config.hosts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut bindings: Vec<KeyBinding> = config.keys.drain(..).flat_map(|k| k.bindings).collect();
    for binding in &mut bindings {
        binding.line = 0;
    }
    if !bindings.is_empty() {
        config.keys = vec![KeyLayer {
            file: "f".into(),
            bindings,
        }];
    }
    config
}

fn parse(text: &str) -> Config {
    let source = Source::new(Path::new("f"), text.to_owned());
    let (layer, mut mistakes) = read::read(&source, None);
    let config = layer.config(&[source], &mut mistakes, &mut Vec::new());
    assert_eq!(mistakes, [], "{text}");
    config
}

#[test]
fn the_default_is_written_as_it_is_read() {
    assert_eq!(parse(&Config::default().to_toml()), Config::default());
    assert_eq!(parse(&example()), Config::default());
}

proptest! {
    #[test]
    fn layers_can_be_folded_from_either_end(a in layer(), b in layer(), c in layer()) {
        let left = c.clone().over(b.clone()).over(a.clone());
        let right = c.over(b.over(a));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn nothing_over_and_nothing_below_change_nothing(a in layer()) {
        prop_assert_eq!(a.clone().over(Layer::default()), a.clone());
        prop_assert_eq!(Layer::default().over(a.clone()), a);
    }

    #[test]
    fn what_is_written_is_read(a in layer()) {
        let mut a = a;
        for host in a.hosts.values_mut() {
            // What the whole demands.
            let value = Value::Text("unix:///x".into());
            host.settings.insert("endpoint".into(), Set { value, origin: Origin::Default });
            host.settings.remove("cert");
            host.settings.remove("key");
        }
        a.settings.remove("core.backoff_min");
        let mut mistakes = Vec::new();
        let config = a.config(&[], &mut mistakes, &mut Vec::new());
        prop_assert_eq!(&mistakes, &[]);
        prop_assert_eq!(bare(parse(&config.to_toml())), bare(config));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|\n|\\[|\\]|=|\"|[a-z]|hosts|guardrails|keys|ui)*") {
        let source = Source::new(Path::new("f"), text);
        let (layer, mistakes) = read::read(&source, None);
        for m in mistakes {
            prop_assert!(!m.to_string().is_empty());
        }
        layer.config(&[source], &mut Vec::new(), &mut Vec::new());
    }
}

#[test]
fn commands_of_ones_own_are_read_and_the_higher_layers_win() {
    let mut place = Place::new();
    place.write(
        "etc.toml",
        "[[commands]]\nname = \"dive\"\nrun = \"dive {id}\"\non = [\"images\"]\n",
    );
    place.user(
        "[[commands]]\nname = \"dive\"\nrun = \"dive {image} --since {since} ${HOME}\"\n\
         on = [\"container\", \"images\"]\ninputs = [\"since\"]\nconfirm = true\n\
         [[commands]]\nname = \"top\"\nrun = \"htop\"\nread_only = true\n",
    );
    let loaded = place.load();
    let [dive, top] = loaded.config.commands.as_slice() else {
        panic!("{:?}", loaded.config.commands);
    };
    assert_eq!(dive.kinds, [Kind::Container, Kind::Image]);
    assert!(dive.confirm && !dive.read_only && top.read_only);
    let line = dive.line(&|name| Some(name.to_owned()));
    assert_eq!(line, "dive image --since since ${HOME}");
    let again = Place::new();
    again.user(&loaded.config.to_toml());
    let names = |loaded: &Loaded| {
        let all = loaded.config.commands.iter();
        all.map(|c| (c.name.clone(), c.run.clone(), c.kinds.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&again.load()), names(&loaded));
    place.inputs.file = None;
}

#[test]
fn mistakes_in_commands_are_told_with_what_would_be_right() {
    let place = Place::new();
    place.user(
        "[[commands]]\nname = \"a b\"\nrun = \"x\"\n\
         [[commands]]\nname = \"c\"\nrun = \"x {nmae}\"\non = [\"container\"]\n\
         [[commands]]\nname = \"d\"\nrun = \"x {name}\"\n\
         [[commands]]\nname = \"g\"\nrun = 'sh -c \"echo {project}\"'\non = [\"container\"]\n\
         [[commands]]\nname = \"h\"\nrun = \"echo 'it' \\\\' {name} '{id}'\"\non = [\"container\"]\n\
         [[commands]]\nname = \"e\"\n\
         [[commands]]\nname = \"f\"\nrun = \"x\"\non = [\"volums\"]\nconfrim = true\n",
    );
    let said = place.mistakes();
    for seen in [
        "must be one word of letters",
        "nothing is called {nmae}",
        "{project} stands within \"...\"",
        "{id} stands within '...'",
        "a command for rows says of which kinds",
        "a command needs a `run`",
        "no kind is called \"volums\"",
        "did you mean \"volumes\"?",
        "confrim",
    ] {
        assert!(said.contains(seen), "{seen}:\n{said}");
    }
    assert!(!said.contains("{name} stands within '"), "{said}");
}

#[test]
fn lists_of_words_are_checked_word_by_word() {
    let place = Place::new();
    place.user("[ui]\nnotify = [\"stale\", \"died\", \"stale\"]\nkeys = \"k9s\"\n");
    let ui = place.load().config.ui;
    assert_eq!(ui.notify, [Noted::Stale, Noted::Died]);
    assert_eq!(ui.keys, Preset::K9s);
    place.user("[ui]\nnotify = [\"stale\", \"dyed\"]\n");
    let said = place.mistakes();
    assert!(said.contains("did you mean \"died\"?"), "{said}");
    let place = Place::new().env("PILOTHOUSE_UI_NOTIFY", "done, failed");
    assert_eq!(place.load().config.ui.notify, [Noted::Done, Noted::Failed]);
    let place = Place::new().env("PILOTHOUSE_UI_NOTIFY", "");
    assert_eq!(place.load().config.ui.notify, Config::default().ui.notify);
}
