//! Reading `[[guardrails]]` and `[[keys.CONTEXT]]`.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::layer::{KeyBinding, KeyLayer, Keys, Rule};
use super::read::{Node, Reader, items};
use super::slot::{Slot, key};
use crate::domain::guardrail::{Effect, Guardrail, Match};
use crate::domain::text::{did_you_mean, glob};

/// Every verb that a guardrail can be about: those of intents, of steps and of sessions.
pub(super) const VERBS: [&str; 19] = [
    "attach",
    "connect",
    "cp",
    "create",
    "disconnect",
    "exec",
    "kill",
    "pause",
    "prune",
    "pull",
    "remove",
    "rename",
    "restart",
    "run",
    "start",
    "stop",
    "tag",
    "unpause",
    "untag",
];

/// One `[[guardrails]]`.
pub(super) fn rule(reader: &mut Reader<'_>, span: &Range<usize>, table: &DeTable<'_>) {
    let before = reader.mistakes.len();
    let mut rule = Guardrail {
        matches: Match::default(),
        effect: Effect::Deny,
        max_bulk: None,
        reason: String::new(),
    };
    let mut has_effect = false;
    for (name, at, node) in items(table) {
        let path = format!("guardrails.{name}");
        match name {
            "match" => matches(reader, &path, node, &mut rule.matches),
            "effect" => {
                has_effect = true;
                put(reader, &path, node, &mut Slot::Word(&mut rule.effect));
            }
            "max_bulk" => {
                let mut most = None;
                let slot = &mut Slot::MaybeCount(&mut most, 0..=u32::MAX);
                put(reader, &path, node, slot);
                rule.max_bulk = most.map(|n| n as usize);
            }
            "reason" => put(reader, &path, node, &mut Slot::Text(&mut rule.reason)),
            _ => {
                let known = ["match", "effect", "max_bulk", "reason"];
                reader.unknown(&path, name, &at, known.into_iter());
            }
        }
    }
    if !has_effect {
        let said = "a guardrail needs an `effect`";
        let hint = "one of \"deny\", \"confirm\", \"type-host-name\", \"type-object-name\", \
                    \"allow\"";
        reader.mistake(span, said, Some(hint));
    }
    // A rule that is half understood would protect less than it says.
    if reader.mistakes.len() == before {
        let origin = reader.source.origin(span.start);
        reader.layer.rules.push(Rule {
            guardrail: rule,
            origin,
        });
    }
}

pub(super) fn put(reader: &mut Reader<'_>, path: &str, node: &Node<'_>, slot: &mut Slot<'_>) {
    if let Some(value) = reader.value(path, node)
        && let Err(why) = slot.put(&value)
    {
        reader.complain(path, node, why);
    }
}

fn matches(reader: &mut Reader<'_>, path: &str, node: &Node<'_>, found: &mut Match) {
    let Some(table) = reader.table(path, node) else {
        return;
    };
    for (name, at, node) in items(table) {
        let path = format!("{path}.{name}");
        match name {
            "labels" => {
                if let Some(table) = reader.table(&path, node) {
                    found.labels = reader.labels(&path, table).unwrap_or_default();
                }
            }
            "hosts" => found.hosts = reader.texts(&path, node).unwrap_or_default(),
            "names" => found.names = reader.texts(&path, node).unwrap_or_default(),
            "actions" => {
                found.actions = reader.texts(&path, node).unwrap_or_default();
                actions(reader, &path, node, &found.actions);
            }
            _ => {
                let known = ["hosts", "labels", "actions", "names"];
                reader.unknown(&path, name, &at, known.into_iter());
            }
        }
    }
}

/// A rule about a verb that does not exist would never apply, and nobody would notice.
fn actions(reader: &mut Reader<'_>, path: &str, node: &Node<'_>, actions: &[String]) {
    let spans: Vec<Range<usize>> = match node.get_ref().as_array() {
        Some(array) => array.iter().map(toml::Spanned::span).collect(),
        None => return,
    };
    for (action, span) in actions.iter().zip(spans) {
        if !VERBS.iter().any(|verb| glob(action, verb)) {
            let hint = match did_you_mean(action, VERBS) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("there are {}", VERBS.join(", ")),
            };
            let said = format!("`{path}`: nothing is called {action:?}");
            reader.mistake(&span, said, Some(hint));
        }
    }
}

/// All `[[keys.CONTEXT]]` of a file.
pub(super) fn keys(reader: &mut Reader<'_>, table: &DeTable<'_>) {
    let mut bindings = Vec::new();
    for (context, _, node) in items(table) {
        let path = format!("keys.{}", key(context));
        for (span, table) in reader.tables(&path, node) {
            bindings.extend(binding(reader, context, &path, &span, table));
        }
    }
    bindings.sort_by_key(|b: &KeyBinding| b.line);
    if !bindings.is_empty() {
        reader.layer.keys.push(KeyLayer {
            file: Arc::clone(&reader.source.name),
            bindings,
        });
    }
}

fn binding(
    reader: &mut Reader<'_>,
    context: &str,
    path: &str,
    span: &Range<usize>,
    table: &DeTable<'_>,
) -> Option<KeyBinding> {
    let (mut on, mut run, mut desc) = (None, None, None);
    let before = reader.mistakes.len();
    for (name, at, node) in items(table) {
        let path = format!("{path}.{name}");
        match name {
            "on" => {
                on = match node.get_ref() {
                    DeValue::String(text) => Some(Keys::Sequence(text.to_string())),
                    DeValue::Array(_) => reader.texts(&path, node).map(Keys::List),
                    _ => {
                        let said = format!("`{path}` must be a text, or a list of texts");
                        let hint = "like \"gg\", \"<C-r>\" or [\"g\", \"g\"]";
                        reader.mistake(&node.span(), said, Some(hint));
                        None
                    }
                };
            }
            "run" => put(reader, &path, node, &mut Slot::MaybeText(&mut run)),
            "desc" => put(reader, &path, node, &mut Slot::MaybeText(&mut desc)),
            _ => reader.unknown(&path, name, &at, ["on", "run", "desc"].into_iter()),
        }
    }
    if reader.mistakes.len() > before {
        return None;
    }
    let missing = match (&on, &run) {
        (None, _) => Some("on"),
        (_, None) => Some("run"),
        _ => None,
    };
    if let Some(missing) = missing {
        let hint = "like on = \"gg\" and run = \"top\"; run = \"\" unbinds";
        reader.mistake(span, format!("`{path}` needs `{missing}`"), Some(hint));
    }
    Some(KeyBinding {
        context: context.to_owned(),
        on: on?,
        run: run?,
        desc,
        line: reader.source.line_of(span.start),
    })
}
