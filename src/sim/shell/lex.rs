//! From text to tokens: quoting, expansions, signs.

use super::parse::{Part, Word};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Sign(&'static str),
    /// `2>`: the descriptor in front of a redirection.
    Fd(u8),
}

const SIGNS: [&str; 14] = [
    "&&", "||", ";;", ">>", ">&", "&>", ";", "&", "|", "(", ")", ">", "<", "\n",
];

struct Lexer<'a> {
    rest: &'a str,
    word: Word,
    /// There is a word, though it may be empty (`""`).
    begun: bool,
    bare: bool,
}

/// The tokens of a script.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer {
        rest: text,
        word: Vec::new(),
        begun: false,
        bare: true,
    };
    let mut tokens = Vec::new();
    while let Some(c) = lexer.rest.chars().next() {
        if c == '#' && !lexer.begun {
            let end = lexer.rest.find('\n').unwrap_or(lexer.rest.len());
            lexer.rest = &lexer.rest[end..];
            continue;
        }
        if c == ' ' || c == '\t' || c == '\r' {
            lexer.rest = &lexer.rest[1..];
            lexer.finish(&mut tokens);
            continue;
        }
        let sign = SIGNS.iter().find(|s| lexer.rest.starts_with(**s));
        if let Some(sign) = sign {
            let digit = match lexer.word.as_slice() {
                [Part::Text(t)]
                    if lexer.bare && (t == "1" || t == "2") && sign.starts_with('>') =>
                {
                    t.parse::<u8>().ok()
                }
                _ => None,
            };
            match digit {
                Some(fd) => {
                    lexer.word.clear();
                    lexer.begun = false;
                    tokens.push(Token::Fd(fd));
                }
                None => lexer.finish(&mut tokens),
            }
            lexer.rest = &lexer.rest[sign.len()..];
            tokens.push(Token::Sign(if *sign == "\n" { ";" } else { sign }));
            continue;
        }
        lexer.piece(c)?;
    }
    lexer.finish(&mut tokens);
    Ok(tokens)
}

impl Lexer<'_> {
    fn finish(&mut self, tokens: &mut Vec<Token>) {
        if self.begun {
            tokens.push(Token::Word(std::mem::take(&mut self.word)));
        }
        self.begun = false;
        self.bare = true;
    }

    fn text(&mut self, piece: &str) {
        self.begun = true;
        match self.word.last_mut() {
            Some(Part::Text(text)) => text.push_str(piece),
            _ => self.word.push(Part::Text(piece.to_owned())),
        }
    }

    fn piece(&mut self, c: char) -> Result<(), String> {
        match c {
            '\'' => {
                let end = self.rest[1..]
                    .find('\'')
                    .ok_or("unterminated quoted string")?;
                let inner = &self.rest[1..=end];
                self.rest = &self.rest[end + 2..];
                self.bare = false;
                self.text(inner);
            }
            '"' => {
                self.rest = &self.rest[1..];
                self.bare = false;
                self.text("");
                self.quoted()?;
            }
            '\\' => {
                let next = self.rest[1..].chars().next();
                self.rest = &self.rest[1 + next.map_or(0, char::len_utf8)..];
                if let Some(next) = next.filter(|n| *n != '\n') {
                    self.text(next.encode_utf8(&mut [0; 4]));
                }
            }
            '$' | '`' => self.dollar(false)?,
            other => {
                self.rest = &self.rest[other.len_utf8()..];
                self.text(other.encode_utf8(&mut [0; 4]));
            }
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), String> {
        loop {
            let c = self
                .rest
                .chars()
                .next()
                .ok_or("unterminated quoted string")?;
            match c {
                '"' => {
                    self.rest = &self.rest[1..];
                    return Ok(());
                }
                '\\' if self.rest[1..].starts_with(['"', '\\', '$', '`']) => {
                    let kept = self.rest[1..2].to_owned();
                    self.rest = &self.rest[2..];
                    self.text(&kept);
                }
                '$' | '`' => self.dollar(true)?,
                other => {
                    self.rest = &self.rest[other.len_utf8()..];
                    self.text(other.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }

    fn push(&mut self, part: Part) {
        self.begun = true;
        self.word.push(part);
    }

    /// The text up to the closing sign that matches, and what follows.
    fn nested<'t>(text: &'t str, open: char, close: &str) -> Result<(&'t str, &'t str), String> {
        let mut depth = 0;
        for (at, c) in text.char_indices() {
            if depth == 0 && text[at..].starts_with(close) {
                return Ok((&text[..at], &text[at + close.len()..]));
            }
            if c == open {
                depth += 1;
            } else if close.starts_with(c) && depth > 0 {
                depth -= 1;
            }
        }
        Err(format!("unterminated {open}"))
    }

    fn dollar(&mut self, quoted: bool) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix('`') {
            let (inner, rest) = rest.split_once('`').ok_or("unterminated `")?;
            self.rest = rest;
            self.push(Part::Command {
                text: inner.to_owned(),
                quoted,
            });
            return Ok(());
        }
        let rest = &self.rest[1..];
        if let Some(rest) = rest.strip_prefix("((") {
            let (inner, rest) = Self::nested(rest, '(', "))")?;
            self.rest = rest;
            self.push(Part::Sum(inner.to_owned()));
        } else if let Some(rest) = rest.strip_prefix('(') {
            let (inner, rest) = Self::nested(rest, '(', ")")?;
            self.rest = rest;
            self.push(Part::Command {
                text: inner.to_owned(),
                quoted,
            });
        } else if let Some(rest) = rest.strip_prefix('{') {
            let (inner, rest) = Self::nested(rest, '{', "}")?;
            self.rest = rest;
            let (name, default) = match inner.split_once(":-").or_else(|| inner.split_once('-')) {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (inner, None),
            };
            self.push(Part::Var {
                name: name.to_owned(),
                default,
                quoted,
            });
        } else {
            let special = rest
                .chars()
                .next()
                .filter(|c| "?$!#@*".contains(*c) || c.is_ascii_digit());
            let length = match special {
                Some(c) => c.len_utf8(),
                None => rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len()),
            };
            if length == 0 {
                self.rest = rest;
                self.text("$");
            } else {
                let name = rest[..length].to_owned();
                self.rest = &rest[length..];
                self.push(Part::Var {
                    name,
                    default: None,
                    quoted,
                });
            }
        }
        Ok(())
    }
}
