//! Effects that take time, each in a task that reports by a message.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::StreamExt;
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use super::shell;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::guardrail::Answer;
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::{Actor, Origin, Target};
use crate::domain::logs::LogOptions;
use crate::reconcile::{CoreHandle, Preview};
use crate::tui::effect::{Effect, Why};
use crate::tui::msg::{Fetched, Inspected, LogNews, Msg};
use crate::tui::options::{ConsoleOptions, Restyle};

/// Lines handed over at once.
const BATCH: usize = 512;

/// What runs for the console.
#[derive(Debug)]
pub(super) struct Tasks {
    core: CoreHandle,
    pub(super) actor: Actor,
    to_loop: Sender<Msg>,
    history: Option<std::path::PathBuf>,
    /// Log readers by the view they read for, each with the number of its source.
    streams: FxHashMap<u64, Vec<(usize, AbortHandle)>>,
    memory_file: Option<PathBuf>,
    memory: Option<(watch::Sender<String>, JoinHandle<()>)>,
}

impl Tasks {
    pub(super) fn new(core: CoreHandle, options: &ConsoleOptions, to_loop: Sender<Msg>) -> Self {
        Self {
            core,
            actor: options.actor.clone(),
            to_loop,
            history: options.history.clone(),
            streams: FxHashMap::default(),
            memory_file: options.memory_file.clone(),
            memory: None,
        }
    }

