//! The panes: which tables there are, what they show, which keys they have.

use super::column::{
    CONTAINERS, Column, IMAGES, MACHINES, NETWORKS, OPERATIONS, SERVICES, VOLUMES,
};
use super::keymap::Context;
use super::table::Grouping;
use crate::domain::id::{HostId, Kind, ObjectId, ObjectRef};

/// A table of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    Machines,
    Containers,
    Services,
    Volumes,
    Networks,
    Images,
    Operations,
    /// The machines once more, a tile each.
    Fleet,
}

impl Pane {
    /// All panes, in the order of their keys.
    pub const ALL: [Self; 8] = [
        Self::Machines,
        Self::Containers,
        Self::Services,
        Self::Volumes,
        Self::Networks,
        Self::Images,
        Self::Operations,
        Self::Fleet,
    ];

    /// The panes at the left of the overview.
    pub const SIDE: [Self; 5] = [
        Self::Machines,
        Self::Services,
        Self::Volumes,
        Self::Networks,
        Self::Images,
    ];

    /// Its place in [`Pane::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Machines => "Machines",
            Self::Containers => "Containers",
            Self::Services => "Services",
            Self::Volumes => "Volumes",
            Self::Networks => "Networks",
            Self::Images => "Images",
            Self::Operations => "Operations",
            Self::Fleet => "Fleet",
        }
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Containers => "containers",
            Self::Services => "services",
            Self::Volumes => "volumes",
            Self::Networks => "networks",
            Self::Images => "images",
            Self::Operations => "operations",
            Self::Fleet => "fleet",
        }
    }

    /// The pane of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The command that goes there.
    pub fn command(self) -> &'static str {
        match self {
            Self::Machines => "goto-machines",
            Self::Containers => "goto-containers",
            Self::Services => "goto-services",
            Self::Volumes => "goto-volumes",
            Self::Networks => "goto-networks",
            Self::Images => "goto-images",
            Self::Operations => "goto-operations",
            Self::Fleet => "goto-fleet",
        }
    }

    /// How its rows can be grouped.
    pub fn groups(self) -> &'static [Grouping] {
        match self {
            Self::Containers => &[
                Grouping::None,
                Grouping::Host,
                Grouping::Project,
                Grouping::Tree,
            ],
            Self::Volumes | Self::Networks => &[Grouping::None, Grouping::Host, Grouping::Project],
            Self::Services | Self::Images => &[Grouping::None, Grouping::Host],
            Self::Machines | Self::Operations | Self::Fleet => &[Grouping::None],
        }
    }

    /// The columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Machines | Self::Fleet => MACHINES,
            Self::Containers => CONTAINERS,
            Self::Services => SERVICES,
            Self::Volumes => VOLUMES,
            Self::Networks => NETWORKS,
            Self::Images => IMAGES,
            Self::Operations => OPERATIONS,
        }
    }

    /// The column that orders it at first.
    pub fn first_sort(self) -> usize {
        match self {
            Self::Operations => 3,
            _ => 0,
        }
    }

    /// Its keys.
    pub fn context(self) -> Context {
        match self {
            Self::Machines | Self::Fleet => Context::Machines,
            Self::Containers => Context::Containers,
            Self::Services => Context::Services,
            Self::Volumes => Context::Volumes,
            Self::Networks => Context::Networks,
            Self::Images => Context::Images,
            Self::Operations => Context::Operations,
        }
    }

    /// The kind of its rows; services and projects share a pane.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Machines | Self::Fleet => Some(Kind::Machine),
            Self::Containers => Some(Kind::Container),
            Self::Services => Some(Kind::Service),
            Self::Volumes => Some(Kind::Volume),
            Self::Networks => Some(Kind::Network),
            Self::Images => Some(Kind::Image),
            Self::Operations => None,
        }
    }

    /// The pane that shows objects of `kind`.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Machine | Kind::Node => Self::Machines,
            Kind::Container => Self::Containers,
            Kind::Service | Kind::Project => Self::Services,
            Kind::Volume => Self::Volumes,
            Kind::Network => Self::Networks,
            Kind::Image => Self::Images,
        }
    }
}

/// What a pane is limited to after drilling in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Host(HostId),
    /// The containers of a project or service, or those that use a volume, network or image.
    Of(ObjectRef),
}

impl Scope {
    /// For breadcrumbs.
    pub fn label(&self) -> String {
        match self {
            Self::Host(host) => host.to_string(),
            Self::Of(object) => object.to_string(),
        }
    }

    /// The only host it has.
    pub fn host(&self) -> &HostId {
        match self {
            Self::Host(host) => host,
            Self::Of(object) => &object.host,
        }
    }

    /// The id of the object it is about.
    pub fn object_id(&self) -> Option<&ObjectId> {
        match self {
            Self::Host(_) => None,
            Self::Of(object) => Some(&object.id),
        }
    }
}
