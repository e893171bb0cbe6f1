//! The test bed itself: every engine answers and has the image the live tests run.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

#[path = "support/live.rs"]
mod live;

/// The status line and body of a GET, over nothing but the standard library: this test must not
/// pass or fail for a reason of the program's own.
fn get(endpoint: &str, path: &str) -> Result<(String, String), String> {
    let socket = endpoint
        .strip_prefix("unix://")
        .ok_or("not a unix socket")?;
    let ask = || -> std::io::Result<String> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: bed\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|e| format!("{path}: {e}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no end of the head")?;
    let status = head.lines().next().unwrap_or_default();
    Ok((status.to_owned(), body.to_owned()))
}

/// The engines that do not answer `path` with 200 and a body that has `needle`.
fn refusals(path: &str, needle: &str) -> Vec<String> {
    let mut refusals = Vec::new();
    for (name, endpoint) in live::engines() {
        match get(&endpoint, path) {
            Ok((status, body)) if status.contains(" 200 ") && body.contains(needle) => {}
            other => refusals.push(format!("{name}: {other:?}")),
        }
    }
    refusals
}

#[test]
fn every_engine_answers_a_ping() {
    if live::absent() {
        return;
    }
    assert_eq!(refusals("/_ping", "OK"), Vec::<String>::new());
}

#[test]
fn every_engine_has_the_image() {
    if live::absent() {
        return;
    }
    let image = live::variable("IMAGE");
    let path = format!("/images/{image}/json");
    assert_eq!(refusals(&path, &image), Vec::<String>::new());
}
