//! The counters of running containers, computed from the time.

use super::{Container, Model, Phase};
use crate::sim::program;
use crate::sim::util::{SECOND, hash_text, mix};

/// One reading of a container's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sample {
    /// Nanoseconds of processor time.
    pub(crate) cpu: u64,
    pub(crate) memory: u64,
    pub(crate) limit: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) read: u64,
    pub(crate) written: u64,
    pub(crate) pids: u64,
    /// Nanoseconds of all processors of the machine.
    pub(crate) system: u64,
}

impl Model {
    pub(crate) fn sample(&self, container: &Container) -> Sample {
        let system = ((self.now - self.boot).max(0) as u64) * u64::from(self.hardware.cpus);
        let limit = match container.spec.host_int("Memory") {
            0 => self.hardware.memory,
            given => given as u64,
        };
        if !container.is_up() {
            return Sample {
                system,
                ..Sample::default()
            };
        }
        let salt = hash_text(&container.id);
        let active = container.active(self.now);
        let paused = container.phase == Phase::Paused;
        let Some(service) = container.program.service() else {
            // A script sleeps most of its life.
            let seconds = active as f64 / SECOND as f64;
            return Sample {
                cpu: 12_000_000 + (seconds * 400_000.0) as u64,
                memory: (400_000 + mix(salt) % 300_000).min(limit),
                limit,
                received: 1_106,
                sent: 126,
                read: 0,
                written: 0,
                pids: self.processes(&container.id).len() as u64,
                system,
            };
        };
        let load = service.load;
        let cores = match container.spec.host_int("NanoCpus") {
            0 => f64::from(self.hardware.cpus),
            given => given as f64 / 1e9,
        };
        let cpu = load.cpu.min(cores);
        let net = container.spec.network_mode() != "none";
        let bytes = |rate: f64, part: u64| program::integral(rate, mix(salt ^ part), active) as u64;
        // It creeps up and is collected again, as garbage-collected programs do.
        let creep = (active as f64 / (90.0 * SECOND as f64)).fract() * 0.12;
        let memory = load.memory * (0.8 + creep + 0.04 * program::value(1.0, salt, active));
        Sample {
            cpu: (program::integral(cpu, salt, active) * 1e9) as u64,
            memory: (memory as u64).min(limit),
            limit,
            received: if net { bytes(load.net, 1) } else { 0 },
            sent: if net { bytes(load.net * 1.7, 2) } else { 0 },
            read: bytes(load.disk * 0.3, 3),
            written: bytes(load.disk, 4),
            pids: if paused {
                u64::from(load.pids)
            } else {
                self.processes(&container.id).len() as u64
            },
            system,
        }
    }
}
