//! From the tables of the demo to containers with a past.

use serde_json::{Map, Value, json};

use super::super::model::{ApiResult, Model, Reference, Seed, SeedEnd};
use super::super::program::{Crash, ProbePlan};
use super::super::util::{SECOND, hash_text, hex64, mix, mix_all};

/// What is odd about a service.
#[derive(Debug, Clone, Copy)]
pub(super) enum Quirk {
    None,
    /// Its process ends after so many seconds with this code, again and again.
    Flaps(i64, i64),
    /// As above, killed for want of memory.
    RunsOutOfMemory(i64),
    /// Its probe fails with this output.
    FailsHealth(&'static str),
    /// Its probe is good for so many seconds and bad for so many.
    Swings(i64, i64, &'static str),
    /// It has ended with this code, so many seconds ago.
    Ended(i64, i64),
    Paused,
    Created,
    /// It was never up: the engine refused the start.
    Refused,
    /// It runs this with the canned shell.
    Script(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) image: &'static str,
    pub(super) replicas: u64,
    /// `host:container`
    pub(super) ports: &'static [(u16, u16)],
    /// `volume:path`
    pub(super) volumes: &'static [(&'static str, &'static str)],
    pub(super) probe: &'static str,
    pub(super) env: &'static [&'static str],
    /// Memory limit in MiB, 0 for none.
    pub(super) memory: u64,
    /// Started so many hours ago.
    pub(super) hours: i64,
    /// `service:condition`, as Compose writes it.
    pub(super) depends: &'static [&'static str],
    pub(super) quirk: Quirk,
}

pub(super) const SERVICE: Service = Service {
    name: "",
    image: "",
    replicas: 1,
    ports: &[],
    volumes: &[],
    probe: "",
    env: &[],
    memory: 0,
    hours: 50,
    depends: &[],
    quirk: Quirk::None,
};

/// A Compose project; one without a name holds single containers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Project {
    pub(super) name: &'static str,
    pub(super) services: &'static [Service],
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Host {
    pub(super) name: &'static str,
    pub(super) engine: &'static str,
    pub(super) cpus: u32,
    pub(super) memory_gib: u64,
    pub(super) labels: &'static [(&'static str, &'static str)],
    pub(super) projects: &'static [Project],
}

/// Put everything of a host there.
pub(super) fn fill(model: &mut Model, host: &Host) -> ApiResult<()> {
    model.hardware.cpus = host.cpus;
    model.hardware.memory = host.memory_gib << 30;
    model.boot = model.now() - 60 * 86_400 * SECOND;
    for project in host.projects {
        if !project.name.is_empty() {
            let labels = json!({
                "com.docker.compose.project": project.name,
                "com.docker.compose.network": "default",
                "com.docker.compose.version": "2.29.7",
            });
            let name = format!("{}_default", project.name);
            model.quietly(|m| m.create_network(&json!({ "Name": name, "Labels": labels })))?;
        }
        for service in project.services {
            for number in 1..=service.replicas {
                add(model, project, service, number)?;
            }
        }
    }
    leftovers(model)
}

/// What every host gathers: an unused image, a dangling one, an unused volume.
fn leftovers(model: &mut Model) -> ApiResult<()> {
    model.quietly(|m| {
        let old = Reference::parse("nginx:1.25")?;
        let image = old.published(m.now());
        m.add_image(image);
        let mut dangling = Reference::parse("shop/api:build")?.published(m.now());
        dangling.tags.clear();
        dangling.digests.clear();
        dangling.id = format!("sha256:{}", hex64(mix(m.seed)));
        m.add_image(dangling);
        let volume = m.create_volume(&json!({ "Name": "old_pgdata" }))?;
        if let Some(volume) = m.volumes.get_mut(&volume) {
            volume.size = 734_003_200;
            volume.created -= 90 * 86_400 * SECOND;
        }
        Ok(())
    })
}

fn labels(project: &Project, service: &Service, number: u64) -> Map<String, Value> {
    let mut labels = Map::new();
    if project.name.is_empty() {
        return labels;
    }
    let directory = format!("/srv/{}", project.name);
    let hash = hex64(mix_all(&[hash_text(project.name), hash_text(service.name)]));
    for (name, value) in [
        ("project", project.name.to_owned()),
        ("service", service.name.to_owned()),
        ("container-number", number.to_string()),
        ("oneoff", "False".to_owned()),
        ("version", "2.29.7".to_owned()),
        ("config-hash", hash),
        ("project.config_files", format!("{directory}/compose.yaml")),
        ("project.working_dir", directory),
    ] {
        labels.insert(format!("com.docker.compose.{name}"), json!(value));
    }
    if !service.depends.is_empty() {
        let all: Vec<String> = service
            .depends
            .iter()
            .map(|d| format!("{d}:false"))
            .collect();
        labels.insert(
            "com.docker.compose.depends_on".to_owned(),
            json!(all.join(",")),
        );
    }
    labels
}

