//! Plots of characters: columns of eighths, the newest at the right.

use crate::tui::paint::{Line, Paint};
use crate::tui::theme::Role;

/// Values in `height` lines of at most `width` columns, scaled from zero to `top`.
pub(super) fn lines(
    values: &[f64],
    top: f64,
    (width, height): (usize, usize),
    role: Role,
    paint: &Paint<'_>,
) -> Vec<Line> {
    let shown = &values[values.len().saturating_sub(width)..];
    let levels = paint.glyphs.levels;
    let steps = levels.len() * height;
    let heights: Vec<usize> = shown
        .iter()
        .map(|v| {
            let share = if top > 0.0 {
                (v / top).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let filled = (share * steps as f64).round() as usize;
            // What is not nothing is seen.
            if *v > 0.0 { filled.max(1) } else { filled }
        })
        .collect();
    let mut out = Vec::with_capacity(height);
    for row in (0..height).rev() {
        let floor = row * levels.len();
        let mut text = " ".repeat(width - shown.len().min(width));
        for filled in &heights {
            let here = filled.saturating_sub(floor).min(levels.len());
            text.push_str(if here == 0 { " " } else { levels[here - 1] });
        }
        out.push(Line::of(role, text));
    }
    out
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
    use super::*;

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
}
