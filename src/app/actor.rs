//! Who asks: for the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::intent::Actor;
use crate::domain::text::sanitise;

/// The user and, in an SSH session, from where; as the environment says.
pub fn actor(env: &BTreeMap<String, String>, uid: u32, pid: u32) -> Actor {
    let var = |name: &str| env.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
    let user = match var("LOGNAME").or_else(|| var("USER")) {
        Some(user) => sanitise(user).into_owned(),
        None => format!("uid {uid}"),
    };
    // "CLIENT PORT SERVER PORT"
    let client = var("SSH_CONNECTION")
        .or_else(|| var("SSH_CLIENT"))
        .and_then(|c| c.split_whitespace().next())
        .map(|c| Arc::from(&*sanitise(c)));
    Actor {
        user: Arc::from(user),
        ssh_client: client,
        pid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(env: &[(&str, &str)]) -> (String, Option<String>) {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let actor = actor(&env.collect(), 1000, 7);
        assert_eq!(actor.pid, 7);
        (
            actor.user.to_string(),
            actor.ssh_client.map(|c| c.to_string()),
        )
    }

    #[test]
    fn the_environment_says_who() {
        assert_eq!(who(&[]), ("uid 1000".into(), None));
        assert_eq!(who(&[("USER", "ann")]), ("ann".into(), None));
        let both = [("LOGNAME", "ann"), ("USER", "bob")];
        assert_eq!(who(&both), ("ann".into(), None));
        let remote = [
            ("LOGNAME", ""),
            ("USER", "a\u{1b}[31mnn"),
            ("SSH_CONNECTION", "10.0.0.9 50100 10.0.0.1 22"),
        ];
        assert_eq!(who(&remote), ("ann".into(), Some("10.0.0.9".into())));
    }
}
