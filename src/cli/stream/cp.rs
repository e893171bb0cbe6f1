//! `cp`: files between here and a container, or between two, as docker cp puts them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;

use super::exec::answer;
use crate::cli::Context;
use crate::cli::args::stream::Cp;
use crate::cli::exit::{Exit, Stop, Verdict};
use crate::cli::human::bytes;
use crate::cli::pick::pick_one;
use crate::domain::error::{Error, ErrorKind, Result};
use crate::domain::id::{Kind, ObjectRef};
use crate::domain::intent::Origin;
use crate::domain::port::{ByteStream, PathStat};
use crate::reconcile::tar_file::{self, Pack};
use crate::reconcile::{CoreHandle, Reader};

/// Pieces of an archive under way.
const AHEAD: usize = 16;

/// One end of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// A tar archive on stdin or stdout.
    Archive,
    Here(PathBuf),
    Container {
        reference: String,
        path: String,
    },
}

impl End {
    /// `-`, `[HOST/]CONTAINER:PATH`, or a path here: one that begins with `/` or `.`, or that has
    /// no colon.
    fn parse(text: &str) -> Self {
        if text == "-" {
            return Self::Archive;
        }
        match text.split_once(':') {
            Some((reference, path)) if !text.starts_with(['/', '.']) && !reference.is_empty() => {
                let slash = if path.starts_with('/') { "" } else { "/" };
                Self::Container {
                    reference: reference.to_owned(),
                    path: format!("{slash}{path}"),
                }
            }
            _ => Self::Here(PathBuf::from(text)),
        }
    }
}

pub(in crate::cli) async fn cp(core: &CoreHandle, ctx: &mut Context, args: Cp) -> Verdict {
    let counted = Arc::new(AtomicU64::new(0));
    let (source, destination) = (End::parse(&args.source), End::parse(&args.destination));
    match (source, destination) {
        (
            End::Container { reference, path },
            End::Container {
                reference: other,
                path: there,
            },
        ) => {
            let from = From::find(core, ctx, &reference, path, args.follow_link).await?;
            let container = container(core, ctx, &other).await?;
            let to = To::find(core, &container, &there).await?;
            across(core, ctx, from, (container, to), &args, &counted).await?;
            report(ctx, &args, &counted);
            Ok(Exit::Done)
        }
        (End::Container { reference, path }, to) => {
            let from = From::find(core, ctx, &reference, path, args.follow_link).await?;
            from_container(ctx, from, to, &counted).await?;
            report(ctx, &args, &counted);
            Ok(Exit::Done)
        }
        (from, End::Container { reference, path }) => {
            let container = container(core, ctx, &reference).await?;
            let to = To::find(core, &container, &path).await?;
            let (directory, archive) = match from {
                End::Archive => {
                    if !to.is_directory {
                        let what = format!("{container}:{path} is no directory");
                        return Err(Error::invalid(what).into());
                    }
                    (to.path, stdin_archive())
                }
                End::Here(here) => to.pack(&here, args.follow_link)?,
                End::Container { .. } => return Err(Stop::Exit(Exit::Usage)),
            };
            let archive = count(archive, &counted);
            core.upload(
                &container,
                &directory,
                archive,
                &answer(&args.answer),
                ctx.actor.clone(),
                Origin::Cli,
            )
            .await?;
            report(ctx, &args, &counted);
            Ok(Exit::Done)
        }
        _ => Err(Error::invalid("none of the two is in a container")
            .with_hint("write CONTAINER:PATH for what is in one, such as web:/etc/nginx")
            .into()),
    }
}

fn report(ctx: &mut Context, args: &Cp, counted: &AtomicU64) {
    if !args.quiet && args.destination != "-" {
        let size = bytes(counted.load(Ordering::Relaxed));
        ctx.out
            .say(&format!("copied {size} to {}", args.destination));
    }
}

async fn container(
    core: &CoreHandle,
    ctx: &mut Context,
    reference: &str,
) -> std::result::Result<ObjectRef, Stop> {
    let target = pick_one(core, ctx, reference, &[Kind::Container]).await?;
    Ok(target.object)
}

