//! From a file to a layer. Every mistake of the file is found, not only the first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::commands;
use super::guard;
use super::layer::{HostLayer, Layer, Set};
use super::mistake::{Mistake, Source};
use super::paths::expand;
use super::schema::{self, Config, HOST, Host, SECTIONS, Setting};
use super::slot::{Complaint, Value, key};
use crate::domain::text::did_you_mean;

pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// A key, where it is, and its value.
pub(super) type Item<'a, 't> = (&'a str, Range<usize>, &'a Node<'t>);

/// Reads one file.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    home: Option<&'s Path>,
    pub(super) layer: Layer,
    pub(super) mistakes: Vec<(usize, Mistake)>,
}

/// What `source` sets, and what is wrong with it. `home` is what `~` means.
pub(super) fn read(source: &Source, home: Option<&Path>) -> (Layer, Vec<Mistake>) {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    let mut reader = Reader {
        source,
        home,
        layer: Layer::default(),
        mistakes: Vec::new(),
    };
    for e in errors {
        let span = e.span().unwrap_or(0..0);
        reader.mistake(&span, e.message(), None::<String>);
    }
    let unreadable: Vec<usize> = reader
        .mistakes
        .iter()
        .map(|(at, _)| source.line_of(*at))
        .collect();
    reader.document(document.get_ref());
    let Reader {
        layer,
        mut mistakes,
        ..
    } = reader;
    let syntax = unreadable.len();
    let mut n = 0;
    mistakes.retain(|(at, _)| {
        n += 1;
        // What a line that cannot be read seems to say is nobody's mistake.
        n <= syntax || !unreadable.contains(&source.line_of(*at))
    });
    mistakes.sort_by_key(|(at, _)| *at);
    (layer, mistakes.into_iter().map(|(_, m)| m).collect())
}

/// The items of a table, in the order of the file.
pub(super) fn items<'a, 't>(table: &'a DeTable<'t>) -> Vec<Item<'a, 't>> {
    let mut items: Vec<Item<'a, 't>> = table
        .iter()
        .map(|(k, v)| (&**k.get_ref(), k.span(), v))
        .collect();
    items.sort_by_key(|(_, span, _)| span.start);
    items
}

