use super::*;
use crate::engine::canned::{ALL, DOCKER_20, DOCKER_28, PODMAN_4, PODMAN_5, answer};

#[test]
fn every_engine_says_what_it_is() {
    for (engine, product, version, os) in [
        (
            DOCKER_20,
            "Docker",
            "20.10.24+dfsg1",
            "Debian GNU/Linux 12 (bookworm)",
        ),
        (
            DOCKER_28,
            "Docker",
            "28.5.2+dfsg4",
            "Debian GNU/Linux 12 (bookworm)",
        ),
        (PODMAN_4, "Podman", "4.3.1", "debian 12"),
        (PODMAN_5, "Podman", "5.4.2", "debian 12"),
    ] {
        let e = info(&answer(engine, "info"), false, "1.41");
        assert_eq!((&*e.product, &*e.version, &*e.os), (product, version, os));
        assert_eq!(
            (e.cpus, e.memory, &*e.cgroup_version),
            (2, 25_276_502_016, "1")
        );
        assert_eq!((&*e.api, e.swarm_manager), ("1.41", false));
        assert!(e.system_time.is_some() && !e.kernel.is_empty() && !e.name.is_empty());
    }
}

#[test]
fn disk_use_is_counted_without_nonsense() {
    for engine in ALL {
        let used = disk_use(&answer(engine, "df"));
        assert!(used.images > 1_900_000, "{used:?}");
        assert_eq!(used.volume_sizes.get("probev"), Some(&0));
    }
    let odd: Usage = serde_json::from_str(
        r#"{"LayersSize":-5,"Images":[{"Size":10,"SharedSize":-1}],
            "Containers":[{"SizeRw":-7},{"SizeRw":3},{}],
            "Volumes":[{"Name":"a","UsageData":{"Size":-1}},{"Name":"b","UsageData":null},
                       {"Name":"c","UsageData":{"Size":4}}],
            "BuildCache":[{"Size":5,"Shared":true},{"Size":6}]}"#,
    )
    .unwrap();
    let used = disk_use(&odd);
    assert_eq!(
        (used.images, used.containers, used.volumes, used.build_cache),
        (10, 3, 4, 6)
    );
    assert_eq!(used.volume_sizes.len(), 1);
}
