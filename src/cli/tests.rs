use std::collections::BTreeSet;

use rstest::rstest;

use super::*;
use crate::command::{self, Form, TABLE, Value};
use crate::domain::id::{Kind, ObjectRef};

fn words(line: &str) -> Vec<OsString> {
    let words = shell_words::split(&format!("pilothouse {line}")).unwrap();
    words.into_iter().map(OsString::from).collect()
}

fn verb(line: &str) -> Verb {
    match parse(words(line)).map(|cli| cli.verb) {
        Ok(Some(Command::Fleet(verb))) => *verb,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[rstest]
#[case("", 0)]
#[case("ps -a -q --host 'prod-*' --host db-1 -o json", 0)]
#[case("--read-only -v -v stop web --timeout 5s", 0)]
#[case("ls volumes -l env=prod --no-color", 0)]
#[case("logs -f -n 10 --since 5m web api -g error -i", 0)]
#[case("logs web -i", 64)]
#[case("exec -it prod-1/web sh -c 'echo -n x'", 0)]
#[case("exec web", 0)]
#[case("run --rm -it -h name -v a:/b --read-only -e A=1 busybox sh -c ls", 0)]
#[case("run", 64)]
#[case("create container --name x -p 80 nginx", 0)]
#[case("create volume", 0)]
#[case("create network", 64)]
#[case("network connect front web --alias w", 0)]
#[case("stop -t 5 web", 0)]
#[case("stop --time 5s web", 0)]
#[case("start --wait web", 0)]
#[case("start --wait=healthy web", 0)]
#[case("start --wait=asleep web", 64)]
#[case("wait web --for removed", 0)]
#[case("top web -ef", 0)]
#[case("cp web:/a - ", 0)]
#[case("cp web:/a", 64)]
#[case("ls things", 64)]
#[case("ps --state runing", 64)]
#[case("ps -o jsn", 64)]
#[case("ps -o '{{.name'", 64)]
#[case("history --outcome failed --since 2d -n 5", 0)]
#[case("history show 0123456789abcd", 0)]
#[case("history show xyz", 64)]
#[case("prune images -a --until 24h", 0)]
#[case("demo", 0)]
#[case("demo ps -a", 0)]
#[case("config show --show-origin", 0)]
#[case("completions fish", 0)]
#[case("man --dir /tmp", 0)]
#[case("--help", 0)]
#[case("run --help", 0)]
#[case("--version", 0)]
#[case("run --gpuz all busybox", 64)]
#[case("run busybox --help", 0)]
#[case("exec --nosuch web", 64)]
#[case("top web -o pid", 0)]
#[case("--colour", 64)]
#[case("nosuchverb", 64)]
fn command_lines_are_understood(#[case] line: &str, #[case] code: u8) {
    let found = match parse(words(line)) {
        Ok(_) => 0,
        Err(answer) => answer.exit().code(),
    };
    assert_eq!(found, code, "{line}");
}

#[test]
fn options_go_where_they_belong() {
    let cli = parse(words("--read-only run --read-only -v a:/b -h name img -v")).unwrap();
    assert!(cli.global.read_only);
    assert_eq!(cli.global.verbose, 0);
    let Some(Command::Fleet(verb)) = cli.verb else {
        panic!("no verb");
    };
    let Verb::Run(args) = *verb else {
        panic!("not run");
    };
    assert!(args.container.storage.read_only_root);
    assert_eq!(args.container.storage.volumes, ["a:/b"]);
    assert_eq!(args.container.network.hostname.as_deref(), Some("name"));
    assert_eq!(args.container.image(), "img");
    assert_eq!(args.container.command(), ["-v"]);
    let cli = parse(words("ps --host a --color --no-color")).unwrap();
    assert_eq!(cli.global.hosts, ["a"]);
    assert_eq!(cli.global.colour(), Colour::Never);
}

/// A command line of each verb, as short as it can be.
const SHORTEST: [&str; 33] = [
    "ps",
    "ls containers",
    "inspect web",
    "explain web",
    "history",
    "doctor",
    "logs web",
    "stats",
    "top web",
    "events",
    "exec web",
    "attach web",
    "cp web:/a b",
    "wait web",
    "start web",
    "stop web",
    "restart web",
    "kill web",
    "pause web",
    "unpause web",
    "rm web",
    "rename web api",
    "update web",
    "duplicate web api",
    "restore web",
    "tag a b",
    "pull a",
    "prune",
    "create volume",
    "run a",
    "network connect a b",
    "connect a b",
    "disconnect a b",
];

#[test]
fn what_the_console_can_do_to_the_fleet_a_verb_can_and_the_other_way_round() {
    let mut changing = BTreeSet::new();
    let mut all = BTreeSet::new();
    for line in SHORTEST {
        let name = line.split(' ').next().unwrap();
        all.insert(name.to_owned());
        if verb(line).changes() {
            changing.insert(name);
        }
    }
    // Docker's own spelling of two verbs that are there as well.
    changing.remove("network");
    // The console has no files to copy; `pilothouse cp` is one `!` away.
    changing.remove("cp");
    let console: BTreeSet<&str> = TABLE
        .iter()
        .filter(|c| c.changes)
        .filter_map(|c| c.verb)
        .collect();
    assert_eq!(changing, console);
    let local = ["paths", "config", "completions", "man", "version", "demo"];
    for known in Cli::command().get_subcommands() {
        let name = known.get_name();
        assert!(all.contains(name) || local.contains(&name), "{name}");
    }
}

/// What the palette shows as the line for a shell is one that this command line understands.
#[test]
fn shell_lines_of_the_console_are_understood() {
    let web = ObjectRef::new("prod-1", Kind::Container, "ab".repeat(32), "web");
    for row in TABLE {
        if row.verb.is_none() {
            continue;
        }
        let mut line = row.name.to_owned();
        // A container has no driver: the table says so in words only.
        for arg in row.args.iter().filter(|a| a.name != "driver") {
            let value = match arg.value {
                Value::Object(_) => "prod-1/web",
                Value::Host => "prod-1",
                Value::Kind(kinds) => kinds[0].word(),
                Value::Signal => "TERM",
                Value::Seconds => "5",
                Value::Word(all) => all[0],
                Value::Text => "text",
            };
            let word = match arg.form {
                Form::Flag(_) => format!(" --{}", arg.name),
                Form::Option(_) => format!(" --{} {value}", arg.name),
                Form::Positional | Form::Rest => format!(" {value}"),
            };
            line.push_str(&word);
        }
        let invocation = command::parse(&line).unwrap_or_else(|e| panic!("{line}: {e:?}"));
        let Some(shell) = invocation.shell(std::slice::from_ref(&web)) else {
            continue;
        };
        let understood = parse(words(shell.strip_prefix("pilothouse ").unwrap()));
        assert!(understood.is_ok(), "{shell}: {:?}", understood.unwrap_err());
    }
}

#[test]
fn every_option_is_explained() {
    fn check(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path}");
        for arg in command.get_arguments() {
            let explained = arg.get_help().is_some() || arg.is_hide_set();
            assert!(explained, "{path} {}", arg.get_id());
        }
        command.get_subcommands().for_each(|c| check(c, &path));
    }
    let mut command = Cli::command();
    command.build();
    check(&command, "");
}
