//! The calls that change something: one [`Action`], one call (two where old engines need it).

use std::time::Duration;

use bollard::models::NetworkDisconnectRequest;
use serde::Deserialize;

use super::reference::Reference;
use super::wire::{clean, id, lax};
use super::{DockerEngine, FOREVER, create};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{ObjectId, ObjectRef};
use crate::domain::plan::Action;
use crate::domain::port::{Done, ProgressSink};
use crate::domain::spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
use crate::transport::{Call, Changed, segment};

/// What engines wait before they kill, unless told otherwise.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Podman takes the stop timeout for a forced removal; an engine with a slow disk its time.
const REMOVAL: Duration = Duration::from_secs(90);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Made {
    #[serde(deserialize_with = "lax")]
    id: String,
    /// A volume has no other id.
    #[serde(deserialize_with = "lax")]
    name: String,
    #[serde(deserialize_with = "lax")]
    warnings: Vec<String>,
    #[serde(deserialize_with = "lax")]
    warning: String,
}

impl Made {
    fn done(self, target: &str) -> Result<Done> {
        let made = if self.id.is_empty() {
            self.name
        } else {
            self.id
        };
        if made.is_empty() {
            let message = format!("{target} made something without an id");
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        let mut warnings = self.warnings;
        warnings.push(self.warning);
        warnings.retain(|w| !w.is_empty());
        Ok(Done {
            id: Some(id(&made)),
            unchanged: false,
            warnings: warnings.iter().map(|w| clean(w).to_string()).collect(),
        })
    }
}

impl DockerEngine {
    pub(super) async fn act(
        &self,
        action: &Action,
        target: &ObjectRef,
        progress: ProgressSink,
    ) -> Result<Done> {
        match action {
            Action::CreateContainer { name, spec } => {
                self.create_container(name.as_deref(), spec).await
            }
            Action::StartContainer => self.tell(target, "start").await,
            Action::StopContainer { timeout } => self.stop(target, "stop", *timeout).await,
            Action::RestartContainer { timeout } => self.stop(target, "restart", *timeout).await,
            Action::KillContainer { signal } => {
                let call = Call::post(path(target, "kill")).query("signal", signal);
                self.change(call, Duration::ZERO).await
            }
            Action::PauseContainer => {
                let told = self.tell(target, "pause").await;
                settled(told, &["is already paused"])
            }
            Action::UnpauseContainer => {
                let told = self.tell(target, "unpause").await;
                settled(told, &["is not paused"])
            }
            Action::RemoveContainer { force, volumes } => {
                let call = Call::delete(path(target, ""))
                    .query("force", force)
                    .query("v", volumes);
                // Somebody else's removal ends the same way.
                settled(
                    self.change(call, REMOVAL).await,
                    &["is already in progress"],
                )
            }
            Action::RenameContainer { to } => {
                let call = Call::post(path(target, "rename")).query("name", to);
                self.change(call, Duration::ZERO).await
            }
            Action::UpdateContainer { restart, resources } => {
                let body = create::update(restart.as_deref(), resources)?;
                let call = Call::post(path(target, "update")).json(&body);
                self.change(call, Duration::ZERO).await
            }
            Action::CreateVolume { spec } => self.create_volume(spec).await,
            Action::RemoveVolume { force } => {
                let path = format!("/volumes/{}", segment(key(target)));
                let call = Call::delete(path).query("force", force);
                self.change(call, Duration::ZERO).await
            }
            Action::CreateNetwork { spec } => self.create_network(spec).await,
            Action::RemoveNetwork => self.remove_network(key(target)).await,
            Action::ConnectNetwork {
                container,
                endpoint,
            } => self.join(key(target), key(container), endpoint).await,
            Action::DisconnectNetwork { container, force } => {
                let body = NetworkDisconnectRequest {
                    container: key(container).to_owned(),
                    force: Some(*force),
                };
                let path = format!("/networks/{}/disconnect", segment(key(target)));
                let told = self
                    .change(Call::post(path).json(&body), Duration::ZERO)
                    .await;
                settled(told, &["is not connected to"])
            }
            Action::PullImage {
                reference,
                platform,
            } => self.pull(reference, platform.as_deref(), &progress).await,
            Action::TagImage { reference } => {
                let parts = Reference::of(reference);
                let call = Call::post(format!("/images/{}/tag", segment(key(target))))
                    .query("repo", parts.name)
                    .query("tag", parts.tag);
                self.change(call, Duration::ZERO).await
            }
            Action::RemoveImage { untag, force } => {
                let name = untag.as_deref().unwrap_or_else(|| key(target));
                let call = Call::delete(format!("/images/{}", segment(name))).query("force", force);
                self.change(call, REMOVAL).await
            }
        }
    }

