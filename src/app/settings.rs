//! From the configuration to the core's settings.

use crate::config::Config;
use crate::domain::guardrail::Policy;
use crate::reconcile::Settings;

/// What `config` means to the core.
pub fn settings(config: &Config) -> Settings {
    let core = &config.core;
    Settings {
        policy: Policy {
            read_only: config.policy.read_only,
            rules: config.guardrails.clone(),
            max_bulk: config.policy.max_bulk.map(|n| n as usize),
        },
        ping: core.ping,
        resync: core.resync,
        backoff: (core.backoff_min, core.backoff_max),
        stats: core.stats,
        disk: core.disk,
        step: core.step_timeout,
        attempts: core.attempts,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_have_the_same_defaults() {
        let ours = format!("{:?}", settings(&Config::default()));
        assert_eq!(ours, format!("{:?}", Settings::default()));
    }
}
