//! The bytes are right when a terminal that parses them shows what was painted.

use proptest::prelude::*;
use ratatui::buffer::CellWidth;
use ratatui::style::{Color, Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::*;

/// A screen and a terminal that gets its bytes.
struct Pair {
    screen: Screen,
    terminal: vt100::Parser,
    out: Vec<u8>,
    size: (u16, u16),
    strict: Strict,
}

impl Pair {
    fn new(width: u16, height: u16, caps: Capabilities) -> Self {
        Self {
            screen: Screen::new(width, height, caps),
            terminal: vt100::Parser::new(height, width, 0),
            out: Vec::new(),
            size: (width, height),
            strict: Strict::default(),
        }
    }

    /// Draw and compare; the number of bytes.
    fn draw(&mut self, frame: &Buffer, cursor: Option<Position>) -> usize {
        self.screen.draw(&mut self.out, |buffer| {
            buffer.content.clone_from(&frame.content);
            cursor
        });
        self.strict.size = (usize::from(self.size.0), usize::from(self.size.1));
        self.strict.read(&self.out);
        self.terminal.process(&self.out);
        self.compare(frame, cursor);
        self.out.len()
    }

    fn compare(&self, frame: &Buffer, cursor: Option<Position>) {
        let shown = self.terminal.screen();
        for y in 0..self.size.1 {
            let mut x = 0;
            while x < self.size.0 {
                x += compare_cell(shown, frame, x, y);
            }
        }
        assert_eq!(shown.hide_cursor(), cursor.is_none());
        if let Some(at) = cursor {
            assert_eq!(shown.cursor_position(), (at.y, at.x), "cursor");
        }
    }
}

/// Compare the glyph at a place; the columns it takes.
fn compare_cell(shown: &vt100::Screen, frame: &Buffer, x: u16, y: u16) -> u16 {
    let want = &frame[(x, y)];
    let got = shown.cell(y, x).unwrap();
    let room = frame.area.width - x;
    let (text, width) = expected(want.symbol(), room);
    let contents = if got.contents().is_empty() {
        " "
    } else {
        got.contents()
    };
    let (mods, visible) = (want.modifier, Modifier::REVERSED | Modifier::UNDERLINED);
    let same = got.inverse() == mods.contains(Modifier::REVERSED)
        && got.underline() == mods.contains(Modifier::UNDERLINED)
        && got.bgcolor() == colour(want.bg)
        && (!(text != " " || mods.intersects(visible))
            || (got.fgcolor() == colour(want.fg)
                && got.bold() == mods.contains(Modifier::BOLD)
                && got.dim() == (mods & (Modifier::DIM | Modifier::BOLD) == Modifier::DIM)
                && got.italic() == mods.contains(Modifier::ITALIC)));
    // The terminal cuts long clusters, or puts their code points side by side.
    let same_text = if text.chars().count() > 1 {
        contents.chars().next() == text.chars().next()
    } else {
        contents == text
    };
    assert!(
        same && same_text,
        "at {x},{y}: painted {want:?}, shown {got:?} in\n{}",
        shown.contents()
    );
    // Where the terminal found the glyph narrower than we did, there is no debris.
    for x in x + 1..x + width {
        let rest = shown.cell(y, x).unwrap();
        let clean = rest.is_wide_continuation() || text.contains(rest.contents().trim());
        assert!(clean, "debris at {x},{y}: {rest:?}");
    }
    width
}

/// What has to be on the terminal for a painted symbol, computed apart from the encoder.
fn expected(symbol: &str, room: u16) -> (String, u16) {
    if symbol.contains(char::is_control) {
        return ("?".into(), 1);
    }
    let width = symbol.cell_width();
    if width == 0 || width > room || symbol == "\u{a0}" {
        return (" ".into(), 1);
    }
    let worst: usize = symbol.chars().filter_map(UnicodeWidthChar::width).sum();
    if worst > usize::from(room) {
        let first = symbol.chars().next().unwrap();
        return if first.width() == Some(usize::from(width)) {
            (first.to_string(), width)
        } else {
            ("?".into(), 1)
        };
    }
    (symbol.to_owned(), width)
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(i) => vt100::Color::Idx(i),
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        Color::DarkGray => vt100::Color::Idx(8),
        other => panic!("the tests paint no {other:?}"),
    }
}

/// A reader of the bytes that trusts no two terminals to agree: it fails on any sequence that is
/// not understood everywhere, and on moves relative to a place that is not the same everywhere.
#[derive(Debug, Default)]
struct Strict {
    size: (usize, usize),
    /// `None`: after the last column, or after a glyph of disputed width.
    column: Option<usize>,
    row: Option<usize>,
}

