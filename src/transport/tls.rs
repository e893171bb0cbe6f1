//! TLS to an engine: which certificates, and who is trusted.

use std::path::PathBuf;

/// A PEM file, or what would be in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pem {
    /// Read when the dialer is made.
    File(PathBuf),
    /// The bytes, and what to call them in messages.
    Bytes(String, Vec<u8>),
}

/// The certificates for one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsMaterial {
    /// Who may sign the engine's certificate; then nobody else is trusted. None: the system's.
    pub ca: Option<Pem>,
    /// Our certificate chain and its key.
    pub identity: Option<(Pem, Pem)>,
    /// Check the engine's certificate (`--tlsverify`); not to is docker's `--tls`.
    pub verify: bool,
}
