//! What runs inside a container: a script for the canned shell, or a made-up service whose logs
//! and load are computed from the time, so that ten thousand of them cost nothing.

use super::util::{MILLI, SECOND, hash_text, mix, mix_all, unit};

/// The form of a service's log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Nginx,
    Postgres,
    Redis,
    Json,
    Logfmt,
    Java,
    Python,
    Traefik,
    Plain,
}

/// How much a service uses; every curve is a sum of sines, so its integral is exact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Cores used on average.
    pub(crate) cpu: f64,
    pub(crate) memory: f64,
    /// Bytes a second.
    pub(crate) net: f64,
    pub(crate) disk: f64,
    pub(crate) pids: u32,
}

/// How health probes end that the canned shell cannot run.
#[derive(Debug, Clone)]
pub(crate) enum ProbePlan {
    Pass(String),
    Fail(i64, String),
    /// Good for the first span of each period, then bad.
    Swing {
        period: i64,
        good: i64,
        bad_output: String,
    },
}

impl ProbePlan {
    pub(crate) fn outcome(&self, active: i64) -> (i64, String) {
        match self {
            Self::Pass(output) => (0, output.clone()),
            Self::Fail(code, output) => (*code, output.clone()),
            Self::Swing {
                period,
                good,
                bad_output,
            } => {
                if active % period < *good {
                    (0, "ok".to_owned())
                } else {
                    (1, bad_output.clone())
                }
            }
        }
    }
}

/// A service that ends by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crash {
    /// How long a life lasts, give or take a third.
    pub(crate) after: i64,
    pub(crate) code: i64,
    pub(crate) oom: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) style: Style,
    /// Nanoseconds between two chances of a log line.
    pub(crate) period: i64,
    pub(crate) load: Load,
    /// How long it takes to end after a signal.
    pub(crate) stop_delay: i64,
    pub(crate) stop_code: i64,
    pub(crate) crash: Option<Crash>,
    pub(crate) probe: ProbePlan,
}

/// What a container's main process is.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    /// The canned shell runs the container's command.
    Script,
    Service(Box<Service>),
}

/// Images whose containers run what they are told.
const TOOLBOXES: [&str; 8] = [
    "busybox",
    "alpine",
    "debian",
    "ubuntu",
    "hello-world",
    "bash",
    "fedora",
    "centos",
];

fn base_name(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split(['@', ':']).next().unwrap_or(name)
}

impl Service {
    /// A believable service for an image; `salt` makes each container's load its own.
    pub(crate) fn for_image(image: &str, salt: u64) -> Self {
        let name = base_name(image);
        let (style, cpu, memory_mib, net, disk, pids) = match name {
            "nginx" | "httpd" | "caddy" | "web" => (Style::Nginx, 0.03, 24.0, 90e3, 2e3, 5),
            "postgres" | "mysql" | "mariadb" => (Style::Postgres, 0.12, 210.0, 30e3, 120e3, 14),
            "redis" | "valkey" | "memcached" => (Style::Redis, 0.02, 38.0, 45e3, 4e3, 5),
            "traefik" | "haproxy" => (Style::Traefik, 0.05, 62.0, 140e3, 0.0, 11),
            "prometheus" | "grafana" | "loki" | "node-exporter" | "registry" | "cadvisor"
            | "alertmanager" => (Style::Logfmt, 0.06, 160.0, 25e3, 30e3, 12),
            "keycloak" | "elasticsearch" | "kafka" | "jenkins" => {
                (Style::Java, 0.25, 720.0, 20e3, 60e3, 58)
            }
            "api" | "checkout" | "gateway" | "auth" | "node" => {
                (Style::Json, 0.08, 130.0, 60e3, 1e3, 11)
            }
            "worker" | "celery" | "python" | "mailer" => (Style::Python, 0.15, 95.0, 8e3, 6e3, 6),
            _ => (Style::Plain, 0.02, 30.0, 4e3, 1e3, 3),
        };
        let vary = |n: u64| 0.6 + 0.8 * unit(mix_all(&[salt, n]));
        Self {
            style,
            period: (1500.0 * vary(1)) as i64 * MILLI,
            load: Load {
                cpu: cpu * vary(2),
                memory: memory_mib * vary(3) * 1_048_576.0,
                net: net * vary(4),
                disk: disk * vary(5),
                pids,
            },
            stop_delay: 40 * MILLI + (mix(salt) % 160) as i64 * MILLI,
            stop_code: match style {
                Style::Java => 143,
                _ => 0,
            },
            crash: None,
            probe: ProbePlan::Pass("ok".to_owned()),
        }
    }
}

impl Program {
    /// What a container made from `image` with this command runs.
    pub(crate) fn choose(image: &str, argv: &[String], salt: u64) -> Self {
        let name = base_name(image);
        let command = argv
            .first()
            .map_or("", |a| a.rsplit('/').next().unwrap_or(a));
        if TOOLBOXES.contains(&name) || super::shell::is_builtin(command) {
            return Self::Script;
        }
        Self::Service(Box::new(Service::for_image(
            image,
            mix_all(&[salt, hash_text(image)]),
        )))
    }

    pub(crate) fn service(&self) -> Option<&Service> {
        match self {
            Self::Service(service) => Some(service),
            Self::Script => None,
        }
    }
}

/// The integral of a curve that wavers around `mean`, from 0 to `active`, in units times seconds.
pub(crate) fn integral(mean: f64, salt: u64, active: i64) -> f64 {
    let t = active as f64 / SECOND as f64;
    let mut total = mean * t;
    for (weight, period, phase) in waves(salt) {
        let omega = std::f64::consts::TAU / period;
        total += mean * weight / omega * (phase.cos() - (omega * t + phase).cos());
    }
    total.max(0.0)
}

/// The same curve's value at a moment.
pub(crate) fn value(mean: f64, salt: u64, active: i64) -> f64 {
    let t = active as f64 / SECOND as f64;
    let swing: f64 = waves(salt)
        .map(|(weight, period, phase)| weight * (std::f64::consts::TAU / period * t + phase).sin())
        .sum();
    mean * (1.0 + swing)
}

/// Weights sum to less than 1, so the curve stays positive and its integral grows.
fn waves(salt: u64) -> impl Iterator<Item = (f64, f64, f64)> {
    [(0.45, 47.0), (0.3, 13.0), (0.2, 5.3)]
        .into_iter()
        .enumerate()
        .map(move |(i, (w, p))| {
            let h = mix_all(&[salt, i as u64]);
            (
                w,
                p * (0.7 + 0.6 * unit(h)),
                std::f64::consts::TAU * unit(mix(h)),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_never_go_back() {
        for salt in 0..20 {
            let mut last = 0.0;
            for step in 0..2_000 {
                let now = integral(0.2, salt, step * 100 * MILLI);
                assert!(now >= last, "salt {salt} step {step}: {now} < {last}");
                last = now;
            }
            assert!(last > 20.0);
        }
    }

    #[test]
    fn the_command_or_the_image_says_what_runs() {
        let argv = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(
            Program::choose("busybox", &argv("sleep 5"), 1)
                .service()
                .is_none()
        );
        assert!(
            Program::choose("nginx:1.27", &argv("sh -c true"), 1)
                .service()
                .is_none()
        );
        let nginx = Program::choose("docker.io/library/nginx:1.27", &argv("nginx -g x"), 1);
        assert_eq!(nginx.service().map(|s| s.style), Some(Style::Nginx));
    }
}
