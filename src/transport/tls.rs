//! TLS to an engine: which certificates, who is trusted, and the dialer that uses them.
//!
//! The ring provider is always named: a process-wide default could be missing or another one.

mod dialer;
mod explain;
mod load;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::domain::error::{Error, Result};

pub use dialer::TlsDialer;

/// Where systems keep the certificates they trust; the first that exists is read.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A PEM file, or what would be in one.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// Read when the dialer is made.
    File(PathBuf),
    /// What to call it in messages, and its content.
    Bytes(String, Vec<u8>),
}

impl Pem {
    /// The path, or what it is called.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes(name, _) => name.clone(),
        }
    }
}

// The content may be a private key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({})", self.name())
    }
}

/// The certificates for one engine, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsMaterial {
    /// Who may sign the engine's certificate; then nobody else is trusted. None: whom the system
    /// trusts.
    pub ca: Option<Pem>,
    /// Our certificate chain and its key.
    pub identity: Option<(Pem, Pem)>,
    /// Check the engine's certificate (`--tlsverify`); not to is docker's `--tls`.
    pub verify: bool,
    /// The name the engine's certificate must have, if not the endpoint's host.
    pub server_name: Option<String>,
    /// The bundle of whom the system trusts (`SSL_CERT_FILE`), if not in the usual place.
    pub system_bundle: Option<PathBuf>,
}

impl Default for TlsMaterial {
    /// No client certificate, and the system's trust.
    fn default() -> Self {
        Self {
            ca: None,
            identity: None,
            verify: true,
            server_name: None,
            system_bundle: None,
        }
    }
}

impl TlsMaterial {
    /// `ca.pem`, `cert.pem` and `key.pem` in `dir`, as `DOCKER_CERT_PATH` has them.
    pub fn in_dir(dir: &Path, verify: bool) -> Self {
        let file = |name: &str| Pem::File(dir.join(name));
        Self {
            ca: Some(file("ca.pem")),
            identity: Some((file("cert.pem"), file("key.pem"))),
            verify,
            ..Self::default()
        }
    }

    /// Read and check it all, once; dialing reads nothing more.
    fn load(&self) -> Result<Loaded> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::internal("prepare TLS").with_source(e))?;
        let mut trust = String::from("nobody in particular");
        let trusting = if self.verify {
            let roots = match &self.ca {
                Some(ca) => {
                    trust = ca.name();
                    load::authority(ca)?
                }
                None => self.system_roots(&mut trust)?,
            };
            versions.with_root_certificates(roots)
        } else {
            versions
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        };
        let config = match &self.identity {
            None => trusting.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = load::chain(cert)?;
                let parsed = load::key(key)?;
                trusting
                    .with_client_auth_cert(chain, parsed)
                    .map_err(|e| load::unusable(cert, key, e))?
            }
        };
        Ok(Loaded {
            config: Arc::new(config),
            trust,
            identity: self.identity.as_ref().map(|(cert, _)| cert.name()),
        })
    }

    fn system_roots(&self, trust: &mut String) -> Result<RootCertStore> {
        let usual = || {
            SYSTEM_BUNDLES
                .iter()
                .map(PathBuf::from)
                .find(|p| p.exists())
        };
        let Some(path) = self.system_bundle.clone().or_else(usual) else {
            return Err(Error::invalid(
                "no CA is configured for TLS, and this system has no bundle of its own",
            )
            .with_hint("give the engine's CA (ca.pem), or install ca-certificates"));
        };
        *trust = path.display().to_string();
        load::bundle(&Pem::File(path))
    }
}

/// TLS material that has been read, and what to call its parts.
#[derive(Debug)]
struct Loaded {
    config: Arc<ClientConfig>,
    /// Where the trusted CAs come from.
    trust: String,
    /// Our certificate's file.
    identity: Option<String>,
}

/// Accepts any certificate, as docker's `--tls` does; signatures are still checked, so that the
/// other side must own the key of what it shows.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
