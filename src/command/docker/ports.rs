//! Ports as docker writes them.

use crate::domain::error::{Error, Result};
use crate::domain::spec::PortSpec;

/// `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, both sides ranges of the same length; and the long form
/// `published=8080,target=80,protocol=tcp`.
pub fn published(options: &[String]) -> Result<Vec<PortSpec>> {
    let mut all = Vec::new();
    for text in options {
        all.extend(one(text).ok_or_else(|| {
            Error::invalid(format!("--publish {text}: that is not a port"))
                .with_hint("write 8080:80, 127.0.0.1:8080:80/tcp or 8000-8010:8000-8010")
        })?);
    }
    Ok(all)
}

fn one(text: &str) -> Option<Vec<PortSpec>> {
    if text.contains('=') {
        return long(text);
    }
    let (address, protocol) = match text.rsplit_once('/') {
        Some((a, p)) => (a, protocol(p)?),
        None => (text, "tcp".to_owned()),
    };
    // An IPv6 address stands in brackets.
    let (ip, rest) = match address.strip_prefix('[') {
        Some(after) => {
            let (ip, rest) = after.split_once("]:")?;
            (Some(ip.to_owned()), rest)
        }
        None => (None, address),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let (ip, host, container) = match (ip, parts.as_slice()) {
        (None, [container]) => (None, "", *container),
        (ip, [host, container]) => (ip, *host, *container),
        (None, [ip, host, container]) => (
            (!ip.is_empty()).then(|| (*ip).to_owned()),
            *host,
            *container,
        ),
        _ => return None,
    };
    expand(ip, host, container, &protocol)
}

fn long(text: &str) -> Option<Vec<PortSpec>> {
    let (mut host, mut container, mut proto, mut ip) = ("", "", "tcp".to_owned(), None);
    for part in text.split(',') {
        match part.split_once('=')? {
            ("published", v) => host = v,
            ("target", v) => container = v,
            ("protocol", v) => proto = protocol(v)?,
            ("host_ip", v) => ip = Some(v.to_owned()),
            _ => return None,
        }
    }
    expand(ip, host, container, &proto)
}

fn expand(
    ip: Option<String>,
    host: &str,
    container: &str,
    protocol: &str,
) -> Option<Vec<PortSpec>> {
    let inside = range(container)?;
    let outside = match host {
        "" => None,
        host => Some(range(host)?),
    };
    if outside.as_ref().is_some_and(|o| o.len() != inside.len()) {
        return None;
    }
    Some(
        inside
            .enumerate()
            .map(|(n, port)| PortSpec {
                container: port,
                host: outside.as_ref().map(|o| o.start() + n as u16),
                ip: ip.clone(),
                protocol: protocol.to_owned(),
            })
            .collect(),
    )
}

fn protocol(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    matches!(lower.as_str(), "tcp" | "udp" | "sctp").then_some(lower)
}

fn range(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && first <= last).then_some(first..=last)
}

/// `80`, `80/udp`, `8000-8010`: as `80/tcp`.
pub fn exposed(options: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in options {
        let (ports, proto) = text.split_once('/').unwrap_or((text, "tcp"));
        let (Some(ports), Some(proto)) = (range(ports), protocol(proto)) else {
            return Err(Error::invalid(format!(
                "--expose {text}: that is not a port"
            )));
        };
        all.extend(ports.map(|p| format!("{p}/{proto}")));
    }
    Ok(all)
}

/// As `--publish` takes it.
pub fn write(port: &PortSpec) -> String {
    let host = port.host.map_or_else(String::new, |h| h.to_string());
    let outside = match (&port.ip, port.host) {
        (Some(ip), _) if ip.contains(':') => format!("[{ip}]:{host}:"),
        (Some(ip), _) => format!("{ip}:{host}:"),
        (None, Some(_)) => format!("{host}:"),
        (None, None) => String::new(),
    };
    let protocol = match &*port.protocol {
        "" | "tcp" => String::new(),
        other => format!("/{other}"),
    };
    format!("{outside}{}{protocol}", port.container)
}
