//! What needs no fleet.

use crate::Fleet;

#[tokio::test]
async fn paths_follow_the_environment() {
    let fleet = Fleet::new(1);
    let json = fleet.run("paths -o json").await.code(0).json();
    let config = json["items"][0]["path"].as_str().unwrap();
    assert!(config.ends_with("home/.config/pilothouse/config.toml"));
    assert_eq!(json["items"][0]["exists"], true);
}

#[tokio::test]
async fn mistakes_in_the_configuration_are_all_told() {
    let fleet = Fleet::with(1, "[ui]\nthem = \"x\"\nfps = \"fast\"\n");
    let done = fleet.run("config check").await.code(64);
    assert!(done.stderr.contains("theme"), "{}", done.stderr);
    assert!(done.stderr.contains("fps"), "{}", done.stderr);
    let done = fleet.run("ps").await.code(64);
    assert!(done.stderr.contains("config.toml:"), "{}", done.stderr);
    let good = Fleet::new(1);
    let done = good.run("config check").await.code(0);
    assert!(done.stdout.contains("hosts: 1"), "{}", done.stdout);
    good.run("config check /nosuch").await.code(64);
}

#[tokio::test]
async fn the_configuration_is_shown_with_where_it_is_from() {
    let fleet = Fleet::with(1, "[ui]\nmouse = true\n");
    let shown = fleet.ok("config show --show-origin").await;
    let mouse = shown.lines().find(|l| l.starts_with("ui.mouse")).unwrap();
    assert!(
        mouse.contains("true") && mouse.contains("config.toml:"),
        "{mouse}"
    );
    let example = fleet.ok("config example").await;
    std::fs::write(fleet.path("example.toml"), example).unwrap();
    fleet.run("config check example.toml").await.code(0);
}

#[tokio::test]
async fn shells_and_man_get_their_files() {
    let fleet = Fleet::new(0);
    for shell in ["bash", "zsh", "fish"] {
        let script = fleet.ok(&format!("completions {shell}")).await;
        assert!(
            script.contains("pilothouse") && script.contains("restart"),
            "{shell}"
        );
    }
    assert!(fleet.ok("man").await.contains(".TH"));
    fleet.ok("man --dir pages").await;
    let pages = crate::fleet::files(&fleet.path("pages"));
    assert!(pages.contains(&"pilothouse-logs.1".to_owned()), "{pages:?}");
    assert!(fleet.ok("version").await.starts_with("pilothouse "));
}

/// Where nothing can be written what was done can still be read, and nothing new is begun.
#[tokio::test]
async fn history_is_read_from_a_place_that_is_read_only() {
    let fleet = Fleet::new(1);
    fleet.sleeper(1, "web").await;
    fleet.ok("restart web -t 0").await;
    let home = fleet.path("home");
    let bare = |line: &str| {
        let program = env!("CARGO_BIN_EXE_pilothouse");
        let home = home.display();
        let script = format!(
            "mount --bind {home} {home} && mount -o remount,ro,bind {home} && {program} {line}"
        );
        let mut command = fleet.command("");
        let mut unshare = tokio::process::Command::new("unshare");
        let env = command.as_std_mut().get_envs();
        unshare
            .env_clear()
            .envs(env.filter_map(|(k, v)| Some((k, v?))));
        unshare
            .args(["-rm", "sh", "-c", &script])
            .current_dir(fleet.path(""));
        unshare
    };
    let possible = bare("version")
        .output()
        .await
        .is_ok_and(|o| o.status.success());
    if !possible {
        eprintln!("skipped: no namespaces here");
        return;
    }
    for (line, code, said) in [
        ("history -o '{{.title}}'", 0, "restart prod-1/web"),
        ("history --verify", 0, "in order"),
        ("ps -o name", 0, "prod-1/web"),
        ("stop web -t 0", 1, "journal.db"),
    ] {
        let output = bare(line).output().await.unwrap();
        let (out, err) = (output.stdout, output.stderr);
        let all = [
            String::from_utf8(out).unwrap(),
            String::from_utf8(err).unwrap(),
        ];
        assert_eq!(output.status.code(), Some(code), "{line}: {all:?}");
        assert!(all.concat().contains(said), "{line}: {all:?}");
        assert_eq!(all[1].is_empty(), code == 0, "{line}: {all:?}");
    }
    assert_eq!(fleet.state(1, "web"), "running");
}
