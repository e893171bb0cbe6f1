use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::*;

/// A configuration file, and helpers in a directory of their own.
struct Setup {
    dir: tempfile::TempDir,
    auth: RegistryAuth,
}

impl Setup {
    fn new(config: &Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let auth = RegistryAuth::from_file(&file).with_helper_path(dir.path());
        Self { dir, auth }
    }

    fn helper(self, name: &str, script: &str) -> Self {
        let path = self.dir.path().join(format!("docker-credential-{name}"));
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    async fn header(&self, reference: &str) -> Option<Value> {
        let header = self.auth.header(reference).await.unwrap().header?;
        Some(serde_json::from_slice(&URL_SAFE.decode(header).unwrap()).unwrap())
    }
}

fn login(user: &str, password: &str) -> Value {
    json!({ "auth": STANDARD.encode(format!("{user}:{password}")) })
}

#[tokio::test]
async fn the_registry_of_the_reference_decides() {
    let setup = Setup::new(&json!({ "auths": {
        HUB: login("hub", "a:b"),
        "https://r.io/v2/": login("u", "p"),
        "plain:5000": { "username": "x", "password": "y" },
        "token.io": { "identitytoken": "t" },
        "empty.io": {},
    } }));
    let named = |user: &str, password: &str, server: &str| {
        Some(json!({ "username": user, "password": password, "serveraddress": server }))
    };
    assert_eq!(setup.header("busybox").await, named("hub", "a:b", HUB));
    assert_eq!(
        setup.header("docker.io/a/b:1").await,
        named("hub", "a:b", HUB)
    );
    assert_eq!(setup.header("r.io/x:1").await, named("u", "p", "r.io"));
    assert_eq!(
        setup.header("plain:5000/x").await,
        named("x", "y", "plain:5000")
    );
    assert_eq!(
        setup.header("token.io/x").await,
        Some(json!({ "identitytoken": "t", "serveraddress": "token.io" }))
    );
    assert_eq!(setup.header("empty.io/x").await, None);
    assert_eq!(setup.header("other.io/x").await, None);
}

#[tokio::test]
async fn helpers_are_asked() {
    let setup = Setup::new(&json!({
        "credsStore": "all",
        "credHelpers": { "r.io": "one" },
        "auths": { "r.io": login("old", "old") },
    }))
    .helper(
        "one",
        r#"read server; echo "{\"Username\":\"$server\",\"Secret\":\"s\"}""#,
    )
    .helper("all", r#"echo '{"Username":"<token>","Secret":"t"}'"#);
    assert_eq!(
        setup.header("r.io/x").await,
        Some(json!({ "username": "r.io", "password": "s", "serveraddress": "r.io" }))
    );
    assert_eq!(
        setup.header("busybox").await,
        Some(json!({ "identitytoken": "t", "serveraddress": HUB }))
    );
}

#[tokio::test]
async fn a_helper_that_knows_nothing_is_no_failure() {
    let config = json!({ "credsStore": "all" });
    let setup = Setup::new(&config).helper(
        "all",
        "echo 'credentials not found in native keychain'; exit 1",
    );
    let found = setup.auth.header("busybox").await.unwrap();
    assert!(found.header.is_none() && found.warning.is_none());
    let setup = Setup::new(&config).helper("all", "exit 3");
    let found = setup.auth.header("busybox").await.unwrap();
    assert!(found.warning.unwrap().contains("docker-credential-all"));
    let found = Setup::new(&config).auth.header("busybox").await.unwrap();
    assert!(found.warning.is_some(), "there is no such program");
    let config = json!({ "credsStore": "../../bin/sh" });
    let found = Setup::new(&config).auth.header("busybox").await.unwrap();
    assert!(found.header.is_none() && found.warning.is_some());
}

#[tokio::test]
async fn a_missing_file_is_none_and_a_broken_one_an_error() {
    let none = RegistryAuth::from_file("/nonexistent/config.json");
    assert!(none.header("busybox").await.unwrap().header.is_none());
    let setup = Setup::new(&Value::Null);
    std::fs::write(setup.dir.path().join("config.json"), "{\"auths\": secret").unwrap();
    let e = setup.auth.header("busybox").await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert!(!e.chain().contains("secret"), "{}", e.chain());
}
