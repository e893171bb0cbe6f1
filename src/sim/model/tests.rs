use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sim::json as render;
use crate::sim::util::SECOND;

const START: i64 = 1_800_000_000 * SECOND;

fn model(flavour: Flavour) -> Model {
    let mut model = Model::new("sim", flavour, 7, START);
    for image in ["busybox", "nginx:1.27", "postgres:16"] {
        let reference = Reference::parse(image).unwrap();
        model.pull(&reference);
    }
    model
}

fn create(model: &mut Model, name: &str, mut body: Value) -> String {
    if body["Image"].is_null() {
        body["Image"] = json!("nginx:1.27");
    }
    model
        .create(&CreateRequest {
            name: Some(name.to_owned()),
            body,
        })
        .unwrap()
}

fn wait(model: &mut Model, seconds: f64) {
    let until = model.now() + (seconds * SECOND as f64) as i64;
    model.advance(until);
}

/// Kind, action and one telling attribute of each event since a cursor.
fn story(model: &Model, since: u64) -> Vec<String> {
    model
        .events_after(since)
        .filter(|e| !e.action.starts_with("exec_"))
        .map(|e| {
            let detail = ["exitCode", "signal"]
                .iter()
                .find_map(|k| e.attributes.get(*k).map(|v| format!(" {v}")));
            format!("{} {}{}", e.kind, e.action, detail.unwrap_or_default())
        })
        .collect()
}

#[test]
fn a_life_is_told_in_the_order_of_engine_20() {
    let mut m = model(Flavour::v20_10());
    let before = m.last_seq();
    let id = create(&mut m, "web", json!({}));
    m.start(&id).unwrap();
    m.stop(&id, None, None, Stopping::Stop).unwrap();
    wait(&mut m, 1.0);
    m.remove(&id, false, false).unwrap();
    assert_eq!(
        story(&m, before),
        [
            "container create",
            "network connect",
            "container start",
            "container kill 3",
            "container die 0",
            "network disconnect",
            "container stop",
            "container destroy",
        ]
    );
}

#[test]
fn engine_28_tells_of_the_death_last() {
    let mut m = model(Flavour::v28());
    let id = create(
        &mut m,
        "web",
        json!({ "HostConfig": { "Binds": ["data:/data"] } }),
    );
    m.start(&id).unwrap();
    let before = m.last_seq();
    m.stop(&id, None, None, Stopping::Restart).unwrap();
    wait(&mut m, 1.0);
    assert_eq!(
        story(&m, before),
        [
            "container kill 3",
            "network disconnect",
            "volume unmount",
            "container stop",
            "container die 0",
            "volume mount",
            "network connect",
            "container start",
            "container restart",
        ]
    );
}

#[test]
fn a_process_that_ignores_the_signal_is_killed_after_its_grace() {
    let mut m = model(Flavour::v28());
    let id = create(
        &mut m,
        "s1",
        json!({ "Image": "busybox", "Cmd": ["sleep", "1000"] }),
    );
    m.start(&id).unwrap();
    m.advance(START + 1);
    m.stop(&id, None, Some(4), Stopping::Stop).unwrap();
    wait(&mut m, 3.9);
    assert!(m.container(&id).unwrap().is_up());
    wait(&mut m, 0.2);
    let container = m.container(&id).unwrap();
    assert_eq!((container.phase, container.exit_code), (Phase::Exited, 137));
}

