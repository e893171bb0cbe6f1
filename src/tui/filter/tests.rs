use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::tui::fixture;
use crate::tui::pane::Pane;
use crate::tui::summary::{HostSummary, Summary};
use crate::tui::table::Table;

fn names(pane: Pane, filter: &str) -> Vec<String> {
    let mut table = Table::new(pane);
    table.filter = Filter::parse(filter).unwrap();
    let snapshot = fixture::snapshot();
    table.refresh(&snapshot, &Summary::of(&snapshot), fixture::now());
    let name = |r: &Row| format!("{}/{}", r.host_id().map_or("", |h| h.as_str()), r.name());
    table.iter().map(name).collect()
}

#[rstest]
#[case("redis", &["prod-1/redis"])]
#[case("host=prod-1 shop !state=exited !db", &[
    "prod-1/shop-api-1", "prod-1/shop-web-1", "prod-1/shop-worker-1",
])]
#[case("state=paused", &["staging/frozen"])]
#[case("health=unhealthy", &["prod-2/shop-api-1"])]
#[case("image~grafana/", &["staging/grafana", "staging/loki"])]
#[case("image=postgres:* host=*-2", &["prod-2/shop-db-1"])]
#[case("restarts>2", &["staging/crash-loop"])]
#[case("label:com.docker.compose.project=monitoring name=l*", &["staging/loki"])]
#[case("project=shop host!=prod-1 state=exited", &["prod-2/shop-migrate-1"])]
#[case("数据", &["staging/übung-数据"])]
#[case("age<1h", &[])]
#[case("gfana", &["staging/grafana"])]
#[case("unhealthy", &["prod-2/shop-api-1"])]
fn rows_that_fit_are_kept(#[case] filter: &str, #[case] expected: &[&str]) {
    assert_eq!(names(Pane::Containers, filter), expected);
}

#[test]
fn other_panes_have_their_own_fields() {
    assert_eq!(names(Pane::Machines, "state=stale"), ["prod-3/prod-3"]);
    assert_eq!(names(Pane::Machines, "label:env=edge"), ["edge/edge"]);
    assert_eq!(names(Pane::Images, "size>400m host=laptop").len(), 1);
    assert_eq!(
        names(Pane::Volumes, "!state=used host=prod-1"),
        ["prod-1/backup-2025"]
    );
    assert_eq!(
        names(Pane::Networks, "driver=host host=prod-1"),
        ["prod-1/host"]
    );
}

#[test]
fn measured_things_compare() {
    let all = names(Pane::Containers, "cpu>=0");
    let mut parts = names(Pane::Containers, "cpu>2.3");
    parts.extend(names(Pane::Containers, "cpu<=2.3"));
    parts.sort();
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(parts, sorted);
    assert!(names(Pane::Containers, "mem>1g").is_empty());
    assert_eq!(names(Pane::Containers, "mem<1024mb").len(), all.len());
}

#[rstest]
#[case("foo=1", "nothing is called \"foo\"")]
#[case("hots=x", "did you mean host?")]
#[case("cpu=1", "is a number")]
#[case("host>1", "is text")]
#[case("cpu>x", "is no number")]
#[case("age<5q", "units: s m h d w")]
fn mistakes_are_explained(#[case] filter: &str, #[case] said: &str) {
    let e = Filter::parse(filter).unwrap_err();
    let all = format!("{e}; {}", e.hint().unwrap_or_default());
    assert!(all.contains(said), "{all}");
}

#[test]
fn what_was_found_is_known_for_painting() {
    let filter = Filter::parse("shpi").unwrap();
    let hits = filter.hits("shop-api");
    assert_eq!(hits.len(), 4);
    assert!(filter.hits("zzz").is_empty());
}

/// What is typed on is looked for among the rows that are left, and that is the same.
#[test]
fn narrowing_finds_the_same_as_looking_anew() {
    let snapshot = fixture::snapshot();
    let summary = Summary::of(&snapshot);
    for text in [
        "shop api",
        "shpi state=running",
        "host=prod-1 Redis",
        "image~post !db",
        "abcd",
    ] {
        let mut table = Table::new(Pane::Containers);
        for end in (0..=text.len()).chain((0..text.len()).rev()) {
            let Ok(filter) = Filter::parse(&text[..end]) else {
                continue;
            };
            table.filter = filter.clone();
            table.touch();
            table.refresh(&snapshot, &summary, fixture::now());
            let mut fresh = Table::new(Pane::Containers);
            fresh.filter = filter;
            fresh.refresh(&snapshot, &summary, fixture::now());
            let names = |t: &Table| t.iter().map(Row::key).collect::<Vec<_>>();
            assert_eq!(names(&table), names(&fresh), "{}", &text[..end]);
        }
    }
}

proptest! {
    /// Whatever is typed, a filter is read or explained, and a filter and its negation share the
    /// rows between them.
    #[test]
    fn a_term_and_its_negation_divide_the_rows(
        term in r"[a-z]{1,5}|host=[a-z*]{1,4}|state=(running|exited)|cpu>[0-9]{1,2}|label:[a-z]{1,3}",
    ) {
        let count = |filter: &str| {
            let mut of: BTreeMap<String, usize> = BTreeMap::new();
            for name in names(Pane::Containers, filter) {
                *of.entry(name).or_default() += 1;
            }
            of
        };
        let mut both = count(&term);
        for (name, n) in count(&format!("!{term}")) {
            *both.entry(name).or_default() += n;
        }
        prop_assert_eq!(both, count(""));
    }

    #[test]
    fn nothing_typed_breaks_it(text in "\\PC{0,40}") {
        if let Ok(filter) = Filter::parse(&text) {
            let row = Row::Machine(Arc::clone(&fixture::snapshot().hosts[0]));
            let host = HostSummary::default();
            filter.keeps(&row, &Haystack::of(&row, &host), &host, fixture::now());
        }
    }
}
