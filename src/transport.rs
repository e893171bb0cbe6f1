//! How bytes reach an engine: unix, tcp, TLS.

pub mod dial;
pub mod endpoint;
pub mod tls;

mod failure;
mod plain;

pub use dial::{BoxStream, Dialer, Stream};
pub use endpoint::{Endpoint, SshTarget};
pub use tls::{Pem, TlsMaterial};
