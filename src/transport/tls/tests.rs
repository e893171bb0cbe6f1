use std::future::Future;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::domain::error::ErrorKind;
use crate::transport::call::{Call, Timeouts};
use crate::transport::http::HttpClient;
use crate::transport::{Endpoint, dial};

const AMPLE: Duration = Duration::from_secs(30);
const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

type Ca = CertifiedIssuer<'static, KeyPair>;

fn ca(name: &str) -> Ca {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    Ca::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, as PEM.
struct Leaf {
    cert: String,
    key: KeyPair,
}

#[derive(Clone, Copy)]
enum Age {
    Current,
    Expired,
    Future,
}

fn leaf(ca: &Ca, names: &[&str], age: Age) -> Leaf {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    match age {
        Age::Current => {}
        Age::Expired => params.not_after = date_time_ymd(2001, 2, 3),
        Age::Future => params.not_before = date_time_ymd(2901, 2, 3),
    }
    let key = KeyPair::generate().unwrap();
    Leaf {
        cert: params.signed_by(&key, ca).unwrap().pem(),
        key,
    }
}

fn pem(name: &str, text: &str) -> Pem {
    Pem::Bytes(name.to_owned(), text.as_bytes().to_vec())
}

impl Leaf {
    fn identity(&self) -> (Pem, Pem) {
        let key = self.key.serialize_pem();
        (pem("cert.pem", &self.cert), pem("key.pem", &key))
    }
}

fn trusting(ca: &Ca, identity: Option<(Pem, Pem)>) -> TlsMaterial {
    TlsMaterial {
        ca: Some(pem("ca.pem", &ca.pem())),
        identity,
        ..TlsMaterial::default()
    }
}

/// An engine behind TLS on a loopback port; `clients`: who may sign those it accepts.
async fn engine(
    server: &Leaf,
    clients: Option<&Ca>,
    version: &'static SupportedProtocolVersion,
) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(ca.as_ref().der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            config.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let chain = load::chain(&pem("server", &server.cert)).unwrap();
    let key = PrivateKeyDer::try_from(server.key.serialize_der()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(chain, key).unwrap()));
    serve(move |io| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut io) = acceptor.accept(io).await {
                answer_pings(&mut io).await;
                let _ = io.shutdown().await;
            }
        }
    })
    .await
}

async fn serve<F, Fut>(script: F) -> u16
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            tokio::spawn(script(io));
        }
    });
    port
}

