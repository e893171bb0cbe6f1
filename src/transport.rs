//! How bytes reach an engine: unix, tcp, TLS; pooled HTTP/1.1 on top.
//!
//! From the outside in:
//!
//! * [`env`] and [`contexts`] say which engine is meant (`DOCKER_HOST`, contexts, local sockets):
//!   an [`Endpoint`] and perhaps a [`TlsMaterial`]. They read the environment they are given.
//! * [`dial::connector`] turns these into a [`Dialer`], the only thing that opens connections.
//! * [`HttpClient`] is the one way to speak to an engine: it pools connections, negotiates and
//!   prefixes the API version, holds every answer to a deadline and a size, and maps refusals
//!   to [`ErrorKind`](crate::domain::error::ErrorKind)s.
//!
//! ```no_run
//! # async fn f() -> pilothouse::domain::error::Result<()> {
//! use pilothouse::transport::{Call, Endpoint, HttpClient, dial};
//! let endpoint: Endpoint = "unix:///var/run/docker.sock".parse()?;
//! let http = HttpClient::new(dial::connector(&endpoint, None, dial::CONNECT_TIMEOUT)?);
//! let engine = http.negotiate().await?; // optional: the first versioned call does it
//! let rows: serde_json::Value =
//!     http.get_json(Call::get("/containers/json").query("all", "1")).await?;
//! http.post(Call::post("/containers/web/start")).await?; // Changed::No when it ran already
//! let events = http.stream(Call::get("/events").endless()).await?; // Stream of Result<Bytes>
//! let raw = http.upgrade(Call::post("/exec/1/start")).await?; // AsyncRead + AsyncWrite
//! # Ok(()) }
//! ```
//!
//! What is absent: no endpoint is dialled twice for one call that may have reached the engine
//! unless repeating it is harmless; nothing reads the process environment; no TLS setting comes
//! from a process-wide default.

pub mod api;
pub mod call;
pub mod contexts;
pub mod dial;
pub mod endpoint;
pub mod env;
pub mod http;
pub mod tls;

mod answer;
mod body;
mod failure;
mod plain;
mod pool;
mod upgrade;

pub use answer::refusal_kind;
pub use api::{ApiVersion, EngineKind, Negotiated};
pub use body::BodyStream;
pub use call::{Call, Timeouts, segment};
pub use dial::{BoxStream, Dialer, Stream};
pub use endpoint::{Endpoint, SshTarget};
pub use env::{Env, Origin, Resolved};
pub use http::{Answer, Changed, HttpClient, RequestBody};
pub use tls::{Pem, TlsMaterial};
pub use upgrade::Upgraded;
