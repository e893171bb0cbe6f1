//! Files in containers: their state, and tar archives both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use serde::Deserialize;

use super::DockerEngine;
use super::wire::{clean, count, lax, time};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::port::{ByteStream, PathStat};
use crate::transport::{Call, segment};

const STAT: &str = "X-Docker-Container-Path-Stat";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStat {
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "count")]
    size: u64,
    #[serde(deserialize_with = "count")]
    mode: u64,
    #[serde(deserialize_with = "lax")]
    mtime: String,
    #[serde(deserialize_with = "lax")]
    link_target: String,
}

impl DockerEngine {
    pub(super) async fn stat_path(&self, id: &str, path: &str) -> Result<PathStat> {
        let asked = self
            .http
            .send(archive(Call::head, id).query("path", path))
            .await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                // A refused HEAD has no words: was it the file or the container?
                let again = archive(Call::get, id).query("path", path);
                return Err(match self.http.stream(again).await {
                    Ok(_) => e,
                    Err(said) => said,
                });
            }
            Err(e) => return Err(e),
        };
        let header = answer.headers.get(STAT).map(|v| v.as_bytes().to_vec());
        let text = header.and_then(|h| STANDARD.decode(h).ok());
        let raw: Option<RawStat> = text.and_then(|t| serde_json::from_slice(&t).ok());
        let raw = raw.ok_or_else(|| {
            let target = self.http.target();
            let message = format!("{target} does not tell the state of {path} in {id}");
            Error::new(ErrorKind::Protocol, message)
        })?;
        Ok(PathStat {
            name: clean(&raw.name).to_string(),
            size: raw.size,
            mode: raw.mode as u32,
            modified: time(&raw.mtime),
            link_target: clean(&raw.link_target).to_string(),
        })
    }

    pub(super) async fn open_download(&self, id: &str, path: &str) -> Result<ByteStream> {
        let call = archive(Call::get, id).query("path", path);
        Ok(self.http.stream(call).await?.boxed())
    }

    pub(super) async fn send_upload(
        &self,
        id: &str,
        directory: &str,
        tar: ByteStream,
    ) -> Result<()> {
        // A directory must not become a file by it, nor the other way round.
        let call = archive(Call::put, id)
            .query("path", directory)
            .query("noOverwriteDirNonDir", true)
            .timeouts(self.limits(std::time::Duration::ZERO))
            .upload("application/x-tar", tar);
        self.http.post(call).await.map(drop)
    }
}

fn archive(method: fn(String) -> Call, id: &str) -> Call {
    method(format!("/containers/{}/archive", segment(id)))
}