    async fn create_container(&self, name: Option<&str>, spec: &ContainerSpec) -> Result<Done> {
        let api = self.dialect().await?.api;
        let body = create::container(spec, api)?;
        let call = Call::post("/containers/create")
            .maybe("name", name)
            .maybe("platform", spec.platform.as_deref())
            .timeouts(self.limits(Duration::ZERO));
        let made: Made = self.http.post_json(call, &body.body).await?;
        let done = made.done(self.http.target())?;
        let made = done.id.as_ref().map_or("", ObjectId::as_str);
        for endpoint in body.later {
            if let Err(e) = self.join(&endpoint.network, made, endpoint).await {
                // Half a container is none; it was never started, so nothing is lost.
                let call = Call::delete(format!("/containers/{}", segment(made)))
                    .query("force", true)
                    .query("v", true);
                let undone = self.change(call, REMOVAL).await;
                let e = e.context(format!("connect the new container to {}", endpoint.network));
                return Err(match undone {
                    Ok(_) => e,
                    Err(_) => e.with_hint(format!("remove the unfinished container {made}")),
                });
            }
        }
        Ok(done)
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<Done> {
        let call = Call::post("/volumes/create").timeouts(self.limits(Duration::ZERO));
        let made: Made = self.http.post_json(call, &create::volume(spec)).await?;
        made.done(self.http.target())
    }

    async fn create_network(&self, spec: &NetworkSpec) -> Result<Done> {
        let body = create::network(spec, self.dialect().await?.api)?;
        let call = Call::post("/networks/create").timeouts(self.limits(Duration::ZERO));
        let made: Made = self.http.post_json(call, &body).await?;
        made.done(self.http.target())
    }

    async fn remove_network(&self, id: &str) -> Result<Done> {
        let by_name;
        let id = if self.dialect().await?.podman {
            // Asked by id, Podman 4 removes a network that containers use.
            by_name = self.get_network(id).await?.name;
            &*by_name
        } else {
            id
        };
        let call = Call::delete(format!("/networks/{}", segment(id)));
        self.change(call, Duration::ZERO).await
    }

    async fn join(&self, network: &str, container: &str, endpoint: &EndpointSpec) -> Result<Done> {
        let api = self.dialect().await?.api;
        let body = create::connection(container, endpoint, api);
        let path = format!("/networks/{}/connect", segment(network));
        self.change(Call::post(path).json(&body), Duration::ZERO)
            .await
    }

    /// Stop or restart: the engine answers when it is done, so the call may take the timeout.
    async fn stop(
        &self,
        target: &ObjectRef,
        verb: &str,
        timeout: Option<Duration>,
    ) -> Result<Done> {
        let seconds = timeout.map(|t| t.as_secs() + u64::from(t.subsec_nanos() > 0));
        let wait = match seconds {
            Some(s) => Duration::from_secs(s),
            None => match self.look(key(target)).await?.config.stop_timeout {
                Some(s) => u64::try_from(s).map_or(FOREVER, Duration::from_secs),
                None => STOP_TIMEOUT,
            }
            .max(STOP_TIMEOUT),
        };
        let call = Call::post(path(target, verb)).maybe("t", seconds);
        self.change(call, wait).await
    }

    async fn tell(&self, target: &ObjectRef, verb: &str) -> Result<Done> {
        self.change(Call::post(path(target, verb)), Duration::ZERO)
            .await
    }

    async fn change(&self, call: Call, extra: Duration) -> Result<Done> {
        let changed = self.http.post(call.timeouts(self.limits(extra))).await?;
        Ok(Done {
            unchanged: changed == Changed::No,
            ..Done::default()
        })
    }
}

/// A refusal that says it is so already is none.
fn settled(result: Result<Done>, words: &[&str]) -> Result<Done> {
    match result {
        Err(e) if words.iter().any(|w| e.message().contains(w)) => Ok(Done {
            unchanged: true,
            ..Done::default()
        }),
        other => other,
    }
}

fn key(target: &ObjectRef) -> &str {
    if target.id.as_str().is_empty() {
        &target.name
    } else {
        target.id.as_str()
    }
}

fn path(target: &ObjectRef, verb: &str) -> String {
    let id = segment(key(target));
    if verb.is_empty() {
        format!("/containers/{id}")
    } else {
        format!("/containers/{id}/{verb}")
    }
}
