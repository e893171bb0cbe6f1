//! What the environment and the flags set.

use std::collections::BTreeMap;
use std::path::Path;

use super::Flag;
use super::layer::{Layer, Origin, Set};
use super::mistake::{Mistake, Warning};
use super::schema::{self, Config};
use crate::domain::text::did_you_mean;

/// Begins the names of our variables.
const PREFIX: &str = "PILOTHOUSE_";
/// Variables of ours that are no settings.
const OTHERS: [&str; 1] = ["PILOTHOUSE_CONFIG"];

/// `PILOTHOUSE_UI_THEME=light`. An empty variable counts as unset; one that sets nothing is told.
pub(super) fn environment(
    env: &BTreeMap<String, String>,
    home: Option<&Path>,
    mistakes: &mut Vec<Mistake>,
    warnings: &mut Vec<Warning>,
) -> Layer {
    let mut layer = Layer::default();
    let known: BTreeMap<String, String> = schema::all()
        .map(|(path, _)| (schema::variable(&path), path))
        .collect();
    let ours = env.iter().filter(|(name, text)| {
        name.starts_with(PREFIX) && !text.is_empty() && !OTHERS.contains(&name.as_str())
    });
    for (name, text) in ours {
        let origin = Origin::Variable(name.clone());
        if let Some(path) = known.get(name) {
            put(&mut layer, path, text, &origin, home, mistakes);
            continue;
        }
        let near = did_you_mean(name, known.keys().map(String::as_str).chain(OTHERS));
        let hint = near.map_or(String::new(), |n| format!("; did you mean {n}?"));
        warnings.push(Warning::at(&origin, format!("it sets nothing{hint}")));
    }
    layer
}

/// `--read-only`, `--set ui.theme=light`.
pub(super) fn flags(flags: &[Flag], home: Option<&Path>, mistakes: &mut Vec<Mistake>) -> Layer {
    let mut layer = Layer::default();
    for flag in flags {
        let origin = Origin::Flag(flag.name.clone());
        if schema::find(&flag.setting).is_some() {
            put(
                &mut layer,
                &flag.setting,
                &flag.value,
                &origin,
                home,
                mistakes,
            );
            continue;
        }
        let known: Vec<String> = schema::all().map(|(path, _)| path).collect();
        let near = did_you_mean(&flag.setting, known.iter().map(String::as_str));
        let said = format!("`{}` is not known", flag.setting);
        let hint = near.map(|n| format!("did you mean `{n}`?"));
        mistakes.push(Mistake::of(&origin, &[], said).hint(hint));
    }
    layer
}

fn put(
    layer: &mut Layer,
    path: &str,
    text: &str,
    origin: &Origin,
    home: Option<&Path>,
    mistakes: &mut Vec<Mistake>,
) {
    let Some(setting) = schema::find(path) else {
        return;
    };
    let mut scratch = Config::default();
    let mut slot = (setting.slot)(&mut scratch);
    let value = slot.value_of(text, home);
    match slot.put(&value) {
        Ok(()) => {
            let origin = origin.clone();
            layer
                .settings
                .insert(path.to_owned(), Set { value, origin });
        }
        Err(why) => {
            let said = format!("`{path}` {}", why.message);
            mistakes.push(Mistake::of(origin, &[], said).hint(why.hint));
        }
    }
}