/// The path without what only says how it is meant, and whether its content alone is meant.
fn content_of(path: &str) -> (String, bool) {
    let content = path.ends_with("/.") || path == ".";
    let bare = path.strip_suffix("/.").unwrap_or(path);
    let bare = bare.trim_end_matches('/');
    let bare = if bare.is_empty() { "/" } else { bare };
    (bare.to_owned(), content)
}

/// `target` of a link at `path`: links may be relative to where they are.
fn resolve(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let parent = path.rsplit_once('/').map_or("", |(p, _)| p);
    format!("{parent}/{target}")
}

struct From {
    reader: Reader,
    container: ObjectRef,
    path: String,
    follow: bool,
}

impl From {
    async fn find(
        core: &CoreHandle,
        ctx: &mut Context,
        reference: &str,
        path: String,
        follow: bool,
    ) -> std::result::Result<Self, Stop> {
        let container = container(core, ctx, reference).await?;
        Ok(Self {
            reader: core.reader(&container.host)?,
            container,
            path,
            follow,
        })
    }

    /// Where it is, links followed, what it is, and whether its content alone is meant.
    async fn look(&self) -> Result<(String, PathStat, bool)> {
        let (mut path, content) = content_of(&self.path);
        let id = self.container.id.as_str();
        let mut stat = self.reader.stat(id, &path).await?;
        if self.follow && !stat.link_target.is_empty() {
            path = resolve(&path, &stat.link_target);
            stat = self.reader.stat(id, &path).await?;
        }
        Ok((path, stat, content))
    }
}

/// From one container to another, on whatever hosts, without a stop here.
async fn across(
    core: &CoreHandle,
    ctx: &mut Context,
    from: From,
    (container, to): (ObjectRef, To),
    args: &Cp,
    counted: &Arc<AtomicU64>,
) -> std::result::Result<(), Stop> {
    let (path, stat, content) = from.look().await?;
    let base = path.rsplit('/').next().unwrap_or_default().to_owned();
    let (directory, name) = to.place(&base, stat.is_dir(), content)?;
    let download = from.reader.download(from.container.id.as_str(), &path);
    let archive = count(download.await?, counted);
    // The root of an archive has no name that another one could take the place of.
    let archive = if name == base || base.is_empty() {
        archive
    } else {
        renamed(archive, base, name)
    };
    core.upload(
        &container,
        &directory,
        archive,
        &answer(&args.answer),
        ctx.actor.clone(),
        Origin::Cli,
    )
    .await?;
    Ok(())
}

/// The archive with `name` in place of `base` in its names.
fn renamed(mut archive: ByteStream, base: String, name: String) -> ByteStream {
    let (arrives, arriving) = mpsc::channel::<Result<Bytes>>(AHEAD);
    let (send, mut receive) = mpsc::channel::<Result<Bytes>>(AHEAD);
    tokio::spawn(async move {
        while let Some(piece) = archive.next().await {
            if arrives.send(piece).await.is_err() {
                break;
            }
        }
    });
    tokio::task::spawn_blocking(move || tar_file::rename(arriving, &base, &name, &send));
    Box::pin(stream::poll_fn(move |cx| receive.poll_recv(cx)))
}

async fn from_container(
    ctx: &mut Context,
    from: From,
    to: End,
    counted: &Arc<AtomicU64>,
) -> std::result::Result<(), Stop> {
    let (path, stat, content) = from.look().await?;
    let id = from.container.id.as_str();
    let mut archive = count(from.reader.download(id, &path).await?, counted);
    let End::Here(here) = to else {
        while let Some(piece) = archive.next().await {
            ctx.out.bytes(&piece?)?;
        }
        return ctx.out.flush();
    };
    let base = path.rsplit('/').next().unwrap_or_default().to_owned();
    let target = landing(&here, &stat, &base, content)?;
    let (send, receive) = mpsc::channel::<Result<Bytes>>(AHEAD);
    let unpack = tokio::task::spawn_blocking(move || tar_file::unpack(receive, &base, &target));
    while let Some(piece) = archive.next().await {
        if send.send(piece).await.is_err() {
            break;
        }
    }
    drop(send);
    let warnings = unpack
        .await
        .map_err(|e| Error::internal("unpack the archive").with_source(e))??;
    for warning in warnings {
        ctx.out.warn(&warning);
    }
    Ok(())
}

