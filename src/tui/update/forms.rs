//! Forms: opening, typing, and going on to the plan.

use crate::command;
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::{Intent, Target};
use crate::domain::restore::Removed;
use crate::domain::spec::ContainerSpec;
use crate::reconcile::Preview;
use crate::tui::effect::{Effect, Why};
use crate::tui::form::{Control, Form, Purpose};
use crate::tui::input::Chord;
use crate::tui::model::Model;
use crate::tui::overlay::{Item, Menu, Overlay};
use crate::tui::row::Row;
use crate::tui::status::Severity;

/// The host that is meant when nobody says one: the scope's, else the one under the cursor.
pub(super) fn host(model: &Model) -> Option<HostId> {
    let table = model.focused();
    let scope = table.scope.as_ref().map(|s| s.host().clone());
    let row = || table.selected().and_then(|r| r.host_id().cloned());
    let live = || {
        let mut hosts = model.snapshot.hosts.iter();
        hosts.find(|h| h.link.is_live()).map(|h| h.id().clone())
    };
    scope.or_else(row).or_else(live)
}

/// An empty form for one more of this pane's kind.
pub(super) fn create(model: &mut Model, kind: Kind, effects: &mut Vec<Effect>) {
    let host = host(model);
    if let Some(form) = Form::create(kind, host.as_ref(), &model.snapshot) {
        open(model, form, effects);
    }
}

fn open(model: &mut Model, mut form: Form, effects: &mut Vec<Effect>) {
    model.pending.clear();
    let intent = form.check(&model.snapshot);
    effects.extend(intent.map(|i| Effect::Draft(Box::new(i))));
    model.overlays.push(Overlay::Form(Box::new(form)));
}

/// Edit or duplicate a container: what it is made of is read first.
pub(super) fn specify(model: &mut Model, rows: &[Row], why: Why, effects: &mut Vec<Effect>) {
    let [Row::Container(host, c)] = rows else {
        let text = "one container at a time";
        model.status.say(Severity::Warning, text, model.now);
        return;
    };
    let target = Target {
        object: host.container_ref(c),
        created: c.created,
    };
    let text = format!("reading what {} is made of", target.object);
    model.status.say(Severity::Info, text, model.now);
    effects.push(Effect::Specify { target, why });
}

/// What a container is made of is known.
pub(super) fn specified(
    model: &mut Model,
    target: Target,
    why: Why,
    result: Result<Box<ContainerSpec>>,
    effects: &mut Vec<Effect>,
) {
    let spec = match result {
        Ok(spec) => spec,
        Err(e) => {
            model.status.fail(&e, model.now);
            return;
        }
    };
    // Whoever went on to something else meanwhile is not interrupted.
    if !model.overlays.is_empty() {
        return;
    }
    model.status.dismiss(model.now);
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let host = target.object.host.clone();
    let form = match why {
        Why::Edit => {
            let purpose = Purpose::Edit {
                target,
                was: spec.clone(),
            };
            Form::container(purpose, Some(&host), "", &spec, &snapshot)
        }
        Why::Duplicate(name) => {
            let mut spec = *spec;
            spec.own_volumes();
            let old = target.object.label();
            let name = name.unwrap_or_else(|| another(old, &host, model));
            let purpose = Purpose::Duplicate(target.object.to_string());
            Form::container(purpose, Some(&host), &name, &spec, &snapshot)
        }
    };
    open(model, form, effects);
}

/// A name that is free: `web-2`.
fn another(name: &str, host: &HostId, model: &Model) -> String {
    let shard = model.snapshot.host(host);
    let taken = |n: &str| shard.is_some_and(|h| h.containers.iter().any(|c| *c.name == *n));
    let mut names = (2..1000).map(|n| format!("{name}-{n}"));
    names.find(|n| !taken(n)).unwrap_or_default()
}

