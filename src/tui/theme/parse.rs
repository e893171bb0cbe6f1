//! Reading theme files: palette, inheritance, styles.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Role, Warning};
use crate::tui::suggest::closest;

/// The names for the terminal's own 16 colours.
const NAMED: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strike", Modifier::CROSSED_OUT),
];

/// One file, or several merged: nothing is resolved before the last one is in, so a heir that
/// changes only the palette changes every role that uses it.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) name: Option<String>,
    pub(super) inherits: Option<String>,
    palette: BTreeMap<String, String>,
    roles: BTreeMap<Role, Look>,
}

/// The text of a file, to say where something is.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// `theme mine, line 6, column 12`.
    fn at(self, byte: usize) -> String {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        format!("theme {}, line {line}, column {column}", self.name)
    }
}

/// How a role is written: colours by name, modifiers.
#[derive(Debug, Clone, Default)]
struct Look {
    /// Where it is written.
    place: String,
    fg: Option<String>,
    bg: Option<String>,
    mods: Modifier,
}

impl Source {
    /// Take from `parent` what is not said here.
    pub(super) fn underlay(&mut self, parent: Self) {
        self.name = self.name.take().or(parent.name);
        for (name, colour) in parent.palette {
            self.palette.entry(name).or_insert(colour);
        }
        for (role, look) in parent.roles {
            self.roles.entry(role).or_insert(look);
        }
    }

    /// Resolve colours; a role with a bad one keeps the rest of its style.
    pub(super) fn styles(&self, warnings: &mut Vec<Warning>) -> BTreeMap<Role, Style> {
        let mut styles = BTreeMap::new();
        for (role, look) in &self.roles {
            let mut colour = |text: &Option<String>| {
                let text = text.as_ref()?;
                let found = self.colour(text);
                if found.is_none() {
                    let what = format!("{}: role {}", look.place, role.name());
                    warnings.push(self.bad_colour(&what, text));
                }
                found
            };
            let style = Style {
                fg: colour(&look.fg),
                bg: colour(&look.bg),
                add_modifier: look.mods,
                ..Style::default()
            };
            styles.insert(*role, style);
        }
        styles
    }

    /// A palette name, a terminal colour, `default`, a number of the 256 or `#rrggbb`.
    fn colour(&self, text: &str) -> Option<Color> {
        match self.palette.get(text) {
            Some(value) => literal(value),
            None => literal(text),
        }
    }

    fn bad_colour(&self, what: &str, text: &str) -> Warning {
        let known = self
            .palette
            .keys()
            .map(String::as_str)
            .chain(NAMED.iter().map(|(n, _)| *n));
        let said = match self.palette.get(text) {
            Some(value) => format!("{text} = {value}"),
            None => text.to_owned(),
        };
        let hint = match closest(text, known) {
            Some(near) if near != text => format!("did you mean {near}?"),
            _ => "like #89b4fa, 214, bright-blue or a name of [palette]".to_owned(),
        };
        Warning(format!("{what}: `{said}` is no colour; {hint}"))
    }
}

fn literal(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = text.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok()?;
        return match hex.len() {
            6 => Some(Color::Rgb(
                (value >> 16) as u8,
                (value >> 8) as u8,
                value as u8,
            )),
            3 => {
                let nibble = |shift: u32| ((value >> shift & 0xf) * 17) as u8;
                Some(Color::Rgb(nibble(8), nibble(4), nibble(0)))
            }
            _ => None,
        };
    }
    if let Some((_, colour)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some(*colour);
    }
    text.parse().ok().map(Color::Indexed)
}

