//! Image references, as far as calls need them taken apart.

/// A reference in the two parts in which calls take it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// `registry:5000/a/b`.
    pub(super) name: &'a str,
    /// A tag or a digest; `latest` where the reference has none.
    pub(super) tag: &'a str,
}

impl<'a> Reference<'a> {
    /// A digest wins over a tag.
    pub(super) fn of(text: &'a str) -> Self {
        if let Some((name, digest)) = text.split_once('@') {
            let name = split_tag(name).map_or(name, |(name, _)| name);
            return Self { name, tag: digest };
        }
        match split_tag(text) {
            Some((name, tag)) => Self { name, tag },
            None => Self {
                name: text,
                tag: "latest",
            },
        }
    }

    /// The registry's host; none for Docker Hub.
    pub(super) fn registry(&self) -> Option<&'a str> {
        let (host, _) = self.name.split_once('/')?;
        let is_host = host.contains(['.', ':']) || host == "localhost";
        (is_host && !matches!(host, "docker.io" | "index.docker.io")).then_some(host)
    }
}

/// A colon after the last slash begins a tag, one before it a port.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        for (text, name, tag, registry) in [
            ("busybox", "busybox", "latest", None),
            ("a/b:1", "a/b", "1", None),
            ("docker.io/a/b", "docker.io/a/b", "latest", None),
            ("r:5000/b", "r:5000/b", "latest", Some("r:5000")),
            ("r:5000/b:2", "r:5000/b", "2", Some("r:5000")),
            ("r.io/b@sha256:0f", "r.io/b", "sha256:0f", Some("r.io")),
            (
                "localhost/b:3@sha256:0f",
                "localhost/b",
                "sha256:0f",
                Some("localhost"),
            ),
        ] {
            let parsed = Reference::of(text);
            assert_eq!(parsed, Reference { name, tag }, "{text}");
            assert_eq!(parsed.registry(), registry, "{text}");
        }
    }
}
