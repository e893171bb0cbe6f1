//! Rows in groups that can be closed: by host, by project, or as the tree of who owns what.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::rows::{At, Source};
use crate::domain::id::HostId;
use crate::domain::observed::{Attachment, Container};
use crate::domain::snapshot::{HostShard, Project, Service};
use crate::tui::row::{Row, RowKey};

/// How rows are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grouping {
    #[default]
    None,
    Host,
    Project,
    /// Machine, project, service, container, its volumes and networks.
    Tree,
}

impl Grouping {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Host => "host",
            Self::Project => "project",
            Self::Tree => "tree",
        }
    }

    /// The grouping of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::None, Self::Host, Self::Project, Self::Tree];
        all.into_iter().find(|g| g.word() == word)
    }
}

/// What a line is in an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    pub depth: u8,
    /// Is what is under it shown? `None`: nothing is under it.
    pub open: Option<bool>,
    /// Rows under it.
    pub count: usize,
}

/// A line.
#[derive(Debug)]
struct Node {
    what: What,
    fold: Fold,
    /// Its rows are these of [`Outline::order`].
    rows: (u32, u32),
}

#[derive(Debug)]
enum What {
    /// A row of the table.
    Row(At),
    /// One that only the outline has.
    Own(Row),
}

/// What was closed and opened by hand, by the key of the line: `true` is open.
pub(super) type Folds = FxHashMap<RowKey, bool>;

/// The lines of a grouped table.
#[derive(Debug)]
pub(super) struct Outline {
    nodes: Vec<Node>,
    /// The rows in the order of the groups.
    order: Vec<At>,
    folds: Folds,
    /// All that can be closed.
    heads: FxHashSet<RowKey>,
}

/// A path of groups; hosts by their rank.
type Path<'a> = (u32, Option<&'a str>, Option<&'a str>);

