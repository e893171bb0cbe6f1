//! An engine that manages a Swarm: what it says of services, tasks and nodes, and what cannot be
//! done with them.

use serde_json::Value;

use crate::home::Home;
use crate::live;

/// Leaves the Swarm again, whatever happened.
struct Manager {
    endpoint: String,
}

impl Manager {
    fn new() -> Self {
        let manager = Self {
            endpoint: live::variable("SWARM"),
        };
        manager.leave();
        let address = live::variable("SWARM_ADDRESS");
        manager.docker(&["swarm", "init", "--advertise-addr", &address]);
        manager
    }

    fn docker(&self, args: &[&str]) -> String {
        live::docker(&self.endpoint, args)
    }

    fn leave(&self) {
        let _ = live::docker_output(&self.endpoint, &["swarm", "leave", "--force"]);
    }

    fn create(&self, name: &str, replicas: &str, image: &str, command: &str) {
        let made = live::docker_output(
            &self.endpoint,
            &[
                "service",
                "create",
                "--detach",
                "--no-resolve-image",
                "--name",
                name,
                "--replicas",
                replicas,
                "--restart-max-attempts",
                "2",
                "--restart-delay",
                "100ms",
                "--stop-signal",
                "SIGKILL",
                image,
                "sh",
                "-c",
                command,
            ],
        );
        assert!(made.status.success(), "{made:?}");
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        self.leave();
    }
}

fn items(home: &Home, kind: &str) -> Vec<Value> {
    let text = home.run(&["ls", kind, "-o", "json"]).ok();
    let document: Value = serde_json::from_str(&text).unwrap();
    document["items"].as_array().unwrap().clone()
}

fn service(home: &Home, name: &str) -> Option<Value> {
    items(home, "services")
        .into_iter()
        .find(|s| s["name"] == name)
}

#[test]
fn a_swarms_services_tasks_and_nodes_are_seen() {
    if live::absent() {
        return;
    }
    if std::env::var_os("PILOTHOUSE_LIVE_SWARM").is_none() {
        live::skip("the bed has no machine for a Swarm");
        return;
    }
    let manager = Manager::new();
    let home = Home::new(&[("boss".into(), manager.endpoint.clone())]);
    let image = live::variable("IMAGE");
    manager.create("calm", "2", &image, "while :; do sleep 1; done");
    manager.create("torn", "1", "no/such:1", "true");

    live::until("both replicas of calm run", || {
        service(&home, "calm").is_some_and(|s| s["running"] == 2)
    });
    let calm = service(&home, "calm").unwrap();
    assert_eq!(
        (&calm["mode"], &calm["desired"]),
        (&"replicated".into(), &2.into())
    );
    assert_eq!(
        (&calm["kind"], &calm["host"]),
        (&"Service".into(), &"boss".into())
    );
    let tasks = calm["swarm"]["tasks"].as_array().unwrap();
    let up: Vec<&Value> = tasks.iter().filter(|t| t["state"] == "running").collect();
    assert_eq!(up.len(), 2, "{calm:#}");
    let running = manager.docker(&["ps", "--no-trunc", "-q"]);
    for task in up {
        let container = task["container"].as_str().unwrap();
        assert!(running.contains(container), "{task:#} of {running}");
    }

    live::until("torn says why no task of it runs", || {
        let Some(torn) = service(&home, "torn") else {
            return false;
        };
        assert_eq!((&torn["running"], &torn["desired"]), (&0.into(), &1.into()));
        let tasks = torn["swarm"]["tasks"].as_array().unwrap();
        tasks.iter().any(|t| {
            let said = t["error"].as_str().unwrap_or_default();
            said.contains("No such image: no/such:1")
        })
    });

    let nodes = items(&home, "nodes");
    let [node] = &nodes[..] else {
        panic!("{nodes:#?}");
    };
    let id = manager.docker(&["info", "-f", "{{.Swarm.NodeID}}"]);
    assert_eq!(
        (&node["id"], &node["role"]),
        (&id.into(), &"manager".into())
    );
    assert_eq!(
        (&node["status"], &node["leader"]),
        (&"ready".into(), &true.into())
    );
    let document = home.run(&["inspect", "-k", "service", "calm"]).ok();
    assert!(document.contains("\"Replicas\": 2"), "{document}");

    refused(&home, &manager);
    follows(&home, &manager);
}

/// Tasks are the Swarm's to start and stop: it says so, and changes nothing.
fn refused(home: &Home, manager: &Manager) {
    let before = manager.docker(&["ps", "-q"]);
    for verb in ["start", "stop", "restart", "kill", "rm"] {
        let said = home.run(&[verb, "calm", "--yes"]).code(1);
        assert!(said.stderr.contains("is a Swarm service"), "{said:#?}");
        assert!(
            said.stderr.contains("docker service scale calm="),
            "{said:#?}"
        );
    }
    assert_eq!(manager.docker(&["ps", "-q"]), before);
}

/// What is done with the docker CLI is seen.
fn follows(home: &Home, manager: &Manager) {
    manager.docker(&["service", "scale", "--detach", "calm=3"]);
    live::until("calm has grown", || {
        service(home, "calm").is_some_and(|s| s["running"] == 3 && s["desired"] == 3)
    });
    manager.docker(&["service", "rm", "calm", "torn"]);
    live::until("its services are gone", || {
        items(home, "services").is_empty()
    });
    live::until("their containers are gone", || {
        manager.docker(&["ps", "-aq"]).is_empty()
    });
    manager.leave();
    assert!(items(home, "nodes").is_empty());
}
