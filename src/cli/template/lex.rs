//! Cuts a template into text and the tokens of its actions.

use serde_json::{Number, Value};

use super::Fault;

/// A stretch of text, or one action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Action(Action),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Action {
    /// Where it begins.
    pub(super) at: usize,
    /// Where its `}}` is.
    pub(super) end: usize,
    pub(super) tokens: Vec<(usize, Token)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    /// `.name`; empty for a lone dot.
    Field(String),
    /// `$name`; empty for a lone dollar.
    Variable(String),
    Literal(Value),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
}

pub(super) fn lex(source: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim = false;
    while let Some(begin) = source[at..].find("{{").map(|n| at + n) {
        let mut inside = begin + 2;
        let mut text = &source[at..begin];
        if std::mem::take(&mut trim) {
            text = text.trim_start();
        }
        if source[inside..].starts_with("- ") {
            inside += 1;
            text = text.trim_end();
        }
        push_text(text, &mut pieces);
        if let Some(after) = comment(source, inside)? {
            (at, trim) = after;
            continue;
        }
        let action = action(source, begin, inside)?;
        at = action.end + 2;
        trim = source[..action.end].ends_with(" -");
        pieces.push(Piece::Action(action));
    }
    let rest = if trim {
        source[at..].trim_start()
    } else {
        &source[at..]
    };
    push_text(rest, &mut pieces);
    Ok(pieces)
}

fn push_text(text: &str, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(unescape(text)));
    }
}

/// Shells hand over `\t` as two characters.
fn unescape(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

/// Past a comment: where it ends, and whether it trims what follows.
fn comment(source: &str, inside: usize) -> Result<Option<(usize, bool)>, Fault> {
    let body = source[inside..].trim_start();
    if !body.starts_with("/*") {
        return Ok(None);
    }
    let begin = source.len() - body.len();
    let end = body
        .find("*/")
        .ok_or_else(|| Fault::new(begin, "the comment has no end"))?
        + begin
        + 2;
    let tail = source[end..].trim_start();
    let trims = tail.starts_with("-}}");
    let tail = tail.strip_prefix('-').unwrap_or(tail);
    if !tail.starts_with("}}") {
        return Err(Fault::new(end, "a comment is alone in its braces"));
    }
    Ok(Some((source.len() - tail.len() + 2, trims)))
}

fn action(source: &str, at: usize, inside: usize) -> Result<Action, Fault> {
    let mut tokens = Vec::new();
    let mut at_token = inside;
    loop {
        let rest = &source[at_token..];
        let Some(c) = rest.chars().next() else {
            return Err(Fault::new(at, "the braces are not closed"));
        };
        if rest.starts_with("}}") {
            return Ok(Action {
                at,
                end: at_token,
                tokens,
            });
        }
        if c.is_whitespace() {
            at_token += c.len_utf8();
            if rest[c.len_utf8()..].starts_with("-}}") {
                at_token += 1;
            }
            continue;
        }
        let (token, length) = token(rest).map_err(|(n, message)| {
            let fault = Fault::new(at_token + n, message);
            if rest.contains("}}") {
                fault
            } else {
                Fault::new(at, "the braces are not closed")
            }
        })?;
        tokens.push((at_token, token));
        at_token += length;
    }
}

fn token(rest: &str) -> Result<(Token, usize), (usize, String)> {
    let c = rest.chars().next().unwrap_or_default();
    let name = |from: usize| {
        let end = rest[from..]
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(rest.len(), |n| from + n);
        (rest[from..end].to_owned(), end)
    };
    match c {
        '(' => Ok((Token::Open, 1)),
        ')' => Ok((Token::Close, 1)),
        '|' => Ok((Token::Pipe, 1)),
        ',' => Ok((Token::Comma, 1)),
        ':' if rest.starts_with(":=") => Ok((Token::Declare, 2)),
        '.' => {
            let (name, end) = name(1);
            Ok((Token::Field(name), end))
        }
        '$' => {
            let (name, end) = name(1);
            Ok((Token::Variable(name), end))
        }
        '"' => quoted(rest),
        '`' => match rest[1..].find('`') {
            Some(n) => Ok((Token::Literal(Value::from(&rest[1..=n])), n + 2)),
            None => Err((0, "the quote is not closed".to_owned())),
        },
        c if c.is_ascii_digit() || c == '-' => {
            let end = rest[1..]
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .map_or(rest.len(), |n| n + 1);
            let text = &rest[..end];
            let number = match text.parse::<i64>() {
                Ok(n) => Some(Number::from(n)),
                Err(_) => text.parse::<f64>().ok().and_then(Number::from_f64),
            };
            match number {
                Some(n) => Ok((Token::Literal(Value::Number(n)), end)),
                None => Err((0, format!("{text:?} is not a number"))),
            }
        }
        c if c.is_alphabetic() || c == '_' => {
            let (word, end) = name(0);
            let token = match word.as_str() {
                "true" => Token::Literal(Value::Bool(true)),
                "false" => Token::Literal(Value::Bool(false)),
                "nil" => Token::Literal(Value::Null),
                _ => Token::Word(word),
            };
            Ok((token, end))
        }
        c => Err((0, format!("{c:?} is not expected here"))),
    }
}

/// Go's interpreted strings; their common escapes.
fn quoted(rest: &str) -> Result<(Token, usize), (usize, String)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((n, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Literal(Value::from(text)), n + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, c @ ('"' | '\\' | '\''))) => text.push(c),
                _ => return Err((n, "this escape is not known".to_owned())),
            },
            c => text.push(c),
        }
    }
    Err((0, "the quote is not closed".to_owned()))
}
