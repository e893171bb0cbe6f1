//! Every pane, empty, full, with long and wide text, with hosts that do not answer.

use rstest::rstest;

use crate::domain::observed::{Container, Image, Network, Volume};
use crate::domain::snapshot::Snapshot;
use crate::tui::fixture::{self, Player, changed, ct, styles};

use std::sync::Arc;

/// A fleet whose only host has nothing.
fn empty() -> Arc<Snapshot> {
    let mut next = (*fixture::snapshot()).clone();
    let mut hosts = (*next.hosts).clone();
    hosts.truncate(1);
    next.hosts = hosts.into();
    next.operations = Arc::default();
    changed(&next, "prod-1", |h| {
        h.containers = Arc::default();
        h.volumes = Arc::default();
        h.networks = Arc::default();
        h.images = Arc::default();
    })
}

/// Names that are long, wide, of no width, right to left.
const NAMES: [&str; 6] = [
    "a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-x",
    "数据库数据库数据库数据库数据库数据库数据库数据库数据库数据库数据库数据库数据库数据库",
    "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
    "👩‍👩‍👧‍👦-family-e\u{301}\u{301}\u{301}",
    "x",
    "שלום-עולם",
];

/// The fleet with such names everywhere.
fn wide() -> Arc<Snapshot> {
    changed(&fixture::snapshot(), "prod-1", |h| {
        let container = |name: &&str| -> Arc<Container> {
            let image = format!("registry.example.com/{name}/{name}:{name}");
            ct("prod-1", name, &image).compose(name, name).done()
        };
        h.containers = NAMES.iter().map(container).collect::<Vec<_>>().into();
        let mut volumes: Vec<Arc<Volume>> = Vec::new();
        let mut networks: Vec<Arc<Network>> = Vec::new();
        let mut images: Vec<Arc<Image>> = Vec::new();
        for name in NAMES {
            let mut v = (*h.volumes[0]).clone();
            v.name = name.into();
            volumes.push(v.into());
            let mut n = (*h.networks[0]).clone();
            n.name = name.into();
            networks.push(n.into());
            let mut i = (*h.images[0]).clone();
            i.tags = vec![format!("{name}:{name}").into()];
            images.push(i.into());
        }
        (h.volumes, h.networks, h.images) = (volumes.into(), networks.into(), images.into());
    })
}

/// The fleet without any host that answers.
fn away() -> Arc<Snapshot> {
    let mut next = (*fixture::snapshot()).clone();
    let hosts = next.hosts.iter();
    let hosts = hosts.filter(|h| h.link.error().is_some()).cloned();
    next.hosts = hosts.collect::<Vec<_>>().into();
    next.into()
}

fn player(case: &str, key: &str, width: u16, height: u16) -> Player {
    let mut p = Player::new(width, height);
    match case {
        "empty" => p.fleet(empty()),
        "wide" => p.fleet(wide()),
        "away" => p.fleet(away()),
        _ => &mut p,
    };
    p.keys(key);
    p
}

#[rstest]
fn panes(
    #[values(
        ("machines", "1"), ("containers", "2"), ("services", "3"), ("volumes", "4"),
        ("networks", "5"), ("images", "6"), ("operations", "7"), ("fleet", "8"),
        ("overview", "0"), ("tree", "2v"), ("by-host", "2b"), ("columns", "2W")
    )]
    pane: (&str, &str),
    #[values("empty", "full", "wide", "away")] case: &str,
    #[values((80, 24), (200, 50))] size: (u16, u16),
) {
    let (name, key) = pane;
    let (width, height) = size;
    let p = player(case, key, width, height);
    insta::assert_snapshot!(format!("{name}_{case}_{width}x{height}"), p.screen());
}

#[rstest]
fn pane_styles(
    #[values(("overview", "0"), ("containers", "2/shop<Enter><space>"), ("fleet", "8"), ("tree", "2v"))]
    pane: (&str, &str),
    #[values("full", "away")] case: &str,
) {
    let (name, key) = pane;
    let p = player(case, key, 120, 30);
    insta::assert_snapshot!(format!("{name}_{case}_styles"), styles(&p.buffer()));
}

/// Nothing that a thing is called can push another thing out of its column.
#[test]
fn wide_names_leave_the_columns_where_they_are() {
    for key in ["1", "2", "3", "4", "5", "6", "2v", "2b"] {
        for width in [80, 120, 200] {
            // Below 100 columns there is one pane at a time anyway.
            let zoom = if width < 100 { "" } else { "+" };
            let mut p = player("wide", &format!("{key}{zoom}"), width, 24);
            // What is said of the key goes away.
            p.wait(5_000);
            let buffer = p.buffer();
            for y in 1..buffer.area.height - 1 {
                let edge = buffer[(width - 1, y)].symbol();
                let good = ["│", "╮", "╯", "┃"].contains(&edge);
                assert!(good, "{key} at {width}, line {y}: {edge:?}\n{}", p.screen());
            }
        }
    }
}
