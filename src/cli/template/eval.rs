//! Fills a template in.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Call, Fault, Node, Pipe, Term, What};
use crate::domain::text::did_you_mean;

macro_rules! functions {
    ($($variant:ident = $word:literal,)*) => {
        /// What a template can call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($variant,)* }

        impl Function {
            pub(super) const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            pub(super) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

functions! {
    Json = "json",
    Upper = "upper",
    Lower = "lower",
    Title = "title",
    Join = "join",
    Split = "split",
    Truncate = "truncate",
    Index = "index",
    Len = "len",
    Print = "print",
    Println = "println",
    Printf = "printf",
    Default = "default",
    Eq = "eq",
    Ne = "ne",
    Lt = "lt",
    Le = "le",
    Gt = "gt",
    Ge = "ge",
    And = "and",
    Or = "or",
    Not = "not",
}

impl Function {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.word() == word)
    }
}

type Evaluated<T> = Result<T, Fault>;

struct Scope<'a> {
    item: &'a Value,
    variables: Vec<(String, Value)>,
}

pub(super) fn render(nodes: &[Node], item: &Value) -> Evaluated<String> {
    let mut scope = Scope {
        item,
        variables: Vec::new(),
    };
    let mut out = String::new();
    scope.nodes(nodes, item, &mut out)?;
    Ok(out)
}

impl Scope<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value, out: &mut String) -> Evaluated<()> {
        let outer = self.variables.len();
        for node in nodes {
            self.node(node, dot, out)?;
        }
        self.variables.truncate(outer);
        Ok(())
    }

    fn node(&mut self, node: &Node, dot: &Value, out: &mut String) -> Evaluated<()> {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Print(pipe) => {
                let value = self.pipe(pipe, dot)?;
                if pipe.declare.is_none() {
                    out.push_str(&text(&value));
                }
            }
            Node::If(branches, otherwise) => {
                for (condition, body) in branches {
                    if truth(&self.pipe(condition, dot)?) {
                        return self.nodes(body, dot, out);
                    }
                }
                self.nodes(otherwise, dot, out)?;
            }
            Node::With(over, body, otherwise) => {
                let value = self.pipe(over, dot)?;
                if truth(&value) {
                    self.nodes(body, &value, out)?;
                } else {
                    self.nodes(otherwise, dot, out)?;
                }
            }
            Node::Range {
                key,
                value,
                over,
                body,
                otherwise,
            } => {
                let all = self.pipe(over, dot)?;
                let entries: Vec<(Value, &Value)> = match &all {
                    Value::Array(list) => list
                        .iter()
                        .enumerate()
                        .map(|(n, v)| (Value::from(n), v))
                        .collect(),
                    Value::Object(map) => map.iter().map(|(k, v)| (Value::from(&**k), v)).collect(),
                    _ => Vec::new(),
                };
                if entries.is_empty() {
                    return self.nodes(otherwise, dot, out);
                }
                for (k, v) in entries {
                    let outer = self.variables.len();
                    if let Some(name) = key {
                        self.variables.push((name.clone(), k));
                    }
                    if let Some(name) = value {
                        self.variables.push((name.clone(), v.clone()));
                    }
                    self.nodes(body, v, out)?;
                    self.variables.truncate(outer);
                }
            }
        }
        Ok(())
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Evaluated<Value> {
        let mut last: Option<Value> = None;
        for call in &pipe.calls {
            last = Some(self.call(call, last, dot)?);
        }
        let value = last.unwrap_or_default();
        if let Some(name) = &pipe.declare {
            self.variables.push((name.clone(), value.clone()));
        }
        Ok(value)
    }

    fn call(&mut self, call: &Call, last: Option<Value>, dot: &Value) -> Evaluated<Value> {
        let What::Function(function) = call.head.what else {
            if last.is_some() {
                return Err(Fault::new(call.head.at, "a function must follow the |"));
            }
            return self.term(&call.head, dot);
        };
        let mut arguments = Vec::with_capacity(call.arguments.len() + 1);
        for term in &call.arguments {
            arguments.push(self.term(term, dot)?);
        }
        arguments.extend(last);
        apply(function, arguments)
            .map_err(|m| Fault::new(call.head.at, format!("{}: {m}", function.word())))
    }

    fn term(&mut self, term: &Term, dot: &Value) -> Evaluated<Value> {
        let owned;
        let (mut value, top) = match &term.what {
            What::Dot => (dot, std::ptr::eq(dot, self.item)),
            What::Variable(name) if name.is_empty() => (self.item, true),
            What::Variable(name) => {
                let found = self.variables.iter().rev().find(|(n, _)| n == name);
                let Some((_, value)) = found else {
                    return Err(Fault::new(term.at, format!("${name} is not set")));
                };
                (value, false)
            }
            What::Literal(value) => (value, false),
            What::Group(pipe) => {
                owned = self.pipe(pipe, dot)?;
                (&owned, false)
            }
            What::Function(function) => {
                return apply(*function, Vec::new())
                    .map_err(|m| Fault::new(term.at, format!("{}: {m}", function.word())));
            }
        };
        for (depth, name) in term.fields.iter().enumerate() {
            match field(value, name) {
                Some(inner) => value = inner,
                None if top && depth == 0 => return Err(unknown(value, name, term.at)),
                None => return Ok(Value::Null),
            }
        }
        Ok(value.clone())
    }
}

