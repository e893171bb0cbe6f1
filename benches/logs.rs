//! A log view with 100,000 lines: taking lines in, drawing, searching, filtering, and a line of a
//! megabyte. `cargo bench --bench logs` prints the memory first.

// The only place besides the command line's own module that may print: a benchmark has no other.
#![allow(
    clippy::print_stdout,
    reason = "the memory of a log is this benchmark's output"
)]

use std::hint::black_box;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use pilothouse::domain::id::{Kind, ObjectRef};
use pilothouse::domain::logs::{LogLine, LogStream};
use pilothouse::tui::logs::{Level, Limits, LineFilter, LogSetup, LogView, Prefs, Stamps};
use pilothouse::tui::paint::Paint;
use pilothouse::tui::screen::{Capabilities, Screen};
use pilothouse::tui::scroll::Pattern;
use pilothouse::tui::theme::{Glyphs, Theme};
use ratatui::layout::Rect;

const LINES: usize = 100_000;
const SIZE: (u16, u16) = (200, 50);

fn at(n: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(n as i64 * 37)
}

fn line(n: usize) -> LogLine {
    let level = ["INFO ", "INFO ", "DEBUG", "WARN ", "ERROR"][n % 5];
    let text = if n.is_multiple_of(3) {
        format!(
            r#"{{"ts":{n},"level":"info","msg":"GET /api/orders/{n}","status":200,"ms":{},"user":"u{}"}}"#,
            n % 977,
            n % 31
        )
    } else {
        format!(
            "2026-03-14T15:08:01Z {level} request {n} from 10.0.{}.{} took {} ms, pool at {} of 20",
            n % 250,
            n % 199,
            n % 977,
            n % 20
        )
    };
    LogLine {
        time: Some(at(n)),
        stream: LogStream::Stdout,
        text: Arc::from(text),
        partial: false,
    }
}

fn view(sources: usize, lines: usize, prefs: Prefs) -> LogView {
    let object = |n: usize| {
        let name = format!("web-{n}");
        ObjectRef::new(
            format!("prod-{n}").as_str(),
            Kind::Container,
            name.clone(),
            name,
        )
    };
    let setup = LogSetup {
        tail: 500,
        limits: Limits {
            lines: LINES,
            bytes: 256 << 20,
        },
        prefs,
    };
    let mut view = LogView::new(1, (0..sources).map(object).collect(), setup);
    view.set_size(usize::from(SIZE.0), usize::from(SIZE.1));
    let all: Vec<LogLine> = (0..lines).map(line).collect();
    // As they come: in pieces, source after source.
    for (n, piece) in all.chunks(512).enumerate() {
        view.add(n % sources, piece.to_vec());
    }
    view
}

/// A console's screen with a log on all of it.
struct Desk {
    theme: Theme,
    screen: Screen,
    out: Vec<u8>,
}

impl Desk {
    fn new() -> Self {
        Self {
            theme: Theme::load("dark", Capabilities::default().depth, &|_| None).0,
            screen: Screen::new(SIZE.0, SIZE.1, Capabilities::default()),
            out: Vec::new(),
        }
    }

    fn draw(&mut self, view: &LogView) -> usize {
        let zone = pilothouse::tui::options::utc();
        let paint = Paint::new(&self.theme, &Glyphs::UNICODE, at(0), zone);
        let area = Rect::new(1, 0, SIZE.0 - 1, SIZE.1);
        self.screen.draw(&mut self.out, |buffer| {
            view.draw(&paint, buffer, area);
            None
        });
        self.out.len()
    }
}

fn plain() -> Prefs {
    Prefs {
        stamps: Stamps::Time,
        ..Prefs::default()
    }
}

fn wrapped() -> Prefs {
    Prefs {
        wrap: true,
        ..plain()
    }
}

