//! Fault scripts: ways in which a simulated engine misbehaves, changed while it runs.

use std::time::Duration;

use tokio::sync::watch;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers come so much later.
    Latency(Duration),
    /// This status with this message instead of the answer.
    Status(u16, String),
    /// A proxy's HTML page with status 200 instead of the answer.
    Html,
    /// On every connection (no path given): bytes that are not HTTP. Else: a body that is not JSON.
    Garbage,
    /// The connection is closed without an answer.
    CloseAtOnce,
    /// The connection is reset before the request has been read (no path given) or after.
    Reset,
    /// The body stops after so many bytes and the connection is closed.
    Truncate(usize),
    /// The body trickles: so many bytes, then a pause.
    SlowBody(usize, Duration),
    /// A body that has lasted so long breaks off.
    CutStream(Duration),
    /// Connections are accepted, nothing is read or written, streams stand still.
    Frozen,
    /// Nobody listens on the socket; open connections are dropped.
    Refuse,
}

/// A fault and what it applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Only this HTTP method.
    pub method: Option<String>,
    /// Only paths that contain this text (the version prefix is not part of the path).
    pub path: Option<String>,
    /// How often it strikes before it is spent.
    pub times: Option<u32>,
    pub fault: Fault,
}

impl Rule {
    /// `fault` on everything, always.
    pub fn always(fault: Fault) -> Self {
        Self {
            method: None,
            path: None,
            times: None,
            fault,
        }
    }

    /// `fault` where the path contains `path`.
    pub fn on(path: impl Into<String>, fault: Fault) -> Self {
        Self {
            path: Some(path.into()),
            ..Self::always(fault)
        }
    }

    /// Only for requests with this method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Strike only so many times.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.times != Some(0)
            && self.method.as_deref().is_none_or(|m| m == method)
            && self.path.as_deref().is_none_or(|p| path.contains(p))
    }

    fn is_general(&self) -> bool {
        self.method.is_none() && self.path.is_none() && self.times != Some(0)
    }
}

/// The script as it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    rules: Vec<Rule>,
    /// Streams that began before this count are cut.
    pub(crate) cuts: u64,
    /// Connections that began before this count are dropped.
    pub(crate) drops: u64,
}

impl Script {
    fn general(&self, fault: &Fault) -> bool {
        self.rules
            .iter()
            .any(|r| r.is_general() && r.fault == *fault)
    }

    pub(crate) fn frozen(&self) -> bool {
        self.general(&Fault::Frozen)
    }

    pub(crate) fn refuses(&self) -> bool {
        self.general(&Fault::Refuse)
    }
}

/// Sets the faults of one engine; clones act on the same engine.
#[derive(Debug, Clone)]
pub struct FaultHandle(watch::Sender<Script>);

impl FaultHandle {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Script::default()))
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Script> {
        self.0.subscribe()
    }

    /// Add a rule to those there are.
    pub fn add(&self, rule: Rule) {
        self.0.send_modify(|script| script.rules.push(rule));
    }

    /// This fault on everything, instead of all rules.
    pub fn set(&self, fault: Fault) {
        self.0
            .send_modify(|script| script.rules = vec![Rule::always(fault)]);
    }

    /// Behave again.
    pub fn clear(&self) {
        self.0.send_modify(|script| script.rules.clear());
    }

    /// Break every open stream off, now; later ones are not touched.
    pub fn cut_streams(&self) {
        self.0.send_modify(|script| script.cuts += 1);
    }

    /// Drop every open connection, now; new ones are welcome.
    pub fn drop_connections(&self) {
        self.0.send_modify(|script| script.drops += 1);
    }

    /// What strikes this request; each counted rule is used up by one.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Vec<Fault> {
        let quiet = self
            .0
            .borrow()
            .rules
            .iter()
            .all(|rule| !rule.matches(method, path));
        if quiet {
            return Vec::new();
        }
        let mut struck = Vec::new();
        self.0.send_if_modified(|script| {
            for rule in script.rules.iter_mut().filter(|r| r.matches(method, path)) {
                struck.push(rule.fault.clone());
                if let Some(times) = rule.times.as_mut() {
                    *times -= 1;
                }
            }
            script.rules.retain(|r| r.times != Some(0));
            false
        });
        struck
    }

    /// The fault that a new connection meets before it says anything.
    pub(crate) fn on_accept(&self) -> Option<Fault> {
        let script = self.0.borrow();
        let bare = |f: &Fault| matches!(f, Fault::Garbage | Fault::CloseAtOnce | Fault::Reset);
        let counted = script
            .rules
            .iter()
            .any(|r| r.is_general() && bare(&r.fault));
        drop(script);
        if !counted {
            return None;
        }
        let mut found = None;
        self.0.send_if_modified(|script| {
            if let Some(rule) = script
                .rules
                .iter_mut()
                .find(|r| r.is_general() && bare(&r.fault))
            {
                found = Some(rule.fault.clone());
                if let Some(times) = rule.times.as_mut() {
                    *times -= 1;
                }
            }
            script.rules.retain(|r| r.times != Some(0));
            false
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_rule_is_spent() {
        let faults = FaultHandle::new();
        faults.add(
            Rule::on("/start", Fault::Status(500, "x".into()))
                .method("POST")
                .times(2),
        );
        assert!(faults.strike("GET", "/containers/a/start").is_empty());
        assert_eq!(faults.strike("POST", "/containers/a/start").len(), 1);
        assert_eq!(faults.strike("POST", "/containers/a/start").len(), 1);
        assert!(faults.strike("POST", "/containers/a/start").is_empty());
    }

    #[test]
    fn connection_faults_are_met_on_accept() {
        let faults = FaultHandle::new();
        faults.add(Rule::always(Fault::Garbage).times(1));
        faults.add(Rule::on("/info", Fault::CloseAtOnce));
        assert_eq!(faults.on_accept(), Some(Fault::Garbage));
        assert_eq!(faults.on_accept(), None);
    }
}
