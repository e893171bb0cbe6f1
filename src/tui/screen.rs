//! The screen: a backend that writes only what changed, one write per frame.
