//! The registry of made-up images: for well-known names the configuration one would expect.

use serde_json::{Map, Value, json};

/// What a repository's images are like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    name: &'static str,
    pub(crate) size: u64,
    pub(crate) layers: u64,
    entrypoint: &'static [&'static str],
    cmd: &'static [&'static str],
    ports: &'static [&'static str],
    volumes: &'static [&'static str],
    env: &'static [&'static str],
    workdir: &'static str,
    user: &'static str,
    stop_signal: &'static str,
}

const PLAIN: Entry = Entry {
    name: "",
    size: 92_000_000,
    layers: 5,
    entrypoint: &[],
    cmd: &["/app/server"],
    ports: &["8080/tcp"],
    volumes: &[],
    env: &[],
    workdir: "/app",
    user: "",
    stop_signal: "",
};

const BOX: Entry = Entry {
    size: 4_300_000,
    layers: 1,
    cmd: &["sh"],
    ports: &[],
    workdir: "",
    ..PLAIN
};

const ENTRIES: [Entry; 20] = [
    Entry {
        name: "busybox",
        ..BOX
    },
    Entry {
        name: "alpine",
        size: 7_800_000,
        cmd: &["/bin/sh"],
        ..BOX
    },
    Entry {
        name: "debian",
        size: 117_000_000,
        cmd: &["bash"],
        ..BOX
    },
    Entry {
        name: "ubuntu",
        size: 78_000_000,
        cmd: &["/bin/bash"],
        ..BOX
    },
    Entry {
        name: "hello-world",
        size: 10_072,
        cmd: &["/hello"],
        ..BOX
    },
    Entry {
        name: "nginx",
        size: 192_000_000,
        layers: 7,
        entrypoint: &["/docker-entrypoint.sh"],
        cmd: &["nginx", "-g", "daemon off;"],
        ports: &["80/tcp"],
        env: &["NGINX_VERSION=1.27.2", "PKG_RELEASE=1~bookworm"],
        workdir: "",
        stop_signal: "SIGQUIT",
        ..PLAIN
    },
    Entry {
        name: "postgres",
        size: 432_000_000,
        layers: 14,
        entrypoint: &["docker-entrypoint.sh"],
        cmd: &["postgres"],
        ports: &["5432/tcp"],
        volumes: &["/var/lib/postgresql/data"],
        env: &["PG_MAJOR=16", "PGDATA=/var/lib/postgresql/data"],
        workdir: "",
        stop_signal: "SIGINT",
        ..PLAIN
    },
    Entry {
        name: "redis",
        size: 117_000_000,
        layers: 8,
        entrypoint: &["docker-entrypoint.sh"],
        cmd: &["redis-server"],
        ports: &["6379/tcp"],
        volumes: &["/data"],
        env: &["REDIS_VERSION=7.4.1"],
        workdir: "/data",
        ..PLAIN
    },
    Entry {
        name: "traefik",
        size: 185_000_000,
        layers: 4,
        entrypoint: &["/entrypoint.sh"],
        cmd: &["traefik"],
        ports: &["80/tcp"],
        workdir: "",
        ..PLAIN
    },
    Entry {
        name: "prom/prometheus",
        size: 291_000_000,
        layers: 12,
        entrypoint: &["/bin/prometheus"],
        cmd: &["--config.file=/etc/prometheus/prometheus.yml"],
        ports: &["9090/tcp"],
        volumes: &["/prometheus"],
        workdir: "/prometheus",
        user: "nobody",
        ..PLAIN
    },
    Entry {
        name: "grafana/grafana",
        size: 485_000_000,
        layers: 10,
        entrypoint: &["/run.sh"],
        cmd: &[],
        ports: &["3000/tcp"],
        workdir: "/usr/share/grafana",
        user: "472",
        ..PLAIN
    },
    Entry {
        name: "prom/node-exporter",
        size: 24_000_000,
        layers: 3,
        entrypoint: &["/bin/node_exporter"],
        cmd: &[],
        ports: &["9100/tcp"],
        workdir: "",
        user: "nobody",
        ..PLAIN
    },
    Entry {
        name: "registry",
        size: 25_400_000,
        entrypoint: &["/entrypoint.sh"],
        cmd: &["/etc/docker/registry/config.yml"],
        ports: &["5000/tcp"],
        volumes: &["/var/lib/registry"],
        workdir: "",
        ..PLAIN
    },
    Entry {
        name: "quay.io/keycloak/keycloak",
        size: 441_000_000,
        layers: 6,
        entrypoint: &["/opt/keycloak/bin/kc.sh"],
        cmd: &["start"],
        ports: &["8080/tcp", "8443/tcp"],
        workdir: "",
        user: "1000",
        ..PLAIN
    },
    Entry {
        name: "rabbitmq",
        size: 219_000_000,
        layers: 10,
        entrypoint: &["docker-entrypoint.sh"],
        cmd: &["rabbitmq-server"],
        ports: &["5672/tcp"],
        volumes: &["/var/lib/rabbitmq"],
        workdir: "",
        ..PLAIN
    },
    Entry {
        name: "mysql",
        size: 585_000_000,
        layers: 10,
        entrypoint: &["docker-entrypoint.sh"],
        cmd: &["mysqld"],
        ports: &["3306/tcp"],
        volumes: &["/var/lib/mysql"],
        workdir: "",
        ..PLAIN
    },
    Entry {
        name: "jenkins/jenkins",
        size: 472_000_000,
        layers: 13,
        user: "jenkins",
        ..PLAIN
    },
    Entry {
        name: "gitea/gitea",
        size: 171_000_000,
        ports: &["3000/tcp"],
        ..PLAIN
    },
    Entry {
        name: "minio/minio",
        size: 161_000_000,
        ports: &["9000/tcp"],
        ..PLAIN
    },
    PLAIN,
];

/// The entry for a familiar repository name; unknown names get a plain server.
pub(crate) fn entry(name: &str) -> Entry {
    ENTRIES
        .into_iter()
        .find(|e| e.name == name)
        .unwrap_or(PLAIN)
}

impl Entry {
    /// The configuration of its image.
    pub(crate) fn config(&self, name: &str, tag: &str) -> Map<String, Value> {
        let set = |items: &[&str]| -> Value {
            items
                .iter()
                .map(|i| ((*i).to_owned(), json!({})))
                .collect::<Map<_, _>>()
                .into()
        };
        let mut env =
            vec!["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()];
        env.extend(self.env.iter().map(|e| (*e).to_owned()));
        let base = name.rsplit('/').next().unwrap_or(name);
        let cmd = if self.cmd == PLAIN.cmd {
            vec![format!("/usr/local/bin/{base}")]
        } else {
            self.cmd.iter().map(|word| (*word).to_owned()).collect()
        };
        let mut config = json!({
            "Env": env,
            "Cmd": cmd,
            "WorkingDir": self.workdir,
        });
        if !self.entrypoint.is_empty() {
            config["Entrypoint"] = json!(self.entrypoint);
        }
        if !self.ports.is_empty() {
            config["ExposedPorts"] = set(self.ports);
        }
        if !self.volumes.is_empty() {
            config["Volumes"] = set(self.volumes);
        }
        if !self.user.is_empty() {
            config["User"] = json!(self.user);
        }
        if !self.stop_signal.is_empty() {
            config["StopSignal"] = json!(self.stop_signal);
        }
        if self.layers > 1 {
            config["Labels"] = json!({
                "org.opencontainers.image.title": name,
                "org.opencontainers.image.version": tag,
            });
        }
        match config {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
