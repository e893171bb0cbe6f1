//! Commands of the user's own, between being called and being run.

use std::sync::Arc;

use super::line_edit::LineEdit;
use super::row::Row;
use crate::config::UserCommand;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::snapshot::Snapshot;

/// What is asked before one runs.
#[derive(Debug)]
pub struct Ask {
    pub command: Arc<UserCommand>,
    /// What it works on; none for a command that needs no row.
    pub objects: Vec<ObjectRef>,
    /// A line for each of the command's inputs.
    pub inputs: Vec<LineEdit>,
    /// The input with the cursor; past the last one: the buttons.
    pub at: usize,
    /// The button that runs it is chosen.
    pub go: bool,
    /// The first line that is shown.
    pub top: usize,
}

impl Ask {
    /// Ask about `command`; the cursor is in the first input, else on Cancel.
    pub fn new(command: Arc<UserCommand>, objects: Vec<ObjectRef>) -> Self {
        Self {
            inputs: command.inputs.iter().map(|_| LineEdit::default()).collect(),
            // Whoever types inputs wants it run; whoever is only asked may have hit a wrong key.
            go: !command.inputs.is_empty(),
            command,
            objects,
            at: 0,
            top: 0,
        }
    }

    /// Is something typed, or is a button chosen?
    pub fn is_typing(&self) -> bool {
        self.at < self.inputs.len()
    }

    /// The lines for the shell as they are now.
    pub fn lines(&self, snapshot: &Snapshot) -> Vec<String> {
        let input = |name: &str| {
            let at = self.command.inputs.iter().position(|i| i == name)?;
            self.inputs.get(at).map(|l| l.text().to_owned())
        };
        lines(&self.command, &self.objects, snapshot, &input)
    }
}

/// One line for each object, or a single one where none is needed.
pub fn lines(
    command: &UserCommand,
    objects: &[ObjectRef],
    snapshot: &Snapshot,
    input: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    if command.kinds.is_empty() {
        return vec![command.line(input)];
    }
    objects
        .iter()
        .map(|o| command.line(&|name| input(name).or_else(|| value(o, snapshot, name))))
        .collect()
}

/// What a placeholder stands for.
fn value(object: &ObjectRef, snapshot: &Snapshot, name: &str) -> Option<String> {
    let container = || snapshot.container(object).map(|(_, c)| c);
    Some(match name {
        "host" => object.host.as_str().to_owned(),
        "endpoint" => snapshot.host(&object.host)?.facts.endpoint.to_string(),
        "kind" => object.kind.word().to_owned(),
        "id" => object.id.as_str().to_owned(),
        "name" => object.label().to_owned(),
        "image" if object.kind == Kind::Image => object.label().to_owned(),
        "image" => container()?.image.to_string(),
        "project" if object.kind == Kind::Project => object.label().to_owned(),
        "project" if object.kind == Kind::Service => object.label().split_once('/')?.0.to_owned(),
        "service" if object.kind == Kind::Service => {
            let label = object.label();
            label.split_once('/').map_or(label, |(_, s)| s).to_owned()
        }
        "project" => container()?.project()?.to_owned(),
        "service" => container()?.service()?.to_owned(),
        _ => return None,
    })
}

/// Is the command for all of these rows?
pub fn fits(command: &UserCommand, rows: &[Row]) -> bool {
    command.kinds.is_empty()
        || !rows.is_empty()
            && rows
                .iter()
                .all(|r| r.kind().is_some_and(|k| command.kinds.contains(&k)))
}
