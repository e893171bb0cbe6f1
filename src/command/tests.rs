use rstest::rstest;

use super::*;
use crate::domain::id::ObjectRef;

fn web() -> ObjectRef {
    ObjectRef::new("prod-1", Kind::Container, "0123456789abcdef", "web")
}

#[test]
fn names_are_unique_and_docs_are_phrases() {
    let mut seen = std::collections::BTreeSet::new();
    for c in TABLE {
        for name in c.aliases.iter().chain([&c.name]) {
            assert!(seen.insert(*name), "{name} twice");
        }
        assert!(!c.doc.is_empty() && !c.doc.ends_with('.'), "{}", c.name);
        assert!(!c.scopes.is_empty(), "{} works nowhere", c.name);
        for arg in c.args {
            assert!(!arg.doc.is_empty() && !arg.doc.ends_with('.'));
        }
    }
}

#[test]
fn what_changes_the_fleet_has_a_verb_and_is_in_the_palette() {
    for c in TABLE.iter().filter(|c| c.changes) {
        assert!(c.verb.is_some() && c.palette, "{}", c.name);
    }
    for c in TABLE.iter().filter(|c| !c.changes) {
        assert_eq!(c.danger, Danger::Safe, "{}", c.name);
    }
}

#[rstest]
#[case("stop", "pilothouse stop prod-1/web")]
#[case("stop -t 5", "pilothouse stop --time 5 prod-1/web")]
#[case("stop -t5 'prod-*/w*'", "pilothouse stop --time 5 'prod-*/w*'")]
#[case("kill -s TERM", "pilothouse kill --signal TERM prod-1/web")]
#[case("rm -fv", "pilothouse rm --force --volumes prod-1/web")]
#[case("remove --kind=vol data", "pilothouse rm --kind volume data")]
#[case("exec", "pilothouse exec prod-1/web")]
#[case("exec web ls -l", "pilothouse exec web ls -l")]
#[case("prune images volumes", "pilothouse prune image volume")]
#[case("rename web api", "pilothouse rename web api")]
#[case("inspect", "pilothouse inspect prod-1/web")]
fn a_line_can_be_given_to_a_shell(#[case] line: &str, #[case] shell: &str) {
    assert_eq!(parse(line).unwrap().shell(&[web()]).unwrap(), shell);
}

#[test]
fn other_kinds_say_what_they_are() {
    let volume = ObjectRef::new("h", Kind::Volume, "my data", "my data");
    let line = parse("rm").unwrap().shell(&[volume]).unwrap();
    assert_eq!(line, "pilothouse rm --kind volume 'h/my data'");
    let machine = ObjectRef::new("h", Kind::Machine, "h", "h");
    let line = parse("stop").unwrap().shell(&[machine]).unwrap();
    assert_eq!(line, "pilothouse machine stop h");
    assert_eq!(parse("sort").unwrap().shell(&[web()]), None);
}

#[rstest]
#[case("stpo", "no command is called", "did you mean stop?")]
#[case(
    "stop --tim 5",
    "stop has no flag --tim",
    "stop [--time TIME] TARGET..."
)]
#[case("stop -t soon", "whole seconds", "")]
#[case("prune machines", "is not one of", "")]
#[case("goto-images x", "takes no", "")]
#[case("stop 'x", "quote", "")]
#[case("kill -s", "needs a value", "")]
fn mistakes_are_explained(#[case] line: &str, #[case] message: &str, #[case] hint: &str) {
    let e = parse(line).unwrap_err();
    assert!(e.to_string().contains(message), "{e}");
    assert!(
        e.hint().unwrap_or_default().contains(hint),
        "{:?}",
        e.hint()
    );
}

#[test]
fn what_is_missing_is_named_unless_the_selection_stands_in() {
    assert!(parse("stop").unwrap().check(&[]).is_err());
    assert!(parse("stop").unwrap().check(&[web()]).is_ok());
    let e = parse("rename web").unwrap().check(&[web()]).unwrap_err();
    assert!(e.to_string().contains("NAME"), "{e}");
}

#[test]
fn words_may_hold_anything_in_quotes() {
    for word in ["", "a b", "it's", "$HOME", "*", "ä", "--", "a\\b"] {
        let back = words(&quote(word)).unwrap();
        assert_eq!(back, [word]);
    }
}
