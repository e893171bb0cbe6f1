//! Which engine a simulated one claims to be: versions, and the API range it accepts.

/// The identity of a simulated engine; the API range decides which requests it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flavour {
    /// The engine's version.
    pub version: &'static str,
    /// The oldest API it accepts, as (major, minor).
    pub api_min: (u16, u16),
    /// The newest API it accepts.
    pub api_max: (u16, u16),
    pub(crate) git: &'static str,
    pub(crate) go: &'static str,
    pub(crate) containerd: &'static str,
    pub(crate) runc: &'static str,
    pub(crate) kernel: &'static str,
    pub(crate) os: &'static str,
    pub(crate) built: &'static str,
    /// 1 or 2; stats differ.
    pub cgroup: u8,
}

impl Flavour {
    /// 20.10.24 with API 1.41 on cgroup v1.
    pub const fn v20_10() -> Self {
        Self {
            version: "20.10.24",
            api_min: (1, 12),
            api_max: (1, 41),
            git: "5d6db84",
            go: "go1.19.7",
            containerd: "1.6.20",
            runc: "1.1.5",
            kernel: "5.10.0-28-amd64",
            os: "Debian GNU/Linux 11 (bullseye)",
            built: "2023-04-04T18:18:45.000000000+00:00",
            cgroup: 1,
        }
    }

    /// 24.0.9 with API 1.43.
    pub const fn v24() -> Self {
        Self {
            version: "24.0.9",
            api_min: (1, 12),
            api_max: (1, 43),
            git: "fca702d",
            go: "go1.20.13",
            containerd: "1.7.13",
            runc: "1.1.12",
            kernel: "6.1.0-18-amd64",
            os: "Debian GNU/Linux 12 (bookworm)",
            built: "2024-01-31T23:42:11.000000000+00:00",
            cgroup: 2,
        }
    }

    /// 26.1.5 with API 1.45.
    pub const fn v26() -> Self {
        Self {
            version: "26.1.5",
            api_min: (1, 24),
            api_max: (1, 45),
            git: "411e817",
            go: "go1.21.12",
            containerd: "1.7.18",
            runc: "1.1.13",
            kernel: "6.8.0-40-generic",
            os: "Ubuntu 24.04 LTS",
            built: "2024-07-18T19:20:02.000000000+00:00",
            cgroup: 2,
        }
    }

    /// 28.5.1 with API 1.51.
    pub const fn v28() -> Self {
        Self {
            version: "28.5.1",
            api_min: (1, 24),
            api_max: (1, 51),
            git: "f8215cc",
            go: "go1.24.8",
            containerd: "v1.7.28",
            runc: "1.3.0",
            kernel: "6.12.0-21-amd64",
            os: "Debian GNU/Linux 13 (trixie)",
            built: "2025-10-08T12:17:26.000000000+00:00",
            cgroup: 2,
        }
    }

    /// `1.51`.
    pub fn api(&self) -> String {
        format!("{}.{}", self.api_max.0, self.api_max.1)
    }

    /// Does it know the API `1.minor`?
    pub(crate) fn at_least(&self, minor: u16) -> bool {
        self.api_max >= (1, minor)
    }
}

impl Default for Flavour {
    fn default() -> Self {
        Self::v28()
    }
}