/// The containers that were removed are known: one is chosen, or was named.
pub(super) fn removed(
    model: &mut Model,
    wanted: Option<&str>,
    result: Result<Vec<Removed>>,
    effects: &mut Vec<Effect>,
) {
    let all = match result {
        Ok(all) => all,
        Err(e) => {
            model.status.fail(&e, model.now);
            return;
        }
    };
    if let Some(wanted) = wanted {
        let fits = |r: &&Removed| r.object.to_string() == wanted || *r.object.name == *wanted;
        let found: Vec<Removed> = all.iter().filter(fits).cloned().collect();
        if let [one] = found.as_slice() {
            restore(model, one, effects);
            return;
        }
    }
    if all.is_empty() {
        let text = "the journal has no removed container that could be made again";
        model.status.say(Severity::Info, text, model.now);
        return;
    }
    if !model.overlays.is_empty() {
        return;
    }
    let Some(restore) = command::find("restore") else {
        return;
    };
    let items = all.iter().map(|r| {
        let when = r.at.map_or_else(String::new, |at| {
            let (age, _) = crate::tui::format::age(model.now, at);
            format!("removed {age} ago by {}, ", r.by)
        });
        Item {
            label: r.object.to_string(),
            doc: format!("{when}{}", r.spec.image),
            key: String::new(),
            call: command::Invocation::new(restore).with("target", r.object.to_string()),
            own: None,
        }
    });
    let items: Vec<Item> = items.collect();
    model.pending.clear();
    model.overlays.push(Overlay::Menu(Menu {
        title: "Removed containers".to_owned(),
        items,
        cursor: 0,
        targets: Vec::new(),
    }));
    model.activity.removed = all;
}

/// One of the list was chosen.
pub(super) fn restore_named(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let mut all = model.activity.removed.iter();
    if let Some(found) = all.find(|r| r.object.to_string() == name).cloned() {
        restore(model, &found, effects);
    } else {
        effects.push(Effect::Removed(Some(name.to_owned())));
    }
}

fn restore(model: &mut Model, removed: &Removed, effects: &mut Vec<Effect>) {
    let object: &ObjectRef = &removed.object;
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let mut form = Form::container(
        Purpose::Restore(object.to_string()),
        Some(&object.host),
        &object.name,
        &removed.spec,
        &snapshot,
    );
    form.set("start", if removed.ran { "yes" } else { "no" });
    form.strict = true;
    form.begin();
    form.check(&snapshot);
    // What was not written down is asked for first.
    form.go_to_mistake();
    open(model, form, effects);
}

/// What a form would do is known.
pub(super) fn drafted(model: &mut Model, intent: &Intent, result: Result<Box<Preview>, Error>) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let form = model.overlays.iter_mut().rev().find_map(|o| match o {
        Overlay::Form(form) => Some(form),
        _ => None,
    });
    if let Some(form) = form
        && form.check(&snapshot).as_ref() == Some(intent)
    {
        form.draft = Some(result);
    }
}

fn front(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Something was typed: what would it do now?
fn typed(model: &mut Model, effects: &mut Vec<Effect>) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    if let Some(form) = front(model) {
        form.changed(&snapshot);
        let intent = form.check(&snapshot);
        effects.extend(intent.map(|i| Effect::Draft(Box::new(i))));
    }
}

/// A key that no binding took.
pub(super) fn key(model: &mut Model, chord: Chord, effects: &mut Vec<Effect>) {
    let Some(form) = front(model) else { return };
    let at = form.at;
    let before = form.field().map(crate::tui::form::Field::value);
    if let Some(field) = form.field_mut() {
        field.key(chord);
    }
    if form.fields.get(at).map(crate::tui::form::Field::value) != before {
        typed(model, effects);
    }
}

/// Text from the clipboard.
pub(super) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    if let Some(field) = front(model).and_then(Form::field_mut) {
        field.paste(text);
        typed(model, effects);
    }
}

