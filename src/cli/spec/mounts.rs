//! Volumes and mounts as docker writes them.

use crate::cli::args::create::Storage;
use crate::cli::human::parse_bytes;
use crate::domain::error::{Error, Result};
use crate::domain::spec::{MountKind, MountSpec};

pub(super) fn all(storage: &Storage) -> Result<Vec<MountSpec>> {
    let mut all = Vec::new();
    for text in &storage.volumes {
        let mut mount = volume(text)?;
        if mount.kind == MountKind::Volume {
            mount.driver.clone_from(&storage.volume_driver);
        }
        all.push(mount);
    }
    for text in &storage.mounts {
        all.push(long(text)?);
    }
    Ok(all)
}

fn bad(option: &str, text: &str, why: &str) -> Error {
    let hint = match option {
        "--volume" => "write [SOURCE:]TARGET[:ro], such as data:/var/lib/data or /srv/www:/www:ro",
        _ => "write type=bind|volume|tmpfs,source=...,target=/...[,readonly]",
    };
    Error::invalid(format!("{option} {text:?}: {why}")).with_hint(hint)
}

/// `[SOURCE:]TARGET[:OPTIONS]`.
fn volume(text: &str) -> Result<MountSpec> {
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
fn long(text: &str) -> Result<MountSpec> {
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