/// The path that what is copied gets here.
fn landing(here: &Path, stat: &PathStat, base: &str, content: bool) -> Result<PathBuf> {
    let shown = here.display();
    let says_directory = here.as_os_str().to_string_lossy().ends_with('/');
    match std::fs::metadata(here) {
        Ok(meta) if meta.is_dir() && content => Ok(here.to_owned()),
        Ok(meta) if meta.is_dir() => Ok(here.join(base)),
        Ok(_) if stat.is_dir() => Err(Error::invalid(format!(
            "{shown} is a file; a directory cannot take its place"
        ))),
        Ok(_) => Ok(here.to_owned()),
        Err(_) if says_directory && !stat.is_dir() => {
            Err(Error::invalid(format!("{shown} is no directory")))
        }
        Err(_) => {
            let parent = match here.parent() {
                Some(p) if !p.as_os_str().is_empty() => p,
                _ => Path::new("."),
            };
            if parent.is_dir() {
                Ok(here.to_owned())
            } else {
                Err(Error::invalid(format!(
                    "there is no directory {}",
                    parent.display()
                )))
            }
        }
    }
}

/// Where something lands in a container.
#[derive(Debug)]
struct To {
    /// Without a slash at the end.
    path: String,
    exists: bool,
    is_directory: bool,
    /// It was written with a slash at the end.
    says_directory: bool,
    shown: String,
}

