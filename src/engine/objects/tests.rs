use super::*;
use crate::engine::canned::{ALL, answer};

#[test]
fn every_engines_image_is_the_same_from_list_and_inspect() {
    for engine in ALL {
        let rows: Vec<ImageRow> = answer(engine, "images");
        let row = image(&rows[0], &mut Words::default());
        let full = image_details(&answer(engine, "image"));
        assert!(row.name().ends_with("pilothouse/box:1"), "{row:?}");
        assert!(row.id.as_str().starts_with("sha256:"));
        assert_eq!(
            (&row.id, &row.tags, row.size),
            (&full.id, &full.tags, full.size)
        );
        assert_eq!(row.digests, full.digests);
        assert_eq!(
            row.created.map(|t| t.timestamp()),
            full.created.map(|t| t.timestamp())
        );
    }
}

#[test]
fn a_dangling_image_has_no_names() {
    let row: ImageRow = serde_json::from_str(
        r#"{"Id":"sha256:0f","RepoTags":["<none>:<none>"],"RepoDigests":["<none>@<none>"],
            "Created":-62135596800,"Size":-1}"#,
    )
    .unwrap();
    let image = image(&row, &mut Words::default());
    assert_eq!(image.name(), "");
    assert_eq!(
        (image.digests.len(), image.created, image.size),
        (0, None, 0)
    );
}

#[test]
fn every_engines_volume_is_read() {
    for engine in ALL {
        let list: VolumeList = answer(engine, "volumes");
        let v = volume(&list.volumes[0], &mut Words::default());
        assert_eq!((&*v.name, &*v.driver), ("probev", "local"));
        assert!(v.mountpoint.ends_with("/probev/_data"));
        assert!(v.created.is_some() && v.size.is_none());
    }
    let none: VolumeList = serde_json::from_str(r#"{"Volumes":null}"#).unwrap();
    assert!(none.volumes.is_empty());
}

#[test]
fn every_engines_default_network_is_read() {
    for engine in ALL {
        let rows: Vec<RawNetwork> = answer(engine, "networks");
        let words = &mut Words::default();
        let all: Vec<Network> = rows.iter().map(|r| network(r, words)).collect();
        let bridge = all.iter().find(|n| &*n.name == "bridge").unwrap();
        assert_eq!(bridge.subnets.len(), 1);
        assert!(bridge.is_builtin() && bridge.created.is_some());
        assert_eq!((&*bridge.driver, &*bridge.scope), ("bridge", "local"));
    }
}
