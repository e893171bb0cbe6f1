//! Makes a tree of a template's pieces.

use super::eval::Function;
use super::lex::{Action, Piece, Token};
use super::{Call, Fault, Node, Pipe, Term, What};
use crate::domain::text::did_you_mean;

type Parsed<T> = Result<T, Fault>;

pub(super) fn parse(pieces: &[Piece]) -> Parsed<Vec<Node>> {
    let mut parser = Parser { pieces, next: 0 };
    let (nodes, stop) = parser.nodes()?;
    match stop {
        None => Ok(nodes),
        Some((word, action)) => Err(Fault::new(
            action.at,
            format!("{word:?} without something it ends"),
        )),
    }
}

struct Parser<'a> {
    pieces: &'a [Piece],
    next: usize,
}

type Stop<'a> = Option<(&'static str, &'a Action)>;

impl<'a> Parser<'a> {
    /// Everything up to an `else` or `end`, and which it was.
    fn nodes(&mut self) -> Parsed<(Vec<Node>, Stop<'a>)> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.next) {
            self.next += 1;
            let action = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text.clone()));
                    continue;
                }
                Piece::Action(action) => action,
            };
            let word = match action.tokens.first() {
                Some((_, Token::Word(word))) => word.as_str(),
                _ => "",
            };
            match word {
                "end" => return Ok((nodes, Some(("end", action)))),
                "else" => return Ok((nodes, Some(("else", action)))),
                "if" => nodes.push(self.branches(action)?),
                "range" => nodes.push(self.range(action)?),
                "with" => {
                    let over = Tokens::after(action, 1).pipe_only()?;
                    let (body, otherwise) = self.body(action)?;
                    nodes.push(Node::With(over, body, otherwise));
                }
                "template" | "define" | "block" | "break" | "continue" => {
                    return Err(Fault::new(action.at, format!("{word:?} is not supported")));
                }
                _ => nodes.push(Node::Print(Tokens::after(action, 0).pipe_only()?)),
            }
        }
        Ok((nodes, None))
    }

    /// A body, and what stands after `else`.
    fn body(&mut self, begin: &Action) -> Parsed<(Vec<Node>, Vec<Node>)> {
        let (body, stop) = self.nodes()?;
        match stop {
            Some(("end", _)) => Ok((body, Vec::new())),
            Some((_, action)) => {
                if let Some((at, _)) = action.tokens.get(1) {
                    return Err(Fault::new(*at, "nothing may follow this else"));
                }
                let (otherwise, stop) = self.nodes()?;
                ended(begin, stop)?;
                Ok((body, otherwise))
            }
            None => Err(unended(begin)),
        }
    }

    fn branches(&mut self, begin: &Action) -> Parsed<Node> {
        let mut branches = Vec::new();
        let mut condition = Tokens::after(begin, 1).pipe_only()?;
        loop {
            let (body, stop) = self.nodes()?;
            branches.push((condition, body));
            match stop {
                Some(("end", _)) => return Ok(Node::If(branches, Vec::new())),
                Some((_, action)) => match action.tokens.get(1) {
                    Some((_, Token::Word(word))) if word == "if" => {
                        condition = Tokens::after(action, 2).pipe_only()?;
                    }
                    Some((at, _)) => return Err(Fault::new(*at, "only if may follow else")),
                    None => {
                        let (otherwise, stop) = self.nodes()?;
                        ended(begin, stop)?;
                        return Ok(Node::If(branches, otherwise));
                    }
                },
                None => return Err(unended(begin)),
            }
        }
    }

    /// `range PIPE`, `range $v := PIPE`, `range $k, $v := PIPE`.
    fn range(&mut self, begin: &Action) -> Parsed<Node> {
        let mut tokens = Tokens::after(begin, 1);
        let (mut key, mut value) = (None, None);
        match tokens.left() {
            [
                (_, Token::Variable(k)),
                (_, Token::Comma),
                (_, Token::Variable(v)),
                (_, Token::Declare),
                ..,
            ] => {
                (key, value) = (Some(k.clone()), Some(v.clone()));
                tokens.next += 4;
            }
            [(_, Token::Variable(v)), (_, Token::Declare), ..] => {
                value = Some(v.clone());
                tokens.next += 2;
            }
            _ => {}
        }
        let over = tokens.pipe_only()?;
        let (body, otherwise) = self.body(begin)?;
        Ok(Node::Range {
            key,
            value,
            over,
            body,
            otherwise,
        })
    }
}

