//! Streams and waits, on a clock that the test moves.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::client::{Lines, call, create, get, open, post};
use crate::{sim, sim_manual, within};

#[tokio::test]
async fn events_come_as_they_happen_and_from_the_past() {
    let sim = sim();
    let socket = sim.engine.socket();
    let mut live = Lines::of(open(socket, "GET", "/events", None).await.unwrap());
    let filter = "/events?filters=%7B%22event%22%3A%5B%22start%22%5D%7D";
    let mut starts = Lines::of(open(socket, "GET", filter, None).await.unwrap());
    let id = create(
        socket,
        "web",
        json!({ "Image": "nginx:1.27", "Labels": { "a": "b" } }),
    )
    .await;
    post(socket, "/containers/web/start").await;
    let mut seen = Vec::new();
    while seen.last().map(String::as_str) != Some("start") {
        let event = live.json().await;
        if event["Type"] == "container" {
            assert_eq!(event["Actor"]["Attributes"]["a"], "b");
            assert_eq!(
                (&event["id"], &event["from"]),
                (&json!(id), &json!("nginx:1.27"))
            );
        }
        seen.push(event["Action"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["pull", "create", "connect", "start"]);
    assert_eq!(starts.json().await["Action"], "start");
    let past = get(socket, "/events?since=1&until=2").await;
    assert!(past.body.is_empty());
    let now = crate::real_clock().now().timestamp() + 1;
    let past = within(
        "the past",
        get(socket, &format!("/events?since=1&until={now}")),
    )
    .await;
    assert_eq!(String::from_utf8_lossy(&past.body).lines().count(), 4);
}

#[tokio::test]
async fn logs_are_followed_until_the_container_stops() {
    let sim = sim();
    let socket = sim.engine.socket();
    let script =
        "echo one; echo two >&2; trap 'echo bye; exit 0' TERM; while true; do sleep 0.02; done";
    create(
        socket,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sh", "-c", script] }),
    )
    .await;
    post(socket, "/containers/s1/start").await;
    let path = "/containers/s1/logs?stdout=1&stderr=1&follow=1";
    let response = open(socket, "GET", path, None).await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.docker.multiplexed-stream"
    );
    let mut lines = Lines::of(response);
    assert_eq!(
        lines.next().await.unwrap().unwrap(),
        "\u{1}\0\0\0\0\0\0\u{4}one"
    );
    assert_eq!(
        lines.next().await.unwrap().unwrap(),
        "\u{2}\0\0\0\0\0\0\u{4}two"
    );
    assert_eq!(post(socket, "/containers/s1/stop").await.status, 204);
    assert_eq!(
        lines.next().await.unwrap().unwrap(),
        "\u{1}\0\0\0\0\0\0\u{4}bye"
    );
    assert_eq!(lines.next().await.unwrap(), None);
    let tail = get(socket, "/containers/s1/logs?stdout=1&timestamps=1&tail=1").await;
    let text = String::from_utf8_lossy(&tail.body).into_owned();
    assert!(
        text.ends_with("Z bye\n") && text.len() == 8 + 31 + 4,
        "{text:?}"
    );
}

#[tokio::test]
async fn time_alone_moves_a_stopped_clocks_engine() {
    let (sim, clock) = sim_manual();
    let socket = sim.engine.socket();
    create(
        socket,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sh", "-c", "sleep 60; exit 4"] }),
    )
    .await;
    post(socket, "/containers/s1/start").await;
    let waiting = open(socket, "POST", "/containers/s1/wait", None)
        .await
        .unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(sim.engine.container("s1").unwrap().state, "running");
    clock.advance(Duration::from_secs(2));
    let code = within("the end of the wait", Lines::of(waiting).json()).await;
    assert_eq!(code["StatusCode"], 4);
    within(
        "exited",
        sim.engine
            .wait_for(|v| v.named("s1").unwrap().state == "exited"),
    )
    .await;
}

#[tokio::test]
async fn a_stop_waits_for_the_grace_period() {
    let (sim, clock) = sim_manual();
    let socket = sim.engine.socket().to_owned();
    create(
        &socket,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sleep", "999"] }),
    )
    .await;
    post(&socket, "/containers/s1/start").await;
    let path = socket.clone();
    let stopping = tokio::spawn(async move { post(&path, "/containers/s1/stop?t=10").await });
    // The stop has arrived when its signal has been told.
    let mut events = Lines::of(open(&socket, "GET", "/events?since=1", None).await.unwrap());
    while events.json().await["Action"] != "kill" {}
    assert!(!stopping.is_finished());
    clock.advance(Duration::from_secs(11));
    assert_eq!(within("stop", stopping).await.unwrap().status, 204);
    assert_eq!(sim.engine.container("s1").unwrap().exit_code, 137);
}

#[tokio::test]
async fn stats_grow_with_the_time() {
    let (sim, clock) = sim_manual();
    let socket = sim.engine.socket();
    create(socket, "web", json!({ "Image": "nginx:1.27" })).await;
    post(socket, "/containers/web/start").await;
    let path = "/containers/web/stats?stream=false&one-shot=true";
    clock.advance(Duration::from_secs(10));
    let first = get(socket, path).await.json();
    clock.advance(Duration::from_secs(10));
    let second = get(socket, path).await.json();
    let cpu = |v: &serde_json::Value| v["cpu_stats"]["cpu_usage"]["total_usage"].as_u64().unwrap();
    let system = |v: &serde_json::Value| v["cpu_stats"]["system_cpu_usage"].as_u64().unwrap();
    assert!(cpu(&second) > cpu(&first));
    assert_eq!(
        system(&second) - system(&first),
        4 * 10_000_000_000,
        "four processors"
    );
    assert!(
        second["networks"]["eth0"]["rx_bytes"].as_u64()
            > first["networks"]["eth0"]["rx_bytes"].as_u64()
    );
    assert!(second["memory_stats"]["usage"].as_u64().unwrap() > 1_000_000);
}

/// Send an upgrading request and read past the head of the answer.
async fn hijack(socket: &std::path::Path, path: &str, body: &str) -> UnixStream {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("the head", stream.read_u8()).await.unwrap());
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    stream
}

