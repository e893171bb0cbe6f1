//! What can be asked for with `-o`.

use crate::Fleet;

async fn fleet() -> Fleet {
    let fleet = Fleet::new(2);
    fleet.sleeper(1, "web").await;
    fleet.sleeper(2, "db").await;
    fleet
}

#[tokio::test]
async fn every_format_prints_the_same_containers() {
    let fleet = fleet().await;
    let table = fleet.ok("ps").await;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("HOST     NAME   IMAGE"), "{table}");
    assert!(lines[1].starts_with("prod-1   web"), "{table}");
    assert!(lines[1].contains("Up "), "{table}");
    assert!(fleet.ok("ps -o wide").await.contains("COMMAND"));
    assert_eq!(fleet.ok("ps -o name").await, "prod-1/web\nprod-2/db");
    let template = r#"ps -o '{{.host}}\t{{.name | upper}}\t{{index .labels "name"}}'"#;
    assert_eq!(fleet.ok(template).await, "prod-1\tWEB\tweb\nprod-2\tDB\tdb");
    let json = fleet.run("ps -o json").await.code(0).json();
    assert_eq!(json["apiVersion"], "pilothouse/v1");
    assert_eq!(json["kind"], "ContainerList");
    assert_eq!(json["errors"], serde_json::json!([]));
    assert_eq!(json["items"][0]["state"], "running");
    assert_eq!(json["items"][0]["restartCount"], 0);
    let created = json["items"][0]["createdAt"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(created).is_ok());
    let lines = fleet.ok("ps -o jsonl").await;
    let mut lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines[0]["apiVersion"], "pilothouse/v1");
    // "Up 1s": it may be a second later.
    let mut item = json["items"][0].clone();
    assert!(item["status"].is_string() && lines[1]["status"].is_string());
    item["status"].take();
    lines[1]["status"].take();
    assert_eq!(lines[1], item);
    let yaml = fleet.ok("ps -o yaml").await;
    assert!(yaml.contains("apiVersion: pilothouse/v1"), "{yaml}");
    assert!(yaml.contains("\n    name: web\n"), "{yaml}");
    let ids = fleet.ok("ps -q").await;
    assert_eq!(ids.lines().count(), 2);
    assert!(ids.lines().all(|id| id.len() == 64));
}

#[tokio::test]
async fn every_kind_is_listed() {
    let fleet = fleet().await;
    for kind in [
        "machines",
        "containers",
        "services",
        "projects",
        "volumes",
        "networks",
        "images",
        "nodes",
    ] {
        let json = fleet
            .run(&format!("ls {kind} -o json"))
            .await
            .code(0)
            .json();
        assert!(json["kind"].as_str().unwrap().ends_with("List"), "{kind}");
    }
    assert!(fleet.ok("ls images").await.contains("busybox:latest"));
    assert!(fleet.ok("ls networks").await.contains("bridge"));
}

#[tokio::test]
async fn filters_choose() {
    let fleet = fleet().await;
    fleet.ok("stop web -t 0").await;
    assert_eq!(fleet.ok("ps -o name").await, "prod-2/db");
    assert_eq!(fleet.ok("ps -a -o name").await, "prod-1/web\nprod-2/db");
    assert_eq!(fleet.ok("ps --state exited -o name").await, "prod-1/web");
    assert_eq!(fleet.ok("ps -f status=exited -o name").await, "prod-1/web");
    assert_eq!(fleet.ok("ps -a -l name=web -o name").await, "prod-1/web");
    assert_eq!(fleet.ok("ps -a -l name!=web -o name").await, "prod-2/db");
    assert_eq!(fleet.ok("ps -a 'prod-*/w*' -o name").await, "prod-1/web");
    assert_eq!(fleet.ok("ps -a --host prod-2 -o name").await, "prod-2/db");
}

#[tokio::test]
async fn explain_says_why_and_of_a_whole_fleet_only_what_needs_an_eye() {
    let fleet = fleet().await;
    assert!(
        fleet
            .ok("explain web")
            .await
            .contains("nothing speaks against it")
    );
    let json = fleet.run("explain -o json").await.code(0).json();
    assert_eq!(json["kind"], "ExplanationList");
    assert_eq!(json["items"].as_array().unwrap().len(), 0, "{json}");
    fleet
        .run("run --host prod-1 --name bad busybox sh -c 'exit 127'")
        .await
        .code(127);
    let json = fleet.run("explain -o json").await.code(0).json();
    let bad = &json["items"][0];
    assert_eq!(
        (&bad["host"], &bad["name"]),
        (&"prod-1".into(), &"bad".into())
    );
    assert_eq!(bad["evidence"][0]["weight"], "cause");
    assert_eq!(
        bad["evidence"][0]["what"],
        "exit code 127: its command was not found"
    );
    fleet.run("explain nosuch").await.code(1);
}

#[tokio::test]
async fn inspect_prints_the_engines_own_documents() {
    let fleet = fleet().await;
    let json = fleet.run("inspect web").await.code(0).json();
    assert_eq!(json[0]["State"]["Status"], "running");
    let json = fleet.run("inspect web busybox -o json").await;
    // busybox is on both hosts: which one?
    assert_eq!(json.code, 64);
    let json = fleet
        .run("inspect web prod-2/busybox -o json")
        .await
        .code(0)
        .json();
    assert_eq!(json["kind"], "InspectList");
    assert_eq!(json["items"][0]["host"], "prod-1");
    assert_eq!(json["items"][1]["kind"], "Image");
    let template = "inspect web -o '{{.host}} {{.State.Status}} {{.Config.Image}}'";
    assert_eq!(fleet.ok(template).await, "prod-1 running busybox");
    assert!(
        fleet
            .ok("inspect -k machine prod-1")
            .await
            .contains("endpoint")
    );
}
