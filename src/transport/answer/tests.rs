use hyper::header::HeaderValue;

use super::*;

const AT: Where<'static> = Where {
    target: "unix:///s",
    call: "GET /x",
};

fn refuse(status: u16, content_type: &'static str, body: &str) -> Error {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    refusal(
        &AT,
        StatusCode::from_u16(status).unwrap(),
        &headers,
        body.as_bytes(),
    )
}

fn kind(status: u16, message: &str) -> ErrorKind {
    let body = serde_json::json!({ "message": message }).to_string();
    refuse(status, "application/json", &body).kind()
}

#[test]
fn statuses_and_messages_give_the_kind() {
    use ErrorKind::*;
    for (status, message, expected) in [
        (400, "invalid volume name", Invalid),
        (
            400,
            "client version 1.60 is too new. Maximum supported API version is 1.41",
            Unsupported,
        ),
        (401, "x", Denied),
        (403, "x", Denied),
        (
            403,
            "error while removing network: network n id 1 has active endpoints",
            Conflict,
        ),
        (
            403,
            "bridge is a pre-defined network and cannot be removed",
            Invalid,
        ),
        (404, "No such container: x", NotFound),
        (404, "page not found", Unsupported),
        (
            404,
            "pull access denied for x, repository does not exist",
            Denied,
        ),
        (409, "You cannot remove a running container", Conflict),
        (429, "x", Transient),
        (500, "No such image: x", NotFound),
        (500, "manifest unknown", NotFound),
        (500, "Get https://r/v2/: no basic auth credentials", Denied),
        (500, "lookup r on 127.0.0.1:53: no such host", Transient),
        (
            500,
            "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated",
            Conflict,
        ),
        (
            500,
            "OCI runtime exec failed: stat x: no such file or directory",
            Invalid,
        ),
        (500, "something odd", Transient),
        (501, "x", Unsupported),
        (
            503,
            "This node is not a swarm manager. Use docker swarm init",
            Unsupported,
        ),
        (503, "rpc error: code = DeadlineExceeded", Transient),
        (507, "write /x: no space left on device", Internal),
    ] {
        assert_eq!(kind(status, message), expected, "{status} {message}");
    }
}

#[test]
fn the_engines_words_come_first_then_status_and_call() {
    let e = refuse(
        404,
        "application/json",
        r#"{"cause":"a","message":"no\u001b[1m\nsuch"}"#,
    );
    assert_eq!(e.chain(), "no\u{fffd}[1m such (404, GET /x)");
}

#[test]
fn a_plain_line_is_a_message_and_a_page_is_not() {
    let e = refuse(
        400,
        "text/plain; charset=utf-8",
        "Client sent an HTTP request to an HTTPS server.\n",
    );
    assert_eq!(e.kind(), ErrorKind::Denied);
    assert!(e.hint().unwrap().contains("DOCKER_TLS_VERIFY"));
    assert_eq!(
        refuse(404, "text/plain", "404 page not found").kind(),
        ErrorKind::Unsupported
    );
    assert_eq!(
        refuse(404, "text/html", "<p>no</p>").kind(),
        ErrorKind::Protocol
    );
    assert_eq!(refuse(404, "text/plain", "").kind(), ErrorKind::Protocol);
    assert_eq!(refuse(500, "text/plain", "").kind(), ErrorKind::Transient);
    assert_eq!(
        refuse(502, "text/html", "<p>Bad Gateway</p>").kind(),
        ErrorKind::Transient
    );
}

#[test]
fn a_redirect_is_no_engine() {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_static("https://login.example/"));
    let e = refusal(&AT, StatusCode::FOUND, &headers, b"");
    assert_eq!(e.kind(), ErrorKind::Protocol);
    assert!(
        e.chain()
            .contains("it redirects to \"https://login.example/\""),
        "{}",
        e.chain()
    );
}

#[test]
fn json_of_another_shape_differs_from_no_json() {
    let e = json::<Vec<u8>>(&AT, b"{}").unwrap_err();
    assert!(e.chain().contains("JSON of another shape"), "{}", e.chain());
    let e = json::<Vec<u8>>(&AT, b"hello").unwrap_err();
    assert!(
        e.chain().ends_with("the answer is not JSON: hello"),
        "{}",
        e.chain()
    );
}