    /// Begin an effect. Those that concern the terminal are the loop's own.
    pub(super) fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Submit(preview, answer) => self.submit(*preview, answer),
            Effect::Cancel(id) => {
                let core = self.core.clone();
                self.spawn(async move {
                    let said = core.cancel(id).await;
                    Msg::Done(said.map(|()| "cancelling: what is being done is finished".into()))
                });
            }
            Effect::LookAt(containers) => self.core.look_at(&containers),
            Effect::Refresh(hosts) => {
                for host in hosts {
                    // A host that is no more needs no refresh.
                    let _ = self.core.refresh(&host);
                }
            }
            Effect::MeasureDisk(host) => {
                let _ = self.core.measure_disk(&host);
            }
            Effect::Inspect { seq, object } => {
                let core = self.core.clone();
                self.spawn(async move {
                    let what = Fetched::Inspected(inspect(&core, &object).await);
                    Msg::Fetched { seq, what }
                });
            }
            Effect::Top { seq, object } => {
                let core = self.core.clone();
                self.spawn(async move {
                    let result = match core.reader(&object.host) {
                        Ok(reader) => reader.top(object.id.as_str(), "").await,
                        Err(e) => Err(e),
                    };
                    let what = Fetched::Top(result);
                    Msg::Fetched { seq, what }
                });
            }
            Effect::Layers { seq, object } => self.layers(seq, object),
            Effect::Browse {
                seq,
                container,
                path,
                also,
            } => self.browse(seq, container, path, also),
            Effect::CopyOut {
                container,
                path,
                to,
            } => {
                let core = self.core.clone();
                self.spawn(async move { Msg::Done(copy_out(&core, &container, &path, &to).await) });
            }
            Effect::History { seq, query } => {
                let core = self.core.clone();
                self.spawn(async move {
                    let what = Fetched::History(core.history(query).await);
                    Msg::Fetched { seq, what }
                });
            }
            Effect::Specify { target, why } => self.specify(target, why),
            Effect::Removed(wanted) => {
                let core = self.core.clone();
                self.spawn(async move { Msg::Removed(wanted, core.removed(None, None).await) });
            }
            Effect::KeepTyped(line) => self.keep_typed(line),
            Effect::OpenLogs {
                stream,
                sources,
                options,
            } => self.open_logs(stream, sources, &options),
            Effect::CloseLogs(stream) => {
                for (_, reader) in self.streams.remove(&stream).unwrap_or_default() {
                    reader.abort();
                }
            }
            Effect::Remember(text) => self.remember(text),
            Effect::Save { name, text } => {
                self.spawn(async move { Msg::Done(save(name, text).await) });
            }
            Effect::Shell { name, lines, .. } => {
                self.spawn(async move { Msg::Done(shell::behind(&name, &lines).await) });
            }
            Effect::Quit
            | Effect::Notice { .. }
            | Effect::Preview(_)
            | Effect::Draft(_)
            | Effect::Judge { .. }
            | Effect::Copy(_)
            | Effect::Session { .. }
            | Effect::Redraw
            | Effect::Mouse(_) => {}
        }
    }

    fn specify(&self, target: Target, why: Why) {
        let core = self.core.clone();
        self.spawn(async move {
            let result = match core.reader(&target.object.host) {
                Ok(reader) => reader.spec(target.object.id.as_str()).await.map(Box::new),
                Err(e) => Err(e),
            };
            Msg::Specified {
                target,
                why,
                result,
            }
        });
    }

    fn keep_typed(&self, line: String) {
        let Some(file) = self.history.clone() else {
            return;
        };
        tokio::task::spawn_blocking(move || {
            // A history that cannot be kept is worth a line in the log, no more.
            if let Err(e) = super::history::append(&file, &line) {
                tracing::warn!(error = %e, "a typed command is not kept");
            }
        });
    }

    fn layers(&self, seq: u64, image: ObjectRef) {
        let core = self.core.clone();
        self.spawn(async move {
            let result = match core.reader(&image.host) {
                Ok(reader) => reader.layers(image.id.as_str()).await,
                Err(e) => Err(e),
            };
            let what = Fetched::Layers(result);
            Msg::Fetched { seq, what }
        });
    }

    fn browse(&self, seq: u64, container: ObjectRef, path: String, also: Vec<String>) {
        let core = self.core.clone();
        self.spawn(async move {
            let result = match core.reader(&container.host) {
                Ok(reader) => reader.browse(container.id.as_str(), &path, &also).await,
                Err(e) => Err(e),
            };
            let what = Fetched::Browsed(result);
            Msg::Fetched { seq, what }
        });
    }

    /// Hand changed themes to the loop.
    pub(super) fn follow(&self, mut restyles: Receiver<Restyle>) {
        let to_loop = self.to_loop.clone();
        tokio::spawn(async move {
            while let Some(restyle) = restyles.recv().await {
                if to_loop.send(Msg::Restyle(Box::new(restyle))).await.is_err() {
                    return;
                }
            }
        });
    }

    /// End everything; operations go on in the core.
    pub(super) fn stop(&mut self) {
        for (_, reader) in self.streams.drain().flat_map(|(_, readers)| readers) {
            reader.abort();
        }
    }

    /// Write the newest of what is to be remembered, one after the other.
    fn remember(&mut self, text: String) {
        let Some(file) = &self.memory_file else {
            return;
        };
        let (newest, _) = self.memory.get_or_insert_with(|| {
            let (newest, seen) = watch::channel(String::new());
            let writer = write_memory(file.clone(), seen, self.to_loop.clone());
            (newest, tokio::spawn(writer))
        });
        newest.send_replace(text);
    }

    /// Wait until everything is written.
    pub(super) async fn finish(&mut self) {
        if let Some((newest, writer)) = self.memory.take() {
            drop(newest);
            // A panic in it is not ours to repeat.
            let _ = writer.await;
        }
    }

    fn spawn(&self, work: impl Future<Output = Msg> + Send + 'static) -> AbortHandle {
        let to_loop = self.to_loop.clone();
        let task = tokio::spawn(async move {
            let msg = work.await;
            // A loop that has ended wants no message.
            let _ = to_loop.send(msg).await;
        });
        task.abort_handle()
    }

    fn submit(&self, preview: Preview, answer: Answer) {
        let (core, actor) = (self.core.clone(), self.actor.clone());
        self.spawn(async move {
            let title = preview.plan.title.clone();
            let result = core.submit(preview, &answer, actor, Origin::Console).await;
            Msg::Submitted { title, result }
        });
    }

    fn open_logs(&mut self, stream: u64, sources: Vec<(usize, ObjectRef)>, options: &LogOptions) {
        let readers = self.streams.entry(stream).or_default();
        readers.retain(|(_, r)| !r.is_finished());
        for (source, object) in sources {
            // One that hangs on a lost connection gives way to the new one.
            readers.retain(|(of, reader)| {
                if *of == source {
                    reader.abort();
                }
                *of != source
            });
            let (core, to_loop) = (self.core.clone(), self.to_loop.clone());
            let options = options.clone();
            let task = tokio::spawn(async move {
                let how = read_log(&core, &object, options, stream, source, &to_loop).await;
                let news = LogNews::Ended(source, how);
                let _ = to_loop.send(Msg::Logs { stream, news }).await;
            });
            readers.push((source, task.abort_handle()));
        }
    }
}

