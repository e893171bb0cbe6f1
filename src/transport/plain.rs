//! What an engine answered, cut and cleaned for an error message.

/// Up to `max` characters of `raw` on one line, with nothing in it that a terminal acts on.
pub(crate) fn excerpt(raw: &[u8], max: usize) -> String {
    let text = String::from_utf8_lossy(raw);
    let mut out = String::new();
    let mut count = 0;
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            blank = count > 0;
            continue;
        }
        if count + usize::from(blank) >= max {
            out.push('…');
            break;
        }
        if blank {
            out.push(' ');
            count += 1;
            blank = false;
        }
        out.push(if is_hostile(c) { '\u{fffd}' } else { c });
        count += 1;
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_acts_on_survives() {
        let got = excerpt(b"a\x1b[31mb\r\n\tc\x07\xff\xe2\x80\xaed", 80);
        assert_eq!(got, "a\u{fffd}[31mb c\u{fffd}\u{fffd}\u{fffd}d");
    }

    #[test]
    fn a_long_answer_is_cut_by_characters() {
        assert_eq!(excerpt("ééééé".as_bytes(), 3), "ééé…");
        assert_eq!(excerpt(b"abc", 3), "abc");
        assert_eq!(excerpt(b"abc  \n\n ", 3), "abc");
    }
}
