use rstest::rstest;

use super::*;
use crate::domain::spec::{ContainerSpec, EndpointSpec, MountKind, MountSpec, Resources};

#[rstest]
#[case(512 << 20, "512m")]
#[case(3 << 30, "3g")]
#[case(1025, "1025")]
#[case(-1, "-1")]
fn sizes_are_exact(#[case] bytes: i64, #[case] word: &str) {
    assert_eq!(size_word(bytes), word);
}

#[test]
fn numbers_come_back() {
    for nano in [1_000_000_000, 500_000_000, 1_250_000_000, 1] {
        assert_eq!(parse_cpus(&cpus_word(nano)).unwrap(), nano);
    }
    for nanos in [
        1_000_000_000,
        90_000_000_000,
        250_000_000,
        3_600_000_000_000,
        1,
    ] {
        let back = parse_duration(&duration_word(nanos)).unwrap();
        assert_eq!(back.as_nanos() as i64, nanos);
    }
}

#[rstest]
#[case("8080:80")]
#[case("127.0.0.1:8080:80/udp")]
#[case("[::1]:8080:80")]
#[case("127.0.0.1::80")]
#[case("80/sctp")]
fn ports_come_back(#[case] text: &str) {
    let ports = published(&[text.to_owned()]).unwrap();
    assert_eq!(port_word(&ports[0]), text);
}

#[rstest]
#[case("data:/data")]
#[case("/etc/x:/x:ro,rshared")]
#[case("/anonymous")]
fn volumes_come_back(#[case] text: &str) {
    assert_eq!(
        mount_word(&volume_option(text).unwrap()),
        (true, text.to_owned())
    );
}

#[rstest]
#[case("type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1777")]
#[case("type=bind,source=/a,target=/b,readonly")]
#[case("type=volume,source=v,target=/b,volume-driver=nfs,volume-opt=o=ro")]
fn mounts_come_back(#[case] text: &str) {
    assert_eq!(mount_word(&mount(text).unwrap()), (false, text.to_owned()));
}

fn web() -> ContainerSpec {
    ContainerSpec {
        image: "nginx:1.27".to_owned(),
        env: vec!["A=1 2".to_owned()],
        command: Some(vec!["-v".to_owned()]),
        entrypoint: Some(vec!["sh".to_owned(), "-c".to_owned()]),
        mounts: vec![MountSpec {
            kind: MountKind::Volume,
            source: "data".to_owned(),
            target: "/data".to_owned(),
            ..MountSpec::default()
        }],
        networks: vec![EndpointSpec {
            network: "shop".to_owned(),
            aliases: vec!["www".to_owned()],
            ..EndpointSpec::default()
        }],
        resources: Resources {
            memory: Some(64 << 20),
            memory_swap: Some(-1),
            nano_cpus: Some(1_500_000_000),
            ..Resources::default()
        },
        ..ContainerSpec::default()
    }
}

#[test]
fn a_container_is_a_line_for_the_shell() {
    assert_eq!(
        container_words(Some("web"), &web()).join(" "),
        "--name web --entrypoint sh --env A=1 2 --volume data:/data --network name=shop,alias=www \
         --memory 64m --memory-swap=-1 --cpus 1.5 nginx:1.27 -c -v"
    );
}

#[test]
fn an_update_says_only_what_is_otherwise() {
    let mut to = web();
    to.resources.memory = Some(128 << 20);
    to.resources.nano_cpus = None;
    to.env = vec!["B=1".to_owned()];
    to.image = "nginx:1.28".to_owned();
    assert_eq!(
        update_words(&web(), &to).join(" "),
        "--image nginx:1.28 --env B=1 --memory 128m --unset env.A --unset nanoCpus"
    );
    assert!(update_words(&web(), &web()).is_empty());
    let mut back = web();
    let words = ["nanoCpus", "env.A"];
    assert!(words.iter().all(|w| back.unset(w)));
}