/// Hand lines over until the log ends. A console that is behind makes this wait, and the engine
/// with it.
async fn read_log(
    core: &CoreHandle,
    object: &ObjectRef,
    options: LogOptions,
    stream: u64,
    source: usize,
    to_loop: &Sender<Msg>,
) -> Result<()> {
    let reader = core.reader(&object.host)?;
    let lines = reader.logs(object.id.as_str(), options).await?;
    let mut batches = lines.ready_chunks(BATCH);
    while let Some(batch) = batches.next().await {
        let mut good = Vec::with_capacity(batch.len());
        let mut broken = None;
        for line in batch {
            match line {
                Ok(line) => good.push(line),
                Err(e) => broken = Some(e),
            }
        }
        let news = LogNews::Lines(source, good);
        if to_loop.send(Msg::Logs { stream, news }).await.is_err() {
            return Ok(());
        }
        if let Some(e) = broken {
            return Err(e);
        }
    }
    Ok(())
}

async fn inspect(core: &CoreHandle, object: &ObjectRef) -> Result<Inspected> {
    let reader = core.reader(&object.host)?;
    let id = object.id.as_str();
    let document = reader.inspect(object.kind, id).await?;
    let container = if object.kind == Kind::Container {
        Some(Arc::new(reader.container(id).await?))
    } else {
        None
    };
    Ok(Inspected {
        document,
        container,
    })
}

/// Copy a path of a container to a path here that is not there yet.
async fn copy_out(
    core: &CoreHandle,
    container: &ObjectRef,
    path: &str,
    to: &str,
) -> Result<String> {
    let reader = core.reader(&container.host)?;
    let to = std::path::Path::new(to);
    let copied = reader.fetch(container.id.as_str(), path, to).await?;
    let size = crate::tui::format::bytes(copied.bytes);
    let mut said = format!("copied {size} to {}", copied.to.display());
    if let Some(first) = copied.left_out.first() {
        let more = copied.left_out.len();
        said = format!("{said}; left out {more}: {first}");
    }
    Ok(said)
}

/// Write what comes, the newest only, until nothing can come any more. The first failure is told.
async fn write_memory(file: PathBuf, mut seen: watch::Receiver<String>, to_loop: Sender<Msg>) {
    let mut told = false;
    while seen.changed().await.is_ok() {
        let (file, text) = (file.clone(), seen.borrow_and_update().clone());
        let written = tokio::task::spawn_blocking(move || replace(&file, &text)).await;
        if let Ok(Err(e)) = written
            && !told
        {
            told = true;
            let e = Error::internal("remember how the console is arranged").with_source(e);
            // Who waits for the end reads no messages.
            let _ = to_loop.try_send(Msg::Done(Err(e)));
        }
    }
}

/// Put a file in the place of another one: whoever reads it reads the old or the new one whole.
fn replace(file: &std::path::Path, text: &str) -> std::io::Result<()> {
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let fresh = file.with_file_name(name);
    std::fs::write(&fresh, text)?;
    std::fs::rename(&fresh, file)
}

/// Write a file that is not there yet.
async fn save(name: String, text: String) -> Result<String> {
    let lines = text.lines().count();
    let what = format!("save the lines to {name}");
    let write = tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut file = std::fs::File::create_new(&name)?;
        file.write_all(text.as_bytes())?;
        let path = std::path::absolute(&name).unwrap_or_else(|_| name.into());
        std::io::Result::Ok(path)
    });
    let wrong = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            return Error::new(
                ErrorKind::Conflict,
                format!("{what}: the file is there already"),
            )
            .with_hint("nothing was overwritten; choose another name");
        }
        Error::internal(what.as_str()).with_source(e)
    };
    let path = write
        .await
        .map_err(|e| Error::internal(what.as_str()).with_source(e))?
        .map_err(wrong)?;
    Ok(format!("saved {lines} lines to {}", path.display()))
}
