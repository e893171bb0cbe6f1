//! Looking through the files of a container, or of a volume through a container that mounts it.

use super::detail::Request;
use crate::domain::files::{Found, join, parent};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::snapshot::{HostShard, Snapshot};

/// A directory to begin in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub container: ObjectRef,
    pub path: String,
    /// What it is: a volume, a working directory.
    pub what: String,
    /// Nothing above it belongs to it.
    pub bounded: bool,
}

/// Where one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub place: Place,
    pub path: String,
}

/// What is looked through.
#[derive(Debug, Default)]
pub struct Files {
    /// Where one is; nowhere: the places to begin with are shown.
    pub spot: Option<Spot>,
    pub found: Request<Found>,
    /// The lines one came from, the last one last.
    trail: Vec<usize>,
    /// The only place was entered by itself.
    entered: bool,
}

impl Files {
    /// Go to a path from line `cursor`.
    pub fn enter(&mut self, spot: Spot, cursor: usize) {
        self.trail.push(cursor);
        self.spot = Some(spot);
        self.found = Request::default();
    }

    /// One up, or to the places; the line one came from. None when there is nothing above.
    pub fn up(&mut self) -> Option<usize> {
        let spot = self.spot.as_mut()?;
        let at_top = spot.place.bounded && spot.path == spot.place.path;
        match parent(&spot.path).filter(|_| !at_top) {
            Some(up) => spot.path = up.to_owned(),
            None if self.entered => return None,
            None => self.spot = None,
        }
        self.found = Request::default();
        Some(self.trail.pop().unwrap_or(0))
    }

    /// The only way into a volume needs no choosing.
    pub fn settle(&mut self, places: &[Place]) {
        if let [only] = places
            && only.bounded
            && self.spot.is_none()
            && !self.entered
        {
            self.entered = true;
            self.spot = Some(Spot {
                place: only.clone(),
                path: only.path.clone(),
            });
        }
    }
}

/// Where one can begin: the root, working directory and mounts of a container; the containers that
/// mount a volume.
pub fn places(object: &ObjectRef, workdir: Option<&str>, snapshot: &Snapshot) -> Vec<Place> {
    let Some(host) = snapshot.host(&object.host) else {
        return Vec::new();
    };
    match object.kind {
        Kind::Container => of_container(object, workdir, host),
        Kind::Volume => of_volume(object, host),
        _ => Vec::new(),
    }
}

fn of_container(object: &ObjectRef, workdir: Option<&str>, host: &HostShard) -> Vec<Place> {
    let Some(c) = host.container(&object.id) else {
        return Vec::new();
    };
    let place = |path: &str, what: String| Place {
        container: object.clone(),
        path: path.to_owned(),
        what,
        bounded: false,
    };
    let mut all = vec![place("/", "the whole file system".to_owned())];
    if let Some(dir) = workdir.filter(|d| d.starts_with('/') && *d != "/") {
        all.push(place(dir, "its working directory".to_owned()));
    }
    for m in &c.mounts {
        let source = m.name.as_ref().unwrap_or(&m.source);
        all.push(place(&m.target, format!("{} {source}", m.kind)));
    }
    all
}

fn of_volume(object: &ObjectRef, host: &HostShard) -> Vec<Place> {
    let name = object.id.as_str();
    let users = host.volume_users(name);
    users
        .flat_map(|c| {
            let mounts = c.mounts.iter();
            let ours = mounts.filter(|m| m.name.as_deref() == Some(name));
            ours.map(|m| Place {
                container: host.container_ref(c),
                path: m.target.to_string(),
                what: format!("through {}", c.name),
                bounded: true,
            })
        })
        .collect()
}

/// Paths of a container that are known without looking.
pub fn known(place: &Place, snapshot: &Snapshot) -> Vec<String> {
    let found = snapshot.container(&place.container);
    let mounts = found.into_iter().flat_map(|(_, c)| &c.mounts);
    mounts.map(|m| m.target.to_string()).collect()
}

/// The path of an entry of the directory one is in.
pub fn below(spot: &Spot, name: &str) -> Spot {
    Spot {
        place: spot.place.clone(),
        path: join(&spot.path, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn one_goes_down_and_up_to_the_places() {
        let snapshot = fixture::snapshot();
        let web = fixture::container("prod-1", "shop-db-1");
        let all = places(&web, Some("/srv/app"), &snapshot);
        let paths: Vec<&str> = all.iter().map(|p| &*p.path).collect();
        assert_eq!(&paths[..2], ["/", "/srv/app"]);
        let mut files = Files::default();
        files.settle(&all);
        assert!(files.spot.is_none(), "there is a choice");
        let spot = Spot {
            place: all[0].clone(),
            path: "/".to_owned(),
        };
        files.enter(spot.clone(), 3);
        files.enter(below(&spot, "etc"), 7);
        assert_eq!(files.spot.as_ref().unwrap().path, "/etc");
        assert_eq!(files.up(), Some(7));
        assert_eq!(files.up(), Some(3));
        assert!(files.spot.is_none());
        assert_eq!(files.up(), None);
    }

    #[test]
    fn a_volume_with_one_user_is_entered_and_not_left_upwards() {
        let snapshot = fixture::snapshot();
        let host = snapshot
            .hosts
            .iter()
            .find(|h| !h.volumes.is_empty())
            .unwrap();
        let used = host
            .volumes
            .iter()
            .find(|v| host.volume_users(&v.name).count() == 1);
        let volume = host.volume_ref(used.unwrap());
        let all = places(&volume, None, &snapshot);
        assert_eq!(all.len(), 1);
        let mut files = Files::default();
        files.settle(&all);
        assert_eq!(files.spot.as_ref().unwrap().path, all[0].path);
        assert_eq!(files.up(), None);
        let deeper = below(files.spot.as_ref().unwrap(), "x");
        files.enter(deeper, 1);
        assert_eq!(files.up(), Some(1));
        assert_eq!(files.up(), None);
    }
}
