//! From text to flat code with jumps, so that a script can stop and go on anywhere.

use std::sync::Arc;

use super::lex::{Token, lex};

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// `$NAME`; unquoted ones are split at blanks.
    Var {
        name: String,
        default: Option<String>,
        quoted: bool,
    },
    Command {
        text: String,
        quoted: bool,
    },
    Sum(String),
}

pub(super) type Word = Vec<Part>;

/// Where output of a command goes instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Redirect {
    Input(Word),
    File {
        fd: u8,
        path: Word,
        append: bool,
    },
    /// `2>&1`: from, to.
    Dup(u8, u8),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assigns: Vec<(String, Word)>,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
}

#[derive(Debug, Clone)]
pub(super) enum Op {
    Run {
        pipeline: Arc<[Simple]>,
        background: bool,
    },
    Jump(usize),
    JumpIfOk(usize),
    JumpIfFail(usize),
    ForBegin(Arc<[Word]>),
    ForNext(String, usize),
    ForBreak,
    Status(i64),
    Negate,
}

/// One command from an argument list, nothing expanded.
pub(super) fn single(argv: &[String]) -> Arc<[Op]> {
    let words = argv.iter().map(|a| vec![Part::Text(a.clone())]).collect();
    let simple = Simple {
        words,
        ..Simple::default()
    };
    Arc::from([Op::Run {
        pipeline: Arc::from([simple]),
        background: false,
    }])
}

/// A whole script.
pub(super) fn script(text: &str) -> Result<Arc<[Op]>, String> {
    let mut parser = Parser {
        tokens: lex(text)?,
        at: 0,
        code: Vec::new(),
        loops: Vec::new(),
    };
    parser.list(&[])?;
    match parser.peek() {
        None => Ok(parser.code.into()),
        Some(token) => Err(format!("unexpected {}", describe(token))),
    }
}

fn describe(token: &Token) -> String {
    match token {
        Token::Word(word) => keyword(word).unwrap_or("word").to_owned(),
        Token::Sign(sign) => format!("\"{sign}\""),
        Token::Fd(fd) => fd.to_string(),
    }
}

fn keyword(word: &Word) -> Option<&str> {
    match word.as_slice() {
        [Part::Text(text)] => Some(text),
        _ => None,
    }
}

