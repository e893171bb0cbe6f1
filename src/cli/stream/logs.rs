//! `logs`: what many containers write, merged by time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use super::endless;
use super::lasting::{self, Heard, Source, State};
use super::merge::{Merge, Opening};
use super::outages::Outages;
use crate::cli::Context;
use crate::cli::args::stream::Logs;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::human::{moment, rfc3339};
use crate::cli::out::{API_VERSION, Format, Problem};
use crate::cli::pick::{Want, pick_some};
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::logs::{LogLine, LogOptions, LogStream};
use crate::domain::port::BoxFuture;
use crate::domain::snapshot::Snapshot;
use crate::domain::text::{keep_colours, sanitise};
use crate::reconcile::CoreHandle;

/// What containers write within this time comes in order when it is followed.
const TOGETHER: Duration = Duration::from_millis(150);

/// Colours of the names, for terminals of 16 colours.
const COLOURS: [&str; 10] = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"];

pub(in crate::cli) async fn logs(core: &CoreHandle, ctx: &mut Context, args: Logs) -> Verdict {
    let format = ctx.format();
    if args.follow {
        endless(&format, "what is followed")?;
    }
    let filter = Filter::new(&args)?;
    let options = options(ctx, &args)?;
    let kinds = [Kind::Container, Kind::Service, Kind::Project];
    let picked = pick_some(core, ctx, &Want::from(&args.many), &kinds).await?;
    let containers = expand(&picked.snapshot, &picked.objects());
    for problem in &picked.problems {
        ctx.out.error(&problem.error);
    }
    let now = ctx.now();
    let openings = containers
        .iter()
        .map(|c| open(core, c, &options, now))
        .collect::<Result<Vec<_>>>()?;
    let patience = if args.follow {
        TOGETHER
    } else {
        ctx.global.patience()
    };
    let mut merge = Merge::open(openings, patience, Heard::time);
    let mut outages = Outages::new("log", containers.iter().map(|c| (&c.host, c.to_string())));
    let mut printer = Printer::new(&args, &containers, format, ctx.out.has_colour());
    printer.begin(ctx)?;
    let mut broken: Vec<Problem> = picked.problems;
    while let Some(next) = merge.next().await {
        let container = &containers[next.from];
        match next.item {
            Ok(Heard::Item(line)) if filter.keeps(&line.text) => {
                printer.print(ctx, next.from, container, &line)?;
            }
            Ok(heard) => outages.heard(ctx, next.from, &heard)?,
            Err(e) => {
                let error = e.context(format!("logs of {container}"));
                ctx.out.flush()?;
                ctx.out.error(&error);
                broken.push(Problem {
                    host: Some(container.host.clone()),
                    error,
                });
            }
        }
        if !merge.is_busy() {
            ctx.out.flush()?;
        }
    }
    printer.end(ctx, &broken)?;
    ctx.out.flush()?;
    Ok(verdict(&broken, containers.len()))
}

fn verdict(broken: &[Problem], containers: usize) -> Exit {
    match broken.len() {
        0 => Exit::Done,
        n if n < containers => Exit::Partial,
        _ => Exit::of_all(broken.iter().map(|p| p.error.kind())),
    }
}

fn open(
    core: &CoreHandle,
    container: &ObjectRef,
    options: &LogOptions,
    now: DateTime<Utc>,
) -> Result<Opening<Heard<LogLine>>> {
    let reader = core.reader(&container.host)?;
    let (id, wish) = (container.id.clone(), options.clone());
    let follow = options.follow;
    // The end of what was there is where it begins; if that is nothing, it begins now.
    let begin = wish.tail.map(|_| now);
    let (again, looked) = (reader.clone(), id.clone());
    let open = move |since: Option<DateTime<Utc>>| -> Opening<LogLine> {
        let (reader, id, mut options) = (reader.clone(), id.clone(), wish.clone());
        if since.is_some() {
            options.since = since.max(options.since);
            options.tail = None;
        }
        Box::pin(async move { reader.logs(id.as_str(), options).await })
    };
    if !follow {
        return Ok(lasting::once(open(None)));
    }
    let look = move || -> BoxFuture<'static, Result<State>> {
        let (reader, id) = (again.clone(), looked.clone());
        Box::pin(async move {
            match reader.container(id.as_str()).await {
                Ok(c) if c.state.is_up() => Ok(State::Up),
                Ok(_) => Ok(State::Ended),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(State::Gone),
                Err(e) => Err(e),
            }
        })
    };
    Ok(lasting::follow(Source {
        open: Box::new(open),
        look: Box::new(look),
        begin,
    }))
}

