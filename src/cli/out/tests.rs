use std::sync::{Arc, Mutex};

use rstest::rstest;

use super::*;
use crate::domain::error::ErrorKind as Kind;

/// What was written, readable while it is being written.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output with its two ends.
pub(crate) fn captured(terminals: Terminals, colour: Colour) -> (Out, Sink, Sink) {
    let (stdout, stderr) = (Sink::default(), Sink::default());
    let out = Out::new(
        Box::new(stdout.clone()),
        Box::new(stderr.clone()),
        terminals,
        colour,
        false,
    );
    (out, stdout, stderr)
}

struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listing() -> Listing {
    let mut table = Table::new(&["NAME"]);
    table.row(vec!["web".into()]);
    Listing {
        kind: "Container",
        items: vec![json!({ "host": "prod-1", "name": "web", "id": "0123" })],
        errors: vec![Problem {
            host: Some(HostId::new("prod-2")),
            error: Error::new(Kind::Unreachable, "connect to prod-2").with_hint("is it up?"),
        }],
        wide: Table::new(&["NAME", "MORE"]),
        table,
        more: Vec::new(),
    }
}

#[rstest]
#[case("table", "NAME\nweb\n")]
#[case("wide", "NAME   MORE\n")]
#[case("name", "prod-1/web\n")]
#[case("{{.name}}:{{.host}}", "web:prod-1\n")]
#[case(
    "jsonl",
    concat!(
        r#"{"apiVersion":"pilothouse/v1","kind":"ContainerList"}"#,
        "\n",
        r#"{"host":"prod-1","id":"0123","name":"web"}"#,
        "\n",
        r#"{"error":{"hint":"is it up?","host":"prod-2","kind":"unreachable","message":"connect to prod-2"}}"#,
        "\n"
    )
)]
fn a_listing_has_every_format(#[case] format: &str, #[case] expected: &str) {
    let (mut out, stdout, stderr) = captured(Terminals::default(), Colour::Auto);
    let format = Format::parse(format).unwrap();
    out.listing(&listing(), &format).unwrap();
    assert_eq!(stdout.text(), expected);
    assert_eq!(stderr.text(), "Error: connect to prod-2\nHint: is it up?\n");
}

#[test]
fn json_is_one_document() {
    let (mut out, stdout, _) = captured(Terminals::default(), Colour::Auto);
    out.listing(&listing(), &Format::Json).unwrap();
    let document: Value = serde_json::from_str(&stdout.text()).unwrap();
    assert_eq!(document["apiVersion"], "pilothouse/v1");
    assert_eq!(document["kind"], "ContainerList");
    assert_eq!(document["items"][0]["name"], "web");
    assert_eq!(document["errors"][0]["host"], "prod-2");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let terminals = Terminals::default();
    let mut out = Out::new(
        Box::new(Gone),
        Box::new(Gone),
        terminals,
        Colour::Auto,
        false,
    );
    let written = out.line("x").and_then(|()| out.flush());
    assert!(matches!(written, Err(Stop::Closed)));
    out.say("nobody hears this");
}

#[test]
fn a_terminal_gets_nothing_to_obey() {
    let terminal = Terminals {
        stdout: true,
        ..Terminals::default()
    };
    let (mut out, stdout, _) = captured(terminal, Colour::Auto);
    out.line("a\x1b[2Jb\x1b[31mc\x1b[0m").unwrap();
    let item = json!({ "name": "\u{1b}]0;owned\u{7}x" });
    out.item(&item, &Format::parse("{{.name}}").unwrap())
        .unwrap();
    out.flush().unwrap();
    assert_eq!(stdout.text(), "ab\x1b[31mc\x1b[0m\nx\n");
}

#[rstest]
#[case("jsn", "did you mean \"json\"?")]
#[case("{{.name}", "the braces are not closed")]
fn bad_formats_are_explained(#[case] format: &str, #[case] message: &str) {
    let e = Format::parse(format).unwrap_err();
    assert!(e.contains(message), "{e}");
}
