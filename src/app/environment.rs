//! The environment of the process, read once.

use std::collections::BTreeMap;

/// All variables; what is no text is made one as well as possible. `HOME` is there even when
/// whoever started us left it out, if the system knows the user.
pub fn environment() -> BTreeMap<String, String> {
    let text = |s: std::ffi::OsString| s.to_string_lossy().into_owned();
    let mut env: BTreeMap<String, String> = std::env::vars_os()
        .map(|(k, v)| (text(k), text(v)))
        .collect();
    if env.get("HOME").is_none_or(String::is_empty)
        && let Some(home) = crate::config::home_of_user()
    {
        env.insert("HOME".to_owned(), home.display().to_string());
    }
    env
}

#[cfg(test)]
mod tests {
    #[test]
    fn home_is_known() {
        assert!(super::environment().contains_key("HOME"));
    }
}