fn options(ctx: &Context, args: &Logs) -> Result<LogOptions> {
    Ok(LogOptions {
        follow: args.follow,
        since: moment("--since", args.since.as_deref(), ctx.now())?,
        until: moment("--until", args.until.as_deref(), ctx.now())?,
        tail: args.tail.0,
        stdout: !args.stderr,
        stderr: !args.stdout,
    })
}

/// The containers of services and projects, each once.
pub(in crate::cli) fn expand(snapshot: &Snapshot, objects: &[ObjectRef]) -> Vec<ObjectRef> {
    let mut all: Vec<ObjectRef> = Vec::new();
    for object in objects {
        let Some(host) = snapshot.host(&object.host) else {
            continue;
        };
        let members = match object.kind {
            Kind::Service => host
                .services()
                .into_iter()
                .find(|s| s.id == object.id)
                .map(|s| s.containers),
            Kind::Project => host
                .projects()
                .into_iter()
                .find(|p| *p.name == *object.id.as_str())
                .map(|p| p.containers),
            _ => None,
        };
        let found = match members {
            Some(members) => members.iter().map(|c| host.container_ref(c)).collect(),
            None if object.kind == Kind::Container => vec![object.clone()],
            None => Vec::new(),
        };
        for container in found {
            if !all.contains(&container) {
                all.push(container);
            }
        }
    }
    all
}

/// `--grep` and its companions.
struct Filter {
    pattern: Option<Regex>,
    invert: bool,
}

impl Filter {
    fn new(args: &Logs) -> Result<Self> {
        let pattern = args
            .grep
            .as_deref()
            .map(|text| {
                RegexBuilder::new(text)
                    .case_insensitive(args.ignore_case)
                    .build()
                    .map_err(|e| Error::invalid(format!("--grep: {e}"))
                        .with_hint("to search for the characters as they are, put \\ before ( ) [ ] { } . * + ? ^ $ |"))
            })
            .transpose()?;
        Ok(Self {
            pattern,
            invert: args.invert,
        })
    }

    /// Matched is what is seen, not what colours it.
    fn keeps(&self, text: &str) -> bool {
        self.pattern
            .as_ref()
            .is_none_or(|p| p.is_match(&sanitise(text)) != self.invert)
    }
}

struct Printer {
    /// `host/name | ` of each container, coloured; empty when it is not wanted.
    prefixes: Vec<String>,
    timestamps: bool,
    raw: bool,
    colour: bool,
    format: Format,
    /// For the one document that `-o json` is.
    items: Vec<Value>,
}

impl Printer {
    fn new(args: &Logs, containers: &[ObjectRef], format: Format, colour: bool) -> Self {
        use unicode_width::UnicodeWidthStr;
        let names: Vec<String> = containers
            .iter()
            .map(|c| sanitise(&c.to_string()).into_owned())
            .collect();
        let width = names.iter().map(|n| n.width()).max().unwrap_or_default();
        let wanted = containers.len() > 1 && !args.no_prefix;
        let prefixes = names
            .iter()
            .enumerate()
            .map(|(n, name)| {
                if !wanted {
                    return String::new();
                }
                let pad = " ".repeat(width - name.width());
                let code = COLOURS[n % COLOURS.len()];
                if colour {
                    format!("\x1b[{code}m{name}{pad} |\x1b[0m ")
                } else {
                    format!("{name}{pad} | ")
                }
            })
            .collect();
        Self {
            prefixes,
            timestamps: args.timestamps,
            raw: args.raw,
            colour,
            format,
            items: Vec::new(),
        }
    }

