//! Text in columns: width, truncation, padding. One opinion on width, the screen's own.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Position;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

/// Nothing but printable ASCII: a byte is a column. Most text is, and it is the fast way.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

/// Columns that `text` takes on the screen. Control characters take none: they are never shown.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

/// Columns of one grapheme cluster.
pub fn grapheme_width(cluster: &str) -> usize {
    if cluster.contains(char::is_control) {
        0
    } else {
        usize::from(cluster.cell_width())
    }
}

/// The longest beginning of `text` that fits into `columns`, and its width. Never splits a
/// cluster.
pub fn prefix(text: &str, columns: usize) -> (&str, usize) {
    if is_plain(text) {
        let taken = text.len().min(columns);
        return (&text[..taken], taken);
    }
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let next = taken + grapheme_width(cluster);
        if next > columns {
            return (&text[..at], taken);
        }
        taken = next;
    }
    (text, taken)
}

/// The longest end of `text` that fits into `columns`, and its width.
pub fn suffix(text: &str, columns: usize) -> (&str, usize) {
    if is_plain(text) {
        let taken = text.len().min(columns);
        return (&text[text.len() - taken..], taken);
    }
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        let next = taken + grapheme_width(cluster);
        if next > columns {
            return (&text[at + cluster.len()..], taken);
        }
        taken = next;
    }
    (text, taken)
}

/// `text` in at most `columns`, its end replaced by `ellipsis` when it is longer. Where not even
/// the ellipsis fits, as much of the text as fits.
pub fn truncate(text: &str, columns: usize, ellipsis: &str) -> String {
    let (whole, _) = prefix(text, columns);
    if whole.len() == text.len() {
        return text.to_owned();
    }
    match columns.checked_sub(width(ellipsis)) {
        None | Some(0) => whole.to_owned(),
        Some(room) => format!("{}{ellipsis}", prefix(text, room).0),
    }
}

/// `text` in at most `columns`, its beginning replaced when it is longer: for paths and images,
/// where the end tells things apart.
pub fn truncate_start(text: &str, columns: usize, ellipsis: &str) -> String {
    let (whole, _) = suffix(text, columns);
    if whole.len() == text.len() {
        return text.to_owned();
    }
    match columns.checked_sub(width(ellipsis)) {
        None | Some(0) => whole.to_owned(),
        Some(room) => format!("{ellipsis}{}", suffix(text, room).0),
    }
}

/// `text` in at most `columns`, its middle replaced when it is longer.
pub fn truncate_middle(text: &str, columns: usize, ellipsis: &str) -> String {
    let (whole, _) = prefix(text, columns);
    if whole.len() == text.len() {
        return text.to_owned();
    }
    match columns.checked_sub(width(ellipsis)) {
        None | Some(0) => whole.to_owned(),
        Some(room) => {
            let (tail, used) = suffix(text, room / 2);
            let (head, _) = prefix(text, room - used);
            format!("{head}{ellipsis}{tail}")
        }
    }
}

