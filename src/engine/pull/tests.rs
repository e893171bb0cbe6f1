use super::*;

fn raw(json: &str) -> Raw {
    serde_json::from_str(json).unwrap()
}

#[test]
fn progress_is_the_sum_of_the_layers() {
    let mut layers = Layers::default();
    let mut say = |json: &str| layers.take(&raw(json));
    assert_eq!(
        say(r#"{"status":"Pulling from library/x","id":"latest"}"#),
        None
    );
    say(r#"{"status":"Pulling fs layer","progressDetail":{},"id":"a"}"#);
    say(r#"{"status":"Pulling fs layer","id":"b"}"#);
    let p = say(r#"{"status":"Downloading","progressDetail":{"current":3,"total":10},"id":"a"}"#);
    let p = p.unwrap();
    assert_eq!(
        (p.current, p.total, &*p.text),
        (3, 10, "downloading 1 of 2 layers")
    );
    say(r#"{"status":"Downloading","progressDetail":{"current":1,"total":5},"id":"b"}"#);
    let p = say(r#"{"status":"Download complete","progressDetail":{},"id":"a"}"#).unwrap();
    assert_eq!(
        (p.current, p.total, &*p.text),
        (11, 15, "downloading 2 of 2 layers")
    );
    say(r#"{"status":"Download complete","id":"b"}"#);
    // Unpacking counts its own bytes; they are not added.
    let p = say(r#"{"status":"Extracting","progressDetail":{"current":99,"total":100},"id":"a"}"#);
    let p = p.unwrap();
    assert_eq!(
        (p.current, p.total, &*p.text),
        (15, 15, "unpacking 1 of 2 layers")
    );
    say(r#"{"status":"Pull complete","id":"a"}"#);
    let p = say(r#"{"status":"Pull complete","id":"b"}"#).unwrap();
    assert_eq!((p.current, &*p.text), (15, "unpacking 2 of 2 layers"));
}

#[test]
fn failures_within_the_stream_have_a_kind() {
    for (json, kind) in [
        (
            r#"{"errorDetail":{"message":"x"},"error":"manifest for r/x:1 not found: manifest unknown"}"#,
            ErrorKind::NotFound,
        ),
        (
            r#"{"errorDetail":{"message":"pull access denied for x, repository does not exist"}}"#,
            ErrorKind::Denied,
        ),
        (
            r#"{"error":"no basic auth credentials"}"#,
            ErrorKind::Denied,
        ),
        (
            r#"{"error":"write /x: no space left on device"}"#,
            ErrorKind::Internal,
        ),
        (
            r#"{"error":"dial tcp 10.0.0.5:5000: i/o timeout"}"#,
            ErrorKind::Transient,
        ),
    ] {
        assert_eq!(broken(&raw(json)).unwrap().kind(), kind, "{json}");
    }
    assert!(broken(&raw(r#"{"status":"Digest: sha256:0f"}"#)).is_none());
}