    fn begin(&self, ctx: &mut Context) -> std::result::Result<(), Stop> {
        match self.format {
            Format::Jsonl => ctx.out.version_line("LogLine"),
            _ => Ok(()),
        }
    }

    fn print(
        &mut self,
        ctx: &mut Context,
        from: usize,
        container: &ObjectRef,
        line: &LogLine,
    ) -> std::result::Result<(), Stop> {
        match &self.format {
            Format::Table | Format::Wide | Format::Name => {}
            Format::Json | Format::Yaml => {
                self.items.push(item(container, line));
                return Ok(());
            }
            Format::Jsonl | Format::Template(_) => {
                return ctx.out.item(&item(container, line), &self.format);
            }
        }
        let mut text = self.prefixes[from].clone();
        if let (true, Some(time)) = (self.timestamps, line.time) {
            text.push_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true));
            text.push(' ');
        }
        if self.raw {
            text.push_str(&line.text);
            text.push('\n');
            return ctx.out.bytes(text.as_bytes());
        }
        text.push_str(&clean(&line.text, self.colour));
        if self.colour && line.text.contains('\x1b') {
            // A colour that was left on ends with its line.
            text.push_str("\x1b[0m");
        }
        ctx.out.line(&text)
    }

    fn end(&mut self, ctx: &mut Context, broken: &[Problem]) -> std::result::Result<(), Stop> {
        if !matches!(self.format, Format::Json | Format::Yaml) {
            return Ok(());
        }
        let errors: Vec<Value> = broken.iter().map(Problem::json).collect();
        let document = json!({
            "apiVersion": API_VERSION,
            "kind": "LogLineList",
            "items": self.items,
            "errors": errors,
        });
        ctx.out.document(&document, &self.format)
    }
}

/// Tabs stay; colours only where there are colours.
fn clean(text: &str, colour: bool) -> String {
    if colour {
        return keep_colours(text);
    }
    text.split('\t')
        .map(sanitise)
        .collect::<Vec<_>>()
        .join("\t")
}

fn item(container: &ObjectRef, line: &LogLine) -> Value {
    json!({
        "time": line.time.map(rfc3339),
        "host": container.host,
        "name": container.name,
        "id": container.id,
        "stream": match line.stream {
            LogStream::Stdout => "stdout",
            LogStream::Stderr => "stderr",
        },
        "text": line.text,
        "partial": line.partial,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command, Verb};
    use crate::cli::view::tests::fleet;

    fn arguments(line: &str) -> Logs {
        let words = format!("pilothouse logs {line}");
        let cli = Cli::try_parse_from(shell_words::split(&words).unwrap()).unwrap();
        match cli.verb.map(|c| match c {
            Command::Fleet(verb) => *verb,
            other => panic!("{other:?}"),
        }) {
            Some(Verb::Logs(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_are_chosen_by_what_is_seen() {
        let keeps = |line: &str, text: &str| Filter::new(&arguments(line)).unwrap().keeps(text);
        assert!(keeps("web", "anything"));
        assert!(keeps("web -g 'err(or)?'", "an \x1b[31merr\x1b[0mor"));
        assert!(!keeps("web -g ERROR", "an error"));
        assert!(keeps("web -g ERROR -i", "an error"));
        assert!(!keeps("web -g error --invert", "an error"));
        assert!(Filter::new(&arguments("web -g '('")).is_err());
    }

    #[test]
    fn projects_are_their_containers() {
        let fleet = fleet();
        let host = &fleet.hosts[0];
        let mut objects = host.refs(Kind::Project);
        objects.extend(host.refs(Kind::Container));
        let names: Vec<String> = expand(&fleet, &objects)
            .iter()
            .map(|o| o.name.to_string())
            .collect();
        assert_eq!(names, ["shop-web-1", "job"]);
    }

    #[test]
    fn text_is_harmless() {
        assert_eq!(clean("a\tb\x1b[31mc\x1b[2J", false), "a\tbc");
        assert_eq!(clean("a\tb\x1b[31mc\x1b[2J", true), "a\tb\x1b[31mc");
    }
}
