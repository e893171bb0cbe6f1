//! Copying through the terminal (OSC 52): reaches the clipboard of the machine where the user
//! sits, also over SSH, without a clipboard library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Terminals take no more; longer text is refused rather than cut.
const MAX_ENCODED: usize = 74_994;

/// GNU screen takes strings of at most 768 bytes.
const SCREEN_CHUNK: usize = 700;

/// The way to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clipboard {
    /// The terminal has none, or shows the sequence as text.
    None,
    /// OSC 52 as it is.
    #[default]
    Direct,
    /// tmux: to tmux itself, and past it to the terminal; it takes whichever it is set up for.
    Tmux,
    /// GNU screen: past it, in pieces.
    Screen,
}

impl Clipboard {
    /// Judge by environment variables.
    pub(super) fn detect(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
        let term = env("TERM").unwrap_or_default();
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") || term.starts_with("screen") {
            Self::Screen
        } else if term.is_empty() || term == "dumb" || term == "linux" || term.starts_with("vt") {
            Self::None
        } else {
            Self::Direct
        }
    }

    /// The bytes that make the terminal show `text` as a message of the desktop (OSC 9).
    pub(super) fn message(self, text: &str) -> Option<Vec<u8>> {
        let clean: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        let plain = format!("\x1b]9;{clean}\x07");
        match self {
            Self::None => None,
            Self::Direct => Some(plain.into_bytes()),
            Self::Tmux => {
                let doubled = plain.replace('\x1b', "\x1b\x1b");
                Some(format!("\x1bPtmux;{doubled}\x1b\\").into_bytes())
            }
            Self::Screen => Some(format!("\x1bP{plain}\x1b\\").into_bytes()),
        }
    }

    /// The bytes that put `text` into the clipboard; `None` where that is not possible.
    pub(super) fn sequence(self, text: &str) -> Option<Vec<u8>> {
        let encoded = STANDARD.encode(text);
        if encoded.len() > MAX_ENCODED {
            return None;
        }
        let plain = format!("\x1b]52;c;{encoded}\x07");
        match self {
            Self::None => None,
            Self::Direct => Some(plain.into_bytes()),
            Self::Tmux => {
                let doubled = plain.replace('\x1b', "\x1b\x1b");
                Some(format!("{plain}\x1bPtmux;{doubled}\x1b\\").into_bytes())
            }
            Self::Screen => {
                let mut bytes = Vec::with_capacity(plain.len() + 64);
                for chunk in plain.as_bytes().chunks(SCREEN_CHUNK) {
                    bytes.extend_from_slice(b"\x1bP");
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\x1b\\");
                }
                Some(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[("TERM", "xterm-256color")], Clipboard::Direct)]
    #[case(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], Clipboard::Tmux)]
    #[case(&[("TERM", "screen")], Clipboard::Screen)]
    #[case(&[("TERM", "xterm"), ("STY", "7.pts")], Clipboard::Screen)]
    #[case(&[("TERM", "linux")], Clipboard::None)]
    #[case(&[], Clipboard::None)]
    fn the_environment_tells_the_way(#[case] vars: &[(&str, &str)], #[case] way: Clipboard) {
        let env = |name: &str| {
            vars.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        assert_eq!(Clipboard::detect(&env), way);
    }

    #[test]
    fn text_is_encoded_for_each_way() {
        let text = |way: Clipboard| {
            way.sequence("prod-1")
                .map(|b| String::from_utf8(b).unwrap())
        };
        assert_eq!(text(Clipboard::Direct).unwrap(), "\x1b]52;c;cHJvZC0x\x07");
        assert_eq!(
            text(Clipboard::Tmux).unwrap(),
            "\x1b]52;c;cHJvZC0x\x07\x1bPtmux;\x1b\x1b]52;c;cHJvZC0x\x07\x1b\\"
        );
        assert_eq!(
            text(Clipboard::Screen).unwrap(),
            "\x1bP\x1b]52;c;cHJvZC0x\x07\x1b\\"
        );
        assert_eq!(text(Clipboard::None), None);
    }

    #[test]
    fn a_message_is_one_sequence_whatever_is_in_it() {
        let bytes = Clipboard::Direct
            .message("web\x07\x1b]52;c;eA==\x07 died\u{9c}")
            .unwrap();
        assert_eq!(bytes, b"\x1b]9;web]52;c;eA== died\x07");
        assert_eq!(Clipboard::None.message("x"), None);
        let tmux = Clipboard::Tmux.message("x").unwrap();
        assert!(tmux.starts_with(b"\x1bPtmux;") && tmux.ends_with(b"\x1b\\"));
    }

    #[test]
    fn what_is_too_long_is_refused_and_screen_gets_pieces() {
        assert_eq!(Clipboard::Direct.sequence(&"x".repeat(60_000)), None);
        let bytes = Clipboard::Screen.sequence(&"x".repeat(3_000)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let pieces: Vec<&str> = text.split_terminator("\x1b\\").collect();
        assert!(pieces.len() > 5);
        assert!(
            pieces
                .iter()
                .all(|p| p.starts_with("\x1bP") && p.len() <= 768)
        );
        let whole: String = pieces.iter().map(|p| &p[2..]).collect();
        assert!(whole.starts_with("\x1b]52;c;") && whole.ends_with('\x07'));
    }
}