impl Strict {
    fn read(&mut self, bytes: &[u8]) {
        let mut rest = std::str::from_utf8(bytes).unwrap();
        while let Some(c) = rest.chars().next() {
            rest = match c {
                '\u{1b}' => self.sequence(&rest[1..]),
                '\r' => {
                    self.column = Some(0);
                    &rest[1..]
                }
                '\n' => {
                    let row = self.row.expect("LF from an unknown row");
                    assert!(row + 1 < self.size.1, "LF in the last row scrolls");
                    self.column.expect("LF from an unknown column");
                    self.row = Some(row + 1);
                    &rest[1..]
                }
                '\u{8}' => {
                    let column = self.column.expect("BS from an unknown column");
                    self.column = Some(column.checked_sub(1).expect("BS in the first column"));
                    &rest[1..]
                }
                _ => self.print(rest),
            };
        }
    }

    fn print<'a>(&mut self, text: &'a str) -> &'a str {
        let cluster = text.graphemes(true).next().unwrap();
        assert!(!cluster.contains(char::is_control), "{text:?}");
        let column = self.column.expect("printed at an unknown column");
        self.row.expect("printed in an unknown row");
        let end = column + usize::from(cluster.cell_width());
        assert!(end <= self.size.0, "printed over the edge");
        let disputed = cluster.chars().count() > 1 || cluster.chars().any(|c| c > '\u{1f000}');
        self.column = (end < self.size.0 && !disputed).then_some(end);
        &text[cluster.len()..]
    }

    fn sequence<'a>(&mut self, text: &'a str) -> &'a str {
        let text = text.strip_prefix('[').expect("CSI only");
        let end = text
            .find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))
            .unwrap();
        let (params, last) = (&text[..end], text[end..].chars().next().unwrap());
        let mut numbers = params
            .split(';')
            .map(|p| p.parse::<usize>().unwrap_or(1).max(1));
        let (first, second) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
        match (params, last) {
            ("?2026" | "?25", 'h' | 'l') => {}
            (p, _) if p.contains('?') => panic!("private {p}{last}"),
            (_, 'H') => (self.row, self.column) = (Some(first - 1), Some(second - 1)),
            (_, 'd') => {
                self.column.expect("VPA from an unknown column");
                self.row = Some(first - 1);
            }
            (_, 'G') => {
                self.row.expect("CHA in an unknown row");
                self.column = Some(first - 1);
            }
            (_, 'C') => self.column = Some(self.column.expect("CUF from somewhere") + first),
            (_, 'D') => self.column = self.column.expect("CUB from somewhere").checked_sub(first),
            (_, 'K' | 'J' | 'X') => {
                self.column.expect("erasing from an unknown column");
            }
            // Where these leave the cursor differs.
            (_, 'M' | 'L' | 'r') => (self.row, self.column) = (None, None),
            (_, 'm') => {}
            _ => panic!("CSI {params}{last}"),
        }
        assert!(
            self.column.is_none_or(|x| x < self.size.0),
            "moved over the edge"
        );
        &text[end + 1..]
    }
}

const SYMBOLS: &[&str] = &[
    "a",
    "b",
    "Z",
    "0",
    " ",
    " ",
    " ",
    "é",
    "e\u{301}",
    "│",
    "…",
    "世",
    "界",
    "한",
    "😀",
    "👩‍👩‍👧",
    "❤️",
    "🇩🇪",
    "👍🏽",
    "\u{1b}",
    "\u{9b}",
    "\t",
    "",
    "\u{200b}",
    "ﾊ",
    "\u{a0}",
];

const COLOURS: &[Color] = &[
    Color::Reset,
    Color::Reset,
    Color::Red,
    Color::LightBlue,
    Color::DarkGray,
    Color::Indexed(3),
    Color::Indexed(200),
    Color::Rgb(1, 2, 3),
    Color::Rgb(200, 100, 0),
];

const MODS: &[Modifier] = &[
    Modifier::empty(),
    Modifier::empty(),
    Modifier::BOLD,
    Modifier::DIM,
    Modifier::ITALIC,
    Modifier::UNDERLINED,
    Modifier::REVERSED,
    Modifier::BOLD.union(Modifier::UNDERLINED),
];

/// One change from a frame to the next.
#[derive(Debug, Clone)]
enum Change {
    Fill {
        x: u16,
        y: u16,
        width: u16,
        height: u16,
        symbol: usize,
        style: Style,
    },
    Text {
        x: u16,
        y: u16,
        text: Vec<usize>,
        style: Style,
    },
    Scroll {
        top: u16,
        height: u16,
        left: u16,
        by: i16,
    },
    Restyle {
        y: u16,
        style: Style,
    },
    Clear,
    Repaint,
}

