use proptest::prelude::*;

use super::*;
use crate::domain::id::Kind;
use crate::tui::fixture::{self, Player, changed, ct};
use crate::tui::overlay::Overlay;
use crate::tui::pane::Pane;

fn player() -> Player {
    let mut player = Player::new(100, 30);
    player.keys("2+");
    player
}

#[test]
fn the_cursor_stays_on_its_thing_when_rows_come_and_go() {
    let mut p = player();
    p.keys("/shop<Enter>jj");
    let before = p.under_cursor();
    let place = p.model.focused().cursor - p.model.focused().offset;
    let next = changed(&fixture::snapshot(), "prod-1", |h| {
        let mut all = (*h.containers).clone();
        all.push(ct("prod-1", "a-shop-first", "busybox").done());
        h.containers = all.into();
    });
    p.fleet(next);
    assert_eq!(p.under_cursor(), before);
    let table = p.model.focused();
    assert!(table.cursor - table.offset >= place);
}

#[test]
fn until_it_is_moved_the_cursor_stays_at_the_top() {
    let mut p = player();
    let next = changed(&fixture::snapshot(), "prod-1", |h| {
        let mut all = (*h.containers).clone();
        all.push(ct("prod-1", "aaa", "busybox").done());
        h.containers = all.into();
    });
    p.fleet(next);
    assert_eq!(p.under_cursor(), "aaa");
}

#[test]
fn a_row_that_is_gone_leaves_the_cursor_near() {
    let mut p = player();
    p.keys("G");
    let last = p.model.focused().len();
    p.fleet(changed(&fixture::snapshot(), "staging", |h| {
        h.containers = Vec::new().into();
    }));
    let table = p.model.focused();
    assert!(table.len() < last);
    assert_eq!(table.cursor, table.len() - 1);
}

#[test]
fn marks_follow_their_things_and_go_with_them() {
    let mut p = player();
    p.keys("/redis<Enter><space>/<C-u>frozen<Enter><space>");
    assert_eq!(p.model.focused().marked(), 2);
    p.fleet(changed(&fixture::snapshot(), "staging", |h| {
        h.containers = Vec::new().into();
    }));
    let chosen: Vec<String> = p
        .model
        .chosen()
        .iter()
        .map(|r| r.name().into_owned())
        .collect();
    assert_eq!(
        chosen,
        ["redis"],
        "the other one is gone, and so is its mark"
    );
}

#[test]
fn a_range_is_marked_from_where_it_began() {
    let mut p = player();
    p.keys("jVjjj");
    assert_eq!(p.model.focused().marked(), 4);
    p.keys("kk");
    assert_eq!(p.model.focused().marked(), 2, "it shrinks again");
    p.keys("Vj");
    assert_eq!(p.model.focused().marked(), 2, "it is over");
    p.keys("*");
    assert_eq!(p.model.focused().marked(), p.model.focused().len());
    p.keys("u");
    assert_eq!(p.model.focused().marked(), 0);
}

#[test]
fn columns_order_rows_and_back() {
    let mut p = player();
    let by_name = p.names();
    p.keys("O");
    let mut reversed = p.names();
    reversed.reverse();
    let mut a = by_name.clone();
    a.sort();
    reversed.sort();
    assert_eq!(a, reversed);
    p.keys("Oo");
    let first = p.model.focused().row(0).unwrap().clone();
    assert!(
        matches!(first, Row::Container(_, c) if c.is_problem()),
        "problems first"
    );
    // Round all columns, and the first one again.
    for _ in 0..30 {
        p.keys("o");
        let table = p.model.focused();
        let column = &table.sort;
        let key = |r: &Row| column.key(r, p.model.summary.of_row(r));
        let rows: Vec<&Row> = table.iter().collect();
        let sorted = rows.is_sorted_by(|a, b| {
            let order = key(a).compare(&key(b));
            let order = if column.column.descending {
                order.reverse()
            } else {
                order
            };
            order
                .then_with(|| crate::tui::column::by_identity(a, b))
                .is_le()
        });
        assert!(sorted, "by {}", column.title);
    }
}

