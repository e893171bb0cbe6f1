//! The frames in which an engine mixes stdout and stderr into one stream.

use bytes::Bytes;

use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::logs::LogStream;

/// A stream number, three zeros, and the length in big-endian order.
const HEADER: usize = 8;

/// A part of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) source: Source,
    /// Does the frame begin with it?
    pub(super) first: bool,
    pub(super) data: Bytes,
}

/// Who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Process(LogStream),
    /// The engine itself, about an error.
    Engine,
}

/// Takes frames apart, however they are cut on the way. It hands on what it gets and keeps
/// nothing, so the length in a header is never a reason to allocate.
#[derive(Debug, Default)]
pub(super) struct Demux {
    header: [u8; HEADER],
    have: usize,
    /// Bytes of the frame still to come.
    left: usize,
    source: Option<Source>,
    first: bool,
}

impl Demux {
    /// Take in `data`; `give` gets the pieces in order.
    pub(super) fn feed(&mut self, mut data: Bytes, mut give: impl FnMut(Piece)) -> Result<()> {
        while !data.is_empty() {
            if let Some(source) = self.source {
                let piece = data.split_to(self.left.min(data.len()));
                self.left -= piece.len();
                let first = std::mem::take(&mut self.first);
                if self.left == 0 {
                    self.source = None;
                }
                give(Piece {
                    source,
                    first,
                    data: piece,
                });
                continue;
            }
            let part = data.split_to((HEADER - self.have).min(data.len()));
            self.header[self.have..self.have + part.len()].copy_from_slice(&part);
            self.have += part.len();
            if self.have == HEADER {
                self.begin()?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.have = 0;
        let [number, zeros @ .., a, b, c, d] = self.header;
        let source = match number {
            0 | 1 => Source::Process(LogStream::Stdout),
            2 => Source::Process(LogStream::Stderr),
            3 => Source::Engine,
            _ => return Err(garbled(self.header)),
        };
        if zeros != [0; 3] {
            return Err(garbled(self.header));
        }
        self.left = u32::from_be_bytes([a, b, c, d]) as usize;
        self.first = true;
        self.source = (self.left > 0).then_some(source);
        Ok(())
    }
}

fn garbled(header: [u8; HEADER]) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("read mixed output: {header:02x?} is no frame"),
    )
    .with_hint("something between this program and the engine may change what it sends")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(stream: u8, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&[stream, 0, 0, 0], &length[..], data].concat()
    }

    /// What came from whom, whole frames again.
    fn read(parts: &[&[u8]]) -> Result<Vec<(Source, Vec<u8>)>> {
        let mut demux = Demux::default();
        let mut frames: Vec<(Source, Vec<u8>)> = Vec::new();
        for part in parts {
            demux.feed(Bytes::copy_from_slice(part), |piece| {
                if piece.first {
                    frames.push((piece.source, Vec::new()));
                }
                let last = frames
                    .last_mut()
                    .expect("a frame begins with its first piece");
                assert_eq!(last.0, piece.source);
                last.1.extend_from_slice(&piece.data);
            })?;
        }
        Ok(frames)
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        assert!(read(&[b"2026-11-21T13:13:41Z out\n"]).is_err());
        assert!(read(&[&[1, 0, 0, 7, 0, 0, 0, 1, b'x']]).is_err());
    }

    #[test]
    fn a_huge_length_costs_nothing() {
        let mut demux = Demux::default();
        let mut seen = 0;
        let data = Bytes::from_static(&[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'x', b'y']);
        demux.feed(data, |piece| seen += piece.data.len()).unwrap();
        assert_eq!(seen, 2);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(
            frames in prop::collection::vec((0u8..4, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(s, d)| frame(*s, d)).collect();
            let mut ends: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            ends.extend([0, bytes.len()]);
            ends.sort_unstable();
            let parts: Vec<&[u8]> = ends.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            let expected: Vec<(Source, Vec<u8>)> = frames
                .iter()
                .filter(|(_, data)| !data.is_empty())
                .map(|(stream, data)| (match stream {
                    2 => Source::Process(LogStream::Stderr),
                    3 => Source::Engine,
                    _ => Source::Process(LogStream::Stdout),
                }, data.clone()))
                .collect();
            prop_assert_eq!(read(&parts).unwrap(), expected);
        }
    }
}
