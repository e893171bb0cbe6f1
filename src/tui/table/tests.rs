use proptest::prelude::*;

use super::*;
use crate::domain::id::Kind;
use crate::tui::fixture::{self, Player, changed, ct};
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