fn any_style() -> impl Strategy<Value = Style> {
    let pick = prop::sample::select::<Color>;
    (pick(COLOURS), pick(COLOURS), prop::sample::select(MODS))
        .prop_map(|(fg, bg, mods)| Style::new().fg(fg).bg(bg).add_modifier(mods))
}

fn any_change() -> impl Strategy<Value = Change> {
    let symbol = 0..SYMBOLS.len();
    prop_oneof![
        2 => (0u16..30, 0u16..12, 1u16..30, 1u16..6, symbol.clone(), any_style()).prop_map(
            |(x, y, width, height, symbol, style)| Change::Fill { x, y, width, height, symbol, style }
        ),
        6 => (0u16..30, 0u16..12, prop::collection::vec(symbol, 1..12), any_style())
            .prop_map(|(x, y, text, style)| Change::Text { x, y, text, style }),
        3 => (0u16..6, 2u16..12, prop::sample::select(vec![0u16, 0, 10]), -4i16..5)
            .prop_map(|(top, height, left, by)| Change::Scroll { top, height, left, by }),
        1 => (0u16..12, any_style()).prop_map(|(y, style)| Change::Restyle { y, style }),
        1 => Just(Change::Clear),
        1 => Just(Change::Repaint),
    ]
}

fn apply(frame: &mut Buffer, change: &Change) {
    let area = frame.area;
    match change {
        Change::Fill {
            x,
            y,
            width,
            height,
            symbol,
            style,
        } => {
            for y in *y..(*y + *height).min(area.height) {
                for x in *x..(*x + *width).min(area.width) {
                    frame[(x, y)].set_symbol(SYMBOLS[*symbol]).set_style(*style);
                }
            }
        }
        Change::Text { x, y, text, style } => {
            for (i, symbol) in text.iter().enumerate() {
                let x = *x + i as u16;
                if x < area.width && *y < area.height {
                    frame[(x, *y)]
                        .set_symbol(SYMBOLS[*symbol])
                        .set_style(*style);
                }
            }
        }
        Change::Scroll {
            top,
            height,
            left,
            by,
        } => {
            let before = frame.clone();
            for y in *top..(*top + *height).min(area.height) {
                let from = i32::from(y) + i32::from(*by);
                for x in *left..area.width {
                    frame[(x, y)] = if (0..i32::from(area.height)).contains(&from) {
                        before[(x, from as u16)].clone()
                    } else {
                        ratatui::buffer::Cell::default()
                    };
                }
            }
        }
        Change::Restyle { y, style } => {
            frame.set_style(Rect::new(0, *y, area.width, 1).intersection(area), *style);
        }
        Change::Clear => frame.reset(),
        Change::Repaint => {}
    }
}

/// Rows that look like a table's: distinct, so that scrolls are found.
fn table(width: u16, height: u16, first: usize) -> Buffer {
    let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
    for y in 0..height {
        let n = first + usize::from(y);
        let text = format!("prod-{} web-{n:04} Up {} hours 世界{n}", n % 7, n * 13 % 50);
        frame.set_stringn(
            0,
            y,
            text,
            usize::from(width),
            Style::new().fg(COLOURS[n % 9]),
        );
    }
    frame
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_what_was_painted(
        width in 1u16..40,
        height in 1u16..13,
        rows in any::<bool>(),
        steps in prop::collection::vec((prop::collection::vec(any_change(), 1..3), any::<u16>()), 1..8),
    ) {
        let mut pair = Pair::new(width, height, Capabilities::default());
        let mut frame = if rows {
            table(width, height, 0)
        } else {
            Buffer::empty(Rect::new(0, 0, width, height))
        };
        pair.draw(&frame, None);
        for (changes, cursor) in steps {
            for change in &changes {
                apply(&mut frame, change);
                if matches!(change, Change::Repaint) {
                    pair.screen.invalidate();
                }
            }
            let cursor = (cursor % 3 == 0)
                .then(|| Position::new(cursor % width, cursor / 3 % height));
            pair.draw(&frame, cursor);
            prop_assert_eq!(pair.draw(&frame, cursor), 0, "drawn twice");
        }
    }

    #[test]
    fn scrolling_tables_are_shown_right(
        first in 0usize..50,
        moves in prop::collection::vec(-9i32..10, 1..8),
        height in 3u16..30,
    ) {
        let mut pair = Pair::new(60, height, Capabilities::default());
        let mut at = first as i32 + 100;
        for by in moves {
            at += by;
            let mut frame = table(60, height, at as usize);
            frame.set_style(Rect::new(0, height / 2, 60, 1), Style::new().bg(Color::Indexed(4)));
            pair.draw(&frame, None);
        }
    }
}

