//! The verbs that make something.

use crate::Fleet;

#[tokio::test]
async fn things_are_made_and_their_ids_printed() {
    let fleet = Fleet::new(1);
    assert_eq!(fleet.ok("create volume data -l a=b").await, "data");
    let id = fleet.ok("create network shop --subnet 10.9.0.0/24").await;
    assert_eq!(id.len(), 64);
    let id = fleet
        .ok("run -d --name s1 -v data:/data --network shop -p 8080:80 -e A=1 nginx:1.27")
        .await;
    assert_eq!(id.len(), 64);
    let c = fleet.engine(1).container("s1").unwrap();
    assert_eq!(
        (c.networks, c.volumes),
        (vec!["shop".into()], vec!["data".into()])
    );
    let ports = fleet
        .ok("ps -o '{{range .ports}}{{.public}}->{{.private}} {{end}}'")
        .await;
    assert!(ports.contains("8080->80"), "{ports}");
    let env = fleet.ok("inspect s1 -o '{{json .Config.Env}}'").await;
    assert!(env.contains("\"A=1\""), "{env}");
    // Made as it is, made again is a conflict or nothing to do, never a second one.
    let again = fleet.run("create volume data").await;
    assert_eq!(fleet.engine(1).view().volumes, ["data"], "{again:?}");
    fleet.ok("create network other").await;
    fleet.ok("connect other s1 --alias www").await;
    let networks = fleet.engine(1).container("s1").unwrap().networks;
    assert_eq!(networks.len(), 2);
    assert!(networks.contains(&"other".to_owned()), "{networks:?}");
    fleet.ok("network disconnect other s1").await;
    fleet.ok("tag nginx:1.27 mine/web:1").await;
    assert!(
        fleet
            .engine(1)
            .view()
            .images
            .contains(&"mine/web:1".to_owned())
    );
    fleet.ok("rm -f s1 --yes").await;
    fleet.ok("rm -k volume data --yes").await;
    fleet.ok("rm -k network shop other --yes").await;
    fleet.ok("rm -k image mine/web:1 nginx:1.27 --yes").await;
    let view = fleet.engine(1).view();
    assert_eq!(
        (view.images.len(), view.volumes.len(), view.networks.len()),
        (0, 0, 3)
    );
}

#[tokio::test]
async fn a_host_must_be_chosen_where_there_are_several() {
    let fleet = Fleet::new(2);
    let done = fleet.run("create volume data").await.code(64);
    assert!(done.stderr.contains("on which host?"), "{}", done.stderr);
    assert!(done.stderr.contains("prod-1, prod-2"), "{}", done.stderr);
    fleet.ok("create volume data --host prod-2").await;
    assert!(fleet.engine(1).view().volumes.is_empty());
    fleet.ok("pull busybox --all").await;
    for n in [1, 2] {
        assert_eq!(fleet.engine(n).view().images, ["busybox:latest"]);
    }
    let done = fleet.run("run --host 'prod-*' busybox true").await.code(64);
    assert!(done.stderr.contains("-d"), "{}", done.stderr);
    let ids = fleet
        .ok("run -d --host 'prod-*' --name both busybox sleep 100")
        .await;
    assert_eq!(ids.lines().count(), 2);
}

#[tokio::test]
async fn what_the_engine_refuses_is_125_to_127() {
    let fleet = Fleet::new(1);
    let done = fleet.run("run nosuch/thing").await.code(125);
    assert!(done.stderr.contains("nosuch/thing"), "{}", done.stderr);
    fleet.run("run -d nosuch/thing").await.code(125);
    let done = fleet.run("run --rm busybox nosuchcommand").await.code(127);
    assert!(done.stderr.contains("nosuchcommand"), "{}", done.stderr);
    assert!(fleet.engine(1).view().containers.is_empty());
    fleet.ok("run -d --name web busybox sleep 100").await;
    fleet.run("run --name web busybox true").await.code(125);
    let done = fleet.run("run --gpus all busybox").await.code(64);
    assert!(done.stderr.contains("--gpus is refused"), "{}", done.stderr);
}

#[tokio::test]
async fn a_pull_shows_its_way() {
    let fleet = Fleet::new(1);
    let done = fleet.run("pull nginx:1.27 --progress json").await.code(0);
    assert!(done.stderr.contains("\"verb\":\"pull\""), "{}", done.stderr);
    assert!(done.stdout.contains("pulled"), "{}", done.stdout);
    let done = fleet.run("pull nosuch/thing").await.code(1);
    assert!(
        done.stdout.contains("pull access denied"),
        "{}",
        done.stdout
    );
}

#[tokio::test]
async fn an_id_file_is_written_once() {
    let fleet = Fleet::new(1);
    let id = fleet.ok("run -d --cidfile id busybox sleep 100").await;
    assert_eq!(std::fs::read_to_string(fleet.path("id")).unwrap(), id);
    fleet
        .run("run -d --cidfile id busybox sleep 100")
        .await
        .code(64);
}
