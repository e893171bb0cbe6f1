//! The engine client against the real engines of the test bed: every call on each of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code fails by panicking"
)]

use pilothouse::domain::error::ErrorKind;
use pilothouse::domain::id::Kind;
use pilothouse::domain::plan::Action;
use pilothouse::domain::port::Engine as _;
use pilothouse::domain::stats::Usage;
use pilothouse::engine::RegistryAuth;

#[path = "support/battery.rs"]
mod battery;
#[path = "support/live.rs"]
mod live;

use battery::{Bed, engine_at};

/// The engines of the bed, each with a name of its own for what this test makes.
fn beds(test: &str) -> Vec<Bed> {
    live::engines()
        .into_iter()
        .map(|(host, endpoint)| Bed {
            engine: engine_at(&endpoint, RegistryAuth::none()),
            image: live::variable("IMAGE"),
            prefix: format!("pilothouse-engine-{test}"),
            simulated: false,
            host,
        })
        .collect()
}

fn is_podman(bed: &Bed) -> bool {
    bed.host.starts_with("podman")
}

macro_rules! on_each {
    ($($name:ident$(if $only:expr)?;)*) => {$(
        #[tokio::test]
        async fn $name() {
            if live::absent() {
                return;
            }
            for bed in beds(&stringify!($name).replace('_', "-")) {
                $(let only: fn(&Bed) -> bool = $only;
                if !only(&bed) {
                    continue;
                })?
                bed.clean().await;
                battery::$name(&bed).await;
                bed.clean().await;
            }
        }
    )*};
}

on_each! {
    lives_through;
    // Podman leaves the timing of its health checks to systemd, which the bed has not.
    reports_health if |bed| !is_podman(bed);
    reads_logs;
    follows_silence;
    reads_a_terminal;
    tells_events;
    measures;
    executes;
    resizes;
    attaches;
    attaches_before_the_start;
    copies;
    keeps_volumes;
    joins_networks;
    names_images;
    takes_a_full_spec;
}

#[tokio::test]
async fn knows_the_engine() {
    if live::absent() {
        return;
    }
    for bed in beds("knows") {
        battery::knows_the_engine(&bed, is_podman(&bed)).await;
    }
}

/// `12.3MiB` as the docker CLI prints it.
fn bytes(text: &str) -> f64 {
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).unwrap();
    let unit = match &text[digits..] {
        "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        unit => panic!("{unit} of {text}"),
    };
    text[..digits].parse::<f64>().unwrap() * unit
}

/// Use of CPU and memory as the docker CLI shows it, of a container held to a fifth of a CPU.
#[tokio::test]
async fn measures_as_the_docker_cli() {
    if live::absent() {
        return;
    }
    // The CLI takes Podman's counter of its own control groups for the machine's.
    for bed in beds("as-docker").into_iter().filter(|b| !is_podman(b)) {
        bed.clean().await;
        let mut spec = bed.spec("while :; do :; done");
        spec.resources.nano_cpus = Some(200_000_000);
        let id = bed.start("busy", spec).await;
        let (mut agreed, mut seen) = (false, Vec::new());
        // Not the same moments are measured: on a busy machine they differ now and then.
        for _ in 0..10 {
            let first = bed.engine.stats(&id).await.unwrap();
            let (endpoint, name) = (live::engine(&bed.host), id.clone());
            let told = tokio::task::spawn_blocking(move || {
                let format = "{{.CPUPerc}} {{.MemUsage}}";
                live::docker(
                    &endpoint,
                    &["stats", "--no-stream", "--format", format, &name],
                )
            });
            let told = told.await.unwrap();
            let next = bed.engine.stats(&id).await.unwrap();
            let ours = Usage::between(Some(&first), &next);
            let words: Vec<&str> = told.split_whitespace().collect();
            let cpu: f64 = words[0].trim_end_matches('%').parse().unwrap();
            let (memory, limit) = (bytes(words[1]), bytes(words[3]));
            let near = |a: f64, b: f64| (a - b).abs() <= 0.05 * b.max(1.0);
            agreed = (ours.cpu.unwrap() - cpu).abs() <= 5.0
                && near(ours.memory as f64, memory)
                && near(ours.memory_limit as f64, limit);
            seen.push((told, ours));
            if agreed {
                break;
            }
        }
        assert!(agreed, "{}: {seen:#?}", bed.host);
        bed.remove(&id).await;
        bed.clean().await;
    }
}

async fn forget(bed: &Bed, reference: &str) {
    let action = Action::RemoveImage {
        untag: Some(reference.to_owned()),
        force: true,
    };
    match bed.run(Kind::Image, "", action).await {
        Err(e) if e.kind() != ErrorKind::NotFound => panic!("{}: {}", bed.host, e.chain()),
        _ => {}
    }
}

#[tokio::test]
async fn pulls_from_a_registry() {
    if live::absent() {
        return;
    }
    let image = live::variable("IMAGE");
    let reference = format!("{}/{image}", live::variable("REGISTRY"));
    for bed in beds("pulls") {
        forget(&bed, &reference).await;
        battery::pulls(&bed, &reference).await;
        forget(&bed, &reference).await;
        let missing = format!("{}/no/such:1", live::variable("REGISTRY"));
        let pull = Action::PullImage {
            reference: missing,
            platform: None,
        };
        let e = bed.run(Kind::Image, "", pull).await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound, "{}: {e:?}", bed.host);
    }
}

#[tokio::test]
async fn logs_in_to_a_registry() {
    use std::os::unix::fs::PermissionsExt as _;

    if live::absent() {
        return;
    }
    let registry = live::variable("REGISTRY_AUTH");
    let (user, password) = (
        live::variable("REGISTRY_USER"),
        live::variable("REGISTRY_PASSWORD"),
    );
    let reference = format!("{registry}/{}", live::variable("IMAGE"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.json");
    let helper = dir.path().join("docker-credential-bedtest");
    let answer = serde_json::json!({ "Username": user, "Secret": password });
    std::fs::write(
        &helper,
        format!("#!/bin/sh\n/bin/cat >/dev/null\necho '{answer}'\n"),
    )
    .unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let login = |password: &str| {
        use base64::Engine as _;
        let text = format!("{user}:{password}");
        let auth = base64::engine::general_purpose::STANDARD.encode(text);
        serde_json::json!({ "auths": { &registry: { "auth": auth } } })
    };
    let helped = serde_json::json!({ "credHelpers": { &registry: "bedtest" } });
    let cases = [
        (serde_json::json!({}), Some(ErrorKind::Denied)),
        (login("wrong"), Some(ErrorKind::Denied)),
        (login(&password), None),
        (helped, None),
    ];
    for (host, endpoint) in live::engines() {
        for (config, refusal) in &cases {
            std::fs::write(&file, config.to_string()).unwrap();
            let auth = RegistryAuth::from_file(&file).with_helper_path(dir.path());
            let bed = Bed {
                engine: engine_at(&endpoint, auth),
                image: live::variable("IMAGE"),
                prefix: "pilothouse-engine-login".into(),
                simulated: false,
                host: host.clone(),
            };
            forget(&bed, &reference).await;
            let pull = Action::PullImage {
                reference: reference.clone(),
                platform: None,
            };
            let pulled = bed.run(Kind::Image, "", pull).await;
            let kind = pulled
                .as_ref()
                .err()
                .map(pilothouse::domain::error::Error::kind);
            assert_eq!(kind, *refusal, "{host} with {config}: {pulled:?}");
            if refusal.is_none() {
                bed.engine.image(&reference).await.unwrap();
                forget(&bed, &reference).await;
            }
        }
    }
}
