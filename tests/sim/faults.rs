//! Each fault, as a client meets it.

use std::time::Duration;

use pilothouse::sim::{Fault, Rule};
use serde_json::json;

use crate::client::{Lines, create, get, open, post, try_call};
use crate::{sim, within};

async fn failure(sim: &crate::Sim, path: &str) -> String {
    within(path, try_call(sim.engine.socket(), "GET", path, None))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn an_error_status_strikes_where_and_as_often_as_told() {
    let sim = sim();
    let faults = sim.engine.faults();
    faults.add(Rule::on("/info", Fault::Status(500, "disk on fire".into())).times(2));
    let socket = sim.engine.socket();
    for _ in 0..2 {
        let reply = get(socket, "/v1.41/info").await;
        assert_eq!(
            (reply.status, reply.message()),
            (500, "disk on fire".into())
        );
    }
    assert_eq!(get(socket, "/v1.41/info").await.status, 200);
}

#[tokio::test]
async fn garbage_and_html_are_not_what_they_claim_to_be() {
    let sim = sim();
    let (socket, faults) = (sim.engine.socket(), sim.engine.faults());
    faults.set(Fault::Html);
    let reply = get(socket, "/info").await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "text/html")
    );
    assert!(reply.body.starts_with(b"<html>"));
    faults.clear();
    faults.add(Rule::on("/info", Fault::Garbage));
    let reply = get(socket, "/info").await;
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
    faults.set(Fault::Garbage);
    assert!(failure(&sim, "/info").await.starts_with("send:"));
}

#[tokio::test]
async fn a_connection_is_closed_or_reset() {
    let sim = sim();
    sim.engine.faults().set(Fault::CloseAtOnce);
    assert!(failure(&sim, "/info").await.contains("IncompleteMessage"));
    sim.engine.faults().set(Fault::Reset);
    let text = failure(&sim, "/info").await;
    assert!(
        text.contains("ConnectionReset") || text.contains("BrokenPipe"),
        "{text}"
    );
    sim.engine.faults().clear();
    sim.engine
        .faults()
        .add(Rule::on("/version", Fault::CloseAtOnce));
    assert!(failure(&sim, "/version").await.starts_with("send:"));
    assert_eq!(get(sim.engine.socket(), "/info").await.status, 200);
}

#[tokio::test]
async fn nobody_listens_until_the_fault_is_over() {
    let sim = sim();
    let mut events = Lines::of(
        open(sim.engine.socket(), "GET", "/events", None)
            .await
            .unwrap(),
    );
    sim.engine.faults().set(Fault::Refuse);
    assert!(events.next().await.is_err(), "open connections are dropped");
    assert!(failure(&sim, "/info").await.contains("refused"));
    sim.engine.faults().clear();
    within("the socket is back", async {
        while try_call(sim.engine.socket(), "GET", "/_ping", None)
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_is_truncated() {
    let sim = sim();
    sim.engine
        .faults()
        .add(Rule::on("/info", Fault::Truncate(100)));
    assert!(failure(&sim, "/info").await.starts_with("body:"));
}

#[tokio::test]
async fn slow_bodies_arrive_whole() {
    let sim = sim();
    sim.engine.faults().add(Rule::on(
        "/version",
        Fault::SlowBody(50, Duration::from_millis(1)),
    ));
    let reply = get(sim.engine.socket(), "/version").await;
    assert_eq!(reply.json()["Version"], "28.5.1");
}

#[tokio::test]
async fn latency_delays_the_answer_by_no_less_than_told() {
    let sim = sim();
    let delay = Duration::from_millis(30);
    sim.engine.faults().set(Fault::Latency(delay));
    let begun = std::time::Instant::now();
    assert_eq!(get(sim.engine.socket(), "/_ping").await.status, 200);
    assert!(begun.elapsed() >= delay);
}

#[tokio::test]
async fn streams_are_cut_by_hand_or_after_a_while() {
    let sim = sim();
    let (socket, faults) = (sim.engine.socket(), sim.engine.faults());
    let mut events = Lines::of(open(socket, "GET", "/events", None).await.unwrap());
    faults.cut_streams();
    assert!(events.next().await.is_err());
    let mut later = Lines::of(open(socket, "GET", "/events", None).await.unwrap());
    create(socket, "web", json!({ "Image": "nginx:1.27" })).await;
    assert_eq!(
        later.json().await["Action"],
        "pull",
        "a later stream is not touched"
    );
    faults.add(Rule::on(
        "/events",
        Fault::CutStream(Duration::from_millis(5)),
    ));
    let mut cut = Lines::of(open(socket, "GET", "/events", None).await.unwrap());
    assert!(cut.next().await.is_err());
}

#[tokio::test]
async fn a_frozen_engine_stands_still_and_goes_on_where_it_was() {
    let sim = sim();
    let (socket, faults) = (sim.engine.socket(), sim.engine.faults());
    create(socket, "web", json!({ "Image": "nginx:1.27" })).await;
    let mut events = Lines::of(open(socket, "GET", "/events", None).await.unwrap());
    faults.set(Fault::Frozen);
    let path = socket.to_owned();
    let mut call = tokio::spawn(async move { get(&path, "/containers/json?all=1").await });
    let silent = tokio::time::timeout(Duration::from_millis(100), &mut call).await;
    assert!(silent.is_err(), "no answer while frozen");
    faults.clear();
    assert_eq!(within("thawed", call).await.unwrap().status, 200);
    post(socket, "/containers/web/start").await;
    assert_eq!(events.json().await["Action"], "connect");
}
