use super::*;

/// A configuration directory as the docker CLI leaves it.
struct Stored(tempfile::TempDir);

impl Stored {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn meta(&self, name: &str, json: &str) {
        self.write(&format!("contexts/meta/{}/meta.json", id(name)), json);
    }

    fn engine(&self, name: &str, host: &str, skip: bool) {
        self.meta(
            name,
            &format!(
                r#"{{"Name":"{name}","Metadata":{{"Description":"of {name}"}},
                "Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":{skip}}}}}}}"#
            ),
        );
    }

    fn tls(&self, name: &str, file: &str) {
        self.write(&format!("contexts/tls/{}/docker/{file}", id(name)), "x");
    }

    fn contexts(&self) -> Contexts {
        Contexts::new(Some(self.0.path().to_owned()))
    }
}

#[test]
fn ids_are_what_docker_computes() {
    // echo -n prod | sha256sum
    assert_eq!(
        id("prod"),
        "6754af9632a2745e85c293e5aac0863370d9bd3330b9938c00cadfd215227d77"
    );
}

#[test]
fn a_context_has_its_endpoint_and_certificates() {
    let stored = Stored::new();
    stored.engine("prod", "tcp://10.0.0.5:2376", false);
    for file in ["ca.pem", "cert.pem", "key.pem"] {
        stored.tls("prod", file);
    }
    let prod = stored.contexts().get("prod").unwrap();
    assert_eq!(prod.endpoint.to_string(), "tcp://10.0.0.5:2376");
    assert_eq!(prod.description, "of prod");
    let dir = stored
        .0
        .path()
        .join("contexts/tls")
        .join(id("prod"))
        .join("docker");
    assert_eq!(prod.tls, Some(TlsMaterial::in_dir(&dir, true)));
}

#[test]
fn skipping_verification_keeps_the_certificate_or_needs_none() {
    let stored = Stored::new();
    stored.engine("lab", "tcp://10.0.0.5:2376", true);
    let tls = stored.contexts().get("lab").unwrap().tls.unwrap();
    assert!(!tls.verify && tls.identity.is_none());
    stored.tls("lab", "key.pem");
    let tls = stored.contexts().get("lab").unwrap().tls.unwrap();
    assert!(!tls.verify && tls.identity.is_some());
    // Nothing stored and nothing skipped: no TLS. Nor for what is no TCP.
    stored.engine("plain", "tcp://10.0.0.5:2375", false);
    assert_eq!(stored.contexts().get("plain").unwrap().tls, None);
    stored.engine("ssh", "ssh://u@h", true);
    assert_eq!(stored.contexts().get("ssh").unwrap().tls, None);
}

#[test]
fn the_current_context_is_read_from_the_configuration() {
    let stored = Stored::new();
    assert_eq!(stored.contexts().current().unwrap(), None);
    for (config, current) in [
        (r#"{"auths":{},"currentContext":"prod"}"#, Some("prod")),
        (r#"{"currentContext":"default"}"#, None),
        (r#"{"currentContext":""}"#, None),
        ("{}", None),
        ("", None),
    ] {
        stored.write("config.json", config);
        assert_eq!(
            stored.contexts().current().unwrap().as_deref(),
            current,
            "{config}"
        );
    }
    stored.write("config.json", "{\n  \"auths\": }");
    let e = stored.contexts().current().unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Invalid);
    assert!(
        e.chain().contains("config.json is not what docker writes"),
        "{}",
        e.chain()
    );
    assert!(e.chain().contains("line 2 column"), "{}", e.chain());
}

#[test]
fn a_broken_context_does_not_hide_the_others() {
    let stored = Stored::new();
    stored.engine("b", "unix:///b.sock", false);
    stored.engine("a", "npipe:////./pipe/x", false);
    stored.meta("broken", "{");
    stored.meta(
        "kube",
        r#"{"Name":"kube","Endpoints":{"kubernetes":{"Host":"https://k"}}}"#,
    );
    stored.meta(
        "loop",
        r#"{"Name":"loop","Endpoints":{"docker":{"Host":"context:loop"}}}"#,
    );
    stored.write("contexts/meta/.DS_Store", "");
    let list = stored.contexts().list().unwrap();
    let said: Vec<String> = list
        .iter()
        .map(|l| match &l.context {
            Ok(context) => format!("{} {}", l.name, context.endpoint),
            Err(e) => format!("{} {}", l.name, e.kind().word()),
        })
        .collect();
    let mut expected = vec![
        "a unsupported".to_owned(),
        "b unix:///b.sock".to_owned(),
        format!("{}… invalid", &id("broken")[..12]),
        "kube invalid".to_owned(),
        "loop invalid".to_owned(),
    ];
    expected.sort();
    assert_eq!(said, expected);
}

#[test]
fn an_unknown_context_lists_those_there_are() {
    let stored = Stored::new();
    let e = stored.contexts().get("nope").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.hint().unwrap().starts_with("there are none in "));
    stored.engine("prod", "unix:///p", false);
    stored.engine("lab", "unix:///l", false);
    let e = stored.contexts().get("../../etc").unwrap_err();
    assert_eq!(e.hint(), Some("there are: default, lab, prod"));
}

#[test]
fn names_from_files_are_cleaned() {
    let stored = Stored::new();
    stored.meta(
        "x",
        r#"{"Name":"x\u001b[2J","Endpoints":{"docker":{"Host":"unix:///x"}}}"#,
    );
    assert_eq!(stored.contexts().get("x").unwrap().name, "x\u{fffd}[2J");
}

#[test]
fn without_a_directory_there_are_no_contexts() {
    let none = Contexts::new(None);
    assert_eq!(none.current().unwrap(), None);
    assert!(none.list().unwrap().is_empty());
    assert_eq!(none.get("a").unwrap_err().kind(), ErrorKind::NotFound);
}
