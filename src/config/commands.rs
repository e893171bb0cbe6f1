//! Reading `[[commands]]`: commands of the user's own.

use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

use super::guard::put;
use super::layer::Origin;
use super::read::{Node, Reader, items};
use super::slot::Slot;
use crate::domain::id::Kind;
use crate::domain::text::did_you_mean;

/// What `{...}` can stand for, beside the command's own inputs.
pub const PLACEHOLDERS: [&str; 8] = [
    "host", "endpoint", "kind", "id", "name", "image", "project", "service",
];

/// The kinds of rows that a command can be for.
const KINDS: [Kind; 7] = [
    Kind::Machine,
    Kind::Container,
    Kind::Service,
    Kind::Project,
    Kind::Volume,
    Kind::Network,
    Kind::Image,
];

/// One `[[commands]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCommand {
    /// What keys and the palette call it.
    pub name: String,
    /// A line for the shell; `{name}` and the like are put in quoted.
    pub run: String,
    pub doc: String,
    /// The kinds of rows it is for; none: it needs no row.
    pub kinds: Vec<Kind>,
    /// What is asked before it runs; each is a placeholder too.
    pub inputs: Vec<String>,
    /// Show the finished line and ask first.
    pub confirm: bool,
    /// Without the terminal; how it ended is said in a message.
    pub background: bool,
    /// It changes nothing, so it may run when nothing may be changed.
    pub read_only: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// One `[[commands]]` of a file.
pub(super) fn command(reader: &mut Reader<'_>, span: &Range<usize>, table: &DeTable<'_>) {
    let before = reader.mistakes.len();
    let (mut name, mut run, mut doc) = (String::new(), String::new(), String::new());
    let (mut kinds, mut inputs) = (Vec::new(), Vec::new());
    let (mut confirm, mut background, mut read_only) = (false, false, false);
    let mut run_at = span.clone();
    for (key, at, node) in items(table) {
        let path = format!("commands.{key}");
        match key {
            "name" => {
                put(reader, &path, node, &mut Slot::Text(&mut name));
                let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
                if !name.is_empty() && !name.chars().all(word) {
                    let said = format!("`{path}` must be one word of letters, digits, - and _");
                    reader.mistake(&node.span(), said, None::<String>);
                }
            }
            "run" => {
                run_at = node.span();
                put(reader, &path, node, &mut Slot::Text(&mut run));
            }
            "doc" => put(reader, &path, node, &mut Slot::Text(&mut doc)),
            "on" => kinds = kinds_of(reader, &path, node),
            "inputs" => inputs = reader.texts(&path, node).unwrap_or_default(),
            "confirm" => put(reader, &path, node, &mut Slot::Bool(&mut confirm)),
            "background" => put(reader, &path, node, &mut Slot::Bool(&mut background)),
            "read_only" => put(reader, &path, node, &mut Slot::Bool(&mut read_only)),
            _ => {
                let known = [
                    "name",
                    "run",
                    "doc",
                    "on",
                    "inputs",
                    "confirm",
                    "background",
                    "read_only",
                ];
                reader.unknown(&path, key, &at, known.into_iter());
            }
        }
    }
    for (what, text) in [("name", &name), ("run", &run)] {
        if text.is_empty() && reader.mistakes.len() == before {
            let said = format!("a command needs a `{what}`");
            let hint = "like name = \"dive\" and run = \"dive {image}\"";
            reader.mistake(span, said, Some(hint));
        }
    }
    placeholders(reader, &run_at, &run, &inputs, kinds.is_empty());
    if reader.mistakes.len() == before {
        let origin = reader.source.origin(span.start);
        reader.layer.commands.push(Arc::new(UserCommand {
            name,
            run,
            doc,
            kinds,
            inputs,
            confirm,
            background,
            read_only,
            origin,
        }));
    }
}

fn kinds_of(reader: &mut Reader<'_>, path: &str, node: &Node<'_>) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for word in reader.texts(path, node).unwrap_or_default() {
        if let Some(kind) = Kind::from_word(&word).filter(|k| KINDS.contains(k)) {
            kinds.push(kind);
            continue;
        }
        let words = KINDS.map(Kind::plural);
        let hint = match did_you_mean(&word, words) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", words.join(", ")),
        };
        let said = format!("`{path}`: no kind is called {word:?}");
        reader.mistake(&node.span(), said, Some(hint));
    }
    kinds
}

