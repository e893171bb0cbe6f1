//! The only place that writes: data to stdout, everything else to stderr.
//!
//! A reader that goes away (`| head`) is no failure. What goes to a terminal holds no control
//! sequence but our own colours, whatever engines put in names and logs.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use indicatif::ProgressDrawTarget;
use serde_json::{Value, json};

use super::exit::Stop;
use super::table::{Table, Tone};
use super::template::Template;
use super::yaml::to_yaml;
use crate::domain::error::Error;
use crate::domain::id::HostId;
use crate::domain::text::{did_you_mean, keep_colours, sanitise, sanitise_lines};

/// The version of every JSON document.
pub const API_VERSION: &str = "pilothouse/v1";

/// How data is printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    Table,
    /// The table with more columns.
    Wide,
    /// One document.
    Json,
    /// A version line, then an item a line.
    Jsonl,
    Yaml,
    /// `host/name`, one a line.
    Name,
    Template(Template),
}

impl Format {
    /// The words; a template is told by its braces.
    pub const WORDS: [&str; 6] = ["table", "wide", "json", "jsonl", "yaml", "name"];

    /// The format of that name, or that template.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "table" => Self::Table,
            "wide" => Self::Wide,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::Jsonl,
            "yaml" | "yml" => Self::Yaml,
            "name" => Self::Name,
            template if template.contains("{{") => {
                let parsed = Template::parse(template).map_err(|e| match e.hint() {
                    Some(hint) => format!("{}\nHint: {hint}", e.message()),
                    None => e.message().to_owned(),
                })?;
                Self::Template(parsed)
            }
            other => {
                let near = did_you_mean(other, Self::WORDS)
                    .map(|w| format!("; did you mean {w:?}?"))
                    .unwrap_or_default();
                return Err(format!(
                    "no such format: one of {}, or a template such as '{{{{.name}}}}'{near}",
                    Self::WORDS.join(", ")
                ));
            }
        })
    }

    /// Is it for programs, so that nothing else may be on stdout?
    pub(crate) fn is_structured(&self) -> bool {
        matches!(self, Self::Json | Self::Jsonl | Self::Yaml)
    }
}

/// Which of the three are terminals, and how wide the screen is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminals {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    /// Columns; none when nobody knows.
    pub width: Option<u16>,
}

impl Terminals {
    /// Those of this process.
    pub fn of_process() -> Self {
        let stdout = io::stdout();
        Self {
            stdin: io::stdin().is_terminal(),
            stderr: io::stderr().is_terminal(),
            width: rustix::termios::tcgetwinsize(&stdout)
                .ok()
                .map(|size| size.ws_col)
                .filter(|columns| *columns > 0),
            stdout: stdout.is_terminal(),
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    #[default]
    Auto,
    Always,
    Never,
}

/// Something that went wrong beside what was found.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) host: Option<HostId>,
    pub(crate) error: Error,
}

impl Problem {
    pub(crate) fn json(&self) -> Value {
        json!({
            "host": self.host.as_ref().map(HostId::as_str),
            "kind": self.error.kind(),
            "message": self.error.chain(),
            "hint": self.error.hint(),
        })
    }
}

/// What a verb found, ready to be printed in any format.
#[derive(Debug)]
pub(crate) struct Listing {
    /// `Container`: the document is a `ContainerList`.
    pub(crate) kind: &'static str,
    pub(crate) items: Vec<Value>,
    pub(crate) errors: Vec<Problem>,
    pub(crate) table: Table,
    pub(crate) wide: Table,
    /// More fields of the document.
    pub(crate) more: Vec<(&'static str, Value)>,
}

impl Listing {
    fn document(&self) -> Value {
        let errors: Vec<Value> = self.errors.iter().map(Problem::json).collect();
        let mut document = json!({
            "apiVersion": API_VERSION,
            "kind": format!("{}List", self.kind),
            "items": self.items,
            "errors": errors,
        });
        for (key, value) in &self.more {
            document[*key] = value.clone();
        }
        document
    }
}

/// stdout and stderr.
pub struct Out {
    stdout: BufWriter<Box<dyn Write + Send + Sync>>,
    stderr: Box<dyn Write + Send + Sync>,
    terminals: Terminals,
    colour: bool,
    colour_err: bool,
    /// Is stderr really the process's own, so that bars may be drawn on it?
    real: bool,
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out")
            .field("terminals", &self.terminals)
            .finish_non_exhaustive()
    }
}

impl Out {
    /// The process's own. `plain`: the environment wishes for no colours.
    pub fn process(terminals: Terminals, colour: Colour, plain: bool) -> Self {
        let mut out = Self::new(
            Box::new(io::stdout()),
            Box::new(io::stderr()),
            terminals,
            colour,
            plain,
        );
        out.real = true;
        out
    }

