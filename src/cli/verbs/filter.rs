//! Docker's `--filter` of containers.

use crate::domain::error::{Error, Result};
use crate::domain::observed::{Container, ContainerState, HealthStatus};
use crate::domain::selector::{LabelTest, same_image_name};
use crate::domain::text::{did_you_mean, glob, is_glob};

const KEYS: [&str; 9] = [
    "name", "id", "label", "status", "health", "ancestor", "network", "volume", "exited",
];

/// Conditions: those of one key are alternatives (labels excepted), those of several all hold.
#[derive(Debug, Default)]
pub(super) struct Filters {
    all: Vec<(String, Test)>,
}

#[derive(Debug)]
enum Test {
    Name(String),
    Id(String),
    Label(LabelTest),
    Status(ContainerState),
    Health(Option<HealthStatus>),
    Image(String),
    Network(String),
    Volume(String),
    Exited(i64),
}

impl Filters {
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let mut all = Vec::new();
        for (key, value) in pairs {
            let key = match key.as_str() {
                "state" => "status",
                "image" => "ancestor",
                key => key,
            };
            let text = value.clone();
            let bad = || {
                let may = match key {
                    "status" => ContainerState::ALL.map(ContainerState::word).join(", "),
                    "health" => "starting, healthy, unhealthy, none".to_owned(),
                    _ => "an exit code, such as 0 or 137".to_owned(),
                };
                Error::invalid(format!("--filter {key}={value}: this is no {key}"))
                    .with_hint(format!("write {may}"))
            };
            let test = match key {
                "name" => Test::Name(text.trim_start_matches('/').to_owned()),
                "id" => Test::Id(text),
                "label" => Test::Label(text.parse()?),
                "status" => match ContainerState::from_word(value) {
                    ContainerState::Unknown => return Err(bad()),
                    state => Test::Status(state),
                },
                "health" if value == "none" => Test::Health(None),
                "health" => Test::Health(Some(HealthStatus::from_word(value).ok_or_else(bad)?)),
                "ancestor" => Test::Image(text),
                "network" => Test::Network(text),
                "volume" => Test::Volume(text),
                "exited" => Test::Exited(value.parse().map_err(|_| bad())?),
                other => {
                    let e = Error::invalid(format!("--filter {other}: there is no such filter"));
                    return Err(match did_you_mean(other, KEYS) {
                        Some(near) => e.with_hint(format!("did you mean {near}=?")),
                        None => e.with_hint(format!("filters: {}", KEYS.join(", "))),
                    });
                }
            };
            all.push((key.to_owned(), test));
        }
        Ok(Self { all })
    }

    /// Does it say in which state containers are, so that those that do not run are meant too?
    pub(super) fn chooses_state(&self) -> bool {
        self.all
            .iter()
            .any(|(k, _)| matches!(k.as_str(), "status" | "exited"))
    }

    pub(super) fn hold(&self, c: &Container) -> bool {
        KEYS.iter().all(|key| {
            let mut tests = self.all.iter().filter(|(k, _)| k == key).peekable();
            if tests.peek().is_none() {
                return true;
            }
            if *key == "label" {
                tests.all(|(_, t)| t.holds(c))
            } else {
                tests.any(|(_, t)| t.holds(c))
            }
        })
    }
}

/// Docker takes any part of a name; a glob means the whole.
fn named(pattern: &str, text: &str) -> bool {
    if is_glob(pattern) {
        glob(pattern, text)
    } else {
        text.contains(pattern)
    }
}

impl Test {
    fn holds(&self, c: &Container) -> bool {
        match self {
            Self::Name(name) => named(name, &c.name),
            Self::Id(id) => c.id.as_str().starts_with(id.as_str()),
            Self::Label(test) => test.holds(&c.labels),
            Self::Status(state) => c.state == *state,
            Self::Health(health) => c.health_status() == *health,
            Self::Image(image) => {
                same_image_name(&c.image, image)
                    || c.image.split(':').next() == Some(image)
                    || c.image_id
                        .strip_prefix("sha256:")
                        .unwrap_or(&c.image_id)
                        .starts_with(image.trim_start_matches("sha256:"))
            }
            Self::Network(network) => c
                .networks
                .iter()
                .any(|n| *n.network == **network || n.network_id.starts_with(network.as_str())),
            Self::Volume(volume) => c.mounts.iter().any(|m| {
                m.name.as_deref() == Some(volume) || *m.target == **volume || *m.source == **volume
            }),
            Self::Exited(code) => c.state == ContainerState::Exited && c.exit_code == Some(*code),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::cli::args::values::pair;
    use crate::cli::view::tests::fleet;

    #[rstest]
    #[case(&["name=web"], "shop-web-1")]
    #[case(&["name=shop-*"], "shop-web-1")]
    #[case(&["status=exited"], "job")]
    #[case(&["exited=1"], "job")]
    #[case(&["exited=0"], "")]
    #[case(&["health=unhealthy"], "shop-web-1")]
    #[case(&["health=none"], "job")]
    #[case(&["label=com.docker.compose.project=shop", "label=missing"], "")]
    #[case(&["ancestor=nginx"], "shop-web-1")]
    #[case(&["image=docker.io/library/nginx:1.27"], "shop-web-1")]
    #[case(&["network=shop_default"], "shop-web-1")]
    #[case(&["name=web", "name=job"], "job shop-web-1")]
    #[case(&["name=web", "status=exited"], "")]
    #[case(&["id=c3c3"], "job")]
    fn filters_choose(#[case] filters: &[&str], #[case] expected: &str) {
        let pairs: Vec<_> = filters.iter().map(|f| pair(f).unwrap()).collect();
        let filters = Filters::parse(&pairs).unwrap();
        let fleet = fleet();
        let found: Vec<&str> = fleet.hosts[0]
            .containers
            .iter()
            .filter(|c| filters.hold(c))
            .map(|c| &*c.name)
            .collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn unknown_filters_are_mistakes() {
        let e = Filters::parse(&[pair("nmae=x").unwrap()]).unwrap_err();
        assert_eq!(e.hint(), Some("did you mean name=?"));
        assert!(Filters::parse(&[pair("status=runing").unwrap()]).is_err());
    }
}
