//! Documents of JSON, one a line.

use bytes::Bytes;

/// Cuts a stream into lines; every byte is looked at once, however the stream is cut.
#[derive(Debug)]
pub(super) struct Documents {
    line: Vec<u8>,
    limit: usize,
    /// Lines that were dropped because they are longer than the limit.
    pub(super) dropped: u64,
    skipping: bool,
}

impl Documents {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            limit,
            dropped: 0,
            skipping: false,
        }
    }

    /// Take in `data`; `give` gets each whole line that is not blank.
    pub(super) fn feed(&mut self, data: &Bytes, mut give: impl FnMut(&[u8])) {
        let mut rest = &data[..];
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            if self.line.is_empty() && !self.skipping && line.len() <= self.limit {
                hand_over(line, &mut give);
                continue;
            }
            self.keep(line);
            self.finish(&mut give);
        }
        self.keep(rest);
    }

    /// The stream has ended: the last line may lack its end.
    pub(super) fn finish(&mut self, mut give: impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::take(&mut self.skipping) {
            hand_over(&line, &mut give);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        if self.skipping {
            return;
        }
        if self.line.len() + part.len() > self.limit {
            self.skipping = true;
            self.dropped += 1;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(part);
        }
    }
}

fn hand_over(line: &[u8], give: &mut impl FnMut(&[u8])) {
    if !line.trim_ascii().is_empty() {
        give(line);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(parts: &[&[u8]], limit: usize) -> (Vec<String>, u64) {
        let mut documents = Documents::new(limit);
        let mut lines = Vec::new();
        for part in parts {
            documents.feed(&Bytes::copy_from_slice(part), |line| {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
            });
        }
        documents.finish(|line| lines.push(String::from_utf8(line.to_vec()).unwrap()));
        (lines, documents.dropped)
    }

    #[test]
    fn long_lines_are_dropped_and_counted() {
        let (lines, dropped) = read(&[b"abc\r\n0123", b"45678\n", b"\n \nxyz"], 5);
        assert_eq!(lines, ["abc\r", "xyz"]);
        assert_eq!(dropped, 1);
        assert_eq!(read(&[b"0123456\nab\n"], 5), (vec!["ab".into()], 1));
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(text in "[a-c\n]{0,60}", cut in 0usize..60) {
            let cut = cut.min(text.len());
            let whole = read(&[text.as_bytes()], 8);
            prop_assert_eq!(read(&[&text.as_bytes()[..cut], &text.as_bytes()[cut..]], 8), whole);
        }
    }
}
