//! Time and bytes per frame of the screen. `cargo bench --bench screen` prints the bytes first.

// The only place besides the command line's own module that may print: a benchmark has no other.
#![allow(
    clippy::print_stdout,
    reason = "the bytes per frame are this benchmark's output"
)]

#[path = "../tests/support/fleet_table.rs"]
mod fleet_table;
#[path = "../tests/support/large_fleet.rs"]
mod large_fleet;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fleet_table::{Painter, View};
use large_fleet::Console;
use pilothouse::tui::msg::Msg;
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

/// The whole console on large fleets: from a key to the bytes of its frame. Printed, not sampled:
/// what matters is the slowest of all, and a mean hides it.
fn console(_: &mut Criterion) {
    for (hosts, each) in [(100, 100), (100, 1000)] {
        let rows = hosts * each;
        let before = resident();
        let snapshot = large_fleet::fleet(hosts, each);
        let fleet = resident();
        let snapshot = large_fleet::measured(&snapshot, 0, 0.0);
        let start = std::time::Instant::now();
        let mut c = Console::new(snapshot, 200, 50);
        let bytes = c.draw();
        println!("\n{rows} rows on {hosts} hosts at 200x50");
        println!(
            "  first frame            {:>9.2?}  {bytes} bytes",
            start.elapsed()
        );
        println!(
            "  memory                 {} MiB of which the fleet {} MiB",
            (resident() - before) >> 20,
            (fleet - before) >> 20
        );
        frame_bytes(&mut c);
        for (what, keys, times) in [
            ("move", "jjjjkkk<C-d><C-d><C-u><C-f><C-b>Gg<space>u", 60),
            ("pane", "<Tab><S-Tab>142530", 20),
            ("mark a range", "VGgV u", 5),
            ("sort", "ooooooooo", 2),
            ("reverse", "O", 20),
            (
                "filter: text",
                "/serv<BS><BS><BS><BS>project-4-service<Esc>",
                6,
            ),
            (
                "filter: terms",
                "/state=run host=node-01* cpu<gt>20 !web<Esc>",
                6,
            ),
            ("filter: nothing", "/zqxj<Esc>", 6),
            ("group by host", "bbb", 2),
            ("tree", "vv", 2),
        ] {
            let keys = keys.replace("<gt>", ">").replace(' ', "<space>");
            let times: Vec<_> = (0..times).flat_map(|_| c.keys(&keys)).collect();
            told(what, &times);
        }
        clearing(&mut c);
        background(&mut c);
    }
}

/// The slowest, the 99th of a hundred, the middle.
fn told(what: &str, all: &[(std::time::Duration, usize)]) {
    let mut times: Vec<_> = all.iter().map(|(t, _)| *t).collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!(
        "  {what:<22} p50 {:>9.2?}  p99 {:>9.2?}  max {:>9.2?}  ({} keys)",
        at(0.5),
        at(0.99),
        at(1.0),
        times.len()
    );
}

/// Taking a filter away that left little.
fn clearing(c: &mut Console) {
    let mut all = Vec::new();
    for _ in 0..10 {
        c.keys("/service-17<Enter>");
        all.extend(c.keys("<Esc>"));
    }
    told("clear the filter", &all);
}

/// What hosts report while somebody types.
fn background(c: &mut Console) {
    let (mut uses, mut states) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let next = large_fleet::measured(&c.model.snapshot, n % 3, n as f64);
        uses.push(c.msg(Msg::Snapshot(next)));
        let next = large_fleet::changed(&c.model.snapshot, n % 5, |h| {
            let mut all = (*h.containers).clone();
            let mut one = (*all[n]).clone();
            one.state = pilothouse::domain::observed::ContainerState::Restarting;
            all[n] = one.into();
            h.containers = all.into();
        });
        states.push(c.msg(Msg::Snapshot(next)));
    }
    told("measurements come", &uses);
    told("a state changes", &states);
}

/// Bytes of frames on the whole screen of containers.
fn frame_bytes(c: &mut Console) {
    c.keys("2+gjjj");
    let last = |all: Vec<(std::time::Duration, usize)>| all.last().map_or(0, |(_, bytes)| *bytes);
    println!("  bytes: selection       {}", last(c.keys("j")));
    let next = large_fleet::measured(&c.model.snapshot, 0, 3.0);
    println!("  bytes: the CPU column  {}", c.msg(Msg::Snapshot(next)).1);
    let rows = "j".repeat(60);
    c.keys(&rows);
    println!("  bytes: scroll a row    {}", last(c.keys("j")));
    println!("  bytes: a page          {}", last(c.keys("<C-f>")));
    println!("  bytes: nothing         {}", c.draw());
    c.keys("g_");
}

/// Bytes this process has in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:"));
    let kib = line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

criterion_group!(benches, frames, paint, console);
criterion_main!(benches);
