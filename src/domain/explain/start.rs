//! What the engine said when it could not start a container.

use super::{Evidence, Weight};
use crate::domain::observed::{Container, ContainerState as State};
use crate::domain::snapshot::HostShard;

/// Words of engines and runtimes, what they mean, what to try. The first that fits is taken.
const SAID: &[(&[&str], &str, Option<&str>)] = &[
    (
        &[
            "executable file not found",
            "no such file or directory: unknown",
        ],
        "its command does not exist in the image",
        Some("look at the command and the entrypoint, and whether the image is the right one"),
    ),
    (
        &["exec format error"],
        "its image is made for another processor",
        Some("pull it for this platform: pilothouse pull --platform"),
    ),
    (
        &["no matching entries in passwd", "unable to find user"],
        "the user it shall run as does not exist in the image",
        Some("give the user as a number, or choose one of the image's /etc/passwd"),
    ),
    (
        &["chdir to cwd", "mkdir cwd"],
        "its working directory cannot be entered",
        None,
    ),
    (
        &[
            "no such image",
            "manifest unknown",
            "manifest for",
            "pull access denied",
            "repository does not exist",
            "image not known",
        ],
        "its image could not be had",
        Some("is the name right, does the tag exist, and are you logged in to the registry?"),
    ),
    (
        &[
            "unauthorized: ",
            "no basic auth credentials",
            "toomanyrequests",
        ],
        "the registry refused its image",
        Some("log in with docker login, or wait: registries limit how often one may pull"),
    ),
    (
        &[
            "cannot join network of a non running container",
            "cannot join network namespace",
        ],
        "the container whose network it shares does not run",
        Some("start that one first"),
    ),
    (
        &["are you trying to mount a directory onto a file"],
        "a file is mounted where the image has a directory, or the other way round",
        Some("a path that was missing on the host was made as an empty directory"),
    ),
    (
        &[
            "bind source path does not exist",
            "invalid mount config",
            "error mounting",
            "error while mounting volume",
            "no such volume",
            "statfs",
        ],
        "something it mounts is missing or refused",
        None,
    ),
    (
        &[
            "network not found",
            "could not find a network",
            "no such network",
            "unable to find network",
        ],
        "a network it needs does not exist",
        Some("create the network, or connect the container to another"),
    ),
    (
        &[
            "could not find an available, non-overlapping",
            "address pools",
            "no available ip",
        ],
        "there is no address left for it",
        Some("prune unused networks, or give the network another subnet"),
    ),
    (
        &["no space left"],
        "the host's disk is full",
        Some("pilothouse prune"),
    ),
    (
        &["cannot allocate memory", "minimum memory limit"],
        "there is not enough memory for it",
        None,
    ),
    (
        &[
            "could not select device driver",
            "error gathering device information",
            "nvidia",
        ],
        "a device it needs is not there",
        None,
    ),
    (
        &["logging driver"],
        "its logging driver does not work",
        Some("the driver's own target may be down: look at its options"),
    ),
    (&["cgroup"], "the host's cgroups refused it", None),
    (
        &["permission denied", "operation not permitted"],
        "something it needs is forbidden",
        Some("is its command executable, and may its user read its mounts?"),
    ),
    (
        &["mount", "volume"],
        "something it mounts is missing or refused",
        None,
    ),
    (
        &["network"],
        "a network it needs is missing or refused",
        None,
    ),
];

const TAKEN: &[&str] = &[
    "port is already allocated",
    "address already in use",
    "ports are not available",
];

fn is_taken(lower: &str) -> bool {
    TAKEN.iter().any(|w| lower.contains(w))
}

/// What the engine said at the last start, and what it means.
pub(super) fn error(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let Some(error) = c.error.as_deref().filter(|e| !e.is_empty()) else {
        return;
    };
    let lower = error.to_lowercase();
    if is_taken(&lower) {
        found.push(taken(host, c, error, &lower));
        return;
    }
    let meaning = SAID
        .iter()
        .find(|(words, ..)| words.iter().any(|w| lower.contains(w)));
    let e = match meaning {
        Some((_, what, hint)) => {
            let e = Evidence::new(Weight::Cause, *what);
            match hint {
                Some(hint) => e.hint(*hint),
                None => e,
            }
        }
        None => Evidence::new(Weight::Cause, "the engine could not start it"),
    };
    found.push(e.seen(error));
}

fn taken(host: &HostShard, c: &Container, error: &str, lower: &str) -> Evidence {
    let mut wanted = named_ports(lower);
    if wanted.is_empty() {
        wanted = wanted_ports(c);
    }
    let which = match wanted.as_slice() {
        [one] => format!("port {one}, which it publishes, is taken"),
        _ => "a port it publishes is taken".to_owned(),
    };
    let e = Evidence::new(Weight::Cause, which).seen(error);
    if let Some((other, port)) = holder(host, c, &wanted) {
        return e
            .hint(format!("{} on this host publishes {port}", other.name))
            .about(host.container_ref(other));
    }
    let port = wanted
        .first()
        .map_or_else(String::new, |p| format!(" 'sport = :{p}'"));
    e.hint(format!(
        "another program on the host listens there: ss -ltnp{port}"
    ))
}

/// A port that it wants and does not have is published by another now; also before anybody tried.
pub(super) fn ports(host: &HostShard, c: &Container, found: &mut Vec<Evidence>) {
    let said = c
        .error
        .as_deref()
        .is_some_and(|e| is_taken(&e.to_lowercase()));
    let waits = matches!(c.state, State::Created | State::Exited | State::Restarting);
    if said || !waits {
        return;
    }
    if let Some((other, port)) = holder(host, c, &wanted_ports(c)) {
        let what = format!(
            "it could not start now: {} publishes {port}, which it wants too",
            other.name
        );
        found.push(Evidence::new(Weight::Suspect, what).about(host.container_ref(other)));
    }
}

fn wanted_ports(c: &Container) -> Vec<u16> {
    let all = c.wanted_ports.iter().chain(&c.ports);
    all.filter_map(|p| p.public).collect()
}

/// Ports that an error names: `0.0.0.0:8080 failed`, `[::]:8080: bind`.
fn named_ports(error: &str) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    for (at, _) in error.match_indices(':') {
        let before = error[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_ascii_digit() || c == ']' || c == ':') {
            continue;
        }
        let digits: String = error[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if let Ok(port) = digits.parse()
            && port > 0
            && !found.contains(&port)
        {
            found.push(port);
        }
    }
    found
}

/// The container that publishes one of these ports, and the port.
fn holder<'a>(host: &'a HostShard, c: &Container, wanted: &[u16]) -> Option<(&'a Container, u16)> {
    let others = host
        .containers
        .iter()
        .filter(|o| o.id != c.id && o.state.is_up());
    for other in others {
        let mut ports = other.ports.iter().filter_map(|p| p.public);
        if let Some(port) = ports.find(|p| wanted.contains(p)) {
            return Some((other, port));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_the_words_of_engines() {
        for (text, ports) in [
            (
                "driver failed programming external connectivity on endpoint web: bind for 0.0.0.0:8080 failed: port is already allocated",
                vec![8080],
            ),
            (
                "listen tcp4 127.0.0.1:53: bind: address already in use",
                vec![53],
            ),
            ("failed to bind [::]:443/tcp", vec![443]),
            (
                "bind for :::8080 failed: port is already allocated",
                vec![8080],
            ),
            ("error: no port at all", vec![]),
        ] {
            assert_eq!(named_ports(text), ports, "{text}");
        }
    }
}