/// Read one file; what cannot be understood is passed over with a warning.
pub(super) fn read(name: &str, text: &str, warnings: &mut Vec<Warning>) -> Source {
    let mut source = Source::default();
    let file = File { name, text };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(e) => {
            let said = e.to_string();
            warnings.push(Warning(format!("theme {name}: {}", said.trim_end())));
            return source;
        }
    };
    for (key, value) in in_order(table.get_ref()) {
        let at = || file.at(key.span().start);
        match (&**key.get_ref(), value.get_ref()) {
            ("name", DeValue::String(name)) => source.name = Some(name.to_string()),
            ("inherits", DeValue::String(parent)) => source.inherits = Some(parent.to_string()),
            ("palette", DeValue::Table(palette)) => {
                for (name, value) in in_order(palette) {
                    match scalar(value.get_ref()) {
                        Some(colour) => {
                            source.palette.insert(name.get_ref().to_string(), colour);
                        }
                        None => warnings.push(Warning(format!(
                            "{}: colour {} of [palette] is not a text like \"#89b4fa\"",
                            file.at(value.span().start),
                            name.get_ref()
                        ))),
                    }
                }
            }
            ("roles", DeValue::Table(roles)) => {
                read_roles(file, "", roles, &mut source.roles, warnings);
            }
            (other, _) => warnings.push(Warning(format!(
                "{}: `{other}` is not understood; there are name, inherits, [palette], [roles]",
                at()
            ))),
        }
    }
    source
}

type Item<'a, 't> = (
    &'a Spanned<std::borrow::Cow<'t, str>>,
    &'a Spanned<DeValue<'t>>,
);

/// As the file has it.
fn in_order<'a, 't>(table: &'a DeTable<'t>) -> Vec<Item<'a, 't>> {
    let mut items: Vec<Item<'a, 't>> = table.iter().collect();
    items.sort_by_key(|(key, _)| key.span().start);
    items
}

/// Roles as `"text.muted" = ...` and as nested tables from dotted keys alike.
fn read_roles(
    file: File<'_>,
    path: &str,
    table: &DeTable<'_>,
    roles: &mut BTreeMap<Role, Look>,
    warnings: &mut Vec<Warning>,
) {
    for (key, value) in in_order(table) {
        let name = if path.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{path}.{}", key.get_ref())
        };
        let place = file.at(key.span().start);
        let Some(role) = Role::from_name(&name) else {
            match value.get_ref() {
                DeValue::Table(inner) if is_group(&name) => {
                    read_roles(file, &name, inner, roles, warnings);
                }
                _ => warnings.push(unknown_role(&place, &name)),
            }
            continue;
        };
        let mut look = Look::default();
        let complaints = match value.get_ref() {
            DeValue::Table(parts) => read_look(parts, &mut look),
            other => {
                look.fg = scalar(other);
                let wrong = look.fg.is_none();
                wrong
                    .then(|| "is no colour and no table of fg, bg, mods".to_owned())
                    .into_iter()
                    .collect()
            }
        };
        warnings.extend(
            complaints
                .iter()
                .map(|c| Warning(format!("{place}: role {name}: {c}"))),
        );
        look.place = place;
        roles.insert(role, look);
    }
}

/// Fill `look`; what was not understood.
fn read_look(parts: &DeTable<'_>, look: &mut Look) -> Vec<String> {
    let mut complaints = Vec::new();
    for (key, value) in in_order(parts) {
        match &**key.get_ref() {
            "fg" => look.fg = scalar(value.get_ref()),
            "bg" => look.bg = scalar(value.get_ref()),
            "mods" => {
                let words = value.get_ref().as_array().into_iter().flatten();
                for word in words.filter_map(|w| w.get_ref().as_str()) {
                    match MODIFIERS.iter().find(|(name, _)| *name == word) {
                        Some((_, modifier)) => look.mods |= *modifier,
                        None => complaints.push(unknown_modifier(word)),
                    }
                }
            }
            other => complaints.push(format!("`{other}` is none of fg, bg, mods")),
        }
    }
    complaints
}

fn unknown_modifier(word: &str) -> String {
    let names = MODIFIERS.map(|(name, _)| name);
    match closest(word, names) {
        Some(near) => format!("`{word}` is no modifier; did you mean {near}?"),
        None => format!("`{word}` is no modifier; there are {}", names.join(", ")),
    }
}

fn unknown_role(place: &str, name: &str) -> Warning {
    let hint = match closest(name, Role::ALL.iter().map(|r| r.name())) {
        Some(near) => format!("did you mean {near}?"),
        None => "the themes that come with the program list all roles".to_owned(),
    };
    Warning(format!("{place}: no role is called {name}; {hint}"))
}

fn is_group(name: &str) -> bool {
    Role::ALL.iter().any(|r| {
        r.name()
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(n) => Some(n.as_str().to_owned()),
        _ => None,
    }
}
