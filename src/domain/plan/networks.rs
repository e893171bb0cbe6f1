//! Networks: create, remove, connect, disconnect.

use super::build::{Builder, step};
use super::containers::check_name;
use super::volumes::Removals;
use super::{Action, Goal, Precondition, Step};
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
use crate::domain::observed::Attachment;
use crate::domain::spec::{EndpointSpec, NetworkSpec};

impl Builder<'_> {
    pub(super) fn create_network(&mut self, host: &HostId, spec: &NetworkSpec) -> Result<()> {
        let shard = self.host(host)?;
        check_name("network", &spec.name)?;
        let taken = shard.networks.iter().find(|n| *n.name == *spec.name);
        Self::free(taken.map(|n| shard.network_ref(n)))?;
        let target = ObjectRef::new(host.clone(), Kind::Network, "", &spec.name);
        let action = Action::CreateNetwork { spec: spec.clone() };
        self.step(step(action, target, "asked for", Goal::Present));
        Ok(())
    }

    pub(super) fn remove_network(&mut self, target: &Target, gone: &mut Removals) -> Result<()> {
        let shard = self.host(&target.object.host)?;
        let Some(n) = shard.network(&target.object.id) else {
            return self.gone_already(shard, &target.object);
        };
        Self::same(target, n.created)?;
        if gone.contains_key(&target.object) {
            return Ok(());
        }
        if n.is_builtin() {
            return Err(Error::invalid(format!(
                "{} is the engine's own network",
                target.object
            )));
        }
        let users: Vec<ObjectRef> = shard
            .network_members(n)
            .filter(|c| c.state.is_up() || shard.is_podman())
            .map(|c| shard.container_ref(c))
            .collect();
        let after = Self::after_users(&target.object, &users, gone)?;
        let object = shard.network_ref(n);
        let id = self.step(Step {
            after,
            precondition: Precondition {
                created: n.created,
                ..Precondition::default()
            },
            ..step(
                Action::RemoveNetwork,
                object.clone(),
                "asked for",
                Goal::Absent,
            )
        });
        gone.insert(object, id);
        Ok(())
    }

    pub(super) fn connect(
        &mut self,
        network: &Target,
        container: &Target,
        endpoint: &EndpointSpec,
    ) -> Result<()> {
        let Some(pair) = self.pair(network, container, true)? else {
            return Ok(());
        };
        let endpoint = endpoint.clone();
        let container = pair.container.clone();
        self.member(
            pair,
            Action::ConnectNetwork {
                container,
                endpoint,
            },
            true,
        );
        Ok(())
    }

    pub(super) fn disconnect(
        &mut self,
        network: &Target,
        container: &Target,
        force: bool,
    ) -> Result<()> {
        let Some(pair) = self.pair(network, container, false)? else {
            return Ok(());
        };
        let container = pair.container.clone();
        self.member(pair, Action::DisconnectNetwork { container, force }, false);
        Ok(())
    }

    fn member(&mut self, pair: Pair, action: Action, present: bool) {
        let goal = Goal::Member {
            container: pair.container,
            present,
        };
        self.step(Step {
            precondition: pair.precondition,
            ..step(action, pair.network, "asked for", goal)
        });
    }

    /// The network and the container; nothing when the one is in the other already (or not), as
    /// `present` wants it.
    fn pair(
        &mut self,
        network: &Target,
        container: &Target,
        present: bool,
    ) -> Result<Option<Pair>> {
        let (n, c) = (&network.object, &container.object);
        if n.host != c.host {
            return Err(Error::invalid(format!(
                "{n} and {c} are on different hosts"
            )));
        }
        let shard = self.host(&n.host)?;
        let found = shard
            .network(&n.id)
            .ok_or_else(|| Self::missing(shard, n))?;
        let there = shard
            .container(&c.id)
            .ok_or_else(|| Self::missing(shard, c))?;
        Self::same(network, found.created)?;
        Self::same(container, there.created)?;
        let pair = Pair {
            network: shard.network_ref(found),
            container: shard.container_ref(there),
            precondition: Precondition {
                created: found.created,
                ..Precondition::default()
            },
        };
        let is_in = |a: &Attachment| a.is_in(found.id.as_str(), &found.name);
        let member = there.networks.iter().any(is_in);
        if member != present || !shard.link.is_live() {
            return Ok(Some(pair));
        }
        let words = if present { "is in" } else { "is not in" };
        let already = if present { " already" } else { "" };
        let reason = format!("{words} {}{already}", pair.network.label());
        self.unchanged(&pair.container, reason);
        Ok(None)
    }
}

/// A network and a container to be joined or parted.
struct Pair {
    network: ObjectRef,
    container: ObjectRef,
    precondition: Precondition,
}
