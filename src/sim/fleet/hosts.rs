//! The tables of the demo: who runs what.

use super::plan::{Host, Project, Quirk, SERVICE, Service};

/// The host that goes silent.
pub(super) const DYING: &str = "lab-1";

const WEB_PROBE: &str = "curl -fsS http://localhost:8080/healthz || exit 1";

const WEB: Service = Service {
    name: "web",
    image: "nginx:1.27",
    replicas: 2,
    depends: &["api:service_started", "checkout:service_healthy"],
    probe: "curl -fsS http://localhost/ || exit 1",
    ..SERVICE
};

const API: Service = Service {
    name: "api",
    image: "shop/api:4.12.0",
    replicas: 3,
    probe: WEB_PROBE,
    env: &[
        "DATABASE_URL=postgres://shop:hunter2@db-1:5432/shop",
        "LOG_LEVEL=info",
        "STRIPE_SECRET_KEY=sk_live_not_a_real_key",
    ],
    memory: 512,
    hours: 7,
    depends: &[
        "redis:service_healthy",
        "migrate:service_completed_successfully",
    ],
    ..SERVICE
};

const WORKER: Service = Service {
    name: "worker",
    image: "shop/worker:4.12.0",
    replicas: 2,
    env: &["BROKER=redis://redis:6379/0", "CONCURRENCY=4"],
    memory: 768,
    hours: 7,
    ..SERVICE
};

const REDIS: Service = Service {
    name: "redis",
    image: "redis:7.4",
    volumes: &[("redis", "/data")],
    probe: "redis-cli ping",
    hours: 400,
    ..SERVICE
};

const CHECKOUT: Service = Service {
    name: "checkout",
    image: "shop/checkout:4.11.3",
    probe: WEB_PROBE,
    hours: 3,
    quirk: Quirk::FailsHealth(
        "  % Total    % Received % Xferd  Average Speed   Time\ncurl: (22) The requested URL returned error: 503\n{\"status\":\"down\",\"db\":\"ok\",\"payments\":\"timeout after 2000 ms\"}\n",
    ),
    ..SERVICE
};

const MIGRATE: Service = Service {
    name: "migrate",
    image: "shop/api:4.12.0",
    quirk: Quirk::Ended(0, 25_000),
    ..SERVICE
};

const NODE_EXPORTER: Service = Service {
    name: "node-exporter",
    image: "prom/node-exporter:v1.8.2",
    ports: &[(9100, 9100)],
    volumes: &[("/", "/host")],
    hours: 1300,
    ..SERVICE
};

const SHOP: Project = Project {
    name: "shop",
    services: &[WEB, API, WORKER, REDIS, CHECKOUT, MIGRATE],
};

const SHOP_SECOND: Project = Project {
    name: "shop",
    services: &[
        WEB,
        API,
        WORKER,
        REDIS,
        Service {
            quirk: Quirk::None,
            ..CHECKOUT
        },
        Service {
            name: "mailer",
            image: "shop/mailer:1.9.0",
            hours: 7,
            quirk: Quirk::Swings(
                95,
                65,
                "smtp: 421 4.7.0 too many connections from your host\n",
            ),
            probe: "nc -z localhost 2525",
            ..SERVICE
        },
    ],
};

const EDGE: Project = Project {
    name: "edge",
    services: &[
        Service {
            name: "traefik",
            image: "traefik:3.2",
            ports: &[(80, 80), (443, 443), (8080, 8080)],
            volumes: &[
                ("acme", "/letsencrypt"),
                ("/var/run/docker.sock", "/var/run/docker.sock"),
            ],
            hours: 900,
            ..SERVICE
        },
        Service {
            name: "static",
            image: "nginx:1.27",
            replicas: 2,
            ..SERVICE
        },
        Service {
            name: "canary",
            image: "shop/api:4.12.0",
            ports: &[(8080, 8080)],
            depends: &["auth:service_healthy"],
            quirk: Quirk::Refused,
            ..SERVICE
        },
        Service {
            name: "auth",
            image: "quay.io/keycloak/keycloak:26.0",
            volumes: &[("keycloak", "/opt/keycloak/data")],
            probe: "curl -fsS http://localhost:9000/health/ready",
            memory: 1024,
            hours: 210,
            ..SERVICE
        },
        Service {
            name: "certbot",
            image: "certbot/certbot:v2.11.0",
            volumes: &[("acme", "/etc/letsencrypt")],
            quirk: Quirk::Ended(1, 6_100),
            ..SERVICE
        },
    ],
};

const DATABASE: Project = Project {
    name: "data",
    services: &[
        Service {
            name: "postgres",
            image: "postgres:16",
            ports: &[(5432, 5432)],
            volumes: &[("pgdata", "/var/lib/postgresql/data")],
            probe: "pg_isready -U shop",
            env: &["POSTGRES_USER=shop", "POSTGRES_PASSWORD=hunter2"],
            memory: 4096,
            hours: 1100,
            ..SERVICE
        },
        Service {
            name: "replica",
            image: "postgres:16",
            volumes: &[("replica", "/var/lib/postgresql/data")],
            probe: "pg_isready -U shop",
            memory: 4096,
            hours: 1100,
            ..SERVICE
        },
        Service {
            name: "pgbouncer",
            image: "edoburu/pgbouncer:1.23.1",
            hours: 700,
            ..SERVICE
        },
        Service {
            name: "backup",
            image: "data/backup:2.3",
            volumes: &[("backups", "/backups"), ("pgdata", "/pgdata")],
            quirk: Quirk::Ended(0, 19_000),
            ..SERVICE
        },
        REDIS,
        Service {
            name: "queue",
            image: "rabbitmq:3.13",
            ports: &[(5672, 5672)],
            volumes: &[("queue", "/var/lib/rabbitmq")],
            probe: "rabbitmq-diagnostics -q ping",
            memory: 1024,
            hours: 640,
            ..SERVICE
        },
    ],
};

