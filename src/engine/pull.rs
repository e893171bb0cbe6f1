//! Pulling an image, with progress.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde::Deserialize;

use super::DockerEngine;
use super::ndjson::Documents;
use super::reference::Reference;
use super::wire::{count, id, lax};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::operation::Progress;
use crate::domain::port::{Done, ProgressSink};
use crate::domain::text::sanitise;
use crate::transport::{Call, refusal_kind};

/// Unpacking a large layer on a slow disk is silent.
const SILENCE: Duration = Duration::from_secs(600);
/// A registry may be slow to say what an image consists of.
const FIRST_WORD: Duration = Duration::from_secs(120);
const MAX_LINE: usize = 1 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(deserialize_with = "lax")]
    id: String,
    #[serde(deserialize_with = "lax")]
    status: String,
    #[serde(rename = "progressDetail", deserialize_with = "lax")]
    detail: Detail,
    #[serde(deserialize_with = "lax")]
    error: String,
    #[serde(rename = "errorDetail", deserialize_with = "lax")]
    error_detail: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail {
    #[serde(deserialize_with = "count")]
    current: u64,
    #[serde(deserialize_with = "count")]
    total: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    #[serde(deserialize_with = "lax")]
    message: String,
}

impl DockerEngine {
    pub(super) async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        progress: &ProgressSink,
    ) -> Result<Done> {
        let before = self.image_id(reference).await?;
        let credentials = self.auth.header(reference).await?;
        let parts = Reference::of(reference);
        let mut call = Call::post("/images/create")
            .query("fromImage", parts.name)
            .query("tag", parts.tag)
            .maybe("platform", platform)
            .timeouts(self.limits(FIRST_WORD))
            .idle(SILENCE);
        if let Some(header) = &credentials.header {
            call = call.header("X-Registry-Auth", header);
        }
        let body = self.http.stream(call).await;
        self.follow(body?, progress)
            .await
            .map_err(|e| match &credentials.warning {
                Some(warning) if e.kind() == ErrorKind::Denied => e.with_hint(warning.clone()),
                _ => e,
            })?;
        let after = self.image_id(reference).await?;
        Ok(Done {
            unchanged: after.is_some() && after == before,
            id: after.map(|text| id(&text)),
            warnings: credentials.warning.into_iter().collect(),
        })
    }

    async fn follow(
        &self,
        mut body: crate::transport::BodyStream,
        progress: &ProgressSink,
    ) -> Result<()> {
        let mut documents = Documents::new(MAX_LINE);
        let mut layers = Layers::default();
        let mut failure = None;
        let mut take = |line: &[u8]| match serde_json::from_slice::<Raw>(line) {
            Ok(raw) => {
                if let Some(e) = broken(&raw) {
                    failure.get_or_insert(e);
                } else if let Some(news) = layers.take(&raw) {
                    progress(news);
                }
            }
            Err(e) => tracing::debug!(error = %e, "an unreadable line of progress"),
        };
        while let Some(data) = body.next().await {
            documents.feed(&data?, &mut take);
        }
        documents.finish(&mut take);
        failure.map_or(Ok(()), Err)
    }

    /// The id of the image a reference means now; none if there is none.
    async fn image_id(&self, reference: &str) -> Result<Option<String>> {
        match self.image_details(reference).await {
            Ok(details) => Ok(Some(details.id).filter(|i| !i.is_empty())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// A pull that fails after it began says so within its answer.
fn broken(raw: &Raw) -> Option<Error> {
    let message = if raw.error.is_empty() {
        &raw.error_detail.message
    } else {
        &raw.error
    };
    if message.is_empty() {
        return None;
    }
    let (kind, hint) = refusal_kind(message);
    let e = Error::new(kind, sanitise(message.trim()));
    Some(match hint {
        Some(hint) => e.with_hint(hint),
        None => e,
    })
}

/// The layers of an image on their way.
#[derive(Debug, Default)]
struct Layers(BTreeMap<String, Layer>);

#[derive(Debug, Default)]
struct Layer {
    current: u64,
    total: u64,
    stage: Stage,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Waiting,
    Downloaded,
    Done,
}

impl Layers {
    /// How far all of it is; none if the line says nothing about a layer.
    fn take(&mut self, raw: &Raw) -> Option<Progress> {
        let stage = match raw.status.as_str() {
            "Pulling fs layer" | "Waiting" | "Downloading" | "Retrying" => Stage::Waiting,
            "Verifying Checksum" | "Download complete" | "Extracting" => Stage::Downloaded,
            "Pull complete" | "Already exists" => Stage::Done,
            _ => return None,
        };
        if raw.id.is_empty() {
            return None;
        }
        let layer = self.0.entry(raw.id.clone()).or_default();
        layer.stage = stage;
        if stage == Stage::Waiting {
            layer.current = raw.detail.current.max(layer.current);
            layer.total = raw.detail.total.max(layer.total).max(layer.current);
        } else {
            layer.current = layer.total;
        }
        Some(self.progress())
    }

    fn progress(&self) -> Progress {
        let count = |least: &[Stage]| {
            let of = self.0.values().filter(|l| least.contains(&l.stage));
            of.count()
        };
        let all = self.0.len();
        let downloaded = count(&[Stage::Downloaded, Stage::Done]);
        let text = if downloaded < all {
            format!("downloading {} of {all} layers", downloaded + 1)
        } else {
            format!(
                "unpacking {} of {all} layers",
                (count(&[Stage::Done]) + 1).min(all)
            )
        };
        let sum = |get: fn(&Layer) -> u64| self.0.values().map(get).fold(0, u64::saturating_add);
        Progress {
            text: Arc::from(text),
            current: sum(|l| l.current),
            total: sum(|l| l.total),
        }
    }
}

#[cfg(test)]
mod tests;
