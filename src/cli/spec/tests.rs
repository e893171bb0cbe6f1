use std::io::Write as _;

use clap::Parser;
use rstest::rstest;

use super::*;
use crate::cli::args::{Cli, Command, Verb};
use crate::domain::spec::MountKind;

/// The specification `pilothouse run OPTIONS busybox` asks for.
fn run(options: &str) -> Result<ContainerSpec> {
    let line = format!("pilothouse run {options} busybox");
    let words = shell_words::split(&line).unwrap();
    let cli = Cli::try_parse_from(words).unwrap();
    let Some(Command::Fleet(verb)) = cli.verb else {
        panic!("no verb");
    };
    let Verb::Run(args) = *verb else {
        panic!("not run");
    };
    let env = Env::from([("HERE".to_owned(), "value".to_owned())]);
    container(&args.container, &env)
}

#[test]
fn docker_options_mean_what_they_mean_to_docker() {
    let spec = run(
        "-it --name web --rm -e A=1 -e HERE -e NOT_HERE -p 8080:80 -P -v data:/data:ro \
         -v /srv:/srv --network front --network-alias www --ip 10.0.0.2 -m 512m --cpus 1.5 \
         --pids-limit -1 --health-cmd 'wget -q localhost' --health-interval 5s -l a=b -u 1000:1000 \
         -w /app --entrypoint /bin/sh --cap-add NET_ADMIN --cap-drop ALL --security-opt \
         no-new-privileges --privileged --read-only --tmpfs /run:size=1m --ulimit nofile=10:20 \
         --sysctl net.core.somaxconn=1 --add-host db:10.0.0.3 --dns 1.1.1.1 -h web.local --init \
         --platform linux/arm64 --log-driver json-file --log-opt max-size=1m --device /dev/fuse \
         --group-add audio --shm-size 64m --stop-signal SIGINT --stop-timeout 3",
    )
    .unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&spec).unwrap());
}

#[rstest]
#[case("-p 80", "80/tcp")]
#[case("-p 8080:80/udp", "8080->80/udp")]
#[case("-p 127.0.0.1:8080:80", "127.0.0.1 8080->80/tcp")]
#[case("-p 127.0.0.1::80", "127.0.0.1 80/tcp")]
#[case("-p [::1]:8080:80", "::1 8080->80/tcp")]
#[case("-p 8000-8001:9000-9001", "8000->9000/tcp, 8001->9001/tcp")]
#[case("-p published=8080,target=80,protocol=udp", "8080->80/udp")]
fn ports_are_published(#[case] option: &str, #[case] expected: &str) {
    let ports: Vec<String> = run(option)
        .unwrap()
        .ports
        .iter()
        .map(|p| {
            let ip = p.ip.as_ref().map_or(String::new(), |ip| format!("{ip} "));
            let host = p.host.map_or(String::new(), |h| format!("{h}->"));
            format!("{ip}{host}{}/{}", p.container, p.protocol)
        })
        .collect();
    assert_eq!(ports.join(", "), expected);
}

#[rstest]
#[case("-v /data", MountKind::Volume, "", "/data", false)]
#[case("-v data:/data", MountKind::Volume, "data", "/data", false)]
#[case("-v /a:/b:ro", MountKind::Bind, "/a", "/b", true)]
#[case(
    "--mount type=bind,src=/a,dst=/b,readonly",
    MountKind::Bind,
    "/a",
    "/b",
    true
)]
#[case(
    "--mount source=data,target=/b",
    MountKind::Volume,
    "data",
    "/b",
    false
)]
#[case(
    "--mount type=tmpfs,target=/t,tmpfs-mode=1777",
    MountKind::Tmpfs,
    "",
    "/t",
    false
)]
fn mounts_are_understood(
    #[case] option: &str,
    #[case] kind: MountKind,
    #[case] source: &str,
    #[case] target: &str,
    #[case] read_only: bool,
) {
    let mounts = run(option).unwrap().mounts;
    let m = &mounts[0];
    assert_eq!(
        (m.kind, m.source.as_str(), m.target.as_str(), m.read_only),
        (kind, source, target, read_only)
    );
}

#[rstest]
#[case("-p 70000:80", "that is not a port")]
#[case("-p 1-2:1-3", "that is not a port")]
#[case("-p 80/icmp", "that is not a port")]
#[case("-v data:relative", "the target is an absolute path")]
#[case("-v ./here:/there", "must be absolute")]
#[case("-v a:/b:zz", "\"zz\" is not known")]
#[case("--mount type=npipe,target=/x", "not supported")]
#[case("--mount type=bind,target=/x", "source= is missing")]
#[case("--gpus all", "--gpus is refused")]
#[case("--storage-opt size=1g", "would be lost")]
#[case("--rm --restart always", "contradict")]
#[case("--no-healthcheck --health-cmd x", "contradicts")]
#[case("--ulimit nofile", "write NAME=SOFT[:HARD]")]
#[case("--device a:b:c:d", "write HOST[:CONTAINER[:rwm]]")]
#[case("--network alias=x", "name= is missing")]
#[case("--env-file /does/not/exist", "read /does/not/exist")]
#[case("-e =x", "has no name")]
fn mistakes_are_told(#[case] option: &str, #[case] message: &str) {
    let e = run(option).unwrap_err();
    assert!(e.chain().contains(message), "{e:?}");
    assert_eq!(e.kind(), crate::domain::error::ErrorKind::Invalid);
}

#[test]
fn the_last_of_a_variable_wins() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "# a comment\n\nA=file\nB=x=y\n  HERE").unwrap();
    let spec = run(&format!("--env-file {} -e A=option", file.path().display())).unwrap();
    assert_eq!(spec.env, ["B=x=y", "HERE=value", "A=option"]);
}

#[test]
fn a_long_network_says_everything() {
    let spec = run("--network name=front,alias=a,alias=b,ip=10.0.0.9 --network back").unwrap();
    assert_eq!(spec.networks[0].network, "front");
    assert_eq!(spec.networks[0].aliases, ["a", "b"]);
    assert_eq!(spec.networks[0].ipv4.as_deref(), Some("10.0.0.9"));
    assert_eq!(spec.networks[1].network, "back");
}
