use std::os::unix::net::UnixListener;

use super::*;
use crate::domain::error::ErrorKind;

/// A file system with a home, and the variables to set in it.
struct World {
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
    sockets: Vec<UnixListener>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home").display().to_string();
        Self {
            dir,
            vars: vec![("HOME".into(), home)],
            sockets: Vec::new(),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.into(), value.into()));
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
        use sha2::Digest as _;
        use std::fmt::Write as _;
        let id = sha2::Sha256::digest(name)
            .iter()
            .fold(String::new(), |mut hex, b| {
                write!(hex, "{b:02x}").unwrap();
                hex
            });
        let meta = format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        self.file(&format!("home/.docker/contexts/meta/{id}/meta.json"), &meta)
    }

    fn current(self, name: &str) -> Self {
        let config = format!(r#"{{"currentContext":"{name}"}}"#);
        self.file("home/.docker/config.json", &config)
    }

    fn env(&self) -> Env {
        Env::new(self.vars.clone())
            .with_root(self.dir.path())
            .with_uid(1000)
    }

    fn resolve(&self) -> Resolved {
        self.env().resolve().unwrap()
    }

    /// Where the engine is, with the world's directory cut off, and why.
    fn said(&self) -> String {
        let found = self.resolve();
        let endpoint = found.endpoint.to_string();
        let endpoint = endpoint.replace(&self.dir.path().display().to_string(), "");
        format!("{endpoint} by {}", found.origin)
    }
}

#[test]
fn docker_host_beats_docker_context_beats_the_current_context() {
    let world = || {
        World::new()
            .context("a", "ssh://a")
            .context("b", "ssh://b")
            .current("b")
            .socket("var/run/docker.sock")
    };
    assert_eq!(world().said(), "ssh://b by context b (docker context use)");
    let chosen = world().set("DOCKER_CONTEXT", "a");
    assert_eq!(chosen.said(), "ssh://a by context a (DOCKER_CONTEXT)");
    let host = chosen.set("DOCKER_HOST", "unix:///x.sock");
    assert_eq!(host.said(), "unix:///x.sock by DOCKER_HOST");
    let warning = host.resolve().warning.unwrap();
    assert_eq!(
        warning,
        "DOCKER_HOST is set, so DOCKER_CONTEXT=a is ignored"
    );
    let default = world().set("DOCKER_CONTEXT", "default");
    assert_eq!(
        default.said(),
        "unix:///var/run/docker.sock by local socket"
    );
    let empty = world().set("DOCKER_HOST", "").set("DOCKER_CONTEXT", "");
    assert_eq!(empty.said(), "ssh://b by context b (docker context use)");
}

#[test]
fn without_any_setting_the_first_usable_local_socket_is_taken() {
    let nothing = World::new();
    assert_eq!(
        nothing.said(),
        "unix:///var/run/docker.sock by local socket"
    );
    let podman = World::new().socket("run/podman/podman.sock");
    assert_eq!(
        podman.said(),
        "unix:///run/podman/podman.sock by local socket"
    );
    let rootless = podman.socket("run/user/1000/docker.sock");
    assert_eq!(
        rootless.said(),
        "unix:///run/user/1000/docker.sock by local socket"
    );
    let desktop = World::new().socket("home/.docker/run/docker.sock");
    assert_eq!(
        desktop.said(),
        "unix:///home/.docker/run/docker.sock by local socket"
    );
    // A stale file or a directory is no socket.
    let file = World::new()
        .file("var/run/docker.sock", "")
        .socket("run/podman/podman.sock");
    assert_eq!(
        file.said(),
        "unix:///run/podman/podman.sock by local socket"
    );
}