fn ended(begin: &Action, stop: Stop<'_>) -> Parsed<()> {
    match stop {
        Some(("end", _)) => Ok(()),
        Some((_, action)) => Err(Fault::new(action.at, "a second else")),
        None => Err(unended(begin)),
    }
}

fn unended(begin: &Action) -> Fault {
    Fault::new(begin.at, "this has no {{end}}")
}

struct Tokens<'a> {
    action: &'a Action,
    next: usize,
}

impl<'a> Tokens<'a> {
    fn after(action: &'a Action, next: usize) -> Self {
        Self { action, next }
    }

    fn left(&self) -> &'a [(usize, Token)] {
        &self.action.tokens[self.next.min(self.action.tokens.len())..]
    }

    fn peek(&self) -> Option<&'a Token> {
        self.left().first().map(|(_, t)| t)
    }

    fn at(&self) -> usize {
        self.left().first().map_or(self.action.end, |(at, _)| *at)
    }

    /// A pipeline and nothing behind it.
    fn pipe_only(mut self) -> Parsed<Pipe> {
        let pipe = self.pipe()?;
        match self.peek() {
            None => Ok(pipe),
            Some(_) => Err(Fault::new(self.at(), "this is not expected here")),
        }
    }

    fn pipe(&mut self) -> Parsed<Pipe> {
        let mut declare = None;
        if let [(_, Token::Variable(name)), (_, Token::Declare), ..] = self.left() {
            declare = Some(name.clone());
            self.next += 2;
        }
        let mut calls = vec![self.call()?];
        while self.peek() == Some(&Token::Pipe) {
            self.next += 1;
            calls.push(self.call()?);
        }
        Ok(Pipe { declare, calls })
    }

    fn call(&mut self) -> Parsed<Call> {
        let head = self.term()?;
        let mut arguments = Vec::new();
        while !matches!(self.peek(), None | Some(Token::Pipe | Token::Close)) {
            if !matches!(head.what, What::Function(_)) {
                return Err(Fault::new(self.at(), "only a function takes arguments"));
            }
            arguments.push(self.term()?);
        }
        Ok(Call { head, arguments })
    }

    fn term(&mut self) -> Parsed<Term> {
        let at = self.at();
        let Some(token) = self.peek() else {
            return Err(Fault::new(at, "a value is missing"));
        };
        self.next += 1;
        let mut fields = Vec::new();
        let what = match token {
            Token::Field(name) => {
                if !name.is_empty() {
                    fields.push(name.clone());
                }
                What::Dot
            }
            Token::Variable(name) => What::Variable(name.clone()),
            Token::Literal(value) => What::Literal(value.clone()),
            Token::Word(word) => What::Function(function(word, at)?),
            Token::Open => {
                let pipe = self.pipe()?;
                if self.peek() != Some(&Token::Close) {
                    return Err(Fault::new(self.at(), "a closing parenthesis is missing"));
                }
                self.next += 1;
                What::Group(Box::new(pipe))
            }
            Token::Close | Token::Pipe | Token::Comma | Token::Declare => {
                return Err(Fault::new(at, "a value is missing"));
            }
        };
        // `.a.b`: fields that follow without a space belong to what is before them.
        while let [(next, Token::Field(name)), ..] = self.left() {
            let glued = !name.is_empty() && self.ends_at(*next);
            if !glued || matches!(what, What::Function(_) | What::Literal(_)) {
                break;
            }
            fields.push(name.clone());
            self.next += 1;
        }
        Ok(Term { at, what, fields })
    }

    /// Does the token before end where `next` begins?
    fn ends_at(&self, next: usize) -> bool {
        let Some((at, token)) = self.action.tokens.get(self.next.wrapping_sub(1)) else {
            return false;
        };
        let length = match token {
            Token::Field(name) | Token::Variable(name) => name.len() + 1,
            Token::Close => 1,
            _ => return false,
        };
        at + length == next
    }
}

fn function(word: &str, at: usize) -> Parsed<Function> {
    Function::from_word(word).ok_or_else(|| Fault {
        at,
        message: format!("no function is called {word:?}"),
        hint: Some(
            match did_you_mean(word, Function::ALL.into_iter().map(Function::word)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("a field begins with a dot: {{{{.{word}}}}}"),
            },
        ),
    })
}
