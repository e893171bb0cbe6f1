//! What went wrong on the way to an engine, said so that somebody can act on it.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::domain::error::{Error, ErrorKind};

const START: &str = "is an engine installed and running? try: systemctl status docker; \
     a rootless engine listens at $XDG_RUNTIME_DIR/docker.sock; DOCKER_HOST or the host's \
     endpoint names another one";

/// A socket in the file system could not be connected to.
pub(super) fn unix(path: &Path, e: io::Error) -> Error {
    let target = path.display();
    let shape = std::fs::metadata(path);
    let is_other = shape.as_ref().is_ok_and(|m| {
        use std::os::unix::fs::FileTypeExt as _;
        !m.file_type().is_socket()
    });
    let (kind, message, hint) = match e.kind() {
        _ if is_other => {
            let what = if shape.is_ok_and(|m| m.is_dir()) {
                "a directory"
            } else {
                "a file"
            };
            (
                ErrorKind::Unreachable,
                format!("{target} is {what}, not a socket"),
                "a container that mounts a missing socket leaves a directory in its place: \
                 remove it and restart the engine"
                    .to_owned(),
            )
        }
        io::ErrorKind::NotFound => (
            ErrorKind::Unreachable,
            format!("there is no socket at {target}"),
            START.to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            ErrorKind::Denied,
            format!("no permission to use the socket {target}"),
            "join its group and log in again: sudo usermod -aG docker $USER; or use a rootless \
             engine: DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock"
                .to_owned(),
        ),
        io::ErrorKind::ConnectionRefused => (
            ErrorKind::Unreachable,
            format!("nobody listens on the socket {target}"),
            "the engine that made it has ended; try: systemctl start docker".to_owned(),
        ),
        io::ErrorKind::InvalidInput => (
            ErrorKind::Invalid,
            format!("{target} is too long for a socket: 107 bytes are allowed"),
            "make a short symbolic link to it and use that".to_owned(),
        ),
        io::ErrorKind::WouldBlock => (
            ErrorKind::Unreachable,
            format!("the socket {target} takes no more connections"),
            "the engine behind it may be frozen or overloaded".to_owned(),
        ),
        _ => (
            ErrorKind::Unreachable,
            format!("connect to the socket {target}"),
            START.to_owned(),
        ),
    };
    Error::new(kind, message).with_source(e).with_hint(hint)
}

/// A host and port could not be connected to.
pub(super) fn tcp(target: &str, e: io::Error) -> Error {
    let (message, hint) = match e.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("{target} refused the connection"),
            "the machine is up, but no engine listens there: is the port right, and does \
             dockerd run with -H tcp://? A Docker engine listens on 2376 with TLS, 2375 without",
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (
            format!("there is no route to {target}"),
            "is the machine up, and this network connected (VPN, firewall)?",
        ),
        io::ErrorKind::ConnectionReset => (
            format!("{target} closed the connection at once"),
            "a firewall or a proxy in between may forbid it",
        ),
        _ => (
            format!("connect to {target}"),
            "check the address, the network and the firewall",
        ),
    };
    Error::new(ErrorKind::Unreachable, message)
        .with_source(e)
        .with_hint(hint)
}

/// Nothing came back while connecting.
pub(super) fn silent(target: &str, limit: Duration) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("{target} did not accept a connection within {limit:?}"),
    )
    .with_hint("is the machine up? A firewall that drops packets looks like this, too")
}

/// A host name has no address.
pub(super) fn name(host: &str, target: &str, e: io::Error) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("the name {host:?} of {target} could not be resolved"),
    )
    .with_source(e)
    .with_hint(format!("check its spelling and DNS: getent hosts {host}"))
}

/// The resolver did not answer.
pub(super) fn name_silent(host: &str, target: &str, limit: Duration) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("the name {host:?} of {target} was not resolved within {limit:?}"),
    )
    .with_hint("the DNS server does not answer: see /etc/resolv.conf, or use an address")
}