const MONITORING: Project = Project {
    name: "monitoring",
    services: &[
        Service {
            name: "prometheus",
            image: "prom/prometheus:v2.55.0",
            ports: &[(9090, 9090)],
            volumes: &[("prometheus", "/prometheus")],
            probe: "wget -qO- http://localhost:9090/-/healthy",
            memory: 2048,
            hours: 320,
            ..SERVICE
        },
        Service {
            name: "grafana",
            image: "grafana/grafana:11.3.0",
            ports: &[(3000, 3000)],
            volumes: &[("grafana", "/var/lib/grafana")],
            hours: 320,
            ..SERVICE
        },
        Service {
            name: "loki",
            image: "grafana/loki:3.2.1",
            volumes: &[("loki", "/loki")],
            hours: 320,
            ..SERVICE
        },
        Service {
            name: "alertmanager",
            image: "prom/alertmanager:v0.27.0",
            ..SERVICE
        },
        Service {
            name: "report-generator",
            image: "ops/report:0.3.1",
            volumes: &[("reports", "/data")],
            quirk: Quirk::Flaps(9, 3),
            ..SERVICE
        },
    ],
};

const CI: Project = Project {
    name: "ci",
    services: &[
        Service {
            name: "gitea",
            image: "gitea/gitea:1.22",
            ports: &[(3001, 3000), (2222, 22)],
            volumes: &[("gitea", "/data")],
            hours: 500,
            ..SERVICE
        },
        Service {
            name: "runner",
            image: "gitea/act_runner:0.2.11",
            replicas: 2,
            quirk: Quirk::RunsOutOfMemory(160),
            memory: 256,
            ..SERVICE
        },
        Service {
            name: "registry",
            image: "registry:2.8",
            ports: &[(5000, 5000)],
            volumes: &[("registry", "/var/lib/registry")],
            hours: 500,
            ..SERVICE
        },
    ],
};

const LAB: Project = Project {
    name: "",
    services: &[
        Service {
            name: "toolbox",
            image: "alpine:3.20",
            quirk: Quirk::Script(
                "i=0; while true; do i=$((i+1)); echo \"tick $i from $(hostname)\"; sleep 2; done",
            ),
            hours: 0,
            ..SERVICE
        },
        Service {
            name: "scratch-db",
            image: "postgres:15",
            quirk: Quirk::Paused,
            ..SERVICE
        },
        Service {
            name: "never-started",
            image: "busybox:1.36",
            quirk: Quirk::Created,
            ..SERVICE
        },
        Service {
            name: "load-test",
            image: "k6/k6:0.54.0",
            quirk: Quirk::Ended(99, 400),
            ..SERVICE
        },
        Service {
            name: "minio",
            image: "minio/minio:latest",
            volumes: &[("minio", "/data")],
            ..SERVICE
        },
        Service {
            name: "jupyter",
            image: "jupyter/minimal-notebook:latest",
            ports: &[(8888, 8888)],
            ..SERVICE
        },
        NODE_EXPORTER,
    ],
};

const CADVISOR: Service = Service {
    name: "cadvisor",
    image: "gcr.io/cadvisor/cadvisor:v0.49.1",
    volumes: &[("/", "/rootfs"), ("/var/run", "/var/run")],
    probe: "wget --quiet --tries=1 --spider http://localhost:8080/healthz",
    hours: 1300,
    ..SERVICE
};

const BLOG: Project = Project {
    name: "blog",
    services: &[
        Service {
            name: "ghost",
            image: "ghost:5.96",
            ports: &[(2368, 2368)],
            hours: 90,
            ..SERVICE
        },
        Service {
            name: "db",
            image: "mysql:8.4",
            volumes: &[("mysql", "/var/lib/mysql")],
            probe: "mysqladmin ping -h localhost",
            memory: 1024,
            hours: 90,
            ..SERVICE
        },
    ],
};

const AGENTS: Project = Project {
    name: "",
    services: &[NODE_EXPORTER, CADVISOR],
};

pub(super) const HOSTS: [Host; 6] = [
    Host {
        name: "edge-1",
        engine: "24",
        cpus: 4,
        memory_gib: 8,
        labels: &[("env", "prod"), ("role", "edge"), ("zone", "fra")],
        projects: &[EDGE, AGENTS],
    },
    Host {
        name: "web-1",
        engine: "28",
        cpus: 8,
        memory_gib: 16,
        labels: &[("env", "prod"), ("role", "web"), ("zone", "fra")],
        projects: &[SHOP, AGENTS],
    },
    Host {
        name: "web-2",
        engine: "28",
        cpus: 8,
        memory_gib: 16,
        labels: &[("env", "prod"), ("role", "web"), ("zone", "ams")],
        projects: &[SHOP_SECOND, BLOG, AGENTS],
    },
    Host {
        name: "db-1",
        engine: "20.10",
        cpus: 16,
        memory_gib: 64,
        labels: &[("env", "prod"), ("role", "db"), ("zone", "fra")],
        projects: &[DATABASE, AGENTS],
    },
    Host {
        name: "ops-1",
        engine: "26",
        cpus: 4,
        memory_gib: 16,
        labels: &[("env", "ops"), ("role", "monitoring"), ("zone", "fra")],
        projects: &[MONITORING, CI, AGENTS],
    },
    Host {
        name: DYING,
        engine: "28",
        cpus: 2,
        memory_gib: 4,
        labels: &[("env", "lab"), ("role", "playground"), ("zone", "home")],
        projects: &[LAB],
    },
];