/// Exactly, or whatever its case: docker's templates say `.Name` and `.ID`.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    map.get(name).or_else(|| {
        map.iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    })
}

fn unknown(value: &Value, name: &str, at: usize) -> Fault {
    let fields: Vec<&str> = value
        .as_object()
        .map(|m| m.keys().map(String::as_str).collect())
        .unwrap_or_default();
    Fault {
        at,
        message: format!("no field is called {name:?}"),
        hint: Some(match did_you_mean(name, fields.iter().copied()) {
            Some(near) => format!("did you mean .{near}?"),
            None => format!("fields: {}", fields.join(", ")),
        }),
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// As it is printed: nothing for what is not there, JSON for what has parts.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn apply(function: Function, arguments: Vec<Value>) -> Result<Value, String> {
    use Function as F;
    let one = || match arguments.as_slice() {
        [value] => Ok(value),
        _ => Err("takes one value".to_owned()),
    };
    Ok(match function {
        F::Json => Value::from(one()?.to_string()),
        F::Upper => Value::from(text(one()?).to_uppercase()),
        F::Lower => Value::from(text(one()?).to_lowercase()),
        F::Title => {
            let word = text(one()?);
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            Value::from(first.unwrap_or_default() + chars.as_str())
        }
        F::Len => match one()? {
            Value::Null => Value::from(0),
            Value::String(s) => Value::from(s.chars().count()),
            Value::Array(a) => Value::from(a.len()),
            Value::Object(o) => Value::from(o.len()),
            _ => return Err("takes a text, a list or a map".to_owned()),
        },
        F::Not => Value::from(!truth(one()?)),
        F::Join => join(&arguments)?,
        F::Split => match arguments.as_slice() {
            [Value::String(s), Value::String(by)] => s.split(by.as_str()).collect(),
            _ => return Err("takes a text and a separator".to_owned()),
        },
        F::Truncate => truncate(&arguments)?,
        F::Index => index(&arguments)?,
        F::Print => Value::from(arguments.iter().map(text).collect::<String>()),
        F::Println => {
            let words: Vec<String> = arguments.iter().map(text).collect();
            Value::from(words.join(" ") + "\n")
        }
        F::Printf => Value::from(printf(&arguments)?),
        F::Default => match arguments.as_slice() {
            [other, value] => if truth(value) { value } else { other }.clone(),
            _ => return Err("takes what to show instead, and a value".to_owned()),
        },
        F::And | F::Or => {
            let stop = function == F::Or;
            let found = arguments.iter().find(|v| truth(v) == stop);
            found.or(arguments.last()).cloned().unwrap_or_default()
        }
        F::Eq => match arguments.split_first() {
            Some((first, others)) if !others.is_empty() => {
                Value::from(others.iter().any(|o| compare(first, o).is_eq()))
            }
            _ => return Err("takes two values".to_owned()),
        },
        F::Ne | F::Lt | F::Le | F::Gt | F::Ge => match arguments.as_slice() {
            [a, b] => {
                let order = compare(a, b);
                Value::from(match function {
                    F::Ne => order.is_ne(),
                    F::Lt => order.is_lt(),
                    F::Le => order.is_le(),
                    F::Gt => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            _ => return Err("takes two values".to_owned()),
        },
    })
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => text(a).cmp(&text(b)),
    }
}

/// Docker's order is (list, separator); behind a `|` the list comes last.
fn join(arguments: &[Value]) -> Result<Value, String> {
    let (list, by) = match arguments {
        [Value::Array(list), Value::String(by)] | [Value::String(by), Value::Array(list)] => {
            (list, by)
        }
        [Value::Null, Value::String(_)] | [Value::String(_), Value::Null] => {
            return Ok(Value::from(""));
        }
        _ => return Err("takes a list and a separator".to_owned()),
    };
    let words: Vec<String> = list.iter().map(text).collect();
    Ok(Value::from(words.join(by)))
}

fn truncate(arguments: &[Value]) -> Result<Value, String> {
    let (value, length) = match arguments {
        [value, Value::Number(n)] | [Value::Number(n), value] => (value, n.as_u64()),
        _ => return Err("takes a text and a length".to_owned()),
    };
    let length = length.ok_or_else(|| "the length is a number from 0 up".to_owned())?;
    let short: String = text(value).chars().take(length as usize).collect();
    Ok(Value::from(short))
}

fn index(arguments: &[Value]) -> Result<Value, String> {
    let Some((mut value, keys)) = arguments.split_first() else {
        return Err("takes a list or map, and a key".to_owned());
    };
    for key in keys {
        let inner = match (value, key) {
            (Value::Array(list), Value::Number(n)) => {
                let n = n.as_u64().unwrap_or(u64::MAX) as usize;
                Some(
                    list.get(n)
                        .ok_or_else(|| format!("there is no element {n} of {}", list.len()))?,
                )
            }
            (Value::Object(map), Value::String(key)) => map.get(key),
            (Value::Null, _) => None,
            _ => return Err(format!("{key} is no key of this")),
        };
        match inner {
            Some(inner) => value = inner,
            None => return Ok(Value::Null),
        }
    }
    Ok(value.clone())
}

/// `%s`, `%v`, `%d`, `%q`, `%f` with a width, a minus and a precision; `%%`.
fn printf(arguments: &[Value]) -> Result<String, String> {
    let Some((Value::String(format), values)) = arguments.split_first() else {
        return Err("takes a format first".to_owned());
    };
    let mut values = values.iter();
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest
            .find(|c: char| c.is_alphabetic() || c == '%')
            .ok_or_else(|| "the format ends in the middle".to_owned())?;
        let (flags, verb) = (&rest[..end], rest.as_bytes()[end]);
        rest = &rest[end + 1..];
        if verb == b'%' {
            out.push('%');
            continue;
        }
        let value = values
            .next()
            .ok_or_else(|| "a value is missing".to_owned())?;
        let left = flags.starts_with('-');
        let (width, precision) = match flags.trim_start_matches(['-', '+', ' ']).split_once('.') {
            Some((w, p)) => (w, p.parse::<usize>().ok()),
            None => (flags.trim_start_matches(['-', '+', ' ']), None),
        };
        let width: usize = width.parse().unwrap_or(0).min(1_000);
        let mut shown = match (verb, value.as_f64(), precision) {
            (b'q', ..) => Value::from(text(value)).to_string(),
            (b'f', Some(n), p) => format!("{n:.*}", p.unwrap_or(6).min(30)),
            (b's' | b'v' | b'd', ..) => text(value),
            (verb, ..) => return Err(format!("%{} is not known", char::from(verb))),
        };
        if let (b's', Some(p)) = (verb, precision) {
            shown = shown.chars().take(p).collect();
        }
        let pad = " ".repeat(width.saturating_sub(shown.chars().count()));
        if left {
            out.push_str(&shown);
            out.push_str(&pad);
        } else {
            out.push_str(&pad);
            out.push_str(&shown);
        }
    }
    out.push_str(rest);
    Ok(out)
}