#[tokio::test]
async fn an_exec_talks_both_ways_over_the_hijacked_connection() {
    let sim = sim();
    let socket = sim.engine.socket();
    create(
        socket,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sleep", "999"] }),
    )
    .await;
    post(socket, "/containers/s1/start").await;
    let cases = [
        (false, "", "\u{1}\0\0\0\0\0\0\u{3}hi\n"),
        (true, "hi\r\n/ # ", "/ # echo hi\r\nhi\r\n/ # exit 3\r\n"),
    ];
    for (tty, prompt, expected) in cases {
        let request = json!({
            "Cmd": ["sh"], "Tty": tty,
            "AttachStdin": true, "AttachStdout": true, "AttachStderr": true,
        });
        let exec = call(socket, "POST", "/containers/s1/exec", Some(&request))
            .await
            .json();
        let id = exec["Id"].as_str().unwrap();
        let body = format!("{{\"Detach\":false,\"Tty\":{tty}}}");
        let mut stream = hijack(socket, &format!("/exec/{id}/start"), &body).await;
        stream.write_all(b"echo hi\n").await.unwrap();
        let mut output = Vec::new();
        while !output.ends_with(prompt.as_bytes()) {
            output.push(within("the prompt", stream.read_u8()).await.unwrap());
        }
        stream.write_all(b"exit 3\n").await.unwrap();
        within("the exec", stream.read_to_end(&mut output))
            .await
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output), expected);
        let after = get(socket, &format!("/exec/{id}/json")).await.json();
        assert_eq!(
            (&after["Running"], &after["ExitCode"]),
            (&json!(false), &json!(3))
        );
    }
}

#[tokio::test]
async fn half_closing_the_connection_is_the_end_of_the_input_only() {
    let sim = sim();
    let socket = sim.engine.socket();
    create(
        socket,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sleep", "999"] }),
    )
    .await;
    post(socket, "/containers/s1/start").await;
    let request = json!({
        "Cmd": ["sh", "-c", "cat; sleep 0.1; echo end"],
        "AttachStdin": true, "AttachStdout": true,
    });
    let exec = call(socket, "POST", "/containers/s1/exec", Some(&request))
        .await
        .json();
    let path = format!("/exec/{}/start", exec["Id"].as_str().unwrap());
    let mut stream = hijack(socket, &path, "{\"Detach\":false}").await;
    stream.write_all(b"piped\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut output = Vec::new();
    within("the exec", stream.read_to_end(&mut output))
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output).into_owned();
    assert!(
        text.contains("piped\n") && text.ends_with("end\n"),
        "{text:?}"
    );
}
