//! How much the console may write: bytes and writes, never time.

#[path = "support/fleet_table.rs"]
mod fleet_table;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fleet_table::{Painter, View};
use pilothouse::tui::screen::writer::{Report, Writer};
use pilothouse::tui::screen::{Capabilities, Clipboard, ColorDepth, Screen};
use ratatui::layout::Position;

const CAPS: Capabilities = Capabilities {
    depth: ColorDepth::True,
    italic: true,
    sync: true,
    clipboard: Clipboard::Direct,
};

/// The brackets of a synchronized update.
const BRACKETS: usize = 16;

/// A screen with its painter; how many bytes the next view takes.
struct Console {
    painter: Painter,
    screen: Screen,
    out: Vec<u8>,
}

impl Console {
    fn new(width: u16, height: u16) -> Self {
        let painter = Painter::new("dark", CAPS.depth);
        Self {
            painter,
            screen: Screen::new(width, height, CAPS),
            out: Vec::new(),
        }
    }

    fn draw(&mut self, view: View) -> usize {
        self.screen.draw(&mut self.out, |buffer| {
            self.painter.paint(buffer, view);
            None
        });
        self.out.len()
    }

    /// The bytes from `before` to `after`.
    fn step(&mut self, before: View, after: View) -> usize {
        self.draw(before);
        self.draw(after)
    }
}

const MIDDLE: View = View {
    first: 100,
    selected: 110,
    cpu: 0,
    busy: None,
    side: false,
};

#[test]
fn a_frame_that_changes_nothing_writes_nothing() {
    let mut console = Console::new(120, 40);
    assert_eq!(console.step(MIDDLE, MIDDLE), 0);
    // Nor does a cursor that stays where it is.
    let with_cursor = |console: &mut Console| {
        console.screen.draw(&mut console.out, |buffer| {
            console.painter.paint(buffer, MIDDLE);
            Some(Position::new(5, 39))
        });
        console.out.len()
    };
    assert!(with_cursor(&mut console) > 0);
    assert_eq!(with_cursor(&mut console), 0);
}

#[test]
fn one_cell_takes_40_bytes_at_most() {
    let mut console = Console::new(120, 40);
    let bytes = console.step(
        MIDDLE,
        View {
            busy: Some(120),
            ..MIDDLE
        },
    );
    assert!((BRACKETS + 1..=40).contains(&bytes), "{bytes}");
}

#[test]
fn a_row_scrolled_takes_300_bytes_at_most() {
    // `j` on the last row: one row comes, the bar moves from the row before it.
    let bottom = View {
        selected: 136,
        ..MIDDLE
    };
    let down = View {
        first: 101,
        selected: 137,
        ..MIDDLE
    };
    // `k` on the first row.
    let top = View {
        selected: 100,
        ..MIDDLE
    };
    let up = View {
        first: 99,
        selected: 99,
        ..MIDDLE
    };
    // The wheel: the selection stays on its row.
    let wheel = View {
        first: 101,
        ..MIDDLE
    };
    for (what, before, after, most) in [
        ("down", bottom, down, 300),
        ("up", top, up, 300),
        ("wheel", MIDDLE, wheel, 180),
        (
            "middle",
            MIDDLE,
            View {
                first: 101,
                selected: 111,
                ..MIDDLE
            },
            460,
        ),
    ] {
        let mut console = Console::new(120, 40);
        let bytes = console.step(before, after);
        assert!((100..=most).contains(&bytes), "{what}: {bytes}");
    }
}

#[test]
fn scrolling_beside_a_pane_that_stands_still_is_cheaper_than_painting() {
    let side = View {
        side: true,
        ..MIDDLE
    };
    let mut console = Console::new(120, 40);
    let painted = console.step(
        side,
        View {
            first: 150,
            selected: 160,
            ..side
        },
    );
    let scrolled = console.step(
        side,
        View {
            first: 101,
            selected: 111,
            ..side
        },
    );
    assert!(scrolled * 2 <= painted, "{scrolled} of {painted}");
}

#[test]
fn other_frames_stay_within_their_budgets() {
    let selection = View {
        selected: 111,
        ..MIDDLE
    };
    let column = View { cpu: 1, ..MIDDLE };
    let page = View {
        first: 137,
        selected: 147,
        ..MIDDLE
    };
    let scroll = View {
        first: 101,
        ..MIDDLE
    };
    for (width, height, what, after, most) in [
        (120, 40, "selection", selection, 330),
        (120, 40, "one column", column, 520),
        (120, 40, "page", page, 4_000),
        (200, 50, "selection", selection, 400),
        (200, 50, "one column", column, 650),
        (200, 50, "page", page, 5_000),
        (200, 50, "scroll", scroll, 180),
    ] {
        let mut console = Console::new(width, height);
        let bytes = console.step(MIDDLE, after);
        assert!(
            (BRACKETS + 1..=most).contains(&bytes),
            "{what} at {width}x{height}: {bytes}"
        );
    }
    let first = Console::new(120, 40).draw(MIDDLE);
    assert!((2_000..=6_000).contains(&first), "first frame: {first}");
}

#[test]
fn fewer_colours_never_take_more_bytes() {
    let bytes = |depth| {
        let mut screen = Screen::new(120, 40, Capabilities { depth, ..CAPS });
        let painter = Painter::new("dark", ColorDepth::True);
        let mut out = Vec::new();
        screen.draw(&mut out, |buffer| {
            painter.paint(buffer, MIDDLE);
            None
        });
        out.len()
    };
    let all: Vec<usize> = [
        ColorDepth::True,
        ColorDepth::Ansi256,
        ColorDepth::Ansi16,
        ColorDepth::None,
    ]
    .into_iter()
    .map(bytes)
    .collect();
    assert!(all.is_sorted_by(|more, fewer| more > fewer), "{all:?}");
}

/// Counts calls of `write`, like a terminal would see them.
struct Counting(Arc<AtomicUsize>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_frame_is_exactly_one_write() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (writer, mut reports) = Writer::spawn(Counting(calls.clone())).unwrap();
    let mut console = Console::new(200, 50);
    let mut frames = 0;
    for n in 0..60 {
        // Some frames change nothing, and those must not be written at all.
        let view = View {
            first: 100 + n / 2,
            selected: 105 + n / 3,
            cpu: n / 4,
            ..MIDDLE
        };
        if console.draw(view) == 0 {
            continue;
        }
        writer.submit(std::mem::take(&mut console.out)).unwrap();
        frames += 1;
        let deadline = Instant::now() + Duration::from_secs(10);
        let report = loop {
            if let Ok(report) = reports.try_recv() {
                break report;
            }
            assert!(Instant::now() < deadline, "no report");
            std::thread::yield_now();
        };
        let Report::Done(buffer) = report else {
            panic!("closed")
        };
        console.out = buffer;
    }
    assert!(frames > 30);
    assert!(writer.close(Duration::from_secs(10)));
    assert_eq!(calls.load(Ordering::SeqCst), frames);
}
