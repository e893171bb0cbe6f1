//! Volumes and mounts as docker writes them.

use super::{parse_bytes, size_word};
use crate::domain::error::{Error, Result};
use crate::domain::spec::{MountKind, MountSpec};

fn bad(option: &str, text: &str, why: &str) -> Error {
    let hint = match option {
        "--volume" => "write [SOURCE:]TARGET[:ro], such as data:/var/lib/data or /srv/www:/www:ro",
        _ => "write type=bind|volume|tmpfs,source=...,target=/...[,readonly]",
    };
    Error::invalid(format!("{option} {text:?}: {why}")).with_hint(hint)
}

/// `[SOURCE:]TARGET[:OPTIONS]`.
pub fn short(text: &str) -> Result<MountSpec> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts.as_slice() {
        [target] => ("", *target, ""),
        [source, target] => (*source, *target, ""),
        [source, target, options] => (*source, *target, *options),
        _ => return Err(bad("--volume", text, "write [SOURCE:]TARGET[:OPTIONS]")),
    };
    if !target.starts_with('/') {
        return Err(bad("--volume", text, "the target is an absolute path"));
    }
    if parts.len() > 1 && source.is_empty() {
        return Err(bad("--volume", text, "the source is empty"));
    }
    let is_path = source.starts_with(['/', '.', '~']);
    if is_path && !source.starts_with('/') {
        return Err(bad(
            "--volume",
            text,
            "the source is a path on the host, so it must be absolute",
        ));
    }
    let mut mount = MountSpec {
        kind: if is_path {
            MountKind::Bind
        } else {
            MountKind::Volume
        },
        source: source.to_owned(),
        target: target.to_owned(),
        create_source: is_path,
        ..MountSpec::default()
    };
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match option {
            "ro" | "readonly" => mount.read_only = true,
            "rw" => mount.read_only = false,
            "nocopy" => mount.no_copy = true,
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                mount.propagation = Some(option.to_owned());
            }
            // Docker Desktop's hints; Linux engines take and forget them.
            "consistent" | "cached" | "delegated" => {}
            "z" | "Z" => {
                return Err(bad(
                    "--volume",
                    text,
                    &format!("the option {option:?} is not supported"),
                ));
            }
            other => return Err(bad("--volume", text, &format!("{other:?} is not known"))),
        }
    }
    Ok(mount)
}

/// `type=bind,source=/a,target=/b,readonly`.
pub fn long(text: &str) -> Result<MountSpec> {
    let mut mount = MountSpec::default();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let truth = matches!(value, "" | "1" | "true");
        match key {
            "type" => {
                mount.kind = match value {
                    "bind" => MountKind::Bind,
                    "volume" => MountKind::Volume,
                    "tmpfs" => MountKind::Tmpfs,
                    other => {
                        let why = format!("a mount of type {other:?} is not supported");
                        return Err(bad("--mount", text, &why));
                    }
                }
            }
            "source" | "src" => value.clone_into(&mut mount.source),
            "target" | "destination" | "dst" => value.clone_into(&mut mount.target),
            "readonly" | "ro" => mount.read_only = truth,
            "bind-propagation" => mount.propagation = Some(value.to_owned()),
            "volume-nocopy" => mount.no_copy = truth,
            "volume-driver" => mount.driver = Some(value.to_owned()),
            "volume-opt" => {
                let (k, v) = value.split_once('=').unwrap_or((value, ""));
                mount.driver_options.insert(k.to_owned(), v.to_owned());
            }
            "tmpfs-size" => {
                mount.size = Some(parse_bytes(value).map_err(|e| bad("--mount", text, &e))?);
            }
            "tmpfs-mode" => {
                let mode = u32::from_str_radix(value, 8);
                mount.mode = Some(mode.map_err(|_| bad("--mount", text, "the mode is octal"))?);
            }
            other => {
                let why = format!("{other:?} is not supported");
                return Err(bad("--mount", text, &why));
            }
        }
    }
    if !mount.target.starts_with('/') {
        let why = "target= is missing or no absolute path";
        return Err(bad("--mount", text, why));
    }
    if mount.kind == MountKind::Bind && !mount.source.starts_with('/') {
        let why = "source= is missing or no absolute path on the host";
        return Err(bad("--mount", text, why));
    }
    if mount.kind == MountKind::Tmpfs && !mount.source.is_empty() {
        return Err(bad("--mount", text, "a tmpfs has no source"));
    }
    Ok(mount)
}

/// The options of the short form; nothing when it cannot say everything.
fn short_word(m: &MountSpec) -> Option<String> {
    let odd = m.source.contains(':') || m.target.contains(':');
    let named = !m.source.is_empty();
    let fits = match m.kind {
        MountKind::Bind => m.create_source,
        MountKind::Volume => {
            m.driver.is_none() && m.driver_options.is_empty() && (named || !m.read_only)
        }
        MountKind::Tmpfs => false,
    };
    if odd || !fits || !named && m.no_copy {
        return None;
    }
    let mut text = m.target.clone();
    if named {
        text = format!("{}:{text}", m.source);
    }
    let mut options: Vec<&str> = Vec::new();
    if m.read_only {
        options.push("ro");
    }
    if m.no_copy {
        options.push("nocopy");
    }
    options.extend(m.propagation.as_deref());
    if !options.is_empty() {
        text = format!("{text}:{}", options.join(","));
    }
    Some(text)
}

/// A mount as an option's value: whether it is `--volume`'s (else `--mount`'s), and the value.
pub fn write(m: &MountSpec) -> (bool, String) {
    if let Some(text) = short_word(m) {
        return (true, text);
    }
    let kind = match m.kind {
        MountKind::Bind => "bind",
        MountKind::Volume => "volume",
        MountKind::Tmpfs => "tmpfs",
    };
    let mut parts = vec![format!("type={kind}")];
    if !m.source.is_empty() {
        parts.push(format!("source={}", m.source));
    }
    parts.push(format!("target={}", m.target));
    if m.read_only {
        parts.push("readonly".to_owned());
    }
    let mut set = |key: &str, value: Option<String>| {
        parts.extend(value.map(|v| format!("{key}={v}")));
    };
    set("bind-propagation", m.propagation.clone());
    set("volume-nocopy", m.no_copy.then(|| "true".to_owned()));
    set("volume-driver", m.driver.clone());
    for (key, value) in &m.driver_options {
        set("volume-opt", Some(format!("{key}={value}")));
    }
    set("tmpfs-size", m.size.map(size_word));
    set("tmpfs-mode", m.mode.map(|mode| format!("{mode:o}")));
    (false, parts.join(","))
}