#[test]
fn half_a_page_is_half_a_page() {
    let mut p = Player::new(80, 24);
    p.fleet(fixture::large(1, 200));
    let height = p.model.focused().height;
    p.keys("<C-d>");
    assert_eq!(p.model.focused().cursor, height / 2);
    p.keys("<C-f>");
    assert_eq!(p.model.focused().cursor, height / 2 + height);
    p.keys("G<C-u>g");
    assert_eq!((p.model.focused().cursor, p.model.focused().offset), (0, 0));
}

#[test]
fn scopes_keep_what_belongs_to_them() {
    let snapshot = fixture::snapshot();
    let scoped = |kind, host: &str, id: &str, name: &str| {
        let mut table = Table::new(Pane::Containers);
        let object = crate::domain::id::ObjectRef::new(host, kind, id, name);
        table.scope = Some(Scope::Of(object));
        table.refresh(&snapshot, &Summary::of(&snapshot), fixture::now());
        table
            .iter()
            .map(|r| r.name().into_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        scoped(Kind::Service, "prod-1", "shop/db", "shop/db"),
        ["shop-db-1"]
    );
    assert_eq!(
        scoped(Kind::Project, "staging", "monitoring", "monitoring").len(),
        3
    );
    assert_eq!(
        scoped(Kind::Volume, "prod-2", "shop_pgdata", "shop_pgdata"),
        ["shop-db-1"]
    );
    let bridge = snapshot.host(&"prod-1".into()).unwrap().networks[0].clone();
    let members = scoped(Kind::Network, "prod-1", bridge.id.as_str(), "bridge");
    assert_eq!(members.len(), 6);
}

/// Lines as they stand: depth, name, open or closed.
fn lines(p: &Player) -> Vec<(u8, String, Option<bool>)> {
    let table = p.model.focused();
    (0..table.len())
        .map(|n| {
            let name = table.row(n).unwrap().name().into_owned();
            let fold = table.fold(n);
            (fold.map_or(0, |f| f.depth), name, fold.and_then(|f| f.open))
        })
        .collect()
}

#[test]
fn groups_have_every_row_once_and_can_be_closed() {
    let mut p = player();
    let mut all = p.names();
    all.sort();
    p.keys("b");
    assert_eq!(p.model.focused().grouping, Grouping::Host);
    let grouped = lines(&p);
    let mut rows: Vec<String> = grouped
        .iter()
        .filter(|(depth, ..)| *depth == 1)
        .map(|(_, name, _)| name.clone())
        .collect();
    rows.sort();
    assert_eq!(rows, all);
    let heads = grouped.iter().filter(|l| l.2.is_some()).count();
    p.keys("gz");
    assert_eq!(lines(&p)[0].2, Some(false));
    assert_eq!(lines(&p)[1].0, 0, "the next host follows at once");
    p.keys("Z");
    assert_eq!(p.model.focused().len(), heads, "all are closed");
    p.keys("Z");
    assert_eq!(lines(&p), grouped, "and open again");
    assert_eq!(p.model.focused().count(), all.len());
    p.keys("bb");
    assert_eq!(p.model.focused().grouping, Grouping::None);
}

#[test]
fn a_line_over_others_stands_for_them() {
    let mut p = player();
    p.keys("/host=prod-1<space>shop<Enter>bbg");
    assert_eq!(p.model.focused().grouping, Grouping::Project);
    assert_eq!(lines(&p)[0].1, "shop");
    let names = |rows: Vec<Row>| {
        rows.iter()
            .map(|r| r.name().into_owned())
            .collect::<Vec<_>>()
    };
    let under = names(p.model.chosen());
    assert_eq!(
        under.len(),
        p.model.focused().count(),
        "what the filter hides is not meant"
    );
    assert!(under.iter().all(|n| n.starts_with("shop-")));
    p.keys("<space>");
    assert_eq!(p.model.focused().marked(), under.len());
    p.keys("g<space>");
    assert_eq!(p.model.focused().marked(), 0);
}

#[test]
fn the_tree_says_who_owns_what() {
    let mut p = player();
    p.keys("v/host=prod-1<space>name=shop-db-1<Enter>");
    let path: Vec<(u8, String)> = lines(&p).into_iter().map(|(d, n, _)| (d, n)).collect();
    let expected = [(0, "prod-1"), (1, "shop"), (2, "shop/db"), (3, "shop-db-1")];
    assert_eq!(path, expected.map(|(d, n)| (d, n.to_owned())));
    p.keys("Gz");
    let owned: Vec<String> = lines(&p).into_iter().skip(4).map(|(_, n, _)| n).collect();
    assert!(owned.contains(&"shop_pgdata".to_owned()), "{owned:?}");
    p.keys("j");
    assert_eq!(p.model.chosen()[0].kind(), Some(Kind::Volume));
    assert!(
        p.model
            .contexts()
            .contains(&crate::tui::keymap::Context::Volumes)
    );
    p.keys("v");
    assert_eq!(p.names(), ["shop-db-1"], "a list again");
}

#[test]
fn rows_keep_their_order_whatever_changes() {
    let mut p = Player::new(160, 48);
    p.fleet(fixture::large(6, 20));
    for keys in ["", "o", "oooo", "O", "o"] {
        p.keys(keys);
        for host in ["node-001", "node-004"] {
            let next = changed(&p.model.snapshot.clone(), host, |h| {
                let mut all = (*h.containers).clone();
                let old = all.remove(3);
                let mut new = (*old).clone();
                new.state = crate::domain::observed::ContainerState::Paused;
                all.push(new.into());
                all.push(ct(host, &format!("fresh-{keys}"), "busybox").done());
                h.containers = all.into();
            });
            p.fleet(next);
        }
        let table = p.model.focused();
        let mut fresh = Table::new(Pane::Containers);
        fresh.sort = table.sort.clone();
        fresh.reversed = table.reversed;
        fresh.refresh(&p.model.snapshot, &p.model.summary, p.model.now);
        let keys_of = |t: &Table| t.iter().map(Row::key).collect::<Vec<_>>();
        assert_eq!(keys_of(table), keys_of(&fresh), "by {}", table.sort.name);
    }
}

#[test]
fn columns_are_chosen_and_taken_back() {
    let mut p = Player::new(160, 24);
    p.keys("2+W");
    let Some(Overlay::Columns(columns)) = p.model.overlays.last() else {
        panic!("no list");
    };
    let label = columns
        .items
        .iter()
        .position(|i| i.field.name.starts_with("label:"));
    p.keys(&"j".repeat(label.unwrap())).keys("<space>");
    let title = p
        .model
        .table(Pane::Containers)
        .fields
        .last()
        .map(|f| f.title.to_string());
    assert!(title.is_some());
    let chosen = p.model.table(Pane::Containers).chosen_columns.clone();
    assert!(chosen.iter().any(|c| c.starts_with("label:")), "{chosen:?}");
    p.keys("KKK<Esc>");
    assert!(p.model.table(Pane::Containers).chosen_columns.is_empty());
    p.keys("WJ<Enter>");
    assert_eq!(
        p.model.table(Pane::Containers).chosen_columns[..2],
        ["state", "name"]
    );
    p.keys("Wd<Enter>");
    assert!(p.model.table(Pane::Containers).chosen_columns.is_empty());
    p.keys(":")
        .text("columns name cpu label:env")
        .keys("<Enter>");
    assert_eq!(
        p.model.table(Pane::Containers).chosen_columns,
        ["name", "cpu", "label:env"]
    );
    p.keys(":").text("sort --reverse cpu").keys("<Enter>");
    let table = p.model.table(Pane::Containers);
    assert_eq!((&*table.sort.name, table.reversed), ("cpu", true));
    p.keys(":").text("columns nmae").keys("<Enter>");
    assert!(p.screen().contains("did you mean name?"), "{}", p.screen());
}

#[test]
fn configured_columns_that_are_none_are_told() {
    let mut p = Player::with(120, 30, |o| {
        let columns = ["name", "cup", "label:com.docker.compose.service"];
        let columns = columns.map(str::to_owned).to_vec();
        o.columns.insert("containers".to_owned(), columns);
    });
    p.keys("2+");
    let screen = p.screen();
    assert!(
        screen.contains("SERVICE") && !screen.contains("IMAGE"),
        "{screen}"
    );
}

#[test]
fn tiles_are_walked_in_both_directions() {
    let mut p = Player::new(160, 48);
    p.keys("8");
    let across = p.model.focused().stride;
    assert!(across > 1);
    p.keys("<Right>");
    assert_eq!(p.model.focused().cursor, 1);
    p.keys("j");
    assert_eq!(
        p.model.focused().cursor,
        (1 + across).min(p.model.focused().len() - 1)
    );
    p.keys("k");
    let first = p.under_cursor();
    p.keys("<Enter>");
    assert_eq!(p.model.nav.pane, Pane::Containers);
    let hosts = p
        .model
        .focused()
        .iter()
        .all(|r| r.host_id().unwrap().as_str() == first);
    assert!(hosts);
    p.keys("<Esc>");
    assert_eq!(p.model.nav.pane, Pane::Fleet);
    assert_eq!(p.under_cursor(), first);
}

#[test]
fn tiles_show_what_their_machines_used_lately() {
    let mut p = Player::new(200, 50);
    p.keys("8");
    let line = |p: &Player| {
        let screen = p.screen();
        let lines = screen
            .lines()
            .filter(|l| l.contains('▁') || l.contains('█'));
        lines.count()
    };
    assert_eq!(line(&p), 0);
    for n in 1..4 {
        let next = changed(&p.model.snapshot.clone(), "prod-1", |h| {
            let mut usage = (*h.usage).clone();
            for m in usage.values_mut() {
                m.at += chrono::TimeDelta::seconds(5);
                m.usage.cpu = Some(f64::from(n) * 200.0);
            }
            h.usage = usage.into();
        });
        p.fleet(next);
    }
    assert!(line(&p) > 0, "{}", p.screen());
    let shares: Vec<f64> = p.model.activity.pulse_of(&"prod-1".into()).collect();
    assert!(shares.is_sorted() && shares.len() == 3, "{shares:?}");
}

#[test]
fn a_range_of_a_hundred_thousand_is_drawn_at_once() {
    let mut p = Player::new(120, 40);
    p.fleet(fixture::large(10, 1_000));
    p.keys("VG");
    assert_eq!(p.model.focused().marked(), 10_000);
    assert_eq!(
        p.model.focused().marks.len(),
        0,
        "none is written down before the end"
    );
    p.keys("V");
    assert_eq!(p.model.focused().marks.len(), 10_000);
}

proptest! {
    /// Whatever is pressed, the cursor is on a row and the row on the screen.
    #[test]
    fn the_cursor_is_always_on_the_screen(
        steps in proptest::collection::vec((0usize..8, 0usize..60), 1..40),
        height in 8u16..40,
    ) {
        let mut p = Player::new(80, height);
        for (what, n) in steps {
            match what {
                0 => { p.keys("j"); }
                1 => { p.keys("<C-d>"); }
                2 => { p.keys("k"); }
                3 => { p.keys("G"); }
                4 => { p.keys("O"); }
                5 => { p.model.size = (80, 8 + n as u16 / 2); p.settle(); }
                6 => { p.fleet(fixture::large(1, n)); }
                _ => { p.model.focused_mut().scroll(n as isize - 30); }
            }
            p.settle();
            let t = p.model.focused();
            prop_assert!(t.is_empty() && t.cursor == 0 || t.cursor < t.len());
            prop_assert!(t.offset <= t.cursor && t.cursor < t.offset + t.height.max(1));
        }
    }
}
