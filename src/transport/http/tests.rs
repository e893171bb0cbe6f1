use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::*;
use crate::domain::error::ErrorKind;
use crate::transport::dial::UnixDialer;

/// Longer than any test on a slow machine; the tests end by conditions, not by this.
const AMPLE: Duration = Duration::from_secs(30);
/// For deadlines that are expected to pass.
const SHORT: Duration = Duration::from_millis(80);

const PATIENT: Timeouts = Timeouts {
    headers: AMPLE,
    body: AMPLE,
    idle: None,
};

const OK_PING: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\
                       Swarm: inactive\r\nContent-Length: 2\r\n\r\nOK";

/// A server on a unix socket that runs `script(number, connection)` for each connection.
struct Served {
    client: HttpClient,
    path: PathBuf,
    _dir: tempfile::TempDir,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn serve<F, Fut>(script: F) -> Served
where
    F: Fn(usize, UnixStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let task = tokio::spawn(async move {
        for n in 0.. {
            let Ok((io, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(script(n, io));
        }
    });
    let client = HttpClient::with_timeouts(Arc::new(UnixDialer::new(path.clone(), AMPLE)), PATIENT);
    client.pin_api(ApiVersion::new(1, 41));
    Served {
        client,
        path,
        _dir: dir,
        task,
    }
}

/// The head (and body by its Content-Length) of the next request; none at the end of input.
async fn request(io: &mut UnixStream) -> Option<String> {
    let mut got = Vec::new();
    let mut byte = [0];
    while !got.ends_with(b"\r\n\r\n") {
        if io.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        got.push(byte[0]);
    }
    let head = String::from_utf8(got).unwrap();
    let length = head
        .lines()
        .find_map(|l| {
            l.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    io.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

async fn say(io: &mut UnixStream, text: &str) {
    io.write_all(text.as_bytes()).await.unwrap();
}

fn answer(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn json(body: &str) -> String {
    answer("200 OK", "application/json", body)
}

/// Every request on every connection gets this.
fn always(text: impl Into<String>) -> Served {
    let text = text.into();
    serve(move |_, mut io| {
        let text = text.clone();
        async move {
            while request(&mut io).await.is_some() {
                say(&mut io, &text).await;
            }
        }
    })
}

/// What one connection gets for whatever it sends first, before it is closed.
fn once(text: &'static [u8]) -> Served {
    serve(move |_, mut io| async move {
        let mut some = [0; 1];
        let _ = io.read(&mut some).await;
        let _ = io.write_all(text).await;
        let _ = io.shutdown().await;
        let mut rest = Vec::new();
        let _ = io.read_to_end(&mut rest).await;
    })
}

async fn fails(served: &Served, call: Call) -> Error {
    let result = tokio::time::timeout(AMPLE, served.client.send(call)).await;
    result
        .expect("an error before the test's deadline")
        .unwrap_err()
}

async fn hang() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn requests_carry_the_version_the_host_and_the_agent() {
    let (heard, mut hear) = mpsc::channel(4);
    let served = serve(move |_, mut io| {
        let heard = heard.clone();
        async move {
            while let Some(text) = request(&mut io).await {
                heard.send(text).await.unwrap();
                say(&mut io, &json("[1,2]")).await;
            }
        }
    });
    let call = Call::get("/containers/json").query("all", 1);
    let got: Vec<u8> = served.client.get_json(call).await.unwrap();
    assert_eq!(got, [1, 2]);
    let head = hear.recv().await.unwrap();
    assert!(
        head.starts_with("GET /v1.41/containers/json?all=1 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("host: docker\r\n"), "{head}");
    assert!(head.contains(concat!(
        "user-agent: pilothouse/",
        env!("CARGO_PKG_VERSION")
    )));

    let call = Call::post("/containers/create");
    let _: Vec<u8> = served.client.post_json(call, &[7]).await.unwrap();
    let head = hear.recv().await.unwrap();
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );
    assert!(head.ends_with("\r\n\r\n[7]"), "{head}");
    assert_eq!(served.client.connections_opened(), 1);
}

#[tokio::test]
async fn negotiation_takes_the_older_dialect() {
    let served = always(OK_PING);
    served.client.inner.api.store(0, Ordering::Relaxed);
    let engine = served.client.negotiate().await.unwrap();
    assert_eq!(engine.api, ApiVersion::new(1, 41));
    assert_eq!(engine.kind, EngineKind::Docker);
    assert_eq!(engine.server, "Docker/20.10.24 (linux)");
    assert_eq!(engine.swarm.as_deref(), Some("inactive"));
    assert_eq!(served.client.api(), Some(ApiVersion::new(1, 41)));
}

#[tokio::test]
async fn podman_is_recognised_and_newer_engines_are_met_at_our_newest() {
    let served = always(
        "HTTP/1.1 200 OK\r\nApi-Version: 1.60\r\nLibpod-Api-Version: 5.4.2\r\n\
         Server: Libpod/5.4.2 (linux)\r\nContent-Length: 2\r\n\r\nOK",
    );
    let engine = served.client.negotiate().await.unwrap();
    assert_eq!(engine.kind, EngineKind::Podman);
    assert_eq!(engine.api, ApiVersion::NEWEST);
    assert_eq!(engine.offered, ApiVersion::new(1, 60));
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_refused_by_name() {
    let served = always("HTTP/1.1 200 OK\r\nApi-Version: 1.18\r\nContent-Length: 2\r\n\r\nOK");
    let e = served.client.negotiate().await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(
        e.chain().contains("the engine speaks API 1.18"),
        "{}",
        e.chain()
    );
    assert!(e.chain().contains(served.path.to_str().unwrap()));
}

#[tokio::test]
async fn the_first_versioned_call_negotiates() {
    let served = serve(|_, mut io| async move {
        while let Some(head) = request(&mut io).await {
            if head.starts_with("GET /_ping ") {
                say(&mut io, OK_PING).await;
            } else {
                assert!(head.starts_with("GET /v1.41/info "), "{head}");
                say(&mut io, &json("{}")).await;
            }
        }
    });
    served.client.inner.api.store(0, Ordering::Relaxed);
    let _: serde_json::Value = served.client.get_json(Call::get("/info")).await.unwrap();
    assert_eq!(served.client.connections_opened(), 1);
}

#[tokio::test]
async fn connections_are_kept_but_not_too_many() {
    let served = always(json("{}"));
    for _ in 0..20 {
        served.client.send(Call::get("/info")).await.unwrap();
    }
    assert_eq!(served.client.connections_opened(), 1);

    let (release, _) = tokio::sync::broadcast::channel::<()>(1);
    let gate = release.clone();
    let (arrived, mut arrivals) = mpsc::channel(32);
    let served = serve(move |_, mut io| {
        let mut gate = gate.subscribe();
        let arrived = arrived.clone();
        async move {
            let _ = request(&mut io).await;
            arrived.send(()).await.unwrap();
            let _ = gate.recv().await;
            say(&mut io, &json("{}")).await;
            hang().await;
        }
    });
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let client = served.client.clone();
            tokio::spawn(async move { client.send(Call::get("/info")).await })
        })
        .collect();
    for _ in 0..12 {
        arrivals.recv().await.unwrap();
    }
    release.send(()).unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(served.client.connections_opened(), 12);
    assert_eq!(served.client.inner.pool.len(), super::super::pool::KEPT);
}

/// Answers one request per connection, then reads the next and closes without a word.
fn forgetful() -> (Served, mpsc::Receiver<String>) {
    let (heard, hear) = mpsc::channel(16);
    let served = serve(move |_, mut io| {
        let heard = heard.clone();
        async move {
            let Some(head) = request(&mut io).await else {
                return;
            };
            heard.send(head).await.unwrap();
            say(&mut io, &json("{}")).await;
            if let Some(head) = request(&mut io).await {
                heard.send(head).await.unwrap();
            }
        }
    });
    (served, hear)
}

#[tokio::test]
async fn a_get_on_a_dead_pooled_connection_moves_to_a_fresh_one() {
    let (served, mut hear) = forgetful();
    served.client.send(Call::get("/a")).await.unwrap();
    served.client.send(Call::get("/b")).await.unwrap();
    assert_eq!(served.client.connections_opened(), 2);
    for path in ["/a", "/b", "/b"] {
        let head = hear.recv().await.unwrap();
        assert!(head.starts_with(&format!("GET /v1.41{path} ")), "{head}");
    }
}

#[tokio::test]
async fn a_post_that_may_have_been_read_is_not_sent_again() {
    let (served, mut hear) = forgetful();
    served.client.send(Call::get("/a")).await.unwrap();
    let e = fails(&served, Call::post("/containers/x/restart")).await;
    assert_eq!(e.kind(), ErrorKind::Unreachable);
    assert!(e.hint().unwrap().contains("may have done what was asked"));
    assert_eq!(served.client.connections_opened(), 1);
    hear.recv().await.unwrap();
    assert!(hear.recv().await.unwrap().starts_with("POST"));

    // The caller can say that it is harmless.
    served.client.send(Call::get("/a")).await.unwrap();
    let call = Call::post("/containers/x/start").repeatable();
    served.client.send(call).await.unwrap();
    assert_eq!(served.client.connections_opened(), 3);
}

#[tokio::test]
async fn a_post_on_a_connection_closed_while_idle_goes_to_a_fresh_one() {
    let served = serve(|_, mut io| async move {
        let _ = request(&mut io).await;
        say(&mut io, &json("{}")).await;
    });
    for _ in 0..20 {
        // Whether the close was seen before the next request or only while sending it.
        served
            .client
            .send(Call::post("/containers/x/start"))
            .await
            .unwrap();
    }
    assert_eq!(served.client.connections_opened(), 20);
}

#[tokio::test]
async fn a_connection_that_is_to_be_closed_is_not_kept() {
    let served = always("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
    served.client.send(Call::get("/a")).await.unwrap();
    assert_eq!(served.client.inner.pool.len(), 0);
}

#[tokio::test]
async fn headers_have_a_deadline() {
    let served = serve(|_, mut io| async move {
        let _ = request(&mut io).await;
        say(&mut io, "HTTP/1.1 200 OK\r\nX-Slow").await;
        hang().await;
    });
    let e = fails(
        &served,
        Call::get("/info").timeouts(Timeouts {
            headers: SHORT,
            ..PATIENT
        }),
    )
    .await;
    assert_eq!(e.kind(), ErrorKind::TimedOut);
    assert!(
        e.chain().contains("did not answer GET /info within 80ms"),
        "{}",
        e.chain()
    );
    assert_eq!(served.client.inner.pool.len(), 0);
}

#[tokio::test]
async fn a_body_has_a_deadline() {
    let served = serve(|_, mut io| async move {
        let _ = request(&mut io).await;
        say(&mut io, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,").await;
        hang().await;
    });
    let e = fails(
        &served,
        Call::get("/info").timeouts(Timeouts {
            body: SHORT,
            ..PATIENT
        }),
    )
    .await;
    assert_eq!(e.kind(), ErrorKind::TimedOut);
    assert!(
        e.chain().contains("its answer was not whole within 80ms"),
        "{}",
        e.chain()
    );
    assert_eq!(served.client.inner.pool.len(), 0);
}

#[tokio::test]
async fn a_body_that_trickles_does_not_outlive_its_deadline() {
    let served = serve(|_, mut io| async move {
        let _ = request(&mut io).await;
        say(
            &mut io,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        .await;
        while io.write_all(b"1\r\n \r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let e = fails(
        &served,
        Call::get("/info").timeouts(Timeouts {
            body: SHORT,
            ..PATIENT
        }),
    )
    .await;
    assert_eq!(e.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_truncated_body_is_transient() {
    let served = once(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2,3");
    let e = fails(&served, Call::get("/info")).await;
    assert_eq!(e.kind(), ErrorKind::Transient);
    assert!(
        e.chain()
            .contains("cut off its answer to GET /info after 6 bytes"),
        "{}",
        e.chain()
    );
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_an_error_announced_or_not() {
    let announced = always(json("[1,2,3,4,5,6]"));
    let chunked = always(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         8\r\n[1,2,3,4\r\n8\r\n,1,2,3,4\r\n1\r\n]\r\n0\r\n\r\n",
    );
    for served in [announced, chunked] {
        let e = fails(&served, Call::get("/info").max_body(12)).await;
        assert_eq!(e.kind(), ErrorKind::Protocol);
        assert!(e.chain().contains("more than 12 bytes"), "{}", e.chain());
        assert!(
            served
                .client
                .send(Call::get("/info").max_body(17))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn what_is_no_engine_is_told_with_an_excerpt() {
    for (says, kind, words, hint) in [
        (
            &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
            ErrorKind::Protocol,
            "SSH-2.0-OpenSSH_9.2p1",
            "ssh://",
        ),
        (
            b"220 mail ESMTP\r\n",
            ErrorKind::Protocol,
            "220 mail ESMTP",
            "mail",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            ErrorKind::Protocol,
            "not HTTP",
            "speaks TLS",
        ),
        (
            b"\x1b[2J\x07garbage\r\n\r\n",
            ErrorKind::Protocol,
            "garbage",
            "may not belong",
        ),
        (
            b"",
            ErrorKind::Unreachable,
            "without an answer",
            "a Docker engine's",
        ),
        (
            b"HTTP/1.1 200 OK\r\nX",
            ErrorKind::Unreachable,
            "within its answer",
            "restarting",
        ),
    ] {
        let served = once(says);
        let e = fails(&served, Call::get("/info")).await;
        assert_eq!(e.kind(), kind, "{}", e.chain());
        assert!(e.chain().contains(words), "{}", e.chain());
        assert!(e.hint().unwrap().contains(hint), "{:?}", e.hint());
        assert!(!e.chain().contains(['\u{1b}', '\u{7}']));
        assert!(
            e.chain().contains(served.path.to_str().unwrap()),
            "{}",
            e.chain()
        );
    }
}

#[tokio::test]
async fn html_is_no_engine_whatever_its_status() {
    let page = "<html>\n<h1>It \u{1b}works</h1></html>";
    for status in ["200 OK", "404 Not Found", "500 Oops", "403 Forbidden"] {
        let served = always(answer(status, "text/html", page));
        let e = served
            .client
            .get_json::<serde_json::Value>(Call::get("/info"))
            .await
            .unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Protocol, "{status}");
        assert!(
            e.chain().contains("<html> <h1>It \u{fffd}works"),
            "{}",
            e.chain()
        );
    }
    let served = always(answer("200 OK", "text/html", page));
    let e = served.client.negotiate().await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Protocol);
    assert!(
        e.chain().contains("its ping has no API version: <html>"),
        "{}",
        e.chain()
    );
}

#[tokio::test]
async fn a_304_is_success_without_change() {
    let served = always("HTTP/1.1 304 Not Modified\r\n\r\n");
    let call = Call::post("/containers/x/start");
    assert_eq!(served.client.post(call).await.unwrap(), Changed::No);
    let served = always("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(
        served.client.delete("/containers/x").await.unwrap(),
        Changed::Yes
    );
    assert_eq!(served.client.inner.pool.len(), 1);
}

#[tokio::test]
async fn a_stream_gives_chunks_and_its_connection_is_used_again() {
    let served = always(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    );
    let mut body = served.client.stream(Call::get("/events")).await.unwrap();
    assert_eq!(body.content_type(), Some("application/json"));
    let mut all = Vec::new();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(all, b"abc");
    assert!(body.next().await.is_none());
    until(|| served.client.inner.pool.len() == 1).await;
    served.client.send(Call::get("/info")).await.unwrap();
    assert_eq!(served.client.connections_opened(), 1);
}

/// Wait for `condition`, which other tasks bring about.
async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(AMPLE, waiting)
        .await
        .expect("the condition came true");
}

#[tokio::test]
async fn dropping_a_stream_hangs_up() {
    let (ended, mut end) = mpsc::channel(1);
    let served = serve(move |_, mut io| {
        let ended = ended.clone();
        async move {
            let _ = request(&mut io).await;
            say(
                &mut io,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            )
            .await;
            let mut rest = Vec::new();
            let _ = io.read_to_end(&mut rest).await;
            ended.send(()).await.unwrap();
        }
    });
    let mut body = served.client.stream(Call::get("/events")).await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "ab");
    drop(body);
    tokio::time::timeout(AMPLE, end.recv())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_stream_that_is_cut_says_so_once() {
    let served = once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
    let mut body = served.client.stream(Call::get("/events")).await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "ab");
    let e = body.next().await.unwrap().unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Transient);
    assert!(body.next().await.is_none());
}

#[tokio::test]
async fn a_silent_stream_ends_by_its_idle_limit_and_only_by_that() {
    let served = serve(|_, mut io| async move {
        let _ = request(&mut io).await;
        say(
            &mut io,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        )
        .await;
        hang().await;
    });
    let call = Call::get("/events")
        .timeouts(Timeouts {
            body: SHORT,
            ..PATIENT
        })
        .idle(SHORT);
    let mut body = served.client.stream(call).await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "ab");
    let e = tokio::time::timeout(AMPLE, body.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TimedOut);
    assert!(
        e.chain()
            .contains("sent nothing more of GET /events for 80ms"),
        "{}",
        e.chain()
    );
    assert!(body.next().await.is_none());

    let call = Call::get("/events")
        .timeouts(Timeouts {
            body: SHORT,
            ..PATIENT
        })
        .endless();
    let mut body = served.client.stream(call).await.unwrap();
    body.next().await.unwrap().unwrap();
    let waited = tokio::time::timeout(SHORT * 3, body.next()).await;
    assert!(waited.is_err(), "a stream without an idle limit waits");
}

#[tokio::test]
async fn an_upgraded_connection_is_closed_one_way_at_a_time() {
    let served = serve(|_, mut io| async move {
        let head = request(&mut io).await.unwrap();
        assert!(head.contains("connection: Upgrade\r\n"), "{head}");
        assert!(head.contains("upgrade: tcp\r\n"), "{head}");
        assert!(head.ends_with("{\"Tty\":true}"), "{head}");
        say(
            &mut io,
            "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\
             Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ",
        )
        .await;
        let mut all = String::new();
        io.read_to_string(&mut all).await.unwrap();
        say(&mut io, &format!("got {all:?} until the end")).await;
    });
    let call = Call::post("/exec/x/start").json(&serde_json::json!({"Tty": true}));
    let mut raw = served.client.upgrade(call).await.unwrap();
    assert_eq!(
        raw.content_type(),
        Some("application/vnd.docker.raw-stream")
    );
    raw.write_all(b"input").await.unwrap();
    raw.close_write().await.unwrap();
    let mut all = String::new();
    raw.read_to_string(&mut all).await.unwrap();
    assert_eq!(all, "early got \"input\" until the end");
}

#[tokio::test]
async fn an_upgrade_that_is_refused_keeps_its_reason() {
    let served = always(answer(
        "409 Conflict",
        "application/json",
        r#"{"message":"container abc is not running"}"#,
    ));
    let e = served
        .client
        .upgrade(Call::post("/exec/x/start"))
        .await
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Conflict);
    assert_eq!(
        e.chain(),
        "container abc is not running (409, POST /exec/x/start)"
    );

    let served = always(json("{}"));
    let e = served
        .client
        .upgrade(Call::post("/exec/x/start"))
        .await
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn an_upload_is_streamed_and_its_progress_extends_the_deadline() {
    let served = serve(|_, mut io| async move {
        let mut got = Vec::new();
        let mut buf = [0; 64];
        while !got.ends_with(b"0\r\n\r\n") {
            let n = io.read(&mut buf).await.unwrap();
            got.extend_from_slice(&buf[..n]);
        }
        let text = String::from_utf8(got).unwrap();
        assert!(
            text.contains("content-type: application/x-tar\r\n"),
            "{text}"
        );
        say(
            &mut io,
            &json(&text.matches("\nchunk\r").count().to_string()),
        )
        .await;
    });
    // Altogether longer than the limit for headers, each part of it shorter.
    let chunks = futures_util::stream::unfold(0, |n| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (n < 10).then(|| (Ok::<_, std::io::Error>(Bytes::from_static(b"chunk")), n + 1))
    });
    let call = Call::put("/containers/x/archive")
        .upload("application/x-tar", chunks)
        .timeouts(Timeouts {
            headers: Duration::from_millis(700),
            ..PATIENT
        });
    assert_eq!(served.client.get_json::<u32>(call).await.unwrap(), 10);

    let stuck = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
    let call = Call::put("/containers/x/archive")
        .upload("application/x-tar", stuck)
        .timeouts(Timeouts {
            headers: SHORT,
            ..PATIENT
        });
    let e = fails(&served, call).await;
    assert_eq!(e.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn an_upload_that_fails_names_its_cause() {
    let served = serve(|_, mut io| async move {
        let mut rest = Vec::new();
        let _ = io.read_to_end(&mut rest).await;
    });
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("disk gone"))]);
    let e = fails(&served, Call::put("/x").upload("application/x-tar", broken)).await;
    assert_eq!(e.kind(), ErrorKind::Internal);
    assert!(e.chain().contains("disk gone"), "{}", e.chain());
}

#[tokio::test]
async fn what_was_wrong_while_building_is_told_when_sending() {
    let served = always(json("{}"));
    let e = fails(&served, Call::get("/a b")).await;
    assert_eq!(e.kind(), ErrorKind::Invalid);
    let e = fails(&served, Call::get("/a").header("X-Registry-Auth", "a\nb")).await;
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert_eq!(served.client.connections_opened(), 0);
}