impl To {
    async fn find(core: &CoreHandle, container: &ObjectRef, path: &str) -> Result<Self> {
        let reader = core.reader(&container.host)?;
        let id = container.id.as_str();
        let (mut bare, content) = content_of(path);
        let mut stat = reader.stat(id, &bare).await;
        if let Ok(s) = &stat
            && !s.link_target.is_empty()
        {
            bare = resolve(&bare, &s.link_target);
            stat = reader.stat(id, &bare).await;
        }
        let stat = match stat {
            Ok(stat) => Some(stat),
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        Ok(Self {
            exists: stat.is_some(),
            is_directory: stat.is_some_and(|s| s.is_dir()),
            says_directory: content || path.ends_with('/'),
            shown: format!("{container}:{path}"),
            path: bare,
        })
    }

    /// The directory to unpack in, and an archive whose names fit.
    fn pack(self, here: &Path, follow: bool) -> Result<(String, ByteStream)> {
        let text = here.to_string_lossy();
        let (bare, content) = content_of(&text);
        let here = PathBuf::from(&bare);
        let look = if follow || content {
            std::fs::metadata(&here)
        } else {
            std::fs::symlink_metadata(&here)
        };
        let meta =
            look.map_err(|e| Error::invalid(format!("copy {}", here.display())).with_source(e))?;
        let name = std::fs::canonicalize(&here)
            .ok()
            .filter(|_| bare == "." || bare.ends_with(".."))
            .unwrap_or_else(|| here.clone())
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let (directory, name) = self.place(&name, meta.is_dir(), content)?;
        let pack = Pack {
            root: here,
            name,
            follow,
        };
        Ok((directory, archive_of(pack)))
    }

    /// The directory to unpack in, and the name in it: empty for the directory itself.
    fn place(self, name: &str, is_dir: bool, content: bool) -> Result<(String, String)> {
        if self.is_directory {
            let name = if content { "" } else { name };
            return Ok((self.path, name.to_owned()));
        }
        if self.exists && is_dir {
            return Err(Error::invalid(format!(
                "{} is a file; a directory cannot take its place",
                self.shown
            )));
        }
        if self.says_directory && !is_dir {
            return Err(Error::invalid(format!("{} is no directory", self.shown)));
        }
        let (parent, base) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let parent = if parent.is_empty() { "/" } else { parent };
        Ok((parent.to_owned(), base.to_owned()))
    }
}

/// An archive made while it is sent.
fn archive_of(pack: Pack) -> ByteStream {
    let (send, mut receive) = mpsc::channel::<Result<Bytes>>(AHEAD);
    tokio::task::spawn_blocking(move || tar_file::pack(&pack, &send));
    Box::pin(stream::poll_fn(move |cx| receive.poll_recv(cx)))
}

fn stdin_archive() -> ByteStream {
    let begin = (tokio::io::stdin(), vec![0; 64 * 1024]);
    Box::pin(stream::unfold(
        begin,
        |(mut stdin, mut buffer)| async move {
            match stdin.read(&mut buffer).await {
                Ok(0) => None,
                Ok(n) => {
                    let piece = Bytes::copy_from_slice(&buffer[..n]);
                    Some((Ok(piece), (stdin, buffer)))
                }
                Err(e) => {
                    let e = Error::internal("read the archive from stdin").with_source(e);
                    Some((Err(e), (stdin, buffer)))
                }
            }
        },
    ))
}

/// Counts what passes.
fn count(archive: ByteStream, counted: &Arc<AtomicU64>) -> ByteStream {
    let counted = Arc::clone(counted);
    Box::pin(archive.inspect(move |piece| {
        if let Ok(piece) = piece {
            counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("-", End::Archive)]
    #[case("./a:b", End::Here("./a:b".into()))]
    #[case("/a:b", End::Here("/a:b".into()))]
    #[case("plain", End::Here("plain".into()))]
    #[case("web:/etc", End::Container { reference: "web".into(), path: "/etc".into() })]
    #[case("prod-1/web:etc", End::Container { reference: "prod-1/web".into(), path: "/etc".into() })]
    fn ends_are_told_apart(#[case] text: &str, #[case] end: End) {
        assert_eq!(End::parse(text), end);
    }

    #[rstest]
    #[case("/etc/", "/etc", false)]
    #[case("/etc/.", "/etc", true)]
    #[case("/.", "/", true)]
    #[case("/", "/", false)]
    #[case("/etc/hosts", "/etc/hosts", false)]
    fn a_dot_at_the_end_means_the_content(
        #[case] path: &str,
        #[case] bare: &str,
        #[case] content: bool,
    ) {
        assert_eq!(content_of(path), (bare.to_owned(), content));
    }

    /// (what the destination is) x (what the source is), as docker's documentation has it.
    #[rstest]
    #[case("/d", true, true, false, false, Ok(("/d", "src")))]
    #[case("/d", true, true, true, false, Ok(("/d", "src")))]
    #[case("/d", true, true, true, true, Ok(("/d", "")))]
    #[case("/f", true, false, false, false, Ok(("/", "f")))]
    #[case("/f", true, false, true, false, Err("is a file"))]
    #[case("/a/new", false, false, false, false, Ok(("/a", "new")))]
    #[case("/a/new", false, false, true, false, Ok(("/a", "new")))]
    #[case("/a/new", false, false, true, true, Ok(("/a", "new")))]
    #[case("/a/new/", false, false, false, false, Err("is no directory"))]
    fn things_land_as_docker_lands_them(
        #[case] path: &str,
        #[case] exists: bool,
        #[case] is_directory: bool,
        #[case] source_is_dir: bool,
        #[case] content: bool,
        #[case] expected: std::result::Result<(&str, &str), &str>,
    ) {
        let to = To {
            path: content_of(path).0,
            exists,
            is_directory,
            says_directory: path.ends_with('/'),
            shown: path.to_owned(),
        };
        match (to.place("src", source_is_dir, content), expected) {
            (Ok((dir, name)), Ok(expected)) => assert_eq!((&*dir, &*name), expected),
            (Err(e), Err(words)) => assert!(e.message().contains(words), "{e:?}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn links_lead_on() {
        assert_eq!(resolve("/a/link", "/b"), "/b");
        assert_eq!(resolve("/a/link", "../b"), "/a/../b");
        assert_eq!(resolve("/link", "b"), "/b");
    }
}
