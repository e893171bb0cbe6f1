//! Colours by role. A theme file maps roles to styles through a palette; code never names a colour.
//!
//! Nothing in a theme can stop the program: what cannot be understood is reported as a warning and
//! the default is used.

mod glyphs;
mod parse;
mod role;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

use super::screen::{ColorDepth, reduce};

pub use glyphs::Glyphs;
pub use role::Role;

use parse::Source;

/// The theme used when nothing else is said.
pub const DEFAULT: &str = "dark";

/// Stands in where a theme's colours cannot be shown.
const BASIC: &str = "ansi";

/// Stands in where there is no colour.
const COLOURLESS: &str = "mono";

/// The themes built into the program: name and text.
pub const SHIPPED: [(&str, &str); 9] = [
    (DEFAULT, include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    (
        "colour-blind",
        include_str!("../../themes/colour-blind.toml"),
    ),
    ("catppuccin", include_str!("../../themes/catppuccin.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
    (BASIC, include_str!("../../themes/ansi.toml")),
    (COLOURLESS, include_str!("../../themes/mono.toml")),
];

/// How deep `inherits` may go.
const MAX_DEPTH: usize = 8;

/// Something in a theme that was passed over, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub String);

/// A style for every role, in colours the terminal can show.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// The theme `name` for a terminal of `depth`. `user` gives the text of the user's own theme
    /// files by name; they go before the shipped ones.
    pub fn load(
        name: &str,
        depth: ColorDepth,
        user: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<Warning>) {
        let mut warnings = Vec::new();
        let theme = Self::resolve(name, user, &mut warnings);
        let theme = match depth {
            ColorDepth::None => Self::shipped(COLOURLESS),
            ColorDepth::Ansi16 if !theme.is_basic() => Self::shipped(BASIC),
            ColorDepth::Ansi16 | ColorDepth::Ansi256 | ColorDepth::True => theme,
        };
        (theme.reduced(depth), warnings)
    }

    /// A shipped theme in all its colours.
    pub fn shipped(name: &str) -> Self {
        Self::resolve(name, &|_| None, &mut Vec::new())
    }

    /// The name the theme gives itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How `role` looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    fn resolve(
        name: &str,
        user: &dyn Fn(&str) -> Option<String>,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut source = Source::default();
        // Names taken from the user's files and from the shipped ones: a user's theme may be
        // named like the shipped one it inherits from.
        let mut seen: [Vec<String>; 2] = [Vec::new(), Vec::new()];
        let mut next = Some(name.to_owned());
        while let Some(name) = next.take() {
            let own = if seen[0].contains(&name) {
                None
            } else {
                user(&name)
            };
            let list = &mut seen[usize::from(own.is_none())];
            if list.contains(&name) || list.len() >= MAX_DEPTH {
                warnings.push(Warning(format!("theme {name} inherits from itself")));
                break;
            }
            let Some(text) = own.or_else(|| shipped_text(&name).map(str::to_owned)) else {
                warnings.push(if seen[0].contains(&name) {
                    Warning(format!("theme {name} inherits from itself"))
                } else {
                    unknown_theme(&name)
                });
                break;
            };
            let parent = parse::read(&name, &text, warnings);
            list.push(name);
            next.clone_from(&parent.inherits);
            source.underlay(parent);
        }
        let mut styles = source.styles(warnings);
        let missing: Vec<Role> = Role::ALL
            .iter()
            .copied()
            .filter(|r| !styles.contains_key(r))
            .collect();
        if !missing.is_empty() && name != DEFAULT {
            if seen.iter().any(|list| !list.is_empty()) {
                warnings.push(says_nothing(name, &missing));
            }
            let default = Self::shipped(DEFAULT);
            styles.extend(missing.into_iter().map(|r| (r, default.style(r))));
        }
        Self {
            name: source.name.unwrap_or_else(|| name.to_owned()),
            styles,
        }
    }

    /// Only the 16 named colours are used.
    fn is_basic(&self) -> bool {
        let basic = |c: Option<Color>| match c {
            Some(Color::Rgb(..)) => false,
            Some(Color::Indexed(i)) => i < 16,
            None | Some(_) => true,
        };
        self.styles.values().all(|s| basic(s.fg) && basic(s.bg))
    }

    fn reduced(mut self, depth: ColorDepth) -> Self {
        for style in self.styles.values_mut() {
            style.fg = style.fg.map(|c| reduce(c, depth));
            style.bg = style.bg.map(|c| reduce(c, depth));
        }
        self
    }
}

fn shipped_text(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

fn unknown_theme(name: &str) -> Warning {
    let names: Vec<&str> = SHIPPED.iter().map(|(n, _)| *n).collect();
    let hint = match super::suggest::closest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("shipped are {}", names.join(", ")),
    };
    Warning(format!("no theme is called {name}; {hint}"))
}

fn says_nothing(name: &str, missing: &[Role]) -> Warning {
    let first: Vec<&str> = missing.iter().take(3).map(|r| r.name()).collect();
    let more = missing.len().saturating_sub(first.len());
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Warning(format!(
        "theme {name} says nothing about {}{rest}; add inherits = \"{DEFAULT}\" or another theme",
        first.join(", ")
    ))
}

#[cfg(test)]
mod tests;
