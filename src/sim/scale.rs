//! Many engines with many containers, cheap enough for a hundred times a hundred in one process.

use std::path::Path;

use serde_json::json;

use super::clock::SimClock;
use super::engine::{SimConfig, SimEngine};
use super::flavour::Flavour;
use super::model::{ApiError, ApiResult, Model, Reference, Seed, SeedEnd};
use super::util::{SECOND, mix_all};
use crate::domain::error::{Error, ErrorKind, Result};

const IMAGES: [&str; 6] = [
    "nginx:1.27",
    "redis:7.4",
    "postgres:16",
    "shop/api:4.12.0",
    "shop/worker:4.12.0",
    "alpine:3.20",
];

fn failed(name: &str, error: &ApiError) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("fill {name}: {}", error.message),
    )
}

fn fill(model: &mut Model, count: usize) -> ApiResult<()> {
    model.boot = model.now() - 30 * 86_400 * SECOND;
    model.quietly(|m| {
        for image in IMAGES {
            let image = Reference::parse(image)?.published(m.now());
            m.add_image(image);
        }
        Ok(())
    })?;
    for n in 0..count {
        let hash = mix_all(&[model.seed, n as u64]);
        let image = IMAGES[n % IMAGES.len()];
        let project = format!("app{}", n / 10);
        let service = format!("svc{}", n % 10);
        let mut body = json!({
            "Image": image,
            "Labels": {
                "com.docker.compose.project": project,
                "com.docker.compose.service": service,
                "com.docker.compose.container-number": "1",
                "com.docker.compose.oneoff": "False",
            },
            "HostConfig": { "RestartPolicy": { "Name": "unless-stopped" } },
        });
        if image.starts_with("alpine") {
            body["Cmd"] = json!(["sleep", "infinity"]);
        }
        let seed = Seed {
            name: format!("{project}-{service}-1"),
            body,
            created: 90_000,
            started: 60 + (hash % 80_000) as i64,
            restarts: 0,
            end: match hash % 20 {
                0 => SeedEnd::Exited((hash >> 8 & 1) as i64, 30 + (hash >> 16 & 0xfff) as i64),
                1 => SeedEnd::Created,
                _ => SeedEnd::Running,
            },
        };
        model.seed(&seed, |_| {})?;
    }
    Ok(())
}

impl SimEngine {
    /// An engine that has `count` containers, most of them running.
    pub fn with_containers(config: SimConfig, count: usize) -> Result<Self> {
        let mut model = Model::new(
            &config.name,
            config.flavour,
            config.seed,
            config.clock.nanos(),
        );
        fill(&mut model, count).map_err(|error| failed(&config.name, &error))?;
        Self::serve(config, model)
    }
}

/// `hosts` engines named `host-000`... with `containers` each, their sockets in `dir`.
pub fn fleet(
    dir: &Path,
    hosts: usize,
    containers: usize,
    clock: &SimClock,
) -> Result<Vec<SimEngine>> {
    const FLAVOURS: [Flavour; 3] = [Flavour::v28(), Flavour::v26(), Flavour::v20_10()];
    (0..hosts)
        .map(|n| {
            let name = format!("host-{n:03}");
            let config = SimConfig {
                socket_path: dir.join(format!("{name}.sock")),
                name,
                flavour: FLAVOURS[n % FLAVOURS.len()],
                seed: n as u64,
                clock: clock.clone(),
            };
            SimEngine::with_containers(config, containers)
        })
        .collect()
}
