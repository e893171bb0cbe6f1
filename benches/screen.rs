//! Time and bytes per frame of the screen. `cargo bench --bench screen` prints the bytes first.

// The only place besides the command line's own module that may print: a benchmark has no other.
#![allow(
    clippy::print_stdout,
    reason = "the bytes per frame are this benchmark's output"
)]

#[path = "../tests/support/fleet_table.rs"]
mod fleet_table;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fleet_table::{Painter, View};
use pilothouse::tui::screen::{Capabilities, Screen};

const START: View = View {
    first: 100,
    selected: 110,
    cpu: 0,
    busy: None,
    side: false,
};
const SIDE: View = View {
    side: true,
    ..START
};

/// Name of a frame, the view before it, the view after it.
const FRAMES: [(&str, View, View); 8] = [
    ("nothing", START, START),
    (
        "selection",
        START,
        View {
            selected: 111,
            ..START
        },
    ),
    (
        "one-cell",
        START,
        View {
            busy: Some(120),
            ..START
        },
    ),
    ("cpu-column", START, View { cpu: 1, ..START }),
    (
        "scroll-row",
        START,
        View {
            first: 101,
            selected: 111,
            ..START
        },
    ),
    (
        "scroll-row-beside-pane",
        SIDE,
        View {
            first: 101,
            selected: 111,
            ..SIDE
        },
    ),
    (
        "page",
        START,
        View {
            first: 140,
            selected: 150,
            ..START
        },
    ),
    ("repaint", START, START),
];

/// Draw back and forth between two views, so that every iteration is a change.
struct Swing {
    painter: Painter,
    screen: Screen,
    out: Vec<u8>,
    views: [View; 2],
    turn: usize,
    repaint: bool,
}

impl Swing {
    fn new(size: (u16, u16), name: &str, before: View, after: View) -> Self {
        let caps = Capabilities::default();
        let mut swing = Self {
            painter: Painter::new("dark", caps.depth),
            screen: Screen::new(size.0, size.1, caps),
            out: Vec::new(),
            views: [before, after],
            turn: 0,
            repaint: name == "repaint",
        };
        swing.draw();
        swing
    }

    fn draw(&mut self) -> usize {
        if self.repaint {
            self.screen.invalidate();
        }
        let view = self.views[self.turn % 2];
        self.turn += 1;
        self.screen.draw(&mut self.out, |buffer| {
            self.painter.paint(buffer, view);
            None
        });
        self.out.len()
    }
}

fn frames(c: &mut Criterion) {
    for size in [(120, 40), (200, 50)] {
        let mut group = c.benchmark_group(format!("frame-{}x{}", size.0, size.1));
        for (name, before, after) in FRAMES {
            let mut swing = Swing::new(size, name, before, after);
            println!("bytes {}x{} {name}: {}", size.0, size.1, swing.draw());
            group.bench_function(BenchmarkId::from_parameter(name), |b| {
                b.iter(|| black_box(swing.draw()));
            });
        }
        group.finish();
    }
}

/// Painting alone, to subtract from the above.
fn paint(c: &mut Criterion) {
    let painter = Painter::new("dark", Capabilities::default().depth);
    for (width, height) in [(120, 40), (200, 50)] {
        let area = ratatui::layout::Rect::new(0, 0, width, height);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        c.bench_function(&format!("paint-only-{width}x{height}"), |b| {
            b.iter(|| {
                buffer.reset();
                painter.paint(&mut buffer, START);
                black_box(&buffer);
            });
        });
    }
}

criterion_group!(benches, frames, paint);
criterion_main!(benches);
