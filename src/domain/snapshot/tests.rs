use super::super::observed::{ONEOFF_LABEL, PROJECT_LABEL, SERVICE_LABEL};
use super::*;

fn labelled(id: &str, labels: &[(&str, &str)]) -> Arc<Container> {
    let mut c = Container::sample(id, id);
    c.labels = Arc::new(
        labels
            .iter()
            .map(|(k, v)| (Arc::from(*k), Arc::from(*v)))
            .collect(),
    );
    Arc::new(c)
}

fn shard(containers: Vec<Arc<Container>>) -> HostShard {
    let facts = HostFacts {
        id: HostId::new("h"),
        endpoint: Arc::from("unix:///x"),
        origin: Arc::from("test"),
        labels: Arc::default(),
        read_only: false,
    };
    HostShard {
        containers: Arc::new(containers),
        ..HostShard::new(Arc::new(facts))
    }
}

#[test]
fn services_come_from_labels_and_one_offs_stay_out() {
    let web = [(PROJECT_LABEL, "shop"), (SERVICE_LABEL, "web")];
    let run = [
        (PROJECT_LABEL, "shop"),
        (SERVICE_LABEL, "web"),
        (ONEOFF_LABEL, "True"),
    ];
    let nonsense = [(PROJECT_LABEL, ""), (SERVICE_LABEL, "web")];
    let shard = shard(vec![
        labelled("a", &web),
        labelled("b", &web),
        labelled("c", &run),
        labelled("d", &nonsense),
        labelled("e", &[]),
    ]);
    let services = shard.services();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].id.as_str(), "shop/web");
    assert_eq!(services[0].containers.len(), 2);
    let projects = shard.projects();
    assert_eq!(projects.len(), 1);
    assert_eq!(projects[0].containers.len(), 3);
    assert_eq!(shard.refs(Kind::Service)[0].to_string(), "h/shop/web");
}
