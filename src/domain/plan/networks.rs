//! Networks: create, remove, connect, disconnect.

use super::build::{Builder, step};
use super::containers::check_name;
use super::volumes::Removals;
use super::{Action, Goal, Precondition, Step};
use crate::domain::error::{Error, Result};
use crate::domain::id::{HostId, Kind, ObjectRef};
use crate::domain::intent::Target;
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

    pub(super) fn remove_network(&mut self, target: &Target, gone: &Removals) -> Result<()> {
        let shard = self.host(&target.object.host)?;
        let Some(n) = shard.network(&target.object.id) else {
            self.unchanged(&target.object, "is gone already");
            return Ok(());
        };
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
        self.step(Step {
            after,
            precondition: Precondition {
                created: n.created,
                ..Precondition::default()
            },
            ..step(
                Action::RemoveNetwork,
                shard.network_ref(n),
                "asked for",
                Goal::Absent,
            )
        });
        Ok(())
    }

    pub(super) fn connect(
        &mut self,
        network: &Target,
        container: &Target,
        endpoint: &EndpointSpec,
    ) -> Result<()> {
        let Some((network, container, member, live)) = self.both(network, container)? else {
            return Ok(());
        };
        if member && live {
            self.unchanged(&container, format!("is in {} already", network.label()));
            return Ok(());
        }
        let goal = Goal::Member {
            container: container.clone(),
            present: true,
        };
        let action = Action::ConnectNetwork {
            container,
            endpoint: endpoint.clone(),
        };
        self.step(step(action, network, "asked for", goal));
        Ok(())
    }

    pub(super) fn disconnect(
        &mut self,
        network: &Target,
        container: &Target,
        force: bool,
    ) -> Result<()> {
        let Some((network, container, member, live)) = self.both(network, container)? else {
            return Ok(());
        };
        if !member && live {
            self.unchanged(&container, format!("is not in {}", network.label()));
            return Ok(());
        }
        let goal = Goal::Member {
            container: container.clone(),
            present: false,
        };
        self.step(step(
            Action::DisconnectNetwork { container, force },
            network,
            "asked for",
            goal,
        ));
        Ok(())
    }

    /// The network and the container, whether the one is in the other, and whether that is sure.
    fn both(
        &self,
        network: &Target,
        container: &Target,
    ) -> Result<Option<(ObjectRef, ObjectRef, bool, bool)>> {
        let (n, c) = (&network.object, &container.object);
        if n.host != c.host {
            return Err(Error::invalid(format!(
                "{n} and {c} are on different hosts"
            )));
        }
        let shard = self.host(&n.host)?;
        let found = shard.network(&n.id).ok_or_else(|| Self::missing(n))?;
        let there = shard.container(&c.id).ok_or_else(|| Self::missing(c))?;
        let member = there
            .networks
            .iter()
            .any(|a| *a.network_id == *found.id.as_str() || a.network == found.name);
        let refs = (shard.network_ref(found), shard.container_ref(there));
        Ok(Some((refs.0, refs.1, member, shard.link.is_live())))
    }
}
