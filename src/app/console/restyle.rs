//! Themes that change while the console runs.

use std::path::Path;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Duration, Instant, timeout_at};

use crate::config::{self, Inputs, Loaded};
use crate::tui::options::Restyle;

/// Editors write a file in several steps: wait until they are through.
const QUIET: Duration = Duration::from_millis(150);

/// Theme files that are read at most, and bytes of each.
const MOST: usize = 100;
const LARGEST: u64 = 256 * 1024;

/// The theme that is configured, and the user's theme files.
pub(super) fn read(loaded: &Loaded) -> Restyle {
    let dir = loaded.paths.config.as_ref().map(|d| d.join("themes"));
    Restyle {
        theme: loaded.config.ui.theme.clone(),
        themes: dir.map(|d| files(&d)).unwrap_or_default(),
        trouble: Vec::new(),
    }
}

fn files(dir: &Path) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut themes = Vec::new();
    for entry in entries.flatten().take(MOST) {
        let path = entry.path();
        let small = entry.metadata().is_ok_and(|m| m.len() <= LARGEST);
        let name = path.file_stem().and_then(|n| n.to_str());
        if let (true, Some(name)) = (small && path.extension().is_some_and(|e| e == "toml"), name)
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            themes.push((name.to_owned(), text));
        }
    }
    themes.sort();
    themes
}

/// Look after the configuration and the theme files; every change comes as a whole. Without a
/// directory to look after, or where the system cannot tell, nothing comes.
pub(super) fn watch(inputs: Inputs, loaded: &Loaded) -> Option<(Watch, Receiver<Restyle>)> {
    let dir = loaded.paths.config.clone().filter(|d| d.is_dir())?;
    let (changed, mut changes) = channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|e| !e.kind.is_access()) {
            // One that waits says enough.
            let _ = changed.try_send(());
        }
    })
    .ok()?;
    watcher.watch(&dir, RecursiveMode::NonRecursive).ok()?;
    let themes = dir.join("themes");
    if themes.is_dir() {
        watcher.watch(&themes, RecursiveMode::NonRecursive).ok()?;
    }
    let (sender, receiver) = channel(1);
    let mut last = read(loaded);
    let task = tokio::spawn(async move {
        while changes.recv().await.is_some() {
            let until = Instant::now() + QUIET;
            while let Ok(Some(())) = timeout_at(until, changes.recv()).await {}
            let inputs = inputs.clone();
            let theme = last.theme.clone();
            let read = move || match config::load(&inputs) {
                Ok(loaded) => read(&loaded),
                Err(mistakes) => Restyle {
                    theme,
                    trouble: vec![mistakes.to_string()],
                    ..Restyle::default()
                },
            };
            let Ok(mut next) = tokio::task::spawn_blocking(read).await else {
                return;
            };
            if !next.trouble.is_empty() {
                next.themes.clone_from(&last.themes);
            }
            if next == last {
                continue;
            }
            last = next.clone();
            if sender.send(next).await.is_err() {
                return;
            }
        }
    });
    let watch = Watch {
        _watcher: watcher,
        task: task.abort_handle(),
    };
    Some((watch, receiver))
}

/// Ends the watching when it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    task: tokio::task::AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_changed_theme_and_a_changed_name_come() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path();
        let config = home.join("pilothouse");
        std::fs::create_dir_all(config.join("themes")).unwrap();
        std::fs::write(config.join("config.toml"), "[ui]\ntheme = \"mine\"\n").unwrap();
        let mine = config.join("themes/mine.toml");
        std::fs::write(&mine, "inherits = \"dark\"\n").unwrap();
        let env = [("XDG_CONFIG_HOME", home.to_str().unwrap())];
        let env = env.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let inputs = Inputs::new(env);
        let loaded = config::load(&inputs).unwrap();
        assert_eq!(read(&loaded).themes.len(), 1);
        let (_watch, mut news) = watch(inputs, &loaded).unwrap();

        std::fs::write(&mine, "inherits = \"light\"\n").unwrap();
        let next = async |news: &mut Receiver<Restyle>| {
            let waiting = tokio::time::timeout(Duration::from_secs(30), news.recv());
            waiting.await.expect("a change is told").unwrap()
        };
        let restyle = next(&mut news).await;
        assert_eq!(restyle.theme, "mine");
        assert_eq!(
            restyle.themes,
            [("mine".into(), "inherits = \"light\"\n".into())]
        );

        std::fs::write(config.join("config.toml"), "[ui]\ntheme = 3\n").unwrap();
        let restyle = next(&mut news).await;
        assert_eq!(restyle.theme, "mine");
        assert!(
            restyle.trouble[0].contains("theme"),
            "{:?}",
            restyle.trouble
        );

        std::fs::write(config.join("config.toml"), "[ui]\ntheme = \"light\"\n").unwrap();
        let restyle = next(&mut news).await;
        assert_eq!(
            (restyle.theme.as_str(), restyle.trouble.len()),
            ("light", 0)
        );
    }
}
