//! Plots of characters: dots of braille or columns of signs, the newest at the right.

use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// What is plotted.
pub(super) struct Plot<'a> {
    /// One value a column of dots; none where nothing is known.
    pub(super) values: &'a [Option<f64>],
    /// The value at the upper edge; zero is at the lower.
    pub(super) top: f64,
    /// Draw a line there, where it is inside.
    pub(super) limit: Option<f64>,
    pub(super) role: Role,
    /// Hanging from the upper edge instead of standing on the lower.
    pub(super) down: bool,
}

/// Values that stand side by side in one column of the screen.
pub(super) fn per_column(paint: &Paint<'_>) -> usize {
    if paint.glyphs.braille { 2 } else { 1 }
}

impl Plot<'_> {
    /// The plot in `height` lines of `width` columns.
    pub(super) fn lines(&self, (width, height): (usize, usize), paint: &Paint<'_>) -> Vec<Line> {
        let levels = if paint.glyphs.braille { 4 } else { LEVELS };
        let heights = self.heights(levels * height);
        let limit = self.limit_row(height);
        let mut out = Vec::with_capacity(height);
        for row in 0..height {
            // The lowest line has the lowest levels, or the highest when it hangs.
            let floor = levels * if self.down { row } else { height - 1 - row };
            let mut line = Line::default();
            for column in 0..width {
                let sign = if paint.glyphs.braille {
                    let pair = [heights.get(column * 2), heights.get(column * 2 + 1)];
                    dots(pair.map(|h| h.copied().unwrap_or(0)), floor, self.down)
                } else {
                    let filled = heights.get(column).copied().unwrap_or(0);
                    level(filled.saturating_sub(floor), self.down, paint)
                };
                match sign {
                    Some(sign) => push(&mut line, self.role, &sign),
                    None if limit == Some(row) => {
                        push(&mut line, Role::SeverityWarning, paint.glyphs.limit);
                    }
                    None => push(&mut line, Role::Text, " "),
                }
            }
            out.push(line);
        }
        out
    }

    /// How many levels each value fills.
    fn heights(&self, steps: usize) -> Vec<usize> {
        let filled = |v: &Option<f64>| {
            let v = v.unwrap_or(0.0);
            if self.top <= 0.0 || v <= 0.0 {
                return 0;
            }
            let share = (v / self.top).clamp(0.0, 1.0);
            // What is not nothing is seen.
            ((share * steps as f64).round() as usize).max(1)
        };
        self.values.iter().map(filled).collect()
    }

    fn limit_row(&self, height: usize) -> Option<usize> {
        let limit = self.limit.filter(|l| *l > 0.0 && *l <= self.top)?;
        let from_floor = (limit / self.top * height as f64).ceil() as usize;
        let row = height.saturating_sub(from_floor);
        Some(if self.down { height - 1 - row } else { row })
    }
}

/// Neighbours in one role are one piece.
fn push(line: &mut Line, role: Role, text: &str) {
    match line.0.last_mut() {
        Some(last) if last.role == role => last.text.push_str(text),
        _ => line.push(role, text),
    }
}

/// Levels of the signs of a column.
const LEVELS: usize = 8;

fn level(filled: usize, down: bool, paint: &Paint<'_>) -> Option<String> {
    let filled = filled.min(LEVELS);
    if filled == 0 {
        return None;
    }
    // Signs stand on the floor; hanging ones are whole or not there.
    let at = if down { LEVELS } else { filled };
    Some(paint.glyphs.levels[at - 1].to_owned())
}

/// A sign of braille with so many dots of each side filled, above `floor`.
fn dots(filled: [usize; 2], floor: usize, down: bool) -> Option<String> {
    /// The dots of a side from the lowest up.
    const SIDES: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
    let mut bits = 0;
    for (side, filled) in SIDES.iter().zip(filled) {
        let here = filled.saturating_sub(floor).min(4);
        for n in 0..here {
            bits |= side[if down { 3 - n } else { n }];
        }
    }
    if bits == 0 {
        return None;
    }
    char::from_u32(0x2800 + bits).map(String::from)
}

/// A round number not below `value`: the top of a scale that does not jump about.
pub(super) fn ceiling(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let unit = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|f| f * unit)
        .find(|top| *top >= value)
        .unwrap_or(value)
}

/// The same for bytes: powers of two.
pub(super) fn ceiling_bytes(value: f64) -> f64 {
    let mut top = 1024.0;
    while top < value && top < 1e18 {
        top *= 2.0;
    }
    top
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::*;
    use crate::tui::theme::{Glyphs, Theme};

    fn drawn(plot: &Plot<'_>, size: (usize, usize), glyphs: &Glyphs) -> Vec<String> {
        let theme = Theme::shipped("mono");
        let zone = FixedOffset::east_opt(0).unwrap();
        let paint = Paint::new(&theme, glyphs, DateTime::UNIX_EPOCH, zone);
        plot.lines(size, &paint).iter().map(Line::text).collect()
    }

    #[test]
    fn scales_are_round_and_high_enough() {
        for (value, top) in [
            (0.0, 1.0),
            (0.3, 0.5),
            (7.0, 10.0),
            (11.0, 20.0),
            (100.0, 100.0),
        ] {
            assert!((ceiling(value) - top).abs() < 1e-9, "{value}");
        }
        assert!((ceiling_bytes(5000.0) - 8192.0).abs() < 1e-9);
    }

    #[test]
    fn values_become_dots_and_limits_a_line() {
        let values = [0.0, 1.0, 2.0, 4.0, 8.0, 8.0].map(Some);
        let mut plot = Plot {
            values: &values,
            top: 8.0,
            limit: None,
            role: Role::Series1,
            down: false,
        };
        assert_eq!(drawn(&plot, (4, 2), &Glyphs::UNICODE), ["  ⣿ ", "⢀⣼⣿ "]);
        plot.down = true;
        assert_eq!(drawn(&plot, (4, 2), &Glyphs::UNICODE), ["⠈⢻⣿ ", "  ⣿ "]);
        plot.down = false;
        plot.limit = Some(8.0);
        assert_eq!(drawn(&plot, (4, 2), &Glyphs::ASCII), ["----", " .:#"]);
        plot.limit = Some(9.0);
        let shown = drawn(&plot, (7, 2), &Glyphs::ASCII);
        assert!(shown[0].ends_with("## "), "{shown:?}");
    }

    #[test]
    fn what_was_not_measured_is_blank() {
        let plot = Plot {
            values: &[None, Some(3.0), None],
            top: 1.0,
            limit: None,
            role: Role::Series1,
            down: false,
        };
        assert_eq!(drawn(&plot, (3, 1), &Glyphs::ASCII), [" # "]);
    }
}
