//! The roles a colour can play. Code names roles; themes give them colours.

/// A data table: variant, name in theme files, what it is for.
macro_rules! roles {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// What a piece of the screen is, so that a theme can say how it looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $doc] $variant,)*
        }

        impl Role {
            /// Every role, in the order of the theme files.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is for, one phrase.
            pub fn doc(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc,)*
                }
            }
        }
    };
}

roles! {
    Text "text.plain" "Ordinary text.";
    TextMuted "text.muted" "Text that matters less: units, hosts, ages.";
    TextDim "text.dim" "Text that is there but not now: disabled, separators.";
    TextStrong "text.strong" "Names and numbers to be seen first.";
    TextAccent "text.accent" "The one thing of a line: projects, links between objects.";
    TextMatch "text.match" "What the filter or the search found.";
    TextMatchCurrent "text.match-current" "The match the search stands on.";
    TextPlaceholder "text.placeholder" "What an empty field suggests.";

    Screen "chrome.screen" "The ground everything is painted on.";
    Border "chrome.border" "The frame of a pane.";
    BorderFocused "chrome.border-focused" "The frame of the pane that has the keys.";
    Title "chrome.title" "The title of a pane.";
    TitleFocused "chrome.title-focused" "The title of the pane that has the keys.";
    Count "chrome.count" "Numbers beside a title.";
    Brand "chrome.brand" "The program's name in the header.";
    Header "chrome.header" "The header line.";
    Footer "chrome.footer" "What a key does, in the footer.";
    FooterKey "chrome.footer-key" "A key in footer and help.";
    Tab "chrome.tab" "A tab.";
    TabActive "chrome.tab-active" "The tab in front.";
    Column "chrome.column" "A column's heading.";
    ColumnSorted "chrome.column-sorted" "The heading of the column that orders the table.";
    Scrollbar "chrome.scrollbar" "The thumb of a scroll bar.";
    Overlay "chrome.overlay" "The ground of dialogs and popups.";
    OverlayBorder "chrome.overlay-border" "The frame of dialogs and popups.";
    OverlayDanger "chrome.overlay-danger" "The frame of a dialog about something that destroys.";
    Prompt "chrome.prompt" "The sign before a line being typed.";
    Badge "chrome.badge" "A mode worth knowing: filter, paused, wide.";
    BadgeWarning "chrome.badge-warning" "A mode that changes what keys do: read-only.";

    SelectionRow "selection.row" "The row under the cursor in the focused pane.";
    SelectionRowUnfocused "selection.row-unfocused" "The row under the cursor elsewhere.";
    SelectionMark "selection.mark" "A marked row.";
    Button "selection.button" "A button.";
    ButtonActive "selection.button-active" "The button Enter presses.";
    ButtonDanger "selection.button-danger" "That button, when it destroys.";

    StateRunning "state.running" "Runs.";
    StateHealthy "state.healthy" "Runs and passes its health check.";
    StateStarting "state.starting" "On its way up: created, starting, restarting.";
    StateUnhealthy "state.unhealthy" "Runs and fails its health check.";
    StatePaused "state.paused" "Frozen.";
    StateExited "state.exited" "Ended with 0, or was never started.";
    StateFailed "state.failed" "Ended with an error, was killed, is dead.";
    StateChanging "state.changing" "An operation works on it.";
    StateUnknown "state.unknown" "Not known, or known no longer.";

    SeverityInfo "severity.info" "A message.";
    SeveritySuccess "severity.success" "Something worked.";
    SeverityWarning "severity.warning" "Something needs an eye.";
    SeverityError "severity.error" "Something failed.";
    SeverityDanger "severity.danger" "Something will be destroyed.";

    LogTrace "log.level.trace" "A trace line.";
    LogDebug "log.level.debug" "A debug line.";
    LogInfo "log.level.info" "An ordinary line.";
    LogWarn "log.level.warn" "A warning.";
    LogError "log.level.error" "An error.";
    LogFatal "log.level.fatal" "The last words.";
    LogTime "log.time" "A timestamp.";
    LogGap "log.gap" "Lines that were skipped, streams that broke off.";

    DiffAdded "diff.added" "Will be, or is, there.";
    DiffRemoved "diff.removed" "Will be, or is, gone.";
    DiffChanged "diff.changed" "Has another value.";
    DiffContext "diff.context" "Stays as it is.";

    LinkLive "host.link.live" "The engine answers.";
    LinkConnecting "host.link.connecting" "On the way.";
    LinkStale "host.link.stale" "No answer: what is shown is old.";
    LinkDenied "host.link.denied" "The engine, TLS or SSH refuses us.";

    GaugeLow "gauge.low" "Plenty left.";
    GaugeMedium "gauge.medium" "More than half used.";
    GaugeHigh "gauge.high" "Nearly used up.";
    GaugeEmpty "gauge.empty" "The unused part.";

    Series1 "series.1" "First line of a plot, first of several sources.";
    Series2 "series.2" "Second.";
    Series3 "series.3" "Third.";
    Series4 "series.4" "Fourth.";
    Series5 "series.5" "Fifth.";
    Series6 "series.6" "Sixth.";
}

impl Role {
    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }

    /// One of the series, going round; for merged logs and plots.
    pub fn series(index: usize) -> Self {
        let all = [
            Self::Series1,
            Self::Series2,
            Self::Series3,
            Self::Series4,
            Self::Series5,
            Self::Series6,
        ];
        all[index % all.len()]
    }
}
