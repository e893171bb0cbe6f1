//! Signs that are not text: frames, states, bars. One set for terminals that can, one in ASCII.

use ratatui::symbols::border;

/// A set of glyphs, each one column wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Frame of a pane.
    pub border: border::Set<'static>,
    /// Ends a text that was cut.
    pub ellipsis: &'static str,
    /// Between things on one line.
    pub separator: &'static str,
    /// Runs.
    pub running: &'static str,
    /// Frozen.
    pub paused: &'static str,
    /// Ended, never started.
    pub stopped: &'static str,
    /// On its way.
    pub changing: &'static str,
    /// Failed, unhealthy.
    pub failed: &'static str,
    /// Worked, healthy.
    pub ok: &'static str,
    /// Needs an eye.
    pub warning: &'static str,
    /// Not known.
    pub unknown: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// The row under the cursor, where colour cannot say so.
    pub cursor: &'static str,
    /// Order of a column, smallest first.
    pub ascending: &'static str,
    /// Order of a column, largest first.
    pub descending: &'static str,
    /// A group that is closed.
    pub closed: &'static str,
    /// A group that is open.
    pub open: &'static str,
    /// Thumb of a scroll bar.
    pub thumb: &'static str,
    /// A tick box that is ticked.
    pub ticked: &'static str,
    /// A tick box that is not.
    pub unticked: &'static str,
    /// The filled part of a bar.
    pub bar_full: &'static str,
    /// The rest of a bar.
    pub bar_empty: &'static str,
    /// Levels of a small plot, lowest first.
    pub levels: [&'static str; 8],
    /// Are there dots of braille for plots?
    pub braille: bool,
    /// A limit in a plot.
    pub limit: &'static str,
    /// Positions of a spinner.
    pub spinner: [&'static str; 8],
}

impl Glyphs {
    /// For UTF-8 terminals.
    pub const UNICODE: Self = Self {
        border: border::ROUNDED,
        ellipsis: "…",
        separator: "·",
        running: "●",
        paused: "◐",
        stopped: "○",
        changing: "◌",
        failed: "✗",
        ok: "✓",
        warning: "!",
        unknown: "?",
        mark: "▌",
        cursor: "▸",
        ascending: "▴",
        descending: "▾",
        closed: "▸",
        open: "▾",
        thumb: "┃",
        ticked: "■",
        unticked: "□",
        bar_full: "━",
        bar_empty: "─",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        braille: true,
        limit: "─",
        spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠇"],
    };

    /// For everything else.
    pub const ASCII: Self = Self {
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        ellipsis: "~",
        separator: "-",
        running: "*",
        paused: "=",
        stopped: "o",
        changing: ":",
        failed: "X",
        ok: "+",
        warning: "!",
        unknown: "?",
        mark: "#",
        cursor: ">",
        ascending: "^",
        descending: "v",
        closed: ">",
        open: "v",
        thumb: "#",
        ticked: "x",
        unticked: "_",
        bar_full: "#",
        bar_empty: ".",
        levels: [".", ".", ":", ":", "-", "=", "#", "#"],
        braille: false,
        limit: "-",
        spinner: ["|", "/", "-", "\\", "|", "/", "-", "\\"],
    };

    /// The set a configuration word names, else what the environment suggests: ASCII where the
    /// locale is not UTF-8 and on the Linux console, whose font lacks most signs.
    pub fn choose(word: &str, env: &dyn Fn(&str) -> Option<String>) -> Self {
        match word {
            "unicode" => return Self::UNICODE,
            "ascii" => return Self::ASCII,
            _ => {}
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(env)
            .find(|v| !v.is_empty())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let console = env("TERM").is_some_and(|t| t == "linux");
        if utf8 && !console {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }

    /// Every glyph; for tests.
    pub fn all(&self) -> Vec<&'static str> {
        let b = self.border;
        let mut all = vec![
            b.top_left,
            b.top_right,
            b.bottom_left,
            b.bottom_right,
            b.vertical_left,
            b.vertical_right,
            b.horizontal_top,
            b.horizontal_bottom,
            self.ellipsis,
            self.separator,
            self.running,
            self.paused,
            self.stopped,
            self.changing,
            self.failed,
            self.ok,
            self.warning,
            self.unknown,
            self.mark,
            self.cursor,
            self.ascending,
            self.descending,
            self.closed,
            self.open,
            self.thumb,
            self.ticked,
            self.unticked,
            self.bar_full,
            self.bar_empty,
            self.limit,
        ];
        all.extend(self.levels);
        all.extend(self.spinner);
        all
    }
}