#[test]
fn the_restart_policy_backs_off_and_gives_up() {
    let mut m = model(Flavour::v28());
    let policy = json!({ "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 } });
    let body = json!({ "Image": "busybox", "Cmd": ["false"], "HostConfig": policy });
    let id = create(&mut m, "f1", body);
    m.start(&id).unwrap();
    m.advance(START + 1);
    assert_eq!(m.container(&id).unwrap().phase, Phase::Restarting);
    wait(&mut m, 0.15);
    assert_eq!(m.container(&id).unwrap().restarts, 2);
    wait(&mut m, 0.1);
    assert_eq!(
        m.container(&id).unwrap().restarts,
        2,
        "the second pause is longer"
    );
    wait(&mut m, 5.0);
    let container = m.container(&id).unwrap();
    assert_eq!((container.phase, container.restarts), (Phase::Exited, 3));
}

#[test]
fn a_stop_by_hand_beats_the_restart_policy() {
    let mut m = model(Flavour::v28());
    let host = json!({ "RestartPolicy": { "Name": "always" } });
    let id = create(&mut m, "a1", json!({ "HostConfig": host }));
    m.start(&id).unwrap();
    m.kill(&id, "KILL").unwrap();
    wait(&mut m, 60.0);
    assert_eq!(m.container(&id).unwrap().phase, Phase::Exited);
}

#[test]
fn health_follows_the_probe_and_tells_of_each_change() {
    let mut m = model(Flavour::v28());
    let check =
        json!({ "Test": ["CMD-SHELL", "test -f /tmp/ok"], "Interval": SECOND, "Retries": 2 });
    let body = json!({ "Image": "busybox", "Cmd": ["sleep", "9999"], "Healthcheck": check });
    let id = create(&mut m, "h1", body);
    m.start(&id).unwrap();
    let status = |m: &Model| m.container(&id).unwrap().health.clone().unwrap();
    assert_eq!(status(&m).status, "starting");
    let before = m.last_seq();
    wait(&mut m, 2.5);
    assert_eq!((status(&m).status, status(&m).streak), ("unhealthy", 2));
    let request = ExecRequest {
        argv: vec!["touch".into(), "/tmp/ok".into()],
        ..ExecRequest::default()
    };
    let exec = m.create_exec(&id, request).unwrap();
    m.start_exec(&exec).unwrap();
    wait(&mut m, 1.0);
    assert_eq!((status(&m).status, status(&m).streak), ("healthy", 0));
    assert_eq!(status(&m).log.back().unwrap().code, 0);
    assert_eq!(
        story(&m, before),
        [
            "container health_status: unhealthy",
            "container health_status: healthy"
        ]
    );
    wait(&mut m, 20.0);
    assert_eq!(status(&m).log.len(), 5, "five results are kept");
}

#[test]
fn anonymous_volumes_go_with_their_container_and_named_ones_stay() {
    let mut m = model(Flavour::v28());
    let body = json!({
        "Image": "postgres:16",
        "HostConfig": { "AutoRemove": true, "Binds": ["named:/backup"] },
    });
    let id = create(&mut m, "pg", body);
    assert_eq!(m.volumes.len(), 2);
    m.start(&id).unwrap();
    assert_eq!(m.remove_volume("named", false).unwrap_err().status, 409);
    m.kill(&id, "KILL").unwrap();
    assert!(m.containers.is_empty(), "removed by itself");
    assert_eq!(m.volumes.keys().collect::<Vec<_>>(), ["named"]);
    m.remove_volume("named", false).unwrap();
}

#[test]
fn a_pause_stops_the_counters() {
    let mut m = model(Flavour::v28());
    let id = create(&mut m, "w1", json!({}));
    m.start(&id).unwrap();
    wait(&mut m, 10.0);
    m.pause(&id).unwrap();
    let before = m.sample(m.container(&id).unwrap());
    wait(&mut m, 60.0);
    let after = m.sample(m.container(&id).unwrap());
    assert_eq!((before.cpu, before.received), (after.cpu, after.received));
    m.unpause(&id).unwrap();
    wait(&mut m, 10.0);
    assert!(m.sample(m.container(&id).unwrap()).cpu > after.cpu);
}

#[test]
fn logs_of_a_service_depend_only_on_the_time() {
    let mut m = model(Flavour::v28());
    let id = create(&mut m, "w1", json!({}));
    m.start(&id).unwrap();
    let all = LogQuery {
        since: 0,
        until: None,
        tail: None,
        stdout: true,
        stderr: true,
    };
    let mut cursor = m.log_end(&id).unwrap();
    let mut followed = m.logs(&id, &all).unwrap().0;
    for _ in 0..200 {
        wait(&mut m, 0.7);
        followed.extend(m.logs_after(&id, &all, &mut cursor));
    }
    m.kill(&id, "KILL").unwrap();
    followed.extend(m.logs_after(&id, &all, &mut cursor));
    let at_once = m.logs(&id, &all).unwrap().0;
    assert!(at_once.len() > 60, "{}", at_once.len());
    assert_eq!(
        followed, at_once,
        "nothing is lost or said twice by following"
    );
    assert!(at_once.windows(2).all(|w| w[0].time <= w[1].time));
    let tail = LogQuery {
        tail: Some(5),
        ..all
    };
    assert_eq!(m.logs(&id, &tail).unwrap().0, at_once[at_once.len() - 5..]);
}

#[derive(Debug, Clone)]
enum Act {
    Create(u8, u8),
    Start(u8),
    Stop(u8, bool),
    Kill(u8, u8),
    Pause(u8),
    Unpause(u8),
    Remove(u8, bool, bool),
    Rename(u8, u8),
    Volume(u8, bool),
    Network(u8, bool),
    Connect(u8, u8, bool),
    Exec(u8),
    Prune,
    Wait(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6u8, 0..6u8).prop_map(|(n, k)| Act::Create(n, k)),
        4 => (0..6u8).prop_map(Act::Start),
        2 => (0..6u8, any::<bool>()).prop_map(|(n, r)| Act::Stop(n, r)),
        1 => (0..6u8, 0..4u8).prop_map(|(n, s)| Act::Kill(n, s)),
        1 => (0..6u8).prop_map(Act::Pause),
        1 => (0..6u8).prop_map(Act::Unpause),
        2 => (0..6u8, any::<bool>(), any::<bool>()).prop_map(|(n, f, v)| Act::Remove(n, f, v)),
        1 => (0..6u8, 0..6u8).prop_map(|(a, b)| Act::Rename(a, b)),
        1 => (0..3u8, any::<bool>()).prop_map(|(n, c)| Act::Volume(n, c)),
        1 => (0..3u8, any::<bool>()).prop_map(|(n, c)| Act::Network(n, c)),
        1 => (0..6u8, 0..3u8, any::<bool>()).prop_map(|(c, n, on)| Act::Connect(c, n, on)),
        1 => (0..6u8).prop_map(Act::Exec),
        1 => Just(Act::Prune),
        4 => (0..4_000u16).prop_map(Act::Wait),
    ]
}

fn body(kind: u8) -> Value {
    match kind {
        0 => {
            json!({ "Image": "nginx:1.27", "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } } })
        }
        1 => {
            json!({ "Image": "busybox", "Cmd": ["false"], "HostConfig": { "RestartPolicy": { "Name": "always" } } })
        }
        2 => {
            json!({ "Image": "busybox", "Cmd": ["sh", "-c", "sleep 1; exit 2"], "HostConfig": { "AutoRemove": true } })
        }
        3 => {
            json!({ "Image": "postgres:16", "HostConfig": { "NetworkMode": "n0", "Binds": ["v0:/backup"] } })
        }
        4 => {
            json!({ "Image": "busybox", "Cmd": ["sleep", "1000"], "Healthcheck": { "Test": ["CMD", "true"], "Interval": SECOND } })
        }
        _ => {
            json!({ "Image": "nginx:1.27", "HostConfig": { "NetworkMode": "host", "PublishAllPorts": true } })
        }
    }
}

/// Do it; refusals are part of the game.
fn perform(m: &mut Model, act: &Act) {
    let c = |n: u8| format!("c{n}");
    let _ = match act {
        Act::Create(n, kind) => {
            let request = CreateRequest {
                name: Some(c(*n)),
                body: body(*kind),
            };
            m.create(&request).map(|_| ())
        }
        Act::Start(n) => m.start(&c(*n)).map(|_| ()),
        Act::Stop(n, restart) => {
            let then = if *restart {
                Stopping::Restart
            } else {
                Stopping::Stop
            };
            m.stop(&c(*n), None, Some(1), then).map(|_| ())
        }
        Act::Kill(n, signal) => m.kill(
            &c(*n),
            ["KILL", "TERM", "HUP", "nonsense"][usize::from(*signal)],
        ),
        Act::Pause(n) => m.pause(&c(*n)),
        Act::Unpause(n) => m.unpause(&c(*n)),
        Act::Remove(n, force, volumes) => m.remove(&c(*n), *force, *volumes),
        Act::Rename(a, b) => m.rename(&c(*a), &c(*b)),
        Act::Volume(n, true) => m
            .create_volume(&json!({ "Name": format!("v{n}") }))
            .map(|_| ()),
        Act::Volume(n, false) => m.remove_volume(&format!("v{n}"), false),
        Act::Network(n, true) => m
            .create_network(&json!({ "Name": format!("n{n}") }))
            .map(|_| ()),
        Act::Network(n, false) => m.remove_network(&format!("n{n}")),
        Act::Connect(n, net, true) => m.connect(&format!("n{net}"), &json!({ "Container": c(*n) })),
        Act::Connect(n, net, false) => {
            m.disconnect(&format!("n{net}"), &json!({ "Container": c(*n) }))
        }
        Act::Exec(n) => {
            let argv = vec!["sh".into(), "-c".into(), "sleep 1; echo x > /tmp/x".into()];
            let exec = m.create_exec(
                &c(*n),
                ExecRequest {
                    argv,
                    ..ExecRequest::default()
                },
            );
            exec.and_then(|id| m.start_exec(&id))
        }
        Act::Prune => {
            let all = Filters::default();
            m.prune_containers(&all);
            m.prune_volumes(&all, false);
            m.prune_networks(&all);
            Ok(())
        }
        Act::Wait(ms) => {
            wait(m, f64::from(*ms) / 1000.0);
            Ok(())
        }
    };
}

fn check(m: &Model) {
    assert_eq!(
        m.names.len(),
        m.containers.len(),
        "each container has its one name"
    );
    let mut ports = BTreeSet::new();
    for (id, c) in &m.containers {
        assert_eq!(m.names.get(&c.name), Some(id));
        assert_eq!(
            c.is_up(),
            c.pid != 0,
            "{}: a pid belongs to a process",
            c.name
        );
        if !c.is_up() {
            assert!(
                c.ports.is_empty() && c.vm.is_none(),
                "{} holds nothing",
                c.name
            );
            assert!(c.endpoints.values().all(|e| e.address.is_empty()));
        }
        for port in &c.ports {
            let key = (port.host, port.protocol.clone(), port.address.clone());
            assert!(ports.insert(key), "port {} is taken twice", port.host);
        }
        for mount in c.mounts.iter().filter(|mount| mount.kind == "volume") {
            assert!(
                m.volumes.contains_key(&mount.volume),
                "{} is gone",
                mount.volume
            );
        }
        render::inspect(m, c, true);
        render::summary(m, c, true);
        render::stats(m, c, None);
    }
    for network in m.networks.values() {
        let members = m.members(&network.id);
        let addresses: BTreeSet<&str> = members
            .iter()
            .map(|(_, e)| e.address.as_str())
            .filter(|a| !a.is_empty())
            .collect();
        let addressed = members
            .iter()
            .filter(|(_, e)| !e.address.is_empty())
            .count();
        assert_eq!(
            addresses.len(),
            addressed,
            "addresses on {} are distinct",
            network.name
        );
    }
    for exec in m.execs.values() {
        assert!(!exec.running || m.containers[&exec.container].is_up());
    }
}

/// What a client knows that only listens: name and whether the process exists, by id.
fn fold(events: &[Event]) -> BTreeMap<String, (String, bool)> {
    let mut known: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for event in events.iter().filter(|e| e.kind == "container") {
        let name = event.attributes.get("name").cloned().unwrap_or_default();
        let entry = known.entry(event.actor.clone()).or_default();
        entry.0 = name;
        match event.action.as_str() {
            "start" => entry.1 = true,
            "die" => entry.1 = false,
            "destroy" => {
                known.remove(&event.actor);
            }
            _ => {}
        }
    }
    known.remove("");
    known
}

fn walk(flavour: Flavour, acts: &[Act]) -> (Model, Vec<Event>) {
    let mut m = model(flavour);
    let (mut events, mut cursor) = (Vec::new(), m.last_seq());
    for act in acts {
        perform(&mut m, act);
        let now = m.now();
        m.advance(now);
        check(&m);
        events.extend(m.events_after(cursor).cloned());
        cursor = m.last_seq();
    }
    (m, events)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_the_books_stay_right(
        acts in prop::collection::vec(act(), 1..80),
        old in any::<bool>(),
    ) {
        let flavour = if old { Flavour::v20_10() } else { Flavour::v28() };
        let (m, events) = walk(flavour, &acts);
        prop_assert!(events.windows(2).all(|w| w[0].seq + 1 == w[1].seq && w[0].time < w[1].time));
        let heard = fold(&events);
        let held: BTreeMap<String, (String, bool)> =
            m.containers.values().map(|c| (c.id.clone(), (c.name.clone(), c.is_up()))).collect();
        prop_assert_eq!(heard, held, "the events tell the whole story");
    }

    #[test]
    fn the_same_seed_and_the_same_acts_give_the_same_engine(
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let (first, told) = walk(Flavour::v28(), &acts);
        let (second, again) = walk(Flavour::v28(), &acts);
        let text = |m: &Model| -> Vec<Value> {
            m.containers.values().map(|c| render::inspect(m, c, true)).collect()
        };
        prop_assert_eq!(text(&first), text(&second));
        let lines = |events: &[Event]| -> Vec<Value> {
            events.iter().map(|e| e.json(true)).collect()
        };
        prop_assert_eq!(lines(&told), lines(&again));
    }
}
