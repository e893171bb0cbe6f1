//! Names of things: (host, kind, full id) is identity, names are for people.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A data table of string newtypes that are cheap to clone.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// The name of a host in the fleet: unique, chosen by people.
    HostId;
    /// What the engine calls an object: a container's 64 hex digits, an image's `sha256:...`, a
    /// volume's name. For Compose projects and services: `project` and `project/service`.
    ObjectId;
}

impl ObjectId {
    /// The first 12 characters of the id without its algorithm, as docker prints it; volumes and
    /// services keep their names.
    pub fn short(&self) -> &str {
        let id = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        if id.len() > 12 && id.bytes().all(|b| b.is_ascii_hexdigit()) {
            &id[..12]
        } else {
            id
        }
    }
}

/// The kinds of things a fleet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A computer with an engine; every configured host is one.
    Machine,
    Container,
    /// A Compose service (by label) or a Swarm service.
    Service,
    /// A Compose project (by label).
    Project,
    Volume,
    Network,
    Image,
    /// A node of a Swarm.
    Node,
}

impl Kind {
    /// All kinds, in the order of the console's keys.
    pub const ALL: [Self; 8] = [
        Self::Machine,
        Self::Container,
        Self::Service,
        Self::Project,
        Self::Volume,
        Self::Network,
        Self::Image,
        Self::Node,
    ];

    /// The singular, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Container => "container",
            Self::Service => "service",
            Self::Project => "project",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Image => "image",
            Self::Node => "node",
        }
    }

    /// The plural, lower case.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Machine => "machines",
            Self::Container => "containers",
            Self::Service => "services",
            Self::Project => "projects",
            Self::Volume => "volumes",
            Self::Network => "networks",
            Self::Image => "images",
            Self::Node => "nodes",
        }
    }

    /// The kind of that singular or plural name, or its usual abbreviation.
    pub fn from_word(word: &str) -> Option<Self> {
        let short = match word {
            "host" | "hosts" => Some(Self::Machine),
            "ct" | "c" => Some(Self::Container),
            "vol" => Some(Self::Volume),
            "net" => Some(Self::Network),
            "img" => Some(Self::Image),
            "svc" => Some(Self::Service),
            _ => None,
        };
        short.or_else(|| {
            Self::ALL
                .into_iter()
                .find(|k| k.word() == word || k.plural() == word)
        })
    }

    /// The JSON `kind` of one: `Container`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Machine => "Machine",
            Self::Container => "Container",
            Self::Service => "Service",
            Self::Project => "Project",
            Self::Volume => "Volume",
            Self::Network => "Network",
            Self::Image => "Image",
            Self::Node => "Node",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One thing in the fleet. Equality is identity: the name takes no part.
#[derive(Clone, Serialize, Deserialize)]
pub struct ObjectRef {
    pub host: HostId,
    pub kind: Kind,
    pub id: ObjectId,
    /// For people; empty for an untagged image.
    pub name: Arc<str>,
}

impl ObjectRef {
    /// A reference to one thing.
    pub fn new(
        host: impl Into<HostId>,
        kind: Kind,
        id: impl Into<ObjectId>,
        name: impl AsRef<str>,
    ) -> Self {
        Self {
            host: host.into(),
            kind,
            id: id.into(),
            name: Arc::from(name.as_ref()),
        }
    }

    /// The name, or the short id of what has none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() {
            self.id.short()
        } else {
            &self.name
        }
    }

    fn key(&self) -> (&HostId, Kind, &ObjectId) {
        (&self.host, self.kind, &self.id)
    }
}

impl PartialEq for ObjectRef {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ObjectRef {}

impl std::hash::Hash for ObjectRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for ObjectRef {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectRef {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.label())
    }
}

impl fmt::Debug for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.kind, self.label())
    }
}

/// One operation, unique over processes and sorted by time: milliseconds since 1970 in the upper
/// 48 bits, the process and a counter in the lower 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpId(pub u64);

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014x}", self.0)
    }
}

impl std::str::FromStr for OpId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for OpId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OpId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_host_kind_and_id() {
        let a = ObjectRef::new("h", Kind::Container, "0123456789abcdef", "web");
        let renamed = ObjectRef::new("h", Kind::Container, "0123456789abcdef", "api");
        let elsewhere = ObjectRef::new("g", Kind::Container, "0123456789abcdef", "web");
        assert_eq!(a, renamed);
        assert_ne!(a, elsewhere);
        assert_eq!(a.to_string(), "h/web");
        assert_eq!(a.id.short(), "0123456789ab");
        assert_eq!(
            ObjectId::new("sha256:0123456789abcdef").short(),
            "0123456789ab"
        );
        assert_eq!(
            ObjectId::new("a-volume-with-a-name").short(),
            "a-volume-with-a-name"
        );
    }

    #[test]
    fn operations_print_as_they_parse() {
        let id = OpId(0x0198_0000_1234_abcd);
        assert_eq!(id.to_string().parse::<OpId>().unwrap(), id);
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.plural()), Some(kind));
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
    }
}
