//! Reading PEM files, and saying which one is wrong and how.

use std::borrow::Cow;
use std::io;

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Pem;
use crate::domain::error::{Error, ErrorKind, Result};

/// The CA certificates of `ca`; each must be usable.
pub(super) fn authority(ca: &Pem) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for cert in certificates(ca, "CA certificate")? {
        roots.add(cert).map_err(|e| {
            Error::invalid(format!("the CA certificate {} is not usable", ca.name())).with_source(e)
        })?;
    }
    Ok(roots)
}

/// The certificates of a system's bundle; those this program cannot use are left out.
pub(super) fn bundle(pem: &Pem) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem, "CA bundle")?);
    if roots.is_empty() {
        return Err(Error::invalid(format!(
            "no certificate of the CA bundle {} is usable",
            pem.name()
        )));
    }
    Ok(roots)
}

/// The client's certificate, and what is between it and its CA.
pub(super) fn chain(pem: &Pem) -> Result<Vec<CertificateDer<'static>>> {
    certificates(pem, "client certificate")
}

/// A private key in PKCS#8, PKCS#1 or SEC1 form.
pub(super) fn key(pem: &Pem) -> Result<PrivateKeyDer<'static>> {
    let text = read(pem, "client key")?;
    let name = pem.name();
    let said = String::from_utf8_lossy(&text);
    if said.contains("ENCRYPTED") {
        return Err(Error::invalid(format!(
            "the client key {name} is protected by a passphrase"
        ))
        .with_hint(format!(
            "store it without one: openssl pkey -in {name} -out plain.pem"
        )));
    }
    if said.contains("BEGIN OPENSSH PRIVATE KEY") {
        return Err(Error::invalid(format!(
            "the client key {name} is an SSH key, not one for TLS"
        ))
        .with_hint("an engine reached by SSH needs no TLS: use ssh://user@host"));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|e| match e {
        pem::Error::NoItemsFound => Error::invalid(format!(
            "the client key {name} contains no private key{}",
            instead(&said)
        ))
        .with_hint("a key file begins with -----BEGIN PRIVATE KEY-----"),
        e => Error::invalid(format!("the client key {name} is damaged")).with_source(e),
    })
}

/// The certificate and the key are well-formed, but do not work together.
pub(super) fn unusable(cert: &Pem, key: &Pem, e: rustls::Error) -> Error {
    let (cert, key) = (cert.name(), key.name());
    match e {
        rustls::Error::InconsistentKeys(_) => Error::invalid(format!(
            "the client key {key} does not belong to the certificate {cert}"
        ))
        .with_hint("both come from the same certificate request"),
        e => Error::invalid(format!("the client key {key} with {cert} is not usable"))
            .with_source(e)
            .with_hint("RSA from 2048 bits, ECDSA on P-256 or P-384 and Ed25519 are"),
    }
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let text = read(pem, what)?;
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let name = pem.name();
    let found = parsed
        .map_err(|e| Error::invalid(format!("the {what} {name} is damaged")).with_source(e))?;
    if found.is_empty() {
        let instead = instead(&String::from_utf8_lossy(&text));
        return Err(Error::invalid(format!(
            "the {what} {name} contains no certificate{instead}"
        ))
        .with_hint("a certificate file begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(found)
}

/// What a file contains in place of what was expected.
fn instead(text: &str) -> &'static str {
    if text.trim().is_empty() {
        ": it is empty"
    } else if text.contains("PRIVATE KEY-----") {
        ", but a private key"
    } else if text.contains("BEGIN CERTIFICATE REQUEST") {
        ", but a certificate request"
    } else if text.contains("BEGIN CERTIFICATE-----") {
        ", but a certificate"
    } else if !text.contains("-----BEGIN ") {
        ": it is not a PEM file"
    } else {
        ""
    }
}

fn read<'a>(pem: &'a Pem, what: &str) -> Result<Cow<'a, [u8]>> {
    let path = match pem {
        Pem::Bytes(_, bytes) => return Ok(Cow::Borrowed(bytes)),
        Pem::File(path) => path,
    };
    std::fs::read(path).map(Cow::Owned).map_err(|e| {
        let name = path.display();
        let (kind, message, hint) = match e.kind() {
            io::ErrorKind::NotFound => (
                ErrorKind::Invalid,
                format!("there is no {what} at {name}"),
                "DOCKER_CERT_PATH, or the host's tls settings, say where it is",
            ),
            io::ErrorKind::PermissionDenied => (
                ErrorKind::Denied,
                format!("no permission to read the {what} {name}"),
                "it must be readable for the user who runs this program",
            ),
            _ => (
                ErrorKind::Invalid,
                format!("read the {what} {name}"),
                "it must be a readable PEM file",
            ),
        };
        Error::new(kind, message).with_source(e).with_hint(hint)
    })
}
