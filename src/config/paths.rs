//! Where our files are: the XDG base directories, from the environment that is given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of our directories.
const NAME: &str = "pilothouse";

/// Our directories and files. `None`: there is no home directory to have them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    pub home: Option<PathBuf>,
    /// `config.toml`, `themes/`.
    pub config: Option<PathBuf>,
    /// The journal.
    pub state: Option<PathBuf>,
    /// What may be lost.
    pub cache: Option<PathBuf>,
}

impl Paths {
    /// Relative values of `XDG_*` are ignored, as their specification says.
    pub fn new(env: &BTreeMap<String, String>) -> Self {
        let absolute = |name: &str| {
            let path = PathBuf::from(env.get(name)?);
            path.is_absolute().then_some(path)
        };
        let home = absolute("HOME");
        let dir = |variable: &str, usual: &str| {
            absolute(variable)
                .or_else(|| Some(home.as_ref()?.join(usual)))
                .map(|d| d.join(NAME))
        };
        Self {
            config: dir("XDG_CONFIG_HOME", ".config"),
            state: dir("XDG_STATE_HOME", ".local/state"),
            cache: dir("XDG_CACHE_HOME", ".cache"),
            home,
        }
    }

    /// The user's configuration.
    pub fn config_file(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("config.toml"))
    }

    /// The user's own theme of that name; `None` for what cannot be a file's name.
    pub fn theme_file(&self, name: &str) -> Option<PathBuf> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
        let dir = self.config.as_ref().filter(|_| plain)?;
        Some(dir.join("themes").join(format!("{name}.toml")))
    }

    /// The journal: `configured`, or the usual place.
    pub fn journal(&self, configured: Option<&Path>) -> Option<PathBuf> {
        match configured {
            Some(path) => Some(path.to_owned()),
            None => Some(self.state.as_ref()?.join("journal.db")),
        }
    }

    /// How the console was arranged; the simulated fleet has a file of its own.
    pub fn console(&self, demo: bool) -> Option<PathBuf> {
        let name = if demo { "demo.json" } else { "console.json" };
        Some(self.state.as_ref()?.join(name))
    }

    /// The directory for logs and reports of panics: `configured`, or the usual place.
    pub fn logs(&self, configured: Option<&Path>) -> Option<PathBuf> {
        match configured {
            Some(path) => Some(path.to_owned()),
            None => Some(self.state.as_ref()?.join("log")),
        }
    }
}

/// The home directory of the user who runs this, where the environment does not name one.
pub fn home_of_user() -> Option<PathBuf> {
    etcetera::home_dir().ok()
}

/// `~` and `~/x` are in the home directory.
pub(super) fn expand(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(&rest[1..]),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(env: &[(&str, &str)]) -> Paths {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Paths::new(&env.collect())
    }

    #[test]
    fn directories_follow_the_environment() {
        let usual = paths(&[("HOME", "/home/ann")]);
        assert_eq!(
            usual.config_file(),
            Some("/home/ann/.config/pilothouse/config.toml".into())
        );
        assert_eq!(
            usual.journal(None),
            Some("/home/ann/.local/state/pilothouse/journal.db".into())
        );
        assert_eq!(
            usual.logs(None),
            Some("/home/ann/.local/state/pilothouse/log".into())
        );
        assert_eq!(usual.cache, Some("/home/ann/.cache/pilothouse".into()));
        let moved = paths(&[
            ("HOME", "/home/ann"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "relative/is/ignored"),
            ("XDG_CACHE_HOME", ""),
        ]);
        assert_eq!(moved.config, Some("/c/pilothouse".into()));
        assert_eq!(moved.state, usual.state);
        assert_eq!(moved.cache, usual.cache);
        let homeless = paths(&[("XDG_STATE_HOME", "/s")]);
        assert_eq!(homeless.config_file(), None);
        assert_eq!(
            homeless.journal(None),
            Some("/s/pilothouse/journal.db".into())
        );
        assert_eq!(homeless.journal(Some(Path::new("/x"))), Some("/x".into()));
    }

    #[test]
    fn a_theme_is_a_file_of_its_own() {
        let p = paths(&[("HOME", "/h")]);
        assert_eq!(
            p.theme_file("mine"),
            Some("/h/.config/pilothouse/themes/mine.toml".into())
        );
        assert_eq!(p.theme_file("../mine"), None);
        assert_eq!(p.theme_file(""), None);
    }

    #[test]
    fn the_tilde_is_home() {
        let home = Some(Path::new("/h"));
        assert_eq!(expand("~/x/y", home), Path::new("/h/x/y"));
        assert_eq!(expand("~", home), Path::new("/h"));
        assert_eq!(expand("~ann/x", home), Path::new("~ann/x"));
        assert_eq!(expand("~/x", None), Path::new("~/x"));
        assert_eq!(expand("/x", home), Path::new("/x"));
    }
}
