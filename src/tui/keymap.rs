//! Keys are data: a trie of chords per context, the user's layer over the default one.
//!
//! A lookup walks a stack of contexts from the innermost out (prompt, overlay, pane, global). A
//! started sequence stays pending until its next key; no clock ends it.

mod load;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::input::{Chord, print_sequence};
use crate::command::Scope;
use crate::domain::id::Kind;

pub use load::{DEFAULT_TEXT, Layer};

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but in prompts and dialogs.
    Global,
    /// Any table of objects.
    Table,
    /// Any text that scrolls: logs, inspect, help.
    View,
    /// The machines pane.
    Machines,
    /// The containers pane.
    Containers,
    /// The services pane.
    Services,
    /// The volumes pane.
    Volumes,
    /// The networks pane.
    Networks,
    /// The images pane.
    Images,
    /// The operations pane.
    Operations,
    /// A log view.
    Logs,
    /// A line being typed; keys without a binding go into it.
    Prompt,
    /// A dialog that asks before something is done.
    Confirm,
    /// A form; keys without a binding go into its field.
    Form,
    /// The list of keys.
    Help,
}

impl Context {
    /// All contexts, in the order of the help screen.
    pub const ALL: [Self; 15] = [
        Self::Global,
        Self::Table,
        Self::View,
        Self::Machines,
        Self::Containers,
        Self::Services,
        Self::Volumes,
        Self::Networks,
        Self::Images,
        Self::Operations,
        Self::Logs,
        Self::Prompt,
        Self::Confirm,
        Self::Form,
        Self::Help,
    ];

    /// The name used in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Table => "table",
            Self::View => "view",
            Self::Machines => "machines",
            Self::Containers => "containers",
            Self::Services => "services",
            Self::Volumes => "volumes",
            Self::Networks => "networks",
            Self::Images => "images",
            Self::Operations => "operations",
            Self::Logs => "logs",
            Self::Prompt => "prompt",
            Self::Confirm => "confirm",
            Self::Form => "form",
            Self::Help => "help",
        }
    }

    /// What the command table calls it.
    pub fn scope(self) -> Scope {
        match self {
            Self::Global => Scope::Global,
            Self::Table => Scope::Table,
            Self::View => Scope::View,
            Self::Machines => Scope::Kind(Kind::Machine),
            Self::Containers => Scope::Kind(Kind::Container),
            Self::Services => Scope::Kind(Kind::Service),
            Self::Volumes => Scope::Kind(Kind::Volume),
            Self::Networks => Scope::Kind(Kind::Network),
            Self::Images => Scope::Kind(Kind::Image),
            Self::Operations => Scope::Operations,
            Self::Logs => Scope::Logs,
            Self::Prompt => Scope::Prompt,
            Self::Confirm => Scope::Confirm,
            Self::Form => Scope::Form,
            Self::Help => Scope::Help,
        }
    }

    /// The context of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key sequence and what it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The keys, one after the other.
    pub chords: Vec<Chord>,
    /// The command's name.
    pub command: String,
    /// The command's arguments.
    pub args: Vec<String>,
    /// For help and footer; the command's own description where it is missing.
    pub desc: Option<String>,
    /// File and line, for messages: `config.toml:12`.
    pub origin: String,
    /// Position in its file: help and footer keep the author's order.
    order: usize,
}

impl Binding {
    /// The keys as they are written in the configuration.
    pub fn keys(&self) -> String {
        print_sequence(&self.chords)
    }

    /// The keys for people: `ctrl-d`, `g g`.
    pub fn label(&self) -> String {
        self.chords
            .iter()
            .map(|c| c.label())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What a sequence of keys means.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Run this.
    Matched(&'a Binding),
    /// More keys are needed; these can follow.
    Pending(Vec<Next<'a>>),
    /// Nothing starts like this. In a prompt the key goes into the line.
    NotFound,
}

/// A key that can follow a started sequence; for the popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next<'a> {
    /// The key.
    pub chord: Chord,
    /// What it runs; `None` when more keys must follow.
    pub binding: Option<&'a Binding>,
}

#[derive(Debug, Clone)]
enum Node {
    Leaf(Arc<Binding>),
    Branch(Trie),
}

type Trie = BTreeMap<Chord, Node>;

/// All bindings in force.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    contexts: BTreeMap<Context, Trie>,
}

impl Keymap {
    /// What `chords` mean in `stack`, innermost context first.
    pub fn lookup(&self, stack: &[Context], chords: &[Chord]) -> Lookup<'_> {
        let mut next: BTreeMap<Chord, Next<'_>> = BTreeMap::new();
        for context in stack {
            match self.find(*context, chords) {
                Some(Node::Leaf(binding)) if next.is_empty() => return Lookup::Matched(binding),
                // An inner context has longer sequences that start like this.
                Some(Node::Leaf(_)) => break,
                Some(Node::Branch(trie)) => {
                    for (chord, node) in trie {
                        let binding = match node {
                            Node::Leaf(binding) => Some(&**binding),
                            Node::Branch(_) => None,
                        };
                        next.entry(*chord).or_insert(Next {
                            chord: *chord,
                            binding,
                        });
                    }
                }
                None => {}
            }
        }
        if next.is_empty() {
            return Lookup::NotFound;
        }
        Lookup::Pending(next.into_values().collect())
    }