/// A key of forms.
pub(super) fn command(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let Some(form) = front(model) else { return };
    match name {
        "next-field" => {
            form.take_choice(&snapshot);
            form.turn(1);
        }
        "previous-field" => form.turn(-1),
        "field-down" => vertical(form, 1),
        "field-up" => vertical(form, -1),
        "pick" => {
            form.open_list(&snapshot);
        }
        "submit" => submit(model, effects),
        "cancel" => cancel(model),
        "activate" => activate(model, effects),
        _ => {}
    }
}

/// Down and up: in a list, in a text, else to the next field.
fn vertical(form: &mut Form, by: isize) {
    if let Some(list) = &mut form.list {
        let count = list.items.len() as isize;
        list.chosen = match list.chosen {
            None if by > 0 => Some(0),
            None => Some(list.items.len().saturating_sub(1)),
            Some(at) => Some((at as isize + by).rem_euclid(count.max(1)) as usize),
        };
        return;
    }
    if let Some(field) = form.fields.get_mut(form.at)
        && let Control::Area(area) = &mut field.control
    {
        let row = area.cursor().0;
        let edge = if by > 0 {
            row + 1 >= area.lines().len()
        } else {
            row == 0
        };
        if !edge {
            let to = if by > 0 {
                tui_textarea::CursorMove::Down
            } else {
                tui_textarea::CursorMove::Up
            };
            area.move_cursor(to);
            return;
        }
    }
    form.turn(by);
}

/// Enter: takes what is chosen, opens a list, ends a line, presses a button.
fn activate(model: &mut Model, effects: &mut Vec<Effect>) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let Some(form) = front(model) else { return };
    if form.take_choice(&snapshot) {
        typed(model, effects);
        if let Some(form) = front(model) {
            form.list = None;
        }
        return;
    }
    form.list = None;
    match (form.button(), form.field_mut().map(|f| &mut f.control)) {
        (Some(0), _) => {
            model.overlays.pop();
        }
        (Some(_), _) => submit(model, effects),
        (None, Some(Control::Area(area))) => {
            area.insert_newline();
            typed(model, effects);
        }
        (None, Some(Control::Choice { .. })) => {
            form.open_list(&snapshot);
        }
        (None, Some(Control::Flag(on))) => {
            *on = !*on;
            typed(model, effects);
        }
        (None, _) => form.turn(1),
    }
}

/// Esc closes a list, then asks, then leaves.
fn cancel(model: &mut Model) {
    let Some(form) = front(model) else { return };
    if form.list.take().is_some() {
        return;
    }
    if form.is_changed() && !form.leaving {
        form.leaving = true;
        return;
    }
    model.overlays.pop();
}

/// On to the plan, if nothing is wrong.
fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    let snapshot = std::sync::Arc::clone(&model.snapshot);
    let Some(form) = front(model) else { return };
    form.strict = true;
    form.list = None;
    form.leaving = false;
    match form.check(&snapshot) {
        Some(intent) => effects.push(Effect::Preview(Box::new(intent))),
        None => {
            form.go_to_mistake();
        }
    }
}

/// The plan of a form came back before it could be shown: what is wrong is said in the form.
pub(super) fn refused(model: &mut Model, e: Error) {
    if let Some(form) = front(model) {
        form.draft = Some(Err(e));
    }
}

/// The shell line of the form below, for the dialog over it.
pub(super) fn shell(model: &Model) -> Option<String> {
    match model.overlays.last() {
        Some(Overlay::Form(form)) => form.shell(&model.snapshot),
        _ => None,
    }
}

/// A field or a button was clicked.
pub(super) fn clicked(model: &mut Model, field: usize, effects: &mut Vec<Effect>) {
    let Some(form) = front(model) else { return };
    let again = form.at == field;
    form.at = field;
    form.list = None;
    let presses = form.button().is_some()
        || again
            && matches!(
                form.field().map(|f| &f.control),
                Some(Control::Choice { .. })
            )
        || matches!(form.field().map(|f| &f.control), Some(Control::Flag(_)));
    if presses {
        activate(model, effects);
    }
}

#[cfg(test)]
mod tests;