async fn answer_pings(io: &mut (impl dial::Stream + ?Sized)) {
    let mut got = Vec::new();
    while let Ok(byte) = io.read_u8().await {
        got.push(byte);
        if got.ends_with(b"\r\n\r\n") {
            got.clear();
            let _ = io
                .write_all(b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK")
                .await;
            let _ = io.flush().await;
        }
    }
}

async fn ping(url: &str, material: Option<&TlsMaterial>) -> Result<()> {
    let endpoint: Endpoint = url.parse()?;
    let client = HttpClient::with_timeouts(
        dial::connector(&endpoint, material, AMPLE)?,
        Timeouts {
            headers: AMPLE,
            body: AMPLE,
            idle: None,
        },
    );
    client.negotiate().await?;
    client.ping().await?;
    assert_eq!(client.connections_opened(), 1);
    Ok(())
}

async fn refused(url: &str, material: &TlsMaterial) -> (ErrorKind, String) {
    let e = ping(url, Some(material)).await.unwrap_err();
    (
        e.kind(),
        format!("{} / {}", e.chain(), e.hint().unwrap_or("no hint")),
    )
}

#[track_caller]
fn check(got: &(ErrorKind, String), kind: ErrorKind, words: &[&str]) {
    assert_eq!(got.0, kind, "{}", got.1);
    for words in words {
        assert!(got.1.contains(words), "{words:?} is not in {}", got.1);
    }
}

#[tokio::test]
async fn a_good_client_is_served_with_either_version() {
    let ca = ca("ca");
    let server = leaf(&ca, &["localhost", "127.0.0.1"], Age::Current);
    let client = leaf(&ca, &["client"], Age::Current);
    for version in VERSIONS {
        let port = engine(&server, Some(&ca), version).await;
        let material = trusting(&ca, Some(client.identity()));
        for url in [
            format!("tcp://127.0.0.1:{port}"),
            format!("https://localhost:{port}"),
        ] {
            ping(&url, Some(&material)).await.unwrap();
        }
        let port = engine(&server, None, version).await;
        ping(
            &format!("https://127.0.0.1:{port}"),
            Some(&trusting(&ca, None)),
        )
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_client_that_the_engine_refuses_is_denied_and_names_its_certificate() {
    let (ca, foreign) = (ca("ca"), self::ca("foreign"));
    let server = leaf(&ca, &["127.0.0.1"], Age::Current);
    for version in VERSIONS {
        let port = engine(&server, Some(&ca), version).await;
        let url = format!("tcp://127.0.0.1:{port}");

        let expired = leaf(&ca, &["client"], Age::Expired);
        let got = refused(&url, &trusting(&ca, Some(expired.identity()))).await;
        check(
            &got,
            ErrorKind::Denied,
            &[
                "refused the client certificate cert.pem: it has expired",
                "openssl x509",
                &url,
            ],
        );

        let stranger = leaf(&foreign, &["client"], Age::Current);
        let got = refused(&url, &trusting(&ca, Some(stranger.identity()))).await;
        check(
            &got,
            ErrorKind::Denied,
            &["cert.pem", "CA is not the one that engine trusts"],
        );

        let got = refused(&url, &trusting(&ca, None)).await;
        check(
            &got,
            ErrorKind::Denied,
            &["demands a client certificate", "DOCKER_CERT_PATH"],
        );
    }
}

#[tokio::test]
async fn a_refusal_is_heard_even_if_writing_fails_first() {
    let (ca, foreign) = (ca("ca"), self::ca("foreign"));
    let server = leaf(&ca, &["127.0.0.1"], Age::Current);
    let port = engine(&server, Some(&ca), &rustls::version::TLS13).await;
    let stranger = leaf(&foreign, &["client"], Age::Current);
    let endpoint: Endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
    let material = trusting(&ca, Some(stranger.identity()));
    let dialer = dial::connector(&endpoint, Some(&material), AMPLE).unwrap();
    let mut io = dialer.dial().await.unwrap();
    let chunk = vec![0; 1 << 16];
    // Only writing, as in a long upload, until the engine has hung up.
    let e = loop {
        if let Err(e) = io.write_all(&chunk).await {
            break e;
        }
    };
    let e = dialer
        .explain(&e)
        .unwrap_or_else(|| panic!("no reason in {e:?}"));
    check(
        &(e.kind(), e.chain()),
        ErrorKind::Denied,
        &["refused the client certificate cert.pem"],
    );
}

#[tokio::test]
async fn an_engine_that_cannot_be_trusted_is_denied_and_says_why() {
    let (ca, foreign) = (ca("ca"), self::ca("foreign"));
    for version in VERSIONS {
        let material = trusting(&ca, None);
        let named = |names: &'static [&'static str], age| leaf(&ca, names, age);

        let port = engine(&leaf(&foreign, &["127.0.0.1"], Age::Current), None, version).await;
        let url = format!("tcp://127.0.0.1:{port}");
        let got = refused(&url, &material).await;
        check(
            &got,
            ErrorKind::Denied,
            &["is not signed by a CA in ca.pem", &url, "ca.pem;"],
        );

        let port = engine(&named(&["127.0.0.1"], Age::Expired), None, version).await;
        let got = refused(&format!("tcp://127.0.0.1:{port}"), &material).await;
        check(
            &got,
            ErrorKind::Denied,
            &["has expired (2001-02-03 00:00 UTC)", "clock wrong?"],
        );

        let port = engine(&named(&["127.0.0.1"], Age::Future), None, version).await;
        let got = refused(&format!("tcp://127.0.0.1:{port}"), &material).await;
        check(
            &got,
            ErrorKind::Denied,
            &["is not valid yet (2901-02-03 00:00 UTC)"],
        );

        let port = engine(&named(&["prod-1", "10.0.0.5"], Age::Current), None, version).await;
        let got = refused(&format!("tcp://127.0.0.1:{port}"), &material).await;
        check(
            &got,
            ErrorKind::Denied,
            &[
                "is for prod-1, 10.0.0.5, not for 127.0.0.1",
                "subjectAltName=IP:127.0.0.1",
            ],
        );
        // Through a tunnel, the name to expect can be given.
        let tunnelled = TlsMaterial {
            server_name: Some("prod-1".into()),
            ..material.clone()
        };
        ping(&format!("tcp://127.0.0.1:{port}"), Some(&tunnelled))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn without_verification_any_certificate_is_accepted() {
    let (ca, foreign) = (ca("ca"), self::ca("foreign"));
    let server = leaf(&foreign, &["elsewhere"], Age::Expired);
    let client = leaf(&ca, &["client"], Age::Current);
    for version in VERSIONS {
        let port = engine(&server, Some(&ca), version).await;
        let url = format!("tcp://127.0.0.1:{port}");
        let mut material = trusting(&ca, Some(client.identity()));
        assert_eq!(refused(&url, &material).await.0, ErrorKind::Denied);
        material.verify = false;
        // Not even read then, as in docker.
        material.ca = Some(Pem::File("/nonexistent/ca.pem".into()));
        ping(&url, Some(&material)).await.unwrap();
    }
}

#[tokio::test]
async fn a_given_ca_replaces_the_systems_trust() {
    let dir = tempfile::tempdir().unwrap();
    let (system, own) = (ca("system"), ca("own"));
    let bundle = dir.path().join("bundle.crt");
    std::fs::write(
        &bundle,
        format!("{}\n{}", ca("another").pem(), system.pem()),
    )
    .unwrap();
    let server = leaf(&system, &["127.0.0.1"], Age::Current);
    let port = engine(&server, None, &rustls::version::TLS13).await;
    let url = format!("https://127.0.0.1:{port}");
    let mut material = TlsMaterial {
        system_bundle: Some(bundle.clone()),
        ..TlsMaterial::default()
    };
    ping(&url, Some(&material)).await.unwrap();
    material.ca = Some(pem("own.pem", &own.pem()));
    check(
        &refused(&url, &material).await,
        ErrorKind::Denied,
        &["a CA in own.pem"],
    );
    material.ca = None;
    material.system_bundle = Some(dir.path().join("none"));
    check(
        &refused(&url, &material).await,
        ErrorKind::Invalid,
        &["there is no CA bundle at"],
    );
}

#[tokio::test]
async fn plain_and_tls_that_meet_are_told_apart() {
    let ca = ca("ca");
    let material = trusting(&ca, None);

    // TLS against a plain engine: its server answers the hello with a 400 in clear text.
    let port = serve(|mut io| async move {
        let mut hello = [0; 64];
        let _ = io.read(&mut hello).await;
        let _ = io
            .write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            .await;
        let mut rest = Vec::new();
        let _ = io.shutdown().await;
        let _ = io.read_to_end(&mut rest).await;
    })
    .await;
    let got = refused(&format!("tcp://127.0.0.1:{port}"), &material).await;
    check(
        &got,
        ErrorKind::Denied,
        &["does not speak TLS", "use http://"],
    );

    // Plain against TLS that answers with an alert.
    let server = leaf(&ca, &["127.0.0.1"], Age::Current);
    let port = engine(&server, None, &rustls::version::TLS13).await;
    let e = ping(&format!("tcp://127.0.0.1:{port}"), None)
        .await
        .unwrap_err();
    // This server hangs up, or says an alert first.
    assert!(
        e.hint().unwrap().contains("TLS"),
        "{} / {:?}",
        e.chain(),
        e.hint()
    );

    // Plain against Go's TLS server.
    let port = serve(|mut io| async move {
        let mut some = [0; 256];
        let _ = io.read(&mut some).await;
        let said =
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        let _ = io.write_all(said.as_bytes()).await;
    })
    .await;
    let e = ping(&format!("tcp://127.0.0.1:{port}"), None)
        .await
        .unwrap_err();
    let got = (e.kind(), format!("{} / {}", e.chain(), e.hint().unwrap()));
    check(
        &got,
        ErrorKind::Denied,
        &["the port speaks TLS", "DOCKER_CERT_PATH"],
    );
    assert!(
        ping(&format!("http://127.0.0.1:{port}"), Some(&material))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_port_that_hangs_up_or_stays_silent_in_the_handshake_is_unreachable() {
    let material = trusting(&ca("ca"), None);
    let port = serve(|io| async move { drop(io) }).await;
    let got = refused(&format!("tcp://127.0.0.1:{port}"), &material).await;
    check(
        &got,
        ErrorKind::Unreachable,
        &["during the TLS handshake", "2376"],
    );

    let port = serve(|io| async move {
        std::future::pending::<()>().await;
        drop(io);
    })
    .await;
    let endpoint: Endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
    let dialer = dial::connector(&endpoint, Some(&material), Duration::from_millis(80)).unwrap();
    let e = dialer.dial().await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unreachable);
    assert!(e.chain().contains("no TLS handshake with"), "{}", e.chain());
}

#[tokio::test]
async fn an_upgrade_over_tls_is_closed_one_way_at_a_time() {
    let ca = ca("ca");
    let server = leaf(&ca, &["127.0.0.1"], Age::Current);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            load::chain(&pem("server", &server.cert)).unwrap(),
            PrivateKeyDer::try_from(server.key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let port = serve(move |io| {
        let acceptor = acceptor.clone();
        async move {
            let mut io = acceptor.accept(io).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(io.read_u8().await.unwrap());
            }
            let upgraded = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
            io.write_all(upgraded.as_bytes()).await.unwrap();
            let mut all = String::new();
            io.read_to_string(&mut all).await.unwrap();
            io.write_all(format!("got {all}").as_bytes()).await.unwrap();
            io.shutdown().await.unwrap();
        }
    })
    .await;
    let endpoint: Endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
    let dialer = dial::connector(&endpoint, Some(&trusting(&ca, None)), AMPLE).unwrap();
    let client = HttpClient::new(dialer);
    let call = Call::post("/exec/x/start").unversioned();
    let mut raw = client.upgrade(call).await.unwrap();
    raw.write_all(b"input").await.unwrap();
    raw.close_write().await.unwrap();
    let mut all = String::new();
    raw.read_to_string(&mut all).await.unwrap();
    assert_eq!(all, "got input");
}

fn wrong(material: &TlsMaterial) -> String {
    let e = material.load().unwrap_err();
    format!("{} / {}", e.chain(), e.hint().unwrap_or("no hint"))
}

#[test]
fn what_is_wrong_with_a_file_is_named_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let ca = ca("ca");
    let (good, other) = (
        leaf(&ca, &["a"], Age::Current),
        leaf(&ca, &["b"], Age::Current),
    );
    let key = good.key.serialize_pem();
    let with_ca = |text: &str| TlsMaterial {
        ca: Some(pem("ca.pem", text)),
        ..TlsMaterial::default()
    };
    let with =
        |cert: &str, key: &str| trusting(&ca, Some((pem("cert.pem", cert), pem("key.pem", key))));
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----";
    let damaged = good.cert.replace("\nM", "\n!");
    for (material, words) in [
        (
            with_ca(""),
            "the CA certificate ca.pem contains no certificate: it is empty",
        ),
        (
            with_ca("hello"),
            "ca.pem contains no certificate: it is not a PEM file",
        ),
        (
            with_ca(&key),
            "ca.pem contains no certificate, but a private key",
        ),
        (with_ca(&damaged), "the CA certificate ca.pem is damaged"),
        (
            with(&key, &key),
            "the client certificate cert.pem contains no certificate, but a private",
        ),
        (
            with(&good.cert, &good.cert),
            "the client key key.pem contains no private key, but a cert",
        ),
        (
            with(&good.cert, encrypted),
            "key.pem is protected by a passphrase / store it without",
        ),
        (
            with(&good.cert, &other.key.serialize_pem()),
            "the client key key.pem does not belong to the certificate cert.pem",
        ),
        (
            TlsMaterial::in_dir(dir.path(), true),
            "there is no CA certificate at",
        ),
    ] {
        let said = wrong(&material);
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(!format!("{:?}", with(&good.cert, &key)).contains("PRIVATE"));
}

#[test]
fn keys_are_read_in_all_three_forms() {
    let ca = ca("ca");
    let good = leaf(&ca, &["a"], Age::Current);
    let pkcs8 = good.key.serialize_der();
    // The SEC1 key is the last field of the PKCS#8 one: an octet string of 109 bytes.
    let sec1 = &pkcs8[pkcs8.len() - 109..];
    let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sec1);
    let sec1 = format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n");
    for key in [sec1, good.key.serialize_pem()] {
        let material = trusting(&ca, Some((pem("c", &good.cert), pem("k", &key))));
        material.load().unwrap();
    }
    let rsa = load::key(&pem("k", include_str!("testdata/rsa-pkcs1.pem"))).unwrap();
    assert!(matches!(rsa, PrivateKeyDer::Pkcs1(_)));
    let provider = rustls::crypto::ring::default_provider();
    provider.key_provider.load_private_key(rsa).unwrap();
}
