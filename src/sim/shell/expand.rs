//! Variables, command substitution and sums.

use super::parse::{Part, Word};
use super::{Vm, World};

impl Vm {
    /// Words to arguments; unquoted results are split at blanks, and may vanish.
    pub(super) fn fields(&mut self, words: &[Word], world: &mut World<'_>) -> Vec<String> {
        let mut fields = Vec::new();
        for word in words {
            let mut field: Option<String> = None;
            for part in word {
                let (text, split) = self.part(part, world);
                if !split {
                    field.get_or_insert_default().push_str(&text);
                    continue;
                }
                if text.starts_with(char::is_whitespace) {
                    fields.extend(field.take());
                }
                let mut pieces = text.split_whitespace().peekable();
                while let Some(piece) = pieces.next() {
                    field.get_or_insert_default().push_str(piece);
                    if pieces.peek().is_some() || text.ends_with(char::is_whitespace) {
                        fields.extend(field.take());
                    }
                }
            }
            fields.extend(field);
        }
        fields
    }

    /// A word as one text, not split.
    pub(super) fn joined(&mut self, word: &Word, world: &mut World<'_>) -> String {
        word.iter().map(|part| self.part(part, world).0).collect()
    }

    fn part(&mut self, part: &Part, world: &mut World<'_>) -> (String, bool) {
        match part {
            Part::Text(text) => (text.clone(), false),
            Part::Var {
                name,
                default,
                quoted,
            } => {
                let value = self
                    .variable(name)
                    .or_else(|| default.clone())
                    .unwrap_or_default();
                (value, !quoted)
            }
            Part::Command { text, quoted } => (self.capture(text, world), !quoted),
            Part::Sum(text) => (self.sum(text).to_string(), false),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some(if self.pid1 { "1" } else { "42" }.to_owned()),
            "#" => Some("0".to_owned()),
            "PWD" => Some(self.directory.clone()),
            _ => self.vars.get(name).filter(|v| !v.is_empty()).cloned(),
        }
    }

    /// Whole numbers with `+ - * / %`, comparisons and brackets; anything odd counts as 0.
    fn sum(&self, text: &str) -> i64 {
        let mut rest = text;
        self.comparison(&mut rest)
    }

    fn comparison(&self, rest: &mut &str) -> i64 {
        let left = self.terms(rest);
        for sign in ["<=", ">=", "==", "!=", "<", ">"] {
            if let Some(after) = rest.trim_start().strip_prefix(sign) {
                *rest = after;
                let right = self.terms(rest);
                return i64::from(match sign {
                    "<=" => left <= right,
                    ">=" => left >= right,
                    "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    _ => left > right,
                });
            }
        }
        left
    }

    fn terms(&self, rest: &mut &str) -> i64 {
        let mut total = self.factors(rest);
        loop {
            *rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('+') {
                *rest = after;
                total = total.wrapping_add(self.factors(rest));
            } else if let Some(after) = rest.strip_prefix('-') {
                *rest = after;
                total = total.wrapping_sub(self.factors(rest));
            } else {
                return total;
            }
        }
    }

    fn factors(&self, rest: &mut &str) -> i64 {
        let mut total = self.atom(rest);
        loop {
            *rest = rest.trim_start();
            let Some(sign) = rest.chars().next().filter(|c| "*/%".contains(*c)) else {
                return total;
            };
            *rest = &rest[1..];
            let right = self.atom(rest);
            total = match sign {
                '*' => total.wrapping_mul(right),
                '/' => total.checked_div(right).unwrap_or(0),
                _ => total.checked_rem(right).unwrap_or(0),
            };
        }
    }

    fn atom(&self, rest: &mut &str) -> i64 {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('-') {
            *rest = after;
            return self.atom(rest).wrapping_neg();
        }
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            let value = self.comparison(rest);
            *rest = rest.trim_start().strip_prefix(')').unwrap_or(rest);
            return value;
        }
        let text = rest.strip_prefix('$').unwrap_or(rest);
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        *rest = after;
        word.parse()
            .ok()
            .or_else(|| self.vars.get(word)?.parse().ok())
            .unwrap_or(0)
    }
}
