//! Answers one by one: versions, statuses, messages, shapes.

use pilothouse::sim::Flavour;
use serde_json::json;

use crate::client::{call, create, get, post};
use crate::{real_clock, sim, sim_on, within};

#[tokio::test]
async fn an_engine_accepts_the_versions_it_knows_and_no_other() {
    for (flavour, newest, good, new) in [
        (Flavour::v20_10(), "1.41", "1.12", "1.42"),
        (Flavour::v28(), "1.51", "1.24", "1.52"),
    ] {
        let sim = sim_on(real_clock(), flavour);
        let socket = sim.engine.socket();
        let ping = get(socket, "/_ping").await;
        assert_eq!((ping.status, ping.header("api-version")), (200, newest));
        assert_eq!(get(socket, &format!("/v{good}/info")).await.status, 200);
        let refused = get(socket, &format!("/v{new}/info")).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.message(),
            format!("client version {new} is too new. Maximum supported API version is {newest}")
        );
        let old = get(socket, "/v1.5/info").await;
        assert_eq!(
            (old.status, old.header("content-type")),
            (400, "text/plain; charset=utf-8")
        );
        assert_eq!(get(socket, "/version").await.json()["ApiVersion"], newest);
    }
}

#[tokio::test]
async fn refusals_are_in_dockers_own_words() {
    let sim = sim();
    let socket = sim.engine.socket();
    let id = create(socket, "web", json!({ "Image": "nginx:1.27" })).await;
    post(socket, "/containers/web/start").await;
    let cases: Vec<(&str, &str, u16, String)> = vec![
        ("GET", "/containers/nope/json", 404, "No such container: nope".into()),
        ("GET", "/nothing", 404, "page not found".into()),
        ("GET", "/images/nope/json", 404, "No such image: nope:latest".into()),
        ("GET", "/volumes/nope", 404, "get nope: no such volume".into()),
        ("GET", "/networks/nope", 404, "network nope not found".into()),
        ("POST", "/containers/web/unpause", 500, format!("Container {id} is not paused")),
        (
            "DELETE",
            "/containers/web",
            409,
            "cannot remove container \"web\": container is running: stop the container before removing or force remove".into(),
        ),
        (
            "DELETE",
            "/images/nginx:1.27",
            409,
            String::new(),
        ),
        (
            "DELETE",
            "/networks/bridge",
            403,
            "bridge is a pre-defined network and cannot be removed".into(),
        ),
        (
            "GET",
            "/services",
            503,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.".into(),
        ),
        ("GET", "/containers/json?filters=%7B%22foo%22%3A%5B%22x%22%5D%7D", 400, "invalid filter 'foo'".into()),
    ];
    for (method, path, status, message) in cases {
        let reply = call(socket, method, path, None).await;
        assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
        if !message.is_empty() {
            assert_eq!(reply.message(), message, "{method} {path}");
        }
    }
    let body = json!({ "Image": "nginx:1.27" });
    let again = call(socket, "POST", "/containers/create?name=web", Some(&body)).await;
    assert_eq!(again.status, 409);
    assert_eq!(
        again.message(),
        format!(
            "Conflict. The container name \"/web\" is already in use by container \"{id}\". You have to remove (or rename) that container to be able to reuse that name."
        )
    );
    assert_eq!(post(socket, "/containers/web/start").await.status, 304);
    assert_eq!(post(socket, "/containers/web/stop").await.status, 204);
    assert_eq!(post(socket, "/containers/web/stop").await.status, 304);
    let kill = post(socket, "/containers/web/kill").await;
    assert_eq!(
        kill.message(),
        format!("cannot kill container: web: container {id} is not running")
    );
}