/// A placeholder that stands for nothing would reach the shell as it is.
fn placeholders(
    reader: &mut Reader<'_>,
    at: &Range<usize>,
    run: &str,
    inputs: &[String],
    needs_no_row: bool,
) {
    let mut quotes = Quotes::default();
    for piece in pieces(run) {
        let name = match piece {
            Piece::Text(text) => {
                quotes.read(text);
                continue;
            }
            Piece::Placeholder(name) => name,
        };
        if let Some(quote) = quotes.open {
            // Its value comes from labels and names, and would be the shell's to read.
            let said = format!("`commands.run`: {{{name}}} stands within {quote}...{quote}");
            let hint = "it is put in quoted as one word: take the quotes around it away; for a \
                        shell within the shell hand it over: sh -c 'echo \"$1\"' sh {name}";
            reader.mistake(at, said, Some(hint));
            continue;
        }
        if inputs.iter().any(|i| i == name) || PLACEHOLDERS.contains(&name) && !needs_no_row {
            continue;
        }
        let said = format!("`commands.run`: nothing is called {{{name}}}");
        let hint = if PLACEHOLDERS.contains(&name) {
            "a command for rows says of which kinds: on = [\"containers\"]".to_owned()
        } else {
            format!(
                "there are {{{}}} and the command's own inputs; ${{{name}}} is left to the shell",
                PLACEHOLDERS.join("}, {")
            )
        };
        reader.mistake(at, said, Some(hint));
    }
}

/// Which quote of the shell is open.
#[derive(Debug, Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            match (self.open, c) {
                _ if self.escaped => self.escaped = false,
                (None | Some('"'), '\\') => self.escaped = true,
                (None, '\'' | '"' | '`') => self.open = Some(c),
                (Some(open), c) if c == open => self.open = None,
                _ => {}
            }
        }
    }
}

/// Parts of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// The parts of `run`. `${x}`, `{a,b}` and `{}` are the shell's.
fn pieces(run: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(open) = run[at..].find('{').map(|n| n + at) {
        at = open + 1;
        let Some(close) = run[at..].find('}').map(|n| n + at) else {
            break;
        };
        let name = &run[at..close];
        let word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(word) || run[..open].ends_with('$') {
            continue;
        }
        pieces.push(Piece::Text(&run[from..open]));
        pieces.push(Piece::Placeholder(name));
        at = close + 1;
        from = at;
    }
    pieces.push(Piece::Text(&run[from..]));
    pieces
}

impl UserCommand {
    /// The line for the shell. `value` says what a placeholder stands for, and is put in quoted;
    /// within quotes of the line itself there is none: reading the configuration refuses it.
    pub fn line(&self, value: &dyn Fn(&str) -> Option<String>) -> String {
        let mut line = String::new();
        for piece in pieces(&self.run) {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Placeholder(name) => {
                    line.push_str(&shell_quoted(&value(name).unwrap_or_default()));
                }
            }
        }
        line
    }
}

/// One word for the shell, whatever is in it.
fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(run: &str) -> UserCommand {
        UserCommand {
            name: "x".into(),
            run: run.into(),
            doc: String::new(),
            kinds: vec![Kind::Container],
            inputs: Vec::new(),
            confirm: false,
            background: false,
            read_only: false,
            origin: Origin::Default,
        }
    }

    #[test]
    fn values_are_put_in_as_one_word() {
        let hostile = "a'; rm -rf /; echo 'b $(id) `id`\n";
        let line = command("echo {name} ${HOME} {a,b} {}").line(&|_| Some(hostile.into()));
        let words = shell_words::split(&line).unwrap();
        assert_eq!(words, ["echo", hostile, "${HOME}", "{a,b}", "{}"]);
        assert_eq!(
            command("dive {image}").line(&|_| Some("nginx:1".into())),
            "dive nginx:1"
        );
        assert_eq!(command("x {name}").line(&|_| None), "x ''");
    }
}