impl Reader<'_> {
    pub(super) fn mistake(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        hint: Option<impl Into<String>>,
    ) {
        let mistake = Mistake::at(self.source, span, message).hint(hint);
        self.mistakes.push((span.start, mistake));
    }

    fn document(&mut self, table: &DeTable<'_>) {
        for (name, span, node) in items(table) {
            match name {
                "hosts" => self.hosts(node),
                "guardrails" => self.guardrails(node),
                "keys" => self.keys(node),
                "commands" => self.commands(node),
                _ => match SECTIONS.iter().find(|s| s.name == name) {
                    Some(section) => self.section(section.name, section.settings, node),
                    None => self.unknown_section(name, &span),
                },
            }
        }
    }

    fn unknown_section(&mut self, name: &str, span: &Range<usize>) {
        let inside = schema::all().find(|(path, _)| path.ends_with(&format!(".{name}")));
        let sections = || {
            let other = ["hosts", "guardrails", "keys", "commands"];
            SECTIONS.iter().map(|s| s.name).chain(other)
        };
        let hint = match (inside, did_you_mean(name, sections())) {
            (Some((path, _)), _) => {
                let section = path.split('.').next().unwrap_or_default();
                format!("did you mean `{name}` of [{section}]?")
            }
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("there are {}", sections().collect::<Vec<_>>().join(", ")),
        };
        self.mistake(span, format!("`{name}` is not known"), Some(hint));
    }

    fn section(&mut self, section: &str, settings: &[Setting<Config>], node: &Node<'_>) {
        let Some(table) = self.table(section, node) else {
            return;
        };
        let mut scratch = Config::default();
        for (name, span, node) in items(table) {
            let path = format!("{section}.{name}");
            let Some(set) = self.setting(&path, name, &span, node, settings, &mut scratch) else {
                continue;
            };
            self.layer.settings.insert(path, set);
        }
    }

    fn hosts(&mut self, node: &Node<'_>) {
        let Some(table) = self.table("hosts", node) else {
            return;
        };
        for (name, span, node) in items(table) {
            if let Err(why) = check_name(name) {
                let said = format!("{name:?} cannot be the name of a host: {why}");
                self.mistake(&span, said, None::<String>);
                continue;
            }
            let path = format!("hosts.{}", key(name));
            let Some(table) = self.table(&path, node) else {
                continue;
            };
            let mut host = HostLayer {
                origin: self.source.origin(span.start),
                ..HostLayer::default()
            };
            let before = self.mistakes.len();
            let mut scratch = Host::default();
            for (name, span, node) in items(table) {
                let path = format!("{path}.{name}");
                if let Some(set) = self.setting(&path, name, &span, node, HOST, &mut scratch) {
                    host.settings.insert(name.to_owned(), set);
                }
            }
            host.doubtful = self.mistakes.len() > before;
            self.layer.hosts.insert(name.to_owned(), host);
        }
    }

    /// One value; checked by putting it in.
    fn setting<T>(
        &mut self,
        path: &str,
        name: &str,
        span: &Range<usize>,
        node: &Node<'_>,
        settings: &[Setting<T>],
        scratch: &mut T,
    ) -> Option<Set> {
        let Some(setting) = settings.iter().find(|s| s.name == name) else {
            self.unknown(path, name, span, settings.iter().map(|s| s.name));
            return None;
        };
        let mut slot = (setting.slot)(scratch);
        let value = self.value(path, node)?;
        let value = match value {
            Value::Text(text) if slot.is_path() => Value::Text(self.resolved(&text)),
            other => other,
        };
        match slot.put(&value) {
            Ok(()) => Some(Set {
                value,
                origin: self.source.origin(span.start),
            }),
            Err(why) => {
                self.complain(path, node, why);
                None
            }
        }
    }

    pub(super) fn complain(&mut self, path: &str, node: &Node<'_>, why: Complaint) {
        let said = format!("`{path}` {}", why.message);
        self.mistake(&node.span(), said, why.hint);
    }

    pub(super) fn unknown<'n>(
        &mut self,
        path: &str,
        name: &str,
        span: &Range<usize>,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let hint = match did_you_mean(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
        };
        self.mistake(span, format!("`{path}` is not known"), Some(hint));
    }

    pub(super) fn table<'a, 't>(
        &mut self,
        path: &str,
        node: &'a Node<'t>,
    ) -> Option<&'a DeTable<'t>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            let said = if node.get_ref().is_array() {
                "must be one table, not a list"
            } else {
                "must be a table"
            };
            let hint = match path {
                "hosts" => "write [hosts.NAME] for each host".to_owned(),
                "guardrails.match" => "like { labels = { env = \"prod\" } }".to_owned(),
                _ => format!("write [{path}]"),
            };
            let span = first_line(self.source, node.span());
            self.mistake(&span, format!("`{path}` {said}"), Some(hint));
        }
        table
    }

    /// The tables of `[[path]]`.
    pub(super) fn tables<'a, 't>(
        &mut self,
        path: &str,
        node: &'a Node<'t>,
    ) -> Vec<(Range<usize>, &'a DeTable<'t>)> {
        let Some(array) = node.get_ref().as_array() else {
            let span = first_line(self.source, node.span());
            let said = format!("`{path}` must be a list of tables");
            self.mistake(&span, said, Some(format!("write [[{path}]]")));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for node in array {
            if let Some(table) = node.get_ref().as_table() {
                tables.push((first_line(self.source, node.span()), table));
            } else {
                let said = format!("`{path}` must be a list of tables");
                self.mistake(&node.span(), said, Some(format!("write [[{path}]]")));
            }
        }
        tables
    }

    /// What is written, if it is a kind of value that any setting has.
    pub(super) fn value(&mut self, path: &str, node: &Node<'_>) -> Option<Value> {
        let what = match node.get_ref() {
            DeValue::String(text) => return Some(Value::Text(text.clone().into_owned())),
            DeValue::Boolean(yes) => return Some(Value::Bool(*yes)),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => return Some(Value::Integer(number)),
                    Err(_) => "is too large a number",
                }
            }
            DeValue::Float(_) => "must not be a number with a point",
            DeValue::Datetime(_) => "must not be a date",
            DeValue::Array(_) => match self.texts(path, node) {
                Some(texts) => return Some(Value::Texts(texts)),
                None => return None,
            },
            DeValue::Table(table) => return self.labels(path, table).map(Value::Table),
        };
        self.mistake(&node.span(), format!("`{path}` {what}"), None::<String>);
        None
    }

    /// A table of texts.
    pub(super) fn labels(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
    ) -> Option<BTreeMap<String, String>> {
        let mut labels = Some(BTreeMap::new());
        for (name, _, node) in items(table) {
            if let Some(text) = node.get_ref().as_str() {
                if let Some(labels) = &mut labels {
                    labels.insert(name.to_owned(), text.to_owned());
                }
            } else {
                let said = format!("`{path}.{}` must be a text in quotes", key(name));
                self.mistake(&node.span(), said, None::<String>);
                labels = None;
            }
        }
        labels
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, path: &str, node: &Node<'_>) -> Option<Vec<String>> {
        let wrong = |reader: &mut Self, node: &Node<'_>| {
            let said = format!("`{path}` must be a list of texts, like [\"a\", \"b\"]");
            reader.mistake(&node.span(), said, None::<String>);
            None
        };
        let Some(array) = node.get_ref().as_array() else {
            return wrong(self, node);
        };
        let mut texts = Vec::new();
        for node in array {
            match node.get_ref().as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => return wrong(self, node),
            }
        }
        Some(texts)
    }

    /// A path is meant from where the file is.
    fn resolved(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let path = expand(text, self.home);
        let dir = self.source.path.parent().unwrap_or(Path::new(""));
        dir.join(path).display().to_string()
    }

    fn guardrails(&mut self, node: &Node<'_>) {
        for (span, table) in self.tables("guardrails", node) {
            guard::rule(self, &span, table);
        }
    }

    fn commands(&mut self, node: &Node<'_>) {
        for (span, table) in self.tables("commands", node) {
            commands::command(self, &span, table);
        }
    }

    fn keys(&mut self, node: &Node<'_>) {
        if let Some(table) = self.table("keys", node) {
            guard::keys(self, table);
        }
    }
}

/// Of a value over several lines, what stands on the first: `[[guardrails]]`.
fn first_line(source: &Source, span: Range<usize>) -> Range<usize> {
    let text = source.text.get(span.clone()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim_end();
    span.start..span.start + line.len().max(1)
}

/// Hosts are named in references (`host/name`), globs and lists.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it contains a blank or a control character");
    }
    if name.contains(['/', '*', '?', ',']) {
        return Err("it contains one of / * ? ,");
    }
    if name.starts_with('-') {
        return Err("it begins with a dash");
    }
    Ok(())
}
