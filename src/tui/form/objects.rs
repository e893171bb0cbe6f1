//! The forms of volumes and networks.

use super::{Field, Form, Pick, Wrong, hosts, lines, pairs};
use crate::domain::id::HostId;
use crate::domain::intent::Intent;
use crate::domain::snapshot::Snapshot;
use crate::domain::spec::{NetworkSpec, SubnetSpec, VolumeSpec};

pub(super) fn volume(host: Option<&HostId>, snapshot: &Snapshot) -> Vec<Field> {
    vec![
        hosts(host, snapshot),
        Field::line("name", "Name", "").doc("empty: the engine chooses"),
        Field::line("driver", "Driver", "local")
            .pick(Pick::Drivers(&["local"]))
            .doc("local, or a plugin's"),
        Field::area("options", "Options", "").doc("KEY=value, one a line, for the driver"),
        Field::area("labels", "Labels", "").doc("KEY=value, one a line"),
    ]
}

pub(super) fn network(host: Option<&HostId>, snapshot: &Snapshot) -> Vec<Field> {
    const DRIVERS: &[&str] = &["bridge", "macvlan", "ipvlan", "overlay"];
    vec![
        hosts(host, snapshot),
        Field::line("name", "Name", "").required(),
        Field::line("driver", "Driver", "bridge")
            .pick(Pick::Drivers(DRIVERS))
            .doc("bridge, macvlan, ipvlan, overlay"),
        Field::line("subnet", "Subnet", "")
            .section("Addresses")
            .doc("10.9.0.0/24; empty: the engine chooses"),
        Field::line("gateway", "Gateway", "").doc("10.9.0.1"),
        Field::line("range", "Range", "").doc("10.9.0.128/25: only from there"),
        Field::flag("ipv6", "IPv6", false),
        Field::flag("internal", "Internal", false)
            .section("Access")
            .doc("without a way out"),
        Field::flag("attachable", "Attachable", false).doc("by hand, in a Swarm"),
        Field::area("options", "Options", "")
            .section("More")
            .doc("KEY=value, one a line, for the driver"),
        Field::area("labels", "Labels", "").doc("KEY=value, one a line"),
    ]
}

/// `10.9.0.0/24` or `fd00::/64`.
fn is_subnet(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse() {
            Ok(std::net::IpAddr::V4(_)) => 32,
            Ok(std::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|b| b <= most)
    })
}

fn check_name(name: &str, wrong: &mut Wrong) {
    let good = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !(name.is_empty() || good && begins && name.len() >= 2) {
        let why = "two or more of a-z A-Z 0-9 _ . -, the first a letter or a digit";
        wrong.push(("name", why.to_owned()));
    }
}

impl Form {
    pub(super) fn check_name(&self, wrong: &mut Wrong) {
        check_name(self.value("name").trim(), wrong);
    }

    pub(super) fn map_of(
        &self,
        id: &'static str,
        wrong: &mut Wrong,
    ) -> std::collections::BTreeMap<String, String> {
        pairs(&self.value(id)).unwrap_or_else(|why| {
            wrong.push((id, why));
            std::collections::BTreeMap::new()
        })
    }

    pub(super) fn volume_intent(&self) -> Result<Intent, Wrong> {
        let mut wrong = Wrong::new();
        self.check_name(&mut wrong);
        let spec = VolumeSpec {
            name: self.value("name").trim().to_owned(),
            driver: self.value("driver").trim().to_owned(),
            options: self.map_of("options", &mut wrong),
            labels: self.map_of("labels", &mut wrong),
        };
        if wrong.is_empty() {
            let host = self.host();
            return Ok(Intent::CreateVolume { host, spec });
        }
        Err(wrong)
    }

    pub(super) fn network_intent(&self) -> Result<Intent, Wrong> {
        let mut wrong = Wrong::new();
        self.check_name(&mut wrong);
        let text = |id: &str| self.value(id).trim().to_owned();
        let some = |id: &str| Some(text(id)).filter(|t| !t.is_empty());
        for id in ["subnet", "range"] {
            if some(id).is_some_and(|s| !is_subnet(&s)) {
                wrong.push((id, "write an address and bits: 10.9.0.0/24".to_owned()));
            }
        }
        if some("gateway").is_some_and(|g| g.parse::<std::net::IpAddr>().is_err()) {
            wrong.push(("gateway", "that is no address".to_owned()));
        }
        for id in ["gateway", "range"] {
            if some(id).is_some() && some("subnet").is_none() {
                wrong.push((id, "it needs a subnet".to_owned()));
            }
        }
        let subnets = some("subnet").map(|subnet| SubnetSpec {
            subnet,
            gateway: some("gateway"),
            ip_range: some("range"),
            ..SubnetSpec::default()
        });
        let spec = NetworkSpec {
            name: text("name"),
            driver: text("driver"),
            options: self.map_of("options", &mut wrong),
            labels: self.map_of("labels", &mut wrong),
            internal: self.is_on("internal"),
            attachable: self.is_on("attachable"),
            ipv6: self.is_on("ipv6"),
            subnets: subnets.into_iter().collect(),
            ..NetworkSpec::default()
        };
        if wrong.is_empty() {
            let host = self.host();
            return Ok(Intent::CreateNetwork { host, spec });
        }
        Err(wrong)
    }

    /// Lines that say something, each read by `read`.
    pub(super) fn each<T>(
        &self,
        id: &'static str,
        wrong: &mut Wrong,
        read: impl Fn(&str) -> Result<Vec<T>, String>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for line in lines(&self.value(id)) {
            match read(line) {
                Ok(some) => all.extend(some),
                Err(why) => {
                    wrong.push((id, why));
                    break;
                }
            }
        }
        all
    }
}
