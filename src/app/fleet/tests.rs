use std::cell::RefCell;
use std::os::unix::net::UnixListener;
use std::path::Path;

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::*;
use crate::app::BrokenEngine;
use crate::config::{Inputs, load};
use crate::domain::error::ErrorKind;

/// A machine with a home directory, a configuration and sockets.
struct World {
    dir: TempDir,
    vars: Vec<(String, String)>,
    config: String,
    sockets: Vec<UnixListener>,
}

/// What a fleet came to.
struct Made {
    fleet: Fleet,
    resolved: Vec<(Resolved, Limits)>,
}

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}

impl World {
    fn new(config: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let home = dir.path().join("home").display().to_string();
        Self {
            vars: vec![("HOME".to_owned(), home)],
            dir,
            config: config.to_owned(),
            sockets: Vec::new(),
        }
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn socket(mut self, path: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.sockets.push(UnixListener::bind(path).unwrap());
        self
    }

    fn context(self, name: &str, host: &str) -> Self {
        use std::fmt::Write as _;

        use sha2::Digest as _;
        let hash = sha2::Sha256::digest(name);
        let id = hash.iter().fold(String::new(), |mut hex, b| {
            write!(hex, "{b:02x}").unwrap();
            hex
        });
        let meta = format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        self.file(&format!("home/.docker/contexts/meta/{id}/meta.json"), &meta)
    }

    fn current(self, name: &str) -> Self {
        let text = format!(r#"{{"currentContext":"{name}"}}"#);
        self.file("home/.docker/config.json", &text)
    }

    fn config(&self) -> Config {
        let file = self.path("config.toml");
        let text = self
            .config
            .replace("DIR", &self.dir.path().display().to_string());
        std::fs::write(&file, text).unwrap();
        let inputs = Inputs {
            file: Some(file),
            ..Inputs::default()
        };
        load(&inputs).unwrap_or_else(|m| panic!("{m}")).config
    }

    fn env(&self) -> Env {
        Env::new(self.vars.clone()).with_root(self.dir.path())
    }

    /// The fleet, with an engine nobody can use for each endpoint.
    fn make(&self) -> Made {
        let resolved = RefCell::new(Vec::new());
        let make = |r: &Resolved, limits: Limits| -> Result<Arc<dyn Engine>> {
            resolved.borrow_mut().push((r.clone(), limits));
            Ok(Arc::new(BrokenEngine::new(Error::internal("a test"))))
        };
        let fleet = fleet(&self.config(), &self.env(), &make);
        Made {
            fleet,
            resolved: resolved.into_inner(),
        }
    }

    /// Name, endpoint and origin of each host.
    fn rows(&self) -> Vec<[String; 3]> {
        let dir = self.dir.path().display().to_string();
        let plain = |text: &str| text.replace(&dir, "");
        let made = self.make();
        let rows = made.fleet.hosts.iter().map(|h| {
            let f = &h.facts;
            [f.id.as_str(), &*f.endpoint, &*f.origin].map(plain)
        });
        rows.collect()
    }

    /// With real engines; the error of the host called `name`.
    async fn error_of(&self, name: &str) -> Error {
        let env = self.env();
        let make = docker_engines(&env, Arc::new(Noon));
        let fleet = fleet(&self.config(), &env, &make);
        let host = fleet
            .hosts
            .iter()
            .find(|h| h.facts.id.as_str() == name)
            .unwrap();
        host.engine.connect().await.unwrap_err()
    }
}

#[test]
fn with_nothing_configured_it_is_the_local_engine() {
    let world = World::new("").socket("run/podman/podman.sock");
    assert_eq!(
        world.rows(),
        [["local", "unix:///run/podman/podman.sock", "local socket"]]
    );
    let world = world.socket("var/run/docker.sock");
    assert_eq!(
        world.rows(),
        [["local", "unix:///var/run/docker.sock", "local socket"]]
    );
    assert!(World::new("").rows().is_empty());
    let none = World::new("[docker]\nlocal = false").socket("var/run/docker.sock");
    assert!(none.rows().is_empty());
    let other = World::new("[hosts.a]\nendpoint = \"tcp://a\"").socket("var/run/docker.sock");
    assert_eq!(other.rows().len(), 1);
}

#[test]
fn hosts_of_the_file_come_first_and_as_they_are_written() {
    let world = World::new(
        "[hosts.b]\nendpoint = \"ssh://ann@b\"\nlabels = { env = \"prod\" }\nread_only = true\n\
         connect_timeout = \"2s\"\nmax_calls = 3\n[hosts.a]\nendpoint = \"context:build\"\n\
         [core]\ncall_timeout = \"7s\"",
    )
    .context("build", "tcp://build:2375")
    .var("DOCKER_HOST", "tcp://ci.example.com:2375");
    assert_eq!(
        world.rows(),
        [
            ["b", "ssh://ann@b", "/config.toml:1"],
            ["a", "context:build", "/config.toml:7"],
            ["ci.example.com", "tcp://ci.example.com:2375", "DOCKER_HOST"],
        ]
    );
    let made = world.make();
    let facts = &made.fleet.hosts[0].facts;
    assert_eq!(facts.labels.get("env").map(|v| &**v), Some("prod"));
    assert!(facts.read_only);
    let limits = |connect, calls| Limits {
        connect: Duration::from_secs(connect),
        call: Duration::from_secs(7),
        calls,
    };
    let found: Vec<Limits> = made.resolved.iter().map(|(_, l)| *l).collect();
    assert_eq!(found, [limits(2, 3), limits(5, 8), limits(5, 8)]);
    assert_eq!(made.fleet.hosts[0].calls, 3);
    assert_eq!(made.resolved[1].0.endpoint.to_string(), "tcp://build:2375");
}

#[test]
fn what_the_docker_cli_would_use_is_a_host() {
    let world = World::new("")
        .context("prod", "tcp://10.0.0.5:2375")
        .current("prod");
    let origin = "context prod (docker context use)";
    assert_eq!(world.rows(), [["prod", "tcp://10.0.0.5:2375", origin]]);
    let world = World::new("[docker]\nenv = false")
        .context("prod", "tcp://x:1")
        .current("prod");
    assert!(world.rows().is_empty());
    let world = World::new("")
        .context("prod", "tcp://x:1")
        .var("DOCKER_CONTEXT", "prod");
    assert_eq!(
        world.rows(),
        [["prod", "tcp://x:1", "context prod (DOCKER_CONTEXT)"]]
    );
}

#[test]
fn all_contexts_can_be_hosts() {
    let world = World::new("[docker]\ncontexts = true")
        .context("b", "ssh://b")
        .context("a", "tcp://a:1")
        .current("b")
        .socket("var/run/docker.sock");
    assert_eq!(
        world.rows(),
        [
            ["b", "ssh://b", "context b (docker context use)"],
            ["a", "tcp://a:1", "context a"],
        ]
    );
}

#[test]
fn the_same_engine_twice_is_one_host() {
    let world = World::new(
        "[hosts.web]\nendpoint = \"tcp://Web:2375\"\n[hosts.sock]\nendpoint = \"unix://DIR/s\"",
    )
    .socket("s")
    .context("other", "tcp://web")
    .current("other");
    std::os::unix::fs::symlink(world.path("s"), world.path("link")).unwrap();
    let link = format!("unix://{}", world.path("link").display());
    let world = world.var("DOCKER_HOST", &link);
    let names = |world: &World| -> Vec<String> {
        world.rows().into_iter().map(|[name, ..]| name).collect()
    };
    assert_eq!(names(&world), ["web", "sock"]);
    assert_eq!(world.make().fleet.warnings, Vec::<String>::new());
    let twice = "[hosts.a]\nendpoint = \"tcp://x\"\n[hosts.b]\nendpoint = \"http://x:2375\"";
    let world = World::new(twice);
    assert_eq!(names(&world), ["a"]);
    assert_eq!(
        world.make().fleet.warnings,
        ["the hosts a and b are the same engine; a is used"]
    );
    // Another port, TLS, or another login is another engine.
    let differ = "[hosts.a]\nendpoint = \"tcp://x\"\n[hosts.b]\nendpoint = \"https://x\"\n\
                  [hosts.c]\nendpoint = \"ssh://x\"\n[hosts.d]\nendpoint = \"ssh://me@x\"";
    assert_eq!(names(&World::new(differ)), ["a", "b", "c", "d"]);
}

#[test]
fn a_name_that_is_taken_gets_its_origin() {
    let world = World::new("[docker]\ncontexts = true\n[hosts.prod]\nendpoint = \"tcp://a\"")
        .context("prod", "tcp://b:1")
        .var("DOCKER_HOST", "tcp://prod:7");
    let names: Vec<String> = world.rows().into_iter().map(|[name, ..]| name).collect();
    assert_eq!(names, ["prod", "prod@DOCKER_HOST", "prod@context"]);
}

#[test]
fn tls_is_as_the_file_says() {
    let world = World::new(
        "[hosts.plain]\nendpoint = \"tcp://a:1\"\ntls_verify = false\n\
         [hosts.full]\nendpoint = \"tcp://b\"\nca = \"ca.pem\"\ncert = \"c.pem\"\nkey = \"k.pem\"\n\
         tls_name = \"engine\"\n[hosts.any]\nendpoint = \"https://c\"\ntls_verify = false\n\
         [hosts.system]\nendpoint = \"tcp://d\"\ntls_verify = true\n\
         [hosts.sock]\nendpoint = \"unix:///x\"\nca = \"ca.pem\"\n\
         [hosts.dir]\nendpoint = \"tcp://e\"\ncert_path = \"certs\"\nca = \"ca.pem\"\n",
    )
    .var("SSL_CERT_FILE", "/bundle.pem");
    let made = world.make();
    let tls: Vec<Option<&TlsMaterial>> =
        made.resolved.iter().map(|(r, _)| r.tls.as_ref()).collect();
    let file = |name: &str| Pem::File(world.path(name));
    let system_bundle = Some(PathBuf::from("/bundle.pem"));
    assert_eq!(tls[0], None);
    let full = TlsMaterial {
        ca: Some(file("ca.pem")),
        identity: Some((file("c.pem"), file("k.pem"))),
        verify: true,
        server_name: Some("engine".to_owned()),
        system_bundle: system_bundle.clone(),
    };
    assert_eq!(tls[1], Some(&full));
    let any = TlsMaterial {
        verify: false,
        system_bundle: system_bundle.clone(),
        ..TlsMaterial::default()
    };
    assert_eq!(tls[2], Some(&any));
    let system = TlsMaterial {
        system_bundle,
        ..TlsMaterial::default()
    };
    assert_eq!(tls[3], Some(&system));
    assert_eq!(tls[4], None);
    let dir = tls[5].unwrap();
    assert_eq!(dir.ca, Some(file("ca.pem")));
    let identity = Some((file("certs/cert.pem"), file("certs/key.pem")));
    assert_eq!(dir.identity, identity);
    assert_eq!(
        made.fleet.warnings,
        ["the host sock: its TLS settings mean nothing for unix:///x"]
    );
}

#[tokio::test]
async fn what_cannot_be_used_is_a_host_that_says_why() {
    let world = World::new(
        "[hosts.odd]\nendpoint = \"prod-1:2375\"\n[hosts.tls]\nendpoint = \"tcp://b\"\n\
         ca = \"absent.pem\"\n[hosts.gone]\nendpoint = \"context:gone\"\n\
         [hosts.ssh]\nendpoint = \"ssh://x\"\n",
    )
    .var("DOCKER_CONTEXT", "nobody");
    let odd = world.error_of("odd").await;
    assert_eq!(odd.kind(), ErrorKind::Invalid);
    assert!(odd.message().starts_with("the host odd (/"), "{odd:?}");
    assert!(odd.message().ends_with("/config.toml:1)"), "{odd:?}");
    assert_eq!(odd.hint(), Some("did you mean tcp://prod-1:2375?"));
    let tls = world.error_of("tls").await;
    assert!(tls.chain().contains("absent.pem"), "{tls:?}");
    let gone = world.error_of("gone").await;
    assert!(
        gone.chain().contains("no Docker context \"gone\""),
        "{gone:?}"
    );
    assert_eq!(world.error_of("ssh").await.kind(), ErrorKind::Unsupported);
    let nobody = world.error_of("nobody").await;
    assert!(nobody.chain().contains("DOCKER_CONTEXT"), "{nobody:?}");
    let world = World::new("").var("DOCKER_HOST", "tcp://");
    assert_eq!(world.rows()[0][0], "localhost");
    let world = World::new("").var("DOCKER_HOST", "what://x");
    assert_eq!(
        world.error_of("DOCKER_HOST").await.kind(),
        ErrorKind::Invalid
    );
}

#[test]
fn names_and_addresses_are_harmless() {
    for (name, clean) in [
        ("prod", "prod"),
        ("a/b*c d", "a-b-c-d"),
        ("--", "unnamed"),
        ("\u{1b}[31mx", "x"),
    ] {
        assert_eq!(usable(name), clean);
    }
    assert_eq!(shown("ssh://ann:pw@x"), "ssh://ann:********@x");
    assert_eq!(shown("ssh://ann@x"), "ssh://ann@x");
    assert_eq!(shown("tcp://x\u{1b}[2J"), "tcp://x");
}

#[tokio::test]
async fn a_real_engine_is_made() {
    use crate::sim::{Flavour, SimClock, SimConfig, SimEngine};
    let world = World::new("[hosts.sim]\nendpoint = \"unix://DIR/d.sock\"")
        .var("DOCKER_API_VERSION", "1.41");
    let _engine = SimEngine::start(SimConfig {
        name: "sim".into(),
        flavour: Flavour::v28(),
        seed: 1,
        socket_path: world.path("d.sock"),
        clock: SimClock::from_fn(|| DateTime::UNIX_EPOCH),
    })
    .unwrap();
    let env = world.env();
    let make = docker_engines(&env, Arc::new(Noon));
    let fleet = fleet(&world.config(), &env, &make);
    let engine = &fleet.hosts[0].engine;
    engine.connect().await.unwrap();
    assert_eq!(&*engine.info().await.unwrap().api, "1.41");
    assert!(Path::new(&*fleet.hosts[0].facts.origin).starts_with(world.dir.path()));
}
