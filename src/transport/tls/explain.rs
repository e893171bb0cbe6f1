//! What a TLS failure means for whoever has to repair it.

use std::error::Error as StdError;
use std::io;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::Loaded;
use crate::domain::error::{Error, ErrorKind};

/// Whom we speak to, for messages.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) target: &'a str,
    pub(super) host: &'a str,
    pub(super) loaded: &'a Loaded,
}

impl Peer<'_> {
    /// What went wrong while shaking hands.
    pub(super) fn handshake(self, e: io::Error) -> Error {
        if let Some(tls) = find::<TlsError>(&e) {
            return self.tls(tls).with_source(e);
        }
        let target = self.target;
        Error::new(
            ErrorKind::Unreachable,
            format!("{target} closed the connection during the TLS handshake"),
        )
        .with_source(e)
        .with_hint("does that port speak TLS? Docker engines use 2376 for TLS, 2375 for plain")
    }

    /// What a TLS error means, whenever it came: with TLS 1.3 an engine refuses a client
    /// certificate only after the handshake.
    pub(super) fn tls(self, e: &TlsError) -> Error {
        let target = self.target;
        match e {
            TlsError::InvalidCertificate(why) => self.their_certificate(why),
            TlsError::AlertReceived(alert) => self.alert(*alert),
            TlsError::InvalidMessage(_) => denied(
                format!("{target} does not speak TLS"),
                format!(
                    "is it a plain port? Then use http://, or leave out the TLS settings \
                     ({target})"
                ),
            ),
            TlsError::PeerIncompatible(_) => denied(
                format!("{target} and this program have no TLS version or cipher in common"),
                "TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or TLS 1.3, is needed".into(),
            ),
            _ => Error::new(
                ErrorKind::Protocol,
                format!("the TLS connection with {target} broke: {e}"),
            )
            .with_hint("this port may not belong to a Docker engine: check the host and port"),
        }
    }

    fn their_certificate(self, why: &CertificateError) -> Error {
        let Self {
            target,
            host,
            loaded,
        } = self;
        let trust = &loaded.trust;
        match why {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => denied(
                format!("the certificate of {target} is not signed by a CA in {trust}"),
                "give the CA that signed the engine's certificate as ca.pem; if it changed \
                 unexpectedly, somebody may be in between"
                    .into(),
            ),
            CertificateError::Expired => {
                self.out_of_date("has expired", None, "renew it on that host")
            }
            CertificateError::ExpiredContext { not_after, .. } => {
                self.out_of_date("has expired", Some(not_after), "renew it on that host")
            }
            CertificateError::NotValidYet => self.out_of_date("is not valid yet", None, "wait"),
            CertificateError::NotValidYetContext { not_before, .. } => {
                self.out_of_date("is not valid yet", Some(not_before), "wait")
            }
            CertificateError::NotValidForName => denied(
                format!("the certificate of {target} is not for {host}"),
                "use the name it was made for, or make a new one".into(),
            ),
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names = names(presented);
                let alt = if host.parse::<std::net::IpAddr>().is_ok() {
                    "IP"
                } else {
                    "DNS"
                };
                denied(
                    format!("the certificate of {target} is for {names}, not for {host}"),
                    format!(
                        "use one of its names in the endpoint, or make a new certificate with \
                         subjectAltName={alt}:{host}"
                    ),
                )
            }
            CertificateError::Revoked => denied(
                format!("the certificate of {target} is revoked"),
                "make a new one on that host".into(),
            ),
            other => denied(
                format!("the certificate of {target} is not acceptable: {other}"),
                "it must be a server certificate (X.509 v3 with a subjectAltName) signed by the \
                 CA, not the CA's own"
                    .into(),
            ),
        }
    }

    fn out_of_date(self, how: &str, moment: Option<&UnixTime>, what: &str) -> Error {
        let when = moment
            .and_then(|t| chrono::DateTime::from_timestamp(t.as_secs().try_into().ok()?, 0))
            .map(|t| format!(" ({})", t.format("%Y-%m-%d %H:%M UTC")))
            .unwrap_or_default();
        denied(
            format!("the certificate of {} {how}{when}", self.target),
            format!("{what}; or is this machine's clock wrong?"),
        )
    }

    fn alert(self, alert: AlertDescription) -> Error {
        use AlertDescription as A;
        let target = self.target;
        match (alert, &self.loaded.identity) {
            (
                A::BadCertificate
                | A::UnsupportedCertificate
                | A::CertificateRevoked
                | A::CertificateExpired
                | A::CertificateUnknown
                | A::UnknownCA
                | A::AccessDenied
                | A::DecryptError,
                Some(ours),
            ) => {
                let why = match alert {
                    A::CertificateExpired => "it has expired",
                    A::CertificateRevoked => "it is revoked",
                    A::UnknownCA => "its CA is not the one that engine trusts",
                    _ => "it is expired, or its CA is not the one that engine trusts",
                };
                denied(
                    format!("{target} refused the client certificate {ours}: {why}"),
                    format!("look at it: openssl x509 -noout -dates -issuer -in {ours}"),
                )
            }
            (A::CertificateRequired, Some(ours)) => denied(
                format!("{target} did not get the client certificate {ours}"),
                "its CA is not among those that engine asks for".into(),
            ),
            (
                A::BadCertificate
                | A::CertificateRequired
                | A::CertificateUnknown
                | A::NoCertificate
                | A::AccessDenied
                | A::HandshakeFailure,
                None,
            ) => denied(
                format!("{target} demands a client certificate, and none is configured"),
                "give cert.pem and key.pem: the host's tls settings, or DOCKER_CERT_PATH".into(),
            ),
            (A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity, _) => denied(
                format!("{target} and this program have no TLS version or cipher in common"),
                "the engine must offer TLS 1.2 or 1.3".into(),
            ),
            (A::UnrecognisedName, _) => denied(
                format!("{target} has no certificate for {}", self.host),
                "use the name its certificate was made for".into(),
            ),
            (A::InternalError, _) => Error::new(
                ErrorKind::Transient,
                format!("{target} failed within the TLS handshake"),
            ),
            (other, _) => denied(
                format!("{target} ended the TLS connection: {other:?}"),
                "its log may say why".into(),
            ),
        }
    }
}

fn names(presented: &[String]) -> String {
    const SHOWN: usize = 5;
    let clean: Vec<String> = presented
        .iter()
        .take(SHOWN)
        .map(|name| {
            // As rustls prints them: DnsName("a"), IpAddress(127.0.0.1).
            let inner = name.split_once('(').map_or(&**name, |(_, rest)| rest);
            let inner = inner.trim_end_matches(')').trim_matches('"');
            crate::transport::plain::excerpt(inner.as_bytes(), 60)
        })
        .collect();
    match presented.len() {
        0 => "no name".to_owned(),
        n if n > SHOWN => format!("{} and {} more", clean.join(", "), n - SHOWN),
        _ => clean.join(", "),
    }
}

fn denied(message: String, hint: String) -> Error {
    Error::new(ErrorKind::Denied, message).with_hint(hint)
}

/// The first cause of this type in an error's chain, looking into `io::Error`s, too.
pub(super) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(e) = next {
        if let Some(found) = e.downcast_ref::<T>() {
            return Some(found);
        }
        // io::Error's source() skips the error it wraps and gives that one's source.
        next = match e.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => e.source(),
        };
    }
    None
}
