//! Images: what is there, what a pull brings, tags and removal.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ApiError, ApiResult, Filters, Model};
use crate::sim::catalog;
use crate::sim::util::{SECOND, hash_text, hex64, mix, mix_all};

#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) id: String,
    /// Familiar names with tag: `nginx:1.27`.
    pub(crate) tags: Vec<String>,
    /// `nginx@sha256:...`
    pub(crate) digests: Vec<String>,
    pub(crate) created: i64,
    pub(crate) size: u64,
    pub(crate) config: Map<String, Value>,
    pub(crate) layers: Vec<(String, u64)>,
    pub(crate) pulled: i64,
}

impl Image {
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        self.config
            .get("Labels")
            .map(super::network::string_map)
            .unwrap_or_default()
    }
}

/// An image reference split and made familiar: `docker.io/library/nginx` is `nginx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) name: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
}

impl Reference {
    pub(crate) fn parse(text: &str) -> ApiResult<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |i| i + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(colon) => (
                &rest[..slash + colon],
                Some(rest[slash + colon + 1..].to_owned()),
            ),
            None => (rest, None),
        };
        let bare = name.strip_prefix("docker.io/").unwrap_or(name);
        let bare = bare.strip_prefix("library/").unwrap_or(bare);
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/:".contains(c);
        if bare.is_empty() || !bare.chars().all(legal) {
            let message = if bare.chars().any(|c| c.is_ascii_uppercase()) {
                let full = if bare.contains('/') {
                    bare.to_owned()
                } else {
                    format!("library/{bare}")
                };
                format!("invalid reference format: repository name ({full}) must be lowercase")
            } else {
                "invalid reference format".to_owned()
            };
            return Err(ApiError::invalid(message));
        }
        Ok(Self {
            name: bare.to_owned(),
            tag,
            digest,
        })
    }

    /// The image a registry holds under this name: the same everywhere, whoever asks.
    pub(crate) fn published(&self, now: i64) -> Image {
        published(self, now)
    }

    /// Names a simulated registry refuses: a way to see how a failing pull looks.
    pub(crate) fn refused(&self) -> bool {
        let mut parts = self.name.split(['/', '-', '_', '.']);
        parts.any(|part| matches!(part, "missing" | "nosuch" | "nonexistent"))
    }

    /// With the default tag filled in.
    pub(crate) fn familiar(&self) -> String {
        match (&self.tag, &self.digest) {
            (None, Some(digest)) => format!("{}@{digest}", self.name),
            (tag, _) => format!("{}:{}", self.name, tag.as_deref().unwrap_or("latest")),
        }
    }
}

fn published(reference: &Reference, now: i64) -> Image {
    let familiar = reference.familiar();
    let entry = catalog::entry(&reference.name);
    let seed = hash_text(&familiar);
    let mut left = entry.size + mix(seed) % (entry.size / 20 + 1);
    let size = left;
    let mut layers = Vec::new();
    for n in 0..entry.layers {
        let part = if n + 1 == entry.layers {
            left
        } else {
            left * 2 / 3
        };
        layers.push((format!("sha256:{}", hex64(mix_all(&[seed, 7, n]))), part));
        left -= part;
    }
    let age = 3 + (mix_all(&[seed, 3]) % 200) as i64;
    Image {
        id: format!("sha256:{}", hex64(seed)),
        tags: if reference.digest.is_some() {
            Vec::new()
        } else {
            vec![familiar]
        },
        digests: vec![match &reference.digest {
            Some(digest) => format!("{}@{digest}", reference.name),
            None => format!("{}@sha256:{}", reference.name, hex64(mix_all(&[seed, 1]))),
        }],
        created: now - age * 86_400 * SECOND,
        size,
        config: entry.config(
            &reference.name,
            reference.tag.as_deref().unwrap_or("latest"),
        ),
        layers,
        pulled: now,
    }
}

