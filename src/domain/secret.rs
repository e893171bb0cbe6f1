//! What is called like a secret is not shown and not written down.

use std::borrow::Cow;

/// Stands in for a secret.
pub const MASK: &str = "********";

/// Parts of names that mean a secret, in lower case.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "authorization",
];
/// Whole words of a name that mean one.
const WHOLE: &[&str] = &["pass", "pwd", "auth", "key", "pw", "dsn", "cookie"];

/// Is a variable or option of this name probably a secret? `DB_PASSWORD`, `api-key`, `GITHUB_TOKEN`.
pub fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let joined: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    WORDS.iter().any(|w| joined.contains(w))
        || lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| WHOLE.contains(&part))
}

/// Does a text carry a secret: `user=x,password=y`, `https://user:secret@host`?
pub fn holds_secret(text: &str) -> bool {
    let option = text
        .split([',', '&', ';', '?', ' '])
        .filter_map(|part| part.split_once('='))
        .any(|(name, value)| !value.is_empty() && is_secret(name));
    let login = text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    });
    option || login
}

/// `NAME=value` without its value if that is a secret.
pub fn masked(variable: &str) -> Cow<'_, str> {
    match variable.split_once('=') {
        Some((name, value)) if !value.is_empty() && (is_secret(name) || holds_secret(value)) => {
            Cow::Owned(format!("{name}={MASK}"))
        }
        _ => Cow::Borrowed(variable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "DB_PASSWORD",
            "POSTGRES_PASSWORD_FILE",
            "api-key",
            "API_KEY",
            "apiKey",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "MYSQL_PWD",
            "PASS",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PATH",
            "KEYBOARD",
            "PASSENGERS",
            "MONKEY",
            "AUTHOR",
            "COMPASS",
            "HOME",
            "LANG",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_can_carry_one() {
        for (variable, shown) in [
            ("PATH=/bin", "PATH=/bin"),
            ("TOKEN=", "TOKEN="),
            ("TOKEN", "TOKEN"),
            ("TOKEN=x", "TOKEN=********"),
            ("URL=postgres://u:p@db/x", "URL=********"),
            ("URL=postgres://db/x", "URL=postgres://db/x"),
            ("O=addr=1.2.3.4,password=x", "O=********"),
        ] {
            assert_eq!(masked(variable), shown);
        }
    }
}