impl Outline {
    /// Group `shown`; `None` when they are not to be grouped.
    pub(super) fn build(
        grouping: Grouping,
        source: &Source,
        shown: &[At],
        folds: Folds,
    ) -> Option<Self> {
        let levels = match grouping {
            Grouping::None => return None,
            Grouping::Host | Grouping::Project => 1,
            Grouping::Tree => 3,
        };
        let ranks = source.host_ranks();
        let rank = |at: &At| ranks.get(at.host as usize).copied().unwrap_or(0);
        let mut order: Vec<(Path<'_>, At)> = shown
            .iter()
            .filter_map(|at| Some((path(grouping, rank(at), source.row(*at)?), *at)))
            .collect();
        // What belongs to no project comes last; beside that the rows stay in their order.
        order.sort_by(|((ah, ap, aservice), _), ((bh, bp, bservice), _)| {
            let projects = |p: Option<&str>| (p.is_none(), p.map(str::to_lowercase));
            let by_project = || projects(*ap).cmp(&projects(*bp));
            let by_service = || projects(*aservice).cmp(&projects(*bservice));
            match grouping {
                Grouping::Project => by_project().then_with(|| ah.cmp(bh)),
                _ => ah.cmp(bh).then_with(by_project).then_with(by_service),
            }
        });
        let mut outline = Self {
            nodes: Vec::with_capacity(order.len() + 16),
            order: order.iter().map(|(_, at)| *at).collect(),
            folds,
            heads: FxHashSet::default(),
        };
        outline.group(source, &order, (0, order.len()), (0, levels), 0, grouping);
        Some(outline)
    }

    pub(super) fn into_folds(self) -> Folds {
        self.folds
    }

    /// Lines for a part of the rows, whose paths are the same above `level`.
    fn group(
        &mut self,
        source: &Source,
        order: &[(Path<'_>, At)],
        (from, to): (usize, usize),
        (level, levels): (u8, u8),
        depth: u8,
        grouping: Grouping,
    ) {
        if level == levels {
            for (n, (_, place)) in order.iter().enumerate().take(to).skip(from) {
                self.leaf(source, n, *place, depth, grouping);
            }
            return;
        }
        let mut at = from;
        while at < to {
            let path = order[at].0;
            let same = |p: &Path<'_>| match (grouping, level) {
                (Grouping::Project, _) => (p.0, p.1) == (path.0, path.1),
                (_, 0) => p.0 == path.0,
                (_, 1) => p.1 == path.1,
                _ => p.2 == path.2,
            };
            let end = (at..to).find(|n| !same(&order[*n].0)).unwrap_or(to);
            let rows = order[at..end].iter();
            let rows: Vec<&Row> = rows.filter_map(|(_, p)| source.row(*p)).collect();
            let below = (level + 1, levels);
            match head(grouping, level, &rows) {
                Some(row) => {
                    if self.push(row, depth, (at, end)) {
                        self.group(source, order, (at, end), below, depth + 1, grouping);
                    }
                }
                // Nothing to stand under.
                None => self.group(source, order, (at, end), below, depth, grouping),
            }
            at = end;
        }
    }

    /// A line that has others under it; is it open?
    fn push(&mut self, row: Row, depth: u8, (from, to): (usize, usize)) -> bool {
        let key = row.key();
        let open = self.folds.get(&key).copied().unwrap_or(true);
        self.heads.insert(key);
        self.nodes.push(Node {
            what: What::Own(row),
            fold: Fold {
                depth,
                open: Some(open),
                count: to - from,
            },
            rows: (from as u32, to as u32),
        });
        open
    }

    /// A row of the table, in the tree with what it owns under it.
    fn leaf(&mut self, source: &Source, n: usize, at: At, depth: u8, grouping: Grouping) {
        let owned = match (grouping, source.row(at)) {
            (Grouping::Tree, Some(Row::Container(h, c))) => owned(h, c),
            _ => Vec::new(),
        };
        let mut fold = Fold {
            depth,
            open: None,
            count: 0,
        };
        if !owned.is_empty()
            && let Some(key) = source.row(at).map(Row::key)
        {
            fold.open = Some(self.folds.get(&key).copied().unwrap_or(false));
        }
        let rows = (n as u32, n as u32 + 1);
        self.nodes.push(Node {
            what: What::Row(at),
            fold,
            rows,
        });
        if fold.open == Some(true) {
            for row in owned {
                self.nodes.push(Node {
                    what: What::Own(row),
                    fold: Fold {
                        depth: depth + 1,
                        open: None,
                        count: 0,
                    },
                    rows: (0, 0),
                });
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn row<'a>(&'a self, line: usize, source: &'a Source) -> Option<&'a Row> {
        match &self.nodes.get(line)?.what {
            What::Row(at) => source.row(*at),
            What::Own(row) => Some(row),
        }
    }

    pub(super) fn fold(&self, line: usize) -> Option<Fold> {
        self.nodes.get(line).map(|n| n.fold)
    }

    /// The rows a line stands for: those it groups, else itself.
    pub(super) fn under<'a>(&'a self, line: usize, source: &'a Source) -> Vec<&'a Row> {
        let Some(node) = self.nodes.get(line) else {
            return Vec::new();
        };
        match &node.what {
            What::Row(at) => source.row(*at).into_iter().collect(),
            What::Own(row) if node.fold.open.is_none() => vec![row],
            What::Own(_) => {
                let (from, to) = (node.rows.0 as usize, node.rows.1 as usize);
                let places = self.order.get(from..to).unwrap_or_default();
                places.iter().filter_map(|at| source.row(*at)).collect()
            }
        }
    }

    /// The lines that only the outline has and that stand for themselves.
    pub(super) fn own(&self) -> impl Iterator<Item = &Row> {
        self.nodes.iter().filter_map(|n| match &n.what {
            What::Own(row) if n.fold.open.is_none() => Some(row),
            _ => None,
        })
    }

    /// The hosts have newer pictures.
    pub(super) fn follow(&mut self, source: &Source) {
        let shards = source.shards();
        let hosts: FxHashMap<HostId, &Arc<HostShard>> =
            shards.map(|host| (host.id().clone(), host)).collect();
        for node in &mut self.nodes {
            if let What::Own(row) = &mut node.what
                && let Some(host) = row.host_id().and_then(|id| hosts.get(id)).copied()
            {
                row.set_host(host);
            }
        }
    }

    /// Close a line, or open it; false when nothing is under it.
    pub(super) fn toggle(&mut self, line: usize, source: &Source) -> bool {
        let Some(open) = self.fold(line).and_then(|f| f.open) else {
            return false;
        };
        let Some(key) = self.row(line, source).map(Row::key) else {
            return false;
        };
        self.folds.insert(key, !open);
        true
    }

    /// Close everything, or open everything when all is closed.
    pub(super) fn toggle_all(&mut self) {
        let open = |key: &RowKey| self.folds.get(key).copied().unwrap_or(true);
        let any = self.heads.iter().any(open);
        for key in &self.heads {
            self.folds.insert(key.clone(), !any);
        }
    }
}

fn path(grouping: Grouping, host: u32, row: &Row) -> Path<'_> {
    match grouping {
        Grouping::None | Grouping::Host => (host, None, None),
        Grouping::Project => (host, row.project(), None),
        Grouping::Tree => {
            let service = match row {
                Row::Container(_, c) => c.service(),
                _ => None,
            };
            (host, row.project(), service)
        }
    }
}

/// The line over rows at a level.
fn head(grouping: Grouping, level: u8, rows: &[&Row]) -> Option<Row> {
    let first = rows.first()?;
    let host = first.host()?;
    let machine = || Row::Machine(Arc::clone(host));
    let containers = || {
        let container = |row: &&Row| match row {
            Row::Container(_, c) => Some(Arc::clone(c)),
            _ => None,
        };
        rows.iter().filter_map(container).collect()
    };
    let project = |name: &str| {
        let project = Project {
            name: name.into(),
            containers: containers(),
        };
        Row::Project(Arc::clone(host), Arc::new(project))
    };
    match (grouping, level) {
        (Grouping::Project, _) => Some(first.project().map_or_else(machine, project)),
        (_, 0) => Some(machine()),
        (_, 1) => first.project().map(project),
        _ => {
            let Row::Container(_, c) = first else {
                return None;
            };
            let (project, name) = (c.project()?, c.service()?);
            let service = Service {
                id: format!("{project}/{name}").into(),
                project: project.into(),
                name: name.into(),
                containers: containers(),
                swarm: None,
            };
            Some(Row::Service(Arc::clone(host), Arc::new(service)))
        }
    }
}

/// The volumes and networks of a container.
fn owned(host: &Arc<HostShard>, c: &Container) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for name in c.mounts.iter().filter_map(|m| m.name.as_deref()) {
        if let Some(volume) = host.volume(name)
            && !rows.iter().any(|r| r.name() == name)
        {
            rows.push(Row::Volume(Arc::clone(host), Arc::clone(volume)));
        }
    }
    for network in host.networks.iter() {
        let member = |a: &Attachment| a.is_in(network.id.as_str(), &network.name);
        if c.networks.iter().any(member) {
            rows.push(Row::Network(Arc::clone(host), Arc::clone(network)));
        }
    }
    rows
}
