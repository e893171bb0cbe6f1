//! Images: pull, tag, remove.

use std::sync::Arc;

use super::build::{Builder, step};
use super::volumes::Removals;
use super::{Action, Goal, Precondition, Step};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
use crate::domain::observed::Image;
use crate::domain::selector::same_image_name;
use crate::domain::snapshot::HostShard;

/// Is this a name an image can have?
fn check_reference(reference: &str) -> Result<()> {
    let good = !reference.is_empty()
        && reference.len() <= 500
        && !reference.starts_with(['/', ':', '@', '-'])
        && !reference.ends_with(['/', ':', '@'])
        && reference
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c))
        && !path(reference).chars().any(|c| c.is_ascii_uppercase());
    if good {
        return Ok(());
    }
    Err(
        Error::invalid(format!("{reference:?} is not an image reference"))
            .with_hint("write [REGISTRY/]NAME[:TAG]; the name in lower case"),
    )
}

/// The repository without registry, tag and digest.
fn path(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or_default();
    let name = match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    };
    match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => rest,
        _ => name,
    }
}

impl Builder<'_> {
    pub(super) fn pull(
        &mut self,
        host: &HostId,
        reference: &str,
        platform: Option<&str>,
        cause: &str,
    ) -> Result<usize> {
        self.host(host)?;
        check_reference(reference)?;
        let target = ObjectRef::new(host.clone(), Kind::Image, "", reference);
        let action = Action::PullImage {
            reference: reference.to_owned(),
            platform: platform.map(str::to_owned),
        };
        let goal = Goal::Tagged {
            reference: reference.to_owned(),
            present: true,
        };
        Ok(self.step(step(action, target, cause, goal)))
    }

    pub(super) fn tag(&mut self, image: &Target, reference: &str) -> Result<()> {
        check_reference(reference)?;
        if reference.contains('@') {
            return Err(Error::invalid(format!(
                "{reference:?} names a digest: a tag cannot"
            )));
        }
        let shard = self.host(&image.object.host)?;
        let found = shard
            .image(&image.object.id)
            .ok_or_else(|| Self::missing(shard, &image.object))?;
        Self::same(image, found.created)?;
        if found.tags.iter().any(|t| same_image_name(t, reference)) && shard.link.is_live() {
            self.unchanged(&image.object, "has this name already");
            return Ok(());
        }
        let other = shard
            .images
            .iter()
            .find(|i| i.id != found.id && i.tags.iter().any(|t| same_image_name(t, reference)));
        if let Some(other) = other {
            self.plan.notes.push(format!(
                "{reference} moves away from image {}",
                other.id.short()
            ));
        }
        let goal = Goal::Tagged {
            reference: reference.to_owned(),
            present: true,
        };
        let action = Action::TagImage {
            reference: reference.to_owned(),
        };
        self.step(step(action, shard.image_ref(found), "asked for", goal));
        Ok(())
    }

    /// One image, by one or more of its names or, without a name, by its id. The names that were
    /// named, if there are others; the whole image by force, or when no other name is left.
    pub(super) fn remove_image(
        &mut self,
        targets: &[Target],
        force: bool,
        gone: &Removals,
    ) -> Result<()> {
        let Some(first) = targets.first() else {
            return Ok(());
        };
        let shard = self.host(&first.object.host)?;
        let Some(image) = shard.image(&first.object.id) else {
            return self.gone_already(shard, &first.object);
        };
        for t in targets {
            Self::same(t, image.created)?;
        }
        let is_named = |tag: &str| targets.iter().any(|t| same_image_name(tag, &t.object.name));
        let named: Vec<&Arc<str>> = image.tags.iter().filter(|t| is_named(t)).collect();
        let by_id = targets.iter().any(|t| t.object.name.is_empty());
        for t in targets {
            let there = image
                .tags
                .iter()
                .any(|tag| same_image_name(tag, &t.object.name));
            if !there && !t.object.name.is_empty() {
                // It was moved or removed. The other names are not what was meant.
                self.gone_already(shard, &t.object)?;
            }
        }
        if named.is_empty() && !by_id {
            return Ok(());
        }
        let others = image.tags.len() - named.len();
        if others > 0 && !by_id && !force {
            let cause = match others {
                1 => "the image keeps another name".to_owned(),
                n => format!("the image keeps {n} other names"),
            };
            self.untag(shard, image, &named, &cause, Vec::new());
            return Ok(());
        }
        // Stopped containers let an image go by force, running ones never do.
        let users: Vec<ObjectRef> = shard
            .image_users(image)
            .filter(|c| !force || c.state.is_up())
            .map(|c| shard.container_ref(c))
            .collect();
        let after = Self::after_users(&first.object, &users, gone)?;
        if image.tags.len() > 1 && !force {
            if others > 0 {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("image {} has {} names", image.id.short(), image.tags.len()),
                )
                .with_hint("name one of them, or remove all with --force"));
            }
            let cause = "all its names go, and the image with the last";
            self.untag(shard, image, &named, cause, after);
            return Ok(());
        }
        let cause = match image.tags.len() {
            0 | 1 => "asked for".to_owned(),
            n => format!("asked for, with all its {n} names"),
        };
        let action = Action::RemoveImage { untag: None, force };
        self.remove_step(action, shard.image_ref(image), image.created, &cause, after);
        Ok(())
    }

    /// Name by name, one after the other: each call sees how many are left.
    fn untag(
        &mut self,
        shard: &HostShard,
        image: &Image,
        tags: &[&Arc<str>],
        cause: &str,
        mut after: Vec<usize>,
    ) {
        for tag in tags {
            let object = ObjectRef::new(shard.id().clone(), Kind::Image, image.id.clone(), tag);
            let action = Action::RemoveImage {
                untag: Some(tag.to_string()),
                force: false,
            };
            let goal = Goal::Tagged {
                reference: tag.to_string(),
                present: false,
            };
            let id = self.step(Step {
                after,
                precondition: Precondition {
                    created: image.created,
                    ..Precondition::default()
                },
                ..step(action, object, cause, goal)
            });
            after = vec![id];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_checked() {
        for good in [
            "busybox",
            "a/b:1",
            "reg.example:5000/a/b:1.2-x",
            "a@sha256:00ff",
            "Reg.io/a",
        ] {
            assert!(check_reference(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a:", "A", "a b", "a\u{1b}", "-x", "a/B:1"] {
            assert!(check_reference(bad).is_err(), "{bad}");
        }
    }
}