fn host_config(project: &Project, service: &Service) -> Value {
    let binds: Vec<String> = service
        .volumes
        .iter()
        .map(
            |(volume, path)| match (project.name, volume.starts_with('/')) {
                ("", _) | (_, true) => format!("{volume}:{path}"),
                (project, false) => format!("{project}_{volume}:{path}"),
            },
        )
        .collect();
    let mut ports = Map::new();
    for (host, container) in service.ports {
        let binding = json!([{ "HostIp": "", "HostPort": host.to_string() }]);
        ports.insert(format!("{container}/tcp"), binding);
    }
    let network = if project.name.is_empty() {
        "bridge".to_owned()
    } else {
        format!("{}_default", project.name)
    };
    let policy = match service.quirk {
        Quirk::Ended(..) | Quirk::Created | Quirk::Refused => "no",
        _ => "unless-stopped",
    };
    json!({
        "Binds": binds,
        "PortBindings": ports,
        "NetworkMode": network,
        "RestartPolicy": { "Name": policy },
        "Memory": service.memory << 20,
    })
}

fn add(model: &mut Model, project: &Project, service: &Service, number: u64) -> ApiResult<()> {
    let reference = Reference::parse(service.image)?;
    if model.find_image(service.image).is_none() {
        model.quietly(|m| {
            let image = reference.published(m.now());
            m.add_image(image);
        });
    }
    for (volume, _) in service.volumes.iter().filter(|(v, _)| !v.starts_with('/')) {
        make_volume(model, project, volume)?;
    }
    let mut body = json!({
        "Image": service.image,
        "Env": service.env,
        "Labels": labels(project, service, number),
        "HostConfig": host_config(project, service),
    });
    if !project.name.is_empty() {
        let network = format!("{}_default", project.name);
        body["NetworkingConfig"]["EndpointsConfig"][network] = json!({ "Aliases": [format!("{}-{}-{number}", project.name, service.name), service.name] });
    }
    if !service.probe.is_empty() {
        body["Healthcheck"] = json!({
            "Test": ["CMD-SHELL", service.probe],
            "Interval": 10 * SECOND,
            "Timeout": 3 * SECOND,
            "Retries": 3,
        });
    }
    if let Quirk::Script(script) = service.quirk {
        body["Cmd"] = json!(["sh", "-c", script]);
    }
    let name = match project.name {
        "" => service.name.to_owned(),
        project => format!("{project}-{}-{number}", service.name),
    };
    let age = service.hours * 3600 + (hash_text(&name) % 3000) as i64;
    let seed = Seed {
        name,
        body,
        created: age + (hash_text(service.image) % 40 + 1) as i64 * 70_000,
        started: match service.quirk {
            Quirk::Flaps(after, _) | Quirk::RunsOutOfMemory(after) => after / 3,
            Quirk::Ended(_, ago) => ago + 45,
            _ => age,
        },
        restarts: match service.quirk {
            Quirk::Flaps(..) => 212,
            Quirk::RunsOutOfMemory(_) => 17,
            _ => 0,
        },
        end: match service.quirk {
            Quirk::Ended(code, ago) => SeedEnd::Exited(code, ago),
            Quirk::Paused => SeedEnd::Paused,
            Quirk::Created | Quirk::Refused => SeedEnd::Created,
            _ => SeedEnd::Running,
        },
    };
    let id = model.seed(&seed, |program| match service.quirk {
        Quirk::Flaps(after, code) => {
            program.crash = Some(Crash {
                after: after * SECOND,
                code,
                oom: false,
            });
        }
        Quirk::RunsOutOfMemory(after) => {
            program.crash = Some(Crash {
                after: after * SECOND,
                code: 137,
                oom: true,
            });
        }
        Quirk::FailsHealth(output) => program.probe = ProbePlan::Fail(1, output.to_owned()),
        Quirk::Swings(good, bad, output) => {
            program.probe = ProbePlan::Swing {
                period: (good + bad) * SECOND,
                good: good * SECOND,
                bad_output: output.to_owned(),
            };
        }
        _ => {}
    })?;
    if matches!(service.quirk, Quirk::Refused) {
        // Its refusal is what it is there for.
        let _ = model.quietly(|m| m.start(&id));
    }
    Ok(())
}

fn make_volume(model: &mut Model, project: &Project, volume: &str) -> ApiResult<()> {
    let (name, labels) = match project.name {
        "" => (volume.to_owned(), json!({})),
        project => (
            format!("{project}_{volume}"),
            json!({
                "com.docker.compose.project": project,
                "com.docker.compose.volume": volume,
                "com.docker.compose.version": "2.29.7",
            }),
        ),
    };
    let size = 5_000_000 + mix_all(&[model.seed, hash_text(&name)]) % 6_000_000_000;
    model.quietly(|m| {
        if m.volume(&name).is_ok() {
            return Ok(());
        }
        m.create_volume(&json!({ "Name": name, "Labels": labels }))?;
        if let Some(volume) = m.volumes.get_mut(&name) {
            volume.size = size;
            volume.created -= 40 * 86_400 * SECOND;
            super::files::fill(&mut volume.fs, &name, volume.created);
        }
        Ok(())
    })
}
