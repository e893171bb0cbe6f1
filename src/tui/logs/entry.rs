//! One line as it is kept: clean text, and its colours beside it.

use chrono::{DateTime, Utc};
use ratatui::style::{Color, Modifier, Style};

use super::level::Level;
use crate::domain::logs::{LogLine, LogStream};
use crate::domain::text::{keep_colours, sanitise};

/// So many bytes of a line are drawn and searched; all of it is kept, copied and saved.
pub const SHOWN: usize = 16 << 10;

/// From that byte on the text looks so.
pub(super) type Run = (u32, Style);

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Line(LogStream),
    /// Something happened between the lines, at that time by our clock.
    Gap(DateTime<Utc>),
    /// So many older lines had to go.
    Dropped(u64),
}

/// One line, or what happened between lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When the engine got it; entries of several sources are in this order.
    pub time: Option<DateTime<Utc>>,
    pub source: u32,
    pub what: What,
    pub level: Level,
    pub marked: bool,
    pub(super) shown: bool,
    pub(super) hit: bool,
    /// Without anything a terminal would obey.
    pub text: Box<str>,
    /// What the sequences in it asked for.
    pub(super) runs: Option<Box<[Run]>>,
}

impl Entry {
    /// A line of a source.
    pub(super) fn line(source: usize, line: &LogLine) -> Self {
        let (text, runs) = parse(&line.text);
        Self {
            time: line.time,
            source: source as u32,
            what: What::Line(line.stream),
            level: Level::of(&text),
            marked: false,
            shown: false,
            hit: false,
            text,
            runs,
        }
    }

    /// Something that happened to a source.
    pub(super) fn gap(
        source: usize,
        sort: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
        text: &str,
    ) -> Self {
        Self {
            time: sort,
            source: source as u32,
            what: What::Gap(at),
            level: Level::Fatal,
            marked: false,
            shown: true,
            hit: false,
            text: sanitise(text).into(),
            runs: None,
        }
    }

    /// The lines before were dropped.
    pub(super) fn dropped(count: u64) -> Self {
        Self {
            what: What::Dropped(count),
            ..Self::gap(0, None, DateTime::UNIX_EPOCH, "")
        }
    }

    /// Is it a line that a container wrote?
    pub fn is_line(&self) -> bool {
        matches!(self.what, What::Line(_))
    }

    /// The part that is drawn and searched.
    pub fn head(&self) -> &str {
        head(&self.text)
    }

    /// Is there more than is drawn?
    pub fn is_cut(&self) -> bool {
        self.text.len() > SHOWN
    }

    /// Bytes it takes.
    pub(super) fn cost(&self) -> usize {
        let runs = self.runs.as_ref().map_or(0, |r| r.len());
        size_of::<Self>() + self.text.len() + runs * size_of::<Run>()
    }
}