#[test]
fn a_resize_repaints_and_the_same_size_does_not() {
    let mut pair = Pair::new(20, 4, Capabilities::default());
    let frame = table(20, 4, 0);
    pair.draw(&frame, None);
    pair.screen.resize(20, 4);
    assert_eq!(pair.draw(&frame, None), 0);

    pair.screen.resize(30, 6);
    pair.terminal.screen_mut().set_size(6, 30);
    pair.size = (30, 6);
    assert!(pair.draw(&table(30, 6, 0), None) > 100);
}

#[test]
fn a_frame_is_bracketed_once_and_only_when_asked() {
    let frame = table(20, 4, 0);
    let mut pair = Pair::new(20, 4, Capabilities::default());
    pair.draw(&frame, None);
    assert!(pair.out.starts_with(SYNC_BEGIN) && pair.out.ends_with(SYNC_END));

    let mut plain = Pair::new(
        20,
        4,
        Capabilities {
            sync: false,
            ..Capabilities::default()
        },
    );
    plain.draw(&frame, None);
    assert!(!String::from_utf8_lossy(&plain.out).contains("?2026"));
}

#[test]
fn without_colour_there_are_only_attributes() {
    let caps = Capabilities {
        depth: ColorDepth::None,
        italic: false,
        sync: false,
        ..Capabilities::default()
    };
    let mut screen = Screen::new(10, 1, caps);
    let mut out = Vec::new();
    screen.draw(&mut out, |buffer| {
        let style = Style::new().fg(Color::Red).bg(Color::Rgb(1, 2, 3));
        buffer.set_string(
            0,
            0,
            "ab",
            style.add_modifier(Modifier::BOLD | Modifier::ITALIC),
        );
        None
    });
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\u{1b}[r\u{1b}[m\u{1b}[H\u{1b}[J\u{1b}[H\u{1b}[1mab\u{1b}[?25l"
    );
}

#[test]
fn colours_are_said_in_the_shortest_way() {
    let caps = Capabilities {
        sync: false,
        ..Capabilities::default()
    };
    let mut screen = Screen::new(10, 1, caps);
    let mut out = Vec::new();
    let mut draw = |text: &str, style: Style| {
        screen.draw(&mut out, |buffer| {
            buffer.set_string(0, 0, text, style);
            None
        });
        String::from_utf8(out.clone()).unwrap()
    };
    draw("a", Style::new());
    assert_eq!(draw("b", Style::new().fg(Color::Red)), "\u{8}\u{1b}[31mb");
    assert_eq!(
        draw("b", Style::new().fg(Color::LightRed)),
        "\u{8}\u{1b}[91mb"
    );
    assert_eq!(
        draw("b", Style::new().fg(Color::Indexed(9)).bg(Color::Black)),
        "\u{8}\u{1b}[40mb"
    );
    assert_eq!(
        draw("b", Style::new().fg(Color::Indexed(99))),
        "\u{8}\u{1b}[0;38;5;99mb"
    );
    assert_eq!(
        draw("b", Style::new().add_modifier(Modifier::BOLD)),
        "\u{8}\u{1b}[0;1mb"
    );
    assert_eq!(
        draw("b", Style::new().add_modifier(Modifier::DIM)),
        "\u{8}\u{1b}[0;2mb"
    );
    assert_eq!(draw("b", Style::new()), "\u{8}\u{1b}[mb");
}

#[test]
fn an_empty_terminal_gets_nothing_until_it_has_a_size() {
    let mut screen = Screen::new(0, 0, Capabilities::default());
    let mut out = vec![1];
    screen.draw(&mut out, |_| None);
    assert!(out.is_empty());
    screen.resize(1, 1);
    screen.draw(&mut out, |_| None);
    assert!(!out.is_empty());
}

#[test]
fn a_copy_goes_out_with_the_next_frame_even_if_nothing_changed() {
    let mut screen = Screen::new(10, 1, Capabilities::default());
    let mut out = Vec::new();
    screen.draw(&mut out, |_| None);
    assert!(screen.copy("id"));
    screen.resize(11, 1);
    screen.draw(&mut out, |_| None);
    assert!(out.ends_with(b"\x1b[?2026l\x1b]52;c;aWQ=\x07"));
    assert!(screen.copy("id"));
    screen.draw(&mut out, |_| None);
    assert_eq!(out, b"\x1b]52;c;aWQ=\x07");
    screen.draw(&mut out, |_| None);
    assert!(out.is_empty());
}
