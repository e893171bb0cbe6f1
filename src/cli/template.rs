//! Output templates, in the language docker's `--format` has (Go's): `{{.name}}\t{{.state}}`.
//!
//! Supported: fields (`.labels.env`), `index`, pipelines, `if`/`else if`/`else`, `range`, `with`,
//! variables, `{{-` and `-}}`, comments, and the functions of [`eval::Function`]. A field is found
//! whatever its case, so that docker's own templates work. A mistake says where it is.

mod eval;
mod lex;
mod parse;

use serde_json::Value;

use crate::domain::error::Result;

/// A template that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    source: String,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Text(String),
    Print(Pipe),
    /// Branches with their conditions, and what else.
    If(Vec<(Pipe, Vec<Node>)>, Vec<Node>),
    Range {
        key: Option<String>,
        value: Option<String>,
        over: Pipe,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    With(Pipe, Vec<Node>, Vec<Node>),
}

/// `a | b | c`, perhaps kept in a variable.
#[derive(Debug, Clone, PartialEq)]
struct Pipe {
    declare: Option<String>,
    calls: Vec<Call>,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    head: Term,
    arguments: Vec<Term>,
}

/// A value; `at` is its place in the source.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    at: usize,
    what: What,
    /// `.a.b` behind it.
    fields: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Dot,
    /// `$name`; empty for the whole item.
    Variable(String),
    Literal(Value),
    Group(Box<Pipe>),
    Function(eval::Function),
}

/// What is wrong, and where in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    at: usize,
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            hint: None,
        }
    }
}

impl Template {
    /// Understand a template. `\t` and `\n` mean what they mean in Go strings.
    pub fn parse(source: &str) -> Result<Self> {
        let nodes = lex::lex(source)
            .and_then(|pieces| parse::parse(&pieces))
            .map_err(|fault| explain(source, &fault))?;
        Ok(Self {
            source: source.to_owned(),
            nodes,
        })
    }

    /// Fill it in.
    pub fn render(&self, item: &Value) -> Result<String> {
        eval::render(&self.nodes, item).map_err(|fault| explain(&self.source, &fault))
    }
}

/// The mistake with the line it is on and a caret under it.
fn explain(source: &str, fault: &Fault) -> crate::domain::error::Error {
    let at = fault.at.min(source.len());
    let begin = source[..at].rfind('\n').map_or(0, |n| n + 1);
    let end = source[at..].find('\n').map_or(source.len(), |n| at + n);
    let line = &source[begin..end];
    let shift = unicode_width::UnicodeWidthStr::width(&source[begin..at]);
    let e = crate::domain::error::Error::invalid(format!(
        "template: {}\n  {line}\n  {:shift$}^",
        fault.message, ""
    ));
    match &fault.hint {
        Some(hint) => e.with_hint(hint.as_str()),
        None => e,
    }
}

#[cfg(test)]
mod tests;