#[tokio::test]
async fn a_container_is_shown_with_everything_it_was_asked_to_be() {
    let sim = sim();
    let socket = sim.engine.socket();
    let network = json!({ "Name": "shop", "IPAM": { "Config": [{ "Subnet": "10.5.0.0/24" }] } });
    assert_eq!(
        call(socket, "POST", "/networks/create", Some(&network))
            .await
            .status,
        201
    );
    let id = create(
        socket,
        "pg",
        json!({
            "Image": "postgres:16",
            "Env": ["POSTGRES_USER=shop"],
            "Labels": { "com.docker.compose.project": "shop" },
            "Healthcheck": { "Test": ["CMD-SHELL", "pg_isready"], "Interval": 5_000_000_000i64 },
            "HostConfig": {
                "NetworkMode": "shop",
                "Memory": 1_073_741_824,
                "Binds": ["pgdata:/var/lib/postgresql/data", "/etc:/host:ro"],
                "PortBindings": { "5432/tcp": [{ "HostPort": "15432" }] },
                "RestartPolicy": { "Name": "unless-stopped" },
            },
            "NetworkingConfig": { "EndpointsConfig": { "shop": { "Aliases": ["db"] } } },
        }),
    )
    .await;
    post(socket, "/containers/pg/start").await;
    let body = get(socket, &format!("/containers/{}/json", &id[..12]))
        .await
        .json();
    assert_eq!(body["Id"], id);
    assert_eq!(body["State"]["Status"], "running");
    assert_eq!(body["State"]["Health"]["Status"], "starting");
    assert_eq!(body["Path"], "docker-entrypoint.sh");
    assert_eq!(body["HostConfig"]["MemorySwap"], 2_147_483_648i64);
    assert_eq!(
        body["HostConfig"]["RestartPolicy"]["Name"],
        "unless-stopped"
    );
    let env = body["Config"]["Env"].as_array().unwrap();
    assert!(env.contains(&json!("POSTGRES_USER=shop")) && env.contains(&json!("PG_MAJOR=16")));
    assert_eq!(body["Config"]["StopSignal"], "SIGINT");
    let endpoint = &body["NetworkSettings"]["Networks"]["shop"];
    assert_eq!(endpoint["IPAddress"], "10.5.0.2");
    assert_eq!(endpoint["Aliases"], json!(["db"]));
    assert_eq!(endpoint["DNSNames"], json!(["pg", "db", &id[..12]]));
    assert_eq!(
        body["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"],
        "15432"
    );
    assert_eq!(body["Mounts"][0]["Name"], "pgdata");
    assert_eq!(body["Mounts"][1]["RW"], false);
    let network = get(socket, "/networks/shop").await.json();
    assert_eq!(network["Containers"][&id]["IPv4Address"], "10.5.0.2/24");
    let row = get(socket, "/containers/json").await.json()[0].clone();
    assert_eq!(row["Names"], json!(["/pg"]));
    assert_eq!(row["Status"], "Up Less than a second (health: starting)");
    let usage = get(socket, "/system/df").await.json()["Volumes"][0]["UsageData"].clone();
    assert_eq!(usage["RefCount"], 1);
}

#[tokio::test]
async fn lists_are_filtered_as_docker_filters_them() {
    let sim = sim();
    let socket = sim.engine.socket();
    for (name, label) in [("web-1", "a"), ("web-2", "b"), ("db", "a")] {
        let body = json!({ "Image": "nginx:1.27", "Labels": { "role": label } });
        create(socket, name, body).await;
    }
    post(socket, "/containers/web-1/start").await;
    let names = async |filters: serde_json::Value, more: &str| -> Vec<String> {
        let text = filters.to_string().replace('"', "%22").replace(' ', "");
        let rows = get(socket, &format!("/containers/json?filters={text}{more}"))
            .await
            .json();
        let rows = rows.as_array().unwrap().clone();
        let mut names: Vec<String> = rows
            .iter()
            .map(|r| r["Names"][0].as_str().unwrap()[1..].to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(json!({}), "").await, ["web-1"]);
    assert_eq!(
        names(json!({ "label": ["role=a"] }), "&all=1").await,
        ["db", "web-1"]
    );
    assert_eq!(
        names(json!({ "name": { "web": true } }), "&all=1").await,
        ["web-1", "web-2"]
    );
    assert_eq!(
        names(json!({ "status": ["created"] }), "").await,
        ["db", "web-2"]
    );
    assert_eq!(names(json!({ "name": ["^db$"] }), "&all=1").await, ["db"]);
    assert_eq!(
        names(
            json!({ "ancestor": ["nginx:1.27"], "status": ["running"] }),
            ""
        )
        .await,
        ["web-1"]
    );
    assert_eq!(names(json!({}), "&limit=1").await, ["db"]);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_engine() {
    let clock = pilothouse::sim::ManualClock::new(crate::start_of_time());
    let mut seen = Vec::new();
    for _ in 0..2 {
        let sim = sim_on(clock.clock(), Flavour::v28());
        let socket = sim.engine.socket();
        create(socket, "web", json!({ "Image": "nginx:1.27" })).await;
        post(socket, "/containers/web/start").await;
        let logs = get(socket, "/containers/web/logs?stdout=1&stderr=1&tail=5")
            .await
            .body;
        seen.push((get(socket, "/containers/web/json").await.json(), logs));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn dropping_the_engine_closes_everything() {
    let sim = sim();
    let path = sim.engine.socket().to_owned();
    let events = crate::client::open(&path, "GET", "/events", None)
        .await
        .unwrap();
    let mut lines = crate::client::Lines::of(events);
    drop(sim);
    assert!(!path.exists());
    assert!(!matches!(
        within("the end", lines.next()).await,
        Ok(Some(_))
    ));
}
