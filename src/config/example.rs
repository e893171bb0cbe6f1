//! Writing a configuration: as the file that makes it, and the commented example.

use std::fmt::Write as _;

use super::commands::UserCommand;
use super::layer::{KeyLayer, Keys};
use super::schema::{Config, HOST, Host, SECTIONS};
use super::slot::{Value, Word as _, key, quoted};
use crate::domain::guardrail::Guardrail;

/// Width of the comments.
const WIDTH: usize = 98;

/// Hosts, rules and keys have no defaults, so the example has them as comments.
const TAIL: &str = r#"
# Your hosts, by name.
#
# [hosts.prod-1]
{sample}

# Rules about what may be done, for the console and for every verb; all of them hold.
#
# [[guardrails]]
# # All conditions hold; one that is left out always does. hosts, names and the values of labels
# # (those of the host) may be globs.
# match = { hosts = ["prod-*"], labels = { env = "prod" }, actions = ["remove", "kill", "prune"], names = ["db*"] }
# # deny, confirm, type-host-name, type-object-name, or allow (for max_bulk alone).
# effect = "type-host-name"
# # Refuse more steps than this in one operation.
# max_bulk = 3
# # Shown when the rule applies.
# reason = "production"

# Commands of your own: a line for the shell, in the palette and under keys by its name. {host},
# {endpoint}, {kind}, {id}, {name}, {image}, {project}, {service} and the inputs are put in quoted.
#
# [[commands]]
# name = "dive"
# run = "dive {image}"
# doc = "look into the layers of the image"
# # For rows of these kinds; without it, the command needs no row.
# on = ["containers", "images"]
# # What is asked before it runs; each is a placeholder too.
# inputs = []
# # Show the finished line and ask first.
# confirm = false
# # Without the terminal; how it ended is said in a message.
# background = false
# # It changes nothing: it may run in read-only mode too.
# read_only = true

# Keys of your own, over the default ones. The contexts and commands are those that ? shows in the
# console; run = "" unbinds.
#
# [[keys.containers]]
# on = "gs"
# run = "stop"
# desc = "stop it"
"#;

/// What `config.example.toml` has: every setting with its default and what it does.
pub fn example() -> String {
    let mut out = String::new();
    let head = "Everything that can be configured, with its default. Copy what you change to \
                ~/.config/pilothouse/config.toml. A setting SECTION.NAME can also be set by the \
                variable PILOTHOUSE_SECTION_NAME. `pilothouse config show --show-origin` shows \
                what holds and why.";
    comment(&mut out, "", head);
    let mut config = Config::default();
    for section in SECTIONS {
        out.push('\n');
        comment(&mut out, "", section.doc);
        let _ = writeln!(out, "[{}]", section.name);
        for setting in section.settings {
            comment(&mut out, "", setting.doc);
            if let Some(value) = (setting.slot)(&mut config).get() {
                let _ = writeln!(out, "{} = {value}", setting.name);
            }
        }
    }
    out + &TAIL.replace("{sample}", sample_host().trim_end())
}

fn sample_host() -> String {
    let path = |name: &str| Some(std::path::PathBuf::from(format!("certs/{name}.pem")));
    let time = |seconds| Some(std::time::Duration::from_secs(seconds));
    let labels = [("env", "prod"), ("role", "web")];
    let mut host = Host {
        endpoint: "tcp://prod-1:2376".to_owned(),
        labels: labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        cert_path: Some("certs/prod-1".into()),
        ca: path("ca"),
        cert: path("cert"),
        key: path("key"),
        tls_verify: Some(true),
        tls_name: Some("prod-1.example.com".to_owned()),
        connect_timeout: time(5),
        call_timeout: time(20),
        max_calls: Some(8),
        ..Host::default()
    };
    let mut out = String::new();
    for setting in HOST {
        comment(&mut out, "# ", setting.doc);
        if let Some(value) = (setting.slot)(&mut host).get() {
            let _ = writeln!(out, "# {} = {value}", setting.name);
        }
    }
    out
}