struct Loop {
    begin: usize,
    breaks: Vec<usize>,
    is_for: bool,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    code: Vec<Op>,
    loops: Vec<Loop>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn word_is(&self, text: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(w)) if keyword(w) == Some(text))
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        while self.sign(";") {}
        if self.word_is(text) || (text == ")" && matches!(self.peek(), Some(Token::Sign(")")))) {
            self.at += 1;
            return Ok(());
        }
        let found = self.peek().map_or("end of file".to_owned(), describe);
        Err(format!("unexpected {found} (expecting \"{text}\")"))
    }

    /// Commands up to one of the words.
    fn list(&mut self, ends: &[&str]) -> Result<(), String> {
        loop {
            while self.sign(";") {}
            match self.peek() {
                None | Some(Token::Sign(")")) => return Ok(()),
                Some(Token::Word(w)) if keyword(w).is_some_and(|k| ends.contains(&k)) => {
                    return Ok(());
                }
                Some(_) => {}
            }
            self.and_or()?;
            if self.sign("&") {
                if let Some(Op::Run { background, .. }) = self.code.last_mut() {
                    *background = true;
                }
            } else if !self.sign(";") && self.peek().is_some() {
                match self.peek() {
                    Some(Token::Word(w)) if keyword(w).is_some_and(|k| ends.contains(&k)) => {}
                    None | Some(Token::Sign(")")) => {}
                    Some(token) => return Err(format!("unexpected {}", describe(token))),
                }
            }
        }
    }

    fn and_or(&mut self) -> Result<(), String> {
        self.pipeline()?;
        loop {
            let and = self.sign("&&");
            if !and && !self.sign("||") {
                return Ok(());
            }
            while self.sign(";") {}
            let jump = self.code.len();
            self.code.push(Op::Jump(0));
            self.pipeline()?;
            let end = self.code.len();
            self.code[jump] = if and {
                Op::JumpIfFail(end)
            } else {
                Op::JumpIfOk(end)
            };
        }
    }

    fn pipeline(&mut self) -> Result<(), String> {
        if self.word_is("!") {
            self.at += 1;
            self.pipeline()?;
            self.code.push(Op::Negate);
            return Ok(());
        }
        if self.compound()? {
            return Ok(());
        }
        let mut parts = vec![self.simple()?];
        while self.sign("|") {
            while self.sign(";") {}
            parts.push(self.simple()?);
        }
        self.code.push(Op::Run {
            pipeline: parts.into(),
            background: false,
        });
        Ok(())
    }

    /// Loops, conditions and groups; false if the next command is none of them.
    fn compound(&mut self) -> Result<bool, String> {
        let head = match self.peek() {
            Some(Token::Sign("(")) => "(",
            Some(Token::Word(w)) => match keyword(w) {
                Some("while") => "while",
                Some("until") => "until",
                Some("for") => "for",
                Some("if") => "if",
                Some("{") => "{",
                Some("break") => "break",
                Some("continue") => "continue",
                _ => return Ok(false),
            },
            _ => return Ok(false),
        };
        self.at += 1;
        match head {
            "(" => {
                self.list(&[])?;
                self.expect(")")?;
            }
            "{" => {
                self.list(&["}"])?;
                self.expect("}")?;
            }
            "if" => self.condition()?,
            "for" => self.for_loop()?,
            "break" | "continue" => {
                let at = self.code.len();
                let Some(inner) = self.loops.last_mut() else {
                    return Ok(true);
                };
                if head == "continue" {
                    self.code.push(Op::Jump(inner.begin));
                } else {
                    let extra = usize::from(inner.is_for);
                    inner.breaks.push(at + extra);
                    if inner.is_for {
                        self.code.push(Op::ForBreak);
                    }
                    self.code.push(Op::Jump(0));
                }
            }
            _ => self.while_loop(head == "until")?,
        }
        Ok(true)
    }

    fn close_loop(&mut self) {
        let end = self.code.len();
        for at in self.loops.pop().map(|l| l.breaks).unwrap_or_default() {
            self.code[at] = Op::Jump(end);
        }
    }

    fn while_loop(&mut self, until: bool) -> Result<(), String> {
        let begin = self.code.len();
        self.loops.push(Loop {
            begin,
            breaks: Vec::new(),
            is_for: false,
        });
        self.list(&["do"])?;
        self.expect("do")?;
        let test = self.code.len();
        self.code.push(Op::Jump(0));
        self.list(&["done"])?;
        self.expect("done")?;
        self.code.push(Op::Jump(begin));
        let end = self.code.len();
        self.code[test] = if until {
            Op::JumpIfOk(end)
        } else {
            Op::JumpIfFail(end)
        };
        self.close_loop();
        self.code.push(Op::Status(0));
        Ok(())
    }

    fn for_loop(&mut self) -> Result<(), String> {
        let name = match self.peek() {
            Some(Token::Word(w)) => keyword(w).unwrap_or_default().to_owned(),
            _ => return Err("bad for loop variable".to_owned()),
        };
        self.at += 1;
        let mut words: Vec<Word> = Vec::new();
        if self.word_is("in") {
            self.at += 1;
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
        }
        self.expect("do")?;
        self.code.push(Op::ForBegin(words.into()));
        let begin = self.code.len();
        self.loops.push(Loop {
            begin,
            breaks: Vec::new(),
            is_for: true,
        });
        self.code.push(Op::Jump(0));
        self.list(&["done"])?;
        self.expect("done")?;
        self.code.push(Op::Jump(begin));
        let end = self.code.len();
        self.code[begin] = Op::ForNext(name, end);
        self.close_loop();
        Ok(())
    }

    fn condition(&mut self) -> Result<(), String> {
        let mut ends = Vec::new();
        loop {
            self.list(&["then"])?;
            self.expect("then")?;
            let test = self.code.len();
            self.code.push(Op::Jump(0));
            self.list(&["elif", "else", "fi"])?;
            ends.push(self.code.len());
            self.code.push(Op::Jump(0));
            let next = self.code.len();
            self.code[test] = Op::JumpIfFail(next);
            if self.word_is("elif") {
                self.at += 1;
                continue;
            }
            if self.word_is("else") {
                self.at += 1;
                self.list(&["fi"])?;
            } else {
                self.code.push(Op::Status(0));
            }
            self.expect("fi")?;
            break;
        }
        let end = self.code.len();
        for at in ends {
            self.code[at] = Op::Jump(end);
        }
        Ok(())
    }

    fn simple(&mut self) -> Result<Simple, String> {
        let mut simple = Simple::default();
        loop {
            match self.peek().cloned() {
                Some(Token::Word(word)) => {
                    self.at += 1;
                    match assignment(&word).filter(|_| simple.words.is_empty()) {
                        Some(assign) => simple.assigns.push(assign),
                        None => simple.words.push(word),
                    }
                }
                Some(Token::Fd(fd)) => {
                    self.at += 1;
                    self.redirect(fd, &mut simple)?;
                }
                Some(Token::Sign(">" | ">>" | "<" | ">&" | "&>")) => {
                    self.redirect(1, &mut simple)?;
                }
                _ => break,
            }
        }
        if simple == Simple::default() {
            let found = self.peek().map_or("end of file".to_owned(), describe);
            return Err(format!("unexpected {found}"));
        }
        Ok(simple)
    }

    fn redirect(&mut self, fd: u8, simple: &mut Simple) -> Result<(), String> {
        let Some(Token::Sign(sign)) = self.peek().cloned() else {
            return Err("bad redirection".to_owned());
        };
        self.at += 1;
        let Some(Token::Word(target)) = self.peek().cloned() else {
            return Err("bad redirection".to_owned());
        };
        self.at += 1;
        match sign {
            "<" => simple.redirects.push(Redirect::Input(target)),
            ">&" => {
                let to = keyword(&target).and_then(|t| t.parse().ok()).unwrap_or(1);
                simple.redirects.push(Redirect::Dup(fd, to));
            }
            "&>" => {
                simple.redirects.push(Redirect::File {
                    fd: 1,
                    path: target,
                    append: false,
                });
                simple.redirects.push(Redirect::Dup(2, 1));
            }
            _ => simple.redirects.push(Redirect::File {
                fd,
                path: target,
                append: sign == ">>",
            }),
        }
        Ok(())
    }
}

/// `NAME=value` in front of a command.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Some(Part::Text(text)) = word.first() else {
        return None;
    };
    let (name, value) = text.split_once('=')?;
    let legal = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !legal {
        return None;
    }
    let mut rest = word.clone();
    rest[0] = Part::Text(value.to_owned());
    Some((name.to_owned(), rest))
}
