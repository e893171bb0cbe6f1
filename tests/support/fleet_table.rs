//! A believable table of containers, painted straight into a buffer: what budgets and benchmarks
//! of the screen are measured on.

use pilothouse::tui::screen::ColorDepth;
use pilothouse::tui::text::{pad, pad_start, put};
use pilothouse::tui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What is on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// The first row shown.
    pub(crate) first: usize,
    /// The selected row, counted from the first of all.
    pub(crate) selected: usize,
    /// Changes the CPU column of every row.
    pub(crate) cpu: usize,
    /// Changes the CPU column of this row only.
    pub(crate) busy: Option<usize>,
    /// A pane that stands still takes the left 36 columns.
    pub(crate) side: bool,
}

/// Paints views in the colours of the default theme.
#[derive(Debug)]
pub(crate) struct Painter {
    theme: Theme,
}

impl Painter {
    /// In the colours of `theme`.
    pub(crate) fn new(theme: &str, depth: ColorDepth) -> Self {
        Self {
            theme: Theme::load(theme, depth, &|_| None).0,
        }
    }

    /// Header, column titles, rows, footer.
    pub(crate) fn paint(&self, buffer: &mut Buffer, view: View) {
        let area = buffer.area;
        let style = |role| self.theme.style(role);
        buffer.set_string(0, 0, "pilothouse", style(Role::Brand));
        buffer.set_string(12, 0, "6 hosts · 2,000 containers", style(Role::Header));
        let left = if view.side { 36 } else { 0 };
        let keys = [
            ("s", "start"),
            ("t", "stop"),
            ("r", "restart"),
            ("l", "logs"),
            ("?", "keys"),
        ];
        let mut x = 0;
        for (key, what) in keys {
            x = put(buffer, (x, area.height - 1), key, 9, style(Role::FooterKey));
            x = put(
                buffer,
                (x + 1, area.height - 1),
                what,
                9,
                style(Role::Footer),
            );
            x += 2;
        }
        if view.side {
            for y in 1..area.height - 1 {
                let text = format!("host-{y:02}  10.0.3.{y}  live");
                put(buffer, (0, y), &text, 34, style(Role::TextMuted));
                buffer.set_string(35, y, "│", style(Role::Border));
            }
        }
        let titles = row(&[
            "NAME", "HOST", "STATE", "CPU", "MEM", "IMAGE", "PORTS", "AGE",
        ]);
        put(
            buffer,
            (left, 1),
            &titles,
            usize::from(area.width),
            style(Role::Column),
        );
        for y in 2..area.height - 1 {
            self.paint_row(buffer, view, left, y);
        }
    }

    fn paint_row(&self, buffer: &mut Buffer, view: View, left: u16, y: u16) {
        let n = view.first + usize::from(y) - 2;
        let busy = usize::from(view.busy == Some(n));
        let cpu = (n * 37 + view.cpu * 171 + busy * 5) % 1000;
        let (state, role) = match n % 11 {
            0 => ("exited", Role::StateExited),
            1 => ("unhealthy", Role::StateUnhealthy),
            _ => ("running", Role::StateRunning),
        };
        let cells = [
            format!("shop-{}-{n}", ["web", "api", "db", "cache"][n % 4]),
            format!("prod-{}", n % 6 + 1),
            state.to_owned(),
            format!("{}.{}%", cpu / 10, cpu % 10),
            format!("{} MiB", 64 + n * 7 % 900),
            format!(
                "registry/{}:1.{}",
                ["nginx", "shop", "postgres", "redis"][n % 4],
                n % 30
            ),
            format!("{}->80/tcp", 8000 + n),
            format!("{}h", n % 23 + 1),
        ];
        let text = row(&cells.each_ref().map(String::as_str));
        let room = usize::from(buffer.area.width - left);
        let plain = self.theme.style(Role::Text);
        put(buffer, (left, y), &pad(&text, room, "…"), room, plain);
        let state_at = left + 34;
        if state_at + 10 < buffer.area.width {
            put(buffer, (state_at, y), state, 10, self.theme.style(role));
        }
        if n == view.selected {
            let all = Rect::new(left, y, buffer.area.width - left, 1);
            let style: Style = self.theme.style(Role::SelectionRow);
            buffer.set_style(all, style);
        }
    }
}

fn row(cells: &[&str; 8]) -> String {
    let [name, host, state, cpu, mem, image, ports, age] = *cells;
    [
        pad(name, 24, "…"),
        pad(host, 8, "…"),
        pad(state, 10, "…"),
        pad_start(cpu, 7, "…"),
        pad_start(mem, 9, "…"),
        pad(image, 26, "…"),
        pad(ports, 16, "…"),
        pad_start(age, 5, "…"),
    ]
    .join(" ")
}