/// `text` as comment lines of at most [`WIDTH`] characters.
fn comment(out: &mut String, before: &str, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = before.len() + 2 + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > WIDTH {
            let _ = writeln!(out, "{before}# {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{before}# {line}");
}

impl Config {
    /// A file that makes this configuration.
    pub fn to_toml(&self) -> String {
        let mut config = self.clone();
        let mut out = String::new();
        for section in SECTIONS {
            let _ = writeln!(out, "[{}]", section.name);
            for setting in section.settings {
                if let Some(value) = (setting.slot)(&mut config).get() {
                    let _ = writeln!(out, "{} = {value}", setting.name);
                }
            }
            out.push('\n');
        }
        for host in &mut config.hosts {
            let _ = writeln!(out, "[hosts.{}]", key(&host.name));
            let mut unset = Host::default();
            for setting in HOST {
                let value = (setting.slot)(host).get();
                if let Some(value) =
                    value.filter(|v| Some(v) != (setting.slot)(&mut unset).get().as_ref())
                {
                    let _ = writeln!(out, "{} = {value}", setting.name);
                }
            }
            out.push('\n');
        }
        for rule in &self.guardrails {
            let _ = writeln!(out, "[[guardrails]]");
            for (name, value) in rule_parts(rule) {
                let _ = writeln!(out, "{name} = {value}");
            }
            out.push('\n');
        }
        for command in &self.commands {
            user_command(&mut out, command);
        }
        for layer in &self.keys {
            keys(&mut out, layer);
        }
        out
    }
}

fn user_command(out: &mut String, command: &UserCommand) {
    let _ = writeln!(out, "[[commands]]");
    let _ = writeln!(out, "name = {}", quoted(&command.name));
    let _ = writeln!(out, "run = {}", quoted(&command.run));
    let _ = writeln!(out, "doc = {}", quoted(&command.doc));
    let kinds = command.kinds.iter().map(|k| k.plural().to_owned());
    let _ = writeln!(out, "on = {}", Value::Texts(kinds.collect()));
    let _ = writeln!(out, "inputs = {}", Value::Texts(command.inputs.clone()));
    let _ = writeln!(out, "confirm = {}", command.confirm);
    let _ = writeln!(out, "background = {}", command.background);
    let _ = writeln!(out, "read_only = {}\n", command.read_only);
}

fn keys(out: &mut String, layer: &KeyLayer) {
    for binding in &layer.bindings {
        let on = match &binding.on {
            Keys::Sequence(text) => Value::Text(text.clone()),
            Keys::List(list) => Value::Texts(list.clone()),
        };
        let _ = writeln!(out, "[[keys.{}]]", key(&binding.context));
        let _ = writeln!(out, "on = {on}");
        let _ = writeln!(out, "run = {}", quoted(&binding.run));
        if let Some(desc) = &binding.desc {
            let _ = writeln!(out, "desc = {}", quoted(desc));
        }
        out.push('\n');
    }
}

fn rule_parts(rule: &Guardrail) -> Vec<(&'static str, String)> {
    let m = &rule.matches;
    let mut conditions = Vec::new();
    for (name, list) in [
        ("hosts", &m.hosts),
        ("actions", &m.actions),
        ("names", &m.names),
    ] {
        if !list.is_empty() {
            conditions.push(format!("{name} = {}", Value::Texts(list.clone())));
        }
    }
    if !m.labels.is_empty() {
        conditions.push(format!("labels = {}", Value::Table(m.labels.clone())));
    }
    let mut parts = Vec::new();
    if !conditions.is_empty() {
        parts.push(("match", format!("{{ {} }}", conditions.join(", "))));
    }
    parts.push(("effect", quoted(rule.effect.word())));
    if let Some(most) = rule.max_bulk {
        parts.push(("max_bulk", most.to_string()));
    }
    if !rule.reason.is_empty() {
        parts.push(("reason", quoted(&rule.reason)));
    }
    parts
}

/// A rule on one line.
pub(super) fn rule_line(rule: &Guardrail) -> String {
    let parts = rule_parts(rule);
    let parts: Vec<String> = parts.iter().map(|(k, v)| format!("{k} = {v}")).collect();
    format!("{{ {} }}", parts.join(", "))
}
