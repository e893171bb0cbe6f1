//! Settings that are one of several words.

use crate::config::slot::{Every, Word};
use crate::domain::guardrail::Effect;

/// A data table of enums whose variants are words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl Every for $name {
            fn first() -> Self {
                [$(Self::$variant),*][0]
            }
        }

        impl Word for $name {
            fn words(&self) -> &'static [&'static str] {
                &[$($word),*]
            }

            fn word(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            fn become_word(&mut self, word: &str) -> bool {
                match word {
                    $($word => *self = Self::$variant,)*
                    _ => return false,
                }
                true
            }
        }
    )*};
}

words! {
    /// Whose keys the console begins with; those of `[[keys]]` go over them.
    Preset {
        Default = "default",
        K9s = "k9s",
        Lazydocker = "lazydocker",
    }

    /// A change worth telling somebody who looks elsewhere.
    Noted {
        /// A container became unhealthy.
        Unhealthy = "unhealthy",
        /// A container that ran ended by itself with an error, or was out of memory.
        Died = "died",
        /// A host does not answer any more.
        Stale = "stale",
        /// An operation of this console ended well.
        Done = "done",
        /// An operation of this console failed, in part or whole.
        Failed = "failed",
    }

    /// How a change is told outside of the screen.
    Signal {
        /// The terminal's bell.
        Bell = "bell",
        /// OSC 9: terminals that know it show a message.
        Osc9 = "osc9",
    }

    /// Which signs are used.
    Glyphs {
        /// As the locale and the terminal suggest.
        Auto = "auto",
        Unicode = "unicode",
        Ascii = "ascii",
    }

    /// How much colour is used.
    Colour {
        /// As the terminal and `NO_COLOR` suggest.
        Auto = "auto",
        /// Even where the output is no terminal.
        Always = "always",
        Never = "never",
        Ansi16 = "16",
        Ansi256 = "256",
        True = "truecolor",
    }
}

impl Word for Effect {
    fn words(&self) -> &'static [&'static str] {
        &[
            "deny",
            "confirm",
            "type-host-name",
            "type-object-name",
            "allow",
        ]
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Confirm => "confirm",
            Self::TypeHostName => "type-host-name",
            Self::TypeObjectName => "type-object-name",
            Self::Allow => "allow",
        }
    }

    fn become_word(&mut self, word: &str) -> bool {
        *self = match word {
            "deny" => Self::Deny,
            "confirm" => Self::Confirm,
            "type-host-name" => Self::TypeHostName,
            "type-object-name" => Self::TypeObjectName,
            "allow" => Self::Allow,
            _ => return false,
        };
        true
    }
}