/// Exactly `columns` wide, text at the left.
pub fn pad(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut text = truncate(text, columns, ellipsis);
    let missing = columns - width(&text).min(columns);
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Exactly `columns` wide, text at the right: numbers, so that a change touches few cells.
pub fn pad_start(text: &str, columns: usize, ellipsis: &str) -> String {
    let text = truncate(text, columns, ellipsis);
    let missing = columns - width(&text).min(columns);
    let mut padded = " ".repeat(missing);
    padded.push_str(&text);
    padded
}

/// Paint `text` at a place, cut at `columns` and at the buffer's edge; the column after it. Like
/// `Buffer::set_stringn`, several times faster for ASCII.
pub fn put(
    buffer: &mut Buffer,
    at: impl Into<Position>,
    text: &str,
    columns: usize,
    style: impl Into<Style>,
) -> u16 {
    let Position { x, y } = at.into();
    let area = buffer.area;
    if !area.contains(Position { x, y }) {
        return x;
    }
    let style = style.into();
    if !is_plain(text) {
        return buffer.set_stringn(x, y, text, columns, style).0;
    }
    let room = usize::from(area.right() - x).min(columns).min(text.len());
    let start = buffer.index_of(x, y);
    for (i, cell) in buffer.content[start..start + room].iter_mut().enumerate() {
        cell.set_symbol(&text[i..=i]).set_style(style);
    }
    x + room as u16
}

/// `text` in lines of at most `columns`, broken at blanks where there are any. Never splits a
/// cluster; a cluster wider than a line is dropped.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let wide = width(word);
            if used + wide <= columns {
                line.push_str(word);
                used += wide;
                continue;
            }
            if word.trim().is_empty() {
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            for cluster in word.graphemes(true) {
                let wide = grapheme_width(cluster);
                if wide > columns {
                    continue;
                }
                if used + wide > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(cluster);
                used += wide;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("web-1", 5)]
    #[case("数据库", 6)]
    #[case("e\u{301}", 1)]
    #[case("👩‍👩‍👧", 2)]
    #[case("a\u{1b}[1mb", 5)]
    #[case("", 0)]
    fn width_is_counted_in_columns(#[case] text: &str, #[case] columns: usize) {
        assert_eq!(width(text), columns);
    }

    #[rstest]
    #[case("container", 9, "container")]
    #[case("container", 8, "contain…")]
    #[case("数据库", 5, "数据…")]
    #[case("数据库", 4, "数…")]
    #[case("数据库", 1, "")]
    #[case("ab", 1, "a")]
    #[case("ab", 0, "")]
    fn truncation_keeps_whole_clusters(
        #[case] text: &str,
        #[case] columns: usize,
        #[case] shown: &str,
    ) {
        assert_eq!(truncate(text, columns, "…"), shown);
    }

    #[test]
    fn the_end_or_both_ends_can_be_kept() {
        assert_eq!(truncate_start("registry/team/app:1.2", 8, "…"), "…app:1.2");
        assert_eq!(
            truncate_middle("registry/team/app:1.2", 9, "…"),
            "regi…:1.2"
        );
        assert_eq!(pad("ab", 4, "…"), "ab  ");
        assert_eq!(pad_start("12", 4, "…"), "  12");
        assert_eq!(pad("数据库", 4, "…"), "数… ");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(
            wrap("stop the web server", 9),
            ["stop the", "web", "server"]
        );
        assert_eq!(wrap("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn painting_is_the_buffers_own_only_faster() {
        let area = ratatui::layout::Rect::new(0, 0, 12, 2);
        let style = Style::new().bold();
        for text in [
            "web-1",
            "a long name that is cut",
            "数据库 x",
            "",
            "tab\tbed",
            "e\u{301}a",
        ] {
            for (x, columns) in [(0, 40), (3, 5), (10, 40), (11, 0)] {
                let (mut ours, mut theirs) = (Buffer::empty(area), Buffer::empty(area));
                let (end, _) = theirs.set_stringn(x, 1, text, columns, style);
                assert_eq!(put(&mut ours, (x, 1), text, columns, style), end);
                assert_eq!(ours, theirs, "{text}");
            }
        }
        let mut buffer = Buffer::empty(area);
        assert_eq!(put(&mut buffer, (12, 0), "out", 9, style), 12);
        assert_eq!(put(&mut buffer, (0, 2), "out", 9, style), 0);
        assert_eq!(buffer, Buffer::empty(area));
    }

    proptest! {
        #[test]
        fn what_is_cut_fits_and_splits_no_cluster(text in ".{0,40}", columns in 0usize..30) {
            for (cut, whole) in [
                (truncate(&text, columns, "…"), width(&text) <= columns),
                (truncate_start(&text, columns, "…"), width(&text) <= columns),
                (truncate_middle(&text, columns, "…"), width(&text) <= columns),
            ] {
                prop_assert!(width(&cut) <= columns, "{cut:?} in {columns}");
                if whole {
                    prop_assert_eq!(&cut, &text);
                }
            }
            let clusters: Vec<&str> = text.graphemes(true).collect();
            let (head, _) = prefix(&text, columns);
            let count = head.graphemes(true).count();
            prop_assert_eq!(head, clusters[..count].concat());
            let (tail, _) = suffix(&text, columns);
            let count = tail.graphemes(true).count();
            prop_assert_eq!(tail, clusters[clusters.len() - count..].concat());
        }

        #[test]
        fn padding_is_exact_where_glyphs_allow(text in "\\PC{0,20}", columns in 0usize..30) {
            prop_assert_eq!(width(&pad(&text, columns, "…")), columns);
            prop_assert_eq!(width(&pad_start(&text, columns, "~")), columns);
        }

        #[test]
        fn wrapped_lines_fit(text in "[a-z数 \\n👩]{0,60}", columns in 1usize..20) {
            for line in wrap(&text, columns) {
                prop_assert!(width(&line) <= columns);
            }
        }
    }
}