/// At most [`SHOWN`] bytes.
fn head(text: &str) -> &str {
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Clean text and where its colours change.
pub(super) fn parse(line: &str) -> (Box<str>, Option<Box<[Run]>>) {
    // What a carriage return would have written over is not shown, as on a terminal.
    let seen = line.trim_end_matches('\r');
    let seen = seen.rsplit('\r').next().unwrap_or(seen);
    let tabs = |text: &str| text.replace('\t', "    ");
    if !seen.contains("\x1b[") {
        return (sanitise(&tabs(seen)).into(), None);
    }
    let (mut text, mut runs) = (String::with_capacity(seen.len()), Vec::new());
    let mut style = Style::default();
    // Every escape that is left begins a colour sequence, and every other character is harmless.
    let kept = keep_colours(seen);
    let mut parts = kept.split("\x1b[");
    text.push_str(&sanitise(&tabs(parts.next().unwrap_or_default())));
    for part in parts {
        let Some((params, rest)) = part.split_once('m') else {
            continue;
        };
        let next = apply(style, params);
        if next != style {
            style = next;
            // Colours of what is not drawn are not kept.
            let at = text.len().min(SHOWN) as u32;
            if runs.last().is_some_and(|(last, _)| *last == at) {
                runs.pop();
            }
            runs.push((at, style));
        }
        text.push_str(&sanitise(&tabs(rest)));
    }
    let end = text.len().min(SHOWN) as u32;
    runs.retain(|(at, _)| *at < end);
    let runs = (!runs.is_empty()).then(|| runs.into_boxed_slice());
    (text.into_boxed_str(), runs)
}

/// A style after one more sequence. What hides text or makes it blink is not taken over.
fn apply(mut style: Style, params: &str) -> Style {
    let all: Vec<u16> = params
        .split([';', ':'])
        .map(|p| p.parse().unwrap_or(0))
        .collect();
    let mut rest = all.iter().copied();
    while let Some(code) = rest.next() {
        let bit = |code| match code {
            1 => Some(Modifier::BOLD),
            2 => Some(Modifier::DIM),
            3 => Some(Modifier::ITALIC),
            4 => Some(Modifier::UNDERLINED),
            7 => Some(Modifier::REVERSED),
            9 => Some(Modifier::CROSSED_OUT),
            _ => None,
        };
        match code {
            0 => style = Style::default(),
            22 => style.add_modifier -= Modifier::BOLD | Modifier::DIM,
            23 | 24 | 27 | 29 => style.add_modifier -= bit(code - 20).unwrap_or_default(),
            30..=37 => style.fg = Some(Color::Indexed((code - 30) as u8)),
            90..=97 => style.fg = Some(Color::Indexed((code - 90 + 8) as u8)),
            40..=47 => style.bg = Some(Color::Indexed((code - 40) as u8)),
            100..=107 => style.bg = Some(Color::Indexed((code - 100 + 8) as u8)),
            39 => style.fg = None,
            49 => style.bg = None,
            38 => style.fg = extended(&mut rest).or(style.fg),
            48 => style.bg = extended(&mut rest).or(style.bg),
            _ => style.add_modifier |= bit(code).unwrap_or_default(),
        }
    }
    style
}

fn extended(rest: &mut impl Iterator<Item = u16>) -> Option<Color> {
    let mut byte = || rest.next().map(|n| n.min(255) as u8);
    match byte()? {
        5 => Some(Color::Indexed(byte()?)),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_write_over_a_line_is_resolved() {
        assert_eq!(&*parse("10%\r50%\r100%\r").0, "100%");
        assert_eq!(&*parse("\x1b[31mred\x1b[0m\tx").0, "red    x");
    }

    #[test]
    fn colours_are_kept_beside_the_text_and_nothing_else_is() {
        let (text, runs) =
            parse("a\x1b[1;38;5;208mb\x1b[2J\x1b[39mc\x1b[8;5mhidden\x1b[0m\x1b]0;t\x07d\x1b[31m");
        assert_eq!(&*text, "abchiddend");
        let bold = Style::new().add_modifier(Modifier::BOLD);
        assert_eq!(
            runs.unwrap().to_vec(),
            [
                (1, bold.fg(Color::Indexed(208))),
                (2, bold),
                (9, Style::default()),
            ]
        );
        let (_, runs) = parse("\x1b[48:2:1:2:3mx\x1b[92;44my");
        let runs = runs.unwrap();
        assert_eq!(runs[0].1.bg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(runs[1].1.fg, Some(Color::Indexed(10)));
        assert!(parse("\x1b[0mplain\x1b[m").1.is_none());
    }

    /// Nothing here takes longer than a line is long: squared, a megabyte would take minutes.
    #[test]
    fn a_megabyte_of_sequences_is_taken_in_at_once() {
        for piece in [
            "\x1b[31mred\x1b[0m plain ",
            "\x1b[2J",
            "\x1b]0;t\x07",
            "\x1b",
            "\u{9b}2J",
        ] {
            let begun = std::time::Instant::now();
            let (text, runs) = parse(&piece.repeat((1 << 20) / piece.len()));
            let took = begun.elapsed();
            assert!(
                took < std::time::Duration::from_secs(10),
                "{piece:?}: {took:?}"
            );
            assert!(!text.chars().any(char::is_control));
            let most = runs.iter().flat_map(|r| r.iter()).map(|(at, _)| *at).max();
            assert!(most.is_none_or(|at| (at as usize) < SHOWN));
        }
    }

    #[test]
    fn a_long_line_is_kept_and_its_head_is_shown() {
        let mut line = Entry::line(
            0,
            &LogLine {
                time: None,
                stream: LogStream::Stdout,
                text: "ä".repeat(SHOWN).into(),
                partial: false,
            },
        );
        assert!(line.is_cut() && line.text.len() == 2 * SHOWN);
        assert_eq!(line.head().len(), SHOWN);
        line.text = "short".into();
        assert_eq!(line.head(), "short");
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_is_kept(
            text in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f]|\x1b\\[|\x1b\\[[0-9;:]{0,12}m){0,60}",
        ) {
            let (clean, runs) = parse(&text);
            prop_assert!(!clean.chars().any(char::is_control));
            for (at, _) in runs.iter().flat_map(|r| r.iter()) {
                prop_assert!(clean.is_char_boundary(*at as usize));
            }
        }
    }
}
