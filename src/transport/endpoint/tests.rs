use proptest::prelude::{Strategy, any, proptest};

use super::*;

fn parse(text: &str) -> Endpoint {
    text.parse()
        .unwrap_or_else(|e: Error| panic!("{text}: {}", e.chain()))
}

fn refuse(text: &str) -> (ErrorKind, String) {
    let e = text.parse::<Endpoint>().unwrap_err();
    (e.kind(), format!("{} / {}", e.chain(), e.hint().unwrap()))
}

#[test]
fn every_form_prints_as_it_was_written() {
    for text in [
        "unix:///var/run/docker.sock",
        "unix:///tmp/with:colon@and-at",
        "tcp://10.0.0.5:2375",
        "tcp://prod-1",
        "tcp://[::1]:2375",
        "tcp://[fe80::1%eth0]:2376",
        "http://localhost:8080",
        "http://localhost/docker",
        "https://engine.example:2376",
        "https://[2001:db8::1]",
        "ssh://deploy@prod-1:2222",
        "ssh://prod-1",
        "ssh://root@[::1]:22/run/podman/podman.sock",
        "context:prod",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn ports_default_by_tls() {
    let Endpoint::Tcp(target) = parse("tcp://h") else {
        panic!("not tcp")
    };
    assert_eq!((target.port(false), target.port(true)), (2375, 2376));
    let Endpoint::Tcp(target) = parse("tcp://h:99") else {
        panic!("not tcp")
    };
    assert_eq!((target.port(false), target.port(true)), (99, 99));
}

#[test]
fn mistakes_name_what_was_meant() {
    for (text, meant) in [
        (
            "/var/run/docker.sock",
            "did you mean unix:///var/run/docker.sock?",
        ),
        ("unix:/run/d.sock", "did you mean unix:///run/d.sock?"),
        ("unix://run/d.sock", "did you mean unix:///run/d.sock?"),
        ("unix://", "did you mean unix:///var/run/docker.sock?"),
        ("run/d.sock", "did you mean unix:///run/d.sock?"),
        ("10.0.0.5:2375", "did you mean tcp://10.0.0.5:2375?"),
        ("deploy@prod-1", "did you mean ssh://deploy@prod-1?"),
        ("prod-1", "ssh://prod-1 or context:prod-1?"),
        ("TCP://h:1", "did you mean tcp://h:1?"),
        ("tcp://::1", "did you mean [::1]:2375?"),
        ("tcp://h:99999", "\"99999\" is not a port"),
        ("tcp://h:0", "\"0\" is not a port"),
        ("tcp://h:", "\"\" is not a port"),
        ("tcp://:2375", "the host is missing"),
        ("tcp://[::1", "the bracket [ is not closed"),
        ("tcp://[nope]:1", "\"nope\" is not an IPv6 address"),
        ("tcp://[::1]x", "\"x\" follows the bracket ]"),
        ("tcp://u:p@h:1", "takes no user or password"),
        ("ssh://u:p@h", "must not contain a password"),
        ("ssh://-oProxyCommand=x", "must not begin with a dash"),
        ("ftp://h", "the scheme \"ftp\" is unknown"),
        ("", "it is empty"),
        ("tcp://a b", "a blank or a control character"),
        ("unix:///a\u{1b}[2J", "a blank or a control character"),
        ("context:", "the context has no name"),
    ] {
        let (kind, said) = refuse(text);
        assert_eq!(kind, ErrorKind::Invalid, "{text}");
        assert!(said.contains(meant), "{text}: {said}");
        assert!(!said.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn a_windows_pipe_is_unsupported_not_invalid() {
    let (kind, said) = refuse("npipe:////./pipe/docker_engine");
    assert_eq!(kind, ErrorKind::Unsupported);
    assert!(said.contains("Windows named pipe"), "{said}");
}

#[test]
fn docker_host_accepts_what_the_docker_cli_accepts() {
    for (text, same_as) in [
        ("", "unix:///var/run/docker.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("tcp://", "tcp://localhost"),
        ("tcp://:2375", "tcp://localhost:2375"),
        (":2375", "tcp://localhost:2375"),
        ("prod-1:2375", "tcp://prod-1:2375"),
        ("[::1]:2375", "tcp://[::1]:2375"),
        (" ssh://prod-1 ", "ssh://prod-1"),
    ] {
        let got = Endpoint::from_docker_host(text).unwrap();
        assert_eq!(got.to_string(), same_as, "{text:?}");
    }
    assert!(Endpoint::from_docker_host("/var/run/docker.sock").is_err());
}

fn endpoints() -> impl Strategy<Value = String> {
    let host = "[a-z][a-z0-9.-]{0,12}|\\[::1\\]|10\\.0\\.0\\.[0-9]";
    let port = proptest::option::of(1u16..);
    let scheme = "tcp|http|https|ssh";
    (scheme, host, port, "(/[a-z]{1,5}){0,2}").prop_map(|(scheme, host, port, path)| {
        let port = port.map(|p| format!(":{p}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{path}")
    })
}

proptest! {
    #[test]
    fn printing_what_was_parsed_gives_the_text_back(text in endpoints()) {
        assert_eq!(parse(&text).to_string(), text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Ok(e) = text.parse::<Endpoint>() {
            assert_eq!(parse(&e.to_string()), e);
        }
        let _ = Endpoint::from_docker_host(&text);
    }
}
