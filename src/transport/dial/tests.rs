use tokio::net::{TcpListener, UnixListener};

use super::*;

const AMPLE: Duration = Duration::from_secs(30);

async fn dial(endpoint: &str) -> Result<BoxStream> {
    let endpoint: Endpoint = endpoint.parse()?;
    connector(&endpoint, None, AMPLE)?.dial().await
}

async fn refusal(endpoint: &str) -> (ErrorKind, String) {
    let e = dial(endpoint).await.unwrap_err();
    (e.kind(), format!("{} / {}", e.chain(), e.hint().unwrap()))
}

#[tokio::test]
async fn a_socket_and_a_port_are_dialled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let _unix = UnixListener::bind(&path).unwrap();
    dial(&format!("unix://{}", path.display())).await.unwrap();

    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    dial(&format!("tcp://127.0.0.1:{port}")).await.unwrap();
    // ::1 comes first in many resolvers, and nobody listens there.
    dial(&format!("tcp://localhost:{port}")).await.unwrap();
}

#[tokio::test]
async fn tcp_options_are_set() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stream = tcp("127.0.0.1", port, "t", AMPLE).await.unwrap();
    assert!(stream.nodelay().unwrap());
    assert!(sockopt::socket_keepalive(&stream).unwrap());
}

#[tokio::test]
async fn what_is_wrong_with_a_socket_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| format!("unix://{}", dir.path().join(name).display());

    let (kind, said) = refusal(&at("none")).await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(said.contains("there is no socket at"), "{said}");
    assert!(said.contains("systemctl status docker"), "{said}");

    std::fs::write(dir.path().join("file"), "").unwrap();
    let (kind, said) = refusal(&at("file")).await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(said.contains("is a file, not a socket"), "{said}");

    std::fs::create_dir(dir.path().join("dir")).unwrap();
    assert!(
        refusal(&at("dir"))
            .await
            .1
            .contains("is a directory, not a socket")
    );

    drop(UnixListener::bind(dir.path().join("stale")).unwrap());
    let (kind, said) = refusal(&at("stale")).await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(said.contains("nobody listens on the socket"), "{said}");

    let (kind, said) = refusal(&at(&"x".repeat(200))).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(said.contains("too long for a socket"), "{said}");
}

#[test]
fn a_socket_without_permission_is_denied_and_hints_at_the_group() {
    let e = failure::unix(
        std::path::Path::new("/nonexistent/docker.sock"),
        io::ErrorKind::PermissionDenied.into(),
    );
    assert_eq!(e.kind(), ErrorKind::Denied);
    assert!(e.hint().unwrap().contains("usermod -aG docker"));
}

#[tokio::test]
async fn what_is_wrong_with_a_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (kind, said) = refusal(&format!("tcp://127.0.0.1:{port}")).await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(said.contains("refused the connection"), "{said}");
    assert!(said.contains("2376 with TLS"), "{said}");

    let (kind, said) = refusal("tcp://no-such-host.invalid:1").await;
    assert_eq!(kind, ErrorKind::Unreachable);
    assert!(said.contains("\"no-such-host.invalid\""), "{said}");
}

#[tokio::test]
async fn a_listener_that_does_not_accept_is_given_up() {
    // A full queue: the kernel lets nobody in until somebody accepts.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    rustix::net::bind(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let dialer = UnixDialer::new(path, Duration::from_millis(80));
    let mut held = Vec::new();
    let e = loop {
        match dialer.dial().await {
            Ok(stream) => held.push(stream),
            Err(e) => break e,
        }
        assert!(held.len() < 100, "the queue never fills");
    };
    assert_eq!(e.kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn ssh_is_unsupported_with_a_way_around() {
    let (kind, said) = refusal("ssh://deploy@prod-1").await;
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.contains("ssh -N -L"), "{said}");
    let (kind, _) = match "context:prod"
        .parse()
        .and_then(|e| connector(&e, None, AMPLE))
    {
        Err(e) => (e.kind(), e),
        Ok(_) => panic!("a context is not dialled"),
    };
    assert_eq!(kind, ErrorKind::Invalid);
}