#[test]
fn local_sockets_are_listed_once_each() {
    let world = World::new()
        .socket("run/podman/podman.sock")
        .socket("xdg/podman/podman.sock")
        .socket("xdg/docker.sock");
    let world = {
        let runtime = world.path("xdg").display().to_string();
        world.set("XDG_RUNTIME_DIR", &runtime)
    };
    std::fs::create_dir_all(world.path("var/run")).unwrap();
    let link = world.path("var/run/docker.sock");
    std::os::unix::fs::symlink(world.path("run/podman/podman.sock"), link).unwrap();
    let found = world.env().local_sockets();
    let said: Vec<_> = found
        .iter()
        .map(|s| {
            (
                s.path
                    .strip_prefix(world.dir.path())
                    .unwrap()
                    .to_str()
                    .unwrap(),
                s.kind,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("var/run/docker.sock", EngineKind::Docker),
            ("xdg/docker.sock", EngineKind::Docker),
            ("xdg/podman/podman.sock", EngineKind::Podman),
        ]
    );
    assert!(found.iter().all(|s| s.permitted));
}

#[test]
fn tls_variables_mean_what_they_mean_to_docker() {
    let certs = || {
        let world = World::new()
            .file("certs/ca.pem", "x")
            .file("certs/cert.pem", "x")
            .file("certs/key.pem", "x");
        let dir = world.path("certs").display().to_string();
        world
            .set("DOCKER_CERT_PATH", &dir)
            .set("DOCKER_HOST", "tcp://h:2376")
    };
    let world = certs().set("DOCKER_TLS_VERIFY", "1");
    let in_dir = |verify| TlsMaterial::in_dir(&world.path("certs"), verify);
    assert_eq!(world.resolve().tls, Some(in_dir(true)));
    // Any value, even one that looks like "no".
    let zero = certs().set("DOCKER_TLS_VERIFY", "0").resolve().tls.unwrap();
    assert!(zero.verify);
    let skip = certs().set("DOCKER_TLS", "1").resolve().tls.unwrap();
    assert!(!skip.verify && skip.identity.is_some());
    // Certificates alone do not turn TLS on; that is worth a word.
    let plain = certs().resolve();
    assert_eq!(plain.tls, None);
    assert!(
        plain
            .warning
            .unwrap()
            .contains("the connection is not encrypted")
    );
    let https = certs().set("DOCKER_HOST", "https://h:2376").resolve();
    assert!(https.tls.unwrap().identity.is_some());
    assert_eq!(https.warning, None);
    // A socket needs none of it.
    let unix = certs()
        .set("DOCKER_TLS_VERIFY", "1")
        .set("DOCKER_HOST", "unix:///x");
    assert_eq!(unix.resolve().tls, None);
}

#[test]
fn certificates_default_to_dockers_directory_and_then_the_systems_trust() {
    let world = || {
        World::new()
            .set("DOCKER_TLS_VERIFY", "1")
            .set("DOCKER_HOST", "tcp://h")
    };
    let bare = world()
        .set("SSL_CERT_FILE", "/ca.crt")
        .resolve()
        .tls
        .unwrap();
    let expected = TlsMaterial {
        system_bundle: Some("/ca.crt".into()),
        ..TlsMaterial::default()
    };
    assert_eq!(bare, expected);
    let home = world().file("home/.docker/ca.pem", "x");
    let ca = home.path("home/.docker/ca.pem");
    assert_eq!(home.resolve().tls.unwrap().ca, Some(Pem::File(ca)));
    let config = world().file("cfg/ca.pem", "x");
    let dir = config.path("cfg");
    let config = config.set("DOCKER_CONFIG", dir.to_str().unwrap());
    assert_eq!(
        config.resolve().tls.unwrap().ca,
        Some(Pem::File(dir.join("ca.pem")))
    );
    // A directory that was named must have its CA.
    let named = world()
        .set("DOCKER_CERT_PATH", "/nowhere")
        .resolve()
        .tls
        .unwrap();
    assert_eq!(named.ca, Some(Pem::File("/nowhere/ca.pem".into())));
}

#[test]
fn tls_without_a_host_means_the_local_tls_port() {
    let world = World::new()
        .set("DOCKER_TLS_VERIFY", "1")
        .socket("var/run/docker.sock");
    assert_eq!(world.said(), "tcp://localhost:2376 by DOCKER_HOST");
    assert!(world.resolve().tls.is_some());
}

#[test]
fn an_endpoint_is_followed_to_its_engine() {
    let world = World::new()
        .context("a", "ssh://a")
        .set("DOCKER_HOST", "tcp://h:1")
        .set("DOCKER_TLS_VERIFY", "1");
    let follow = |text: &str| world.env().follow(&text.parse().unwrap()).unwrap();
    assert_eq!(follow("context:a").endpoint.to_string(), "ssh://a");
    assert_eq!(follow("context:a").origin, Origin::Context("a".into()));
    assert_eq!(follow("context:default").endpoint.to_string(), "tcp://h:1");
    // DOCKER_TLS_VERIFY belongs to DOCKER_HOST, not to hosts configured elsewhere.
    assert_eq!(follow("tcp://other:2375").tls, None);
    assert!(follow("https://other").tls.is_some());
}

#[test]
fn wrong_variables_are_named() {
    let fails = |world: World| {
        let e = world.env().resolve().unwrap_err();
        (e.kind(), e.chain())
    };
    for (world, kind, words) in [
        (
            World::new().set("DOCKER_HOST", "/var/run/docker.sock"),
            ErrorKind::Invalid,
            "the variable DOCKER_HOST: the endpoint \"/var/run/docker.sock\"",
        ),
        (
            World::new().set("DOCKER_HOST", "context:a"),
            ErrorKind::Invalid,
            "DOCKER_HOST cannot name a context",
        ),
        (
            World::new().set("DOCKER_CONTEXT", "gone"),
            ErrorKind::NotFound,
            "the variable DOCKER_CONTEXT: there is no Docker context \"gone\"",
        ),
        (
            World::new().current("gone"),
            ErrorKind::NotFound,
            "the current Docker context: there is no Docker context \"gone\"",
        ),
        (
            World::new().set("DOCKER_API_VERSION", "new"),
            ErrorKind::Invalid,
            "the variable DOCKER_API_VERSION: \"new\" is not an API version",
        ),
    ] {
        let (got, said) = fails(world);
        assert_eq!(got, kind, "{said}");
        assert!(said.starts_with(words), "{said}");
    }
    let pinned = World::new().set("DOCKER_API_VERSION", "1.40").resolve();
    assert_eq!(pinned.api, Some(ApiVersion::new(1, 40)));
}

#[test]
fn without_a_home_there_are_no_contexts() {
    let env = Env::new([("DOCKER_CONTEXT".to_owned(), "a".to_owned())]);
    assert_eq!(env.resolve().unwrap_err().kind(), ErrorKind::NotFound);
    let env = Env::new([("DOCKER_TLS".to_owned(), "1".to_owned())]);
    assert!(
        env.resolve()
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("DOCKER_CERT_PATH")
    );
}