fn lines(c: &mut Criterion) {
    let full = view(1, LINES, plain());
    println!(
        "memory of {LINES} lines: {:.1} MiB, as the view states it",
        full.bytes() as f64 / f64::from(1 << 20)
    );
    for (name, prefs, sources) in [
        ("follow", plain(), 1),
        ("follow-wrapped", wrapped(), 1),
        ("follow-merged", plain(), 8),
    ] {
        let (mut view, mut desk, mut n) = (view(sources, LINES, prefs), Desk::new(), LINES);
        desk.draw(&view);
        c.bench_function(&format!("logs-100k/append-and-draw/{name}"), |b| {
            b.iter(|| {
                n += 1;
                view.add(n % sources, vec![line(n)]);
                black_box(desk.draw(&view))
            });
        });
    }
    c.bench_function("logs-100k/take-in-all", |b| {
        let all: Vec<LogLine> = (0..LINES).map(line).collect();
        b.iter_batched(
            || view(1, 0, plain()),
            |mut view| {
                for piece in all.chunks(512) {
                    view.add(0, piece.to_vec());
                }
                view
            },
            BatchSize::PerIteration,
        );
    });
    c.bench_function("logs-100k/take-in-all-of-8-sources", |b| {
        let all: Vec<LogLine> = (0..LINES).map(line).collect();
        b.iter_batched(
            || view(8, 0, plain()),
            |mut view| {
                // Each source's past comes after the other's: the worst order for merging.
                for source in 0..8 {
                    let own: Vec<LogLine> = all.iter().skip(source).step_by(8).cloned().collect();
                    for piece in own.chunks(512) {
                        view.add(source, piece.to_vec());
                    }
                }
                view
            },
            BatchSize::PerIteration,
        );
    });
}

fn keys(c: &mut Criterion) {
    let mut v = view(1, LINES, plain());
    let mut desk = Desk::new();
    let mut turn = 0;
    c.bench_function("logs-100k/scroll-and-draw", |b| {
        b.iter(|| {
            turn += 1;
            v.page(if turn % 2 == 0 { 25 } else { -25 });
            black_box(desk.draw(&v))
        });
    });
    for (name, pattern) in [
        ("rare", "request 77777"),
        ("frequent", "error"),
        ("expression", r"took \d{3} ms.* 1\d of"),
        ("nowhere", "no such thing"),
    ] {
        let pattern = Pattern::new(pattern);
        c.bench_function(&format!("logs-100k/search/{name}"), |b| {
            b.iter(|| {
                v.set_search(pattern.clone());
                black_box(v.find_first())
            });
        });
    }
    v.set_search(None);
    for (name, text) in [
        ("keep", "error"),
        ("drop", "!error"),
        ("nothing", "no such thing"),
    ] {
        let filter = LineFilter::parse(text, false, false);
        c.bench_function(&format!("logs-100k/filter/{name}"), |b| {
            b.iter(|| v.set_draft(filter.clone()));
        });
        v.set_draft(None);
    }
    c.bench_function("logs-100k/severity", |b| {
        b.iter(|| {
            v.set_least(Level::Warn);
            v.set_least(Level::Trace);
        });
    });
    c.bench_function("logs-100k/clear-filter", |b| {
        b.iter(|| v.clear_filters());
    });
}

fn megabyte(c: &mut Criterion) {
    let long = |n: usize, text: &str| LogLine {
        text: Arc::from(text.repeat((1 << 20) / text.len())),
        ..line(n)
    };
    for (name, text) in [
        ("ascii", "abcdefghij klmnop "),
        ("wide", "数据库 👩‍👩‍👧 e\u{301}"),
        ("colours", "\x1b[31mred\x1b[0m plain "),
        ("sequences", "\x1b[2J\x1b[1;1H"),
        ("json", r#"{"a":"bcdefghij"},"#),
    ] {
        for (mode, prefs) in [("cut", plain()), ("wrapped", wrapped())] {
            let mut v = view(1, 1000, prefs);
            let mut desk = Desk::new();
            v.add(0, vec![long(1000, text)]);
            v.set_search(Pattern::new("j k|red|库"));
            c.bench_function(&format!("logs-1MB-line/draw-{mode}/{name}"), |b| {
                b.iter(|| {
                    desk.screen.invalidate();
                    black_box(desk.draw(&v))
                });
            });
        }
        c.bench_function(&format!("logs-1MB-line/take-in/{name}"), |b| {
            let huge = long(0, text);
            b.iter_batched(
                || view(1, 10, plain()),
                |mut v| {
                    v.add(0, vec![huge.clone()]);
                    v
                },
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = lines, keys, megabyte
}
criterion_main!(benches);