impl Model {
    pub(crate) fn find_image(&self, reference: &str) -> Option<&Image> {
        let parsed = Reference::parse(reference).ok();
        let bare = reference.strip_prefix("sha256:").unwrap_or(reference);
        let by_tag = parsed.as_ref().and_then(|parsed| {
            let familiar = parsed.familiar();
            self.images.values().find(|i| {
                i.tags.contains(&familiar)
                    || parsed
                        .digest
                        .as_ref()
                        .is_some_and(|d| i.digests.contains(&format!("{}@{d}", parsed.name)))
            })
        });
        let hex = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_hexdigit());
        by_tag.or_else(|| {
            let mut by_id = self
                .images
                .values()
                .filter(|i| hex && i.id[7..].starts_with(bare));
            by_id.next()
        })
    }

    pub(crate) fn image(&self, reference: &str) -> ApiResult<&Image> {
        self.find_image(reference).ok_or_else(|| {
            let familiar = Reference::parse(reference)
                .map_or_else(|_| reference.to_owned(), |parsed| parsed.familiar());
            ApiError::not_found(format!("No such image: {familiar}"))
        })
    }

    /// Put an image there; a tag moves from the image that had it.
    pub(crate) fn add_image(&mut self, image: Image) -> String {
        let id = image.id.clone();
        for tag in &image.tags {
            for other in self.images.values_mut() {
                other.tags.retain(|t| t != tag);
            }
        }
        match self.images.get_mut(&id) {
            Some(have) => {
                for tag in image.tags {
                    if !have.tags.contains(&tag) {
                        have.tags.push(tag);
                    }
                }
            }
            None => {
                self.images.insert(id.clone(), image);
            }
        }
        self.touch();
        id
    }

    /// Does a pull bring something new? The image is there afterwards.
    pub(crate) fn pull(&mut self, reference: &Reference) -> (Image, bool) {
        let now = self.now;
        let image = published(reference, now);
        let new = !self.images.contains_key(&image.id);
        self.add_image(image.clone());
        let familiar = reference.familiar();
        self.emit_image(&familiar, "pull", &reference.name);
        (image, new)
    }

    fn emit_image(&mut self, actor: &str, action: &str, name: &str) {
        let attributes = BTreeMap::from([("name".to_owned(), name.to_owned())]);
        self.emit("image", action, actor, attributes);
    }

    pub(crate) fn tag(&mut self, reference: &str, repo: &str, tag: &str) -> ApiResult<()> {
        let id = self.image(reference)?.id.clone();
        let text = if tag.is_empty() {
            repo.to_owned()
        } else {
            format!("{repo}:{tag}")
        };
        let familiar = Reference::parse(&text)?.familiar();
        for image in self.images.values_mut() {
            image.tags.retain(|t| *t != familiar);
        }
        if let Some(image) = self.images.get_mut(&id) {
            image.tags.push(familiar.clone());
        }
        self.emit_image(&id, "tag", &familiar);
        Ok(())
    }

    /// Untag, and delete what has no name left; the answer lists both.
    pub(crate) fn remove_image(&mut self, reference: &str, force: bool) -> ApiResult<Vec<Value>> {
        let image = self.image(reference)?.clone();
        let familiar = Reference::parse(reference)
            .map(|r| r.familiar())
            .unwrap_or_default();
        let by_tag = image.tags.contains(&familiar);
        let users: Vec<(String, bool)> = self
            .containers
            .values()
            .filter(|c| c.image_id == image.id)
            .map(|c| (c.short_id().to_owned(), c.counts_as_running()))
            .collect();
        let short = &image.id[7..19];
        if by_tag && image.tags.len() > 1 {
            if let Some(have) = self.images.get_mut(&image.id) {
                have.tags.retain(|t| *t != familiar);
            }
            self.emit_image(&image.id, "untag", &image.id);
            return Ok(vec![json!({ "Untagged": familiar })]);
        }
        if !by_tag && image.tags.len() > 1 && !force {
            return Err(ApiError::conflict(format!(
                "conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
            )));
        }
        if let Some((user, _)) = users.iter().find(|(_, running)| *running) {
            if !(by_tag && force) {
                let what = if by_tag { familiar.as_str() } else { short };
                let verb = if by_tag {
                    "remove repository reference"
                } else {
                    "delete"
                };
                return Err(ApiError::conflict(if by_tag {
                    format!(
                        "conflict: unable to {verb} \"{what}\" (must force) - container {user} is using its referenced image {short}"
                    )
                } else {
                    format!(
                        "conflict: unable to {verb} {what} (cannot be forced) - image is being used by running container {user}"
                    )
                }));
            }
        } else if let Some((user, _)) = users.first()
            && !force
        {
            return Err(ApiError::conflict(if by_tag {
                format!(
                    "conflict: unable to remove repository reference \"{familiar}\" (must force) - container {user} is using its referenced image {short}"
                )
            } else {
                format!(
                    "conflict: unable to delete {short} (must be forced) - image is being used by stopped container {user}"
                )
            }));
        }
        let mut answer: Vec<Value> = Vec::new();
        for tag in image.tags.iter().chain(&image.digests) {
            self.emit_image(&image.id, "untag", &image.id);
            answer.push(json!({ "Untagged": tag }));
        }
        if users.is_empty() {
            self.images.shift_remove(&image.id);
            self.emit_image(&image.id, "delete", &image.id);
            answer.push(json!({ "Deleted": image.id }));
            for (layer, _) in image.layers.iter().rev() {
                answer.push(json!({ "Deleted": layer }));
            }
        } else if let Some(have) = self.images.get_mut(&image.id) {
            have.tags.clear();
            have.digests.clear();
        }
        Ok(answer)
    }

    pub(crate) fn prune_images(&mut self, filters: &Filters) -> (Vec<Value>, u64) {
        let dangling_only = filters.flag("dangling").ok().flatten().unwrap_or(true);
        let victims: Vec<(String, u64)> = self
            .images
            .values()
            .filter(|i| i.tags.is_empty() || !dangling_only)
            .filter(|i| filters.labels("label", &i.labels()))
            .filter(|i| !self.containers.values().any(|c| c.image_id == i.id))
            .map(|i| (i.id.clone(), i.size))
            .collect();
        let mut answer = Vec::new();
        let mut freed = 0;
        for (id, size) in victims {
            if let Ok(part) = self.remove_image(&id, true) {
                answer.extend(part);
                freed += size;
            }
        }
        self.emit_prune("image", freed);
        (answer, freed)
    }
}
