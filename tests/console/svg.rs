//! A screen as a picture.

use std::fmt::Write as _;

/// The size of a cell, in pixels.
const WIDE: f32 = 8.4;
const HIGH: f32 = 18.0;
const EDGE: f32 = 14.0;

/// Ground and text where the program sets none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paper {
    pub(crate) ground: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) const DARK: Paper = Paper {
    ground: "#14171f",
    text: "#dfe3ec",
};
pub(crate) const LIGHT: Paper = Paper {
    ground: "#ffffff",
    text: "#1f2430",
};

#[derive(Debug, Clone, PartialEq)]
struct Style {
    text: String,
    ground: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
}

fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(n) => Some(indexed(n)),
    }
}

/// The colours of xterm.
fn indexed(n: u8) -> String {
    const BASIC: [&str; 16] = [
        "#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
        "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
    ];
    match n {
        0..=15 => BASIC[usize::from(n)].to_owned(),
        16..=231 => {
            let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
            let n = n - 16;
            let (r, g, b) = (level(n / 36), level(n / 6 % 6), level(n % 6));
            format!("#{r:02x}{g:02x}{b:02x}")
        }
        _ => {
            let v = 8 + 10 * (n - 232);
            format!("#{v:02x}{v:02x}{v:02x}")
        }
    }
}

fn style(cell: &vt100::Cell, paper: Paper) -> Style {
    let (mut text, mut ground) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        let swapped = text.unwrap_or_else(|| paper.text.to_owned());
        text = Some(ground.unwrap_or_else(|| paper.ground.to_owned()));
        ground = Some(swapped);
    }
    Style {
        text: text.unwrap_or_else(|| paper.text.to_owned()),
        ground,
        bold: cell.bold(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The screen as an SVG document with a title.
pub(crate) fn draw(screen: &vt100::Screen, title: &str, paper: Paper) -> String {
    let (rows, columns) = screen.size();
    let width = f32::from(columns) * WIDE + 2.0 * EDGE;
    let height = f32::from(rows) * HIGH + 2.0 * EDGE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n\
         <title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        escaped(title),
        paper.ground
    );
    for row in 0..rows {
        for (from, length, text, style) in runs(screen, row, columns, paper) {
            let (x, y) = (EDGE + f32::from(from) * WIDE, EDGE + f32::from(row) * HIGH);
            let wide = f32::from(length) * WIDE;
            if let Some(ground) = &style.ground {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{HIGH:.1}\" fill=\"{ground}\"/>"
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let mut looks = String::new();
            for (on, look) in [
                (style.bold, " font-weight=\"bold\""),
                (style.italic, " font-style=\"italic\""),
                (style.underline, " text-decoration=\"underline\""),
            ] {
                if on {
                    looks.push_str(look);
                }
            }
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" \
                 lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{}\"{looks}>{}</text>",
                y + HIGH * 0.74,
                style.text,
                escaped(&text)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Cells side by side that look alike: where, how wide, what, how.
fn runs(
    screen: &vt100::Screen,
    row: u16,
    columns: u16,
    paper: Paper,
) -> Vec<(u16, u16, String, Style)> {
    let mut runs: Vec<(u16, u16, String, Style)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            if let Some(last) = runs.last_mut() {
                last.1 += 1;
            }
            continue;
        }
        let (mut text, style) = (cell.contents().to_owned(), style(cell, paper));
        if text.is_empty() {
            text.push(' ');
        }
        match runs.last_mut() {
            Some(last) if last.3 == style => {
                last.1 += 1;
                last.2.push_str(&text);
            }
            _ => runs.push((column, 1, text, style)),
        }
    }
    runs
}