    /// Any two writers; for tests.
    pub fn new(
        stdout: Box<dyn Write + Send + Sync>,
        stderr: Box<dyn Write + Send + Sync>,
        terminals: Terminals,
        colour: Colour,
        plain: bool,
    ) -> Self {
        let wanted = |terminal: bool| match colour {
            Colour::Auto => terminal && !plain,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self {
            stdout: BufWriter::with_capacity(32 * 1024, stdout),
            stderr,
            colour: wanted(terminals.stdout),
            colour_err: wanted(terminals.stderr),
            terminals,
            real: false,
        }
    }

    /// Which of the three are terminals.
    pub fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// Colours on stdout?
    pub(crate) fn has_colour(&self) -> bool {
        self.colour
    }

    /// Where bars are drawn; nowhere when stderr is no terminal.
    pub(crate) fn bars(&self) -> ProgressDrawTarget {
        if self.real && self.terminals.stderr {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        }
    }

    /// A line of data. Nothing a terminal obeys is left but colours.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Stop> {
        let clean: String;
        let text = if self.terminals.stdout {
            clean = text
                .split('\n')
                .map(keep_colours)
                .collect::<Vec<_>>()
                .join("\n");
            &clean
        } else {
            text
        };
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Bytes of data, as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.stdout.write_all(bytes).map_err(|e| stop(&e))
    }

    /// Give the reader what has been written.
    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.stdout.flush().map_err(|e| stop(&e))
    }

    /// A line for people on stderr. Nobody there to read it is nobody's failure.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = self.stdout.flush();
        let mut text = sanitise_lines(text);
        text.push('\n');
        let _ = self.stderr.write_all(text.as_bytes());
        let _ = self.stderr.flush();
    }

    /// Bytes of a container's stderr, as they are.
    pub(crate) fn error_bytes(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.stderr
            .write_all(bytes)
            .and_then(|()| self.stderr.flush())
            .map_err(|e| stop(&e))
    }

    /// A question on stderr; the answer is typed behind it.
    pub(crate) fn ask(&mut self, text: &str) {
        let _ = self.stdout.flush();
        let _ = self.stderr.write_all(sanitise_lines(text).as_bytes());
        let _ = self.stderr.flush();
    }

    /// `Error:` and `Hint:` on stderr.
    pub(crate) fn error(&mut self, e: &Error) {
        self.headed("Error", &e.chain(), Tone::Bad);
        if let Some(hint) = e.hint() {
            self.headed("Hint", hint, Tone::Strong);
        }
    }

    /// `Warning:` on stderr.
    pub fn warn(&mut self, text: &str) {
        self.headed("Warning", text, Tone::Warn);
    }

    fn headed(&mut self, heading: &str, text: &str, tone: Tone) {
        let _ = self.stdout.flush();
        let heading = format!("{heading}:");
        let heading = if self.colour_err {
            tone.paint(&heading)
        } else {
            heading
        };
        let line = format!("{heading} {}\n", sanitise_lines(text));
        let _ = self.stderr.write_all(line.as_bytes());
        let _ = self.stderr.flush();
    }

    /// A document in JSON or YAML.
    pub(crate) fn document(&mut self, value: &Value, format: &Format) -> Result<(), Stop> {
        let text = match format {
            Format::Yaml => to_yaml(value),
            Format::Jsonl => format!("{value}\n"),
            _ => format!("{value:#}\n"),
        };
        self.bytes(text.as_bytes())
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<(), Stop> {
        let colour = self.colour;
        table
            .lines(colour)
            .iter()
            .try_for_each(|line| self.line(line))
    }

    /// What was found; what was not goes to stderr, whatever the format.
    pub(crate) fn listing(&mut self, listing: &Listing, format: &Format) -> Result<(), Stop> {
        match format {
            Format::Table => self.table(&listing.table)?,
            Format::Wide => self.table(&listing.wide)?,
            Format::Json | Format::Yaml => self.document(&listing.document(), format)?,
            Format::Jsonl => {
                self.version_line(listing.kind)?;
                for item in &listing.items {
                    self.item(item, format)?;
                }
                for problem in &listing.errors {
                    self.bytes(format!("{}\n", json!({ "error": problem.json() })).as_bytes())?;
                }
            }
            Format::Name | Format::Template(_) => {
                for item in &listing.items {
                    self.item(item, format)?;
                }
            }
        }
        self.flush()?;
        for problem in &listing.errors {
            self.error(&problem.error);
        }
        Ok(())
    }

    /// The first line of a JSON stream.
    pub(crate) fn version_line(&mut self, kind: &str) -> Result<(), Stop> {
        let line = json!({ "apiVersion": API_VERSION, "kind": format!("{kind}List") });
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// One item of a stream or of a list that has no frame.
    pub(crate) fn item(&mut self, item: &Value, format: &Format) -> Result<(), Stop> {
        match format {
            Format::Name => self.line(&name_of(item)),
            Format::Template(template) => {
                let text = template.render(item)?;
                let text = if self.terminals.stdout {
                    sanitise_lines(&text)
                } else {
                    text
                };
                self.line(&text)
            }
            _ => self.bytes(format!("{item}\n").as_bytes()),
        }
    }
}

/// `host/name`.
fn name_of(item: &Value) -> String {
    let part = |key: &str| item[key].as_str().unwrap_or_default();
    let name = if part("name").is_empty() {
        part("id")
    } else {
        part("name")
    };
    let name = match part("host") {
        "" => name.to_owned(),
        // A host's own name is not doubled.
        host if part("kind") == "Machine" => host.to_owned(),
        host => format!("{host}/{name}"),
    };
    sanitise(&name).into_owned()
}

fn stop(e: &io::Error) -> Stop {
    if e.kind() == ErrorKind::BrokenPipe {
        return Stop::Closed;
    }
    Stop::Error(Error::internal(format!("write the output: {e}")))
}

#[cfg(test)]
pub(crate) mod tests;