    fn find(&self, context: Context, chords: &[Chord]) -> Option<&Node> {
        let (first, rest) = chords.split_first()?;
        let mut node = self.contexts.get(&context)?.get(first)?;
        for chord in rest {
            let Node::Branch(trie) = node else {
                return None;
            };
            node = trie.get(chord)?;
        }
        Some(node)
    }

    /// The bindings of one context, in the order they were written.
    pub fn bindings(&self, context: Context) -> Vec<&Binding> {
        let mut found = Vec::new();
        if let Some(trie) = self.contexts.get(&context) {
            collect(trie, &mut found);
        }
        found.sort_by_key(|b| b.order);
        found
    }

    /// The bindings that work in `stack`, innermost context first: what the help shows.
    pub fn reachable(&self, stack: &[Context]) -> Vec<&Binding> {
        let all = stack.iter().flat_map(|c| self.bindings(*c));
        all.filter(|b| self.reaches(stack, b)).collect()
    }

    fn reaches(&self, stack: &[Context], binding: &Binding) -> bool {
        matches!(self.lookup(stack, &binding.chords), Lookup::Matched(b) if std::ptr::eq(b, binding))
    }

    /// The key sequences that run `run` (a command, with arguments or without) in `stack`, shortest
    /// first: what the footer and the palette show beside a command.
    pub fn chords_for(&self, stack: &[Context], run: &str) -> Vec<&Binding> {
        let mut words = run.split_whitespace();
        let command = words.next().unwrap_or_default();
        let args: Vec<&str> = words.collect();
        let mut found = self.reachable(stack);
        found.retain(|b| b.command == command && b.args == args);
        found.sort_by_key(|b| b.chords.len());
        found
    }

    /// Keep only the bindings for which `keep` holds: read-only mode drops what changes anything.
    pub fn retain(&mut self, keep: impl Fn(&Binding) -> bool) {
        for trie in self.contexts.values_mut() {
            prune(trie, &keep);
        }
    }

    fn insert(&mut self, binding: Binding) {
        let mut trie = self.contexts.entry(binding.context).or_default();
        let Some((last, prefix)) = binding.chords.split_last() else {
            return;
        };
        for chord in prefix {
            let node = trie
                .entry(*chord)
                .or_insert_with(|| Node::Branch(Trie::new()));
            if let Node::Leaf(_) = node {
                // A longer sequence takes the place of the shorter one.
                *node = Node::Branch(Trie::new());
            }
            match node {
                Node::Branch(inner) => trie = inner,
                Node::Leaf(_) => return,
            }
        }
        trie.insert(*last, Node::Leaf(Arc::new(binding.clone())));
    }

    /// Remove what `chords` run, and whatever starts with them; false when nothing did.
    fn remove(&mut self, context: Context, chords: &[Chord]) -> bool {
        fn go(trie: &mut Trie, chords: &[Chord]) -> bool {
            let Some((first, rest)) = chords.split_first() else {
                return false;
            };
            if rest.is_empty() {
                return trie.remove(first).is_some();
            }
            let Some(Node::Branch(inner)) = trie.get_mut(first) else {
                return false;
            };
            let removed = go(inner, rest);
            if inner.is_empty() {
                trie.remove(first);
            }
            removed
        }
        self.contexts
            .get_mut(&context)
            .is_some_and(|trie| go(trie, chords))
    }
}

fn collect<'a>(trie: &'a Trie, found: &mut Vec<&'a Binding>) {
    for node in trie.values() {
        match node {
            Node::Leaf(binding) => found.push(binding),
            Node::Branch(inner) => collect(inner, found),
        }
    }
}

fn prune(trie: &mut Trie, keep: &impl Fn(&Binding) -> bool) {
    trie.retain(|_, node| match node {
        Node::Leaf(binding) => keep(binding),
        Node::Branch(inner) => {
            prune(inner, keep);
            !inner.is_empty()
        }
    });
}

#[cfg(test)]
mod tests;
