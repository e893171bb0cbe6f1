//! What needs no fleet: paths, the configuration, completions, manual pages, the version.

use std::path::Path;

use clap::CommandFactory;
use serde_json::{Value, json};

use super::args::{Cli, ConfigVerb, Local};
use super::exit::{Exit, Stop, Verdict};
use super::out::{Format, Listing, Out};
use super::table::{Cell, Table, Tone};
use crate::config::{self, Inputs, Paths};
use crate::domain::error::Error;

/// Do what needs no fleet. `inputs` is what the configuration is made from.
pub fn local(job: &Local, inputs: &Inputs, format: Option<&Format>, out: &mut Out) -> Exit {
    let verdict = match job {
        Local::Paths => paths(inputs, format, out),
        Local::Config(ConfigVerb::Check { file }) => check(inputs, file.as_deref(), out),
        Local::Config(ConfigVerb::Show { show_origin }) => show(inputs, *show_origin, format, out),
        Local::Config(ConfigVerb::Example) => {
            out.bytes(config::example().as_bytes()).map(|()| Exit::Done)
        }
        Local::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "pilothouse", &mut text);
            out.bytes(&text).map(|()| Exit::Done)
        }
        Local::Man { dir: None } => man(out),
        Local::Man { dir: Some(dir) } => man_pages(dir, out),
        Local::Version => out
            .line(&format!("pilothouse {}", env!("CARGO_PKG_VERSION")))
            .map(|()| Exit::Done),
    };
    finish(verdict, out)
}

fn finish(verdict: Verdict, out: &mut Out) -> Exit {
    match verdict.and_then(|exit| out.flush().map(|()| exit)) {
        Ok(exit) | Err(Stop::Exit(exit)) => exit,
        Err(Stop::Closed) => Exit::Done,
        Err(Stop::Error(e)) => {
            out.error(&e);
            Exit::of(e.kind())
        }
    }
}

/// Print an error of before there was a verb, and say how to end.
pub fn fail(e: &Error, out: &mut Out) -> Exit {
    out.error(e);
    Exit::of(e.kind())
}

fn paths(inputs: &Inputs, format: Option<&Format>, out: &mut Out) -> Verdict {
    let usual = Paths::new(&inputs.env);
    // A configuration with mistakes still has a place.
    let loaded = config::load(inputs).ok();
    let configured = loaded.as_ref().map(|l| &l.config);
    let journal = configured.and_then(|c| c.journal.path.as_deref());
    let logs = configured.and_then(|c| c.log.dir.as_deref());
    let all = [
        ("config", inputs.file.clone().or(usual.config_file())),
        ("themes", usual.config.as_ref().map(|d| d.join("themes"))),
        ("state", usual.state.clone()),
        ("journal", usual.journal(journal)),
        ("logs", usual.logs(logs)),
        ("cache", usual.cache.clone()),
    ];
    let mut found = Listing {
        kind: "Path",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(&["WHAT", "PATH", "THERE"]),
        wide: Table::new(&["WHAT", "PATH", "THERE"]),
        more: Vec::new(),
    };
    for (name, path) in all {
        let there = path.as_ref().is_some_and(|p| p.exists());
        let shown = path.map_or_else(|| "-".to_owned(), |p| p.display().to_string());
        found
            .items
            .push(json!({ "name": name, "path": shown, "exists": there }));
        let cells = vec![
            Cell::new(name, Tone::Strong),
            shown.into(),
            if there { "yes" } else { "no" }.into(),
        ];
        found.table.row(cells.clone());
        found.wide.row(cells);
    }
    out.listing(&found, format.unwrap_or(&Format::Table))?;
    Ok(Exit::Done)
}

fn check(inputs: &Inputs, file: Option<&Path>, out: &mut Out) -> Verdict {
    let inputs = Inputs {
        file: file.map(Path::to_owned).or(inputs.file.clone()),
        ..inputs.clone()
    };
    let loaded = match config::load(&inputs) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            let count = mistakes.iter().count();
            for mistake in mistakes.iter() {
                out.say(&format!("{mistake}\n"));
            }
            let noun = if count == 1 { "mistake" } else { "mistakes" };
            out.error(&Error::invalid(format!(
                "{count} {noun} in the configuration"
            )));
            return Ok(Exit::Usage);
        }
    };
    for warning in &loaded.warnings {
        out.warn(&warning.to_string());
    }
    for source in &loaded.sources {
        let what = if source.read { "read" } else { "not there" };
        out.line(&format!("{}: {what}", source.path.display()))?;
    }
    out.line(&format!(
        "no mistakes; hosts: {}, guardrails: {}",
        loaded.config.hosts.len(),
        loaded.config.guardrails.len()
    ))?;
    Ok(Exit::Done)
}

fn show(inputs: &Inputs, origin: bool, format: Option<&Format>, out: &mut Out) -> Verdict {
    let loaded = config::load(inputs).map_err(Error::from)?;
    let titles: &[&str] = if origin {
        &["SETTING", "VALUE", "FROM"]
    } else {
        &["SETTING", "VALUE"]
    };
    let mut found = Listing {
        kind: "Setting",
        items: Vec::new(),
        errors: Vec::new(),
        table: Table::new(titles),
        wide: Table::new(&["SETTING", "VALUE", "FROM"]),
        more: Vec::new(),
    };
    for entry in loaded.entries() {
        let (value, from) = (entry.value.to_string(), entry.origin.to_string());
        found.items.push(json!({
            "name": entry.key,
            "value": serde_json::to_value(&entry.value).unwrap_or(Value::Null),
            "origin": from,
        }));
        let cells = vec![
            Cell::new(&entry.key, Tone::Strong),
            value.into(),
            Cell::new(from, Tone::Dim),
        ];
        found.table.row(cells[..titles.len()].to_vec());
        found.wide.row(cells);
    }
    out.listing(&found, format.unwrap_or(&Format::Table))?;
    Ok(Exit::Done)
}

fn man(out: &mut Out) -> Verdict {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|e| Error::internal("make the manual page").with_source(e))?;
    out.bytes(&page)?;
    Ok(Exit::Done)
}

/// One page for the program and one for each verb.
fn man_pages(dir: &Path, out: &mut Out) -> Verdict {
    let made =
        std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(Cli::command(), dir));
    made.map_err(|e| {
        Error::internal(format!("write manual pages to {}", dir.display())).with_source(e)
    })?;
    out.say(&format!("manual pages are in {}", dir.display()));
    Ok(Exit::Done)
}
